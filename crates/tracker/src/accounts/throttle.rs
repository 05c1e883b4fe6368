//! How long whoever fails to sign in has to wait, by account and by address.

use std::net::{IpAddr, Ipv6Addr};

use bellwether_domain::UserId;
use bellwether_storage::Digest;
use bellwether_storage::sign_in_failures::Delay;
use chrono::TimeDelta;

use super::Visitor;
use super::secret::digest;

/// Failures are remembered for so long after the last.
pub(crate) const REMEMBERED_FOR: TimeDelta = TimeDelta::hours(24);
/// So many attempts at an account cost nothing but their turn.
const FREE_BY_ACCOUNT: u32 = 5;
/// An address may be a whole household's.
const FREE_BY_ADDRESS: u32 = 20;
const LONGEST: TimeDelta = TimeDelta::minutes(15);

/// A second after the last free attempt, then twice as long each time.
fn delay(failures: u32, free: u32) -> TimeDelta {
    let Some(over) = failures.checked_sub(free) else { return TimeDelta::zero() };
    let seconds = 1_i64.checked_shl(over.min(20)).unwrap_or(i64::MAX);
    TimeDelta::seconds(seconds).min(LONGEST)
}

fn by_account(failures: u32) -> TimeDelta {
    delay(failures, FREE_BY_ACCOUNT)
}

/// The name by which failures at somebody's account are counted, whatever they sign in by.
pub(super) fn user(id: UserId) -> (Digest, Delay) {
    (digest(&format!("user:{id}")), by_account)
}

/// The same for an account that does not exist.
pub(super) fn account(name: &str) -> (Digest, Delay) {
    (digest(&format!("account:{name}")), by_account)
}

/// The same for the old password that a new one asks for.
pub(super) fn old_password(id: UserId) -> (Digest, Delay) {
    (digest(&format!("password:{id}")), by_account)
}

/// The name by which failures from an address are counted: a network of IPv6 addresses has one, for who has one of them
/// has all.
pub(super) fn address(visitor: &Visitor) -> Option<(Digest, Delay)> {
    let network = match visitor.address? {
        IpAddr::V6(six) => match six.to_ipv4_mapped() {
            Some(four) => IpAddr::V4(four),
            None => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() & (u128::MAX << 64))),
        },
        four @ IpAddr::V4(_) => four,
    };
    Some((digest(&format!("address:{network}")), |failures| delay(failures, FREE_BY_ADDRESS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_from_a_second_up_to_a_quarter_of_an_hour() {
        let seconds = |failures| delay(failures, FREE_BY_ACCOUNT).num_seconds();
        assert_eq!([1, 4, 5, 6, 7, 14, 15, 60, u32::MAX].map(seconds), [0, 0, 1, 2, 4, 512, 900, 900, 900]);
        assert_eq!(delay(20, FREE_BY_ADDRESS).num_seconds(), 1);
    }

    #[test]
    fn addresses_of_one_network_are_one() {
        let of = |text: &str| {
            let address_of = Visitor { address: text.parse().ok(), agent: String::new() };
            address(&address_of).expect("an address").0
        };
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
