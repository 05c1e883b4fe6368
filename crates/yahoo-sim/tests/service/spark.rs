//! `GET /v7/finance/spark` and `GET /v8/finance/spark`

use serde_json::{Value, json};

use crate::{Stage, numbers};

#[tokio::test]
async fn version_seven_is_a_list_with_a_whole_quote_each() {
    let stage = Stage::at("2026-01-03T12:00:00Z");
    let reply = stage.get("/v7/finance/spark?symbols=AAPL,VOD.L,KO&range=5d&interval=1d").await;
    let body = reply.json();
    assert_eq!(body["spark"]["error"], Value::Null);
    let results = body["spark"]["result"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    let apple = results.iter().find(|entry| entry["symbol"] == json!("AAPL")).unwrap();
    let response = &apple["response"][0];
    for name in
        ["currency", "regularMarketPrice", "regularMarketTime", "chartPreviousClose", "exchangeTimezoneName"]
    {
        assert!(!response["meta"][name].is_null(), "{name}");
    }
    assert_eq!(response["meta"]["symbol"], json!("AAPL"));
    assert_eq!(response["indicators"]["quote"][0].as_object().unwrap().len(), 1, "closes only");
    let closes = numbers(&response["indicators"]["quote"][0]["close"]);
    assert_eq!(closes.len(), response["timestamp"].as_array().unwrap().len());
    assert!(
        closes.iter().all(|close| (close * 100.0 - (close * 100.0).round()).abs() < 1e-6),
        "display grade"
    );
    let chart = stage.chart("AAPL?range=5d&interval=1d").await;
    assert_eq!(chart["timestamp"], response["timestamp"]);
    let exact = numbers(&chart["indicators"]["quote"][0]["close"]);
    assert!(closes.iter().zip(exact).all(|(rounded, exact)| (rounded - exact).abs() < 0.0051));
}

#[tokio::test]
async fn version_eight_is_a_map() {
    let stage = Stage::new();
    let body = stage.json("/v8/finance/spark?symbols=AAPL,MSFT&range=1d&interval=1d").await;
    let apple = &body["AAPL"];
    assert_eq!(apple["symbol"], json!("AAPL"));
    assert_eq!(apple["dataGranularity"], json!(300), "whatever the interval");
    assert_eq!(apple["previousClose"], Value::Null);
    assert!(apple["chartPreviousClose"].is_number());
    assert!(apple.get("currency").is_none());
    assert_eq!(apple["close"].as_array().unwrap().len(), 1);
    assert_eq!(body.as_object().unwrap().len(), 2);
}

#[tokio::test]
async fn twenty_symbols_are_the_most() {
    let stage = Stage::new();
    let list = |count: usize| (0..count).map(|n| format!("S{n}")).collect::<Vec<_>>().join(",");
    for version in ["v7", "v8"] {
        assert_eq!(
            stage.get(&format!("/{version}/finance/spark?symbols={}&range=1d", list(20))).await.status,
            200
        );
        let refused = stage.get(&format!("/{version}/finance/spark?symbols={}&range=1d", list(21))).await;
        assert_eq!(refused.status, 400);
        assert_eq!(
            refused.body,
            r#"{"spark":{"result":null,"error":{"code":"Bad Request","description":"Number of symbols needs to be less than or equal to 20"}}}"#
        );
    }
    assert_eq!(stage.sim.counters().since_start.total.max_symbols, 21);
}

#[tokio::test]
async fn unknown_symbols_are_left_out_without_a_word() {
    let stage = Stage::new();
    let body = stage
        .json("/v7/finance/spark?symbols=AAPL,ZZUNKNOWN1,ZZDEAD1,ZZNONE1,%3Cx%3E&range=1d&interval=1d")
        .await;
    assert_eq!(body["spark"]["result"].as_array().unwrap().len(), 1);
    let none = stage.get("/v7/finance/spark?symbols=ZZUNKNOWN1,ZZUNKNOWN2&range=1d").await;
    assert_eq!(none.status, 404);
    assert_eq!(
        none.body,
        r#"{"spark":{"result":null,"error":{"code":"Not Found","description":"No data found for spark symbols"}}}"#
    );
    let counters = stage.sim.counters().since_start;
    assert_eq!((counters.total.symbols_asked, counters.total.symbols_answered), (7, 1));
}

#[tokio::test]
async fn answers_come_in_an_order_of_their_own() {
    let stage = Stage::new();
    let asked = "A,B,C,D,E,F,G,H,I,J";
    let order = async |version: &str| {
        let target = format!("/{version}/finance/spark?symbols={asked}&range=1d&interval=1d");
        let body = stage.get(&target).await.body;
        // Each record, or its meta, names its symbol once before it goes on to other things.
        let mut places: Vec<(usize, &str)> = asked
            .split(',')
            .map(|symbol| (body.find(&format!("\"symbol\":\"{symbol}\"")).unwrap(), symbol))
            .collect();
        places.sort_unstable();
        places.into_iter().map(|(_, symbol)| symbol).collect::<Vec<_>>().join(",")
    };
    for version in ["v7", "v8"] {
        let first = order(version).await;
        assert_ne!(first, asked, "{version}");
        assert_eq!(order(version).await, first, "the same question, the same order");
    }
}

#[tokio::test]
async fn a_pair_is_answered_under_its_other_name_in_a_batch_too() {
    let stage = Stage::new();
    let body = stage.json("/v7/finance/spark?symbols=USDEUR%3DX&range=1d&interval=1d").await;
    assert_eq!(body["spark"]["result"][0]["symbol"], json!("EUR=X"));
}

#[tokio::test]
async fn without_bars_the_quote_remains() {
    let stage = Stage::at("2026-01-05T12:00:00Z");
    stage.sim.adjust(|behaviour| behaviour.empty_before_open = true);
    let v7 = stage.json("/v7/finance/spark?symbols=AAPL&range=1d&interval=1d").await;
    let response = &v7["spark"]["result"][0]["response"][0];
    assert!(response.get("timestamp").is_none());
    assert_eq!(response["indicators"], json!({ "quote": [{}] }));
    assert!(response["meta"]["regularMarketPrice"].is_number());
    let v8 = stage.json("/v8/finance/spark?symbols=AAPL&range=1d&interval=1d").await;
    assert_eq!((&v8["AAPL"]["timestamp"], &v8["AAPL"]["close"]), (&json!([]), &Value::Null));
}

#[tokio::test]
async fn years_of_closes_come_in_one_call() {
    let stage = Stage::new();
    let body = stage.json("/v7/finance/spark?symbols=AAPL,MSFT&range=5y&interval=1d").await;
    for entry in body["spark"]["result"].as_array().unwrap() {
        assert!(entry["response"][0]["timestamp"].as_array().unwrap().len() > 1_250);
    }
}
