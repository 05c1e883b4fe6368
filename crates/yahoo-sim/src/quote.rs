//! `GET /v7/finance/quote` and `GET /v10/finance/quoteSummary/{symbol}`: everything about a current price.

use bellwether_domain::price_of_decimal;
use serde_json::{Map, Value, json};

use crate::chart::hinted;
use crate::market::{Class, Listing, Moment, Quirk, StatedBar, mix, shock, unit};

/// What a record tells even when other fields are asked for.
const ALWAYS: [&str; 25] = [
    "language",
    "region",
    "quoteType",
    "typeDisp",
    "quoteSourceName",
    "triggerable",
    "customPriceAlertConfidence",
    "marketState",
    "regularMarketPrice",
    "regularMarketTime",
    "tradeable",
    "cryptoTradeable",
    "exchange",
    "exchangeTimezoneName",
    "exchangeTimezoneShortName",
    "gmtOffSetMilliseconds",
    "market",
    "esgPopulated",
    "priceHint",
    "fullExchangeName",
    "sourceInterval",
    "exchangeDataDelayedBy",
    "hasPrePostMarketData",
    "firstTradeDateMilliseconds",
    "symbol",
];

/// The record of a symbol that has no price.
pub(crate) fn without_price(symbol: &str) -> Value {
    json!({
        "language": "en-US",
        "region": "US",
        "quoteType": "NONE",
        "triggerable": false,
        "customPriceAlertConfidence": "NONE",
        "corporateActions": [],
        "esgPopulated": false,
        "tradeable": false,
        "cryptoTradeable": false,
        "hasPrePostMarketData": false,
        "symbol": symbol,
    })
}

/// The record of a delisted symbol: a shell with old averages.
pub(crate) fn shell(listing: &Listing, moment: &Moment) -> Value {
    let zone = listing.sessions.zone_time(moment.now);
    let since = match listing.quirk {
        Quirk::Dead(session) => listing.sessions.span(session).closes,
        _ => moment.market_time,
    };
    json!({
        "language": "en-US",
        "region": "US",
        "quoteType": "MUTUALFUND",
        "typeDisp": "Fund",
        "quoteSourceName": "Delayed Quote",
        "triggerable": false,
        "customPriceAlertConfidence": "NONE",
        "shortName": listing.short_name,
        "exchangeTimezoneName": listing.sessions.zone.name(),
        "exchangeTimezoneShortName": zone.abbreviation,
        "gmtOffSetMilliseconds": i64::from(zone.offset) * 1_000,
        "market": "us_market",
        "esgPopulated": false,
        "corporateActions": [],
        "regularMarketTime": since,
        "exchange": "YHD",
        "fullExchangeName": "YHD",
        "marketState": "CLOSED",
        "sourceInterval": 15,
        "exchangeDataDelayedBy": 0,
        "tradeable": false,
        "cryptoTradeable": false,
        "hasPrePostMarketData": false,
        "priceHint": 2,
        "symbol": listing.symbol.as_str(),
    })
}

/// The record of a quoted symbol; `None` before its first trade.
pub(crate) fn record(listing: &Listing, moment: &Moment, fields: Option<&str>) -> Option<Value> {
    let figures = Figures::of(listing, moment)?;
    let mut record = Map::new();
    identity(&mut record, listing, moment);
    figures.prices(&mut record);
    figures.beyond_the_session(&mut record);
    figures.dividends(&mut record);
    figures.announced(&mut record);
    if let Some(fields) = fields {
        let wanted: Vec<&str> = fields.split(',').map(str::trim).collect();
        record.retain(|name, _| ALWAYS.contains(&name.as_str()) || wanted.contains(&name.as_str()));
    }
    Some(Value::Object(record))
}

