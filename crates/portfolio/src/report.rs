//! All figures of a portfolio as of a day.

mod day_change;
mod holding;
#[cfg(test)]
mod tests;

use bellwether_domain::{CostMethod, Currency, Symbol};
use chrono::{Datelike, Months, NaiveDate};
use rust_decimal::Decimal;

use self::day_change::DayParts;
use crate::books::ExternalKind;
use crate::drawdown::{Drawdown, max_drawdown};
use crate::exact::{Exact, ratio};
use crate::figure::total;
use crate::xirr::{Flow, Rate, xirr};
use crate::{Books, Figure, Market, PortfolioSeries, TimeWeighted};

pub use day_change::DayChange;
pub use holding::Holding;

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
        let session = day_change::session(books, market);
        let (mut holdings, parts): (Vec<_>, Vec<_>) = books
            .positions()
            .iter()
            .map(|position| {
                let parts = day_change::of_position(position, books, market, session);
                (Holding::new(position, books, market, parts.clone()), parts)
            })
            .unzip();
        let cash = cash_holdings(books, market);
        let day_change = day_change::of_portfolio(books, market, session, &parts);
        let totals = Totals::new(books, &holdings, &cash, day_change);
        for holding in &mut holdings {
            holding.weigh(&totals.value);
        }
        let returns = Returns::new(books, &totals, series);
        let (as_of, options) = (books.as_of(), books.options());
        Self { as_of, base: options.base, method: options.method, holdings, cash, totals, returns }
    }

    /// Holdings with shares.
    pub fn open_holdings(&self) -> impl Iterator<Item = &Holding> {
        self.holdings.iter().filter(|holding| holding.is_open())
    }

    /// One holding.
    pub fn holding(&self, symbol: &Symbol) -> Option<&Holding> {
        self.holdings.iter().find(|holding| holding.symbol == *symbol)
    }
}

impl Totals {
    fn new(books: &Books, holdings: &[Holding], cash: &[CashHolding], day_change: Figure<DayChange>) -> Self {
        let as_of = books.as_of();
        let sum = |figure: fn(&Holding) -> &Figure<Decimal>| total(holdings.iter().map(figure));
        let income = books.income();
        let year_ago = as_of.checked_sub_months(Months::new(12)).unwrap_or(NaiveDate::MIN);
        let income_since = |day: NaiveDate| {
            let paid: Vec<_> =
                income.iter().filter(|paid| paid.date > day).map(|paid| paid.net_in_base()).collect();
            total(&paid)
        };
        let new_year = as_of.with_ordinal(1).and_then(|day| day.pred_opt()).unwrap_or(NaiveDate::MIN);
        let realised_this_year: Vec<_> =
            books.positions().iter().map(|position| position.realised(Some(new_year))).collect();
        let interest: Vec<_> = books.interest().iter().map(crate::Income::net_in_base).collect();
        let unnamed_charges: Vec<_> = books.charges().iter().map(|charge| charge.base.clone()).collect();
        let external = |kinds: fn(ExternalKind) -> bool| {
            total(books.external_flows().iter().filter(|flow| kinds(flow.kind)).map(|flow| &flow.amount))
        };

        let holdings_value = sum(|holding| &holding.value);
        let cash_value = total(cash.iter().map(|cash| &cash.value));
        let (cost, unrealised) = (sum(|holding| &holding.cost), sum(|holding| &holding.unrealised));
        let realised = sum(|holding| &holding.realised);
        let income_in_all = total([&sum(|holding| &holding.income), &total(&interest)]);
        let charges = total([&sum(|holding| &holding.charges), &total(&unnamed_charges)]);
        let cash_currency_gain = total(cash.iter().map(|cash| &cash.currency_gain));
        let deposits = external(|kind| matches!(kind, ExternalKind::Deposit { .. }));
        let withdrawals = external(|kind| kind == ExternalKind::Withdrawal).map(|amount| -amount);
        let unpriced: Vec<_> = holdings
            .iter()
            .filter(|holding| holding.value.is_err())
            .map(|holding| holding.symbol.clone())
            .collect();
        Self {
            known_holdings_value: holdings
                .iter()
                .filter_map(|holding| holding.value.as_ref().ok())
                .fold(Decimal::ZERO, |sum, value| sum.saturating_add(*value)),
            unpriced,
            value: total([&holdings_value, &cash_value]),
            unrealised_rate: related(&unrealised, &cost),
            realised_this_year: total(&realised_this_year),
            income_12_months: income_since(year_ago),
            fees: fees(books, &charges),
            taxes: taxes(books),
            total_gain: total([
                &unrealised,
                &realised,
                &income_in_all,
                &charges.clone().map(|charges| -charges),
                &cash_currency_gain,
            ]),
            inferred_deposits: external(|kind| kind == ExternalKind::Deposit { inferred: true }),
            net_deposits: total([&deposits, &withdrawals.clone().map(|amount| -amount)]),
            net_transfers: external(|kind| {
                matches!(kind, ExternalKind::TransferIn | ExternalKind::TransferOut)
            }),
            holdings_value,
            cash: cash_value,
            cost,
            unrealised,
            realised,
            income: income_in_all,
            charges,
            cash_currency_gain,
            deposits,
            withdrawals,
            day_change,
        }
    }
}

