use bellwether_domain::{Booking, Currency};
use rust_decimal::Decimal;

use super::*;
use crate::testing::{
    Ledger, columns, date, decimal, dividend, market, market_with_rates, options, quoted, symbol, trade, usd,
};
use crate::{InstrumentData, Market, Options, PriceSeries, Rates, Shorts};

fn apple() -> Market {
    market([("AAPL", quoted(&[("2022-01-03", 10.0)]))])
}

fn sell(quantity: &str, price: &str, fee: &str) -> Booking {
    Booking::Sell { trade: trade("AAPL", quantity, price, fee), lots: Vec::new() }
}

/// 10 at 10 with a fee of 2 (102), 10 at 20 (200). 15 sold at 30 with a fee of 3 bring 447: 10 of the first lot 298, 5
/// of the second 149.
fn two_lots() -> Ledger {
    Ledger::default()
        .booked("2022-06-01", Booking::Buy(trade("AAPL", "10", "10", "2")))
        .buy("2023-03-01", "AAPL", "10", "20")
        .booked("2023-06-15", sell("15", "30", "3"))
}

fn report(books: &[&Books], year: Period) -> TaxYearReport {
    TaxYearReport::new(books, year, HoldingPeriod::MoreThanAYear).expect("a report")
}

fn year(number: i32) -> Period {
    tax_year(number, 1, 1).expect("a year")
}

#[test]
fn a_sale_is_reported_lot_by_lot() {
    let books = two_lots().books(&apple(), "2023-12-31");
    let report = report(&[&books], year(2023));

    let [first, second] = report.lots.as_slice() else { panic!("two lots: {:?}", report.lots) };
    assert_eq!((first.acquired, first.sold), (date("2022-06-01"), date("2023-06-15")));
    assert_eq!((first.quantity, first.days_held, first.term), (decimal("10"), 379, Term::Long));
    assert_eq!((first.cost.clone(), first.proceeds.clone()), (Ok(decimal("102")), Ok(decimal("298"))));
    // 2 of the purchase and two thirds of the sale's 3.
    assert_eq!((first.gain.clone(), first.fees.clone()), (Ok(decimal("196")), Ok(decimal("4"))));
    assert_eq!((second.quantity, second.days_held, second.term), (decimal("5"), 106, Term::Short));
    assert_eq!((second.gain.clone(), second.fees.clone()), (Ok(decimal("49")), Ok(decimal("1"))));

    assert_eq!(report.realised.gain, Ok(decimal("245")));
    assert_eq!(report.long_term.gain, Ok(decimal("196")));
    assert_eq!(report.short_term.gain, Ok(decimal("49")));
    assert_eq!((report.realised.lots, report.long_term.lots, report.short_term.lots), (2, 1, 1));
    assert_eq!(report.realised.proceeds, Ok(decimal("447")));
    assert_eq!(report.realised.cost, Ok(decimal("202")));
}

#[test]
fn only_sales_of_the_year_count_whole_as_they_are() {
    let ledger = two_lots().sell("2024-01-01", "AAPL", "5", "15");
    let books = ledger.books(&apple(), "2024-06-30");
    assert_eq!(report(&[&books], year(2023)).realised.gain, Ok(decimal("245")));
    // 5 x 15 - 5 x 20, a loss.
    let next = report(&[&books], year(2024));
    assert_eq!(next.realised.losses, Ok(decimal("-25")));
    assert_eq!(next.realised.gains, Ok(Decimal::ZERO));
    assert_eq!(next.until, date("2024-06-30"), "the year still runs");
    assert_eq!(report(&[&books], year(2022)).lots, []);
}

