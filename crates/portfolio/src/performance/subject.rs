//! What a figure is about: a portfolio, its holdings, several portfolios, a holding or a lot.

use std::borrow::Cow;

use bellwether_domain::{CostMethod, Currency, Symbol, TransactionId};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::own_transfers;
use crate::books::{ChargeKind, ExternalFlow, ExternalKind, Position, PositionFlow, PositionFlowKind};
use crate::figure::total;
use crate::{Books, Figure, Period, Reason};

/// What a figure is about: where its border runs decides what is a flow.
///
/// The books may be of a later day than the periods that are asked for: what is dated after a period's end is not
/// read.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    base: Currency,
    /// The first and the last of the days up to which the books were read.
    as_of: NaiveDate,
    latest: NaiveDate,
    members: Vec<Member<'a>>,
    cash: Vec<&'a Books>,
    flows: Vec<SubjectFlow>,
    is_before_tax: bool,
}

/// A position of the subject, with its portfolio and how its cost is found.
#[derive(Debug, Clone)]
pub(crate) struct Member<'a> {
    pub(crate) position: Cow<'a, Position>,
    pub(super) books: &'a Books,
    pub(super) method: CostMethod,
}

/// A tax of a subject, whatever it was taken from.
struct Tax {
    date: NaiveDate,
    symbol: Option<Symbol>,
    transaction: Option<TransactionId>,
    amount: Figure<Decimal>,
}

/// Why something crossed a subject's border.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectFlowKind {
    /// Across the border of a portfolio with its cash.
    Portfolio(ExternalKind),
    /// Between a holding and the cash around it, or the world.
    Holding(PositionFlowKind),
    /// A tax that counts as taken out by the investor, because the figures are those before tax.
    Tax,
}

/// Money or shares that came into a subject (positive) or left it (negative).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectFlow {
    /// The day.
    pub date: NaiveDate,
    /// Why.
    pub kind: SubjectFlowKind,
    /// The instrument, if one caused it.
    pub symbol: Option<Symbol>,
    /// The transaction; `None` for what is inferred.
    pub transaction: Option<TransactionId>,
    /// In the base currency, at the rate of its booking.
    pub amount: Figure<Decimal>,
    /// The fees and taxes in it, in the base currency.
    pub costs: Figure<Decimal>,
}

impl<'a> Subject<'a> {
    /// A portfolio with its cash: deposits, withdrawals and transfers of shares are its flows.
    pub fn portfolio(books: &'a Books) -> Self {
        let mut subject = Self::empty(books);
        subject.add_portfolio(books);
        subject
    }

    /// A portfolio's holdings without its cash: purchases are flows in, sales and dividends flows out.
    pub fn holdings(books: &'a Books) -> Self {
        let mut subject = Self::empty(books);
        subject.add_holdings(books);
        subject.in_order()
    }

