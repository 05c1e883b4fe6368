//! Markets and ledgers of any kind, and what is worked out of them.

use bellwether_domain::{
    Booking, CashDividend, CostMethod, Currency, PriceColumns, Quantity, Split, SplitRatio, Symbol, Trade,
    Transaction, TransactionId, epoch_day,
};
use bellwether_portfolio::{
    Books, InstrumentData, Market, Options, PortfolioSeries, PriceSeries, Rates, Report,
};
use chrono::{Datelike, Days, NaiveDate, Weekday};
use proptest::prelude::*;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use uuid::Uuid;

/// Thousands of cases, unless the environment says how many.
pub(crate) fn many() -> ProptestConfig {
    let told = std::env::var_os("PROPTEST_CASES").is_some();
    let default = ProptestConfig::default();
    if told { default } else { ProptestConfig { cases: 2_000, ..default } }
}

/// The methods by which shares are sold.
pub(crate) const METHODS: [CostMethod; 4] =
    [CostMethod::Fifo, CostMethod::Lifo, CostMethod::HighestCost, CostMethod::Average];

pub(crate) const SYMBOLS: [&str; 3] = ["AAPL", "MSFT", "SIE.DE"];
/// Days from the first to the last.
pub(crate) const SPAN: u64 = 150;

pub(crate) fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2022, 1, 3).unwrap()
}

pub(crate) fn day(offset: u64) -> NaiveDate {
    first_day() + Days::new(offset)
}

pub(crate) fn last_day() -> NaiveDate {
    day(SPAN)
}

pub(crate) fn symbol(index: usize) -> Symbol {
    SYMBOLS[index].parse().unwrap()
}

pub(crate) fn currency(index: usize) -> Currency {
    if SYMBOLS[index].contains('.') { Currency::EUR } else { Currency::USD }
}

pub(crate) fn cents(amount: i64) -> Decimal {
    Decimal::new(amount, 2)
}

/// A price that wanders by a few per cent from quote to quote; closed on weekends.
fn closes(seed: u64, start: f64, splits: &[Split]) -> PriceColumns {
    let mut columns = PriceColumns::default();
    let (mut price, mut state) = (start, seed | 1);
    for offset in 0..=SPAN {
        let date = day(offset);
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        for split in splits.iter().filter(|split| split.ex_date == date) {
            price /= split.ratio.factor().to_f64().unwrap();
        }
        if matches!(date.weekday(), Weekday::Sat | Weekday::Sun) {
            continue;
        }
        price *= 1.0 + ((state >> 33) % 601) as f64 / 10_000.0 - 0.03;
        columns.push(epoch_day(date), (price * 10_000.0).round().max(1.0) / 10_000.0);
    }
    columns
}

#[derive(Debug, Clone)]
pub(crate) struct World {
    pub seed: u64,
    pub splits: Vec<(usize, u64, i64, i64)>,
    pub dividends: Vec<(usize, u64, i64)>,
}

impl World {
    pub(crate) fn market(&self) -> Market {
        let mut rates = Rates::new();
        rates.insert(Currency::EUR, Currency::USD, &closes(self.seed.wrapping_add(77), 1.1, &[]));
        let mut market = Market::new(rates);
        for index in 0..SYMBOLS.len() {
            let splits: Vec<_> = self
                .splits
                .iter()
                .filter(|(of, ..)| *of == index)
                .map(|(_, offset, new, old)| Split {
                    ex_date: day(*offset),
                    ratio: SplitRatio::new((*new).into(), (*old).into()).unwrap(),
                })
                .collect();
            let mut dividends: Vec<_> = self
                .dividends
                .iter()
                .filter(|(of, ..)| *of == index)
                .map(|(_, offset, amount)| CashDividend {
                    ex_date: day(*offset),
                    amount: cents(*amount),
                    currency: None,
                })
                .collect();
            dividends.dedup_by_key(|dividend| dividend.ex_date);
            let data = InstrumentData::new(currency(index));
            let splits_known = data.with_splits(&splits);
            let columns = closes(self.seed.wrapping_add(index as u64 * 7919), 100.0, splits_known.splits());
            market.insert(
                symbol(index),
                splits_known.with_prices(PriceSeries::as_traded(columns)).with_dividends(&dividends),
            );
        }
        market
    }
}

pub(crate) fn worlds() -> impl Strategy<Value = World> {
    let splits = prop::collection::vec((0..3_usize, 20..SPAN, 1..5_i64, 1..4_i64), 0..3);
    let dividends = prop::collection::vec((0..3_usize, 10..SPAN, 1..300_i64), 0..6);
    (any::<u64>(), splits, dividends).prop_map(|(seed, splits, dividends)| World { seed, splits, dividends })
}

/// What may be booked, by number; a sale is of some per cent of what was bought before it, so that it is always
/// covered, whatever the splits.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Buy { symbol: usize, nanos: i64, price: i64, fee: i64 },
    Sell { symbol: usize, percent: i64, price: i64, fee: i64 },
    Deposit(i64),
    Withdrawal(i64),
    Fee(i64),
    Interest(i64),
    Dividend { symbol: usize, gross: i64 },
}

