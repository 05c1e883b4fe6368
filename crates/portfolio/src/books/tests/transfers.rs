use bellwether_domain::{Booking, CostMethod, LotChoice, Quantity};
use rust_decimal::Decimal;

use super::position_by;
use crate::testing::{Ledger, date, decimal, market, quoted, symbol, trade};
use crate::{Books, CashKind, ChargeKind, PortfolioSeries, Report};

fn quantity(text: &str) -> Quantity {
    Quantity::new(decimal(text)).expect("a quantity")
}

fn arrival(shares: &str, unit_cost: &str, fee: &str, acquired: Option<&str>) -> Booking {
    Booking::TransferIn {
        symbol: symbol("AAPL"),
        quantity: quantity(shares),
        unit_cost: decimal(unit_cost),
        fee: decimal(fee),
        acquired: acquired.map(date),
    }
}

fn departure(shares: &str, fee: &str, lots: Vec<LotChoice>) -> Booking {
    Booking::TransferOut { symbol: symbol("AAPL"), quantity: quantity(shares), fee: decimal(fee), lots }
}

fn report(ledger: &Ledger, as_of: &str) -> (Books, Report) {
    let market = market([("AAPL", quoted(&[("2024-01-02", 15.0)]))]);
    let books = ledger.books(&market, as_of);
    let report = Report::new(&books, &market, &PortfolioSeries::new(&books, &market));
    (books, report)
}

#[test]
fn shares_from_elsewhere_keep_the_day_on_which_they_were_bought() {
    let ledger = Ledger::default()
        .buy("2024-01-02", "AAPL", "5", "20")
        .booked("2024-01-03", arrival("10", "8", "0", Some("2019-05-06")))
        .sell("2024-01-04", "AAPL", "12", "15");
    let position = position_by(CostMethod::Fifo, &ledger, "AAPL", "2024-01-04");
    let closed: Vec<_> =
        position.closed_lots.iter().map(|lot| (lot.acquired, lot.arrived, lot.quantity)).collect();
    assert_eq!(
        closed,
        [
            (date("2019-05-06"), date("2024-01-03"), decimal("10")),
            (date("2024-01-02"), date("2024-01-02"), decimal("2"))
        ]
    );
}

#[test]
fn the_fee_of_an_arrival_is_in_its_cost_and_paid_in_cash() {
    let (books, report) =
        report(&Ledger::default().booked("2024-01-02", arrival("10", "8", "6", None)), "2024-01-02");
    let position = books.position(&symbol("AAPL")).expect("a position");
    assert_eq!(position.cost().base, Ok(decimal("86")));
    assert_eq!(position.cost().before_fees().base, Ok(decimal("80")));
    assert_eq!(position.flows[0].amount, Ok(decimal("156")), "150 of value and the fee");
    let paid: Vec<_> = books.cash().entries.iter().map(|entry| (entry.kind, entry.amount)).collect();
    assert_eq!(paid, [(CashKind::Deposit, decimal("6")), (CashKind::Fee, decimal("-6"))]);
    assert_eq!(report.totals.fees, Ok(decimal("6")));
    assert_eq!(report.totals.total_gain, Ok(decimal("64")), "150 - 86");
}

#[test]
fn a_departure_takes_the_lots_that_it_names_and_its_fee_is_a_charge() {
    let ledger = Ledger::default().buy("2024-01-02", "AAPL", "5", "10").buy("2024-01-03", "AAPL", "5", "12");
    let lots = vec![LotChoice { opened_by: ledger.id(2), quantity: quantity("3") }];
    let (books, report) = report(&ledger.booked("2024-01-04", departure("3", "4", lots)), "2024-01-04");
    let position = books.position(&symbol("AAPL")).expect("a position");
    assert_eq!(position.cost().base, Ok(decimal("74")), "50 and 2 at 12");
    assert_eq!((position.charges[0].kind, position.charges[0].amount), (ChargeKind::Fee, decimal("4")));
    assert_eq!(report.totals.charges, Ok(decimal("4")));
}

#[test]
fn part_of_a_lot_moves_with_its_part_of_the_fee() {
    let ledger = Ledger::default()
        .booked("2024-01-02", Booking::Buy(trade("AAPL", "10", "10", "5")))
        .account("a")
        .booked("2024-01-05", departure("4", "1", Vec::new()))
        .account("a")
        .booked("2024-01-05", arrival("4", "99", "2", None))
        .account("b");
    let (books, report) = report(&ledger, "2024-01-05");
    let position = books.position(&symbol("AAPL")).expect("a position");
    let lots: Vec<_> = position
        .lots
        .iter()
        .map(|lot| (&*lot.account, lot.cost.before_fees().base, lot.cost.fees().base))
        .collect();
    assert_eq!(
        lots,
        [("a", Ok(decimal("60")), Ok(decimal("3"))), ("b", Ok(decimal("40")), Ok(decimal("2")))]
    );
    assert_eq!(report.totals.charges, Ok(decimal("3")), "what moving them cost, on both sides");
    assert_eq!(report.totals.fees, Ok(decimal("8")));
}

#[test]
fn a_chosen_lot_moves_between_own_accounts() {
    let ledger = Ledger::default()
        .buy("2024-01-02", "AAPL", "5", "10")
        .account("a")
        .buy("2024-01-03", "AAPL", "5", "12")
        .account("a");
    let lots = vec![LotChoice { opened_by: ledger.id(2), quantity: quantity("5") }];
    let ledger = ledger
        .booked("2024-01-05", departure("5", "0", lots))
        .account("a")
        .booked("2024-01-05", arrival("5", "0", "0", None))
        .account("b");
    let position = position_by(CostMethod::Fifo, &ledger, "AAPL", "2024-01-05");
    let lots: Vec<_> = position.lots.iter().map(|lot| (&*lot.account, lot.cost.base.clone())).collect();
    assert_eq!(lots, [("a", Ok(decimal("50"))), ("b", Ok(decimal("60")))]);
}

#[test]
fn taxes_and_refunds_of_their_own_are_charges() {
    let ledger = Ledger::default()
        .deposit("2024-01-02", "100")
        .buy("2024-01-02", "AAPL", "5", "15")
        .booked("2024-01-03", Booking::Tax { symbol: None, amount: decimal("7") })
        .booked("2024-01-03", Booking::Tax { symbol: Some(symbol("AAPL")), amount: decimal("2") })
        .booked("2024-01-04", Booking::Tax { symbol: None, amount: decimal("-3") })
        .booked("2024-01-04", Booking::Fee { symbol: None, amount: decimal("-1") });
    let (books, report) = report(&ledger, "2024-01-04");
    let kinds: Vec<_> = books.charges().iter().map(|charge| (charge.kind, charge.amount)).collect();
    assert_eq!(
        kinds,
        [(ChargeKind::Tax, decimal("7")), (ChargeKind::Tax, decimal("-3")), (ChargeKind::Fee, decimal("-1"))]
    );
    assert_eq!((report.totals.taxes, report.totals.fees), (Ok(decimal("6")), Ok(decimal("-1"))));
    assert_eq!(report.totals.total_gain, Ok(decimal("-5")));
    assert_eq!(report.totals.cash, Ok(decimal("20")), "100 - 75 - 7 - 2 + 3 + 1");
    let taxed = books.position(&symbol("AAPL")).expect("a position").flows.last().cloned().expect("the tax");
    assert_eq!((taxed.amount, taxed.fee, taxed.tax), (Ok(decimal("2")), Ok(Decimal::ZERO), Ok(decimal("2"))));
}
