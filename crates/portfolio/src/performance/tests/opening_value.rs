//! Spin-offs and mergers within a period, from the value at its opening.

use bellwether_domain::{CostMethod, Currency};

use super::*;
use crate::testing::{market_with_rates, merger, options, ratio, spin_off, split};
use crate::{Options, PriceSeries, Rates, Shorts};

const METHODS: [CostMethod; 2] = [CostMethod::Fifo, CostMethod::Average];

fn year() -> Period {
    period("2010-12-31", "2011-12-31")
}

fn read(ledger: &Ledger, market: &Market, method: CostMethod) -> Books {
    let options = Options { method, shorts: Shorts::Allowed, ..options() };
    Books::replay(&ledger.0, market, &options, date("2011-12-31")).expect("books")
}

/// Unrealised, realised and transferred from the opening value, after a look at the sums.
fn of(subject: &Subject<'_>, market: &Market) -> [Figure<Decimal>; 3] {
    checked(subject, market, year());
    let gains = CapitalGains::new(subject, market, year(), Basis::OpeningValue, TradeCosts::Included);
    [gains.unrealised, gains.realised, gains.transferred].map(|gain| gain.map(|gain| gain.normalize()))
}

fn holding(books: &Books, market: &Market, name: &str) -> [Figure<Decimal>; 3] {
    of(&Subject::holding(&[books], &symbol(name)).expect("held"), market)
}

fn figures(amounts: [&str; 3]) -> [Figure<Decimal>; 3] {
    amounts.map(known)
}

/// A falls from 30 to 24 in June, when B at 14 comes for two of it.
fn spinning() -> Market {
    market([
        ("A", quoted(&[("2010-01-04", 30.0), ("2011-06-01", 24.0), ("2011-12-30", 26.0)])),
        ("B", quoted(&[("2010-01-04", 12.0), ("2011-06-01", 14.0), ("2011-12-30", 13.0)])),
    ])
}

#[test]
fn a_spin_off_moves_its_share_of_the_opening_value() {
    let market = spinning();
    let ledger = Ledger::default()
        .buy("2010-01-04", "A", "10", "5")
        .booked("2011-06-01", spin_off("A", "B", ratio(1, 2), "0.2", "0"));
    for method in METHODS {
        let books = read(&ledger, &market, method);
        // 300 at the opening, of which 60 go to five of B, worth 70 then: 260 - 240, 65 - 60.
        assert_eq!(holding(&books, &market, "A"), figures(["20", "0", "10"]));
        assert_eq!(holding(&books, &market, "B"), figures(["5", "0", "-10"]));
        for whole in [Subject::portfolio(&books), Subject::holdings(&books)] {
            assert_eq!(of(&whole, &market), figures(["25", "0", "0"]));
        }
        let lot = Subject::lot(&books, ledger.id(1)).expect("a lot");
        assert_eq!(of(&lot, &market), figures(["25", "0", "0"]));
    }
}

#[test]
fn shares_spun_off_and_sold_realise_from_their_part_of_the_opening_value() {
    let market = spinning();
    let ledger = Ledger::default()
        .buy("2010-01-04", "A", "10", "5")
        .buy("2011-01-10", "A", "10", "40")
        .booked("2011-06-01", spin_off("A", "B", ratio(1, 2), "0.2", "0"))
        .sell("2011-07-01", "B", "7", "15")
        .sell("2011-07-01", "A", "12", "25");
    let first_in = read(&ledger, &market, CostMethod::Fifo);
    // Five of B have 60 of the opening's 300, the other five 80 of the 400 paid since: 105 - 60 - 32, 39 - 48.
    let parts = holding(&first_in, &market, "B");
    assert_eq!(parts[..2], [known("-9"), known("13")]);
    // 300 - 240 - 64, and 8 x (26 - 32).
    let parts = holding(&first_in, &market, "A");
    assert_eq!(parts[..2], [known("-48"), known("-4")]);
    let average = read(&ledger, &market, CostMethod::Average);
    // 140 for ten of B; 560 for twenty of A.
    assert_eq!(holding(&average, &market, "B")[..2], [known("-3"), known("7")]);
    assert_eq!(holding(&average, &market, "A")[..2], [known("-16"), known("-36")]);
    for books in [first_in, average] {
        assert_eq!(of(&Subject::portfolio(&books), &market)[2], known("0"));
    }
}

