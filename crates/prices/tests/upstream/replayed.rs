//! Every recorded answer of the real service, served again over HTTP and put to the whole client; from the folder
//! that `BELLWETHER_YAHOO_FIXTURES_DIR` names. What must come of each file is in [`recordings`].
//!
//! The recordings are not part of the repository. Without them there is nothing to test, and the output says so.

mod recordings;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bellwether_domain::{Clock, FixedClock, Quote, Symbol};
use bellwether_prices::yahoo::Login;
use bellwether_prices::{
    Family, History, HttpTransport, Limits, LoadBudget, NotAnswered, Outcome, Provider, Request, Transport,
    Yahoo,
};
use bellwether_yahoo_sim::{
    ClockMode, FaultAction, FaultBody, FaultMatch, FaultRule, Route, SimConfig, SimHandle, Simulator,
};
use chrono::{NaiveDate, TimeDelta};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::gateway;
use recordings::{EXPECTED, Expected, Told};

/// A service that answers with one recording after another, long after all of them, so that every day is over.
struct Player {
    sim: SimHandle,
    clock: Arc<FixedClock>,
    folder: PathBuf,
    recordings: BTreeMap<String, Recording>,
}

struct Recording {
    status: u16,
    path: String,
    parameters: Vec<(String, String)>,
}

impl Recording {
    fn of(entry: &Value) -> (String, Self) {
        let decoded =
            |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8().unwrap().into_owned();
        let line = entry["request"].as_str().unwrap();
        let (path, query) = line.split_once('?').unwrap_or((line, ""));
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let parameters = pairs.map(|(name, value)| (name.to_owned(), decoded(value))).collect();
        let status = entry["status"].as_u64().unwrap() as u16;
        (entry["file"].as_str().unwrap().to_owned(), Self { status, path: decoded(path), parameters })
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// What was asked for: the parameter `symbols`, or the path's last part.
    fn symbols(&self) -> Vec<Symbol> {
        let asked = self.parameter("symbols").unwrap_or_else(|| self.path.rsplit('/').next().unwrap());
        asked.split(',').filter_map(|symbol| symbol.parse().ok()).collect()
    }
}

fn player() -> Option<Player> {
    let Some(folder) = std::env::var_os("BELLWETHER_YAHOO_FIXTURES_DIR").map(PathBuf::from) else {
        // Past the capture of the test harness, so that it is seen.
        let _ = writeln!(
            std::io::stderr(),
            "not tested: BELLWETHER_YAHOO_FIXTURES_DIR names no folder of recorded answers"
        );
        return None;
    };
    let manifest = std::fs::read(folder.join("manifest.json")).expect("the recordings have a manifest");
    let entries: Vec<Value> = serde_json::from_slice(&manifest).expect("the manifest is a list");
    let clock = Arc::new(FixedClock::at("2027-01-04T12:00:00Z".parse().unwrap()));
    let config = SimConfig {
        clock: ClockMode::Shared(clock.clone()),
        fixtures: Some(folder.clone()),
        ..SimConfig::default()
    };
    let sim = Simulator::spawn(config).expect("the recordings are complete");
    Some(Player { sim, clock, folder, recordings: entries.iter().map(Recording::of).collect() })
}

impl Player {
    fn bytes(&self, file: &str) -> Vec<u8> {
        std::fs::read(self.folder.join(file)).unwrap()
    }

    /// A client that has met nothing yet, of a service whose answers on a route have this status and body.
    fn client(&self, route: Option<Route>, status: u16, body: FaultBody) -> Yahoo {
        let matches = FaultMatch { route, ..FaultMatch::default() };
        let action = FaultAction::Status { code: status, body };
        self.sim.set_faults(vec![FaultRule { matches, action, times: None }]);
        Yahoo::through(gateway(&self.sim, &self.clock, Limits::generous()))
    }

