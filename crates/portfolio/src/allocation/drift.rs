//! How far an allocation is from its targets.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;

use super::{Allocation, Class, Targets};
use crate::Figure;
use crate::exact::Exact;

/// One class beside its target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClassDrift {
    /// The class.
    pub class: Class,
    /// Its value, in the base currency.
    pub value: Decimal,
    /// Its part of the whole.
    pub weight: Decimal,
    /// What that should be.
    pub target: Decimal,
    /// Weight less target; 0.05 is five percentage points too many.
    pub points: Decimal,
    /// Value less `target x whole`: what would have to be sold, or bought where it is negative.
    pub money: Decimal,
    /// Points in relation to the target; `NoCapital` without a target.
    pub relative: Figure<Decimal>,
}

/// An allocation beside its targets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// Every class that has a value or a target, by name; cash and what is unclassified last.
    pub classes: Vec<ClassDrift>,
    /// The part of the whole that lies in the wrong place: the sum of the points above target. 0 is on target.
    pub misplaced: Decimal,
    /// The most points by which a class is off.
    pub largest: Decimal,
}

impl Drift {
    /// The drift of values that sum to `total`.
    pub(super) fn of(
        values: &BTreeMap<Class, Decimal>,
        weights: &[Decimal],
        targets: &Targets,
        total: Decimal,
    ) -> Figure<Self> {
        let mut classes = Vec::with_capacity(values.len());
        for ((class, value), weight) in values.iter().zip(weights) {
            let target = targets.of(class);
            let points = weight.minus(target)?;
            classes.push(ClassDrift {
                class: class.clone(),
                value: *value,
                weight: *weight,
                target,
                points,
                money: value.minus(target.times(total)?)?,
                relative: points.over(target),
            });
        }
        let mut above = classes.iter().map(|class| class.points).filter(|points| *points > Decimal::ZERO);
        let misplaced = above.try_fold(Decimal::ZERO, Exact::plus)?;
        let largest = classes.iter().map(|class| class.points.abs()).max().unwrap_or_default();
        Ok(Self { classes, misplaced, largest })
    }

    /// One class of it.
    pub fn class(&self, class: &Class) -> Option<&ClassDrift> {
        self.classes.iter().find(|drift| drift.class == *class)
    }
}

impl Allocation {
    /// The distance to targets.
    ///
    /// # Errors
    /// [`Reason::OutOfRange`](crate::Reason::OutOfRange) for absurd amounts.
    pub fn drift(&self, targets: &Targets) -> Figure<Drift> {
        let (values, weights): (BTreeMap<_, _>, BTreeMap<_, _>) = self
            .with_targets(targets)
            .into_iter()
            .map(|class| {
                let share = self.class(&class);
                let value = share.map_or(Decimal::ZERO, |share| share.value);
                let weight = share.map_or(Decimal::ZERO, |share| share.weight);
                ((class.clone(), value), (class, weight))
            })
            .unzip();
        Drift::of(&values, &weights.into_values().collect::<Vec<_>>(), targets, self.total)
    }

    /// Every class with a value or a target, in order.
    pub(super) fn with_targets(&self, targets: &Targets) -> std::collections::BTreeSet<Class> {
        self.classes.iter().map(|share| &share.class).chain(targets.classes()).cloned().collect()
    }
}
