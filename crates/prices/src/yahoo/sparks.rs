//! Asking for many symbols by sparks: which share a call, and what is done when a call fails for all of them.

use std::collections::{HashMap, HashSet};

use bellwether_domain::Symbol;
use futures::future::join_all;
use futures::stream::{self, StreamExt};

use super::Yahoo;
use super::memory::Kind;
use super::routes::Route;
use super::spark::{self, Batch, Blame, Entry, Span};
use crate::gateway::Effort;
use crate::{LoadBudget, NotAnswered, Outcome, Response, Suspicion};

/// What came back for one call.
enum Reply {
    Read(Vec<(Symbol, Entry)>),
    Failed(Failure),
}

/// Why a call answered none of its symbols.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Failure {
    /// For the sake of one symbol, perhaps: refused, unreadable, or an outage through all retries.
    Refused(NotAnswered),
    /// Successes that are no answers. Rather the route than a symbol.
    Unreadable(NotAnswered),
    NothingFound,
    TooMany {
        most: Option<usize>,
        reason: NotAnswered,
    },
    NoSuchRoute,
    /// It says nothing about the symbols: never sent, throttled, timed out.
    Silent(NotAnswered),
}

impl Failure {
    fn reason(self) -> NotAnswered {
        match self {
            Self::NothingFound | Self::NoSuchRoute => NotAnswered::Upstream { status: 404 },
            Self::Refused(reason)
            | Self::Unreadable(reason)
            | Self::TooMany { reason, .. }
            | Self::Silent(reason) => reason,
        }
    }

    fn is_of_the_route(&self) -> bool {
        matches!(self, Self::Unreadable(_) | Self::NoSuchRoute)
    }

    fn is_outage(&self) -> bool {
        matches!(self, Self::Refused(reason) | Self::Silent(reason) if is_outage(reason))
    }

    fn may_be_split(&self) -> bool {
        !matches!(self, Self::Silent(_) | Self::NoSuchRoute)
    }
}

/// Some of a batch's symbols, for one call.
struct Part {
    symbols: Vec<Symbol>,
    /// Why the larger part that these were in failed.
    before: Option<NotAnswered>,
}

impl Part {
    /// Pieces of at most so many symbols.
    fn pieces(symbols: &[Symbol], most: usize, before: Option<&NotAnswered>) -> Vec<Self> {
        let piece = |symbols: &[Symbol]| Self { symbols: symbols.to_vec(), before: before.cloned() };
        symbols.chunks(most).map(piece).collect()
    }
}

/// A batch that is taken apart, level by level, to find the symbol for whose sake it fails.
#[derive(Default)]
struct Bisection {
    entries: Vec<(Symbol, Entry)>,
    /// Parts that failed.
    open: Vec<(Vec<Symbol>, Failure)>,
    /// Some part was answered, so that it is not the route that is out of order.
    answered: bool,
}

impl Bisection {
    fn take(&mut self, part: Part, reply: Reply) {
        match reply {
            Reply::Read(entries) => {
                self.answered = true;
                self.entries.extend(entries);
            }
            Reply::Failed(failure) => {
                let failure = match (failure, part.before) {
                    // What keeps a part from being asked is of less interest than why it has to be.
                    (Failure::Silent(reason), Some(before)) if was_never_sent(&reason) => {
                        Failure::Silent(before)
                    }
                    (failure, _) => failure,
                };
                self.open.push((part.symbols, failure));
            }
        }
    }

    /// The parts that can be taken apart further, in halves, or as small as the service wants them.
    fn split(&mut self) -> Vec<Part> {
        let may_be_split =
            |(part, failure): &mut (Vec<Symbol>, Failure)| part.len() > 1 && failure.may_be_split();
        let parts = self.open.extract_if(.., may_be_split);
        let pieces = parts.flat_map(|(part, failure)| {
            let half = part.len().div_ceil(2);
            let most = match failure {
                Failure::TooMany { most: Some(most), .. } => most.clamp(1, half),
                _ => half,
            };
            Part::pieces(&part, most, Some(&failure.reason()))
        });
        pieces.collect()
    }

    /// Parts of which nothing is known become unknown.
    fn accept_that_nothing_is_found(&mut self, symbols_of: impl Fn(&[Symbol]) -> bool) {
        let accepted = |(part, failure): &mut (Vec<Symbol>, Failure)| {
            *failure == Failure::NothingFound && symbols_of(part)
        };
        let unknown: Vec<_> = self.open.extract_if(.., accepted).flat_map(|(part, _)| part).collect();
        self.entries.extend(unknown.into_iter().map(|symbol| (symbol, Entry::Not(Outcome::Unknown))));
    }

