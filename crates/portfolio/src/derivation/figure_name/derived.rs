//! How the figures that have a name are derived.

use bellwether_domain::{Symbol, TransactionId};

use super::{CashFigure, FigureName, HoldingFigure, LotFigure, PortfolioFigure};
use crate::derivation::benchmarks::Compared;
use crate::derivation::record::Record;
use crate::derivation::returns::Days;
use crate::derivation::{About, Calculation, Label, Operation, Unit, fraction, money};
use crate::drawdown::max_drawdown;
use crate::report::day_change;
use crate::report::figures::{HoldingFigures, HoldingValue, LotFigures, Valued, sale_gain};
use crate::report::total_figures::{CashFigures, CashValue, TotalFigures, TotalValue};
use crate::report::{
    WEIGHT,
    day_change::{DayFigures, DayParts},
};
use crate::{Books, Figure, Market, PortfolioSeries, Position, PositionSeries, Reason, Subject};

impl FigureName {
    /// Makes the figure a node, by the functions that make a report.
    pub(in crate::derivation) fn derived(
        &self,
        record: &mut Record<'_>,
        books: &Books,
        market: &Market,
    ) -> usize {
        match self {
            Self::Portfolio(figure) => figure.derived(record, books, market),
            Self::Holding { symbol, figure } => figure.derived(symbol, record, books, market),
            Self::Cash { currency, figure } => {
                let cash = books.cash().balances.iter().find(|cash| cash.currency == *currency);
                let Some(cash) = cash else {
                    record.about(|| Some(About::Cash(*currency)));
                    return not_held(record, Unit::Money(*currency));
                };
                let figures = CashFigures::new(record, cash, books, market);
                match figure {
                    CashFigure::Balance => figures.balance,
                    CashFigure::Value => figures.value,
                    CashFigure::CurrencyGain => figures.currency_gain,
                }
            }
            Self::Sale { symbol, transaction } => sale(symbol, *transaction, record, books),
            Self::Lot { symbol, opened_by, figure } => {
                figure.derived((symbol, *opened_by), record, books, market)
            }
            Self::Benchmark { symbol, of, figure } => match Of::new(books, of.as_ref()) {
                Of::Holding(position) => record.compared(symbol, Compared::Holding(position), *figure),
                Of::Portfolio => {
                    let series = PortfolioSeries::new(books, market);
                    record.compared(symbol, Compared::Portfolio(&series), *figure)
                }
                Of::Nothing => not_held(record, Unit::Money(books.options().base)),
            },
            Self::ValueOn { of, day } => match Of::new(books, of.as_ref()) {
                _ if *day > books.as_of() => {
                    let label = Label::new("Value", "", Unit::Money(books.options().base));
                    record.unknown(label, Reason::NotYetKnown { as_of: books.as_of() })
                }
                Of::Holding(position) => record.value_on(Some(position), *day),
                Of::Portfolio => record.value_on(None, *day),
                Of::Nothing => not_held(record, Unit::Money(books.options().base)),
            },
            Self::Period { of, period, figure } => match Of::new(books, of.as_ref()) {
                Of::Holding(position) => record.of_period(Some(position), *period, *figure),
                Of::Portfolio => record.of_period(None, *period, *figure),
                Of::Nothing => not_held(record, Unit::Money(books.options().base)),
            },
            Self::Contribution { source, period, figure } => record.contribution(source, *period, *figure),
            Self::PortfolioYield(figure) => record.portfolio_yield(*figure),
            Self::DividendYield { symbol, .. }
            | Self::DividendYear { symbol, .. }
            | Self::DividendGrowth { symbol } => match books.position(symbol) {
                Some(position) => self.of_dividends(record, position),
                None => not_held(record, Unit::Number),
            },
            Self::Purchase { transaction, figure } => record.purchase(*transaction, *figure),
            Self::SaleEffect { transaction, figure } => record.sale_effect(*transaction, *figure),
            Self::AgainstBenchmark { transaction, benchmark } => {
                record.against_benchmark(*transaction, benchmark)
            }
            Self::Decisions { symbol, benchmark, figure } => {
                record.decisions_on(symbol, benchmark.as_ref(), *figure)
            }
            Self::Multiple { symbol, figure } => match books.position(symbol) {
                Some(position) => record.multiple(position, *figure),
                None => not_held(record, Unit::Number),
            },
            Self::AgeGroup { benchmark, from_years, to_years, figure } => {
                record.age_group(benchmark, (*from_years, *to_years), *figure)
            }
            Self::Allocation { by, class, figure } => record.allocated(by, class, *figure),
            Self::Drift { by, targets, figure } => record.drift(by, targets, figure),
            Self::Rebalancing { by, plan, figure } => record.rebalanced(by, plan, figure),
            Self::CapitalGains { of, period, basis, costs, figure } => match subject(books, of.as_ref()) {
                Ok(subject) => record.capital_gains(&subject, (*period, *basis, *costs), *figure),
                Err(_) => not_held(record, Unit::Money(books.options().base)),
            },
            Self::GainPart { of, period, figure } => match subject(books, of.as_ref()) {
                Ok(subject) => record.gain_part(&subject, *period, *figure),
                Err(_) => not_held(record, Unit::Money(books.options().base)),
            },
            Self::TaxYear { year, rule, of, term, figure } => {
                record.closed_in(*year, *rule, (of.as_ref(), *term), *figure)
            }
            Self::TaxYearIncome { year, of, figure } => record.income_of_year(*year, of.as_ref(), *figure),
            Self::BenchmarkReturn { symbol, period } => record.benchmark_return(symbol, *period),
            Self::CalendarReturn { of, period, unit, year, number } => {
                let operation = Operation::CalendarReturn { unit: *unit, year: *year, number: *number };
                record.of_growth(subject(books, of.as_ref()), *period, operation)
            }
            Self::CalendarReturns { of, period, unit, figure } => {
                let operation = Operation::CalendarReturns { unit: *unit, figure: *figure };
                record.of_growth(subject(books, of.as_ref()), *period, operation)
            }
            Self::RollingReturn { of, period, window, figure } => {
                let operation = Operation::RollingReturn { window: *window, figure: *figure };
                record.of_growth(subject(books, of.as_ref()), *period, operation)
            }
            Self::Risk { of, period, basis, figure } => match subject(books, of.as_ref()) {
                Ok(subject) => record.risk(&subject, *period, basis, *figure),
                Err(_) => not_held(record, Unit::Number),
            },
        }
    }
}

