#![allow(clippy::unwrap_used)]

use super::*;
use std::collections::{BTreeMap, HashSet};

use bellwether_domain::calendar::MarketStatus;

const PER_HOUR: Allowance = Allowance { per_hour: 200, left: 200 };
/// A Wednesday.
const DAY: &str = "2026-03-04";

fn at(time: &str) -> DateTime<Utc> {
    format!("{DAY}T{time}:00Z").parse().unwrap()
}

/// In order since a week before the day.
fn kept(n: usize, exchange: Exchange) -> Kept {
    let before = at("00:00") - TimeDelta::minutes(30);
    Kept {
        symbol: format!("S{n}").parse().unwrap(),
        exchange,
        kind: InstrumentKind::Equity,
        quote: Some(QuoteAge { fetched_at: before, good_until: good_until(exchange, before) }),
        closes_fetched_at: Some(before),
        verified_at: Some(before - TimeDelta::days(1 + (n as i64 * 7) % 29)),
        overlap: None,
        ex_date: None,
        rests_until: None,
    }
}

/// A minute in session, else until the next one.
fn good_until(exchange: Exchange, fetched_at: DateTime<Utc>) -> DateTime<Utc> {
    match exchange.status(fetched_at) {
        MarketStatus::Open { .. } => fetched_at + TimeDelta::seconds(60),
        MarketStatus::Closed { next, .. } => next.opens,
    }
}

fn all_at(count: usize, exchange: Exchange) -> Vec<Kept> {
    (0..count).map(|n| kept(n, exchange)).collect()
}

fn on_four_venues(count: usize) -> Vec<Kept> {
    let venues = [Exchange::NewYork, Exchange::London, Exchange::Xetra, Exchange::Tokyo];
    (0..count).map(|n| kept(n, venues[n % 4])).collect()
}

/// Does what the round says.
fn carry_out(kept: &mut [Kept], round: &Round, now: DateTime<Utc>) {
    let named: BTreeMap<&Symbol, usize> = round
        .quotes
        .iter()
        .map(|symbol| (symbol, 0))
        .chain(round.closes.iter().map(|symbol| (symbol, 1)))
        .chain(round.charts.iter().map(|(symbol, _)| (symbol, 2)))
        .collect();
    for one in kept {
        let Some(what) = named.get(&one.symbol) else { continue };
        one.quote = Some(QuoteAge { fetched_at: now, good_until: good_until(one.exchange, now) });
        if *what == 1 {
            one.closes_fetched_at = Some(now);
        }
        if *what == 2 {
            (one.verified_at, one.overlap) = (Some(now), None);
        }
    }
}

/// Rounds with calls from one instant to another, each with its own.
fn run(kept: &mut [Kept], from: &str, hours: i64) -> Vec<(DateTime<Utc>, Round)> {
    let (mut now, end) = (at(from), at(from) + TimeDelta::hours(hours));
    let mut rounds: Vec<(DateTime<Utc>, Round)> = Vec::new();
    while now < end {
        let lately = rounds.iter().rev().take_while(|(then, _)| now - *then < TimeDelta::hours(1));
        let spent = lately.map(|(_, round)| round.calls() as u32).sum::<u32>();
        let round = next_round(kept, Allowance { left: 200 - spent, ..PER_HOUR }, now);
        assert!(round.next > now);
        carry_out(kept, &round, now);
        let next = round.next;
        if !round.is_empty() {
            rounds.push((now, round));
        }
        now = next;
    }
    rounds
}

fn plan_at(kept: &[Kept], time: &str) -> Round {
    next_round(kept, PER_HOUR, at(time))
}

#[test]
fn closed_venues_cost_nothing() {
    let kept = all_at(100, Exchange::London);
    let round = plan_at(&kept, "07:00");
    assert!(round.quotes.is_empty() && round.closes.is_empty(), "{round:?}");
    assert_eq!(plan_at(&kept, "08:01").quotes.len(), 100);
}

#[test]
fn a_price_is_fetched_before_it_expires() {
    let mut kept = all_at(50, Exchange::London);
    let rounds = run(&mut kept, "09:00", 1);
    let calls: usize = rounds.iter().map(|(_, round)| round.quotes.len().div_ceil(20)).sum();
    assert!((170..=190).contains(&calls), "three calls every minute or so, within nine tenths: {calls}");
    for one in &kept {
        assert!(at("10:00") - one.quote.unwrap().fetched_at <= TimeDelta::seconds(66), "{one:?}");
    }
}

#[test]
fn the_period_follows_from_the_allowance() {
    let mut kept = all_at(500, Exchange::London);
    let rounds = run(&mut kept, "09:00", 3);
    let calls: usize = rounds.iter().map(|(_, round)| round.calls()).sum();
    assert!((500..=600).contains(&calls), "{calls}");
    let longest = kept.iter().map(|one| at("12:00") - one.quote.unwrap().fetched_at).max().unwrap();
    assert!(longest <= TimeDelta::seconds(520), "25 calls at 180 an hour take 500 s, not {longest}");
    assert!(rounds.iter().all(|(_, round)| round.quotes.len() % 20 == 0), "only full batches");
}

