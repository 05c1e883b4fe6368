//! Refusals in the words of whoever reads them.
//!
//! What is refused below the pages says why as a sentence, which programs get in English. Of some only the English words
//! came here: what the database refuses, and what was kept of a job that failed. Where those are one of the texts below
//! `refused`, a page says the same text in its own language.

use bellwether_texts::{Language, Locale, Piece, Sentence};
use serde::Serialize;

const GROUP: &str = "refused.";

/// Words on a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Said {
    pub(crate) words: String,
    /// Whether they are not in the language of the page.
    pub(crate) is_foreign: bool,
}

/// A sentence on a page.
pub(crate) fn said(locale: Locale, sentence: &Sentence) -> Said {
    let words = locale.say(sentence);
    if locale.language() == Language::English || !sentence.is_verbatim() {
        return Said { words, is_foreign: false };
    }
    match known(locale, &words) {
        Some(words) => Said { words, is_foreign: false },
        None => Said { words, is_foreign: true },
    }
}

/// The sentence in the reader's language, with the same values; as it came where there is no text for it.
pub(crate) fn refused(locale: Locale, sentence: &Sentence) -> String {
    said(locale, sentence).words
}

/// The text that those English words are, in the reader's language.
fn known(locale: Locale, sentence: &str) -> Option<String> {
    let keys = Language::English.keys().filter(|key| key.starts_with(GROUP));
    let found = keys.filter_map(|key| {
        let values = values_in(sentence, Language::English.text(key, None)?)?;
        Some((key, values))
    });
    // What needs the fewest values says the most.
    let (key, values) = found.min_by_key(|(_, values)| values.len())?;
    let pieces = locale.language().text(key, None).unwrap_or_default().iter();
    let said = pieces.map(|piece| match piece {
        Piece::Words(words) => words.as_str(),
        Piece::Value(name) => values.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value),
    });
    Some(said.collect())
}

/// What stands in the places of a text's values, where the sentence is that text.
fn values_in<'s>(sentence: &'s str, text: &'static [Piece]) -> Option<Vec<(&'static str, &'s str)>> {
    let mut values = Vec::new();
    let mut rest = sentence;
    let mut open: Option<&'static str> = None;
    for piece in text {
        match piece {
            Piece::Value(name) => open = Some(name),
            Piece::Words(words) => {
                let at = rest.find(words.as_str())?;
                match open.take() {
                    Some(name) => values.push((name, &rest[..at])),
                    None if at > 0 => return None,
                    None => {}
                }
                rest = &rest[at + words.len()..];
            }
        }
    }
    match open {
        Some(name) => values.push((name, rest)),
        None if !rest.is_empty() => return None,
        None => {}
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_words_are_said_in_the_readers_language_with_their_values_where_there_is_a_text_for_them() {
        let german = Locale::accepted("de");
        let compared = Sentence::verbatim(
            "Portfolios are compared with this index: Main, Rainy days; take it out of their settings first.",
        );
        let expected = "Mit diesem Index werden Depots verglichen: Main, Rainy days. Ihn dort zuerst aus den Einstellungen nehmen.";
        assert_eq!(said(german, &compared), Said { words: expected.to_owned(), is_foreign: false });
        assert_eq!(refused(Locale::english(), &compared), compared.to_string());
        let unknown = Sentence::verbatim("Nobody knows why.");
        let expected = Said { words: "Nobody knows why.".to_owned(), is_foreign: true };
        assert_eq!(said(german, &unknown), expected);
    }

    #[test]
    fn sentences_are_said_in_the_readers_language() {
        let german = Locale::accepted("de");
        let taken = Sentence::new("refused.taken");
        let expected =
            Said { words: "Diesen Namen oder diese Adresse gibt es schon.".to_owned(), is_foreign: false };
        assert_eq!(said(german, &taken), expected);
        assert_eq!(said(Locale::english(), &taken).words, "Somebody has that name or address already.");
    }
}
