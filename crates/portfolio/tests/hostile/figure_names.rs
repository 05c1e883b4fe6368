//! The names of all figures that can be derived, known to the ledger or not.

use bellwether_domain::{Currency, Symbol};
use bellwether_portfolio::{
    AgeGroupFigure, AllocationFigure, Basis, BenchmarkFigure, Books, CalendarFigure, CalendarUnit,
    CapitalGainsFigure, CashFigure, Class, Classification, ContributionFigure, ContributionSource,
    DecisionsFigure, DividendYearFigure, Division, DriftFigure, FigureName, Funding, GainPartFigure,
    HoldingFigure, HoldingPeriod, LotFigure, MultipleFigure, Period, PeriodFigure, PortfolioFigure,
    PortfolioYieldFigure, PurchaseFigure, RebalancingFigure, RebalancingPlan, RebalancingTerms,
    RollingFigure, RollingWindow, SaleEffectFigure, Targets, TaxYearFigure, TaxYearIncomeFigure, Term,
    TradeCosts, YieldFigure,
};

use crate::sweep::{BENCHMARKS, periods};
use crate::world::{day, symbol};

pub(crate) fn figure_names(books: &Books) -> Vec<FigureName> {
    let symbols: Vec<Symbol> =
        books.positions().iter().map(|position| position.symbol.clone()).chain([symbol("NONE")]).collect();
    let of: Vec<Option<Symbol>> = std::iter::once(None).chain(symbols.iter().cloned().map(Some)).collect();
    let mut names: Vec<_> =
        PortfolioFigure::ALL.iter().map(|figure| FigureName::Portfolio(*figure)).collect();
    names.extend(PortfolioYieldFigure::ALL.iter().copied().map(FigureName::PortfolioYield));
    for symbol in &symbols {
        let named =
            |figure: &YieldFigure| FigureName::DividendYield { symbol: symbol.clone(), figure: *figure };
        names.extend(YieldFigure::ALL.iter().map(named));
        names.push(FigureName::DividendGrowth { symbol: symbol.clone() });
        for year in [i32::MIN, 2022, 2023, i32::MAX] {
            let named = |figure: &DividendYearFigure| FigureName::DividendYear {
                symbol: symbol.clone(),
                year,
                figure: *figure,
            };
            names.extend(DividendYearFigure::ALL.iter().map(named));
        }
        let named = |figure: &HoldingFigure| FigureName::Holding { symbol: symbol.clone(), figure: *figure };
        names.extend(HoldingFigure::ALL.iter().map(named));
    }
    let currencies = [Currency::USD, Currency::EUR, Currency::GBP];
    let sources = symbols.iter().cloned().map(ContributionSource::Holding);
    let sources = sources.chain(currencies.map(ContributionSource::CashCurrency));
    for source in sources.chain([ContributionSource::Interest, ContributionSource::Charges]) {
        for period in periods(books).into_iter().step_by(6) {
            let named = |figure: &ContributionFigure| FigureName::Contribution {
                source: source.clone(),
                period,
                figure: *figure,
            };
            names.extend(ContributionFigure::ALL.iter().map(named));
        }
    }
    for currency in currencies {
        names.extend(CashFigure::ALL.iter().map(|figure| FigureName::Cash { currency, figure: *figure }));
    }
    for number in 0..6 {
        let opened_by = crate::world::id(number);
        for symbol in &symbols {
            names.push(FigureName::Sale { symbol: symbol.clone(), transaction: opened_by });
            let named =
                |figure: &LotFigure| FigureName::Lot { symbol: symbol.clone(), opened_by, figure: *figure };
            names.extend(LotFigure::ALL.iter().map(named));
        }
    }
    names.extend(decisions(&symbols));
    names.extend(allocation(&symbols));
    names.extend(gains(&of, &periods(books)));
    names.extend(calendar(&of, &periods(books)));
    for of in &of {
        for benchmark in BENCHMARKS {
            let symbol = symbol(benchmark);
            names.extend(BenchmarkFigure::ALL.iter().map(|figure| FigureName::Benchmark {
                symbol: symbol.clone(),
                of: of.clone(),
                figure: *figure,
            }));
        }
        for on in [day("1990-01-01"), day("2023-03-01"), books.as_of(), day("2090-01-01")] {
            names.push(FigureName::ValueOn { of: of.clone(), day: on });
        }
        for period in periods(books).into_iter().step_by(3) {
            let named =
                |figure: &PeriodFigure| FigureName::Period { of: of.clone(), period, figure: *figure };
            names.extend(PeriodFigure::ALL.iter().map(named));
        }
    }
    names
}

