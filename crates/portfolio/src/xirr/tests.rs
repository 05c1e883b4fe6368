use proptest::prelude::*;

use super::*;
use crate::testing::date;

fn rate(flows: &[(&str, f64)]) -> Figure<Rate> {
    let flows: Vec<_> = flows.iter().map(|(day, amount)| Flow { date: date(day), amount: *amount }).collect();
    xirr(&flows)
}

#[track_caller]
fn close(left: f64, right: f64) {
    assert!((left - right).abs() < 1e-9, "{left} instead of {right}");
}

/// Present value in relation to the size of the flows.
fn relative_value(flows: &[Flow], annual: f64) -> f64 {
    let first = flows.iter().map(|flow| flow.date).min().expect("a flow");
    let worth = |flow: &Flow| {
        let years = flow.date.signed_duration_since(first).num_days() as f64 / 365.0;
        flow.amount * (-years * annual.ln_1p()).exp()
    };
    flows.iter().map(worth).sum::<f64>() / flows.iter().map(|flow| worth(flow).abs()).sum::<f64>()
}

#[test]
fn the_spreadsheets_example_gives_their_figure() {
    let flows = [
        ("2008-01-01", -10_000.0),
        ("2008-03-01", 2750.0),
        ("2008-10-30", 4250.0),
        ("2009-02-15", 3250.0),
        ("2009-04-01", 2750.0),
    ];
    let rate = rate(&flows).expect("a rate");
    assert!((rate.annual - 0.373_362_535).abs() < 1e-8);
    assert!(rate.is_annual() && !rate.ambiguous);
}

#[test]
fn ten_percent_in_a_year_are_ten_percent() {
    let rate = rate(&[("2023-01-01", -100.0), ("2024-01-01", 110.0)]).expect("a rate");
    close(rate.annual, 0.1);
    close(rate.period, 0.1);
}

#[test]
fn below_a_year_the_rate_of_the_period_is_the_headline() {
    let rate = rate(&[("2024-01-01", -100.0), ("2024-01-31", 101.0)]).expect("a rate");
    close(rate.headline(), 0.01);
    close(rate.annual, 1.01_f64.powf(365.0 / 30.0) - 1.0);
    assert!(!rate.is_annual());
}

#[test]
fn payments_of_one_day_are_netted_and_their_order_does_not_matter() {
    let netted = rate(&[("2022-01-01", -60.0), ("2023-01-01", 70.0)]).expect("a rate");
    let apart = rate(&[("2023-01-01", 70.0), ("2022-01-01", 40.0), ("2022-01-01", -100.0)]).expect("a rate");
    assert_eq!(netted, apart);
}

#[test]
fn a_loss_and_a_gain_far_from_any_guess_are_found() {
    close(rate(&[("2020-01-01", -1e6), ("2021-12-31", 1.0)]).expect("a loss").annual, -0.999);
    close(rate(&[("2020-01-01", -1.0), ("2021-12-31", 1e6)]).expect("a gain").annual, 999.0);
}

#[test]
fn a_day_that_comes_to_nothing_is_no_payment_in_any_unit() {
    for unit in [1.0, 100.0, 0.01, 7.0, 1e-3] {
        let amounts = [192.33, 270.29, -462.62].map(|amount| amount * unit);
        let flows = amounts.map(|amount| Flow { date: date("2020-01-02"), amount });
        assert_eq!(xirr(&flows), Err(Reason::NoCapital), "{unit}");
    }
}

#[test]
fn a_sum_that_is_nothing_but_rounding_is_a_rate_of_zero() {
    for unit in [1.0, 100.0, 0.01, 1e6, 7.0] {
        let amounts = [-1398.72, 389.65, 1009.07].map(|amount| amount * unit);
        let days = ["2020-01-01", "2020-01-02", "2020-06-30"];
        let flows: Vec<_> =
            days.iter().zip(amounts).map(|(day, amount)| Flow { date: date(day), amount }).collect();
        assert!(xirr(&flows).is_ok_and(|rate| rate.annual.abs() < 1e-12 && !rate.ambiguous), "{unit}");
    }
}

#[test]
fn money_back_without_gain_is_zero() {
    close(
        rate(&[("2020-01-01", -100.0), ("2021-06-01", 60.0), ("2022-01-01", 40.0)]).expect("a rate").annual,
        0.0,
    );
}

#[test]
fn two_rates_give_the_one_with_the_sign_of_the_sum_and_a_warning() {
    // -1000 + 2500 v - 1540 v^2 = 0 has the solutions v = 1/1.1 and v = 1/1.4; the sum is -40, but no loss solves it.
    let both =
        rate(&[("2021-01-01", -1000.0), ("2022-01-01", 2500.0), ("2023-01-01", -1540.0)]).expect("a rate");
    close(both.annual, 0.1);
    assert!(both.ambiguous);
}

#[test]
fn a_withdrawal_in_between_does_not_make_the_rate_ambiguous() {
    let flows =
        [("2021-01-01", -1000.0), ("2022-01-01", 500.0), ("2022-06-01", -200.0), ("2023-01-01", 900.0)];
    assert!(!rate(&flows).expect("a rate").ambiguous);
}

