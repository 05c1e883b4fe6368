//! The dashboard as the JSON that scripts know. Amounts are numbers in the base currency, rates are percent, what is
//! unknown is null.

use bellwether_domain::{Booking, Symbol, Transaction, TransactionDraft};
use bellwether_portfolio::{Comparison, Figure, Holding};
use bellwether_tracker::{Dashboard, Figures};
use chrono::{NaiveDate, SecondsFormat};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};

use super::chart::ChartColumns;

fn amount(figure: &Figure<Decimal>) -> Option<f64> {
    figure.as_ref().ok().and_then(ToPrimitive::to_f64)
}

fn percent(figure: &Figure<f64>) -> Option<f64> {
    figure.as_ref().ok().map(|rate| rate * 100.0)
}

fn timestamp(dashboard: &Dashboard) -> String {
    dashboard.computed_at.to_rfc3339_opts(SecondsFormat::Millis, false)
}

/// A portfolio's totals: exactly the 18 keys that exist already.
pub(crate) fn portfolio_stats(figures: Option<&Figures>) -> Value {
    let totals = figures.map(|figures| &figures.report.totals);
    let money =
        |pick: fn(&bellwether_portfolio::Totals) -> &Figure<Decimal>| totals.and_then(|t| amount(pick(t)));
    let voo = Beside::find(figures, "VOO");
    let qqq = Beside::find(figures, "QQQ");
    let day = totals.and_then(|totals| totals.day_change.as_ref().ok());
    json!({
        "current_value": money(|t| &t.value),
        "total_invested": money(|t| &t.net_deposits),
        "total_gain_loss": money(|t| &t.total_gain),
        "gain_loss_percentage": figures.and_then(|figures| percent(&figures.report.returns.simple)),
        "cash_balance": money(|t| &t.cash),
        "total_dividends": money(|t| &t.income),
        "voo_equivalent": voo.value,
        "qqq_equivalent": qqq.value,
        "voo_gain_loss": voo.gain,
        "qqq_gain_loss": qqq.gain,
        "voo_gain_loss_percentage": voo.gain_percent,
        "qqq_gain_loss_percentage": qqq.gain_percent,
        "voo_daily_change": voo.day_percent,
        "voo_daily_dollar_change": voo.day_amount,
        "qqq_daily_change": qqq.day_percent,
        "qqq_daily_dollar_change": qqq.day_amount,
        "portfolio_daily_change": day.and_then(|day| percent(&day.rate)),
        "portfolio_daily_dollar_change": day.and_then(|day| day.amount.to_f64()),
    })
}

#[derive(Default)]
struct Beside {
    value: Option<f64>,
    gain: Option<f64>,
    gain_percent: Option<f64>,
    day_percent: Option<f64>,
    day_amount: Option<f64>,
}

impl Beside {
    fn find(figures: Option<&Figures>, symbol: &str) -> Self {
        let against =
            figures.and_then(|figures| figures.benchmarks.iter().find(|b| b.symbol.as_str() == symbol));
        let Some(Ok(comparison)) = against.map(|against| &against.portfolio) else { return Self::default() };
        let day = comparison.day_change.as_ref().ok();
        Self {
            value: Some(comparison.value),
            gain: Some(comparison.gain),
            gain_percent: percent(&comparison.gain_rate),
            day_percent: day.map(|day| day.rate * 100.0),
            day_amount: day.map(|day| day.amount),
        }
    }
}

/// What is held.
pub(crate) fn holdings(dashboard: &Dashboard) -> Value {
    let Ok(figures) = &dashboard.figures else { return json!([]) };
    figures.report.open_holdings().map(|held| holding(dashboard, figures, held)).collect()
}

fn holding(dashboard: &Dashboard, figures: &Figures, held: &Holding) -> Value {
    let price = dashboard.prices.of(&held.symbol);
    let beside = |symbol: &str| {
        let against = figures.benchmarks.iter().find(|against| against.symbol.as_str() == symbol)?;
        gain_percent(against.holdings.get(&held.symbol)?.as_ref().ok()?)
    };
    json!({
        "ticker": held.symbol,
        "name": figures.instrument(&held.symbol).name,
        "shares": held.quantity.to_f64(),
        "current_price": held.price.as_ref().ok().and_then(|on| on.price.to_f64()),
        "currency": held.currency,
        "market_value": amount(&held.value),
        "cost_basis": amount(&held.cost),
        "average_cost": amount(&held.unit_cost),
        "gain_loss": amount(&held.unrealised),
        "gain_loss_percentage": percent(&held.unrealised_rate),
        "realised_gain": amount(&held.realised),
        "dividends": amount(&held.income),
        "voo_performance": beside("VOO"),
        "qqq_performance": beside("QQQ"),
        "portfolio_percentage": percent(&held.weight),
        "daily_change": held.day_change.as_ref().ok().and_then(|day| percent(&day.rate)),
        "daily_dollar_change": held.day_change.as_ref().ok().and_then(|day| day.amount.to_f64()),
        "data_age_minutes": price.and_then(|price| price.age_minutes),
        "is_stale": price.is_none_or(|price| price.freshness.is_stale()),
        "freshness": price.map(|price| price.freshness),
        "as_of": price.and_then(|price| price.as_of).map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, false)),
    })
}

