//! The cache at the service's edge, which serves the same URL again for some seconds.

use std::collections::HashMap;

use crate::answer::Answer;
use crate::ask::Ask;

/// Answers by URL.
#[derive(Debug, Default)]
pub(crate) struct EdgeCache {
    kept: HashMap<String, (i64, Answer)>,
}

/// How many answers are kept before the cache begins anew.
const CAPACITY: usize = 2_000;

impl EdgeCache {
    /// The answer that was given to the same question less than its `max-age` and `freeze_s` seconds ago, with the
    /// header that says how old it is.
    pub(crate) fn get(&self, ask: &Ask, now: i64, freeze_s: i64) -> Option<Answer> {
        let (since, answer) = self.kept.get(&ask.url).filter(|_| ask.method == "GET")?;
        let age = now - since;
        let fresh = (0..max_age(answer)? + freeze_s).contains(&age);
        fresh.then(|| answer.clone().header("age", age.to_string()))
    }

    /// Keeps a successful answer that may be kept, and passes it on with its age.
    pub(crate) fn keep(&mut self, ask: &Ask, now: i64, answer: Answer) -> Answer {
        if answer.status != 200 || ask.method != "GET" || max_age(&answer).is_none() {
            return answer;
        }
        if self.kept.len() >= CAPACITY {
            self.kept.clear();
        }
        self.kept.insert(ask.url.clone(), (now, answer.clone()));
        answer.header("age", "0")
    }

    pub(crate) fn clear(&mut self) {
        self.kept.clear();
    }
}

/// Seconds that a shared cache may keep an answer.
fn max_age(answer: &Answer) -> Option<i64> {
    let control = answer.cache_control.as_deref()?;
    if control.contains("private") {
        return None;
    }
    control
        .split(',')
        .find_map(|part| part.trim().strip_prefix("max-age=")?.parse().ok())
        .filter(|age| *age > 0)
}
