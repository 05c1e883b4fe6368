//! The history that Etrade gives out.

use super::*;

#[test]
fn every_row_of_a_history_is_told() {
    let statement = sample("etrade/DownloadTxnHistory.csv", StatementFormat::Etrade);
    assert_told(
        &statement,
        &[
            "1: ignored: above the header",
            "2: ignored: blank line",
            "4: ignored: blank line",
            "5: 2026-04-05 sell AMZN 2 = 202.19 USD",
            "6: 2026-04-05 buy SQQQ 9 = 280.06 fee 4.95 USD",
            "7: 2026-04-03 buy BRK-B 2 @ 502.45 USD",
            "8: 2026-04-03 buy BRK-B 2 @ 502.45 USD",
            "9: 2026-03-31 reinvestment JSPGX 5.834 @ 13.940692492286595818 = 81.33 USD",
            "10: ignored: part of the transaction on line 9",
            "11: 2026-03-30 dividend NVO = 20 tax 3 USD",
            "12: ignored: part of the transaction on line 11",
            "13: rejected: TransactionType: options cannot be kept here: enter what it did to the cash by hand, or leave the row out",
            "14: rejected: TransactionType: options cannot be kept here: enter what it did to the cash by hand, or leave the row out",
            "15: rejected: TransactionType: bonds cannot be kept here: enter what it did to the cash by hand, or leave the row out",
            "16: 2026-03-25 interest = 1.5 USD",
            "17: 2026-03-25 interest = -7.77 USD",
            "18: 2026-03-24 deposit = 5000 USD",
            "19: 2026-03-24 withdrawal = 300 USD",
            "20: 2026-03-23 transfer-in VTI 12 USD",
            "21: 2026-03-23 transfer-out VTI 4 USD",
            "22: 2026-03-20 fee = 25 USD",
            "23: 2026-03-20 fee NVO = 0.4 USD",
            "24: ignored: the shares of a split: splits come with the prices, and the file does not tell its ratio",
            "25: 2026-03-18 merger SPLK @ 157 USD",
            "26: 2026-03-17 merger HES into CVX ratio 10.25:10 USD",
            "27: ignored: part of the transaction on line 26",
            "28: rejected: TransactionType: the file does not tell whose spin-off it is, for how many shares, and which part of the cost moves: enter the spin-off by hand",
            "29: rejected: TransactionType: the file does not tell which split, spin-off or merger the cash in lieu belongs to: enter the split by hand",
            "30: rejected: TransactionType: \"Whatnot\" is not known as an entry of this broker's: say what it is, or leave the row out",
        ],
    );
}

#[test]
fn the_newer_layout_is_read_too() {
    let statement = sample("etrade/AllTransactions.csv", StatementFormat::Etrade);
    assert_told(
        &statement,
        &[
            "1: ignored: above the header",
            "2: ignored: above the header",
            "3: ignored: above the header",
            "4: ignored: blank line",
            "6: 2026-06-15 buy AAPL 10 @ 185.5 USD",
            "7: 2026-06-12 dividend MSFT = 12.34 USD",
            "8: 2026-06-10 sell NVDA 3 @ 120.25 fee 0.65 USD",
        ],
    );
}
