//! What can be said of real dividends: which are special, how they grew, and forecasts beside what came.

use bellwether_portfolio::{DividendCalendar, DividendGrowth, DividendHistory};

use super::*;

fn history(name: &str, market: &Market, as_of: &str) -> DividendHistory {
    let instrument = market.instrument(&symbol(name)).unwrap();
    DividendHistory::of_instrument(instrument, market.rates(), day(as_of)).unwrap()
}

#[test]
fn only_the_three_dollars_of_2004_are_special() {
    let market = market();
    for (name, expected) in [("IBM", None), ("MSFT", Some(day("2004-11-15"))), ("AAPL", None)] {
        let history = history(name, &market, "2013-03-01");
        let special: Vec<_> =
            history.paid.iter().filter(|paid| paid.is_special).map(|paid| paid.ex_date).collect();
        assert_eq!(special, Vec::from_iter(expected), "{name}");
    }
}

#[test]
fn ibm_s_dividends_of_2012_are_six_times_those_of_2001() {
    // 0.55 in 2001 and 3.30 in 2012, eleven years later; of 2000 the sample has three payments only.
    let growth = DividendGrowth::of(&history("IBM", &market(), "2013-03-01")).unwrap();
    let regular = |year: i32| growth.years.iter().find(|of| of.year == year).unwrap();
    assert_eq!(
        (regular(2001).regular.clone(), regular(2012).regular.clone()),
        (Ok(number("0.55")), Ok(number("3.30")))
    );
    assert!(!regular(2000).is_complete && !regular(2013).is_complete);
    let annual = growth.annual.unwrap();
    assert!((annual - (6.0_f64.ln() / 11.0).exp_m1()).abs() < 1e-12, "{annual}");
}

/// On the last day of each half year from 2004 on, for all that is held then.
#[test]
fn ibm_s_ex_dates_fell_into_the_forecast_s_windows() {
    let market = market();
    let actual: Vec<_> =
        market.instrument(&symbol("IBM")).unwrap().dividends().iter().map(|paid| paid.ex_date).collect();
    let mut met = 0;
    for year in 2004..=2011 {
        for end in ["06-30", "12-31"] {
            let as_of = format!("{year}-{end}");
            let books = books(&market, CostMethod::Fifo, &as_of);
            let calendar = DividendCalendar::new(&books, &market, &BTreeMap::new());
            let coming: Vec<_> =
                calendar.coming.iter().filter(|coming| coming.symbol.as_str() == "IBM").collect();
            let came =
                actual.iter().filter(|ex_date| **ex_date > books.as_of() && **ex_date <= calendar.until);
            assert_eq!(coming.len(), came.clone().count(), "{as_of}");
            for (forecast, ex_date) in coming.iter().zip(came) {
                assert!(
                    forecast.is_estimate && forecast.earliest <= *ex_date && *ex_date <= forecast.latest,
                    "{forecast:?} {ex_date}"
                );
                met += 1;
            }
        }
    }
    assert_eq!(met, 64);
}
