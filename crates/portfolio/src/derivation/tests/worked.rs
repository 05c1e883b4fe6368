use super::*;
use crate::testing::{
    Ledger, columns, currency, date, decimal, dividend, latest, market, market_with_rates, options, quoted,
    split, symbol, trade, usd,
};
use crate::{InstrumentData, Period, PriceSeries, Rates, Reason};
use bellwether_domain::{Booking, CostMethod, Currency, PriceSourceName, SplitRatio};

#[test]
fn a_value_rests_on_transactions_a_price_and_a_rate() {
    let mut rates = Rates::new();
    rates.insert(Currency::EUR, usd(), &columns(&[("2024-01-02", 1.25), ("2024-01-04", 1.5)]));
    let closes = PriceSeries::as_traded(columns(&[("2024-01-03", 110.0)]));
    let market =
        market_with_rates(rates, [("SIE.DE", InstrumentData::new(Currency::EUR).with_prices(closes))]);
    let ledger = Ledger::default()
        .buy("2024-01-02", "SIE.DE", "3", "100")
        .in_currency("EUR", None)
        .sell("2024-01-03", "SIE.DE", "1", "120")
        .in_currency("EUR", None);
    let derivations = derivations(&ledger, &market, "2024-01-05");
    let value = derivations.derive(&of(&symbol("SIE.DE"), HoldingFigure::Value));
    // 2 x 110 x 1.5.
    assert_eq!((value.value(), value.evaluate()), (&Ok(exact("330")), Ok(exact("330"))));
    let transaction = |line| Source::Transaction {
        id: ledger.id(line),
        date: date(if line == 1 { "2024-01-02" } else { "2024-01-03" }),
        field: Field::Quantity,
    };
    let price = Source::Price {
        symbol: symbol("SIE.DE"),
        day: date("2024-01-03"),
        origin: crate::PriceOrigin::Close,
        source: None,
        as_of: None,
    };
    let rate = Source::ExchangeRate {
        from: currency("EUR"),
        to: usd(),
        on: date("2024-01-05"),
        quoted: date("2024-01-04"),
    };
    assert_eq!(sources(&value), [&transaction(1), &transaction(2), &price, &rate]);
    assert_eq!(
        value.to_string(),
        format!(
            "Market value (SIE.DE): 330 USD = quantity x price x exchange rate\n  \
             Market value at the listing (SIE.DE): 220 EUR = quantity x price\n    \
             Quantity (SIE.DE): 2 shares = bought - sold, in units after splits\n      \
             Quantity (2024-01-02): 3 shares [quantity of transaction {} of 2024-01-02]\n      \
             Shares out (SIE.DE): -1 shares = as a negative number\n        \
             Quantity (2024-01-03): 1 shares [quantity of transaction {} of 2024-01-03]\n    \
             Price (SIE.DE): 110 EUR per share [close of SIE.DE of 2024-01-03]\n  \
             Exchange rate (SIE.DE): 1.5 USD per EUR [rate of EUR in USD for 2024-01-05, quoted 2024-01-04]",
            ledger.id(1),
            ledger.id(2)
        )
    );
}

#[test]
fn a_quote_tells_its_source_and_time() {
    let market = market([(
        "AAPL",
        quoted(&[("2024-01-02", 10.0)]).with_latest(latest("AAPL", "2024-01-03", "12", None)),
    )]);
    let ledger = Ledger::default().buy("2024-01-02", "AAPL", "1", "10");
    let price =
        derivations(&ledger, &market, "2024-01-05").derive(&of(&symbol("AAPL"), HoldingFigure::Price));
    let [Source::Price { day, source, as_of, .. }] = sources(&price)[..] else { panic!("a price") };
    assert_eq!((*day, source.as_ref().map(PriceSourceName::as_str)), (date("2024-01-03"), Some("test")));
    assert!(as_of.is_some());
}

