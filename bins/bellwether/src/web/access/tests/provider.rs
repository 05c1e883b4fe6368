//! Signing in by an OpenID Connect provider, which speaks the truth or does not.

mod identity_provider;

use std::io::Write;
use std::sync::Arc;

use bellwether_domain::{FixedClock, Role, SharedClock};
use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use self::identity_provider::{CLIENT, IdentityProvider, SECRET, Signs, Trouble};
use super::site::{PASSWORD, Person, Site, Told};
use crate::oidc::{Create, OidcOptions, OidcSettings, Provider};
use crate::web::access::Entry;

/// An installation whose owner, Ada, has let in Grace, and a provider.
struct Scene {
    site: Site,
    provider: IdentityProvider,
    clock: Arc<FixedClock>,
    owner: Person,
}

fn grace() -> Value {
    json!({ "sub": "g-1", "preferred_username": "grace", "email": "Grace@Example.org", "email_verified": true })
}

/// The cookies that an answer sets, without what it says of them.
fn cookies(told: &Told) -> Vec<(&str, &str)> {
    let lines = told.head.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
    lines.filter_map(|line| line.split(';').next()?.split_once('=')).collect()
}

fn session(told: &Told) -> Option<&str> {
    let found = cookies(told).into_iter().find(|(name, _)| *name == "bellwether-session");
    found.map(|(_, value)| value)
}

fn header(name: &str, value: &str) -> String {
    format!("Cookie: {name}={value}\r\n")
}

impl Scene {
    async fn open(person: Value, create: Create) -> Self {
        let provider = IdentityProvider::start(person);
        let issuer = provider.issuer();
        Self::of(provider, issuer, create).await
    }

    async fn of(provider: IdentityProvider, issuer: String, create: Create) -> Self {
        let mut secret = tempfile::NamedTempFile::new().expect("a file");
        writeln!(secret, "{SECRET}").expect("written");
        let options = OidcOptions {
            issuer: Some(issuer),
            client_id: Some(CLIENT.to_owned()),
            client_secret_file: Some(secret.path().to_owned()),
            name: Some("Home".to_owned()),
            create: Some(create),
        };
        let settings = OidcSettings::from_options(options, Some("https://portfolio.example.org"));
        let settings = settings.expect("settings").expect("a provider");
        let clock = Arc::new(FixedClock::at(Utc::now()));
        let shared: SharedClock = Arc::<FixedClock>::clone(&clock);
        let known = Arc::new(Provider::new(settings, shared).expect("a provider"));
        let entry = Entry { is_locked: true, provider: Some(known), ..Entry::default() };
        let site = Site::unclaimed(entry).await;
        let owner = site.claimed().await;
        let new = bellwether_tracker::NewUser {
            name: "grace".to_owned(),
            email: Some("grace@example.org".to_owned()),
            role: Role::Member,
            password: PASSWORD.to_owned(),
        };
        site.state.tracker.add_user(new).await.expect("added");
        Self { site, provider, clock, owner }
    }

    /// Goes out to the provider: the browser's cookie, and where it is sent.
    async fn out(&self, path: &str, head: &str) -> (String, String) {
        let told = self.site.get(path, head).await;
        assert_eq!(told.status, 303, "{told:?}");
        let [(name, value)] = cookies(&told).try_into().expect("one cookie");
        let attributes = told.header("set-cookie").expect("one").to_owned();
        for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"] {
            assert!(attributes.contains(attribute), "{attributes}");
        }
        (header(name, value), told.header("location").expect("where").to_owned())
    }

    /// All the way there and back.
    async fn come(&self) -> Told {
        let (cookie, there) = self.out("/sign-in/oidc?next=%2Fdashboard%3Frange%3D1Y", "").await;
        self.site.get(&self.provider.visited(&there), &cookie).await
    }

    /// In vain, and the page says why.
    async fn come_in_vain(&self, status: u16, words: &str) {
        let told = self.come().await;
        refused(&told, status, words);
    }

    async fn users(&self) -> Vec<(String, Role)> {
        let users = self.site.state.tracker.users().await.expect("listed");
        users.into_iter().map(|user| (user.name, user.role)).collect()
    }

    async fn name_of(&self, session: &str) -> Option<String> {
        self.site.state.tracker.let_in(session).await.expect("asked").map(|who| who.name)
    }
}

