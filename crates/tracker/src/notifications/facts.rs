//! What is looked at to find what people asked to be told.

use std::collections::BTreeMap;

use bellwether_cache::freshness::Teller;
use bellwether_domain::{Currency, Portfolio, Symbol};
use bellwether_portfolio::{
    Books, Figure, IncomeKind, LedgerError, Options, Period, PortfolioSeries, Report, Subject,
    current_drawdown, performance,
};
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use rust_decimal::Decimal;

use super::happening::Week;
use crate::compute::replay;
use crate::import::HOME_EXCHANGE;
use crate::stored_market::StoredMarket;
use crate::{Tracker, TrackerError};

/// Dividends are told until so many days after they were paid.
const DIVIDENDS_FOR_DAYS: u64 = 7;
/// The week is told from this hour of Saturday on.
const WEEK_TOLD_AT_HOUR: u32 = 9;

/// A portfolio's books and prices at the end of a day.
pub(super) struct Look {
    books: Books,
    market: StoredMarket,
}

/// A dividend as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dividend {
    pub(super) symbol: Symbol,
    pub(super) date: NaiveDate,
    pub(super) net: Decimal,
    pub(super) currency: Currency,
    pub(super) inferred: bool,
}

impl Tracker {
    /// What is found in a portfolio's books of a day, which is looked for on the threads for calculations; `None` when
    /// the ledger is empty or contradicts itself.
    pub(super) async fn find_in_books<T: Send + 'static>(
        &self,
        portfolio: &Portfolio,
        as_of: NaiveDate,
        find: impl FnOnce(&Look) -> T + Send + 'static,
    ) -> Result<Option<T>, TrackerError> {
        let transactions = self.ledger(portfolio.id).await?;
        if transactions.is_empty() {
            return Ok(None);
        }
        let market = self.stored_market(portfolio, &transactions, &[], as_of).await?;
        let options = Options::of(portfolio);
        let look = move || -> Result<T, LedgerError> {
            let books = replay(&transactions, &market.market, options, as_of)?;
            Ok(find(&Look { books, market }))
        };
        Ok(self.compute(look).await.ok())
    }
}

impl Look {
    /// How far the portfolio is below its highest point, by its time-weighted return: 0.1 is 10 %.
    pub(super) fn depth(&self) -> Figure<f64> {
        let market = &self.market.market;
        let series = PortfolioSeries::new(&self.books, market);
        let returns = Report::new(&self.books, market, &series).returns;
        Ok(-current_drawdown(&returns.time_weighted?.index)?)
    }

    /// What was received from a day on, each symbol's of a day together, no longer than a week after.
    pub(super) fn dividends(&self, since: NaiveDate, today: NaiveDate) -> Vec<Dividend> {
        let first = today.checked_sub_days(Days::new(DIVIDENDS_FOR_DAYS)).map_or(since, |day| day.max(since));
        let mut found: BTreeMap<(NaiveDate, Symbol), Dividend> = BTreeMap::new();
        for income in self.books.income() {
            let (Some(symbol), Ok(net)) = (&income.symbol, income.net()) else { continue };
            if income.kind != IncomeKind::Dividend || income.date < first || income.date > today {
                continue;
            }
            let dividend = Dividend {
                symbol: symbol.clone(),
                date: income.date,
                net,
                currency: income.currency,
                inferred: income.is_inferred(),
            };
            found
                .entry((income.date, symbol.clone()))
                .and_modify(|known| {
                    if known.currency == income.currency
                        && let Some(sum) = known.net.checked_add(net)
                    {
                        known.net = sum;
                    }
                })
                .or_insert(dividend);
        }
        found.into_values().collect()
    }

    /// What is held and lacks a close whose session ended more than so many hours ago. What people price themselves
    /// is theirs to price again.
    pub(super) fn stale(&self, hours: Decimal, now: DateTime<Utc>) -> Vec<Symbol> {
        let seconds = (hours * Decimal::from(3_600)).round().try_into().unwrap_or(i64::MAX / 1_000);
        let limit = TimeDelta::seconds(seconds);
        let held = self.books.positions().iter().filter(|position| position.is_open());
        held.map(|position| &position.symbol)
            .filter(|symbol| {
                let Some(state) = self.market.price_states.get(*symbol) else { return false };
                let exchange = state.exchange;
                let missing = exchange.next_trading_day(exchange.local_date(state.as_of));
                let closed = exchange.session(missing).map(|session| session.closes);
                state.teller != Teller::User && closed.is_some_and(|closed| now - closed > limit)
            })
            .cloned()
            .collect()
    }

    /// What the week to a day brought; `None` when nothing was booked by then.
    pub(super) fn week(&self, until: NaiveDate) -> Option<Week> {
        let before = until.checked_sub_days(Days::new(7))?;
        let begins = self.books.first_day()?.pred_opt()?.max(before);
        let period = Period::new(begins, until).ok()?;
        let told = performance(&Subject::portfolio(&self.books), &self.market.market, period);
        Some(Week {
            until,
            base: told.base,
            value: told.closing,
            gain: told.gain,
            rate: told.returns.time_weighted.map(|linked| linked.total),
            paid_in: told.flows.net,
            dividends: told.parts.income.dividends_net,
        })
    }
}

/// The last Friday of which a week is to be told, and since when it is.
pub(super) fn last_week(now: DateTime<Utc>) -> Option<(NaiveDate, DateTime<Utc>)> {
    let zone = HOME_EXCHANGE.zone();
    let today = now.with_timezone(&zone).date_naive();
    let since_saturday = (today.weekday().num_days_from_sunday() + 1) % 7;
    let saturday = today.checked_sub_days(Days::new(since_saturday.into()))?;
    let hour = NaiveTime::from_hms_opt(WEEK_TOLD_AT_HOUR, 0, 0)?;
    [saturday, saturday.checked_sub_days(Days::new(7))?].into_iter().find_map(|saturday| {
        let due = zone.from_local_datetime(&saturday.and_time(hour)).earliest()?.with_timezone(&Utc);
        (due <= now).then_some((saturday.pred_opt()?, due))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_is_told_from_saturday_morning_on() {
        let told = |now: &str| {
            let now: DateTime<Utc> = now.parse().expect("an instant");
            last_week(now).map(|(friday, due)| (friday.to_string(), due.format("%d %H:%M").to_string()))
        };
        let week = |friday: &str, due: &str| Some((friday.to_owned(), due.to_owned()));
        // Saturday 21 November 2026, 09:00 in New York is 14:00Z.
        assert_eq!(told("2026-11-21T13:59:59Z"), week("2026-11-13", "14 14:00"));
        assert_eq!(told("2026-11-21T14:00:00Z"), week("2026-11-20", "21 14:00"));
        assert_eq!(told("2026-11-23T15:00:00Z"), week("2026-11-20", "21 14:00"));
        assert_eq!(told("2026-11-27T23:00:00Z"), week("2026-11-20", "21 14:00"));
        // In summer 09:00 is 13:00Z.
        assert_eq!(told("2026-07-06T12:00:00Z"), week("2026-07-03", "04 13:00"));
    }
}
