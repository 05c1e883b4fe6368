//! Links under which a portfolio is shown, without amounts, to whoever has them.

use bellwether_domain::PortfolioId;
use bellwether_storage::share_links::{self, ShareLink};
use bellwether_texts::{Sentence, Value};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::secret::{self, Opens};
use super::tokens::{MOST, checked_label, is_to_come};
use crate::{Tracker, TrackerError};

/// What a link shows.
#[derive(Debug)]
pub struct Shared {
    /// The tracker as the portfolio's user sees it.
    pub tracker: Tracker,
    /// The portfolio.
    pub portfolio: PortfolioId,
}

impl Tracker {
    /// Makes a link to one of the user's portfolios. Its token is told now and never again.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is no such portfolio, [`TrackerError::Refused`] for a name that is none or an
    /// end that is over, [`TrackerError::Conflict`] when there are too many.
    pub async fn add_share_link(
        &self,
        portfolio: PortfolioId,
        name: &str,
        expires_at: Option<DateTime<Utc>>,
    ) -> Result<(String, ShareLink), TrackerError> {
        let now = self.clock().now();
        is_to_come(expires_at, now)?;
        if self.share_links().await?.len() >= MOST {
            return Err(TrackerError::conflict(
                Sentence::new("refused.links_most").with("most", Value::exact(MOST)),
            ));
        }
        let (token, digest) = secret::new(Opens::Portfolio);
        let link = ShareLink {
            id: Uuid::now_v7(),
            portfolio,
            name: checked_label(name)?,
            created_at: now,
            expires_at,
        };
        let (user, added) = (self.user(), link.clone());
        let kept = self.storage().write(move |connection| share_links::add(connection, user, &added, digest));
        kept.await.map_err(|error| {
            if error.is_not_found() {
                TrackerError::NotFound("such portfolio".to_owned())
            } else {
                error.into()
            }
        })?;
        Ok((token, link))
    }

    /// The links to the user's portfolios, newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn share_links(&self) -> Result<Vec<ShareLink>, TrackerError> {
        let user = self.user();
        Ok(self.storage().read(move |connection| share_links::list(connection, user)).await?)
    }

    /// Revokes a link to one of the user's portfolios.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is none.
    pub async fn revoke_share_link(&self, id: Uuid) -> Result<(), TrackerError> {
        let user = self.user();
        let removed = self.storage().write(move |connection| share_links::remove(connection, user, id)).await;
        removed.map_err(|error| {
            if error.is_not_found() { TrackerError::NotFound("such link".to_owned()) } else { error.into() }
        })
    }

    /// What the link of a token shows; `None` when it shows nothing, or nothing any more.
    ///
    /// # Errors
    /// The database's.
    pub async fn shared(&self, token: &str) -> Result<Option<Shared>, TrackerError> {
        let Some(digest) = Opens::Portfolio.digest(token) else { return Ok(None) };
        let found = self.storage().read(move |connection| share_links::find(connection, digest)).await?;
        let now = self.clock().now();
        let alive = found.filter(|(link, _)| link.expires_at.is_none_or(|at| at > now));
        Ok(alive.map(|(link, user)| Shared { tracker: self.acting_for(user), portfolio: link.portfolio }))
    }
}
