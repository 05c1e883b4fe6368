//! The kinds of transactions, and the signs that files give their numbers.

use super::*;

#[test]
fn types_in_any_case_and_words() {
    for kind in ["buy", "BUY", "bUy", " Bought ", "Purchase"] {
        assert_eq!(
            only(format!("Ticker,Type,Date,Price,Shares\naapl,{kind},2012-03-25,1234.50,10\n")),
            purchase()
        );
    }
}

#[test]
fn a_sale_may_have_any_sign() {
    let sale = TransactionDraft { kind: TransactionKind::Sell, ..purchase() };
    for shares in ["10", "-10", "(10)", "10-"] {
        assert_eq!(
            only(format!("Ticker,Type,Date,Price,Shares\nAAPL,Sell,2012-03-25,1234.50,{shares}\n")),
            sale
        );
    }
    let by_amount = TransactionDraft { price: None, amount: Some(number("12345")), ..sale };
    for (shares, amount) in [("-10", "12345"), ("10", "-12345"), ("-10", "(12345.00)")] {
        let file = format!("Ticker,Type,Date,Amount,Shares\nAAPL,Sell,2012-03-25,{amount},{shares}\n");
        assert_eq!(only(file), by_amount);
    }
    assert_eq!(
        problems("Ticker,Type,Date,Price,Shares\nAAPL,Buy,2012-03-25,1234.50,-10\n"),
        ["Shares: the quantity of a buy is negative: is it a sell or a transfer-out?"]
    );
}

#[test]
fn fees_and_taxes_are_added_up_whatever_sign_the_file_gives_them() {
    let header = "Ticker,Type,Date,Price,Shares,Fee,Commission,Tax";
    let costly = TransactionDraft { fee: Some(number("5.45")), tax: Some(number("0.1")), ..purchase() };
    for costs in ["0.50,4.95,0.1", "-0.50,(4.95),-0.1"] {
        assert_eq!(only(format!("{header}\nAAPL,Buy,2012-03-25,1234.50,10,{costs}\n")), costly);
    }
    assert_eq!(only(format!("{header}\nAAPL,Buy,2012-03-25,1234.50,10,,-,0.00\n")), purchase());
    let mixed = format!("{header}\nAAPL,Buy,2012-03-25,1,1,1,,\nAAPL,Buy,2012-03-25,1,1,-1,,\n");
    assert_eq!(problems(mixed), ["Fee: the fee must not be negative"]);
}

#[test]
fn a_net_amount_is_taken_apart() {
    let amount = |row: &str| {
        only(format!("Ticker,Type,Date,Shares,Net Amount,Fee,Tax\n{row}\n"))
            .amount
            .map(|amount| amount.to_string())
    };
    assert_eq!(amount("AAPL,Buy,2012-03-25,10,-105,5,").as_deref(), Some("100"));
    assert_eq!(amount("AAPL,Sell,2012-03-25,10,95,5,").as_deref(), Some("100"));
    assert_eq!(amount("AAPL,Dividend,2012-03-25,,85,,15").as_deref(), Some("100"));
}

#[test]
fn all_kinds_of_transactions() {
    let header = "Ticker,Type,Date,Price,Shares,Amount,Fee,Tax,Ratio,Account,Note";
    let row = |cells: &str| only(format!("{header}\n{cells}\n"));
    let new = |kind| TransactionDraft::new(kind, day("2012-03-25"), Currency::USD);
    let apple = Some("AAPL".parse().unwrap());

    let dividend = TransactionDraft {
        symbol: apple.clone(),
        amount: Some(number("26.5")),
        tax: Some(number("3.98")),
        account: "ISA".into(),
        note: "first in years".into(),
        ..new(TransactionKind::Dividend)
    };
    assert_eq!(row("AAPL,dividend,2012-03-25,,,26.50,,3.98,,ISA,first in years"), dividend);
    let by_share = TransactionDraft { tax: None, account: String::new(), note: String::new(), ..dividend };
    assert_eq!(row("AAPL,div,2012-03-25,2.65,10,,,,,,"), by_share, "per share times shares");

    let cash = |kind, amount| TransactionDraft { amount: Some(number(amount)), ..new(kind) };
    assert_eq!(row(",Deposit,2012-03-25,,,1000,,,,,"), cash(TransactionKind::Deposit, "1000"));
    assert_eq!(row("CASH,Withdrawal,2012-03-25,,,-1000,,,,,"), cash(TransactionKind::Withdrawal, "1000"));
    assert_eq!(row("-,Fee,2012-03-25,,,-12,,,,,"), cash(TransactionKind::Fee, "12"));
    assert_eq!(row(",Fee,2012-03-25,,,,12,,,,"), cash(TransactionKind::Fee, "12"));
    assert_eq!(row(",Interest,2012-03-25,,,-3.5,,,,,"), cash(TransactionKind::Interest, "-3.5"));
    assert_eq!(row(",Margin Interest,2012-03-25,,,3.5,,,,,"), cash(TransactionKind::Interest, "-3.5"));

    let split = TransactionDraft {
        symbol: apple.clone(),
        ratio: SplitRatio::new(Decimal::TWO, Decimal::ONE),
        ..new(TransactionKind::Split)
    };
    for cells in [
        "AAPL,Split,2012-03-25,,,,,,2:1,,",
        "AAPL,Split,2012-03-25,0,,2 for 1,,,,,",
        "AAPL,split,2012-03-25,,2/1,,,,,,",
    ] {
        assert_eq!(row(cells), split);
    }

    let reinvested = TransactionDraft {
        symbol: apple.clone(),
        quantity: Some(number("0.5")),
        price: Some(number("600")),
        amount: Some(number("300")),
        ..new(TransactionKind::Reinvestment)
    };
    assert_eq!(row("AAPL,DRIP,2012-03-25,600,0.5,-300,,,,,"), reinvested);

    let moved =
        TransactionDraft { symbol: apple, quantity: Some(Decimal::TEN), ..new(TransactionKind::TransferOut) };
    assert_eq!(row("AAPL,Transfer Out,2012-03-25,1,-10,,,,,,"), moved);
    let came = TransactionDraft { kind: TransactionKind::TransferIn, price: Some(number("12.5")), ..moved };
    assert_eq!(row("AAPL,Transfer In,2012-03-25,,10,125,,,,,"), came);
}

