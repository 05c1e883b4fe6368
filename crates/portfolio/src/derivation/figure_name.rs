//! What can be derived.

use bellwether_domain::{Currency, Symbol, TransactionId};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::benchmarks::Compared;
use super::calculation::{Label, fraction};
use super::record::Record;
use super::returns::Days;
use super::{About, Calculation, Unit};
use crate::drawdown::max_drawdown;
use crate::report::day_change;
use crate::report::figures::{HoldingFigures, LotFigures, Valued, sale_gain};
use crate::report::total_figures::{CashFigures, TotalFigures};
use crate::report::{
    WEIGHT,
    day_change::{DayFigures, DayParts},
};
use crate::{Books, Market, Period, PortfolioSeries, Position, PositionSeries, Reason};

/// A figure that can be derived.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FigureName {
    /// Of the whole portfolio.
    Portfolio(PortfolioFigure),
    /// Of a holding.
    Holding {
        /// Which.
        symbol: Symbol,
        /// Its figure.
        figure: HoldingFigure,
    },
    /// Of cash in a currency.
    Cash {
        /// The currency.
        currency: Currency,
        /// Its figure.
        figure: CashFigure,
    },
    /// The realised gain of a sale.
    Sale(TransactionId),
    /// Of a lot that is held.
    Lot {
        /// What opened it.
        opened_by: TransactionId,
        /// Its figure.
        figure: LotFigure,
    },
    /// Of the same money in a benchmark.
    Benchmark {
        /// The benchmark.
        symbol: Symbol,
        /// What it is compared with: a holding, or the portfolio.
        of: Option<Symbol>,
        /// Its figure.
        figure: BenchmarkFigure,
    },
    /// Value at the close of a day up to the books'.
    ValueOn {
        /// Of a holding, or of the portfolio.
        of: Option<Symbol>,
        /// The day.
        day: NaiveDate,
    },
    /// Of a period.
    Period {
        /// Of a holding, or of the portfolio.
        of: Option<Symbol>,
        /// The days that count.
        period: Period,
        /// Its figure.
        figure: PeriodFigure,
    },
}

