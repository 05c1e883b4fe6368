//! Rules and quiet hours that an export brought: the same holds for them as for those that somebody enters.

use bellwether_domain::UserId;
use bellwether_storage::notifications as stored;
use bellwether_storage::{AnyConnection, StorageError, users};

use super::rule::{MOST_RULES, recipient_fault};
use super::{Rule, quiet_hours};

/// Refuses what nobody could have entered.
pub(crate) fn check_restored(
    connection: &mut AnyConnection,
    user: UserId,
    is_owner: bool,
) -> Result<(), StorageError> {
    let own = users::find(connection, user)?.email;
    let rules = stored::rules(connection, user)?;
    if rules.len() > MOST_RULES {
        return Err(StorageError::Refused(format!(
            "There are more than {MOST_RULES} rules: that is too many."
        )));
    }
    for stored in rules {
        let (id, kind) = (stored.id, stored.wish.kind.clone());
        let refused = |words: &str| StorageError::Refused(format!("The rule {id} cannot be kept: {words}"));
        let Some(rule) = Rule::of_stored(stored) else {
            return Err(refused(&format!("{kind:?} or its channel is not known here.")));
        };
        rule.asks.check().map_err(|words| refused(&words))?;
        let fault = recipient_fault(is_owner, own.as_deref(), rule.asks.channel, &rule.asks.destination);
        if let Some(words) = fault {
            return Err(refused(&words));
        }
    }
    match quiet_hours::of(connection, user) {
        Ok(hours) if hours.is_none_or(|hours| hours.begins() != hours.ends()) => Ok(()),
        Ok(_) => {
            Err(StorageError::Refused("The quiet hours would last no time, or all the time.".to_owned()))
        }
        Err(error) => Err(error),
    }
}
