//! Faults in the data of a success.

use bellwether_yahoo_sim::{FaultAction, FaultRule, Omission, Route};
use serde_json::{Value, json};

use crate::{Stage, numbers, send};

const CHART: &str = "AAPL?range=6mo&interval=1d&events=div,splits";

/// The same chart without and with a fault.
async fn with(action: FaultAction) -> (Value, Value) {
    with_chart(CHART, action).await
}

async fn with_chart(target: &str, action: FaultAction) -> (Value, Value) {
    let stage = Stage::at("2026-01-10T12:00:00Z");
    let plain = stage.chart(target).await;
    stage.sim.set_faults(vec![FaultRule::on(Route::Chart, action)]);
    let faulty = stage.chart(target).await;
    assert_eq!(stage.sim.counters().since_start.total.faulted, 1);
    (plain, faulty)
}

fn column<'a>(chart: &'a Value, name: &str) -> &'a Vec<Value> {
    match name {
        "timestamp" => chart["timestamp"].as_array().unwrap(),
        "adjclose" => chart["indicators"]["adjclose"][0]["adjclose"].as_array().unwrap(),
        name => chart["indicators"]["quote"][0][name].as_array().unwrap(),
    }
}

#[tokio::test]
async fn cells_become_null() {
    let (plain, faulty) =
        with(FaultAction::Nulls { rows: 3, fields: vec!["close".to_owned(), "high".to_owned()] }).await;
    let nulls = |name: &str| column(&faulty, name).iter().filter(|cell| cell.is_null()).count();
    assert_eq!(["close", "high", "open", "adjclose", "timestamp"].map(nulls), [3, 3, 0, 0, 0]);
    assert_eq!(column(&plain, "open"), column(&faulty, "open"));
    let (_, whole) = with(FaultAction::NullLastDay).await;
    assert!(
        ["open", "close", "volume", "adjclose"]
            .iter()
            .all(|name| column(&whole, name).last().unwrap().is_null())
    );
    assert!(column(&whole, "timestamp").last().unwrap().is_number());
}

#[tokio::test]
async fn columns_lose_their_shape() {
    let (plain, ragged) = with(FaultAction::Ragged).await;
    assert_eq!(column(&ragged, "close").len() + 1, column(&plain, "close").len());
    let (_, unsorted) = with(FaultAction::Unsorted).await;
    assert!(numbers(&unsorted["timestamp"]).windows(2).any(|pair| pair[0] > pair[1]));
    let (_, timeless) = with(FaultAction::NoTimestamps).await;
    assert!(timeless.get("timestamp").is_none() && timeless["indicators"]["quote"][0]["close"].is_array());
    let (_, homeless) = with(FaultAction::NoCurrency).await;
    assert_eq!(homeless["meta"]["currency"], Value::Null);
}

#[tokio::test]
async fn numbers_become_words() {
    let (_, infinite) = with(FaultAction::Infinity).await;
    let words = |chart: &Value| -> Vec<Value> {
        let all = ["open", "high", "low", "close", "adjclose"]
            .into_iter()
            .flat_map(|name| column(chart, name).clone());
        all.filter(Value::is_string).collect()
    };
    assert!(words(&infinite).contains(&json!("Infinity")) && words(&infinite).contains(&json!("NaN")));
    let (plain, strings) = with(FaultAction::StringsForNumbers).await;
    assert_eq!(words(&strings).len(), 5 * column(&plain, "close").len());
}

#[tokio::test]
async fn the_last_day_doubles_and_a_row_comes_after_the_end() {
    let (plain, double) = with(FaultAction::DupLastDay).await;
    let stamps = numbers(&double["timestamp"]);
    assert_eq!(stamps.len(), column(&plain, "timestamp").len() + 1);
    assert!((stamps[stamps.len() - 1] - stamps[stamps.len() - 2] - 3_600.0).abs() < 0.5, "the same day");
    let (closes, days) = (column(&double, "close"), stamps.len());
    assert_eq!(closes[days - 2], column(&plain, "open")[days - 2], "as it stood at the open");
    assert_eq!(closes[days - 1], column(&plain, "close")[days - 2]);
    let target = "AAPL?period1=1764547200&period2=1767225600&interval=1d";
    let (_, late) = with_chart(target, FaultAction::RowAfterPeriod2).await;
    assert!(numbers(&late["timestamp"]).last().unwrap() > &1_767_225_600.0);
    assert_eq!(column(&late, "close").last().unwrap(), &late["meta"]["regularMarketPrice"]);
}

