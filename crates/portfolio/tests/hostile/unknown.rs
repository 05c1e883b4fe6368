//! Which figures must be unknown in which world, and which zeros are true.

use bellwether_portfolio::{
    Allocation, Assets, Benchmark, Contributions, Decisions, Period, PortfolioSeries, Reason, Report,
    Subject, performance,
};
use rust_decimal::Decimal;

use crate::world::{World, day, dec, symbol};
use crate::worlds;

fn reported(world: World) -> Report {
    let world = world.finished();
    let books = world.books().unwrap();
    Report::new(&books, &world.market, &PortfolioSeries::new(&books, &world.market))
}

#[test]
fn an_empty_portfolio_is_worth_nothing_and_has_no_rate() {
    for world in [worlds::empty(), worlds::before_the_first_booking()] {
        let report = reported(world);
        let (totals, returns) = (report.totals, report.returns);
        assert_eq!((totals.value, totals.total_gain), (Ok(Decimal::ZERO), Ok(Decimal::ZERO)));
        assert!(totals.unrealised_rate.is_err(), "{:?}", totals.unrealised_rate);
        assert!(totals.day_change.is_ok_and(|day| day.amount.is_zero() && day.rate.is_err()));
        assert!(returns.xirr.is_err() && returns.time_weighted.is_err());
        assert!(returns.simple.is_err() && returns.max_drawdown.is_err());
    }
}

#[test]
fn one_day_has_a_value_and_no_rate() {
    let world = worlds::one_day().finished();
    let report = reported(worlds::one_day());
    assert!(report.totals.value.is_ok());
    assert_eq!(report.returns.xirr, Err(Reason::TooShort));
    assert!(report.returns.max_drawdown.is_err());
    let annualised = report.returns.time_weighted.map(|linked| linked.annualised);
    assert!(!matches!(annualised, Ok(Ok(_))), "{annualised:?}");
    let books = world.books().unwrap();
    let benchmark = Benchmark::new(&symbol("BENCH"), &world.market, report.base, report.as_of).unwrap();
    let series = PortfolioSeries::new(&books, &world.market);
    let comparison = benchmark.against_portfolio(&books, &series).unwrap();
    assert!(comparison.xirr.is_err() && comparison.annualised_return.is_err());
}

#[test]
fn cash_alone_returns_a_true_nothing() {
    let report = reported(worlds::all_cash());
    assert_eq!(report.totals.value, Ok(dec("1000")));
    assert_eq!(report.totals.cost, Ok(Decimal::ZERO));
    assert!(report.totals.unrealised_rate.is_err(), "no cost to relate it to");
    assert_eq!(report.totals.day_change.map(|day| day.amount), Ok(Decimal::ZERO));
}

#[test]
fn a_holding_without_price_makes_its_sums_unknown() {
    for world in [worlds::nothing_priced(), worlds::negative_columns(), worlds::short_of_an_unpriced_share()]
    {
        let (name, free) = (world.name, world.ledger.len());
        let finished = world.finished();
        let books = finished.books().unwrap();
        let series = PortfolioSeries::new(&books, &finished.market);
        let report = Report::new(&books, &finished.market, &series);
        let holding = report.holding(&symbol("HELD")).unwrap();
        assert!(holding.price.is_err() && holding.value.is_err(), "{name} {free}: {:?}", holding.value);
        assert!(holding.unrealised.is_err() && holding.unrealised_rate.is_err() && holding.weight.is_err());
        assert!(holding.day_change.is_err() && holding.xirr.is_err() && holding.total_gain.is_err());
        let totals = &report.totals;
        assert_eq!(totals.unpriced, [symbol("HELD")]);
        assert!(totals.value.is_err() && totals.holdings_value.is_err() && totals.unrealised.is_err());
        assert!(totals.total_gain.is_err() && totals.day_change.is_err());
        let returns = &report.returns;
        assert!(returns.xirr.is_err() && returns.time_weighted.is_err() && returns.simple.is_err());
        assert!(series.gap.is_some());
        assert!(Assets::new(&[&books], &finished.market).is_err());
        let period = Period::since(day("2023-01-01"), finished.as_of).unwrap();
        for subject in [Subject::portfolio(&books), Subject::holdings(&books)] {
            let found = performance(&subject, &finished.market, period);
            assert!(found.closing.is_err() && found.gain.is_err(), "{name}: {found:?}");
            assert!(found.returns.money_weighted.is_err() && found.returns.time_weighted.is_err());
            assert!(found.returns.modified_dietz.is_err() && found.returns.simple.is_err());
            assert!(found.returns.on_purchases.is_err());
        }
    }
}

