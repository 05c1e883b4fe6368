//! The other views: one holding, performance, income, cash flows and allocation.

use std::future::Future;

use actix_web::{HttpRequest, web};
use bellwether_cache::Validity;
use bellwether_domain::PortfolioId;
use bellwether_texts::Sentence;
use bellwether_tracker::views::{CashFlowsShown, Viewed, WantedProposal};
use bellwether_tracker::{Tracker, TrackerError, View};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::told::{AllocationTold, CashFlowsTold, IncomeTold, OneHoldingTold, PerformanceTold, PicksTold};
use super::with_head;
use crate::web::State;
use crate::web::api::answer::instant;
use crate::web::api::fields::{Fields, FieldsQuery, Wanted};
use crate::web::api::paging::{PageQuery, Paging};
use crate::web::api::{Answer, finished, symbol_of};
use crate::web::caller::Caller;
use crate::web::pages::ViewQuery;
use crate::web::portfolio::Typed;
use crate::web::problem::{Fault, Problem};
use crate::web::snapshot;

/// What is asked for.
struct Asked<'a> {
    state: &'a web::Data<State>,
    request: &'a HttpRequest,
    caller: Caller,
    id: PortfolioId,
    view: View,
}

impl Asked<'_> {
    /// The answer about a view, kept under all that it depends on.
    async fn answer<T, F>(
        self,
        (kind, about): (&'static str, &str),
        ask: impl Fn(Tracker, View) -> F + Send + Sync + 'static,
        tell: impl Fn(&mut T) -> Result<Value, Problem> + Clone + Send + Sync + 'static,
    ) -> Answer
    where
        T: Send + 'static,
        F: Future<Output = Result<Viewed<T>, TrackerError>> + Send + 'static,
    {
        let (tracker, view) = (self.caller.tracker, self.view.clone());
        let build = move || {
            let (asked, tracker, view) = (ask(tracker.clone(), view.clone()), tracker.clone(), view.clone());
            let tell = tell.clone();
            async move {
                let mut viewed = asked.await?;
                let finish = move || {
                    let mut told = tell(&mut viewed.shown)?;
                    told["as_of"] = json!(viewed.as_of);
                    told["since"] = json!(viewed.since);
                    told["computed_at"] = json!(instant(viewed.computed_at));
                    let validity = Validity { changes_at: viewed.day_ends, refreshing: None };
                    Ok(finished(&with_head(&viewed.portfolio, &view, told)).valid(validity))
                };
                tracker.compute(finish).await
            }
        };
        snapshot::answer_about(self.state, self.request, self.id, (kind, about), &self.view, build).await
    }
}

fn all_of<T: Serialize>(fields: Fields) -> impl Fn(&mut T) -> Result<Value, Problem> + Clone {
    move |shown| fields.of(shown)
}

/// How a portfolio did in a range.
#[utoipa::path(
    get,
    path = "/api/v1/portfolios/{portfolio}/performance",
    params(("portfolio" = Uuid, Path, description = "The portfolio."), ViewQuery, FieldsQuery<PerformanceTold>),
    responses(
        (status = 200, description = "Returns side by side, risk, falls, months, rolling returns, contributions, and the range by day.", body = PerformanceTold, headers(("ETag" = String))),
        (status = 304, description = "You have it."),
        (status = 409, description = "The ledger cannot be read as it is.")
    )
)]
pub(super) async fn performance(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    (query, wanted): (web::Query<ViewQuery>, Wanted),
) -> Answer {
    let (id, view) = (*id, query.view()?);
    let fields = wanted.fields::<PerformanceTold>()?;
    let ask = move |tracker: Tracker, view: View| async move { tracker.performance_shown(id, &view).await };
    let asked = Asked { state: &state, request: &request, caller, id, view };
    asked.answer(("performance", &format!("{wanted:?}")), ask, all_of(fields)).await
}

