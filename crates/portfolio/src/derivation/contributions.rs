//! What a source contributed to a period: its gain, and its part of the whole's returns.

use chrono::NaiveDate;

use super::calculation::{fraction, money};
use super::figure_name::ContributionFigure;
use super::record::Record;
use super::{About, Column, Label, Number, Operation, Source};
use crate::contribution::Linking;
use crate::{
    Contribution, ContributionSource, Contributions, DailySeries, Figure, Period, PortfolioSeries,
    PositionSeries, Reason,
};

/// What a source's gain is made of.
struct Parts {
    /// Values at the opening and the close; `None` for money that was only received or paid.
    values: Option<[usize; 2]>,
    /// Money of the period by day.
    money: Vec<(NaiveDate, usize)>,
}

impl ContributionFigure {
    fn label(self, record: &Record<'_>) -> Label {
        match self {
            Self::Gain => {
                money(record.base(), "Contribution to the gain", "closing - opening - money in + out")
            }
            Self::TimeWeighted => fraction(
                "Contribution to the time-weighted return",
                "sum of each day's gain / capital at work x growth of 1 before it",
            ),
            Self::Simple => {
                fraction("Contribution to the simple return", "gain / (portfolio's opening value + paid in)")
            }
        }
    }

    fn of(self, line: &Contribution) -> Figure<Number> {
        match self {
            Self::Gain => line.gain.clone().map(Number::Exact),
            Self::TimeWeighted => line.time_weighted.clone().map(Number::Float),
            Self::Simple => line.simple.clone().map(Number::Float),
        }
    }
}

impl ContributionSource {
    fn about(&self) -> Option<About> {
        match self {
            Self::Holding(symbol) => Some(About::Instrument(symbol.clone())),
            Self::CashCurrency(currency) => Some(About::Cash(*currency)),
            Self::Interest | Self::Charges => None,
        }
    }
}

