//! Short spellings for the tests of this crate.
#![allow(clippy::unwrap_used, missing_docs)]

pub(crate) mod random_ledger;

use bellwether_domain::{
    Booking, CashDividend, Currency, PriceColumns, PriceSourceName, Quantity, Quote, Split, SplitRatio,
    Symbol, Trade, Transaction, TransactionId, epoch_day,
};
use chrono::{DateTime, NaiveDate};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::{Books, DatedQuote, InstrumentData, Market, Options, PriceSeries, Rates};

pub(crate) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(crate) fn symbol(text: &str) -> Symbol {
    text.parse().unwrap()
}

pub(crate) fn currency(text: &str) -> Currency {
    text.parse().unwrap()
}

pub(crate) fn usd() -> Currency {
    Currency::USD
}

pub(crate) fn split(ex_date: &str, new: i64, old: i64) -> Split {
    Split { ex_date: date(ex_date), ratio: SplitRatio::new(new.into(), old.into()).unwrap() }
}

pub(crate) fn dividend(ex_date: &str, amount: &str) -> CashDividend {
    CashDividend { ex_date: date(ex_date), amount: decimal(amount), currency: None }
}

pub(crate) fn columns(days: &[(&str, f64)]) -> PriceColumns {
    let mut columns = PriceColumns::default();
    for (day, close) in days {
        columns.push(epoch_day(date(day)), *close);
    }
    columns
}

pub(crate) fn quoted(days: &[(&str, f64)]) -> InstrumentData {
    InstrumentData::new(usd()).with_prices(PriceSeries::as_traded(columns(days)))
}

pub(crate) fn latest(symbol: &str, day: &str, price: &str, previous: Option<&str>) -> DatedQuote {
    DatedQuote {
        day: date(day),
        quote: Quote {
            symbol: symbol.parse().unwrap(),
            price: decimal(price),
            currency: usd(),
            as_of: DateTime::UNIX_EPOCH,
            fetched_at: DateTime::UNIX_EPOCH,
            previous_close: previous.map(decimal),
            delay_minutes: 0,
            source: PriceSourceName::new("test"),
        },
    }
}

pub(crate) fn market<const N: usize>(instruments: [(&str, InstrumentData); N]) -> Market {
    market_with_rates(Rates::new(), instruments)
}

pub(crate) fn market_with_rates<const N: usize>(
    rates: Rates,
    instruments: [(&str, InstrumentData); N],
) -> Market {
    let mut market = Market::new(rates);
    for (name, data) in instruments {
        market.insert(symbol(name), data);
    }
    market
}

/// A ledger that is written line by line; the order of the lines is the recorded order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger(pub Vec<Transaction>);

impl Ledger {
    pub(crate) fn booked(mut self, day: &str, booking: Booking) -> Self {
        let number = self.0.len() + 1;
        self.0.push(Transaction {
            id: TransactionId::from_uuid(Uuid::from_u128(number as u128)),
            date: date(day),
            sequence: number as i64,
            booking,
            currency: usd(),
            fx_rate: None,
            account: String::new(),
            note: String::new(),
        });
        self
    }

    pub(crate) fn buy(self, day: &str, name: &str, quantity: &str, price: &str) -> Self {
        self.booked(day, Booking::Buy(trade(name, quantity, price, "0")))
    }

    pub(crate) fn sell(self, day: &str, name: &str, quantity: &str, price: &str) -> Self {
        self.booked(day, Booking::Sell { trade: trade(name, quantity, price, "0"), lots: Vec::new() })
    }

    pub(crate) fn deposit(self, day: &str, amount: &str) -> Self {
        self.booked(day, Booking::Deposit { amount: decimal(amount) })
    }

    pub(crate) fn withdraw(self, day: &str, amount: &str) -> Self {
        self.booked(day, Booking::Withdrawal { amount: decimal(amount) })
    }

    pub(crate) fn dividend(self, day: &str, name: &str, gross: &str) -> Self {
        let (tax, fee) = (Decimal::ZERO, Decimal::ZERO);
        self.booked(day, Booking::Dividend { symbol: symbol(name), gross: decimal(gross), tax, fee })
    }

    /// The last line in another currency, at a recorded rate or the day's.
    pub(crate) fn in_currency(mut self, code: &str, rate: Option<&str>) -> Self {
        let last = self.0.last_mut().unwrap();
        last.currency = currency(code);
        last.fx_rate = rate.map(decimal);
        self
    }

    /// The last line in an account.
    pub(crate) fn account(mut self, name: &str) -> Self {
        name.clone_into(&mut self.0.last_mut().unwrap().account);
        self
    }

    pub(crate) fn id(&self, line: usize) -> TransactionId {
        self.0[line - 1].id
    }

    pub(crate) fn books(&self, market: &Market, as_of: &str) -> Books {
        Books::replay(&self.0, market, &options(), date(as_of)).unwrap()
    }
}

pub(crate) fn options() -> Options {
    Options::new(usd())
}

pub(crate) fn trade(name: &str, quantity: &str, price: &str, fee: &str) -> Trade {
    Trade {
        symbol: symbol(name),
        quantity: Quantity::new(decimal(quantity)).unwrap(),
        price: decimal(price),
        fee: decimal(fee),
        tax: Decimal::ZERO,
    }
}

pub(crate) fn ratio(new: i64, old: i64) -> SplitRatio {
    SplitRatio::new(new.into(), old.into()).unwrap()
}

pub(crate) fn spin_off(
    of: &str,
    into: &str,
    ratio: SplitRatio,
    cost_share: &str,
    cash_in_lieu: &str,
) -> Booking {
    Booking::SpinOff {
        symbol: symbol(of),
        into: symbol(into),
        ratio,
        cost_share: decimal(cost_share),
        cash_in_lieu: decimal(cash_in_lieu),
    }
}

pub(crate) fn merger(
    of: &str,
    into: Option<(&str, SplitRatio)>,
    cash: &str,
    cost_share: Option<&str>,
) -> Booking {
    Booking::Merger {
        symbol: symbol(of),
        into: into.map(|(into, _)| symbol(into)),
        ratio: into.map(|(_, ratio)| ratio),
        cash_per_share: decimal(cash),
        cash_in_lieu: Decimal::ZERO,
        cost_share: cost_share.map(decimal),
    }
}