#[test]
fn a_currency_without_rate_makes_money_unknown() {
    let world = worlds::currency_without_rate().finished();
    let report = reported(worlds::currency_without_rate());
    let holding = report.holding(&symbol("HELD")).unwrap();
    assert!(holding.price.is_ok() && holding.exchange_rate.is_err());
    assert!(holding.cost.is_err() && holding.value.is_err() && holding.income.is_err());
    let totals = &report.totals;
    assert!(totals.cost.is_err() && totals.value.is_err() && totals.cash.is_err() && totals.income.is_err());
    assert!(totals.deposits.is_err() && totals.fees.is_err() && totals.total_gain.is_err());
    assert!(Benchmark::new(&symbol("BENCH"), &world.market, report.base, report.as_of).is_err());
}

#[test]
fn a_price_of_zero_from_the_user_is_a_known_loss() {
    let report = reported(worlds::write_off());
    let holding = report.holding(&symbol("HELD")).unwrap();
    assert_eq!(holding.value, Ok(Decimal::ZERO));
    assert_eq!(holding.unrealised, Ok(dec("-100")));
    assert_eq!(holding.unrealised_rate, Ok(-1.0));
    assert!(holding.weight.is_err(), "a part of nothing: {:?}", holding.weight);
    assert_eq!(report.totals.value, Ok(Decimal::ZERO));
    assert_eq!(report.returns.simple, Ok(-1.0));
    assert_eq!(report.returns.xirr.map(|rate| rate.annual), Ok(-1.0));
    assert_eq!(report.returns.time_weighted.map(|linked| linked.total), Ok(-1.0));
    let world = worlds::write_off().finished();
    let books = world.books().unwrap();
    let assets = Assets::new(&[&books], &world.market);
    assert!(assets.and_then(|assets| Allocation::by_holding(&assets)).is_err(), "weights of nothing");
}

#[test]
fn free_shares_have_a_gain_and_no_rate() {
    let report = reported(worlds::free_shares());
    let holding = report.holding(&symbol("HELD")).unwrap();
    assert_eq!(holding.unrealised, holding.value);
    assert!(holding.unrealised_rate.is_err() && holding.xirr.is_err(), "{:?}", holding.xirr);
}

#[test]
fn what_a_spin_off_or_merger_left_without_price_is_unknown() {
    for world in [worlds::merged_into_the_unknown(), worlds::spun_off_without_cost()] {
        let name = world.name;
        let report = reported(world);
        let spun = report.holding(&symbol("SPUN")).unwrap();
        assert!(spun.value.is_err() && spun.weight.is_err() && spun.total_gain.is_err(), "{name}: {spun:?}");
        assert!(report.totals.value.is_err() && report.totals.total_gain.is_err(), "{name}");
        assert!(report.returns.xirr.is_err() && report.returns.time_weighted.is_err(), "{name}");
    }
    let merged = reported(worlds::merged_into_the_unknown());
    let spun = merged.holding(&symbol("SPUN")).unwrap();
    assert!(spun.cost.is_err(), "the part of the cost that belongs to the cash: {:?}", spun.cost);
}

#[test]
fn decisions_about_what_has_no_price_are_unknown() {
    let world = worlds::nothing_priced().sell("2023-03-01", "HELD", "4", "0").finished();
    let books = world.books().unwrap();
    let decisions = Decisions::new(&books, &world.market, &[]);
    assert!(!decisions.sales.is_empty());
    for sale in decisions.sales {
        assert!(sale.kept_value.is_err() && sale.effect.is_err(), "{sale:?}");
    }
}

#[test]
fn a_benchmark_that_starts_after_the_end_compares_nothing() {
    let world = worlds::benchmark_after_the_end().finished();
    let benchmark = Benchmark::new(&symbol("BENCH"), &world.market, world.options.base, world.as_of);
    assert_eq!(benchmark.err(), Some(Reason::no_price(&symbol("BENCH"))));
}

