//! Numbers as people read them: grouped, with a true minus and an explicit plus, unknown as an em dash.

use bellwether_domain::Currency;
use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal as Probe;
use icu_locale_core::Locale as Tag;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::Locale;

/// What stands in a table where a figure is unknown.
pub const UNKNOWN: &str = "—";

const MINUS: &str = "\u{2212}";
const NO_BREAK_SPACE: char = '\u{a0}';
/// From here on an amount is shown without its minor digits.
const WHOLE_FROM: i64 = 100_000;

/// How a locale writes numbers.
pub(crate) struct Numbers {
    decimal: String,
    group: String,
    /// Digits in the group next to the decimal sign, and in the others.
    groups: (usize, usize),
    /// So many digits at least are grouped.
    grouped_from: usize,
    is_percent_spaced: bool,
    is_currency_first: bool,
}

impl Numbers {
    pub(crate) fn of(tag: &str) -> Self {
        let locale: Tag = format!("{tag}-u-nu-latn").parse().expect("one of our own tags");
        let formatter = DecimalFormatter::try_new(
            locale.into(),
            icu_decimal::options::DecimalFormatterOptions::default(),
        )
        .expect("there are numbers in every locale");
        let written = |digits: &str| {
            let probe: Probe = digits.parse().expect("digits");
            formatter.format(&probe).to_string()
        };
        let runs = |text: &str| -> Vec<String> {
            text.split(|sign: char| sign.is_ascii_digit())
                .filter(|sign| !sign.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let whole = written("123456789");
        let group = runs(&whole).first().cloned().unwrap_or_default();
        let lengths: Vec<usize> = whole.split(&group).map(str::len).collect();
        let (last, before) = match lengths.as_slice() {
            [.., before, last] => (*last, *before),
            _ => (3, 3),
        };
        let grouped_from = if written("1234").contains(&group) { 4 } else { 5 };
        let is_english = tag.starts_with("en");
        Self {
            decimal: runs(&written("0.5")).first().cloned().unwrap_or_else(|| ".".to_owned()),
            groups: (last, before),
            group,
            grouped_from,
            is_percent_spaced: !is_english && !tag.ends_with("CH"),
            is_currency_first: is_english || tag.ends_with("CH") || tag.ends_with("AT"),
        }
    }

    /// The digits of an absolute value with their groups parted.
    fn grouped(&self, value: Decimal, digits: u32) -> String {
        let text = format!("{:.*}", digits as usize, rounded(value.abs(), digits));
        let (whole, fraction) = text.split_once('.').map_or((text.as_str(), None), |(w, f)| (w, Some(f)));
        let mut shown = String::with_capacity(text.len() + text.len() / 2);
        let (next, others) = self.groups;
        for (place, digit) in whole.chars().enumerate() {
            let left = whole.len() - place;
            let starts_group = left == next || (left > next && (left - next).is_multiple_of(others));
            if place > 0 && starts_group && whole.len() >= self.grouped_from {
                shown.push_str(&self.group);
            }
            shown.push(digit);
        }
        if let Some(fraction) = fraction {
            shown.push_str(&self.decimal);
            shown.push_str(fraction);
        }
        shown
    }

    fn with_currency(&self, sign: &str, currency: Currency, digits: &str) -> String {
        let (before, after) = self.around(currency);
        format!("{sign}{before}{digits}{after}")
    }

    /// What stands before and after an amount.
    fn around(&self, currency: Currency) -> (String, String) {
        let sign = currency_sign(currency);
        let unit = sign.unwrap_or(currency.as_str());
        match (self.is_currency_first, sign) {
            (true, Some(_)) => (unit.to_owned(), String::new()),
            (true, None) => (format!("{unit}{NO_BREAK_SPACE}"), String::new()),
            (false, _) => (String::new(), format!("{NO_BREAK_SPACE}{unit}")),
        }
    }

    fn with_percent(&self, sign: &str, digits: &str) -> String {
        let space = if self.is_percent_spaced { "\u{a0}" } else { "" };
        format!("{sign}{digits}{space}%")
    }
}

fn rounded(value: Decimal, digits: u32) -> Decimal {
    value.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero)
}

fn sign(value: Decimal, digits: u32, plus: &'static str) -> &'static str {
    let value = rounded(value, digits);
    if value.is_zero() {
        ""
    } else if value.is_sign_negative() {
        MINUS
    } else {
        plus
    }
}

/// How many decimals an amount is shown with: the currency's, none from 100,000 on.
fn digits_of(amount: Decimal, currency: Currency) -> u32 {
    if amount.abs() >= Decimal::from(WHOLE_FROM) { 0 } else { currency.minor_digits() }
}

fn currency_sign(currency: Currency) -> Option<&'static str> {
    match currency.as_str() {
        "USD" => Some("$"),
        "EUR" => Some("€"),
        "GBP" => Some("£"),
        "JPY" => Some("¥"),
        _ => None,
    }
}

/// An amount in its parts, for where it is set large.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmountParts {
    /// The sign of a negative amount, and the currency where it stands first.
    pub before: String,
    /// The whole units.
    pub whole: String,
    /// The decimal sign and what follows it; empty where the currency has no fractions.
    pub fraction: String,
    /// The currency where it stands last.
    pub after: String,
}

