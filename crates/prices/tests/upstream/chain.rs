//! One source standing in for another.

use bellwether_domain::{PriceBasis, SharedClock};
use bellwether_prices::{
    Chain, CircuitState, Feed, FeedSettings, Gateway, Limits, NotAnswered, Outcome, Provider, SteppingPause,
    Yahoo,
};
use bellwether_yahoo_sim::{FaultAction, FaultBody, FaultRule, Route, SimConfig, SimHandle, Simulator};
use chrono::TimeDelta;

use super::{Desk, date, desk, gateway, symbol, symbols};

/// The simulator's charts, as a user would describe them who knows nothing of Yahoo.
fn feed(sim: &SimHandle, desk: &Desk) -> Feed {
    let settings = format!(
        r#"
        name = "own-charts"
        basis = "split-adjusted"
        url = "{}/v8/finance/chart/{{symbol}}?period1={{from:%s}}&period2={{to:%s}}&interval=1d"
        time_zone = "America/New_York"
        kind = "equity"
        symbols = [{{ symbol = "AAPL" }}, {{ symbol = "ZZUNKNOWN1", id = "MSFT" }}]

        [limits]
        calls_per_hour = 1000

        [json]
        date = "$.chart.result[0].timestamp"
        date_format = "epoch-seconds"
        close = "$.chart.result[0].indicators.quote[0].close"
        open = "$.chart.result[0].indicators.quote[0].open"
        high = "$.chart.result[0].indicators.quote[0].high"
        low = "$.chart.result[0].indicators.quote[0].low"
        volume = "$.chart.result[0].indicators.quote[0].volume"
        currency = "$.chart.result[0].meta.currency"
        "#,
        sim.base_url()
    );
    let settings = FeedSettings::from_toml(&settings).unwrap();
    let pause = SteppingPause::of(desk.clock.clone());
    let transport = settings.transport().unwrap();
    let gateway = Gateway::timed(transport, desk.clock.clone(), pause, settings.limits(), Box::new(|| 0.5));
    Feed::through(settings, gateway)
}

#[tokio::test]
async fn a_feed_reads_the_same_bars_from_charts_as_the_provider_made_for_them() {
    let desk = desk(Limits::generous(), Vec::new());
    let feed = feed(&desk.sim, &desk);
    let budget = desk.budget(10);
    let from = date("2021-01-04");
    let by_yahoo = desk.yahoo.history(&symbol("AAPL"), from, &budget).await.answer().unwrap();
    let by_feed = feed.history(&symbol("AAPL"), from, &budget).await.answer().unwrap();
    assert!(by_feed.bars.len() > 1_000);
    assert_eq!(by_feed.bars, by_yahoo.bars);
    assert_eq!(by_feed.listing.unit, by_yahoo.listing.unit);
    assert_eq!(
        (by_feed.source.name.as_str(), by_feed.source.basis),
        ("own-charts", PriceBasis::SplitAdjusted)
    );

    let quote = feed.quotes(&[symbol("ZZUNKNOWN1")], &budget).await.remove(0).1.answer().unwrap();
    let closes = feed.recent_closes(&[symbol("ZZUNKNOWN1")], &budget).await.remove(0).1.answer().unwrap();
    let microsoft = desk.yahoo.history(&symbol("MSFT"), date("2025-03-03"), &budget).await.answer().unwrap();
    let newest = microsoft.bars.last().unwrap();
    assert_eq!((quote.symbol, quote.price.to_string()), (symbol("ZZUNKNOWN1"), newest.close.to_string()));
    assert_eq!(closes.bars.last().unwrap().close, newest.close);
    assert_eq!(u64::from(budget.spent()), desk.sim.calls());
}

#[tokio::test]
async fn a_feed_stands_in_while_yahoo_is_down_and_steps_back_when_it_is_well() {
    let desk = desk(Limits::generous(), Vec::new());
    let own = Simulator::spawn(SimConfig {
        clock: bellwether_yahoo_sim::ClockMode::Shared(desk.clock.clone()),
        ..SimConfig::default()
    })
    .unwrap();
    let yahoo = Yahoo::through(gateway(&desk.sim, &desk.clock, Limits::generous()));
    let chain = Chain::new(desk.clock.clone()).then(yahoo).then(feed(&own, &desk));
    let (apple, other, from) = (symbol("AAPL"), symbol("NVDA"), date("2025-06-02"));
    let teller = async |budget_calls| {
        let history = chain.history(&apple, from, &desk.budget(budget_calls)).await;
        history.answer().map(|history| history.source.name.as_str().to_owned())
    };
    assert_eq!(teller(1).await.as_deref(), Some("yahoo"));

    desk.sim.set_faults(vec![FaultRule::always(FaultAction::Status { code: 503, body: FaultBody::Usual })]);
    assert_eq!(teller(5).await.as_deref(), Some("own-charts"));
    assert_eq!(own.calls(), 1);
    let quotes = chain.quotes(&[apple.clone(), other.clone()], &desk.budget(10)).await;
    assert_eq!(quotes[0].1.as_answer().unwrap().source.as_str(), "own-charts");
    assert!(
        matches!(
            quotes[1].1,
            Outcome::NotAnswered(NotAnswered::Upstream { status: 503 } | NotAnswered::CircuitOpen { .. })
        ),
        "nobody else covers it: {quotes:?}"
    );
    // The breaker has opened by now: standing in costs no call upstream.
    let (calls, until) = (desk.sim.calls(), chain.health()[0].rests_until(desk.now()).unwrap());
    assert_eq!(teller(1).await.as_deref(), Some("own-charts"));
    assert_eq!(desk.sim.calls(), calls);

    desk.sim.set_faults(Vec::new());
    desk.clock.set(until);
    assert_eq!(teller(1).await.as_deref(), Some("yahoo"));
    let health = chain.health();
    assert_eq!(health[1].answers.as_ref().unwrap().answered, 3);
    assert_eq!(health[1].upstream.as_ref().unwrap().calls, own.calls());
    assert_eq!(health[0].upstream.as_ref().unwrap().calls, desk.sim.calls());
}

