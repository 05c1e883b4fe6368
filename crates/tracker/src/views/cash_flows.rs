//! Where the money came from and where it went.

use bellwether_domain::{Currency, PortfolioId, Symbol, TransactionId};
use bellwether_portfolio::derivation::Unit;
use bellwether_portfolio::{
    Benchmark, BenchmarkFigure, CalendarUnit, CashEntry, CashFigure, CashKind, CashOf, CashSums, Comparison,
    Figure, FigureName, Market, PeriodFigure, PortfolioFigure, Report, Subject, performance,
};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::FigureShown;
use super::scene::{Scene, Viewed};
use super::summary::headline;
use crate::{Tracker, TrackerError, View};

/// Cash of a portfolio.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CashFlowsShown {
    /// Since the first booking.
    pub total: CashTotals,
    /// What came into the portfolio in the range.
    pub paid_in: FigureShown,
    /// What left it.
    pub paid_out: FigureShown,
    /// Both together.
    pub net_flows: FigureShown,
    /// Movements of the range by kind: the sources and uses of its cash. `range` is how answers name the range itself.
    #[serde(rename = "in_range")]
    pub range: CashSumsShown,
    /// Balances by currency.
    pub balances: Vec<CashBalanceShown>,
    /// By month, oldest first.
    pub by_month: Vec<CashOfShown>,
    /// By quarter.
    pub by_quarter: Vec<CashOfShown>,
    /// By year.
    pub by_year: Vec<CashOfShown>,
    /// The same deposits in each benchmark.
    pub benchmarks: Vec<CashBenchmark>,
    /// Every movement of the range, in the order of the running balances.
    pub entries: Vec<CashEntryShown>,
}

/// Sums since the first booking, in the base currency.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CashTotals {
    /// Cash paid in.
    pub deposits: FigureShown,
    /// The inferred part of it.
    pub inferred_deposits: FigureShown,
    /// Cash paid out.
    pub withdrawals: FigureShown,
    /// Deposits less withdrawals.
    pub net_deposits: FigureShown,
    /// Shares from elsewhere less shares to elsewhere.
    pub net_transfers: FigureShown,
    /// Dividends and interest.
    pub income: FigureShown,
    /// All fees.
    pub fees: FigureShown,
    /// All taxes.
    pub taxes: FigureShown,
    /// Cash of all currencies.
    pub cash: FigureShown,
    /// Holdings and cash.
    pub value: FigureShown,
}

/// Movements by kind, in the base currency at the rates of their bookings; what was spent, withdrawn or charged is
/// positive.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CashSumsShown {
    /// Paid in.
    pub deposits: FigureShown,
    /// The inferred part of it.
    pub inferred_deposits: FigureShown,
    /// Paid out.
    pub withdrawals: FigureShown,
    /// Spent on shares.
    pub purchases: FigureShown,
    /// Received for shares.
    pub sales: FigureShown,
    /// Dividends as they arrived.
    pub dividends: FigureShown,
    /// Interest as it arrived.
    pub interest: FigureShown,
    /// Fees that belong to no trade.
    pub fees: FigureShown,
    /// Taxes that belong to no trade.
    pub taxes: FigureShown,
    /// All that came in less all that went out.
    pub net: FigureShown,
}

/// Movements of a month, quarter or year.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CashOfShown {
    /// The year.
    pub year: i32,
    /// Which month or quarter of it, from 1; 1 for a year.
    pub number: u32,
    /// How much moved.
    #[serde(flatten)]
    pub sums: CashSumsShown,
}

/// Cash of a currency.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CashBalanceShown {
    /// The currency.
    pub currency: Currency,
    /// The balance in it.
    pub balance: FigureShown,
    /// In the base currency.
    pub value: FigureShown,
    /// What the currency's rate did to it since it was booked.
    pub currency_gain: FigureShown,
}

