//! Realised and unrealised gains of a period, from purchase cost or from the value at its start.

mod covering;
mod opening_value;

use bellwether_domain::Currency;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Subject;
use super::subject::Member;
use crate::books::{Cost, Position, Sale};
use crate::exact::Exact;
use crate::figure::total;
use crate::{Figure, Market, Period};

/// What a share held or sold is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// What it cost, whenever that was.
    PurchaseCost,
    /// Its value at the close of the period's opening day, where it was held then; else what it cost.
    OpeningValue,
}

/// Whether the fees and taxes of trades count in cost and proceeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TradeCosts {
    /// They add to cost and lessen proceeds.
    Included,
    /// Cost and proceeds are quantity times price.
    LeftOut,
}

/// What prices and exchange rates did to the holdings of a subject in a period, in the base currency.
///
/// On either basis `unrealised + realised + transferred` is the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CapitalGains {
    /// Of what is held at the end: how much value less cost has changed since the opening.
    pub unrealised: Figure<Decimal>,
    /// The part of it that exchange rates made; the rest is the prices'.
    pub unrealised_currency: Figure<Decimal>,
    /// Of what was sold in the period: proceeds less cost.
    pub realised: Figure<Decimal>,
    /// The part of it that exchange rates made; the rest is the prices'.
    pub realised_currency: Figure<Decimal>,
    /// Gains that shares transferred out took along, less those that shares transferred in brought: `unrealised` has
    /// them, but the period did not earn them.
    pub transferred: Figure<Decimal>,
}

impl CapitalGains {
    /// The gains of a subject's holdings over a period; [`crate::Reason::NotYetKnown`] when it ends after the books.
    pub fn new(
        subject: &Subject<'_>,
        market: &Market,
        period: Period,
        basis: Basis,
        costs: TradeCosts,
    ) -> Self {
        if let Err(reason) = subject.read_to(period.to) {
            return Self::unknown(&reason);
        }
        let (base, is_explained) = (subject.base(), false);
        let valuation = Valuation { market, base, period, basis, costs, is_explained };
        let moves: Vec<_> = valuation.members(subject).map(|member| valuation.moves_of(member)).collect();
        let sum = |figure: fn(&Moves) -> &Figure<Decimal>| total(moves.iter().map(figure));
        let at_market = subject.transfers_within(period);
        let contained = match costs {
            TradeCosts::Included => subject.transfer_costs_within(period),
            TradeCosts::LeftOut => Ok(Decimal::ZERO),
        };
        let negative = |amount: Figure<Decimal>| amount.map(|amount| -amount);
        let left_with = negative(sum(|moves| &moves.transferred_cost));
        Self {
            unrealised: sum(|moves| &moves.unrealised),
            unrealised_currency: sum(|moves| &moves.unrealised_currency),
            realised: sum(|moves| &moves.realised),
            realised_currency: sum(|moves| &moves.realised_currency),
            transferred: total([&left_with, &negative(at_market), &negative(contained)]),
        }
    }

    fn unknown(reason: &crate::Reason) -> Self {
        let unknown = || Err(reason.clone());
        Self {
            unrealised: unknown(),
            unrealised_currency: unknown(),
            realised: unknown(),
            realised_currency: unknown(),
            transferred: unknown(),
        }
    }

    /// All of it.
    ///
    /// # Errors
    /// When one of the parts is unknown.
    pub fn total(&self) -> Figure<Decimal> {
        total([&self.unrealised, &self.realised, &self.transferred])
    }
}

/// One position's part.
struct Moves {
    unrealised: Figure<Decimal>,
    unrealised_currency: Figure<Decimal>,
    realised: Figure<Decimal>,
    realised_currency: Figure<Decimal>,
    /// Cost of what was transferred out less that of what was transferred in.
    transferred_cost: Figure<Decimal>,
}

#[derive(Clone, Copy)]
pub(crate) struct Valuation<'a> {
    pub(crate) market: &'a Market,
    pub(crate) base: Currency,
    pub(crate) period: Period,
    pub(crate) basis: Basis,
    pub(crate) costs: TradeCosts,
    /// Whether the costs are to know how they came about.
    pub(crate) is_explained: bool,
}

