//! Recording what is told, with the jobs that carry it, in the transaction of whoever tells.

use std::collections::BTreeSet;

use bellwether_domain::UserId;
use bellwether_storage::jobs::{self, NewJob};
use bellwether_storage::notifications::{self as stored, Destination};
use bellwether_storage::{AnyConnection, Storage, StorageError, settings, users};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::rule::{destinations, first_rules};
use super::{Happening, Message, Rule, delivery, quiet_hours};

/// Whether the first rules were made: whoever removes them does not get them back.
const FIRST_RULES: &str = "first-notification-rules";

pub(super) async fn has_rules(storage: &Storage, user: UserId) -> Result<bool, StorageError> {
    let owner = storage.owner().await?;
    Ok(storage.setting(&first_rules_of(user, Some(owner))).await?.unwrap_or(false))
}

/// The owner's mark is older than other users.
fn first_rules_of(user: UserId, owner: Option<UserId>) -> String {
    if Some(user) == owner { FIRST_RULES.to_owned() } else { format!("{FIRST_RULES}:{user}") }
}

/// A user's rules, those of a newer version of this program left out.
pub(super) fn rules(connection: &mut AnyConnection, user: UserId) -> Result<Vec<Rule>, StorageError> {
    Ok(stored::rules(connection, user)?.into_iter().filter_map(Rule::of_stored).collect())
}

/// The same, with the first ones made where they were not yet.
pub(super) fn rules_or_first(
    connection: &mut AnyConnection,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<Vec<Rule>, StorageError> {
    let mut were_made = false;
    let mark = first_rules_of(user, users::owner(connection)?);
    if settings::get(connection, &mark)? != Some(true) {
        settings::change(connection, &mark, now, |made: &mut bool| {
            were_made = std::mem::replace(made, true);
        })?;
        if !were_made {
            for draft in first_rules() {
                stored::add_rule(connection, user, &draft.wish(None), now)?;
            }
        }
    }
    rules(connection, user)
}

/// Tells of something if somebody asked for it and it was not told before; gives what was told.
pub(crate) fn tell(
    connection: &mut AnyConnection,
    user: UserId,
    happening: &Happening,
    now: DateTime<Utc>,
) -> Result<Option<Message>, StorageError> {
    let rules = rules_or_first(connection, user, now)?;
    tell_by(connection, user, &rules, happening, now)
}

/// The same, by rules that are known.
pub(super) fn tell_by(
    connection: &mut AnyConnection,
    user: UserId,
    rules: &[Rule],
    happening: &Happening,
    now: DateTime<Utc>,
) -> Result<Option<Message>, StorageError> {
    let Some(destinations) = destinations(rules, happening) else { return Ok(None) };
    let message = happening.message();
    let quiet = quiet_hours::of(connection, user)?;
    let send_at = quiet.and_then(|hours| hours.end_after(now)).unwrap_or(now);
    let told = send(connection, user, &message, &destinations, send_at, now)?;
    Ok(told.map(|_| message))
}

/// Records a message and the jobs that send it; `None` when it was told before.
pub(super) fn send(
    connection: &mut AnyConnection,
    user: UserId,
    message: &Message,
    destinations: &BTreeSet<Destination>,
    send_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Option<Uuid>, StorageError> {
    let Some((id, deliveries)) = stored::record(connection, user, &message.stored(), destinations, now)?
    else {
        return Ok(None);
    };
    for delivery in deliveries {
        let job = NewJob {
            kind: delivery::KIND.to_owned(),
            key: delivery::key(delivery),
            payload: serde_json::json!(delivery),
            priority: delivery::PRIORITY,
            run_at: send_at,
            max_attempts: delivery::ATTEMPTS,
        };
        jobs::enqueue(connection, now, &job)?;
    }
    Ok(Some(id))
}
