//! Robinhood's account activity report.

use super::*;

#[test]
fn every_row_of_an_activity_report_is_told() {
    let statement = sample("robinhood/account_activity.csv", StatementFormat::Robinhood);
    assert_told(
        &statement,
        &[
            "2: 2025-09-29 dividend NVDA = 0.1 USD",
            "3: 2025-09-18 reinvestment O 0.810399 @ 53.850017090346853834 = 43.64 USD",
            "6: ignored: part of the transaction on line 3",
            "7: ignored: part of the transaction on line 9",
            "8: 2025-09-12 fee TSM = 0.05 USD",
            "9: 2025-09-12 dividend TSM = 6.09 tax 1.28 USD",
            "10: 2025-09-05 buy MSFT 0.060732 = 20.27 USD",
            "13: 2025-09-04 sell BRK-B 2 = 1002.17 USD",
            "15: 2025-09-03 buy AAPL 1 @ 229.87 USD",
            "17: 2025-09-03 buy AAPL 1 @ 229.87 USD",
            "19: rejected: Trans Code: options cannot be kept here: enter what it did to the cash by hand, or leave the row out",
            "20: 2025-09-02 interest = 3.17 USD",
            "21: 2025-09-01 interest = -2.4 USD",
            "22: 2025-08-29 interest = 0.01 USD",
            "23: 2025-08-28 fee = 5 USD",
            "24: 2025-08-28 fee = -5 USD",
            "25: 2025-08-27 deposit = 5000 USD",
            "26: 2025-08-26 withdrawal = 250 USD",
            "27: 2025-08-25 withdrawal = 75.5 USD",
            "28: 2025-08-22 transfer-in SOFI 302 USD",
            "30: 2025-08-22 deposit = 4.43 USD",
            "31: 2025-08-21 transfer-out VOO 3.5 USD",
            "32: 2025-08-20 transfer-in F 1 USD",
            "33: 2025-08-19 merger WBA @ 11.45 USD",
            "34: ignored: part of the transaction on line 33",
            "35: 2025-08-18 merger HES into CVX ratio 10.25:10 USD",
            "36: ignored: part of the transaction on line 35",
            "37: ignored: the shares of a split: splits come with the prices, and the file does not tell its ratio",
            "38: rejected: Trans Code: the file does not tell whose spin-off it is, for how many shares, and which part of the cost moves: enter the spin-off by hand",
            "39: rejected: Trans Code: the file does not tell which split, spin-off or merger the cash in lieu belongs to: enter the split by hand",
            "40: rejected: Trans Code: the file does not tell which symbol became which: enter the ticker-change by hand",
            "41: rejected: Trans Code: \"ZZZ\" is not known as an entry of this broker's: say what it is, or leave the row out",
            "42: ignored: blank line",
            "43: ignored: words beside the table",
        ],
    );
    assert_eq!(statement.splits.len(), 1);
    assert_eq!(
        (statement.splits[0].symbol.as_str(), statement.splits[0].shares.to_string()),
        ("NVDA", "9".into())
    );
    assert!(statement.newest_first());
}
