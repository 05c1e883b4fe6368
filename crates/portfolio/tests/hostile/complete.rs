//! No public function goes unasked.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Of more than one type, or too short to be found by its name alone: these must be named with their type.
const AMBIGUOUS: [&str; 8] = ["new", "of", "on", "with", "over", "class", "name", "kind"];

/// What gives back what it was given, so that there is no figure in it.
const GETTERS: &[(&str, &str)] = &[
    ("CustomIndex::name", "the index's own"),
    ("InstrumentData::kind", "the instrument's own"),
    ("Options::of", "copies the settings of a portfolio"),
    ("options", "the options of the replay"),
    ("position", "a position by its symbol"),
    ("has_prices", "whether there is any"),
    ("first_priced", "a day"),
    ("rates", "the market's own"),
    ("prices", "the instrument's own"),
    ("splits", "the instrument's own"),
    ("dividends", "the instrument's own"),
    ("currency", "the instrument's own"),
    ("latest", "the instrument's own"),
    ("columns", "the series' own"),
    ("is_empty", "whether there is any"),
    ("with_kind", "sets a label"),
    ("days", "the length of a period"),
    ("contains", "whether a day is in a period"),
    ("first_day", "a day"),
    ("no_price", "makes a reason"),
    ("and", "joins reasons"),
    ("is_annual", "whether a rate is of a year or more"),
    ("headline", "one of a rate's two numbers"),
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            all.push(path);
        }
    }
    all
}

/// The types and the names of the functions that are `pub` in a source file.
fn public_functions(source: &str) -> Vec<(Option<String>, String)> {
    let identifier =
        |text: &str| -> String { text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
    let (mut of, mut found) = (None, Vec::new());
    for line in source.lines() {
        if let Some(after) = line.strip_prefix("impl") {
            let after =
                after.find('>').filter(|_| after.starts_with('<')).map_or(after, |end| &after[end + 1..]);
            of = Some(identifier(after.trim_start()));
        } else if line == "}" {
            of = None;
        }
        let text = line.trim_start();
        let name = text.strip_prefix("pub fn ").or_else(|| text.strip_prefix("pub const fn "));
        found.extend(name.map(|name| (of.clone(), identifier(name))));
    }
    found
}

/// Whether a function is called, or given to be called.
fn is_called(text: &str, name: &str) -> bool {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(place, _)| {
        let (before, after) = (&text[..place], &text[place + name.len()..]);
        !before.ends_with(part_of_word)
            && !after.starts_with(part_of_word)
            && (after.starts_with('(') || before.ends_with("::"))
    })
}

#[test]
fn every_public_function_is_asked_in_a_hostile_world() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let asked: String = sources(&package.join("tests/hostile"))
        .into_iter()
        .filter(|path| !path.ends_with("complete.rs"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let mut forgotten = BTreeSet::new();
    let mut count = 0;
    for path in sources(&package.join("src")) {
        let place = path.to_string_lossy().into_owned();
        if place.contains("testing") || place.contains("tests") {
            continue;
        }
        for (of, name) in public_functions(&fs::read_to_string(&path).unwrap()) {
            count += 1;
            let full_name = format!("{}::{name}", of.as_deref().unwrap_or_default());
            let is_getter = GETTERS.iter().any(|(getter, _)| *getter == name || *getter == full_name);
            let is_asked = match &of {
                Some(_) if AMBIGUOUS.contains(&name.as_str()) => asked.contains(&full_name),
                _ => is_called(&asked, &name),
            };
            if !is_asked && !is_getter {
                forgotten.insert(format!("{full_name} of {place}"));
            }
        }
    }
    assert!(count > 150, "only {count} public functions were found");
    assert!(forgotten.is_empty(), "ask these in hostile worlds too: {forgotten:#?}");
}
