//! Every public function of the library, asked in a world.

use std::collections::BTreeMap;

use bellwether_domain::{Booking, Currency, Quantity};
use bellwether_portfolio::derivation::Number;
use bellwether_portfolio::risk::{RiskFree, RiskReport, RiskTerms, TradingDays, all_time_high, trading_days};
use bellwether_portfolio::{
    Allocation, Assets, Basis, Benchmark, Books, CalendarUnit, CapitalGains, Change, Class, Classification,
    Component, Contributions, CustomIndex, DailySeries, Decisions, Derivations, DividendCalendar,
    DividendFrequency, DividendGrowth, DividendHistory, DividendYield, FeeAfterResize, FeeTerms, FigureName,
    Funding, GainParts, HoldingPeriod, IncomeReceived, Investment, LinkedReturn, Period, PortfolioFigure,
    PortfolioSeries, PortfolioYield, PositionSeries, Reason, Rebalancing, RebalancingTerms, Report,
    ReturnSummary, RiskBasis, RollingWindow, Subject, Targets, TaxYearReport, TradeCosts, Vehicle, WhatIf,
    calendar_returns, calendar_years, current_drawdown, declared_dividends, downsample, drawdowns,
    max_drawdown, performance, rolling_returns, tax_year, underwater, what_if,
};
use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;

