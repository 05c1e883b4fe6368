//! The order in which one instrument's bookings of a day take effect.

use std::collections::{BTreeSet, HashMap};

use bellwether_domain::{Booking, Transaction};
use rust_decimal::Decimal;

/// The bookings of a day in recorded order, each taken once; a sale may call later inflows forward.
pub(super) struct DayOrder<'a, 'b> {
    bookings: &'b [&'a Transaction],
    state: Vec<State>,
    /// The places of what may be called forward, by account; sought when it is first asked for.
    inflows: Option<HashMap<&'a str, BTreeSet<usize>>>,
}

#[derive(Clone, Copy, PartialEq)]
struct State {
    done: bool,
    /// The other half of a transfer between own accounts.
    partner: Option<usize>,
}

impl<'a, 'b> DayOrder<'a, 'b> {
    pub(super) fn new(bookings: &'b [&'a Transaction]) -> Self {
        let state = vec![State { done: false, partner: None }; bookings.len()];
        let mut order = Self { bookings, state, inflows: None };
        order.pair_own_transfers();
        order
    }

    /// Whether a booking needs shares that other bookings of its day may bring.
    pub(super) fn takes_shares(booking: &Transaction) -> bool {
        matches!(booking.booking, Booking::Sell { .. } | Booking::TransferOut { .. })
    }

    /// The booking at a place, unless it took effect already. It counts as taken from now on.
    pub(super) fn take(&mut self, index: usize) -> Option<&'a Transaction> {
        let state = self.state.get_mut(index).filter(|state| !state.done)?;
        state.done = true;
        let booking = self.bookings.get(index).copied()?;
        if let Some(inflows) = self.inflows.as_mut().and_then(|all| all.get_mut(booking.account.as_str())) {
            inflows.remove(&index);
        }
        Some(booking)
    }

    /// The arrival that belongs to a departure to another own account, which counts as taken with it.
    pub(super) fn take_partner(&mut self, index: usize) -> Option<&'a Transaction> {
        let partner = self.state.get(index)?.partner?;
        self.take(partner)
    }

    /// Parts a departure from its arrival, and tells where that is.
    pub(super) fn separate(&mut self, index: usize) -> Option<usize> {
        let partner = self.state.get_mut(index)?.partner.take()?;
        self.state.get_mut(partner)?.partner = None;
        // The arrival may be called forward from now on.
        self.inflows = None;
        Some(partner)
    }

    /// The place of the next purchase of `account` after `index`: what a sale may call forward.
    pub(super) fn next_inflow(&mut self, index: usize, account: &str) -> Option<usize> {
        let (bookings, state) = (self.bookings, &self.state);
        let inflows = self.inflows.get_or_insert_with(|| {
            let mut inflows: HashMap<&str, BTreeSet<usize>> = HashMap::new();
            for (place, (booking, state)) in bookings.iter().zip(state).enumerate() {
                if !state.done && state.partner.is_none() && arriving(&booking.booking).is_some() {
                    inflows.entry(booking.account.as_str()).or_default().insert(place);
                }
            }
            inflows
        });
        inflows.get(account)?.range(index + 1..).next().copied()
    }

    /// Whether the booking is the arriving half of a transfer between own accounts: its departure moves the shares.
    pub(super) fn arrives_with_partner(&self, index: usize) -> bool {
        self.state[index].partner.is_some()
            && matches!(self.bookings[index].booking, Booking::TransferIn { .. })
    }

    fn pair_own_transfers(&mut self) {
        for out in 0..self.bookings.len() {
            let Booking::TransferOut { quantity, .. } = &self.bookings[out].booking else { continue };
            let arrival = (0..self.bookings.len()).find(|index| {
                self.state[*index].partner.is_none()
                    && self.bookings[*index].account != self.bookings[out].account
                    && matches!(&self.bookings[*index].booking,
                        Booking::TransferIn { quantity: arrived, .. } if arrived == quantity)
            });
            if let Some(arrival) = arrival {
                self.state[out].partner = Some(arrival);
                self.state[arrival].partner = Some(out);
            }
        }
    }
}

/// Shares that a booking brings.
fn arriving(booking: &Booking) -> Option<Decimal> {
    match booking {
        Booking::Buy(trade) | Booking::Reinvestment { purchase: trade, .. } => Some(trade.quantity.get()),
        Booking::TransferIn { quantity, .. } => Some(quantity.get()),
        _ => None,
    }
}
