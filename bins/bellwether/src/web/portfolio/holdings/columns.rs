//! Rows as columns: what differs little from row to row stands there once.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Freshness, Row};
use crate::web::view::reader::Told;

/// All rows, column by column.
#[derive(Serialize)]
struct Columns<'a> {
    count: usize,
    symbols: Vec<&'a str>,
    names: Vec<&'a str>,
    addresses: Vec<&'a str>,
    sparks: Vec<&'a str>,
    half: Vec<u8>,
    bars: Vec<f64>,
    /// All states of freshness that there are.
    freshness: Vec<&'a Freshness>,
    /// Which of them each row has; -1 for none.
    fresh: Vec<i64>,
    cells: BTreeMap<&'static str, Column<'a>>,
    against: Vec<Column<'a>>,
}

/// A figure of each row.
#[derive(Default, Serialize)]
struct Column<'a> {
    shown: Vec<&'a str>,
    /// All digits; empty where it is not known.
    digits: Vec<&'a str>,
    /// `u`, `d`, `f`, or a space for what has no good and bad.
    tone: String,
    /// What follows upon the digits on hover, where that is the same in all rows but these.
    unit: String,
    titles: BTreeMap<usize, &'a str>,
    /// The figure's name with the symbol left out, where that makes the name of all rows but these.
    figure: String,
    figures: BTreeMap<usize, &'a str>,
}

const SYMBOL: &str = "{symbol}";

impl<'a> Column<'a> {
    fn of(cells: impl Iterator<Item = (&'a str, &'a Told)>) -> Self {
        let mut column = Self::default();
        for (at, (symbol, cell)) in cells.enumerate() {
            if column.figure.is_empty() && !cell.figure.is_empty() {
                column.figure = cell.figure.replace(&marked(symbol), &marked(SYMBOL));
            }
            if column.unit.is_empty() {
                cell.title.strip_prefix(&cell.sort).unwrap_or_default().clone_into(&mut column.unit);
            }
            if column.figure.replace(SYMBOL, symbol) != cell.figure {
                column.figures.insert(at, &cell.figure);
            }
            if cell.sort.is_empty() || cell.title.strip_prefix(&cell.sort) != Some(&column.unit) {
                column.titles.insert(at, &cell.title);
            }
            column.shown.push(&cell.shown);
            column.digits.push(&cell.sort);
            column.tone.push(match cell.direction {
                "up" => 'u',
                "down" => 'd',
                "flat" => 'f',
                _ => ' ',
            });
        }
        column
    }
}

/// A symbol where it is the value of a name's field.
fn marked(symbol: &str) -> String {
    format!(":{symbol}")
}

/// The columns as JSON.
pub(super) fn written(rows: &[Row]) -> String {
    let mut freshness: Vec<&Freshness> = Vec::new();
    let fresh = rows
        .iter()
        .map(|row| {
            let Some(state) = &row.fresh else { return -1 };
            let known = freshness.iter().position(|known| *known == state);
            let place = known.unwrap_or_else(|| {
                freshness.push(state);
                freshness.len() - 1
            });
            i64::try_from(place).unwrap_or(-1)
        })
        .collect();
    let column =
        |cell: fn(&Row) -> &Told| Column::of(rows.iter().map(move |row| (row.symbol.as_str(), cell(row))));
    let benchmarks = rows.iter().map(|row| row.against.len()).max().unwrap_or_default();
    let nothing = Told::default();
    let columns = Columns {
        count: rows.len(),
        symbols: rows.iter().map(|row| row.symbol.as_str()).collect(),
        names: rows.iter().map(|row| row.name.as_str()).collect(),
        addresses: rows.iter().map(|row| row.address.as_str()).collect(),
        sparks: rows.iter().map(|row| row.spark.as_str()).collect(),
        half: rows.iter().map(|row| u8::from(row.is_half)).collect(),
        bars: rows.iter().map(|row| row.bar).collect(),
        fresh,
        freshness,
        cells: BTreeMap::from([
            ("price", column(|row| &row.price)),
            ("day", column(|row| &row.day)),
            ("quantity", column(|row| &row.quantity)),
            ("average_cost", column(|row| &row.average_cost)),
            ("cost", column(|row| &row.cost)),
            ("value", column(|row| &row.value)),
            ("weight", column(|row| &row.weight)),
            ("unrealised", column(|row| &row.unrealised)),
            ("unrealised_rate", column(|row| &row.unrealised_rate)),
            ("realised", column(|row| &row.realised)),
            ("income", column(|row| &row.income)),
            ("total_gain", column(|row| &row.total_gain)),
            ("xirr", column(|row| &row.xirr)),
        ]),
        against: (0..benchmarks)
            .map(|at| {
                let told =
                    rows.iter().map(|row| (row.symbol.as_str(), row.against.get(at).unwrap_or(&nothing)));
                Column::of(told)
            })
            .collect(),
    };
    // Texts and numbers: nothing that JSON could not hold.
    serde_json::to_string(&columns).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(symbol: &str, value: &str, title: &str) -> Row {
        let value = Told {
            shown: value.to_owned(),
            sort: value.to_owned(),
            title: title.to_owned(),
            figure: format!("holding:(figure:value,symbol:{symbol})"),
            direction: "up",
            ..Told::default()
        };
        Row { symbol: symbol.to_owned(), name: symbol.to_owned(), value, ..Row::default() }
    }

    #[test]
    fn what_is_alike_in_all_rows_stands_there_once_and_what_is_not_beside_it() {
        let rows = [row("KO", "1.5", "1.5 USD"), row("PG", "2", "2 USD"), row("T", "", "no price is known")];
        let told: serde_json::Value = serde_json::from_str(&written(&rows)).expect("JSON");
        let value = &told["cells"]["value"];
        assert_eq!(value["figure"], "holding:(figure:value,symbol:{symbol})");
        assert_eq!(value["figures"], serde_json::json!({}));
        assert_eq!(value["unit"], " USD");
        assert_eq!(value["titles"], serde_json::json!({ "2": "no price is known" }));
        assert_eq!(value["digits"], serde_json::json!(["1.5", "2", ""]));
        assert_eq!((&value["tone"], &told["fresh"]), (&"uuu".into(), &serde_json::json!([-1, -1, -1])));
    }
}