    fn client_of(&self, route: Option<Route>, file: &str) -> Yahoo {
        self.client(route, self.recordings[file].status, FaultBody::Fixture(file.to_owned()))
    }

    fn budget(&self) -> LoadBudget {
        LoadBudget::foreground(60, self.clock.now() + TimeDelta::hours(1))
    }
}

fn kept(text: impl Into<String>) -> &'static str {
    text.into().leak()
}

fn came_of_refusal(reason: NotAnswered, calls: u64) -> Expected {
    match reason {
        NotAnswered::RateLimited => {
            assert_eq!(calls, 1);
            Expected::Limited
        }
        NotAnswered::Upstream { status } => Expected::Outage { status, calls },
        NotAnswered::Unreachable => Expected::Broken { calls },
        NotAnswered::Malformed(words) => Expected::Malformed(kept(words)),
        NotAnswered::Refused(words) => Expected::Refused(kept(words)),
        NotAnswered::NothingInWindow => Expected::NothingInWindow,
        other => panic!("{other:?}"),
    }
}

fn came_of<T>(outcome: Outcome<T>, calls: u64, answered: impl FnOnce(T) -> Expected) -> Expected {
    match outcome {
        Outcome::Answered(answer) => answered(answer),
        Outcome::Unknown => Expected::Unknown,
        Outcome::Delisted => Expected::Delisted,
        Outcome::NotAnswered(reason) => came_of_refusal(reason, calls),
        Outcome::Suspect(suspicion) => panic!("{suspicion}"),
    }
}

fn came_of_days(history: &History) -> Expected {
    let newest = history.bars.last().expect("days");
    assert!(history.bars.is_sorted_by(|a, b| a.date < b.date));
    assert_eq!(history.bars.len(), history.adjusted_closes.len());
    let newest = format!("{} {} {}", newest.date, newest.close, history.listing.currency());
    Expected::Days { told: history.bars.len(), aside: history.suspects.len(), newest: kept(newest) }
}

fn told<T>(outcome: Outcome<T>, answered: impl FnOnce(T) -> Told) -> Told {
    match outcome {
        Outcome::Answered(answer) => answered(answer),
        Outcome::Delisted => Told::Gone,
        Outcome::Unknown | Outcome::NotAnswered(NotAnswered::Omitted) => Told::LeftOut,
        Outcome::NotAnswered(NotAnswered::Malformed(words)) => Told::Lacking(kept(words)),
        other => panic!("{:?}", other.map(drop)),
    }
}

fn price(quote: &Quote) -> &'static str {
    kept(format!("{} {}", quote.price, quote.currency))
}

impl Player {
    async fn history(&self, yahoo: Yahoo, symbol: &Symbol) -> Expected {
        let from_the_start = NaiveDate::from_ymd_opt(1900, 1, 1).unwrap();
        let outcome = yahoo.history(symbol, from_the_start, &self.budget()).await;
        came_of(outcome, yahoo.gateway().counters().calls, |history| came_of_days(&history))
    }

    /// Closes by spark. Its flat form names neither currency nor zone, so both are known from before.
    async fn closes(&self, file: &str, recording: &Recording) -> Expected {
        let yahoo = self.client_of(Some(Route::SparkV7), file);
        if file.contains("v8") {
            let known = recording.symbols().into_iter().map(|symbol| {
                let (currency, zone) = match symbol.as_str().rsplit_once('.').map(|(_, venue)| venue) {
                    Some("VN") => ("VND", "Asia/Ho_Chi_Minh"),
                    Some("NS") => ("INR", "Asia/Kolkata"),
                    _ => ("USD", "America/New_York"),
                };
                let known = json!({ "known": { "currency": currency, "units-in-one": 1, "zone": zone } });
                (symbol.as_str().to_owned(), known)
            });
            let memory = known.collect::<serde_json::Map<_, _>>();
            yahoo.recall(serde_json::from_value(memory.into()).unwrap());
        }
        let outcomes = yahoo.recent_closes(&recording.symbols(), &self.budget()).await;
        let told = outcomes.into_iter().map(|(symbol, outcome)| {
            let told = told(outcome, |closes| {
                Told::Closes(closes.bars.len(), closes.quote.as_ref().map_or("no price", price))
            });
            (kept(symbol.as_str()), told)
        });
        Expected::Symbols(told.collect::<Vec<_>>().leak())
    }

