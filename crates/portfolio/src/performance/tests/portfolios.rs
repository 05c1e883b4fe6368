use bellwether_domain::Currency;

use super::*;
use crate::Options;
use crate::testing::options;

fn market_of_x() -> Market {
    market([("X", quoted(&[("2024-01-02", 10.0), ("2024-01-31", 12.0)]))])
}

#[test]
fn shares_and_cash_that_one_portfolio_sends_another_are_no_flows_of_the_whole() {
    let market = market_of_x();
    let sender = Ledger::default()
        .deposit("2024-01-02", "150")
        .buy("2024-01-02", "X", "10", "10")
        .booked("2024-01-10", transfer_out("X", "4"))
        .withdraw("2024-01-11", "30");
    let mut receiver =
        Ledger::default().booked("2024-01-10", transfer_in("X", "4", "10")).deposit("2024-01-11", "30");
    for (booking, number) in receiver.0.iter_mut().zip(100..) {
        booking.id = bellwether_domain::TransactionId::from_uuid(uuid::Uuid::from_u128(number));
    }
    let (sender, receiver) = (sender.books(&market, "2024-01-31"), receiver.books(&market, "2024-01-31"));
    let set = [&sender, &receiver];
    let whole = Subject::portfolios(&set).expect("one currency");
    let january = checked(&whole, &market, period("2024-01-02", "2024-01-31"));
    assert_eq!(
        (&january.opening, &january.closing, &january.gain),
        (&known("150"), &known("170"), &known("20"))
    );
    assert_eq!((january.flows.paid_in, january.flows.paid_out), (known("0"), known("0")));
    assert!(whole.flows_within(period("2024-01-02", "2024-01-31")).is_empty());
    assert!(close(&january.returns.time_weighted.map(|linked| linked.total), 20.0 / 150.0));

    let holdings = Subject::holdings_of(&set).expect("one currency");
    let january = checked(&holdings, &market, period("2024-01-02", "2024-01-31"));
    assert_eq!((january.gain, january.flows.paid_in), (known("20"), known("0")));
    let instrument = Subject::holding(&set, &symbol("X")).expect("held");
    assert!(close(&checked(&instrument, &market, period("2024-01-02", "2024-01-31")).returns.simple, 0.2));
}

#[test]
fn a_transfer_counts_for_each_of_the_two() {
    let market = market_of_x();
    let sender =
        Ledger::default().buy("2024-01-02", "X", "10", "10").booked("2024-01-10", transfer_out("X", "4"));
    let books = sender.books(&market, "2024-01-31");
    let january = checked(&Subject::portfolio(&books), &market, period("2024-01-02", "2024-01-31"));
    assert_eq!((january.flows.paid_out, january.gain), (known("40"), known("12")));
}

#[test]
fn portfolios_of_different_currencies_are_not_added() {
    let market = market_of_x();
    let dollars = Ledger::default().books(&market, "2024-01-31");
    let euros = Options { base: Currency::EUR, ..options() };
    let euros = Books::replay(&[], &market, &euros, date("2024-01-31")).expect("books");
    assert_eq!(Subject::portfolios(&[&dollars, &euros]).map(|_| ()), Err(Reason::MixedCurrencies));
    assert_eq!(Subject::portfolios(&[]).map(|_| ()), Err(Reason::NotHeld));
}

#[test]
fn the_whole_is_known_up_to_the_earliest_day_of_its_books() {
    let market = market_of_x();
    let early = Ledger::default().buy("2024-01-02", "X", "1", "10").books(&market, "2024-01-20");
    let late = Ledger::default()
        .buy("2024-01-02", "X", "1", "10")
        .buy("2024-01-25", "X", "5", "10")
        .books(&market, "2024-01-31");
    let whole = Subject::portfolios(&[&early, &late]).expect("one currency");
    assert_eq!(whole.as_of(), date("2024-01-20"));
    let weeks = checked(&whole, &market, period("2024-01-02", "2024-01-20"));
    assert_eq!((weeks.closing, weeks.gain), (known("20"), known("0")));
    assert!(close(&weeks.returns.time_weighted.map(|linked| linked.total), 0.0));
}
