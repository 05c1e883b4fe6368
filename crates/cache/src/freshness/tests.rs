#![allow(clippy::unwrap_used)]

use bellwether_domain::{Currency, PriceSourceName};
use rust_decimal::Decimal;

use super::Freshness::{Cached, Closed, Delayed, Live, Manual, Recent, Stale};
use super::*;

fn at(text: &str) -> DateTime<Utc> {
    format!("{text}Z").parse().unwrap_or_else(|_| panic!("{text} is no instant"))
}

fn price(exchange: Exchange, as_of: &str, fetched_at: &str) -> PriceState {
    PriceState {
        exchange,
        as_of: at(as_of),
        fetched_at: at(fetched_at),
        delay_minutes: 0,
        teller: Teller::Provider,
    }
}

fn new_york(as_of: &str, fetched_at: &str) -> PriceState {
    price(Exchange::NewYork, as_of, fetched_at)
}

/// Each line: the present, the state while nobody refreshes, and the one while somebody does.
fn holds(price: &PriceState, table: &[(&str, Freshness, Freshness)]) {
    for (now, idle, refreshing) in table {
        assert_eq!(price.assess(at(now)), *idle, "{now}");
        assert_eq!(price.assess_while(at(now), true), *refreshing, "{now} while refreshing");
    }
}

// New York opens at 14:30 and closes at 21:00 in winter. In the week of 2024-11-25 Thursday is a holiday and Friday
// closes at 18:00.

#[test]
fn a_price_ages_in_its_session() {
    holds(
        &new_york("2024-11-25T15:00:00", "2024-11-25T15:00:01"),
        &[
            ("2024-11-25T15:00:01", Live, Live),
            ("2024-11-25T15:01:00", Live, Live),
            ("2024-11-25T15:01:01", Recent, Recent),
            ("2024-11-25T15:06:00", Recent, Recent),
            ("2024-11-25T15:06:01", Stale, Cached),
            ("2024-11-25T20:59:59", Stale, Cached),
            ("2024-11-25T23:00:00", Stale, Cached),
            ("2024-11-26T14:29:59", Stale, Cached),
            ("2024-11-26T14:30:00", Stale, Stale),
            ("2024-11-30T12:00:00", Stale, Stale),
        ],
    );
}

#[test]
fn the_last_price_before_the_close_is_no_close_until_it_settled() {
    holds(
        &new_york("2024-11-25T20:59:28", "2024-11-25T20:59:30"),
        &[
            ("2024-11-25T21:00:00", Live, Live),
            ("2024-11-25T21:00:30", Recent, Recent),
            ("2024-11-25T21:09:59", Recent, Recent),
            ("2024-11-25T21:10:00", Stale, Cached),
            ("2024-11-26T09:00:00", Stale, Cached),
        ],
    );
}

#[test]
fn a_close_is_fresh_over_night_and_into_the_opening() {
    holds(
        &new_york("2024-11-25T20:59:58", "2024-11-25T21:05:00"),
        &[
            ("2024-11-25T21:05:00", Closed, Closed),
            ("2024-11-26T14:29:59", Closed, Closed),
            ("2024-11-26T14:49:59", Closed, Closed),
            ("2024-11-26T14:50:00", Stale, Stale),
            ("2024-11-26T22:00:00", Stale, Stale),
        ],
    );
}

#[test]
fn wednesdays_close_is_fresh_on_the_holiday_and_fridays_on_sunday() {
    let wednesday = new_york("2024-11-27T21:00:01", "2024-11-27T21:05:30");
    holds(
        &wednesday,
        &[
            ("2024-11-28T16:00:00", Closed, Closed),
            ("2024-11-29T14:49:00", Closed, Closed),
            ("2024-11-29T15:00:00", Stale, Stale),
        ],
    );
    let friday = new_york("2024-11-29T18:00:01", "2024-11-29T18:05:30");
    holds(
        &friday,
        &[
            ("2024-11-29T18:06:00", Closed, Closed),
            ("2024-12-01T12:00:00", Closed, Closed),
            ("2024-12-02T14:45:00", Closed, Closed),
            ("2024-12-02T14:50:00", Stale, Stale),
        ],
    );
}