    fn login(yahoo: Yahoo) -> Yahoo {
        let login: Login =
            serde_json::from_value(json!({ "cookie": "A3=any", "crumb": "anycrumb" })).unwrap();
        yahoo.with_login(Some(login))
    }

    /// Quotes with a login, together with enough others for a login to be worthwhile; those are left out.
    async fn quotes(&self, file: &str, recording: &Recording) -> Expected {
        let yahoo = Self::login(self.client_of(Some(Route::Quote), file));
        let symbols = recording.symbols();
        // Who is left out is asked for by spark, which has no recording of it and shall not make up one.
        self.sim.adjust(|behaviour| behaviour.excluded = symbols.iter().map(Symbol::to_string).collect());
        let mut asked = symbols.clone();
        asked.extend((0..25).map(|n| format!("ZZUNKNOWN{n}").parse::<Symbol>().unwrap()));
        let outcomes = yahoo.quotes(&asked, &self.budget()).await;
        self.sim.adjust(|behaviour| behaviour.excluded.clear());
        let told = outcomes.into_iter().take(symbols.len()).map(|(symbol, outcome)| {
            (kept(symbol.as_str()), told(outcome, |quote| Told::Price(price(&quote))))
        });
        Expected::Symbols(told.collect::<Vec<_>>().leak())
    }

    /// Quotes whose login is refused in the words of a file.
    async fn refused_quotes(&self, route: Route, file: &str) -> Expected {
        let yahoo = self.client_of(Some(route), file);
        let yahoo = if route == Route::Quote { Self::login(yahoo) } else { yahoo.with_login(None) };
        let asked: Vec<Symbol> = (0..80).map(|n| format!("S{n}").parse().unwrap()).collect();
        self.sim.mark("quotes");
        let outcomes = yahoo.quotes(&asked, &self.budget()).await;
        assert!(outcomes.iter().all(|(_, outcome)| outcome.as_answer().is_some()), "{file}");
        let calls = self.sim.counters().since_mark;
        assert_eq!(calls.spark_calls(), 4, "{file}");
        Expected::SparksStandIn { quote_calls: calls.route(Route::Quote).calls }
    }

    async fn search(&self, file: &str, recording: &Recording) -> Expected {
        let yahoo = self.client_of(Some(Route::Search), file);
        let text = recording.parameter("q").unwrap_or("any");
        match yahoo.search(text, &self.budget()).await {
            Ok(found) => {
                assert!(found.iter().all(|hit| hit.name.is_some() && hit.venue.is_some()), "{file}");
                Expected::Found(found.iter().map(|hit| kept(hit.symbol.as_str())).collect::<Vec<_>>().leak())
            }
            Err(reason) => came_of_refusal(reason, yahoo.gateway().counters().calls),
        }
    }

    /// What the client never asks for, through its transport.
    async fn as_recorded(&self, file: &str, recording: &Recording) -> Expected {
        let status = recording.status.max(200);
        drop(self.client(None, status, FaultBody::Fixture(file.to_owned())));
        let transport = HttpTransport::new(&self.sim.base_url()).unwrap();
        let request = Request::get(Family::Anonymous, "/any".to_owned(), Duration::from_secs(10));
        let response = transport.send(&request).await.unwrap();
        assert_eq!((response.status, response.body), (status, self.bytes(file)), "{file}");
        Expected::AsRecorded
    }

