//! What a ledger seems to lack: beside a broker's statement, and of what is known of its shares.

use std::collections::BTreeSet;

use bellwether_domain::{ImportId, PortfolioId, PriceBasis, TransactionKind};
use bellwether_tracker::{
    Compared, ImportFile, ImportTarget, PortfolioSettings, Reconciliation, ReconciliationLine, Tracker,
    TrackerError, Upstream,
};

use crate::database::{TestDatabase, clock, on_both};

const NOW: &str = "2026-11-21T12:00:00Z";

async fn world(database: &TestDatabase) -> (Tracker, PortfolioId) {
    let tracker = database.tracker(Upstream::Nobody, &clock(NOW)).await;
    let id = tracker.create_portfolio(PortfolioSettings::named("Main")).await.unwrap().id;
    (tracker, id)
}

fn file(csv: &str) -> ImportFile {
    ImportFile { name: "OfxDownload.csv".to_owned(), bytes: csv.into(), currency: None }
}

/// It states a quarter more of VTI than was bought, shares of AAPL after a split, and three of KO fewer.
const VANGUARD: &str = "\
Account Number,Investment Name,Symbol,Shares,Share Price,Total Value,
12345678,VANGUARD TOTAL STOCK MARKET ETF,VTI,25,300.00,7500.00,
12345678,APPLE INC,AAPL,40,100.00,4000.00,
12345678,COCA COLA CO,KO,5,60.00,300.00,
12345678,VANGUARD FEDERAL MONEY MARKET FUND,VMFXX,1000.00,1.00,1000.00,


Account Number,Trade Date,Settlement Date,Transaction Type,Transaction Description,Investment Name,Symbol,Shares,Share Price,Principal Amount,Commissions and Fees,Net Amount,Accrued Interest,Account Type,
12345678,2026-05-28,2026-05-29,Buy,Buy,VANGUARD TOTAL STOCK MARKET ETF,VTI,20.00000,240.00,-4800.00,0.00,-4800.00,0.00,CASH,
12345678,2026-05-27,2026-05-28,Buy,Buy,APPLE INC,AAPL,10.00000,400.00,-4000.00,0.00,-4000.00,0.00,CASH,
12345678,2026-05-26,2026-05-27,Buy,Buy,COCA COLA CO,KO,8.00000,60.00,-480.00,0.00,-480.00,0.00,CASH,
12345678,2026-05-25,2026-05-25,Funds Received,Electronic Bank Transfer,CASH,,0.00000,1.00,10000.00,0.00,10000.00,0.00,CASH,
";

fn line<'a>(found: &'a Reconciliation, of: &str) -> &'a ReconciliationLine {
    let is = |line: &&ReconciliationLine| match &line.of {
        Compared::Shares(symbol) => symbol.as_str() == of,
        Compared::Cash(currency) => currency.as_str() == of,
    };
    found.lines.iter().find(is).unwrap_or_else(|| panic!("{of}: {found:?}"))
}

async fn a_statement_is_compared_and_its_differences_explained(database: &TestDatabase) {
    let (tracker, id) = world(database).await;
    let draft = tracker.begin_import(id, file(VANGUARD)).await.unwrap();
    let early = tracker.reconciliation(id, draft.id).await.unwrap();
    let import = tracker.commit_draft(id, draft.id, None).await.unwrap().import.unwrap();

    let found = tracker.reconciliation(id, import.id).await.unwrap();

    assert_eq!(found.lines, early.lines, "a draft is compared with its own rows");
    let told = |of: &str| {
        let line = line(&found, of);
        let kind = line.proposals.first().map(|one| one.transaction.kind);
        (line.stated.to_string(), line.ours.to_string(), line.difference.to_string(), kind)
    };
    let row = |stated: &str, ours: &str, difference: &str, kind| {
        (stated.to_owned(), ours.to_owned(), difference.to_owned(), Some(kind))
    };
    assert_eq!(told("AAPL"), row("40", "10", "30", TransactionKind::Split));
    assert!(line(&found, "AAPL").explanations[0].to_string().contains("split 4:1"), "{found:?}");
    assert_eq!(told("KO"), row("5", "8", "-3", TransactionKind::TransferOut));
    assert_eq!(told("VTI"), row("25", "20", "5", TransactionKind::TransferIn));
    let lacking = &line(&found, "VTI").proposals[0].transaction;
    assert_eq!(lacking.date.to_string(), "2026-05-24", "before the first row");
    assert_eq!(told("USD"), row("1000", "720", "280", TransactionKind::Deposit));

    let all: BTreeSet<String> = found.proposals().into_iter().map(|one| one.id).collect();
    assert_eq!(tracker.accept_proposals(id, Some(import.id), &all).await.unwrap(), 4);
    let after = tracker.reconciliation(id, import.id).await.unwrap();
    assert!(after.lines.iter().all(|line| line.difference.is_zero()), "{after:?}");
    let again = tracker.accept_proposals(id, Some(import.id), &all).await;
    assert!(matches!(again, Err(TrackerError::Conflict(_))));

    let history = tracker.imports(id).await.unwrap();
    assert_eq!(history[0].format, "proposals");
    tracker.undo_import(id, history[0].id).await.unwrap();
    assert_eq!(tracker.reconciliation(id, import.id).await.unwrap(), found, "undone at once");
}

