use super::limits::MAX_AMOUNT;
use super::*;

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a date")
}

fn draft(kind: TransactionKind) -> TransactionDraft {
    TransactionDraft::new(kind, day(2020, 5, 4), Currency::USD)
}

fn check(draft: &TransactionDraft) -> Result<Transaction, InvalidTransaction> {
    draft.check(TransactionId::new(), 0, day(2020, 12, 31))
}

fn purchase() -> TransactionDraft {
    TransactionDraft {
        symbol: Some("AAPL".parse().expect("a symbol")),
        quantity: Some(Decimal::TEN),
        price: Some(Decimal::new(7_325, 2)),
        fee: Some(Decimal::ONE),
        ..draft(TransactionKind::Buy)
    }
}

fn lot(opened_by: TransactionId, quantity: &str) -> LotChoice {
    LotChoice { opened_by, quantity: quantity.parse().expect("a quantity") }
}

fn sale(lots: Vec<LotChoice>) -> TransactionDraft {
    TransactionDraft { kind: TransactionKind::Sell, lots, ..purchase() }
}

fn spin_off() -> TransactionDraft {
    TransactionDraft {
        symbol: "GE".parse().ok(),
        other_symbol: "GEV".parse().ok(),
        ratio: SplitRatio::new(Decimal::ONE, Decimal::from(4)),
        cost_share: Some(Decimal::new(2, 1)),
        ..draft(TransactionKind::SpinOff)
    }
}

fn merger() -> TransactionDraft {
    TransactionDraft { kind: TransactionKind::Merger, cost_share: None, ..spin_off() }
}

#[test]
fn a_purchase_costs_its_fee_too() {
    let Ok(Booking::Buy(trade)) = check(&purchase()).map(|t| t.booking) else { panic!("a purchase") };
    assert_eq!(trade.gross(), Decimal::new(73_250, 2));
    assert_eq!(trade.cost(), Decimal::new(73_350, 2));
    assert_eq!(trade.proceeds(), Decimal::new(73_150, 2));
}

#[test]
fn tomorrow_is_refused() {
    let result = purchase().check(TransactionId::new(), 0, day(2020, 5, 3));
    assert_eq!(result, Err(InvalidTransaction::Future(day(2020, 5, 4))));
}

#[test]
fn what_a_kind_needs_is_named() {
    let no_price = TransactionDraft { price: None, ..purchase() };
    assert_eq!(check(&no_price).map_err(|e| e.to_string()), Err("a buy needs a price".to_owned()));
    assert_eq!(
        check(&draft(TransactionKind::Deposit)).map_err(|e| e.to_string()),
        Err("a deposit needs an amount".to_owned())
    );
}

#[test]
fn a_price_may_come_from_the_amount() {
    let total = TransactionDraft { price: None, amount: Some(Decimal::from(500)), ..purchase() };
    let Ok(Booking::Buy(trade)) = check(&total).map(|t| t.booking) else { panic!("a purchase") };
    assert_eq!(trade.price, Decimal::from(50));
}

#[test]
fn a_price_found_by_division_passes_another_check() {
    let third = TransactionDraft {
        price: None,
        amount: Some(Decimal::from(100)),
        quantity: Some(Decimal::from(3)),
        ..purchase()
    };
    let transaction = check(&third).expect("a purchase");
    let again = check(&TransactionDraft::of(&transaction)).expect("still a purchase");
    assert_eq!(again.booking, transaction.booking);
}

#[test]
fn only_interest_and_separate_fees_and_taxes_may_be_negative() {
    let of = |kind, amount| check(&TransactionDraft { amount: Some(amount), ..draft(kind) });
    for kind in [TransactionKind::Interest, TransactionKind::Fee, TransactionKind::Tax] {
        assert!(of(kind, Decimal::NEGATIVE_ONE).is_ok(), "{kind}");
        assert_eq!(of(kind, Decimal::ZERO), Err(InvalidTransaction::Zero { field: "the amount" }), "{kind}");
    }
    let deposit = of(TransactionKind::Deposit, Decimal::NEGATIVE_ONE);
    assert_eq!(deposit, Err(InvalidTransaction::NotPositive { field: "the amount" }));
}