impl FigureName {
    fn of_dividends(&self, record: &mut Record<'_>, position: &Position) -> usize {
        match self {
            Self::DividendYield { figure, .. } => record.dividend_yield(position, *figure),
            Self::DividendYear { year, figure, .. } => record.dividend_year(position, *year, *figure),
            _ => record.dividend_growth(position),
        }
    }
}

fn subject<'b>(books: &'b Books, of: Option<&Symbol>) -> Figure<Subject<'b>> {
    of.map_or_else(|| Ok(Subject::portfolio(books)), |symbol| Subject::holding(&[books], symbol))
}

/// What a figure of a day or a period is asked of.
enum Of<'b> {
    Portfolio,
    Holding(&'b Position),
    Nothing,
}

impl<'b> Of<'b> {
    fn new(books: &'b Books, of: Option<&Symbol>) -> Self {
        match of {
            Some(symbol) => books.position(symbol).map_or(Self::Nothing, Self::Holding),
            None => Self::Portfolio,
        }
    }
}

/// The realised gain of a transaction; a purchase that covers shares owed may be several sales, as may an event.
fn sale(symbol: &Symbol, transaction: TransactionId, record: &mut Record<'_>, books: &Books) -> usize {
    let base = books.options().base;
    let sales = books.position(symbol).into_iter().flat_map(|position| &position.sales);
    let sales = sales.filter(|sale| sale.transaction == transaction);
    let gains: Vec<_> = sales.map(|sale| sale_gain(record, sale, books)).collect();
    together(record, gains, money(base, "Realised gain of the sale", "sum of its parts"))
}

