//! Cash: its movements, what they sum up to, and what crossed the portfolio's border.

use bellwether_domain::{Booking, Currency, Transaction};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::calculation::money;
use super::record::{Record, turned};
use super::{About, Field, Label, Number, Operation, Source};
use crate::books::{ExternalFlow, ExternalKind, IncomeKind};
use crate::{CashBalance, CashEntry, CashKind};

impl<'a> Record<'a> {
    /// A balance at the close of a day: the movements since the currency was last empty.
    pub(super) fn cash_on(&mut self, cash: &CashBalance, day: NaiveDate, balance: Decimal) -> usize {
        let label = money(cash.currency, "Cash balance", "sum of the movements since it was last empty");
        let until = self.entries().partition_point(|entry| entry.date <= day);
        let parts = self.since_empty(cash.currency, until);
        self.with_subject(Some(About::Cash(cash.currency)), |record| {
            let sum = record.computed(label, Operation::Sum, parts);
            record.checked(sum, label, &Ok(balance))
        })
    }

    pub(super) fn cash_as_booked(&mut self, cash: &CashBalance) -> usize {
        let label =
            money(self.base(), "Cash as booked", "sum of the movements at the rates of their bookings");
        let places = self.places.movements(cash.currency).to_vec();
        let parts = places.into_iter().map(|place| self.movement_in_base(place)).collect();
        self.with_subject(Some(About::Cash(cash.currency)), |record| {
            let sum = record.computed(label, Operation::Sum, parts);
            record.checked(sum, label, &cash.booked)
        })
    }

    /// What crossed the portfolio's border, in the base currency.
    pub(super) fn external(&mut self, flow: &ExternalFlow) -> usize {
        let label = money(self.base(), "Flow", "money in, or out as a negative number");
        let explained = match flow.kind {
            ExternalKind::Deposit { .. } | ExternalKind::Withdrawal => {
                self.entry_of(flow).map(|place| self.movement_in_base(place))
            }
            ExternalKind::TransferIn | ExternalKind::TransferOut => self.transferred(flow),
        };
        match explained {
            Some(node) => self.checked(node, label, &flow.amount),
            None => self.given(label, flow.amount.clone().map(Number::Exact), Source::Ledger),
        }
    }

