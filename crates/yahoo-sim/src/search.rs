//! `GET /v1/finance/search`: the known instruments by name and symbol, and any symbol by itself.

use bellwether_domain::{Exchange, Symbol};
use serde_json::{Value, json};

use crate::market::{Found, Listing, Market, SessionTable, mix, seed_of, well_known};

/// The body of an answer, with at most `most` hits.
pub(crate) fn answer(market: &Market, query: &str, most: usize, now: i64) -> Value {
    let wanted = query.trim().to_lowercase();
    let mut hits: Vec<(u32, &str)> =
        well_known().filter_map(|(symbol, name)| Some((rank(&wanted, symbol, name)?, symbol))).collect();
    hits.sort_by_key(|(rank, _)| *rank);
    let mut quotes: Vec<Value> = Vec::new();
    let spelled: Option<Symbol> = query.trim().parse().ok();
    let itself = spelled.filter(|symbol| !hits.iter().any(|(_, hit)| *hit == symbol.as_str()));
    let symbols = hits.iter().filter_map(|(_, symbol)| symbol.parse().ok());
    for symbol in itself.into_iter().filter(|_| looks_like_a_symbol(query)).chain(symbols).take(most) {
        if let Found::Listed(listing) =
            market.find(&symbol, SessionTable::of(Exchange::of(&symbol)).local_day(now))
        {
            quotes.push(hit(&listing, quotes.len()));
        }
    }
    if !quotes.is_empty() && quotes.len() < most {
        // A company that is not listed: no symbol.
        let id = mix(market.seed(), seed_of(1, &wanted));
        quotes.push(json!({
            "index": format!("{id:016x}{id:016x}"),
            "name": format!("{} Ventures", query.trim()),
            "permalink": wanted.replace(' ', "-"),
            "isYahooFinance": false,
        }));
    }
    json!({
        "explains": [],
        "count": quotes.len(),
        "quotes": quotes,
        "news": [],
        "nav": [],
        "lists": [],
        "researchReports": [],
        "screenerFieldResults": [],
        "totalTime": 23,
        "timeTakenForQuotes": 400,
        "timeTakenForNews": 0,
    })
}

fn hit(listing: &Listing, place: usize) -> Value {
    let class = listing.venue.class;
    json!({
        "exchange": listing.venue.code,
        "shortname": listing.short_name,
        "longname": listing.long_name,
        "quoteType": class.word(),
        "typeDisp": class.display(),
        "exchDisp": listing.venue.name,
        "symbol": listing.symbol.as_str(),
        "index": "quotes",
        "score": 1_000_000.0 / (place + 1) as f64,
        "isYahooFinance": true,
    })
}

/// How well an instrument answers a query, 0 being best; `None` when it does not.
fn rank(wanted: &str, symbol: &str, name: &str) -> Option<u32> {
    let (symbol, name) = (symbol.to_lowercase(), name.to_lowercase());
    if wanted.is_empty() {
        None
    } else if symbol == wanted {
        Some(0)
    } else if symbol.starts_with(wanted) {
        Some(1)
    } else if name.starts_with(wanted) {
        Some(2)
    } else if name.contains(wanted) {
        Some(3)
    } else if symbol.contains(wanted) {
        Some(4)
    } else {
        None
    }
}

fn looks_like_a_symbol(query: &str) -> bool {
    let query = query.trim();
    query.len() <= 12
        && query.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b"^.-=&".contains(&b))
}
