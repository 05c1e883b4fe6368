//! Each day of a series is the exact figure of the day.

use bellwether_domain::CostMethod;
use bellwether_portfolio::{PortfolioSeries, Report};
use proptest::prelude::*;
use rust_decimal::prelude::ToPrimitive;

use crate::world::*;

proptest! {
    #![proptest_config(many())]

    #[test]
    fn the_series_ends_at_the_exact_total(world in worlds(), acts in acts()) {
        let market = world.market();
        let books = books(&ledger(&acts, &market), &market, CostMethod::Fifo, last_day());
        let series = PortfolioSeries::new(&books, &market);
        let exact = Report::new(&books, &market, &series).totals.value.unwrap().to_f64().unwrap();
        let last = series.value.last().unwrap();
        prop_assert!((last - exact).abs() <= 1e-9 * exact.abs(), "{last} {exact}");
        prop_assert!(series.value.values.iter().chain(&series.held.values).all(|value| value.is_finite()));
        if let Ok(linked) = series.time_weighted {
            prop_assert!(linked.index.values.iter().all(|growth| growth.is_finite() && *growth >= 0.0));
        }
    }

    #[test]
    fn every_day_of_the_series_is_the_exact_value_of_that_day(world in worlds(), acts in acts(), at in 0..SPAN) {
        let market = world.market();
        // A dividend that is recorded later takes the place of one that is inferred until then.
        let acts: Vec<_> = acts.into_iter().filter(|(_, act)| !matches!(act, Act::Dividend { .. })).collect();
        let ledger = ledger(&acts, &market);
        let series = PortfolioSeries::new(&books(&ledger, &market, CostMethod::Fifo, last_day()), &market);
        let then = books(&ledger, &market, CostMethod::Fifo, day(at));
        let exact = report(&then, &market).totals.value.unwrap().to_f64().unwrap();
        let on_the_day = series.value.at(day(at)).unwrap_or(0.0);
        prop_assert!((on_the_day - exact).abs() <= 1e-9 * exact.abs(), "{on_the_day} {exact}");
    }
}
