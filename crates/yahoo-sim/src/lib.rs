//! A Yahoo Finance that runs anywhere: for the demo, tests and benchmarks.
//!
//! It speaks the real protocol over HTTP, knows every symbol, makes up prices that look like a market, and is exact
//! about what it was asked. The same seed, clock and order of requests give the same answers on every machine. It can
//! refuse, delay, damage and lose answers as the real service does, and tells the [truth](Market::truth) beside.
//!
//! ```
//! use bellwether_yahoo_sim::{SimConfig, Simulator};
//! use std::io::{Read, Write};
//!
//! let simulator = Simulator::spawn(SimConfig { clock: "2026-01-05T15:00:00Z".parse()?, ..SimConfig::default() })?;
//!
//! let mut client = std::net::TcpStream::connect(simulator.addr)?;
//! client.write_all(b"GET /v7/finance/spark?symbols=AAPL HTTP/1.1\r\nHost: y\r\nUser-Agent: doc\r\nConnection: close\r\n\r\n")?;
//! let mut answer = String::new();
//! client.read_to_string(&mut answer)?;
//!
//! assert!(answer.starts_with("HTTP/1.1 200 OK"));
//! assert_eq!(simulator.counters().since_start.spark_calls(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod ask;
mod auth;
mod chart;
mod clock;
mod config;
mod connection;
mod counters;
pub mod demo;
mod edge_cache;
mod faults;
mod http;
mod latency;
mod limiter;
mod market;
mod quote;
mod replay;
mod search;
mod server;
mod service;
mod spark;

pub use ask::Route;
pub use clock::{ClockIsShared, ClockMode, InvalidClock, SimClock};
pub use config::{Behaviour, ConsentMode, CrumbRules, SimConfig, SimError, UnknownPreset};
pub use counters::{Counters, LogEntry, Mark, RouteCounters, Totals};
pub use faults::{FaultAction, FaultBody, FaultMatch, FaultRule, Omission, ResetPoint};
pub use latency::{Draw, LatencyProfile};
pub use limiter::{Bucket, LimiterPolicy, RateWindow, ThrottleBody};
pub use market::{Market, TrueBar, Truth};
pub use server::{SimHandle, Simulator};