/// One module of a summary; `None` where the symbol has none of it.
pub(crate) fn module(name: &str, listing: &Listing, moment: &Moment) -> Option<Value> {
    if matches!(listing.quirk, Quirk::Dead(_)) {
        return None;
    }
    let full = record(listing, moment, None)?;
    let pick = |names: &[&str]| -> Map<String, Value> {
        let known = names.iter().filter_map(|name| Some(((*name).to_owned(), full.get(*name)?.clone())));
        known.collect()
    };
    let mut module = match name {
        "price" => {
            let mut module = pick(&[
                "regularMarketChange",
                "regularMarketTime",
                "priceHint",
                "regularMarketPrice",
                "regularMarketDayHigh",
                "regularMarketDayLow",
                "regularMarketVolume",
                "regularMarketPreviousClose",
                "regularMarketOpen",
                "exchange",
                "exchangeDataDelayedBy",
                "marketState",
                "quoteType",
                "symbol",
                "shortName",
                "longName",
                "currency",
                "quoteSourceName",
                "marketCap",
                "preMarketPrice",
                "preMarketTime",
                "postMarketPrice",
                "postMarketTime",
            ]);
            // Here, unlike in a quote, a fraction.
            let percent = full.get("regularMarketChangePercent").and_then(Value::as_f64);
            module.insert(
                "regularMarketChangePercent".to_owned(),
                json!(percent.map(|percent| percent / 100.0)),
            );
            module
                .insert("exchangeName".to_owned(), full.get("fullExchangeName").cloned().unwrap_or_default());
            module.insert("regularMarketSource".to_owned(), json!("FREE_REALTIME"));
            module.insert("underlyingSymbol".to_owned(), Value::Null);
            module.insert("lastMarket".to_owned(), Value::Null);
            module
        }
        "summaryDetail" => {
            let mut module = pick(&[
                "priceHint",
                "regularMarketPreviousClose",
                "regularMarketOpen",
                "regularMarketDayLow",
                "regularMarketDayHigh",
                "regularMarketVolume",
                "fiftyTwoWeekLow",
                "fiftyTwoWeekHigh",
                "dividendRate",
                "trailingAnnualDividendRate",
                "trailingAnnualDividendYield",
                "marketCap",
                "currency",
                "tradeable",
            ]);
            for (name, source) in [
                ("previousClose", "regularMarketPreviousClose"),
                ("open", "regularMarketOpen"),
                ("dayLow", "regularMarketDayLow"),
                ("dayHigh", "regularMarketDayHigh"),
                ("volume", "regularMarketVolume"),
            ] {
                module.insert(name.to_owned(), full.get(source).cloned().unwrap_or_default());
            }
            module
        }
        "quoteType" => {
            let mut module = pick(&["exchange", "quoteType", "symbol", "shortName", "longName"]);
            let milliseconds = full.get("firstTradeDateMilliseconds").and_then(Value::as_i64);
            module.insert("firstTradeDateEpochUtc".to_owned(), json!(milliseconds.map(|ms| ms / 1_000)));
            for (name, source) in [
                ("timeZoneFullName", "exchangeTimezoneName"),
                ("timeZoneShortName", "exchangeTimezoneShortName"),
                ("gmtOffSetMilliseconds", "gmtOffSetMilliseconds"),
                ("underlyingSymbol", "symbol"),
            ] {
                module.insert(name.to_owned(), full.get(source).cloned().unwrap_or_default());
            }
            module
        }
        _ => return None,
    };
    module.insert("maxAge".to_owned(), json!(1));
    Some(Value::Object(module))
}

