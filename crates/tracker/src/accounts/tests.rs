//! Who is let in, and who is not.

mod first_run;
mod guessing;
mod oidc;

use std::sync::Arc;

use bellwether_domain::FixedClock;
use chrono::{DateTime, TimeDelta, Utc};
use tempfile::TempDir;

use super::*;
use crate::{PortfolioSettings, Tracker, TrackerError, TrackerOptions, Upstream};

const OWNERS: &str = "correct horse battery";
const OTHER: &str = "another long password";

/// A database of its own, and processes on it.
struct House {
    clock: Arc<FixedClock>,
    database: String,
    tracker: Tracker,
    _folder: TempDir,
}

fn from(address: &str) -> Visitor {
    Visitor { address: address.parse().ok(), agent: "Test/1.0\r\nX-Evil: 1".to_owned() }
}

impl House {
    async fn unclaimed() -> Self {
        let folder = TempDir::new().expect("a folder");
        let clock = Arc::new(FixedClock::at("2026-11-20T15:00:00Z".parse().expect("an instant")));
        let database = folder.path().join("test.sqlite").display().to_string();
        let tracker = process(&database, &clock).await;
        Self { clock, database, tracker, _folder: folder }
    }

    /// With an owner named Ada.
    async fn open() -> (Self, NewSession) {
        let house = Self::unclaimed().await;
        let visitor = from("192.0.2.1");
        let claimed = house.tracker.claim(" Ada ", Some("Ada@Example.org"), OWNERS.to_owned(), &visitor);
        let session = claimed.await.expect("claimed");
        (house, session)
    }

    async fn another_process(&self) -> Tracker {
        process(&self.database, &self.clock).await
    }

    async fn sign_in(&self, name: &str, password: &str) -> Result<NewSession, TrackerError> {
        self.tracker.sign_in(name, password.to_owned(), &from("192.0.2.1")).await
    }

    async fn who(&self, token: &str) -> Option<SignedIn> {
        self.tracker.let_in(token).await.expect("looked up")
    }

    fn now(&self) -> DateTime<Utc> {
        self.tracker.clock().now()
    }

    async fn add(&self, name: &str, role: Role) -> bellwether_storage::users::User {
        let new = NewUser { name: name.to_owned(), email: None, role, password: OTHER.to_owned() };
        self.tracker.add_user(new).await.expect("added")
    }
}

async fn process(database: &str, clock: &Arc<FixedClock>) -> Tracker {
    let options = TrackerOptions {
        database: database.to_owned(),
        upstream: Upstream::Nobody,
        feeds: Vec::new(),
        redis: None,
        clock: Arc::<FixedClock>::clone(clock),
    };
    Tracker::open(options).await.expect("a tracker")
}

