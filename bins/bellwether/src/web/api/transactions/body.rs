//! A transaction as programs send it.

use bellwether_tracker::{EnteredLot, EnteredTransaction, NewTransaction};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use utoipa::ToSchema;

use crate::web::api::schema::{AnyAmount, AnyPart, CurrencyCode, KindName, Ratio, Ticker};
use crate::web::api::written;

/// A text as it is, nothing as the empty text.
fn text<'de, D: Deserializer<'de>>(told: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(told)?.unwrap_or_default())
}

/// A text that says something, or nothing.
pub(in crate::web) fn fact<'de, D: Deserializer<'de>>(told: D) -> Result<String, D::Error> {
    said(Option::deserialize(told)?).map_err(serde::de::Error::custom)
}

/// The same, and a number with every digit that it has.
fn number<'de, D: Deserializer<'de>>(told: D) -> Result<String, D::Error> {
    match Value::deserialize(told)? {
        Value::Null => Ok(String::new()),
        value @ (Value::String(_) | Value::Number(_)) => {
            said(Some(written(value))).map_err(serde::de::Error::custom)
        }
        _ => Err(serde::de::Error::custom("give a text or a number")),
    }
}

/// A number from 0 to 1, or nothing.
fn part<'de, D: Deserializer<'de>>(told: D) -> Result<String, D::Error> {
    let text = number(told)?;
    // What is no number is judged with the rest.
    let is_outside = |part: Decimal| !(Decimal::ZERO..=Decimal::ONE).contains(&part);
    if text.trim().parse().is_ok_and(is_outside) {
        return Err(serde::de::Error::custom("give a part of the whole, from 0 to 1"));
    }
    Ok(text)
}

/// What there is not, is left out: an empty text might be a value that was lost on the way.
fn said(told: Option<String>) -> Result<String, &'static str> {
    match told {
        Some(text) if text.trim().is_empty() => Err("leave it out where there is none"),
        told => Ok(told.unwrap_or_default()),
    }
}

/// A transaction as it is to be. What its kind does not need is left out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct TransactionBody {
    #[serde(default, deserialize_with = "text")]
    #[schema(value_type = KindName, required = true)]
    kind: String,
    /// The day, at the latest today.
    #[serde(default, deserialize_with = "text")]
    #[schema(value_type = String, format = Date, required = true)]
    date: String,
    /// The instrument.
    #[serde(default, deserialize_with = "fact")]
    #[schema(value_type = Option<Ticker>)]
    symbol: String,
    /// What comes out of a spin-off, merger or ticker change.
    #[serde(default, deserialize_with = "fact")]
    #[schema(value_type = Option<Ticker>)]
    other_symbol: String,
    /// Shares, in the units of the day.
    #[serde(default, deserialize_with = "number")]
    #[schema(value_type = Option<AnyAmount>)]
    quantity: String,
    /// Per share.
    #[serde(default, deserialize_with = "number")]
    #[schema(value_type = Option<AnyAmount>)]
    price: String,
    /// In all, before fee and tax.
    #[serde(default, deserialize_with = "number")]
    #[schema(value_type = Option<AnyAmount>)]
    amount: String,
    #[serde(default, deserialize_with = "number")]
    #[schema(value_type = Option<AnyAmount>)]
    fee: String,
    #[serde(default, deserialize_with = "number")]
    #[schema(value_type = Option<AnyAmount>)]
    tax: String,
    #[serde(default, deserialize_with = "fact")]
    #[schema(value_type = Option<Ratio>)]
    ratio: String,
    /// Part of the cost.
    #[serde(default, deserialize_with = "part")]
    #[schema(value_type = Option<AnyPart>)]
    cost_share: String,
    /// Paid for the fraction of a share.
    #[serde(default, deserialize_with = "number")]
    #[schema(value_type = Option<AnyAmount>)]
    cash_in_lieu: String,
    /// The lots that leave; none: those of the portfolio's cost method.
    lots: Option<Vec<LotBody>>,
    /// The day on which transferred shares were first acquired.
    #[serde(default, deserialize_with = "fact")]
    #[schema(value_type = Option<String>, format = Date)]
    acquired: String,
    /// Of the amounts; the portfolio's where none is said.
    #[serde(default, deserialize_with = "fact")]
    #[schema(value_type = Option<CurrencyCode>)]
    currency: String,
    /// The portfolio's currency per unit of this one.
    #[serde(default, deserialize_with = "number")]
    #[schema(value_type = Option<AnyAmount>)]
    fx_rate: String,
    #[serde(default, deserialize_with = "text")]
    #[schema(value_type = Option<String>, max_length = 200)]
    account: String,
    #[serde(default, deserialize_with = "text")]
    #[schema(value_type = Option<String>, max_length = 4000)]
    note: String,
    /// Record it although the same transaction is there already.
    #[serde(default)]
    accept_duplicate: bool,
    /// Its symbols are your own, which no source of prices knows.
    #[serde(default)]
    custom: bool,
}

/// A chosen lot.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct LotBody {
    /// The transaction that opened it.
    #[schema(value_type = Uuid)]
    opened_by: String,
    /// How many of its shares.
    #[serde(deserialize_with = "number")]
    #[schema(value_type = AnyAmount)]
    quantity: String,
}

impl From<TransactionBody> for NewTransaction {
    fn from(body: TransactionBody) -> Self {
        let lot = |lot: LotBody| EnteredLot { opened_by: lot.opened_by, quantity: lot.quantity };
        let entered = EnteredTransaction {
            kind: body.kind,
            date: body.date,
            symbol: body.symbol,
            other_symbol: body.other_symbol,
            quantity: body.quantity,
            price: body.price,
            amount: body.amount,
            fee: body.fee,
            tax: body.tax,
            ratio: body.ratio,
            cost_share: body.cost_share,
            cash_in_lieu: body.cash_in_lieu,
            lots: body.lots.unwrap_or_default().into_iter().map(lot).collect(),
            acquired: body.acquired,
            currency: body.currency,
            fx_rate: body.fx_rate,
            account: body.account,
            note: body.note,
        };
        Self { entered, accept_duplicate: body.accept_duplicate, custom: body.custom }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_fact_that_there_is_not_is_left_out_and_not_empty() {
        let read = |name: &str, told: Value| {
            let mut body = json!({ "kind": "buy", "date": "2024-03-05", "note": "" });
            body[name] = told;
            serde_json::from_value::<TransactionBody>(body)
        };
        for name in ["symbol", "other_symbol", "ratio", "acquired", "currency", "tax", "amount", "fx_rate"] {
            assert!(read(name, Value::Null).is_ok(), "{name}");
            for empty in ["", " "] {
                let refused = read(name, json!(empty)).err().expect("refused").to_string();
                assert!(refused.contains("leave it out"), "{name}: {refused}");
            }
        }
        for (part, is_one) in
            [(json!("0.25"), true), (json!(1), true), (json!(-1), false), (json!("1.5"), false)]
        {
            assert_eq!(read("cost_share", part.clone()).is_ok(), is_one, "{part}");
        }
    }
}
