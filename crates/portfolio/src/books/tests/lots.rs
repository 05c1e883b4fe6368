use bellwether_domain::{Booking, CostMethod, Quantity};
use rust_decimal::Decimal;

use crate::testing::{Ledger, date, decimal, market, options, quoted, symbol, trade};
use crate::{Books, InstrumentData, LedgerError, Market, Position};

fn apple(ledger: &Ledger, as_of: &str) -> Position {
    let market = market([("AAPL", quoted(&[("2024-01-02", 10.0)]))]);
    ledger.books(&market, as_of).position(&symbol("AAPL")).expect("a position").clone()
}

/// The same at another cost method.
fn apple_by(method: CostMethod, ledger: &Ledger, as_of: &str) -> Position {
    super::position_by(method, ledger, "AAPL", as_of)
}

fn realised(position: &Position) -> Decimal {
    position.realised(None).expect("known")
}

/// Bought 10 at 10, sold 5 at 10, bought 5 at 20, sold 5 at 20.
fn bought_and_sold_twice() -> Ledger {
    Ledger::default()
        .buy("2024-01-02", "AAPL", "10", "10")
        .sell("2024-01-03", "AAPL", "5", "10")
        .buy("2024-01-04", "AAPL", "5", "20")
        .sell("2024-01-05", "AAPL", "5", "20")
}

#[test]
fn first_in_first_out_sells_the_oldest_lot() {
    let position = apple(&bought_and_sold_twice(), "2024-01-05");
    // 5 x (10 - 10), then 5 x (20 - 10); the lot of 5 at 20 is left.
    assert_eq!(realised(&position), decimal("50"));
    assert_eq!(position.cost().base, Ok(decimal("100")));
    assert_eq!(position.lots.len(), 1);
    assert_eq!(position.lots[0].acquired, date("2024-01-04"));
}

#[test]
fn the_moving_average_is_not_changed_by_a_sale() {
    let position = apple_by(CostMethod::Average, &bought_and_sold_twice(), "2024-01-05");
    // After the second purchase 10 shares cost 50 + 100: 15 each. 5 x (20 - 15) is realised, 75 is left.
    assert_eq!(realised(&position), decimal("25"));
    assert_eq!(position.cost().base, Ok(decimal("75")));
}

#[test]
fn the_average_starts_anew_after_a_full_sale() {
    let ledger = Ledger::default()
        .buy("2024-01-02", "AAPL", "10", "10")
        .sell("2024-01-03", "AAPL", "10", "12")
        .buy("2024-01-04", "AAPL", "10", "30");
    let position = apple_by(CostMethod::Average, &ledger, "2024-01-04");
    assert_eq!(position.cost().base, Ok(decimal("300")));
    assert_eq!(realised(&position), decimal("20"));
}

#[test]
fn fees_are_in_the_cost_and_out_of_the_proceeds() {
    let ledger = Ledger::default()
        .booked("2024-01-02", Booking::Buy(trade("AAPL", "10", "10", "5")))
        .booked("2024-01-03", Booking::Sell { trade: trade("AAPL", "4", "12", "1"), lots: Vec::new() });
    let position = apple(&ledger, "2024-01-03");
    // 105 for 10 shares: the 4 sold cost 42 and brought 47.
    assert_eq!(realised(&position), decimal("5"));
    assert_eq!(position.cost().base, Ok(decimal("63")));
    assert_eq!(position.trade_fees, Ok(decimal("6")));
}

#[test]
fn a_sale_through_several_lots_closes_each_with_its_part() {
    let ledger = Ledger::default()
        .buy("2024-01-02", "AAPL", "3", "10")
        .buy("2024-01-03", "AAPL", "3", "20")
        .sell("2024-01-04", "AAPL", "4", "30");
    let closed = apple(&ledger, "2024-01-04").closed_lots;
    let parts: Vec<_> = closed.iter().map(|lot| (lot.acquired, lot.quantity, lot.gain())).collect();
    assert_eq!(
        parts,
        [
            (date("2024-01-02"), decimal("3"), Ok(decimal("60"))),
            (date("2024-01-03"), decimal("1"), Ok(decimal("10")))
        ]
    );
}

#[test]
fn three_thirds_close_a_holding_without_dust() {
    let ledger = Ledger::default()
        .buy("2024-01-02", "AAPL", "1", "300")
        .sell("2024-01-03", "AAPL", "0.333333333", "300")
        .sell("2024-01-04", "AAPL", "0.333333333", "300")
        .sell("2024-01-05", "AAPL", "0.333333334", "300");
    let position = apple(&ledger, "2024-01-05");
    assert!(!position.is_open() && position.lots.is_empty());
    assert_eq!(realised(&position), Decimal::ZERO);
}

