//! What the readers of the upstream's answers promise, whatever the bytes are.
//!
//! An input is two bytes, of which only the low bits count so that both can be written as text, and the body: first
//! the digit of a status in [`STATUSES`], then a character whose bits say under which [`Circumstances`] it is read.

use std::collections::BTreeSet;
use std::fmt::Debug;

use bellwether_domain::{
    CashDividend, DailyBar, InstrumentKind, Quote, Split, Symbol, decimal_of_price, price_of_decimal,
};
use bellwether_prices::yahoo::{Asked, Known, Quotes, read_chart, read_quotes, read_search, read_spark};
use bellwether_prices::{Listing, NotAnswered, Outcome, SuspectBar, Suspicion, Unreadable, dividend_as_paid};
use chrono::{DateTime, Days, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

/// The statuses that answers come with; the first digit of an input is the place in this list.
pub(crate) const STATUSES: [u16; 10] = [200, 400, 401, 403, 404, 422, 429, 500, 503, 999];

/// A Wednesday in New York, the market open; and a Saturday.
pub(crate) const PRESENTS: [&str; 2] = ["2026-03-04T16:00:00Z", "2026-03-07T09:00:00Z"];

/// What charts are asked for, with what is known of it: unit and zone.
pub(crate) const SUBJECTS: [(&str, &str, &str); 8] = [
    ("AAPL", "USD", "America/New_York"),
    ("VOD.L", "GBp", "Europe/London"),
    ("USDEUR=X", "EUR", "Europe/London"),
    ("CL=F", "USD", "America/New_York"),
    ("BTC-USD", "USD", "UTC"),
    ("BHP.AX", "AUD", "Australia/Sydney"),
    ("EUR=X", "EUR", "Europe/London"),
    ("ZZSPLIT1", "USD", "America/New_York"),
];

/// What is not in an answer itself.
#[derive(Debug)]
struct Circumstances {
    status: u16,
    /// Whether units and zones are known from earlier answers.
    known: bool,
    /// Whether a window was asked for that ends with the day before.
    until_yesterday: bool,
    now: DateTime<Utc>,
    /// Of which subject, where only one can be asked for.
    subject: usize,
}

impl Circumstances {
    /// The circumstances of an input, and the body.
    fn of(input: &[u8]) -> Option<(Self, &[u8])> {
        let [status, bits, body @ ..] = input else { return None };
        let circumstances = Self {
            status: STATUSES.get(usize::from(status & 0x0f)).copied().unwrap_or(200),
            known: bits & 1 != 0,
            until_yesterday: bits & 2 != 0,
            now: PRESENTS[usize::from(bits >> 2 & 1)].parse().expect("an instant"),
            subject: usize::from(bits >> 3 & 7),
        };
        Some((circumstances, body))
    }

    fn known(&self, symbol: &Symbol) -> Option<Known> {
        let (_, unit, zone) = SUBJECTS.iter().find(|(name, ..)| *name == symbol.as_str())?;
        let known = Known { unit: unit.parse().expect("a unit"), zone: zone.parse().expect("a zone") };
        self.known.then_some(known)
    }
}

fn subjects() -> Vec<Symbol> {
    SUBJECTS.iter().map(|(name, ..)| name.parse().expect("a symbol")).collect()
}

/// Reads an input as a chart.
pub(crate) fn chart(input: &[u8]) {
    let Some((circumstances, body)) = Circumstances::of(input) else { return };
    let now = circumstances.now;
    let symbol = subjects().swap_remove(circumstances.subject);
    let before = (now - TimeDelta::days(1)).timestamp();
    let asked = Asked {
        known: circumstances.known(&symbol),
        before: circumstances.until_yesterday.then_some(before),
        ..Asked::daily(symbol.clone(), now)
    };
    let read = || read_chart(circumstances.status, body, &asked);
    let outcome = read();
    same_again(&outcome, &read());
    let history = match outcome {
        Ok(Outcome::Answered(history)) => history,
        Ok(other) => return excuse(&other),
        Err(why) => return complaint(&why),
    };
    assert_eq!(circumstances.status, 200, "answered by a refusal");
    assert_eq!(history.fetched_at, now);
    assert_eq!(history.adjusted_closes.len(), history.bars.len());
    listing(&history.listing, &symbol);
    bars(&history.bars, &history.listing, now);
    set_aside(&history.suspects, &history.bars);
    splits(&history.splits);
    payouts(&history.dividends, &history.splits);
    payouts(&history.capital_gains, &history.splits);
    if let Some(current) = &history.quote {
        quote(current, &symbol, history.listing.kind, now);
        assert_eq!(current.currency, history.listing.currency());
    }
    let text: Value =
        serde_json::from_slice(body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body)).unwrap_or_default();
    if let Some(answered) = text["chart"]["result"][0]["meta"]["symbol"].as_str() {
        assert!(is_the_same(answered, &symbol), "{answered} for {symbol}");
    }
}

