//! Faults in the bytes, the status and the connection.

use std::time::Duration;

use bellwether_yahoo_sim::{FaultAction, FaultBody, FaultMatch, FaultRule, ResetPoint, Route};
use chrono::TimeDelta;
use serde_json::json;

use crate::control::JsonBody;
use crate::{Stage, send};

const CHART: &str = "/v8/finance/chart/AAPL?range=1y&interval=1d";

fn faulty(action: FaultAction) -> Stage {
    let stage = Stage::new();
    stage.sim.set_faults(vec![FaultRule::always(action)]);
    stage
}

#[tokio::test]
async fn statuses_come_with_the_bodies_that_were_seen() {
    for (code, words) in [
        (401, "Invalid Crumb"),
        (403, "Will be right back"),
        (429, "Too Many Requests\r\n"),
        (500, "HTTP Status 500 - Internal Server Error"),
        (502, "Will be right back"),
        (503, "Will be right back"),
        (504, "Will be right back"),
        (999, "Unable to process request at this time"),
    ] {
        let reply = faulty(FaultAction::Status { code, body: FaultBody::Usual }).get(CHART).await;
        assert_eq!(reply.status, code);
        assert!(reply.body.contains(words), "{code}: {}", reply.body);
    }
    let text = FaultBody::Text("later".to_owned());
    assert_eq!(faulty(FaultAction::Status { code: 503, body: text }).get(CHART).await.body, "later");
    assert_eq!(faulty(FaultAction::Status { code: 503, body: FaultBody::Empty }).get(CHART).await.body, "");
}

#[tokio::test]
async fn successes_may_be_none() {
    let body = async |action| {
        let reply = faulty(action).get(CHART).await;
        assert_eq!(reply.status, 200);
        reply.body
    };
    assert!(body(FaultAction::Html200).await.starts_with("<!DOCTYPE html>"));
    assert_eq!(body(FaultAction::Empty200).await, "");
    assert_eq!(body(FaultAction::NullChart).await, "{\"chart\":null}");
    assert!(body(FaultAction::StatusCode200).await.contains("\"status_code\":500"));
    assert!(body(FaultAction::Bom).await.starts_with('\u{feff}'));
    assert_eq!(
        faulty(FaultAction::WrongContentType).get(CHART).await.header("content-type"),
        Some("text/html")
    );
}

#[tokio::test]
async fn an_outage_lasts_for_calls_or_for_seconds() {
    let stage = Stage::new();
    let rule = |action| FaultRule {
        matches: FaultMatch { nth: Some(2), ..FaultMatch::default() },
        action,
        times: None,
    };
    stage.sim.set_faults(vec![rule(FaultAction::Burst { code: 503, count: Some(3), seconds: None })]);
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(stage.get(CHART).await.status);
    }
    assert_eq!(statuses, [200, 503, 503, 503, 200, 200]);

    stage.sim.set_faults(vec![rule(FaultAction::Burst { code: 502, count: None, seconds: Some(60) })]);
    let mut statuses = Vec::new();
    for seconds in [0, 0, 59, 1] {
        stage.sim.clock().advance(TimeDelta::seconds(seconds)).unwrap();
        statuses.push(stage.get(CHART).await.status);
    }
    assert_eq!(statuses, [200, 502, 502, 200]);
}