    /// An entry for everybody. Blamed is who failed in small company, if others were answered meanwhile or nobody
    /// else was asked.
    fn end(mut self, asked: usize) -> Vec<(Symbol, Entry)> {
        for (part, failure) in self.open {
            let blame = match failure {
                Failure::NoSuchRoute | Failure::NothingFound | Failure::TooMany { .. } => Blame::Nobody,
                Failure::Refused(_) | Failure::Unreadable(_) if part.len() == 1 => {
                    if self.answered || asked == 1 { Blame::Own } else { Blame::Nobody }
                }
                _ if self.answered => Blame::Shared,
                _ => Blame::Nobody,
            };
            let reason = failure.reason();
            let failed = |symbol| (symbol, Entry::Failed { reason: reason.clone(), blame });
            self.entries.extend(part.into_iter().map(failed));
        }
        self.entries
    }
}

impl Yahoo {
    /// A batch of which less than this share is answered is taken for a fault, and asked again in halves.
    const FEWEST_ANSWERED: f64 = 0.5;
    /// A batch is given up when it was halved so often and nobody in it was answered.
    const LEVELS_WITHOUT_ANSWER: u32 = 2;
    /// After so many loads in a row that met an outage and nothing else, batches are halved from the start.
    const PATIENCE_WITH_OUTAGES: u32 = 2;

    /// One entry for each symbol, in order, by as few calls as it takes.
    ///
    /// What memory can answer costs nothing. Suspects are kept away from the others, and the more urgent come first.
    pub(super) async fn sparks(
        &self,
        symbols: &[Symbol],
        span: Span,
        budget: &LoadBudget,
    ) -> Vec<(Symbol, Entry)> {
        let now = self.gateway.clock().now();
        let mut told: HashMap<Symbol, Entry> = HashMap::with_capacity(symbols.len());
        let groups = {
            let memory = self.lock_memory();
            let mut seen = HashSet::with_capacity(symbols.len());
            let mut open = Vec::with_capacity(symbols.len());
            for symbol in symbols.iter().filter(|symbol| seen.insert(*symbol)) {
                match memory.answer(symbol, Kind::Batch, now) {
                    Some(answer) => drop(told.insert(symbol.clone(), Entry::Not(answer))),
                    None => open.push(symbol),
                }
            }
            memory.sorted(open.into_iter())
        };
        let most = self.lock_routes().most(now);
        let plain = groups.plain.chunks(most).chain(groups.absent.chunks(most));
        let suspects = groups.doubtful.chunks(most).chain(groups.alone.chunks(1));
        let batches = plain.map(|batch| (batch, false)).chain(suspects.map(|batch| (batch, true)));
        let asked = batches.map(|(batch, suspect)| self.batch(batch, suspect, span, budget));
        let asked = join_all(asked.collect::<Vec<_>>()).await;
        let asked: Vec<(Symbol, Entry)> = asked.into_iter().flatten().collect();
        self.learn(&asked);
        told.extend(asked);

        let mut entries: Vec<(Symbol, Entry)> = Vec::with_capacity(symbols.len());
        for symbol in symbols {
            // Who is named twice is asked once.
            let again = || entries.iter().find(|(other, _)| other == symbol).map(|(_, entry)| entry.clone());
            let entry = told.remove(symbol).or_else(again);
            entries.push((symbol.clone(), entry.unwrap_or(Entry::Not(OMITTED))));
        }
        entries
    }

    /// Takes note of what a load brought.
    fn learn(&self, asked: &[(Symbol, Entry)]) {
        let now = self.gateway.clock().now();
        let (mut memory, mut routes) = (self.lock_memory(), self.lock_routes());
        let answered = asked.iter().any(|(_, entry)| entry.is_read());
        if answered {
            routes.signs.note_answer(now);
        }
        if asked.iter().any(|(_, entry)| !entry.is_read()) {
            memory.prune(now);
        }
        let mut outage = false;
        for (symbol, entry) in asked {
            match entry {
                Entry::Read(read) => memory.note_answer(symbol, read.known(), Kind::Batch),
                Entry::Not(Outcome::Unknown) => memory.note_absence(symbol, false, Kind::Batch, now),
                Entry::Not(Outcome::Delisted) => memory.note_absence(symbol, true, Kind::Batch, now),
                Entry::Not(outcome) => {
                    memory.note_clear(symbol, Kind::Batch);
                    if let Outcome::Suspect(Suspicion::OtherUnit { told, .. }) = outcome {
                        memory.note_other_unit(symbol, *told, now);
                    }
                }
                Entry::Failed { blame: Blame::Shared, .. } => memory.note_doubt(symbol, now),
                Entry::Failed { blame: Blame::Own, reason } => {
                    // An outage is only the symbol's if others were answered since it failed last.
                    let last = memory.failed_at(symbol, Kind::Batch, now);
                    let own = match reason {
                        NotAnswered::Upstream { .. } => routes.signs.answered_since(last),
                        _ => !routes.signs.is_ill(),
                    };
                    if own {
                        memory.note_failure(symbol, Kind::Batch, now);
                    }
                }
                Entry::Failed { blame: Blame::Nobody, .. } => {}
            }
            match entry {
                Entry::Failed { reason, .. } if is_outage(reason) => outage = true,
                Entry::Failed { reason, .. } if says_something(reason) && !answered => {
                    routes.signs.note_failure(symbol);
                }
                _ => {}
            }
        }
        if outage && !answered {
            routes.signs.note_outage();
        }
    }