fn decisions(symbols: &[Symbol]) -> Vec<FigureName> {
    let mut names = Vec::new();
    for transaction in (0..6).map(crate::world::id) {
        let named = |figure: &PurchaseFigure| FigureName::Purchase { transaction, figure: *figure };
        names.extend(PurchaseFigure::ALL.iter().map(named));
        let named = |figure: &SaleEffectFigure| FigureName::SaleEffect { transaction, figure: *figure };
        names.extend(SaleEffectFigure::ALL.iter().map(named));
        let named = |benchmark| FigureName::AgainstBenchmark { transaction, benchmark };
        names.extend(BENCHMARKS.map(symbol).map(named));
    }
    let benchmarks = || std::iter::once(None).chain(BENCHMARKS.map(symbol).map(Some));
    for symbol in symbols {
        for benchmark in benchmarks() {
            let named = |figure: &DecisionsFigure| FigureName::Decisions {
                symbol: symbol.clone(),
                benchmark: benchmark.clone(),
                figure: *figure,
            };
            names.extend(DecisionsFigure::ALL.iter().map(named));
        }
        let named =
            |figure: &MultipleFigure| FigureName::Multiple { symbol: symbol.clone(), figure: *figure };
        names.extend(MultipleFigure::ALL.iter().map(named));
    }
    for benchmark in benchmarks().flatten() {
        for (from_years, to_years) in [(0, None), (0, Some(1)), (1, Some(u32::MAX)), (u32::MAX, None)] {
            let named = |figure: &AgeGroupFigure| FigureName::AgeGroup {
                benchmark: benchmark.clone(),
                from_years,
                to_years,
                figure: *figure,
            };
            names.extend(AgeGroupFigure::ALL.iter().map(named));
        }
    }
    names
}

fn allocation(symbols: &[Symbol]) -> Vec<FigureName> {
    let mut classification = Classification::default();
    for (symbol, part) in symbols.iter().zip(["0.0000000000000000000000000001", "0.3333", "1"]) {
        let part = part.parse().expect("a number");
        classification.spread(symbol.clone(), [("Sector", part)]).expect("a part");
    }
    let classes = [Class::named("HELD"), Class::named("Sector"), Class::Cash, Class::Unclassified];
    let targets = Targets::new([(Class::named("HELD"), rust_decimal::Decimal::ONE)]).expect("whole");
    let mut names = Vec::new();
    for by in [Division::Holdings, Division::Currencies, Division::Classes(classification)] {
        let drift = |figure| FigureName::Drift { by: by.clone(), targets: targets.clone(), figure };
        names.extend([drift(DriftFigure::Misplaced), drift(DriftFigure::Largest)]);
        for class in &classes {
            let named = |figure: &AllocationFigure| {
                let (by, class) = (by.clone(), class.clone());
                FigureName::Allocation { by, class, figure: *figure }
            };
            names.extend(AllocationFigure::ALL.iter().map(named));
            let figures = [DriftFigure::Points, DriftFigure::Money, DriftFigure::Relative];
            names.extend(figures.map(|figure| drift(figure(class.clone()))));
        }
        let vehicles: Vec<_> = symbols.iter().map(|of| (Class::named(of.as_str()), of.clone())).collect();
        let new = rust_decimal::Decimal::TEN;
        let fundings = [
            Funding::CashOnly { new, held: new },
            Funding::WithSales { new: -new },
            Funding::WithSales { new: rust_decimal::Decimal::MAX },
        ];
        for (funding, whole_shares) in fundings.into_iter().zip([true, false, true]) {
            let terms =
                RebalancingTerms { funding, smallest_trade: rust_decimal::Decimal::ONE, whole_shares };
            let plan = RebalancingPlan { targets: targets.clone(), vehicles: vehicles.clone(), terms };
            let of_classes = classes
                .iter()
                .flat_map(|of| [RebalancingFigure::Trade(of.clone()), RebalancingFigure::Shares(of.clone())]);
            let others = [RebalancingFigure::Cash, RebalancingFigure::Total, RebalancingFigure::Misplaced];
            for figure in of_classes.chain(others) {
                names.push(FigureName::Rebalancing { by: by.clone(), plan: plan.clone(), figure });
            }
        }
    }
    names
}