#[test]
fn shares_and_prices_are_carried_over_splits_by_their_ratio() {
    let closes = quoted(&[("2024-01-05", 40.0)]).with_splits(&[split("2024-01-08", 4, 1)]);
    let market = market([("AAPL", closes)]);
    let ledger = Ledger::default().buy("2024-01-05", "AAPL", "3", "40");
    let derivations = derivations(&ledger, &market, "2024-01-09");
    let value = derivations.derive(&of(&symbol("AAPL"), HoldingFigure::Value));
    assert_eq!(value.evaluate(), Ok(exact("120")));
    let names = figures(&value);
    assert!(
        names.contains(&"Quantity after the split") && names.contains(&"Side of a split's ratio"),
        "{names:?}"
    );
    assert!(!sources(&value).contains(&&Source::Ledger), "{value}");
}

#[test]
fn an_inferred_deposit_is_what_the_payments_lack() {
    let market = market([("AAPL", quoted(&[("2024-01-02", 10.0)]))]);
    // 100 paid in and 30 received: the second purchase of 200 + 1 lacks 171.
    let mut ledger = Ledger::default().deposit("2024-01-02", "100").buy("2024-01-02", "AAPL", "10", "10");
    ledger = ledger.sell("2024-01-03", "AAPL", "3", "10");
    ledger = ledger.booked("2024-01-04", Booking::Buy(trade("AAPL", "20", "10", "1")));
    let deposits = derivations(&ledger, &market, "2024-01-05")
        .derive(&FigureName::Portfolio(PortfolioFigure::InferredDeposits));
    assert_eq!(deposits.evaluate(), Ok(exact("171")));
    assert!(!sources(&deposits).contains(&&Source::Ledger), "{deposits}");
    assert!(figures(&deposits).contains(&"Lacking cash"));
}

#[test]
fn an_inferred_dividend_is_shares_times_the_known_amount() {
    let apple = quoted(&[("2024-01-02", 10.0)]).with_dividends(&[dividend("2024-01-04", "0.25")]);
    let market = market([("AAPL", apple)]);
    let ledger = Ledger::default().buy("2024-01-02", "AAPL", "8", "10");
    let income =
        derivations(&ledger, &market, "2024-01-05").derive(&of(&symbol("AAPL"), HoldingFigure::Income));
    assert_eq!(income.evaluate(), Ok(exact("2")));
    let known = Source::Dividend { symbol: symbol("AAPL"), ex_date: date("2024-01-04") };
    assert!(sources(&income).contains(&&known), "{income}");
    assert!(!sources(&income).contains(&&Source::Ledger), "{income}");
}

#[test]
fn a_transfer_without_quotes_is_worth_what_was_booked_by_then() {
    let transfer = Booking::TransferIn {
        symbol: symbol("AAPL"),
        quantity: trade("AAPL", "4", "1", "0").quantity,
        unit_cost: decimal("10"),
        fee: decimal("0"),
        acquired: None,
    };
    // The purchases of the same day come later, at other prices; the split of the 3rd halves them all.
    let ledger = Ledger::default()
        .booked("2024-01-02", transfer.clone())
        .buy("2024-01-02", "AAPL", "1", "12")
        .buy("2024-01-02", "AAPL", "1", "14")
        .booked(
            "2024-01-03",
            Booking::TransferOut {
                symbol: symbol("AAPL"),
                quantity: trade("AAPL", "2", "1", "0").quantity,
                fee: decimal("0"),
                lots: Vec::new(),
            },
        )
        .buy("2024-01-03", "AAPL", "1", "9");
    let market = market([("AAPL", InstrumentData::new(usd()).with_splits(&[split("2024-01-03", 2, 1)]))]);
    let derivations = derivations(&ledger, &market, "2024-01-05");
    let transfers = derivations.derive(&FigureName::Portfolio(PortfolioFigure::NetTransfers));
    // 4 x 10, and 2 x 14 / 2 out.
    assert_eq!(transfers.evaluate(), Ok(exact("26")));
    assert!(!sources(&transfers).contains(&&Source::Ledger), "{transfers}");
}

