//! Derivations of worked and of random ledgers.

mod property;
mod worked;

use bellwether_domain::Symbol;

use super::*;
use crate::risk::{RiskReport, TradingDays};
use crate::{
    Benchmark, ContributionSource, Period, PortfolioSeries, PositionSeries, Report, Subject, performance,
};

/// The figure of a report that a name stands for.
pub(super) fn reported(
    derivations: &Derivations<'_>,
    report: &Report,
    name: &FigureName,
) -> crate::Figure<Number> {
    let exact = |figure: &crate::Figure<rust_decimal::Decimal>| figure.clone().map(Number::Exact);
    let float = |figure: &crate::Figure<f64>| figure.clone().map(Number::Float);
    let (totals, returns) = (&report.totals, &report.returns);
    match name {
        FigureName::Portfolio(figure) => match figure {
            PortfolioFigure::Value => exact(&totals.value),
            PortfolioFigure::HoldingsValue => exact(&totals.holdings_value),
            PortfolioFigure::Cash => exact(&totals.cash),
            PortfolioFigure::Cost => exact(&totals.cost),
            PortfolioFigure::CostBeforeFees => {
                let costs = derivations.books.positions().iter().map(|of| of.cost().before_fees().base);
                exact(&crate::figure::total(&costs.collect::<Vec<_>>()))
            }
            PortfolioFigure::RealisedBeforeFees => {
                let sales = derivations.books.positions().iter().flat_map(|of| &of.sales);
                exact(&crate::figure::total(&sales.map(crate::Sale::gain_before_fees).collect::<Vec<_>>()))
            }
            PortfolioFigure::Unrealised => exact(&totals.unrealised),
            PortfolioFigure::UnrealisedRate => float(&totals.unrealised_rate),
            PortfolioFigure::Realised => exact(&totals.realised),
            PortfolioFigure::RealisedThisYear => exact(&totals.realised_this_year),
            PortfolioFigure::Income => exact(&totals.income),
            PortfolioFigure::Income12Months => exact(&totals.income_12_months),
            PortfolioFigure::Charges => exact(&totals.charges),
            PortfolioFigure::Fees => exact(&totals.fees),
            PortfolioFigure::Taxes => exact(&totals.taxes),
            PortfolioFigure::CashCurrencyGain => exact(&totals.cash_currency_gain),
            PortfolioFigure::TotalGain => exact(&totals.total_gain),
            PortfolioFigure::Deposits => exact(&totals.deposits),
            PortfolioFigure::InferredDeposits => exact(&totals.inferred_deposits),
            PortfolioFigure::Withdrawals => exact(&totals.withdrawals),
            PortfolioFigure::NetDeposits => exact(&totals.net_deposits),
            PortfolioFigure::NetTransfers => exact(&totals.net_transfers),
            PortfolioFigure::DayChange => totals.day_change.clone().map(|day| Number::Exact(day.amount)),
            PortfolioFigure::DayReturn => {
                totals.day_change.clone().and_then(|day| day.rate).map(Number::Float)
            }
            PortfolioFigure::SimpleReturn => float(&returns.simple),
            PortfolioFigure::TimeWeighted => {
                returns.time_weighted.as_ref().map(|linked| Number::Float(linked.total)).map_err(Clone::clone)
            }
            PortfolioFigure::AnnualisedTimeWeighted => {
                let linked = returns.time_weighted.as_ref().map_err(Clone::clone);
                linked.and_then(|linked| linked.annualised.clone()).map(Number::Float)
            }
            PortfolioFigure::MaxDrawdown => {
                returns.max_drawdown.clone().map(|fall| Number::Float(fall.depth))
            }
            PortfolioFigure::Xirr => returns.xirr.clone().map(|rate| Number::Float(rate.headline())),
        },
        FigureName::Holding { symbol, figure } => {
            let holding = report.holding(symbol).expect("a holding");
            match figure {
                HoldingFigure::Quantity => Ok(Number::Exact(holding.quantity)),
                HoldingFigure::Price => holding.price.clone().map(|price| Number::Exact(price.price)),
                HoldingFigure::ExchangeRate => holding.exchange_rate.clone().map(|on| Number::Exact(on.rate)),
                HoldingFigure::Value => exact(&holding.value),
                HoldingFigure::Cost => exact(&holding.cost),
                HoldingFigure::CostBeforeFees => {
                    let position = derivations.books.position(symbol).expect("a position");
                    exact(&position.cost().before_fees().base)
                }
                HoldingFigure::RealisedBeforeFees => {
                    let position = derivations.books.position(symbol).expect("a position");
                    let gains: Vec<_> = position.sales.iter().map(crate::Sale::gain_before_fees).collect();
                    exact(&crate::figure::total(&gains))
                }
                HoldingFigure::UnitCost => exact(&holding.unit_cost),
                HoldingFigure::ListedCost => exact(&holding.listed_cost),
                HoldingFigure::Unrealised => exact(&holding.unrealised),
                HoldingFigure::UnrealisedRate => float(&holding.unrealised_rate),
                HoldingFigure::CurrencyEffect => exact(&holding.currency_effect),
                HoldingFigure::Realised => exact(&holding.realised),
                HoldingFigure::Income => exact(&holding.income),
                HoldingFigure::Charges => exact(&holding.charges),
                HoldingFigure::TotalGain => exact(&holding.total_gain),
                HoldingFigure::Weight => float(&holding.weight),
                HoldingFigure::DayChange => holding.day_change.clone().map(|day| Number::Exact(day.amount)),
                HoldingFigure::DayReturn => {
                    holding.day_change.clone().and_then(|day| day.rate).map(Number::Float)
                }
                HoldingFigure::TimeWeighted
                | HoldingFigure::AnnualisedTimeWeighted
                | HoldingFigure::MaxDrawdown => {
                    let position = derivations.books.position(symbol).expect("a position");
                    let series = PositionSeries::new(position, &derivations.books, derivations.market);
                    let linked = series.time_weighted?;
                    match figure {
                        HoldingFigure::TimeWeighted => Ok(linked.total),
                        HoldingFigure::AnnualisedTimeWeighted => linked.annualised,
                        _ => crate::max_drawdown(&linked.index).map(|fall| fall.depth),
                    }
                    .map(Number::Float)
                }
                HoldingFigure::Xirr => holding.xirr.clone().map(|rate| Number::Float(rate.headline())),
            }
        }
        FigureName::Cash { currency, figure } => {
            let cash = report.cash.iter().find(|cash| cash.currency == *currency).expect("cash");
            match figure {
                CashFigure::Balance => Ok(Number::Exact(cash.balance)),
                CashFigure::Value => exact(&cash.value),
                CashFigure::CurrencyGain => exact(&cash.currency_gain),
            }
        }
        _ => beyond(derivations, name),
    }
}

