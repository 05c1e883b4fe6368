//! Faults in the data: changes of a correct body, value by value.

mod quotes;

use serde_json::{Value, json};

use super::FaultAction;
use crate::market::mix;

/// Applies a fault to a body; `false` when it is none of the data or the body none that it could apply to. `end` is
/// the second before which rows were asked for.
pub(crate) fn mutate(action: &FaultAction, body: &mut Value, seed: u64, end: Option<i64>) -> bool {
    if let FaultAction::SwapSymbols = action {
        return swap(body);
    }
    if let FaultAction::ClockSkew { s } = action {
        shift(body, *s);
        return true;
    }
    if let Some(records) = body.pointer_mut("/quoteResponse/result").and_then(Value::as_array_mut) {
        return quotes::mutate(action, records);
    }
    let mut changed = false;
    for mut series in series(body) {
        changed |= series.mutate(action, seed, end);
    }
    changed
}

/// One symbol's arrays inside a body: a chart, or an entry of a spark.
struct Series<'a> {
    holder: &'a mut Value,
}

/// The columns of a series that run beside its timestamps.
const PRICES: [&str; 5] = ["open", "high", "low", "close", "adjclose"];

fn series(body: &mut Value) -> Vec<Series<'_>> {
    let (chart, spark) = (body.get("chart").is_some(), body.get("spark").is_some());
    if chart {
        let results = body["chart"]["result"].as_array_mut().into_iter().flatten();
        return results.map(|holder| Series { holder }).collect();
    }
    if spark {
        let results = body["spark"]["result"].as_array_mut().into_iter().flatten();
        return results
            .filter_map(|entry| entry.pointer_mut("/response/0"))
            .map(|holder| Series { holder })
            .collect();
    }
    // Version 8 of spark is a map of symbols.
    let records = body.as_object_mut().into_iter().flat_map(serde_json::Map::values_mut);
    records.filter(|record| record.get("timestamp").is_some()).map(|holder| Series { holder }).collect()
}

