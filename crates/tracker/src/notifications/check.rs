//! Looking whether anything is to be told, from what is stored alone: whoever looks, and however often, tells it once.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use bellwether_domain::{Portfolio, Symbol};
use bellwether_scheduler::{Job, JobContext, JobError, JobFilter, JobHandler, JobState, NewJob, Priority};
use bellwether_storage::notifications as stored;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::facts::{Look, last_week};
use super::happening::condition;
use super::telling::tell_by;
use super::watch::CIRCUIT;
use super::{Happening, Named, Rule, Topic};
use crate::import::HOME_EXCHANGE;
use crate::jobs::{IMPORT, KEEP_PRICES, REFRESH_PRICES, failed, portfolio_of, portfolio_of_import};
use crate::{Tracker, TrackerError};

/// Looks whether anything is to be told.
pub(crate) const KIND: &str = "check-rules";
/// Refreshes and failed imports are told of for so long after they ended.
const REFRESHES_FOR: TimeDelta = TimeDelta::days(1);
/// So many of the last refreshes and imports are looked at.
const ENDED: usize = 20;
/// Prices are not kept fresh any more when so many rounds in a row failed.
const FAILED_ROUNDS: usize = 3;

pub(crate) struct Handler(pub(crate) Tracker);

#[async_trait]
impl JobHandler for Handler {
    async fn run(&self, _: &Job, _: &JobContext) -> Result<(), JobError> {
        self.0.check_everybodys_rules().await.map_err(failed)
    }
}

/// Something that may last.
struct Condition {
    key: String,
    state: State,
}

enum State {
    /// It lasts; this is told when it begins.
    Holds(Happening),
    Over,
    /// What it depends on is not known.
    Unknown,
}

/// What was found.
#[derive(Default)]
struct Found {
    happened: Vec<Happening>,
    conditions: Vec<Condition>,
}

impl Found {
    fn lasting(&mut self, holds: bool, happening: Happening) {
        let key = happening.condition();
        let state = if holds { State::Holds(happening) } else { State::Over };
        self.conditions.push(Condition { key, state });
    }

    fn unknown(&mut self, key: String) {
        self.conditions.push(Condition { key, state: State::Unknown });
    }
}

impl Tracker {
    /// Has the rules looked at from `at` on. That it cannot be noted is no failure of whoever asks: the timetable
    /// looks at them anyway.
    pub(crate) async fn check_rules_soon(&self, at: DateTime<Utc>) {
        let job = NewJob::new(KIND, KIND).priority(Priority::NORMAL).run_at(at);
        if let Err(error) = self.queue().enqueue(&job).await {
            tracing::warn!(%error, "rules.not_enqueued");
        }
    }

    /// What of one user cannot be read keeps nobody else from being told: the first error is told after all.
    async fn check_everybodys_rules(&self) -> Result<(), TrackerError> {
        let mut first = Ok(());
        for tracker in self.for_everybody().await? {
            if let Err(error) = tracker.check_rules().await {
                tracing::warn!(%error, user = %tracker.user(), "rules.not_checked");
                first = first.and(Err(error));
            }
        }
        first
    }

    /// Looks whether anything is to be told to the user, and tells it. A job does so for everybody after all that may
    /// give cause to; for whoever leads a clock.
    ///
    /// # Errors
    /// The database's.
    pub async fn check_rules(&self) -> Result<(), TrackerError> {
        let (now, today) = (self.clock().now(), self.today());
        let mut rules = self.notification_rules().await?;
        rules.retain(|rule| rule.asks.enabled);
        let mut found = Found::default();
        self.find_prices(&rules, today, &mut found).await?;
        let portfolios = self.portfolios().await?;
        self.find_refreshes(&rules, &portfolios, now, &mut found).await?;
        self.find_imports(&rules, &portfolios, now, &mut found).await?;
        for portfolio in &portfolios {
            let of_it = |rule: &&Rule| rule.asks.portfolio.is_none_or(|id| id == portfolio.id);
            let rules: Vec<&Rule> = rules.iter().filter(of_it).collect();
            self.find_in(portfolio, &rules, now, &mut found).await?;
        }
        self.settle(rules, found, now).await
    }

