//! The rows of a draft on a page: what each would become, what would change in all, and what can be corrected.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_domain::{TransactionDraft, TransactionKind};
use bellwether_texts::{Locale, Sentence, Value};
use bellwether_tracker::{
    Correction, Draft, Preview, PreviewReason, PreviewRow, RowStatus, StatementFormat, kind_words,
};
use serde::Serialize;

use super::{Seen, place_of};
use crate::web::api::imports::status_of;
use crate::web::problem::Problem;
use crate::web::view::page::Page;
use crate::web::view::refusal::Said;

/// Rows on a page.
const ROWS: usize = 50;

#[derive(Serialize)]
pub(super) struct RowsPage {
    page: Page,
    problem: Option<Said>,
    notice: Option<String>,
    address: String,
    file: String,
    read_as: String,
    mapped: bool,
    transactions: usize,
    commit: String,
    changes: Vec<Fact>,
    notes: Vec<String>,
    statuses: Vec<StatusLink>,
    asked: Vec<Asked>,
    rows: Vec<RowLine>,
    status: String,
    from: usize,
    shown: String,
    previous: Option<usize>,
    next: Option<usize>,
    rejects: Option<String>,
    reconciliation: Option<String>,
}

/// What would change in all.
#[derive(Serialize)]
struct Fact {
    name: String,
    words: String,
}

#[derive(Serialize)]
struct StatusLink {
    word: &'static str,
    name: String,
    count: String,
    here: bool,
}

#[derive(Serialize)]
struct Asked {
    instrument: String,
    known_as: String,
    rows: String,
    typed: String,
}

#[derive(Serialize)]
struct RowLine {
    place: usize,
    line: String,
    status: &'static str,
    name: String,
    cells: Vec<Cell>,
    text: String,
    reasons: Vec<String>,
    becomes: Vec<Becomes>,
    corrected: bool,
    may_be_left_out: bool,
}

/// A transaction in a line.
#[derive(Serialize)]
pub(super) struct Becomes {
    day: String,
    words: String,
    amounts: String,
}

#[derive(Serialize)]
struct Cell {
    number: usize,
    name: String,
    text: String,
    /// What is wrong with it.
    faults: Vec<String>,
}

fn name_of(status: RowStatus) -> &'static str {
    match status {
        RowStatus::New => "imports.status.new",
        RowStatus::Duplicate => "imports.status.known",
        RowStatus::Attention => "imports.status.attention",
        RowStatus::Error => "imports.status.error",
        RowStatus::Ignored => "imports.status.ignored",
    }
}

/// The form of a file in the words of a locale; a broker's name is the same in all.
pub(in crate::web) fn form_words(form: StatementFormat, locale: Locale) -> String {
    match form {
        StatementFormat::PlainTransactions => locale.text("imports.form.transactions"),
        StatementFormat::PlainDividends => locale.text("imports.form.dividends"),
        StatementFormat::Mapped => locale.text("imports.form.mapped"),
        broker => broker.to_string(),
    }
}

/// A word as the beginning of a line.
pub(in crate::web) fn capital(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters.as_str().chars()).collect()
}

impl Becomes {
    pub(super) fn of(draft: &TransactionDraft, locale: Locale) -> Self {
        let mut words = vec![capital(&locale.say(&kind_words(draft.kind)))];
        words.extend(draft.quantity.map(|quantity| locale.quantity(quantity)));
        words.extend(draft.symbol.as_ref().map(ToString::to_string));
        words.extend(draft.other_symbol.as_ref().map(|symbol| format!("→ {symbol}")));
        words.extend(draft.ratio.map(|ratio| format!("{}:{}", ratio.new.normalize(), ratio.old.normalize())));
        let amount = |key, amount| {
            locale.say(&Sentence::new(key).with("amount", Value::Money(amount, draft.currency)))
        };
        let amounts = [
            draft.price.map(|price| {
                let price = format!("{} {}", locale.price(price, draft.currency), draft.currency);
                locale.say(&Sentence::new("imports.at_price").with("price", price))
            }),
            draft.amount.map(|total| locale.money(total, draft.currency)),
            draft.fee.map(|fee| amount("imports.with_fee", fee)),
            draft.tax.map(|tax| amount("imports.with_tax", tax)),
        ];
        Self {
            day: locale.day(draft.date),
            words: words.join(" "),
            amounts: amounts.into_iter().flatten().collect::<Vec<_>>().join(", "),
        }
    }
}

fn reason_words(why: &PreviewReason, locale: Locale) -> String {
    let words = locale.say(&why.said);
    match &why.column {
        Some(column) => format!("{column}: {words}"),
        None => capital(&words),
    }
}