fn wait_of<T: std::fmt::Debug>(refused: Result<T, TrackerError>) -> i64 {
    match refused {
        Err(TrackerError::TooManyAttempts { after }) => after.num_seconds(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_sign_in_is_always_a_new_session_and_only_its_digest_is_stored() {
    let (house, first) = House::open().await;
    for name in ["ada", "ADA ", "ada@example.org"] {
        let second = house.sign_in(name, OWNERS).await.expect("signed in");
        assert_ne!(first.token, second.token);
        assert!(house.who(&second.token).await.is_some());
    }
    let who = house.who(&first.token).await.expect("let in");
    assert_eq!(who.name, "ada");
    let listed = house.tracker.sessions(&who).await.expect("listed");
    assert_eq!(listed.len(), 4);
    assert_eq!(listed.iter().filter(|session| session.is_this).count(), 1);
    assert_eq!((listed[0].address.as_str(), listed[0].agent.as_str()), ("192.0.2.1", "Test/1.0X-Evil: 1"));
    let file = std::fs::read(&house.database).expect("a file");
    let holds = |text: &str| file.windows(text.len()).any(|bytes| bytes == text.as_bytes());
    assert!(!holds(&first.token) && !holds(&first.token[4..]) && !holds(OWNERS));
}

#[tokio::test]
async fn what_is_no_token_lets_nobody_in() {
    let (house, session) = House::open().await;
    let hex = &session.token[4..];
    let zeros = format!("bws_{}", "0".repeat(64));
    for wrong in ["", "bws_", hex, &format!("bwt_{hex}"), &session.token.to_uppercase(), &zeros] {
        assert_eq!(house.who(wrong).await, None, "{wrong}");
    }
}

#[tokio::test]
async fn a_session_ends_when_it_lies_idle_and_after_a_month_at_the_latest() {
    let (house, idle) = House::open().await;
    house.clock.advance(TimeDelta::days(6));
    assert!(house.who(&idle.token).await.is_some());
    // Its use is noted: another six days are fine, eight are not.
    house.clock.advance(TimeDelta::days(6));
    assert!(house.who(&idle.token).await.is_some());
    house.clock.advance(TimeDelta::days(8));
    assert_eq!(house.who(&idle.token).await, None);

    let used = house.sign_in("ada", OWNERS).await.expect("signed in");
    for _ in 0..4 {
        house.clock.advance(TimeDelta::days(6));
        assert!(house.who(&used.token).await.is_some());
    }
    house.clock.advance(TimeDelta::days(6));
    assert_eq!(house.who(&used.token).await, None);
}

#[tokio::test]
async fn what_is_revoked_is_of_no_use_here_at_once_and_elsewhere_in_seconds() {
    let (house, first) = House::open().await;
    let second = house.sign_in("ada", OWNERS).await.expect("signed in");
    let elsewhere = house.another_process().await;
    assert!(elsewhere.let_in(&second.token).await.expect("looked up").is_some());
    let who = house.who(&first.token).await.expect("let in");
    assert!(house.who(&second.token).await.is_some());
    let sessions = house.tracker.sessions(&who).await.expect("listed");
    let other = sessions.iter().find(|session| !session.is_this).expect("another one");

    house.tracker.end_session(&who, &other.id).await.expect("ended");

    assert_eq!(house.who(&second.token).await, None);
    assert!(house.who(&first.token).await.is_some());
    house.clock.advance(TimeDelta::seconds(5));
    assert_eq!(elsewhere.let_in(&second.token).await.expect("looked up"), None);
    let again = house.tracker.end_session(&who, &other.id).await;
    assert!(matches!(again, Err(TrackerError::NotFound(_))), "{again:?}");
    house.tracker.sign_out(&first.token).await.expect("signed out");
    assert_eq!(house.who(&first.token).await, None);
}

#[tokio::test]
async fn a_new_password_ends_all_sessions_and_begins_another() {
    let (house, first) = House::open().await;
    let second = house.sign_in("ada", OWNERS).await.expect("signed in");
    let who = house.who(&first.token).await.expect("let in");
    let change = async |old: &str, new: &str| {
        let passwords = Passwords { old: old.to_owned(), new: new.to_owned(), revoke: false };
        house.tracker.change_password(&who, passwords, &from("192.0.2.1")).await
    };
    assert!(matches!(change("not it at all", OTHER).await, Err(TrackerError::WrongPassword)));
    assert!(matches!(change(OWNERS, "short").await, Err(TrackerError::Refused(_))));
    let third = change(OWNERS, OTHER).await.expect("changed");
    assert_eq!((house.who(&first.token).await, house.who(&second.token).await), (None, None));
    assert!(house.who(&third.token).await.is_some());
    assert!(matches!(house.sign_in("ada", OWNERS).await, Err(TrackerError::WrongPassword)));
    house.sign_in("ada", OTHER).await.expect("signed in");
}

#[tokio::test]
async fn tokens_and_links_end_with_a_password_where_that_is_asked_for_or_the_operator_gives_it() {
    let (house, session) = House::open().await;
    let main = house.tracker.create_portfolio(PortfolioSettings::named("Main")).await.expect("a portfolio");
    let mut who = house.who(&session.token).await.expect("let in");
    let mut old = OWNERS.to_owned();
    for (new, revoke, by_operator) in [
        ("first new password", false, false),
        ("second new password", true, false),
        ("third new password", true, true),
    ] {
        let (token, _) = house.tracker.add_token(&who, "backup", Scopes::ALL, None).await.expect("made");
        let (link, _) = house.tracker.add_share_link(main.id, "for Grace", None).await.expect("made");
        assert!(house.who(&token).await.is_some());
        if by_operator {
            house.tracker.reset_password(who.user, new.to_owned()).await.expect("reset");
        } else {
            let passwords = Passwords { old: old.clone(), new: new.to_owned(), revoke };
            house.tracker.change_password(&who, passwords, &from("192.0.2.1")).await.expect("changed");
        }
        assert_eq!(house.who(&token).await.is_none(), revoke, "{new}");
        assert_eq!(house.tracker.shared(&link).await.expect("looked up").is_none(), revoke, "{new}");
        old = new.to_owned();
        let session = house.sign_in("ada", new).await.expect("signed in");
        who = house.who(&session.token).await.expect("let in");
    }
    assert!(house.tracker.tokens(&who).await.expect("listed").is_empty());
}

#[tokio::test]
async fn a_token_is_good_for_its_scopes_until_it_expires_or_is_revoked() {
    let (house, session) = House::open().await;
    let who = house.who(&session.token).await.expect("let in");
    let read = Scopes::from_words("read").expect("scopes");
    let until = house.now() + TimeDelta::hours(1);
    let (token, record) = house.tracker.add_token(&who, "backup", read, Some(until)).await.expect("made");
    let program = house.who(&token).await.expect("let in");
    assert!(program.may_read() && !program.may_change() && !program.may_administer_themselves());
    // No token makes one that allows more.
    let more = house.tracker.add_token(&program, "more", Scopes::ALL, None).await;
    assert!(matches!(more, Err(TrackerError::Refused(_))), "{more:?}");
    let over = house.tracker.add_token(&who, "late", read, Some(house.now())).await;
    assert!(matches!(over, Err(TrackerError::Refused(_))), "{over:?}");

    house.clock.advance(TimeDelta::minutes(59));
    assert!(house.who(&token).await.is_some());
    house.clock.advance(TimeDelta::minutes(1));
    assert_eq!(house.who(&token).await, None);
    house.tracker.revoke_token(&who, record.id).await.expect("revoked");
    assert!(house.tracker.tokens(&who).await.expect("listed").is_empty());

    let (token, record) = house.tracker.add_token(&who, "ever", Scopes::ALL, None).await.expect("made");
    assert!(house.who(&token).await.expect("let in").may_administer());
    house.tracker.revoke_token(&who, record.id).await.expect("revoked");
    assert_eq!(house.who(&token).await, None);
}

#[tokio::test]
async fn a_member_has_their_own_and_a_reader_sees_the_owners() {
    let (house, session) = House::open().await;
    house.add("Grace", Role::Member).await;
    house.add("Rita", Role::Reader).await;
    let owner = house.tracker.seen_by(&house.who(&session.token).await.expect("let in"));
    let main = owner.create_portfolio(PortfolioSettings::named("Main")).await.expect("a portfolio");
    let sees = async |name: &str| {
        let session = house.sign_in(name, OTHER).await.expect("signed in");
        let who = house.who(&session.token).await.expect("let in");
        (house.tracker.seen_by(&who), who)
    };
    let (graces, grace) = sees("grace").await;
    assert!(graces.portfolios().await.expect("listed").is_empty());
    assert!(matches!(graces.portfolio(main.id).await, Err(TrackerError::NotFound(_))));
    assert!(matches!(graces.versions(main.id).await, Err(TrackerError::NotFound(_))));
    assert!(grace.may_change() && !grace.may_administer());
    // The same name is free for her.
    let hers = graces.create_portfolio(PortfolioSettings::named("Main")).await.expect("a portfolio");
    assert!(matches!(owner.portfolio(hers.id).await, Err(TrackerError::NotFound(_))));
    // What was made for its user is not given to others.
    graces.versions(hers.id).await.expect("versions");
    assert!(matches!(owner.versions(hers.id).await, Err(TrackerError::NotFound(_))));
    let job = graces.request_warming(hers.id).await.expect("a job");
    assert!(graces.job(job).await.is_ok());
    for refused in [owner.job(job).await.map(|_| ()), owner.cancel_job(job).await.map(|_| ())] {
        assert!(matches!(refused, Err(TrackerError::NotFound(_))), "{refused:?}");
    }

    let (ritas, rita) = sees("rita").await;
    assert_eq!(ritas.portfolios().await.expect("listed"), owner.portfolios().await.expect("listed"));
    assert!(rita.may_read() && !rita.may_change() && rita.may_administer_themselves());
}

#[tokio::test]
async fn users_are_added_once_and_the_owner_stays() {
    let (house, session) = House::open().await;
    let grace = house.add("Grace", Role::Member).await;
    let new =
        |name: &str, role| NewUser { name: name.to_owned(), email: None, role, password: OTHER.to_owned() };
    let refusal = async |new| house.tracker.add_user(new).await.map(|user| user.name);
    assert!(matches!(refusal(new("GRACE", Role::Reader)).await, Err(TrackerError::Conflict(_))));
    assert!(matches!(refusal(new("eve", Role::Owner)).await, Err(TrackerError::Refused(_))));
    assert!(matches!(refusal(new("e@ve", Role::Member)).await, Err(TrackerError::Refused(_))));
    assert!(matches!(refusal(new("", Role::Member)).await, Err(TrackerError::Refused(_))));
    assert!(matches!(house.tracker.remove_user(session.user).await, Err(TrackerError::Conflict(_))));
    let hers = house.sign_in("grace", OTHER).await.expect("signed in");
    assert!(house.who(&hers.token).await.is_some());
    house.tracker.remove_user(grace.id).await.expect("removed");
    assert_eq!(house.who(&hers.token).await, None);
    assert!(matches!(house.tracker.remove_user(grace.id).await, Err(TrackerError::NotFound(_))));
}

#[tokio::test]
async fn jobs_of_somebody_who_was_removed_are_nobodys() {
    let (house, _) = House::open().await;
    let grace = house.add("grace", Role::Member).await;
    let graces = house.tracker.acting_for(grace.id);
    let hers = graces.create_portfolio(PortfolioSettings::named("Hers")).await.expect("a portfolio");
    let job = graces.request_warming(hers.id).await.expect("a job");
    house.tracker.remove_user(grace.id).await.expect("removed");
    for tracker in [&house.tracker, &house.another_process().await] {
        assert!(matches!(tracker.job(job).await, Err(TrackerError::NotFound(_))));
        assert!(matches!(tracker.job_result(job).await, Err(TrackerError::NotFound(_))));
        let listed = tracker.jobs(&crate::JobFilter::default(), 100).await.expect("listed");
        assert!(listed.iter().all(|listed| listed.id != job), "{listed:?}");
    }
}

#[tokio::test]
async fn a_link_shows_one_portfolio_until_it_expires_or_is_revoked() {
    let (house, _) = House::open().await;
    let main = house.tracker.create_portfolio(PortfolioSettings::named("Main")).await.expect("a portfolio");
    let until = house.now() + TimeDelta::days(1);
    let (token, _) = house.tracker.add_share_link(main.id, "for Grace", Some(until)).await.expect("made");
    let shown = house.tracker.shared(&token).await.expect("looked up").expect("shown");
    assert_eq!((shown.portfolio, shown.tracker.user()), (main.id, house.tracker.owner()));
    assert_eq!(house.who(&token).await, None, "it signs nobody in");
    house.clock.advance(TimeDelta::days(1));
    assert!(house.tracker.shared(&token).await.expect("looked up").is_none());

    let (token, link) = house.tracker.add_share_link(main.id, "ever", None).await.expect("made");
    let grace = house.add("grace", Role::Member).await;
    let graces = house.tracker.acting_for(grace.id);
    assert!(matches!(graces.revoke_share_link(link.id).await, Err(TrackerError::NotFound(_))));
    let foreign = graces.add_share_link(main.id, "not mine", None).await;
    assert!(matches!(foreign, Err(TrackerError::NotFound(_))), "{foreign:?}");
    house.tracker.revoke_share_link(link.id).await.expect("revoked");
    assert!(house.tracker.shared(&token).await.expect("looked up").is_none());
}

#[tokio::test]
async fn what_was_read_before_a_revocation_is_not_remembered_after_it() {
    let memory = Memory::default();
    let (digest, now) = (Digest([1; 32]), DateTime::UNIX_EPOCH);
    let who = SignedIn::without_sign_in(UserId::new());
    let ends = now + TimeDelta::hours(1);
    let reading = memory.read();
    memory.forget(digest);
    memory.remember(reading, digest, &who, now, ends);
    assert_eq!(memory.recall(digest, now), None);
    memory.remember(memory.read(), digest, &who, now, ends);
    assert_eq!(memory.recall(digest, now + TimeDelta::seconds(4)), Some(who.clone()));
    assert_eq!(memory.recall(digest, now + TimeDelta::seconds(5)), None);
    assert_eq!(memory.recall_without_database(digest, now + TimeDelta::minutes(14)), Some(who));
    assert_eq!(memory.recall_without_database(digest, now + TimeDelta::minutes(15)), None);
    // Who sends what was never let in keeps nothing else from being remembered.
    let (reading, other) = (memory.read(), Digest([2; 32]));
    memory.drop(Digest([3; 32]));
    memory.remember(reading, other, &SignedIn::without_sign_in(UserId::new()), now, ends);
    assert!(memory.holds(other) && !memory.holds(Digest([3; 32])));
}
