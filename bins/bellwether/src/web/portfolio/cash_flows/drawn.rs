//! Cash flows as pictures, and the same in rows.

use bellwether_portfolio::derivation::Number;
use bellwether_texts::{Locale, Sentence, Value};
use bellwether_tracker::views::{CashFlowsShown, CashOfShown, CashSumsShown, FigureShown};
use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;

use super::By;
use crate::charts::{Bar, ChartCell, ChartRow, ChartTable, Flow, Part, bars, sankey};
use crate::web::view::reader::Reader;

/// So many bars are drawn.
const BARS: usize = 48;

/// The key of a source's or a use's name, its sum, and the style sheet's name of its colour.
type Stream<'a> = (&'static str, &'a FigureShown, &'static str);

/// Sources and uses as one picture; nothing where one of them is unknown, which would make the others look larger.
pub(super) fn flows(range: &CashSumsShown, reader: &Reader) -> (String, ChartTable) {
    let locale = reader.locale;
    let flow = |(key, figure, fill): &Stream<'_>| -> Option<Flow> {
        let words = reader.figure(figure).shown;
        Some(Flow { name: locale.text(key), words, amount: figure.number()?, fill })
    };
    let sources = [
        ("cash.deposit", &range.deposits, "f-own"),
        ("cash.sale", &range.sales, "f-trade"),
        ("cash.dividend", &range.dividends, "f-income"),
        ("cash.interest", &range.interest, "f-income"),
    ];
    let uses = [
        ("cash.purchase", &range.purchases, "f-trade"),
        ("cash.withdrawal", &range.withdrawals, "f-own"),
        ("cash.fee", &range.fees, "f-cost"),
        ("cash.tax", &range.taxes, "f-cost"),
    ];
    let known = |of: &[Stream<'_>]| of.iter().map(flow).collect::<Option<Vec<_>>>();
    let (Some(mut sources), Some(mut uses)) = (known(&sources), known(&uses)) else {
        return (String::new(), ChartTable::default());
    };
    let sum = |of: &[Flow]| of.iter().map(|flow| flow.amount).sum::<f64>();
    let kept = sum(&sources) - sum(&uses);
    let rest = |key| Flow {
        name: locale.text(key),
        words: reader.number(&Number::Float(kept.abs()), range.deposits.unit, false),
        amount: kept.abs(),
        fill: "f-rest",
    };
    // Less than half a cent is a matter of rounding.
    if kept >= 0.005 {
        uses.push(rest("cash.kept"));
    } else if kept <= -0.005 {
        sources.push(rest("cash.from_before"));
    }
    let row = |flow: &Flow, sign: f64| ChartRow {
        name: flow.name.clone(),
        cells: vec![ChartCell::amount(locale, Some(flow.amount * sign))],
    };
    let flowing = |flow: &&Flow| flow.amount > 0.0;
    let came = sources.iter().filter(flowing).map(|flow| row(flow, 1.0));
    let table = ChartTable {
        head: ["cash.kind", "income.amount"].map(|key| locale.text(key)).into(),
        rows: came.chain(uses.iter().filter(flowing).map(|flow| row(flow, -1.0))).collect(),
    };
    (sankey(&sources, &uses, &locale.text("cash.streams_summary")), table)
}

fn money(amount: f64) -> Decimal {
    Decimal::from_f64(amount).unwrap_or_default()
}

/// What came in and went out across the portfolio's border, with income: drawn, in words, and in rows.
pub(super) fn bars_of(shown: &CashFlowsShown, by: By, locale: Locale) -> (String, String, ChartTable) {
    let of = match by {
        By::Month => &shown.by_month,
        By::Quarter => &shown.by_quarter,
        By::Year => &shown.by_year,
    };
    let last = &of[of.len().saturating_sub(BARS)..];
    let bar = |of: &CashOfShown| {
        let sums = &of.sums;
        let number = |figure: &FigureShown| figure.number().unwrap_or(0.0);
        let income = number(&sums.dividends) + number(&sums.interest);
        let amount = |value: f64| Value::Number(money(value), 2);
        let words = Sentence::new("cash.bar")
            .with("period", period(of, by, locale))
            .with("deposits", amount(number(&sums.deposits)))
            .with("withdrawals", amount(number(&sums.withdrawals)))
            .with("income", amount(income));
        Bar {
            name: period(of, by, locale),
            title: locale.say(&words),
            parts: vec![
                Part { amount: number(&sums.deposits), fill: "b-in" },
                Part { amount: income, fill: "b-income" },
                Part { amount: -number(&sums.withdrawals), fill: "b-out" },
            ],
        }
    };
    let drawn: Vec<Bar> = last.iter().map(bar).collect();
    let summary = locale.text("cash.chart_summary");
    let row = |of: &CashOfShown| {
        let sums = &of.sums;
        let income = sums.dividends.number().zip(sums.interest.number()).map(|(one, other)| one + other);
        let amounts = [sums.deposits.number(), income, sums.withdrawals.number()];
        let name = if by == By::Month {
            NaiveDate::from_ymd_opt(of.year, of.number, 1)
                .map_or_else(String::new, |day| locale.month_of_year(day))
        } else {
            period(of, by, locale)
        };
        ChartRow { name, cells: amounts.map(|amount| ChartCell::amount(locale, amount)).into() }
    };
    let table = ChartTable {
        head: ["chart.period", "cash.deposit", "cash.income", "cash.withdrawal"]
            .map(|key| locale.text(key))
            .into(),
        rows: last.iter().rev().map(row).collect(),
    };
    (bars(locale, &drawn, &summary), summary, table)
}

/// `2025`, `Q3 2025`, `Mar` and the year in January.
fn period(of: &CashOfShown, by: By, locale: Locale) -> String {
    let month = NaiveDate::from_ymd_opt(of.year, of.number, 1);
    match (by, month) {
        (By::Quarter, _) => locale.say(
            &Sentence::new("cash.quarter")
                .with("quarter", of.number.to_string())
                .with("year", of.year.to_string()),
        ),
        (By::Month, Some(month)) if month.month() > 1 => locale.month(month),
        (By::Month | By::Year, _) => of.year.to_string(),
    }
}
