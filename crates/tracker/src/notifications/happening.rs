//! What can happen, and how it is told.

use bellwether_domain::{Currency, Portfolio, PortfolioId, Symbol};
use bellwether_portfolio::{Class, Figure};
use bellwether_storage::notifications::NewNotification;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{Severity, Topic};

/// A portfolio as people know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) id: PortfolioId,
    pub(crate) name: String,
}

impl Named {
    pub(crate) fn of(portfolio: &Portfolio) -> Self {
        Self { id: portfolio.id, name: portfolio.name.clone() }
    }

    fn link(&self) -> String {
        format!("/dashboard/{}", self.id)
    }
}

/// What a week brought a portfolio.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Week {
    /// Its last day.
    pub(crate) until: NaiveDate,
    pub(crate) base: Currency,
    pub(crate) value: Figure<Decimal>,
    pub(crate) gain: Figure<Decimal>,
    /// Time-weighted; 0.1 is 10 %.
    pub(crate) rate: Figure<f64>,
    /// What came in less what went out.
    pub(crate) paid_in: Figure<Decimal>,
    pub(crate) dividends: Figure<Decimal>,
}

/// Something that happened, or began.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Happening {
    RefreshFinished {
        portfolio: Named,
        job: Uuid,
    },
    RefreshFailed {
        portfolio: Option<Named>,
        job_key: String,
        day: NaiveDate,
    },
    CircuitOpened {
        source: String,
        until: Option<DateTime<Utc>>,
        zone: Tz,
        at: DateTime<Utc>,
    },
    CircuitClosed {
        source: String,
        at: DateTime<Utc>,
    },
    ImportFinished {
        portfolio: Named,
        file: String,
        outcome: String,
        at: DateTime<Utc>,
    },
    ImportFailed {
        portfolio: Named,
        job: Uuid,
    },
    PriceReached {
        above: bool,
        symbol: Symbol,
        price: Decimal,
        currency: Currency,
        target: Decimal,
        day: NaiveDate,
    },
    Drawdown {
        portfolio: Named,
        per_cent: f64,
        limit: Decimal,
        day: NaiveDate,
    },
    Drift {
        portfolio: Named,
        /// Farthest off its target.
        class: Class,
        /// 0.2 is 20 %.
        weight: Decimal,
        target: Decimal,
        limit: Decimal,
        day: NaiveDate,
    },
    DividendReceived {
        portfolio: Named,
        symbol: Symbol,
        date: NaiveDate,
        net: Decimal,
        currency: Currency,
        inferred: bool,
    },
    DataStale {
        portfolio: Named,
        symbols: Vec<Symbol>,
        hours: Decimal,
        day: NaiveDate,
    },
    WeekEnded {
        portfolio: Named,
        week: Box<Week>,
    },
}

/// What is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) kind: &'static str,
    pub(crate) severity: Severity,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) link: Option<String>,
    /// The same for all who tell the same thing.
    pub(crate) key: String,
}

impl Message {
    /// The kind of messages that somebody asked for to see whether they arrive.
    pub(super) const TEST: &'static str = "test";

    /// A backup by night that was not made, which is told whether asked for or not.
    pub(super) fn backup_failed(words: String, at: DateTime<Utc>) -> Self {
        Self {
            kind: "backup-failed",
            severity: Severity::Warning,
            title: "The backup failed".to_owned(),
            body: words,
            link: Some("/monitoring".to_owned()),
            key: format!("backup-failed:{}", at.date_naive()),
        }
    }

    pub(super) fn test(id: Uuid) -> Self {
        Self {
            kind: Self::TEST,
            severity: Severity::Info,
            title: "A test".to_owned(),
            body: "This was sent to see whether it arrives. It did.".to_owned(),
            link: None,
            key: format!("test:{id}"),
        }
    }

    pub(super) fn stored(&self) -> NewNotification {
        NewNotification {
            kind: self.kind.to_owned(),
            severity: self.severity.as_str().to_owned(),
            title: self.title.clone(),
            body: self.body.clone(),
            link: self.link.clone(),
            key: self.key.clone(),
        }
    }
}

/// The key of what lasts: of an instrument or a portfolio, from a threshold on.
pub(super) fn condition(topic: Topic, of: &str, threshold: Decimal) -> String {
    format!("{}:{of}:{}", topic.as_str(), threshold.normalize())
}

