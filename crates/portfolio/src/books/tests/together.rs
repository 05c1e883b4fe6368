use bellwether_domain::{Booking, TransactionId};
use proptest::prelude::*;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::testing::random_ledger::{Case, cases};
use crate::testing::{Ledger, date, decimal, market, options, quoted, ratio, spin_off, symbol, trade};
use crate::{
    Basis, Benchmark, Books, CapitalGains, Change, Contributions, Decisions, Figure, Market, Options, Period,
    PortfolioSeries, PriceOrigin, Reason, Report, Subject, TradeCosts, WhatIf, WhatIfError, performance,
};

const AS_OF: &str = "2024-01-10";

/// AAPL from 10 to 12 to 15, the index from 100 to 110.
fn world() -> Market {
    market([
        ("AAPL", quoted(&[("2024-01-02", 10.0), ("2024-01-04", 12.0), ("2024-01-10", 15.0)])),
        ("VOO", quoted(&[("2024-01-02", 100.0), ("2024-01-10", 110.0)])),
    ])
}

/// The same lines with other identifiers: those of another portfolio.
fn another(mut ledger: Ledger) -> Ledger {
    for (number, transaction) in ledger.0.iter_mut().enumerate() {
        transaction.id = TransactionId::from_uuid(Uuid::from_u128(1_000 + number as u128));
    }
    ledger
}

/// Ten shares are bought at 10, four of them go to the other portfolio for a fee of 1 there, which buys five more at 12
/// and is sent 20 in cash.
fn two() -> [Ledger; 2] {
    let moved = || trade("AAPL", "4", "10", "0").quantity;
    let (none, lots) = (decimal("0"), Vec::new());
    let leaves = Booking::TransferOut { symbol: symbol("AAPL"), quantity: moved(), fee: none, lots };
    let (unit_cost, fee) = (decimal("10"), decimal("1"));
    let arrives =
        Booking::TransferIn { symbol: symbol("AAPL"), quantity: moved(), unit_cost, fee, acquired: None };
    let amount = decimal("20");
    let first = Ledger::default()
        .booked("2024-01-02", Booking::Deposit { amount: decimal("120") })
        .buy("2024-01-02", "AAPL", "10", "10")
        .booked("2024-01-04", leaves)
        .booked("2024-01-04", Booking::Withdrawal { amount });
    let second = Ledger::default()
        .booked("2024-01-04", Booking::Deposit { amount })
        .booked("2024-01-04", arrives)
        .buy("2024-01-05", "AAPL", "5", "12");
    [first, another(second)]
}

fn books(ledgers: &[Ledger; 2], market: &Market) -> [Books; 2] {
    ledgers.each_ref().map(|ledger| ledger.books(market, AS_OF))
}

#[test]
fn what_one_portfolio_sends_to_another_crosses_no_border() {
    let market = world();
    let [first, second] = books(&two(), &market);
    let whole = Books::together(&[&first, &second]).expect("one");
    let report = Report::new(&whole, &market, &PortfolioSeries::new(&whole, &market));
    let totals = &report.totals;
    assert_eq!(report.holding(&symbol("AAPL")).map(|holding| holding.quantity), Some(decimal("15")));
    // 120 at first; the second portfolio has 20 - 1 for shares of 60, so that 41 are inferred.
    assert_eq!(totals.net_deposits, Ok(decimal("161")));
    assert_eq!(totals.net_transfers, Ok(Decimal::ZERO));
    assert_eq!((&totals.value, &totals.cash), (&Ok(decimal("225")), &Ok(Decimal::ZERO)));
    // 15 x 15 - 161; the fee of the transfer is in the cost.
    assert_eq!((&totals.cost, &totals.total_gain), (&Ok(decimal("161")), &Ok(decimal("64"))));
    let period = Period::new(date("2024-01-01"), date(AS_OF)).expect("a period");
    let of_set = performance(&Subject::portfolios(&[&first, &second]).expect("one"), &market, period);
    let together = performance(&Subject::portfolio(&whole), &market, period);
    assert_eq!((together.gain, together.flows), (of_set.gain, of_set.flows));
}

