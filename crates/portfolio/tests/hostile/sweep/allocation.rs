//! Allocations, drift and rebalancing.

use std::collections::BTreeMap;

use bellwether_portfolio::{
    Allocation, Assets, Class, Classification, Division, Funding, RebalancingTerms, Targets, Vehicle,
};
use rust_decimal::Decimal;

use super::Sweep;
use crate::world::{dec, symbol};

impl Sweep<'_> {
    pub(crate) fn allocation(&mut self) {
        let (books, market) = (self.books, &self.world.market);
        let mut classification = Classification::default();
        classification.assign(symbol("HELD"), "stocks");
        classification.spread(symbol("OTHER"), [("stocks", dec("0.5")), ("bonds", dec("0.25"))]).unwrap();
        for set in [vec![], vec![books], vec![books, books]] {
            let assets = Assets::new(&set, market);
            self.found.finite("Assets", &assets);
            let Ok(assets) = assets else { continue };
            let made = [
                Allocation::by_holding(&assets),
                Allocation::by_currency(&assets),
                Allocation::by_class(&assets, &classification),
                Allocation::divided(&assets, &Division::Classes(classification.clone())),
            ];
            for allocation in made {
                self.found.finite("Allocation", &allocation);
                if let Ok(allocation) = allocation {
                    self.rebalance(&allocation, &assets.vehicles());
                    self.rebalance(&allocation, &BTreeMap::new());
                }
            }
        }
    }

    fn rebalance(&mut self, allocation: &Allocation, vehicles: &BTreeMap<Class, Vehicle>) {
        let sum: Decimal = allocation.classes.iter().map(|share| share.weight).sum();
        self.found.hold((sum - Decimal::ONE).abs() < dec("0.000001"), || format!("weights sum to {sum}"));
        let (stocks, held) = (Class::named("stocks"), Class::named("HELD"));
        let targets = [
            Targets::new([(stocks.clone(), Decimal::ONE)]),
            Targets::new([(Class::Cash, Decimal::ONE)]),
            Targets::new([(held.clone(), dec("0.3")), (Class::named("NONE"), dec("0.7"))]),
            Targets::new([]),
            Targets::new([(stocks, Decimal::MAX), (held, Decimal::MAX)]),
        ];
        for targets in targets.into_iter().flatten() {
            self.found.finite("Targets::of", &(targets.classes().count(), targets.of(&Class::Cash)));
            let drift = allocation.drift(&targets);
            self.found
                .finite("Drift::class", &drift.as_ref().map(|drift| drift.class(&Class::Cash).cloned()));
            self.found.finite("Allocation::drift", &drift);
            self.found.finite("Allocation::class", &(allocation.cash(), allocation.class(&Class::Cash)));
            for amount in ["0", "-1000000", "0.0000000001", "79228162514264337593543950335"].map(dec) {
                let held = allocation.cash().max(Decimal::ZERO);
                for funding in [Funding::WithSales { new: amount }, Funding::CashOnly { new: amount, held }] {
                    for (smallest_trade, whole_shares) in [(Decimal::ZERO, true), (dec("100"), false)] {
                        let terms = RebalancingTerms { funding, smallest_trade, whole_shares };
                        self.found.finite("rebalance", &allocation.rebalance(&targets, vehicles, &terms));
                    }
                }
            }
        }
    }
}
