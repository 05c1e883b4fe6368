//! Risk figures of a holding against those that other packages worked out (`tests/realdata/risk_reference.py`).

use bellwether_domain::TransactionDraft;
use bellwether_domain::TransactionKind;
use bellwether_portfolio::risk::{
    PeriodRate, RiskFree, RiskReport, RiskTerms, TradingDays, alpha, beta, calmar_ratio, correlation,
    downside_deviation, per_period, returns_of, sharpe_ratio, sortino_ratio, tracking_error, ulcer_index,
    volatility,
};
use bellwether_portfolio::{
    CalendarUnit, DailySeries, Figure, Period, PositionSeries, TimeWeighted, cagr, calendar_returns, linked,
    max_drawdown_of_returns,
};

use super::*;

const YEAR: f64 = 252.0;

fn expected() -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder().join("risk_expected.json")).unwrap()).unwrap()
}

#[track_caller]
fn agrees(what: &str, figure: &Figure<f64>, expected: &Value) {
    let (figure, expected) = (figure.as_ref().unwrap(), expected.as_f64().unwrap());
    assert!((figure - expected).abs() < 1e-8, "{what}: {figure} instead of {expected}");
}

fn symbols() -> serde_json::Map<String, Value> {
    expected()["symbols"].as_object().unwrap().clone()
}

/// One share bought at the first close, held to the end: its own return, dividends included.
fn held(name: &str, market: &Market) -> TimeWeighted {
    let first = day("2000-03-01");
    let close = market.instrument(&symbol(name)).unwrap().price_on(first).unwrap().price;
    let mut purchase = TransactionDraft::new(TransactionKind::Buy, first, Currency::USD);
    purchase.symbol = Some(symbol(name));
    (purchase.quantity, purchase.price) = (Some(Decimal::ONE), Some(close));
    let ledger = [purchase.check(TransactionId::new(), 1, first).unwrap()];
    let books = Books::replay(&ledger, market, &Options::new(Currency::USD), day("2013-03-01")).unwrap();
    PositionSeries::new(&books.positions()[0], &books, market).time_weighted.unwrap()
}

fn benchmark(name: &str, market: &Market) -> Benchmark {
    Benchmark::new(&symbol(name), market, Currency::USD, day("2013-03-01")).unwrap()
}

fn period(expected: &Value) -> Period {
    Period::new(day(text(&expected["from"])), day(text(&expected["to"]))).unwrap()
}

#[test]
fn a_holding_s_risk_report_is_that_of_the_packages() {
    let market = market();
    for (name, expected) in symbols() {
        let (returns, other) = (held(&name, &market), benchmark(text(&expected["benchmark"]), &market));
        for expected in expected["periods"].as_array().unwrap() {
            let period = period(expected);
            let report = |rate| {
                let terms = RiskTerms { risk_free: RiskFree::Annual(rate), minimum_acceptable: None };
                RiskReport::new(&returns.over(period).unwrap().into(), TradingDays::Of(&other), terms)
                    .unwrap()
            };
            let what = |figure: &str| format!("{name} {figure} since {}", period.from);

            let plain = report(0.0);
            assert_eq!(plain.returns as u64, expected["returns"].as_u64().unwrap(), "{name}");
            assert!(plain.covers_a_year());
            agrees(&what("volatility"), &plain.volatility, &expected["volatility"]);
            agrees(&what("Sharpe"), &plain.sharpe_ratio, &expected["sharpe_ratio"]);
            agrees(&what("downside"), &plain.downside_deviation, &expected["downside_deviation"]);
            agrees(&what("Sortino"), &plain.sortino_ratio, &expected["sortino_ratio"]);
            agrees(&what("Ulcer"), &plain.ulcer_index, &expected["ulcer_index"]);
            agrees(&what("Calmar"), &plain.calmar_ratio, &expected["calmar_ratio"]);
            let against = plain.against.unwrap();
            agrees(&what("beta"), &against.beta, &expected["beta"]);
            agrees(&what("alpha"), &against.alpha, &expected["alpha"]);
            agrees(&what("correlation"), &against.correlation, &expected["correlation"]);
            agrees(&what("tracking error"), &against.tracking_error, &expected["tracking_error"]);

            let fall = plain.max_drawdown.unwrap();
            let expected_fall = &expected["max_drawdown"];
            agrees(&what("drawdown"), &Ok(fall.depth), &expected_fall["depth"]);
            assert_eq!(fall.peak, day(text(&expected_fall["peak"])), "{}", what("peak"));
            assert_eq!(fall.trough, day(text(&expected_fall["trough"])), "{}", what("trough"));
            assert_eq!(fall.recovered, expected_fall["recovered"].as_str().map(day), "{}", what("recovery"));
            agrees(&what("current drawdown"), &plain.current_drawdown, &expected_fall["current"]);

            let above = report(0.02);
            agrees(&what("Sharpe above 2 %"), &above.sharpe_ratio, &expected["sharpe_ratio_above_rate"]);
            let downside = &expected["downside_deviation_below_rate"];
            agrees(&what("downside below 2 %"), &above.downside_deviation, downside);
            agrees(&what("Sortino above 2 %"), &above.sortino_ratio, &expected["sortino_ratio_above_rate"]);
            let against = above.against.unwrap();
            agrees(&what("beta above 2 %"), &against.beta, &expected["beta_above_rate"]);
            agrees(&what("alpha above 2 %"), &against.alpha, &expected["alpha_above_rate"]);
        }
    }
}