use crate::figure_names::figure_names;
use crate::finite::Findings;
use crate::world::{World, day, dec, symbol};

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

    pub(crate) fn books_and_report(&mut self) {
        let (books, market, as_of) = (self.books, &self.world.market, self.books.as_of());
        let base = books.options().base;
        self.found.finite("Books", books);
        self.found.finite("Books::income", &(books.income(), books.interest(), books.charges()));
        self.found.finite("Books::external_flows", &(books.external_flows(), books.later_rates()));
        for booking in &self.world.ledger {
            let known = books.symbol_of(booking).is_some_and(|symbol| books.position(symbol).is_some());
            // A change of ticker may be of something that was never held.
            let is_change = matches!(booking.booking, Booking::TickerChange { .. });
            let named = booking.booking.symbol().is_some() && !is_change && booking.date <= as_of;
            self.found.hold(known || !named, || format!("symbol_of knows no position of {booking:?}"));
        }
        self.found.finite("PortfolioSeries", &self.series);
        let report = Report::new(books, market, &self.series);
        self.found.finite("Report", &report);
        self.found.finite("CashBook::value_on", &books.cash().value_on(as_of, market, base));
        self.found.finite("CashBook::external_flows", &books.cash().external_flows().collect::<Vec<_>>());
        for cash in &books.cash().balances {
            let balance = cash.on(as_of);
            self.found.hold(balance >= Decimal::ZERO, || format!("CashBalance::on gives {balance}"));
            self.found.finite("recorded_balance", &books.cash().recorded_balance(cash.currency));
        }
        for position in books.positions() {
            let series = PositionSeries::new(position, books, market);
            self.found.finite("PositionSeries", &series);
            self.columns(&series.value);
            for on in [books.first_day().unwrap_or(as_of), as_of, day("1990-01-01"), day("2090-01-01")] {
                let price = position.price_on(market.instrument(&position.symbol), on);
                let value = position.value_on(on, market, base);
                self.found
                    .hold(value.is_err() || price.is_ok() || position.quantity_on(on).is_zero(), || {
                        format!("{} has the value {value:?} without a price on {on}", position.symbol)
                    });
                self.found.finite("Position::value_on", &(price, value, position.quantity_before(on)));
                let cost = position.cost_on(on);
                self.found.finite("Cost", &(cost.before_fees(), cost.fees(), cost.taxes()));
                let (sum, rest) = (cost.plus(&cost.fees()), cost.minus(&cost.taxes()));
                self.found.finite("Cost by unit", &(sum, rest, cost.per_unit(position.quantity)));
                let rate = market.rates().on(position.currency, base, on).map(|on| on.rate);
                self.found.finite("Cost::currency_effect", &cost.currency_effect(&rate));
                self.found.finite("Position::realised", &position.realised(Some(on)));
            }
            for income in &position.income {
                let parts = (income.net(), income.net_in_base(), income.is_inferred());
                self.found.finite("Income", &parts);
            }
            for sale in &position.sales {
                let gains =
                    (sale.gain(), sale.gain_before_fees(), sale.currency_effect(), sale.price_effect());
                self.found.finite("Sale", &gains);
                self.found.finite("Position::closed_by", &position.closed_by(sale));
            }
            for lot in &position.closed_lots {
                let gains = (lot.gain(), lot.gain_before_fees(), lot.currency_effect(), lot.price_effect());
                self.found.finite("ClosedLot", &gains);
            }
            for transfer in &position.transfers {
                self.found.finite("ShareTransfer", &transfer.cost());
            }
            for lot in &position.opened {
                self.found.finite(
                    "Position::of_lot",
                    &(position.of_lot(lot.transaction, books.options().method), lot.is_free()),
                );
            }
        }
        for holding in &report.holdings {
            self.found.hold(report.holding(&holding.symbol).is_some(), || "a holding is lost".to_owned());
            let before = (holding.is_open(), holding.is_priced_before(as_of));
            self.found.finite("Holding", &before);
        }
        self.unknown_stays_unknown(&report);
    }

    /// What rests on an unknown figure must not be known.
    fn unknown_stays_unknown(&mut self, report: &Report) {
        let (totals, returns) = (&report.totals, &report.returns);
        for holding in report.open_holdings() {
            let symbol = &holding.symbol;
            let known = holding.price.is_ok() && holding.exchange_rate.is_ok();
            let free = holding.price.as_ref().is_ok_and(|price| price.price.is_zero());
            if let Ok(value) = &holding.value {
                self.found.hold(known, || format!("{symbol} has a value without price and rate"));
                self.found.hold(free || !value.is_zero(), || format!("{symbol} is worth a silent 0"));
            } else {
                let held = [&holding.unrealised, &holding.total_gain];
                self.found
                    .hold(held.iter().all(|gain| gain.is_err()), || format!("{symbol} gains: {held:?}"));
                let rates = (&holding.xirr, &holding.weight, &holding.unrealised_rate);
                let unknown = rates.0.is_err() && rates.1.is_err() && rates.2.is_err();
                self.found.hold(unknown, || format!("{symbol} has rates without a value: {rates:?}"));
                let sums = [&totals.holdings_value, &totals.value, &totals.unrealised, &totals.total_gain];
                self.found
                    .hold(sums.iter().all(|sum| sum.is_err()), || format!("sums without {symbol}: {sums:?}"));
                // A series in binary reaches further than decimals do.
                let beyond = holding.value == Err(Reason::OutOfRange);
                let by_day = returns.time_weighted.is_err() && returns.max_drawdown.is_err();
                let unknown = returns.xirr.is_err() && returns.simple.is_err() && (beyond || by_day);
                self.found.hold(unknown, || format!("returns without {symbol}: {returns:?}"));
            }
            if holding.cost.as_ref().map_or(true, Decimal::is_zero) {
                let rate = &holding.unrealised_rate;
                self.found.hold(rate.is_err(), || format!("{symbol} has a rate of no cost: {rate:?}"));
            }
        }
        let Some(first) = self.books.first_day().filter(|first| *first <= report.as_of) else {
            let unknown = returns.xirr.is_err() && returns.time_weighted.is_err() && returns.simple.is_err();
            self.found.hold(unknown, || format!("nothing was booked, but there are returns: {returns:?}"));
            return;
        };
        let days = report.as_of.signed_duration_since(first).num_days();
        if days == 0 {
            self.found.hold(returns.xirr.is_err(), || format!("a rate of one day: {:?}", returns.xirr));
        }
        if days < 364 {
            let annual = returns.time_weighted.as_ref().map(|linked| linked.annualised.clone());
            self.found
                .hold(!matches!(annual, Ok(Ok(_))), || format!("annualised over {days} days: {annual:?}"));
        }
    }

    fn columns(&mut self, column: &DailySeries) {
        let last = column.last();
        self.found.finite("DailySeries", &(last, column.at(day("2023-06-01")), column.len(), column.day(0)));
        for most in [0, 1, 2, 3, 4, 50] {
            let points = downsample(column, most);
            self.found.hold(points.len() <= most, || format!("{} points instead of {most}", points.len()));
            self.found.finite("downsample", &points);
        }
        for period in periods(self.books) {
            self.found.finite("DailySeries::within", &column.within(period));
        }
        let dated: Vec<_> =
            column.values.iter().enumerate().map(|(at, value)| (column.day(at), *value)).collect();
        self.found.finite("all_time_high", &all_time_high(&dated));
    }

    pub(crate) fn returns(&mut self) {
        for column in [self.series.value.clone(), self.series.held.clone(), self.series.cash.clone()] {
            self.columns(&column);
            self.index(&column);
        }
        let Ok(linked) = self.series.time_weighted.clone() else { return };
        self.index(&linked.index);
        self.index(&linked.from_opening());
        let sessions = trading_days(&Subject::portfolio(self.books), &self.world.market);
        let mut benchmarks = self.benchmarks();
        benchmarks.truncate(4);
        for period in periods(self.books) {
            let over = linked.over(period);
            self.found.finite("TimeWeighted::over", &over);
            if let Ok(over) = over {
                self.risk(&over.into(), &sessions, &benchmarks);
            }
        }
        self.risk(&linked.into(), &sessions, &benchmarks);
    }

    fn index(&mut self, index: &DailySeries) {
        for unit in [CalendarUnit::Month, CalendarUnit::Quarter, CalendarUnit::Year] {
            let returns = calendar_returns(index, unit);
            self.found
                .finite("ReturnSummary::of", &returns.as_ref().map(|returns| ReturnSummary::of(returns)));
            self.found.finite("calendar_returns", &returns);
        }
        self.found.finite("calendar_years", &calendar_years(index));
        for length in [0, 1, 30, 365, 3650, u32::MAX] {
            self.found.finite("rolling_returns", &rolling_returns(index, RollingWindow::Days(length)));
            self.found.finite("rolling_returns", &rolling_returns(index, RollingWindow::Months(length)));
        }
        let falls = drawdowns(index);
        for fall in falls.iter().flatten() {
            self.found.hold(fall.days_down() >= 0, || format!("a fall that ends before it begins: {fall:?}"));
            self.found.finite("Drawdown", &(fall.days_recovering(), fall.depth));
        }
        self.found.finite("drawdowns", &(falls, max_drawdown(index), current_drawdown(index)));
        self.found.finite("underwater", &underwater(index));
    }

    fn risk(&mut self, returns: &LinkedReturn, sessions: &[NaiveDate], benchmarks: &[Benchmark]) {
        self.found.finite("LinkedReturn::from_opening", &returns.from_opening());
        for rate in [0.02, -0.5, -1.0, 1e300, f64::NAN] {
            let terms = RiskTerms { risk_free: RiskFree::Annual(rate), minimum_acceptable: Some(rate / 2.0) };
            let report = RiskReport::new(returns, TradingDays::On(sessions), terms);
            self.found.finite("RiskReport", &report);
            if let Ok(report) = report {
                let enough = report.returns >= 60;
                self.found
                    .hold(enough || report.volatility.is_err(), || format!("risk of little: {report:?}"));
                self.found.finite("RiskReport::covers_a_year", &report.covers_a_year());
            }
            for benchmark in benchmarks {
                let index = benchmark.index();
                self.found.finite("RiskReport", &RiskReport::new(returns, TradingDays::Of(benchmark), terms));
                let terms = RiskTerms { risk_free: RiskFree::Index(&index), minimum_acceptable: None };
                self.found.finite("RiskReport", &RiskReport::new(returns, TradingDays::Of(benchmark), terms));
            }
        }
    }

    fn benchmarks(&self) -> Vec<Benchmark> {
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
            let part = |of, weight| Component { symbol: symbol(of), weight: dec(weight) };
            let parts = vec![
                part("BENCH", "0.9999999999999999999999999999"),
                part("HELD", "0.0000000000000000000000000001"),
            ];
            let index = CustomIndex::new(symbol("MIX"), parts, rebalancing).unwrap();
            assert_eq!((index.components().len(), index.rebalancing()), (2, rebalancing));
            all.extend(Benchmark::custom(&index, &self.world.market, base, as_of).ok());
        }
        all
    }

    pub(crate) fn benchmark(&mut self) {
        let (books, market, as_of) = (self.books, &self.world.market, self.books.as_of());
        let set = [books];
        for benchmark in self.benchmarks() {
            self.found.finite("Benchmark::index", &benchmark.index());
            let days = (benchmark.first_day(), benchmark.priced_on(), benchmark.sessions().count());
            self.found.finite("Benchmark", &(days, benchmark.last_session(), benchmark.symbol()));
            for on in [as_of, day("1990-01-01"), day("2023-06-01"), day("2090-01-01")] {
                self.found.finite("Benchmark::return_since", &benchmark.return_since(on));
                self.found.finite("Benchmark::weights_on", &benchmark.weights_on(on));
            }
            self.found.finite("against_portfolio", &benchmark.against_portfolio(books, &self.series));
            self.found.finite("against_index", &benchmark.against_index(&self.series.value));
            if let Ok(linked) = &self.series.time_weighted {
                self.found.finite("against_index", &benchmark.against_index(&linked.index));
            }
            let whole = Investment::of_portfolio(books, &self.series);
            self.found.finite("Investment::of_portfolio", &whole.and_then(|whole| benchmark.against(&whole)));
            for position in books.positions() {
                self.found.finite("against_position", &benchmark.against_position(position, market));
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
            }
        }
    }

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

    pub(crate) fn derivations(&mut self) {
        let (books, world, as_of) = (self.books, self.world, self.books.as_of());
        let derivations = Derivations::new(&world.ledger, &world.market, books.options(), as_of).unwrap();
        for name in figure_names(books) {
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

fn subjects<'a>(set: &[&'a Books]) -> Vec<Subject<'a>> {
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
