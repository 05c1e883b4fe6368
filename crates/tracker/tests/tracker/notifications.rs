//! What people are told, once, where and when they want it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bellwether_domain::{Clock, Currency, FixedClock, Freshness};
use bellwether_tracker::{
    Channel, Courier, DeliveryState, Event, ImportFile, Letter, NotDelivered, Notification, QuietHours,
    RuleDraft, Topic, Tracker, TrackerError, Upstream, WorkerPlan,
};
use chrono::{DateTime, TimeDelta, Utc};

use crate::database::{TestDatabase, clock, import, on_both};
use crate::refresh::{SATURDAY, portfolio, simulator, upstream};

/// A Friday, an hour after the close in New York.
const FRIDAY: &str = "2026-11-20T22:00:00Z";

on_both!(
    a_target_is_told_while_it_lasts_once_and_on_another_day_again,
    rules_for_the_same_thing_make_one_notification,
    processes_that_look_at_once_tell_once,
    a_price_with_a_target_is_kept_fresh_though_nobody_holds_it,
    a_circuit_is_told_once_by_all_who_notice,
    an_import_is_told_with_what_became_of_it,
    a_portfolio_below_its_highest_point_is_told_beyond_the_limit,
    a_portfolio_off_its_targets_is_told_beyond_the_limit,
    an_import_that_failed_is_told_once,
    a_dividend_is_told_when_it_arrives_and_not_when_it_is_history,
    a_week_is_told_with_its_figures,
    old_prices_are_told_when_a_close_is_missing_for_too_long,
    quiet_hours_hold_letters_back_until_they_end,
    a_letter_that_does_not_arrive_is_sent_again_and_not_twice,
    a_letter_that_nobody_takes_is_given_up,
    first_rules_that_were_removed_stay_removed,
    a_test_arrives_in_quiet_hours,
);

/// Keeps the letters, and fails as it is told to.
#[derive(Default)]
struct Mailbox {
    letters: Mutex<Vec<Letter>>,
    failures: Mutex<VecDeque<NotDelivered>>,
}

impl Mailbox {
    fn titles(&self) -> Vec<String> {
        self.letters.lock().unwrap().iter().map(|letter| letter.title.clone()).collect()
    }
}

#[async_trait]
impl Courier for Mailbox {
    async fn deliver(&self, letter: &Letter) -> Result<(), NotDelivered> {
        if let Some(failure) = self.failures.lock().unwrap().pop_front() {
            return Err(failure);
        }
        self.letters.lock().unwrap().push(letter.clone());
        Ok(())
    }
}

struct World {
    tracker: Tracker,
    clock: Arc<FixedClock>,
    mailbox: Arc<Mailbox>,
}

impl World {
    async fn at(database: &TestDatabase, now: &str) -> Self {
        let clock = clock(now);
        let tracker = database.tracker(Upstream::Nobody, &clock).await;
        Self { tracker, clock, mailbox: Arc::default() }
    }

    fn set(&self, now: &str) {
        self.clock.set(now.parse().unwrap());
    }

    async fn price(&self, symbol: &str, date: &str, price: &str) {
        let (symbol, date) = (symbol.parse().unwrap(), Some(date.parse().unwrap()));
        let usd = Some(Currency::USD);
        self.tracker.record_price(symbol, date, price.parse().unwrap(), usd).await.unwrap();
    }

    async fn rule(&self, draft: RuleDraft) {
        self.tracker.add_notification_rule(draft).await.unwrap();
    }

    async fn check(&self) {
        self.tracker.check_rules().await.unwrap();
    }

    /// Runs what is due by the clock.
    async fn run_due(&self) {
        let plan = WorkerPlan::default().handle(
            Tracker::NOTIFY,
            2,
            self.tracker.notifier(Arc::<Mailbox>::clone(&self.mailbox)),
        );
        self.tracker.worker(plan).run_due().await.unwrap();
    }

    async fn told(&self) -> Vec<Notification> {
        self.tracker.notifications(false, None, 100).await.unwrap()
    }

