//! Requests must be meant for this server, and those that change something must come from our own pages, or from a
//! program rather than a browser.

use std::net::IpAddr;

use actix_web::HttpResponse;
use actix_web::dev::ServiceRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{HOST, HeaderMap, ORIGIN};
use bellwether_texts::Locale;

use super::access::{Proxies, is_port};
use super::locale::locale_of;
use super::problem::ProblemDetails;

/// How a request is refused that another site makes a browser send here; `hosts` are names of this server.
pub(super) fn refusal(request: &ServiceRequest, hosts: &[String], proxies: &Proxies) -> Option<HttpResponse> {
    // What a header claims that any page can send counts only from a trusted proxy, and besides, not instead.
    let forwarded = proxies.hosts(request.request());
    let host = match request.uri().authority() {
        Some(authority) => authority.as_str(),
        None => text(request.headers(), HOST.as_str()).unwrap_or_default(),
    };
    let (status, key) =
        if !is_meant_for_us(host, hosts) || !forwarded.iter().all(|host| is_meant_for_us(host, hosts)) {
            (StatusCode::MISDIRECTED_REQUEST, "problem.told.other_name")
        } else if request.method().is_safe() || is_ours(request.headers(), &forwarded) {
            return None;
        } else {
            (StatusCode::FORBIDDEN, "problem.told.other_site")
        };
    let mut refusal = HttpResponse::build(status);
    if request.path().starts_with("/api/") {
        let details = ProblemDetails::of_status(status, Locale::english().text(key));
        return Some(refusal.content_type(ProblemDetails::MEDIA_TYPE).json(details));
    }
    Some(refusal.content_type("text/plain; charset=utf-8").body(locale_of(request.request()).text(key)))
}

/// Another site can make its own name lead here, and would then count as this origin; it cannot do so with an address.
fn is_meant_for_us(host: &str, names: &[String]) -> bool {
    let (name, port) = match host.strip_prefix('[') {
        Some(v6) => match v6.split_once(']') {
            Some((name, "")) => (name, None),
            Some((name, after)) => (name, Some(after.strip_prefix(':').unwrap_or_default())),
            None => return false,
        },
        None => host.rsplit_once(':').map_or((host, None), |(name, port)| (name, Some(port))),
    };
    if !port.is_none_or(is_port) {
        return false;
    }
    let name = name.trim_end_matches('.');
    let top = name.rsplit_once('.').map_or(name, |(_, top)| top);
    name.parse::<IpAddr>().is_ok()
        || top.eq_ignore_ascii_case("localhost")
        || names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Browsers say where a request comes from; what says nothing is a program, which no other site can steer.
pub(super) fn is_ours(headers: &HeaderMap, forwarded: &[String]) -> bool {
    match (text(headers, "sec-fetch-site"), text(headers, ORIGIN.as_str())) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_some_and(|host| {
                text(headers, HOST.as_str()) == Some(host) || forwarded.iter().any(|known| known == host)
            })
        }
        (None, None) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn another_site_is_refused() {
        assert!(!is_ours(&headers(&[("sec-fetch-site", "cross-site")]), &[]));
        assert!(!is_ours(&headers(&[("sec-fetch-site", "same-site")]), &[]));
        assert!(!is_ours(&headers(&[("origin", "https://evil.example"), ("host", "127.0.0.1:8080")]), &[]));
        assert!(!is_ours(&headers(&[("origin", "null"), ("host", "127.0.0.1:8080")]), &[]));
    }

    #[test]
    fn a_name_that_is_not_ours_is_refused() {
        let ours = ["portfolio.example".to_owned()];
        for host in [
            "127.0.0.1:8080",
            "localhost:8080",
            "[::1]:8080",
            "192.168.1.7",
            "Portfolio.Example:443",
            "App.Localhost.",
        ] {
            assert!(is_meant_for_us(host, &ours), "{host}");
        }
        for host in [
            "evil.example",
            "127.0.0.1.evil.example:8080",
            "localhost.evil.example",
            "",
            "[::1].evil.example",
            "[::1]:8080.evil.example",
            "[::1",
            "127.0.0.1:8080x",
            "127.0.0.1:@evil.example",
        ] {
            assert!(!is_meant_for_us(host, &ours), "{host}");
        }
    }

    #[test]
    fn a_page_is_ours_too_by_the_host_that_a_trusted_proxy_was_asked_for() {
        let asked = headers(&[("origin", "https://a.example"), ("host", "127.0.0.1:8080")]);
        assert!(is_ours(&asked, &["a.example".to_owned()]));
        assert!(!is_ours(&asked, &["b.example".to_owned()]));
        let elsewhere = headers(&[("origin", "https://a.example"), ("sec-fetch-site", "cross-site")]);
        assert!(!is_ours(&elsewhere, &["a.example".to_owned()]));
    }

    #[test]
    fn our_pages_and_programs_pass() {
        assert!(is_ours(&headers(&[("sec-fetch-site", "same-origin")]), &[]));
        assert!(is_ours(&headers(&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")]), &[]));
        assert!(is_ours(&headers(&[]), &[]));
    }
}
