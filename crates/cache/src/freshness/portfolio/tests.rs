#![allow(clippy::unwrap_used)]

use bellwether_domain::Exchange;
use chrono_tz::America::New_York;

use super::*;
use crate::freshness::Teller;

fn at(text: &str) -> DateTime<Utc> {
    format!("{text}Z").parse().unwrap()
}

fn held(value: i64, as_of: &str, fetched_at: &str) -> HeldPrice {
    let price = PriceState {
        exchange: Exchange::NewYork,
        as_of: at(as_of),
        fetched_at: at(fetched_at),
        delay_minutes: 0,
        teller: Teller::Provider,
    };
    HeldPrice { value: Some(Decimal::from(value)), price: Some(price), refreshing: false }
}

fn without_price() -> HeldPrice {
    HeldPrice { value: None, price: None, refreshing: false }
}

fn refreshing(done: u32, total: u32, seconds: Option<i64>) -> Activity {
    Activity::Refreshing { done, total, remaining: seconds.map(TimeDelta::seconds) }
}

/// The line at a time on Tuesday, 2024-11-26, in New York's winter, five hours behind UTC.
fn line(prices: &[HeldPrice], now: &str, activity: &Activity) -> String {
    PortfolioFreshness::of(prices, at(now)).sentence(activity, at(now), New_York)
}

const LIVE: (&str, &str) = ("2024-11-26T20:45:00", "2024-11-26T20:45:10");
const NOW: &str = "2024-11-26T20:45:30";

#[test]
fn each_state_has_its_share_of_the_value() {
    let prices = [
        held(900, LIVE.0, LIVE.1),
        held(58, LIVE.0, LIVE.1),
        held(42, "2024-11-22T21:00:00", "2024-11-22T21:10:00"),
        without_price(),
    ];

    let freshness = PortfolioFreshness::of(&prices, at(NOW));

    assert_eq!(freshness.worst, Some(Freshness::Missing));
    assert_eq!(freshness.share(Freshness::Live), StateShare { positions: 2, of_value: 0.958 });
    assert_eq!(freshness.share(Freshness::Stale), StateShare { positions: 1, of_value: 0.042 });
    assert_eq!(freshness.share(Freshness::Missing), StateShare { positions: 1, of_value: 0.0 });
    assert!((freshness.stale_share() - 0.042).abs() < 1e-12);
}

#[test]
fn a_stale_price_is_worse_than_one_of_the_user() {
    let mut typed = held(9, "2024-11-22T21:00:00", "2024-11-22T21:00:00");
    typed.price.as_mut().unwrap().teller = Teller::User;
    let old = held(9, "2024-11-22T21:00:00", "2024-11-22T21:10:00");
    let worst = |prices: &[HeldPrice]| PortfolioFreshness::of(prices, at(NOW)).worst;
    assert_eq!(worst(&[typed, old]), Some(Freshness::Stale));
    assert_eq!(worst(&[typed, held(9, LIVE.0, LIVE.1)]), Some(Freshness::Manual));
    assert_eq!(worst(&[typed, old, without_price()]), Some(Freshness::Missing));
}

#[test]
fn a_debt_counts_by_its_size() {
    let prices = [held(300, LIVE.0, LIVE.1), held(-100, "2024-11-22T21:00:00", "2024-11-22T21:10:00")];
    assert!((PortfolioFreshness::of(&prices, at(NOW)).stale_share() - 0.25).abs() < 1e-12);
}

#[test]
fn fresh_prices_are_up_to_date() {
    let prices = [held(9, LIVE.0, LIVE.1), held(9, "2024-11-26T20:44:50", "2024-11-26T20:45:00")];
    assert_eq!(line(&prices, NOW, &Activity::Idle), "up to date as of 15:45");
}

#[test]
fn a_line_that_trades_seldom_is_known_up_to_when_it_was_asked_for() {
    let prices = [held(9, "2024-11-26T15:12:00", "2024-11-26T20:45:00")];
    assert_eq!(line(&prices, NOW, &Activity::Idle), "up to date as of 15:45");
}

#[test]
fn while_refreshing_the_line_counts() {
    let prices = [held(9, "2024-11-26T20:45:00", "2024-11-26T20:45:00")];
    let now = "2024-11-26T20:48:00";
    assert_eq!(line(&prices, now, &refreshing(34, 50, None)), "showing prices of 15:45, refreshing 34 of 50");
    assert_eq!(
        line(&prices, now, &refreshing(34, 50, Some(6))),
        "showing prices of 15:45, refreshing 34 of 50, about 6 s"
    );
    assert_eq!(line(&prices, now, &refreshing(0, 0, None)), "showing prices of 15:45, refreshing");
}

