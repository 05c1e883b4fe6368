//! How many streams may be open: in all, so that the server keeps room for pages, and from one address, so that nobody
//! takes all of it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bellwether_texts::{Sentence, Value};

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

/// There is no seat left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoSeat {
    InAll,
    FromOne,
}

impl NoSeat {
    /// The same for whoever asked.
    pub(super) fn said(self) -> Sentence {
        let (key, most) = match self {
            Self::InAll => ("problem.told.listeners", IN_ALL),
            Self::FromOne => ("problem.told.listeners_of_one", FROM_ONE),
        };
        Sentence::new(key).with("most", Value::exact(most))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
