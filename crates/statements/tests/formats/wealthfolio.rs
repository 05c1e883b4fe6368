//! Wealthfolio.

use super::*;

const FILE: &[u8] = include_bytes!("../wealthfolio/activities.csv");

#[test]
fn every_kind_of_row_is_read() {
    assert_form(FILE, &[], StatementFormat::Wealthfolio);
    assert_rows(
        &read(FILE, &[]),
        &[
            "2: 2024-01-15 buy MSFT x10 at 380.5 fee 4.95 USD",
            "3: 2024-01-15 buy MSFT x10 at 380.5 fee 4.95 USD",
            "4: 2024-02-01 dividend MSFT amount 0.75 USD",
            "5: 2024-02-15 deposit amount 1000 USD",
            "6: 2023-08-11 deposit amount 600.03 USD",
            "7: 2024-03-01 sell AAPL x2 at 175 fee 4.95 USD",
            "8: 2024-03-15 withdrawal amount 500 USD",
            "9: 2024-04-01 reinvestment VOO x0.25 at 470 amount 117.5 USD",
            "10: 2024-05-01 interest amount 12.5 USD",
            "11: 2024-06-01 buy TD.TO x10 at 85 fee 9.99 CAD",
            "12: 2024-06-02 buy VOD.L x100 at 0.7125 GBP",
            "13: 2024-06-03 split NVDA ratio 10:1 USD",
            "14: 2024-06-04 transfer-in MSFT x2 at 300 USD ; from the old broker",
            "15: 2024-06-05 transfer-out MSFT x1 USD",
            "16: 2024-06-06 deposit amount 50 EUR",
            "17: 2024-06-07 withdrawal amount 20 EUR ; CONVERSION_OUT",
            "18: 2024-06-07 deposit amount 21.7 USD ; CONVERSION_IN",
            "19: 2024-06-08 fee amount 2.5 USD",
            "20: 2024-06-09 tax MSFT amount 1.15 USD",
            "21: 2024-06-10 interest amount 15 USD ; CREDIT",
            "22: 2024-06-11 fee amount -1 USD ; CREDIT",
            "23: ! subtype: the file does not tell which shares these came from, and what part of their cost belongs to them: enter the spin-off by hand",
            "24: ! activityType: \"ADJUSTMENT\" is not known as an entry of this broker's: say what it is, or leave the row out",
        ],
    );
}
