//! Prices, splits and rates of a case as a market.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_domain::{
    CashDividend, Currency, PriceBasis, PriceColumns, PriceSource, QuoteUnit, Split, SplitRatio, Symbol,
    epoch_day,
};
use bellwether_portfolio::{InstrumentData, Market, PriceSeries, Rates, SourcePrices};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::case::{Case, PriceUnits};
use crate::number::Number;

/// How a symbol's prices are stated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listing {
    /// The unit of the quotes: a currency or a hundredth of one.
    pub unit: QuoteUnit,
    /// Underlying units in one contract.
    pub multiplier: Decimal,
}

impl Listing {
    /// The listing of a symbol: as told, else in the currency of its first booking.
    pub(crate) fn of(case: &Case, symbol: &str) -> Result<Self, String> {
        let booked = || {
            let first = case.transactions.iter().find(|entry| entry.symbol.as_deref() == Some(symbol));
            first.and_then(|entry| entry.currency.as_ref())
        };
        let told = case.price_currency.get(symbol).or_else(booked).unwrap_or(&case.base_currency);
        let multiplier = case.contract_multiplier.get(symbol).map_or(Ok(Decimal::ONE), Number::decimal)?;
        Ok(Self { unit: unit(told)?, multiplier })
    }

    /// The same by the symbol that the library has for it.
    pub(crate) fn of_symbol(case: &Case, symbol: &Symbol) -> Result<Self, String> {
        let told = symbols(case).into_iter().find(|told| parsed(told).as_ref() == Ok(symbol));
        Self::of(case, told.unwrap_or(symbol.as_str()))
    }

    /// Quoted prices as this factor has them in the major currency and per contract.
    fn factor(self) -> f64 {
        let multiplier: f64 = self.multiplier.to_string().parse().unwrap_or(f64::NAN);
        multiplier / f64::from(self.unit.units_in_one)
    }
}

pub(crate) fn unit(code: &str) -> Result<QuoteUnit, String> {
    code.parse().map_err(|error| format!("currency {code}: {error}"))
}

/// All symbols that the case prices, splits or books.
pub(crate) fn symbols(case: &Case) -> BTreeSet<&str> {
    let booked = case.transactions.iter().filter_map(|entry| entry.symbol.as_deref());
    let told = case.prices.keys().chain(case.splits.keys()).chain(case.price_currency.keys());
    booked.chain(told.map(String::as_str)).collect()
}

/// What holds before the first quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backfill {
    /// That quote, as the format has it.
    FirstQuoteHolds,
    /// Nothing.
    None,
}

pub(crate) fn market(case: &Case, backfill: Backfill) -> Result<Market, String> {
    let mut market = Market::new(rates(&case.fx)?);
    for symbol in symbols(case) {
        market.insert(parsed(symbol)?, instrument(case, symbol, backfill)?);
    }
    Ok(market)
}

/// A case's symbol as the library spells it: what no ticker has becomes a dash, and what is too long keeps its end.
pub(crate) fn parsed(symbol: &str) -> Result<Symbol, String> {
    let spell =
        |letter: char| if letter.is_ascii_alphanumeric() || "^.-=&".contains(letter) { letter } else { '-' };
    let spelled: String = symbol.chars().map(spell).collect();
    let end = &spelled[spelled.len().saturating_sub(Symbol::MAX_LEN)..];
    end.parse().map_err(|error| format!("{symbol}: {error}"))
}

fn instrument(case: &Case, symbol: &str, backfill: Backfill) -> Result<InstrumentData, String> {
    let listing = Listing::of(case, symbol)?;
    let splits = splits(case, symbol)?;
    let mut data = InstrumentData::new(listing.unit.currency).with_splits(&splits);
    if let Some(prices) = case.prices.get(symbol).filter(|prices| !prices.is_empty()) {
        let earlier = before_first(case, symbol, prices, &splits);
        let earlier = earlier.filter(|_| backfill == Backfill::FirstQuoteHolds);
        data = data.with_prices(series(case, prices, earlier, listing, &splits));
    }
    if case.params.is("benchmark", symbol) {
        let dividends: Result<Vec<_>, String> = case
            .benchmark_dividends
            .iter()
            .map(|(ex_date, amount)| {
                let amount = listing.unit.to_major(amount.decimal()?);
                Ok(CashDividend { ex_date: *ex_date, amount, currency: None })
            })
            .collect();
        data = data.with_dividends(&dividends?);
    }
    Ok(data)
}