fn refused(told: &Told, status: u16, words: &str) {
    assert_eq!(told.status, status, "{told:?}");
    assert_eq!(session(told), None, "{told:?}");
    assert!(told.body.contains(words) && told.body.contains("name=\"password\""), "{words}: {told:?}");
    assert!(!told.body.contains("no matching") && !told.body.contains(SECRET), "{told:?}");
}

const UNCHECKED: &str = "What Home answered could not be verified";
const AWAY: &str = "Home does not answer as it should";
const OVER: &str = "This sign-in began in another browser";

#[actix_web::test]
async fn whom_the_provider_knows_is_let_in_by_a_session_of_their_own() {
    let scene = Scene::open(grace(), Create::None).await;
    let page = scene.site.get("/sign-in?next=%2Fdashboard", "").await;
    assert!(page.body.contains("href=\"/sign-in/oidc?next=%2Fdashboard\""), "{page:?}");
    assert!(page.body.contains("Sign in with Home"), "{page:?}");
    let mut sessions = Vec::new();
    for signs in [Signs::Es256, Signs::Rs256] {
        scene.provider.script().signs = signs;
        let told = scene.come().await;
        assert_eq!((told.status, told.header("location")), (303, Some("/dashboard?range=1Y")), "{told:?}");
        assert_eq!(cookies(&told).iter().filter(|cookie| **cookie == ("bellwether-oidc", "")).count(), 1);
        let session = session(&told).expect("a session").to_owned();
        assert_eq!(scene.name_of(&session).await.as_deref(), Some("grace"));
        sessions.push(session);
    }
    assert_ne!(sessions[0], sessions[1]);
    // A session that the browser had, or that somebody gave it, ends.
    let (cookie, there) = scene.out("/sign-in/oidc", "").await;
    let both = cookie.replace("\r\n", &format!("; bellwether-session={}\r\n", sessions[0]));
    let told = scene.site.get(&scene.provider.visited(&there), &both).await;
    assert_ne!(session(&told), Some(sessions[0].as_str()));
    assert_eq!(scene.name_of(&sessions[0]).await, None);
    // Who is in goes nowhere.
    let head = header("bellwether-session", session(&told).expect("a session"));
    let told = scene.site.get("/sign-in/oidc?next=%2F%2Fevil.example", &head).await;
    assert_eq!((told.status, told.header("location")), (303, Some("/")), "{told:?}");
}

#[actix_web::test]
async fn an_id_token_that_is_not_for_this_sign_in_lets_nobody_in() {
    let scene = Scene::open(grace(), Create::Member).await;
    let now = Utc::now().timestamp();
    let changes: [(&str, Value); 11] = [
        ("nonce", json!("another")),
        ("nonce", Value::Null),
        ("aud", json!("another-client")),
        ("aud", json!([CLIENT, "another-client"])),
        ("azp", json!("another-client")),
        ("iss", json!("https://other.example.org")),
        ("exp", json!(now - 1)),
        ("exp", json!(0)),
        ("iat", json!(now - 3_600)),
        ("iat", json!(now + 3_600)),
        ("sub", json!("")),
    ];
    for (name, value) in changes {
        scene.provider.script().change = Box::new(move |claims| claims[name] = value.clone());
        let told = scene.come().await;
        refused(&told, 403, UNCHECKED);
    }
    scene.provider.script().change = Box::new(|_| ());
    assert_eq!(scene.come().await.status, 303, "unchanged it is fine");
    assert_eq!(scene.users().await.len(), 2);
}

#[actix_web::test]
async fn a_signature_that_is_not_the_providers_own_lets_nobody_in() {
    let scene = Scene::open(grace(), Create::Member).await;
    for signs in [Signs::None, Signs::Hs256, Signs::Forged] {
        scene.provider.script().signs = signs;
        scene.come_in_vain(403, UNCHECKED).await;
    }
    assert_eq!(scene.users().await.len(), 2);
}

