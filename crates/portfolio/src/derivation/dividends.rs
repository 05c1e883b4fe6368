//! Dividend yields, and how dividends have grown.

use bellwether_domain::Currency;
use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

use super::calculation::{IncomePart, fraction, money};
use super::figure_name::{DividendYearFigure, PortfolioYieldFigure, YieldFigure};
use super::record::Record;
use super::{About, Label, Number, Operation, Source, Unit};
use crate::books::Income;
use crate::exact::Exact;
use crate::market::splits;
use crate::report::figures::{HoldingFigures, Valued};
use crate::{
    DividendGrowth, DividendHistory, DividendYear, DividendYield, Figure, PaidDividend, PortfolioYield,
    Position,
};

/// What a dividend of the history is made of.
type Paid = (PaidDividend, usize);

impl YieldFigure {
    fn label(self, position: &Position) -> Label {
        let per_share = Unit::PerShare(position.currency);
        match self {
            Self::PerUnit => Label::new("Dividends of twelve months", "sum of those per share", per_share),
            Self::SpecialPerUnit => {
                Label::new("Special dividends of twelve months", "sum of those per share", per_share)
            }
            Self::Trailing => fraction("Dividend yield", "dividends of twelve months / price"),
            Self::Regular => {
                fraction("Regular dividend yield", "dividends of twelve months but for specials / price")
            }
            Self::OnCost => fraction("Yield on cost", "dividends of twelve months / cost per share"),
        }
    }

    fn of(self, known: &DividendYield) -> Figure<Number> {
        match self {
            Self::PerUnit => known.per_unit.clone().map(Number::Exact),
            Self::SpecialPerUnit => known.special_per_unit.clone().map(Number::Exact),
            Self::Trailing => known.trailing.clone().map(Number::Float),
            Self::Regular => known.regular.clone().map(Number::Float),
            Self::OnCost => known.on_cost.clone().map(Number::Float),
        }
    }
}

