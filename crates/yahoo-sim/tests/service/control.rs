//! Counters, marks, log, and changes at run time.

use std::sync::Arc;

use bellwether_domain::{Clock, FixedClock};
use bellwether_yahoo_sim::{ClockMode, LimiterPolicy, Route, SimConfig};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{Stage, send};

#[tokio::test]
async fn every_call_is_counted_once_and_by_what_became_of_it() {
    let stage = Stage::new();
    stage.get("/v8/finance/chart/AAPL?range=5d").await;
    stage.get("/v8/finance/chart/ZZUNKNOWN1").await;
    stage.get("/v7/finance/spark?symbols=AAPL,MSFT,ZZUNKNOWN1").await;
    stage.get("/nowhere").await;
    let totals = stage.sim.counters().since_start;
    assert_eq!(totals.total.calls, 4);
    assert_eq!((totals.total.status(200), totals.total.status(404)), (2, 2));
    let chart = totals.route(Route::Chart);
    assert_eq!((chart.calls, chart.symbols_asked, chart.symbols_answered), (2, 2, 1));
    let spark = totals.route(Route::SparkV7);
    assert_eq!((spark.symbols_asked, spark.symbols_answered, spark.max_symbols), (3, 2, 3));
    assert_eq!(totals.route(Route::Other).calls, 1);
    assert_eq!(totals.spark_calls(), 1);
    assert_eq!(totals.distinct_clients, 1);
    assert!(totals.total.bytes > 1_000 && totals.total.p99_us >= totals.total.p50_us);
    assert_eq!(totals.total.peak_in_flight, 1);
}

#[tokio::test]
async fn the_control_plane_is_no_traffic() {
    let stage = Stage::new();
    stage.sim.adjust(|behaviour| behaviour.limiter = LimiterPolicy::cloud());
    for target in
        ["/__sim/counters", "/__sim/marks", "/__sim/log", "/__sim/config", "/__sim/clock", "/metrics"]
    {
        let bare = reqwest::Client::new();
        let reply = send(bare.get(format!("{}{target}", stage.sim.base_url()))).await.unwrap();
        assert_eq!(reply.status, 200, "{target}");
    }
    assert_eq!(stage.get("/__sim/nothing").await.status, 404);
    assert_eq!(stage.sim.calls(), 0);
}

#[tokio::test]
async fn marks_delimit_a_load() {
    let stage = Stage::new();
    stage.get("/v8/finance/chart/AAPL").await;
    stage.sim.mark("cold");
    stage.get("/v8/finance/chart/AAPL").await;
    stage.get("/v8/finance/chart/KO").await;
    let post = stage
        .client
        .post(format!("{}/__sim/mark", stage.sim.base_url()))
        .json_body(&json!({ "name": "warm" }));
    assert_eq!(send(post).await.unwrap().status, 204);
    stage.get("/v7/finance/spark?symbols=AAPL").await;
    assert_eq!((stage.sim.calls_since("cold"), stage.sim.calls_since("warm")), (Some(3), Some(1)));
    assert_eq!(stage.sim.calls_since("never"), None);
    let counters = stage.json("/__sim/counters").await;
    assert_eq!(counters["mark"], json!("warm"));
    assert_eq!(counters["since_mark"]["total"]["calls"], json!(1));
    assert_eq!(counters["since_start"]["routes"]["chart"]["calls"], json!(3));
    let marks = stage.json("/__sim/marks").await;
    assert_eq!(marks[1]["calls_before"], json!(3));
}