#[test]
fn absurd_amounts_are_refused() {
    let deposit = |amount| TransactionDraft { amount: Some(amount), ..draft(TransactionKind::Deposit) };
    assert!(check(&deposit(MAX_AMOUNT)).is_ok());
    assert_eq!(MAX_AMOUNT, Decimal::from(10_000_000_000_000_i64));
    assert!(check(&deposit(MAX_AMOUNT + Decimal::ONE)).is_err());
    assert!(check(&deposit(Decimal::new(1, 13))).is_err());
}

#[test]
fn every_kind_survives_the_way_through_a_draft() {
    let symbol = Some("MSFT".parse().expect("a symbol"));
    let opened_by = TransactionId::new();
    for kind in TransactionKind::ALL {
        let full = TransactionDraft {
            symbol: symbol.clone(),
            other_symbol: "ACTV".parse().ok(),
            quantity: Some(Decimal::new(15, 1)),
            price: Some(Decimal::new(20, 0)),
            amount: Some(Decimal::from(31)),
            fee: Some(Decimal::new(5, 1)),
            tax: Some(Decimal::new(4, 1)),
            ratio: SplitRatio::new(Decimal::TWO, Decimal::ONE),
            cost_share: Some(Decimal::new(25, 2)),
            cash_in_lieu: Some(Decimal::new(75, 1)),
            lots: vec![lot(opened_by, "1.5")],
            acquired: Some(day(2018, 1, 31)),
            ..draft(kind)
        };
        let transaction = check(&full).expect("complete");
        let again = TransactionDraft::of(&transaction).check(transaction.id, 0, day(2020, 12, 31));
        assert_eq!(again, Ok(transaction), "{kind}");
        assert_eq!(kind.as_str().parse::<TransactionKind>(), Ok(kind));
    }
}

#[test]
fn a_fingerprint_ignores_spelling_but_no_fact() {
    let spelled = TransactionDraft { price: Some(Decimal::new(732_500, 4)), ..purchase() };
    assert_eq!(spelled.fingerprint(), purchase().fingerprint());
    let other = TransactionDraft { quantity: Some(Decimal::ONE), ..purchase() };
    assert_ne!(other.fingerprint(), purchase().fingerprint());
}

#[test]
fn chosen_lots_make_up_the_quantity() {
    let (one, other) = (TransactionId::new(), TransactionId::new());
    assert!(check(&sale(vec![lot(one, "4"), lot(other, "6")])).is_ok());
    assert_eq!(
        check(&sale(vec![lot(one, "4"), lot(other, "5.5")])).map_err(|e| e.to_string()),
        Err("the chosen lots have 9.5 shares in all, not 10".to_owned())
    );
    assert_eq!(
        check(&sale(vec![lot(one, "4"), lot(one, "6")])),
        Err(InvalidTransaction::LotTwice(one)),
        "which of the two counts would be a guess"
    );
}

#[test]
fn a_share_of_cost_lies_between_nothing_and_all() {
    let sharing = |share| check(&TransactionDraft { cost_share: Some(share), ..spin_off() });
    assert!(sharing(Decimal::ZERO).is_ok());
    assert!(sharing(Decimal::ONE).is_ok());
    for share in [Decimal::new(-1, 2), Decimal::new(101, 2), Decimal::from(25)] {
        assert_eq!(sharing(share), Err(InvalidTransaction::CostShare(share)));
    }
    let unsaid = check(&TransactionDraft { cost_share: None, ..spin_off() });
    assert_eq!(
        unsaid.map_err(|e| e.to_string()),
        Err("a spin-off needs the share of the cost that moves".to_owned())
    );
}

#[test]
fn what_comes_out_is_not_what_went_in() {
    for kind in [TransactionKind::SpinOff, TransactionKind::Merger, TransactionKind::TickerChange] {
        let same = TransactionDraft { kind, other_symbol: spin_off().symbol, ..spin_off() };
        assert!(matches!(check(&same), Err(InvalidTransaction::SameSymbol(_))), "{kind}");
    }
}

