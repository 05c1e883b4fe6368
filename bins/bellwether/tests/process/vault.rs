//! Backups of a server that runs, putting them back under it, and the doctor.

use std::path::Path;
use std::process::Output;

use tempfile::TempDir;

use crate::program::{Server, booked, run, said, tracker};

fn ok(output: &Output) -> String {
    assert!(output.status.success(), "{}{}", said(&output.stdout), said(&output.stderr));
    said(&output.stdout)
}

fn import(folder: &Path, rows: &str) {
    std::fs::write(folder.join("more.csv"), format!("Ticker,Type,Date,Price,Shares\n{rows}")).unwrap();
    ok(&run(folder, &["import", "more.csv"]));
}

#[tokio::test]
async fn a_running_server_is_backed_up_and_shows_what_is_restored_under_it() {
    let (server, id) = Server::with_a_portfolio().await;
    let at = server.folder.path();
    let shown = || said(&server.get(&format!("/dashboard/{id}?range=MAX")).body);
    let told = ok(&run(at, &["backup", "one.bellwether"]));
    assert!(told.starts_with("one.bellwether has ") && told.contains("hash of the ledgers"), "{told}");
    import(at, "IBM,Buy,2024-03-07,150,1\n");
    assert!(shown().contains("IBM"));

    let refused = run(at, &["restore", "one.bellwether"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused.stderr).contains("--replace"), "{}", said(&refused.stderr));
    let told = ok(&run(at, &["restore", "one.bellwether", "--replace"]));

    assert!(told.contains("What it replaced is in one.bellwether.replaced-"), "{told}");
    assert!(!told.contains("another owner"), "{told}");
    assert!(!shown().contains("IBM"), "the server shows what is there now");
    assert_eq!(booked(at).await, Some(2));
    assert_eq!(ok(&run(at, &["doctor"])), "All data are as they must be.\n");
    let old = std::fs::read_dir(at)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .find(|name| name.contains("replaced-"))
        .unwrap();
    ok(&run(at, &["restore", &old, "--replace", "--old-to", "before.bellwether"]));
    assert!(shown().contains("IBM"));
    assert_eq!(booked(at).await, Some(3));
    let refused = run(at, &["restore", "one.bellwether", "--replace", "--old-to", "before.bellwether"]);
    assert!(said(&refused.stderr).contains("is there already"), "{}", said(&refused.stderr));
    let told = ok(&run(at, &["restore", "before.bellwether", "--replace", "--without-old"]));
    assert!(!told.contains("What it replaced"), "{told}");
    assert_eq!(booked(at).await, Some(2));
}

#[tokio::test]
async fn a_backup_moves_to_another_machine_and_a_wrong_file_changes_nothing() {
    let (one, two) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    import(one.path(), "KO,Buy,2024-03-05,60,10\n");
    let file = one.path().join("all").display().to_string();
    ok(&run(one.path(), &["backup", &file]));
    let told = ok(&run(two.path(), &["restore", &file]));
    assert!(told.contains("It belongs to another owner"), "{told}");
    assert_eq!(booked(two.path()).await, Some(1));
    for wrong in ["more.csv", "nowhere"] {
        let wrong = one.path().join(wrong).display().to_string();
        let refused = run(two.path(), &["restore", &wrong, "--replace"]);
        assert_eq!(refused.status.code(), Some(1), "{wrong}");
    }
    assert_eq!(booked(two.path()).await, Some(1));
    assert_eq!(
        std::fs::read_dir(two.path())
            .unwrap()
            .filter(|entry| { entry.as_ref().unwrap().file_name().to_string_lossy().contains("replaced") })
            .count(),
        0
    );
}

#[tokio::test]
async fn the_doctor_names_a_sale_of_shares_that_are_not_there() {
    let folder = TempDir::new().unwrap();
    import(folder.path(), "KO,Buy,2024-03-05,60,10\nKO,Sell,2024-03-06,61,4\n");
    assert_eq!(run(folder.path(), &["doctor"]).status.code(), Some(0));
    // Taking the purchase away leaves the sale.
    let tracker = tracker(folder.path()).await;
    let id = tracker.portfolio_named("Main").await.unwrap().id;
    let purchase = tracker.ledger(id).await.unwrap()[0].id;
    let storage = bellwether_storage::Storage::open(bellwether_storage::StorageOptions::new(
        folder.path().join("test.sqlite").display().to_string(),
    ))
    .await
    .unwrap();
    storage.delete_transactions(tracker.user(), id, vec![purchase]).await.unwrap();
    let found = run(folder.path(), &["doctor"]);
    assert_eq!(found.status.code(), Some(1));
    let told = said(&found.stdout);
    assert!(told.contains("KO leave on 2024-03-06") && told.contains("1 thing is not"), "{told}");
}

