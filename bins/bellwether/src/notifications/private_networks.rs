//! Webhooks lead out of the house, unless the operator says that a name may lead into it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// The address leads where its operator did not say that letters may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("The address leads into a private network: start the program with --webhook-host and its name.")]
pub(super) struct PrivateAddress;

/// Looks names up and lets through what is public, or allowed. What is asked is what is connected to: a name that
/// leads elsewhere a moment later leads nowhere else.
#[derive(Debug)]
pub(super) struct Guard {
    allowed: Vec<String>,
}

impl Guard {
    pub(super) fn allowing(hosts: Vec<String>) -> Self {
        let plain = |host: String| host.trim_matches(['[', ']', '.']).to_ascii_lowercase();
        Self { allowed: hosts.into_iter().map(plain).collect() }
    }

    fn is_allowed(&self, host: &str) -> bool {
        let host = host.trim_matches(['[', ']', '.']).to_ascii_lowercase();
        self.allowed.contains(&host)
    }

    /// Whether letters may go there as far as the address itself tells; names tell when they are looked up.
    pub(super) fn admits_host(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else { return false };
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        self.is_allowed(host) || address.map_or(true, is_public)
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let is_allowed = self.is_allowed(name.as_str());
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let admitted: Vec<SocketAddr> =
                found.filter(|address| is_allowed || is_public(address.ip())).collect();
            if admitted.is_empty() {
                return Err(PrivateAddress.into());
            }
            Ok(Box::new(admitted.into_iter()) as Addrs)
        })
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Neither of this machine nor of a network without a name to the world (RFC 6890).
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let is_shared = first == 100 && (64..128).contains(&second);
    let is_benchmarking = first == 198 && matches!(second, 18 | 19);
    let is_of_protocols = first == 192 && second == 0 && third == 0;
    !(first == 0
        || first >= 224
        || is_shared
        || is_benchmarking
        || is_of_protocols
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation())
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    // An address of the older kind in the newer's clothes, translated ones included, is what it is.
    if let Some(older) = address.to_ipv4_mapped() {
        return is_public_v4(older);
    }
    let segments = address.segments();
    let last = || {
        let [_, _, _, _, _, _, high, low] = segments;
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match segments {
        [0x64, 0xff9b, 0, 0, 0, 0, _, _] => is_public_v4(last()),
        [0x2002, high, low, ..] => {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            is_public_v4(Ipv4Addr::new(a, b, c, d))
        }
        // Global unicast without the documentation's and the tunnels' own.
        [0x2001, 0x0db8 | 0, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_of_this_machine_or_network_is_not_public() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.168.1.1",
            "198.18.0.1",
            "203.0.113.5",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "ff02::1",
        ] {
            assert!(!is_public(address.parse().expect("an address")), "{address}");
        }
        for address in
            ["1.1.1.1", "100.128.0.1", "172.32.0.1", "192.0.1.1", "2606:4700::1111", "64:ff9b::101:101"]
        {
            assert!(is_public(address.parse().expect("an address")), "{address}");
        }
    }

    #[test]
    fn an_address_as_such_is_judged_before_anything_is_sent() {
        let guard =
            Guard::allowing(vec!["10.0.0.5".to_owned(), "[::1]".to_owned(), "Home.Example".to_owned()]);
        let admits = |url: &str| guard.admits_host(&url.parse().expect("a URL"));
        assert!(
            admits("http://10.0.0.5:8123/hook") && admits("http://[::1]/") && admits("https://home.example/")
        );
        assert!(admits("https://example.org/"), "a name is judged when it is looked up");
        // Numbers in other clothes are addresses all the same.
        for url in ["http://10.0.0.6/", "http://[::ffff:7f00:1]/", "http://2130706433/", "http://0x7f.1/"] {
            assert!(!admits(url), "{url}");
        }
    }

    #[tokio::test]
    async fn a_name_of_this_machine_leads_nowhere_unless_allowed() {
        let look_up = async |guard: Guard| {
            let found = guard.resolve("localhost".parse().expect("a name")).await;
            found.map(Iterator::count).map_err(|error| error.is::<PrivateAddress>())
        };
        assert_eq!(look_up(Guard::allowing(Vec::new())).await, Err(true));
        assert!(look_up(Guard::allowing(vec!["localhost".to_owned()])).await.is_ok_and(|found| found > 0));
    }
}
