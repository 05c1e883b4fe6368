//! Single values of a document: dates and prices.

use std::ops::RangeInclusive;
use std::str::FromStr;

use chrono::format::{Item, StrftimeItems};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

/// At the ends of the calendar there is no local time; nothing was traded there.
const YEARS: RangeInclusive<i32> = 1..=9_999;

/// A value as the document has it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cell<'a> {
    Text(&'a str),
    Number(f64),
    Nothing,
    /// A list, an object or a truth value.
    Other,
}

impl<'a> Cell<'a> {
    pub(super) fn of_text(text: &'a str) -> Self {
        let text = text.trim();
        let is_mark = ["-", "null", "n/a"].iter().any(|mark| text.eq_ignore_ascii_case(mark));
        if text.is_empty() || is_mark { Self::Nothing } else { Self::Text(text) }
    }

    pub(super) fn of_json(value: Option<&'a Value>) -> Self {
        match value {
            None | Some(Value::Null) => Self::Nothing,
            Some(Value::String(text)) => Self::of_text(text),
            Some(Value::Number(number)) => number.as_f64().map_or(Self::Other, Self::Number),
            Some(_) => Self::Other,
        }
    }

    /// The value for a message, without what a hostile document may have added.
    fn shown(self) -> String {
        match self {
            Self::Text(text) => format!("{:?}", text.chars().take(40).collect::<String>()),
            Self::Number(number) => number.to_string(),
            Self::Nothing => "nothing".to_owned(),
            Self::Other => "a list, an object or a truth value".to_owned(),
        }
    }

    /// A number; `None` where there is nothing.
    pub(super) fn number(self, decimal_comma: bool) -> Result<Option<f64>, String> {
        let read = match self {
            Self::Nothing => return Ok(None),
            Self::Number(number) => Some(number),
            Self::Text(text) => number_of(text, decimal_comma),
            Self::Other => None,
        };
        let number = read.filter(|number| number.is_finite());
        number.map(Some).ok_or_else(|| format!("{} is no number", self.shown()))
    }

    /// The date in its zone.
    pub(super) fn date(self, format: &DateFormat, zone: Tz) -> Result<NaiveDate, String> {
        let read = match (format, self) {
            (DateFormat::Text(format), Self::Text(text)) => NaiveDate::parse_from_str(text, format).ok(),
            (DateFormat::Text(_), _) => None,
            (epoch, _) => epoch.instant(self).map(|instant| instant.with_timezone(&zone).date_naive()),
        };
        read.filter(|date| YEARS.contains(&date.year()))
            .ok_or_else(|| format!("{} is no date in the form {format}", self.shown()))
    }

    /// The instant; a time without a zone is the zone's.
    pub(super) fn time(self, format: &DateFormat, zone: Tz) -> Result<DateTime<Utc>, String> {
        let read = match (format, self) {
            (DateFormat::Text(format), Self::Text(text)) => {
                let with_zone = DateTime::parse_from_str(text, format).map(|time| time.to_utc()).ok();
                let local = || {
                    let time = NaiveDateTime::parse_from_str(text, format).ok()?;
                    let time = Some(time).filter(|time| YEARS.contains(&time.year()))?;
                    Some(time.and_local_timezone(zone).earliest()?.to_utc())
                };
                with_zone.or_else(local)
            }
            (DateFormat::Text(_), _) => None,
            (epoch, _) => epoch.instant(self),
        };
        read.filter(|time| YEARS.contains(&time.year()))
            .ok_or_else(|| format!("{} is no time in the form {format}", self.shown()))
    }
}

/// The number that a text spells: digits in groups of three or without groups, the decimals after a point or a comma.
///
/// Where the point is the decimal sign, one comma alone may be a group's or somebody's decimal sign, so it is refused.
fn number_of(text: &str, decimal_comma: bool) -> Option<f64> {
    let (decimal, group) = if decimal_comma { (',', '.') } else { ('.', ',') };
    let (whole, rest) = match text.split_once(decimal) {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (text, None),
    };
    let spelled = |b: u8| b.is_ascii_digit() || b"+-eE".contains(&b);
    if !whole.contains(group) {
        let plain = match rest {
            Some(decimals) => format!("{whole}.{decimals}"),
            None => whole.to_owned(),
        };
        let numeric = plain.bytes().all(|b| spelled(b) || b == b'.');
        return numeric.then(|| plain.parse().ok()).flatten();
    }
    let unsigned = whole.strip_prefix(['-', '+']).unwrap_or(whole);
    let mut groups = unsigned.split(group);
    let first = groups.next().unwrap_or_default();
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let grouped = (1..=3).contains(&first.len())
        && is_digits(first)
        && groups.clone().all(|digits| digits.len() == 3 && is_digits(digits));
    let clear = decimal_comma || rest.is_some() || groups.count() > 1;
    if !grouped || !clear || !rest.is_none_or(is_digits) {
        return None;
    }
    let whole: String = whole.chars().filter(|c| *c != group).collect();
    format!("{whole}.{}", rest.unwrap_or("0")).parse().ok()
}

