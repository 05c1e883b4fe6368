//! Bars and prices that cannot be true.
//!
//! The policy is to detect and set aside, never to repair: a bar is left out with the reason beside it, and whoever
//! values keeps the last good price.

use std::ops::RangeInclusive;

use bellwether_domain::{DailyBar, InstrumentKind, Split};
use chrono::NaiveDate;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

/// What is wrong with a bar, a price or an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum Suspicion {
    /// A close of nothing, or below where the kind of instrument allows none.
    #[error("the price is not positive")]
    NotPositive,
    /// Far from the rest of the series, as when pence and pounds are mixed up.
    #[error("the price is {factor:.0} times the others")]
    OtherScale {
        /// The price by what its surroundings suggest.
        factor: f64,
    },
    /// Stated in the units of the other side of a reported split.
    #[error("a split of {factor} is not applied to the price")]
    SplitNotApplied {
        /// The price by what it should be.
        factor: f64,
    },
    /// A jump like a split's, but none is reported. Set aside until it is confirmed or a few days old.
    #[error("the price jumped by {ratio:.3} like in a split that is not reported")]
    LooksLikeSplit {
        /// The close by the close before.
        ratio: f64,
    },
    /// The answer is in another unit of the same currency than before, as when pence are called pounds.
    #[error("the answer counts {told} units in one of the currency, where there were {known}")]
    OtherUnit {
        /// How many of the units told make one of the currency.
        told: u32,
        /// How many did so far.
        known: u32,
    },
    /// The answer is about another symbol.
    #[error("the answer is about {answered:?}")]
    WrongSymbol {
        /// The symbol in the answer.
        answered: String,
    },
}

/// A bar that was left out.
#[derive(Debug, Clone, PartialEq)]
pub struct SuspectBar {
    /// Its day.
    pub date: NaiveDate,
    /// Its close, in the major currency.
    pub close: f64,
    /// Why.
    pub suspicion: Suspicion,
}

/// A jump between two days that no market makes, or hardly ever.
const SCALE_JUMP: f64 = 50.0;
/// The jumps that a mix-up of units makes: of a hundred in one, or of a thousand.
const UNIT_MIX_UPS: [RangeInclusive<f64>; 2] = [50.0..=200.0, 500.0..=2_000.0];
/// How many final closes make a jump stand that no mix-up of units explains: shares do collapse.
const STANDING_BARS: usize = 3;
/// Levels that differ by less than this many powers of ten are one: jumps there and back again meet within it.
const SAME_LEVEL: f64 = 0.85;
/// How far a jump may be from a split's factor to be taken for it.
const SPLIT_SLACK: f64 = 0.02;
/// A larger factor between two days' closes of a share is a split's rather than the market's.
const MARKET_MOVE: f64 = 2.4;
/// The ratios of splits that are common enough to suspect one unreported.
const COMMON_SPLITS: [f64; 7] = [2.0, 3.0, 4.0, 5.0, 8.0, 10.0, 20.0];
/// How long before a split the service is known to have stopped applying it.
const PARTLY_APPLIED_BARS: usize = 60;
/// How many of the newest bars an unreported split is looked for in; a jump that stood longer was real.
const UNCONFIRMED_BARS: usize = 2;

/// Moves the bars that cannot be true out of `bars`, which are by day ascending, and tells why each went.
///
/// - Closes that are not positive (futures may be negative, but not nothing).
/// - Bars on another scale: every jump of 50 times or more between two days moves to another level, and all bars
///   outside the level that has the most are suspect; of two that have as many, the newer. This catches single bars
///   and whole blocks alike. A jump by the factor of a split in `splits` at its time is none. One that is not by
///   about 100 or 1000 is believed once three final closes stand by it, if no earlier bar was on the new level and
///   no later one is on the old.
/// - Bars on the wrong side of a split in `splits`: walking back from the newest bar, a jump by the split's factor
///   on its ex-date, or in the weeks before, leaves the basis, and the next one comes back. Jumps at other times are
///   left alone: shares do halve in a day.
/// - The newest two bars, from a jump by a common split's factor on, when no split is reported.
pub fn set_suspects_aside(
    bars: &mut Vec<DailyBar>,
    splits: &[Split],
    kind: InstrumentKind,
) -> Vec<SuspectBar> {
    set_aside(bars, splits, kind, |ratio| !is_unit_mix_up(ratio))
}

/// The same for closes as they were traded, whose splits nobody tells: any jump that stands may be one.
pub(crate) fn set_as_traded_suspects_aside(
    bars: &mut Vec<DailyBar>,
    kind: InstrumentKind,
) -> Vec<SuspectBar> {
    set_aside(bars, &[], kind, |_| true)
}

