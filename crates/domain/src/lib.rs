//! The words that every other part of Bellwether speaks: symbols, currencies, exact money and quantities,
//! transactions, prices, corporate actions, exchange calendars and the clock.
//!
//! Nothing here reads a file, a network or the time of day. Values that can be wrong are checked once, where they
//! are made, so that code which holds a [`Symbol`] or a [`Currency`] need not doubt it.
//!
//! ```
//! use bellwether_domain::{Currency, Money, Symbol};
//! use rust_decimal::Decimal;
//!
//! let apple: Symbol = "aapl".parse()?;
//! assert_eq!(apple.as_str(), "AAPL");
//!
//! let usd: Currency = "USD".parse()?;
//! let paid = Money::new(Decimal::new(130_31, 2), usd);
//! assert_eq!(paid.to_string(), "130.31 USD");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bar;
pub mod calendar;
mod clock;
mod corporate_action;
mod currency;
mod freshness;
mod id;
mod instrument;
mod measure;
mod money;
mod portfolio;
mod quantity;
mod quote;
mod role;
mod source;
mod symbol;
mod transaction;

pub use bar::{DailyBar, PriceColumns, decimal_of_price, epoch_day, from_epoch_day, price_of_decimal};
pub use calendar::Exchange;
pub use clock::{Clock, FixedClock, SharedClock, SystemClock};
pub use corporate_action::{ActionKind, CashDividend, CorporateAction, Split, SplitRatio};
pub use currency::{Currency, InvalidCurrency, QuoteUnit};
pub use freshness::Freshness;
pub use id::{ChangeId, ImportId, InstrumentId, PortfolioId, TransactionId, UserId};
pub use instrument::{Instrument, InstrumentKind};
pub use measure::{Durations, Quantiles, Span};
pub use money::{CurrencyMismatch, Money};
pub use portfolio::{CostMethod, DividendPolicy, InvalidCostMethod, Portfolio};
pub use quantity::{InvalidQuantity, Quantity};
pub use quote::Quote;
pub use role::{InvalidRole, Role};
pub use source::{InvalidSourceName, PriceBasis, PriceSource, PriceSourceName};
pub use symbol::{InvalidSymbol, Symbol};
pub use transaction::{
    Booking, InvalidKind, InvalidTransaction, LotChoice, Trade, Transaction, TransactionDraft,
    TransactionKind,
};