#[actix_web::test]
async fn a_return_counts_once_and_in_the_browser_that_went_out() {
    let scene = Scene::open(grace(), Create::None).await;
    let (cookie, there) = scene.out("/sign-in/oidc", "").await;
    let back = scene.provider.visited(&there);
    let (others, _) = scene.out("/sign-in/oidc", "").await;
    let (path, state) = back.split_once("&state=").expect("a state");
    let wrong = format!("{path}&state={}", "0".repeat(state.len()));
    for (path, head) in [
        (back.as_str(), ""),
        (&back, others.as_str()),
        (&wrong, &cookie),
        (path, &cookie),
        (&back, "Cookie: bellwether-oidc=bwo_none\r\n"),
    ] {
        refused(&scene.site.get(path, head).await, 403, OVER);
    }
    // None of these was this browser's attempt; that is its only one, though the provider would redeem the code again.
    let told = scene.site.get(&back, &cookie).await;
    assert!(session(&told).is_some(), "{told:?}");
    refused(&scene.site.get(&back, &cookie).await, 403, OVER);
    // A code that was given to somebody else does not help: it is redeemed by whoever asked for it.
    let (mine, there) = scene.out("/sign-in/oidc", "").await;
    let own = scene.provider.visited(&there);
    let stolen = own.replace("code=code-1", "code=code-0");
    assert_ne!(own, stolen);
    refused(&scene.site.get(&stolen, &mine).await, 403, UNCHECKED);
}

#[actix_web::test]
async fn who_thinks_better_of_it_and_who_is_sent_by_another_site_costs_nobody_time() {
    let scene = Scene::open(grace(), Create::None).await;
    for _ in 0..25 {
        refused(&scene.site.get("/sign-in/oidc/callback?code=x&state=y", "").await, 403, OVER);
    }
    for _ in 0..25 {
        let (cookie, there) = scene.out("/sign-in/oidc", "").await;
        let back = scene.provider.visited(&there);
        let (_, state) = back.split_once("&state=").expect("a state");
        let path = format!("/sign-in/oidc/callback?error=access_denied&state={state}");
        refused(&scene.site.get(&path, &cookie).await, 403, "Home let nobody in");
    }
    scene.site.cookie("ada").await;
    let (cookie, there) = scene.out("/sign-in/oidc", "").await;
    let back = format!("{}&iss=https%3A%2F%2Fother.example.org", scene.provider.visited(&there));
    refused(&scene.site.get(&back, &cookie).await, 403, UNCHECKED);
}

#[actix_web::test]
async fn coming_back_in_vain_again_and_again_costs_time() {
    let scene = Scene::open(grace(), Create::None).await;
    scene.provider.script().signs = Signs::Forged;
    for _ in 0..20 {
        scene.come_in_vain(403, UNCHECKED).await;
    }
    let told = scene.come().await;
    refused(&told, 429, "There were too many attempts");
    assert!(told.header("retry-after").is_some(), "{told:?}");
}

