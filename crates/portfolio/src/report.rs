//! All figures of a portfolio as of a day.

pub(crate) mod day_change;
pub(crate) mod figures;
mod held_lot;
mod holding;
#[cfg(test)]
mod tests;
pub(crate) mod total_figures;

use bellwether_domain::{CostMethod, Currency, Symbol};
use chrono::NaiveDate;
use rayon::prelude::*;
use rust_decimal::Decimal;

use self::figures::{HoldingFigures, Valued};
use self::total_figures::{CashFigures, TotalFigures};
use crate::books::ENOUGH_FOR_A_THREAD;
use crate::derivation::{Calculation, Compute, Label, Unit};
use crate::drawdown::{Drawdown, max_drawdown};
use crate::xirr::Rate;
use crate::{Books, Figure, Market, PortfolioSeries, Reason, TimeWeighted};

pub use day_change::DayChange;
pub use held_lot::HeldLot;
pub use holding::Holding;

/// The share of a holding in the whole.
pub(crate) const WEIGHT: Label = Label::new("Weight", "market value / portfolio value", Unit::Fraction);

/// A portfolio's figures at the close of the books' day, or at the newest quotes of it.
///
/// Money is in the base currency. Holdings are in the order of their symbols; closed ones are among them, because
/// their gains count.
#[derive(Debug, Clone)]
pub struct Report {
    /// The day.
    pub as_of: NaiveDate,
    /// The currency of all money that names no other.
    pub base: Currency,
    /// How the cost of sold shares was found.
    pub method: CostMethod,
    /// Everything that was ever held.
    pub holdings: Vec<Holding>,
    /// Cash by currency.
    pub cash: Vec<CashHolding>,
    /// The whole.
    pub totals: Totals,
    /// Rates of return of the whole.
    pub returns: Returns,
}

/// Cash of one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CashHolding {
    /// The currency.
    pub currency: Currency,
    /// The balance in it.
    pub balance: Decimal,
    /// In the base currency at the day's rate.
    pub value: Figure<Decimal>,
    /// What the currency's rate did to the balance since it was booked.
    pub currency_gain: Figure<Decimal>,
}

/// Sums over a portfolio, in the base currency.
///
/// `total_gain` is `unrealised + realised + income - charges + cash_currency_gain`, and equals value less net
/// contributions when no shares were transferred in or out.
#[derive(Debug, Clone, PartialEq)]
pub struct Totals {
    /// Market value of the holdings.
    pub holdings_value: Figure<Decimal>,
    /// Market value of those holdings that have a price and a rate.
    pub known_holdings_value: Decimal,
    /// Holdings that have none.
    pub unpriced: Vec<Symbol>,
    /// Cash of all currencies.
    pub cash: Figure<Decimal>,
    /// Holdings and cash.
    pub value: Figure<Decimal>,
    /// Cost of what is held.
    pub cost: Figure<Decimal>,
    /// Value of the holdings less their cost.
    pub unrealised: Figure<Decimal>,
    /// The same in relation to the cost.
    pub unrealised_rate: Figure<f64>,
    /// Gains of all sales.
    pub realised: Figure<Decimal>,
    /// Gains of this calendar year's sales.
    pub realised_this_year: Figure<Decimal>,
    /// Dividends and interest after tax and fee.
    pub income: Figure<Decimal>,
    /// The same of the last twelve months.
    pub income_12_months: Figure<Decimal>,
    /// Fees that belong to no trade.
    pub charges: Figure<Decimal>,
    /// All fees: of trades and dividends, which cost and income contain already, and separate ones.
    pub fees: Figure<Decimal>,
    /// All taxes: of trades and withheld from income, both contained already.
    pub taxes: Figure<Decimal>,
    /// What currency rates did to cash.
    pub cash_currency_gain: Figure<Decimal>,
    /// What was gained in all.
    pub total_gain: Figure<Decimal>,
    /// Cash paid in, recorded and inferred.
    pub deposits: Figure<Decimal>,
    /// The inferred part of it.
    pub inferred_deposits: Figure<Decimal>,
    /// Cash paid out, as a positive number.
    pub withdrawals: Figure<Decimal>,
    /// Deposits less withdrawals.
    pub net_deposits: Figure<Decimal>,
    /// Shares from elsewhere less shares to elsewhere, at market value on their day.
    pub net_transfers: Figure<Decimal>,
    /// The last session's change.
    pub day_change: Figure<DayChange>,
}

