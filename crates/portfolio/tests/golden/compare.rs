//! A case against the library: what fails, what is skipped, and why.

use crate::answer::{Answer, Answered, Trouble};
use crate::case::{Case, Use};
use crate::expected::{Expected, Solution};
use crate::figures;

/// One figure that failed or was skipped.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Remark {
    pub figure: String,
    pub words: String,
}

/// What became of a case.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub failures: Vec<Remark>,
    pub skips: Vec<Remark>,
    /// How many figures agreed.
    pub agreed: usize,
}

impl Verdict {
    pub(crate) fn failed(trouble: impl Into<String>) -> Self {
        let mut verdict = Self::default();
        verdict.fail("the case", trouble);
        verdict
    }

    pub(crate) fn has_failed(&self) -> bool {
        !self.failures.is_empty()
    }

    /// Skipped as a whole: nothing of it was compared.
    pub(crate) fn is_skipped(&self) -> bool {
        self.failures.is_empty() && self.agreed == 0
    }

    fn fail(&mut self, figure: &str, words: impl Into<String>) {
        self.failures.push(Remark { figure: figure.to_owned(), words: words.into() });
    }

    fn skip(&mut self, figure: &str, words: impl Into<String>) {
        self.skips.push(Remark { figure: figure.to_owned(), words: words.into() });
    }
}

/// Conventions of the library, among those that a case may name.
const OFFERED: [&str; 25] = [
    "act/365f",
    "average-cost-pooled",
    "benchmark-buys-at-close",
    "benchmark-raw-close-plus-reinvested-dividends",
    "benchmark-total-return-series",
    "dietz-end-of-day-weight",
    "downside-over-all-observations",
    "fee-in-cost-net-figures",
    "fee-not-in-cost",
    "fifo",
    "fifo-per-account",
    "first-value-empty",
    "geometric-linking",
    "hifo",
    "lifo",
    "monthly-returns",
    "no-double-adjustment",
    "periodic",
    "price-series",
    "risk-free-geometric-per-period",
    "sample-stdev",
    "security-level-before-tax",
    "simple-returns",
    "split-keeps-cost",
    "unitised-twr",
];

/// Compares every expected figure of a case.
pub(crate) fn judge(case: &Case) -> Verdict {
    let mut verdict = Verdict::default();
    if let Err(trouble) = case.params.scope() {
        return Verdict::failed(trouble);
    }
    let convention = convention_not_offered(case);
    if let Some(convention) = convention.as_ref().filter(|_| case.usage == Use::Option) {
        for figure in case.expected.keys() {
            verdict.skip(figure, convention.clone());
        }
        return verdict;
    }
    if case.expected.is_empty() {
        return Verdict::failed("nothing is expected");
    }
    for (figure, expected) in &case.expected {
        if case.usage != Use::CounterExample && case.foreign_figures.contains(figure) {
            verdict.skip(figure, "a foreign figure, by another convention");
            continue;
        }
        compare(case, figure, expected, &mut verdict);
    }
    recommended_return(case, &mut verdict);
    // A convention that makes no difference here is no trouble; where figures differ it may be why.
    if let Some(convention) = convention.filter(|_| verdict.has_failed()) {
        verdict.fail("the case", convention);
    }
    verdict
}

/// What the case asks for in a way that the library has not.
fn convention_not_offered(case: &Case) -> Option<String> {
    if let Some(name) = case.params.unknown().next() {
        return Some(format!("the parameter {name} is unknown"));
    }
    case.params.not_offered()
}

/// A convention that is not the library's own, by which an optional figure may differ.
fn foreign_convention(case: &Case) -> Option<&String> {
    let is_foreign = |convention: &&String| !OFFERED.contains(&convention.as_str());
    case.conventions.iter().filter(|_| case.usage == Use::Option).find(is_foreign)
}