#[test]
fn a_half_day_ends_at_one() {
    let before_the_end = new_york("2024-11-29T17:30:00", "2024-11-29T17:30:00");
    holds(&before_the_end, &[("2024-11-29T18:30:00", Stale, Cached)]);
    let at_the_usual_time = new_york("2024-11-29T18:00:00", "2024-11-29T20:30:00");
    holds(
        &at_the_usual_time,
        &[("2024-11-29T20:31:00", Closed, Closed), ("2024-11-29T20:59:00", Closed, Closed)],
    );
}

#[test]
fn a_price_that_is_no_close_does_not_pass_for_one_on_sunday() {
    holds(
        &new_york("2024-11-29T16:00:00", "2024-11-29T16:00:00"),
        &[("2024-12-01T12:00:00", Stale, Cached), ("2024-12-02T14:40:00", Stale, Stale)],
    );
}

#[test]
fn a_daily_close_is_of_the_closing_instant() {
    // Fetched together with history, at whatever time.
    let bar = new_york("2024-11-29T18:00:00", "2024-11-29T18:00:00");
    holds(&bar, &[("2024-11-30T12:00:00", Closed, Closed)]);
}

#[test]
fn a_halted_line_is_closed_while_it_is_asked_for_and_stale_after_the_day() {
    // Asked on Tuesday at 15:00 UTC, after prices were expected; the newest is Monday's close.
    holds(
        &new_york("2024-11-25T20:59:58", "2024-11-26T15:00:00"),
        &[
            ("2024-11-26T15:00:00", Closed, Closed),
            ("2024-11-26T15:24:59", Closed, Closed),
            ("2024-11-26T15:25:00", Stale, Cached),
            ("2024-11-26T21:30:00", Stale, Stale),
        ],
    );
    let older = new_york("2024-11-22T20:59:58", "2024-11-26T15:00:00");
    holds(&older, &[("2024-11-26T15:00:00", Stale, Stale)]);
}

#[test]
fn london_goes_by_its_own_clock_and_delay() {
    // 08:00 to 16:30 UTC in winter, told 15 minutes late.
    let london =
        |as_of, fetched_at| PriceState { delay_minutes: 15, ..price(Exchange::London, as_of, fetched_at) };
    holds(
        &london("2024-11-25T10:00:00", "2024-11-25T10:15:00"),
        &[
            ("2024-11-25T10:15:00", Delayed, Delayed),
            ("2024-11-25T10:29:59", Delayed, Delayed),
            ("2024-11-25T10:30:00", Recent, Recent),
            ("2024-11-25T10:35:00", Stale, Cached),
        ],
    );
    // The last price before the close is told until 16:45 and settled by 16:50.
    holds(
        &london("2024-11-25T16:29:00", "2024-11-25T16:44:00"),
        &[
            ("2024-11-25T16:49:59", Delayed, Delayed),
            ("2024-11-25T16:54:59", Recent, Recent),
            ("2024-11-25T16:55:00", Stale, Cached),
        ],
    );
    // On Thanksgiving London trades: Wednesday's close is old by then, prices expected by 08:35.
    holds(
        &london("2024-11-27T16:30:00", "2024-11-27T16:50:00"),
        &[
            ("2024-11-28T07:59:00", Closed, Closed),
            ("2024-11-28T08:34:59", Closed, Closed),
            ("2024-11-28T08:35:00", Stale, Stale),
        ],
    );
    // In summer the same hours are an hour earlier in UTC.
    let summer = london("2024-06-03T07:30:00", "2024-06-03T07:45:00");
    holds(&summer, &[("2024-06-03T07:50:00", Delayed, Delayed)]);
}

#[test]
fn a_closing_auction_is_the_close() {
    let auction = price(Exchange::London, "2024-11-25T16:35:10", "2024-11-25T16:35:20");
    holds(&auction, &[("2024-11-25T16:36:00", Closed, Closed), ("2024-11-26T07:00:00", Closed, Closed)]);
}

