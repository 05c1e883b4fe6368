//! Refusals in the words of whoever reads them.
//!
//! What is refused below the pages says why as a sentence, which programs get in English. Of some only the English words
//! came here: what the database refuses, and what was kept of an import, a notification or a job that failed. Where those
//! are one of the texts, a page says the same text in its own language.

use bellwether_texts::{Language, Locale, Part, Sentence, Value};
use serde::Serialize;

/// Where texts of what is kept in English words are.
const GROUPS: [&str; 7] =
    ["refused.", "fault.", "row.", "file.", "reason.", "imports.report.", "told.words."];

/// Words on a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Said {
    pub(crate) words: String,
    /// Whether they are not in the language of the page.
    pub(crate) is_foreign: bool,
    /// The same in parts, of which some may not be in the language of the page.
    pub(crate) parts: Vec<Part>,
}

impl Said {
    /// Words in the language of the page, or in English.
    fn of(words: String, is_foreign: bool) -> Self {
        let parts = vec![Part { words: words.clone(), is_foreign }];
        Self { words, is_foreign, parts }
    }

    fn in_language(locale: Locale, sentence: &Sentence) -> Self {
        Self { words: locale.say(sentence), is_foreign: false, parts: locale.parts(sentence) }
    }

    /// Several, one behind the other.
    pub(crate) fn joined(all: Vec<Self>) -> Option<Self> {
        let mut all = all.into_iter();
        let mut joined = all.next()?;
        for said in all {
            joined.words = format!("{} {}", joined.words, said.words);
            joined.is_foreign &= said.is_foreign;
            joined.parts.push(Part { words: " ".to_owned(), is_foreign: false });
            joined.parts.extend(said.parts);
        }
        Some(joined)
    }
}

/// A sentence on a page.
pub(crate) fn said(locale: Locale, sentence: &Sentence) -> Said {
    if locale.language() == Language::English || !sentence.is_verbatim() {
        return Said::in_language(locale, sentence);
    }
    kept(locale, locale.say(sentence))
}

/// English words on a page: what was kept, or what came with them.
pub(crate) fn kept(locale: Locale, words: String) -> Said {
    let is_english = locale.language() == Language::English;
    match (!is_english).then(|| Sentence::recognised(&words, &GROUPS)).flatten() {
        Some(sentence) => Said::in_language(locale, &sentence),
        None => Said::of(words, !is_english),
    }
}

/// English words that were kept, for a sentence in which they are the cause.
pub(crate) fn cause(words: String) -> Value {
    Sentence::recognised(&words, &GROUPS).map_or_else(|| words.into(), Value::from)
}

/// The sentence in the reader's language, with the same values; as it came where there is no text for it.
pub(crate) fn refused(locale: Locale, sentence: &Sentence) -> String {
    said(locale, sentence).words
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
        assert_eq!(said(german, &compared), Said::of(expected.to_owned(), false));
        assert_eq!(refused(Locale::english(), &compared), compared.to_string());
        let unknown = Sentence::verbatim("Nobody knows why.");
        assert_eq!(said(german, &unknown), Said::of("Nobody knows why.".to_owned(), true));
    }

    #[test]
    fn sentences_are_said_in_the_readers_language() {
        let german = Locale::accepted("de");
        let taken = Sentence::new("refused.taken");
        let expected = Said::of("Diesen Namen oder diese Adresse gibt es schon.".to_owned(), false);
        assert_eq!(said(german, &taken), expected);
        assert_eq!(said(Locale::english(), &taken).words, "Somebody has that name or address already.");
    }
}
