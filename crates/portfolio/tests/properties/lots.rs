//! Lots make up holdings.

use bellwether_domain::{CostMethod, Currency, PriceColumns, Split, SplitRatio, epoch_day};
use bellwether_portfolio::{InstrumentData, Market, PortfolioSeries, PriceSeries};
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::world::*;

proptest! {
    #![proptest_config(many())]

    #[test]
    fn lots_sum_to_holdings_and_flows_to_gains(world in worlds(), acts in acts()) {
        let market = world.market();
        let ledger = ledger(&acts, &market);
        for method in METHODS {
            let books = books(&ledger, &market, method, last_day());
        for position in books.positions() {
            let lots: Decimal = position.lots.iter().map(|lot| lot.quantity).sum();
            prop_assert_eq!(lots, position.quantity);
            let last = position.changes.last().map_or(Decimal::ZERO, |change| change.after);
            prop_assert_eq!(last, position.quantity);
            let closed: Decimal = position.closed_lots.iter().map(|lot| lot.gain().unwrap()).sum();
            prop_assert!(nearly(closed, position.realised(None).unwrap()));
        }
        let report = report(&books, &market);
        for (holding, position) in report.holdings.iter().zip(books.positions()) {
            let put_in: Decimal = position.flows.iter().map(|flow| flow.amount.clone().unwrap()).sum();
            let gain = holding.value.clone().unwrap() - put_in;
            prop_assert!(nearly(gain, holding.total_gain.clone().unwrap()));
        }
        }
    }

    #[test]
    fn a_split_changes_no_value(world in worlds(), acts in acts(), offset in 30..SPAN, new in 2..9_i64) {
        let unsplit = World { splits: Vec::new(), dividends: Vec::new(), ..world };
        let market = unsplit.market();
        // All trades before the split, so that their units mean the same with and without it.
        let acts: Vec<_> = acts.into_iter().map(|(day, act)| (day % offset, act)).collect();
        let ledger = ledger(&acts, &market);
        let mut split_market = market.clone();
        let split = Split { ex_date: day(offset), ratio: SplitRatio::new(new.into(), Decimal::ONE).unwrap() };
        let apple = market.instrument(&symbol(0)).unwrap();
        let mut columns = PriceColumns::default();
        for (&at, &close) in apple.prices().columns().days.iter().zip(&apple.prices().columns().closes) {
            columns.push(at, if at < epoch_day(split.ex_date) { close } else { close / new as f64 });
        }
        let data = InstrumentData::new(Currency::USD).with_prices(PriceSeries::as_traded(columns)).with_splits(&[split]);
        split_market.insert(symbol(0), data);
        let of = |market: &Market| {
            let books = books(&ledger, market, CostMethod::Fifo, last_day());
            (PortfolioSeries::new(&books, market), report(&books, market).totals.cost.unwrap())
        };
        let ((plain, cost), (split, cost_after)) = (of(&market), of(&split_market));
        prop_assert_eq!(cost, cost_after);
        for (plain, split) in plain.value.values.iter().zip(&split.value.values) {
            prop_assert!((plain - split).abs() <= 1e-9 * plain.abs(), "{plain} {split}");
        }
    }
}
