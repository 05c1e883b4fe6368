//! What a portfolio consists of, how far that is from its targets, and what to trade.

mod rebalanced;

use std::borrow::Cow;
use std::collections::BTreeMap;

use bellwether_domain::Symbol;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::calculation::{Calculation, fraction, money};
use super::figure_name::AllocationFigure;
use super::record::Record;
use super::{About, Label, Number, Operation, Source, Unit};
use crate::allocation::{MONEY_DECIMALS, WEIGHT_DECIMALS};
use crate::exact::Exact;
use crate::{
    Allocation, Asset, Assets, Class, ClassDrift, Division, Drift, Figure, Position, Reason, Targets, Vehicle,
};

pub(super) use rebalanced::Rebalanced;
pub use rebalanced::{RebalancingFigure, RebalancingPlan};

/// The figures of a distance to targets; [`Drift`] and [`ClassDrift`] define them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DriftFigure {
    /// Weight of a class less its target.
    Points(Class),
    /// Its value less `target x whole`.
    Money(Class),
    /// Its points in relation to its target.
    Relative(Class),
    /// The sum of the points above target.
    Misplaced,
    /// The most points by which a class is off.
    Largest,
}

/// A portfolio that is divided into classes.
struct Divided<'d> {
    by: &'d Division,
    assets: Assets,
    allocation: Allocation,
    /// The classes that are there with their values, in the order in which they are added up.
    values: BTreeMap<Class, usize>,
    /// Their sum.
    whole: usize,
}

impl DriftFigure {
    fn label(&self, record: &Record<'_>) -> Label {
        match self {
            Self::Points(_) => fraction("Points off target", "weight - target"),
            Self::Money(_) => money(record.base(), "Money off target", "value - target x whole"),
            Self::Relative(_) => fraction("Off target in relation to it", "points / target"),
            Self::Misplaced => fraction("In the wrong place", "sum of the points above target"),
            Self::Largest => fraction("Largest distance to a target", "the most points of any class"),
        }
    }

    fn of(&self, drift: &Drift) -> Figure<Decimal> {
        let class = |class: &Class| drift.class(class).ok_or(Reason::NotHeld);
        match self {
            Self::Points(of) => Ok(class(of)?.points),
            Self::Money(of) => Ok(class(of)?.money),
            Self::Relative(of) => class(of)?.relative.clone(),
            Self::Misplaced => Ok(drift.misplaced),
            Self::Largest => Ok(drift.largest),
        }
    }
}

impl AllocationFigure {
    fn label(self, record: &Record<'_>) -> Label {
        match self {
            Self::Value => money(record.base(), "Value of the class", "sum of the holdings' parts in it"),
            Self::Weight => fraction("Weight", "value / whole, so rounded that all weights sum to 1"),
        }
    }
}

impl<'a> Record<'a> {
    pub(super) fn allocated(&mut self, by: &Division, class: &Class, figure: AllocationFigure) -> usize {
        let label = figure.label(self);
        let divided = self.divided(by).and_then(|divided| {
            let share = divided.allocation.class(class).ok_or(Reason::NotHeld)?;
            let known = if figure == AllocationFigure::Value { share.value } else { share.weight };
            Ok((divided, known))
        });
        let (divided, known) = match divided {
            Ok(divided) => divided,
            Err(reason) => return self.given(label, Err(reason), Source::Unknown),
        };
        let node = match figure {
            AllocationFigure::Value => self.class_value(&divided, class),
            AllocationFigure::Weight => self.weight(&divided, class),
        };
        self.checked(node, label, &Ok(known))
    }

