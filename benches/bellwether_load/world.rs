//! Portfolios with trades and prices, in a database of their own.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use bellwether_domain::{Currency, PortfolioId, PriceBasis, SystemClock};
use bellwether_tracker::{ImportFile, ImportTarget, PortfolioSettings, Tracker, TrackerOptions, Upstream};
use chrono::{Datelike, Days, NaiveDate, Weekday};

/// How much there is of everything.
pub(crate) struct Size {
    portfolios: usize,
    holdings: usize,
    purchases_of_each: usize,
    days: u64,
}

/// What a first look after a start is measured with.
pub(crate) const SMALL: Size = Size { portfolios: 1, holdings: 50, purchases_of_each: 10, days: 5 * 365 };
/// What keeps the processors busy.
pub(crate) const LARGE: Size = Size { portfolios: 8, holdings: 1_000, purchases_of_each: 2, days: 365 };
/// A household's fifty.
pub(crate) const MANY: Size = Size { portfolios: 50, holdings: 50, purchases_of_each: 10, days: 5 * 365 };

fn last_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 6, 28).expect("a Friday")
}

/// Fills a new database in that folder; the portfolios in it.
pub(crate) async fn fill(folder: &Path, size: &Size) -> Vec<PortfolioId> {
    let tracker = Tracker::open(TrackerOptions {
        database: folder.join("bellwether.sqlite").display().to_string(),
        upstream: Upstream::Nobody,
        feeds: Vec::new(),
        redis: None,
        clock: Arc::new(SystemClock),
    })
    .await
    .expect("a new database opens");
    let mut ids = Vec::new();
    for number in 0..size.portfolios {
        let name = format!("Portfolio {number}");
        let file = ImportFile { name: "trades.csv".to_owned(), bytes: trades(size).into(), currency: None };
        let target = ImportTarget::Named(PortfolioSettings::named(&name));
        tracker.import(target, file, false).await.expect("trades of our own");
        ids.push(tracker.portfolio_named(&name).await.expect("it was made just now").id);
    }
    let closes = closes(size).into();
    tracker.import_prices(closes, Some(PriceBasis::AsTraded), Currency::USD).await.expect("our own prices");
    ids
}

fn trades(size: &Size) -> String {
    let mut csv = "Ticker,Type,Date,Price,Shares\n".to_owned();
    for holding in 0..size.holdings {
        for purchase in 0..size.purchases_of_each {
            let back = size.days * (size.purchases_of_each - purchase) as u64 / size.purchases_of_each as u64;
            let day = last_day() - Days::new(back.saturating_sub(holding as u64 % 20));
            let (price, shares) = (20 + holding % 80, purchase + 1);
            writeln!(csv, "T{holding},Buy,{day},{price}.5,{shares}").expect("a String takes it");
        }
    }
    csv
}

fn closes(size: &Size) -> String {
    let mut csv = "date,symbol,close\n".to_owned();
    let symbols: Vec<String> = (0..size.holdings).map(|number| format!("T{number}")).collect();
    let benchmarks = ["VOO".to_owned(), "QQQ".to_owned()];
    for (number, symbol) in symbols.iter().chain(&benchmarks).enumerate() {
        for back in (0..=size.days).rev() {
            let day = last_day() - Days::new(back);
            if !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
                let cents = 2_000 + (number as u64 % 80) * 100 + (back * 7_919 + number as u64 * 31) % 400;
                let (whole, part) = (cents / 100, cents % 100);
                writeln!(csv, "{day},{symbol},{whole}.{part:02}").expect("a String takes it");
            }
        }
    }
    csv
}