#[test]
fn a_merger_takes_along_the_opening_value_but_for_the_part_of_its_cash() {
    let market = market([
        ("A", quoted(&[("2010-01-04", 30.0)])),
        ("B", quoted(&[("2010-01-04", 12.0), ("2011-12-30", 13.0)])),
    ]);
    let ledger = Ledger::default()
        .buy("2010-01-04", "A", "10", "5")
        .booked("2011-06-01", merger("A", Some(("B", ratio(2, 1))), "6", Some("0.25")));
    for method in METHODS {
        let books = read(&ledger, &market, method);
        // 60 for a quarter of 300; the rest for twenty that were worth 240 and are worth 260.
        assert_eq!(holding(&books, &market, "A"), figures(["0", "-15", "15"]));
        assert_eq!(holding(&books, &market, "B"), figures(["35", "0", "-15"]));
        assert_eq!(of(&Subject::portfolio(&books), &market), figures(["35", "-15", "0"]));
    }
}

#[test]
fn the_opening_value_goes_down_a_chain_of_events() {
    let market = market([
        ("A", quoted(&[("2010-01-04", 30.0), ("2011-12-30", 25.0)])),
        ("B", quoted(&[("2010-01-04", 14.0)])),
        ("C", quoted(&[("2010-01-04", 7.0), ("2011-12-30", 5.0)]).with_splits(&[split("2011-03-15", 2, 1)])),
        ("D", quoted(&[("2010-01-04", 4.0), ("2011-12-30", 6.0)])),
    ]);
    let ledger = Ledger::default()
        .buy("2010-01-04", "A", "10", "5")
        .booked("2011-02-01", spin_off("A", "B", ratio(1, 2), "0.2", "0"))
        .booked("2011-03-01", merger("B", Some(("C", ratio(1, 1))), "0", None))
        .booked("2011-04-01", spin_off("C", "D", ratio(1, 1), "0.5", "0"))
        .sell("2011-05-02", "D", "4", "5");
    for method in METHODS {
        let books = read(&ledger, &market, method);
        let gains = |name| {
            let [unrealised, realised, _] = holding(&books, &market, name);
            [unrealised, realised]
        };
        // A keeps 240 of 300. 60 pass through B to C, whose five become ten; half of it goes to ten of D.
        assert_eq!(gains("A"), [known("10"), known("0")]);
        assert_eq!(gains("B"), [known("0"), known("0")]);
        assert_eq!(gains("C"), [known("20"), known("0")]);
        assert_eq!(gains("D"), [known("18"), known("8")]);
        assert_eq!(of(&Subject::portfolio(&books), &market), figures(["48", "8", "0"]));
    }
}

#[test]
fn what_comes_back_from_a_merger_still_counts_from_the_opening() {
    let market = market([
        ("A", quoted(&[("2010-01-04", 30.0), ("2011-12-30", 33.0)])),
        ("B", quoted(&[("2010-01-04", 15.0)])),
    ]);
    let ledger = Ledger::default()
        .buy("2010-01-04", "A", "10", "5")
        .booked("2011-02-01", merger("A", Some(("B", ratio(2, 1))), "0", None))
        .booked("2011-03-01", merger("B", Some(("A", ratio(1, 2))), "0", None));
    for method in METHODS {
        let books = read(&ledger, &market, method);
        assert_eq!(holding(&books, &market, "A"), figures(["30", "0", "0"]));
        assert_eq!(holding(&books, &market, "B"), figures(["0", "0", "0"]));
    }
}

#[test]
fn an_event_takes_opening_value_only_from_the_lots_of_its_account() {
    let market = spinning();
    let ledger = Ledger::default()
        .buy("2010-01-04", "A", "10", "5")
        .account("a")
        .booked("2010-02-01", transfer_out("A", "4"))
        .account("a")
        .booked("2010-02-01", transfer_in("A", "4", "5"))
        .account("b")
        .booked("2011-06-01", spin_off("A", "B", ratio(1, 2), "0.2", "0"))
        .account("a")
        .sell("2011-07-01", "A", "4", "31")
        .account("b")
        .sell("2011-07-01", "A", "6", "25")
        .account("a");
    let books = read(&ledger, &market, CostMethod::Fifo);
    // Four at 30 brought 31; six gave 36 of their 180 and brought 150. B has 3 x 13 - 36.
    let a = holding(&books, &market, "A");
    assert_eq!(a[..2], [known("0"), known("10")]);
    assert_eq!(holding(&books, &market, "B")[..2], [known("3"), known("0")]);
    assert_eq!(of(&Subject::portfolio(&books), &market), figures(["3", "10", "0"]));
    assert_eq!(books.position(&symbol("A")).expect("a position").sales.len(), 2);
}

