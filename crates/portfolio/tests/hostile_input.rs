//! Whatever comes in, figures are numbers or reasons: nothing panics, nothing is NaN or infinite.
#![allow(clippy::unwrap_used, missing_docs)]

use bellwether_domain::{
    Booking, CashDividend, CostMethod, Currency, PriceColumns, Quantity, Split, SplitRatio, Symbol, Trade,
    Transaction, TransactionId,
};
use bellwether_portfolio::risk::{RiskFree, RiskReport, RiskTerms, TradingDays, trading_days};
use bellwether_portfolio::{
    Benchmark, Books, CalendarUnit, Component, Contributions, CustomIndex, Decisions, DividendCalendar,
    DividendGrowth, DividendHistory, DividendYield, Flow, HoldThenTrade, IncomeReceived, InstrumentData,
    LinkedReturn, Market, Options, Period, PortfolioSeries, PortfolioYield, PriceSeries, Rates, Rebalancing,
    Report, RollingWindow, Subject, calendar_returns, current_drawdown, declared_dividends, downsample,
    drawdowns, max_drawdown, modified_dietz, rolling_returns, time_weighted, underwater, xirr,
};
use chrono::NaiveDate;
use proptest::prelude::*;
use rust_decimal::Decimal;
use uuid::Uuid;

fn day(offset: i32) -> NaiveDate {
    bellwether_domain::from_epoch_day(19_000 + offset)
}

fn symbol(number: usize) -> Symbol {
    ["AAPL", "VOO", "7203.T"][number % 3].parse().unwrap()
}

fn amounts() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        Just(Decimal::ZERO),
        Just(Decimal::new(1, 12)),
        Just(Decimal::from(10_000_000_000_000_i64)),
        Just(Decimal::MAX),
        (1..1_000_000_i64).prop_map(|cents| Decimal::new(cents, 2)),
    ]
}

fn quantities() -> impl Strategy<Value = Quantity> {
    prop_oneof![
        Just(Decimal::new(1, 9)),
        Just(Quantity::MAX),
        (1..1_000_000_000_000_i64).prop_map(|nanos| Decimal::new(nanos, 9)),
    ]
    .prop_map(|quantity| Quantity::new(quantity).unwrap())
}

fn ratios() -> impl Strategy<Value = SplitRatio> {
    let side =
        prop_oneof![Just(Decimal::MAX), Just(Decimal::new(1, 28)), (1..20_i64).prop_map(Decimal::from)];
    (side.clone(), side).prop_map(|(new, old)| SplitRatio::new(new, old).unwrap())
}

fn trades() -> impl Strategy<Value = Trade> {
    (0..3_usize, quantities(), amounts(), amounts()).prop_map(|(of, quantity, price, fee)| Trade {
        symbol: symbol(of),
        quantity,
        price,
        fee,
        tax: Decimal::ZERO,
    })
}

fn bookings() -> impl Strategy<Value = Booking> {
    prop_oneof![
        4 => trades().prop_map(Booking::Buy),
        2 => trades().prop_map(|trade| Booking::Sell { trade, lots: Vec::new() }),
        1 => (trades(), amounts(), amounts())
            .prop_map(|(purchase, gross, withheld)| Booking::Reinvestment { purchase, gross, withheld }),
        1 => (0..3_usize, amounts(), amounts(), amounts())
            .prop_map(|(of, gross, tax, fee)| Booking::Dividend { symbol: symbol(of), gross, tax, fee }),
        1 => amounts().prop_map(|amount| Booking::Deposit { amount }),
        1 => amounts().prop_map(|amount| Booking::Withdrawal { amount }),
        1 => (amounts(), amounts()).prop_map(|(gross, tax)| Booking::Interest { gross: -gross, tax }),
        1 => (0..3_usize, amounts()).prop_map(|(of, amount)| Booking::Fee { symbol: Some(symbol(of)), amount }),
        1 => (0..3_usize, ratios()).prop_map(|(of, ratio)| {
            Booking::Split { symbol: symbol(of), ratio, cash_in_lieu: Decimal::ZERO }
        }),
        1 => (0..3_usize, quantities(), amounts()).prop_map(|(of, quantity, unit_cost)| {
            let fee = Decimal::ZERO;
            Booking::TransferIn { symbol: symbol(of), quantity, unit_cost, fee, acquired: None }
        }),
        1 => (0..3_usize, quantities()).prop_map(|(of, quantity)| {
            Booking::TransferOut { symbol: symbol(of), quantity, fee: Decimal::ZERO, lots: Vec::new() }
        }),
    ]
}