#[test]
fn an_unknown_figure_has_its_reason() {
    let ledger = Ledger::default().buy("2024-01-02", "AAPL", "8", "10");
    let market = market([]);
    let derivations = derivations(&ledger, &market, "2024-01-05");
    let value = derivations.derive(&FigureName::Portfolio(PortfolioFigure::TotalGain));
    assert_eq!(value.evaluate(), Err(Reason::no_price(&symbol("AAPL"))));
    let none = derivations.derive(&of(&symbol("MSFT"), HoldingFigure::Value));
    assert_eq!((none.value(), none.nodes().len()), (&Err(Reason::NotHeld), 1));
}

#[test]
fn a_derivation_survives_the_way_through_json() {
    let market = market([("AAPL", quoted(&[("2024-01-02", 10.0), ("2024-06-03", 13.7)]))]);
    let ledger = Ledger::default().buy("2024-01-02", "AAPL", "8", "10").buy("2024-02-02", "AAPL", "3", "11");
    let derivations = derivations(&ledger, &market, "2024-06-03");
    for name in names(&report(&derivations)) {
        let derivation = derivations.derive(&name);
        let text = serde_json::to_string(&derivation).expect("json");
        let read: Derivation = serde_json::from_str(&text).expect("a derivation");
        assert_eq!(read, derivation);
        assert_eq!(read.evaluate(), *derivation.value());
    }
}

#[test]
fn nodes_out_of_order_are_no_derivation() {
    let market = market([("AAPL", quoted(&[("2024-01-02", 10.0)]))]);
    let ledger = Ledger::default().buy("2024-01-02", "AAPL", "8", "10");
    let value =
        derivations(&ledger, &market, "2024-01-02").derive(&of(&symbol("AAPL"), HoldingFigure::Value));
    let mut nodes: Vec<Node> = value.into();
    nodes.reverse();
    assert_eq!(Derivation::try_from(nodes), Err(InvalidDerivation::Order(0)));
    assert_eq!(Derivation::try_from(Vec::new()), Err(InvalidDerivation::Empty));
}

#[test]
fn a_derivation_of_ten_thousand_transactions_is_read_step_by_step() {
    let market =
        market([("AAPL", quoted(&[("2020-01-02", 10.0)])), ("MSFT", quoted(&[("2020-01-02", 10.0)]))]);
    let mut ledger = Ledger::default();
    for number in 0..10_000_i64 {
        let day = (date("2020-01-02") + chrono::Days::new(number as u64 / 10)).to_string();
        let name = if number % 2 == 0 { "AAPL" } else { "MSFT" };
        ledger = if number % 3 == 2 {
            ledger.sell(&day, name, "1", "11")
        } else {
            ledger.buy(&day, name, "2", "10")
        };
    }
    let derivations = derivations(&ledger, &market, "2024-01-02");
    let whole = derivations.derive(&FigureName::Portfolio(PortfolioFigure::TotalGain));
    assert_eq!(whole.evaluate(), *whole.value());
    // Fewer than fifteen nodes for a transaction, however often they use each other.
    assert!(whole.nodes().len() < 150_000, "{}", whole.nodes().len());
    let shallow = whole.to_depth(2);
    assert!(shallow.nodes().len() < 20, "{}", shallow.nodes().len());
    assert_eq!((shallow.value(), &shallow.evaluate()), (whole.value(), whole.value()));
    let unrealised = whole.nodes().iter().position(|node| node.figure == "Unrealised gain").expect("a node");
    let further = whole.below(unrealised).expect("a derivation").to_depth(1);
    assert_eq!(further.evaluate(), *further.value());
}

#[test]
fn the_cost_of_what_is_held_goes_back_to_what_was_paid() {
    let market = market([("AAPL", quoted(&[("2024-01-02", 10.0)]))]);
    let ledger = Ledger::default()
        .booked("2024-01-02", Booking::Buy(trade("AAPL", "10", "10", "1")))
        .buy("2024-01-03", "AAPL", "5", "12")
        .sell("2024-01-04", "AAPL", "4", "15");
    for method in [CostMethod::Fifo, CostMethod::Average] {
        let options = crate::Options { method, ..options() };
        let derivations =
            Derivations::new(&ledger.0, &market, &options, date("2024-01-05")).expect("a ledger");
        let cost = derivations.derive(&of(&symbol("AAPL"), HoldingFigure::Cost));
        // FIFO: 101 - 101 x 4 / 10 + 60; average: 161 - 161 x 4 / 15.
        let expected = if method == CostMethod::Fifo { "120.6" } else { "118.06666666666666666666666667" };
        assert_eq!(cost.evaluate(), Ok(exact(expected)), "{cost}");
        let paid = |line, field| Source::Transaction {
            id: ledger.id(line),
            date: date(["2024-01-02", "2024-01-03"][line - 1]),
            field,
        };
        for source in
            [paid(1, Field::Quantity), paid(1, Field::Price), paid(1, Field::Fee), paid(2, Field::Price)]
        {
            assert!(sources(&cost).contains(&&source), "{cost}");
        }
    }
}