fn splits(case: &Case, symbol: &str) -> Result<Vec<Split>, String> {
    let told = case.splits.get(symbol).map(Vec::as_slice).unwrap_or_default();
    told.iter()
        .map(|(ex_date, new, old)| {
            let ratio = SplitRatio::new(new.decimal()?, old.decimal()?);
            Ok(Split { ex_date: *ex_date, ratio: ratio.ok_or("a split needs positive numbers")? })
        })
        .collect()
}

fn series(
    case: &Case,
    prices: &[(NaiveDate, Number)],
    earlier: Option<(NaiveDate, f64)>,
    listing: Listing,
    splits: &[Split],
) -> PriceSeries {
    let mut columns = PriceColumns::default();
    if let Some((day, price)) = earlier {
        columns.push(epoch_day(day), price * listing.factor());
    }
    for (day, price) in by_day(prices) {
        columns.push(epoch_day(day), price.float() * listing.factor());
    }
    match case.prices_adjusted {
        PriceUnits::None => PriceSeries::as_traded(columns),
        PriceUnits::Split => {
            let source = PriceSource::file(PriceBasis::SplitAdjusted);
            let told = SourcePrices { source: &source, columns: &columns, known_up_to: NaiveDate::MAX };
            PriceSeries::new(&[told], splits)
        }
    }
}

/// Quotes in the order of their days; the last one of a day counts.
fn by_day(quotes: &[(NaiveDate, Number)]) -> BTreeMap<NaiveDate, &Number> {
    quotes.iter().map(|(day, quote)| (*day, quote)).collect()
}

/// By the format, the first quote holds before its day too, in the units of the day.
fn before_first(
    case: &Case,
    symbol: &str,
    prices: &[(NaiveDate, Number)],
    splits: &[Split],
) -> Option<(NaiveDate, f64)> {
    let booked = case.transactions.iter().filter(|entry| entry.symbol.as_deref() == Some(symbol));
    let needed = booked.map(|entry| entry.date).min()?;
    let (first, price) = by_day(prices).pop_first().filter(|(first, _)| needed < *first)?;
    let between = splits.iter().filter(|split| needed < split.ex_date && split.ex_date <= first);
    let units = match case.prices_adjusted {
        PriceUnits::None => between.map(|split| split.ratio.factor()).product(),
        PriceUnits::Split => Decimal::ONE,
    };
    Some((needed, price.float() * units.to_string().parse::<f64>().ok()?))
}

fn rates(pairs: &BTreeMap<String, Vec<(NaiveDate, Number)>>) -> Result<Rates, String> {
    let mut rates = Rates::new();
    for (pair, quotes) in pairs {
        let (from, to) =
            pair.split_at_checked(3).ok_or_else(|| format!("{pair} is no pair of currencies"))?;
        let (from, to) = (unit(from)?, unit(to)?);
        if from.currency == to.currency {
            continue;
        }
        let factor = f64::from(from.units_in_one) / f64::from(to.units_in_one);
        let mut columns = PriceColumns::default();
        for (day, rate) in by_day(quotes) {
            columns.push(epoch_day(day), rate.float() * factor);
        }
        rates.insert(from.currency, to.currency, &columns);
    }
    Ok(rates)
}

/// Units of `to` for one `from`, minor units included.
pub(crate) fn rate(
    market: &Market,
    from: &str,
    to: &str,
    day: NaiveDate,
) -> Result<bellwether_portfolio::Figure<f64>, String> {
    let (from, to) = (unit(from)?, unit(to)?);
    let factor = f64::from(to.units_in_one) / f64::from(from.units_in_one);
    let found = market.rates().on(from.currency, to.currency, day);
    Ok(found.map(|on| on.rate.to_string().parse::<f64>().unwrap_or(f64::NAN) * factor))
}

/// The base currency, which is a major one.
pub(crate) fn base(case: &Case) -> Result<Currency, String> {
    let unit = unit(&case.base_currency)?;
    if unit.units_in_one == 1 { Ok(unit.currency) } else { Err("a minor unit cannot be the base".to_owned()) }
}