/// How well the owner of a portfolio picked, since its first booking: the range does not matter.
#[utoipa::path(
    get,
    path = "/api/v1/portfolios/{portfolio}/picks",
    params(("portfolio" = Uuid, Path, description = "The portfolio."), ViewQuery, FieldsQuery<PicksTold>),
    responses(
        (status = 200, description = "Purchases beside each benchmark by age, multiples of the cost, and the same money in each benchmark.", body = PicksTold, headers(("ETag" = String))),
        (status = 304, description = "You have it."),
        (status = 409, description = "The ledger cannot be read as it is.")
    )
)]
pub(super) async fn picks(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    (query, wanted): (web::Query<ViewQuery>, Wanted),
) -> Answer {
    let (id, view) = (*id, query.view()?);
    let fields = wanted.fields::<PicksTold>()?;
    let ask = move |tracker: Tracker, view: View| async move { tracker.picks_shown(id, &view).await };
    let asked = Asked { state: &state, request: &request, caller, id, view };
    asked.answer(("picks", &format!("{wanted:?}")), ask, all_of(fields)).await
}

/// What a portfolio received and is to receive.
#[utoipa::path(
    get,
    path = "/api/v1/portfolios/{portfolio}/income",
    params(("portfolio" = Uuid, Path, description = "The portfolio."), ViewQuery, FieldsQuery<IncomeTold>),
    responses(
        (status = 200, description = "Dividends and interest by month, year and payer, what is to come, yields and their growth.", body = IncomeTold, headers(("ETag" = String))),
        (status = 304, description = "You have it."),
        (status = 409, description = "The ledger cannot be read as it is.")
    )
)]
pub(super) async fn income(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    (query, wanted): (web::Query<ViewQuery>, Wanted),
) -> Answer {
    let (id, view) = (*id, query.view()?);
    let fields = wanted.fields::<IncomeTold>()?;
    let ask = move |tracker: Tracker, view: View| async move { tracker.income_shown(id, &view).await };
    let asked = Asked { state: &state, request: &request, caller, id, view };
    asked.answer(("income", &format!("{wanted:?}")), ask, all_of(fields)).await
}

/// Where the money of a portfolio came from and where it went. Movements come newest first, a page at a time.
#[utoipa::path(
    get,
    path = "/api/v1/portfolios/{portfolio}/cash-flows",
    params(("portfolio" = Uuid, Path, description = "The portfolio."), ViewQuery, PageQuery<usize>, FieldsQuery<CashFlowsTold>),
    responses(
        (status = 200, description = "Sums, balances, bars by month, quarter and year, and a page of the movements of the range.", body = CashFlowsTold, headers(("ETag" = String))),
        (status = 304, description = "You have it."),
        (status = 409, description = "The ledger cannot be read as it is.")
    )
)]
pub(super) async fn cash_flows(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    (query, paging, wanted): (web::Query<ViewQuery>, Paging, Wanted),
) -> Answer {
    let (id, view) = (*id, query.view()?);
    let fields = wanted.fields::<CashFlowsTold>()?;
    let after: Option<usize> = paging.after()?;
    let about = format!("{wanted:?} {paging:?}");
    let ask = move |tracker: Tracker, view: View| async move { tracker.cash_flows_shown(id, &view).await };
    let tell = move |shown: &mut CashFlowsShown| {
        let entries = std::mem::take(&mut shown.entries);
        // Places count from the first movement, so that later ones leave a cursor where it is.
        let before = after.unwrap_or(entries.len()).min(entries.len());
        let places = entries.iter().enumerate().take(before).rev().take(paging.limit + 1).collect();
        let page = paging.page(places, |(place, _)| *place);
        let mut told = fields.of(shown)?;
        if let Some(object) = told.as_object_mut().filter(|told| told.contains_key("entries")) {
            let page: Vec<_> = page.items.iter().map(|(_, entry)| entry).collect();
            object.insert("entries".to_owned(), json!(page));
        }
        told["next"] = json!(page.next);
        Ok(told)
    };
    let asked = Asked { state: &state, request: &request, caller, id, view };
    asked.answer(("cash-flows", &about), ask, tell).await
}

/// Amounts of a proposal are less than this, with so many decimals at most.
const LARGEST: i64 = 1_000_000_000_000_000;
const MOST_DECIMALS: u32 = 9;

/// How a proposal of trades is to be made.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct ProposalQuery {
    /// Money that is paid in for it, in the base currency.
    #[param(value_type = Option<String>, pattern = r"^[0-9]{1,15}(\.[0-9]{1,9})?$", example = "1000")]
    new_cash: Option<String>,
    /// Whether what is above its target is sold; else only cash is spent.
    sell: Option<bool>,
    /// Trades of less than this are left out.
    #[param(value_type = Option<String>, pattern = r"^[0-9]{1,15}(\.[0-9]{1,9})?$", example = "50")]
    smallest_trade: Option<String>,
    /// Whether only whole shares are traded.
    #[param(default = true)]
    whole_shares: Option<bool>,
}

