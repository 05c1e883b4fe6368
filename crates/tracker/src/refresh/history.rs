//! Daily history of one instrument into the database, without ever mixing units.

use std::collections::{BTreeMap, HashMap};

use bellwether_domain::{
    ActionKind, CorporateAction, Currency, DailyBar, Instrument, InstrumentId, PriceSource, PriceSourceName,
    Split, Symbol,
};
use bellwether_prices::upkeep::expected_ex_date;
use bellwether_prices::{History, LoadBudget, Outcome, Overlap, Provider, overlap};
use bellwether_storage::actions::ActionBatch;
use bellwether_storage::instruments::InstrumentFacts;
use bellwether_storage::prices::{PriceBatch, WriteMode};
use bellwether_storage::upkeep::Upkeep;
use bellwether_storage::{
    AnyConnection, StorageError, actions, instruments, prices, quotes, settings, upkeep,
};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};

use super::batch::with_delays;
use super::needs::{HISTORY_FROM, Need};
use super::units::in_one_unit;
use super::{Told, UNKNOWN_FOR};
use crate::stored_market::FIRST_PROVIDER_RANK;
use crate::{Tracker, TrackerError};

/// The setting that remembers when each source last told the history of an instrument that not only the main one
/// tells.
pub(crate) const TELLERS: &str = "history-tellers";

/// What [`TELLERS`] holds.
pub(crate) type Tellers = HashMap<Symbol, BTreeMap<PriceSourceName, DateTime<Utc>>>;

/// A refresh fetches so many days again, to see whether the source restated them.
const OVERLAP_DAYS: u64 = 12;
/// So long nobody is asked for a symbol whose history contradicts the stored one.
pub(crate) const CONTRADICTED_FOR: TimeDelta = TimeDelta::hours(1);

impl Tracker {
    /// Fetches the days that are missing; in full when they are the first, when the source restated its history, or
    /// when the `whole` of it is asked for.
    pub(super) async fn fetch_history(
        &self,
        provider: &dyn Provider,
        need: &Need,
        whole: bool,
        budget: &LoadBudget,
    ) -> Result<Told, TrackerError> {
        let symbol = need.symbol();
        let id = need.instrument.id;
        let expected = provider.source_of(symbol);
        let mut stored = match &expected {
            Some(source) => self.stored_closes(id, source).await?,
            None => Vec::new(),
        };
        let in_full = whole || need.whole || self.refresh_state().is_restated(symbol);
        let known = stored.last().map(|(day, _)| *day).filter(|_| !in_full);
        let Some(last) = known else {
            return self.fetch_in_full(provider, need, &stored, budget).await;
        };
        let since = last.checked_sub_days(Days::new(OVERLAP_DAYS)).unwrap_or(last);
        let outcome = provider.history(symbol, since, budget).await;
        let Outcome::Answered(history) = outcome else { return Ok(self.told(symbol, &outcome)) };
        if expected.as_ref() != Some(&history.source) {
            // Another stood in: its days continue its own, or begin a history of their own.
            stored = self.stored_closes(id, &history.source).await?;
        }
        if overlap(&stored, &history.bars, 0.0) == Overlap::Append {
            return self.write(need, history, WriteMode::Merge, false).await;
        }
        tracing::info!(%symbol, "refresh.history_restated");
        self.fetch_in_full(provider, need, &stored, budget).await
    }

    /// All that is stored may be restated, which may reach back further than what is needed today.
    async fn fetch_in_full(
        &self,
        provider: &dyn Provider,
        need: &Need,
        stored: &[(NaiveDate, f64)],
        budget: &LoadBudget,
    ) -> Result<Told, TrackerError> {
        let from = stored.first().map_or(need.from, |(first, _)| need.from.min(*first));
        let outcome = provider.history(need.symbol(), from, budget).await;
        if matches!(outcome, Outcome::Answered(_)) {
            self.refresh_state().set_restated(need.symbol(), false);
        }
        self.keep(need, outcome).await
    }

