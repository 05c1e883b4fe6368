//! Files that are looked at before they come into a ledger.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bellwether_domain::{ImportId, PortfolioId, Role, Symbol, TransactionKind};
use bellwether_storage::Storage;
use bellwether_storage::ledger_hash::LedgerHash;
use bellwether_tracker::{
    Correction, DraftChange, ImportFile, MappedField, NewUser, PortfolioSettings, RowStatus, Tracker,
    TrackerError, Upstream,
};
use chrono::TimeDelta;

use crate::database::{TestDatabase, clock, on_both};

const NOW: &str = "2026-11-21T12:00:00Z";

async fn world(database: &TestDatabase) -> (Tracker, PortfolioId) {
    let tracker = database.tracker(Upstream::Nobody, &clock(NOW)).await;
    let id = tracker.create_portfolio(PortfolioSettings::named("Main")).await.unwrap().id;
    (tracker, id)
}

fn file(name: &str, bytes: impl Into<Vec<u8>>) -> ImportFile {
    ImportFile { name: name.to_owned(), bytes: bytes.into(), currency: None }
}

/// A hash of all that was entered.
async fn hash(storage: &Storage, tracker: &Tracker, portfolio: PortfolioId) -> LedgerHash {
    storage.portfolio_hash(tracker.user(), portfolio).await.unwrap()
}

fn samples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../statements/tests");
    let mut found = Vec::new();
    for format in folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        found.extend(format.read_dir().unwrap().map(|entry| entry.unwrap().path()));
    }
    found.retain(|path| {
        path.extension()
            .is_some_and(|end| ["csv", "xml", "json", "ofx", "qfx"].iter().any(|known| end == *known))
    });
    found.sort();
    found
}

/// Answers every question which symbol something is, with made-up ones.
async fn symbols_for_all(
    tracker: &Tracker,
    portfolio: PortfolioId,
    draft: ImportId,
) -> BTreeMap<String, Option<Symbol>> {
    let mut symbols = BTreeMap::new();
    loop {
        let preview = tracker.preview(portfolio, draft).await.unwrap().unwrap();
        let Some(asked) = preview.asked.first() else { return symbols };
        let symbol = format!("SYM{}", symbols.len()).parse().unwrap();
        symbols.insert(asked.instrument.clone(), Some(symbol));
        let change = DraftChange { symbols: symbols.clone(), ..DraftChange::default() };
        tracker.change_draft(portfolio, draft, None, change).await.unwrap();
    }
}

const MIXED: &str = "Ticker,Type,Date,Price,Shares\n\
    KO,Buy,2024-03-05,60,10\n\
    KO,Buy,soon,61,11\n\
    ,,,,\n\
    KO,Buy,2024-03-07,62,4\n";

async fn every_brokers_sample_comes_in_once_and_goes_without_a_trace(database: &TestDatabase) {
    let (tracker, id) = world(database).await;
    let storage = database.storage(&clock(NOW)).await;
    tracker
        .import(
            bellwether_tracker::ImportTarget::Portfolio(id),
            file("own.csv", "Ticker,Type,Date,Price,Shares\nKO,Buy,2024-03-05,60,10\n"),
            false,
        )
        .await
        .unwrap();
    let before = hash(&storage, &tracker, id).await;
    let samples = samples();
    assert!(samples.len() >= 18, "{samples:?}");
    for sample in samples {
        let bytes = std::fs::read(&sample).unwrap();
        let name = sample.file_name().unwrap().to_string_lossy().into_owned();

        let draft = tracker.begin_import(id, file(&name, bytes.clone())).await.unwrap();
        let symbols = symbols_for_all(&tracker, id, draft.id).await;
        let preview = tracker.preview(id, draft.id).await.unwrap().unwrap();
        assert!(preview.counts.new + preview.counts.attention > 0, "{name}: {:?}", preview.counts);
        assert_eq!(hash(&storage, &tracker, id).await, before, "{name}: a preview writes nothing");
        let outcome = tracker.commit_draft(id, draft.id, None).await.unwrap();
        let import = outcome.import.unwrap();
        assert_eq!(import.id, draft.id);
        assert_eq!(import.inserted as usize, preview.transactions, "{name}");
        let after = hash(&storage, &tracker, id).await;
        assert_ne!(after, before, "{name}");

        let again = tracker.begin_import(id, file(&name, bytes)).await.unwrap();
        let change = DraftChange { symbols, ..DraftChange::default() };
        tracker.change_draft(id, again.id, None, change).await.unwrap();
        let known = tracker.preview(id, again.id).await.unwrap().unwrap();
        assert_eq!(
            (known.transactions, known.counts.new),
            (0, 0),
            "{name}: {:?}",
            known.rows(Some(RowStatus::New), 0, 3)
        );
        assert_eq!(tracker.commit_draft(id, again.id, None).await.unwrap().import, None, "{name}");
        assert_eq!(hash(&storage, &tracker, id).await, after, "{name}: a second import changes nothing");
        tracker.discard_draft(id, again.id, None).await.unwrap();

        tracker.undo_import(id, import.id).await.unwrap();
        assert_eq!(hash(&storage, &tracker, id).await, before, "{name}: undone is as if it had never been");
    }
}

