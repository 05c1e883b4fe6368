//! Derivations of worked and of random ledgers.

mod property;
mod worked;

use bellwether_domain::Symbol;

use super::*;
use crate::{PortfolioSeries, Report};

/// The figure of a report that a name stands for.
pub(super) fn reported(report: &Report, name: &FigureName) -> crate::Figure<Number> {
    let exact = |figure: &crate::Figure<rust_decimal::Decimal>| figure.clone().map(Number::Exact);
    let float = |figure: &crate::Figure<f64>| figure.clone().map(Number::Float);
    let (totals, returns) = (&report.totals, &report.returns);
    match name {
        FigureName::Portfolio(figure) => match figure {
            PortfolioFigure::Value => exact(&totals.value),
            PortfolioFigure::HoldingsValue => exact(&totals.holdings_value),
            PortfolioFigure::Cash => exact(&totals.cash),
            PortfolioFigure::Cost => exact(&totals.cost),
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
        FigureName::Sale(_) => unreachable!("a report lists no sales"),
    }
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
