//! Exports come back as they were, and bring in nothing that could not have been entered.

use bellwether_domain::Role;
use bellwether_tracker::{
    Channel, EnteredIndex, ImportFile, ImportTarget, NewUser, PortfolioSettings, QuietHours, RuleDraft,
    Topic, Tracker, TrackerError, Upstream,
};
use serde_json::{Value, json};

use crate::database::{TestDatabase, clock, import, on_both};

on_both!(
    an_export_comes_back_whole_without_a_second_set_of_first_rules,
    what_nobody_could_have_entered_is_not_restored,
    texts_of_exported_transactions_come_back_letter_by_letter,
);

const TODAY: &str = "2026-11-20T15:00:00Z";

const EVERY_KIND: &str = "Ticker,Type,Date,Price,Shares,Amount,Fee,Tax,Ratio,Other symbol,Cost share,Cash in lieu,Acquired,Account,Note\n\
    ,Deposit,2024-01-02,,,50000,,,,,,,,,\n\
    KO,Buy,2024-01-03,60.123456,100.5,,1.25,,,,,,,,first\n\
    KO,Sell,2024-02-05,61,4,,0.5,0.25,,,,,,,\n\
    KO,Dividend,2024-03-06,,,12.34,,1.85,,,,,,,\n\
    KO,Reinvestment,2024-03-07,60,0.2,12,,,,,,,,,\n\
    KO,Split,2024-04-01,,,,,,2:1,,,0.75,,,\n\
    MMM,Buy,2024-01-04,90,40,,,,,,,,,,\n\
    MMM,Spin-off,2024-04-02,,,,,,1:4,SOLV,0.15,3.5,,,\n\
    MSFT,Transfer in,2024-01-05,300,10,,,,,,,,2019-05-06,,\n\
    MSFT,Transfer out,2024-05-05,,2,,,,,,,,,,\n\
    FB,Buy,2024-01-08,350,3,,,,,,,,,,\n\
    FB,Ticker change,2024-06-09,,,,,,,META,,,,,\n\
    ATVI,Buy,2024-01-09,90,10,,,,,,,,,,\n\
    ATVI,Merger,2024-06-13,95,,,,,,,,,,,\n\
    ,Fee,2024-05-01,,,3,,,,,,,,,\n\
    ,Tax,2024-05-01,,,-2,,,,,,,,,\n\
    ,Interest,2024-05-02,,,4.56,,0.5,,,,,,,\n\
    ,Withdrawal,2024-05-03,,,100,,,,,,,,,\n";

async fn lived_in(db: &TestDatabase) -> Tracker {
    let tracker = db.tracker(Upstream::Nobody, &clock(TODAY)).await;
    let report = import(&tracker, EVERY_KIND, false).await;
    assert_eq!(report.imported, 18, "{report:?}");
    let main = tracker.portfolio_named("Main").await.unwrap().id;
    let targets = vec![("KO".parse().unwrap(), "0.6".parse().unwrap())];
    tracker.set_targets(main, targets, None).await.unwrap();
    let parts = [("KO", "0.55"), ("MSFT", "0.45")];
    let index = EnteredIndex {
        name: "Two".to_owned(),
        rebalancing: "drift:0.05".to_owned(),
        components: parts.map(|(symbol, weight)| (symbol.to_owned(), weight.to_owned())).into(),
        ..EnteredIndex::default()
    };
    tracker.create_index(&index).await.unwrap();
    tracker.set_quiet_hours(Some(QuietHours::new("22:00", "07:00", "Europe/Berlin").unwrap())).await.unwrap();
    let rule = RuleDraft { portfolio: Some(main), ..RuleDraft::of(Topic::RefreshFinished) };
    tracker.add_notification_rule(rule).await.unwrap();
    tracker
}

fn timeless(document: &[u8]) -> Value {
    let mut told: Value = serde_json::from_slice(document).unwrap();
    told.as_object_mut().unwrap().remove("exported_at").unwrap();
    told
}

async fn an_export_comes_back_whole_without_a_second_set_of_first_rules(db: &TestDatabase) {
    let tracker = lived_in(db).await;
    let rules = tracker.notification_rules().await.unwrap();
    let document = tracker.export().await.unwrap();
    let there = TestDatabase::sqlite();
    let other = there.tracker(Upstream::Nobody, &clock(TODAY)).await;
    // Nobody looked at the rules there yet.
    other.restore_export(document.clone()).await.unwrap();
    assert_eq!(other.notification_rules().await.unwrap().len(), rules.len());
    assert_eq!(timeless(&other.export().await.unwrap()), timeless(&document));
    assert_eq!(other.examine().await.unwrap(), []);
    // Whose rules nobody ever looked at has the first ones there too.
    let (new, last) = (TestDatabase::sqlite(), TestDatabase::sqlite());
    let document = new.tracker(Upstream::Nobody, &clock(TODAY)).await.export().await.unwrap();
    let last = last.tracker(Upstream::Nobody, &clock(TODAY)).await;
    last.restore_export(document).await.unwrap();
    assert_eq!(last.notification_rules().await.unwrap().len(), rules.len() - 1);
}