fn compare(case: &Case, figure: &str, expected: &Expected, verdict: &mut Verdict) {
    let answered = figures::answer(case, figure);
    let tolerance = match case.tolerance.of(figure) {
        Ok(tolerance) => tolerance,
        Err(trouble) => return verdict.fail(figure, trouble),
    };
    let difference = known_difference(case, figure);
    if let Err(Trouble::NotOffered(why)) = &answered {
        return match case.usage {
            Use::CounterExample => verdict.agreed += 1,
            Use::Option => verdict.skip(figure, why),
            _ => match difference {
                Some(known) => verdict.skip(figure, format!("{known}: {why}")),
                None => verdict.fail(figure, format!("is not offered: {why}")),
            },
        };
    }
    let agrees = match case.usage {
        Use::CounterExample => counter(expected, &answered, tolerance),
        Use::AcceptAnyRootFlagged if matches!(answered, Ok(Answer::Root { .. })) => {
            any_root(case, &answered, tolerance)
        }
        _ => agrees(expected, &answered, tolerance)
            .and_then(|()| if is_root(figure) { solution(case, &answered, tolerance) } else { Ok(()) }),
    };
    let is_broken = matches!(answered, Err(Trouble::Broken(_)));
    match agrees {
        Ok(()) => verdict.agreed += 1,
        Err(words) if difference.is_some() && !is_broken => {
            verdict.skip(figure, format!("{}: {words}", difference.unwrap_or_default()));
        }
        Err(words) => match foreign_convention(case) {
            Some(other) if !is_broken => {
                verdict.skip(figure, format!("the convention {other} is not offered: {words}"));
            }
            _ => verdict.fail(figure, words),
        },
    }
}

/// Whether the figure solves an equation that may have several solutions, or none.
fn is_root(figure: &str) -> bool {
    matches!(figure.rsplit('/').next(), Some("xirr" | "irr"))
}

/// Why a figure may differ from what is expected, as the case itself says.
fn known_difference(case: &Case, figure: &str) -> Option<String> {
    let notes = case.notes.as_deref().unwrap_or("no note");
    let names = |figures: &[String]| figures.iter().any(|name| name == figure);
    let recommends_another =
        case.recommended.as_ref().is_some_and(|recommended| recommended.matches_expected == Some(false));
    if names(&case.known_difference) {
        Some(format!("a known difference ({notes})"))
    } else if names(&case.from_source_only) {
        Some(format!("only the source says so ({notes})"))
    } else if recommends_another && figure == "twr" {
        Some(format!("another return is recommended ({notes})"))
    } else {
        None
    }
}

fn agrees(expected: &Expected, answered: &Answered, tolerance: f64) -> Result<(), String> {
    let same = match (expected, answered) {
        (_, Err(Trouble::Broken(trouble))) => return Err(trouble.clone()),
        (Expected::Undefined, Err(Trouble::Undefined(_))) => true,
        (Expected::Number(expected), Ok(Answer::Number(got) | Answer::Root { rate: got, .. })) => {
            near(*got, *expected, tolerance)
        }
        (Expected::Text(expected), Ok(Answer::Text(got))) => expected == got,
        (Expected::List(expected), Ok(Answer::List(got))) => {
            expected.len() == got.len()
                && expected.iter().zip(got).all(|(expected, got)| near(*got, *expected, tolerance))
        }
        _ => false,
    };
    if same { Ok(()) } else { Err(format!("expected {}, got {}", told(expected), got(answered))) }
}

/// Whether two numbers agree: rounding of the last digits of an `f64` is no difference.
fn near(got: f64, expected: f64, tolerance: f64) -> bool {
    (got - expected).abs() <= tolerance.max(4.0 * f64::EPSILON * expected.abs())
}

