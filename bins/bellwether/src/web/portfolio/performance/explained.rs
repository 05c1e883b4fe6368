//! Why the returns of a range differ, in the reader's language.

use bellwether_portfolio::{Difference, Explanation, Turn};
use bellwether_texts::{Locale, Sentence, Value};
use bellwether_tracker::reason;

/// Decimals of rates in sentences.
const DECIMALS: u32 = 1;

pub(super) fn explained(locale: Locale, explanation: &Explanation) -> String {
    locale.say(&match explanation {
        Explanation::NoRate(why) => Sentence::new("explained.no_rate").with("reason", reason(why)),
        Explanation::NoRates { money_weighted, time_weighted } => Sentence::new("explained.no_rates")
            .with("money", reason(money_weighted))
            .with("time", reason(time_weighted)),
        Explanation::OnlyTimeWeighted { rate, reason: why } => Sentence::new("explained.only_time_weighted")
            .with("reason", reason(why))
            .with("rate", percent(*rate)),
        Explanation::OnlyMoneyWeighted { rate, reason: why } => {
            Sentence::new("explained.only_money_weighted")
                .with("reason", reason(why))
                .with("rate", percent(*rate))
        }
        Explanation::Lost { on, money_weighted } => {
            Sentence::new("explained.lost").with("day", *on).with("rate", percent(*money_weighted))
        }
        Explanation::Undisturbed { rate, a_year: None } => {
            Sentence::new("explained.undisturbed").with("rate", percent(*rate))
        }
        Explanation::Undisturbed { rate, a_year: Some(yearly) } => {
            Sentence::new("explained.undisturbed_a_year")
                .with("rate", percent(*rate))
                .with("yearly", percent(*yearly))
        }
        Explanation::Alike { rate, is_annual, was_little } => {
            let key = if *was_little { "explained.alike_little" } else { "explained.alike_even" };
            Sentence::new(key).with("rate", perhaps_a_year(*rate, *is_annual))
        }
        Explanation::Differ(difference) => differ(difference),
    })
}

fn differ(of: &Difference) -> Sentence {
    let cause = match &of.turn {
        Some(turn) => turned(turn),
        None => Sentence::new("explained.payments").with("days", of.days.to_string()),
    };
    let mut money = perhaps_a_year(of.money_weighted, of.is_annual);
    if of.is_ambiguous {
        money = Sentence::new("explained.ambiguous").with("rate", money).into();
    }
    let simple = of.simple.map_or_else(
        || Value::Words(String::new()),
        |rate| Sentence::new("explained.simple").with("rate", percent(rate)).into(),
    );
    let is_above = of.money_weighted > of.time_weighted;
    Sentence::new(if is_above { "explained.above" } else { "explained.below" })
        .with("cause", cause)
        .with("money", money)
        .with("time", perhaps_a_year(of.time_weighted, of.is_annual))
        .with("more", simple)
}

fn turned(turn: &Turn) -> Sentence {
    let key = match (turn.share > 0.0, turn.better_after) {
        (true, true) => "explained.came_before_better",
        (true, false) => "explained.came_before_worse",
        (false, true) => "explained.went_before_better",
        (false, false) => "explained.went_before_worse",
    };
    Sentence::new(key)
        .with("share", percent(turn.share.abs()))
        .with("day", turn.day)
        .with("before", percent(turn.before))
        .with("after", percent(turn.after))
        .with("days_before", turn.days_before.to_string())
        .with("days_after", turn.days_after.to_string())
}

fn percent(rate: f64) -> Value {
    Value::Percent(rate, DECIMALS)
}

fn perhaps_a_year(rate: f64, is_annual: bool) -> Value {
    if is_annual {
        Sentence::new("explained.a_year").with("rate", percent(rate)).into()
    } else {
        percent(rate)
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    #[test]
    fn a_difference_is_explained_in_the_readers_language() {
        let undisturbed = Explanation::Undisturbed { rate: 0.21, a_year: Some(0.1) };
        assert_eq!(
            explained(Locale::accepted("de"), &undisturbed),
            "Zwischendurch kam kein Geld hinzu und keines ging ab, also ergibt jedes Maß dasselbe: 21,0\u{a0}%, oder \
             10,0\u{a0}% pro Jahr."
        );
        let lost = Explanation::Lost {
            on: NaiveDate::from_ymd_opt(2026, 3, 14).expect("a day"),
            money_weighted: 0.05,
        };
        let english = explained(Locale::english(), &lost);
        assert!(english.starts_with("Everything was lost by 14 Mar 2026, "), "{english}");
        assert!(!english.contains(['{', '}']), "{english}");
    }
}
