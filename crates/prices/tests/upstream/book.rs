//! A book of prices in memory: what a program that uses this crate stores, reads and asks for.

use std::collections::BTreeMap;

use bellwether_domain::calendar::MarketStatus;
use bellwether_domain::{Exchange, InstrumentKind, Quote, Symbol};
use bellwether_prices::upkeep::{Kept, QuoteAge, Round, expected_ex_date};
use bellwether_prices::{
    History, LoadBudget, NotAnswered, OVERLAP_DAYS, Outcome, Overlap, Plan, Provider, RecentCloses, Wanted,
    overlap,
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use futures::future::{join_all, join3};
use serde::{Deserialize, Serialize};

/// All that is stored.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Book {
    /// Where histories begin.
    pub from: NaiveDate,
    pub lines: BTreeMap<Symbol, Line>,
}

/// What is stored of one symbol.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Line {
    pub exchange: Exchange,
    pub kind: InstrumentKind,
    pub quote: Option<Quote>,
    pub good_until: DateTime<Utc>,
    /// Final ones, days ascending.
    pub closes: Vec<(NaiveDate, f64)>,
    pub closes_fetched_at: Option<DateTime<Utc>>,
    pub verified_at: Option<DateTime<Utc>>,
    /// Whether the closes fetched since then continued the stored ones.
    #[serde(skip)]
    pub overlap: Option<Overlap>,
    pub ex_dates: Vec<NaiveDate>,
    /// The one that is expected next.
    pub ex_date: Option<NaiveDate>,
    /// So often in a row there was no word of it.
    pub silences: u32,
    pub rests_until: Option<DateTime<Utc>>,
}

/// How somebody who asked for a price was served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Read {
    /// At once, with a price within its time to live.
    Fresh,
    /// At once, with an older one.
    Stale,
    /// There is none, and nobody can give one.
    Error,
    /// There is none yet: a load has to bring it.
    Absent,
}

/// How many were served how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Reads {
    pub fresh: u64,
    pub stale: u64,
    pub errors: u64,
    pub waited: u64,
}

impl Reads {
    pub(crate) fn count(&mut self, read: Read) {
        match read {
            Read::Fresh => self.fresh += 1,
            Read::Stale => self.stale += 1,
            Read::Error => self.errors += 1,
            Read::Absent => self.waited += 1,
        }
    }

    pub(crate) fn all(&self) -> u64 {
        self.fresh + self.stale + self.errors + self.waited
    }

    pub(crate) fn percent(&self, part: u64) -> f64 {
        100.0 * part as f64 / self.all().max(1) as f64
    }

    /// Share of those who had a price without waiting.
    pub(crate) fn at_once(&self) -> f64 {
        self.percent(self.fresh + self.stale)
    }
}

impl Book {
    /// Of these symbols, with nothing known of them.
    pub(crate) fn empty(symbols: impl IntoIterator<Item = Symbol>, from: NaiveDate) -> Self {
        let line = |symbol: Symbol| {
            let line = Line {
                exchange: Exchange::of(&symbol),
                kind: InstrumentKind::Equity,
                quote: None,
                good_until: DateTime::<Utc>::MIN_UTC,
                closes: Vec::new(),
                closes_fetched_at: None,
                verified_at: None,
                overlap: None,
                ex_dates: Vec::new(),
                ex_date: None,
                silences: 0,
                rests_until: None,
            };
            (symbol, line)
        };
        Self { from, lines: symbols.into_iter().map(line).collect() }
    }

    /// What a load has to bring.
    pub(crate) fn wanted(&self, now: DateTime<Utc>) -> Vec<Wanted> {
        let due = |line: &Line| line.verified_at.is_none() || line.quote.is_none() || line.good_until <= now;
        self.lines
            .iter()
            .filter(|(_, line)| due(line) && line.rests_until.is_none_or(|until| until <= now))
            .map(|(symbol, line)| Wanted {
                symbol: symbol.clone(),
                needs_history: line.verified_at.is_none(),
                expires: line.quote.as_ref().map(|_| line.good_until),
            })
            .collect()
    }

