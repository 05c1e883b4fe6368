//! Files into a ledger: what is taken, what is not, and what stays as it was.

use std::fmt::Write as _;

use bellwether_domain::{PortfolioId, Transaction, TransactionKind};
use bellwether_tracker::{Tracker, TrackerError, Upstream};
use bellwether_yahoo_sim::{ClockMode, SimConfig, Simulator};

use crate::database::{TestDatabase, clock, import, on_both};

const NOW: &str = "2026-11-21T12:00:00Z";

async fn tracker(database: &TestDatabase) -> Tracker {
    database.tracker(Upstream::Nobody, &clock(NOW)).await
}

async fn main_of(tracker: &Tracker) -> PortfolioId {
    tracker.portfolio_named("Main").await.unwrap().id
}

async fn ledger(tracker: &Tracker) -> Vec<Transaction> {
    tracker.ledger(main_of(tracker).await).await.unwrap()
}

/// A file of so many purchases, one a day; rows in `instead` replace those of the same number, from 1.
fn purchases(count: usize, instead: &[(usize, &str)]) -> String {
    let mut csv = "Ticker,Type,Date,Price,Shares\n".to_owned();
    for row in 1..=count {
        match instead.iter().find(|(at, _)| *at == row) {
            Some((_, text)) => writeln!(csv, "{text}").unwrap(),
            None => {
                writeln!(
                    csv,
                    "KO,Buy,2024-{:02}-{:02},{}.25,{row}",
                    row % 12 + 1,
                    row % 28 + 1,
                    50 + row % 9
                )
                .unwrap();
            }
        }
    }
    csv
}

/// The last first, as brokers write: bought and sold on one day, two purchases that are true twins.
const SCHWAB: &str = r#""Date","Action","Symbol","Description","Quantity","Price","Fees & Comm","Amount"
"05/04/2026","Sell","KO","COCA-COLA CO","3","$71.00","$0.02","$212.98"
"05/04/2026","Buy","KO","COCA-COLA CO","1","$70.00","","-$70.00"
"05/04/2026","Buy","KO","COCA-COLA CO","1","$70.00","","-$70.00"
"05/04/2026","Buy","KO","COCA-COLA CO","1","$69.00","","-$69.00"
"05/01/2026 as of 04/30/2026","MoneyLink Transfer","","Tfr BANK","","","","$500.00"
"05/01/2026","Sell to Open","KO 07/17/2026 66.00 P","PUT","1","$0.53","$0.66","$52.34"
"Transactions Total","","","","","","","$556.32"
"#;

async fn a_brokers_own_file_is_known_by_what_stands_in_it(database: &TestDatabase) {
    use TransactionKind::{Buy, Deposit, Sell};

    let tracker = tracker(database).await;

    let report = import(&tracker, SCHWAB, false).await;

    assert_eq!((report.imported, report.rejected_rows), (5, 1), "{report:?}");
    assert!(report.rejected[0].reason.contains("options"), "{report:?}");
    let booked: Vec<_> =
        ledger(&tracker).await.iter().map(|one| (one.date.to_string(), one.booking.kind())).collect();
    let day = |day: &str, kind| (day.to_owned(), kind);
    let expected =
        [day("2026-04-30", Deposit), day("2026-05-04", Buy), day("2026-05-04", Buy), day("2026-05-04", Buy)];
    assert_eq!(booked[..4], expected);
    assert_eq!(booked[4..], [day("2026-05-04", Sell)], "what was bought on the day can be sold on it");

    let again = import(&tracker, SCHWAB, false).await;
    assert_eq!((again.imported, again.already_there, again.rejected_rows), (0, 5, 1));
    assert_eq!(ledger(&tracker).await.len(), 5);
}

async fn a_file_twice_changes_nothing(database: &TestDatabase) {
    let tracker = tracker(database).await;
    let csv = purchases(200, &[]);
    assert_eq!(import(&tracker, &csv, false).await.imported, 200);
    let id = main_of(&tracker).await;
    let (before, version) = (ledger(&tracker).await, tracker.versions(id).await.unwrap());

    let again = import(&tracker, &csv, false).await;

    assert_eq!((again.imported, again.already_there, again.rejected_rows), (0, 200, 0));
    assert_eq!(ledger(&tracker).await, before);
    assert_eq!(tracker.versions(id).await.unwrap(), version);
}

async fn five_bad_rows_among_two_hundred_are_named_and_the_rest_is_taken(database: &TestDatabase) {
    let tracker = tracker(database).await;
    let bad = [
        (3, "KO,Buy,2024-02-30,50,1"),
        (50, "KO,Buy,2024-02-01,fifty,1"),
        (51, "KO,Sideways,2024-02-01,50,1"),
        (120, "KO,Buy,2024-02-01,50,-"),
        (200, ",Buy,2024-02-01,50,1"),
    ];

    let report = import(&tracker, &purchases(200, &bad), false).await;

    assert_eq!((report.imported, report.rejected_rows), (195, 5));
    assert_eq!(ledger(&tracker).await.len(), 195);
    let named: Vec<_> =
        report.rejected.iter().map(|row| (row.line, row.column.as_deref().unwrap())).collect();
    assert_eq!(named, [(4, "Date"), (51, "Price"), (52, "Type"), (121, "Shares"), (201, "Ticker")]);
    assert!(report.rejected.iter().all(|row| !row.reason.is_empty()));

    // The corrected file brings the five and nothing else.
    let corrected = import(&tracker, &purchases(200, &[]), false).await;
    assert_eq!((corrected.imported, corrected.already_there), (5, 195));
}

