use super::*;
use bellwether_domain::SplitRatio;
use chrono::Days;

fn series(closes: &[f64]) -> Vec<DailyBar> {
    let first = NaiveDate::from_ymd_opt(2024, 1, 1).expect("a date");
    (0..).zip(closes).map(|(n, close)| DailyBar::close_only(first + Days::new(n), *close)).collect()
}

fn split_on(bars: &[DailyBar], at: usize, new: i64, old: i64) -> Split {
    let ratio = SplitRatio::new(new.into(), old.into()).expect("a ratio");
    Split { ex_date: bars[at].date, ratio }
}

fn suspects_of(closes: &[f64], splits: &[(usize, i64, i64)]) -> Vec<(f64, Suspicion)> {
    let mut bars = series(closes);
    let splits: Vec<Split> = splits.iter().map(|(at, new, old)| split_on(&bars, *at, *new, *old)).collect();
    let suspects = set_suspects_aside(&mut bars, &splits, InstrumentKind::Equity);
    assert_eq!(bars.len() + suspects.len(), closes.len());
    suspects.into_iter().map(|suspect| (suspect.close, suspect.suspicion)).collect()
}

#[test]
fn a_crash_and_a_rally_are_believed() {
    assert_eq!(suspects_of(&[100.0, 101.0, 71.0, 69.0, 113.0, 112.0], &[]), []);
}

#[test]
fn a_single_bar_in_pence_is_set_aside() {
    let suspects = suspects_of(&[34.7, 34.5, 3_501.0, 34.6, 34.8, 35.0], &[]);
    assert_eq!(suspects.len(), 1);
    assert!(matches!(suspects[0], (3_501.0, Suspicion::OtherScale { factor }) if factor > 99.0));
}

#[test]
fn a_long_block_on_another_scale_is_set_aside_whole() {
    let mut closes = vec![12.0; 30];
    closes.extend([0.12; 20]);
    closes.extend([12.5; 5]);
    let suspects = suspects_of(&closes, &[]);
    assert_eq!(suspects.len(), 20);
    assert!(suspects.iter().all(|(close, _)| *close < 1.0));
}

#[test]
fn the_newest_bar_on_another_scale_is_set_aside() {
    assert_eq!(suspects_of(&[5.0, 5.1, 5.2, 520.0], &[]).len(), 1);
}

#[test]
fn of_two_equally_strong_scales_the_older_is_trusted() {
    let suspects = suspects_of(&[5.0, 5.1, 510.0, 512.0], &[]);
    assert_eq!(suspects.iter().map(|(close, _)| *close).collect::<Vec<_>>(), [510.0, 512.0]);
}

#[test]
fn a_collapse_that_no_mix_up_explains_is_believed_once_it_stands() {
    let mut closes = vec![106.0; 40];
    for day in 1..=5 {
        closes.push(0.4);
        let doubted: Vec<f64> = suspects_of(&closes, &[]).iter().map(|(close, _)| *close).collect();
        assert_eq!(doubted, vec![0.4; if day < 3 { day } else { 0 }], "day {day}");
    }
    let mut bars = series(&closes[..43]);
    bars[42].provisional = true;
    assert_eq!(set_suspects_aside(&mut bars, &[], InstrumentKind::Equity).len(), 3, "one may still change");
    closes.push(106.0);
    assert_eq!(suspects_of(&closes, &[]).len(), 5, "it came back, so it never happened");
    assert_eq!(suspects_of(&[106.0, 106.0, 0.4, 0.41, 0.4], &[]), [], "nor in a few days' view");
}

#[test]
fn no_price_is_beyond_suspicion_because_it_is_too_far_off() {
    for wrong in [300.0, 30_000.0, 1e9, 3e-3, 1e-9] {
        assert_eq!(suspects_of(&[3.0, 3.0, wrong, 3.0, 3.0, 3.0], &[]).len(), 1, "{wrong}");
        assert_eq!(suspects_of(&[3.0, 3.0, 3.0, wrong, wrong], &[]).len(), 2, "{wrong}");
    }
}

#[test]
fn a_mix_up_of_units_is_none_the_truer_for_standing() {
    for factor in [100.0, 0.01, 1_000.0, 0.001] {
        let mut closes = vec![5.0; 20];
        closes.extend([5.0 * factor; 8]);
        assert_eq!(suspects_of(&closes, &[]).len(), 8, "{factor}");
    }
}

#[test]
fn a_reported_split_of_fifty_condemns_what_is_before_it_and_not_the_price() {
    let mut closes = vec![3_280.0; 40];
    closes.extend([65.5, 66.0]);
    let suspects = suspects_of(&closes, &[(40, 50, 1)]);
    assert_eq!(suspects.len(), 40);
    assert!(suspects.iter().all(|(_, why)| matches!(why, Suspicion::SplitNotApplied { .. })));
}

