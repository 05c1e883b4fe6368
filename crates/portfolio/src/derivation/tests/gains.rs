use bellwether_domain::{Booking, Currency};

use super::*;
use crate::testing::{columns, market_with_rates, quoted, symbol, trade, usd};
use crate::{
    Basis, CapitalGains, Figure, GainParts, HoldingPeriod, InstrumentData, Period, PriceSeries, Rates,
    Reason, Subject, TaxYearReport, Term, TradeCosts, tax_year,
};

/// What the library computes.
pub(super) fn known(derivations: &Derivations<'_>, name: &FigureName) -> Figure<Number> {
    let (books, market) = (&derivations.books, derivations.market);
    let subject = |of: &Option<Symbol>| match of {
        Some(of) => Subject::holding(&[books], of),
        None => Ok(Subject::portfolio(books)),
    };
    let figure = match name {
        FigureName::CapitalGains { of, period, basis, costs, figure } => {
            let gains = CapitalGains::new(&subject(of)?, market, *period, *basis, *costs);
            match figure {
                CapitalGainsFigure::Unrealised => gains.unrealised,
                CapitalGainsFigure::UnrealisedCurrency => gains.unrealised_currency,
                CapitalGainsFigure::Realised => gains.realised,
                CapitalGainsFigure::RealisedCurrency => gains.realised_currency,
                CapitalGainsFigure::Transferred => gains.transferred,
                CapitalGainsFigure::Total => gains.total(),
            }
        }
        FigureName::GainPart { of, period, figure } => {
            let GainParts { income, fees, taxes, cash_currency_gain, .. } =
                GainParts::new(&subject(of)?, market, *period);
            match figure {
                GainPartFigure::DividendsGross => income.dividends_gross,
                GainPartFigure::DividendsNet => income.dividends_net,
                GainPartFigure::InterestGross => income.interest_gross,
                GainPartFigure::InterestNet => income.interest_net,
                GainPartFigure::IncomeGross => income.gross,
                GainPartFigure::IncomeNet => income.net,
                GainPartFigure::FeesOfTrades => fees.of_trades,
                GainPartFigure::FeesOfIncome => fees.of_income,
                GainPartFigure::FeesSeparate => fees.separate,
                GainPartFigure::Fees => fees.total,
                GainPartFigure::TaxesOfTrades => taxes.of_trades,
                GainPartFigure::TaxesOfIncome => taxes.of_income,
                GainPartFigure::TaxesSeparate => taxes.separate,
                GainPartFigure::Taxes => taxes.total,
                GainPartFigure::CashCurrencyGain => cash_currency_gain,
            }
        }
        FigureName::TaxYear { year, rule, of, term, figure } => {
            let report = TaxYearReport::new(&[books], *year, *rule)?;
            let sums = match of {
                None => [report.realised, report.short_term, report.long_term],
                Some(of) => {
                    let sums = report.by_symbol.into_iter().find(|sums| sums.symbol == *of);
                    let sums = sums.ok_or(Reason::NotHeld)?;
                    [sums.realised, sums.short_term, sums.long_term]
                }
            };
            let [all, short, long] = sums;
            let sums = match term {
                None => all,
                Some(Term::Short) => short,
                Some(Term::Long) => long,
            };
            match figure {
                TaxYearFigure::Proceeds => sums.proceeds,
                TaxYearFigure::Cost => sums.cost,
                TaxYearFigure::Gain => sums.gain,
                TaxYearFigure::Gains => sums.gains,
                TaxYearFigure::Losses => sums.losses,
                TaxYearFigure::Fees => sums.fees,
                TaxYearFigure::Taxes => sums.taxes,
            }
        }
        FigureName::TaxYearIncome { year, of, figure } => {
            let report = TaxYearReport::new(&[books], *year, HoldingPeriod::MoreThanAYear)?;
            let (income, taxes) = match of {
                None => (report.income, report.taxes),
                Some(of) => {
                    let sums = report.by_symbol.into_iter().find(|sums| sums.symbol == *of);
                    let sums = sums.ok_or(Reason::NotHeld)?;
                    (sums.income, sums.taxes)
                }
            };
            match figure {
                TaxYearIncomeFigure::Dividends => income.dividends,
                TaxYearIncomeFigure::DividendsWithheld => income.dividends_withheld,
                TaxYearIncomeFigure::Interest => income.interest,
                TaxYearIncomeFigure::InterestWithheld => income.interest_withheld,
                TaxYearIncomeFigure::InterestCharged => income.interest_charged,
                TaxYearIncomeFigure::Fees => income.fees,
                TaxYearIncomeFigure::SeparateTaxes => taxes,
            }
        }
        _ => unreachable!("no gain"),
    };
    figure.map(Number::Exact)
}

