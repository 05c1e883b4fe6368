//! Sales that have their shares keep them, whatever is changed, imported, taken back or accepted before them.

use std::fmt::Write as _;

use bellwether_domain::{PortfolioId, TransactionId};
use bellwether_storage::Storage;
use bellwether_storage::imports::ImportRecord;
use bellwether_tracker::{
    DeletedTransaction, EditedTransaction, EnteredTransaction, ImportFile, LedgerChange, LedgerChanged,
    NewTransaction, PortfolioSettings, RowStatus, Tracker, TrackerError, Upstream,
};

use crate::database::{TestDatabase, clock, import, on_both};

const NOW: &str = "2026-11-21T12:00:00Z";
const COLUMNS: &str = "Ticker,Type,Date,Price,Shares\n";

async fn world(database: &TestDatabase) -> (Tracker, PortfolioId) {
    let tracker = database.tracker(Upstream::Nobody, &clock(NOW)).await;
    let id = tracker.create_portfolio(PortfolioSettings::named("Main")).await.unwrap().id;
    (tracker, id)
}

fn entered(kind: &str, date: &str, symbol: &str, quantity: &str) -> NewTransaction {
    let entered = EnteredTransaction {
        kind: kind.to_owned(),
        date: date.to_owned(),
        symbol: symbol.to_owned(),
        quantity: quantity.to_owned(),
        price: "60".to_owned(),
        ..EnteredTransaction::default()
    };
    NewTransaction { entered, ..NewTransaction::default() }
}

async fn add(tracker: &Tracker, id: PortfolioId, new: NewTransaction) -> LedgerChanged {
    let change = LedgerChange { creates: vec![new], ..LedgerChange::default() };
    tracker.change_ledger(id, change, false).await.unwrap()
}

async fn delete(
    tracker: &Tracker,
    id: PortfolioId,
    transaction: TransactionId,
) -> Result<LedgerChanged, TrackerError> {
    let deletes = vec![DeletedTransaction { id: transaction, seen: None }];
    tracker.change_ledger(id, LedgerChange { deletes, ..LedgerChange::default() }, false).await
}

/// Ten of KO bought in March, eight sold in June: the purchase and the sale.
async fn bought_and_sold(tracker: &Tracker, id: PortfolioId) -> [TransactionId; 2] {
    let bought = add(tracker, id, entered("buy", "2024-03-05", "KO", "10")).await;
    let sold = add(tracker, id, entered("sell", "2024-06-05", "KO", "8")).await;
    [bought.created[0], sold.created[0]]
}

fn file(content: &str) -> ImportFile {
    ImportFile { name: "trades.csv".to_owned(), bytes: content.into(), currency: None }
}

async fn imported(tracker: &Tracker, id: PortfolioId, csv: &str) -> ImportRecord {
    let draft = tracker.begin_import(id, file(csv)).await.unwrap();
    tracker.commit_draft(id, draft.id, None).await.unwrap().import.unwrap()
}

fn conflict(refused: Result<impl std::fmt::Debug, TrackerError>) -> String {
    match refused {
        Err(TrackerError::Conflict(words)) => words.to_string(),
        other => panic!("{other:?}"),
    }
}

async fn size(tracker: &Tracker, id: PortfolioId) -> usize {
    tracker.ledger(id).await.unwrap().len()
}

async fn an_earlier_sale_of_a_file_does_not_take_the_shares_of_a_later_one(database: &TestDatabase) {
    let (tracker, id) = world(database).await;
    bought_and_sold(&tracker, id).await;
    // One of the two may go: there are two shares more than are sold in June.
    let csv = format!("{COLUMNS}KO,Sell,2024-04-05,61,2\nKO,Sell,2024-05-06,62,1\nIBM,Buy,2024-05-06,62,1\n");
    let draft = tracker.begin_import(id, file(&csv)).await.unwrap();

    let preview = tracker.preview(id, draft.id).await.unwrap().unwrap();
    let outcome = tracker.commit_draft(id, draft.id, None).await.unwrap();

    let rows = preview.rows(None, 0, 9);
    let statuses: Vec<RowStatus> = rows.iter().map(|row| row.status).collect();
    assert_eq!(statuses, [RowStatus::New, RowStatus::Error, RowStatus::New]);
    let reason = &rows[1].reasons[0].reason;
    assert!(
        reason.starts_with("it would leave a transaction that is in the ledger without shares"),
        "{reason}"
    );
    assert!(reason.contains("8 KO leave on 2024-06-05, but only 7 are held"), "{reason}");
    let import = outcome.import.unwrap();
    assert_eq!((import.inserted as usize, import.rejected), (preview.transactions, 1));
    assert_eq!((preview.transactions, size(&tracker, id).await), (2, 4));
    let rejects = String::from_utf8(tracker.import_rejects(id, import.id).await.unwrap()).unwrap();
    assert!(rejects.contains("8 KO leave on 2024-06-05"), "{rejects}");
    let again = import_of_file(&tracker, &csv).await;
    assert_eq!((again.imported, again.already_there, again.rejected_rows), (0, 2, 1), "{again:?}");
    let with_shares = format!("{COLUMNS}KO,Buy,2024-04-01,60,1\nKO,Sell,2024-05-06,62,1\n");
    assert_eq!(
        import_of_file(&tracker, &with_shares).await.imported,
        2,
        "it brings the shares that it takes"
    );
}

