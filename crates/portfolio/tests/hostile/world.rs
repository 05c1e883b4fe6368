//! What the figures are asked of: a ledger, a market and a day.

use bellwether_domain::{
    Booking, CashDividend, Currency, PriceColumns, PriceSourceName, Quantity, Quote, Split, SplitRatio,
    Symbol, Trade, Transaction, TransactionId, epoch_day,
};
use bellwether_portfolio::{
    Books, DatedQuote, InstrumentData, LedgerError, Market, Options, PriceSeries, Rates, Shorts,
};
use chrono::{DateTime, NaiveDate};
use rust_decimal::Decimal;
use uuid::Uuid;

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(crate) fn symbol(text: &str) -> Symbol {
    text.parse().unwrap()
}

pub(crate) fn currency(text: &str) -> Currency {
    text.parse().unwrap()
}

pub(crate) fn quantity(text: &str) -> Quantity {
    Quantity::new(dec(text)).unwrap()
}

pub(crate) fn ratio(new: &str, old: &str) -> SplitRatio {
    SplitRatio::new(dec(new), dec(old)).unwrap()
}

pub(crate) fn split(ex_date: &str, new: &str, old: &str) -> Split {
    Split { ex_date: day(ex_date), ratio: ratio(new, old) }
}

pub(crate) fn dividend(ex_date: &str, amount: &str) -> CashDividend {
    CashDividend { ex_date: day(ex_date), amount: dec(amount), currency: None }
}

pub(crate) fn columns(quotes: &[(&str, f64)]) -> PriceColumns {
    PriceColumns {
        days: quotes.iter().map(|(on, _)| epoch_day(day(on))).collect(),
        closes: quotes.iter().map(|(_, close)| *close).collect(),
    }
}

/// A close on every day, from 10 up and down by a fifth, so that there are returns of both signs.
pub(crate) fn wave(from: &str, to: &str) -> PriceColumns {
    let days: Vec<i32> = (epoch_day(day(from))..=epoch_day(day(to))).collect();
    let closes = days.iter().map(|on| 10.0 + 2.0 * (f64::from(*on) / 20.0).sin()).collect();
    PriceColumns { days, closes }
}

pub(crate) fn quoted(columns: PriceColumns) -> InstrumentData {
    InstrumentData::new(Currency::USD).with_prices(PriceSeries::as_traded(columns))
}

/// The newest price of HELD.
pub(crate) fn latest(on: &str, price: &str, previous: Option<&str>) -> DatedQuote {
    DatedQuote {
        day: day(on),
        quote: Quote {
            symbol: symbol("HELD"),
            price: dec(price),
            currency: Currency::USD,
            as_of: DateTime::UNIX_EPOCH,
            fetched_at: DateTime::UNIX_EPOCH,
            previous_close: previous.map(dec),
            delay_minutes: 0,
            source: PriceSourceName::new("test"),
        },
    }
}

pub(crate) fn id(number: usize) -> TransactionId {
    TransactionId::from_uuid(Uuid::from_u128(number as u128))
}

pub(crate) fn trade(of: &str, shares: &str, price: &str, fee: &str) -> Trade {
    Trade {
        symbol: symbol(of),
        quantity: quantity(shares),
        price: dec(price),
        fee: dec(fee),
        tax: Decimal::ZERO,
    }
}

pub(crate) struct World {
    pub name: &'static str,
    pub ledger: Vec<Transaction>,
    pub market: Market,
    pub rates: Rates,
    pub options: Options,
    pub as_of: NaiveDate,
}

impl World {
    /// Nothing is booked; HELD, OTHER and the benchmark BENCH have closes from 2023 to 2025.
    pub(crate) fn new(name: &'static str, as_of: &str) -> Self {
        let mut market = Market::default();
        for of in ["HELD", "OTHER", "BENCH"] {
            market.insert(symbol(of), quoted(wave("2023-01-01", "2025-12-31")));
        }
        let rates = Rates::new();
        let options = Options::new(Currency::USD);
        Self { name, ledger: Vec::new(), market, rates, options, as_of: day(as_of) }
    }

