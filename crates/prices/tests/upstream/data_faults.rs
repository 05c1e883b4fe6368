//! Every fault that the simulated service knows, and what must come of it for a history, for current prices and for
//! recent closes. Whatever is answered is compared with the truth: a price may be missing, never wrong.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::time::Duration;

use bellwether_domain::{DailyBar, Exchange, Quote, QuoteUnit, Symbol, price_of_decimal};
use bellwether_prices::{
    Family, History, HttpTransport, Limits, LoadBudget, NotAnswered, Outcome, Provider, RecentCloses,
    Request, Suspicion, Transport, Yahoo,
};
use bellwether_yahoo_sim::{
    FaultAction, FaultBody, FaultMatch, FaultRule, Omission, ResetPoint, Route, Truth,
};
use chrono::{Days, Months, NaiveDate, TimeDelta};
use rust_decimal::Decimal;

use super::{Desk, date, desk, gateway, symbol, symbols};

/// The first split nine sessions ago; the second is quoted in pence.
const ASKED: [&str; 4] = ["ZZSPLIT1", "VOD.L", "SAP.DE", "KO"];
const FROM: &str = "2025-06-02";

/// What came of one symbol.
#[derive(Debug, Clone, PartialEq)]
enum Came {
    /// Everything, and all of it true.
    Whole,
    /// All but so many days; of a price, all but the close before it.
    Without(usize),
    /// So many days were set aside as suspect, and the others are true.
    Aside(usize),
    /// The answer was seen to be another symbol's.
    Anothers,
    /// It contradicts itself, lacks what a price needs, or is too large.
    Malformed,
    Unknown,
    Not(NotAnswered),
    /// Something false. Never expected.
    Untrue(String),
}

use Came::{Anothers, Aside, Malformed, Not, Unknown, Untrue, Whole, Without};

fn upstream(status: u16) -> Came {
    Not(NotAnswered::Upstream { status })
}

/// A fault, and what must come of three questions put to a client that has met nothing before.
struct Case {
    rule: FaultRule,
    /// Of the first symbol's history, and the calls that it took.
    history: (Came, u64),
    /// Of each symbol's price.
    quotes: ([Came; 4], u64),
    /// Of each symbol's closes.
    closes: ([Came; 4], u64),
    /// Milliseconds that a question has.
    patience: i64,
}

impl Case {
    /// A fault that does no harm.
    fn harmless(action: FaultAction) -> Self {
        Self::each(action, (Whole, 1))
    }

    /// A fault that is the same for all questions and symbols.
    fn each(action: FaultAction, (came, calls): (Came, u64)) -> Self {
        let all = [came.clone(), came.clone(), came.clone(), came.clone()];
        Self {
            rule: FaultRule::always(action),
            history: (came, calls),
            quotes: (all.clone(), calls),
            closes: (all, calls),
            patience: 3_600_000,
        }
    }

    fn history(self, came: Came, calls: u64) -> Self {
        Self { history: (came, calls), ..self }
    }

    fn quotes(self, came: [Came; 4], calls: u64) -> Self {
        Self { quotes: (came, calls), ..self }
    }

    fn closes(self, came: [Came; 4], calls: u64) -> Self {
        Self { closes: (came, calls), ..self }
    }

    fn batches(self, came: [Came; 4], calls: u64) -> Self {
        self.quotes(came.clone(), calls).closes(came, calls)
    }

    /// A batch that fails as a whole is taken apart, and the other address is tried: more calls, the same outcome.
    fn calls_of_a_batch(mut self, calls: u64) -> Self {
        (self.quotes.1, self.closes.1) = (calls, calls);
        self
    }

    fn times(self, times: u32) -> Self {
        Self { rule: self.rule.times(times), ..self }
    }

    fn patience(self, patience: i64) -> Self {
        Self { patience, ..self }
    }
}

fn four(came: Came) -> [Came; 4] {
    [came.clone(), came.clone(), came.clone(), came]
}

