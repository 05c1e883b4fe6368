mod properties;
mod rebalancing;

use bellwether_domain::Currency;

use super::*;
use crate::testing::{
    Ledger, columns, date, decimal, market, market_with_rates, options, quoted, symbol, usd,
};
use crate::{Books, InstrumentData, Market, Options, PriceSeries, Rates};

/// 600 of VTI, 300 of VXUS and 100 of cash.
fn assets() -> Assets {
    let asset = |name: &str, quantity: &str, price: &str| Asset {
        symbol: symbol(name),
        currency: usd(),
        quantity: decimal(quantity),
        price: decimal(price),
        value: decimal(quantity) * decimal(price),
    };
    Assets {
        base: usd(),
        holdings: vec![asset("VTI", "3", "200"), asset("VXUS", "6", "50")],
        cash: decimal("100"),
    }
}

fn named(name: &str) -> Class {
    Class::named(name)
}

fn targets(weights: &[(Class, &str)]) -> Targets {
    let weights = weights.iter().map(|(class, weight)| (class.clone(), decimal(weight)));
    Targets::new(weights).expect("targets")
}

/// Classes with value and weight, as text.
fn told(allocation: &Allocation) -> Vec<(String, String, String)> {
    let classes = allocation.classes.iter();
    classes
        .map(|share| {
            let text = |number: Decimal| number.normalize().to_string();
            (share.class.to_string(), text(share.value), text(share.weight))
        })
        .collect()
}

fn row(class: &str, value: &str, weight: &str) -> (String, String, String) {
    (class.to_owned(), value.to_owned(), weight.to_owned())
}

fn siemens_and_apple() -> Market {
    let mut rates = Rates::new();
    rates.insert(Currency::EUR, usd(), &columns(&[("2024-01-02", 1.25)]));
    let closes = PriceSeries::as_traded(columns(&[("2024-01-02", 100.0)]));
    let siemens = InstrumentData::new(Currency::EUR).with_prices(closes);
    market_with_rates(rates, [("SIE.DE", siemens), ("AAPL", quoted(&[("2024-01-02", 10.0)]))])
}

#[test]
fn holdings_and_cash_are_parts_of_the_whole() {
    let allocation = Allocation::by_holding(&assets()).expect("known");
    assert_eq!(allocation.total, decimal("1000"));
    assert_eq!(
        told(&allocation),
        [row("VTI", "600", "0.6"), row("VXUS", "300", "0.3"), row("Cash", "100", "0.1")]
    );
}

#[test]
fn books_are_allocated_at_the_prices_and_rates_of_their_day() {
    let market = siemens_and_apple();
    let one = Ledger::default()
        .deposit("2024-01-02", "300")
        .buy("2024-01-03", "SIE.DE", "2", "100")
        .in_currency("EUR", None)
        .books(&market, "2024-01-05");
    let other = Ledger::default()
        .buy("2024-01-03", "AAPL", "15", "10")
        .buy("2024-01-03", "SIE.DE", "1", "100")
        .in_currency("EUR", None)
        .books(&market, "2024-01-05");
    let assets = Assets::new(&[&one, &other], &market).expect("known");
    // 3 x 100 x 1.25 = 375 and 150; 300 paid in less 250 are 50 of cash.
    let allocation = Allocation::by_currency(&assets).expect("known");
    assert_eq!(allocation.total, decimal("575"));
    let values: Vec<_> = told(&allocation).into_iter().map(|(class, value, _)| (class, value)).collect();
    let pair = |class: &str, value: &str| (class.to_owned(), value.to_owned());
    assert_eq!(values, [pair("EUR", "375"), pair("USD", "150"), pair("Cash", "50")]);

    let euros = Books::replay(&[], &market, &Options::new(Currency::EUR), date("2024-01-05")).expect("books");
    assert_eq!(Assets::new(&[&one, &euros], &market), Err(Reason::MixedCurrencies));
    assert_eq!(Assets::new(&[], &market), Err(Reason::NotHeld));
}

#[test]
fn an_unknown_price_makes_the_allocation_unknown() {
    let market = market([("AAPL", quoted(&[("2024-01-02", 10.0)]))]);
    let ledger = Ledger::default()
        .buy("2024-01-03", "AAPL", "1", "10")
        .buy("2024-01-03", "GONE", "1", "10")
        .buy("2024-01-03", "LOST", "1", "10");
    let books = Books::replay(&ledger.0, &market, &options(), date("2024-01-05")).expect("books");
    let reason = Assets::new(&[&books], &market).expect_err("two have no price");
    assert_eq!(reason.to_string(), "no price is known for GONE, LOST");
}

