//! What a portfolio received and is to receive: dividends and interest, yields and their growth.

use std::collections::BTreeMap;

use bellwether_domain::{Currency, PortfolioId, Symbol};
use bellwether_portfolio::derivation::Unit;
use bellwether_portfolio::{
    ComingDividend, DividendCalendar, DividendGrowth, DividendHistory, DividendYear, DividendYearFigure,
    DividendYield, Figure, FigureName, GainPartFigure, IncomeReceived, IncomeSum, Period, PortfolioYield,
    PortfolioYieldFigure, Position, Reason, YieldFigure, declared_dividends,
};
use chrono::{Months, NaiveDate};
use rust_decimal::Decimal;
use serde::Serialize;

use super::FigureShown;
use super::scene::{Scene, Viewed};
use crate::{Tracker, TrackerError, View};

/// Income of a portfolio.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IncomeShown {
    /// What came in the range.
    pub received: ReceivedShown,
    /// By year since the first payment, oldest first.
    pub by_year: Vec<IncomeOfYear>,
    /// By month since the first payment, oldest first.
    pub by_month: Vec<IncomeOfMonth>,
    /// Dividends of the range by payer.
    pub by_symbol: Vec<IncomeOfPayer>,
    /// What is to come in twelve months.
    pub coming: ComingShown,
    /// The yield of all that is held.
    pub yields: PortfolioYieldShown,
    /// Yield and growth of what is held and pays.
    pub holdings: Vec<PayerShown>,
}

/// Income of the range.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReceivedShown {
    /// Dividends and interest.
    pub total: IncomeSumShown,
    /// Dividends before tax and fee.
    pub dividends_gross: FigureShown,
    /// Dividends as they arrived.
    pub dividends_net: FigureShown,
    /// Interest before tax and fee.
    pub interest_gross: FigureShown,
    /// Interest as it arrived.
    pub interest_net: FigureShown,
}

/// A sum of payments.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IncomeSumShown {
    /// Before tax and fee.
    pub gross: FigureShown,
    /// Withheld.
    pub tax: FigureShown,
    /// Kept by the broker.
    pub fee: FigureShown,
    /// What arrived.
    pub net: FigureShown,
    /// How many payments.
    pub payments: usize,
    /// How many of them the ledger does not record.
    pub inferred: usize,
}

/// Income of a year.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IncomeOfYear {
    /// The year.
    pub year: i32,
    /// How much.
    #[serde(flatten)]
    pub sum: IncomeSumShown,
}

/// Income of a month.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IncomeOfMonth {
    /// The year.
    pub year: i32,
    /// The month, from 1.
    pub month: u32,
    /// How much.
    #[serde(flatten)]
    pub sum: IncomeSumShown,
}

/// Dividends of a payer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IncomeOfPayer {
    /// Who paid.
    pub symbol: Symbol,
    /// How much.
    #[serde(flatten)]
    pub sum: IncomeSumShown,
}

/// What is to come in the twelve months after the day, before tax.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComingShown {
    /// The last day that counts.
    pub until: NaiveDate,
    /// All of it.
    pub total: FigureShown,
    /// The part of it that is declared.
    pub declared: FigureShown,
    /// By ex-date.
    pub payments: Vec<ComingPayment>,
    /// By month of the ex-date.
    pub by_month: Vec<ComingMonth>,
    /// What is held and has no forecast, with the reason.
    pub without_forecast: Vec<WithoutForecast>,
}

/// A payment to come.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComingPayment {
    /// Who pays.
    pub symbol: Symbol,
    /// The ex-date, or the most likely one.
    pub ex_date: NaiveDate,
    /// The first day that it may be.
    pub earliest: NaiveDate,
    /// The last day that it may be.
    pub latest: NaiveDate,
    /// Whether it is a forecast; else it was declared.
    pub is_estimate: bool,
    /// Whether a declared one is out of line with those before it.
    pub is_special: bool,
    /// Per share.
    pub per_share: FigureShown,
    /// Shares held.
    pub quantity: FigureShown,
    /// For all shares, in the base currency.
    pub amount: FigureShown,
}

/// Payments to come in a month.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComingMonth {
    /// The year.
    pub year: i32,
    /// The month, from 1.
    pub month: u32,
    /// How much.
    pub amount: FigureShown,
}

/// A holding of which nothing is expected.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WithoutForecast {
    /// The holding.
    pub symbol: Symbol,
    /// Why.
    #[serde(serialize_with = "super::words")]
    pub reason: Reason,
}