#[tokio::test]
async fn rules_choose_their_calls() {
    let stage = Stage::new();
    let gone = || FaultAction::Status { code: 503, body: FaultBody::Usual };
    let matching = |matches| FaultRule { matches, action: gone(), times: None };
    let none = FaultMatch::default;
    let statuses = async |rule: FaultRule| {
        stage.sim.set_faults(vec![rule]);
        let mut failed = String::new();
        for target in
            [CHART, "/v7/finance/spark?symbols=KO,AAPL", CHART, "/v8/finance/chart/KO", CHART, CHART]
        {
            failed.push(if stage.get(target).await.status == 503 { 'x' } else { '.' });
        }
        failed
    };
    assert_eq!(statuses(matching(FaultMatch { route: Some(Route::SparkV7), ..none() })).await, ".x....");
    assert_eq!(statuses(matching(FaultMatch { symbol: Some("ko".to_owned()), ..none() })).await, ".x.x..");
    assert_eq!(statuses(matching(FaultMatch { every: Some(2), ..none() })).await, ".x.x.x");
    assert_eq!(statuses(matching(FaultMatch { between: Some((2, 4)), ..none() })).await, ".xxx..");
    assert_eq!(statuses(matching(FaultMatch { client: Some("other".to_owned()), ..none() })).await, "......");
    assert_eq!(statuses(FaultRule::always(gone()).times(2)).await, "xx....");
    let chosen = FaultMatch { route: Some(Route::Chart), nth: Some(3), ..none() };
    assert_eq!(statuses(matching(chosen)).await, "...x..", "the third chart");
    let chance = matching(FaultMatch { probability: Some(0.5), ..none() });
    let first = statuses(chance.clone()).await;
    assert!(first.contains('x') && first.contains('.'));
    assert_eq!(statuses(chance).await, first, "chance follows the seed");
}

#[tokio::test]
async fn a_plan_is_set_from_outside() {
    let stage = Stage::new();
    let plan = json!([
        { "match": { "route": "chart", "nth": 1 }, "action": { "status": { "code": 502 } } },
        { "match": { "symbol": "AAPL" }, "action": "empty_200", "times": 1 },
    ]);
    let put = stage.client.put(format!("{}/__sim/faults", stage.sim.base_url())).json_body(&plan);
    assert_eq!(send(put).await.unwrap().status, 204);
    assert_eq!(stage.get(CHART).await.status, 502);
    assert_eq!(stage.get(CHART).await.body, "");
    assert_eq!(stage.get(CHART).await.status, 200);
    let log = stage.sim.log_since(0);
    let faults: Vec<_> = log.iter().map(|entry| entry.fault.as_deref().unwrap_or("-")).collect();
    assert_eq!(faults, ["status", "empty_200", "-"]);
    let wrong = stage.client.put(format!("{}/__sim/faults", stage.sim.base_url()));
    assert_eq!(send(wrong.json_body(&json!([{ "action": "explode" }]))).await.unwrap().status, 400);
}

#[tokio::test]
async fn a_reset_breaks_the_connection_where_it_is_told_to() {
    for point in [ResetPoint::Before, ResetPoint::AfterHeaders, ResetPoint::MidBody] {
        let stage = faulty(FaultAction::Reset(point));
        let response = stage.request(CHART).send().await;
        if point == ResetPoint::Before {
            assert!(response.is_err(), "no answer at all");
        } else {
            let response = response.unwrap();
            assert_eq!(response.status().as_u16(), 200);
            assert!(response.bytes().await.is_err(), "{point:?}");
        }
        let counters = stage.sim.counters();
        let status = if point == ResetPoint::Before { 0 } else { 200 };
        assert_eq!(counters.since_start.total.status(status), 1);
        stage.sim.set_faults(Vec::new());
        assert_eq!(stage.get(CHART).await.status, 200, "the next connection is whole");
    }
}

#[tokio::test]
async fn a_body_ends_early_with_and_without_notice() {
    let stage = Stage::new();
    let whole = stage.get(CHART).await.body;
    stage.sim.set_faults(vec![FaultRule::always(FaultAction::Truncate { fraction: 0.5, short_read: false })]);
    assert_eq!(stage.get(CHART).await.body, whole[..whole.len() / 2]);
    stage.sim.set_faults(vec![FaultRule::always(FaultAction::Truncate { fraction: 0.5, short_read: true })]);
    let response = stage.request(CHART).header("accept-encoding", "identity").send().await.unwrap();
    assert_eq!(response.content_length(), Some(whole.len() as u64));
    assert!(response.bytes().await.is_err());
}

#[tokio::test]
async fn a_body_can_drip() {
    let stage = faulty(FaultAction::SlowDrip { bytes_per_s: 2_000 });
    let response = stage.request("/v8/finance/chart/AAPL?range=1d&interval=1d").send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200, "the headers come at once");
    let body = tokio::time::timeout(Duration::from_millis(150), response.bytes()).await;
    assert!(body.is_err(), "some 1,500 bytes take most of a second");
    let patient = stage.get("/v8/finance/chart/AAPL?range=1d&interval=1d").await;
    assert!(patient.json()["chart"]["result"].is_array());
}

