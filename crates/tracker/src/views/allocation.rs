//! What a portfolio consists of, and how far it is from what it should.

use std::collections::HashMap;

use bellwether_domain::{Instrument, InstrumentKind, PortfolioId, Symbol};
use bellwether_portfolio::derivation::Unit;
use bellwether_portfolio::{
    Allocation, AllocationFigure, Assets, ClassDrift, ClassShare, Classification, Division, Drift,
    DriftFigure, Figure, FigureName, Funding, Omitted, ProposedTrade, Reason, RebalancingFigure,
    RebalancingPlan, RebalancingTerms, Targets,
};
use bellwether_texts::Sentence;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::FigureShown;
use super::scene::{Scene, Viewed};
use crate::refusals::no_proposal;
use crate::targets::TargetWeights;
use crate::{Tracker, TrackerError, View, reason};

/// The division by kinds of instruments, as names of figures call it.
pub(crate) const ASSET_CLASSES: &str = "asset-classes";
/// With more targets than these, the figures of a proposal have no name: each would hold all of them.
const MOST_NAMED: usize = 25;

/// How a proposal of trades is to be made: unless told, of all sizes, in fractions, without sales or new cash.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WantedProposal {
    /// Paid in for it.
    pub new_cash: Decimal,
    /// Whether what is above its target is sold; else only cash is spent.
    pub with_sales: bool,
    /// Smaller trades are left out.
    pub smallest_trade: Decimal,
    /// Whether only whole shares are traded.
    pub whole_shares: bool,
}

/// What a portfolio consists of.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AllocationView {
    /// By holding, by currency and by kind of instrument.
    pub divisions: Vec<DivisionShown>,
    /// The distance to the targets; `None` without any.
    pub targets: Option<DriftShown>,
    /// What to trade for them; `None` without any.
    pub proposal: Option<ProposalShown>,
}

/// A portfolio divided into classes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DivisionShown {
    /// `holdings`, `currencies` or `asset-classes`.
    pub by: &'static str,
    /// The classes, the largest first.
    pub classes: Vec<ClassShown>,
    /// Why it cannot be divided.
    #[serde(serialize_with = "super::words_if_any")]
    pub reason: Option<Reason>,
}

/// A class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassShown {
    /// A symbol, a currency, a kind of instrument, `Cash` or `Unclassified`.
    pub class: String,
    /// Its value.
    pub value: FigureShown,
    /// Its part of the whole.
    pub weight: FigureShown,
    /// The holdings in it.
    pub holdings: Vec<Symbol>,
}

/// The distance to targets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DriftShown {
    /// Since when they are in force.
    pub since: Option<NaiveDate>,
    /// Every class with a value or a target.
    pub classes: Vec<ClassDriftShown>,
    /// The part of the whole that lies in the wrong place.
    pub misplaced: FigureShown,
    /// The most points by which a class is off.
    pub largest: FigureShown,
}

/// A class beside its target.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassDriftShown {
    /// A symbol, or `Cash`.
    pub class: String,
    /// Its value.
    pub value: FigureShown,
    /// Its part of the whole.
    pub weight: FigureShown,
    /// What that should be.
    pub target: FigureShown,
    /// Weight less target.
    pub points: FigureShown,
    /// Value less `target x whole`.
    pub money: FigureShown,
    /// Points in relation to the target.
    pub relative: FigureShown,
}

/// What to trade.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProposalShown {
    /// By class.
    pub trades: Vec<TradeShown>,
    /// Cash when all is done.
    pub cash: Option<FigureShown>,
    /// The whole when all is done.
    pub total: Option<FigureShown>,
    /// What lies in the wrong place when all is done.
    pub misplaced: Option<FigureShown>,
    /// Why nothing can be proposed.
    pub reason: Option<String>,
    /// The same for people.
    #[serde(skip)]
    pub said: Option<Sentence>,
}

/// A trade.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TradeShown {
    /// The class it is for.
    pub class: String,
    /// The instrument; `None` where none is held of the class.
    pub symbol: Option<Symbol>,
    /// Bought when positive.
    pub amount: FigureShown,
    /// The same in shares.
    pub shares: FigureShown,
}

