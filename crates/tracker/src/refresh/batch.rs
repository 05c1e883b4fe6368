//! One call for many instruments, and what is stored of its answer.

use std::collections::HashMap;

use bellwether_cache::freshness::observed_delay;
use bellwether_domain::{Exchange, InstrumentId, PriceSource, Quote, Symbol, from_epoch_day};
use bellwether_prices::{Batch, LoadBudget, OVERLAP_DAYS, Outcome, Overlap, RecentCloses, overlap};
use bellwether_storage::instruments::InstrumentFacts;
use bellwether_storage::prices::{PriceBatch, SourceCloses, WriteMode};
use bellwether_storage::{AnyConnection, StorageError, instruments, prices, quotes, upkeep};
use chrono::{Days, NaiveDate, TimeDelta};
use futures::future::try_join_all;

use super::needs::Need;
use super::units::{Units, units_of};
use super::{SILENT_FOR, Told};
use crate::sources::Sources;
use crate::{Tracker, TrackerError};

/// A price in other units than the stored history is a reason to fetch that again, unless it is younger than this.
const SURE_OF_UNITS_FOR: TimeDelta = TimeDelta::hours(1);
/// A price is compared with closes of so many days, the longest time for which a venue rests included.
const COMPARED_DAYS: u64 = 30;
/// Recent closes reach back so far.
const DAYS_OF_RECENT_CLOSES: u64 = 370;

/// What is stored of several instruments.
type Stored = HashMap<InstrumentId, Vec<SourceCloses>>;

impl Tracker {
    /// One call for up to twenty instruments.
    pub(super) async fn fetch_batch<'a>(
        &self,
        sources: &Sources,
        batch: &Batch,
        needs: &'a HashMap<Symbol, Need>,
        budget: &LoadBudget,
    ) -> Result<Vec<(&'a Need, Told)>, TrackerError> {
        let provider = sources.provider();
        let mut told = Vec::with_capacity(batch.symbols.len());
        let mut restated = Vec::new();
        if batch.recent_closes {
            let outcomes = provider.recent_closes(&batch.symbols, budget).await;
            sources.keep_gateways(self.storage()).await;
            let asked = outcomes.iter().filter_map(|(symbol, _)| needs.get(symbol));
            let stored = self.closes_of_days(asked, DAYS_OF_RECENT_CLOSES).await?;
            for (symbol, outcome) in outcomes {
                let Some(need) = needs.get(&symbol) else { continue };
                let mut told_here = self.told(&symbol, &outcome);
                if let Outcome::Answered(closes) = outcome {
                    let in_stored_units = match &closes.quote {
                        Some(quote) => self.may_take(need, quote, &stored, &mut restated),
                        None => true,
                    };
                    if !in_stored_units
                        || self.contradicts_others(need, &closes.source, closes.listing.currency()).await?
                    {
                        told_here = Told::Silence;
                    } else {
                        let sources = stored.get(&need.instrument.id).map_or(&[][..], Vec::as_slice);
                        self.store_recent(need, closes, sources).await?;
                    }
                }
                told.push((need, told_here));
            }
        } else {
            let mut quotes = Vec::new();
            let outcomes = provider.quotes(&batch.symbols, budget).await;
            sources.keep_gateways(self.storage()).await;
            let asked = outcomes.iter().filter_map(|(symbol, _)| needs.get(symbol));
            let stored = self.closes_of_days(asked, COMPARED_DAYS).await?;
            for (symbol, outcome) in outcomes {
                let Some(need) = needs.get(&symbol) else { continue };
                let mut told_here = self.told(&symbol, &outcome);
                if let Outcome::Answered(quote) = outcome {
                    if self.may_take(need, &quote, &stored, &mut restated) {
                        quotes.push((need.instrument.id, need.instrument.exchange, quote));
                    } else {
                        told_here = Told::Silence;
                    }
                }
                told.push((need, told_here));
            }
            self.storage()
                .write_repeatable(move |connection| {
                    let quotes = with_delays(connection, quotes)?;
                    quotes::upsert(connection, &quotes)
                })
                .await?;
        }
        if !restated.is_empty() {
            told.retain(|(need, _)| !restated.iter().any(|again: &&Need| again.symbol() == need.symbol()));
            let again = restated.into_iter().map(|need| self.fetch_one(sources, need, false, budget));
            told.extend(try_join_all(again).await?.into_iter().flatten());
        }
        Ok(told)
    }

    /// The closes of so many days until now, by source.
    async fn closes_of_days(
        &self,
        needs: impl Iterator<Item = &Need>,
        days: u64,
    ) -> Result<Stored, TrackerError> {
        let ids = needs.map(|need| need.instrument.id).collect();
        let today = self.today();
        let from = today.checked_sub_days(Days::new(days)).unwrap_or(today);
        Ok(self.storage().read_closes(ids, from, NaiveDate::MAX).await?)
    }

    /// Whether a price is in the units of its source's stored closes, by which shares are counted too. Otherwise the
    /// history joins `restated`, to be fetched in full before any price is taken.
    fn may_take<'a>(
        &self,
        need: &'a Need,
        quote: &Quote,
        stored: &Stored,
        restated: &mut Vec<&'a Need>,
    ) -> bool {
        let sources = stored.get(&need.instrument.id).map_or(&[][..], Vec::as_slice);
        let today = self.today();
        let from = today.checked_sub_days(Days::new(COMPARED_DAYS)).unwrap_or(today);
        let of_source = sources.iter().filter(|told| tells_like(&told.source, quote));
        let Some(closes) = of_source.map(|told| closes_of(told, from)).max_by_key(|closes| last_day(closes))
        else {
            return true;
        };
        let units = units_of(quote, &need.instrument, &closes);
        if units == Units::Stored {
            return true;
        }
        let (symbol, now) = (need.symbol(), self.clock().now());
        if need.instrument.history_fetched_at.is_some_and(|at| now - at < SURE_OF_UNITS_FOR) {
            if units == Units::Others {
                tracing::warn!(%symbol, "refresh.price_in_other_units");
                self.refresh_state().silence(symbol, now + SILENT_FOR);
            }
            return units == Units::Unclear;
        }
        tracing::info!(%symbol, ?units, "refresh.price_restated");
        self.refresh_state().set_restated(symbol, true);
        restated.push(need);
        false
    }

    async fn store_recent(
        &self,
        need: &Need,
        closes: RecentCloses,
        stored: &[SourceCloses],
    ) -> Result<(), TrackerError> {
        let (id, exchange) = (need.instrument.id, need.instrument.exchange);
        let is_rounded = closes.source == PriceSource::yahoo_spark();
        let full = if is_rounded { PriceSource::yahoo() } else { closes.source.clone() };
        let known = stored.iter().find(|told| told.source == full);
        let known = known.map(|told| closes_of(told, NaiveDate::MIN)).unwrap_or_default();
        let last = known.get(known.len().saturating_sub(OVERLAP_DAYS)..).unwrap_or_default();
        let continues =
            known.is_empty() || overlap(last, &closes.bars, closes.listing.rounding()) == Overlap::Append;
        let (bars, mode) = match (is_rounded, continues) {
            (true, _) => (closes.bars, WriteMode::Replace),
            // Its full history is stored under the same name, and a year must not take the place of it.
            (false, true) => (closes.bars, WriteMode::Merge),
            // Restated ones wait for the whole history, which is due.
            (false, false) => (Vec::new(), WriteMode::Merge),
        };
        let facts = InstrumentFacts {
            name: closes.listing.name.clone(),
            kind: Some(closes.listing.kind),
            currency: Some(closes.listing.currency()),
            ..InstrumentFacts::default()
        };
        let quote: Vec<_> = closes.quote.into_iter().map(|quote| (id, exchange, quote)).collect();
        let (batch, at) =
            (PriceBatch { instrument: id, source: closes.source, bars, mode }, closes.fetched_at);
        self.storage()
            .write_repeatable(move |connection| {
                instruments::learn(connection, &[(id, facts)])?;
                prices::write(connection, &[batch])?;
                upkeep::change(connection, id, |upkeep| {
                    upkeep.closes_fetched_at = Some(at);
                    upkeep.doubted_at = if continues { None } else { upkeep.doubted_at.or(Some(at)) };
                })?;
                let quote = with_delays(connection, quote)?;
                quotes::upsert(connection, &quote)
            })
            .await?;
        Ok(())
    }
}