/// Reads an input as a spark of either shape.
pub(crate) fn spark(input: &[u8]) {
    let Some((circumstances, body)) = Circumstances::of(input) else { return };
    let now = circumstances.now;
    let asked = subjects();
    let known = |symbol: &Symbol| circumstances.known(symbol);
    let read = || read_spark(circumstances.status, body, &asked, known, now);
    let outcomes = read();
    same_again(&outcomes, &read());
    let outcomes = match outcomes {
        Ok(outcomes) => outcomes,
        Err(why) => return complaint(&why),
    };
    assert!(outcomes.iter().map(|(symbol, _)| symbol).eq(&asked), "one outcome for each, in order");
    for (symbol, outcome) in outcomes {
        let closes = match outcome {
            Outcome::Answered(closes) => closes,
            other => {
                excuse(&other);
                continue;
            }
        };
        assert_eq!(circumstances.status, 200, "answered by a refusal");
        assert_eq!(closes.fetched_at, now);
        listing(&closes.listing, &symbol);
        bars(&closes.bars, &closes.listing, now);
        set_aside(&closes.suspects, &closes.bars);
        for bar in &closes.bars {
            assert!(bar.open.is_nan() && bar.high.is_nan() && bar.low.is_nan() && bar.volume == 0, "{bar:?}");
        }
        if let Some(current) = &closes.quote {
            quote(current, &symbol, closes.listing.kind, now);
            assert_eq!(current.currency, closes.listing.currency());
        }
    }
}

/// Reads an input as quotes.
pub(crate) fn quotes(input: &[u8]) {
    let Some((circumstances, body)) = Circumstances::of(input) else { return };
    let now = circumstances.now;
    let asked = subjects();
    let known = |symbol: &Symbol| circumstances.known(symbol);
    let read = || read_quotes(circumstances.status, body, &asked, known, now);
    let outcomes = read();
    same_again(&outcomes, &read());
    let outcomes = match outcomes {
        Ok(Quotes::Read(outcomes)) => outcomes,
        Ok(Quotes::SessionRefused) => return,
        Ok(Quotes::Refused(why)) => return short(&why),
        Err(why) => return complaint(&why),
    };
    assert_eq!(circumstances.status, 200, "answered by a refusal");
    assert!(outcomes.iter().map(|(symbol, _)| symbol).eq(&asked), "one outcome for each, in order");
    for (symbol, outcome) in outcomes {
        let Outcome::Answered(current) = outcome else {
            excuse(&outcome);
            continue;
        };
        let negative = [Some(current.price), current.previous_close]
            .into_iter()
            .flatten()
            .any(|price| price < Decimal::ZERO);
        let may_be_negative = negative && tells_of_a_future(body);
        let kind = if may_be_negative { InstrumentKind::Future } else { InstrumentKind::Other };
        quote(&current, &symbol, kind, now);
    }
}

/// Whether a record may be a future's: the word is there, or may be behind an escape.
fn tells_of_a_future(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body).to_lowercase();
    text.contains("future") || text.contains(r"\u00")
}

/// Reads an input as the hits of a search.
pub(crate) fn search(input: &[u8]) {
    let Some((circumstances, body)) = Circumstances::of(input) else { return };
    let read = || read_search(circumstances.status, body);
    let hits = read();
    same_again(&hits, &read());
    let hits = match hits {
        Ok(Ok(hits)) => hits,
        Ok(Err(reason)) => return excuse(&Outcome::<()>::NotAnswered(reason)),
        Err(why) => return complaint(&why),
    };
    assert_eq!(circumstances.status, 200, "answered by a refusal");
    for hit in hits {
        assert_eq!(hit.symbol.as_str().parse(), Ok(hit.symbol.clone()));
        for text in [&hit.name, &hit.venue].into_iter().flatten() {
            assert_eq!(text.split_whitespace().collect::<Vec<_>>().join(" "), *text);
            assert!(!text.is_empty(), "a name of nothing");
        }
    }
}

