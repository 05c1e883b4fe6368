//! Thirteen years of real prices, splits and dividends, against figures that another program worked out.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod adjusted_closes;
mod dividends;
mod risk;

use std::collections::BTreeMap;
use std::path::PathBuf;

use bellwether_domain::{
    Booking, CashDividend, CostMethod, Currency, PriceBasis, PriceColumns, PriceSource, Quantity, Split,
    SplitRatio, Symbol, Trade, Transaction, TransactionId, epoch_day,
};
use bellwether_portfolio::{
    Benchmark, Books, ExternalKind, Holding, InstrumentData, Market, Options, PortfolioSeries, PriceSeries,
    Rates, Report, SourcePrices,
};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::Value;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/realdata")
}

fn rows(name: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(folder().join(name)).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

fn day(text: &str) -> NaiveDate {
    let american = || NaiveDate::parse_from_str(text, "%m/%d/%Y");
    text.parse().or_else(|_| american()).unwrap()
}

fn number(text: &str) -> Decimal {
    text.replace(['$', ','], "").parse().unwrap()
}

fn symbol(text: &str) -> Symbol {
    text.parse().unwrap()
}

/// The trades as a file gives them: file order is the sequence of a day.
fn ledger() -> Vec<Transaction> {
    let booked = |(line, row): (usize, BTreeMap<String, String>)| {
        let trade = Trade {
            symbol: symbol(&row["Ticker"]),
            quantity: Quantity::new(number(&row["Shares"]).abs()).unwrap(),
            price: number(&row["Price"]),
            fee: Decimal::ZERO,
            tax: Decimal::ZERO,
        };
        let booking = if row["Type"].eq_ignore_ascii_case("buy") {
            Booking::Buy(trade)
        } else {
            Booking::Sell { trade, lots: Vec::new() }
        };
        Transaction {
            id: TransactionId::new(),
            date: day(&row["Date"]),
            sequence: line as i64,
            booking,
            currency: Currency::USD,
            fx_rate: None,
            account: String::new(),
            note: String::new(),
        }
    };
    rows("trades.csv").into_iter().enumerate().map(booked).collect()
}

fn market() -> Market {
    let mut closes: BTreeMap<Symbol, Vec<(i32, f64)>> = BTreeMap::new();
    for row in rows("prices.csv") {
        let close = row["close"].parse().unwrap();
        closes.entry(symbol(&row["symbol"])).or_default().push((epoch_day(day(&row["date"])), close));
    }
    let (splits, dividends) = (rows("splits.csv"), rows("dividends.csv"));
    let mut market = Market::new(Rates::new());
    for (symbol, mut days) in closes {
        days.sort_by_key(|(day, _)| *day);
        let mut columns = PriceColumns::default();
        for (day, close) in days {
            columns.push(day, close);
        }
        let of_symbol = |row: &&BTreeMap<String, String>| row["symbol"] == symbol.as_str();
        let splits: Vec<Split> = splits
            .iter()
            .filter(of_symbol)
            .map(|row| Split {
                ex_date: day(&row["date"]),
                ratio: SplitRatio::new(number(&row["new"]), number(&row["old"])).unwrap(),
            })
            .collect();
        let dividends: Vec<CashDividend> = dividends
            .iter()
            .filter(of_symbol)
            .map(|row| CashDividend {
                ex_date: day(&row["ex_date"]),
                amount: number(&row["amount"]),
                currency: None,
            })
            .collect();
        let source = PriceSource::file(PriceBasis::AsTraded);
        let history = SourcePrices { source: &source, columns: &columns, known_up_to: day("2013-03-01") };
        let data = InstrumentData::new(Currency::USD)
            .with_prices(PriceSeries::new(&[history], &splits))
            .with_splits(&splits)
            .with_dividends(&dividends);
        market.insert(symbol, data);
    }
    market
}

fn expected() -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder().join("expected.json")).unwrap()).unwrap()
}

