use bellwether_domain::Currency;

use super::*;
use crate::testing::{
    Ledger, columns, date, decimal, dividend, market, market_with_rates, quoted, split, symbol, usd,
};
use crate::{InstrumentData, PortfolioSeries, PriceSeries, Rates, Reason, Subject, performance};

fn benchmark(data: InstrumentData, as_of: &str) -> Benchmark {
    Benchmark::new(&symbol("VOO"), &market([("VOO", data)]), usd(), date(as_of)).expect("a benchmark")
}

/// Flows into the benchmark, beside something that is worth 100 at the end.
fn compared(benchmark: &Benchmark, flows: &[(&str, f64)]) -> Comparison {
    let flows = flows.iter().map(|(day, amount)| (date(day), *amount)).collect();
    benchmark.compare(flows, |_| Ok(100.0)).expect("a comparison")
}

#[track_caller]
fn close(left: f64, right: f64) {
    assert!((left - right).abs() < 1e-9, "{left} instead of {right}");
}

#[test]
fn each_deposit_buys_at_the_close_of_its_day() {
    let voo =
        benchmark(quoted(&[("2024-01-02", 100.0), ("2024-01-03", 50.0), ("2024-01-04", 80.0)]), "2024-01-04");
    let result = compared(&voo, &[("2024-01-02", 100.0), ("2024-01-03", 100.0)]);
    close(result.units, 3.0);
    close(result.value, 240.0);
    close(result.gain, 40.0);
    close(result.gain_rate.expect("a rate"), 0.2);
    close(result.ahead_by, -140.0);
    assert_eq!(result.series.values, [100.0, 150.0, 240.0]);
}

#[test]
fn a_withdrawal_sells() {
    let voo =
        benchmark(quoted(&[("2024-01-02", 100.0), ("2024-01-03", 50.0), ("2024-01-04", 80.0)]), "2024-01-04");
    let result = compared(&voo, &[("2024-01-02", 200.0), ("2024-01-03", -50.0)]);
    close(result.units, 1.0);
    close(result.net_invested, 150.0);
    close(result.gain, -70.0);
    close(result.gain_rate.expect("a rate"), -0.35);
}

#[test]
fn a_dividend_buys_more_at_the_close_of_its_ex_date() {
    let closes = quoted(&[("2024-01-02", 100.0), ("2024-01-03", 80.0), ("2024-01-04", 90.0)]);
    let voo = benchmark(closes.with_dividends(&[dividend("2024-01-03", "4")]), "2024-01-04");
    let result = compared(&voo, &[("2024-01-02", 100.0)]);
    close(result.units, 1.05);
    close(result.value, 94.5);
    close(result.total_return, -0.055);
}

#[test]
fn who_buys_on_the_ex_date_has_no_right_to_the_dividend() {
    let closes = quoted(&[("2024-01-02", 100.0), ("2024-01-03", 80.0), ("2024-01-04", 90.0)]);
    let voo = benchmark(closes.with_dividends(&[dividend("2024-01-03", "4")]), "2024-01-04");
    close(compared(&voo, &[("2024-01-03", 80.0)]).value, 90.0);
    close(voo.return_since(date("2024-01-03")).expect("a return"), 0.125);
}

#[test]
fn a_split_multiplies_the_units() {
    let closes =
        quoted(&[("2024-01-02", 100.0), ("2024-01-03", 26.0)]).with_splits(&[split("2024-01-03", 4, 1)]);
    let result = compared(&benchmark(closes, "2024-01-03"), &[("2024-01-02", 100.0)]);
    close(result.units, 4.0);
    close(result.value, 104.0);
}

#[test]
fn a_split_on_a_closed_day_changes_no_value() {
    let closes =
        quoted(&[("2024-01-05", 100.0), ("2024-01-08", 26.0)]).with_splits(&[split("2024-01-06", 4, 1)]);
    let result = compared(&benchmark(closes, "2024-01-08"), &[("2024-01-05", 100.0)]);
    assert_eq!(result.series.values, [100.0, 100.0, 100.0, 104.0]);
}

