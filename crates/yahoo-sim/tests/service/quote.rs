//! `GET /v7/finance/quote`, `GET /v10/finance/quoteSummary/{symbol}`, `GET /v1/finance/search`

use chrono::Datelike;
use serde_json::{Value, json};

use crate::{Reply, Stage, send};

/// A cookie and a crumb that is safe in a URL.
async fn session(stage: &Stage) -> (String, String) {
    let page = stage.get("/").await;
    let cookie = page.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let crumb = send(stage.request("/v1/test/getcrumb").header("cookie", &cookie)).await.unwrap().body;
    (cookie, crumb.replace('/', "%2F"))
}

async fn ask(stage: &Stage, target: &str) -> Reply {
    let (cookie, crumb) = session(stage).await;
    send(stage.request(&format!("{target}&crumb={crumb}")).header("cookie", cookie)).await.unwrap()
}

async fn records(stage: &Stage, query: &str) -> Vec<Value> {
    let reply = ask(stage, &format!("/v7/finance/quote?{query}")).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.json()["quoteResponse"]["result"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_record_has_a_whole_day_and_agrees_with_the_chart() {
    let stage = Stage::new();
    let record = &records(&stage, "symbols=AAPL").await[0];
    let chart = stage.chart("AAPL?range=1d&interval=1d").await;
    for (field, column) in [
        ("regularMarketOpen", "open"),
        ("regularMarketDayHigh", "high"),
        ("regularMarketDayLow", "low"),
        ("regularMarketPrice", "close"),
        ("regularMarketVolume", "volume"),
    ] {
        let bar = chart["indicators"]["quote"][0][column][0].as_f64().unwrap();
        assert!((record[field].as_f64().unwrap() - bar).abs() < 0.005, "{field}");
    }
    assert_eq!(record["regularMarketPreviousClose"], chart["meta"]["chartPreviousClose"]);
    assert_eq!(record["regularMarketTime"], chart["meta"]["regularMarketTime"]);
    assert_eq!(record["marketState"], json!("REGULAR"));
    assert_eq!((&record["currency"], &record["quoteType"]), (&json!("USD"), &json!("EQUITY")));
    let (price, before) = (
        record["regularMarketPrice"].as_f64().unwrap(),
        record["regularMarketPreviousClose"].as_f64().unwrap(),
    );
    let percent = record["regularMarketChangePercent"].as_f64().unwrap();
    assert!((percent - (price / before - 1.0) * 100.0).abs() < 0.01, "in percent");
    assert!(record["fiftyTwoWeekLowChangePercent"].as_f64().unwrap() < 5.0, "a fraction");
}

#[tokio::test]
async fn fields_narrow_the_record_and_drop_the_currency() {
    let stage = Stage::new();
    let record = &records(&stage, "symbols=AAPL&fields=longName").await[0];
    assert!(record.get("currency").is_none() && record.get("regularMarketOpen").is_none());
    assert!(record.get("longName").is_some() && record.get("regularMarketPrice").is_some());
    let asked = &records(&stage, "symbols=AAPL&fields=currency,regularMarketOpen").await[0];
    assert!(asked.get("currency").is_some() && asked.get("regularMarketOpen").is_some());
}

#[tokio::test]
async fn unknown_symbols_are_omitted_and_dead_ones_have_no_price() {
    let stage = Stage::new();
    let found = records(&stage, "symbols=AAPL,ZZUNKNOWN1,ZZDEAD1,ZZNONE1,zzhalt1").await;
    let of = |symbol: &str| found.iter().find(|record| record["symbol"] == json!(symbol)).unwrap();
    assert_eq!(found.len(), 4);
    assert_eq!(of("ZZNONE1")["quoteType"], json!("NONE"));
    assert!(of("ZZNONE1").get("regularMarketPrice").is_none());
    assert_eq!(of("ZZDEAD1")["exchange"], json!("YHD"));
    assert!(of("ZZDEAD1").get("regularMarketPrice").is_none());
    assert_eq!(of("ZZHALT1")["quoteType"], json!("MUTUALFUND"));
    assert!(of("ZZHALT1")["regularMarketTime"].as_i64().unwrap() < 1_760_000_000);
    assert_eq!(records(&stage, "symbols=ZZUNKNOWN1").await, Vec::<Value>::new(), "a success all the same");
}

#[tokio::test]
async fn the_states_of_a_day_follow_the_clock() {
    let stage = Stage::new();
    let mut states = Vec::new();
    for at in [
        "2026-01-05T08:00:00Z",
        "2026-01-05T12:00:00Z",
        "2026-01-05T15:00:00Z",
        "2026-01-05T22:00:00Z",
        "2026-01-06T02:00:00Z",
        "2026-01-10T15:00:00Z",
        "2026-01-19T15:00:00Z",
    ] {
        stage.sim.clock().set(at.parse().unwrap()).unwrap();
        let found = records(&stage, "symbols=AAPL,BTC-USD").await;
        states.push(found[0]["marketState"].as_str().unwrap().to_owned());
        assert_eq!(found[1]["marketState"], json!("REGULAR"), "never closes");
        if states.last().unwrap() == "POST" {
            assert!(found[0]["postMarketPrice"].is_number());
        }
        if states.last().unwrap() == "PRE" {
            assert!(found[0]["preMarketPrice"].is_number());
        }
    }
    assert_eq!(states, ["PREPRE", "PRE", "REGULAR", "POST", "POSTPOST", "CLOSED", "CLOSED"]);
}

#[tokio::test]
async fn prices_are_in_pence_and_capital_in_pounds() {
    let stage = Stage::new();
    let record = &records(&stage, "symbols=VOD.L").await[0];
    assert_eq!((&record["currency"], &record["financialCurrency"]), (&json!("GBp"), &json!("GBP")));
    assert_eq!(record["exchangeDataDelayedBy"], json!(15));
}

#[tokio::test]
async fn too_many_symbols_fail_as_a_whole() {
    let stage = Stage::new();
    let list = |count: usize| (0..count).map(|n| format!("S{n}")).collect::<Vec<_>>().join(",");
    assert_eq!(records(&stage, &format!("symbols={}", list(99))).await.len(), 99);
    let refused = ask(&stage, &format!("/v7/finance/quote?symbols={}", list(100))).await;
    assert_eq!(refused.json()["quoteResponse"]["error"]["code"], json!("internal-error"));
    let missing = ask(&stage, "/v7/finance/quote?x=1").await;
    assert_eq!(
        missing.body,
        r#"{"finance":{"result":null,"error":{"code":"Bad Request","description":"Missing required query parameter=symbols"}}}"#
    );
}

#[tokio::test]
async fn announced_dividends_are_a_hint() {
    let stage = Stage::new();
    let market = stage.sim.market();
    let paid =
        market.actions(&"KO".parse().unwrap()).into_iter().find(|action| action.ex_date.year() >= 2026);
    let ex_date = paid.unwrap().ex_date;
    let before = ex_date - chrono::Days::new(4);
    stage.sim.clock().set(before.and_hms_opt(15, 0, 0).unwrap().and_utc()).unwrap();
    let record = &records(&stage, "symbols=KO").await[0];
    assert_eq!(record["corporateActions"][0]["meta"]["eventType"], json!("DIVIDEND"));
    assert!(record["trailingAnnualDividendRate"].as_f64().unwrap() > 0.0);
}

#[tokio::test]
async fn a_summary_has_the_modules_that_it_is_asked_for() {
    let stage = Stage::new();
    let reply =
        ask(&stage, "/v10/finance/quoteSummary/AAPL?modules=price,summaryDetail,quoteType,calendarEvents")
            .await;
    let result = reply.json()["quoteSummary"]["result"][0].clone();
    assert_eq!(
        result.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["price", "quoteType", "summaryDetail"]
    );
    assert_eq!(result["price"]["symbol"], json!("AAPL"));
    assert!(result["price"]["regularMarketChangePercent"].as_f64().unwrap().abs() < 0.5, "here a fraction");
    let dead = ask(&stage, "/v10/finance/quoteSummary/ZZDEAD1?modules=summaryDetail").await;
    assert_eq!(dead.status, 404);
    assert_eq!(
        dead.json()["quoteSummary"]["error"]["description"],
        json!("No fundamentals data found for any of the summaryTypes=summaryDetail")
    );
}

#[tokio::test]
async fn search_finds_by_symbol_and_name() {
    let stage = Stage::new();
    let find = async |query: &str| {
        let body = stage.json(&format!("/v1/finance/search?quotesCount=5&q={query}")).await;
        assert_eq!(body["count"].as_u64().unwrap() as usize, body["quotes"].as_array().unwrap().len());
        body["quotes"].as_array().unwrap().clone()
    };
    let apple = find("apple").await;
    assert_eq!((&apple[0]["symbol"], &apple[0]["exchDisp"]), (&json!("AAPL"), &json!("NasdaqGS")));
    let stranger = apple.iter().find(|hit| hit["isYahooFinance"] == json!(false)).unwrap();
    assert!(stranger.get("symbol").is_none() && stranger["name"].is_string());
    assert_eq!(find("VOO").await[0]["quoteType"], json!("ETF"));
    assert_eq!(find("QWERT").await[0]["symbol"], json!("QWERT"), "every symbol exists");
    assert_eq!(find("GSPC").await[1]["symbol"], json!("^GSPC"), "inside of a symbol");
    assert_eq!(find("no+such+company").await, Vec::<Value>::new());
    let missing = stage.get("/v1/finance/search?q=").await;
    assert_eq!(
        (missing.status, missing.body.as_str()),
        (
            400,
            r#"{"finance":{"result":null,"error":{"code":"Bad Request","description":"Missing required query parameter=q"}}}"#
        )
    );
}