#[test]
fn a_tax_year_may_begin_on_any_day_that_every_year_has() {
    let british = tax_year(2023, 4, 6).expect("a year");
    assert_eq!((british.first_day(), british.to), (date("2023-04-06"), date("2024-04-05")));
    let calendar = year(2024);
    assert_eq!((calendar.first_day(), calendar.to), (date("2024-01-01"), date("2024-12-31")));
    assert_eq!(tax_year(2024, 2, 29), Err(Reason::NoSuchDay));
    assert_eq!(tax_year(2024, 13, 1), Err(Reason::NoSuchDay));

    let ledger = Ledger::default()
        .buy("2023-01-02", "AAPL", "3", "10")
        .sell("2023-04-05", "AAPL", "1", "11")
        .sell("2023-04-06", "AAPL", "1", "12")
        .sell("2024-04-05", "AAPL", "1", "13");
    let books = ledger.books(&apple(), "2024-12-31");
    assert_eq!(report(&[&books], british).realised.gain, Ok(decimal("5")));
}

#[test]
fn foreign_lots_are_in_base_at_the_rates_of_their_bookings() {
    let mut rates = Rates::new();
    rates.insert(Currency::EUR, usd(), &columns(&[("2024-01-02", 1.25), ("2024-01-05", 1.5)]));
    let closes = PriceSeries::as_traded(columns(&[("2024-01-02", 100.0)]));
    let siemens = InstrumentData::new(Currency::EUR).with_prices(closes);
    let market = market_with_rates(rates, [("SIE.DE", siemens)]);
    let books = Ledger::default()
        .buy("2024-01-03", "SIE.DE", "2", "100")
        .in_currency("EUR", None)
        .sell("2024-01-08", "SIE.DE", "2", "100")
        .in_currency("EUR", None)
        .books(&market, "2024-01-08");
    let lot = &report(&[&books], year(2024)).lots[0];
    assert_eq!((lot.cost.clone(), lot.proceeds.clone()), (Ok(decimal("250")), Ok(decimal("300"))));
    assert_eq!(lot.gain, Ok(decimal("50")), "the rate's, for the price stood still");
}

#[test]
fn an_unknown_rate_is_a_reason_and_not_a_guess() {
    let books = Ledger::default()
        .buy("2024-01-03", "SIE.DE", "2", "100")
        .in_currency("EUR", None)
        .sell("2024-01-08", "SIE.DE", "1", "110")
        .in_currency("EUR", Some("1.5"))
        .books(&market([]), "2024-01-08");
    let report = report(&[&books], year(2024));
    assert_eq!(report.lots[0].proceeds, Ok(decimal("165")));
    assert!(matches!(report.lots[0].gain, Err(Reason::NoExchangeRate { .. })));
    assert!(matches!(report.realised.gain, Err(Reason::NoExchangeRate { .. })));
    assert_eq!(report.realised.proceeds, Ok(decimal("165")), "what is known is shown");
}

#[test]
fn income_of_the_year_stands_beside_the_gains() {
    let paid = |gross: &str, tax: &str| Booking::Dividend {
        symbol: symbol("AAPL"),
        gross: decimal(gross),
        tax: decimal(tax),
        fee: Decimal::ZERO,
    };
    let interest = |gross: &str, tax: &str| Booking::Interest { gross: decimal(gross), tax: decimal(tax) };
    let market = market([
        ("AAPL", quoted(&[("2023-01-02", 10.0)])),
        ("KO", quoted(&[("2023-01-02", 10.0)]).with_dividends(&[dividend("2023-09-14", "0.46")])),
    ]);
    let books = Ledger::default()
        .buy("2023-01-02", "AAPL", "10", "10")
        .buy("2023-01-02", "KO", "10", "10")
        .booked("2023-05-18", paid("2.40", "0.36"))
        .booked("2024-05-16", paid("2.50", "0.38"))
        .booked("2023-06-30", interest("7", "1"))
        .booked("2023-07-31", interest("-3", "0"))
        .books(&market, "2024-12-31");
    let report = report(&[&books], year(2023));
    // 2.40 recorded and 10 x 0.46 inferred.
    assert_eq!(report.income.dividends, Ok(decimal("7")));
    assert_eq!(report.income.dividends_withheld, Ok(decimal("0.36")));
    assert_eq!(
        (report.income.interest.clone(), report.income.interest_withheld.clone()),
        (Ok(decimal("7")), Ok(decimal("1")))
    );
    assert_eq!(report.income.interest_charged, Ok(decimal("3")));
    assert_eq!(report.income.inferred, 1);
    let [aapl, ko] = report.by_symbol.as_slice() else { panic!("two payers") };
    assert_eq!((&aapl.symbol, aapl.income.dividends.clone()), (&symbol("AAPL"), Ok(decimal("2.4"))));
    assert_eq!((&ko.symbol, ko.income.inferred), (&symbol("KO"), 1));
}