#[test]
fn each_account_sells_its_own_lots_and_the_average_is_pooled() {
    let ledger = Ledger::default()
        .buy("2024-01-02", "AAPL", "10", "10")
        .account("a")
        .buy("2024-01-03", "AAPL", "10", "20")
        .account("b")
        .sell("2024-01-04", "AAPL", "5", "30")
        .account("b");
    let position = apple(&ledger, "2024-01-04");
    assert_eq!(realised(&position), decimal("50"));
    assert_eq!(realised(&apple_by(CostMethod::Average, &ledger, "2024-01-04")), decimal("75"));
}

#[test]
fn more_than_is_held_cannot_be_sold_and_the_error_says_what_to_do() {
    let ledger =
        Ledger::default().buy("2024-01-02", "AAPL", "10", "10").sell("2024-01-03", "AAPL", "12", "10");
    let error =
        Books::replay(&ledger.0, &Market::default(), &options(), date("2024-01-31")).expect_err("short");
    assert_eq!(error.transaction(), Some(ledger.id(2)));
    assert_eq!(
        error.to_string(),
        "12 AAPL leave on 2024-01-03, but only 10 are held: record the missing purchase, transfer or split, or correct \
         the quantity"
    );
}

#[test]
fn the_earliest_fault_of_all_instruments_is_told() {
    let ledger =
        Ledger::default().sell("2024-01-05", "AAPL", "1", "10").sell("2024-01-03", "MSFT", "1", "10");
    let error =
        Books::replay(&ledger.0, &Market::default(), &options(), date("2024-01-31")).expect_err("short");
    assert!(matches!(error, LedgerError::NotEnoughShares { symbol: msft, .. } if msft == symbol("MSFT")));
}

#[test]
fn a_sale_waits_for_a_purchase_of_the_same_day() {
    let ledger = Ledger::default()
        .buy("2024-01-02", "AAPL", "5", "10")
        .sell("2024-01-03", "AAPL", "8", "12")
        .buy("2024-01-03", "AAPL", "4", "11");
    let position = apple(&ledger, "2024-01-03");
    assert_eq!(position.quantity, decimal("1"));
    // 5 x (12 - 10) + 3 x (12 - 11)
    assert_eq!(realised(&position), decimal("13"));
}

#[test]
fn a_sale_that_is_covered_does_not_wait() {
    let ledger = Ledger::default()
        .buy("2024-01-02", "AAPL", "5", "10")
        .sell("2024-01-03", "AAPL", "5", "12")
        .buy("2024-01-03", "AAPL", "5", "20");
    let position = apple_by(CostMethod::Average, &ledger, "2024-01-03");
    assert_eq!(realised(&position), decimal("10"));
    assert_eq!(position.cost().base, Ok(decimal("100")));
}

#[test]
fn the_order_of_insertion_does_not_matter() {
    let ledger = bought_and_sold_twice();
    let mut shuffled = ledger.clone();
    shuffled.0.reverse();
    let (straight, reverse) = (apple(&ledger, "2024-01-05"), apple(&shuffled, "2024-01-05"));
    assert_eq!((straight.lots, straight.sales, straight.flows), (reverse.lots, reverse.sales, reverse.flows));
}

#[test]
fn bookings_after_the_day_are_not_read() {
    let position = apple(&bought_and_sold_twice(), "2024-01-04");
    assert_eq!(position.quantity, decimal("10"));
    assert_eq!(position.sales.len(), 1);
}

fn transfer_in(quantity: &str, unit_cost: &str) -> Booking {
    let quantity = Quantity::new(decimal(quantity)).expect("a quantity");
    Booking::TransferIn {
        symbol: symbol("AAPL"),
        quantity,
        unit_cost: decimal(unit_cost),
        fee: Decimal::ZERO,
        acquired: None,
    }
}

fn transfer_out(quantity: &str) -> Booking {
    Booking::TransferOut {
        symbol: symbol("AAPL"),
        quantity: Quantity::new(decimal(quantity)).expect("a quantity"),
        fee: Decimal::ZERO,
        lots: Vec::new(),
    }
}

