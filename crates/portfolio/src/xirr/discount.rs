//! What money of later days is worth: powers of one day's discount.

/// `exp(-rate x days)` for whole days up to a last one.
///
/// An exponential takes longer than everything else that is done with a payment. Where there are many payments, the
/// power of any day is the product of two from tables: whole blocks of days, and days within a block.
pub(super) struct Discount {
    rate: f64,
    /// Days of a block as a power of two; without tables when empty.
    block_bits: u32,
    blocks: Vec<f64>,
    within: Vec<f64>,
}

impl Discount {
    /// Of `rate` a day, to be asked `times` for days up to `last`.
    pub(super) fn new(rate: f64, last: u32, times: usize) -> Self {
        let block_bits = last.max(1).ilog2().div_ceil(2);
        let (blocks, days) = ((last >> block_bits) + 1, 1 << block_bits);
        let (mut discount, power) =
            (Self { rate, block_bits, blocks: Vec::new(), within: Vec::new() }, |days: u32| {
                (-rate * f64::from(days)).exp()
            });
        if times > (blocks + days) as usize {
            discount.within = (0..days).map(power).collect();
            discount.blocks = (0..blocks).map(|block| power(block << block_bits)).collect();
        }
        discount
    }

    /// What 1 after some days is worth now.
    pub(super) fn after(&self, days: u32) -> f64 {
        let block = (days >> self.block_bits) as usize;
        let within = (days & ((1 << self.block_bits) - 1)) as usize;
        match (self.blocks.get(block), self.within.get(within)) {
            (Some(blocks), Some(days)) => blocks * days,
            _ => (-self.rate * f64::from(days)).exp(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Discount;

    #[test]
    fn tables_and_single_exponentials_agree() {
        for last in [1, 2, 31, 365, 10_957, 1 << 20] {
            for rate in [0.0, 1e-6, 2.6e-4, 0.7] {
                let (tables, single) = (Discount::new(rate, last, usize::MAX), Discount::new(rate, last, 1));
                assert!(single.blocks.is_empty() && !tables.blocks.is_empty());
                for days in (0..=last).step_by(1 + last as usize / 100).chain([last]) {
                    let (left, right) = (tables.after(days), single.after(days));
                    // As good as the exponent, of which the last digit counts more the larger it is.
                    let digits = f64::EPSILON * (2.0 + rate * f64::from(days));
                    assert!(
                        (left - right).abs() <= digits * right + 1e-300,
                        "{days} of {last}: {left} {right}"
                    );
                }
            }
        }
    }
}