    /// One batch, in as many calls as it takes.
    ///
    /// A batch that fails for all of its symbols is halved once per level, so that one bad symbol costs the others
    /// some calls but not their prices. When nobody in it is answered at all, the other route is tried, once.
    ///
    /// Whatever is asked because it failed before, suspects and the parts of a batch that met an outage, comes out of
    /// the load's retries, so that failures never cost more than retries may.
    async fn batch(
        &self,
        batch: &[Symbol],
        is_suspect: bool,
        span: Span,
        budget: &LoadBudget,
    ) -> Vec<(Symbol, Entry)> {
        let now = self.gateway.clock().now();
        let (route, is_well, is_ill, outages) = {
            let mut routes = self.lock_routes();
            let route = routes.choose(now);
            let signs = &routes.signs;
            (route, signs.is_well(now), signs.is_ill(), signs.outages())
        };
        let is_good = |part: &[Symbol]| {
            let memory = self.lock_memory();
            part.iter().any(|symbol| memory.is_good(symbol))
        };
        let mut bisection = Bisection::default();
        let mut parts = Part::pieces(batch, batch.len(), None);
        let mut level = 0;
        // An outage is not taken for a symbol's at once. When it lasts, halves show whether it is, one after the
        // other, as a circuit that tries again lets them out, and each first in turn.
        let mut at_once = batch.len();
        if outages >= Self::PATIENCE_WITH_OUTAGES && batch.len() > 1 {
            (level, at_once) = (1, 1);
            parts = Part::pieces(batch, batch.len().div_ceil(2), None);
            if self.lock_routes().flip() {
                parts.reverse();
            }
        }
        let mut tried_other = false;
        loop {
            let may_be_theirs = level > 0 || is_well || is_suspect;
            let calls: Vec<_> = parts
                .iter()
                .map(|part| {
                    let met_outage = part.before.as_ref().is_some_and(is_outage);
                    let is_retry = met_outage || is_suspect && level == 0;
                    // After an outage, halving is worth more than asking the same again.
                    let once = met_outage || is_suspect && part.symbols.len() > 1;
                    let effort = if once { Effort::once(is_retry) } else { Effort::usual(is_retry) };
                    let blamed_after = may_be_theirs.then_some(if level > 0 { 1 } else { effort.attempts });
                    self.call(route, &part.symbols, effort, blamed_after, span, budget)
                })
                .collect();
            let replies: Vec<Reply> = stream::iter(calls).buffered(at_once).collect().await;
            for (part, reply) in parts.into_iter().zip(replies) {
                match reply {
                    Reply::Read(entries) if level == 0 => {
                        self.lock_routes().note_answer(route, true, now);
                        return self.unless_few(entries, route, span, budget).await;
                    }
                    reply => bisection.take(part, reply),
                }
            }
            level += 1;
            bisection.accept_that_nothing_is_found(|part| !is_good(part) || part.len() == 1 && is_well);
            if !bisection.answered && !bisection.open.is_empty() {
                let of_the_route = bisection.open.iter().any(|(_, failure)| failure.is_of_the_route());
                let lone = batch.len() == 1 && !is_well && !is_suspect;
                if !tried_other && (level > 1 || of_the_route || lone || is_ill) {
                    tried_other = true;
                    let outage = bisection.open.iter().all(|(_, failure)| failure.is_outage());
                    let effort = if outage { Effort::once(true) } else { Effort::usual(false) };
                    match self.call(route.other(), batch, effort, None, span, budget).await {
                        Reply::Read(entries) if entries.iter().any(|(_, entry)| entry.is_read()) => {
                            self.lock_routes().note_answer(route.other(), false, now);
                            return bisection.entries.into_iter().chain(entries).collect();
                        }
                        Reply::Failed(Failure::NothingFound) => {
                            bisection.accept_that_nothing_is_found(|_| true);
                        }
                        _ => {}
                    }
                }
                if level > Self::LEVELS_WITHOUT_ANSWER || is_ill {
                    break;
                }
            }
            parts = bisection.split();
            if parts.is_empty() {
                break;
            }
            // Not all may be affordable: another one is first each time.
            if self.lock_routes().flip() {
                parts.reverse();
            }
            tracing::debug!(level, parts = parts.len(), "a batch failed; asking in parts");
        }
        if bisection.answered {
            self.lock_routes().note_answer(route, true, now);
            bisection.accept_that_nothing_is_found(|part| part.len() == 1);
        }
        bisection.end(batch.len())
    }

