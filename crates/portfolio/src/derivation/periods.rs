//! Values of past days, and the gain and returns of a period.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::calculation::{fraction, money};
use super::figure_name::PeriodFigure;
use super::record::Record;
use super::risk::linked;
use super::{About, Calculation, Label, Number, Operation, Source, Unit};
use crate::books::{ExternalFlow, ExternalKind, PositionFlow, PositionFlowKind};
use crate::{CashBalance, Figure, Performance, Period, Position, Subject, performance};

impl Record<'_> {
    /// Market value of a holding at the close of a day.
    pub(super) fn holding_value_on(&mut self, position: &Position, day: NaiveDate) -> usize {
        let base = self.base();
        let label = money(base, "Market value", "quantity x price x exchange rate");
        self.with_subject(Some(About::Instrument(position.symbol.clone())), |record| {
            let quantity = position.quantity_on(day);
            if quantity.is_zero() {
                return record.constant(label, Decimal::ZERO);
            }
            let shares = Label::new("Quantity", "bought - sold, in units of the day", Unit::Shares);
            let shares = record.shares(shares, position, day, quantity);
            let price = position.price_on(record.market.instrument(&position.symbol), day);
            let price = record.price_of(position, day, &price);
            let local = money(position.currency, "Market value at the listing", "quantity x price");
            let local = record.computed(local, Operation::Product, vec![shares, price]);
            let rate = record.rate_on((position.currency, base), day);
            record.computed(label, Operation::Product, vec![local, rate])
        })
    }

    /// Value at the close of a day, of the whole or of a holding.
    pub(super) fn value_on(&mut self, of: Option<&Position>, day: NaiveDate) -> usize {
        let base = self.base();
        if let Some(position) = of {
            return self.holding_value_on(position, day);
        }
        let books = self.books;
        let holdings: Vec<_> =
            books.positions().iter().map(|position| self.holding_value_on(position, day)).collect();
        let mut cash = Vec::new();
        for balance in &books.cash().balances {
            cash.push(self.cash_value_on(balance, day));
        }
        self.with_subject(Some(About::Day(day)), |record| {
            let label = money(base, "Holdings' value", "sum over the holdings");
            let holdings = record.computed(label, Operation::Sum, holdings);
            let cash = record.computed(money(base, "Cash", "sum over the currencies"), Operation::Sum, cash);
            let label = money(base, "Portfolio value", "holdings + cash");
            record.computed(label, Operation::Sum, vec![holdings, cash])
        })
    }

    /// Cash of a currency in the base currency at the close of a day.
    pub(super) fn cash_value_on(&mut self, balance: &CashBalance, day: NaiveDate) -> usize {
        let base = self.base();
        let held = self.balance_on(balance, day);
        if balance.currency == base || balance.on(day).is_zero() {
            return held;
        }
        let rate = self.rate_on((balance.currency, base), day);
        let label = money(base, "Cash in base", "balance x exchange rate");
        self.computed(label, Operation::Product, vec![held, rate])
    }

    /// A figure of a period, of the whole or of a holding.
    pub(super) fn of_period(&mut self, of: Option<&Position>, period: Period, figure: PeriodFigure) -> usize {
        let subject = match of {
            None => Ok(Subject::portfolio(self.books)),
            Some(position) => Subject::holding(&[self.books], &position.symbol),
        };
        let label = figure.label(self);
        let subject = match subject {
            Ok(subject) => subject,
            Err(reason) => return self.given(label, Err(reason), Source::Unknown),
        };
        let known = figure.of(&performance(&subject, self.market, period));
        if let Err(reason) = known {
            return self.given(label, Err(reason), Source::Unknown);
        }
        let node = match figure {
            PeriodFigure::TimeWeighted | PeriodFigure::AnnualisedTimeWeighted => {
                let growth = match self.growth_by_day(&subject, period) {
                    Ok(growth) => growth,
                    Err(reason) => return self.given(label, Err(reason), Source::Unknown),
                };
                let is_total = figure == PeriodFigure::TimeWeighted;
                if is_total { self.linked_growth(growth) } else { self.annualised_growth(growth, period) }
            }
            _ => self.period_node(of, period, figure),
        };
        self.checked_figure(node, label, known)
    }

    fn period_node(&mut self, of: Option<&Position>, period: Period, figure: PeriodFigure) -> usize {
        let label = figure.label(self);
        match figure {
            PeriodFigure::Opening => self.value_on(of, period.from),
            PeriodFigure::Closing => self.value_on(of, period.to),
            PeriodFigure::NetFlows => {
                let (paid_in, paid_out) = self.paid(of, period);
                self.computed(label, Operation::Sum, vec![paid_in, paid_out])
            }
            PeriodFigure::PaidIn => self.paid(of, period).0,
            PeriodFigure::PaidOut => {
                let (_, paid_out) = self.paid(of, period);
                self.computed(label, Operation::Negation, vec![paid_out])
            }
            PeriodFigure::OnPurchases => {
                let gain = self.period_node(of, period, PeriodFigure::Gain);
                let bought = self.bought(of, period);
                self.computed(label, Operation::Ratio, vec![gain, bought])
            }
            PeriodFigure::Simple => {
                let gain = self.period_node(of, period, PeriodFigure::Gain);
                let opening = self.period_node(of, period, PeriodFigure::Opening);
                let (paid_in, _) = self.paid(of, period);
                let capital = money(self.base(), "Capital", "opening value + paid in");
                let capital = self.computed(capital, Operation::Sum, vec![opening, paid_in]);
                self.computed(label, Operation::Ratio, vec![gain, capital])
            }
            PeriodFigure::Gain => {
                let [closing, opening, net] =
                    [PeriodFigure::Closing, PeriodFigure::Opening, PeriodFigure::NetFlows]
                        .map(|part| self.period_node(of, period, part));
                let deducted = Label { figure: "Deducted", formula: "as a negative number", ..label };
                let opening = self.computed(deducted, Operation::Negation, vec![opening]);
                let net = self.computed(deducted, Operation::Negation, vec![net]);
                self.computed(label, Operation::Sum, vec![closing, opening, net])
            }
            _ => {
                let flows = self.flows_by_day(of, period);
                let (opening, closing) = (self.value_on(of, period.from), self.value_on(of, period.to));
                let dates = flows.iter().map(|(date, _)| *date);
                let amounts = flows.iter().map(|(_, amount)| *amount);
                if figure == PeriodFigure::ModifiedDietz {
                    let (from, to) = (period.from, period.to);
                    let operation = Operation::ModifiedDietz { dates: dates.collect(), from, to };
                    return self.computed(
                        label,
                        operation,
                        [opening, closing].into_iter().chain(amounts).collect(),
                    );
                }
                let has_opening = !matches!(self.value(opening), Ok(Number::Exact(value)) if value.is_zero());
                let dates = dates.chain(has_opening.then_some(period.from)).chain([period.to]).collect();
                let operands = amounts.chain(has_opening.then_some(opening)).chain([closing]).collect();
                self.computed(label, Operation::MoneyWeighted { dates }, operands)
            }
        }
    }

    /// The holdings at the opening, and what was bought or transferred in since.
    fn bought(&mut self, of: Option<&Position>, period: Period) -> usize {
        let books = self.books;
        let positions: Vec<&Position> = of.map_or_else(|| books.positions().iter().collect(), |of| vec![of]);
        let mut parts = Vec::new();
        for position in positions {
            parts.push(self.holding_value_on(position, period.from));
            let counts = |flow: &&PositionFlow| {
                let arrives = of.is_some() && flow.kind == PositionFlowKind::TransferIn;
                period.contains(flow.date) && (flow.kind == PositionFlowKind::Purchase || arrives)
            };
            for flow in position.flows.iter().filter(counts) {
                parts.push(self.flow_of(position, flow));
            }
        }
        if of.is_none() {
            let arrives =
                |flow: &&ExternalFlow| period.contains(flow.date) && flow.kind == ExternalKind::TransferIn;
            for flow in books.external_flows().iter().filter(arrives) {
                parts.push(self.external(flow));
            }
        }
        let label = money(self.base(), "Held and bought", "holdings at the opening + what was bought since");
        self.computed(label, Operation::Sum, parts)
    }

    /// What was paid in, and out as a negative number: of the days on which more came, and of the others.
    pub(super) fn paid(&mut self, of: Option<&Position>, period: Period) -> (usize, usize) {
        let flows = self.flows_by_day(of, period).into_iter().map(|(_, flow)| flow);
        let comes_in =
            |flow: &usize| self.value(*flow).clone().is_ok_and(|flow| flow.exact() > Some(Decimal::ZERO));
        let (paid_in, paid_out) = flows.partition(comes_in);
        let base = self.base();
        let paid_in = self.computed(
            money(base, "Paid in", "sum of the days on which more came in"),
            Operation::Sum,
            paid_in,
        );
        let paid_out = self.computed(
            money(base, "Paid out, as a negative number", "sum of the days on which more went out"),
            Operation::Sum,
            paid_out,
        );
        (paid_in, paid_out)
    }

    /// What crossed the border in a period, one amount a day.
    fn flows_by_day(&mut self, of: Option<&Position>, period: Period) -> Vec<(NaiveDate, usize)> {
        let mut by_day: BTreeMap<NaiveDate, Vec<usize>> = BTreeMap::new();
        match of {
            None => {
                for flow in self.books.external_flows().iter().filter(|flow| period.contains(flow.date)) {
                    let node = self.external(flow);
                    by_day.entry(flow.date).or_default().push(node);
                }
            }
            Some(position) => {
                for flow in position.flows.iter().filter(|flow| period.contains(flow.date)) {
                    let node = self.flow_of(position, flow);
                    by_day.entry(flow.date).or_default().push(node);
                }
            }
        }
        let label = money(self.base(), "Net flow of the day", "money in - money out");
        let mut flows = Vec::new();
        for (date, amounts) in by_day {
            let net = self.with_subject(Some(About::Day(date)), |record| {
                record.computed(label, Operation::Sum, amounts)
            });
            flows.push((date, net));
        }
        flows
    }
}