pub(super) fn names(derivations: &Derivations<'_>, period: Period) -> Vec<FigureName> {
    let positions = derivations.books.positions().iter();
    let all: Vec<_> =
        std::iter::once(None).chain(positions.map(|position| Some(position.symbol.clone()))).collect();
    let year = tax_year(2024, 1, 1).expect("a year");
    let mut names = Vec::new();
    for of in all {
        for basis in [Basis::PurchaseCost, Basis::OpeningValue] {
            for costs in [TradeCosts::Included, TradeCosts::LeftOut] {
                names.extend(CapitalGainsFigure::ALL.iter().map(|figure| {
                    let of = of.clone();
                    FigureName::CapitalGains { of, period, basis, costs, figure: *figure }
                }));
            }
        }
        names.extend(GainPartFigure::ALL.iter().map(|figure| FigureName::GainPart {
            of: of.clone(),
            period,
            figure: *figure,
        }));
        for term in [None, Some(Term::Short), Some(Term::Long)] {
            let rule = HoldingPeriod::MoreThanDays(30);
            names.extend(TaxYearFigure::ALL.iter().map(|figure| {
                let of = of.clone();
                FigureName::TaxYear { year, rule, of, term, figure: *figure }
            }));
        }
        names.extend(TaxYearIncomeFigure::ALL.iter().map(|figure| FigureName::TaxYearIncome {
            year,
            of: of.clone(),
            figure: *figure,
        }));
    }
    names
}

#[test]
fn a_realised_gain_counts_from_the_cost_or_from_the_value_at_the_opening() {
    let mut rates = Rates::new();
    rates.insert(Currency::EUR, usd(), &columns(&[("2024-01-02", 1.25), ("2024-02-01", 1.5)]));
    let closes = PriceSeries::as_traded(columns(&[("2024-01-02", 10.0), ("2024-01-31", 14.0)]));
    let data = InstrumentData::new(Currency::EUR).with_prices(closes);
    let market = market_with_rates(rates, [("SIE.DE", data)]);
    let ledger = Ledger::default()
        .booked("2024-01-02", Booking::Buy(trade("SIE.DE", "10", "10", "4")))
        .in_currency("EUR", None)
        .booked("2024-02-01", Booking::Sell { trade: trade("SIE.DE", "5", "16", "2"), lots: Vec::new() })
        .in_currency("EUR", None);
    let derivations = derivations(&ledger, &market, "2024-02-02");
    let period = Period::new(date("2024-01-31"), date("2024-02-02")).expect("a period");
    let gain = |basis, costs, figure| {
        derivations.derive(&FigureName::CapitalGains { of: None, period, basis, costs, figure })
    };
    let realised = CapitalGainsFigure::Realised;
    // Sold for (80 - 2) x 1.5; bought for (100 + 4) x 1.25, half of it sold.
    let cost = gain(Basis::PurchaseCost, TradeCosts::Included, realised);
    assert_eq!(cost.evaluate(), Ok(exact("52")));
    assert!(!sources(&cost).contains(&&Source::Constant), "{cost}");
    // Without the fees: 80 x 1.5 - 50 x 1.25.
    let before_fees = gain(Basis::PurchaseCost, TradeCosts::LeftOut, realised);
    assert_eq!(before_fees.evaluate(), Ok(exact("57.5")));
    // From the opening: 117 - 5 x 14 x 1.25.
    let opening = gain(Basis::OpeningValue, TradeCosts::Included, realised);
    assert_eq!(opening.evaluate(), Ok(exact("29.5")));
    assert!(figures(&opening).contains(&"Shares held at the opening"), "{opening}");
    // 65 at 1.25 is 52 at the listing, which is 78 at 1.5.
    let currency = gain(Basis::PurchaseCost, TradeCosts::Included, CapitalGainsFigure::RealisedCurrency);
    assert_eq!(currency.evaluate(), Ok(exact("13")));
}

#[test]
fn a_tax_year_s_gain_names_the_lots_that_it_closed() {
    let market = crate::testing::market([("AAPL", quoted(&[("2024-01-02", 10.0)]))]);
    let ledger = Ledger::default()
        .buy("2022-01-03", "AAPL", "10", "10")
        .buy("2024-01-02", "AAPL", "10", "30")
        .sell("2024-03-01", "AAPL", "15", "20")
        .dividend("2024-03-04", "AAPL", "6");
    let derivations = derivations(&ledger, &market, "2024-12-31");
    let (year, rule) = (tax_year(2024, 1, 1).expect("a year"), HoldingPeriod::MoreThanAYear);
    let sum = |term, figure| {
        derivations.derive(&FigureName::TaxYear { year, rule, of: Some(symbol("AAPL")), term, figure })
    };
    assert_eq!(sum(None, TaxYearFigure::Gain).evaluate(), Ok(exact("50")), "100 less 50");
    assert_eq!(sum(Some(Term::Long), TaxYearFigure::Gain).evaluate(), Ok(exact("100")));
    let losses = sum(None, TaxYearFigure::Losses);
    assert_eq!(losses.evaluate(), Ok(exact("-50")));
    let bought = |source: &&Source| matches!(source, Source::Transaction { id, field: Field::Price, .. } if *id == ledger.id(2));
    assert!(sources(&losses).into_iter().any(|source| bought(&source)), "{losses}");
    let income = FigureName::TaxYearIncome { year, of: None, figure: TaxYearIncomeFigure::Dividends };
    assert_eq!(derivations.derive(&income).evaluate(), Ok(exact("6")));
}
