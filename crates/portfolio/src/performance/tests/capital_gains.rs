use bellwether_domain::{CostMethod, Currency};

use super::*;
use crate::testing::{market_with_rates, options, split};
use crate::{Options, PriceSeries, Rates};

fn year() -> Period {
    period("2010-12-31", "2011-12-31")
}

#[test]
fn from_the_opening_value_a_sale_below_it_is_a_loss() {
    // Ten shares bought for one in all, worth 100 each at the opening; one is sold for 99, nine end at 110.
    let market = market([("X", quoted(&[("2010-01-01", 100.0), ("2011-06-01", 110.0)]))]);
    let ledger = Ledger::default()
        .deposit("2010-01-01", "1")
        .buy("2010-01-01", "X", "10", "0.1")
        .booked("2011-01-15", Booking::Sell { trade: trade("X", "1", "99.01", "0.01"), lots: Vec::new() })
        .withdraw("2011-01-15", "99");
    let books = ledger.books(&market, "2011-12-31");
    let subject = Subject::portfolio(&books);
    let result = checked(&subject, &market, year());
    assert_eq!(
        (&result.opening, &result.closing, &result.gain),
        (&known("1000"), &known("990"), &known("89"))
    );
    let gains = |basis, costs| {
        let gains = CapitalGains::new(&subject, &market, year(), basis, costs);
        (gains.unrealised, gains.realised)
    };
    let (opening, purchase) = (Basis::OpeningValue, Basis::PurchaseCost);
    assert_eq!(gains(opening, TradeCosts::LeftOut), (known("90"), known("-0.99")));
    assert_eq!(gains(opening, TradeCosts::Included), (known("90"), known("-1")));
    // 9 x (110 - 0.1) less 10 x (100 - 0.1), and 99 less 0.1.
    assert_eq!(gains(purchase, TradeCosts::Included), (known("-9.9"), known("98.9")));
    assert_eq!(result.parts.fees.total, known("0.01"));
}

#[test]
fn lots_bought_in_the_period_count_from_their_cost() {
    let market = market([("X", quoted(&[("2010-12-31", 20.0), ("2011-12-31", 30.0)]))]);
    let ledger = Ledger::default().buy("2010-05-01", "X", "10", "5").buy("2011-05-01", "X", "10", "25").sell(
        "2011-06-01",
        "X",
        "15",
        "28",
    );
    let books = ledger.books(&market, "2011-12-31");
    let subject = Subject::holdings(&books);
    checked(&subject, &market, year());
    let gains = CapitalGains::new(&subject, &market, year(), Basis::OpeningValue, TradeCosts::Included);
    // First in, first out: ten that were worth 20, five that cost 25; the other five rose from 25 to 30.
    assert_eq!((gains.realised, gains.unrealised), (known("95"), known("25")));
}

#[test]
fn at_the_average_cost_the_pool_begins_with_the_opening_value() {
    let market = market([("X", quoted(&[("2010-12-31", 20.0), ("2011-12-31", 30.0)]))]);
    let ledger = Ledger::default().buy("2010-05-01", "X", "10", "5").buy("2011-05-01", "X", "10", "25").sell(
        "2011-06-01",
        "X",
        "15",
        "28",
    );
    let average = Options { method: CostMethod::Average, ..options() };
    let books = Books::replay(&ledger.0, &market, &average, date("2011-12-31")).expect("books");
    let subject = Subject::holdings(&books);
    checked(&subject, &market, year());
    let gains = |basis| CapitalGains::new(&subject, &market, year(), basis, TradeCosts::Included);
    // 20 shares at 22.5 on average: 15 x 5.5, and 5 x 7.5.
    let opening = gains(Basis::OpeningValue);
    assert_eq!((opening.realised, opening.unrealised), (known("82.5"), known("37.5")));
    // 20 shares at 15: 15 x 13; 5 x 15 less the 10 x 15 of the opening.
    let purchase = gains(Basis::PurchaseCost);
    assert_eq!((purchase.realised, purchase.unrealised), (known("195"), known("-75")));
}

#[test]
fn a_split_in_the_period_changes_no_gain() {
    let closes = [("2010-12-31", 30.0), ("2011-03-01", 11.0), ("2011-12-31", 12.0)];
    let market = market([("X", quoted(&closes).with_splits(&[split("2011-03-01", 3, 1)]))]);
    let ledger = Ledger::default().buy("2010-05-01", "X", "10", "24").sell("2011-06-01", "X", "10", "13");
    for method in [CostMethod::Fifo, CostMethod::Average] {
        let books = Books::replay(&ledger.0, &market, &Options { method, ..options() }, date("2011-12-31"))
            .expect("books");
        let subject = Subject::holdings(&books);
        let result = checked(&subject, &market, year());
        let gains = CapitalGains::new(&subject, &market, year(), Basis::OpeningValue, TradeCosts::Included);
        // 30 shares from 10 each: ten sold at 13, twenty at 12.
        assert_eq!((gains.realised, gains.unrealised, result.gain), (known("30"), known("40"), known("70")));
    }
}

