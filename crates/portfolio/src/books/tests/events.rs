use bellwether_domain::{Booking, CostMethod, Currency};
use rust_decimal::Decimal;

use crate::testing::{
    Ledger, columns, currency, date, decimal, dividend, market, market_with_rates, merger, options, quoted,
    ratio, spin_off, split, symbol, usd,
};
use crate::{
    Books, ExternalKind, InstrumentData, LedgerError, Market, Options, PortfolioSeries, Position,
    PositionSeries, PriceSeries, Rates, Reason, Report,
};

fn renamed(of: &str, into: &str) -> Booking {
    Booking::TickerChange { symbol: symbol(of), into: symbol(into) }
}

fn reverse_split(cash_in_lieu: &str) -> Booking {
    Booking::Split { symbol: symbol("OLD"), ratio: ratio(1, 3), cash_in_lieu: decimal(cash_in_lieu) }
}

/// The old share falls from 30 to 24 on the tenth, when a new one at 12 comes for two of it.
fn world() -> Market {
    let old = [("2024-01-02", 30.0), ("2024-01-10", 24.0), ("2024-01-11", 24.0)];
    let new = [("2024-01-10", 12.0), ("2024-01-11", 13.0)];
    market([("OLD", quoted(&old)), ("NEW", quoted(&new))])
}

fn position<'a>(books: &'a Books, name: &str) -> &'a Position {
    books.position(&symbol(name)).expect("a position")
}

type LotRow = (String, Decimal, Result<Decimal, Reason>);

/// Day of acquisition, shares, and cost of the lots.
fn lots(books: &Books, name: &str) -> Vec<LotRow> {
    let lots = position(books, name).lots.iter();
    lots.map(|lot| (lot.acquired.to_string(), lot.quantity.normalize(), lot.cost.base.clone())).collect()
}

fn lot(acquired: &str, quantity: &str, cost: &str) -> LotRow {
    (acquired.to_owned(), decimal(quantity), Ok(decimal(cost)))
}

/// What the parts of the gain say, and what the value says.
fn gains(books: &Books, market: &Market) -> (Decimal, Decimal) {
    let series = PortfolioSeries::new(books, market);
    let totals = Report::new(books, market, &series).totals;
    let paid_in = totals.net_deposits.expect("known") + totals.net_transfers.expect("known");
    (totals.total_gain.expect("known"), totals.value.expect("known") - paid_in)
}

fn bought() -> Ledger {
    Ledger::default().buy("2024-01-02", "OLD", "10", "30").buy("2024-01-03", "OLD", "5", "30")
}

#[test]
fn a_spin_off_moves_its_share_of_each_lot_s_cost_and_keeps_their_days() {
    let market = world();
    let ledger = bought().booked("2024-01-10", spin_off("OLD", "NEW", ratio(1, 2), "0.2", "0"));
    let books = ledger.books(&market, "2024-01-10");
    assert_eq!(lots(&books, "OLD"), [lot("2024-01-02", "10", "240"), lot("2024-01-03", "5", "120")]);
    assert_eq!(lots(&books, "NEW"), [lot("2024-01-02", "5", "60"), lot("2024-01-03", "2.5", "30")]);
    assert!(books.income().is_empty(), "it is no income");
    assert_eq!(books.external_flows().len(), 2, "only the deposits for the purchases");
    // 15 x 24 + 7.5 x 12 is what 15 x 30 were.
    assert_eq!(gains(&books, &market), (Decimal::ZERO, Decimal::ZERO));
}

#[test]
fn no_value_appears_or_vanishes_when_shares_are_spun_off() {
    let market = world();
    let ledger = bought().booked("2024-01-10", spin_off("OLD", "NEW", ratio(1, 2), "0.2", "0"));
    let books = ledger.books(&market, "2024-01-11");
    let series = PortfolioSeries::new(&books, &market);
    assert_eq!(series.value.at(date("2024-01-09")), Some(450.0));
    assert_eq!(series.value.at(date("2024-01-10")), Some(450.0));
    // 7.5 new shares gained 1 each.
    assert!((series.time_weighted.expect("a return").total - 7.5 / 450.0).abs() < 1e-12);
    // The old holding returns 0: what left it is counted at market value. The new one returns its price's.
    let total = |name| {
        let own = PositionSeries::new(position(&books, name), &books, &market);
        own.time_weighted.expect("a return").total
    };
    assert!(total("OLD").abs() < 1e-12);
    assert!((total("NEW") - 1.0 / 12.0).abs() < 1e-12);
}