async fn import_of_file(tracker: &Tracker, csv: &str) -> bellwether_tracker::ImportReport {
    import(tracker, csv, false).await
}

async fn what_a_file_sells_after_a_sale_is_judged_with_that_sale(database: &TestDatabase) {
    let (tracker, id) = world(database).await;
    bought_and_sold(&tracker, id).await;
    // The first takes what June needs. Without it two are left for July, and none for August.
    let csv = format!("{COLUMNS}KO,Sell,2024-04-05,61,9\nKO,Sell,2024-07-05,61,2\nKO,Sell,2024-08-05,61,1\n");

    let report = import_of_file(&tracker, &csv).await;

    // Of August nobody can say: splits of KO may be missing.
    assert_eq!((report.imported, report.rejected_rows), (2, 1), "{report:?}");
    assert_eq!(report.rejected[0].line, 2);
    assert!(report.notes.iter().any(|note| note.starts_with("Line 4 was kept")), "{report:?}");
}

async fn thousands_of_sales_of_a_file_and_of_the_ledger_are_told_apart(database: &TestDatabase) {
    let (tracker, id) = world(database).await;
    let (mut own, mut of_file) = (COLUMNS.to_owned(), COLUMNS.to_owned());
    for pair in 0..1_000 {
        let day = chrono::NaiveDate::from_ymd_opt(2015, 1, 2).unwrap() + chrono::Days::new(3 * pair);
        let next = day.succ_opt().unwrap();
        let later = next.succ_opt().unwrap();
        writeln!(own, "KO,Buy,{day},60,1\nKO,Sell,{later},60,1").unwrap();
        writeln!(of_file, "KO,Sell,{next},61,1").unwrap();
    }
    assert_eq!(import_of_file(&tracker, &own).await.imported, 2_000);

    let report = import_of_file(&tracker, &of_file).await;

    assert_eq!((report.imported, report.rejected_rows), (0, 1_000), "{:?}", report.notes);
    assert_eq!(size(&tracker, id).await, 2_000);
}

async fn more_than_two_hundred_sales_without_shares_hide_no_other(database: &TestDatabase) {
    let (tracker, id) = world(database).await;
    let mut csv = COLUMNS.to_owned();
    for share in 1..=230 {
        writeln!(csv, "OLD,Sell,2020-01-02,1,{share}").unwrap();
    }
    let kept = import_of_file(&tracker, &csv).await;
    assert_eq!(kept.imported, 230, "their splits may be missing");
    let [purchase, _] = bought_and_sold(&tracker, id).await;

    let refused = conflict(delete(&tracker, id, purchase).await);

    assert!(refused.contains("8 KO leave on 2024-06-05, but only 0 are held"), "{refused}");
    let sale = |day: usize| entered("sell", &format!("2023-01-{:02}", day % 28 + 1), "PEP", "1");
    let creates = (0..250).map(|day| NewTransaction { accept_duplicate: true, ..sale(day) }).collect();
    let all = tracker.change_ledger(id, LedgerChange { creates, ..LedgerChange::default() }, false).await;
    let Err(TrackerError::Invalid(faults)) = all else { panic!("{all:?}") };
    assert_eq!(faults.len(), 250);
}

async fn an_import_that_later_sales_need_is_not_undone(database: &TestDatabase) {
    let (tracker, id) = world(database).await;
    let import =
        imported(&tracker, id, &format!("{COLUMNS}KO,Buy,2024-03-05,60,10\nIBM,Buy,2024-03-05,60,1\n")).await;
    let sold = add(&tracker, id, entered("sell", "2024-06-05", "KO", "8")).await;
    add(&tracker, id, entered("sell", "2024-07-05", "KO", "2")).await;

    let refused = conflict(tracker.undo_import(id, import.id).await);

    assert!(refused.contains("8 KO leave on 2024-06-05, but only 0 are held"), "{refused}");
    assert!(refused.contains("2 KO leave on 2024-07-05"), "{refused}");
    assert_eq!(tracker.import_record(id, import.id).await.unwrap().undone_at, None);
    assert_eq!(size(&tracker, id).await, 4);
    let last = tracker.ledger(id).await.unwrap().last().unwrap().id;
    delete(&tracker, id, last).await.unwrap();
    delete(&tracker, id, sold.created[0]).await.unwrap();
    assert!(tracker.undo_import(id, import.id).await.unwrap().undone_at.is_some());
    assert_eq!(size(&tracker, id).await, 0);
    assert!(conflict(tracker.undo_import(id, import.id).await).contains("undone already"));
}