impl Record<'_> {
    pub(super) fn contribution(
        &mut self,
        source: &ContributionSource,
        period: Period,
        figure: ContributionFigure,
    ) -> usize {
        let label = figure.label(self);
        let series = PortfolioSeries::new(self.books, self.market);
        let all = Contributions::new(self.books, self.market, &series, period);
        let known = match all.lines.iter().find(|line| line.source == *source) {
            Some(line) => figure.of(line),
            None if period.from >= self.books.as_of() => all.gain.map(Number::Exact),
            None => Err(Reason::NotHeld),
        };
        let about = source.about();
        if known.is_err() {
            return self.with_subject(about, |record| record.given(label, known, Source::Unknown));
        }
        let parts = self.parts(source, all.period);
        let node = match figure {
            ContributionFigure::Gain => self.gained(source, &parts),
            ContributionFigure::Simple => {
                let gain = self.gained(source, &parts);
                let capital = self.capital(all.period);
                self.with_subject(about.clone(), |record| {
                    record.computed(label, Operation::Ratio, vec![gain, capital])
                })
            }
            ContributionFigure::TimeWeighted => self.linked_contribution(source, &series, &parts, all.period),
        };
        self.with_subject(about, |record| record.checked_figure(node, label, known))
    }

    fn parts(&mut self, source: &ContributionSource, period: Period) -> Parts {
        let books = self.books;
        let days = [period.from, period.to];
        if let ContributionSource::Holding(symbol) = source {
            let Some(position) = books.position(symbol) else {
                return Parts { values: None, money: Vec::new() };
            };
            let values = Some(days.map(|day| self.holding_value_on(position, day)));
            let flows = position.flows.iter().filter(|flow| period.contains(flow.date));
            return Parts {
                values,
                money: flows.map(|flow| (flow.date, self.flow_of(position, flow))).collect(),
            };
        }
        let balance = books.cash().balances.iter().find(|balance| match source {
            ContributionSource::CashCurrency(currency) => balance.currency == *currency,
            _ => false,
        });
        let values = balance.map(|balance| days.map(|day| self.cash_value_on(balance, day)));
        let booked = self.entries().iter().enumerate();
        let booked = booked.filter(|(_, entry)| period.contains(entry.date) && source.books(entry));
        Parts { values, money: booked.map(|(at, entry)| (entry.date, self.movement_in_base(at))).collect() }
    }

    fn gained(&mut self, source: &ContributionSource, parts: &Parts) -> usize {
        let base = self.base();
        let label = ContributionFigure::Gain.label(self);
        let money_in = parts.money.iter().map(|(_, amount)| *amount).collect();
        self.with_subject(source.about(), |record| {
            let Some([opening, closing]) = parts.values else {
                let label = Label { formula: "sum of the payments", ..label };
                return record.computed(label, Operation::Sum, money_in);
            };
            let net =
                record.computed(money(base, "Net flows", "money in - money out"), Operation::Sum, money_in);
            let deducted = money(base, "Deducted", "as a negative number");
            let [opening, net] =
                [opening, net].map(|amount| record.computed(deducted, Operation::Negation, vec![amount]));
            record.computed(label, Operation::Sum, vec![closing, opening, net])
        })
    }

    /// Opening value of the portfolio, and what came in on days on which more came than went.
    fn capital(&mut self, period: Period) -> usize {
        let opening = self.value_on(None, period.from);
        let (paid_in, _) = self.paid(None, period);
        let label = money(self.base(), "Capital", "opening value + paid in");
        self.with_subject(None, |record| record.computed(label, Operation::Sum, vec![opening, paid_in]))
    }

    fn linked_contribution(
        &mut self,
        source: &ContributionSource,
        series: &PortfolioSeries,
        parts: &Parts,
        period: Period,
    ) -> usize {
        let (label, base) = (ContributionFigure::TimeWeighted.label(self), self.base());
        let Ok(flows) = &series.flows else {
            return self.given(label, Err(Reason::NoCapital), Source::Unknown);
        };
        let whole = [
            ("Portfolio value", Column::Value, &series.value),
            ("Held before the day's trades", Column::Held, &series.held),
            ("Net flow of the day", Column::Flow, flows),
        ];
        let whole = self.with_subject(None, |record| {
            whole.map(|(figure, column, of)| {
                record.series(money(base, figure, ""), column, &within(of, period))
            })
        });
        let (dates, amounts): (Vec<_>, Vec<_>) = parts.money.iter().copied().unzip();
        let paid = Operation::ContributionOfMoney { period, dates };
        let part = self.by_day(source, &Linking::new([&series.value, &series.held, flows], period));
        self.with_subject(source.about(), |record| {
            let amounts = whole.into_iter().chain(amounts).collect();
            let Some(part) = part else { return record.computed(label, paid, amounts) };
            let columns = [("Market value", Column::Value), ("Held before the day's trades", Column::Held)];
            let mut operands = whole.to_vec();
            for ((figure, column), of) in columns.into_iter().zip(part) {
                operands.push(record.series(money(base, figure, ""), column, &within(&of, period)));
            }
            let moved =
                fraction("Of changes of value", "sum of each day's change / capital x growth before it");
            let moved = record.computed(moved, Operation::ContributionOfValue { period }, operands);
            let label_paid =
                fraction("Of money in and out", "sum of money / capital at work x growth before it");
            let paid = record.computed(label_paid, paid, amounts);
            record.computed(label, Operation::FloatDifference, vec![moved, paid])
        })
    }

    /// Value, and what was held at the close before, of what has a value.
    fn by_day(&self, source: &ContributionSource, linking: &Linking) -> Option<[DailySeries; 2]> {
        match source {
            ContributionSource::Holding(symbol) => {
                let series = PositionSeries::new(self.books.position(symbol)?, self.books, self.market);
                Some([series.value, series.held])
            }
            ContributionSource::CashCurrency(currency) => {
                let balance =
                    self.books.cash().balances.iter().find(|balance| balance.currency == *currency)?;
                linking.cash(balance, self.market.rates(), self.base()).ok()
            }
            ContributionSource::Interest | ContributionSource::Charges => None,
        }
    }
}

/// The days of a period and the one before them.
fn within(of: &DailySeries, period: Period) -> DailySeries {
    let first_day = of.first_day.max(period.from);
    let days = |from: NaiveDate, to: NaiveDate| usize::try_from(to.signed_duration_since(from).num_days());
    let (skipped, kept) = (days(of.first_day, first_day), days(first_day, period.to));
    let kept = kept.map_or(0, |days| days + 1);
    let values = of.values.iter().copied().skip(skipped.unwrap_or(0)).take(kept).collect();
    DailySeries { first_day, values }
}
