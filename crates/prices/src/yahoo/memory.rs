//! What is remembered of symbols, so that nothing is asked that was answered already.

use std::collections::BTreeMap;

use bellwether_domain::{Currency, QuoteUnit, Symbol};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::Known;
use crate::{NotAnswered, Outcome};

/// All that a provider learnt of symbols and that is worth keeping over a restart. No prices and no secrets.
///
/// Plain data: read it with [`Yahoo::memory`](crate::Yahoo::memory), store it as JSON, and give it back with
/// [`Yahoo::recall`](crate::Yahoo::recall).
///
/// ```
/// use bellwether_prices::yahoo::Memory;
///
/// let stored = r#"{"VOD.L":{"known":{"currency":"GBP","units-in-one":100,"zone":"Europe/London"}}}"#;
/// let memory: Memory = serde_json::from_str(stored).unwrap();
/// let known = memory.of(&"VOD.L".parse().unwrap()).known.unwrap();
/// assert_eq!(known.unit, "GBp".parse().unwrap());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Memory(BTreeMap<Symbol, Remembered>);

/// What is remembered of one symbol.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Remembered {
    /// Unit and zone, from the last answer that named them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known: Option<Known>,
    /// Since then it is told in another unit of its currency. Gone with the next answer in the known one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_unit: Option<OtherUnit>,
    /// The service said that there is no such symbol, or no more. Gone with the next price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub absence: Option<Absence>,
    /// Batches fail for its sake, as far as can be told. Gone with the next answer to a batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_batches: Option<Trouble>,
    /// Its charts fail. Gone with the next chart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_charts: Option<Trouble>,
}

/// Answers are in another unit of the same currency than before, and so suspect. What is told for a week and by no
/// answer contradicted is believed, because a listing may change its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct OtherUnit {
    /// How many of the units told make one of the currency.
    pub units_in_one: u32,
    /// When that was told first.
    pub since: DateTime<Utc>,
}

impl OtherUnit {
    const BELIEVED_AFTER: TimeDelta = TimeDelta::days(7);
}

/// The service says that there is nothing: asked again after a day, and after three such days once a week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Absence {
    /// Only the shell of a line is left, rather than nothing at all.
    pub delisted: bool,
    /// How many days in a row it was asked and said so.
    pub days: u32,
    /// Answered from memory until then.
    pub until: DateTime<Utc>,
}

/// Calls fail for the sake of one symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Trouble {
    /// How often it failed when asked alone. 0: it was in a batch that failed, and is not cleared yet.
    pub failures: u32,
    /// When that happened last.
    pub at: DateTime<Utc>,
}

/// Which kind of call, as troubles go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Batch,
    Chart,
}

impl Absence {
    const DAY: TimeDelta = TimeDelta::hours(24);
    const WEEK: TimeDelta = TimeDelta::days(7);
    /// After so many days it is asked once a week.
    const DAYS: u32 = 3;

    /// The same answer once more. Answers before the rest is over come from calls that were under way.
    fn again(before: Option<Self>, delisted: bool, now: DateTime<Utc>) -> Self {
        if let Some(before) = before.filter(|before| before.holds(now)) {
            return Self { delisted, ..before };
        }
        let days = before.map_or(0, |before| before.days).saturating_add(1);
        let rest = if days < Self::DAYS { Self::DAY } else { Self::WEEK };
        Self { delisted, days, until: now + rest }
    }

    /// A clock that was set back must not prolong it.
    fn holds(self, now: DateTime<Utc>) -> bool {
        now < self.until && self.until - now <= Self::WEEK
    }
}

impl Trouble {
    /// So often a symbol may fail alone before it is parked.
    const PATIENCE: u32 = 3;
    const PARKED_FOR: TimeDelta = TimeDelta::hours(24);

    /// Until when nobody asks.
    fn parked_until(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let until = self.at + Self::PARKED_FOR;
        (self.failures >= Self::PATIENCE && now < until && self.at <= now).then_some(until)
    }
}

impl Remembered {
    /// It gave prices, as far as is remembered, and nothing was said since.
    fn is_good(&self) -> bool {
        self.known.is_some() && self.absence.is_none()
    }

    fn trouble(&mut self, kind: Kind) -> &mut Option<Trouble> {
        match kind {
            Kind::Batch => &mut self.in_batches,
            Kind::Chart => &mut self.in_charts,
        }
    }

    fn parked_until(mut self, kind: Kind, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.trouble(kind).and_then(|trouble| trouble.parked_until(now))
    }
}

/// Symbols by how they are asked for in batches.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sorted {
    /// Nothing is held against them.
    pub(super) plain: Vec<Symbol>,
    /// There was nothing to be had of them. Together, so that the service can say that it knows none.
    pub(super) absent: Vec<Symbol>,
    /// One of them, or more, spoilt a batch.
    pub(super) doubtful: Vec<Symbol>,
    /// Each of them failed alone: nobody should share a call with one.
    pub(super) alone: Vec<Symbol>,
}