fn set_aside(
    bars: &mut Vec<DailyBar>,
    splits: &[Split],
    kind: InstrumentKind,
    may_stand: impl Fn(f64) -> bool,
) -> Vec<SuspectBar> {
    let mut suspects = Vec::new();
    let may_be_negative = kind == InstrumentKind::Future;
    take(bars, &mut suspects, |bars| {
        let wrong = |bar: &DailyBar| bar.close == 0.0 || (bar.close < 0.0 && !may_be_negative);
        bars.iter().map(|bar| wrong(bar).then_some(Suspicion::NotPositive)).collect()
    });
    take(bars, &mut suspects, |bars| off_scale(bars, &Mistake::all(splits, bars), may_stand));
    if !splits.is_empty() {
        take(bars, &mut suspects, |bars| off_basis(bars, &Mistake::all(splits, bars)));
    }
    if matches!(kind, InstrumentKind::Equity | InstrumentKind::Etf) {
        take(bars, &mut suspects, unreported_split);
    }
    suspects.sort_by_key(|suspect| suspect.date);
    suspects
}

/// The same for closes of a source that tells no splits: everything before a jump that no market makes in a day, or
/// that a split makes, is in other units than the newest closes, or may be.
pub(crate) fn set_older_basis_aside(bars: &mut Vec<DailyBar>, kind: InstrumentKind) -> Vec<SuspectBar> {
    let mut suspects = Vec::new();
    if matches!(kind, InstrumentKind::Equity | InstrumentKind::Etf) {
        take(bars, &mut suspects, |bars| {
            let mut jumps = bars.windows(2).enumerate().filter_map(|(at, pair)| {
                let [before, bar] = pair else { return None };
                let ratio = bar.close / before.close;
                (is_common_split(ratio) || ratio.ln().abs() > MARKET_MOVE.ln()).then_some((at, ratio))
            });
            let newest = jumps.next_back();
            let suspicion = |at| {
                newest.filter(|(jump, _)| at <= *jump).map(|(_, ratio)| Suspicion::LooksLikeSplit { ratio })
            };
            (0..bars.len()).map(suspicion).collect()
        });
    }
    suspects
}

/// Whether a current price cannot be true, given the good closes before it, by day ascending.
pub fn doubt_price(price: f64, closes_before: &[f64], kind: InstrumentKind) -> Option<Suspicion> {
    if price == 0.0 || (price < 0.0 && kind != InstrumentKind::Future) {
        return Some(Suspicion::NotPositive);
    }
    let newest = closes_before.get(closes_before.len().saturating_sub(5)..).unwrap_or_default();
    let mut sorted: Vec<f64> = newest.iter().copied().filter(|close| *close > 0.0).collect();
    sorted.sort_by(f64::total_cmp);
    let median = *sorted.get(sorted.len() / 2)?;
    let factor = price / median;
    if is_scale_jump(factor) {
        return Some(Suspicion::OtherScale { factor });
    }
    let ratio = price / *closes_before.last()?;
    let splits = matches!(kind, InstrumentKind::Equity | InstrumentKind::Etf);
    (splits && is_common_split(ratio)).then_some(Suspicion::LooksLikeSplit { ratio })
}

/// Lets `judge` look at all bars, and moves those that it names.
fn take(
    bars: &mut Vec<DailyBar>,
    suspects: &mut Vec<SuspectBar>,
    judge: impl FnOnce(&[DailyBar]) -> Vec<Option<Suspicion>>,
) {
    let mut verdicts = judge(bars).into_iter();
    bars.retain(|bar| match verdicts.next().flatten() {
        Some(suspicion) => {
            suspects.push(SuspectBar { date: bar.date, close: bar.close, suspicion });
            false
        }
        None => true,
    });
}

fn off_scale(
    bars: &[DailyBar],
    mistakes: &[Mistake],
    may_stand: impl Fn(f64) -> bool,
) -> Vec<Option<Suspicion>> {
    let levels = levels(bars, mistakes, may_stand);
    if levels.iter().all(|level| *level == 0.0) {
        return vec![None; bars.len()];
    }
    let mut sorted = levels.clone();
    sorted.sort_by(f64::total_cmp);
    let below = |limit: f64| sorted.partition_point(|other| *other < limit);
    let strength = |level: f64| below(level + SAME_LEVEL) - below(level - SAME_LEVEL);
    let mut normal = 0.0;
    let mut most = 0;
    for level in &levels {
        // The older level where two are equally strong: it was believed before.
        let strength = strength(*level);
        if strength > most {
            (normal, most) = (*level, strength);
        }
    }
    levels
        .iter()
        .map(|level| {
            (!is_same_level(*level, normal))
                .then(|| Suspicion::OtherScale { factor: 10_f64.powf(level - normal) })
        })
        .collect()
}

