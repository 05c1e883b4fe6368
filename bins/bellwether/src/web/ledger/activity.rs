//! What was changed in a portfolio, with ways to take it back.

mod words;

use actix_web::http::StatusCode;
use actix_web::web;
use bellwether_domain::{ChangeId, PortfolioId};
use bellwether_texts::Sentence;
use bellwether_tracker::{AuditRecord, AuditSubject, ChangeShown};
use serde::{Deserialize, Serialize};

use super::Refused;
use crate::web::State;
use crate::web::caller::Caller;
use crate::web::filled::Filled;
use crate::web::pages::{Answer, html, see_other};
use crate::web::problem::Problem;
use crate::web::view::page::{Page, Place};
use crate::web::view::refusal::Said;
pub(super) use words::of_change;
use words::{FactRow, facts, of_record};

/// Changes on a page.
const CHANGES: usize = 30;
/// Audit records on a page.
const RECORDS: usize = 50;
/// So many are looked through at a time for those of one kind.
const AT_A_TIME: usize = 200;
/// And so often.
const MOST_LOOKS: usize = 10;

#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a condition of the template")]
struct ActivityPage {
    page: Page,
    id: String,
    may_change: bool,
    is_deleted: bool,
    done: Option<Done>,
    problem: Option<Said>,
    is_log: bool,
    subjects: Vec<SubjectLink>,
    of: &'static str,
    days: Vec<Day>,
    records: Vec<RecordRow>,
    /// The record before which older ones are.
    older: Option<i64>,
    is_first: bool,
}

/// What was done, and the change by which it is undone.
#[derive(Serialize)]
struct Done {
    words: String,
    undo: String,
}

#[derive(Serialize)]
struct SubjectLink {
    word: &'static str,
    name: String,
    here: bool,
}

/// The changes of a day.
#[derive(Serialize)]
struct Day {
    day: String,
    changes: Vec<ChangeRow>,
}

#[derive(Serialize)]
struct ChangeRow {
    id: ChangeId,
    time: String,
    words: String,
    record: i64,
    is_last: bool,
    facts: Vec<FactRow>,
}

#[derive(Serialize)]
struct RecordRow {
    at: String,
    words: String,
    who: String,
    facts: Vec<FactRow>,
}

/// Things that changes can be about, by their words in the address.
const SUBJECTS: [(&str, Option<AuditSubject>, &str); 5] = [
    ("", None, "activity.of.all"),
    ("transactions", Some(AuditSubject::Transaction), "activity.of.transactions"),
    ("imports", Some(AuditSubject::Import), "activity.of.imports"),
    ("settings", Some(AuditSubject::Portfolio), "activity.of.settings"),
    ("targets", Some(AuditSubject::TargetAllocation), "activity.of.targets"),
];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ActivityQuery {
    done: Option<ChangeId>,
    /// `log` for each record.
    view: String,
    /// Of which things.
    of: String,
    before: Option<i64>,
}

impl ActivityQuery {
    fn of(&self) -> (&'static str, Option<AuditSubject>) {
        let known = SUBJECTS.iter().find(|(word, _, _)| *word == self.of);
        known.map_or(("", None), |(word, subject, _)| (*word, *subject))
    }
}

pub(super) async fn activity(
    state: web::Data<State>,
    caller: Caller,
    id: web::Path<PortfolioId>,
    Filled(query): Filled<ActivityQuery>,
) -> Answer {
    activity_page(&state, &caller, *id, &query, None).await
}

/// The changes of a page that are about something, and where older ones begin.
async fn changes_of(
    caller: &Caller,
    id: PortfolioId,
    query: &ActivityQuery,
) -> Result<(Vec<ChangeShown>, Option<i64>), Problem> {
    let (_, subject) = query.of();
    let (mut found, mut before) = (Vec::new(), query.before);
    for _ in 0..MOST_LOOKS {
        let changes = caller.tracker.changes(id, before, AT_A_TIME).await?;
        let is_end = changes.len() < AT_A_TIME;
        before = changes.last().map(|change| change.record);
        let is_of = |change: &ChangeShown| {
            subject.is_none_or(|wanted| change.parts.iter().any(|part| part.subject == wanted))
        };
        found.extend(changes.into_iter().filter(is_of));
        if found.len() > CHANGES {
            found.truncate(CHANGES);
            let older = found.last().map(|change| change.record);
            return Ok((found, older));
        }
        if is_end {
            return Ok((found, None));
        }
    }
    Ok((found, before))
}

async fn records_of(
    caller: &Caller,
    id: PortfolioId,
    query: &ActivityQuery,
) -> Result<(Vec<AuditRecord>, Option<i64>), Problem> {
    let (_, subject) = query.of();
    let (mut found, mut before) = (Vec::new(), query.before);
    for _ in 0..MOST_LOOKS {
        let records = caller.tracker.audit_records(id, before, AT_A_TIME).await?;
        let is_end = records.len() < AT_A_TIME;
        before = records.last().map(|record| record.id);
        found.extend(records.into_iter().filter(|record| subject.is_none_or(|of| record.subject == of)));
        if found.len() > RECORDS {
            found.truncate(RECORDS);
            let older = found.last().map(|record| record.id);
            return Ok((found, older));
        }
        if is_end {
            return Ok((found, None));
        }
    }
    Ok((found, before))
}