/// Statuses and answers that are none.
fn refusals() -> Vec<Case> {
    use FaultAction as Fault;
    let status = |code| Fault::Status { code, body: FaultBody::Usual };
    let blocked = |status| Not(NotAnswered::Blocked { status });
    let limited = || Not(NotAnswered::RateLimited);
    vec![
        Case::each(status(401), (blocked(401), 1)),
        Case::each(status(403), (blocked(403), 1)),
        Case::each(status(429), (limited(), 1)),
        Case::each(status(999), (limited(), 1)),
        Case::each(status(500), (upstream(500), 3)),
        Case::each(status(502), (upstream(502), 3)),
        Case::each(status(503), (upstream(503), 3)),
        Case::each(status(504), (upstream(504), 3)),
        // A page that says 404 is no word about any symbol.
        Case::each(status(404), (upstream(404), 1)).calls_of_a_batch(2),
        Case::each(status(503), (Whole, 3)).times(2),
        Case::each(Fault::Burst { code: 502, count: Some(2), seconds: None }, (Whole, 3)).times(1),
        Case::each(Fault::Burst { code: 503, count: None, seconds: Some(60) }, (upstream(503), 3)).times(1),
        // The fifth failure in a row opens the circuit.
        Case::each(Fault::Html200, (upstream(200), 3)).calls_of_a_batch(5),
        Case::each(Fault::Empty200, (upstream(200), 3)).calls_of_a_batch(5),
        Case::each(Fault::NullChart, (upstream(200), 1)).calls_of_a_batch(8),
        Case::each(Fault::StatusCode200, (upstream(200), 1)).calls_of_a_batch(8),
    ]
}

/// Connections and bodies that break, and those that are absurd.
fn breakages() -> Vec<Case> {
    use FaultAction as Fault;
    let unreachable = || (Not(NotAnswered::Unreachable), 3);
    let late = || (Not(NotAnswered::Timeout), 1);
    let cut = |fraction, short_read| Fault::Truncate { fraction, short_read };
    vec![
        Case::each(Fault::Hang, late()).patience(400),
        Case::each(Fault::SlowDrip { bytes_per_s: 100 }, late()).patience(400),
        Case::harmless(Fault::SlowDrip { bytes_per_s: 10_000_000 }),
        Case::each(Fault::Reset(ResetPoint::Before), unreachable()),
        Case::each(Fault::Reset(ResetPoint::AfterHeaders), unreachable()),
        Case::each(Fault::Reset(ResetPoint::MidBody), unreachable()),
        Case::each(Fault::Reset(ResetPoint::MidBody), (Whole, 2)).times(1),
        Case::each(cut(0.5, false), unreachable()),
        Case::each(cut(0.99, true), unreachable()),
        Case::each(cut(0.5, true), (Whole, 2)).times(1),
        Case::each(cut(0.0, false), (upstream(200), 3)).calls_of_a_batch(5),
        Case::harmless(Fault::HugeHeaders { bytes: 12_000 }),
        Case::each(Fault::HugeHeaders { bytes: 60_000 }, (Malformed, 1)).calls_of_a_batch(8),
        Case::harmless(Fault::HugeBody { mb: 2 }),
        Case::each(Fault::HugeBody { mb: 12 }, (Malformed, 1)).calls_of_a_batch(8),
        Case::each(Fault::BadGzip, unreachable()),
        Case::harmless(Fault::WrongContentType),
        Case::harmless(Fault::Bom),
    ]
}

/// Answers whose form is wrong.
fn malformations() -> Vec<Case> {
    use FaultAction as Fault;
    let nulls = |rows, fields: &[&str]| Fault::Nulls {
        rows,
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
    };
    vec![
        // Of five days of a price all but the running one are gone.
        Case::each(nulls(5, &[]), (Without(5), 1)).quotes(four(Without(1)), 1),
        Case::harmless(nulls(5, &["open", "high", "low", "volume", "adjclose"])),
        Case::each(Fault::Ragged, (Malformed, 1)),
        Case::harmless(Fault::Unsorted),
        Case::each(Fault::NoTimestamps, (Malformed, 1)),
        Case::each(Fault::NoCurrency, (Malformed, 1)),
        Case::each(Fault::Infinity, (Without(1), 1)).quotes(four(Whole), 1),
        Case::harmless(Fault::StringsForNumbers),
        Case::harmless(Fault::DupLastDay),
        Case::harmless(Fault::NullLastDay),
        Case::harmless(Fault::RowAfterPeriod2),
    ]
}