#[test]
fn the_cost_before_fees_moves_too() {
    let fee = crate::testing::trade("OLD", "10", "30", "5");
    let ledger = Ledger::default()
        .booked("2024-01-02", Booking::Buy(fee))
        .booked("2024-01-10", spin_off("OLD", "NEW", ratio(1, 2), "0.2", "0"));
    let books = ledger.books(&world(), "2024-01-10");
    let new = position(&books, "NEW").cost();
    assert_eq!((new.base.clone(), new.before_fees().base), (Ok(decimal("61")), Ok(decimal("60"))));
}

#[test]
fn the_fraction_of_a_spun_off_share_can_be_paid_in_cash() {
    let market = world();
    let ledger = bought().booked("2024-01-10", spin_off("OLD", "NEW", ratio(1, 2), "0.2", "6"));
    let books = ledger.books(&market, "2024-01-10");
    let new = position(&books, "NEW");
    // 7.5 shares that cost 90: half a share of the oldest lot cost 6.
    assert_eq!((new.quantity, new.cost().base), (decimal("7.0"), Ok(decimal("84"))));
    assert_eq!((new.sales[0].quantity, new.sales[0].gain()), (decimal("0.5"), Ok(Decimal::ZERO)));
    assert_eq!(books.cash().balances[0].balance, decimal("6"));
    assert_eq!(gains(&books, &market), (Decimal::ZERO, Decimal::ZERO));
}

#[test]
fn the_pool_moves_its_share_as_the_lots_do() {
    let ledger = Ledger::default()
        .buy("2024-01-02", "OLD", "10", "20")
        .buy("2024-01-03", "OLD", "10", "40")
        .booked("2024-01-10", spin_off("OLD", "NEW", ratio(1, 2), "0.2", "0"))
        .sell("2024-01-11", "NEW", "5", "13");
    let options = Options { method: CostMethod::Average, ..options() };
    let books = Books::replay(&ledger.0, &world(), &options, date("2024-01-11")).expect("books");
    assert_eq!(position(&books, "OLD").cost().base, Ok(decimal("480")));
    assert_eq!(position(&books, "NEW").sales[0].gain(), Ok(decimal("5")), "65 - half of 120");
}

#[test]
fn a_merger_turns_shares_into_others_of_the_same_age() {
    let market = market([
        ("OLD", quoted(&[("2024-01-02", 30.0), ("2024-01-09", 36.0)])),
        ("NEW", quoted(&[("2024-01-02", 60.0), ("2024-01-10", 72.0)])),
    ]);
    let ledger = bought()
        .buy("2024-01-04", "NEW", "1", "60")
        .booked("2024-01-10", merger("OLD", Some(("NEW", ratio(1, 2))), "0", None));
    let books = ledger.books(&market, "2024-01-10");
    assert!(!position(&books, "OLD").is_open() && position(&books, "OLD").lots.is_empty());
    assert_eq!(
        lots(&books, "NEW"),
        [lot("2024-01-02", "5", "300"), lot("2024-01-03", "2.5", "150"), lot("2024-01-04", "1", "60")]
    );
    assert!(position(&books, "OLD").sales.is_empty());
    // 8.5 x 72 less 510 paid in.
    assert_eq!(gains(&books, &market), (decimal("102"), decimal("102")));
    let own = PositionSeries::new(position(&books, "OLD"), &books, &market);
    assert!((own.time_weighted.expect("a return").total - 0.2).abs() < 1e-12, "36 for 30");
}

#[test]
fn a_merger_for_cash_is_a_sale() {
    let market = world();
    let books = bought().booked("2024-01-10", merger("OLD", None, "40", None)).books(&market, "2024-01-10");
    let old = position(&books, "OLD");
    assert_eq!((old.quantity, old.sales[0].quantity), (Decimal::ZERO, decimal("15")));
    assert_eq!(old.realised(None), Ok(decimal("150")), "15 x (40 - 30)");
    assert_eq!(old.closed_by(&old.sales[0]).len(), 2);
    assert_eq!(gains(&books, &market), (decimal("150"), decimal("150")));
}

