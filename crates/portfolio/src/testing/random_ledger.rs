//! Random small ledgers in random small markets: foreign holdings, splits, dividends, gaps in prices and rates.

use bellwether_domain::{Booking, CostMethod, Currency, DividendPolicy, SplitRatio};
use chrono::NaiveDate;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{Ledger, columns, date, dividend, latest, market_with_rates, split, symbol, trade, usd};
use crate::{Books, InstrumentData, Market, Options, PriceSeries, Rates};

const SYMBOLS: [&str; 3] = ["AAPL", "MSFT", "SIE.DE"];

#[derive(Debug, Clone)]
pub(crate) struct Act {
    day: u64,
    kind: u8,
    symbol: usize,
    amount: i64,
    price: i64,
    fee: i64,
    foreign: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) acts: Vec<Act>,
    prices: Vec<(usize, u64, i64)>,
    splits: Vec<(usize, u64, i64, i64)>,
    dividends: Vec<(usize, u64, i64)>,
    rates: Vec<(u64, i64)>,
    quote: Option<(usize, u64, i64)>,
    method: CostMethod,
    infer: bool,
}

pub(crate) fn day(offset: u64) -> String {
    (date("2023-06-01") + chrono::Days::new(offset)).to_string()
}

fn text(amount: i64, scale: u32) -> String {
    Decimal::new(amount, scale).to_string()
}

impl Act {
    /// What a company does to its shares.
    fn event(&self, kind: u8) -> Booking {
        let of = symbol(SYMBOLS[self.symbol]);
        let into = symbol(SYMBOLS[(self.symbol + 1 + self.fee as usize % 2) % 3]);
        let ratio = SplitRatio::new((1 + self.amount % 4).into(), (1 + self.price % 3).into());
        let ratio = ratio.expect("a ratio");
        let cash = Decimal::new(self.price, 2);
        let cash_in_lieu = if self.price % 2 == 0 { Decimal::new(self.fee, 2) } else { Decimal::ZERO };
        let cost_share = Decimal::new(self.amount % 1_001, 3);
        match kind {
            14 => Booking::SpinOff { symbol: of, into, ratio, cost_share, cash_in_lieu },
            15 => Booking::Merger {
                symbol: of,
                into: (self.amount % 4 != 0).then_some(into),
                ratio: (self.amount % 4 != 0).then_some(ratio),
                cash_per_share: if self.amount % 4 == 1 { Decimal::ZERO } else { cash },
                cash_in_lieu: if self.amount % 4 == 0 { Decimal::ZERO } else { cash_in_lieu },
                cost_share: (self.amount % 4 == 2).then_some(cost_share),
            },
            16 => Booking::TickerChange { symbol: of, into },
            _ => Booking::Split { symbol: of, ratio, cash_in_lieu },
        }
    }
}

impl Case {
    pub(crate) fn market(&self) -> Market {
        let mut rates = Rates::new();
        let mut known: Vec<_> = self.rates.clone();
        known.sort_unstable();
        known.dedup_by_key(|(offset, _)| *offset);
        let days: Vec<_> = known.iter().map(|(offset, rate)| (day(*offset), *rate as f64 / 1000.0)).collect();
        let days: Vec<_> = days.iter().map(|(day, rate)| (day.as_str(), *rate)).collect();
        rates.insert(Currency::EUR, usd(), &columns(&days));
        let mut market = market_with_rates(rates, []);
        for (index, name) in SYMBOLS.iter().enumerate() {
            let mut closes: Vec<_> = self
                .prices
                .iter()
                .filter(|(of, ..)| *of == index)
                .map(|(_, offset, price)| (*offset, *price as f64 / 100.0))
                .collect();
            closes.sort_by_key(|(offset, _)| *offset);
            closes.dedup_by_key(|(offset, _)| *offset);
            let days: Vec<_> = closes.iter().map(|(offset, price)| (day(*offset), *price)).collect();
            let days: Vec<_> = days.iter().map(|(day, price)| (day.as_str(), *price)).collect();
            let splits: Vec<_> = self.splits.iter().filter(|(of, ..)| *of == index).collect();
            let splits: Vec<_> =
                splits.iter().map(|(_, offset, new, old)| split(&day(*offset), *new, *old)).collect();
            let dividends: Vec<_> = self.dividends.iter().filter(|(of, ..)| *of == index).collect();
            let dividends: Vec<_> =
                dividends.iter().map(|(_, offset, paid)| dividend(&day(*offset), &text(*paid, 2))).collect();
            let listed = if index == 2 { Currency::EUR } else { usd() };
            let mut data = InstrumentData::new(listed)
                .with_prices(PriceSeries::as_traded(columns(&days)))
                .with_splits(&splits)
                .with_dividends(&dividends);
            if let Some((_, offset, price)) = self.quote.filter(|(of, ..)| *of == index) {
                data = data.with_latest(latest(name, &day(offset), &text(price, 2), Some("9.5")));
            }
            market.insert(symbol(name), data);
        }
        market
    }

