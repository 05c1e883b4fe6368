use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use bellwether_domain::{Clock, FixedClock};
use chrono::{DateTime, Utc};
use futures::future::join_all;
use rust_decimal::Decimal;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::*;
use crate::Priority;

/// Notes each call, charges it, and answers when the test lets it.
struct Desk {
    calls: Mutex<Vec<(Vec<String>, Priority)>>,
    /// Calls are let out one permit each: the budget is charged then.
    out: Semaphore,
    /// Answers come one permit each.
    answers: Semaphore,
    left_alone: AtomicBool,
    clock: Arc<FixedClock>,
    failure: Mutex<Option<NotAnswered>>,
}

/// Notices when a call is dropped before it is answered.
struct Unanswered<'a>(&'a AtomicBool, bool);

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        self.0.fetch_or(self.1, Ordering::SeqCst);
    }
}

impl Desk {
    async fn call(&self, asked: Vec<String>, budget: &LoadBudget) -> Result<(), NotAnswered> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push((asked, budget.priority()));
        if budget.deadline().is_some_and(|deadline| deadline <= self.clock.now()) {
            return Err(NotAnswered::TooLate);
        }
        let reservation = budget.reserve(false).ok_or(NotAnswered::BudgetSpent)?;
        let mut unanswered = Unanswered(&self.left_alone, true);
        self.out.acquire().await.expect("open").forget();
        reservation.spend();
        self.answers.acquire().await.expect("open").forget();
        unanswered.1 = false;
        if budget.deadline().is_some_and(|deadline| deadline <= self.clock.now()) {
            return Err(NotAnswered::TooLate);
        }
        self.failure.lock().expect("a failure").clone().map_or(Ok(()), Err)
    }

    async fn each<T>(
        &self,
        symbols: &[Symbol],
        budget: &LoadBudget,
        answer: impl Fn(&Symbol) -> Outcome<T>,
    ) -> Vec<(Symbol, Outcome<T>)> {
        let called = self.call(symbols.iter().map(ToString::to_string).collect(), budget).await;
        let outcome = |symbol: &Symbol| match &called {
            Ok(()) => answer(symbol),
            Err(reason) => Outcome::NotAnswered(reason.clone()),
        };
        symbols.iter().map(|symbol| (symbol.clone(), outcome(symbol))).collect()
    }

    fn calls(&self) -> Vec<Vec<String>> {
        self.calls.lock().expect("calls").iter().map(|(symbols, _)| symbols.clone()).collect()
    }

    fn priorities(&self) -> Vec<Priority> {
        self.calls.lock().expect("calls").iter().map(|(_, priority)| *priority).collect()
    }
}

fn quote(symbol: &Symbol) -> Quote {
    Quote {
        symbol: symbol.clone(),
        price: Decimal::from(symbol.as_str().len()),
        currency: Currency::USD,
        as_of: DateTime::UNIX_EPOCH,
        fetched_at: DateTime::UNIX_EPOCH,
        previous_close: None,
        delay_minutes: 0,
        source: PriceSource::yahoo().name,
    }
}

#[async_trait]
impl Provider for Desk {
    fn source_of(&self, _: &Symbol) -> Option<PriceSource> {
        Some(PriceSource::yahoo())
    }

    fn health(&self) -> Vec<SourceHealth> {
        Vec::new()
    }

    async fn quotes(&self, symbols: &[Symbol], budget: &LoadBudget) -> Vec<(Symbol, Outcome<Quote>)> {
        self.each(symbols, budget, |symbol| Outcome::Answered(quote(symbol))).await
    }

    async fn recent_closes(
        &self,
        symbols: &[Symbol],
        budget: &LoadBudget,
    ) -> Vec<(Symbol, Outcome<RecentCloses>)> {
        self.each(symbols, budget, |_| Outcome::Delisted).await
    }

    async fn history(&self, symbol: &Symbol, from: NaiveDate, budget: &LoadBudget) -> Outcome<History> {
        let called = self.call(vec![symbol.to_string(), from.to_string()], budget).await;
        called.map_or_else(Outcome::NotAnswered, |()| Outcome::Unknown)
    }