#[test]
fn a_pool_of_many_sales_is_derived_and_dropped_step_by_step() {
    let market = market([("AAPL", quoted(&[("2020-01-02", 10.0)]))]);
    let mut ledger = Ledger::default().buy("2020-01-01", "AAPL", "100000", "10");
    for number in 0..30_000_u64 {
        let day = (date("2020-01-02") + chrono::Days::new(number / 20)).to_string();
        ledger = ledger.sell(&day, "AAPL", "1", "11");
    }
    let options = crate::Options { method: CostMethod::Average, ..options() };
    let derivations = Derivations::new(&ledger.0, &market, &options, date("2024-06-05")).expect("a ledger");
    let cost = derivations.derive(&of(&symbol("AAPL"), HoldingFigure::Cost));
    assert_eq!(cost.evaluate(), Ok(exact("700000")));
    assert!(cost.nodes().len() > 60_000);
}

#[test]
fn a_time_weighted_return_names_the_days_that_made_it() {
    let market =
        market([("AAPL", quoted(&[("2024-01-02", 10.0), ("2024-01-04", 12.0), ("2024-01-08", 9.0)]))]);
    let ledger =
        Ledger::default().buy("2024-01-02", "AAPL", "10", "10").buy("2024-01-04", "AAPL", "10", "12");
    let derivations = derivations(&ledger, &market, "2024-01-09");
    let linked = derivations.derive(&FigureName::Portfolio(PortfolioFigure::TimeWeighted));
    // 1.2 x 0.75 - 1.
    let Ok(Number::Float(total)) = linked.evaluate() else { panic!("{linked}") };
    assert!((total + 0.1).abs() < 1e-12, "{linked}");
    let returns = linked.nodes().iter().filter(|node| node.figure == "Day's return");
    let days: Vec<_> = returns.map(|node| node.of.clone()).collect();
    assert_eq!(days, [Some(About::Day(date("2024-01-04"))), Some(About::Day(date("2024-01-08")))]);
    // From 1.2 to 0.9.
    let fall = derivations.derive(&FigureName::Portfolio(PortfolioFigure::MaxDrawdown));
    let Ok(Number::Float(depth)) = fall.evaluate() else { panic!("{fall}") };
    assert!((depth + 0.25).abs() < 1e-12, "{fall}");
    // What a day's value was made of is asked for by the day.
    let value = derivations.derive(&FigureName::ValueOn { of: None, day: date("2024-01-05") });
    assert_eq!(value.evaluate(), Ok(exact("240")));
    assert!(!sources(&value).contains(&&Source::Ledger), "{value}");
}

#[test]
fn a_benchmark_s_value_names_what_each_flow_bought() {
    let closes = |last: f64| quoted(&[("2024-01-02", 100.0), ("2024-01-04", 80.0), ("2024-01-09", last)]);
    let market = market([("AAPL", quoted(&[("2024-01-02", 10.0)])), ("VOO", closes(120.0))]);
    let ledger = Ledger::default().deposit("2024-01-02", "100").deposit("2024-01-03", "80");
    let derivations = derivations(&ledger, &market, "2024-01-09");
    let of = |figure| derivations.derive(&FigureName::Benchmark { symbol: symbol("VOO"), of: None, figure });
    // One unit at 100; 80 of a closed day buy one at 80: two at 120, which is 60 more than was paid in.
    assert_eq!(of(BenchmarkFigure::Value).evaluate(), Ok(Number::Float(240.0)));
    assert_eq!(of(BenchmarkFigure::Gain).evaluate(), Ok(Number::Float(60.0)));
    assert_eq!(of(BenchmarkFigure::AheadBy).evaluate(), Ok(Number::Float(-60.0)));
    assert_eq!(of(BenchmarkFigure::AheadRate).evaluate(), Ok(Number::Float(-60.0 / 180.0)));
    let column = Column::Benchmark(symbol("VOO"));
    let close = Source::Daily { column, day: date("2024-01-04") };
    assert!(sources(&of(BenchmarkFigure::Value)).contains(&&close));
    assert!(!sources(&of(BenchmarkFigure::Xirr)).contains(&&Source::Ledger));
}

