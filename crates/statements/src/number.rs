//! Numbers as people and spreadsheets write them.

use rust_decimal::Decimal;

use crate::currency_mark::CurrencyMark;
use crate::verdict::{Reason, shortened};

/// Which of point and comma stands before the decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DecimalStyle {
    /// `1,234.5`
    Point,
    /// `1.234,5`
    Comma,
    /// The file has both: a number that could be either is refused.
    Mixed,
}

/// What one number says about the style of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StyleHint {
    /// No separator that matters, or no number.
    None,
    /// Only a decimal point makes sense of it.
    Point,
    /// Only a decimal comma makes sense of it.
    Comma,
    /// `1,234` and `1.234`: a thousand or one and a bit.
    Either,
}

/// A number and the currency that stands beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number {
    pub(crate) value: Decimal,
    pub(crate) mark: Option<CurrencyMark>,
}

/// Longer than any number with its currency.
const MAX_CHARS: usize = 64;

/// What a cell says about the style of its file.
pub(crate) fn style_hint(cell: &str) -> StyleHint {
    if cell.bytes().all(|b| b.is_ascii_digit()) {
        return StyleHint::None;
    }
    match Spelling::of(cell) {
        Some(spelling) => spelling.hint(),
        None => StyleHint::None,
    }
}

/// Reads a cell that is not empty.
pub(crate) fn read_number(cell: &str, style: DecimalStyle) -> Result<Number, Reason> {
    if style == DecimalStyle::Point
        && let Some(value) = plain(cell)
    {
        return Ok(Number { value, mark: None });
    }
    let refuse = || Reason::NotANumber { text: shortened(cell) };
    let spelling = Spelling::of(cell).ok_or_else(refuse)?;
    let decimal_mark = match (spelling.hint(), style) {
        (StyleHint::Either, DecimalStyle::Mixed) => {
            return Err(Reason::AmbiguousNumber { text: shortened(cell) });
        }
        (StyleHint::Point, DecimalStyle::Comma) | (StyleHint::Comma, DecimalStyle::Point) => {
            return Err(Reason::OtherDecimalMark {
                text: shortened(cell),
                mark: if style == DecimalStyle::Comma { ',' } else { '.' },
            });
        }
        (StyleHint::Comma, _) | (_, DecimalStyle::Comma) => ',',
        _ => '.',
    };
    let value =
        spelling.value(decimal_mark).ok_or_else(|| Reason::NumberOutOfRange { text: shortened(cell) })?;
    Ok(Number { value, mark: spelling.mark })
}

/// The usual case, without detours: at most 18 digits, at most one point, a sign before them.
fn plain(cell: &str) -> Option<Decimal> {
    let (negative, digits) = match cell.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, cell),
    };
    if digits.len() > 18 || !digits.as_bytes().first()?.is_ascii_digit() {
        return None;
    }
    let mut mantissa = 0_i64;
    let mut scale = None;
    for byte in digits.bytes() {
        match byte {
            b'0'..=b'9' => {
                mantissa = mantissa * 10 + i64::from(byte - b'0');
                scale = scale.map(|places: u32| places + 1);
            }
            b'.' if scale.is_none() => scale = Some(0),
            _ => return None,
        }
    }
    Some(Decimal::new(if negative { -mantissa } else { mantissa }, scale.unwrap_or(0)))
}

/// A number taken apart.
struct Spelling<'a> {
    negative: bool,
    mark: Option<CurrencyMark>,
    /// Digits and what separates them.
    body: &'a str,
    exponent: i32,
    point: bool,
    comma: bool,
}