    /// Several portfolios with their cash as one. What one of them sends to another on the same day, the same shares
    /// or the same amount, does not cross the border of the whole.
    ///
    /// # Errors
    /// [`Reason::MixedCurrencies`] for portfolios of different base currencies, [`Reason::NotHeld`] for none.
    pub fn portfolios(set: &[&'a Books]) -> Figure<Self> {
        let mut subject = Self::over(set)?;
        for books in set {
            subject.add_portfolio(books);
        }
        own_transfers::between_portfolios(set, &mut subject.flows);
        Ok(subject.in_order())
    }

    /// The holdings of several portfolios without their cash.
    ///
    /// # Errors
    /// As [`Subject::portfolios`].
    pub fn holdings_of(set: &[&'a Books]) -> Figure<Self> {
        let mut subject = Self::over(set)?;
        for books in set {
            subject.add_holdings(books);
        }
        own_transfers::between_holdings(set, &mut subject.flows);
        Ok(subject.in_order())
    }

    /// One instrument in one or several portfolios.
    ///
    /// # Errors
    /// [`Reason::NotHeld`] when none of them ever held it, [`Reason::MixedCurrencies`].
    pub fn holding(set: &[&'a Books], symbol: &Symbol) -> Figure<Self> {
        let mut subject = Self::over(set)?;
        for books in set {
            if let Some(position) = books.position(symbol) {
                subject.add_position(books, Cow::Borrowed(position), books.options().method);
            }
        }
        if subject.members.is_empty() {
            return Err(Reason::NotHeld);
        }
        own_transfers::between_holdings(set, &mut subject.flows);
        Ok(subject.in_order())
    }

    /// One purchase, reinvestment or transfer: what is left of it and what its sold parts brought. Of each dividend
    /// it has the share of its units on the day before the ex-date.
    ///
    /// # Errors
    /// [`Reason::NotHeld`] when the transaction opened no lot.
    pub fn lot(books: &'a Books, opened_by: TransactionId) -> Figure<Self> {
        let lots = books
            .positions()
            .iter()
            .filter_map(|position| position.of_lot(opened_by, books.options().method));
        let lots = lots.collect::<Figure<Vec<_>>>()?;
        if lots.is_empty() {
            return Err(Reason::NotHeld);
        }
        let mut subject = Self::empty(books);
        // The lots decide what they cost, whatever the method of the rest.
        for lot in lots {
            subject.add_position(books, Cow::Owned(lot), CostMethod::Fifo);
        }
        Ok(subject.in_order())
    }

    /// The same before tax: all its taxes count as taken out by the investor on the day they were paid.
    #[must_use]
    pub fn before_tax(mut self) -> Self {
        if !self.is_before_tax {
            self.flows.extend(self.taxes().into_iter().map(SubjectFlow::of_tax));
            self.is_before_tax = true;
        }
        self.in_order()
    }

    /// The currency of its money.
    pub fn base(&self) -> Currency {
        self.base
    }

    /// The last day that is known.
    pub fn as_of(&self) -> NaiveDate {
        self.as_of
    }

    /// The last day that any of its books may tell of.
    pub(super) fn latest(&self) -> NaiveDate {
        self.latest
    }

    /// What crossed its border, oldest first.
    pub fn flows(&self) -> &[SubjectFlow] {
        &self.flows
    }

    /// What crossed its border in a period, oldest first.
    pub fn flows_within(&self, period: Period) -> &[SubjectFlow] {
        let start = self.flows.partition_point(|flow| flow.date <= period.from);
        let end = self.flows.partition_point(|flow| flow.date <= period.to);
        self.flows.get(start..end).unwrap_or_default()
    }

    pub(super) fn is_before_tax(&self) -> bool {
        self.is_before_tax
    }

    pub(crate) fn members(&self) -> &[Member<'a>] {
        &self.members
    }

    /// The portfolios whose cash belongs to it.
    pub(crate) fn cash(&self) -> &[&'a Books] {
        &self.cash
    }

    /// The first day on which there was something.
    pub(crate) fn first_day(&self) -> Option<NaiveDate> {
        let held = self.members.iter().filter_map(|member| Some(member.position.changes.first()?.date));
        let cash = self.cash.iter().filter_map(|books| Some(books.cash().entries.first()?.date));
        held.chain(cash).chain(self.flows.first().map(|flow| flow.date)).min()
    }

    fn empty(books: &Books) -> Self {
        let (base, as_of) = (books.options().base, books.as_of());
        let (members, cash, flows) = (Vec::new(), Vec::new(), Vec::new());
        Self { base, as_of, latest: as_of, members, cash, flows, is_before_tax: false }
    }

    fn over(set: &[&Books]) -> Figure<Self> {
        let mut subject = Self::empty(set.first().ok_or(Reason::NotHeld)?);
        for books in set {
            if books.options().base != subject.base {
                return Err(Reason::MixedCurrencies);
            }
            subject.as_of = subject.as_of.min(books.as_of());
            subject.latest = subject.latest.max(books.as_of());
        }
        Ok(subject)
    }

    fn add_portfolio(&mut self, books: &'a Books) {
        let method = books.options().method;
        let positions = books.positions().iter().map(Cow::Borrowed);
        self.members.extend(positions.map(|position| Member { position, books, method }));
        self.cash.push(books);
        self.flows.extend(books.external_flows().iter().map(SubjectFlow::of_portfolio));
    }

    fn add_holdings(&mut self, books: &'a Books) {
        for position in books.positions() {
            self.add_position(books, Cow::Borrowed(position), books.options().method);
        }
    }

    fn add_position(&mut self, books: &'a Books, position: Cow<'a, Position>, method: CostMethod) {
        let symbol = position.symbol.clone();
        self.flows.extend(position.flows.iter().map(|flow| SubjectFlow::of_holding(flow, &symbol)));
        self.members.push(Member { position, books, method });
    }

    fn taxes(&self) -> Vec<Tax> {
        let of_holdings = self.members.iter().flat_map(|member| {
            member.position.flows.iter().map(|flow| Tax {
                date: flow.date,
                symbol: Some(member.position.symbol.clone()),
                transaction: flow.transaction,
                amount: flow.tax.clone(),
            })
        });
        let of_interest = self.cash.iter().flat_map(|books| books.interest()).map(|interest| Tax {
            date: interest.date,
            symbol: None,
            transaction: interest.transaction,
            amount: interest.in_base(interest.tax),
        });
        let unnamed = self.cash.iter().flat_map(|books| books.charges());
        let separate = unnamed.filter(|charge| charge.kind == ChargeKind::Tax).map(|charge| Tax {
            date: charge.date,
            symbol: None,
            transaction: Some(charge.transaction),
            amount: charge.base.clone(),
        });
        of_holdings.chain(of_interest).chain(separate).filter(|tax| tax.amount != Ok(Decimal::ZERO)).collect()
    }

    fn in_order(mut self) -> Self {
        self.flows.sort_by_key(|flow| flow.date);
        self
    }
}

impl SubjectFlow {
    fn of_portfolio(flow: &ExternalFlow) -> Self {
        let kind = SubjectFlowKind::Portfolio(flow.kind);
        let (date, transaction, amount) = (flow.date, flow.transaction, flow.amount.clone());
        Self { date, kind, symbol: None, transaction, amount, costs: Ok(Decimal::ZERO) }
    }

    fn of_holding(flow: &PositionFlow, symbol: &Symbol) -> Self {
        let kind = SubjectFlowKind::Holding(flow.kind);
        let (date, transaction, amount) = (flow.date, flow.transaction, flow.amount.clone());
        let costs = total([&flow.fee, &flow.tax]);
        Self { date, kind, symbol: Some(symbol.clone()), transaction, amount, costs }
    }

    fn of_tax(tax: Tax) -> Self {
        let Tax { date, symbol, transaction, amount } = tax;
        let amount = amount.map(|amount| -amount);
        Self { date, kind: SubjectFlowKind::Tax, symbol, transaction, amount, costs: Ok(Decimal::ZERO) }
    }
}
