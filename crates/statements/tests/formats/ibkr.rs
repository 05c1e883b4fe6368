//! Interactive Brokers.

use super::*;

const XML: &[u8] = include_bytes!("../ibkr/flex.xml");
const ACTIVITY: &[u8] = include_bytes!("../ibkr/activity.csv");
const FLEX_CSV: &[u8] = include_bytes!("../ibkr/flex.csv");

#[test]
fn every_kind_of_entry_of_a_flex_query_is_read() {
    assert_form(XML, &[], StatementFormat::IbkrFlex);
    assert_rows(
        &read(XML, &[]),
        &[
            "8: - a total of other rows",
            "9: - a balance of cash, to compare with",
            "10: - a balance of cash, to compare with",
            "13: - a position, to compare with",
            "14: - a lot of a position",
            "15: - a position, to compare with",
            "16: - a position in what cannot be kept here",
            "19: - told by its executions or its order",
            "20: 2026-02-10 buy AAPL x10 at 230 fee 1 USD",
            "21: 2026-02-10 buy AAPL x4 at 230 fee 0.4 USD",
            "22: 2026-03-10 sell AAPL x4 amount 960.4938 fee 1.02 USD",
            "24: 2026-03-11 buy VOW.DE x5 at 100 fee 2 EUR",
            "25: 2026-03-12 buy VOD.L x1000 at 0.7126 tax 3.56 GBP",
            "25: 2026-03-12 fee VOD.L amount 3.5 EUR",
            "26: 2026-02-09 withdrawal amount 3000 EUR ; Currency exchange",
            "26: 2026-02-09 deposit amount 3489 USD ; Currency exchange",
            "26: 2026-02-09 fee amount 1.72 EUR ; Currency exchange",
            "27: ! options cannot be kept here: enter what it did to the cash by hand, or leave the row out",
            "28: - changes nothing here: a trade that was cancelled",
            "29: - changes nothing here: the cancellation of a trade",
            "32: 2026-06-09 split NVDA ratio 10:1 USD",
            "33: 2026-05-19 split ACME ratio 1:10 USD",
            "34: - part of the transaction on line 33",
            "35: 2026-10-20 merger SSL.TO into RGLD ratio 1:16 CAD",
            "36: - part of the transaction on line 35",
            "37: 2026-10-22 merger TWTR at 54.2 USD",
            "38: 2026-06-30 ticker-change FB into META USD",
            "39: - part of the transaction on line 38",
            "40: ! the file does not tell what part of the cost moves to the new shares: enter the spin-off by hand",
            "41: 2026-04-02 split XYZ ratio 21:20 USD",
            "42: ! \"WLL(US9663874090) DELISTED (WLL, WORTHLE…\" is not known as an entry of this broker's: say what it is, or leave the row out",
            "45: 2026-04-01 dividend KO amount 15.9 tax 2.39 USD",
            "46: - part of the transaction on line 45",
            "47: - a total of entries that follow one by one",
            "48: 2026-06-25 dividend 4543.T amount 455 JPY ; 4543.T(JP3546800008) PAYMENT IN LIEU OF DIVIDEND (Ordinary Dividend)",
            "49: - changes nothing here: a dividend that was taken back",
            "50: - changes nothing here: this takes back a dividend",
            "51: 2026-05-15 dividend O amount 2.7 USD ; O(US7561091049) CASH DIVIDEND USD 0.27 PER SHARE (Return of Capital)",
            "52: ! this takes back a dividend that is not in the file: change that one, or leave the row out",
            "53: 2026-03-05 tax PFE amount -0.63 USD ; PFE(US7170811035) CASH DIVIDEND USD 0.42 PER SHARE - US TAX",
            "54: 2026-06-03 interest amount 1.42 EUR ; EUR CREDIT INT FOR MAY-2026",
            "55: 2026-06-03 interest amount -0.37 USD ; USD DEBIT INT FOR MAY-2026",
            "56: 2026-06-03 tax amount 0.28 EUR ; WITHHOLDING @ 20% ON CREDIT INT FOR MAY-2026",
            "57: 2026-06-04 fee amount 1.5 USD ; E*****67:NASDAQ (NP,L1) FOR MAY 2026",
            "58: 2026-06-05 fee BABA amount 0.2 USD ; BABA(US01609W1027) ADR Fee USD 0.02 PER SHARE - FEE",
            "59: 2026-06-06 fee AAPL amount -0.35 USD ; COMMISSION ADJUSTMENT",
            "60: 2026-01-05 deposit amount 10000 EUR ; CASH RECEIPTS / ELECTRONIC FUND TRANSFERS",
            "61: 2026-09-01 withdrawal amount 500 EUR ; DISBURSEMENT INITIATED BY A B",
            "62: ! \"Price Adjustments\" is not known as an entry of this broker's: say what it is, or leave the row out",
            "65: 2026-07-07 tax MC.PA amount 1.8 EUR ; French Daily Trade Charge Tax",
            "68: ! the file does not tell what the shares cost where they came from: enter the transfer-in by hand",
            "69: 2026-07-11 transfer-in INTC x10 at 31.5 USD ; FOP IN",
            "70: 2026-07-12 transfer-out AAPL x2 USD ; INTERNAL OUT",
            "71: 2026-07-13 deposit amount 250 EUR ; INTERNAL IN",
        ],
    );
}

