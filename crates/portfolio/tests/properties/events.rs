//! What must hold when companies split, spin off, merge and change their names.

use std::collections::BTreeSet;

use bellwether_domain::CostMethod;
use bellwether_portfolio::{
    Basis, Books, CapitalGains, ExternalFlow, ExternalKind, HoldingPeriod, Period, Subject, TaxYearReport,
    TradeCosts, performance, tax_year,
};
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::event_world::*;
use crate::world::{METHODS, SPAN, day, last_day, many, report};

fn periods() -> impl Strategy<Value = Period> {
    (0..SPAN - 1, 1..SPAN)
        .prop_map(|(from, length)| Period::new(day(from), day((from + length).min(SPAN))).unwrap())
}

/// Quantities keep 15 decimals: times prices, bookings and lots, not more.
fn alike(left: Decimal, right: Decimal) -> bool {
    (left - right).abs() < Decimal::new(1, 10)
}

/// Shares from elsewhere less shares to elsewhere, at market value.
fn transferred(books: &Books) -> Decimal {
    let is_transfer =
        |flow: &&ExternalFlow| matches!(flow.kind, ExternalKind::TransferIn | ExternalKind::TransferOut);
    books.external_flows().iter().filter(is_transfer).map(|flow| flow.amount.clone().unwrap()).sum()
}

