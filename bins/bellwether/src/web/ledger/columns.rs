//! All transactions as columns, for the script that scrolls, sorts and filters them in the browser: numbers and places in
//! short lists rather than words, so that a hundred thousand of them are a few megabytes, and less on their way.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

use actix_web::{HttpRequest, HttpResponse, web};
use bellwether_cache::{Answer as Finished, Validity};
use bellwether_domain::{Currency, PortfolioId, Symbol, TransactionId, epoch_day};
use bellwether_portfolio::{Figure, FigureName, PurchaseFigure};
use bellwether_texts::{Locale, Sentence, Value};
use bellwether_tracker::views::TradesWeighed;
use bellwether_tracker::{LedgerEntry, LedgerFilter, LedgerOrder, Range, TrackerError, reason};
use rust_decimal::Decimal;
use serde_json::json;

use super::facts::{Facts, name_of};
use crate::web::State;
use crate::web::caller::Caller;
use crate::web::filled::Filled;
use crate::web::locale::locale_of;
use crate::web::pages::ViewQuery;
use crate::web::problem::Problem;
use crate::web::snapshot;

/// Longer ledgers are read page by page.
const MOST: usize = 200_000;
/// So are those with more words in their notes than this, in bytes.
const MOST_WORDS: usize = 8 << 20;

/// The columns of the whole ledger, newest first, seen through the view of the address.
pub(super) async fn columns(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<PortfolioId>,
    Filled(mut query): Filled<ViewQuery>,
) -> Result<HttpResponse, Problem> {
    query.range.get_or_insert_with(|| Range::Max.to_string());
    let (view, locale, id) = (query.view()?, locale_of(&request), *id);
    let (tracker, seen) = (caller.tracker.clone(), view.clone());
    let build = move || {
        let (tracker, view) = (tracker.clone(), seen.clone());
        async move {
            let (filter, order) = (LedgerFilter::default(), LedgerOrder::Newest);
            let page = tracker.transactions(id, filter, order, None, MOST).await?;
            let words: usize = page.entries.iter().map(|entry| entry.transaction.note.len()).sum();
            if page.next.is_some() || words > MOST_WORDS {
                let words = Sentence::new("refused.asked.page_by_page").with("most", Value::exact(MOST));
                return Err(TrackerError::refused(words).into());
            }
            let viewed = tracker.trades_weighed(id, &view, None).await?;
            let (base, since, as_of) = (viewed.portfolio.base_currency, viewed.since, viewed.as_of);
            let validity = Validity { changes_at: viewed.day_ends, refreshing: None };
            let weighed = viewed.shown;
            let body = tracker
                .compute(move || {
                    let bounds = (view.range != Range::Max).then(|| epoch_day(since));
                    let mut columns = Columns::new(locale, base, &weighed);
                    for entry in &page.entries {
                        columns.push(entry, &weighed);
                    }
                    columns.finished(
                        &weighed,
                        &page.unverified,
                        (bounds, view.as_of.map(|_| epoch_day(as_of))),
                    )
                })
                .await;
            Ok(Finished::new("application/json", body.into_bytes()).valid(validity))
        }
    };
    snapshot::answer_about(&state, &request, id, ("transactions-columns", locale.tag()), &view, build).await
}

/// Places in a list in which each text stands once.
#[derive(Default)]
struct Listed {
    places: HashMap<String, usize>,
    texts: Vec<String>,
}

impl Listed {
    fn place(&mut self, text: &str) -> usize {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        let place = self.texts.len();
        self.places.insert(text.to_owned(), place);
        self.texts.push(text.to_owned());
        place
    }
}

/// A list of JSON as it grows.
#[derive(Default)]
struct Column(String);

impl Column {
    /// Writing to a String cannot fail.
    fn push(&mut self, value: impl std::fmt::Display) {
        let comma = if self.0.is_empty() { "" } else { "," };
        let _ = write!(self.0, "{comma}{value}");
    }

    fn push_decimal(&mut self, value: Option<Decimal>) {
        match value {
            Some(value) => self.push(value.normalize()),
            None => self.push("null"),
        }
    }
}

