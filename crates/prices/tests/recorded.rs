//! Recorded answers of the real service, from the folder that `BELLWETHER_YAHOO_FIXTURES_DIR` names.
//!
//! The recordings are not part of the repository. Where the variable is not set these tests have nothing to do and say
//! so; where it is, a folder that is not there or not complete fails them.
#![expect(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "tests; prices are meant to be the very same numbers"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::PathBuf;

use bellwether_domain::{DailyBar, InstrumentKind, Symbol};
use bellwether_prices::{History, NotAnswered, Outcome, Suspicion, Unreadable, set_suspects_aside, yahoo};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value;

struct Recordings {
    folder: PathBuf,
    entries: BTreeMap<String, Entry>,
}

struct Entry {
    status: u16,
    path: String,
    query: BTreeMap<String, String>,
}

impl Recordings {
    fn open() -> Option<Self> {
        let Some(folder) = std::env::var_os("BELLWETHER_YAHOO_FIXTURES_DIR").map(PathBuf::from) else {
            // Past the capture of the test harness, so that it is seen.
            let words = "not tested: BELLWETHER_YAHOO_FIXTURES_DIR names no folder of recorded answers";
            let _ = writeln!(std::io::stderr(), "{words}");
            return None;
        };
        let manifest = fs::read(folder.join("manifest.json")).expect("the recordings have a manifest");
        let manifest: Vec<Value> = serde_json::from_slice(&manifest).expect("the manifest is a list");
        let entries = manifest.iter().map(|entry| {
            let request =
                entry["request"].as_str().unwrap_or_default().split_once(' ').map_or("", |(_, line)| line);
            let (path, query) = request.split_once('?').unwrap_or((request, ""));
            let query = query.split('&').filter_map(|pair| pair.split_once('='));
            let query = query.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
            let status = entry["status"].as_u64().unwrap_or(0) as u16;
            (entry["file"].as_str().unwrap().to_owned(), Entry { status, path: path.to_owned(), query })
        });
        Some(Self { entries: entries.collect(), folder })
    }

    fn in_folder(&self, name: &str) -> Vec<String> {
        let files: Vec<String> =
            self.entries.keys().filter(|file| file.starts_with(&format!("{name}/"))).cloned().collect();
        assert!(!files.is_empty(), "no recordings in {name}");
        files
    }