#[test]
fn crypto_ages_around_the_clock() {
    let coin = |fetched_at| price(Exchange::Crypto, fetched_at, fetched_at);
    holds(
        &coin("2024-11-30T23:59:30"),
        &[
            ("2024-11-30T23:59:59", Live, Live),
            ("2024-12-01T00:00:10", Live, Live),
            ("2024-12-01T00:00:30", Recent, Recent),
            ("2024-12-01T00:05:29", Recent, Recent),
            ("2024-12-01T00:05:30", Stale, Cached),
            ("2024-12-01T23:59:59", Stale, Cached),
            ("2024-12-02T00:00:00", Stale, Stale),
        ],
    );
}

#[test]
fn currencies_rest_on_the_weekend() {
    // Closes on Friday at 22:00 London.
    let rate = price(Exchange::Currency, "2024-11-29T21:59:50", "2024-11-29T22:05:00");
    holds(
        &rate,
        &[
            ("2024-11-30T12:00:00", Closed, Closed),
            ("2024-12-01T23:59:00", Closed, Closed),
            ("2024-12-02T00:19:00", Closed, Closed),
            ("2024-12-02T00:20:00", Stale, Stale),
        ],
    );
    let tuesday_midnight = price(Exchange::Currency, "2024-11-26T23:59:50", "2024-11-26T23:59:50");
    holds(&tuesday_midnight, &[("2024-11-27T00:00:20", Live, Live)]);
}

#[test]
fn a_fund_owes_a_sessions_price_when_the_next_one_opens() {
    let fund = PriceState { teller: Teller::Fund, ..new_york("2024-11-25T23:15:00", "2024-11-26T01:00:00") };
    holds(
        &fund,
        &[
            ("2024-11-26T16:00:00", Closed, Closed),
            ("2024-11-27T14:29:59", Closed, Closed),
            ("2024-11-27T14:30:00", Stale, Stale),
        ],
    );
    let wednesdays =
        PriceState { teller: Teller::Fund, ..new_york("2024-11-27T23:15:00", "2024-11-28T01:00:00") };
    holds(&wednesdays, &[("2024-11-28T18:00:00", Closed, Closed), ("2024-11-29T17:00:00", Closed, Closed)]);
}

#[test]
fn what_the_user_told_is_manual_whenever() {
    let typed = PriceState { teller: Teller::User, ..new_york("2013-03-01T21:00:00", "2013-03-01T21:00:00") };
    holds(&typed, &[("2024-11-25T15:00:00", Manual, Manual), ("2024-12-01T12:00:00", Manual, Manual)]);
    assert_eq!(typed.expires_at(), None);
    assert_eq!(typed.changes_at(at("2024-11-25T15:00:00"), false), None);
}

#[test]
fn clocks_that_disagree_make_no_price_older() {
    let from_the_future = new_york("2024-11-25T15:00:30", "2024-11-25T15:00:30");
    holds(&from_the_future, &[("2024-11-25T15:00:00", Live, Live)]);
}

#[test]
fn prices_are_asked_for_when_something_newer_may_exist() {
    let table = [
        // In the session: each minute.
        ("2024-11-25T15:00:00", "2024-11-25T15:00:00", "2024-11-25T15:01:00"),
        // The last minute waits for the close to settle.
        ("2024-11-25T20:59:30", "2024-11-25T20:59:30", "2024-11-25T21:05:00"),
        ("2024-11-25T21:00:00", "2024-11-25T21:02:00", "2024-11-25T21:05:00"),
        // The close is good until a minute after the next opening, over the holiday and the weekend.
        ("2024-11-25T21:00:00", "2024-11-25T21:05:00", "2024-11-26T14:31:00"),
        ("2024-11-27T21:00:00", "2024-11-27T22:00:00", "2024-11-29T14:31:00"),
        ("2024-11-29T18:00:00", "2024-11-29T18:05:00", "2024-12-02T14:31:00"),
        // Nothing newer over night, whatever the source answers.
        ("2024-11-20T21:00:00", "2024-11-26T02:00:00", "2024-11-26T14:31:00"),
        // Just after the opening nothing may have traded yet.
        ("2024-11-25T21:00:00", "2024-11-26T14:30:10", "2024-11-26T14:31:10"),
        ("2024-11-25T21:00:00", "2024-11-26T14:40:00", "2024-11-26T14:41:00"),
        // No trade when there should be one: less often.
        ("2024-11-25T21:00:00", "2024-11-26T15:00:00", "2024-11-26T15:20:00"),
        ("2024-11-25T21:00:00", "2024-11-26T20:50:00", "2024-11-26T21:05:00"),
        // The half day.
        ("2024-11-29T17:59:30", "2024-11-29T17:59:30", "2024-11-29T18:05:00"),
    ];
    for (as_of, fetched_at, again) in table {
        assert_eq!(new_york(as_of, fetched_at).expires_at(), Some(at(again)), "{as_of} fetched {fetched_at}");
    }
}

