//! Portfolio Performance.

use super::*;

const GERMAN: &[u8] = include_bytes!("../portfolio-performance/german.csv");
const ENGLISH: &[u8] = include_bytes!("../portfolio-performance/english.csv");

#[test]
fn every_kind_of_row_is_read_in_german() {
    assert_form(GERMAN, &[], StatementFormat::PortfolioPerformance);
    assert_rows(
        &read(GERMAN, &[]),
        &[
            "2: 2024-01-15 deposit amount 5000 EUR",
            "3: 2024-01-16 buy EUNL.DE x10 amount 1000 fee 4.99 EUR ; Sparplan",
            "4: 2024-02-01 buy AAPL x12.5 amount 2111.4 fee 1 EUR",
            "5: 2024-03-15 dividend AAPL amount 10.09 tax 1.59 EUR",
            "6: 2024-06-03 sell EUNL.DE x5 amount 540 fee 5 tax 15 EUR",
            "7: 2024-06-30 interest amount 4.06 tax 0.85 EUR",
            "8: 2024-06-30 interest amount -1.1 EUR",
            "9: 2024-07-01 transfer-in SAP.DE x3 at 500 EUR ; Depotwechsel",
            "10: 2024-07-02 transfer-out SAP.DE x1 EUR",
            "11: 2024-07-03 fee amount 4.9 EUR ; Depotgebühr",
            "12: 2024-07-03 fee amount 4.9 EUR ; Depotgebühr",
            "13: 2024-07-04 fee amount -2 EUR",
            "14: 2024-07-05 tax amount 7.77 EUR ; Vorabpauschale",
            "15: 2024-07-06 tax SAP.DE amount -0.5 EUR",
            "16: 2024-07-07 withdrawal amount 100 EUR",
            "17: 2024-07-08 transfer-in SAP.DE x1 at 300 EUR",
            "18: 2024-07-09 withdrawal amount 250 EUR",
            "19: ! ISIN: which symbol is LU0378438732 (Lyxor MSCI)? Choose it once, and all of its rows are read with it",
            "20: ! Typ: \"Sparplan\" is not known as an entry of this broker's: say what it is, or leave the row out",
        ],
    );
}

#[test]
fn every_kind_of_row_is_read_in_english() {
    assert_form(ENGLISH, &[], StatementFormat::PortfolioPerformance);
    assert_rows(
        &read(ENGLISH, &[]),
        &[
            "2: 2026-03-01 deposit amount 2000 EUR ; Bank transfer",
            "3: 2026-03-02 buy EUNL.DE x10 amount 1000 fee 5 EUR",
            "4: 2026-03-03 sell EUNL.DE x5 amount 512.5 fee 5 tax 2.5 EUR",
            "5: 2026-03-04 transfer-in SAP.DE x10 at 120 EUR",
            "6: 2026-03-05 transfer-out SAP.DE x2 EUR",
            "7: 2026-05-15 dividend AAPL amount 92.59 tax 13.89 EUR ; Quarterly dividend",
            "8: 2026-05-16 interest amount 1.2 EUR",
            "9: 2026-05-17 interest amount -0.4 EUR",
            "10: 2026-05-18 fee amount 3 EUR",
            "11: 2026-05-19 fee amount -1 EUR",
            "12: 2026-05-20 tax amount 2 EUR",
            "13: 2026-05-21 tax amount -0.75 EUR",
            "14: 2026-05-22 withdrawal amount 50 EUR",
            "15: 2026-05-23 withdrawal amount 300 EUR",
        ],
    );
}
