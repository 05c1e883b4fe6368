//! Cash that events bring, lot by lot: what is realised is what the closed lots gained.

use bellwether_domain::{Booking, CostMethod, SplitRatio};
use rust_decimal::Decimal;

use crate::testing::{
    Ledger, columns, date, decimal, dividend, market, options, quoted, split, symbol, trade,
};
use crate::{
    Books, HoldingPeriod, InstrumentData, LedgerError, Market, Options, PortfolioSeries, Position,
    PriceOrigin, PriceSeries, Shorts, Subject, TaxYearReport, performance, tax_year,
};

fn world() -> Market {
    let old = [("2024-01-02", 30.0), ("2024-01-10", 24.0), ("2024-01-11", 24.0)];
    let new = [("2024-01-02", 12.0), ("2024-01-11", 13.0)];
    market([("OLD", quoted(&old)), ("NEW", quoted(&new))])
}

fn ratio(new: i64, old: i64) -> SplitRatio {
    SplitRatio::new(new.into(), old.into()).expect("a ratio")
}

fn merger(cash: &str, ratio: SplitRatio, cash_in_lieu: &str, cost_share: Option<&str>) -> Booking {
    Booking::Merger {
        symbol: symbol("OLD"),
        into: Some(symbol("NEW")),
        ratio: Some(ratio),
        cash_per_share: decimal(cash),
        cash_in_lieu: decimal(cash_in_lieu),
        cost_share: cost_share.map(decimal),
    }
}

fn spin_off(ratio: SplitRatio, cost_share: &str, cash_in_lieu: &str) -> Booking {
    Booking::SpinOff {
        symbol: symbol("OLD"),
        into: symbol("NEW"),
        ratio,
        cost_share: decimal(cost_share),
        cash_in_lieu: decimal(cash_in_lieu),
    }
}

fn doubled(cash_in_lieu: &str) -> Booking {
    Booking::Split { symbol: symbol("OLD"), ratio: ratio(2, 1), cash_in_lieu: decimal(cash_in_lieu) }
}

fn position<'a>(books: &'a Books, name: &str) -> &'a Position {
    books.position(&symbol(name)).expect("a position")
}

fn replayed(ledger: &Ledger, method: CostMethod, shorts: Shorts) -> Books {
    let options = Options { method, shorts, ..options() };
    Books::replay(&ledger.0, &world(), &options, date("2024-01-11")).expect("books")
}

/// What the tax year has: how many lots, and their gain.
fn reported(books: &Books) -> (usize, Decimal) {
    let year = tax_year(2024, 1, 1).expect("a year");
    let report = TaxYearReport::new(&[books], year, HoldingPeriod::MoreThanAYear).expect("a report");
    (report.realised.lots, report.realised.gain.expect("known"))
}

/// 6 of 30 and 2 of 24.
fn two_lots() -> Ledger {
    Ledger::default().buy("2024-01-02", "OLD", "6", "30").buy("2024-01-03", "OLD", "2", "24")
}

#[test]
fn cash_that_takes_no_cost_of_a_merger_is_a_gain_of_every_lot() {
    let ledger = two_lots().booked("2024-01-10", merger("10", ratio(1, 1), "0", Some("0")));
    for method in [CostMethod::Fifo, CostMethod::Lifo, CostMethod::HighestCost, CostMethod::Average] {
        let books = replayed(&ledger, method, Shorts::Refused);
        let old = position(&books, "OLD");
        assert_eq!(old.realised(None), Ok(decimal("80")));
        let closed: Vec<_> = old.closed_lots.iter().map(|lot| (lot.quantity, lot.gain())).collect();
        assert_eq!(
            closed,
            [(Decimal::ZERO, Ok(decimal("60"))), (Decimal::ZERO, Ok(decimal("20")))],
            "{method:?}"
        );
        assert_eq!(reported(&books), (2, decimal("80")));
        assert_eq!(position(&books, "NEW").cost().base, Ok(decimal("228")), "all of the cost");
        // The lot alone has its own part of the cash.
        let first = old.of_lot(ledger.id(1), method).expect("a lot").expect("known");
        assert_eq!(first.realised(None), Ok(decimal("60")));
        let flows: Decimal = first.flows.iter().map(|flow| flow.amount.clone().expect("known")).sum();
        assert_eq!(flows, decimal("180") - decimal("60") - decimal("72"), "bought, cash, and 6 NEW at 12");
    }
}