/// The same deposits in a benchmark.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CashBenchmark {
    /// The benchmark.
    pub benchmark: Symbol,
    /// What the owner calls it, where it is an index of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub benchmark_name: Option<String>,
    /// What they would be worth.
    pub value: FigureShown,
    /// That less what was paid in.
    pub gain: FigureShown,
    /// Money in less money out.
    pub net_invested: FigureShown,
    /// Shares of it.
    pub units: FigureShown,
    /// Money-weighted return.
    pub xirr: FigureShown,
}

/// A movement of cash.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CashEntryShown {
    /// The day.
    pub date: NaiveDate,
    /// Why: `deposit`, `withdrawal`, `purchase`, `sale`, `dividend`, `interest`, `fee`, `tax` or `exchange`.
    pub kind: &'static str,
    /// The instrument, if one caused it.
    pub symbol: Option<Symbol>,
    /// The transaction; `None` for what is inferred.
    pub transaction: Option<TransactionId>,
    /// Positive when cash came in.
    pub amount: FigureShown,
    /// The same in the base currency, at the rate of its booking.
    pub base: FigureShown,
    /// What the currency's balance is afterwards.
    pub balance: FigureShown,
    /// Not recorded, but inferred.
    pub inferred: bool,
    /// The transactions that an inferred deposit pays for.
    pub funds: Vec<TransactionId>,
}

impl Tracker {
    /// Where the money of a portfolio came from and where it went.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio, [`TrackerError::Refused`] for a day to come,
    /// [`TrackerError::Conflict`] for a ledger that cannot be read, and the database's.
    pub async fn cash_flows_shown(
        &self,
        id: PortfolioId,
        view: &View,
    ) -> Result<Viewed<CashFlowsShown>, TrackerError> {
        self.viewed(id, view, CashFlowsShown::of).await
    }
}

impl CashFlowsShown {
    fn of(scene: &Scene) -> Self {
        let (books, market, base) = (&scene.books, scene.market(), scene.books.options().base);
        let report = Report::new(books, market, &scene.series);
        let period = scene.period.clone();
        let subject = Subject::portfolio(books);
        let flows = period.clone().map(|period| performance(&subject, market, period).flows);
        let of_range = |pick: fn(&bellwether_portfolio::NetFlows) -> &Figure<Decimal>, figure| {
            let value = flows.as_ref().map_err(Clone::clone).and_then(|flows| pick(flows).clone());
            FigureShown::money(&value, base, scene.of_period(figure))
        };
        let by = |unit| {
            let shown = |of: &CashOf| CashOfShown {
                year: of.year,
                number: of.number,
                sums: CashSumsShown::of(&of.sums, base),
            };
            CashSums::by(books, unit).iter().map(shown).collect()
        };
        let is_in_range =
            |entry: &&CashEntry| period.as_ref().is_ok_and(|period| period.contains(entry.date));
        Self {
            total: CashTotals::of(&report),
            paid_in: of_range(|flows| &flows.paid_in, PeriodFigure::PaidIn),
            paid_out: of_range(|flows| &flows.paid_out, PeriodFigure::PaidOut),
            net_flows: of_range(|flows| &flows.net, PeriodFigure::NetFlows),
            range: CashSumsShown::of(&CashSums::of(books, period.clone().ok()), base),
            balances: report.cash.iter().map(|cash| CashBalanceShown::of(cash, base)).collect(),
            by_month: by(CalendarUnit::Month),
            by_quarter: by(CalendarUnit::Quarter),
            by_year: by(CalendarUnit::Year),
            benchmarks: scene.benchmarks.iter().map(|symbol| beside(scene, symbol, market)).collect(),
            entries: books
                .cash()
                .entries
                .iter()
                .filter(is_in_range)
                .map(|entry| CashEntryShown::of(entry, base))
                .collect(),
        }
    }
}

