//! Ratios of splits as people write them: `2:1`, `3-for-2`, `1/10`.

use bellwether_domain::SplitRatio;
use rust_decimal::Decimal;

use crate::number::{DecimalStyle, read_number};
use crate::verdict::{Reason, shortened};

/// Nobody gives more shares for one, or fewer.
const LIMITS: (Decimal, Decimal) =
    (Decimal::from_parts(1, 0, 0, false, 6), Decimal::from_parts(1_000_000, 0, 0, false, 0));

/// New and old shares, each within bounds.
pub(crate) fn split_ratio(new: Decimal, old: Decimal) -> Option<SplitRatio> {
    let within =
        |shares: Decimal| shares >= LIMITS.0 && shares <= LIMITS.1 && shares.normalize().scale() <= 9;
    if within(new) && within(old) { SplitRatio::new(new, old) } else { None }
}

/// The ratio of a split that made `new` shares of `old`, where the position was rounded to a few decimals: the simplest
/// one that fits, such as 6:1 for 5.8565544 and 0.9760924 shares.
pub(crate) fn ratio_of_positions(new: Decimal, old: Decimal) -> Option<SplitRatio> {
    if new <= Decimal::ZERO || old <= Decimal::ZERO {
        return None;
    }
    let (more, fewer) = if new >= old { (new, old) } else { (old, new) };
    let factor = more.checked_div(fewer)?;
    let off = Decimal::new(1, 5);
    let simple = (1..=100_u32).map(Decimal::from).find_map(|parts| {
        let exact = factor.checked_mul(parts)?;
        let whole = exact.round();
        ((exact - whole).abs() <= exact.checked_mul(off)?).then_some((whole, parts))
    });
    let (more, fewer) = simple.unwrap_or((more.round_dp(9), fewer.round_dp(9)));
    if new >= old { split_ratio(more, fewer) } else { split_ratio(fewer, more) }
}

/// Reads `new:old` and its other spellings.
pub(crate) fn read_ratio(cell: &str, style: DecimalStyle) -> Result<SplitRatio, Reason> {
    let refuse = || Reason::NotARatio { text: shortened(cell) };
    let lower = cell.to_ascii_lowercase();
    let (new, old) = lower
        .split_once(':')
        .or_else(|| lower.split_once('/'))
        .or_else(|| lower.split_once("for"))
        .ok_or_else(refuse)?;
    let shares = |text: &str| {
        let text = text.trim_matches(|c: char| c == '-' || c.is_whitespace());
        read_number(text, style).ok().filter(|number| number.mark.is_none()).map(|number| number.value)
    };
    shares(new).zip(shares(old)).and_then(|(new, old)| split_ratio(new, old)).ok_or_else(refuse)
}

/// Reads a column of ratios, where a number alone is the new shares for one old.
pub(crate) fn read_ratio_or_factor(cell: &str, style: DecimalStyle) -> Result<SplitRatio, Reason> {
    match read_number(cell, style) {
        Ok(number) if number.mark.is_none() => {
            split_ratio(number.value, Decimal::ONE).ok_or_else(|| Reason::NotARatio { text: shortened(cell) })
        }
        _ => read_ratio(cell, style),
    }
}

/// Whether a cell is meant as a ratio rather than as a number.
pub(crate) fn looks_like_ratio(cell: &str) -> bool {
    cell.contains([':', '/']) || cell.to_ascii_lowercase().contains("for")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounded_positions_tell_the_ratio() {
        let ratio = |new: &str, old: &str| {
            let ratio = ratio_of_positions(new.parse().ok()?, old.parse().ok()?)?;
            Some((ratio.new.to_string(), ratio.old.to_string()))
        };
        let told = |new: &str, old: &str| Some((new.to_owned(), old.to_owned()));
        assert_eq!(ratio("5.8565544", "0.9760924"), told("6", "1"));
        assert_eq!(ratio("5", "50"), told("1", "10"));
        assert_eq!(ratio("0.32451471", "3.24514713"), told("1", "10"));
        assert_eq!(ratio("3", "2"), told("3", "2"));
        assert_eq!(ratio("0", "2"), None);
    }

    fn read(cell: &str) -> Option<(String, String)> {
        let ratio = read_ratio_or_factor(cell, DecimalStyle::Point).ok()?;
        Some((ratio.new.to_string(), ratio.old.to_string()))
    }

    #[test]
    fn new_shares_come_first() {
        for cell in ["2:1", "2 : 1", "2/1", "2-for-1", "2 for 1", "2.0", "2", "2:01"] {
            assert_eq!(read(cell), Some(("2".into(), "1".into())), "{cell:?}");
        }
        assert_eq!(read("1:10"), Some(("1".into(), "10".into())));
        assert_eq!(read("0.1"), Some(("0.1".into(), "1".into())));
        assert_eq!(read("3:2"), Some(("3".into(), "2".into())));
    }

    #[test]
    fn ratios_are_of_two_positive_numbers_within_reason() {
        for cell in ["", "0:1", "1:0", "-2:1x", "2:1:3", "two", "9999999:1", "2:0.0000001", "$2:1", "0"] {
            assert_eq!(read(cell), None, "{cell:?}");
        }
    }
}
