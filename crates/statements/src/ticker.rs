//! Cells that hold ticker symbols.

use bellwether_domain::Symbol;

use crate::Reason;
use crate::verdict::shortened;

/// Reads a ticker; what a spreadsheet would run as a formula is none.
pub(crate) fn read_symbol(cell: &str) -> Result<Symbol, Reason> {
    if cell.starts_with(['=', '+', '@', '-']) {
        return Err(Reason::FormulaSymbol { text: shortened(cell) });
    }
    Ok(cell.parse()?)
}

/// Whether a cell says that there is no ticker. NA, NULL and NONE may be tickers.
pub(crate) fn is_no_ticker(cell: &str) -> bool {
    matches!(cell, "" | "-" | "--" | "—" | "–") || cell.eq_ignore_ascii_case("n/a")
}