async fn what_comes_back_by_undoing_has_its_shares(database: &TestDatabase) {
    let (tracker, id) = world(database).await;
    let [purchase, sale] = bought_and_sold(&tracker, id).await;
    let gone = delete(&tracker, id, sale).await.unwrap().change.unwrap();
    let without = delete(&tracker, id, purchase).await.unwrap().change.unwrap();

    let refused = conflict(tracker.undo(id, gone).await);

    assert!(refused.contains("8 KO leave on 2024-06-05, but only 0 are held"), "{refused}");
    tracker.undo(id, without).await.unwrap();
    tracker.undo(id, gone).await.unwrap();
    assert_eq!(size(&tracker, id).await, 2);
}

async fn one_step_back_is_as_it_was_even_without_shares(database: &TestDatabase) {
    let (tracker, id) = world(database).await;
    import_of_file(&tracker, &format!("{COLUMNS}KO,Sell,2024-03-05,60,10\n")).await;
    let only = tracker.ledger(id).await.unwrap()[0].id;
    let gone = delete(&tracker, id, only).await.unwrap().change.unwrap();
    tracker.undo(id, gone).await.unwrap();
    assert_eq!(size(&tracker, id).await, 1);
}

/// What is written while a file is judged is judged with it.
async fn a_file_is_judged_over_the_ledger_that_it_comes_into(database: &TestDatabase) {
    let (tracker, id) = world(database).await;
    add(&tracker, id, entered("buy", "2024-03-05", "KO", "10")).await;
    let storage: Storage = database.storage(&clock(NOW)).await;
    let sale = entered("sell", "2024-06-05", "KO", "8");
    let other = database.tracker(Upstream::Nobody, &clock(NOW)).await;
    let planned = add(&other, id, sale).await.created[0];
    let entry = storage.ledger_entry(tracker.user(), id, planned).await.unwrap();
    delete(&other, id, planned).await.unwrap();
    let (user, (held, is_held)) = (tracker.user(), tokio::sync::oneshot::channel());
    let faster = tokio::spawn(async move {
        storage
            .write(move |connection| {
                bellwether_storage::portfolios::lock(connection, user, id)?;
                held.send(()).unwrap();
                // The file is read and judged meanwhile, as far as the machine is quick enough.
                std::thread::sleep(std::time::Duration::from_millis(700));
                let added = [(entry.transaction, entry.fingerprint)];
                bellwether_storage::ledger::insert(connection, user, id, &added, entry.created_at)
            })
            .await
            .unwrap()
    });
    is_held.await.unwrap();

    let report = import_of_file(&tracker, &format!("{COLUMNS}KO,Sell,2024-04-05,61,5\n")).await;

    faster.await.unwrap();
    assert_eq!((report.imported, report.rejected_rows), (0, 1), "{report:?}");
    assert_eq!(size(&tracker, id).await, 2);
}

/// A sale of five KO whose commission is in euros: a sale and a fee.
const FLEX: &str = "\"BOF\",\"U1234567\",\"Everything\",\"3\",\"20240101\",\"20241030\",\"20241031;060712\"\n\
\"BOA\",\"U1234567\"\n\
\"BOS\",\"TRNT\",\"Trades; trade date basis\"\n\
\"ClientAccountID\",\"CurrencyPrimary\",\"FXRateToBase\",\"AssetClass\",\"SubCategory\",\"Symbol\",\"Description\",\"Conid\",\"ISIN\",\"ListingExchange\",\"TradeDate\",\"DateTime\",\"Quantity\",\"TradePrice\",\"TradeMoney\",\"Proceeds\",\"Taxes\",\"IBCommission\",\"IBCommissionCurrency\",\"NetCash\",\"Buy/Sell\",\"TransactionType\",\"Notes/Codes\",\"LevelOfDetail\"\n\
\"U1234567\",\"USD\",\"0.86\",\"STK\",\"COMMON\",\"KO\",\"COCA COLA CO\",\"8894\",\"US1912161007\",\"NYSE\",\"20240405\",\"20240405;101502\",\"-5\",\"61\",\"-305\",\"305\",\"0\",\"-1\",\"EUR\",\"304\",\"SELL\",\"ExchTrade\",\"\",\"EXECUTION\"\n\
\"U1234567\",\"USD\",\"0.86\",\"STK\",\"COMMON\",\"IBM\",\"IBM CORP\",\"8314\",\"US4592001014\",\"NYSE\",\"20240405\",\"20240405;101503\",\"5\",\"61\",\"305\",\"-305\",\"0\",\"-1\",\"EUR\",\"-306\",\"BUY\",\"ExchTrade\",\"\",\"EXECUTION\"\n\
\"EOS\",\"TRNT\",\"2\",\"0\"\n\
\"EOA\",\"U1234567\"\n\
\"EOF\"\n";

