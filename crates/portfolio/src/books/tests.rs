//! The rules of the ledger, each with numbers worked by hand.

mod cash;
mod currency;
mod dividends;
mod lots;
mod splits;
