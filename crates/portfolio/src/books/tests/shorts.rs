use bellwether_domain::{Booking, CostMethod, LotChoice};
use rust_decimal::Decimal;

use crate::testing::{Ledger, date, decimal, market, options, quoted, split, symbol, trade};
use crate::{Books, Market, Options, PortfolioSeries, Position, Report, Shorts};

fn world() -> Market {
    let closes = [("2024-01-02", 20.0), ("2024-01-03", 18.0), ("2024-01-04", 15.0), ("2024-01-05", 16.0)];
    market([("AAPL", quoted(&closes))])
}

fn books_by(method: CostMethod, ledger: &Ledger, as_of: &str) -> Books {
    let options = Options { method, shorts: Shorts::Allowed, ..options() };
    Books::replay(&ledger.0, &world(), &options, date(as_of)).expect("books")
}

fn books(ledger: &Ledger, as_of: &str) -> Books {
    books_by(CostMethod::Fifo, ledger, as_of)
}

fn apple(books: &Books) -> &Position {
    books.position(&symbol("AAPL")).expect("a position")
}

/// Sold short 10 at 20 with a fee of 1, and 5 at 18.
fn sold_short() -> Ledger {
    Ledger::default()
        .booked("2024-01-02", Booking::Sell { trade: trade("AAPL", "10", "20", "1"), lots: Vec::new() })
        .sell("2024-01-03", "AAPL", "5", "18")
}

#[test]
fn a_short_sale_opens_a_lot_of_negative_quantity_that_cost_less_its_proceeds() {
    let books = books(&sold_short(), "2024-01-03");
    let position = apple(&books);
    let lots: Vec<_> = position.lots.iter().map(|lot| (lot.quantity, lot.cost.base.clone())).collect();
    assert_eq!(lots, [(decimal("-10"), Ok(decimal("-199"))), (decimal("-5"), Ok(decimal("-90")))]);
    assert_eq!(position.quantity, decimal("-15"));
    assert!(position.sales.is_empty(), "nothing is realised yet");
    assert_eq!(books.cash().balances[0].balance, decimal("289"));
}

#[test]
fn a_purchase_covers_the_oldest_short_lot_first_and_realises_what_the_sale_brought_less_what_it_paid() {
    let ledger = sold_short().booked("2024-01-04", Booking::Buy(trade("AAPL", "12", "15", "6")));
    let books = books(&ledger, "2024-01-04");
    let position = apple(&books);
    // 12 cost 186, 15.5 each: 199 - 155 of the first lot, 36 - 31 of 2 from the second.
    let gains: Vec<_> = position.closed_lots.iter().map(|lot| (lot.quantity, lot.gain())).collect();
    assert_eq!(gains, [(decimal("-10"), Ok(decimal("44"))), (decimal("-2"), Ok(decimal("5")))]);
    assert_eq!(position.realised(None), Ok(decimal("49")));
    assert_eq!(position.sales[0].gain_before_fees(), Ok(decimal("56")), "236 - 180");
    assert_eq!((position.quantity, position.cost().base), (decimal("-3"), Ok(decimal("-54"))));
}

#[test]
fn a_sale_through_zero_closes_what_is_held_and_owes_the_rest() {
    let ledger =
        Ledger::default().buy("2024-01-02", "AAPL", "4", "20").sell("2024-01-03", "AAPL", "10", "18");
    let books = books(&ledger, "2024-01-03");
    let position = apple(&books);
    assert_eq!(position.realised(None), Ok(decimal("-8")), "4 x (18 - 20)");
    assert_eq!((position.quantity, position.cost().base), (decimal("-6"), Ok(decimal("-108"))));
    let back = books_by(CostMethod::Fifo, &ledger.buy("2024-01-04", "AAPL", "10", "15"), "2024-01-04");
    let position = apple(&back);
    assert_eq!(position.realised(None), Ok(decimal("10")), "-8 and 6 x (18 - 15)");
    assert_eq!((position.quantity, position.cost().base), (decimal("4"), Ok(decimal("60"))));
}