    /// Titles of one kind, oldest first.
    async fn titles(&self, kind: &str) -> Vec<String> {
        let mut told = self.told().await;
        told.reverse();
        told.into_iter().filter(|told| told.kind == kind).map(|told| told.title).collect()
    }
}

fn target(topic: Topic, symbol: &str, price: &str) -> RuleDraft {
    RuleDraft {
        symbol: Some(symbol.parse().unwrap()),
        threshold: Some(price.parse().unwrap()),
        ..RuleDraft::of(topic)
    }
}

fn by_mail(draft: RuleDraft) -> RuleDraft {
    RuleDraft { channel: Channel::Email, destination: "me@example.org".to_owned(), ..draft }
}

async fn a_target_is_told_while_it_lasts_once_and_on_another_day_again(database: &TestDatabase) {
    let world = World::at(database, FRIDAY).await;
    world.price("KO", "2026-11-20", "199.99").await;
    world.rule(target(Topic::PriceAbove, "KO", "200")).await;
    world.rule(target(Topic::PriceBelow, "KO", "150")).await;
    world.check().await;
    assert!(world.titles("price-above").await.is_empty());

    world.price("KO", "2026-11-20", "200").await;
    world.check().await;
    world.price("KO", "2026-11-20", "205").await;
    world.check().await;
    assert_eq!(world.titles("price-above").await, ["KO rose to 200 USD"]);

    // It falls and rises again on the same day: known already.
    world.price("KO", "2026-11-20", "190").await;
    world.check().await;
    world.price("KO", "2026-11-20", "201").await;
    world.check().await;
    assert_eq!(world.titles("price-above").await.len(), 1);

    // Through the weekend it lasts; on Monday it falls below the other target, on Tuesday it is back.
    world.set("2026-11-23T22:00:00Z");
    world.price("KO", "2026-11-23", "149.5").await;
    world.check().await;
    world.set("2026-11-24T22:00:00Z");
    world.price("KO", "2026-11-24", "210").await;
    world.check().await;
    assert_eq!(world.titles("price-above").await, ["KO rose to 200 USD", "KO rose to 210 USD"]);
    assert_eq!(world.titles("price-below").await, ["KO fell to 149.5 USD"]);
}

async fn rules_for_the_same_thing_make_one_notification(database: &TestDatabase) {
    let world = World::at(database, FRIDAY).await;
    world.price("KO", "2026-11-20", "205").await;
    let wanted = target(Topic::PriceAbove, "KO", "200");
    world.rule(wanted.clone()).await;
    world.rule(by_mail(RuleDraft { threshold: Some("200.00".parse().unwrap()), ..wanted.clone() })).await;
    let hook = "https://hooks.example.org/x".to_owned();
    world.rule(RuleDraft { channel: Channel::Webhook, destination: hook, ..wanted.clone() }).await;
    world
        .rule(RuleDraft { enabled: false, destination: "off@example.org".to_owned(), ..by_mail(wanted) })
        .await;
    let mut heard = world.tracker.bus().listen().coming;
    world.check().await;

    let told = world.told().await;
    assert_eq!(told.len(), 1, "{told:?}");
    let mut to: Vec<_> = told[0].deliveries.iter().map(|way| way.destination.address.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, ["https://hooks.example.org/x", "me@example.org"]);
    let notified = std::iter::from_fn(|| heard.try_recv().ok()).find_map(|told| match &told.event {
        Event::Notified { kind, title, .. } => Some((kind.clone(), title.clone())),
        _ => None,
    });
    assert_eq!(notified, Some(("price-above".to_owned(), "KO rose to 205 USD".to_owned())));

    world.run_due().await;
    world.run_due().await;
    assert_eq!(world.mailbox.titles().len(), 2);
}

async fn processes_that_look_at_once_tell_once(database: &TestDatabase) {
    let world = World::at(database, FRIDAY).await;
    let other = database.tracker(Upstream::Nobody, &world.clock).await;
    world.price("KO", "2026-11-20", "205").await;
    world.rule(by_mail(target(Topic::PriceAbove, "KO", "200"))).await;

    let mut looks = Vec::new();
    for turn in 0..8 {
        let tracker = if turn % 2 == 0 { world.tracker.clone() } else { other.clone() };
        looks.push(tokio::spawn(async move { tracker.check_rules().await }));
    }
    for look in looks {
        look.await.unwrap().unwrap();
    }

    let told = world.told().await;
    assert_eq!((told.len(), told[0].deliveries.len()), (1, 1));
}

