//! Where a page of a list ends, as its cursor says it: every text of the pattern is the place of something, though it
//! need not be there.

use std::fmt::Write as _;

use bellwether_domain::{ImportId, PortfolioId, Symbol, TransactionId};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use uuid::Uuid;

/// By what a list is in order.
pub(in crate::web) trait Place: Sized {
    /// How it is written, as a regular expression.
    fn pattern() -> String;

    /// As it stands in a cursor.
    fn written(&self) -> String;

    /// What a text of the pattern says; `None` of any other.
    fn read(text: &str) -> Option<Self>;
}

/// A number from 0 of that many digits at most.
fn digits(most: usize) -> String {
    format!("(0|[1-9][0-9]{{0,{}}})", most - 1)
}

fn number(text: &str, most: usize) -> Option<i64> {
    let is_plain = text.len() <= most && text.bytes().all(|digit| digit.is_ascii_digit());
    // One spelling each.
    text.parse().ok().filter(|read: &i64| is_plain && read.to_string() == text)
}

/// Far more than there will be, and within what 64 bits hold.
const RECORD: usize = 18;
/// Of rows of a file.
const ROW: usize = 9;
/// Days since the year 1: until the year 2738.
const DAY: usize = 6;
/// Microseconds since 1970: until the year 2286.
const MICROS: usize = 16;

impl Place for i64 {
    fn pattern() -> String {
        digits(RECORD)
    }

    fn written(&self) -> String {
        self.to_string()
    }

    fn read(text: &str) -> Option<Self> {
        number(text, RECORD)
    }
}

impl Place for usize {
    fn pattern() -> String {
        digits(ROW)
    }

    fn written(&self) -> String {
        self.to_string()
    }

    fn read(text: &str) -> Option<Self> {
        number(text, ROW)?.try_into().ok()
    }
}

impl Place for NaiveDate {
    fn pattern() -> String {
        digits(DAY)
    }

    fn written(&self) -> String {
        self.num_days_from_ce().to_string()
    }

    fn read(text: &str) -> Option<Self> {
        Self::from_num_days_from_ce_opt(number(text, DAY)?.try_into().ok()?)
    }
}

impl Place for DateTime<Utc> {
    fn pattern() -> String {
        digits(MICROS)
    }

    fn written(&self) -> String {
        self.timestamp_micros().to_string()
    }

    fn read(text: &str) -> Option<Self> {
        Self::from_timestamp_micros(number(text, MICROS)?)
    }
}

impl Place for Uuid {
    fn pattern() -> String {
        "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}".to_owned()
    }

    fn written(&self) -> String {
        self.to_string()
    }

    fn read(text: &str) -> Option<Self> {
        text.parse().ok().filter(|read: &Self| read.to_string() == text)
    }
}

impl Place for Symbol {
    fn pattern() -> String {
        r"[\^.=&-]{0,3}[A-Z0-9][A-Z0-9^.=&-]{0,20}".to_owned()
    }

    fn written(&self) -> String {
        self.to_string()
    }

    fn read(text: &str) -> Option<Self> {
        text.parse().ok().filter(|read: &Self| read.as_str() == text)
    }
}

/// Where it is not the last of a place: its bytes, since a symbol may have the dot between places; nothing for none.
impl Place for Option<Symbol> {
    fn pattern() -> String {
        // Marks, one letter or digit at least, and more of both.
        let (mark, letter) = ("(2[6de]|3d|5e)", "(3[0-9]|4[1-9a-f]|5[0-9a])");
        format!("({mark}{{0,3}}{letter}({mark}|{letter}){{0,20}})?")
    }

    fn written(&self) -> String {
        let bytes = self.iter().flat_map(|symbol| symbol.as_str().bytes());
        bytes.fold(String::new(), |mut written, byte| {
            // Writing to a String cannot fail.
            let _ = write!(written, "{byte:02x}");
            written
        })
    }

    fn read(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(None);
        }
        let pairs = text.as_bytes().chunks(2).map(|pair| {
            let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?;
            u8::from_str_radix(pair, 16).ok()
        });
        let symbol: Symbol = String::from_utf8(pairs.collect::<Option<Vec<u8>>>()?).ok()?.parse().ok()?;
        let read = Some(symbol);
        (read.written() == text).then_some(read)
    }
}

/// The identifier of a proposal, which is a digest.
impl Place for String {
    fn pattern() -> String {
        "[0-9a-f]{24}".to_owned()
    }

    fn written(&self) -> String {
        self.clone()
    }

    fn read(text: &str) -> Option<Self> {
        let is_digest =
            text.len() == 24 && text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        is_digest.then(|| text.to_owned())
    }
}

macro_rules! identifier {
    ($($name:ident)*) => {
        $(impl Place for $name {
            fn pattern() -> String {
                Uuid::pattern()
            }

            fn written(&self) -> String {
                self.uuid().to_string()
            }

            fn read(text: &str) -> Option<Self> {
                Uuid::read(text).map(Self::from_uuid)
            }
        })*
    };
}

identifier! { ImportId PortfolioId TransactionId }

impl<A: Place, B: Place> Place for (A, B) {
    fn pattern() -> String {
        format!("{}\\.{}", A::pattern(), B::pattern())
    }

    fn written(&self) -> String {
        format!("{}.{}", self.0.written(), self.1.written())
    }

    fn read(text: &str) -> Option<Self> {
        let (first, rest) = text.split_once('.')?;
        Some((A::read(first)?, B::read(rest)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_as_the_same_place() {
        let day: NaiveDate = "2024-03-05".parse().expect("a day");
        let at = DateTime::from_timestamp_micros(1_790_000_000_123_456).expect("an instant");
        let place = (day, (12_i64, (at, TransactionId::new())));
        assert!(place.written().starts_with("738950.12.1790000000123456."), "{}", place.written());
        assert_eq!(Place::read(&place.written()), Some(place));
        assert_eq!(usize::read("100000"), Some(100_000));
        for symbol in ["BRK.B", "^GSPC", "0700.HK", "EURUSD=X"] {
            let place = (Some(symbol.parse::<Symbol>().expect("a symbol")), 1_i64);
            assert_eq!(Place::read(&place.written()), Some(place), "{symbol}");
        }
        assert_eq!(<(Option<Symbol>, i64)>::read(".1"), Some((None, 1)));
    }

    #[test]
    fn what_is_written_otherwise_is_no_place() {
        for text in ["", "-1", "+1", "01", " 1", "1.", "1000000000000000000", "x"] {
            assert_eq!(i64::read(text), None, "{text}");
        }
        for text in ["", "1", "1.", ".1", "1.2.3", "1.-2"] {
            assert_eq!(<(i64, i64)>::read(text), None, "{text}");
        }
        for text in ["2e", "4", "6b6f", "00", "4B4f"] {
            assert_eq!(<Option<Symbol>>::read(text), None, "{text}");
        }
        for text in ["e3e70682c2091caca29f6fbed82c07cd", "E3E70682-C209-1CAC-A29F-6FBED82C07CD"] {
            assert_eq!(Uuid::read(text), None, "{text}");
        }
    }
}