/// Answers that are in form, and false.
fn falsehoods() -> Vec<Case> {
    use FaultAction as Fault;
    let omitted = || Not(NotAnswered::Omitted);
    let alias = |from: &str, to: &str| Fault::Alias { from: from.to_owned(), to: to.to_owned() };
    let symbols = vec!["VOD.L".to_owned(), "KO".to_owned()];
    vec![
        Case::harmless(Fault::Omit(Omission::Symbols(symbols)))
            .batches([Whole, omitted(), Whole, omitted()], 1),
        Case::harmless(Fault::Omit(Omission::AllButLast)).times(1).batches(four(Whole), 3),
        Case::harmless(Fault::Omit(Omission::Fraction(1.0))).batches(four(Unknown), 1),
        Case::each(Fault::Glitch { factor: 100.0, rows: 1 }, (Aside(1), 1)).quotes(four(Whole), 1),
        Case::each(Fault::Glitch { factor: 0.01, rows: 8 }, (Aside(8), 1)).quotes(four(Whole), 1),
        Case::each(Fault::Glitch { factor: 100.0, rows: 30 }, (Aside(30), 1)).quotes(four(Whole), 1),
        Case::each(Fault::MissingDays { n: 5 }, (Without(5), 1)).quotes(four(Without(1)), 1),
        Case::harmless(Fault::SplitNotApplied)
            .history(Aside(194), 1)
            .closes([Aside(242), Whole, Whole, Whole], 1),
        Case::harmless(Fault::PartialSplit)
            .history(Aside(174), 1)
            .closes([Aside(222), Whole, Whole, Whole], 1),
        Case::each(alias("ZZSPLIT1", "ZZOTHER"), (Anothers, 1)).batches([omitted(), Whole, Whole, Whole], 1),
        // Two answers for one symbol, and nobody can say which is its own.
        Case::each(alias("ZZSPLIT1", "KO"), (Anothers, 1)).batches([omitted(), Whole, Whole, Malformed], 1),
        Case::each(Fault::SwapSymbols, (Anothers, 1)).batches([Anothers, Whole, Anothers, Whole], 1),
        Case::each(Fault::Stale { seconds: 86_400 }, (Without(1), 1)).quotes(four(Whole), 1),
        Case::harmless(Fault::ClockSkew { s: 1_800 }),
        Case::harmless(Fault::ClockSkew { s: -3_600 }),
        Case::each(Fault::ClockSkew { s: 86_400 }, (Malformed, 1)),
        Case::each(Fault::ClockSkew { s: -86_400 }, (Malformed, 1)),
    ]
}

fn cases() -> Vec<Case> {
    [refusals(), breakages(), malformations(), falsehoods()].into_iter().flatten().collect()
}

/// A service with a fault, at a time at which all venues asked are open, and a client that has met nothing yet.
fn stage(case: &Case) -> Desk {
    let Desk { sim, clock, .. } = desk(Limits::generous(), Vec::new());
    clock.advance(TimeDelta::days(20));
    sim.set_faults(vec![case.rule.clone()]);
    let yahoo = Yahoo::through(gateway(&sim, &clock, Limits::generous()));
    Desk { sim, clock, yahoo }
}

impl Desk {
    /// The days from `from` on as they ought to be, in the major currency.
    fn true_days(&self, symbol: &Symbol, from: NaiveDate) -> Vec<DailyBar> {
        let today = Exchange::of(symbol).local_date(self.now());
        let Truth { bars, currency, .. } = self.sim.truth(symbol, from, today, today).unwrap();
        let units = f64::from(currency.parse::<QuoteUnit>().unwrap().units_in_one);
        let major = |day: DailyBar| DailyBar {
            low: day.low / units,
            high: day.high / units,
            close: day.close / units,
            ..day
        };
        bars.into_iter().map(|day| major(day.bar)).collect()
    }

    /// Whether the days that are told are true; so many are lacking that were not set aside.
    fn came_of_days(
        &self,
        symbol: &Symbol,
        from: NaiveDate,
        told: &[DailyBar],
        aside: usize,
        rounding: f64,
    ) -> Result<Came, String> {
        let truth = self.true_days(symbol, from);
        if !told.is_sorted_by(|a, b| a.date < b.date) {
            return Err("days do not ascend".to_owned());
        }
        for bar in told {
            let Some(day) = truth.iter().find(|day| day.date == bar.date) else {
                return Err(format!("{} is no day", bar.date));
            };
            // The running day is not over, so its price lies within what will have been its range.
            let slack = rounding + day.close * 1e-9;
            let is_true = if bar.provisional {
                (day.low - slack..=day.high + slack).contains(&bar.close)
            } else {
                (bar.close - day.close).abs() <= slack
            };
            if !is_true {
                return Err(format!("{} of {} is not {}", bar.close, bar.date, day.close));
            }
        }
        Ok(match (truth.len() - told.len() - aside, aside) {
            (0, 0) => Whole,
            (lacking, 0) => Without(lacking),
            (0, aside) => Aside(aside),
            (lacking, aside) => return Err(format!("{lacking} days lack and {aside} are set aside")),
        })
    }