async fn a_file_that_states_nothing_has_nothing_to_compare(database: &TestDatabase) {
    let (tracker, id) = world(database).await;
    let csv = "Ticker,Type,Date,Price,Shares\nKO,Buy,2024-03-05,60,10\n";
    let draft = tracker.begin_import(id, file(csv)).await.unwrap();
    let import = tracker.commit_draft(id, draft.id, None).await.unwrap().import.unwrap();
    assert!(tracker.reconciliation(id, import.id).await.unwrap().lines.is_empty());
}

async fn known_splits_and_dividends_are_proposed_until_they_are_recorded(database: &TestDatabase) {
    let (tracker, id) = world(database).await;
    let csv = "Ticker,Type,Date,Price,Shares\nKO,Buy,2024-03-05,60,10\n";
    tracker.import(ImportTarget::Portfolio(id), file(csv), false).await.unwrap();
    let actions = [
        ("date,symbol,new,old\n2024-01-02,KO,3,1\n2024-06-03,KO,2,1\n", 1),
        ("ex_date,symbol,amount\n2024-01-05,KO,0.4\n2024-04-05,KO,0.5\n2024-09-05,KO,0.3\n", 3),
    ];
    for (csv, proposed) in actions {
        tracker.import_actions(csv.into(), PriceBasis::AsTraded).await.unwrap();
        assert_eq!(tracker.proposals(id).await.unwrap().len(), proposed);
    }

    let found = tracker.proposals(id).await.unwrap();
    let told: Vec<_> = found
        .iter()
        .map(|one| {
            let of = &one.transaction;
            (of.date.to_string(), of.kind, of.amount.map(|amount| amount.to_string()))
        })
        .collect();
    let dividend =
        |day: &str, amount: &str| (day.to_owned(), TransactionKind::Dividend, Some(amount.to_owned()));
    let split = ("2024-06-03".to_owned(), TransactionKind::Split, None);
    assert_eq!(told, [dividend("2024-04-05", "5"), split, dividend("2024-09-05", "6")]);

    let first: BTreeSet<String> = found.iter().take(1).map(|one| one.id.clone()).collect();
    assert_eq!(tracker.accept_proposals(id, None, &first).await.unwrap(), 1);
    let rest: BTreeSet<String> = tracker.proposals(id).await.unwrap().into_iter().map(|one| one.id).collect();
    assert_eq!(rest.len(), 2);
    assert_eq!(tracker.accept_proposals(id, None, &rest).await.unwrap(), 2);
    assert!(tracker.proposals(id).await.unwrap().is_empty());
    assert_eq!(tracker.ledger(id).await.unwrap().len(), 4);
    let unknown = BTreeSet::from(["00".to_owned()]);
    assert!(matches!(tracker.accept_proposals(id, None, &unknown).await, Err(TrackerError::Conflict(_))));
}

/// What the file states after what it brought was taken back: its accounts are none of the ledger's.
async fn statement_of(tracker: &Tracker, id: PortfolioId, csv: &str) -> ImportId {
    let draft = tracker.begin_import(id, file(csv)).await.unwrap();
    let import = tracker.commit_draft(id, draft.id, None).await.unwrap().import.unwrap();
    tracker.undo_import(id, import.id).await.unwrap();
    import.id
}

async fn enter(tracker: &Tracker, id: PortfolioId, csv: &str) {
    let csv = format!("Ticker,Type,Date,Price,Shares,Amount\n{csv}");
    let report = tracker.import(ImportTarget::Portfolio(id), file(&csv), false).await.unwrap();
    assert_eq!(report.rejected_rows, 0, "{report:?}");
}

fn ids(found: &Reconciliation) -> BTreeSet<String> {
    found.proposals().into_iter().map(|one| one.id).collect()
}

async fn what_is_proposed_goes_into_an_account_that_the_ledger_has(database: &TestDatabase) {
    let (tracker, id) = world(database).await;
    let statement = statement_of(&tracker, id, VANGUARD).await;
    enter(&tracker, id, "KO,Buy,2026-05-01,60,8,\nVTI,Buy,2026-05-01,200,25,\nAAPL,Buy,2026-05-01,100,40,\n")
        .await;
    let found = tracker.reconciliation(id, statement).await.unwrap();
    assert_eq!(line(&found, "KO").difference.to_string(), "-3");
    assert!(found.proposals().iter().all(|one| one.transaction.account.is_empty()), "{found:?}");

    tracker.accept_proposals(id, Some(statement), &ids(&found)).await.unwrap();

    let after = tracker.reconciliation(id, statement).await.unwrap();
    assert!(after.lines.iter().all(|line| line.difference.is_zero()), "{after:?}");
}

