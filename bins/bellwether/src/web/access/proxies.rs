//! Proxies whose word is taken for whom they speak, by which scheme and to which host.
//!
//! Who asks may send any header. What a trusted proxy adds stands last in its header, so that addresses are read from the
//! right: the first that is no trusted proxy is the visitor's. Where both kinds of header are there, one of them may be
//! the visitor's own, passed on: they have to agree.

use std::net::IpAddr;
use std::str::FromStr;

use actix_web::HttpRequest;
use actix_web::http::header::{FORWARDED, HeaderMap, HeaderName, X_FORWARDED_FOR, X_FORWARDED_PROTO};

static X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// The addresses of trusted proxies; none unless the operator names some.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Proxies(Vec<Network>);

/// Addresses that begin alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    fn has(self, address: IpAddr) -> bool {
        let same = |ours: u128, theirs: u128, all: u32| {
            (ours ^ theirs).checked_shr(all - self.bits).unwrap_or_default() == 0
        };
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                same(ours.to_bits().into(), theirs.to_bits().into(), 32)
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => same(ours.to_bits(), theirs.to_bits(), 128),
            _ => false,
        }
    }
}

/// An address or network that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no address of a proxy: give one such as 127.0.0.1, or a network such as 10.0.0.0/8")]
pub(crate) struct NoProxy(String);

impl FromStr for Network {
    type Err = NoProxy;

    fn from_str(text: &str) -> Result<Self, NoProxy> {
        let none = || NoProxy(text.to_owned());
        let (address, bits) = match text.trim().split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u32>().ok().ok_or_else(none)?)),
            None => (text.trim(), None),
        };
        let address = address.parse::<IpAddr>().ok().ok_or_else(none)?.to_canonical();
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits <= most { Ok(Self { address, bits }) } else { Err(none()) }
    }
}

impl Proxies {
    /// From addresses and networks.
    ///
    /// # Errors
    /// Names the first that is none.
    pub(crate) fn named(names: &[String]) -> Result<Self, NoProxy> {
        names.iter().map(|name| name.parse()).collect::<Result<_, _>>().map(Self)
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn has(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.has(address))
    }

    /// Whether a request came by one of them.
    fn passed(&self, request: &HttpRequest) -> bool {
        request.peer_addr().is_some_and(|peer| self.has(peer.ip()))
    }

    /// From which address somebody asks.
    pub(in crate::web) fn visitor(&self, request: &HttpRequest) -> Option<IpAddr> {
        let peer = request.peer_addr()?.ip().to_canonical();
        if !self.has(peer) {
            return Some(peer);
        }
        let headers = request.headers();
        let by_name = list(headers, &X_FORWARDED_FOR).map(|hops| self.first_untrusted(peer, &hops));
        let by_standard = forwarded(headers, "for").map(|hops| self.first_untrusted(peer, &hops));
        Some(match (by_name, by_standard) {
            (Some(one), Some(other)) if one != other => peer,
            (Some(told), _) | (None, Some(told)) => told,
            (None, None) => peer,
        })
    }

    fn first_untrusted(&self, peer: IpAddr, hops: &[String]) -> IpAddr {
        let mut nearest = peer;
        for hop in hops.iter().rev() {
            let Some(address) = address_in(hop) else { break };
            nearest = address;
            if !self.has(address) {
                break;
            }
        }
        nearest
    }

    /// Whether a browser came to the nearest trusted proxy by https.
    pub(in crate::web) fn is_https(&self, request: &HttpRequest) -> bool {
        let told = self.last_told(request, &X_FORWARDED_PROTO, "proto");
        !told.is_empty() && told.iter().all(|scheme| scheme.eq_ignore_ascii_case("https"))
    }

    /// The hosts that the nearest trusted proxy says it was asked for: none, one, or two where its headers differ.
    pub(in crate::web) fn hosts(&self, request: &HttpRequest) -> Vec<String> {
        self.last_told(request, &X_FORWARDED_HOST, "host")
    }

    fn last_told(&self, request: &HttpRequest, header: &HeaderName, word: &str) -> Vec<String> {
        if !self.passed(request) {
            return Vec::new();
        }
        let headers = request.headers();
        [list(headers, header), forwarded(headers, word)]
            .into_iter()
            .flatten()
            .filter_map(|mut told| told.pop())
            .collect()
    }
}