    async fn search(&self, text: &str, budget: &LoadBudget) -> Result<Vec<Found>, NotAnswered> {
        self.call(vec![text.to_owned()], budget).await.map(|()| Vec::new())
    }
}

/// Windows that end when the test says so.
#[derive(Clone, Default)]
struct Sill(Arc<tokio::sync::Notify>);

#[async_trait]
impl Pause for Sill {
    async fn until(&self, _: DateTime<Utc>) {
        self.0.notified().await;
    }
}

struct Room {
    desk: Arc<Desk>,
    coalescing: Coalescing,
    sill: Sill,
}

/// A provider that answers at once, behind windows that end when told.
fn room() -> Room {
    let clock = Arc::new(FixedClock::at(DateTime::UNIX_EPOCH));
    let desk = Arc::new(Desk {
        calls: Mutex::default(),
        out: Semaphore::new(1_000),
        answers: Semaphore::new(1_000),
        left_alone: AtomicBool::new(false),
        clock: Arc::clone(&clock),
        failure: Mutex::default(),
    });
    let sill = Sill::default();
    let coalescing = Coalescing::timed(desk.clone(), clock, sill.clone());
    Room { desk, coalescing, sill }
}

type Asked = JoinHandle<Vec<(Symbol, Outcome<Quote>)>>;

impl Room {
    fn ask(&self, symbols: &[&str], budget: &LoadBudget) -> Asked {
        let (coalescing, budget) = (self.coalescing.clone(), budget.clone());
        let symbols: Vec<Symbol> = symbols.iter().map(|text| text.parse().expect("a symbol")).collect();
        tokio::spawn(async move { coalescing.quotes(&symbols, &budget).await })
    }

    /// Everybody gets as far as he can.
    async fn settle(&self) {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }

    async fn end_window(&self) {
        self.settle().await;
        self.sill.0.notify_waiters();
        self.settle().await;
    }

    fn hold(semaphore: &Semaphore) {
        semaphore.forget_permits(1_000);
    }

    async fn release(&self, semaphore: &Semaphore) {
        semaphore.add_permits(1_000);
        self.settle().await;
    }

    fn assert_nothing_is_left(&self) {
        assert_eq!(self.coalescing.counters().total().under_way, 0);
    }
}

fn calls(count: u32) -> LoadBudget {
    LoadBudget::foreground(count, DateTime::UNIX_EPOCH + TimeDelta::hours(1))
}

fn until(seconds: i64) -> LoadBudget {
    LoadBudget::foreground(9, DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds))
}

async fn answered(asked: Asked) -> Vec<String> {
    let outcomes = asked.await.expect("no panic");
    let good = |outcome: &Outcome<Quote>| matches!(outcome, Outcome::Answered(_));
    assert!(outcomes.iter().all(|(_, outcome)| good(outcome)), "{outcomes:?}");
    outcomes.iter().map(|(symbol, _)| symbol.to_string()).collect()
}

async fn reasons(asked: Asked) -> Vec<NotAnswered> {
    let outcomes = asked.await.expect("no panic");
    outcomes.iter().filter_map(|(_, outcome)| question::Answer::reason(outcome).cloned()).collect()
}

#[tokio::test]
async fn questions_of_one_window_go_out_together_in_the_order_asked() {
    let room = room();
    let budgets = [calls(1), calls(1), calls(1)];
    let asked = [
        room.ask(&["MSFT", "AAPL"], &budgets[0]),
        room.ask(&["AAPL", "ZM", "AAPL"], &budgets[1]),
        room.ask(&["VOD.L", "MSFT"], &budgets[2]),
    ];
    room.settle().await;
    assert!(room.desk.calls().is_empty(), "others may still come");
    room.end_window().await;
    assert_eq!(room.desk.calls(), [["MSFT", "AAPL", "ZM", "VOD.L"]]);
    let [first, second, third] = asked;
    assert_eq!(answered(first).await, ["MSFT", "AAPL"]);
    assert_eq!(answered(second).await, ["AAPL", "ZM", "AAPL"]);
    assert_eq!(answered(third).await, ["VOD.L", "MSFT"]);
    assert_eq!(budgets.map(|budget| budget.spent()), [1, 0, 0], "who came first pays");
    let FlightCounters { flights, asked, joined, asked_again, under_way } = room.coalescing.counters().quotes;
    assert_eq!((flights, asked, joined, asked_again, under_way), (1, 4, 2, 0, 0));
    assert_eq!(room.coalescing.counters().total().symbols_per_flight(), Some(4.0));
}

