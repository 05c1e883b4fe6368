//! How often somebody may ask: far more than a person does, far less than would keep others from being served.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bellwether_domain::UserId;

/// Whose requests are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Asker {
    /// A session or a token, by its digest.
    Credential([u8; 32]),
    /// What somebody asks for that costs much, by all their sessions and tokens.
    Costly(UserId),
    /// Whoever asks from there without either.
    Address(IpAddr),
}

impl Asker {
    /// Of IPv6, a network has one limit: who has one of its addresses has all.
    pub(super) fn from(address: IpAddr) -> Self {
        Self::Address(match address {
            IpAddr::V6(six) if six.to_ipv4_mapped().is_none() => {
                IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() & (u128::MAX << 64)))
            }
            other => other,
        })
    }

    /// Requests at once, and in a second after that.
    fn limits(self) -> (u32, u32) {
        match self {
            Self::Credential(_) => (1_000, 50),
            Self::Costly(_) => (120, 2),
            Self::Address(_) => (200, 10),
        }
    }
}

/// So many askers are remembered before those are forgotten that used nothing lately.
const REMEMBERED: usize = 20_000;

/// When each asker will have used up nothing.
#[derive(Debug, Default)]
pub(in crate::web) struct Rates(Mutex<HashMap<Asker, Instant>>);

impl Rates {
    /// Counts a request.
    ///
    /// # Errors
    /// How long to wait, when there were too many.
    pub(super) fn count(&self, asker: Asker, now: Instant) -> Result<(), Duration> {
        let mut free_at = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if free_at.len() >= REMEMBERED && !free_at.contains_key(&asker) {
            free_at.retain(|_, at| *at > now);
        }
        let next = after_one_more(free_at.get(&asker).copied(), asker, now)?;
        free_at.insert(asker, next);
        Ok(())
    }

    /// Whether a request would be one too many, without counting it.
    ///
    /// # Errors
    /// As [`count`](Self::count).
    pub(super) fn look(&self, asker: Asker, now: Instant) -> Result<(), Duration> {
        let free_at = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&asker).copied();
        after_one_more(free_at, asker, now).map(drop)
    }
}

/// When an asker will have used up nothing after another request, or how long to wait for it.
fn after_one_more(free_at: Option<Instant>, asker: Asker, now: Instant) -> Result<Instant, Duration> {
    let (at_once, a_second) = asker.limits();
    let pause = Duration::from_secs(1) / a_second;
    let next = free_at.unwrap_or(now).max(now) + pause;
    match (next - now).checked_sub(pause * at_once) {
        Some(wait) if !wait.is_zero() => Err(wait),
        _ => Ok(next),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_served_and_then_so_many_a_second() {
        let (rates, now) = (Rates::default(), Instant::now());
        let asker = Asker::from("192.0.2.1".parse().expect("an address"));
        let served = |now| (0..1_000).take_while(|_| rates.count(asker, now).is_ok()).count();
        assert_eq!(served(now), 200);
        assert_eq!(rates.count(asker, now), Err(Duration::from_millis(100)));
        assert_eq!(rates.look(asker, now), Err(Duration::from_millis(100)));
        assert_eq!(rates.look(asker, now + Duration::from_millis(100)), Ok(()));
        assert_eq!(served(now + Duration::from_secs(1)), 10);
        assert_eq!(served(now + Duration::from_secs(3_600)), 200);
        let other = Asker::from("192.0.2.2".parse().expect("an address"));
        assert_eq!(rates.count(other, now), Ok(()));
    }

    #[test]
    fn a_network_of_many_addresses_has_one_limit() {
        let of = |text: &str| Asker::from(text.parse().expect("an address"));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("::ffff:192.0.2.1"), of("::ffff:192.0.2.2"));
    }
}
