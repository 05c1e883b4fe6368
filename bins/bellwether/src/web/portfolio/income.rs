//! What a portfolio received and is to receive.

use actix_web::{HttpRequest, web};
use bellwether_domain::{PortfolioId, Symbol};
use bellwether_texts::{Locale, Sentence};
use bellwether_tracker::views::{
    ComingPayment, IncomeOfPayer, IncomeOfYear, IncomeShown, IncomeSumShown, PayerShown, Viewed,
};
use bellwether_tracker::{Tracker, View, reason};
use chrono::{Datelike, Months, NaiveDate};
use serde::Serialize;

use super::frame::{Asked, What, for_the_day};
use crate::charts::{Bar, ChartCell, ChartRow, ChartTable, Part, bars};
use crate::web::State;
use crate::web::caller::Caller;
use crate::web::filled::Filled;
use crate::web::pages::{Answer, ViewQuery};
use crate::web::view::page::Place;
use crate::web::view::ranges::segment;
use crate::web::view::reader::{Reader, Told};

/// So many months are drawn.
const MONTHS: u32 = 36;

pub(super) async fn page(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    Filled(query): Filled<ViewQuery>,
) -> Answer {
    let what = What::new("income.html", Place::Income, "income");
    let id = *id;
    let ask = move |tracker: Tracker, view: View| async move {
        Ok(for_the_day(tracker.income_shown(id, &view).await?))
    };
    let tell = |viewed: Viewed<IncomeShown>, reader: &Reader| IncomePage::new(&viewed, reader);
    let asked = Asked { state, request, caller, id, query, beside: Vec::new() };
    asked.answer(what, ask, tell).await
}

#[derive(Serialize)]
struct IncomePage {
    received: Told,
    expected: Told,
    expected_until: String,
    trailing_yield: Told,
    yield_on_cost: Told,
    by_month: String,
    by_month_summary: String,
    by_month_table: ChartTable,
    years: Vec<OfYear>,
    payers: Vec<Payer>,
    coming: Vec<Coming>,
    without: Vec<Without>,
    growth: Vec<Yields>,
}

#[derive(Serialize)]
struct Sum {
    gross: Told,
    tax: Told,
    fee: Told,
    net: Told,
    payments: usize,
    inferred: usize,
}

#[derive(Serialize)]
struct OfYear {
    year: i32,
    sum: Sum,
}

#[derive(Serialize)]
struct Payer {
    symbol: String,
    address: String,
    sum: Sum,
}

/// A payment to come.
#[derive(Serialize)]
struct Coming {
    day: String,
    between: String,
    symbol: String,
    address: String,
    is_estimate: bool,
    is_special: bool,
    per_share: Told,
    quantity: Told,
    amount: Told,
}

#[derive(Serialize)]
struct Without {
    symbol: String,
    reason: String,
}

#[derive(Serialize)]
struct Yields {
    symbol: String,
    address: String,
    per_share: Told,
    trailing: Told,
    on_cost: Told,
    growth: Told,
}

impl IncomePage {
    fn new(viewed: &Viewed<IncomeShown>, reader: &Reader) -> Self {
        let (shown, locale) = (&viewed.shown, reader.locale);
        let (by_month, by_month_summary, by_month_table) = drawn(shown, viewed.as_of, locale);
        Self {
            received: reader.alone(&shown.received.total.net),
            expected: reader.alone(&shown.coming.total),
            expected_until: locale.day(shown.coming.until),
            trailing_yield: reader.figure(&shown.yields.trailing),
            yield_on_cost: reader.figure(&shown.yields.on_cost),
            by_month,
            by_month_summary,
            by_month_table,
            years: shown.by_year.iter().rev().map(|year| OfYear::new(year, reader)).collect(),
            payers: payers(&shown.by_symbol, reader),
            coming: shown.coming.payments.iter().map(|of| Coming::new(of, reader)).collect(),
            without: shown
                .coming
                .without_forecast
                .iter()
                .map(|of| Without { symbol: of.symbol.to_string(), reason: locale.say(&reason(&of.reason)) })
                .collect(),
            growth: shown.holdings.iter().map(|of| Yields::new(of, reader)).collect(),
        }
    }
}