impl Memory {
    /// What is remembered of a symbol.
    pub fn of(&self, symbol: &Symbol) -> Remembered {
        self.0.get(symbol).copied().unwrap_or_default()
    }

    /// How many symbols something is remembered of.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Until when every question about the symbol is answered without a call.
    pub fn silent_until(&self, symbol: &Symbol, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let remembered = self.of(symbol);
        let absent = remembered.absence.filter(|absence| absence.holds(now)).map(|absence| absence.until);
        let parked = || {
            let [batches, charts] = [Kind::Batch, Kind::Chart].map(|kind| remembered.parked_until(kind, now));
            Some(batches?.min(charts?))
        };
        absent.or_else(parked)
    }

    /// The answer that needs no call.
    pub(super) fn answer<T>(&self, symbol: &Symbol, kind: Kind, now: DateTime<Utc>) -> Option<Outcome<T>> {
        let remembered = self.0.get(symbol)?;
        if let Some(absence) = remembered.absence.filter(|absence| absence.holds(now)) {
            return Some(if absence.delisted { Outcome::Delisted } else { Outcome::Unknown });
        }
        let until = remembered.parked_until(kind, now)?;
        Some(Outcome::NotAnswered(NotAnswered::Parked { until }))
    }

    pub(super) fn is_good(&self, symbol: &Symbol) -> bool {
        self.0.get(symbol).is_some_and(Remembered::is_good)
    }

    /// Sorts symbols, of which none is answered from memory; each group keeps the order.
    pub(super) fn sorted<'a>(&self, symbols: impl Iterator<Item = &'a Symbol>) -> Sorted {
        let mut sorted = Sorted::default();
        for symbol in symbols {
            let remembered = self.of(symbol);
            let group = match (remembered.in_batches.map(|trouble| trouble.failures), remembered.absence) {
                (Some(0), _) => &mut sorted.doubtful,
                (Some(_), _) => &mut sorted.alone,
                (None, Some(_)) => &mut sorted.absent,
                (None, None) => &mut sorted.plain,
            };
            group.push(symbol.clone());
        }
        sorted
    }

    /// The symbol was answered.
    pub(super) fn note_answer(&mut self, symbol: &Symbol, known: Known, kind: Kind) {
        let remembered = self.entry(symbol);
        remembered.known = Some(known);
        remembered.other_unit = None;
        remembered.absence = None;
        *remembered.trouble(kind) = None;
    }

    /// The symbol was told in another unit than the known one. After a week of that it is the known one.
    pub(super) fn note_other_unit(&mut self, symbol: &Symbol, units_in_one: u32, now: DateTime<Utc>) {
        let Some(remembered) = self.0.get_mut(symbol) else { return };
        let Some(known) = &mut remembered.known else { return };
        let before = remembered.other_unit.filter(|other| other.units_in_one == units_in_one);
        let since = before.map_or(now, |other| other.since.min(now));
        remembered.other_unit = if now - since < OtherUnit::BELIEVED_AFTER {
            Some(OtherUnit { units_in_one, since })
        } else {
            tracing::warn!(%symbol, units_in_one, "told for a week in another unit of its currency; believing it");
            known.unit.units_in_one = units_in_one;
            None
        };
    }

    /// The symbol was told in the known unit.
    pub(super) fn note_known_unit(&mut self, symbol: &Symbol) {
        if let Some(remembered) = self.0.get_mut(symbol) {
            remembered.other_unit = None;
        }
    }

    /// Forgets symbols that never gave a price and of which nobody was told anything for a week.
    pub(super) fn prune(&mut self, now: DateTime<Utc>) {
        self.0.retain(|_, remembered| {
            let Remembered { known, absence, in_batches, in_charts, .. } = remembered;
            let troubled = |trouble: &Trouble| now < trouble.at + Absence::WEEK;
            known.is_some()
                || absence.is_some_and(|absence| now < absence.until + Absence::WEEK)
                || in_batches.iter().chain(in_charts.iter()).any(troubled)
        });
    }

    /// The call was answered, whatever it says of the symbol.
    pub(super) fn note_clear(&mut self, symbol: &Symbol, kind: Kind) {
        if let Some(remembered) = self.0.get_mut(symbol) {
            *remembered.trouble(kind) = None;
        }
    }

    /// The service says that there is nothing.
    pub(super) fn note_absence(&mut self, symbol: &Symbol, delisted: bool, kind: Kind, now: DateTime<Utc>) {
        let remembered = self.entry(symbol);
        remembered.absence = Some(Absence::again(remembered.absence, delisted, now));
        *remembered.trouble(kind) = None;
    }

    /// The symbol was in a part of a batch that failed and could not be taken apart further.
    pub(super) fn note_doubt(&mut self, symbol: &Symbol, now: DateTime<Utc>) {
        self.entry(symbol).in_batches.get_or_insert(Trouble { failures: 0, at: now });
    }

    /// The symbol failed alone.
    pub(super) fn note_failure(&mut self, symbol: &Symbol, kind: Kind, now: DateTime<Utc>) {
        let trouble = self.entry(symbol).trouble(kind);
        let failures = trouble.map_or(0, |trouble| trouble.failures).saturating_add(1);
        *trouble = Some(Trouble { failures, at: now });
    }

    /// When the symbol failed alone last. A time to come is from before the clock was set back.
    pub(super) fn failed_at(&self, symbol: &Symbol, kind: Kind, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let trouble = self.of(symbol).trouble(kind).filter(|trouble| trouble.failures > 0)?;
        Some(trouble.at).filter(|at| *at <= now)
    }

    fn entry(&mut self, symbol: &Symbol) -> &mut Remembered {
        self.0.entry(symbol.clone()).or_default()
    }
}