    fn body(&self, file: &str) -> Vec<u8> {
        fs::read(self.folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    fn asked(&self, file: &str) -> yahoo::Asked {
        let entry = &self.entries[file];
        let symbol = entry.path.rsplit('/').next().unwrap().replace("%5E", "^").replace("%3D", "=");
        let before = entry.query.get("period2").and_then(|second| second.parse().ok());
        yahoo::Asked { before, ..yahoo::Asked::daily(symbol.parse().expect(file), later()) }
    }

    fn chart(&self, file: &str) -> Result<Outcome<History>, Unreadable> {
        yahoo::read_chart(self.entries[file].status, &self.body(file), &self.asked(file))
    }

    fn history(&self, file: &str) -> History {
        match self.chart(file) {
            Ok(Outcome::Answered(history)) => history,
            other => panic!("{file}: {other:?}"),
        }
    }

    fn symbols(&self, file: &str) -> Vec<Symbol> {
        self.entries[file].query["symbols"].split(',').map(|symbol| symbol.parse().unwrap()).collect()
    }
}

/// Long after every recording, so that all days are over.
fn later() -> DateTime<Utc> {
    "2027-01-04T12:00:00Z".parse().unwrap()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn dates(history: &History) -> Vec<String> {
    history.bars.iter().map(|bar| bar.date.to_string()).collect()
}

fn refused(read: &Result<Outcome<History>, Unreadable>) -> bool {
    matches!(read, Err(Unreadable::Inconsistent(_)))
}

#[test]
fn every_chart_is_read_or_refused_as_its_description_says() {
    let Some(recordings) = Recordings::open() else { return };
    for file in recordings.in_folder("chart") {
        let read = recordings.chart(&file);
        let name = file.trim_start_matches("chart/").trim_end_matches(".json");
        let is_daily =
            name.contains("-1d") || name.contains("live-session-one-bar") || name.contains("EUR=X");
        match name {
            "AAPL-1d-5bars-no-timestamps-2021" => {
                assert_eq!(read, Err(Unreadable::Inconsistent("values without times".into())));
            }
            "CAPIO.ST-1d-delisted-shell-200" => assert_eq!(read, Ok(Outcome::Delisted)),
            "LUCYW-1d-null-currency-no-bars" => {
                assert_eq!(read, Err(Unreadable::Inconsistent("no currency".into())));
            }
            _ if !is_daily => assert!(refused(&read), "{name} is not of daily bars"),
            _ => {
                let Ok(Outcome::Answered(history)) = read else { panic!("{name}: {read:?}") };
                check(name, &history);
            }
        }
    }
}

/// What holds for every history.
fn check(name: &str, history: &History) {
    assert!(!history.bars.is_empty(), "{name}");
    assert!(history.bars.windows(2).all(|pair| pair[0].date < pair[1].date), "{name}: days ascend");
    assert_eq!(history.bars.len(), history.adjusted_closes.len(), "{name}");
    assert!(history.bars.iter().all(|bar| bar.close > 0.0 && !bar.provisional), "{name}");
    let within = |bar: &DailyBar| bar.high.is_nan() || (bar.low <= bar.high * (1.0 + 1e-6));
    assert!(history.bars.iter().all(within), "{name}");
    assert!(history.quote.is_some(), "{name}");
    assert_eq!(history.suspects, [], "{name}");
    let dated_on_weekend = history.bars.iter().any(|bar| {
        matches!(chrono::Datelike::weekday(&bar.date), chrono::Weekday::Sat | chrono::Weekday::Sun)
    });
    assert!(!dated_on_weekend || history.listing.kind == InstrumentKind::Crypto, "{name}");
}

#[test]
fn prices_are_the_decimals_that_were_meant() {
    let Some(recordings) = Recordings::open() else { return };
    let decimals = |file: &str| {
        let history = recordings.history(file);
        let scale = |bar: &DailyBar| bellwether_domain::decimal_of_price(bar.close).unwrap().scale();
        history.bars.iter().map(scale).max().unwrap()
    };
    assert_eq!(decimals("chart/SPY-1d-etf-5bars-2026-02.json"), 2);
    assert_eq!(decimals("chart/MSFT-1d-1y-dividends-2021.json"), 2);
    assert_eq!(decimals("chart/AAPL-1d-live-tail-2025-10-29.json"), 2);
    assert!(decimals("chart/NVDA-1d-1y-split-2021.json") <= 5);
    assert!(decimals("chart/EURUSD=X-1d-fx.json") <= 7);
    let nvidia = recordings.history("chart/NVDA-1d-1y-split-2021.json");
    assert!(nvidia.bars.iter().any(|bar| [bar.open, bar.high, bar.low, bar.close].contains(&13.55675)));
}

#[test]
fn dates_are_the_exchanges() {
    let Some(recordings) = Recordings::open() else { return };
    let first = |file: &str| dates(&recordings.history(file)).remove(0);
    assert_eq!(first("chart/IBM-1d-negative-timestamps-splits.json"), "1962-01-02");
    assert_eq!(first("chart/EURUSD=X-1d-fx.json"), "2020-01-01");
    assert_eq!(first("chart/BTC-USD-1d-crypto.json"), "2020-01-01");
    assert_eq!(first("chart/GC=F-1d-future.json"), "2020-01-02");
    assert_eq!(dates(&recordings.history("chart/WSU.DE-1d-xetra-3bars.json")).len(), 3);
    let spy = dates(&recordings.history("chart/SPY-1d-etf-5bars-2026-02.json"));
    assert!(!spy.contains(&"2026-02-16".to_owned()), "Presidents' Day");
    assert_eq!(spy.last().unwrap(), "2026-02-20");
    let apple = recordings.history("chart/AAPL-1d-live-tail-2025-10-29.json");
    assert_eq!(dates(&apple).last().unwrap(), "2025-10-29");
    assert_eq!(apple.quote.unwrap().price.to_string(), "269.7");
}

#[test]
fn the_running_days_bar_is_marked() {
    let Some(recordings) = Recordings::open() else { return };
    let file = "chart/AAPL-1d-live-tail-2025-10-29.json";
    let read_at = |now: &str| {
        let asked = yahoo::Asked { now: now.parse().unwrap(), ..recordings.asked(file) };
        let Ok(Outcome::Answered(history)) = yahoo::read_chart(200, &recordings.body(file), &asked) else {
            panic!()
        };
        history.bars.iter().filter(|bar| bar.provisional).map(|bar| bar.date).collect::<Vec<_>>()
    };
    assert_eq!(read_at("2025-10-29T23:00:00Z"), [date("2025-10-29")]);
}

#[test]
fn events_have_their_days_and_ratios() {
    let Some(recordings) = Recordings::open() else { return };
    let apple = recordings.history("chart/AAPL-1d-split-and-dividend-2020H2.json");
    assert_eq!(apple.splits[0].ex_date, date("2020-08-31"));
    assert_eq!(apple.splits[0].ratio.factor().to_f64(), Some(4.0));
    assert_eq!(
        (apple.dividends[0].ex_date, apple.dividends[0].amount.to_string()),
        (date("2020-11-06"), "0.205".into())
    );
    assert!(apple.bars[0].close < 130.0, "already in new units");
    let microsoft = recordings.history("chart/MSFT-1d-1y-dividends-2021.json");
    assert_eq!(microsoft.dividends.len(), 4);
    let nvidia = recordings.history("chart/NVDA-1d-1y-split-2021.json");
    assert_eq!((nvidia.splits.len(), nvidia.splits[0].ex_date), (1, date("2021-07-20")));
    let ibm = recordings.history("chart/IBM-1d-negative-timestamps-splits.json");
    assert_eq!((ibm.splits.len(), ibm.dividends.len()), (7, 10));
    assert_eq!(ibm.splits[0].ratio.factor().to_f64(), Some(1.25));
}

#[test]
fn coarser_charts_have_events_with_true_dates() {
    let Some(recordings) = Recordings::open() else { return };
    for (file, interval, dividends, gains, splits) in [
        ("chart/AAPL-1mo-dividends.json", "1mo", 20, 0, 0),
        ("chart/AAPL-1mo-split.json", "1mo", 0, 0, 1),
        ("chart/VFINX-3mo-max-dividends-capitalgains.json", "3mo", 164, 21, 0),
    ] {
        let asked = yahoo::Asked { interval, ..recordings.asked(file) };
        let Ok(Outcome::Answered(history)) = yahoo::read_chart(200, &recordings.body(file), &asked) else {
            panic!("{file}")
        };
        assert_eq!(history.dividends.len(), dividends, "{file}");
        assert_eq!(history.capital_gains.len(), gains, "{file}");
        assert_eq!(history.splits.len(), splits, "{file}");
    }
}

#[test]
fn pence_are_pounds_and_aliases_are_what_was_asked() {
    let Some(recordings) = Recordings::open() else { return };
    let ocado = recordings.history("chart/OCDO.L-1d-gbp-pence.json");
    assert_eq!(ocado.listing.currency().as_str(), "GBP");
    assert!(ocado.bars[0].close > 5.0 && ocado.bars[0].close < 20.0, "{}", ocado.bars[0].close);
    let euro = recordings.history("chart/USDEUR=X-answered-as-EUR=X-2026-10.json");
    assert_eq!(euro.quote.unwrap().symbol.as_str(), "USDEUR=X");
}

#[test]
fn adjusted_closes_follow_from_closes_and_dividends() {
    let Some(recordings) = Recordings::open() else { return };
    for file in [
        "chart/MSFT-1d-1y-dividends-2021.json",
        "chart/AAPL-1d-split-and-dividend-2020H2.json",
        "chart/AAPL-1d-live-tail-2025-10-29.json",
        "chart/MSFT-1d-live-tail-2025-10-29.json",
        "derived/chart-etf-dividends.json",
    ] {
        let history = recordings.history(file);
        let newest = history.adjusted_closes.last().unwrap() / history.bars.last().unwrap().close;
        let ours = history.closes_without_dividends(newest);
        for (bar, (ours, theirs)) in history.bars.iter().zip(ours.iter().zip(&history.adjusted_closes)) {
            assert!((ours / theirs - 1.0).abs() < 1e-6, "{file} {}: {ours} is not {theirs}", bar.date);
        }
    }
    let microsoft = recordings.history("chart/MSFT-1d-1y-dividends-2021.json");
    let last = microsoft.adjusted_closes.last().unwrap() / microsoft.bars.last().unwrap().close;
    assert!((last - 0.9728).abs() < 1e-4, "{last}");
}

#[test]
fn every_spark_is_read() {
    let Some(recordings) = Recordings::open() else { return };
    let mut files = recordings.in_folder("spark");
    files.extend(recordings.in_folder("derived").into_iter().filter(|file| file.contains("spark")));
    assert_eq!(files.len(), 6);
    for file in files {
        let known = |symbol: &Symbol| {
            let (unit, zone) = match symbol.as_str().rsplit_once('.').map(|(_, venue)| venue) {
                Some("VN") => ("VND", chrono_tz::Asia::Ho_Chi_Minh),
                Some("NS") => ("INR", chrono_tz::Asia::Kolkata),
                _ => ("USD", chrono_tz::America::New_York),
            };
            Some(yahoo::Known { unit: unit.parse().unwrap(), zone })
        };
        let asked = recordings.symbols(&file);
        let read = yahoo::read_spark(200, &recordings.body(&file), &asked, known, later()).expect(&file);
        assert_eq!(read.iter().map(|(symbol, _)| symbol.clone()).collect::<Vec<_>>(), asked, "{file}");
        for (symbol, outcome) in read {
            match (symbol.as_str(), outcome) {
                ("NOSUCH", outcome) => assert_eq!(outcome, Outcome::NotAnswered(NotAnswered::Omitted)),
                ("QUIET.NS", Outcome::Answered(closes)) => {
                    assert!(closes.bars.is_empty() && closes.quote.is_none());
                }
                (_, Outcome::Answered(closes)) => {
                    assert!(closes.quote.is_some(), "{file} {symbol}");
                    assert!(!closes.bars.is_empty(), "{file} {symbol}");
                }
                (_, other) => panic!("{file} {symbol}: {other:?}"),
            }
        }
    }
    let apple = ["AAPL".parse().unwrap()];
    let body = recordings.body("spark/v7-AAPL-5d-1d-2021.json");
    let read = yahoo::read_spark(200, &body, &apple, |_| None, later()).unwrap();
    let closes = read[0].1.as_answer().unwrap();
    assert_eq!(
        closes.bars.iter().map(|bar| bar.close).collect::<Vec<_>>(),
        [134.39, 133.58, 133.48, 131.46, 132.54]
    );
    assert_eq!(closes.quote.as_ref().unwrap().previous_close.unwrap().to_string(), "131.46");
}

#[test]
fn every_variant_is_read_or_refused_as_its_description_says() {
    let Some(recordings) = Recordings::open() else { return };
    let plain = recordings.history("chart/AAPL-1d-live-tail-2025-10-29.json");
    for file in recordings.in_folder("derived") {
        if !file.contains("/chart-") {
            continue;
        }
        let read = recordings.chart(&file);
        let name = file.trim_start_matches("derived/chart-").trim_end_matches(".json");
        match name {
            "ragged-arrays" | "5m-prepost" => assert!(refused(&read), "{name}"),
            "truncated" => assert_eq!(read, Err(Unreadable::Cut)),
            _ => {
                let Ok(Outcome::Answered(history)) = read else { panic!("{name}: {read:?}") };
                let (days, whole) = (history.bars.len(), plain.bars.len());
                match name {
                    "100x-glitch" => {
                        assert_eq!((days, history.suspects.len()), (whole - 3, 3));
                        let glitch = |s: &Suspicion| matches!(s, Suspicion::OtherScale { .. });
                        assert!(history.suspects.iter().all(|suspect| glitch(&suspect.suspicion)));
                    }
                    "duplicate-last-day" => assert_eq!(history.bars.last(), plain.bars.last()),
                    "null-rows" => {
                        assert_eq!(days, whole - 2, "the last is saved by the current price");
                        assert_eq!(history.bars.last().unwrap().close, 269.7);
                    }
                    "infinity-strings" => {
                        assert_eq!(days, whole);
                        assert!(history.adjusted_closes[3].is_nan() && history.adjusted_closes[4].is_nan());
                        assert_eq!(history.quote.unwrap().price.to_string(), "269.7");
                    }
                    "missing-optional-keys" => {
                        assert_eq!(days, whole);
                        assert!(history.adjusted_closes.iter().all(|close| close.is_nan()));
                        assert_eq!(history.listing.name.as_deref(), Some("Apple Inc."));
                    }
                    "unsorted" => assert_eq!(history.bars, plain.bars),
                    "row-after-period2" => {
                        let recorded = recordings.history("chart/GS2C.DE-1d-live-tail-2025-10-29.json");
                        assert_eq!(history.bars, recorded.bars);
                    }
                    "etf-dividends" => assert_eq!(history.listing.kind, InstrumentKind::Etf),
                    other => panic!("{other} is not described here"),
                }
            }
        }
    }
}

#[test]
fn every_refusal_is_told_apart() {
    let Some(recordings) = Recordings::open() else { return };
    let gone = "GONE".parse::<Symbol>().unwrap();
    let asked = yahoo::Asked::daily(gone.clone(), later());
    for file in recordings.in_folder("errors") {
        let (status, body) = (recordings.entries[&file].status, recordings.body(&file));
        let chart = yahoo::read_chart(status, &body, &asked);
        let spark = yahoo::read_spark(status, &body, std::slice::from_ref(&gone), |_| None, later());
        let refusal = |read: &Result<Outcome<History>, Unreadable>| {
            matches!(read, Ok(Outcome::NotAnswered(NotAnswered::Refused(_))))
        };
        match file.trim_start_matches("errors/") {
            "200-empty-body.json" => assert_eq!(chart, Err(Unreadable::Cut)),
            "chart-200-null-chart.json" => assert_eq!(chart, Err(Unreadable::Foreign)),
            "chart-404-not-found.json" => assert_eq!(chart, Ok(Outcome::Unknown)),
            "chart-400-no-data-for-range.json" => {
                assert_eq!(chart, Ok(Outcome::NotAnswered(NotAnswered::NothingInWindow)));
            }
            "spark-404-no-symbols.json" => assert_eq!(spark.unwrap()[0].1, Outcome::Unknown),
            "spark-400-too-many-symbols.json" => {
                assert!(matches!(&spark.unwrap()[0].1, Outcome::NotAnswered(NotAnswered::Refused(_))));
            }
            name if name.starts_with("chart-4")
                || name.starts_with("quote-400")
                || name.starts_with("search-400") =>
            {
                assert!(refusal(&chart), "{name}: {chart:?}");
            }
            // The gateway does not even show these to a reader; a reader must refuse them all the same.
            name => assert!(matches!(chart, Err(Unreadable::Foreign | Unreadable::Cut)), "{name}: {chart:?}"),
        }
    }
}

/// A few weeks alone cannot tell which of two scales is the right one; what counts is that they are never mixed.
#[test]
fn published_mixtures_of_scales_are_taken_apart() {
    let Some(recordings) = Recordings::open() else { return };
    for file in ["repair/SSW.JO-100x.json", "repair/AET.L-100x.json"] {
        let body: Value = serde_json::from_slice(&recordings.body(file)).unwrap();
        let rows = body["bad"]["rows"].as_array().unwrap().iter().rev();
        let day = |row: &Value| date(&row[0].as_str().unwrap()[..10]);
        let mut bars: Vec<DailyBar> =
            rows.map(|row| DailyBar::close_only(day(row), row[4].as_f64().unwrap())).collect();
        let suspects = set_suspects_aside(&mut bars, &[], InstrumentKind::Equity);
        assert!(!suspects.is_empty() && bars.len() > suspects.len(), "{file}");
        let closes =
            |bars: &[f64]| bars.iter().copied().fold((f64::MAX, 0.0_f64), |(l, h), c| (l.min(c), h.max(c)));
        let (low, high) = closes(&bars.iter().map(|bar| bar.close).collect::<Vec<_>>());
        assert!(high / low < 2.0, "{file}");
        let (low, high) = closes(&suspects.iter().map(|suspect| suspect.close).collect::<Vec<_>>());
        assert!(high / low < 2.0, "{file}");
    }
}

#[test]
fn every_search_is_read() {
    let Some(recordings) = Recordings::open() else { return };
    for file in recordings.in_folder("search") {
        let found = yahoo::read_search(200, &recordings.body(&file)).expect(&file).expect(&file);
        let none = ["NO0010123060-isin-no-hit", "WSKT.JK-no-quotes"].iter().any(|name| file.contains(name));
        assert_eq!(found.is_empty(), none, "{file}");
        assert!(found.iter().all(|hit| hit.name.is_some() && hit.venue.is_some()), "{file}");
    }
    let body = recordings.body("search/AAPL.json");
    let found = yahoo::read_search(200, &body).unwrap().unwrap();
    assert_eq!(found.iter().map(|hit| hit.symbol.as_str()).collect::<Vec<_>>(), ["AAPL", "AAPU"]);
}

#[test]
fn every_quote_is_read() {
    let Some(recordings) = Recordings::open() else { return };
    let mut files = recordings.in_folder("quote");
    files.push("derived/quote-batch-27-mixed.json".into());
    for file in files {
        let asked: Vec<Symbol> = recordings.entries[&file].query["symbols"]
            .replace("%2C", ",")
            .replace("%3D", "=")
            .replace("%5E", "^")
            .split(',')
            .map(|symbol| symbol.parse().unwrap())
            .collect();
        let read = yahoo::read_quotes(200, &recordings.body(&file), &asked, |_| None, later());
        let Ok(yahoo::Quotes::Read(read)) = read else { panic!("{file}: {read:?}") };
        assert_eq!(read.iter().map(|(symbol, _)| symbol.clone()).collect::<Vec<_>>(), asked, "{file}");
        for (symbol, outcome) in read {
            let left_out = ["NONEXIST", "APS.AX", "GS2C", "SIX"].contains(&symbol.as_str());
            match (symbol.as_str(), outcome) {
                ("SI" | "SIMP" | "BRKS" | "ADH", outcome) => assert_eq!(outcome, Outcome::Delisted, "{file}"),
                (_, Outcome::NotAnswered(NotAnswered::Omitted)) => {
                    assert!(left_out || file.contains("27"), "{file} {symbol}");
                }
                (_, Outcome::NotAnswered(NotAnswered::Malformed(what))) => {
                    assert!(file.contains("fields") && what == "no currency", "{file} {symbol}: {what}");
                }
                ("OCDO.L", Outcome::Answered(quote)) => {
                    assert_eq!(quote.currency.as_str(), "GBP");
                    assert!([15, 20].contains(&quote.delay_minutes), "{file}");
                    assert!(quote.price.to_f64().unwrap() < 50.0, "{file}");
                }
                (_, Outcome::Answered(quote)) => assert!(quote.price.to_f64().unwrap() > 0.0, "{file}"),
                (_, other) => panic!("{file} {symbol}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_refused_session_is_told_from_a_refused_request() {
    let Some(recordings) = Recordings::open() else { return };
    let read = |file: &str| {
        let status = recordings.entries[file].status;
        yahoo::read_quotes(status, &recordings.body(file), &[], |_| None, later())
    };
    assert_eq!(read("errors/quote-401-invalid-crumb.json"), Ok(yahoo::Quotes::SessionRefused));
    assert_eq!(read("errors/quote-401-no-crumb.json"), Ok(yahoo::Quotes::SessionRefused));
    assert!(matches!(read("errors/quote-400-missing-symbols.json"), Ok(yahoo::Quotes::Refused(_))));
}
