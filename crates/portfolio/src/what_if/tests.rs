use bellwether_domain::{Booking, CostMethod, Quantity, TransactionId};
use proptest::prelude::*;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::*;
use crate::testing::random_ledger::{Case, cases};
use crate::testing::{Ledger, date, decimal, market, options, quoted, symbol, trade};

const AS_OF: &str = "2024-01-10";

/// AAPL from 10 to 15, MSFT from 20 to 18, the index from 100 to 110.
fn world() -> Market {
    market([
        ("AAPL", quoted(&[("2024-01-02", 10.0), ("2024-01-04", 12.0), ("2024-01-10", 15.0)])),
        ("MSFT", quoted(&[("2024-01-02", 20.0), ("2024-01-10", 18.0)])),
        ("VOO", quoted(&[("2024-01-02", 100.0), ("2024-01-10", 110.0)])),
        ("QQQ", quoted(&[("2024-01-02", 100.0), ("2024-01-10", 90.0)])),
    ])
}

fn ledger() -> Ledger {
    Ledger::default()
        .buy("2024-01-02", "AAPL", "10", "10")
        .booked("2024-01-03", Booking::Buy(trade("MSFT", "5", "20", "2")))
        .sell("2024-01-04", "AAPL", "4", "12")
}

fn tried(changes: &[Change]) -> Result<Outcome, WhatIfError> {
    let (ledger, market) = (ledger(), world());
    let what_if =
        WhatIf::new(&ledger.0, &market, &options(), Some(symbol("VOO")), date(AS_OF)).expect("a ledger");
    what_if.with(changes)
}

fn shares(text: &str) -> Quantity {
    Quantity::new(decimal(text)).expect("shares")
}

#[test]
fn a_purchase_left_out_needs_no_deposit() {
    let outcome = tried(&[Change::Remove(ledger().id(2))]).expect("a ledger");
    // 6 x 15 and 48 in cash; 100 paid in.
    assert_eq!(outcome.after.value, Ok(decimal("138")));
    assert_eq!(outcome.after.net_deposits, Ok(decimal("100")));
    assert_eq!(outcome.after.total_gain, Ok(decimal("38")));
    // Its loss of 102 - 90 falls away, and its deposit of 102.
    assert_eq!(outcome.difference.total_gain, Ok(decimal("12")));
    assert_eq!(outcome.difference.net_deposits, Ok(decimal("-102")));
}

#[test]
fn shares_that_were_never_bought_cannot_be_sold() {
    let error = tried(&[Change::Remove(ledger().id(1))]).expect_err("impossible");
    let WhatIfError::Ledger(LedgerError::NotEnoughShares { transaction, .. }) = error else {
        panic!("{error}")
    };
    assert_eq!(transaction, ledger().id(3));
    let later = [Change::Move { transaction: ledger().id(1), to: date("2024-01-05") }];
    assert!(matches!(tried(&later), Err(WhatIfError::Ledger(LedgerError::NotEnoughShares { .. }))));
}

#[test]
fn a_sale_moved_or_repriced_or_left_out_changes_what_it_realised() {
    let sale = ledger().id(3);
    // Left out: 4 more shares at 15 instead of 12.
    let kept = tried(&[Change::Remove(sale)]).expect("a ledger");
    assert_eq!(kept.difference.total_gain, Ok(decimal("12")));
    let dearer = tried(&[Change::Price { transaction: sale, price: decimal("13") }]).expect("a ledger");
    assert_eq!(dearer.difference.total_gain, Ok(decimal("4")));
    // Moved past the day of the figures it is not read.
    let moved = tried(&[Change::Move { transaction: sale, to: date("2024-02-01") }]).expect("a ledger");
    assert_eq!(moved.after, kept.after);
}

#[test]
fn a_resized_trade_keeps_its_fee_or_scales_it() {
    let purchase = ledger().id(2);
    let fee = |fee| {
        let changes = [Change::Resize { transaction: purchase, quantity: shares("10"), fee }];
        tried(&changes).expect("a ledger").report.totals.fees
    };
    assert_eq!(fee(FeeAfterResize::Kept), Ok(decimal("2")));
    assert_eq!(fee(FeeAfterResize::Scaled), Ok(decimal("4")));
}

#[test]
fn every_trade_can_cost_a_flat_fee_or_a_part_of_its_amount() {
    let fees = |fee| tried(&[Change::Fee { transaction: None, fee }]).expect("a ledger").report.totals.fees;
    assert_eq!(fees(FeeTerms::Flat(decimal("1"))), Ok(decimal("3")));
    // 1 % of 100, 100 and 48.
    assert_eq!(fees(FeeTerms::Rate(decimal("0.01"))), Ok(decimal("2.48")));
    let one = Change::Fee { transaction: Some(ledger().id(1)), fee: FeeTerms::Flat(decimal("7")) };
    assert_eq!(tried(&[one]).expect("a ledger").report.totals.fees, Ok(decimal("9")));
}