    pub(super) fn drift(&mut self, by: &Division, targets: &Targets, figure: &DriftFigure) -> usize {
        let label = figure.label(self);
        let divided = self.divided(by).and_then(|divided| {
            let drift = divided.allocation.drift(targets)?;
            let known = figure.of(&drift)?;
            Ok((divided, drift, known))
        });
        let (divided, drift, known) = match divided {
            Ok(divided) => divided,
            Err(reason) => return self.given(label, Err(reason), Source::Unknown),
        };
        let node = match figure {
            DriftFigure::Points(class) => self.points(&divided, targets, class),
            DriftFigure::Relative(class) => {
                let operands = vec![self.points(&divided, targets, class), self.target(targets, class)];
                self.computed(label, Operation::Quotient, operands)
            }
            DriftFigure::Money(class) => {
                let (value, whole) = (self.class_value(&divided, class), divided.whole);
                let target = self.target(targets, class);
                let wanted = money(self.base(), "Wanted value", "target x whole");
                let wanted = self.computed(wanted, Operation::Product, vec![target, whole]);
                self.computed(label, Operation::Difference, vec![value, wanted])
            }
            DriftFigure::Misplaced => {
                let above = drift.classes.iter().filter(|of| of.points > Decimal::ZERO);
                let points = above.map(|of| self.points(&divided, targets, &of.class)).collect();
                self.computed(label, Operation::Sum, points)
            }
            DriftFigure::Largest => self.most(&divided, targets, &drift),
        };
        self.checked(node, label, &Ok(known))
    }

    pub(super) fn rebalanced(
        &mut self,
        by: &Division,
        plan: &RebalancingPlan,
        figure: &RebalancingFigure,
    ) -> usize {
        let base = self.base();
        let label = match figure {
            RebalancingFigure::Trade(_) => {
                money(base, "To be traded", "the largest shortfalls first, until all that remain are equal")
            }
            RebalancingFigure::Shares(_) => Label::new("Shares to be traded", "trade / price", Unit::Shares),
            RebalancingFigure::Cash => money(base, "Cash after the trades", "whole - what is invested then"),
            RebalancingFigure::Total => money(base, "Whole after the trades", "whole + new money"),
            RebalancingFigure::Misplaced => {
                fraction("In the wrong place after the trades", "sum of the points above target")
            }
        };
        let proposed = self.divided(by).and_then(|divided| {
            let vehicles: BTreeMap<_, _> =
                plan.vehicles.iter().map(|(class, symbol)| (class.clone(), self.vehicle(symbol))).collect();
            let known = figure.of(&rebalanced::proposed(&divided.allocation, plan, &vehicles)?)?;
            Ok((divided, known))
        });
        let (divided, known) = match proposed {
            Ok(proposed) => proposed,
            Err(reason) => return self.given(label, Err(reason), Source::Unknown),
        };
        let mut operands: Vec<_> = divided.values.values().copied().collect();
        for (class, symbol) in &plan.vehicles {
            operands.push(self.vehicle_price(symbol));
            operands.push(self.in_class(&divided, class, symbol));
        }
        let (classes, plan, figure) = (divided.values.into_keys().collect(), plan.clone(), figure.clone());
        let operation = Operation::Rebalanced(Box::new(Rebalanced { classes, plan, figure }));
        let node = self.with_subject(None, |record| record.computed(label, operation, operands));
        self.checked(node, label, &Ok(known))
    }

