//! What a portfolio consists of, how far that is from its targets, and what to trade for them.

use actix_web::{HttpRequest, web};
use bellwether_domain::PortfolioId;
use bellwether_tracker::views::{
    AllocationView, ClassDriftShown, ClassShown, DivisionShown, DriftShown, ProposalShown, TradeShown, Viewed,
};
use bellwether_tracker::{Tracker, View, reason};
use serde::Serialize;

use super::frame::{Asked, What, for_the_day};
use crate::charts::{ChartCell, ChartRow, ChartTable, DEEPEST, Tile, treemap};
use crate::web::State;
use crate::web::api::figures::ProposalQuery;
use crate::web::caller::Caller;
use crate::web::filled::Filled;
use crate::web::pages::{Answer, ViewQuery, failed};
use crate::web::view::page::Place;
use crate::web::view::reader::{Reader, Told};

pub(super) async fn page(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    (Filled(query), Filled(proposal)): (Filled<ViewQuery>, Filled<ProposalQuery>),
) -> Answer {
    let id = *id;
    // Whoever changes targets changes the page.
    let targets = caller.tracker.targets(id).await?;
    let asked = Asked { state, request, caller, id, query, beside: Vec::new() };
    let wanted = match proposal.wanted() {
        Ok(wanted) => wanted,
        Err(problem) => return Ok(failed(problem)),
    };
    let what = What {
        about: format!("{wanted:?} {targets:?}"),
        ..What::new("allocation.html", Place::Allocation, "allocation")
    };
    let typed = proposal.typed();
    let ask = move |tracker: Tracker, view: View| async move {
        let holdings = tracker.holdings(id, &view).await?;
        let viewed = tracker.allocation_shown(id, &view, wanted).await?;
        let days: Vec<_> = holdings
            .rows
            .iter()
            .filter_map(|row| Some((row.symbol.to_string(), row.day_return.number()?)))
            .collect();
        let (viewed, validity) = for_the_day(viewed);
        Ok((viewed.map(|shown| (shown, days)), validity))
    };
    let tell = move |viewed: Viewed<(AllocationView, Vec<(String, f64)>)>, reader: &Reader| {
        let (shown, days) = &viewed.shown;
        AllocationPage::new(shown, days, typed.clone(), reader)
    };
    asked.answer(what, ask, tell).await
}

#[derive(Serialize)]
struct AllocationPage {
    divisions: Vec<Division>,
    treemap: String,
    treemap_table: ChartTable,
    /// The ends of the treemap's scale.
    scale: [String; 2],
    /// Its colours, from the deepest loss to the deepest gain.
    shades: Vec<String>,
    drift: Option<Drift>,
    proposal: Option<Proposal>,
    typed: Typed,
}

/// What the form of the proposal shows.
#[derive(Debug, Clone, Serialize)]
pub(in crate::web) struct Typed {
    pub(in crate::web) new_cash: String,
    pub(in crate::web) smallest_trade: String,
    pub(in crate::web) sell: bool,
    pub(in crate::web) whole_shares: bool,
}

/// The whole, divided one way.
#[derive(Serialize)]
pub(super) struct Division {
    name: String,
    by: &'static str,
    classes: Vec<Class>,
    reason: String,
}

#[derive(Serialize)]
struct Class {
    name: String,
    address: String,
    value: Told,
    weight: Told,
    /// Of 100.
    length: f64,
}

#[derive(Serialize)]
struct Drift {
    since: String,
    misplaced: Told,
    largest: Told,
    classes: Vec<ClassDrift>,
}

#[derive(Serialize)]
struct ClassDrift {
    name: String,
    weight: Told,
    target: Told,
    points: Told,
    money: Told,
    /// Where weight and target stand, of 100.
    weight_at: f64,
    target_at: f64,
}

#[derive(Serialize)]
struct Proposal {
    trades: Vec<Trade>,
    cash: Option<Told>,
    total: Option<Told>,
    misplaced: Option<Told>,
    reason: String,
}

#[derive(Serialize)]
struct Trade {
    class: String,
    symbol: String,
    amount: Told,
    shares: Told,
    is_sale: bool,
}

impl AllocationPage {
    fn new(shown: &AllocationView, days: &[(String, f64)], typed: Typed, reader: &Reader) -> Self {
        let tiles = |division: &DivisionShown| -> Vec<Tile> {
            let class = |of: &ClassShown| {
                let day = days.iter().find(|(symbol, _)| *symbol == of.class).map(|(_, day)| *day);
                let words = day.map(|day| reader.locale.percent_change(day)).unwrap_or_default();
                Some(Tile { name: of.class.clone(), size: of.value.number()?, change: day, words })
            };
            division.classes.iter().filter_map(class).collect()
        };
        let holdings = shown.divisions.iter().find(|division| division.by == "holdings");
        let summary = reader.locale.text("allocation.treemap_summary");
        Self {
            divisions: shown.divisions.iter().map(|division| Division::new(division, reader)).collect(),
            shades: (-5..=5).map(|shade| format!("h{shade}")).collect(),
            treemap_table: holdings.map(|division| rows(&tiles(division), reader)).unwrap_or_default(),
            scale: [-DEEPEST, DEEPEST].map(|end| reader.locale.percent_change_with(end, 0)),
            treemap: holdings.map(|division| treemap(&tiles(division), &summary)).unwrap_or_default(),
            drift: shown.targets.as_ref().map(|drift| Drift::new(drift, reader)),
            proposal: shown.proposal.as_ref().map(|proposal| Proposal::new(proposal, reader)),
            typed,
        }
    }
}

