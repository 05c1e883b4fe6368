//! What the reader should know about the figures, in sentences.

use bellwether_domain::Symbol;
use bellwether_portfolio::{LedgerError, PriceOrigin};

use super::Figures;
use crate::prices_shown::PricesShown;
use crate::stored_market::StoredMarket;

/// The warnings of a dashboard, the gravest first.
pub(super) fn of(
    figures: Result<&Figures, &LedgerError>,
    market: &StoredMarket,
    prices: &PricesShown,
    is_past: bool,
) -> Vec<String> {
    let figures = match figures {
        Ok(figures) => figures,
        Err(error) => return vec![format!("The figures cannot be computed: {error}.")],
    };
    let mut warnings = Vec::new();
    let report = &figures.report;
    if let Err(reason) = &report.totals.value {
        warnings.push(format!("The total is not known: {reason}."));
    }
    let booked: Vec<Symbol> = report
        .open_holdings()
        .filter(|holding| holding.price.as_ref().is_ok_and(|price| price.origin == PriceOrigin::Booked))
        .map(|holding| holding.symbol.clone())
        .collect();
    if !booked.is_empty() {
        warnings
            .push(format!("{} valued at the price of the last booking, for want of a quote.", are(&booked)));
    }
    let stale: Vec<Symbol> =
        prices.stale().filter(|symbol| !report.totals.unpriced.contains(symbol)).cloned().collect();
    if !is_past && !stale.is_empty() && stale.len() != booked.len() {
        warnings.push(format!("{} shown with an old price; newer ones are asked for.", are(&stale)));
    }
    let unfetched: Vec<Symbol> = report
        .open_holdings()
        .map(|holding| &holding.symbol)
        .filter(|symbol| market.lacks_history(symbol))
        .cloned()
        .collect();
    if !unfetched.is_empty() {
        warnings.push(format!(
            "The history of {} is still to be fetched: splits and dividends since the purchases may be missing.",
            listed(&unfetched)
        ));
    }
    for holding in report.open_holdings() {
        if let Some(since) = market.refused_since.get(&holding.symbol) {
            warnings.push(format!(
                "What the source tells of {}'s past contradicts the stored prices by more than its splits explain, \
                 since {}. Its newer prices are not taken. If there was a split, import it.",
                holding.symbol,
                since.format("%-d %b %Y")
            ));
        }
    }
    let inferred = figures.books.income().iter().filter(|income| income.transaction.is_none()).count();
    if inferred > 0 {
        warnings.push(format!(
            "Income includes {} that the ledger does not record, inferred from what was held before the ex-date.",
            crate::import::counted(inferred, "dividend")
        ));
    }
    if report.totals.inferred_deposits.as_ref().is_ok_and(|sum| !sum.is_zero()) {
        warnings.push(
            "Deposits that the ledger does not record are inferred where purchases were not covered by cash."
                .to_owned(),
        );
    }
    for against in &figures.benchmarks {
        let unknown = market.instruments.get(&against.symbol).is_none_or(|known| known.currency.is_none());
        if let (Err(reason), false) = (&against.portfolio, unknown && figures.books.positions().is_empty()) {
            warnings.push(format!("The comparison with {} is not known: {reason}.", against.symbol));
        }
    }
    warnings
}

fn listed(symbols: &[Symbol]) -> String {
    symbols.iter().map(Symbol::as_str).collect::<Vec<_>>().join(", ")
}

fn are(symbols: &[Symbol]) -> String {
    format!("{} {}", listed(symbols), if symbols.len() == 1 { "is" } else { "are" })
}
