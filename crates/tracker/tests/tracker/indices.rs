//! Indices of one's own as benchmarks: the same everywhere as if they were instruments, made from their components.

use bellwether_domain::{Currency, Portfolio, PortfolioId, PriceBasis, Symbol, UserId};
use bellwether_portfolio::derivation::Source;
use bellwether_portfolio::{BenchmarkFigure, FigureName, Reason};
use bellwether_storage::changes;
use bellwether_tracker::{
    DerivationPart, EnteredIndex, EnteredSettings, EnteredTransaction, IndexShown, LedgerChange,
    NewTransaction, NodeShown, Range, Tracker, TrackerError, Upstream, View,
};
use serde_json::json;

use crate::database::{TestDatabase, clock, on_both};
use crate::derivations::all_are_derived;

on_both!(
    the_same_money_in_an_index_of_ones_own_is_what_a_hand_works_out,
    every_figure_beside_an_index_goes_down_to_the_prices_of_its_components,
    a_component_without_a_price_leaves_the_comparison_unknown,
    another_index_makes_older_answers_wrong,
    an_index_that_portfolios_are_compared_with_stays,
    what_is_undone_is_never_compared_with_an_index_that_is_gone,
    somebody_else_s_index_and_an_unknown_one_are_not_there,
    an_export_takes_the_index_that_it_is_compared_with_along,
    components_are_kept_fresh_as_benchmarks_are,
);

/// A Saturday.
const NOW: &str = "2026-11-21T12:00:00Z";

/// AAA doubles by the last trading day of October; BBB pays a dividend of 10 % in November.
const PRICES: &str = "date,symbol,close\n2026-10-28,AAA,10\n2026-10-29,AAA,10\n2026-10-30,AAA,20\n2026-11-02,AAA,20\n2026-11-20,AAA,25\n\
    2026-10-28,BBB,50\n2026-10-29,BBB,50\n2026-10-30,BBB,50\n2026-11-02,BBB,50\n2026-11-20,BBB,60\n";
const DIVIDENDS: &str = "ex_date,symbol,amount\n2026-11-02,BBB,5\n";

fn index(name: &str, weights: &[(&str, &str)]) -> EnteredIndex {
    EnteredIndex {
        name: name.to_owned(),
        rebalancing: "monthly".to_owned(),
        components: weights.iter().map(|(s, w)| ((*s).to_owned(), (*w).to_owned())).collect(),
        ..EnteredIndex::default()
    }
}

fn booked(kind: &str, date: &str, amount: &str, of: Option<(&str, &str, &str)>) -> NewTransaction {
    let (symbol, quantity, price) = of.unwrap_or_default();
    let entered = EnteredTransaction {
        kind: kind.to_owned(),
        date: date.to_owned(),
        amount: amount.to_owned(),
        symbol: symbol.to_owned(),
        quantity: quantity.to_owned(),
        price: price.to_owned(),
        ..EnteredTransaction::default()
    };
    NewTransaction { entered, ..NewTransaction::default() }
}

/// 1,000 paid in on 29 October, of which 100 buy 10 AAA, and 499.20 on 2 November; compared with 60 % AAA and 40 % BBB.
async fn world(database: &TestDatabase) -> (Tracker, Portfolio, IndexShown) {
    let tracker = database.tracker(Upstream::Nobody, &clock(NOW)).await;
    tracker.import_prices(PRICES.into(), Some(PriceBasis::AsTraded), Currency::USD).await.unwrap();
    tracker.import_actions(DIVIDENDS.into(), PriceBasis::AsTraded).await.unwrap();
    let made =
        tracker.create_index(&index("60 / 40, mine", &[("AAA", "0.6"), ("BBB", "0.4")])).await.unwrap();
    let portfolio = tracker.make_portfolio(&compared("Main", &["=60 / 40, Mine", "AAA"])).await.unwrap();
    let creates = vec![
        booked("deposit", "2026-10-29", "1000", None),
        booked("buy", "2026-10-29", "", Some(("AAA", "10", "10"))),
        booked("deposit", "2026-11-02", "499.2", None),
    ];
    let change = LedgerChange { creates, ..LedgerChange::default() };
    tracker.change_ledger(portfolio.id, change, false).await.unwrap();
    (tracker, portfolio, made)
}

