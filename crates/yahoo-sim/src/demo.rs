//! A portfolio for the demonstration: five years of an investor's trades at the simulator's own prices.
//!
//! ```
//! use bellwether_yahoo_sim::demo;
//! use chrono::NaiveDate;
//!
//! let today = NaiveDate::from_ymd_opt(2026, 11, 20).ok_or("no date")?;
//! let ledger = demo::ledger(today, demo::SEED);
//! assert!((150..=250).contains(&ledger.len()));
//! # Ok::<(), &str>(())
//! ```

mod plan;
mod shares;

use bellwether_domain::{Currency, Exchange, Symbol, TransactionDraft, TransactionKind};
use chrono::{Datelike, Months, NaiveDate};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::market::{Market, mix, seed_of, unit};
use plan::{HOLDINGS, Holding};
use shares::Shares;

/// The seed whose market suits the demonstration: some holdings are ahead of the index, some behind.
pub const SEED: u64 = 2025;

/// The account of all transactions.
pub const ACCOUNT: &str = "Brokerage";

/// What the portfolio is worth today, about.
const WORTH: f64 = 250_000.0;
/// Months of trading.
const MONTHS: u32 = 60;

/// The symbols that are held today, and before them those that were sold.
pub fn symbols() -> impl Iterator<Item = Symbol> {
    HOLDINGS.iter().filter_map(|holding| holding.symbol.parse().ok())
}

/// The ledger of the demonstration, oldest first: purchases, sales, some recorded dividends, a deposit, a withdrawal
/// and a fee, of the five years before `today`, at the closes of their days in the market of a seed.
pub fn ledger(today: NaiveDate, seed: u64) -> Vec<TransactionDraft> {
    let market = Market::new(seed, today);
    // Told once for a trial, to learn what the budgets come to, and then for what they should.
    let trial = Story::new(&market, today, 1.0);
    let worth = trial.told().worth();
    let scale = if worth > 0.0 { WORTH / worth } else { 1.0 };
    Story::new(&market, today, scale).told().finished()
}

/// A month's doings, in the order of their days.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Buy { holding: &'static Holding, dollars: f64 },
    Sell { holding: &'static Holding, part: Decimal },
    RecordDividends { holding: &'static Holding },
    Fee,
}

/// The teller of the ledger.
struct Story<'a> {
    market: &'a Market,
    today: NaiveDate,
    scale: f64,
    start: NaiveDate,
    shares: Shares<'a>,
    ledger: Vec<TransactionDraft>,
}

impl<'a> Story<'a> {
    fn new(market: &'a Market, today: NaiveDate, scale: f64) -> Self {
        let five_years_ago = today.checked_sub_months(Months::new(MONTHS)).unwrap_or(today);
        let start = Exchange::NewYork.next_trading_day(five_years_ago);
        Self { market, today, scale, start, shares: Shares::new(market), ledger: Vec::new() }
    }

    fn told(mut self) -> Self {
        let mut deeds = self.deeds();
        deeds.sort_by_key(|(day, _)| *day);
        self.begin();
        for (day, deed) in deeds {
            self.shares.pass_to(day);
            match deed {
                Deed::Buy { holding, dollars } => self.buy(holding, dollars, day),
                Deed::Sell { holding, part } => self.sell(holding, part, day),
                Deed::RecordDividends { holding } => self.record_dividend(holding, day),
                Deed::Fee => self.note(
                    TransactionDraft { amount: Some(Decimal::from(25)), ..entry(TransactionKind::Fee, day) },
                    "Account fee for the year",
                ),
            }
        }
        self
    }

    /// What the shares are worth at the last close before today.
    fn worth(&mut self) -> f64 {
        self.shares.pass_to(self.today);
        let last = Exchange::NewYork.previous_trading_day(self.today);
        self.shares.worth(last, self.today)
    }

    fn finished(self) -> Vec<TransactionDraft> {
        let mut ledger = self.ledger;
        ledger.sort_by_key(|draft| draft.date);
        ledger
    }

    /// Everything that happens, with its day.
    fn deeds(&self) -> Vec<(NaiveDate, Deed)> {
        let mut deeds = Vec::new();
        for month in 0..MONTHS {
            for holding in HOLDINGS {
                if holding.buys_in(month)
                    && let Some(day) = self.day_of(month, holding, 0)
                {
                    deeds.push((day, Deed::Buy { holding, dollars: holding.dollars(month) }));
                }
                for (_, percent) in holding.sales.iter().filter(|(sale, _)| *sale == month) {
                    if let Some(day) = self.day_of(month, holding, 1) {
                        deeds.push((day, Deed::Sell { holding, part: Decimal::new(*percent, 2) }));
                    }
                }
            }
        }
        for holding in HOLDINGS.iter().filter(|holding| holding.records_dividends) {
            let Ok(symbol) = holding.symbol.parse() else { continue };
            let paid = self.market.actions(&symbol).into_iter().map(|action| action.ex_date);
            // The first six payments; from then on the investor left it to the program.
            for ex_date in paid.filter(|date| *date > self.start && *date < self.today).take(6) {
                deeds.push((ex_date, Deed::RecordDividends { holding }));
            }
        }
        let fee = (self.start.year()..=self.today.year()).find_map(|year| {
            let day = Exchange::NewYork.trading_day_on_or_before(NaiveDate::from_ymd_opt(year, 12, 20)?);
            (day > self.start && day < self.today).then_some(day)
        });
        deeds.extend(fee.map(|day| (day, Deed::Fee)));
        deeds
    }

