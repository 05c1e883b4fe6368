//! How somebody reads: which language, and how numbers and dates are written where they live.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{LazyLock, PoisonError, RwLock};

use icu_locale_core::LanguageIdentifier;
use icu_locale_core::subtags::Region;
use serde::Serialize;

use crate::catalogue::{Language, Piece};
use crate::dates::Dates;
use crate::numbers::Numbers;
use crate::sentence::{Sentence, Value};

/// What programs of others say is the value of this name.
const CAUSE: &str = "cause";

/// A part of a sentence in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Its words.
    pub words: String,
    /// Whether they are in English although the sentence is not.
    pub is_foreign: bool,
}

/// Of so many different wishes what was found is remembered.
const REMEMBERED: usize = 256;
/// Longer ones are not worth it.
const LONGEST_REMEMBERED: usize = 200;

/// Texts, numbers and dates for one kind of reader.
#[derive(Clone, Copy)]
pub struct Locale(&'static Conventions);

/// All that there are. Of regions that write alike one stands for all.
static KNOWN: LazyLock<[Conventions; 9]> = LazyLock::new(|| {
    let english = ["GB", "US", "CA", "AU", "IN", "ZA"].map(|region| (Language::English, region));
    let german = ["DE", "AT", "CH"].map(|region| (Language::German, region));
    let mut all = english.into_iter().chain(german);
    std::array::from_fn(|_| {
        let (language, region) = all.next().expect("six and three");
        Conventions::of(language, region)
    })
});

struct Conventions {
    tag: String,
    region: &'static str,
    language: Language,
    numbers: Numbers,
    dates: Dates,
}

impl Conventions {
    fn of(language: Language, region: &'static str) -> Self {
        let tag = format!("{}-{region}", language.tag());
        let (numbers, dates) = (Numbers::of(&tag), Dates::of(&tag));
        Self { tag, region, language, numbers, dates }
    }
}

impl std::fmt::Debug for Locale {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.tag())
    }
}

impl PartialEq for Locale {
    fn eq(&self, other: &Self) -> bool {
        self.tag() == other.tag()
    }
}

impl Eq for Locale {}

impl std::hash::Hash for Locale {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.tag().hash(state);
    }
}

impl Default for Locale {
    fn default() -> Self {
        Self::english()
    }
}

impl Locale {
    /// English with the day before the month and the clock of 24 hours; what programs get.
    pub fn english() -> Self {
        Self(&KNOWN[0])
    }

    /// What suits a header `Accept-Language` best: the first language in it that there are texts in, as it is written in
    /// that region. English where there is none.
    pub fn accepted(header: &str) -> Self {
        static FOUND: LazyLock<RwLock<HashMap<String, Locale>>> = LazyLock::new(RwLock::default);
        if let Some(found) = FOUND.read().unwrap_or_else(PoisonError::into_inner).get(header) {
            return *found;
        }
        let locale = Self::find(header);
        let mut found = FOUND.write().unwrap_or_else(PoisonError::into_inner);
        if found.len() >= REMEMBERED {
            found.clear();
        }
        if header.len() <= LONGEST_REMEMBERED {
            found.insert(header.to_owned(), locale);
        }
        locale
    }