    /// Targets of prices.
    async fn find_prices(
        &self,
        rules: &[Rule],
        day: NaiveDate,
        found: &mut Found,
    ) -> Result<(), TrackerError> {
        let targets: BTreeSet<(Topic, &Symbol, Decimal)> = rules
            .iter()
            .filter(|rule| matches!(rule.asks.topic, Topic::PriceAbove | Topic::PriceBelow))
            .filter_map(|rule| Some((rule.asks.topic, rule.asks.symbol.as_ref()?, rule.asks.threshold?)))
            .collect();
        for (topic, symbol, target) in targets {
            let Some(known) = self.current_price(symbol).await? else {
                found.unknown(condition(topic, symbol.as_str(), target));
                continue;
            };
            let above = topic == Topic::PriceAbove;
            let holds = if above { known.price >= target } else { known.price <= target };
            let (symbol, price, currency) = (symbol.clone(), known.price, known.currency);
            found.lasting(holds, Happening::PriceReached { above, symbol, price, currency, target, day });
        }
        Ok(())
    }

    /// Refreshes that ended.
    async fn find_refreshes(
        &self,
        rules: &[Rule],
        portfolios: &[Portfolio],
        now: DateTime<Utc>,
        found: &mut Found,
    ) -> Result<(), TrackerError> {
        let ended = async |kind: &str, state: Option<JobState>| {
            let filter = JobFilter { kind: Some(kind.to_owned()), state, ..JobFilter::default() };
            self.queue().store().list(&filter, ENDED).await
        };
        let of = |job: &Job| {
            let id = portfolio_of(job).ok()?;
            portfolios.iter().find(|portfolio| portfolio.id == id).map(Named::of)
        };
        let is_told = |job: &Job, since: DateTime<Utc>| job.finished_at.is_some_and(|at| at >= since);
        if let Some(since) = asked_since(rules, Topic::RefreshFinished, now) {
            for job in ended(REFRESH_PRICES, Some(JobState::Succeeded)).await? {
                if let Some(portfolio) = of(&job).filter(|_| is_told(&job, since)) {
                    found.happened.push(Happening::RefreshFinished { portfolio, job: job.id.uuid() });
                }
            }
        }
        let Some(since) = asked_since(rules, Topic::RefreshFailed, now) else { return Ok(()) };
        let mut broken = ended(REFRESH_PRICES, Some(JobState::Dead)).await?;
        // A round of the upkeep that fails gives way to the next one.
        let mut rounds = ended(KEEP_PRICES, None).await?;
        rounds.retain(|job| job.state.is_ended());
        rounds.truncate(FAILED_ROUNDS);
        let is_failure = |job: &Job| matches!(job.state, JobState::Failed | JobState::Dead);
        if rounds.len() == FAILED_ROUNDS && rounds.iter().all(is_failure) {
            broken.push(rounds.swap_remove(0));
        }
        for job in broken {
            let Some(at) = job.finished_at.filter(|_| is_told(&job, since)) else { continue };
            let (portfolio, day) = (of(&job), HOME_EXCHANGE.local_date(at));
            if portfolio.is_none() && portfolio_of(&job).is_ok() {
                // Of somebody else's portfolio.
                continue;
            }
            found.happened.push(Happening::RefreshFailed { portfolio, job_key: job.key, day });
        }
        Ok(())
    }

    /// Imports that failed for good.
    async fn find_imports(
        &self,
        rules: &[Rule],
        portfolios: &[Portfolio],
        now: DateTime<Utc>,
        found: &mut Found,
    ) -> Result<(), TrackerError> {
        let Some(since) = asked_since(rules, Topic::ImportFailed, now) else { return Ok(()) };
        for state in [JobState::Failed, JobState::Dead] {
            let filter =
                JobFilter { kind: Some(IMPORT.to_owned()), state: Some(state), ..JobFilter::default() };
            for job in self.queue().store().list(&filter, ENDED).await? {
                let into = portfolio_of_import(&job);
                let into = portfolios.iter().find(|portfolio| Some(portfolio.id) == into);
                if let Some(portfolio) = into.filter(|_| job.finished_at.is_some_and(|at| at >= since)) {
                    let portfolio = Named::of(portfolio);
                    found.happened.push(Happening::ImportFailed { portfolio, job: job.id.uuid() });
                }
            }
        }
        Ok(())
    }

