//! The sessions of a venue, numbered, so that "five sessions earlier" is a subtraction.

use std::sync::OnceLock;

use bellwether_domain::{Exchange, epoch_day};
use chrono::{NaiveDate, Offset, TimeZone};
use chrono_tz::{OffsetName, Tz};

/// One session in whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// The venue's local date, as days since 1970.
    pub(crate) day: i32,
    /// Unix seconds.
    pub(crate) opens: i64,
    /// Unix seconds.
    pub(crate) closes: i64,
    /// The unix second that stamps the daily bar.
    pub(crate) stamp: i64,
}

/// A stretch of time in which a zone's clocks are not changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ZoneTime {
    /// Its first unix second.
    from: i64,
    /// Seconds ahead of UTC.
    pub(crate) offset: i32,
    /// `EST`, `EDT`.
    pub(crate) abbreviation: String,
}

/// All sessions of a venue between 1990 and 2049.
#[derive(Debug)]
pub(crate) struct SessionTable {
    pub(crate) exchange: Exchange,
    pub(crate) zone: Tz,
    spans: Vec<Span>,
    /// Ascending, without gaps.
    zone_times: Vec<ZoneTime>,
    /// For each day from the first on, how many sessions lie before it.
    before: Vec<u32>,
    first_day: i32,
}

impl SessionTable {
    /// The table of a venue, built when first asked for.
    pub(crate) fn of(exchange: Exchange) -> &'static Self {
        static TABLES: [OnceLock<SessionTable>; Exchange::ALL.len()] =
            [const { OnceLock::new() }; Exchange::ALL.len()];
        let place = Exchange::ALL.iter().position(|known| *known == exchange).unwrap_or_default();
        TABLES[place].get_or_init(|| Self::build(exchange))
    }

    fn build(exchange: Exchange) -> Self {
        let first = NaiveDate::from_ymd_opt(1990, 1, 1).unwrap_or_default();
        let last = NaiveDate::from_ymd_opt(2049, 12, 31).unwrap_or_default();
        let zone = exchange.zone();
        let (mut spans, mut before) = (Vec::new(), Vec::new());
        for date in first.iter_days().take_while(|date| *date <= last) {
            before.push(spans.len() as u32);
            if let Some(session) = exchange.session(date) {
                let opens = session.opens.timestamp();
                // A future's session opens on the evening before; its bar is stamped with the date's midnight.
                let stamp =
                    if exchange == Exchange::Futures { midnight(zone, date).unwrap_or(opens) } else { opens };
                spans.push(Span { day: epoch_day(date), opens, closes: session.closes.timestamp(), stamp });
            }
        }
        let zone_times = zone_times(zone, seconds(epoch_day(first)), seconds(epoch_day(last) + 1));
        Self { exchange, zone, spans, zone_times, before, first_day: epoch_day(first) }
    }

    pub(crate) fn len(&self) -> usize {
        self.spans.len()
    }

    /// The session of a number; the last one beyond the end.
    pub(crate) fn span(&self, index: usize) -> Span {
        self.spans[index.min(self.spans.len() - 1)]
    }

    /// The number of the first session on or after a day; the table's length where there is none.
    pub(crate) fn on_or_after(&self, day: i32) -> usize {
        if day < self.first_day {
            return 0;
        }
        self.before.get((day - self.first_day) as usize).map_or(self.spans.len(), |index| *index as usize)
    }

    /// The number of the session of a day, if it is one.
    pub(crate) fn on(&self, day: i32) -> Option<usize> {
        let index = self.on_or_after(day);
        (self.spans.get(index)?.day == day).then_some(index)
    }

    /// How many sessions have opened at or before a unix second.
    pub(crate) fn opened_by(&self, second: i64) -> usize {
        self.spans.partition_point(|span| span.opens <= second)
    }

    /// The number of the first session whose bar is stamped at or after a unix second.
    pub(crate) fn stamped_from(&self, second: i64) -> usize {
        self.spans.partition_point(|span| span.stamp < second)
    }

    /// The local date at a unix second.
    pub(crate) fn local_day(&self, second: i64) -> i32 {
        let local = second.saturating_add(self.zone_time(second).offset.into());
        i32::try_from(local.div_euclid(DAY)).unwrap_or_default()
    }

    /// Offset and abbreviation of the zone at a unix second; beyond the table those of its ends.
    pub(crate) fn zone_time(&self, second: i64) -> &ZoneTime {
        let index = self.zone_times.partition_point(|time| time.from <= second).saturating_sub(1);
        &self.zone_times[index]
    }
}

