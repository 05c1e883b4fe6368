//! Background work of the real binary, over HTTP: what programs see of it, and processes that share it.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bellwether_domain::PortfolioId;
use bellwether_yahoo_sim::{SimConfig, Simulator};
use serde_json::Value;
use tempfile::TempDir;

use crate::server::{Server, until};

fn database(folder: &TempDir) -> String {
    folder.path().join("test.sqlite").display().to_string()
}

fn trades(rows: usize) -> String {
    let mut csv = "Ticker,Type,Date,Price,Shares\n".to_owned();
    for row in 0..rows {
        let (month, day) = (row / 28 % 12 + 1, row % 28 + 1);
        writeln!(csv, "KO,Buy,2025-{month:02}-{day:02},60.5,{}", row + 1).unwrap();
    }
    csv
}

/// The job that a large file is imported by.
fn upload(server: &Server, id: PortfolioId, rows: usize) -> String {
    let asked = server.upload_in_background(id, &trades(rows)).join().unwrap();
    let location = asked.redirect().unwrap_or_else(|| panic!("{asked:?}"));
    assert!(location.starts_with(&format!("/portfolio/{id}/import?job=")), "{location}");
    location.split_once("job=").unwrap().1.to_owned()
}

fn job(server: &Server, id: &str) -> Value {
    server.get(&format!("/api/v1/jobs/{id}")).json()
}

fn page(server: &Server, portfolio: PortfolioId, job: &str) -> String {
    server.get(&format!("/portfolio/{portfolio}/import?job={job}")).text()
}

#[test]
fn a_large_file_is_imported_by_a_job_that_tells_how_it_went() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(&database(&folder), "none", 60);
    let id = server.new_portfolio("Main");

    let first = upload(&server, id, 600);
    let told = until("succeeded", || job(&server, &first), |job| job["state"] == "succeeded");
    assert_eq!((&told["kind"], &told["attempts"]), (&Value::from("import"), &Value::from(1)));
    assert_eq!((&told["progress"]["percent"], &told["error"]), (&Value::from(100.0), &Value::Null));
    assert!(told["duration_seconds"].as_f64().unwrap() > 0.0);
    assert!(told.get("payload").is_none(), "what a job works on stays inside");
    let report = server.get(&format!("/api/v1/jobs/{first}/result")).json();
    assert_eq!((&report["imported"], &report["already_there"]), (&Value::from(600), &Value::from(0)));
    assert!(page(&server, id, &first).contains("600 transactions imported into Main"));

    let again = upload(&server, id, 600);
    until("succeeded", || job(&server, &again), |job| job["state"] == "succeeded");
    let report = server.get(&format!("/api/v1/jobs/{again}/result")).json();
    assert_eq!((&report["imported"], &report["already_there"]), (&Value::from(0), &Value::from(600)));

    // What follows from the changed ledger was enqueued: the chart of the portfolio is built.
    let chart = format!("/api/chart-generator-progress/{id}");
    let chart = until("completed", || server.get(&chart).json(), |told| told["status"] == "completed");
    assert_eq!((&chart["success"], &chart["progress"]["percent"]), (&Value::from(true), &Value::from(100.0)));

    let page_of = |query: &str| server.get(&format!("/api/v1/jobs?{query}"));
    let imports = page_of("kind=import&limit=1").json();
    assert_eq!((&imports["jobs"][0]["id"], &imports["next"]), (&Value::from(&*again), &Value::from(&*again)));
    let older = page_of(&format!("kind=import&limit=1&cursor={again}")).json();
    assert_eq!((&older["jobs"][0]["id"], &older["next"]), (&Value::from(&*first), &Value::Null));
    assert_eq!(page_of("kind=import&state=failed").json()["jobs"], Value::Array(Vec::new()));
    assert_eq!(page_of("state=lost").status(), 400);
    for unknown in ["no-id", "00000000-0000-7000-8000-000000000000"] {
        assert_eq!(server.get(&format!("/api/v1/jobs/{unknown}")).status(), 404);
    }
    assert_eq!(server.delete(&format!("/api/v1/jobs/{first}")).status(), 409, "it has ended");
    let nobody = "/api/chart-generator-progress/00000000-0000-7000-8000-000000000000";
    assert_eq!(server.get(nobody).status(), 404);
}

/// A process of `bellwether worker`.
struct Worker(Child);

