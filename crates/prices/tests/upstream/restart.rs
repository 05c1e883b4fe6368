//! What a restart costs.

use bellwether_domain::FixedClock;
use bellwether_prices::upkeep::{Allowance, next_round};
use bellwether_prices::{Limits, Yahoo};
use chrono::TimeDelta;

use super::book::Book;
use super::measured::{self, CLOSED, Household, OPEN, in_session, refused_once};

/// The same household as another process that knows what the first one wrote down.
fn restarted(home: Household) -> Household {
    let book = serde_json::to_string(&home.book).unwrap();
    let gateway = serde_json::to_string(&home.yahoo.gateway().snapshot()).unwrap();
    let memory = serde_json::to_string(&home.yahoo.memory()).unwrap();
    let Household { sim, clock, .. } = home;
    let next = measured::gateway(&sim, &clock, Limits::default());
    next.restore(&serde_json::from_str(&gateway).unwrap());
    let yahoo = Yahoo::through(next);
    yahoo.recall(serde_json::from_str(&memory).unwrap());
    let book: Book = serde_json::from_str(&book).unwrap();
    Household { sim, clock, yahoo, book }
}

/// All rounds of upkeep that are due within the next hours.
async fn upkeep(home: &mut Household, hours: i64) {
    let clock: &FixedClock = &home.clock.clone();
    let end = home.now() + TimeDelta::hours(hours);
    while home.now() < end {
        let now = home.now();
        let round = next_round(&home.book.kept(), Allowance { per_hour: 200, left: 200 }, now);
        home.book.carry_out(&home.yahoo, &round, now).await;
        clock.set(round.next.max(home.now()));
    }
}

#[tokio::test]
async fn a_restart_while_the_market_is_closed_makes_no_call() {
    let home = Household::warm(in_session(500), CLOSED).await;
    home.clock.advance(TimeDelta::minutes(30));
    let mut home = restarted(home);
    let load = home.load().await;
    assert_eq!((load.calls, load.planned, load.reads.fresh), (0, 0, 500));
    upkeep(&mut home, 6).await;
    assert_eq!(home.sim.calls(), 0, "nor does a quiet night");
}

#[tokio::test]
async fn a_restart_forgets_no_rest() {
    let mut home = Household::warm(in_session(100), OPEN).await;
    home.clock.advance(TimeDelta::minutes(2));
    home.sim.set_faults(vec![refused_once()]);
    home.load().await;
    home.clock.advance(TimeDelta::minutes(1));
    let mut home = restarted(home);
    let load = home.load().await;
    assert_eq!((load.calls, load.planned), (0, 5));
    assert_eq!(load.reads.all(), load.reads.fresh + load.reads.stale);
}
