//! The portfolio as a whole: what its dashboard says above the tables.

use bellwether_domain::Symbol;
use bellwether_portfolio::derivation::Unit;
use bellwether_portfolio::{
    BenchmarkFigure, Comparison, Figure, FigureName, Period, PeriodFigure, PortfolioFigure, Rate, Reason,
};
use rust_decimal::Decimal;
use serde::Serialize;

use super::FigureShown;
use crate::{Against, Figures};

/// The figures of the whole, in the base currency.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Holdings and cash.
    pub value: FigureShown,
    /// Market value of the holdings.
    pub holdings_value: FigureShown,
    /// Cash of all currencies.
    pub cash: FigureShown,
    /// Cost of what is held.
    pub cost: FigureShown,
    /// Value of the holdings less their cost.
    pub unrealised: FigureShown,
    /// The same in relation to the cost.
    pub unrealised_rate: FigureShown,
    /// Gains of all sales.
    pub realised: FigureShown,
    /// Gains of this calendar year's sales.
    pub realised_this_year: FigureShown,
    /// Dividends and interest after tax and fee.
    pub income: FigureShown,
    /// The same of the last twelve months.
    pub income_12_months: FigureShown,
    /// Fees that belong to no trade.
    pub charges: FigureShown,
    /// All fees.
    pub fees: FigureShown,
    /// All taxes.
    pub taxes: FigureShown,
    /// What currency rates did to cash.
    pub cash_currency_gain: FigureShown,
    /// What was gained in all.
    pub total_gain: FigureShown,
    /// Cash paid in.
    pub deposits: FigureShown,
    /// The inferred part of it.
    pub inferred_deposits: FigureShown,
    /// Cash paid out.
    pub withdrawals: FigureShown,
    /// Deposits less withdrawals.
    pub net_deposits: FigureShown,
    /// Shares from elsewhere less shares to elsewhere.
    pub net_transfers: FigureShown,
    /// The last session's change in money.
    pub day_change: FigureShown,
    /// The last session's return.
    pub day_return: FigureShown,
    /// The range's change in money.
    pub range_change: FigureShown,
    /// The range's return.
    pub range_return: FigureShown,
    /// Total gain in relation to what was paid in.
    pub simple_return: FigureShown,
    /// Money-weighted return: a year from one year on, else of the whole time.
    pub xirr: FigureShown,
    /// Time-weighted return of the whole time.
    pub time_weighted: FigureShown,
    /// The same a year.
    pub annualised_time_weighted: FigureShown,
    /// The deepest fall of the time-weighted index.
    pub max_drawdown: FigureShown,
    /// The same money in each benchmark.
    pub benchmarks: Vec<BenchmarkSummary>,
}

/// The same money in a benchmark.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BenchmarkSummary {
    /// The benchmark.
    pub benchmark: Symbol,
    /// What the owner calls it, where it is an index of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub benchmark_name: Option<String>,
    /// What it would be worth.
    pub value: FigureShown,
    /// Value less net investment.
    pub gain: FigureShown,
    /// Gain in relation to what was paid in.
    pub gain_rate: FigureShown,
    /// Own value less the benchmark's.
    pub ahead_by: FigureShown,
    /// Money-weighted return.
    pub xirr: FigureShown,
    /// Its own return since the first purchase.
    pub total_return: FigureShown,
    /// The same a year.
    pub annualised_return: FigureShown,
    /// Money in, of the days on which more came than went.
    pub paid_in: FigureShown,
    /// Its first close, where that is later than the first flow: both sides begin there.
    pub starts_late: Option<chrono::NaiveDate>,
    /// What to say beside the figures.
    pub note: Option<String>,
}