#[test]
fn a_merger_brings_shares_or_cash_or_both() {
    let cash = Some(Decimal::new(545, 2));
    let booking = |draft: TransactionDraft| check(&draft).map(|transaction| transaction.booking);
    let Ok(Booking::Merger { cash_per_share, cost_share, .. }) =
        booking(TransactionDraft { price: cash, cost_share: Some(Decimal::new(1, 1)), ..merger() })
    else {
        panic!("both")
    };
    assert_eq!((cash_per_share, cost_share), (Decimal::new(545, 2), Some(Decimal::new(1, 1))));

    let all_cash = TransactionDraft { price: cash, other_symbol: None, ..merger() };
    let Ok(Booking::Merger { into: None, ratio: None, .. }) = booking(all_cash.clone()) else {
        panic!("all cash")
    };
    assert_eq!(
        booking(TransactionDraft { price: None, ..all_cash }).map_err(|e| e.to_string()),
        Err("a merger needs the other symbol, or the cash per share as its price".to_owned())
    );
    let no_ratio = booking(TransactionDraft { ratio: None, ..merger() });
    assert!(matches!(no_ratio, Err(InvalidTransaction::Missing { .. })));

    let Ok(Booking::Merger { cost_share: None, .. }) =
        booking(TransactionDraft { cost_share: Some(Decimal::ONE), ..merger() })
    else {
        panic!("no cash that a part of the cost could belong to")
    };
}

#[test]
fn shares_are_acquired_before_they_are_transferred() {
    let transfer = |acquired| TransactionDraft {
        kind: TransactionKind::TransferIn,
        acquired: Some(acquired),
        ..purchase()
    };
    assert!(check(&transfer(day(2012, 3, 25))).is_ok());
    assert_eq!(
        check(&transfer(day(2020, 5, 5))),
        Err(InvalidTransaction::AcquiredLater { acquired: day(2020, 5, 5), date: day(2020, 5, 4) })
    );
    assert_eq!(check(&transfer(day(1899, 5, 5))), Err(InvalidTransaction::TooEarly(day(1899, 5, 5))));
}

#[test]
fn the_facts_of_a_corporate_event_count_in_its_fingerprint() {
    let told = spin_off().fingerprint();
    assert_eq!(told, "spin-off|2020-05-04|GE||||||1:4|USD|into=GEV|cost=0.2");
    for other in [
        TransactionDraft { cost_share: Some(Decimal::ZERO), ..spin_off() },
        TransactionDraft { other_symbol: "GEHC".parse().ok(), ..spin_off() },
        TransactionDraft { cash_in_lieu: Some(Decimal::ONE), ..spin_off() },
        TransactionDraft { acquired: Some(day(2018, 1, 31)), ..spin_off() },
        TransactionDraft { lots: vec![lot(TransactionId::new(), "10")], ..spin_off() },
    ] {
        assert_ne!(other.fingerprint(), told);
    }
}

#[test]
fn a_booking_names_both_of_its_instruments() {
    let names = |draft: &TransactionDraft| -> Vec<String> {
        check(draft).expect("complete").booking.symbols().map(ToString::to_string).collect()
    };
    assert_eq!(names(&spin_off()), ["GE", "GEV"]);
    assert_eq!(names(&purchase()), ["AAPL"]);
    let deposit = TransactionDraft { amount: Some(Decimal::ONE), ..draft(TransactionKind::Deposit) };
    assert!(names(&deposit).is_empty());
}

#[test]
fn a_sale_recorded_before_lots_could_be_chosen_is_still_read() {
    let recorded = r#"{"sell":{"symbol":"AAPL","quantity":"10","price":"73.25","fee":"1","tax":"0"}}"#;
    let sold: Booking = serde_json::from_str(recorded).expect("a sale");
    assert_eq!(Ok(sold), check(&sale(Vec::new())).map(|t| t.booking));
}
