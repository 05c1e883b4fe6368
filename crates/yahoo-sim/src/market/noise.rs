//! Randomness with random access: every number is a function of a seed and a place, never of what was asked before.
//!
//! Only additions, multiplications, divisions and square roots of `f64` are used, which IEEE 754 rounds alike on
//! every machine; the platform's own `exp` and `ln` are not.

use std::f64::consts::{LN_2, LOG2_E};
use std::hash::Hasher;
use std::ops::Range;

use siphasher::sip::SipHasher13;

/// A seed for everything that belongs to a name.
pub(crate) fn seed_of(seed: u64, name: &str) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(seed, 0x6265_6c6c_7765_7468);
    hasher.write(name.as_bytes());
    hasher.finish()
}

/// 64 well-mixed bits for a place below a seed (the finaliser of SplitMix64).
pub(crate) fn mix(seed: u64, place: u64) -> u64 {
    let mut z = seed ^ place.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Uniform in `[0, 1)`.
pub(crate) fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// Mean 0, variance about 1, with tails somewhat fatter than a normal's, as daily returns have.
pub(crate) fn shock(bits: u64) -> f64 {
    // The sum of four uniforms is close to normal; the cube stretches its tails.
    let sum = (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48);
    let n = (sum as f64 - 131_070.0) / 37_837.227;
    n * (0.8 + 0.07 * n * n)
}

/// e to the power of `x`, for the range in which prices live.
pub(crate) fn exp(x: f64) -> f64 {
    const COEFFICIENTS: [f64; 11] = [
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
    ];
    let x = x.clamp(-300.0, 300.0);
    let power = (x * LOG2_E).round();
    let rest = x - power * LN_2;
    let series = COEFFICIENTS.iter().fold(0.0, |sum, c| (sum + c) * rest) + 1.0;
    series * f64::from_bits(((power as i64 + 1023) as u64) << 52)
}

/// A random walk with one step of variance 1 per place, any part of which can be computed without the rest.
///
/// Lévy's construction: the ends of a block of 4,096 places come from a short sum, every place between from the
/// midpoints above it. One place costs twelve steps, a stretch one step a place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Walk {
    seed: u64,
}

const BLOCK: u64 = 4096;
/// The standard deviation of a block's step, the root of its length.
const BLOCK_STEP: f64 = 64.0;

impl Walk {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// Where the walk is at a place.
    pub(crate) fn at(self, place: usize) -> f64 {
        let mut found = 0.0;
        self.visit(place..place + 1, |value| found = value);
        found
    }

    /// Where the walk is at each place of a stretch, in order.
    pub(crate) fn visit(self, places: Range<usize>, mut each: impl FnMut(f64)) {
        let wanted = places.start as u64..places.end as u64;
        if wanted.is_empty() {
            return;
        }
        let mut left: f64 = (0..wanted.start / BLOCK).map(|block| self.block_step(block)).sum();
        for block in wanted.start / BLOCK..=(wanted.end - 1) / BLOCK {
            let right = left + self.block_step(block);
            let ends = Piece { from: block * BLOCK, to: (block + 1) * BLOCK, left, right };
            self.descend(&ends, &wanted, &mut each);
            left = right;
        }
    }

    fn block_step(self, block: u64) -> f64 {
        BLOCK_STEP * shock(mix(self.seed, block))
    }

    fn descend(self, piece: &Piece, wanted: &Range<u64>, each: &mut impl FnMut(f64)) {
        if piece.to <= wanted.start || wanted.end <= piece.from {
            return;
        }
        let length = piece.to - piece.from;
        if length == 1 {
            return each(piece.left);
        }
        let middle = piece.from + length / 2;
        // Of a bridge of this length the middle has a quarter of the variance.
        let spread = (length as f64 / 4.0).sqrt();
        let value = f64::midpoint(piece.left, piece.right) + spread * shock(mix(self.seed, middle | 1 << 40));
        self.descend(&Piece { to: middle, right: value, ..*piece }, wanted, each);
        self.descend(&Piece { from: middle, left: value, ..*piece }, wanted, each);
    }
}

struct Piece {
    from: u64,
    to: u64,
    left: f64,
    right: f64,
}

/// A bridge over `[0, 1]` that is 0 at both ends and wanders in between, about 0.5 wide in the middle.
pub(crate) fn bridge(seed: u64, at: f64) -> f64 {
    let (mut from, mut to, mut left, mut right) = (0.0, 1.0, 0.0, 0.0);
    let (mut node, mut spread) = (1_u64, 0.5);
    for _ in 0..9 {
        if at <= from {
            return left;
        }
        let middle = f64::midpoint(from, to);
        let value = f64::midpoint(left, right) + spread * shock(mix(seed, node));
        if at < middle {
            (to, right, node) = (middle, value, node * 2);
        } else {
            (from, left, node) = (middle, value, node * 2 + 1);
        }
        spread *= std::f64::consts::FRAC_1_SQRT_2;
    }
    left + (right - left) * (at - from) / (to - from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_of_the_walk_is_what_its_places_are_alone() {
        let walk = Walk::new(42);
        for stretch in [0..40, 4_090..4_100, 12_000..12_003] {
            let mut together = Vec::new();
            walk.visit(stretch.clone(), |value| together.push(value.to_bits()));
            let alone: Vec<u64> = stretch.map(|place| walk.at(place).to_bits()).collect();
            assert_eq!(together, alone);
        }
    }

    #[test]
    fn steps_have_variance_one_and_no_memory() {
        let mut values = Vec::new();
        Walk::new(7).visit(0..12_000, |value| values.push(value));
        let steps: Vec<f64> = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let n = steps.len() as f64;
        let variance = steps.iter().map(|step| step * step).sum::<f64>() / n;
        let neighbours = steps.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>() / n;
        assert!((0.9..1.1).contains(&variance), "{variance}");
        assert!(neighbours.abs() < 0.05, "{neighbours}");
    }

    #[test]
    fn the_exponential_agrees_with_the_platform() {
        for x in [-20.0, -1.5, -1e-9, 0.0, 0.3, 1.0, 7.25, 40.0] {
            assert!((exp(x) / f64::exp(x) - 1.0).abs() < 1e-13, "{x}");
        }
    }

    #[test]
    fn a_bridge_begins_and_ends_at_nothing() {
        assert!(bridge(3, 0.0).abs() < f64::EPSILON);
        assert!(bridge(3, 1.0).abs() < f64::EPSILON);
        assert!((1..100).any(|i| bridge(3, f64::from(i) / 100.0).abs() > 0.2));
    }
}