impl LotFigure {
    fn derived(
        self,
        (symbol, opened_by): (&Symbol, TransactionId),
        record: &mut Record<'_>,
        books: &Books,
        market: &Market,
    ) -> usize {
        let label = |figure| money(books.options().base, figure, "sum over what is held of it");
        let label = match self {
            Self::Cost => label("Cost of the lot"),
            Self::Value => label("Market value of the lot"),
            Self::Unrealised => label("Unrealised gain of the lot"),
        };
        let Some(position) = books.position(symbol) else { return not_held(record, label.unit) };
        let valued = Valued::new(position, books, market);
        let lots = position.lots.iter().filter(|lot| lot.transaction == opened_by);
        let parts: Vec<_> = lots
            .map(|lot| {
                let figures = LotFigures::new(record, (position, lot), books, &valued);
                match self {
                    Self::Cost => figures.cost,
                    Self::Value => figures.value,
                    Self::Unrealised => figures.unrealised,
                }
            })
            .collect();
        together(record, parts, label)
    }
}

/// The sum of parts, of which most figures have one.
fn together(record: &mut Record<'_>, parts: Vec<usize>, label: Label) -> usize {
    match parts[..] {
        [] => not_held(record, label.unit),
        [part] => part,
        _ => record.sum_of(label, parts, |_, part| part),
    }
}

impl PortfolioFigure {
    fn derived(self, record: &mut Record<'_>, books: &Books, market: &Market) -> usize {
        if matches!(self, Self::DayChange | Self::DayReturn) {
            let session = day_change::session(books, market);
            let positions = books.positions().iter();
            let parts: Vec<_> = positions
                .map(|position| day_change::of_position(record, position, books, market, session))
                .collect();
            let day = day_change::of_portfolio(record, books, market, session, &parts);
            let change = day.change(record, books);
            return if self == Self::DayChange { change.amount } else { session_return(record, &change) };
        }
        if matches!(self, Self::TimeWeighted | Self::AnnualisedTimeWeighted | Self::MaxDrawdown) {
            let series = PortfolioSeries::new(books, market);
            let (value, held) = (&series.value, &series.held);
            let days = Days { value, held, flows: &series.flows, linked: &series.time_weighted };
            record.about(|| None);
            return match self {
                Self::TimeWeighted => record.time_weighted(days),
                Self::AnnualisedTimeWeighted => record.annualised(days),
                _ => {
                    let index = series.time_weighted.as_ref().map(|linked| &linked.index);
                    record.max_drawdown(days, &index.map_err(Clone::clone).and_then(max_drawdown))
                }
            };
        }
        if matches!(self, Self::CostBeforeFees | Self::RealisedBeforeFees) {
            return record.before_fees(self == Self::CostBeforeFees);
        }
        if matches!(self, Self::Value | Self::HoldingsValue | Self::Cash | Self::Xirr) {
            let whole = whole(record, books, market);
            return match self {
                Self::Value => whole.value,
                Self::HoldingsValue => whole.holdings,
                Self::Cash => whole.cash,
                _ => whole.xirr(record, books),
            };
        }
        let sums = sums(record, books, market);
        match self {
            Self::Cost => sums.cost,
            Self::Unrealised => sums.unrealised,
            Self::UnrealisedRate => sums.unrealised_rate,
            Self::Realised => sums.realised,
            Self::RealisedThisYear => sums.realised_this_year,
            Self::Income => sums.income,
            Self::Income12Months => sums.income_12_months,
            Self::Charges => sums.charges,
            Self::Fees => sums.fees,
            Self::Taxes => sums.taxes,
            Self::CashCurrencyGain => sums.cash_currency_gain,
            Self::TotalGain => sums.total_gain,
            Self::Deposits => sums.deposits,
            Self::InferredDeposits => sums.inferred_deposits,
            Self::Withdrawals => sums.withdrawals,
            Self::NetDeposits => sums.net_deposits,
            Self::NetTransfers => sums.net_transfers,
            _ => sums.simple,
        }
    }
}

