//! Sentences found again in English words: what was kept or handed on as words alone, such as the report of an import
//! or a notification, is said to people in their own language all the same.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use crate::catalogue::{Language, Piece};
use crate::sentence::{Sentence, Value};

/// Values that are words of the language themselves.
const PHRASES: [&str; 3] = ["class.", "phrase.", "kind.word."];
/// Values that are sentences themselves, by their names.
const SENTENCES: [&str; 7] = ["cause", "doubt", "fault", "faults", "problem", "reason", "words"];
/// Values that are numbers, days, amounts of money and changes in percent, or say why there is none.
const NUMBERS: [&str; 9] =
    ["wanted", "held", "percent", "price", "weight", "hours", "more", "number", "rejected"];
const DAYS: [&str; 2] = ["day", "acquired"];
const AMOUNTS: [&str; 5] = ["value", "gain", "rate", "paid_in", "dividends"];
/// Sentences within sentences do not go deeper.
const DEEPEST: usize = 4;

impl Sentence {
    /// The sentence that these English words are, where they are one of the texts of these groups, such as `row.`: begun
    /// with a capital and ended by a full stop, or not. Of several that which says the most.
    pub fn recognised(words: &str, groups: &[&str]) -> Option<Self> {
        recognised(words, groups, DEEPEST)
    }
}

fn recognised(words: &str, groups: &[&str], depth: usize) -> Option<Sentence> {
    let plain = plain_of(words, groups, depth);
    if plain.is_some() {
        return plain;
    }
    let mut letters = words.strip_suffix('.')?.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_lowercase).collect();
    let begun = format!("{first}{}", letters.as_str());
    plain_of(&begun, groups, depth)
        .or_else(|| plain_of(words.strip_suffix('.')?, groups, depth))
        .map(Sentence::whole)
}

fn plain_of(words: &str, groups: &[&str], depth: usize) -> Option<Sentence> {
    let keys = Language::English.keys().filter(|key| groups.iter().any(|group| key.starts_with(group)));
    let found = keys.filter_map(|key| {
        let text = Language::English.text(key, None)?;
        let said: usize = text
            .iter()
            .map(|piece| match piece {
                Piece::Words(words) => words.len(),
                Piece::Value(_) => 0,
            })
            .sum();
        (said > 0).then_some(())?;
        let values = values_in(words, text)?;
        values.iter().all(|(name, words)| may_be(name, words)).then_some((said, key, values))
    });
    let (_, key, values) = found.max_by_key(|(said, ..)| *said)?;
    let with = |sentence: Sentence, (name, words): (&'static str, &str)| {
        sentence.with(name, value_of(name, words, groups, depth))
    };
    Some(values.into_iter().fold(Sentence::new(key), with))
}

/// Whether words may stand in that place.
fn may_be(name: &str, words: &str) -> bool {
    (!NUMBERS.contains(&name) || words.parse::<Decimal>().is_ok())
        && (!DAYS.contains(&name) || day(words).is_some())
}

fn value_of(name: &str, words: &str, groups: &[&str], depth: usize) -> Value {
    let is_phrase = |key: &&'static str| {
        let text = Language::English.text(key, None);
        PHRASES.iter().any(|group| key.starts_with(group))
            && matches!(text, Some([Piece::Words(known)]) if known == words)
    };
    if SENTENCES.contains(&name) && depth > 0 {
        return recognised(words, groups, depth - 1).map_or_else(|| words.into(), Value::from);
    }
    if DAYS.contains(&name)
        && let Some(day) = day(words)
    {
        return Value::Day(day);
    }
    if NUMBERS.contains(&name)
        && let Ok(number) = words.parse::<Decimal>()
    {
        return Value::Exact(number);
    }
    if AMOUNTS.contains(&name) {
        return amount(words)
            .or_else(|| recognised(words, groups, depth.checked_sub(1)?).map(Value::from))
            .unwrap_or_else(|| words.into());
    }
    if let Some(quoted) = quoted(words) {
        return Value::quoted(quoted);
    }
    let is_named = ["field", "what", "advice", "kind", "class"].contains(&name);
    let found = Language::English.keys().find(|key| is_named && is_phrase(key));
    found.map_or_else(|| words.into(), |key| Sentence::new(key).into())
}