pub(crate) fn acts() -> impl Strategy<Value = Vec<(u64, Act)>> {
    let act = prop_oneof![
        6 => (0..3_usize, 1..90_000_000_000_i64, 100..30_000_i64, 0..900_i64)
            .prop_map(|(symbol, nanos, price, fee)| Act::Buy { symbol, nanos, price, fee }),
        3 => (0..3_usize, 1..101_i64, 100..30_000_i64, 0..90_i64)
            .prop_map(|(symbol, percent, price, fee)| Act::Sell { symbol, percent, price, fee }),
        2 => (1..900_000_i64).prop_map(Act::Deposit),
        1 => (1..90_000_i64).prop_map(Act::Withdrawal),
        1 => (1..2_000_i64).prop_map(Act::Fee),
        1 => (-900..2_000_i64).prop_filter("not zero", |cents| *cents != 0).prop_map(Act::Interest),
        1 => (0..3_usize, 1..9_000_i64).prop_map(|(symbol, gross)| Act::Dividend { symbol, gross }),
    ];
    prop::collection::vec((0..SPAN, act), 1..16)
}

/// Books acts one by one; a sale that finds nothing to sell is left out.
pub(crate) fn ledger(acts: &[(u64, Act)], market: &Market) -> Vec<Transaction> {
    let mut acts = acts.to_vec();
    acts.sort_by_key(|(offset, _)| *offset);
    let mut ledger: Vec<Transaction> = Vec::new();
    for (offset, act) in acts {
        let trade = |index: usize, quantity: Decimal, price: i64, fee: i64| Trade {
            symbol: symbol(index),
            quantity: Quantity::new(quantity).unwrap(),
            price: cents(price),
            fee: cents(fee),
            tax: Decimal::ZERO,
        };
        let (booking, paid_in) = match act {
            Act::Buy { symbol: of, nanos, price, fee } => {
                (Booking::Buy(trade(of, Decimal::new(nanos, 9), price, fee)), currency(of))
            }
            Act::Sell { symbol: of, percent, price, fee } => {
                let books = books(&ledger, market, CostMethod::Fifo, day(offset));
                let held = books.position(&symbol(of)).map_or(Decimal::ZERO, |position| position.quantity);
                let sold = (held * cents(percent)).trunc_with_scale(9);
                if sold <= Decimal::ZERO {
                    continue;
                }
                (Booking::Sell { trade: trade(of, sold, price, fee), lots: Vec::new() }, currency(of))
            }
            Act::Deposit(amount) => (Booking::Deposit { amount: cents(amount) }, Currency::USD),
            Act::Withdrawal(amount) => (Booking::Withdrawal { amount: cents(amount) }, Currency::USD),
            Act::Fee(amount) => (Booking::Fee { symbol: None, amount: cents(amount) }, Currency::USD),
            Act::Interest(gross) => {
                (Booking::Interest { gross: cents(gross), tax: Decimal::ZERO }, Currency::USD)
            }
            Act::Dividend { symbol: of, gross } => {
                let (gross, tax, fee) = (cents(gross), cents(gross) / Decimal::from(4), Decimal::ZERO);
                (Booking::Dividend { symbol: symbol(of), gross, tax, fee }, currency(of))
            }
        };
        let number = ledger.len() as i64 + 1;
        ledger.push(Transaction {
            id: TransactionId::from_uuid(Uuid::from_u128(number as u128)),
            date: day(offset),
            sequence: number,
            booking,
            currency: paid_in,
            fx_rate: None,
            account: String::new(),
            note: String::new(),
        });
    }
    ledger
}

pub(crate) fn books(ledger: &[Transaction], market: &Market, method: CostMethod, as_of: NaiveDate) -> Books {
    let options = Options { method, ..Options::new(Currency::USD) };
    Books::replay(ledger, market, &options, as_of).unwrap()
}

pub(crate) fn report(books: &Books, market: &Market) -> Report {
    Report::new(books, market, &PortfolioSeries::new(books, market))
}

/// Whether two numbers differ by no more than rounding, in figures of a size.
pub(crate) fn close(left: f64, right: f64, size: f64) -> bool {
    (left - right).abs() <= 1e-9 * size.abs().max(1.0)
}

pub(crate) fn float(amount: Decimal) -> f64 {
    amount.to_f64().unwrap()
}

pub(crate) fn nearly(left: Decimal, right: Decimal) -> bool {
    (left - right).abs() < Decimal::new(1, 12)
}

/// Bookings in dollars, in the order of their days.
pub(crate) fn as_ledger(bookings: &[(NaiveDate, Booking)]) -> Vec<Transaction> {
    let booked = |(index, (date, booking)): (usize, &(NaiveDate, Booking))| Transaction {
        id: TransactionId::from_uuid(Uuid::from_u128(index as u128 + 1)),
        date: *date,
        // Whoever buys on the ex-date has no right to the dividend: reinvestments come first.
        sequence: i64::from(!matches!(booking, Booking::Reinvestment { .. })),
        booking: booking.clone(),
        currency: Currency::USD,
        fx_rate: None,
        account: String::new(),
        note: String::new(),
    };
    bookings.iter().enumerate().map(booked).collect()
}
