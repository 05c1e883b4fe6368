//! How a figure came about, down to transactions and prices.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpRequest, web};
use bellwether_domain::{PortfolioId, Symbol};
use bellwether_portfolio::PriceOrigin;
use bellwether_portfolio::derivation::{About, Source};
use bellwether_texts::Sentence;
use bellwether_tracker::views::FigureShown;
use bellwether_tracker::{DerivationPart, DerivationShown, NodeShown, SourceShown, View, benchmark_named_in};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::figure::FigureTold;
use crate::web::State;
use crate::web::api::answer::instant;
use crate::web::api::schema::{Benchmark, CurrencyCode, Instant, Ticker};
use crate::web::api::{Answer, finished};
use crate::web::caller::Caller;
use crate::web::pages::ViewQuery;
use crate::web::problem::{Fault, Problem, number_between};
use crate::web::snapshot;
use crate::web::view::ranges::segment;

const USUAL_DEPTH: usize = 2;
const DEEPEST: usize = 20;
const USUAL_OPERANDS: usize = 50;
const MOST_OPERANDS: usize = 400;
const FURTHEST: usize = 1_000_000_000;

/// Which part of a derivation.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct PartQuery {
    /// So many steps down.
    #[param(value_type = Option<i32>, minimum = 0, maximum = 20, default = 2)]
    depth: Option<usize>,
    /// The `path` of the step to begin with; nothing for the figure itself.
    #[param(value_type = Option<String>, pattern = r"^([0-9]{1,9}(\.[0-9]{1,9})*)?$", example = "0.3")]
    under: Option<String>,
    /// How many of that step's operands to leave out at the beginning.
    #[param(value_type = Option<i32>, minimum = 0, maximum = 1_000_000_000, default = 0)]
    first: Option<usize>,
    /// So many operands of each step at most.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 400, default = 50)]
    limit: Option<usize>,
}

impl PartQuery {
    pub(in crate::web) fn part(&self) -> Result<DerivationPart, Problem> {
        let mut faults = Vec::new();
        let depth = self.depth.unwrap_or(USUAL_DEPTH);
        if depth > DEEPEST {
            faults.push(Fault::new("depth", number_between(0, DEEPEST)));
        }
        let most = self.limit.unwrap_or(USUAL_OPERANDS);
        if !(1..=MOST_OPERANDS).contains(&most) {
            faults.push(Fault::new("limit", number_between(1, MOST_OPERANDS)));
        }
        let first = self.first.unwrap_or(0);
        if first > FURTHEST {
            faults.push(Fault::new("first", number_between(0, FURTHEST)));
        }
        let named = self.under.iter().filter(|path| !path.is_empty());
        let steps = named.flat_map(|path| path.split('.'));
        let under = steps.map(str::parse).collect::<Result<Vec<usize>, _>>().unwrap_or_else(|_| {
            faults.push(Fault::new("under", Sentence::new("refused.asked.step")));
            Vec::new()
        });
        if !faults.is_empty() {
            return Err(Problem::Invalid(faults));
        }
        Ok(DerivationPart { under, depth, first, most })
    }
}

/// How a figure came about, or a part of that.
#[derive(Serialize, ToSchema)]
struct DerivationTold {
    /// The figure's name, with all that the address left out.
    figure: String,
    portfolio_id: Uuid,
    /// The day at whose end it is.
    as_of: NaiveDate,
    #[schema(value_type = Instant)]
    computed_at: String,
    derivation: StepTold,
}

/// A figure, and what it was made of.
#[derive(Serialize, ToSchema)]
struct StepTold {
    /// By which `under` begins with it; empty for the figure itself.
    path: String,
    /// The standard term, such as `Cost basis`.
    name: String,
    /// What it is a figure of; left out for the portfolio.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    of: Option<AboutTold>,
    /// What you call that, where it is an index of your own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    of_name: Option<String>,
    /// The formula in words; left out where nothing is computed.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    formula: String,
    #[serde(flatten)]
    #[schema(value_type = FigureTold)]
    figure: FigureShown,
    /// Where it comes from, where it is not computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    source: Option<SourceTold>,
    /// How many operands it has.
    operand_count: usize,
    /// Those that are told here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, no_recursion)]
    operands: Vec<StepTold>,
    /// Where the operands that are not told here are, where there are such.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    more: Option<String>,
}

/// What a figure is about: one of these.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum AboutTold {
    #[schema(value_type = Benchmark)]
    Symbol(String),
    #[schema(value_type = CurrencyCode)]
    Cash(String),
    Transaction {
        id: Uuid,
        date: NaiveDate,
    },
    Day(NaiveDate),
}