async fn a_row_of_several_transactions_comes_whole_or_not_at_all(database: &TestDatabase) {
    let (tracker, id) = world(database).await;
    bought_and_sold(&tracker, id).await;
    let draft = tracker.begin_import(id, file(FLEX)).await.unwrap();

    let preview = tracker.preview(id, draft.id).await.unwrap().unwrap();
    let outcome = tracker.commit_draft(id, draft.id, None).await.unwrap();

    let sale = preview.rows(Some(RowStatus::Error), 0, 9);
    assert_eq!((sale.len(), sale[0].transactions.len()), (1, 2), "{sale:?}");
    assert_eq!((preview.counts.new, preview.transactions), (1, 2), "the purchase with its fee");
    assert_eq!(outcome.import.unwrap().inserted, 2);
    let kinds: Vec<_> =
        tracker.ledger(id).await.unwrap().iter().map(|booked| booked.booking.kind()).collect();
    assert_eq!(kinds.iter().filter(|kind| kind.as_str() == "fee").count(), 1, "{kinds:?}");
}

async fn a_row_that_was_edited_does_not_come_back_with_the_next_file(database: &TestDatabase) {
    let (tracker, id) = world(database).await;
    let csv = format!("{COLUMNS}KO,Buy,2024-03-05,60,10\nKO,Buy,2024-03-05,60,10\nIBM,Buy,2024-03-05,60,1\n");
    imported(&tracker, id, &csv).await;
    let row = tracker.ledger(id).await.unwrap()[1].id;
    let edit = |quantity: &str| EditedTransaction {
        id: row,
        facts: entered("buy", "2024-03-06", "KO", quantity),
        seen: None,
    };
    for quantity in ["12", "11"] {
        let edits = vec![edit(quantity)];
        tracker.change_ledger(id, LedgerChange { edits, ..LedgerChange::default() }, false).await.unwrap();
    }

    let again = import_of_file(&tracker, &csv).await;

    assert_eq!((again.imported, again.already_there), (0, 3), "{again:?}");
    // Told by a file as it is now, it is shown to be there; entered by hand, it is its twin.
    let corrected = format!("{COLUMNS}KO,Buy,2024-03-06,60,11\n");
    let draft = tracker.begin_import(id, file(&corrected)).await.unwrap();
    assert_eq!(tracker.preview(id, draft.id).await.unwrap().unwrap().counts.attention, 1);
    let change =
        LedgerChange { creates: vec![entered("buy", "2024-03-06", "KO", "11")], ..LedgerChange::default() };
    let twin = tracker.change_ledger(id, change, false).await;
    assert!(matches!(twin, Err(TrackerError::Twin(_))), "{twin:?}");
    let like_another =
        vec![EditedTransaction { id: row, facts: entered("buy", "2024-03-05", "IBM", "1"), seen: None }];
    let twin = tracker
        .change_ledger(id, LedgerChange { edits: like_another, ..LedgerChange::default() }, false)
        .await;
    assert!(matches!(twin, Err(TrackerError::Twin(_))), "{twin:?}");
}

on_both!(
    an_earlier_sale_of_a_file_does_not_take_the_shares_of_a_later_one,
    what_a_file_sells_after_a_sale_is_judged_with_that_sale,
    thousands_of_sales_of_a_file_and_of_the_ledger_are_told_apart,
    more_than_two_hundred_sales_without_shares_hide_no_other,
    an_import_that_later_sales_need_is_not_undone,
    what_comes_back_by_undoing_has_its_shares,
    one_step_back_is_as_it_was_even_without_shares,
    a_file_is_judged_over_the_ledger_that_it_comes_into,
    a_row_of_several_transactions_comes_whole_or_not_at_all,
    a_row_that_was_edited_does_not_come_back_with_the_next_file,
);
