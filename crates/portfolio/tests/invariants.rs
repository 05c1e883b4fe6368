//! What must hold for every ledger and every market.
#![allow(clippy::unwrap_used, missing_docs)]

use bellwether_domain::{
    Booking, CashDividend, CostMethod, Currency, DividendPolicy, PriceColumns, Quantity, Split, SplitRatio,
    Symbol, Trade, Transaction, TransactionId, epoch_day,
};
use bellwether_portfolio::{
    Basis, Benchmark, Books, CapitalGains, Component, Contributions, CustomIndex, Decisions, GainParts,
    Income, InstrumentData, Investment, Market, Options, Period, PortfolioSeries, PriceSeries, Rates,
    Rebalancing, Report, Subject, TradeCosts, performance,
};
use chrono::{Datelike, Days, NaiveDate, Weekday};
use proptest::prelude::*;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use uuid::Uuid;

const SYMBOLS: [&str; 3] = ["AAPL", "MSFT", "SIE.DE"];
/// Days from the first to the last.
const SPAN: u64 = 420;

fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2022, 1, 3).unwrap()
}

fn day(offset: u64) -> NaiveDate {
    first_day() + Days::new(offset)
}

fn last_day() -> NaiveDate {
    day(SPAN)
}

fn symbol(index: usize) -> Symbol {
    SYMBOLS[index].parse().unwrap()
}

fn currency(index: usize) -> Currency {
    if SYMBOLS[index].contains('.') { Currency::EUR } else { Currency::USD }
}

