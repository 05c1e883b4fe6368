//! Explanations in one English sentence.

use std::fmt;

use chrono::NaiveDate;
use serde::{Serialize, Serializer};

use super::{Difference, Explanation, Turn};

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRate(reason) => write!(f, "No rate of return can be given, because {reason}."),
            Self::NoRates { money_weighted, time_weighted } => write!(
                f,
                "No rate of return can be given: the money-weighted one, because {money_weighted}, and the \
                 time-weighted one, because {time_weighted}."
            ),
            Self::OnlyTimeWeighted { rate, reason } => write!(
                f,
                "The money-weighted return is unknown, because {reason}; the time-weighted return of {} asks only what \
                 the investments did.",
                percent(*rate)
            ),
            Self::OnlyMoneyWeighted { rate, reason } => write!(
                f,
                "The time-weighted return is unknown, because {reason}; the money-weighted return of {} needs only the \
                 payments and the values at both ends.",
                percent(*rate)
            ),
            Self::Lost { on, money_weighted } => write!(
                f,
                "Everything was lost by {}, at which the time-weighted return ends at -100 %; the money-weighted return \
                 of {} also counts what had been taken out before.",
                date(*on),
                percent(*money_weighted)
            ),
            Self::Undisturbed { rate, a_year } => {
                let a_year = a_year.map(|rate| format!(", or {} a year", percent(rate))).unwrap_or_default();
                let rate = percent(*rate);
                write!(f, "No money came or went in between, so every measure gives the same {rate}{a_year}.")
            }
            Self::Alike { rate, is_annual, was_little } => {
                let why = if *was_little {
                    "what came and went was too little to matter"
                } else {
                    "what came and went took part in no better and no worse stretches than the rest"
                };
                let (rate, a_year) = (percent(*rate), a_year(*is_annual));
                write!(
                    f,
                    "The money-weighted and the time-weighted return agree on {rate}{a_year}, because {why}."
                )
            }
            Self::Differ(difference) => difference.fmt(f),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.turn {
            Some(turn) => turn.fmt(f)?,
            None => write!(
                f,
                "The payments of {} days weigh the good and bad stretches by the money that was there",
                self.days
            )?,
        }
        let a_year = a_year(self.is_annual);
        let ambiguous = if self.is_ambiguous { ", the nearest to zero of several that fit," } else { "" };
        let relation = if self.money_weighted > self.time_weighted { "above" } else { "below" };
        let (money, time) = (percent(self.money_weighted), percent(self.time_weighted));
        write!(
            f,
            ", so the money-weighted return of {money}{a_year}{ambiguous} is {relation} the time-weighted {time}{a_year}"
        )?;
        if let Some(simple) = self.simple {
            let simple = percent(simple);
            write!(f, "; the simple {simple} takes all money as if it had been there throughout")?;
        }
        f.write_str(".")
    }
}

/// "Of all money, 45.0 % came in on 1 July 2024, ..."
impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.share > 0.0 {
            write!(f, "Of all money, {} came in", percent(self.share))?;
        } else {
            write!(f, "Money equal to {} of all that was paid in was taken out", percent(-self.share))?;
        }
        write!(
            f,
            " on {}, between {} in the {} days before and {} in the {} days after: {} money took part in the {} stretch",
            date(self.day),
            percent(self.before),
            self.days_before,
            percent(self.after),
            self.days_after,
            if self.share > 0.0 { "more" } else { "less" },
            if self.better_after { "better" } else { "worse" },
        )
    }
}

impl Serialize for Explanation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn a_year(is_annual: bool) -> &'static str {
    if is_annual { " a year" } else { "" }
}

fn percent(rate: f64) -> String {
    let tenths = (rate * 1000.0).round() / 10.0;
    // No minus before a zero.
    format!("{:.1} %", tenths + 0.0)
}

fn date(day: NaiveDate) -> String {
    day.format("%-d %B %Y").to_string()
}