fn compared(name: &str, benchmarks: &[&str]) -> EnteredSettings {
    EnteredSettings {
        name: Some(name.to_owned()),
        benchmarks: Some(benchmarks.iter().map(|text| (*text).to_owned()).collect()),
        ..EnteredSettings::default()
    }
}

fn only(benchmarks: &[&str]) -> EnteredSettings {
    EnteredSettings { name: None, ..compared("", benchmarks) }
}

fn whole() -> View {
    View { range: Range::Max, ..View::default() }
}

fn beside(symbol: Symbol) -> View {
    View { benchmarks: vec![symbol], ..whole() }
}

#[track_caller]
fn close(value: f64, expected: f64) {
    assert!((value - expected).abs() < 1e-9, "{value} instead of {expected}");
}

fn conflict<T: std::fmt::Debug>(refused: Result<T, TrackerError>) -> String {
    match refused {
        Err(TrackerError::Conflict(words)) => words.to_string(),
        other => panic!("{other:?}"),
    }
}

fn is_not_there<T>(asked: &Result<T, TrackerError>) -> bool {
    matches!(asked, Err(TrackerError::NotFound(_)))
}

async fn the_same_money_in_an_index_of_ones_own_is_what_a_hand_works_out(database: &TestDatabase) {
    let (tracker, portfolio, made) = world(database).await;
    assert_eq!(portfolio.benchmarks, [made.symbol(), "AAA".parse().unwrap()], "named without regard to case");

    let dashboard = tracker.dashboard(portfolio.id, &whole()).await.unwrap();

    let figures = dashboard.figures.unwrap();
    let against = &figures.benchmarks[0];
    assert_eq!((&against.symbol, against.title()), (&made.symbol(), "60 / 40, mine"));
    assert_eq!(figures.benchmarks[1].title(), "AAA");
    // 1,000 buy 60 AAA and 8 BBB: 1,600 at the end of October, split again into 48 AAA and 12.8 BBB. The dividend of 64
    // buys 4 % more of each: 49.92 and 13.312, worth 1,664. 499.20 buy 30 % as much again.
    let (aaa, bbb) = (49.92 * 1.3, 13.312 * 1.3);
    let comparison = against.portfolio.as_ref().unwrap();
    close(comparison.value, aaa * 25.0 + bbb * 60.0);
    close(comparison.units, 13.0);
    close(comparison.net_invested, 1499.2);
    // 1,399.20 in cash and 10 AAA at 25.
    close(comparison.own_value, 1649.2);
    close(comparison.ahead_by, 1649.2 - 2660.736);
    close(comparison.series.at("2026-10-30".parse().unwrap()).unwrap(), 1600.0);
    close(comparison.series.at("2026-11-02".parse().unwrap()).unwrap(), 1664.0 + 499.2);
    // 100 in the index instead of AAA: 4.992 AAA and 1.3312 BBB.
    let holding = against.holdings[&"AAA".parse::<Symbol>().unwrap()].as_ref().unwrap();
    close(holding.value, 4.992 * 25.0 + 1.3312 * 60.0);
    close(holding.ahead_by, 250.0 - 204.672);
    let performance = tracker.performance_shown(portfolio.id, &whole()).await.unwrap().shown;
    let told = json!(performance);
    assert_eq!(told["benchmarks"][0]["benchmark_name"], "60 / 40, mine");
    assert_eq!(told["benchmarks"][1].get("benchmark_name"), None);
    assert_eq!(told["risk"]["benchmark_name"], "60 / 40, mine");
    // From 10 to 25 and the rest as above: 100 became 204.672.
    let returned: f64 = told["benchmarks"][0]["total_return"]["value"].as_str().unwrap().parse().unwrap();
    close(returned, 1.04672);
}

