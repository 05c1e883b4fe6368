//! The page of one's own account, whatever it has to tell.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use bellwether_domain::{Portfolio, PortfolioId, Role};
use bellwether_texts::{Locale, Sentence};
use bellwether_tracker::TrackerError;
use chrono::{DateTime, Datelike, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::device::device;
use super::{LinkForm, TokenForm};
use crate::web::State;
use crate::web::caller::Caller;
use crate::web::locale::locale_of;
use crate::web::pages::{Answer, html};
use crate::web::provider_sign_in::{ProviderPart, provider_part};
use crate::web::view::page::{Page, Place};

/// A part of the page: what is told stands in it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::web) enum Part {
    #[default]
    Whole,
    Password,
    Provider,
    Sessions,
    Tokens,
    Links,
}

/// What is told once, and what was typed where it was refused.
#[derive(Debug, Default, Serialize)]
pub(in crate::web) struct Told {
    pub(super) part: Part,
    pub(super) problem: Option<String>,
    pub(super) done: Option<String>,
    pub(super) secret: Option<String>,
    pub(super) token: TokenForm,
    pub(super) link: Option<LinkForm>,
}

impl Told {
    pub(super) fn of(part: Part) -> Self {
        Self { part, ..Self::default() }
    }

    /// Why something was refused.
    pub(in crate::web) fn refused(part: Part, problem: String) -> Self {
        Self { problem: Some(problem), ..Self::of(part) }
    }

    pub(super) fn token(self, typed: TokenForm) -> Self {
        Self { token: typed, ..self }
    }

    pub(super) fn link(self, typed: LinkForm) -> Self {
        Self { link: Some(typed), ..self }
    }
}

#[derive(Serialize)]
struct AccountPage {
    page: Page,
    told: Told,
    tag: &'static str,
    name: String,
    signed_in: String,
    is_locked: bool,
    is_owner: bool,
    may_share: bool,
    sessions: Vec<SessionRow>,
    tokens: Vec<TokenRow>,
    links: Vec<LinkRow>,
    portfolios: Vec<Choice>,
    last_year: i32,
    backups: Vec<BackupRow>,
    /// What is said of the provider by whom people may sign in too.
    provider: Option<ProviderPart>,
}

/// A moment as short as it can be told, and exactly.
#[derive(Serialize)]
struct Moment {
    shown: String,
    exact: String,
}

#[derive(Serialize)]
struct BackupRow {
    at: Moment,
    outcome: String,
    failed: bool,
}

#[derive(Serialize)]
struct SessionRow {
    id: String,
    is_this: bool,
    device: String,
    agent: String,
    address: String,
    began: Moment,
    seen: Moment,
}

#[derive(Serialize)]
struct TokenRow {
    id: Uuid,
    name: String,
    may: String,
    ends: Option<Moment>,
    used: Option<Moment>,
}

#[derive(Serialize)]
struct LinkRow {
    id: Uuid,
    name: String,
    portfolio: String,
    ends: Option<Moment>,
}

#[derive(Serialize)]
struct Choice {
    id: PortfolioId,
    name: String,
}

/// Who reads when.
#[derive(Clone, Copy)]
struct Reading {
    locale: Locale,
    now: DateTime<Utc>,
}

impl Reading {
    fn moment(self, at: DateTime<Utc>) -> Moment {
        Moment { shown: self.locale.moment(at, self.now), exact: self.locale.exact_moment(at) }
    }
}

/// None for a token that is not to read.
pub(super) async fn portfolios_of(caller: &Caller) -> Result<Vec<Portfolio>, TrackerError> {
    if caller.who.may_read() { caller.tracker.portfolios().await } else { Ok(Vec::new()) }
}

pub(super) fn role_words(locale: Locale, role: Role) -> String {
    locale.text(match role {
        Role::Owner => "accounts.role_owner",
        Role::Member => "accounts.role_member",
        Role::Reader => "accounts.role_reader",
    })
}

/// What a token of these scopes may.
fn scope_words(locale: Locale, scopes: &str) -> String {
    let has = |scope| scopes.split_whitespace().any(|word| word == scope);
    let key = if has("admin") {
        "accounts.tokens.admin"
    } else if has("write") {
        "accounts.tokens.write"
    } else {
        "accounts.tokens.read"
    };
    locale.text(key)
}

pub(in crate::web) async fn account_page(
    state: &State,
    request: &HttpRequest,
    caller: &Caller,
    told: Told,
) -> Answer {
    let Caller { tracker, who, .. } = caller;
    let locale = locale_of(request);
    let reading = Reading { locale, now: tracker.clock().now() };
    let portfolios = portfolios_of(caller).await?;
    let sessions = tracker.sessions(who).await?.into_iter().map(|session| SessionRow {
        id: session.id,
        is_this: session.is_this,
        device: device(locale, &session.agent),
        agent: session.agent,
        address: session.address,
        began: reading.moment(session.created_at),
        seen: reading.moment(session.last_seen_at),
    });
    let tokens = tracker.tokens(who).await?.into_iter().map(|token| TokenRow {
        id: token.id,
        name: token.name,
        may: scope_words(locale, &token.scopes),
        ends: token.expires_at.map(|at| reading.moment(at)),
        used: token.last_used_at.map(|at| reading.moment(at)),
    });
    let name_of = |id: PortfolioId| {
        portfolios.iter().find(|portfolio| portfolio.id == id).map(|portfolio| portfolio.name.clone())
    };
    let links = if who.may_change() { tracker.share_links().await? } else { Vec::new() };
    let links = links.into_iter().map(|link| LinkRow {
        id: link.id,
        portfolio: name_of(link.portfolio).unwrap_or_default(),
        name: link.name,
        ends: link.expires_at.map(|at| reading.moment(at)),
    });
    let made = if who.may_administer() { tracker.backups().await? } else { Vec::new() };
    let backups = made.into_iter().map(|made| BackupRow {
        at: reading.moment(made.at),
        failed: made.error.is_some(),
        outcome: made.error.or(made.file).unwrap_or_default(),
    });
    let last_year = tracker.today().year() - 1;
    let role = role_words(locale, who.role);
    let signed_in = Sentence::new("accounts.signed_in").with("name", who.name.clone()).with("role", role);
    let refused = told.problem.is_some();
    let page = AccountPage {
        page: Page::new(state, locale.text("accounts.title"), &portfolios, None, Place::Elsewhere)
            .said_in(locale),
        tag: locale.tag(),
        name: who.name.clone(),
        signed_in: locale.say(&signed_in),
        is_locked: state.entry.is_locked,
        is_owner: who.may_administer(),
        may_share: who.may_share(),
        sessions: sessions.collect(),
        tokens: tokens.collect(),
        links: links.collect(),
        portfolios: portfolios
            .iter()
            .map(|portfolio| Choice { id: portfolio.id, name: portfolio.name.clone() })
            .collect(),
        last_year,
        backups: backups.collect(),
        provider: provider_part(state, caller, locale).await?,
        told,
    };
    let mut answer = html(state.templates.render_in(locale, "account.html", &page)?);
    if refused {
        *answer.status_mut() = StatusCode::BAD_REQUEST;
    }
    Ok(unkept(answer))
}

/// Secrets are on these pages once: nothing keeps them.
pub(in crate::web) fn unkept(mut answer: HttpResponse) -> HttpResponse {
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
