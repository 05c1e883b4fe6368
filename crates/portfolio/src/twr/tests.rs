use proptest::prelude::*;

use super::*;
use crate::testing::date;

fn linked_days(value: &[f64], held: &[f64], flow: &[f64]) -> TimeWeighted {
    time_weighted(date("2024-01-01"), HoldThenTrade { value, held, flow }).expect("a return")
}

fn close(left: f64, right: f64) -> bool {
    (left - right).abs() < 1e-12
}

#[test]
fn a_large_deposit_does_not_dilute_the_day_s_return() {
    // 100 grow to 110, then 1,000 come in at the close: the day returned 10 %.
    let result = linked_days(&[100.0, 1110.0], &[0.0, 110.0], &[100.0, 1000.0]);
    assert!(close(result.total, 0.1) && close(result.last_day, 0.1));
}

#[test]
fn a_fee_on_the_first_day_is_a_loss() {
    let result = linked_days(&[99.0, 99.0], &[0.0, 99.0], &[100.0, 0.0]);
    assert!(close(result.total, -0.01));
}

#[test]
fn withdrawing_everything_is_no_loss_and_the_chain_goes_on() {
    let result = linked_days(
        &[100.0, 0.0, 0.0, 50.0, 55.0],
        &[0.0, 120.0, 0.0, 0.0, 55.0],
        &[100.0, -120.0, 0.0, 50.0, 0.0],
    );
    assert!(close(result.total, 1.2 * 1.1 - 1.0), "{}", result.total);
    assert_eq!(result.ended, None);
}

#[test]
fn a_total_loss_ends_the_chain_at_minus_one() {
    let result = linked_days(&[100.0, 0.0, 0.0], &[0.0, 0.0, 0.0], &[100.0, 0.0, 0.0]);
    assert!(close(result.total, -1.0));
    assert_eq!(result.ended, Some(date("2024-01-02")));
    assert_eq!(result.index.values, [1.0, 0.0, 0.0]);
}

#[test]
fn a_deposit_after_a_total_loss_begins_a_new_series() {
    let result = linked_days(
        &[100.0, 0.0, 0.0, 500.0, 550.0],
        &[0.0, 0.0, 0.0, 0.0, 550.0],
        &[100.0, 0.0, 0.0, 500.0, 0.0],
    );
    assert!(close(result.total, 0.1), "{}", result.total);
    assert_eq!((result.index.first_day, result.days, result.ended), (date("2024-01-04"), 1, None));
    let lost = &result.earlier[0];
    assert_eq!((lost.index.first_day, lost.ended), (date("2024-01-01"), date("2024-01-02")));
    assert_eq!(lost.index.values, [1.0, 0.0]);
}

#[test]
fn money_paid_in_on_the_day_of_the_loss_is_at_work_since_its_close() {
    let result = linked_days(&[100.0, 50.0, 60.0], &[0.0, 0.0, 60.0], &[100.0, 50.0, 0.0]);
    assert!(close(result.total, 0.2), "{}", result.total);
    assert_eq!((result.index.first_day, result.earlier[0].ended), (date("2024-01-03"), date("2024-01-02")));
    assert_eq!(result.from_opening().first_day, date("2024-01-02"));
}

#[test]
fn value_from_nowhere_is_no_return_but_a_day_to_look_at() {
    let appeared = linked_days(&[0.0, 50.0, 55.0], &[0.0, 0.0, 55.0], &[0.0, 0.0, 0.0]);
    assert!(close(appeared.total, 0.1), "{}", appeared.total);
    assert_eq!(appeared.unexplained, [date("2024-01-02")]);
    // What was held became worthless, and yet there is value: not a total loss either.
    let replaced = linked_days(&[100.0, 5.0, 6.0], &[0.0, 0.0, 6.0], &[100.0, 0.0, 0.0]);
    assert!(close(replaced.total, 0.2), "{}", replaced.total);
    assert_eq!((replaced.unexplained, replaced.ended), (vec![date("2024-01-02")], None));
}

#[test]
fn a_period_s_return_is_taken_from_its_opening_close() {
    let result =
        linked_days(&[100.0, 110.0, 99.0, 121.0], &[0.0, 110.0, 99.0, 121.0], &[100.0, 0.0, 0.0, 0.0]);
    let over = |from, to| result.over(Period::new(date(from), date(to)).expect("a period"));
    let part = over("2024-01-02", "2024-01-03").expect("a return");
    assert!(close(part.total, -0.1) && close(part.last_day, -0.1));
    assert_eq!((part.days, part.index.first_day), (1, date("2024-01-02")));
    let whole = over("2023-12-31", "2024-02-01").expect("a return");
    assert!(close(whole.total, result.total) && close(whole.last_day, 121.0 / 99.0 - 1.0));
    assert_eq!(whole, result);
    assert_eq!(over("2023-12-01", "2023-12-31"), Err(Reason::TooShort));
    assert_eq!(over("2024-01-04", "2024-01-31"), Err(Reason::TooShort));
}