/// What stands between the commas of all headers of that name; `None` without one.
fn list(headers: &HeaderMap, name: &HeaderName) -> Option<Vec<String>> {
    // What is no text is kept as something that is no address either.
    let values = headers.get_all(name).flat_map(|value| value.to_str().unwrap_or_default().split(','));
    let values: Vec<String> = values.map(|value| value.trim().to_owned()).collect();
    (!values.is_empty()).then_some(values)
}

/// The parts of a text between separators, as far as these stand outside of quotes; `None` where quotes do not end.
fn split_outside_quotes(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut parts, mut begin, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (place, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if letter == separator && !quoted => {
                parts.push(text[begin..place].trim());
                begin = place + letter.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text[begin..].trim());
    (!quoted).then_some(parts)
}

/// What each element of `Forwarded` (RFC 7239) says of one thing; "" where it says nothing. What is said twice, and a
/// header whose quotes do not end, say what is no address and no name.
fn forwarded(headers: &HeaderMap, word: &str) -> Option<Vec<String>> {
    const UNCLEAR: &str = "?";
    let said = |element: &str| {
        let Some(pairs) = split_outside_quotes(element, ';') else { return UNCLEAR.to_owned() };
        let pairs = pairs.into_iter().filter_map(|pair| pair.split_once('='));
        let mut found = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case(word));
        match (found.next(), found.next()) {
            (Some((_, value)), None) => unquoted(value.trim()),
            (Some(_), Some(_)) => UNCLEAR.to_owned(),
            (None, _) => String::new(),
        }
    };
    let values = headers.get_all(FORWARDED).map(|value| value.to_str().unwrap_or(UNCLEAR));
    let told: Vec<String> = values
        .flat_map(|value| match split_outside_quotes(value, ',') {
            Some(elements) => elements.into_iter().map(said).collect(),
            None => vec![UNCLEAR.to_owned()],
        })
        .collect();
    told.iter().any(|value| !value.is_empty()).then_some(told)
}

/// What stands in quotes, where all of it does.
fn unquoted(value: &str) -> String {
    match value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => quoted.replace('\\', ""),
        None => value.to_owned(),
    }
}