/// What a derivation ends in.
#[derive(Default, Serialize, ToSchema)]
struct SourceTold {
    /// `transaction`, `price`, `exchange-rate`, `dividend`, `split`, `day` or `days` of a daily series, `ledger` where
    /// the replay of the ledger counted it, `constant`, or `unknown`.
    #[schema(value_type = String)]
    kind: &'static str,
    /// The same in a few words.
    words: String,
    /// The address of the transaction, the price or the derivation that tells more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    link: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    transaction: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = Option<Ticker>)]
    symbol: Option<String>,
    /// The day that it is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    day: Option<NaiveDate>,
    /// The last day of a daily series.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    last_day: Option<NaiveDate>,
    /// Of a price: `close`, `quote` or `booked`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = Option<String>)]
    origin: Option<&'static str>,
    /// Who told a price.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    told_by: Option<String>,
    /// The market's time of a quote.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = Option<Instant>)]
    as_of: Option<String>,
    /// When a price or a rate was fetched, where that was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = Option<Instant>)]
    fetched_at: Option<String>,
}

/// Where derivations of a view are.
struct Addresses {
    portfolio: PortfolioId,
    /// What is behind the question mark, but for the part.
    view: String,
    figure: String,
    index_names: BTreeMap<Symbol, String>,
    traded: BTreeSet<Symbol>,
}

impl Addresses {
    fn new(shown: &DerivationShown, view: &View) -> Self {
        let day = view.as_of.map(|day| format!("as_of={day}"));
        let others = view.benchmarks.iter().map(|of| format!("benchmark={}", segment(of.as_str())));
        let query: Vec<String> = day.into_iter().chain(others).collect();
        Self {
            portfolio: shown.portfolio.id,
            view: query.join("&"),
            figure: shown.figure.to_string(),
            index_names: shown.index_names.clone(),
            traded: shown.traded.clone(),
        }
    }

    fn derivation(&self, figure: &str) -> String {
        let figure = segment(figure);
        let mut address = format!("/api/v1/portfolios/{}/derivations/{figure}", self.portfolio);
        if !self.view.is_empty() {
            address.push('?');
            address.push_str(&self.view);
        }
        address
    }

    /// Where a step's operands from one on are.
    fn more(&self, path: &str, first: usize) -> String {
        let address = self.derivation(&self.figure);
        let sign = if self.view.is_empty() { '?' } else { '&' };
        format!("{address}{sign}under={path}&first={first}")
    }

    fn source(&self, shown: &SourceShown) -> SourceTold {
        let words = self.named(shown.source.to_string());
        let told = SourceTold {
            words,
            told_by: shown.told_by.as_ref().map(ToString::to_string),
            fetched_at: shown.fetched_at.map(instant),
            last_day: shown.last_day,
            link: shown.figure.as_ref().map(|figure| self.derivation(&figure.to_string())),
            ..SourceTold::default()
        };
        match &shown.source {
            Source::Transaction { id, date, .. } => SourceTold {
                kind: "transaction",
                transaction: Some(id.uuid()),
                day: Some(*date),
                link: Some(format!("/api/v1/portfolios/{}/transactions/{id}", self.portfolio)),
                ..told
            },
            Source::Price { symbol, day, origin, as_of, .. } => SourceTold {
                kind: "price",
                day: Some(*day),
                origin: Some(match origin {
                    PriceOrigin::Close => "close",
                    PriceOrigin::Quote => "quote",
                    PriceOrigin::Booked => "booked",
                }),
                as_of: as_of.map(instant),
                // There is no page of what only an index has.
                link: self.traded.contains(symbol).then(|| {
                    let symbol = segment(symbol.as_str());
                    format!("/api/v1/portfolios/{}/holdings/{symbol}?as_of={day}", self.portfolio)
                }),
                symbol: Some(symbol.to_string()),
                ..told
            },
            Source::ExchangeRate { quoted, .. } => {
                SourceTold { kind: "exchange-rate", day: Some(*quoted), ..told }
            }
            Source::Dividend { symbol, ex_date } => {
                SourceTold { kind: "dividend", symbol: Some(symbol.to_string()), day: Some(*ex_date), ..told }
            }
            Source::Split { symbol, ex_date } => {
                SourceTold { kind: "split", symbol: Some(symbol.to_string()), day: Some(*ex_date), ..told }
            }
            Source::Daily { day, .. } => SourceTold { kind: "day", day: Some(*day), ..told },
            Source::Series { column, from, .. } => {
                SourceTold { kind: "days", day: Some(*from), words: self.named(column.to_string()), ..told }
            }
            Source::Ledger => SourceTold { kind: "ledger", ..told },
            Source::Constant => SourceTold { kind: "constant", ..told },
            Source::Unknown => SourceTold { kind: "unknown", ..told },
        }
    }