#[test]
fn the_cash_of_a_merger_has_its_share_of_the_cost_by_value() {
    let market = world();
    let ledger = bought().booked("2024-01-10", merger("OLD", Some(("NEW", ratio(2, 1))), "6", None));
    let books = ledger.books(&market, "2024-01-10");
    // For each share 6 in cash and 2 at 12: a fifth of the cost of 450 belongs to the cash of 90.
    let old = position(&books, "OLD");
    assert_eq!((old.sales[0].quantity, old.sales[0].cost.base.clone()), (decimal("3"), Ok(decimal("90"))));
    assert_eq!(old.realised(None), Ok(Decimal::ZERO));
    assert_eq!(lots(&books, "NEW"), [lot("2024-01-02", "20", "240"), lot("2024-01-03", "10", "120")]);
    assert_eq!(gains(&books, &market), (Decimal::ZERO, Decimal::ZERO));
}

#[test]
fn a_told_share_of_the_cost_counts_before_the_value() {
    let event = merger("OLD", Some(("NEW", ratio(2, 1))), "6", Some("0.1"));
    let books = bought().booked("2024-01-10", event).books(&world(), "2024-01-10");
    assert_eq!(position(&books, "OLD").realised(None), Ok(decimal("45")), "90 - a tenth of 450");
    assert_eq!(position(&books, "NEW").cost().base, Ok(decimal("405")));
}

#[test]
fn without_a_price_the_cost_of_the_cash_is_unknown_and_not_guessed() {
    let market = market([("OLD", quoted(&[("2024-01-02", 30.0)]))]);
    let ledger = bought().booked("2024-01-10", merger("OLD", Some(("NEW", ratio(2, 1))), "6", None));
    let books = ledger.books(&market, "2024-01-10");
    let unknown = Reason::no_price(&symbol("NEW"));
    assert_eq!(position(&books, "OLD").realised(None), Err(unknown.clone()));
    assert_eq!(position(&books, "NEW").cost().base, Err(unknown));
    assert_eq!(position(&books, "NEW").quantity, decimal("30"));
    assert_eq!(books.cash().balances[0].balance, decimal("90"));
}

#[test]
fn shares_of_a_merger_can_be_sold_on_its_day_and_its_dividends_are_not_theirs() {
    let new = quoted(&[("2024-01-02", 60.0)]).with_dividends(&[dividend("2024-01-10", "1")]);
    let market = market([("OLD", quoted(&[("2024-01-02", 30.0)])), ("NEW", new)]);
    let ledger = bought()
        .sell("2024-01-10", "NEW", "7.5", "62")
        .booked("2024-01-10", merger("OLD", Some(("NEW", ratio(1, 2))), "0", None));
    let books = ledger.books(&market, "2024-01-10");
    assert_eq!(position(&books, "NEW").realised(None), Ok(decimal("15")), "465 - 450");
    assert!(books.income().is_empty(), "held by nobody at the close before");
}

#[test]
fn an_event_that_names_an_account_concerns_that_account() {
    let ledger = Ledger::default()
        .buy("2024-01-02", "OLD", "10", "30")
        .account("a")
        .buy("2024-01-03", "OLD", "4", "30")
        .account("b")
        .booked("2024-01-10", merger("OLD", Some(("NEW", ratio(1, 2))), "0", None))
        .account("a");
    let books = ledger.books(&world(), "2024-01-10");
    assert_eq!(
        (position(&books, "OLD").quantity, position(&books, "NEW").quantity),
        (decimal("4"), decimal("5.0"))
    );
}

