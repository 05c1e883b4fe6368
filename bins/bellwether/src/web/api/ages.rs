//! Answers that tell the ages of prices, which grow while the rest of the answer stays right.

use bellwether_cache::{Age, Answer};
use bellwether_tracker::Dashboard;
use chrono::{DateTime, Utc};
use serde_json::Value;

/// What stands before each age. Within a text its quotes would be escaped.
const BEFORE: &str = "\"data_age_minutes\":";

/// The answer about a dashboard whose holdings are in `told` in their order.
pub(super) fn finished(dashboard: &Dashboard, told: &Value) -> Answer {
    let holdings = dashboard.figures.iter().flat_map(|figures| figures.report.open_holdings());
    let prices = holdings.filter_map(|holding| dashboard.prices.of(&holding.symbol));
    let since = prices.filter(|price| price.age_minutes.is_some()).filter_map(|price| price.as_of);
    let (body, ages) = with_places(&told.to_string(), since, dashboard.computed_at);
    Answer::new("application/json", body.into_bytes())
        .valid(dashboard.states_validity())
        .telling(ages, dashboard.computed_at)
}

/// The same JSON with room for growing ages, which count from these instants; and where they are.
fn with_places(
    json: &str,
    mut since: impl Iterator<Item = DateTime<Utc>>,
    now: DateTime<Utc>,
) -> (String, Vec<Age>) {
    let mut body = String::with_capacity(json.len() + json.len() / 16);
    let mut ages = Vec::new();
    let mut rest = json;
    while let Some(at) = rest.find(BEFORE) {
        let (before, after) = rest.split_at(at + BEFORE.len());
        body.push_str(before);
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        rest = &after[digits..];
        // What is not known is null, and stays so.
        if digits > 0
            && let Some(since) = since.next()
        {
            ages.push(Age { offset: body.len(), since });
            body.push_str(&Age::written(since, now));
        } else {
            body.push_str(&after[..digits]);
        }
    }
    body.push_str(rest);
    (body, ages)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_known_age_has_a_place_and_nothing_else_changes() {
        let at = |text: &str| -> DateTime<Utc> { text.parse().expect("an instant") };
        let now = at("2026-11-20T15:10:00Z");
        let told = json!({ "holdings": [
            { "name": "\"data_age_minutes\":5", "data_age_minutes": 10, "x": 1 },
            { "name": "nobody knows", "data_age_minutes": null },
            { "name": "old", "data_age_minutes": 1440 },
        ]});
        let since = [at("2026-11-20T15:00:00Z"), at("2026-11-19T15:10:00Z")];

        let (body, ages) = with_places(&told.to_string(), since.into_iter(), now);

        assert_eq!(serde_json::from_str::<Value>(&body).expect("JSON"), told);
        let places: Vec<&str> = ages.iter().map(|age| &body[age.offset..age.offset + Age::WIDTH]).collect();
        assert_eq!(places, ["        10", "      1440"]);
        assert_eq!(ages.iter().map(|age| age.since).collect::<Vec<_>>(), since);
    }
}
