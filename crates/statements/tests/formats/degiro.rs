//! DEGIRO.

use super::*;

const DUTCH: &[u8] = include_bytes!("../degiro/account-dutch.csv");
const GERMAN: &[u8] = include_bytes!("../degiro/account-german.csv");
const TRANSACTIONS: &[u8] = include_bytes!("../degiro/transactions-english.csv");
const OLD_TRANSACTIONS: &[u8] = include_bytes!("../degiro/transactions-dutch.csv");
const SYMBOLS: &[(&str, &str)] = &[
    ("US1912161007", "KO"),
    ("US9256521090", "VICI"),
    ("IE00BYXG2H39", "2B70.DE"),
    ("IE00B3RBWM25", "VWRL.AS"),
    ("GB00BPQY8M80", "AV.L"),
    ("AU000000FBR4", "FBR.AX"),
    ("AU000000FBR5", "FBR.AX"),
    ("US88160R1014", "TSLA"),
    ("US01609W1027", "BABA"),
    ("US7561091049", "O"),
    ("US7731211089", "RKLB"),
    ("CA09173B1076", "BITF"),
    ("US4869171078", "KEEL"),
    ("US0378331005", "AAPL"),
    ("CH0038863350", "NESN.SW"),
    ("US5951121038", "MU"),
    ("IE00B4ND3602", "SGLN.L"),
    ("GB00BH4HKS39", "VOD.L"),
    ("US67066G1040", "NVDA"),
    ("US30303M1028", "META"),
    ("US30303M1027", "FB"),
];

#[test]
fn every_kind_of_booking_is_read_in_dutch() {
    assert_form(DUTCH, SYMBOLS, StatementFormat::Degiro);
    assert_rows(
        &read(DUTCH, SYMBOLS),
        &[
            "2: - changes nothing here: between the two halves of the account",
            "3: - changes nothing here: between the two halves of the account",
            "4: 2022-12-17 deposit amount 27.8 EUR",
            "5: - changes nothing here: a reservation of a deposit that is booked apart",
            "6: 2022-12-17 deposit amount 1.28 EUR ; Currency exchange",
            "7: 2022-12-17 withdrawal amount 1.36 USD ; Currency exchange",
            "8: 2022-12-16 dividend KO amount 0.44 tax 0.07 USD",
            "9: - part of the transaction on line 8",
            "10: 2022-12-15 deposit amount 33.9 USD ; Currency exchange",
            "11: - words beside the table",
            "12: 2022-12-15 withdrawal amount 31.91 EUR ; Currency exchange",
            "13: 2022-12-15 fee VICI amount 1 EUR",
            "14: 2022-12-15 buy VICI x1 at 33.9 USD",
            "15: - changes nothing here: between the two halves of the account",
            "16: 2022-08-26 withdrawal amount 15.1 EUR",
            "17: - part of the transaction on line 18",
            "18: 2022-08-01 sell 2B70.DE x1 amount 5.42 fee 1 EUR",
            "19: 2022-07-13 buy VWRL.AS x1 at 79.35 EUR",
            "20: 2022-07-13 buy VWRL.AS x1 at 79.35 EUR",
            "21: - part of the transaction on line 22",
            "22: 2022-07-01 buy AV.L x4 at 4.96 tax 0.1 GBP",
            "23: - changes nothing here: the same shares under another number",
            "24: - part of the transaction on line 23",
            "25: 2022-06-01 split TSLA ratio 3:1 USD",
            "26: - part of the transaction on line 25",
            "27: 2022-05-05 fee amount 2.5 EUR",
            "28: 2022-05-04 interest amount -0.12 EUR",
            "29: 2022-05-03 fee BABA amount 0.2 USD",
            "30: 2022-05-02 tax O amount 0.15 USD",
            "31: 2022-05-01 interest amount -0.01 EUR",
            "32: - changes nothing here: cash kept in a money market fund",
            "33: ! Omschrijving: \"DEGIRO Promotie\" is not known as an entry of this broker's: say what it is, or leave the row out",
        ],
    );
}

#[test]
fn every_kind_of_booking_is_read_in_german() {
    assert_form(GERMAN, SYMBOLS, StatementFormat::Degiro);
    assert_rows(
        &read(GERMAN, SYMBOLS),
        &[
            "2: 2026-04-17 deposit amount 5106.6 CHF ; Currency exchange",
            "3: 2026-04-17 withdrawal amount 6383.25 USD ; Currency exchange",
            "4: - part of the transaction on line 5",
            "5: 2026-04-17 sell RKLB x75 at 85.11 fee 2 USD",
            "6: - part of the transaction on line 7",
            "7: 2026-04-16 merger BITF into KEEL ratio 1:2 USD",
            "8: 2026-04-15 buy KEEL x20 at 48.73 USD",
            "9: ! the file does not tell what this event did to the shares that were held: enter the merger by hand",
            "10: 2026-04-13 dividend AAPL amount 2.6 tax 0.39 USD",
            "11: - part of the transaction on line 10",
            "12: 2026-04-12 deposit amount 500 CHF",
            "13: 2026-04-11 withdrawal amount 100 CHF",
            "14: 2026-04-10 interest amount 0.42 CHF",
            "15: 2026-04-09 fee amount 2.5 CHF",
            "16: - changes nothing here: between the two halves of the account",
            "17: 2026-04-07 dividend NESN.SW amount 3 CHF ; Return of capital",
            "18: ! this takes back a dividend that is not in the file: change that one, or leave the row out",
        ],
    );
}

#[test]
fn transactions_are_booked_in_the_currency_of_the_account() {
    assert_form(TRANSACTIONS, SYMBOLS, StatementFormat::Degiro);
    assert_rows(
        &read(TRANSACTIONS, SYMBOLS),
        &[
            "2: 2026-05-11 sell MU x4 amount 2699.94 fee 8.75 EUR",
            "3: 2026-01-22 buy SGLN.L x1 at 80.01 fee 1 EUR",
            "4: 2026-01-22 buy SGLN.L x1 at 80.01 EUR",
            "5: 2026-01-21 buy VOD.L x100 amount 82.43 fee 2.21 EUR",
            "6: 2026-01-20 split NVDA ratio 10:1 EUR",
            "7: - part of the transaction on line 6",
            "8: 2026-01-19 ticker-change FB into META EUR",
            "9: - part of the transaction on line 8",
            "10: ! ISIN: which symbol is LU0378438732 (UNKNOWN FUND)? Choose it once, and all of its rows are read with it",
        ],
    );
}

#[test]
fn transactions_with_currencies_in_columns_are_read() {
    assert_form(OLD_TRANSACTIONS, SYMBOLS, StatementFormat::Degiro);
    assert_rows(
        &read(OLD_TRANSACTIONS, SYMBOLS),
        &[
            "2: 2020-07-13 buy VWRL.AS x10 at 79.35 fee 2 EUR",
            "3: 2020-07-14 sell AAPL x2 amount 669.31 fee 0.51 EUR",
        ],
    );
}

#[test]
fn each_instrument_is_asked_for_by_its_isin() {
    let statement = read(OLD_TRANSACTIONS, &[]);
    let problems: Vec<String> = statement.rejected().map(|(_, problems)| problems[0].to_string()).collect();
    assert_eq!(
        problems,
        [
            "ISIN: which symbol is IE00B3RBWM25 (VANGUARD FTSE AW)? Choose it once, and all of its rows are read with it",
            "ISIN: which symbol is US0378331005 (APPLE INC)? Choose it once, and all of its rows are read with it",
        ]
    );
}
