//! Who asks, and what they may see: put into each request by the guard of [`access`](super::access).

use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use bellwether_texts::Locale;
use bellwether_tracker::{SignedIn, Tracker};
use chrono::{DateTime, Utc};

use super::access::needs;
use super::problem::Problem;

/// Who asks. A handler that takes one is reached by those only who were let in.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// The tracker as they see it: what is somebody else's is not there.
    pub(super) tracker: Tracker,
    /// Who they are.
    pub(super) who: Arc<SignedIn>,
    /// How they read.
    pub(super) locale: Locale,
}

impl Caller {
    /// An instant as they read it, on the clock of the exchange that says when a day begins.
    pub(super) fn moment(&self, at: DateTime<Utc>) -> String {
        let at = at.with_timezone(&self.tracker.home_exchange().zone());
        format!("{}, {}", self.locale.day(at.date_naive()), self.locale.time(&at))
    }

    /// Who was let in with that request.
    ///
    /// # Errors
    /// [`Problem::SignInNeeded`] when nobody was, [`Problem::NotYours`] when they may not do what was routed to.
    pub(super) fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let caller = request.extensions().get::<Self>().cloned().ok_or(Problem::SignInNeeded)?;
        // The guard looked before the route was found; this is what was found.
        let needed = needs(request.match_pattern().as_deref(), request.method().is_safe());
        if needed.are_met_by(&caller.who) { Ok(caller) } else { Err(Problem::NotYours) }
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}
