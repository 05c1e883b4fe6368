use bellwether_domain::Trade;

use super::*;

fn apple() -> Market {
    let closes = [("2023-12-29", 10.0), ("2024-01-10", 12.0), ("2024-01-31", 11.0), ("2024-02-15", 15.0)];
    market([("AAPL", quoted(&closes))])
}

fn ledger() -> Ledger {
    Ledger::default()
        .deposit("2023-12-29", "150")
        .buy("2023-12-29", "AAPL", "10", "10")
        .deposit("2024-01-10", "70")
        .booked("2024-01-10", Booking::Buy(trade("AAPL", "5", "12", "2")))
        .booked("2024-01-20", Booking::Sell { trade: trade("AAPL", "3", "12", "1"), lots: Vec::new() })
        .withdraw("2024-01-25", "20")
        .sell("2024-02-10", "AAPL", "12", "14")
}

#[test]
fn a_portfolio_s_gain_is_what_its_value_grew_by_beyond_what_was_paid_in() {
    let market = apple();
    let books = ledger().books(&market, "2024-01-31");
    let january = checked(&Subject::portfolio(&books), &market, period("2023-12-31", "2024-01-31"));
    // 10 shares at 10 and 50 in cash; 12 at 11 and 50 + 70 - 62 + 35 - 20 in cash.
    assert_eq!((january.opening, january.closing), (known("150"), known("205")));
    assert_eq!((january.flows.paid_in, january.flows.paid_out), (known("70"), known("20")));
    assert_eq!((january.flows.net, january.gain), (known("50"), known("5")));
}

#[test]
fn without_cash_purchases_come_in_and_sales_go_out() {
    let market = apple();
    let books = ledger().books(&market, "2024-01-31");
    let january = checked(&Subject::holdings(&books), &market, period("2023-12-31", "2024-01-31"));
    assert_eq!((january.opening, january.closing), (known("100"), known("132")));
    assert_eq!((january.flows.paid_in, january.flows.paid_out), (known("62"), known("35")));
    assert_eq!(january.gain, known("5"));
}

#[test]
fn books_of_a_later_day_give_the_same_figures() {
    let market = apple();
    let (then, later) = (ledger().books(&market, "2024-01-31"), ledger().books(&market, "2024-02-29"));
    let january = period("2023-12-31", "2024-01-31");
    for subject in [Subject::portfolio, Subject::holdings] {
        let (then, later) = (subject(&then), subject(&later));
        assert_eq!(checked(&then, &market, january), checked(&later, &market, january));
        for basis in [Basis::PurchaseCost, Basis::OpeningValue] {
            let gains = |subject| CapitalGains::new(subject, &market, january, basis, TradeCosts::LeftOut);
            assert_eq!(gains(&then), gains(&later));
        }
    }
}

#[test]
fn a_switch_on_one_day_is_no_flow_of_the_holdings() {
    let closes = [("2024-01-02", 10.0), ("2024-01-31", 12.0)];
    let market = market([("A", quoted(&closes)), ("B", quoted(&closes))]);
    let ledger = Ledger::default()
        .buy("2024-01-02", "A", "10", "10")
        .sell("2024-01-20", "A", "10", "10")
        .buy("2024-01-20", "B", "10", "10");
    let books = ledger.books(&market, "2024-01-31");
    let january = checked(&Subject::holdings(&books), &market, period("2024-01-02", "2024-01-31"));
    assert_eq!((january.flows.paid_in, january.flows.paid_out), (known("0"), known("0")));
    assert!(close(&january.returns.simple, 0.2));
}

#[test]
fn a_day_after_the_books_is_not_known() {
    let market = apple();
    let books = ledger().books(&market, "2024-01-31");
    let late = performance(&Subject::portfolio(&books), &market, period("2023-12-31", "2024-02-01"));
    let not_yet = Reason::NotYetKnown { as_of: date("2024-01-31") };
    assert_eq!((late.closing, late.gain), (Err(not_yet.clone()), Err(not_yet.clone())));
    assert_eq!(late.returns.time_weighted.map(|linked| linked.total), Err(not_yet.clone()));
    assert_eq!(late.returns.money_weighted, Err(not_yet));
}