#[test]
fn cash_in_lieu_without_a_fraction_is_a_gain_of_the_shares_that_could_have_left_one() {
    let split = two_lots().booked("2024-01-10", doubled("8"));
    let books = replayed(&split, CostMethod::Fifo, Shorts::Refused);
    let old = position(&books, "OLD");
    assert_eq!((old.quantity, old.realised(None)), (decimal("16"), Ok(decimal("8"))));
    let gains: Vec<_> = old.closed_lots.iter().map(|lot| lot.gain().expect("known")).collect();
    assert_eq!(gains, [decimal("6"), decimal("2")]);
    assert_eq!(reported(&books), (2, decimal("8")));
    // Only what the spin-off brought could have left a fraction.
    let spun =
        two_lots().buy("2024-01-04", "NEW", "5", "12").booked("2024-01-10", spin_off(ratio(1, 2), "0", "8"));
    let books = replayed(&spun, CostMethod::Average, Shorts::Refused);
    let gains: Vec<_> =
        position(&books, "NEW").closed_lots.iter().map(|lot| lot.gain().expect("known")).collect();
    assert_eq!(gains, [decimal("6"), decimal("2")]);
}

#[test]
fn nothing_is_paid_for_fractions_of_what_nobody_holds() {
    let ledger = two_lots().sell("2024-01-04", "OLD", "8", "30").booked("2024-01-10", doubled("7"));
    let books = replayed(&ledger, CostMethod::Fifo, Shorts::Refused);
    assert_eq!(position(&books, "OLD").sales.len(), 1);
    assert_eq!(books.cash().balances[0].balance, decimal("240"));
}

#[test]
fn shares_too_few_to_bring_one_close_with_their_cost() {
    let tiny = SplitRatio::new(decimal("0.000000000001"), decimal("1000000")).expect("a ratio");
    let ledger = two_lots().booked("2024-01-10", merger("0", tiny, "0", None));
    let books = replayed(&ledger, CostMethod::Fifo, Shorts::Refused);
    assert_eq!(position(&books, "OLD").realised(None), Ok(decimal("-228")));
    assert_eq!(reported(&books), (2, decimal("-228")));
}

#[test]
fn a_merger_pays_who_holds_and_charges_who_owes() {
    let ledger = Ledger::default()
        .buy("2024-01-02", "OLD", "4", "30")
        .account("long")
        .sell("2024-01-02", "OLD", "4", "28")
        .account("short")
        .booked(
            "2024-01-10",
            Booking::Merger {
                symbol: symbol("OLD"),
                into: None,
                ratio: None,
                cash_per_share: decimal("25"),
                cash_in_lieu: Decimal::ZERO,
                cost_share: None,
            },
        );
    let books = replayed(&ledger, CostMethod::Fifo, Shorts::Allowed);
    let gains: Vec<_> =
        position(&books, "OLD").closed_lots.iter().map(|lot| lot.gain().expect("known")).collect();
    assert_eq!(gains, [decimal("-20"), decimal("12")], "25 for 30, and 28 for 25");
    assert_eq!(position(&books, "OLD").realised(None), Ok(decimal("-8")));
}

#[test]
fn an_account_that_still_owes_sells_no_fraction_of_what_a_spin_off_brings() {
    let owed = |owed: &str| {
        let ledger = Ledger::default()
            .buy("2024-01-02", "OLD", "15", "30")
            .sell("2024-01-03", "NEW", owed, "12")
            .booked("2024-01-10", spin_off(ratio(1, 2), "0.2", "6"));
        replayed(&ledger, CostMethod::Fifo, Shorts::Allowed)
    };
    // 7.5 come for the 10 that are owed.
    let books = owed("10");
    let new = position(&books, "NEW");
    assert_eq!((new.quantity.normalize(), new.sales.len()), (decimal("-2.5"), 1));
    // 0.25 are left of the half.
    let books = owed("7.25");
    let new = position(&books, "NEW");
    assert_eq!((new.quantity, new.sales[1].quantity), (Decimal::ZERO, decimal("0.25")));
    let gains: Decimal = new.closed_lots.iter().map(|lot| lot.gain().expect("known")).sum();
    assert_eq!(new.realised(None), Ok(gains));
}