impl Returns {
    fn new(books: &Books, totals: &Totals, series: &PortfolioSeries) -> Self {
        let paid_in = books
            .external_flows()
            .iter()
            .filter(|flow| matches!(flow.kind, ExternalKind::Deposit { .. } | ExternalKind::TransferIn));
        Self {
            xirr: money_weighted(
                books.external_flows().iter().map(|flow| (flow.date, &flow.amount)),
                books,
                &totals.value,
            ),
            simple: related(&totals.total_gain, &total(paid_in.map(|flow| &flow.amount))),
            max_drawdown: series
                .time_weighted
                .as_ref()
                .map_err(Clone::clone)
                .and_then(|linked| max_drawdown(&linked.index)),
            time_weighted: series.time_weighted.clone(),
        }
    }
}

/// XIRR of money that went into something (positive) and came out of it, against its closing value.
fn money_weighted<'a>(
    flows: impl Iterator<Item = (NaiveDate, &'a Figure<Decimal>)>,
    books: &Books,
    value: &Figure<Decimal>,
) -> Figure<Rate> {
    let mut payments = flows
        .map(|(date, amount)| amount.clone().map(|amount| Flow { date, amount: -amount.float() }))
        .collect::<Figure<Vec<_>>>()?;
    payments.push(Flow { date: books.as_of(), amount: value.clone()?.float() });
    xirr(&payments)
}

fn related(part: &Figure<Decimal>, whole: &Figure<Decimal>) -> Figure<f64> {
    ratio(part.clone()?, whole.clone()?)
}

fn cash_holdings(books: &Books, market: &Market) -> Vec<CashHolding> {
    let (base, as_of) = (books.options().base, books.as_of());
    let value_of = |balance: &crate::CashBalance| {
        if balance.currency == base || balance.balance.is_zero() {
            return Ok(balance.balance);
        }
        balance.balance.times(market.rates().on(balance.currency, base, as_of)?.rate)
    };
    let holding = |balance: &crate::CashBalance| {
        let value = value_of(balance);
        let currency_gain = match &balance.booked {
            Ok(booked) => value.clone().and_then(|value| value.minus(*booked)),
            Err(reason) => Err(reason.clone()),
        };
        CashHolding { currency: balance.currency, balance: balance.balance, value, currency_gain }
    };
    books.cash().balances.iter().map(holding).collect()
}

fn fees(books: &Books, charges: &Figure<Decimal>) -> Figure<Decimal> {
    let of_income: Vec<_> = books.income().iter().map(|income| income.in_base(income.fee)).collect();
    let of_trades = total(books.positions().iter().map(|position| &position.trade_fees));
    total([charges, &of_trades, &total(&of_income)])
}

fn taxes(books: &Books) -> Figure<Decimal> {
    let withheld: Vec<_> = books.income().iter().map(|income| income.in_base(income.tax)).collect();
    total([&total(books.positions().iter().map(|position| &position.trade_taxes)), &total(&withheld)])
}