/// Rates of return of a portfolio since its first booking.
#[derive(Debug, Clone, PartialEq)]
pub struct Returns {
    /// Money-weighted: deposits, withdrawals and transfers against the value.
    pub xirr: Figure<Rate>,
    /// Time-weighted, hold then trade, daily.
    pub time_weighted: Figure<TimeWeighted>,
    /// Total gain in relation to all that was paid in.
    pub simple: Figure<f64>,
    /// The deepest fall of the time-weighted index.
    pub max_drawdown: Figure<Drawdown>,
}

impl Report {
    /// Works out all figures. `series` is that of the same books and market.
    pub fn new(books: &Books, market: &Market, series: &PortfolioSeries) -> Self {
        let c = &mut Compute;
        let positions = books.positions();
        let session = day_change::session(books, market);
        // Each holding's figures are its own.
        let of_holdings: Vec<_> = positions
            .par_iter()
            .with_min_len(ENOUGH_FOR_A_THREAD)
            .map(|position| {
                let valued = Valued::new(position, books, market);
                let figures = HoldingFigures::new(&mut Compute, position, books, &valued);
                let parts = day_change::of_position(&mut Compute, position, books, market, session);
                ((valued, parts), figures)
            })
            .collect();
        let ((valued, parts), figures): ((Vec<_>, Vec<_>), Vec<_>) = of_holdings.into_iter().unzip();
        let of_cash: Vec<_> =
            books.cash().balances.iter().map(|cash| CashFigures::new(c, cash, books, market)).collect();
        let sums = TotalFigures::new(c, books, &figures, &of_cash);
        let day_change =
            day_change::of_portfolio(c, books, market, session, &parts).change(c, books).known(session);

        let holdings: Vec<_> = positions
            .iter()
            .zip(valued)
            .zip(figures)
            .zip(parts)
            .map(|(((position, valued), figures), parts)| {
                let weight = c.ratio(WEIGHT, &figures.value, &sums.value);
                let change = parts.ok_or(Reason::NotHeld).and_then(|day| day.change(c, books).known(session));
                Holding::new(position, valued, figures, change, weight)
            })
            .collect();
        let cash = books.cash().balances.iter().zip(of_cash).map(|(cash, figures)| CashHolding {
            currency: cash.currency,
            balance: cash.balance,
            value: figures.value,
            currency_gain: figures.currency_gain,
        });
        let cash = cash.collect();
        let returns = Returns::new(&sums, series);
        let totals = Totals::new(sums, &holdings, day_change);
        let (as_of, options) = (books.as_of(), books.options());
        Self { as_of, base: options.base, method: options.method, holdings, cash, totals, returns }
    }

    /// Holdings with shares.
    pub fn open_holdings(&self) -> impl Iterator<Item = &Holding> {
        self.holdings.iter().filter(|holding| holding.is_open())
    }

    /// One holding.
    pub fn holding(&self, symbol: &Symbol) -> Option<&Holding> {
        let index = self.holdings.binary_search_by(|holding| holding.symbol.cmp(symbol)).ok()?;
        self.holdings.get(index)
    }
}

impl Totals {
    fn new(sums: TotalFigures<Compute>, holdings: &[Holding], day_change: Figure<DayChange>) -> Self {
        let unpriced = holdings.iter().filter(|holding| holding.value.is_err());
        Self {
            holdings_value: sums.holdings_value,
            known_holdings_value: holdings
                .iter()
                .filter_map(|holding| holding.value.as_ref().ok())
                .fold(Decimal::ZERO, |sum, value| sum.saturating_add(*value)),
            unpriced: unpriced.map(|holding| holding.symbol.clone()).collect(),
            cash: sums.cash,
            value: sums.value,
            cost: sums.cost,
            unrealised: sums.unrealised,
            unrealised_rate: sums.unrealised_rate,
            realised: sums.realised,
            realised_this_year: sums.realised_this_year,
            income: sums.income,
            income_12_months: sums.income_12_months,
            charges: sums.charges,
            fees: sums.fees,
            taxes: sums.taxes,
            cash_currency_gain: sums.cash_currency_gain,
            total_gain: sums.total_gain,
            deposits: sums.deposits,
            inferred_deposits: sums.inferred_deposits,
            withdrawals: sums.withdrawals,
            net_deposits: sums.net_deposits,
            net_transfers: sums.net_transfers,
            day_change,
        }
    }
}

impl Returns {
    fn new(sums: &TotalFigures<Compute>, series: &PortfolioSeries) -> Self {
        Self {
            xirr: sums.xirr.clone(),
            simple: sums.simple.clone(),
            max_drawdown: series
                .time_weighted
                .as_ref()
                .map_err(Clone::clone)
                .and_then(|linked| max_drawdown(&linked.index)),
            time_weighted: series.time_weighted.clone(),
        }
    }
}
