//! Rows that were not taken, told with line, column and reason.

use bellwether_tracker::RejectedRow;

/// One line per rejected row, to standard error.
pub(super) fn tell(rejected: &[RejectedRow]) {
    for row in rejected {
        let column = row.column.as_deref().map(|column| format!("{column}: ")).unwrap_or_default();
        eprintln!("  line {}: {column}{}", row.line, row.reason);
    }
}
