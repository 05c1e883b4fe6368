//! The cells of a page: the places whose content changes while somebody looks.
//!
//! There is one description of them, the structs that the templates are given: each object with a name under `cell` is
//! one. The template puts the name into `data-cell`, and the events tell the same object under the same name, so that
//! page and events cannot differ. All else on a page is its shape; when that changes, the page is fetched again.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Serialize;
use serde_json::{Map, Value};

/// The cell of the header's pill, which is told as an event of its own.
pub(crate) const FRESHNESS: &str = "freshness";

/// Drawn anew now and then, not with each price; and the columns' widths, which leave room for figures that grow.
const DRAWINGS: [&str; 5] = ["svg", "spark", "summary", "holding_columns", "comparison_columns"];

/// What one cell shows; what is empty is left out when it is told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
pub(crate) struct Shown {
    text: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    direction: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    sort: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    more: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    bar: String,
}

/// All cells of a page, and a mark of its shape.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Cells {
    by_name: BTreeMap<String, Shown>,
    shape: u64,
}

impl Cells {
    /// The cells of what a template is given.
    pub(crate) fn of(page: &impl Serialize) -> Self {
        let mut cells = Self::default();
        // What cannot be written as JSON cannot be a template's context either, which fails in its own place.
        if let Ok(page) = serde_json::to_value(page) {
            cells.shape = cells.collect(&page);
        }
        cells
    }

    /// The same for two pages on which every cell shows the same and nothing else differs but drawings: a mark of the
    /// shape, a dash, and a mark of what the cells show.
    pub(crate) fn version(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.by_name.hash(&mut hasher);
        format!("{:016x}-{:016x}", self.shape, hasher.finish())
    }

    /// The mark of the shape, with its dash, within a version; `None` in what is no version.
    pub(crate) fn shape_within(version: &str) -> Option<&str> {
        version.find('-').map(|dash| &version[..=dash])
    }

    /// The cells that show something else than before; `None` when the page has another shape now.
    pub(crate) fn changed_since(&self, before: &Self) -> Option<BTreeMap<&str, &Shown>> {
        let changed = self.by_name.iter().filter(|(name, shown)| before.by_name.get(*name) != Some(shown));
        (self.shape == before.shape).then(|| changed.map(|(name, shown)| (name.as_str(), shown)).collect())
    }

    /// Every cell.
    pub(crate) fn all(&self) -> BTreeMap<&str, &Shown> {
        self.by_name.iter().map(|(name, shown)| (name.as_str(), shown)).collect()
    }

    /// Takes the cells out of `value`, and gives a mark of the rest. The order of rows is no part of it: rows stay
    /// where they are while somebody reads them.
    fn collect(&mut self, value: &Value) -> u64 {
        let mut hasher = DefaultHasher::new();
        match value {
            Value::Object(fields) => {
                let name = fields.get("cell").and_then(Value::as_str).filter(|name| !name.is_empty());
                name.hash(&mut hasher);
                if let Some(name) = name {
                    self.by_name.insert(name.to_owned(), Shown::of(fields));
                }
                for (key, field) in fields {
                    let is_shown = name.is_some() && Shown::FIELDS.contains(&key.as_str());
                    if !is_shown && !DRAWINGS.contains(&key.as_str()) {
                        (key, self.collect(field)).hash(&mut hasher);
                    }
                }
            }
            Value::Array(items) => {
                let mut marks: Vec<u64> = items.iter().map(|item| self.collect(item)).collect();
                marks.sort_unstable();
                marks.hash(&mut hasher);
            }
            plain => plain.to_string().hash(&mut hasher),
        }
        hasher.finish()
    }
}

impl Shown {
    const FIELDS: [&str; 7] = ["shown", "title", "direction", "sort", "more", "bar", "refreshing"];

    fn of(fields: &Map<String, Value>) -> Self {
        let text = |key| fields.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self {
            text: text("shown"),
            title: text("title"),
            direction: text("direction"),
            sort: text("sort"),
            more: text("more"),
            bar: text("bar"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn page(price: &str, rows: &[&str]) -> Cells {
        let row = |symbol: &&str| json!({ "symbol": symbol, "price": { "cell": format!("{symbol}:price"), "shown": price, "title": price } });
        Cells::of(&json!({
            "chart": { "svg": price },
            "plain": { "cell": "", "shown": "stays" },
            "rows": rows.iter().map(row).collect::<Vec<_>>(),
        }))
    }

    #[test]
    fn what_shows_something_else_is_told_and_nothing_besides() {
        let (before, after) = (page("1", &["KO", "PG"]), page("2", &["KO", "PG"]));

        let changed = after.changed_since(&before).expect("the same shape");

        assert_eq!(
            serde_json::to_value(changed).ok(),
            Some(json!({
                "KO:price": { "text": "2", "title": "2" },
                "PG:price": { "text": "2", "title": "2" },
            }))
        );
        assert_eq!(after.changed_since(&after).map(|changed| changed.len()), Some(0));
        assert_ne!(before.version(), after.version());
    }

    #[test]
    fn rows_that_come_or_go_are_another_shape_but_rows_that_change_places_are_not() {
        let before = page("1", &["KO", "PG"]);
        assert!(page("1", &["KO", "PG", "T"]).changed_since(&before).is_none());
        assert!(page("1", &["KO"]).changed_since(&before).is_none());
        let shape = |page: Cells| Cells::shape_within(&page.version()).map(str::to_owned);
        assert_ne!(shape(page("1", &["KO"])), shape(page("1", &["KO", "PG"])));
        assert_eq!(shape(page("2", &["KO", "PG"])), shape(before.clone()));
        assert_eq!(Cells::shape_within("older"), None);
        assert!(page("1", &["PG", "KO"]).changed_since(&before).is_some_and(|changed| changed.is_empty()));
        assert_eq!(page("1", &["PG", "KO"]).version(), before.version());
    }

    #[test]
    fn words_that_are_no_cell_are_part_of_the_shape() {
        let of = |words: &str| Cells::of(&json!({ "plain": { "cell": "", "shown": words } }));
        assert!(of("a").changed_since(&of("b")).is_none());
    }
}