#[test]
fn a_flex_query_states_positions_and_cash() {
    let statement = read(XML, &[]);
    let held: Vec<String> = statement
        .positions
        .iter()
        .map(|held| {
            let (price, cost) = (held.price.unwrap_or_default(), held.cost.unwrap_or_default());
            format!(
                "{} {} at {price} for {cost} {} on {:?}",
                held.symbol, held.quantity, held.currency, held.date
            )
        })
        .collect();
    assert_eq!(
        held,
        [
            "AAPL 10 at 251.3 for 2301 USD on Some(2026-10-30)",
            "VOW.DE 5 at 101.5 for 502 EUR on Some(2026-10-30)"
        ]
    );
    let cash: Vec<String> = statement
        .cash
        .iter()
        .map(|cash| format!("{} {} on {:?}", cash.amount, cash.currency, cash.date))
        .collect();
    assert_eq!(cash, ["310.42 EUR on Some(2026-10-30)", "1162.7905 USD on Some(2026-10-30)"]);
    let notes: Vec<String> = statement.notes.iter().map(ToString::to_string).collect();
    assert_eq!(
        notes,
        [
            "sections that were not read: EquitySummaryInBase, EquitySummaryByReportDateInBase, ConversionRates, ConversionRate"
        ]
    );
}

#[test]
fn statements_and_queries_as_csv_state_the_same() {
    for (file, held, cash) in [(ACTIVITY, "BRK-B", "310.42 EUR"), (FLEX_CSV, "AAPL", "310.42 EUR")] {
        let statement = read(file, &[]);
        assert_eq!(statement.positions.len(), 1);
        assert_eq!(statement.positions[0].symbol.as_str(), held);
        assert_eq!(format!("{} {}", statement.cash[0].amount, statement.cash[0].currency), cash);
        assert!(statement.cash[0].date.is_some());
    }
}

#[test]
fn a_flex_query_that_breaks_off_is_refused_with_its_line() {
    let text = std::str::from_utf8(XML).unwrap();
    let cut = &text[..text.find("<Lot ").unwrap() + 20];
    let error = read_transactions(cut.as_bytes(), &options(&[])).unwrap_err().to_string();
    assert_eq!(error, "this begins like a Flex query, and is broken on line 23: download the file anew");
}

#[test]
fn entities_of_a_document_type_are_not_resolved() {
    let file = r#"<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd"><!ENTITY b "&e;&e;">]>
<FlexQueryResponse><FlexStatements><FlexStatement><CashTransactions>
<CashTransaction currency="EUR" dateTime="20260105" amount="1" type="Deposits" description="&e;" />
</CashTransactions></FlexStatement></FlexStatements></FlexQueryResponse>"#;
    let error = read_transactions(file.as_bytes(), &options(&[])).unwrap_err().to_string();
    assert!(error.contains("broken on line 3"), "{error}");
}