#[test]
fn an_hour_never_has_more_calls_than_it_may() {
    let mut kept = on_four_venues(500);
    let rounds = run(&mut kept, "00:00", 24);
    for (from, _) in &rounds {
        let hour = rounds.iter().filter(|(then, _)| then >= from && *then - *from < TimeDelta::hours(1));
        let calls: usize = hour.map(|(_, round)| round.calls()).sum();
        assert!(calls <= 200, "{from}: {calls}");
    }
}

#[test]
fn a_day_of_five_hundred_symbols_has_25_calls_for_closes_and_17_that_verify() {
    let mut kept = on_four_venues(500);
    let rounds = run(&mut kept, "00:00", 24);
    let closes: usize = rounds.iter().map(|(_, round)| round.closes.len().div_ceil(20)).sum();
    assert_eq!(closes, 25);
    let told: usize = rounds.iter().map(|(_, round)| round.closes.len()).sum();
    assert!((480..=500).contains(&told), "each once, but for those whose chart said it: {told}");
    let charts: Vec<_> =
        rounds.iter().flat_map(|(then, round)| round.charts.iter().map(move |_| *then)).collect();
    assert!((15..=17).contains(&charts.len()), "{}", charts.len());
    assert!(charts.windows(2).all(|pair| pair[1] - pair[0] >= TimeDelta::minutes(40)), "spread");
    let busy = at("14:30")..at("16:30");
    assert!(!charts.iter().any(|then| busy.contains(then)), "while three of four venues trade");
}

#[test]
fn closes_come_half_an_hour_after_the_close_and_leftovers_with_the_next_venues() {
    let mut kept = on_four_venues(500);
    let rounds = run(&mut kept, "00:00", 24);
    let closes: Vec<(String, usize)> = rounds
        .iter()
        .filter(|(_, round)| !round.closes.is_empty())
        .map(|(then, round)| (then.format("%H:%M").to_string(), round.closes.len()))
        .collect();
    let told =
        |hour: &str| closes.iter().filter(|(then, _)| then.starts_with(hour)).map(|(_, n)| n).sum::<usize>();
    assert_eq!(told("07"), 120, "Tokyo, five left: {closes:?}");
    assert!(told("17") % 20 == 0 && told("17") >= 220, "{closes:?}");
    assert_eq!(told("21") + told("17") + told("07"), closes.iter().map(|(_, n)| n).sum::<usize>());
}

#[test]
fn what_was_missed_is_taken_later() {
    let mut late = all_at(3, Exchange::London);
    late[0].closes_fetched_at = Some(at("00:00") - TimeDelta::days(3));
    late[0].verified_at = late[0].closes_fetched_at;
    assert!(plan_at(&late, "07:00").closes.is_empty(), "alone it waits for the evening's");
    let evening = plan_at(&late, "17:05").closes;
    assert_eq!(evening.len(), 3);
    assert_eq!(evening[0], late[0].symbol);
}

#[test]
fn a_split_is_looked_into_at_once() {
    let mut kept = all_at(100, Exchange::London);
    kept[7].overlap = Some(Overlap::Restated { ratio: 0.25 });
    kept[8].overlap = Some(Overlap::Append);
    let round = plan_at(&kept, "12:00");
    assert_eq!(round.charts, [(kept[7].symbol.clone(), ChartReason::Doubt)]);
    assert!(!round.quotes.contains(&kept[7].symbol), "its chart tells the price too");
    assert_eq!(round.quotes.len(), 99);
}

#[test]
fn a_source_that_restates_everything_costs_no_more_than_a_days_charts() {
    let mut kept = all_at(500, Exchange::London);
    for one in &mut kept {
        one.overlap = Some(Overlap::Disagree);
        one.verified_at = Some(at("00:00") - TimeDelta::days(9));
    }
    let rounds = run(&mut kept, "17:00", 7);
    let charts: usize = rounds.iter().map(|(_, round)| round.charts.len()).sum();
    assert_eq!(charts, 22);
}

#[test]
fn an_ex_date_is_looked_at_with_its_close_and_once_more_a_week_later() {
    let mut kept = all_at(100, Exchange::London);
    kept[3].ex_date = Some(DAY.parse().unwrap());
    kept[3].verified_at = Some(at("00:00") - TimeDelta::days(2));
    let asked = |kept: &[Kept], now: DateTime<Utc>| {
        let round = next_round(kept, PER_HOUR, now);
        let asked = round.charts.contains(&(kept[3].symbol.clone(), ChartReason::ExDate));
        assert!(!asked || !round.closes.contains(&kept[3].symbol), "its chart tells the close too");
        asked
    };
    assert!(!asked(&kept, at("16:50")), "not before its close is out");
    assert!(asked(&kept, at("17:00")));
    kept[3].verified_at = Some(at("17:00"));
    assert!(!asked(&kept, at("17:10")));
    assert!(!asked(&kept, at("17:00") + TimeDelta::days(6)));
    assert!(asked(&kept, at("17:00") + TimeDelta::days(7)));
}