impl Record<'_> {
    /// A figure of a holding's dividend yield.
    pub(super) fn dividend_yield(&mut self, position: &Position, figure: YieldFigure) -> usize {
        let label = figure.label(position);
        let known = figure.of(&DividendYield::of(position, self.books, self.market));
        let about = Some(About::Instrument(position.symbol.clone()));
        if known.is_err() {
            return self.with_subject(about, |record| record.given(label, known, Source::Unknown));
        }
        let figures = self.figures_of(position);
        self.with_subject(about, |record| {
            let of_year = |record: &mut Self, special_only| record.of_last_year(position, special_only);
            let per_share = Unit::PerShare(position.currency);
            let node = match figure {
                YieldFigure::PerUnit => of_year(record, false),
                YieldFigure::SpecialPerUnit => of_year(record, true),
                YieldFigure::Trailing => {
                    let dividends = of_year(record, false);
                    record.computed(label, Operation::Ratio, vec![dividends, figures.price])
                }
                YieldFigure::Regular => {
                    let [all, special] = [false, true].map(|special_only| of_year(record, special_only));
                    let regular =
                        Label::new("Regular dividends of twelve months", "all - special", per_share);
                    let regular = record.computed(regular, Operation::Difference, vec![all, special]);
                    record.computed(label, Operation::Ratio, vec![regular, figures.price])
                }
                YieldFigure::OnCost => {
                    let dividends = of_year(record, false);
                    let cost = Label::new("Unit cost at the listing", "cost / quantity", per_share);
                    let operands = vec![figures.listed_cost, figures.quantity];
                    let cost = record.computed(cost, Operation::Quotient, operands);
                    record.computed(label, Operation::Ratio, vec![dividends, cost])
                }
            };
            record.checked_figure(node, label, known)
        })
    }

    /// A figure of the dividend yield of all that is held.
    pub(super) fn portfolio_yield(&mut self, figure: PortfolioYieldFigure) -> usize {
        let (books, base) = (self.books, self.base());
        let all = PortfolioYield::of(books, self.market);
        let paid_label =
            money(base, "Dividends of what is held", "sum of shares x dividends per share x exchange rate");
        let (label, known) = match figure {
            PortfolioYieldFigure::Dividends => (paid_label, all.dividends.map(Number::Exact)),
            PortfolioYieldFigure::Trailing => (
                fraction("Dividend yield", "dividends of what is held / value"),
                all.trailing.map(Number::Float),
            ),
            PortfolioYieldFigure::OnCost => (
                fraction("Yield on cost", "dividends of what is held / cost"),
                all.on_cost.map(Number::Float),
            ),
        };
        if known.is_err() {
            return self.with_subject(None, |record| record.given(label, known, Source::Unknown));
        }
        let (mut dividends, mut whole) = (Vec::new(), Vec::new());
        for position in books.positions().iter().filter(|position| position.is_open()) {
            let figures = self.figures_of(position);
            dividends.push(self.with_subject(Some(About::Instrument(position.symbol.clone())), |record| {
                let per_share = record.of_last_year(position, false);
                let listed =
                    money(position.currency, "Dividends at the listing", "shares x dividends per share");
                let listed = record.computed(listed, Operation::Product, vec![figures.quantity, per_share]);
                let paid = money(base, "Dividends", "at the day's exchange rate");
                record.computed(paid, Operation::Product, vec![listed, figures.exchange_rate])
            }));
            let is_on_cost = figure == PortfolioYieldFigure::OnCost;
            whole.push(if is_on_cost { figures.cost } else { figures.value });
        }
        self.with_subject(None, |record| {
            let paid = record.computed(paid_label, Operation::Sum, dividends);
            let node = if figure == PortfolioYieldFigure::Dividends {
                paid
            } else {
                let of_all = money(base, "Of all holdings", "sum over what is held");
                let of_all = record.computed(of_all, Operation::Sum, whole);
                record.computed(label, Operation::Ratio, vec![paid, of_all])
            };
            record.checked_figure(node, label, known)
        })
    }

    /// A figure of a calendar year's dividends.
    pub(super) fn dividend_year(
        &mut self,
        position: &Position,
        year: i32,
        figure: DividendYearFigure,
    ) -> usize {
        let growth = self.dividend_growth_of(position);
        let known = growth.and_then(|growth| {
            let of_year = growth.years.iter().find(|of| of.year == year).ok_or(crate::Reason::NoDividends)?;
            match figure {
                DividendYearFigure::Regular => of_year.regular.clone().map(Number::Exact),
                DividendYearFigure::Special => of_year.special.clone().map(Number::Exact),
                DividendYearFigure::Growth => of_year.growth.clone().map(Number::Float),
            }
        });
        let per_share = Unit::PerShare(position.currency);
        let label = match figure {
            DividendYearFigure::Regular => {
                Label::new("Dividends of the year", "sum of the regular ones", per_share)
            }
            DividendYearFigure::Special => {
                Label::new("Special dividends", "sum of the special ones", per_share)
            }
            DividendYearFigure::Growth => GROWTH,
        };
        self.with_subject(Some(About::Instrument(position.symbol.clone())), |record| {
            if known.is_err() {
                return record.given(label, known, Source::Unknown);
            }
            let node = match figure {
                DividendYearFigure::Regular => record.of_year(label, position, year, false),
                DividendYearFigure::Special => record.of_year(label, position, year, true),
                DividendYearFigure::Growth => record.grown(position, year - 1, year),
            };
            record.checked_figure(node, label, known)
        })
    }

    /// Compound growth a year, from the first complete year to the last.
    pub(super) fn dividend_growth(&mut self, position: &Position) -> usize {
        let label = fraction("Dividend growth a year", "(1 + growth)^(1 / years) - 1");
        let growth = self.dividend_growth_of(position);
        let known = growth.as_ref().map_err(Clone::clone).and_then(|growth| growth.annual.clone());
        let complete: Vec<i32> = growth.map_or_else(
            |_| Vec::new(),
            |growth| {
                growth.years.iter().filter(|of| of.is_complete).map(|of: &DividendYear| of.year).collect()
            },
        );
        self.with_subject(Some(About::Instrument(position.symbol.clone())), |record| {
            let ([from, .., to], Ok(_)) = (&complete[..], &known) else {
                return record.given(label, known.map(Number::Float), Source::Unknown);
            };
            let grown = record.grown(position, *from, *to);
            let node = record.computed(label, Operation::CompoundAnnual { years: to - from }, vec![grown]);
            record.checked_float(node, label, &known)
        })
    }

    fn grown(&mut self, position: &Position, from: i32, to: i32) -> usize {
        let per_share = Unit::PerShare(position.currency);
        let label = Label::new("Dividends of the year", "sum of the regular ones", per_share);
        let [before, after] = [from, to].map(|year| self.of_year(label, position, year, false));
        let factor = Label::new("Later dividends / earlier", "dividends / dividends", Unit::Number);
        let factor = self.computed(factor, Operation::Ratio, vec![after, before]);
        self.less_one(GROWTH, factor)
    }

    fn of_year(&mut self, label: Label, position: &Position, year: i32, special: bool) -> usize {
        let paid = self.paid_dividends(position).into_iter();
        let paid = paid.filter(|(paid, _)| paid.ex_date.year() == year && paid.is_special == special);
        self.computed(label, Operation::Sum, paid.map(|(_, node)| node).collect())
    }

    /// Dividends per share with an ex-date in the twelve months up to the books' day.
    fn of_last_year(&mut self, position: &Position, special_only: bool) -> usize {
        let as_of = self.books.as_of();
        let figure = if special_only { YieldFigure::SpecialPerUnit } else { YieldFigure::PerUnit };
        let paid = self.paid_dividends(position).into_iter().filter(|(paid, _)| {
            DividendHistory::is_of_last_year(paid, as_of) && (paid.is_special || !special_only)
        });
        self.computed(figure.label(position), Operation::Sum, paid.map(|(_, node)| node).collect())
    }

    fn dividend_growth_of(&self, position: &Position) -> Figure<DividendGrowth> {
        let history = DividendHistory::of_position(position, self.market, self.books.as_of())?;
        DividendGrowth::of(&history)
    }

    /// The dividends of a position's instrument, each per share of the books' day and in the currency of the listing.
    fn paid_dividends(&mut self, position: &Position) -> Vec<Paid> {
        let as_of = self.books.as_of();
        let Ok(history) = DividendHistory::of_position(position, self.market, as_of) else {
            return Vec::new();
        };
        let known =
            self.market.instrument(&position.symbol).map_or(&[][..], crate::InstrumentData::dividends);
        let amounts: Vec<usize> = if known.is_empty() {
            self.recorded_dividends(position)
        } else {
            let known = known.iter().zip(&history.paid);
            known
                .map(|(dividend, paid)| {
                    let label = Label::new("Dividend", "", Unit::PerShare(paid.currency));
                    let (symbol, ex_date) = (position.symbol.clone(), dividend.ex_date);
                    self.exactly(label, dividend.amount, Source::Dividend { symbol, ex_date })
                })
                .collect()
        };
        let carried = history.paid.into_iter().zip(amounts).map(|(paid, amount)| {
            let label = Label::new("Dividend", "", Unit::PerShare(paid.currency));
            let since = splits::between(&position.splits, paid.ex_date, as_of);
            let amount = self.carried(label, amount, &position.symbol, since);
            let listed = self.at_listing(position, &paid, amount);
            (paid, listed)
        });
        carried.collect()
    }

    fn at_listing(&mut self, position: &Position, paid: &PaidDividend, amount: usize) -> usize {
        if paid.currency == position.currency {
            return amount;
        }
        let rate = self.rate_on((paid.currency, position.currency), paid.ex_date);
        let unit = Unit::PerShare(position.currency);
        let label = Label::new("Dividend at the listing", "dividend x rate of the ex-date", unit);
        self.computed(label, Operation::Product, vec![amount, rate])
    }

    /// What the ledger records, per share held before; payments of one day and currency are one.
    fn recorded_dividends(&mut self, position: &Position) -> Vec<usize> {
        let mut by_day: Vec<((NaiveDate, Currency), Decimal, Vec<usize>)> = Vec::new();
        for paid in &position.income {
            let units = position.quantity_before(paid.date);
            let Ok(per_share) = paid.gross.over(units) else { continue };
            let node = self.per_share(position, paid, units);
            let of = (paid.date, paid.currency);
            match by_day.iter_mut().find(|(day, ..)| *day == of) {
                Some((_, sum, nodes)) => {
                    *sum = sum.plus(per_share).unwrap_or(*sum);
                    nodes.push(node);
                }
                None => by_day.push((of, per_share, vec![node])),
            }
        }
        let as_of = self.books.as_of();
        by_day.retain(|((day, _), sum, _)| *sum > Decimal::ZERO && *day <= as_of);
        let mut amounts = Vec::new();
        for ((_, currency), _, nodes) in by_day {
            let label = Label::new("Dividend", "sum of the day's payments", Unit::PerShare(currency));
            amounts.push(self.computed(label, Operation::Sum, nodes));
        }
        amounts
    }

    fn per_share(&mut self, position: &Position, paid: &Income, units: Decimal) -> usize {
        let gross = self.income_part(paid, IncomePart::Gross);
        let held = self.held_before(Some(position), paid.date, units);
        let label =
            Label::new("Dividend", "gross income / shares held before", Unit::PerShare(paid.currency));
        self.computed(label, Operation::Quotient, vec![gross, held])
    }

    fn figures_of(&mut self, position: &Position) -> HoldingFigures<Self> {
        let valued = Valued::new(position, self.books, self.market);
        let books = self.books;
        self.with_subject(None, |record| HoldingFigures::new(record, position, books, &valued))
    }
}

const GROWTH: Label = fraction("Dividend growth", "dividends of the year / those of the earlier year - 1");