/// The yield of all that is held.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PortfolioYieldShown {
    /// What it would have been paid in the last twelve months.
    pub dividends: FigureShown,
    /// In relation to its value.
    pub trailing: FigureShown,
    /// In relation to its cost.
    pub on_cost: FigureShown,
}

/// Yield and growth of a holding.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PayerShown {
    /// The holding.
    pub symbol: Symbol,
    /// Dividends per share of the last twelve months.
    pub per_share: FigureShown,
    /// In relation to the price.
    pub trailing: FigureShown,
    /// The same without specials.
    pub regular: FigureShown,
    /// In relation to the cost.
    pub on_cost: FigureShown,
    /// Growth a year of the regular dividends.
    pub growth: FigureShown,
    /// By calendar year, oldest first.
    pub years: Vec<PayerYear>,
}

/// A calendar year of a holding's dividends, per share of today.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PayerYear {
    /// The year.
    pub year: i32,
    /// Whether all of them can be known.
    pub is_complete: bool,
    /// Regular ones.
    pub regular: FigureShown,
    /// Special ones.
    pub special: FigureShown,
    /// Growth of the regular ones over the year before.
    pub growth: FigureShown,
}

impl Tracker {
    /// What a portfolio received and is to receive.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio, [`TrackerError::Refused`] for a day to come,
    /// [`TrackerError::Conflict`] for a ledger that cannot be read, and the database's.
    pub async fn income_shown(
        &self,
        id: PortfolioId,
        view: &View,
    ) -> Result<Viewed<IncomeShown>, TrackerError> {
        self.viewed(id, view, IncomeShown::of).await
    }
}

/// Names of what was received by somebody in a period.
#[derive(Clone, Copy)]
struct Received<'a> {
    base: Currency,
    of: Option<&'a Symbol>,
    period: Option<Period>,
}

impl Received<'_> {
    fn money(self, value: &Figure<Decimal>, figure: GainPartFigure) -> FigureShown {
        let name = self.period.map(|period| FigureName::GainPart { of: self.of.cloned(), period, figure });
        FigureShown::money(value, self.base, name)
    }

    fn sum(self, sum: &IncomeSum) -> IncomeSumShown {
        IncomeSumShown {
            gross: self.money(&sum.gross, GainPartFigure::IncomeGross),
            tax: self.money(&sum.tax, GainPartFigure::TaxesOfIncome),
            fee: self.money(&sum.fee, GainPartFigure::FeesOfIncome),
            net: self.money(&sum.net, GainPartFigure::IncomeNet),
            payments: sum.payments,
            inferred: sum.inferred,
        }
    }
}

/// So many months from the first day of one on, as far as the books reach.
fn months(year: i32, month: u32, count: u32, as_of: NaiveDate) -> Option<Period> {
    let first = NaiveDate::from_ymd_opt(year, month, 1)?;
    let last = first.checked_add_months(Months::new(count))?.pred_opt()?;
    Period::since(first, last.min(as_of)).ok()
}

impl IncomeShown {
    fn of(scene: &Scene) -> Self {
        let (base, as_of) = (scene.books.options().base, scene.as_of);
        let period = scene.period.clone().ok();
        let (all, range) = (IncomeReceived::of(&scene.books, None), IncomeReceived::of(&scene.books, period));
        let in_range = Received { base, of: None, period };
        Self {
            received: ReceivedShown {
                total: in_range.sum(&range.total),
                dividends_gross: in_range.money(&range.dividends.gross, GainPartFigure::DividendsGross),
                dividends_net: in_range.money(&range.dividends.net, GainPartFigure::DividendsNet),
                interest_gross: in_range.money(&range.interest.gross, GainPartFigure::InterestGross),
                interest_net: in_range.money(&range.interest.net, GainPartFigure::InterestNet),
            },
            by_year: all
                .by_year
                .iter()
                .map(|year| IncomeOfYear {
                    year: year.of,
                    sum: Received { period: months(year.of, 1, 12, as_of), ..in_range }.sum(&year.sum),
                })
                .collect(),
            by_month: all
                .by_month
                .iter()
                .map(|month| {
                    let (year, number) = month.of;
                    let period = months(year, number, 1, as_of);
                    let sum = Received { period, ..in_range }.sum(&month.sum);
                    IncomeOfMonth { year, month: number, sum }
                })
                .collect(),
            by_symbol: range
                .by_symbol
                .iter()
                .map(|payer| IncomeOfPayer {
                    symbol: payer.of.clone(),
                    sum: Received { of: Some(&payer.of), ..in_range }.sum(&payer.sum),
                })
                .collect(),
            coming: ComingShown::of(scene),
            yields: PortfolioYieldShown::of(scene),
            holdings: scene
                .books
                .positions()
                .iter()
                .filter(|position| position.is_open())
                .filter_map(|position| PayerShown::of(scene, position))
                .collect(),
        }
    }
}