impl CashTotals {
    fn of(report: &Report) -> Self {
        let totals = &report.totals;
        let money = |value: &Figure<Decimal>, figure| {
            FigureShown::money(value, report.base, FigureName::Portfolio(figure))
        };
        Self {
            deposits: money(&totals.deposits, PortfolioFigure::Deposits),
            inferred_deposits: money(&totals.inferred_deposits, PortfolioFigure::InferredDeposits),
            withdrawals: money(&totals.withdrawals, PortfolioFigure::Withdrawals),
            net_deposits: money(&totals.net_deposits, PortfolioFigure::NetDeposits),
            net_transfers: money(&totals.net_transfers, PortfolioFigure::NetTransfers),
            income: money(&totals.income, PortfolioFigure::Income),
            fees: money(&totals.fees, PortfolioFigure::Fees),
            taxes: money(&totals.taxes, PortfolioFigure::Taxes),
            cash: money(&totals.cash, PortfolioFigure::Cash),
            value: money(&totals.value, PortfolioFigure::Value),
        }
    }
}

impl CashSumsShown {
    fn of(sums: &CashSums, base: Currency) -> Self {
        let money = |value: &Figure<Decimal>| FigureShown::money(value, base, None);
        Self {
            deposits: money(&sums.deposits),
            inferred_deposits: money(&sums.inferred_deposits),
            withdrawals: money(&sums.withdrawals),
            purchases: money(&sums.purchases),
            sales: money(&sums.sales),
            dividends: money(&sums.dividends),
            interest: money(&sums.interest),
            fees: money(&sums.fees),
            taxes: money(&sums.taxes),
            net: money(&sums.net),
        }
    }
}

impl CashBalanceShown {
    fn of(cash: &bellwether_portfolio::CashHolding, base: Currency) -> Self {
        let name = |figure| FigureName::Cash { currency: cash.currency, figure };
        Self {
            currency: cash.currency,
            balance: FigureShown::money(&Ok(cash.balance), cash.currency, name(CashFigure::Balance)),
            value: FigureShown::money(&cash.value, base, name(CashFigure::Value)),
            currency_gain: FigureShown::money(&cash.currency_gain, base, name(CashFigure::CurrencyGain)),
        }
    }
}

fn beside(scene: &Scene, symbol: &Symbol, market: &Market) -> CashBenchmark {
    let base = scene.books.options().base;
    let benchmark = Benchmark::new(symbol, market, base, scene.as_of);
    let compared = benchmark.and_then(|of| of.against_portfolio(&scene.books, &scene.series));
    let name = |figure| FigureName::Benchmark { symbol: symbol.clone(), of: None, figure };
    let float = |pick: fn(&Comparison) -> f64, unit, figure| {
        FigureShown::float(compared.as_ref().map(pick).map_err(Clone::clone), unit, name(figure))
    };
    CashBenchmark {
        benchmark: symbol.clone(),
        benchmark_name: scene.stored.index_name(symbol),
        value: float(|with| with.value, Unit::Money(base), BenchmarkFigure::Value),
        gain: float(|with| with.gain, Unit::Money(base), BenchmarkFigure::Gain),
        net_invested: float(|with| with.net_invested, Unit::Money(base), BenchmarkFigure::NetInvested),
        units: float(|with| with.units, Unit::Shares, BenchmarkFigure::Units),
        xirr: FigureShown::rate(
            compared.as_ref().map_err(Clone::clone).and_then(|with| headline(&with.xirr)),
            name(BenchmarkFigure::Xirr),
        ),
    }
}

impl CashEntryShown {
    fn of(entry: &CashEntry, base: Currency) -> Self {
        Self {
            date: entry.date,
            kind: match entry.kind {
                CashKind::Deposit => "deposit",
                CashKind::Withdrawal => "withdrawal",
                CashKind::Purchase => "purchase",
                CashKind::Sale => "sale",
                CashKind::Dividend => "dividend",
                CashKind::Interest => "interest",
                CashKind::Fee => "fee",
                CashKind::Tax => "tax",
                CashKind::Exchange => "exchange",
            },
            symbol: entry.symbol.clone(),
            transaction: entry.transaction,
            amount: FigureShown::money(&Ok(entry.amount), entry.currency, None),
            base: FigureShown::money(&entry.base, base, None),
            balance: FigureShown::money(&Ok(entry.balance), entry.currency, None),
            inferred: entry.inferred,
            funds: entry.funds.clone(),
        }
    }
}
