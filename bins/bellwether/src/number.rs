//! Numbers as people read them: grouped, with a true minus and an explicit plus, unknown as an em dash.

use bellwether_domain::Currency;
use rust_decimal::{Decimal, RoundingStrategy};

/// What stands in a table where a figure is unknown.
pub(crate) const UNKNOWN: &str = "—";

/// From here on an amount is shown without its minor digits.
const WHOLE_FROM: i64 = 100_000;

fn rounded(value: Decimal, digits: u32) -> Decimal {
    value.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero)
}

/// The digits of an absolute value with thousands separated: `1,234.50`.
fn grouped(value: Decimal, digits: u32) -> String {
    let text = format!("{:.*}", digits as usize, rounded(value.abs(), digits));
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), None), |(w, f)| (w, Some(f)));
    let mut shown = String::with_capacity(text.len() + text.len() / 3);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            shown.push(',');
        }
        shown.push(digit);
    }
    if let Some(fraction) = fraction {
        shown.push('.');
        shown.push_str(fraction);
    }
    shown
}

fn sign(value: Decimal, digits: u32, plus: &'static str) -> &'static str {
    let value = rounded(value, digits);
    if value.is_zero() {
        ""
    } else if value.is_sign_negative() {
        "\u{2212}"
    } else {
        plus
    }
}

/// How many decimals an amount is shown with: the currency's, none from 100,000 on.
fn digits_of(amount: Decimal, currency: Currency) -> u32 {
    if amount.abs() >= Decimal::from(WHOLE_FROM) { 0 } else { currency.minor_digits() }
}

/// The sign of a currency, or its code and a space.
pub(crate) fn currency_sign(currency: Currency) -> String {
    match currency.as_str() {
        "USD" => "$".to_owned(),
        "EUR" => "€".to_owned(),
        "GBP" => "£".to_owned(),
        "JPY" => "¥".to_owned(),
        code => format!("{code}\u{a0}"),
    }
}

/// `$1,234.50`, `−$12.00`.
pub(crate) fn money(amount: Decimal, currency: Currency) -> String {
    let digits = digits_of(amount, currency);
    format!("{}{}{}", sign(amount, digits, ""), currency_sign(currency), grouped(amount, digits))
}

/// `+$1,234.50`, `−$12.00`, `$0.00`.
pub(crate) fn money_change(amount: Decimal, currency: Currency) -> String {
    let digits = digits_of(amount, currency);
    format!("{}{}{}", sign(amount, digits, "+"), currency_sign(currency), grouped(amount, digits))
}

/// `1,234.50` without a currency, for tables in one currency.
pub(crate) fn amount(amount: Decimal, currency: Currency) -> String {
    let digits = digits_of(amount, currency);
    format!("{}{}", sign(amount, digits, ""), grouped(amount, digits))
}

/// `+1,234.50` without a currency.
pub(crate) fn amount_change(amount: Decimal, currency: Currency) -> String {
    let digits = digits_of(amount, currency);
    format!("{}{}", sign(amount, digits, "+"), grouped(amount, digits))
}

/// A price with the currency's digits, or up to four where the price has more.
pub(crate) fn price(price: Decimal, currency: Currency) -> String {
    let digits = price.normalize().scale().clamp(currency.minor_digits(), 4);
    format!("{}{}", sign(price, digits, ""), grouped(price, digits))
}

/// A quantity with all of its decimals: `1,250`, `0.123456789`.
pub(crate) fn quantity(quantity: Decimal) -> String {
    let quantity = quantity.normalize();
    format!("{}{}", sign(quantity, quantity.scale(), ""), grouped(quantity, quantity.scale().min(9)))
}

/// A share as percent with two decimals: `+12.34%`, `0.00%`.
pub(crate) fn percent_change(rate: f64) -> String {
    signed_percent(rate, "+")
}

/// A share as percent without a plus: `12.34%`.
pub(crate) fn percent(rate: f64) -> String {
    signed_percent(rate, "")
}

fn signed_percent(rate: f64, plus: &'static str) -> String {
    let Ok(percent) = Decimal::try_from(rate * 100.0) else { return UNKNOWN.to_owned() };
    format!("{}{}%", sign(percent, 2, plus), grouped(percent, 2))
}

/// `up`, `down` or `flat` (within half a hundredth of a percent).
pub(crate) fn direction(rate: f64) -> &'static str {
    if rate >= 0.000_05 {
        "up"
    } else if rate <= -0.000_05 {
        "down"
    } else {
        "flat"
    }
}

/// `up`, `down` or `flat` of an amount.
pub(crate) fn direction_of(amount: Decimal) -> &'static str {
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

    #[test]
    fn amounts_are_grouped_and_signed() {
        assert_eq!(money(dec("1234.5"), Currency::USD), "$1,234.50");
        assert_eq!(money_change(dec("-12"), Currency::USD), "\u{2212}$12.00");
        assert_eq!(money_change(dec("4210.004"), Currency::EUR), "+€4,210.00");
        assert_eq!(money_change(dec("-0.001"), Currency::USD), "$0.00");
    }

    #[test]
    fn large_amounts_have_no_cents() {
        assert_eq!(money(dec("255110.86"), Currency::USD), "$255,111");
        assert_eq!(money(dec("99999.99"), Currency::USD), "$99,999.99");
        assert_eq!(money(dec("1234567.4"), "JPY".parse().expect("yen")), "¥1,234,567");
    }

    #[test]
    fn quantities_keep_nine_decimals() {
        assert_eq!(quantity(dec("658.845678901")), "658.845678901");
        assert_eq!(quantity(dec("2250.000")), "2,250");
    }

    #[test]
    fn prices_show_what_they_have() {
        assert_eq!(price(dec("430.5"), Currency::USD), "430.50");
        assert_eq!(price(dec("13.55675"), Currency::USD), "13.5568");
    }

    #[test]
    fn percent_has_two_decimals_and_a_true_minus() {
        assert_eq!(percent_change(0.142), "+14.20%");
        assert_eq!(percent_change(-0.007_184_940_324_539_91), "\u{2212}0.72%");
        assert_eq!(percent(0.0), "0.00%");
        assert_eq!(percent(f64::NAN), UNKNOWN);
    }

    #[test]
    fn a_hair_is_neither_gain_nor_loss() {
        assert_eq!(direction(0.000_049), "flat");
        assert_eq!(direction(-0.000_06), "down");
        assert_eq!(direction_of(dec("0.004")), "flat");
    }
}
