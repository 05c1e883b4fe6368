//! Prices in CSV or JSON from an address of the user's own.

use std::time::Duration;

use async_trait::async_trait;
use bellwether_domain::{InstrumentKind, PriceSource, Quote, SharedClock, Symbol};
use chrono::{DateTime, Days, NaiveDate, Utc};
use futures::stream::{self, StreamExt};

use crate::{
    Family, Found, Gateway, History, LoadBudget, NotAnswered, Outcome, PricesError, Provider, RecentCloses,
    Request, Response, SourceHealth, Unreadable,
};

mod cell;
mod csv;
mod json;
mod reading;
mod rows;
mod settings;
mod url_template;

pub use settings::{FeedSettings, InvalidFeed};

use reading::{Asked, Told};
use rows::{Document, Spelling};
use url_template::UrlTemplate;

/// A source that the user set up: a CSV or JSON document for each symbol, one call each.
///
/// It gives no splits and no dividends. Current prices are those of the newest rows unless the settings say where
/// they are.
pub struct Feed {
    settings: FeedSettings,
    gateway: Gateway,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// Rows from a day on.
    Rows(NaiveDate),
    /// The price at an address of its own, or else the newest rows.
    Price,
}

impl Feed {
    /// Enough for the newest row and a look whether it can be true, over the longest holidays.
    const NEWEST: Days = Days::new(21);
    const YEAR: Days = Days::new(366);
    const TIMEOUT: Duration = Duration::from_secs(20);

    /// A feed with a gateway of its own, under the settings' limits.
    ///
    /// # Errors
    /// [`PricesError::Client`] when the HTTP client cannot be made.
    pub fn open(settings: FeedSettings, clock: SharedClock) -> Result<Self, PricesError> {
        let gateway = Gateway::with(settings.transport()?, clock, settings.limits());
        Ok(Self::through(settings, gateway))
    }

    /// A feed behind a gateway, which has to be its own: see [`FeedSettings::transport`].
    pub fn through(settings: FeedSettings, gateway: Gateway) -> Self {
        Self { settings, gateway }
    }

    /// The way out, with its counters.
    pub fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    async fn ask(&self, symbol: &Symbol, wanted: Wanted, budget: &LoadBudget) -> Outcome<Told> {
        let Some(terms) = self.settings.terms(symbol) else { return Outcome::Unknown };
        let zone = self.settings.time_zone;
        let now = self.gateway.clock().now();
        let today = now.with_timezone(&zone).date_naive();
        let from = match wanted {
            Wanted::Rows(from) => from,
            Wanted::Price => today.checked_sub_days(Self::NEWEST).unwrap_or(today),
        };
        // Whether a service counts the last day or not, today is within.
        let to = today.checked_add_days(Days::new(1)).unwrap_or(today);
        let apart = self.address_of_price().filter(|_| wanted == Wanted::Price);
        let path = apart.unwrap_or(&self.settings.url).path_and_query(terms.id, from, to);
        let read = |response: &Response| self.read(response, apart.is_some(), terms.kind);
        let request =
            Request { has_secret_path: true, ..Request::get(Family::Anonymous, path, Self::TIMEOUT) };
        let answered = self.gateway.ask(request, budget, read).await;
        let source = self.settings.source();
        answered.unwrap_or_else(Outcome::NotAnswered).and_then(|document| {
            Told::of(&document, Asked { symbol, terms, source, zone, from, now: self.now() })
        })
    }

    /// A few at a time: calls that wait for their turn hold a share of the load's budget, which others need too.
    async fn ask_for_each(
        &self,
        symbols: &[Symbol],
        wanted: Wanted,
        budget: &LoadBudget,
    ) -> Vec<(Symbol, Outcome<Told>)> {
        let at_once = self.settings.limits().concurrency as usize;
        let asked = async |symbol: &Symbol| (symbol.clone(), self.ask(symbol, wanted, budget).await);
        let asked: Vec<_> = symbols.iter().map(asked).collect();
        stream::iter(asked).buffered(at_once).collect().await
    }