proptest! {
    #![proptest_config(many())]

    /// With prices that fit nothing is gained over any period: value before an event is value after it with its cash.
    #[test]
    fn events_make_and_destroy_no_value(
        world in event_worlds(true),
        period in periods(),
        method in prop::sample::select(&METHODS),
    ) {
        let (market, ledger) = (world.market(), world.ledger(method));
        let books = event_books(&ledger, &market, method, last_day());
        let mut subjects = vec![Subject::portfolio(&books), Subject::holdings(&books)];
        for position in books.positions() {
            subjects.push(Subject::holding(&[&books], &position.symbol).unwrap());
            let lots = position.opened.iter().map(|lot| lot.transaction);
            subjects.extend(lots.map(|lot| Subject::lot(&books, lot).unwrap()));
        }
        for (place, subject) in subjects.iter().enumerate() {
            let result = performance(subject, &market, period);
            let gain = result.gain.unwrap();
            // What a sale leaves below 0.000000001 of a share goes with it, at prices of at most a hundred.
            prop_assert!(gain.abs() < Decimal::new(1, 6), "{place} {gain}");
            // What one holding alone hands over on the day of a purchase dilutes its rate, as a dividend does.
            if place < 2 && let Ok(linked) = result.returns.time_weighted {
                prop_assert!(linked.total.abs() < 1e-6, "{place} {}", linked.total);
            }
        }
    }

    #[test]
    fn total_gain_is_the_sum_of_its_parts_through_events(
        world in event_worlds(false),
        method in prop::sample::select(&METHODS),
    ) {
        let market = world.market();
        let books = event_books(&world.ledger(method), &market, method, last_day());
        let totals = report(&books, &market).totals;
        let total_gain = totals.total_gain.unwrap();
        let by_parts = totals.realised.unwrap() + totals.unrealised.unwrap() + totals.income.unwrap()
            - totals.charges.unwrap()
            + totals.cash_currency_gain.unwrap();
        prop_assert!(alike(total_gain, by_parts), "{total_gain} {by_parts}");
        let by_money = totals.value.unwrap() - totals.net_deposits.unwrap() - totals.net_transfers.unwrap();
        let carried: Decimal = books
            .positions()
            .iter()
            .flat_map(|position| &position.transfers)
            .map(|transfer| {
                let cost = transfer.cost().base.unwrap();
                if transfer.arrives { cost } else { -cost }
            })
            .sum();
        // Shares from and to elsewhere come and go at market value, but gain from what they cost.
        let brought = transferred(&books) - carried;
        prop_assert!(alike(total_gain, by_money + brought), "{total_gain} {by_money} {brought}");
        for position in books.positions() {
            let lots: Decimal = position.lots.iter().map(|lot| lot.quantity).sum();
            prop_assert_eq!(lots, position.quantity);
        }
    }

    #[test]
    fn the_parts_of_any_period_s_gain_add_up_through_events(
        world in event_worlds(false),
        period in periods(),
        method in prop::sample::select(&METHODS),
    ) {
        let market = world.market();
        let books = event_books(&world.ledger(method), &market, method, last_day());
        let mut subjects = vec![Subject::portfolio(&books), Subject::holdings(&books).before_tax()];
        for position in books.positions() {
            subjects.push(Subject::holding(&[&books], &position.symbol).unwrap());
            let lots = position.opened.iter().map(|lot| lot.transaction);
            subjects.extend(lots.map(|lot| Subject::lot(&books, lot).unwrap()));
        }
        for (place, subject) in subjects.iter().enumerate() {
            let result = performance(subject, &market, period);
            let gain = result.gain.unwrap();
            for basis in [Basis::PurchaseCost, Basis::OpeningValue] {
                let gains = |costs| CapitalGains::new(subject, &market, period, basis, costs);
                let after = result.parts.sum_with(&gains(TradeCosts::Included)).unwrap();
                let before = result.parts.sum_before_costs_with(&gains(TradeCosts::LeftOut)).unwrap();
                prop_assert!(alike(gain, after), "{place} {basis:?} {gain} {after}");
                prop_assert!(alike(gain, before), "{place} {basis:?} {gain} {before}");
            }
        }
        // What events move stays in the portfolio with all its cost, wherever that counts from.
        let is_moved = |flow: &ExternalFlow| {
            period.contains(flow.date) && matches!(flow.kind, ExternalKind::TransferIn | ExternalKind::TransferOut)
        };
        if !books.external_flows().iter().any(is_moved) {
            let (basis, costs) = (Basis::OpeningValue, TradeCosts::Included);
            let moved = CapitalGains::new(&subjects[0], &market, period, basis, costs).transferred.unwrap();
            prop_assert!(alike(moved, Decimal::ZERO), "{moved}");
        }
    }

    #[test]
    fn lots_sum_to_their_holding_through_events(
        world in event_worlds(false),
        period in periods(),
        method in prop::sample::select(&METHODS),
    ) {
        let market = world.market();
        let books = event_books(&world.ledger(method), &market, method, last_day());
        for position in books.positions() {
            let whole = performance(&Subject::holding(&[&books], &position.symbol).unwrap(), &market, period);
            let mut sum = [Decimal::ZERO; 3];
            let mut lots: Vec<_> = position.opened.iter().map(|lot| lot.transaction).collect();
            lots.sort();
            lots.dedup();
            for lot in lots {
                let alone = position.of_lot(lot, method).unwrap().unwrap();
                let value = |on| alone.value_on(on, &market, books.options().base).unwrap();
                let paid_in: Decimal = alone
                    .flows
                    .iter()
                    .filter(|flow| period.contains(flow.date))
                    .map(|flow| flow.amount.clone().unwrap())
                    .sum();
                let (opening, closing) = (value(period.from), value(period.to));
                sum = [sum[0] + opening, sum[1] + closing, sum[2] + closing - opening - paid_in];
            }
            let (opening, closing, gain) = (whole.opening.unwrap(), whole.closing.unwrap(), whole.gain.unwrap());
            prop_assert!(alike(sum[0], opening), "{} {opening}", sum[0]);
            prop_assert!(alike(sum[1], closing), "{} {closing}", sum[1]);
            let first = position.changes.first().map(|first| first.date);
            let is_earned = position.income.iter().all(|paid| first.is_some_and(|first| first < paid.date));
            prop_assert!(!is_earned || alike(sum[2], gain), "{} {gain}", sum[2]);
        }
    }

    /// Each part of it, at the average cost only all of them together.
    #[test]
    fn the_capital_gains_of_lots_sum_to_those_of_the_holdings_through_events(
        world in event_worlds(false),
        period in periods(),
        method in prop::sample::select(&METHODS),
    ) {
        let market = world.market();
        let books = event_books(&world.ledger(method), &market, method, last_day());
        // What a transfer brings may cover what is owed without opening a lot.
        let moved = books.positions().iter().flat_map(|position| &position.transfers);
        let opened = books.positions().iter().flat_map(|position| &position.opened);
        let opened = opened.chain(moved.flat_map(|moved| &moved.lots));
        let opened: BTreeSet<_> = opened.map(|lot| lot.transaction).collect();
        for basis in [Basis::PurchaseCost, Basis::OpeningValue] {
            let parts = |subject: &Subject<'_>| {
                let gains = CapitalGains::new(subject, &market, period, basis, TradeCosts::Included);
                [gains.total().unwrap(), gains.unrealised.unwrap(), gains.realised.unwrap()]
            };
            let whole = parts(&Subject::holdings(&books));
            let lots = opened.iter().map(|lot| parts(&Subject::lot(&books, *lot).unwrap()));
            let sum = lots.fold([Decimal::ZERO; 3], |sum, of| [0, 1, 2].map(|part| sum[part] + of[part]));
            for part in 0..if method == CostMethod::Average { 1 } else { 3 } {
                prop_assert!(alike(sum[part], whole[part]), "{basis:?} {part} {sum:?} {whole:?}");
            }
        }
    }

    /// Whatever an event pays for, some closed lot has it.
    #[test]
    fn what_is_realised_is_what_the_closed_lots_gained_through_events(
        world in event_worlds(false),
        method in prop::sample::select(&METHODS),
    ) {
        let market = world.market();
        let books = event_books(&world.ledger(method), &market, method, last_day());
        let mut realised = Decimal::ZERO;
        for position in books.positions() {
            for sale in &position.sales {
                let closed: Decimal = position.closed_by(sale).iter().map(|lot| lot.gain().unwrap()).sum();
                prop_assert!(alike(closed, sale.gain().unwrap()), "{closed} {sale:?}");
            }
            let closed: Decimal = position.closed_lots.iter().map(|lot| lot.gain().unwrap()).sum();
            let of_position = position.realised(None).unwrap();
            prop_assert!(alike(closed, of_position), "{} {closed} {of_position}", position.symbol);
            realised += of_position;
        }
        let gains = [2021, 2022, 2023].map(|year| {
            let year = tax_year(year, 1, 1).unwrap();
            let report = TaxYearReport::new(&[&books], year, HoldingPeriod::MoreThanAYear).unwrap();
            report.realised.gain.unwrap()
        });
        prop_assert!(alike(gains.iter().sum(), realised), "{gains:?} {realised}");
    }

    #[test]
    fn the_order_of_insertion_does_not_matter_to_events(
        world in event_worlds(false),
        rotation in 0..30_usize,
        method in prop::sample::select(&METHODS),
    ) {
        let market = world.market();
        let straight = world.ledger(method);
        let mut shuffled = straight.clone();
        let by = rotation % shuffled.len();
        shuffled.rotate_left(by);
        shuffled.reverse();
        let of = |ledger| event_books(ledger, &market, method, last_day());
        let (straight, shuffled) = (of(&straight), of(&shuffled));
        prop_assert_eq!(&straight.cash().entries, &shuffled.cash().entries);
        prop_assert_eq!(straight.external_flows(), shuffled.external_flows());
        for (one, other) in straight.positions().iter().zip(shuffled.positions()) {
            prop_assert_eq!((&one.symbol, &one.lots, &one.sales), (&other.symbol, &other.lots, &other.sales));
            prop_assert_eq!((&one.flows, &one.transfers), (&other.flows, &other.transfers));
        }
    }

    /// A company that is called by its last name from the start has the same books.
    #[test]
    fn a_chain_of_ticker_changes_changes_nothing_but_names(
        world in event_worlds(false),
        method in prop::sample::select(&METHODS),
    ) {
        let market = world.market();
        let renamed = world.ledger(method);
        let plain = world.never_renamed().ledger(method);
        let of = |ledger| event_books(ledger, &market, method, last_day());
        let (renamed, plain) = (of(&renamed), of(&plain));
        prop_assert_eq!(&renamed.cash().entries, &plain.cash().entries);
        prop_assert_eq!(report(&renamed, &market).totals, report(&plain, &market).totals);
    }
}
