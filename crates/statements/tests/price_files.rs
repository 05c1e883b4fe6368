//! Files of prices: what is read, merged, refused.
#![allow(clippy::unwrap_used)]

use std::io::Write;

use bellwether_domain::{DailyBar, PriceBasis};
use bellwether_statements::{Note, PriceFile, PriceOptions, UnreadableFile, read_prices};
use chrono::NaiveDate;

fn options() -> PriceOptions {
    PriceOptions { basis: Some(PriceBasis::AsTraded), today: day("2013-03-01") }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn read(file: impl AsRef<[u8]>) -> PriceFile {
    read_prices(file.as_ref(), &options()).unwrap()
}

fn unreadable(file: &str, basis: Option<PriceBasis>) -> UnreadableFile {
    read_prices(file.as_bytes(), &PriceOptions { basis, ..options() }).unwrap_err()
}

fn bars<'a>(file: &'a PriceFile, symbol: &str) -> &'a [DailyBar] {
    file.series.iter().find(|(known, _)| known.as_str() == symbol).map_or(&[], |(_, bars)| bars)
}

fn problems(file: &PriceFile) -> Vec<(usize, String)> {
    file.rejected
        .iter()
        .map(|row| (row.line, row.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))
        .collect()
}

#[test]
fn closes_alone_in_any_order() {
    let file =
        read("symbol,close,date\nMSFT,90.81,2000-03-01\naapl,122.0,2000-03-02\nAAPL,130.31,2000-03-01\n");
    assert_eq!(file.basis, PriceBasis::AsTraded);
    let symbols: Vec<_> = file.series.iter().map(|(symbol, _)| symbol.as_str()).collect();
    assert_eq!(symbols, ["AAPL", "MSFT"]);
    let days: Vec<_> = bars(&file, "AAPL").iter().map(|bar| (bar.date, bar.close.to_string())).collect();
    assert_eq!(days, [(day("2000-03-01"), "130.31".into()), (day("2000-03-02"), "122".into())]);
    assert!(bars(&file, "AAPL")[0].open.is_nan());
    assert_eq!(file.bars(), 3);
}

#[test]
fn full_bars_beside_columns_that_are_not_read() {
    let file = read(
        "Date,Ticker,Open,High,Low,Close,Adj Close,Volume\n3/1/2000,AAPL,\"1,118.5\",1132.0,1118.5,$1130.31,4.18,\"38,478,000\"\n\
         3/13/2000,AAPL,0,,-,1122,4,123.5\n",
    );
    let bars = bars(&file, "AAPL");
    let first = bars[0];
    assert_eq!(
        [first.open, first.high, first.low, first.close].map(|price| price.to_string()),
        ["1118.5", "1132", "1118.5", "1130.31"]
    );
    assert_eq!((first.volume, first.provisional), (38_478_000, false));
    assert!(bars[1].open.is_nan() && bars[1].high.is_nan() && bars[1].low.is_nan());
    assert_eq!(bars[1].volume, 123);
    assert_eq!(file.notes, [Note::IgnoredColumns { names: vec!["Adj Close".into()] }]);
}

#[test]
fn every_bad_row_is_told_with_line_column_and_reason() {
    let file = read(
        "date,symbol,close\n2000-03-01,AAPL,130.31\n2013-03-02,AAPL,1\n2000-03-03,AAPL,0\n2000-03-06,AAPL,-1\n\
         2000-03-07,AAPL,null\nsoon,=X,NaN1\n2000-03-08,AAPL,1,2\n2000-03-09,AAPL,inf\n1800-01-01,,1\n",
    );
    assert_eq!(file.bars(), 1);
    assert_eq!(
        problems(&file),
        [
            (3, "date: the date 2013-03-02 is in the future".into()),
            (4, "close: the close must be greater than zero".into()),
            (5, "close: the close must be greater than zero".into()),
            (6, "close: the close is missing".into()),
            (
                7,
                "date: \"soon\" is not a date: write it as 2012-03-05; \
                 symbol: \"=X\" begins like a formula and is not taken for a symbol; close: \"NaN1\" is not a number"
                    .into()
            ),
            (8, "the row has 4 cells but there are 3 columns: put cells that contain the delimiter in quotation marks".into()),
            (9, "close: \"inf\" is not a number".into()),
            (10, "date: the date 1800-01-01 is before 1900; symbol: the symbol is missing".into()),
        ]
    );
}