async fn what_is_accepted_leaves_no_later_sale_without_shares(database: &TestDatabase) {
    let (tracker, id) = world(database).await;
    let statement = statement_of(&tracker, id, VANGUARD).await;
    enter(&tracker, id, "KO,Buy,2026-05-01,60,8,\nKO,Sell,2026-06-10,60,8,\n").await;
    let found = tracker.reconciliation(id, statement).await.unwrap();
    let leaving: BTreeSet<String> = line(&found, "KO").proposals.iter().map(|one| one.id.clone()).collect();

    let refused = tracker.accept_proposals(id, Some(statement), &leaving).await;

    let Err(TrackerError::Conflict(words)) = refused else { panic!("{refused:?}") };
    assert!(words.to_string().contains("8 KO leave on 2026-06-10, but only 5 are held"), "{words}");
    assert_eq!(tracker.ledger(id).await.unwrap().len(), 2);
}

async fn accounts_that_the_ledger_does_not_tell_apart_are_compared_together(database: &TestDatabase) {
    let (tracker, id) = world(database).await;
    let two = VANGUARD
        .replace("12345678,COCA COLA CO,KO,5,", "87654321,COCA COLA CO,KO,5,")
        .replace("12345678,APPLE INC,AAPL,40", "87654321,VANGUARD TOTAL STOCK MARKET ETF,VTI,15");
    let statement = statement_of(&tracker, id, &two).await;
    enter(&tracker, id, "KO,Buy,2026-05-01,60,5,\nVTI,Buy,2026-05-01,200,40,\n").await;

    let found = tracker.reconciliation(id, statement).await.unwrap();

    let told: Vec<_> = found
        .lines
        .iter()
        .filter(|line| matches!(line.of, Compared::Shares(_)))
        .map(|line| (line.account.as_str(), line.stated.to_string(), line.ours.to_string()))
        .collect();
    // 25 of VTI in one account and 15 in the other.
    let same = |shares: &str| ("", shares.to_owned(), shares.to_owned());
    assert_eq!(told, [same("5"), same("40")], "{found:?}");
}

async fn the_same_once_more_is_recorded_once_more(database: &TestDatabase) {
    let (tracker, id) = world(database).await;
    let statement = statement_of(&tracker, id, VANGUARD).await;
    enter(&tracker, id, ",Deposit,2026-05-28,,,500\n").await;
    let found = tracker.reconciliation(id, statement).await.unwrap();
    assert_eq!(line(&found, "USD").difference.to_string(), "500");
    let missing: BTreeSet<String> = line(&found, "USD").proposals.iter().map(|one| one.id.clone()).collect();

    assert_eq!(tracker.accept_proposals(id, Some(statement), &missing).await.unwrap(), 1);

    assert_eq!(tracker.ledger(id).await.unwrap().len(), 2);
    let after = tracker.reconciliation(id, statement).await.unwrap();
    assert!(line(&after, "USD").difference.is_zero(), "{after:?}");
}

async fn a_dividend_is_proposed_as_exactly_as_a_ledger_keeps_it(database: &TestDatabase) {
    let (tracker, id) = world(database).await;
    enter(&tracker, id, "KO,Buy,2024-03-05,60,1.123456789,\n").await;
    let dividends = "ex_date,symbol,amount\n2024-04-05,KO,0.4567891\n";
    tracker.import_actions(dividends.into(), PriceBasis::AsTraded).await.unwrap();
    let found = tracker.proposals(id).await.unwrap();

    // 1.123456789 x 0.4567891 = 0.5131828155361999
    assert_eq!(found[0].transaction.amount.unwrap().to_string(), "0.513182815536");
    let all = found.into_iter().map(|one| one.id).collect();
    assert_eq!(tracker.accept_proposals(id, None, &all).await.unwrap(), 1);
    assert!(tracker.proposals(id).await.unwrap().is_empty());
}

on_both!(
    what_is_proposed_goes_into_an_account_that_the_ledger_has,
    what_is_accepted_leaves_no_later_sale_without_shares,
    accounts_that_the_ledger_does_not_tell_apart_are_compared_together,
    the_same_once_more_is_recorded_once_more,
    a_dividend_is_proposed_as_exactly_as_a_ledger_keeps_it,
    a_statement_is_compared_and_its_differences_explained,
    a_file_that_states_nothing_has_nothing_to_compare,
    known_splits_and_dividends_are_proposed_until_they_are_recorded,
);
