//! Rates of return.

use bellwether_domain::{Booking, CostMethod, Quantity, Trade, epoch_day};
use bellwether_portfolio::{Flow, Period, PortfolioSeries, Rate, Subject, npv, performance, xirr};
use proptest::prelude::*;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::world::*;

/// Whether the flows are worth nothing at a rate, to 1e-9 of their size. Near -100 % a yearly rate has too few digits
/// left for that, and at -100 % nothing can be discounted.
fn is_worth_nothing(flows: &[Flow], rate: &Rate) -> bool {
    let left = 1.0 + rate.annual;
    if left <= 0.0 {
        return true;
    }
    let flows: Vec<_> = flows.iter().copied().filter(|flow| flow.amount != 0.0).collect();
    let sizes: Vec<_> = flows.iter().map(|flow| Flow { amount: flow.amount.abs(), ..*flow }).collect();
    let lost = 4.0 * f64::EPSILON / left * rate.days as f64 / 365.0;
    match (npv(&flows, rate.annual), npv(&sizes, rate.annual)) {
        (Ok(value), Ok(size)) => value.abs() <= lost.max(1e-9) * size,
        _ => true,
    }
}

proptest! {
    #![proptest_config(many())]

    #[test]
    fn a_portfolio_of_one_holding_returns_what_the_holding_does(world in worlds(), purchases in prop::collection::vec((0..SPAN - 10, 1..900_i64), 1..8)) {
        let market = World { dividends: Vec::new(), splits: Vec::new(), ..world }.market();
        let apple = market.instrument(&symbol(0)).unwrap().clone();
        let zero = Decimal::ZERO;
        let mut bookings = Vec::new();
        for (offset, shares) in purchases {
            let quoted = apple.prices().columns().days.iter().find(|at| **at >= epoch_day(day(offset))).copied();
            let date = bellwether_domain::from_epoch_day(quoted.unwrap());
            let price = apple.price_on(date).unwrap().price;
            let quantity = Quantity::new(shares.into()).unwrap();
            bookings.push((date, Booking::Buy(Trade { symbol: symbol(0), quantity, price, fee: zero, tax: zero })));
        }
        let books = books(&as_ledger(&bookings), &market, CostMethod::Fifo, last_day());
        let own = PortfolioSeries::new(&books, &market).time_weighted.unwrap().total;
        let price = |date| apple.price_on(date).unwrap().price.to_f64().unwrap();
        let expected = price(last_day()) / price(books.first_day().unwrap()) - 1.0;
        prop_assert!((own - expected).abs() < 1e-9 * (1.0 + expected.abs()), "{own} {expected}");
    }

    #[test]
    fn the_time_weighted_return_of_a_single_holding_portfolio_equals_the_holdings(
        world in worlds(),
        acts in acts(),
    ) {
        let market = World { dividends: Vec::new(), ..world }.market();
        // Money that lies in cash is no holding: only purchases, each paid in on its day.
        let acts: Vec<_> = acts.into_iter().filter(|(_, act)| matches!(act, Act::Buy { symbol: 0, .. })).collect();
        let books = books(&ledger(&acts, &market), &market, CostMethod::Fifo, last_day());
        let Some(position) = books.positions().first() else { return Ok(()) };
        let period = Period::since(books.first_day().unwrap(), last_day()).unwrap();
        let of = |subject: &Subject<'_>| {
            performance(subject, &market, period).returns.time_weighted.map(|linked| linked.total)
        };
        let whole = of(&Subject::portfolio(&books)).unwrap();
        let holding = of(&Subject::holding(&[&books], &position.symbol).unwrap()).unwrap();
        prop_assert!(close(whole, holding, 1.0 + holding.abs()), "{whole} {holding}");
        prop_assert_eq!(PortfolioSeries::new(&books, &market).time_weighted.unwrap().total.to_bits(), whole.to_bits());
    }

    #[test]
    fn at_the_returned_rate_the_returned_flows_have_net_present_value_zero(
        flows in prop::collection::vec((0..4_000_u64, -1_000_000..1_000_000_i64), 2..30),
    ) {
        let flows: Vec<_> =
            flows.into_iter().map(|(at, cents)| Flow { date: day(at), amount: cents as f64 / 100.0 }).collect();
        let Ok(rate) = xirr(&flows) else { return Ok(()) };
        prop_assert!(is_worth_nothing(&flows, &rate), "{flows:?} at {rate:?}");
    }

    #[test]
    fn the_rate_of_a_ledger_discounts_its_flows_to_zero(world in worlds(), acts in acts()) {
        let market = world.market();
        let books = books(&ledger(&acts, &market), &market, CostMethod::Fifo, last_day());
        let report = report(&books, &market);
        let Ok(rate) = report.returns.xirr else { return Ok(()) };
        let mut flows: Vec<_> = books
            .external_flows()
            .iter()
            .map(|flow| Flow { date: flow.date, amount: -float(flow.amount.clone().unwrap()) })
            .collect();
        flows.push(Flow { date: last_day(), amount: float(report.totals.value.unwrap()) });
        prop_assert!(is_worth_nothing(&flows, &rate), "{flows:?} at {rate:?}");
    }
}