async fn true_twins_stay_two(database: &TestDatabase) {
    let tracker = tracker(database).await;
    let twins = "Ticker,Type,Date,Price,Shares\nKO,Buy,2024-03-05,60,10\nKO,Buy,2024-03-05,60,10\n";
    assert_eq!(import(&tracker, twins, false).await.imported, 2);

    let again = import(&tracker, twins, false).await;
    let third = import(&tracker, &format!("{twins}KO,Buy,2024-03-05,60,10\n"), false).await;

    assert_eq!((again.imported, again.already_there), (0, 2));
    assert_eq!((third.imported, third.already_there), (1, 2));
    assert_eq!(ledger(&tracker).await.len(), 3);
}

async fn a_trial_run_writes_nothing_not_even_the_portfolio(database: &TestDatabase) {
    let tracker = tracker(database).await;
    let csv = purchases(5, &[(2, "KO,Buy,never,50,1")]);

    let trial = import(&tracker, &csv, true).await;

    assert_eq!((trial.portfolio, trial.imported, trial.rejected_rows), (None, 4, 1));
    assert!(matches!(tracker.portfolio_named("Main").await, Err(TrackerError::NotFound(_))));
    assert!(tracker.portfolios().await.unwrap().is_empty());

    import(&tracker, &csv, false).await;
    let version = tracker.versions(main_of(&tracker).await).await.unwrap();
    let trial = import(&tracker, &purchases(5, &[]), true).await;
    assert_eq!((trial.imported, trial.already_there), (1, 4));
    assert_eq!(ledger(&tracker).await.len(), 4);
    assert_eq!(tracker.versions(main_of(&tracker).await).await.unwrap(), version);
}

const OVERSOLD: &str = "Ticker,Type,Date,Price,Shares\n\
    KO,Buy,2024-03-05,60,10\nKO,Sell,2024-03-06,61,11\nKO,Sell,2024-03-07,62,4\n";

async fn a_sale_of_too_many_shares_is_kept_while_splits_may_be_missing(database: &TestDatabase) {
    let tracker = tracker(database).await;

    let report = import(&tracker, OVERSOLD, false).await;

    assert_eq!((report.imported, report.rejected_rows), (3, 0));
    assert!(report.notes.iter().any(|note| note.starts_with("Line 3 was kept")), "{:?}", report.notes);
    let dashboard =
        tracker.dashboard(main_of(&tracker).await, &bellwether_tracker::View::default()).await.unwrap();
    assert!(dashboard.figures.is_err(), "no figure is computed from a ledger that cannot be true");
    assert!(
        dashboard.warnings[0].to_string().starts_with("The figures cannot be computed"),
        "{:?}",
        dashboard.warnings
    );
}

async fn a_sale_of_too_many_shares_is_rejected_when_splits_are_known(database: &TestDatabase) {
    let clock = clock(NOW);
    let config = SimConfig { clock: ClockMode::Shared(clock.clone()), ..SimConfig::default() };
    let simulator = Simulator::spawn(config).unwrap();
    let tracker = database.tracker(Upstream::Simulator(simulator.base_url()), &clock).await;
    let csv: String = OVERSOLD.split_inclusive('\n').take(2).collect();
    import(&tracker, &csv, false).await;
    let id = main_of(&tracker).await;
    tracker.refresh_now(id).await.unwrap();

    let report = import(&tracker, OVERSOLD, false).await;

    assert_eq!((report.imported, report.already_there, report.rejected_rows), (1, 1, 1), "{report:?}");
    assert_eq!(report.rejected[0].line, 3);
    assert!(tracker.dashboard(id, &bellwether_tracker::View::default()).await.unwrap().figures.is_ok());
}

async fn what_is_no_table_of_trades_is_refused_whole(database: &TestDatabase) {
    let tracker = tracker(database).await;
    for bytes in [&b""[..], b"\x89PNG\r\n\x1a\n\x00\x01", b"just,some\nother,words\n"] {
        let file =
            bellwether_tracker::ImportFile { name: "x".to_owned(), bytes: bytes.to_vec(), currency: None };
        let target =
            bellwether_tracker::ImportTarget::Named(bellwether_tracker::PortfolioSettings::named("Main"));
        assert!(matches!(tracker.import(target, file, false).await, Err(TrackerError::File(_))));
    }
    assert!(tracker.portfolios().await.unwrap().is_empty());
}

on_both!(
    a_brokers_own_file_is_known_by_what_stands_in_it,
    a_file_twice_changes_nothing,
    five_bad_rows_among_two_hundred_are_named_and_the_rest_is_taken,
    true_twins_stay_two,
    a_trial_run_writes_nothing_not_even_the_portfolio,
    a_sale_of_too_many_shares_is_kept_while_splits_may_be_missing,
    a_sale_of_too_many_shares_is_rejected_when_splits_are_known,
    what_is_no_table_of_trades_is_refused_whole,
);
