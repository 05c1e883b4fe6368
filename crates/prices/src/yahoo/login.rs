//! Cookie and crumb, which open the endpoints that are not open to everybody.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bellwether_domain::SharedClock;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::consent;
use crate::{Family, Gateway, LoadBudget, NotAnswered, Request, Response, Site, Unreadable};

/// A cookie and the crumb that belongs to it. Keep it like a password: it is good for months.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    pub(super) cookie: String,
    pub(super) crumb: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(..)")
    }
}

/// Holds the login, and gets a new one when it must; one at a time, however many wait for it.
pub(super) struct Desk {
    clock: SharedClock,
    state: Mutex<State>,
    /// Held during a handshake, so that all who wait share what comes of it.
    handshake: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    login: Option<Login>,
    asked_at: Option<DateTime<Utc>>,
    closed_until: Option<DateTime<Utc>>,
}

/// Whether calls with a login are to be expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prospect {
    /// There is one.
    AtHand,
    /// A handshake may bring one.
    Obtainable,
    /// Not for some time.
    None,
}

impl Desk {
    /// How long one handshake has to do, whatever came of it.
    const BETWEEN_HANDSHAKES: TimeDelta = TimeDelta::minutes(10);
    /// How long to do without after a fresh login was refused.
    const CLOSED_FOR: TimeDelta = TimeDelta::hours(1);
    const TIMEOUT: Duration = Duration::from_secs(10);
    /// What a handshake costs at least.
    const CALLS: u32 = 2;

    pub(super) fn new(kept: Option<Login>, clock: SharedClock) -> Self {
        let state = Mutex::new(State { login: kept, ..State::default() });
        Self { clock, state, handshake: tokio::sync::Mutex::default() }
    }

    /// The login at hand; none while a new one is being got.
    pub(super) fn at_hand(&self) -> Option<Login> {
        self.state().login.clone()
    }

    /// Whether there is a login, or could be. Does not wait.
    pub(super) fn prospect(&self) -> Prospect {
        // Locked by somebody who shakes hands.
        let Ok(state) = self.state.try_lock() else { return Prospect::Obtainable };
        let now = self.clock.now();
        if state.closed_until.is_some_and(|until| now < until) {
            Prospect::None
        } else if state.login.is_some() {
            Prospect::AtHand
        } else if state.asked_at.is_some_and(|at| now - at < Self::BETWEEN_HANDSHAKES) {
            Prospect::None
        } else {
            Prospect::Obtainable
        }
    }

    /// Whether a login was refused when it was fresh, not long ago.
    pub(super) fn is_closed(&self) -> bool {
        let now = self.clock.now();
        let closed_until = &mut self.state().closed_until;
        // Here and below: a wall clock that was set back must not prolong it.
        *closed_until = closed_until.map(|until| until.min(now + Self::CLOSED_FOR));
        closed_until.is_some_and(|until| now < until)
    }