    fn divided<'d>(&mut self, by: &'d Division) -> Figure<Divided<'d>> {
        let assets = Assets::new(&[self.books], self.market)?;
        let allocation = Allocation::divided(&assets, by)?;
        let classes = allocation.classes.iter().map(|share| &share.class);
        let values: BTreeMap<_, _> =
            classes.map(|class| (class.clone(), self.value_of_class(by, &assets, class))).collect();
        let label = money(self.base(), "Whole", "sum over the classes");
        let parts = values.values().copied().collect();
        let whole = self.with_subject(None, |record| record.computed(label, Operation::Sum, parts));
        Ok(Divided { by, assets, allocation, values, whole })
    }

    fn value_of_class(&mut self, by: &Division, assets: &Assets, class: &Class) -> usize {
        let label = AllocationFigure::Value.label(self);
        if *class == Class::Cash {
            return self.cash_to_allocate();
        }
        let parts: Vec<_> =
            assets.holdings.iter().filter_map(|asset| self.part_of(by, asset, class)).collect();
        match parts[..] {
            [part] => part,
            _ => self.with_subject(None, |record| record.computed(label, Operation::Sum, parts)),
        }
    }

    /// A class's value; nothing for one that has only a target.
    fn class_value(&mut self, divided: &Divided<'_>, class: &Class) -> usize {
        let label = AllocationFigure::Value.label(self);
        let known = divided.values.get(class).copied();
        known.unwrap_or_else(|| self.exactly(label, Decimal::ZERO, Source::Constant))
    }

    /// The part of an asset that belongs to a class.
    fn part_of(&mut self, by: &Division, asset: &Asset, class: &Class) -> Option<usize> {
        let divided = by.parts(asset).ok()?;
        divided.iter().find(|(of, _)| of == class)?;
        let whole = self.asset_value(asset);
        let Division::Classes(classification) = by else { return Some(whole) };
        let (known, base) = (classification.parts(&asset.symbol), self.base());
        let about = Some(About::Instrument(asset.symbol.clone()));
        self.with_subject(about, |record| {
            let of_class = |record: &mut Self, part: Decimal| {
                let part = record.exactly(fraction("Part in the class", ""), part, Source::Constant);
                let label = money(base, "Value in the class", "value x part");
                let value = record.computed(label, Operation::Product, vec![whole, part]);
                let label = money(base, "Value in the class", "rounded to 12 decimals");
                record.computed(label, Operation::Rounded(MONEY_DECIMALS), vec![value])
            };
            if let [(only, part)] = known
                && only == class
                && *part == Decimal::ONE
            {
                return Some(whole);
            }
            // The last class, or what has none, takes what rounding left.
            let (last, _) = divided.last()?;
            if last != class {
                let (_, part) = known.iter().find(|(of, _)| of == class)?;
                return Some(of_class(record, *part));
            }
            let others = known.iter().filter(|(of, _)| of != class);
            let others = others.map(|(_, part)| of_class(record, *part)).collect();
            let others =
                record.computed(money(base, "Value in other classes", "sum"), Operation::Sum, others);
            let label = money(base, "Value in the class", "value - value in other classes");
            Some(record.computed(label, Operation::Difference, vec![whole, others]))
        })
    }

    fn asset_value(&mut self, asset: &Asset) -> usize {
        let (base, books) = (self.base(), self.books);
        let about = Some(About::Instrument(asset.symbol.clone()));
        let label = money(base, "Value", "quantity x price in base, rounded to 12 decimals");
        let Some(position) = books.position(&asset.symbol) else {
            return self.given(label, Err(Reason::NotHeld), Source::Unknown);
        };
        self.with_subject(about, |record| {
            let price = record.asset_price(position);
            let quantity = record.quantity(position);
            let value = Label { formula: "quantity x price in base", ..label };
            let value = record.computed(value, Operation::Product, vec![quantity, price]);
            record.computed(label, Operation::Rounded(MONEY_DECIMALS), vec![value])
        })
    }

    fn asset_price(&mut self, position: &Position) -> usize {
        let (base, as_of) = (self.base(), self.books.as_of());
        let price = position.price_on(self.market.instrument(&position.symbol), as_of);
        let price = self.price_of(position, as_of, &price);
        let rate = self.rate_on((position.currency, base), as_of);
        let label = Label::new("Price in base", "price x exchange rate", Unit::PerShare(base));
        self.computed(label, Operation::Product, vec![price, rate])
    }

    fn cash_to_allocate(&mut self) -> usize {
        let (base, books) = (self.base(), self.books);
        let mut parts = Vec::new();
        for balance in books.cash().balances.iter().filter(|balance| !balance.balance.is_zero()) {
            parts.push(self.with_subject(Some(About::Cash(balance.currency)), |record| {
                let held = record.balance(balance);
                let rate = record.rate_on((balance.currency, base), books.as_of());
                let label = money(base, "Cash in base", "balance x exchange rate");
                let value = record.computed(label, Operation::Product, vec![held, rate]);
                let label = Label { formula: "balance x exchange rate, rounded to 12 decimals", ..label };
                record.computed(label, Operation::Rounded(MONEY_DECIMALS), vec![value])
            }));
        }
        let label = money(base, "Cash", "sum over the currencies");
        self.with_subject(None, |record| record.computed(label, Operation::Sum, parts))
    }

    /// Value in relation to the whole; the largest weight is what the others leave.
    fn weight(&mut self, divided: &Divided<'_>, class: &Class) -> usize {
        let label = AllocationFigure::Weight.label(self);
        let Some(share) = divided.allocation.class(class) else {
            return self.exactly(label, Decimal::ZERO, Source::Constant);
        };
        let rounded = self.rounded_weight(divided, class);
        if self.value(rounded) == &Ok(Number::Exact(share.weight)) {
            return rounded;
        }
        let others = divided.values.keys().filter(|other| *other != class);
        let others = others.map(|other| self.rounded_weight(divided, other)).collect();
        let others = self.computed(fraction("Other weights", "sum"), Operation::Sum, others);
        let one = self.exactly(fraction("All", ""), Decimal::ONE, Source::Constant);
        self.computed(
            Label { formula: "all - other weights", ..label },
            Operation::Difference,
            vec![one, others],
        )
    }

    fn rounded_weight(&mut self, divided: &Divided<'_>, class: &Class) -> usize {
        let value = self.class_value(divided, class);
        let label = fraction("Weight", "value / whole");
        let weight = self.computed(label, Operation::Quotient, vec![value, divided.whole]);
        let label = Label { formula: "rounded to 18 decimals", ..label };
        self.computed(label, Operation::Rounded(WEIGHT_DECIMALS), vec![weight])
    }

    fn target(&mut self, targets: &Targets, class: &Class) -> usize {
        self.exactly(fraction("Target", "as asked for"), targets.of(class), Source::Constant)
    }

    fn points(&mut self, divided: &Divided<'_>, targets: &Targets, class: &Class) -> usize {
        let operands = vec![self.weight(divided, class), self.target(targets, class)];
        self.computed(fraction("Points off target", "weight - target"), Operation::Difference, operands)
    }

    fn most(&mut self, divided: &Divided<'_>, targets: &Targets, drift: &Drift) -> usize {
        let largest = drift.classes.iter().max_by_key(|of: &&ClassDrift| of.points.abs());
        let Some(largest) = largest else {
            return self.exactly(DriftFigure::Largest.label(self), Decimal::ZERO, Source::Constant);
        };
        let points = self.points(divided, targets, &largest.class);
        if largest.points >= Decimal::ZERO {
            return points;
        }
        let label = fraction("Points below target", "as a positive number");
        self.computed(label, Operation::Negation, vec![points])
    }

    /// What is traded for a class, at its price.
    fn vehicle(&self, symbol: &Symbol) -> Vehicle {
        let as_of = self.books.as_of();
        let price = self.traded(symbol).and_then(|position| {
            let price = position.price_on(self.market.instrument(symbol), as_of)?.price;
            price.times(self.market.rates().on(position.currency, self.base(), as_of)?.rate)
        });
        Vehicle { symbol: symbol.clone(), price }
    }

    fn vehicle_price(&mut self, symbol: &Symbol) -> usize {
        let about = Some(About::Instrument(symbol.clone()));
        let label = Label::new("Price in base", "", Unit::PerShare(self.base()));
        self.with_subject(about, |record| match record.traded(symbol) {
            Ok(position) => record.asset_price(&position),
            Err(reason) => record.given(label, Err(reason), Source::Unknown),
        })
    }

    /// The holding, or an empty one of what is not held.
    fn traded(&self, symbol: &Symbol) -> Figure<Cow<'a, Position>> {
        if let Some(position) = self.books.position(symbol) {
            return Ok(Cow::Borrowed(position));
        }
        let instrument = self.market.instrument(symbol).ok_or_else(|| Reason::no_price(symbol))?;
        let (currency, splits) = (instrument.currency(), instrument.splits().to_vec());
        Ok(Cow::Owned(Position::new(symbol.clone(), currency, splits)))
    }

    /// What is held of an instrument for a class.
    fn in_class(&mut self, divided: &Divided<'_>, class: &Class, symbol: &Symbol) -> usize {
        let asset = divided.assets.holdings.iter().find(|asset| asset.symbol == *symbol);
        let part = asset.and_then(|asset| self.part_of(divided.by, asset, class));
        let label = AllocationFigure::Value.label(self);
        part.unwrap_or_else(|| self.exactly(label, Decimal::ZERO, Source::Constant))
    }
}