#[test]
fn what_is_stale_comes_first() {
    let prices = [held(958, LIVE.0, LIVE.1), held(42, "2024-11-22T21:00:00", "2024-11-22T21:10:00")];
    assert_eq!(line(&prices, NOW, &Activity::Idle), "4.2 % of the value is stale");
    assert_eq!(
        line(&prices, NOW, &refreshing(34, 50, Some(6))),
        "4.2 % of the value is stale. Refreshing 34 of 50, about 6 s"
    );
}

#[test]
fn small_and_whole_shares_are_said_as_such() {
    let old = |value| held(value, "2024-11-22T21:00:00", "2024-11-22T21:10:00");
    let fresh = held(1_000_000, LIVE.0, LIVE.1);
    assert_eq!(line(&[fresh, old(100)], NOW, &Activity::Idle), "less than 0.1 % of the value is stale");
    assert_eq!(line(&[old(1), old(2)], NOW, &Activity::Idle), "all prices are stale");
    assert_eq!(line(&[old(0), fresh], NOW, &Activity::Idle), "less than 0.1 % of the value is stale");
}

#[test]
fn a_missing_price_is_said_and_not_counted_as_nothing() {
    let fresh = held(958, LIVE.0, LIVE.1);
    assert_eq!(line(&[fresh, without_price()], NOW, &Activity::Idle), "one position has no price");
    assert_eq!(
        line(&[fresh, without_price(), without_price()], NOW, &refreshing(1, 2, None)),
        "2 of 3 positions have no price. Refreshing 1 of 2"
    );
    assert_eq!(line(&[without_price()], NOW, &refreshing(0, 20, None)), "no prices yet. Refreshing 0 of 20");
    let old = held(42, "2024-11-22T21:00:00", "2024-11-22T21:10:00");
    assert_eq!(
        line(&[fresh, old, without_price()], NOW, &Activity::Idle),
        "4.2 % of the value is stale, one position has no price"
    );
}

#[test]
fn after_hours_the_closes_are_shown_with_their_day() {
    let close = [held(9, "2024-11-26T21:00:00", "2024-11-26T21:10:00")];
    assert_eq!(line(&close, "2024-11-26T23:00:00", &Activity::Idle), "showing closes of 16:00");
    assert_eq!(line(&close, "2024-11-27T12:00:00", &Activity::Idle), "showing closes of Tue 16:00");
    let friday = [held(9, "2024-11-29T18:00:00", "2024-11-29T18:10:00")];
    assert_eq!(line(&friday, "2024-12-01T12:00:00", &Activity::Idle), "showing closes of Fri 13:00");
}

#[test]
fn manual_prices_are_shown_with_their_date() {
    let mut typed = held(9, "2013-03-01T21:00:00", "2013-03-01T21:00:00");
    typed.price.as_mut().unwrap().teller = Teller::User;
    assert_eq!(line(&[typed], NOW, &Activity::Idle), "showing prices of 1 Mar 2013");
    let fresh = held(9, LIVE.0, LIVE.1);
    assert_eq!(line(&[typed, fresh], NOW, &Activity::Idle), "up to date as of 15:45");
    let mut this_year = typed;
    this_year.price.as_mut().unwrap().as_of = at("2024-03-14T20:00:00");
    assert_eq!(line(&[this_year], NOW, &Activity::Idle), "showing prices of 14 Mar");
}

#[test]
fn a_provider_that_does_not_answer_is_one_calm_line() {
    let down = Activity::NotAnswering { provider: "Yahoo".to_owned(), next_try: at("2024-11-26T19:32:00") };
    let stale = [held(9, "2024-11-25T21:00:00", "2024-11-25T21:10:00")];
    assert_eq!(
        line(&stale, "2024-11-26T19:27:00", &down),
        "Yahoo is not answering; next try 14:32; showing last closes"
    );
    let recent = [held(9, "2024-11-26T19:25:00", "2024-11-26T19:25:00")];
    assert_eq!(
        line(&recent, "2024-11-26T19:27:00", &down),
        "Yahoo is not answering; next try 14:32; showing prices of 14:25"
    );
}

#[test]
fn an_empty_portfolio_needs_no_prices() {
    assert_eq!(line(&[], NOW, &Activity::Idle), "no prices needed yet");
    assert_eq!(PortfolioFreshness::of(&[], at(NOW)).worst, None);
}

#[test]
fn the_whole_changes_when_the_first_price_does() {
    let prices =
        [held(9, LIVE.0, "2024-11-26T20:45:00"), held(9, LIVE.0, "2024-11-26T20:45:20"), without_price()];
    let freshness = PortfolioFreshness::of(&prices, at(NOW));
    assert_eq!(freshness.changes_at, Some(at("2024-11-26T20:46:00")));
}