    /// Gives up on logins for a while.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.login = None;
        state.closed_until = Some(self.clock.now() + Self::CLOSED_FOR);
    }

    /// A login other than `refused`: the one at hand, or a new one.
    ///
    /// Who has a deadline waits for the handshake of others during half of the time left, so that the other half is
    /// enough for the way that needs no login.
    pub(super) async fn login(
        &self,
        refused: Option<&Login>,
        gateway: &Gateway,
        budget: &LoadBudget,
    ) -> Result<Login, NotAnswered> {
        let other = || self.at_hand().filter(|login| Some(login) != refused);
        if let Some(login) = other() {
            return Ok(login);
        }
        let turn = self.handshake.lock();
        let _turn = match budget.deadline() {
            None => turn.await,
            Some(deadline) => {
                let left = (deadline - self.clock.now()).to_std().unwrap_or_default();
                tokio::time::timeout(left / 2, turn).await.ok().ok_or(NotAnswered::Timeout)?
            }
        };
        if let Some(login) = other() {
            return Ok(login);
        }
        let now = self.clock.now();
        {
            let mut state = self.state();
            state.asked_at = state.asked_at.map(|at| at.min(now));
            if state.asked_at.is_some_and(|at| now - at < Self::BETWEEN_HANDSHAKES) {
                return Err(NotAnswered::Blocked { status: 401 });
            }
            // One that has to be broken off would still keep others away for ten minutes.
            if budget.left() < Self::CALLS {
                return Err(NotAnswered::BudgetSpent);
            }
            state.asked_at = Some(now);
            state.login = None;
        }
        let login = handshake(gateway, budget).await?;
        self.state().login = Some(login.clone());
        Ok(login)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A cookie and its crumb: from the host that only hands out cookies, and where that one is out of reach or its cookie
/// worth nothing, from the web site.
async fn handshake(gateway: &Gateway, budget: &LoadBudget) -> Result<Login, NotAnswered> {
    let page =
        Request { site: Site::Cookie, ..Request::get(Family::Authenticated, "/".into(), Desk::TIMEOUT) };
    let at_the_host = async {
        let cookie = gateway.ask(page, budget, cookie_of).await?;
        with_crumb(cookie, gateway, budget).await
    };
    match at_the_host.await {
        Err(
            reason @ (NotAnswered::Malformed(_)
            | NotAnswered::Upstream { .. }
            | NotAnswered::Unreachable
            | NotAnswered::Timeout),
        ) => {
            tracing::debug!(%reason, "no login by the usual way; trying the web site");
            with_crumb(consent::cookies(gateway, budget).await?, gateway, budget).await
        }
        // Refusals are final: whoever knocks again prolongs them.
        outcome => outcome,
    }
}

async fn with_crumb(cookie: String, gateway: &Gateway, budget: &LoadBudget) -> Result<Login, NotAnswered> {
    let crumb = Request {
        cookie: Some(cookie.clone()),
        ..Request::get(Family::Authenticated, "/v1/test/getcrumb".into(), Desk::TIMEOUT)
    };
    let crumb = gateway.ask(crumb, budget, crumb_of).await?;
    Ok(Login { cookie, crumb })
}

/// The session cookie, by name and value; what else is set does not matter.
fn cookie_of(response: &Response) -> Result<String, Unreadable> {
    let pairs = response.cookies.iter().filter_map(|cookie| cookie.split(';').next()).map(str::trim);
    let is_session =
        |pair: &&str| pair.split_once('=').is_some_and(|(name, value)| name == "A3" && !value.is_empty());
    let cookie = pairs.clone().find(is_session).ok_or(Unreadable::Foreign)?;
    Ok(cookie.to_owned())
}

/// The crumb, if it looks like one: the same place answers with error texts and pages, with success.
fn crumb_of(response: &Response) -> Result<String, Unreadable> {
    const NO_CRUMB: [&str; 6] = ["too many", "unauthorized", "forbidden", "invalid", "not found", "error"];
    let text = String::from_utf8_lossy(&response.body).trim().to_owned();
    let lower = text.to_ascii_lowercase();
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>{}[]\"".contains(&byte));
    let is_crumb = response.status == 200
        && (6..=128).contains(&text.len())
        && plain
        && !NO_CRUMB.iter().any(|word| lower.contains(word));
    if is_crumb { Ok(text) } else { Err(Unreadable::Inconsistent("no crumb".into())) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bellwether_domain::FixedClock;

    use super::*;

    #[test]
    fn only_what_looks_like_a_crumb_is_one() {
        let read =
            |status, body: &str| crumb_of(&Response { status, body: body.into(), ..Response::default() });
        assert_eq!(read(200, "aB3/x.~-9Zq\n"), Ok("aB3/x.~-9Zq".into()));
        for body in [
            "",
            "   ",
            "short",
            "Too Many Requests\r\n",
            "Invalid Cookie",
            "<html>",
            r#"{"finance":1}"#,
            "a b c d e f g",
        ] {
            assert!(read(200, body).is_err(), "{body:?}");
        }
        assert!(read(200, &"x".repeat(129)).is_err());
        assert!(read(401, "aB3/x.~-9Zq").is_err());
    }

    #[test]
    fn of_all_cookies_the_sessions_counts() {
        let cookies = |cookies: &[&str]| {
            let cookies = cookies.iter().map(|cookie| (*cookie).to_owned()).collect();
            cookie_of(&Response { status: 404, cookies, ..Response::default() })
        };
        let found = cookies(&["B=1; Path=/", "A3=d=xyz&S=1; Max-Age=31557600; Secure"]);
        assert_eq!(found, Ok("A3=d=xyz&S=1".into()));
        assert!(cookies(&["A3=; Max-Age=0"]).is_err());
        assert!(cookies(&[]).is_err());
    }

    #[test]
    fn a_clock_set_back_keeps_the_desk_closed_for_an_hour_only() {
        let clock = Arc::new(FixedClock::at(DateTime::UNIX_EPOCH + TimeDelta::days(365)));
        let desk = Desk::new(None, clock.clone());
        desk.close();
        clock.set(DateTime::UNIX_EPOCH);
        assert!(desk.is_closed());
        clock.advance(Desk::CLOSED_FOR);
        assert!(!desk.is_closed());
    }

    #[test]
    fn a_login_is_not_written_to_logs() {
        let login = Login { cookie: "A3=secret".into(), crumb: "secret".into() };
        assert_eq!(format!("{login:?}"), "Login(..)");
    }
}
