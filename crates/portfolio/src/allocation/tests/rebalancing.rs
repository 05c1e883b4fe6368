use super::*;

fn cash_only(new: &str, held: &str) -> RebalancingTerms {
    terms(Funding::CashOnly { new: decimal(new), held: decimal(held) })
}

fn with_sales(new: &str) -> RebalancingTerms {
    terms(Funding::WithSales { new: decimal(new) })
}

fn terms(funding: Funding) -> RebalancingTerms {
    RebalancingTerms { funding, smallest_trade: Decimal::ZERO, whole_shares: false }
}

fn smallest(amount: &str, terms: RebalancingTerms) -> RebalancingTerms {
    RebalancingTerms { smallest_trade: decimal(amount), ..terms }
}

fn whole(terms: RebalancingTerms) -> RebalancingTerms {
    RebalancingTerms { whole_shares: true, ..terms }
}

/// 50 % VTI, 30 % VXUS and 20 % BND, which costs 80 and is not held.
fn wanted() -> Targets {
    targets(&[(named("VTI"), "0.5"), (named("VXUS"), "0.3"), (named("BND"), "0.2")])
}

fn vehicles() -> BTreeMap<Class, Vehicle> {
    let mut vehicles = assets().vehicles();
    vehicles.insert(named("BND"), Vehicle { symbol: symbol("BND"), price: Ok(decimal("80")) });
    vehicles
}

fn rebalance(terms: &RebalancingTerms) -> Result<RebalancingProposal, RebalancingError> {
    Allocation::by_holding(&assets()).expect("known").rebalance(&wanted(), &vehicles(), terms)
}

/// Class, amount and shares of each trade, as text.
fn trades(terms: &RebalancingTerms) -> Vec<(String, String, String)> {
    let proposal = rebalance(terms).expect("a proposal");
    let trades = proposal.trades.iter();
    trades
        .map(|trade| {
            let text = |number: Decimal| number.normalize().to_string();
            let shares = trade.shares.clone().expect("known");
            (trade.class.to_string(), text(trade.amount), text(shares))
        })
        .collect()
}

#[test]
fn sales_bring_every_class_to_its_target() {
    // Of 1,000: 500 instead of 600, 300 as it is, 200 instead of nothing, and no cash.
    assert_eq!(trades(&with_sales("0")), [row("BND", "200", "2.5"), row("VTI", "-100", "-0.5")]);
    let proposal = rebalance(&with_sales("0")).expect("a proposal");
    assert_eq!((proposal.cash, proposal.total), (Decimal::ZERO, decimal("1000")));
    assert_eq!((proposal.before.misplaced, proposal.after.misplaced), (decimal("0.2"), Decimal::ZERO));
}

#[test]
fn money_may_come_in_or_be_taken_out_with_sales() {
    // Of 1,200: 600, 360, 240. Of 500: 250, 150, 100.
    assert_eq!(trades(&with_sales("200")), [row("BND", "240", "3"), row("VXUS", "60", "1.2")]);
    assert_eq!(
        trades(&with_sales("-500")),
        [row("BND", "100", "1.25"), row("VTI", "-350", "-1.75"), row("VXUS", "-150", "-3")]
    );
    let too_much = rebalance(&with_sales("-1000"));
    assert_eq!(too_much, Err(RebalancingError::Unknown(Reason::NoCapital)));
}

#[test]
fn new_cash_fills_the_largest_shortfall_first() {
    // Of 1,090 BND lacks 218, VXUS 27 and VTI nothing; the 100 of cash stay.
    assert_eq!(trades(&cash_only("90", "0")), [row("BND", "90", "1.125")]);
    // Of 1,400 BND lacks 280, VXUS 120 and VTI 100: of 400 each is left 33 1/3 short.
    let proposal = rebalance(&cash_only("400", "0")).expect("a proposal");
    let amounts: Vec<_> = proposal.trades.iter().map(|trade| trade.amount.round_dp(6)).collect();
    assert_eq!(amounts, ["246.666667", "66.666667", "86.666667"].map(decimal));
    assert_eq!(proposal.trades.iter().map(|trade| trade.amount).sum::<Decimal>(), decimal("400"));
    assert_eq!(proposal.cash, decimal("100"));
}

#[test]
fn held_cash_is_spent_where_it_is_offered() {
    // Of 1,000 only BND lacks something.
    assert_eq!(trades(&cash_only("0", "100")), [row("BND", "100", "1.25")]);
    let proposal = rebalance(&cash_only("0", "100")).expect("a proposal");
    assert_eq!((proposal.cash, proposal.after.misplaced), (Decimal::ZERO, decimal("0.1")));
    assert_eq!(
        rebalance(&cash_only("0", "100.01")),
        Err(RebalancingError::MoreThanCash { cash: decimal("100") })
    );
    assert!(matches!(rebalance(&cash_only("-1", "0")), Err(RebalancingError::Negative(_))));
}