    pub(super) fn entries(&self) -> &'a [CashEntry] {
        &self.books.cash().entries
    }

    fn entry_of(&self, flow: &ExternalFlow) -> Option<usize> {
        let start = self.entries().partition_point(|entry| entry.date < flow.date);
        let is_it = |entry: &CashEntry| {
            matches!(entry.kind, CashKind::Deposit | CashKind::Withdrawal)
                && entry.transaction == flow.transaction
                && entry.base == flow.amount
        };
        let of_day = self.entries().iter().skip(start).take_while(|entry| entry.date == flow.date);
        of_day.map(is_it).position(|found| found).map(|place| start + place)
    }

    fn transferred(&mut self, flow: &ExternalFlow) -> Option<usize> {
        let id = flow.transaction?;
        let transaction = self.by_id.get(&id).copied()?;
        let position = self.places.moved(id)?;
        self.market_value_of(position, transaction)
    }

    /// A movement in the base currency, at the rate of its booking.
    pub(super) fn movement_in_base(&mut self, place: usize) -> usize {
        let amount = self.movement(place);
        let entry = &self.entries()[place];
        let base = self.base();
        if entry.currency == base && entry.base == Ok(entry.amount) {
            return amount;
        }
        let label = money(base, "Cash movement in base", "amount x exchange rate");
        let rate = match self.recorded(entry) {
            Some(transaction) => self.booked_rate(transaction),
            None => self.rate_of_inferred(entry),
        };
        let moved = self.computed(label, Operation::Product, vec![amount, rate]);
        self.checked(moved, label, &entry.base)
    }

    /// An inferred movement is at the rate of the first booking that it pays for, or the day's.
    fn rate_of_inferred(&mut self, entry: &CashEntry) -> usize {
        match entry.funds.first().and_then(|id| self.by_id.get(id).copied()) {
            Some(transaction) if transaction.currency == entry.currency => self.booked_rate(transaction),
            _ => self.rate_on((entry.currency, self.base()), entry.date),
        }
    }

    /// A movement of cash in its currency, positive when cash came in.
    fn movement(&mut self, place: usize) -> usize {
        if let Some(node) = self.movements.get(&place) {
            return *node;
        }
        let entry = &self.entries()[place];
        let label = money(entry.currency, "Cash movement", "money in, or out as a negative number");
        let explained = match (entry.kind, self.recorded(entry)) {
            (CashKind::Exchange, _) => self.exchanged(place, entry),
            (CashKind::Deposit, None) => Some(self.inferred_deposit(place, entry)),
            (CashKind::Dividend, None) => self.inferred_dividend(entry),
            (_, Some(transaction)) => self.booked_movement(entry, transaction),
            _ => None,
        };
        let node = match explained {
            Some(node) => self.checked(node, label, &Ok(entry.amount)),
            None => self.exactly(label, entry.amount, Source::Ledger),
        };
        self.movements.insert(place, node);
        node
    }

    fn recorded(&self, entry: &CashEntry) -> Option<&'a Transaction> {
        entry.transaction.and_then(|id| self.by_id.get(&id).copied())
    }

    fn booked_movement(&mut self, entry: &CashEntry, transaction: &'a Transaction) -> Option<usize> {
        let out = turned(entry.currency);
        let amount = |record: &mut Self, figure, amount| {
            record.field(money(entry.currency, figure, ""), transaction, Field::Amount, amount)
        };
        Some(match (&transaction.booking, entry.kind) {
            (Booking::Deposit { amount: paid }, _) => amount(self, "Deposit", *paid),
            (Booking::Withdrawal { amount: paid }, _) => {
                let paid = amount(self, "Withdrawal", *paid);
                self.computed(out, Operation::Negation, vec![paid])
            }
            (Booking::Fee { amount: paid, .. } | Booking::Tax { amount: paid, .. }, _) => {
                let paid = amount(self, "Charge", *paid);
                self.computed(out, Operation::Negation, vec![paid])
            }
            (Booking::Buy(trade) | Booking::Reinvestment { purchase: trade, .. }, CashKind::Purchase) => {
                let paid = self.settled(transaction, trade, false);
                self.computed(out, Operation::Negation, vec![paid])
            }
            (Booking::TransferIn { fee, .. } | Booking::TransferOut { fee, .. }, CashKind::Fee) => {
                let paid = self.field(money(entry.currency, "Fee", ""), transaction, Field::Fee, *fee);
                self.computed(out, Operation::Negation, vec![paid])
            }
            (Booking::Sell { trade, .. }, CashKind::Sale) => self.settled(transaction, trade, true),
            (_, CashKind::Sale) => {
                let position = self.books.position(entry.symbol.as_ref()?)?;
                self.event_proceeds(position, transaction)?
            }
            (_, CashKind::Dividend | CashKind::Interest) => {
                let paid = self.places.income(transaction.id)?;
                self.net_income(paid)
            }
            _ => return None,
        })
    }

    fn inferred_dividend(&mut self, entry: &CashEntry) -> Option<usize> {
        let position = self.books.position(entry.symbol.as_ref()?)?;
        let of_day = position.income.partition_point(|paid| paid.date < entry.date);
        let paid =
            position.income.iter().skip(of_day).take_while(|paid| paid.date == entry.date).find(|paid| {
                paid.kind == IncomeKind::Dividend
                    && paid.is_inferred()
                    && paid.currency == entry.currency
                    && paid.net() == Ok(entry.amount)
            })?;
        Some(self.net_income(paid))
    }

    /// What the day's payments lack: the balance before them and they themselves, turned round.
    fn inferred_deposit(&mut self, place: usize, entry: &CashEntry) -> usize {
        let unpaid = self.entries().iter().enumerate().skip(place + 1);
        let unpaid = unpaid.take_while(|(_, later)| later.date == entry.date);
        let unpaid: Vec<_> =
            unpaid.filter(|(_, later)| later.currency == entry.currency).map(|(place, _)| place).collect();
        let payments = unpaid.into_iter().map(|place| self.movement(place)).collect();
        let payments_label = money(entry.currency, "Payments of the day", "sum of what is still to be paid");
        let label = money(entry.currency, "Lacking cash", "balance before + payments");
        let deposit = money(entry.currency, "Inferred deposit", "what the day's payments lack");
        self.covering(place, (payments_label, payments), label, deposit, entry.currency)
    }

    /// What a foreign payment lacks is bought; what it costs leaves the base currency.
    fn exchanged(&mut self, place: usize, entry: &CashEntry) -> Option<usize> {
        if entry.amount > Decimal::ZERO {
            let paid_for = self.entries().get(place + 1).filter(|next| next.currency == entry.currency)?;
            let payment = vec![self.movement(place + 1)];
            let label = money(entry.currency, "Lacking cash", "balance before + payment");
            let bought = money(entry.currency, "Bought for the payment", "what the payment lacks");
            let payment_label = money(entry.currency, "Payment", "what is to be paid");
            return Some(self.covering(place, (payment_label, payment), label, bought, paid_for.currency));
        }
        let is_other_side = |other: &&CashEntry| {
            other.kind == CashKind::Exchange
                && other.transaction == entry.transaction
                && other.date == entry.date
                && other.currency != entry.currency
                && other.base.clone().map(|base| -base) == Ok(entry.amount)
        };
        let bought = self.entries().iter().take(place).rposition(|other| is_other_side(&other))?;
        let foreign = self.movement(bought);
        let rate = match self.recorded(entry) {
            Some(transaction) => self.booked_rate(transaction),
            None => self.rate_on((self.entries()[bought].currency, entry.currency), entry.date),
        };
        let label = money(entry.currency, "Paid for foreign cash", "amount x exchange rate");
        let paid = self.computed(label, Operation::Product, vec![foreign, rate]);
        Some(self.computed(turned(entry.currency), Operation::Negation, vec![paid]))
    }

    fn covering(
        &mut self,
        place: usize,
        (payments_label, payments): (Label, Vec<usize>),
        lacking: Label,
        covered: Label,
        currency: Currency,
    ) -> usize {
        let before = self.since_empty(currency, place);
        self.with_subject(Some(About::Day(self.entries()[place].date)), |record| {
            let balance = money(currency, "Cash balance", "sum of the movements since it was last empty");
            let before = record.computed(balance, Operation::Sum, before);
            let payments = record.computed(payments_label, Operation::Sum, payments);
            let lacks = record.computed(lacking, Operation::Sum, vec![before, payments]);
            record.computed(covered, Operation::Negation, vec![lacks])
        })
    }

    /// The movements of a currency before a place that make up its balance there.
    fn since_empty(&mut self, currency: Currency, until: usize) -> Vec<usize> {
        let of_currency = self.places.movements(currency);
        let earlier = &of_currency[..of_currency.partition_point(|place| *place < until)];
        let entries = self.entries();
        let empty = earlier.iter().rposition(|place| entries[*place].balance.is_zero());
        let places = earlier[empty.map_or(0, |empty| empty + 1)..].to_vec();
        places.into_iter().map(|place| self.movement(place)).collect()
    }
}