fn cents(amount: i64) -> Decimal {
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
struct World {
    seed: u64,
    splits: Vec<(usize, u64, i64, i64)>,
    dividends: Vec<(usize, u64, i64)>,
}

impl World {
    fn market(&self) -> Market {
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

fn worlds() -> impl Strategy<Value = World> {
    let splits = prop::collection::vec((0..3_usize, 20..SPAN, 1..5_i64, 1..4_i64), 0..3);
    let dividends = prop::collection::vec((0..3_usize, 10..SPAN, 1..300_i64), 0..6);
    (any::<u64>(), splits, dividends).prop_map(|(seed, splits, dividends)| World { seed, splits, dividends })
}

/// What may be booked, by number; a sale is of some per cent of what was bought before it, so that it is always
/// covered, whatever the splits.
#[derive(Debug, Clone)]
enum Act {
    Buy { symbol: usize, nanos: i64, price: i64, fee: i64 },
    Sell { symbol: usize, percent: i64, price: i64, fee: i64 },
    Deposit(i64),
    Withdrawal(i64),
    Fee(i64),
    Interest(i64),
    Dividend { symbol: usize, gross: i64 },
}

fn acts() -> impl Strategy<Value = Vec<(u64, Act)>> {
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
    prop::collection::vec((0..SPAN, act), 1..30)
}

/// Books acts one by one; a sale that finds nothing to sell is left out.
fn ledger(acts: &[(u64, Act)], market: &Market) -> Vec<Transaction> {
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

fn books(ledger: &[Transaction], market: &Market, method: CostMethod, as_of: NaiveDate) -> Books {
    let options = Options { method, ..Options::new(Currency::USD) };
    Books::replay(ledger, market, &options, as_of).unwrap()
}

fn report(books: &Books, market: &Market) -> Report {
    Report::new(books, market, &PortfolioSeries::new(books, market))
}

fn nearly(left: Decimal, right: Decimal) -> bool {
    (left - right).abs() < Decimal::new(1, 12)
}

/// Equal but for the rounding of sums of their size.
fn same(left: f64, right: f64, size: f64) -> bool {
    (left - right).abs() <= 1e-10 * (1.0 + size.abs())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn contributions_sum_to_gain_and_returns_of_any_period(world in worlds(), acts in acts(), from in 0..SPAN, days in 1..SPAN) {
        let market = world.market();
        let books = books(&ledger(&acts, &market), &market, CostMethod::Fifo, last_day());
        let series = PortfolioSeries::new(&books, &market);
        let period = Period::new(day(from), day((from + days).min(SPAN + 1)).min(last_day()));
        let Ok(period) = period else { return Ok(()) };
        let contributions = Contributions::new(&books, &market, &series, period);
        let performance = performance(&Subject::portfolio(&books), &market, period);
        let gain = contributions.gain.unwrap();
        prop_assert!(nearly(gain, performance.gain.unwrap()));
        prop_assert_eq!(gain, contributions.lines.iter().map(|line| line.gain.clone().unwrap()).sum::<Decimal>());
        if let Ok(linked) = performance.returns.time_weighted {
            let parts = contributions.lines.iter().map(|line| line.time_weighted.clone().unwrap());
            let (sum, size) = parts.fold((0.0, linked.total), |(sum, size), part| (sum + part, size + part.abs()));
            prop_assert!(same(sum, linked.total, size), "{sum} {}", linked.total);
            prop_assert!(same(sum, contributions.time_weighted.unwrap(), size));
        }
        if let Ok(simple) = performance.returns.simple {
            let parts = contributions.lines.iter().map(|line| line.simple.clone().unwrap());
            let (sum, size) = parts.fold((0.0, simple), |(sum, size), part| (sum + part, size + part.abs()));
            prop_assert!(same(sum, simple, size), "{sum} {simple}");
        }
    }

    #[test]
    fn the_effect_of_every_purchase_is_that_of_its_lot_alone(world in worlds(), acts in acts()) {
        let market = world.market();
        let ledger = ledger(&acts, &market);
        let whole = Period::since(first_day(), last_day()).unwrap();
        let benchmark = Benchmark::new(&symbol(1), &market, Currency::USD, last_day()).unwrap();
        for method in [CostMethod::Fifo, CostMethod::Lifo, CostMethod::Average] {
            let books = books(&ledger, &market, method, last_day());
            let decisions = Decisions::new(&books, &market, std::slice::from_ref(&benchmark));
            let mut gains = Decimal::ZERO;
            for purchase in &decisions.purchases {
                let lot = Subject::lot(&books, &market, purchase.transaction).unwrap();
                let effect = purchase.effect.clone().unwrap();
                prop_assert!(nearly(effect, performance(&lot, &market, whole).gain.unwrap()));
                gains += effect;
                let Ok(against) = purchase.against[0] else { continue };
                let alone = benchmark.against(&Investment::of_subject(&lot, &market, whole).unwrap()).unwrap();
                let size = alone.value.abs() + alone.own_value + alone.paid_in;
                prop_assert!(same(against, alone.ahead_by, size), "{against} {}", alone.ahead_by);
            }
            // A dividend recorded for shares that nobody held belongs to no purchase.
            let held_only = books.positions().iter().flat_map(|position| position.income.iter().map(move |paid| (position, paid)));
            if held_only.clone().all(|(position, paid)| paid.is_inferred() && position.quantity_before(paid.date) > Decimal::ZERO) {
                prop_assert!(nearly(gains, performance(&Subject::holdings(&books), &market, whole).gain.unwrap()));
            }
        }
    }

    #[test]
    fn an_index_of_one_component_is_that_component(world in worlds(), weight in 1..100_i64) {
        let market = world.market();
        let component = |index, percent: i64| Component { symbol: symbol(index), weight: cents(percent) };
        let built = |parts, rebalancing| {
            let index = CustomIndex::new("MIX".parse().unwrap(), parts, rebalancing).unwrap();
            Benchmark::custom(&index, &market, Currency::USD, last_day()).unwrap()
        };
        let plain = Benchmark::new(&symbol(2), &market, Currency::USD, last_day()).unwrap();
        prop_assert_eq!(plain.index(), built(vec![component(2, 100)], Rebalancing::Monthly).index());
        // Weights that never move sum to 1 on every day, and the mix lies between its parts.
        let mix = built(vec![component(0, weight), component(2, 100 - weight)], Rebalancing::Never);
        let sum: f64 = mix.weights_on(last_day()).unwrap().iter().map(|part| part.weight).sum();
        prop_assert!(same(sum, 1.0, 1.0));
        let total = |benchmark: &Benchmark| benchmark.return_since(first_day()).unwrap();
        let other = total(&Benchmark::new(&symbol(0), &market, Currency::USD, last_day()).unwrap());
        let (low, high) = (total(&plain).min(other), total(&plain).max(other));
        let has_dividends = !world.dividends.is_empty();
        prop_assert!(has_dividends || (low - 1e-9..=high + 1e-9).contains(&total(&mix)));
    }

    #[test]
    fn total_gain_is_what_the_portfolio_is_worth_beyond_what_was_paid_in(world in worlds(), acts in acts()) {
        let market = world.market();
        let ledger = ledger(&acts, &market);
        for method in [CostMethod::Fifo, CostMethod::Average] {
            let totals = report(&books(&ledger, &market, method, last_day()), &market).totals;
            let by_parts = totals.total_gain.unwrap();
            let by_money = totals.value.unwrap() - totals.net_deposits.unwrap();
            prop_assert!(nearly(by_parts, by_money), "{by_parts} {by_money}");
        }
    }

    #[test]
    fn lots_sum_to_holdings_and_flows_to_gains(world in worlds(), acts in acts()) {
        let market = world.market();
        let books = books(&ledger(&acts, &market), &market, CostMethod::Fifo, last_day());
        for position in books.positions() {
            let lots: Decimal = position.lots.iter().map(|lot| lot.quantity).sum();
            prop_assert_eq!(lots, position.quantity);
            let last = position.changes.last().map_or(Decimal::ZERO, |change| change.after);
            prop_assert_eq!(last, position.quantity);
            let closed: Decimal = position.closed_lots.iter().map(|lot| lot.gain().unwrap()).sum();
            prop_assert!(nearly(closed, position.realised(None).unwrap()));
        }
        let report = report(&books, &market);
        for (holding, position) in report.holdings.iter().zip(books.positions()) {
            let put_in: Decimal = position.flows.iter().map(|flow| flow.amount.clone().unwrap()).sum();
            let gain = holding.value.clone().unwrap() - put_in;
            prop_assert!(nearly(gain, holding.total_gain.clone().unwrap()));
        }
    }

    #[test]
    fn cash_is_never_negative_and_its_entries_add_up(world in worlds(), acts in acts()) {
        let market = world.market();
        let books = books(&ledger(&acts, &market), &market, CostMethod::Fifo, last_day());
        for balance in &books.cash().balances {
            let mut sum = Decimal::ZERO;
            for entry in books.cash().entries.iter().filter(|entry| entry.currency == balance.currency) {
                sum += entry.amount;
                prop_assert_eq!(entry.balance, sum);
                prop_assert!(sum >= Decimal::ZERO);
            }
            prop_assert_eq!(sum, balance.balance);
        }
        let mut inferred: Vec<_> = books
            .cash()
            .entries
            .iter()
            .filter(|entry| entry.inferred && entry.amount > Decimal::ZERO && !entry.funds.is_empty())
            .map(|entry| (entry.date, entry.currency))
            .collect();
        let all = inferred.len();
        inferred.dedup();
        prop_assert_eq!(inferred.len(), all, "one inferred deposit a day and currency");
    }

    #[test]
    fn the_order_of_insertion_does_not_matter(world in worlds(), acts in acts(), rotation in 0..30_usize) {
        let market = world.market();
        let straight = ledger(&acts, &market);
        let mut shuffled = straight.clone();
        let by = rotation % shuffled.len().max(1);
        shuffled.rotate_left(by);
        shuffled.reverse();
        let of = |ledger: &[Transaction]| books(ledger, &market, CostMethod::Average, last_day());
        let (straight, shuffled) = (of(&straight), of(&shuffled));
        prop_assert_eq!(&straight.cash().entries, &shuffled.cash().entries);
        prop_assert_eq!(report(&straight, &market).totals, report(&shuffled, &market).totals);
    }

    #[test]
    fn the_series_ends_at_the_exact_total(world in worlds(), acts in acts()) {
        let market = world.market();
        let books = books(&ledger(&acts, &market), &market, CostMethod::Fifo, last_day());
        let series = PortfolioSeries::new(&books, &market);
        let exact = Report::new(&books, &market, &series).totals.value.unwrap().to_f64().unwrap();
        let last = series.value.last().unwrap();
        prop_assert!((last - exact).abs() <= 1e-9 * exact.abs(), "{last} {exact}");
        prop_assert!(series.value.values.iter().chain(&series.held.values).all(|value| value.is_finite()));
        if let Ok(linked) = series.time_weighted {
            prop_assert!(linked.index.values.iter().all(|growth| growth.is_finite() && *growth >= 0.0));
        }
    }

    #[test]
    fn every_day_of_the_series_is_the_exact_value_of_that_day(world in worlds(), acts in acts(), at in 0..SPAN) {
        let market = world.market();
        // A dividend that is recorded later takes the place of one that is inferred until then.
        let acts: Vec<_> = acts.into_iter().filter(|(_, act)| !matches!(act, Act::Dividend { .. })).collect();
        let ledger = ledger(&acts, &market);
        let series = PortfolioSeries::new(&books(&ledger, &market, CostMethod::Fifo, last_day()), &market);
        let then = books(&ledger, &market, CostMethod::Fifo, day(at));
        let exact = report(&then, &market).totals.value.unwrap().to_f64().unwrap();
        let on_the_day = series.value.at(day(at)).unwrap_or(0.0);
        prop_assert!((on_the_day - exact).abs() <= 1e-9 * exact.abs(), "{on_the_day} {exact}");
    }

    #[test]
    fn a_split_changes_no_value(world in worlds(), acts in acts(), offset in 30..SPAN, new in 2..9_i64) {
        let unsplit = World { splits: Vec::new(), dividends: Vec::new(), ..world };
        let market = unsplit.market();
        // All trades before the split, so that their units mean the same with and without it.
        let acts: Vec<_> = acts.into_iter().map(|(day, act)| (day % offset, act)).collect();
        let ledger = ledger(&acts, &market);
        let mut split_market = market.clone();
        let split = Split { ex_date: day(offset), ratio: SplitRatio::new(new.into(), Decimal::ONE).unwrap() };
        let apple = market.instrument(&symbol(0)).unwrap();
        let mut columns = PriceColumns::default();
        for (&at, &close) in apple.prices().columns().days.iter().zip(&apple.prices().columns().closes) {
            columns.push(at, if at < epoch_day(split.ex_date) { close } else { close / new as f64 });
        }
        let data = InstrumentData::new(Currency::USD).with_prices(PriceSeries::as_traded(columns)).with_splits(&[split]);
        split_market.insert(symbol(0), data);
        let of = |market: &Market| {
            let books = books(&ledger, market, CostMethod::Fifo, last_day());
            (PortfolioSeries::new(&books, market), report(&books, market).totals.cost.unwrap())
        };
        let ((plain, cost), (split, cost_after)) = (of(&market), of(&split_market));
        prop_assert_eq!(cost, cost_after);
        for (plain, split) in plain.value.values.iter().zip(&split.value.values) {
            prop_assert!((plain - split).abs() <= 1e-9 * plain.abs(), "{plain} {split}");
        }
    }

    #[test]
    fn splitting_a_trade_in_two_changes_nothing_but_rounding(world in worlds(), acts in acts(), which in 0..30_usize) {
        let market = world.market();
        let whole = ledger(&acts, &market);
        let mut halves = whole.clone();
        let trades: Vec<_> = whole
            .iter()
            .enumerate()
            .filter(|(_, booking)| matches!(booking.booking, Booking::Buy(_) | Booking::Sell { .. }))
            .map(|(index, _)| index)
            .collect();
        let Some(index) = trades.get(which % trades.len().max(1)).copied() else { return Ok(()) };
        let (Booking::Buy(trade) | Booking::Sell { trade, .. }) = &mut halves[index].booking else { unreachable!() };
        let half = (trade.quantity.get() / Decimal::TWO).trunc_with_scale(9);
        if half.is_zero() {
            return Ok(());
        }
        let rest = trade.quantity.get() - half;
        let fee_of_half = trade.fee * half / trade.quantity.get();
        let fee_of_rest = trade.fee - fee_of_half;
        trade.fee = fee_of_half;
        trade.quantity = Quantity::new(half).unwrap();
        let mut second = whole[index].clone();
        let (Booking::Buy(trade) | Booking::Sell { trade, .. }) = &mut second.booking else { unreachable!() };
        trade.quantity = Quantity::new(rest).unwrap();
        trade.fee = fee_of_rest;
        second.id = TransactionId::from_uuid(Uuid::from_u128(1000));
        halves.push(second);
        for method in [CostMethod::Fifo, CostMethod::Average] {
            let of = |ledger: &[Transaction]| report(&books(ledger, &market, method, last_day()), &market).totals;
            let (whole, halves) = (of(&whole), of(&halves));
            for (a, b) in [
                (whole.value, halves.value),
                (whole.cost, halves.cost),
                (whole.realised, halves.realised),
                (whole.income, halves.income),
                (whole.net_deposits, halves.net_deposits),
            ] {
                let (a, b) = (a.unwrap(), b.unwrap());
                prop_assert!((a - b).abs() < Decimal::new(1, 9), "{a} {b}");
            }
        }
    }

    #[test]
    fn a_portfolio_of_the_benchmark_alone_with_reinvested_dividends_equals_it(
        world in worlds(),
        purchases in prop::collection::vec((0..SPAN - 10, 1..900_i64), 1..8),
    ) {
        let market = World { splits: world.splits.clone(), dividends: world.dividends.clone(), ..world }.market();
        let apple = market.instrument(&symbol(0)).unwrap().clone();
        let mut bookings: Vec<(NaiveDate, Booking)> = Vec::new();
        for (offset, shares) in purchases {
            let quoted = apple.prices().columns().days.iter().find(|at| **at >= epoch_day(day(offset))).copied();
            let date = bellwether_domain::from_epoch_day(quoted.unwrap());
            let price = apple.price_on(date).unwrap().price;
            let quantity = Quantity::new(shares.into()).unwrap();
            let zero = Decimal::ZERO;
            bookings.push((date, Booking::Buy(Trade { symbol: symbol(0), quantity, price, fee: zero, tax: zero })));
        }
        // Reinvest each dividend at the close of its ex-date, or the next one, to nine decimals.
        for dividend in apple.dividends() {
            let Some(at) = apple.prices().columns().days.iter().find(|at| **at >= epoch_day(dividend.ex_date)) else {
                continue;
            };
            let date = bellwether_domain::from_epoch_day(*at);
            let so_far = as_ledger(&bookings);
            let position = books(&so_far, &market, CostMethod::Fifo, date);
            let units =
                position.position(&symbol(0)).map_or(Decimal::ZERO, |held| held.quantity_before(dividend.ex_date));
            let price = apple.price_on(date).unwrap().price;
            let gross = units * dividend.amount;
            let Ok(quantity) = Quantity::new((gross / price).round_dp(9)) else { continue };
            let zero = Decimal::ZERO;
            let purchase = Trade { symbol: symbol(0), quantity, price, fee: zero, tax: zero };
            bookings.push((date, Booking::Reinvestment { purchase, gross, withheld: zero }));
        }
        let books = books(&as_ledger(&bookings), &market, CostMethod::Fifo, last_day());
        let series = PortfolioSeries::new(&books, &market);
        let benchmark = Benchmark::new(&symbol(0), &market, Currency::USD, last_day()).unwrap();
        let comparison = benchmark.against_portfolio(&books, &series).unwrap();
        let off = (comparison.ahead_by / comparison.value).abs();
        prop_assert!(off < 1e-6, "ahead by {} of {}", comparison.ahead_by, comparison.value);
        // Money that comes in with a dividend dilutes it: there the two time-weighted returns differ by definition.
        let reinvested_on = |date| {
            let is_reinvested = |booking: &Booking| matches!(booking, Booking::Reinvestment { .. });
            bookings.iter().any(|(day, booking)| *day == date && is_reinvested(booking))
        };
        let is_diluted = books.external_flows().iter().any(|flow| reinvested_on(flow.date));
        let own = Report::new(&books, &market, &series).returns.time_weighted.unwrap().total;
        prop_assert!(is_diluted || (own - comparison.total_return).abs() < 1e-6 * (1.0 + own.abs()), "{own} {}", comparison.total_return);
    }

    #[test]
    fn a_portfolio_of_one_holding_returns_what_the_holding_does(world in worlds(), purchases in prop::collection::vec((0..SPAN - 10, 1..900_i64), 1..8)) {
        let market = World { dividends: Vec::new(), splits: Vec::new(), ..world }.market();
        let apple = market.instrument(&symbol(0)).unwrap().clone();
        let zero = Decimal::ZERO;
        let mut bookings = Vec::new();
        for (offset, shares) in purchases {
            let quoted = apple.prices().columns().days.iter().find(|at| **at >= epoch_day(day(offset))).copied();
            let date = bellwether_domain::from_epoch_day(quoted.unwrap());
            let price = apple.price_on(date).unwrap().price;
            let quantity = Quantity::new(shares.into()).unwrap();
            bookings.push((date, Booking::Buy(Trade { symbol: symbol(0), quantity, price, fee: zero, tax: zero })));
        }
        let books = books(&as_ledger(&bookings), &market, CostMethod::Fifo, last_day());
        let own = PortfolioSeries::new(&books, &market).time_weighted.unwrap().total;
        let price = |date| apple.price_on(date).unwrap().price.to_f64().unwrap();
        let expected = price(last_day()) / price(books.first_day().unwrap()) - 1.0;
        prop_assert!((own - expected).abs() < 1e-9 * (1.0 + expected.abs()), "{own} {expected}");
    }

    #[test]
    fn the_parts_of_a_period_s_gain_add_up_for_every_subject(world in worlds(), acts in acts(), from in 0..SPAN - 1, days in 1..SPAN) {
        let market = world.market();
        let ledger = ledger(&acts, &market);
        let period = Period::new(day(from), day((from + days).min(SPAN))).unwrap();
        for method in [CostMethod::Fifo, CostMethod::Average] {
            let books = books(&ledger, &market, method, last_day());
            let mut subjects = vec![Subject::portfolio(&books), Subject::holdings(&books).before_tax()];
            for position in books.positions() {
                subjects.push(Subject::holding(&[&books], &position.symbol).unwrap());
                let lots = position.opened.iter().map(|lot| lot.transaction);
                subjects.extend(lots.map(|lot| Subject::lot(&books, &market, lot).unwrap()));
            }
            for subject in &subjects {
                let result = performance(subject, &market, period);
                let gain = result.gain.unwrap();
                for basis in [Basis::PurchaseCost, Basis::OpeningValue] {
                    let gains = |costs| CapitalGains::new(subject, &market, period, basis, costs);
                    let after = result.parts.sum_with(&gains(TradeCosts::Included)).unwrap();
                    prop_assert!(nearly(after, gain), "{basis:?} {after} {gain}");
                    let before = result.parts.sum_before_costs_with(&gains(TradeCosts::LeftOut)).unwrap();
                    prop_assert!(nearly(before, gain), "{basis:?} {before} {gain}");
                }
            }
        }
    }

    #[test]
    fn lots_sum_to_their_holding_over_any_period(world in worlds(), acts in acts(), from in 0..SPAN - 1, days in 1..SPAN) {
        let market = world.market();
        let books = books(&ledger(&acts, &market), &market, CostMethod::Fifo, last_day());
        let period = Period::new(day(from), day((from + days).min(SPAN))).unwrap();
        for position in books.positions() {
            let whole = performance(&Subject::holding(&[&books], &position.symbol).unwrap(), &market, period);
            let mut sum = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
            for lot in &position.opened {
                let lot = performance(&Subject::lot(&books, &market, lot.transaction).unwrap(), &market, period);
                sum = (sum.0 + lot.opening.unwrap(), sum.1 + lot.closing.unwrap(), sum.2 + lot.gain.unwrap());
            }
            let charges = whole.parts.fees.separate.unwrap();
            // Of a split that leaves fractions each lot keeps 15 decimals: times prices and bookings, not more.
            let alike = |left: Decimal, right: Decimal| (left - right).abs() < Decimal::new(1, 9);
            let (opening, closing, gain) = (whole.opening.unwrap(), whole.closing.unwrap(), whole.gain.unwrap());
            prop_assert!(alike(sum.0, opening) && alike(sum.1, closing), "{sum:?} {opening} {closing}");
            // A dividend that came before any share belongs to no lot.
            let is_earned = |income: &Income| position.opened.first().is_some_and(|lot| lot.arrived < income.date);
            if position.income.iter().all(is_earned) {
                prop_assert!(alike(sum.2 - charges, gain), "{sum:?} {charges} {gain}");
            }
        }
    }

    #[test]
    fn books_of_a_later_day_tell_the_same_of_a_period(world in worlds(), acts in acts(), from in 0..SPAN - 1, days in 1..SPAN) {
        let market = world.market();
        let ledger = ledger(&acts, &market);
        let period = Period::new(day(from), day((from + days).min(SPAN))).unwrap();
        // An inferred dividend gives way to the payment that is recorded later.
        let options = Options { dividends: DividendPolicy::RecordedOnly, ..Options::new(Currency::USD) };
        let [then, later] =
            [period.to, last_day()].map(|as_of| Books::replay(&ledger, &market, &options, as_of).unwrap());
        let results = [&then, &later].map(|books| performance(&Subject::portfolio(books), &market, period));
        let [then, later] = results;
        prop_assert!(nearly(then.closing.unwrap(), later.closing.unwrap()));
        prop_assert!(nearly(then.gain.unwrap(), later.gain.unwrap()));
        let realised = |result: GainParts| result.capital_gains.realised.unwrap();
        prop_assert!(nearly(realised(then.parts), realised(later.parts)));
        match (then.returns.time_weighted, later.returns.time_weighted) {
            (Ok(then), Ok(later)) => prop_assert!((then.total - later.total).abs() < 1e-12),
            (then, later) => prop_assert_eq!(then, later),
        }
    }
}

/// Bookings in dollars, in the order of their days.
fn as_ledger(bookings: &[(NaiveDate, Booking)]) -> Vec<Transaction> {
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
