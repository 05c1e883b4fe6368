//! Rows that look like something else, or that only their account or another row explains.

use super::*;

fn flex(inside: &str) -> String {
    format!(
        "<FlexQueryResponse><FlexStatements><FlexStatement accountId=\"U1\" toDate=\"20261030\">\n{inside}\n</FlexStatement></FlexStatements></FlexQueryResponse>"
    )
}

fn activity(lines: &str) -> String {
    format!("Statement,Header,Field Name,Field Value\n{lines}")
}

fn found(file: &str) -> Vec<String> {
    rows(&read(file.as_bytes(), &[]))
}

#[test]
fn a_tax_that_its_trade_tells_is_not_booked_twice() {
    let trade = |number: &str, taxes: &str| {
        format!(
            r#"<Trade accountId="U1" currency="USD" assetCategory="STK" symbol="SNY" listingExchange="NASDAQ" tradeDate="20260707" quantity="10" tradePrice="50" proceeds="-500" taxes="{taxes}" ibCommission="-1" ibCommissionCurrency="USD" buySell="BUY" tradeID="{number}" levelOfDetail="EXECUTION" />"#
        )
    };
    let tax = |number: &str, day: &str| {
        format!(
            r#"<TransactionTax accountId="U1" currency="USD" assetCategory="STK" symbol="SNY" description="SANOFI-ADR" listingExchange="NASDAQ" date="{day}" taxDescription="French Transaction Tax" quantity="10" reportDate="{day}" taxAmount="-1.5" tradeId="{number}" tradePrice="50" levelOfDetail="SUMMARY" />"#
        )
    };
    let file = flex(&[trade("7", "-1.5"), tax("7", "20260708"), tax("8", "20260709")].join("\n"));
    assert_eq!(
        found(&file),
        [
            "2: 2026-07-07 buy SNY x10 at 50 fee 1 tax 1.5 USD",
            "3: - changes nothing here: a tax that its trade already tells",
            "4: 2026-07-09 tax SNY amount 1.5 USD ; SANOFI-ADR",
        ]
    );
    let file = flex(&[trade("7", "0"), tax("7", "20260707")].join("\n"));
    assert_eq!(found(&file)[1], "3: 2026-07-07 tax SNY amount 1.5 USD ; SANOFI-ADR");
}

#[test]
fn sales_taxes_are_read_by_their_own_name() {
    let file = flex(
        r#"<SalesTax accountId="U1" currency="EUR" date="20260703" country="Ireland" taxType="VAT" taxableDescription="r******75:US Securities Snapshot" taxableAmount="-10" taxRate="0.23" salesTax="-2.3" levelOfDetail="SUMMARY" />"#,
    );
    assert_eq!(found(&file), ["2: 2026-07-03 tax amount 2.3 EUR ; r******75:US Securities Snapshot"]);
}

#[test]
fn a_summary_of_cash_counts_where_nothing_tells_it_in_detail() {
    let entry = |level: &str, amount: &str| {
        format!(
            r#"<CashTransaction accountId="U1" currency="EUR" dateTime="20260603" description="CREDIT INT" amount="{amount}" type="Broker Interest Received" levelOfDetail="{level}" />"#
        )
    };
    let summary = flex(&entry("SUMMARY", "1.42"));
    assert_eq!(found(&summary), ["2: 2026-06-03 interest amount 1.42 EUR ; CREDIT INT"]);
    let both = flex(&[entry("DETAIL", "1.42"), entry("SUMMARY", "1.42")].join("\n"));
    assert_eq!(
        found(&both),
        [
            "2: 2026-06-03 interest amount 1.42 EUR ; CREDIT INT",
            "3: - a total of entries that follow one by one",
        ]
    );
}

