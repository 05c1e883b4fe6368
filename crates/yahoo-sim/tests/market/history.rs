//! Windows agree, splits restate the past, and adjusted closes follow from dividends.

use bellwether_domain::{ActionKind, CorporateAction, SplitRatio};
use bellwether_yahoo_sim::{Market, Truth};
use chrono::{Days, NaiveDate, TimeDelta};
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::{day, sessions_after, symbol};

const EPOCH: (i32, u32, u32) = (2026, 1, 5);

fn market(seed: u64) -> Market {
    Market::new(seed, day(EPOCH.0, EPOCH.1, EPOCH.2))
}

fn truth(market: &Market, ticker: &str, from: NaiveDate, to: NaiveDate, as_of: NaiveDate) -> Truth {
    market.truth(&symbol(ticker), from, to, as_of).expect("a quoted symbol")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn overlapping_windows_agree(
        seed in 0..50_u64, ticker in "[A-Z]{1,4}(\\.(L|DE|T|TO|JO))?", start in 0..6_000_i64, length in 1..400_i64,
        cut in 0..400_i64,
    ) {
        let market = market(seed);
        let from = day(2005, 1, 3) + TimeDelta::days(start);
        let (to, as_of) = (from + TimeDelta::days(length), day(2026, 1, 5));
        let Some(whole) = market.truth(&symbol(&ticker), from, to, as_of) else { return Ok(()) };
        let part_from = from + TimeDelta::days(cut.min(length));
        let part = truth(&market, &ticker, part_from, to, as_of);
        let tail: Vec<_> = whole.bars.iter().filter(|bar| bar.bar.date >= part_from).copied().collect();
        prop_assert_eq!(part.bars, tail);
    }

    #[test]
    fn bars_are_in_order_and_inside_their_range(seed in 0..50_u64, ticker in "(\\^|0P)?[A-Z]{1,5}(\\.(L|KW)|-USD|=F)?") {
        let (from, as_of) = (day(2015, 1, 1), day(2026, 1, 5));
        let Some(truth) = market(seed).truth(&symbol(&ticker), from, as_of, as_of) else { return Ok(()) };
        for pair in truth.bars.windows(2) {
            prop_assert!(pair[0].bar.date < pair[1].bar.date);
        }
        for bar in truth.bars.iter().map(|bar| bar.bar) {
            let (least, most) = (bar.open.min(bar.close), bar.open.max(bar.close));
            prop_assert!(bar.low <= least && most <= bar.high, "{:?}", bar);
            prop_assert!(bar.low > 0.0 && bar.high.is_finite(), "{:?}", bar);
        }
    }

    #[test]
    fn a_split_restates_everything_before_it_and_nothing_after(
        seed in 0..50_u64, new in 1..20_u32, old in 1..4_u32, ahead in 1..40_usize,
    ) {
        prop_assume!(new != old);
        let market = market(seed);
        let ex_date = sessions_after(day(2025, 6, 2), ahead);
        let before = ex_date - Days::new(1);
        let old_view = truth(&market, "PLAIN", day(2025, 1, 2), before, before);
        let ratio = SplitRatio::new(Decimal::from(new), Decimal::from(old)).unwrap();
        market.plan(CorporateAction { symbol: symbol("PLAIN"), ex_date, kind: ActionKind::Split(ratio) });
        prop_assert_eq!(&truth(&market, "PLAIN", day(2025, 1, 2), before, before), &old_view, "not known before");

        let after = sessions_after(ex_date, 10);
        let new_view = truth(&market, "PLAIN", day(2025, 1, 2), after, after);
        prop_assert_eq!(new_view.splits.len(), 1);
        let factor = f64::from(new) / f64::from(old);
        for (then, now) in old_view.bars.iter().zip(&new_view.bars) {
            prop_assert_eq!(then.bar.date, now.bar.date);
            prop_assert!((then.bar.close / factor / now.bar.close - 1.0).abs() < 1e-6);
            prop_assert!((now.bar.volume as f64 / factor - then.bar.volume as f64).abs() <= 1.0);
            prop_assert_eq!(then.as_traded_close.to_bits(), now.as_traded_close.to_bits());
        }
        for later in new_view.bars.iter().filter(|bar| bar.bar.date >= ex_date) {
            prop_assert!((later.bar.close / later.as_traded_close - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn adjusted_closes_follow_from_closes_and_dividends(
        seed in 0..50_u64, ticker in prop::sample::select(&["KO", "JNJ", "MSFT", "VTI", "ZZDIV1", "NVDA", "VOD.L"]),
    ) {
        let as_of = day(2026, 1, 5);
        let truth = truth(&market(seed), ticker, day(2021, 1, 4), as_of, as_of);
        prop_assert!(!truth.dividends.is_empty());
        let mut factor = 1.0;
        let mut dividends = truth.dividends.iter().rev().peekable();
        for pair in truth.bars.windows(2).rev() {
            let [before, bar] = pair else { unreachable!("windows of two") };
            prop_assert!((bar.adjusted_close / bar.bar.close / factor - 1.0).abs() < 4e-7, "{:?}", bar);
            if let Some(paid) = dividends.next_if(|paid| paid.ex_date == bar.bar.date) {
                factor *= 1.0 - bellwether_domain::price_of_decimal(paid.amount) / before.bar.close;
            }
        }
        prop_assert_eq!(dividends.count(), 0, "every ex-date is a trading day");
    }
}

#[test]
fn a_window_that_ends_in_the_past_carries_the_later_dividends() {
    let as_of = day(2026, 1, 5);
    let truth = truth(&market(1), "KO", day(2021, 1, 4), day(2022, 1, 31), as_of);
    let last = truth.bars.last().unwrap();
    assert!(last.adjusted_close < last.bar.close * 0.95, "{last:?}");
}

#[test]
fn nothing_is_told_of_the_time_after() {
    let as_of = day(2024, 6, 7);
    let truth = truth(&market(1), "NVDA", day(2024, 6, 3), day(2024, 12, 31), as_of);
    assert_eq!(truth.bars.last().unwrap().bar.date, as_of);
    assert!(truth.splits.is_empty(), "the split is on the tenth");
}

#[test]
fn the_same_seed_gives_the_same_prices_on_every_machine() {
    let as_of = day(2026, 1, 5);
    let closes = |ticker| {
        let truth = truth(&market(1), ticker, day(2025, 12, 29), day(2026, 1, 2), as_of);
        truth.bars.iter().map(|bar| bar.bar.close.to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(closes("AAPL"), "477.47 476.82 467.87 463.14");
    assert_eq!(closes("ZZRATIO"), "100 100 100 100");
    assert_ne!(closes("AAPL"), closes("MSFT"));
}

#[test]
fn reserved_symbols_do_what_they_are_for() {
    let market = market(3);
    let epoch = day(2026, 1, 5);
    let later = sessions_after(epoch, 30);
    let quoted = |ticker: &str, on| market.truth(&symbol(ticker), day(2020, 1, 1), on, on);
    assert!(quoted("ZZUNKNOWN7", later).is_none());
    assert!(quoted("ZZDEAD", later).is_none());
    assert!(quoted("ZZNONE", later).is_none());
    assert_eq!(quoted("ZZNEW", epoch).unwrap().bars.len(), 31);
    assert_eq!(quoted("ZZHALT", later).unwrap().bars.last().unwrap().bar.date, day(2025, 7, 14));
    assert!(quoted("ZZMOVE1", epoch).is_some() && quoted("ZZTO1", epoch).is_none());
    let (before, after) = (quoted("ZZMOVE1", epoch).unwrap(), quoted("ZZTO1", later).unwrap());
    assert!(quoted("ZZMOVE1", later).is_none());
    assert_eq!(before.bars[..], after.bars[..before.bars.len()], "the new name carries the history on");

    let split = |ticker: &str| match &market.actions(&symbol(ticker))[..] {
        [CorporateAction { ex_date, kind: ActionKind::Split(ratio), .. }] => (*ex_date, ratio.factor()),
        other => panic!("{other:?}"),
    };
    assert_eq!(split("ZZSPLIT2"), (day(2026, 1, 12), Decimal::from(4)));
    assert_eq!(split("ZZREV2"), (day(2026, 1, 13), Decimal::new(1, 1)));

    let thin = quoted("ZZTHIN", later).unwrap().bars.len() as f64;
    let full = quoted("ZZRATIO", later).unwrap().bars.len() as f64;
    assert!((0.65..0.75).contains(&(thin / full)), "{thin} of {full}");
}

#[test]
fn currencies_agree_with_each_other() {
    let market = market(1);
    let on = day(2026, 1, 5);
    let rate = |ticker: &str| market.truth(&symbol(ticker), on, on, on).unwrap().bars[0].bar.close;
    assert!((rate("EURUSD=X") * rate("EUR=X") - 1.0).abs() < 1e-5);
    assert!((rate("EURGBP=X") * rate("GBPUSD=X") / rate("EURUSD=X") - 1.0).abs() < 1e-5);
    assert_eq!(truth(&market, "USDEUR=X", on, on, on).symbol.as_str(), "EUR=X");
    assert!(market.truth(&symbol("XXXUSD=X"), on, on, on).is_none());
    assert!(market.truth(&symbol("USD=X"), on, on, on).is_none());
}

#[test]
fn planned_dividends_join_the_regular_ones() {
    let market = market(1);
    let action = CorporateAction {
        symbol: symbol("ZZRATIO1"),
        ex_date: day(2025, 3, 3),
        kind: ActionKind::CashDividend { amount: Decimal::new(25, 1), currency: None },
    };
    market.plan(action.clone());
    assert_eq!(market.actions(&symbol("ZZRATIO1")), [action]);
    let truth = truth(&market, "ZZRATIO1", day(2025, 2, 27), day(2025, 3, 4), day(2025, 12, 31));
    let adjusted: Vec<_> = truth.bars.iter().map(|bar| bar.adjusted_close.to_string()).collect();
    assert_eq!(adjusted, ["97.5", "97.5", "100", "100"]);
}