/// The same of what a report does not list.
fn beyond(derivations: &Derivations<'_>, name: &FigureName) -> crate::Figure<Number> {
    let (books, market) = (&derivations.books, derivations.market);
    match name {
        FigureName::Sale { symbol, transaction } => {
            let sales = books.position(symbol).expect("a position").sales.iter();
            let gains: Vec<_> =
                sales.filter(|sale| sale.transaction == *transaction).map(crate::Sale::gain).collect();
            exact_sum(&gains)
        }
        FigureName::Lot { symbol, opened_by, figure } => {
            assert_eq!(*figure, LotFigure::Cost, "the others are no function's result");
            let lots = books.position(symbol).expect("a position").lots.iter();
            let costs: Vec<_> =
                lots.filter(|lot| lot.transaction == *opened_by).map(|lot| lot.cost.base.clone()).collect();
            exact_sum(&costs)
        }
        FigureName::Benchmark { symbol, of, figure } => {
            let benchmark = Benchmark::new(symbol, market, books.options().base, books.as_of())?;
            let comparison = match of {
                Some(of) => benchmark.against_position(books.position(of).expect("a position"), market)?,
                None => benchmark.against_portfolio(books, &PortfolioSeries::new(books, market))?,
            };
            Ok(Number::Float(match figure {
                BenchmarkFigure::Value => comparison.value,
                BenchmarkFigure::Gain => comparison.gain,
                BenchmarkFigure::AheadBy => comparison.ahead_by,
                BenchmarkFigure::Xirr => comparison.xirr?.headline(),
            }))
        }
        FigureName::ValueOn { of, day } => {
            let value = match of {
                Some(of) => Subject::holding(&[books], of)?.value_on(*day, market),
                None => Subject::portfolio(books).value_on(*day, market),
            };
            value.map(Number::Exact)
        }
        FigureName::Period { of, period, figure } => {
            let subject = match of {
                Some(of) => Subject::holding(&[books], of)?,
                None => Subject::portfolio(books),
            };
            let performance = performance(&subject, market, *period);
            let exact = |figure: crate::Figure<rust_decimal::Decimal>| figure.map(Number::Exact);
            match figure {
                PeriodFigure::Opening => exact(performance.opening),
                PeriodFigure::Closing => exact(performance.closing),
                PeriodFigure::NetFlows => exact(performance.flows.net),
                PeriodFigure::Gain => exact(performance.gain),
                PeriodFigure::MoneyWeighted => {
                    performance.returns.money_weighted.map(|rate| Number::Float(rate.headline()))
                }
                PeriodFigure::ModifiedDietz => performance.returns.modified_dietz.map(Number::Float),
                PeriodFigure::Simple => performance.returns.simple.map(Number::Float),
                PeriodFigure::PaidIn => exact(performance.flows.paid_in),
                PeriodFigure::PaidOut => exact(performance.flows.paid_out),
                PeriodFigure::OnPurchases => performance.returns.on_purchases.map(Number::Float),
                PeriodFigure::TimeWeighted => {
                    performance.returns.time_weighted.map(|linked| Number::Float(linked.total))
                }
                PeriodFigure::AnnualisedTimeWeighted => {
                    performance.returns.time_weighted.and_then(|linked| linked.annualised).map(Number::Float)
                }
            }
        }
        FigureName::Contribution { source, period, figure } => {
            let series = PortfolioSeries::new(books, market);
            let all = crate::Contributions::new(books, market, &series, *period);
            let line = all.lines.iter().find(|line| line.source == *source).ok_or(crate::Reason::NotHeld)?;
            match figure {
                ContributionFigure::Gain => line.gain.clone().map(Number::Exact),
                ContributionFigure::TimeWeighted => line.time_weighted.clone().map(Number::Float),
                ContributionFigure::Simple => line.simple.clone().map(Number::Float),
            }
        }
        FigureName::Risk { of, period, basis, figure } => {
            let subject = match of {
                Some(of) => Subject::holding(&[books], of)?,
                None => Subject::portfolio(books),
            };
            let returns = performance(&subject, market, *period).returns.time_weighted?;
            let benchmark = basis.benchmark.as_ref();
            let benchmark = benchmark.map(|of| Benchmark::new(of, market, subject.base(), books.as_of()));
            let (benchmark, own) = (benchmark.transpose()?, crate::risk::trading_days(&subject, market));
            let days = benchmark.as_ref().map_or(TradingDays::On(&own), TradingDays::Of);
            figure.of(&RiskReport::new(&returns, days, basis.terms())?).map(Number::Float)
        }
        _ => unreachable!("a report has it"),
    }
}

fn exact_sum(parts: &[crate::Figure<rust_decimal::Decimal>]) -> crate::Figure<Number> {
    crate::figure::total(parts).map(Number::Exact)
}

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
    let known = contributions.chain(sales).chain(lots);
    known.chain(benchmarks).chain(periods).chain(values).chain(risks).collect()
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

pub(super) fn of(symbol: &Symbol, figure: HoldingFigure) -> FigureName {
    FigureName::Holding { symbol: symbol.clone(), figure }
}

pub(super) fn report(derivations: &Derivations<'_>) -> Report {
    let series = PortfolioSeries::new(&derivations.books, derivations.market);
    Report::new(&derivations.books, derivations.market, &series)
}
