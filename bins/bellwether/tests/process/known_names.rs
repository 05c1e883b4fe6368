//! Addresses that people and scripts know: what they answer, to the figure.

use std::time::{Duration, Instant};

use bellwether_domain::PortfolioId;
use bellwether_yahoo_sim::{SimConfig, Simulator};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{Server, run, said, tracker};

/// A server without a source of prices: 10 KO at 60, which gain a tenth on each of two days; VOO with a split and a
/// dividend.
async fn by_hand() -> (Server, PortfolioId) {
    let folder = TempDir::new().unwrap();
    let files = [
        ("trades.csv", "Ticker,Type,Date,Price,Shares\nKO,Buy,2024-03-05,60,10\n"),
        (
            "closes.csv",
            "date,symbol,close\n2024-03-04,KO,60\n2024-03-05,KO,60\n2024-03-06,KO,66\n2024-03-07,KO,72.6\n\
             2024-03-04,VOO,400\n2024-03-05,VOO,500\n2024-03-06,VOO,130\n2024-03-07,VOO,140\n",
        ),
        ("splits.csv", "date,symbol,new,old\n2024-03-06,VOO,4,1\n"),
        ("dividends.csv", "ex_date,symbol,amount\n2024-03-05,VOO,20\n"),
    ];
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    let imports: [&[&str]; 4] = [
        &["import", "trades.csv"],
        &["prices", "import", "closes.csv", "--basis", "as-traded", "--currency", "USD"],
        &["actions", "import", "splits.csv"],
        &["actions", "import", "dividends.csv"],
    ];
    for import in imports {
        let ended = run(folder.path(), import);
        assert!(ended.status.success(), "{import:?}: {}", said(&ended.stderr));
    }
    let id = tracker(folder.path()).await.portfolio_named("Main").await.unwrap().id;
    (Server::start(folder, "none"), id)
}

/// To nine decimals.
fn rounded(told: &Value) -> Value {
    json!((told.as_f64().unwrap_or_else(|| panic!("no number: {told}")) * 1e9).round() / 1e9)
}

#[tokio::test]
async fn a_unit_that_was_bought_on_a_day_is_told_with_splits_and_dividends() {
    let (server, _) = by_hand().await;
    let answer = server.get("/api/etf-performance/voo/2024-03-04");
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
    let mut told = answer.json();
    assert!(told["data_age_minutes"].as_i64() > Some(0));
    for measured in ["performance", "price_performance"] {
        told[measured] = rounded(&told[measured]);
    }
    told["data_age_minutes"] = Value::Null;
    assert_eq!(
        told,
        json!({
            "success": true,
            "ticker": "VOO",
            "requested_date": "2024-03-04",
            "purchase_date": "2024-03-04",
            "purchase_price": 100.0,
            "current_price": 140.0,
            // 20 reinvested at 500 are a twenty-fifth more.
            "performance": 45.6,
            "price_performance": 40.0,
            "currency": "USD",
            "as_of": "2024-03-07T21:00:00+00:00",
            "data_age_minutes": null,
            "freshness": "manual",
            "is_stale": false,
            "reason": null,
            "history_requested": false,
        })
    );
    let saturday = server.get("/api/etf-performance/VOO/2024-03-02").json();
    assert_eq!(
        (&saturday["purchase_date"], &saturday["purchase_price"]),
        (&json!("2024-03-04"), &json!(100.0))
    );

    let early = server.get("/api/etf-performance/VOO/2020-03-02");
    assert_eq!((early.status, &early.json()["success"]), (200, &json!(false)));
    let early = early.json();
    assert_eq!((&early["performance"], &early["purchase_price"]), (&Value::Null, &Value::Null));
    assert_eq!(early["reason"], "no price is known for VOO");
    server.get("/api/etf-performance/NOBODY/2024-03-04").is_a_problem(404);
    server.get("/api/etf-performance/VOO/last-monday").is_a_problem(400);
    server.get("/api/etf-performance/VOO/2024-02-30").is_a_problem(400);
    server.get("/api/etf-performance/VOO/2999-01-04").is_a_problem(400);
    server.get("/api/etf-performance/%20/2024-03-04").is_a_problem(400);
}

