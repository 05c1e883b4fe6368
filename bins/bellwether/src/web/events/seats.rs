//! How many streams may be open: in all, so that the server keeps room for pages, and from one address, so that nobody
//! takes all of it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::HttpRequest;

/// Open streams in all.
const IN_ALL: usize = 4_096;
/// Open streams from one address.
const FROM_ONE: usize = 128;

/// Who holds an open stream.
#[derive(Debug, Clone, Default)]
pub(super) struct Seats(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    in_all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// Held while a stream is open.
#[derive(Debug)]
pub(super) struct Seat {
    seats: Seats,
    address: IpAddr,
}

/// There is no seat left, in a sentence for whoever asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoSeat {
    #[error("{IN_ALL} pages listen already, which is all that this server serves. Close some and try again.")]
    InAll,
    #[error("{FROM_ONE} pages listen from this address already. Close some of them and try again.")]
    FromOne,
}

impl Seats {
    /// A seat for an address, while there is one.
    pub(super) fn take(&self, address: IpAddr) -> Result<Seat, NoSeat> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.in_all >= IN_ALL {
            return Err(NoSeat::InAll);
        }
        if taken.by_address.get(&address).is_some_and(|from_one| *from_one >= FROM_ONE) {
            return Err(NoSeat::FromOne);
        }
        taken.in_all += 1;
        *taken.by_address.entry(address).or_default() += 1;
        Ok(Seat { seats: self.clone(), address })
    }

    /// How many are taken.
    pub(super) fn taken(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).in_all
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.in_all -= 1;
        if let Some(from_one) = taken.by_address.get_mut(&self.address) {
            *from_one -= 1;
            if *from_one == 0 {
                taken.by_address.remove(&self.address);
            }
        }
    }
}

/// Who asks. A proxy in front, on this machine or in its network, says for whom; a stranger's word is not taken.
pub(super) fn address_of(request: &HttpRequest) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::from([0, 0, 0, 0]), |address| address.ip().to_canonical());
    let is_near = match peer {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local(),
    };
    let forwarded = request.headers().get_all("x-forwarded-for").last();
    // The last one is the proxy's own; those before it are what it was told.
    let told = forwarded.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
    told.filter(|_| is_near).unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn one_address_cannot_take_all_seats_and_gives_back_what_it_leaves() {
        let seats = Seats::default();
        let mut held: Vec<Seat> = (0..FROM_ONE).map(|_| seats.take(address(1)).expect("a seat")).collect();

        assert_eq!(seats.take(address(1)).map(drop), Err(NoSeat::FromOne));
        let other = seats.take(address(2)).expect("a seat for another");
        held.pop();
        assert!(seats.take(address(1)).is_ok());

        drop((held, other));
        assert_eq!(seats.taken(), 0);
        assert!(seats.0.lock().expect("unpoisoned").by_address.is_empty());
    }

    #[test]
    fn all_addresses_together_leave_room_for_pages() {
        let seats = Seats::default();
        let from = |n: usize| seats.take(IpAddr::from([10, 0, (n >> 8) as u8, n as u8]));
        let held: Vec<Seat> = (0..IN_ALL).map(|n| from(n).expect("a seat")).collect();
        assert_eq!(from(IN_ALL).map(drop), Err(NoSeat::InAll));
        drop(held);
    }

    #[test]
    fn a_proxy_nearby_says_whom_it_speaks_for_and_a_stranger_only_for_itself() {
        let asked = |peer: &str, forwarded: &str| {
            let request = TestRequest::default()
                .peer_addr(peer.parse().expect("an address"))
                .insert_header(("x-forwarded-for", forwarded));
            address_of(&request.to_http_request()).to_string()
        };
        assert_eq!(asked("127.0.0.1:5", "198.51.100.9, 203.0.113.7"), "203.0.113.7");
        assert_eq!(asked("198.51.100.1:5", "203.0.113.7"), "198.51.100.1");
        assert_eq!(asked("172.17.0.1:5", "no address"), "172.17.0.1");
    }
}
