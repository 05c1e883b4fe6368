//! Mutations that keep the JSON whole: bytes changed at random mostly end in the parser's first complaint, and what
//! comes behind it is rarely reached.

use std::ops::Range;

/// What a value of an answer is replaced by.
const HOSTILE: [&str; 60] = [
    "0",
    "-0",
    "1",
    "-1",
    "0.0",
    "1e-5",
    "1e-29",
    "1e-300",
    "1e28",
    "7.9e28",
    "1e300",
    "-1e300",
    "1e308",
    "5e-324",
    "100",
    "0.01",
    "50",
    "1000",
    "-37.63",
    "134.38999938964844",
    "16777217",
    "4294967296",
    "9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "8210266876799",
    "8210266876800",
    "-8334601228800",
    "-8334601228801",
    "253402300799",
    "1772640000",
    "1772553600",
    "1772582400",
    "86400",
    "-62135596801",
    "null",
    "true",
    "false",
    "\"\"",
    "\"Infinity\"",
    "\"-Infinity\"",
    "\"NaN\"",
    "\"1e999\"",
    "\"12.5\"",
    "\" 7 \"",
    "[]",
    "{}",
    "[null]",
    "[{}]",
    "\"GBp\"",
    "\"KWF\"",
    "\"USD\"",
    "\"FUTURE\"",
    "\"YHD\"",
    "\"Europe/London\"",
    "\"Pacific/Kiritimati\"",
    "\"EUR=X\"",
    "\"1:0\"",
    "\"4:1\"",
];

/// Changes one value of the JSON in `input[..length]`, or copies one over another; gives the new length, and `None`
/// where there is no value to change or no room.
pub fn change(input: &mut [u8], length: usize, most: usize, seed: u32) -> Option<usize> {
    let mut chance = Chance(u64::from(seed) | 1 << 40);
    let values = scalars(input.get(..length)?);
    let target = values.get(chance.below(values.len()))?.clone();
    let new = if chance.below(3) == 0 {
        values.get(chance.below(values.len())).and_then(|other| input.get(other.clone()))?.to_vec()
    } else {
        HOSTILE[chance.below(HOSTILE.len())].as_bytes().to_vec()
    };
    let changed = length - target.len() + new.len();
    if changed > most.min(input.len()) {
        return None;
    }
    input.copy_within(target.end..length, target.start + new.len());
    input[target.start..target.start + new.len()].copy_from_slice(&new);
    Some(changed)
}

/// Where the strings, numbers and words are, keys included.
fn scalars(text: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 2;
    while let Some(byte) = text.get(at) {
        let rest = &text[at + 1..];
        let length = match byte {
            b'"' => rest.iter().position(|byte| *byte == b'"').map_or(rest.len(), |end| end + 1),
            b'{' | b'}' | b'[' | b']' | b',' | b':' | b' ' => {
                at += 1;
                continue;
            }
            _ => rest.iter().position(|byte| b"{}[],:\" ".contains(byte)).unwrap_or(rest.len()),
        };
        found.push(at..at + 1 + length);
        at += 1 + length;
    }
    found
}

/// A generator that needs only to be different for each seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}