impl ComingShown {
    fn of(scene: &Scene) -> Self {
        // What was declared for later days is known on the day itself only.
        let declared =
            if scene.is_today { declared_dividends(&scene.books, scene.market()) } else { BTreeMap::new() };
        let calendar = DividendCalendar::new(&scene.books, scene.market(), &declared);
        let base = scene.books.options().base;
        let money = |value: &Figure<Decimal>| FigureShown::money(value, base, None);
        let payment = |coming: &ComingDividend| ComingPayment {
            symbol: coming.symbol.clone(),
            ex_date: coming.ex_date,
            earliest: coming.earliest,
            latest: coming.latest,
            is_estimate: coming.is_estimate,
            is_special: coming.is_special,
            per_share: FigureShown::exact(&Ok(coming.per_unit), Unit::PerShare(coming.currency), None),
            quantity: FigureShown::exact(&Ok(coming.units), Unit::Shares, None),
            amount: money(&coming.amount),
        };
        Self {
            until: calendar.until,
            total: money(&calendar.total),
            declared: money(&calendar.declared),
            payments: calendar.coming.iter().map(payment).collect(),
            by_month: calendar
                .by_month
                .iter()
                .map(|((year, month), amount)| ComingMonth {
                    year: *year,
                    month: *month,
                    amount: money(amount),
                })
                .collect(),
            without_forecast: calendar
                .without_forecast
                .iter()
                .map(|(symbol, reason)| WithoutForecast { symbol: symbol.clone(), reason: reason.clone() })
                .collect(),
        }
    }
}

impl PortfolioYieldShown {
    fn of(scene: &Scene) -> Self {
        let found = PortfolioYield::of(&scene.books, scene.market());
        let name = FigureName::PortfolioYield;
        Self {
            dividends: FigureShown::money(
                &found.dividends,
                scene.books.options().base,
                name(PortfolioYieldFigure::Dividends),
            ),
            trailing: FigureShown::rate(found.trailing, name(PortfolioYieldFigure::Trailing)),
            on_cost: FigureShown::rate(found.on_cost, name(PortfolioYieldFigure::OnCost)),
        }
    }
}

impl PayerShown {
    /// `None` for what never paid.
    fn of(scene: &Scene, position: &Position) -> Option<Self> {
        let history = DividendHistory::of_position(position, scene.market(), scene.as_of).ok()?;
        if history.paid.is_empty() {
            return None;
        }
        let found = DividendYield::of(position, &scene.books, scene.market());
        let growth = DividendGrowth::of(&history);
        let symbol = position.symbol.clone();
        let name = |figure| FigureName::DividendYield { symbol: symbol.clone(), figure };
        let per_share = Unit::PerShare(position.currency);
        let year = |year: &DividendYear| {
            let name = |figure| FigureName::DividendYear { symbol: symbol.clone(), year: year.year, figure };
            PayerYear {
                year: year.year,
                is_complete: year.is_complete,
                regular: FigureShown::exact(&year.regular, per_share, name(DividendYearFigure::Regular)),
                special: FigureShown::exact(&year.special, per_share, name(DividendYearFigure::Special)),
                growth: FigureShown::rate(year.growth.clone(), name(DividendYearFigure::Growth)),
            }
        };
        Some(Self {
            per_share: FigureShown::exact(&found.per_unit, per_share, name(YieldFigure::PerUnit)),
            trailing: FigureShown::rate(found.trailing.clone(), name(YieldFigure::Trailing)),
            regular: FigureShown::rate(found.regular.clone(), name(YieldFigure::Regular)),
            on_cost: FigureShown::rate(found.on_cost.clone(), name(YieldFigure::OnCost)),
            growth: FigureShown::rate(
                growth.as_ref().map_err(Clone::clone).and_then(|growth| growth.annual.clone()),
                FigureName::DividendGrowth { symbol: symbol.clone() },
            ),
            years: growth.map_or_else(|_| Vec::new(), |growth| growth.years.iter().map(year).collect()),
            symbol,
        })
    }
}
