//! Answers in many spellings, and those that cannot be used.

use bellwether_domain::{Clock, Currency, InstrumentKind, PriceBasis};
use bellwether_prices::{Outcome, Provider, Suspicion};
use rust_decimal::Decimal;

use crate::server::{GERMAN, MINIMAL, closes, desk, minimal_json, symbol};

#[tokio::test]
async fn a_foreign_spelling_newest_first_is_read_exactly() {
    let desk = desk(GERMAN).await;
    let body = "Datum;Eröffnung;Hoch;Tief;Schluss;Stücke\r\n\
                03.03.2026;1.101,5;1.110;1.099,25;1.105,75;1.234\r\n\
                27.02.2026;;;;1.090,1;\r\n\
                02.03.2026;;;;;\r\n\
                31.12.2025;1;1;1;1.000;1\r\n";
    desk.served.put("/kurse/DE0001%2F7.csv", 200, body);
    let history = desk.history("GLOBAL.FUND").await.answer().unwrap();

    assert_eq!(
        closes(&history),
        [("2026-02-27".to_owned(), 1_090.1), ("2026-03-03".to_owned(), 1_105.75)],
        "in order, without the empty row and the day before those asked for"
    );
    let bar = history.bars[1];
    assert_eq!((bar.open, bar.high, bar.low, bar.volume), (1_101.5, 1_110.0, 1_099.25, 1_234));
    assert!(history.bars[0].open.is_nan() && history.bars.iter().all(|bar| !bar.provisional));
    assert_eq!((history.source.name.as_str(), history.source.basis), ("fund-house", PriceBasis::AsTraded));
    assert_eq!(
        (history.listing.kind, history.listing.name.as_deref()),
        (InstrumentKind::Fund, Some("Global Equity"))
    );
    let quote = history.quote.unwrap();
    assert_eq!((quote.price, quote.currency), (Decimal::new(110_575, 2), Currency::EUR));
    assert_eq!(quote.previous_close, Some(Decimal::new(10_901, 1)));
    assert_eq!(quote.source.as_str(), "fund-house");

    let request = desk.served.requests().remove(0).to_lowercase();
    assert!(
        request.starts_with("get /kurse/de0001%2f7.csv?von=01.01.2026&bis=05.03.2026 http/1.1\r\n"),
        "{request}"
    );
    assert!(request.contains("x-api-key: hush-hush\r\n") && request.contains("bellwether/"), "{request}");
}

#[tokio::test]
async fn pence_become_pounds() {
    let desk = desk(GERMAN).await;
    desk.served.put(
        "/kurse/SMALL.FUND.csv",
        200,
        "Datum;Schluss;Eröffnung;Hoch;Tief;Stücke\n03.03.2026;1.234,5;;;;",
    );
    let history = desk.history("SMALL.FUND").await.answer().unwrap();
    assert_eq!((closes(&history)[0].1, history.listing.currency()), (12.345, Currency::GBP));
    assert_eq!(history.listing.kind, InstrumentKind::Etf);
    assert_eq!(history.quote.unwrap().price, Decimal::new(12_345, 3));
}

