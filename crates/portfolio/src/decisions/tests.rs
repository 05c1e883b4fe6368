use bellwether_domain::{Booking, Currency};

use super::*;
use crate::testing::{
    Ledger, columns, date, decimal, dividend, market, market_with_rates, quoted, split, symbol, trade, usd,
};
use crate::{InstrumentData, Investment, Period, PriceSeries, Rates, Reason, Subject};

fn decisions(ledger: &Ledger, market: &Market, as_of: &str) -> Decisions {
    let books = ledger.books(market, as_of);
    let voo = Benchmark::new(&symbol("VOO"), market, usd(), books.as_of()).expect("a benchmark");
    Decisions::new(&books, market, &[voo])
}

#[track_caller]
fn close(figure: &Figure<f64>, expected: f64) {
    let figure = figure.clone().expect("a figure");
    assert!((figure - expected).abs() < 1e-9, "{figure} instead of {expected}");
}

/// VOO doubles from the 2nd to the 4th; A is split in two on the 3rd and pays 1 a share on the 4th.
fn halved() -> Market {
    let a = quoted(&[("2024-01-02", 20.0), ("2024-01-03", 12.0), ("2024-01-04", 13.0), ("2024-01-05", 15.0)])
        .with_splits(&[split("2024-01-03", 2, 1)])
        .with_dividends(&[dividend("2024-01-04", "1")]);
    let voo = [("2024-01-02", 100.0), ("2024-01-03", 160.0), ("2024-01-04", 200.0), ("2024-01-05", 200.0)];
    market([("A", a), ("VOO", quoted(&voo))])
}

#[test]
fn a_purchase_gave_value_proceeds_and_dividends_for_its_cost() {
    let ledger = Ledger::default()
        .booked("2024-01-02", Booking::Buy(trade("A", "10", "20", "2")))
        .buy("2024-01-03", "A", "4", "12")
        .sell("2024-01-03", "A", "5", "12");
    let result = decisions(&ledger, &halved(), "2024-01-05");
    // 202 for 20 shares of today; 5 of them sold for 60, 15 paid 15 and are worth 225.
    let first = &result.purchases[0];
    assert_eq!((&first.cost, &first.proceeds), (&Ok(decimal("202")), &Ok(decimal("60"))));
    assert_eq!((&first.dividends, &first.value), (&Ok(decimal("15")), &Ok(decimal("225"))));
    assert_eq!(first.effect, Ok(decimal("98")));
    // In VOO: 404, less 60 that became 75, less 15: 314, against 225.
    close(&first.against[0], 225.0 - 314.0);
    close(&first.multiple(), 285.0 / 202.0);
    // 48 for 4 shares: 4 of dividend, worth 60. In VOO 60, less 4.
    let second = &result.purchases[1];
    assert_eq!(second.effect, Ok(decimal("16")));
    close(&second.against[0], 4.0);
    assert_eq!((first.is_ahead(0), second.is_ahead(0)), (Ok(false), Ok(true)));
    assert!(second.is_ahead(1).is_err());
}

#[test]
fn a_sale_is_weighed_against_keeping_the_shares_over_splits_and_dividends() {
    let ledger = Ledger::default().buy("2024-01-02", "A", "10", "20").sell("2024-01-02", "A", "4", "21");
    let result = decisions(&ledger, &halved(), "2024-01-05");
    let sale = &result.sales[0];
    // 84 for what would be 8 shares at 15 and 8 of dividend.
    assert_eq!((&sale.kept_value, &sale.dividends_missed), (&Ok(decimal("120")), &Ok(decimal("8"))));
    assert_eq!(sale.effect, Ok(decimal("-44")));
    // 168 in VOO, less 8 on the 4th: 160 against 120.
    close(&sale.against[0], 40.0);
}

#[test]
fn shares_sold_on_the_ex_date_still_had_its_dividend() {
    let ledger = Ledger::default().buy("2024-01-03", "A", "10", "12").sell("2024-01-04", "A", "10", "13");
    let result = decisions(&ledger, &halved(), "2024-01-05");
    assert_eq!(result.purchases[0].dividends, Ok(decimal("10")));
    assert_eq!(result.sales[0].dividends_missed, Ok(Decimal::ZERO));
    assert_eq!(result.sales[0].kept_value, Ok(decimal("150")));
}