fn day(words: &str) -> Option<NaiveDate> {
    words.parse().ok().or_else(|| NaiveDate::parse_from_str(words, "%d %B %Y").ok())
}

/// What stands in quotation marks, where nothing of it is written otherwise than it is.
fn quoted(words: &str) -> Option<&str> {
    let within = words.strip_prefix('"')?.strip_suffix('"')?;
    (!within.contains(['"', '\\'])).then_some(within)
}

/// `10200.00 USD` or `+1.45 %`
fn amount(words: &str) -> Option<Value> {
    let (number, unit) = words.split_once(' ')?;
    let number: Decimal = number.parse().ok()?;
    if unit == "%" {
        return Some(Value::Percent((number / Decimal::ONE_HUNDRED).to_f64()?, 2));
    }
    Some(Value::Money(number, unit.parse().ok()?))
}

/// What stands in the places of a text's values, where the words are that text.
fn values_in<'s>(words: &'s str, text: &'static [Piece]) -> Option<Vec<(&'static str, &'s str)>> {
    let mut values = Vec::new();
    let mut rest = words;
    let mut open: Option<&'static str> = None;
    for (at, piece) in text.iter().enumerate() {
        match piece {
            Piece::Value(name) => open = Some(name),
            Piece::Words(words) => {
                let is_last = at + 1 == text.len();
                let begins = if is_last {
                    rest.len().checked_sub(words.len()).filter(|_| rest.ends_with(words.as_str()))?
                } else {
                    rest.find(words.as_str())?
                };
                match open.take() {
                    Some(_) if begins == 0 => return None,
                    Some(name) => values.push((name, rest.get(..begins)?)),
                    None if begins > 0 => return None,
                    None => {}
                }
                rest = rest.get(begins + words.len()..)?;
            }
        }
    }
    match open {
        Some(name) if !rest.is_empty() => values.push((name, rest)),
        None if rest.is_empty() => {}
        _ => return None,
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Locale;

    fn german(words: &str) -> Option<String> {
        let groups = ["row.", "file.", "fault.", "refused."];
        Some(Locale::accepted("de").say(&Sentence::recognised(words, &groups)?))
    }

    #[test]
    fn english_words_are_found_again_as_the_sentences_that_they_are() {
        for (english, expected) in [
            ("the date is missing", "das Datum fehlt"),
            ("The fee must not be negative.", "Die Gebühr darf nicht negativ sein."),
            ("\"x\" is not a number", "„x“ ist keine Zahl"),
            (
                "the row has 5 cells but there are 3 columns: put cells that contain the delimiter in quotation marks",
                "die Zeile hat 5 Felder, es gibt aber nur 3 Spalten: Felder mit dem Trennzeichen in Anführungszeichen setzen",
            ),
            (
                "\"dollar\" is not a currency code: use three letters such as USD",
                "„dollar“ ist kein Währungscode: drei Buchstaben angeben, etwa USD",
            ),
            (
                "Query deserialize error: duplicate field `range`.",
                "Die Adresse lässt sich nicht lesen: „range“ steht zweimal darin.",
            ),
            ("a spin-off needs the other symbol", "Abspaltung ist unvollständig: das andere Symbol fehlt"),
        ] {
            assert_eq!(german(english).as_deref(), Some(expected), "{english}");
        }
    }

    #[test]
    fn sentences_within_sentences_are_found_too_with_their_days_and_numbers() {
        let short = "it would leave a transaction that is in the ledger without shares: 9000.5 KO leave on 2024-03-06, but \
                     only 7313 are held: record the missing purchase, transfer or split, or correct the quantity";
        let said = german(short).expect("found");
        assert!(said.contains("9.000,5 KO gehen am 06.03.2024 ab, es sind aber nur 7.313 da"), "{said}");
    }

    #[test]
    fn what_is_no_text_is_not_found() {
        for words in ["", ".", "Nobody knows why.", " is missing", "is missing"] {
            assert_eq!(german(words), None, "{words}");
        }
    }
}
