//! The unit of money does not matter.

use bellwether_domain::Booking;
use bellwether_portfolio::{InstrumentData, Market, PriceSeries, Totals};
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::world::*;

/// Cents are tens of the other money.
const SCALE: i64 = 1_000;

/// The same prices and dividends in another money.
fn scaled_market(market: &Market) -> Market {
    let mut scaled = market.clone();
    for index in 0..SYMBOLS.len() {
        let known = market.instrument(&symbol(index)).unwrap();
        let mut columns = known.prices().columns().clone();
        // Closes have four decimals: this way they become the nearest numbers to their thousandfold.
        columns.closes.iter_mut().for_each(|close| *close = (*close * 10_000.0).round() / 10.0);
        let dividends: Vec<_> = known
            .dividends()
            .iter()
            .map(|dividend| {
                let amount = dividend.amount * Decimal::from(SCALE);
                bellwether_domain::CashDividend { amount, ..*dividend }
            })
            .collect();
        let data =
            InstrumentData::new(known.currency()).with_splits(known.splits()).with_dividends(&dividends);
        scaled.insert(symbol(index), data.with_prices(PriceSeries::as_traded(columns)));
    }
    scaled
}

fn scaled_booking(booking: &mut Booking) {
    let scale = |amount: &mut Decimal| *amount *= Decimal::from(SCALE);
    match booking {
        Booking::Buy(trade) | Booking::Sell { trade, .. } => {
            [&mut trade.price, &mut trade.fee, &mut trade.tax].into_iter().for_each(scale);
        }
        Booking::Dividend { gross, tax, fee, .. } => [gross, tax, fee].into_iter().for_each(scale),
        Booking::Interest { gross, tax } => [gross, tax].into_iter().for_each(scale),
        Booking::Deposit { amount } | Booking::Withdrawal { amount } | Booking::Fee { amount, .. } => {
            scale(amount);
        }
        other => unreachable!("{other:?} is not booked here"),
    }
}

fn money(totals: &Totals) -> Vec<Decimal> {
    let figures = [
        &totals.holdings_value,
        &totals.cash,
        &totals.value,
        &totals.cost,
        &totals.unrealised,
        &totals.realised,
        &totals.income,
        &totals.charges,
        &totals.fees,
        &totals.taxes,
        &totals.cash_currency_gain,
        &totals.total_gain,
        &totals.deposits,
        &totals.withdrawals,
        &totals.net_deposits,
    ];
    figures.map(|figure| figure.clone().unwrap()).to_vec()
}

proptest! {
    #![proptest_config(many())]

    #[test]
    fn scaling_all_money_scales_all_money(world in worlds(), acts in acts(), method in prop::sample::select(&METHODS)) {
        let market = world.market();
        let ledger = ledger(&acts, &market);
        let (mut dearer, dearer_market) = (ledger.clone(), scaled_market(&market));
        for booked in &mut dearer {
            scaled_booking(&mut booked.booking);
        }
        let plain = report(&books(&ledger, &market, method, last_day()), &market);
        let scaled = report(&books(&dearer, &dearer_market, method, last_day()), &dearer_market);
        for (plain, scaled) in money(&plain.totals).into_iter().zip(money(&scaled.totals)) {
            prop_assert!(nearly(plain, scaled / Decimal::from(SCALE)), "{plain} {scaled}");
        }
        match (plain.returns.time_weighted, scaled.returns.time_weighted) {
            (Ok(plain), Ok(scaled)) => {
                prop_assert!(close(plain.total, scaled.total, 1.0 + plain.total.abs()), "{} {}", plain.total, scaled.total);
            }
            (plain, scaled) => prop_assert_eq!(plain.err(), scaled.err()),
        }
        match (plain.returns.xirr, scaled.returns.xirr) {
            (Ok(plain), Ok(scaled)) => {
                prop_assert!((plain.period - scaled.period).abs() <= 1e-7 * (1.0 + plain.period.abs()), "{plain:?} {scaled:?}");
            }
            (plain, scaled) => prop_assert_eq!(plain.err(), scaled.err()),
        }
        match (plain.returns.simple, scaled.returns.simple) {
            (Ok(plain), Ok(scaled)) => prop_assert!(close(plain, scaled, 1.0 + plain.abs()), "{plain} {scaled}"),
            (plain, scaled) => prop_assert_eq!(plain.err(), scaled.err()),
        }
    }
}
