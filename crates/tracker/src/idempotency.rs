//! Requests that are carried out once however often they are sent, by the key that their sender gave them.

use bellwether_storage::Digest;
use bellwether_storage::idempotency_keys::{self, KeptAnswer, Sent};
use chrono::TimeDelta;

use crate::{SignedIn, Tracker, TrackerError};

/// A key counts for so long.
pub(crate) const KEPT_FOR: TimeDelta = TimeDelta::hours(24);

impl Tracker {
    /// Notes that somebody sent a request, of that digest, under a key: how it stands. Of several at once, in whatever
    /// process, one is the first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn request_sent(
        &self,
        who: &SignedIn,
        key: String,
        request: [u8; 32],
    ) -> Result<Sent, TrackerError> {
        let (user, now) = (who.user, self.clock().now());
        let send =
            move |connection: &mut _| idempotency_keys::send(connection, user, &key, Digest(request), now);
        Ok(self.storage().write(send).await?)
    }

    /// Keeps what it was answered; forgets it where that is `None`, so that it may be sent again.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn request_answered(
        &self,
        who: &SignedIn,
        key: String,
        answer: Option<KeptAnswer>,
    ) -> Result<(), TrackerError> {
        let user = who.user;
        let end = move |connection: &mut _| match &answer {
            Some(answer) => idempotency_keys::keep(connection, user, &key, answer),
            None => idempotency_keys::forget(connection, user, &key),
        };
        Ok(self.storage().write(end).await?)
    }
}
