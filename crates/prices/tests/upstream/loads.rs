//! What loads of many symbols cost.

use bellwether_prices::{Limits, LoadBudget, Outcome, Provider, Wanted, plan};
use futures::future::join_all;

use super::{Desk, date, desk, symbol, symbols};

/// Makes the calls of a plan for symbols without history; gives how many got a price, and how many a history.
async fn load_cold(desk: &Desk, count: usize, budget: &LoadBudget) -> (usize, usize) {
    let cold = |symbol| Wanted { symbol, needs_history: true, expires: None };
    let wanted: Vec<Wanted> = symbols(count).into_iter().map(cold).collect();
    let load = plan(&wanted, budget.calls());
    let histories =
        load.histories.iter().map(|symbol| desk.yahoo.history(symbol, date("2025-09-01"), budget));
    let batches = load.batches.iter().map(|batch| desk.yahoo.recent_closes(&batch.symbols, budget));
    let (histories, batches) = futures::join!(join_all(histories), join_all(batches));
    let full =
        histories.iter().filter_map(Outcome::as_answer).filter(|history| history.quote.is_some()).count();
    let closes = batches.iter().flatten().filter_map(|(_, outcome)| outcome.as_answer());
    (full + closes.filter(|closes| closes.quote.is_some()).count(), full)
}

#[tokio::test]
async fn a_cold_load_of_fifty_symbols_makes_at_most_23_calls() {
    let desk = desk(Limits::default(), Vec::new());
    let budget = desk.budget(23);
    assert_eq!(load_cold(&desk, 50, &budget).await, (50, 21));
    let total = desk.total();
    assert_eq!((total.calls, u64::from(budget.spent())), (23, 23));
    assert!(
        total.peak_in_flight <= 4 && total.max_symbols <= 20 && total.max_url_bytes <= 1_800,
        "{total:?}"
    );
}

#[tokio::test]
async fn five_hundred_symbols_have_prices_in_25_calls_and_more_for_histories() {
    let desk = desk(Limits::generous(), Vec::new());
    assert_eq!(load_cold(&desk, 500, &desk.budget(45)).await.0, 500);
    let total = desk.total();
    assert!(total.calls <= 45, "{}", total.calls);
    assert!(
        total.peak_in_flight <= 4 && total.max_symbols <= 20 && total.max_url_bytes <= 1_800,
        "{total:?}"
    );
}

#[tokio::test]
async fn five_thousand_symbols_stay_within_a_hundred_calls() {
    let desk = desk(Limits::generous(), Vec::new());
    let (priced, _) = load_cold(&desk, 5_000, &desk.budget(95)).await;
    assert_eq!(priced, 95 * 20, "as many as there are calls for");
    assert_eq!(desk.total().calls, 95);
    assert!(desk.total().peak_in_flight <= 4);
}

#[tokio::test]
async fn quotes_of_five_hundred_symbols_take_25_calls() {
    let desk = desk(Limits::generous(), Vec::new());
    let quotes = desk.yahoo.quotes(&symbols(500), &desk.budget(100)).await;
    assert!(quotes.iter().all(|(_, outcome)| matches!(outcome, Outcome::Answered(_))));
    assert_eq!(desk.total().calls, 25);
}

#[tokio::test]
async fn every_kind_of_symbol_gets_the_outcome_that_it_deserves() {
    let desk = desk(Limits::generous(), Vec::new());
    let asked =
        ["AAPL", "ZZUNKNOWN1", "ZZDEAD1", "USDEUR=X", "ZZHALT1", "VOD.L", "BTC-USD", "^GSPC", "ZZNEW1"];
    let quotes = desk.yahoo.quotes(&asked.map(symbol), &desk.budget(10)).await;
    for (asked, outcome) in &quotes {
        match asked.as_str() {
            "ZZUNKNOWN1" => assert!(matches!(outcome, Outcome::NotAnswered(_)), "{outcome:?}"),
            "ZZDEAD1" => assert!(!matches!(outcome, Outcome::Answered(_)), "{outcome:?}"),
            "ZZHALT1" => {
                let quote = outcome.as_answer().expect("the last price");
                assert!(quote.as_of < desk.now() - chrono::TimeDelta::days(90), "and how old it is");
            }
            _ => assert_eq!(&outcome.as_answer().unwrap().symbol, asked),
        }
    }
    assert_eq!(quotes[5].1.as_answer().unwrap().currency.as_str(), "GBP");
    let history =
        async |text: &str| desk.yahoo.history(&symbol(text), date("2025-01-01"), &desk.budget(3)).await;
    assert_eq!(history("ZZUNKNOWN1").await, Outcome::Unknown);
    assert_eq!(history("ZZDEAD1").await, Outcome::Delisted);
    assert_eq!(history("ZZNEW1").await.answer().unwrap().bars.len(), 30 + 1);
    assert_eq!(history("USDEUR=X").await.answer().unwrap().listing.symbol, symbol("USDEUR=X"));
}

#[tokio::test]
async fn names_are_found() {
    let desk = desk(Limits::generous(), Vec::new());
    let found = desk.yahoo.search("AAPL", &desk.budget(1)).await.unwrap();
    assert_eq!(found.first().unwrap().symbol, symbol("AAPL"));
    assert!(desk.yahoo.search("  ", &desk.budget(1)).await.unwrap().is_empty());
    assert_eq!(desk.total().calls, 1);
}