#[test]
fn effects_are_summed_by_instrument() {
    let ledger = Ledger::default()
        .buy("2024-01-03", "A", "10", "12")
        .buy("2024-01-04", "A", "1", "14")
        .sell("2024-01-04", "A", "10", "13")
        .buy("2024-01-04", "VOO", "1", "200");
    let sums = decisions(&ledger, &halved(), "2024-01-05").by_symbol();
    assert_eq!(sums.len(), 2);
    // 130 + 10 - 120, and 15 - 14; 130 - 150.
    assert_eq!((&sums[0].purchases, &sums[0].sales), (&Ok(decimal("21")), &Ok(decimal("-20"))));
    // 120 became 150, less 140 taken out; 14 beside 15. The sale's 130 stayed 130.
    close(&sums[0].purchases_against[0], -10.0 + 1.0);
    close(&sums[0].sales_against[0], -20.0);
    // Buying the benchmark is neither better nor worse.
    assert_eq!(sums[1].purchases, Ok(Decimal::ZERO));
    close(&sums[1].purchases_against[0], 0.0);
    assert_eq!(sums[1].sales, Ok(Decimal::ZERO));
}

#[test]
fn purchases_of_the_day_and_without_a_price_are_not_decided() {
    let ledger = Ledger::default().buy("2024-01-05", "A", "1", "14").buy("2024-01-03", "PRIV", "1", "5").buy(
        "2024-01-03",
        "A",
        "1",
        "12",
    );
    let result = decisions(&ledger, &halved(), "2024-01-05");
    let against = |place: usize| result.purchases[place].against[0].clone();
    assert_eq!(result.purchases[1].date, date("2024-01-05"));
    assert_eq!(against(1), Err(Reason::TooShort));
    assert_eq!(result.purchases[1].effect, Ok(decimal("1")));
    assert_eq!(against(2), Err(Reason::no_price(&symbol("PRIV"))));
    let groups = result.beaten(0, &[1, 3, 5]).expect("groups");
    assert_eq!((groups[0].decided, groups[0].undecided), (1, 2));
    assert_eq!(
        (&groups[3].share, &groups[3].share_of_money),
        (&Err(Reason::NoCapital), &Err(Reason::NoCapital))
    );
}

#[test]
fn a_benchmark_that_begins_long_after_a_purchase_cannot_judge_it() {
    let a = quoted(&[("2023-01-02", 10.0), ("2024-01-05", 15.0)]);
    let market = market([("A", a), ("VOO", quoted(&[("2024-01-02", 100.0), ("2024-01-05", 100.0)]))]);
    let ledger = Ledger::default().buy("2023-01-02", "A", "1", "10").buy("2023-12-29", "A", "1", "10");
    let result = decisions(&ledger, &market, "2024-01-05");
    assert_eq!(result.purchases[0].against[0], Err(Reason::no_price(&symbol("VOO"))));
    close(&result.purchases[1].against[0], 5.0);
}

#[test]
fn the_share_that_beat_the_index_is_told_by_age_number_and_money() {
    let a = quoted(&[("2018-01-02", 10.0), ("2020-01-02", 30.0), ("2023-07-01", 10.0), ("2024-01-02", 20.0)]);
    let voo = quoted(&[("2018-01-02", 100.0), ("2024-01-02", 100.0)]);
    let ledger = Ledger::default()
        .buy("2018-01-02", "A", "1", "10")
        .buy("2020-06-01", "A", "1", "30")
        .buy("2023-01-02", "A", "1", "30")
        .buy("2023-01-03", "A", "1", "30")
        .buy("2023-07-03", "A", "9", "10");
    let market = market([("A", a), ("VOO", voo)]);
    let books = ledger.books(&market, "2024-01-02");
    let voo = Benchmark::new(&symbol("VOO"), &market, usd(), date("2024-01-02")).expect("a benchmark");
    let result = Decisions::new(&books, &market, &[voo]);
    let groups = result.beaten(0, &[5, 1, 3, 3]).expect("groups");
    let counts = groups.iter().map(|group| (group.from_years, group.to_years, group.decided, group.ahead));
    // All shares are worth 20 now, VOO stood still. The purchase of a year ago to the day is a year old.
    let expected = [(0, Some(1), 2, 1), (1, Some(3), 1, 0), (3, Some(5), 1, 0), (5, None, 1, 1)];
    assert_eq!(counts.collect::<Vec<_>>(), expected);
    close(&groups[0].share, 0.5);
    // 90 of 120 dollars.
    close(&groups[0].share_of_money, 0.75);
    close(&groups[1].share_of_money, 0.0);
}