impl Tracker {
    /// What a portfolio consists of, beside its targets, with a proposal of trades.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio, [`TrackerError::Refused`] for a day to come,
    /// [`TrackerError::Conflict`] for a ledger that cannot be read, and the database's.
    pub async fn allocation_shown(
        &self,
        id: PortfolioId,
        view: &View,
        wanted: WantedProposal,
    ) -> Result<Viewed<AllocationView>, TrackerError> {
        let targets = self.targets(id).await?;
        self.viewed(id, view, move |scene| AllocationView::of(scene, &targets, wanted)).await
    }
}

/// Instruments by what kind of thing they are.
pub(crate) fn asset_classes(instruments: &HashMap<Symbol, Instrument>) -> Division {
    let mut classes = Classification::default();
    for (symbol, instrument) in instruments {
        classes.assign(symbol.clone(), kind(instrument.kind));
    }
    Division::Classes(classes)
}

fn kind(kind: InstrumentKind) -> &'static str {
    match kind {
        InstrumentKind::Equity => "Equities",
        InstrumentKind::Etf => "Exchange-traded funds",
        InstrumentKind::Fund => "Funds",
        InstrumentKind::Index => "Indices",
        InstrumentKind::Currency => "Currencies",
        InstrumentKind::Crypto => "Cryptocurrencies",
        InstrumentKind::Future => "Futures",
        InstrumentKind::Other => "Other",
    }
}

impl AllocationView {
    fn of(scene: &Scene, targets: &TargetWeights, wanted: WantedProposal) -> Self {
        let assets = Assets::new(&[&scene.books], scene.market());
        let classes = asset_classes(&scene.stored.instruments);
        let omitted = Omitted {
            targets: targets.as_targets(),
            divisions: vec![(ASSET_CLASSES.to_owned(), classes.clone())],
            ..Omitted::default()
        };
        let divided = |word, by: &Division| DivisionShown::of(word, by, &assets, &omitted);
        let divisions = vec![
            divided("holdings", &Division::Holdings),
            divided("currencies", &Division::Currencies),
            divided(ASSET_CLASSES, &classes),
        ];
        let Some(wanted_weights) = omitted.targets.clone().filter(|_| !targets.weights.is_empty()) else {
            return Self { divisions, targets: None, proposal: None };
        };
        let allocation = assets.clone().and_then(|assets| Allocation::by_holding(&assets));
        Self {
            divisions,
            targets: Some(DriftShown::of(scene, targets.since, &allocation, &omitted, &wanted_weights)),
            proposal: Some(ProposalShown::of(scene, &assets, &allocation, wanted_weights, wanted)),
        }
    }
}

impl DivisionShown {
    fn of(word: &'static str, by: &Division, assets: &Figure<Assets>, omitted: &Omitted) -> Self {
        let allocation =
            assets.as_ref().map_err(Clone::clone).and_then(|assets| Allocation::divided(assets, by));
        let class = |share: &ClassShare, base| {
            let name = |figure| {
                let name = FigureName::Allocation { by: by.clone(), class: share.class.clone(), figure };
                Some(name.brief(omitted))
            };
            ClassShown {
                class: share.class.to_string(),
                value: FigureShown::exact(&Ok(share.value), Unit::Money(base), None)
                    .named(name(AllocationFigure::Value)),
                weight: FigureShown::exact(&Ok(share.weight), Unit::Fraction, None)
                    .named(name(AllocationFigure::Weight)),
                holdings: share.holdings.keys().cloned().collect(),
            }
        };
        match allocation {
            Ok(allocation) => {
                let classes = allocation.classes.iter().map(|share| class(share, allocation.base)).collect();
                Self { by: word, classes, reason: None }
            }
            Err(reason) => Self { by: word, classes: Vec::new(), reason: Some(reason.clone()) },
        }
    }
}