/// What a part of a derivation ends in.
fn sources(node: &NodeShown, found: &mut Vec<Source>) {
    found.extend(node.source.iter().map(|shown| shown.source.clone()));
    node.operands.iter().for_each(|operand| sources(operand, found));
}

async fn every_figure_beside_an_index_goes_down_to_the_prices_of_its_components(database: &TestDatabase) {
    let (tracker, portfolio, made) = world(database).await;
    for view in [whole(), beside(made.symbol())] {
        let holdings = tracker.holdings(portfolio.id, &view).await.unwrap();
        let told = json!([holdings.rows, holdings.total]);
        assert!(told.to_string().contains("\"benchmark_name\":\"60 / 40, mine\""), "{told}");
        all_are_derived(&tracker, portfolio.id, &view, &told, 40).await;
        let flows = tracker.cash_flows_shown(portfolio.id, &view).await.unwrap().shown;
        let performance = tracker.performance_shown(portfolio.id, &view).await.unwrap().shown;
        let holding = tracker.holding_shown(portfolio.id, &"AAA".parse().unwrap(), &view).await.unwrap();
        let told = json!([flows, performance, holding.shown]);
        all_are_derived(&tracker, portfolio.id, &view, &told, 40).await;
    }
    let figure = BenchmarkFigure::Value;
    let name = FigureName::Benchmark { symbol: made.symbol(), of: None, figure }.to_string();
    let part = DerivationPart { under: Vec::new(), depth: 20, first: 0, most: 100 };
    let shown = tracker.derivation(portfolio.id, &whole(), &name, part).await.unwrap();
    assert_eq!(shown.index_names[&made.symbol()], "60 / 40, mine");
    let mut found = Vec::new();
    sources(&shown.node, &mut found);
    for (component, on) in [("AAA", "2026-11-20"), ("BBB", "2026-11-20"), ("BBB", "2026-10-29")] {
        let is_price = |source: &Source| matches!(source, Source::Price { symbol, day, .. } if symbol.as_str() == component && day.to_string() == on);
        assert!(found.iter().any(is_price), "{component} on {on}: {found:#?}");
    }
}

async fn a_component_without_a_price_leaves_the_comparison_unknown(database: &TestDatabase) {
    let (tracker, portfolio, made) = world(database).await;
    let lacking = index("60 / 40, mine", &[("AAA", "0.5"), ("BBB", "0.3"), ("ZZZ", "0.2")]);
    tracker.change_index(made.id, &lacking, None).await.unwrap();

    let dashboard = tracker.dashboard(portfolio.id, &whole()).await.unwrap();

    let figures = dashboard.figures.unwrap();
    let unknown = figures.benchmarks[0].portfolio.as_ref().unwrap_err();
    assert_eq!(*unknown, Reason::no_price(&"ZZZ".parse().unwrap()));
    assert!(figures.benchmarks[0].holdings.values().all(|with| with.as_ref().err() == Some(unknown)));
    assert!(figures.benchmarks[1].portfolio.is_ok());
    // Before the first close of all of them there is none of the index either.
    let early = View { as_of: Some("2026-10-27".parse().unwrap()), ..whole() };
    assert!(tracker.performance_shown(portfolio.id, &early).await.is_ok());
}

async fn another_index_makes_older_answers_wrong(database: &TestDatabase) {
    let (tracker, portfolio, made) = world(database).await;
    let other = tracker.make_portfolio(&compared("Other", &["AAA"])).await.unwrap().id;
    let named = [made.symbol()];
    let id = portfolio.id;
    let versions = async || {
        let beside = tracker.versions_beside(other, &named).await.unwrap().versions;
        (tracker.versions(id).await.unwrap(), tracker.versions(other).await.unwrap(), beside)
    };
    let before = versions().await;

    tracker.change_index(made.id, &index("Halves", &[("AAA", "0.5"), ("BBB", "0.5")]), None).await.unwrap();

    let after = versions().await;
    assert_ne!(after.0.entered, before.0.entered, "it is compared with it");
    assert_eq!(after.1, before.1, "it is not");
    assert_ne!(after.2.entered, before.2.entered, "it is beside it");
    let halves = tracker.dashboard(id, &whole()).await.unwrap().figures.unwrap();
    assert_eq!(halves.benchmarks[0].title(), "Halves");
    tracker.undo_index(made.id).await.unwrap();
    let back = versions().await;
    assert!(![before.0.entered, after.0.entered].contains(&back.0.entered));
    // What is told of a component is told of the index.
    tracker.record_price("BBB".parse().unwrap(), None, 61.into(), Some(Currency::USD)).await.unwrap();
    let priced = versions().await;
    assert!(priced.0.prices > back.0.prices && priced.2.prices > back.2.prices);
    assert_eq!(priced.1.prices, back.1.prices);
}