#[test]
fn the_company_that_holds_an_asset_is_no_part_of_its_category() {
    let file = activity(
        "Trades,Header,DataDiscriminator,Asset Category,Currency,Symbol,Date/Time,Quantity,T. Price,C. Price,Proceeds,Comm/Fee,Basis,Realized P/L,MTM P/L,Code\n\
         Trades,Data,Order,Stocks - Held with Interactive Brokers (U.K.) Limited carried by Interactive Brokers LLC,USD,AAPL,\"2025-02-03, 10:15:00\",10,200,201,-2000,-1,2001,0,10,O\n\
         Trades,Data,Order,Forex - Held with Interactive Brokers (U.K.) Limited,USD,EUR.USD,\"2025-02-02, 17:20:11\",-100,1.05,,105,0,,,0,\n\
         Open Positions,Header,DataDiscriminator,Asset Category,Currency,Symbol,Quantity,Mult,Cost Price,Cost Basis,Close Price,Value,Unrealized P/L,Code\n\
         Open Positions,Data,Summary,Stocks - Held with Interactive Brokers (U.K.) Limited,USD,AAPL,10,1,200,2001,210,2100,99,\n\
         Transfers,Header,Asset Category,Currency,Symbol,Date,Type,Direction,Xfer Company,Xfer Account,Qty,Xfer Price,Market Value,Realized P/L,Cash Amount,Code\n\
         Transfers,Data,Stocks - Held with Interactive Brokers (U.K.) Limited,USD,INTC,2025-01-20,FOP,In,--,123,5,30,150,0.00,0.00,\n",
    );
    let found = found(&file);
    assert_eq!(found[2], "3: 2025-02-03 buy AAPL x10 at 200 fee 1 USD");
    assert_eq!(
        found[3..5],
        [
            "4: 2025-02-02 withdrawal amount 100 EUR ; Currency exchange",
            "4: 2025-02-02 deposit amount 105 USD ; Currency exchange",
        ]
    );
    assert_eq!(found[6], "6: - a position, to compare with");
    assert_eq!(found[8], "8: 2025-01-20 transfer-in INTC x5 at 30 USD ; FOP In");
}

#[test]
fn a_consolidated_statement_names_the_account_of_each_row() {
    let file = activity(
        "Account Information,Header,Field Name,Field Value\n\
         Account Information,Data,Account,Consolidated\n\
         Deposits & Withdrawals,Header,Currency,Account,Settle Date,Description,Amount\n\
         Deposits & Withdrawals,Data,EUR,U1,2025-01-15,Wire,100\n\
         Deposits & Withdrawals,Data,EUR,U2,2025-01-16,Wire,200\n",
    );
    assert_eq!(
        found(&file)[4..],
        [
            "5: 2025-01-15 deposit amount 100 EUR in U1 ; Wire",
            "6: 2025-01-16 deposit amount 200 EUR in U2 ; Wire",
        ]
    );
}

#[test]
fn of_two_listings_of_one_symbol_the_one_in_its_currency_is_meant() {
    let trade = |currency: &str| {
        format!(
            "Trades,Data,Order,Stocks,{currency},VUSA,\"2025-02-03, 10:15:00\",10,80,81,-800,-1,801,0,10,O\n"
        )
    };
    let file = activity(
        &[
            "Trades,Header,DataDiscriminator,Asset Category,Currency,Symbol,Date/Time,Quantity,T. Price,C. Price,Proceeds,Comm/Fee,Basis,Realized P/L,MTM P/L,Code\n",
            &trade("GBP"),
            &trade("EUR"),
            &trade("USD"),
            "Financial Instrument Information,Header,Asset Category,Symbol,Description,Conid,Security ID,Underlying,Listing Exch,Multiplier,Type,Code\n\
             Financial Instrument Information,Data,Stocks,VUSA,VANGUARD S&P 500,1,IE00B3XXRP09,VUSA,LSEETF,1,ETF,\n\
             Financial Instrument Information,Data,Stocks,VUSA,VANGUARD S&P 500,2,IE00B3XXRP09,VUSA,AEB,1,ETF,\n",
        ]
        .concat(),
    );
    assert_eq!(
        found(&file)[2..5],
        [
            "3: 2025-02-03 buy VUSA.L x10 at 80 fee 1 GBP",
            "4: 2025-02-03 buy VUSA.AS x10 at 80 fee 1 EUR",
            "5: ! which symbol is IE00B3XXRP09 (VUSA)? Choose it once, and all of its rows are read with it",
        ]
    );
}