#[test]
fn multi_baggers_have_reached_a_multiple_of_their_cost() {
    let market = market([
        ("A", quoted(&[("2024-01-02", 10.0), ("2024-01-03", 20.0), ("2024-01-04", 50.0)])),
        ("VOO", quoted(&[("2024-01-02", 100.0), ("2024-01-04", 100.0)])),
    ]);
    let ledger = Ledger::default().buy("2024-01-02", "A", "2", "10").buy("2024-01-03", "A", "4", "20").sell(
        "2024-01-04",
        "A",
        "1",
        "50",
    );
    let result = decisions(&ledger, &market, "2024-01-04");
    // 250 and 50 of 100; the first purchase 100 of 20, the second 200 of 80.
    close(&result.holdings[0].multiple, 3.0);
    let found = result.multi_baggers(&["2", "2.5", "3", "5", "10"].map(decimal));
    let counts: Vec<_> = found.iter().map(|of| (of.holdings.len(), of.purchases.len())).collect();
    assert_eq!(counts, [(1, 2), (1, 2), (1, 1), (0, 1), (0, 0)]);
    assert_eq!(found[3].purchases, [ledger.id(1)]);
}

#[test]
fn shares_transferred_away_count_at_market_value() {
    let quantity = bellwether_domain::Quantity::new(decimal("4")).expect("a quantity");
    let leave = Booking::TransferOut { symbol: symbol("A"), quantity, fee: Decimal::ZERO, lots: Vec::new() };
    let ledger = Ledger::default().buy("2024-01-03", "A", "10", "12").booked("2024-01-04", leave);
    let result = decisions(&ledger, &halved(), "2024-01-05");
    let purchase = &result.purchases[0];
    assert_eq!((&purchase.proceeds, &purchase.value), (&Ok(decimal("52")), &Ok(decimal("90"))));
    assert_eq!(purchase.dividends, Ok(decimal("10")));
    assert!(result.sales.is_empty(), "a transfer is no sale");
}

/// Two accounts, two currencies, splits, recorded and inferred dividends, fees, reinvestments.
fn busy() -> (Ledger, Market) {
    let mut rates = Rates::new();
    let eur = [("2024-01-02", 1.25), ("2024-01-04", 1.5), ("2024-01-09", 1.1)];
    rates.insert(Currency::EUR, usd(), &columns(&eur));
    let a = quoted(&[("2024-01-02", 10.0), ("2024-01-04", 13.0), ("2024-01-05", 3.7), ("2024-01-09", 4.1)])
        .with_splits(&[split("2024-01-05", 4, 1)])
        .with_dividends(&[dividend("2024-01-04", "0.77"), dividend("2024-01-08", "0.31")]);
    let e = columns(&[("2024-01-02", 7.0), ("2024-01-03", 8.0), ("2024-01-09", 6.5)]);
    let e = InstrumentData::new(Currency::EUR)
        .with_prices(PriceSeries::as_traded(e))
        .with_dividends(&[dividend("2024-01-05", "0.2")]);
    let voo = [("2024-01-02", 100.0), ("2024-01-04", 107.0), ("2024-01-08", 93.0), ("2024-01-09", 99.0)];
    let voo = quoted(&voo).with_dividends(&[dividend("2024-01-08", "2")]);
    let reinvested = Booking::Reinvestment {
        purchase: trade("E", "0.5", "8", "0.1"),
        gross: decimal("4.1"),
        withheld: Decimal::ZERO,
    };
    let ledger = Ledger::default()
        .booked("2024-01-02", Booking::Buy(trade("A", "30", "10.1", "1.5")))
        .booked("2024-01-03", Booking::Buy(trade("E", "20", "7.9", "2")))
        .in_currency("EUR", Some("1.3"))
        .buy("2024-01-04", "A", "7", "13")
        .account("b")
        .sell("2024-01-04", "A", "11", "12.9")
        .booked("2024-01-08", reinvested)
        .in_currency("EUR", None)
        .sell("2024-01-08", "A", "13", "3.9")
        .account("b")
        .sell("2024-01-09", "E", "20.1", "6.4")
        .in_currency("EUR", None);
    (ledger, market_with_rates(rates, [("A", a), ("E", e), ("VOO", voo)]))
}