/// 10 OLD at 30 bring 5 NEW with a fifth of the cost of 300, a day before the first quote of NEW.
#[test]
fn a_share_first_quoted_a_day_after_its_spin_off_is_worth_what_it_cost() {
    let closes = |days: &[(&str, f64)]| {
        InstrumentData::new(crate::testing::usd()).with_prices(PriceSeries::as_traded(columns(days)))
    };
    let old = closes(&[("2024-01-02", 30.0), ("2024-01-10", 24.0), ("2024-01-11", 24.0)]);
    let market = market([("OLD", old), ("NEW", closes(&[("2024-01-11", 13.0)]))]);
    let ledger = Ledger::default()
        .buy("2024-01-02", "OLD", "10", "30")
        .booked("2024-01-10", spin_off(ratio(1, 2), "0.2", "0"));
    let books = ledger.books(&market, "2024-01-11");
    let price = position(&books, "NEW").price_on(market.instrument(&symbol("NEW")), date("2024-01-10"));
    let price = price.expect("a price");
    assert_eq!((price.price, price.origin), (decimal("12"), PriceOrigin::Booked));
    let series = PortfolioSeries::new(&books, &market);
    assert_eq!(series.value.at(date("2024-01-10")), Some(300.0));
    // 5 gained 1 each.
    assert!((series.time_weighted.expect("a return").total - 5.0 / 300.0).abs() < 1e-12);
    let subject = Subject::portfolio(&books);
    let since = crate::Period::since(date("2024-01-02"), date("2024-01-11")).expect("a period");
    assert_eq!(performance(&subject, &market, since).gain, Ok(decimal("5")));

    // What cost nothing tells no price.
    let free = Ledger::default()
        .buy("2024-01-02", "OLD", "10", "30")
        .booked("2024-01-10", spin_off(ratio(1, 2), "0", "0"));
    let books = free.books(&market, "2024-01-11");
    assert!(PortfolioSeries::new(&books, &market).time_weighted.is_err());
}

#[test]
fn a_change_of_ticker_follows_later_ones_of_its_day() {
    let renamed = |of: &str, into: &str| Booking::TickerChange { symbol: symbol(of), into: symbol(into) };
    let ledger = Ledger::default()
        .booked("2024-01-02", Booking::Buy(trade("A", "1", "10", "0")))
        .booked("2024-01-05", renamed("B", "C"))
        .booked("2024-01-05", renamed("A", "B"))
        .booked("2024-01-05", renamed("B", "D"))
        .booked("2024-01-06", renamed("D", "E"));
    let books = ledger.books(&world(), "2024-01-11");
    let name = |line: usize| books.symbol_of(&ledger.0[line - 1]).expect("a symbol").to_string();
    assert_eq!([1, 3, 4, 5].map(name), ["E", "E", "E", "E"]);
    assert_eq!(name(2), "C", "another company, which was B before");
}

#[test]
fn a_dividend_beyond_all_counting_names_itself() {
    let absurd = dividend("2024-01-05", "79228162514264337593543950335");
    let old = quoted(&[("2024-01-02", 30.0)]).with_dividends(&[absurd]);
    let market = market([("OLD", old.with_splits(&[split("2024-01-08", 2, 1)]))]);
    let replayed = Books::replay(&two_lots().0, &market, &options(), date("2024-01-11"));
    let error = replayed.expect_err("too large");
    assert_eq!(error, LedgerError::ActionOutOfRange { symbol: symbol("OLD"), date: date("2024-01-05") });
    assert!(error.to_string().contains("OLD") && error.to_string().contains("2024-01-05"));
}