impl Summary {
    /// That of a dashboard.
    pub fn of(figures: &Figures) -> Self {
        let (report, totals, returns) = (&figures.report, &figures.report.totals, &figures.report.returns);
        let money = |value: &Figure<Decimal>, figure| {
            FigureShown::money(value, report.base, FigureName::Portfolio(figure))
        };
        let rate = |value: Figure<f64>, figure| FigureShown::rate(value, FigureName::Portfolio(figure));
        let day = totals.day_change.as_ref().map_err(Clone::clone);
        let linked = || returns.time_weighted.as_ref().map_err(Clone::clone);
        let period = Period::new(figures.range.since, report.as_of).ok();
        let of_period = |figure| period.map(|period| FigureName::Period { of: None, period, figure });
        Self {
            value: money(&totals.value, PortfolioFigure::Value),
            holdings_value: money(&totals.holdings_value, PortfolioFigure::HoldingsValue),
            cash: money(&totals.cash, PortfolioFigure::Cash),
            cost: money(&totals.cost, PortfolioFigure::Cost),
            unrealised: money(&totals.unrealised, PortfolioFigure::Unrealised),
            unrealised_rate: rate(totals.unrealised_rate.clone(), PortfolioFigure::UnrealisedRate),
            realised: money(&totals.realised, PortfolioFigure::Realised),
            realised_this_year: money(&totals.realised_this_year, PortfolioFigure::RealisedThisYear),
            income: money(&totals.income, PortfolioFigure::Income),
            income_12_months: money(&totals.income_12_months, PortfolioFigure::Income12Months),
            charges: money(&totals.charges, PortfolioFigure::Charges),
            fees: money(&totals.fees, PortfolioFigure::Fees),
            taxes: money(&totals.taxes, PortfolioFigure::Taxes),
            cash_currency_gain: money(&totals.cash_currency_gain, PortfolioFigure::CashCurrencyGain),
            total_gain: money(&totals.total_gain, PortfolioFigure::TotalGain),
            deposits: money(&totals.deposits, PortfolioFigure::Deposits),
            inferred_deposits: money(&totals.inferred_deposits, PortfolioFigure::InferredDeposits),
            withdrawals: money(&totals.withdrawals, PortfolioFigure::Withdrawals),
            net_deposits: money(&totals.net_deposits, PortfolioFigure::NetDeposits),
            net_transfers: money(&totals.net_transfers, PortfolioFigure::NetTransfers),
            day_change: money(&day.clone().map(|day| day.amount), PortfolioFigure::DayChange),
            day_return: rate(day.and_then(|day| day.rate.clone()), PortfolioFigure::DayReturn),
            range_change: FigureShown::money(
                &figures.range.amount,
                report.base,
                of_period(PeriodFigure::Gain),
            ),
            range_return: FigureShown::rate(
                figures.range.rate.clone(),
                of_period(PeriodFigure::TimeWeighted),
            ),
            simple_return: rate(returns.simple.clone(), PortfolioFigure::SimpleReturn),
            xirr: rate(headline(&returns.xirr), PortfolioFigure::Xirr),
            time_weighted: rate(linked().map(|linked| linked.total), PortfolioFigure::TimeWeighted),
            annualised_time_weighted: rate(
                linked().and_then(|linked| linked.annualised.clone()),
                PortfolioFigure::AnnualisedTimeWeighted,
            ),
            max_drawdown: rate(
                returns.max_drawdown.as_ref().map(|fall| fall.depth).map_err(Clone::clone),
                PortfolioFigure::MaxDrawdown,
            ),
            benchmarks: figures
                .benchmarks
                .iter()
                .map(|against| BenchmarkSummary::of(against, None, figures))
                .collect(),
        }
    }
}

/// The rate that is shown.
pub(super) fn headline(rate: &Figure<Rate>) -> Figure<f64> {
    rate.as_ref().map(Rate::headline).map_err(Clone::clone)
}

impl BenchmarkSummary {
    /// Beside the portfolio, or one of its holdings.
    pub(super) fn of(against: &Against, of: Option<&Symbol>, figures: &Figures) -> Self {
        let compared = match of {
            None => against.portfolio.as_ref().map_err(Clone::clone),
            Some(symbol) => match against.holdings.get(symbol) {
                Some(compared) => compared.as_ref().map_err(Clone::clone),
                None => Err(Reason::NotHeld),
            },
        };
        let name = |figure| FigureName::Benchmark { symbol: against.symbol.clone(), of: of.cloned(), figure };
        let money = |pick: fn(&Comparison) -> f64, figure| {
            FigureShown::float(compared.clone().map(pick), Unit::Money(figures.report.base), name(figure))
        };
        let rate = |pick: fn(&Comparison) -> Figure<f64>, figure| {
            FigureShown::rate(compared.clone().and_then(pick), name(figure))
        };
        let known = compared.as_ref().ok();
        Self {
            benchmark: against.symbol.clone(),
            benchmark_name: against.name.clone(),
            value: money(|with| with.value, BenchmarkFigure::Value),
            gain: money(|with| with.gain, BenchmarkFigure::Gain),
            gain_rate: rate(|with| with.gain_rate.clone(), BenchmarkFigure::GainRate),
            ahead_by: money(|with| with.ahead_by, BenchmarkFigure::AheadBy),
            xirr: rate(|with| headline(&with.xirr), BenchmarkFigure::Xirr),
            total_return: rate(|with| Ok(with.total_return), BenchmarkFigure::TotalReturn),
            annualised_return: rate(|with| with.annualised_return.clone(), BenchmarkFigure::AnnualisedReturn),
            paid_in: money(|with| with.paid_in, BenchmarkFigure::PaidIn),
            starts_late: known.and_then(|with| with.starts_late),
            note: known.and_then(|with| with.note).map(|note| note.to_string()),
        }
    }
}