impl Locale {
    /// `$1,234.50`, `−12,00 €`. No cents from 100,000 on.
    pub fn money(self, amount: Decimal, currency: Currency) -> String {
        self.signed_money(amount, currency, "")
    }

    /// `+$1,234.50`, `−$12.00`, `$0.00`.
    pub fn money_change(self, amount: Decimal, currency: Currency) -> String {
        self.signed_money(amount, currency, "+")
    }

    fn signed_money(self, amount: Decimal, currency: Currency, plus: &'static str) -> String {
        let digits = digits_of(amount, currency);
        let numbers = self.numbers();
        numbers.with_currency(sign(amount, digits, plus), currency, &numbers.grouped(amount, digits))
    }

    /// What stands before decimals.
    pub fn decimal_sign(self) -> &'static str {
        &self.numbers().decimal
    }

    /// An amount in its parts, always with its minor digits.
    pub fn amount_parts(self, amount: Decimal, currency: Currency) -> AmountParts {
        let numbers = self.numbers();
        let digits = currency.minor_digits();
        let text = numbers.grouped(amount, digits);
        let (whole, fraction) = match text.rsplit_once(&numbers.decimal) {
            Some((whole, fraction)) if digits > 0 => {
                (whole.to_owned(), format!("{}{fraction}", numbers.decimal))
            }
            _ => (text, String::new()),
        };
        let (before, after) = numbers.around(currency);
        AmountParts { before: format!("{}{before}", sign(amount, digits, "")), whole, fraction, after }
    }

    /// `1,234.50` without a currency, for tables in one currency.
    pub fn amount(self, amount: Decimal, currency: Currency) -> String {
        self.signed(amount, digits_of(amount, currency), "")
    }

    /// `+1,234.50` without a currency.
    pub fn amount_change(self, amount: Decimal, currency: Currency) -> String {
        self.signed(amount, digits_of(amount, currency), "+")
    }

    /// A price with the currency's digits, or up to four where the price has more.
    pub fn price(self, price: Decimal, currency: Currency) -> String {
        self.signed(price, price.normalize().scale().clamp(currency.minor_digits(), 4), "")
    }

    /// A quantity with all of its decimals, nine at most: `1,250`, `0.123456789`.
    pub fn quantity(self, quantity: Decimal) -> String {
        self.number(quantity, 9)
    }

    /// A number with as many decimals as it has, up to so many.
    pub fn number(self, number: Decimal, decimals: u32) -> String {
        let number = number.normalize();
        self.signed(number, number.scale().min(decimals), "")
    }

    /// How many: `1,250`.
    pub fn count(self, count: i64) -> String {
        self.signed(Decimal::from(count), 0, "")
    }

    fn signed(self, value: Decimal, digits: u32, plus: &'static str) -> String {
        format!("{}{}", sign(value, digits, plus), self.numbers().grouped(value, digits))
    }

    /// A share as percent with two decimals: `+12.34%`, `0.00%`.
    pub fn percent_change(self, share: f64) -> String {
        self.signed_percent(share, 2, "+")
    }

    /// A share as percent without a plus: `12.34%`.
    pub fn percent(self, share: f64) -> String {
        self.signed_percent(share, 2, "")
    }

    /// The same with another number of decimals.
    pub fn percent_with(self, share: f64, decimals: u32) -> String {
        self.signed_percent(share, decimals, "")
    }

    /// A change with another number of decimals: `+12.3%`.
    pub fn percent_change_with(self, share: f64, decimals: u32) -> String {
        self.signed_percent(share, decimals, "+")
    }

    fn signed_percent(self, share: f64, digits: u32, plus: &'static str) -> String {
        let Ok(percent) = Decimal::try_from(share * 100.0) else { return UNKNOWN.to_owned() };
        let numbers = self.numbers();
        numbers.with_percent(sign(percent, digits, plus), &numbers.grouped(percent, digits))
    }

    /// A difference of shares in points: `+1.80`, the unit apart.
    pub fn points_change(self, share: f64) -> String {
        self.points_change_with(share, 2)
    }

    /// The same with so many decimals.
    pub fn points_change_with(self, share: f64, decimals: u32) -> String {
        let Ok(points) = Decimal::try_from(share * 100.0) else { return UNKNOWN.to_owned() };
        self.signed(points, decimals, "+")
    }
}

