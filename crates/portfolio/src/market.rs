//! What the arithmetic may know of the world: prices, splits, dividends and currency rates.

mod price_series;
mod rates;
pub(crate) mod splits;

use std::collections::BTreeMap;
use std::sync::Arc;

use bellwether_domain::{
    CashDividend, Currency, InstrumentKind, PriceColumns, Quote, Split, Symbol, decimal_of_price, epoch_day,
    from_epoch_day,
};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::custom_index::CustomIndex;

pub use price_series::{PriceSeries, SourcePrices};
pub use rates::{RateOn, Rates};

/// Everything known about the instruments of a portfolio and its benchmarks.
///
/// Instruments are shared: a clone of a market copies references, and the same [`InstrumentData`] may serve many
/// portfolios.
#[derive(Debug, Clone, Default)]
pub struct Market {
    instruments: BTreeMap<Symbol, Arc<InstrumentData>>,
    indices: BTreeMap<Symbol, Arc<CustomIndex>>,
    rates: Arc<Rates>,
}

impl Market {
    /// A market that knows currency rates and no instrument yet.
    pub fn new(rates: impl Into<Arc<Rates>>) -> Self {
        Self { rates: rates.into(), ..Self::default() }
    }

    /// Adds or replaces an instrument.
    pub fn insert(&mut self, symbol: Symbol, data: impl Into<Arc<InstrumentData>>) {
        self.instruments.insert(symbol, data.into());
    }

    /// What is known of an instrument.
    pub fn instrument(&self, symbol: &Symbol) -> Option<&InstrumentData> {
        self.instruments.get(symbol).map(Arc::as_ref)
    }

    /// Adds or replaces an index of one's own: a benchmark of its name is that index.
    pub fn insert_index(&mut self, index: impl Into<Arc<CustomIndex>>) {
        let index = index.into();
        self.indices.insert(index.name().clone(), index);
    }

    /// The index of one's own of that name.
    pub fn index(&self, name: &Symbol) -> Option<&CustomIndex> {
        self.indices.get(name).map(Arc::as_ref)
    }

    /// The instruments that a benchmark is made from: the components of an index of one's own, else itself.
    pub fn made_from<'a>(&'a self, benchmark: &'a Symbol) -> impl Iterator<Item = &'a Symbol> {
        let index = self.index(benchmark);
        let components = index.into_iter().flat_map(CustomIndex::components);
        components.map(|component| &component.symbol).chain(index.is_none().then_some(benchmark))
    }

    /// The currency rates.
    pub fn rates(&self) -> &Rates {
        &self.rates
    }
}

/// The newest price of an instrument, on the day of its market.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatedQuote {
    /// The exchange's local date of the price, which `quote.as_of` in UTC does not tell.
    pub day: NaiveDate,
    /// The price.
    pub quote: Quote,
}

/// What is known of one instrument.
#[derive(Debug, Clone)]
pub struct InstrumentData {
    currency: Currency,
    kind: Option<InstrumentKind>,
    prices: Arc<PriceSeries>,
    splits: Vec<Split>,
    dividends: Vec<CashDividend>,
    latest: Option<DatedQuote>,
}

impl InstrumentData {
    /// An instrument of which nothing but its currency is known.
    pub fn new(currency: Currency) -> Self {
        let (splits, dividends) = (Vec::new(), Vec::new());
        Self { currency, kind: None, prices: Arc::default(), splits, dividends, latest: None }
    }

    /// With what kind of thing it is.
    #[must_use]
    pub fn with_kind(mut self, kind: InstrumentKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// With its closes as traded, in the instrument's currency.
    #[must_use]
    pub fn with_prices(mut self, prices: impl Into<Arc<PriceSeries>>) -> Self {
        self.prices = prices.into();
        self
    }

    /// With its splits, in any order; the same ratio within five days is one split.
    #[must_use]
    pub fn with_splits(mut self, splits: &[Split]) -> Self {
        self.splits = splits::merged(splits);
        self
    }

    /// With its cash dividends, each as paid per unit of its ex-date, in any order. What is told twice counts once;
    /// amounts that are not positive are left out.
    #[must_use]
    pub fn with_dividends(mut self, dividends: &[CashDividend]) -> Self {
        self.dividends.clear();
        for dividend in dividends.iter().filter(|dividend| dividend.amount > Decimal::ZERO) {
            if !self.dividends.contains(dividend) {
                self.dividends.push(*dividend);
            }
        }
        self.dividends.sort_by_key(|dividend| dividend.ex_date);
        self
    }

    /// With its newest price. It prices its own day and the days after it, unless a later close is known; it replaces
    /// a close of the same day, so leave it out once that close is final. A quote in another currency than the
    /// instrument's, or of a price that is not positive, is not used.
    #[must_use]
    pub fn with_latest(mut self, latest: DatedQuote) -> Self {
        let usable = latest.quote.currency == self.currency && latest.quote.price > Decimal::ZERO;
        self.latest = usable.then_some(latest);
        self
    }

    /// The currency of its prices.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// What kind of thing it is, where that is known.
    pub fn kind(&self) -> Option<InstrumentKind> {
        self.kind
    }

    /// Its closes, as traded.
    pub fn prices(&self) -> &PriceSeries {
        &self.prices
    }

    /// Its splits by ex-date.
    pub fn splits(&self) -> &[Split] {
        &self.splits
    }

    /// Its dividends by ex-date, as paid per unit of that day.
    pub fn dividends(&self) -> &[CashDividend] {
        &self.dividends
    }

    /// Its newest price, unless a later close is known.
    pub fn latest(&self) -> Option<&DatedQuote> {
        let last = self.prices.columns().days.last();
        self.latest.as_ref().filter(|latest| last.is_none_or(|day| *day <= epoch_day(latest.day)))
    }

    /// Whether any price is known, of whatever day.
    pub fn has_prices(&self) -> bool {
        !self.prices.is_empty() || self.latest.is_some()
    }

    /// The first day with a price.
    pub fn first_priced(&self) -> Option<NaiveDate> {
        let latest = self.latest().map(|latest| latest.day);
        self.prices.columns().days.first().map(|day| from_epoch_day(*day)).or(latest)
    }

    /// The price of `day`, or else of the last day before it, as traded on the day it is of: a split in between is
    /// not applied.
    pub fn price_on(&self, day: NaiveDate) -> Option<PriceOn> {
        if let Some(latest) = self.latest().filter(|latest| latest.day <= day) {
            return Some(PriceOn { price: latest.quote.price, day: latest.day });
        }
        let (of, close) = self.prices.columns().at_or_before(epoch_day(day))?;
        Some(PriceOn { price: decimal_of_price(close)?, day: from_epoch_day(of) })
    }

    /// Days and prices with the newest one at the end.
    pub(crate) fn known_prices(&self) -> KnownPrices<'_> {
        let latest = self
            .latest()
            .map(|latest| (epoch_day(latest.day), bellwether_domain::price_of_decimal(latest.quote.price)));
        KnownPrices { columns: self.prices.columns(), latest }
    }
}

