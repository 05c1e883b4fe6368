//! A portfolio's metrics as JSON: each a number, or null with the reason under `unavailable`. Amounts are in the base
//! currency, rates percent.

use bellwether_portfolio::risk::{AgainstBenchmark, RiskReport};
use bellwether_portfolio::{Figure, PeriodReturns, Reason};
use bellwether_tracker::{MetricFigures, Metrics};
use chrono::SecondsFormat;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Map, Value, json};

/// Metrics and the reasons of those that are missing.
#[derive(Default)]
struct Told {
    metrics: Map<String, Value>,
    unavailable: Map<String, Value>,
}

impl Told {
    fn number(&mut self, name: &str, figure: Figure<f64>) {
        let number = match figure {
            Ok(number) => json!(number),
            Err(reason) => {
                self.unavailable.insert(name.to_owned(), json!(reason.to_string()));
                Value::Null
            }
        };
        self.metrics.insert(name.to_owned(), number);
    }

    fn percent(&mut self, name: &str, figure: Figure<f64>) {
        self.number(name, figure.map(|rate| rate * 100.0));
    }

    fn amount(&mut self, name: &str, figure: &Figure<Decimal>) {
        let number = |amount: &Decimal| amount.to_f64().ok_or(Reason::OutOfRange);
        self.number(name, figure.as_ref().map_err(Clone::clone).and_then(number));
    }
}

/// The answer.
pub(crate) fn metrics(metrics: &Metrics) -> Value {
    let mut told = Told::default();
    let (named, period, fault) = match &metrics.figures {
        Ok(figures) => {
            sums(&mut told, figures);
            rates(&mut told, &figures.returns);
            risk(&mut told, figures);
            let period =
                figures.risk.as_ref().ok().map(|risk| json!({ "from": risk.opens, "to": risk.closes }));
            (Some((&figures.benchmark, &figures.benchmark_name)), period, None)
        }
        Err(fault) => (None, None, Some(fault.to_string())),
    };
    let mut answer = json!({
        "success": fault.is_none(),
        "portfolio_id": metrics.portfolio.id,
        "name": metrics.portfolio.name,
        "currency": metrics.portfolio.base_currency,
        "as_of": metrics.as_of,
        "metrics": told.metrics,
        "unavailable": told.unavailable,
        "risk_benchmark": named.map(|(benchmark, _)| benchmark),
        "risk_period": period,
        "error": fault,
        "timestamp": metrics.computed_at.to_rfc3339_opts(SecondsFormat::Millis, false),
    });
    if let Some((_, Some(name))) = named {
        answer["risk_benchmark_name"] = json!(name);
    }
    answer
}

fn sums(told: &mut Told, figures: &MetricFigures) {
    let totals = &figures.report.totals;
    told.amount("current_value", &totals.value);
    told.amount("cash_balance", &totals.cash);
    told.amount("cost_basis", &totals.cost);
    told.amount("total_invested", &totals.net_deposits);
    told.amount("total_gain_loss", &totals.total_gain);
    told.amount("unrealised_gain", &totals.unrealised);
    told.amount("realised_gain", &totals.realised);
    told.amount("total_dividends", &totals.income);
    told.amount("fees", &totals.fees);
    told.amount("taxes", &totals.taxes);
    let day = totals.day_change.as_ref().map_err(Clone::clone);
    told.amount("daily_dollar_change", &day.clone().map(|day| day.amount));
    told.percent("daily_change", day.and_then(|day| day.rate.clone()));
}

fn rates(told: &mut Told, returns: &Figure<PeriodReturns>) {
    let of = |pick: fn(&PeriodReturns) -> Figure<f64>| returns.as_ref().map_err(Clone::clone).and_then(pick);
    told.percent("money_weighted_return", of(|returns| Ok(returns.money_weighted.clone()?.headline())));
    told.percent("time_weighted_return", of(|returns| Ok(returns.time_weighted.clone()?.total)));
    told.percent("time_weighted_return_annualised", of(|returns| returns.time_weighted.clone()?.annualised));
    told.percent("modified_dietz_return", of(|returns| returns.modified_dietz.clone()));
    told.percent("simple_return", of(|returns| returns.simple.clone()));
}

fn risk(told: &mut Told, figures: &MetricFigures) {
    let of =
        |pick: fn(&RiskReport) -> Figure<f64>| figures.risk.as_ref().map_err(Clone::clone).and_then(pick);
    told.percent("volatility", of(|risk| risk.volatility.clone()));
    told.percent("downside_deviation", of(|risk| risk.downside_deviation.clone()));
    told.percent("max_drawdown", of(|risk| risk.max_drawdown.clone().map(|fall| fall.depth)));
    told.percent("current_drawdown", of(|risk| risk.current_drawdown.clone()));
    told.percent("ulcer_index", of(|risk| risk.ulcer_index.clone()));
    told.number("sharpe_ratio", of(|risk| risk.sharpe_ratio.clone()));
    told.number("sortino_ratio", of(|risk| risk.sortino_ratio.clone()));
    told.number("calmar_ratio", of(|risk| risk.calmar_ratio.clone()));
    let beside = |pick: fn(&AgainstBenchmark) -> Figure<f64>| {
        let risk = figures.risk.as_ref().map_err(Clone::clone)?;
        pick(risk.against.as_ref().ok_or(Reason::NotHeld)?)
    };
    if figures.benchmark.is_some() {
        told.number("beta", beside(|against| against.beta.clone()));
        told.percent("alpha", beside(|against| against.alpha.clone()));
        told.number("correlation", beside(|against| against.correlation.clone()));
        told.percent("tracking_error", beside(|against| against.tracking_error.clone()));
    }
}
