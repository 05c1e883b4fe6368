//! A calculation that remembers how each figure came about.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use bellwether_domain::{Currency, Symbol, Transaction, TransactionId};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::calculation::{
    Calculation, Content, DayValues, IncomePart, Label, Side, TradeCost, fraction, money,
};
use super::costs::Wanted;
use super::operation::{Made, Operand};
use super::places::Places;
use super::shares::Counted;
use super::{About, Column, Derivation, Node, Number, Operation, Source, Unit, Working};
use crate::books::{
    Charge, CostOrigin, ExternalFlow, HoldingPrice, Income, Lot, PositionFlow, TickerChanges,
};
use crate::{Books, CashBalance, Cost, CustomIndex, DailySeries, Figure, Market, Position, RateOn, Reason};

/// Records figures as nodes; a figure is the place of its node.
pub(super) struct Record<'a> {
    pub(super) market: &'a Market,
    pub(super) books: &'a Books,
    /// Benchmarks of one's own.
    pub(super) indices: &'a [CustomIndex],
    /// The transactions up to the books' day.
    pub(super) by_id: HashMap<TransactionId, &'a Transaction>,
    pub(super) places: Places<'a>,
    /// Shares that have been counted already, by instrument.
    pub(super) counted: HashMap<&'a Symbol, Counted>,
    nodes: Vec<Node>,
    /// The nodes that are series.
    series: HashMap<usize, DailySeries>,
    subject: Option<About>,
    /// Movements of cash that are nodes already, by their place in the cash book.
    pub(super) movements: HashMap<usize, usize>,
    /// What trades settled for, where that is a node already.
    pub(super) trades: HashMap<TransactionId, usize>,
    /// Payments for each share of a position that are nodes already: received, or missed.
    pub(super) payments: HashMap<(*const Position, bool), Rc<[usize]>>,
    /// Costs that are nodes already.
    pub(super) costs: HashMap<(*const CostOrigin, Side, Content), usize>,
    /// What those are found by: as long as it is here, nothing else has its place in memory.
    pub(super) origins: Vec<Arc<CostOrigin>>,
    names: TickerChanges<'a>,
}

impl<'a> Record<'a> {
    pub(super) fn new(
        transactions: &'a [Transaction],
        market: &'a Market,
        books: &'a Books,
        indices: &'a [CustomIndex],
    ) -> Self {
        let mut ordered: Vec<_> =
            transactions.iter().filter(|booking| booking.date <= books.as_of()).collect();
        ordered.sort_by_key(|booking| (booking.date, booking.sequence, booking.id));
        let by_id = ordered.iter().map(|booking| (booking.id, *booking)).collect();
        let names = TickerChanges::new(transactions);
        Self {
            market,
            books,
            indices,
            by_id,
            places: Places::new(&ordered, &names, books),
            counted: HashMap::new(),
            nodes: Vec::new(),
            series: HashMap::new(),
            subject: None,
            movements: HashMap::new(),
            trades: HashMap::new(),
            payments: HashMap::new(),
            costs: HashMap::new(),
            origins: Vec::new(),
            names,
        }
    }

    pub(super) fn finished(self, root: usize) -> Derivation {
        Derivation::of(&self.nodes, root)
    }

    /// The symbol that an instrument of a day has in the end.
    pub(super) fn last_name(&self, symbol: &'a Symbol, on: NaiveDate) -> &'a Symbol {
        self.names.last_name(symbol, on)
    }

    pub(super) fn base(&self) -> Currency {
        self.books.options().base
    }

    /// What a node has found so far to be its subject, for figures that are made in between.
    pub(super) fn with_subject<T>(&mut self, subject: Option<About>, make: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.subject, subject);
        let made = make(self);
        self.subject = before;
        made
    }

    pub(super) fn given(&mut self, label: Label, value: Figure<Number>, source: Source) -> usize {
        let series = source.series();
        self.push(label, Made { value, series }, Working::Given(source))
    }

    /// A daily series as it is.
    pub(super) fn series(&mut self, label: Label, column: Column, of: &DailySeries) -> usize {
        let value = of.last().map(Number::Float).ok_or(Reason::TooShort);
        let source = Source::Series { column, from: of.first_day, numbers: of.values.clone() };
        self.given(label, value, source)
    }

    pub(super) fn exactly(&mut self, label: Label, value: Decimal, source: Source) -> usize {
        self.given(label, Ok(Number::Exact(value)), source)
    }

    pub(super) fn computed(&mut self, label: Label, operation: Operation, operands: Vec<usize>) -> usize {
        let known =
            |place: &usize| Operand { value: &self.nodes[*place].value, series: self.series.get(place) };
        let made = operation.apply(&operands.iter().map(known).collect::<Vec<_>>());
        self.push(label, made, Working::Computed { operation, operands })
    }

    /// The node, if its value is the one that the books have; else the books' value as it stands: nothing is explained
    /// by what did not lead to it.
    pub(super) fn checked(&mut self, node: usize, label: Label, booked: &Figure<Decimal>) -> usize {
        self.checked_figure(node, label, booked.clone().map(Number::Exact))
    }

    /// The same for a figure in binary.
    pub(super) fn checked_float(&mut self, node: usize, label: Label, known: &Figure<f64>) -> usize {
        self.checked_figure(node, label, known.clone().map(Number::Float))
    }

    pub(super) fn checked_figure(&mut self, node: usize, label: Label, known: Figure<Number>) -> usize {
        if self.nodes[node].value == known {
            return node;
        }
        let source = if known.is_ok() { Source::Ledger } else { Source::Unknown };
        self.given(label, known, source)
    }

    pub(super) fn value(&self, node: usize) -> &Figure<Number> {
        &self.nodes[node].value
    }