    fn came_of_quote(&self, symbol: &Symbol, quote: &Quote) -> Result<Came, String> {
        assert_eq!(&quote.symbol, symbol);
        let day = Exchange::of(symbol).local_date(quote.as_of);
        let truth = self.true_days(symbol, day - Days::new(10));
        let at = truth.iter().position(|bar| bar.date == day);
        let at = at.ok_or_else(|| format!("{} is on no day", quote.as_of))?;
        let (price, today) = (price_of_decimal(quote.price), truth[at]);
        if !(today.low - 0.01..=today.high + 0.01).contains(&price) {
            return Err(format!("{price} is not within {} and {}", today.low, today.high));
        }
        let Some(previous) = quote.previous_close.map(price_of_decimal) else { return Ok(Without(1)) };
        let before = truth[at - 1].close;
        let is_true = (previous / before - 1.0).abs() < 1e-3;
        if is_true { Ok(Whole) } else { Err(format!("{previous} is not the close before, {before}")) }
    }

    fn came_of_history(&self, symbol: &Symbol, history: &History) -> Result<Came, String> {
        let from = date(FROM);
        if let Some(quote) = &history.quote {
            self.came_of_quote(symbol, quote)?;
            let running = history.bars.last().filter(|bar| bar.provisional);
            let same = |bar: &DailyBar| (bar.close / price_of_decimal(quote.price) - 1.0).abs() < 1e-3;
            if let Some(bar) = running.filter(|bar| !same(bar)) {
                return Err(format!("the running day is at {}, the price {}", bar.close, quote.price));
            }
        }
        self.came_of_days(symbol, from, &history.bars, history.suspects.len(), 0.0)
    }

    fn came_of_closes(&self, symbol: &Symbol, closes: &RecentCloses) -> Result<Came, String> {
        if let Some(quote) = &closes.quote {
            self.came_of_quote(symbol, quote)?;
        }
        let a_year_ago = Exchange::of(symbol).local_date(self.now()) - Months::new(12);
        let rounding = closes.listing.rounding();
        self.came_of_days(symbol, a_year_ago, &closes.bars, closes.suspects.len(), rounding)
    }
}

fn came<T>(outcome: Outcome<T>, answered: impl FnOnce(T) -> Result<Came, String>) -> Came {
    match outcome {
        Outcome::Answered(answer) => answered(answer).unwrap_or_else(Untrue),
        Outcome::Unknown => Unknown,
        Outcome::Suspect(Suspicion::WrongSymbol { .. }) => Anothers,
        Outcome::NotAnswered(NotAnswered::Malformed(_)) => Malformed,
        Outcome::NotAnswered(reason) => Not(reason),
        Outcome::Delisted => Untrue("delisted".to_owned()),
        Outcome::Suspect(suspicion) => Untrue(format!("all suspect: {suspicion}")),
    }
}

#[test]
fn no_fault_is_forgotten() {
    let known = serde_json::from_str::<FaultAction>("\"none\"").unwrap_err().to_string();
    let words = known.split('`').skip(3).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
    assert!(words.len() > 30 && words.contains("clock_skew"), "{known}");
    let tested: BTreeSet<_> = cases().iter().map(|case| case.rule.action.word().to_owned()).collect();
    assert_eq!(tested, words);
}

/// Asks the question of every case, and tells where something else came than had to.
async fn surprises<T: PartialEq + Debug>(
    expected: impl Fn(&Case) -> (T, u64),
    ask: impl AsyncFn(&Desk, &LoadBudget) -> T,
) -> Vec<String> {
    let mut surprises = Vec::new();
    for case in cases() {
        let desk = stage(&case);
        let budget = LoadBudget::foreground(20, desk.now() + TimeDelta::milliseconds(case.patience));
        let told = (ask(&desk, &budget).await, desk.total().calls);
        let expected = expected(&case);
        if told != expected {
            surprises.push(format!("{:?}\n  {told:?}\n  instead of {expected:?}", case.rule.action));
        }
    }
    surprises
}

#[tokio::test]
async fn a_history_is_true_or_not_told() {
    let surprises = surprises(
        |case| case.history.clone(),
        async |desk, budget| {
            let first = symbol(ASKED[0]);
            let outcome = desk.yahoo.history(&first, date(FROM), budget).await;
            came(outcome, |history| desk.came_of_history(&first, &history))
        },
    );
    let surprises = surprises.await;
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
}

#[tokio::test]
async fn prices_are_true_or_not_told() {
    let surprises = surprises(
        |case| case.quotes.clone(),
        async |desk, budget| {
            let mut outcomes = desk.yahoo.quotes(&ASKED.map(symbol), budget).await.into_iter();
            ASKED.map(|asked| {
                let (symbol, outcome) = outcomes.next().unwrap();
                assert_eq!(symbol.as_str(), asked);
                came(outcome, |quote| desk.came_of_quote(&symbol, &quote))
            })
        },
    );
    let surprises = surprises.await;
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
}