#[test]
fn what_cannot_be_computed_says_why() {
    assert_eq!(rate(&[]), Err(Reason::NoCapital));
    assert_eq!(rate(&[("2024-01-01", 0.0)]), Err(Reason::NoCapital));
    assert_eq!(rate(&[("2024-01-01", -100.0), ("2024-01-01", 120.0)]), Err(Reason::TooShort));
    assert_eq!(rate(&[("2024-01-01", -100.0), ("2024-02-01", -50.0)]), Err(Reason::OneSided));
    assert_eq!(rate(&[("2024-01-01", 100.0), ("2024-02-01", 50.0)]), Err(Reason::OneSided));
    assert_eq!(rate(&[("2024-01-01", f64::NAN), ("2024-02-01", 50.0)]), Err(Reason::OutOfRange));
}

#[test]
fn no_rate_solves_what_never_crosses_zero() {
    let never = [("2021-01-01", -100.0), ("2022-01-01", 10.0), ("2023-01-01", -100.0)];
    assert_eq!(rate(&never), Err(Reason::NoSolution));
}

#[test]
fn a_closing_value_of_nothing_is_a_total_loss() {
    let lost = rate(&[("2023-01-01", -100.0), ("2023-05-01", -50.0), ("2024-01-01", 0.0)]).expect("a rate");
    close(lost.annual, -1.0);
    assert_eq!(lost.days, 365);
}

#[test]
fn a_rate_beyond_all_numbers_says_so() {
    assert_eq!(rate(&[("2024-01-01", -1e-9), ("2024-01-02", 1e9)]), Err(Reason::OutOfRange));
}

/// One rate is above 0 %, one below: the first payment is a gift, and so is the last.
#[test]
fn the_sums_at_a_root_do_not_prove_that_it_is_the_only_one() {
    let flows = |unit: f64| {
        [
            ("2010-01-03", 75.511_995_547_234_48),
            ("2010-02-11", -435.069_071_474_063_55),
            ("2011-02-02", -962.026_060_844_828_4),
            ("2014-01-16", -710.890_353_882_711_7),
            ("2016-10-23", -737.200_123_899_603_5),
            ("2016-12-08", 38.656_546_455_696_834),
        ]
        .map(|(day, amount)| Flow { date: date(day), amount: amount * unit })
    };
    for unit in [1.0, 0.1, 10.0, 0.3] {
        let rate = xirr(&flows(unit)).expect("a rate");
        assert!(rate.ambiguous && rate.annual < -0.999, "{unit}: {rate:?}");
    }
}

fn payments() -> impl Strategy<Value = Vec<Flow>> {
    prop::collection::vec((0..4000_u64, -1000.0..1000.0_f64), 2..40).prop_map(|flows| {
        let first = date("2010-01-01");
        flows.into_iter().map(|(day, amount)| Flow { date: first + chrono::Days::new(day), amount }).collect()
    })
}

fn deposits_and_a_value() -> impl Strategy<Value = (Vec<Flow>, f64)> {
    let deposits = prop::collection::vec((0..3000_u64, 1.0..1000.0_f64), 1..30);
    (deposits, 0.001..100_000.0_f64).prop_map(|(deposits, value)| {
        let first = date("2010-01-01");
        let mut flows: Vec<_> = deposits
            .into_iter()
            .map(|(day, amount)| Flow { date: first + chrono::Days::new(day), amount: -amount })
            .collect();
        flows.push(Flow { date: date("2019-01-01"), amount: value });
        (flows, value)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn at_the_rate_the_payments_are_worth_nothing(flows in payments()) {
        if let Ok(rate) = xirr(&flows)
            && rate.annual > -0.999
        {
            prop_assert!(relative_value(&flows, rate.annual).abs() < 1e-9, "{rate:?}");
        }
    }

    #[test]
    fn deposits_against_a_value_always_have_one_rate((flows, value) in deposits_and_a_value()) {
        let rate = xirr(&flows).expect("a rate");
        let paid: f64 = -flows.iter().filter(|flow| flow.amount < 0.0).map(|flow| flow.amount).sum::<f64>();
        prop_assert!(!rate.ambiguous);
        prop_assert_eq!(rate.annual > 0.0, value > paid);
        prop_assert!(relative_value(&flows, rate.annual).abs() < 1e-9);
    }

    #[test]
    fn the_unit_of_money_does_not_matter(flows in payments(), exponent in -8..9_i32) {
        let factor = 10_f64.powi(exponent);
        let scaled: Vec<_> = flows.iter().map(|flow| Flow { amount: flow.amount * factor, ..*flow }).collect();
        match (xirr(&flows), xirr(&scaled)) {
            (Ok(plain), Ok(scaled)) => {
                let difference = (plain.annual - scaled.annual).abs() / (1.0 + plain.annual.abs());
                prop_assert!(difference < 1e-9, "{plain:?} {scaled:?}");
            }
            (plain, scaled) => prop_assert_eq!(plain.is_err(), scaled.is_err()),
        }
    }

    #[test]
    fn the_only_rate_is_the_nearest(flows in payments()) {
        let netted: Vec<_> = netted(&flows).expect("finite").into_iter().filter(|(_, amount)| *amount != 0.0).collect();
        let payments = Payments::new(&netted);
        if let Some(only) = payments.only_root() {
            let nearest = payments.nearest_root().expect("a root");
            prop_assert!(!nearest.ambiguous);
            prop_assert!((only - nearest.log_rate).abs() < 1e-12 * (1.0 + only.abs()), "{only} {}", nearest.log_rate);
        }
    }
}