/// Whether a text is the number of a port.
pub(in crate::web) fn is_port(text: &str) -> bool {
    (1..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// An address, with a port or without.
fn address_in(hop: &str) -> Option<IpAddr> {
    let bare = match hop.strip_prefix('[') {
        Some(six) => {
            let (six, after) = six.split_once(']')?;
            if !after.is_empty() && !after.strip_prefix(':').is_some_and(is_port) {
                return None;
            }
            six
        }
        None if hop.matches(':').count() == 1 => hop.split(':').next()?,
        None => hop,
    };
    bare.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn proxies(names: &[&str]) -> Proxies {
        Proxies::named(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).expect("proxies")
    }

    fn request(peer: &str, headers: &[(&'static str, &str)]) -> HttpRequest {
        let begun = TestRequest::default().peer_addr(format!("{peer}:5").parse().expect("an address"));
        headers.iter().fold(begun, |request, header| request.append_header(*header)).to_http_request()
    }

    fn visitor(proxies: &Proxies, peer: &str, headers: &[(&'static str, &str)]) -> String {
        proxies.visitor(&request(peer, headers)).expect("an address").to_string()
    }

    #[test]
    fn nobodys_word_is_taken_unless_the_operator_names_a_proxy() {
        let told = [
            ("x-forwarded-for", "203.0.113.7"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "a.example"),
        ];
        for (trusted, peer) in
            [(proxies(&[]), "127.0.0.1"), (proxies(&["127.0.0.1", "10.0.0.0/8"]), "192.0.2.9")]
        {
            assert_eq!(visitor(&trusted, peer, &told), peer);
            assert!(!trusted.is_https(&request(peer, &told)));
            assert!(trusted.hosts(&request(peer, &told)).is_empty());
        }
        let trusted = proxies(&["127.0.0.1"]);
        assert_eq!(visitor(&trusted, "127.0.0.1", &told), "203.0.113.7");
        assert!(trusted.is_https(&request("127.0.0.1", &told)));
        assert_eq!(trusted.hosts(&request("127.0.0.1", &told)), ["a.example"]);
        assert_eq!(visitor(&trusted, "127.0.0.1", &[]), "127.0.0.1");
    }

    #[test]
    fn the_rightmost_address_that_is_no_proxy_is_the_visitors_whatever_stands_before_it() {
        let trusted = proxies(&["127.0.0.1", "10.0.0.0/8", "2001:db8:1::/48"]);
        let of = |chain: &str| visitor(&trusted, "127.0.0.1", &[("x-forwarded-for", chain)]);
        assert_eq!(of("198.51.100.9, 203.0.113.7"), "203.0.113.7");
        assert_eq!(of("198.51.100.9, 203.0.113.7, 10.1.2.3"), "203.0.113.7");
        assert_eq!(of("198.51.100.9, 203.0.113.7:4711, 2001:db8:1::9"), "203.0.113.7");
        assert_eq!(of("10.0.0.1, 10.0.0.2"), "10.0.0.1");
        // What cannot be read ends it: nothing before it is believed.
        assert_eq!(of("203.0.113.7, unknown, 10.0.0.2"), "10.0.0.2");
        assert_eq!(of("no address"), "127.0.0.1");
        let two = [("x-forwarded-for", "198.51.100.9"), ("x-forwarded-for", "203.0.113.7")];
        assert_eq!(visitor(&trusted, "::ffff:10.9.9.9".trim_start_matches("::ffff:"), &two), "203.0.113.7");
    }

    #[test]
    fn the_standards_header_is_read_too_and_two_that_differ_are_not_believed() {
        let trusted = proxies(&["127.0.0.1"]);
        let standard = "for=198.51.100.9, For=\"[2001:db8::7]:4711\";Proto=https;host=\"a.example\"";
        let told = [("forwarded", standard)];
        assert_eq!(visitor(&trusted, "127.0.0.1", &told), "2001:db8::7");
        assert!(trusted.is_https(&request("127.0.0.1", &told)));
        assert_eq!(trusted.hosts(&request("127.0.0.1", &told)), ["a.example"]);
        let both =
            [("forwarded", standard), ("x-forwarded-for", "203.0.113.7"), ("x-forwarded-proto", "http")];
        assert_eq!(visitor(&trusted, "127.0.0.1", &both), "127.0.0.1");
        assert!(!trusted.is_https(&request("127.0.0.1", &both)));
        let agreed = [("forwarded", standard), ("x-forwarded-for", "2001:db8::7")];
        assert_eq!(visitor(&trusted, "127.0.0.1", &agreed), "2001:db8::7");
    }

    #[test]
    fn what_stands_in_quotes_separates_nothing_and_what_is_said_twice_is_not_said() {
        let trusted = proxies(&["127.0.0.1"]);
        let of = |standard: &str| visitor(&trusted, "127.0.0.1", &[("forwarded", standard)]);
        assert_eq!(of("by=\"a, for=198.51.100.9\";for=203.0.113.7"), "203.0.113.7");
        assert_eq!(of("for=203.0.113.7;by=\"a\\\", for=198.51.100.9\""), "203.0.113.7");
        assert_eq!(of("for=203.0.113.7;by=\"x;for=198.51.100.9\""), "203.0.113.7");
        // Which of two is meant nobody knows, nor where quotes end that do not.
        for unclear in ["for=198.51.100.9;for=203.0.113.7", "for=203.0.113.7, by=\"x, for=198.51.100.9"] {
            assert_eq!(of(unclear), "127.0.0.1", "{unclear}");
        }
        for wrong in ["for=\"[2001:db8::7]x\"", "for=\"[2001:db8::7]:x\"", "for=\"[2001:db8::7]:123456\""] {
            assert_eq!(of(wrong), "127.0.0.1", "{wrong}");
        }
        assert_eq!(of("for=\"[2001:db8::7]\""), "2001:db8::7");
    }

    #[test]
    fn a_network_has_the_addresses_that_begin_as_it_does() {
        let trusted = proxies(&["192.168.4.0/22", "::1", "0.0.0.0/32"]);
        for inside in ["192.168.4.0", "192.168.7.255", "::1", "::ffff:192.168.5.1"] {
            assert!(trusted.has(inside.parse().expect("an address")), "{inside}");
        }
        for outside in ["192.168.8.0", "192.168.3.255", "::2", "10.0.0.1"] {
            assert!(!trusted.has(outside.parse().expect("an address")), "{outside}");
        }
        assert!(proxies(&["0.0.0.0/0"]).has(IpAddr::from([9, 9, 9, 9])));
        for wrong in ["", "nginx", "10.0.0.0/33", "10.0.0.0/x", "::/129", "10.0.0.0/-1"] {
            assert!(Proxies::named(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
    }
}
