//! What the library computes, for every name of a figure.

use bellwether_domain::Symbol;

use super::*;
use crate::risk::{RiskReport, TradingDays};
use crate::{Benchmark, PositionSeries, Report, Subject, performance};

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
                // By holding, as all realised gains: rounded sums depend on how they are grouped.
                let of_holding = |of: &crate::Position| {
                    crate::figure::total(
                        &of.sales.iter().map(crate::Sale::gain_before_fees).collect::<Vec<_>>(),
                    )
                };
                let gains: Vec<_> = derivations.books.positions().iter().map(of_holding).collect();
                exact(&crate::figure::total(&gains))
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
                BenchmarkFigure::AheadRate => comparison.ahead_rate()?,
                BenchmarkFigure::NetInvested => comparison.net_invested,
                BenchmarkFigure::PaidIn => comparison.paid_in,
                BenchmarkFigure::GainRate => comparison.gain_rate?,
                BenchmarkFigure::Units => comparison.units,
                BenchmarkFigure::TotalReturn => comparison.total_return,
                BenchmarkFigure::AnnualisedReturn => comparison.annualised_return?,
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
        FigureName::DividendYield { symbol, figure } => {
            let known = crate::DividendYield::of(books.position(symbol).expect("a position"), books, market);
            match figure {
                YieldFigure::PerUnit => known.per_unit.map(Number::Exact),
                YieldFigure::SpecialPerUnit => known.special_per_unit.map(Number::Exact),
                YieldFigure::Trailing => known.trailing.map(Number::Float),
                YieldFigure::Regular => known.regular.map(Number::Float),
                YieldFigure::OnCost => known.on_cost.map(Number::Float),
            }
        }
        FigureName::PortfolioYield(figure) => {
            let known = crate::PortfolioYield::of(books, market);
            match figure {
                PortfolioYieldFigure::Dividends => known.dividends.map(Number::Exact),
                PortfolioYieldFigure::Trailing => known.trailing.map(Number::Float),
                PortfolioYieldFigure::OnCost => known.on_cost.map(Number::Float),
            }
        }
        FigureName::DividendGrowth { symbol } => growth(derivations, symbol)?.annual.map(Number::Float),
        FigureName::DividendYear { symbol, year, figure } => {
            let growth = growth(derivations, symbol)?;
            let of = growth.years.into_iter().find(|of| of.year == *year);
            let of = of.ok_or(crate::Reason::NoDividends)?;
            match figure {
                DividendYearFigure::Regular => of.regular.map(Number::Exact),
                DividendYearFigure::Special => of.special.map(Number::Exact),
                DividendYearFigure::Growth => of.growth.map(Number::Float),
            }
        }
        FigureName::Purchase { .. }
        | FigureName::SaleEffect { .. }
        | FigureName::AgainstBenchmark { .. }
        | FigureName::Decisions { .. }
        | FigureName::Multiple { .. }
        | FigureName::AgeGroup { .. } => super::decisions::known(derivations, name),
        FigureName::Allocation { .. } | FigureName::Drift { .. } | FigureName::Rebalancing { .. } => {
            super::allocation::known(derivations, name)
        }
        FigureName::CapitalGains { .. }
        | FigureName::GainPart { .. }
        | FigureName::TaxYear { .. }
        | FigureName::TaxYearIncome { .. } => super::gains::known(derivations, name),
        FigureName::CalendarReturn { .. }
        | FigureName::CalendarReturns { .. }
        | FigureName::RollingReturn { .. }
        | FigureName::BenchmarkReturn { .. } => super::calendar::known(derivations, name),
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

fn growth(derivations: &Derivations<'_>, symbol: &Symbol) -> crate::Figure<crate::DividendGrowth> {
    let books = &derivations.books;
    let position = books.position(symbol).expect("a position");
    let history = crate::DividendHistory::of_position(position, derivations.market, books.as_of())?;
    crate::DividendGrowth::of(&history)
}

fn exact_sum(parts: &[crate::Figure<rust_decimal::Decimal>]) -> crate::Figure<Number> {
    crate::figure::total(parts).map(Number::Exact)
}