#[test]
fn other_markets_are_asked_by_their_own_hours() {
    let london =
        |as_of, fetched_at| PriceState { delay_minutes: 15, ..price(Exchange::London, as_of, fetched_at) };
    let coin = |fetched_at| price(Exchange::Crypto, fetched_at, fetched_at);
    let rate = |fetched_at| price(Exchange::Currency, fetched_at, fetched_at);
    let fund = |as_of, fetched_at| PriceState { teller: Teller::Fund, ..new_york(as_of, fetched_at) };
    let table = [
        (london("2024-11-25T10:00:00", "2024-11-25T10:15:00"), "2024-11-25T10:30:00"),
        (london("2024-11-22T16:30:00", "2024-11-25T08:02:00"), "2024-11-25T08:17:00"),
        (london("2024-11-25T16:04:00", "2024-11-25T16:19:00"), "2024-11-25T16:50:00"),
        (london("2024-11-25T16:30:00", "2024-11-25T16:55:00"), "2024-11-26T08:16:00"),
        (coin("2024-11-30T23:59:30"), "2024-12-01T00:00:30"),
        (coin("2024-12-01T00:00:10"), "2024-12-01T00:01:10"),
        (rate("2024-11-26T23:59:50"), "2024-11-27T00:00:50"),
        (rate("2024-11-29T21:59:30"), "2024-11-29T22:05:00"),
        (rate("2024-11-29T22:06:00"), "2024-12-02T00:01:00"),
        // Tuesday's price is known on Tuesday evening, so the next is Wednesday's; else every six hours.
        (fund("2024-11-26T23:15:00", "2024-11-27T01:00:00"), "2024-11-27T21:00:00"),
        (fund("2024-11-25T23:15:00", "2024-11-26T21:10:00"), "2024-11-27T03:10:00"),
        (fund("2024-11-26T23:15:00", "2024-11-27T15:00:00"), "2024-11-27T21:00:00"),
        (fund("2024-11-27T23:15:00", "2024-11-28T15:00:00"), "2024-11-29T18:00:00"),
    ];
    for (price, again) in table {
        assert_eq!(price.expires_at(), Some(at(again)), "{price:?}");
        assert!(!price.is_due(at(again) - TimeDelta::seconds(1)));
        assert!(price.is_due(at(again)));
    }
}

/// Asked whenever it is due, a venue costs one call for each minute of its sessions and little besides.
#[test]
fn a_week_of_new_york_asks_only_for_its_sessions() {
    let mut now = at("2024-11-25T00:00:00");
    let mut calls = Vec::new();
    let end = at("2024-12-02T00:00:00");
    while now < end {
        let as_of = match Exchange::NewYork.status(now) {
            MarketStatus::Open { .. } => now,
            MarketStatus::Closed { last, .. } => last.closes,
        };
        calls.push(now);
        let told =
            PriceState { as_of, fetched_at: now, ..new_york("2024-11-25T00:00:00", "2024-11-25T00:00:00") };
        now = told.expires_at().unwrap();
        assert!(now > told.fetched_at);
    }
    // One to begin with, then 389 a full session and 209 the half day, and one after each close.
    assert_eq!(calls.len(), 1 + 3 * (389 + 1) + 209 + 1);
    let idle = calls.iter().filter(|call| !Exchange::NewYork.status(**call).is_open()).count();
    assert_eq!(idle, 1 + 4);
}

