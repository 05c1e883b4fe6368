//! `GET /v8/finance/chart/{symbol}`

use bellwether_domain::Clock;
use bellwether_yahoo_sim::SimConfig;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::{Stage, numbers};

fn error(reply: &crate::Reply) -> (u16, String, String) {
    let error = &reply.json()["chart"]["error"];
    let text = |name: &str| error[name].as_str().unwrap().to_owned();
    (reply.status, text("code"), text("description"))
}

fn refusal(status: u16, code: &str, description: &str) -> (u16, String, String) {
    (status, code.to_owned(), description.to_owned())
}

fn unix(text: &str) -> i64 {
    text.parse::<DateTime<Utc>>().unwrap().timestamp()
}

#[tokio::test]
async fn a_daily_chart_has_the_shape_of_the_service() {
    let stage = Stage::at("2026-01-03T12:00:00Z");
    let reply = stage
        .get("/v8/finance/chart/AAPL?range=5d&interval=1d&events=div%7Csplit&includePrePost=false")
        .await;
    assert_eq!(reply.header("content-type"), Some("application/json;charset=utf-8"));
    assert_eq!(reply.header("cache-control"), Some("public, max-age=10, stale-while-revalidate=20"));
    assert_eq!(reply.header("server"), Some("ATS"));
    assert_eq!(reply.header("date"), Some("Sat, 03 Jan 2026 12:00:00 GMT"));
    assert_eq!(reply.header("retry-after"), None);

    let body = reply.json();
    assert_eq!(body["chart"]["error"], Value::Null);
    let chart = &body["chart"]["result"][0];
    let meta = &chart["meta"];
    for (name, value) in [
        ("currency", json!("USD")),
        ("symbol", json!("AAPL")),
        ("exchangeName", json!("NMS")),
        ("instrumentType", json!("EQUITY")),
        ("exchangeTimezoneName", json!("America/New_York")),
        ("timezone", json!("EST")),
        ("gmtoffset", json!(-18_000)),
        ("priceHint", json!(2)),
        ("dataGranularity", json!("1d")),
        ("range", json!("5d")),
        ("longName", json!("Apple Inc.")),
        ("regularMarketTime", json!(unix("2026-01-02T21:00:01Z"))),
    ] {
        assert_eq!(meta[name], value, "{name}");
    }
    assert_eq!(
        meta["currentTradingPeriod"]["regular"]["start"],
        json!(unix("2026-01-02T14:30:00Z")),
        "Friday"
    );
    assert_eq!(meta["currentTradingPeriod"]["pre"]["start"], json!(unix("2026-01-02T09:00:00Z")));
    let stamps = [
        unix("2025-12-26T14:30:00Z"),
        unix("2025-12-29T14:30:00Z"),
        unix("2025-12-30T14:30:00Z"),
        unix("2025-12-31T14:30:00Z"),
        unix("2026-01-02T14:30:00Z"),
    ];
    assert_eq!(chart["timestamp"], json!(stamps));
    let quote = chart["indicators"]["quote"][0].as_object().unwrap();
    assert_eq!(quote.keys().collect::<Vec<_>>(), ["close", "high", "low", "open", "volume"]);
    assert!(quote.values().all(|column| column.as_array().unwrap().len() == 5));
    let last = quote["close"][4].as_f64().unwrap();
    assert!((last - f64::from(last as f32)).abs() < f64::EPSILON, "a 32-bit float");
    assert!((meta["regularMarketPrice"].as_f64().unwrap() - last).abs() < 0.005);
    assert_eq!(chart["indicators"]["adjclose"][0]["adjclose"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn refusals_have_the_words_of_the_service() {
    let stage = Stage::new();
    let get = async |target: &str| error(&stage.get(&format!("/v8/finance/chart/{target}")).await);
    assert_eq!(
        get("ZZUNKNOWN1?range=5d&interval=1d").await,
        refusal(404, "Not Found", "No data found, symbol may be delisted")
    );
    assert_eq!(
        get("AAPL?range=5d&interval=7m").await,
        refusal(
            400,
            "Bad Request",
            "Invalid input - interval=7m is not supported. Valid intervals: [1m, 2m, 5m, 15m, 30m, 60m, 90m, 1h, 4h, 1d, 5d, 1wk, 1mo, 3mo]"
        )
    );
    assert_eq!(
        get("AAPL?interval=1h&period1=1761260400&period2=1761257839").await,
        refusal(
            400,
            "Bad Request",
            "Invalid input - start date cannot be after end date. startDate = 1761260400, endDate = 1761257839"
        )
    );
    assert_eq!(
        get("META?interval=1d&period1=1277836800&period2=1278009600").await,
        refusal(400, "Bad Request", "Data doesn't exist for startDate = 1277836800, endDate = 1278009600")
    );
    let (from, to) = (unix("2025-12-01T00:00:00Z"), unix("2026-01-05T00:00:00Z"));
    assert_eq!(
        get(&format!("SPY?interval=1m&period1={from}&period2={to}")).await,
        refusal(
            422,
            "Unprocessable Entity",
            &format!(
                "1m data not available for startTime={from} and endTime={to}. Only 8 days worth of 1m granularity data are allowed to be fetched per request."
            )
        )
    );
    let (from, to) = (unix("2025-10-01T00:00:00Z"), unix("2025-10-05T00:00:00Z"));
    assert_eq!(
        get(&format!("SPY?interval=5m&period1={from}&period2={to}")).await,
        refusal(
            422,
            "Unprocessable Entity",
            &format!(
                "5m data not available for startTime={from} and endTime={to}. The requested range must be within the last 60 days."
            )
        )
    );
    let errors = stage.get("/v8/finance/chart/ZZUNKNOWN1").await;
    assert_eq!(errors.header("cache-control"), Some("max-age=0, private"));
}

#[tokio::test]
async fn a_window_is_clamped_to_the_first_trade_and_excludes_its_end() {
    let stage = Stage::new();
    let all = stage.chart("META?period1=0&period2=1400000000&interval=1d").await;
    assert_eq!(all["timestamp"][0], all["meta"]["firstTradeDate"]);
    assert_eq!(all["meta"]["range"], json!(""));
    let (start, end) = (unix("2025-12-29T14:30:00Z"), unix("2025-12-31T14:30:00Z"));
    let two = stage.chart(&format!("AAPL?period1={start}&period2={end}&interval=1d")).await;
    assert_eq!(two["timestamp"], json!([start, unix("2025-12-30T14:30:00Z")]));
    let before = stage.chart("AAPL?range=8d&interval=1d").await;
    assert_eq!(before["timestamp"].as_array().unwrap().len(), 8);
    let closes = numbers(&before["indicators"]["quote"][0]["close"]);
    let previous = two["meta"]["chartPreviousClose"].as_f64().unwrap();
    assert!(closes.iter().any(|close| (close - previous).abs() < 0.001), "the close before the first bar");
}

#[tokio::test]
async fn a_window_without_sessions_is_a_success_without_bars() {
    let stage = Stage::new();
    let (from, to) = (unix("2026-01-03T00:00:00Z"), unix("2026-01-04T00:00:00Z"));
    let weekend = stage.chart(&format!("AAPL?period1={from}&period2={to}&interval=1m")).await;
    assert!(weekend.get("timestamp").is_none());
    assert_eq!(weekend["indicators"], json!({ "quote": [{}] }));
    assert!(weekend["meta"].get("tradingPeriods").is_none());
    let future =
        stage.chart(&format!("AAPL?period1={}&period2={}&interval=1d", to + 900_000, to + 999_999)).await;
    assert!(future.get("timestamp").is_none());
}

#[tokio::test]
async fn the_bar_of_today_is_provisional_until_some_time_after_the_close() {
    let stage = Stage::new();
    let last = async || {
        let chart = stage.chart("AAPL?range=1d&interval=1d").await;
        let quote = &chart["indicators"]["quote"][0];
        (chart["timestamp"][0].as_i64().unwrap(), quote["volume"][0].as_i64().unwrap(), chart["meta"].clone())
    };
    let (stamp, volume, meta) = last().await;
    assert_eq!(stamp, stage.sim.clock().now().timestamp(), "stamped with the last trade");
    assert_eq!(meta["regularMarketTime"], json!(stamp));
    stage.sim.clock().set("2026-01-05T21:30:00Z".parse().unwrap()).unwrap();
    let (stamp, whole, _) = last().await;
    assert_eq!(stamp, unix("2026-01-05T21:00:01Z"));
    assert!(whole > 5 * volume, "half an hour of a day's volume");
    stage.sim.clock().advance(TimeDelta::hours(3)).unwrap();
    assert_eq!(last().await.0, unix("2026-01-05T14:30:00Z"), "settled");
}

#[tokio::test]
async fn a_day_that_grows_ends_as_the_settled_day() {
    let stage = Stage::new();
    let bar = async |at: &str| {
        stage.sim.clock().set(at.parse().unwrap()).unwrap();
        let chart = stage.chart("AAPL?range=1d&interval=1d").await;
        let quote = chart["indicators"]["quote"][0].clone();
        ["open", "high", "low", "close"].map(|name| quote[name][0].as_f64().unwrap())
    };
    let settled = bar("2026-01-06T00:00:00Z").await;
    for minute in ["14:30", "14:31", "15:00", "17:45", "20:59"] {
        let [open, high, low, close] = bar(&format!("2026-01-05T{minute}:00Z")).await;
        assert!((open - settled[0]).abs() < f64::EPSILON);
        assert!(low <= open.min(close) && high >= open.max(close));
        assert!(high <= settled[1] && low >= settled[2], "{minute}");
    }
}

#[tokio::test]
async fn crossing_a_split_restates_what_was_served() {
    let stage = Stage::new();
    let history = async || stage.chart("ZZSPLIT1?range=1mo&interval=1d&events=div,splits").await;
    let (before, meta) =
        (history().await, stage.chart("ZZSPLIT1?range=1d&interval=1d").await["meta"].clone());
    assert!(before.get("events").is_none());
    stage.sim.clock().set("2026-01-12T12:00:00Z".parse().unwrap()).unwrap();
    let ahead = stage.chart("ZZSPLIT1?range=1d&interval=1d").await;
    let (old, new) = (&meta["regularMarketPrice"], &ahead["meta"]["regularMarketPrice"]);
    let ratio = old.as_f64().unwrap() / new.as_f64().unwrap();
    assert!((2.5..6.0).contains(&ratio), "restated before the first trade in new shares: {ratio}");
    stage.sim.clock().set("2026-01-13T12:00:00Z".parse().unwrap()).unwrap();
    let after = history().await;
    let split = &after["events"]["splits"][unix("2026-01-12T14:30:00Z").to_string()];
    let expected = json!({ "date": unix("2026-01-12T14:30:00Z"), "numerator": 4.0, "denominator": 1.0, "splitRatio": "4:1" });
    assert_eq!(*split, expected);
    let closes = |chart: &Value, stamp: i64| {
        let index =
            chart["timestamp"].as_array().unwrap().iter().position(|known| *known == json!(stamp)).unwrap();
        let quote = &chart["indicators"]["quote"][0];
        (quote["close"][index].as_f64().unwrap(), quote["volume"][index].as_f64().unwrap())
    };
    let stamp = unix("2025-12-30T14:30:00Z");
    let ((then, sold), (now, resold)) = (closes(&before, stamp), closes(&after, stamp));
    assert!((then / now - 4.0).abs() < 1e-6);
    assert!((resold / sold - 4.0).abs() < 1e-6);
}

#[tokio::test]
async fn what_is_served_is_the_truth() {
    let stage = Stage::at("2026-01-03T12:00:00Z");
    let date = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
    for ticker in ["AAPL", "NVDA", "VOD.L", "BTC-USD", "EUR=X", "GC=F", "QWERT"] {
        let chart = stage.chart(&format!("{ticker}?range=5y&interval=1d&events=div,splits")).await;
        let zone: chrono_tz::Tz = chart["meta"]["exchangeTimezoneName"].as_str().unwrap().parse().unwrap();
        let as_of = date(2026, 1, 3);
        let truth = stage.sim.truth(&ticker.parse().unwrap(), date(2021, 1, 3), as_of, as_of).unwrap();
        let stamps = chart["timestamp"].as_array().unwrap();
        let close = numbers(&chart["indicators"]["quote"][0]["close"]);
        let adjusted = numbers(&chart["indicators"]["adjclose"][0]["adjclose"]);
        assert_eq!(stamps.len(), truth.bars.len(), "{ticker}");
        for (row, bar) in truth.bars.iter().enumerate() {
            let at = DateTime::from_timestamp(stamps[row].as_i64().unwrap(), 0).unwrap().with_timezone(&zone);
            assert_eq!(at.date_naive(), bar.bar.date, "{ticker}");
            // Today's bar of a market that never closes is still growing.
            if bar.bar.date < as_of {
                assert_eq!((close[row] as f32).to_string(), (bar.bar.close as f32).to_string(), "{ticker}");
                assert_eq!(
                    (adjusted[row] as f32).to_string(),
                    (bar.adjusted_close as f32).to_string(),
                    "{ticker}"
                );
            }
        }
        let served = chart["events"]["dividends"].as_object().map_or(0, serde_json::Map::len);
        assert_eq!(served, truth.dividends.len(), "{ticker}");
    }
}

#[tokio::test]
async fn dates_follow_the_venue_and_not_greenwich() {
    let stage = Stage::at("2026-07-01T12:00:00Z");
    let first = async |ticker: &str| {
        let chart = stage.chart(&format!("{ticker}?period1=1768176000&period2=1768435200&interval=1d")).await;
        let at = DateTime::from_timestamp(chart["timestamp"][0].as_i64().unwrap(), 0).unwrap();
        (at.format("%d %H:%M").to_string(), chart["meta"]["currency"].as_str().unwrap().to_owned())
    };
    assert_eq!(first("BHP.AX").await, ("12 23:00".to_owned(), "AUD".to_owned()), "the 13th in Sydney");
    assert_eq!(first("VOD.L").await, ("12 08:00".to_owned(), "GBp".to_owned()));
    assert_eq!(first("SAP.DE").await, ("12 08:00".to_owned(), "EUR".to_owned()));
    assert_eq!(first("GC=F").await, ("12 05:00".to_owned(), "USD".to_owned()), "midnight in New York");
    assert_eq!(first("BTC-USD").await, ("12 00:00".to_owned(), "USD".to_owned()));
    let summer = stage.chart("EUR=X?period1=1782000000&period2=1782300000&interval=1d").await;
    let at = DateTime::from_timestamp(summer["timestamp"][0].as_i64().unwrap(), 0).unwrap();
    assert_eq!(
        at.format("%H:%M").to_string(),
        "23:00",
        "midnight in London is the evening before in Greenwich"
    );
}

#[tokio::test]
async fn a_pair_is_answered_under_its_other_name() {
    let stage = Stage::new();
    let chart = stage.chart("USDEUR%3DX?interval=1d&range=1d").await;
    assert_eq!(chart["meta"]["symbol"], json!("EUR=X"));
    assert_eq!(chart["meta"]["priceHint"], json!(4));
    assert_eq!(chart["indicators"]["quote"][0]["volume"], json!([0]));
}

#[tokio::test]
async fn delisted_and_suspended_symbols_leave_what_the_service_leaves() {
    let stage = Stage::new();
    let dead = stage.chart("ZZDEAD1?range=1y&interval=1d").await;
    assert_eq!(dead["meta"]["currency"], Value::Null);
    assert_eq!(dead["meta"]["exchangeName"], json!("YHD"));
    assert_eq!(dead["meta"]["firstTradeDate"], Value::Null);
    assert!(dead["meta"].get("regularMarketPrice").is_none());
    assert_eq!(dead["indicators"], json!({ "quote": [{}], "adjclose": [{}] }));
    let halted = stage.chart("ZZHALT1?range=1y&interval=1d").await;
    assert_eq!(halted["meta"]["instrumentType"], json!("MUTUALFUND"));
    assert!(halted["meta"]["regularMarketTime"].as_i64().unwrap() < unix("2025-08-01T00:00:00Z"));
    let glitches = stage.chart("ZZGLITCH1?range=2y&interval=1d").await;
    let closes = numbers(&glitches["indicators"]["quote"][0]["close"]);
    let wild = closes.windows(2).filter(|pair| pair[1] / pair[0] > 50.0).count();
    assert!(wild >= 2, "{wild}");
}

#[tokio::test]
async fn coarse_bars_are_made_of_daily_ones() {
    let stage = Stage::at("2026-01-31T12:00:00Z");
    let month = stage.chart("KO?range=2y&interval=1mo&events=div").await;
    let daily = stage.chart("KO?period1=1764565200&period2=1767243600&interval=1d").await;
    let stamps = month["timestamp"].as_array().unwrap();
    let december =
        stamps.iter().position(|stamp| *stamp == json!(1_764_565_200)).expect("1 December, midnight");
    let of = |name: &str| month["indicators"]["quote"][0][name][december].as_f64().unwrap();
    let days = |name: &str| numbers(&daily["indicators"]["quote"][0][name]);
    assert!((of("open") - days("open")[0]).abs() < f64::EPSILON);
    assert!((of("close") - days("close")[21]).abs() < f64::EPSILON);
    assert!((of("high") - days("high").into_iter().fold(0.0, f64::max)).abs() < f64::EPSILON);
    assert!((of("volume") - days("volume").iter().sum::<f64>()).abs() < 0.5);
    let dividends = month["events"]["dividends"].as_object().unwrap();
    assert!(dividends.iter().all(
        |(key, paid)| stamps.contains(&json!(key.parse::<i64>().unwrap())) && paid["date"] != json!(key)
    ));
    let week = stage.chart("KO?range=3mo&interval=1wk").await;
    let monday = DateTime::from_timestamp(week["timestamp"][1].as_i64().unwrap(), 0).unwrap();
    assert_eq!(monday.format("%a %H:%M").to_string(), "Mon 05:00", "midnight in New York");
}

#[tokio::test]
async fn everything_with_daily_bars_comes_in_quarters_unless_told_otherwise() {
    let stage = Stage::new();
    let coarse = stage.chart("KO?range=max&interval=1d").await;
    assert_eq!(coarse["meta"]["dataGranularity"], json!("3mo"));
    stage.sim.adjust(|behaviour| behaviour.range_max_coarsens = false);
    let fine = stage.chart("KO?range=max&interval=1d").await;
    assert_eq!(fine["meta"]["dataGranularity"], json!("1d"));
    assert!(fine["timestamp"].as_array().unwrap().len() > 9_000);
}

#[tokio::test]
async fn minutes_lie_inside_their_day_and_meet_its_ends() {
    let stage = Stage::at("2026-01-06T12:00:00Z");
    let day = stage.chart("AAPL?period1=1767623400&period2=1767650000&interval=1d").await;
    let minutes = stage.chart("AAPL?period1=1767623400&period2=1767646800&interval=5m").await;
    let quote = &minutes["indicators"]["quote"][0];
    let (high, low) = (numbers(&quote["high"]), numbers(&quote["low"]));
    assert_eq!(high.len(), 78);
    assert_eq!(minutes["meta"]["dataGranularity"], json!("5m"));
    assert!(minutes["meta"]["previousClose"].is_number() && minutes["meta"]["scale"] == json!(3));
    assert!(minutes["indicators"].get("adjclose").is_none());
    assert_eq!(minutes["meta"]["tradingPeriods"][0][0]["start"], json!(1_767_623_400));
    let of = |name: &str| day["indicators"]["quote"][0][name][0].as_f64().unwrap();
    assert!(high.iter().all(|high| *high <= of("high")) && low.iter().all(|low| *low >= of("low")));
    assert!((quote["open"][0].as_f64().unwrap() - of("open")).abs() < f64::EPSILON);
    assert!((quote["close"][77].as_f64().unwrap() - of("close")).abs() < f64::EPSILON);
    let hours = stage.chart("AAPL?range=5d&interval=60m").await;
    assert_eq!(hours["meta"]["dataGranularity"], json!("1h"));
    assert_eq!(hours["timestamp"].as_array().unwrap().len(), 5 * 7);
}

#[tokio::test]
async fn the_running_day_ends_in_a_row_of_its_own_time() {
    let stage = Stage::at("2026-01-05T15:02:30Z");
    let chart = stage.chart("AAPL?range=1d&interval=5m").await;
    let stamps = numbers(&chart["timestamp"]);
    assert_eq!(stamps.len(), 8, "seven bars and the last trade");
    assert!((stamps[7] - unix("2026-01-05T15:02:30Z") as f64).abs() < 0.5);
    assert_eq!(chart["indicators"]["quote"][0]["volume"][7], json!(0));
    let extended = stage.chart("AAPL?range=1d&interval=5m&includePrePost=true").await;
    assert_eq!(extended["timestamp"][0], json!(unix("2026-01-05T09:00:00Z")));
    assert_eq!(extended["meta"]["tradingPeriods"]["pre"][0][0]["end"], json!(unix("2026-01-05T14:30:00Z")));
}

#[tokio::test]
async fn parameters_take_columns_away() {
    let stage = Stage::new();
    let closes = stage.chart("AAPL?range=5d&interval=1d&indicators=close").await;
    assert_eq!(closes["indicators"]["quote"][0].as_object().unwrap().len(), 1);
    assert!(closes["indicators"].get("adjclose").is_none());
    let both = stage.chart("AAPL?range=5d&interval=1d&indicators=close&includeAdjustedClose=true").await;
    assert!(both["indicators"]["adjclose"][0]["adjclose"].is_array());
    let plain = stage.chart("AAPL?range=5d&interval=1d&includeAdjustedClose=false").await;
    assert!(plain["indicators"].get("adjclose").is_none());
    let timeless = stage.chart("AAPL?range=5d&interval=1d&includeTimestamps=false").await;
    assert!(timeless.get("timestamp").is_none());
}

#[tokio::test]
async fn events_are_sent_when_they_are_asked_for() {
    let stage = Stage::new();
    let events = async |wanted: &str| {
        let chart = stage.chart(&format!("NVDA?range=5y&interval=1d&events={wanted}")).await;
        let events = chart["events"].as_object().cloned().unwrap_or_default();
        events.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(events("").await, Vec::<String>::new());
    assert_eq!(events("div").await, ["dividends"]);
    assert_eq!(events("split").await, ["splits"]);
    assert_eq!(events("div%7Csplits%7CcapitalGains").await, ["dividends", "splits"]);
    let fund = stage.chart("0P0000XTS7?range=5y&interval=1d&events=div,splits,capitalGains").await;
    assert!(fund["events"]["capitalGains"].is_object());
    assert_eq!(fund["meta"]["instrumentType"], json!("MUTUALFUND"));
}

#[tokio::test]
async fn before_the_open_today_may_have_no_bar() {
    let stage = Stage::at("2026-01-05T12:00:00Z");
    let friday = stage.chart("AAPL?range=1d&interval=1d").await;
    assert_eq!(friday["timestamp"], json!([unix("2026-01-02T14:30:00Z")]));
    stage.sim.adjust(|behaviour| behaviour.empty_before_open = true);
    let empty = stage.chart("AAPL?range=1d&interval=1d").await;
    assert!(empty.get("timestamp").is_none());
    assert!(empty["meta"]["regularMarketPrice"].is_number());
    assert_eq!(stage.chart("AAPL?range=5d&interval=1d").await["timestamp"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn on_a_holiday_the_hours_are_todays_and_the_price_is_older() {
    let stage = Stage::at("2026-01-19T17:00:00Z");
    let meta = stage.chart("AAPL?range=1d&interval=1d").await["meta"].clone();
    assert_eq!(meta["currentTradingPeriod"]["regular"]["start"], json!(unix("2026-01-19T14:30:00Z")));
    assert_eq!(meta["regularMarketTime"], json!(unix("2026-01-16T21:00:01Z")));
}

#[tokio::test]
async fn delayed_venues_lag() {
    let stage = Stage::at("2026-01-05T10:00:00Z");
    let meta = stage.chart("SAP.DE?range=1d&interval=1d").await["meta"].clone();
    assert_eq!(meta["regularMarketTime"], json!(unix("2026-01-05T09:45:00Z")));
}

#[tokio::test]
async fn fields_of_late_2026_come_when_switched_on() {
    let stage = Stage::new();
    assert!(stage.chart("AAPL").await["meta"].get("fulldayPrice").is_none());
    stage.sim.adjust(|behaviour| behaviour.full_day_fields = true);
    let meta = stage.chart("AAPL?range=1d&interval=1d").await["meta"].clone();
    assert_eq!(meta["fulldayPrice"], meta["regularMarketPrice"]);
    assert!(meta["regularMarketChangePercent"].is_number());
}

#[tokio::test]
async fn excluded_symbols_are_unknown() {
    let mut config = SimConfig { clock: crate::MONDAY.parse().unwrap(), ..SimConfig::default() };
    config.behaviour.excluded = vec!["AAPL".to_owned()];
    let stage = Stage::with(config);
    assert_eq!(stage.get("/v8/finance/chart/AAPL").await.status, 404);
    assert_eq!(stage.get("/v8/finance/chart/MSFT").await.status, 200);
}