async fn a_preview_says_of_each_row_what_becomes_of_it(database: &TestDatabase) {
    let (tracker, id) = world(database).await;
    let known = "Ticker,Type,Date,Price,Shares\nKO,Buy,2024-03-05,60,10\nKO,Buy,2024-03-07,62.5,4\n";
    tracker
        .import(bellwether_tracker::ImportTarget::Portfolio(id), file("a.csv", known), false)
        .await
        .unwrap();

    let draft = tracker.begin_import(id, file("b.csv", MIXED)).await.unwrap();
    let preview = tracker.preview(id, draft.id).await.unwrap().unwrap();

    let statuses: Vec<_> = preview.rows(None, 0, 10).into_iter().map(|row| (row.line, row.status)).collect();
    assert_eq!(
        statuses,
        [
            (2, RowStatus::Duplicate),
            (3, RowStatus::Error),
            (4, RowStatus::Ignored),
            (5, RowStatus::Attention)
        ]
    );
    let errors = preview.rows(Some(RowStatus::Error), 0, 10);
    assert_eq!(errors[0].reasons[0].column.as_deref(), Some("Date"));
    let attention = preview.rows(Some(RowStatus::Attention), 0, 10);
    assert!(attention[0].reasons[0].reason.contains("buy of 4 at 62.5 on 2024-03-07"), "{attention:?}");
    assert_eq!(attention[0].transactions[0].kind, TransactionKind::Buy);
    assert_eq!(preview.rows(None, 3, 1)[0].line, 5);
    assert_eq!(tracker.ledger(id).await.unwrap().len(), 2, "nothing is written");
}

async fn a_row_is_corrected_left_out_or_replaced_in_place(database: &TestDatabase) {
    let (tracker, id) = world(database).await;
    let draft = tracker.begin_import(id, file("b.csv", MIXED)).await.unwrap();

    let cells = BTreeMap::from([(2, "2024-03-06".to_owned())]);
    let change = DraftChange {
        corrections: [(1, Some(Correction::Cells(cells))), (3, Some(Correction::LeaveOut))].into(),
        ..DraftChange::default()
    };
    let changed = tracker.change_draft(id, draft.id, Some(1), change.clone()).await.unwrap();
    assert_eq!(changed.version, 2);
    let stale = tracker.change_draft(id, draft.id, Some(1), change).await;
    assert!(matches!(stale, Err(TrackerError::Conflict(_))));
    let preview = tracker.preview(id, draft.id).await.unwrap().unwrap();
    assert_eq!((preview.counts.new, preview.counts.error, preview.counts.ignored), (2, 0, 2));
    assert_eq!(preview.row(1).unwrap().transactions[0].date.to_string(), "2024-03-06");

    let back = DraftChange { corrections: [(3, None)].into(), ..DraftChange::default() };
    tracker.change_draft(id, draft.id, None, back).await.unwrap();
    let outcome = tracker.commit_draft(id, draft.id, None).await.unwrap();
    assert_eq!((outcome.report.imported, outcome.report.rejected_rows), (3, 0));
    let again = tracker.commit_draft(id, draft.id, None).await;
    assert!(matches!(again, Err(TrackerError::Conflict(_))), "{again:?}");
}