#[test]
fn the_first_day_s_costs_belong_to_a_period_that_opens_before_it() {
    let result = linked_days(&[99.0, 99.0], &[0.0, 99.0], &[100.0, 0.0]);
    let over =
        |from, to| result.over(Period::new(date(from), date(to)).expect("a period")).map(|part| part.total);
    assert!(over("2023-12-31", "2024-01-01").is_ok_and(|total| close(total, -0.01)));
    assert!(over("2024-01-01", "2024-01-02").is_ok_and(|total| close(total, 0.0)));
}

#[test]
fn an_index_opens_at_one_before_the_first_day_s_costs() {
    let costly = linked_days(&[99.0, 99.0], &[0.0, 99.0], &[100.0, 0.0]).from_opening();
    assert_eq!((costly.first_day, costly.values), (date("2023-12-31"), vec![1.0, 0.99, 0.99]));
    let free = linked_days(&[100.0, 50.0], &[0.0, 50.0], &[100.0, 0.0]).from_opening();
    assert_eq!((free.first_day, free.values), (date("2024-01-01"), vec![1.0, 0.5]));
}

#[test]
fn no_period_reaches_over_a_total_loss() {
    let result = linked_days(
        &[100.0, 0.0, 0.0, 500.0, 550.0],
        &[0.0, 0.0, 0.0, 0.0, 550.0],
        &[100.0, 0.0, 0.0, 500.0, 0.0],
    );
    let over =
        |from, to| result.over(Period::new(date(from), date(to)).expect("a period")).map(|part| part.total);
    let lost = Err(Reason::LostBefore { on: date("2024-01-02") });
    assert_eq!(over("2023-12-31", "2024-01-05"), lost);
    assert_eq!(over("2024-01-02", "2024-01-03"), lost, "between the series");
    assert!(over("2023-12-31", "2024-01-03").is_ok_and(|total| close(total, -1.0)), "in the lost series");
    assert!(over("2024-01-02", "2024-01-05").is_ok_and(|total| close(total, 0.1)), "opens after the loss");
}

#[test]
fn nothing_ever_held_has_no_return() {
    let none = time_weighted(date("2024-01-01"), HoldThenTrade { value: &[0.0], held: &[0.0], flow: &[0.0] });
    assert_eq!(none, Err(Reason::NoCapital));
}

#[test]
fn only_a_year_or_more_is_annualised() {
    assert_eq!(annualised(0.1, 364), Err(Reason::UnderAYear));
    assert!(annualised(0.21, 730).is_ok_and(|rate| close(rate, 0.1)));
}

/// Days of a portfolio: what the close before has become by the prices, and what comes in or goes out.
fn days() -> impl Strategy<Value = Vec<(f64, f64)>> {
    let growth = prop_oneof![8 => 0.5..2.0_f64, 1 => Just(0.0)];
    let flow = prop_oneof![3 => Just(0.0), 1 => -50.0..50.0_f64, 1 => Just(100.0)];
    prop::collection::vec((growth, flow), 2..40)
}

/// Value, held and flow by day, where no more leaves than there is.
fn columns(days: &[(f64, f64)]) -> [Vec<f64>; 3] {
    let mut columns = [vec![100.0], vec![0.0], vec![100.0]];
    let mut value = 100.0;
    for (growth, flow) in days {
        let held = value * growth;
        let flow = flow.max(-held / 2.0);
        value = held + flow;
        columns.iter_mut().zip([value, held, flow]).for_each(|(column, number)| column.push(number));
    }
    columns
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_returns_of_two_halves_link_to_that_of_the_whole(days in days(), cut in 1..40_usize) {
        let [value, held, flow] = columns(&days);
        let whole = linked_days(&value, &held, &flow);
        let first = whole.index.first_day.pred_opt().expect("a day");
        let last = whole.index.day(whole.index.len() - 1);
        let middle = whole.index.day(cut.min(whole.index.len() - 1));
        let over = |from, to| Period::new(from, to).and_then(|period| whole.over(period)).map(|part| part.total);
        if let (Ok(before), Ok(after)) = (over(first, middle), over(middle, last)) {
            let total = (1.0 + before) * (1.0 + after) - 1.0;
            let expected = whole.total;
            prop_assert!((total - expected).abs() <= 1e-12 * (1.0 + expected.abs()), "{} {}", total, expected);
        }
    }

    #[test]
    fn every_day_belongs_to_one_series_and_lost_ones_end_at_zero(days in days()) {
        let [value, held, flow] = columns(&days);
        let linked = linked_days(&value, &held, &flow);
        let mut next = date("2024-01-01");
        for lost in &linked.earlier {
            prop_assert!(lost.index.first_day >= next && lost.index.last() == Some(0.0));
            prop_assert_eq!(lost.index.day(lost.index.len() - 1), lost.ended);
            prop_assert!(lost.index.values.iter().rev().skip(1).all(|growth| *growth > 0.0));
            next = lost.ended.succ_opt().expect("a day");
        }
        prop_assert!(linked.index.first_day >= next);
        let losses = days.iter().zip(&value).filter(|((growth, _), before)| *growth == 0.0 && **before > 0.0).count();
        prop_assert!(linked.earlier.len() + usize::from(linked.ended.is_some()) <= losses);
    }
}