#[test]
fn a_chain_of_events_is_replayed_together_in_order() {
    let market = market([
        ("A", quoted(&[("2024-01-02", 10.0)])),
        ("B", quoted(&[("2024-01-02", 20.0)])),
        ("C", quoted(&[("2024-01-02", 5.0)])),
    ]);
    let ledger = Ledger::default()
        .buy("2024-01-02", "A", "10", "10")
        .booked("2024-01-04", merger("A", Some(("B", ratio(1, 2))), "0", None))
        .booked("2024-01-06", spin_off("B", "C", ratio(1, 1), "0.2", "0"))
        .sell("2024-01-08", "C", "5", "6");
    let books = ledger.books(&market, "2024-01-08");
    assert_eq!(lots(&books, "B"), [lot("2024-01-02", "5", "80")]);
    assert_eq!(position(&books, "C").realised(None), Ok(decimal("10")), "30 - 20");
    assert_eq!(gains(&books, &market), (decimal("30"), decimal("30")), "80 - 80 in B after 20 + 10");
}

#[test]
fn a_share_listed_abroad_takes_its_cost_over_in_that_currency() {
    let mut rates = Rates::new();
    rates.insert(Currency::EUR, usd(), &columns(&[("2024-01-02", 1.25), ("2024-01-05", 1.5)]));
    let new = InstrumentData::new(Currency::EUR)
        .with_prices(PriceSeries::as_traded(columns(&[("2024-01-02", 20.0)])));
    let market = market_with_rates(rates, [("OLD", quoted(&[("2024-01-02", 30.0)])), ("NEW", new)]);
    let ledger = bought().booked("2024-01-10", merger("OLD", Some(("NEW", ratio(1, 1))), "0", None));
    let cost = position(&ledger.books(&market, "2024-01-10"), "NEW").cost();
    assert_eq!((cost.base.clone(), cost.listed.clone()), (Ok(decimal("450")), Ok(decimal("360"))));
    assert_eq!(cost.currency_effect(&Ok(decimal("1.5"))), Ok(decimal("90")), "360 x (1.5 - 1.25)");
    assert_eq!(position(&ledger.books(&market, "2024-01-10"), "NEW").currency, currency("EUR"));
}

#[test]
fn a_reverse_split_pays_its_fraction() {
    let quotes =
        quoted(&[("2024-01-02", 30.0), ("2024-01-10", 90.0)]).with_splits(&[split("2024-01-09", 1, 3)]);
    let market = market([("OLD", quotes)]);
    let ledger =
        Ledger::default().buy("2024-01-02", "OLD", "10", "30").booked("2024-01-10", reverse_split("31"));
    let books = ledger.books(&market, "2024-01-10");
    let old = position(&books, "OLD");
    assert_eq!(
        (old.quantity, old.cost().base.map(|cost| cost.round_dp(9))),
        (decimal("3.000000000000000"), Ok(decimal("270")))
    );
    assert_eq!(
        old.realised(None).map(|gain| gain.round_dp(9)),
        Ok(decimal("1")),
        "31 for a third that cost 30"
    );
    let (parts, whole) = gains(&books, &market);
    assert_eq!((parts, whole), (decimal("1"), decimal("1")));
}

#[test]
fn accounts_share_the_cash_for_fractions_by_what_each_has_left() {
    let ledger = Ledger::default()
        .buy("2024-01-02", "OLD", "10", "30")
        .account("a")
        .buy("2024-01-02", "OLD", "11", "30")
        .account("b")
        .booked("2024-01-10", reverse_split("90"));
    let books = ledger.books(&world(), "2024-01-10");
    let old = position(&books, "OLD");
    let held: Vec<_> = old.lots.iter().map(|lot| (&*lot.account, lot.quantity.normalize())).collect();
    assert_eq!(held, [("a", decimal("3")), ("b", decimal("3"))]);
    // A third in one, two thirds in the other.
    let proceeds: Vec<_> =
        old.closed_lots.iter().map(|lot| lot.proceeds.base.clone().map(|paid| paid.round_dp(6))).collect();
    assert_eq!(proceeds, [Ok(decimal("30")), Ok(decimal("60"))]);
}

#[test]
fn cash_for_a_fraction_of_one_account_leaves_the_others_alone() {
    let ledger = Ledger::default()
        .buy("2024-01-02", "OLD", "10", "30")
        .account("a")
        .buy("2024-01-02", "OLD", "11", "30")
        .account("b")
        .booked("2024-01-10", reverse_split("30"))
        .account("a");
    let books = ledger.books(&world(), "2024-01-10");
    let held: Vec<_> =
        position(&books, "OLD").lots.iter().map(|lot| lot.quantity.round_dp(6).normalize()).collect();
    assert_eq!(held, [decimal("3"), decimal("3.666667")]);
}