#[tokio::test]
async fn what_only_one_source_tells_truly_is_taken_from_it() {
    let glitch = FaultRule::on(Route::SparkV7, FaultAction::Alias { from: "AAPL".into(), to: "MSFT".into() });
    let desk = desk(Limits::generous(), vec![glitch]);
    let yahoo = Yahoo::through(gateway(&desk.sim, &desk.clock, Limits::generous()));
    let chain = Chain::new(desk.clock.clone()).then(yahoo).then(feed(&desk.sim, &desk));
    let quotes = chain.quotes(&["ZZUNKNOWN1", "AAPL", "ZZUNKNOWN2"].map(symbol), &desk.budget(10)).await;
    let tellers: Vec<_> =
        quotes.iter().map(|(_, outcome)| outcome.as_answer().map(|quote| quote.source.as_str())).collect();
    assert_eq!(tellers, [Some("own-charts"), Some("own-charts"), None], "{quotes:?}");
}

#[tokio::test]
async fn while_the_first_rests_the_second_answers_and_the_first_is_not_called() {
    let outage = FaultAction::Status { code: 429, body: FaultBody::Usual };
    let desk = desk(Limits::generous(), vec![FaultRule::always(outage)]);
    let stand_in = Simulator::spawn(SimConfig {
        clock: bellwether_yahoo_sim::ClockMode::Shared(desk.clock.clone()),
        ..SimConfig::default()
    })
    .unwrap();
    let clock: SharedClock = desk.clock.clone();
    let second = Yahoo::through(gateway(&stand_in, &desk.clock, Limits::generous()));
    let chain = Chain::new(clock).then(Yahoo::through(gateway(&desk.sim, &desk.clock, Limits::generous())));
    let alone = chain.quotes(&symbols(3), &desk.budget(5)).await;
    assert!(alone.iter().all(|(_, outcome)| *outcome == Outcome::NotAnswered(NotAnswered::RateLimited)));
    let chain = chain.then(second);

    for round in 1..=5 {
        let budget = desk.budget(5);
        let quotes = chain.quotes(&symbols(20), &budget).await;
        assert!(quotes.iter().all(|(_, outcome)| outcome.as_answer().is_some()));
        assert_eq!((budget.spent(), desk.sim.calls(), stand_in.calls()), (1, 1, round));
    }
    let history = chain.history(&symbol("AAPL"), date("2025-06-02"), &desk.budget(2)).await;
    assert!(history.as_answer().is_some());

    let health = chain.health();
    let [first, second] = &health[..] else { panic!("{health:?}") };
    let until = first.rests_until(desk.now()).expect("a rest");
    assert!(second.rests_until(desk.now()).is_none());
    let (told, of_second) = (first.answers.as_ref().unwrap(), second.answers.as_ref().unwrap());
    assert_eq!((told.answered, told.unanswered), (0, 3 + 5 * 20 + 1));
    assert_eq!(told.last_failure.as_ref().unwrap().reason, NotAnswered::RateLimited.to_string());
    assert_eq!((of_second.answered, of_second.unanswered), (5 * 20 + 1, 0));
    assert_eq!(first.upstream.as_ref().unwrap().calls, desk.total().calls);
    assert_eq!(first.upstream.as_ref().unwrap().by_status, desk.total().by_status);
    assert_eq!(second.upstream.as_ref().unwrap().calls, stand_in.calls());

    desk.sim.set_faults(Vec::new());
    desk.clock.set(until);
    for _ in 0..2 {
        let quotes = chain.quotes(&symbols(20), &desk.budget(5)).await;
        assert!(quotes.iter().all(|(_, outcome)| outcome.as_answer().is_some()));
        desk.clock.advance(TimeDelta::seconds(1));
    }
    let health = chain.health();
    assert_eq!(health[0].upstream.as_ref().unwrap().anonymous.state, CircuitState::Closed);
    assert_eq!(health[0].answers.as_ref().unwrap().answered, 40);
    assert_eq!(stand_in.calls(), 6, "the first is well again");
}

#[tokio::test]
async fn health_is_plain_data() {
    let desk = desk(Limits::generous(), Vec::new());
    let chain = Chain::new(desk.clock.clone()).then(desk.yahoo);
    let answered = chain.quotes(&[symbol("AAPL")], &bellwether_prices::LoadBudget::background(1)).await;
    assert!(answered[0].1.as_answer().is_some());
    let json = serde_json::to_value(chain.health()).unwrap();
    assert_eq!(json[0]["source"], "yahoo");
    assert_eq!(json[0]["answers"]["answered"], 1);
    assert_eq!(json[0]["upstream"]["anonymous"]["state"]["state"], "closed");
    assert_eq!(json[0]["upstream"]["calls"], 1);
}