    /// What is to be told of how far a portfolio is from its targets.
    async fn find_drift(
        &self,
        portfolio: &Portfolio,
        limits: BTreeSet<Decimal>,
        today: NaiveDate,
        found: &mut Found,
    ) -> Result<(), TrackerError> {
        if limits.is_empty() {
            return Ok(());
        }
        let drift = self.allocation(portfolio.id).await?.drift;
        let farthest = match &drift {
            // The first of those that are equally far.
            Some(Ok(Ok(drift))) => drift.classes.iter().rev().max_by_key(|class| class.points.abs()),
            _ => None,
        };
        for limit in limits {
            let Some(class) = farthest else {
                let key = condition(Topic::Drift, &portfolio.id.to_string(), limit);
                let state = if drift.is_some() { State::Unknown } else { State::Over };
                found.conditions.push(Condition { key, state });
                continue;
            };
            // A part of a whole times a hundred: far from what a decimal holds.
            let holds = class.points.abs() * Decimal::ONE_HUNDRED >= limit;
            let (weight, target, class) = (class.weight, class.target, class.class.clone());
            let portfolio = Named::of(portfolio);
            found.lasting(holds, Happening::Drift { portfolio, class, weight, target, limit, day: today });
        }
        Ok(())
    }

    /// What is to be told of one portfolio.
    async fn find_in(
        &self,
        portfolio: &Portfolio,
        rules: &[&Rule],
        now: DateTime<Utc>,
        found: &mut Found,
    ) -> Result<(), TrackerError> {
        let today = self.today();
        let limits = |topic| -> BTreeSet<Decimal> {
            rules
                .iter()
                .filter(|rule| rule.asks.topic == topic)
                .filter_map(|rule| rule.asks.threshold)
                .collect()
        };
        let (falls, ages) = (limits(Topic::Drawdown), limits(Topic::DataStale));
        self.find_drift(portfolio, limits(Topic::Drift), today, found).await?;
        let dividends_since = rules
            .iter()
            .filter(|rule| rule.asks.topic == Topic::DividendReceived)
            .map(|rule| HOME_EXCHANGE.local_date(rule.created_at))
            .min();
        let name = || Named::of(portfolio);
        if !falls.is_empty() || !ages.is_empty() || dividends_since.is_some() {
            let (depth_asked, hours_asked) = (!falls.is_empty(), ages.clone());
            let find = move |look: &Look| {
                let stale = hours_asked.into_iter().map(|hours| (hours, look.stale(hours, now))).collect();
                let dividends = dividends_since.map(|since| look.dividends(since, today));
                (depth_asked.then(|| look.depth().ok()).flatten(), stale, dividends.unwrap_or_default())
            };
            let (depth, mut stale, dividends): (_, BTreeMap<Decimal, _>, _) =
                self.find_in_books(portfolio, today, find).await?.unwrap_or_default();
            for limit in falls {
                let Some(per_cent) = depth.map(|depth| depth * 100.0) else {
                    found.unknown(condition(Topic::Drawdown, &portfolio.id.to_string(), limit));
                    continue;
                };
                let holds = Decimal::from_f64_retain(per_cent).is_some_and(|per_cent| per_cent >= limit);
                found.lasting(holds, Happening::Drawdown { portfolio: name(), per_cent, limit, day: today });
            }
            for hours in ages {
                let symbols: Vec<Symbol> = stale.remove(&hours).unwrap_or_default();
                let holds = !symbols.is_empty();
                let stale = Happening::DataStale { portfolio: name(), symbols, hours, day: today };
                found.lasting(holds, stale);
            }
            found.happened.extend(dividends.into_iter().map(|paid| Happening::DividendReceived {
                portfolio: name(),
                symbol: paid.symbol,
                date: paid.date,
                net: paid.net,
                currency: paid.currency,
                inferred: paid.inferred,
            }));
        }
        let Some((friday, due)) = last_week(now) else { return Ok(()) };
        let is_asked = |rule: &&Rule| rule.asks.topic == Topic::WeeklySummary && rule.created_at <= due;
        if rules.iter().any(is_asked) && !self.is_week_told(portfolio, friday).await? {
            let week = self.find_in_books(portfolio, friday, move |look| look.week(friday)).await?.flatten();
            found
                .happened
                .extend(week.map(|week| Happening::WeekEnded { portfolio: name(), week: Box::new(week) }));
        }
        Ok(())
    }

