//! Reading answers. Bodies are made up, in the shapes of the service.
#![expect(clippy::float_cmp, reason = "prices are meant to be the very same numbers")]

use bellwether_domain::{CashDividend, DailyBar, InstrumentKind, SplitRatio};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::*;
use crate::Unreadable;

mod batches;
mod login;

/// Friday, after the close in New York.
const NOW: &str = "2024-03-08T23:30:00Z";

fn now() -> DateTime<Utc> {
    NOW.parse().expect("an instant")
}

fn second(text: &str) -> i64 {
    text.parse::<DateTime<Utc>>().expect("an instant").timestamp()
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn symbol(text: &str) -> Symbol {
    text.parse().expect("a symbol")
}

/// Four days of a share in New York, Tuesday to Friday.
fn chart() -> Value {
    let open = |day: &str| second(&format!("2024-03-{day}T14:30:00Z"));
    json!({
        "meta": {
            "symbol": "TEST", "currency": "USD", "exchangeName": "NMS", "instrumentType": "EQUITY",
            "longName": "Test  Corp. ", "exchangeTimezoneName": "America/New_York", "gmtoffset": -18000,
            "firstTradeDate": second("1999-01-04T14:30:00Z"), "priceHint": 2, "dataGranularity": "1d",
            "regularMarketTime": second("2024-03-08T21:00:01Z"), "regularMarketPrice": 103.25,
            "chartPreviousClose": 99.5,
            "currentTradingPeriod": {
                "regular": { "start": open("08"), "end": second("2024-03-08T21:00:00Z") }
            }
        },
        "timestamp": [open("05"), open("06"), open("07"), second("2024-03-08T21:00:01Z")],
        "indicators": {
            "quote": [{
                "open": [100.0, 101.0, 102.0, 103.0],
                "high": [101.5, 102.5, 103.5, 104.5],
                "low": [99.0, 100.0, 101.0, 102.0],
                "close": [100.5, 101.25, 134.389_999_389_648_44, 103.25],
                "volume": [1000, 2000, 3_000_000_000_i64, null]
            }],
            "adjclose": [{ "adjclose": [99.5, 100.25, 133.0, 103.25] }]
        }
    })
}

fn body(result: &Value) -> Vec<u8> {
    json!({ "chart": { "result": [result], "error": null } }).to_string().into_bytes()
}

fn asked() -> Asked {
    Asked::daily(symbol("TEST"), now())
}

fn read_as(asked: &Asked, change: impl FnOnce(&mut Value)) -> Result<Outcome<History>, Unreadable> {
    let mut result = chart();
    change(&mut result);
    read_chart(200, &body(&result), asked)
}

fn read(change: impl FnOnce(&mut Value)) -> Result<Outcome<History>, Unreadable> {
    read_as(&asked(), change)
}

fn history(change: impl FnOnce(&mut Value)) -> History {
    match read(change) {
        Ok(Outcome::Answered(history)) => history,
        other => panic!("{other:?}"),
    }
}

fn closes(history: &History) -> Vec<f64> {
    history.bars.iter().map(|bar| bar.close).collect()
}

fn why(read: Result<Outcome<History>, Unreadable>) -> String {
    match read {
        Err(Unreadable::Inconsistent(what)) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_chart_tells_what_it_is_and_what_it_cost() {
    let history = history(|_| {});
    let listing = &history.listing;
    assert_eq!(listing.symbol, symbol("TEST"));
    assert_eq!((listing.currency().as_str(), listing.kind), ("USD", InstrumentKind::Equity));
    assert_eq!((listing.name.as_deref(), listing.venue.as_deref()), (Some("Test Corp."), Some("NMS")));
    assert_eq!(listing.zone, chrono_tz::America::New_York);
    assert_eq!(listing.first_traded, Some(date("1999-01-04")));
    assert_eq!(closes(&history), [100.5, 101.25, 134.39, 103.25]);
    assert_eq!(history.adjusted_closes, [99.5, 100.25, 133.0, 103.25]);
    let third = history.bars[2];
    assert_eq!(
        third,
        DailyBar {
            date: date("2024-03-07"),
            open: 102.0,
            high: 103.5,
            low: 101.0,
            close: 134.39,
            volume: 3_000_000_000,
            provisional: false
        }
    );
    assert_eq!(history.bars[3].volume, 0);
    assert!(history.suspects.is_empty());
}

#[test]
fn the_days_bar_is_provisional_until_another_session_began() {
    let provisional = |now: &str| {
        let asked = Asked::daily(symbol("TEST"), now.parse().expect("an instant"));
        let Ok(Outcome::Answered(history)) = read_as(&asked, |_| {}) else { panic!("no history") };
        history.bars.iter().map(|bar| bar.provisional).collect::<Vec<_>>()
    };
    assert_eq!(provisional("2024-03-08T21:05:00Z"), [false, false, false, true]);
    assert_eq!(provisional(NOW), [false, false, false, true]);
}

#[test]
fn the_current_price_comes_along() {
    let quote = history(|_| {}).quote.expect("a quote");
    assert_eq!((quote.symbol, quote.price), (symbol("TEST"), Decimal::new(10_325, 2)));
    assert_eq!(quote.as_of, "2024-03-08T21:00:01Z".parse::<DateTime<Utc>>().expect("an instant"));
    assert_eq!(quote.fetched_at, now());
    assert_eq!(quote.previous_close, Some(Decimal::new(13_439, 2)), "the bar of the day before");
}

#[test]
fn the_close_before_a_one_day_chart_is_the_one_it_names() {
    let quote = history(|chart| {
        chart["timestamp"] = json!([second("2024-03-08T21:00:01Z")]);
        chart["indicators"] = json!({ "quote": [{ "close": [103.25] }] });
    });
    assert_eq!(quote.quote.expect("a quote").previous_close, Some(Decimal::new(995, 1)));
}

#[test]
fn prices_in_pence_become_pounds() {
    let history = history(|chart| {
        chart["meta"]["currency"] = json!("GBp");
        chart["events"] =
            json!({ "dividends": { "x": { "amount": 5.5, "date": second("2024-03-06T14:30:00Z") } } });
    });
    assert_eq!(history.listing.currency().as_str(), "GBP");
    assert_eq!(closes(&history), [1.005, 1.0125, 1.3439, 1.0325]);
    assert_eq!(history.quote.expect("a quote").price, Decimal::new(10_325, 4));
    assert_eq!(history.dividends[0].amount, Decimal::new(55, 3));
    assert_eq!(history.listing.price_decimals, 4);
}

#[test]
fn events_are_dated_by_their_own_date_and_counted_once() {
    let history = history(|chart| {
        let day = second("2024-03-06T14:30:00Z");
        chart["events"] = json!({
            "dividends": {
                "1": { "amount": 0.25, "date": day },
                "2": { "amount": 0.25, "date": day },
                "3": { "amount": 0, "date": day },
                "4": { "amount": 0.5, "date": second("2024-03-05T14:30:00Z"), "currency": "CAD" }
            },
            "capitalGains": { "5": { "amount": 1.5, "date": day } },
            "splits": {
                "6": { "date": day, "numerator": 3.0, "denominator": 2.0, "splitRatio": "3:2" },
                "7": { "date": second("2024-03-05T14:30:00Z"), "splitRatio": "1:10" },
                "8": { "date": day, "numerator": 0, "denominator": 1 }
            }
        });
    });
    let paid = |payouts: &[CashDividend]| {
        payouts.iter().map(|payout| (payout.ex_date, payout.amount.to_string())).collect::<Vec<_>>()
    };
    assert_eq!(
        paid(&history.dividends),
        [(date("2024-03-05"), "0.5".into()), (date("2024-03-06"), "0.25".into())]
    );
    assert_eq!(history.dividends[0].currency, "CAD".parse().ok());
    assert_eq!(paid(&history.capital_gains), [(date("2024-03-06"), "1.5".into())]);
    let ratios: Vec<_> = history.splits.iter().map(|split| (split.ex_date, split.ratio)).collect();
    let ratio = |new: i64, old: i64| SplitRatio::new(new.into(), old.into()).expect("a ratio");
    assert_eq!(ratios, [(date("2024-03-05"), ratio(1, 10)), (date("2024-03-06"), ratio(3, 2))]);
}

#[test]
fn columns_of_different_lengths_are_refused() {
    for column in ["open", "high", "low", "close", "volume"] {
        let why = why(read(|chart| {
            chart["indicators"]["quote"][0][column].as_array_mut().expect("a column").pop();
        }));
        assert!(why.contains("4 times"), "{why}");
    }
    let adjusted = read(|chart| chart["indicators"]["adjclose"][0]["adjclose"] = json!([1.0]));
    assert!(why(adjusted).contains("4 times"));
}

#[test]
fn values_without_times_are_refused() {
    let without = |chart: &mut Value| drop(chart.as_object_mut().expect("an object").remove("timestamp"));
    assert_eq!(why(read(without)), "values without times");
}

#[test]
fn times_without_closes_are_refused() {
    let empty = read(|chart| chart["indicators"] = json!({ "quote": [{}] }));
    assert_eq!(why(empty), "times without closes");
}

#[test]
fn an_empty_success_has_a_price_but_no_bars() {
    let history = history(|chart| {
        chart.as_object_mut().expect("an object").remove("timestamp");
        chart["indicators"] = json!({ "quote": [{}], "adjclose": [{}] });
    });
    assert!(history.bars.is_empty());
    assert!(history.quote.is_some());
}

#[test]
fn days_without_a_close_are_left_out() {
    let history = history(|chart| {
        for column in ["open", "high", "low", "close", "volume"] {
            chart["indicators"]["quote"][0][column][1] = Value::Null;
        }
    });
    assert_eq!(closes(&history), [100.5, 134.39, 103.25]);
    assert_eq!(history.adjusted_closes.len(), 3);
}

#[test]
fn the_last_day_without_a_close_takes_the_current_price() {
    let history = history(|chart| {
        for column in ["open", "high", "low", "close"] {
            chart["indicators"]["quote"][0][column][3] = Value::Null;
        }
    });
    let last = history.bars.last().expect("a bar");
    assert_eq!((last.close, last.provisional), (103.25, true));
    assert!(last.open.is_nan());
}

#[test]
fn of_two_rows_for_a_day_the_later_counts() {
    let history = history(|chart| {
        chart["timestamp"][2] = json!(second("2024-03-08T14:30:00Z"));
    });
    assert_eq!(closes(&history), [100.5, 101.25, 103.25]);
    assert_eq!(history.bars[2].date, date("2024-03-08"));
}

#[test]
fn rows_out_of_order_are_put_in_order() {
    let history = history(|chart| {
        let stamps = chart["timestamp"].as_array_mut().expect("times");
        stamps.swap(0, 1);
    });
    assert_eq!(closes(&history), [101.25, 100.5, 134.39, 103.25]);
    assert!(history.bars.is_sorted_by_key(|bar| bar.date));
}

#[test]
fn rows_after_the_window_are_dropped() {
    let asked = Asked { before: Some(second("2024-03-08T00:00:00Z")), ..asked() };
    let Ok(Outcome::Answered(history)) = read_as(&asked, |_| {}) else { panic!("no history") };
    assert_eq!(closes(&history), [100.5, 101.25, 134.39]);
}

#[test]
fn rows_from_the_future_are_dropped() {
    let asked = Asked::daily(symbol("TEST"), "2024-03-08T12:00:00Z".parse().expect("an instant"));
    let Ok(Outcome::Answered(history)) = read_as(&asked, |_| {}) else { panic!("no history") };
    assert_eq!(closes(&history), [100.5, 101.25, 134.39]);
}

#[test]
fn numbers_as_text_are_read_and_infinity_is_no_number() {
    let history = history(|chart| {
        chart["indicators"]["quote"][0]["close"] = json!(["100.5", "Infinity", "NaN", 103.25]);
        chart["indicators"]["adjclose"][0]["adjclose"] = json!(["-Infinity", 1, 1, 103.25]);
        chart["meta"]["regularMarketPrice"] = json!("Infinity");
    });
    assert_eq!(closes(&history), [100.5, 103.25]);
    assert!(history.adjusted_closes[0].is_nan());
    assert_eq!(history.quote.expect("from the last bar").price, Decimal::new(10_325, 2));
}

#[test]
fn a_day_whose_high_is_below_its_low_keeps_only_its_close() {
    let history = history(|chart| chart["indicators"]["quote"][0]["high"][0] = json!(50));
    let bar = history.bars[0];
    assert_eq!(bar.close, 100.5);
    assert!(bar.open.is_nan() && bar.high.is_nan() && bar.low.is_nan());
}

#[test]
fn a_price_in_pence_among_pounds_is_set_aside() {
    let history = history(|chart| chart["indicators"]["quote"][0]["close"][1] = json!(10_125));
    assert_eq!(closes(&history), [100.5, 134.39, 103.25]);
    assert_eq!(history.adjusted_closes, [99.5, 133.0, 103.25]);
    assert_eq!((history.suspects[0].date, history.suspects[0].close), (date("2024-03-06"), 10_125.0));
}

#[test]
fn a_current_price_a_hundred_times_too_high_is_never_given() {
    let history = history(|chart| {
        chart["meta"]["regularMarketPrice"] = json!(10_325);
        chart["indicators"]["quote"][0]["close"][3] = json!(10_325);
    });
    assert_eq!(history.quote, None);
    assert_eq!(closes(&history), [100.5, 101.25, 134.39]);
    let [suspect] = &history.suspects[..] else { panic!("{:?}", history.suspects) };
    assert!(matches!(suspect.suspicion, Suspicion::OtherScale { .. }));
}

#[test]
fn an_answer_in_another_unit_of_the_currency_is_suspect_however_well_it_agrees_with_itself() {
    let known = |unit: &str| Known { unit: unit.parse().expect("a unit"), zone: chrono_tz::Europe::London };
    let read = |before: &str, told: &str| {
        let asked = Asked { known: Some(known(before)), ..asked() };
        read_as(&asked, |chart| chart["meta"]["currency"] = json!(told)).expect("an answer")
    };
    let suspect = |told, known| Outcome::Suspect(Suspicion::OtherUnit { told, known });
    assert_eq!(read("GBp", "GBP"), suspect(1, 100));
    assert_eq!(read("GBP", "GBp"), suspect(100, 1));
    assert!(read("GBp", "GBX").as_answer().is_some(), "the same by another name");
    assert!(read("GBp", "USD").as_answer().is_some(), "a listing in another currency");
}

#[test]
fn an_answer_about_another_symbol_is_suspect() {
    let swapped = read(|chart| chart["meta"]["symbol"] = json!("MSFT"));
    assert_eq!(swapped, Ok(Outcome::Suspect(Suspicion::WrongSymbol { answered: "MSFT".into() })));
}

#[test]
fn a_pair_answered_under_its_short_name_is_the_pair() {
    let asked = Asked::daily(symbol("USDEUR=X"), now());
    let answered = read_as(&asked, |chart| chart["meta"]["symbol"] = json!("EUR=X"));
    let Ok(Outcome::Answered(history)) = answered else { panic!("{answered:?}") };
    assert_eq!(history.quote.expect("a quote").symbol, symbol("USDEUR=X"));
}

#[test]
fn coarser_bars_than_asked_are_refused() {
    assert!(why(read(|chart| chart["meta"]["dataGranularity"] = json!("3mo"))).contains("length"));
}

#[test]
fn a_shell_is_a_delisted_line() {
    let shell = |chart: &mut Value| {
        chart["meta"] = json!({
            "symbol": "TEST", "currency": null, "exchangeName": "YHD", "instrumentType": "MUTUALFUND",
            "exchangeTimezoneName": "America/New_York", "regularMarketTime": 1_561_759_658
        });
        chart.as_object_mut().expect("an object").remove("timestamp");
        chart["indicators"] = json!({ "quote": [{}], "adjclose": [{}] });
    };
    assert_eq!(read(shell), Ok(Outcome::Delisted));
}

#[test]
fn a_missing_currency_is_taken_from_memory_or_refused() {
    let nameless = |chart: &mut Value| chart["meta"]["currency"] = Value::Null;
    assert_eq!(why(read(nameless)), "no currency");
    let known = Known { unit: "GBp".parse().expect("pence"), zone: chrono_tz::Europe::London };
    let asked = Asked { known: Some(known), ..asked() };
    let Ok(Outcome::Answered(history)) = read_as(&asked, nameless) else { panic!("no history") };
    assert_eq!(history.bars[0].close, 1.005);
}

#[test]
fn optional_parts_may_be_missing() {
    let history = history(|chart| {
        let meta = chart["meta"].as_object_mut().expect("meta");
        for key in
            ["longName", "currentTradingPeriod", "firstTradeDate", "chartPreviousClose", "exchangeName"]
        {
            meta.remove(key);
        }
        chart["indicators"].as_object_mut().expect("indicators").remove("adjclose");
    });
    assert_eq!(history.bars.len(), 4);
    assert!(history.adjusted_closes.iter().all(|close| close.is_nan()));
    assert_eq!((history.listing.name, history.listing.first_traded), (None, None));
}

#[test]
fn refusals_say_what_they_mean() {
    let refused = |status: u16, code: &str, description: &str| {
        let error = json!({ "code": code, "description": description });
        let body = json!({ "chart": { "result": null, "error": error } }).to_string();
        read_chart(status, body.as_bytes(), &asked())
    };
    assert_eq!(refused(404, "Not Found", "No data found, symbol may be delisted"), Ok(Outcome::Unknown));
    assert_eq!(
        refused(400, "Bad Request", "Data doesn't exist for startDate = 1, endDate = 2"),
        Ok(Outcome::NotAnswered(NotAnswered::NothingInWindow))
    );
    for (status, code) in [(400, "Bad Request"), (422, "Unprocessable Entity")] {
        let what = "Invalid input - interval=7m is not supported";
        let refusal = Ok(Outcome::NotAnswered(NotAnswered::Refused(what.into())));
        assert_eq!(refused(status, code, what), refusal);
    }
    assert_eq!(refused(404, "Gone", "away"), Err(Unreadable::Foreign));
}

#[test]
fn bodies_that_are_no_answer_are_told_apart() {
    let read = |status, body: &str| read_chart(status, body.as_bytes(), &asked());
    let whole = String::from_utf8(body(&chart())).expect("text");
    assert_eq!(read(200, &whole[..whole.len() / 2]), Err(Unreadable::Cut));
    for body in [r#"{"chart":null}"#, r#"{"status_code":500}"#, "Too Many Requests", "{}", r#"{"chart":{}}"#]
    {
        assert_eq!(read(200, body), Err(Unreadable::Foreign), "{body}");
    }
    assert_eq!(read(404, "{\"message\":\"no route\"}"), Err(Unreadable::Foreign));
    assert!(matches!(read(200, r#"{"chart":[1]}"#), Err(Unreadable::Inconsistent(_))));
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    let mut marked = b"\xEF\xBB\xBF".to_vec();
    marked.extend(body(&chart()));
    assert!(matches!(read_chart(200, &marked, &asked()), Ok(Outcome::Answered(_))));
}

#[test]
fn no_cut_and_no_changed_byte_makes_it_panic() {
    let whole = body(&chart());
    for end in 0..whole.len() {
        let _ = read_chart(200, &whole[..end], &asked());
    }
    for at in 0..whole.len() {
        for byte in [b'0', b'9', b'"', b'-', b'}', b'[', b' ', b'e'] {
            let mut changed = whole.clone();
            changed[at] = byte;
            let _ = read_chart(200, &changed, &asked());
        }
    }
}

#[test]
fn a_success_that_names_another_status_is_none() {
    let mut answer: Value = serde_json::from_slice(&body(&chart())).expect("json");
    assert!(read_chart(200, answer.to_string().as_bytes(), &asked()).is_ok());
    answer["status_code"] = json!(500);
    assert_eq!(read_chart(200, answer.to_string().as_bytes(), &asked()), Err(Unreadable::Foreign));
}

#[test]
fn a_chart_has_to_say_whose_it_is() {
    assert_eq!(why(read(|chart| chart["meta"]["symbol"] = Value::Null)), "no symbol");
}