#[test]
fn shares_that_come_for_others_listed_abroad_take_the_opening_value_over() {
    let mut rates = Rates::new();
    let dollars = [("2010-01-04", 2.0), ("2010-12-31", 1.25), ("2011-06-01", 1.5), ("2011-12-30", 1.6)];
    rates.insert(Currency::EUR, Currency::USD, &columns(&dollars));
    let abroad = InstrumentData::new(Currency::EUR)
        .with_prices(PriceSeries::as_traded(columns(&[("2010-01-04", 10.0), ("2011-12-30", 20.0)])));
    let market = market_with_rates(rates, [("A", quoted(&[("2010-01-04", 30.0)])), ("E", abroad)]);
    let ledger = Ledger::default()
        .buy("2010-01-04", "A", "10", "5")
        .booked("2011-06-01", merger("A", Some(("E", ratio(2, 1))), "0", None));
    for method in METHODS {
        let books = read(&ledger, &market, method);
        let subject = Subject::portfolio(&books);
        assert_eq!(of(&subject, &market), figures(["340", "0", "0"]));
        let gains = CapitalGains::new(&subject, &market, year(), Basis::OpeningValue, TradeCosts::Included);
        // 300 dollars were 240 euros at the opening: 240 x 1.6 - 300.
        assert_eq!(gains.unrealised_currency, known("84"));
    }
}

#[test]
fn what_events_bring_covers_shares_owed_at_its_part_of_the_opening_value() {
    let market = spinning();
    let ledger = Ledger::default()
        .buy("2010-01-04", "A", "10", "5")
        .sell("2011-05-02", "B", "3", "16")
        .booked("2011-06-01", spin_off("A", "B", ratio(1, 2), "0.2", "0"));
    for method in METHODS {
        let books = read(&ledger, &market, method);
        // Five of B have 60: three cover what brought 48, two end at 13.
        assert_eq!(holding(&books, &market, "B")[..2], [known("2"), known("12")]);
        assert_eq!(of(&Subject::portfolio(&books), &market), figures(["22", "12", "0"]));
        // The purchase hands three of B over that had 36 of the 60, at 14 each; the sale keeps 48 - 42.
        let lot = |place| of(&Subject::lot(&books, ledger.id(place)).expect("a lot"), &market);
        assert_eq!(lot(1), figures(["22", "-36", "42"]));
        assert_eq!(lot(2), figures(["0", "48", "-42"]));
    }
}

#[test]
fn a_lot_whose_shares_all_cover_others_is_paid_at_market_value() {
    let market = spinning();
    let ledger = Ledger::default()
        .buy("2010-01-04", "A", "10", "5")
        .sell("2011-05-02", "B", "5", "16")
        .booked("2011-06-01", spin_off("A", "B", ratio(1, 2), "0.2", "0"));
    for method in METHODS {
        let books = read(&ledger, &market, method);
        assert_eq!(of(&Subject::portfolio(&books), &market), figures(["20", "20", "0"]));
        let total = |place| {
            let [unrealised, realised, transferred] =
                of(&Subject::lot(&books, ledger.id(place)).expect("a lot"), &market);
            unrealised.expect("known") + realised.expect("known") + transferred.expect("known")
        };
        // 260 and 5 x 14 of 300; 80 less 5 x 14.
        assert_eq!([total(1), total(2)], ["30", "10"].map(decimal));
    }
}

#[test]
fn shares_that_cover_others_on_the_day_of_a_trade_change_no_return() {
    let market = market([
        ("A", quoted(&[("2010-01-04", 30.0), ("2011-06-01", 24.0)])),
        ("B", quoted(&[("2010-01-04", 12.0)])),
    ]);
    let ledger = Ledger::default()
        .buy("2010-01-04", "A", "10", "30")
        .sell("2011-05-02", "B", "3", "12")
        .booked("2011-06-01", spin_off("A", "B", ratio(1, 2), "0.2", "0"))
        .buy("2011-06-01", "A", "1", "24");
    let books = read(&ledger, &market, CostMethod::Fifo);
    for subject in [Subject::portfolio(&books), Subject::holdings(&books)] {
        let result = checked(&subject, &market, year());
        assert_eq!(result.gain, known("0"));
        assert!(close(&result.returns.time_weighted.map(|linked| linked.total), 0.0));
    }
}

