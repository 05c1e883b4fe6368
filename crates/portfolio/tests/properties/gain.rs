//! What is gained in all is what it consists of.

use bellwether_domain::CostMethod;
use bellwether_portfolio::{
    Basis, CapitalGains, Contributions, Period, PortfolioSeries, Subject, TradeCosts, performance,
};
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::world::*;

/// A period that begins on or after the first day and is at least a day long.
fn periods() -> impl Strategy<Value = Period> {
    (0..SPAN - 1, 1..SPAN)
        .prop_map(|(from, length)| Period::new(day(from), day((from + length).min(SPAN))).unwrap())
}

proptest! {
    #![proptest_config(many())]

    #[test]
    fn total_gain_is_realised_and_unrealised_gain_and_income_less_separate_costs(
        world in worlds(),
        acts in acts(),
    ) {
        let market = world.market();
        let ledger = ledger(&acts, &market);
        for method in METHODS {
            let totals = report(&books(&ledger, &market, method, last_day()), &market).totals;
            let total_gain = totals.total_gain.unwrap();
            let by_parts = totals.realised.unwrap() + totals.unrealised.unwrap() + totals.income.unwrap()
                - totals.charges.unwrap()
                + totals.cash_currency_gain.unwrap();
            let by_money = totals.value.unwrap() - totals.net_deposits.unwrap();
            prop_assert!(nearly(total_gain, by_parts), "{total_gain} {by_parts}");
            prop_assert!(nearly(total_gain, by_money), "{total_gain} {by_money}");
        }
    }

    #[test]
    fn the_gain_of_any_period_is_the_sum_of_its_parts(
        world in worlds(),
        acts in acts(),
        period in periods(),
        method in prop::sample::select(&METHODS),
    ) {
        let market = world.market();
        let books = books(&ledger(&acts, &market), &market, method, last_day());
        for subject in [Subject::portfolio(&books), Subject::holdings(&books)] {
            let result = performance(&subject, &market, period);
            let gain = result.gain.unwrap();
            for basis in [Basis::PurchaseCost, Basis::OpeningValue] {
                let gains = |costs| CapitalGains::new(&subject, &market, period, basis, costs);
                let after = result.parts.sum_with(&gains(TradeCosts::Included)).unwrap();
                let before = result.parts.sum_before_costs_with(&gains(TradeCosts::LeftOut)).unwrap();
                prop_assert!(nearly(gain, after), "{basis:?} {gain} {after}");
                prop_assert!(nearly(gain, before), "{basis:?} {gain} {before}");
            }
        }
    }

    #[test]
    fn contributions_sum_to_the_total(world in worlds(), acts in acts(), period in periods()) {
        let market = world.market();
        let books = books(&ledger(&acts, &market), &market, CostMethod::Fifo, last_day());
        let series = PortfolioSeries::new(&books, &market);
        let whole = Contributions::new(&books, &market, &series, period);
        let gain: Decimal = whole.lines.iter().map(|line| line.gain.clone().unwrap()).sum();
        let by_money = performance(&Subject::portfolio(&books), &market, period).gain.unwrap();
        prop_assert!(nearly(gain, by_money), "{gain} {by_money}");
        prop_assert!(nearly(gain, whole.gain.unwrap()));
        if let Ok(total) = whole.time_weighted {
            let parts: Vec<_> = whole.lines.iter().map(|line| line.time_weighted.clone().unwrap()).collect();
            let size = parts.iter().map(|part| part.abs()).sum::<f64>();
            prop_assert!(close(parts.iter().sum(), total, size), "{parts:?} {total}");
        }
        if let Ok(total) = whole.simple {
            let parts: Vec<_> = whole.lines.iter().map(|line| line.simple.clone().unwrap()).collect();
            let size = parts.iter().map(|part| part.abs()).sum::<f64>();
            prop_assert!(close(parts.iter().sum(), total, size), "{parts:?} {total}");
        }
    }
}