#[test]
fn a_period_opens_with_the_value_of_the_close_before_it() {
    let market =
        market([("AAPL", quoted(&[("2024-01-02", 10.0), ("2024-01-31", 12.0), ("2024-02-29", 15.0)]))]);
    let ledger = Ledger::default().buy("2024-01-02", "AAPL", "10", "10").buy("2024-02-15", "AAPL", "5", "12");
    let derivations = derivations(&ledger, &market, "2024-02-29");
    let period = Period::new(date("2024-01-31"), date("2024-02-29")).expect("a period");
    let gain = derivations.derive(&FigureName::Period { of: None, period, figure: PeriodFigure::Gain });
    // 15 x 15 - 10 x 12 - 5 x 12.
    assert_eq!(gain.evaluate(), Ok(exact("45")));
    assert!(!sources(&gain).contains(&&Source::Ledger), "{gain}");
    let figure = PeriodFigure::ModifiedDietz;
    let dietz = derivations.derive(&FigureName::Period { of: None, period, figure });
    // 60 were at work for 14 of 29 days.
    let Ok(Number::Float(rate)) = dietz.evaluate() else { panic!("{dietz}") };
    assert!((rate - 45.0 / (120.0 + 60.0 * 14.0 / 29.0)).abs() < 1e-12, "{dietz}");
}

/// Costs of 404 with fees; half of it moves to NEW in the merger, by value: 2 in cash of 4 for each share.
#[test]
fn a_merger_s_cash_and_costs_go_back_to_transactions() {
    let market = market([("OLD", quoted(&[("2024-01-02", 4.0)])), ("NEW", quoted(&[("2024-01-08", 1.0)]))]);
    let merger = Booking::Merger {
        symbol: symbol("OLD"),
        into: Some(symbol("NEW")),
        ratio: SplitRatio::new(decimal("2"), decimal("1")),
        cash_per_share: decimal("2"),
        cash_in_lieu: decimal("0"),
        cost_share: None,
    };
    let ledger = Ledger::default()
        .booked("2024-01-02", Booking::Buy(trade("OLD", "100", "4", "4")))
        .booked("2024-01-08", merger);
    let derivations = derivations(&ledger, &market, "2024-01-09");
    let field = |line, field| Source::Transaction {
        id: ledger.id(line),
        date: date(["2024-01-02", "2024-01-08"][line - 1]),
        field,
    };
    let has_unexplained_money = |derivation: &Derivation| {
        let counted =
            |node: &&Node| node.working == Working::Given(Source::Ledger) && node.unit != Unit::Shares;
        derivation.nodes().iter().any(|node| counted(&node))
    };
    let cost = derivations.derive(&of(&symbol("NEW"), HoldingFigure::Cost));
    assert_eq!(cost.evaluate(), Ok(exact("202")));
    assert!(sources(&cost).contains(&&field(1, Field::Fee)), "{cost}");
    assert!(sources(&cost).contains(&&field(2, Field::CashPerShare)), "{cost}");
    assert!(!has_unexplained_money(&cost), "{cost}");
    let before_fees = derivations.derive(&of(&symbol("NEW"), HoldingFigure::CostBeforeFees));
    assert_eq!(before_fees.evaluate(), Ok(exact("200")));
    assert!(!has_unexplained_money(&before_fees), "{before_fees}");
    let realised = derivations.derive(&of(&symbol("OLD"), HoldingFigure::Realised));
    assert_eq!(realised.evaluate(), Ok(exact("-2")));
    assert!(!has_unexplained_money(&realised), "{realised}");
    let cash = derivations.derive(&FigureName::Portfolio(PortfolioFigure::Cash));
    assert_eq!(cash.evaluate(), Ok(exact("200")));
    assert!(sources(&cash).contains(&&field(2, Field::CashPerShare)), "{cash}");
}

