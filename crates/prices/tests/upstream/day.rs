//! Days and hours of upkeep.

use std::num::NonZeroU32;

use bellwether_prices::{HourlyBounds, Limits};

use super::simulated_day::simulate;

#[tokio::test]
async fn a_day_of_five_hundred_symbols_on_four_venues_keeps_to_its_calls() {
    // As on the first day with a source: the hourly limit has not grown yet, and is not to.
    let per_hour = HourlyBounds::fixed(NonZeroU32::new(300).unwrap());
    let day = simulate(500, Limits { per_hour, ..Limits::default() }).await;
    assert!(day.symbols == 500 && day.reads.all() > 50_000, "{day:#?}");
    assert!(day.reads.at_once() > 95.0, "{day:#?}");
    assert!(day.reads.percent(day.reads.errors) < 1.0, "{day:#?}");
    assert!(day.outside_the_quote_cycles() <= 47, "{day:#?}");
    assert_eq!(day.beyond_the_budget, 0, "{day:#?}");
    assert!(day.quote_calls > 2_000 && day.busiest_hour.0 <= day.busiest_hour.1 as usize, "{day:#?}");
    assert!(day.most_symbols <= 20 && day.peak_in_flight <= 4 && day.longest_url <= 1_800, "{day:#?}");
    assert_eq!(day.failures, 0, "{day:#?}");
}
