//! Faults in the records of quotes.

use serde_json::{Value, json};

use crate::faults::FaultAction;

/// What a record states in the unit of its currency.
const PRICES: [&str; 4] =
    ["regularMarketPrice", "regularMarketOpen", "regularMarketDayHigh", "regularMarketDayLow"];

/// Applies a fault to records; those that only rows can have change nothing.
pub(super) fn mutate(action: &FaultAction, records: &mut [Value]) -> bool {
    let (most, change): (usize, fn(&Value, f64) -> Value) = match action {
        FaultAction::Nulls { rows, .. } => (*rows, |_, _| Value::Null),
        FaultAction::Infinity => (usize::MAX, |_, _| json!("Infinity")),
        FaultAction::StringsForNumbers => (usize::MAX, |price, _| json!(price.to_string())),
        FaultAction::Glitch { rows, .. } => {
            (*rows, |price, factor| price.as_f64().map_or(Value::Null, |price| json!(price * factor)))
        }
        FaultAction::NoCurrency => {
            records.iter_mut().filter_map(|record| record.get_mut("currency")).for_each(|currency| {
                *currency = Value::Null;
            });
            return true;
        }
        _ => return false,
    };
    let factor = if let FaultAction::Glitch { factor, .. } = action { *factor } else { 1.0 };
    for record in records.iter_mut().take(most) {
        for name in PRICES {
            if let Some(price) = record.get_mut(name) {
                *price = change(price, factor);
            }
        }
    }
    true
}