/// The same bytes are the same answer: nothing depends on the order in which a map is walked.
fn same_again(first: &impl Debug, second: &impl Debug) {
    assert_eq!(format!("{first:?}"), format!("{second:?}"), "read twice");
}

fn complaint(why: &Unreadable) {
    if let Unreadable::Inconsistent(what) = why {
        short(what);
    }
}

fn excuse<T>(outcome: &Outcome<T>) {
    match outcome {
        Outcome::NotAnswered(NotAnswered::Refused(why) | NotAnswered::Malformed(why)) => short(why),
        Outcome::Suspect(Suspicion::WrongSymbol { answered }) => short(answered),
        Outcome::Suspect(Suspicion::OtherScale { factor }) => assert!(factor.is_finite(), "{factor}"),
        _ => {}
    }
}

/// Words of the upstream come into logs and pages; they are not whole bodies.
fn short(why: &str) {
    assert!(why.chars().count() <= 200, "{why}");
}

fn is_the_same(answered: &str, asked: &Symbol) -> bool {
    let bare = |spelling: &str| {
        let spelling = spelling.trim().to_ascii_uppercase();
        spelling.strip_prefix("USD").filter(|rest| rest.ends_with("=X")).unwrap_or(&spelling).to_owned()
    };
    bare(answered) == bare(asked.as_str())
}

fn listing(listing: &Listing, symbol: &Symbol) {
    assert_eq!(listing.symbol, *symbol);
    assert!(listing.rounding() > 0.0 && listing.rounding() <= 0.5, "{listing:?}");
    assert!(listing.name.as_ref().is_none_or(|name| !name.is_empty()), "a name of nothing");
}

fn bars(bars: &[DailyBar], listing: &Listing, now: DateTime<Utc>) {
    let tomorrow = (now + TimeDelta::hours(1)).with_timezone(&listing.zone).date_naive() + Days::new(1);
    for bar in bars {
        price(bar.close, listing.kind);
        assert!(decimal_of_price(bar.close).is_some_and(|close| !close.is_zero()), "{bar:?}");
        assert!(bar.high >= bar.low || bar.high.is_nan() || bar.low.is_nan(), "{bar:?}");
        assert!(bar.date <= tomorrow, "{bar:?}");
    }
    assert!(bars.windows(2).all(|pair| pair[0].date < pair[1].date), "days ascend: {bars:?}");
}

fn price(price: f64, kind: InstrumentKind) {
    assert!(price.is_finite(), "{price}");
    assert!(price > 0.0 || (price < 0.0 && kind == InstrumentKind::Future), "{price} of {kind:?}");
}

/// What was set aside is not among what was kept.
fn set_aside(suspects: &[SuspectBar], bars: &[DailyBar]) {
    let kept: BTreeSet<_> = bars.iter().map(|bar| (bar.date, bar.close.to_bits())).collect();
    for suspect in suspects {
        assert!(suspect.close.is_finite(), "{suspect:?}");
        assert!(!kept.contains(&(suspect.date, suspect.close.to_bits())), "{suspect:?}");
    }
}

fn quote(current: &Quote, symbol: &Symbol, kind: InstrumentKind, now: DateTime<Utc>) {
    assert_eq!(current.symbol, *symbol);
    assert_eq!(current.fetched_at, now);
    assert!(current.as_of <= now + TimeDelta::days(1), "{current:?}");
    for stated in [Some(current.price), current.previous_close].into_iter().flatten() {
        price(price_of_decimal(stated), kind);
        assert_eq!(decimal_of_price(price_of_decimal(stated)), Some(stated), "{current:?}");
        assert_eq!(stated.to_string().parse(), Ok(stated));
    }
}

fn splits(splits: &[Split]) {
    assert!(splits.is_sorted_by_key(|split| split.ex_date), "{splits:?}");
    for split in splits {
        let factor = split.ratio.new.checked_div(split.ratio.old);
        assert!(factor.is_some_and(|factor| factor > Decimal::ZERO), "{split:?}");
    }
}

fn payouts(payouts: &[CashDividend], splits: &[Split]) {
    assert!(payouts.is_sorted_by_key(|payout| (payout.ex_date, payout.amount)), "{payouts:?}");
    for payout in payouts {
        assert!(payout.amount > Decimal::ZERO, "{payout:?}");
        assert!(dividend_as_paid(payout, splits).amount > Decimal::ZERO, "{payout:?} with {splits:?}");
    }
}
