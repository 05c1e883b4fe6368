// What the worked examples of FORMULAS.md share: short ways to write down a day, prices and a ledger in dollars.

pub use bellwether_domain::*;
pub use bellwether_portfolio::*;
pub use chrono::NaiveDate;
pub use rust_decimal::Decimal;

pub fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

pub fn number(text: &str) -> Decimal {
    text.parse().expect("a number")
}

pub fn symbol(text: &str) -> Symbol {
    text.parse().expect("a symbol")
}

/// Equal but for the rounding of an `f64`.
pub fn close(figure: f64, expected: f64) -> bool {
    (figure - expected).abs() < 1e-9
}

pub fn columns(closes: &[(&str, f64)]) -> PriceColumns {
    let days = closes.iter().map(|(on, _)| epoch_day(day(on))).collect();
    PriceColumns { days, closes: closes.iter().map(|(_, close)| *close).collect() }
}

/// An instrument in dollars with closes as traded.
pub fn listed(closes: &[(&str, f64)]) -> InstrumentData {
    InstrumentData::new(Currency::USD).with_prices(PriceSeries::as_traded(columns(closes)))
}

/// The same on consecutive days.
pub fn listed_from<const N: usize>(first: &str, closes: [f64; N]) -> InstrumentData {
    let days = (epoch_day(day(first))..).take(N).collect();
    let columns = PriceColumns { days, closes: closes.to_vec() };
    InstrumentData::new(Currency::USD).with_prices(PriceSeries::as_traded(columns))
}

pub fn market<const N: usize>(instruments: [(&str, InstrumentData); N]) -> Market {
    let mut market = Market::new(Rates::new());
    for (name, data) in instruments {
        market.insert(symbol(name), data);
    }
    market
}

pub fn dividend(ex_date: &str, amount: &str) -> CashDividend {
    CashDividend { ex_date: day(ex_date), amount: number(amount), currency: None }
}

pub fn split(ex_date: &str, new: i64, old: i64) -> Split {
    Split { ex_date: day(ex_date), ratio: SplitRatio::new(new.into(), old.into()).expect("a ratio") }
}

pub fn buy(on: &str, name: &str, quantity: &str, price: &str) -> TransactionDraft {
    traded(TransactionKind::Buy, on, name, quantity, price)
}

pub fn sell(on: &str, name: &str, quantity: &str, price: &str) -> TransactionDraft {
    traded(TransactionKind::Sell, on, name, quantity, price)
}

fn traded(kind: TransactionKind, on: &str, name: &str, quantity: &str, price: &str) -> TransactionDraft {
    let (quantity, price) = (Some(number(quantity)), Some(number(price)));
    TransactionDraft {
        symbol: Some(symbol(name)),
        quantity,
        price,
        ..TransactionDraft::new(kind, day(on), Currency::USD)
    }
}

pub fn paid(kind: TransactionKind, on: &str, amount: &str) -> TransactionDraft {
    TransactionDraft { amount: Some(number(amount)), ..TransactionDraft::new(kind, day(on), Currency::USD) }
}

/// Transactions in the order in which they were recorded.
pub fn ledger<const N: usize>(drafts: [TransactionDraft; N]) -> Vec<Transaction> {
    let checked =
        (1..).zip(drafts).map(|(sequence, draft)| draft.check(TransactionId::new(), sequence, draft.date));
    checked.collect::<Result<_, _>>().expect("valid transactions")
}

/// A ledger in dollars up to a day, first in, first out.
pub fn replayed(ledger: &[Transaction], market: &Market, on: &str) -> Books {
    Books::replay(ledger, market, &Options::new(Currency::USD), day(on)).expect("a ledger that can be")
}

/// What is held, without a ledger.
pub fn asset(name: &str, quantity: &str, price: &str) -> Asset {
    let (quantity, price) = (number(quantity), number(price));
    Asset { symbol: symbol(name), currency: Currency::USD, quantity, price, value: quantity * price }
}
