//! The format of a case. What it does not know is an error, never ignored.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::expected::{Expected, Recommended, Tolerance};
use crate::number::{Number, Value};
use crate::params::Params;

/// How a case is to be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Use {
    Accept,
    AcceptAnyRootFlagged,
    AcceptExceptForeignFigures,
    Option,
    CounterExample,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the whole format is read; some of it only informs")]
pub(crate) struct Case {
    pub id: String,
    pub kind: String,
    #[serde(rename = "use")]
    pub usage: Use,
    pub verified: String,
    pub title: String,
    pub source: String,
    pub licence: String,
    pub base_currency: String,
    pub as_of: Option<NaiveDate>,
    pub period: Option<(NaiveDate, NaiveDate)>,
    pub transactions: Vec<Entry>,
    /// The investor's view: money paid in is negative.
    #[serde(default)]
    pub cash_flows: Vec<(NaiveDate, Number)>,
    #[serde(default)]
    pub periodic_flows: Vec<Number>,
    #[serde(default)]
    pub returns: Vec<Option<Number>>,
    #[serde(default)]
    pub benchmark_returns: Vec<Option<Number>>,
    #[serde(default)]
    pub values: Vec<Value>,
    #[serde(default)]
    pub sub_periods: Vec<(Number, Number)>,
    #[serde(default)]
    pub linked_returns: Vec<Number>,
    pub dietz: Option<Dietz>,
    pub annualise: Option<Annualise>,
    #[serde(default)]
    pub prices: BTreeMap<String, Vec<(NaiveDate, Number)>>,
    #[serde(default)]
    pub prices_adjusted: PriceUnits,
    #[serde(default)]
    pub price_currency: BTreeMap<String, String>,
    #[serde(default)]
    pub contract_multiplier: BTreeMap<String, Number>,
    /// Day, new shares, old shares.
    #[serde(default)]
    pub splits: BTreeMap<String, Vec<(NaiveDate, Number, Number)>>,
    #[serde(default)]
    pub fx: BTreeMap<String, Vec<(NaiveDate, Number)>>,
    /// Figure by figure: from, to, day.
    #[serde(default)]
    pub fx_lookup: BTreeMap<String, (String, String, NaiveDate)>,
    #[serde(default)]
    pub benchmark_dividends: Vec<(NaiveDate, Number)>,
    #[serde(default)]
    pub params: Params,
    pub expected: BTreeMap<String, Expected>,
    pub tolerance: Tolerance,
    pub recommended: Option<Recommended>,
    #[serde(default)]
    pub all_real_roots: Vec<Number>,
    pub source_expected: Option<Box<RawValue>>,
    #[serde(default)]
    pub foreign_figures: Vec<String>,
    #[serde(default)]
    pub from_source_only: Vec<String>,
    #[serde(default)]
    pub known_difference: Vec<String>,
    #[serde(default)]
    pub conventions: Vec<String>,
    #[serde(default)]
    pub notes: Option<String>,
}

/// What quotes are stated in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PriceUnits {
    /// As traded.
    #[default]
    None,
    /// In today's shares.
    Split,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Buy,
    Sell,
    DeliverIn,
    DeliverOut,
    Transfer,
    Dividend,
    Deposit,
    Withdrawal,
    Interest,
    InterestCharge,
    Fee,
    FeeRefund,
    Tax,
    TaxRefund,
}

/// One transaction: positive numbers, the kind gives the direction.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub date: NaiveDate,
    #[serde(rename = "type")]
    pub kind: Kind,
    #[serde(default)]
    pub account: String,
    pub to_account: Option<String>,
    pub symbol: Option<String>,
    pub quantity: Option<Number>,
    /// Per unit.
    pub price: Option<Number>,
    /// In all, before fee and tax.
    pub gross: Option<Number>,
    pub fee: Option<Number>,
    pub tax: Option<Number>,
    pub currency: Option<String>,
    /// Base currency per unit of `currency`.
    pub fx_rate: Option<Number>,
    pub settlement_currency: Option<String>,
}

/// A modified Dietz return of given numbers; flows into the portfolio are positive.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dietz {
    pub start: NaiveDate,
    pub end: NaiveDate,
    pub start_value: Number,
    pub end_value: Number,
    pub flows: Vec<(NaiveDate, Number)>,
}

/// A return over some days.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Annualise {
    #[serde(rename = "return")]
    pub total: Number,
    pub days: Number,
}

impl Case {
    /// Whether it gives values or returns, instead of a ledger that makes them.
    pub(crate) fn has_numbers(&self) -> bool {
        !self.values.is_empty() || !self.returns.is_empty()
    }

    /// The values of the case's period, from the last one on or before its opening day.
    pub(crate) fn values_in_period(&self) -> &[Value] {
        let Some((from, to)) = self.period else { return &self.values };
        let up_to = |day| self.values.partition_point(|value| value.day.is_some_and(|known| known <= day));
        if self.values.iter().any(|value| value.day.is_none()) {
            return &self.values;
        }
        &self.values[up_to(from).saturating_sub(1)..up_to(to)]
    }

    /// The day as of which the case is computed: the last one that it names, where it does not say.
    pub(crate) fn day(&self) -> NaiveDate {
        let named = self.as_of.or(self.period.map(|(_, to)| to));
        let booked = self.transactions.iter().map(|entry| entry.date);
        let priced = self.prices.values().flatten().map(|(day, _)| *day);
        named.or_else(|| booked.chain(priced).max()).unwrap_or_default()
    }
}
