//! Any subject over any period.

use bellwether_domain::{CostMethod, Currency, DividendPolicy};
use bellwether_portfolio::{
    Basis, Books, CapitalGains, GainParts, Income, Options, Period, Subject, TradeCosts, performance,
};
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::world::*;

proptest! {
    #![proptest_config(many())]

    #[test]
    fn the_parts_of_a_period_s_gain_add_up_for_every_subject(world in worlds(), acts in acts(), from in 0..SPAN - 1, days in 1..SPAN) {
        let market = world.market();
        let ledger = ledger(&acts, &market);
        let period = Period::new(day(from), day((from + days).min(SPAN))).unwrap();
        for method in [CostMethod::Fifo, CostMethod::Average] {
            let books = books(&ledger, &market, method, last_day());
            let mut subjects = vec![Subject::portfolio(&books), Subject::holdings(&books).before_tax()];
            for position in books.positions() {
                subjects.push(Subject::holding(&[&books], &position.symbol).unwrap());
                let lots = position.opened.iter().map(|lot| lot.transaction);
                subjects.extend(lots.map(|lot| Subject::lot(&books, lot).unwrap()));
            }
            for subject in &subjects {
                let result = performance(subject, &market, period);
                let gain = result.gain.unwrap();
                for basis in [Basis::PurchaseCost, Basis::OpeningValue] {
                    let gains = |costs| CapitalGains::new(subject, &market, period, basis, costs);
                    let after = result.parts.sum_with(&gains(TradeCosts::Included)).unwrap();
                    prop_assert!(nearly(after, gain), "{basis:?} {after} {gain}");
                    let before = result.parts.sum_before_costs_with(&gains(TradeCosts::LeftOut)).unwrap();
                    prop_assert!(nearly(before, gain), "{basis:?} {before} {gain}");
                }
            }
        }
    }

    #[test]
    fn lots_sum_to_their_holding_over_any_period(world in worlds(), acts in acts(), from in 0..SPAN - 1, days in 1..SPAN) {
        let market = world.market();
        let books = books(&ledger(&acts, &market), &market, CostMethod::Fifo, last_day());
        let period = Period::new(day(from), day((from + days).min(SPAN))).unwrap();
        for position in books.positions() {
            let whole = performance(&Subject::holding(&[&books], &position.symbol).unwrap(), &market, period);
            let mut sum = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
            for lot in &position.opened {
                let lot = performance(&Subject::lot(&books, lot.transaction).unwrap(), &market, period);
                sum = (sum.0 + lot.opening.unwrap(), sum.1 + lot.closing.unwrap(), sum.2 + lot.gain.unwrap());
            }
            let charges = whole.parts.fees.separate.unwrap();
            let (opening, closing, gain) = (whole.opening.unwrap(), whole.closing.unwrap(), whole.gain.unwrap());
            prop_assert!(nearly(sum.0, opening) && nearly(sum.1, closing), "{sum:?} {opening} {closing}");
            // A dividend that came before any share belongs to no lot.
            let is_earned = |income: &Income| position.opened.first().is_some_and(|lot| lot.arrived < income.date);
            if position.income.iter().all(is_earned) {
                prop_assert!(nearly(sum.2 - charges, gain), "{sum:?} {charges} {gain}");
            }
        }
    }

    #[test]
    fn books_of_a_later_day_tell_the_same_of_a_period(world in worlds(), acts in acts(), from in 0..SPAN - 1, days in 1..SPAN) {
        let market = world.market();
        let ledger = ledger(&acts, &market);
        let period = Period::new(day(from), day((from + days).min(SPAN))).unwrap();
        // An inferred dividend gives way to the payment that is recorded later.
        let options = Options { dividends: DividendPolicy::RecordedOnly, ..Options::new(Currency::USD) };
        let [then, later] =
            [period.to, last_day()].map(|as_of| Books::replay(&ledger, &market, &options, as_of).unwrap());
        let results = [&then, &later].map(|books| performance(&Subject::portfolio(books), &market, period));
        let [then, later] = results;
        prop_assert!(nearly(then.closing.unwrap(), later.closing.unwrap()));
        prop_assert!(nearly(then.gain.unwrap(), later.gain.unwrap()));
        let realised = |result: GainParts| result.capital_gains.realised.unwrap();
        prop_assert!(nearly(realised(then.parts), realised(later.parts)));
        match (then.returns.time_weighted, later.returns.time_weighted) {
            (Ok(then), Ok(later)) => prop_assert!((then.total - later.total).abs() < 1e-12),
            (then, later) => prop_assert_eq!(then, later),
        }
    }
}