impl DriftShown {
    fn of(
        scene: &Scene,
        since: Option<NaiveDate>,
        allocation: &Figure<Allocation>,
        omitted: &Omitted,
        targets: &Targets,
    ) -> Self {
        let drift =
            allocation.as_ref().map_err(Clone::clone).and_then(|allocation| allocation.drift(targets));
        let base = scene.books.options().base;
        let named = |figure| {
            let name = FigureName::Drift { by: Division::Holdings, targets: targets.clone(), figure };
            Some(name.brief(omitted))
        };
        let whole = |pick: fn(&Drift) -> Decimal, figure| {
            let value = drift.as_ref().map(pick).map_err(Clone::clone);
            FigureShown::exact(&value, Unit::Fraction, None).named(named(figure))
        };
        let class = |of: &ClassDrift| {
            let share = |figure| {
                let name = FigureName::Allocation { by: Division::Holdings, class: of.class.clone(), figure };
                // A class that only has a target is none of the allocation's.
                (!of.value.is_zero()).then(|| name.to_string())
            };
            let exact =
                |value: &Figure<Decimal>, unit, name| FigureShown::exact(value, unit, None).named(name);
            ClassDriftShown {
                class: of.class.to_string(),
                value: exact(&Ok(of.value), Unit::Money(base), share(AllocationFigure::Value)),
                weight: exact(&Ok(of.weight), Unit::Fraction, share(AllocationFigure::Weight)),
                target: exact(&Ok(of.target), Unit::Fraction, None),
                points: exact(&Ok(of.points), Unit::Fraction, named(DriftFigure::Points(of.class.clone()))),
                money: exact(&Ok(of.money), Unit::Money(base), named(DriftFigure::Money(of.class.clone()))),
                relative: exact(&of.relative, Unit::Fraction, named(DriftFigure::Relative(of.class.clone()))),
            }
        };
        Self {
            since,
            classes: drift
                .as_ref()
                .map_or_else(|_| Vec::new(), |drift| drift.classes.iter().map(class).collect()),
            misplaced: whole(|drift| drift.misplaced, DriftFigure::Misplaced),
            largest: whole(|drift| drift.largest, DriftFigure::Largest),
        }
    }
}

impl ProposalShown {
    fn of(
        scene: &Scene,
        assets: &Figure<Assets>,
        allocation: &Figure<Allocation>,
        targets: Targets,
        wanted: WantedProposal,
    ) -> Self {
        let unknown = |reason: String, said: Sentence| Self {
            trades: Vec::new(),
            cash: None,
            total: None,
            misplaced: None,
            reason: Some(reason),
            said: Some(said),
        };
        let (assets, allocation) = match (assets, allocation) {
            (Ok(assets), Ok(allocation)) => (assets, allocation),
            (Err(why), _) | (_, Err(why)) => return unknown(why.to_string(), reason(why)),
        };
        let funding = if wanted.with_sales {
            Funding::WithSales { new: wanted.new_cash }
        } else {
            Funding::CashOnly { new: wanted.new_cash, held: allocation.cash().max(Decimal::ZERO) }
        };
        let terms = RebalancingTerms {
            funding,
            smallest_trade: wanted.smallest_trade,
            whole_shares: wanted.whole_shares,
        };
        let vehicles = assets.vehicles();
        let proposal = match allocation.rebalance(&targets, &vehicles, &terms) {
            Ok(proposal) => proposal,
            Err(error) => return unknown(error.to_string(), no_proposal(&error)),
        };
        let is_short = targets.classes().count() <= MOST_NAMED && vehicles.len() <= MOST_NAMED;
        let vehicles = vehicles.into_iter().map(|(class, vehicle)| (class, vehicle.symbol)).collect();
        let plan = RebalancingPlan { targets, vehicles, terms };
        let base = scene.books.options().base;
        let exact = |value: &Figure<Decimal>, unit, figure| {
            let name = is_short.then(|| FigureName::Rebalancing {
                by: Division::Holdings,
                plan: plan.clone(),
                figure,
            });
            FigureShown::exact(value, unit, name)
        };
        let trade = |trade: &ProposedTrade| TradeShown {
            class: trade.class.to_string(),
            symbol: trade.symbol.clone(),
            amount: exact(
                &Ok(trade.amount),
                Unit::Money(base),
                RebalancingFigure::Trade(trade.class.clone()),
            ),
            shares: exact(&trade.shares, Unit::Shares, RebalancingFigure::Shares(trade.class.clone())),
        };
        Self {
            trades: proposal.trades.iter().map(trade).collect(),
            cash: Some(exact(&Ok(proposal.cash), Unit::Money(base), RebalancingFigure::Cash)),
            total: Some(exact(&Ok(proposal.total), Unit::Money(base), RebalancingFigure::Total)),
            misplaced: Some(exact(
                &Ok(proposal.after.misplaced),
                Unit::Fraction,
                RebalancingFigure::Misplaced,
            )),
            reason: None,
            said: None,
        }
    }
}

/// Whether a name is of what lies in classes.
pub(crate) fn is_of_classes(figure: &str) -> bool {
    ["allocation:", "drift:", "rebalancing:"].iter().any(|word| figure.starts_with(word))
}