    pub(crate) fn with(mut self, of: &str, data: InstrumentData) -> Self {
        self.market.insert(symbol(of), data);
        self
    }

    /// Without anything known of BENCH, HELD and OTHER.
    pub(crate) fn without_market(mut self) -> Self {
        self.market = Market::default();
        self
    }

    pub(crate) fn rate(mut self, from: &str, to: &str, quotes: &[(&str, f64)]) -> Self {
        self.rates.insert(currency(from), currency(to), &columns(quotes));
        self
    }

    pub(crate) fn shorts(mut self) -> Self {
        self.options.shorts = Shorts::Allowed;
        self
    }

    pub(crate) fn booked_in(mut self, in_currency: &str, on: &str, booking: Booking) -> Self {
        let number = self.ledger.len() + 1;
        self.ledger.push(Transaction {
            id: id(number),
            date: day(on),
            sequence: number as i64,
            booking,
            currency: currency(in_currency),
            fx_rate: None,
            account: String::new(),
            note: String::new(),
        });
        self
    }

    pub(crate) fn booked(self, on: &str, booking: Booking) -> Self {
        self.booked_in("USD", on, booking)
    }

    pub(crate) fn buy(self, on: &str, of: &str, shares: &str, price: &str) -> Self {
        self.booked(on, Booking::Buy(trade(of, shares, price, "0")))
    }

    pub(crate) fn sell(self, on: &str, of: &str, shares: &str, price: &str) -> Self {
        self.booked(on, Booking::Sell { trade: trade(of, shares, price, "0"), lots: Vec::new() })
    }

    pub(crate) fn deposit(self, on: &str, amount: &str) -> Self {
        self.booked(on, Booking::Deposit { amount: dec(amount) })
    }

    pub(crate) fn withdrawal(self, on: &str, amount: &str) -> Self {
        self.booked(on, Booking::Withdrawal { amount: dec(amount) })
    }

    pub(crate) fn transfer_in(self, on: &str, of: &str, shares: &str, unit_cost: &str) -> Self {
        let (unit_cost, fee) = (dec(unit_cost), Decimal::ZERO);
        self.booked(
            on,
            Booking::TransferIn {
                symbol: symbol(of),
                quantity: quantity(shares),
                unit_cost,
                fee,
                acquired: None,
            },
        )
    }

    pub(crate) fn renamed(self, on: &str, of: &str, into: &str) -> Self {
        self.booked(on, Booking::TickerChange { symbol: symbol(of), into: symbol(into) })
    }

    pub(crate) fn spin_off(self, on: &str, ratio: SplitRatio, cost_share: &str) -> Self {
        let (symbol, into, cash_in_lieu) = (symbol("HELD"), symbol("SPUN"), Decimal::ZERO);
        self.booked(on, Booking::SpinOff { symbol, into, ratio, cost_share: dec(cost_share), cash_in_lieu })
    }

    pub(crate) fn merger(self, on: &str, into: Option<&str>, cash_per_share: &str) -> Self {
        let shares = into.map(|_| ratio("1", "2"));
        self.booked(
            on,
            Booking::Merger {
                symbol: symbol("HELD"),
                into: into.map(symbol),
                ratio: shares,
                cash_per_share: dec(cash_per_share),
                cash_in_lieu: Decimal::ZERO,
                cost_share: None,
            },
        )
    }

    /// The market with its rates.
    pub(crate) fn finished(mut self) -> Self {
        let mut market = Market::new(self.rates.clone());
        for of in ["HELD", "OTHER", "BENCH", "SPUN", "A", "B"] {
            if let Some(data) = self.market.instrument(&symbol(of)) {
                market.insert(symbol(of), data.clone());
            }
        }
        self.market = market;
        self
    }

    pub(crate) fn books(&self) -> Result<Books, LedgerError> {
        Books::replay(&self.ledger, &self.market, &self.options, self.as_of)
    }
}