#[tokio::test]
async fn a_hanging_call_ends_only_with_the_client() {
    let stage = faulty(FaultAction::Hang);
    let waited = tokio::time::timeout(Duration::from_millis(100), stage.get(CHART)).await;
    assert!(waited.is_err());
    let counters = stage.sim.counters();
    assert_eq!((counters.since_start.total.calls, counters.since_start.total.status(0)), (1, 1));
}

#[tokio::test]
async fn sizes_and_encodings_can_be_absurd() {
    let large = faulty(FaultAction::HugeHeaders { bytes: 20_000 }).get(CHART).await;
    let padding: usize = large.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    assert!(padding > 20_000);
    let body = faulty(FaultAction::HugeBody { mb: 2 }).get(CHART).await;
    assert!(body.body.len() > 2 * 1024 * 1024 && body.json()["chart"].is_object());
    assert!(send(faulty(FaultAction::BadGzip).request(CHART)).await.is_err());
}

/// Asks some questions on one connection, one after the other, and gives what came back as bytes.
async fn on_one_connection(stage: &Stage, targets: &[&str]) -> Vec<u8> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(stage.sim.addr).await.unwrap();
    for (number, target) in targets.iter().enumerate() {
        let connection = if number + 1 == targets.len() { "close" } else { "keep-alive" };
        let question = format!(
            "GET {target} HTTP/1.1\r\nHost: y\r\nUser-Agent: tests/1\r\nAccept-Encoding: gzip\r\nConnection: {connection}\r\n\r\n"
        );
        stream.write_all(question.as_bytes()).await.unwrap();
    }
    let mut answers = Vec::new();
    // A reset ends it with an error; what came before is there all the same.
    let _ = stream.read_to_end(&mut answers).await;
    answers
}

/// The headers of an answer, and how many bytes of its body came.
async fn raw(stage: &Stage, target: &str) -> (String, usize) {
    let answer = on_one_connection(stage, &[target]).await;
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").map_or(0, |at| at + 4);
    (String::from_utf8_lossy(&answer[..end]).to_lowercase(), answer.len() - end)
}

#[tokio::test]
async fn a_part_of_a_compressed_body_is_a_part_of_what_is_sent() {
    let stage = Stage::new();
    let half = |action| {
        stage.sim.set_faults(vec![FaultRule::always(action)]);
        async {
            let (headers, sent) = raw(&stage, CHART).await;
            let announced = headers.lines().find_map(|line| line.strip_prefix("content-length: "));
            let announced: usize = announced.expect("a length").parse().unwrap();
            assert!(headers.contains("content-encoding: gzip"));
            (announced, sent)
        }
    };
    let (announced, sent) = half(FaultAction::Truncate { fraction: 0.25, short_read: true }).await;
    assert_eq!(sent, announced / 4);
    let (announced, sent) = half(FaultAction::Reset(ResetPoint::MidBody)).await;
    assert!(sent <= announced / 2, "what is reset may be lost on the way, but no more than half goes out");
    let (_, sent) = half(FaultAction::Reset(ResetPoint::AfterHeaders)).await;
    assert_eq!(sent, 0);
}

#[tokio::test]
async fn after_a_dripping_answer_the_connection_is_as_before() {
    let stage = Stage::new();
    stage.sim.set_faults(vec![FaultRule::always(FaultAction::SlowDrip { bytes_per_s: 200 }).times(1)]);
    // The first takes half a second. At that rate the second would take minutes.
    let targets = ["/v7/finance/spark?symbols=ZZUNKNOWN1", "/v8/finance/chart/AAPL?range=5y&interval=1d"];
    let both = tokio::time::timeout(Duration::from_secs(60), on_one_connection(&stage, &targets)).await;
    let both = both.expect("at full speed");
    assert!(both.starts_with(b"HTTP/1.1 404") && both.len() > 20_000);
}
