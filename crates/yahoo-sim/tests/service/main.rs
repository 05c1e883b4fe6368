//! The service over real HTTP.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod admission;
mod auth;
mod chart;
mod control;
mod data_faults;
mod lifecycle;
mod quote;
mod replay;
mod spark;
mod transport_faults;

use bellwether_yahoo_sim::{SimConfig, SimHandle, Simulator};
use reqwest::{Client, RequestBuilder};
use serde_json::Value;

/// Monday, 5 January 2026, half an hour after New York opened.
const MONDAY: &str = "2026-01-05T15:00:00Z";

/// A simulator with a client of its own.
struct Stage {
    sim: SimHandle,
    client: Client,
}

/// What came back.
struct Reply {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl Stage {
    /// A simulator whose clock stands still on [`MONDAY`].
    fn new() -> Self {
        Self::at(MONDAY)
    }

    fn at(instant: &str) -> Self {
        Self::with(SimConfig { clock: instant.parse().unwrap(), ..SimConfig::default() })
    }

    fn with(config: SimConfig) -> Self {
        // Nothing here is encrypted, but the client wants to know how it would be.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .user_agent("Mozilla/5.0 (compatible; tests/1)")
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self { sim: Simulator::spawn(config).unwrap(), client }
    }

    fn request(&self, target: &str) -> RequestBuilder {
        self.client.get(format!("{}{target}", self.sim.base_url()))
    }

    async fn get(&self, target: &str) -> Reply {
        send(self.request(target)).await.unwrap()
    }

    /// The JSON of a success.
    async fn json(&self, target: &str) -> Value {
        let reply = self.get(target).await;
        assert_eq!(reply.status, 200, "{target}: {}", reply.body);
        reply.json()
    }

    /// The only result of a chart.
    async fn chart(&self, target: &str) -> Value {
        self.json(&format!("/v8/finance/chart/{target}")).await["chart"]["result"][0].take()
    }
}

async fn send(request: RequestBuilder) -> reqwest::Result<Reply> {
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Reply { status, headers, body: String::from_utf8_lossy(&response.bytes().await?).into_owned() })
}

/// The numbers of an array.
fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("an array").iter().map(|cell| cell.as_f64().expect("a number")).collect()
}