    fn now(&self) -> DateTime<Utc> {
        self.gateway.clock().now()
    }

    fn address_of_price(&self) -> Option<&UrlTemplate> {
        self.settings.quote.as_ref()?.url.as_ref()
    }

    fn read(
        &self,
        response: &Response,
        price_alone: bool,
        kind: InstrumentKind,
    ) -> Result<Outcome<Document>, Unreadable> {
        match response.status {
            200 => {}
            404 | 410 => return Ok(Outcome::Unknown),
            status => {
                let refusal = NotAnswered::Refused(format!("status {status}"));
                return Ok(Outcome::NotAnswered(refusal));
            }
        }
        let zone = self.settings.time_zone;
        let may_be_negative = kind == InstrumentKind::Future;
        let quote = self.settings.quote.as_ref();
        let document = match (&self.settings.csv, &self.settings.json) {
            (Some(format), _) => {
                let (dates, decimal_comma) = (&format.date_format, format.decimal_comma);
                csv::read(&response.body, format, Spelling { dates, zone, decimal_comma, may_be_negative })?
            }
            (None, Some(format)) => {
                let document = json::parse(&response.body)?;
                let spelling =
                    Spelling { dates: &format.date_format, zone, decimal_comma: false, may_be_negative };
                let read = match quote {
                    Some(quote) if price_alone => json::price(&document, quote, zone),
                    _ => json::read(&document, format, quote.filter(|quote| quote.url.is_none()), spelling),
                };
                read.map_err(Unreadable::Inconsistent)?
            }
            // Settings without either are refused when they are read.
            (None, None) => Document::default(),
        };
        Ok(Outcome::Answered(document))
    }
}

#[async_trait]
impl Provider for Feed {
    fn source_of(&self, symbol: &Symbol) -> Option<PriceSource> {
        self.settings.terms(symbol).map(|_| self.settings.source())
    }

    fn health(&self) -> Vec<SourceHealth> {
        vec![SourceHealth::of(self.settings.source().name, Some(self.gateway.counters()))]
    }

    async fn quotes(&self, symbols: &[Symbol], budget: &LoadBudget) -> Vec<(Symbol, Outcome<Quote>)> {
        let told = self.ask_for_each(symbols, Wanted::Price, budget).await;
        told.into_iter().map(|(symbol, told)| (symbol, told.and_then(Told::into_quote))).collect()
    }

    async fn recent_closes(
        &self,
        symbols: &[Symbol],
        budget: &LoadBudget,
    ) -> Vec<(Symbol, Outcome<RecentCloses>)> {
        let today = self.now().with_timezone(&self.settings.time_zone).date_naive();
        let from = today.checked_sub_days(Self::YEAR).unwrap_or(today);
        let told = self.ask_for_each(symbols, Wanted::Rows(from), budget).await;
        told.into_iter().map(|(symbol, told)| (symbol, told.map(Told::into_closes))).collect()
    }

    async fn history(&self, symbol: &Symbol, from: NaiveDate, budget: &LoadBudget) -> Outcome<History> {
        self.ask(symbol, Wanted::Rows(from), budget).await.map(Told::into_history)
    }

    /// Looks through the listed symbols without a call.
    async fn search(&self, text: &str, _: &LoadBudget) -> Result<Vec<Found>, NotAnswered> {
        let text = text.trim().to_lowercase();
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let says = |told: &str| told.to_lowercase().contains(&text);
        let found = self.settings.symbols.iter().filter(|listed| {
            says(listed.symbol.as_str())
                || [&listed.id, &listed.name].into_iter().flatten().any(|told| says(told))
        });
        let hit = |symbol: &Symbol| {
            let terms = self.settings.terms(symbol)?;
            let venue = Some(self.settings.source().name.to_string());
            Some(Found {
                symbol: symbol.clone(),
                name: terms.name.map(str::to_owned),
                kind: terms.kind,
                venue,
            })
        };
        Ok(found.filter_map(|listed| hit(&listed.symbol)).collect())
    }
}
