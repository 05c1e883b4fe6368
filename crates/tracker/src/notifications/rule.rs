//! What can be asked for, and where it can go.

use std::collections::BTreeSet;

use bellwether_domain::{InstrumentId, PortfolioId, Symbol};
use bellwether_storage::notifications::{Destination, NewRule, StoredRule};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Happening;

/// The longest address of a destination, in bytes.
const LONGEST_DESTINATION: usize = 2_000;

/// So many rules of one user at most.
pub(super) const MOST_RULES: usize = 1_000;

/// What a rule asks to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// A refresh of a portfolio's prices that somebody asked for is done.
    RefreshFinished,
    /// A refresh of prices broke off; told at most once a day for each kind of refresh.
    RefreshFailed,
    /// A source of prices is left alone for a while, because it refuses or does not answer.
    CircuitOpened,
    /// It answers again.
    CircuitClosed,
    /// A file was imported.
    ImportFinished,
    /// A file that was to be imported in the background could not be.
    ImportFailed,
    /// The price of an instrument reached the threshold from below, in the currency that it is quoted in.
    PriceAbove,
    /// It fell to the threshold.
    PriceBelow,
    /// A portfolio is so many per cent below its highest point, by its time-weighted return.
    Drawdown,
    /// A holding of a portfolio, or its cash, is so many percentage points off its target.
    Drift,
    /// A dividend was received, recorded or inferred.
    DividendReceived,
    /// A close is missing for so many hours after the end of its session.
    DataStale,
    /// What the week brought, on Saturday morning.
    WeeklySummary,
}

impl Topic {
    const ALL: [Self; 13] = [
        Self::RefreshFinished,
        Self::RefreshFailed,
        Self::CircuitOpened,
        Self::CircuitClosed,
        Self::ImportFinished,
        Self::ImportFailed,
        Self::PriceAbove,
        Self::PriceBelow,
        Self::Drawdown,
        Self::Drift,
        Self::DividendReceived,
        Self::DataStale,
        Self::WeeklySummary,
    ];

    /// The word that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RefreshFinished => "refresh-finished",
            Self::RefreshFailed => "refresh-failed",
            Self::CircuitOpened => "circuit-opened",
            Self::CircuitClosed => "circuit-closed",
            Self::ImportFinished => "import-finished",
            Self::ImportFailed => "import-failed",
            Self::PriceAbove => "price-above",
            Self::PriceBelow => "price-below",
            Self::Drawdown => "drawdown",
            Self::Drift => "drift",
            Self::DividendReceived => "dividend-received",
            Self::DataStale => "data-stale",
            Self::WeeklySummary => "weekly-summary",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.as_str() == word)
    }

    /// Whether it is about a portfolio, so that a rule may ask for one only.
    fn is_of_portfolio(self) -> bool {
        matches!(
            self,
            Self::RefreshFinished
                | Self::RefreshFailed
                | Self::ImportFinished
                | Self::ImportFailed
                | Self::Drawdown
                | Self::Drift
                | Self::DividendReceived
                | Self::DataStale
                | Self::WeeklySummary
        )
    }

    fn is_of_price(self) -> bool {
        matches!(self, Self::PriceAbove | Self::PriceBelow)
    }

    /// What the threshold is, where there is one.
    fn threshold(self) -> Option<&'static str> {
        match self {
            Self::PriceAbove | Self::PriceBelow => Some("a price above 0"),
            Self::Drawdown => Some("per cent above 0 and below 100"),
            Self::Drift => Some("percentage points above 0 and below 100"),
            Self::DataStale => Some("hours, 1 at least"),
            _ => None,
        }
    }
}

/// By what way something is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// In the page alone, where all is told anyway.
    Page,
    /// To an e-mail address.
    Email,
    /// To an address of HTTP.
    Webhook,
}

impl Channel {
    /// The word that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Email => "email",
            Self::Webhook => "webhook",
        }
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        [Self::Page, Self::Email, Self::Webhook].into_iter().find(|channel| channel.as_str() == word)
    }
}

/// Where a channel leads to; `None` for the page, where all is told anyway.
pub(super) fn destination(channel: Channel, address: String) -> Option<Destination> {
    let channel = match channel {
        Channel::Page => return None,
        Channel::Email | Channel::Webhook => channel.as_str().to_owned(),
    };
    Some(Destination { channel, address })
}

