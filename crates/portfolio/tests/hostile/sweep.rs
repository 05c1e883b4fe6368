//! Every public function of the library, asked in a world.

mod allocation;
mod benchmarks;
mod books;
mod returns;
mod subjects;
mod what_if;

use std::collections::BTreeMap;

use bellwether_portfolio::derivation::Number;
use bellwether_portfolio::{
    Books, Decisions, Derivations, DividendCalendar, DividendFrequency, DividendGrowth, DividendHistory,
    DividendYield, FigureName, IncomeReceived, Omitted, Period, PortfolioFigure, PortfolioSeries,
    PortfolioYield, Rebalancing, Report, declared_dividends,
};
use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;

use crate::figure_names::figure_names;
use crate::finite::Findings;
use crate::world::{World, dec};

pub(crate) const BENCHMARKS: [&str; 3] = ["BENCH", "HELD", "NONE"];

/// A world, its books and what is found in them.
pub(crate) struct Sweep<'a> {
    world: &'a World,
    books: &'a Books,
    series: PortfolioSeries,
    pub found: Findings,
}

/// Periods that lie across, within, before and after the ledger.
pub(crate) fn periods(books: &Books) -> Vec<Period> {
    let as_of = books.as_of();
    let first = books.first_day().unwrap_or(as_of);
    let before = |date: NaiveDate, days| date.checked_sub_days(Days::new(days)).unwrap();
    let after = |date: NaiveDate, days| date.checked_add_days(Days::new(days)).unwrap();
    let made = [
        Period::since(first, as_of),
        Period::new(before(first, 1), first),
        Period::new(before(first, 400), before(first, 100)),
        Period::new(before(first, 400), after(first, 100)),
        Period::new(first, after(first, 1)),
        Period::new(after(first, 100), as_of),
        Period::new(before(as_of, 30), after(as_of, 30)),
        Period::new(after(as_of, 10), after(as_of, 400)),
        Period::month_to_date(as_of),
        Period::year_to_date(as_of),
        Period::last_months(12, as_of),
        Period::last_months(2400, as_of),
    ];
    made.into_iter().flatten().collect()
}

impl<'a> Sweep<'a> {
    pub(crate) fn new(world: &'a World, books: &'a Books) -> Self {
        let series = PortfolioSeries::new(books, &world.market);
        Self { world, books, series, found: Findings::of(world.name) }
    }

    pub(crate) fn income(&mut self) {
        let (books, market, as_of) = (self.books, &self.world.market, self.books.as_of());
        self.found.finite("IncomeReceived", &IncomeReceived::of(books, None));
        for period in periods(books) {
            self.found.finite("IncomeReceived", &IncomeReceived::of(books, Some(period)));
        }
        self.found.finite("PortfolioYield", &PortfolioYield::of(books, market));
        for declared in [BTreeMap::new(), declared_dividends(books, market)] {
            self.found.finite("DividendCalendar", &DividendCalendar::new(books, market, &declared));
        }
        for position in books.positions() {
            self.found.finite("DividendYield", &DividendYield::of(position, books, market));
            let mut histories = vec![DividendHistory::of_position(position, market, as_of)];
            if let Some(instrument) = market.instrument(&position.symbol) {
                histories.push(DividendHistory::of_instrument(instrument, market.rates(), as_of));
            }
            for history in histories.into_iter().flatten() {
                let ex_dates: Vec<_> = history.regular().map(|paid| paid.ex_date).collect();
                let frequency = DividendFrequency::of(&ex_dates);
                self.found.finite("DividendFrequency", &frequency.map(DividendFrequency::a_year));
                self.found.finite("DividendGrowth", &DividendGrowth::of(&history));
                self.found.finite("DividendHistory", &history);
            }
        }
    }

    pub(crate) fn decisions(&mut self) {
        let market = &self.world.market;
        let decisions = Decisions::new(self.books, market, &self.benchmarks());
        self.found.finite("Decisions", &decisions);
        self.found.finite("Decisions::by_symbol", &decisions.by_symbol());
        for benchmark in [0, 1, usize::MAX] {
            for borders in [&[][..], &[0], &[1, 1], &[5, 1, u32::MAX]] {
                self.found.finite("Decisions::beaten", &decisions.beaten(benchmark, borders));
            }
            for purchase in &decisions.purchases {
                self.found.finite("PurchaseEffect", &(purchase.multiple(), purchase.is_ahead(benchmark)));
            }
        }
        let times = [Decimal::ZERO, dec("-1"), dec("10"), Decimal::MAX];
        self.found.finite("Decisions::multi_baggers", &decisions.multi_baggers(&times));
        for purchase in &decisions.purchases {
            let unknown = purchase.cost.is_err() || purchase.value.is_err();
            self.found
                .hold(!unknown || purchase.effect.is_err(), || format!("effect of nothing: {purchase:?}"));
        }
    }

    pub(crate) fn derivations(&mut self) {
        let (books, world, as_of) = (self.books, self.world, self.books.as_of());
        let derivations = Derivations::new(&world.ledger, &world.market, books.options(), as_of)
            .unwrap()
            .with_indices(vec![benchmarks::mixed(Rebalancing::Monthly)]);
        for name in figure_names(books) {
            let read = FigureName::read(&name.brief(&Omitted::default()), &Omitted::default());
            // A period without a day has no text that is read.
            self.found.hold(read.is_err() || read == Ok(name.clone()), || format!("{name} is {read:?}"));
            let derived = derivations.derive(&name);
            self.found.finite("Derivations::derive", &derived);
            let same = match (derived.value(), &derived.evaluate()) {
                (Ok(value), Ok(again)) => value.float().to_bits() == again.float().to_bits(),
                (value, again) => value.is_err() && again.is_err(),
            };
            self.found.hold(same, || format!("{name:?} does not evaluate to itself"));
            let exact = derived.value().as_ref().map(|number| number.exact());
            self.found.finite("Number::exact", &exact);
            let root = derived.root();
            self.found.finite("Node", &(root.operands(), derived.nodes().len()));
            let (flat, below) = (derived.to_depth(0), derived.below(0));
            self.found.hold(flat.nodes().len() == 1 && below.is_some(), || format!("no tree of {name:?}"));
            self.found.hold(derived.below(usize::MAX).is_none(), || format!("{name:?} without end"));
        }
        let report = Report::new(books, &world.market, &self.series);
        let value = derivations.derive(&FigureName::Portfolio(PortfolioFigure::Value)).value().clone();
        let exact = value.map(Number::exact);
        self.found.hold(exact == report.totals.value.clone().map(Some), || format!("{exact:?} is derived"));
    }
}