async fn a_price_with_a_target_is_kept_fresh_though_nobody_holds_it(database: &TestDatabase) {
    let clock = clock("2026-11-23T16:00:00Z");
    let simulator = simulator(&clock);
    let tracker = database.tracker(upstream(&simulator), &clock).await;
    let world = World { tracker, clock, mailbox: Arc::default() };
    let nvidia = "NVDA".parse().unwrap();
    // A first look has it fetched.
    assert!(world.tracker.current_price(&nvidia).await.unwrap().is_none());
    world.run_due().await;
    world.rule(target(Topic::PriceAbove, "NVDA", "0.01")).await;

    // Long after looks are forgotten.
    for _ in 0..90 {
        world.clock.advance(TimeDelta::seconds(30));
        world.run_due().await;
    }

    let price = world.tracker.current_price(&nvidia).await.unwrap().unwrap();
    assert_eq!(price.shown.freshness, Freshness::Live);
    assert_eq!(world.titles("price-above").await.len(), 1);
}

async fn a_circuit_is_told_once_by_all_who_notice(database: &TestDatabase) {
    let world = World::at(database, FRIDAY).await;
    let other = database.tracker(Upstream::Nobody, &world.clock).await;
    let workers = [&world.tracker, &other].map(|tracker| tracker.start_worker(WorkerPlan::default()));
    let changed = |state: &str| Event::CircuitChanged {
        source: "yahoo".to_owned(),
        state: state.to_owned(),
        until: (state == "open").then(|| "2026-11-20T22:30:00Z".parse().unwrap()),
    };
    let until = async |kinds: &[&str]| {
        let reached = async {
            loop {
                let mut told: Vec<_> = world.told().await.into_iter().map(|told| told.kind).collect();
                told.reverse();
                if told == kinds {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), reached).await.expect("what was to be told");
    };
    let say = |tracker: &Tracker, state: &str| tracker.bus().publish(world.clock.now(), changed(state));
    say(&world.tracker, "open");
    until(&["circuit-opened"]).await;
    for state in ["open", "half-open", "open", "half-open"] {
        say(&other, state);
    }
    world.clock.advance(TimeDelta::minutes(31));
    // Each hears what it is told in order, so it was silent about what came before.
    say(&other, "closed");
    until(&["circuit-opened", "circuit-closed"]).await;
    say(&world.tracker, "closed");
    world.clock.advance(TimeDelta::minutes(31));
    say(&world.tracker, "open");
    until(&["circuit-opened", "circuit-closed", "circuit-opened"]).await;
    for worker in workers {
        worker.stop().await;
    }
    let told = world.told().await;
    assert_eq!((told.len(), told[0].title.as_str()), (3, "yahoo tells no prices at present"));
}

async fn an_import_is_told_with_what_became_of_it(database: &TestDatabase) {
    let world = World::at(database, FRIDAY).await;
    let csv = "Ticker,Type,Date,Price,Shares\nKO,Buy,2026-11-02,100,10\nKO,Buy,2026-11-03,101,\n";
    import(&world.tracker, csv, true).await;
    assert!(world.told().await.is_empty(), "a trial tells nothing");
    import(&world.tracker, csv, false).await;

    let told = world.told().await.swap_remove(0);
    assert_eq!((told.kind.as_str(), told.title.as_str()), ("import-finished", "trades.csv is imported"));
    assert_eq!(told.body, "1 transaction imported into Main, 1 row rejected.");
    let id = world.tracker.portfolio_named("Main").await.unwrap().id;
    assert_eq!(told.link, Some(format!("/dashboard/{id}")));
}

/// Ten shares of KO since Monday 2 November at 100.
async fn ten_shares(world: &World) {
    let csv = "Ticker,Type,Date,Price,Shares\nKO,Buy,2026-11-02,100,10\n";
    import(&world.tracker, csv, false).await;
}

async fn a_portfolio_below_its_highest_point_is_told_beyond_the_limit(database: &TestDatabase) {
    let world = World::at(database, FRIDAY).await;
    ten_shares(&world).await;
    for (date, price) in [("2026-11-02", "100"), ("2026-11-10", "120"), ("2026-11-20", "90")] {
        world.price("KO", date, price).await;
    }
    let fall =
        |limit: &str| RuleDraft { threshold: Some(limit.parse().unwrap()), ..RuleDraft::of(Topic::Drawdown) };
    world.rule(fall("20")).await;
    world.rule(fall("25.1")).await;
    world.check().await;

    // 90 is a quarter below 120.
    assert_eq!(world.titles("drawdown").await, ["Main is 25.0 % below its highest point"]);
    let told = world.told().await.into_iter().find(|told| told.kind == "drawdown").unwrap();
    assert_eq!(told.body, "By its time-weighted return. The limit is 20 %.");
}

async fn a_portfolio_off_its_targets_is_told_beyond_the_limit(database: &TestDatabase) {
    let world = World::at(database, FRIDAY).await;
    let csv = "Ticker,Type,Date,Price,Shares\nKO,Buy,2026-11-02,100,10\nPEP,Buy,2026-11-02,100,10\n";
    import(&world.tracker, csv, false).await;
    let limit =
        |points: &str| RuleDraft { threshold: Some(points.parse().unwrap()), ..RuleDraft::of(Topic::Drift) };
    world.rule(limit("10")).await;
    world.rule(limit("10.1")).await;
    for (date, price) in [("2026-11-02", "100"), ("2026-11-20", "150")] {
        world.price("KO", date, price).await;
        world.price("PEP", date, "100").await;
    }
    world.check().await;
    assert!(world.titles("drift").await.is_empty(), "without targets nothing is off them");

    let id = world.tracker.portfolio_named("Main").await.unwrap().id;
    let half = |symbol: &str| (symbol.parse().unwrap(), "0.5".parse().unwrap());
    world.tracker.set_targets(id, vec![half("KO"), half("PEP")], None).await.unwrap();
    world.check().await;
    world.check().await;
    // 1,500 of 2,500 is 60 %.
    assert_eq!(world.titles("drift").await, ["Main is off its targets"]);
    let told = world.told().await.into_iter().find(|told| told.kind == "drift").unwrap();
    assert_eq!(told.body, "KO is 60.0 % of it, and is to be 50.0 %. The limit is 10 percentage points.");

    world.price("PEP", "2026-11-20", "150").await;
    world.check().await;
    world.price("KO", "2026-11-20", "225").await;
    world.check().await;
    assert_eq!(world.titles("drift").await.len(), 1, "the same is told once a day");
}

async fn an_import_that_failed_is_told_once(database: &TestDatabase) {
    let world = World::at(database, FRIDAY).await;
    import(&world.tracker, "Ticker,Type,Date,Price,Shares\nKO,Buy,2026-11-02,100,10\n", false).await;
    let id = world.tracker.portfolio_named("Main").await.unwrap().id;
    let file = ImportFile { name: "letter.txt".to_owned(), bytes: "Dear Sir,\n".into(), currency: None };
    let job = world.tracker.request_import(id, file).await.unwrap();
    world.run_due().await;
    world.check().await;
    world.check().await;

    assert_eq!(world.titles("import-failed").await, ["A file could not be imported into Main"]);
    let told = world.told().await.into_iter().find(|told| told.kind == "import-failed").unwrap();
    assert_eq!(told.link, Some(format!("/portfolio/{id}/import?job={}", job.uuid())));
}

async fn a_dividend_is_told_when_it_arrives_and_not_when_it_is_history(database: &TestDatabase) {
    let world = World::at(database, "2026-11-18T12:00:00Z").await;
    ten_shares(&world).await;
    world.price("KO", "2026-11-17", "100").await;
    world.set(FRIDAY);
    let csv = "Ticker,Date,Amount\nKO,2026-11-17,3.50\nKO,2026-11-19,4.25\n";
    import(&world.tracker, csv, false).await;
    world.check().await;
    world.check().await;

    // The first rules are of the 18th.
    assert_eq!(world.titles("dividend-received").await, ["KO paid 4.25 USD"]);
    let told = world.told().await.into_iter().find(|told| told.kind == "dividend-received").unwrap();
    assert_eq!(told.body, "Recorded for 19 November 2026, in Main.");
}

async fn a_week_is_told_with_its_figures(database: &TestDatabase) {
    let world = World::at(database, FRIDAY).await;
    let csv = "Ticker,Type,Date,Price,Shares\nKO,Buy,2026-11-02,100,10\nKO,Buy,2026-11-18,105,1\n";
    import(&world.tracker, csv, false).await;
    for (date, price) in [("2026-11-13", "100"), ("2026-11-18", "105"), ("2026-11-20", "110")] {
        world.price("KO", date, price).await;
    }
    world.check().await;
    assert!(world.titles("weekly-summary").await.is_empty());

    world.set("2026-11-21T14:00:00Z");
    world.check().await;
    world.set("2026-11-23T15:00:00Z");
    world.check().await;

    // 11 x 110 = 1,210 after 10 x 100 = 1,000 and 105 paid in: a gain of 105. 5 % up to the 18th and 110 / 105 since.
    let told: Vec<_> = world.told().await.into_iter().filter(|told| told.kind == "weekly-summary").collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].title, "Main: the week to 20 November 2026");
    assert_eq!(
        told[0].body,
        "Value 1210.00 USD. Gain 105.00 USD, time-weighted +10.00 %. Paid in less paid out 105.00 USD. Dividends 0.00 USD."
    );
}

