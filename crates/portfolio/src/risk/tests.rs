use proptest::prelude::*;

use super::*;
use crate::testing::{Ledger, date, market, quoted, symbol};
use crate::{
    Benchmark, DailySeries, Figure, HoldThenTrade, LinkedReturn, Period, PortfolioSeries, Reason, Subject,
    TimeWeighted, linked, performance,
};

/// Mean 0.01; squares of the differences 0.0004, 0.0001, 0.0009 and 0.0004 make 0.0018.
const RETURNS: [f64; 4] = [0.03, 0.0, -0.02, 0.03];

#[track_caller]
fn assert_close(figure: &Figure<f64>, expected: f64) {
    assert!(figure.as_ref().is_ok_and(|figure| (figure - expected).abs() < 1e-12), "{figure:?} {expected}");
}

#[test]
fn volatility_is_the_sample_deviation_times_the_root_of_the_periods() {
    assert_close(&standard_deviation(&RETURNS), 0.0006_f64.sqrt());
    assert_close(&volatility(&RETURNS, 12.0), (0.0006_f64 * 12.0).sqrt());
}

#[test]
fn the_sharpe_ratio_relates_the_excess_to_its_deviation() {
    // A constant rate moves the mean to 0.005 and leaves the deviation.
    let constant = PeriodRate::Constant(0.005);
    assert_close(&sharpe_ratio(&RETURNS, constant, 252.0), 0.005 / 0.0006_f64.sqrt() * 252.0_f64.sqrt());
    // 0.02, 0, -0.01, 0.03 less the mean of 0.01: squares 0.0001, 0.0001, 0.0004, 0.0004.
    let dated = PeriodRate::ByPeriod(&[0.01, 0.0, -0.01, 0.0]);
    assert_close(&sharpe_ratio(&RETURNS, dated, 1.0), 0.01 / (0.001_f64 / 3.0).sqrt());
}

#[test]
fn shortfalls_are_spread_over_all_returns() {
    // Below 0.01: by 0.01 and 0.03; 0.0001 + 0.0009 over four.
    let demanded = PeriodRate::Constant(0.01);
    assert_close(&downside_deviation(&RETURNS, demanded, 1.0), 0.00025_f64.sqrt());
    // Below 0: by 0.02; mean 0.01 x 12 / (0.01 x sqrt 12).
    assert_close(&sortino_ratio(&RETURNS, PeriodRate::ZERO, 12.0), 12.0_f64.sqrt());
    assert_close(&sortino_ratio(&RETURNS, PeriodRate::ZERO, 1.0), 1.0);
}

#[test]
fn a_fund_that_moves_twice_as_the_benchmark_has_beta_two_and_its_alpha() {
    let market = RETURNS;
    let own = market.map(|value| 2.0 * value + 0.001);
    assert_close(&beta(&own, &market, PeriodRate::ZERO), 2.0);
    assert_close(&alpha(&own, &market, PeriodRate::ZERO, 12.0), 0.012);
    // With a rate f the intercept is 0.001 + 2f - f: that much more is above f.
    assert_close(&alpha(&own, &market, PeriodRate::Constant(0.002), 12.0), 0.036);
    assert_close(&correlation(&own, &market), 1.0);
    assert_close(&correlation(&own.map(|value| -value), &market), -1.0);
    // The differences are the market's returns again.
    assert_close(&tracking_error(&own, &market, 12.0), (0.0006_f64 * 12.0).sqrt());
}

#[test]
fn the_calmar_ratio_relates_the_year_to_the_deepest_fall() {
    assert_close(&calmar_ratio(0.12, -0.3), 0.4);
    assert_eq!(calmar_ratio(0.12, 0.0), Err(Reason::NoDrawdown));
}

#[test]
fn the_ulcer_index_is_the_mean_square_of_the_drawdowns() {
    // 1.1, 0.88, 1.1: drawdowns 0, -0.2, 0.
    assert_close(&ulcer_index(&[0.1, -0.2, 0.25]), (0.04_f64 / 3.0).sqrt());
    // From the start: 0.9, 0.9.
    assert_close(&ulcer_index(&[-0.1, 0.0]), 0.1);
}

#[test]
fn the_first_of_two_equal_highs_counts() {
    let values = [("2024-01-01", 5.0), ("2024-01-02", 8.0), ("2024-01-05", 8.0), ("2024-01-08", 6.0)];
    let values = values.map(|(day, value)| (date(day), value));
    let high = all_time_high(&values).expect("a high");
    assert_eq!((high.value.to_bits(), high.day), (8.0_f64.to_bits(), date("2024-01-02")));
    assert!((high.distance + 0.25).abs() < 1e-15);
    assert_eq!(all_time_high(&[]), Err(Reason::TooShort));
    assert_eq!(all_time_high(&[(date("2024-01-01"), 0.0)]), Err(Reason::NoCapital));
}