fn books(market: &Market, method: CostMethod, as_of: &str) -> Books {
    let options = Options { method, ..Options::new(Currency::USD) };
    Books::replay(&ledger(), market, &options, day(as_of)).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// Exactly equal; the reference rounds what has more than twelve decimals.
#[track_caller]
fn same_money(what: &str, figure: Decimal, expected: &Value) {
    assert_eq!(figure.round_dp(12).normalize(), number(text(expected)).normalize(), "{what}");
}

#[track_caller]
fn same_rate(what: &str, figure: f64, expected: &Value) {
    let expected: f64 = text(expected).parse().unwrap();
    assert!((figure - expected).abs() < 1e-9, "{what}: {figure} instead of {expected}");
}

/// Floats of the benchmark and the series: far below a cent.
#[track_caller]
fn same_float(what: &str, figure: f64, expected: &Value) {
    let expected: f64 = text(expected).parse().unwrap();
    assert!((figure - expected).abs() <= 1e-9 * expected.abs(), "{what}: {figure} instead of {expected}");
}

fn check_holding(holding: &Holding, expected: &Value, method: &str, when: &str) {
    let figure = |name: &str| format!("{} {name} on {when}", holding.symbol);
    let known = |name: &str, value: &bellwether_portfolio::Figure<Decimal>, key: &str| {
        same_money(&figure(name), *value.as_ref().unwrap(), &expected[key]);
    };
    same_money(&figure("quantity"), holding.quantity, &expected["quantity"]);
    known("value", &holding.value, "value");
    known("cost", &holding.cost, &format!("cost_{method}"));
    known("unrealised", &holding.unrealised, &format!("unrealised_{method}"));
    known("realised", &holding.realised, &format!("realised_{method}"));
    known("income", &holding.income, "dividends");
    same_rate(&figure("weight"), *holding.weight.as_ref().unwrap(), &expected["weight"]);
    if holding.is_open() {
        same_money(&figure("price"), holding.price.as_ref().unwrap().price, &expected["close"]);
    }
    if !expected["day_change"].is_null() {
        let change = holding.day_change.as_ref().unwrap();
        same_money(&figure("day change"), change.amount, &expected["day_change"]);
        same_rate(&figure("day change"), *change.rate.as_ref().unwrap(), &expected["day_change_rate"]);
    }
}

#[test]
fn the_report_of_each_day_is_that_of_the_reference() {
    let (market, expected) = (market(), expected());
    for (as_of, expected) in expected["reports"].as_object().unwrap() {
        for (method, key) in [(CostMethod::Fifo, "fifo"), (CostMethod::Average, "average")] {
            let books = books(&market, method, as_of);
            let series = PortfolioSeries::new(&books, &market);
            let report = Report::new(&books, &market, &series);

            let holdings = expected["holdings"].as_array().unwrap();
            assert_eq!(report.holdings.len(), holdings.len());
            for (holding, expected) in report.holdings.iter().zip(holdings) {
                assert_eq!(holding.symbol.as_str(), text(&expected["symbol"]));
                check_holding(holding, expected, key, as_of);
            }

            let totals = report.totals;
            same_money("cash", totals.cash.unwrap(), &expected["cash"]);
            same_money("value", totals.value.unwrap(), &expected["value"]);
            same_money("deposits", totals.deposits.unwrap(), &expected["deposits"]);
            same_money("gain", totals.total_gain.unwrap(), &expected["total_gain"]);
            let sums = &expected["holdings_total"];
            same_money("realised", totals.realised.unwrap(), &sums[format!("realised_{key}")]);
            same_money("unrealised", totals.unrealised.unwrap(), &sums[format!("unrealised_{key}")]);
            same_money("income", totals.income.unwrap(), &sums["dividends"]);
            if let Some(change) = sums.get("day_change") {
                same_money("day change", totals.day_change.unwrap().amount, change);
            }
        }
    }
}

#[test]
fn the_rates_of_each_day_are_those_of_the_reference() {
    let (market, expected) = (market(), expected());
    for (as_of, expected) in expected["reports"].as_object().unwrap() {
        let books = books(&market, CostMethod::Fifo, as_of);
        let series = PortfolioSeries::new(&books, &market);
        let report = Report::new(&books, &market, &series);
        let rate = report.returns.xirr.unwrap();
        same_rate("XIRR", rate.annual, &expected["xirr"]);
        assert!(!rate.ambiguous);

        let linked = report.returns.time_weighted.unwrap();
        let expected_linked = &expected["time_weighted"];
        same_rate("TWR", linked.total, &expected_linked["total"]);
        same_rate("TWR a year", linked.annualised.unwrap(), &expected_linked["annualised"]);
        same_rate("TWR of the day", linked.last_day, &expected_linked["last_day"]);
        assert_eq!(Some(linked.days), expected_linked["days"].as_i64());

        let fall = report.returns.max_drawdown.unwrap();
        let expected_fall = &expected_linked["max_drawdown"];
        same_rate("drawdown", fall.depth, &expected_fall["rate"]);
        assert_eq!(fall.peak, day(text(&expected_fall["peak"])));
        assert_eq!(fall.trough, day(text(&expected_fall["trough"])));
        assert_eq!(fall.recovered, expected_fall["recovery"].as_str().map(day));
    }
}

#[test]
fn the_same_deposits_in_ibm_are_worth_what_the_reference_says() {
    let (market, expected) = (market(), expected());
    for (as_of, expected) in expected["reports"].as_object().unwrap() {
        let books = books(&market, CostMethod::Fifo, as_of);
        let series = PortfolioSeries::new(&books, &market);
        let benchmark = Benchmark::new(&symbol("IBM"), &market, Currency::USD, day(as_of)).unwrap();
        let comparison = benchmark.against_portfolio(&books, &series).unwrap();
        let expected = &expected["benchmark"];
        same_float("units", comparison.units, &expected["units"]);
        same_float("value", comparison.value, &expected["value"]);
        same_float("gain", comparison.gain, &expected["gain"]);
        same_float("ahead by", comparison.ahead_by, &expected["portfolio_ahead_by"]);
        same_rate("XIRR", comparison.xirr.unwrap().annual, &expected["xirr"]);
    }
}

#[test]
fn deposits_and_dividends_are_inferred_one_by_one_as_in_the_reference() {
    let (market, expected) = (market(), expected());
    let books = books(&market, CostMethod::Fifo, text(&expected["as_of"]));
    let deposits = expected["deposits"].as_array().unwrap();
    let flows = books.external_flows();
    assert_eq!(flows.len(), deposits.len());
    for (flow, expected) in flows.iter().zip(deposits) {
        assert_eq!(flow.date, day(text(&expected["date"])));
        assert_eq!(flow.kind, ExternalKind::Deposit { inferred: true });
        same_money("deposit", *flow.amount.as_ref().unwrap(), &expected["amount"]);
    }
    let mut income = books.income();
    income.sort_by_key(|paid| (paid.date, paid.symbol.clone()));
    let mut dividends = expected["dividends"].as_array().unwrap().clone();
    dividends.sort_by_key(|paid| (text(&paid["ex_date"]).to_owned(), text(&paid["symbol"]).to_owned()));
    assert_eq!(income.len(), dividends.len());
    for (paid, expected) in income.iter().zip(&dividends) {
        assert_eq!(paid.date, day(text(&expected["ex_date"])));
        assert_eq!(paid.symbol, Some(symbol(text(&expected["symbol"]))));
        same_money("units", paid.units.unwrap(), &expected["units"]);
        same_money("dividend", paid.gross, &expected["amount"]);
    }
}

#[test]
fn the_daily_series_passes_through_the_reference_s_days() {
    let (market, expected) = (market(), expected());
    let as_of = text(&expected["as_of"]);
    let books = books(&market, CostMethod::Fifo, as_of);
    let series = PortfolioSeries::new(&books, &market);
    let benchmark = Benchmark::new(&symbol("IBM"), &market, Currency::USD, day(as_of)).unwrap();
    let comparison = benchmark.against_portfolio(&books, &series).unwrap();
    let contributions = series.net_contributions.unwrap();
    for expected in expected["series"].as_array().unwrap() {
        let date = day(text(&expected["date"]));
        same_float("value", series.value.at(date).unwrap(), &expected["value"]);
        same_float("cash", series.cash.at(date).unwrap(), &expected["cash"]);
        same_float("contributions", contributions.at(date).unwrap(), &expected["deposits"]);
        same_float("benchmark", comparison.series.at(date).unwrap(), &expected["benchmark"]);
    }
}