#[test]
fn a_dividend_of_a_closed_day_is_in_the_units_of_its_ex_date() {
    let closes = quoted(&[("2024-01-05", 100.0), ("2024-01-08", 40.0)])
        .with_splits(&[split("2024-01-08", 2, 1)])
        .with_dividends(&[dividend("2024-01-06", "8")]);
    // Two units at 40 with 8 for the old one: 4 per new unit buy a tenth each.
    let result = compared(&benchmark(closes, "2024-01-08"), &[("2024-01-05", 100.0)]);
    close(result.units, 2.2);
    close(result.value, 88.0);
}

#[test]
fn two_dividends_of_one_day_earn_nothing_for_each_other() {
    let closes = quoted(&[("2024-01-02", 100.0), ("2024-01-03", 100.0)]);
    let paid = closes.with_dividends(&[dividend("2024-01-03", "10"), dividend("2024-01-03", "20")]);
    close(compared(&benchmark(paid, "2024-01-03"), &[("2024-01-02", 100.0)]).units, 1.3);
}

#[test]
fn money_of_a_closed_day_waits_for_the_next_close() {
    let voo = benchmark(quoted(&[("2024-01-05", 100.0), ("2024-01-08", 125.0)]), "2024-01-08");
    let result = compared(&voo, &[("2024-01-05", 100.0), ("2024-01-06", 50.0)]);
    assert_eq!(result.series.values, [100.0, 150.0, 150.0, 175.0]);
    close(result.units, 1.4);
}

#[test]
fn money_that_still_waits_on_the_last_day_is_cash() {
    let voo = benchmark(quoted(&[("2024-01-05", 100.0)]), "2024-01-07");
    close(compared(&voo, &[("2024-01-05", 100.0), ("2024-01-06", 50.0)]).value, 150.0);
}

#[test]
fn a_holiday_before_the_first_close_is_no_late_start() {
    let voo = benchmark(quoted(&[("2024-01-02", 100.0), ("2024-01-03", 110.0)]), "2024-01-03");
    let result = compared(&voo, &[("2023-12-30", 100.0)]);
    assert_eq!(result.starts_late, None);
    close(result.value, 110.0);
}

#[test]
fn a_benchmark_that_starts_late_starts_with_the_portfolio_s_value_of_that_day() {
    let voo = benchmark(quoted(&[("2024-01-02", 100.0), ("2024-12-31", 110.0)]), "2024-12-31");
    let flows = vec![(date("2023-01-02"), 100.0), (date("2024-06-03"), 50.0)];
    let worth = |day| Ok(if day == date("2024-01-02") { 200.0 } else { 300.0 });
    let result = voo.compare(flows, worth).expect("a comparison");
    assert_eq!(result.starts_late, Some(date("2024-01-02")));
    close(result.net_invested, 250.0);
    close(result.value, 220.0 + 50.0);
    assert_eq!(result.series.first_day, date("2024-01-02"));
}

#[test]
fn withdrawals_that_exhaust_the_benchmark_leave_negative_units_and_no_rate() {
    let voo =
        benchmark(quoted(&[("2024-01-02", 100.0), ("2024-01-03", 50.0), ("2024-01-04", 60.0)]), "2024-01-04");
    let result = compared(&voo, &[("2024-01-02", 100.0), ("2024-01-03", -80.0)]);
    assert_eq!(result.exhausted, Some(date("2024-01-03")));
    close(result.units, -0.6);
    close(result.value, -36.0);
    assert_eq!(result.gain_rate, Err(Reason::Exhausted { on: date("2024-01-03") }));
    assert!(result.xirr.is_err() && result.own_xirr.is_ok());
}

#[test]
fn taking_everything_out_is_no_exhaustion() {
    let voo =
        benchmark(quoted(&[("2024-01-02", 3.0), ("2024-01-03", 7.0), ("2024-01-04", 9.0)]), "2024-01-04");
    let worth =
        voo.compare(vec![(date("2024-01-02"), 100.0)], |_| Ok(0.0)).expect("a comparison").series.values[1];
    let result = compared(&voo, &[("2024-01-02", 100.0), ("2024-01-03", -worth)]);
    assert_eq!(result.exhausted, None);
    close(result.value, 0.0);
}

