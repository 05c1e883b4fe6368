//! Recorded answers of the real service through the whole client; from the folder that
//! `BELLWETHER_YAHOO_FIXTURES_DIR` names, where it is set.

use std::path::PathBuf;
use std::sync::Arc;

use bellwether_domain::{Clock, FixedClock, Symbol};
use bellwether_prices::{Limits, LoadBudget, NotAnswered, Outcome, Provider, Yahoo};
use bellwether_yahoo_sim::{
    ClockMode, FaultAction, FaultBody, FaultMatch, FaultRule, Route, SimConfig, SimHandle, Simulator,
};
use chrono::{NaiveDate, TimeDelta};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::gateway;

/// A service that answers with one recording after another.
struct Player {
    sim: SimHandle,
    clock: Arc<FixedClock>,
    entries: Vec<Value>,
}

fn player() -> Option<Player> {
    let folder = PathBuf::from(std::env::var_os("BELLWETHER_YAHOO_FIXTURES_DIR")?);
    let manifest = std::fs::read(folder.join("manifest.json")).expect("the recordings have a manifest");
    let clock = Arc::new(FixedClock::at("2027-01-04T12:00:00Z".parse().unwrap()));
    let config =
        SimConfig { clock: ClockMode::Shared(clock.clone()), fixtures: Some(folder), ..SimConfig::default() };
    let sim = Simulator::spawn(config).expect("the recordings are complete");
    Some(Player { sim, clock, entries: serde_json::from_slice(&manifest).unwrap() })
}

impl Player {
    /// Files of a folder with what was asked for them: the path's last part and the parameter `symbols`.
    fn files(&self, folder: &str) -> Vec<(String, u16, Vec<Symbol>)> {
        let files: Vec<_> = self
            .entries
            .iter()
            .filter(|entry| entry["file"].as_str().unwrap().starts_with(&format!("{folder}/")))
            .map(|entry| {
                let line = percent_decode_str(entry["request"].as_str().unwrap()).decode_utf8().unwrap();
                let (path, query) = line.split_once('?').unwrap_or((&line, ""));
                let listed = query.split('&').find_map(|pair| pair.strip_prefix("symbols="));
                let asked = listed.unwrap_or_else(|| path.rsplit('/').next().unwrap());
                let symbols = asked.split(',').filter_map(|symbol| symbol.parse().ok()).collect();
                (
                    entry["file"].as_str().unwrap().to_owned(),
                    entry["status"].as_u64().unwrap() as u16,
                    symbols,
                )
            })
            .collect();
        assert!(!files.is_empty(), "no recordings in {folder}");
        files
    }

    /// A client that has met nothing yet, of a service that answers with this file.
    fn client(&self, route: Option<Route>, file: &str, status: u16) -> Yahoo {
        let action = FaultAction::Status { code: status, body: FaultBody::Fixture(file.to_owned()) };
        let matches = FaultMatch { route, ..FaultMatch::default() };
        self.sim.set_faults(vec![FaultRule { matches, action, times: None }]);
        Yahoo::through(gateway(&self.sim, &self.clock, Limits::generous()))
    }

    fn budget(&self) -> LoadBudget {
        LoadBudget::foreground(20, self.clock.now() + TimeDelta::hours(1))
    }
}

fn from_the_start() -> NaiveDate {
    "1900-01-01".parse().unwrap()
}

#[tokio::test]
async fn charts_arrive_as_recorded_or_are_refused() {
    let Some(player) = player() else { return };
    let (mut read, mut refused) = (0, 0);
    for (file, status, symbols) in player.files("chart") {
        let yahoo = player.client(Some(Route::Chart), &file, status);
        match yahoo.history(&symbols[0], from_the_start(), &player.budget()).await {
            Outcome::Answered(history) => {
                assert!(!history.bars.is_empty() && history.quote.is_some(), "{file}");
                read += 1;
            }
            Outcome::NotAnswered(NotAnswered::Malformed(_)) => refused += 1,
            Outcome::Delisted => assert!(file.contains("delisted-shell"), "{file}"),
            other => panic!("{file}: {other:?}"),
        }
    }
    // Refused: six of other lengths than a day, one without times, one without a currency.
    assert_eq!((read, refused), (30, 8));
}

#[tokio::test]
async fn sparks_and_quotes_arrive_as_recorded() {
    let Some(player) = player() else { return };
    for (file, status, symbols) in player.files("spark") {
        let yahoo = player.client(Some(Route::SparkV7), &file, status);
        let answers = yahoo.quotes(&symbols, &player.budget()).await;
        let priced = answers.iter().filter(|(_, outcome)| outcome.as_answer().is_some()).count();
        assert_eq!(priced, if file.contains("v8") { 0 } else { symbols.len() }, "{file}: {answers:?}");
    }
    for (file, status, symbols) in player.files("quote") {
        let yahoo = player.client(Some(Route::Quote), &file, status).with_login(None);
        // Enough others for a login to pay off; they are left out of the recording.
        let mut asked = symbols.clone();
        asked.extend((0..130).map(|n| format!("X{n}").parse::<Symbol>().unwrap()));
        let answers =
            yahoo.quotes(&asked, &LoadBudget::foreground(60, player.clock.now() + TimeDelta::hours(1))).await;
        assert_eq!(answers.len(), asked.len(), "{file}");
    }
}

#[tokio::test]
async fn refusals_are_told_apart_at_the_door() {
    let Some(player) = player() else { return };
    let asked: Symbol = "AAPL".parse().unwrap();
    for (file, status, _) in player.files("errors") {
        let yahoo = player.client(None, &file, status);
        let outcome = if file.contains("spark") {
            yahoo.quotes(std::slice::from_ref(&asked), &player.budget()).await.remove(0).1.map(drop)
        } else {
            yahoo.history(&asked, from_the_start(), &player.budget()).await.map(drop)
        };
        let calls = yahoo.gateway().counters().calls;
        let Outcome::NotAnswered(reason) = outcome else {
            assert!(file.contains("404"), "{file}: {outcome:?}");
            continue;
        };
        let name = file.trim_start_matches("errors/");
        match status {
            429 | 999 => assert_eq!((reason, calls), (NotAnswered::RateLimited, 1), "{name}"),
            401 => assert_eq!((reason, calls), (NotAnswered::Blocked { status }, 1), "{name}"),
            500 | 503 => assert_eq!((reason, calls), (NotAnswered::Upstream { status }, 3), "{name}"),
            400 | 422 => {
                let fact = matches!(reason, NotAnswered::Refused(_) | NotAnswered::NothingInWindow);
                // A limit that a single symbol exceeds may be the other address's only.
                let once = if name.starts_with("spark") { calls <= 2 } else { calls == 1 };
                assert!(fact && once, "{name}: {reason:?} after {calls}");
            }
            200 => assert_eq!(reason, NotAnswered::Upstream { status }, "{name}"),
            _ => panic!("{name}: {reason:?}"),
        }
    }
}