/// How a document writes dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DateFormat {
    /// In chrono's form, such as `%d.%m.%Y`.
    Text(String),
    EpochSeconds,
    EpochMilliseconds,
}

impl Default for DateFormat {
    fn default() -> Self {
        Self::Text("%Y-%m-%d".to_owned())
    }
}

impl DateFormat {
    /// Whether it tells a time of day.
    pub(super) fn tells_time(&self) -> bool {
        match self {
            Self::Text(format) => {
                let written = sample().format(format).to_string();
                Cell::Text(&written).time(self, Tz::UTC).is_ok()
            }
            Self::EpochSeconds | Self::EpochMilliseconds => true,
        }
    }

    /// `None` for a text, and for what is no time.
    fn instant(&self, cell: Cell<'_>) -> Option<DateTime<Utc>> {
        let number = match cell {
            Cell::Number(number) => number,
            Cell::Text(text) => text.parse().ok()?,
            Cell::Nothing | Cell::Other => return None,
        };
        // Beyond this no calendar goes, and below it an f64 is exact.
        let whole = Some(number).filter(|number| number.abs() < 9e15)?.floor() as i64;
        let instant = match self {
            Self::EpochSeconds => DateTime::from_timestamp(whole, 0),
            Self::EpochMilliseconds => DateTime::from_timestamp_millis(whole),
            Self::Text(_) => None,
        };
        instant.filter(|instant| YEARS.contains(&instant.year()))
    }
}

/// An instant whose parts cannot be taken for one another.
fn sample() -> DateTime<Utc> {
    DateTime::from_timestamp(1_732_370_706, 0).unwrap_or_default()
}

impl FromStr for DateFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "epoch-seconds" => return Ok(Self::EpochSeconds),
            "epoch-milliseconds" => return Ok(Self::EpochMilliseconds),
            _ => {}
        }
        let sample = sample();
        let valid = !StrftimeItems::new(text).any(|item| item == Item::Error);
        let date = valid.then(|| NaiveDate::parse_from_str(&sample.format(text).to_string(), text));
        if !matches!(date, Some(Ok(date)) if date == sample.date_naive()) {
            return Err(format!(
                "{text:?} does not tell a whole date: use a form such as %Y-%m-%d or %d.%m.%Y, epoch-seconds or \
                 epoch-milliseconds"
            ));
        }
        Ok(Self::Text(text.to_owned()))
    }
}

impl std::fmt::Display for DateFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Text(format) => format,
            Self::EpochSeconds => "epoch-seconds",
            Self::EpochMilliseconds => "epoch-milliseconds",
        })
    }
}

