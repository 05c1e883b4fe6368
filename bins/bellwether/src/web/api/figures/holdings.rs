//! What is and was held.

use actix_web::{HttpRequest, web};
use bellwether_domain::{PortfolioId, Symbol};
use bellwether_tracker::views::{HoldingRow, Holdings};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::told::{HoldingTold, HoldingsTold};
use super::with_head;
use crate::web::State;
use crate::web::api::Answer;
use crate::web::api::answer::instant;
use crate::web::api::fields::{Fields, FieldsQuery, Wanted};
use crate::web::api::finished;
use crate::web::api::paging::{PageQuery, Paging};
use crate::web::caller::Caller;
use crate::web::pages::ViewQuery;
use crate::web::problem::{Fault, Problem};
use crate::web::snapshot;

/// Which holdings.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct StateQuery {
    /// `open` for what is held, as always; `closed` for what was, `all` for both.
    #[param(value_type = Option<StateName>, inline)]
    state: Option<String>,
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "names the words in the documentation")]
enum StateName {
    Open,
    Closed,
    All,
}

/// Which are wanted.
#[derive(Debug, Clone, Copy)]
enum Kept {
    Open,
    Closed,
    All,
}

impl Kept {
    fn of(query: &StateQuery) -> Result<Self, Problem> {
        match query.state.as_deref() {
            None | Some("open") => Ok(Self::Open),
            Some("closed") => Ok(Self::Closed),
            Some("all") => Ok(Self::All),
            Some(other) => {
                Err(Fault::new("state", format!("{other:?} is not known: use open, closed, all")).into())
            }
        }
    }

    fn has(self, row: &HoldingRow) -> bool {
        match self {
            Self::Open => row.is_open,
            Self::Closed => !row.is_open,
            Self::All => true,
        }
    }
}

/// The holdings of a portfolio, with the portfolio as a whole.
#[utoipa::path(
    get,
    path = "/api/v1/portfolios/{portfolio}/holdings",
    params(("portfolio" = Uuid, Path, description = "The portfolio."), ViewQuery, StateQuery, PageQuery<Symbol>, FieldsQuery<HoldingTold>),
    responses(
        (status = 200, description = "A page of them, by symbol.", body = HoldingsTold, headers(("ETag" = String))),
        (status = 304, description = "You have it."),
        (status = 409, description = "The ledger cannot be read as it is.")
    )
)]
pub(super) async fn holdings(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    (query, kept): (web::Query<ViewQuery>, web::Query<StateQuery>),
    (paging, wanted): (Paging, Wanted),
) -> Answer {
    let (view, kept, id) = (query.view()?, Kept::of(&kept)?, *id);
    let fields = wanted.fields::<HoldingTold>()?;
    let after: Option<Symbol> = paging.after()?;
    let about = format!("{kept:?} {paging:?} {wanted:?}");
    let seen = view.clone();
    let build = move || {
        let (tracker, view) = (caller.tracker.clone(), view.clone());
        let (fields, paging, after) = (fields.clone(), paging.clone(), after.clone());
        async move {
            let holdings = tracker.holdings(id, &view).await?;
            let finish = move || {
                let validity = holdings.dashboard.words_validity();
                let told = page(&holdings, kept, &paging, after.as_ref(), &fields)?;
                Ok(finished(&with_head(&holdings.dashboard.portfolio, &view, told)).valid(validity))
            };
            tracker.compute(finish).await
        }
    };
    snapshot::answer_about(&state, &request, id, ("holdings", &about), &seen, build).await
}

fn page(
    holdings: &Holdings,
    kept: Kept,
    paging: &Paging,
    after: Option<&Symbol>,
    fields: &Fields,
) -> Result<Value, Problem> {
    let rows =
        holdings.rows.iter().filter(|row| kept.has(row) && after.is_none_or(|after| row.symbol > *after));
    let page = paging.page(rows.take(paging.limit + 1).collect(), |row| row.symbol.clone());
    let items = page.items.iter().map(|row| fields.of(row)).collect::<Result<Vec<_>, Problem>>()?;
    let dashboard = &holdings.dashboard;
    let since = dashboard.figures.as_ref().ok().map(|figures| figures.range.since);
    Ok(json!({
        "as_of": dashboard.as_of,
        "since": since,
        "computed_at": instant(dashboard.computed_at),
        "total": holdings.total,
        "items": items,
        "next": page.next,
    }))
}
