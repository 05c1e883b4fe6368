//! The history that Vanguard gives out.

use super::*;

#[test]
fn every_row_of_a_history_is_told() {
    let statement = sample("vanguard/OfxDownload.csv", StatementFormat::Vanguard);
    assert_told(
        &statement,
        &[
            "1: ignored: the names of the columns of another section",
            "2: ignored: a holding, to compare with",
            "3: ignored: the account's cash, to compare with",
            "4: ignored: a holding without a symbol",
            "5: ignored: a holding, to compare with",
            "6: ignored: blank line",
            "7: ignored: blank line",
            "9: 2026-05-28 buy VTI 10 @ 240 USD",
            "10: 2026-05-28 buy VTI 10 @ 240 USD",
            "11: ignored: changes nothing here: the cash goes into or out of its settlement fund",
            "12: 2026-05-27 sell AAPL 2 @ 210 fee 1.5 USD",
            "13: 2026-05-22 dividend NVO = 20 tax 3 USD",
            "14: ignored: part of the transaction on line 13",
            "15: ignored: part of the transaction on line 16",
            "16: 2026-05-20 reinvestment VBTLX 5 @ 11.9 = 59.5 USD",
            "17: ignored: part of the transaction on line 18",
            "18: 2026-05-19 reinvestment VWELX 1 @ 44 = 44 USD",
            "19: 2026-05-18 interest = 8.25 USD",
            "20: ignored: changes nothing here: the cash stays in its settlement fund",
            "21: 2026-05-15 deposit = 400 USD",
            "22: 2026-05-14 withdrawal = 150 USD",
            "23: 2026-05-13 transfer-in AAPL 8 USD",
            "24: 2026-05-13 transfer-out AAPL 1 USD",
            "25: 2026-05-13 deposit = 9000 USD",
            "26: 2026-05-12 interest = 0.42 USD",
            "27: 2026-05-11 fee = 20 USD",
            "28: ignored: the shares of a split: splits come with the prices, and the file does not tell its ratio",
            "29: rejected: Transaction Type: the file does not tell which split, spin-off or merger the cash in lieu belongs to: enter the split by hand",
            "30: 2026-05-06 merger HES into CVX ratio 10.25:10 USD",
            "31: ignored: part of the transaction on line 30",
            "32: rejected: Transaction Type: the file does not tell whose spin-off it is, for how many shares, and which part of the cost moves: enter the spin-off by hand",
            "33: rejected: Symbol: the symbol is missing",
            "34: rejected: Transaction Type: \"Curiosity\" is not known as an entry of this broker's: say what it is, or leave the row out",
        ],
    );
    let held: Vec<_> = statement
        .positions
        .iter()
        .map(|held| (held.account.as_str(), held.symbol.as_str(), held.quantity.to_string()))
        .collect();
    assert_eq!(held, [("12345678", "VTI", "33.33".into()), ("87654321", "VTI", "5".into())]);
    let cash: Vec<_> = statement.cash.iter().map(|cash| (cash.line, cash.amount.to_string())).collect();
    assert_eq!(cash, [(3, "2500.50".into())]);
}
