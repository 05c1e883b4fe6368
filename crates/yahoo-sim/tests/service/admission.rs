//! Who is let in.

use bellwether_domain::Clock;
use bellwether_yahoo_sim::{LatencyProfile, LimiterPolicy, SimConfig, ThrottleBody};
use chrono::TimeDelta;

use crate::{Stage, send};

const CHART: &str = "/v8/finance/chart/AAPL?range=1d&interval=1d";

#[tokio::test]
async fn bare_libraries_are_refused_at_the_edge() {
    let stage = Stage::new();
    for agent in ["", "curl/8.5.0", "Java/17", "python-requests/2.32", "Go-http-client/1.1"] {
        let reply = send(stage.request(CHART).header("user-agent", agent)).await.unwrap();
        assert_eq!((reply.status, reply.body.as_str()), (429, "Edge: Too Many Requests"), "{agent}");
    }
    let named = send(stage.request(CHART).header("user-agent", "pricehist/1.0")).await.unwrap();
    assert_eq!(named.status, 200);
    assert_eq!(stage.sim.counters().since_start.total.throttled, 5);
}

#[tokio::test]
async fn the_forty_first_call_is_refused_and_a_sticky_block_follows() {
    let stage = Stage::new();
    stage.sim.adjust(|behaviour| behaviour.limiter = LimiterPolicy::hostile());
    for _ in 0..40 {
        assert_eq!(stage.get(CHART).await.status, 200);
    }
    let refused = stage.get(CHART).await;
    assert_eq!((refused.status, refused.body.as_str()), (429, "Too Many Requests\r\n"));
    assert_eq!(refused.header("retry-after"), None);
    assert_eq!(stage.sim.counters().blocked_now, 1);

    stage.sim.clock().advance(TimeDelta::seconds(179)).unwrap();
    assert_eq!(stage.get(CHART).await.status, 429, "a call during the block doubles it");
    stage.sim.clock().advance(TimeDelta::seconds(359)).unwrap();
    assert_eq!(stage.get(CHART).await.status, 429);
    stage.sim.clock().advance(TimeDelta::seconds(721)).unwrap();
    assert_eq!(stage.get(CHART).await.status, 200);
    assert_eq!(stage.sim.counters().since_start.total.throttled, 3);
}

#[tokio::test]
async fn many_addresses_can_be_played_on_one_machine() {
    let stage = Stage::new();
    stage.sim.block("tab-1", 60);
    let status =
        async |client: &str| send(stage.request(CHART).header("x-sim-client", client)).await.unwrap().status;
    assert_eq!((status("tab-1").await, status("tab-2").await), (429, 200));
    assert_eq!(stage.sim.counters().since_start.distinct_clients, 2);
}

#[tokio::test]
async fn hosts_have_block_lists_of_their_own() {
    let stage = Stage::new();
    stage.sim.adjust(|behaviour| {
        behaviour.limiter = LimiterPolicy::hostile();
        behaviour.limiter.windows[0].limit = 1;
    });
    for (host, statuses) in [("/q1", [200, 429]), ("/q2", [200, 429]), ("", [200, 429])] {
        for status in statuses {
            assert_eq!(stage.get(&format!("{host}{CHART}")).await.status, status, "{host}");
        }
    }
}

#[tokio::test]
async fn a_refusal_says_what_it_is_told_to() {
    let stage = Stage::new();
    stage.sim.adjust(|behaviour| {
        behaviour.limiter =
            LimiterPolicy { body: ThrottleBody::Edge, retry_after: Some(120), ..LimiterPolicy::cloud() };
    });
    let refused = stage.get(CHART).await;
    assert_eq!(
        (refused.body.as_str(), refused.header("retry-after")),
        ("Edge: Too Many Requests", Some("120"))
    );
}

#[tokio::test]
async fn more_than_eight_at_once_are_refused() {
    let mut config = SimConfig { clock: crate::MONDAY.parse().unwrap(), ..SimConfig::default() };
    config.behaviour.limiter = LimiterPolicy::parallel8();
    config.behaviour.latency = LatencyProfile { base_ms: 300.0, ..LatencyProfile::zero() };
    let stage = Stage::with(config);
    let calls = (0..12).map(|_| stage.get(CHART));
    let replies = futures::future::join_all(calls).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 429).count(), 4);
    assert_eq!(stage.sim.counters().since_start.total.peak_in_flight, 12);
    assert_eq!(stage.get(CHART).await.status, 200, "no block follows");
}

#[tokio::test]
async fn the_edge_serves_the_same_url_again() {
    let stage = Stage::new();
    stage.sim.adjust(|behaviour| {
        behaviour.edge_cache = true;
        behaviour.limiter = LimiterPolicy::hostile();
        behaviour.limiter.windows[0].limit = 2;
    });
    let time = async || {
        let reply = stage.get(CHART).await;
        let age = reply.header("age").map(|age| age.parse::<i64>().unwrap());
        (reply.json()["chart"]["result"][0]["meta"]["regularMarketTime"].as_i64().unwrap(), age)
    };
    let now = stage.sim.clock().now().timestamp();
    assert_eq!(time().await, (now, Some(0)));
    stage.sim.clock().advance(TimeDelta::seconds(9)).unwrap();
    assert_eq!(time().await, (now, Some(9)));
    stage.sim.clock().advance(TimeDelta::seconds(1)).unwrap();
    assert_eq!(time().await, (now + 10, Some(0)), "max-age is ten seconds");
    stage.sim.adjust(|behaviour| behaviour.freeze_s = 70);
    stage.sim.clock().advance(TimeDelta::seconds(79)).unwrap();
    assert_eq!(time().await, (now + 10, Some(79)), "frozen on purpose");
    let other = stage.get("/v8/finance/chart/AAPL?range=1d&interval=1d&_=1").await;
    assert_eq!(other.status, 429, "what the edge answered was not counted, so this is the third call");
    assert_eq!(stage.sim.counters().since_start.total.edge_hits, 2);
}

#[tokio::test]
async fn virtual_latency_moves_the_clock_instead_of_waiting() {
    let stage = Stage::new();
    stage.sim.adjust(|behaviour| {
        behaviour.latency =
            LatencyProfile { base_ms: 90_000.0, virtual_sleep: true, ..LatencyProfile::zero() };
    });
    let before = stage.sim.clock().now();
    stage.get(CHART).await;
    assert_eq!(stage.sim.clock().now() - before, TimeDelta::seconds(90));
    assert!((stage.sim.log_since(0)[0].latency_ms - 90_000.0).abs() < 1e-6);
}

#[tokio::test]
async fn bodies_are_compressed_when_asked() {
    let stage = Stage::new();
    let target = format!("{}/v8/finance/chart/AAPL?range=5y&interval=1d", stage.sim.base_url());
    let plain = reqwest::Client::builder().user_agent("tests/1").no_gzip().build().unwrap();
    let asked = plain.get(&target).header("accept-encoding", "gzip, br").send().await.unwrap();
    assert_eq!(asked.headers()["content-encoding"], "gzip");
    let packed = asked.bytes().await.unwrap();
    let whole = plain.get(&target).send().await.unwrap().bytes().await.unwrap();
    assert!(
        packed.starts_with(&[0x1f, 0x8b]) && packed.len() * 2 < whole.len(),
        "{} {}",
        packed.len(),
        whole.len()
    );
    assert_eq!(stage.get("/v8/finance/chart/AAPL?range=5y&interval=1d").await.body.as_bytes(), whole);
}