    fn find(header: &str) -> Self {
        let mut wishes: Vec<(f32, &str)> = header
            .split(',')
            .filter_map(|wish| {
                let (tag, weight) = wish.split_once(';').unwrap_or((wish, ""));
                let weight = weight.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.parse().ok())?;
                Some((weight, tag.trim()))
            })
            .collect();
        wishes.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        for (_, tag) in wishes {
            let Ok(wanted) = tag.parse::<LanguageIdentifier>() else { continue };
            let language = Language::ALL.into_iter().find(|known| known.tag() == wanted.language.as_str());
            if let Some(language) = language {
                return Self::of(language, wanted.region.as_ref().map(Region::as_str));
            }
        }
        Self::english()
    }

    /// A language as it is written in a region, or where most write it.
    fn of(language: Language, region: Option<&str>) -> Self {
        let region = if region == Some("LI") { Some("CH") } else { region };
        let of_language = || KNOWN.iter().filter(|known| known.language == language);
        let found = of_language().find(|known| Some(known.region) == region).or_else(|| of_language().next());
        found.map_or_else(Self::english, Self)
    }

    /// `en-GB`, `de-CH`: the same for all who get the same.
    pub fn tag(self) -> &'static str {
        &self.0.tag
    }

    /// The language of the texts.
    pub fn language(self) -> Language {
        self.0.language
    }

    pub(crate) fn numbers(self) -> &'static Numbers {
        &self.0.numbers
    }

    pub(crate) fn dates(self) -> &'static Dates {
        &self.0.dates
    }

    /// A text without values.
    pub fn text(self, key: &'static str) -> String {
        self.say(&Sentence::new(key))
    }

    /// A text without values whose key is found while the program runs; none where there is no such text.
    pub fn text_of(self, key: &str) -> Option<String> {
        let words = |piece: &Piece| match piece {
            Piece::Words(words) => words.clone(),
            Piece::Value(name) => format!("{{{name}}}"),
        };
        Some(self.language().text(key, None)?.iter().map(words).collect())
    }

    /// A sentence in words.
    pub fn say(self, sentence: &Sentence) -> String {
        let Some(pieces) = self.language().text(sentence.key(), sentence.count()) else {
            // A test finds every key that is used; where one got past it, it says more than nothing.
            return sentence.key().to_owned();
        };
        let mut said = String::new();
        for piece in pieces {
            match piece {
                Piece::Words(words) => said.push_str(words),
                Piece::Value(name) => match sentence.value(name) {
                    Some(value) => said.push_str(&self.value(value)),
                    // Writing to a String cannot fail.
                    None => drop(write!(said, "{{{name}}}")),
                },
            }
        }
        said
    }

    /// A sentence in words, in parts: what programs of others say in it, by the name `cause`, is in English in every
    /// language.
    pub fn parts(self, sentence: &Sentence) -> Vec<Part> {
        let Some(pieces) = self.language().text(sentence.key(), sentence.count()) else {
            return vec![Part { words: sentence.key().to_owned(), is_foreign: false }];
        };
        let mut parts: Vec<Part> = Vec::new();
        let mut push = |words: String, is_foreign| match parts.last_mut() {
            Some(last) if last.is_foreign == is_foreign => last.words.push_str(&words),
            _ => parts.push(Part { words, is_foreign }),
        };
        for piece in pieces {
            match piece {
                Piece::Words(words) => push(words.clone(), false),
                Piece::Value(name) => match sentence.value(name) {
                    Some(Value::Sentence(within)) => {
                        self.parts(within).into_iter().for_each(|part| push(part.words, part.is_foreign));
                    }
                    Some(Value::Begun(within)) => {
                        let mut within = self.parts(within).into_iter();
                        within.next().into_iter().for_each(|part| push(begun(&part.words), part.is_foreign));
                        within.for_each(|part| push(part.words, part.is_foreign));
                    }
                    Some(Value::Words(words)) if name == CAUSE => {
                        push(words.clone(), self.language() != Language::English);
                    }
                    Some(value) => push(self.value(value), false),
                    None => push(format!("{{{name}}}"), false),
                },
            }
        }
        parts
    }

    fn all(self, several: &[Sentence]) -> Vec<String> {
        several.iter().map(|one| self.say(one)).collect()
    }

    /// In quotation marks, and in one line whatever stands between them.
    fn quoted(self, words: &str) -> String {
        match self.language() {
            Language::English => format!("{words:?}"),
            Language::German => format!("„{}“", words.escape_debug().to_string().replace("\\\"", "\"")),
        }
    }

    fn value(self, value: &Value) -> String {
        match value {
            Value::Words(words) => words.clone(),
            Value::Several(names) => names.join(", "),
            Value::Count(count) => self.count(*count),
            Value::Number(number, decimals) => self.number(*number, *decimals),
            Value::Money(amount, currency) => self.money(*amount, *currency),
            Value::Percent(share, decimals) => self.percent_with(*share, *decimals),
            Value::ShortDay(day) => self.short_day(*day),
            Value::LongDay(day) => self.long_day(*day),
            Value::Weekday(day) => self.weekday(*day),
            Value::Time(at) => self.time(at),
            Value::DayAndTime(at) => self.day_and_time(at),
            Value::Instant(at) => self.instant(at),
            Value::Age(age) => self.age(*age),
            Value::Date(day) if self.language() == Language::English => day.to_string(),
            Value::Day(day) | Value::Date(day) => self.day(*day),
            Value::Exact(number) if self.language() == Language::English => number.to_string(),
            Value::Exact(number) => self.number(*number, number.scale()),
            Value::Quoted(words) => self.quoted(words),
            Value::Sentence(within) => self.say(within),
            Value::Sentences(several) => self.all(several).join("; "),
            Value::Enumerated(several) => self.all(several).join(", "),
            Value::Begun(within) => begun(&self.say(within)),
        }
    }
}

