use bellwether_domain::{Role, UserId};
use bellwether_storage::api_tokens::{self, ApiToken};
use bellwether_storage::oidc_identities::{self, Holder, Identity};
use bellwether_storage::oidc_sign_ins::{self, SignInOnItsWay};
use bellwether_storage::portfolios::PortfolioSettings;
use bellwether_storage::sessions::{self, Session};
use bellwether_storage::share_links::{self, ShareLink};
use bellwether_storage::sign_in_failures;
use bellwether_storage::users::{self, NewUser};
use bellwether_storage::{AnyConnection, Digest, StorageError};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::database::{TestDatabase, on_both, start};

on_both!(
    of_all_who_claim_the_installation_one_is_its_owner,
    there_is_one_owner,
    whoever_signs_in_is_found_by_name_or_address,
    a_session_is_of_its_user_and_ends_with_the_password,
    a_session_begins_with_the_password_that_is_the_users_by_then,
    sessions_that_lay_idle_or_ended_are_not_listed_and_go,
    a_revoked_token_is_found_no_more,
    a_link_is_of_the_portfolios_owner,
    who_fails_waits_and_many_at_once_have_no_more_turns,
    failures_are_forgotten_after_a_while_and_on_success,
    who_goes_takes_all_that_is_theirs,
    an_identity_is_one_users_until_it_is_nobodys,
    a_sign_in_that_went_out_is_taken_once,
);

async fn write<T: Send + 'static>(
    db: &TestDatabase,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, StorageError> + Send + 'static,
) -> Result<T, StorageError> {
    db.storage.write(work).await
}

async fn member(db: &TestDatabase, name: &str) -> UserId {
    let new = NewUser {
        name: name.to_owned(),
        email: Some(format!("{name}@example.org")),
        role: Role::Member,
        password_hash: Some("hash".to_owned()),
    };
    write(db, move |connection| users::add(connection, &new, start())).await.unwrap()
}

fn later(minutes: i64) -> DateTime<Utc> {
    start() + TimeDelta::minutes(minutes)
}

fn session(number: u8) -> Session {
    Session {
        token: Digest([number; 32]),
        created_at: later(i64::from(number)),
        last_seen_at: later(i64::from(number)),
        expires_at: later(1_000),
        address: "192.0.2.7".to_owned(),
        user_agent: "Ünïcode/1.0".to_owned(),
    }
}

async fn of_all_who_claim_the_installation_one_is_its_owner(db: &TestDatabase) {
    let tries = (0..12).map(|number| {
        let storage = db.storage.clone();
        tokio::spawn(async move {
            let name = format!("claimant{number}");
            storage.write(move |connection| users::claim(connection, &name, None, "hash", start())).await
        })
    });
    let mut claimed = 0;
    for one in tries.collect::<Vec<_>>() {
        match one.await.unwrap() {
            Ok(owner) => {
                assert_eq!(owner, db.user);
                claimed += 1;
            }
            Err(error) => assert!(matches!(error, StorageError::Refused(_)), "{error}"),
        }
    }
    assert_eq!(claimed, 1);
    let all = db.storage.read(users::list).await.unwrap();
    assert_eq!(all.len(), 1);
    assert!(all[0].has_password && all[0].name.starts_with("claimant"));
}

async fn there_is_one_owner(db: &TestDatabase) {
    let second = NewUser { name: "second".to_owned(), email: None, role: Role::Owner, password_hash: None };
    let refused = write(db, move |connection| users::add(connection, &second, start())).await;
    assert!(matches!(refused, Err(StorageError::Duplicate)), "{refused:?}");
}

async fn whoever_signs_in_is_found_by_name_or_address(db: &TestDatabase) {
    let ada = member(db, "ada").await;
    for name in ["ada", "ada@example.org"] {
        let name = name.to_owned();
        let (user, hash) =
            db.storage.read(move |connection| users::by_name(connection, &name)).await.unwrap().unwrap();
        assert_eq!((user.id, hash.as_deref()), (ada, Some("hash")));
    }
    assert_eq!(db.storage.read(|connection| users::by_name(connection, "eve")).await.unwrap(), None);
}

