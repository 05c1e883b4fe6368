//! Which histories are fetched whole.

use bellwether_domain::{Exchange, InstrumentKind};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};

use super::{Allowance, ChartReason, Kept, Work};
use crate::{Overlap, Plan};

/// Each history is verified once in so many days.
const DAYS_TO_VERIFY_ALL: usize = 30;
/// One of so many symbols has a corporate action on a day, on average.
const SYMBOLS_TO_AN_ACTION: usize = 100;
/// One of so many may be in doubt at once; when more are, it is the source that is to be doubted.
const SYMBOLS_TO_A_DOUBT: usize = 20;
const FEWEST_DOUBTS: usize = 3;
/// Nobody is verified again so soon.
const SURE_FOR: TimeDelta = TimeDelta::days(7);
/// There are so many quiet hours on any day.
const QUIET_SECONDS: i64 = 12 * 3_600;
/// Companies go ex-dividend on other days than expected; a second look finds what came so much later.
const SECOND_LOOK: Days = Days::new(7);

type Asked = (usize, ChartReason);

/// What the quotas of a day are measured by.
pub(super) struct Charts {
    symbols: usize,
    missing: usize,
    /// Histories fetched within a day.
    lately: usize,
    /// And within an hour.
    this_hour: usize,
    last: Option<DateTime<Utc>>,
}

impl Charts {
    pub(super) fn survey(work: &Work<'_>) -> Self {
        let verified = || work.kept.iter().filter_map(|one| one.verified_at);
        let within = |span| verified().filter(|at| work.now - *at < span).count();
        Self {
            symbols: work.kept.len(),
            missing: work.free().filter(|(_, one)| one.verified_at.is_none()).count(),
            lately: within(TimeDelta::days(1)),
            this_hour: within(TimeDelta::hours(1)),
            last: verified().max(),
        }
    }

    /// How many have no history and could get it.
    pub(super) fn missing(&self) -> usize {
        self.missing
    }

    /// Charts of a day that verify.
    fn verifications(&self) -> usize {
        self.symbols.div_ceil(DAYS_TO_VERIFY_ALL)
    }

    /// What the quota of a day leaves, after so many of this round.
    fn quota(&self, planned: usize) -> usize {
        let quota = self.verifications() + self.symbols.div_ceil(SYMBOLS_TO_AN_ACTION);
        quota.saturating_sub(self.lately + planned)
    }

    /// Those whose closes do not continue the stored ones. A source that restates everything at once gets the quota
    /// of a day only.
    pub(super) fn doubts(&self, work: &mut Work<'_>) -> Vec<Asked> {
        let in_doubt = |one: &Kept| {
            one.overlap.is_some_and(|verdict| verdict != Overlap::Append) && one.verified_at.is_some()
        };
        let mut doubts: Vec<usize> =
            work.free().filter(|(_, one)| in_doubt(one)).map(|(index, _)| index).collect();
        if doubts.len() > (self.symbols / SYMBOLS_TO_A_DOUBT).max(FEWEST_DOUBTS) {
            doubts.truncate(self.quota(0));
        }
        because(work.call_each(doubts), ChartReason::Doubt)
    }

    /// Those whose expected ex-date has passed unseen.
    pub(super) fn ex_dates(&self, work: &mut Work<'_>, planned: usize) -> Vec<Asked> {
        let today = work.now.date_naive() + Days::new(1);
        let passed = |one: &Kept| {
            let (Some(ex_date), Some(verified_at)) =
                (one.ex_date.filter(|date| *date <= today), one.verified_at)
            else {
                return false;
            };
            [Some(ex_date), ex_date.checked_add_days(SECOND_LOOK)].into_iter().flatten().any(|look| {
                seen_from(one.exchange, look).is_some_and(|from| verified_at < from && from <= work.now)
            })
        };
        let mut passed: Vec<usize> =
            work.free().filter(|(_, one)| passed(one)).map(|(index, _)| index).collect();
        passed.truncate(self.quota(planned));
        because(work.call_each(passed), ChartReason::ExDate)
    }

    /// Those without a history, in the order given, for half of an hour's calls.
    pub(super) fn histories(&self, work: &mut Work<'_>, allowance: Allowance) -> Vec<Asked> {
        if self.missing == 0 {
            return Vec::new();
        }
        let room = (allowance.per_hour as usize / 2).saturating_sub(self.this_hour).min(Plan::HISTORIES);
        let mut missing: Vec<usize> =
            work.free().filter(|(_, one)| one.verified_at.is_none()).map(|(index, _)| index).collect();
        missing.truncate(room);
        work.short |= missing.len() < self.missing;
        because(work.call_each(missing), ChartReason::Missing)
    }

    /// The longest unverified, one at a time, while few trade.
    pub(super) fn verification(&self, work: &mut Work<'_>, planned: usize) -> Vec<Asked> {
        let spacing = TimeDelta::seconds(QUIET_SECONDS / self.verifications().max(1) as i64);
        let last = if planned > 0 { Some(work.now) } else { self.last };
        let from = last.map_or(work.now, |last| last + spacing);
        let is_open = |one: &Kept| {
            one.kind != InstrumentKind::Fund
                && work.venues.of_symbol(one).is_some_and(|venue| venue.open && !venue.around_the_clock)
        };
        let open = work.kept.iter().filter(|one| is_open(one)).count();
        if self.lately + planned >= self.verifications() || open * 2 > self.symbols {
            return Vec::new();
        }
        let longest = work
            .free()
            .filter(|(_, one)| !is_open(one))
            .filter_map(|(index, one)| Some((one.verified_at?, index)))
            .min()
            .filter(|(at, _)| work.now - *at >= SURE_FOR);
        let Some((_, index)) = longest else { return Vec::new() };
        if from > work.now {
            work.wake(from);
            return Vec::new();
        }
        work.wake(work.now + spacing);
        because(work.call_each(vec![index]), ChartReason::Verification)
    }
}

fn because(symbols: Vec<usize>, reason: ChartReason) -> Vec<Asked> {
    symbols.into_iter().map(|index| (index, reason)).collect()
}

/// When what happened on a day, or on the first trading day after it, is to be seen with its close.
fn seen_from(exchange: Exchange, date: NaiveDate) -> Option<DateTime<Utc>> {
    let day = if exchange.is_trading_day(date) { date } else { exchange.next_trading_day(date) };
    exchange.session(day).map(|session| session.closes + super::venues::CLOSE_IS_OUT)
}