/// The level of each bar: powers of ten by which jumps so far have moved the series, save those that are believed.
fn levels(bars: &[DailyBar], mistakes: &[Mistake], may_stand: impl Fn(f64) -> bool) -> Vec<f64> {
    let mut jumps = Vec::new();
    let mut levels = Vec::with_capacity(bars.len());
    let mut level = 0.0_f64;
    let mut last: Option<f64> = None;
    for (at, bar) in bars.iter().enumerate() {
        let ratio = last.map_or(1.0, |last| bar.close / last);
        let is_split = || mistakes.iter().any(|mistake| mistake.explains(at, 1.0 / ratio).is_some());
        if is_scale_jump(ratio) && !is_split() {
            level += ratio.log10();
            jumps.push((at, ratio));
        }
        levels.push(level);
        last = Some(bar.close);
    }
    let stands = |at: usize, before: f64, after: f64| {
        let since = || levels.iter().zip(bars).skip(at);
        let run = since().take_while(|(level, _)| is_same_level(**level, after));
        run.filter(|(_, bar)| !bar.provisional).take(STANDING_BARS).count() == STANDING_BARS
            && since().all(|(level, _)| !is_same_level(*level, before))
            && levels.iter().take(at).all(|level| !is_same_level(*level, after))
    };
    let believed = jumps.into_iter().filter(|(at, ratio)| {
        let before = at.checked_sub(1).and_then(|before| levels.get(before));
        let sides = before.zip(levels.get(*at));
        may_stand(*ratio) && sides.is_some_and(|(before, after)| stands(*at, *before, *after))
    });
    let believed: Vec<(usize, f64)> = believed.collect();
    for (at, ratio) in believed {
        levels.iter_mut().skip(at).for_each(|level| *level -= ratio.log10());
    }
    levels
}

fn is_same_level(level: f64, other: f64) -> bool {
    (level - other).abs() < SAME_LEVEL
}

fn off_basis(bars: &[DailyBar], mistakes: &[Mistake]) -> Vec<Option<Suspicion>> {
    let mut basis = 1.0;
    let mut verdicts = Vec::with_capacity(bars.len());
    let mut newer: Option<f64> = None;
    for (at, bar) in bars.iter().enumerate().rev() {
        let ratio = newer.map_or(1.0, |newer| bar.close / newer);
        basis *= mistakes.iter().find_map(|mistake| mistake.explains(at + 1, ratio)).unwrap_or(1.0);
        verdicts.push((!is_near(basis, 1.0)).then_some(Suspicion::SplitNotApplied { factor: basis }));
        newer = Some(bar.close);
    }
    verdicts.reverse();
    verdicts
}

/// Where a split that is not applied everywhere would show, and how.
struct Mistake {
    factor: f64,
    /// The first bar in new units.
    ex_date: usize,
}

impl Mistake {
    fn all(splits: &[Split], bars: &[DailyBar]) -> Vec<Self> {
        splits.iter().filter_map(|split| Self::of(split, bars)).collect()
    }

    fn of(split: &Split, bars: &[DailyBar]) -> Option<Self> {
        let factor = split.ratio.factor().to_f64().filter(|factor| (factor - 1.0).abs() > 0.1)?;
        Some(Self { factor, ex_date: bars.partition_point(|bar| bar.date < split.ex_date) })
    }

    /// The split's factor, or its inverse, when it explains the `ratio` of the bar before `at` to the one at it. The
    /// market's own move of that day is in the ratio too, so it need not be exact.
    fn explains(&self, at: usize, ratio: f64) -> Option<f64> {
        let size = self.factor.ln().abs();
        let (wide, narrow) = (1.25_f64.ln(), 1.05_f64.ln());
        let slack = if at.abs_diff(self.ex_date) <= 1 {
            wide.min(size * 0.4)
        } else if (self.ex_date.saturating_sub(PARTLY_APPLIED_BARS)..self.ex_date).contains(&at) {
            match size {
                size if size > 2.9_f64.ln() => wide,
                size if size > 1.9_f64.ln() => narrow,
                _ => return None,
            }
        } else {
            return None;
        };
        [self.factor, 1.0 / self.factor].into_iter().find(|jump| (ratio / jump).ln().abs() <= slack)
    }
}

fn unreported_split(bars: &[DailyBar]) -> Vec<Option<Suspicion>> {
    let mut verdicts = vec![None; bars.len()];
    let first = bars.len().saturating_sub(UNCONFIRMED_BARS);
    let mut found: Option<f64> = None;
    for (at, pair) in bars.windows(2).enumerate().map(|(before, pair)| (before + 1, pair)) {
        let [before, bar] = pair else { continue };
        if at < first {
            continue;
        }
        let ratio = bar.close / before.close;
        found = found.or_else(|| is_common_split(ratio).then_some(ratio));
        if let (Some(ratio), Some(verdict)) = (found, verdicts.get_mut(at)) {
            *verdict = Some(Suspicion::LooksLikeSplit { ratio });
        }
    }
    verdicts
}

fn is_scale_jump(ratio: f64) -> bool {
    ratio > 0.0 && !(1.0 / SCALE_JUMP < ratio && ratio < SCALE_JUMP)
}

fn is_unit_mix_up(ratio: f64) -> bool {
    UNIT_MIX_UPS.iter().any(|factors| factors.contains(&ratio) || factors.contains(&(1.0 / ratio)))
}

fn is_common_split(ratio: f64) -> bool {
    COMMON_SPLITS.iter().any(|factor| is_near(ratio, *factor) || is_near(ratio, 1.0 / factor))
}

fn is_near(ratio: f64, factor: f64) -> bool {
    (ratio / factor - 1.0).abs() <= SPLIT_SLACK
}

#[cfg(test)]
mod tests;