    /// One call. An outage is taken for the symbols' only after so many attempts, and never when `None`.
    async fn call(
        &self,
        route: Route,
        batch: &[Symbol],
        effort: Effort,
        blamed_after: Option<u32>,
        span: Span,
        budget: &LoadBudget,
    ) -> Reply {
        let clock = self.gateway.clock();
        let turn = self.lock_routes().turn(batch, clock.now());
        let request = spark::request(&turn.of(batch), span, route, turn.wording);
        let read = |response: &Response| {
            let known = |symbol: &Symbol| self.known(symbol);
            spark::read(response.status, &response.body, batch, known, clock.now())
        };
        let (answered, attempts) = self.gateway.ask_counting(request, budget, effort, read).await;
        let failure = match answered {
            Ok(Batch::Read(entries)) => return Reply::Read(entries),
            Ok(Batch::NothingFound) => Failure::NothingFound,
            Ok(Batch::NoSuchRoute) => Failure::NoSuchRoute,
            Ok(Batch::Refused(words)) => Failure::Refused(NotAnswered::Refused(words)),
            Ok(Batch::TooMany { most, words }) => {
                self.lock_routes().note_limit(batch.len(), most, clock.now());
                Failure::TooMany { most, reason: NotAnswered::Refused(words) }
            }
            Err(reason @ NotAnswered::Malformed(_)) => Failure::Refused(reason),
            Err(reason @ NotAnswered::Upstream { status: 200 }) => Failure::Unreadable(reason),
            Err(reason) if is_outage(&reason) && blamed_after.is_some_and(|least| attempts >= least) => {
                Failure::Refused(reason)
            }
            Err(reason) => Failure::Silent(reason),
        };
        Reply::Failed(failure)
    }

    /// The entries, or, when most were left out, what asking once more for those in two halves brings.
    async fn unless_few(
        &self,
        mut entries: Vec<(Symbol, Entry)>,
        route: Route,
        span: Span,
        budget: &LoadBudget,
    ) -> Vec<(Symbol, Entry)> {
        let omitted: Vec<Symbol> = entries
            .iter()
            .filter(|(_, entry)| entry.is_omitted())
            .map(|(symbol, _)| symbol.clone())
            .collect();
        let answered = (entries.len() - omitted.len()) as f64 / entries.len().max(1) as f64;
        if entries.len() < 4 || answered >= Self::FEWEST_ANSWERED {
            return entries;
        }
        tracing::debug!(omitted = omitted.len(), "most of a batch was left out; asking again in halves");
        let halves = omitted.chunks(omitted.len().div_ceil(2).max(1));
        let second = join_all(halves.map(|half| async move {
            match self.call(route, half, Effort::usual(false), None, span, budget).await {
                Reply::Read(entries) => entries,
                Reply::Failed(Failure::NothingFound) if !half.iter().any(|symbol| self.is_good(symbol)) => {
                    half.iter().map(|symbol| (symbol.clone(), Entry::Not(Outcome::Unknown))).collect()
                }
                Reply::Failed(_) => Vec::new(),
            }
        }));
        let mut second: HashMap<Symbol, Entry> = second.await.into_iter().flatten().collect();
        for (symbol, entry) in &mut entries {
            if let Some(answer) = second.remove(symbol) {
                *entry = answer;
            }
        }
        entries
    }
}

const OMITTED: Outcome<std::convert::Infallible> = Outcome::NotAnswered(NotAnswered::Omitted);

fn is_outage(reason: &NotAnswered) -> bool {
    matches!(reason, NotAnswered::Upstream { status: 500.. })
}

fn was_never_sent(reason: &NotAnswered) -> bool {
    matches!(reason, NotAnswered::BudgetSpent | NotAnswered::TooLate | NotAnswered::CircuitOpen { .. })
}

/// Whether a failure tells anything about the route.
fn says_something(reason: &NotAnswered) -> bool {
    matches!(reason, NotAnswered::Upstream { .. } | NotAnswered::Refused(_) | NotAnswered::Malformed(_))
}
