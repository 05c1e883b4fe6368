use bellwether_domain::{Booking, CostMethod, LotChoice, Quantity};
use rust_decimal::Decimal;

use super::position_by;
use crate::testing::{Ledger, date, decimal, options, split, symbol, trade};
use crate::testing::{market, quoted};
use crate::{Books, LedgerError, Options, Position};

/// 10 at 10, 10 at 30, 10 at 20; then 15 are sold at 40.
fn three_purchases_and_a_sale() -> Ledger {
    Ledger::default()
        .buy("2024-01-02", "AAPL", "10", "10")
        .buy("2024-01-03", "AAPL", "10", "30")
        .buy("2024-01-04", "AAPL", "10", "20")
        .sell("2024-01-05", "AAPL", "15", "40")
}

fn apple(method: CostMethod, ledger: &Ledger) -> Position {
    position_by(method, ledger, "AAPL", "2024-01-31")
}

/// Day of acquisition and shares of the lots that the first sale closed.
fn closed(position: &Position) -> Vec<(String, Decimal)> {
    let lots = position.closed_by(&position.sales[0]).iter();
    lots.map(|lot| (lot.acquired.to_string(), lot.quantity)).collect()
}

fn shares(lots: &[(&str, &str)]) -> Vec<(String, Decimal)> {
    lots.iter().map(|(day, quantity)| ((*day).to_owned(), decimal(quantity))).collect()
}

#[test]
fn each_method_says_which_lots_a_sale_closed_and_what_they_cost() {
    let ledger = three_purchases_and_a_sale();
    let sold = |method| {
        let position = apple(method, &ledger);
        (closed(&position), position.sales[0].gain(), position.cost().base)
    };
    // 15 x 40 = 600 for 10 at 10 and 5 at 30.
    let oldest = shares(&[("2024-01-02", "10"), ("2024-01-03", "5")]);
    assert_eq!(sold(CostMethod::Fifo), (oldest.clone(), Ok(decimal("350")), Ok(decimal("350"))));
    // For 10 at 20 and 5 at 30.
    let newest = shares(&[("2024-01-04", "10"), ("2024-01-03", "5")]);
    assert_eq!(sold(CostMethod::Lifo), (newest, Ok(decimal("250")), Ok(decimal("250"))));
    // For 10 at 30 and 5 at 20.
    let dearest = shares(&[("2024-01-03", "10"), ("2024-01-04", "5")]);
    assert_eq!(sold(CostMethod::HighestCost), (dearest, Ok(decimal("200")), Ok(decimal("200"))));
    // For 15 at the average of 20; the lots are the oldest, at the same cost each.
    assert_eq!(sold(CostMethod::Average), (oldest, Ok(decimal("300")), Ok(decimal("300"))));
    let average = apple(CostMethod::Average, &ledger);
    let costs: Vec<_> = average.closed_lots.iter().map(|lot| lot.cost.base.clone()).collect();
    assert_eq!(costs, [Ok(decimal("200")), Ok(decimal("100"))]);
    let held: Vec<_> = average.lots.iter().map(|lot| (lot.quantity, lot.cost.base.clone())).collect();
    assert_eq!(held, [(decimal("5"), Ok(decimal("100"))), (decimal("10"), Ok(decimal("200")))]);
}

#[test]
fn of_lots_with_equal_cost_the_oldest_goes_first_and_fees_count() {
    let ledger = Ledger::default()
        .buy("2024-01-02", "AAPL", "10", "10")
        .buy("2024-01-03", "AAPL", "10", "10")
        .booked("2024-01-04", Booking::Buy(trade("AAPL", "10", "9.5", "6")))
        .sell("2024-01-05", "AAPL", "15", "12");
    // 95 and a fee of 6 are 10.1 each.
    let position = apple(CostMethod::HighestCost, &ledger);
    assert_eq!(closed(&position), shares(&[("2024-01-04", "10"), ("2024-01-02", "5")]));
}

#[test]
fn the_highest_cost_is_in_the_units_after_a_split() {
    let ledger = Ledger::default()
        .buy("2024-01-02", "AAPL", "10", "40")
        .buy("2024-01-09", "AAPL", "10", "25")
        .sell("2024-01-10", "AAPL", "5", "30");
    let quotes = quoted(&[("2024-01-02", 40.0)]).with_splits(&[split("2024-01-08", 2, 1)]);
    let options = Options { method: CostMethod::HighestCost, ..options() };
    let books =
        Books::replay(&ledger.0, &market([("AAPL", quotes)]), &options, date("2024-01-31")).expect("books");
    // 40 became 20, so the lot at 25 is the dearer one.
    let position = books.position(&symbol("AAPL")).expect("a position");
    assert_eq!(closed(position), shares(&[("2024-01-09", "5")]));
}