/// A document with another cell in the last row of a table.
fn with(document: &[u8], table: &str, column: &str, cell: &Value) -> Vec<u8> {
    let mut told: Value = serde_json::from_slice(document).unwrap();
    let tables = told["tables"].as_array_mut().unwrap();
    let found = tables.iter_mut().find(|told| told["table"] == table).unwrap();
    let place = found["columns"].as_array().unwrap().iter().position(|name| name == column).unwrap();
    let rows = found["rows"].as_array_mut().unwrap();
    rows.last_mut().unwrap()[place] = cell.clone();
    told.to_string().into_bytes()
}

async fn what_nobody_could_have_entered_is_not_restored(db: &TestDatabase) {
    let document = lived_in(db).await.export().await.unwrap();
    let there = TestDatabase::sqlite();
    let owner = there.tracker(Upstream::Nobody, &clock(TODAY)).await;
    let new = NewUser {
        name: "grace".to_owned(),
        email: Some("grace@example.org".to_owned()),
        role: Role::Member,
        password: "a long password".to_owned(),
    };
    let grace = owner.acting_for(owner.add_user(new).await.unwrap().id);
    let mailed = with(&document, "notification_rules", "channel", &json!("email"));
    let to = |address: &str| with(&mailed, "notification_rules", "destination", &json!(address));
    let text = String::from_utf8(document.clone()).unwrap();
    let all = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to).into_bytes()
    };
    for (wrong, words) in [
        (to("stranger@example.org"), "E-mails go to your own address only"),
        (to(""), "needs a destination"),
        (with(&document, "notification_rules", "kind", &json!("price-above")), "names the symbol"),
        (with(&document, "notification_rules", "kind", &json!("moon-full")), "is not known here"),
        (with(&document, "notification_rules", "threshold", &json!("5")), "has no threshold"),
        (with(&document, "quiet_hours", "zone", &json!("Nowhere/Land")), "no time zone"),
        (with(&document, "quiet_hours", "ends", &json!(1320)), "last no time"),
        (with(&document, "index_components", "weight", &json!("0.4")), "not as it could be entered"),
        (with(&document, "index_components", "weight", &json!("1.2.3")), "no exact number"),
        (with(&document, "indices", "rebalancing", &json!("hourly")), "not as it could be entered"),
        (with(&document, "portfolios", "ledger_version", &json!(i64::MAX)), "which cannot be"),
        (all("Main", &"M".repeat(101)), "longer than 100 characters"),
        (all("first", &"f".repeat(4_001)), "note"),
        (all("2024-05-03", "1024-05-03"), "The "),
    ] {
        let refused = grace.restore_export(wrong).await;
        let Err(TrackerError::Refused(told)) = &refused else { panic!("{words}: {refused:?}") };
        assert!(told.to_string().contains(words), "{words}: {told}");
        assert_eq!(grace.portfolios().await.unwrap(), []);
        assert_eq!(grace.quiet_hours().await.unwrap(), None);
        assert!(
            grace.notification_rules().await.unwrap().iter().all(|rule| rule.asks.channel == Channel::Page)
        );
    }
    // Her own address is hers to write to.
    grace.restore_export(to("grace@example.org")).await.unwrap();
    let rules = grace.notification_rules().await.unwrap();
    assert_eq!(rules.iter().filter(|rule| rule.asks.channel == Channel::Email).count(), 1);
    let folder = tempfile::tempdir().unwrap();
    owner.back_up(&folder.path().join("all")).await.unwrap();
}

async fn texts_of_exported_transactions_come_back_letter_by_letter(db: &TestDatabase) {
    let tracker = db.tracker(Upstream::Nobody, &clock(TODAY)).await;
    let notes = ["=1+1", "+1", "-1", "@home", "'tis", "plain", "a, \"b\""];
    let row = |(place, note): (usize, &&str)| {
        // As a spreadsheet saves them that was told that they are text.
        let guard = if place < 4 { "'" } else { "" };
        let quoted = note.replace('"', "\"\"");
        format!("KO,Buy,2024-01-0{},60,1,\"{guard}{quoted}\",\"{guard}{quoted}\"\n", place + 2)
    };
    let rows: String = notes.iter().enumerate().map(row).collect();
    let rows = format!("Ticker,Type,Date,Price,Shares,Account,Note\n{rows}");
    import(&tracker, &rows, false).await;
    let main = tracker.portfolio_named("Main").await.unwrap().id;
    let texts = async |id| -> Vec<(String, String)> {
        let ledger = tracker.ledger(id).await.unwrap();
        ledger.iter().map(|told| (told.account.clone(), told.note.clone())).collect()
    };
    let told = texts(main).await;
    assert_eq!(told, notes.map(|note| (note.to_owned(), note.to_owned())));
    let csv = tracker.transactions_csv(main).await.unwrap().concat();
    let file = ImportFile { name: "again.csv".to_owned(), bytes: csv.into(), currency: None };
    let copy = ImportTarget::Named(PortfolioSettings::named("Copy"));
    tracker.import(copy, file, false).await.unwrap();
    assert_eq!(texts(tracker.portfolio_named("Copy").await.unwrap().id).await, told);
}