/// A price and the day it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceOn {
    /// Per unit of that day, in the instrument's currency.
    pub price: Decimal,
    /// The day.
    pub day: NaiveDate,
}

/// The closes and, after or instead of the last of them, the newest price.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KnownPrices<'a> {
    columns: &'a PriceColumns,
    latest: Option<(i32, f64)>,
}

impl<'a> KnownPrices<'a> {
    /// The closes.
    pub(crate) fn columns(&self) -> &'a PriceColumns {
        self.columns
    }

    /// The newest price, which holds from its day on.
    pub(crate) fn latest(&self) -> Option<(i32, f64)> {
        self.latest
    }

    /// All days and prices in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (i32, f64)> {
        let until = self.latest.map_or(i32::MAX, |(day, _)| day);
        let closes = self.columns.days.iter().copied().zip(self.columns.closes.iter().copied());
        closes.take_while(move |(day, _)| *day < until).chain(self.latest)
    }

    /// The price of each day from `first` on, `NaN` before the first known one.
    pub(crate) fn fill(&self, first: i32, days: &mut [f64]) {
        crate::series::fill_forward(self.columns, first, days);
        if let Some((day, price)) = self.latest {
            let from = usize::try_from(i64::from(day) - i64::from(first)).unwrap_or(0);
            days.iter_mut().skip(from).for_each(|value| *value = price);
        }
    }

    /// The first day on or after `day` that has a price.
    pub(crate) fn next_priced(&self, day: i32) -> Option<i32> {
        let index = self.columns.days.partition_point(|known| *known < day);
        let latest = self.latest.map(|(day, _)| day).filter(|latest| *latest >= day);
        match (self.columns.days.get(index).copied(), latest) {
            (Some(close), Some(quote)) => Some(close.min(quote)),
            (close, quote) => close.or(quote),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{columns, date, decimal, latest, usd};

    fn apple() -> InstrumentData {
        let closes = columns(&[("2024-05-01", 10.0), ("2024-05-03", 11.0)]);
        InstrumentData::new(usd()).with_prices(PriceSeries::as_traded(closes))
    }

    #[test]
    fn a_quote_newer_than_the_last_close_prices_its_own_day() {
        let apple = apple().with_latest(latest("AAPL", "2024-05-06", "12.5", None));
        let price = |day| apple.price_on(date(day)).map(|on| (on.price, on.day));
        assert_eq!(price("2024-05-05"), Some((decimal("11"), date("2024-05-03"))));
        assert_eq!(price("2024-05-07"), Some((decimal("12.5"), date("2024-05-06"))));
        assert_eq!(price("2024-04-30"), None);
    }

    #[test]
    fn a_quote_older_than_the_last_close_is_not_used() {
        let apple = apple().with_latest(latest("AAPL", "2024-05-02", "12.5", None));
        assert_eq!(apple.price_on(date("2024-05-02")).map(|on| on.price), Some(decimal("10")));
    }

    #[test]
    fn a_quote_of_the_last_close_s_day_replaces_it() {
        let apple = apple().with_latest(latest("AAPL", "2024-05-03", "12.5", None));
        assert_eq!(apple.price_on(date("2024-05-03")).map(|on| on.price), Some(decimal("12.5")));
        assert_eq!(apple.known_prices().iter().count(), 2);
    }

    #[test]
    fn a_quote_in_another_currency_is_not_used() {
        let mut pounds = latest("AAPL", "2024-05-06", "12.5", None);
        pounds.quote.currency = Currency::GBP;
        assert_eq!(apple().with_latest(pounds).latest(), None);
    }
}