#[test]
fn the_average_of_what_is_owed_is_its_own() {
    let ledger = sold_short().buy("2024-01-04", "AAPL", "9", "15");
    let books = books_by(CostMethod::Average, &ledger, "2024-01-04");
    // 15 shares brought 289: 9 of them 173.4, bought back for 135.
    assert_eq!(apple(&books).realised(None), Ok(decimal("38.4")));
    assert_eq!(apple(&books).cost().base, Ok(decimal("-115.6")));
}

#[test]
fn what_is_owed_has_a_negative_value_and_gains_when_the_price_falls() {
    let market = world();
    let books = books(&sold_short(), "2024-01-05");
    let series = PortfolioSeries::new(&books, &market);
    // Cash of 199 then 289, less 10 at 20, then 15 at 18, 15 and 16.
    assert_eq!(series.value.values, [-1.0, 19.0, 64.0, 49.0]);
    let report = Report::new(&books, &market, &series);
    let holding = &report.holdings[0];
    assert_eq!((holding.value.clone(), holding.unrealised.clone()), (Ok(decimal("-240")), Ok(decimal("49"))));
    assert_eq!(holding.unit_cost.clone().map(|cost| cost.round_dp(4)), Ok(decimal("19.2667")), "289 / 15");
    assert_eq!(holding.day_change.clone().map(|change| change.amount), Ok(decimal("-15")), "15 x (15 - 16)");
    assert_eq!(report.totals.total_gain, Ok(decimal("49")));
}

/// Ten are bought at 20 in one account, five sold short at 18 from the other, and two come over there.
fn moved_to_where_some_are_owed() -> Ledger {
    let quantity = bellwether_domain::Quantity::new(decimal("2")).expect("a quantity");
    let (symbol, fee, lots) = (|| symbol("AAPL"), Decimal::ZERO, Vec::new());
    let leaves = Booking::TransferOut { symbol: symbol(), quantity, fee, lots };
    let arrives = Booking::TransferIn { symbol: symbol(), quantity, unit_cost: fee, fee, acquired: None };
    Ledger::default()
        .buy("2024-01-02", "AAPL", "10", "20")
        .account("a")
        .sell("2024-01-03", "AAPL", "5", "18")
        .account("b")
        .booked("2024-01-04", leaves)
        .account("a")
        .booked("2024-01-04", arrives)
        .account("b")
}

const METHODS: [CostMethod; 4] =
    [CostMethod::Fifo, CostMethod::Lifo, CostMethod::Average, CostMethod::HighestCost];

#[test]
fn shares_that_come_over_from_another_account_are_held_beside_what_is_owed() {
    let moved = moved_to_where_some_are_owed();
    let covered = moved.clone().buy("2024-01-05", "AAPL", "3", "16").account("b");
    let sold = covered.clone().sell("2024-01-05", "AAPL", "2", "16").account("b");
    let all = sold.clone().buy("2024-01-05", "AAPL", "2", "16").account("b");
    for method in METHODS {
        let of = |ledger: &Ledger| {
            let books = books_by(method, ledger, "2024-01-05");
            let position = apple(&books);
            (position.realised(None), position.quantity, position.cost().base)
        };
        assert_eq!(of(&moved), (Ok(decimal("0")), decimal("5"), Ok(decimal("110"))), "{method:?} 200 - 90");
        assert_eq!(of(&covered).0, Ok(decimal("6")), "{method:?} 3 x (18 - 16)");
        assert_eq!(of(&sold).0, Ok(decimal("-2")), "{method:?} and 2 x (16 - 20)");
        assert_eq!(of(&all), (Ok(decimal("2")), decimal("8"), Ok(decimal("160"))), "{method:?}");
    }
}