#[tokio::test]
async fn exported_transactions_change_nothing_when_they_are_imported_again() {
    let folder = TempDir::new().unwrap();
    let at = folder.path();
    let rows = "Ticker,Type,Date,Price,Shares,Amount,Fee,Tax,Ratio,Currency,Account,Note\n\
                KO,Buy,2024-03-05,60.123456,10.5,,1.25,,,USD,,=1+1\n\
                KO,Buy,2024-03-05,60.123456,10.5,,1.25,,,USD,,twin\n\
                MSFT,Buy,2024-03-06,,3,1000,,,,USD,,\"a, \"\"b\"\"\"\n\
                KO,Sell,2024-04-05,61,4,,,,,USD,,\n\
                KO,Dividend,2024-04-06,,,12.34,,1.85,,USD,,\n\
                ,Deposit,2024-03-01,,,5000,,,,USD,,@home\n\
                ,Fee,2024-05-01,,,3,,,,USD,,\n\
                ,Interest,2024-05-02,,,4.56,,,,USD,,\n\
                MSFT,Split,2024-06-01,,,,,,2:1,USD,,\n";
    std::fs::write(at.join("all.csv"), rows).unwrap();
    ok(&run(at, &["import", "all.csv"]));
    assert_eq!(booked(at).await, Some(9));
    let csv = ok(&run(at, &["export", "transactions", "--portfolio", "Main"]));
    assert_eq!(csv.lines().count(), 10, "{csv}");
    assert!(csv.contains("'=1+1") && csv.contains("'@home"), "{csv}");
    assert!(csv.contains("KO,buy,2024-03-05,60.123456,10.5,,1.25,"), "{csv}");
    std::fs::write(at.join("again.csv"), &csv).unwrap();
    run(at, &["import", "again.csv"]);
    assert_eq!(booked(at).await, Some(9), "{csv}");

    let flows = ok(&run(at, &["export", "cash-flows", "--portfolio", "Main"]));
    assert!(
        flows.starts_with("Date,Kind,Ticker,Amount,Currency,Balance,Inferred,Transaction\r\n"),
        "{flows}"
    );
    assert!(flows.contains("2024-03-01,deposit,,5000,USD,5000,no,"), "{flows}");
    let year = ok(&run(at, &["export", "tax-year", "2024", "--portfolio", "Main"]));
    assert_eq!(year.lines().count(), 2, "{year}");
    let told = ok(&run(at, &["export", "tax-year", "2024", "--portfolio", "Main", "--json"]));
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    // 4 of 10.5 shares for 60.123456 and a fee of 1.25: 240.493824 + 0.476190...; sold for 244.
    assert_eq!(told["lots"][0]["proceeds"], "244");
    assert_eq!(told["lots"][0]["quantity"], "4");
    assert!(told["lots"][0]["gain"].as_str().unwrap().starts_with("3.0299"), "{told}");
    assert_eq!(told["income"]["dividends"], "12.34");
    assert_eq!(told["income"]["interest"], "4.56");
    assert_eq!(run(at, &["export", "tax-year", "12", "--portfolio", "Main"]).status.code(), Some(1));
}

#[tokio::test]
async fn a_server_with_a_folder_makes_backups_and_tells_of_one_that_failed() {
    let folder = TempDir::new().unwrap();
    import(folder.path(), "KO,Buy,2024-03-05,60,10\n");
    let server = Server::told(
        folder,
        &["--upstream", "none", "--backup-folder", "backups", "--backup-keep", "1,0,0", "serve"],
    );
    let at = server.folder.path();
    let asked = || server.send("POST /api/v1/backups HTTP/1.1\r\nSec-Fetch-Site: same-origin", "");
    let until = |done: &dyn Fn(&serde_json::Value) -> bool| {
        for _ in 0..600 {
            let told = server.get("/api/v1/backups").json();
            if done(&told) {
                return told;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("no backup: {}", server.get("/api/v1/backups").json());
    };
    // The worker notes first that there is a folder.
    for _ in 0..600 {
        if asked().status == 202 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let told = until(&|told| told["items"][0]["file"].is_string());
    let file = at.join("backups").join(told["items"][0]["file"].as_str().unwrap());
    assert_eq!(std::fs::metadata(&file).unwrap().len(), told["items"][0]["size"].as_u64().unwrap());
    let elsewhere = TempDir::new().unwrap();
    ok(&run(elsewhere.path(), &["restore", &file.display().to_string()]));
    assert_eq!(booked(elsewhere.path()).await, Some(1));
    assert!(said(&server.get("/account").body).contains(told["items"][0]["file"].as_str().unwrap()));

    std::fs::remove_dir_all(at.join("backups")).unwrap();
    std::fs::write(at.join("backups"), "in the way").unwrap();
    assert_eq!(asked().status, 202);
    until(&|told| told["items"][0]["error"].is_string());
    let mut news = String::new();
    for _ in 0..100 {
        news = said(&server.get("/api/v1/notifications").body);
        if news.contains("The backup failed") {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert!(news.contains("The backup failed") && news.contains("cannot be used"), "{news}");
}

#[tokio::test]
async fn an_export_moves_to_an_empty_installation_and_is_the_same_there() {
    let (one, two) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    import(one.path(), "KO,Buy,2024-03-05,60,10\nMSFT,Buy,2024-03-06,400,2\n");
    let exported = |folder: &Path| {
        let mut told: serde_json::Value =
            serde_json::from_str(&ok(&run(folder, &["export", "json"]))).unwrap();
        assert!(told.as_object_mut().unwrap().remove("exported_at").is_some());
        told
    };
    let file = one.path().join("mine.json");
    std::fs::write(&file, ok(&run(one.path(), &["export", "json"]))).unwrap();
    let restore = || run(two.path(), &["export", "restore-json", &file.display().to_string()]);
    assert_eq!(ok(&restore()), "1 portfolios are restored with their history.\n");
    assert_eq!(exported(two.path()), exported(one.path()));
    assert_eq!(restore().status.code(), Some(1), "there is something now");
    let server = Server::start(two, "none");
    assert_eq!(server.get("/api/v1/export").status, 200);
    let refused = server.send("POST /api/v1/export/restore HTTP/1.1\r\nSec-Fetch-Site: same-origin", "{}");
    refused.is_a_problem(400);
}