fn ledgers() -> impl Strategy<Value = Vec<Transaction>> {
    let currencies = [Currency::USD, Currency::EUR, "JPY".parse().unwrap()];
    let booked = (0..40_i32, bookings(), 0..3_usize, prop::option::of(amounts()), any::<bool>());
    prop::collection::vec(booked, 0..12).prop_map(move |booked| {
        let transaction = |(number, (at, booking, currency, fx_rate, second_account))| Transaction {
            id: TransactionId::from_uuid(Uuid::from_u128(number as u128)),
            date: day(at),
            sequence: 0,
            booking,
            currency: currencies[currency],
            fx_rate,
            account: if second_account { "b".to_owned() } else { String::new() },
            note: String::new(),
        };
        booked.into_iter().enumerate().map(transaction).collect()
    })
}

fn prices() -> impl Strategy<Value = PriceColumns> {
    let price = prop_oneof![
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(-1.0),
        Just(0.0),
        Just(1e-300),
        Just(1e300),
        0.01..1000.0_f64
    ];
    prop::collection::vec((18_990..19_050_i32, price), 0..20).prop_map(|days| PriceColumns {
        days: days.iter().map(|day| day.0).collect(),
        closes: days.iter().map(|day| day.1).collect(),
    })
}

fn markets() -> impl Strategy<Value = Market> {
    let splits = prop::collection::vec((0..40_i32, ratios()), 0..3);
    let dividends = prop::collection::vec((0..40_i32, amounts()), 0..3);
    let instruments = prop::collection::vec((prices(), splits, dividends), 0..4);
    (instruments, prices()).prop_map(|(instruments, euros)| {
        let mut rates = Rates::new();
        rates.insert(Currency::EUR, Currency::USD, &euros);
        let mut market = Market::new(rates);
        for (number, (columns, splits, dividends)) in instruments.into_iter().enumerate() {
            let splits: Vec<_> =
                splits.into_iter().map(|(at, ratio)| Split { ex_date: day(at), ratio }).collect();
            let dividends: Vec<_> = dividends
                .into_iter()
                .map(|(at, amount)| CashDividend { ex_date: day(at), amount, currency: None })
                .collect();
            let data = InstrumentData::new(if number == 2 { Currency::EUR } else { Currency::USD })
                .with_prices(PriceSeries::as_traded(columns))
                .with_splits(&splits)
                .with_dividends(&dividends);
            market.insert(symbol(number), data);
        }
        market
    })
}

/// The debug text of a value names every number in it.
fn no_bad_number(what: &impl std::fmt::Debug) -> Result<(), TestCaseError> {
    let text = format!("{what:?}");
    prop_assert!(!text.contains("NaN") && !text.contains("inf,") && !text.contains("inf }"), "{text}");
    Ok(())
}

fn no_bad_income(books: &Books, market: &Market) -> Result<(), TestCaseError> {
    no_bad_number(&IncomeReceived::of(books, None))?;
    no_bad_number(&PortfolioYield::of(books, market))?;
    let declared = declared_dividends(books, market);
    no_bad_number(&DividendCalendar::new(books, market, &declared))?;
    for position in books.positions() {
        no_bad_number(&DividendYield::of(position, books, market))?;
        let history = DividendHistory::of_position(position, market, books.as_of());
        no_bad_number(&history.and_then(|history| DividendGrowth::of(&history)))?;
    }
    Ok(())
}