/// 10 OLD of 100 spin off 5 NEW with a quarter of the cost; 4 OLD move to another account. NEW and OLD stand at 6 and 9.
#[test]
fn a_lot_is_asked_for_by_its_instrument_and_is_whole_in_all_accounts() {
    let market = market([("OLD", quoted(&[("2024-01-02", 9.0)])), ("NEW", quoted(&[("2024-01-02", 6.0)]))]);
    let spin_off = Booking::SpinOff {
        symbol: symbol("OLD"),
        into: symbol("NEW"),
        ratio: SplitRatio::new(1.into(), 2.into()).expect("a ratio"),
        cost_share: decimal("0.25"),
        cash_in_lieu: decimal("0"),
    };
    let four = || trade("OLD", "4", "0", "0").quantity;
    let (fee, lots) = (decimal("0"), Vec::new());
    let leaves = Booking::TransferOut { symbol: symbol("OLD"), quantity: four(), fee, lots };
    let unit_cost = decimal("0");
    let arrives =
        Booking::TransferIn { symbol: symbol("OLD"), quantity: four(), unit_cost, fee, acquired: None };
    let ledger = Ledger::default()
        .buy("2024-01-02", "OLD", "10", "10")
        .booked("2024-01-03", spin_off)
        .booked("2024-01-04", leaves)
        .booked("2024-01-04", arrives)
        .account("other");
    let derivations = derivations(&ledger, &market, "2024-01-05");
    let of = |name: &str, figure| {
        let lot = FigureName::Lot { symbol: symbol(name), opened_by: ledger.id(1), figure };
        let derivation = derivations.derive(&lot);
        assert_eq!(derivation.evaluate(), derivation.value().clone());
        derivation.evaluate()
    };
    assert_eq!((of("OLD", LotFigure::Cost), of("OLD", LotFigure::Value)), (Ok(exact("75")), Ok(exact("90"))));
    assert_eq!((of("NEW", LotFigure::Cost), of("NEW", LotFigure::Value)), (Ok(exact("25")), Ok(exact("30"))));
    assert_eq!(of("OLD", LotFigure::Unrealised), Ok(exact("15")));
    assert_eq!(of("NONE", LotFigure::Cost), Err(Reason::NotHeld));
}

/// A merger pays 3 for each of 5 OLD, for a fifth of their cost of 50, and 2.5 NEW for the rest; 2 for the half.
#[test]
fn a_sale_is_asked_for_by_its_instrument() {
    let market = market([("OLD", quoted(&[("2024-01-02", 9.0)])), ("NEW", quoted(&[("2024-01-02", 4.0)]))]);
    let merger = Booking::Merger {
        symbol: symbol("OLD"),
        into: Some(symbol("NEW")),
        ratio: SplitRatio::new(1.into(), 2.into()),
        cash_per_share: decimal("3"),
        cash_in_lieu: decimal("2"),
        cost_share: Some(decimal("0.2")),
    };
    let ledger = Ledger::default().buy("2024-01-02", "OLD", "5", "10").booked("2024-01-03", merger);
    let derivations = derivations(&ledger, &market, "2024-01-05");
    let of = |name: &str| {
        let sale = FigureName::Sale { symbol: symbol(name), transaction: ledger.id(2) };
        derivations.derive(&sale).evaluate()
    };
    assert_eq!(of("OLD"), Ok(exact("5")), "15 for a cost of 10");
    assert_eq!(of("NEW"), Ok(exact("-6")), "2 for half of 2.5 that cost 40");
}

