//! Each endpoint's answer.

use bellwether_domain::{Exchange, Symbol};
use serde_json::{Value, json};

use crate::answer::{Answer, CACHE_SHORT, JSON, not_found_page, refusal};
use crate::ask::{Ask, Route};
use crate::chart::{self, ChartError, ChartRequest, ChartRules, Distortion};
use crate::config::Behaviour;
use crate::faults::{FaultAction, Omission};
use crate::market::{Found, SessionTable, mix, unit};
use crate::spark::{self, SparkRules, SparkSeries};
use crate::{quote, search};

use super::{Service, lock};

/// How an answer departs from the truth while it is made.
#[derive(Debug, Clone, Default)]
pub(super) struct Skew {
    distortion: Distortion,
    /// Seconds by which everything is old.
    stale: i64,
    /// Symbols that a batch leaves out.
    omitted: Vec<String>,
    /// Another symbol whose chart is shown.
    instead: Option<&'static str>,
}

impl Skew {
    /// What a fault changes before an answer is made.
    pub(super) fn of(action: &FaultAction, ask: &Ask, seed: u64) -> Self {
        let mut skew = Self::default();
        match action {
            FaultAction::SplitNotApplied => skew.distortion = Distortion::SplitNotApplied,
            FaultAction::PartialSplit => skew.distortion = Distortion::PartialSplit,
            FaultAction::Stale { seconds } => skew.stale = *seconds,
            FaultAction::Omit(Omission::Symbols(symbols)) => {
                skew.omitted = symbols.iter().map(|symbol| symbol.to_ascii_uppercase()).collect();
            }
            FaultAction::Omit(Omission::Fraction(fraction)) => {
                let chance =
                    |place: usize| unit(mix(seed ^ 0x6f6d_6974, place as u64 + ask.url.len() as u64));
                let kept = ask.symbols.iter().enumerate().filter(|(place, _)| chance(*place) < *fraction);
                skew.omitted = kept.map(|(_, symbol)| symbol.to_ascii_uppercase()).collect();
            }
            FaultAction::Omit(Omission::AllButLast) => {
                let others = ask.symbols.iter().rev().skip(1);
                skew.omitted = others.map(|symbol| symbol.to_ascii_uppercase()).collect();
            }
            FaultAction::SwapSymbols if ask.route == Route::Chart => {
                let asked_for_microsoft =
                    ask.symbols.iter().any(|symbol| symbol.eq_ignore_ascii_case("MSFT"));
                skew.instead = Some(if asked_for_microsoft { "AAPL" } else { "MSFT" });
            }
            _ => {}
        }
        skew
    }
}

impl Service {
    /// The answer to a request that was let through.
    pub(super) fn answer(
        &self,
        ask: &Ask,
        form: &str,
        behaviour: &Behaviour,
        now: i64,
        skew: &Skew,
    ) -> Answer {
        if let Some(replay) = &self.replay {
            let forced = ask.fixture.as_deref().map(|file| replay.file(file).unwrap_or_else(not_found_page));
            if let Some(answer) = forced.or_else(|| replay.find(ask)) {
                return answer;
            }
        }
        let now = now - skew.stale;
        let seed = self.market.seed();
        match ask.route {
            Route::Chart => self.chart(ask, behaviour, now, skew),
            Route::SparkV7 | Route::SparkV8 => self.spark(ask, behaviour, now, skew),
            Route::Quote => self.quote(ask, behaviour, now, skew),
            Route::Summary => self.summary(ask, behaviour, now),
            Route::Search => self.search(ask, now),
            Route::Cookie => lock(&self.sessions).cookie_page(behaviour, seed),
            Route::Crumb => {
                let (answer, issued) = lock(&self.sessions).crumb(ask, &behaviour.crumb, seed, now);
                if issued {
                    self.ledger.handshake();
                }
                answer
            }
            Route::Page => lock(&self.sessions).page(ask, behaviour, seed),
            Route::Consent => lock(&self.sessions).consent(ask, behaviour, seed, form),
            Route::Other => not_found_page(),
        }
    }

    /// What is known of a spelled symbol, by the date that its venue shows.
    fn look_up(&self, spelled: &str, behaviour: &Behaviour, now: i64) -> Found {
        let Ok(symbol) = spelled.parse::<Symbol>() else { return Found::Unknown };
        if behaviour.excluded.iter().any(|excluded| excluded.eq_ignore_ascii_case(spelled)) {
            return Found::Unknown;
        }
        let day = SessionTable::of(Exchange::of(&symbol)).local_day(now);
        self.market.find(&symbol, day)
    }

    fn chart(&self, ask: &Ask, behaviour: &Behaviour, now: i64, skew: &Skew) -> Answer {
        let body = self.try_chart(ask, behaviour, now, skew);
        body.unwrap_or_else(|error| {
            let (status, code) = error.status();
            refusal("chart", status, code, &error.to_string())
        })
    }

    fn try_chart(
        &self,
        ask: &Ask,
        behaviour: &Behaviour,
        now: i64,
        skew: &Skew,
    ) -> Result<Answer, ChartError> {
        let request = ChartRequest::parse(|name| ask.parameter(name), now)?;
        let spelled = skew.instead.or(ask.symbols.first().map(String::as_str)).unwrap_or_default();
        let listing = match self.look_up(spelled, behaviour, now) {
            Found::Listed(listing) | Found::Shell(listing) => listing,
            Found::Nothing | Found::Unknown => return Err(ChartError::NotFound),
        };
        let moment = listing.moment(now);
        let body = chart::answer(&listing, &moment, &request, rules(behaviour), skew.distortion)?;
        Ok(Answer::json(&body, CACHE_SHORT, 1))
    }