#[test]
fn a_ticker_change_takes_everything_before_it_along_also_on_days_before() {
    let market = market([("META", quoted(&[("2024-01-02", 30.0), ("2024-01-11", 33.0)]))]);
    let ledger = Ledger::default()
        .buy("2024-01-02", "FB", "10", "30")
        .booked("2024-01-10", renamed("FB", "META"))
        .sell("2024-01-11", "META", "4", "33");
    for as_of in ["2024-01-05", "2024-01-11"] {
        let books = ledger.books(&market, as_of);
        assert_eq!(books.positions().len(), 1);
        assert_eq!(position(&books, "META").lots[0].acquired, date("2024-01-02"));
    }
    assert_eq!(position(&ledger.books(&market, "2024-01-11"), "META").realised(None), Ok(decimal("12")));
}

#[test]
fn a_ticker_may_change_twice_and_its_old_name_be_another_company_s() {
    let ledger = Ledger::default()
        .buy("2024-01-02", "A", "1", "10")
        .booked("2024-01-04", renamed("A", "B"))
        .buy("2024-01-05", "B", "2", "10")
        .buy("2024-01-06", "A", "4", "10")
        .booked("2024-01-08", renamed("B", "C"))
        .buy("2024-01-08", "B", "8", "10");
    let books = ledger.books(&Market::default(), "2024-01-09");
    let held: Vec<_> =
        books.positions().iter().map(|held| (held.symbol.to_string(), held.quantity)).collect();
    assert_eq!(
        held,
        [("A".to_owned(), decimal("4")), ("B".to_owned(), decimal("8")), ("C".to_owned(), decimal("3"))]
    );
}

#[test]
fn a_booking_is_found_under_the_last_name_of_its_instrument() {
    let ledger = Ledger::default()
        .buy("2024-01-02", "A", "1", "10")
        .booked("2024-01-04", renamed("A", "B"))
        .buy("2024-01-06", "A", "4", "10")
        .booked("2024-01-08", renamed("B", "C"))
        .booked("2024-01-09", Booking::Deposit { amount: decimal("5") });
    // Changes after the books' day count too: what is shown has its newest name on every day.
    let books = ledger.books(&Market::default(), "2024-01-05");
    let names: Vec<_> =
        ledger.0.iter().map(|booking| books.symbol_of(booking).map(ToString::to_string)).collect();
    let expected = ["C", "C", "A", "C"].map(|name| Some(name.to_owned()));
    assert_eq!(names, [&expected[..], &[None]].concat());
}

#[test]
fn a_ticker_changes_on_the_way_to_a_merger() {
    let ledger = Ledger::default()
        .buy("2024-01-02", "FIRST", "10", "30")
        .booked("2024-01-04", renamed("FIRST", "OLD"))
        .booked("2024-01-10", merger("OLD", Some(("NEW", ratio(1, 2))), "0", None));
    assert_eq!(lots(&ledger.books(&world(), "2024-01-10"), "NEW"), [lot("2024-01-02", "5", "300")]);
}

#[test]
fn nothing_becomes_itself() {
    let ledger = bought()
        .booked("2024-01-10", spin_off("OLD", "SPUN", ratio(1, 2), "0.2", "0"))
        .booked("2024-01-12", renamed("SPUN", "SAME"))
        .booked("2024-01-12", renamed("OLD", "SAME"));
    let error = Books::replay(&ledger.0, &world(), &options(), date("2024-01-31")).expect_err("a fault");
    assert_eq!(error.transaction(), Some(ledger.id(3)));
    assert!(matches!(error, LedgerError::IntoItself { .. }));
}

#[test]
fn an_event_after_the_day_has_no_effect_yet() {
    let ledger = bought().booked("2024-01-10", merger("OLD", None, "40", None));
    let books = ledger.books(&world(), "2024-01-09");
    assert_eq!(position(&books, "OLD").quantity, decimal("15"));
    let of_shares = |kind| matches!(kind, ExternalKind::TransferIn | ExternalKind::TransferOut);
    assert!(!books.external_flows().iter().any(|flow| of_shares(flow.kind)));
}