fn identity(record: &mut Map<String, Value>, listing: &Listing, moment: &Moment) {
    let venue = &listing.venue;
    let zone = listing.sessions.zone_time(moment.now);
    let suspended = matches!(listing.quirk, Quirk::HaltedFrom(_));
    let class = if suspended { Class::Fund } else { venue.class };
    let extended = venue.has_extended_hours() && !suspended;
    let state = if suspended { "CLOSED" } else { listing.market_state(moment) };
    let source = if venue.delay_minutes > 0 { "Delayed Quote" } else { "Nasdaq Real Time Price" };
    let market = if venue.delay_minutes > 0 { "world_market" } else { "us_market" };
    let pairs = [
        ("language", json!("en-US")),
        ("region", json!("US")),
        ("quoteType", json!(class.word())),
        ("typeDisp", json!(class.display())),
        ("quoteSourceName", json!(source)),
        ("triggerable", json!(!suspended)),
        ("customPriceAlertConfidence", json!(if suspended { "NONE" } else { "HIGH" })),
        ("market", json!(market)),
        ("esgPopulated", json!(false)),
        ("tradeable", json!(false)),
        ("cryptoTradeable", json!(venue.class == Class::Crypto)),
        ("marketState", json!(state)),
        ("exchange", json!(venue.code)),
        ("fullExchangeName", json!(venue.name)),
        ("exchangeTimezoneName", json!(listing.sessions.zone.name())),
        ("exchangeTimezoneShortName", json!(zone.abbreviation)),
        ("gmtOffSetMilliseconds", json!(i64::from(zone.offset) * 1_000)),
        ("priceHint", json!(venue.price_hint)),
        ("sourceInterval", json!(15)),
        ("exchangeDataDelayedBy", json!(venue.delay_minutes)),
        ("hasPrePostMarketData", json!(extended)),
        ("firstTradeDateMilliseconds", json!(listing.first_trade() * 1_000)),
        ("currency", json!(venue.currency)),
        ("financialCurrency", json!(major(venue.currency))),
        ("shortName", json!(listing.short_name)),
        ("longName", json!(listing.long_name)),
        ("displayName", json!(listing.short_name)),
        ("symbol", json!(listing.symbol.as_str())),
    ];
    record.extend(pairs.map(|(name, value)| (name.to_owned(), value)));
}

/// The major currency of a unit that venues quote in.
fn major(unit: &str) -> &str {
    match unit {
        "GBp" => "GBP",
        "ZAc" => "ZAR",
        "ILA" => "ILS",
        "KWF" => "KWD",
        other => other,
    }
}

/// What the figures of a record are computed from.
struct Figures<'a> {
    listing: &'a Listing,
    moment: &'a Moment,
    last: usize,
    bar: StatedBar,
    previous: f64,
    decimals: u8,
}

impl<'a> Figures<'a> {
    fn of(listing: &'a Listing, moment: &'a Moment) -> Option<Self> {
        let bar = listing.latest(moment)?;
        let last = moment.last?;
        let previous = listing.close_before(last, moment.day).unwrap_or(bar.open);
        let decimals = listing.venue.price_hint.max(3);
        Some(Self { listing, moment, last, bar, previous, decimals })
    }

    fn price(&self, price: f64) -> Value {
        json!(hinted(price, self.decimals))
    }

    fn prices(&self, record: &mut Map<String, Value>) {
        let bar = &self.bar;
        let change = bar.close - self.previous;
        let (high, low) = self.listing.year_range(self.last, self.moment.day);
        let (high, low) = (high.max(bar.high), low.min(bar.low));
        let mut put = |name: &str, value: Value| record.insert(name.to_owned(), value);
        put("regularMarketPrice", self.price(bar.close));
        put("regularMarketTime", json!(self.moment.market_time));
        put("regularMarketPreviousClose", self.price(self.previous));
        put("regularMarketOpen", self.price(bar.open));
        put("regularMarketDayHigh", self.price(bar.high));
        put("regularMarketDayLow", self.price(bar.low));
        put("regularMarketVolume", json!(bar.volume));
        put("regularMarketChange", json!(f64::from(change as f32)));
        put("regularMarketChangePercent", json!(f64::from((change / self.previous * 100.0) as f32)));
        put("fiftyTwoWeekHigh", self.price(high));
        put("fiftyTwoWeekLow", self.price(low));
        // A fraction, where the change of the day is in percent.
        put("fiftyTwoWeekLowChangePercent", json!(f64::from((bar.close / low - 1.0) as f32)));
        if let Some(before) = self.last.checked_sub(252).filter(|before| *before >= self.listing.first) {
            let units = self.listing.units_between(before, self.moment.day);
            let then = self.listing.traded_close(before) / units;
            put("fiftyTwoWeekChangePercent", json!(f64::from(((bar.close / then - 1.0) * 100.0) as f32)));
        }
        if matches!(self.listing.venue.class, Class::Equity | Class::Etf) {
            let shares = (1.0 + 200.0 * unit(mix(self.listing.seed, 0x7368))) * 1e7;
            let in_one =
                if major(self.listing.venue.currency) == self.listing.venue.currency { 1.0 } else { 100.0 };
            // In the major unit, also where prices are in the minor one.
            put("marketCap", json!((shares * bar.close / in_one).round() as i64));
        }
    }