    /// Bars as the service published them once, in the form of a chart. Those that are told have to be on one basis.
    async fn published(&self, file: &str) -> Expected {
        let published: Value = serde_json::from_slice(&self.bytes(file)).unwrap();
        let chart = chart_of_rows(&published, file);
        let symbol: Symbol = chart["chart"]["result"][0]["meta"]["symbol"].as_str().unwrap().parse().unwrap();
        let client = || self.client(Some(Route::Chart), 200, FaultBody::Text(chart.to_string()));
        if let Some(history) = client().history(&symbol, NaiveDate::MIN, &self.budget()).await.answer() {
            let corrected = published["fixed"]["rows"].as_array().unwrap();
            let of_day = |date: NaiveDate| {
                let row =
                    corrected.iter().find(|row| row[0].as_str().unwrap().starts_with(&date.to_string()));
                row.unwrap()[4].as_f64().unwrap()
            };
            let factors = history.bars.iter().map(|bar| bar.close / of_day(bar.date));
            let (low, high) =
                factors.fold((f64::MAX, 0.0_f64), |(l, h), factor| (l.min(factor), h.max(factor)));
            let is_mixed = ["CNE.L", "SPM.MI"].iter().any(|known| file.contains(known));
            assert_eq!(high / low > 1.001, is_mixed, "{file}: {low} {high}");
        }
        self.history(client(), &symbol).await
    }

    async fn put_to_the_client(&self, file: &str) -> Expected {
        let recording = &self.recordings[file];
        let (folder, name) = file.split_once('/').unwrap();
        let symbol = || recording.symbols().first().cloned().unwrap_or_else(|| "AAPL".parse().unwrap());
        match folder {
            "chart" => self.history(self.client_of(Some(Route::Chart), file), &symbol()).await,
            "derived" if name.starts_with("chart") => {
                let later = self.clock.now();
                if name.contains("row-after-period2") {
                    // When it was recorded, for the client always asks for the days until now.
                    self.clock.set("2025-10-29T22:00:00Z".parse().unwrap());
                }
                let came = self.history(self.client_of(Some(Route::Chart), file), &symbol()).await;
                self.clock.set(later);
                came
            }
            "spark" | "derived" if name.contains("spark") || folder == "spark" => {
                self.closes(file, recording).await
            }
            "quote" | "derived" => self.quotes(file, recording).await,
            "search" => self.search(file, recording).await,
            "repair" => self.published(file).await,
            "errors" => match recording.path.split_once('/').map_or("", |(_, path)| path) {
                "v7/finance/quote" => self.refused_quotes(Route::Quote, file).await,
                "v1/test/getcrumb" => self.refused_quotes(Route::Crumb, file).await,
                "v1/finance/search" => self.search(file, recording).await,
                "v7/finance/spark" => {
                    let yahoo = self.client_of(None, file);
                    let outcome = yahoo.quotes(&[symbol()], &self.budget()).await.remove(0).1;
                    came_of(outcome, yahoo.gateway().counters().calls, |_| panic!("{file}"))
                }
                _ => self.history(self.client_of(None, file), &symbol()).await,
            },
            "auth" | "stream" | "summary" => self.as_recorded(file, recording).await,
            other => panic!("nobody has said what comes of {other}"),
        }
    }
}

