//! What was changed in a portfolio, with ways to take it back.

use actix_web::http::StatusCode;
use actix_web::web;
use bellwether_domain::{ChangeId, PortfolioId};
use bellwether_tracker::{AuditRecord, AuditSubject};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Done, Refused, done};
use crate::web::State;
use crate::web::caller::Caller;
use crate::web::pages::{Answer, html, see_other};
use crate::web::view::page::{Page, Place};

/// Changes on a page.
const CHANGES: usize = 30;
/// Audit records on a page.
const RECORDS: usize = 50;

#[derive(Serialize)]
struct ActivityPage {
    page: Page,
    id: String,
    may_change: bool,
    is_deleted: bool,
    done: Option<Done>,
    problem: Option<String>,
    changes: Vec<ChangeRow>,
    older_changes: Option<i64>,
    records: Vec<RecordRow>,
    older_records: Option<i64>,
}

#[derive(Serialize)]
struct ChangeRow {
    id: ChangeId,
    at: String,
    words: String,
    record: i64,
    is_last: bool,
}

#[derive(Serialize)]
struct RecordRow {
    id: i64,
    at: String,
    action: &'static str,
    subject: &'static str,
    facts: Vec<FactRow>,
}

/// A fact before and after.
#[derive(Serialize)]
struct FactRow {
    name: String,
    before: String,
    after: String,
}

impl RecordRow {
    fn of(record: &AuditRecord) -> Self {
        let side = |side: &Option<Value>| {
            let side = side.clone().unwrap_or_default();
            let inner = match record.subject {
                AuditSubject::Transaction => side.get("transaction").cloned(),
                _ => None,
            };
            let mut facts = Vec::new();
            flatten("", &inner.unwrap_or(side), &mut facts);
            facts
        };
        let (before, after) = (side(&record.before), side(&record.after));
        let of = |facts: &[(String, String)], name: &str| {
            facts.iter().find(|(known, _)| known == name).map(|(_, told)| told.clone()).unwrap_or_default()
        };
        let mut names: Vec<&String> = before.iter().chain(&after).map(|(name, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        let facts = names.into_iter().map(|name| FactRow {
            name: name.clone(),
            before: of(&before, name),
            after: of(&after, name),
        });
        Self {
            id: record.id,
            at: time(record.at),
            action: record.action.as_str(),
            subject: record.subject.as_str(),
            facts: facts.filter(|fact| fact.before != fact.after).collect(),
        }
    }
}

fn time(at: chrono::DateTime<chrono::Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// The facts of a record by their names.
fn flatten(name: &str, value: &Value, facts: &mut Vec<(String, String)>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let name = if name.is_empty() { key.clone() } else { format!("{name} {key}") };
                flatten(&name, value, facts);
            }
        }
        Value::Null => {}
        Value::String(text) => facts.push((name.to_owned(), text.clone())),
        other => facts.push((name.to_owned(), other.to_string())),
    }
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct ActivityQuery {
    done: Option<ChangeId>,
    changes_before: Option<i64>,
    records_before: Option<i64>,
}

pub(super) async fn activity(
    state: web::Data<State>,
    caller: Caller,
    id: web::Path<PortfolioId>,
    query: web::Query<ActivityQuery>,
) -> Answer {
    activity_page(&state, &caller, *id, &query, None).await
}

async fn activity_page(
    state: &State,
    caller: &Caller,
    id: PortfolioId,
    query: &ActivityQuery,
    problem: Option<String>,
) -> Answer {
    let all = caller.tracker.portfolios().await?;
    let mut changes = caller.tracker.changes(id, query.changes_before, CHANGES + 1).await?;
    let more_changes = changes.len() > CHANGES;
    changes.truncate(CHANGES);
    let mut records = caller.tracker.audit_records(id, query.records_before, RECORDS + 1).await?;
    let more_records = records.len() > RECORDS;
    records.truncate(RECORDS);
    let refused = problem.is_some();
    let is_deleted = !all.iter().any(|portfolio| portfolio.id == id);
    let page = ActivityPage {
        page: Page::new(state, "Activity", &all, Some(id).filter(|_| !is_deleted), Place::Activity),
        id: id.to_string(),
        may_change: caller.who.may_change(),
        is_deleted,
        done: done(caller, id, query.done).await?,
        problem,
        older_changes: changes.last().filter(|_| more_changes).map(|change| change.record),
        older_records: records.last().filter(|_| more_records).map(|record| record.id),
        changes: changes
            .into_iter()
            .enumerate()
            .map(|(at, change)| ChangeRow {
                id: change.id,
                at: time(change.at),
                words: change.words,
                record: change.record,
                is_last: at == 0 && query.changes_before.is_none(),
            })
            .collect(),
        records: records.iter().map(RecordRow::of).collect(),
    };
    let mut answer = html(state.templates.render("activity.html", &page)?);
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
            let refused = Refused::of(error)?.problem();
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
            let refused = Refused::of(error)?.problem();
            activity_page(&state, &caller, *id, &ActivityQuery::default(), refused).await
        }
    }
}
