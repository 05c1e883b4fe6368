//! A case's transactions as bookings of a ledger.

use std::collections::BTreeMap;

use bellwether_domain::{Booking, Currency, Quantity, QuoteUnit, Symbol, Trade, Transaction, TransactionId};
use bellwether_portfolio::Market;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::case::{Case, Entry, Kind};
use crate::market::{Listing, base, parsed, unit};
use crate::number::Number;

/// How a case's transactions are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Reading {
    /// Without the taxes of trades and income.
    pub before_tax: bool,
}

/// The ledger of a case.
///
/// A delivery across the border with a price is a trade with the money for it paid in, or its proceeds paid out; one
/// without is a transfer. What is settled in another currency is exchanged on its day.
pub(crate) fn ledger(case: &Case, market: &Market, reading: Reading) -> Result<Vec<Transaction>, String> {
    let mut entries: Vec<_> = case.transactions.iter().collect();
    let inflows_first = case.params.is("same_day", "inflows-first");
    entries.sort_by_key(|entry| (entry.date, inflows_first && !comes_in(entry.kind)));
    let mut clerk =
        Clerk { case, market, reading, base: base(case)?, booked: Vec::new(), dust: BTreeMap::new() };
    for entry in entries {
        clerk.book(entry).map_err(|trouble| format!("{:?} of {}: {trouble}", entry.kind, entry.date))?;
    }
    Ok(clerk.booked)
}

fn comes_in(kind: Kind) -> bool {
    use Kind::{
        Buy, DeliverIn, DeliverOut, Deposit, Dividend, Fee, FeeRefund, Interest, InterestCharge, Sell, Tax,
        TaxRefund, Transfer, Withdrawal,
    };
    match kind {
        Buy | DeliverIn | Deposit | Dividend | FeeRefund | Interest | TaxRefund => true,
        Sell | DeliverOut | Withdrawal | Fee | InterestCharge | Tax | Transfer => false,
    }
}

struct Clerk<'a> {
    case: &'a Case,
    market: &'a Market,
    reading: Reading,
    base: Currency,
    booked: Vec<Transaction>,
    /// What rounding to nine decimals has left of each symbol's quantities so far.
    dust: BTreeMap<String, Decimal>,
}

/// An entry's amounts in its major currency.
struct Amounts {
    unit: QuoteUnit,
    fee: Decimal,
    tax: Decimal,
}

