use bellwether_domain::CostMethod;

use super::*;
use crate::Options;
use crate::testing::{dividend, options, split};

fn market_of_x() -> Market {
    let closes = [("2024-01-02", 10.0), ("2024-02-01", 12.0), ("2024-03-01", 8.0), ("2024-04-01", 9.0)];
    let dividends = [dividend("2024-02-15", "0.5")];
    market([("X", quoted(&closes).with_splits(&[split("2024-03-01", 2, 1)]).with_dividends(&dividends))])
}

/// Twenty shares in two lots, a dividend, a split, and a sale of the first lot and a part of the second.
fn ledger() -> Ledger {
    Ledger::default()
        .booked("2024-01-02", Booking::Buy(trade("X", "10", "10", "2")))
        .buy("2024-02-01", "X", "10", "12")
        .booked("2024-03-10", Booking::Sell { trade: trade("X", "30", "8", "6"), lots: Vec::new() })
}

#[test]
fn a_lot_is_what_is_left_of_it_and_what_its_parts_brought() {
    let (market, ledger) = (market_of_x(), ledger());
    let books = ledger.books(&market, "2024-04-01");
    let second = Subject::lot(&books, ledger.id(2)).expect("a lot");
    let result = checked(&second, &market, period("2024-01-31", "2024-04-01"));
    // 120 in; 10 x 0.5 of dividend, 10 of 30 shares sold for a third of 234, 10 left at 9.
    assert_eq!(
        (&result.closing, &result.flows.paid_in, &result.flows.paid_out),
        (&known("90"), &known("120"), &known("83"))
    );
    assert_eq!(result.gain, known("53"));
    assert_eq!(result.parts.income.net, known("5"));
    let gains = &result.parts.capital_gains;
    assert_eq!((&gains.realised, &gains.unrealised), (&known("18"), &known("30")));
}

#[test]
fn the_lots_of_a_holding_sum_to_it() {
    let (market, ledger) = (market_of_x(), ledger());
    let books = ledger.books(&market, "2024-04-01");
    for (from, to) in
        [("2024-01-01", "2024-04-01"), ("2024-02-10", "2024-03-05"), ("2024-03-05", "2024-03-20")]
    {
        let period = period(from, to);
        let whole = checked(&Subject::holding(&[&books], &symbol("X")).expect("held"), &market, period);
        let [first, second] = [1, 2]
            .map(|line| checked(&Subject::lot(&books, ledger.id(line)).expect("a lot"), &market, period));
        let sum = |figure: fn(&Performance) -> &Figure<Decimal>| {
            crate::figure::total([figure(&first), figure(&second)])
        };
        assert_eq!(sum(|of| &of.opening), whole.opening);
        assert_eq!(sum(|of| &of.closing), whole.closing);
        assert_eq!(sum(|of| &of.gain), whole.gain);
        assert_eq!(sum(|of| &of.parts.income.gross), whole.parts.income.gross);
        assert_eq!(sum(|of| &of.parts.fees.total), whole.parts.fees.total);
        assert_eq!(sum(|of| &of.parts.capital_gains.realised), whole.parts.capital_gains.realised);
    }
}

#[test]
fn a_lot_bought_at_the_close_returns_what_the_instrument_does() {
    let (market, ledger) = (market_of_x(), ledger());
    let books = ledger.books(&market, "2024-04-01");
    let second = Subject::lot(&books, ledger.id(2)).expect("a lot");
    let spring = performance(&second, &market, period("2024-02-01", "2024-03-05"));
    // 12, a dividend of 0.5 while the price is still 12, then 8 for half a share.
    assert!(close(&spring.returns.time_weighted.map(|linked| linked.total), 12.5 / 12.0 * 16.0 / 12.0 - 1.0));
}

#[test]
fn a_recorded_dividend_belongs_to_the_lots_of_its_ex_date() {
    let market = market_of_x();
    let ledger = Ledger::default()
        .buy("2024-01-02", "X", "10", "10")
        .buy("2024-02-20", "X", "10", "12")
        .dividend("2024-02-28", "X", "5");
    let books = ledger.books(&market, "2024-04-01");
    let income = |line| {
        let lot = Subject::lot(&books, ledger.id(line)).expect("a lot");
        performance(&lot, &market, period("2024-01-01", "2024-04-01")).parts.income.net
    };
    assert_eq!((income(1), income(2)), (known("5"), known("0")));
}

#[test]
fn two_late_dividends_belong_to_an_ex_date_each() {
    let dividends = [dividend("2024-02-09", "0.2"), dividend("2024-03-08", "0.3")];
    let market = market([("O", quoted(&[("2024-01-02", 10.0)]).with_dividends(&dividends))]);
    let ledger = Ledger::default()
        .buy("2024-01-02", "O", "10", "10")
        .buy("2024-02-20", "O", "10", "10")
        .dividend("2024-04-01", "O", "6")
        .dividend("2024-04-15", "O", "2");
    let books = ledger.books(&market, "2024-06-03");
    let income = |line| {
        let lot = Subject::lot(&books, ledger.id(line)).expect("a lot");
        performance(&lot, &market, period("2024-01-01", "2024-06-03")).parts.income.net
    };
    // Half of the 6 that are matched with March's ex-date, and all of the 2 with February's, before the second lot.
    assert_eq!((income(1), income(2)), (known("5"), known("3")));
}

#[test]
fn what_is_transferred_out_leaves_its_lot() {
    let market = market_of_x();
    let ledger =
        Ledger::default().buy("2024-01-02", "X", "10", "10").booked("2024-02-05", transfer_out("X", "4"));
    let books = ledger.books(&market, "2024-02-10");
    let lot = Subject::lot(&books, ledger.id(1)).expect("a lot");
    let result = checked(&lot, &market, period("2024-01-01", "2024-02-10"));
    assert_eq!((result.closing, result.flows.paid_out, result.gain), (known("72"), known("48"), known("20")));
}

#[test]
fn a_transaction_that_opened_nothing_is_no_lot() {
    let (market, ledger) = (market_of_x(), ledger());
    let books = ledger.books(&market, "2024-04-01");
    assert_eq!(Subject::lot(&books, ledger.id(3)).map(|_| ()), Err(Reason::NotHeld));
}

#[test]
fn at_the_average_cost_a_lot_still_counts_at_its_own() {
    let (market, ledger) = (market_of_x(), ledger());
    let average = Options { method: CostMethod::Average, ..options() };
    let books = Books::replay(&ledger.0, &market, &average, date("2024-04-01")).expect("books");
    let period = period("2024-01-01", "2024-04-01");
    let [first, second] =
        [1, 2].map(|line| checked(&Subject::lot(&books, ledger.id(line)).expect("a lot"), &market, period));
    // 102 for what brought two thirds of 234; 120 for what brought a third, and 90.
    assert_eq!(first.parts.capital_gains.realised, known("54"));
    let gains = second.parts.capital_gains;
    assert_eq!((gains.realised, gains.unrealised), (known("18"), known("30")));
}
