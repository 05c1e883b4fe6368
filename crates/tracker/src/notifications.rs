//! Telling people what happens: in the page, by e-mail or by a webhook, each thing once in the whole fleet.
//!
//! A rule asks to be told of a [`Topic`]. What happens is recorded under a key that is unique in the database, together
//! with the jobs that carry it to its destinations; what lasts, such as a price above its target, is told when it
//! begins. Nothing is sent in quiet hours: it goes out when they end.

mod check;
mod delivery;
mod facts;
mod happening;
mod quiet_hours;
mod restored;
mod rule;
mod telling;
mod watch;

use std::collections::BTreeSet;

use bellwether_domain::Symbol;
use bellwether_storage::notifications::{self as stored, Delivery, NotificationFilter};
use bellwether_storage::{StorageError, instruments, users};
use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::{Event, Tracker, TrackerError};

pub use delivery::{Courier, Letter, NotDelivered};
pub use quiet_hours::{InvalidQuietHours, QuietHours};
use rule::MOST_RULES;
pub use rule::{Channel, Rule, RuleDraft, Topic};

pub(crate) use check::{Handler as CheckHandler, KIND as CHECK};
pub(crate) use happening::{Happening, Message, Named};
pub(crate) use restored::check_restored;
pub(crate) use telling::tell;
pub(crate) use watch::watch;

/// How grave something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Somebody should look.
    Warning,
}

impl Severity {
    fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
        }
    }
}

/// What somebody was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Its identifier.
    pub id: Uuid,
    /// What kind of thing it tells; the word of a [`Topic`] or `test`.
    pub kind: String,
    /// How grave it is: `info` or `warning`.
    pub severity: String,
    /// One line.
    pub title: String,
    /// The rest.
    pub body: String,
    /// The page that shows more of it, without the server's name.
    pub link: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was marked as read.
    pub read_at: Option<DateTime<Utc>>,
    /// How it went out.
    pub deliveries: Vec<Delivery>,
}

impl Tracker {
    /// What the owner was told, newest first, at most `limit`; with `unread` only what was not marked as read, with
    /// `before` only what is older than that one.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is none to begin after, and the database's.
    pub async fn notifications(
        &self,
        unread: bool,
        before: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<Notification>, TrackerError> {
        let filter = NotificationFilter { unread, before };
        let listed = self.storage().notifications(self.user(), filter, limit).await.map_err(not_found)?;
        Ok(listed
            .into_iter()
            .map(|(told, deliveries)| Notification {
                id: told.id,
                kind: told.content.kind,
                severity: told.content.severity,
                title: told.content.title,
                body: told.content.body,
                link: told.content.link,
                created_at: told.created_at,
                read_at: told.read_at,
                deliveries,
            })
            .collect())
    }

    /// How much the owner did not read yet.
    ///
    /// # Errors
    /// The database's.
    pub async fn unread_notifications(&self) -> Result<i64, TrackerError> {
        Ok(self.storage().unread_notifications(self.user()).await?)
    }

    /// Marks these notifications as read, or all, and says how many were not before.
    ///
    /// # Errors
    /// The database's.
    pub async fn mark_notifications_read(&self, which: Option<Vec<Uuid>>) -> Result<usize, TrackerError> {
        Ok(self.storage().mark_notifications_read(self.user(), which).await?)
    }

    /// The owner's rules, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn notification_rules(&self) -> Result<Vec<Rule>, TrackerError> {
        let user = self.user();
        if telling::has_rules(self.storage(), user).await? {
            return Ok(self.storage().read(move |connection| telling::rules(connection, user)).await?);
        }
        let now = self.clock().now();
        Ok(self.storage().write(move |connection| telling::rules_or_first(connection, user, now)).await?)
    }

    /// Adds a rule.
    ///
    /// # Errors
    /// [`TrackerError::Refused`] says what is wrong with it, [`TrackerError::NotFound`] that its portfolio is not there.
    pub async fn add_notification_rule(&self, draft: RuleDraft) -> Result<Rule, TrackerError> {
        self.keep_rule(None, draft).await
    }

    /// Puts another rule in the place of one.
    ///
    /// # Errors
    /// As [`add_notification_rule`](Self::add_notification_rule), and [`TrackerError::NotFound`] when there is none.
    pub async fn change_notification_rule(&self, id: Uuid, draft: RuleDraft) -> Result<Rule, TrackerError> {
        self.keep_rule(Some(id), draft).await
    }

    async fn check_recipient(&self, channel: Channel, destination: &str) -> Result<(), TrackerError> {
        let user = self.user();
        let own = self.storage().read(move |connection| users::find(connection, user)).await?.email;
        let fault = rule::recipient_fault(self.is_owners(), own.as_deref(), channel, destination);
        fault.map_or(Ok(()), |words| Err(TrackerError::refused(words)))
    }

