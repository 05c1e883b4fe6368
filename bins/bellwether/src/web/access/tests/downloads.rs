//! What leaves as a file: its cells and its name.

use bellwether_storage::job_files::{self, JobFile};
use bellwether_storage::{Storage, StorageOptions};
use serde_json::{Value, json};

use super::super::table::{Needs, TABLE};
use super::authorisation::path_of;
use super::site::{Site, Told, bearer};
use crate::web::access::{BodyBounds, Entry};

/// What a spreadsheet takes for the beginning of a formula.
const BEGINS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Texts that a spreadsheet would run, by themselves or after what a careless reader takes for the end of a cell.
const FORMULAS: &[&str] = &[
    "=HYPERLINK(\"http://evil.example\",\"x\")",
    "+cmd|'/c calc'!A0",
    "-2+3+cmd|'/c calc'!A0",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    "=1+1\",=2+2,\"",
    "x\"\n=1+1",
    "x\r\n=1+1,=2+2",
    "x,=1+1",
    "x;=1+1",
    "\"=1+1\"",
    "x\t=1+1",
];

/// The records of a table as RFC 4180 says.
fn records(csv: &str) -> Vec<Vec<String>> {
    let mut records = vec![vec![String::new()]];
    let mut signs = csv.trim_start_matches('\u{feff}').chars().peekable();
    let mut is_quoted = false;
    while let Some(sign) = signs.next() {
        let record = records.last_mut().expect("one");
        let cell = record.last_mut().expect("one");
        match sign {
            '"' if is_quoted && signs.peek() == Some(&'"') => cell.push(signs.next().expect("peeked")),
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => record.push(String::new()),
            '\r' if !is_quoted && signs.peek() == Some(&'\n') => {}
            '\n' if !is_quoted => records.push(vec![String::new()]),
            sign => cell.push(sign),
        }
    }
    assert!(!is_quoted, "a quote is open: {csv}");
    records.retain(|record| record.iter().any(|cell| !cell.is_empty()));
    records
}

fn runs_nothing(what: &str, csv: &str) -> Vec<Vec<String>> {
    let records = records(csv);
    let width = records.first().map_or(0, Vec::len);
    for record in &records {
        // A text that made a cell or a line of its own would show here.
        assert_eq!(record.len(), width, "{what}: {record:?} in {csv}");
        for cell in record {
            let is_number = cell.parse::<f64>().is_ok();
            assert!(is_number || !cell.starts_with(BEGINS), "{what} has a formula: {cell:?} in {csv}");
        }
    }
    records
}

async fn portfolio(site: &Site, head: &str, name: &str) -> String {
    let body = json!({ "name": name, "base_currency": "USD", "benchmarks": [] }).to_string();
    let told = site.send("POST", "/api/v1/portfolios", head, &body).await;
    assert_eq!(told.status, 201, "{name:?}: {told:?}");
    told.json()["id"].as_str().expect("an id").to_owned()
}

/// The table, which may come in pieces.
fn table_of(told: &Told) -> String {
    assert_eq!(told.status, 200, "{told:?}");
    assert!(told.header("content-type").is_some_and(|kind| kind.starts_with("text/csv")), "{told:?}");
    if told.header("transfer-encoding").is_none() {
        return told.body.clone();
    }
    let (mut table, mut rest) = (String::new(), told.body.as_str());
    while let Some((length, after)) = rest.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).expect("a length");
        table.push_str(&after[..length]);
        rest = after[length..].trim_start_matches("\r\n");
    }
    table
}