/// A rule as somebody writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleDraft {
    /// What to tell.
    #[serde(rename = "kind")]
    pub topic: Topic,
    /// Of this portfolio only; of all when `None`.
    #[serde(default)]
    pub portfolio: Option<PortfolioId>,
    /// Whose price.
    #[serde(default)]
    pub symbol: Option<Symbol>,
    /// From what on: a price, per cent, percentage points or hours, as the topic says.
    #[serde(default)]
    pub threshold: Option<Decimal>,
    /// By what way.
    pub channel: Channel,
    /// An e-mail address or a URL, as the channel says; nothing for the page.
    #[serde(default)]
    pub destination: String,
    /// Whether it counts at present.
    #[serde(default = "enabled")]
    pub enabled: bool,
}

fn enabled() -> bool {
    true
}

impl RuleDraft {
    /// A rule that tells in the page.
    pub fn of(topic: Topic) -> Self {
        Self {
            topic,
            portfolio: None,
            symbol: None,
            threshold: None,
            channel: Channel::Page,
            destination: String::new(),
            enabled: true,
        }
    }

    /// What is wrong with it, in a sentence.
    pub(super) fn check(&self) -> Result<(), String> {
        let topic = self.topic.as_str();
        match (self.topic.is_of_price(), &self.symbol) {
            (true, None) => {
                return Err(format!("A rule of {topic} names the symbol whose price it is about."));
            }
            (false, Some(_)) => return Err(format!("A rule of {topic} is about no symbol.")),
            _ => {}
        }
        if self.portfolio.is_some() && !self.topic.is_of_portfolio() {
            return Err(format!("A rule of {topic} is about no portfolio."));
        }
        let within = |threshold: Decimal| match self.topic {
            Topic::Drawdown | Topic::Drift => threshold > Decimal::ZERO && threshold < Decimal::ONE_HUNDRED,
            Topic::DataStale => threshold >= Decimal::ONE && threshold <= Decimal::from(24 * 366),
            _ => threshold > Decimal::ZERO,
        };
        match (self.topic.threshold(), self.threshold) {
            (Some(what), None) => return Err(format!("A rule of {topic} needs a threshold: {what}.")),
            (Some(what), Some(threshold)) if !within(threshold) => {
                return Err(format!("{threshold} is no threshold of {topic}: give {what}."));
            }
            (None, Some(_)) => return Err(format!("A rule of {topic} has no threshold.")),
            _ => {}
        }
        match (self.channel, self.destination.is_empty()) {
            (Channel::Page, false) => Err("The page needs no destination.".to_owned()),
            (Channel::Email | Channel::Webhook, true) => {
                Err(format!("The channel {} needs a destination.", self.channel.as_str()))
            }
            _ if self.destination.len() > LONGEST_DESTINATION => {
                Err("The destination is too long.".to_owned())
            }
            // PostgreSQL takes no text with a NUL, and no address has such characters.
            _ if self.destination.chars().any(char::is_control) => {
                Err("The destination has characters that cannot be printed.".to_owned())
            }
            _ => Ok(()),
        }
    }

    pub(super) fn wish(&self, instrument: Option<InstrumentId>) -> NewRule {
        NewRule {
            kind: self.topic.as_str().to_owned(),
            portfolio: self.portfolio,
            instrument,
            threshold: self.threshold,
            destination: Destination {
                channel: self.channel.as_str().to_owned(),
                address: self.destination.clone(),
            },
            enabled: self.enabled,
        }
    }
}

/// A rule that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Its identifier.
    pub id: Uuid,
    /// What it asks for.
    #[serde(flatten)]
    pub asks: RuleDraft,
    /// When it was made: it tells of nothing that was over by then.
    pub created_at: DateTime<Utc>,
}

impl Rule {
    /// `None` for a rule of a newer version of this program.
    pub(super) fn of_stored(stored: StoredRule) -> Option<Self> {
        let StoredRule { id, wish, symbol, created_at } = stored;
        let asks = RuleDraft {
            topic: Topic::from_word(&wish.kind)?,
            portfolio: wish.portfolio,
            symbol,
            threshold: wish.threshold,
            channel: Channel::from_word(&wish.destination.channel)?,
            destination: wish.destination.address,
            enabled: wish.enabled,
        };
        Some(Self { id, asks, created_at })
    }