async fn what_is_refused_can_be_taken_away_before_and_after(database: &TestDatabase) {
    let (tracker, id) = world(database).await;
    let csv = "Ticker,Type,Date,Price,Shares\nKO,Buy,2024-03-05,60,10\n=1+1,Buy,never,\"61,5\",11\n";
    let draft = tracker.begin_import(id, file("b.csv", csv)).await.unwrap();

    let before = tracker.import_rejects(id, draft.id).await.unwrap();
    tracker.commit_draft(id, draft.id, None).await.unwrap();
    let after = tracker.import_rejects(id, draft.id).await.unwrap();

    let text = String::from_utf8(before.clone()).unwrap();
    assert!(
        text.starts_with("\u{feff}Ticker,Type,Date,Price,Shares,Reason\r\n'=1+1,Buy,never,\"61,5\",11,"),
        "{text}"
    );
    assert_eq!(before, after);
    let again = tracker.begin_import(id, file("rejects.csv", after)).await.unwrap();
    let preview = tracker.preview(id, again.id).await.unwrap().unwrap();
    assert_eq!(preview.counts.error, 1, "the file of rejects is a file like the first");
}

const UNKNOWN: &str =
    "Valuta;Was;Papier;Anzahl;Kurs\n05.03.2024;Kauf;KO;10;60,5\n06.03.2024;Verkauf;KO;4;61,5\n";

async fn choices_have_bounds_in_bytes_and_no_texts_that_no_table_has(database: &TestDatabase) {
    let (tracker, id) = world(database).await;
    let draft = tracker.begin_import(id, file("a.csv", MIXED)).await.unwrap();
    let refused = async |change: DraftChange| match tracker.change_draft(id, draft.id, None, change).await {
        Err(error @ (TrackerError::Invalid(_) | TrackerError::Refused(_))) => error.to_string(),
        other => panic!("{other:?}"),
    };
    let cells = |rows: usize, text: &str| {
        let cells = || Some(Correction::Cells(BTreeMap::from([(2, text.to_owned())])));
        DraftChange { corrections: (0..rows).map(|row| (row, cells())).collect(), ..DraftChange::default() }
    };
    assert!(refused(cells(1, &"x".repeat((64 << 10) + 1))).await.contains("column 2 is longer than 64 KiB"));
    assert!(refused(cells(65, &"x".repeat(64 << 10))).await.contains("more than 4 MiB"));
    for text in ["a\u{0}b", "a\u{1b}b"] {
        assert!(refused(cells(1, text)).await.contains("characters that cannot be printed"), "{text:?}");
    }
    let long = BTreeMap::from([("x".repeat(2_000), "KO".parse().ok())]);
    let long = DraftChange { symbols: long, ..DraftChange::default() };
    assert!(refused(long).await.contains("so long a name"));
    assert_eq!(tracker.draft(id, draft.id).await.unwrap().version, 1, "nothing of it was kept");
    tracker.change_draft(id, draft.id, None, cells(3, "a\nb\tc")).await.unwrap();
    let none = tracker.forget_import_mapping("a\u{0}b").await;
    assert!(matches!(none, Err(TrackerError::NotFound(_))), "{none:?}");
}

async fn a_place_in_a_preview_is_found_by_its_number(database: &TestDatabase) {
    let (tracker, id) = world(database).await;
    let draft = tracker.begin_import(id, file("a.csv", MIXED)).await.unwrap();
    let preview = tracker.preview(id, draft.id).await.unwrap().unwrap();
    for status in RowStatus::ALL.into_iter().map(Some).chain([None]) {
        let places: Vec<usize> = preview.rows(status, 0, 10).into_iter().map(|row| row.place).collect();
        let numbered: Vec<usize> =
            (0..).map_while(|number| preview.place_of(status, number)).take(10).collect();
        assert_eq!(numbered, places, "{status:?}");
    }
}

