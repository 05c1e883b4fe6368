//! Changed ledgers, and several portfolios as one.

use bellwether_domain::Quantity;
use bellwether_portfolio::{
    Books, Change, Decisions, FeeAfterResize, FeeTerms, PortfolioSeries, Report, RiskBasis, WhatIf, what_if,
};
use rust_decimal::Decimal;

use super::Sweep;
use crate::world::{World, day, dec, symbol};

impl Sweep<'_> {
    pub(crate) fn what_if(&mut self) {
        let (world, as_of) = (self.world, self.books.as_of());
        self.set();
        for benchmark in [None, Some(symbol("BENCH")), Some(symbol("NONE"))] {
            let what =
                WhatIf::new(&world.ledger, &world.market, self.books.options(), benchmark, as_of).unwrap();
            self.found.finite("WhatIf::before", what.before());
            for change in changes(world) {
                let changed = what_if(&world.ledger, std::slice::from_ref(&change));
                let outcome = what.with(std::slice::from_ref(&change));
                self.found.hold(changed.is_ok() || outcome.is_err(), || format!("{change:?} was refused"));
                if let Ok(outcome) = outcome {
                    let (before, after) = (&outcome.before, &outcome.after);
                    let unknown = before.value.is_err() || after.value.is_err();
                    let difference = &outcome.difference;
                    self.found.hold(!unknown || difference.value.is_err(), || format!("{difference:?}"));
                    self.found.finite("WhatIf::with", &outcome);
                }
            }
        }
    }

    pub(crate) fn set(&mut self) {
        let (books, market) = (self.books, &self.world.market);
        let set = [(self.world.ledger.as_slice(), *books.options()); 2];
        let whole = Books::together(&[books, books]);
        let tried = WhatIf::of_set(&set, market, None, books.as_of());
        self.found.hold(tried.is_ok() == whole.is_ok(), || format!("{:?}", tried.as_ref().err()));
        if let Ok(tried) = tried {
            self.found.finite("WhatIf::with_in", &tried.with_in(1, &[]));
        }
        if let Ok(whole) = whole {
            let series = PortfolioSeries::new(&whole, market);
            self.found.finite("Books::together", &Report::new(&whole, market, &series));
        }
        self.found
            .finite("Decisions::of_set", &Decisions::of_set(&[books, books], market, &self.benchmarks()));
        let basis = RiskBasis { benchmark: None, risk_free: dec("-1"), minimum_acceptable: None };
        self.found.finite("RiskBasis::terms", &basis.terms().minimum_acceptable);
    }
}

fn changes(world: &World) -> Vec<Change> {
    let mut all = vec![
        Change::Benchmark(symbol("HELD")),
        Change::CostMethod(bellwether_domain::CostMethod::Average),
        Change::Fee { transaction: None, fee: FeeTerms::Rate(dec("1000000")) },
        Change::Fee { transaction: None, fee: FeeTerms::Flat(Decimal::MAX) },
    ];
    for transaction in world.ledger.iter().map(|booked| booked.id).take(4) {
        all.extend([
            Change::Remove(transaction),
            Change::Move { transaction, to: day("2023-02-15") },
            Change::Move { transaction, to: day("2090-01-01") },
            Change::Resize {
                transaction,
                quantity: Quantity::new(Quantity::MAX).unwrap(),
                fee: FeeAfterResize::Scaled,
            },
            Change::Resize {
                transaction,
                quantity: crate::world::quantity("0.000000001"),
                fee: FeeAfterResize::Kept,
            },
            Change::Amount { transaction, amount: Decimal::MAX },
            Change::Amount { transaction, amount: Decimal::ZERO },
            Change::Price { transaction, price: Decimal::MAX },
            Change::Price { transaction, price: Decimal::ZERO },
        ]);
    }
    all
}
