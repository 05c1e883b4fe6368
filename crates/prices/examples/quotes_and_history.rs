//! Prices and history of three symbols, from Yahoo or the address given: `quotes_and_history http://127.0.0.1:8081`.
#![expect(clippy::print_stdout, reason = "it is all there is to see")]
use std::{env, error::Error, sync::Arc};

use bellwether_domain::{Clock, Symbol, SystemClock};
use bellwether_prices::{LoadBudget, Outcome, Provider, Yahoo};
use chrono::TimeDelta;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let yahoo = Yahoo::at(&env::args().nth(1).unwrap_or(Yahoo::ADDRESS.into()), Arc::new(SystemClock))?;
    let symbols: Result<Vec<Symbol>, _> =
        ["AAPL", "VOD.L", "EURUSD=X"].iter().map(|text| text.parse()).collect();
    let budget = LoadBudget::foreground(10, SystemClock.now() + TimeDelta::seconds(10));
    for (symbol, price) in yahoo.quotes(&symbols?, &budget).await {
        match (price, yahoo.history(&symbol, "2024-01-02".parse()?, &budget).await) {
            (Outcome::Answered(quote), Outcome::Answered(history)) => {
                println!("{symbol}: {} {}, {} days", quote.price, quote.currency, history.bars.len());
            }
            other => println!("{symbol}: {other:?}"),
        }
    }
    Ok(())
}