async fn an_unknown_file_is_mapped_once(database: &TestDatabase) {
    let (tracker, id) = world(database).await;
    let draft = tracker.begin_import(id, file("u.csv", UNKNOWN)).await.unwrap();
    assert!(draft.choices.need_mapping(), "{:?}", draft.choices);
    assert!(tracker.preview(id, draft.id).await.unwrap().is_none());
    let unread = tracker.commit_draft(id, draft.id, None).await;
    assert!(matches!(unread, Err(TrackerError::Conflict(_))));

    let suggested = tracker.suggested_mapping(id, draft.id).await.unwrap().unwrap();
    assert_eq!(suggested.header[0], "Valuta");
    let mut mapping = suggested.mapping;
    for (field, column) in [
        (MappedField::Date, "Valuta"),
        (MappedField::Kind, "Was"),
        (MappedField::Symbol, "Papier"),
        (MappedField::Quantity, "Anzahl"),
        (MappedField::Price, "Kurs"),
    ] {
        mapping.columns.insert(field, vec![column.to_owned()]);
    }
    let kind = |kind| bellwether_tracker::MappedKind::Kind(kind);
    mapping.kinds.insert("Kauf".to_owned(), kind(TransactionKind::Buy));
    mapping.kinds.insert("Verkauf".to_owned(), kind(TransactionKind::Sell));
    let change = DraftChange { mapping: Some(Some(mapping)), remember: true, ..DraftChange::default() };
    tracker.change_draft(id, draft.id, None, change).await.unwrap();
    let outcome = tracker.commit_draft(id, draft.id, None).await.unwrap();
    assert_eq!((outcome.report.imported, outcome.report.rejected_rows), (2, 0), "{outcome:?}");

    let next = tracker.begin_import(id, file("v.csv", UNKNOWN.replace("05.03", "07.03"))).await.unwrap();
    assert!(next.choices.remembered);
    let preview = tracker.preview(id, next.id).await.unwrap().unwrap();
    assert_eq!((preview.counts.new, preview.counts.duplicate), (1, 1));

    let known = tracker.import_mappings().await.unwrap();
    assert_eq!((known.len(), known[0].header.len()), (1, 5));
    tracker.forget_import_mapping(&known[0].key).await.unwrap();
    let asked = tracker.begin_import(id, file("w.csv", UNKNOWN)).await.unwrap();
    assert!(asked.choices.need_mapping());
}

async fn a_draft_of_somebody_else_is_not_there(database: &TestDatabase) {
    let (tracker, id) = world(database).await;
    let draft = tracker.begin_import(id, file("b.csv", MIXED)).await.unwrap();
    let grace = NewUser {
        name: "Grace".to_owned(),
        email: None,
        role: Role::Member,
        password: "correct horse battery".to_owned(),
    };
    let other = tracker.acting_for(tracker.add_user(grace).await.unwrap().id);
    let own = other.create_portfolio(PortfolioSettings::named("Hers")).await.unwrap().id;

    let gone = |answer: Result<(), TrackerError>| {
        assert!(matches!(answer, Err(TrackerError::NotFound(_))), "{answer:?}");
    };
    for portfolio in [id, own] {
        gone(other.draft(portfolio, draft.id).await.map(|_| ()));
        gone(other.preview(portfolio, draft.id).await.map(|_| ()));
        gone(other.change_draft(portfolio, draft.id, None, DraftChange::default()).await.map(|_| ()));
        gone(other.commit_draft(portfolio, draft.id, None).await.map(|_| ()));
        gone(other.import_rejects(portfolio, draft.id).await.map(|_| ()));
        gone(other.undo_import(portfolio, draft.id).await.map(|_| ()));
        gone(other.discard_draft(portfolio, draft.id, None).await);
    }
    assert!(other.import_mappings().await.unwrap().is_empty());
    assert_eq!(tracker.draft(id, draft.id).await.unwrap().id, draft.id);
}