#[test]
fn the_gains_of_a_set_add_up_through_moves_and_events() {
    let market = market([
        ("AAPL", quoted(&[("2024-01-02", 10.0), ("2024-01-04", 12.0), ("2024-01-08", 9.0)])),
        ("B", quoted(&[("2024-01-02", 4.0), ("2024-01-10", 5.0)])),
    ]);
    let [first, Ledger(mut lines)] = two();
    let spun_off = spin_off("AAPL", "B", ratio(1, 1), "0.25", "0");
    lines.extend(another(Ledger(lines.clone()).booked("2024-01-08", spun_off)).0.pop());
    let [first, second] = books(&[first, Ledger(lines)], &market);
    let whole = Books::together(&[&first, &second]).expect("one");
    let subjects =
        [Subject::portfolio(&whole), Subject::portfolios(&[&first, &second]).expect("one currency")];
    let gains = |from, basis| {
        let period = Period::new(date(from), date(AS_OF)).expect("a period");
        let [one, other] = subjects.each_ref().map(|subject| {
            let gains = CapitalGains::new(subject, &market, period, basis, TradeCosts::Included);
            let result = performance(subject, &market, period);
            assert_eq!(result.parts.sum_with(&gains), result.gain, "{from} {basis:?}");
            [gains.unrealised, gains.realised, gains.transferred]
        });
        assert_eq!(one, other);
        one
    };
    let known = |amounts: [&str; 3]| amounts.map(|amount| Ok(decimal(amount)));
    // Fifteen at 9 and nine of B at 5 cost 161.
    assert_eq!(gains("2024-01-01", Basis::PurchaseCost), known(["19", "0", "0"]));
    // Fifteen worth 12 each have become fifteen at 9 and nine at 5.
    assert_eq!(gains("2024-01-05", Basis::OpeningValue), known(["0", "0", "0"]));
}

#[test]
fn decisions_are_those_of_each_portfolio() {
    let market = world();
    let [first, second] = books(&two(), &market);
    let voo = Benchmark::new(&symbol("VOO"), &market, options().base, date(AS_OF)).expect("a benchmark");
    let decisions = Decisions::of_set(&[&first, &second], &market, std::slice::from_ref(&voo)).expect("one");
    let effects: Vec<_> = decisions.purchases.iter().map(|purchase| purchase.effect.clone()).collect();
    // 6 x 15 and 4 that left at 12, for 100; 5 x (15 - 12).
    assert_eq!(effects, [Ok(decimal("38")), Ok(decimal("15"))]);
    // What was sent from one to the other was bought once: 225 of 160.
    let [holding] = decisions.holdings.as_slice() else { panic!("one holding") };
    assert_eq!((&holding.cost, &holding.returned), (&Ok(decimal("160")), &Ok(decimal("225"))));
    let only = Decisions::of_set(&[&first], &market, std::slice::from_ref(&voo));
    assert_eq!(only, Ok(Decisions::new(&first, &market, &[voo])));
}

#[test]
fn a_change_in_one_portfolio_leaves_the_others_as_they_are() {
    let (ledgers, market) = (two(), world());
    let set = ledgers.each_ref().map(|ledger| (ledger.0.as_slice(), options()));
    let what_if = WhatIf::of_set(&set, &market, Some(symbol("VOO")), date(AS_OF)).expect("ledgers");
    let unbought = what_if.with_in(1, &[Change::Remove(ledgers[1].id(3))]).expect("a ledger");
    // Five shares fewer, and no deposit of 41 for them: 19 are left of the 20.
    assert_eq!(unbought.after.value, Ok(decimal("169")));
    assert_eq!(unbought.difference.net_deposits, Ok(decimal("-41")));
    assert_eq!(unbought.difference.total_gain, Ok(decimal("-15")));
    assert_eq!(what_if.with_in(1, &[]).expect("a ledger").after, *what_if.before());
    let elsewhere = what_if.with_in(0, &[Change::Remove(ledgers[1].id(3))]);
    assert!(matches!(elsewhere, Err(WhatIfError::Change(_))), "it is no booking of the first portfolio");
    assert!(matches!(what_if.with_in(2, &[]), Err(WhatIfError::NoPortfolio(2))));

    let only = WhatIf::of_set(&set[..1], &market, Some(symbol("VOO")), date(AS_OF)).expect("a ledger");
    let single = WhatIf::new(set[0].0, &market, &options(), Some(symbol("VOO")), date(AS_OF));
    assert_eq!(only.before(), single.expect("a ledger").before());
}

#[test]
fn portfolios_of_different_currencies_or_days_are_not_one() {
    let (market, [ledger, _]) = (world(), two());
    let dollars = ledger.books(&market, AS_OF);
    let euros = Options::new(bellwether_domain::Currency::EUR);
    let euros = Books::replay(&[], &market, &euros, date(AS_OF)).expect("books");
    assert_eq!(Books::together(&[&dollars, &euros]).err(), Some(Reason::MixedCurrencies));
    assert_eq!(Books::together(&[]).err(), Some(Reason::NotHeld));
    let earlier = ledger.books(&market, "2024-01-05");
    let as_of = date("2024-01-05");
    assert_eq!(Books::together(&[&dollars, &earlier]).err(), Some(Reason::NotYetKnown { as_of }));
    assert!(WhatIf::of_set(&[], &market, None, as_of).is_err());
}