    fn beyond_the_session(&self, record: &mut Map<String, Value>) {
        let period = self.listing.trading_period(self.moment);
        let (side, time) = match self.listing.market_state(self.moment) {
            "PRE" => ("preMarket", self.moment.now),
            "POST" => ("postMarket", self.moment.now),
            "POSTPOST" | "CLOSED" => ("postMarket", period.post.end.min(self.moment.now) - 2),
            _ => return,
        };
        if !self.listing.venue.has_extended_hours() || matches!(self.listing.quirk, Quirk::HaltedFrom(_)) {
            return;
        }
        let bits = mix(self.listing.seed ^ 0x6578_7472, time as u64 / 60);
        let price = self.listing.tick(self.bar.close * (1.0 + 0.002 * shock(bits)));
        let change = price - self.bar.close;
        record.insert(format!("{side}Price"), self.price(price));
        record.insert(format!("{side}Time"), json!(time));
        record.insert(format!("{side}Change"), json!(f64::from(change as f32)));
        record.insert(
            format!("{side}ChangePercent"),
            json!(f64::from((change / self.bar.close * 100.0) as f32)),
        );
    }

    fn dividends(&self, record: &mut Map<String, Value>) {
        let (day, listing) = (self.moment.day, self.listing);
        let past = listing.dividends.iter().filter(|paid| paid.day <= day && paid.day > day - 365);
        let rate: f64 = past
            .filter(|paid| !paid.capital_gain)
            .map(|paid| price_of_decimal(listing.stated_amount(paid, day)))
            .sum();
        if rate > 0.0 {
            let rate = (rate * 1e4).round() / 1e4;
            record.insert("trailingAnnualDividendRate".to_owned(), json!(rate));
            let yields = f64::from((rate / self.bar.close) as f32);
            record.insert("trailingAnnualDividendYield".to_owned(), json!(yields));
            record.insert("dividendYield".to_owned(), json!((yields * 1e4).round() / 100.0));
        }
        if let Some(last) = listing.dividends.iter().rev().find(|paid| paid.day <= day) {
            record.insert("dividendDate".to_owned(), json!(i64::from(last.day + 21) * 86_400));
        }
    }

    /// Dividends of the coming two weeks.
    fn announced(&self, record: &mut Map<String, Value>) {
        let day = self.moment.day;
        let coming = self.listing.dividends.iter().filter(|paid| paid.day > day && paid.day <= day + 14);
        let actions: Vec<Value> = coming
            .map(|paid| {
                let amount = paid.amount_f64;
                json!({
                    "header": "Dividend",
                    "message": format!("{} announced a cash dividend of {amount} with an ex-date of {}", self.listing.symbol, bellwether_domain::from_epoch_day(paid.day)),
                    "meta": {
                        "eventType": "DIVIDEND",
                        "dateEpochMs": self.listing.sessions.span(paid.session).stamp * 1_000,
                        "amount": amount.to_string(),
                    },
                })
            })
            .collect();
        record.insert("corporateActions".to_owned(), json!(actions));
    }
}