#[test]
fn a_foreign_gain_is_split_into_price_and_currency() {
    let mut rates = Rates::new();
    let dollars = [("2010-12-31", 1.25), ("2011-06-01", 1.5), ("2011-12-31", 1.0)];
    rates.insert(Currency::EUR, Currency::USD, &columns(&dollars));
    let closes = PriceSeries::as_traded(columns(&[
        ("2010-12-31", 100.0),
        ("2011-06-01", 110.0),
        ("2011-12-31", 120.0),
    ]));
    let market = market_with_rates(rates, [("E", InstrumentData::new(Currency::EUR).with_prices(closes))]);
    let ledger = Ledger::default()
        .buy("2010-12-31", "E", "10", "100")
        .in_currency("EUR", None)
        .sell("2011-06-01", "E", "4", "110")
        .in_currency("EUR", None);
    let books = ledger.books(&market, "2011-12-31");
    let subject = Subject::portfolio(&books);
    let result = checked(&subject, &market, year());
    let gains = CapitalGains::new(&subject, &market, year(), Basis::OpeningValue, TradeCosts::Included);
    // Sold: 4 x 110 x 1.5 - 4 x 100 x 1.25 = 160, of which 400 x 0.25 is the euro's.
    assert_eq!((gains.realised, gains.realised_currency), (known("160"), known("100")));
    // Held: 6 x 120 x 1 - 6 x 100 x 1.25 = -30, of which 600 x -0.25 is the euro's.
    assert_eq!((gains.unrealised, gains.unrealised_currency), (known("-30"), known("-150")));
    // 440 euros lie in cash from 1.5 down to 1.
    assert_eq!(result.parts.cash_currency_gain, known("-220"));
    assert_eq!(result.gain, known("-90"));
}

#[test]
fn shares_from_elsewhere_bring_gains_that_are_not_the_period_s() {
    let market = market([("X", quoted(&[("2010-12-31", 20.0), ("2011-12-31", 30.0)]))]);
    let ledger = Ledger::default()
        .buy("2010-12-31", "X", "1", "20")
        .booked("2011-05-01", transfer_in("X", "10", "5"))
        .booked("2011-07-01", transfer_out("X", "4"));
    let books = ledger.books(&market, "2011-12-31");
    let subject = Subject::portfolio(&books);
    let result = checked(&subject, &market, year());
    // 7 x 30 less 1 x 20; 10 x 20 came, 4 x 20 went.
    assert_eq!((&result.flows.net, &result.gain), (&known("120"), &known("70")));
    let gains = &result.parts.capital_gains;
    // Cost 20 + 50 - 20 - 3 x 5 = 35; 150 of gain came in, 3 x 15 went out.
    assert_eq!((&gains.unrealised, &gains.transferred), (&known("175"), &known("-105")));
}

#[test]
fn what_is_bought_and_sold_on_one_day_has_gained_too() {
    // 5 x (11 - 10) = 5, though no close ever saw a share.
    let market = market([("AAPL", quoted(&[("2024-01-02", 10.0)]))]);
    let ledger = Ledger::default().buy("2024-01-02", "AAPL", "5", "10").sell("2024-01-02", "AAPL", "5", "11");
    let books = ledger.books(&market, "2024-01-31");
    let result = checked(&Subject::holdings(&books), &market, period("2024-01-01", "2024-01-31"));
    assert_eq!(result.parts.capital_gains.realised, known("5"));
    assert_eq!(result.gain, known("5"));
}

#[test]
fn the_fee_of_a_transfer_is_a_cost_and_not_a_flow_of_the_portfolio() {
    let market = market([("X", quoted(&[("2010-12-31", 20.0), ("2011-12-31", 30.0)]))]);
    let mut arrival = transfer_in("X", "10", "5");
    if let Booking::TransferIn { fee, .. } = &mut arrival {
        *fee = decimal("7");
    }
    let ledger = Ledger::default().deposit("2010-12-31", "7").booked("2011-05-01", arrival);
    let books = ledger.books(&market, "2011-12-31");
    // 200 came in and became 300; 7 were paid for it, from cash or by whoever holds the shares.
    for (subject, net) in [(Subject::portfolio(&books), "200"), (Subject::holdings(&books), "207")] {
        let result = checked(&subject, &market, year());
        assert_eq!((result.flows.net, result.gain), (known(net), known("93")));
        assert_eq!(result.parts.fees.total, known("7"));
    }
}