/// The benchmark's index on its trading days in a period, the opening close first.
fn levels(benchmark: &Benchmark, sessions: &[NaiveDate], period: Period) -> Vec<f64> {
    let index = benchmark.index();
    let on = sessions.iter().filter(|day| period.contains(**day));
    std::iter::once(&period.from).chain(on).map(|day| index.at(*day).unwrap()).collect()
}

#[test]
fn the_plain_functions_agree_on_the_returns_of_benchmarks() {
    let market = market();
    for (name, expected) in symbols() {
        let (own, other) = (benchmark(&name, &market), benchmark(text(&expected["benchmark"]), &market));
        let sessions: Vec<_> = other.sessions().collect();
        for expected in expected["periods"].as_array().unwrap() {
            let period = period(expected);
            let returns = returns_of(&levels(&own, &sessions, period)).unwrap();
            let market = returns_of(&levels(&other, &sessions, period)).unwrap();
            let rate = PeriodRate::Constant(per_period(0.02, YEAR).unwrap());
            let total = linked(&returns);
            agrees("return", &total, &expected["total_return"]);
            agrees("volatility", &volatility(&returns, YEAR), &expected["volatility"]);
            agrees("Sharpe", &sharpe_ratio(&returns, rate, YEAR), &expected["sharpe_ratio_above_rate"]);
            let downside = &expected["downside_deviation_below_rate"];
            agrees("downside", &downside_deviation(&returns, rate, YEAR), downside);
            agrees("Sortino", &sortino_ratio(&returns, rate, YEAR), &expected["sortino_ratio_above_rate"]);
            agrees("Ulcer", &ulcer_index(&returns), &expected["ulcer_index"]);
            agrees("beta", &beta(&returns, &market, rate), &expected["beta_above_rate"]);
            agrees("alpha", &alpha(&returns, &market, rate, YEAR), &expected["alpha_above_rate"]);
            agrees("correlation", &correlation(&returns, &market), &expected["correlation"]);
            agrees("tracking", &tracking_error(&returns, &market, YEAR), &expected["tracking_error"]);
            let fall = max_drawdown_of_returns(&returns);
            agrees("drawdown", &fall, &expected["max_drawdown"]["depth"]);
            let annual = cagr(total.unwrap(), returns.len() as f64 / YEAR).unwrap();
            agrees("Calmar", &calmar_ratio(annual, fall.unwrap()), &expected["calmar_ratio_by_count"]);
        }
    }
}

fn check_calendar(name: &str, index: &DailySeries, expected: &Value) {
    let units = [
        (CalendarUnit::Month, "monthly"),
        (CalendarUnit::Quarter, "quarterly"),
        (CalendarUnit::Year, "yearly"),
    ];
    for (unit, key) in units {
        let (found, expected) = (calendar_returns(index, unit).unwrap(), expected[key].as_object().unwrap());
        assert_eq!(found.len(), expected.len(), "{name} {key}");
        for part in found {
            let label = match unit {
                CalendarUnit::Year => part.year.to_string(),
                _ => format!("{}-{:02}", part.year, part.number),
            };
            agrees(&format!("{name} {label}"), &Ok(part.rate), &expected[&label]);
        }
    }
}

#[test]
fn the_calendar_of_returns_is_that_of_the_packages() {
    let market = market();
    for (name, expected) in symbols() {
        check_calendar(&name, &held(&name, &market).from_opening(), &expected);
        check_calendar(&name, &benchmark(&name, &market).index(), &expected);
    }
}