#[test]
fn cash_with_a_target_gets_its_part_of_new_cash() {
    let allocation = Allocation::by_holding(&assets()).expect("known");
    let wanted = targets(&[(named("VTI"), "0.5"), (named("VXUS"), "0.25"), (Class::Cash, "0.25")]);
    // Of 1,200: VTI at 600, VXUS at 300, cash lacks 200.
    let proposal = allocation.rebalance(&wanted, &vehicles(), &cash_only("200", "0")).expect("a proposal");
    assert_eq!((proposal.trades, proposal.cash), (Vec::new(), decimal("300")));
    assert_eq!(proposal.after.misplaced, Decimal::ZERO);
}

#[test]
fn trades_that_are_too_small_give_their_money_to_the_others() {
    // VTI would get 66.67 of the 400; without it BND and VXUS get all that they lack.
    assert_eq!(
        trades(&smallest("70", cash_only("400", "0"))),
        [row("BND", "280", "3.5"), row("VXUS", "120", "2.4")]
    );
    // The 120 that VXUS lacks are less than 130: BND is not bought past its target, and they stay cash.
    assert_eq!(trades(&smallest("130", cash_only("400", "0"))), [row("BND", "280", "3.5")]);
    assert_eq!(rebalance(&smallest("130", cash_only("400", "0"))).expect("a proposal").cash, decimal("220"));
    // The sale of 100 is left out, and of the purchase of 200 only the cash is there.
    assert_eq!(trades(&smallest("101", with_sales("0"))), []);
    assert_eq!(trades(&smallest("100", with_sales("0"))).len(), 2);
    assert!(matches!(rebalance(&smallest("-1", with_sales("0"))), Err(RebalancingError::Negative(_))));
}

#[test]
fn only_whole_shares_are_traded_where_asked() {
    // Half a share of VTI is not sold, so that 100 of cash buy one BND at 80.
    assert_eq!(trades(&whole(with_sales("0"))), [row("BND", "80", "1")]);
    assert_eq!(rebalance(&whole(with_sales("0"))).expect("a proposal").cash, decimal("20"));
    // 246.67, 66.67 and 86.67 are 3 BND, no VTI and 1 VXUS. Of the 110 left VXUS lacks 70: another one.
    assert_eq!(trades(&whole(cash_only("400", "0"))), [row("BND", "240", "3"), row("VXUS", "100", "2")]);
}

#[test]
fn what_cannot_be_priced_has_no_number_of_shares() {
    let allocation = Allocation::by_holding(&assets()).expect("known");
    let unknown = Reason::no_price(&symbol("BND"));
    let mut vehicles = vehicles();
    vehicles.insert(named("BND"), Vehicle { symbol: symbol("BND"), price: Err(unknown.clone()) });
    let proposal = allocation.rebalance(&wanted(), &vehicles, &with_sales("0")).expect("a proposal");
    assert_eq!(
        (proposal.trades[0].amount, proposal.trades[0].shares.clone()),
        (decimal("200"), Err(unknown))
    );
    let counted = allocation.rebalance(&wanted(), &vehicles, &whole(with_sales("0")));
    assert_eq!(
        counted.map_err(|error| error.to_string()),
        Err("the shares of BND cannot be counted: no price is known for BND".to_owned())
    );
    vehicles.remove(&named("BND"));
    let proposal = allocation.rebalance(&wanted(), &vehicles, &with_sales("0")).expect("a proposal");
    assert_eq!(proposal.trades[0].shares, Err(Reason::NoVehicle));
}

#[test]
fn no_more_is_sold_than_is_held_of_the_vehicle() {
    let mut regions = Classification::default();
    regions.assign(symbol("VTI"), "Shares");
    regions.assign(symbol("VXUS"), "Shares");
    let allocation = Allocation::by_class(&assets(), &regions).expect("known");
    let wanted = targets(&[(named("Shares"), "0.5"), (Class::Cash, "0.5")]);
    let vehicle = Vehicle { symbol: symbol("VXUS"), price: Ok(decimal("50")) };
    let vehicles = BTreeMap::from([(named("Shares"), vehicle)]);
    // 400 too many, but there are only 300 of it.
    let proposal = allocation.rebalance(&wanted, &vehicles, &with_sales("0")).expect("a proposal");
    assert_eq!((proposal.trades[0].amount, proposal.cash), (decimal("-300"), decimal("400")));
    // 950 are to be taken out: 875 of shares would have to go, and 300 with the cash are not enough.
    assert_eq!(
        allocation.rebalance(&wanted, &vehicles, &with_sales("-950")),
        Err(RebalancingError::NotEnoughSales { missing: decimal("550") })
    );
}
