//! Whatever is asked of whatever world: a figure is a finite number or a reason, and never a silent zero.
//!
//! [`worlds`] are the hostile worlds by name, [`sweep`] asks every public function in each, [`unknown`] says which
//! figures must be unknown in which world, [`numbers`] and [`prices`] give hostile numbers to the functions of plain
//! numbers, and [`complete`] fails when a public function is asked in none of them.
#![allow(clippy::unwrap_used, missing_docs)]
// A method of a type with a lifetime is not general enough to be given as it is.
#![allow(clippy::redundant_closure_for_method_calls)]

mod complete;
mod figure_names;
mod finite;
mod numbers;
mod prices;
mod sweep;
mod unknown;
mod world;
mod worlds;

use std::panic::{AssertUnwindSafe, catch_unwind};

use bellwether_domain::CostMethod;
use bellwether_portfolio::Books;

use crate::sweep::Sweep;
use crate::world::World;

/// Runs one part of the sweep over all worlds and lists every fault at once.
fn swept(part: impl Fn(&mut Sweep<'_>)) {
    let mut faults = Vec::new();
    for world in worlds::all() {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let books = world.books().unwrap();
            let mut sweep = Sweep::new(&world, &books);
            part(&mut sweep);
            sweep.found.faults
        }));
        faults.extend(outcome.unwrap_or_else(|_| vec![format!("{}: it panics", world.name)]));
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn books_and_reports_are_known_or_say_why_not() {
    swept(|sweep| sweep.books_and_report());
}

#[test]
fn returns_and_risk_are_known_or_say_why_not() {
    swept(|sweep| sweep.returns());
}

#[test]
fn benchmarks_are_known_or_say_why_not() {
    swept(|sweep| sweep.benchmark());
}

#[test]
fn performance_is_known_or_says_why_not() {
    swept(|sweep| sweep.subjects());
}

#[test]
fn income_is_known_or_says_why_not() {
    swept(|sweep| sweep.income());
}

#[test]
fn decisions_are_known_or_say_why_not() {
    swept(|sweep| sweep.decisions());
}

#[test]
fn allocations_are_known_or_say_why_not() {
    swept(|sweep| sweep.allocation());
}

#[test]
fn derivations_are_known_or_say_why_not() {
    swept(|sweep| sweep.derivations());
}

#[test]
fn what_would_have_been_is_known_or_says_why_not() {
    swept(|sweep| sweep.what_if());
}

#[test]
fn every_cost_method_gives_figures_or_reasons() {
    for mut world in worlds::all() {
        for method in [CostMethod::Lifo, CostMethod::HighestCost, CostMethod::Average] {
            world.options.method = method;
            let books = world.books().unwrap();
            let mut sweep = Sweep::new(&world, &books);
            sweep.books_and_report();
            assert!(sweep.found.faults.is_empty(), "{method:?}: {:#?}", sweep.found.faults);
        }
    }
}

#[test]
fn a_refused_ledger_says_what_is_wrong() {
    for world in worlds::refused() {
        let World { ledger, market, options, as_of, name, .. } = &world;
        let error = Books::replay(ledger, market, options, *as_of).expect_err(name);
        // What the market tells wrongly is no transaction's fault.
        let by_market = name.contains("dividend");
        assert!(error.date() <= *as_of && error.transaction().is_none() == by_market, "{name}: {error}");
    }
}

#[test]
fn all_faults_of_a_ledger_are_those_that_a_replay_stops_at() {
    for world in worlds::all() {
        let faults = Books::faults(&world.ledger, &world.market, &world.options, world.as_of);
        assert_eq!(faults, [], "{}", world.name);
    }
    for world in worlds::refused() {
        let World { ledger, market, options, as_of, name, .. } = &world;
        let error = Books::replay(ledger, market, options, *as_of).expect_err(name);
        let faults = Books::faults(ledger, market, options, *as_of);
        // What the market tells wrongly is no transaction's fault.
        let named =
            error.transaction().is_none_or(|id| faults.iter().any(|fault| fault.transaction() == Some(id)));
        assert!(named, "{name}: {error} is not among {faults:?}");
    }
}