struct Columns {
    locale: Locale,
    base: Currency,
    count: usize,
    kinds: Listed,
    symbols: Listed,
    currencies: Listed,
    accounts: Listed,
    reasons: Listed,
    id: Column,
    day: Column,
    kind: Column,
    symbol: Column,
    other: Column,
    quantity: Column,
    ratio: HashMap<usize, String>,
    price: Column,
    amount: Column,
    costs: Column,
    currency: Column,
    account: Column,
    note: HashMap<usize, String>,
    imported: Column,
    gain: Column,
    against: Vec<Column>,
    /// Why a figure is not known: by row, of the gain and of each benchmark, as a place in the list of reasons.
    why: HashMap<usize, Vec<Option<usize>>>,
    /// By row, the symbol under which the derivation of a sale is found where the row names another.
    under: HashMap<usize, usize>,
    /// The rows that are sales.
    sales: Vec<usize>,
    /// The places of the symbols that they are derived under.
    sold: BTreeSet<usize>,
}

impl Columns {
    fn new(locale: Locale, base: Currency, weighed: &TradesWeighed) -> Self {
        Self {
            locale,
            base,
            count: 0,
            kinds: Listed::default(),
            symbols: Listed::default(),
            currencies: Listed::default(),
            accounts: Listed::default(),
            reasons: Listed::default(),
            id: Column::default(),
            day: Column::default(),
            kind: Column::default(),
            symbol: Column::default(),
            other: Column::default(),
            quantity: Column::default(),
            ratio: HashMap::new(),
            price: Column::default(),
            amount: Column::default(),
            costs: Column::default(),
            currency: Column::default(),
            account: Column::default(),
            note: HashMap::new(),
            imported: Column::default(),
            gain: Column::default(),
            against: weighed.benchmarks.iter().map(|_| Column::default()).collect(),
            why: HashMap::new(),
            under: HashMap::new(),
            sales: Vec::new(),
            sold: BTreeSet::new(),
        }
    }

    fn symbol_at(&mut self, symbol: Option<&Symbol>) -> i64 {
        symbol.map_or(-1, |symbol| i64::try_from(self.symbols.place(symbol.as_str())).unwrap_or(-1))
    }

    fn push(&mut self, entry: &LedgerEntry, weighed: &TradesWeighed) {
        let (booked, at) = (&entry.transaction, self.count);
        self.count += 1;
        let facts = Facts::of(booked);
        // Identifiers are letters, digits and dashes.
        self.id.push(format_args!("\"{}\"", booked.id));
        self.day.push(epoch_day(booked.date));
        let kind = self.kinds.place(booked.booking.kind().as_str());
        self.kind.push(kind);
        let symbol = self.symbol_at(booked.booking.symbol());
        self.symbol.push(symbol);
        let other = self.symbol_at(booked.booking.other_symbol());
        self.other.push(other);
        self.quantity.push_decimal(facts.quantity);
        if let Some(ratio) = facts.ratio {
            self.ratio.insert(at, ratio);
        }
        self.price.push_decimal(facts.price);
        self.amount.push_decimal(facts.amount);
        self.costs.push_decimal(facts.costs);
        let currency = self.currencies.place(booked.currency.as_str());
        self.currency.push(currency);
        let account = self.accounts.place(&booked.account);
        self.account.push(account);
        if !booked.note.is_empty() {
            self.note.insert(at, booked.note.clone());
        }
        self.imported.push(u8::from(entry.import.is_some()));
        let Some(trade) = weighed.trades.get(&booked.id) else {
            self.gain.push("null");
            self.against.iter_mut().for_each(|column| column.push("null"));
            return;
        };
        if trade.is_sale {
            self.sales.push(at);
            let place = self.symbols.place(trade.symbol.as_str());
            self.sold.insert(place);
            if booked.booking.symbol() != Some(&trade.symbol) {
                self.under.insert(at, place);
            }
        }
        let mut why = vec![self.reason(&trade.gain)];
        match &trade.gain {
            // All its digits: a browser would cut them off a number.
            Ok(gain) => self.gain.push(format_args!("\"{}\"", gain.normalize())),
            Err(_) => self.gain.push("null"),
        }
        for (place, ahead) in trade.against.iter().enumerate() {
            why.push(self.reason(ahead));
            let Some(column) = self.against.get_mut(place) else { continue };
            match ahead {
                Ok(ahead) if ahead.is_finite() => column.push(ahead),
                _ => column.push("null"),
            }
        }
        if why.iter().any(Option::is_some) {
            self.why.insert(at, why);
        }
    }

