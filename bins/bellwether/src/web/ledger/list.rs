//! The list of transactions, with the form for another one.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use bellwether_domain::{ChangeId, PortfolioId, TransactionKind};
use bellwether_texts::Sentence;
use bellwether_tracker::views::{TradesWeighed, Viewed};
use bellwether_tracker::{
    LedgerEntry, LedgerFilter, LedgerOrder, LedgerPage, Range, Tracker, TrackerError, View,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::facts::name_of;
use super::fields::{FieldShown, TransactionForm, fields_of};
use super::rows::Row;
use super::{Done, Refused, done};
use crate::web::State;
use crate::web::api::place::Place as _;
use crate::web::api::transactions::{Cursor, TransactionQuery, cursor, place};
use crate::web::caller::Caller;
use crate::web::error_page;
use crate::web::filled::Filled;
use crate::web::locale::locale_of;
use crate::web::pages::{Answer, ViewQuery};
use crate::web::portfolio::frame::{Asked, What, for_the_day};
use crate::web::view::page::Place;
use crate::web::view::ranges::segment;
use crate::web::view::reader::Reader;
use crate::web::view::refusal::Said;

/// Transactions on a page.
const ON_A_PAGE: usize = 50;

/// Who asks for the list of which portfolio.
pub(super) struct Asking {
    pub(super) state: web::Data<State>,
    pub(super) caller: Caller,
    pub(super) request: HttpRequest,
    pub(super) id: PortfolioId,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct ListQuery {
    cursor: Option<String>,
    done: Option<ChangeId>,
}

/// What is wanted of the ledger.
#[derive(Clone, Default)]
struct Wanted {
    filter: LedgerFilter,
    order: LedgerOrder,
    after: Option<Cursor>,
}

/// What was found of it.
struct Found {
    page: LedgerPage,
    weighed: TradesWeighed,
    done: Option<Done>,
}

pub(super) async fn page(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    (filter, query, view): (web::Query<TransactionQuery>, web::Query<ListQuery>, Filled<ViewQuery>),
) -> Answer {
    let empty = TransactionForm::new(caller.tracker.today());
    let asking = Asking { state, caller, request, id: *id };
    asking.answer(filter.into_inner(), query.into_inner(), view.0, empty, Refused::default()).await
}

impl Asking {
    /// The list with what was typed, and why it was refused.
    pub(super) async fn refused(self, typed: TransactionForm, refused: Refused) -> Answer {
        let (filter, query, view) = Default::default();
        self.answer(filter, query, view, typed, refused).await
    }

    async fn answer(
        self,
        filter: TransactionQuery,
        query: ListQuery,
        mut view: ViewQuery,
        typed: TransactionForm,
        refused: Refused,
    ) -> Answer {
        let Self { state, caller, request, id } = self;
        let ListQuery { cursor: after, done: change } = query;
        // Everything, unless a range is asked for.
        view.range.get_or_insert_with(|| Range::Max.to_string());
        let locale = locale_of(&request);
        let mut problem = refused.problem(locale);
        let (read, order) = filter.read().unwrap_or_else(|error| {
            problem = Some(error_page::words(&error, locale));
            Default::default()
        });
        let read_after = after.as_deref().and_then(Cursor::read);
        let status =
            if problem.is_some() || refused.is_any() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        let may_change = caller.who.may_change();
        let is_kept = change.is_none() && status == StatusCode::OK;
        let wanted = Wanted { filter: read, order, after: read_after };
        let what = What {
            about: format!("{filter:?} {after:?} {may_change}"),
            kept: filter.given(),
            ..What::new("transactions.html", Place::Transactions, "transactions")
        };
        let done = done(&caller, id, change).await?;
        let ask = move |tracker: Tracker, view: View| {
            let (wanted, done) = (wanted.clone(), done.clone());
            async move { Ok(for_the_day(found(&tracker, id, &view, wanted, done).await?)) }
        };
        let (seen, is_first) = (view.clone(), after.is_none());
        let tell = move |viewed: Viewed<Found>, reader: &Reader| {
            let asked =
                Given { filter: &filter, view: &seen, is_first, may_change, problem: problem.clone() };
            TransactionsPage::new(viewed, asked, (&typed, &refused), reader)
        };
        let asked = Asked { state, request, caller, id, query: view, beside: Vec::new() };
        if is_kept {
            asked.answer(what, ask, tell).await
        } else {
            asked.answer_once(status, what, ask, tell).await
        }
    }
}

async fn found(
    tracker: &Tracker,
    id: PortfolioId,
    view: &View,
    wanted: Wanted,
    done: Option<Done>,
) -> Result<Viewed<Found>, TrackerError> {
    let Wanted { mut filter, order, after } = wanted;
    let last = view.as_of.unwrap_or(tracker.today());
    if view.range != Range::Max {
        let first = view.range.begins(last, NaiveDate::MIN).succ_opt();
        filter.from = filter.from.max(first);
    }
    if let Some(day) = view.as_of {
        filter.to = Some(filter.to.map_or(day, |to| to.min(day)));
    }
    let page = tracker.transactions(id, filter, order, after.map(place), ON_A_PAGE).await?;
    let symbols = page.entries.iter().flat_map(|entry| entry.transaction.booking.symbols());
    let symbols: BTreeSet<_> = symbols.cloned().collect();
    let weighed = tracker.trades_weighed(id, view, Some(symbols)).await?;
    Ok(weighed.map(|weighed| Found { page, weighed, done }))
}

/// What the address and the request say.
struct Given<'a> {
    filter: &'a TransactionQuery,
    view: &'a ViewQuery,
    /// Whether it is the first part of the list.
    is_first: bool,
    may_change: bool,
    problem: Option<Said>,
}

#[derive(Serialize)]
struct TransactionsPage {
    id: String,
    may_change: bool,
    done: Option<Done>,
    warnings: Vec<String>,
    problem: Option<Said>,
    filter: TransactionQuery,
    /// What the address says of the range, for the form.
    range: String,
    as_of: String,
    benchmark: String,
    /// Where the columns of all of it are.
    columns: String,
    /// How well the purchases did.
    picks: String,
    is_filtered: bool,
    kinds: Vec<Kind>,
    accounts: Vec<String>,
    /// Whether there is more than one.
    has_accounts: bool,
    benchmarks: Vec<String>,
    rows: Vec<Row>,
    /// From which others are made.
    row: Row,
    /// How many there are in all; -1 where only some are looked for.
    count: i64,
    total: String,
    /// The query of the next page.
    next: Option<String>,
    #[serde(flatten)]
    entry: Entry,
}

/// The form for another one.
#[derive(Serialize)]
struct Entry {
    fields: Vec<FieldShown>,
    /// Whether the entry was refused for its twin.
    is_twin: bool,
    is_custom: bool,
    /// Whether something was typed that is not recorded.
    is_open: bool,
}

#[derive(Serialize)]
struct Kind {
    value: &'static str,
    name: String,
}

impl TransactionsPage {
    fn new(
        viewed: Viewed<Found>,
        given: Given<'_>,
        (typed, refused): (&TransactionForm, &Refused),
        reader: &Reader,
    ) -> Self {
        let Given { filter, view, is_first, may_change, problem } = given;
        let (locale, base) = (reader.locale, viewed.portfolio.base_currency);
        let id = viewed.portfolio.id;
        let Found { page, weighed, done } = viewed.shown;
        let row = |(at, entry): (usize, &LedgerEntry)| {
            let mut symbols = entry.transaction.booking.symbols();
            let is_unverified = symbols.any(|symbol| page.unverified.contains(symbol));
            Row::of(entry, &weighed, base, is_unverified, reader).at(if is_first { at + 2 } else { 0 })
        };
        let range = view.range.clone().filter(|range| *range != Range::Max.to_string()).unwrap_or_default();
        let is_filtered = !range.is_empty() || view.as_of.is_some() || filter.is_any();
        let next = page.next.as_ref().and(page.entries.last()).map(|last| {
            let mut address = reader.query().to_owned();
            for (name, value) in filter.given() {
                // Writing to a String cannot fail, here and below.
                let _ = write!(address, "&{name}={}", segment(&value));
            }
            let _ = write!(address, "&cursor={}", segment(&cursor(last).written()));
            address
        });
        let count = weighed.count;
        let words = if is_filtered {
            Sentence::new("transactions.shown").with("count", page.entries.len())
        } else {
            Sentence::new("transactions.count").with("count", count)
        };
        let warnings = if done.is_none() || page.unverified.is_empty() {
            Vec::new()
        } else {
            vec![locale.text("transactions.unverified_explained")]
        };
        Self {
            id: id.to_string(),
            may_change,
            done,
            warnings,
            problem,
            filter: filter.clone(),
            range,
            as_of: view.as_of.map(|day| day.to_string()).unwrap_or_default(),
            benchmark: view.benchmark.as_ref().map(ToString::to_string).unwrap_or_default(),
            columns: reader.within("transactions.json"),
            picks: reader.within("picks"),
            is_filtered,
            kinds: TransactionKind::ALL
                .map(|kind| Kind { value: kind.as_str(), name: name_of(kind, locale) })
                .into_iter()
                .collect(),
            has_accounts: weighed.accounts.len() > 1,
            accounts: weighed.accounts.iter().filter(|account| !account.is_empty()).cloned().collect(),
            benchmarks: weighed
                .benchmarks
                .iter()
                .map(|(symbol, name)| name.clone().unwrap_or_else(|| symbol.to_string()))
                .collect(),
            rows: page.entries.iter().enumerate().map(row).collect(),
            row: Row::empty(&weighed),
            count: if is_filtered { -1 } else { i64::try_from(count).unwrap_or(i64::MAX).saturating_add(2) },
            total: locale.say(&words),
            next,
            entry: Entry {
                fields: fields_of(locale, typed, &refused.faults, base),
                is_twin: refused.is_twin,
                is_custom: typed.is_custom(),
                is_open: refused.is_any(),
            },
        }
    }
}