#[test]
fn a_fee_that_its_kind_cannot_have_is_not_dropped() {
    assert_eq!(
        problems("Type,Date,Amount,Fee,Tax\nDeposit,2012-03-25,100,5,1\n"),
        [
            "Fee: a deposit has no fee of its own: give it a row of its own",
            "Tax: a deposit has no tax of its own: give it a row of its own"
        ]
    );
}

#[test]
fn corporate_events_taxes_and_refunds() {
    let header = "Ticker,Type,Date,Price,Shares,Amount,Fee,Ratio,New Symbol,Cost Share,Cash in Lieu,Acquired";
    let row = |cells: &str| only(format!("{header}\n{cells}\n"));
    let new = |kind| TransactionDraft::new(kind, day("2012-03-25"), Currency::USD);
    let cash = |kind, amount| TransactionDraft { amount: Some(number(amount)), ..new(kind) };
    assert_eq!(row(",Tax,2012-03-25,,,-35,,,,,,"), cash(TransactionKind::Tax, "35"));
    assert_eq!(row(",Tax refund,2012-03-25,,,12,,,,,,"), cash(TransactionKind::Tax, "-12"));
    assert_eq!(row(",Fee refund,2012-03-25,,,-5,,,,,,"), cash(TransactionKind::Fee, "-5"));

    let spin_off = TransactionDraft {
        symbol: "GE".parse().ok(),
        other_symbol: "GEV".parse().ok(),
        ratio: SplitRatio::new(Decimal::ONE, Decimal::from(4)),
        cost_share: Some(number("0.2")),
        cash_in_lieu: Some(number("31.5")),
        ..new(TransactionKind::SpinOff)
    };
    assert_eq!(row("GE,Spin-off,2012-03-25,,,,,1:4,GEV,0.2,31.50,"), spin_off);
    let merger = TransactionDraft {
        kind: TransactionKind::Merger,
        price: Some(number("5.25")),
        cost_share: None,
        cash_in_lieu: None,
        ..spin_off
    };
    assert_eq!(row("GE,Merger,2012-03-25,5.25,,,,1:4,gev,,,"), merger);
    let renamed =
        TransactionDraft { kind: TransactionKind::TickerChange, price: None, ratio: None, ..merger.clone() };
    assert_eq!(row("GE,Ticker Change,2012-03-25,,,,,,GEV,,,"), renamed);
    let came = TransactionDraft {
        symbol: merger.symbol,
        quantity: Some(Decimal::TEN),
        price: Some(number("12.5")),
        fee: Some(number("3")),
        acquired: Some(day("2009-11-02")),
        ..new(TransactionKind::TransferIn)
    };
    assert_eq!(row("GE,Transfer In,2012-03-25,12.5,10,,3,,,,,2009-11-02"), came);
}

#[test]
fn what_is_wrong_with_a_corporate_event_is_told_all_at_once() {
    assert_eq!(
        problems(
            "Ticker,Type,Date,Price,Shares,Ratio,New Symbol,Cost Share\nGE,Spin-off,2012-03-25,,,,ge,25\n"
        ),
        [
            "New Symbol: the other symbol must not be GE again",
            "Ratio: a spin-off needs a ratio of new to old shares",
            "Cost Share: the share of the cost must be between 0 and 1, not 25: write 25 % as 0.25",
        ]
    );
    assert_eq!(
        problems("Ticker,Type,Date,Price,Shares,Ratio,New Symbol\nGE,Merger,2012-03-25,,,,\n"),
        ["Price: a merger needs the other symbol, or the cash per share as its price"]
    );
}