fn money(amount: Decimal, currency: Currency) -> String {
    format!("{:.2} {currency}", amount.round_dp(2))
}

/// Of a part of a whole.
fn per_cent(part: Decimal) -> String {
    let part = part.checked_mul(Decimal::ONE_HUNDRED);
    part.map_or_else(|| "n/a".to_owned(), |per_cent| format!("{:.1} %", per_cent.round_dp(1)))
}

fn known(amount: &Figure<Decimal>, currency: Currency) -> String {
    match amount {
        Ok(amount) => money(*amount, currency),
        Err(reason) => format!("n/a ({reason})"),
    }
}

impl Happening {
    pub(super) fn topic(&self) -> Topic {
        match self {
            Self::RefreshFinished { .. } => Topic::RefreshFinished,
            Self::RefreshFailed { .. } => Topic::RefreshFailed,
            Self::CircuitOpened { .. } => Topic::CircuitOpened,
            Self::CircuitClosed { .. } => Topic::CircuitClosed,
            Self::ImportFinished { .. } => Topic::ImportFinished,
            Self::ImportFailed { .. } => Topic::ImportFailed,
            Self::PriceReached { above: true, .. } => Topic::PriceAbove,
            Self::PriceReached { above: false, .. } => Topic::PriceBelow,
            Self::Drawdown { .. } => Topic::Drawdown,
            Self::Drift { .. } => Topic::Drift,
            Self::DividendReceived { .. } => Topic::DividendReceived,
            Self::DataStale { .. } => Topic::DataStale,
            Self::WeekEnded { .. } => Topic::WeeklySummary,
        }
    }

    fn named(&self) -> Option<&Named> {
        match self {
            Self::RefreshFinished { portfolio, .. }
            | Self::ImportFinished { portfolio, .. }
            | Self::ImportFailed { portfolio, .. }
            | Self::Drawdown { portfolio, .. }
            | Self::Drift { portfolio, .. }
            | Self::DividendReceived { portfolio, .. }
            | Self::DataStale { portfolio, .. }
            | Self::WeekEnded { portfolio, .. } => Some(portfolio),
            Self::RefreshFailed { portfolio, .. } => portfolio.as_ref(),
            Self::CircuitOpened { .. } | Self::CircuitClosed { .. } | Self::PriceReached { .. } => None,
        }
    }

    pub(super) fn portfolio(&self) -> Option<PortfolioId> {
        self.named().map(|portfolio| portfolio.id)
    }

    pub(super) fn symbol(&self) -> Option<&Symbol> {
        match self {
            Self::PriceReached { symbol, .. } | Self::DividendReceived { symbol, .. } => Some(symbol),
            _ => None,
        }
    }

    /// What a rule's threshold must be for it to be asked for.
    pub(super) fn threshold(&self) -> Option<Decimal> {
        match self {
            Self::PriceReached { target: threshold, .. }
            | Self::Drawdown { limit: threshold, .. }
            | Self::Drift { limit: threshold, .. }
            | Self::DataStale { hours: threshold, .. } => Some(*threshold),
            _ => None,
        }
    }

    /// Under what it is told: the same in every process, and once more on another day for what comes and goes.
    fn key(&self) -> String {
        let topic = self.topic().as_str();
        match self {
            Self::RefreshFinished { job, .. } | Self::ImportFailed { job, .. } => format!("{topic}:{job}"),
            Self::RefreshFailed { job_key, day, .. } => format!("{topic}:{job_key}:{day}"),
            Self::CircuitOpened { source, at, .. } | Self::CircuitClosed { source, at } => {
                format!("{topic}:{source}:{}", at.timestamp_micros())
            }
            Self::ImportFinished { portfolio, at, .. } => {
                format!("{topic}:{}:{}", portfolio.id, at.timestamp_micros())
            }
            Self::PriceReached { day, .. }
            | Self::Drawdown { day, .. }
            | Self::Drift { day, .. }
            | Self::DataStale { day, .. } => {
                format!("{}:{day}", self.condition())
            }
            Self::DividendReceived { portfolio, symbol, date, .. } => {
                format!("{topic}:{}:{symbol}:{date}", portfolio.id)
            }
            Self::WeekEnded { portfolio, week } => Self::week_key(portfolio.id, week.until),
        }
    }

