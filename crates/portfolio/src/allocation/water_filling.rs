//! Spreading money over gaps.

use rust_decimal::Decimal;

use super::MONEY_DECIMALS;
use crate::Figure;
use crate::exact::Exact;

/// Fills the deepest gaps first, until all that were touched are equally deep: of all ways to spend the budget without
/// taking anything away this leaves the smallest sum of squared gaps, and the smallest deepest one. A gap of zero or
/// less gets nothing, and without any other nothing is spent. The parts sum to the budget exactly.
pub(super) fn fill(gaps: &[Decimal], budget: Decimal) -> Figure<Vec<Decimal>> {
    let mut filled = vec![Decimal::ZERO; gaps.len()];
    let mut deepest: Vec<(usize, Decimal)> =
        gaps.iter().copied().enumerate().filter(|(_, gap)| *gap > Decimal::ZERO).collect();
    deepest.sort_by(|(_, one), (_, other)| other.cmp(one));
    let Some((first, _)) = deepest.first().copied() else { return Ok(filled) };
    if budget <= Decimal::ZERO {
        return Ok(filled);
    }
    // How deep the touched gaps stay; the next is touched when it is deeper.
    let (mut sum, mut level) = (Decimal::ZERO, Decimal::ZERO);
    for (count, (_, gap)) in (1_u64..).zip(&deepest) {
        if count > 1 && *gap <= level {
            break;
        }
        sum = sum.plus(*gap)?;
        level = sum.minus(budget)?.over(Decimal::from(count))?.max(Decimal::ZERO).round_dp(MONEY_DECIMALS);
    }
    let mut left = budget;
    for (index, gap) in deepest {
        let part = gap.minus(level)?.max(Decimal::ZERO).min(left);
        if let Some(place) = filled.get_mut(index) {
            *place = part;
        }
        left = left.minus(part)?;
    }
    if let Some(place) = filled.get_mut(first) {
        *place = place.plus(left)?;
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::decimal;

    fn filled(gaps: [&str; 3], budget: &str) -> Vec<String> {
        let gaps = gaps.map(decimal);
        let filled = fill(&gaps, decimal(budget)).expect("small numbers");
        filled.iter().map(|part| part.normalize().to_string()).collect()
    }

    #[test]
    fn the_deepest_gap_is_filled_first() {
        assert_eq!(filled(["10", "4", "-2"], "5"), ["5", "0", "0"], "down to 5, still the deepest");
        assert_eq!(filled(["10", "4", "-2"], "6"), ["6", "0", "0"], "down to 4");
        assert_eq!(filled(["10", "4", "-2"], "8"), ["7", "1", "0"], "both down to 3");
        assert_eq!(filled(["4", "10", "-2"], "14"), ["4", "10", "0"], "all filled");
    }

    #[test]
    fn nothing_is_lost_to_rounding() {
        let gaps = ["10", "10", "10"].map(decimal);
        let parts = fill(&gaps, decimal("10")).expect("small numbers");
        assert_eq!(parts.iter().sum::<Decimal>(), decimal("10"));
    }

    #[test]
    fn without_a_gap_nothing_is_spent() {
        assert_eq!(filled(["0", "-1", "-2"], "5"), ["0", "0", "0"]);
        assert_eq!(filled(["1", "2", "3"], "0"), ["0", "0", "0"]);
    }
}