#[tokio::test]
async fn a_full_batch_does_not_wait_for_the_window() {
    let room = room();
    let names: Vec<String> = (0..45).map(|n| format!("T{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let budget = calls(3);
    let asked = room.ask(&names, &budget);
    room.settle().await;
    assert_eq!(room.desk.calls(), [&names[..20], &names[20..40]]);
    let other = room.ask(&["AAPL"], &calls(0));
    room.end_window().await;
    assert_eq!(room.desk.calls()[2], ["T40", "T41", "T42", "T43", "T44", "AAPL"]);
    assert_eq!(answered(asked).await, names);
    assert_eq!(answered(other).await, ["AAPL"]);
    assert_eq!(budget.spent(), 3);
}

#[tokio::test]
async fn who_asks_what_is_under_way_waits_for_the_same_answer() {
    let room = room();
    Room::hold(&room.desk.answers);
    let first = room.ask(&["AAPL"], &calls(1));
    room.end_window().await;
    let budget = calls(1);
    let second = room.ask(&["AAPL", "MSFT"], &budget);
    room.end_window().await;
    assert_eq!(room.desk.calls(), [["AAPL"], ["MSFT"]]);
    room.release(&room.desk.answers).await;
    assert_eq!((answered(first).await.len(), answered(second).await.len()), (1, 2));
    room.assert_nothing_is_left();

    let third = room.ask(&["AAPL"], &calls(1));
    room.end_window().await;
    answered(third).await;
    assert_eq!(room.desk.calls().len(), 3, "nothing is remembered");
}

#[tokio::test]
async fn a_call_goes_on_when_who_pays_for_it_leaves() {
    let room = room();
    Room::hold(&room.desk.answers);
    let first = room.ask(&["AAPL"], &calls(1));
    room.end_window().await;
    let second = room.ask(&["AAPL"], &calls(0));
    room.settle().await;
    first.abort();
    room.release(&room.desk.answers).await;
    answered(second).await;
    assert_eq!(room.desk.calls().len(), 1);
}

#[tokio::test]
async fn who_leaves_before_the_call_neither_asks_nor_pays() {
    let room = room();
    let budgets = [calls(1), calls(1)];
    let first = room.ask(&["GONE", "AAPL"], &budgets[0]);
    let second = room.ask(&["AAPL"], &budgets[1]);
    room.settle().await;
    first.abort();
    room.end_window().await;
    answered(second).await;
    assert_eq!(room.desk.calls(), [["AAPL"]]);
    assert_eq!(budgets.map(|budget| budget.spent()), [0, 1]);
    room.assert_nothing_is_left();
}

#[tokio::test]
async fn when_all_have_left_the_call_is_dropped_and_nothing_stays() {
    let room = room();
    Room::hold(&room.desk.out);
    let budget = calls(1);
    let asked = [room.ask(&["AAPL"], &budget), room.ask(&["AAPL", "MSFT"], &calls(1))];
    room.end_window().await;
    assert_eq!(room.desk.calls(), [["AAPL", "MSFT"]]);
    asked.iter().for_each(JoinHandle::abort);
    room.settle().await;
    assert!(room.desk.left_alone.load(Ordering::SeqCst));
    assert_eq!((budget.spent(), budget.left()), (0, 1));
    room.assert_nothing_is_left();

    let never = room.ask(&["AAPL"], &calls(1));
    room.settle().await;
    never.abort();
    room.end_window().await;
    assert_eq!(room.desk.calls().len(), 1, "a window that nobody waits for asks nothing");
    room.assert_nothing_is_left();
}

#[tokio::test]
async fn a_spent_budget_is_the_trouble_of_its_owner_only() {
    let room = room();
    let spent = calls(0);
    let alone = room.ask(&["AAPL"], &spent);
    room.end_window().await;
    assert_eq!(reasons(alone).await, [NotAnswered::BudgetSpent]);

    let budget = calls(1);
    let asked = [room.ask(&["AAPL"], &spent), room.ask(&["AAPL"], &budget)];
    room.end_window().await;
    for asked in asked {
        answered(asked).await;
    }
    assert_eq!(budget.spent(), 1);
}

#[tokio::test]
async fn a_hundred_askers_with_one_call_each_get_what_they_can_pay_together() {
    let room = room();
    let names: Vec<String> = (0..400).map(|n| format!("T{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let budgets: Vec<LoadBudget> = (0..100).map(|_| calls(1)).collect();
    let asked: Vec<Asked> = budgets.iter().map(|budget| room.ask(&names, budget)).collect();
    room.settle().await;
    for asked in asked {
        assert_eq!(answered(asked).await, names);
    }
    let spent: u32 = budgets.iter().map(LoadBudget::spent).sum();
    assert_eq!(spent, 20);
    room.assert_nothing_is_left();
}

#[tokio::test]
async fn a_call_takes_as_long_as_the_most_patient_of_a_batch_can_wait() {
    let room = room();
    Room::hold(&room.desk.answers);
    let (hasty, patient) = (until(2), until(60));
    let asked = [room.ask(&["AAPL"], &hasty), room.ask(&["AAPL"], &patient)];
    room.end_window().await;
    room.desk.clock.advance(TimeDelta::seconds(10));
    room.release(&room.desk.answers).await;
    for asked in asked {
        answered(asked).await;
    }
    assert_eq!((hasty.spent(), patient.spent()), (1, 0));
}

#[tokio::test]
async fn who_joins_late_and_can_wait_longer_asks_again_on_his_own_account() {
    let room = room();
    Room::hold(&room.desk.answers);
    let (hasty, patient) = (until(2), until(60));
    let first = room.ask(&["AAPL"], &hasty);
    room.end_window().await;
    let second = room.ask(&["AAPL"], &patient);
    let third = room.ask(&["AAPL"], &until(1));
    room.settle().await;
    room.desk.clock.advance(TimeDelta::seconds(10));
    room.release(&room.desk.answers).await;
    assert_eq!(reasons(first).await, [NotAnswered::TooLate]);
    assert_eq!(reasons(third).await, [NotAnswered::TooLate]);
    room.end_window().await;
    answered(second).await;
    assert_eq!((hasty.spent(), patient.spent()), (1, 1));
    assert_eq!(room.coalescing.counters().quotes.asked_again, 1);
}

#[tokio::test]
async fn a_background_call_gives_way_to_the_foreground_until_it_is_out() {
    let room = room();
    Room::hold(&room.desk.out);
    let (background, foreground) = (LoadBudget::background(1), calls(1));
    let behind = room.ask(&["AAPL", "MSFT"], &background);
    room.end_window().await;
    let before = room.ask(&["AAPL"], &foreground);
    room.end_window().await;
    assert_eq!(room.desk.calls(), [["AAPL", "MSFT"], ["AAPL", "MSFT"]], "the background comes along");
    assert_eq!(room.desk.priorities(), [Priority::Background, Priority::Foreground]);
    room.release(&room.desk.out).await;
    answered(before).await;
    assert_eq!(answered(behind).await, ["AAPL", "MSFT"]);
    assert_eq!((background.spent(), foreground.spent()), (0, 1));

    Room::hold(&room.desk.answers);
    let behind = room.ask(&["AAPL"], &background);
    room.end_window().await;
    let before = room.ask(&["AAPL"], &calls(0));
    room.settle().await;
    room.release(&room.desk.answers).await;
    answered(before).await;
    answered(behind).await;
    assert_eq!(room.desk.calls().len(), 3, "a call that is out serves both");
}

#[tokio::test]
async fn a_batch_that_anybody_looks_at_goes_out_in_the_foreground() {
    let room = room();
    let (background, foreground) = (LoadBudget::background(1), calls(1));
    let asked = [room.ask(&["AAPL"], &background), room.ask(&["AAPL"], &foreground)];
    room.end_window().await;
    for asked in asked {
        answered(asked).await;
    }
    assert_eq!(room.desk.priorities(), [Priority::Foreground]);
    assert_eq!((background.spent(), foreground.spent()), (1, 0));
}

#[tokio::test]
async fn a_failure_is_everybodys_and_the_next_asks_anew() {
    let room = room();
    let outage = NotAnswered::Upstream { status: 503 };
    *room.desk.failure.lock().expect("a failure") = Some(outage.clone());
    let asked: Vec<Asked> = (0..3).map(|_| room.ask(&["AAPL"], &calls(5))).collect();
    room.end_window().await;
    for asked in asked {
        assert_eq!(reasons(asked).await, std::slice::from_ref(&outage));
    }
    *room.desk.failure.lock().expect("a failure") = None;
    let next = room.ask(&["AAPL"], &calls(1));
    room.end_window().await;
    answered(next).await;
    assert_eq!(room.desk.calls().len(), 2);
}

#[tokio::test]
async fn histories_closes_and_searches_fly_apart() {
    let room = room();
    let (aapl, from): (Symbol, NaiveDate) = ("AAPL".parse().expect("a symbol"), NaiveDate::default());
    let later = from.succ_opt().expect("a day");
    let (history, other, closes, search) = (calls(9), calls(9), calls(9), calls(9));
    let symbols = [aapl.clone()];
    let asked = async {
        let histories = join_all((0..5).map(|_| room.coalescing.history(&aapl, from, &history)));
        let other = room.coalescing.history(&aapl, later, &other);
        let closes = join_all((0..5).map(|_| room.coalescing.recent_closes(&symbols, &closes)));
        let found = join_all((0..5).map(|_| room.coalescing.search(" apple ", &search)));
        futures::join!(histories, other, closes, found)
    };
    let ((histories, other_history, all_closes, found), ()) = futures::join!(asked, room.end_window());
    assert_eq!(histories, vec![Outcome::Unknown; 5]);
    assert_eq!(other_history, Outcome::Unknown);
    assert!(all_closes.iter().flatten().all(|(_, outcome)| *outcome == Outcome::Delisted));
    assert_eq!(found, vec![Ok(Vec::new()); 5]);
    assert_eq!([&history, &other, &closes, &search].map(LoadBudget::spent), [1; 4]);
    let counters = room.coalescing.counters();
    assert_eq!((counters.histories.flights, counters.histories.joined), (2, 4));
    assert_eq!((counters.total().flights, counters.total().under_way), (4, 0));
}

#[test]
fn who_waits_for_a_call_of_a_runtime_that_ended_asks_again() {
    let room = room();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let (here, there) = (runtime(), runtime());
    Room::hold(&room.desk.answers);
    let ask_in = |runtime: &tokio::runtime::Runtime, symbols: &[&str]| {
        let _inside = runtime.enter();
        room.ask(symbols, &calls(1))
    };
    let lost = ask_in(&there, &["AAPL"]);
    there.block_on(room.end_window());
    let _with_an_open_window = ask_in(&there, &["MSFT"]);
    there.block_on(room.settle());
    let asked = ask_in(&here, &["AAPL", "MSFT"]);
    here.block_on(room.settle());
    drop(there);
    assert!(lost.is_finished());
    here.block_on(async {
        room.end_window().await;
        room.release(&room.desk.answers).await;
        assert_eq!(answered(asked).await, ["AAPL", "MSFT"]);
    });
    assert_eq!(room.desk.calls(), [vec!["AAPL"], vec!["AAPL", "MSFT"]]);
    room.assert_nothing_is_left();
}