async fn an_index_that_portfolios_are_compared_with_stays(database: &TestDatabase) {
    let (tracker, portfolio, made) = world(database).await;
    let other = tracker.make_portfolio(&compared("Other", &[made.symbol().as_str()])).await.unwrap().id;

    let words = conflict(tracker.delete_index(made.id, None).await);

    assert!(words.contains("\"Main\", \"Other\""), "{words}");
    let words = conflict(tracker.undo_index(made.id).await);
    assert!(words.contains("\"Main\""), "to undo that it was made: {words}");
    tracker.change_portfolio(portfolio.id, &only(&["VOO"]), None).await.unwrap();
    tracker.delete_portfolio(other, None).await.unwrap();
    tracker.delete_index(made.id, None).await.unwrap();
    assert_eq!(tracker.undo_index(made.id).await.unwrap(), Some(made));
}

async fn what_is_undone_is_never_compared_with_an_index_that_is_gone(database: &TestDatabase) {
    let (tracker, portfolio, made) = world(database).await;
    let id = portfolio.id;
    tracker.change_portfolio(id, &only(&["VOO"]), None).await.unwrap();
    let change = tracker.changes(id, None, 1).await.unwrap().remove(0).id;
    tracker.delete_index(made.id, None).await.unwrap();

    let words = conflict(tracker.undo(id, change).await);

    assert!(words.contains("an index that is not there"), "{words}");
    assert_eq!(tracker.portfolio(id).await.unwrap().benchmarks, ["VOO".parse().unwrap()]);
    tracker.undo_index(made.id).await.unwrap();
    tracker.undo(id, change).await.unwrap();
    assert_eq!(tracker.portfolio(id).await.unwrap().benchmarks, portfolio.benchmarks);
    // What the tables hold and what the log tells are the same.
    let storage = database.storage(&clock(NOW)).await;
    let user = portfolio.user;
    let states = storage.snapshot(move |connection| {
        Ok((changes::read(connection, user, id)?, changes::replay(connection, user, id, None)?))
    });
    let (held, told) = states.await.unwrap();
    assert_eq!(held, told);
    assert_eq!(tracker.examine().await.unwrap(), []);
}