impl<'a> Spelling<'a> {
    fn of(cell: &'a str) -> Option<Self> {
        if cell.len() > MAX_CHARS * 4 || cell.chars().count() > MAX_CHARS {
            return None;
        }
        let bytes = cell.as_bytes();
        let first = bytes.iter().position(u8::is_ascii_digit)?;
        let last = bytes.iter().rposition(u8::is_ascii_digit)?;
        // ".5" and "5." belong together.
        let first = if first > 0 && is_decimal_mark(bytes[first - 1]) { first - 1 } else { first };
        let end = if bytes.get(last + 1).is_some_and(|b| is_decimal_mark(*b)) { last + 2 } else { last + 1 };
        let before = Beside::of(&cell[..first], true)?;
        let after = Beside::of(&cell[end..], false)?;
        let (body, exponent) = match cell[first..end].split_once(['e', 'E']) {
            Some((body, exponent)) => (body, exponent.parse().ok().filter(|e: &i32| e.abs() <= 40)?),
            None => (&cell[first..end], 0),
        };
        let parentheses = match (before.parenthesis, after.parenthesis) {
            (false, false) => 0,
            (true, true) => 1,
            _ => return None,
        };
        let minuses = before.minus + after.minus + parentheses;
        if minuses > 1 || (before.plus && minuses > 0) {
            return None;
        }
        let mark = match (before.mark, after.mark) {
            (Some(CurrencyMark::Dollar), Some(other)) | (Some(other), Some(CurrencyMark::Dollar)) => {
                Some(other)
            }
            (Some(one), Some(other)) if one != other => return None,
            (one, other) => one.or(other),
        };
        let mut spelling = Self { negative: minuses == 1, mark, body, exponent, point: false, comma: false };
        spelling.point = spelling.fits('.', ',');
        spelling.comma = spelling.fits(',', '.');
        (spelling.point || spelling.comma).then_some(spelling)
    }

    /// Whether the body is a number when `decimal` stands before the decimals.
    fn fits(&self, decimal: char, other: char) -> bool {
        let (whole, fraction) = match self.body.rsplit_once(decimal) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (self.body, None),
        };
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if fraction.is_some_and(|fraction| !digits(fraction)) {
            return false;
        }
        if digits(whole) {
            return !whole.is_empty() || fraction.is_some_and(|fraction| !fraction.is_empty());
        }
        let Some(separator) = whole.chars().find(|c| !c.is_ascii_digit()) else { return false };
        if separator != other && !groups_only(separator) {
            return false;
        }
        let groups = || whole.split(separator);
        let (Some(head), Some(tail)) = (groups().next(), groups().next_back()) else { return false };
        let middle = || groups().skip(1);
        let thousands = head.len() <= 3 && middle().all(|group| group.len() == 3);
        // Lakhs and crores: 12,34,567.
        let lakhs = separator == ','
            && head.len() <= 2
            && tail.len() == 3
            && middle().take(groups().count() - 2).all(|group| group.len() == 2);
        !head.is_empty() && !head.starts_with('0') && groups().all(digits) && (thousands || lakhs)
    }

    fn hint(&self) -> StyleHint {
        match (self.point, self.comma) {
            (true, false) => StyleHint::Point,
            (false, true) => StyleHint::Comma,
            _ if self.body.contains(['.', ',']) => StyleHint::Either,
            _ => StyleHint::None,
        }
    }

    fn value(&self, decimal_mark: char) -> Option<Decimal> {
        let mut digits = String::with_capacity(self.body.len() + 1);
        let mut whole = true;
        for c in self.body.chars() {
            if c.is_ascii_digit() {
                digits.push(c);
            } else if c == decimal_mark {
                digits.push('.');
                whole = false;
            }
        }
        let digits = if whole { &digits } else { digits.trim_end_matches('0').trim_end_matches('.') };
        let digits = if digits.is_empty() { "0" } else { digits };
        let mut value = Decimal::from_str_exact(digits).ok()?;
        if self.exponent != 0 && !value.is_zero() {
            value = value.normalize();
            if self.exponent > 0 {
                value = value.checked_mul(ten_to(self.exponent.unsigned_abs())?)?;
            } else {
                value.set_scale(value.scale() + self.exponent.unsigned_abs()).ok()?;
            }
        }
        value.set_sign_negative(self.negative && !value.is_zero());
        Some(value)
    }
}