/// [`Known`] as it is stored.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct StoredKnown {
    currency: Currency,
    units_in_one: u32,
    zone: String,
}

impl From<Known> for StoredKnown {
    fn from(known: Known) -> Self {
        let QuoteUnit { currency, units_in_one } = known.unit;
        Self { currency, units_in_one, zone: known.zone.name().to_owned() }
    }
}

impl TryFrom<StoredKnown> for Known {
    type Error = String;

    fn try_from(stored: StoredKnown) -> Result<Self, String> {
        if !matches!(stored.units_in_one, 1 | 100 | 1000) {
            return Err(format!("{} units in one are none of a currency", stored.units_in_one));
        }
        let unit = QuoteUnit { currency: stored.currency, units_in_one: stored.units_in_one };
        let zone = stored.zone.parse().map_err(|error| format!("{:?}: {error}", stored.zone))?;
        Ok(Self { unit, zone })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbol(text: &str) -> Symbol {
        text.parse().expect("a symbol")
    }

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
    }

    fn known() -> Known {
        Known { unit: "GBp".parse().expect("pence"), zone: chrono_tz::Europe::London }
    }

    #[test]
    fn what_is_unknown_is_asked_daily_and_after_three_days_weekly() {
        let (mut memory, gone) = (Memory::default(), symbol("GONE"));
        let mut asked = Vec::new();
        for hour in 0..24 * 30 {
            if memory.answer::<()>(&gone, Kind::Chart, at(hour)).is_none() {
                asked.push(hour / 24);
                memory.note_absence(&gone, false, Kind::Chart, at(hour));
            }
            assert_eq!(memory.answer::<()>(&gone, Kind::Batch, at(hour)), Some(Outcome::Unknown));
        }
        assert_eq!(asked, [0, 1, 2, 9, 16, 23]);
    }

    #[test]
    fn two_answers_of_one_day_count_once() {
        let (mut memory, gone) = (Memory::default(), symbol("GONE"));
        memory.note_absence(&gone, false, Kind::Chart, at(0));
        memory.note_absence(&gone, true, Kind::Batch, at(1));
        let absence = memory.of(&gone).absence.expect("an absence");
        assert_eq!(absence, Absence { delisted: true, days: 1, until: at(24) });
        assert_eq!(memory.silent_until(&gone, at(2)), Some(at(24)));
    }

    #[test]
    fn a_price_ends_an_absence_and_the_count_of_its_days() {
        let (mut memory, back) = (Memory::default(), symbol("BACK"));
        memory.note_absence(&back, false, Kind::Batch, at(0));
        memory.note_absence(&back, false, Kind::Batch, at(24));
        memory.note_answer(&back, known(), Kind::Batch);
        assert_eq!(memory.answer::<()>(&back, Kind::Batch, at(25)), None);
        memory.note_absence(&back, false, Kind::Batch, at(72));
        assert_eq!(memory.of(&back).absence.map(|absence| absence.days), Some(1));
    }

    #[test]
    fn three_failures_alone_park_a_symbol_for_a_day() {
        let (mut memory, bad) = (Memory::default(), symbol("BAD"));
        for hour in 0..3 {
            assert_eq!(memory.answer::<()>(&bad, Kind::Batch, at(hour)), None);
            memory.note_failure(&bad, Kind::Batch, at(hour));
        }
        let parked = Outcome::NotAnswered(NotAnswered::Parked { until: at(26) });
        assert_eq!(memory.answer::<()>(&bad, Kind::Batch, at(25)), Some(parked));
        assert_eq!(memory.answer::<()>(&bad, Kind::Chart, at(25)), None, "charts are another matter");
        assert_eq!(memory.silent_until(&bad, at(25)), None);
        assert_eq!(memory.answer::<()>(&bad, Kind::Batch, at(26)), None);
        memory.note_failure(&bad, Kind::Batch, at(26));
        assert!(memory.answer::<()>(&bad, Kind::Batch, at(27)).is_some(), "one more is enough");
        memory.note_answer(&bad, known(), Kind::Batch);
        memory.note_failure(&bad, Kind::Batch, at(28));
        assert_eq!(memory.answer::<()>(&bad, Kind::Batch, at(29)), None, "after an answer it starts over");
    }

