//! Any bytes at all.

use std::sync::Arc;

use async_trait::async_trait;
use bellwether_domain::FixedClock;
use bellwether_prices::{
    Feed, FeedSettings, LoadBudget, Outcome, Provider, Request, Response, Transport, TransportError,
};
use chrono::NaiveDate;
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::server::{MINIMAL, NOW, gateway, minimal_json, symbol};

/// Sends the same bytes whatever is asked.
struct Bytes(Vec<u8>);

#[async_trait]
impl Transport for Bytes {
    async fn send(&self, _: &Request) -> Result<Response, TransportError> {
        Ok(Response { status: 200, body: self.0.clone(), ..Response::default() })
    }
}

fn hostile_body() -> impl Strategy<Value = Vec<u8>> {
    let csv = "date,close\n2026-03-02,11\n2026-03-03,\"11.5\"\n";
    let json = r#"{"d":["2026-03-02","2026-03-03"],"c":[11,"11.5"],"last":11.6,"cur":"USD"}"#;
    let mutated =
        (prop::sample::select(vec![csv, json]), prop::collection::vec((any::<usize>(), any::<u8>()), 0..6))
            .prop_map(|(text, changes)| {
                let mut bytes = text.as_bytes().to_vec();
                for (at, byte) in changes {
                    let at = at % bytes.len();
                    bytes[at] = byte;
                }
                bytes
            });
    let numbers = (any::<f64>(), any::<i64>(), "\\PC{0,12}").prop_map(|(number, day, text)| {
        let text = serde_json::to_string(&text).unwrap();
        format!(r#"{{"d":[{day},"2026-03-03",{text}],"c":[{number:e},{text},11],"last":{number:e}}}"#)
            .into_bytes()
    });
    prop_oneof![prop::collection::vec(any::<u8>(), 0..300), mutated, numbers]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_bytes_panic_or_become_an_impossible_price(body in hostile_body(), epoch in any::<bool>(), comma in any::<bool>()) {
        let json = if epoch { "json = { date = \"$.d\", close = \"$.c\", date_format = \"epoch-seconds\" }" }
            else { "json = { date = \"$.d\", close = \"$.c\", open = \"$..c\" }\nquote = { price = \"$.last\" }" };
        let csv = MINIMAL.replace("close = \"close\"", &format!("close = \"close\", decimal_comma = {comma}"));
        for settings in [minimal_json(json), csv] {
            let settings = FeedSettings::from_toml(&settings.replace("HOST", "https://example.org")).unwrap();
            let clock = Arc::new(FixedClock::at(NOW.parse().unwrap()));
            let gateway = gateway(Bytes(body.clone()), &settings, &clock);
            let feed = Feed::through(settings, gateway);
            let asked = async {
                let budget = LoadBudget::background(10);
                let name = symbol("A.X");
                (feed.history(&name, NaiveDate::MIN, &budget).await, feed.quotes(&[name], &budget).await)
            };
            let (history, quotes) = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(asked);
            if let Outcome::Answered(history) = history {
                prop_assert!(history.bars.iter().all(|bar| bar.close > 0.0 && bar.close.is_finite()));
                prop_assert!(history.bars.windows(2).all(|pair| pair[0].date < pair[1].date));
                prop_assert_eq!(history.bars.len(), history.adjusted_closes.len());
            }
            if let Outcome::Answered(quote) = &quotes[0].1 {
                prop_assert!(quote.price > Decimal::ZERO);
            }
        }
    }
}
