//! Rows of American brokers that look like something else, or that only their account or another row explains.

use super::*;

const ETRADE: &str = "Account Activity for Individual Brokerage -3525\n\n\
    Activity/Trade Date,Transaction Date,Settlement Date,Activity Type,Description,Symbol,Cusip,Quantity #,Price $,Amount $,Commission,Category,Note\n";
const FIDELITY: &str = "Run Date,Account,Account Number,Action,Symbol,Description,Type,Exchange Quantity,Exchange Currency,Currency,Price,Quantity,Exchange Rate,Commission,Fees,Accrued Interest,Amount,Settlement Date\n";
const VANGUARD: &str = "Account Number,Trade Date,Settlement Date,Transaction Type,Transaction Description,Investment Name,Symbol,Shares,Share Price,Principal Amount,Commissions and Fees,Net Amount,Accrued Interest,Account Type,\n";
const ROBINHOOD: &str = "\"Activity Date\",\"Process Date\",\"Settle Date\",\"Instrument\",\"Description\",\"Trans Code\",\"Quantity\",\"Price\",\"Amount\"\n";
const SCHWAB: &str =
    "\"Date\",\"Action\",\"Symbol\",\"Description\",\"Quantity\",\"Price\",\"Fees & Comm\",\"Amount\"\n";

fn read(header: &str, rows: &str) -> Statement {
    read_transactions(format!("{header}{rows}").as_bytes(), &options()).unwrap()
}

/// The accounts of the transactions, in their order.
fn accounts(statement: &Statement) -> Vec<&str> {
    statement.transactions().map(|(_, draft)| draft.account.as_str()).collect()
}

#[test]
fn options_in_the_newer_layout_of_etrade_are_not_taken_for_their_shares() {
    let told = told(&read(
        ETRADE,
        "06/15/26,06/15/26,06/16/26,Sold Short,PUT  AAPL   07/17/26   150.000 APPLE INC,AAPL,,-1.0,1.2,119.35,0.65,--,--\n\
         06/16/26,06/16/26,06/17/26,Bought To Cover,PUT  AAPL   07/17/26   150.000 APPLE INC,AAPL,,1.0,0.2,-20.65,0.65,--,--\n\
         06/17/26,06/17/26,06/18/26,Bought,CALL AAPL   07/17/26   250.000,AAPL,,1.0,0.2,-20.65,0.65,--,--\n\
         06/18/26,06/18/26,06/19/26,Bought,CALLAWAY GOLF CO,ELY,,10.0,20,-200,0,--,--\n\
         06/19/26,06/19/26,06/20/26,Sold Short,APPLE INC,AAPL,,-1.0,200,200,0,--,--\n",
    ));
    for row in &told[2..5] {
        assert!(row.contains("options cannot be kept here"), "{row}");
    }
    assert_eq!(told[5..], ["7: 2026-06-18 buy ELY 10 @ 20 USD", "8: 2026-06-19 sell AAPL 1 @ 200 USD"]);
}

#[test]
fn a_tax_belongs_to_the_dividend_of_its_own_account() {
    let row = |account: &str, action: &str, amount: &str| {
        format!("05/20/2026,{account},Z{account},{action} (KO),KO,COCA COLA,Cash,0,,USD,,0,0,,,,{amount},\n")
    };
    let statement = read(
        FIDELITY,
        &[
            row("One", "DIVIDEND RECEIVED", "20.00"),
            row("Two", "DIVIDEND RECEIVED", "30.00"),
            row("Two", "NON-RESIDENT TAX", "-4.50"),
        ]
        .concat(),
    );
    let told = told(&statement);
    assert_eq!(
        told[..3],
        [
            "2: 2026-05-20 dividend KO = 20 USD",
            "3: 2026-05-20 dividend KO = 30 tax 4.5 USD",
            "4: ignored: part of the transaction on line 3",
        ]
    );
    assert_eq!(accounts(&statement), ["One", "Two"]);
}

