//! Where the money came from and where it went.

mod drawn;

use actix_web::{HttpRequest, web};
use bellwether_domain::PortfolioId;
use bellwether_texts::{Locale, Sentence};
use bellwether_tracker::views::{
    CashBalanceShown, CashBenchmark, CashEntryShown, CashFlowsShown, CashSumsShown, FigureShown, Viewed,
};
use bellwether_tracker::{Tracker, View};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::frame::{Asked, What, for_the_day};
use crate::charts::ChartTable;
use crate::web::State;
use crate::web::caller::Caller;
use crate::web::filled::Filled;
use crate::web::pages::{Answer, ViewQuery};
use crate::web::view::page::Place;
use crate::web::view::reader::{Reader, Told};

/// Movements on a page.
const ON_A_PAGE: usize = 50;

/// How long each bar is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum By {
    Month,
    Quarter,
    #[default]
    Year,
}

impl By {
    fn as_str(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }
}

#[derive(Clone, Deserialize)]
pub(super) struct CashQuery {
    #[serde(default)]
    by: By,
    /// Movements of that kind alone.
    #[serde(default)]
    kind: String,
    /// Movements before the one at this place.
    before: Option<usize>,
}

impl CashQuery {
    /// What it says, but for the place in the list.
    fn kept(&self) -> Vec<(&'static str, String)> {
        let kept = [("by", self.by.as_str().to_owned()), ("kind", self.kind.clone())];
        kept.into_iter()
            .filter(|(name, value)| !value.is_empty() && (*name, value.as_str()) != ("by", "year"))
            .collect()
    }
}

pub(super) async fn page(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    (Filled(query), Filled(cash)): (Filled<ViewQuery>, Filled<CashQuery>),
) -> Answer {
    let what = What {
        about: format!("{:?} {} {:?}", cash.by, cash.kind, cash.before),
        kept: cash.kept(),
        ..What::new("cash-flows.html", Place::CashFlows, "cash-flows")
    };
    let id = *id;
    let ask = move |tracker: Tracker, view: View| async move {
        Ok(for_the_day(tracker.cash_flows_shown(id, &view).await?))
    };
    let tell = move |viewed: Viewed<CashFlowsShown>, reader: &Reader| {
        CashFlowsPage::new(&viewed.shown, &cash, reader)
    };
    let asked = Asked { state, request, caller, id, query, beside: Vec::new() };
    asked.answer(what, ask, tell).await
}

#[derive(Serialize)]
struct CashFlowsPage {
    cards: Vec<Card>,
    sources: Vec<Stream>,
    uses: Vec<Stream>,
    balances: Vec<Balance>,
    benchmarks: Vec<Beside>,
    streams: String,
    streams_table: ChartTable,
    bars: String,
    bars_summary: String,
    bars_table: ChartTable,
    by: Vec<Choice>,
    kinds: Vec<Choice>,
    entries: Vec<Entry>,
    entry_count: usize,
    /// The place before which older movements are.
    older: Option<usize>,
    here: Chosen,
}

/// What the links to others keep.
#[derive(Serialize)]
struct Chosen {
    by: &'static str,
    kind: String,
}

#[derive(Serialize)]
struct Card {
    name: String,
    figure: Told,
    more: Option<Told>,
}

/// A source or a use of cash, with its part of all of them.
#[derive(Serialize)]
struct Stream {
    name: String,
    figure: Told,
    /// Of 100.
    length: f64,
}

#[derive(Serialize)]
struct Balance {
    currency: String,
    amount: Told,
    value: Told,
    currency_gain: Told,
}

#[derive(Serialize)]
struct Beside {
    name: String,
    value: Told,
    gain: Told,
    net_invested: Told,
    units: Told,
    xirr: Told,
}

#[derive(Serialize)]
struct Choice {
    value: &'static str,
    name: String,
    here: bool,
}

#[derive(Serialize)]
struct Entry {
    date: NaiveDate,
    day: String,
    kind: String,
    symbol: String,
    address: String,
    amount: Told,
    base: Told,
    balance: Told,
    inferred: bool,
    /// What an inferred deposit pays for.
    funds: String,
    /// Whether an inferred deposit of the same day paid for it.
    is_funded: bool,
}

/// Kinds of movements, as the view calls them, with the keys of their names.
const KINDS: [(&str, &str); 9] = [
    ("deposit", "cash.deposit"),
    ("withdrawal", "cash.withdrawal"),
    ("purchase", "cash.purchase"),
    ("sale", "cash.sale"),
    ("dividend", "cash.dividend"),
    ("interest", "cash.interest"),
    ("fee", "cash.fee"),
    ("tax", "cash.tax"),
    ("exchange", "cash.exchange"),
];

fn kind_name(kind: &str, locale: Locale) -> String {
    let known = KINDS.iter().find(|(name, _)| *name == kind);
    known.map_or_else(|| kind.to_owned(), |(_, key)| locale.text(key))
}