/// `up`, `down` or `flat` (within half a hundredth of a percent).
pub fn direction(rate: f64) -> &'static str {
    if rate >= 0.000_05 {
        "up"
    } else if rate <= -0.000_05 {
        "down"
    } else {
        "flat"
    }
}

/// `up`, `down` or `flat` of an amount.
pub fn direction_of(amount: Decimal) -> &'static str {
    match amount {
        amount if amount.round_dp(2).is_zero() => "flat",
        amount if amount.is_sign_negative() => "down",
        _ => "up",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dec(text: &str) -> Decimal {
        text.parse().expect("a decimal")
    }

    fn english() -> Locale {
        Locale::english()
    }

    #[test]
    fn amounts_are_grouped_and_signed() {
        assert_eq!(english().money(dec("1234.5"), Currency::USD), "$1,234.50");
        assert_eq!(english().money_change(dec("-12"), Currency::USD), "\u{2212}$12.00");
        assert_eq!(english().money_change(dec("4210.004"), Currency::EUR), "+€4,210.00");
        assert_eq!(english().money_change(dec("-0.001"), Currency::USD), "$0.00");
        assert_eq!(english().money(dec("12"), "SEK".parse().expect("kronor")), "SEK\u{a0}12.00");
    }

    #[test]
    fn each_region_has_its_own_signs() {
        let million = dec("-1234567.5");
        let francs = "CHF".parse().expect("francs");
        for (accepted, quantity, money, percent) in [
            ("en-US", "−1,234,567.5", "−$1,234,568", "+12.34%"),
            ("en-IN", "−12,34,567.5", "−$1,234,568", "+12.34%"),
            ("de-DE", "−1.234.567,5", "−1.234.568\u{a0}$", "+12,34\u{a0}%"),
            ("de-AT", "−1\u{a0}234\u{a0}567,5", "−$1\u{a0}234\u{a0}568", "+12,34\u{a0}%"),
            ("de-CH", "−1'234'567.5", "−$1'234'568", "+12.34%"),
        ] {
            let locale = Locale::accepted(accepted);
            let grouped = |text: &str| {
                if accepted == "en-IN" { text.replace("1,234,568", "12,34,568") } else { text.to_owned() }
            };
            assert_eq!(locale.quantity(million), quantity, "{accepted}");
            assert_eq!(locale.money(million, Currency::USD), grouped(money), "{accepted}");
            assert_eq!(locale.percent_change(0.1234), percent, "{accepted}");
        }
        assert_eq!(Locale::accepted("de-CH").money(dec("50"), francs), "CHF\u{a0}50.00");
        assert_eq!(Locale::accepted("de").money(dec("50"), francs), "50,00\u{a0}CHF");
    }

    #[test]
    fn large_amounts_have_no_cents() {
        assert_eq!(english().money(dec("255110.86"), Currency::USD), "$255,111");
        assert_eq!(english().money(dec("99999.99"), Currency::USD), "$99,999.99");
        assert_eq!(english().money(dec("1234567.4"), "JPY".parse().expect("yen")), "¥1,234,567");
    }

    #[test]
    fn the_largest_figure_keeps_its_cents_in_a_part_of_their_own() {
        let parts = |accepted: &str, amount: &str, currency: &str| {
            let parts =
                Locale::accepted(accepted).amount_parts(dec(amount), currency.parse().expect("a currency"));
            [parts.before, parts.whole, parts.fraction, parts.after].join("|")
        };
        assert_eq!(parts("en-US", "608955.685", "USD"), "$|608,955|.69|");
        assert_eq!(parts("de", "-608955.685", "EUR"), "−|608.955|,69|\u{a0}€");
        assert_eq!(parts("de", "1234.4", "JPY"), "|1.234||\u{a0}¥");
    }

    #[test]
    fn quantities_keep_nine_decimals() {
        assert_eq!(english().quantity(dec("658.845678901")), "658.845678901");
        assert_eq!(english().quantity(dec("2250.000")), "2,250");
    }

    #[test]
    fn prices_show_what_they_have() {
        assert_eq!(english().price(dec("430.5"), Currency::USD), "430.50");
        assert_eq!(english().price(dec("13.55675"), Currency::USD), "13.5568");
    }

    #[test]
    fn percent_has_two_decimals_and_a_true_minus() {
        assert_eq!(english().percent_change(0.142), "+14.20%");
        assert_eq!(english().percent_change(-0.007_184_940_324_539_91), "\u{2212}0.72%");
        assert_eq!(english().percent(0.0), "0.00%");
        assert_eq!(english().percent(f64::NAN), UNKNOWN);
    }

    #[test]
    fn a_hair_is_neither_gain_nor_loss() {
        assert_eq!(direction(0.000_049), "flat");
        assert_eq!(direction(-0.000_06), "down");
        assert_eq!(direction_of(dec("0.004")), "flat");
    }
}