#[test]
fn flows_and_value_are_in_the_base_currency() {
    let mut rates = Rates::new();
    rates.insert(Currency::EUR, usd(), &columns(&[("2024-01-02", 1.25), ("2024-01-03", 1.0)]));
    let market = market_with_rates(rates, [("VOO", quoted(&[("2024-01-02", 125.0), ("2024-01-03", 100.0)]))]);
    let voo =
        Benchmark::new(&symbol("VOO"), &market, Currency::EUR, date("2024-01-03")).expect("a benchmark");
    let result = compared(&voo, &[("2024-01-02", 100.0)]);
    close(result.units, 1.0);
    close(result.value, 100.0);
    close(result.total_return, 0.0);
}

#[test]
fn the_last_session_of_the_units_held_is_told_in_money_and_as_a_rate() {
    let voo = benchmark(quoted(&[("2024-01-04", 100.0), ("2024-01-05", 110.0)]), "2024-01-07");
    let change = compared(&voo, &[("2024-01-04", 200.0), ("2024-01-05", 55.0)]).day_change.expect("a change");
    assert_eq!(change.day, date("2024-01-05"));
    close(change.amount, 20.0);
    close(change.rate, 0.1);
}

#[test]
fn without_prices_or_flows_there_is_no_comparison() {
    let as_of = date("2024-01-04");
    let unknown = Benchmark::new(&symbol("VOO"), &Market::default(), usd(), as_of).expect_err("unknown");
    assert_eq!(unknown, Reason::no_price(&symbol("VOO")));
    let voo = benchmark(quoted(&[("2024-01-02", 100.0)]), "2024-01-04");
    assert_eq!(voo.compare(Vec::new(), |_| Ok(0.0)), Err(Reason::NoCapital));
    assert!(voo.compare(vec![(date("2024-01-03"), 1.0)], |_| Ok(0.0)).is_err(), "no close since the deposit");
}

#[test]
fn a_holding_s_purchases_sales_and_dividends_go_into_the_benchmark() {
    let apple = quoted(&[("2024-01-02", 10.0), ("2024-01-03", 12.0), ("2024-01-04", 12.0)]);
    let voo = quoted(&[("2024-01-02", 100.0), ("2024-01-03", 110.0), ("2024-01-04", 121.0)]);
    let market = market([("AAPL", apple), ("VOO", voo)]);
    let ledger =
        Ledger::default().buy("2024-01-02", "AAPL", "20", "10").sell("2024-01-03", "AAPL", "10", "11");
    let books = ledger.books(&market, "2024-01-04");
    let voo = Benchmark::new(&symbol("VOO"), &market, usd(), books.as_of()).expect("a benchmark");
    let position = books.position(&symbol("AAPL")).expect("a position");
    let result = voo.against_position(position, &market).expect("a comparison");
    close(result.net_invested, 90.0);
    close(result.value, 121.0);
    close(result.own_value, 120.0);
}

#[test]
fn a_portfolio_with_an_unpriced_holding_is_not_compared() {
    let market = market([("VOO", quoted(&[("2024-01-02", 100.0)]))]);
    let books = Ledger::default().buy("2024-01-02", "PRIV", "1", "10").books(&market, "2024-01-04");
    let series = PortfolioSeries::new(&books, &market);
    let voo = Benchmark::new(&symbol("VOO"), &market, usd(), books.as_of()).expect("a benchmark");
    assert_eq!(voo.against_portfolio(&books, &series), Err(Reason::no_price(&symbol("PRIV"))));
}

#[test]
fn a_foreign_listing_without_a_rate_says_so() {
    let closes = PriceSeries::as_traded(columns(&[("2024-01-02", 100.0)]));
    let market = market([("VOO", InstrumentData::new(Currency::GBP).with_prices(closes))]);
    let refused = Benchmark::new(&symbol("VOO"), &market, usd(), date("2024-01-02"));
    assert!(matches!(refused, Err(Reason::NoExchangeRate { .. })));
}

/// 100 on 2 January and 30 on the 4th, in something worth 150 on the 3rd and 140 at the end.
fn investment(to: &str) -> Investment<'static> {
    let flows = vec![(date("2024-01-04"), 30.0), (date("2024-01-02"), 60.0), (date("2024-01-02"), 40.0)];
    let worth = |day| Ok(if day <= date("2024-01-03") { 150.0 } else { 140.0 });
    Investment::new(flows, date(to), worth).expect("an investment")
}