impl CashFlowsPage {
    fn new(shown: &CashFlowsShown, wanted: &CashQuery, reader: &Reader) -> Self {
        let locale = reader.locale;
        let (total, range) = (&shown.total, &shown.range);
        let card = |key, figure: &FigureShown, more: Option<&FigureShown>| Card {
            name: locale.text(key),
            figure: reader.alone(figure),
            more: more.filter(|more| more.number() != Some(0.0)).map(|more| reader.alone(more)),
        };
        let (flows, flows_table) = drawn::flows(range, reader);
        let (bars, bars_summary, bars_table) = drawn::bars_of(shown, wanted.by, locale);
        let is_wanted = |entry: &CashEntryShown| wanted.kind.is_empty() || entry.kind == wanted.kind;
        let places = shown.entries.iter().enumerate().filter(|(_, entry)| is_wanted(entry));
        let entry_count = places.clone().count();
        let before = wanted.before.unwrap_or(usize::MAX);
        let mut newest = places.rev().filter(|(place, _)| *place < before);
        let page: Vec<_> = newest.by_ref().take(ON_A_PAGE).collect();
        let older = newest.next().and_then(|_| page.last()).map(|(place, _)| *place);
        let choice = |value: &'static str, key, here| Choice { value, name: locale.text(key), here };
        let funded: std::collections::HashSet<_> =
            shown.entries.iter().flat_map(|entry| &entry.funds).collect();
        Self {
            cards: vec![
                card("cash.paid_in", &total.deposits, Some(&total.inferred_deposits)),
                card("cash.paid_out", &total.withdrawals, None),
                card("cash.net", &total.net_deposits, None),
                card("cash.income", &total.income, None),
                card("cash.held", &total.cash, None),
                card("cash.value", &total.value, None),
            ],
            sources: streams(
                &[
                    ("cash.deposit", &range.deposits),
                    ("cash.sale", &range.sales),
                    ("cash.dividend", &range.dividends),
                    ("cash.interest", &range.interest),
                ],
                range,
                reader,
            ),
            uses: streams(
                &[
                    ("cash.purchase", &range.purchases),
                    ("cash.withdrawal", &range.withdrawals),
                    ("cash.fee", &range.fees),
                    ("cash.tax", &range.taxes),
                ],
                range,
                reader,
            ),
            balances: shown.balances.iter().map(|of| Balance::new(of, reader)).collect(),
            benchmarks: shown.benchmarks.iter().map(|of| Beside::new(of, reader)).collect(),
            streams: flows,
            streams_table: flows_table,
            bars,
            bars_summary,
            bars_table,
            by: [By::Month, By::Quarter, By::Year]
                .map(|by| {
                    let key = match by {
                        By::Month => "cash.by_month",
                        By::Quarter => "cash.by_quarter",
                        By::Year => "cash.by_year",
                    };
                    choice(by.as_str(), key, by == wanted.by)
                })
                .into(),
            kinds: std::iter::once(choice("", "cash.all_kinds", wanted.kind.is_empty()))
                .chain(KINDS.iter().map(|(value, key)| choice(value, key, wanted.kind == *value)))
                .collect(),
            entries: page
                .into_iter()
                .map(|(_, entry)| {
                    let is_funded = entry.transaction.is_some_and(|id| funded.contains(&id));
                    Entry::new(entry, is_funded, reader)
                })
                .collect(),
            entry_count,
            older,
            here: Chosen { by: wanted.by.as_str(), kind: wanted.kind.clone() },
        }
    }
}

/// Sources, or uses, with their parts of the larger side, so that both sides can be compared.
fn streams(of: &[(&'static str, &FigureShown)], range: &CashSumsShown, reader: &Reader) -> Vec<Stream> {
    let sum = |figures: &[&FigureShown]| figures.iter().filter_map(|figure| figure.number()).sum::<f64>();
    let came = sum(&[&range.deposits, &range.sales, &range.dividends, &range.interest]);
    let went = sum(&[&range.purchases, &range.withdrawals, &range.fees, &range.taxes]);
    let larger = came.max(went);
    let told = of.iter().filter(|(_, figure)| figure.number() != Some(0.0)).map(|(key, figure)| Stream {
        name: reader.locale.text(key),
        figure: reader.figure(figure),
        length: figure
            .number()
            .filter(|_| larger > 0.0)
            .map_or(0.0, |amount| (amount / larger * 1000.0).round() / 10.0),
    });
    told.collect()
}

impl Balance {
    fn new(of: &CashBalanceShown, reader: &Reader) -> Self {
        Self {
            currency: of.currency.to_string(),
            amount: reader.figure(&of.balance),
            value: reader.figure(&of.value),
            currency_gain: reader.change(&of.currency_gain),
        }
    }
}

impl Beside {
    fn new(of: &CashBenchmark, reader: &Reader) -> Self {
        Self {
            name: of.benchmark_name.clone().unwrap_or_else(|| of.benchmark.to_string()),
            value: reader.figure(&of.value),
            gain: reader.change(&of.gain),
            net_invested: reader.figure(&of.net_invested),
            units: reader.figure(&of.units),
            xirr: reader.change(&of.xirr),
        }
    }
}

impl Entry {
    fn new(of: &CashEntryShown, is_funded: bool, reader: &Reader) -> Self {
        Self {
            date: of.date,
            day: reader.locale.day(of.date),
            kind: kind_name(of.kind, reader.locale),
            symbol: of.symbol.as_ref().map(ToString::to_string).unwrap_or_default(),
            address: of.symbol.as_ref().map(|symbol| reader.holding(symbol)).unwrap_or_default(),
            amount: reader.change(&of.amount),
            base: reader.change(&of.base),
            balance: reader.figure(&of.balance),
            inferred: of.inferred,
            funds: reader.locale.say(&Sentence::new("cash.inferred").with("count", of.funds.len())),
            is_funded,
        }
    }
}