#[test]
fn a_benchmark_that_is_the_holding_is_neither_ahead_nor_behind() {
    let world = worlds::benchmark_is_the_holding().finished();
    let books = world.books().unwrap();
    let benchmark = Benchmark::new(&symbol("BENCH"), &world.market, world.options.base, world.as_of).unwrap();
    let position = books.position(&symbol("BENCH")).unwrap();
    let comparison = benchmark.against_position(position, &world.market).unwrap();
    // Bought at 10, not at the close of 2 January 2023: the benchmark buys 100 at the close.
    let closes = world.market.instrument(&symbol("BENCH")).unwrap();
    let on = |on| {
        let price: f64 = closes.price_on(day(on)).unwrap().price.to_string().parse().unwrap();
        price
    };
    let (bought, last) = (on("2023-01-02"), on("2024-06-03"));
    assert!((comparison.value - 100.0 / bought * last).abs() < 1e-9);
    assert!((comparison.own_value - 10.0 * last).abs() < 1e-9);
}

#[test]
fn what_is_past_the_ledger_is_not_known_yet() {
    let world = worlds::huge_position().finished();
    let books = world.books().unwrap();
    let to_come = Period::new(day("2024-06-03"), day("2025-06-03")).unwrap();
    for subject in [Subject::portfolio(&books), Subject::holdings(&books)] {
        let found = performance(&subject, &world.market, to_come);
        assert_eq!(found.closing, Err(Reason::NotYetKnown { as_of: day("2024-06-03") }));
        let (parts, flows) = (&found.parts, &found.flows);
        assert!(found.gain.is_err() && found.returns.simple.is_err());
        assert!(flows.net.is_err() && flows.paid_in.is_err() && flows.paid_out.is_err());
        assert!(parts.income.net.is_err() && parts.income.gross.is_err());
        assert!(parts.fees.total.is_err() && parts.taxes.total.is_err() && parts.taxes_left_out.is_err());
        assert!(parts.capital_gains.total().is_err() && parts.cash_currency_gain.is_err());
    }
    let series = PortfolioSeries::new(&books, &world.market);
    for from in ["2024-06-03", "2025-06-03"] {
        let to_come = Period::new(day(from), day("2026-06-03")).unwrap();
        let found = Contributions::new(&books, &world.market, &series, to_come);
        let unknown = found.gain.is_err() && found.time_weighted.is_err() && found.simple.is_err();
        assert!(unknown, "{found:?}");
    }
}

#[test]
fn a_period_before_the_ledger_has_a_true_nothing_and_no_rate() {
    let world = worlds::one_day().finished();
    let books = world.books().unwrap();
    let before = Period::new(day("2022-01-01"), day("2023-01-01")).unwrap();
    let found = performance(&Subject::portfolio(&books), &world.market, before);
    assert_eq!(
        (found.opening, found.closing, found.gain),
        (Ok(Decimal::ZERO), Ok(Decimal::ZERO), Ok(Decimal::ZERO))
    );
    let returns = found.returns;
    assert!(returns.money_weighted.is_err() && returns.time_weighted.is_err(), "{returns:?}");
    assert!(returns.modified_dietz.is_err() && returns.simple.is_err() && returns.on_purchases.is_err());
}

#[test]
fn the_largest_and_the_smallest_positions_are_exact() {
    // 10^12 at 10^15 bought, all but 10^-9 of it sold at 10^12: what is left is worth 10^-9 times 10^15.
    let huge = reported(worlds::huge_position());
    assert_eq!(huge.holding(&symbol("HELD")).unwrap().value, Ok(dec("1000000")));
    // 3 * 10^-9 bought at 10^-12, a third sold: 2 * 10^-9 at 2 * 10^-12.
    let tiny = reported(worlds::tiny_position());
    let held = tiny.holding(&symbol("HELD")).unwrap();
    assert_eq!(held.value, Ok(dec("0.000000000000000000004")));
    assert_eq!(held.cost, Ok(dec("0.000000000000000000002")));
    assert_eq!(held.unrealised_rate, Ok(1.0));
}
