//! The history that Fidelity gives out.

use super::*;

#[test]
fn every_row_of_a_history_is_told() {
    let statement = sample("fidelity/Accounts_History.csv", StatementFormat::Fidelity);
    assert_told(
        &statement,
        &[
            "1: ignored: blank line",
            "2: ignored: blank line",
            "4: ignored: changes nothing here: the cash stays in its money market fund",
            "5: 2026-05-29 interest = 27.09 USD",
            "6: 2026-05-28 buy AAPL 3 @ 252.56 USD",
            "7: 2026-05-28 buy AAPL 3 @ 252.56 USD",
            "8: 2026-05-27 sell BRK-B 2 @ 481.5 fee 4.97 USD",
            "9: 2026-05-22 reinvestment META 0.027 @ 661.851851851851851852 = 17.87 USD",
            "10: ignored: part of the transaction on line 9",
            "11: ignored: part of the transaction on line 12",
            "12: 2026-05-20 dividend NVO = 20 tax 3 USD",
            "13: 2026-05-20 fee NVO = 0.4 USD",
            "14: 2026-05-19 dividend FCNTX = 101.5 USD",
            "15: rejected: Symbol: options cannot be kept here: enter what it did to the cash by hand, or leave the row out",
            "16: rejected: Symbol: what has a CUSIP and no symbol, such as a bond or a bill, cannot be kept here: enter what it did to the cash by hand, or leave the row out",
            "17: 2026-05-15 deposit = 5000 USD",
            "18: 2026-05-14 withdrawal = 200 USD",
            "19: 2026-05-13 deposit = 7000 USD",
            "20: 2026-05-12 interest = 1.23 USD",
            "21: 2026-05-12 interest = -4.56 USD",
            "22: 2026-05-11 transfer-in VTI 12.5 USD",
            "23: 2026-05-11 deposit = 32840.15 USD",
            "24: 2026-05-08 transfer-out AAPL 1 USD",
            "25: rejected: Action: the file does not tell whether these shares came from a split, which comes with the prices, or from a spin-off: enter the spin-off by hand",
            "26: ignored: the shares of a split: splits come with the prices, and the file does not tell its ratio",
            "27: ignored: the shares of a split: splits come with the prices, and the file does not tell its ratio",
            "28: rejected: Action: the file does not tell which split, spin-off or merger the cash in lieu belongs to: enter the split by hand",
            "29: 2026-05-04 merger SPLK @ 157 USD",
            "30: rejected: Action: the file does not tell which symbol became which: enter the ticker-change by hand",
            "31: ignored: changes nothing here: the cash leaves its money market fund",
            "32: rejected: Action: a trade in another currency, of which the file mixes two currencies, cannot be kept here: enter what it did to the cash by hand, or leave the row out",
            "33: rejected: Action: \"UNHEARD OF THING (Cash)\" is not known as an entry of this broker's: say what it is, or leave the row out",
            "34: ignored: blank line",
            "35: ignored: words beside the table",
            "36: ignored: words beside the table",
            "37: ignored: words beside the table",
            "38: ignored: blank line",
            "39: ignored: words beside the table",
        ],
    );
}
