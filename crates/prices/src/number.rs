//! Numbers as they come over the wire.

use std::fmt::{self, Write};
use std::ops::Range;
use std::str::FromStr;

use bellwether_domain::QuoteUnit;
use rust_decimal::Decimal;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A number in any of the forms seen: integer, float, text, `"Infinity"`, null, or something else altogether.
/// Everything that is no finite number is `NaN`, which keeps columns of thousands of them small.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Number(pub(crate) f64);

impl Default for Number {
    fn default() -> Self {
        Self(f64::NAN)
    }
}

impl Number {
    pub(crate) fn get(self) -> Option<f64> {
        self.0.is_finite().then_some(self.0)
    }

    /// As unix seconds or a count; only where it is a whole number that an `f64` can hold.
    pub(crate) fn whole(self) -> Option<i64> {
        let whole = self.get()?.trunc();
        (whole.abs() < 9e15).then_some(whole as i64)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyNumber)
    }
}

struct AnyNumber;

impl<'de> Visitor<'de> for AnyNumber {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_f64<E>(self, value: f64) -> Result<Number, E> {
        Ok(Number(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Number, E> {
        Ok(Number(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Number, E> {
        Ok(Number(value as f64))
    }

    fn visit_str<E>(self, text: &str) -> Result<Number, E> {
        let value = text.trim().parse().unwrap_or(f64::NAN);
        Ok(Number(if f64::is_finite(value) { value } else { f64::NAN }))
    }

    fn visit_unit<E>(self) -> Result<Number, E> {
        Ok(Number::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Number, E> {
        Ok(Number::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Number, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Number::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Number, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Number::default())
    }
}

/// Turns prices on the wire into prices in the major currency.
///
/// A bar's values are 32-bit floats printed with the digits of 64 bits: 134.38999938964844 is 134.39. The shortest
/// decimal that names the same 32-bit float is what was meant; other values are short already. Minor units are
/// divided out in that decimal's text, so that the result is the `f64` nearest to the exact quotient.
#[derive(Clone)]
pub(crate) struct PriceReader {
    exponent: &'static str,
    units_in_one: f64,
    text: String,
}

impl PriceReader {
    pub(crate) fn new(unit: QuoteUnit) -> Self {
        let exponent = match unit.units_in_one {
            100 => "e-2",
            1000 => "e-3",
            _ => "",
        };
        Self { exponent, units_in_one: unit.units_in_one.into(), text: String::with_capacity(48) }
    }

    /// Prices other than nothing: what is beyond has no exact decimal, and no market either.
    const PRICES: Range<f64> = 1e-12..1e15;

    /// The price in the major currency; `NaN` where there is none.
    pub(crate) fn major(&mut self, wire: Number) -> f64 {
        let price = wire.get().map_or(f64::NAN, |value| self.meant(value));
        if price == 0.0 || Self::PRICES.contains(&price.abs()) { price } else { f64::NAN }
    }

    fn meant(&mut self, value: f64) -> f64 {
        let short = value as f32;
        self.text.clear();
        let written = if !short.is_finite() || (f64::from(short) - value).abs() > value.abs() * 1e-14 {
            if self.exponent.is_empty() {
                return value;
            }
            write!(self.text, "{value}{}", self.exponent)
        } else {
            write!(self.text, "{short}{}", self.exponent)
        };
        match written {
            Ok(()) => self.text.parse().unwrap_or(f64::NAN),
            Err(fmt::Error) => value / self.units_in_one,
        }
    }

    /// The same as an exact decimal.
    pub(crate) fn decimal(&mut self, wire: Number) -> Option<Decimal> {
        exact(self.major(wire))
    }
}

/// The shortest decimal that names this `f64`, through its text; `None` when it is not finite.
pub(crate) fn exact(price: f64) -> Option<Decimal> {
    Some(Decimal::from_str(&price.to_string()).ok()?.normalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reader(unit: &str) -> PriceReader {
        PriceReader::new(unit.parse().expect("a unit"))
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "the very same number is what is promised")]
    fn the_shortest_decimal_of_the_32_bit_float_was_meant() {
        let cases = [
            (134.389_999_389_648_44, 134.39),
            (13.556_750_297_546_387, 13.55675),
            (1.122_082_591_056_823_7, 1.122_082_6),
            (11_887.099_609_375, 11_887.1),
            (244.6, 244.6),
            (333.923, 333.923),
            // Computed in 64 bits, so there is no 32-bit float to name.
            (134.739_996_337_890_63, 134.739_996_337_890_63),
            (22_000.0, 22_000.0),
            (-37.630_001_068_115_234, -37.63),
        ];
        for (wire, meant) in cases {
            assert_eq!(reader("USD").major(Number(wire)), meant);
        }
    }

    #[test]
    fn minor_units_are_divided_exactly() {
        let pence = Number(1_279.5);
        assert_eq!(reader("GBp").decimal(pence), Some(Decimal::new(12_795, 3)));
        assert_eq!(reader("GBp").decimal(Number(134.389_999_389_648_44)), Some(Decimal::new(13_439, 4)));
        assert_eq!(reader("KWF").decimal(Number(0.1)), Some(Decimal::new(1, 4)));
        assert_eq!(reader("ZAc").decimal(Number(3_501.123)), Some(Decimal::new(3_501_123, 5)));
    }

    #[test]
    fn what_is_no_number_is_none() {
        let numbers: Vec<Number> = serde_json::from_str(
            r#"[1, -2.5, "3.25", "Infinity", "NaN", null, true, {"raw": 1}, [1], 1e400]"#,
        )
        .unwrap_or_default();
        // 1e400 is no JSON number to serde_json, so the whole list would be refused; see below.
        assert!(numbers.is_empty());
        let numbers: Vec<Number> = serde_json::from_str(
            r#"[1, -2.5, "3.25", "Infinity", "-Infinity", "NaN", null, true, {"raw": 1}, [1], ""]"#,
        )
        .expect("lenient");
        let read: Vec<Option<f64>> = numbers.into_iter().map(Number::get).collect();
        assert_eq!(read[..3], [Some(1.0), Some(-2.5), Some(3.25)]);
        assert!(read[3..].iter().all(Option::is_none));
    }

    proptest! {
        #[test]
        fn every_price_of_up_to_seven_digits_comes_back(mantissa in 1..9_999_999_i64, scale in 0..6_u32) {
            let price = Decimal::new(mantissa, scale).normalize();
            let single: f32 = price.to_string().parse().expect("a float");
            prop_assert_eq!(reader("USD").decimal(Number(f64::from(single))), Some(price));
            prop_assert_eq!(
                reader("GBp").decimal(Number(f64::from(single))),
                Some((price / Decimal::ONE_HUNDRED).normalize())
            );
        }
    }
}