/// Ninety days on which AAPL swings, and MSFT half as much.
fn swinging() -> Market {
    let closes = |first: f64, swing: f64| {
        let first_day = bellwether_domain::epoch_day(date("2024-01-01"));
        let days: Vec<i32> = (first_day..first_day + 90).collect();
        let close = |day: &i32| first + swing * f64::from((day - first_day) % 7 - (day - first_day) % 4);
        let closes = days.iter().map(close).collect();
        let columns = bellwether_domain::PriceColumns { days, closes };
        InstrumentData::new(usd()).with_prices(PriceSeries::as_traded(columns))
    };
    market([("AAPL", closes(100.0, 1.0)), ("MSFT", closes(200.0, 0.5))])
}

#[test]
fn every_figure_of_risk_is_made_again_from_the_days_it_rests_on() {
    let ledger =
        Ledger::default().buy("2024-01-01", "AAPL", "10", "100").sell("2024-02-01", "AAPL", "4", "103");
    let market = swinging();
    let derivations = derivations(&ledger, &market, "2024-03-30");
    let report = report(&derivations);
    let period = Period::new(date("2024-01-02"), date("2024-03-30")).expect("a period");
    let basis = RiskBasis {
        benchmark: Some(symbol("MSFT")),
        risk_free: decimal("0.02"),
        minimum_acceptable: Some(decimal("0.05")),
    };
    for of in [None, Some(symbol("AAPL"))] {
        for figure in RiskFigure::ALL {
            let name = FigureName::Risk { of: of.clone(), period, basis: basis.clone(), figure: *figure };
            let derivation = derivations.derive(&name);
            assert_eq!(derivation.value(), &reported(&derivations, &report, &name), "{name:?}");
            assert_eq!(&derivation.evaluate(), derivation.value(), "{derivation}");
            if *figure == RiskFigure::CalmarRatio {
                assert_eq!(derivation.value(), &Err(Reason::UnderAYear));
                continue;
            }
            assert!(derivation.value().is_ok(), "{name:?}: {derivation}");
            let columns = sources(&derivation).into_iter();
            let columns = columns.filter(|source| matches!(source, Source::Series { .. })).count();
            let is_against = [RiskFigure::Beta, RiskFigure::Alpha, RiskFigure::Correlation].contains(figure)
                || *figure == RiskFigure::TrackingError;
            assert_eq!(columns, if is_against { 4 } else { 3 }, "{derivation}");
            // What is shown folded gives the same, and so does what a reader of JSON gets.
            assert_eq!(&derivation.to_depth(1).evaluate(), derivation.value());
            let text = serde_json::to_string(&derivation).expect("json");
            let read: Derivation = serde_json::from_str(&text).expect("a derivation");
            assert_eq!(read, derivation);
            assert_eq!(&read.evaluate(), derivation.value());
        }
    }
}

#[test]
fn the_return_of_a_period_is_made_of_three_columns_of_days() {
    let ledger = Ledger::default().buy("2024-01-01", "AAPL", "10", "100");
    let market = quoted(&[("2024-01-01", 100.0), ("2024-01-02", 110.0), ("2024-01-03", 121.0)]);
    let market = crate::testing::market([("AAPL", market)]);
    let derivations = derivations(&ledger, &market, "2024-01-03");
    let period = Period::new(date("2024-01-02"), date("2024-01-03")).expect("a period");
    let name = FigureName::Period { of: None, period, figure: PeriodFigure::TimeWeighted };
    let derivation = derivations.derive(&name);
    // From the close of the second day on: 121 / 110 - 1.
    let Ok(Number::Float(rate)) = derivation.evaluate() else { panic!("a rate: {derivation}") };
    assert!((rate - 0.1).abs() < 1e-12);
    let numbers: Vec<_> = sources(&derivation)
        .into_iter()
        .filter_map(|source| match source {
            Source::Series { column, from, numbers } => Some((column, *from, numbers.as_slice())),
            _ => None,
        })
        .collect();
    let first = date("2024-01-02");
    assert_eq!(
        numbers,
        [
            (&Column::Value, first, [1100.0, 1210.0].as_slice()),
            (&Column::Held, first, [0.0, 1210.0].as_slice()),
            (&Column::Flow, first, [1100.0, 0.0].as_slice()),
        ]
    );
}
