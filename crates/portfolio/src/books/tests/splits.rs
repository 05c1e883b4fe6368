use bellwether_domain::{Booking, CostMethod, SplitRatio};
use rust_decimal::Decimal;

use crate::testing::{Ledger, date, decimal, market, options, quoted, split, symbol};
use crate::{Books, Options, Position, QuantityChange};

fn recorded(new: i64, old: i64) -> Booking {
    Booking::Split {
        symbol: symbol("AAPL"),
        ratio: SplitRatio::new(new.into(), old.into()).expect("a ratio"),
        cash_in_lieu: Decimal::ZERO,
    }
}

fn apple(ledger: &Ledger, splits: &[bellwether_domain::Split], as_of: &str) -> Position {
    let market = market([("AAPL", quoted(&[("2020-08-03", 400.0)]).with_splits(splits))]);
    ledger.books(&market, as_of).position(&symbol("AAPL")).expect("a position").clone()
}

#[test]
fn a_split_multiplies_the_shares_and_leaves_their_cost() {
    let ledger = Ledger::default().buy("2020-08-03", "AAPL", "10", "400");
    let position = apple(&ledger, &[split("2020-08-31", 4, 1)], "2020-08-31");
    assert_eq!((position.quantity, position.lots[0].quantity), (decimal("40"), decimal("40")));
    assert_eq!(position.cost().base, Ok(decimal("4000")));
}

#[test]
fn bookings_on_the_ex_date_are_in_new_units() {
    let ledger =
        Ledger::default().buy("2020-08-28", "AAPL", "1", "500").buy("2020-08-31", "AAPL", "1", "125");
    let position = apple(&ledger, &[split("2020-08-31", 4, 1)], "2020-08-31");
    assert_eq!(position.quantity, decimal("5"));
    let change = QuantityChange { date: date("2020-08-31"), before: decimal("4"), after: decimal("5") };
    assert_eq!(position.changes.last(), Some(&change));
}

#[test]
fn a_split_after_the_day_is_not_applied() {
    let ledger = Ledger::default().buy("2020-08-03", "AAPL", "10", "400");
    let position = apple(&ledger, &[split("2020-08-31", 4, 1)], "2020-08-30");
    assert_eq!(position.quantity, decimal("10"));
    assert!(position.splits.is_empty());
}

#[test]
fn a_split_known_from_upstream_and_recorded_in_two_accounts_applies_once() {
    let ledger = Ledger::default()
        .buy("2020-08-03", "AAPL", "10", "400")
        .booked("2020-09-01", recorded(4, 1))
        .account("a")
        .booked("2020-09-02", recorded(8, 2))
        .account("b");
    assert_eq!(apple(&ledger, &[split("2020-08-31", 4, 1)], "2020-09-30").quantity, decimal("40"));
}

#[test]
fn a_split_that_only_the_ledger_knows_applies_before_the_day_s_bookings() {
    let ledger = Ledger::default()
        .buy("2020-08-03", "AAPL", "10", "400")
        .sell("2020-08-31", "AAPL", "40", "100")
        .booked("2020-08-31", recorded(4, 1));
    assert!(!apple(&ledger, &[], "2020-08-31").is_open());
}

#[test]
fn a_reverse_split_s_fraction_can_be_sold_as_cash_in_lieu() {
    let ledger =
        Ledger::default().buy("2020-08-03", "AAPL", "10", "3").sell("2020-08-31", "AAPL", "0.333333333", "9");
    let position = apple(&ledger, &[split("2020-08-31", 1, 3)], "2020-08-31");
    assert_eq!(position.quantity.round_dp(9), decimal("3"));
    // A tenth of the cost of 30 went with a tenth of the shares.
    let gain = position.realised(None).expect("known");
    assert!(gain.abs() < decimal("0.00000001"), "{gain}");
}

#[test]
fn a_third_after_a_reverse_split_closes_with_what_nine_decimals_can_say() {
    let ledger =
        Ledger::default().buy("2020-08-03", "AAPL", "1", "3").sell("2020-09-01", "AAPL", "0.333333333", "9");
    let position = apple(&ledger, &[split("2020-08-31", 1, 3)], "2020-09-01");
    assert_eq!(position.quantity, Decimal::ZERO);
    assert_eq!(position.sales[0].cost.base, Ok(decimal("3")));
}

#[test]
fn a_sold_lot_s_fraction_below_nine_decimals_stays_while_others_are_held() {
    // After the split either lot is of 0.042325005 shares, the second of a third of a billionth more.
    let sold_down = Ledger::default()
        .buy("2020-08-03", "AAPL", "0.126975015", "3")
        .buy("2020-08-03", "AAPL", "0.126975016", "3")
        .sell("2020-09-01", "AAPL", "0.042325005", "9");
    let sold_out = sold_down.clone().sell("2020-09-02", "AAPL", "0.042325005", "9");
    let market = market([("AAPL", quoted(&[("2020-08-03", 3.0)]).with_splits(&[split("2020-08-31", 1, 3)]))]);
    for method in [CostMethod::Fifo, CostMethod::Lifo, CostMethod::HighestCost, CostMethod::Average] {
        let held = |ledger: &Ledger| {
            let options = Options { method, ..options() };
            let books = Books::replay(&ledger.0, &market, &options, date("2020-09-02")).expect("no faults");
            let position = books.position(&symbol("AAPL")).expect("a position");
            (position.quantity, position.lots.iter().map(|lot| lot.quantity).sum::<Decimal>())
        };
        assert_eq!(
            held(&sold_down),
            (decimal("0.042325005333333"), decimal("0.042325005333333")),
            "{method:?}"
        );
        assert_eq!(held(&sold_out), (Decimal::ZERO, Decimal::ZERO), "{method:?}");
    }
}

#[test]
fn two_splits_on_the_way_multiply() {
    let ledger = Ledger::default().buy("2020-08-03", "AAPL", "3", "400");
    let position = apple(&ledger, &[split("2020-08-10", 7, 1), split("2020-08-31", 4, 1)], "2020-12-31");
    assert_eq!(position.quantity, decimal("84"));
    assert_eq!(position.quantity_on(date("2020-08-09")), decimal("3"));
    assert_eq!(position.quantity_before(date("2020-08-10")), decimal("21"));
    assert_eq!(position.quantity_on(date("2020-08-30")), decimal("21"));
}