    /// Spares working out what was told already.
    async fn is_week_told(&self, portfolio: &Portfolio, friday: NaiveDate) -> Result<bool, TrackerError> {
        let key = Happening::week_key(portfolio.id, friday);
        let user = self.user();
        let told = self.storage().read(move |connection| stored::told(connection, user, &[key])).await?;
        Ok(!told.is_empty())
    }

    /// Tells what was not told yet, and keeps account of what lasts.
    async fn settle(
        &self,
        rules: Vec<Rule>,
        mut found: Found,
        now: DateTime<Utc>,
    ) -> Result<(), TrackerError> {
        let user = self.user();
        let keys: Vec<String> = found.happened.iter().map(|happening| happening.message().key).collect();
        let (told, lasting) = self
            .storage()
            .snapshot(move |connection| {
                Ok((stored::told(connection, user, &keys)?, stored::conditions(connection, user)?))
            })
            .await?;
        found.happened.retain(|happening| !told.contains(&happening.message().key));
        let is_known = |key: &String| lasting.contains(key);
        let mut ended: Vec<String> = lasting
            .iter()
            .filter(|key| !key.starts_with(CIRCUIT))
            .filter(|key| !found.conditions.iter().any(|condition| condition.key == **key))
            .cloned()
            .collect();
        let mut begun = Vec::new();
        for Condition { key, state } in found.conditions {
            match state {
                State::Holds(happening) if !is_known(&key) => begun.push((key, happening)),
                State::Over if is_known(&key) => ended.push(key),
                State::Holds(_) | State::Over | State::Unknown => {}
            }
        }
        if found.happened.is_empty() && begun.is_empty() && ended.is_empty() {
            return Ok(());
        }
        let happened = found.happened;
        let told = self
            .storage()
            .write(move |connection| {
                let mut told = Vec::new();
                for key in &ended {
                    stored::end_condition(connection, user, key)?;
                }
                for (key, happening) in &begun {
                    if stored::begin_condition(connection, user, key, now)? {
                        told.extend(tell_by(connection, user, &rules, happening, now)?);
                    }
                }
                for happening in &happened {
                    told.extend(tell_by(connection, user, &rules, happening, now)?);
                }
                Ok(told)
            })
            .await?;
        self.tell_pages(told);
        Ok(())
    }
}