impl<'de> Deserialize<'de> for DateFormat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str, decimal_comma: bool) -> Option<f64> {
        Cell::of_text(text).number(decimal_comma).ok().flatten()
    }

    #[test]
    fn numbers_are_read_by_the_decimal_sign() {
        for (text, number) in [
            ("134.39", 134.39),
            ("-37.63", -37.63),
            ("1,234.5", 1_234.5),
            ("1,234,567", 1_234_567.0),
            ("1.5e-5", 1.5e-5),
        ] {
            assert_eq!(read(text, false), Some(number), "{text}");
        }
        for (text, number) in [("134,39", 134.39), ("1.234,5", 1_234.5), ("1.234", 1_234.0), ("12", 12.0)] {
            assert_eq!(read(text, true), Some(number), "{text}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for text in [
            "12,34",
            "1,234",
            "1,23.4",
            "12,3456.7",
            "1.2.3",
            "1,234.5,6",
            ",5.0",
            "NaN",
            "inf",
            "12 EUR",
            "0x1F",
            "1-",
            "++1",
        ] {
            assert!(Cell::of_text(text).number(false).is_err(), "{text}");
        }
        for text in ["134.39", "1.23", "1,2,3", "1.234.5", "1,23.4"] {
            assert!(Cell::of_text(text).number(true).is_err(), "{text}");
        }
    }

    #[test]
    fn marks_of_absence_are_no_values() {
        for text in ["", "  ", "-", "null", "N/A"] {
            assert_eq!(Cell::of_text(text).number(false), Ok(None), "{text:?}");
        }
    }

    #[test]
    fn dates_are_read_in_the_one_form_that_was_agreed() {
        let date = |text: &str, format: &str, zone: &str| {
            let format: DateFormat = format.parse().expect("a form");
            Cell::of_text(text).date(&format, zone.parse().expect("a zone"))
        };
        let expected = NaiveDate::from_ymd_opt(2024, 3, 5).expect("a date");
        for (text, format, zone) in [
            ("2024-03-05", "%Y-%m-%d", "UTC"),
            ("05.03.2024", "%d.%m.%Y", "UTC"),
            ("3/5/24", "%m/%d/%y", "UTC"),
            ("2024-03-05T23:59:59Z", "%Y-%m-%dT%H:%M:%SZ", "Asia/Tokyo"),
            ("1709600400", "epoch-seconds", "UTC"),
            ("1709600400", "epoch-seconds", "Europe/Berlin"),
            ("1709683199000", "epoch-milliseconds", "UTC"),
        ] {
            assert_eq!(date(text, format, zone), Ok(expected), "{text} {format}");
        }
        assert_eq!(
            date("1709683199", "epoch-seconds", "Asia/Tokyo"),
            Ok(expected.succ_opt().expect("a date"))
        );
        for text in ["05.03.2024", "2024-13-05", "soon", "", "2024-03-05 and more", "1e300"] {
            assert!(date(text, "%Y-%m-%d", "UTC").is_err(), "{text}");
            assert!(date(text, "epoch-seconds", "UTC").is_err(), "{text}");
        }
    }

    #[test]
    fn times_at_the_ends_of_the_calendar_are_none() {
        for second in [8_210_266_876_799.0, -8_334_601_228_800.0, 300_000_000_000.0, -70_000_000_000.0] {
            for zone in [chrono_tz::Asia::Tokyo, chrono_tz::America::New_York] {
                assert!(Cell::Number(second).date(&DateFormat::EpochSeconds, zone).is_err(), "{second}");
                assert!(
                    Cell::Number(second * 1e3).time(&DateFormat::EpochMilliseconds, zone).is_err(),
                    "{second}"
                );
            }
        }
        let form: DateFormat = "%Y-%m-%d %H:%M".parse().expect("a form");
        for text in ["+262142-12-31 23:59", "-262143-01-01 00:00", "0000-01-01 00:00"] {
            for zone in [chrono_tz::Asia::Tokyo, chrono_tz::America::New_York] {
                let cell = Cell::of_text(text);
                assert!(cell.date(&form, zone).is_err() && cell.time(&form, zone).is_err(), "{text}");
            }
        }
    }

    #[test]
    fn a_form_must_tell_a_whole_date() {
        for text in ["", "%Y-%m", "%H:%M", "%q", "yyyy-MM-dd", "%"] {
            assert!(text.parse::<DateFormat>().is_err(), "{text}");
        }
    }

    #[test]
    fn times_without_a_zone_are_local() {
        let time = |text: &str, format: &str| {
            let format: DateFormat = format.parse().expect("a form");
            Cell::of_text(text)
                .time(&format, "Europe/Berlin".parse().expect("a zone"))
                .map(|time| time.to_rfc3339())
        };
        let expected = Ok("2024-03-05T16:30:00+00:00".to_owned());
        assert_eq!(time("2024-03-05 17:30", "%Y-%m-%d %H:%M"), expected);
        assert_eq!(time("2024-03-05T11:30:00-05:00", "%Y-%m-%dT%H:%M:%S%:z"), expected);
        assert_eq!(time("1709656200", "epoch-seconds"), expected);
        assert!(time("2024-03-05", "%Y-%m-%d").is_err(), "no time");
    }

    proptest! {
        #[test]
        fn every_price_comes_back_in_both_spellings(mantissa in -9_999_999_999_i64..9_999_999_999, scale in 0..6_u32) {
            let price = rust_decimal::Decimal::new(mantissa, scale);
            let number: f64 = price.to_string().parse().expect("a number");
            prop_assert_eq!(read(&price.to_string(), false), Some(number));
            prop_assert_eq!(read(&price.to_string().replace('.', ","), true), Some(number));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,20}", number in any::<f64>(), comma in any::<bool>()) {
            for format in [DateFormat::default(), DateFormat::EpochSeconds, DateFormat::EpochMilliseconds] {
                for cell in [Cell::of_text(&text), Cell::Number(number)] {
                    let _ = (cell.number(comma), cell.date(&format, Tz::UTC), cell.time(&format, Tz::UTC));
                }
            }
        }
    }
}
