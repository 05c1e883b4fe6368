//! Dates as people and spreadsheets write them.

use chrono::NaiveDate;

use crate::verdict::{Reason, shortened};

/// Which of day and month comes first in dates such as 3/5/2012.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateOrder {
    /// March 5.
    MonthFirst,
    /// 3 May.
    DayFirst,
    /// The file has both: a date that could be either is refused.
    Mixed,
}

/// What one date says about the order in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OrderHint {
    /// It leaves no doubt, or is no date.
    None,
    /// It is a date only with the month first.
    MonthFirst,
    /// It is a date only with the day first.
    DayFirst,
    /// It is another date in each order.
    Either,
}

/// What a cell says about the order in its file.
pub(crate) fn order_hint(cell: &str) -> OrderHint {
    match spelled(cell) {
        Some(Spelled::Numbers { month_first, day_first }) => match (month_first, day_first) {
            (Some(one), Some(other)) if one == other => OrderHint::None,
            (Some(_), Some(_)) => OrderHint::Either,
            (Some(_), None) => OrderHint::MonthFirst,
            (None, Some(_)) => OrderHint::DayFirst,
            (None, None) => OrderHint::None,
        },
        Some(Spelled::Clear(_)) | None => OrderHint::None,
    }
}

/// Reads a cell that is not empty. A time of day after the date is dropped.
pub(crate) fn read_date(cell: &str, order: DateOrder) -> Result<NaiveDate, Reason> {
    let text = || shortened(cell);
    match spelled(cell) {
        Some(Spelled::Clear(date)) => Ok(date),
        None | Some(Spelled::Numbers { month_first: None, day_first: None }) => {
            Err(Reason::NotADate { text: text() })
        }
        Some(Spelled::Numbers { month_first, day_first }) => {
            let (meant, reason) = match order {
                DateOrder::MonthFirst => {
                    (month_first, Reason::OtherDateOrder { text: text(), first: "month" })
                }
                DateOrder::DayFirst => (day_first, Reason::OtherDateOrder { text: text(), first: "day" }),
                DateOrder::Mixed => {
                    let doubtful = month_first.is_some() && day_first.is_some() && month_first != day_first;
                    let clear = if doubtful { None } else { month_first.or(day_first) };
                    (clear, Reason::AmbiguousDate { text: text() })
                }
            };
            meant.ok_or(reason)
        }
    }
}

enum Spelled {
    Clear(NaiveDate),
    /// Two numbers and a year, in each of the two orders.
    Numbers {
        month_first: Option<NaiveDate>,
        day_first: Option<NaiveDate>,
    },
}

/// Longer than any date with its time and weekday.
const MAX_BYTES: usize = 64;

fn spelled(cell: &str) -> Option<Spelled> {
    if cell.len() > MAX_BYTES {
        return None;
    }
    let clear = |date: Option<NaiveDate>| date.map(Spelled::Clear);
    let (first, rest) = word(cell)?;
    let (first, rest) =
        if is_weekday(first) { word(rest.trim_start_matches(['.', ',', ' ']))? } else { (first, rest) };
    if first.len() == 8 && is_number(first) {
        ends(rest)?;
        return clear(ymd(&first[..4], &first[4..6], &first[6..]));
    }
    let (one, second, rest) = next(rest)?;
    let (two, third, rest) = next(rest)?;
    ends(rest)?;
    if let Some(month) = month_of(first) {
        return clear(NaiveDate::from_ymd_opt(year(third, true)?, month, day(second)?));
    }
    if let Some(month) = month_of(second) {
        if first.len() == 4 {
            return clear(NaiveDate::from_ymd_opt(year(first, false)?, month, day(third)?));
        }
        return clear(NaiveDate::from_ymd_opt(year(third, true)?, month, day(first)?));
    }
    if one != two || ![first, second, third].into_iter().all(is_number) {
        return None;
    }
    match (one, first.len()) {
        ('-' | '/' | '.', 4) => clear(ymd(first, second, third)),
        ('.', _) => clear(NaiveDate::from_ymd_opt(year(third, true)?, day(second)?, day(first)?)),
        ('/' | '-', _) => {
            // 05-03-12 could begin with the year as well.
            let year = year(third, one == '/')?;
            let (a, b) = (day(first)?, day(second)?);
            Some(Spelled::Numbers {
                month_first: NaiveDate::from_ymd_opt(year, a, b),
                day_first: NaiveDate::from_ymd_opt(year, b, a),
            })
        }
        _ => None,
    }
}

/// The letters or the digits that a text begins with, and the rest.
fn word(text: &str) -> Option<(&str, &str)> {
    let digits = text.as_bytes().first()?.is_ascii_digit();
    let same = |b: &u8| if digits { b.is_ascii_digit() } else { b.is_ascii_alphabetic() };
    let length = text.bytes().take_while(same).count();
    (length > 0).then(|| text.split_at(length))
}

/// A separator, the word after it, and the rest: `", 2012"`, `"-Mar"`, `"/5"`.
fn next(text: &str) -> Option<(char, &str, &str)> {
    let separator = text.chars().next().filter(|c| matches!(c, '-' | '/' | '.' | ',' | ' '))?;
    let after = &text[1..];
    let after = if matches!(separator, '.' | ',') { after.trim_start_matches(' ') } else { after };
    let (word, rest) = word(after)?;
    Some((separator, word, rest))
}

