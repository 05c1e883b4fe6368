//! What transactions move: amounts, fees, income and flows.

use bellwether_domain::{Booking, CashDividend, Trade, Transaction};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::calculation::{IncomePart, TradeCost, money};
use super::record::{Record, turned};
use super::{About, Field, Label, Operation, Source, Unit};
use crate::Position;
use crate::books::{Charge, Income, IncomeKind, PositionFlow, PositionFlowKind};
use crate::exact::Exact;

impl Record<'_> {
    /// A field of a transaction.
    pub(super) fn field(
        &mut self,
        label: Label,
        transaction: &Transaction,
        field: Field,
        value: Decimal,
    ) -> usize {
        let (id, date) = (transaction.id, transaction.date);
        self.with_subject(Some(About::Transaction { id, date }), |record| {
            record.exactly(label, value, Source::Transaction { id, date, field })
        })
    }

    /// Base currency per unit of the booking's: as recorded, else the day's.
    pub(super) fn booked_rate(&mut self, transaction: &Transaction) -> usize {
        let base = self.base();
        match transaction.fx_rate.filter(|_| transaction.currency != base) {
            Some(rate) => {
                let unit = Unit::ExchangeRate { from: transaction.currency, to: base };
                self.field(Label::new("Exchange rate", "", unit), transaction, Field::ExchangeRate, rate)
            }
            None => self.rate_on((transaction.currency, base), transaction.date),
        }
    }

    /// An amount in the booking's currency at its rate.
    pub(super) fn in_base(&mut self, label: Label, transaction: &Transaction, amount: usize) -> usize {
        let rate = self.booked_rate(transaction);
        self.computed(label, Operation::Product, vec![amount, rate])
    }

    /// What a trade settles for, in its currency: paid for a purchase, received for a sale.
    pub(super) fn settled(&mut self, transaction: &Transaction, trade: &Trade, is_sale: bool) -> usize {
        if let Some(node) = self.trades.get(&transaction.id) {
            return *node;
        }
        let (currency, per_share) = (transaction.currency, Unit::PerShare(transaction.currency));
        let quantity = Label::new("Quantity", "", Unit::Shares);
        let quantity = self.field(quantity, transaction, Field::Quantity, trade.quantity.get());
        let price = self.field(Label::new("Price", "", per_share), transaction, Field::Price, trade.price);
        let charges = [("Fee", Field::Fee, trade.fee), ("Tax", Field::Tax, trade.tax)];
        let charges = charges.into_iter().filter(|(.., amount)| !amount.is_zero());
        let charges: Vec<_> = charges
            .map(|(figure, field, amount)| {
                self.field(money(currency, figure, ""), transaction, field, amount)
            })
            .collect();
        let about = About::Transaction { id: transaction.id, date: transaction.date };
        let node = self.with_subject(Some(about), |record| {
            let gross = money(currency, "Gross amount", "quantity x price");
            let gross = record.computed(gross, Operation::Product, vec![quantity, price]);
            if is_sale {
                let received = money(currency, "Received", "quantity x price - fee - tax");
                charges.into_iter().fold(gross, |left, charge| {
                    record.computed(received, Operation::Difference, vec![left, charge])
                })
            } else if charges.is_empty() {
                gross
            } else {
                let paid = money(currency, "Paid", "quantity x price + fee + tax");
                record.computed(paid, Operation::Sum, std::iter::once(gross).chain(charges).collect())
            }
        });
        self.trades.insert(transaction.id, node);
        node
    }

    pub(super) fn income_part(&mut self, income: &Income, part: IncomePart) -> usize {
        let (figure, value, field) = match part {
            IncomePart::Gross => ("Gross income", income.gross, Field::Gross),
            IncomePart::Tax => ("Tax withheld", income.tax, Field::Tax),
            IncomePart::Fee => ("Fee", income.fee, Field::Fee),
        };
        let label = money(income.currency, figure, "");
        let recorded = income.transaction.and_then(|id| self.by_id.get(&id).copied());
        match recorded {
            // Interest and reinvestments have no such field.
            Some(transaction) if part == IncomePart::Fee && value.is_zero() => {
                let subject = About::Transaction { id: transaction.id, date: transaction.date };
                self.with_subject(Some(subject), |record| record.exactly(label, value, Source::Constant))
            }
            Some(transaction) => self.field(label, transaction, field, value),
            None if part == IncomePart::Gross => self.inferred_gross(label, income),
            None => self.exactly(label, value, Source::Constant),
        }
    }

    /// Shares before the ex-date x the known amount per share.
    fn inferred_gross(&mut self, label: Label, income: &Income) -> usize {
        let dividend = self.known_dividend(income);
        let (Some(symbol), Some(units), Some(dividend)) = (&income.symbol, income.units, dividend) else {
            return self.exactly(label, income.gross, Source::Ledger);
        };
        let held = self.held_before(self.books.position(symbol), income.date, units);
        let per_share = Label::new("Dividend", "", Unit::PerShare(income.currency));
        let source = Source::Dividend { symbol: symbol.clone(), ex_date: dividend.ex_date };
        let per_share = self.exactly(per_share, dividend.amount, source);
        let formula = "shares held before the ex-date x dividend per share";
        let gross = self.computed(Label { formula, ..label }, Operation::Product, vec![held, per_share]);
        self.checked(gross, label, &Ok(income.gross))
    }

    /// Shares held at the close before an ex-date or payment.
    pub(super) fn held_before(
        &mut self,
        position: Option<&Position>,
        date: NaiveDate,
        units: Decimal,
    ) -> usize {
        let held = Label::new("Quantity", "shares held before the ex-date", Unit::Shares);
        match position.zip(date.pred_opt()) {
            Some((position, before)) if position.quantity_on(before) == units => {
                self.shares(held, position, before, units)
            }
            _ => self.exactly(held, units, Source::Ledger),
        }
    }

    fn known_dividend(&self, income: &Income) -> Option<CashDividend> {
        let known = self.market.instrument(income.symbol.as_ref()?)?.dividends();
        let units = income.units?;
        let pays = |dividend: &&CashDividend| {
            dividend.ex_date == income.date && units.times(dividend.amount) == Ok(income.gross)
        };
        known.iter().find(pays).copied()
    }

    /// Income after tax and fee, in its currency.
    pub(super) fn net_income(&mut self, income: &Income) -> usize {
        let [gross, tax, fee] =
            [IncomePart::Gross, IncomePart::Tax, IncomePart::Fee].map(|part| self.income_part(income, part));
        let after_tax = money(income.currency, "Income after tax", "gross - tax");
        let after_tax = self.computed(after_tax, Operation::Difference, vec![gross, tax]);
        let net = money(income.currency, "Net income", "gross - tax - fee");
        self.computed(net, Operation::Difference, vec![after_tax, fee])
    }

    pub(super) fn charged(&mut self, charge: &Charge) -> usize {
        let label = money(self.base(), "Charge in base", "amount x exchange rate");
        let Some(transaction) = self.by_id.get(&charge.transaction).copied() else {
            return self.given(label, charge.base.clone().map(super::Number::Exact), Source::Ledger);
        };
        let amount = money(charge.currency, "Charge", "");
        let field = match &transaction.booking {
            Booking::TransferIn { .. } | Booking::TransferOut { .. } => Field::Fee,
            _ => Field::Amount,
        };
        let amount = self.field(amount, transaction, field, charge.amount);
        let base = self.in_base(label, transaction, amount);
        self.checked(base, label, &charge.base)
    }

    pub(super) fn costs_of_trades(&mut self, position: &Position, which: TradeCost) -> usize {
        let (field, figure, booked) = match which {
            TradeCost::Fees => (Field::Fee, "Fee", &position.trade_fees),
            TradeCost::Taxes => (Field::Tax, "Tax", &position.trade_taxes),
        };
        let base = self.base();
        let mut parts = Vec::new();
        for transaction in self.places.bookings(&position.symbol).iter().copied() {
            let (fee, tax) = match &transaction.booking {
                Booking::Buy(trade)
                | Booking::Sell { trade, .. }
                | Booking::Reinvestment { purchase: trade, .. } => (trade.fee, trade.tax),
                // What the arrival from another own account cost is a charge of its own.
                Booking::TransferIn { fee, .. }
                    if position.transfers.iter().any(|moved| moved.transaction == transaction.id) =>
                {
                    (*fee, Decimal::ZERO)
                }
                _ => continue,
            };
            let amount = if which == TradeCost::Fees { fee } else { tax };
            if !amount.is_zero() {
                let amount = self.field(money(transaction.currency, figure, ""), transaction, field, amount);
                parts.push(self.in_base(money(base, figure, "amount x exchange rate"), transaction, amount));
            }
        }
        let figure = if which == TradeCost::Fees { "Fees of trades" } else { "Taxes of trades" };
        let label = money(base, figure, "sum over the trades");
        self.with_subject(Some(About::Instrument(position.symbol.clone())), |record| {
            let sum = record.computed(label, Operation::Sum, parts);
            record.checked(sum, label, booked)
        })
    }

    /// Money that went into a position, negative where it came out.
    pub(super) fn flow_of(&mut self, position: &Position, flow: &PositionFlow) -> usize {
        let base = self.base();
        let label = money(base, "Flow", "money in, or out as a negative number");
        let explained = match (flow.kind, flow.transaction.and_then(|id| self.by_id.get(&id).copied())) {
            (PositionFlowKind::Purchase | PositionFlowKind::Sale, Some(transaction)) => {
                match &transaction.booking {
                    Booking::Buy(trade) | Booking::Reinvestment { purchase: trade, .. } => {
                        let paid = self.settled(transaction, trade, false);
                        Some(self.in_base(
                            money(base, "Paid in base", "paid x exchange rate"),
                            transaction,
                            paid,
                        ))
                    }
                    Booking::Sell { trade, .. } => {
                        let received = self.settled(transaction, trade, true);
                        let label = money(base, "Received in base", "received x exchange rate");
                        let received = self.in_base(label, transaction, received);
                        Some(self.computed(turned(base), Operation::Negation, vec![received]))
                    }
                    _ => self.event_sale_flow(position, transaction),
                }
            }
            (PositionFlowKind::Dividend, _) => self.dividend_flow(position, flow),
            (PositionFlowKind::Fee, Some(transaction)) => {
                let charge = position.charges.iter().find(|charge| charge.transaction == transaction.id);
                charge.map(|charge| self.charged(charge))
            }
            (PositionFlowKind::TransferIn | PositionFlowKind::TransferOut, Some(transaction)) => {
                self.transfer_flow(position, transaction)
            }
            _ => None,
        };
        match explained {
            Some(node) => self.checked(node, label, &flow.amount),
            None => self.given(label, flow.amount.clone().map(super::Number::Exact), Source::Ledger),
        }
    }

    /// What transferred shares were worth, and what their transfer cost.
    fn transfer_flow(&mut self, position: &Position, transaction: &Transaction) -> Option<usize> {
        let worth = self.market_value_of(position, transaction)?;
        let (Booking::TransferIn { fee, .. }, base) = (&transaction.booking, self.base()) else {
            return Some(worth);
        };
        if fee.is_zero() {
            return Some(worth);
        }
        let fee = self.field(money(transaction.currency, "Fee", ""), transaction, Field::Fee, *fee);
        let fee = self.in_base(money(base, "Fee in base", "fee x exchange rate"), transaction, fee);
        let label = money(base, "Transferred", "market value + fee");
        Some(self.computed(label, Operation::Sum, vec![worth, fee]))
    }

    fn dividend_flow(&mut self, position: &Position, flow: &PositionFlow) -> Option<usize> {
        let base = self.base();
        let of_day = position.income.partition_point(|paid| paid.date < flow.date);
        let paid =
            position.income.iter().skip(of_day).take_while(|paid| paid.date == flow.date).find(|paid| {
                paid.kind == IncomeKind::Dividend
                    && paid.transaction == flow.transaction
                    && paid.net_in_base().map(|net| -net) == flow.amount
            })?;
        let net = self.net_income(paid);
        let rate = super::Calculation::income_rate(self, paid);
        let label = money(base, "Net income in base", "net income x exchange rate");
        let net = self.computed(label, Operation::Product, vec![net, rate]);
        Some(self.computed(turned(base), Operation::Negation, vec![net]))
    }

    /// What transferred shares were worth on their day; out as a negative number.
    pub(super) fn market_value_of(
        &mut self,
        position: &Position,
        transaction: &Transaction,
    ) -> Option<usize> {
        let (base, day) = (self.base(), transaction.date);
        let moved = position.transfers.iter().find(|moved| moved.transaction == transaction.id)?;
        let quantity = match &transaction.booking {
            Booking::TransferIn { quantity, .. } | Booking::TransferOut { quantity, .. } => quantity.get(),
            _ => return self.event_worth(position, transaction),
        };
        let price = self.price_of(position, day, &moved.price);
        let rate = self.rate_on((position.currency, base), day);
        let label = Label::new("Quantity", "", Unit::Shares);
        let quantity = self.field(label, transaction, Field::Quantity, quantity);
        let local = money(position.currency, "Market value at the listing", "quantity x price");
        let local = self.computed(local, Operation::Product, vec![quantity, price]);
        let worth = money(base, "Market value transferred", "quantity x price x exchange rate");
        let worth = self.computed(worth, Operation::Product, vec![local, rate]);
        Some(if moved.arrives {
            worth
        } else {
            self.computed(turned(base), Operation::Negation, vec![worth])
        })
    }
}
