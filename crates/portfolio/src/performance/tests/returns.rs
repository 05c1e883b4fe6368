use super::*;

#[test]
fn without_flows_all_rates_are_the_change_of_the_value() {
    let market = market([("A", quoted(&[("2024-01-02", 10.0), ("2024-06-28", 13.0)]))]);
    let books = Ledger::default().buy("2024-01-02", "A", "10", "10").books(&market, "2024-06-28");
    let half = checked(&Subject::portfolio(&books), &market, period("2024-01-02", "2024-06-28")).returns;
    assert!(close(&half.money_weighted.map(|rate| rate.headline()), 0.3));
    assert!(close(&half.modified_dietz, 0.3) && close(&half.simple, 0.3) && close(&half.on_purchases, 0.3));
    let linked = half.time_weighted.expect("a return");
    assert!((linked.total - 0.3).abs() < 1e-12);
    assert_eq!(linked.annualised, Err(Reason::UnderAYear));
}

#[test]
fn the_rates_of_a_deposit_before_a_rise_differ() {
    // 100 stand still until 900 join at day 183 of 366, then all double.
    let market = market([("A", quoted(&[("2023-12-31", 10.0), ("2024-12-31", 20.0)]))]);
    let ledger = Ledger::default().buy("2023-12-31", "A", "10", "10").buy("2024-07-01", "A", "90", "10");
    let books = ledger.books(&market, "2024-12-31");
    let year = checked(&Subject::portfolio(&books), &market, period("2023-12-31", "2024-12-31"));
    assert_eq!(year.gain, known("1000"));
    let returns = year.returns;
    assert!(close(&returns.time_weighted.map(|linked| linked.total), 1.0));
    assert!(close(&returns.simple, 1.0), "1,000 on 1,000");
    assert!(close(&returns.modified_dietz, 1000.0 / 550.0), "900 were there for half of the time");
    // 100 x^2 + 900 x = 2,000 with x the growth of half the time.
    let growth = (-900.0 + (810_000.0_f64 + 800_000.0).sqrt()) / 200.0;
    assert!(close(&returns.money_weighted.map(|rate| rate.period), growth * growth - 1.0));
}

#[test]
fn the_time_weighted_return_of_the_holdings_is_that_of_the_instrument() {
    let market = market([("A", quoted(&[("2024-01-02", 10.0), ("2024-01-10", 15.0), ("2024-01-31", 25.0)]))]);
    let ledger = Ledger::default().buy("2024-01-02", "A", "1", "10").buy("2024-01-10", "A", "7", "15");
    let books = ledger.books(&market, "2024-01-31");
    let january = checked(&Subject::holdings(&books), &market, period("2024-01-02", "2024-01-31")).returns;
    assert!(close(&january.time_weighted.map(|linked| linked.total), 1.5));
}

#[test]
fn a_period_may_open_in_the_middle_of_the_chain() {
    let closes = [("2024-01-02", 10.0), ("2024-01-10", 15.0), ("2024-01-20", 12.0), ("2024-01-31", 18.0)];
    let market = market([("A", quoted(&closes))]);
    let ledger = Ledger::default().buy("2024-01-02", "A", "4", "10").buy("2024-01-20", "A", "3", "12");
    let books = ledger.books(&market, "2024-01-31");
    let later = checked(&Subject::portfolio(&books), &market, period("2024-01-10", "2024-01-31")).returns;
    let linked = later.time_weighted.expect("a return");
    assert!((linked.total - 0.2).abs() < 1e-12);
    assert_eq!(linked.index.first_day, date("2024-01-10"));
    assert!((linked.index.values[0] - 1.0).abs() < 1e-12);
}

#[test]
fn a_period_that_begins_before_everything_opens_with_nothing() {
    let market = market([("A", quoted(&[("2024-01-02", 10.0), ("2024-01-31", 11.0)]))]);
    let books = Ledger::default().buy("2024-01-02", "A", "10", "10").books(&market, "2024-01-31");
    let early = checked(&Subject::portfolio(&books), &market, period("2020-01-01", "2024-01-31"));
    assert_eq!((early.opening, early.gain), (known("0"), known("10")));
    assert!(close(&early.returns.money_weighted.map(|rate| rate.period), 0.1));
    let linked = early.returns.time_weighted.expect("a return");
    assert!((linked.total - 0.1).abs() < 1e-12);
    assert_eq!(linked.index.first_day, date("2024-01-02"));
}

#[test]
fn nothing_at_all_has_no_rates() {
    let market = market([]);
    let books = Ledger::default().books(&market, "2024-01-31");
    let nothing = checked(&Subject::portfolio(&books), &market, period("2023-12-31", "2024-01-31"));
    assert_eq!(nothing.gain, known("0"));
    assert_eq!(nothing.returns.simple, Err(Reason::NoCapital));
    assert_eq!(nothing.returns.time_weighted.map(|linked| linked.total), Err(Reason::NoCapital));
    assert!(nothing.returns.money_weighted.is_err());
}
