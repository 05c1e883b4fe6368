//! The performance of subjects, their contributions and tax years.

use bellwether_domain::Currency;
use bellwether_portfolio::risk::trading_days;
use bellwether_portfolio::{
    Basis, Books, CapitalGains, Contributions, GainParts, HoldingPeriod, PeriodGain, PortfolioSeries, Report,
    Subject, TaxYearReport, TradeCosts, performance, tax_year,
};
use chrono::NaiveDate;

use super::{Sweep, periods};
use crate::world::symbol;

impl Sweep<'_> {
    pub(crate) fn subjects(&mut self) {
        let (books, market) = (self.books, &self.world.market);
        let euros = bellwether_portfolio::Options { base: Currency::EUR, ..*books.options() };
        let mixed = Books::replay(&self.world.ledger, market, &euros, books.as_of());
        if let Ok(mixed) = &mixed {
            let both = [books, mixed];
            let errs = (Subject::portfolios(&both).is_err(), Subject::holdings_of(&both).is_err());
            self.found.hold(errs == (true, true), || "a sum over two currencies".to_owned());
            self.found
                .finite("Report in euros", &Report::new(mixed, market, &PortfolioSeries::new(mixed, market)));
        }
        for set in [vec![], vec![books], vec![books, books]] {
            for subject in subjects(&set) {
                self.found.finite("Subject", &(subject.base(), subject.as_of(), subject.flows()));
                self.found.finite("trading_days", &trading_days(&subject, market));
                self.found.finite("Subject::value_on", &subject.value_on(books.as_of(), market));
                for period in periods(books) {
                    let found = performance(&subject, market, period);
                    if let Ok(linked) = &found.returns.time_weighted {
                        self.found.finite("LinkedReturn::from_opening", &linked.from_opening());
                    }
                    let unknown = found.opening.is_err() || found.closing.is_err();
                    let none = found.gain.is_err()
                        && found.returns.money_weighted.is_err()
                        && found.returns.modified_dietz.is_err()
                        && found.returns.simple.is_err();
                    self.found.hold(!unknown || none, || format!("figures of an unknown value: {found:?}"));
                    if period.from >= subject.as_of() || period.to > subject.as_of() {
                        self.found.hold(found.gain.is_err(), || format!("what is to come: {found:?}"));
                    }
                    self.found.finite("performance", &found);
                    let alone = PeriodGain::new(&subject, market, period);
                    let is_the_same =
                        (&alone.gain, &alone.time_weighted) == (&found.gain, &found.returns.time_weighted);
                    self.found.hold(is_the_same, || format!("{alone:?} instead of {found:?}"));
                    self.found.finite("Subject::daily_flows", &subject.daily_flows(period));
                    self.found.finite("Subject::flows_within", &subject.flows_within(period));
                    let parts = GainParts::new(&subject, market, period);
                    for basis in [Basis::PurchaseCost, Basis::OpeningValue] {
                        for costs in [TradeCosts::Included, TradeCosts::LeftOut] {
                            let gains = CapitalGains::new(&subject, market, period, basis, costs);
                            self.found.finite("CapitalGains", &(gains.total(), parts.sum_with(&gains)));
                            self.found.finite("GainParts", &parts.sum_before_costs_with(&gains));
                        }
                    }
                }
            }
            for year in [i32::MIN, -1, 1, 1900, 2023, 2024, 2025, 300_000] {
                for (month, on) in [(1, 1), (4, 6), (2, 29), (13, 0)] {
                    let Ok(year) = tax_year(year, month, on) else { continue };
                    for rule in [HoldingPeriod::MoreThanAYear, HoldingPeriod::MoreThanDays(0)] {
                        self.found.finite("TaxYearReport", &TaxYearReport::new(&set, year, rule));
                    }
                }
            }
        }
        for rule in [HoldingPeriod::MoreThanAYear, HoldingPeriod::MoreThanDays(u32::MAX)] {
            self.found.finite("HoldingPeriod::term", &rule.term(NaiveDate::MIN, NaiveDate::MAX));
            self.found.finite("HoldingPeriod::term", &rule.term(NaiveDate::MAX, NaiveDate::MIN));
        }
        for period in periods(books) {
            self.found.finite("Contributions", &Contributions::new(books, market, &self.series, period));
        }
    }
}

pub(super) fn subjects<'a>(set: &[&'a Books]) -> Vec<Subject<'a>> {
    let mut all: Vec<_> =
        set.iter().flat_map(|books| [Subject::portfolio(books), Subject::holdings(books)]).collect();
    all.extend(Subject::portfolios(set));
    all.extend(Subject::holdings_of(set));
    for of in ["HELD", "SPUN", "OTHER"] {
        all.extend(Subject::holding(set, &symbol(of)));
    }
    for books in set {
        for lot in books.positions().iter().flat_map(|position| &position.opened) {
            all.extend(Subject::lot(books, lot.transaction));
        }
    }
    let before_tax: Vec<_> = all.iter().cloned().map(Subject::before_tax).collect();
    all.extend(before_tax);
    all
}
