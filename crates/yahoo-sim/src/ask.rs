//! One request as the service sees it.

use actix_web::HttpRequest;
use actix_web::http::header;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

/// The endpoints, as counters, rules and the log name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// `/v8/finance/chart/{symbol}`
    Chart,
    /// `/v7/finance/spark`
    SparkV7,
    /// `/v8/finance/spark`
    SparkV8,
    /// `/v7/finance/quote`
    Quote,
    /// `/v10/finance/quoteSummary/{symbol}`
    Summary,
    /// `/v1/finance/search`
    Search,
    /// `/v1/test/getcrumb`
    Crumb,
    /// `/` and `/consent`, in the role of fc.yahoo.com
    Cookie,
    /// The consent pages of the guce and consent hosts
    Consent,
    /// `/quote/{symbol}`, a page of finance.yahoo.com
    Page,
    /// Anything else
    Other,
}

impl Route {
    /// The word in counters and the log.
    pub fn word(self) -> &'static str {
        match self {
            Self::Chart => "chart",
            Self::SparkV7 => "spark_v7",
            Self::SparkV8 => "spark_v8",
            Self::Quote => "quote",
            Self::Summary => "summary",
            Self::Search => "search",
            Self::Crumb => "crumb",
            Self::Cookie => "cookie",
            Self::Consent => "consent",
            Self::Page => "page",
            Self::Other => "other",
        }
    }

    /// Whether cookie and crumb are needed, so that a limit per family tells them apart.
    pub(crate) fn is_authenticated(self) -> bool {
        matches!(self, Self::Quote | Self::Summary)
    }
}

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) method: String,
    /// Path without a host prefix.
    pub(crate) path: String,
    /// Path and query, as sent.
    pub(crate) url: String,
    pub(crate) route: Route,
    /// Decoded.
    pub(crate) parameters: Vec<(String, String)>,
    /// The symbols it asks for, as spelled.
    pub(crate) symbols: Vec<String>,
    /// The prefix that names a host's role: `q1`, `q2` or `fc`.
    pub(crate) host: Option<&'static str>,
    pub(crate) client: String,
    pub(crate) user_agent: String,
    /// The value of the session cookie.
    pub(crate) session: Option<String>,
    /// All cookie names.
    pub(crate) cookies: Vec<String>,
    pub(crate) accepts_gzip: bool,
    /// The recorded answer that it wants.
    pub(crate) fixture: Option<String>,
    /// Scheme and authority under which the client reached this server.
    pub(crate) origin: String,
}

impl Ask {
    /// Reads a request.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        let text =
            |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let peer = request.peer_addr().map_or_else(String::new, |peer| peer.ip().to_string());
        let cookies = request.cookies().map(|cookies| cookies.clone()).unwrap_or_default();
        Self {
            method: request.method().as_str().to_owned(),
            client: text("x-sim-client").unwrap_or(peer),
            user_agent: text(header::USER_AGENT.as_str()).unwrap_or_default(),
            session: cookies
                .iter()
                .find(|cookie| cookie.name() == "A3")
                .map(|cookie| cookie.value().to_owned()),
            cookies: cookies.iter().map(|cookie| cookie.name().to_owned()).collect(),
            accepts_gzip: text(header::ACCEPT_ENCODING.as_str()).is_some_and(|list| list.contains("gzip")),
            fixture: text("x-sim-fixture"),
            origin: {
                let connection = request.connection_info();
                format!("{}://{}", connection.scheme(), connection.host())
            },
            ..Self::of_target(request.path(), request.query_string())
        }
    }

    /// Reads what a path and a query say, for a request by nobody.
    pub(crate) fn of_target(path: &str, query: &str) -> Self {
        let separator = if query.is_empty() { "" } else { "?" };
        let url = format!("{path}{separator}{query}");
        let (host, path) = without_host(path);
        let (route, in_path) = route(path);
        let parameters = parameters(query);
        let listed =
            parameters.iter().filter(|(name, _)| name == "symbols").flat_map(|(_, list)| list.split(','));
        let symbols =
            in_path.into_iter().chain(listed.map(str::to_owned)).filter(|symbol| !symbol.is_empty());
        Self {
            method: "GET".to_owned(),
            path: path.to_owned(),
            url,
            route,
            symbols: if matches!(route, Route::Search | Route::Other) {
                Vec::new()
            } else {
                symbols.collect()
            },
            parameters,
            host,
            client: String::new(),
            user_agent: String::new(),
            session: None,
            cookies: Vec::new(),
            accepts_gzip: false,
            fixture: None,
            origin: String::new(),
        }
    }

    /// A unix second of the query.
    pub(crate) fn second(&self, name: &str) -> Option<i64> {
        self.parameter(name)?.parse().ok()
    }

    /// A parameter of the query.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }
}

/// The roles of hosts that a path can name.
pub(crate) const HOSTS: [Option<&str>; 4] = [None, Some("q1"), Some("q2"), Some("fc")];

fn without_host(path: &str) -> (Option<&'static str>, &str) {
    for (prefix, host) in [("/q1", "q1"), ("/q2", "q2"), ("/fc", "fc")] {
        if let Some(rest) = path.strip_prefix(prefix) {
            if rest.is_empty() {
                return (Some(host), "/");
            }
            if rest.starts_with('/') {
                return (Some(host), rest);
            }
        }
    }
    (None, path)
}

fn route(path: &str) -> (Route, Option<String>) {
    let symbol_after = |prefix: &str| {
        let rest = path.strip_prefix(prefix)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.is_empty() || rest.contains('/') {
            return None;
        }
        Some(percent_decode_str(rest).decode_utf8_lossy().into_owned())
    };
    if let Some(symbol) = symbol_after("/v8/finance/chart/") {
        return (Route::Chart, Some(symbol));
    }
    if let Some(symbol) = symbol_after("/v10/finance/quoteSummary/") {
        return (Route::Summary, Some(symbol));
    }
    if let Some(symbol) = symbol_after("/quote/") {
        return (Route::Page, Some(symbol));
    }
    let route = match path.trim_end_matches('/') {
        "/v7/finance/spark" => Route::SparkV7,
        "/v8/finance/spark" => Route::SparkV8,
        "/v7/finance/quote" => Route::Quote,
        "/v1/finance/search" => Route::Search,
        "/v1/test/getcrumb" => Route::Crumb,
        "" | "/consent" => Route::Cookie,
        "/guce/consent" | "/consent/collectConsent" | "/guce/copyConsent" => Route::Consent,
        _ => Route::Other,
    };
    (route, None)
}

fn parameters(query: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_prefix_is_taken_off() {
        assert_eq!(without_host("/q1/v7/finance/spark"), (Some("q1"), "/v7/finance/spark"));
        assert_eq!(without_host("/fc"), (Some("fc"), "/"));
        assert_eq!(without_host("/quote/AAPL"), (None, "/quote/AAPL"));
    }

    #[test]
    fn symbols_are_decoded_from_path_and_query() {
        assert_eq!(route("/v8/finance/chart/%5EGSPC"), (Route::Chart, Some("^GSPC".to_owned())));
        assert_eq!(route("/v8/finance/chart/"), (Route::Other, None));
        let pairs = parameters("symbols=M%26M.NS,EURUSD%3DX&events=div%7Csplit&x");
        assert_eq!(pairs[0].1, "M&M.NS,EURUSD=X");
        assert_eq!(pairs[1].1, "div|split");
        assert_eq!(pairs[2], ("x".to_owned(), String::new()));
    }
}