    /// Stores a full history, unless that would mix units with what is stored of its source.
    async fn keep(&self, need: &Need, outcome: Outcome<History>) -> Result<Told, TrackerError> {
        let told = self.told(need.symbol(), &outcome);
        let Outcome::Answered(mut history) = outcome else { return Ok(told) };
        let id = need.instrument.id;
        let stored = self.stored_bars(id, &history.source).await?;
        // Not every source tells splits.
        let known = self.storage().read_actions(vec![id]).await?.remove(&id).unwrap_or_default();
        let known = known.iter().flat_map(|told| &told.actions).filter_map(|action| match action.kind {
            ActionKind::Split(ratio) => Some(Split { ex_date: action.ex_date, ratio }),
            _ => None,
        });
        let mut splits: Vec<Split> = history.splits.clone();
        for split in known {
            if !splits.contains(&split) {
                splits.push(split);
            }
        }
        let Some((bars, mode)) = in_one_unit(&stored, &history.bars, &splits) else {
            tracing::warn!(symbol = %need.symbol(), source = %history.source.name, "refresh.history_contradicts_stored");
            let now = self.clock().now();
            self.refresh_state().silence(need.symbol(), now + CONTRADICTED_FOR);
            let refused = move |upkeep: &mut Upkeep| {
                upkeep.refused_since = upkeep.refused_since.or(Some(now));
                upkeep.refused_at = Some(now);
            };
            self.storage().change_upkeep(id, refused).await?;
            return Ok(Told::Silence);
        };
        let corrected = stored.iter().filter(|bar| !bar.provisional && is_told_anew(bar, &bars)).count();
        if corrected > 0 {
            tracing::info!(symbol = %need.symbol(), days = corrected, "refresh.history_corrected");
        }
        history.bars = bars;
        self.write(need, history, mode, true).await
    }

    /// Whether a source tells prices in another currency than another provider did. They would be read as if they were
    /// in one.
    pub(super) async fn contradicts_others(
        &self,
        need: &Need,
        source: &PriceSource,
        currency: Currency,
    ) -> Result<bool, TrackerError> {
        let instrument = &need.instrument;
        if instrument.currency.is_none_or(|known| known == currency) {
            return Ok(false);
        }
        // What the user told gives way, as it always did; rounded closes only fill gaps until the full ones are there.
        let is_another = |told: &PriceSource| {
            told != source && told.rank() >= FIRST_PROVIDER_RANK && *told != PriceSource::yahoo_spark()
        };
        let stored = self.storage().coverage(instrument.id).await?;
        let contradicts = stored.iter().any(|covered| is_another(&covered.source));
        if contradicts {
            tracing::warn!(symbol = %need.symbol(), source = %source.name, %currency, "refresh.other_currency");
            self.refresh_state().silence(need.symbol(), self.clock().now() + UNKNOWN_FOR);
        }
        Ok(contradicts)
    }

    /// The closes that a source told of days that were over by then.
    pub(super) async fn stored_closes(
        &self,
        id: InstrumentId,
        source: &PriceSource,
    ) -> Result<Vec<(NaiveDate, f64)>, TrackerError> {
        let bars = self.stored_bars(id, source).await?;
        Ok(bars.iter().filter(|bar| !bar.provisional).map(|bar| (bar.date, bar.close)).collect())
    }

    async fn stored_bars(
        &self,
        id: InstrumentId,
        source: &PriceSource,
    ) -> Result<Vec<DailyBar>, TrackerError> {
        let stored = self.storage().read_bars(id, NaiveDate::MIN, NaiveDate::MAX).await?;
        Ok(stored.into_iter().find(|told| told.source == *source).map(|told| told.bars).unwrap_or_default())
    }

    /// Bars, events, quote and facts in one database transaction: no reader sees one without the other.
    async fn write(
        &self,
        need: &Need,
        history: History,
        mode: WriteMode,
        whole: bool,
    ) -> Result<Told, TrackerError> {
        if self.contradicts_others(need, &history.source, history.listing.currency()).await? {
            return Ok(Told::Silence);
        }
        let (instrument, from, now) = (need.instrument.clone(), need.from, self.clock().now());
        self.storage()
            .write_repeatable(move |connection| {
                remember(connection, instrument.id, &history, whole)?;
                store(connection, &instrument, from, history, mode, now)
            })
            .await?;
        self.kept_memory().forget();
        Ok(Told::News)
    }
}

/// Whether a day's close is another in these bars, days ascending.
fn is_told_anew(stored: &DailyBar, bars: &[DailyBar]) -> bool {
    let told = bars.binary_search_by_key(&stored.date, |bar| bar.date).ok().and_then(|at| bars.get(at));
    told.is_some_and(|told| told.close.total_cmp(&stored.close).is_ne())
}

