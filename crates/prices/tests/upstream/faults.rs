//! Answers that are wrong in themselves.

use bellwether_prices::{History, Limits, NotAnswered, Outcome, Provider, Suspicion};
use bellwether_yahoo_sim::{FaultAction, FaultRule, Omission, Route};
use chrono::Days;

use super::{Desk, date, desk, symbol, symbols};

async fn read(desk: &Desk, name: &str) -> Outcome<History> {
    desk.yahoo.history(&symbol(name), date("2025-06-02"), &desk.budget(5)).await
}

async fn with_fault(name: &str, action: FaultAction) -> (Outcome<History>, History) {
    let desk = desk(Limits::generous(), vec![FaultRule::on(Route::Chart, action)]);
    let faulty = read(&desk, name).await;
    desk.sim.set_faults(Vec::new());
    let Outcome::Answered(sound) = read(&desk, name).await else { panic!("no history") };
    (faulty, sound)
}

/// The faulty history, all of whose closes have to be true.
async fn harmless(name: &str, action: FaultAction) -> (History, History) {
    let (faulty, sound) = with_fault(name, action.clone()).await;
    let Outcome::Answered(faulty) = faulty else { panic!("{action:?}: {faulty:?}") };
    for bar in &faulty.bars {
        let truth = sound.bars.iter().find(|other| other.date == bar.date);
        let truth = truth.unwrap_or_else(|| panic!("{action:?}: no {}", bar.date));
        // The running day's price may be the settled or the current one.
        assert!((bar.close / truth.close - 1.0).abs() < 0.05, "{action:?} {}: {}", bar.date, bar.close);
        assert!(bar.provisional || bar.close == truth.close, "{action:?} {}", bar.date);
    }
    assert!(faulty.bars.windows(2).all(|pair| pair[0].date < pair[1].date), "{action:?}");
    (faulty, sound)
}

#[tokio::test]
async fn odd_forms_of_a_sound_answer_are_read_all_the_same() {
    for action in [
        FaultAction::StringsForNumbers,
        FaultAction::Unsorted,
        FaultAction::DupLastDay,
        FaultAction::RowAfterPeriod2,
        FaultAction::NullLastDay,
        FaultAction::WrongContentType,
        FaultAction::Bom,
    ] {
        let (faulty, sound) = harmless("AAPL", action.clone()).await;
        assert_eq!(faulty.bars.len(), sound.bars.len(), "{action:?}");
    }
}

#[tokio::test]
async fn missing_days_stay_missing() {
    for action in [
        FaultAction::Nulls { rows: 5, fields: Vec::new() },
        FaultAction::MissingDays { n: 5 },
        FaultAction::Infinity,
    ] {
        let (faulty, sound) = harmless("AAPL", action.clone()).await;
        assert!(faulty.bars.len() + 6 >= sound.bars.len(), "{action:?}");
        assert_eq!(faulty.suspects, [], "{action:?}");
    }
}

#[tokio::test]
async fn bars_on_another_scale_are_set_aside() {
    for (factor, rows) in [(100.0, 1), (100.0, 8), (0.01, 1), (0.01, 8)] {
        let (faulty, sound) = harmless("AAPL", FaultAction::Glitch { factor, rows }).await;
        assert_eq!(faulty.suspects.len(), rows, "{factor} {rows}");
        assert_eq!(faulty.bars.len() + rows, sound.bars.len());
    }
    let desk = desk(Limits::generous(), Vec::new());
    let Outcome::Answered(history) = read(&desk, "ZZGLITCH1").await else { panic!("no history") };
    assert!(!history.suspects.is_empty());
    let (low, high) =
        history.bars.iter().fold((f64::MAX, 0.0_f64), |(l, h), bar| (l.min(bar.close), h.max(bar.close)));
    assert!(high / low < 30.0);
}

#[tokio::test]
async fn a_split_that_is_not_applied_everywhere_condemns_the_other_side() {
    for action in [FaultAction::SplitNotApplied, FaultAction::PartialSplit] {
        let desk = desk(Limits::generous(), vec![FaultRule::on(Route::Chart, action.clone())]);
        desk.clock.set(desk.clock_after_split());
        let Outcome::Answered(faulty) = read(&desk, "ZZSPLIT1").await else { panic!("{action:?}") };
        desk.sim.set_faults(Vec::new());
        let Outcome::Answered(sound) = read(&desk, "ZZSPLIT1").await else { panic!("no history") };
        assert!(!faulty.suspects.is_empty(), "{action:?}");
        let not_applied = |why: &Suspicion| matches!(why, Suspicion::SplitNotApplied { .. });
        assert!(faulty.suspects.iter().all(|suspect| not_applied(&suspect.suspicion)), "{action:?}");
        for bar in &faulty.bars {
            let truth = sound.bars.iter().find(|other| other.date == bar.date).unwrap();
            assert_eq!(bar.close, truth.close, "{action:?} {}", bar.date);
        }
    }
}