#[test]
fn a_reinvestment_is_paid_by_the_dividend_of_its_own_account() {
    let row = |account: &str, kind: &str, shares: &str, amount: &str| {
        format!(
            "{account},2026-05-20,2026-05-20,{kind},{kind},BOND FUND,VBTLX,{shares},11.90,{amount},0.00,{amount},0.00,CASH,\n"
        )
    };
    let statement = read(
        VANGUARD,
        &[
            row("111", "Dividend", "0", "59.50"),
            row("222", "Dividend", "0", "59.50"),
            row("222", "Reinvestment", "5", "-59.50"),
        ]
        .concat(),
    );
    assert_eq!(
        told(&statement),
        [
            "2: 2026-05-20 dividend VBTLX = 59.5 USD",
            "3: ignored: part of the transaction on line 4",
            "4: 2026-05-20 reinvestment VBTLX 5 @ 11.9 = 59.5 USD",
        ]
    );
    assert_eq!(accounts(&statement), ["111", "222"]);
}

#[test]
fn mergers_of_several_accounts_are_told_apart() {
    let row = |account: &str, symbol: &str, shares: &str| {
        format!(
            "{account},2026-05-06,2026-05-06,Corp Action (Merger),Merger,{symbol},{symbol},{shares},0.00,0.00,0.00,0.00,0.00,CASH,\n"
        )
    };
    let statement = read(
        VANGUARD,
        &[
            row("111", "HES", "-10"),
            row("222", "HES", "-20"),
            row("222", "CVX", "20.5"),
            row("111", "CVX", "10.25"),
        ]
        .concat(),
    );
    assert_eq!(
        told(&statement),
        [
            "2: 2026-05-06 merger HES into CVX ratio 10.25:10 USD",
            "3: 2026-05-06 merger HES into CVX ratio 20.5:20 USD",
            "4: ignored: part of the transaction on line 3",
            "5: ignored: part of the transaction on line 2",
        ]
    );
    assert_eq!(accounts(&statement), ["111", "222"]);
}

#[test]
fn a_conversion_of_a_fund_keeps_its_cost() {
    let row = |kind: &str, symbol: &str, shares: &str, amount: &str| {
        format!(
            "111,2026-05-06,2026-05-06,{kind},Conversion,FUND,{symbol},{shares},0.00,{amount},0.00,{amount},0.00,CASH,\n"
        )
    };
    let pair = read(
        VANGUARD,
        &[
            row("Conversion (outgoing)", "VTSMX", "-100", "10000.00"),
            row("Conversion (incoming)", "VTSAX", "98.5", "-10000.02"),
        ]
        .concat(),
    );
    assert_eq!(
        told(&pair),
        [
            "2: 2026-05-06 merger VTSMX into VTSAX ratio 98.5:100 USD",
            "3: ignored: part of the transaction on line 2",
        ]
    );
    let alone = told(&read(VANGUARD, &row("Conversion (incoming)", "VTSAX", "98.5", "0.00")));
    assert!(alone[0].contains("the file does not tell which shares became which"), "{}", alone[0]);
}

#[test]
fn a_sale_that_costs_more_than_it_brings_keeps_its_sign() {
    let told = told(&read(
        ROBINHOOD,
        "\"9/4/2025\",\"9/4/2025\",\"9/5/2025\",\"DEAD\",\"Dead Co\",\"Sell\",\"100\",\"$0.01\",\"$1.00\"\n",
    ));
    assert_eq!(told, ["2: 2025-09-04 sell DEAD 100 @ 0.01 USD"]);
    let schwab = read(
        SCHWAB,
        "\"06/22/2026\",\"Sell\",\"DEAD\",\"DEAD CO\",\"100\",\"$0.01\",\"$6.95\",\"-$5.95\"\n\
         \"06/22/2026\",\"Sell\",\"GONE\",\"GONE CO\",\"100\",\"\",\"$6.95\",\"-$5.95\"\n\
         \"06/22/2026\",\"Sell\",\"KO\",\"COCA COLA\",\"1\",\"\",\"$0.95\",\"-$70.00\"\n",
    );
    let told = super::told(&schwab);
    assert_eq!(
        told,
        [
            "2: 2026-06-22 sell DEAD 100 @ 0.01 fee 6.95 USD",
            "3: 2026-06-22 sell GONE 100 = 1 fee 6.95 USD",
            // More than the costs: here the file has signs the other way around.
            "4: 2026-06-22 sell KO 1 = 70.95 fee 0.95 USD",
        ]
    );
}

