//! Dividends reinvested by us against the adjusted closes that came with the prices.

use std::io::Read;

use super::*;

/// Days around splits, ex-dates, a weekend and years' ends; on 2012-08-09 AAPL, on 2000-05-08 IBM has an ex-date.
const STARTS: [&str; 12] = [
    "2000-03-01",
    "2000-05-08",
    "2000-06-20",
    "2000-06-21",
    "2001-09-10",
    "2002-12-31",
    "2003-02-14",
    "2003-02-18",
    "2005-02-25",
    "2007-12-30",
    "2009-03-09",
    "2012-08-09",
];

type Adjusted = BTreeMap<Symbol, BTreeMap<NaiveDate, f64>>;

fn adjusted(rows: impl Iterator<Item = BTreeMap<String, String>>) -> Adjusted {
    let mut adjusted = Adjusted::new();
    for row in rows.filter(|row| ["AAPL", "IBM", "MSFT"].contains(&row["symbol"].as_str())) {
        let close = row["adj_close"].parse().unwrap();
        adjusted.entry(symbol(&row["symbol"])).or_default().insert(day(&row["date"]), close);
    }
    adjusted
}

/// From each start to every later day, of the index, of the return and of money put in on the start's day.
fn compare(adjusted: &Adjusted) {
    let market = market();
    assert_eq!(adjusted.len(), 3);
    for (symbol, closes) in adjusted {
        let as_of = *closes.keys().last().unwrap();
        let benchmark = Benchmark::new(symbol, &market, Currency::USD, as_of).unwrap();
        let index = benchmark.index();
        for start in STARTS.map(day) {
            // The first close from the start on that both know.
            let Some((bought, base)) = closes.range(start..).next() else { continue };
            for (on, close) in closes.range(bought..) {
                let (ours, theirs) = (index.at(*on).unwrap() / index.at(*bought).unwrap(), close / base);
                assert!(
                    (ours / theirs - 1.0).abs() < 1e-6,
                    "{symbol} {bought} {on}: {ours} instead of {theirs}"
                );
            }
            let whole = closes[&as_of] / base;
            let total = benchmark.return_since(*bought).unwrap() + 1.0;
            assert!((total / whole - 1.0).abs() < 1e-6, "{symbol} {bought}: {total} instead of {whole}");
            let comparison = benchmark.compare(vec![(*bought, 1000.0)], |_| Ok(0.0)).unwrap();
            assert!((comparison.value / (1000.0 * whole) - 1.0).abs() < 1e-6, "{symbol} {bought}");
        }
    }
}

#[test]
fn reinvested_dividends_give_the_adjusted_closes_of_every_month_s_end() {
    compare(&adjusted(rows("adjusted.csv").into_iter()));
}

/// Every close of the full sample, where its folder is named.
#[test]
fn reinvested_dividends_give_every_adjusted_close_of_the_full_sample() {
    let Ok(folder) = std::env::var("BELLWETHER_REALDATA_DIR") else { return };
    let file = std::fs::File::open(PathBuf::from(folder).join("us_stocks_raw_2000_2013.csv.gz")).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let full = adjusted(reader.deserialize().map(Result::unwrap));
    assert!(full.values().all(|closes| closes.len() == 3270), "thirteen years of closes");
    compare(&full);
}