    /// What upkeep is planned by.
    pub(crate) fn kept(&self) -> Vec<Kept> {
        let age = |line: &Line| {
            let fetched_at = line.quote.as_ref()?.fetched_at;
            Some(QuoteAge { fetched_at, good_until: line.good_until })
        };
        let kept = |(symbol, line): (&Symbol, &Line)| Kept {
            symbol: symbol.clone(),
            exchange: line.exchange,
            kind: line.kind,
            quote: age(line),
            closes_fetched_at: line.closes_fetched_at,
            verified_at: line.verified_at,
            overlap: line.overlap,
            ex_date: line.ex_date,
            rests_until: line.rests_until,
        };
        self.lines.iter().map(kept).collect()
    }

    /// Makes the calls of a load's plan, all at once, and stores what comes of them.
    pub(crate) async fn load(
        &mut self,
        provider: &dyn Provider,
        load: &Plan,
        budget: &LoadBudget,
        now: DateTime<Utc>,
    ) {
        let from = self.from;
        let histories = load.histories.iter().map(|symbol| provider.history(symbol, from, budget));
        let year = load.batches.iter().filter(|batch| batch.recent_closes);
        let closes = year.map(|batch| provider.recent_closes(&batch.symbols, budget));
        let priced = load.batches.iter().filter(|batch| !batch.recent_closes);
        let priced: Vec<Symbol> = priced.flat_map(|batch| batch.symbols.iter().cloned()).collect();
        let (histories, closes, quotes) =
            join3(join_all(histories), join_all(closes), provider.quotes(&priced, budget)).await;
        for (symbol, outcome) in load.histories.iter().zip(histories) {
            self.take_history(symbol, outcome, now);
        }
        for (symbol, outcome) in closes.into_iter().flatten() {
            self.take_closes(&symbol, outcome, now);
        }
        for (symbol, outcome) in quotes {
            self.take_quote(&symbol, outcome, now);
        }
    }

    /// Makes the calls of a round of upkeep and stores what comes of them.
    pub(crate) async fn carry_out(
        &mut self,
        provider: &dyn Provider,
        round: &Round,
        now: DateTime<Utc>,
    ) -> LoadBudget {
        let budget = LoadBudget::background(round.calls() as u32 + LoadBudget::FEWEST_RETRIES);
        let from = self.from;
        let charts = round.charts.iter().map(|(symbol, _)| provider.history(symbol, from, &budget));
        let closes = provider.recent_closes(&round.closes, &budget);
        let quotes = provider.quotes(&round.quotes, &budget);
        let (charts, closes, quotes) = join3(join_all(charts), closes, quotes).await;
        for ((symbol, _), outcome) in round.charts.iter().zip(charts) {
            self.take_history(symbol, outcome, now);
        }
        for (symbol, outcome) in closes {
            self.take_closes(&symbol, outcome, now);
        }
        for (symbol, outcome) in quotes {
            self.take_quote(&symbol, outcome, now);
        }
        budget
    }

    /// Looks a price up, as a page does: nobody waits who can be served from here.
    pub(crate) fn read(&self, symbol: &Symbol, now: DateTime<Utc>) -> Read {
        match self.lines.get(symbol) {
            Some(Line { quote: Some(_), good_until, .. }) if now < *good_until => Read::Fresh,
            Some(Line { quote: Some(_), .. }) => Read::Stale,
            Some(Line { rests_until: Some(until), .. }) if now < *until => Read::Error,
            _ => Read::Absent,
        }
    }

    /// Looks all prices up.
    pub(crate) fn read_all(&self, now: DateTime<Utc>) -> Reads {
        let mut reads = Reads::default();
        self.lines.keys().for_each(|symbol| reads.count(self.read(symbol, now)));
        reads
    }