fn sum(parts: [&Figure<Decimal>; 2]) -> Figure<Decimal> {
    crate::figure::total(parts)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(1_000), ..ProptestConfig::default() })]

    #[test]
    fn the_figures_of_a_set_are_the_sums_of_its_portfolios(one in cases(), other in cases()) {
        let (market, as_of) = (one.market(), Case::as_of());
        let first = one.ledger(&market, one.options(), as_of);
        let second = another(other.ledger(&market, other.options(), as_of));
        let replay = |ledger: &Ledger, options| {
            Books::replay(&ledger.0, &market, &options, as_of).expect("books")
        };
        let (first, second) = (replay(&first, one.options()), replay(&second, other.options()));
        let whole = Books::together(&[&first, &second]).expect("one currency");
        let report = |books: &Books| Report::new(books, &market, &PortfolioSeries::new(books, &market));
        let [first_report, second_report, all] = [&first, &second, &whole].map(report);
        let (a, b, both) = (&first_report.totals, &second_report.totals, &all.totals);
        let mut pairs = vec![
            ("cost", sum([&a.cost, &b.cost]), &both.cost),
            ("realised", sum([&a.realised, &b.realised]), &both.realised),
            ("income", sum([&a.income, &b.income]), &both.income),
            ("charges", sum([&a.charges, &b.charges]), &both.charges),
            ("fees", sum([&a.fees, &b.fees]), &both.fees),
            ("taxes", sum([&a.taxes, &b.taxes]), &both.taxes),
            ("cash", sum([&a.cash, &b.cash]), &both.cash),
            ("deposits", sum([&a.net_deposits, &b.net_deposits]), &both.net_deposits),
        ];
        // Where the market has no price, that of the last booking of any portfolio holds for all.
        let booked = |report: &Report| {
            let prices = report.open_holdings().map(|holding| holding.price.as_ref());
            prices.flatten().any(|price| price.origin == PriceOrigin::Booked)
        };
        // A split that only one ledger records is one of the instrument: it carries prices for both.
        let mut positions = whole.positions().iter();
        let splits_agree = positions.all(|position| {
            [&first, &second].iter().all(|books| {
                books.position(&position.symbol).is_none_or(|own| own.splits == position.splits)
            })
        });
        if !booked(&first_report) && !booked(&second_report) && splits_agree {
            pairs.push(("value", sum([&a.value, &b.value]), &both.value));
            pairs.push(("gain", sum([&a.total_gain, &b.total_gain]), &both.total_gain));
        }
        for (name, parts, whole) in pairs {
            prop_assert_eq!(parts.is_ok(), whole.is_ok(), "{}", name);
            if let (Ok(parts), Ok(whole)) = (parts, whole) {
                let apart = (parts - whole).abs();
                prop_assert!(apart <= Decimal::new(1, 15), "{name}: {parts} and {whole}");
            }
        }
        for position in whole.positions() {
            let (last, lots) = (position.quantity_on(as_of), position.lots.iter().map(|lot| lot.quantity));
            prop_assert_eq!(position.quantity, last);
            prop_assert_eq!(position.quantity, lots.sum::<Decimal>());
        }
        prop_assert!(whole.cash().entries.iter().all(|entry| entry.balance >= Decimal::ZERO));
    }

    #[test]
    fn contributions_of_a_set_sum_to_its_result(one in cases(), other in cases(), days in 1..300_u64) {
        let (market, as_of) = (one.market(), Case::as_of());
        let first = one.ledger(&market, one.options(), as_of);
        let second = another(other.ledger(&market, other.options(), as_of));
        let replay = |ledger: &Ledger, options| {
            Books::replay(&ledger.0, &market, &options, as_of).expect("books")
        };
        let (first, second) = (replay(&first, one.options()), replay(&second, other.options()));
        let period = Period::new(as_of - chrono::Days::new(days), as_of).expect("a period");
        let contributions = |books: &Books| {
            Contributions::new(books, &market, &PortfolioSeries::new(books, &market), period)
        };
        let whole = Books::together(&[&first, &second]).expect("one currency");
        let all = contributions(&whole);
        let known = performance(&Subject::portfolio(&whole), &market, period);
        if let (Ok(gain), Ok(expected)) = (&all.gain, &known.gain) {
            prop_assert!((gain - expected).abs() <= Decimal::new(1, 12), "{gain} and {expected}");
            for basis in [Basis::PurchaseCost, Basis::OpeningValue] {
                let gains =
                    CapitalGains::new(&Subject::portfolio(&whole), &market, period, basis, TradeCosts::Included);
                if let Ok(sum) = known.parts.sum_with(&gains) {
                    prop_assert!((sum - expected).abs() <= Decimal::new(1, 12), "{basis:?} {sum} {expected}");
                }
            }
        }
        let parts: Figure<Vec<f64>> = all.lines.iter().map(|line| line.time_weighted.clone()).collect();
        if let (Ok(parts), Ok(whole)) = (parts, &all.time_weighted) {
            let size = parts.iter().fold(1.0, |size: f64, part| size.max(part.abs()));
            prop_assert!((parts.iter().sum::<f64>() - whole).abs() <= 1e-9 * size, "{parts:?} and {whole}");
        }
        let alone = Books::together(&[&first]).expect("one");
        prop_assert_eq!(format!("{:?}", contributions(&alone)), format!("{:?}", contributions(&first)));
    }
}