async fn a_session_is_of_its_user_and_ends_with_the_password(db: &TestDatabase) {
    let (ada, bob) = (member(db, "ada").await, member(db, "bob").await);
    write(db, move |connection| {
        sessions::begin(connection, ada, &session(1))?;
        sessions::begin(connection, ada, &session(2))?;
        sessions::begin(connection, bob, &session(3))
    })
    .await
    .unwrap();
    let find = async |number: u8| {
        db.storage.read(move |connection| sessions::find(connection, Digest([number; 32]))).await.unwrap()
    };
    let (found, user) = find(1).await.unwrap();
    assert_eq!((found, user.id, user.role), (session(1), ada, Role::Member));
    // Bob ends none of Ada's.
    assert!(!write(db, move |connection| sessions::end(connection, bob, Digest([1; 32]))).await.unwrap());
    write(db, move |connection| users::set_password(connection, ada, "new", later(5))).await.unwrap();
    assert!(find(1).await.is_none() && find(2).await.is_none() && find(3).await.is_some());
}

async fn a_session_begins_with_the_password_that_is_the_users_by_then(db: &TestDatabase) {
    let grace = member(db, "grace").await;
    let begin = |number, hash: &'static str| {
        let storage = db.storage.clone();
        let work = move |connection: &mut AnyConnection| {
            sessions::begin_by(connection, grace, hash, &session(number))
        };
        tokio::spawn(async move { storage.write(work).await })
    };
    assert!(begin(1, "hash").await.unwrap().unwrap());
    assert!(!begin(2, "another").await.unwrap().unwrap());
    // Whoever was quicker than the change loses the session by it, whoever was not begins none.
    let begun: Vec<_> = (3..12).map(|number| begin(number, "hash")).collect();
    write(db, move |connection| users::set_password(connection, grace, "new", start())).await.unwrap();
    let more: Vec<_> = (12..15).map(|number| begin(number, "hash")).collect();
    for one in begun.into_iter().chain(more) {
        one.await.unwrap().unwrap();
    }
    let left =
        db.storage.read(move |connection| sessions::list(connection, grace, start(), later(-60))).await;
    assert_eq!(left.unwrap(), []);
    assert!(begin(15, "new").await.unwrap().unwrap());
}

async fn sessions_that_lay_idle_or_ended_are_not_listed_and_go(db: &TestDatabase) {
    let ada = member(db, "ada").await;
    write(db, move |connection| {
        for number in [1, 2, 3] {
            sessions::begin(connection, ada, &session(number))?;
        }
        let ended = Session { expires_at: later(50), ..session(4) };
        sessions::begin(connection, ada, &ended)?;
        sessions::seen(connection, Digest([1; 32]), later(60))
    })
    .await
    .unwrap();
    let tokens = async || {
        let list = db.storage.read(move |connection| sessions::list(connection, ada, later(50), later(2)));
        list.await.unwrap().iter().map(|session| session.token.0[0]).collect::<Vec<_>>()
    };
    assert_eq!(tokens().await, [3, 1]);
    let gone = write(db, |connection| sessions::remove_outdated(connection, later(50), later(2))).await;
    assert_eq!(gone.unwrap(), 2);
    let ended =
        write(db, move |connection| sessions::end_others(connection, ada, Some(Digest([1; 32])))).await;
    assert_eq!(ended.unwrap(), 1);
    assert_eq!(tokens().await, [1]);
}

async fn a_revoked_token_is_found_no_more(db: &TestDatabase) {
    let (ada, bob) = (member(db, "ada").await, member(db, "bob").await);
    let token = ApiToken {
        id: Uuid::now_v7(),
        name: "backup".to_owned(),
        scopes: "read".to_owned(),
        created_at: start(),
        expires_at: Some(later(60)),
        last_used_at: None,
    };
    let (id, digest, added) = (token.id, Digest([9; 32]), token.clone());
    write(db, move |connection| api_tokens::add(connection, ada, &added, digest)).await.unwrap();
    write(db, move |connection| api_tokens::used(connection, id, later(3))).await.unwrap();
    let (found, user) =
        db.storage.read(move |connection| api_tokens::find(connection, digest)).await.unwrap().unwrap();
    assert_eq!((found, user.id), (ApiToken { last_used_at: Some(later(3)), ..token }, ada));

    let by_bob = write(db, move |connection| api_tokens::revoke(connection, bob, id, later(4))).await;
    assert!(by_bob.is_err_and(|error| error.is_not_found()));
    write(db, move |connection| api_tokens::revoke(connection, ada, id, later(4))).await.unwrap();
    assert_eq!(db.storage.read(move |connection| api_tokens::find(connection, digest)).await.unwrap(), None);
    assert!(db.storage.read(move |connection| api_tokens::list(connection, ada)).await.unwrap().is_empty());
    let again = write(db, move |connection| api_tokens::revoke(connection, ada, id, later(5))).await;
    assert!(again.is_err_and(|error| error.is_not_found()));
}

