//! Ghostfolio.

use super::*;

const FILE: &[u8] = include_bytes!("../ghostfolio/export.json");

#[test]
fn every_kind_of_activity_is_read() {
    assert_form(FILE, &[], StatementFormat::Ghostfolio);
    assert_rows(
        &read(FILE, &[]),
        &[
            "14: 2021-09-15 buy MSFT x5 at 298.58 fee 19 USD in My Online Trading Account",
            "15: 2021-11-17 dividend MSFT amount 3.1 USD in My Online Trading Account ; Line one\nand \"two\"",
            "27: 2022-01-03 sell VWCE.DE x0.1 at 100 fee 0.35 EUR in Second",
            "28: 2022-01-03 sell VWCE.DE x0.1 at 100 fee 0.35 EUR in Second",
            "29: 2022-02-01 buy VOD.L x10 at 0.7126 GBP in My Online Trading Account",
            "30: 2021-09-01 fee amount 49 USD in My Online Trading Account",
            "31: 2022-03-01 interest amount 12.345678901234 USD in My Online Trading Account",
            "32: ! valuables and liabilities cannot be kept here: enter what it did to the cash by hand, or leave the row out",
            "33: ! symbol: which symbol is bitcoin (Bitcoin)? Choose it once, and all of its rows are read with it",
            "34: ! date: \"yesterday\" is not a date: write it as 2012-03-05; currency: \"US\" is not a currency code: use three letters such as USD; quantity: \"ten\" is not a number",
            "35: ! \"AIRDROP\" is not known as an entry of this broker's: say what it is, or leave the row out",
            "36: ! \"{ \\\"type\\\": [\\\"BUY\\\"] }\" is not known as an entry of this broker's: say what it is, or leave the row out",
        ],
    );
}