#[actix_web::test]
async fn no_text_that_somebody_entered_is_a_formula_in_a_table() {
    let (site, owner) = Site::owned().await;
    let head = bearer(&owner.token);
    let id = portfolio(&site, &head, "=1+1").await;
    let path = format!("/api/v1/portfolios/{id}/transactions");
    let mut entered = 0;
    let mut book = async |body: Value| {
        let told = site.send("POST", &path, &head, &body.to_string()).await;
        assert!(matches!(told.status, 201 | 400), "{body}: {told:?}");
        entered += usize::from(told.status == 201);
        told.status == 201
    };
    for (place, text) in FORMULAS.iter().enumerate() {
        let day = format!("2024-03-{:02}", place + 1);
        let deposit = json!({ "kind": "deposit", "date": day, "amount": "500",
            "accept_duplicate": true });
        for field in ["note", "account"] {
            let mut body = deposit.clone();
            body[field] = json!(text);
            let is_kept = book(body).await;
            // Notes hold any text but control characters that no note has; none of these is lost silently.
            assert!(is_kept || text.contains(['\t', '\r', '\n']), "{field} {text:?}");
        }
    }
    // A symbol of one's own that begins like a formula.
    for symbol in ["=EVIL", "-EVIL", "=1-1", "-1"] {
        let buy = json!({ "kind": "buy", "date": "2024-04-01", "symbol": symbol, "quantity": "2", "price": "10",
            "custom": true });
        let sell = json!({ "kind": "sell", "date": "2024-05-01", "symbol": symbol, "quantity": "1", "price": "11",
            "custom": true });
        assert!(book(buy).await && book(sell).await, "{symbol}");
    }
    assert!(entered > 20, "{entered}");
    let base = format!("/api/v1/portfolios/{id}");
    for name in ["transactions.csv", "cash-flows.csv", "tax-years/2024.csv"] {
        let told = site.get(&format!("{base}/{name}"), &head).await;
        let records = runs_nothing(name, &table_of(&told));
        assert!(records.len() > 4, "{name}: {records:?}");
        assert!(told.body.contains("'=EVIL"), "{name}: {told:?}");
    }
}

#[actix_web::test]
async fn no_cell_of_a_rejected_row_is_a_formula() {
    let (site, owner) = Site::owned().await;
    let head = bearer(&owner.token);
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut csv = String::from("Ticker,Type,Date,Price,Shares,Notes,=1+1\n");
    for text in FORMULAS {
        let text = quoted(text);
        for place in 0..7 {
            let mut cells = ["KO", "Buy", "no day", "60", "1", "x", "y"].map(str::to_owned);
            cells[place] = text.clone();
            csv.push_str(&(cells.join(",") + "\n"));
        }
    }
    let path = format!("/api/v1/portfolios/{}/imports?name=%3D1%2B1.csv", owner.portfolio);
    let told = site.upload(&path, &head, csv.as_bytes()).await;
    assert_eq!(told.status, 201, "{told:?}");
    let location = told.header("location").expect("where").to_owned();
    let told = site.get(&format!("{location}/rejects.csv"), &head).await;
    let rejected = runs_nothing("rejects.csv", &table_of(&told));
    assert!(rejected.len() > 7 * FORMULAS.len() - 5, "{}", rejected.len());
    // The same of an import that was carried out.
    let csv = csv + "KO,Buy,2024-03-06,60,1,,\n";
    let told = site.upload(&path, &head, csv.as_bytes()).await;
    let location = told.header("location").expect("where").to_owned();
    assert_eq!(site.send("POST", &format!("{location}/commit"), &head, "").await.status, 200);
    let told = site.get(&format!("{location}/rejects.csv"), &head).await;
    assert_eq!(runs_nothing("rejects.csv", &table_of(&told)).len(), rejected.len());
}

/// The header's value is one that no browser reads in two ways.
fn is_a_safe_name(told: &Told) {
    let names: Vec<&str> = told
        .head
        .lines()
        .filter(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))
        .collect();
    assert_eq!(names.len(), 1, "{told:?}");
    let value = told.header("content-disposition").expect("a name");
    let name = value.strip_prefix("attachment; filename=\"").and_then(|rest| rest.strip_suffix('"'));
    let name = name.unwrap_or_else(|| panic!("{value}"));
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '.' | '_');
    assert!(!name.is_empty() && !name.starts_with('.') && name.chars().all(is_plain), "{value}");
    assert!(told.header("x-evil").is_none() && !told.head.contains("evil=1"), "{told:?}");
}

