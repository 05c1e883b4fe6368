//! How and in which pieces a ledger is written down does not matter.

use bellwether_domain::{Booking, CostMethod, Quantity, Transaction, TransactionId, epoch_day};
use proptest::prelude::*;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::world::*;

proptest! {
    #![proptest_config(many())]

    #[test]
    fn the_order_of_insertion_does_not_matter(world in worlds(), acts in acts(), rotation in 0..30_usize) {
        let market = world.market();
        let straight = ledger(&acts, &market);
        let mut shuffled = straight.clone();
        let by = rotation % shuffled.len().max(1);
        shuffled.rotate_left(by);
        shuffled.reverse();
        let of = |ledger: &[Transaction]| books(ledger, &market, CostMethod::Average, last_day());
        let (straight, shuffled) = (of(&straight), of(&shuffled));
        prop_assert_eq!(&straight.cash().entries, &shuffled.cash().entries);
        prop_assert_eq!(report(&straight, &market).totals, report(&shuffled, &market).totals);
    }

    #[test]
    fn splitting_a_trade_in_two_changes_nothing_but_rounding(world in worlds(), acts in acts(), which in 0..30_usize) {
        let market = world.market();
        let whole = ledger(&acts, &market);
        let mut halves = whole.clone();
        let trades: Vec<_> = whole
            .iter()
            .enumerate()
            .filter(|(_, booking)| matches!(booking.booking, Booking::Buy(_) | Booking::Sell { .. }))
            .map(|(index, _)| index)
            .collect();
        let Some(index) = trades.get(which % trades.len().max(1)).copied() else { return Ok(()) };
        let (Booking::Buy(trade) | Booking::Sell { trade, .. }) = &mut halves[index].booking else { unreachable!() };
        let half = (trade.quantity.get() / Decimal::TWO).trunc_with_scale(9);
        if half.is_zero() {
            return Ok(());
        }
        let rest = trade.quantity.get() - half;
        let fee_of_half = trade.fee * half / trade.quantity.get();
        let fee_of_rest = trade.fee - fee_of_half;
        trade.fee = fee_of_half;
        trade.quantity = Quantity::new(half).unwrap();
        let mut second = whole[index].clone();
        let (Booking::Buy(trade) | Booking::Sell { trade, .. }) = &mut second.booking else { unreachable!() };
        trade.quantity = Quantity::new(rest).unwrap();
        trade.fee = fee_of_rest;
        second.id = TransactionId::from_uuid(Uuid::from_u128(1000));
        halves.push(second);
        for method in METHODS {
            let of = |ledger: &[Transaction]| report(&books(ledger, &market, method, last_day()), &market).totals;
            let (whole, halves) = (of(&whole), of(&halves));
            for (a, b) in [
                (whole.value, halves.value),
                (whole.cost, halves.cost),
                (whole.realised, halves.realised),
                (whole.income, halves.income),
                (whole.net_deposits, halves.net_deposits),
                (whole.total_gain, halves.total_gain),
                (whole.fees, halves.fees),
            ] {
                let (a, b) = (a.unwrap(), b.unwrap());
                prop_assert!((a - b).abs() < Decimal::new(1, 9), "{a} {b}");
            }
        }
    }

    #[test]
    fn the_order_of_the_lines_of_a_file_does_not_matter(world in worlds(), acts in acts(), seed in any::<u64>(), method in prop::sample::select(&METHODS)) {
        let market = world.market();
        let chronological = ledger(&acts, &market);
        // Days in any order; within a day the lines keep theirs, because it decides what is sold first.
        let mut file = chronological.clone();
        file.sort_by_key(|booking| {
            let day = u64::from(epoch_day(booking.date).unsigned_abs());
            (day ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        });
        for (line, booking) in file.iter_mut().enumerate() {
            booking.sequence = line as i64;
        }
        let of = |ledger: &[Transaction]| books(ledger, &market, method, last_day());
        let (straight, read) = (of(&chronological), of(&file));
        prop_assert_eq!(report(&straight, &market).totals, report(&read, &market).totals);
        for (straight, read) in straight.positions().iter().zip(read.positions()) {
            prop_assert_eq!(&straight.lots, &read.lots);
        }
    }
}
