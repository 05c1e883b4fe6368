//! Hostile numbers for the functions that take plain numbers.

use bellwether_portfolio::risk::{
    PeriodRate, all_time_high, alpha, beta, calmar_ratio, common_periods, correlation, downside_deviation,
    per_period, returns_of, sharpe_ratio, sortino_ratio, standard_deviation, tracking_error, ulcer_index,
    volatility,
};
use bellwether_portfolio::{
    CalendarUnit, DailySeries, Flow, HoldThenTrade, ReturnSummary, RollingWindow, annualised, cagr,
    calendar_returns, calendar_years, current_drawdown, downsample, drawdowns, irr, linked,
    linked_sub_periods, max_drawdown, max_drawdown_of_returns, modified_dietz, npv, ratio, rolling_returns,
    time_weighted, underwater, xirr,
};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::finite::Findings;
use crate::world::day;

const HOSTILE: [f64; 14] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    -1.5,
    0.01,
    f64::MIN_POSITIVE,
    1e-320,
    1e300,
    f64::MAX,
    f64::MIN,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
];

/// None, one and all of the numbers, each pair of them, and what never varies.
fn columns() -> Vec<Vec<f64>> {
    let mut all = vec![Vec::new(), HOSTILE.to_vec(), vec![0.1; 80], vec![0.0; 80], vec![-1.0; 80]];
    for first in HOSTILE {
        all.push(vec![first]);
        for second in HOSTILE {
            all.push(vec![first, second]);
            all.push(vec![0.01, first, -0.02, second, 0.03]);
        }
    }
    all
}

fn checked(check: impl FnOnce(&mut Findings)) {
    let mut found = Findings::of("plain numbers");
    check(&mut found);
    found.faults.truncate(40);
    assert!(found.faults.is_empty(), "{}", found.faults.join("\n"));
}

fn from(first_day: NaiveDate, values: &[f64]) -> DailySeries {
    DailySeries { first_day, values: values.to_vec() }
}

#[test]
fn risk_of_hostile_returns_is_a_number_or_a_reason() {
    checked(|found| {
        let columns = columns();
        for returns in &columns {
            found.finite("volatility", &(returns, volatility(returns, 252.0)).1);
            found.finite("standard_deviation", &standard_deviation(returns));
            found.finite("ulcer_index", &ulcer_index(returns));
            found.finite("returns_of", &returns_of(returns));
            for number in HOSTILE {
                let rate = PeriodRate::Constant(number);
                found.finite("volatility", &volatility(returns, number));
                found.finite("sharpe_ratio", &sharpe_ratio(returns, rate, 252.0));
                found.finite("sharpe_ratio", &sharpe_ratio(returns, PeriodRate::ZERO, number));
                found.finite("sortino_ratio", &sortino_ratio(returns, rate, 252.0));
                found.finite("sortino_ratio", &sortino_ratio(returns, PeriodRate::ZERO, number));
                found.finite("downside_deviation", &downside_deviation(returns, rate, 252.0));
                found.finite("downside_deviation", &downside_deviation(returns, PeriodRate::ZERO, number));
                found.finite("PeriodRate::excess", &rate.excess(returns));
            }
        }
    });
}

#[test]
fn risk_beside_hostile_returns_is_a_number_or_a_reason() {
    checked(|found| {
        let columns: Vec<_> = columns().into_iter().step_by(7).collect();
        for returns in &columns {
            for benchmark in &columns {
                found.finite("correlation", &correlation(returns, benchmark));
                for number in HOSTILE {
                    let rate = PeriodRate::Constant(number);
                    found.finite("tracking_error", &tracking_error(returns, benchmark, number));
                    found.finite("beta", &beta(returns, benchmark, rate));
                    found.finite("alpha", &alpha(returns, benchmark, rate, 252.0));
                    found.finite("alpha", &alpha(returns, benchmark, PeriodRate::ZERO, number));
                }
                let by_period = PeriodRate::ByPeriod(benchmark);
                found.finite("PeriodRate::excess", &by_period.excess(returns));
                found.finite("sharpe_ratio", &sharpe_ratio(returns, by_period, 252.0));
                let holes: Vec<_> = returns.iter().map(|value| value.is_finite().then_some(*value)).collect();
                let whole: Vec<_> = benchmark.iter().map(|value| Some(*value)).collect();
                let [own, _] = common_periods([&holes, &whole]);
                found.finite("common_periods", &own);
            }
        }
    });
}