fn gain_percent(comparison: &Comparison) -> Option<f64> {
    percent(&comparison.gain_rate)
}

/// The first answer of a dashboard.
pub(crate) fn initial(dashboard: &Dashboard) -> Value {
    let recent: Vec<Value> = dashboard
        .transactions
        .iter()
        .rev()
        .take(5)
        .map(|booked| transaction(booked, dashboard.figures.as_ref().ok()))
        .collect();
    let stale: Vec<&Symbol> = dashboard.prices.stale().collect();
    json!({
        "success": dashboard.figures.is_ok(),
        "portfolio_stats": portfolio_stats(dashboard.figures.as_ref().ok()),
        "holdings": holdings(dashboard),
        "recent_transactions": recent,
        "data_warnings": dashboard.warnings,
        "stale_tickers": stale,
        "as_of": dashboard.as_of,
        "timestamp": timestamp(dashboard),
    })
}

/// The portfolio, its totals and what it holds.
pub(crate) fn portfolio(dashboard: &Dashboard) -> Value {
    let portfolio = &dashboard.portfolio;
    let mut told = initial(dashboard);
    told["portfolio"] = json!({
        "id": portfolio.id,
        "name": portfolio.name,
        "description": portfolio.description,
        "base_currency": portfolio.base_currency,
        "cost_method": portfolio.cost_method.as_str(),
        "benchmarks": portfolio.benchmarks,
    });
    told
}

/// The holdings alone.
pub(crate) fn holdings_answer(dashboard: &Dashboard) -> Value {
    json!({
        "success": dashboard.figures.is_ok(),
        "holdings": holdings(dashboard),
        "timestamp": timestamp(dashboard),
    })
}

/// The chart's columns. `voo_values` and `qqq_values` are null when the portfolio is compared with others.
pub(crate) fn chart(dashboard: &Dashboard) -> Value {
    let Ok(figures) = &dashboard.figures else {
        return json!({ "success": false, "chart_data": null, "source": "computed" });
    };
    let columns = ChartColumns::of(figures);
    let numbers = |column: &[f64]| -> Vec<Option<f64>> {
        column.iter().map(|value| value.is_finite().then(|| (value * 100.0).round() / 100.0)).collect()
    };
    let rates = |column: &[f64]| -> Vec<Option<f64>> {
        column.iter().map(|rate| rate.is_finite().then(|| (rate * 1e6).round() / 1e4)).collect()
    };
    let named = |name: &str| {
        let at = figures.benchmarks.iter().position(|against| against.symbol.as_str() == name)?;
        columns.benchmarks.get(at).map(|column| numbers(column))
    };
    let mut answer = json!({
        "success": true,
        "chart_data": {
            "dates": columns.dates().collect::<Vec<_>>(),
            "portfolio_values": numbers(&columns.value),
            "contributions": numbers(&columns.contributed),
            "benchmark": figures.benchmarks.first().map(|against| &against.symbol),
            "benchmark_values": columns.benchmarks.first().map(|column| numbers(column)).unwrap_or_default(),
            "voo_values": named("VOO"),
            "qqq_values": named("QQQ"),
            "returns": rates(&columns.returned),
            "drawdowns": rates(&columns.drawdown),
            "benchmark_returns": rates(&columns.benchmark_returned),
            "trades": trades(dashboard, figures, columns.first),
        },
        "source": "computed",
    });
    if let Some(name) = figures.benchmarks.first().and_then(|against| against.name.as_ref()) {
        answer["chart_data"]["benchmark_name"] = json!(name);
    }
    answer
}

/// Own purchases, and sales with negative shares, from a day on.
fn trades(dashboard: &Dashboard, figures: &Figures, first: NaiveDate) -> Vec<Value> {
    let told = |booked: &Transaction| {
        let (trade, sign) = match &booked.booking {
            Booking::Buy(trade) => (trade, 1.0),
            Booking::Sell { trade, .. } => (trade, -1.0),
            _ => return None,
        };
        let shares = trade.quantity.get().to_f64()? * sign;
        let ticker = figures.books.symbol_of(booked).unwrap_or(&trade.symbol);
        Some(json!({ "date": booked.date, "ticker": ticker, "shares": shares }))
    };
    dashboard.transactions.iter().filter(|booked| booked.date >= first).filter_map(told).collect()
}

/// The ticker is that of the holding, whatever the instrument was called on the day.
fn transaction(booked: &Transaction, figures: Option<&Figures>) -> Value {
    let draft = TransactionDraft::of(booked);
    let ticker = figures.and_then(|figures| figures.books.symbol_of(booked));
    let total = match &booked.booking {
        Booking::Buy(trade) => Some(trade.cost()),
        Booking::Sell { trade, .. } => Some(trade.proceeds()),
        _ => draft.amount,
    };
    json!({
        "id": booked.id,
        "type": booked.booking.kind(),
        "ticker": ticker.or(draft.symbol.as_ref()),
        "date": booked.date,
        "shares": draft.quantity.and_then(|quantity| quantity.to_f64()),
        "price": draft.price.and_then(|price| price.to_f64()),
        "total": total.and_then(|total| total.to_f64()),
        "currency": booked.currency,
    })
}