#[tokio::test]
async fn recent_closes_are_true_or_not_told() {
    let surprises = surprises(
        |case| case.closes.clone(),
        async |desk, budget| {
            let mut outcomes = desk.yahoo.recent_closes(&ASKED.map(symbol), budget).await.into_iter();
            ASKED.map(|asked| {
                let (symbol, outcome) = outcomes.next().unwrap();
                assert_eq!(symbol.as_str(), asked);
                came(outcome, |closes| desk.came_of_closes(&symbol, &closes))
            })
        },
    );
    let surprises = surprises.await;
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
}

/// How many of a hundred prices that are asked for with a login are told, two batches of fifty. Where the quotes fail
/// as a whole, sparks stand in.
fn told_by_login(action: &FaultAction) -> usize {
    match action {
        FaultAction::Nulls { rows, .. } | FaultAction::Glitch { rows, .. } => 100 - 2 * rows,
        FaultAction::NoCurrency | FaultAction::Infinity | FaultAction::Omit(Omission::Fraction(_)) => 0,
        FaultAction::ClockSkew { s } if *s > 43_200 => 0,
        FaultAction::Omit(Omission::Symbols(symbols)) => 100 - symbols.len(),
        FaultAction::Alias { to, .. } => {
            if ASKED.contains(&to.as_str()) {
                98
            } else {
                99
            }
        }
        _ => 100,
    }
}

#[tokio::test]
async fn prices_by_login_are_true_or_not_told() {
    let mut asked = ASKED.map(symbol).to_vec();
    asked.extend(symbols(96));
    // A record of a quote has no days by which it could be seen that all of them are a day early.
    let is_visible = |case: &Case| case.rule.action != FaultAction::ClockSkew { s: -86_400 };
    for case in cases().into_iter().filter(is_visible) {
        let Desk { sim, clock, .. } = stage(&case);
        let matches = FaultMatch { route: Some(Route::Quote), ..FaultMatch::default() };
        sim.set_faults(vec![FaultRule { matches, ..case.rule.clone() }]);
        let yahoo = Yahoo::through(gateway(&sim, &clock, Limits::generous())).with_login(None);
        let desk = Desk { sim, clock, yahoo };
        let budget = LoadBudget::foreground(60, desk.now() + TimeDelta::milliseconds(case.patience));
        let mut told = 0;
        for (symbol, outcome) in desk.yahoo.quotes(&asked, &budget).await {
            if let Outcome::Answered(quote) = outcome {
                told += 1;
                let came = desk.came_of_quote(&symbol, &quote);
                assert!(came.is_ok(), "{:?} {symbol}: {came:?}", case.rule);
            }
        }
        assert_eq!(told, told_by_login(&case.rule.action), "{:?}", case.rule);
    }
}

/// Every price of the answer is in pence, and the answer calls them pounds.
#[tokio::test]
async fn pence_that_are_called_pounds_value_nothing_until_they_are_told_so_for_a_week() {
    let desk = desk(Limits::generous(), Vec::new());
    let share = [symbol("T1.L")];
    let quotes = async || desk.yahoo.quotes(&share, &desk.budget(4)).await.remove(0).1;
    let sound = quotes().await.answer().unwrap();
    let path = "/v7/finance/spark?symbols=T1.L&range=5d&interval=1d".to_owned();
    let spark = Request::get(Family::Anonymous, path, Duration::from_secs(5));
    let body = HttpTransport::new(&desk.sim.base_url()).unwrap().send(&spark).await.unwrap().body;
    let mistaken = String::from_utf8(body).unwrap().replace("\"GBp\"", "\"GBP\"");
    let action = FaultAction::Status { code: 200, body: FaultBody::Text(mistaken) };
    let faults = vec![FaultRule::on(Route::SparkV7, action)];
    let suspect = Outcome::Suspect(Suspicion::OtherUnit { told: 1, known: 100 });

    desk.sim.set_faults(faults.clone());
    assert_eq!(quotes().await, suspect);
    desk.sim.set_faults(Vec::new());
    assert_eq!(quotes().await.answer().unwrap().price, sound.price);
    desk.sim.set_faults(faults);
    for _ in 0..=7 {
        assert_eq!(quotes().await, suspect);
        desk.clock.advance(TimeDelta::days(1));
    }
    let believed = quotes().await.answer().unwrap();
    assert_eq!(believed.price, sound.price * Decimal::from(100));
}
