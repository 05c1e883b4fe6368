use std::sync::Mutex;
use std::time::Duration;

use bellwether_domain::{Currency, FixedClock, InstrumentKind, PriceBasis, PriceSourceName};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use tokio::sync::Barrier;

use super::*;
use crate::{Listing, Suspicion};

/// Answers every quote with the same outcome, and remembers what it was asked.
struct Scripted {
    name: &'static str,
    covered: &'static [&'static str],
    outcome: Outcome<()>,
    asked: Arc<Mutex<Vec<Symbol>>>,
    /// Answers only when all who hold it are being asked.
    meets: Option<Arc<Barrier>>,
}

impl Scripted {
    fn new(name: &'static str, outcome: Outcome<()>) -> Self {
        Self { name, covered: &["A", "B", "EURUSD=X"], outcome, asked: Arc::default(), meets: None }
    }

    fn covering(self, covered: &'static [&'static str]) -> Self {
        Self { covered, ..self }
    }

    fn source(&self) -> PriceSource {
        PriceSource { name: PriceSourceName::new(self.name), basis: PriceBasis::AsTraded }
    }

    fn quote(&self, symbol: &Symbol) -> Quote {
        Quote {
            symbol: symbol.clone(),
            price: Decimal::TEN,
            currency: Currency::USD,
            as_of: now(),
            fetched_at: now(),
            previous_close: None,
            delay_minutes: 0,
            source: self.source().name,
        }
    }

    fn listing(symbol: &Symbol) -> Listing {
        Listing {
            symbol: symbol.clone(),
            unit: "USD".parse().expect("a unit"),
            zone: chrono_tz::UTC,
            kind: InstrumentKind::Equity,
            name: None,
            venue: None,
            price_decimals: 2,
            first_traded: None,
        }
    }
}

#[async_trait]
impl Provider for Scripted {
    fn source_of(&self, symbol: &Symbol) -> Option<PriceSource> {
        self.covered.contains(&symbol.as_str()).then(|| self.source())
    }

    fn health(&self) -> Vec<SourceHealth> {
        vec![SourceHealth::of(self.source().name, None)]
    }

    async fn quotes(&self, symbols: &[Symbol], _: &LoadBudget) -> Vec<(Symbol, Outcome<Quote>)> {
        self.asked.lock().expect("no panic").extend_from_slice(symbols);
        if let Some(others) = &self.meets {
            others.wait().await;
        }
        // In another order than asked: whose answer it is, is told by the symbol.
        let answer = |symbol: &Symbol| (symbol.clone(), self.outcome.clone().map(|()| self.quote(symbol)));
        symbols.iter().rev().map(answer).collect()
    }

    async fn recent_closes(
        &self,
        symbols: &[Symbol],
        _: &LoadBudget,
    ) -> Vec<(Symbol, Outcome<RecentCloses>)> {
        let closes = |symbol: &Symbol| RecentCloses {
            source: self.source(),
            listing: Self::listing(symbol),
            bars: Vec::new(),
            quote: None,
            suspects: Vec::new(),
            fetched_at: now(),
        };
        symbols.iter().map(|symbol| (symbol.clone(), self.outcome.clone().map(|()| closes(symbol)))).collect()
    }

    async fn history(&self, symbol: &Symbol, _: NaiveDate, _: &LoadBudget) -> Outcome<History> {
        self.outcome.clone().map(|()| History {
            source: self.source(),
            listing: Self::listing(symbol),
            bars: Vec::new(),
            adjusted_closes: Vec::new(),
            splits: Vec::new(),
            dividends: Vec::new(),
            capital_gains: Vec::new(),
            quote: None,
            suspects: Vec::new(),
            fetched_at: now(),
        })
    }

    async fn search(&self, _: &str, _: &LoadBudget) -> Result<Vec<Found>, NotAnswered> {
        let hit = |symbol: &&str| Found {
            symbol: symbol.parse().expect("a symbol"),
            name: Some(self.name.to_owned()),
            kind: InstrumentKind::Equity,
            venue: None,
        };
        match &self.outcome {
            Outcome::Answered(()) => Ok(self.covered.iter().map(hit).collect()),
            Outcome::NotAnswered(reason) => Err(reason.clone()),
            _ => Ok(Vec::new()),
        }
    }
}

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH
}

fn chain(members: impl IntoIterator<Item = Scripted>) -> Chain {
    members.into_iter().fold(Chain::new(Arc::new(FixedClock::at(now()))), Chain::then)
}

fn symbol(text: &str) -> Symbol {
    text.parse().expect("a symbol")
}

fn budget() -> LoadBudget {
    LoadBudget::background(10)
}