#[test]
fn a_benchmark_of_a_later_day_compares_up_to_the_investment_s_last_day() {
    let closes = [("2024-01-02", 100.0), ("2024-01-03", 120.0), ("2024-01-04", 60.0), ("2024-01-05", 30.0)];
    let paid = quoted(&closes)
        .with_splits(&[split("2024-01-04", 2, 1)])
        .with_dividends(&[dividend("2024-01-03", "12"), dividend("2024-01-05", "3")]);
    let voo = benchmark(paid, "2024-01-05");
    let early = voo.against(&investment("2024-01-03")).expect("a comparison");
    // 12 of dividend on 120 make 1.1 shares at 120; the split and the second dividend come later.
    close(early.value, 132.0);
    close(early.units, 1.1);
    close(early.total_return, 0.32);
    close(early.ahead_by, 18.0);
    assert_eq!((early.priced_on, early.series.len()), (date("2024-01-03"), 2));
    assert_eq!(early.day_change.expect("a change").day, date("2024-01-03"));
    let late = voo.against(&investment("2024-01-05")).expect("a comparison");
    // 2.2 shares, then 30 at 60 buy half a one, and 3 on 30 make a tenth more.
    close(late.units, 2.7 * 1.1);
    close(late.value, 2.7 * 33.0);
    let unknown = voo.against(&investment("2024-01-06"));
    assert_eq!(unknown, Err(Reason::no_price(&symbol("VOO"))));
}

#[test]
fn an_investment_s_own_rate_is_the_same_beside_every_benchmark_that_does_not_start_late() {
    let early = benchmark(quoted(&[("2024-01-02", 100.0), ("2024-01-05", 90.0)]), "2024-01-05");
    let other = benchmark(quoted(&[("2023-01-02", 7.0), ("2024-01-05", 9.0)]), "2024-01-05");
    let investment = investment("2024-01-05");
    // 100 and 30 became 140.
    for benchmark in [&early, &other] {
        let own = benchmark.against(&investment).expect("a comparison").own_xirr.expect("a rate");
        let npv = -100.0 - 30.0 * (1.0 + own.annual).powf(-2.0 / 365.0)
            + 140.0 * (1.0 + own.annual).powf(-3.0 / 365.0);
        close(npv, 0.0);
    }
}

#[test]
fn flows_after_the_last_day_or_that_are_no_numbers_are_not_compared() {
    let worth = |_| Ok(1.0);
    let later = Investment::new(vec![(date("2024-01-05"), 1.0)], date("2024-01-04"), worth);
    assert_eq!(later.expect_err("no flow"), Reason::NoCapital);
    let odd = Investment::new(vec![(date("2024-01-04"), f64::NAN)], date("2024-01-04"), worth);
    assert_eq!(odd.expect_err("no number"), Reason::OutOfRange);
}

#[test]
fn a_price_index_beside_dividends_is_noted() {
    let index = quoted(&[("2024-01-02", 100.0), ("2024-01-04", 110.0)]);
    let apple = quoted(&[("2024-01-02", 10.0)]).with_dividends(&[dividend("2024-01-03", "1")]);
    let named = index.clone().with_kind(bellwether_domain::InstrumentKind::Index);
    let fund = index.clone().with_kind(bellwether_domain::InstrumentKind::Etf);
    let silent = quoted(&[("2024-01-02", 10.0)]);
    let market =
        market([("AAPL", apple), ("BRK-B", silent), ("^GSPC", index), ("SPX", named), ("VOO", fund)]);
    let note = |bought, against| {
        let books = Ledger::default().buy("2024-01-02", bought, "1", "10").books(&market, "2024-01-04");
        let series = PortfolioSeries::new(&books, &market);
        let benchmark = Benchmark::new(&symbol(against), &market, usd(), books.as_of()).expect("a benchmark");
        benchmark.against_portfolio(&books, &series).expect("a comparison").note
    };
    assert_eq!(note("AAPL", "^GSPC"), Some(BenchmarkNote::PriceIndex));
    assert_eq!(note("AAPL", "SPX"), Some(BenchmarkNote::PriceIndex));
    assert_eq!(note("AAPL", "VOO"), None);
    assert_eq!(note("BRK-B", "^GSPC"), None);
}

