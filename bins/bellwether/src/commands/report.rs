//! `bellwether report`

use std::fmt::Write as _;
use std::io::Write;
use std::process::ExitCode;

use bellwether_portfolio::Figure;
use bellwether_tracker::{Dashboard, Figures, Range, View};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::start;
use crate::cli::Report;
use crate::failure::Failure;
use crate::number;
use crate::settings::Settings;

/// Prints a portfolio's figures, for people or as JSON. A ledger with a fault makes the exit code 1.
pub(super) async fn run(settings: &Settings, report: Report) -> Result<ExitCode, Failure> {
    let tracker = start::tracker(settings).await?;
    let portfolio = tracker.portfolio_named(&report.portfolio).await?;
    let view = View { as_of: report.as_of, range: Range::Max, benchmarks: report.benchmark };
    let dashboard = tracker.dashboard(portfolio.id, &view).await?;
    let mut out = std::io::stdout();
    if report.json {
        writeln!(out, "{:#}", as_json(&dashboard))?;
    } else {
        write!(out, "{}", as_text(&dashboard))?;
    }
    Ok(if dashboard.figures.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Amounts as exact decimal texts, rates as numbers (0.1 is 10 %); a figure that is not known is null, with its
/// reason under the same key in `unknown`.
fn as_json(dashboard: &Dashboard) -> Value {
    let head = json!({
        "portfolio": dashboard.portfolio.name,
        "as_of": dashboard.as_of,
        "currency": dashboard.portfolio.base_currency,
        "cost_method": dashboard.portfolio.cost_method,
        "warnings": dashboard.warnings,
    });
    let body = match &dashboard.figures {
        Ok(figures) => figures_json(figures),
        Err(error) => json!({ "error": error.to_string() }),
    };
    merged(head, body)
}

fn merged(mut one: Value, other: Value) -> Value {
    if let (Value::Object(one), Value::Object(other)) = (&mut one, other) {
        one.extend(other);
    }
    one
}

fn exact(figure: &Figure<Decimal>) -> Value {
    figure.as_ref().map_or(Value::Null, |amount| json!(amount.normalize().to_string()))
}

fn rate(figure: &Figure<f64>) -> Value {
    figure.as_ref().map_or(Value::Null, |rate| json!(rate))
}

fn figures_json(figures: &Figures) -> Value {
    let report = &figures.report;
    let (totals, returns) = (&report.totals, &report.returns);
    let xirr = returns.xirr.as_ref().map_err(Clone::clone);
    let linked = returns.time_weighted.as_ref().map_err(Clone::clone);
    let mut unknown = serde_json::Map::new();
    let mut note = |name: &str, reason: Option<String>| {
        if let Some(reason) = reason {
            unknown.insert(name.to_owned(), json!(reason));
        }
    };
    note("value", totals.value.as_ref().err().map(ToString::to_string));
    note("xirr", returns.xirr.as_ref().err().map(ToString::to_string));
    note("time_weighted_return", returns.time_weighted.as_ref().err().map(ToString::to_string));
    json!({
        "totals": {
            "value": exact(&totals.value),
            "holdings_value": exact(&totals.holdings_value),
            "cash": exact(&totals.cash),
            "cost": exact(&totals.cost),
            "unrealised": exact(&totals.unrealised),
            "realised": exact(&totals.realised),
            "income": exact(&totals.income),
            "fees": exact(&totals.fees),
            "taxes": exact(&totals.taxes),
            "total_gain": exact(&totals.total_gain),
            "net_deposits": exact(&totals.net_deposits),
            "day_change": totals.day_change.as_ref().map_or(Value::Null, |day| json!({
                "day": day.day, "amount": day.amount.normalize().to_string(), "rate": rate(&day.rate),
            })),
        },
        "xirr": xirr.as_ref().map_or(Value::Null, |rate| json!({
            "annual": rate.annual, "period": rate.period, "days": rate.days, "ambiguous": rate.ambiguous,
        })),
        "time_weighted_return": linked.as_ref().map_or(Value::Null, |linked| json!({
            "total": linked.total, "annualised": rate(&linked.annualised), "days": linked.days,
        })),
        "max_drawdown": returns.max_drawdown.as_ref().map_or(Value::Null, |fall| json!({
            "depth": fall.depth, "peak": fall.peak, "trough": fall.trough, "recovered": fall.recovered,
        })),
        "benchmarks": figures.benchmarks.iter().map(|against| match &against.portfolio {
            Ok(comparison) => json!({
                "symbol": against.symbol, "value": comparison.value, "units": comparison.units,
                "gain": comparison.gain, "ahead_by": comparison.ahead_by,
                "xirr": comparison.xirr.as_ref().map_or(Value::Null, |rate| json!(rate.annual)),
                "total_return": comparison.total_return, "starts_late": comparison.starts_late,
            }),
            Err(reason) => json!({ "symbol": against.symbol, "unknown": reason.to_string() }),
        }).collect::<Vec<_>>(),
        "holdings": report.open_holdings().map(|held| json!({
            "symbol": held.symbol,
            "name": figures.instrument(&held.symbol).name,
            "quantity": held.quantity.normalize().to_string(),
            "price": held.price.as_ref().map_or(Value::Null, |on| json!(on.price.normalize().to_string())),
            "price_day": held.price.as_ref().map_or(Value::Null, |on| json!(on.day)),
            "value": exact(&held.value),
            "cost": exact(&held.cost),
            "unrealised": exact(&held.unrealised),
            "realised": exact(&held.realised),
            "income": exact(&held.income),
            "weight": rate(&held.weight),
        })).collect::<Vec<_>>(),
        "unknown": unknown,
    })
}

fn as_text(dashboard: &Dashboard) -> String {
    let base = dashboard.portfolio.base_currency;
    let mut text = format!("{} on {}, in {base}\n", dashboard.portfolio.name, dashboard.as_of);
    for warning in &dashboard.warnings {
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(text, "  ! {warning}");
    }
    let Ok(figures) = &dashboard.figures else { return text };
    let report = &figures.report;
    let (totals, returns) = (&report.totals, &report.returns);
    let money = |figure: &Figure<Decimal>| match figure {
        Ok(amount) => number::money(*amount, base),
        Err(reason) => format!("n/a ({reason})"),
    };
    let percent = |figure: Figure<f64>| match figure {
        Ok(rate) => number::percent_change(rate),
        Err(reason) => format!("n/a ({reason})"),
    };
    let xirr = returns.xirr.as_ref().map(bellwether_portfolio::Rate::headline).map_err(Clone::clone);
    let linked = returns.time_weighted.as_ref().map(|linked| linked.total).map_err(Clone::clone);
    let lines = [
        ("Value", money(&totals.value)),
        ("  of it cash", money(&totals.cash)),
        ("Net deposits", money(&totals.net_deposits)),
        ("Total gain", money(&totals.total_gain)),
        ("  unrealised", money(&totals.unrealised)),
        ("  realised", money(&totals.realised)),
        ("  income", money(&totals.income)),
        ("XIRR", percent(xirr)),
        ("Time-weighted", percent(linked)),
        (
            "Max. drawdown",
            percent(returns.max_drawdown.as_ref().map(|fall| fall.depth).map_err(Clone::clone)),
        ),
    ];
    for (name, figure) in lines {
        let _ = writeln!(text, "{name:<16}{figure:>18}");
    }
    for against in &figures.benchmarks {
        let told = match &against.portfolio {
            Ok(other) => format!(
                "{:>18}",
                number::money(Decimal::try_from(other.value).unwrap_or_default().round_dp(2), base)
            ),
            Err(reason) => format!("n/a ({reason})"),
        };
        let _ = writeln!(text, "{:<16}{told}", format!("Same in {}", against.symbol));
    }
    let _ = writeln!(
        text,
        "\n{:<8}{:>16}{:>12}{:>16}{:>16}{:>16}{:>9}",
        "", "Quantity", "Price", "Value", "Cost", "Gain", "Weight"
    );
    for held in report.open_holdings() {
        let price = held
            .price
            .as_ref()
            .map_or_else(|_| number::UNKNOWN.to_owned(), |on| number::price(on.price, held.currency));
        let cell = |figure: &Figure<Decimal>| {
            figure.as_ref().map_or_else(|_| number::UNKNOWN.to_owned(), |a| number::amount(*a, base))
        };
        let weight = held
            .weight
            .as_ref()
            .map_or_else(|_| number::UNKNOWN.to_owned(), |weight| number::percent(*weight));
        let _ = writeln!(
            text,
            "{:<8}{:>16}{price:>12}{:>16}{:>16}{:>16}{weight:>9}",
            held.symbol,
            number::quantity(held.quantity),
            cell(&held.value),
            cell(&held.cost),
            cell(&held.unrealised)
        );
    }
    text
}