async fn old_prices_are_told_when_a_close_is_missing_for_too_long(database: &TestDatabase) {
    let clock = clock(SATURDAY);
    let simulator = simulator(&clock);
    let tracker = database.tracker(upstream(&simulator), &clock).await;
    let world = World { tracker, clock, mailbox: Arc::default() };
    portfolio(&world.tracker, &["KO"]).await;
    world.run_due().await;

    // Friday's close is what there is until Monday's, at 21:00Z; a day more is the limit.
    for (now, told) in [
        ("2026-11-22T12:00:00Z", 0),
        ("2026-11-23T20:00:00Z", 0),
        ("2026-11-24T21:00:00Z", 0),
        ("2026-11-24T21:00:01Z", 1),
        ("2026-11-27T12:00:00Z", 1),
    ] {
        world.set(now);
        world.check().await;
        assert_eq!(world.titles("data-stale").await.len(), told, "{now}");
    }
    let told = world.told().await.into_iter().find(|told| told.kind == "data-stale").unwrap();
    assert_eq!((told.severity.as_str(), told.title.as_str()), ("warning", "Main has old prices"));
    assert_eq!(told.body, "A close is missing for more than 24 hours of KO.");
}

async fn quiet_hours_hold_letters_back_until_they_end(database: &TestDatabase) {
    let world = World::at(database, FRIDAY).await;
    world.price("KO", "2026-11-20", "205").await;
    // 22:00Z is 23:00 in Berlin; the night ends at 06:00Z.
    let night = QuietHours::new("22:00", "07:00", "Europe/Berlin").unwrap();
    world.tracker.set_quiet_hours(Some(night)).await.unwrap();
    assert_eq!(world.tracker.quiet_hours().await.unwrap(), Some(night));
    world.rule(by_mail(target(Topic::PriceAbove, "KO", "200"))).await;
    world.check().await;
    world.run_due().await;
    assert_eq!(world.told().await.len(), 1, "the page is never quiet");

    world.set("2026-11-21T05:59:59Z");
    world.run_due().await;
    assert!(world.mailbox.titles().is_empty());
    // A longer night, decided on meanwhile, counts as well.
    let long = QuietHours::new("22:00", "08:00", "Europe/Berlin").unwrap();
    world.tracker.set_quiet_hours(Some(long)).await.unwrap();
    world.set("2026-11-21T06:00:00Z");
    world.run_due().await;
    assert!(world.mailbox.titles().is_empty());
    world.set("2026-11-21T07:00:00Z");
    world.run_due().await;
    world.run_due().await;
    assert_eq!(world.mailbox.titles(), ["KO rose to 205 USD"]);
}