impl Desk {
    /// Some days after the reserved symbols have split.
    fn clock_after_split(&self) -> chrono::DateTime<chrono::Utc> {
        self.now() + Days::new(20)
    }
}

#[tokio::test]
async fn what_contradicts_itself_is_refused() {
    for (action, expected) in [
        (FaultAction::Ragged, "columns"),
        (FaultAction::NoTimestamps, "values without times"),
        (FaultAction::NoCurrency, "no currency"),
        (FaultAction::HugeBody { mb: 12 }, "too large"),
        (FaultAction::HugeHeaders { bytes: 60_000 }, "too large"),
    ] {
        match with_fault("AAPL", action.clone()).await.0 {
            Outcome::NotAnswered(NotAnswered::Malformed(what)) => {
                assert!(what.contains(expected), "{action:?}: {what}");
            }
            other => panic!("{action:?}: {other:?}"),
        }
    }
    for action in [FaultAction::NullChart, FaultAction::StatusCode200] {
        let outcome = with_fault("AAPL", action.clone()).await.0;
        assert_eq!(outcome, Outcome::NotAnswered(NotAnswered::Upstream { status: 200 }), "{action:?}");
    }
}

#[tokio::test]
async fn a_currency_once_told_is_remembered() {
    let desk = desk(Limits::generous(), Vec::new());
    let Outcome::Answered(sound) = read(&desk, "VOD.L").await else { panic!("no history") };
    desk.sim.set_faults(vec![FaultRule::always(FaultAction::NoCurrency)]);
    let Outcome::Answered(nameless) = read(&desk, "VOD.L").await else { panic!("forgotten") };
    assert_eq!((nameless.listing.unit, nameless.bars), (sound.listing.unit, sound.bars));
}

#[tokio::test]
async fn another_instruments_prices_are_never_taken() {
    let swapped = with_fault("AAPL", FaultAction::SwapSymbols).await.0;
    assert!(matches!(swapped, Outcome::Suspect(Suspicion::WrongSymbol { .. })), "{swapped:?}");
    let alias = FaultAction::Alias { from: "AAPL".into(), to: "MSFT".into() };
    assert!(matches!(with_fault("AAPL", alias).await.0, Outcome::Suspect(Suspicion::WrongSymbol { .. })));

    let swap = FaultRule::on(Route::SparkV7, FaultAction::SwapSymbols);
    let desk = desk(Limits::generous(), Vec::new());
    let sound = desk.yahoo.quotes(&symbols(4), &desk.budget(5)).await;
    desk.sim.set_faults(vec![swap]);
    let swapped = desk.yahoo.quotes(&symbols(4), &desk.budget(5)).await;
    let mut changed = 0;
    for ((name, sound), (_, now)) in sound.iter().zip(&swapped) {
        match now {
            Outcome::Answered(quote) => assert_eq!(quote.price, sound.as_answer().unwrap().price, "{name}"),
            Outcome::Suspect(Suspicion::WrongSymbol { .. }) => changed += 1,
            other => panic!("{name}: {other:?}"),
        }
    }
    assert_eq!(changed, 2);
}

#[tokio::test]
async fn a_batch_with_gaps_is_asked_again_only_when_most_is_missing() {
    let omit = |what| vec![FaultRule::on(Route::SparkV7, FaultAction::Omit(what)).times(1)];
    let desk = desk(Limits::generous(), omit(Omission::AllButLast));
    let quotes = desk.yahoo.quotes(&symbols(20), &desk.budget(9)).await;
    assert!(quotes.iter().all(|(_, outcome)| outcome.as_answer().is_some()));
    assert_eq!(desk.total().calls, 3);

    desk.sim.set_faults(omit(Omission::Symbols(vec!["T1.L".into(), "T2.DE".into()])));
    let quotes = desk.yahoo.quotes(&symbols(20), &desk.budget(9)).await;
    let omitted = |outcome: &Outcome<_>| *outcome == Outcome::NotAnswered(NotAnswered::Omitted);
    assert_eq!(quotes.iter().filter(|(_, outcome)| omitted(outcome)).count(), 2);
    assert_eq!(desk.total().calls, 4);
}

#[tokio::test]
async fn old_prices_say_how_old_they_are() {
    let desk = desk(Limits::generous(), vec![FaultRule::always(FaultAction::Stale { seconds: 86_400 })]);
    let quote = desk.yahoo.quotes(&[symbol("AAPL")], &desk.budget(1)).await.remove(0).1.answer().unwrap();
    assert!(quote.as_of <= desk.now() - chrono::TimeDelta::hours(23));
    assert_eq!(quote.fetched_at, desk.now());
}