/// Published rows as the body of a chart: the columns date, open, high, low, close, adjusted close, volume, dividend
/// and split.
fn chart_of_rows(published: &Value, file: &str) -> Value {
    let symbol = file.trim_start_matches("repair/").split('-').next().unwrap();
    let (zone, currency) = match symbol.rsplit_once('.').unwrap().1 {
        "T" => ("Asia/Tokyo", "JPY"),
        "DE" => ("Europe/Berlin", "EUR"),
        "MI" => ("Europe/Rome", "EUR"),
        "ST" => ("Europe/Stockholm", "SEK"),
        "AX" => ("Australia/Sydney", "AUD"),
        "JO" => ("Africa/Johannesburg", "ZAc"),
        _ => ("Europe/London", "GBp"),
    };
    let mut rows = published["bad"]["rows"].as_array().unwrap().clone();
    let second = |row: &Value| {
        chrono::DateTime::parse_from_str(row[0].as_str().unwrap(), "%Y-%m-%d %H:%M:%S%:z")
            .unwrap()
            .timestamp()
    };
    rows.sort_by_key(second);
    let column = |place: usize| rows.iter().map(|row| row[place].clone()).collect::<Vec<_>>();
    let mut splits = serde_json::Map::new();
    for row in rows.iter().filter(|row| row[8].as_f64().unwrap() != 0.0) {
        let split = json!({ "date": second(row), "numerator": row[8], "denominator": 1.0 });
        splits.insert(second(row).to_string(), split);
    }
    let mut dividends = serde_json::Map::new();
    for row in rows.iter().filter(|row| row[7].as_f64().unwrap() != 0.0) {
        dividends.insert(second(row).to_string(), json!({ "date": second(row), "amount": row[7] }));
    }
    let hourly = file.contains("1h");
    json!({ "chart": { "error": null, "result": [{
        "meta": {
            "symbol": symbol, "currency": currency, "exchangeTimezoneName": zone, "instrumentType": "EQUITY",
            "priceHint": 2, "dataGranularity": if hourly { "1h" } else { "1d" },
        },
        "timestamp": rows.iter().map(second).collect::<Vec<_>>(),
        "events": { "splits": splits, "dividends": dividends },
        "indicators": {
            "quote": [{
                "open": column(1), "high": column(2), "low": column(3), "close": column(4), "volume": column(6),
            }],
            "adjclose": [{ "adjclose": column(5) }],
        },
    }] } })
}

#[test]
fn what_must_come_is_said_of_every_recording() {
    let Some(player) = player() else { return };
    let recorded: BTreeSet<&str> = player.recordings.keys().map(String::as_str).collect();
    let said: BTreeSet<&str> = EXPECTED.iter().map(|(file, _)| *file).collect();
    assert_eq!(said, recorded);
    assert_eq!((EXPECTED.len(), said.len()), (144, 144));
}

#[tokio::test]
async fn every_recording_is_read_or_refused_as_it_must_be() {
    let Some(player) = player() else { return };
    let mut surprises = Vec::new();
    for (file, expected) in EXPECTED {
        let came = player.put_to_the_client(file).await;
        if came != *expected {
            surprises.push(format!("{file}\n  {came:?}\n  instead of {expected:?}"));
        }
    }
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
}

/// Walking back from the newest day, each dividend takes its share of the close before it.
#[tokio::test]
async fn adjusted_closes_follow_from_closes_and_dividends() {
    let Some(player) = player() else { return };
    for (file, days, dividends, newest_factor) in [
        // Recorded years after its last day, so that later dividends are in the factor too.
        ("chart/MSFT-1d-1y-dividends-2021.json", 252, 4, 0.9728),
        ("chart/MSFT-1d-live-tail-2025-10-29.json", 127, 2, 1.0),
        ("chart/AAPL-1d-live-tail-2025-10-29.json", 127, 2, 1.0),
    ] {
        let yahoo = player.client_of(Some(Route::Chart), file);
        let symbol = player.recordings[file].symbols().remove(0);
        let from = NaiveDate::from_ymd_opt(1900, 1, 1).unwrap();
        let history = yahoo.history(&symbol, from, &player.budget()).await.answer().expect("a history");
        assert_eq!((history.bars.len(), history.dividends.len()), (days, dividends), "{file}");
        let factor = history.adjusted_closes[days - 1] / history.bars[days - 1].close;
        assert!((factor - newest_factor).abs() < 1e-4, "{file}: {factor}");
        let ours = history.closes_without_dividends(factor);
        for ((bar, ours), theirs) in history.bars.iter().zip(ours).zip(&history.adjusted_closes) {
            assert!((ours / theirs - 1.0).abs() < 1e-6, "{file} {}: {ours} is not {theirs}", bar.date);
        }
    }
}
