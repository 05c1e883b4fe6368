//! The pages' templates, embedded.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::LazyLock;

use bellwether_texts::{Language, Locale, Piece};
use rust_embed::RustEmbed;
use serde::Serialize;
use serde_json::Value;
use tera::{Context, Tera};

#[derive(RustEmbed)]
#[folder = "templates"]
struct Sources;

/// All templates, parsed once for each language that is read.
///
/// In a template `[[dashboard.recent]]` stands for the text of that key, and `[[column.against benchmark=name]]` for one
/// whose value `benchmark` is the template's `{{ name }}`. `[[script.*]]` is all of a group, as JSON.
pub(super) struct Templates([LazyLock<Tera>; 2]);

impl Templates {
    /// The embedded templates: English ones at once, so that no reader waits for them, others when they are first read.
    pub(super) fn embedded() -> Self {
        let english: LazyLock<Tera> = LazyLock::new(|| parsed(Language::English));
        LazyLock::force(&english);
        Self([english, LazyLock::new(|| parsed(Language::German))])
    }

    /// Another one when any template or text is another.
    pub(super) fn mark(hasher: &mut impl Hasher) {
        for name in Sources::iter() {
            (&name, Sources::get(&name).map(|file| file.metadata.sha256_hash())).hash(hasher);
        }
        for language in Language::ALL {
            for key in language.keys() {
                (key, language.text(key, None)).hash(hasher);
            }
        }
    }

    /// A page in the language of a locale.
    pub(super) fn render_in(
        &self,
        locale: Locale,
        name: &str,
        page: &impl Serialize,
    ) -> Result<String, tera::Error> {
        let [english, german] = &self.0;
        let templates = match locale.language() {
            Language::English => english,
            Language::German => german,
        };
        templates.render(name, &Context::from_serialize(page)?)
    }
}

fn parsed(language: Language) -> Tera {
    let sources: Vec<(String, String)> = Sources::iter()
        .filter_map(|name| {
            let bytes = Sources::get(&name)?.data.into_owned();
            Some((name.into_owned(), said(language, &String::from_utf8(bytes).ok()?)))
        })
        .collect();
    let mut tera = Tera::default();
    tera.add_raw_templates(sources).expect("a test renders every embedded template");
    tera
}

/// A template with the texts in their places. Texts stand for themselves; the values in them are written as HTML.
fn said(language: Language, template: &str) -> String {
    let mut said = String::with_capacity(template.len() + template.len() / 4);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("[[") {
        said.push_str(before);
        let (place, after) = after.split_once("]]").unwrap_or((after, ""));
        let mut words = place.split_whitespace();
        let key = words.next().unwrap_or_default();
        let values: HashMap<&str, &str> = words.filter_map(|word| word.split_once('=')).collect();
        if let Some(group) = key.strip_suffix(".*") {
            said.push_str(&for_scripts(language, group));
        }
        for piece in language.text(key, None).unwrap_or_default() {
            match piece {
                Piece::Words(words) => said.push_str(words),
                Piece::Value(name) => {
                    let value = values.get(name.as_str()).copied().unwrap_or(name);
                    said.push_str("{{ ");
                    said.push_str(value);
                    said.push_str(" }}");
                }
            }
        }
        rest = after;
    }
    said.push_str(rest);
    said
}

/// The texts of a group as a JSON object; what would end the element that it stands in is written otherwise.
fn for_scripts(language: Language, group: &str) -> String {
    let texts = language.keys().filter_map(|key| {
        let name = key.strip_prefix(group)?.strip_prefix('.')?;
        let pieces = language.text(key, None)?.iter().map(|piece| match piece {
            Piece::Words(words) => words.clone(),
            Piece::Value(name) => format!("{{{name}}}"),
        });
        Some((name.to_owned(), Value::String(pieces.collect())))
    });
    Value::Object(texts.collect()).to_string().replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn the_embedded_templates_parse_in_every_language() {
        for language in Language::ALL {
            let _ = parsed(language);
        }
    }

    #[test]
    fn values_of_a_text_are_the_templates() {
        let template = "<h1>[[dashboard.total_value]]</h1>{{ more }}[[column.against benchmark=row.name]]";
        let expected = "<h1>Total value</h1>{{ more }}vs {{ row.name }}";
        assert_eq!(said(Language::English, template), expected);
    }

    /// Keys in templates, and in the program as `text("..")` or `Sentence::new("..")`.
    #[test]
    fn every_text_that_is_asked_for_is_there_and_every_other_is_not() {
        let mut asked = BTreeSet::new();
        let mut scripts = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("web/src")];
        while let Some(path) = scripts.pop() {
            if path.is_dir() {
                let inside = std::fs::read_dir(path).expect("a folder");
                scripts.extend(inside.map(|entry| entry.expect("an entry").path()));
                continue;
            }
            let source = std::fs::read_to_string(path).expect("text");
            for call in ["text(\"", "said(\""] {
                let keys = source.split(call).skip(1).filter_map(|rest| rest.split('"').next());
                asked.extend(keys.map(|key| format!("script.{key}")));
            }
        }
        for name in Sources::iter() {
            let source = Sources::get(&name).expect("a template").data.into_owned();
            let source = String::from_utf8(source).expect("text");
            for place in source.split("[[").skip(1) {
                let place = place.split("]]").next().expect("a place");
                let key = place.split_whitespace().next().expect("a key");
                if key != "script.*" {
                    asked.insert(key.to_owned());
                }
            }
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut folders = vec![root.join("bins"), root.join("crates")];
        let groups: BTreeSet<&str> =
            Language::English.keys().filter_map(|key| key.split('.').next()).collect();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() && path.file_name().is_none_or(|name| name != "node_modules") {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let source = std::fs::read_to_string(&path).expect("a source");
                    if !["Sentence", "Locale", "Reader"].iter().any(|name| source.contains(name)) {
                        continue;
                    }
                    let is_file = |rest: &str| ["html", "csv", "json", "toml"].contains(&rest);
                    // Groups are named by their begin, and what the log calls an event looks like a key.
                    let is_key = |rest: &str| {
                        !rest.ends_with('.')
                            && !rest.is_empty()
                            && rest.chars().all(|c| c.is_ascii_lowercase() || "._".contains(c))
                    };
                    let words = source.split('"').filter(|word| {
                        word.split_once('.').is_some_and(|(group, rest)| {
                            groups.contains(group)
                                && is_key(rest)
                                && !is_file(rest)
                                && *word != "page.not_rendered"
                        })
                    });
                    asked.extend(words.map(str::to_owned));
                }
            }
        }
        let stem = |key: &str| {
            let stem = key.strip_suffix(".one").or_else(|| key.strip_suffix(".other"));
            stem.unwrap_or(key).to_owned()
        };
        // What these groups hold is found by what is to be said, and tested where that is.
        let is_named = |key: &&str| {
            let groups = ["term.", "formula.", "problem.field.", "refused.", "told.words."];
            !groups.iter().any(|group| key.starts_with(group))
        };
        let known: BTreeSet<String> = Language::English.keys().filter(is_named).map(stem).collect();
        asked.retain(|key| is_named(&key.as_str()));
        let missing: Vec<_> = asked.difference(&known).collect();
        let unused: Vec<_> = known.difference(&asked).collect();
        assert!(missing.is_empty(), "asked for and not there: {missing:?}");
        assert!(unused.is_empty(), "there and not asked for: {unused:?}");
    }
}
