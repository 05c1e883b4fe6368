//! What leaves as tables: transactions and cash flows, for spreadsheets and for other programs.

mod restored;

use bellwether_domain::{LotChoice, Portfolio, PortfolioId, Symbol, TransactionDraft};
use bellwether_portfolio::{
    Books, CashEntry, CashKind, Figure, HoldingPeriod, IncomeSums, LedgerError, Options, RealisedLot,
    RealisedSums, TaxYearReport, Term,
};
use bellwether_storage::StorageError;
use bellwether_storage::ledger::LedgerEntry;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use self::restored::{ONE_AT_A_TIME, Restored};
use crate::compute::replay;
use crate::jobs::{tax_year_csv, year_of};
use crate::{Tracker, TrackerError};

/// Rows in a piece of a table.
const ROWS_IN_PIECE: usize = 1_000;

/// The columns of the plain form, so that the table can be imported, and what that form does not know.
const TRANSACTIONS: &str = "Ticker,Type,Date,Price,Shares,Amount,Fee,Tax,Ratio,Other symbol,Cost share,Cash in lieu,\
                            Acquired,Currency,Account,Note,Booked at rate,Chosen lots\r\n";
const CASH_FLOWS: &str = "Date,Kind,Ticker,Amount,Currency,Balance,Inferred,Transaction\r\n";

/// A text that a spreadsheet takes for nothing but text. Texts that look guarded already are guarded once more, so that
/// taking one apostrophe away gives every text back.
pub(crate) fn text_cell(text: &str) -> String {
    let guarded = match text.trim_start_matches('\'').chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{text}"),
        _ => text.to_owned(),
    };
    if guarded.contains([',', ';', '"', '\n', '\r', '\t']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

fn number(value: Option<Decimal>) -> String {
    value.map(|value| value.normalize().to_string()).unwrap_or_default()
}

/// A row says of price and amount what was told when the transaction was entered, which its fingerprint knows: so it is
/// known again when it is imported.
fn transaction_row(entry: &LedgerEntry) -> String {
    let transaction = &entry.transaction;
    let mut draft = TransactionDraft::of(transaction);
    let told: Vec<&str> = entry.fingerprint.split('|').collect();
    if let [_, _, _, _, price, amount, ..] = told[..] {
        let is_told = |field: &str| !field.is_empty();
        if draft.price.is_some() && !is_told(price) && is_told(amount) {
            draft.price = None;
            draft.amount = amount.parse().ok().or(draft.amount);
        } else if draft.price.is_some() && is_told(price) && !is_told(amount) {
            draft.amount = None;
        }
    }
    let symbol = |symbol: &Option<Symbol>| {
        symbol.as_ref().map(|symbol| text_cell(symbol.as_str())).unwrap_or_default()
    };
    let ratio = draft.ratio.map(|ratio| format!("{}:{}", ratio.new.normalize(), ratio.old.normalize()));
    let lot = |lot: &LotChoice| format!("{}:{}", lot.opened_by, lot.quantity);
    let lots: Vec<String> = draft.lots.iter().map(lot).collect();
    let cells = [
        symbol(&draft.symbol),
        draft.kind.to_string(),
        draft.date.to_string(),
        number(draft.price),
        number(draft.quantity),
        number(draft.amount),
        number(draft.fee),
        number(draft.tax),
        ratio.unwrap_or_default(),
        symbol(&draft.other_symbol),
        number(draft.cost_share),
        number(draft.cash_in_lieu),
        draft.acquired.map(|day| day.to_string()).unwrap_or_default(),
        draft.currency.to_string(),
        text_cell(&draft.account),
        text_cell(&draft.note),
        number(draft.fx_rate),
        lots.join(" "),
    ];
    cells.join(",") + "\r\n"
}

fn kind_of(kind: CashKind) -> &'static str {
    match kind {
        CashKind::Deposit => "deposit",
        CashKind::Withdrawal => "withdrawal",
        CashKind::Purchase => "purchase",
        CashKind::Sale => "sale",
        CashKind::Dividend => "dividend",
        CashKind::Interest => "interest",
        CashKind::Fee => "fee",
        CashKind::Tax => "tax",
        CashKind::Exchange => "exchange",
    }
}

