//! The acts and events of a world as bookings, one by one: what is sold depends on what is there.

use bellwether_domain::{
    Booking, CostMethod, Currency, LotChoice, Quantity, SplitRatio, Trade, Transaction, TransactionId,
};
use bellwether_portfolio::{Books, Market};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{
    ACCOUNTS, Act, BUYER, EventWorld, InLieu, PARENT, Paid, SPUN_OFF, currency, event_books, ratio,
    transaction,
};
use crate::world::{SPAN, cents, day};

pub(super) struct Ledger<'a> {
    pub(super) world: &'a EventWorld,
    pub(super) market: &'a Market,
    pub(super) method: CostMethod,
    pub(super) bookings: Vec<Transaction>,
}

impl Ledger<'_> {
    fn push(&mut self, on: u64, booking: Booking, currency: Currency, account: &str) {
        self.bookings.push(transaction(self.bookings.len(), on, booking, currency, account));
    }

    fn books(&self, as_of: NaiveDate) -> Books {
        event_books(&self.bookings, self.market, self.method, as_of)
    }

    /// The lots of an account, under whatever name the books show them.
    fn lots(&self, of: usize, account: &str, on: u64) -> Vec<(TransactionId, Decimal)> {
        let books = self.books(day(on));
        let name = self.world.symbol(of, SPAN);
        let lots = books.position(&name).map(|position| position.lots.clone()).unwrap_or_default();
        let of_account = lots.iter().filter(|lot| lot.account.as_ref() == account);
        of_account.map(|lot| (lot.transaction, lot.quantity)).collect()
    }

    pub(super) fn act(&mut self, on: u64, act: &Act) {
        let world = self.world;
        let is_gone = |of: usize| of == world.merger.1.0 && on >= world.merger.0;
        let traded = |of: usize, quantity: Decimal, fee: i64| Trade {
            symbol: world.symbol(of, on),
            quantity: Quantity::new(quantity).unwrap(),
            price: Decimal::try_from(world.close(of, on)).unwrap(),
            fee: if world.flat { Decimal::ZERO } else { cents(fee) },
            tax: Decimal::ZERO,
        };
        let part = |lots: &[(TransactionId, Decimal)], percent: i64| {
            let held: Decimal = lots.iter().map(|(_, quantity)| *quantity).sum();
            Quantity::new((held * cents(percent)).trunc_with_scale(9))
        };
        match *act {
            Act::Buy { of, account, nanos, fee } if !is_gone(of) => {
                let trade = traded(of, Decimal::new(nanos, 9), fee);
                self.push(on, Booking::Buy(trade), currency(of), ACCOUNTS[account]);
            }
            Act::Sell { of, account, percent, fee, named } => {
                let mut lots = self.lots(of, ACCOUNTS[account], on);
                if named {
                    // The newest lot alone, which no other method would take.
                    lots = lots.split_off(lots.len().saturating_sub(1));
                }
                let percent = if named { percent.min(100) } else { percent };
                let Ok(quantity) = part(&lots, percent) else { return };
                let chosen = lots.first().filter(|_| named);
                let chosen = chosen.map(|(opened_by, _)| LotChoice { opened_by: *opened_by, quantity });
                let booking = Booking::Sell {
                    trade: traded(of, quantity.get(), fee),
                    lots: chosen.into_iter().collect(),
                };
                self.push(on, booking, currency(of), ACCOUNTS[account]);
            }
            Act::TransferIn { of, account, nanos, acquired } if !is_gone(of) => {
                let booking = Booking::TransferIn {
                    symbol: world.symbol(of, on),
                    quantity: Quantity::new(Decimal::new(nanos, 9)).unwrap(),
                    unit_cost: cents(nanos % 9_973),
                    fee: Decimal::ZERO,
                    acquired: Some(day(acquired.min(on))),
                };
                self.push(on, booking, currency(of), ACCOUNTS[account]);
            }
            Act::TransferOut { of, account, percent } => {
                let Ok(quantity) = part(&self.lots(of, ACCOUNTS[account], on), percent) else { return };
                self.send(of, on, account, quantity);
            }
            Act::Move { of, from, percent } => {
                let Ok(quantity) = part(&self.lots(of, ACCOUNTS[from], on), percent) else { return };
                self.send(of, on, from, quantity);
                let (symbol, unit_cost, fee) = (world.symbol(of, on), Decimal::ZERO, Decimal::ZERO);
                let booking = Booking::TransferIn { symbol, quantity, unit_cost, fee, acquired: None };
                self.push(on, booking, currency(of), ACCOUNTS[1 - from]);
            }
            Act::Dividend { of, gross } if !world.flat => {
                let (gross, symbol) = (cents(gross), world.symbol(of, on));
                let booking =
                    Booking::Dividend { symbol, gross, tax: gross / Decimal::from(4), fee: Decimal::ZERO };
                self.push(on, booking, currency(of), ACCOUNTS[0]);
            }
            _ => {}
        }
    }

    fn send(&mut self, of: usize, on: u64, account: usize, quantity: Quantity) {
        let (symbol, fee) = (self.world.symbol(of, on), Decimal::ZERO);
        let booking = Booking::TransferOut { symbol, quantity, fee, lots: Vec::new() };
        self.push(on, booking, currency(of), ACCOUNTS[account]);
    }

    /// Books the event of a day, and pays for the fractions that it leaves at their price.
    pub(super) fn event(&mut self, on: u64) {
        let into = if on == self.world.split.0 {
            PARENT
        } else if on == self.world.spin_off.0 {
            SPUN_OFF
        } else {
            self.world.merger.1.1
        };
        let booked = match self.world.in_lieu {
            InLieu::Whatever(amount) => cents(amount),
            InLieu::Kept | InLieu::AtTheirPrice => Decimal::ZERO,
        };
        self.push(on, self.booking(on, booked), Currency::USD, "");
        if !matches!(self.world.in_lieu, InLieu::AtTheirPrice) {
            return;
        }
        // Of a spin-off or merger the fractions of what it brings, of a split those of all shares.
        let books = self.books(day(on));
        let event = self.bookings.last().map(|event| event.id);
        let position = books.position(&self.world.symbol(into, SPAN));
        let brought = |account: &str| -> Decimal {
            let transfers = position.iter().flat_map(|position| &position.transfers);
            let lots =
                transfers.filter(|it| it.arrives && Some(it.transaction) == event).flat_map(|it| &it.lots);
            lots.filter(|lot| lot.account.as_ref() == account).map(|lot| lot.quantity).sum()
        };
        let held = |account: &str| -> Decimal {
            let lots = position.iter().flat_map(|position| &position.lots);
            lots.filter(|lot| lot.account.as_ref() == account).map(|lot| lot.quantity).sum()
        };
        let fractions = |account: &str| {
            let shares = if on == self.world.split.0 { held(account) } else { brought(account) };
            // For what is owed nothing is paid, nor for what covered it.
            let is_none = shares <= Decimal::ZERO || shares.round_dp(9).fract().is_zero();
            if is_none { Decimal::ZERO } else { shares.fract().min(held(account)).max(Decimal::ZERO) }
        };
        let fractions: Decimal = ACCOUNTS.iter().map(|account| fractions(account)).sum();
        let in_dollars = if into == BUYER { Decimal::new(125, 2) } else { Decimal::ONE };
        let paid = fractions * self.world.level(into, on) * in_dollars;
        let booking = self.booking(on, paid);
        if let Some(last) = self.bookings.last_mut() {
            last.booking = booking;
        }
    }

    fn booking(&self, on: u64, cash_in_lieu: Decimal) -> Booking {
        let world = self.world;
        if on == world.split.0 {
            let ratio = ratio(world.split.1);
            return Booking::Split { symbol: world.symbol(PARENT, on), ratio, cash_in_lieu };
        }
        if on == world.spin_off.0 {
            let (symbol, into) = (world.symbol(PARENT, on), world.symbol(SPUN_OFF, on));
            let (ratio, cost_share) = (ratio(world.spin_off.1), cents(world.spin_off.2));
            return Booking::SpinOff { symbol, into, ratio, cost_share, cash_in_lieu };
        }
        let (of, buyer) = world.merger.1;
        let symbol = world.symbol(of, on);
        let worth = world.level(of, on);
        let price = world.level(buyer, on) * if buyer == BUYER { Decimal::new(125, 2) } else { Decimal::ONE };
        let into = Some(world.symbol(buyer, on));
        let (into, ratio, cash_per_share, cost_share) = match world.merger.2 {
            Paid::Cash => (None, None, worth, None),
            Paid::Shares => (into, SplitRatio::new(worth, price), Decimal::ZERO, None),
            Paid::SharesAndCash { told_cost_share } => {
                let share = told_cost_share.map(cents);
                (into, Some(super::ratio((1, 1))), worth - price, share)
            }
        };
        let cash_in_lieu = if into.is_none() { Decimal::ZERO } else { cash_in_lieu };
        Booking::Merger { symbol, into, ratio, cash_per_share, cash_in_lieu, cost_share }
    }
}