#[test]
fn a_purchase_s_effect_is_that_of_the_lot_by_itself() {
    let (ledger, market) = busy();
    let books = ledger.books(&market, "2024-01-10");
    let voo = Benchmark::new(&symbol("VOO"), &market, usd(), books.as_of()).expect("a benchmark");
    let result = Decisions::new(&books, &market, std::slice::from_ref(&voo));
    assert_eq!(result.purchases.len(), 4);
    let period = Period::since(date("2024-01-01"), books.as_of()).expect("a period");
    for purchase in &result.purchases {
        let lot = Subject::lot(&books, purchase.transaction).expect("a lot");
        let investment = Investment::of_subject(&lot, &market, period).expect("known");
        let comparison = voo.against(&investment).expect("a comparison");
        close(&purchase.against[0], comparison.ahead_by);
        let gain = crate::performance(&lot, &market, period).gain.expect("a gain");
        assert_eq!(purchase.effect.clone().expect("known").round_dp(18), gain.round_dp(18));
    }
    let whole = crate::performance(&Subject::holdings(&books), &market, period).gain.expect("a gain");
    let sum = total(result.purchases.iter().map(|purchase| &purchase.effect)).expect("known");
    assert_eq!(sum.round_dp(18), whole.round_dp(18));
}

#[test]
fn nothing_held_decides_nothing() {
    let result = decisions(&Ledger::default(), &halved(), "2024-01-05");
    assert!(result.purchases.is_empty() && result.by_symbol().is_empty());
    assert_eq!(result.beaten(0, &[]).expect("one group").len(), 1);
    assert_eq!(result.beaten(1, &[]), Err(Reason::OutOfRange));
}

#[test]
fn a_purchase_is_followed_into_what_its_shares_spun_off() {
    let a = quoted(&[("2024-01-02", 10.0), ("2024-01-03", 8.0), ("2024-01-04", 9.0)]);
    let b = quoted(&[("2024-01-03", 4.0), ("2024-01-04", 5.0)]);
    let market =
        market([("A", a), ("B", b), ("VOO", quoted(&[("2024-01-02", 100.0), ("2024-01-04", 110.0)]))]);
    let ratio = bellwether_domain::SplitRatio::new(Decimal::ONE, Decimal::TWO).expect("a ratio");
    let event = Booking::SpinOff {
        symbol: symbol("A"),
        into: symbol("B"),
        ratio,
        cost_share: decimal("0.2"),
        cash_in_lieu: Decimal::ZERO,
    };
    let ledger = Ledger::default().buy("2024-01-02", "A", "10", "10").booked("2024-01-03", event);
    let result = decisions(&ledger, &market, "2024-01-04");
    // 10 A at 9 and 5 B at 5 for 100, which would be 110 in VOO.
    assert_eq!(result.purchases.len(), 1);
    let purchase = &result.purchases[0];
    assert_eq!((&purchase.value, &purchase.effect), (&Ok(decimal("115")), &Ok(decimal("15"))));
    close(&purchase.against[0], 5.0);
}

#[test]
fn what_an_event_turned_into_cash_was_no_decision() {
    let taken_over = Booking::Merger {
        symbol: symbol("A"),
        into: None,
        ratio: None,
        cash_per_share: decimal("14"),
        cash_in_lieu: Decimal::ZERO,
        cost_share: None,
    };
    let ratio = bellwether_domain::SplitRatio::new(Decimal::ONE, decimal("3")).expect("a ratio");
    let split = Booking::Split { symbol: symbol("B"), ratio, cash_in_lieu: decimal("5") };
    let ledger = Ledger::default()
        .buy("2024-01-03", "A", "10", "12")
        .sell("2024-01-03", "A", "2", "12")
        .buy("2024-01-03", "B", "10", "5")
        .booked("2024-01-04", taken_over)
        .booked("2024-01-04", split);
    let result = decisions(&ledger, &halved(), "2024-01-05");
    let sold: Vec<_> = result.sales.iter().map(|sale| sale.transaction).collect();
    assert_eq!(sold, [ledger.id(2)]);
    // What the purchase did contains the cash all the same: 24 + 112 and a dividend of 8, for 120.
    assert_eq!(result.purchases[0].effect, Ok(decimal("24")));
}