#[tokio::test]
async fn the_log_tells_each_call() {
    let stage = Stage::new();
    stage.get("/v8/finance/chart/AAPL?range=5d").await;
    send(stage.request("/q1/v7/finance/spark?symbols=KO,PG").header("x-sim-client", "tab-2")).await.unwrap();
    let log = stage.sim.log_since(0);
    assert_eq!(log.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(log[0].url, "/v8/finance/chart/AAPL?range=5d");
    assert_eq!((log[1].client.as_str(), log[1].symbols.join(" ").as_str()), ("tab-2", "KO PG"));
    assert_eq!((log[1].route, log[1].status, log[1].fault.as_deref()), (Route::SparkV7, 200, None));
    assert_eq!(log[0].at, stage.sim.clock().now());
    assert_eq!(stage.json("/__sim/log?since=1").await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_clock_is_moved_from_outside() {
    let stage = Stage::new();
    let put = async |target: &str, body: Value| {
        let request = stage.client.put(format!("{}/__sim/{target}", stage.sim.base_url()));
        send(request.json_body(&body)).await.unwrap()
    };
    assert_eq!(
        put("clock", json!({ "at": "2026-02-02T15:00:00Z" })).await.json()["now"],
        "2026-02-02T15:00:00Z"
    );
    let advance = stage.client.post(format!("{}/__sim/clock/advance", stage.sim.base_url()));
    assert_eq!(send(advance.json_body(&json!({ "seconds": 90 }))).await.unwrap().status, 200);
    assert_eq!(stage.sim.clock().now().to_rfc3339(), "2026-02-02T15:01:30+00:00");
    assert_eq!(put("clock", json!({ "mode": "whenever" })).await.status, 400);
    assert_eq!(put("clock", json!({ "mode": "60x@2026-03-02T15:00:00Z" })).await.status, 200);
    assert!(stage.sim.clock().now().to_rfc3339().starts_with("2026-03-02"));
}

#[tokio::test]
async fn the_callers_clock_drives_the_service() {
    let owned = Arc::new(FixedClock::at(crate::MONDAY.parse().unwrap()));
    let stage = Stage::with(SimConfig { clock: ClockMode::Shared(owned.clone()), ..SimConfig::default() });
    let time = async || {
        stage.chart("AAPL?range=1d&interval=1d").await["meta"]["regularMarketTime"].as_i64().unwrap()
    };
    let before = time().await;
    owned.advance(TimeDelta::minutes(5));
    assert_eq!(time().await, before + 300);
    let put = stage.client.put(format!("{}/__sim/clock", stage.sim.base_url()));
    assert_eq!(send(put.json_body(&json!({ "seconds": 1 }))).await.unwrap().status, 409);
}

#[tokio::test]
async fn behaviour_is_changed_in_parts() {
    let stage = Stage::new();
    let put = async |body: Value| {
        let request = stage.client.put(format!("{}/__sim/config", stage.sim.base_url()));
        send(request.json_body(&body)).await.unwrap()
    };
    assert_eq!(put(json!({ "spark_limit": 2, "limiter": "folk", "latency": "home" })).await.status, 200);
    let behaviour = stage.sim.behaviour();
    assert_eq!((behaviour.spark_limit, behaviour.quote_limit), (2, 99));
    assert_eq!(behaviour.limiter, LimiterPolicy::folk());
    assert_eq!(put(json!({ "limiter": { "retry_after": 30 }, "latency": "zero" })).await.status, 200);
    assert_eq!(
        stage.sim.behaviour().limiter,
        LimiterPolicy { retry_after: Some(30), ..LimiterPolicy::folk() }
    );
    assert_eq!(put(json!({ "limiter": "gentle" })).await.status, 400);
    assert_eq!(put(json!({ "sparks": 2 })).await.status, 400);
    assert_eq!(stage.get("/v7/finance/spark?symbols=A,B,C").await.status, 400);
}

#[tokio::test]
async fn a_reset_forgets_what_was_asked_but_not_the_time() {
    let stage = Stage::new();
    stage.get("/v8/finance/chart/AAPL").await;
    stage.sim.block("127.0.0.1", 600);
    assert_eq!(stage.sim.counters().blocked_now, 1);
    assert_eq!(
        send(stage.client.post(format!("{}/__sim/reset", stage.sim.base_url()))).await.unwrap().status,
        204
    );
    let counters = stage.sim.counters();
    assert_eq!((counters.since_start.total.calls, counters.blocked_now), (0, 0));
    assert_eq!(stage.sim.clock().now().to_rfc3339(), "2026-01-05T15:00:00+00:00");
    assert_eq!(stage.get("/v8/finance/chart/AAPL").await.status, 200);
}

#[tokio::test]
async fn the_truth_is_told_beside() {
    let stage = Stage::new();
    let truth = stage.json("/__sim/truth?symbol=NVDA&from=2024-06-06&to=2024-06-11&as_of=2024-06-11").await;
    assert_eq!(truth["splits"], json!([{ "ex_date": "2024-06-10", "new": "10", "old": "1" }]));
    let bars = truth["bars"].as_array().unwrap();
    assert_eq!(bars.len(), 4);
    let ratio = bars[0]["as_traded_close"].as_f64().unwrap() / bars[0]["close"].as_f64().unwrap();
    assert!((ratio - 10.0).abs() < 1e-6);
    assert_eq!(stage.get("/__sim/truth?symbol=ZZUNKNOWN1&from=2024-01-01&to=2024-02-01").await.status, 404);
    assert_eq!(stage.sim.calls(), 0);
}

#[tokio::test]
async fn metrics_are_in_the_text_format() {
    let stage = Stage::new();
    stage.get("/v8/finance/chart/AAPL").await;
    let reply = stage.get("/metrics").await;
    assert!(reply.header("content-type").unwrap().starts_with("text/plain"));
    assert!(
        reply.body.contains("yahoo_sim_requests_total{route=\"chart\",status=\"200\"} 1\n"),
        "{}",
        reply.body
    );
    let sample = |line: &&str| !line.starts_with('#') && line.split(' ').count() != 2;
    assert_eq!(reply.body.lines().filter(sample).count(), 0);
}

/// A JSON body without the client's own support for it.
pub(crate) trait JsonBody {
    fn json_body(self, body: &Value) -> Self;
}

impl JsonBody for reqwest::RequestBuilder {
    fn json_body(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }
}
