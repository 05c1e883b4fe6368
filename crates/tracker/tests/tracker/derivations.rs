//! The derivation of every figure that a page shows is of that very figure, down to its prices.

use bellwether_domain::{PortfolioId, Symbol};
use bellwether_portfolio::derivation::{Number, Source};
use bellwether_portfolio::{Figure, FigureName, PriceOrigin};
use bellwether_tracker::views::{FigureShown, WantedProposal};
use bellwether_tracker::{DerivationPart, NodeShown, PortfolioSettings, Range, Tracker, TrackerError, View};
use bellwether_yahoo_sim::demo;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::database::{TestDatabase, clock, import};
use crate::refresh::{SATURDAY, simulator, upstream};

const WHOLE: DerivationPart = DerivationPart { under: Vec::new(), depth: 0, first: 0, most: 50 };

/// Each figure that is told with a name, and its digits.
fn named(told: &Value, found: &mut Vec<(String, Option<String>)>) {
    match told {
        Value::Object(fields) => {
            if let (Some(name), Some(value)) =
                (fields.get("figure").and_then(Value::as_str), fields.get("value"))
            {
                found.push((name.to_owned(), value.as_str().map(str::to_owned)));
            }
            fields.values().for_each(|field| named(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| named(item, found)),
        _ => {}
    }
}

fn digits(value: &Figure<Number>) -> Option<String> {
    match value {
        Ok(Number::Exact(number)) => Some(number.normalize().to_string()),
        Ok(Number::Float(number)) => Some(number.to_string()),
        Err(_) => None,
    }
}

pub(crate) async fn all_are_derived(
    tracker: &Tracker,
    id: PortfolioId,
    view: &View,
    told: &Value,
    least: usize,
) {
    let mut found = Vec::new();
    named(told, &mut found);
    assert!(found.len() >= least, "only {} figures have a name", found.len());
    for (name, shown) in found {
        let derived = tracker.derivation(id, view, &name, WHOLE).await.unwrap();
        assert_eq!(digits(&derived.node.value), shown, "{name} in {view:?}");
        // What the name leaves out is put in.
        if let Ok(whole) = name.parse::<FigureName>() {
            assert_eq!(derived.figure, whole);
        }
    }
}

/// The demonstration's portfolio with all its prices.
async fn demonstration(database: &TestDatabase) -> (Tracker, PortfolioId, bellwether_yahoo_sim::SimHandle) {
    let clock = clock(SATURDAY);
    let simulator = simulator(&clock);
    let tracker = database.tracker(upstream(&simulator), &clock).await;
    let portfolio = tracker.create_portfolio(PortfolioSettings::named("Demonstration")).await.unwrap();
    let ledger = demo::ledger("2026-11-21".parse().unwrap(), demo::SEED);
    tracker.record(portfolio.id, "demonstration", ledger).await.unwrap();
    tracker.refresh_now(portfolio.id).await.unwrap();
    (tracker, portfolio.id, simulator)
}

#[tokio::test]
async fn each_figure_of_the_dashboard_is_derived_as_it_is_shown() {
    let (tracker, id, _simulator) = demonstration(&TestDatabase::sqlite()).await;
    let views = [
        View { range: Range::Max, ..View::default() },
        View { range: Range::Day, as_of: Some("2026-06-30".parse().unwrap()), ..View::default() },
        View { range: Range::YearToDate, as_of: Some("2025-03-14".parse().unwrap()), ..View::default() },
    ];
    for view in views {
        let holdings = tracker.holdings(id, &view).await.unwrap();
        // Two rows stand for all: whole ledgers are replayed for each figure.
        let rows: Vec<_> = holdings.rows.iter().step_by(holdings.rows.len().div_ceil(2).max(1)).collect();
        all_are_derived(&tracker, id, &view, &serde_json::json!([rows, holdings.total]), 60).await;
    }
}

#[tokio::test]
async fn each_figure_of_the_other_views_is_derived_as_it_is_shown() {
    let database = TestDatabase::sqlite();
    let clock = clock("2026-11-21T12:00:00Z");
    let tracker = database.tracker(bellwether_tracker::Upstream::Nobody, &clock).await;
    // 10 bought at 100 and 4 at 120; 6 are sold at 130. One dividend of 12.
    let csv = "Ticker,Type,Date,Price,Shares\nKO,Buy,2025-03-05,100,10\nKO,Buy,2025-06-04,120,4\n\
               KO,Sell,2025-09-03,130,6\n";
    import(&tracker, csv, false).await;
    let id = tracker.portfolio_named("Main").await.unwrap().id;
    let ko: Symbol = "KO".parse().unwrap();
    for (day, price) in
        [("2025-03-05", "100"), ("2025-06-04", "120"), ("2025-09-03", "130"), ("2026-11-19", "150")]
    {
        let usd = Some(bellwether_domain::Currency::USD);
        tracker
            .record_price(ko.clone(), Some(day.parse().unwrap()), price.parse().unwrap(), usd)
            .await
            .unwrap();
    }
    tracker.set_targets(id, vec![(ko.clone(), "0.75".parse().unwrap())], None).await.unwrap();
    let proposal = WantedProposal {
        new_cash: "400".parse().unwrap(),
        with_sales: false,
        smallest_trade: Decimal::ZERO,
        whole_shares: true,
    };
    for range in [Range::Max, Range::YearToDate] {
        let view = View { range, ..View::default() };
        let performance = tracker.performance_shown(id, &view).await.unwrap().shown;
        all_are_derived(&tracker, id, &view, &json!(performance), 40).await;
        let income = tracker.income_shown(id, &view).await.unwrap().shown;
        all_are_derived(&tracker, id, &view, &json!(income), 10).await;
        let cash = tracker.cash_flows_shown(id, &view).await.unwrap().shown;
        all_are_derived(&tracker, id, &view, &json!(cash), 13).await;
        let allocation = tracker.allocation_shown(id, &view, proposal).await.unwrap().shown;
        all_are_derived(&tracker, id, &view, &json!(allocation), 15).await;
        let holding = tracker.holding_shown(id, &ko, &view).await.unwrap().shown;
        all_are_derived(&tracker, id, &view, &json!(holding), 30).await;
    }
    let view = View { range: Range::Max, ..View::default() };
    let shown = |figure: &FigureShown| figure.digits().unwrap_or_default();

    // 8 shares at 150 and the 780 of the sale: 1,980. Paid in were 1,000 and 480.
    let performance = tracker.performance_shown(id, &view).await.unwrap().shown;
    assert_eq!((shown(&performance.closing), shown(&performance.paid_in)), ("1980".into(), "1480".into()));
    assert_eq!(shown(&performance.gain), "500");
    assert_eq!(performance.contributions.len(), 1);
    // The 4 left of the first lot cost 400, of the second 480.
    let holding = tracker.holding_shown(id, &ko, &view).await.unwrap().shown;
    let lots: Vec<_> =
        holding.lots.iter().map(|lot| (shown(&lot.quantity), shown(&lot.unrealised))).collect();
    assert_eq!(lots, [("4".into(), "200".to_owned()), ("4".into(), "120".into())]);
    // The first purchase is worth 600 and brought 780 for 1,000.
    assert_eq!((holding.purchases.len(), shown(&holding.purchases[0].effect)), (2, "380".into()));
    // Kept, the 6 would be worth 900.
    assert_eq!(shown(&holding.sales[0].effect), "-120");
    assert_eq!((holding.coverage.len(), holding.coverage[0].days), (1, 4));
    // Inferred deposits pay for the purchases.
    let cash = tracker.cash_flows_shown(id, &view).await.unwrap().shown;
    let funds: Vec<_> =
        cash.entries.iter().filter(|entry| entry.inferred).map(|entry| entry.funds.len()).collect();
    assert_eq!(
        (funds, shown(&cash.range.purchases), shown(&cash.range.sales)),
        (vec![1, 1], "1480".into(), "780".into())
    );
    assert_eq!(
        cash.by_quarter.iter().map(|of| (of.year, of.number)).collect::<Vec<_>>(),
        [(2025, 1), (2025, 2), (2025, 3)]
    );
    // 1,200 of 1,980 are shares and should be 75 %. Of 2,380 that is 1,785: 3 shares more for 450.
    let allocation = tracker.allocation_shown(id, &view, proposal).await.unwrap().shown;
    assert_eq!(shown(&allocation.divisions[0].classes[0].value), "1200");
    let proposal = allocation.proposal.unwrap();
    assert_eq!(
        (shown(&proposal.trades[0].amount), shown(&proposal.trades[0].shares)),
        ("450".into(), "3".into())
    );
}

#[tokio::test]
async fn a_figure_of_a_range_needs_no_period_in_its_name() {
    let (tracker, id, _simulator) = demonstration(&TestDatabase::sqlite()).await;
    for range in [Range::Week, Range::Quarter, Range::FiveYears] {
        let view = View { range, ..View::default() };
        let dashboard = tracker.dashboard(id, &view).await.unwrap();
        let change = dashboard.figures.unwrap().range;
        let derived = tracker.derivation(id, &view, "period:(figure:gain)", WHOLE).await.unwrap();
        assert_eq!(derived.node.value, change.amount.map(Number::Exact));
        let FigureName::Period { period, .. } = derived.figure else { panic!("a period") };
        assert_eq!(period.from, change.since);
    }
}

fn prices(node: &NodeShown) -> Vec<&bellwether_tracker::SourceShown> {
    let own = node.source.iter().filter(|shown| matches!(shown.source, Source::Price { .. }));
    own.chain(node.operands.iter().flat_map(prices)).collect()
}

#[tokio::test]
async fn a_derivation_ends_in_prices_with_who_told_them_and_when() {
    let (tracker, id, _simulator) = demonstration(&TestDatabase::sqlite()).await;
    let view = View { as_of: Some("2026-06-30".parse().unwrap()), ..View::default() };
    let part = DerivationPart { depth: 20, ..WHOLE };
    let derived = tracker.derivation(id, &view, "portfolio:holdings-value", part).await.unwrap();
    let prices = prices(&derived.node);
    assert!(prices.len() > 3, "{derived:?}");
    for price in prices {
        let Source::Price { origin, day, .. } = &price.source else { continue };
        assert_eq!((*origin, day.to_string().as_str()), (PriceOrigin::Close, "2026-06-30"));
        assert_eq!(price.told_by.as_ref().map(ToString::to_string).as_deref(), Some("yahoo"));
        assert_eq!(price.fetched_at.map(|at| at.to_rfc3339()).as_deref(), Some("2026-11-21T12:00:00+00:00"));
    }
}

#[tokio::test]
async fn what_is_made_of_much_is_told_a_part_at_a_time() {
    let (tracker, id, _simulator) = demonstration(&TestDatabase::sqlite()).await;
    let view = View::default();
    let part = DerivationPart { depth: 2, most: 3, ..WHOLE };
    let derived = tracker.derivation(id, &view, "portfolio:deposits", part.clone()).await.unwrap();
    let all = derived.node.operand_count;
    assert!(all > 6 && derived.node.operands.len() == 3, "{derived:?}");
    let rest = DerivationPart { first: 3, most: 400, ..part.clone() };
    let rest = tracker.derivation(id, &view, "portfolio:deposits", rest).await.unwrap();
    assert_eq!((rest.node.first_operand, rest.node.operands.len()), (3, all - 3));
    assert_eq!(rest.node.operands[0].path, [3]);
    // Each step can be begun with.
    let under = DerivationPart { under: vec![3], ..part.clone() };
    let below = tracker.derivation(id, &view, "portfolio:deposits", under).await.unwrap();
    assert_eq!((&below.node.path, &below.node.value), (&vec![3], &rest.node.operands[0].value));
    let nowhere = DerivationPart { under: vec![3, 999], ..part };
    let refused = tracker.derivation(id, &view, "portfolio:deposits", nowhere).await;
    assert!(matches!(refused, Err(TrackerError::NotFound(_))));
}

#[tokio::test]
async fn a_name_of_no_figure_is_refused_with_advice_and_one_of_nothing_has_a_reason() {
    let database = TestDatabase::sqlite();
    let tracker = database.tracker(bellwether_tracker::Upstream::Nobody, &clock(SATURDAY)).await;
    import(&tracker, "Ticker,Type,Date,Price,Shares\nKO,Buy,2025-03-05,100,10\n", false).await;
    let id = tracker.portfolio_named("Main").await.unwrap().id;
    let view = View::default();
    for text in ["portfolio:wealth", "value", "holding:(symbol:KO", ""] {
        let refused = tracker.derivation(id, &view, text, WHOLE).await.unwrap_err();
        assert!(matches!(refused, TrackerError::Refused(_)), "{text}: {refused:?}");
    }
    let none = "holding:(figure:value,symbol:NONE)";
    assert!(tracker.derivation(id, &view, none, WHOLE).await.unwrap().node.value.is_err());
    let gain = tracker.derivation(id, &view, "holding:(figure:cost,symbol:KO)", WHOLE).await.unwrap();
    assert_eq!(digits(&gain.node.value).as_deref(), Some("1000"));
    let symbol: Symbol = "KO".parse().unwrap();
    assert_eq!(gain.node.of, Some(bellwether_portfolio::derivation::About::Instrument(symbol)));
}
