//! Real HTTP over rustls.

use std::sync::Once;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{
    ACCEPT, CONTENT_TYPE, COOKIE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER, SET_COOKIE,
};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};

use super::{Request, Response, Site, Transport, TransportError};
use crate::PricesError;

/// HTTP/1.1 and HTTP/2 with gzip over rustls, for the upstream as for a simulator on this machine.
#[derive(Debug, Clone)]
pub struct HttpTransport {
    client: Client,
    base: String,
    cookie_base: String,
    page_base: String,
    is_yahoo: bool,
}

impl HttpTransport {
    /// Introduces itself by name and version. Without a name, or with a plain tool's, the upstream refuses at once.
    pub const USER_AGENT: &str =
        concat!("Mozilla/5.0 (compatible; Bellwether/", env!("CARGO_PKG_VERSION"), ")");

    /// Hands out the cookie of a session. Any other service does so itself.
    const YAHOO_COOKIES: &str = "https://fc.yahoo.com";
    /// Shows pages, and hands out the cookie too. Any other service does so itself.
    const YAHOO_PAGES: &str = "https://finance.yahoo.com";
    const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
    /// Consent pages carry more than the usual eight kilobytes.
    const MAX_HEADERS: usize = 32 * 1024;
    /// Sixty years of daily bars are under two megabytes.
    const MAX_BODY: usize = 8 * 1024 * 1024;

    /// A client for the service at `base`, such as `https://query1.finance.yahoo.com`.
    pub fn new(base: &str) -> Result<Self, PricesError> {
        Self::introduced_as(base, Self::USER_AGENT)
    }

    /// The same under another `User-Agent`.
    pub fn introduced_as(base: &str, user_agent: &str) -> Result<Self, PricesError> {
        Self::build(base, user_agent, HeaderMap::new())
    }

    /// A client that sends headers of its own, such as a key, with each call.
    pub(crate) fn with_headers(base: &str, own: HeaderMap) -> Result<Self, PricesError> {
        Self::build(base, Self::USER_AGENT, own)
    }

