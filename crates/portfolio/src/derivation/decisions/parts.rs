//! What decisions are made of: pieces of a purchase, payments for each share, and what money became in a benchmark.

use std::rc::Rc;

use bellwether_domain::{Booking, TransactionId, epoch_day, from_epoch_day};
use chrono::NaiveDate;

use super::super::calculation::money;
use super::super::costs::Wanted;
use super::super::figure_name::{PurchaseFigure, SaleEffectFigure};
use super::super::record::Record;
use super::super::{About, Content, Field, Label, Number, Operation, Side, Source, Unit};
use super::{Weighed, labels};
use crate::books::Cost;
use crate::decisions::purchases::{self, Exchange, Piece};
use crate::decisions::sales;
use crate::decisions::units::{Payment, PerShare, Units, between};
use crate::market::splits;
use crate::report::figures::net_payment;
use crate::{Benchmark, Figure, Lot, PurchaseEffect, Reason, Sale, SaleEffect};

/// The days that shares were held, in the units of the books' day.
struct Stay {
    shares: usize,
    came: NaiveDate,
    left: Option<NaiveDate>,
}

impl Record<'_> {
    /// What the pieces of a purchase are worth, brought or were paid.
    pub(super) fn of_pieces(
        &mut self,
        weighed: &Weighed<'_>,
        transaction: TransactionId,
        figure: PurchaseFigure,
    ) -> Vec<usize> {
        let mut parts = Vec::new();
        each_piece(weighed, transaction, |units, piece| match figure {
            PurchaseFigure::Value if piece.left.is_none() => {
                let shares = self.piece_shares(units, piece);
                let label = money(self.base(), "Market value", "quantity x price x exchange rate");
                parts.push(self.worth_of(label, units, shares));
            }
            PurchaseFigure::Proceeds => parts.extend(self.piece_proceeds(units, piece)),
            PurchaseFigure::Dividends => parts.extend(self.piece_dividends(units, piece, None)),
            _ => {}
        });
        parts
    }

    /// A purchase against its cost in the benchmark.
    pub(super) fn purchase_against(&mut self, weighed: &Weighed<'_>, of: &PurchaseEffect) -> Figure<usize> {
        let base = self.base();
        let (label, benchmark) = (labels::against(base), weighed.benchmark().ok_or(Reason::NotHeld)?);
        let known = of.against.first().cloned().unwrap_or(Err(Reason::NotHeld))?;
        let value = self.purchase_node(weighed, of, PurchaseFigure::Value);
        let cost = self.purchase_node(weighed, of, PurchaseFigure::Cost);
        let about = About::Transaction { id: of.transaction, date: of.date };
        let node = self.with_subject(Some(about), |record| {
            let invested = record.invested_in(benchmark, cost, of.date).into_iter().collect();
            let mut taken_out = Vec::new();
            each_piece(weighed, of.transaction, |units, piece| {
                if let (Some(proceeds), Some(left)) = (record.piece_proceeds(units, piece), piece.left) {
                    taken_out.extend(record.invested_in(benchmark, proceeds, left));
                }
                taken_out.extend(record.piece_dividends(units, piece, Some(benchmark)));
            });
            let became = money(base, "What the cost became in the benchmark", "cost x growth");
            let became = record.computed(became, Operation::FloatSum, invested);
            let out = money(base, "What was taken out became", "proceeds and dividends x growth");
            let out = record.computed(out, Operation::FloatSum, taken_out);
            let same =
                money(base, "The same money in the benchmark", "what the cost became - what was taken out");
            let same = record.computed(same, Operation::FloatDifference, vec![became, out]);
            record.computed(label, Operation::FloatDifference, vec![value, same])
        });
        Ok(self.checked_float(node, label, &Ok(known)))
    }

    /// The proceeds of a sale in the benchmark, against the shares.
    pub(super) fn sale_against(&mut self, weighed: &Weighed<'_>, of: &SaleEffect) -> Figure<usize> {
        let base = self.base();
        let (label, benchmark) = (labels::against(base), weighed.benchmark().ok_or(Reason::NotHeld)?);
        let known = of.against.first().cloned().unwrap_or(Err(Reason::NotHeld))?;
        let (units, sale) = weighed.sold(of).ok_or(Reason::NotHeld)?;
        let kept = self.sale_node(weighed, of, SaleEffectFigure::KeptValue);
        let about = About::Transaction { id: of.transaction, date: of.date };
        let node = self.with_subject(Some(about), |record| {
            let proceeds = record.proceeds_of(&sale.proceeds);
            let invested = record.invested_in(benchmark, proceeds, sale.date).into_iter().collect();
            let became = money(base, "What the proceeds became in the benchmark", "proceeds x growth");
            let mut became = record.computed(became, Operation::FloatSum, invested);
            let shares = record.sold_shares(units, sale);
            if let Some(missed) = record.missed(units, sale, shares, Some(benchmark)) {
                let left = money(
                    base,
                    "Less the dividends missed",
                    "what the proceeds became - what those would be",
                );
                became = record.computed(left, Operation::FloatDifference, vec![became, missed]);
            }
            record.computed(label, Operation::FloatDifference, vec![became, kept])
        });
        Ok(self.checked_float(node, label, &Ok(known)))
    }

    /// Shares of the books' day at its price.
    pub(super) fn worth_of(&mut self, label: Label, units: &Units<'_>, shares: usize) -> usize {
        let (position, as_of) = (units.position, units.as_of());
        if self.is_zero(shares) {
            return shares;
        }
        let price = position.price_on(self.market.instrument(&position.symbol), as_of);
        let price = self.price_of(position, as_of, &price);
        let local = money(position.currency, "Market value at the listing", "quantity x price");
        let local = self.computed(local, Operation::Product, vec![shares, price]);
        let rate = self.rate_on((position.currency, self.base()), as_of);
        self.computed(label, Operation::Product, vec![local, rate])
    }

    pub(super) fn cost_of_lot(&mut self, lot: &Lot) -> usize {
        let label = money(self.base(), "Cost of the lot", "");
        self.cost_of(&lot.cost, Wanted { label, side: Side::Base, content: Content::Whole })
    }

    pub(super) fn proceeds_of(&mut self, proceeds: &Cost) -> usize {
        let label = money(self.base(), "Proceeds", "");
        self.cost_of(proceeds, Wanted { label, side: Side::Base, content: Content::Whole })
    }

    /// What was sold, in the units of the books' day.
    pub(super) fn sold_shares(&mut self, units: &Units<'_>, sale: &Sale) -> usize {
        let label = Label::new("Shares sold", "", Unit::Shares);
        let booked = self.by_id.get(&sale.transaction).copied();
        let shares = match booked.map(|booked| (booked, &booked.booking)) {
            Some((booked, Booking::Sell { trade, .. })) if trade.quantity.get() == sale.quantity => {
                self.field(label, booked, Field::Quantity, sale.quantity)
            }
            _ => self.exactly(label, sale.quantity, Source::Ledger),
        };
        let since = splits::between(&units.position.splits, sale.date, units.as_of());
        self.shares_after(shares, &units.position.symbol, since)
    }

    /// The dividends since a sale, or what those would have become in a benchmark.
    pub(super) fn missed(
        &mut self,
        units: &Units<'_>,
        sale: &Sale,
        shares: usize,
        benchmark: Option<&Benchmark>,
    ) -> Option<usize> {
        let stay = Stay { shares, came: sale.date, left: None };
        self.paid_for(units, &sales::dividends(units), &stay, benchmark)
    }

    fn piece_shares(&mut self, units: &Units<'_>, piece: &Piece<'_>) -> usize {
        let label = Label::new("Shares of the purchase", "", Unit::Shares);
        let shares = self.exactly(label, piece.quantity, Source::Ledger);
        let Some(left) = piece.left else { return shares };
        let since = splits::between(&units.position.splits, left, units.as_of());
        self.shares_after(shares, &units.position.symbol, since)
    }

    fn piece_proceeds(&mut self, units: &Units<'_>, piece: &Piece<'_>) -> Option<usize> {
        match &piece.for_what {
            Exchange::Nothing => None,
            Exchange::Proceeds(proceeds) => Some(self.proceeds_of(proceeds)),
            Exchange::Worth { of_all, shares } => {
                let flow = self.flow_of(units.position, of_all);
                let worth =
                    money(self.base(), "Worth of what was transferred out", "flow as a positive number");
                let worth = self.computed(worth, Operation::Negation, vec![flow]);
                let count = |figure| Label::new(figure, "", Unit::Shares);
                let part = self.exactly(count("Shares of the purchase"), piece.quantity, Source::Ledger);
                let shares = shares.clone().map(Number::Exact);
                let whole = self.given(count("Shares transferred out"), shares, Source::Ledger);
                let label = money(self.base(), "Worth of its shares", "worth x its shares / shares");
                Some(self.computed(label, Operation::Share, vec![worth, part, whole]))
            }
        }
    }

    fn piece_dividends(
        &mut self,
        units: &Units<'_>,
        piece: &Piece<'_>,
        benchmark: Option<&Benchmark>,
    ) -> Option<usize> {
        let stay = Stay { shares: self.piece_shares(units, piece), came: piece.came, left: piece.left };
        self.paid_for(units, &purchases::dividends(units), &stay, benchmark)
    }

    /// What shares were paid while they were held, or what that became in a benchmark; nothing where nothing was paid.
    fn paid_for(
        &mut self,
        units: &Units<'_>,
        payments: &[PerShare<'_>],
        stay: &Stay,
        benchmark: Option<&Benchmark>,
    ) -> Option<usize> {
        let ex_dates: Vec<_> = payments.iter().map(|payment| payment.ex_date).collect();
        let range = between(&ex_dates, stay.came, stay.left);
        if range.is_empty() {
            return None;
        }
        let (base, first) = (self.base(), range.start);
        let mut parts = self.payments_per_share(units, payments)[..range.end].to_vec();
        let mut sums = [Operation::Sum, Operation::SumSince { first }];
        let (mut each, mut product) = ("Dividends per share", Operation::Product);
        if let Some(benchmark) = benchmark {
            for (part, payment) in parts.iter_mut().zip(payments) {
                let growth = self.growth_since(benchmark, payment.paid);
                let label = Label::new("What the dividend became", "dividend x growth", Unit::PerShare(base));
                *part = self.computed(label, Operation::FloatProduct, vec![*part, growth]);
            }
            sums = [Operation::FloatSum, Operation::FloatSumSince { first }];
            (each, product) = ("What the dividends per share became", Operation::FloatProduct);
        }
        let [sum, since] = sums;
        let label = Label::new(each, "all up to then - those before", Unit::PerShare(base));
        let mut paid = self.computed(label, since, parts.clone());
        let direct = self.computed(Label { formula: "sum while held", ..label }, sum, parts.split_off(first));
        if self.value(direct) == self.value(paid) {
            paid = direct;
        }
        let label = money(base, "Dividends of the shares", "shares x dividends per share");
        Some(self.computed(label, product, vec![stay.shares, paid]))
    }

    /// Payments for one share of the books' day, in the base currency.
    fn payments_per_share(&mut self, units: &Units<'_>, payments: &[PerShare<'_>]) -> Rc<[usize]> {
        let is_missed = matches!(payments.first(), Some(PerShare { of: Payment::Missed(_), .. }));
        let place = (std::ptr::from_ref(units.position), is_missed);
        if let Some(known) = self.payments.get(&place) {
            return Rc::clone(known);
        }
        let nodes: Rc<[usize]> = payments.iter().map(|payment| self.payment(units, payment)).collect();
        self.payments.insert(place, Rc::clone(&nodes));
        nodes
    }

    fn payment(&mut self, units: &Units<'_>, payment: &PerShare<'_>) -> usize {
        let (position, base, ex_date) = (units.position, self.base(), payment.ex_date);
        let since = splits::between(&position.splits, ex_date, units.as_of());
        let label = Label::new("Dividend per share", "", Unit::PerShare(base));
        let about = Some(About::Instrument(position.symbol.clone()));
        self.with_subject(about, |record| match payment.of {
            Payment::Received(income) => {
                let net = net_payment(record, income, base);
                let held = record.held_before(Some(position), ex_date, position.quantity_before(ex_date));
                let held = record.shares_after(held, &position.symbol, since);
                let label = Label { formula: "net income / shares held before the ex-date", ..label };
                record.computed(label, Operation::Quotient, vec![net, held])
            }
            Payment::Missed(dividend) => {
                let listing = record.market.instrument(&position.symbol).map(crate::InstrumentData::currency);
                let currency = dividend.currency.or(listing).unwrap_or(position.currency);
                let paid = Label::new("Dividend", "", Unit::PerShare(currency));
                let source = Source::Dividend { symbol: position.symbol.clone(), ex_date };
                let amount = record.exactly(paid, dividend.amount, source);
                let amount = record.carried(paid, amount, &position.symbol, since);
                let rate = record.rate_on((currency, base), ex_date);
                let label = Label { formula: "dividend x exchange rate of the ex-date", ..label };
                record.computed(label, Operation::Product, vec![amount, rate])
            }
        })
    }

    /// What an amount of a day has become in a benchmark; nothing comes of nothing.
    fn invested_in(&mut self, benchmark: &Benchmark, amount: usize, day: NaiveDate) -> Option<usize> {
        if self.is_zero(amount) {
            return None;
        }
        let growth = self.growth_since(benchmark, day);
        let label = money(self.base(), "What it became in the benchmark", "amount x growth");
        Some(self.computed(label, Operation::FloatProduct, vec![amount, growth]))
    }

    /// Growth of money that was put into a benchmark on a day: from the close that it bought at.
    fn growth_since(&mut self, benchmark: &Benchmark, day: NaiveDate) -> usize {
        let as_of = self.books.as_of();
        let label =
            Label::new("Growth of the benchmark", "worth of a unit / worth when bought", Unit::Number);
        let about = Some(About::Instrument(benchmark.symbol().clone()));
        self.with_subject(about, |record| {
            if let Err(reason) = benchmark.growth_of(day, as_of) {
                return record.given(label, Err(reason), Source::Unknown);
            }
            let bought = benchmark.buying_day(epoch_day(day)).map(from_epoch_day);
            let Some(bought) = bought.filter(|bought| *bought <= as_of) else {
                return record.one("Growth of money still waiting");
            };
            let operands = [as_of, bought].map(|day| record.unit_worth(benchmark, day));
            record.computed(label, Operation::FloatQuotient, operands.to_vec())
        })
    }

    fn is_zero(&self, node: usize) -> bool {
        matches!(self.value(node), Ok(Number::Exact(amount)) if amount.is_zero())
    }
}

/// The pieces of a purchase, in the order in which they are added up.
fn each_piece(
    weighed: &Weighed<'_>,
    transaction: TransactionId,
    mut take: impl FnMut(&Units<'_>, &Piece<'_>),
) {
    for portfolio in &weighed.portfolios {
        let arrivals = purchases::arrivals(portfolio);
        for units in portfolio {
            let pieces = purchases::pieces(units, &arrivals);
            for piece in pieces.filter(|piece| piece.opened_by == transaction) {
                take(units, &piece);
            }
        }
    }
}