impl Series<'_> {
    /// Every array of the series, the timestamps first.
    fn columns(&mut self) -> Vec<(String, &mut Vec<Value>)> {
        let mut columns: Vec<(String, &mut Vec<Value>)> = Vec::new();
        let Some(holder) = self.holder.as_object_mut() else { return Vec::new() };
        for (name, value) in holder.iter_mut() {
            if name == "indicators" {
                let families = value.as_object_mut().into_iter().flat_map(serde_json::Map::values_mut);
                let objects = families.filter_map(|family| family.get_mut(0)?.as_object_mut());
                let arrays =
                    objects.flatten().filter_map(|(name, value)| Some((name.clone(), value.as_array_mut()?)));
                columns.extend(arrays);
            } else if let Some(values) = value.as_array_mut() {
                let place = if name == "timestamp" { 0 } else { columns.len() };
                columns.insert(place, (name.clone(), values));
            }
        }
        columns
    }

    fn prices(&mut self) -> impl Iterator<Item = (String, &mut Vec<Value>)> {
        self.columns().into_iter().filter(|(name, _)| PRICES.contains(&name.as_str()))
    }

    fn len(&mut self) -> usize {
        self.columns().first().map_or(0, |(_, values)| values.len())
    }

    fn mutate(&mut self, action: &FaultAction, seed: u64, end: Option<i64>) -> bool {
        let rows = self.len();
        if rows == 0 && !matches!(action, FaultAction::NoCurrency) {
            return false;
        }
        match action {
            FaultAction::Nulls { rows: wanted, fields } => self.nulls(rows, *wanted, fields),
            FaultAction::NullLastDay => self.set_last(|_| Value::Null),
            FaultAction::Ragged => self.shorten_one(),
            FaultAction::Unsorted => self.each(|values| {
                let middle = values.len() / 2;
                values.rotate_left(middle);
            }),
            FaultAction::NoTimestamps => {
                self.holder.as_object_mut().is_some_and(|holder| holder.remove("timestamp").is_some())
            }
            FaultAction::NoCurrency => self.no_currency(),
            FaultAction::Infinity => self.infinity(),
            FaultAction::StringsForNumbers => self.strings(),
            FaultAction::DupLastDay => self.double_last_day(),
            FaultAction::RowAfterPeriod2 => self.add_row_after(end),
            FaultAction::Glitch { factor, rows: wanted } => self.glitch(rows, *factor, *wanted, seed),
            FaultAction::MissingDays { n } => self.drop_rows(rows, *n, seed),
            _ => false,
        }
    }

    fn each(&mut self, mut change: impl FnMut(&mut Vec<Value>)) -> bool {
        self.columns().into_iter().for_each(|(_, values)| change(values));
        true
    }

    fn nulls(&mut self, rows: usize, wanted: usize, fields: &[String]) -> bool {
        let step = (rows / wanted.max(1)).max(1);
        for (name, values) in self.columns().into_iter().skip(1) {
            if fields.is_empty() || fields.contains(&name) {
                values
                    .iter_mut()
                    .skip(step / 2)
                    .step_by(step)
                    .take(wanted)
                    .for_each(|cell| *cell = Value::Null);
            }
        }
        true
    }

    fn set_last(&mut self, cell: impl Fn(&Value) -> Value) -> bool {
        for (_, values) in self.columns().into_iter().skip(1) {
            if let Some(last) = values.last_mut() {
                *last = cell(last);
            }
        }
        true
    }

    fn shorten_one(&mut self) -> bool {
        self.columns()
            .into_iter()
            .find(|(name, _)| name == "close")
            .is_some_and(|(_, values)| values.pop().is_some())
    }

    fn no_currency(&mut self) -> bool {
        match self.holder.pointer_mut("/meta/currency") {
            Some(currency) => {
                *currency = Value::Null;
                true
            }
            None => false,
        }
    }

    fn infinity(&mut self) -> bool {
        const WORDS: [&str; 3] = ["Infinity", "-Infinity", "NaN"];
        for ((_, values), word) in self.prices().zip(WORDS.into_iter().cycle()) {
            let middle = values.len() / 2;
            values[middle] = json!(word);
        }
        if let Some(price) = self.holder.pointer_mut("/meta/fiftyTwoWeekHigh") {
            *price = json!("Infinity");
        }
        true
    }

    fn strings(&mut self) -> bool {
        for (_, values) in self.prices() {
            values
                .iter_mut()
                .filter(|cell| cell.is_number())
                .for_each(|cell| *cell = json!(cell.to_string()));
        }
        true
    }

    /// A row of the last day as it stood at the open, before the one that has overtaken it.
    fn double_last_day(&mut self) -> bool {
        let second = |series: &Self, path: &str| series.holder.pointer(path).and_then(Value::as_i64);
        let market = second(self, "/meta/regularMarketTime");
        let opened = second(self, "/meta/currentTradingPeriod/regular/start");
        let mut columns = self.columns();
        let of_open = columns.iter().find(|(name, _)| name == "open");
        let open = of_open.and_then(|(_, values)| values.last().cloned());
        for (name, values) in &mut columns {
            let Some(last) = values.last().cloned() else { continue };
            let (earlier, later) = match (name.as_str(), last.as_i64(), &open) {
                ("timestamp", Some(stamp), _) => match opened.filter(|opened| *opened < stamp) {
                    Some(opened) if market == Some(stamp) => (json!(opened), last),
                    _ => (last, json!(stamp + 3_600)),
                },
                ("high" | "low" | "close", _, Some(open)) => (open.clone(), last),
                _ => (last.clone(), last),
            };
            if let Some(place) = values.last_mut() {
                *place = earlier;
            }
            values.push(later);
        }
        true
    }

    /// The latest price as a row, although the rows asked for end before it.
    fn add_row_after(&mut self, end: Option<i64>) -> bool {
        let market = self.holder.pointer("/meta/regularMarketTime").and_then(Value::as_i64);
        let price = self.holder.pointer("/meta/regularMarketPrice").cloned();
        for (name, values) in self.columns() {
            let Some(last) = values.last().cloned() else { continue };
            values.push(match (last.as_i64(), &price) {
                (Some(stamp), _) if name == "timestamp" => {
                    json!(end.max(market).unwrap_or_default().max(stamp + 86_400))
                }
                (_, Some(price)) if PRICES.contains(&name.as_str()) => price.clone(),
                _ => last,
            });
        }
        true
    }

    fn glitch(&mut self, rows: usize, factor: f64, wanted: usize, seed: u64) -> bool {
        // Not at the ends, where neighbours on one side only could tell.
        let room = rows.saturating_sub(wanted + 10).max(1);
        let start = (5 + mix(seed, rows as u64) as usize % room).min(rows.saturating_sub(1));
        for (_, values) in self.prices() {
            for cell in values.iter_mut().skip(start).take(wanted) {
                if let Some(price) = cell.as_f64() {
                    *cell = json!(price * factor);
                }
            }
        }
        true
    }

    fn drop_rows(&mut self, rows: usize, wanted: usize, seed: u64) -> bool {
        let mut dropped = std::collections::BTreeSet::new();
        let mut draw = 0;
        while dropped.len() < wanted.min(rows.saturating_sub(2)) {
            dropped.insert(1 + mix(seed, draw) as usize % (rows - 2).max(1));
            draw += 1;
        }
        self.each(|values| {
            let mut row = 0;
            values.retain(|_| {
                row += 1;
                !dropped.contains(&(row - 1))
            });
        })
    }
}

/// Exchanges what the first two symbols of a batch are answered with.
fn swap(body: &mut Value) -> bool {
    let spark = body.pointer_mut("/spark/result").and_then(Value::as_array_mut);
    if let Some([first, second, ..]) = spark.map(Vec::as_mut_slice) {
        let (first, second) = (&mut first["response"], &mut second["response"]);
        std::mem::swap(first, second);
        return true;
    }
    let quotes = body.pointer_mut("/quoteResponse/result").and_then(Value::as_array_mut);
    if let Some([first, second, ..]) = quotes.map(Vec::as_mut_slice) {
        // A record carries its own symbol: who goes by places takes one for the other.
        std::mem::swap(first, second);
        return true;
    }
    let mut records = body.as_object_mut().into_iter().flat_map(serde_json::Map::values_mut);
    if let (Some(first), Some(second)) = (records.next(), records.next())
        && first.get("timestamp").is_some()
    {
        std::mem::swap(first, second);
        return true;
    }
    false
}

/// Shifts whatever is a time.
fn shift(value: &mut Value, by: i64) {
    const TIMES: [&str; 7] =
        ["timestamp", "regularMarketTime", "start", "end", "date", "preMarketTime", "postMarketTime"];
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::Number(number) if TIMES.contains(&name.as_str()) => {
                        if let Some(second) = number.as_i64() {
                            *field = json!(second + by);
                        }
                    }
                    Value::Array(values) if name == "timestamp" => {
                        for cell in values {
                            if let Some(second) = cell.as_i64() {
                                *cell = json!(second + by);
                            }
                        }
                    }
                    _ => shift(field, by),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| shift(value, by)),
        _ => {}
    }
}