async fn a_link_is_of_the_portfolios_owner(db: &TestDatabase) {
    let ada = member(db, "ada").await;
    let main = db.storage.create_portfolio(ada, PortfolioSettings::named("Main")).await.unwrap();
    let link = ShareLink {
        id: Uuid::now_v7(),
        portfolio: main.id,
        name: "for Grace".to_owned(),
        created_at: start(),
        expires_at: None,
    };
    let (owner, digest) = (db.user, Digest([7; 32]));
    for (user, made) in [(owner, false), (ada, true)] {
        let link = link.clone();
        let added = write(db, move |connection| share_links::add(connection, user, &link, digest)).await;
        assert_eq!(added.is_ok(), made, "{added:?}");
    }
    let found = db.storage.read(move |connection| share_links::find(connection, digest)).await.unwrap();
    assert_eq!(found, Some((link.clone(), ada)));
    assert_eq!(
        db.storage.read(move |connection| share_links::list(connection, ada)).await.unwrap(),
        std::slice::from_ref(&link)
    );
    assert!(
        db.storage.read(move |connection| share_links::list(connection, owner)).await.unwrap().is_empty()
    );
    let id = link.id;
    let removed = write(db, move |connection| share_links::remove(connection, owner, id)).await;
    assert!(removed.is_err_and(|error| error.is_not_found()));
    write(db, move |connection| share_links::remove(connection, ada, id)).await.unwrap();
    assert_eq!(db.storage.read(move |connection| share_links::find(connection, digest)).await.unwrap(), None);
}

const ACCOUNT: Digest = Digest([1; 32]);
const ADDRESS: Digest = Digest([2; 32]);

/// Three are free; then a minute, two, three.
fn delay(failures: u32) -> TimeDelta {
    TimeDelta::minutes(i64::from(failures.saturating_sub(2)))
}

fn none(_: u32) -> TimeDelta {
    TimeDelta::zero()
}

async fn turn(db: &TestDatabase, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let since = now - TimeDelta::hours(1);
    let take = move |connection: &mut AnyConnection| {
        sign_in_failures::take_turn(connection, &[(ACCOUNT, delay), (ADDRESS, none)], since, now)
    };
    write(db, take).await.unwrap()
}

async fn who_fails_waits_and_many_at_once_have_no_more_turns(db: &TestDatabase) {
    let other = db.opened_again().await;
    let attempts = (0..16).map(|number| {
        let storage = if number % 2 == 0 { db.storage.clone() } else { other.clone() };
        tokio::spawn(async move {
            let take = move |connection: &mut AnyConnection| {
                let subjects = [(ACCOUNT, delay as _), (ADDRESS, none as _)];
                sign_in_failures::take_turn(connection, &subjects, later(-60), start())
            };
            storage.write(take).await.unwrap()
        })
    });
    let mut turns = 0;
    for attempt in attempts.collect::<Vec<_>>() {
        match attempt.await.unwrap() {
            None => turns += 1,
            Some(until) => assert_eq!(until, later(1)),
        }
    }
    assert_eq!(turns, 3);
    assert_eq!(turn(db, later(1)).await, None);
    // The fourth failure costs two minutes.
    assert_eq!(turn(db, later(2)).await, Some(later(3)));
}

async fn failures_are_forgotten_after_a_while_and_on_success(db: &TestDatabase) {
    for _ in 0..3 {
        assert_eq!(turn(db, start()).await, None);
    }
    assert_eq!(turn(db, start()).await, Some(later(1)));
    write(db, |connection| sign_in_failures::forget(connection, &[ACCOUNT])).await.unwrap();
    write(db, |connection| sign_in_failures::forgive_one(connection, ADDRESS)).await.unwrap();
    for _ in 0..3 {
        assert_eq!(turn(db, start()).await, None);
    }
    assert_eq!(turn(db, start()).await, Some(later(1)));
    // An hour later it is as if nothing had been.
    for _ in 0..3 {
        assert_eq!(turn(db, later(61)).await, None);
    }
    let removed = write(db, |connection| sign_in_failures::remove_outdated(connection, later(61))).await;
    assert_eq!(removed.unwrap(), 2);
}