impl RowLine {
    fn of(row: &PreviewRow, header: &[String], correction: Option<&Correction>, locale: Locale) -> Self {
        let text = row.cells.join(" · ");
        let faults = |name: &str| {
            let of = row.reasons.iter().filter(|why| why.column.as_deref() == Some(name));
            of.map(|why| capital(&locale.say(&why.said))).collect()
        };
        let cells = header.iter().enumerate().map(|(number, name)| Cell {
            number,
            name: if name.is_empty() {
                locale.say(&Sentence::new("imports.column_number").with("number", (number + 1).to_string()))
            } else {
                name.clone()
            },
            text: row.cells.get(number).cloned().unwrap_or_default(),
            faults: if name.is_empty() { Vec::new() } else { faults(name) },
        });
        Self {
            place: row.place,
            line: locale.count(i64::try_from(row.line).unwrap_or(i64::MAX)),
            status: row.status.as_str(),
            name: locale.text(name_of(row.status)),
            cells: cells.collect(),
            text,
            reasons: row.reasons.iter().map(|why| reason_words(why, locale)).collect(),
            becomes: row.transactions.iter().map(|draft| Becomes::of(draft, locale)).collect(),
            corrected: correction.is_some(),
            may_be_left_out: correction != Some(&Correction::LeaveOut) && row.status != RowStatus::Ignored,
        }
    }
}

fn counted(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// What the good rows of a draft bring.
fn changes(preview: &Preview, locale: Locale) -> Vec<Fact> {
    let mut kinds: BTreeMap<&'static str, (TransactionKind, usize)> = BTreeMap::new();
    let mut symbols = BTreeSet::new();
    let mut days: Option<(chrono::NaiveDate, chrono::NaiveDate)> = None;
    for draft in preview.news() {
        kinds.entry(draft.kind.as_str()).or_insert((draft.kind, 0)).1 += 1;
        symbols.extend(draft.symbol.iter());
        let (first, last) = days.unwrap_or((draft.date, draft.date));
        days = Some((first.min(draft.date), last.max(draft.date)));
    }
    let Some((first, last)) = days else { return Vec::new() };
    let mut kinds: Vec<_> = kinds.into_values().collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let of_kind = |(kind, count): (TransactionKind, usize)| {
        format!("{} {}", locale.count(counted(count)), locale.say(&kind_words(kind)))
    };
    let period = if first == last {
        locale.day(first)
    } else {
        format!("{} – {}", locale.day(first), locale.day(last))
    };
    let fact = |key, words| Fact { name: locale.text(key), words };
    vec![
        fact("imports.change.kinds", kinds.into_iter().map(of_kind).collect::<Vec<_>>().join(", ")),
        fact("imports.change.period", period),
        fact("imports.change.instruments", locale.count(counted(symbols.len()))),
        fact("imports.change.left_out", locale.count(counted(preview.counts.error + preview.counts.ignored))),
        fact("imports.change.known", locale.count(counted(preview.counts.duplicate))),
    ]
}

impl RowsPage {
    pub(super) fn of(
        page: Page,
        draft: &Draft,
        preview: &Preview,
        seen: &Seen,
        problem: Option<Said>,
        locale: Locale,
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
        let link = |word, key, count, here| StatusLink {
            word,
            name: locale.text(key),
            count: locale.count(counted(count)),
            here,
        };
        let links = RowStatus::ALL
            .into_iter()
            .map(|of| link(of.as_str(), name_of(of), counts.of(of), status == Some(of)));
        let everything = link("", "imports.status.all", all, status.is_none());
        let address = place_of(draft.portfolio, draft.id);
        let total = status.map_or(all, |status| counts.of(status));
        let shown = Sentence::new("imports.shown")
            .with("first", first + usize::from(!rows.is_empty()))
            .with("last", first + rows.len())
            .with("total", total);
        let form = form_words(preview.form(), locale);
        let read_as = if draft.choices.mapping.is_some() {
            let key =
                if draft.choices.remembered { "imports.read_remembered" } else { "imports.read_mapped" };
            Sentence::new(key).with("form", form)
        } else {
            let sure = Value::Percent(f64::from(preview.confidence()) / 100.0, 0);
            Sentence::new("imports.read_as").with("form", form).with("sure", sure)
        };
        let commit = Sentence::new("imports.commit").with("count", preview.transactions);
        Ok(Self {
            page,
            problem,
            notice: (seen.said.as_deref() == Some("nothing-new")).then(|| locale.text("imports.nothing_new")),
            file: draft.file_name.clone(),
            read_as: locale.say(&read_as),
            mapped: draft.choices.mapping.is_some(),
            transactions: preview.transactions,
            commit: locale.say(&commit),
            changes: changes(preview, locale),
            notes: preview.notes_said().map(|note| capital(&locale.say(&note))).collect(),
            statuses: std::iter::once(everything)
                .chain(links)
                .filter(|link| link.here || link.count != "0" || link.word == "error")
                .collect(),
            asked: preview
                .asked
                .iter()
                .map(|asked| Asked {
                    typed: seen.symbols.get(&asked.instrument).cloned().unwrap_or_default(),
                    instrument: asked.instrument.clone(),
                    known_as: asked.known_as.clone(),
                    rows: locale.count(counted(asked.rows)),
                })
                .collect(),
            shown: locale.say(&shown),
            rows: rows
                .into_iter()
                .map(|row| {
                    let correction = draft.choices.corrections.get(&row.place);
                    RowLine::of(&row, preview.header(), correction, locale)
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