/// What is wrong elsewhere must not be reproduced.
fn counter(expected: &Expected, answered: &Answered, tolerance: f64) -> Result<(), String> {
    match agrees(expected, answered, tolerance) {
        Ok(()) => Err(format!("reproduces the wrong figure {}", told(expected))),
        Err(trouble) if matches!(answered, Err(Trouble::Broken(_))) => Err(trouble),
        Err(_) => Ok(()),
    }
}

/// The recommended root, or another of all that there are if the result says that there are others.
fn any_root(case: &Case, answered: &Answered, tolerance: f64) -> Result<(), String> {
    let Ok(Answer::Root { rate, ambiguous }) = *answered else { return Err(got(answered)) };
    let recommended = case.recommended.as_ref().and_then(|recommended| recommended.value.as_ref());
    let is = |root: f64| near(rate, root, tolerance.max(1e-12 * root.abs()));
    let is_recommended = recommended.is_some_and(|root| is(root.float()));
    let is_flagged_root = ambiguous && case.all_real_roots.iter().any(|root| is(root.float()));
    if !is_recommended && !is_flagged_root {
        let roots: Vec<_> = case.all_real_roots.iter().map(crate::number::Number::float).collect();
        return Err(format!("expected one of {roots:?}, got {}", got(answered)));
    }
    solution(case, answered, tolerance)
}

/// How many solutions there are, where the case tells.
fn solution(case: &Case, answered: &Answered, tolerance: f64) -> Result<(), String> {
    let root = match answered {
        Ok(Answer::Root { rate, ambiguous }) => Some((*rate, *ambiguous)),
        Err(Trouble::Undefined(_)) => None,
        _ => return Ok(()),
    };
    let Some(recommended) = &case.recommended else { return Ok(()) };
    let as_recommended = match (recommended.status, root) {
        (Some(Solution::Unique), Some((rate, ambiguous))) => {
            let value = recommended.value.as_ref().map_or(rate, crate::number::Number::float);
            !ambiguous && near(rate, value, tolerance.max(1e-12 * value.abs()))
        }
        (Some(Solution::Multiple), Some((_, ambiguous))) => ambiguous,
        (Some(Solution::TotalLoss), Some((rate, _))) => near(rate, -1.0, f64::EPSILON),
        (Some(Solution::None), root) => root.is_none(),
        (Some(_), None) => false,
        (None, _) => true,
    };
    if as_recommended {
        Ok(())
    } else {
        Err(format!("recommended {:?} {:?}, got {}", recommended.status, recommended.value, got(answered)))
    }
}

/// The recommended time-weighted return of the case's data.
fn recommended_return(case: &Case, verdict: &mut Verdict) {
    let recommended = case.recommended.as_ref().and_then(|recommended| recommended.twr.as_ref());
    let Some(recommended) = recommended else { return };
    let tolerance = case.tolerance.of("twr").unwrap_or(1e-9).min(1e-9);
    let answered = figures::answer(case, "twr");
    match agrees(&Expected::Number(recommended.float()), &answered, tolerance) {
        Ok(()) => verdict.agreed += 1,
        Err(words) => verdict.fail("recommended twr", words),
    }
}

fn told(expected: &Expected) -> String {
    match expected {
        Expected::Undefined => "no figure but a reason".to_owned(),
        Expected::Number(number) => number.to_string(),
        Expected::List(list) => format!("{list:?}"),
        Expected::Text(text) => text.clone(),
    }
}

fn got(answered: &Answered) -> String {
    match answered {
        Ok(Answer::Number(number)) => number.to_string(),
        Ok(Answer::List(list)) => format!("{list:?}"),
        Ok(Answer::Text(text)) => text.clone(),
        Ok(Answer::Root { rate, ambiguous }) => {
            format!("{rate}{}", if *ambiguous { " (one of several)" } else { "" })
        }
        Err(Trouble::Undefined(reason)) => format!("n/a: {reason}"),
        Err(Trouble::NotOffered(why)) => format!("not offered: {why}"),
        Err(Trouble::Broken(trouble)) => trouble.clone(),
    }
}