#[test]
fn without_variation_there_is_no_ratio() {
    // 0.1 + 0.2 - 0.2: rounding is no variation.
    let steady = [0.1, 0.1 + 0.2 - 0.2, 0.1];
    assert_close(&standard_deviation(&steady), 0.0);
    assert_eq!(sharpe_ratio(&steady, PeriodRate::ZERO, 252.0), Err(Reason::NoVariation));
    assert_eq!(sortino_ratio(&steady, PeriodRate::ZERO, 252.0), Err(Reason::NoLoss));
    assert_eq!(sortino_ratio(&steady, PeriodRate::Constant(0.1), 252.0), Err(Reason::NoLoss));
    assert_eq!(beta(&RETURNS[..3], &steady, PeriodRate::ZERO), Err(Reason::FlatBenchmark));
    assert_eq!(correlation(&steady, &RETURNS[..3]), Err(Reason::NoVariation));
    assert_eq!(correlation(&RETURNS[..3], &steady), Err(Reason::FlatBenchmark));
}

#[test]
fn too_few_and_unequal_periods_say_how_many() {
    assert_eq!(volatility(&[0.1], 252.0), Err(Reason::TooFewReturns { known: 1, needed: 2 }));
    let unequal = Err(Reason::UnequalPeriods { returns: 4, others: 3 });
    assert_eq!(beta(&RETURNS, &RETURNS[1..], PeriodRate::ZERO), unequal);
    assert_eq!(sharpe_ratio(&RETURNS, PeriodRate::ByPeriod(&RETURNS[1..]), 252.0), unequal);
    let sentence = Reason::TooFewReturns { known: 12, needed: 60 }.to_string();
    assert_eq!(sentence, "12 returns are known and this figure needs 60");
}

#[test]
fn periods_without_a_value_on_either_side_are_left_out_of_both() {
    let own = [None, Some(0.1), Some(0.2), None, Some(0.3)];
    let other = [Some(1.0), Some(2.0), None, Some(4.0), Some(5.0), Some(6.0)];
    assert_eq!(common_periods([&own, &other]), [vec![0.1, 0.3], vec![2.0, 5.0]]);
}

#[test]
fn values_become_returns() {
    let returns = returns_of(&[1.0, 2.0, 1.0]).expect("returns");
    assert_eq!(returns, [1.0, -0.5]);
    assert_close(&linked(&returns), 0.0);
    assert_eq!(returns_of(&[1.0, 0.0, 1.0]), Err(Reason::NoCapital));
    assert_eq!(returns_of(&[1.0]), Err(Reason::TooFewReturns { known: 0, needed: 1 }));
}

#[test]
fn a_yearly_rate_compounds_from_that_of_its_days() {
    // 1.02^(1/252) - 1.
    assert_close(&per_period(0.02, 252.0), 7.858_494_198_464_96e-5);
    assert_eq!(per_period(-1.0, 252.0), Err(Reason::OutOfRange));
}

const TERMS: RiskTerms<'static> = RiskTerms { risk_free: RiskFree::Annual(0.0), minimum_acceptable: None };

/// Closes of consecutive weekdays from Monday 2024-01-01 on: up 2 % and down 1 % in turns.
fn weekdays(count: usize) -> Vec<(NaiveDate, f64)> {
    let mut price = 100.0;
    let days =
        date("2024-01-01").iter_days().filter(|day| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun));
    let next = |(number, day)| {
        price *= if number % 2 == 0 { 1.02 } else { 0.99 };
        (day, price)
    };
    days.take(count).enumerate().map(next).collect()
}

use chrono::{Datelike, NaiveDate, Weekday};

fn held(count: usize) -> (crate::Market, crate::Books, PortfolioSeries, NaiveDate) {
    let closes = weekdays(count);
    let texts: Vec<_> = closes.iter().map(|(day, close)| (day.to_string(), *close)).collect();
    let columns: Vec<_> = texts.iter().map(|(day, close)| (day.as_str(), *close)).collect();
    let last = closes.last().expect("a day").0;
    let market = market([("AAPL", quoted(&columns)), ("VOO", quoted(&columns))]);
    let books = Ledger::default().buy("2024-01-01", "AAPL", "10", "102").books(&market, &last.to_string());
    let series = PortfolioSeries::new(&books, &market);
    (market, books, series, last)
}

fn report(count: usize) -> (RiskReport, RiskReport) {
    let (market, books, series, last) = held(count);
    let returns = series.time_weighted.expect("a return");
    let period = Period::since(date("2024-01-01"), last).expect("a period");
    let benchmark =
        Benchmark::new(&symbol("VOO"), &market, crate::testing::usd(), last).expect("a benchmark");
    let returns: LinkedReturn = returns.over(period).expect("a return").into();
    let days = trading_days(&Subject::portfolio(&books), &market);
    let of = |days| RiskReport::new(&returns, days, TERMS).expect("figures");
    (of(TradingDays::Of(&benchmark)), of(TradingDays::On(&days)))
}

