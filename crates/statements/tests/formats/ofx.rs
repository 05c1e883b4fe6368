//! OFX and QFX.

use super::*;

const SGML: &[u8] = include_bytes!("../ofx/investment.ofx");
const XML: &[u8] = include_bytes!("../ofx/investment-2.qfx");

#[test]
fn every_kind_of_transaction_is_read() {
    assert_form(SGML, &[], StatementFormat::Ofx);
    assert_rows(
        &read(SGML, &[]),
        &[
            "15: 2023-01-05 buy AAPL x10 at 125.25 fee 4.95 USD",
            "17: 2023-01-06 sell AAPL x4 at 130 fee 4.97 USD",
            "18: 2023-01-07 buy VTSAX x12.345 amount 1149.94 USD",
            "19: 2023-01-08 sell VTSAX x1 at 93.5 tax 1.5 USD",
            "20: 2023-01-10 dividend AAPL amount 2.65 tax 0.35 USD",
            "21: 2023-01-11 dividend VTSAX amount 14 USD ; Capital gains distribution",
            "22: 2023-01-12 interest amount 0.85 USD",
            "23: 2023-01-13 reinvestment VTSAX x0.2 at 93.5 amount 18.7 USD",
            "24: 2023-01-14 dividend VTSAX amount 9.4 USD",
            "25: 2023-01-14 buy VTSAX x0.1 at 94 USD",
            "26: 2023-01-15 dividend O amount 3.1 USD ; Return of capital",
            "27: 2023-01-16 split NVDA lieu 1.25 ratio 4:1 USD",
            "28: 2023-01-17 transfer-in MSFT x5 at 210.5 acquired 2020-03-02 USD",
            "29: 2023-01-18 transfer-out MSFT x2 USD",
            "30: ! the file does not tell what the shares cost where they came from: enter the transfer-in by hand",
            "31: 2023-01-19 fee BABA amount 0.2 USD ; ADR FEE",
            "32: 2023-01-20 interest amount -3.21 USD ; MARGIN INTEREST",
            "33: - changes nothing here: between two parts of the account",
            "34: - changes nothing here: between two parts of the account",
            "35: ! options cannot be kept here: enter what it did to the cash by hand, or leave the row out",
            "36: ! bonds and bills cannot be kept here: enter what it did to the cash by hand, or leave the row out",
            "37: ! UNIQUEID: which symbol is CA0641491075 (BNS)? Choose it once, and all of its rows are read with it",
            "38: 2023-01-03 deposit amount 5000 USD ; Electronic Funds Transfer & more",
            "39: 2023-03-01 withdrawal amount 250 USD ; Withdrawal",
            "40: 2023-03-02 interest amount 1.11 USD ; Interest",
            "41: 2023-03-03 fee amount 10 USD ; Wire fee",
            "42: 2023-03-03 fee amount 10 USD ; Wire fee",
            "43: ! \"EXCHANGEOFFER\" is not known as an entry of this broker's: say what it is, or leave the row out",
            "46: - a position, to compare with",
            "47: - a position, to compare with",
            "48: - a position in what cannot be kept here",
        ],
    );
}

#[test]
fn the_second_generation_and_several_accounts_are_read() {
    assert_form(XML, &[], StatementFormat::Ofx);
    assert_rows(
        &read(XML, &[]),
        &[
            "10: 2024-01-15 buy VOO x2 at 430.5 USD in 1111",
            "25: 2024-01-02 deposit amount 1000 USD in 2222 ; Deposit",
        ],
    );
}

#[test]
fn positions_and_balances_are_stated() {
    let told =
        |statement: &Statement| {
            let held = statement.positions.iter().map(|held| {
                format!("{} {} at {:?} on {:?}", held.symbol, held.quantity, held.price, held.date)
            });
            let cash = statement.cash.iter().map(|cash| {
                format!("{} {} on {:?} in {}", cash.amount, cash.currency, cash.date, cash.account)
            });
            held.chain(cash).collect::<Vec<_>>()
        };
    assert_eq!(
        told(&read(SGML, &[])),
        [
            "AAPL 6 at Some(164.90) on Some(2023-03-31)",
            "VTSAX 11.645 at Some(98.2) on Some(2023-03-31)",
            "2345.67 USD on Some(2023-03-31) in "
        ]
    );
    assert_eq!(
        told(&read(XML, &[])),
        ["12.34 USD on Some(2024-06-30) in 1111", "1000.00 USD on Some(2024-06-29) in 2222"]
    );
}

#[test]
fn a_file_that_breaks_off_is_refused_with_its_line() {
    let cut = &SGML[..SGML.len() / 2];
    let error = read_transactions(cut, &options(&[])).unwrap_err().to_string();
    assert!(error.starts_with("this begins like an OFX file, and is broken on line "), "{error}");
}
