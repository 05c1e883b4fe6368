//! How a figure came about: its formula, its operands, and the way down from them to transactions and prices.

mod source;
mod wording;

use actix_web::{HttpRequest, web};
use bellwether_cache::Validity;
use bellwether_domain::PortfolioId;
use bellwether_portfolio::derivation::{About, Source};
use bellwether_texts::Sentence;
use bellwether_tracker::views::{FigureShown, Viewed};
use bellwether_tracker::{
    DerivationPart, DerivationShown, NodeShown, SourceShown, Tracker, View, benchmark_named_in,
};
use serde::Serialize;

use super::frame::{Asked, What};
use crate::web::State;
use crate::web::api::figures::PartQuery;
use crate::web::caller::Caller;
use crate::web::filled::Filled;
use crate::web::pages::{Answer, ViewQuery, failed};
use crate::web::view::page::Place;
use crate::web::view::ranges::segment;
use crate::web::view::reader::{Reader, Told, exact};

pub(super) async fn page(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    of: web::Path<(PortfolioId, String)>,
    (Filled(query), Filled(part)): (Filled<ViewQuery>, Filled<PartQuery>),
) -> Answer {
    let (id, figure) = of.into_inner();
    // Whoever changes targets changes how far it is to them.
    let targets = match figure.split_once(':') {
        Some(("drift" | "rebalancing", _)) => Some(caller.tracker.targets(id).await?),
        _ => None,
    };
    let beside = benchmark_named_in(&figure).into_iter().collect();
    let asked = Asked { state, request, caller, id, query, beside };
    let part = match part.part() {
        // One step below the figure: each leads further.
        Ok(part) => DerivationPart { depth: 1, ..part },
        Err(problem) => return Ok(failed(problem)),
    };
    let what = What {
        about: format!("{figure} {part:?} {targets:?}"),
        ..What::new("derivation.html", Place::Elsewhere, format!("derivations/{}", segment(&figure)))
    };
    let ask = move |tracker: Tracker, view: View| {
        let (figure, part) = (figure.clone(), part.clone());
        async move {
            let shown = tracker.derivation(id, &view, &figure, part).await?;
            let validity = Validity { changes_at: shown.day_ends, refreshing: None };
            Ok((shown.viewed(tracker.today()), validity))
        }
    };
    let tell = |viewed: Viewed<DerivationShown>, reader: &Reader| DerivationPage::new(&viewed.shown, reader);
    asked.answer(what, ask, tell).await
}

#[derive(Serialize)]
struct DerivationPage {
    /// The figure's name, with all that the address left out.
    figure: String,
    step: Step,
    operands: Vec<Step>,
    made_from: String,
    /// The steps that led here, the figure itself first.
    above: Vec<String>,
    /// Where operands before and behind those shown are.
    earlier: Option<String>,
    later: Option<String>,
    /// The same for programs.
    json: String,
    /// Leads here from anywhere.
    address: String,
}

#[derive(Serialize)]
struct Step {
    name: String,
    /// What it is a figure of; empty for the portfolio.
    of: String,
    formula: String,
    value: Told,
    exact: String,
    /// Where it comes from, where it is not computed.
    source: String,
    /// Where more of it is told; empty where there is no more.
    link: String,
}

impl DerivationPage {
    fn new(shown: &DerivationShown, reader: &Reader) -> Self {
        let name = shown.figure.to_string();
        let links = Links { reader, figure: &name, shown };
        let node = &shown.node;
        let next = node.first_operand + node.operands.len();
        let before = node.first_operand.saturating_sub(node.operands.len().max(1));
        Self {
            step: links.step(node),
            made_from: reader
                .locale
                .say(&Sentence::new("derivation.operands").with("count", node.operand_count)),
            operands: node.operands.iter().map(|operand| links.step(operand)).collect(),
            above: (0..node.path.len()).map(|steps| links.to(&node.path[..steps], 0)).collect(),
            earlier: (node.first_operand > 0).then(|| links.to(&node.path, before)),
            later: (next < node.operand_count).then(|| links.to(&node.path, next)),
            json: format!("/api/v1/portfolios/{}/derivations/{}", shown.portfolio.id, segment(&name)),
            address: links.to(&node.path, 0),
            figure: name,
        }
    }
}

struct Links<'a> {
    reader: &'a Reader,
    figure: &'a str,
    shown: &'a DerivationShown,
}

impl Links<'_> {
    /// A step of this derivation, with its operands from one on.
    fn to(&self, path: &[usize], first: usize) -> String {
        let mut address = self.reader.derivation(self.figure);
        if !path.is_empty() {
            let path: Vec<_> = path.iter().map(ToString::to_string).collect();
            address.push_str("&under=");
            address.push_str(&path.join("."));
        }
        if first > 0 {
            address.push_str("&first=");
            address.push_str(&first.to_string());
        }
        address
    }

    fn step(&self, node: &NodeShown) -> Step {
        let (reader, locale) = (self.reader, self.reader.locale);
        let value = FigureShown { value: node.value.clone(), unit: node.unit, name: None };
        let of = match &node.of {
            None => String::new(),
            Some(About::Instrument(symbol)) => {
                self.shown.index_names.get(symbol).cloned().unwrap_or_else(|| symbol.to_string())
            }
            Some(About::Cash(currency)) => currency.to_string(),
            Some(About::Transaction { date, .. }) => locale.day(*date),
            Some(About::Day(day)) => locale.day(*day),
        };
        let source = node.source.as_ref();
        let link = if node.operand_count > 0 {
            self.to(&node.path, 0)
        } else {
            source.and_then(|source| self.source_link(source)).unwrap_or_default()
        };
        Step {
            name: wording::term(locale, &node.figure),
            of,
            formula: wording::formula(locale, &node.formula),
            exact: exact(&value),
            value: reader.alone(&value),
            source: source.map(|source| source::words(locale, source)).unwrap_or_default(),
            link,
        }
    }

    fn source_link(&self, shown: &SourceShown) -> Option<String> {
        if let Some(figure) = &shown.figure {
            return Some(self.reader.derivation(&figure.to_string()));
        }
        match &shown.source {
            Source::Transaction { date, .. } => {
                Some(self.reader.alone_within(&format!("transactions?from={date}&to={date}")))
            }
            // There is a page of what the ledger mentions alone.
            Source::Price { symbol, day, .. } if self.shown.traded.contains(symbol) => {
                Some(self.reader.alone_within(&format!("holdings/{}?as_of={day}", segment(symbol.as_str()))))
            }
            _ => None,
        }
    }
}