impl HoldingFigure {
    fn derived(self, symbol: &Symbol, record: &mut Record<'_>, books: &Books, market: &Market) -> usize {
        let Some(position) = books.position(symbol) else {
            record.about(|| Some(About::Instrument(symbol.clone())));
            return not_held(record, Unit::Money(books.options().base));
        };
        if matches!(self, Self::DayChange | Self::DayReturn) {
            let session = day_change::session(books, market);
            let day = day_change::of_position(record, position, books, market, session);
            let Some(day): Option<DayParts<Record<'_>>> = day else {
                record.about(|| Some(About::Instrument(symbol.clone())));
                return not_held(record, Unit::Money(books.options().base));
            };
            let change = day.change(record, books);
            return if self == Self::DayChange { change.amount } else { session_return(record, &change) };
        }
        if matches!(self, Self::TimeWeighted | Self::AnnualisedTimeWeighted | Self::MaxDrawdown) {
            let series = PositionSeries::new(position, books, market);
            let (value, held) = (&series.value, &series.held);
            record.about(|| Some(About::Instrument(symbol.clone())));
            let days = Days { value, held, flows: &series.flows, linked: &series.time_weighted };
            return self.of_days(record, days);
        }
        match self {
            Self::CostBeforeFees => return record.cost_before_fees(position),
            Self::RealisedBeforeFees => return record.realised_before_fees(position),
            _ => {}
        }
        let figures = HoldingFigures::new(record, position, books, &Valued::new(position, books, market));
        match self {
            Self::Quantity => figures.quantity,
            Self::Price => figures.price,
            Self::ExchangeRate => figures.exchange_rate,
            Self::Value => figures.value,
            Self::Cost => figures.cost,
            Self::UnitCost => figures.unit_cost,
            Self::ListedCost => figures.listed_cost,
            Self::Unrealised => figures.unrealised,
            Self::UnrealisedRate => figures.unrealised_rate,
            Self::CurrencyEffect => figures.currency_effect,
            Self::Realised => figures.realised,
            Self::Income => figures.income,
            Self::Charges => figures.charges,
            Self::TotalGain => figures.total_gain,
            Self::Xirr
            | Self::DayChange
            | Self::DayReturn
            | Self::TimeWeighted
            | Self::AnnualisedTimeWeighted
            | Self::MaxDrawdown
            | Self::CostBeforeFees
            | Self::RealisedBeforeFees => figures.xirr,
            Self::Weight => {
                let whole = whole(record, books, market).value;
                record.about(|| Some(About::Instrument(symbol.clone())));
                record.ratio(WEIGHT, &figures.value, &whole)
            }
        }
    }
}

impl HoldingFigure {
    fn of_days(self, record: &mut Record<'_>, days: Days<'_>) -> usize {
        match self {
            Self::TimeWeighted => record.time_weighted(days),
            Self::AnnualisedTimeWeighted => record.annualised(days),
            _ => {
                let index = days.linked.as_ref().map(|linked| &linked.index);
                record.max_drawdown(days, &index.map_err(Clone::clone).and_then(max_drawdown))
            }
        }
    }
}

/// The values alone: what they rest on is far less than what all figures rest on.
fn whole<'a>(record: &mut Record<'a>, books: &Books, market: &Market) -> TotalValue<Record<'a>> {
    let holdings: Vec<_> = books
        .positions()
        .iter()
        .map(|of| HoldingValue::new(record, of, books, &Valued::new(of, books, market)).value)
        .collect();
    let balances = books.cash().balances.iter();
    let cash: Vec<_> = balances.map(|cash| CashValue::new(record, cash, books, market).value).collect();
    TotalValue::new(record, books, holdings.iter(), cash.iter())
}

fn sums<'a>(record: &mut Record<'a>, books: &Books, market: &Market) -> TotalFigures<Record<'a>> {
    let holdings: Vec<_> = books
        .positions()
        .iter()
        .map(|position| HoldingFigures::new(record, position, books, &Valued::new(position, books, market)))
        .collect();
    let cash: Vec<_> =
        books.cash().balances.iter().map(|cash| CashFigures::new(record, cash, books, market)).collect();
    TotalFigures::new(record, books, &holdings, &cash)
}

/// The return of a session whose change is known; else it is unknown for the same reason.
fn session_return<'a>(record: &mut Record<'a>, change: &DayFigures<Record<'a>>) -> usize {
    let unknown = [change.amount, change.dividends].map(|node| record.value(node).clone().err());
    match unknown.into_iter().flatten().next() {
        Some(reason) => record.checked_figure(change.rate, SESSION_RETURN, Err(reason)),
        None => change.rate,
    }
}

const SESSION_RETURN: Label = fraction("Day's return", "");

fn not_held(record: &mut Record<'_>, unit: Unit) -> usize {
    record.unknown(Label::new("Unknown", "", unit), Reason::NotHeld)
}