    fn spark(&self, ask: &Ask, behaviour: &Behaviour, now: i64, skew: &Skew) -> Answer {
        let refused = |status, code, text: &str| refusal("spark", status, code, text);
        if ask.symbols.len() > behaviour.spark_limit {
            let text =
                format!("Number of symbols needs to be less than or equal to {}", behaviour.spark_limit);
            return refused(400, "Bad Request", &text);
        }
        // No client was seen to name seconds here, so they are ignored.
        let parameter = |name: &str| match name {
            "period1" | "period2" => None,
            "range" => ask.parameter(name).or_else(|| Some("1d".to_owned())),
            "interval" => ask.parameter(name).or_else(|| Some("5m".to_owned())),
            _ => ask.parameter(name),
        };
        let request = match ChartRequest::parse(parameter, now) {
            Ok(request) => request,
            Err(error) => {
                let (status, code) = error.status();
                return refused(status, code, &error.to_string());
            }
        };
        let wanted = ask.symbols.iter().filter(|symbol| !skew.omitted.contains(&symbol.to_ascii_uppercase()));
        let listings: Vec<_> = wanted
            .filter_map(|symbol| match self.look_up(symbol, behaviour, now) {
                Found::Listed(listing) => Some(listing),
                _ => None,
            })
            .collect();
        let rules = SparkRules { chart: rules(behaviour), distortion: skew.distortion };
        let series: Vec<SparkSeries<'_>> = listings
            .iter()
            .filter_map(|listing| SparkSeries::of(listing, &listing.moment(now), &request, rules))
            .collect();
        if series.is_empty() {
            return refused(404, "Not Found", "No data found for spark symbols");
        }
        let (answered, seed) = (series.len(), self.market.seed());
        match ask.route {
            Route::SparkV8 => Answer::json(&spark::v8(series, seed), CACHE_SHORT, answered),
            _ => Answer::json(&spark::v7(series, seed), CACHE_SHORT, answered),
        }
    }

    fn quote(&self, ask: &Ask, behaviour: &Behaviour, now: i64, skew: &Skew) -> Answer {
        if ask.parameter("symbols").is_none() {
            return refusal("finance", 400, "Bad Request", "Missing required query parameter=symbols");
        }
        if ask.symbols.len() > behaviour.quote_limit {
            let text = "Connection is deallocated and cannot be used anymore.";
            return refusal("quoteResponse", 500, "internal-error", text);
        }
        let fields = ask.parameter("fields");
        let wanted = ask.symbols.iter().filter(|symbol| !skew.omitted.contains(&symbol.to_ascii_uppercase()));
        let records: Vec<Value> = wanted
            .filter_map(|symbol| match self.look_up(symbol, behaviour, now) {
                Found::Listed(listing) => quote::record(&listing, &listing.moment(now), fields.as_deref()),
                Found::Shell(listing) => Some(quote::shell(&listing, &listing.moment(now))),
                Found::Nothing => Some(quote::without_price(&symbol.to_ascii_uppercase())),
                Found::Unknown => None,
            })
            .collect();
        let answered = records.len();
        let body = json!({ "quoteResponse": { "result": records, "error": null } });
        Answer::json(&body, "public, max-age=1, stale-while-revalidate=9", answered)
    }

    fn summary(&self, ask: &Ask, behaviour: &Behaviour, now: i64) -> Answer {
        let modules = ask.parameter("modules").unwrap_or_default();
        let spelled = ask.symbols.first().map(String::as_str).unwrap_or_default();
        let listing = match self.look_up(spelled, behaviour, now) {
            Found::Listed(listing) | Found::Shell(listing) => listing,
            Found::Nothing | Found::Unknown => {
                return refusal(
                    "quoteSummary",
                    404,
                    "Not Found",
                    &format!("Quote not found for symbol: {spelled}"),
                );
            }
        };
        let moment = listing.moment(now);
        let found: serde_json::Map<String, Value> = modules
            .split(',')
            .filter_map(|name| Some((name.to_owned(), quote::module(name, &listing, &moment)?)))
            .collect();
        if found.is_empty() {
            let text = format!("No fundamentals data found for any of the summaryTypes={modules}");
            return refusal("quoteSummary", 404, "Not Found", &text);
        }
        let body = json!({ "quoteSummary": { "result": [found], "error": null } });
        Answer::json(&body, "public, max-age=1, stale-while-revalidate=9", 1)
    }

    fn search(&self, ask: &Ask, now: i64) -> Answer {
        let Some(query) = ask.parameter("q").filter(|query| !query.is_empty()) else {
            return refusal("finance", 400, "Bad Request", "Missing required query parameter=q");
        };
        let most = ask.parameter("quotesCount").and_then(|count| count.parse().ok()).unwrap_or(6).min(50);
        let body = search::answer(&self.market, &query, most, now);
        Answer::new(200, JSON, body.to_string()).cached("max-age=600, stale-while-revalidate=180")
    }
}

fn rules(behaviour: &Behaviour) -> ChartRules {
    ChartRules {
        range_max_coarsens: behaviour.range_max_coarsens,
        empty_before_open: behaviour.empty_before_open,
        full_day_fields: behaviour.full_day_fields,
    }
}