#[test]
fn at_the_average_cost_a_purchase_covers_what_is_owed_before_it_adds_to_the_pool() {
    let market = market([("X", quoted(&[("2010-01-04", 16.0), ("2010-12-31", 20.0), ("2011-12-30", 13.0)]))]);
    let ledger = Ledger::default().sell("2010-01-04", "X", "3", "16").buy("2011-06-01", "X", "5", "14");
    for method in METHODS {
        let books = read(&ledger, &market, method);
        // Three owed at 20 are covered at 14; two end at 13.
        assert_eq!(holding(&books, &market, "X"), figures(["-2", "18", "0"]));
    }
}

#[test]
fn fractions_of_what_an_event_brings_are_paid_for_at_their_part_of_the_opening_value() {
    let market = spinning();
    let ledger = Ledger::default()
        .buy("2010-01-04", "A", "9", "5")
        .buy("2010-01-04", "B", "1.5", "10")
        .booked("2011-06-01", spin_off("A", "B", ratio(1, 2), "0.25", "8"));
    let gains = |method| {
        let books = read(&ledger, &market, method);
        assert_eq!(of(&Subject::portfolio(&books), &market)[2], known("0"));
        let [unrealised, realised, _] = holding(&books, &market, "B");
        [unrealised, realised]
    };
    // A gives 67.5 of its 270 to 4.5 of B; half a share is paid for, first of those that were worth 12.
    assert_eq!(gains(CostMethod::Fifo), [known("-8"), known("2")]);
    // Six are worth 18 + 67.5.
    assert_eq!(gains(CostMethod::Average), [known("-6.875"), known("0.875")]);
}

#[test]
fn what_is_owed_for_others_closes_what_is_held_at_its_part_of_the_opening_value() {
    let market = spinning();
    let ledger = Ledger::default()
        .sell("2010-01-04", "A", "2", "28")
        .buy("2010-01-04", "B", "10", "10")
        .booked("2011-06-01", merger("A", Some(("B", ratio(1, 1))), "0", None));
    for method in METHODS {
        let books = read(&ledger, &market, method);
        // The 60 of two owed pay for two of B that were worth 24; eight rose from 12 to 13.
        assert_eq!(holding(&books, &market, "B")[..2], [known("8"), known("36")]);
        assert_eq!(of(&Subject::portfolio(&books), &market), figures(["8", "36", "0"]));
    }
}

#[test]
fn the_gains_of_lots_sum_to_those_of_the_holdings() {
    let market = spinning();
    let ledger = Ledger::default()
        .buy("2010-01-04", "A", "10", "5")
        .buy("2011-01-10", "A", "10", "40")
        .booked("2011-06-01", spin_off("A", "B", ratio(1, 2), "0.2", "0"))
        .sell("2011-07-01", "B", "7", "15")
        .sell("2011-07-01", "A", "12", "25");
    let books = read(&ledger, &market, CostMethod::Fifo);
    let lot = |place| of(&Subject::lot(&books, ledger.id(place)).expect("a lot"), &market);
    // 300 at the opening: ten of A with 240 brought 250, five of B with 60 brought 75.
    assert_eq!(lot(1), figures(["0", "25", "0"]));
    // 400 paid: two of A with 64 brought 50 and eight end at 26; two of B with 32 brought 30 and three end at 13.
    assert_eq!(lot(2), figures(["-57", "-16", "0"]));
    assert_eq!(of(&Subject::holdings(&books), &market), figures(["-57", "9", "0"]));
}

#[test]
fn the_opening_value_that_cash_of_a_merger_has_is_unknown_where_its_part_is() {
    let market = market([("A", quoted(&[("2010-01-04", 30.0)]))]);
    let ledger = Ledger::default()
        .buy("2010-01-04", "A", "10", "5")
        .booked("2011-06-01", merger("A", Some(("B", ratio(2, 1))), "6", None));
    let books = read(&ledger, &market, CostMethod::Fifo);
    let subject = Subject::portfolio(&books);
    let gains = CapitalGains::new(&subject, &market, year(), Basis::OpeningValue, TradeCosts::Included);
    assert_eq!(gains.realised, Err(Reason::no_price(&symbol("B"))));
}