async fn somebody_else_s_index_and_an_unknown_one_are_not_there(database: &TestDatabase) {
    let (tracker, portfolio, made) = world(database).await;
    let id = portfolio.id;
    let unknown = Symbol::of_index("0190a8b1-32e4-7c55-9d10-3f0de7a1b2c3".parse().unwrap());
    for view in [beside(unknown.clone()), beside(Symbol::of_index(id.uuid()))] {
        assert!(is_not_there(&tracker.dashboard(id, &view).await));
        assert!(is_not_there(&tracker.performance_shown(id, &view).await));
        assert!(is_not_there(&tracker.versions_beside(id, &view.benchmarks).await));
    }
    let faults = |refused: Result<Portfolio, TrackerError>| match refused {
        Err(TrackerError::Invalid(faults)) => format!("{}: {}", faults[0].field, faults[0].reason),
        other => panic!("{other:?}"),
    };
    let refused = faults(tracker.change_portfolio(id, &only(&["=Nothing"]), None).await);
    assert_eq!(refused, "benchmarks: there is no index \"Nothing\" of your own");
    assert!(is_not_there(&tracker.look(PortfolioId::new(), &beside(made.symbol())).await));
    let new = bellwether_tracker::NewUser {
        name: "grace".to_owned(),
        email: None,
        role: bellwether_domain::Role::Member,
        password: "a long password".to_owned(),
    };
    let grace = tracker.acting_for(tracker.add_user(new).await.unwrap().id);
    for named in ["=60 / 40, mine", made.symbol().as_str()] {
        let refused = faults(grace.make_portfolio(&compared("Hers", &[named])).await);
        assert!(refused.contains("there is no index"), "{refused}");
    }
    let hers = grace.make_portfolio(&compared("Hers", &[])).await.unwrap().id;
    assert!(is_not_there(&grace.dashboard(hers, &beside(made.symbol())).await));
    assert!(is_not_there(&grace.versions_beside(hers, &[made.symbol()]).await));
    assert!(is_not_there(&tracker.acting_for(UserId::new()).index(made.id).await));
    // It is no instrument.
    let bought = booked("buy", "2026-11-02", "", Some((made.symbol().as_str(), "1", "100")));
    let change = LedgerChange { creates: vec![bought], ..LedgerChange::default() };
    assert!(matches!(tracker.change_ledger(id, change, false).await, Err(TrackerError::Invalid(_))));
}

async fn an_export_takes_the_index_that_it_is_compared_with_along(database: &TestDatabase) {
    let (tracker, portfolio, made) = world(database).await;
    let document = tracker.export().await.unwrap();
    let there = TestDatabase::sqlite();
    let other = there.tracker(Upstream::Nobody, &clock(NOW)).await;

    // Of an index that the document does not have nobody could have entered anything.
    let text = String::from_utf8(document.clone()).unwrap();
    let id = made.symbol().as_str().to_owned();
    let dangling = text.replace(&id, "=0190A8B132E47C559D103F0DE7A1B2C3");
    assert_ne!(dangling, text);
    match other.restore_export(dangling.into_bytes()).await {
        Err(TrackerError::Refused(words)) => {
            assert!(words.to_string().contains("which is not there"), "{words}");
        }
        other => panic!("{other:?}"),
    }
    other.restore_export(document).await.unwrap();

    let restored = other.portfolio(portfolio.id).await.unwrap();
    assert_eq!(restored.benchmarks, portfolio.benchmarks);
    assert_eq!(other.indices().await.unwrap(), [made]);
    other.import_prices(PRICES.into(), Some(PriceBasis::AsTraded), Currency::USD).await.unwrap();
    let figures = other.dashboard(portfolio.id, &whole()).await.unwrap().figures.unwrap();
    assert!(figures.benchmarks[0].portfolio.is_ok());
}

async fn components_are_kept_fresh_as_benchmarks_are(database: &TestDatabase) {
    let clock = clock("2026-11-20T15:00:00Z");
    let simulator = crate::refresh::simulator(&clock);
    let tracker = database.tracker(crate::refresh::upstream(&simulator), &clock).await;
    tracker.create_index(&index("Mix", &[("VOO", "0.6"), ("BND", "0.4")])).await.unwrap();
    let id = tracker.make_portfolio(&compared("Main", &["=Mix"])).await.unwrap().id;
    let creates = vec![booked("deposit", "2026-10-29", "1000", None)];
    tracker.change_ledger(id, LedgerChange { creates, ..LedgerChange::default() }, false).await.unwrap();

    tracker.refresh_now(id).await.unwrap();

    let figures = tracker.dashboard(id, &whole()).await.unwrap().figures.unwrap();
    assert!(figures.benchmarks[0].portfolio.is_ok(), "{:?}", figures.benchmarks[0].portfolio);
    let storage = database.storage(&clock).await;
    let used = storage.snapshot(bellwether_storage::instruments::in_use).await.unwrap();
    let used: Vec<_> = used.iter().map(|known| known.symbol.as_str()).collect();
    assert!(used.contains(&"VOO") && used.contains(&"BND"), "{used:?}");
    assert!(!used.iter().any(|symbol| symbol.starts_with('=')), "{used:?}");
}