fn not(reason: NotAnswered) -> Outcome<()> {
    Outcome::NotAnswered(reason)
}

fn failures() -> Vec<Outcome<()>> {
    vec![
        Outcome::Suspect(Suspicion::NotPositive),
        not(NotAnswered::TooLate),
        not(NotAnswered::Timeout),
        Outcome::Delisted,
        not(NotAnswered::NothingInWindow),
        Outcome::Unknown,
    ]
}

async fn quote_of(chain: &Chain, text: &str) -> Outcome<Quote> {
    chain.quotes(&[symbol(text)], &budget()).await.remove(0).1
}

#[tokio::test]
async fn the_first_that_covers_a_symbol_is_asked_and_nobody_else() {
    let first = Scripted::new("first", Outcome::Answered(())).covering(&["A"]);
    let second = Scripted::new("second", Outcome::Answered(()));
    let asked = [&first, &second].map(|member| Arc::clone(&member.asked));
    let chain = chain([first, second]);

    let quotes = chain.quotes(&["B", "A", "B", "C"].map(symbol), &budget()).await;

    let tellers: Vec<_> = quotes
        .iter()
        .map(|(symbol, outcome)| (symbol.as_str(), outcome.as_answer().map(|q| q.source.as_str())))
        .collect();
    assert_eq!(tellers, [("B", Some("second")), ("A", Some("first")), ("B", Some("second")), ("C", None)]);
    assert_eq!(quotes[3].1, Outcome::Unknown, "nobody covers it");
    let asked = asked.map(|asked| asked.lock().expect("no panic").clone());
    assert_eq!(asked, [vec![symbol("A")], vec![symbol("B")]]);
    assert_eq!(chain.source_of(&symbol("A")).expect("covered").name.as_str(), "first");
    assert_eq!(chain.source_of(&symbol("B")).expect("covered").name.as_str(), "second");
    assert!(!chain.covers(&symbol("C")));
}

#[tokio::test]
async fn another_stands_in_for_every_failure_and_its_history_is_its_own() {
    for failure in failures() {
        let chain = chain([Scripted::new("first", failure), Scripted::new("second", Outcome::Answered(()))]);
        let quote = quote_of(&chain, "A").await.answer().expect("an answer");
        assert_eq!(quote.source.as_str(), "second");
        let history = chain.history(&symbol("A"), NaiveDate::MIN, &budget()).await;
        assert_eq!(history.answer().expect("an answer").source.name.as_str(), "second");
        let closes = chain.recent_closes(&[symbol("A")], &budget()).await.remove(0).1;
        assert_eq!(closes.answer().expect("an answer").source.name.as_str(), "second");
    }
}

#[tokio::test]
async fn a_slow_source_delays_only_the_symbols_that_are_its_own() {
    let both = Arc::new(Barrier::new(2));
    let meeting = |name, covered| Scripted {
        meets: Some(Arc::clone(&both)),
        ..Scripted::new(name, Outcome::Answered(())).covering(covered)
    };
    let chain = chain([meeting("slow", &["A"]), meeting("other", &["B"])]);
    let (symbols, budget) = (["A", "B"].map(symbol), budget());
    let asked = chain.quotes(&symbols, &budget);
    let quotes = tokio::time::timeout(Duration::from_secs(20), asked).await.expect("asked at the same time");
    assert!(quotes.iter().all(|(_, outcome)| outcome.as_answer().is_some()));
}

#[tokio::test]
async fn each_member_is_asked_once_for_what_is_left_and_in_its_turn() {
    let failing = |name| Scripted::new(name, not(NotAnswered::Timeout));
    let members = [
        failing("first").covering(&["A"]),
        failing("second"),
        failing("third").covering(&["B"]),
        Scripted::new("last", Outcome::Answered(())),
        failing("never"),
    ];
    let asked: Vec<_> = members.iter().map(|member| Arc::clone(&member.asked)).collect();
    let chain = chain(members);
    let quotes = chain.quotes(&["A", "B"].map(symbol), &budget()).await;
    let from_last =
        |outcome: &Outcome<Quote>| outcome.as_answer().is_some_and(|q| q.source.as_str() == "last");
    assert!(quotes.iter().all(|(_, outcome)| from_last(outcome)));
    let asked: Vec<String> = asked
        .iter()
        .map(|asked| {
            let mut names: Vec<String> =
                asked.lock().expect("no panic").iter().map(|symbol| symbol.as_str().to_owned()).collect();
            names.sort();
            names.concat()
        })
        .collect();
    assert_eq!(asked, ["A", "AB", "B", "AB", ""]);
}