impl Valuation<'_> {
    /// The members of a subject that there were in the period.
    pub(crate) fn members<'s, 'p>(&self, subject: &'s Subject<'p>) -> impl Iterator<Item = &'s Member<'p>> {
        let to = self.period.to;
        subject.members().iter().filter(move |member| {
            // What came and went on one day has flows or transfers, but never changed the quantity of a close.
            let position = &member.position;
            let changed = position.changes.first().map(|first| first.date);
            let paid = position.flows.first().map(|first| first.date);
            let moved = position.transfers.first().map(|first| first.date);
            changed.into_iter().chain(paid).chain(moved).any(|first| first <= to)
        })
    }

    /// The costs of one of them.
    pub(crate) fn parts<'p>(&self, member: &'p Member<'_>) -> Figure<Parts<'p>> {
        match self.basis {
            Basis::PurchaseCost => Ok(self.at_purchase_cost(&member.position)),
            Basis::OpeningValue => self.at_opening_value(member),
        }
    }

    fn moves_of(&self, member: &Member<'_>) -> Moves {
        let position = &*member.position;
        let Period { from, to } = self.period;
        let parts = match self.parts(member) {
            Ok(parts) => parts,
            Err(reason) => return Moves::unknown(&reason),
        };
        let closing_cost = parts.closing();

        let value = |day| position.value_on(day, self.market, self.base);
        let rate = |day| self.market.rates().on(position.currency, self.base, day).map(|on| on.rate);
        let unrealised = |day, cost: &Cost| value(day)?.minus(cost.base.clone()?);
        let currency = |day, cost: &Cost| {
            let nothing = position.quantity_on(day).is_zero();
            if nothing { Ok(Decimal::ZERO) } else { cost.currency_effect(&rate(day)) }
        };
        let change = |at: &dyn Fn(NaiveDate, &Cost) -> Figure<Decimal>| {
            at(to, &closing_cost)?.minus(at(from, &parts.opening)?)
        };
        let gains = parts.sold.iter().map(|(sale, cost)| self.seen(&sale.proceeds).minus(cost).base);
        let gains = gains.chain([parts.covering.negated().base]);
        let currency_gains = parts.sold.iter().map(|(sale, cost)| cost.currency_effect(&sale.rate));
        Moves {
            unrealised: change(&unrealised),
            unrealised_currency: change(&currency),
            realised: total(&gains.collect::<Vec<_>>()),
            realised_currency: total(&currency_gains.collect::<Vec<_>>()),
            transferred_cost: parts.departed.minus(&parts.arrived).base,
        }
    }

    fn at_purchase_cost<'p>(&self, position: &'p Position) -> Parts<'p> {
        let opened = position.opened.iter().filter(|lot| self.period.contains(lot.arrived));
        let sales = position.sales.iter().filter(|sale| self.period.contains(sale.date));
        let transfers = position.transfers.iter().filter(|transfer| self.period.contains(transfer.date));
        let transferred = |arrives| {
            let alike = transfers.clone().filter(|transfer| transfer.arrives == arrives);
            sum_of(alike.map(|transfer| self.seen(&transfer.cost())))
        };
        Parts {
            opening: self.seen(&position.cost_on(self.period.from)),
            opened: sum_of(opened.map(|lot| self.seen(&lot.cost))),
            sold: sales.map(|sale| (sale, self.seen(&sale.cost))).collect(),
            departed: transferred(false),
            arrived: transferred(true),
            covering: self.covering(position),
        }
    }

    pub(crate) fn seen(&self, cost: &Cost) -> Cost {
        match self.costs {
            TradeCosts::Included => cost.clone(),
            TradeCosts::LeftOut => cost.before_fees(),
        }
    }
}

/// The costs of a position on a basis.
pub(crate) struct Parts<'p> {
    /// Of what is held at the opening.
    pub(crate) opening: Cost,
    /// Of the lots that the period opened.
    opened: Cost,
    /// Of each sale of the period.
    pub(crate) sold: Vec<(&'p Sale, Cost)>,
    /// Of what was transferred out.
    pub(crate) departed: Cost,
    /// Of what was transferred in.
    pub(crate) arrived: Cost,
    /// Of shares that came without money and closed others at once: how much more it is than the others were closed at.
    pub(crate) covering: Cost,
}

impl Parts<'_> {
    /// Of what is held at the end.
    pub(crate) fn closing(&self) -> Cost {
        let sold = sum_of(self.sold.iter().map(|(_, cost)| cost.clone()));
        self.opening.plus(&self.opened).minus(&sold).minus(&self.departed)
    }
}

impl Moves {
    fn unknown(reason: &crate::Reason) -> Self {
        let unknown = || Err(reason.clone());
        Self {
            unrealised: unknown(),
            unrealised_currency: unknown(),
            realised: unknown(),
            realised_currency: unknown(),
            transferred_cost: unknown(),
        }
    }
}

impl Position {
    /// Cost of the shares held at the close of a day up to the books' day, by the books' method.
    pub fn cost_on(&self, day: NaiveDate) -> Cost {
        let opened = self.opened.iter().filter(|lot| lot.arrived > day).map(|lot| lot.cost.clone());
        let sold = self.sales.iter().filter(|sale| sale.date > day).map(|sale| sale.cost.clone());
        let departed = self.transfers.iter().filter(|transfer| !transfer.arrives && transfer.date > day);
        let departed = departed.map(crate::ShareTransfer::cost);
        self.cost().plus(&sum_of(sold)).plus(&sum_of(departed)).minus(&sum_of(opened))
    }
}

fn sum_of(costs: impl IntoIterator<Item = Cost>) -> Cost {
    costs.into_iter().fold(Cost::ZERO, |sum, cost| sum.plus(&cost))
}
