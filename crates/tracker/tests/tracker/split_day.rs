//! What is shown while a source changes the units of its prices, rightly or not.

use std::sync::Arc;

use bellwether_domain::{FixedClock, PortfolioId, Symbol};
use bellwether_tracker::{Dashboard, Tracker};
use bellwether_yahoo_sim::{FaultAction, FaultBody, FaultMatch, FaultRule, Route, SimHandle};
use chrono::TimeDelta;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::database::{TestDatabase, clock, on_both};
use crate::refresh::{SATURDAY, look, portfolio, simulator, upstream};

/// Ten shares of one symbol, a day before something happens to it, with all that is due fetched.
struct Desk {
    clock: Arc<FixedClock>,
    simulator: SimHandle,
    tracker: Tracker,
    id: PortfolioId,
    symbol: Symbol,
}

impl Desk {
    async fn open(database: &TestDatabase, symbol: &str, evening_before: &str) -> Self {
        let clock = clock(SATURDAY);
        let simulator = simulator(&clock);
        let tracker = database.tracker(upstream(&simulator), &clock).await;
        let id = portfolio(&tracker, &[symbol]).await;
        let desk = Self { clock, simulator, tracker, id, symbol: symbol.parse().unwrap() };
        desk.tracker.refresh_now(id).await.unwrap();
        desk.at(evening_before).await;
        desk
    }

    /// What is shown at an instant, once all that is due then has been asked for.
    async fn at(&self, at: &str) -> Dashboard {
        self.clock.set(at.parse().unwrap());
        self.tracker.refresh_now(self.id).await.unwrap();
        self.look().await
    }

    async fn after(&self, time: TimeDelta) -> Dashboard {
        self.clock.advance(time);
        self.tracker.refresh_now(self.id).await.unwrap();
        self.look().await
    }

    async fn look(&self) -> Dashboard {
        look(&self.tracker, self.id).await
    }

    fn holding(&self, dashboard: &Dashboard) -> (Decimal, f64) {
        let holding = dashboard.figures.as_ref().unwrap().report.holding(&self.symbol).unwrap();
        (holding.quantity, holding.value.as_ref().unwrap().to_f64().unwrap())
    }

    fn quantity(&self, dashboard: &Dashboard) -> Decimal {
        self.holding(dashboard).0
    }

    fn value(&self, dashboard: &Dashboard) -> f64 {
        self.holding(dashboard).1
    }

    /// Calls for the symbol since a point of the log.
    fn calls(&self, route: Route, since: u64) -> usize {
        let log = self.simulator.log_since(since);
        log.iter()
            .filter(|call| call.route == route && call.symbols.iter().any(|s| *s == self.symbol.as_str()))
            .count()
    }

    /// From now on answers about the symbol are faulty.
    fn spoil(&self, route: Route, action: FaultAction) {
        let symbol = Some(self.symbol.to_string());
        let matches = FaultMatch { route: Some(route), symbol, ..FaultMatch::default() };
        self.simulator.set_faults(vec![FaultRule { matches, action, times: None }]);
    }
}

async fn on_the_day_of_a_split_the_value_is_right_all_session(database: &TestDatabase) {
    whole_session(database, "ZZSPLIT1", ["2026-12-01T02:00:00Z", "2026-12-01T16:00:00Z"], 40).await;
}

async fn on_the_day_of_a_reverse_split_the_value_is_right_all_session(database: &TestDatabase) {
    whole_session(database, "ZZREV1", ["2026-12-02T02:00:00Z", "2026-12-02T16:00:00Z"], 1).await;
}

async fn whole_session(database: &TestDatabase, symbol: &str, [before, on_the_day]: [&str; 2], shares: i64) {
    let desk = Desk::open(database, symbol, before).await;
    let yesterday = desk.look().await;
    assert_eq!(desk.quantity(&yesterday), Decimal::TEN);
    let so_far = desk.simulator.calls();

    let today = desk.at(on_the_day).await;
    assert_eq!(desk.quantity(&today), Decimal::from(shares));
    let growth = desk.value(&today) / desk.value(&yesterday);
    assert!((0.8..1.25).contains(&growth), "no market moves so far: {growth}");
    assert_eq!((desk.calls(Route::SparkV7, so_far), desk.calls(Route::Chart, so_far)), (1, 1));

    // An hour later a price is all that is due.
    let so_far = desk.simulator.calls();
    let later = desk.after(TimeDelta::hours(1)).await;
    assert_eq!(desk.quantity(&later), Decimal::from(shares));
    let growth = desk.value(&later) / desk.value(&today);
    assert!((0.8..1.25).contains(&growth), "{growth}");
    assert_eq!((desk.calls(Route::SparkV7, so_far), desk.calls(Route::Chart, so_far)), (1, 0));
}

async fn without_the_history_of_a_split_the_old_price_stays(database: &TestDatabase) {
    let desk = Desk::open(database, "ZZSPLIT1", "2026-12-01T02:00:00Z").await;
    let yesterday = desk.look().await;
    desk.spoil(Route::Chart, FaultAction::Status { code: 404, body: FaultBody::Html });

    let today = desk.at("2026-12-01T16:00:00Z").await;
    assert_eq!(desk.quantity(&today), Decimal::TEN);
    assert!((desk.value(&today) / desk.value(&yesterday) - 1.0).abs() < 1e-6);

    // The next load begins with the history, which brings the price along.
    desk.simulator.set_faults(Vec::new());
    let so_far = desk.simulator.calls();
    let later = desk.after(TimeDelta::minutes(10)).await;
    assert_eq!((desk.calls(Route::SparkV7, so_far), desk.calls(Route::Chart, so_far)), (0, 1));
    assert_eq!(desk.quantity(&later), Decimal::from(40));
    let growth = desk.value(&later) / desk.value(&yesterday);
    assert!((0.8..1.25).contains(&growth), "{growth}");
}

on_both!(
    without_the_history_of_a_split_the_old_price_stays,
    on_the_day_of_a_split_the_value_is_right_all_session,
    on_the_day_of_a_reverse_split_the_value_is_right_all_session,
);