#[test]
fn rates_of_hostile_numbers_are_numbers_or_reasons() {
    checked(|found| {
        let smallest = Decimal::new(1, 28);
        for part in [Decimal::MIN, Decimal::ZERO, smallest, Decimal::MAX] {
            for whole in [Decimal::MIN, Decimal::ZERO, smallest, Decimal::MAX] {
                found.finite("ratio", &ratio(part, whole));
            }
        }
        for first in HOSTILE {
            for second in HOSTILE {
                found.finite("cagr", &cagr(first, second));
                found.finite("calmar_ratio", &calmar_ratio(first, second));
                found.finite("per_period", &per_period(first, second));
                found.finite("linked_sub_periods", &linked_sub_periods(&[(first, second), (second, first)]));
                for (from, to) in [("2023-01-02", "2023-01-02"), ("2023-01-02", "2024-01-02")] {
                    let flows = [
                        Flow { date: day("2023-01-02"), amount: first },
                        Flow { date: day("2023-06-01"), amount: second },
                        Flow { date: day("2023-06-01"), amount: second },
                    ];
                    found
                        .finite("modified_dietz", &modified_dietz(first, second, &flows, day(from), day(to)));
                    found.finite("modified_dietz", &modified_dietz(1.0, second, &flows, day(from), day(to)));
                    found.finite("xirr", &xirr(&flows));
                }
            }
            for days in [i64::MIN, -1, 0, 364, 365, i64::MAX] {
                let rate = annualised(first, days);
                found.hold(days >= 365 || rate.is_err(), || format!("annualised over {days} days: {rate:?}"));
                found.finite("annualised", &rate);
            }
        }
        for payments in columns() {
            let irr = irr(&payments);
            found.finite("irr", &irr);
            found.finite("linked", &linked(&payments));
            found.finite("max_drawdown_of_returns", &max_drawdown_of_returns(&payments));
            let dated: Vec<_> = payments
                .iter()
                .zip([day("2023-01-02"), NaiveDate::MIN, NaiveDate::MAX].iter().cycle())
                .map(|(amount, date)| Flow { date: *date, amount: *amount })
                .collect();
            found.finite("xirr", &xirr(&dated));
            for rate in HOSTILE {
                found.finite("npv", &npv(&dated, rate));
            }
        }
    });
}

#[test]
fn hostile_series_give_numbers_or_reasons() {
    checked(|found| {
        for values in columns() {
            for first_day in [day("2023-12-30"), NaiveDate::MIN, NaiveDate::MAX] {
                let index = from(first_day, &values);
                for unit in [CalendarUnit::Month, CalendarUnit::Quarter, CalendarUnit::Year] {
                    let returns = calendar_returns(&index, unit);
                    found.finite("ReturnSummary::of", &returns.as_ref().map(|all| ReturnSummary::of(all)));
                    found.finite("calendar_returns", &returns);
                }
                found.finite("calendar_years", &calendar_years(&index));
                found.finite("rolling_returns", &rolling_returns(&index, RollingWindow::Days(1)));
                found.finite("rolling_returns", &rolling_returns(&index, RollingWindow::Months(1)));
                found.finite("drawdowns", &(drawdowns(&index), max_drawdown(&index)));
                found.finite("underwater", &(underwater(&index), current_drawdown(&index)));
                found.finite(
                    "downsample",
                    &(downsample(&index, 0), downsample(&index, 1), downsample(&index, 4)),
                );
                let dated: Vec<_> = values.iter().map(|value| (first_day, *value)).collect();
                found.finite("all_time_high", &all_time_high(&dated));
            }
        }
    });
}

#[test]
fn hostile_days_link_to_a_number_or_a_reason() {
    checked(|found| {
        for first in HOSTILE {
            for second in HOSTILE {
                for flow in [[0.0, 0.0], [first, second], [second, -first]] {
                    for (value, held) in [([first, second], [0.0, second]), ([second, first], [first, first])]
                    {
                        let days = HoldThenTrade { value: &value, held: &held, flow: &flow };
                        found.finite("time_weighted", &time_weighted(day("2023-01-02"), days));
                    }
                    let uneven =
                        HoldThenTrade { value: &[first, second, first], held: &[second], flow: &flow };
                    found.finite("time_weighted", &time_weighted(NaiveDate::MAX, uneven));
                }
            }
        }
    });
}

#[test]
fn nothing_and_one_of_anything_has_no_rate() {
    let rate = PeriodRate::ZERO;
    for few in [&[][..], &[0.01]] {
        assert!(volatility(few, 252.0).is_err());
        assert!(standard_deviation(few).is_err());
        assert!(sharpe_ratio(few, rate, 252.0).is_err());
        assert!(sortino_ratio(few, rate, 252.0).is_err());
        assert!(beta(few, few, rate).is_err() && alpha(few, few, rate, 252.0).is_err());
        assert!(correlation(few, few).is_err() && tracking_error(few, few, 252.0).is_err());
        assert!(irr(few).is_err() && returns_of(few).is_err());
        let index = from(day("2023-01-02"), few);
        assert!(max_drawdown(&index).is_err() && current_drawdown(&index).is_err());
        assert!(drawdowns(&index).is_err() && underwater(&index).is_err());
        assert!(rolling_returns(&index, RollingWindow::Days(1)).is_err());
        assert!(rolling_returns(&index, RollingWindow::Days(0)).is_err());
    }
    assert!(linked(&[]).is_err() && linked_sub_periods(&[]).is_err());
    assert!(ulcer_index(&[]).is_err() && max_drawdown_of_returns(&[]).is_err());
    assert!(xirr(&[]).is_err() && npv(&[], 0.1).is_err() && all_time_high(&[]).is_err());
    assert!(ReturnSummary::of(&[]).is_err());
    for unit in [CalendarUnit::Month, CalendarUnit::Quarter, CalendarUnit::Year] {
        assert!(calendar_returns(&from(day("2023-01-02"), &[]), unit).is_err());
    }
    let none = HoldThenTrade { value: &[], held: &[], flow: &[] };
    assert!(time_weighted(day("2023-01-02"), none).is_err());
    let flat = [0.01; 80];
    assert!(sharpe_ratio(&flat, rate, 252.0).is_err(), "no risk to relate the reward to");
    assert!(correlation(&flat, &flat).is_err() && beta(&flat, &flat, rate).is_err());
}
