//! Starting, vanishing, coming back, and whom it listens to.

use std::net::{Ipv4Addr, SocketAddr};

use bellwether_yahoo_sim::{FaultAction, FaultRule, SimConfig, SimError, Simulator};

use crate::Stage;

const CHART: &str = "/v8/finance/chart/AAPL?range=1d&interval=1d";

#[tokio::test]
async fn it_vanishes_and_comes_back_on_the_same_port() {
    let stage = Stage::new();
    let before = stage.get(CHART).await.body;
    stage.sim.pause().await;
    assert!(stage.request(CHART).send().await.is_err());
    assert!(tokio::net::TcpStream::connect(stage.sim.addr).await.is_err());
    stage.sim.resume().unwrap();
    assert_eq!(stage.get(CHART).await.body, before);
    assert_eq!(stage.sim.calls(), 2, "what was counted is kept");
    stage.sim.resume().unwrap();
    assert_eq!(stage.get(CHART).await.status, 200, "to resume twice does no harm");
}

#[tokio::test]
async fn stopping_frees_the_port() {
    let stage = Stage::new();
    stage.get(CHART).await;
    let address = stage.sim.addr;
    stage.sim.stop().await;
    std::net::TcpListener::bind(address).unwrap();
}

#[tokio::test]
async fn a_taken_port_is_said() {
    let stage = Stage::new();
    let again = Simulator::spawn(SimConfig { listen: stage.sim.addr, ..SimConfig::default() });
    assert!(matches!(again, Err(SimError::Listen { address, .. }) if address == stage.sim.addr));
}

#[test]
fn a_network_is_faced_only_when_that_is_meant() {
    let listen = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    let refused = Simulator::spawn(SimConfig { listen, ..SimConfig::default() });
    assert!(matches!(refused, Err(SimError::NotLoopback(_))));
    assert!(Simulator::spawn(SimConfig { listen, allow_remote: true, ..SimConfig::default() }).is_ok());
}

#[tokio::test]
async fn the_same_seed_clock_and_questions_give_the_same_answers() {
    let (one, other) = (Stage::new(), Stage::new());
    for target in [CHART, "/v7/finance/spark?symbols=KO,PG,JNJ&range=5d", "/v1/finance/search?q=bank", "/"] {
        let (first, second) = (one.get(target).await, other.get(target).await);
        assert_eq!(first.body, second.body);
        assert_eq!(first.header("set-cookie"), second.header("set-cookie"));
    }
    let seeded =
        Stage::with(SimConfig { seed: 2, clock: crate::MONDAY.parse().unwrap(), ..SimConfig::default() });
    assert_ne!(seeded.get(CHART).await.body, one.get(CHART).await.body);
}

#[tokio::test]
async fn an_answer_without_http_is_the_same_and_not_counted() {
    let stage = Stage::new();
    let (status, body) = stage.sim.answer(CHART);
    assert_eq!((status, stage.sim.calls()), (200, 0));
    assert_eq!(stage.get(CHART).await.body.as_bytes(), body);
    assert_eq!(stage.sim.answer("/v8/finance/chart/ZZUNKNOWN1").0, 404);
}

#[tokio::test]
async fn http_two_is_spoken_without_encryption() {
    let stage = Stage::new();
    let client = reqwest::Client::builder().user_agent("tests/1").http2_prior_knowledge().build().unwrap();
    let calls = (0..20).map(|_| client.get(format!("{}{CHART}", stage.sim.base_url())).send());
    for response in futures::future::join_all(calls).await {
        let response = response.unwrap();
        assert_eq!((response.status().as_u16(), response.version()), (200, reqwest::Version::HTTP_2));
    }
    assert_eq!(stage.sim.calls(), 20);
    let half = FaultAction::Truncate { fraction: 0.5, short_read: true };
    stage.sim.set_faults(vec![FaultRule::always(half)]);
    let cut = client
        .get(format!("{}/v8/finance/chart/AAPL?range=5y&interval=1d", stage.sim.base_url()))
        .send()
        .await;
    let body = match cut {
        Ok(response) => response.bytes().await,
        Err(error) => Err(error),
    };
    assert!(body.is_err(), "faults reach it too");
}

#[tokio::test]
async fn nothing_that_is_sent_disturbs_it() {
    let stage = Stage::new();
    for target in [
        "/v8/finance/chart/%00%ff",
        "/v8/finance/chart/AAPL?period1=99999999999999999999&period2=x&interval=1d",
        "/v8/finance/chart/AAPL?period1=-9223372036854775808&period2=9223372036854775807&interval=1d",
        "/v8/finance/chart/AAPL?range=99999999d",
        "/v8/finance/chart/AAPL?range=1200y&interval=3mo",
        "/v8/finance/chart/AAPL?range=%F0%9F%98%80",
        "/v7/finance/spark?symbols=,,,,&range=0d",
        "/v7/finance/spark?symbols=%E2%82%AC",
        "/v1/finance/search?q=%F0%9F%98%80&quotesCount=-1",
        "/v10/finance/quoteSummary/?modules=",
        "/q1/q1/q1",
        "/__sim/truth?symbol=AAPL&from=-9999-01-01&to=9999-12-31",
    ] {
        let status = stage.get(target).await.status;
        assert!((200..500).contains(&status), "{target}: {status}");
    }
    assert_eq!(stage.get(CHART).await.status, 200);
}

#[tokio::test]
async fn times_without_a_market_do_not_disturb_it() {
    let stage = Stage::new();
    for at in ["1901-01-01T00:00:00Z", "1990-01-01T12:00:00Z", "2049-12-31T23:00:00Z", "2070-06-01T15:00:00Z"]
    {
        stage.sim.clock().set(at.parse().unwrap()).unwrap();
        for target in [
            CHART,
            "/v8/finance/chart/BTC-USD?range=1y&interval=1wk",
            "/v7/finance/spark?symbols=VOD.L,EUR%3DX",
        ] {
            let status = stage.get(target).await.status;
            assert!(status == 200 || status == 404, "{at} {target}: {status}");
        }
    }
}
