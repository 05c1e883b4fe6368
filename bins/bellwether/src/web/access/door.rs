//! The guard before all routes.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, ResponseError, web};
use bellwether_texts::{Locale, Sentence};
use bellwether_tracker::{NewSession, OIDC_SIGN_IN_FOR, OidcSignIn, SignedIn, Tracker, Visitor};

use super::body;
use super::proxies::Proxies;
use super::rates::Asker;
use super::table::{Needs, is_costly, needs};
use crate::oidc::Provider;
use crate::web::State;
use crate::web::caller::Caller;
use crate::web::locale::locale_of;
use crate::web::problem::Problem;
use crate::web::{error_page, pages};

/// How the house is entered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Entry {
    /// Whether people sign in; otherwise whoever reaches the address is the owner.
    pub(crate) is_locked: bool,
    /// Whether browsers reach it by https, so that cookies never go without.
    pub(crate) is_secure: bool,
    /// Whether whoever claims the installation has to know a code, for others can reach it.
    pub(crate) needs_code: bool,
    /// Proxies whose word is taken for whom they speak.
    pub(crate) proxies: Proxies,
    /// By whose word people may come in instead of by a password.
    pub(crate) provider: Option<Arc<Provider>>,
}

impl Entry {
    /// Whether the browser that asks came by https.
    pub(in crate::web) fn is_secure_for(&self, request: &HttpRequest) -> bool {
        self.is_secure || self.proxies.is_https(request)
    }

    /// The name of the session's cookie. With the prefix, browsers take it only from this host, by https.
    fn cookie(&self, request: &HttpRequest) -> &'static str {
        if self.is_secure_for(request) { "__Host-bellwether-session" } else { "bellwether-session" }
    }

    /// The name of the cookie of a sign-in that went out to a provider.
    pub(in crate::web) fn provider_cookie(&self, request: &HttpRequest) -> &'static str {
        if self.is_secure_for(request) { "__Host-bellwether-oidc" } else { "bellwether-oidc" }
    }
}

/// The cookie of a session.
pub(in crate::web) fn cookie_of(
    entry: &Entry,
    request: &HttpRequest,
    session: &NewSession,
    now: chrono::DateTime<chrono::Utc>,
) -> Cookie<'static> {
    let seconds = (session.expires_at - now).num_seconds();
    cookie(entry, request, entry.cookie(request), session.token.clone(), CookieDuration::seconds(seconds))
}

/// Takes the cookie away.
pub(in crate::web) fn no_cookie(entry: &Entry, request: &HttpRequest) -> Cookie<'static> {
    cookie(entry, request, entry.cookie(request), String::new(), CookieDuration::ZERO)
}

/// The cookie of a sign-in that goes out to a provider; none takes it away.
pub(in crate::web) fn provider_cookie(
    entry: &Entry,
    request: &HttpRequest,
    sign_in: Option<&OidcSignIn>,
) -> Cookie<'static> {
    let (value, seconds) = match sign_in {
        Some(sign_in) => (sign_in.browser().to_owned(), OIDC_SIGN_IN_FOR.num_seconds()),
        None => (String::new(), 0),
    };
    cookie(entry, request, entry.provider_cookie(request), value, CookieDuration::seconds(seconds))
}

fn cookie(
    entry: &Entry,
    request: &HttpRequest,
    name: &'static str,
    value: String,
    age: CookieDuration,
) -> Cookie<'static> {
    Cookie::build(name, value)
        .path("/")
        .http_only(true)
        // With links from elsewhere, never with what another site sends.
        .same_site(SameSite::Lax)
        .secure(entry.is_secure_for(request))
        .max_age(age)
        .finish()
}

/// Who asks from where.
pub(in crate::web) fn visitor(request: &HttpRequest) -> Visitor {
    let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    Visitor { address: address_of(request), agent: agent.unwrap_or_default().to_owned() }
}

/// From which address somebody asks, as far as a trusted proxy says.
pub(in crate::web) fn address_of(request: &HttpRequest) -> Option<IpAddr> {
    match request.app_data::<web::Data<State>>() {
        Some(state) => state.entry.proxies.visitor(request),
        None => request.peer_addr().map(|peer| peer.ip()),
    }
}

/// What a request brings to be let in.
enum Brought<'a> {
    /// Nothing.
    Nothing,
    /// A token that a program sends by itself.
    Token(&'a str),
    /// What a browser sends, whoever made it ask.
    Cookie(String),
}

fn brought<'a>(request: &'a ServiceRequest, entry: &Entry) -> Brought<'a> {
    // What a proxy asked for by another scheme is not meant for us.
    let told = request.headers().get(header::AUTHORIZATION).and_then(|told| told.to_str().ok());
    let (scheme, token) = told.map(|told| told.split_once(' ').unwrap_or((told, ""))).unwrap_or_default();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Brought::Token(token.trim());
    }
    // Tokens for programs are no cookies.
    let cookie =
        request.cookie(entry.cookie(request.request())).filter(|cookie| cookie.value().starts_with("bws_"));
    cookie.map_or(Brought::Nothing, |cookie| Brought::Cookie(cookie.value().to_owned()))
}

/// Whether a page of another site could have sent that without the browser asking first. Browsers of today say where a
/// request comes from, which [`same_origin`](crate::web::same_origin) looks at; this is for those that say nothing.
fn could_be_anothers(request: &ServiceRequest) -> bool {
    let headers = request.headers();
    let says_where = headers.contains_key("sec-fetch-site") || headers.contains_key(header::ORIGIN);
    !says_where && request.method() == actix_web::http::Method::POST && is_simple(headers)
}

