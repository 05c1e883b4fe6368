use proptest::prelude::*;

use super::*;

/// Up to eight holdings, some of them split over classes, and cash.
fn all_assets() -> impl Strategy<Value = Assets> {
    let holding = (1..100_000_i64, 1..1_000_000_i64);
    (prop::collection::vec(holding, 0..8), 0..10_000_000_i64)
        .prop_filter("worth something", |(holdings, cash)| !holdings.is_empty() || *cash > 0)
        .prop_map(|(holdings, cash)| {
            let asset = |(index, (quantity, price)): (usize, (i64, i64))| {
                let (quantity, price) = (Decimal::new(quantity, 3), Decimal::new(price, 2));
                let symbol = symbol(&format!("S{index}"));
                Asset { symbol, currency: usd(), quantity, price, value: quantity * price }
            };
            let holdings = holdings.into_iter().enumerate().map(asset).collect();
            Assets { base: usd(), holdings, cash: Decimal::new(cash, 2) }
        })
}

/// Whole percents for nine holdings, some of which may not be held, and cash.
fn all_targets() -> impl Strategy<Value = Targets> {
    prop::collection::vec(0..=100_i64, 9).prop_map(|mut cuts| {
        cuts.sort_unstable();
        let ends = cuts.iter().copied().chain([100]);
        let starts = [0].into_iter().chain(cuts.iter().copied());
        let weights = ends.zip(starts).enumerate().map(|(index, (end, start))| {
            let class = if index == 9 { Class::Cash } else { named(&format!("S{index}")) };
            (class, Decimal::new(end - start, 2))
        });
        Targets::new(weights.collect::<Vec<_>>()).expect("they sum to one")
    })
}

fn vehicles(assets: &Assets) -> BTreeMap<Class, Vehicle> {
    let mut vehicles = assets.vehicles();
    for index in 0..9 {
        let name = format!("S{index}");
        let vehicle = Vehicle { symbol: symbol(&name), price: Ok(decimal("17.25")) };
        vehicles.entry(named(&name)).or_insert(vehicle);
    }
    vehicles
}

fn conditions() -> impl Strategy<Value = (Decimal, bool)> {
    (prop_oneof![Just(0), 1..500_000_i64], any::<bool>())
        .prop_map(|(smallest, whole)| (Decimal::new(smallest, 2), whole))
}