#[tokio::test]
async fn a_block_of_bars_is_a_hundred_times_too_large() {
    let (plain, glitch) = with(FaultAction::Glitch { factor: 100.0, rows: 3 }).await;
    for name in ["open", "high", "low", "close", "adjclose"] {
        let pairs = column(&plain, name).iter().zip(column(&glitch, name));
        let wrong =
            pairs.filter(|(right, wrong)| wrong.as_f64().unwrap() / right.as_f64().unwrap() > 99.0).count();
        assert_eq!(wrong, 3, "{name}");
    }
}

#[tokio::test]
async fn days_go_missing_inside() {
    let (plain, thin) = with(FaultAction::MissingDays { n: 7 }).await;
    for name in ["timestamp", "close", "volume", "adjclose"] {
        assert_eq!(column(&plain, name).len() - column(&thin, name).len(), 7, "{name}");
    }
    assert_eq!(column(&plain, "timestamp")[0], column(&thin, "timestamp")[0]);
    assert_eq!(column(&plain, "timestamp").last(), column(&thin, "timestamp").last());
}

#[tokio::test]
async fn a_split_is_announced_but_not_applied() {
    let target = "NVDA?period1=1712000000&period2=1722000000&interval=1d&events=splits";
    let ratios = async |action| {
        let (plain, faulty) = with_chart(target, action).await;
        assert_eq!(plain["events"], faulty["events"]);
        let pairs = column(&plain, "close").iter().zip(column(&faulty, "close"));
        let ratios =
            pairs.map(|(right, wrong)| (wrong.as_f64().unwrap() / right.as_f64().unwrap()).round() as i64);
        ratios.collect::<Vec<_>>()
    };
    let whole = ratios(FaultAction::SplitNotApplied).await;
    let at = whole.iter().position(|ratio| *ratio == 1).unwrap();
    assert!(
        at > 30
            && whole[..at].iter().all(|ratio| *ratio == 10)
            && whole[at..].iter().all(|ratio| *ratio == 1)
    );
    let part = ratios(FaultAction::PartialSplit).await;
    assert_eq!(part.iter().filter(|ratio| **ratio == 10).count(), at - 20);
}

#[tokio::test]
async fn another_symbol_answers() {
    let stage = Stage::new();
    let alias = FaultAction::Alias { from: "AAPL".to_owned(), to: "APPL".to_owned() };
    stage.sim.set_faults(vec![FaultRule::always(alias)]);
    assert_eq!(stage.chart(CHART).await["meta"]["symbol"], json!("APPL"));
    stage.sim.set_faults(vec![FaultRule::always(FaultAction::SwapSymbols)]);
    assert_eq!(stage.chart(CHART).await["meta"]["symbol"], json!("MSFT"));
    let batch = stage.json("/v7/finance/spark?symbols=AAPL,KO&range=1d&interval=1d").await;
    for entry in batch["spark"]["result"].as_array().unwrap() {
        assert_ne!(entry["symbol"], entry["response"][0]["meta"]["symbol"]);
    }
}

#[tokio::test]
async fn batches_come_back_in_part() {
    let stage = Stage::new();
    let answered = async |omission: Omission| {
        stage.sim.set_faults(vec![FaultRule::on(Route::SparkV7, FaultAction::Omit(omission))]);
        let body = stage.json("/v7/finance/spark?symbols=A,B,C,D,E,F,G,H&range=1d&interval=1d").await;
        let mut symbols: Vec<_> = body["spark"]["result"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["symbol"].as_str().unwrap().to_owned())
            .collect();
        symbols.sort();
        symbols.concat()
    };
    assert_eq!(answered(Omission::AllButLast).await, "H");
    assert_eq!(answered(Omission::Symbols(vec!["b".to_owned(), "D".to_owned()])).await, "ACEFGH");
    let half = answered(Omission::Fraction(0.5)).await;
    assert!((1..8).contains(&half.len()), "{half}");
}