impl PeriodFigure {
    fn label(self, record: &Record<'_>) -> Label {
        let base = record.base();
        match self {
            Self::Opening => money(base, "Opening value", "holdings + cash"),
            Self::Closing => money(base, "Closing value", "holdings + cash"),
            Self::NetFlows => money(base, "Net flows", "sum of money in and out"),
            Self::Gain => money(base, "Gain of the period", "closing - opening - net flows"),
            Self::MoneyWeighted => {
                fraction("XIRR", "the yearly rate at which all payments and the values cancel out")
            }
            Self::ModifiedDietz => fraction(
                "Modified Dietz return",
                "(closing - opening - net flows) / (opening + flows weighted by the time left)",
            ),
            Self::Simple => fraction("Simple return", "gain / (opening value + paid in)"),
            Self::PaidIn => money(base, "Paid in", "sum of the days on which more came in"),
            Self::PaidOut => money(base, "Paid out", "sum of the days on which more went out"),
            Self::OnPurchases => fraction("Return on purchases", "gain / (holdings at the opening + bought)"),
            Self::TimeWeighted => fraction("Time-weighted return", "growth of 1 - 1"),
            Self::AnnualisedTimeWeighted => {
                fraction("Annualised time-weighted return", "(1 + time-weighted return)^(365 / days) - 1")
            }
        }
    }

    fn of(self, performance: &Performance) -> Figure<Number> {
        let exact = |figure: &Figure<Decimal>| figure.clone().map(Number::Exact);
        match self {
            Self::Opening => exact(&performance.opening),
            Self::Closing => exact(&performance.closing),
            Self::NetFlows => exact(&performance.flows.net),
            Self::Gain => exact(&performance.gain),
            Self::MoneyWeighted => {
                performance.returns.money_weighted.clone().map(|rate| Number::Float(rate.headline()))
            }
            Self::ModifiedDietz => performance.returns.modified_dietz.clone().map(Number::Float),
            Self::Simple => performance.returns.simple.clone().map(Number::Float),
            Self::PaidIn => exact(&performance.flows.paid_in),
            Self::PaidOut => exact(&performance.flows.paid_out),
            Self::OnPurchases => performance.returns.on_purchases.clone().map(Number::Float),
            Self::TimeWeighted => linked(performance.returns.time_weighted.clone(), false),
            Self::AnnualisedTimeWeighted => linked(performance.returns.time_weighted.clone(), true),
        }
    }
}