#[test]
fn taxes_that_belong_to_no_trade_are_a_total_of_their_own() {
    let tax = |symbol: Option<&str>, amount: &str| Booking::Tax {
        symbol: symbol.map(crate::testing::symbol),
        amount: decimal(amount),
    };
    let ledger = two_lots()
        .booked("2023-07-01", tax(Some("AAPL"), "12"))
        .booked("2023-08-01", tax(None, "30"))
        .booked("2023-09-01", tax(None, "-4.5"))
        .booked("2023-09-01", Booking::Fee { symbol: None, amount: decimal("7") })
        .booked("2024-01-01", tax(None, "100"));
    let books = ledger.books(&apple(), "2024-06-30");
    let report = report(&[&books], year(2023));
    assert_eq!(report.taxes, Ok(decimal("37.5")));
    assert_eq!(report.by_symbol[0].taxes, Ok(decimal("12")));
    assert_eq!(report.realised.taxes, Ok(Decimal::ZERO), "none of a trade");
}

#[test]
fn several_portfolios_are_put_beside_each_other() {
    let one = two_lots().books(&apple(), "2023-12-31");
    let other = Ledger::default()
        .buy("2023-01-02", "AAPL", "1", "10")
        .sell("2023-06-01", "AAPL", "1", "9")
        .books(&apple(), "2023-12-30");
    let both = report(&[&one, &other], year(2023));
    assert_eq!(both.lots.iter().map(|lot| lot.books).collect::<Vec<_>>(), [1, 0, 0], "by day of sale");
    assert_eq!(both.realised.gain, Ok(decimal("244")));
    assert_eq!(both.by_symbol.len(), 1);
    assert_eq!(both.by_symbol[0].realised, both.realised);
    assert_eq!(both.until, date("2023-12-30"));

    let euros = Options::new(Currency::EUR);
    let foreign = Books::replay(&[], &apple(), &euros, date("2023-12-31")).expect("empty books");
    let rule = HoldingPeriod::MoreThanAYear;
    assert_eq!(TaxYearReport::new(&[&one, &foreign], year(2023), rule), Err(Reason::MixedCurrencies));
    assert_eq!(TaxYearReport::new(&[], year(2023), rule), Err(Reason::NotHeld));
}

#[test]
fn shares_owed_count_in_the_year_they_are_covered_and_are_short() {
    let ledger =
        Ledger::default().sell("2022-01-03", "AAPL", "10", "20").buy("2023-06-01", "AAPL", "10", "15");
    let options = Options { shorts: Shorts::Allowed, ..options() };
    let books = Books::replay(&ledger.0, &apple(), &options, date("2023-12-31")).expect("books");
    let report = report(&[&books], year(2023));
    // Sold for 200, bought back for 150.
    assert_eq!(report.short_term.gain, Ok(decimal("50")));
    assert_eq!((report.lots[0].days_held, report.lots[0].term), (514, Term::Short));
}

#[test]
fn the_gains_of_all_years_are_what_was_ever_realised() {
    let books = two_lots()
        .sell("2024-02-01", "AAPL", "2", "7")
        .sell("2025-02-03", "AAPL", "3", "90")
        .books(&apple(), "2025-12-31");
    let gains = (2021..=2026).map(|number| report(&[&books], year(number)).realised.gain.expect("known"));
    let realised = books.position(&symbol("AAPL")).expect("a position").realised(None);
    assert_eq!(Ok(gains.sum::<Decimal>()), realised);
}
