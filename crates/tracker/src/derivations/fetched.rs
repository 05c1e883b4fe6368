//! Who told the prices that a derivation ends in, and when they were fetched.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bellwether_domain::{Instrument, InstrumentId, PriceSource, PriceSourceName, Symbol, epoch_day};
use bellwether_portfolio::PriceOrigin;
use bellwether_portfolio::derivation::Source;
use bellwether_storage::prices::{self, SourceCloses};
use bellwether_storage::settings;
use chrono::{DateTime, NaiveDate, Utc};

use super::tree::{NodeShown, SourceShown};
use crate::refresh::history::{TELLERS, Tellers};
use crate::stored_market::{FIRST_PROVIDER_RANK, StoredMarket};
use crate::{Tracker, TrackerError};

impl Tracker {
    /// Says of each price and rate who told it, and when it was fetched.
    pub(super) async fn tell_when_fetched(
        &self,
        node: &mut NodeShown,
        market: &StoredMarket,
    ) -> Result<(), TrackerError> {
        let mut closes: BTreeSet<(NaiveDate, InstrumentId)> = BTreeSet::new();
        node.each(&mut |shown| {
            if let Some((symbol, day)) = close_of(shown)
                && let Some(instrument) = market.instruments.get(symbol)
            {
                closes.insert((day, instrument.id));
            }
        });
        let ids: Vec<InstrumentId> =
            closes.iter().map(|(_, id)| *id).collect::<BTreeSet<_>>().into_iter().collect();
        let span = closes.first().zip(closes.last()).map(|(first, last)| (first.0, last.0));
        let (told, tellers) = match span {
            None => (HashMap::new(), Tellers::default()),
            Some((from, to)) => {
                let read = self.storage().snapshot(move |connection| {
                    let told = prices::read_closes(connection, &ids, from, to)?;
                    Ok((told, settings::get(connection, TELLERS)?.unwrap_or_default()))
                });
                read.await?
            }
        };
        let known = Known { market, told: &told, tellers: &tellers };
        node.each(&mut |shown| known.tell(shown));
        Ok(())
    }
}

fn close_of(shown: &SourceShown) -> Option<(&Symbol, NaiveDate)> {
    match &shown.source {
        Source::Price { symbol, day, origin: PriceOrigin::Close, .. } => Some((symbol, *day)),
        _ => None,
    }
}

struct Known<'a> {
    market: &'a StoredMarket,
    told: &'a HashMap<InstrumentId, Vec<SourceCloses>>,
    tellers: &'a Tellers,
}

impl Known<'_> {
    fn tell(&self, shown: &mut SourceShown) {
        let (told_by, fetched_at) = match &shown.source {
            Source::Price { symbol, day, origin: PriceOrigin::Close, .. } => self.of_close(symbol, *day),
            Source::Price { symbol, origin: PriceOrigin::Quote, source, .. } => {
                let latest = self.market.market.instrument(symbol).and_then(|known| known.latest());
                (source.clone(), latest.map(|latest| latest.quote.fetched_at))
            }
            // A rate that was crossed through another currency is no one's.
            Source::ExchangeRate { from, to, .. } => {
                let pairs = [Symbol::of_pair(*from, *to), Symbol::of_pair(*to, *from)];
                let known = pairs.iter().flatten().find_map(|pair| self.market.instruments.get(pair));
                (None, known.and_then(|pair| pair.history_fetched_at))
            }
            _ => (None, None),
        };
        (shown.told_by, shown.fetched_at) = (told_by, fetched_at);
    }

    /// The best ranked source of the day tells it, as in the market.
    fn of_close(&self, symbol: &Symbol, day: NaiveDate) -> (Option<PriceSourceName>, Option<DateTime<Utc>>) {
        let Some(instrument) = self.market.instruments.get(symbol) else { return (None, None) };
        let told = self.told.get(&instrument.id).into_iter().flatten();
        let best = told
            .filter(|told| told.prices.days.binary_search(&epoch_day(day)).is_ok())
            .min_by_key(|told| (told.source.rank(), &told.source.name));
        let Some(best) = best else { return (None, None) };
        (Some(best.source.name.clone()), self.fetched(instrument, &best.source))
    }

    fn fetched(&self, instrument: &Instrument, source: &PriceSource) -> Option<DateTime<Utc>> {
        if source.rank() < FIRST_PROVIDER_RANK {
            return None;
        }
        let tellers: Option<&BTreeMap<_, _>> = self.tellers.get(&instrument.symbol);
        match tellers {
            Some(tellers) => tellers.get(&source.name).copied(),
            None => instrument.history_fetched_at.filter(|_| *source == PriceSource::yahoo()),
        }
    }
}