#[test]
fn shares_from_elsewhere_keep_their_cost_and_come_in_at_market_value() {
    let market = market([("AAPL", quoted(&[("2024-01-02", 15.0)]))]);
    let books = Ledger::default().booked("2024-01-02", transfer_in("10", "8")).books(&market, "2024-01-02");
    let position = books.position(&symbol("AAPL")).expect("a position");
    assert_eq!(position.cost().base, Ok(decimal("80")));
    assert_eq!(books.external_flows()[0].amount, Ok(decimal("150")));
    assert!(books.cash().entries.is_empty());
}

#[test]
fn shares_to_elsewhere_take_their_cost_with_them_and_realise_nothing() {
    let ledger =
        Ledger::default().buy("2024-01-02", "AAPL", "10", "10").booked("2024-01-03", transfer_out("4"));
    let position = apple(&ledger, "2024-01-03");
    assert_eq!(position.cost().base, Ok(decimal("60")));
    assert_eq!(apple_by(CostMethod::Average, &ledger, "2024-01-03").cost().base, Ok(decimal("60")));
    assert!(position.sales.is_empty());
}

#[test]
fn a_transfer_tells_which_lots_left_with_what_cost() {
    let ledger = Ledger::default()
        .buy("2024-01-02", "AAPL", "10", "10")
        .buy("2024-01-03", "AAPL", "10", "20")
        .booked("2024-01-04", transfer_out("14"));
    let position = apple(&ledger, "2024-01-05");
    let [transfer] = &position.transfers[..] else { panic!("one transfer") };
    let left: Vec<_> = transfer.lots.iter().map(|lot| (lot.arrived, lot.quantity, &lot.cost.base)).collect();
    let [first, second] = [Ok(decimal("100")), Ok(decimal("80"))];
    assert_eq!(
        left,
        [(date("2024-01-02"), decimal("10"), &first), (date("2024-01-03"), decimal("4"), &second)]
    );
    // 14 of 20 shares that cost 15 on average.
    assert!(!transfer.arrives);
    let pooled = apple_by(CostMethod::Average, &ledger, "2024-01-05");
    assert_eq!(pooled.transfers[0].cost().base, Ok(decimal("210")));
}

#[test]
fn a_flow_tells_the_fee_in_it() {
    let ledger = Ledger::default()
        .booked("2024-01-02", Booking::Buy(trade("AAPL", "10", "10", "1")))
        .booked("2024-01-03", Booking::Sell { trade: trade("AAPL", "5", "12", "2"), lots: Vec::new() });
    let position = apple(&ledger, "2024-01-05");
    let flows: Vec<_> = position.flows.iter().map(|flow| (flow.amount.clone(), flow.fee.clone())).collect();
    assert_eq!(flows, [(Ok(decimal("101")), Ok(decimal("1"))), (Ok(decimal("-58")), Ok(decimal("2")))]);
}

#[test]
fn a_transfer_between_own_accounts_keeps_age_and_cost_and_is_no_external_flow() {
    let ledger = Ledger::default()
        .booked("2024-01-02", Booking::Buy(trade("AAPL", "10", "10", "1")))
        .account("a")
        .booked("2024-01-05", transfer_in("4", "99"))
        .account("b")
        .booked("2024-01-05", transfer_out("4"))
        .account("a");
    let market = market([("AAPL", quoted(&[("2024-01-02", 10.0)]))]);
    let books = ledger.books(&market, "2024-01-05");
    let position = books.position(&symbol("AAPL")).expect("a position");
    let lots: Vec<_> = position
        .lots
        .iter()
        .map(|lot| (&*lot.account, lot.acquired, lot.quantity, lot.cost.base.clone()))
        .collect();
    assert_eq!(
        lots,
        [
            ("a", date("2024-01-02"), decimal("6"), Ok(decimal("60.6"))),
            ("b", date("2024-01-02"), decimal("4"), Ok(decimal("40.4")))
        ]
    );
    assert_eq!(books.external_flows().len(), 1, "only the deposit for the purchase");
}

#[test]
fn absurd_amounts_are_an_error_and_no_panic() {
    let mut ledger = Ledger::default().buy("2024-01-02", "AAPL", "1000000000000", "1");
    if let Booking::Buy(trade) = &mut ledger.0[0].booking {
        trade.price = Decimal::MAX;
    }
    let market = market([("AAPL", InstrumentData::new(crate::testing::usd()))]);
    let error = Books::replay(&ledger.0, &market, &options(), date("2024-01-31")).expect_err("too large");
    assert_eq!(error, LedgerError::OutOfRange { transaction: Some(ledger.id(1)), date: date("2024-01-02") });
}