#[tokio::test]
async fn with_the_calls_used_up_nobody_else_is_asked() {
    let second = Scripted::new("second", Outcome::Answered(()));
    let asked = Arc::clone(&second.asked);
    let chain = chain([Scripted::new("first", not(NotAnswered::BudgetSpent)), second]);
    assert_eq!(quote_of(&chain, "A").await, Outcome::NotAnswered(NotAnswered::BudgetSpent));
    assert!(asked.lock().expect("no panic").is_empty());
    let history = chain.history(&symbol("A"), NaiveDate::MIN, &budget()).await;
    assert_eq!(history, Outcome::NotAnswered(NotAnswered::BudgetSpent));
}

#[tokio::test]
async fn when_nobody_answers_the_most_telling_outcome_is_given() {
    let failures = failures();
    for (place, telling) in failures.iter().enumerate() {
        for less in &failures[place..] {
            for order in [[telling, less], [less, telling]] {
                let chain = chain(order.map(|outcome| Scripted::new("any", outcome.clone())));
                let outcome = quote_of(&chain, "A").await.map(|_| ());
                assert_eq!(outcome, *telling, "{order:?}");
                let history = chain.history(&symbol("A"), NaiveDate::MIN, &budget()).await;
                assert_eq!(history.map(|_| ()), *telling, "{order:?}");
            }
        }
    }
    let both = [NotAnswered::Timeout, NotAnswered::Unreachable];
    let chain = chain(both.map(|reason| Scripted::new("any", not(reason))));
    assert_eq!(quote_of(&chain, "A").await, Outcome::NotAnswered(NotAnswered::Timeout), "the first's");
}

#[tokio::test]
async fn health_counts_symbols_by_source() {
    let first = Scripted::new("first", not(NotAnswered::Malformed("row 3".into())));
    let chain = chain([first, Scripted::new("second", Outcome::Answered(())).covering(&["A"])]);
    chain.quotes(&["A", "B"].map(symbol), &budget()).await;
    chain.history(&symbol("A"), NaiveDate::MIN, &budget()).await;

    let health = chain.health();
    let answers = |at: usize| health[at].answers.clone().expect("counted");
    assert_eq!((health[0].source.as_str(), health[1].source.as_str()), ("first", "second"));
    assert_eq!((answers(0).answered, answers(0).unanswered, answers(0).last_answer_at), (0, 3, None));
    assert!(answers(0).last_failure.expect("one").reason.contains("row 3"));
    let second = Answers { answered: 2, last_answer_at: Some(now()), ..Answers::default() };
    assert_eq!(answers(1), second);
}

#[test]
fn what_a_source_is_not_to_blame_for_is_no_failure_of_its() {
    let mut answers = Answers::default();
    let until = now();
    for outcome in [
        Outcome::Unknown,
        Outcome::Delisted,
        not(NotAnswered::NothingInWindow),
        not(NotAnswered::TooLate),
        not(NotAnswered::BudgetSpent),
        not(NotAnswered::CircuitOpen { until }),
    ] {
        answers.count(&symbol("A"), &outcome, now());
    }
    let expected = Answers { without_prices: 3, unanswered: 1, ..Answers::default() };
    assert_eq!(answers, expected);
}

#[tokio::test]
async fn hits_are_merged_in_order_without_duplicates() {
    let first = Scripted::new("first", Outcome::Answered(())).covering(&["B"]);
    let chain = chain([first, Scripted::new("second", Outcome::Answered(())).covering(&["A", "B"])]);
    let hits = chain.search("x", &budget()).await.expect("hits");
    let hits: Vec<_> = hits.iter().map(|hit| (hit.symbol.as_str(), hit.name.as_deref())).collect();
    assert_eq!(hits, [("B", Some("first")), ("A", Some("second"))]);
}

#[tokio::test]
async fn a_search_fails_only_without_any_hit() {
    let failing = || Scripted::new("failing", not(NotAnswered::Timeout));
    let finding = chain([failing(), Scripted::new("second", Outcome::Answered(()))]);
    assert_eq!(finding.search("x", &budget()).await.expect("hits").len(), 3);
    let empty = chain([Scripted::new("empty", Outcome::Unknown), failing()]);
    assert_eq!(empty.search("x", &budget()).await, Err(NotAnswered::Timeout), "who knows what is there");
    assert_eq!(chain([]).search("x", &budget()).await, Ok(Vec::new()));
}

#[test]
fn rates_are_given_where_somebody_covers_the_pair() {
    let some = chain([Scripted::new("some", Outcome::Unknown)]);
    assert_eq!(some.rate_symbol(Currency::EUR, Currency::USD), Some(symbol("EURUSD=X")));
    assert_eq!(some.rate_symbol(Currency::GBP, Currency::USD), None);
    assert_eq!(some.rate_symbol(Currency::USD, Currency::USD), None);
}