#[tokio::test]
async fn json_is_read_in_every_usual_shape() {
    let objects = r#"{"prices":[{"d":"2026-03-03","c":"11.5","v":7},{"d":"2026-03-02","c":11},{"d":"2026-03-01","c":null}]}"#;
    let arrays = r#"{"t":[1772409600000,1772496000000],"q":[{"close":[11.0,11.5]}]}"#;
    let pairs = r#"{"prices":[[1772409600,11.0],[1772496000,11.5]]}"#;
    let by_day =
        r#"{"Time Series":{"2026-03-03":{"4. close":"11.5000"},"2026-03-02":{"4. close":"11.0000"}}}"#;
    let fields = r#"{"rows":[{"d":"2026-03-02","c":11},{"d":"2026-03-03","c":11.5}]}"#;
    for (body, json) in [
        (objects, r#"{ rows = "$.prices[*]", date = "$.d", close = "$.c", volume = "$.v" }"#),
        (arrays, r#"{ date = "$.t", close = "$.q[0].close", date_format = "epoch-milliseconds" }"#),
        (pairs, r#"{ rows = "$.prices[*]", date = "$[0]", close = "$[1]", date_format = "epoch-seconds" }"#),
        (by_day, r#"{ rows = "$['Time Series'][*]", close = "$['4. close']" }"#),
        (fields, r#"{ date = "$.rows[*].d", close = "$.rows[*].c" }"#),
    ] {
        let settings = minimal_json(&format!("json = {json}")).replace("America/New_York", "UTC");
        let desk = desk(&settings).await;
        desk.served.put("/A.X", 200, body);
        let history = desk.history("A.X").await.answer().unwrap_or_else(|| panic!("{json}"));
        let expected = [("2026-03-02".to_owned(), 11.0), ("2026-03-03".to_owned(), 11.5)];
        assert_eq!(closes(&history), expected, "{json}");
    }
}

#[tokio::test]
async fn columns_that_do_not_belong_together_are_refused() {
    let desk = desk(&minimal_json(r#"json = { date = "$.rows[*].d", close = "$.rows[*].c" }"#)).await;
    desk.served.put("/A.X", 200, r#"{"rows":[{"d":"2026-03-02"},{"d":"2026-03-03","c":11.5}]}"#);
    assert!(desk.malformed("A.X").await.contains("2 dates but 1 values"));
    // As many dates as closes, but of different rows.
    desk.served.put("/A.X", 200, r#"{"rows":[{"d":"2026-03-02"},{"c":11},{"d":"2026-03-03","c":11.5}]}"#);
    assert!(desk.malformed("A.X").await.contains("stand in different places"));
}

#[tokio::test]
async fn the_currency_can_be_told_by_the_answer() {
    let told = MINIMAL.replace("currency = \"USD\"\n", "");
    let csv = desk(&told.replace("close = \"close\"", "close = \"close\", currency = \"unit\"")).await;
    csv.served.put("/A.X", 200, "date,close,unit\n2026-03-02,1150,GBX\n2026-03-03,1160,GBX\n");
    let history = csv.history("A.X").await.answer().unwrap();
    assert_eq!((history.listing.currency(), history.bars[1].close), (Currency::GBP, 11.6));
    csv.served.put("/A.X", 200, "date,close,unit\n2026-03-02,1150,GBX\n2026-03-03,11.6,GBP\n");
    assert!(csv.malformed("A.X").await.contains("row 3 is in another currency"));
    csv.served.put("/A.X", 200, "date,close,unit\n2026-03-02,1150,\n");
    assert!(csv.malformed("A.X").await.contains("row 2, column \"unit\""));

    let json = r#"json = { date = "$.d", close = "$.c", currency = "$.meta.currency" }"#;
    let json = desk(&minimal_json(json).replace("currency = \"USD\"\n", "")).await;
    json.served.put("/A.X", 200, r#"{"meta":{"currency":"CHF"},"d":["2026-03-03"],"c":[7.5]}"#);
    assert_eq!(json.history("A.X").await.answer().unwrap().listing.currency().as_str(), "CHF");
    json.served.put("/A.X", 200, r#"{"meta":{},"d":["2026-03-03"],"c":[7.5]}"#);
    assert!(json.malformed("A.X").await.contains("currency: the path leads to no text"));
}

#[tokio::test]
async fn what_is_no_price_is_refused_with_its_row_and_column() {
    let desk = desk(MINIMAL).await;
    for (body, expected) in [
        ("date,close\n2026-03-02,11\n2026-03-03,0\n", "row 3, column \"close\": 0 is no price"),
        ("date,close\n2026-03-02,-11\n", "row 2, column \"close\": -11 is no price"),
        ("date,close\n2026-03-02,1e300\n", "the close of 2026-03-02 is beyond all prices"),
        ("date,close\n2026-03-02,NaN\n", "row 2, column \"close\": \"NaN\" is no number"),
        ("date,close\n2026-03-02,12 USD\n", "row 2, column \"close\": \"12 USD\" is no number"),
        ("date,close\n2026-03-02,\"12,34\"\n", "row 2, column \"close\": \"12,34\" is no number"),
        (
            "date,close\n02.03.2026,12\n",
            "row 2, column \"date\": \"02.03.2026\" is no date in the form %Y-%m-%d",
        ),
        ("date,close\n,12\n", "row 2, column \"date\": nothing is no date"),
        ("day,price\n2026-03-02,12\n", "there is no column \"date\"; there are day, price"),
        (
            "date,close\n2026-03-02,12\n2026-03-03,13\n2026-03-02,12.5\n",
            "rows 2 and 4 tell different closes of 2026-03-02",
        ),
        ("{\"error\":\"no quota\"}", "there is no column \"date\""),
    ] {
        desk.served.put("/A.X", 200, body);
        let what = desk.malformed("A.X").await;
        assert!(what.contains(expected), "{body}: {what}");
    }
    let long = format!("date,close\n2026-03-02,{}\n", "x".repeat(100_000));
    desk.served.put("/A.X", 200, long);
    assert!(desk.malformed("A.X").await.len() < 200);
}

#[tokio::test]
async fn the_same_row_twice_is_one_and_tomorrow_is_not_known() {
    let desk = desk(MINIMAL).await;
    desk.served.put(
        "/A.X",
        200,
        "date,close\n2026-03-03,11\n2026-03-03,11\n2026-03-04,11.5\n2026-03-05,99\n",
    );
    let history = desk.history("A.X").await.answer().unwrap();
    assert_eq!(closes(&history), [("2026-03-03".to_owned(), 11.0), ("2026-03-04".to_owned(), 11.5)]);
    assert_eq!(history.bars.iter().map(|bar| bar.provisional).collect::<Vec<_>>(), [false, true]);
    let quote = history.quote.unwrap();
    assert_eq!(
        (quote.price, quote.as_of),
        (Decimal::new(115, 1), desk.clock.now()),
        "the session still runs"
    );
}

#[tokio::test]
async fn the_newest_row_is_as_old_as_its_session() {
    let desk = desk(MINIMAL).await;
    desk.served.put("/A.X", 200, "date,close\n2026-03-02,11\n2026-03-03,11.5\n");
    let (name, outcome) = desk.feed.quotes(&[symbol("A.X")], &desk.budget()).await.remove(0);
    let quote = outcome.answer().unwrap();
    assert_eq!((name, quote.as_of.to_rfc3339()), (symbol("A.X"), "2026-03-03T21:00:00+00:00".to_owned()));
    assert_eq!((quote.fetched_at, quote.previous_close), (desk.clock.now(), Some(Decimal::from(11))));
}

#[tokio::test]
async fn impossible_prices_are_set_aside_like_everybodys() {
    let desk = desk(MINIMAL).await;
    desk.served.put("/A.X", 200, "date,close\n2026-02-27,11\n2026-03-02,1120\n2026-03-03,11.5\n");
    let history = desk.history("A.X").await.answer().unwrap();
    assert_eq!((history.bars.len(), history.suspects.len()), (2, 1));
    assert!(matches!(history.suspects[0].suspicion, Suspicion::OtherScale { .. }));

    desk.served.put("/A.X", 200, "date,close\n2026-02-27,11\n2026-03-02,11.2\n2026-03-03,1150\n");
    let quotes = desk.feed.quotes(&[symbol("A.X")], &desk.budget()).await;
    assert!(matches!(quotes[0].1, Outcome::Suspect(Suspicion::OtherScale { .. })), "{quotes:?}");
}

#[tokio::test]
async fn a_split_of_fifty_is_believed_of_closes_as_traded_once_it_stands() {
    for (basis, aside) in [("as-traded", 0), ("split-adjusted", 3)] {
        let desk = desk(&MINIMAL.replace("split-adjusted", basis)).await;
        let before: Vec<String> = (2..=26).map(|day| format!("2026-01-{day:02},3280\n")).collect();
        let rows = before.concat() + "2026-02-26,65.5\n2026-02-27,66\n2026-03-02,65\n";
        desk.served.put("/A.X", 200, format!("date,close\n{rows}"));
        let history = desk.history("A.X").await.answer().unwrap();
        assert_eq!(history.suspects.len(), aside, "{basis}");
        assert_eq!(history.quote.is_some(), aside == 0, "{basis}");
    }
}