    fn build(base: &str, user_agent: &str, own: HeaderMap) -> Result<Self, PricesError> {
        let invalid = || PricesError::InvalidUpstream(base.to_owned());
        let url: Url = base.trim().parse().ok().ok_or_else(invalid)?;
        let host = url.host_str().ok_or_else(invalid)?;
        if !matches!(url.scheme(), "http" | "https") || url.query().is_some() || url.fragment().is_some() {
            return Err(invalid());
        }
        install_tls_provider();
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json,text/plain,*/*"));
        headers.extend(own);
        let mut client = Client::builder()
            .tls_backend_rustls()
            .user_agent(user_agent)
            .default_headers(headers)
            .redirect(Policy::none())
            // Repeating is the gateway's business, which counts it.
            .retry(reqwest::retry::never())
            .connect_timeout(Self::CONNECT_TIMEOUT)
            .http2_max_header_list_size(Self::MAX_HEADERS as u32);
        if matches!(host, "localhost" | "127.0.0.1" | "[::1]") {
            client = client.no_proxy();
        }
        let client = client.build().map_err(PricesError::Client)?;
        let base = url.as_str().trim_end_matches('/').to_owned();
        let is_yahoo = host == "finance.yahoo.com" || host.ends_with(".finance.yahoo.com");
        let own_or = |yahoos: &str| if is_yahoo { yahoos.to_owned() } else { base.clone() };
        let (cookie_base, page_base) = (own_or(Self::YAHOO_COOKIES), own_or(Self::YAHOO_PAGES));
        Ok(Self { client, base, cookie_base, page_base, is_yahoo })
    }

    /// The whole address of a request; `None` when it leads away from the service.
    fn address(&self, request: &Request) -> Option<String> {
        let asked = &request.path_and_query;
        let base = match request.site {
            Site::Data => &self.base,
            Site::Cookie => &self.cookie_base,
            Site::Page => &self.page_base,
        };
        if request.site != Site::Page || asked.starts_with('/') {
            return Some(format!("{base}{asked}"));
        }
        let (url, home): (Url, Url) = (asked.parse().ok()?, base.parse().ok()?);
        let is_yahoos = |host: &str| host == "yahoo.com" || host.ends_with(".yahoo.com");
        let is_within = url.origin() == home.origin()
            || (self.is_yahoo
                && url.scheme() == "https"
                && url.port().is_none()
                && url.host_str().is_some_and(is_yahoos));
        is_within.then(|| url.into())
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let address = self.address(request).ok_or(TransportError::Unreachable)?;
        let mut call = match &request.form {
            None => self.client.get(address),
            Some(form) => self
                .client
                .post(address)
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form.clone()),
        };
        call = call.timeout(request.timeout);
        if request.site == Site::Page {
            call = call.header(ACCEPT, "text/html,application/xhtml+xml");
        }
        if let Some(cookie) = &request.cookie {
            call = call.header(COOKIE, cookie);
        }
        let sent = call.send().await;
        let mut answer = sent.map_err(|error| kind_of(&error))?;
        let headers: usize =
            answer.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        let announced = answer.content_length().unwrap_or(0);
        if headers > Self::MAX_HEADERS || announced > Self::MAX_BODY as u64 {
            return Err(TransportError::TooLarge);
        }
        let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
        let retry_after = answer.headers().get(RETRY_AFTER).and_then(text);
        let cookies = answer.headers().get_all(SET_COOKIE).iter().filter_map(text).collect();
        let location = answer.headers().get(LOCATION).and_then(text);
        let location = location.and_then(|to| answer.url().join(&to).ok()).map(Into::into);
        let status = answer.status().as_u16();
        let mut body = Vec::with_capacity(announced as usize);
        while let Some(piece) = answer.chunk().await.map_err(|error| kind_of(&error))? {
            if body.len() + piece.len() > Self::MAX_BODY {
                return Err(TransportError::TooLarge);
            }
            body.extend_from_slice(&piece);
        }
        Ok(Response { status, retry_after, cookies, location, body })
    }
}

fn kind_of(error: &reqwest::Error) -> TransportError {
    if error.is_timeout() {
        TransportError::Timeout
    } else if error.is_connect() {
        TransportError::Unreachable
    } else {
        TransportError::Interrupted
    }
}

/// reqwest is built without a default provider of cryptography, and panics when there is none.
fn install_tls_provider() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error means that the program has chosen one already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_http_with_a_host() {
        for base in
            ["", "query1.finance.yahoo.com", "ftp://example.org", "http://", "https://example.org/?a=b"]
        {
            assert!(matches!(HttpTransport::new(base), Err(PricesError::InvalidUpstream(_))), "{base:?}");
        }
        let transport = HttpTransport::new("http://127.0.0.1:9/q1/").expect("a client");
        assert_eq!(transport.base, "http://127.0.0.1:9/q1");
        assert_eq!(transport.cookie_base, transport.base);
        let yahoo = HttpTransport::new("https://query2.finance.yahoo.com").expect("a client");
        assert_eq!(yahoo.cookie_base, "https://fc.yahoo.com");
    }

    #[test]
    fn pages_lead_nowhere_else() {
        let address = |base: &str, asked: &str| {
            let transport = HttpTransport::new(base).expect("a client");
            let page = Request::get(crate::Family::Authenticated, asked.to_owned(), Duration::from_secs(1));
            transport.address(&Request { site: Site::Page, ..page })
        };
        let yahoo = |asked| address("https://query1.finance.yahoo.com", asked);
        assert_eq!(yahoo("/quote/AAPL").as_deref(), Some("https://finance.yahoo.com/quote/AAPL"));
        for within in ["https://guce.yahoo.com/consent?done=a%2Fb", "https://yahoo.com/"] {
            assert_eq!(yahoo(within).as_deref(), Some(within));
        }
        for away in [
            "http://guce.yahoo.com/",
            "https://guce.yahoo.com.example.org/",
            "https://example.org/yahoo.com",
            "https://myyahoo.com/",
            "https://yahoo.com:8443/",
            "https://yahoo.com@example.org/",
            "file:///etc/passwd",
            "guce",
        ] {
            assert_eq!(yahoo(away), None, "{away}");
        }
        let own = |asked| address("http://127.0.0.1:9/q1", asked);
        assert_eq!(own("/quote/AAPL").as_deref(), Some("http://127.0.0.1:9/q1/quote/AAPL"));
        assert_eq!(own("http://127.0.0.1:9/consent").as_deref(), Some("http://127.0.0.1:9/consent"));
        assert_eq!((own("http://127.0.0.1:10/"), own("https://guce.yahoo.com/")), (None, None));
    }

    #[tokio::test]
    async fn a_closed_port_is_unreachable() {
        let transport = HttpTransport::new("http://127.0.0.1:1").expect("a client");
        let path = "/v8/finance/chart/AAPL".to_owned();
        let request = Request::get(crate::Family::Anonymous, path, Duration::from_secs(5));
        assert_eq!(transport.send(&request).await, Err(TransportError::Unreachable));
    }
}