#[test]
fn missing_histories_have_half_of_the_hour() {
    let mut kept = all_at(300, Exchange::London);
    for one in &mut kept {
        one.verified_at = None;
    }
    let rounds = run(&mut kept, "09:00", 2);
    let charts: usize = rounds.iter().map(|(_, round)| round.charts.len()).sum();
    let quotes: usize = rounds.iter().map(|(_, round)| round.quotes.len().div_ceil(20)).sum();
    assert!(charts >= 180 && quotes >= 180, "{charts} and {quotes}");
}

#[test]
fn without_any_price_a_symbol_is_asked_for_even_while_its_venue_is_closed() {
    let mut kept = all_at(2, Exchange::London);
    kept[1].quote = None;
    assert_eq!(plan_at(&kept, "07:00").quotes, [kept[1].symbol.clone()]);
}

#[test]
fn who_rests_is_left_alone_until_then() {
    let mut kept = all_at(1, Exchange::London);
    kept[0].rests_until = Some(at("12:10"));
    kept[0].overlap = Some(Overlap::Disagree);
    let round = plan_at(&kept, "12:00");
    assert!(round.is_empty());
    assert!(round.next <= at("12:10"));
    assert!(!plan_at(&kept, "12:10").is_empty());
}

#[test]
fn coins_are_asked_for_all_night_and_funds_every_time_their_price_expires() {
    let mut kept = vec![kept(1, Exchange::Crypto), kept(2, Exchange::NewYork)];
    kept[1].kind = InstrumentKind::Fund;
    kept[1].quote.as_mut().unwrap().good_until = at("03:00");
    assert_eq!(plan_at(&kept, "02:00").quotes, [kept[0].symbol.clone(), kept[1].symbol.clone()]);
    kept[0].quote.as_mut().unwrap().good_until = at("04:00");
    assert!(plan_at(&kept, "02:00").quotes.is_empty());
    assert_eq!(plan_at(&kept, "03:00").quotes[0], kept[1].symbol);
}

#[test]
fn without_calls_left_nothing_is_asked_and_the_wait_is_short() {
    let kept = all_at(500, Exchange::London);
    let round = next_round(&kept, Allowance { per_hour: 200, left: 0 }, at("15:00"));
    assert!(round.is_empty());
    assert_eq!(round.next, at("15:00") + TimeDelta::seconds(18));
    let round = next_round(&kept, Allowance { per_hour: 200, left: 3 }, at("15:00"));
    assert_eq!((round.calls(), round.quotes.len()), (3, 60));
}

#[test]
fn nobody_is_named_twice() {
    let mut kept = on_four_venues(300);
    for (n, one) in kept.iter_mut().enumerate() {
        if n % 50 == 0 {
            one.overlap = Some(Overlap::Disagree);
        }
        if n % 60 == 0 {
            one.ex_date = DAY.parse().ok();
        }
        if n % 70 == 0 {
            one.verified_at = None;
        }
        if n % 80 == 0 {
            one.quote = None;
        }
    }
    for hour in 0..24 {
        let now = at("00:00") + TimeDelta::hours(hour);
        let round = next_round(&kept, PER_HOUR, now);
        let named: Vec<&Symbol> =
            round.charts.iter().map(|(symbol, _)| symbol).chain(&round.closes).chain(&round.quotes).collect();
        assert_eq!(named.iter().collect::<HashSet<_>>().len(), named.len(), "{now}");
        assert!(round.calls() <= 200);
    }
}

#[test]
fn nothing_kept_is_nothing_to_do() {
    let round = plan_at(&[], "12:00");
    assert!(round.is_empty());
    assert_eq!(round.next, at("13:00"));
}

#[test]
fn the_last_price_before_the_close_is_followed_by_one_of_the_close_when_it_expires() {
    let mut kept = all_at(3, Exchange::London);
    for one in &mut kept {
        let settled = at("16:35");
        one.quote = Some(QuoteAge { fetched_at: at("16:29"), good_until: settled });
    }
    let waits = plan_at(&kept, "16:31");
    assert!(waits.quotes.is_empty(), "{waits:?}");
    assert_eq!(waits.next, at("16:35"), "neither before nor long after");
    let round = plan_at(&kept, "16:35");
    assert_eq!(round.quotes.len(), 3);
    carry_out(&mut kept, &round, at("16:35"));
    assert!(plan_at(&kept, "16:36").quotes.is_empty());
}
