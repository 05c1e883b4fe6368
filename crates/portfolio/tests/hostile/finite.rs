//! Finds numbers that are none in whatever a function gives.

use std::fmt::Debug;

/// What was found in a world.
#[derive(Debug)]
pub(crate) struct Findings {
    world: &'static str,
    pub faults: Vec<String>,
}

impl Findings {
    pub(crate) fn of(world: &'static str) -> Self {
        Self { world, faults: Vec::new() }
    }

    /// The debug text of a value names every number in it, whether it is serialised or not.
    pub(crate) fn finite(&mut self, what: &str, value: &impl Debug) {
        let text = format!("{value:?}");
        if let Some(place) = not_finite(&text) {
            let around = text.get(place.saturating_sub(300)..place + 3).unwrap_or(&text);
            self.faults.push(format!("{}: {what} has no number at the end of: {around}", self.world));
        }
    }

    pub(crate) fn hold(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.faults.push(format!("{}: {}", self.world, what()));
        }
    }
}

/// Where the text of a value has NaN or an infinity as a word of its own.
fn not_finite(text: &str) -> Option<usize> {
    ["NaN", "inf"].into_iter().find_map(|word| {
        text.match_indices(word).map(|(place, _)| place).find(|place| {
            let before = text[..*place].chars().next_back();
            let after = text[place + word.len()..].chars().next();
            let part_of_word =
                |side: Option<char>| side.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-');
            let before = before.filter(|c| *c != '-');
            !part_of_word(before) && !part_of_word(after)
        })
    })
}

#[test]
fn numbers_that_are_none_are_found_wherever_they_are() {
    assert!(not_finite(&format!("{:?}", Some(vec![1.0, f64::NAN]))).is_some());
    assert!(not_finite(&format!("{:?}", (f64::NEG_INFINITY, 1))).is_some());
    assert!(not_finite(&format!("{:?}", f64::INFINITY)).is_some());
    assert!(not_finite("inferred: true, below-inf-x, information").is_none());
}
