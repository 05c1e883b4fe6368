//! The demonstration's ledger is one that an honest person could have kept.

use std::collections::BTreeMap;

use bellwether_domain::{
    ActionKind, Exchange, TransactionDraft, TransactionId, TransactionKind, price_of_decimal,
};
use bellwether_yahoo_sim::{Market, demo};
use chrono::{Days, NaiveDate};
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::{day, symbol};

/// What is held at the end, by an independent reckoning; fails where more is sold than held.
fn held(ledger: &[TransactionDraft], market: &Market, today: NaiveDate) -> BTreeMap<String, Decimal> {
    let mut held: BTreeMap<String, Decimal> = BTreeMap::new();
    let names: Vec<String> = demo::symbols().map(|symbol| symbol.to_string()).collect();
    let splits: Vec<_> = names
        .iter()
        .flat_map(|name| market.actions(&symbol(name)))
        .filter_map(|action| match action.kind {
            ActionKind::Split(ratio) => Some((action.ex_date, action.symbol.to_string(), ratio)),
            _ => None,
        })
        .collect();
    let mut date = ledger[0].date;
    let mut entries = ledger.iter().peekable();
    while date <= today {
        for (_, name, ratio) in splits.iter().filter(|(ex_date, ..)| *ex_date == date) {
            if let Some(quantity) = held.get_mut(name) {
                *quantity = ratio.apply(*quantity);
            }
        }
        while let Some(entry) = entries.next_if(|entry| entry.date == date) {
            let Some(name) = entry.symbol.as_ref().map(ToString::to_string) else { continue };
            let quantity = entry.quantity.unwrap_or_default();
            let now = held.entry(name).or_default();
            match entry.kind {
                TransactionKind::Buy => *now += quantity,
                TransactionKind::Sell => *now -= quantity,
                _ => {}
            }
            assert!(*now >= Decimal::ZERO, "sold more than held: {entry:?}");
        }
        date = date + Days::new(1);
    }
    assert_eq!(entries.count(), 0, "the ledger ascends and ends before today");
    held.retain(|_, quantity| !quantity.is_zero());
    held
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn the_ledger_is_consistent_for_every_seed_and_day(seed in 0..10_000_u64, later in 0..4_000_u64) {
        let today = day(2025, 12, 1) + Days::new(later);
        let ledger = demo::ledger(today, seed);
        let market = Market::new(seed, today);
        prop_assert!((150..=250).contains(&ledger.len()), "{}", ledger.len());
        prop_assert_eq!(held(&ledger, &market, today).len(), 20);
        for (sequence, draft) in ledger.iter().enumerate() {
            prop_assert!(draft.date < today);
            prop_assert!(Exchange::NewYork.is_trading_day(draft.date), "{:?}", draft);
            prop_assert!(draft.check(TransactionId::new(), sequence as i64, today).is_ok(), "{:?}", draft);
            if let (Some(of), Some(price)) = (&draft.symbol, draft.price) {
                let truth = market.truth(of, draft.date, draft.date, draft.date).unwrap();
                prop_assert!((truth.bars[0].as_traded_close - price_of_decimal(price)).abs() < 1e-9);
            }
        }
    }
}

#[test]
fn the_story_has_every_kind_of_event() {
    let today = day(2026, 11, 20);
    let ledger = demo::ledger(today, demo::SEED);
    let count = |kind| ledger.iter().filter(|draft| draft.kind == kind).count();
    assert_eq!(count(TransactionKind::Deposit), 1);
    assert_eq!(count(TransactionKind::Withdrawal), 1);
    assert_eq!(count(TransactionKind::Fee), 1);
    assert!(count(TransactionKind::Sell) >= 6);
    assert!((6..=12).contains(&count(TransactionKind::Dividend)));
    let market = Market::new(demo::SEED, today);
    let held = held(&ledger, &market, today);
    assert!(!held.contains_key("INTC"), "sold entirely");
    let since = ledger[0].date;
    let split = |action: &bellwether_domain::CorporateAction| {
        matches!(action.kind, ActionKind::Split(_)) && action.ex_date > since && action.ex_date < today
    };
    assert!(market.actions(&symbol("NVDA")).iter().any(split));
}

#[test]
fn the_portfolio_is_worth_a_quarter_of_a_million() {
    for today in [day(2025, 12, 1), day(2026, 11, 20), day(2028, 3, 6)] {
        let market = Market::new(demo::SEED, today);
        let held = held(&demo::ledger(today, demo::SEED), &market, today);
        let last = Exchange::NewYork.previous_trading_day(today);
        let worth: f64 = held
            .iter()
            .map(|(name, quantity)| {
                let truth = market.truth(&symbol(name), last, last, today).unwrap();
                truth.bars[0].bar.close * price_of_decimal(*quantity)
            })
            .sum();
        assert!((245_000.0..255_000.0).contains(&worth), "{worth}");
    }
}

#[test]
fn some_holdings_are_ahead_of_the_index_and_some_behind() {
    let today = day(2026, 11, 20);
    let market = Market::new(demo::SEED, today);
    let last = Exchange::NewYork.previous_trading_day(today);
    let growth = |name: &str| {
        let truth = market.truth(&symbol(name), day(2021, 11, 22), last, today).unwrap();
        truth.bars.last().unwrap().adjusted_close / truth.bars[0].adjusted_close
    };
    let index = growth("VOO");
    let (ahead, behind): (Vec<_>, Vec<_>) =
        demo::symbols().partition(|symbol| growth(symbol.as_str()) > index);
    assert!(ahead.len() >= 6 && behind.len() >= 6, "{ahead:?} {behind:?}");
}
