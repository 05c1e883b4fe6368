//! Portfolios of any size: prices, dividends and trades that are made up, the same in every run.

use bellwether_domain::{
    Booking, CashDividend, Currency, PriceColumns, Quantity, Symbol, Trade, Transaction, TransactionId,
    epoch_day,
};
use bellwether_portfolio::{
    Benchmark, Books, Comparison, Derivations, InstrumentData, Investment, Market, Options, Period,
    PortfolioSeries, PriceSeries, Rates, Report, WhatIf,
    risk::{RiskFree, RiskReport, RiskTerms, TradingDays},
};
use chrono::{Datelike, NaiveDate, Weekday};
use rust_decimal::Decimal;
use uuid::Uuid;

pub(crate) const TRADING_DAYS_A_YEAR: usize = 252;

const OPTIONS: Options = Options::new(Currency::USD);

/// How large a portfolio is.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) holdings: usize,
    pub(crate) transactions: usize,
    pub(crate) years: usize,
}

impl Size {
    /// Prices that are multiplied, once each.
    pub(crate) fn holding_days(self) -> usize {
        self.holdings * self.years * TRADING_DAYS_A_YEAR
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} holdings x {} transactions x {} years", self.holdings, self.transactions, self.years)
    }
}

/// A ledger and what is known of the world.
pub(crate) struct Portfolio {
    pub(crate) size: Size,
    pub(crate) market: Market,
    pub(crate) ledger: Vec<Transaction>,
    days: Vec<NaiveDate>,
}

impl Portfolio {
    pub(crate) fn new(size: Size) -> Self {
        let days = trading_days(size.years * TRADING_DAYS_A_YEAR);
        Self { size, market: market(size.holdings, &days), ledger: ledger(size, &days), days }
    }

    pub(crate) fn first_day(&self) -> NaiveDate {
        self.days[0]
    }

    pub(crate) fn as_of(&self) -> NaiveDate {
        self.days[self.days.len() - 1]
    }

    pub(crate) fn books(&self) -> Books {
        Books::replay(&self.ledger, &self.market, &OPTIONS, self.as_of()).unwrap()
    }

    /// The two benchmarks.
    pub(crate) fn benchmarks(&self) -> [Benchmark; 2] {
        [0, 1].map(|number| {
            let symbol = symbol(self.size.holdings + number);
            Benchmark::new(&symbol, &self.market, Currency::USD, self.as_of()).unwrap()
        })
    }

    /// The benchmarks with the portfolio's own money.
    pub(crate) fn comparisons(&self, books: &Books, series: &PortfolioSeries) -> [Comparison; 2] {
        Self::beside(&self.benchmarks(), books, series)
    }

    fn beside(benchmarks: &[Benchmark; 2], books: &Books, series: &PortfolioSeries) -> [Comparison; 2] {
        let investment = Investment::of_portfolio(books, series).unwrap();
        benchmarks.each_ref().map(|benchmark| benchmark.against(&investment).unwrap())
    }

    /// The risk of the whole time beside a benchmark's.
    pub(crate) fn risk(&self, series: &PortfolioSeries, benchmark: &Benchmark) -> RiskReport {
        let period = Period::since(self.first_day(), self.as_of()).unwrap();
        let terms = RiskTerms { risk_free: RiskFree::Annual(0.02), minimum_acceptable: None };
        let returns = series.time_weighted.as_ref().unwrap().over(period).unwrap().into();
        RiskReport::new(&returns, TradingDays::Of(benchmark), terms).unwrap()
    }

    /// Everything that a dashboard shows, from the ledger, on a thread of the pool, as the program has it computed.
    pub(crate) fn dashboard(&self) -> (Report, PortfolioSeries, [Comparison; 2], RiskReport) {
        rayon::scope(|_| self.all_figures())
    }

    fn all_figures(&self) -> (Report, PortfolioSeries, [Comparison; 2], RiskReport) {
        let books = self.books();
        let series = PortfolioSeries::new(&books, &self.market);
        let report = Report::new(&books, &self.market, &series);
        let benchmarks = self.benchmarks();
        let comparisons = Self::beside(&benchmarks, &books, &series);
        let risk = self.risk(&series, &benchmarks[0]);
        (report, series, comparisons, risk)
    }

    /// What derives any of its figures.
    pub(crate) fn derivations(&self) -> Derivations<'_> {
        Derivations::new(&self.ledger, &self.market, &OPTIONS, self.as_of()).unwrap()
    }

    /// What tries changes of its ledger.
    pub(crate) fn what_if(&self) -> WhatIf<'_> {
        let benchmark = symbol(self.size.holdings);
        WhatIf::new(&self.ledger, &self.market, &OPTIONS, Some(benchmark), self.as_of()).unwrap()
    }
}

fn symbol(number: usize) -> Symbol {
    format!("S{number}").parse().unwrap()
}

/// Days without weekends.
fn trading_days(count: usize) -> Vec<NaiveDate> {
    let weekday = |day: &NaiveDate| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    NaiveDate::from_ymd_opt(1990, 1, 2).unwrap().iter_days().filter(weekday).take(count).collect()
}

/// Holdings with prices on every trading day and four dividends a year; the last two are benchmarks.
fn market(holdings: usize, days: &[NaiveDate]) -> Market {
    let mut market = Market::new(Rates::new());
    for number in 0..holdings + 2 {
        let mut price = 40.0 + number as f64;
        let closes = (0..days.len()).map(|at| {
            price *= 1.0 + (((at * 7919 + number * 104_729) % 601) as f64 - 298.0) / 20_000.0;
            (price * 100.0).round() / 100.0
        });
        let columns =
            PriceColumns { closes: closes.collect(), days: days.iter().copied().map(epoch_day).collect() };
        let ex_dates = days.iter().skip(40 + number % 20).step_by(TRADING_DAYS_A_YEAR / 4);
        let dividends: Vec<_> = ex_dates
            .map(|ex_date| CashDividend { ex_date: *ex_date, amount: Decimal::new(25, 2), currency: None })
            .collect();
        let data = InstrumentData::new(Currency::USD)
            .with_prices(PriceSeries::as_traded(columns))
            .with_dividends(&dividends);
        market.insert(symbol(number), data);
    }
    market
}

/// Trades spread over the days: four purchases of each holding, then a sale of a part.
fn ledger(size: Size, days: &[NaiveDate]) -> Vec<Transaction> {
    let symbols: Vec<_> = (0..size.holdings).map(symbol).collect();
    let booked = |number: usize| {
        let trade = |shares: i64| Trade {
            symbol: symbols[number % size.holdings].clone(),
            quantity: Quantity::new(Decimal::new(shares, 3)).unwrap(),
            price: Decimal::new(4_000 + (number % 977) as i64, 2),
            fee: Decimal::ONE,
            tax: Decimal::ZERO,
        };
        let is_sale = number / size.holdings % 5 == 4;
        Transaction {
            id: TransactionId::from_uuid(Uuid::from_u128(number as u128)),
            date: days[number * (days.len() - 1) / size.transactions],
            sequence: number as i64,
            booking: if is_sale {
                Booking::Sell { trade: trade(15_500), lots: Vec::new() }
            } else {
                Booking::Buy(trade(10_250))
            },
            currency: Currency::USD,
            fx_rate: None,
            account: String::new(),
            note: String::new(),
        }
    };
    (0..size.transactions).map(booked).collect()
}