#[actix_web::test]
async fn every_download_has_a_name_of_plain_letters_whatever_was_entered() {
    let (site, owner) = Site::owned().await;
    let head = bearer(&owner.token);
    let names = [
        "a\"; filename=\"evil.exe",
        "a\r\nX-Evil: 1\r\nSet-Cookie: evil=1",
        "a\\\"b",
        "../../etc/passwd",
        "..\\..\\evil.exe",
        "Пътешествие ünï 日本 \u{202e}gpj.exe",
        "a;b=c",
        "con",
        ".htaccess",
    ];
    let mut downloads = 0;
    for name in names {
        let body = json!({ "name": name }).to_string();
        let told = site.send("POST", "/api/v1/portfolios", &head, &body).await;
        let is_taken = !name.contains(['\r', '\n']);
        assert_eq!(told.status, if is_taken { 201 } else { 400 }, "{name:?}: {told:?}");
        if !is_taken {
            continue;
        }
        let id = told.json()["id"].as_str().expect("an id").parse().expect("an id");
        let person =
            super::site::Person { token: owner.token.clone(), who: owner.who.clone(), portfolio: id };
        let objects = site.objects_of(&person).await;
        for (pattern, seeing, _) in TABLE.iter().filter(|(_, seeing, _)| *seeing != Needs::Nothing) {
            if *pattern == "/api/v1/events" {
                continue;
            }
            let coded = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
            let path =
                format!("{}?name={coded}&filename={coded}", path_of(pattern, &objects, "none", "none"));
            let told = site.get(&path, &head).await;
            assert!(told.status > 0 && told.status < 500, "{path} ({seeing:?}): {told:?}");
            if told.header("content-disposition").is_some() {
                downloads += 1;
                is_a_safe_name(&told);
            }
        }
    }
    // An export, three tables and the rejects of each.
    assert!(downloads >= 5 * (names.len() - 1), "{downloads}");
    // The page's form takes no others.
    for name in ["a%0d%0aX-Evil:%201", "a%09b", &"x".repeat(101)] {
        let form = format!("name={name}&currency=USD&cost_method=fifo");
        let told = site.form("/portfolios", &head, &form).await;
        assert_eq!(told.status, 400, "{name}: {told:?}");
    }
}

#[actix_web::test]
async fn the_file_of_a_job_has_a_plain_name_whatever_is_stored() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("test.sqlite").display().to_string();
    let entry = Entry { is_locked: true, ..Entry::default() };
    let site = Site::with(&database, entry, BodyBounds::default()).await;
    let owner = site.claimed().await;
    let job = site.objects_of(&owner).await.job;
    let storage = Storage::open(StorageOptions::new(&database)).await.expect("a database");
    let cases = [
        ("tax-year-2025.csv", "tax-year-2025.csv"),
        ("a\r\nX-Evil: 1\r\nSet-Cookie: evil=1.csv", "a--X-Evil--1--Set-Cookie--evil-1.csv"),
        ("a\"; filename=\"evil.exe", "a---filename--evil.exe"),
        ("../../etc/passwd", "etc-passwd"),
        ("ü\u{202e}", "result"),
        ("", "result"),
    ];
    for (stored, told) in cases {
        let id = job.parse().expect("an id");
        let file = JobFile {
            name: stored.to_owned(),
            media_type: "text/csv; charset=utf-8".to_owned(),
            content: b"x".to_vec(),
        };
        let put = storage.write(move |connection| {
            job_files::remove(connection, id)?;
            job_files::put(connection, id, &file, chrono::Utc::now())
        });
        put.await.expect("stored");
        let answer = site.get(&format!("/api/v1/jobs/{job}/result"), &bearer(&owner.token)).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "x"), "{stored:?}: {answer:?}");
        is_a_safe_name(&answer);
        let expected = format!("attachment; filename=\"{told}\"");
        assert_eq!(answer.header("content-disposition"), Some(expected.as_str()), "{stored:?}");
    }
}