#[tokio::test]
async fn a_history_that_was_never_fetched_is_asked_for_behind_the_answer() {
    let folder = TempDir::new().unwrap();
    let simulator = Simulator::spawn(SimConfig::default()).unwrap();
    let server = Server::start(folder, &simulator.base_url());
    let ask = || server.get("/api/etf-performance/VOO/2021-03-01");
    let first = ask();
    first.is_a_problem(404);
    assert!(said(&first.body).contains("asked for in the background"), "{}", said(&first.body));

    let begun = Instant::now();
    let told = loop {
        let answer = ask();
        if answer.status == 200 && answer.json()["success"] == true {
            break answer.json();
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{}", said(&answer.body));
        std::thread::sleep(Duration::from_millis(100));
    };
    assert_eq!((&told["purchase_date"], &told["history_requested"]), (&json!("2021-03-01"), &json!(false)));
    assert_eq!(told["current_price"], server.get("/api/current-price/VOO").json()["price"]);
    let gained = told["current_price"].as_f64().unwrap() / told["purchase_price"].as_f64().unwrap();
    assert!((told["price_performance"].as_f64().unwrap() - (gained - 1.0) * 100.0).abs() < 1e-6, "{told}");
    assert!(told["performance"].as_f64() > told["price_performance"].as_f64(), "it pays dividends: {told}");
}

#[tokio::test]
async fn a_portfolio_is_told_with_its_totals_and_holdings() {
    let (server, id) = by_hand().await;
    let told = server.get("/api/v1/portfolio?as_of=2024-03-06");
    assert_eq!((told.status, told.header("content-type")), (200, Some("application/json")));
    let named = server.get(&format!("/api/v1/portfolio?portfolio={id}&as_of=2024-03-06"));
    assert_eq!(named.body, told.body, "the first one, unless another is named");
    let told = told.json();
    assert_eq!(
        told["portfolio"],
        json!({
            "id": id,
            "name": "Main",
            "description": "",
            "base_currency": "USD",
            "cost_method": "fifo",
            "benchmarks": ["VOO", "QQQ"],
        })
    );
    assert_eq!((&told["success"], &told["as_of"]), (&json!(true), &json!("2024-03-06")));
    let stats = &told["portfolio_stats"];
    assert_eq!((&stats["current_value"], &stats["total_gain_loss"]), (&json!(660.0), &json!(60.0)));
    // 600 bought 1.2 VOO at 500, which became 4.8 at 130.
    assert_eq!((rounded(&stats["voo_equivalent"]), &stats["qqq_equivalent"]), (json!(624.0), &Value::Null));
    let held = &told["holdings"][0];
    assert_eq!((&held["ticker"], &held["shares"]), (&json!("KO"), &json!(10.0)));
    assert_eq!(rounded(&held["gain_loss_percentage"]), 10.0);
    assert!(told["timestamp"].as_str().unwrap().ends_with("+00:00"));

    let tag = server.get("/api/v1/portfolio?as_of=2024-03-06").header("etag").unwrap().to_owned();
    let known = format!("GET /api/v1/portfolio?as_of=2024-03-06 HTTP/1.1\r\nIf-None-Match: {tag}");
    assert_eq!(server.send(&known, "").status, 304);
    server.get("/api/v1/portfolio?portfolio=main").is_a_problem(400);
    server.get("/api/v1/portfolio?as_of=yesterday").is_a_problem(400);
    server.get("/api/v1/portfolio?portfolio=00000000-0000-7000-8000-000000000000").is_a_problem(404);
    let empty = Server::start(TempDir::new().unwrap(), "none");
    empty.get("/api/v1/portfolio").is_a_problem(404);
    empty.get("/api/v1/calculations/portfolio-metrics").is_a_problem(404);
}

#[tokio::test]
async fn metrics_are_numbers_or_have_a_reason() {
    let (server, id) = by_hand().await;
    let mut told = server.get("/api/v1/calculations/portfolio-metrics?as_of=2024-03-07").json();
    assert!(told["timestamp"].take().as_str().is_some_and(|at| at.ends_with("+00:00")));
    let metrics = told["metrics"].take();
    let unavailable = told["unavailable"].take();
    assert_eq!(
        told,
        json!({
            "success": true,
            "portfolio_id": id,
            "name": "Main",
            "currency": "USD",
            "as_of": "2024-03-07",
            "metrics": null,
            "unavailable": null,
            "risk_benchmark": "VOO",
            "risk_period": { "from": "2024-03-05", "to": "2024-03-07" },
            "error": null,
            "timestamp": null,
        })
    );
    // The purchase came at the close of the first of three days: 126 / (600 x 2/3) by modified Dietz.
    let known: Vec<(&str, f64)> = vec![
        ("current_value", 726.0),
        ("cash_balance", 0.0),
        ("cost_basis", 600.0),
        ("total_invested", 600.0),
        ("total_gain_loss", 126.0),
        ("unrealised_gain", 126.0),
        ("realised_gain", 0.0),
        ("total_dividends", 0.0),
        ("fees", 0.0),
        ("taxes", 0.0),
        ("daily_dollar_change", 66.0),
        ("daily_change", 10.0),
        ("money_weighted_return", 21.0),
        ("time_weighted_return", 21.0),
        ("modified_dietz_return", 31.5),
        ("simple_return", 21.0),
        ("max_drawdown", 0.0),
        ("current_drawdown", 0.0),
        ("ulcer_index", 0.0),
    ];
    for (name, figure) in &known {
        assert_eq!(rounded(&metrics[name]), *figure, "{name}");
    }
    let reasons = unavailable.as_object().unwrap();
    assert_eq!(reasons["time_weighted_return_annualised"], "the period is shorter than a year");
    assert_eq!(reasons["volatility"], "2 returns are known and this figure needs 60");
    assert_eq!(reasons["calmar_ratio"], "the period is shorter than a year");
    let metrics = metrics.as_object().unwrap();
    assert_eq!(known.len() + reasons.len(), metrics.len(), "{reasons:?}");
    assert!(reasons.keys().all(|name| metrics[name].is_null()), "what has a reason is null");
    server.get("/api/v1/calculations/portfolio-metrics?as_of=2999-01-01").is_a_problem(400);
}

#[tokio::test]
async fn targets_are_set_to_the_digit_and_told_beside_what_there_is() {
    let (server, id) = by_hand().await;
    let put = |body: &str| server.send("PUT /api/v1/allocations HTTP/1.1", body);
    let none = server.get("/api/v1/allocations").json();
    assert_eq!((&none["since"], &none["allocations"]), (&Value::Null, &json!([])));
    assert_eq!(none["cash_percentage"], "100");

    let wanted = r#"{"allocations": [{"ticker": "KO", "percentage": "33.3333333333333333"},
        {"ticker": "VOO", "percentage": 50}]}"#;
    let set = put(wanted);
    assert_eq!(set.status, 200, "{}", said(&set.body));
    let today = set.json()["since"].clone();
    assert!(today.is_string());
    assert_eq!(
        set.json(),
        json!({
            "success": true,
            "portfolio_id": id,
            "since": today,
            "allocations": [
                { "ticker": "KO", "percentage": "33.3333333333333333" },
                { "ticker": "VOO", "percentage": "50" },
            ],
            "cash_percentage": "16.6666666666666667",
        })
    );
    let told = server.get(&format!("/api/v1/allocations?portfolio={id}")).json();
    assert_eq!(told["allocations"][0]["percentage"], "33.3333333333333333");
    assert_eq!(told["allocations"][0]["current_percentage"], 100.0);
    assert_eq!(rounded(&told["allocations"][0]["drift_percentage"]), 66.666_666_667);
    assert_eq!(told["allocations"][1]["current_percentage"], 0.0);
    assert_eq!(told["allocations"][1]["drift_amount"], -363.0);
    assert_eq!(
        (rounded(&told["misplaced_percentage"]), &told["reason"]),
        (json!(66.666_666_667), &Value::Null)
    );

    for wrong in [
        "",
        "{}",
        r#"{"allocations": [{"ticker": "KO"}]}"#,
        r#"{"allocations": [{"ticker": "KO", "percentage": "a lot"}]}"#,
        r#"{"allocations": [{"ticker": "KO", "percentage": -1}]}"#,
        r#"{"allocations": [{"ticker": "KO", "percentage": 60}, {"ticker": "VOO", "percentage": "40.01"}]}"#,
        r#"{"allocations": [{"ticker": "KO", "percentage": 10}, {"ticker": "ko", "percentage": 10}]}"#,
        r#"{"allocations": [{"ticker": "KO", "percentage": "1.0000000000000000001"}]}"#,
        r#"{"allocations": [], "owner": 1}"#,
    ] {
        put(wrong).is_a_problem(400);
    }
    let nobody = r#"{"portfolio": "00000000-0000-7000-8000-000000000000", "allocations": []}"#;
    put(nobody).is_a_problem(404);
    let foreign = "PUT /api/v1/allocations HTTP/1.1\r\nOrigin: http://evil.example";
    assert_eq!(server.send(foreign, wanted).status, 403);
    assert_eq!(server.get("/api/v1/allocations").json(), told, "nothing of it happened");

    assert_eq!(put(r#"{"allocations": []}"#).json()["cash_percentage"], "100");
    assert_eq!(server.get("/api/v1/allocations").json(), none);
}

#[tokio::test]
async fn other_methods_than_an_address_answers_are_refused_by_name() {
    let (server, id) = by_hand().await;
    let job = "00000000-0000-7000-8000-000000000000";
    for (address, allowed) in [
        (format!("/api/refresh-holdings/{id}"), "POST"),
        (format!("/api/refresh-all-prices/{id}"), "POST"),
        ("/api/cache/clear".to_owned(), "POST"),
        ("/api/prices".to_owned(), "POST"),
        ("/api/prices/KO/2024-03-05".to_owned(), "DELETE"),
        (format!("/api/v1/jobs/{job}/cancel"), "POST"),
        ("/portfolios".to_owned(), "POST"),
    ] {
        let read = server.get(&address);
        read.is_a_problem(405);
        assert_eq!(read.header("allow"), Some(allowed), "{address}");
    }
    for (address, allowed) in [
        ("/api/etf-performance/VOO/2024-03-04", "GET, HEAD"),
        ("/api/v1/portfolio", "GET, HEAD"),
        ("/api/v1/calculations/portfolio-metrics", "GET, HEAD"),
        ("/api/v1/allocations", "GET, HEAD, PUT"),
        ("/api/cache/stats", "GET, HEAD"),
        ("/api/price-update-progress", "GET, HEAD"),
        ("/monitoring", "GET, HEAD"),
        ("/", "GET, HEAD"),
    ] {
        let posted = server.send(&format!("POST {address} HTTP/1.1"), "");
        posted.is_a_problem(405);
        assert_eq!(posted.header("allow"), Some(allowed), "{address}");
    }
    let head = server.send("HEAD /api/v1/portfolio HTTP/1.1", "");
    assert_eq!((head.status, head.body.len()), (200, 0));
    server.get("/api/dashboard-initial-data/main").is_a_problem(404);
}

#[tokio::test]
async fn pages_without_an_address_of_their_own_lead_to_where_their_figures_are() {
    let (server, id) = by_hand().await;
    let leads = |server: &Server, address: &str| {
        let answer = server.get(address);
        assert_eq!(answer.status, 303, "{address}");
        answer.header("location").unwrap().to_owned()
    };
    for address in ["/", "/dashboard"] {
        assert_eq!(leads(&server, address), format!("/dashboard/{id}"));
    }
    for (address, place) in [
        ("/portfolio/import-csv", "import"),
        ("/portfolio/transactions", "transactions"),
        ("/portfolio/dividends", "income"),
        ("/cash-flows", "cash-flows?range=Max"),
    ] {
        assert_eq!(leads(&server, address), format!("/portfolio/{id}/{place}"));
    }
    for (place, figure) in [("income", "Yield on cost"), ("cash-flows?range=Max", "Net deposits")] {
        let page = said(&server.get(&format!("/portfolio/{id}/{place}")).body);
        assert!(page.contains(figure), "{place}: {figure}");
    }
    let page = said(&server.get(&format!("/dashboard/{id}?range=MAX")).body);
    for figure in ["id=\"recent-title\"", "Income, 12 months", "Contributed"] {
        assert!(page.contains(figure), "{figure}");
    }
    let empty = Server::start(TempDir::new().unwrap(), "none");
    for address in ["/cash-flows", "/portfolio/transactions", "/portfolio/dividends", "/portfolio/import-csv"]
    {
        assert_eq!(leads(&empty, address), "/first-run");
    }
}

#[tokio::test]
async fn progress_is_idle_until_something_is_done() {
    let (server, id) = by_hand().await;
    let told = server.get("/api/price-update-progress").json();
    let keys = ["status", "current", "total", "updated_count", "failed_count", "stale_data", "last_updated"];
    for key in keys {
        assert!(told.get(key).is_some(), "{key}: {told}");
    }
    assert_eq!((&told["status"], &told["stale_data"]), (&json!("idle"), &json!([])));
    assert_eq!(
        server.get(&format!("/api/chart-generator-progress/{id}")).json(),
        json!({
            "success": true,
            "portfolio_id": id,
            "status": "idle",
            "progress": { "current": 0, "total": 0 },
            "job": null,
            "error": null,
        })
    );
}