    /// Words with the names of the owner's indices in the place of their symbols.
    fn named(&self, words: String) -> String {
        self.index_names.iter().fold(words, |words, (symbol, name)| words.replace(symbol.as_str(), name))
    }

    fn step(&self, shown: &NodeShown) -> StepTold {
        let path = shown.path.iter().map(ToString::to_string).collect::<Vec<_>>().join(".");
        let next = shown.first_operand + shown.operands.len();
        let more = (next < shown.operand_count).then(|| self.more(&path, next));
        let of = shown.of.as_ref().map(|about| match about {
            About::Instrument(symbol) => AboutTold::Symbol(symbol.to_string()),
            About::Cash(currency) => AboutTold::Cash(currency.to_string()),
            About::Transaction { id, date } => AboutTold::Transaction { id: id.uuid(), date: *date },
            About::Day(day) => AboutTold::Day(*day),
        });
        let of_name = shown.of.as_ref().and_then(|about| match about {
            About::Instrument(symbol) => self.index_names.get(symbol).cloned(),
            _ => None,
        });
        StepTold {
            path,
            name: shown.figure.to_string(),
            of,
            of_name,
            formula: shown.formula.to_string(),
            figure: FigureShown { value: shown.value.clone(), unit: shown.unit, name: None },
            source: shown.source.as_ref().map(|source| self.source(source)),
            operand_count: shown.operand_count,
            operands: shown.operands.iter().map(|operand| self.step(operand)).collect(),
            more,
        }
    }
}

/// How a figure came about: its formula and operands, down to transactions and prices. A figure that is made of many
/// others is told a part at a time: `more` leads on.
#[utoipa::path(
    get,
    path = "/api/v1/portfolios/{portfolio}/derivations/{figure}",
    params(
        ("portfolio" = Uuid, Path, description = "The portfolio."),
        ("figure" = String, Path, description = "The figure's name, such as `portfolio:value` or `holding:(figure:value,symbol:KO)`, as answers tell it. Of a figure of a period the name may leave the period out: then it is the range."),
        ViewQuery,
        PartQuery
    ),
    responses(
        (status = 200, description = "The derivation.", body = DerivationTold, headers(("ETag" = String))),
        (status = 304, description = "You have it."),
        (status = 409, description = "The ledger cannot be read as it is.")
    )
)]
pub(super) async fn derivation(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    of: web::Path<(PortfolioId, String)>,
    (query, part): (web::Query<ViewQuery>, web::Query<PartQuery>),
) -> Answer {
    let (id, figure) = of.into_inner();
    let (view, part) = (query.view()?, part.part()?);
    // Whoever changes targets changes how far it is to them.
    let targets = match figure.split_once(':') {
        Some(("drift" | "rebalancing", _)) => Some(caller.tracker.targets(id).await?),
        _ => None,
    };
    let about = format!("{figure} {part:?} {targets:?} {}", view.range);
    // Its prices count for how long the answer is right.
    let mut seen = view.clone();
    seen.benchmarks.extend(benchmark_named_in(&figure));
    let build = move || {
        let (tracker, view, figure, part) =
            (caller.tracker.clone(), view.clone(), figure.clone(), part.clone());
        async move {
            let shown = tracker.derivation(id, &view, &figure, part).await?;
            let finish = move || {
                let told = DerivationTold {
                    figure: shown.figure.to_string(),
                    portfolio_id: shown.portfolio.id.uuid(),
                    as_of: shown.as_of,
                    computed_at: instant(shown.computed_at),
                    derivation: Addresses::new(&shown, &view).step(&shown.node),
                };
                finished(&serde_json::json!(told))
                    .valid(bellwether_cache::Validity { changes_at: shown.day_ends, refreshing: None })
            };
            Ok(tracker.compute(finish).await)
        }
    };
    snapshot::answer_about(&state, &request, id, ("derivation", &about), &seen, build).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_named_by_its_whole_path_and_the_figure_itself_by_nothing() {
        let named = |under: Option<&str>| {
            let query = PartQuery { depth: None, under: under.map(str::to_owned), first: None, limit: None };
            query.part().map(|part| part.under)
        };
        assert_eq!(named(Some("0.3")).expect("a step"), [0, 3]);
        for whole in [None, Some("")] {
            assert!(named(whole).expect("the figure").is_empty());
        }
        for wrong in [".", "0.", ".3", "0..3", "x"] {
            assert!(named(Some(wrong)).is_err(), "{wrong:?}");
        }
    }
}