fn is_simple(headers: &HeaderMap) -> bool {
    let told = headers.get(header::CONTENT_TYPE).and_then(|told| told.to_str().ok()).unwrap_or_default();
    let essence = told.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(
        essence.as_str(),
        "" | "application/x-www-form-urlencoded" | "multipart/form-data" | "text/plain"
    )
}

/// Lets in who may, tells the others how, and puts into the request who asks.
pub(in crate::web) async fn guard(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    // As routes are found: of the path with its codes read.
    let pattern = request.resource_map().match_pattern(request.match_info().as_str());
    let needed = needs(pattern.as_deref(), request.method().is_safe());
    let Some(state) = request.app_data::<web::Data<State>>().cloned() else {
        return Ok(request.into_response(Problem::Internal.error_response()));
    };
    match admit(&state, &request, needed).await {
        Ok(caller) => {
            if let Some(caller) = caller {
                request.extensions_mut().insert(caller);
            }
            if pattern.is_none() {
                // Nothing is to be reached by what has no line in the table.
                let answer = pages::not_found(state, request.request().clone()).await;
                return Ok(request.into_response(answer));
            }
            let is_costly = is_costly(pattern.as_deref(), request.method());
            let caller = request.extensions().get::<Caller>().cloned();
            let admitted = match caller.filter(|caller| is_costly && caller.who.by.digest().is_some()) {
                Some(caller) => limit_costly(&state, &caller),
                None => Ok(()),
            };
            let broken = match admitted.and_then(|()| body::bound(&mut request, state.bodies)) {
                Ok(broken) => broken,
                Err(problem) => {
                    let answer = refusal(&state, &request, problem).await;
                    return Ok(request.into_response(answer));
                }
            };
            let answer = next.call(request).await?.map_into_boxed_body();
            // Whatever the handler made of a body that broke off.
            let Some(broken) = broken.get() else { return Ok(error_page::shown(&state, answer).await) };
            let request = answer.request().clone();
            let refused = refused(&state, &request, &broken.problem(state.bodies));
            Ok(ServiceResponse::new(request, refused))
        }
        Err(problem) => {
            let answer = refusal(&state, &request, problem).await;
            Ok(request.into_response(answer))
        }
    }
}

async fn admit(state: &State, request: &ServiceRequest, needed: Needs) -> Result<Option<Caller>, Problem> {
    if needed == Needs::Nothing {
        return Ok(None);
    }
    if !state.entry.is_locked {
        return Ok(Some(everybody(&state.tracker, locale_of(request.request()))));
    }
    let known = match brought(request, &state.entry) {
        Brought::Nothing => None,
        Brought::Token(token) => look_up(state, request, token).await?,
        Brought::Cookie(token) => {
            if could_be_anothers(request) {
                return Err(Problem::Forbidden);
            }
            look_up(state, request, &token).await?
        }
    };
    limit(state, request, known.as_ref())?;
    match known {
        Some(who) if needed.are_met_by(&who) => {
            let locale = locale_of(request.request());
            Ok(Some(Caller { tracker: state.tracker.seen_by(&who), who: Arc::new(who), locale }))
        }
        Some(_) => Err(Problem::NotYours),
        None if needed == Needs::Anybody => Ok(None),
        None => Err(Problem::SignInNeeded),
    }
}

/// Whoever reaches an installation without sign-in.
fn everybody(tracker: &Tracker, locale: Locale) -> Caller {
    let who = Arc::new(SignedIn::without_sign_in(tracker.owner()));
    Caller { tracker: tracker.clone(), who, locale }
}

/// Whom a token lets in. Who guesses is sent away before the database is asked.
async fn look_up(state: &State, request: &ServiceRequest, token: &str) -> Result<Option<SignedIn>, Problem> {
    if !state.tracker.let_in_lately(token)
        && let Some(address) = address_of(request.request())
    {
        state.rates.look(Asker::from(address), Instant::now()).map_err(too_many)?;
    }
    Ok(state.tracker.let_in(token).await?)
}

fn limit(state: &State, request: &ServiceRequest, who: Option<&SignedIn>) -> Result<(), Problem> {
    let asker = match who.and_then(|who| who.by.digest()) {
        Some(digest) => Asker::Credential(digest.0),
        None => match address_of(request.request()) {
            Some(address) => Asker::from(address),
            None => return Ok(()),
        },
    };
    state.rates.count(asker, Instant::now()).map_err(too_many)
}

fn too_many(wait: Duration) -> Problem {
    Problem::TooMany {
        words: Sentence::new("problem.told.too_many"),
        after: wait.max(Duration::from_secs(1)),
    }
}

fn refused(state: &State, request: &HttpRequest, problem: &Problem) -> HttpResponse {
    if error_page::is_for_programs(request) {
        problem.error_response()
    } else {
        error_page::of(state, request, &[], problem)
    }
}

/// What costs far more than a page has a limit of its own, for each user, whatever they come with.
fn limit_costly(state: &State, caller: &Caller) -> Result<(), Problem> {
    state.rates.count(Asker::Costly(caller.who.user), Instant::now()).map_err(too_many)
}

/// Programs learn it as a problem; people are led to the sign-in, and from there back.
async fn refusal(state: &State, request: &ServiceRequest, problem: Problem) -> HttpResponse {
    if error_page::is_for_programs(request.request()) || !matches!(problem, Problem::SignInNeeded) {
        return refused(state, request.request(), &problem);
    }
    if state.tracker.is_unclaimed().await.unwrap_or(false) {
        return pages::see_other("/first-run");
    }
    let asked = request.uri().path_and_query().map_or("/", |asked| asked.as_str());
    if request.method().is_safe() && asked != "/" {
        let next = percent_encoding::utf8_percent_encode(asked, percent_encoding::NON_ALPHANUMERIC);
        pages::see_other(&format!("/sign-in?next={next}"))
    } else {
        pages::see_other("/sign-in")
    }
}
