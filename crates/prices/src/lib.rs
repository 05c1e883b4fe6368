//! Upstream price providers behind limits, retries, a circuit breaker and budgets.
//!
//! Asks for current prices and daily history, and says for every single symbol what came of it. Treats the upstream
//! as hostile: every answer is matched by symbol and checked, every call is counted against the load it is for, and
//! refusals are answered by a rest. Concurrent askers can share their calls ([`Coalescing`]), and several sources can
//! stand in for each other ([`Chain`]), and processes can share their limits ([`SharedLimits`]). Async; no database, and no memory of prices.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use bellwether_domain::{Clock, Symbol, SystemClock};
//! use bellwether_prices::{LoadBudget, Outcome, Provider, Yahoo};
//! use chrono::TimeDelta;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let clock = Arc::new(SystemClock);
//! let yahoo = Yahoo::at("https://query1.finance.yahoo.com", clock.clone())?;
//! let symbols: Vec<Symbol> = ["AAPL", "VOD.L", "EURUSD=X"].iter().map(|s| s.parse()).collect::<Result<_, _>>()?;
//!
//! let budget = LoadBudget::foreground(10, clock.now() + TimeDelta::seconds(5));
//! for (symbol, outcome) in yahoo.quotes(&symbols, &budget).await {
//!     match outcome {
//!         Outcome::Answered(quote) => println!("{symbol}: {} {}", quote.price, quote.currency),
//!         other => println!("{symbol}: {other:?}"),
//!     }
//! }
//! let history = yahoo.history(&symbols[0], "2020-01-01".parse()?, &budget).await;
//! println!("{} bars", history.answer().map_or(0, |history| history.bars.len()));
//! # Ok(())
//! # }
//! ```

mod chain;
mod coalescing;
mod error;
mod feed;
mod gateway;
mod health;
mod history;
mod load_budget;
mod number;
mod outcome;
mod overlap;
mod pause;
mod plan;
mod provider;
mod shared_limits;
mod suspicion;
mod transport;
pub mod upkeep;
pub mod yahoo;

pub use chain::Chain;
pub use coalescing::{Coalescing, CoalescingCounters, FlightCounters};
pub use error::PricesError;
pub use feed::{Feed, FeedSettings, InvalidFeed};
pub use gateway::{
    CircuitSnapshot, CircuitState, Counters, Dice, EndpointCounters, Gateway, GatewaySnapshot, HourlyBounds,
    Limits, OpenedBy, Sharing, Unreadable,
};
pub use health::{Answers, Failure, SourceHealth};
pub use history::{History, Listing, RecentCloses, dividend_as_paid};
pub use load_budget::{LoadBudget, Priority};
pub use outcome::{NotAnswered, Outcome};
pub use overlap::{OVERLAP_DAYS, Overlap, overlap};
pub use pause::{Pause, RealPause, SteppingPause};
pub use plan::{Batch, Plan, Wanted, calls_of_a_load, plan};
pub use provider::{Found, Provider};
pub use shared_limits::{Bucket, Common, Leave, SharedLimits, Unshared, Wish};
pub use suspicion::{SuspectBar, Suspicion, doubt_price, set_suspects_aside};
pub use transport::{Family, HttpTransport, Request, Response, Site, Transport, TransportError};
pub use yahoo::Yahoo;