fn store(
    connection: &mut AnyConnection,
    instrument: &Instrument,
    from: NaiveDate,
    history: History,
    mode: WriteMode,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let (id, symbol) = (instrument.id, instrument.symbol.clone());
    remember_teller(connection, instrument, &history, now)?;
    let facts = InstrumentFacts {
        name: history.listing.name.clone(),
        kind: Some(history.listing.kind),
        currency: Some(history.listing.currency()),
        exchange: None,
        history_fetched_at: Some(history.fetched_at),
    };
    instruments::learn(connection, &[(id, facts)])?;
    let actions = events(&symbol, &history);
    let source = history.source;
    actions::upsert(connection, &[ActionBatch { instrument: id, source: source.clone(), actions }])?;
    prices::write(connection, &[PriceBatch { instrument: id, source, bars: history.bars, mode }])?;
    let quote = history.quote.into_iter().map(|quote| (id, instrument.exchange, quote)).collect();
    let quote = with_delays(connection, quote)?;
    quotes::upsert(connection, &quote)?;
    let asked: HashMap<Symbol, NaiveDate> = settings::get(connection, HISTORY_FROM)?.unwrap_or_default();
    if asked.get(&symbol).is_none_or(|known| *known > from) {
        settings::change(connection, HISTORY_FROM, now, |asked: &mut HashMap<Symbol, NaiveDate>| {
            asked.entry(symbol).and_modify(|known| *known = from.min(*known)).or_insert(from);
        })?;
    }
    Ok(())
}

/// What keeping the history fresh goes by.
fn remember(
    connection: &mut AnyConnection,
    id: InstrumentId,
    history: &History,
    whole: bool,
) -> Result<(), StorageError> {
    let at = Some(history.fetched_at);
    let mut ex_dates: Vec<NaiveDate> = history.dividends.iter().map(|paid| paid.ex_date).collect();
    if !whole {
        let known = actions::read(connection, &[id])?.remove(&id).unwrap_or_default();
        let known = known.iter().flat_map(|told| &told.actions);
        ex_dates.extend(
            known
                .filter(|action| matches!(action.kind, ActionKind::CashDividend { .. }))
                .map(|action| action.ex_date),
        );
    }
    ex_dates.sort_unstable();
    ex_dates.dedup();
    upkeep::change(connection, id, |upkeep| {
        upkeep.closes_fetched_at = at;
        upkeep.ex_date = expected_ex_date(&ex_dates);
        if whole {
            upkeep.verified_at = at;
            (upkeep.doubted_at, upkeep.refused_since, upkeep.refused_at) = (None, None, None);
        }
    })
}

/// Keeps for each source when it told an instrument's history, once there is more than one.
fn remember_teller(
    connection: &mut AnyConnection,
    instrument: &Instrument,
    history: &History,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let tellers: Tellers = settings::get(connection, TELLERS)?.unwrap_or_default();
    let main = PriceSource::yahoo().name;
    if history.source.name == main && !tellers.contains_key(&instrument.symbol) {
        return Ok(());
    }
    settings::change(connection, TELLERS, now, |tellers: &mut Tellers| {
        let told = tellers.entry(instrument.symbol.clone()).or_insert_with(|| {
            // Until now it was the only one.
            instrument.history_fetched_at.map(|at| (main, at)).into_iter().collect()
        });
        told.insert(history.source.name.clone(), history.fetched_at);
    })
}

fn events(symbol: &Symbol, history: &History) -> Vec<CorporateAction> {
    let action = |ex_date, kind| CorporateAction { symbol: symbol.clone(), ex_date, kind };
    let splits = history.splits.iter().map(|split| action(split.ex_date, ActionKind::Split(split.ratio)));
    let dividends = history.dividends.iter().map(|paid| {
        action(paid.ex_date, ActionKind::CashDividend { amount: paid.amount, currency: paid.currency })
    });
    let gains = history
        .capital_gains
        .iter()
        .map(|paid| action(paid.ex_date, ActionKind::CapitalGain { amount: paid.amount }));
    splits.chain(dividends).chain(gains).collect()
}

#[cfg(test)]
mod tests;