#[test]
fn closes_as_traded_jump_at_a_split_and_are_true_on_both_sides_once_it_stands() {
    let aside = |closes: &[f64]| {
        let mut bars = series(closes);
        set_as_traded_suspects_aside(&mut bars, InstrumentKind::Equity).len()
    };
    let mut closes = vec![3_280.0; 40];
    closes.push(65.5);
    assert_eq!(aside(&closes), 1, "a day alone may be a slip");
    closes.extend([66.0, 65.0]);
    assert_eq!(aside(&closes), 0);
    closes.extend([3_280.0, 3_281.0]);
    assert_eq!(aside(&closes), 3, "it came back");
}

#[test]
fn a_split_that_history_does_not_know_yet_condemns_what_is_before_it() {
    let suspects = suspects_of(&[400.0, 404.0, 408.0, 101.0, 102.0, 103.0], &[(3, 4, 1)]);
    let closes: Vec<f64> = suspects.iter().map(|(close, _)| *close).collect();
    assert_eq!(closes, [400.0, 404.0, 408.0]);
    assert!(matches!(suspects[0].1, Suspicion::SplitNotApplied { factor } if (factor - 4.0).abs() < 1e-9));
}

#[test]
fn a_split_applied_to_half_of_the_days_before_it_condemns_the_other_half() {
    let suspects = suspects_of(&[400.0, 404.0, 101.0, 102.0, 103.0, 104.0, 105.0], &[(4, 4, 1)]);
    assert_eq!(suspects.iter().map(|(close, _)| *close).collect::<Vec<_>>(), [400.0, 404.0]);
}

#[test]
fn the_markets_own_move_does_not_hide_a_split_that_is_not_applied() {
    assert_eq!(suspects_of(&[400.0, 404.0, 408.0, 110.0, 111.0, 112.0], &[(3, 4, 1)]).len(), 3);
    assert_eq!(suspects_of(&[30.0, 30.1, 30.2, 21.5, 21.6, 21.7], &[(3, 3, 2)]).len(), 3);
    assert_eq!(suspects_of(&[30.0, 30.1, 30.2, 27.0, 26.9, 26.8], &[(3, 3, 2)]), []);
}

#[test]
fn a_share_that_halved_long_before_its_split_is_believed() {
    let mut closes = vec![53.5; 20];
    closes.extend(vec![26.75; 100]);
    closes.extend(vec![27.0; 10]);
    assert_eq!(suspects_of(&closes, &[(125, 2, 1)]), []);
}

#[test]
fn an_applied_split_is_no_reason_for_doubt() {
    assert_eq!(suspects_of(&[100.0, 101.0, 102.0, 101.0, 102.0], &[(3, 4, 1)]), []);
}

#[test]
fn an_unreported_split_is_doubted_while_it_is_new() {
    let fresh = suspects_of(&[100.0, 101.0, 100.0, 50.1, 50.2], &[]);
    assert_eq!(fresh.len(), 2);
    assert!(fresh.iter().all(|(_, why)| matches!(why, Suspicion::LooksLikeSplit { .. })));
    assert_eq!(suspects_of(&[100.0, 101.0, 50.1, 50.2, 50.0], &[]), []);
}

#[test]
fn closes_without_splits_are_told_on_the_newest_basis_alone() {
    let aside = |closes: &[f64], kind| {
        let mut bars = series(closes);
        let suspects = set_older_basis_aside(&mut bars, kind);
        assert_eq!(bars.len() + suspects.len(), closes.len());
        suspects.iter().map(|suspect| suspect.close).collect::<Vec<_>>()
    };
    let closes = [400.0, 404.0, 103.5, 104.0, 106.0];
    assert_eq!(aside(&closes, InstrumentKind::Equity), [400.0, 404.0]);
    assert_eq!(aside(&[10.0, 30.2, 10.0, 30.0, 31.0], InstrumentKind::Etf), [10.0, 30.2, 10.0]);
    assert_eq!(aside(&[100.0, 71.0, 69.0, 113.0], InstrumentKind::Equity), [0.0; 0]);
    assert_eq!(aside(&closes, InstrumentKind::Crypto), [0.0; 0]);
}

#[test]
fn nothing_is_worth_nothing_and_oil_can_be_worth_less() {
    assert_eq!(suspects_of(&[3.0, 0.0, 3.1], &[]), [(0.0, Suspicion::NotPositive)]);
    let mut oil = series(&[18.3, -37.6, 10.0]);
    assert_eq!(set_suspects_aside(&mut oil, &[], InstrumentKind::Future), []);
}

#[test]
fn a_price_is_measured_against_the_closes_before_it() {
    let before = [99.0, 100.0, 101.0];
    let doubt = |price| doubt_price(price, &before, InstrumentKind::Equity);
    assert_eq!(doubt(70.0), None);
    assert!(matches!(doubt(10_050.0), Some(Suspicion::OtherScale { .. })));
    assert!(matches!(doubt(25.2), Some(Suspicion::LooksLikeSplit { .. })));
    assert_eq!(doubt(0.0), Some(Suspicion::NotPositive));
    assert_eq!(doubt_price(70.0, &[], InstrumentKind::Equity), None);
}
