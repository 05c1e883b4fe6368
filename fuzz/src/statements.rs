//! What every file of a broker is promised: it is read or refused, alike each time, and what is taken for a transaction
//! is one.

use bellwether_domain::{Currency, TransactionId};
use bellwether_statements::{ReadOptions, StatementFormat, number_twins, read_transactions};
use uuid::Uuid;

/// Reads bytes as a file of one form.
///
/// # Panics
/// When a promise is broken.
pub fn statement(format: StatementFormat, input: &[u8]) {
    let today = "2026-11-20".parse().expect("a day");
    let mut options = ReadOptions { format: Some(format), ..ReadOptions::new(Currency::EUR, today) };
    options.symbols.insert("US0378331005".to_owned(), "AAPL".parse().expect("a symbol"));
    let Ok(statement) = read_transactions(input, &options) else { return };
    let id = TransactionId::from_uuid(Uuid::nil());
    for (row, draft) in statement.transactions() {
        draft.check(id, 0, today).unwrap_or_else(|error| panic!("line {}: {error}: {draft:?}", row.line));
    }
    for (row, problems) in statement.rejected() {
        assert!(!problems.is_empty(), "line {} is rejected without a reason", row.line);
    }
    let again = read_transactions(input, &options).expect("it was read before");
    assert_eq!(statement, again);
    let mut fingerprints: Vec<String> = number_twins(&statement.rows).into_iter().flatten().collect();
    let all = fingerprints.len();
    fingerprints.sort_unstable();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), all, "two transactions have one fingerprint");
}
