//! Asking a server.

use std::error::Error;
use std::net::IpAddr;
use std::time::Duration;

use reqwest::header::{
    AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MATCH, LOCATION, RETRY_AFTER,
};
use reqwest::redirect::Policy;
use reqwest::{Method, Url};

use super::{Answer, Request, refusal};
use crate::cli::client::{Place, Token};
use crate::failure::Failure;

/// How long to wait until a server can be reached at all.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);

/// A server and what lets us in.
pub(crate) struct Server {
    client: reqwest::Client,
    base: Url,
    token: Option<HeaderValue>,
    patience: Duration,
}

/// Whether what is sent to that host stays on this machine.
fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn base_of(address: &str) -> Result<Url, Failure> {
    let wrong = |advice: &str| Failure::Settings(format!("--server: {advice}"));
    let url: Url =
        address.parse().map_err(|_no_url| wrong("give an address such as https://portfolio.example.org"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(wrong("give an address such as https://portfolio.example.org"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("the address holds no name and password: give a token by --token-file"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("give the address without what follows upon ? or #"));
    }
    Ok(url)
}

/// From the file that is named, or as it was given.
fn token_of(place: &Place) -> Result<Option<HeaderValue>, Failure> {
    let read = match &place.token_file {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|source| Failure::File { path: path.display().to_string(), source })?;
            let line = text.lines().next().unwrap_or_default().trim().to_owned();
            if line.is_empty() {
                let path = path.display();
                return Err(Failure::Settings(format!("{path} has no token on its first line")));
            }
            Some(line)
        }
        None => place.token().map(Token::text).map(str::to_owned),
    };
    let Some(token) = read else { return Ok(None) };
    // The error's own words would show it.
    let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {token}")) else {
        return Err(Failure::Settings(
            "the token has characters that no token has: copy it again as the account page showed it"
                .to_owned(),
        ));
    };
    value.set_sensitive(true);
    Ok(Some(value))
}

impl Server {
    pub(super) fn new(address: &str, place: &Place) -> Result<Self, Failure> {
        let base = base_of(address)?;
        let token = token_of(place)?;
        let is_near = is_this_machine(&base);
        if token.is_some() && base.scheme() == "http" && !is_near && !place.insecure {
            return Err(Failure::Settings(
                "the token would go to another machine without encryption, and everybody on the way could read it: give \
                 an https:// address, or --insecure where you trust the way"
                    .to_owned(),
            ));
        }
        // An error means that the program has chosen a provider of cryptography already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut client = reqwest::Client::builder()
            .tls_backend_rustls()
            .user_agent(concat!("Bellwether/", env!("CARGO_PKG_VERSION")))
            // A token is for the server that was named.
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT_PATIENCE.min(place.timeout()))
            .read_timeout(place.timeout());
        if is_near {
            client = client.no_proxy();
        }
        let client =
            client.build().map_err(|error| Failure::Settings(format!("no server can be asked: {error}")))?;
        Ok(Self { client, base, token, patience: place.timeout() })
    }

    pub(super) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    pub(super) async fn answer(&self, request: Request) -> Result<Answer, Failure> {
        let url = format!("{}{}", self.base.as_str().trim_end_matches('/'), request.address);
        let method = Method::from_bytes(request.method.as_str().as_bytes())
            .expect("the methods of requests are those that there are");
        let is_change = method != Method::GET;
        let mut asked = self.client.request(method, url).body(request.body);
        if let Some(token) = &self.token {
            asked = asked.header(AUTHORIZATION, token.clone());
        }
        if let Some(kind) = request.kind {
            asked = asked.header(CONTENT_TYPE, kind);
        }
        if let Some(tag) = request.if_match {
            asked = asked.header(IF_MATCH, tag);
        }
        let told = |error: reqwest::Error| self.failure(&error, is_change);
        let answer = asked.send().await.map_err(told)?;
        let status = answer.status().as_u16();
        let headers = answer.headers().clone();
        let body = answer.bytes().await.map_err(told)?;
        Ok(Answer {
            status,
            is_problem: text(&headers, &CONTENT_TYPE)
                .is_some_and(|kind| kind.starts_with(refusal::MEDIA_TYPE)),
            tag: text(&headers, &ETAG),
            location: text(&headers, &LOCATION),
            retry_after: text(&headers, &RETRY_AFTER),
            body,
        })
    }

    /// Why there is no answer, and what that means for what was asked.
    fn failure(&self, error: &reqwest::Error, is_change: bool) -> Failure {
        let server = self.base.as_str().trim_end_matches('/').to_owned();
        if error.is_connect() {
            let causes = std::iter::successors(error.source(), |cause| (*cause).source());
            let reason = causes.last().map_or_else(|| error.to_string(), ToString::to_string);
            return Failure::Unreachable { server, reason };
        }
        let advice = if is_change {
            "whether it was carried out is not known: look before you try again"
        } else if error.is_timeout() {
            "try again, or wait longer by --timeout"
        } else {
            "try again"
        };
        if error.is_timeout() {
            return Failure::Silent { server, seconds: self.patience.as_secs(), advice };
        }
        Failure::BrokenOff { server, advice }
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known_by_name_and_address() {
        for (address, is_near) in [
            ("http://127.0.0.1:8080", true),
            ("http://127.9.9.9", true),
            ("http://[::1]:8080", true),
            ("http://LOCALHOST/", true),
            ("http://localhost.example.org", false),
            ("http://127.0.0.1.example.org", false),
            ("http://192.168.1.2", false),
            ("http://nas:8080", false),
        ] {
            assert_eq!(is_this_machine(&address.parse().expect("an address")), is_near, "{address}");
        }
    }

    #[test]
    fn an_address_that_is_none_is_refused_without_showing_what_is_secret() {
        for address in ["portfolio.example.org", "ftp://nas", "https://ada:secret@nas", "https://nas/?x=1"] {
            let refused = base_of(address).expect_err("refused").to_string();
            assert!(refused.starts_with("--server: ") && !refused.contains("secret"), "{refused}");
        }
        assert_eq!(base_of("https://nas/tracker/").expect("with a path").path(), "/tracker/");
    }
}