#[test]
fn each_account_follows_the_method_on_its_own() {
    let ledger = Ledger::default()
        .buy("2024-01-02", "AAPL", "10", "10")
        .account("a")
        .buy("2024-01-03", "AAPL", "10", "30")
        .account("a")
        .buy("2024-01-04", "AAPL", "10", "50")
        .account("b")
        .sell("2024-01-05", "AAPL", "5", "40")
        .account("a");
    assert_eq!(closed(&apple(CostMethod::Lifo, &ledger)), shares(&[("2024-01-03", "5")]));
    assert_eq!(closed(&apple(CostMethod::HighestCost, &ledger)), shares(&[("2024-01-03", "5")]));
}

fn choices(ledger: &Ledger, chosen: &[(usize, &str)]) -> Vec<LotChoice> {
    let choice = |(line, quantity): &(usize, &str)| LotChoice {
        opened_by: ledger.id(*line),
        quantity: Quantity::new(decimal(quantity)).expect("a quantity"),
    };
    chosen.iter().map(choice).collect()
}

/// Three purchases, and a sale of chosen ones.
fn chosen_sale(quantity: &str, chosen: &[(usize, &str)]) -> Ledger {
    let ledger = three_purchases_and_a_sale();
    let lots = choices(&ledger, chosen);
    let mut ledger = ledger;
    ledger.0.pop();
    ledger.booked("2024-01-05", Booking::Sell { trade: trade("AAPL", quantity, "40", "0"), lots })
}

#[test]
fn a_sale_may_name_its_lots_whatever_the_method() {
    let ledger = chosen_sale("12", &[(3, "10"), (2, "2")]);
    for method in [CostMethod::Fifo, CostMethod::Lifo, CostMethod::HighestCost] {
        let position = apple(method, &ledger);
        assert_eq!(closed(&position), shares(&[("2024-01-04", "10"), ("2024-01-03", "2")]));
        assert_eq!(position.sales[0].gain(), Ok(decimal("220")), "480 - 200 - 60");
        assert_eq!(position.quantity, decimal("18"));
    }
    // The lots leave, at the cost of the pool: 480 - 12 x 20.
    let position = apple(CostMethod::Average, &ledger);
    assert_eq!(closed(&position), shares(&[("2024-01-04", "10"), ("2024-01-03", "2")]));
    assert_eq!(position.sales[0].gain(), Ok(decimal("240")));
}

fn error_of(ledger: &Ledger) -> LedgerError {
    let market = market([("AAPL", quoted(&[("2024-01-02", 10.0)]))]);
    Books::replay(&ledger.0, &market, &options(), date("2024-01-31")).expect_err("a fault")
}

#[test]
fn a_chosen_lot_must_have_so_many_shares() {
    let error = error_of(&chosen_sale("12", &[(3, "12")]));
    assert_eq!(
        error.to_string(),
        "12 AAPL of one chosen lot leave on 2024-01-05, but it has 10 left there: choose other lots, or correct the \
         quantity"
    );
    assert!(error.transaction().is_some());
}

#[test]
fn a_chosen_lot_must_lie_in_the_account_that_sells() {
    let mut ledger = chosen_sale("5", &[(1, "5")]);
    for line in [0, 1] {
        "other".clone_into(&mut ledger.0[line].account);
    }
    assert!(matches!(error_of(&ledger), LedgerError::LotNotHeld { held, .. } if held.is_zero()));
}

#[test]
fn chosen_lots_sum_to_the_sale() {
    let error = error_of(&chosen_sale("12", &[(1, "10")]));
    assert!(matches!(error, LedgerError::LotsOfAnotherSum { .. }), "{error}");
}

#[test]
fn a_lot_of_the_same_day_can_be_chosen_before_it_is_recorded() {
    let ledger =
        Ledger::default().buy("2024-01-02", "AAPL", "10", "10").buy("2024-01-05", "AAPL", "10", "20");
    let lots = choices(&ledger, &[(2, "4")]);
    let sale = Booking::Sell { trade: trade("AAPL", "4", "25", "0"), lots };
    let mut ledger = ledger.booked("2024-01-05", sale);
    (ledger.0[1].sequence, ledger.0[2].sequence) = (3, 2);
    let position = apple(CostMethod::Fifo, &ledger);
    assert_eq!(position.sales[0].gain(), Ok(decimal("20")));
}
