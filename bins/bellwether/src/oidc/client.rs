//! Asking the provider over HTTP: with patience for a while, up to a size, and nowhere else than told.

use std::time::Duration;

use openidconnect::http;
use openidconnect::{HttpRequest, HttpResponse};
use reqwest::redirect::Policy;

use super::settings::is_private;
use crate::failure::Failure;

/// How long the provider may take for an answer, and to be reached at all.
const PATIENCE: Duration = Duration::from_secs(10);
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// No answer of a provider is longer.
const LONGEST: usize = 512 << 10;

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    #[error("{0}")]
    NotSent(#[from] reqwest::Error),
    #[error("{0}")]
    NoRequest(#[from] http::Error),
    #[error("the answer is longer than {LONGEST} bytes")]
    TooLong,
    #[error("the address {0} is neither by https nor on this machine")]
    NotPrivate(String),
}

/// The connection to a provider.
#[derive(Debug, Clone)]
pub(super) struct Client(reqwest::Client);

impl Client {
    /// For a provider on this machine without the proxies of the environment.
    pub(super) fn new(is_here: bool) -> Result<Self, Failure> {
        // An error means that the program has chosen a provider of cryptography already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut client = reqwest::Client::builder()
            .tls_backend_rustls()
            .user_agent(concat!("Bellwether/", env!("CARGO_PKG_VERSION")))
            // A redirect would take codes and secrets elsewhere.
            .redirect(Policy::none())
            // A code is good once.
            .retry(reqwest::retry::never())
            .timeout(PATIENCE)
            .connect_timeout(CONNECT_PATIENCE);
        if is_here {
            client = client.no_proxy();
        }
        let client = client.build();
        Ok(Self(client.map_err(|error| {
            Failure::Settings(format!("sign-in by OpenID Connect cannot be set up: {error}"))
        })?))
    }

    /// Sends a request, and reads its answer.
    pub(super) async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
        let request = reqwest::Request::try_from(request)?;
        if !is_private(request.url()) {
            return Err(NoAnswer::NotPrivate(request.url().host_str().unwrap_or_default().to_owned()));
        }
        let mut answer = self.0.execute(request).await.map_err(reqwest::Error::without_url)?;
        let mut told = http::Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            told = told.header(name, value);
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(reqwest::Error::without_url)? {
            if body.len() + chunk.len() > LONGEST {
                return Err(NoAnswer::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(told.body(body)?)
    }
}