impl Worker {
    fn start(folder: &Path, database: &str, upstream: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bellwether"));
        command
            .env_clear()
            .env("BELLWETHER_SIGN_IN", "off")
            .env("HOME", folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command.args(["--database", database, "--upstream", upstream, "--log", "off", "worker"]);
        Self(command.spawn().unwrap())
    }

    fn terminate(mut self) {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert_eq!(self.0.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_process_that_does_not_work_shows_what_another_one_does() {
    let folder = TempDir::new().unwrap();
    let database = database(&folder);
    let simulator = Simulator::spawn(SimConfig::default()).unwrap();
    let server = Server::told(&database, &simulator.base_url(), &["serve", "--no-worker"]);
    let id = server.new_portfolio("Main");

    let unwanted = upload(&server, id, 600);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(job(&server, &unwanted)["state"], "queued", "nobody works");
    assert!(page(&server, id, &unwanted).contains("imported in the background"));
    let cancelled = server.post(&format!("/api/v1/jobs/{unwanted}/cancel"), "text/plain", b"");
    assert_eq!(cancelled.status(), 202);
    assert_eq!(job(&server, &unwanted)["state"], "cancelled");
    assert!(page(&server, id, &unwanted).contains("called off. Nothing was changed"));
    let unwanted = upload(&server, id, 600);
    let form = "application/x-www-form-urlencoded";
    let from_page = server.post(&format!("/monitoring/jobs/{unwanted}/cancel"), form, b"");
    assert_eq!((from_page.status(), from_page.redirect()), (303, Some("/monitoring")));
    assert_eq!(job(&server, &unwanted)["state"], "cancelled");

    let wanted = upload(&server, id, 600);
    let refresh = format!("/api/refresh-all-prices/{id}");
    assert_eq!(server.post(&refresh, "text/plain", b"").status(), 202);
    let progress = || server.get("/api/price-update-progress").json();
    assert_eq!(progress()["status"], "queued");

    let worker = Worker::start(folder.path(), &database, &simulator.base_url());
    until("succeeded", || job(&server, &wanted), |job| job["state"] == "succeeded");
    let of_ko = || server.get("/api/current-price/KO").status().into();
    until("a price", of_ko, |status| *status == 200);
    until("completed", progress, |told| told["status"] == "completed");
    // The last one may have found nothing due any more; the one that brought the price has counted.
    let refreshes = server.get("/api/v1/jobs?kind=refresh-prices").json();
    let totals = refreshes["jobs"].as_array().unwrap().iter().map(|job| job["progress"]["total"].as_u64());
    assert!(totals.flatten().any(|total| total > 0), "{refreshes}");
    worker.terminate();
}

#[test]
fn a_report_is_made_in_the_background_and_fetched_where_it_was_said_to_be() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(&database(&folder), "none", 60);
    let id = server.new_portfolio("Main");
    let csv = "Ticker,Type,Date,Price,Shares\nKO,Buy,2024-01-02,100,10\nKO,Sell,2025-03-05,150,4\n";
    assert_eq!(server.upload_in_background(id, csv).join().unwrap().status(), 200);
    let ask = |body: &str| {
        server.post(&format!("/api/v1/portfolios/{id}/reports"), "application/json", body.as_bytes())
    };

    let told = ask("{\"report\": \"tax-year\", \"year\": 2025}");
    assert_eq!(told.status(), 202, "{told:?}");
    let told: Value = serde_json::from_str(&told.text()).unwrap();
    let at = |what: &str| told[what].as_str().unwrap().to_owned();
    until("made", || server.get(&at("progress")).json(), |job| job["state"] == "succeeded");
    let file = server.get(&at("result"));
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"tax-year-2025.csv\""));
    assert!(file.text().ends_with("KO,2024-01-02,2025-03-05,4,600,400,200,0,0,428,long,USD,\n"));

    assert_eq!(ask("{\"report\": \"tax-year\", \"year\": 0}").status(), 400);
    assert_eq!(ask("{\"report\": \"horoscope\"}").status(), 400);
    let nobodys = server.post(
        "/api/v1/portfolios/018f3c5e-0000-7000-8000-000000000001/reports",
        "application/json",
        b"{\"report\": \"tax-year\", \"year\": 2025}",
    );
    assert_eq!(nobodys.status(), 404);
}