#[test]
fn a_day_told_twice_alike_is_merged_and_otherwise_refused() {
    let file = read(
        "date,symbol,close\n2000-03-02,AAPL,122\n2000-03-01,AAPL,130.31\n2000-03-01,aapl,130.310\n\
         2000-03-01,AAPL,130.32\n2000-03-01,MSFT,90\n",
    );
    assert_eq!((file.bars(), file.merged), (3, 1));
    assert_eq!(problems(&file), [(5, "close: line 3 says otherwise about the same day".into())]);
    assert_eq!(file.rejected[0].text.iter().collect::<Vec<_>>(), ["2000-03-01", "AAPL", "130.32"]);
}

#[test]
fn the_file_may_say_its_basis_but_not_another_than_the_caller() {
    let file = |basis: &str| format!("# my prices\n# basis: {basis}\ndate,symbol,close\n2000-03-01,AAPL,1\n");
    let read =
        |basis: &str, said| read_prices(file(basis).as_bytes(), &PriceOptions { basis: said, ..options() });
    assert_eq!(read("split-adjusted", None).unwrap().basis, PriceBasis::SplitAdjusted);
    assert_eq!(read("As-Traded,,", Some(PriceBasis::AsTraded)).unwrap().basis, PriceBasis::AsTraded);
    assert_eq!(
        read("split-adjusted", Some(PriceBasis::AsTraded)).unwrap_err(),
        UnreadableFile::ContradictoryBasis {
            line: 2,
            found: PriceBasis::SplitAdjusted,
            said: PriceBasis::AsTraded
        }
    );
    assert_eq!(
        read("nominal", None).unwrap_err(),
        UnreadableFile::InvalidBasis { line: 2, text: "nominal".into() }
    );
    let plain = "date,symbol,close\n2000-03-01,AAPL,1\n";
    assert_eq!(unreadable(plain, None), UnreadableFile::UnknownBasis);
    let late = format!("{plain}# basis: as-traded\n# basis: split-adjusted\n");
    assert!(matches!(unreadable(&late, None), UnreadableFile::ContradictoryBasis { line: 4, .. }));
}

#[test]
fn pence_in_the_name_of_the_column_become_pounds() {
    let file = read("date,symbol,close (GBX)\n2000-03-01,VOD.L,345.5\n");
    assert_eq!(bars(&file, "VOD.L")[0].close.to_string(), "3.455");
}

#[test]
fn adjusted_closes_alone_are_refused() {
    let error = unreadable("date,symbol,adj_close\n2000-03-01,AAPL,1\n", options().basis);
    assert_eq!(error, UnreadableFile::AdjustedClosesOnly { line: 1 });
    let error = unreadable("date,close\n2000-03-01,1\n", options().basis).to_string();
    assert!(error.contains("symbol is missing"), "{error}");
    assert!(matches!(unreadable("hello\n", None), UnreadableFile::NoHeader { .. }));
}

#[test]
fn packed_files_are_read_within_bounds() {
    let packed = |text: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    };
    let text = "date,symbol,close\n2000-03-01,AAPL,130.31\n";
    assert_eq!(format!("{:?}", read(packed(text.as_bytes()))), format!("{:?}", read(text)));
    let bomb = packed(&vec![b'\n'; (128 << 20) + 1]);
    assert_eq!(read_prices(&bomb, &options()).unwrap_err(), UnreadableFile::TooLarge { limit_mib: 128 });
}

#[test]
fn the_wrong_file_is_given_up_early() {
    let text = format!("date,symbol,close\n{}", "x,y,z\n".repeat(20_000));
    assert!(matches!(
        unreadable(&text, options().basis),
        UnreadableFile::TooManyBadRows { limit: 10_000, line: 2, .. }
    ));
}

#[test]
fn real_closes_are_read_to_the_last_digit() {
    let file = read(include_bytes!("../../../tests/realdata/prices.csv"));
    assert_eq!(problems(&file), []);
    let apple = bars(&file, "AAPL");
    assert_eq!((apple[0].date, apple[0].close.to_string()), (day("2000-03-01"), "130.31".into()));
    assert!(apple.windows(2).all(|pair| pair[0].date < pair[1].date));
}
