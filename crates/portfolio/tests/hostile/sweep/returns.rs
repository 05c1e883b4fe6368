//! Series, returns by calendar and window, and risk.

use bellwether_portfolio::risk::{RiskFree, RiskReport, RiskTerms, TradingDays, all_time_high, trading_days};
use bellwether_portfolio::{
    Benchmark, CalendarUnit, DailySeries, LinkedReturn, ReturnSummary, RollingWindow, Subject,
    calendar_returns, calendar_years, current_drawdown, downsample, drawdowns, max_drawdown, rolling_returns,
    underwater,
};
use chrono::NaiveDate;

use super::{Sweep, periods};
use crate::world::day;

impl Sweep<'_> {
    pub(super) fn columns(&mut self, column: &DailySeries) {
        let last = column.last();
        self.found.finite("DailySeries", &(last, column.at(day("2023-06-01")), column.len(), column.day(0)));
        for most in [0, 1, 2, 3, 4, 50] {
            let points = downsample(column, most);
            self.found.hold(points.len() <= most, || format!("{} points instead of {most}", points.len()));
            self.found.finite("downsample", &points);
        }
        for period in periods(self.books) {
            self.found.finite("DailySeries::within", &column.within(period));
        }
        let dated: Vec<_> =
            column.values.iter().enumerate().map(|(at, value)| (column.day(at), *value)).collect();
        self.found.finite("all_time_high", &all_time_high(&dated));
    }

    pub(crate) fn returns(&mut self) {
        for column in [self.series.value.clone(), self.series.held.clone(), self.series.cash.clone()] {
            self.columns(&column);
            self.index(&column);
        }
        let Ok(linked) = self.series.time_weighted.clone() else { return };
        self.index(&linked.index);
        self.index(&linked.from_opening());
        let sessions = trading_days(&Subject::portfolio(self.books), &self.world.market);
        let mut benchmarks = self.benchmarks();
        benchmarks.truncate(4);
        for period in periods(self.books) {
            let over = linked.over(period);
            self.found.finite("TimeWeighted::over", &over);
            if let Ok(over) = over {
                self.risk(&over.into(), &sessions, &benchmarks);
            }
        }
        self.risk(&linked.into(), &sessions, &benchmarks);
    }

    fn index(&mut self, index: &DailySeries) {
        for unit in [CalendarUnit::Month, CalendarUnit::Quarter, CalendarUnit::Year] {
            let returns = calendar_returns(index, unit);
            self.found
                .finite("ReturnSummary::of", &returns.as_ref().map(|returns| ReturnSummary::of(returns)));
            self.found.finite("calendar_returns", &returns);
        }
        self.found.finite("calendar_years", &calendar_years(index));
        for length in [0, 1, 30, 365, 3650, u32::MAX] {
            self.found.finite("rolling_returns", &rolling_returns(index, RollingWindow::Days(length)));
            self.found.finite("rolling_returns", &rolling_returns(index, RollingWindow::Months(length)));
        }
        let falls = drawdowns(index);
        for fall in falls.iter().flatten() {
            self.found.hold(fall.days_down() >= 0, || format!("a fall that ends before it begins: {fall:?}"));
            self.found.finite("Drawdown", &(fall.days_recovering(), fall.depth));
        }
        self.found.finite("drawdowns", &(falls, max_drawdown(index), current_drawdown(index)));
        self.found.finite("underwater", &underwater(index));
    }

    fn risk(&mut self, returns: &LinkedReturn, sessions: &[NaiveDate], benchmarks: &[Benchmark]) {
        self.found.finite("LinkedReturn::from_opening", &returns.from_opening());
        for rate in [0.02, -0.5, -1.0, 1e300, f64::NAN] {
            let terms = RiskTerms { risk_free: RiskFree::Annual(rate), minimum_acceptable: Some(rate / 2.0) };
            let report = RiskReport::new(returns, TradingDays::On(sessions), terms);
            self.found.finite("RiskReport", &report);
            if let Ok(report) = report {
                let enough = report.returns >= 60;
                self.found
                    .hold(enough || report.volatility.is_err(), || format!("risk of little: {report:?}"));
                self.found.finite("RiskReport::covers_a_year", &report.covers_a_year());
            }
            for benchmark in benchmarks {
                let index = benchmark.index();
                self.found.finite("RiskReport", &RiskReport::new(returns, TradingDays::Of(benchmark), terms));
                let terms = RiskTerms { risk_free: RiskFree::Index(&index), minimum_acceptable: None };
                self.found.finite("RiskReport", &RiskReport::new(returns, TradingDays::Of(benchmark), terms));
            }
        }
    }
}