/// With a capital.
fn begun(words: &str) -> String {
    let mut letters = words.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    first + letters.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_there_are_texts_in_is_taken() {
        for (header, tag) in [
            ("de-CH, fr;q=0.9, en;q=0.8", "de-CH"),
            ("fr-FR, fr;q=0.9, en-US;q=0.8, de;q=0.7", "en-US"),
            ("en;q=0.3, de;q=0.9", "de-DE"),
            ("de-LU", "de-DE"),
            ("de-LI", "de-CH"),
            ("en-NZ", "en-GB"),
            ("ja", "en-GB"),
            ("", "en-GB"),
            ("*", "en-GB"),
            (";;;,,q=x,de;q=nonsense", "en-GB"),
        ] {
            assert_eq!(Locale::accepted(header).tag(), tag, "{header}");
            assert_eq!(Locale::accepted(header).tag(), tag, "{header}, remembered");
        }
    }

    #[test]
    fn what_programs_write_in_english_is_written_for_people_in_other_languages() {
        let fault = Sentence::new("fault.not_enough_shares")
            .with("wanted", Value::Exact("1200.50".parse().expect("a number")))
            .with("symbol", "KO")
            .with("day", Value::Date("2026-03-14".parse().expect("a day")))
            .with("held", Value::Exact(0.into()));
        let whole = Sentence::several(vec![fault.clone(), Sentence::verbatim("nobody knows why")]).whole();
        assert!(fault.to_string().starts_with("1200.50 KO leave on 2026-03-14, but only 0 are held: "));
        let german = Locale::accepted("de").say(&whole);
        assert!(german.starts_with("1.200,5 KO gehen am 14.03.2026 ab, "), "{german}");
        assert!(german.ends_with("; nobody knows why."), "{german}");
        assert!(
            Sentence::verbatim("words").is_verbatim() && Sentence::verbatim("words").whole().is_verbatim()
        );
        assert!(
            !fault.is_verbatim() && !whole.is_verbatim() && !Sentence::new("reason.no_loss").is_verbatim()
        );
        assert_eq!(Sentence::verbatim("es geht").whole().to_string(), "Es geht.");
    }

    #[test]
    fn what_other_programs_say_is_a_part_of_its_own_in_another_language() {
        let cause = Sentence::new("refused.asked.identifier").with("cause", "invalid length");
        let asked = Sentence::new("refused.asked.query").with("cause", cause);
        let part = |words: &str, is_foreign| Part { words: words.to_owned(), is_foreign };
        let german = [
            part("Die Adresse lässt sich nicht lesen: das ist keine Kennung (", false),
            part("invalid length", true),
            part(").", false),
        ];
        assert_eq!(Locale::accepted("de").parts(&asked), german);
        let english = [part("Query deserialize error: UUID parsing failed: invalid length.", false)];
        assert_eq!(Locale::english().parts(&asked), english);
    }

    #[test]
    fn one_and_more_have_their_own_forms() {
        let dividends = |count: usize| Sentence::new("warnings.inferred_income").with("count", count);
        assert!(dividends(1).to_string().contains("1 dividend that"), "{}", dividends(1));
        assert!(dividends(1_200).to_string().contains("1,200 dividends that"), "{}", dividends(1_200));
        assert!(Locale::accepted("de").say(&dividends(1_200)).contains("1.200 Dividenden"));
    }
}
