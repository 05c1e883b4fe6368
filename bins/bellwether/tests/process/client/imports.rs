//! A file that is imported into a database, and through a server.

use super::*;

const TRADES: &str = "Ticker,Type,Date,Price,Shares\n\
    KO,Buy,2024-03-05,60,10\n\
    KO,Buy,soon,0,11\n\
    KO,Sell,2024-03-07,62,4\n\
    MSFT,Buy,2024-03-08,400,2\n";

/// The path of a file of this content.
fn file(folder: &TempDir, name: &str, content: &str) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    path.display().to_string()
}

/// Which files the server has of its first portfolio.
fn states(both: &Both) -> Vec<Value> {
    let asked = |path: &str| {
        let head = format!("GET /api/v1/{path} HTTP/1.1\r\nAuthorization: Bearer {}", both.token);
        both.far.server.send(&head, "").json()
    };
    let id = asked("portfolios")["items"][0]["id"].as_str().unwrap().to_owned();
    let told = asked(&format!("portfolios/{id}/imports"));
    told["items"].as_array().unwrap().iter().map(|import| import["state"].clone()).collect()
}

#[test]
fn a_file_is_imported_alike_into_a_database_and_through_a_server() {
    let (mut both, files) = (Both::new(), TempDir::new().unwrap());
    let trades = file(&files, "trades.csv", TRADES);
    let imported = ["3 transactions imported into Main, 1 row rejected.\n", "  line 3: Date: "];
    both.say(&["import", &trades], 2, &imported);
    both.say(
        &["import", &trades],
        2,
        &["0 transactions imported into Main, 3 known already, 1 row rejected."],
    );
    both.say(&["transaction", "list"], 0, &["KO", "400.00"]);
    assert_eq!(states(&both), ["committed"], "no draft is left");

    let more = file(
        &files,
        "more.csv",
        "Ticker,Type,Date,Price,Shares\nKO,Buy,2024-03-05,60,10\nKO,Sell,2024-03-09,62,4\n",
    );
    let tried = ["import", &more, "--portfolio", "Main", "--dry-run"];
    both.say(&tried, 0, &["1 transaction would be imported into Main, 1 known already.\n"]);
    assert_eq!(states(&both), ["committed"], "nor of a trial");
    both.say(&tried[..4], 0, &["1 transaction imported into Main, 1 known already.\n"]);
    assert_eq!(states(&both).len(), 2);

    // Where splits are not known, it may yet be right.
    let short = file(&files, "short.csv", "Ticker,Type,Date,Price,Shares\nMSFT,Sell,2024-03-11,410,20\n");
    let short = ["import", &short, "--dry-run"];
    both.say(
        &short,
        0,
        &["1 transaction would be imported into Main.\n", "Line 2 was kept but needs attention: 20 MSFT"],
    );

    let dividends = file(&files, "dividends.csv", "Ticker,Date,Amount\nSAP.DE,2024-05-16,22.00\n");
    both.say(
        &["import", &dividends, "--portfolio", "Depot", "--currency", "EUR"],
        0,
        &["1 transaction imported into Depot.\n"],
    );
    both.say(&["transaction", "list", "--portfolio", "Depot"], 0, &["dividend"]);
    both.say(&["portfolio", "show", "Depot"], 0, &["Currency      EUR"]);
    both.say(&["import", "none.csv"], 1, &["none.csv cannot be read"]);
}

#[test]
fn a_file_that_gives_no_rows_leaves_nothing_behind() {
    let (mut both, files) = (Both::new(), TempDir::new().unwrap());
    for (name, content) in [("empty.csv", ""), ("words.csv", "just,some\nother,words\n")] {
        let path = file(&files, name, content);
        let (near, far) = (
            run(both.near.path(), &["import", &path]),
            ask(both.elsewhere.path(), &both.far.url(), &both.token, &["import", &path]),
        );
        for output in [near, far] {
            assert_eq!(output.status.code(), Some(1), "{}", said(&output.stdout));
            assert!(said(&output.stderr).starts_with("bellwether: "), "{}", said(&output.stderr));
        }
    }
    both.say(&["portfolio", "list"], 0, &["There is no portfolio yet."]);
}

#[test]
fn what_a_server_cannot_try_or_does_not_allow_is_said() {
    let (far, files) = (Locked::new(), TempDir::new().unwrap());
    let trades = file(&files, "trades.csv", TRADES);
    let told = |scopes: &[&str], more: &[&str]| {
        let arguments = [&["import", trades.as_str()], more].concat();
        let output = ask(files.path(), &far.url(), &far.token(scopes), &arguments);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output.stdout));
        said(&output.stderr)
    };
    let words = told(&["read", "write"], &["--dry-run"]);
    assert!(words.contains("no portfolio named \"Main\"") && words.contains("portfolio add"), "{words}");
    let words = told(&["read"], &[]);
    assert!(words.contains("the token does not allow that"), "{words}");
}