/// Since when refreshes are to be told of; `None` when no rule asks for them.
fn asked_since(rules: &[Rule], topic: Topic, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let asked = rules.iter().filter(|rule| rule.asks.topic == topic).map(|rule| rule.created_at).min()?;
    Some(asked.max(now - REFRESHES_FOR))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bellwether_domain::{FixedClock, Role};
    use bellwether_scheduler::Outcome;

    use super::*;
    use crate::notifications::RuleDraft;
    use crate::{NewUser, PortfolioSettings, TrackerOptions, Upstream};

    /// Ends a job of a kind in some way, as a worker would.
    async fn ended(tracker: &Tracker, kind: &str, payload: serde_json::Value, outcome: Outcome) {
        let (queue, now) = (tracker.queue(), tracker.clock().now());
        let id = queue.enqueue(&NewJob::new(kind, kind).payload(payload)).await.expect("enqueued").id();
        let job =
            queue.store().claim(now, "w", &[kind], TimeDelta::minutes(1)).await.expect("the queue answers");
        assert_eq!(job.expect("a job").id, id);
        queue.store().finish(id, "w", now, &outcome).await.expect("ended");
    }

    async fn titles(tracker: &Tracker) -> Vec<String> {
        tracker.check_rules().await.expect("looked");
        let mut told = tracker.notifications(false, None, 9).await.expect("a list");
        told.reverse();
        told.into_iter().map(|told| told.title).collect()
    }

    async fn world() -> (Tracker, Arc<FixedClock>, serde_json::Value) {
        let clock = Arc::new(FixedClock::at("2026-11-20T15:00:00Z".parse().expect("an instant")));
        let options = TrackerOptions {
            database: "sqlite::memory:".to_owned(),
            upstream: Upstream::Nobody,
            feeds: Vec::new(),
            redis: None,
            clock: Arc::<FixedClock>::clone(&clock),
        };
        let tracker = Tracker::open(options).await.expect("a tracker");
        let main = tracker.create_portfolio(PortfolioSettings::named("Main")).await.expect("a portfolio");
        tracker.notification_rules().await.expect("rules");
        (tracker, clock, serde_json::json!(main.id))
    }

    fn broken() -> Outcome {
        Outcome::Dead { error: "the database did not answer".to_owned() }
    }

    #[tokio::test]
    async fn a_refresh_that_broke_off_is_told_once_a_day() {
        let (tracker, clock, main) = world().await;
        ended(&tracker, REFRESH_PRICES, main.clone(), broken()).await;
        clock.advance(TimeDelta::minutes(5));
        ended(&tracker, REFRESH_PRICES, main.clone(), broken()).await;
        let failed = "Prices of Main could not be refreshed";
        assert_eq!(titles(&tracker).await, [failed]);

        clock.advance(TimeDelta::hours(24));
        ended(&tracker, REFRESH_PRICES, main, broken()).await;
        assert_eq!(titles(&tracker).await, [failed, failed]);
    }

    #[tokio::test]
    async fn a_refresh_that_broke_off_is_told_to_nobody_whose_portfolio_it_was_not_for() {
        let (tracker, _, main) = world().await;
        let new = NewUser {
            name: "grace".to_owned(),
            email: None,
            role: Role::Member,
            password: "a long password".to_owned(),
        };
        let grace = tracker.acting_for(tracker.add_user(new).await.expect("added").id);
        grace.notification_rules().await.expect("rules");
        ended(&tracker, REFRESH_PRICES, main, broken()).await;
        assert!(titles(&grace).await.is_empty());
        assert_eq!(titles(&tracker).await.len(), 1);
    }

    #[tokio::test]
    async fn what_cannot_be_read_of_one_user_keeps_nobody_else_from_being_told() {
        let (tracker, _, _) = world().await;
        let new = NewUser {
            name: "grace".to_owned(),
            email: None,
            role: Role::Member,
            password: "a long password".to_owned(),
        };
        let grace = tracker.acting_for(tracker.add_user(new).await.expect("added").id);
        grace.notification_rules().await.expect("rules");
        let set = async |user, zone: Option<&str>| {
            let hours =
                zone.map(|zone| stored::StoredQuietHours { begins: 1, ends: 2, zone: zone.to_owned() });
            let set = move |c: &mut _| stored::set_quiet_hours(c, user, hours.as_ref());
            tracker.storage().write(set).await.expect("set");
        };
        let told = async |who: &Tracker| who.unread_notifications().await.expect("a count");
        // Each in turn, whoever comes first.
        for (source, damaged, whole) in [("one", &tracker, &grace), ("other", &grace, &tracker)] {
            let before = told(whole).await;
            set(damaged.user(), Some("Nowhere/Land")).await;
            assert!(tracker.tell_everybody_of_circuit(source, "open", None).await.is_err());
            assert_eq!(told(whole).await, before + 1);
            for _ in 0..3 {
                ended(&tracker, KEEP_PRICES, serde_json::Value::Null, broken()).await;
            }
            if source == "one" {
                assert!(tracker.check_everybodys_rules().await.is_err());
                assert_eq!(told(whole).await, before + 2);
            }
            set(damaged.user(), None).await;
        }
    }

    #[tokio::test]
    async fn one_failed_round_of_the_upkeep_is_no_news_but_three_are() {
        let (tracker, _, _) = world().await;
        let failed = || Outcome::Failed { error: "the database did not answer".to_owned() };
        for outcome in [failed(), failed(), Outcome::Succeeded, failed(), failed()] {
            ended(&tracker, KEEP_PRICES, serde_json::Value::Null, outcome).await;
        }
        assert!(titles(&tracker).await.is_empty());
        ended(&tracker, KEEP_PRICES, serde_json::Value::Null, failed()).await;
        assert_eq!(titles(&tracker).await, ["Prices could not be refreshed"]);
    }

    #[tokio::test]
    async fn a_refresh_is_told_to_who_asked_for_it_from_then_on() {
        let (tracker, clock, main) = world().await;
        ended(&tracker, REFRESH_PRICES, main.clone(), Outcome::Succeeded).await;
        clock.advance(TimeDelta::minutes(5));
        tracker.add_notification_rule(RuleDraft::of(Topic::RefreshFinished)).await.expect("a rule");
        assert!(titles(&tracker).await.is_empty());
        ended(&tracker, REFRESH_PRICES, main, Outcome::Succeeded).await;
        assert_eq!(titles(&tracker).await, ["Prices of Main refreshed"]);
        assert_eq!(titles(&tracker).await.len(), 1);
    }
}
