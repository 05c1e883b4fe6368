//! Refusals in the words of whoever reads them.
//!
//! What is refused below the pages says why as a sentence, which programs get in English. Of some only the English words
//! came here: what the database refuses, and what was kept of an import, a notification or a job that failed. Where those
//! are one of the texts, a page says the same text in its own language.

use bellwether_texts::{Language, Locale, Sentence};
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
}

/// A sentence on a page.
pub(crate) fn said(locale: Locale, sentence: &Sentence) -> Said {
    let words = locale.say(sentence);
    if locale.language() == Language::English || !sentence.is_verbatim() {
        return Said { words, is_foreign: false };
    }
    kept(locale, words)
}

/// English words on a page: what was kept, or what came with them.
pub(crate) fn kept(locale: Locale, words: String) -> Said {
    let is_english = locale.language() == Language::English;
    match (!is_english).then(|| Sentence::recognised(&words, &GROUPS)).flatten() {
        Some(sentence) => Said { words: locale.say(&sentence), is_foreign: false },
        None => Said { words, is_foreign: !is_english },
    }
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
