//! Times in buckets that grow by an eighth, so that quantiles are right to about 12 %.

/// Counts of microseconds.
#[derive(Debug, Clone)]
pub(super) struct Histogram {
    buckets: Vec<u64>,
    count: u64,
}

const PARTS: u64 = 8;

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: vec![0; 400], count: 0 }
    }
}

impl Histogram {
    pub(super) fn add(&mut self, us: u64) {
        let last = self.buckets.len() - 1;
        self.buckets[bucket(us).min(last)] += 1;
        self.count += 1;
    }

    /// The upper end of the bucket in which a part of all times ends; 0 without any.
    pub(super) fn quantile(&self, part: f64) -> u64 {
        let wanted = ((self.count as f64 * part).ceil() as u64).max(1);
        let mut seen = 0;
        for (index, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return upper_end(index);
            }
        }
        0
    }
}

fn bucket(us: u64) -> usize {
    if us < PARTS {
        return us as usize;
    }
    let power = u64::from(us.ilog2());
    let part = (us >> (power - 3)) - PARTS;
    ((power - 2) * PARTS + part) as usize
}

fn upper_end(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < PARTS {
        return bucket;
    }
    let (power, part) = (bucket / PARTS + 2, bucket % PARTS);
    if power > 62 { u64::MAX } else { ((PARTS + part + 1) << (power - 3)) - 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_time_lies_in_its_bucket() {
        for us in (0..5_000).chain([1 << 20, 123_456_789]) {
            let end = upper_end(bucket(us));
            assert!(us <= end && end <= us + us / 8, "{us} {end}");
        }
    }

    #[test]
    fn quantiles_are_about_right() {
        let mut times = Histogram::default();
        assert_eq!(times.quantile(0.5), 0);
        (1..=1_000).for_each(|us| times.add(us));
        assert!((500..=570).contains(&times.quantile(0.5)));
        assert!((990..=1_120).contains(&times.quantile(0.99)));
    }
}