fn cash_row(entry: &CashEntry) -> String {
    let cells = [
        entry.date.to_string(),
        kind_of(entry.kind).to_owned(),
        entry.symbol.as_ref().map(|symbol| text_cell(symbol.as_str())).unwrap_or_default(),
        entry.amount.normalize().to_string(),
        entry.currency.to_string(),
        entry.balance.normalize().to_string(),
        if entry.inferred { "yes" } else { "no" }.to_owned(),
        entry.transaction.map(|id| id.to_string()).unwrap_or_default(),
    ];
    cells.join(",") + "\r\n"
}

/// A head and rows, in pieces.
fn pieces<T>(head: &str, rows: &[T], row: impl Fn(&T) -> String) -> Vec<String> {
    let mut pieces = vec![head.to_owned()];
    pieces.extend(rows.chunks(ROWS_IN_PIECE).map(|rows| rows.iter().map(&row).collect()));
    pieces
}

/// An object of figures: amounts as exact text, one that is not known as null, with its reason in `unknown`.
fn figures(told: &[(&str, &Figure<Decimal>)]) -> Map<String, Value> {
    let mut unknown = Map::new();
    let mut object = Map::new();
    for (name, figure) in told {
        let value = match figure {
            Ok(amount) => json!(amount.normalize().to_string()),
            Err(reason) => {
                unknown.insert((*name).to_owned(), json!(reason.to_string()));
                Value::Null
            }
        };
        object.insert((*name).to_owned(), value);
    }
    object.insert("unknown".to_owned(), Value::Object(unknown));
    object
}

fn with(mut object: Map<String, Value>, more: Value) -> Value {
    if let Value::Object(more) = more {
        object.extend(more);
    }
    Value::Object(object)
}

fn sums(sums: &RealisedSums) -> Value {
    let told = [
        ("proceeds", &sums.proceeds),
        ("cost", &sums.cost),
        ("gain", &sums.gain),
        ("gains", &sums.gains),
        ("losses", &sums.losses),
        ("fees", &sums.fees),
        ("taxes", &sums.taxes),
    ];
    with(figures(&told), json!({ "lots": sums.lots }))
}

fn lot(lot: &RealisedLot) -> Value {
    let told = [
        ("proceeds", &lot.proceeds),
        ("cost", &lot.cost),
        ("gain", &lot.gain),
        ("fees", &lot.fees),
        ("taxes", &lot.taxes),
    ];
    let facts = json!({
        "symbol": lot.symbol,
        "acquired": lot.acquired,
        "sold": lot.sold,
        "quantity": lot.quantity.normalize().to_string(),
        "days_held": lot.days_held,
        "term": if lot.term == Term::Long { "long" } else { "short" },
        "opened_by": lot.opened_by,
        "closed_by": lot.closed_by,
    });
    with(figures(&told), facts)
}

fn income(income: &IncomeSums) -> Value {
    let told = [("dividends", &income.dividends), ("interest", &income.interest)];
    Value::Object(figures(&told))
}

impl Tracker {
    async fn books_of(&self, portfolio: &Portfolio, until: NaiveDate) -> Result<Books, TrackerError> {
        let transactions = self.ledger(portfolio.id).await?;
        let market = self.stored_market(portfolio, &transactions, &[], until).await?;
        let options = Options::of(portfolio);
        let replayed = self.compute(move || replay(&transactions, &market.market, options, until)).await;
        replayed.map_err(|fault: LedgerError| {
            TrackerError::conflict(format!("The ledger contradicts itself: {fault}."))
        })
    }

    /// All that the user entered, as one JSON document that restores exactly.
    ///
    /// # Errors
    /// The database's.
    pub async fn export(&self) -> Result<Vec<u8>, TrackerError> {
        // Somebody who never looked at their rules has the first ones.
        self.notification_rules().await?;
        Ok(self.storage().export_user(self.user()).await?)
    }

