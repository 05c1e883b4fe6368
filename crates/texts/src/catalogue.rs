//! The texts by their keys.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The languages that there are texts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// English.
    English,
    /// German.
    German,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Piece {
    /// Words as they stand.
    Words(String),
    /// The place of a value, by its name.
    Value(String),
}

impl Language {
    /// All of them; the first is for whoever reads none of them.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// Its tag, as the attribute `lang` of a page.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The texts of pages, and those of derivations.
    fn sources(self) -> [&'static str; 2] {
        match self {
            Self::English => [include_str!("../texts/en.toml"), include_str!("../texts/derivations/en.toml")],
            Self::German => [include_str!("../texts/de.toml"), include_str!("../texts/derivations/de.toml")],
        }
    }

    /// A text's pieces in order; of a text with forms for one and for more, the form for `count`.
    pub fn text(self, key: &str, count: Option<i64>) -> Option<&'static [Piece]> {
        let texts = texts(self);
        let found = texts.get(key).or_else(|| {
            let form = if count == Some(1) { "one" } else { "other" };
            texts.get(&format!("{key}.{form}"))
        });
        found.map(Vec::as_slice)
    }

    /// All keys, those of forms with `.one` or `.other` at the end.
    pub fn keys(self) -> impl Iterator<Item = &'static str> {
        texts(self).keys().map(String::as_str)
    }
}

fn texts(language: Language) -> &'static BTreeMap<String, Vec<Piece>> {
    static TEXTS: LazyLock<[BTreeMap<String, Vec<Piece>>; 2]> =
        LazyLock::new(|| Language::ALL.map(|language| read(language.sources())));
    &TEXTS[usize::from(language == Language::German)]
}

fn read(sources: [&str; 2]) -> BTreeMap<String, Vec<Piece>> {
    let mut found = BTreeMap::new();
    for source in sources {
        let table: toml::Table = source.parse().expect("a test reads every language");
        flatten("", table, &mut found);
    }
    found
}

/// `[prices] live = ..` is `prices.live`.
fn flatten(above: &str, table: toml::Table, found: &mut BTreeMap<String, Vec<Piece>>) {
    for (name, value) in table {
        let key = if above.is_empty() { name } else { format!("{above}.{name}") };
        match value {
            toml::Value::Table(below) => flatten(&key, below, found),
            toml::Value::String(text) => {
                found.insert(key, pieces(&text));
            }
            other => panic!("{key} is a text, not {other}"),
        }
    }
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((words, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        if !words.is_empty() {
            pieces.push(Piece::Words(words.to_owned()));
        }
        pieces.push(Piece::Value(name.to_owned()));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Words(rest.to_owned()));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_language_has_every_text_with_the_same_values() {
        let values = |language: Language, key: &str| -> BTreeSet<String> {
            let pieces = language.text(key, None).unwrap_or_default().iter();
            pieces
                .filter_map(|piece| match piece {
                    Piece::Value(name) => Some(name.clone()),
                    Piece::Words(_) => None,
                })
                .collect()
        };
        let [first, others @ ..] = Language::ALL;
        let keys: BTreeSet<&str> = first.keys().collect();
        assert!(!keys.is_empty());
        for other in others {
            assert_eq!(keys, other.keys().collect(), "{}", other.tag());
            for key in &keys {
                assert_eq!(values(first, key), values(other, key), "{key} in {}", other.tag());
            }
        }
    }

    #[test]
    fn forms_for_one_and_for_more_come_in_pairs() {
        for key in Language::English.keys() {
            for (form, pair) in [(".one", ".other"), (".other", ".one")] {
                if let Some(stem) = key.strip_suffix(form) {
                    assert!(Language::English.text(&format!("{stem}{pair}"), None).is_some(), "{key}");
                }
            }
        }
    }
}