#[test]
fn a_sale_may_name_what_came_over_to_where_some_are_owed() {
    let moved = moved_to_where_some_are_owed();
    let quantity = bellwether_domain::Quantity::new(decimal("1")).expect("a quantity");
    let lots = vec![LotChoice { opened_by: moved.id(1), quantity }];
    let sale = Booking::Sell { trade: trade("AAPL", "1", "16", "0"), lots };
    let ledger = moved.booked("2024-01-05", sale).account("b");
    for method in METHODS {
        assert_eq!(apple(&books_by(method, &ledger, "2024-01-05")).realised(None), Ok(decimal("-4")));
    }
}

#[test]
fn a_split_restates_held_and_owed_shares_of_one_account() {
    let market = market([(
        "AAPL",
        quoted(&[("2024-01-02", 20.0), ("2024-01-05", 8.0)]).with_splits(&[split("2024-01-05", 2, 1)]),
    )]);
    let ledger = moved_to_where_some_are_owed().buy("2024-01-06", "AAPL", "10", "8").account("b");
    for method in METHODS {
        let options = Options { method, shorts: Shorts::Allowed, ..options() };
        let books = Books::replay(&ledger.0, &market, &options, date("2024-01-06")).expect("books");
        let position = apple(&books);
        // Five were sold at 18 and bought back as ten at 8; twenty that cost 200 are left.
        assert_eq!(position.realised(None), Ok(decimal("10")), "{method:?}");
        assert_eq!((position.quantity, position.cost().base), (decimal("20"), Ok(decimal("200"))));
    }
}

#[test]
fn a_split_restates_what_is_held_and_owed_and_nothing_together() {
    let market = market([(
        "AAPL",
        quoted(&[("2024-01-02", 20.0), ("2024-01-05", 8.0)]).with_splits(&[split("2024-01-05", 2, 1)]),
    )]);
    let ledger = Ledger::default()
        .buy("2024-01-02", "AAPL", "5", "20")
        .account("a")
        .sell("2024-01-03", "AAPL", "5", "18")
        .account("b")
        .sell("2024-01-06", "AAPL", "10", "8")
        .account("a")
        .buy("2024-01-06", "AAPL", "10", "8")
        .account("b");
    for method in METHODS {
        let options = Options { method, shorts: Shorts::Allowed, ..options() };
        let books = Books::replay(&ledger.0, &market, &options, date("2024-01-06")).expect("books");
        let position = apple(&books);
        assert_eq!(position.realised(None), Ok(decimal("-10")), "{method:?}: 80 - 100 and 90 - 80");
        assert!(position.lots.is_empty() && !position.is_open());
    }
}

#[test]
fn a_split_multiplies_what_is_owed() {
    let closes = quoted(&[("2024-01-02", 20.0)]).with_splits(&[split("2024-01-03", 2, 1)]);
    let ledger =
        Ledger::default().sell("2024-01-02", "AAPL", "10", "20").buy("2024-01-04", "AAPL", "20", "9");
    let options = Options { shorts: Shorts::Allowed, ..options() };
    let books =
        Books::replay(&ledger.0, &market([("AAPL", closes)]), &options, date("2024-01-04")).expect("books");
    assert_eq!(apple(&books).quantity, Decimal::ZERO);
    assert_eq!(apple(&books).realised(None), Ok(decimal("20")));
}

#[test]
fn a_sale_before_its_purchase_ends_at_zero() {
    let ledger =
        Ledger::default().sell("2024-01-02", "AAPL", "10", "10").buy("2024-01-03", "AAPL", "10", "10");
    let books = books(&ledger, "2024-01-03");
    assert!(!apple(&books).is_open() && apple(&books).lots.is_empty());
}

#[test]
fn shares_that_are_not_there_cannot_be_transferred_even_then() {
    let quantity = bellwether_domain::Quantity::new(decimal("1")).expect("a quantity");
    let ledger = Ledger::default().booked(
        "2024-01-02",
        Booking::TransferOut { symbol: symbol("AAPL"), quantity, fee: Decimal::ZERO, lots: Vec::new() },
    );
    let options = Options { shorts: Shorts::Allowed, ..options() };
    assert!(Books::replay(&ledger.0, &world(), &options, date("2024-01-02")).is_err());
}