    async fn keep_rule(&self, id: Option<Uuid>, draft: RuleDraft) -> Result<Rule, TrackerError> {
        draft.check().map_err(TrackerError::refused)?;
        self.check_recipient(draft.channel, &draft.destination).await?;
        if let Some(symbol) = &draft.symbol
            && self.current_price(symbol).await?.is_none()
        {
            return Err(TrackerError::refused(format!(
                "No price of {symbol} is known here: a target can be set for what is held, watched or was looked at."
            )));
        }
        let (user, now) = (self.user(), self.clock().now());
        let kept = self.storage().write(move |connection| {
            // The first rules are there before any other, whichever is asked for first.
            let there = telling::rules_or_first(connection, user, now)?.len();
            if id.is_none() && there >= MOST_RULES {
                let words = format!("There are {MOST_RULES} rules already. Remove one that you do not need.");
                return Err(StorageError::Refused(words));
            }
            let instrument = match &draft.symbol {
                Some(symbol) => instrument_of(connection, symbol)?,
                None => None,
            };
            let wish = draft.wish(instrument);
            let id = match id {
                None => stored::add_rule(connection, user, &wish, now)?,
                Some(id) => {
                    stored::change_rule(connection, user, id, &wish, now)?;
                    id
                }
            };
            let rules = telling::rules(connection, user)?;
            rules.into_iter().find(|rule| rule.id == id).ok_or(StorageError::NotFound)
        });
        let kept = kept.await.map_err(|error| match error {
            StorageError::NotFound => TrackerError::NotFound("such rule or portfolio".to_owned()),
            StorageError::Refused(words) => TrackerError::conflict(words),
            error => error.into(),
        })?;
        self.check_rules_soon(now).await;
        Ok(kept)
    }

    /// Removes a rule.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is none.
    pub async fn remove_notification_rule(&self, id: Uuid) -> Result<(), TrackerError> {
        let user = self.user();
        let removed = self.storage().write(move |connection| stored::remove_rule(connection, user, id)).await;
        removed.map_err(|error| match error {
            StorageError::NotFound => TrackerError::NotFound("such rule".to_owned()),
            error => error.into(),
        })
    }

    /// When nothing is sent to the owner, if there is such a time.
    ///
    /// # Errors
    /// The database's.
    pub async fn quiet_hours(&self) -> Result<Option<QuietHours>, TrackerError> {
        let user = self.user();
        Ok(self.storage().read(move |connection| quiet_hours::of(connection, user)).await?)
    }

    /// Gives the owner other quiet hours, or none. What waits for the end of the old ones finds the new ones then.
    ///
    /// # Errors
    /// The database's.
    pub async fn set_quiet_hours(&self, hours: Option<QuietHours>) -> Result<(), TrackerError> {
        let user = self.user();
        let hours = hours.map(QuietHours::stored);
        let set = move |connection: &mut _| stored::set_quiet_hours(connection, user, hours.as_ref());
        Ok(self.storage().write(set).await?)
    }

    /// Sends a message that says nothing but that it arrived, at once, by the way that all take. Gives the
    /// notification's identifier, under which the list tells how it went.
    ///
    /// # Errors
    /// [`TrackerError::Refused`] for an e-mail of somebody else than the owner to another address than their own, and
    /// the database's.
    pub async fn send_test_notification(
        &self,
        channel: Channel,
        destination: String,
    ) -> Result<Uuid, TrackerError> {
        self.check_recipient(channel, &destination).await?;
        let (user, now) = (self.user(), self.clock().now());
        let message = Message::test(Uuid::now_v7());
        let told = message.clone();
        let destinations = rule::destination(channel, destination).into_iter().collect();
        let id = self
            .storage()
            .write(move |connection| telling::send(connection, user, &message, &destinations, now, now))
            .await?
            .ok_or(StorageError::Duplicate)?;
        self.tell_pages(vec![told]);
        Ok(id)
    }

    /// Tells the owner that a backup failed, at most once a day, in the page and wherever they want to be told of
    /// anything.
    pub(crate) async fn backup_failed(&self, words: String, at: DateTime<Utc>) -> Result<(), TrackerError> {
        let message = Message::backup_failed(words, at);
        let (owner, told) = (self.owner(), message.clone());
        let sent = self.storage().write(move |connection| {
            let rules = telling::rules(connection, owner)?;
            let enabled = rules.into_iter().filter(|rule| rule.asks.enabled);
            let destinations = enabled
                .filter_map(|rule| rule::destination(rule.asks.channel, rule.asks.destination))
                .collect();
            telling::send(connection, owner, &message, &destinations, at, at)
        });
        if sent.await?.is_some() {
            self.acting_for(owner).tell_pages(vec![told]);
        }
        Ok(())
    }

    /// What somebody wants to be told the price of.
    pub(crate) async fn symbols_with_targets(&self) -> Result<BTreeSet<Symbol>, TrackerError> {
        let rules = self.storage().read(|connection| {
            let mut rules = Vec::new();
            for user in users::list(connection)? {
                match telling::rules(connection, user.id) {
                    Ok(theirs) => rules.extend(theirs),
                    Err(error) if error.is_transient() => return Err(error),
                    // Others' prices are kept fresh all the same.
                    Err(error) => tracing::warn!(%error, user = %user.id, "rules.not_read"),
                }
            }
            Ok(rules)
        });
        Ok(rules
            .await?
            .into_iter()
            .filter(|rule| rule.asks.enabled)
            .filter_map(|rule| rule.asks.symbol)
            .collect())
    }

    /// Tells open pages what was recorded.
    pub(crate) fn tell_pages(&self, messages: Vec<Message>) {
        for Message { kind, title, body, .. } in messages {
            self.publish(Event::Notified { user: self.user(), kind: kind.to_owned(), title, body });
        }
    }
}

fn instrument_of(
    connection: &mut bellwether_storage::AnyConnection,
    symbol: &Symbol,
) -> Result<Option<bellwether_domain::InstrumentId>, StorageError> {
    let known = instruments::by_symbols(connection, std::slice::from_ref(symbol))?;
    Ok(known.get(symbol).map(|instrument| instrument.id))
}

fn not_found(error: StorageError) -> TrackerError {
    match error {
        StorageError::NotFound => TrackerError::NotFound("such notification".to_owned()),
        error => error.into(),
    }
}