macro_rules! figures {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $figure:ident,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name {
            $($(#[$of])* $figure,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$figure,)*];
        }
    };
}

figures! {
    /// The figures of a portfolio; [`Totals`](crate::Totals) and [`Returns`](crate::Returns) define them.
    PortfolioFigure {
        /// Holdings and cash.
        Value,
        /// Market value of the holdings.
        HoldingsValue,
        /// Cash of all currencies.
        Cash,
        /// Cost of what is held.
        Cost,
        /// Value of the holdings less their cost.
        Unrealised,
        /// The same in relation to the cost.
        UnrealisedRate,
        /// Gains of all sales.
        Realised,
        /// Gains of this calendar year's sales.
        RealisedThisYear,
        /// Dividends and interest after tax and fee.
        Income,
        /// The same of the last twelve months.
        Income12Months,
        /// Fees that belong to no trade.
        Charges,
        /// All fees.
        Fees,
        /// All taxes.
        Taxes,
        /// What currency rates did to cash.
        CashCurrencyGain,
        /// What was gained in all.
        TotalGain,
        /// Cash paid in.
        Deposits,
        /// The inferred part of it.
        InferredDeposits,
        /// Cash paid out.
        Withdrawals,
        /// Deposits less withdrawals.
        NetDeposits,
        /// Shares from elsewhere less shares to elsewhere.
        NetTransfers,
        /// The last session's change in money.
        DayChange,
        /// The last session's return.
        DayReturn,
        /// Total gain in relation to what was paid in.
        SimpleReturn,
        /// Money-weighted return: a year from one year on, else of the whole time.
        Xirr,
        /// Time-weighted return of the whole time.
        TimeWeighted,
        /// The same a year.
        AnnualisedTimeWeighted,
        /// The deepest fall of the time-weighted index.
        MaxDrawdown,
    }
}

figures! {
    /// The figures of a lot that is held; [`Lot`](crate::Lot) defines them.
    LotFigure {
        /// Cost of what is left of it.
        Cost,
        /// Its shares at the holding's price.
        Value,
        /// Value less cost.
        Unrealised,
    }
}

figures! {
    /// The figures of a benchmark; [`Comparison`](crate::Comparison) defines them.
    BenchmarkFigure {
        /// What the same money would be worth.
        Value,
        /// Value less net investment.
        Gain,
        /// Own value less the benchmark's.
        AheadBy,
        /// Money-weighted return of the benchmark.
        Xirr,
    }
}

figures! {
    /// The figures of a period; [`Performance`](crate::Performance) defines them.
    PeriodFigure {
        /// Value at the close of the opening day.
        Opening,
        /// Value at the close of the last day.
        Closing,
        /// What crossed the border in between.
        NetFlows,
        /// Closing less opening less net flows.
        Gain,
        /// Money-weighted return: a year from one year on, else of the period.
        MoneyWeighted,
        /// Modified Dietz return.
        ModifiedDietz,
        /// Gain in relation to the opening value and what was paid in.
        Simple,
    }
}

figures! {
    /// The figures of a holding; [`Holding`](crate::Holding) defines them.
    HoldingFigure {
        /// Shares held.
        Quantity,
        /// The price that values it, in its currency.
        Price,
        /// Base currency per unit of the price's currency.
        ExchangeRate,
        /// Market value.
        Value,
        /// Cost of what is held.
        Cost,
        /// The same before the fees and taxes of its trades.
        CostBeforeFees,
        /// Cost per share.
        UnitCost,
        /// Cost in the currency of the price.
        ListedCost,
        /// Value less cost.
        Unrealised,
        /// The same in relation to the cost.
        UnrealisedRate,
        /// The part of the unrealised gain that the exchange rate made.
        CurrencyEffect,
        /// Gains of its sales.
        Realised,
        /// The same before the fees and taxes of its trades.
        RealisedBeforeFees,
        /// Dividends after tax and fee.
        Income,
        /// Fees that name it and belong to no trade.
        Charges,
        /// Unrealised and realised gain and income, less charges.
        TotalGain,
        /// Share of the portfolio's value.
        Weight,
        /// The last session's change in money.
        DayChange,
        /// The last session's return.
        DayReturn,
        /// Money-weighted return.
        Xirr,
        /// Time-weighted return of the whole time.
        TimeWeighted,
    }
}

figures! {
    /// The figures of cash in a currency; [`CashHolding`](crate::CashHolding) defines them.
    CashFigure {
        /// The balance in it.
        Balance,
        /// In the base currency at the day's rate.
        Value,
        /// What the currency's rate did to the balance since it was booked.
        CurrencyGain,
    }
}

impl FigureName {
    /// Makes the figure a node, by the functions that make a report.
    pub(super) fn derived(&self, record: &mut Record<'_>, books: &Books, market: &Market) -> usize {
        match self {
            Self::Portfolio(figure) => figure.derived(record, books, market),
            Self::Holding { symbol, figure } => figure.derived(symbol, record, books, market),
            Self::Cash { currency, figure } => {
                let cash = books.cash().balances.iter().find(|cash| cash.currency == *currency);
                let Some(cash) = cash else {
                    record.about(|| Some(About::Cash(*currency)));
                    return not_held(record, Unit::Money(*currency));
                };
                let figures = CashFigures::new(record, cash, books, market);
                match figure {
                    CashFigure::Balance => figures.balance,
                    CashFigure::Value => figures.value,
                    CashFigure::CurrencyGain => figures.currency_gain,
                }
            }
            Self::Sale(id) => {
                let mut sales = books.positions().iter().flat_map(|position| &position.sales);
                match sales.find(|sale| sale.transaction == *id) {
                    Some(sale) => sale_gain(record, sale, books),
                    None => not_held(record, Unit::Money(books.options().base)),
                }
            }
            Self::Lot { opened_by, figure } => figure.derived(*opened_by, record, books, market),
            Self::Benchmark { symbol, of, figure } => match Of::new(books, of.as_ref()) {
                Of::Holding(position) => record.compared(symbol, Compared::Holding(position), *figure),
                Of::Portfolio => {
                    let series = PortfolioSeries::new(books, market);
                    record.compared(symbol, Compared::Portfolio(&series), *figure)
                }
                Of::Nothing => not_held(record, Unit::Money(books.options().base)),
            },
            Self::ValueOn { of, day } => match Of::new(books, of.as_ref()) {
                _ if *day > books.as_of() => {
                    let label = Label::new("Value", "", Unit::Money(books.options().base));
                    record.unknown(label, Reason::NotYetKnown { as_of: books.as_of() })
                }
                Of::Holding(position) => record.value_on(Some(position), *day),
                Of::Portfolio => record.value_on(None, *day),
                Of::Nothing => not_held(record, Unit::Money(books.options().base)),
            },
            Self::Period { of, period, figure } => match Of::new(books, of.as_ref()) {
                Of::Holding(position) => record.of_period(Some(position), *period, *figure),
                Of::Portfolio => record.of_period(None, *period, *figure),
                Of::Nothing => not_held(record, Unit::Money(books.options().base)),
            },
        }
    }
}

/// What a figure of a day or a period is asked of.
enum Of<'b> {
    Portfolio,
    Holding(&'b Position),
    Nothing,
}

impl<'b> Of<'b> {
    fn new(books: &'b Books, of: Option<&Symbol>) -> Self {
        match of {
            Some(symbol) => books.position(symbol).map_or(Self::Nothing, Self::Holding),
            None => Self::Portfolio,
        }
    }
}

impl LotFigure {
    fn derived(
        self,
        opened_by: TransactionId,
        record: &mut Record<'_>,
        books: &Books,
        market: &Market,
    ) -> usize {
        let base = books.options().base;
        let mut lots = books
            .positions()
            .iter()
            .flat_map(|position| position.lots.iter().map(move |lot| (position, lot)))
            .filter(|(_, lot)| lot.transaction == opened_by);
        let Some((position, lot)) = lots.next() else { return not_held(record, Unit::Money(base)) };
        let figures = LotFigures::new(record, (position, lot), books, &Valued::new(position, books, market));
        match self {
            Self::Cost => figures.cost,
            Self::Value => figures.value,
            Self::Unrealised => figures.unrealised,
        }
    }
}

impl PortfolioFigure {
    fn derived(self, record: &mut Record<'_>, books: &Books, market: &Market) -> usize {
        if matches!(self, Self::DayChange | Self::DayReturn) {
            let session = day_change::session(books, market);
            let positions = books.positions().iter();
            let parts: Vec<_> = positions
                .map(|position| day_change::of_position(record, position, books, market, session))
                .collect();
            let day = day_change::of_portfolio(record, books, market, session, &parts);
            let change = day.change(record, books);
            return if self == Self::DayChange { change.amount } else { session_return(record, &change) };
        }
        if matches!(self, Self::TimeWeighted | Self::AnnualisedTimeWeighted | Self::MaxDrawdown) {
            let series = PortfolioSeries::new(books, market);
            let (value, held) = (&series.value, &series.held);
            let days = Days { value, held, flows: &series.flows, linked: &series.time_weighted };
            record.about(|| None);
            return match self {
                Self::TimeWeighted => record.time_weighted(days),
                Self::AnnualisedTimeWeighted => record.annualised(days),
                _ => {
                    let index = series.time_weighted.as_ref().map(|linked| &linked.index);
                    record.max_drawdown(days, &index.map_err(Clone::clone).and_then(max_drawdown))
                }
            };
        }
        let sums = sums(record, books, market);
        match self {
            Self::Value => sums.value,
            Self::HoldingsValue => sums.holdings_value,
            Self::Cash => sums.cash,
            Self::Cost => sums.cost,
            Self::Unrealised => sums.unrealised,
            Self::UnrealisedRate => sums.unrealised_rate,
            Self::Realised => sums.realised,
            Self::RealisedThisYear => sums.realised_this_year,
            Self::Income => sums.income,
            Self::Income12Months => sums.income_12_months,
            Self::Charges => sums.charges,
            Self::Fees => sums.fees,
            Self::Taxes => sums.taxes,
            Self::CashCurrencyGain => sums.cash_currency_gain,
            Self::TotalGain => sums.total_gain,
            Self::Deposits => sums.deposits,
            Self::InferredDeposits => sums.inferred_deposits,
            Self::Withdrawals => sums.withdrawals,
            Self::NetDeposits => sums.net_deposits,
            Self::NetTransfers => sums.net_transfers,
            Self::SimpleReturn => sums.simple,
            _ => sums.xirr,
        }
    }
}

impl HoldingFigure {
    fn derived(self, symbol: &Symbol, record: &mut Record<'_>, books: &Books, market: &Market) -> usize {
        let Some(position) = books.position(symbol) else {
            record.about(|| Some(About::Instrument(symbol.clone())));
            return not_held(record, Unit::Money(books.options().base));
        };
        if matches!(self, Self::DayChange | Self::DayReturn) {
            let session = day_change::session(books, market);
            let day = day_change::of_position(record, position, books, market, session);
            let Some(day): Option<DayParts<Record<'_>>> = day else {
                record.about(|| Some(About::Instrument(symbol.clone())));
                return not_held(record, Unit::Money(books.options().base));
            };
            let change = day.change(record, books);
            return if self == Self::DayChange { change.amount } else { session_return(record, &change) };
        }
        if self == Self::TimeWeighted {
            let series = PositionSeries::new(position, books, market);
            let (value, held) = (&series.value, &series.held);
            record.about(|| Some(About::Instrument(symbol.clone())));
            return record.time_weighted(Days {
                value,
                held,
                flows: &series.flows,
                linked: &series.time_weighted,
            });
        }
        match self {
            Self::CostBeforeFees => return record.cost_before_fees(position),
            Self::RealisedBeforeFees => return record.realised_before_fees(position),
            _ => {}
        }
        let figures = HoldingFigures::new(record, position, books, &Valued::new(position, books, market));
        match self {
            Self::Quantity => figures.quantity,
            Self::Price => figures.price,
            Self::ExchangeRate => figures.exchange_rate,
            Self::Value => figures.value,
            Self::Cost => figures.cost,
            Self::UnitCost => figures.unit_cost,
            Self::ListedCost => figures.listed_cost,
            Self::Unrealised => figures.unrealised,
            Self::UnrealisedRate => figures.unrealised_rate,
            Self::CurrencyEffect => figures.currency_effect,
            Self::Realised => figures.realised,
            Self::Income => figures.income,
            Self::Charges => figures.charges,
            Self::TotalGain => figures.total_gain,
            Self::Xirr
            | Self::DayChange
            | Self::DayReturn
            | Self::TimeWeighted
            | Self::CostBeforeFees
            | Self::RealisedBeforeFees => figures.xirr,
            Self::Weight => {
                let whole = sums(record, books, market).value;
                record.about(|| Some(About::Instrument(symbol.clone())));
                record.ratio(WEIGHT, &figures.value, &whole)
            }
        }
    }
}

fn sums<'a>(record: &mut Record<'a>, books: &Books, market: &Market) -> TotalFigures<Record<'a>> {
    let holdings: Vec<_> = books
        .positions()
        .iter()
        .map(|position| HoldingFigures::new(record, position, books, &Valued::new(position, books, market)))
        .collect();
    let cash: Vec<_> =
        books.cash().balances.iter().map(|cash| CashFigures::new(record, cash, books, market)).collect();
    TotalFigures::new(record, books, &holdings, &cash)
}

/// The return of a session whose change is known; else it is unknown for the same reason.
fn session_return<'a>(record: &mut Record<'a>, change: &DayFigures<Record<'a>>) -> usize {
    let unknown = [change.amount, change.dividends].map(|node| record.value(node).clone().err());
    match unknown.into_iter().flatten().next() {
        Some(reason) => record.checked_figure(change.rate, SESSION_RETURN, Err(reason)),
        None => change.rate,
    }
}

const SESSION_RETURN: Label = fraction("Day's return", "");

fn not_held(record: &mut Record<'_>, unit: Unit) -> usize {
    record.unknown(Label::new("Unknown", "", unit), Reason::NotHeld)
}