async fn a_draft_goes_after_a_week_and_too_many_are_refused(database: &TestDatabase) {
    let clock = clock(NOW);
    let tracker = database.tracker(Upstream::Nobody, &clock).await;
    let id = tracker.create_portfolio(PortfolioSettings::named("Main")).await.unwrap().id;
    let first = tracker.begin_import(id, file("b.csv", MIXED)).await.unwrap();
    for _ in 1..20 {
        tracker.begin_import(id, file("b.csv", MIXED)).await.unwrap();
    }
    let one_more = tracker.begin_import(id, file("b.csv", MIXED)).await;
    assert!(matches!(one_more, Err(TrackerError::Conflict(_))));

    clock.advance(TimeDelta::days(7));
    assert!(matches!(tracker.draft(id, first.id).await, Err(TrackerError::NotFound(_))));
    assert!(tracker.drafts(id).await.unwrap().is_empty());
    tracker.begin_import(id, file("b.csv", MIXED)).await.unwrap();
}

async fn the_ledger_decides_when_the_draft_is_committed(database: &TestDatabase) {
    let (tracker, id) = world(database).await;
    let csv = "Ticker,Type,Date,Price,Shares\nKO,Buy,2024-03-05,60,10\nKO,Buy,2024-03-05,60,10\n";
    let draft = tracker.begin_import(id, file("b.csv", csv)).await.unwrap();
    assert_eq!(tracker.preview(id, draft.id).await.unwrap().unwrap().counts.new, 2);
    let first: String = csv.split_inclusive('\n').take(2).collect();
    tracker
        .import(bellwether_tracker::ImportTarget::Portfolio(id), file("a.csv", first), false)
        .await
        .unwrap();

    assert_eq!(tracker.preview(id, draft.id).await.unwrap().unwrap().counts.new, 1, "looked at again");
    let outcome = tracker.commit_draft(id, draft.id, None).await.unwrap();

    assert_eq!((outcome.report.imported, outcome.report.already_there), (1, 1));
    assert_eq!(tracker.ledger(id).await.unwrap().len(), 2, "true twins are two");
}

async fn an_instrument_without_a_symbol_is_asked_for_once(database: &TestDatabase) {
    let (tracker, id) = world(database).await;
    let sample =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../statements/tests/degiro/transactions-english.csv");
    let draft = tracker.begin_import(id, file("t.csv", std::fs::read(sample).unwrap())).await.unwrap();
    let preview = tracker.preview(id, draft.id).await.unwrap().unwrap();
    let asked = preview.asked.first().unwrap();
    let change = DraftChange {
        symbols: [(asked.instrument.clone(), Some("VOD.L".parse().unwrap()))].into(),
        ..DraftChange::default()
    };

    tracker.change_draft(id, draft.id, None, change).await.unwrap();

    let after = tracker.preview(id, draft.id).await.unwrap().unwrap();
    assert!(after.asked.iter().all(|other| other.instrument != asked.instrument));
    assert!(after.counts.error < preview.counts.error, "{:?} {:?}", preview.counts, after.counts);
}

on_both!(
    every_brokers_sample_comes_in_once_and_goes_without_a_trace,
    a_preview_says_of_each_row_what_becomes_of_it,
    a_row_is_corrected_left_out_or_replaced_in_place,
    what_is_refused_can_be_taken_away_before_and_after,
    choices_have_bounds_in_bytes_and_no_texts_that_no_table_has,
    a_place_in_a_preview_is_found_by_its_number,
    an_unknown_file_is_mapped_once,
    a_draft_of_somebody_else_is_not_there,
    a_draft_goes_after_a_week_and_too_many_are_refused,
    the_ledger_decides_when_the_draft_is_committed,
    an_instrument_without_a_symbol_is_asked_for_once,
);