#[test]
fn time_weighted_return_stands_beside_the_total_return_of_the_same_days() {
    let closes = quoted(&[("2024-01-02", 100.0), ("2024-01-03", 90.0), ("2024-01-04", 99.0)]);
    let voo = benchmark(closes.with_dividends(&[dividend("2024-01-03", "9")]), "2024-01-04");
    let index = |first: &str, values: &[f64]| DailySeries { first_day: date(first), values: values.to_vec() };
    // 1 % of fee on the first day counts; the dividend makes 1.1 of 99.
    let whole = voo.against_index(&index("2024-01-02", &[0.99, 1.0, 1.1])).expect("a comparison");
    close(whole.own, 0.1);
    close(whole.benchmark, 0.089);
    close(whole.ahead_by, 0.011);
    let part = voo.against_index(&index("2024-01-03", &[1.0, 1.1])).expect("a comparison");
    close(part.benchmark, 0.1);
    let late = voo.against_index(&index("2023-12-01", &[&[1.0; 31][..], &[2.0, 2.0, 2.5, 3.0]].concat()));
    let late = late.expect("a comparison");
    assert_eq!((late.starts_late, late.from), (Some(date("2024-01-02")), date("2024-01-02")));
    close(late.own, 0.5);
    let lost = voo.against_index(&index("2023-12-01", &[0.0; 35]));
    assert_eq!(lost, Err(Reason::NoCapital));
    assert_eq!(voo.against_index(&index("2024-01-03", &[1.0; 3])), Err(Reason::no_price(&symbol("VOO"))));
}

#[test]
fn total_return_of_a_period_counts_from_the_close_before_it() {
    let voo = benchmark(quoted(&[("2024-01-05", 100.0), ("2024-01-08", 110.0)]), "2024-01-09");
    let period = |from, to| Period::new(date(from), date(to)).expect("a period");
    close(voo.return_over(period("2024-01-07", "2024-01-08")).expect("a return"), 0.1);
    let before = voo.return_over(period("2024-01-04", "2024-01-08"));
    assert_eq!(before, Err(Reason::no_price(&symbol("VOO"))));
}

#[test]
fn growth_over_a_period_stands_still_on_closed_days_and_ends_at_its_return() {
    let voo = benchmark(quoted(&[("2024-01-05", 100.0), ("2024-01-08", 110.0)]), "2024-01-09");
    let period = Period::new(date("2024-01-06"), date("2024-01-09")).expect("a period");
    let growth = voo.growth_over(period).expect("a growth");
    assert_eq!((growth.first_day, growth.len()), (date("2024-01-06"), 4));
    for (told, expected) in growth.values.iter().zip([1.0, 1.0, 1.1, 1.1]) {
        close(*told, expected);
    }
    close(growth.last().expect("a day") - 1.0, voo.return_over(period).expect("a return"));
    let before = Period::new(date("2024-01-04"), date("2024-01-08")).expect("a period");
    assert_eq!(voo.growth_over(before), Err(Reason::no_price(&symbol("VOO"))));
}

/// VOO rises from 100 to 110 to 121; 10 A are bought at 10 and 5 at 12, 3 of the first sold at 12.
fn subjects() -> (Ledger, Market) {
    let a = quoted(&[("2024-01-02", 10.0), ("2024-01-03", 12.0), ("2024-01-04", 13.0)]);
    let voo = quoted(&[("2024-01-02", 100.0), ("2024-01-03", 110.0), ("2024-01-04", 121.0)]);
    let market = market([("A", a.with_dividends(&[dividend("2024-01-04", "1")])), ("VOO", voo)]);
    let ledger = Ledger::default().buy("2024-01-02", "A", "10", "10").buy("2024-01-03", "A", "5", "12").sell(
        "2024-01-03",
        "A",
        "3",
        "12",
    );
    (ledger, market)
}