#[test]
fn income_fees_and_taxes_count_on_the_day_they_are_paid() {
    let market = apple();
    let (tax, fee) = (decimal("3"), decimal("1"));
    let dividend = Booking::Dividend { symbol: symbol("AAPL"), gross: decimal("10"), tax, fee };
    let interest = Booking::Interest { gross: decimal("5"), tax: decimal("2") };
    let ledger = Ledger::default()
        .deposit("2023-12-29", "100")
        .buy("2023-12-29", "AAPL", "10", "10")
        .dividend("2023-12-31", "AAPL", "40")
        .booked("2024-01-05", dividend)
        .booked("2024-01-31", interest)
        .booked("2024-01-31", Booking::Fee { symbol: None, amount: decimal("4") });
    let books = ledger.books(&market, "2024-02-15");
    let january = checked(&Subject::portfolio(&books), &market, period("2023-12-31", "2024-01-31"));
    let income = &january.parts.income;
    assert_eq!((&income.dividends_gross, &income.dividends_net), (&known("10"), &known("6")));
    assert_eq!((&income.gross, &income.net, income.dividend_count), (&known("15"), &known("9"), 1));
    assert_eq!((january.parts.fees.total, january.parts.taxes.total), (known("5"), known("5")));
    assert_eq!((january.opening, january.closing), (known("140"), known("155")));
    assert_eq!(january.gain, known("15"), "10 of the price, 9 net income, less a fee of 4");
}

#[test]
fn a_missing_price_is_named_and_what_needs_none_is_known() {
    let market = market([
        ("AAPL", quoted(&[("2024-01-02", 10.0)])),
        ("X", InstrumentData::new(crate::testing::usd())),
    ]);
    let ledger = Ledger::default().buy("2024-01-02", "X", "10", "10").dividend("2024-01-10", "X", "7");
    let books = ledger.books(&market, "2024-01-31");
    let result = performance(&Subject::portfolio(&books), &market, period("2024-01-02", "2024-01-31"));
    let unpriced = Reason::no_price(&symbol("X"));
    assert_eq!((result.opening, result.gain), (Err(unpriced.clone()), Err(unpriced.clone())));
    assert_eq!(result.returns.time_weighted.map(|linked| linked.total), Err(unpriced));
    assert_eq!(result.parts.income.net, known("7"));
}

#[test]
fn an_instrument_without_price_that_was_sold_before_does_not_matter() {
    let market = market([("AAPL", quoted(&[("2024-01-02", 10.0), ("2024-01-31", 11.0)]))]);
    let ledger = Ledger::default()
        .buy("2023-06-01", "PRIV", "1", "10")
        .sell("2023-07-01", "PRIV", "1", "10")
        .buy("2024-01-02", "AAPL", "1", "10");
    let books = ledger.books(&market, "2024-01-31");
    let january = checked(&Subject::portfolio(&books), &market, period("2024-01-02", "2024-01-31"));
    assert!(close(&january.returns.time_weighted.map(|linked| linked.total), 0.1));
}

#[test]
fn before_tax_every_tax_counts_as_taken_out_by_the_investor() {
    let market = apple();
    let taxed = |trade: Trade| Trade { tax: decimal("5"), ..trade };
    let (tax, fee) = (decimal("3"), decimal("0"));
    let dividend = Booking::Dividend { symbol: symbol("AAPL"), gross: decimal("10"), tax, fee };
    let ledger = Ledger::default()
        .deposit("2023-12-29", "205")
        .booked("2024-01-10", Booking::Buy(taxed(trade("AAPL", "10", "12", "0"))))
        .booked("2024-01-20", dividend)
        .booked("2024-01-31", Booking::Interest { gross: decimal("4"), tax: decimal("1") })
        .booked("2024-01-31", Booking::Tax { symbol: None, amount: decimal("2") });
    let books = ledger.books(&market, "2024-01-31");
    let january = period("2023-12-31", "2024-01-31");
    for (subject, after, before) in
        [(Subject::portfolio(&books), "-7", "4"), (Subject::holdings(&books), "-8", "0")]
    {
        assert_eq!(checked(&subject, &market, january).gain, known(after));
        let result = checked(&subject.before_tax().before_tax(), &market, january);
        assert_eq!(result.gain, known(before));
    }
    let parts = checked(&Subject::portfolio(&books), &market, january).parts;
    assert_eq!((parts.taxes.total, parts.taxes.separate), (known("11"), known("2")));
    // The purchase is 120 and its shares are worth 110, with 10 of dividend.
    let holdings = checked(&Subject::holdings(&books).before_tax(), &market, january);
    assert_eq!(holdings.flows.net, known("110"));
    let linked = 130.0 / 120.0 * 110.0 / 120.0 - 1.0;
    assert!(close(&holdings.returns.time_weighted.map(|linked| linked.total), linked));
    assert!(close(&holdings.returns.on_purchases, 0.0));
}