#[test]
fn weekends_are_no_returns() {
    let (against, alone) = report(61);
    assert_eq!((against.returns, against.opens), (60, date("2024-01-01")));
    assert_eq!(against.closes, date("2024-03-25"));
    // 30 of -1 % and 30 of 2 %: the deviation is 0.015 x sqrt(60 / 59).
    assert_close(&against.volatility, 0.015 * (60.0_f64 / 59.0).sqrt() * 252.0_f64.sqrt());
    assert_close(&alone.volatility, against.volatility.clone().expect("known"));
    let relative = against.against.expect("a benchmark");
    assert_close(&relative.beta, 1.0);
    assert_close(&relative.tracking_error, 0.0);
    assert_eq!(alone.against, None);
}

#[test]
fn any_subject_s_returns_have_a_risk() {
    let (market, books, series, last) = held(80);
    let period = Period::since(date("2024-01-01"), last).expect("a period");
    let whole: LinkedReturn = series.time_weighted.expect("a return").over(period).expect("a return").into();
    let lot = books.positions()[0].lots[0].transaction;
    let subjects = [
        Subject::portfolios(&[&books]),
        Subject::holding(&[&books], &symbol("AAPL")),
        Subject::lot(&books, lot),
    ];
    for subject in subjects.map(|subject| subject.expect("a subject")) {
        let returns = performance(&subject, &market, period).returns.time_weighted.expect("a return");
        let days = trading_days(&subject, &market);
        let of = |returns| RiskReport::new(returns, TradingDays::On(&days), TERMS).expect("figures");
        assert_eq!(of(&returns), of(&whole));
    }
}

#[test]
fn fewer_than_sixty_returns_show_no_deviation_but_the_falls() {
    let (report, _) = report(60);
    let too_few = Err(Reason::TooFewReturns { known: 59, needed: 60 });
    assert_eq!([&report.volatility, &report.sharpe_ratio, &report.sortino_ratio], [&too_few; 3]);
    assert_close(&report.max_drawdown.as_ref().map(|fall| fall.depth).map_err(Clone::clone), -0.01);
    assert!(report.ulcer_index.is_ok() && !report.covers_a_year());
    assert_eq!(report.calmar_ratio, Err(Reason::UnderAYear));
}

#[test]
fn a_year_takes_252_returns() {
    assert!(!report(252).0.covers_a_year() && report(253).0.covers_a_year());
}

#[test]
fn a_bill_index_is_a_risk_free_rate_by_day() {
    let (_, books, series, last) = held(80);
    let returns = series.time_weighted.expect("a return");
    let period = Period::since(date("2024-01-01"), last).expect("a period");
    let bills = DailySeries { first_day: date("2024-01-01"), values: returns.index.values.clone() };
    let terms = RiskTerms { risk_free: RiskFree::Index(&bills), ..TERMS };
    let (market, ..) = held(80);
    let days = trading_days(&Subject::portfolio(&books), &market);
    let linked = returns.over(period).expect("a return").into();
    let report = RiskReport::new(&linked, TradingDays::On(&days), terms).expect("figures");
    assert_eq!(report.sharpe_ratio, Err(Reason::NoVariation), "what equals the rate has no excess");
    assert_eq!(report.sortino_ratio, Err(Reason::NoLoss));
}

#[test]
fn returns_end_with_a_total_loss() {
    let value: Vec<f64> = (0..100).map(|day| if day < 90 { 100.0 } else { 0.0 }).collect();
    let mut held_value = value.clone();
    held_value[0] = 0.0;
    let mut flow = vec![0.0; 100];
    flow[0] = 100.0;
    let days = HoldThenTrade { value: &value, held: &held_value, flow: &flow };
    let returns: TimeWeighted = crate::time_weighted(date("2024-01-01"), days).expect("a return");
    let sessions: Vec<_> = date("2024-01-01").iter_days().take(100).collect();
    let period = Period::since(date("2024-01-01"), sessions[99]).expect("a period");
    let linked = returns.over(period).expect("a return").into();
    let report = RiskReport::new(&linked, TradingDays::On(&sessions), TERMS).expect("figures");
    assert_eq!((report.returns, report.closes), (90, sessions[90]));
    assert_close(&report.current_drawdown, -1.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_returns_give_numbers_or_reasons(
        pairs in prop::collection::vec((prop_oneof![any::<f64>(), -1.5..1.5_f64], prop_oneof![any::<f64>(), -0.1..0.1_f64]), 0..8),
        periods in prop_oneof![any::<f64>(), Just(252.0)],
    ) {
        let (own, other): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let rates = [PeriodRate::Constant(0.001), PeriodRate::ByPeriod(&other)];
        let mut figures = vec![
            volatility(&own, periods), correlation(&own, &other), tracking_error(&own, &other, periods),
            ulcer_index(&own), linked(&own), standard_deviation(&own),
            per_period(own.first().copied().unwrap_or(0.0), periods),
        ];
        for rate in rates {
            figures.extend([
                sharpe_ratio(&own, rate, periods), sortino_ratio(&own, rate, periods),
                downside_deviation(&own, rate, periods), beta(&own, &other, rate), alpha(&own, &other, rate, periods),
            ]);
        }
        prop_assert!(figures.iter().flatten().all(|figure| figure.is_finite()), "{figures:?}");
        prop_assert!(returns_of(&own).iter().flatten().all(|value| value.is_finite()));
    }
}
