//! `bellwether prices import FILE`, `bellwether prices set SYMBOL PRICE`, `bellwether prices remove SYMBOL`

use std::io::Write;
use std::process::ExitCode;

use super::{rejects, start};
use crate::cli::{Prices, PricesImport, PricesRemove, PricesSet};
use crate::failure::Failure;
use crate::settings::Settings;

pub(super) async fn run(settings: &Settings, prices: Prices) -> Result<ExitCode, Failure> {
    match prices {
        Prices::Import(file) => import(settings, file).await,
        Prices::Set(price) => set(settings, price).await,
        Prices::Remove(price) => remove(settings, price).await,
    }
}

/// Imports daily prices. Rejected rows make the exit code 2.
async fn import(settings: &Settings, import: PricesImport) -> Result<ExitCode, Failure> {
    let bytes = start::read(&import.file)?;
    let tracker = start::tracker(settings).await?;
    let outcome = tracker.import_prices(bytes, import.basis, import.currency).await?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", outcome.sentence)?;
    for note in &outcome.notes {
        writeln!(out, "  {note}")?;
    }
    rejects::tell(&outcome.rejected);
    Ok(if outcome.rejected.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

async fn set(settings: &Settings, given: PricesSet) -> Result<ExitCode, Failure> {
    let tracker = start::tracker(settings).await?;
    let recorded = tracker.record_price(given.symbol, given.date, given.price, given.currency).await?;
    let (symbol, price, currency) = (recorded.symbol, recorded.price, recorded.currency);
    writeln!(std::io::stdout(), "{symbol}: {price} {currency} on {}.", recorded.date)?;
    Ok(ExitCode::SUCCESS)
}

async fn remove(settings: &Settings, price: PricesRemove) -> Result<ExitCode, Failure> {
    let tracker = start::tracker(settings).await?;
    tracker.remove_price(&price.symbol, price.date).await?;
    writeln!(std::io::stdout(), "The price of {} for {} is taken back.", price.symbol, price.date)?;
    Ok(ExitCode::SUCCESS)
}
