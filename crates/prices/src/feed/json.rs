//! Rows and prices of a JSON document.

use bellwether_domain::QuoteUnit;
use chrono_tz::Tz;
use serde_json::Value;
use serde_json_path::{JsonPath, PathElement};

use super::cell::Cell;
use super::rows::{Cells, Document, Named, Row, Spelling, in_order};
use super::settings::{JsonFormat, QuoteFormat};
use crate::Unreadable;

/// Parses a body, telling one that breaks off from one that never was JSON.
pub(super) fn parse(body: &[u8]) -> Result<Value, Unreadable> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        serde_json::error::Category::Eof => Unreadable::Cut,
        _ => Unreadable::Foreign,
    })
}

/// Reads all rows, and the current price where a path in the same document is given.
pub(super) fn read(
    document: &Value,
    format: &JsonFormat,
    quote: Option<&QuoteFormat>,
    spelling: Spelling<'_>,
) -> Result<Document, String> {
    let rows = match &format.rows {
        Some(rows) => rows_of(document, rows, format, spelling)?,
        None => columns(document, format, spelling)?,
    };
    let unit = format.currency.as_ref().map(|path| unit(document, path)).transpose()?;
    let told = quote.map(|quote| price(document, quote, spelling.zone)).transpose()?;
    Ok(Document { rows: in_order(rows)?, unit, price: told.and_then(|told| told.price) })
}

/// Reads the current price alone.
pub(super) fn price(document: &Value, format: &QuoteFormat, zone: Tz) -> Result<Document, String> {
    let single = |path: &JsonPath, what: &str| {
        let nodes = path.query(document);
        match nodes.exactly_one() {
            Ok(node) => Ok(Cell::of_json(Some(node))),
            Err(_) => Err(format!("{what}: the path leads to {} places", path.query(document).len())),
        }
    };
    let Some(path) = &format.price else { return Ok(Document::default()) };
    let told = single(path, "price")?.number(false).map_err(|what| format!("price: {what}"))?;
    let told = told.filter(|price| *price > 0.0).ok_or("price: there is none above zero")?;
    let time = match (&format.time, &format.time_format) {
        (Some(path), Some(form)) => {
            Some(single(path, "time")?.time(form, zone).map_err(|what| format!("time: {what}"))?)
        }
        _ => None,
    };
    let unit = format.currency.as_ref().map(|path| unit(document, path)).transpose()?;
    Ok(Document { rows: Vec::new(), unit, price: Some((told, time)) })
}

fn unit(document: &Value, path: &JsonPath) -> Result<QuoteUnit, String> {
    let nodes = path.query(document).all();
    let told = nodes.first().and_then(|node| node.as_str()).ok_or("currency: the path leads to no text")?;
    if nodes.iter().any(|node| node.as_str() != Some(told)) {
        return Err("currency: the path leads to different ones".to_owned());
    }
    told.parse().map_err(|error| format!("currency: {error}"))
}

/// Each row is a value of its own, in which the paths of its columns begin.
fn rows_of(
    document: &Value,
    rows: &JsonPath,
    format: &JsonFormat,
    spelling: Spelling<'_>,
) -> Result<Vec<Row>, String> {
    let mut read = Vec::new();
    for (at, node) in rows.query_located(document).iter().enumerate() {
        let cell = |path: &JsonPath, column: &'static str| {
            let nodes = path.query(node.node()).all();
            if nodes.len() > 1 {
                return Err(format!("row {}, column {column:?}: there are {} values", at + 1, nodes.len()));
            }
            Ok(Named { column, cell: Cell::of_json(nodes.first().copied()) })
        };
        let if_given =
            |path: &Option<JsonPath>, column| path.as_ref().map(|path| cell(path, column)).transpose();
        let date = match &format.date {
            Some(path) => cell(path, "date")?,
            None => match node.location().iter().last() {
                Some(PathElement::Name(name)) => Named { column: "date", cell: Cell::of_text(name) },
                _ => return Err(format!("row {} stands under no name that could be its date", at + 1)),
            },
        };
        let cells = Cells {
            date,
            close: cell(&format.close, "close")?,
            open: if_given(&format.open, "open")?,
            high: if_given(&format.high, "high")?,
            low: if_given(&format.low, "low")?,
            volume: if_given(&format.volume, "volume")?,
        };
        read.extend(spelling.row(at + 1, &cells)?);
    }
    Ok(read)
}

/// A column's values, each with its place in the list that holds it.
struct Column<'a> {
    name: &'static str,
    values: Vec<(Option<usize>, &'a Value)>,
}

impl<'a> Column<'a> {
    fn of(document: &'a Value, path: &JsonPath, name: &'static str) -> Self {
        let found = path.query_located(document);
        let mut nodes = found.iter().peekable();
        // A path to the list means its values.
        if let (1, Some(Value::Array(values))) = (found.len(), nodes.peek().map(|node| node.node())) {
            return Self {
                name,
                values: values.iter().enumerate().map(|(at, value)| (Some(at), value)).collect(),
            };
        }
        let place = |element: &PathElement<'_>| match element {
            PathElement::Index(at) => Some(*at),
            PathElement::Name(_) => None,
        };
        let values =
            nodes.map(|node| (node.location().iter().filter_map(place).next_back(), node.node())).collect();
        Self { name, values }
    }

    fn at(&self, at: usize) -> Named<'a> {
        let cell = self.values.get(at).map_or(Cell::Nothing, |(_, value)| Cell::of_json(Some(value)));
        Named { column: self.name, cell }
    }
}

/// Lists side by side, whose values belong together by their places.
fn columns(document: &Value, format: &JsonFormat, spelling: Spelling<'_>) -> Result<Vec<Row>, String> {
    let column = |path: &JsonPath, name| Column::of(document, path, name);
    let if_given = |path: &Option<JsonPath>, name| path.as_ref().map(|path| column(path, name));
    let dates = format.date.as_ref().map(|path| column(path, "date")).ok_or("no path leads to dates")?;
    let closes = column(&format.close, "close");
    let others = [
        if_given(&format.open, "open"),
        if_given(&format.high, "high"),
        if_given(&format.low, "low"),
        if_given(&format.volume, "volume"),
    ];
    for other in others.iter().flatten().chain([&closes]) {
        let count = (dates.values.len(), other.values.len());
        if count.0 != count.1 {
            return Err(format!("{} dates but {} values of {:?}", count.0, count.1, other.name));
        }
        // As many, but not the same ones: where one row lacks a date and another its close.
        let apart = dates.values.iter().zip(&other.values).position(|(date, value)| date.0 != value.0);
        if let Some(at) = apart {
            return Err(format!("row {}: the date and the {} stand in different places", at + 1, other.name));
        }
    }
    let mut rows = Vec::with_capacity(dates.values.len());
    for at in 0..dates.values.len() {
        let named = |column| Column::at(column, at);
        let [open, high, low, volume] = &others;
        let cells = Cells {
            date: named(&dates),
            close: named(&closes),
            open: open.as_ref().map(named),
            high: high.as_ref().map(named),
            low: low.as_ref().map(named),
            volume: volume.as_ref().map(named),
        };
        rows.extend(spelling.row(at + 1, &cells)?);
    }
    Ok(rows)
}