fn no_bad_risk(books: &Books, market: &Market, series: &PortfolioSeries) -> Result<(), TestCaseError> {
    let Ok(returns) = &series.time_weighted else { return Ok(()) };
    let index = returns.from_opening();
    for unit in [CalendarUnit::Month, CalendarUnit::Quarter, CalendarUnit::Year] {
        no_bad_number(&calendar_returns(&index, unit))?;
    }
    no_bad_number(&rolling_returns(&index, RollingWindow::Days(7)))?;
    no_bad_number(&(drawdowns(&index), underwater(&index), downsample(&series.value, 9)))?;
    let sessions = trading_days(&Subject::portfolio(books), market);
    for (rate, from) in [(0.02, -10), (-0.5, 3), (1e300, 3), (-1.0, 3)] {
        let Ok(period) = Period::new(day(from), day(60)) else { continue };
        let over = returns.over(period);
        no_bad_number(&over)?;
        let Ok(linked) = over.map(LinkedReturn::from) else { continue };
        let terms = RiskTerms { risk_free: RiskFree::Annual(rate), minimum_acceptable: Some(rate / 2.0) };
        no_bad_number(&RiskReport::new(&linked, TradingDays::On(&sessions), terms))?;
        if let Ok(benchmark) = Benchmark::new(&symbol(1), market, Currency::USD, books.as_of()) {
            no_bad_number(&RiskReport::new(&linked, TradingDays::Of(&benchmark), terms))?;
        }
    }
    Ok(())
}

fn no_bad_contribution(
    books: &Books,
    market: &Market,
    series: &PortfolioSeries,
) -> Result<(), TestCaseError> {
    for (from, to) in [(-1, 60), (3, 60), (2, 20)] {
        let Ok(period) = Period::new(day(from), day(to)) else { continue };
        no_bad_number(&Contributions::new(books, market, series, period))?;
    }
    let half = |number| Component { symbol: symbol(number), weight: Decimal::new(5, 1) };
    let index =
        CustomIndex::new("MIX".parse().unwrap(), vec![half(0), half(1)], Rebalancing::Monthly).unwrap();
    let custom = Benchmark::custom(&index, market, Currency::USD, books.as_of());
    let judges: Vec<_> = custom.iter().cloned().collect();
    no_bad_number(&Decisions::new(books, market, &judges))?;
    if let Ok(custom) = &custom {
        no_bad_number(&(custom.index(), custom.weights_on(books.as_of()), custom.return_since(day(3))))?;
        no_bad_number(&custom.against_portfolio(books, series))?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_ledger_in_any_market_gives_figures_or_reasons(ledger in ledgers(), market in markets(), at in -5..60_i32) {
        for method in [CostMethod::Fifo, CostMethod::Average] {
            let options = Options { method, ..Options::new(Currency::USD) };
            let Ok(books) = Books::replay(&ledger, &market, &options, day(at)) else { continue };
            let series = PortfolioSeries::new(&books, &market);
            no_bad_number(&series)?;
            no_bad_number(&Report::new(&books, &market, &series))?;
            no_bad_income(&books, &market)?;
            no_bad_risk(&books, &market, &series)?;
            no_bad_contribution(&books, &market, &series)?;
            for number in 0..3 {
                let Ok(benchmark) = Benchmark::new(&symbol(number), &market, Currency::USD, day(at)) else { continue };
                no_bad_number(&benchmark.against_portfolio(&books, &series))?;
                no_bad_number(&benchmark.return_since(day(3)))?;
                for position in books.positions() {
                    no_bad_number(&benchmark.against_position(position, &market))?;
                }
            }
        }
    }

    #[test]
    fn any_payments_give_rates_or_reasons(
        flows in prop::collection::vec((0..5000_i32, prop_oneof![any::<f64>(), -1e4..1e4_f64]), 0..12),
    ) {
        let flows: Vec<_> = flows.into_iter().map(|(at, amount)| Flow { date: day(at), amount }).collect();
        no_bad_number(&xirr(&flows))?;
        no_bad_number(&modified_dietz(100.0, 120.0, &flows, day(10), day(400)))?;
    }

    #[test]
    fn any_days_link_to_a_return_or_a_reason(
        days in prop::collection::vec((0.0..1e12_f64, 0.0..1e12_f64, -1e12..1e12_f64), 0..30),
    ) {
        let value: Vec<_> = days.iter().map(|day| day.0).collect();
        let held: Vec<_> = days.iter().map(|day| day.1).collect();
        let flow: Vec<_> = days.iter().map(|day| day.2).collect();
        let linked = time_weighted(day(0), HoldThenTrade { value: &value, held: &held, flow: &flow });
        no_bad_number(&linked)?;
        if let Ok(linked) = linked {
            no_bad_number(&max_drawdown(&linked.index))?;
            no_bad_number(&current_drawdown(&linked.index))?;
        }
    }
}
