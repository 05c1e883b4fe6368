//! The rows of a draft on a page: what each would become, and what can be corrected.

use bellwether_domain::TransactionDraft;
use bellwether_tracker::{Correction, Draft, Preview, PreviewRow, RowStatus};
use serde::Serialize;

use super::{Seen, place_of};
use crate::web::api::imports::status_of;
use crate::web::problem::Problem;
use crate::web::view::page::Page;

/// Rows on a page.
const ROWS: usize = 50;

#[derive(Serialize)]
pub(super) struct RowsPage {
    page: Page,
    problem: Option<String>,
    notice: Option<&'static str>,
    address: String,
    file: String,
    format: String,
    confidence: u8,
    remembered: bool,
    mapped: bool,
    transactions: usize,
    notes: Vec<String>,
    statuses: Vec<StatusLink>,
    asked: Vec<Asked>,
    header: Vec<String>,
    rows: Vec<RowLine>,
    status: String,
    from: usize,
    first: usize,
    last: usize,
    total: usize,
    previous: Option<usize>,
    next: Option<usize>,
    rejects: Option<String>,
    reconciliation: Option<String>,
}

#[derive(Serialize)]
struct StatusLink {
    word: &'static str,
    name: &'static str,
    count: usize,
    here: bool,
}

#[derive(Serialize)]
struct Asked {
    instrument: String,
    known_as: String,
    rows: usize,
}

#[derive(Serialize)]
struct RowLine {
    place: usize,
    line: usize,
    status: &'static str,
    name: &'static str,
    cells: Vec<Cell>,
    text: String,
    reasons: Vec<String>,
    becomes: Vec<String>,
    corrected: bool,
    may_be_left_out: bool,
}

#[derive(Serialize)]
struct Cell {
    number: usize,
    name: String,
    text: String,
}

fn name_of(status: RowStatus) -> &'static str {
    match status {
        RowStatus::New => "new",
        RowStatus::Duplicate => "known already",
        RowStatus::Attention => "needs attention",
        RowStatus::Error => "cannot be used",
        RowStatus::Ignored => "no transaction",
    }
}

/// A transaction in a line.
pub(super) fn in_words(draft: &TransactionDraft) -> String {
    let mut words = vec![draft.date.to_string(), draft.kind.to_string()];
    words.extend(draft.quantity.map(|quantity| quantity.normalize().to_string()));
    words.extend(draft.symbol.as_ref().map(ToString::to_string));
    words.extend(draft.other_symbol.as_ref().map(|symbol| format!("into {symbol}")));
    words.extend(draft.ratio.map(|ratio| format!("{}:{}", ratio.new.normalize(), ratio.old.normalize())));
    words.extend(draft.price.map(|price| format!("at {price}")));
    words.extend(draft.amount.map(|amount| format!("of {amount}")));
    words.extend(draft.fee.map(|fee| format!("fee {fee}")));
    words.extend(draft.tax.map(|tax| format!("tax {tax}")));
    words.push(draft.currency.to_string());
    words.join(" ")
}

impl RowLine {
    fn of(row: PreviewRow, header: &[String], correction: Option<&Correction>) -> Self {
        let text = row.cells.join(" | ");
        let cells = header.iter().enumerate().map(|(number, name)| Cell {
            number,
            name: if name.is_empty() { format!("Column {}", number + 1) } else { name.clone() },
            text: row.cells.get(number).cloned().unwrap_or_default(),
        });
        Self {
            place: row.place,
            line: row.line,
            status: row.status.as_str(),
            name: name_of(row.status),
            cells: cells.collect(),
            text,
            reasons: row
                .reasons
                .into_iter()
                .map(|why| match why.column {
                    Some(column) => format!("{column}: {}", why.reason),
                    None => why.reason,
                })
                .collect(),
            becomes: row.transactions.iter().map(in_words).collect(),
            corrected: correction.is_some(),
            may_be_left_out: correction != Some(&Correction::LeaveOut) && row.status != RowStatus::Ignored,
        }
    }
}

impl RowsPage {
    pub(super) fn of(
        page: Page,
        draft: &Draft,
        preview: &Preview,
        seen: &Seen,
        problem: Option<String>,
    ) -> Result<Self, Problem> {
        let status = status_of(seen.status.as_deref().filter(|word| !word.is_empty()))?;
        let mut rows = preview.rows(status, seen.from.unwrap_or(0), ROWS + 1);
        let next = rows.get(ROWS).map(|row| row.place);
        rows.truncate(ROWS);
        let first = rows.first().map_or(0, |row| preview.rows_before(status, row.place));
        let previous = (first > 0)
            .then(|| preview.place_of(status, first.saturating_sub(ROWS)))
            .map(Option::unwrap_or_default);
        let counts = &preview.counts;
        let all: usize = RowStatus::ALL.iter().map(|status| counts.of(*status)).sum();
        let links = RowStatus::ALL.into_iter().map(|of| StatusLink {
            word: of.as_str(),
            name: name_of(of),
            count: counts.of(of),
            here: status == Some(of),
        });
        let everything = StatusLink { word: "", name: "all rows", count: all, here: status.is_none() };
        let address = place_of(draft.portfolio, draft.id);
        Ok(Self {
            page,
            problem,
            notice: match seen.said.as_deref() {
                Some("nothing-new") => {
                    Some("There is nothing new in the file that can be used. Nothing was changed.")
                }
                _ => None,
            },
            file: draft.file_name.clone(),
            format: preview.format(),
            confidence: preview.confidence(),
            remembered: draft.choices.remembered,
            mapped: draft.choices.mapping.is_some(),
            transactions: preview.transactions,
            notes: preview.notes.clone(),
            statuses: std::iter::once(everything).chain(links).collect(),
            asked: preview
                .asked
                .iter()
                .map(|asked| Asked {
                    instrument: asked.instrument.clone(),
                    known_as: asked.known_as.clone(),
                    rows: asked.rows,
                })
                .collect(),
            header: preview.header().to_vec(),
            first: first + usize::from(!rows.is_empty()),
            last: first + rows.len(),
            total: status.map_or(all, |status| counts.of(status)),
            rows: rows
                .into_iter()
                .map(|row| {
                    let correction = draft.choices.corrections.get(&row.place);
                    RowLine::of(row, preview.header(), correction)
                })
                .collect(),
            status: status.map(RowStatus::as_str).unwrap_or_default().to_owned(),
            from: seen.from.unwrap_or(0),
            previous,
            next,
            rejects: (counts.error > 0)
                .then(|| format!("/api/v1/portfolios/{}/imports/{}/rejects.csv", draft.portfolio, draft.id)),
            reconciliation: preview.can_be_reconciled().then(|| format!("{address}/reconciliation")),
            address,
        })
    }
}
