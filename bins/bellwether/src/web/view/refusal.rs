//! Refusals in the words of whoever reads them.
//!
//! What is refused below the pages says why as an English sentence, which programs get. Where that is one of the texts
//! below `refused`, a page says the same text in its own language.

use bellwether_texts::{Language, Locale, Piece};

const GROUP: &str = "refused.";

/// The sentence in the reader's language, with the same values; as it came where there is no text for it.
pub(crate) fn refused(locale: Locale, sentence: &str) -> String {
    if locale.language() == Language::English {
        return sentence.to_owned();
    }
    let keys = Language::English.keys().filter(|key| key.starts_with(GROUP));
    let found = keys.filter_map(|key| {
        let values = values_in(sentence, Language::English.text(key, None)?)?;
        Some((key, values))
    });
    // What needs the fewest values says the most.
    let Some((key, values)) = found.min_by_key(|(_, values)| values.len()) else {
        return sentence.to_owned();
    };
    let pieces = locale.language().text(key, None).unwrap_or_default().iter();
    let said = pieces.map(|piece| match piece {
        Piece::Words(words) => words.as_str(),
        Piece::Value(name) => values.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value),
    });
    said.collect()
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
    fn what_is_refused_is_said_in_the_readers_language_with_its_values() {
        let german = Locale::accepted("de");
        let short = "A password needs 12 characters at least: several words do well.";
        assert_eq!(
            refused(german, short),
            "Ein Passwort braucht mindestens 12 Zeichen: Mehrere Wörter eignen sich gut."
        );
        let taken = "There is a portfolio named \"Rainy days\" already. Choose another name.";
        assert_eq!(
            refused(german, taken),
            "Ein Depot namens \"Rainy days\" gibt es schon. Bitte einen anderen Namen wählen."
        );
        let symbol =
            "\"A?\" is not a ticker symbol: use letters, digits and . - ^ = & only, at most 24 of them.";
        assert!(refused(german, symbol).ends_with("höchstens 24."), "{}", refused(german, symbol));
        assert_eq!(refused(Locale::english(), short), short);
        assert_eq!(refused(german, "Nobody knows why."), "Nobody knows why.");
    }
}