    fn push(&mut self, label: Label, made: Made, working: Working) -> usize {
        if let Some(series) = made.series {
            self.series.insert(self.nodes.len(), series);
        }
        self.nodes.push(Node {
            figure: label.figure.into(),
            of: self.subject.clone(),
            formula: label.formula.into(),
            value: made.value,
            unit: label.unit,
            working,
        });
        self.nodes.len() - 1
    }
}

impl Calculation for Record<'_> {
    type Amount = usize;
    type Real = usize;
    type Rate = usize;

    fn about(&mut self, subject: impl FnOnce() -> Option<About>) {
        self.subject = subject();
    }

    fn constant(&mut self, label: Label, value: Decimal) -> usize {
        self.exactly(label, value, Source::Constant)
    }

    fn unknown(&mut self, label: Label, reason: Reason) -> usize {
        self.given(label, Err(reason), Source::Unknown)
    }

    fn unknown_rate(&mut self, label: Label, reason: Reason) -> usize {
        self.unknown(label, reason)
    }

    fn quantity(&mut self, position: &Position) -> usize {
        let label = Label::new("Quantity", "bought - sold, in units after splits", Unit::Shares);
        self.shares(label, position, self.books.as_of(), position.quantity)
    }

    fn counted(&mut self, label: Label, quantity: Decimal, position: &Position, on: NaiveDate) -> usize {
        self.shares(label, position, on, quantity)
    }

    fn remaining(&mut self, label: Label, lot: &Lot) -> usize {
        self.exactly(label, lot.quantity, Source::Ledger)
    }

    fn price(&mut self, position: &Position, on: NaiveDate, price: &Figure<HoldingPrice>) -> usize {
        self.price_of(position, on, price)
    }

    fn exchange_rate(&mut self, pair: (Currency, Currency), on: NaiveDate, rate: &Figure<RateOn>) -> usize {
        self.rate_of(pair, on, rate)
    }

    fn cost(&mut self, label: Label, cost: &Cost, side: Side) -> usize {
        self.cost_of(cost, Wanted { label, side, content: Content::Whole })
    }

    fn income(&mut self, income: &Income, part: IncomePart) -> usize {
        self.income_part(income, part)
    }

    fn income_rate(&mut self, income: &Income) -> usize {
        let label =
            Label::new("Exchange rate", "", Unit::ExchangeRate { from: income.currency, to: self.base() });
        let rate = match income.transaction.and_then(|id| self.by_id.get(&id).copied()) {
            Some(transaction) => self.booked_rate(transaction),
            None => self.rate_on((income.currency, self.base()), income.date),
        };
        self.checked(rate, label, &income.rate)
    }

    fn charge(&mut self, charge: &Charge) -> usize {
        self.charged(charge)
    }

    fn trade_costs(&mut self, position: &Position, which: TradeCost) -> usize {
        self.costs_of_trades(position, which)
    }

    fn position_flow(&mut self, position: &Position, flow: &PositionFlow) -> usize {
        self.flow_of(position, flow)
    }

    fn external_flow(&mut self, flow: &ExternalFlow) -> usize {
        self.external(flow)
    }

    fn balance(&mut self, cash: &CashBalance) -> usize {
        self.cash_on(cash, self.books.as_of(), cash.balance)
    }

    fn balance_on(&mut self, cash: &CashBalance, day: NaiveDate) -> usize {
        self.cash_on(cash, day, cash.on(day))
    }

    fn booked_balance(&mut self, cash: &CashBalance) -> usize {
        self.cash_as_booked(cash)
    }

    fn sum_of<T>(
        &mut self,
        label: Label,
        things: impl IntoIterator<Item = T>,
        mut part: impl FnMut(&mut Self, T) -> usize,
    ) -> usize {
        let subject = self.subject.clone();
        let parts = things.into_iter().map(|thing| part(self, thing)).collect();
        self.subject = subject;
        self.computed(label, Operation::Sum, parts)
    }

    fn difference(&mut self, label: Label, left: &usize, right: &usize) -> usize {
        self.computed(label, Operation::Difference, vec![*left, *right])
    }

    fn product(&mut self, label: Label, left: &usize, right: &usize) -> usize {
        self.computed(label, Operation::Product, vec![*left, *right])
    }

    fn quotient(&mut self, label: Label, part: &usize, whole: &usize) -> usize {
        self.computed(label, Operation::Quotient, vec![*part, *whole])
    }

    fn negated(&mut self, label: Label, amount: &usize) -> usize {
        self.computed(label, Operation::Negation, vec![*amount])
    }

    fn ratio(&mut self, label: Label, part: &usize, whole: &usize) -> usize {
        self.computed(label, Operation::Ratio, vec![*part, *whole])
    }

    fn day_return(&mut self, label: Label, day: &DayValues<usize>) -> usize {
        self.computed(label, Operation::DayReturn, vec![day.before, day.held, day.value, day.flow])
    }

    fn money_weighted<T>(
        &mut self,
        flows: impl IntoIterator<Item = (NaiveDate, T)>,
        mut flow: impl FnMut(&mut Self, T) -> usize,
        (as_of, value): (NaiveDate, &usize),
    ) -> usize {
        let subject = self.subject.clone();
        let (mut dates, mut operands) = (Vec::new(), Vec::new());
        for (date, of) in flows {
            dates.push(date);
            operands.push(flow(self, of));
        }
        self.subject = subject;
        dates.push(as_of);
        operands.push(*value);
        let label =
            fraction("XIRR", "the yearly rate at which all payments and the closing value cancel out");
        self.computed(label, Operation::MoneyWeighted { dates }, operands)
    }
}

/// The label of an amount that is only turned round.
pub(super) fn turned(currency: Currency) -> Label {
    money(currency, "Money out", "as a negative number")
}