    /// Puts an export back, for a user who has nothing yet: all of it or nothing. What could not be entered here is not
    /// restored either.
    ///
    /// # Errors
    /// [`TrackerError::Refused`] with what is wrong with it, [`TrackerError::Conflict`] when what it tells of is there, or
    /// another one is being put back.
    pub async fn restore_export(&self, document: Vec<u8>) -> Result<(), TrackerError> {
        let Ok(_turn) = ONE_AT_A_TIME.try_acquire() else {
            let words = "Another export is being restored. Try again in a moment.";
            return Err(TrackerError::conflict(words));
        };
        // They are not made again beside those of the export.
        self.notification_rules().await?;
        let today = self.today();
        // Clocks differ by a day at most.
        let latest = today.succ_opt().unwrap_or(today);
        let restored = Restored { user: self.user(), is_owner: self.is_owners(), latest };
        let check = move |connection: &mut _| restored.check(connection);
        let done = self.storage().restore_user(self.user(), document, check).await;
        done.map_err(|error| match error {
            StorageError::Refused(words) => TrackerError::refused(words),
            error @ StorageError::Corrupt { .. } => TrackerError::refused(format!("The export is wrong: {error}.")),
            StorageError::NotFound => {
                TrackerError::refused("The export tells of something that it does not have.".to_owned())
            }
            StorageError::Duplicate => TrackerError::conflict(
                "What the export tells of is there already, with somebody else too. Restore it into an installation \
                 where it is not."
                    .to_owned(),
            ),
            error => error.into(),
        })?;
        for portfolio in self.portfolios().await? {
            self.ledger_changed(portfolio.id).await;
        }
        Ok(())
    }

    /// A portfolio's transactions as CSV, in pieces: the plain form with more columns, which can be imported again.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio.
    pub async fn transactions_csv(&self, id: PortfolioId) -> Result<Vec<String>, TrackerError> {
        self.portfolio(id).await?;
        let entries = self.storage().ledger_entries(self.user(), id).await?;
        Ok(self.compute(move || pieces(TRANSACTIONS, &entries, transaction_row)).await)
    }

    /// Every movement of a portfolio's cash as CSV, in pieces, those marked that are inferred.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio, [`TrackerError::Conflict`] when its ledger contradicts
    /// itself.
    pub async fn cash_flows_csv(&self, id: PortfolioId) -> Result<Vec<String>, TrackerError> {
        let portfolio = self.portfolio(id).await?;
        let books = self.books_of(&portfolio, self.today()).await?;
        Ok(self.compute(move || pieces(CASH_FLOWS, &books.cash().entries, cash_row)).await)
    }

    /// The lots that a portfolio closed in a calendar year, with their gains, as CSV.
    ///
    /// # Errors
    /// As [`cash_flows_csv`](Self::cash_flows_csv), and [`TrackerError::Refused`] for no year.
    pub async fn tax_year_csv(&self, id: PortfolioId, year: i32) -> Result<String, TrackerError> {
        let until = year_of(year)?.to.min(self.today());
        let portfolio = self.portfolio(id).await?;
        let books = self.books_of(&portfolio, until).await?;
        self.compute(move || tax_year_csv(&books, year)).await
    }

    /// The gains by lot and the income of a calendar year, as JSON.
    ///
    /// # Errors
    /// As [`tax_year_csv`](Self::tax_year_csv).
    pub async fn tax_year(&self, id: PortfolioId, year: i32) -> Result<Value, TrackerError> {
        let span = year_of(year)?;
        let portfolio = self.portfolio(id).await?;
        let books = self.books_of(&portfolio, span.to.min(self.today())).await?;
        let make = move || {
            let report = TaxYearReport::new(&[&books], span, HoldingPeriod::MoreThanAYear)?;
            Ok(json!({
                "portfolio": portfolio.id,
                "year": year,
                "until": report.until,
                "currency": portfolio.base_currency,
                "lots": report.lots.iter().map(lot).collect::<Vec<_>>(),
                "realised": sums(&report.realised),
                "short_term": sums(&report.short_term),
                "long_term": sums(&report.long_term),
                "income": income(&report.income),
                "taxes": figures(&[("amount", &report.taxes)]),
            }))
        };
        self.compute(make).await.map_err(|reason: bellwether_portfolio::Reason| {
            TrackerError::refused(format!("There is no such report: {reason}."))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_nothing_but_text_for_a_spreadsheet() {
        let cells = ["KO", "=1+1", "+1", "-1", "@sum", "\t=1", "\r=1", "a,b", "say \"no\""].map(text_cell);
        assert_eq!(
            cells,
            ["KO", "'=1+1", "'+1", "'-1", "'@sum", "\"'\t=1\"", "\"'\r=1\"", "\"a,b\"", "\"say \"\"no\"\"\""]
        );
        assert_eq!(["'=1", "''-1", "'tis", ""].map(text_cell), ["''=1", "'''-1", "'tis", ""]);
    }
}
