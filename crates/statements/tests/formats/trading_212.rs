//! Trading 212.

use super::*;

const FILE: &[u8] = include_bytes!("../trading-212/2026.csv");
const OLD_FILE: &[u8] = include_bytes!("../trading-212/2022.csv");
const SYMBOLS: &[(&str, &str)] = &[("FR0000121014", "MC.PA")];

#[test]
fn every_kind_of_row_is_read() {
    assert_form(FILE, SYMBOLS, StatementFormat::Trading212);
    assert_rows(
        &read(FILE, SYMBOLS),
        &[
            "2: 2026-01-05 deposit amount 2000 EUR",
            "3: 2026-01-06 buy KO x20 amount 1185.5 fee 1.78 EUR",
            "4: 2026-01-07 buy MC.PA x0.5 at 600 tax 0.9 EUR",
            "5: 2026-01-08 buy VOD.L x100 at 0.7126 tax 0.36 GBP",
            "6: 2026-01-08 buy VOD.L x100 at 0.7126 tax 0.36 GBP",
            "7: - part of the transaction on line 8",
            "8: 2026-03-02 split BYDDY ratio 6:1 USD",
            "9: 2026-04-01 dividend KO amount 8.72 tax 1.31 EUR",
            "10: 2026-04-02 dividend VOD.L amount 7.74 GBP ; Dividend (Tax exempted)",
            "11: 2026-04-03 dividend O amount 1.7 EUR ; Dividend (Return of capital)",
            "12: 2026-04-04 dividend O amount 1.87 EUR ; Dividend manufactured payment",
            "13: 2026-05-15 sell KO x8 amount 510.44 fee 0.77 EUR",
            "14: 2026-06-01 interest amount 0.32 EUR",
            "15: 2026-06-02 interest amount 0.04 EUR ; Lending interest",
            "16: 2026-06-03 withdrawal amount 22.39 EUR ; Card debit",
            "17: 2026-06-04 interest amount 0.06 EUR ; Spending cashback",
            "18: 2026-06-05 withdrawal amount 100 EUR ; Currency conversion",
            "18: 2026-06-05 deposit amount 116.33 USD ; Currency conversion",
            "18: 2026-06-05 fee amount 0.15 EUR ; Currency conversion",
            "19: 2026-06-06 withdrawal amount 250 EUR",
            "20: 2026-06-07 transfer-in AAPL x3 at 210 USD",
            "21: 2026-06-08 transfer-out AAPL x1 USD",
            "22: ! Action: the file does not tell what the shares were exchanged for: they left without a price: enter the merger by hand",
            "23: ! Action: the file does not tell which shares these came from, and what part of their cost belongs to them: enter the spin-off by hand",
            "24: ! Ticker: which symbol is IE00B3RBWM25 (VWRL)? Choose it once, and all of its rows are read with it",
            "25: ! Action: \"Result adjustment\" is not known as an entry of this broker's: say what it is, or leave the row out",
            "26: ! Total: this takes back a dividend that is not in the file: change that one, or leave the row out",
        ],
    );
}

#[test]
fn files_with_currencies_in_the_names_of_columns_are_read() {
    assert_form(OLD_FILE, &[], StatementFormat::Trading212);
    assert_rows(
        &read(OLD_FILE, &[]),
        &[
            "2: 2022-02-01 deposit amount 100 GBP",
            "3: 2022-02-02 buy BP.L x10 at 3.905 tax 0.2 GBP",
            "4: 2022-02-03 sell TSLA x0.5 amount 333.33 fee 0.04 GBP",
            "5: 2022-03-18 dividend BP.L amount 0.42 GBP",
        ],
    );
}