    /// Whether it asks for this.
    pub(super) fn wants(&self, happening: &Happening) -> bool {
        let asks = &self.asks;
        asks.enabled
            && asks.topic == happening.topic()
            && asks.portfolio.is_none_or(|portfolio| happening.portfolio() == Some(portfolio))
            && asks.symbol.as_ref().is_none_or(|symbol| happening.symbol() == Some(symbol))
            && (asks.threshold.is_none() || asks.threshold == happening.threshold())
    }
}

/// Where to tell of something, beside the page; `None` when nobody asked for it.
pub(super) fn destinations(rules: &[Rule], happening: &Happening) -> Option<BTreeSet<Destination>> {
    let mut wanted = rules.iter().filter(|rule| rule.wants(happening)).peekable();
    wanted.peek()?;
    Some(wanted.filter_map(|rule| destination(rule.asks.channel, rule.asks.destination.clone())).collect())
}

/// Why somebody may not have letters sent there: whoever has an account here writes to themselves only, since the mail
/// server is the operator's, and letters from it are believed. The owner writes to whom they like.
pub(super) fn recipient_fault(
    is_owner: bool,
    own: Option<&str>,
    channel: Channel,
    destination: &str,
) -> Option<String> {
    if channel != Channel::Email || is_owner {
        return None;
    }
    match own {
        Some(own) if own == destination.trim().to_lowercase() => None,
        Some(own) => Some(format!("E-mails go to your own address only: {own}.")),
        None => Some(
            "E-mails go to your own address only, and your account has none: ask the owner to add it."
                .to_owned(),
        ),
    }
}

/// What an installation tells in the page until its owner says otherwise.
pub(super) fn first_rules() -> Vec<RuleDraft> {
    [
        Topic::RefreshFailed,
        Topic::CircuitOpened,
        Topic::CircuitClosed,
        Topic::ImportFinished,
        Topic::ImportFailed,
        Topic::DividendReceived,
        Topic::DataStale,
        Topic::WeeklySummary,
    ]
    .into_iter()
    .map(|topic| RuleDraft {
        threshold: (topic == Topic::DataStale).then_some(Decimal::from(24)),
        ..RuleDraft::of(topic)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_has_a_word_of_its_own() {
        for topic in Topic::ALL {
            assert_eq!(Topic::from_word(topic.as_str()), Some(topic));
            assert_eq!(serde_json::json!(topic), topic.as_str());
        }
    }

    #[test]
    fn a_rule_says_what_its_topic_needs_and_nothing_else() {
        let refused = |draft: RuleDraft| draft.check().expect_err("a fault");
        let apple: Symbol = "AAPL".parse().expect("a symbol");
        let target = RuleDraft {
            symbol: Some(apple.clone()),
            threshold: Some(Decimal::from(200)),
            ..RuleDraft::of(Topic::PriceAbove)
        };
        assert_eq!(target.check(), Ok(()));
        assert!(refused(RuleDraft { symbol: None, ..target.clone() }).contains("names the symbol"));
        assert!(refused(RuleDraft { threshold: None, ..target.clone() }).contains("needs a threshold"));
        assert!(refused(RuleDraft { threshold: Some(Decimal::ZERO), ..target.clone() }).contains("above 0"));
        assert!(
            refused(RuleDraft { portfolio: Some(PortfolioId::new()), ..target.clone() })
                .contains("no portfolio")
        );
        assert!(
            refused(RuleDraft { symbol: Some(apple), ..RuleDraft::of(Topic::CircuitOpened) })
                .contains("no symbol")
        );
        let deep = RuleDraft { threshold: Some(Decimal::ONE_HUNDRED), ..RuleDraft::of(Topic::Drawdown) };
        assert!(refused(deep).contains("below 100"));
        assert!(
            refused(RuleDraft { channel: Channel::Email, ..target.clone() }).contains("needs a destination")
        );
        assert!(refused(RuleDraft { destination: "x".to_owned(), ..target }).contains("no destination"));
    }

    #[test]
    fn the_first_rules_are_sound() {
        for draft in first_rules() {
            assert_eq!(draft.check(), Ok(()), "{draft:?}");
        }
    }
}
