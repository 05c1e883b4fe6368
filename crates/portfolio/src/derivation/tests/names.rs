//! The names of all figures of a ledger.

use bellwether_domain::Symbol;

use super::*;
use crate::{ContributionSource, Period};

/// Figures that a report does not list.
pub(super) fn names_beyond(
    derivations: &Derivations<'_>,
    benchmark: &Symbol,
    period: Period,
) -> Vec<FigureName> {
    let positions = derivations.books.positions();
    let of = || std::iter::once(None).chain(positions.iter().map(|position| Some(position.symbol.clone())));
    let sales = positions.iter().flat_map(|of| {
        let named = |sale: &crate::Sale| FigureName::Sale {
            symbol: of.symbol.clone(),
            transaction: sale.transaction,
        };
        of.sales.iter().map(named)
    });
    let lots = positions.iter().flat_map(|of| {
        of.lots.iter().map(|lot| FigureName::Lot {
            symbol: of.symbol.clone(),
            opened_by: lot.transaction,
            figure: LotFigure::Cost,
        })
    });
    let benchmarks = of().flat_map(|of| {
        let name = move |figure: &BenchmarkFigure| FigureName::Benchmark {
            symbol: benchmark.clone(),
            of: of.clone(),
            figure: *figure,
        };
        BenchmarkFigure::ALL.iter().map(name)
    });
    let periods = of().flat_map(move |of| {
        let name =
            move |figure: &PeriodFigure| FigureName::Period { of: of.clone(), period, figure: *figure };
        PeriodFigure::ALL.iter().map(name)
    });
    let values = of().map(|of| FigureName::ValueOn { of, day: period.from });
    let basis = |benchmark: Option<&Symbol>| RiskBasis {
        benchmark: benchmark.cloned(),
        risk_free: rust_decimal::Decimal::new(2, 2),
        minimum_acceptable: benchmark.map(|_| rust_decimal::Decimal::new(5, 2)),
    };
    let risks = of().flat_map(move |of| {
        [None, Some(benchmark)].into_iter().flat_map(move |benchmark| {
            let of = of.clone();
            let name = move |figure: &RiskFigure| FigureName::Risk {
                of: of.clone(),
                period,
                basis: basis(benchmark),
                figure: *figure,
            };
            RiskFigure::ALL.iter().map(name)
        })
    });
    let books = &derivations.books;
    let sources = positions.iter().map(|position| ContributionSource::Holding(position.symbol.clone()));
    let cash = books.cash().balances.iter().map(|cash| ContributionSource::CashCurrency(cash.currency));
    let sources = sources.chain(cash).chain([ContributionSource::Interest, ContributionSource::Charges]);
    let contributions = sources.flat_map(move |source| {
        let name = move |figure: &ContributionFigure| FigureName::Contribution {
            source: source.clone(),
            period,
            figure: *figure,
        };
        ContributionFigure::ALL.iter().map(name)
    });
    let dividends = positions.iter().flat_map(|of| names_of_dividends(&of.symbol));
    let dividends =
        dividends.chain(PortfolioYieldFigure::ALL.iter().copied().map(FigureName::PortfolioYield));
    let mut all: Vec<FigureName> = contributions.chain(dividends).chain(sales).chain(lots).collect();
    all.extend(benchmarks.chain(periods).chain(values).chain(risks));
    all.extend(super::decisions::names(derivations, benchmark));
    all.extend(super::allocation::names(derivations));
    all.extend(super::calendar::names(derivations, benchmark, period));
    all.extend(super::gains::names(derivations, period));
    all
}

/// All figures of a report.
pub(super) fn names(report: &Report) -> Vec<FigureName> {
    let portfolio = PortfolioFigure::ALL.iter().map(|figure| FigureName::Portfolio(*figure));
    let holdings = report.holdings.iter().flat_map(|holding| {
        HoldingFigure::ALL
            .iter()
            .map(|figure| FigureName::Holding { symbol: holding.symbol.clone(), figure: *figure })
    });
    let cash = report.cash.iter().flat_map(|cash| {
        CashFigure::ALL.iter().map(|figure| FigureName::Cash { currency: cash.currency, figure: *figure })
    });
    portfolio.chain(holdings).chain(cash).collect()
}

/// The figures of dividends.
fn names_of_dividends(symbol: &Symbol) -> Vec<FigureName> {
    let yields =
        YieldFigure::ALL.iter().map(|of| FigureName::DividendYield { symbol: symbol.clone(), figure: *of });
    let years = [2023, 2024].into_iter().flat_map(|year| {
        let name = move |figure: &DividendYearFigure| FigureName::DividendYear {
            symbol: symbol.clone(),
            year,
            figure: *figure,
        };
        DividendYearFigure::ALL.iter().map(name)
    });
    yields.chain(years).chain([FigureName::DividendGrowth { symbol: symbol.clone() }]).collect()
}