#[actix_web::test]
async fn a_provider_that_is_down_or_lies_leaves_the_password() {
    for trouble in
        [Trouble::LiesAboutItself, Trouble::NoKeys, Trouble::Redirects, Trouble::TooLong, Trouble::PlainHttp]
    {
        let scene = Scene::open(grace(), Create::Member).await;
        scene.provider.script().trouble = trouble;
        refused(&scene.site.get("/sign-in/oidc", "").await, 503, AWAY);
        scene.site.cookie("ada").await;
        // It is left alone for a moment, and then asked again.
        scene.provider.script().trouble = Trouble::Nothing;
        if trouble != Trouble::PlainHttp {
            refused(&scene.site.get("/sign-in/oidc", "").await, 503, AWAY);
            scene.clock.advance(TimeDelta::seconds(6));
            assert_eq!(scene.come().await.status, 303);
        }
    }
    for (trouble, status, words) in [(Trouble::TokenFails, 503, AWAY), (Trouble::TokenIsNone, 403, UNCHECKED)]
    {
        let scene = Scene::open(grace(), Create::Member).await;
        let (cookie, there) = scene.out("/sign-in/oidc", "").await;
        scene.provider.script().trouble = trouble;
        refused(&scene.site.get(&scene.provider.visited(&there), &cookie).await, status, words);
        scene.site.cookie("ada").await;
    }
    // Nobody listens there.
    let provider = IdentityProvider::start(grace());
    let nowhere = crate::web::bind(std::net::SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port");
    let issuer = format!("http://{}", nowhere.local_addr().expect("bound"));
    drop(nowhere);
    let scene = Scene::of(provider, issuer, Create::Member).await;
    refused(&scene.site.get("/sign-in/oidc", "").await, 503, AWAY);
    scene.site.cookie("ada").await;
}

#[actix_web::test]
async fn a_new_key_is_asked_for_once_a_minute_at_most() {
    let scene = Scene::open(grace(), Create::None).await;
    assert_eq!(scene.come().await.status, 303);
    assert_eq!(scene.come().await.status, 303);
    assert_eq!(scene.provider.script().keys_asked, 1);
    scene.provider.change_key();
    scene.come_in_vain(403, UNCHECKED).await;
    assert_eq!(scene.provider.script().keys_asked, 1);
    scene.clock.advance(TimeDelta::seconds(61));
    assert_eq!(scene.come().await.status, 303);
    assert_eq!(scene.provider.script().keys_asked, 2);
}

#[actix_web::test]
async fn a_stranger_stays_out_unless_the_operator_says_otherwise() {
    let rita =
        json!({ "sub": "r-1", "name": "Rita <b>", "email": "rita@example.org", "email_verified": false });
    let scene = Scene::open(rita.clone(), Create::None).await;
    scene.come_in_vain(403, "there is no account for you here").await;
    assert_eq!(scene.users().await.len(), 2);

    let scene = Scene::open(rita, Create::Reader).await;
    let told = scene.come().await;
    let first = session(&told).expect("a session").to_owned();
    assert_eq!(scene.users().await[2], ("rita <b>".to_owned(), Role::Reader));
    scene.come().await;
    assert_eq!(scene.users().await.len(), 3, "they are known the second time");
    // Who was removed stays out, whatever strangers become.
    let user = scene.site.state.tracker.user_named("rita <b>").await.expect("there").id;
    scene.site.state.tracker.remove_user(user).await.expect("removed");
    assert_eq!(scene.name_of(&first).await, None);
    scene.come_in_vain(403, "No account here is linked with that any more").await;
    assert_eq!(scene.users().await.len(), 2);
}

#[actix_web::test]
async fn only_a_verified_address_is_somebodys_and_of_one_identity() {
    for verified in [json!(false), Value::Null] {
        let person = json!({ "sub": "e-1", "email": "grace@example.org", "email_verified": verified });
        let scene = Scene::open(person, Create::None).await;
        scene.come_in_vain(403, "there is no account for you here").await;
    }
    let scene = Scene::open(grace(), Create::Member).await;
    assert_eq!(scene.come().await.status, 303, "it is hers");
    // Another person with that address is not she.
    scene.provider.script().person["sub"] = json!("g-2");
    scene.come_in_vain(403, "Your e-mail address is that of an account here").await;
    assert_eq!(scene.users().await.len(), 2);
}

#[actix_web::test]
async fn an_account_is_linked_by_its_password_and_unlinked_again() {
    let ada = json!({ "sub": "a-1", "preferred_username": "Ada <L.>" });
    let scene = Scene::open(ada, Create::None).await;
    let site = &scene.site;
    let head = site.cookie("ada").await;
    let page = site.get("/account", &head).await;
    assert!(page.body.contains("action=\"/account/oidc/link\""), "{page:?}");
    let own = format!("{head}Origin: http://{}\r\n", site.address);
    // Another site has nobody link anything, nor does whoever finds a session.
    for (head, password, status) in [
        (format!("{head}Origin: https://evil.example\r\n"), PASSWORD, 403),
        (own.clone(), "not the right password", 400),
    ] {
        let told = site.form("/account/oidc/link", &head, &format!("password={password}")).await;
        assert_eq!((told.status, cookies(&told).len()), (status, 0), "{told:?}");
    }
    assert_eq!(site.get("/account/oidc/link", &head).await.status, 405);
    let begin = async || {
        let told = site.form("/account/oidc/link", &own, &format!("password={PASSWORD}")).await;
        assert_eq!((told.status, told.header("cache-control")), (200, Some("no-store")), "{told:?}");
        let (_, rest) = told.body.split_once("href=\"http").expect("a link");
        let (address, _) = rest.split_once('"').expect("its end");
        let [(_, value)] = cookies(&told).try_into().expect("one cookie");
        let address = format!("http{address}").replace("&amp;", "&").replace("&#x2F;", "/");
        (format!("bellwether-oidc={value}"), scene.provider.visited(&address))
    };
    // In nobody's session, or in somebody else's, it links nothing.
    let (cookie, back) = begin().await;
    refused(&site.get(&back, &format!("Cookie: {cookie}\r\n")).await, 403, OVER);
    let (cookie, back) = begin().await;
    let others = site.cookie("grace").await.replace("\r\n", &format!("; {cookie}\r\n"));
    let told = site.get(&back, &others).await;
    assert_eq!(told.status, 400, "{told:?}");
    assert!(told.body.contains("The link was begun in another session"), "{told:?}");
    scene.come_in_vain(403, "there is no account for you here").await;

    let (cookie, back) = begin().await;
    let told = site.get(&back, &head.replace("\r\n", &format!("; {cookie}\r\n"))).await;
    assert_eq!((told.status, told.header("location")), (303, Some("/account")), "{told:?}");
    let page = site.get("/account", &head).await;
    assert!(page.body.contains("Linked as Ada &lt;L.&gt; since"), "{page:?}");
    let told = scene.come().await;
    assert_eq!(scene.name_of(session(&told).expect("a session")).await.as_deref(), Some("ada"));
    let grace = site.cookie("grace").await;
    let told = site.form("/account/oidc/unlink", &grace, "").await;
    assert_eq!(told.status, 403, "a browser says where a form is from: {told:?}");
    let told = site.form("/account/oidc/unlink", &own, "").await;
    assert_eq!((told.status, told.header("location")), (303, Some("/account")), "{told:?}");
    scene.come_in_vain(403, "No account here is linked with that any more").await;
    assert_eq!(scene.users().await.len(), 2);
    assert_eq!(scene.owner.who.name, "ada");
}

#[actix_web::test]
async fn where_there_is_no_provider_nobody_is_sent_anywhere() {
    let (site, _) = Site::owned().await;
    for path in ["/sign-in/oidc", "/sign-in/oidc/callback?code=x&state=y"] {
        let told = site.get(path, "").await;
        assert_eq!((told.status, told.header("set-cookie")), (404, None), "{told:?}");
    }
    assert!(!site.get("/sign-in", "").await.body.contains("/sign-in/oidc"));
    let head = site.cookie("ada").await;
    assert!(!site.get("/account", &head).await.body.contains("oidc"));
}

#[actix_web::test]
async fn the_page_to_sign_in_on_is_in_the_readers_language() {
    let scene = Scene::open(grace(), Create::None).await;
    let told = scene.site.get("/sign-in", "Accept-Language: de\r\n").await;
    for words in ["lang=\"de", "Mit Home anmelden", "Passwort", "<title>Anmelden"] {
        assert!(told.body.contains(words), "{words}: {told:?}");
    }
    let told = scene.site.form("/sign-in", "Accept-Language: de\r\n", "name=ada&password=wrong").await;
    assert!(told.status == 403 && told.body.contains("Name oder Passwort ist falsch."), "{told:?}");
}