    fn reason<T>(&mut self, figure: &Figure<T>) -> Option<usize> {
        let why = figure.as_ref().err()?;
        let words = self.locale.say(&reason(why));
        Some(self.reasons.place(&words))
    }

    /// All of it as one object, of which only transactions within the bounds are listed at first.
    fn finished(
        self,
        weighed: &TradesWeighed,
        unverified: &BTreeSet<Symbol>,
        (since, until): (Option<i32>, Option<i32>),
    ) -> String {
        let names: Vec<Option<&String>> = self
            .symbols
            .texts
            .iter()
            .map(|text| text.parse().ok().and_then(|symbol: Symbol| weighed.names.get(&symbol)))
            .collect();
        let unverified: Vec<usize> = unverified
            .iter()
            .filter_map(|symbol| self.symbols.places.get(symbol.as_str()).copied())
            .collect();
        let kind_name =
            |word: &String| word.parse().map_or_else(|_| word.clone(), |kind| name_of(kind, self.locale));
        let kind_names: Vec<String> = self.kinds.texts.iter().map(kind_name).collect();
        // One of each with a mark in the place of what differs from row to row.
        let some = TransactionId::new();
        let marked = |name: FigureName| name.to_string().replace(&some.to_string(), "{id}");
        let sale: HashMap<usize, String> = self
            .sold
            .iter()
            .filter_map(|place| {
                let symbol = self.symbols.texts.get(*place)?.parse().ok()?;
                Some((*place, marked(FigureName::Sale { symbol, transaction: some })))
            })
            .collect();
        let purchase = marked(FigureName::Purchase { transaction: some, figure: PurchaseFigure::Effect });
        let against: Vec<String> = weighed
            .benchmarks
            .iter()
            .map(|(benchmark, _)| {
                marked(FigureName::AgainstBenchmark { transaction: some, benchmark: benchmark.clone() })
            })
            .collect();
        let about = json!({
            "count": self.count,
            "base": self.base,
            "since": since,
            "until": until,
            "digits": self.currencies.texts.iter().map(|text| digits_of(text)).collect::<Vec<_>>(),
            "base_digits": self.base.minor_digits(),
            "kinds": self.kinds.texts,
            "kind_names": kind_names,
            "symbols": self.symbols.texts,
            "names": names,
            "unverified": unverified,
            "unverified_name": self.locale.text("transactions.unverified"),
            "currencies": self.currencies.texts,
            "accounts": self.accounts.texts,
            "reasons": self.reasons.texts,
            "figures": { "sale": sale, "purchase": purchase, "against": against },
            "ratio": self.ratio,
            "note": self.note,
            "why": self.why,
            "under": self.under,
            "sales": self.sales,
        });
        let mut body = about.to_string();
        body.pop();
        let lists = [
            ("id", self.id),
            ("day", self.day),
            ("kind", self.kind),
            ("symbol", self.symbol),
            ("other", self.other),
            ("quantity", self.quantity),
            ("price", self.price),
            ("amount", self.amount),
            ("costs", self.costs),
            ("currency", self.currency),
            ("account", self.account),
            ("imported", self.imported),
            ("gain", self.gain),
        ];
        for (name, Column(list)) in lists {
            let _ = write!(body, ",\"{name}\":[{list}]");
        }
        let against: Vec<String> = self.against.into_iter().map(|Column(list)| format!("[{list}]")).collect();
        let _ = write!(body, ",\"against\":[{}]}}", against.join(","));
        body
    }
}

fn digits_of(currency: &str) -> u32 {
    currency.parse::<Currency>().map_or(2, Currency::minor_digits)
}
