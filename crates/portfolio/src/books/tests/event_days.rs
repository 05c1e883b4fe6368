//! Days on which an event and the investor's own money meet.

use bellwether_domain::{Booking, SplitRatio};
use rust_decimal::Decimal;

use crate::testing::{Ledger, date, decimal, market, quoted, symbol};
use crate::{Contributions, Market, Period, PortfolioSeries, Report, Subject, performance};

fn spin_off(cash_in_lieu: &str, new: i64, old: i64) -> Booking {
    Booking::SpinOff {
        symbol: symbol("OLD"),
        into: symbol("NEW"),
        ratio: SplitRatio::new(new.into(), old.into()).expect("a ratio"),
        cost_share: decimal("0.2"),
        cash_in_lieu: decimal(cash_in_lieu),
    }
}

fn merger(new: i64, old: i64, cash_per_share: &str) -> Booking {
    Booking::Merger {
        symbol: symbol("OLD"),
        into: Some(symbol("NEW")),
        ratio: SplitRatio::new(new.into(), old.into()),
        cash_per_share: decimal(cash_per_share),
        cash_in_lieu: Decimal::ZERO,
        cost_share: None,
    }
}

/// The old share falls from 10 to 8 on the tenth, when a new one at 2 comes for it.
fn spun_off() -> Market {
    let old = [("2024-01-02", 10.0), ("2024-01-10", 8.0), ("2024-01-11", 8.0)];
    market([("OLD", quoted(&old)), ("NEW", quoted(&[("2024-01-10", 2.0), ("2024-01-11", 2.0)]))])
}

/// The old share was at 18 before it became shares that are at 40.
fn merged() -> Market {
    let new = [("2024-01-02", 40.0), ("2024-01-10", 40.0), ("2024-01-11", 40.0)];
    market([("OLD", quoted(&[("2024-01-02", 10.0), ("2024-01-09", 18.0)])), ("NEW", quoted(&new))])
}

fn bought() -> Ledger {
    Ledger::default().buy("2024-01-02", "OLD", "10", "10")
}

fn near(figure: f64, expected: f64) {
    assert!((figure - expected).abs() < 1e-12, "{figure} instead of {expected}");
}

fn all_near(figures: &[f64], expected: f64) {
    for figure in figures {
        near(*figure, expected);
    }
}

/// Time-weighted return of the series, of the portfolio and of its holdings; and the sum of its contributions.
fn returns(ledger: &Ledger, market: &Market) -> [f64; 4] {
    let books = ledger.books(market, "2024-01-11");
    let series = PortfolioSeries::new(&books, market);
    let period = Period::new(date("2024-01-02"), date("2024-01-11")).expect("a period");
    let of = |subject: &Subject<'_>| {
        performance(subject, market, period).returns.time_weighted.expect("a return").total
    };
    let lines = Contributions::new(&books, market, &series, period).lines;
    let whole = series.time_weighted.as_ref().expect("a return").total;
    let parts = lines.into_iter().map(|line| line.time_weighted.expect("a part")).sum();
    [whole, of(&Subject::portfolio(&books)), of(&Subject::holdings(&books)), parts]
}

#[test]
fn a_deposit_on_the_day_of_a_spin_off_makes_no_return() {
    // 100 in OLD become 80 in OLD and 20 in NEW, and 100 come.
    let ledger = bought().booked("2024-01-10", spin_off("0", 1, 1)).deposit("2024-01-10", "100");
    all_near(&returns(&ledger, &spun_off()), 0.0);
}

#[test]
fn a_purchase_on_the_day_of_a_spin_off_makes_no_return() {
    let ledger = bought().booked("2024-01-10", spin_off("0", 1, 1)).buy("2024-01-10", "OLD", "10", "8");
    all_near(&returns(&ledger, &spun_off()), 0.0);
    let ledger = bought().booked("2024-01-10", spin_off("0", 1, 1)).sell("2024-01-10", "NEW", "10", "2");
    all_near(&returns(&ledger, &spun_off()), 0.0);
}

#[test]
fn cash_for_fractions_belongs_to_what_was_held() {
    // 100 become 80 in OLD, 3 NEW at 2, and 14 for a third of one: nothing is gained, and 100 come.
    let ledger = bought().booked("2024-01-10", spin_off("14", 1, 3)).deposit("2024-01-10", "100");
    let [whole, portfolio, _, parts] = returns(&ledger, &spun_off());
    all_near(&[whole, portfolio, parts], 0.0);
}

#[test]
fn a_deposit_on_the_day_of_a_merger_does_not_dilute_what_it_brought() {
    // 100 become 180, and 5 shares at 40 for them: 200, whatever comes beside.
    let ledger = bought().booked("2024-01-10", merger(1, 2, "0")).deposit("2024-01-10", "1000");
    all_near(&returns(&ledger, &merged()), 1.0);
    // 2.5 shares at 40 and 10 in cash for each: the same.
    let ledger = bought().booked("2024-01-10", merger(1, 4, "10")).deposit("2024-01-10", "1000");
    all_near(&returns(&ledger, &merged()), 1.0);
}

#[test]
fn the_day_change_counts_what_an_event_brought_as_held() {
    let ledger = bought().booked("2024-01-10", spin_off("0", 1, 1)).deposit("2024-01-10", "100");
    let market = spun_off();
    let books = ledger.books(&market, "2024-01-10");
    let report = Report::new(&books, &market, &PortfolioSeries::new(&books, &market));
    let change = report.totals.day_change.expect("known");
    assert_eq!(change.amount, Decimal::ZERO);
    near(change.rate.expect("known"), 0.0);
}