/// Whether closes of a source are in the units of a quote: rounded ones are told with those that are not.
fn tells_like(source: &PriceSource, quote: &Quote) -> bool {
    source.name == quote.source
        || (*source == PriceSource::yahoo_spark() && quote.source == PriceSource::yahoo().name)
}

fn closes_of(told: &SourceCloses, from: NaiveDate) -> Vec<(NaiveDate, f64)> {
    let days = told.prices.days.iter().map(|day| from_epoch_day(*day));
    days.zip(told.prices.closes.iter().copied()).filter(|(day, _)| *day >= from).collect()
}

fn last_day(closes: &[(NaiveDate, f64)]) -> Option<NaiveDate> {
    closes.last().map(|(day, _)| *day)
}

/// The quotes with the delay of their venue, where the source does not tell it and their times show it.
pub(super) fn with_delays(
    connection: &mut AnyConnection,
    told: Vec<(InstrumentId, Exchange, Quote)>,
) -> Result<Vec<(InstrumentId, Quote)>, StorageError> {
    let ids: Vec<InstrumentId> = told.iter().map(|(id, ..)| *id).collect();
    let known = quotes::read(connection, &ids)?;
    let corrected = told.into_iter().map(|(id, exchange, mut quote)| {
        if quote.delay_minutes == 0 {
            let known = known.get(&id).map_or(0, |known| known.delay_minutes);
            quote.delay_minutes = observed_delay(exchange, quote.as_of, quote.fetched_at, known);
        }
        (id, quote)
    });
    Ok(corrected.collect())
}
