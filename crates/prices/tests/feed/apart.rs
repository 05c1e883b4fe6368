//! Prices that stand apart from the closes, and answers without any.

use bellwether_domain::Clock;
use bellwether_prices::{NotAnswered, Outcome, Provider, Suspicion};
use rust_decimal::Decimal;

use crate::server::{MINIMAL, desk, minimal_json, symbol};

#[tokio::test]
async fn a_price_may_stand_apart() {
    let settings = minimal_json(
        r#"
        json = { date = "$.d", close = "$.c" }
        quote = { url = "HOST/now/{symbol}", price = "$.last", time = "$.at", time_format = "epoch-seconds" }
        "#,
    );
    let desk = desk(&settings).await;
    desk.served.put("/A.X", 200, r#"{"d":["2026-03-03"],"c":[11]}"#);
    desk.served.put("/now/A.X", 200, r#"{"last":"11.75","at":1772640000}"#);
    let asked = desk.feed.quotes(&[symbol("A.X")], &desk.budget()).await.remove(0).1;
    let quote = asked.answer().unwrap();
    assert_eq!((quote.price, quote.as_of.timestamp()), (Decimal::new(1_175, 2), 1_772_640_000));
    let closes =
        desk.feed.recent_closes(&[symbol("A.X")], &desk.budget()).await.remove(0).1.answer().unwrap();
    assert_eq!((closes.bars.len(), closes.quote.unwrap().price), (1, Decimal::from(11)));
    for (body, expected) in [
        (r#"{"at":1772640000}"#, "price: the path leads to 0 places"),
        (r#"{"last":0,"at":1772640000}"#, "price: there is none above zero"),
        (r#"{"last":"soon","at":1772640000}"#, "price: \"soon\" is no number"),
        (r#"{"last":1}"#, "time: the path leads to 0 places"),
        (r#"{"last":1,"at":"noon"}"#, "time: \"noon\" is no time"),
    ] {
        desk.served.put("/now/A.X", 200, body);
        let asked = desk.feed.quotes(&[symbol("A.X")], &desk.budget()).await.remove(0).1;
        let Outcome::NotAnswered(NotAnswered::Malformed(what)) = asked else { panic!("{body}: {asked:?}") };
        assert!(what.contains(expected), "{body}: {what}");
    }
}

#[tokio::test]
async fn a_price_in_the_same_document_is_held_against_its_closes() {
    let settings = minimal_json(
        r#"
        json = { date = "$.d", close = "$.c" }
        quote = { price = "$.last" }
        "#,
    );
    let desk = desk(&settings).await;
    desk.served.put("/A.X", 200, r#"{"d":["2026-03-02","2026-03-03"],"c":[11,11.5],"last":11.6}"#);
    let quote = desk.history("A.X").await.answer().unwrap().quote.unwrap();
    assert_eq!((quote.price, quote.as_of), (Decimal::new(116, 1), desk.clock.now()));
    assert_eq!(quote.previous_close, Some(Decimal::new(115, 1)));
    desk.served.put("/A.X", 200, r#"{"d":["2026-03-02","2026-03-03"],"c":[11,11.5],"last":1160}"#);
    let asked = desk.feed.quotes(&[symbol("A.X")], &desk.budget()).await.remove(0).1;
    assert!(matches!(asked, Outcome::Suspect(Suspicion::OtherScale { .. })), "{asked:?}");
}

#[tokio::test]
async fn days_without_prices_are_no_failure() {
    let desk = desk(MINIMAL).await;
    for body in ["date,close\n", "date,close\n2026-03-02,\n"] {
        desk.served.put("/A.X", 200, body);
        assert_eq!(desk.history("A.X").await, Outcome::NotAnswered(NotAnswered::NothingInWindow), "{body:?}");
    }
}

#[tokio::test]
async fn refusals_mean_what_they_say() {
    for (status, body, expected) in [
        (404, "", Outcome::Unknown),
        (410, "", Outcome::Unknown),
        (400, "", Outcome::NotAnswered(NotAnswered::Refused("status 400".into()))),
        (302, "", Outcome::NotAnswered(NotAnswered::Upstream { status: 302 })),
        (503, "", Outcome::NotAnswered(NotAnswered::Upstream { status: 503 })),
        (200, "", Outcome::NotAnswered(NotAnswered::Upstream { status: 200 })),
        (200, "<html>please log in</html>", Outcome::NotAnswered(NotAnswered::Upstream { status: 200 })),
        (401, "", Outcome::NotAnswered(NotAnswered::Blocked { status: 401 })),
        (429, "", Outcome::NotAnswered(NotAnswered::RateLimited)),
    ] {
        let desk = desk(MINIMAL).await;
        desk.served.put("/A.X", status, body);
        assert_eq!(desk.history("A.X").await, expected, "{status} {body}");
        let calls = desk.served.requests().len();
        assert_eq!(desk.feed.gateway().counters().calls, calls as u64, "{status}");
        let again = desk.history("A.X").await;
        if matches!(status, 401 | 429) {
            assert!(matches!(again, Outcome::NotAnswered(NotAnswered::CircuitOpen { .. })), "{again:?}");
            assert_eq!(desk.served.requests().len(), 1, "a key that is refused is not tried again and again");
        }
    }
}

#[tokio::test]
async fn json_that_is_cut_or_none_at_all_is_the_sources_fault() {
    let desk = desk(&minimal_json(r#"json = { date = "$.d", close = "$.c" }"#)).await;
    desk.served.put("/A.X", 200, r#"{"d":["2026-0"#);
    assert_eq!(desk.history("A.X").await, Outcome::NotAnswered(NotAnswered::Unreachable));
    assert_eq!(desk.served.requests().len(), 3, "worth another try");
    desk.served.put("/A.X", 200, "date,close");
    assert_eq!(desk.history("A.X").await, Outcome::NotAnswered(NotAnswered::Upstream { status: 200 }));
}

#[tokio::test]
async fn a_huge_document_is_not_taken_in() {
    let desk = desk(MINIMAL).await;
    desk.served.put("/A.X", 200, vec![b'1'; 9 * 1024 * 1024]);
    assert!(desk.malformed("A.X").await.contains("too large"));
}
