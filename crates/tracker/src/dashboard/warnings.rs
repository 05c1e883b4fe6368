//! What the reader should know about the figures, in sentences.

use bellwether_domain::Symbol;
use bellwether_portfolio::{LedgerError, PriceOrigin};
use bellwether_texts::Sentence;

use super::Figures;
use crate::prices_shown::PricesShown;
use crate::reasons::{fault, reason, several};
use crate::stored_market::StoredMarket;

/// The warnings of a dashboard, the gravest first.
pub(super) fn of(
    figures: Result<&Figures, &LedgerError>,
    market: &StoredMarket,
    prices: &PricesShown,
    is_past: bool,
) -> Vec<Sentence> {
    let figures = match figures {
        Ok(figures) => figures,
        Err(error) => return vec![Sentence::new("warnings.figures").with("reason", fault(error))],
    };
    let mut warnings = Vec::new();
    let report = &figures.report;
    if let Err(unknown) = &report.totals.value {
        warnings.push(Sentence::new("warnings.total").with("reason", reason(unknown)));
    }
    let booked: Vec<Symbol> = report
        .open_holdings()
        .filter(|holding| holding.price.as_ref().is_ok_and(|price| price.origin == PriceOrigin::Booked))
        .map(|holding| holding.symbol.clone())
        .collect();
    if !booked.is_empty() {
        warnings.push(about("warnings.booked", &booked));
    }
    let stale: Vec<Symbol> =
        prices.stale().filter(|symbol| !report.totals.unpriced.contains(symbol)).cloned().collect();
    if !is_past && !stale.is_empty() && stale.len() != booked.len() {
        warnings.push(about("warnings.stale", &stale));
    }
    let unfetched: Vec<Symbol> = report
        .open_holdings()
        .map(|holding| &holding.symbol)
        .filter(|symbol| market.lacks_history(symbol))
        .cloned()
        .collect();
    if !unfetched.is_empty() {
        warnings.push(about("warnings.unfetched", &unfetched));
    }
    for holding in report.open_holdings() {
        if let Some(since) = market.refused_since.get(&holding.symbol) {
            let refused = Sentence::new("warnings.refused").with("symbol", holding.symbol.as_str());
            warnings.push(refused.with("day", since.date_naive()));
        }
    }
    let inferred = figures.books.income().iter().filter(|income| income.transaction.is_none()).count();
    if inferred > 0 {
        warnings.push(Sentence::new("warnings.inferred_income").with("count", inferred));
    }
    if report.totals.inferred_deposits.as_ref().is_ok_and(|sum| !sum.is_zero()) {
        warnings.push(Sentence::new("warnings.inferred_deposits"));
    }
    for against in &figures.benchmarks {
        let unknown = market.instruments.get(&against.symbol).is_none_or(|known| known.currency.is_none());
        if let (Err(missing), false) = (&against.portfolio, unknown && figures.books.positions().is_empty()) {
            let comparison = Sentence::new("warnings.comparison").with("symbol", against.title());
            warnings.push(comparison.with("reason", reason(missing)));
        }
    }
    warnings
}

fn about(key: &'static str, symbols: &[Symbol]) -> Sentence {
    Sentence::new(key).with("symbols", several(symbols)).with("count", symbols.len())
}