/// Whether nothing but a time of day follows: ` 10:15:00 AM`, `T10:15:00Z`, `, 16:20:00 EST`.
fn ends(rest: &str) -> Option<()> {
    if rest.is_empty() {
        return Some(());
    }
    let time = rest.strip_prefix(['T', 't', ',', ';']).unwrap_or(rest);
    let time = if time.len() == rest.len() { time.strip_prefix(' ')? } else { time }.trim_start();
    let hour = time.bytes().take_while(u8::is_ascii_digit).count();
    let spelled = |b: u8| b.is_ascii_alphanumeric() || b":. +-/_()".contains(&b);
    let is_time =
        matches!(hour, 1 | 2) && time.as_bytes().get(hour) == Some(&b':') && time.bytes().all(spelled);
    is_time.then_some(())
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_digit())
}

fn ymd(year: &str, month: &str, day_of_month: &str) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year.parse().ok()?, day(month)?, day(day_of_month)?)
}

/// A number of one or two digits.
fn day(word: &str) -> Option<u32> {
    if word.len() > 2 { None } else { word.parse().ok() }
}

/// Four digits, or two for 1970 to 2069.
fn year(word: &str, two_digits: bool) -> Option<i32> {
    let year: i32 = if is_number(word) { word.parse().ok()? } else { return None };
    match word.len() {
        4 => Some(year),
        2 if two_digits => Some(if year < 70 { 2000 + year } else { 1900 + year }),
        _ => None,
    }
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

fn month_of(word: &str) -> Option<u32> {
    let index = MONTHS.iter().position(|month| begins(word, month))?;
    Some(index as u32 + 1)
}

fn is_weekday(word: &str) -> bool {
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
        .iter()
        .any(|weekday| begins(word, weekday))
}

/// Whether a word is a name or its beginning of at least three letters, whatever the case.
fn begins(word: &str, name: &str) -> bool {
    word.len() >= 3 && name.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn march_5() -> NaiveDate {
        NaiveDate::from_ymd_opt(2012, 3, 5).expect("a date")
    }

    #[test]
    fn dates_that_leave_no_doubt() {
        for cell in [
            "2012-03-05",
            "2012-3-5",
            "2012/03/05",
            "2012.03.05",
            "20120305",
            "5.3.2012",
            "05.03.2012",
            "05.03.12",
            "Mar 5, 2012",
            "March 5, 2012",
            "mar. 5, 2012",
            "MAR-05-2012",
            "5 Mar 2012",
            "05-Mar-2012",
            "05-MAR-12",
            "5. March 2012",
            "2012-Mar-05",
            "Mon, Mar 5, 2012",
            "Monday 5 March 2012",
        ] {
            assert_eq!(read_date(cell, DateOrder::Mixed), Ok(march_5()), "{cell:?}");
            assert_eq!(order_hint(cell), OrderHint::None, "{cell:?}");
        }
    }

    #[test]
    fn a_time_of_day_is_dropped() {
        for cell in [
            "2012-03-05T10:11:12Z",
            "2012-03-05 10:11:12",
            "2012-03-05T10:11:12.123+01:00",
            "2012-03-05, 16:20:00 EST",
            "3/5/2012 9:05 AM",
            "5.3.2012 9:05",
        ] {
            assert_eq!(read_date(cell, DateOrder::MonthFirst), Ok(march_5()), "{cell:?}");
        }
        assert!(read_date("2012-03-05 or so", DateOrder::MonthFirst).is_err());
        assert!(read_date("2012-03-05 17", DateOrder::MonthFirst).is_err());
    }

    #[test]
    fn american_and_european_orders() {
        for (month_first, day_first) in
            [("3/5/2012", "5/3/2012"), ("03/05/12", "05/03/12"), ("03-05-2012", "5-3-2012")]
        {
            assert_eq!(read_date(month_first, DateOrder::MonthFirst), Ok(march_5()));
            assert_eq!(read_date(day_first, DateOrder::DayFirst), Ok(march_5()));
            assert!(matches!(read_date(day_first, DateOrder::Mixed), Err(Reason::AmbiguousDate { .. })));
            assert_eq!(order_hint(month_first), OrderHint::Either);
        }
        assert_eq!(order_hint("3/25/2012"), OrderHint::MonthFirst);
        assert_eq!(order_hint("25/3/2012"), OrderHint::DayFirst);
        assert_eq!(order_hint("5/5/2012"), OrderHint::None);
        assert_eq!(order_hint("31/2/2012"), OrderHint::None, "no date in either order");
        assert!(matches!(
            read_date("25/3/2012", DateOrder::MonthFirst),
            Err(Reason::OtherDateOrder { first: "month", .. })
        ));
        assert!(read_date("25/3/2012", DateOrder::Mixed).is_ok());
    }

    #[test]
    fn two_digits_of_a_year_mean_1970_to_2069() {
        assert_eq!(read_date("3/5/69", DateOrder::MonthFirst).ok(), NaiveDate::from_ymd_opt(2069, 3, 5));
        assert_eq!(read_date("3/5/70", DateOrder::MonthFirst).ok(), NaiveDate::from_ymd_opt(1970, 3, 5));
    }

    #[test]
    fn what_is_no_date() {
        for cell in [
            "",
            "soon",
            "2012",
            "2012-13-05",
            "2012-02-30",
            "05-03-12",
            "3/5",
            "3/5/012",
            "3-5/2012",
            "40973",
            "Ma 5, 2012",
            "5 Foo 2012",
            "2012-03-05x",
            "20121305",
            "March 2012",
            "1/2/3/4",
            "٥/٣/٢٠١٢",
        ] {
            assert!(
                matches!(read_date(cell, DateOrder::MonthFirst), Err(Reason::NotADate { .. })),
                "{cell:?}"
            );
        }
    }
}