/// Everything that a source may have told, against everything that the calendar may say.
fn all_sorts() -> Vec<PriceState> {
    let mut prices = Vec::new();
    for exchange in
        [Exchange::NewYork, Exchange::London, Exchange::Crypto, Exchange::Currency, Exchange::Futures]
    {
        for fetched in
            ["2024-11-25T15:07:00", "2024-11-27T21:03:00", "2024-11-29T18:20:00", "2024-12-01T23:58:30"]
        {
            for age in [0, 20, 60 * 7, 60 * 30] {
                for (delay_minutes, teller) in
                    [(0, Teller::Provider), (15, Teller::Provider), (0, Teller::Fund)]
                {
                    let fetched_at = at(fetched);
                    let as_of = fetched_at - TimeDelta::minutes(age);
                    prices.push(PriceState { exchange, as_of, fetched_at, delay_minutes, teller });
                }
            }
        }
    }
    prices
}

#[test]
fn a_label_is_right_until_it_is_said_to_change() {
    for price in all_sorts() {
        for refreshing in [false, true] {
            let mut now = price.fetched_at;
            let end = now + TimeDelta::days(5);
            let mut state = price.assess_while(now, refreshing);
            let mut change = price.changes_at(now, refreshing);
            while now < end {
                let context = |now| format!("{price:?} at {now}, {refreshing}");
                assert!(change.is_none_or(|change| change > now), "{}", context(now));
                let next = now + TimeDelta::minutes(7);
                if change.is_some_and(|change| change <= next) {
                    now = change.unwrap();
                    assert_ne!(price.assess_while(now, refreshing), state, "{}", context(now));
                    state = price.assess_while(now, refreshing);
                    change = price.changes_at(now, refreshing);
                } else {
                    now = next;
                    assert_eq!(price.assess_while(now, refreshing), state, "{}", context(now));
                }
            }
        }
    }
}

#[test]
fn without_refreshes_no_price_of_a_session_gets_better() {
    for price in all_sorts().into_iter().filter(|price| price.teller == Teller::Provider) {
        let mut now = price.fetched_at;
        let mut worst = price.assess(now);
        while let Some(change) = price.changes_at(now, false) {
            now = change;
            assert!(price.assess(now) >= worst, "{price:?} at {now}: {} after {worst}", price.assess(now));
            worst = price.assess(now);
        }
    }
}

#[test]
fn every_price_is_asked_for_again_after_it_was_asked_for() {
    for price in all_sorts() {
        assert!(price.expires_at().is_some_and(|again| again > price.fetched_at), "{price:?}");
    }
}

#[test]
fn a_quote_knows_who_told_it() {
    let quote = |source: &str| Quote {
        symbol: "AAPL".parse().unwrap(),
        price: Decimal::ONE,
        currency: Currency::USD,
        as_of: at("2024-11-25T15:00:00"),
        fetched_at: at("2024-11-25T15:00:01"),
        previous_close: None,
        delay_minutes: 15,
        source: PriceSourceName::new(source),
    };
    let teller = |source, kind| PriceState::of_quote(&quote(source), Exchange::NewYork, kind).teller;
    assert_eq!(teller("yahoo", InstrumentKind::Equity), Teller::Provider);
    assert_eq!(teller("yahoo-spark", InstrumentKind::Fund), Teller::Fund);
    for source in ["manual", "csv", "csv-adjusted"] {
        assert_eq!(teller(source, InstrumentKind::Fund), Teller::User);
    }
    let state = PriceState::of_quote(&quote("yahoo"), Exchange::London, InstrumentKind::Etf);
    assert_eq!((state.exchange, state.delay_minutes), (Exchange::London, 15));
    assert_eq!((state.as_of, state.fetched_at), (at("2024-11-25T15:00:00"), at("2024-11-25T15:00:01")));
}
