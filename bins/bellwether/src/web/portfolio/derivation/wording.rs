//! The terms and formulas of derivations in the reader's language.
//!
//! A derivation names its figures and says its formulas in English, which programs get. Pages say the texts whose keys
//! are made of that.

use bellwether_texts::Locale;

/// A figure's standard term.
pub(super) fn term(locale: Locale, term: &str) -> String {
    said(locale, "term", term)
}

/// A formula in words; empty where there is none.
pub(super) fn formula(locale: Locale, formula: &str) -> String {
    if formula.is_empty() { String::new() } else { said(locale, "formula", formula) }
}

/// A test finds every term and formula that there is no text for; where one got past it, its English says more than
/// nothing.
fn said(locale: Locale, group: &str, words: &str) -> String {
    locale.text_of(&key(group, words)).unwrap_or_else(|| words.to_owned())
}

/// `formula.value_less_cost` of `value - cost`.
fn key(group: &str, words: &str) -> String {
    let mut key = group.to_owned();
    let mut before = '.';
    let mut put = |sign: char, is_joined: bool| {
        if !is_joined {
            key.push(before);
            before = '_';
        }
        key.push(sign);
    };
    let mut is_open = false;
    for sign in words.chars().filter(|sign| *sign != '\'') {
        let operator = match sign {
            '+' => "plus",
            '-' => "less",
            '/' => "over",
            '^' => "to_the",
            _ => "",
        };
        for (at, letter) in operator.chars().enumerate() {
            put(letter, at > 0);
        }
        let is_letter = sign.is_ascii_alphanumeric();
        if is_letter {
            put(sign.to_ascii_lowercase(), is_open);
        }
        is_open = is_letter;
    }
    // By itself that would be the form of a text for one of something.
    if [".one", ".other"].iter().any(|form| key.ends_with(form)) {
        key.push_str("_itself");
    }
    key
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use bellwether_texts::Language;

    use super::*;

    #[test]
    fn keys_are_made_of_words_and_operators() {
        assert_eq!(key("term", "Day's return"), "term.days_return");
        assert_eq!(
            key("formula", "(1 + growth)^(1 / years) - 1"),
            "formula.1_plus_growth_to_the_1_over_years_less_1"
        );
        let german = Locale::accepted("de");
        assert_eq!(formula(german, "quantity x price x exchange rate"), "Menge × Preis × Wechselkurs");
        assert_eq!(term(german, "Realised gain"), "Realisierter Gewinn");
        assert_eq!(formula(german, ""), "");
    }

    /// The texts within a source, without those of attributes, comments and tests.
    fn literals(source: &str) -> Vec<String> {
        let code = source.split("#[cfg(test)]").next().unwrap_or_default();
        let is_code = |line: &&str| !["//", "#["].iter().any(|mark| line.trim_start().starts_with(mark));
        let code: String = code.lines().filter(is_code).flat_map(|line| [line, "\n"]).collect();
        let joined = |text: &str| {
            let lines: Vec<_> = text.split("\\\n").collect();
            let (first, rest) = lines.split_first().expect("a split has a first part");
            rest.iter().fold((*first).to_owned(), |all, line| all + line.trim_start())
        };
        code.split('"').skip(1).step_by(2).filter(|text| !text.is_empty()).map(joined).collect()
    }

    /// All terms and formulas that figures are labelled with.
    fn labels() -> BTreeSet<String> {
        let unlabelled =
            ["text.rs", "figures.rs", "figure_name.rs", "tree.rs", "operation.rs", "calculation.rs"];
        let is_label_source = |path: &Path, source: &str| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let is_left_out = unlabelled.contains(&name) && !path.ends_with("report/figures.rs");
            !is_left_out && ["Label", "money(", "fraction("].iter().any(|mark| source.contains(mark))
        };
        let mut found = BTreeSet::new();
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/portfolio/src")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() && !path.ends_with("tests") {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs")
                    && !path.ends_with("tests.rs")
                {
                    let source = std::fs::read_to_string(&path).expect("a source");
                    if is_label_source(&path, &source) {
                        found.extend(literals(&source).into_iter().filter(|text| !text.contains('{')));
                    }
                }
            }
        }
        found
    }

    #[test]
    fn every_term_and_formula_has_a_text_in_every_language_and_every_text_is_of_one() {
        let labels = labels();
        assert!(labels.len() > 500, "{} labels", labels.len());
        let is_term = |label: &str| label.starts_with(|first: char| first.is_ascii_uppercase());
        let keys: BTreeSet<String> =
            labels.iter().map(|label| key(if is_term(label) { "term" } else { "formula" }, label)).collect();
        for language in Language::ALL {
            let is_of_these = |text: &&str| text.starts_with("term.") || text.starts_with("formula.");
            let texts: BTreeSet<String> = language.keys().filter(is_of_these).map(str::to_owned).collect();
            let missing: Vec<_> = keys.difference(&texts).collect();
            let unused: Vec<_> = texts.difference(&keys).collect();
            assert!(
                missing.is_empty() && unused.is_empty(),
                "without a text: {missing:?}; unused: {unused:?}"
            );
        }
    }
}
