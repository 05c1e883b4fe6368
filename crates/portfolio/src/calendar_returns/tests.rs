use proptest::prelude::*;

use super::*;
use crate::linked;
use crate::testing::date;

/// An index that has each value from its day on, up to the last day.
fn index(steps: &[(&str, f64)], last: &str) -> DailySeries {
    let first_day = date(steps[0].0);
    let level = |day: NaiveDate| steps.iter().rev().find(|step| date(step.0) <= day).expect("a step").1;
    let values = first_day.iter_days().take_while(|day| *day <= date(last)).map(level).collect();
    DailySeries { first_day, values }
}

fn close(left: f64, right: f64) -> bool {
    (left - right).abs() < 1e-12
}

#[test]
fn a_month_s_return_is_from_the_close_before_it_to_its_last() {
    let index = index(&[("2023-12-31", 100.0), ("2024-01-31", 110.0), ("2024-02-15", 99.0)], "2024-03-31");
    let months = calendar_returns(&index, CalendarUnit::Month).expect("returns");
    let rates: Vec<_> = months.iter().map(|month| (month.number, month.partial)).collect();
    assert_eq!(rates, [(1, false), (2, false), (3, false)]);
    assert!(close(months[0].rate, 0.1) && close(months[1].rate, -0.1) && close(months[2].rate, 0.0));
    assert_eq!(months[1].period, Period { from: date("2024-01-31"), to: date("2024-02-29") });
}

#[test]
fn months_that_the_index_begins_or_ends_in_are_partial() {
    let index = index(&[("2024-01-10", 100.0), ("2024-01-20", 105.0), ("2024-03-01", 126.0)], "2024-03-10");
    let months = calendar_returns(&index, CalendarUnit::Month).expect("returns");
    assert_eq!(months.iter().map(|month| month.partial).collect::<Vec<_>>(), [true, false, true]);
    assert!(close(months[0].rate, 0.05) && close(months[2].rate, 0.2));
    let year = calendar_returns(&index, CalendarUnit::Year).expect("returns");
    assert!(year.len() == 1 && year[0].partial && close(year[0].rate, 0.26));
}

#[test]
fn quarters_begin_in_january_april_july_and_october() {
    let index = index(&[("2023-12-31", 100.0), ("2024-05-01", 120.0), ("2024-12-31", 60.0)], "2025-01-05");
    let quarters = calendar_returns(&index, CalendarUnit::Quarter).expect("returns");
    let found: Vec<_> = quarters.iter().map(|part| (part.year, part.number, part.partial)).collect();
    assert_eq!(
        found,
        [(2024, 1, false), (2024, 2, false), (2024, 3, false), (2024, 4, false), (2025, 1, true)]
    );
    assert!(close(quarters[1].rate, 0.2) && close(quarters[3].rate, -0.5));
}

#[test]
fn a_calendar_has_a_row_for_each_year_and_its_total() {
    let index = index(&[("2023-11-30", 100.0), ("2023-12-15", 110.0), ("2024-02-01", 121.0)], "2024-12-31");
    let years = calendar_years(&index).expect("years");
    assert_eq!(
        years.iter().map(|row| (row.total.year, row.total.partial)).collect::<Vec<_>>(),
        [(2023, true), (2024, false)]
    );
    assert!(years[0].months[10].is_none() && years[0].months[11].is_some_and(|month| close(month.rate, 0.1)));
    assert!(
        years[1].months[1].is_some_and(|month| close(month.rate, 0.1)) && close(years[1].total.rate, 0.1)
    );
}

#[test]
fn a_total_loss_is_the_last_month() {
    let index = index(&[("2023-12-31", 1.0), ("2024-02-10", 0.0)], "2024-06-30");
    let months = calendar_returns(&index, CalendarUnit::Month).expect("returns");
    assert!(months.len() == 2 && close(months[1].rate, -1.0));
}

#[test]
fn a_summary_leaves_partial_months_out() {
    let index = index(
        &[("2024-01-10", 100.0), ("2024-01-20", 900.0), ("2024-02-10", 990.0), ("2024-03-10", 792.0)],
        "2024-04-10",
    );
    let months = calendar_returns(&index, CalendarUnit::Month).expect("returns");
    let summary = ReturnSummary::of(&months).expect("a summary");
    assert_eq!((summary.best.number, summary.worst.number, summary.gaining, summary.count), (2, 3, 1, 2));
    assert!(close(summary.average, -0.05));
    assert_eq!(ReturnSummary::of(&months[..1]), Err(Reason::TooFewReturns { known: 0, needed: 1 }));
}