    /// Under what the week to a day is told.
    pub(super) fn week_key(portfolio: PortfolioId, until: NaiveDate) -> String {
        format!("{}:{portfolio}:{until}", Topic::WeeklySummary.as_str())
    }

    /// What lasts from this beginning on.
    pub(super) fn condition(&self) -> String {
        let of = match (self.symbol(), self.portfolio()) {
            (Some(symbol), _) => symbol.to_string(),
            (None, Some(portfolio)) => portfolio.to_string(),
            (None, None) => String::new(),
        };
        condition(self.topic(), &of, self.threshold().unwrap_or_default())
    }

    pub(super) fn message(&self) -> Message {
        let severity = match self {
            Self::RefreshFailed { .. }
            | Self::CircuitOpened { .. }
            | Self::ImportFailed { .. }
            | Self::Drawdown { .. }
            | Self::Drift { .. }
            | Self::DataStale { .. } => Severity::Warning,
            _ => Severity::Info,
        };
        let link = match self {
            Self::ImportFailed { portfolio, job } => {
                Some(format!("/portfolio/{}/import?job={job}", portfolio.id))
            }
            _ => self.named().map(Named::link),
        };
        let (title, body) = self.words();
        Message { kind: self.topic().as_str(), severity, title, body, link, key: self.key() }
    }