const DAY: i64 = 86_400;

fn seconds(day: i32) -> i64 {
    i64::from(day) * DAY
}

/// The changes of a zone's clocks, each found by halving the day in which it lies.
fn zone_times(zone: Tz, first: i64, last: i64) -> Vec<ZoneTime> {
    let at = |from: i64| {
        let found = zone.timestamp_opt(from, 0).single();
        found.map_or_else(
            || ZoneTime { from, offset: 0, abbreviation: "UTC".to_owned() },
            |at| {
                let abbreviation = at.offset().abbreviation().unwrap_or("UTC").to_owned();
                ZoneTime { from, offset: at.offset().fix().local_minus_utc(), abbreviation }
            },
        )
    };
    let same = |a: &ZoneTime, b: &ZoneTime| a.offset == b.offset && a.abbreviation == b.abbreviation;
    let mut times = vec![at(first)];
    let mut previous = at(first);
    for second in (first..=last).step_by(DAY as usize).skip(1) {
        let next = at(second);
        if !same(&previous, &next) {
            let (mut before, mut after) = (previous.from, next.from);
            while after - before > 1 {
                let middle = i64::midpoint(before, after);
                if same(&at(middle), &previous) { before = middle } else { after = middle }
            }
            times.push(at(after));
        }
        previous = next;
    }
    times
}

/// The unix second at which a date begins in a zone.
pub(crate) fn midnight(zone: Tz, date: NaiveDate) -> Option<i64> {
    let earliest = |hour| zone.from_local_datetime(&date.and_hms_opt(hour, 0, 0)?).earliest();
    // Some zones change their clocks at midnight, which then does not exist.
    earliest(0).or_else(|| earliest(1)).map(|at| at.timestamp())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn sessions_are_found_by_day_and_by_number() {
        let table = SessionTable::of(Exchange::NewYork);
        let day = |y, m, d| epoch_day(NaiveDate::from_ymd_opt(y, m, d).unwrap());
        let independence = day(2024, 7, 4);
        assert_eq!(table.on(independence), None);
        let after = table.on_or_after(independence);
        assert_eq!(table.span(after).day, day(2024, 7, 5));
        assert_eq!(table.on(day(2024, 7, 5)), Some(after));
        assert_eq!(
            table.span(after - 1).closes - table.span(after - 1).opens,
            12_600,
            "a half day on the third"
        );
        assert_eq!(table.opened_by(table.span(after).opens), after + 1);
        assert_eq!(table.opened_by(table.span(after).opens - 1), after);
        assert_eq!(table.on_or_after(day(1980, 1, 1)), 0);
        assert_eq!(table.on_or_after(day(2060, 1, 1)), table.len());
    }

    #[test]
    fn clocks_change_in_the_second_in_which_they_change() {
        let table = SessionTable::of(Exchange::NewYork);
        let spring = 1_741_503_600;
        assert_eq!(table.zone_time(spring - 1).abbreviation, "EST");
        assert_eq!(
            (table.zone_time(spring).abbreviation.as_str(), table.zone_time(spring).offset),
            ("EDT", -14_400)
        );
        for second in (600_000_000..2_500_000_000).step_by(8_640_011) {
            let local = table.zone.timestamp_opt(second, 0).unwrap().date_naive();
            assert_eq!(table.local_day(second), epoch_day(local));
        }
    }

    #[test]
    fn a_future_is_stamped_with_midnight_though_it_opened_the_evening_before() {
        let table = SessionTable::of(Exchange::Futures);
        let span = table.span(table.on(epoch_day(NaiveDate::from_ymd_opt(2020, 1, 2).unwrap())).unwrap());
        assert_eq!(span.stamp, 1_577_941_200);
        assert!(span.opens < span.stamp);
    }
}
