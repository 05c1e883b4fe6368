use super::*;
use crate::testing::{market, quoted, symbol};
use crate::{
    Benchmark, CalendarUnit, Component, CustomIndex, DailySeries, Figure, Period, Reason, Rebalancing,
    ReturnSummary, RollingWindow, Subject, calendar_returns, performance, rolling_returns,
};

/// What the library computes.
pub(super) fn known(derivations: &Derivations<'_>, name: &FigureName) -> Figure<Number> {
    let (books, market) = (&derivations.books, derivations.market);
    let index = |of: &Option<Symbol>, period: &Period| -> Figure<DailySeries> {
        let subject = match of {
            Some(of) => Subject::holding(&[books], of)?,
            None => Subject::portfolio(books),
        };
        Ok(performance(&subject, market, *period).returns.time_weighted?.from_opening())
    };
    let rate = match name {
        FigureName::CalendarReturn { of, period, unit, year, number } => {
            let cells = calendar_returns(&index(of, period)?, *unit)?;
            let cell = cells.iter().find(|cell| cell.year == *year && cell.number == *number);
            cell.ok_or(Reason::TooShort)?.rate
        }
        FigureName::CalendarReturns { of, period, unit, figure } => {
            let summary = ReturnSummary::of(&calendar_returns(&index(of, period)?, *unit)?)?;
            match figure {
                CalendarFigure::Best => summary.best.rate,
                CalendarFigure::Worst => summary.worst.rate,
                CalendarFigure::Average => summary.average,
            }
        }
        FigureName::RollingReturn { of, period, window, figure } => {
            let rolling = rolling_returns(&index(of, period)?, *window)?;
            match figure {
                RollingFigure::EndingOn(day) => rolling.rates.at(*day).ok_or(Reason::TooShort)?,
                RollingFigure::Best => rolling.best.rate,
                RollingFigure::Worst => rolling.worst.rate,
                RollingFigure::Average => rolling.average,
            }
        }
        FigureName::BenchmarkReturn { symbol, period } => {
            let benchmark = Benchmark::new(symbol, market, books.options().base, books.as_of())?;
            benchmark.return_over(*period)?
        }
        _ => unreachable!("no return"),
    };
    Ok(Number::Float(rate))
}

pub(super) fn names(derivations: &Derivations<'_>, benchmark: &Symbol, period: Period) -> Vec<FigureName> {
    let positions = derivations.books.positions().iter();
    let mut names = vec![FigureName::BenchmarkReturn { symbol: benchmark.clone(), period }];
    for of in std::iter::once(None).chain(positions.map(|position| Some(position.symbol.clone()))) {
        for (unit, number) in [(CalendarUnit::Month, 2), (CalendarUnit::Quarter, 1), (CalendarUnit::Year, 1)]
        {
            let (of, year) = (of.clone(), 2024);
            names.push(FigureName::CalendarReturn { of: of.clone(), period, unit, year, number });
            names.extend(CalendarFigure::ALL.iter().map(|figure| {
                let of = of.clone();
                FigureName::CalendarReturns { of, period, unit, figure: *figure }
            }));
        }
        let figures = [RollingFigure::Best, RollingFigure::Worst, RollingFigure::Average];
        for figure in figures.into_iter().chain([RollingFigure::EndingOn(period.to)]) {
            let (of, window) = (of.clone(), RollingWindow::Days(10));
            names.push(FigureName::RollingReturn { of, period, window, figure });
        }
    }
    names
}

#[test]
fn a_cell_of_the_calendar_is_made_of_the_days_of_the_period() {
    let closes = [("2024-01-31", 100.0), ("2024-02-15", 105.0), ("2024-02-29", 110.0), ("2024-03-28", 99.0)];
    let market = market([("AAPL", quoted(&closes))]);
    let ledger = Ledger::default().buy("2024-01-31", "AAPL", "1", "100");
    let derivations = derivations(&ledger, &market, "2024-03-31");
    let period = Period::new(date("2024-01-31"), date("2024-03-31")).expect("a period");
    let (of, unit) = (None, CalendarUnit::Month);
    let cell = |number| FigureName::CalendarReturn { of: of.clone(), period, unit, year: 2024, number };
    let february = derivations.derive(&cell(2));
    let Ok(Number::Float(rate)) = february.evaluate() else { panic!("{february}") };
    assert!((rate - 0.1).abs() < 1e-12, "110 after 100: {february}");
    assert!(figures(&february).contains(&"Growth of 1"), "{february}");
    let worst = FigureName::CalendarReturns { of: of.clone(), period, unit, figure: CalendarFigure::Worst };
    let Ok(Number::Float(rate)) = derivations.derive(&worst).evaluate() else { panic!("a rate") };
    assert!((rate + 0.1).abs() < 1e-12, "99 after 110: {rate}");
    assert_eq!(derivations.derive(&cell(4)).evaluate(), Err(Reason::TooShort));
    let window = RollingWindow::Days(15);
    let figure = RollingFigure::EndingOn(date("2024-02-15"));
    let fortnight = derivations.derive(&FigureName::RollingReturn { of, period, window, figure });
    let Ok(Number::Float(rate)) = fortnight.evaluate() else { panic!("{fortnight}") };
    assert!((rate - 0.05).abs() < 1e-12, "105 after 100: {rate}");
}

#[test]
fn an_index_of_one_s_own_is_a_benchmark_by_its_name() {
    let market = market([
        ("AAPL", quoted(&[("2024-01-02", 100.0), ("2024-01-03", 120.0)])),
        ("MSFT", quoted(&[("2024-01-02", 50.0), ("2024-01-03", 50.0)])),
    ]);
    let part = |name, weight| Component { symbol: symbol(name), weight: decimal(weight) };
    let parts = vec![part("AAPL", "0.5"), part("MSFT", "0.5")];
    let index = CustomIndex::new(symbol("HALF"), parts, Rebalancing::Never).expect("an index");
    let ledger = Ledger::default().buy("2024-01-02", "AAPL", "1", "100");
    let derivations = derivations(&ledger, &market, "2024-01-03").with_indices(vec![index]);
    let ahead = FigureName::Benchmark { symbol: symbol("HALF"), of: None, figure: BenchmarkFigure::AheadBy };
    // 120 beside 60 and 50.
    let Ok(Number::Float(ahead)) = derivations.derive(&ahead).evaluate() else { panic!("an amount") };
    assert!((ahead - 10.0).abs() < 1e-12, "{ahead}");
    let period = Period::new(date("2024-01-02"), date("2024-01-03")).expect("a period");
    let rate = derivations.derive(&FigureName::BenchmarkReturn { symbol: symbol("HALF"), period });
    let Ok(Number::Float(rate)) = rate.evaluate() else { panic!("{rate}") };
    assert!((rate - 0.1).abs() < 1e-12, "{rate}");
}
