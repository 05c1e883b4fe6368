#![allow(clippy::unwrap_used)]

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn daily(exchange: Exchange, hour: u32, minute: u32, days: OnDays) -> When {
    When::At { exchange, time: NaiveTime::from_hms_opt(hour, minute, 0).unwrap(), days }
}

/// The first instants after `from`.
fn next(when: When, from: &str, count: usize) -> Vec<String> {
    let mut now = at(from);
    let mut due = Vec::new();
    for _ in 0..count {
        now = when.next_after(now).unwrap();
        due.push(now.format("%a %m-%d %H:%M:%S").to_string());
    }
    due
}

#[test]
fn half_past_four_in_new_york_comes_on_trading_days_only() {
    // 2024-11-28 is Thanksgiving, the 29th a half day, which changes nothing for a time of the clock.
    let warm = daily(Exchange::NewYork, 16, 30, OnDays::Trading);
    assert_eq!(
        next(warm, "2024-11-27T12:00:00Z", 3),
        ["Wed 11-27 21:30:00", "Fri 11-29 21:30:00", "Mon 12-02 21:30:00"]
    );
}

#[test]
fn exchange_time_follows_the_change_of_clocks() {
    // New York goes forward on 2024-03-10 and back on 2024-11-03.
    let warm = daily(Exchange::NewYork, 16, 30, OnDays::Trading);
    assert_eq!(next(warm, "2024-03-08T12:00:00Z", 2), ["Fri 03-08 21:30:00", "Mon 03-11 20:30:00"]);
    assert_eq!(next(warm, "2024-11-01T12:00:00Z", 2), ["Fri 11-01 20:30:00", "Mon 11-04 21:30:00"]);
}

#[test]
fn a_time_that_the_clocks_skip_comes_after_the_gap() {
    // 02:00 to 03:00 does not exist on Sunday 2024-03-10.
    let check = daily(Exchange::NewYork, 2, 30, OnDays::Weekly(Weekday::Sun));
    assert_eq!(next(check, "2024-03-04T00:00:00Z", 2), ["Sun 03-10 07:00:00", "Sun 03-17 06:30:00"]);
}

#[test]
fn a_time_that_the_clocks_show_twice_comes_once() {
    // 01:00 to 02:00 happens twice on Sunday 2024-11-03.
    let check = daily(Exchange::NewYork, 1, 30, OnDays::Every);
    assert_eq!(
        next(check, "2024-11-02T12:00:00Z", 3),
        ["Sun 11-03 05:30:00", "Mon 11-04 06:30:00", "Tue 11-05 06:30:00"]
    );
}

#[test]
fn a_weekly_entry_comes_on_its_day() {
    let check = daily(Exchange::London, 3, 0, OnDays::Weekly(Weekday::Sun));
    assert_eq!(next(check, "2024-06-02T02:00:00Z", 2), ["Sun 06-09 02:00:00", "Sun 06-16 02:00:00"]);
}

#[test]
fn an_instant_that_is_due_now_is_not_due_again() {
    let warm = daily(Exchange::NewYork, 16, 30, OnDays::Trading);
    let due = at("2024-11-27T21:30:00Z");
    assert_eq!(warm.next_after(due - TimeDelta::microseconds(1)), Some(due));
    assert_eq!(warm.next_after(due), Some(at("2024-11-29T21:30:00Z")));
}

#[test]
fn after_the_close_comes_earlier_on_half_days() {
    let bars = When::AfterClose { exchange: Exchange::NewYork, minutes: 30 };
    assert_eq!(
        next(bars, "2024-11-26T12:00:00Z", 4),
        ["Tue 11-26 21:30:00", "Wed 11-27 21:30:00", "Fri 11-29 18:30:00", "Mon 12-02 21:30:00"]
    );
}

