//! A benchmark beside a portfolio of itself.

use bellwether_domain::{Booking, CostMethod, Currency, Quantity, Trade, epoch_day};
use bellwether_portfolio::{Benchmark, Component, CustomIndex, PortfolioSeries, Rebalancing, Report};
use chrono::NaiveDate;
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::world::*;

proptest! {
    #![proptest_config(many())]

    #[test]
    fn a_portfolio_of_the_benchmark_alone_with_reinvested_dividends_equals_it(
        world in worlds(),
        purchases in prop::collection::vec((0..SPAN - 10, 1..900_i64), 1..8),
    ) {
        let market = World { splits: world.splits.clone(), dividends: world.dividends.clone(), ..world }.market();
        let apple = market.instrument(&symbol(0)).unwrap().clone();
        let mut bookings: Vec<(NaiveDate, Booking)> = Vec::new();
        for (offset, shares) in purchases {
            let quoted = apple.prices().columns().days.iter().find(|at| **at >= epoch_day(day(offset))).copied();
            let date = bellwether_domain::from_epoch_day(quoted.unwrap());
            let price = apple.price_on(date).unwrap().price;
            let quantity = Quantity::new(shares.into()).unwrap();
            let zero = Decimal::ZERO;
            bookings.push((date, Booking::Buy(Trade { symbol: symbol(0), quantity, price, fee: zero, tax: zero })));
        }
        // Reinvest each dividend at the close of its ex-date, or the next one, to nine decimals.
        for dividend in apple.dividends() {
            let Some(at) = apple.prices().columns().days.iter().find(|at| **at >= epoch_day(dividend.ex_date)) else {
                continue;
            };
            let date = bellwether_domain::from_epoch_day(*at);
            let so_far = as_ledger(&bookings);
            let position = books(&so_far, &market, CostMethod::Fifo, date);
            let units =
                position.position(&symbol(0)).map_or(Decimal::ZERO, |held| held.quantity_before(dividend.ex_date));
            let price = apple.price_on(date).unwrap().price;
            let gross = units * dividend.amount;
            let Ok(quantity) = Quantity::new((gross / price).round_dp(9)) else { continue };
            let zero = Decimal::ZERO;
            let purchase = Trade { symbol: symbol(0), quantity, price, fee: zero, tax: zero };
            bookings.push((date, Booking::Reinvestment { purchase, gross, withheld: zero }));
        }
        let books = books(&as_ledger(&bookings), &market, CostMethod::Fifo, last_day());
        let series = PortfolioSeries::new(&books, &market);
        let benchmark = Benchmark::new(&symbol(0), &market, Currency::USD, last_day()).unwrap();
        let comparison = benchmark.against_portfolio(&books, &series).unwrap();
        let off = (comparison.ahead_by / comparison.value).abs();
        prop_assert!(off < 1e-6, "ahead by {} of {}", comparison.ahead_by, comparison.value);
        // Money that comes in with a dividend dilutes it: there the two time-weighted returns differ by definition.
        let reinvested_on = |date| {
            let is_reinvested = |booking: &Booking| matches!(booking, Booking::Reinvestment { .. });
            bookings.iter().any(|(day, booking)| *day == date && is_reinvested(booking))
        };
        let is_diluted = books.external_flows().iter().any(|flow| reinvested_on(flow.date));
        let own = Report::new(&books, &market, &series).returns.time_weighted.unwrap().total;
        prop_assert!(is_diluted || (own - comparison.total_return).abs() < 1e-6 * (1.0 + own.abs()), "{own} {}", comparison.total_return);
    }

    #[test]
    fn the_benchmark_against_itself_has_difference_zero(
        world in worlds(),
        flows in prop::collection::vec((0..SPAN, -50_000..90_000_i64), 1..8),
    ) {
        let market = world.market();
        let benchmark = Benchmark::new(&symbol(0), &market, Currency::USD, last_day()).unwrap();
        let flows: Vec<_> = flows.into_iter().map(|(at, cents)| (day(at), cents as f64 / 100.0)).collect();
        let first = benchmark.compare(flows.clone(), |_| Ok(0.0)).unwrap();
        // Its own value by day in the place of the portfolio's.
        let again = benchmark.compare(flows, |day| Ok(first.series.at(day).unwrap_or(0.0))).unwrap();
        prop_assert_eq!(again.ahead_by.abs().to_bits(), 0.0_f64.to_bits());
        prop_assert_eq!(again.value.to_bits(), again.own_value.to_bits());
        if again.exhausted.is_none() {
            prop_assert_eq!(again.xirr, again.own_xirr);
        }
    }

    #[test]
    fn an_index_of_one_component_is_that_component(world in worlds(), weight in 1..100_i64) {
        let market = world.market();
        let component = |index, percent: i64| Component { symbol: symbol(index), weight: cents(percent) };
        let built = |parts, rebalancing| {
            let index = CustomIndex::new("MIX".parse().unwrap(), parts, rebalancing).unwrap();
            Benchmark::custom(&index, &market, Currency::USD, last_day()).unwrap()
        };
        let plain = Benchmark::new(&symbol(2), &market, Currency::USD, last_day()).unwrap();
        prop_assert_eq!(plain.index(), built(vec![component(2, 100)], Rebalancing::Monthly).index());
        // Weights that never move sum to 1 on every day, and the mix lies between its parts.
        let mix = built(vec![component(0, weight), component(2, 100 - weight)], Rebalancing::Never);
        let sum: f64 = mix.weights_on(last_day()).unwrap().iter().map(|part| part.weight).sum();
        prop_assert!(close(sum, 1.0, 1.0));
        let total = |benchmark: &Benchmark| benchmark.return_since(first_day()).unwrap();
        let other = total(&Benchmark::new(&symbol(0), &market, Currency::USD, last_day()).unwrap());
        let (low, high) = (total(&plain).min(other), total(&plain).max(other));
        let has_dividends = !world.dividends.is_empty();
        prop_assert!(has_dividends || (low - 1e-9..=high + 1e-9).contains(&total(&mix)));
    }
}
