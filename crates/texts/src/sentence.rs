//! What is to be said, in no language yet.

use std::fmt;

use bellwether_domain::Currency;
use chrono::{DateTime, NaiveDate, TimeDelta};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use crate::Locale;

/// A text by its key, with the values that stand in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sentence {
    key: &'static str,
    values: Vec<(&'static str, Value)>,
}

/// What stands in a sentence.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// As it is: names, symbols, what people wrote.
    Words(String),
    /// Several such, with commas between them.
    Several(Vec<String>),
    /// A number of things.
    Count(i64),
    /// A number with that many decimals at most.
    Number(Decimal, u32),
    /// An amount of money.
    Money(Decimal, Currency),
    /// A number with all its decimals, in English as programs write it.
    Exact(Decimal),
    /// A share of one, told in percent with that many decimals.
    Percent(f64, u32),
    /// `14 Mar 2026`
    Day(NaiveDate),
    /// A day, in English as programs write it: `2026-03-14`
    Date(NaiveDate),
    /// `14 Mar`
    ShortDay(NaiveDate),
    /// `Saturday, 14 March 2026`
    LongDay(NaiveDate),
    /// `Sat`
    Weekday(NaiveDate),
    /// `16:02 EST`
    Time(DateTime<Tz>),
    /// `Sat 14 Mar, 16:02 EST`
    DayAndTime(DateTime<Tz>),
    /// `Saturday, 14 March 2026, 16:02 EST`
    Instant(DateTime<Tz>),
    /// `12 min`, `5 h`, `3 d`
    Age(TimeDelta),
    /// Words that somebody wrote, in quotation marks.
    Quoted(String),
    /// Another sentence within it.
    Sentence(Box<Sentence>),
    /// Several such, with semicolons between them.
    Sentences(Vec<Sentence>),
    /// Several such, with commas between them.
    Enumerated(Vec<Sentence>),
    /// Another sentence that begins with a capital.
    Begun(Box<Sentence>),
}

/// The text that is nothing but its words.
const VERBATIM: &str = "row.words";

impl Value {
    /// A number with all its decimals.
    pub fn exact(number: impl Into<Decimal>) -> Self {
        Self::Exact(number.into())
    }

    /// Words in quotation marks.
    pub fn quoted(words: impl Into<String>) -> Self {
        Self::Quoted(words.into())
    }
}

impl Sentence {
    /// The text of that key.
    pub fn new(key: &'static str) -> Self {
        Self { key, values: Vec::new() }
    }

    /// The same with a value.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.values.push((name, value.into()));
        self
    }

    /// Words that are the same in every language: of files and of programs, or not translated.
    pub fn verbatim(words: impl Into<String>) -> Self {
        Self::new(VERBATIM).with("words", words.into())
    }

    /// Several sentences as one, with semicolons between them.
    pub fn several(sentences: Vec<Self>) -> Self {
        Self::new(VERBATIM).with("words", Value::Sentences(sentences))
    }

    /// The same with a capital at its begin and a full stop at its end.
    #[must_use]
    pub fn whole(self) -> Self {
        Self::new("phrase.whole").with("words", Value::Begun(Box::new(self)))
    }

    /// Whether it is nothing but words that are the same in every language.
    pub fn is_verbatim(&self) -> bool {
        self.values.iter().all(|(_, value)| match value {
            Value::Words(_) => self.key == VERBATIM,
            Value::Begun(within) => within.is_verbatim(),
            Value::Sentences(within) => self.key == VERBATIM && within.iter().all(Self::is_verbatim),
            _ => false,
        }) && !self.values.is_empty()
    }

    /// Its text's key.
    pub fn key(&self) -> &'static str {
        self.key
    }

    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// What chooses between forms for one and for more.
    pub(crate) fn count(&self) -> Option<i64> {
        match self.value("count") {
            Some(Value::Count(count)) => Some(*count),
            _ => None,
        }
    }
}

/// In English, as programs and logs get it.
impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Locale::english().say(self))
    }
}

impl Serialize for Sentence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Words as they are.
impl From<String> for Sentence {
    fn from(words: String) -> Self {
        Self::verbatim(words)
    }
}

/// Words as they are.
impl From<&str> for Sentence {
    fn from(words: &str) -> Self {
        Self::verbatim(words)
    }
}

impl From<String> for Value {
    fn from(words: String) -> Self {
        Self::Words(words)
    }
}

impl From<&str> for Value {
    fn from(words: &str) -> Self {
        Self::Words(words.to_owned())
    }
}

impl From<i64> for Value {
    fn from(count: i64) -> Self {
        Self::Count(count)
    }
}

impl From<u32> for Value {
    fn from(count: u32) -> Self {
        Self::Count(count.into())
    }
}

impl From<i32> for Value {
    fn from(count: i32) -> Self {
        Self::Count(count.into())
    }
}

impl From<usize> for Value {
    fn from(count: usize) -> Self {
        Self::Count(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

impl From<NaiveDate> for Value {
    fn from(day: NaiveDate) -> Self {
        Self::Day(day)
    }
}

impl From<Sentence> for Value {
    fn from(sentence: Sentence) -> Self {
        Self::Sentence(Box::new(sentence))
    }
}