#[test]
fn a_sale_that_costs_more_than_it_brings_is_read_from_both_programs() {
    let file = flex(
        r#"<Trade currency="USD" assetCategory="STK" symbol="DEAD" listingExchange="NYSE" tradeDate="20260707" quantity="-100" tradePrice="0.00333" proceeds="0.33" ibCommission="-1" ibCommissionCurrency="USD" buySell="SELL" levelOfDetail="EXECUTION" />"#,
    );
    assert_eq!(found(&file), ["2: 2026-07-07 sell DEAD x100 amount 0.33 fee 1 USD"]);
    let file = "Date,Type,Value,Transaction Currency,Fees,Taxes,Shares,ISIN,WKN,Ticker Symbol,Security Name,Note\n\
        2026-03-03,Sell,-4.67,EUR,5.00,,100,,,DEAD.DE,Dead AG,\n";
    assert_eq!(found(file), ["2: 2026-03-03 sell DEAD.DE x100 amount 0.33 fee 5 EUR"]);
}

#[test]
fn pence_and_agorot_of_portfolio_performance_are_hundredths() {
    let file = "Date,Type,Value,Transaction Currency,Fees,Taxes,Shares,ISIN,WKN,Ticker Symbol,Security Name,Note\n\
        2026-03-02,Buy,-10050,GBX,50,,10,,,VOD.L,Vodafone,\n\
        2026-03-03,Dividend,123.45,GBX,,1.5,10,,,VOD.L,Vodafone,\n\
        2026-03-04,Deposit,2550,ILA,,,,,,,,\n";
    assert_eq!(
        found(file),
        [
            "2: 2026-03-02 buy VOD.L x10 amount 100 fee 0.5 GBP",
            "3: 2026-03-03 dividend VOD.L amount 1.2495 tax 0.015 GBP",
            "4: 2026-03-04 deposit amount 25.5 ILS",
        ]
    );
}

#[test]
fn further_descriptions_of_degiro_are_known() {
    let row = |isin: &str, description: &str, amount: &str| {
        format!("16-12-2022,09:05,15-12-2022,P,{isin},{description},,EUR,\"{amount}\",EUR,\"1,36\",\n")
    };
    let file = [
        "Datum,Tijd,Valutadatum,Product,ISIN,Omschrijving,FX,Mutatie,,Saldo,,Order Id\n".to_owned(),
        row("US7561091049", "Kapitaalsuitkering", "1,76"),
        row("US7561091049", "Transactiebelasting Frankrijk", "-1,63"),
        row("US7561091049", "Transactiebelasting België", "-0,35"),
        row("", "B.T.W.", "-0,21"),
        row("", "Inkomsten uit Securities Lending", "0,12"),
        row("", "SEPA Instant Terugstorting", "-50,00"),
        row("US7561091049", "Dividend Herinvestering", "2,00"),
        row("US7561091049", "Dividend Herinvestering", "-2,00"),
    ]
    .concat();
    assert_eq!(
        rows(&read(file.as_bytes(), &[("US7561091049", "O")])),
        [
            "2: 2022-12-16 dividend O amount 1.76 EUR ; Return of capital",
            "3: 2022-12-16 tax O amount 1.63 EUR",
            "4: 2022-12-16 tax O amount 0.35 EUR",
            "5: 2022-12-16 tax amount 0.21 EUR",
            "6: 2022-12-16 interest amount 0.12 EUR",
            "7: 2022-12-16 withdrawal amount 50 EUR",
            "8: 2022-12-16 dividend O amount 2 EUR",
            "9: ! the file does not tell how many shares the dividend bought: enter the reinvestment by hand",
        ]
    );
}

#[test]
fn an_ofx_file_may_be_in_small_letters_with_decimal_commas() {
    let file = "OFXHEADER:100\n\n<ofx><bankmsgsrsv1><stmttrnrs><stmtrs><curdef>EUR\n\
        <bankacctfrom><acctid>123</bankacctfrom>\n\
        <banktranlist><stmttrn><trntype>CREDIT<dtposted>20230105<trnamt>1250,50<fitid>1<memo>Pay & more</stmttrn></banktranlist>\n\
        <ledgerbal><balamt>1300,25<dtasof>20230131</ledgerbal></stmtrs></stmttrnrs></bankmsgsrsv1></ofx>";
    let statement = read(file.as_bytes(), &[]);
    assert_eq!(rows(&statement), ["5: 2023-01-05 deposit amount 1250.5 EUR ; Pay & more"]);
    let cash: Vec<String> = statement
        .cash
        .iter()
        .map(|cash| format!("{} {} {:?}", cash.amount, cash.currency, cash.date))
        .collect();
    assert_eq!(cash, ["1300.25 EUR Some(2023-01-31)"]);
}