async fn a_letter_that_does_not_arrive_is_sent_again_and_not_twice(database: &TestDatabase) {
    let world = World::at(database, FRIDAY).await;
    world.price("KO", "2026-11-20", "205").await;
    world.rule(by_mail(target(Topic::PriceAbove, "KO", "200"))).await;
    let busy = NotDelivered::Later { words: "busy".to_owned(), after: Some(TimeDelta::minutes(5)) };
    *world.mailbox.failures.lock().unwrap() = [NotDelivered::later("away"), busy].into();
    world.check().await;
    world.run_due().await;
    let delivery = world.told().await.swap_remove(0).deliveries.swap_remove(0);
    assert_eq!((delivery.state, delivery.error.as_deref()), (DeliveryState::Waiting, Some("away")));

    world.clock.advance(TimeDelta::minutes(1));
    world.run_due().await;
    world.clock.advance(TimeDelta::minutes(4));
    world.run_due().await;
    assert!(world.mailbox.titles().is_empty(), "the receiver asked for five minutes");
    world.clock.advance(TimeDelta::minutes(1));
    world.run_due().await;
    world.clock.advance(TimeDelta::hours(2));
    world.run_due().await;

    assert_eq!(world.mailbox.titles(), ["KO rose to 205 USD"]);
    let made = world.told().await.swap_remove(0).deliveries.swap_remove(0);
    let at: DateTime<Utc> = "2026-11-20T22:06:00Z".parse().unwrap();
    assert_eq!((made.attempts, made.state, made.error), (3, DeliveryState::Delivered(at), None));
    assert_eq!(world.mailbox.letters.lock().unwrap()[0].id, made.id);
}