#[test]
fn a_fund_that_is_called_cash_is_no_cash() {
    let statement = read(
        "Account Number,Investment Name,Symbol,Shares,Share Price,Total Value,\n",
        "111,PACER US CASH COWS 100 ETF,COWZ,10,55.00,550.00,\n111,CASH,,0,1.00,12.34,\n",
    );
    let held: Vec<_> = statement.positions.iter().map(|held| held.symbol.as_str()).collect();
    let cash: Vec<_> = statement.cash.iter().map(|cash| cash.amount.to_string()).collect();
    assert_eq!((held, cash), (vec!["COWZ"], vec!["12.34".to_owned()]));
}

#[test]
fn a_journal_between_two_types_of_one_account_changes_nothing() {
    let row = |kind: &str, amount: &str| {
        format!(
            "05/20/2026,One,Z1,JOURNALED JNL VS A/C TYPES ({kind}),,No Description,{kind},0,,USD,,0,0,,,,{amount},\n"
        )
    };
    let told = told(&read(FIDELITY, &[row("Cash", "-41.64"), row("Margin", "41.64")].concat()));
    for row in &told {
        assert!(row.ends_with("ignored: changes nothing here: between two types of one account"), "{row}");
    }
    assert_eq!(told.len(), 2);
}

#[test]
fn cash_of_a_merger_has_a_code_of_its_own_at_robinhood() {
    let told = told(&read(
        ROBINHOOD,
        "\"8/19/2025\",\"8/19/2025\",\"8/19/2025\",\"WBA\",\"Walgreens\",\"MRGS\",\"20S\",\"\",\"\"\n\
         \"8/19/2025\",\"8/19/2025\",\"8/19/2025\",\"WBA\",\"Walgreens\",\"MRGC\",\"\",\"\",\"$229.00\"\n",
    ));
    assert_eq!(
        told,
        ["2: 2025-08-19 merger WBA @ 11.45 USD", "3: ignored: part of the transaction on line 2"]
    );
}

#[test]
fn further_words_of_schwab_are_known() {
    let told = told(&read(
        SCHWAB,
        "\"06/22/2026\",\"Ret Cap Reinvest\",\"O\",\"REALTY\",\"\",\"\",\"\",\"$7.00\"\n\
         \"06/22/2026\",\"Reinvest Shares\",\"O\",\"REALTY\",\"0.1\",\"$70.00\",\"\",\"-$7.00\"\n\
         \"06/21/2026\",\"Foreign Tax Reclaim\",\"NVO\",\"NOVO\",\"\",\"\",\"\",\"$1.20\"\n\
         \"06/20/2026\",\"Tax Reversal\",\"KO\",\"COCA COLA\",\"\",\"\",\"\",\"$0.30\"\n\
         \"06/19/2026\",\"Interest Adj\",\"\",\"INTEREST\",\"\",\"\",\"\",\"-$0.11\"\n\
         \"06/18/2026\",\"Stock Split Adj\",\"NVDA\",\"NVIDIA\",\"9\",\"\",\"\",\"\"\n",
    ));
    assert_eq!(
        told,
        [
            "2: ignored: part of the transaction on line 3",
            "3: 2026-06-22 reinvestment O 0.1 @ 70 = 7 USD",
            "4: 2026-06-21 tax NVO = -1.2 USD",
            "5: 2026-06-20 tax KO = -0.3 USD",
            "6: 2026-06-19 interest = -0.11 USD",
            "7: ignored: the shares of a split: splits come with the prices, and the file does not tell its ratio",
        ]
    );
}