async fn who_goes_takes_all_that_is_theirs(db: &TestDatabase) {
    let ada = member(db, "ada").await;
    db.storage.create_portfolio(ada, PortfolioSettings::named("Main")).await.unwrap();
    write(db, move |connection| sessions::begin(connection, ada, &session(1))).await.unwrap();
    write(db, move |connection| users::remove(connection, ada)).await.unwrap();
    assert!(db.storage.portfolios(ada).await.unwrap().is_empty());
    let session = db.storage.read(|connection| sessions::find(connection, Digest([1; 32]))).await.unwrap();
    assert_eq!(session, None);
    let owner = db.user;
    let kept = write(db, move |connection| users::remove(connection, owner)).await;
    assert!(matches!(kept, Err(StorageError::Refused(_))), "{kept:?}");
}

fn identity(subject: &str) -> Identity {
    Identity {
        issuer: "https://id.example.org".to_owned(),
        subject: subject.to_owned(),
        name: "Ünïcode".to_owned(),
    }
}

async fn an_identity_is_one_users_until_it_is_nobodys(db: &TestDatabase) {
    let (ada, bob) = (member(db, "ada").await, member(db, "bob").await);
    let link = async |subject: &'static str, user| {
        write(db, move |connection| oidc_identities::link(connection, &identity(subject), user, start()))
            .await
    };
    let used = async |subject: &'static str| {
        let used = move |connection: &mut _| oidc_identities::used(connection, &identity(subject), later(1));
        write(db, used).await.unwrap()
    };
    assert_eq!(used("1").await, None);
    link("1", ada).await.unwrap();
    for (subject, user) in [("1", bob), ("1", ada), ("2", ada)] {
        let refused = link(subject, user).await;
        assert!(matches!(refused, Err(StorageError::Duplicate)), "{refused:?}");
    }
    link("2", bob).await.unwrap();
    assert_eq!((used("1").await, used("2").await), (Some(Holder::User(ada)), Some(Holder::User(bob))));
    let issuer = identity("1").issuer;
    let linked = db.storage.read(move |connection| oidc_identities::of_user(connection, ada, &issuer)).await;
    let linked = linked.unwrap().unwrap();
    assert_eq!((linked.linked_at, linked.used_at), (start(), Some(later(1))));
    // Neither who unlinked it nor who was removed comes by it again.
    let unlinked = write(db, move |connection| oidc_identities::unlink_all(connection, ada)).await;
    assert_eq!(unlinked.unwrap(), 1);
    write(db, move |connection| users::remove(connection, bob)).await.unwrap();
    assert_eq!((used("1").await, used("2").await), (Some(Holder::Nobody), Some(Holder::Nobody)));
    link("2", ada).await.unwrap();
    assert_eq!(used("2").await, Some(Holder::User(ada)));
}

async fn a_sign_in_that_went_out_is_taken_once(db: &TestDatabase) {
    let ada = member(db, "ada").await;
    let begun = SignInOnItsWay { links: Some(ada), next: "/".to_owned(), expires_at: later(10) };
    for number in [1, 2] {
        let begun = begun.clone();
        let begin = move |connection: &mut _| oidc_sign_ins::begin(connection, Digest([number; 32]), &begun);
        write(db, begin).await.unwrap();
    }
    let takes = (0..8).map(|_| {
        let storage = db.storage.clone();
        let take = |connection: &mut _| oidc_sign_ins::take(connection, Digest([1; 32]));
        tokio::spawn(async move { storage.write(take).await })
    });
    let mut taken = Vec::new();
    for one in takes.collect::<Vec<_>>() {
        taken.extend(one.await.unwrap().unwrap());
    }
    assert_eq!(taken, [begun]);
    let removed = async |minutes| {
        let now = later(minutes);
        write(db, move |connection| oidc_sign_ins::remove_expired(connection, now)).await.unwrap()
    };
    assert_eq!((removed(9).await, removed(10).await), (0, 1));
}