    pub(crate) fn take_quote(&mut self, symbol: &Symbol, outcome: Outcome<Quote>, now: DateTime<Utc>) {
        let Some(line) = self.lines.get_mut(symbol) else { return };
        if let Some(quote) = line.heard(outcome, now) {
            line.price(quote);
        }
    }

    pub(crate) fn take_closes(
        &mut self,
        symbol: &Symbol,
        outcome: Outcome<RecentCloses>,
        now: DateTime<Utc>,
    ) {
        let Some(line) = self.lines.get_mut(symbol) else { return };
        let Some(told) = line.heard(outcome, now) else { return };
        line.kind = told.listing.kind;
        line.closes_fetched_at = Some(told.fetched_at);
        if let Some(quote) = told.quote {
            line.price(quote);
        }
        let known = line.closes.get(line.closes.len().saturating_sub(OVERLAP_DAYS)..).unwrap_or_default();
        let verdict = match known.last() {
            Some(_) => overlap(known, &told.bars, told.listing.rounding()),
            None => Overlap::Append,
        };
        line.overlap = Some(verdict);
        if verdict == Overlap::Append {
            let last = line.closes.last().map(|(date, _)| *date);
            let new =
                told.bars.iter().filter(|bar| !bar.provisional && last.is_none_or(|last| bar.date > last));
            line.closes.extend(new.map(|bar| (bar.date, bar.close)));
        }
    }

    pub(crate) fn take_history(&mut self, symbol: &Symbol, outcome: Outcome<History>, now: DateTime<Utc>) {
        let Some(line) = self.lines.get_mut(symbol) else { return };
        let Some(told) = line.heard(outcome, now) else { return };
        line.kind = told.listing.kind;
        line.verified_at = Some(told.fetched_at);
        line.overlap = None;
        line.ex_dates = told.dividends.iter().map(|paid| paid.ex_date).collect();
        line.ex_date = expected_ex_date(&line.ex_dates);
        line.closes =
            told.bars.iter().filter(|bar| !bar.provisional).map(|bar| (bar.date, bar.close)).collect();
        if let Some(quote) = told.quote {
            line.price(quote);
        }
    }
}

impl Line {
    /// The answer, or else how long the symbol is left alone.
    fn heard<T>(&mut self, outcome: Outcome<T>, now: DateTime<Utc>) -> Option<T> {
        match outcome {
            Outcome::Answered(answer) => {
                (self.silences, self.rests_until) = (0, None);
                return Some(answer);
            }
            Outcome::Unknown | Outcome::Delisted => self.rests_until = Some(now + TimeDelta::hours(24)),
            // The source's trouble, not the symbol's.
            Outcome::NotAnswered(
                NotAnswered::BudgetSpent
                | NotAnswered::TooLate
                | NotAnswered::CircuitOpen { .. }
                | NotAnswered::RateLimited
                | NotAnswered::Blocked { .. }
                | NotAnswered::Timeout
                | NotAnswered::Unreachable
                | NotAnswered::Upstream { .. },
            ) => {}
            Outcome::NotAnswered(_) | Outcome::Suspect(_) => {
                self.silences += 1;
                let hours = if self.silences < 3 { 1 } else { 24 };
                self.rests_until = Some(now + TimeDelta::hours(hours));
            }
        }
        None
    }

    fn price(&mut self, quote: Quote) {
        self.good_until = good_until(self.exchange, self.kind, quote.fetched_at);
        self.quote = Some(quote);
    }
}

/// A minute in session, else until the next one; six hours for a fund.
fn good_until(exchange: Exchange, kind: InstrumentKind, fetched_at: DateTime<Utc>) -> DateTime<Utc> {
    match exchange.status(fetched_at) {
        _ if kind == InstrumentKind::Fund => fetched_at + TimeDelta::hours(6),
        MarketStatus::Open { .. } => fetched_at + TimeDelta::seconds(60),
        MarketStatus::Closed { next, .. } => next.opens,
    }
}