#[test]
fn every_section_of_an_activity_statement_is_read() {
    assert_form(ACTIVITY, &[], StatementFormat::IbkrActivity);
    assert_rows(
        &read(ACTIVITY, &[]),
        &[
            "1: - the names of columns",
            "2: - about the statement itself",
            "3: - about the statement itself",
            "4: - about the statement itself",
            "5: - about the statement itself",
            "6: - the names of columns",
            "7: - about the statement itself",
            "8: - about the statement itself",
            "9: - the names of columns",
            "10: - a section without transactions",
            "11: - the names of columns",
            "12: - how a balance of cash came about",
            "13: - a total of other rows",
            "14: - a balance of cash, to compare with",
            "15: - a balance of cash, to compare with",
            "16: - the names of columns",
            "17: - a position, to compare with",
            "18: - a total of other rows",
            "19: - the names of columns",
            "20: 2025-02-03 buy BRK-B x1002 at 400 fee 5.01 USD",
            "21: - told by its executions or its order",
            "22: 2025-02-04 sell VUSA.L x3.5 at 95.2 fee 1 USD",
            "23: - the lots that a trade closed, and totals",
            "24: - a total of other rows",
            "25: - a total of other rows",
            "26: - the names of columns",
            "27: 2025-02-02 withdrawal amount 2500 EUR ; Currency exchange",
            "27: 2025-02-02 deposit amount 2591.25 USD ; Currency exchange",
            "27: 2025-02-02 fee amount 1.9 EUR ; Currency exchange",
            "28: - the names of columns",
            "29: - changes nothing here: what the costs of the trades already contain",
            "30: - the names of columns",
            "31: 2025-06-17 split IBKR ratio 4:1 USD",
            "32: 2025-06-18 split GRTS ratio 1:10 USD",
            "33: - part of the transaction on line 32",
            "34: - a total of other rows",
            "35: - the names of columns",
            "36: 2025-03-12 dividend IBKR amount 22.12 tax 3.32 USD",
            "37: - a total of other rows",
            "38: - the names of columns",
            "39: - part of the transaction on line 36",
            "40: - a total of other rows",
            "41: - the names of columns",
            "42: 2025-04-03 interest amount 1.42 USD ; USD Credit Interest for Mar-2025",
            "43: - the names of columns",
            "44: 2025-04-04 fee amount 1.5 USD ; E*****67:NASDAQ (NP,L1) FOR MAR 2025",
            "45: - a total of other rows",
            "46: - the names of columns",
            "47: 2025-01-15 deposit amount 10000 EUR ; Electronic Fund Transfer",
            "48: - a total of other rows",
            "49: - the names of columns",
            "50: 2025-01-20 transfer-in IBKR x0.8869 at 60 USD ; FOP In",
            "51: - a total of other rows",
            "52: - the names of columns",
            "53: - about an instrument",
            "54: - about an instrument",
            "55: - about an instrument",
            "56: - the names of columns",
            "57: - a section without transactions",
        ],
    );
}

#[test]
fn a_flex_query_as_csv_is_read() {
    assert_form(FLEX_CSV, &[], StatementFormat::IbkrActivity);
    assert_rows(
        &read(FLEX_CSV, &[]),
        &[
            "1: - words beside the table",
            "2: - words beside the table",
            "3: - words beside the table",
            "4: - the names of columns",
            "5: 2026-02-10 buy AAPL x10 at 230 fee 1 USD",
            "6: 2026-02-09 withdrawal amount 3000 EUR ; Currency exchange",
            "6: 2026-02-09 deposit amount 3489 USD ; Currency exchange",
            "6: 2026-02-09 fee amount 1.72 EUR ; Currency exchange",
            "7: - words beside the table",
            "8: - words beside the table",
            "9: - the names of columns",
            "10: 2026-04-01 dividend KO amount 15.9 tax 2.39 USD",
            "11: - part of the transaction on line 10",
            "12: 2026-01-05 deposit amount 10000 EUR ; CASH RECEIPTS / ELECTRONIC FUND TRANSFERS",
            "13: - words beside the table",
            "14: - words beside the table",
            "15: - the names of columns",
            "16: - a position, to compare with",
            "17: - words beside the table",
            "18: - words beside the table",
            "19: - the names of columns",
            "20: - a total of other rows",
            "21: - a balance of cash, to compare with",
            "22: - words beside the table",
            "23: - words beside the table",
            "24: - the names of columns",
            "25: - a section without transactions",
            "26: - words beside the table",
            "27: - words beside the table",
            "28: - words beside the table",
        ],
    );
}