/// Less than anything that is paid.
fn dust() -> Decimal {
    Decimal::new(1, 9)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn parts_sum_to_the_whole(assets in all_assets(), parts in prop::collection::vec(1..=33_i64, 3)) {
        let mut classes = Classification::default();
        for (index, asset) in assets.holdings.iter().enumerate().filter(|(index, _)| index % 3 != 0) {
            let named = ["A", "B", "C"].into_iter().zip(&parts).take(index % 4);
            let parts: Vec<_> = named.map(|(name, part)| (name, Decimal::new(*part, 2))).collect();
            classes.spread(asset.symbol.clone(), parts).expect("at most 99 %");
        }
        let worth: Decimal = assets.holdings.iter().map(|asset| asset.value).sum::<Decimal>() + assets.cash;
        for allocation in [
            Allocation::by_holding(&assets),
            Allocation::by_currency(&assets),
            Allocation::by_class(&assets, &classes),
        ] {
            let allocation = allocation.expect("worth something");
            prop_assert_eq!(allocation.total, worth);
            prop_assert_eq!(allocation.classes.iter().map(|share| share.value).sum::<Decimal>(), worth);
            prop_assert_eq!(allocation.classes.iter().map(|share| share.weight).sum::<Decimal>(), Decimal::ONE);
            for share in allocation.classes.iter().filter(|share| share.class != Class::Cash) {
                prop_assert_eq!(share.holdings.values().sum::<Decimal>(), share.value);
            }
        }
    }

    #[test]
    fn cash_alone_never_sells_spends_all_and_never_drifts_away(
        assets in all_assets(), targets in all_targets(), new in 0..5_000_000_i64, held in 0..=100_i64,
    ) {
        let allocation = Allocation::by_holding(&assets).expect("worth something");
        let (new, held) = (Decimal::new(new, 2), (assets.cash * Decimal::new(held, 2)).round_dp(2).min(assets.cash));
        let funding = Funding::CashOnly { new, held };
        let terms = RebalancingTerms { funding, smallest_trade: Decimal::ZERO, whole_shares: false };
        let proposal = allocation.rebalance(&targets, &vehicles(&assets), &terms).expect("a proposal");
        prop_assert!(proposal.trades.iter().all(|trade| trade.amount > Decimal::ZERO));
        let bought: Decimal = proposal.trades.iter().map(|trade| trade.amount).sum();
        let idle = assets.cash - held;
        let cash_wanted = targets.of(&Class::Cash) * proposal.total;
        prop_assert!(proposal.cash <= idle.max(cash_wanted) + dust(), "all that cash does not want is spent");
        prop_assert_eq!(proposal.cash + bought, assets.cash + new);
        prop_assert!(proposal.after.misplaced <= proposal.before.misplaced + dust());
        // What stays short of its target is as short as any other that was bought.
        let short: Vec<Decimal> = proposal.trades.iter()
            .map(|trade| proposal.after.class(&trade.class).expect("a class").money).collect();
        let deepest = proposal.after.classes.iter().map(|class| class.money).min().unwrap_or_default();
        prop_assert!(short.iter().all(|money| (money - deepest).abs() < dust()), "{short:?} {deepest}");
    }

    #[test]
    fn sales_reach_the_targets(
        assets in all_assets(), targets in all_targets(), new in -99..=100_i64,
    ) {
        let allocation = Allocation::by_holding(&assets).expect("worth something");
        let funding = Funding::WithSales { new: allocation.total * Decimal::new(new, 2) };
        let terms = RebalancingTerms { funding, smallest_trade: Decimal::ZERO, whole_shares: false };
        let proposal = allocation.rebalance(&targets, &vehicles(&assets), &terms).expect("a proposal");
        for class in &proposal.after.classes {
            prop_assert!(class.money.abs() < dust(), "{class:?}");
        }
    }

    #[test]
    fn small_trades_and_fractions_are_kept_out_and_nothing_gets_worse(
        assets in all_assets(), targets in all_targets(), (smallest_trade, whole_shares) in conditions(),
        sales in any::<bool>(), new in 0..1_000_000_i64,
    ) {
        let allocation = Allocation::by_holding(&assets).expect("worth something");
        let new = Decimal::new(new, 2);
        let funding = if sales { Funding::WithSales { new } } else { Funding::CashOnly { new, held: assets.cash } };
        let terms = RebalancingTerms { funding, smallest_trade, whole_shares };
        let vehicles = vehicles(&assets);
        let proposal = allocation.rebalance(&targets, &vehicles, &terms).expect("a proposal");
        prop_assert!(proposal.cash >= Decimal::ZERO);
        let moved: Decimal = proposal.trades.iter().map(|trade| trade.amount).sum();
        prop_assert_eq!(proposal.cash + moved, assets.cash + new);
        for trade in &proposal.trades {
            prop_assert!(trade.amount.abs() >= smallest_trade);
            prop_assert!(sales || trade.amount > Decimal::ZERO);
            if whole_shares {
                prop_assert!(trade.shares.clone().expect("priced").fract().is_zero(), "{trade:?}");
            }
            let money = proposal.after.class(&trade.class).expect("a class").money;
            prop_assert!(if trade.amount > Decimal::ZERO { money < dust() } else { money > -dust() }, "not past");
        }
        // Beside the new money lying idle.
        let idle = Assets { cash: assets.cash + new, ..assets.clone() };
        let before = Allocation::by_holding(&idle).expect("known").drift(&targets).expect("known");
        prop_assert!(proposal.after.misplaced <= before.misplaced + dust());
    }
}