async fn a_letter_that_nobody_takes_is_given_up(database: &TestDatabase) {
    let world = World::at(database, FRIDAY).await;
    let id =
        world.tracker.send_test_notification(Channel::Email, "nobody@example.org".to_owned()).await.unwrap();
    let refused = NotDelivered::Never("there is no such mailbox".to_owned());
    *world.mailbox.failures.lock().unwrap() = [refused].into();
    world.run_due().await;
    world.clock.advance(TimeDelta::hours(2));
    world.run_due().await;

    let told = world.told().await.swap_remove(0);
    assert_eq!(told.id, id);
    let delivery = &told.deliveries[0];
    assert_eq!(delivery.state, DeliveryState::Failed(FRIDAY.parse().unwrap()));
    assert_eq!((delivery.attempts, delivery.error.as_deref()), (1, Some("there is no such mailbox")));
}

async fn first_rules_that_were_removed_stay_removed(database: &TestDatabase) {
    let world = World::at(database, FRIDAY).await;
    let first = world.tracker.notification_rules().await.unwrap();
    assert_eq!(first.len(), 8);
    for rule in first {
        world.tracker.remove_notification_rule(rule.id).await.unwrap();
    }
    import(&world.tracker, "Ticker,Type,Date,Price,Shares\nKO,Buy,2026-11-02,100,10\n", false).await;
    let again = database.tracker(Upstream::Nobody, &world.clock).await;
    assert!(again.notification_rules().await.unwrap().is_empty());
    assert!(world.told().await.is_empty());
    let unknown = by_mail(target(Topic::PriceAbove, "XYZQ", "1"));
    let refused = world.tracker.add_notification_rule(unknown).await.unwrap_err();
    assert!(
        matches!(refused, TrackerError::Refused(words) if words.to_string().starts_with("No price of XYZQ is known"))
    );
}

async fn a_test_arrives_in_quiet_hours(database: &TestDatabase) {
    let world = World::at(database, FRIDAY).await;
    let night = QuietHours::new("22:00", "07:00", "Europe/Berlin").unwrap();
    world.tracker.set_quiet_hours(Some(night)).await.unwrap();
    world.tracker.send_test_notification(Channel::Email, "me@example.org".to_owned()).await.unwrap();
    world.run_due().await;
    assert_eq!(world.mailbox.titles(), ["A test"]);
}