#[test]
fn an_index_without_days_or_value_has_no_returns() {
    let empty = DailySeries { first_day: date("2024-01-01"), values: vec![1.0] };
    assert_eq!(calendar_returns(&empty, CalendarUnit::Month), Err(Reason::TooShort));
    let worthless = DailySeries { values: vec![0.0, 1.0], ..empty };
    assert_eq!(calendar_returns(&worthless, CalendarUnit::Year), Err(Reason::NoCapital));
}

#[test]
fn rolling_years_end_on_every_day_and_are_annualised() {
    // Doubled after a year, then halved.
    let index = index(&[("2020-01-01", 100.0), ("2021-01-01", 200.0), ("2021-01-03", 100.0)], "2022-01-03");
    let year = rolling_returns(&index, RollingWindow::Months(12)).expect("returns");
    assert!(year.annualised && year.rates.first_day == date("2021-01-01") && year.rates.len() == 368);
    assert!(close(year.best.rate, 1.0) && close(year.worst.rate, -0.5));
    assert_eq!(year.best.period, Period { from: date("2020-01-01"), to: date("2021-01-01") });
    assert_eq!(year.worst.period.to, date("2022-01-01"));
    // 2 of 100 %, 363 of 0 and then 2 of -50 % and one more of 0.
    assert!(close(year.average, (2.0 - 1.0) / 368.0), "{}", year.average);
    let two = rolling_returns(&index, RollingWindow::Months(24)).expect("returns");
    assert!(two.rates.len() == 3 && close(two.best.rate, 0.0));
}

#[test]
fn stretches_of_less_than_a_year_are_not_annualised() {
    let index = index(&[("2024-01-01", 100.0), ("2024-01-31", 110.0)], "2024-02-10");
    let month = rolling_returns(&index, RollingWindow::Days(30)).expect("returns");
    assert!(!month.annualised && close(month.best.rate, 0.1) && month.rates.len() == 11);
    assert_eq!(rolling_returns(&index, RollingWindow::Months(12)), Err(Reason::TooShort));
    assert_eq!(rolling_returns(&index, RollingWindow::Days(0)), Err(Reason::TooShort));
}

#[test]
fn a_month_from_the_thirty_first_opens_on_it() {
    let index = index(&[("2024-01-31", 100.0), ("2024-03-01", 110.0)], "2024-03-31");
    let month = rolling_returns(&index, RollingWindow::Months(1)).expect("returns");
    assert_eq!(month.rates.first_day, date("2024-03-01"), "29 February looks back to 29 January");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn calendar_returns_link_to_the_whole(start in 0..800_i32, levels in prop::collection::vec(0.01..100.0_f64, 2..900)) {
        let index = DailySeries { first_day: bellwether_domain::from_epoch_day(19_000 + start), values: levels };
        let whole = index.last().expect("a level") / index.values[0] - 1.0;
        for unit in [CalendarUnit::Month, CalendarUnit::Quarter, CalendarUnit::Year] {
            let rates: Vec<_> = calendar_returns(&index, unit).expect("returns").iter().map(|part| part.rate).collect();
            let total = linked(&rates).expect("a return");
            prop_assert!((total - whole).abs() < 1e-9 * (1.0 + whole.abs()), "{} {}", total, whole);
        }
    }

    #[test]
    fn any_index_gives_numbers_or_reasons(levels in prop::collection::vec(any::<f64>(), 0..70), days in 0..40_u32) {
        let index = DailySeries { first_day: date("2024-01-15"), values: levels };
        for part in calendar_returns(&index, CalendarUnit::Month).into_iter().flatten() {
            prop_assert!(part.rate.is_finite());
        }
        for window in [RollingWindow::Days(days), RollingWindow::Days(days + 360), RollingWindow::Months(days / 10)] {
            if let Ok(rolling) = rolling_returns(&index, window) {
                prop_assert!(rolling.average.is_finite() && rolling.rates.values.iter().all(|rate| rate.is_finite()));
            }
        }
    }
}