    #[test]
    fn another_unit_is_believed_when_it_was_told_for_a_week_and_nothing_else() {
        let (mut memory, share) = (Memory::default(), symbol("VOD.L"));
        let unit = |memory: &Memory| memory.of(&share).known.expect("known").unit.units_in_one;
        memory.note_answer(&share, known(), Kind::Batch);
        memory.note_other_unit(&share, 1, at(0));
        memory.note_other_unit(&share, 1, at(24 * 6));
        memory.note_known_unit(&share);
        memory.note_other_unit(&share, 1, at(24 * 7));
        memory.note_other_unit(&share, 1_000, at(24 * 8));
        memory.note_other_unit(&share, 1, at(24 * 9));
        memory.note_other_unit(&share, 1, at(24 * 16 - 1));
        assert_eq!(unit(&memory), 100);
        assert_eq!(memory.of(&share).other_unit, Some(OtherUnit { units_in_one: 1, since: at(24 * 9) }));
        memory.note_other_unit(&share, 1, at(24 * 16));
        assert_eq!((unit(&memory), memory.of(&share).other_unit), (1, None));
    }

    #[test]
    fn what_never_had_a_price_is_forgotten_when_nobody_asks_for_weeks() {
        let mut memory = Memory::default();
        memory.note_answer(&symbol("GOOD"), known(), Kind::Batch);
        memory.note_absence(&symbol("GONE"), false, Kind::Batch, at(0));
        memory.note_failure(&symbol("BAD"), Kind::Chart, at(0));
        memory.note_doubt(&symbol("SHY"), at(24 * 2));
        memory.prune(at(24 * 7));
        assert_eq!(memory.len(), 3);
        memory.prune(at(24 * 8 - 1));
        assert_eq!(memory.len(), 3);
        memory.prune(at(24 * 9));
        assert_eq!((memory.len(), memory.is_good(&symbol("GOOD"))), (1, true));
    }

    #[test]
    fn suspects_are_kept_apart() {
        let mut memory = Memory::default();
        memory.note_doubt(&symbol("D1"), at(0));
        memory.note_failure(&symbol("A1"), Kind::Batch, at(0));
        memory.note_doubt(&symbol("A1"), at(0));
        memory.note_failure(&symbol("C1"), Kind::Chart, at(0));
        memory.note_absence(&symbol("U1"), false, Kind::Batch, at(0));
        let symbols = ["A1", "S1", "D1", "C1", "U1"].map(symbol);
        let sorted = memory.sorted(symbols.iter());
        assert_eq!(sorted.plain, [symbol("S1"), symbol("C1")]);
        assert_eq!(
            (sorted.absent, sorted.doubtful, sorted.alone),
            (vec![symbol("U1")], vec![symbol("D1")], vec![symbol("A1")])
        );
    }

    #[test]
    fn a_clock_that_was_set_back_prolongs_nothing() {
        let (mut memory, gone) = (Memory::default(), symbol("GONE"));
        memory.note_absence(&gone, false, Kind::Batch, at(24 * 100));
        for hour in 0..3 {
            memory.note_failure(&symbol("BAD"), Kind::Batch, at(24 * 100 + hour));
        }
        assert_eq!(memory.silent_until(&gone, at(0)), None);
        assert_eq!(memory.answer::<()>(&symbol("BAD"), Kind::Batch, at(0)), None);
        assert_eq!(memory.failed_at(&symbol("BAD"), Kind::Batch, at(0)), None);
    }

    #[test]
    fn a_memory_survives_as_text() {
        let mut memory = Memory::default();
        memory.note_answer(&symbol("VOD.L"), known(), Kind::Batch);
        memory.note_absence(&symbol("GONE"), true, Kind::Chart, at(1));
        memory.note_failure(&symbol("BAD"), Kind::Chart, at(2));
        let text = serde_json::to_string(&memory).expect("json");
        assert_eq!(serde_json::from_str::<Memory>(&text).expect("a memory"), memory);
        let of_units = |units: u32| {
            let text =
                format!(r#"{{"X":{{"known":{{"currency":"GBP","units-in-one":{units},"zone":"UTC"}}}}}}"#);
            serde_json::from_str::<Memory>(&text)
        };
        assert!(of_units(100).is_ok() && of_units(0).is_err());
    }
}
