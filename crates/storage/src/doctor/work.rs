//! Background work, notifications and who may come in.

use chrono::TimeDelta;
use diesel::prelude::*;

use super::Findings;
use crate::columns::{Key, instant, micros};
use crate::connection::AnyConnection;
use crate::jobs::JobFilter;
use crate::schema::{job_files, jobs, notifications, sessions, users};
use crate::{StorageError, api_tokens, jobs as queue, notifications as told};

/// Workers take jobs back within a minute of their lease's end.
const LEASE_OVER_FOR: TimeDelta = TimeDelta::days(1);
/// Files go after a week.
const FILES_KEPT: TimeDelta = TimeDelta::days(8);
const WORKER: &str = "A running \"bellwether serve\" or \"bellwether worker\" takes it back: start one.";

pub(super) fn examine(connection: &mut AnyConnection, findings: &mut Findings) -> Result<(), StorageError> {
    running_jobs(connection, findings)?;
    files(connection, findings)?;
    let listed = queue::list(connection, &JobFilter::default(), 500);
    findings.readable("jobs", listed)?;
    let all: Vec<Key> = users::table.order(users::id).select(users::id).load(connection)?;
    for Key(id) in all {
        let user = bellwether_domain::UserId::from_uuid(id);
        let rules = told::rules(connection, user);
        findings.readable("notification rules", rules)?;
        let tokens = api_tokens::list(connection, user);
        findings.readable("tokens", tokens)?;
        let hours = told::quiet_hours(connection, user);
        findings.readable("quiet hours", hours)?;
    }
    let horizon = micros(findings.now + TimeDelta::days(2));
    let early: i64 = notifications::table
        .filter(
            notifications::created_at
                .gt(horizon)
                .or(notifications::read_at.lt(notifications::created_at.nullable())),
        )
        .count()
        .get_result(connection)?;
    if early > 0 {
        let what = format!("{early} notifications were read before they were made, or lie in the future.");
        findings.add("notifications", what, "Look at the clock of this machine; they go after 90 days.");
    }
    let endless: i64 = sessions::table
        .filter(sessions::expires_at.gt(micros(findings.now + TimeDelta::days(3_660))))
        .count()
        .get_result(connection)?;
    if endless > 0 {
        let what = format!("{endless} sessions last for more than ten years.");
        findings.add("sessions", what, "End all sessions on the account page.");
    }
    Ok(())
}

fn running_jobs(connection: &mut AnyConnection, findings: &mut Findings) -> Result<(), StorageError> {
    let over: Vec<(Key, String, Option<i64>)> = jobs::table
        .filter(jobs::state.eq("running"))
        .filter(jobs::lease_until.lt(micros(findings.now - LEASE_OVER_FOR)).or(jobs::lease_until.is_null()))
        .order(jobs::id)
        .select((jobs::id, jobs::kind, jobs::lease_until))
        .load(connection)?;
    let whats = over.into_iter().map(|(Key(id), kind, lease)| {
        let since = lease.map_or("never began".to_owned(), |lease| format!("ended {}", instant(lease)));
        format!("The job {kind} {id} counts as running, but its lease {since}.")
    });
    findings.add_all("jobs", WORKER, whats.collect());
    Ok(())
}

fn files(connection: &mut AnyConnection, findings: &mut Findings) -> Result<(), StorageError> {
    let old: Vec<(Key, String)> = job_files::table
        .filter(job_files::created_at.lt(micros(findings.now - FILES_KEPT)))
        .order(job_files::id)
        .select((job_files::id, job_files::name))
        .load(connection)?;
    let mut whats = Vec::new();
    for (Key(id), name) in old {
        // A result bears its job's identifier; what a job reads is named by what it was asked.
        let named: i64 = jobs::table
            .filter(jobs::id.eq(Key(id)).or(jobs::payload.like(format!("%{id}%"))))
            .count()
            .get_result(connection)?;
        if named == 0 {
            whats.push(format!("The file {name:?} ({id}) belongs to no job."));
        }
    }
    findings.add_all(
        "files of jobs",
        "The clean-up by night takes such files away: let a worker run.",
        whats,
    );
    Ok(())
}