impl ProposalQuery {
    /// What a form shows of it.
    pub(in crate::web) fn typed(&self) -> Typed {
        Typed {
            new_cash: self.new_cash.clone().unwrap_or_default(),
            smallest_trade: self.smallest_trade.clone().unwrap_or_default(),
            sell: self.sell.unwrap_or(false),
            whole_shares: self.whole_shares.unwrap_or(true),
        }
    }

    pub(in crate::web) fn wanted(&self) -> Result<WantedProposal, Problem> {
        let mut faults = Vec::new();
        let mut amount = |field: &'static str, text: &Option<String>| {
            let text = text.as_deref().unwrap_or("0");
            let read = Decimal::from_str_exact(text.trim()).ok();
            let sensible = |read: &Decimal| {
                !read.is_sign_negative() && read.scale() <= MOST_DECIMALS && *read < Decimal::from(LARGEST)
            };
            read.filter(sensible).unwrap_or_else(|| {
                faults.push(Fault::new(field, Sentence::new("refused.asked.amount")));
                Decimal::ZERO
            })
        };
        let (new_cash, smallest_trade) =
            (amount("new_cash", &self.new_cash), amount("smallest_trade", &self.smallest_trade));
        if !faults.is_empty() {
            return Err(Problem::Invalid(faults));
        }
        Ok(WantedProposal {
            new_cash,
            with_sales: self.sell.unwrap_or(false),
            smallest_trade,
            whole_shares: self.whole_shares.unwrap_or(true),
        })
    }
}

/// What a portfolio consists of, how far that is from its targets, and what to trade for them.
#[utoipa::path(
    get,
    path = "/api/v1/portfolios/{portfolio}/allocation",
    params(("portfolio" = Uuid, Path, description = "The portfolio."), ViewQuery, ProposalQuery, FieldsQuery<AllocationTold>),
    responses(
        (status = 200, description = "By holding, currency and kind of instrument, with drift and proposal where there are targets.", body = AllocationTold, headers(("ETag" = String))),
        (status = 304, description = "You have it."),
        (status = 409, description = "The ledger cannot be read as it is.")
    )
)]
pub(super) async fn allocation(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    (query, proposal, wanted): (web::Query<ViewQuery>, web::Query<ProposalQuery>, Wanted),
) -> Answer {
    let (id, view, proposal) = (*id, query.view()?, proposal.wanted()?);
    let fields = wanted.fields::<AllocationTold>()?;
    // Whoever changes targets changes the answer.
    let about = format!("{wanted:?} {proposal:?} {:?}", caller.tracker.targets(id).await?);
    let ask = move |tracker: Tracker, view: View| async move {
        tracker.allocation_shown(id, &view, proposal).await
    };
    let asked = Asked { state: &state, request: &request, caller, id, view };
    asked.answer(("allocation", &about), ask, all_of(fields)).await
}

/// One holding, held or closed: its lots, what its purchases and sales did, its dividends, its price and who told it.
#[utoipa::path(
    get,
    path = "/api/v1/portfolios/{portfolio}/holdings/{symbol}",
    params(
        ("portfolio" = Uuid, Path, description = "The portfolio."),
        ("symbol" = crate::web::api::schema::Ticker, Path, description = "The symbol that it has now."),
        ViewQuery,
        FieldsQuery<OneHoldingTold>
    ),
    responses(
        (status = 200, description = "The holding.", body = OneHoldingTold, headers(("ETag" = String))),
        (status = 304, description = "You have it."),
        (status = 409, description = "The ledger cannot be read as it is.")
    )
)]
pub(super) async fn holding(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    of: web::Path<(PortfolioId, String)>,
    (query, wanted): (web::Query<ViewQuery>, Wanted),
) -> Answer {
    let (id, text) = of.into_inner();
    let (view, symbol) = (query.view()?, symbol_of(&text)?);
    let fields = wanted.fields::<OneHoldingTold>()?;
    let about = format!("{wanted:?} {symbol}");
    let ask = move |tracker: Tracker, view: View| {
        let symbol = symbol.clone();
        async move { tracker.holding_shown(id, &symbol, &view).await }
    };
    let asked = Asked { state: &state, request: &request, caller, id, view };
    asked.answer(("holding", &about), ask, all_of(fields)).await
}