    pub(crate) fn options(&self) -> Options {
        let dividends = if self.infer { DividendPolicy::Infer } else { DividendPolicy::RecordedOnly };
        Options { method: self.method, dividends, ..Options::new(usd()) }
    }

    pub(crate) fn as_of() -> NaiveDate {
        date(&day(305))
    }

    /// All acts, possible or not.
    pub(crate) fn acted(&self) -> Ledger {
        let mut ledger = Ledger::default();
        for act in &self.acts {
            let name = SYMBOLS[act.symbol];
            let (quantity, price, fee) = (text(act.amount, 3), text(act.price, 2), text(act.fee, 2));
            let amount = Decimal::new(act.amount, 1);
            let (tax, booked) = (Decimal::new(act.fee, 3), trade(name, &quantity, &price, &fee));
            let booking = match act.kind {
                0..=3 => Booking::Buy(booked),
                4 | 5 => Booking::Sell { trade: booked, lots: Vec::new() },
                6 => Booking::Dividend { symbol: symbol(name), gross: amount, tax, fee: tax },
                7 => Booking::Reinvestment { purchase: booked, gross: amount, withheld: tax },
                8 => Booking::Deposit { amount },
                9 => Booking::Withdrawal { amount },
                10 if act.price % 2 == 0 => {
                    Booking::Tax { symbol: (act.fee % 2 == 0).then(|| symbol(name)), amount: tax }
                }
                10 => Booking::Fee { symbol: (act.fee % 2 == 0).then(|| symbol(name)), amount: tax },
                11 => Booking::Interest { gross: amount, tax },
                12 => Booking::TransferIn {
                    symbol: symbol(name),
                    quantity: booked.quantity,
                    unit_cost: booked.price,
                    fee: tax,
                    acquired: None,
                },
                13 => Booking::TransferOut {
                    symbol: symbol(name),
                    quantity: booked.quantity,
                    fee: tax,
                    lots: Vec::new(),
                },
                kind => act.event(kind),
            };
            ledger = ledger.booked(&day(act.day), booking);
            if act.foreign {
                ledger = ledger.in_currency("EUR", (act.fee % 3 == 0).then_some("1.125"));
            }
        }
        ledger
    }

    /// What of the acts is possible.
    pub(crate) fn ledger(&self, market: &Market, options: Options, as_of: NaiveDate) -> Ledger {
        let mut ledger = self.acted();
        while let Err(error) = Books::replay(&ledger.0, market, &options, as_of) {
            let wrong = error.transaction().expect("a transaction is wrong");
            ledger.0.retain(|booking| booking.id != wrong);
        }
        ledger
    }
}

pub(crate) fn cases() -> impl Strategy<Value = Case> {
    let acts = (0..300_u64, 0..18_u8, 0..3_usize, 1..20_000_i64, 1..9_000_i64, 0..500_i64, any::<bool>())
        .prop_map(|(day, kind, symbol, amount, price, fee, foreign)| Act {
            day,
            kind,
            symbol,
            amount,
            price,
            fee,
            foreign,
        });
    (
        prop::collection::vec(acts, 0..14),
        prop::collection::vec((0..3_usize, 0..300_u64, 100..9_000_i64), 0..12),
        prop::collection::vec((0..3_usize, 0..300_u64, 1..5_i64, 1..4_i64), 0..3),
        prop::collection::vec((0..3_usize, 0..300_u64, 1..300_i64), 0..4),
        prop::collection::vec((0..300_u64, 900..1_300_i64), 0..4),
        prop::option::of((0..3_usize, 250..310_u64, 100..9_000_i64)),
        prop_oneof![Just(CostMethod::Fifo), Just(CostMethod::Average)],
        any::<bool>(),
    )
        .prop_map(|(acts, prices, splits, dividends, rates, quote, method, infer)| Case {
            acts,
            prices,
            splits,
            dividends,
            rates,
            quote,
            method,
            infer,
        })
}
