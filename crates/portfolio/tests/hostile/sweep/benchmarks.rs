//! Benchmarks, and what is measured against them.

use bellwether_portfolio::{
    Benchmark, Comparison, Component, CustomIndex, Investment, Rebalancing, SinglePurchase,
};

use super::{BENCHMARKS, Sweep, periods, subjects::subjects};
use crate::world::{day, dec, symbol};

/// Nearly all of one, and next to nothing of another.
pub(super) fn mixed(rebalancing: Rebalancing) -> CustomIndex {
    let part = |of, weight| Component { symbol: symbol(of), weight: dec(weight) };
    let parts =
        vec![part("BENCH", "0.9999999999999999999999999999"), part("HELD", "0.0000000000000000000000000001")];
    CustomIndex::new(symbol("MIX"), parts, rebalancing).unwrap()
}

impl Sweep<'_> {
    pub(super) fn benchmarks(&self) -> Vec<Benchmark> {
        let (base, as_of) = (self.books.options().base, self.books.as_of());
        let mut all: Vec<_> = BENCHMARKS
            .iter()
            .filter_map(|of| Benchmark::new(&symbol(of), &self.world.market, base, as_of).ok())
            .collect();
        for rebalancing in [
            Rebalancing::Never,
            Rebalancing::Daily,
            Rebalancing::Monthly,
            Rebalancing::Quarterly,
            Rebalancing::Yearly,
            Rebalancing::Drift { limit: dec("0.0000000001") },
        ] {
            let index = mixed(rebalancing);
            assert_eq!((index.components().len(), index.rebalancing()), (2, rebalancing));
            all.extend(Benchmark::custom(&index, &self.world.market, base, as_of).ok());
        }
        all
    }

    pub(crate) fn benchmark(&mut self) {
        let (books, market, as_of) = (self.books, &self.world.market, self.books.as_of());
        let set = [books];
        for of in BENCHMARKS {
            for on in [as_of, day("1990-01-01"), day("2023-06-01"), day("2090-01-01")] {
                let purchase = SinglePurchase::new(&symbol(of), market, on, as_of);
                self.found.finite("SinglePurchase::new", &purchase);
            }
        }
        let mut known = market.clone();
        known.insert_index(mixed(Rebalancing::Daily));
        assert_eq!(known.made_from(&symbol("MIX")).count(), 2);
        let named = Benchmark::new(&symbol("MIX"), &known, books.options().base, as_of);
        self.found.finite("Market::insert_index", &named.map(|index| index.index().clone()));
        for benchmark in self.benchmarks() {
            self.found.finite("Benchmark::index", &benchmark.index());
            let days = (benchmark.first_day(), benchmark.priced_on(), benchmark.sessions().count());
            self.found.finite("Benchmark", &(days, benchmark.last_session(), benchmark.symbol()));
            for on in [as_of, day("1990-01-01"), day("2023-06-01"), day("2090-01-01")] {
                self.found.finite("Benchmark::return_since", &benchmark.return_since(on));
                self.found.finite("Benchmark::weights_on", &benchmark.weights_on(on));
            }
            let compared = benchmark.against_portfolio(books, &self.series);
            self.found.finite("Comparison::ahead_rate", &compared.as_ref().map(Comparison::ahead_rate));
            self.found.finite("against_portfolio", &compared);
            self.found.finite("against_index", &benchmark.against_index(&self.series.value));
            if let Ok(linked) = &self.series.time_weighted {
                self.found.finite("against_index", &benchmark.against_index(&linked.index));
            }
            let whole = Investment::of_portfolio(books, &self.series);
            self.found.finite("Investment::of_portfolio", &whole.and_then(|whole| benchmark.against(&whole)));
            for position in books.positions() {
                let compared = benchmark.against_position(position, market);
                self.found.finite("Comparison::ahead_rate", &compared.as_ref().map(Comparison::ahead_rate));
                self.found.finite("against_position", &compared);
                let holding = Investment::of_position(position, books, market);
                let worth = holding.as_ref().map(|holding| holding.worth(as_of));
                self.found.finite("Investment::worth", &worth);
                self.found.finite("Investment::of_position", &holding.and_then(|of| benchmark.against(&of)));
            }
            for subject in subjects(&set) {
                for period in periods(books) {
                    let investment = Investment::of_subject(&subject, market, period);
                    self.found
                        .finite("Investment::of_subject", &investment.and_then(|of| benchmark.against(&of)));
                }
            }
            for amount in [0.0, 1e-300, -1.0, f64::NAN, f64::INFINITY, 1e308] {
                let flows = vec![(day("2023-02-01"), amount), (day("2023-02-01"), -1e308)];
                for worth in [0.0, -1.0, f64::NAN, 1e308] {
                    self.found.finite("compare", &benchmark.compare(flows.clone(), |_| Ok(worth)));
                    let own = Investment::new(flows.clone(), as_of, |_| Ok(worth));
                    self.found.finite("Investment::new", &own.and_then(|own| benchmark.against(&own)));
                }
            }
            for period in periods(books) {
                self.found.finite("Benchmark::return_over", &benchmark.return_over(period));
                self.found.finite("Benchmark::growth_over", &benchmark.growth_over(period));
            }
        }
    }
}