/// What the treemap shows, in rows.
fn rows(tiles: &[Tile], reader: &Reader) -> ChartTable {
    let locale = reader.locale;
    let row = |of: &Tile| ChartRow {
        name: of.name.clone(),
        cells: vec![ChartCell::amount(locale, Some(of.size)), ChartCell::change(locale, of.change)],
    };
    ChartTable {
        head: ["column.name", "column.value", "column.day"].map(|key| locale.text(key)).into(),
        rows: tiles.iter().map(row).collect(),
    }
}

impl Division {
    pub(super) fn new(of: &DivisionShown, reader: &Reader) -> Self {
        let heaviest = of.classes.iter().filter_map(|class| class.weight.number()).fold(0.0, f64::max);
        let class = |class: &ClassShown| {
            let is_holding = of.by == "holdings" && class.holdings.len() == 1;
            let weight = class.weight.number().filter(|_| heaviest > 0.0);
            Class {
                name: class_name(&class.class, reader),
                address: class
                    .holdings
                    .first()
                    .filter(|_| is_holding)
                    .map(|of| reader.holding(of))
                    .unwrap_or_default(),
                value: reader.figure(&class.value),
                weight: reader.figure(&class.weight),
                length: weight.map_or(0.0, |weight| (weight.max(0.0) / heaviest * 1000.0).round() / 10.0),
            }
        };
        let key = match of.by {
            "currencies" => "allocation.currencies",
            "asset-classes" => "allocation.asset_classes",
            _ => "allocation.holdings",
        };
        Self {
            name: reader.locale.text(key),
            by: of.by,
            classes: of.classes.iter().map(class).collect(),
            reason: of.reason.as_ref().map(|why| reader.locale.say(&reason(why))).unwrap_or_default(),
        }
    }
}

/// Kinds of instruments and what is none have names of their own; symbols and currencies are their names.
fn class_name(class: &str, reader: &Reader) -> String {
    let key = match class {
        "Cash" => "class.cash",
        "Unclassified" => "class.unclassified",
        "Equities" => "class.equities",
        "Exchange-traded funds" => "class.etfs",
        "Funds" => "class.funds",
        "Indices" => "class.indices",
        "Currencies" => "class.currencies",
        "Cryptocurrencies" => "class.crypto",
        "Futures" => "class.futures",
        "Other" => "class.rest",
        name => return name.to_owned(),
    };
    reader.locale.text(key)
}

impl Drift {
    fn new(of: &DriftShown, reader: &Reader) -> Self {
        let reach = |class: &ClassDriftShown| {
            class.weight.number().unwrap_or(0.0).max(class.target.number().unwrap_or(0.0))
        };
        let largest = of.classes.iter().map(reach).fold(0.0, f64::max);
        let place = |share: Option<f64>| {
            share
                .filter(|_| largest > 0.0)
                .map_or(0.0, |share| (share.max(0.0) / largest * 1000.0).round() / 10.0)
        };
        let class = |class: &ClassDriftShown| ClassDrift {
            name: class_name(&class.class, reader),
            weight: reader.figure(&class.weight),
            target: reader.figure(&class.target),
            points: reader.points(&class.points),
            money: reader.change(&class.money),
            weight_at: place(class.weight.number()),
            target_at: place(class.target.number()),
        };
        Self {
            since: of.since.map(|day| reader.locale.day(day)).unwrap_or_default(),
            misplaced: reader.figure(&of.misplaced),
            largest: reader.figure(&of.largest),
            classes: of.classes.iter().map(class).collect(),
        }
    }
}

impl Proposal {
    fn new(of: &ProposalShown, reader: &Reader) -> Self {
        let trade = |trade: &TradeShown| Trade {
            class: class_name(&trade.class, reader),
            symbol: trade.symbol.as_ref().map(ToString::to_string).unwrap_or_default(),
            amount: reader.figure(&trade.amount),
            shares: reader.figure(&trade.shares),
            is_sale: trade.amount.number().is_some_and(|amount| amount < 0.0),
        };
        Self {
            trades: of.trades.iter().map(trade).collect(),
            cash: of.cash.as_ref().map(|figure| reader.alone(figure)),
            total: of.total.as_ref().map(|figure| reader.alone(figure)),
            misplaced: of.misplaced.as_ref().map(|figure| reader.figure(figure)),
            reason: of.said.as_ref().map(|why| reader.locale.say(why)).unwrap_or_default(),
        }
    }
}