/// Changes by their days, at home.
fn by_day(changes: &[ChangeShown], caller: &Caller, is_first: bool) -> Vec<Day> {
    let locale = caller.locale;
    let zone = caller.tracker.home_exchange().zone();
    let mut days: Vec<Day> = Vec::new();
    for (at, change) in changes.iter().enumerate() {
        let local = change.at.with_timezone(&zone);
        let day = locale.long_day(local.date_naive());
        let row = ChangeRow {
            id: change.id,
            time: locale.time(&local),
            words: of_change(change, locale),
            record: change.record,
            is_last: at == 0 && is_first,
            facts: change.only.as_ref().map(|record| facts(record, locale)).unwrap_or_default(),
        };
        match days.last_mut().filter(|last| last.day == day) {
            Some(last) => last.changes.push(row),
            None => days.push(Day { day, changes: vec![row] }),
        }
    }
    days
}

fn record_row(record: &AuditRecord, caller: &Caller) -> RecordRow {
    let locale = caller.locale;
    let who = match record.user {
        Some(user) if user == caller.who.user => "activity.by_you",
        Some(_) => "activity.by_another",
        None => "activity.by_program",
    };
    RecordRow {
        at: caller.moment(record.at),
        words: of_record(record, locale).unwrap_or_else(|| record.subject.as_str().to_owned()),
        who: locale.text(who),
        facts: facts(record, locale),
    }
}

async fn activity_page(
    state: &State,
    caller: &Caller,
    id: PortfolioId,
    query: &ActivityQuery,
    problem: Option<Said>,
) -> Answer {
    let locale = caller.locale;
    let all = caller.tracker.portfolios().await?;
    let is_log = query.view == "log";
    let (of, _) = query.of();
    let is_first = query.before.is_none() && of.is_empty();
    let (mut days, mut records) = (Vec::new(), Vec::new());
    let older = if is_log {
        let (found, older) = records_of(caller, id, query).await?;
        records = found.iter().map(|record| record_row(record, caller)).collect();
        older
    } else {
        let (found, older) = changes_of(caller, id, query).await?;
        days = by_day(&found, caller, is_first);
        older
    };
    let done = match query.done {
        None => None,
        Some(change) => {
            caller.tracker.changes(id, None, 20).await?.into_iter().find(|known| known.id == change)
        }
    };
    let refused = problem.is_some();
    let is_deleted = !all.iter().any(|portfolio| portfolio.id == id);
    let frame = Page::new(
        state,
        locale.text("page.activity"),
        &all,
        Some(id).filter(|_| !is_deleted),
        Place::Activity,
    );
    let page = ActivityPage {
        page: frame.said_in(locale),
        id: id.to_string(),
        may_change: caller.who.may_change(),
        is_deleted,
        done: done.map(|change| Done {
            words: locale.say(&Sentence::new("activity.done").with("words", of_change(&change, locale))),
            undo: format!("/portfolio/{id}/changes/{}/undo", change.id),
        }),
        problem,
        is_log,
        subjects: SUBJECTS
            .iter()
            .map(|&(word, _, key)| SubjectLink { word, name: locale.text(key), here: word == of })
            .collect(),
        of,
        days,
        records,
        older,
        is_first: query.before.is_none(),
    };
    let mut answer = html(state.templates.render_in(locale, "activity.html", &page)?);
    if refused {
        *answer.status_mut() = StatusCode::CONFLICT;
    }
    Ok(answer)
}

fn back(id: PortfolioId, change: Option<ChangeId>) -> actix_web::HttpResponse {
    match change {
        Some(change) => see_other(&format!("/portfolio/{id}/activity?done={change}")),
        None => see_other(&format!("/portfolio/{id}/activity")),
    }
}

pub(super) async fn undo(
    state: web::Data<State>,
    caller: Caller,
    ids: web::Path<(PortfolioId, ChangeId)>,
) -> Answer {
    match caller.tracker.undo(ids.0, ids.1).await {
        Ok(change) => Ok(back(ids.0, Some(change))),
        Err(error) => {
            let refused = Refused::of(error)?.problem(caller.locale);
            activity_page(&state, &caller, ids.0, &ActivityQuery::default(), refused).await
        }
    }
}

#[derive(Deserialize)]
pub(super) struct RestoreForm {
    record: i64,
}

pub(super) async fn restore(
    state: web::Data<State>,
    caller: Caller,
    id: web::Path<PortfolioId>,
    form: web::Form<RestoreForm>,
) -> Answer {
    match caller.tracker.restore(*id, form.record).await {
        Ok(change) => Ok(back(*id, change)),
        Err(error) => {
            let refused = Refused::of(error)?.problem(caller.locale);
            activity_page(&state, &caller, *id, &ActivityQuery::default(), refused).await
        }
    }
}
