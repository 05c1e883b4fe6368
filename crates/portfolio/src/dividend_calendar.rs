//! Coming dividends of what is held: declared ones, and a forecast from what has been paid.

mod forecast;
mod frequency;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use bellwether_domain::{CashDividend, Currency, Symbol};
use chrono::{Datelike, Months, NaiveDate};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::exact::Exact;
use crate::figure::total;
use crate::income::DividendHistory;
use crate::{Books, Figure, Market, Position, Reason};

pub use frequency::DividendFrequency;

/// A dividend that is still to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ComingDividend {
    /// Who pays.
    pub symbol: Symbol,
    /// The ex-date, or the most likely one.
    pub ex_date: NaiveDate,
    /// The first day that it may be.
    pub earliest: NaiveDate,
    /// The last day that it may be.
    pub latest: NaiveDate,
    /// Whether it is a forecast; else it was declared.
    pub is_estimate: bool,
    /// Whether a declared one is out of line with those before it.
    pub is_special: bool,
    /// Per unit, before tax.
    pub per_unit: Decimal,
    /// Its currency.
    pub currency: Currency,
    /// Units held on the calendar's day.
    pub units: Decimal,
    /// For all units, before tax, in the base currency at the rate of the calendar's day.
    pub amount: Figure<Decimal>,
}

/// The dividends of the twelve months after a day, for what is held on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DividendCalendar {
    /// The day: of what came after it, only what was declared by then is known.
    pub as_of: NaiveDate,
    /// The last day that counts: twelve months later.
    pub until: NaiveDate,
    /// By ex-date.
    pub coming: Vec<ComingDividend>,
    /// Income of the twelve months, before tax.
    pub total: Figure<Decimal>,
    /// The part of it that is declared.
    pub declared: Figure<Decimal>,
    /// By year and month (1 to 12) of the ex-date; months without any are left out.
    pub by_month: Vec<((i32, u32), Figure<Decimal>)>,
    /// What is held and has no forecast, with the reason.
    pub without_forecast: Vec<(Symbol, Reason)>,
}

/// The dividends that a market knows with ex-dates after the books' day. On the day itself these are the declared
/// ones; for a day in the past they were not known yet and are not to be used.
pub fn declared_dividends(books: &Books, market: &Market) -> BTreeMap<Symbol, Vec<CashDividend>> {
    let later = |symbol: &Symbol| -> Vec<CashDividend> {
        let known = market.instrument(symbol).map_or(&[][..], |instrument| instrument.dividends());
        known.iter().filter(|dividend| dividend.ex_date > books.as_of()).copied().collect()
    };
    let held = books.positions().iter().filter(|position| position.is_open());
    held.map(|position| (position.symbol.clone(), later(&position.symbol)))
        .filter(|(_, all)| !all.is_empty())
        .collect()
}

impl DividendCalendar {
    /// The calendar of the books' holdings. `declared` are dividends with later ex-dates that are known on the books'
    /// day: [`declared_dividends`] when that is today.
    pub fn new(books: &Books, market: &Market, declared: &BTreeMap<Symbol, Vec<CashDividend>>) -> Self {
        let as_of = books.as_of();
        let until = as_of.checked_add_months(Months::new(12)).unwrap_or(NaiveDate::MAX);
        let (mut coming, mut without_forecast) = (Vec::new(), Vec::new());
        for position in books.positions().iter().filter(|position| position.is_open()) {
            let payer = Payer { position, books, market };
            let known = declared.get(&position.symbol).map_or(&[][..], Vec::as_slice);
            match payer.coming(known, until) {
                Ok(dividends) => coming.extend(dividends),
                Err((dividends, reason)) => {
                    coming.extend(dividends);
                    without_forecast.push((position.symbol.clone(), reason));
                }
            }
        }
        coming.sort_by(|a, b| (a.ex_date, &a.symbol).cmp(&(b.ex_date, &b.symbol)));
        let mut months: BTreeMap<(i32, u32), Vec<&Figure<Decimal>>> = BTreeMap::new();
        for dividend in &coming {
            months
                .entry((dividend.ex_date.year(), dividend.ex_date.month()))
                .or_default()
                .push(&dividend.amount);
        }
        let declared = coming.iter().filter(|dividend| !dividend.is_estimate);
        Self {
            as_of,
            until,
            total: total(coming.iter().map(|dividend| &dividend.amount)),
            declared: total(declared.map(|dividend| &dividend.amount)),
            by_month: months.into_iter().map(|(month, amounts)| (month, total(amounts))).collect(),
            without_forecast,
            coming,
        }
    }
}

/// A holding whose dividends are looked for.
struct Payer<'a> {
    position: &'a Position,
    books: &'a Books,
    market: &'a Market,
}

impl Payer<'_> {
    /// Declared and expected dividends up to a day; the declared ones alone with the reason where nothing can be
    /// expected.
    fn coming(
        &self,
        declared: &[CashDividend],
        until: NaiveDate,
    ) -> Result<Vec<ComingDividend>, (Vec<ComingDividend>, Reason)> {
        let as_of = self.books.as_of();
        let history = DividendHistory::of_position(self.position, self.market, as_of);
        let history = history.map_err(|reason| (Vec::new(), reason))?;
        let in_span =
            declared.iter().filter(|dividend| dividend.ex_date > as_of && dividend.ex_date <= until);
        let mut coming: Vec<_> = in_span.map(|dividend| self.declared(dividend, &history)).collect();
        coming.sort_by_key(|known| known.ex_date);
        match forecast::expected(&history, until) {
            Ok(expected) => {
                let regular: Vec<_> = coming.iter().filter(|known| !known.is_special).cloned().collect();
                let days: Vec<_> = regular.iter().map(|known| known.ex_date).collect();
                for mut expected in expected.into_iter().filter(|expected| !expected.is_among(&days)) {
                    // What was declared is the newest amount.
                    let newest = regular.iter().rfind(|known| known.ex_date < expected.ex_date);
                    if let Some(known) = newest {
                        (expected.per_unit, expected.currency) = (known.per_unit, known.currency);
                    }
                    coming.push(self.estimate(&expected));
                }
                Ok(coming)
            }
            Err(reason) => Err((coming, reason)),
        }
    }

    fn declared(&self, dividend: &CashDividend, history: &DividendHistory) -> ComingDividend {
        let currency = dividend.currency.unwrap_or(self.position.currency);
        let day = dividend.ex_date;
        let is_special = history.would_be_special(day, dividend.amount, currency);
        self.dividend([day; 3], (dividend.amount, currency), (false, is_special))
    }

    fn estimate(&self, expected: &forecast::Expected) -> ComingDividend {
        let days = [expected.earliest, expected.ex_date, expected.latest];
        self.dividend(days, (expected.per_unit, expected.currency), (true, false))
    }

    fn dividend(
        &self,
        [earliest, ex_date, latest]: [NaiveDate; 3],
        (per_unit, currency): (Decimal, Currency),
        (is_estimate, is_special): (bool, bool),
    ) -> ComingDividend {
        let (units, base) = (self.position.quantity, self.books.options().base);
        let rate = self.market.rates().on(currency, base, self.books.as_of());
        let amount = rate.and_then(|on| per_unit.times(units)?.times(on.rate));
        let symbol = self.position.symbol.clone();
        ComingDividend {
            symbol,
            ex_date,
            earliest,
            latest,
            is_estimate,
            is_special,
            per_unit,
            currency,
            units,
            amount,
        }
    }
}