#[test]
fn a_fund_is_spread_over_its_classes_and_the_rest_is_named() {
    let mut countries = Classification::default();
    countries.assign(symbol("VTI"), "US");
    let parts = [("EU", decimal("0.6")), ("Japan", decimal("0.3"))];
    countries.spread(symbol("VXUS"), parts).expect("parts");
    let allocation = Allocation::by_class(&assets(), &countries).expect("known");
    assert_eq!(
        told(&allocation),
        [
            row("US", "600", "0.6"),
            row("EU", "180", "0.18"),
            row("Cash", "100", "0.1"),
            row("Japan", "90", "0.09"),
            row("Unclassified", "30", "0.03"),
        ]
    );
    let nothing_said = Allocation::by_class(&assets(), &Classification::default()).expect("known");
    assert_eq!(told(&nothing_said), [row("Unclassified", "900", "0.9"), row("Cash", "100", "0.1")]);
    let rest = nothing_said.class(&Class::Unclassified).expect("a class");
    assert_eq!(rest.holdings.len(), 2, "with what is in it");
}

#[test]
fn parts_are_positive_and_not_more_than_all() {
    let mut sectors = Classification::default();
    let mut spread = |parts: &[(&str, &str)]| {
        let parts: Vec<_> = parts.iter().map(|(name, part)| (*name, decimal(part))).collect();
        sectors.spread(symbol("VTI"), parts).map_err(|error| error.to_string())
    };
    let refused = |words: &str| Err(words.to_owned());
    assert_eq!(
        spread(&[("Tech", "0.7"), ("Health", "0.31")]),
        refused("the parts of VTI sum to 101 %, more than 100 %")
    );
    assert_eq!(spread(&[("Tech", "0")]), refused("the part of VTI in Tech is not positive: leave it out"));
    assert_eq!(
        spread(&[("Tech", "0.1"), ("Tech", "0.1")]),
        refused("VTI is in Tech twice: add up its parts")
    );
    assert!(spread(&[("Tech", "79228162514264337593543950335"), ("Health", "1")]).is_err(), "no panic");
    assert_eq!(spread(&[("Tech", "0.7"), ("Health", "0.3")]), Ok(()));
}

#[test]
fn weights_sum_to_one_though_thirds_do_not() {
    let third = |name: &str| Asset { symbol: symbol(name), ..assets().holdings[0].clone() };
    let thirds = Assets { holdings: ["A", "B", "C"].map(third).to_vec(), cash: Decimal::ZERO, ..assets() };
    let allocation = Allocation::by_holding(&thirds).expect("known");
    assert_eq!(allocation.classes.iter().map(|share| share.weight).sum::<Decimal>(), Decimal::ONE);
    assert_eq!(allocation.class(&Class::Cash), None, "no cash, no class");
}

#[test]
fn nothing_has_no_parts() {
    let empty = Assets { base: usd(), holdings: Vec::new(), cash: Decimal::ZERO };
    assert_eq!(Allocation::by_holding(&empty), Err(Reason::NoCapital));
}

#[test]
fn targets_sum_to_one_hundred_percent_exactly() {
    let new = |weights: &[(Class, &str)]| {
        let weights = weights.iter().map(|(class, weight)| (class.clone(), decimal(weight)));
        Targets::new(weights).map_err(|error| error.to_string())
    };
    assert!(new(&[(named("VTI"), "0.333"), (named("VXUS"), "0.667"), (Class::Cash, "0")]).is_ok());
    let refused = |words: &str| Err(words.to_owned());
    assert_eq!(
        new(&[(named("VTI"), "0.6"), (named("VXUS"), "0.399999")]),
        refused("the targets sum to 99.9999 %, not to 100 %")
    );
    assert_eq!(new(&[]), refused("the targets sum to 0 %, not to 100 %"));
    assert_eq!(
        new(&[(named("VTI"), "1.1"), (Class::Cash, "-0.1")]),
        refused("the target of VTI must be between 0 % and 100 %")
    );
    assert_eq!(new(&[(named("VTI"), "0.5"), (named("VTI"), "0.5")]), refused("VTI has two targets"));
    assert!(new(&[(Class::Unclassified, "1")]).is_err());
}

#[test]
fn drift_is_told_in_points_in_money_and_in_relation() {
    let allocation = Allocation::by_holding(&assets()).expect("known");
    let drift = allocation
        .drift(&targets(&[(named("VTI"), "0.5"), (named("VXUS"), "0.3"), (named("BND"), "0.2")]))
        .expect("known");
    let of = |class: &Class| {
        let drift = drift.class(class).expect("a class");
        (drift.points, drift.money, drift.relative.clone())
    };
    assert_eq!(of(&named("VTI")), (decimal("0.1"), decimal("100"), Ok(decimal("0.2"))));
    assert_eq!(of(&named("VXUS")), (decimal("0"), decimal("0"), Ok(decimal("0"))));
    assert_eq!(of(&named("BND")), (decimal("-0.2"), decimal("-200"), Ok(decimal("-1"))));
    assert_eq!(of(&Class::Cash), (decimal("0.1"), decimal("100"), Err(Reason::NoCapital)));
    // 10 points of VTI and 10 of cash.
    assert_eq!((drift.misplaced, drift.largest), (decimal("0.2"), decimal("0.2")));
}