    fn words(&self) -> (String, String) {
        match self {
            Self::RefreshFinished { portfolio, .. } => {
                (format!("Prices of {} refreshed", portfolio.name), "The refresh is done.".to_owned())
            }
            Self::RefreshFailed { portfolio, .. } => {
                let of = portfolio
                    .as_ref()
                    .map_or_else(String::new, |portfolio| format!(" of {}", portfolio.name));
                let body =
                    "A refresh broke off. The last good prices are shown; it is tried again by itself.";
                (format!("Prices{of} could not be refreshed"), body.to_owned())
            }
            Self::CircuitOpened { source, until, zone, .. } => {
                let rest = until.map_or_else(String::new, |until| {
                    format!(
                        " It is asked again from {} on.",
                        until.with_timezone(zone).format("%-d %b %H:%M %Z")
                    )
                });
                let body = format!("It refuses or does not answer. The last good prices are shown.{rest}");
                (format!("{source} tells no prices at present"), body)
            }
            Self::CircuitClosed { source, .. } => (
                format!("{source} tells prices again"),
                "What became due meanwhile is fetched now.".to_owned(),
            ),
            Self::ImportFinished { file, outcome, .. } => (format!("{file} is imported"), outcome.clone()),
            Self::ImportFailed { portfolio, .. } => (
                format!("A file could not be imported into {}", portfolio.name),
                "Nothing of it was booked.".to_owned(),
            ),
            Self::PriceReached { above, symbol, price, currency, target, .. } => {
                let verb = if *above { "rose to" } else { "fell to" };
                let (price, target) = (price.normalize(), target.normalize());
                (format!("{symbol} {verb} {price} {currency}"), format!("The target is {target} {currency}."))
            }
            Self::Drawdown { portfolio, per_cent, limit, .. } => (
                format!("{} is {per_cent:.1} % below its highest point", portfolio.name),
                format!("By its time-weighted return. The limit is {} %.", limit.normalize()),
            ),
            Self::Drift { portfolio, class, weight, target, limit, .. } => {
                let name = match class {
                    Class::Named(symbol) => symbol.clone(),
                    class => class.to_string(),
                };
                (
                    format!("{} is off its targets", portfolio.name),
                    format!(
                        "{name} is {} of it, and is to be {}. The limit is {} percentage points.",
                        per_cent(*weight),
                        per_cent(*target),
                        limit.normalize()
                    ),
                )
            }
            Self::DividendReceived { portfolio, symbol, date, net, currency, inferred } => {
                let how = if *inferred { "Inferred from the shares held on" } else { "Recorded for" };
                let amount = money(*net, *currency);
                (
                    format!("{symbol} paid {amount}"),
                    format!("{how} {}, in {}.", date.format("%-d %B %Y"), portfolio.name),
                )
            }
            Self::DataStale { portfolio, symbols, hours, .. } => {
                let named: Vec<&str> = symbols.iter().take(10).map(Symbol::as_str).collect();
                let more = match symbols.len().saturating_sub(named.len()) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                (
                    format!("{} has old prices", portfolio.name),
                    format!(
                        "A close is missing for more than {} hours of {}{more}.",
                        hours.normalize(),
                        named.join(", ")
                    ),
                )
            }
            Self::WeekEnded { portfolio, week } => {
                let Week { until, base, value, gain, rate, paid_in, dividends } = &**week;
                let rate = match rate {
                    Ok(rate) => format!("{:+.2} %", rate * 100.0),
                    Err(reason) => format!("n/a ({reason})"),
                };
                let known = |amount| known(amount, *base);
                (
                    format!("{}: the week to {}", portfolio.name, until.format("%-d %B %Y")),
                    format!(
                        "Value {}. Gain {}, time-weighted {rate}. Paid in less paid out {}. Dividends {}.",
                        known(value),
                        known(gain),
                        known(paid_in),
                        known(dividends)
                    ),
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bellwether_portfolio::Reason;
    use bellwether_texts::{Locale, Sentence};

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn decimal(text: &str) -> Decimal {
        text.parse().expect("a number")
    }

    fn main() -> Named {
        let id = "018f3c5e-0000-7000-8000-000000000001".parse().expect("an id");
        Named { id: PortfolioId::from_uuid(id), name: "Main".to_owned() }
    }

    fn target(price: &str, target: &str, on: &str) -> Happening {
        Happening::PriceReached {
            above: true,
            symbol: "AAPL".parse().expect("a symbol"),
            price: decimal(price),
            currency: Currency::USD,
            target: decimal(target),
            day: day(on),
        }
    }

    #[test]
    fn a_target_is_told_once_a_day_whatever_the_price() {
        let first = target("210.5", "200", "2026-11-20").message();
        assert_eq!(first.title, "AAPL rose to 210.5 USD");
        assert_eq!(first.body, "The target is 200 USD.");
        assert_eq!(first.key, "price-above:AAPL:200:2026-11-20");
        assert_eq!(target("213", "200.00", "2026-11-20").message().key, first.key);
        assert_ne!(target("213", "200", "2026-11-23").message().key, first.key);
        assert_ne!(target("213", "205", "2026-11-20").message().key, first.key);
    }

    #[test]
    fn a_week_tells_what_is_known_and_why_the_rest_is_not() {
        let week = Week {
            until: day("2026-11-20"),
            base: Currency::USD,
            value: Ok(decimal("10200.004")),
            gain: Ok(decimal("-149.996")),
            rate: Ok(-0.0145),
            paid_in: Ok(decimal("350")),
            dividends: Err(Reason::NotHeld),
        };
        let told = Happening::WeekEnded { portfolio: main(), week: Box::new(week) }.message();
        assert_eq!(told.title, "Main: the week to 20 November 2026");
        assert_eq!(
            told.body,
            format!(
                "Value 10200.00 USD. Gain -150.00 USD, time-weighted -1.45 %. Paid in less paid out 350.00 USD. \
                 Dividends n/a ({}).",
                Reason::NotHeld
            )
        );
        assert_eq!(told.link.as_deref(), Some("/dashboard/018f3c5e-0000-7000-8000-000000000001"));
    }

    #[test]
    fn a_rest_is_told_by_the_clocks_at_home() {
        let opened = Happening::CircuitOpened {
            source: "yahoo".to_owned(),
            until: Some("2026-11-20T15:30:00Z".parse().expect("an instant")),
            zone: chrono_tz::America::New_York,
            at: "2026-11-20T15:00:00Z".parse().expect("an instant"),
        };
        let told = opened.message();
        assert_eq!(
            (told.severity, told.title.as_str()),
            (Severity::Warning, "yahoo tells no prices at present")
        );
        assert!(told.body.ends_with("It is asked again from 20 Nov 10:30 EST on."), "{}", told.body);
    }

    #[test]
    fn many_old_prices_are_named_in_part() {
        let symbols = (0..13).map(|n| format!("S{n}").parse().expect("a symbol")).collect();
        let stale =
            Happening::DataStale { portfolio: main(), symbols, hours: decimal("24"), day: day("2026-11-20") };
        let body = stale.message().body;
        assert_eq!(
            body,
            "A close is missing for more than 24 hours of S0, S1, S2, S3, S4, S5, S6, S7, S8, S9 and 3 more."
        );
    }

    /// What is kept in English words is said on pages in the reader's language, by its texts.
    #[test]
    fn each_thing_that_is_told_has_a_text_in_every_language() {
        let (day, at, symbol) = (day("2026-11-20"), Utc::now(), || "AAPL".parse().expect("a symbol"));
        let (job, usd) = (Uuid::now_v7(), Currency::USD);
        let paid = |inferred| Happening::DividendReceived {
            portfolio: main(),
            symbol: symbol(),
            date: day,
            net: decimal("12.5"),
            currency: usd,
            inferred,
        };
        let week = |rate| {
            let (value, gain, paid_in) = (Ok(decimal("10200")), Ok(decimal("-149.996")), Ok(decimal("350")));
            let dividends = Err(Reason::NotHeld);
            let week = Week { until: day, base: usd, value, gain, rate, paid_in, dividends };
            Happening::WeekEnded { portfolio: main(), week: Box::new(week) }
        };
        let old = |count| Happening::DataStale {
            portfolio: main(),
            symbols: (0..count).map(|n| format!("S{n}").parse().expect("a symbol")).collect(),
            hours: decimal("24"),
            day,
        };
        let off = |class| Happening::Drift {
            portfolio: main(),
            class,
            weight: decimal("0.25"),
            target: decimal("0.2"),
            limit: decimal("5"),
            day,
        };
        let reached = |above| Happening::PriceReached {
            above,
            symbol: symbol(),
            price: decimal("210.5"),
            currency: usd,
            target: decimal("200"),
            day,
        };
        let failed = |portfolio| Happening::RefreshFailed { portfolio, job_key: "x".to_owned(), day };
        let away = |until| Happening::CircuitOpened { source: "yahoo".to_owned(), until, zone: Tz::UTC, at };
        let outcomes = [
            "1 transaction imported into Main.",
            "3 transactions imported into Main, 2 known already.",
            "0 transactions imported into Main, 2 known already, 1 row rejected.",
            "1 transaction imported into Main, 4 rows rejected.",
        ];
        let imported = outcomes.map(|outcome| Happening::ImportFinished {
            portfolio: main(),
            file: "few.csv".to_owned(),
            outcome: outcome.to_owned(),
            at,
        });
        let mut all = vec![
            Happening::RefreshFinished { portfolio: main(), job },
            failed(None),
            failed(Some(main())),
            away(None),
            away(Some(at)),
            Happening::CircuitClosed { source: "yahoo".to_owned(), at },
            Happening::ImportFailed { portfolio: main(), job },
            reached(true),
            reached(false),
            Happening::Drawdown { portfolio: main(), per_cent: 12.34, limit: decimal("10"), day },
            off(Class::Named("KO".to_owned())),
            off(Class::Cash),
            paid(true),
            paid(false),
            old(2),
            old(13),
            week(Ok(0.0145)),
            week(Err(Reason::TooShort)),
        ];
        all.extend(imported);
        let mut messages: Vec<Message> = all.iter().map(Happening::message).collect();
        messages.push(Message::test(job));
        messages.push(Message::backup_failed("The folder /x cannot be used: it is full.".to_owned(), at));
        messages.push(Message::backup_failed("The database did not answer.".to_owned(), at));
        for words in messages.iter().flat_map(|message| [&message.title, &message.body]) {
            let found = Sentence::recognised(words, &["told.words.", "reason."]);
            let found = found.unwrap_or_else(|| panic!("{words} has no text"));
            let german = Locale::accepted("de").say(&found);
            assert!(german != *words && !german.contains(['{', '}']), "{words}: {german}");
        }
        let off = off(Class::Cash).message().body;
        let found = Sentence::recognised(&off, &["told.words."]).expect("found");
        let said = Locale::accepted("de").say(&found);
        assert!(said.starts_with("Guthaben macht 25 % aus statt 20 %."), "{said}");
        let week = week(Ok(0.0145)).message().body;
        let found = Sentence::recognised(&week, &["told.words.", "reason."]).expect("found");
        let said = Locale::accepted("de").say(&found).replace('\u{a0}', " ");
        let expected = "Wert 10.200,00 $. Gewinn -150,00 $, zeitgewichtet 1,45 %. Einzahlungen weniger Auszahlungen \
                        350,00 $. Dividenden nicht bekannt (es gibt keinen Bestand).";
        assert_eq!(said.replace('−', "-"), expected);
    }
}