#[test]
fn long_after_the_close_may_be_the_next_day() {
    let bars = When::AfterClose { exchange: Exchange::Sydney, minutes: 20 * 60 };
    let first = bars.next_after(at("2024-06-07T08:00:00Z")).unwrap();
    let closes = Exchange::Sydney.session(NaiveDate::from_ymd_opt(2024, 6, 6).unwrap()).unwrap().closes;
    assert!(first > at("2024-06-07T08:00:00Z"));
    let friday = Exchange::Sydney.session(NaiveDate::from_ymd_opt(2024, 6, 7).unwrap()).unwrap().closes;
    assert_eq!(bars.next_after(closes), Some(closes + TimeDelta::hours(20)));
    assert_eq!(bars.next_after(closes + TimeDelta::hours(20)), Some(friday + TimeDelta::hours(20)));
}

#[test]
fn while_open_divides_the_session() {
    let quotes = When::WhileOpen { exchange: Exchange::NewYork, every_seconds: 60 };
    assert_eq!(
        next(quotes, "2024-11-27T14:29:30Z", 3),
        ["Wed 11-27 14:30:00", "Wed 11-27 14:31:00", "Wed 11-27 14:32:00"]
    );
    assert_eq!(
        next(quotes, "2024-11-27T20:58:30Z", 2),
        ["Wed 11-27 20:59:00", "Fri 11-29 14:30:00"],
        "not at the close, not on a holiday"
    );
    assert_eq!(next(quotes, "2024-11-29T17:59:00Z", 1), ["Mon 12-02 14:30:00"], "a half day ends at 13:00");
}

#[test]
fn a_week_of_quotes_is_as_long_as_its_sessions() {
    let quotes = When::WhileOpen { exchange: Exchange::NewYork, every_seconds: 60 };
    let end = at("2024-12-01T00:00:00Z");
    let due =
        std::iter::successors(quotes.next_after(at("2024-11-24T00:00:00Z")), |now| quotes.next_after(*now));
    // Three full sessions of 390 minutes and one of 210.
    assert_eq!(due.take_while(|instant| *instant < end).count(), 3 * 390 + 210);
}

#[test]
fn the_crypto_market_is_always_open() {
    let quotes = When::WhileOpen { exchange: Exchange::Crypto, every_seconds: 3600 };
    assert_eq!(
        next(quotes, "2024-12-24T22:30:00Z", 3),
        ["Tue 12-24 23:00:00", "Wed 12-25 00:00:00", "Wed 12-25 01:00:00"]
    );
}

#[test]
fn nothing_happens_every_no_seconds() {
    let never = When::WhileOpen { exchange: Exchange::Crypto, every_seconds: 0 };
    assert_eq!(never.next_after(at("2024-12-24T22:30:00Z")), None);
}

#[test]
fn every_entry_moves_on_wherever_it_is_asked() {
    for exchange in Exchange::ALL {
        let entries = [
            daily(exchange, 0, 0, OnDays::Every),
            daily(exchange, 23, 59, OnDays::Trading),
            When::AfterClose { exchange, minutes: 45 },
            When::WhileOpen { exchange, every_seconds: 7 * 60 },
        ];
        for when in entries {
            let mut now = at("2023-12-20T00:00:00Z");
            for _ in 0..400 {
                let due = when.next_after(now).unwrap();
                assert!(due > now, "{exchange:?} {when:?}");
                let halfway = now + (due - now) / 2;
                assert_eq!(when.next_after(halfway), Some(due), "{exchange:?} {when:?} from {halfway}");
                now = due;
            }
        }
    }
}

#[test]
fn a_timetable_is_data() {
    let table = Timetable {
        entries: vec![
            Entry {
                when: daily(Exchange::NewYork, 16, 30, OnDays::Trading),
                job: NewJob::new("warm", "warm-portfolios"),
            },
            Entry {
                when: daily(Exchange::NewYork, 3, 0, OnDays::Weekly(Weekday::Sun)),
                job: NewJob::new("verify", "verify"),
            },
        ],
    };
    let text = serde_json::to_string(&table).unwrap();
    assert!(
        text.contains(r#""when":{"at":{"exchange":"XNYS","time":"16:30:00","days":"trading"}}"#),
        "{text}"
    );
    assert_eq!(serde_json::from_str::<Timetable>(&text).unwrap(), table);
}