/// `10^exponent`, if it fits.
fn ten_to(exponent: u32) -> Option<Decimal> {
    Decimal::try_from_i128_with_scale(10_i128.checked_pow(exponent)?, 0).ok()
}

fn is_decimal_mark(byte: u8) -> bool {
    matches!(byte, b'.' | b',')
}

/// Separators of thousands that are never decimal marks: apostrophes and all kinds of spaces.
fn groups_only(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | ' ' | '\u{a0}' | '\u{2007}' | '\u{2009}' | '\u{202f}')
}

/// What stands on one side of a number.
#[derive(Default)]
struct Beside {
    minus: u32,
    plus: bool,
    parenthesis: bool,
    mark: Option<CurrencyMark>,
}

impl Beside {
    fn of(text: &str, before: bool) -> Option<Self> {
        let mut beside = Self::default();
        let mut mark: Option<(usize, usize)> = None;
        for (at, c) in text.char_indices() {
            match c {
                '-' | '\u{2212}' => beside.minus += 1,
                '+' if before && !beside.plus => beside.plus = true,
                '(' if before && !beside.parenthesis => beside.parenthesis = true,
                ')' if !before && !beside.parenthesis => beside.parenthesis = true,
                // A spreadsheet's mark of text.
                '\'' if before && at == 0 => {}
                c if c.is_whitespace() => {}
                c => {
                    let end = at + c.len_utf8();
                    match &mut mark {
                        None => mark = Some((at, end)),
                        Some((_, known)) if *known == at => *known = end,
                        Some(_) => return None,
                    }
                }
            }
        }
        if let Some((from, to)) = mark {
            beside.mark = Some(CurrencyMark::parse(&text[from..to])?);
        }
        Some(beside)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn read(cell: &str, style: DecimalStyle) -> Option<String> {
        read_number(cell, style).ok().map(|number| number.value.normalize().to_string())
    }

    fn point(cell: &str) -> Option<String> {
        read(cell, DecimalStyle::Point)
    }

    fn comma(cell: &str) -> Option<String> {
        read(cell, DecimalStyle::Comma)
    }

    #[test]
    fn thousands_are_grouped_in_every_usual_way() {
        for cell in [
            "1234567.5",
            "1,234,567.5",
            "1'234'567.5",
            "1\u{2019}234\u{2019}567.5",
            "1 234 567.5",
            "1\u{a0}234\u{a0}567.50",
            "1\u{202f}234\u{202f}567.5",
            "12,34,567.5",
        ] {
            assert_eq!(point(cell), Some("1234567.5".into()), "{cell:?}");
        }
        for cell in ["1234567,5", "1.234.567,5", "1'234'567,5", "1 234 567,5", "1\u{202f}234\u{202f}567,50"] {
            assert_eq!(comma(cell), Some("1234567.5".into()), "{cell:?}");
        }
    }

    #[test]
    fn negative_numbers_are_written_in_four_ways() {
        for cell in
            ["-1.5", "\u{2212}1.5", "(1.5)", "1.5-", "-$1.50", "$-1.50", "($1.50)", "- 1.5", "1.5 USD-"]
        {
            assert_eq!(point(cell), Some("-1.5".into()), "{cell:?}");
        }
        for cell in ["--1.5", "(-1.5)", "-1.5-", "(1.5", "1.5)", "+-1"] {
            assert_eq!(point(cell), None, "{cell:?}");
        }
        assert_eq!(point("(0.00)"), Some("0".into()));
    }

    #[test]
    fn currencies_may_stand_on_either_side() {
        let mark = |cell| read_number(cell, DecimalStyle::Point).unwrap().mark;
        let euro = CurrencyMark::parse("EUR");
        assert_eq!(mark("$12"), Some(CurrencyMark::Dollar));
        for cell in ["€12", "12 €", "EUR 12", "12EUR", "12\u{a0}eur", "-€ 12.00"] {
            assert_eq!(mark(cell), euro, "{cell:?}");
        }
        assert_eq!(mark("$12 USD"), CurrencyMark::parse("USD"));
        for cell in ["12 pcs", "12%", "USD", "€12 $", "12 € EUR", "1 € 2"] {
            let read = read_number(cell, DecimalStyle::Point);
            assert!(read.is_err() || cell.contains('€'), "{cell:?}: {read:?}");
        }
    }

    #[test]
    fn small_and_large_numbers_of_spreadsheets_are_read() {
        assert_eq!(point("1.5E-5"), Some("0.000015".into()));
        assert_eq!(point("1.5e+3"), Some("1500".into()));
        assert_eq!(comma("1,5E-05"), Some("0.000015".into()));
        assert_eq!(point(".5"), Some("0.5".into()));
        assert_eq!(point("5."), Some("5".into()));
        assert_eq!(comma(",5"), Some("0.5".into()));
        assert_eq!(point("'42"), Some("42".into()));
        assert_eq!(point("1.50000000000000000000000000000000000000"), Some("1.5".into()));
    }

    #[test]
    fn what_a_decimal_cannot_hold_is_refused() {
        for cell in ["1E40", "1E29", "99999999999999999999999999999999", "0.12345678901234567890123456789"] {
            assert_eq!(point(cell), None, "{cell:?}");
            let reason = read_number(cell, DecimalStyle::Point).err().unwrap();
            assert!(matches!(reason, Reason::NumberOutOfRange { .. }), "{cell:?}: {reason:?}");
        }
    }

    #[test]
    fn words_and_scraps_are_no_numbers() {
        for cell in [
            "",
            "abc",
            "1-2",
            "12 34",
            "1,23.4",
            "1.2.3",
            "2020-01-02",
            "1,,000",
            ",",
            "٣",
            "NaN",
            "inf",
            "1e",
        ] {
            assert_eq!(point(cell), None, "{cell:?}");
            assert_eq!(comma(cell), None, "{cell:?}");
        }
    }

    #[test]
    fn a_number_tells_which_mark_it_uses() {
        let hints = [
            ("1234", StyleHint::None),
            ("1 234", StyleHint::None),
            ("1.5", StyleHint::Point),
            ("1,5", StyleHint::Comma),
            ("1,234", StyleHint::Either),
            ("1.234", StyleHint::Either),
            ("0.123", StyleHint::Point),
            ("0,123", StyleHint::Comma),
            ("1234,567", StyleHint::Comma),
            ("1,234,567", StyleHint::Point),
            ("1.234.567", StyleHint::Comma),
            ("1,234.5", StyleHint::Point),
            ("1.234,5", StyleHint::Comma),
            ("$1,234.50", StyleHint::Point),
        ];
        for (cell, hint) in hints {
            assert_eq!(style_hint(cell), hint, "{cell:?}");
        }
    }

    #[test]
    fn the_file_decides_what_could_be_either() {
        assert_eq!(point("1,234"), Some("1234".into()));
        assert_eq!(comma("1,234"), Some("1.234".into()));
        assert_eq!(point("1.234"), Some("1.234".into()));
        assert_eq!(comma("1.234"), Some("1234".into()));
        assert!(matches!(read_number("1,234", DecimalStyle::Mixed), Err(Reason::AmbiguousNumber { .. })));
        assert_eq!(read("1,5", DecimalStyle::Mixed), Some("1.5".into()));
        assert!(matches!(read_number("1,5", DecimalStyle::Point), Err(Reason::OtherDecimalMark { .. })));
        assert!(matches!(read_number("1.5", DecimalStyle::Comma), Err(Reason::OtherDecimalMark { .. })));
    }
}