#[tokio::test]
async fn everything_is_from_the_past_or_from_another_time() {
    let stage = Stage::new();
    let time = async |action| {
        stage.sim.set_faults(vec![FaultRule::always(action)]);
        let reply = stage.get("/v8/finance/chart/AAPL?range=1d&interval=1d").await;
        let meta = &reply.json()["chart"]["result"][0]["meta"];
        (meta["regularMarketTime"].as_i64().unwrap(), reply.header("date").unwrap().to_owned())
    };
    let monday = 1_767_625_200;
    assert_eq!(
        time(FaultAction::Stale { seconds: 600 }).await,
        (monday - 600, "Mon, 05 Jan 2026 15:00:00 GMT".to_owned())
    );
    assert_eq!(
        time(FaultAction::ClockSkew { s: 3_600 }).await,
        (monday + 3_600, "Mon, 05 Jan 2026 16:00:00 GMT".to_owned())
    );
}

#[tokio::test]
async fn version_eight_suffers_too() {
    let stage = Stage::new();
    stage.sim.set_faults(vec![FaultRule::always(FaultAction::NullLastDay)]);
    let body = stage.json("/v8/finance/spark?symbols=AAPL,KO&range=5d&interval=1d").await;
    assert!(body["AAPL"]["close"][4].is_null() && body["KO"]["close"][4].is_null());
    stage.sim.set_faults(vec![FaultRule::always(FaultAction::SwapSymbols)]);
    let swapped = stage.json("/v8/finance/spark?symbols=AAPL,KO&range=5d&interval=1d").await;
    assert_eq!((&swapped["AAPL"]["symbol"], &swapped["KO"]["symbol"]), (&json!("KO"), &json!("AAPL")));
}

#[tokio::test]
async fn the_running_day_comes_as_of_its_open_and_as_of_now() {
    let stage = Stage::new();
    stage.sim.set_faults(vec![FaultRule::always(FaultAction::DupLastDay)]);
    let chart = stage.chart("AAPL?range=5d&interval=1d").await;
    let stamps = numbers(&chart["timestamp"]);
    let meta = &chart["meta"];
    let wanted = [&meta["currentTradingPeriod"]["regular"]["start"], &meta["regularMarketTime"]];
    assert_eq!(stamps[stamps.len() - 2..], wanted.map(|second| second.as_f64().unwrap()));
}

#[tokio::test]
async fn quotes_suffer_in_their_own_way() {
    let stage = Stage::new();
    let page = stage.get("/").await;
    let cookie = page.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let crumb = send(stage.request("/v1/test/getcrumb").header("cookie", &cookie)).await.unwrap().body;
    let crumb = crumb.replace('/', "%2F");
    let quotes = async |action: Option<FaultAction>| {
        stage.sim.set_faults(action.map(FaultRule::always).into_iter().collect());
        let target = format!("/v7/finance/quote?symbols=AAPL,KO,VOD.L&crumb={crumb}");
        let reply = send(stage.request(&target).header("cookie", &cookie)).await.unwrap();
        reply.json()["quoteResponse"]["result"].as_array().unwrap().clone()
    };
    let plain = quotes(None).await;
    let price = |record: &Value| record["regularMarketPrice"].as_f64().unwrap();

    let glitch = quotes(Some(FaultAction::Glitch { factor: 100.0, rows: 2 })).await;
    let factors: Vec<i64> =
        plain.iter().zip(&glitch).map(|(a, b)| (price(b) / price(a)).round() as i64).collect();
    assert_eq!(factors, [100, 100, 1]);
    assert_eq!(glitch[0]["regularMarketPreviousClose"], plain[0]["regularMarketPreviousClose"]);

    let each = |records: &[Value], name: &str| -> Vec<Value> {
        records.iter().map(|record| record[name].clone()).collect()
    };
    let nameless = quotes(Some(FaultAction::NoCurrency)).await;
    assert_eq!(each(&nameless, "currency"), [Value::Null, Value::Null, Value::Null]);
    let infinite = quotes(Some(FaultAction::Infinity)).await;
    assert_eq!(infinite[2]["regularMarketPrice"], json!("Infinity"));
    let words = quotes(Some(FaultAction::StringsForNumbers)).await;
    assert_eq!(words[0]["regularMarketPrice"], json!(price(&plain[0]).to_string()));
    let without = quotes(Some(FaultAction::Nulls { rows: 1, fields: Vec::new() })).await;
    assert!(without[0]["regularMarketPrice"].is_null() && without[1]["regularMarketPrice"].is_number());
    let swapped = quotes(Some(FaultAction::SwapSymbols)).await;
    assert_eq!(each(&swapped, "symbol"), [json!("KO"), json!("AAPL"), json!("VOD.L")]);
    assert_eq!(swapped[1], plain[0], "a record stays whole");
}