fn gains(subjects: &[Option<Symbol>], periods: &[Period]) -> Vec<FigureName> {
    let mut names = Vec::new();
    for (of, period) in subjects.iter().flat_map(|of| periods.iter().step_by(4).map(move |day| (of, *day))) {
        let bases = [Basis::PurchaseCost, Basis::OpeningValue];
        for (basis, costs) in bases.into_iter().zip([TradeCosts::LeftOut, TradeCosts::Included]) {
            names.extend(CapitalGainsFigure::ALL.iter().map(|figure| {
                let of = of.clone();
                FigureName::CapitalGains { of, period, basis, costs, figure: *figure }
            }));
        }
        let named =
            |figure: &GainPartFigure| FigureName::GainPart { of: of.clone(), period, figure: *figure };
        names.extend(GainPartFigure::ALL.iter().map(named));
        let rule = HoldingPeriod::MoreThanDays(u32::MAX);
        for term in [None, Some(Term::Short)] {
            names.extend(TaxYearFigure::ALL.iter().map(|figure| {
                let of = of.clone();
                FigureName::TaxYear { year: period, rule, of, term, figure: *figure }
            }));
        }
        let named = |figure: &TaxYearIncomeFigure| {
            let of = of.clone();
            FigureName::TaxYearIncome { year: period, of, figure: *figure }
        };
        names.extend(TaxYearIncomeFigure::ALL.iter().map(named));
    }
    names
}

fn calendar(subjects: &[Option<Symbol>], periods: &[Period]) -> Vec<FigureName> {
    let mut names = Vec::new();
    for (of, period) in subjects.iter().flat_map(|of| periods.iter().step_by(4).map(move |day| (of, *day))) {
        let cells = [(i32::MIN, u32::MAX), (2023, 0), (2023, 1)];
        let units = [CalendarUnit::Month, CalendarUnit::Quarter, CalendarUnit::Year];
        for (unit, (year, number)) in units.into_iter().zip(cells) {
            names.push(FigureName::CalendarReturn { of: of.clone(), period, unit, year, number });
            let named = |figure: &CalendarFigure| {
                let of = of.clone();
                FigureName::CalendarReturns { of, period, unit, figure: *figure }
            };
            names.extend(CalendarFigure::ALL.iter().map(named));
        }
        let windows = [RollingWindow::Days(0), RollingWindow::Days(u32::MAX), RollingWindow::Months(1)];
        let figures =
            [RollingFigure::EndingOn(day("2090-01-01")), RollingFigure::Best, RollingFigure::Average];
        for (window, figure) in windows.into_iter().zip(figures) {
            names.push(FigureName::RollingReturn { of: of.clone(), period, window, figure });
        }
        for symbol in BENCHMARKS.map(symbol).into_iter().chain([symbol("MIX")]) {
            names.push(FigureName::BenchmarkReturn { symbol, period });
        }
    }
    for of in subjects {
        names.extend(BenchmarkFigure::ALL.iter().map(|figure| FigureName::Benchmark {
            symbol: symbol("MIX"),
            of: of.clone(),
            figure: *figure,
        }));
    }
    names
}