#[test]
fn another_benchmark_changes_nothing_but_the_comparison() {
    let outcome = tried(&[Change::Benchmark(symbol("QQQ"))]).expect("a ledger");
    assert_eq!((&outcome.after.value, outcome.replayed), (&outcome.before.value, 0));
    // 100 of the 2nd become 110 in VOO and 90 in QQQ; 102 of the 3rd wait for the close of the 10th in both.
    let difference = outcome.difference.ahead_of_benchmark.expect("known");
    assert!((difference - 20.0).abs() < 1e-9, "{difference}");
}

#[test]
fn a_change_that_does_not_fit_says_why() {
    let unknown = TransactionId::from_uuid(Uuid::from_u128(99));
    let fails = |change| match tried(&[change]) {
        Err(WhatIfError::Change(invalid)) => invalid.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(fails(Change::Remove(unknown)), format!("there is no transaction {unknown}"));
    let amount = Change::Amount { transaction: ledger().id(1), amount: Decimal::ONE };
    assert_eq!(fails(amount), format!("transaction {} has no amount", ledger().id(1)));
    let negative = Change::Price { transaction: ledger().id(1), price: Decimal::NEGATIVE_ONE };
    assert_eq!(fails(negative), "a price cannot be negative");
}

#[test]
fn only_the_instruments_of_a_change_are_replayed_and_all_is_as_if_all_were() {
    let (ledger, market) = (ledger(), world());
    let what_if =
        WhatIf::new(&ledger.0, &market, &options(), Some(symbol("VOO")), date(AS_OF)).expect("a ledger");
    let fee = |transaction| Change::Fee { transaction, fee: FeeTerms::Flat(decimal("3")) };
    let cases = [
        (vec![], 0),
        (vec![Change::Remove(ledger.id(3))], 1),
        (vec![Change::Remove(ledger.id(2))], 0),
        (vec![fee(Some(ledger.id(2)))], 1),
        (vec![fee(None)], 2),
        (vec![Change::CostMethod(CostMethod::Average)], 2),
    ];
    for (changes, replayed) in cases {
        let outcome = what_if.with(&changes).expect("a ledger");
        assert_eq!(outcome.replayed, replayed, "{changes:?}");
        let transactions = super::what_if(&ledger.0, &changes).expect("a ledger");
        let method = if let [Change::CostMethod(method)] = changes[..] { method } else { options().method };
        let options = Options { method, ..options() };
        let whole = Books::replay(&transactions, &market, &options, date(AS_OF)).expect("a ledger");
        assert_same(&outcome, &whole, &market);
    }
}

/// The outcome of a change is what a recompute of everything gives.
fn assert_same(outcome: &Outcome, whole: &Books, market: &Market) {
    let report = Report::new(whole, market, &PortfolioSeries::new(whole, market));
    assert_eq!(format!("{:?}", outcome.books), format!("{whole:?}"));
    assert_eq!(format!("{:?}", outcome.report), format!("{report:?}"));
}

fn changes() -> impl Strategy<Value = (usize, usize, i64)> {
    (0..20_usize, 0..6_usize, 1..9_000_i64)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(1_000), ..ProptestConfig::default() })]

    #[test]
    fn a_changed_ledger_is_computed_as_if_it_had_always_been_so(
        case in cases(),
        picks in prop::collection::vec(changes(), 1..4),
    ) {
        let (market, options, as_of) = (case.market(), case.options(), Case::as_of());
        let ledger = case.ledger(&market, options, as_of);
        let pick = |(at, kind, amount): (usize, usize, i64)| {
            let transaction = ledger.0.get(at)?;
            let (id, amount) = (transaction.id, Decimal::new(amount, 2));
            Some(match kind {
                0 => Change::Remove(id),
                1 => Change::Move { transaction: id, to: transaction.date + chrono::Days::new(at as u64) },
                2 => Change::Price { transaction: id, price: amount },
                3 => Change::Fee { transaction: None, fee: FeeTerms::Flat(amount) },
                4 => Change::Amount { transaction: id, amount },
                _ => Change::Resize {
                    transaction: id,
                    quantity: Quantity::new(amount).expect("shares"),
                    fee: FeeAfterResize::Scaled,
                },
            })
        };
        let changes: Vec<_> = picks.into_iter().filter_map(pick).collect();
        let prepared = WhatIf::new(&ledger.0, &market, &options, None, as_of).expect("a ledger");
        let outcome = prepared.with(&changes);
        match what_if(&ledger.0, &changes) {
            Err(invalid) => prop_assert_eq!(outcome.expect_err("invalid"), WhatIfError::Change(invalid)),
            Ok(transactions) => match Books::replay(&transactions, &market, &options, as_of) {
                Err(error) => prop_assert_eq!(outcome.expect_err("impossible"), WhatIfError::Ledger(error)),
                Ok(whole) => assert_same(&outcome.expect("a ledger"), &whole, &market),
            },
        }
    }
}
