//! The week of Thanksgiving 2024 over the simulated price service, led by a clock of the test's own: three portfolios
//! of fifty holdings on three kinds of venues, one of which rests on Thursday and closes early on Friday; people who
//! look at them at random; the limits that apply to Yahoo.
//!
//! By default from the holiday to Saturday; with `BELLWETHER_WHOLE_WEEK=1` all of it, some minutes.
//! `cargo test -p bellwether-tracker --test simulated_week -- --nocapture` prints what was measured.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

mod outage;
mod readers;
mod table;
mod world;

use chrono::{DateTime, Utc};

use world::World;

fn at(text: &str) -> DateTime<Utc> {
    format!("2024-{text}:00Z").parse().unwrap()
}

#[tokio::test]
async fn a_week_with_a_holiday_and_a_half_day() {
    // Some hours to settle first: of the whole week, the Friday before it, else those of the holiday.
    let is_whole = std::env::var_os("BELLWETHER_WHOLE_WEEK").is_some();
    let [opened, begun, ended] = if is_whole {
        ["11-22T15:45", "11-25T00:00", "12-02T00:00"]
    } else {
        ["11-28T12:00", "11-28T15:00", "11-30T12:00"]
    };
    let mut world = World::open(at(opened)).await;
    world.lead(at(begun), false).await;
    world.begin();
    world.lead(at(ended), true).await;
    world.report();
    assert_eq!(world.wrong_labels, Vec::<String>::new(), "labels against the table");
    assert_eq!(world.unhealthy, Vec::<String>::new(), "labels against the time of day");
    assert_eq!(world.wrong_ages, Vec::<String>::new(), "ages that were told");
    for (kind, fared) in &world.readers.fared {
        assert!(fared.all() > 50 && fared.without_waiting() > 0.95, "{kind}: {fared}");
    }
    assert_eq!(world.beyond_the_budget(), 0);
    assert_eq!(world.calls_without_reason(), Vec::<String>::new());
}