#[test]
fn a_purchase_is_compared_by_its_cost_proceeds_and_dividends() {
    let (ledger, market) = subjects();
    let books = ledger.books(&market, "2024-01-04");
    let voo = Benchmark::new(&symbol("VOO"), &market, usd(), books.as_of()).expect("a benchmark");
    let period = Period::since(date("2024-01-02"), books.as_of()).expect("a period");
    let lot = Subject::lot(&books, ledger.id(1)).expect("a lot");
    let result = voo.against(&Investment::of_subject(&lot, &market, period).expect("known")).expect("known");
    // 100 in, 36 out on the 3rd, 7 of dividend on the 4th: 121 - 36 x 1.1 - 7, beside 7 shares at 13.
    close(result.value, 121.0 - 39.6 - 7.0);
    close(result.own_value, 91.0);
    close(result.net_invested, 57.0);
}

#[test]
fn a_period_opens_with_what_the_subject_was_worth() {
    let (ledger, market) = subjects();
    let books = ledger.books(&market, "2024-01-04");
    let voo = Benchmark::new(&symbol("VOO"), &market, usd(), books.as_of()).expect("a benchmark");
    let portfolio = Subject::portfolio(&books);
    let period = Period::new(date("2024-01-03"), date("2024-01-04")).expect("a period");
    let investment = Investment::of_subject(&portfolio, &market, period).expect("known");
    let result = voo.against(&investment).expect("a comparison");
    // 12 shares at 12 (the sale paid for part of the second purchase), then at 13 with 12 of dividend.
    close(result.paid_in, 144.0);
    close(result.value, 158.4);
    close(result.own_value, 168.0);
    close(result.ahead_by, 9.6);
    let performance = performance(&portfolio, &market, period);
    assert_eq!(result.own_xirr, performance.returns.money_weighted);
}

#[test]
fn several_portfolios_are_compared_as_one() {
    let (ledger, market) = subjects();
    let books = ledger.books(&market, "2024-01-04");
    let voo = Benchmark::new(&symbol("VOO"), &market, usd(), books.as_of()).expect("a benchmark");
    let period = Period::since(date("2024-01-02"), books.as_of()).expect("a period");
    let value = |subject: &Subject<'_>| {
        let investment = Investment::of_subject(subject, &market, period).expect("known");
        voo.against(&investment).expect("a comparison").value
    };
    let two = Subject::portfolios(&[&books, &books]).expect("one currency");
    close(value(&two), 2.0 * value(&Subject::portfolio(&books)));
}

#[test]
fn one_unit_bought_is_told_in_the_units_of_the_last_day_with_its_dividends() {
    let closes = [("2024-01-05", 400.0), ("2024-01-08", 500.0), ("2024-01-09", 130.0), ("2024-01-10", 140.0)];
    let data = quoted(&closes).with_splits(&[split("2024-01-09", 4, 1)]);
    let market = market([("VOO", data.with_dividends(&[dividend("2024-01-08", "20")]))]);
    let bought = |day, as_of| SinglePurchase::new(&symbol("VOO"), &market, date(day), date(as_of));

    let kept = bought("2024-01-05", "2024-01-10").expect("a purchase");
    assert_eq!((kept.price, kept.current), (decimal("100"), decimal("140")));
    close(kept.price_return, 0.4);
    // 20 of dividend buy a twenty-fifth more at the close of 500.
    close(kept.total_return, 1.04 * 1.4 - 1.0);
    let before_the_split = bought("2024-01-05", "2024-01-08").expect("a purchase");
    assert_eq!((before_the_split.price, before_the_split.current), (decimal("400"), decimal("500")));

    let on_a_saturday = bought("2024-01-06", "2024-01-10").expect("a purchase");
    assert_eq!((on_a_saturday.bought_on, on_a_saturday.price), (date("2024-01-08"), decimal("125")));
    close(on_a_saturday.total_return, 0.12);
    let no_price = Err(Reason::no_price(&symbol("VOO")));
    assert_eq!(bought("2023-12-01", "2024-01-10"), no_price, "its prices begin later");
    assert_eq!(bought("2024-01-11", "2024-01-12"), no_price, "there is none from then on");
    assert_eq!(
        SinglePurchase::new(&symbol("QQQ"), &market, date("2024-01-05"), date("2024-01-10")),
        Err(Reason::no_price(&symbol("QQQ")))
    );
}