impl<'a> Clerk<'a> {
    fn book(&mut self, entry: &'a Entry) -> Result<(), String> {
        let unit = unit(entry.currency.as_ref().unwrap_or(&self.case.base_currency))?;
        let amount = |number: &Option<Number>| match number {
            Some(number) => Ok(unit.to_major(number.decimal()?)),
            None => Ok::<_, String>(Decimal::ZERO),
        };
        let tax = if self.reading.before_tax { Decimal::ZERO } else { amount(&entry.tax)? };
        let amounts = Amounts { unit, fee: amount(&entry.fee)?, tax };
        let charges = amounts.fee + amounts.tax;
        match entry.kind {
            Kind::Buy => {
                let trade = self.trade(entry, &amounts)?;
                let paid = trade.gross() + charges;
                self.settle(entry, unit, -paid)?;
                self.note(entry, unit, Booking::Buy(trade))
            }
            Kind::Sell => {
                let trade = self.trade(entry, &amounts)?;
                let received = trade.gross() - charges;
                self.note(entry, unit, Booking::Sell { trade, lots: Vec::new() })?;
                self.settle(entry, unit, received)
            }
            Kind::DeliverIn if entry.price.is_none() && entry.gross.is_none() => {
                let (symbol, quantity) = (symbol(entry)?, self.quantity(entry)?);
                self.note(entry, unit, arrival(symbol, quantity))?;
                self.charge(entry, &amounts)
            }
            Kind::DeliverIn => {
                let trade = self.trade(entry, &amounts)?;
                self.note_cash(entry, unit, trade.gross() + charges)?;
                self.note(entry, unit, Booking::Buy(trade))
            }
            Kind::DeliverOut if entry.price.is_none() && entry.gross.is_none() => {
                let (symbol, quantity) = (symbol(entry)?, self.quantity(entry)?);
                self.note(entry, unit, departure(symbol, quantity))?;
                self.charge(entry, &amounts)
            }
            Kind::DeliverOut => {
                let trade = self.trade(entry, &amounts)?;
                let proceeds = trade.gross() - charges;
                self.note(entry, unit, Booking::Sell { trade, lots: Vec::new() })?;
                self.note_cash(entry, unit, -proceeds)
            }
            // Cash that moves between own accounts moves nothing in the whole, unless it arrives as another currency.
            Kind::Transfer if entry.symbol.is_none() => {
                self.charge(entry, &amounts)?;
                if entry.settlement_currency.is_none() {
                    return Ok(());
                }
                let gross = self.gross(entry, unit)?;
                self.settle(entry, unit, gross)
            }
            Kind::Transfer => {
                let (symbol, quantity) = (symbol(entry)?, self.quantity(entry)?);
                let to = entry.to_account.as_deref().ok_or("a transfer needs an account that receives")?;
                self.note(entry, unit, departure(symbol.clone(), quantity))?;
                self.note(entry, unit, arrival(symbol, quantity))?;
                if let Some(arrival) = self.booked.last_mut() {
                    self.case.shares_account(to).clone_into(&mut arrival.account);
                }
                self.charge(entry, &amounts)
            }
            Kind::Dividend => {
                let (symbol, gross) = (symbol(entry)?, self.gross(entry, unit)?);
                let Amounts { fee, tax, .. } = amounts;
                self.note(entry, unit, Booking::Dividend { symbol, gross, tax, fee })?;
                self.settle(entry, unit, gross - charges)
            }
            Kind::Deposit | Kind::Withdrawal => {
                let gross = self.gross(entry, unit)?;
                let amount = if entry.kind == Kind::Deposit { gross } else { -gross };
                self.note_cash(entry, unit, amount)?;
                self.charge(entry, &amounts)
            }
            Kind::Interest | Kind::InterestCharge => {
                let gross = self.gross(entry, unit)?;
                let gross = if entry.kind == Kind::Interest { gross } else { -gross };
                self.note(entry, unit, Booking::Interest { gross, tax: amounts.tax })?;
                self.charge(entry, &Amounts { tax: Decimal::ZERO, ..amounts })?;
                self.settle(entry, unit, gross - charges)
            }
            Kind::Fee | Kind::FeeRefund => {
                let gross = self.gross(entry, unit)?;
                let fee = if entry.kind == Kind::Fee { gross } else { -gross };
                self.charge(entry, &Amounts { fee: amounts.fee + fee, ..amounts })?;
                self.settle(entry, unit, -(charges + fee))
            }
            Kind::Tax | Kind::TaxRefund => {
                let gross = if self.reading.before_tax { Decimal::ZERO } else { self.gross(entry, unit)? };
                let tax = if entry.kind == Kind::Tax { gross } else { -gross };
                self.charge(entry, &Amounts { tax: amounts.tax + tax, ..amounts })?;
                self.settle(entry, unit, -(charges + tax))
            }
        }
    }

    /// A trade with an exact quantity, and a price that gives the total back.
    fn trade(&mut self, entry: &Entry, amounts: &Amounts) -> Result<Trade, String> {
        let gross = self.gross(entry, amounts.unit)?;
        let quantity = self.quantity(entry)?;
        let price = gross.checked_div(quantity.get()).ok_or("the price is too large")?;
        Ok(Trade { symbol: symbol(entry)?, quantity, price, fee: amounts.fee, tax: amounts.tax })
    }

    /// A quantity of at most nine decimals; what rounding leaves is added to the symbol's next one.
    fn quantity(&mut self, entry: &Entry) -> Result<Quantity, String> {
        let stated = entry.quantity.as_ref().ok_or("a quantity is missing")?.decimal()?;
        let key = format!("{}|{}", entry.symbol.as_deref().unwrap_or_default(), comes_in(entry.kind));
        let dust = self.dust.entry(key).or_default();
        let rounded = (stated + *dust).round_dp(Quantity::DECIMALS);
        *dust += stated - rounded;
        Quantity::new(rounded).map_err(|error| error.to_string())
    }

    /// In all, in the major currency: as stated, else quantity times price.
    fn gross(&self, entry: &Entry, unit: QuoteUnit) -> Result<Decimal, String> {
        if let Some(gross) = &entry.gross {
            return Ok(unit.to_major(gross.decimal()?));
        }
        let price = entry.price.as_ref().ok_or("neither price nor gross is given")?.decimal()?;
        let quantity = entry.quantity.as_ref().map_or(Ok(Decimal::ONE), Number::decimal)?;
        let trades = matches!(entry.kind, Kind::Buy | Kind::Sell | Kind::DeliverIn | Kind::DeliverOut);
        let multiplier = match entry.symbol.as_deref().filter(|_| trades) {
            Some(symbol) => Listing::of(self.case, symbol)?.multiplier,
            None => Decimal::ONE,
        };
        let per_contract = price.checked_mul(multiplier).ok_or("the price is too large")?;
        Ok(unit.to_major(per_contract.checked_mul(quantity).ok_or("the amount is too large")?))
    }

