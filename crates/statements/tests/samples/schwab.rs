//! Charles Schwab's history of transactions.

use super::*;

#[test]
fn every_row_of_a_history_is_told() {
    let statement = sample("schwab/transactions.csv", StatementFormat::Schwab);
    assert_told(
        &statement,
        &[
            "1: ignored: above the header",
            "3: 2026-06-29 interest = -77.14 USD",
            "4: 2026-06-29 interest = 0.01 USD",
            "5: 2026-06-28 fee NVO = 2.25 USD",
            "6: 2026-06-26 deposit = 7217.67 USD",
            "7: 2026-06-26 transfer-out AVGX 25 USD",
            "8: ignored: the shares of a split: splits come with the prices, and the file does not tell its ratio",
            "9: 2026-06-26 transfer-in MCD 48 USD",
            "10: 2026-06-25 reinvestment QQQ 0.0581 @ 96.729776247848537005 = 5.62 USD",
            "11: ignored: part of the transaction on line 10",
            "12: 2026-06-24 dividend NVO = 20 tax 3 USD",
            "13: ignored: part of the transaction on line 12",
            "14: 2026-06-24 tax KO = 1.5 USD",
            "15: 2026-06-23 buy BRK-B 4 @ 477.4 fee 4.95 USD",
            "16: 2026-06-22 sell SCHD 403.8082 = 12938.01 fee 0.35 USD",
            "17: 2026-06-22 sell SCHD 10 @ 32.04 USD",
            "18: 2026-06-22 sell SCHD 10 @ 32.04 USD",
            "19: rejected: Action: options cannot be kept here: enter what it did to the cash by hand, or leave the row out",
            "20: ignored: the shares of a split: splits come with the prices, and the file does not tell its ratio",
            "21: ignored: the shares of a split: splits come with the prices, and the file does not tell its ratio",
            "22: rejected: Action: the file does not tell which split, spin-off or merger the cash in lieu belongs to: enter the split by hand",
            "23: rejected: Action: the file does not tell whose spin-off it is, for how many shares, and which part of the cost moves: enter the spin-off by hand",
            "24: 2026-06-12 merger XYZA into NEWB @ 2.5 ratio 40:100 USD",
            "25: ignored: part of the transaction on line 24",
            "26: ignored: part of the transaction on line 24",
            "27: 2026-06-11 merger OLDC @ 50 USD",
            "28: rejected: Action: the redemption of a bond or bill cannot be kept here: enter what it did to the cash by hand, or leave the row out",
            "29: 2026-06-09 withdrawal = 500 USD",
            "30: 2026-06-08 fee = 25 USD",
            "31: 2026-06-05 transfer-in AMZN 45 USD",
            "32: 2026-06-04 dividend MSFT = 3.41 USD",
            "33: 2026-06-03 dividend VTSAX = 12.1 USD",
            "34: rejected: Action: the cancellation of an entry, which stands in the file as well, cannot be kept here: enter what it did to the cash by hand, or leave the row out",
            "35: rejected: Action: the file does not tell which symbol became which: enter the ticker-change by hand",
            "36: rejected: Action: the file does not tell how many shares the dividend in shares brings for each share: enter the split by hand",
            "37: rejected: Action: \"Exotic Event\" is not known as an entry of this broker's: say what it is, or leave the row out",
            "38: ignored: a total of other rows",
        ],
    );
    let splits: Vec<_> =
        statement.splits.iter().map(|split| (split.line, split.shares.to_string())).collect();
    assert_eq!(splits, [(8, "140".into()), (20, "587".into())]);
    assert!(statement.newest_first());
}
