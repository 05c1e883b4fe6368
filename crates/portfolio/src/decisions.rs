//! What each purchase and each sale did, against not doing it and against the same money in a benchmark.

pub(crate) mod age_groups;
mod multi_baggers;
pub(crate) mod purchases;
mod running;
pub(crate) mod sales;
#[cfg(test)]
mod tests;
pub(crate) mod units;

use std::collections::BTreeMap;

use bellwether_domain::{Symbol, TransactionId};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

pub(crate) use self::running::Running;
use self::units::Units;
use crate::figure::total;
use crate::performance::own_transfers;
use crate::{Benchmark, Books, Figure, Market};

pub use age_groups::AgeGroup;
pub use multi_baggers::{HoldingMultiple, MultiBaggers};

/// The effects of all purchases and sales up to the books' day, in the base currency.
///
/// The effect of a purchase contains what its shares were sold for, so effects of purchases and of sales are two views
/// of the same money and do not add up to anything.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decisions {
    /// The day.
    pub as_of: NaiveDate,
    /// The benchmarks, in the order of each `against`.
    pub benchmarks: Vec<Symbol>,
    /// Purchases and reinvestments, by symbol and day.
    pub purchases: Vec<PurchaseEffect>,
    /// Sales of shares that were held, by symbol and day; not those that a corporate event forced.
    pub sales: Vec<SaleEffect>,
    /// What each holding has become of its cost.
    pub holdings: Vec<HoldingMultiple>,
}

/// What a purchase did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PurchaseEffect {
    /// The purchase or reinvestment.
    pub transaction: TransactionId,
    /// What was bought.
    pub symbol: Symbol,
    /// The day.
    pub date: NaiveDate,
    /// Cost with fee and tax.
    pub cost: Figure<Decimal>,
    /// Market value of the shares that are left of it.
    pub value: Figure<Decimal>,
    /// What its sold shares brought, after fee and tax; shares that were transferred away at market value.
    pub proceeds: Figure<Decimal>,
    /// Its share of the dividends, after tax.
    pub dividends: Figure<Decimal>,
    /// Against the same money left as cash: `value + proceeds + dividends - cost`.
    pub effect: Figure<Decimal>,
    /// Against the same money in each benchmark: its cost invested on the day, proceeds and dividends taken out on
    /// theirs. Positive when the purchase was better. [`Reason::TooShort`](crate::Reason::TooShort) on its first day:
    /// not yet decided.
    pub against: Vec<Figure<f64>>,
}

/// What a sale did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SaleEffect {
    /// The sale.
    pub transaction: TransactionId,
    /// What was sold.
    pub symbol: Symbol,
    /// The day.
    pub date: NaiveDate,
    /// Proceeds, after fee and tax.
    pub proceeds: Figure<Decimal>,
    /// What the shares would be worth now, splits included.
    pub kept_value: Figure<Decimal>,
    /// Dividends that they would have been paid since, before tax, as far as the market knows them.
    pub dividends_missed: Figure<Decimal>,
    /// Against having kept the shares, with the proceeds left as cash: `proceeds - kept value - dividends missed`.
    pub effect: Figure<Decimal>,
    /// The proceeds in each benchmark, less withdrawals of the dividends missed on their days, against the shares' value
    /// now. Positive when selling was better. [`Reason::TooShort`](crate::Reason::TooShort) on the day of the sale.
    pub against: Vec<Figure<f64>>,
}

/// The effects of all decisions on one instrument.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SymbolEffects {
    /// The instrument.
    pub symbol: Symbol,
    /// Sum of its purchases against cash.
    pub purchases: Figure<Decimal>,
    /// Sum of its purchases against each benchmark.
    pub purchases_against: Vec<Figure<f64>>,
    /// Sum of its sales against keeping the shares.
    pub sales: Figure<Decimal>,
    /// Sum of its sales with the proceeds in each benchmark.
    pub sales_against: Vec<Figure<f64>>,
}

impl Decisions {
    /// Weighs every purchase and sale of the books. Nothing is replayed: the work grows with the number of bookings and
    /// dividends. A benchmark whose prices begin more than seven days after a decision cannot judge it
    /// ([`Reason::NoPrice`](crate::Reason::NoPrice)). Short sales and their covers are left out, and
    /// what corporate events turned into cash: nobody decided that.
    pub fn new(books: &Books, market: &Market, benchmarks: &[Benchmark]) -> Self {
        Self::weighed(&[books], books, market, benchmarks)
    }

    /// The decisions in several portfolios. Shares that one sends to another leave the purchase at market value, as
    /// those sent elsewhere do; what a holding has become of its cost is that of all portfolios together.
    ///
    /// # Errors
    /// Those of [`Books::together`].
    pub fn of_set(set: &[&Books], market: &Market, benchmarks: &[Benchmark]) -> Figure<Self> {
        Ok(Self::weighed(set, &Books::together(set)?, market, benchmarks))
    }

    pub(crate) fn weighed(set: &[&Books], whole: &Books, market: &Market, benchmarks: &[Benchmark]) -> Self {
        let mut decisions = Self {
            as_of: whole.as_of(),
            benchmarks: benchmarks.iter().map(|benchmark| benchmark.symbol().clone()).collect(),
            purchases: Vec::new(),
            sales: Vec::new(),
            holdings: Vec::new(),
        };
        let units = |books| move |position| Units { position, market, books, benchmarks };
        for books in set {
            let positions: Vec<_> = books.positions().iter().map(units(books)).collect();
            decisions.purchases.extend(purchases::effects(&positions));
            decisions.sales.extend(positions.iter().flat_map(sales::effects));
        }
        if set.len() > 1 {
            decisions.purchases.sort_by(|a, b| (&a.symbol, a.date).cmp(&(&b.symbol, b.date)));
            decisions.sales.sort_by(|a, b| (&a.symbol, a.date).cmp(&(&b.symbol, b.date)));
        }
        let own = own_transfers::of_shares(set);
        let holdings = whole.positions().iter().map(units(whole));
        decisions.holdings = holdings.filter_map(|units| multi_baggers::of_holding(&units, &own)).collect();
        decisions
    }

    /// Sums by instrument, in the order of the symbols.
    pub fn by_symbol(&self) -> Vec<SymbolEffects> {
        let mut symbols: BTreeMap<&Symbol, (Vec<&PurchaseEffect>, Vec<&SaleEffect>)> = BTreeMap::new();
        for purchase in &self.purchases {
            symbols.entry(&purchase.symbol).or_default().0.push(purchase);
        }
        for sale in &self.sales {
            symbols.entry(&sale.symbol).or_default().1.push(sale);
        }
        let count = self.benchmarks.len();
        symbols
            .into_iter()
            .map(|(symbol, (purchases, sales))| SymbolEffects {
                symbol: symbol.clone(),
                purchases: total(purchases.iter().map(|purchase| &purchase.effect)),
                purchases_against: sums(
                    count,
                    &purchases.iter().map(|purchase| purchase.against.as_slice()).collect::<Vec<_>>(),
                ),
                sales: total(sales.iter().map(|sale| &sale.effect)),
                sales_against: sums(
                    count,
                    &sales.iter().map(|sale| sale.against.as_slice()).collect::<Vec<_>>(),
                ),
            })
            .collect()
    }
}

/// The sum for each of some benchmarks.
fn sums(count: usize, decisions: &[&[Figure<f64>]]) -> Vec<Figure<f64>> {
    let mut sums = vec![Ok(0.0); count];
    for against in decisions {
        units::add_each(&mut sums, against.to_vec());
    }
    sums
}