    /// Fee and tax that no trade or income contains.
    fn charge(&mut self, entry: &Entry, amounts: &Amounts) -> Result<(), String> {
        let symbol = entry.symbol.as_deref().map(parsed).transpose()?;
        if !amounts.fee.is_zero() {
            let (symbol, amount) = (symbol.clone(), amounts.fee);
            self.note(entry, amounts.unit, Booking::Fee { symbol, amount })?;
        }
        if !amounts.tax.is_zero() {
            self.note(entry, amounts.unit, Booking::Tax { symbol, amount: amounts.tax })?;
        }
        Ok(())
    }

    /// Cash across the border: positive in, negative out.
    fn note_cash(&mut self, entry: &Entry, unit: QuoteUnit, amount: Decimal) -> Result<(), String> {
        if amount.is_zero() {
            return Ok(());
        }
        let booking = if amount > Decimal::ZERO {
            Booking::Deposit { amount }
        } else {
            Booking::Withdrawal { amount: -amount }
        };
        self.note(entry, unit, booking)
    }

    /// What moves in another currency than it is booked in: one goes out, the other comes in.
    fn settle(&mut self, entry: &Entry, unit: QuoteUnit, amount: Decimal) -> Result<(), String> {
        let Some(other) = &entry.settlement_currency else { return Ok(()) };
        let other = self::unit(other)?;
        if other.currency == unit.currency {
            return Ok(());
        }
        let rate = self.exchange_rate(entry, unit, other)?;
        let settled = amount.checked_mul(rate).ok_or("the amount is too large")?;
        self.note_cash(entry, unit, -amount)?;
        self.note_cash(entry, other, settled)?;
        if let Some(payment) = self.booked.last_mut() {
            payment.fx_rate = match &entry.fx_rate {
                Some(number) if other.currency != self.base => {
                    Some(unit_rate(number, unit)?.checked_div(rate).ok_or("the rate is too large")?)
                }
                _ => None,
            };
        }
        Ok(())
    }

    /// Units of the settlement's currency for one of the booking's.
    fn exchange_rate(&self, entry: &Entry, unit: QuoteUnit, other: QuoteUnit) -> Result<Decimal, String> {
        if let Some(rate) = entry.fx_rate.as_ref().filter(|_| other.currency == self.base) {
            return unit_rate(rate, unit);
        }
        let on = self.market.rates().on(unit.currency, other.currency, entry.date);
        on.map(|on| on.rate).map_err(|reason| reason.to_string())
    }

    fn note(&mut self, entry: &Entry, unit: QuoteUnit, booking: Booking) -> Result<(), String> {
        let sequence = i64::try_from(self.booked.len()).unwrap_or(i64::MAX);
        let fx_rate = entry.fx_rate.as_ref().map(|rate| unit_rate(rate, unit)).transpose()?;
        self.booked.push(Transaction {
            id: TransactionId::from_uuid(Uuid::from_u128(self.booked.len() as u128 + 1)),
            date: entry.date,
            sequence,
            booking,
            currency: unit.currency,
            fx_rate,
            account: self.case.shares_account(&entry.account).to_owned(),
            note: String::new(),
        });
        Ok(())
    }
}

impl Case {
    /// The account whose lots are sold first in, first out.
    fn shares_account<'a>(&self, account: &'a str) -> &'a str {
        if self.params.is("fifo_scope", "portfolio") { "" } else { account }
    }
}

/// Base currency per unit of the major currency.
fn unit_rate(rate: &Number, unit: QuoteUnit) -> Result<Decimal, String> {
    Ok(rate.decimal()? * Decimal::from(unit.units_in_one))
}

fn symbol(entry: &Entry) -> Result<Symbol, String> {
    parsed(entry.symbol.as_deref().ok_or("a symbol is missing")?)
}

/// Shares that come without a price, and without cost.
fn arrival(symbol: Symbol, quantity: Quantity) -> Booking {
    Booking::TransferIn { symbol, quantity, unit_cost: Decimal::ZERO, fee: Decimal::ZERO, acquired: None }
}

/// Shares that go with their cost.
fn departure(symbol: Symbol, quantity: Quantity) -> Booking {
    Booking::TransferOut { symbol, quantity, fee: Decimal::ZERO, lots: Vec::new() }
}