    /// The trading day on which a holding is traded in a month of the story, before today.
    fn day_of(&self, month: u32, holding: &Holding, salt: u64) -> Option<NaiveDate> {
        let begin = self.start.checked_add_months(Months::new(month))?;
        if month == 0 {
            // The first purchases are made together.
            return (self.start < self.today).then_some(self.start);
        }
        let chance = unit(mix(seed_of(self.market.seed(), holding.symbol) ^ salt, u64::from(month)));
        let day = Exchange::NewYork
            .next_trading_day(begin.checked_add_days(chrono::Days::new((chance * 26.0) as u64))?);
        (day < self.today).then_some(day)
    }

    fn begin(&mut self) {
        let planned: f64 =
            HOLDINGS.iter().filter(|holding| holding.buys_in(0)).map(|holding| holding.dollars(0)).sum();
        let thousands = (planned * self.scale / 1_000.0).ceil().max(1.0);
        let deposit = TransactionDraft {
            amount: Some(Decimal::from(thousands as i64 * 1_000)),
            ..entry(TransactionKind::Deposit, self.start)
        };
        self.note(deposit, "Opening deposit");
    }

    fn buy(&mut self, holding: &'static Holding, dollars: f64, day: NaiveDate) {
        let Some(close) = self.shares.close(holding.symbol, day) else { return };
        let wanted = Decimal::try_from(dollars * self.scale).unwrap_or_default() / close;
        let quantity = rounded(wanted);
        if quantity.is_zero() {
            return;
        }
        self.shares.add(holding.symbol, quantity);
        // The broker stopped charging after two years.
        let charged = day < self.start.checked_add_months(Months::new(24)).unwrap_or(day);
        let draft = TransactionDraft {
            symbol: holding.symbol.parse().ok(),
            quantity: Some(quantity),
            price: Some(close),
            fee: charged.then(|| Decimal::new(495, 2)),
            ..entry(TransactionKind::Buy, day)
        };
        self.note(draft, "");
    }

    fn sell(&mut self, holding: &'static Holding, part: Decimal, day: NaiveDate) {
        let Some(close) = self.shares.close(holding.symbol, day) else { return };
        let held = self.shares.held(holding.symbol);
        let all = part >= Decimal::ONE;
        let quantity = if all { held } else { rounded(held * part).min(held) };
        if quantity.is_zero() {
            return;
        }
        self.shares.remove(holding.symbol, quantity);
        let draft = TransactionDraft {
            symbol: holding.symbol.parse().ok(),
            quantity: Some(quantity),
            price: Some(close),
            fee: Some(Decimal::new(495, 2)),
            ..entry(TransactionKind::Sell, day)
        };
        self.note(draft, if all { "Sold the whole position" } else { "Took some profit" });
        if all {
            let proceeds = quantity * close - Decimal::new(495, 2);
            let hundreds = (proceeds / Decimal::ONE_HUNDRED).floor();
            if hundreds > Decimal::ZERO {
                let amount = Some(hundreds * Decimal::ONE_HUNDRED);
                let draft = TransactionDraft { amount, ..entry(TransactionKind::Withdrawal, day) };
                self.note(draft, "For the new kitchen");
            }
        }
    }

    /// Records the payment of a dividend whose ex-date is `ex_date`, some two weeks after it.
    fn record_dividend(&mut self, holding: &'static Holding, ex_date: NaiveDate) {
        let Some(per_share) = self.shares.dividend(holding.symbol, ex_date) else { return };
        // Deeds of one day are told in order, and dividends come last: what was bought today has no right to it.
        let held = self.shares.held_before(holding.symbol, ex_date);
        let gross = (held * per_share).round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
        let Some(later) = ex_date.checked_add_days(chrono::Days::new(16)) else { return };
        let day = Exchange::NewYork.next_trading_day(later);
        if gross.is_zero() || day >= self.today {
            return;
        }
        let draft = TransactionDraft {
            symbol: holding.symbol.parse().ok(),
            amount: Some(gross),
            ..entry(TransactionKind::Dividend, day)
        };
        self.note(draft, "");
    }

    /// Writes a transaction into the ledger, with the investor's words.
    fn note(&mut self, draft: TransactionDraft, note: &str) {
        self.ledger.push(TransactionDraft { note: note.to_owned(), ..draft });
    }
}

fn entry(kind: TransactionKind, day: NaiveDate) -> TransactionDraft {
    TransactionDraft { account: ACCOUNT.to_owned(), ..TransactionDraft::new(kind, day, Currency::USD) }
}

/// Whole shares where there are some, else a fraction.
fn rounded(quantity: Decimal) -> Decimal {
    let digits = if quantity >= Decimal::from(4) { 0 } else { 3 };
    quantity.round_dp_with_strategy(digits, RoundingStrategy::ToZero).normalize()
}
