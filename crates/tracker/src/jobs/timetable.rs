//! What is due when, in exchange time.

use bellwether_domain::Exchange;
use bellwether_scheduler::{Entry, NewJob, OnDays, Priority, Timetable, When};
use chrono::{NaiveTime, Weekday};

use super::{backup, clean_up, keep_prices, verify_history, warm};
use crate::import::HOME_EXCHANGE;
use crate::notifications;

/// So long after the close the bar of the day is settled at the source.
const BARS_AFTER_CLOSE_MINUTES: u32 = 20;

/// The upkeep asks for its next round itself; whether it did is looked at so often.
const LOOK_AT_UPKEEP_SECONDS: u32 = 10;

/// The timetable of the house; every time is New York's. Prices are kept where there is somebody to ask for them, backups
/// made where there is a folder for them.
pub(super) fn timetable(has_provider: bool, has_backups: bool) -> Timetable {
    let exchange = HOME_EXCHANGE;
    let at = |hour, minute, days| {
        let time = NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default();
        When::At { exchange, time, days }
    };
    let background = |kind, key| NewJob::new(kind, key).priority(Priority::LAST);
    let warm = |part: warm::Part| {
        NewJob::new(warm::ROUND, part.key()).payload(serde_json::json!(part)).priority(Priority::NORMAL)
    };
    let after_close = |exchange: Exchange| Entry {
        when: When::AfterClose { exchange, minutes: BARS_AFTER_CLOSE_MINUTES },
        job: background(keep_prices::KIND, keep_prices::KIND),
    };
    let standing = Entry {
        when: When::Standing { look_every_seconds: LOOK_AT_UPKEEP_SECONDS },
        job: NewJob::new(keep_prices::KIND, keep_prices::KIND).priority(Priority::NORMAL),
    };
    // Before old jobs and files are taken away.
    let nightly = Entry { when: at(2, 30, OnDays::Every), job: background(backup::KIND, backup::KIND) };
    Timetable {
        entries: [
            after_close(exchange),
            Entry { when: at(16, 30, OnDays::Trading), job: warm(warm::Part::Portfolios) },
            Entry { when: at(17, 0, OnDays::Trading), job: warm(warm::Part::Benchmarks) },
            Entry {
                when: at(9, 0, OnDays::Every),
                job: background(notifications::CHECK, notifications::CHECK),
            },
            Entry { when: at(3, 0, OnDays::Every), job: background(clean_up::KIND, clean_up::KIND) },
            Entry {
                when: at(6, 0, OnDays::Weekly(Weekday::Sat)),
                job: background(verify_history::KIND, verify_history::KIND),
            },
        ]
        .into_iter()
        .chain(has_provider.then_some(standing))
        .chain(has_backups.then_some(nightly))
        .collect(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;

    /// What is due from one instant to another, as key and instant, in order.
    fn due(from: &str, to: &str) -> Vec<(String, String)> {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("an instant");
        let mut due = Vec::new();
        for entry in timetable(false, false).entries {
            let mut now = at(from);
            while let Some(next) = entry.when.next_after(now).filter(|next| *next <= at(to)) {
                due.push((next, entry.job.key.clone()));
                now = next;
            }
        }
        due.sort();
        due.into_iter().map(|(at, key)| (at.format("%d %H:%M").to_string(), key)).collect()
    }

    #[test]
    fn a_week_with_a_holiday_and_a_half_day_has_its_times() {
        let line = |at: &str, key: &str| (at.to_owned(), key.to_owned());
        let check = |day: &str| line(&format!("{day} 14:00"), "check-rules");
        let clean = |day: &str| line(&format!("{day} 08:00"), "clean-up");
        // Wednesday is whole, Thursday a holiday, on Friday the exchange closes at 13:00; Saturday rests.
        assert_eq!(
            due("2024-11-27T12:00:00Z", "2024-11-30T23:59:00Z"),
            [
                check("27"),
                line("27 21:20", "keep-prices"),
                line("27 21:30", "warm:portfolios"),
                line("27 22:00", "warm:benchmarks"),
                clean("28"),
                check("28"),
                clean("29"),
                check("29"),
                line("29 18:20", "keep-prices"),
                line("29 21:30", "warm:portfolios"),
                line("29 22:00", "warm:benchmarks"),
                clean("30"),
                line("30 11:00", "verify-history"),
                check("30"),
            ]
        );
    }
}