/// What came in the last months, and what is expected in the next ones.
fn drawn(shown: &IncomeShown, as_of: NaiveDate, locale: Locale) -> (String, String, ChartTable) {
    let this = as_of.with_day(1).unwrap_or(as_of);
    let began = shown.by_month.first().and_then(|of| NaiveDate::from_ymd_opt(of.year, of.month, 1));
    let earliest = this.checked_sub_months(Months::new(MONTHS)).unwrap_or(this);
    let first = began.unwrap_or(this).max(earliest);
    let last = this.checked_add_months(Months::new(12)).unwrap_or(this);
    let mut drawn = Vec::new();
    let mut table = ChartTable {
        head: ["chart.period", "income.legend_came", "income.legend_comes"]
            .map(|key| locale.text(key))
            .into(),
        ..ChartTable::default()
    };
    let mut month = first;
    while month <= last {
        let is = |year: i32, number: u32| (year, number) == (month.year(), month.month());
        let came = shown.by_month.iter().find(|of| is(of.year, of.month)).and_then(|of| of.sum.net.number());
        let comes = shown.coming.by_month.iter().find(|of| is(of.year, of.month));
        let comes = comes.and_then(|of| of.amount.number());
        let amounts = [(came, "b-in", "income.came"), (comes, "b-expected", "income.comes")];
        let known = amounts.iter().filter_map(|(amount, fill, key)| Some((amount.as_ref()?, *fill, *key)));
        let words: Vec<String> = known
            .clone()
            .map(|(amount, _, key)| {
                let amount = rust_decimal::prelude::FromPrimitive::from_f64(*amount).unwrap_or_default();
                let amount = bellwether_texts::Value::Number(amount, 2);
                locale.say(&Sentence::new(key).with("amount", amount))
            })
            .collect();
        drawn.push(Bar {
            name: if month.month() == 1 { month.year().to_string() } else { locale.month(month) },
            title: format!("{} · {}", locale.month_of_year(month), words.join(" · ")),
            parts: known.map(|(amount, fill, _)| Part { amount: *amount, fill }).collect(),
        });
        table.rows.push(ChartRow {
            name: locale.month_of_year(month),
            cells: vec![ChartCell::amount(locale, came), ChartCell::amount(locale, comes)],
        });
        let Some(next) = month.checked_add_months(Months::new(1)) else { break };
        month = next;
    }
    let summary = Sentence::new("income.chart_summary").with("from", first).with("to", last);
    let summary = locale.say(&summary);
    (bars(locale, &drawn, &summary), summary, table)
}

/// Who paid in the range, the most first.
fn payers(shown: &[IncomeOfPayer], reader: &Reader) -> Vec<Payer> {
    let mut sorted: Vec<&IncomeOfPayer> = shown.iter().collect();
    let net = |of: &IncomeOfPayer| of.sum.net.number().unwrap_or(0.0);
    sorted.sort_by(|one, other| net(other).total_cmp(&net(one)));
    let told = sorted.into_iter().map(|of| Payer {
        symbol: of.symbol.to_string(),
        address: reader.holding(&of.symbol),
        sum: Sum::new(&of.sum, reader),
    });
    told.collect()
}

impl Sum {
    fn new(sum: &IncomeSumShown, reader: &Reader) -> Self {
        Self {
            gross: reader.figure(&sum.gross),
            tax: reader.figure(&sum.tax),
            fee: reader.figure(&sum.fee),
            net: reader.figure(&sum.net),
            payments: sum.payments,
            inferred: sum.inferred,
        }
    }
}

impl OfYear {
    fn new(of: &IncomeOfYear, reader: &Reader) -> Self {
        Self { year: of.year, sum: Sum::new(&of.sum, reader) }
    }
}

impl Coming {
    fn new(of: &ComingPayment, reader: &Reader) -> Self {
        let locale = reader.locale;
        let between = Sentence::new("income.between").with("from", of.earliest).with("to", of.latest);
        Self {
            day: locale.day(of.ex_date),
            between: if of.earliest < of.latest { locale.say(&between) } else { String::new() },
            symbol: of.symbol.to_string(),
            address: reader.holding(&of.symbol),
            is_estimate: of.is_estimate,
            is_special: of.is_special,
            per_share: reader.figure(&of.per_share),
            quantity: reader.figure(&of.quantity),
            amount: reader.figure(&of.amount),
        }
    }
}

impl Yields {
    fn new(of: &PayerShown, reader: &Reader) -> Self {
        Self {
            symbol: of.symbol.to_string(),
            address: reader.holding(&of.symbol),
            per_share: reader.figure(&of.per_share),
            trailing: reader.figure(&of.trailing),
            on_cost: reader.figure(&of.on_cost),
            growth: reader.change(&of.growth),
        }
    }
}

impl Reader {
    /// Where a holding's page is.
    pub(super) fn holding(&self, symbol: &Symbol) -> String {
        self.within(&format!("holdings/{}", segment(symbol.as_str())))
    }
}
