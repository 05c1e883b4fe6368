//! Webhooks: a letter as JSON, signed so that its receiver can tell who wrote it and when.

use std::error::Error;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bellwether_domain::SharedClock;
use bellwether_tracker::{Letter, NotDelivered};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};
use serde_json::json;
use sha2::Sha256;

use super::private_networks::{Guard, PrivateAddress};
use crate::failure::Failure;

/// How long a receiver may take, and to be reached at all.
const PATIENCE: Duration = Duration::from_secs(10);
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// A receiver may ask to be left alone for so long at most.
const LONGEST_REST: TimeDelta = TimeDelta::days(1);
/// A shorter secret could be guessed.
const SHORTEST_SECRET: usize = 16;

/// The header with time and signature.
pub(crate) const SIGNATURE: &str = "bellwether-signature";
/// The header with the delivery's identifier, the same in every attempt.
pub(crate) const DELIVERY: &str = "bellwether-delivery";

/// Sends letters to addresses of HTTP.
pub(crate) struct Webhooks {
    client: Client,
    guard: Arc<Guard>,
    secret: Vec<u8>,
    clock: SharedClock,
}

impl Webhooks {
    /// Signs with a secret; names among `hosts` may lead into private networks.
    pub(super) fn new(secret: &str, hosts: Vec<String>, clock: SharedClock) -> Result<Self, Failure> {
        if secret.len() < SHORTEST_SECRET {
            return Err(Failure::Settings(format!(
                "the secret of webhooks has less than {SHORTEST_SECRET} characters: make a random one"
            )));
        }
        // An error means that the program has chosen a provider of cryptography already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let guard = Arc::new(Guard::allowing(hosts));
        let client = Client::builder()
            .tls_backend_rustls()
            .user_agent(concat!("Bellwether/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .timeout(PATIENCE)
            .connect_timeout(CONNECT_PATIENCE)
            // A proxy would look names up past the guard.
            .no_proxy()
            .dns_resolver(Arc::clone(&guard))
            .build()
            .map_err(|error| Failure::Settings(format!("webhooks cannot be set up: {error}")))?;
        Ok(Self { client, guard, secret: secret.as_bytes().to_vec(), clock })
    }

    /// What is wrong with an address, in a sentence.
    pub(super) fn check(&self, destination: &str) -> Result<(), String> {
        self.address(destination).map(|_| ())
    }

    fn address(&self, destination: &str) -> Result<Url, String> {
        let url: Url = destination
            .parse()
            .map_err(|_no_url| "A webhook is an address such as https://example.org/hook.".to_owned())?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("A webhook is an address that begins with https:// or http://.".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(
                "A webhook's address holds no name and password: the signature tells who sends.".to_owned()
            );
        }
        if !self.guard.admits_host(&url) {
            return Err(PrivateAddress.to_string());
        }
        Ok(url)
    }

    pub(super) async fn deliver(&self, letter: &Letter) -> Result<(), NotDelivered> {
        let url = self.address(&letter.destination).map_err(NotDelivered::Never)?;
        let body = json!({
            "delivery": letter.id,
            "kind": letter.kind,
            "severity": letter.severity,
            "title": letter.title,
            "body": letter.body,
            "link": letter.link,
            "at": letter.created_at.to_rfc3339_opts(SecondsFormat::Millis, true),
        })
        .to_string();
        let now = self.clock.now();
        let request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(DELIVERY, letter.id.to_string())
            .header(SIGNATURE, signature(&self.secret, now, body.as_bytes()))
            .body(body);
        match request.send().await {
            Ok(answer) => outcome(&answer, now),
            Err(error) => {
                // Where it went may be somebody's secret.
                let error = error.without_url();
                tracing::warn!(delivery = %letter.id, %error, "webhook.not_sent");
                Err(failure(&error))
            }
        }
    }
}

/// `t=` the time in seconds, `v1=` the HMAC-SHA256 of that time, a point and the body, in hexadecimal digits.
fn signature(secret: &[u8], at: DateTime<Utc>, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key of any length is one");
    let time = at.timestamp();
    mac.update(format!("{time}.").as_bytes());
    mac.update(body);
    let mut text = format!("t={time},v1=");
    for byte in mac.finalize().into_bytes() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn outcome(answer: &Response, now: DateTime<Utc>) -> Result<(), NotDelivered> {
    let status = answer.status();
    let words = format!("the receiver answered {}", status.as_u16());
    match status {
        status if status.is_success() => Ok(()),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => {
            Err(NotDelivered::Later { words, after: rest(answer, now) })
        }
        status if status.is_server_error() => Err(NotDelivered::Later { words, after: rest(answer, now) }),
        status if status.is_redirection() => {
            Err(NotDelivered::Never(format!("{words}: name the address that it leads to")))
        }
        _ => Err(NotDelivered::Never(words)),
    }
}

/// How long the receiver asks to be left alone.
fn rest(answer: &Response, now: DateTime<Utc>) -> Option<TimeDelta> {
    let text = answer.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    let asked = match text.parse::<u32>() {
        Ok(seconds) => TimeDelta::seconds(seconds.into()),
        Err(_no_seconds) => DateTime::parse_from_rfc2822(text).ok()?.signed_duration_since(now),
    };
    Some(asked.clamp(TimeDelta::zero(), LONGEST_REST))
}

fn failure(error: &reqwest::Error) -> NotDelivered {
    let mut causes = std::iter::successors(error.source(), |cause| (*cause).source());
    if causes.any(<dyn Error>::is::<PrivateAddress>) {
        return NotDelivered::Never(PrivateAddress.to_string());
    }
    NotDelivered::later(if error.is_timeout() {
        "the receiver did not answer in time"
    } else if error.is_connect() {
        "the receiver could not be reached"
    } else {
        "the receiver broke off"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_what_any_receiver_can_work_out() {
        // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac 'correct horse battery'
        let at = DateTime::from_timestamp(1_700_000_000, 0).expect("an instant");
        let signed = signature(b"correct horse battery", at, br#"{"a":1}"#);
        assert_eq!(
            signed,
            "t=1700000000,v1=98a51b330afc58453095af8ed727e6cc4bd565edb4230482620146eda751b416"
        );
    }
}
