//! Whom a provider's word lets in.

use bellwether_storage::users::User;

use super::*;

const ISSUER: &str = "https://id.example.org";

fn person(subject: &str, name: &str) -> OidcPerson {
    OidcPerson {
        issuer: ISSUER.to_owned(),
        subject: subject.to_owned(),
        name: Some(name.to_owned()),
        verified_email: None,
    }
}

const READERS: OidcStrangers = OidcStrangers::Become(OidcRole::Reader);
const MEMBERS: OidcStrangers = OidcStrangers::Become(OidcRole::Member);

impl House {
    async fn come(&self, person: &OidcPerson, strangers: OidcStrangers) -> OidcAdmission {
        let visitor = from("192.0.2.1");
        self.tracker.sign_in_by_oidc(person.clone(), strangers, &visitor).await.expect("asked")
    }

    async fn come_in(&self, person: &OidcPerson, strangers: OidcStrangers) -> NewSession {
        match self.come(person, strangers).await {
            OidcAdmission::In(session) => session,
            other => panic!("{other:?}"),
        }
    }

    async fn begin(&self, next: &str, links: Option<UserId>) -> OidcSignIn {
        let sign_in = OidcSignIn::new();
        self.tracker.begin_oidc(&sign_in, next, links).await.expect("begun");
        sign_in
    }

    async fn users(&self) -> Vec<User> {
        self.tracker.users().await.expect("listed")
    }

    async fn with_email(&self, name: &str, email: &str) -> User {
        let (name, email) = (name.to_owned(), Some(email.to_owned()));
        let new = NewUser { name, email, role: Role::Member, password: OTHER.to_owned() };
        self.tracker.add_user(new).await.expect("added")
    }
}

#[tokio::test]
async fn a_stranger_stays_out_or_becomes_what_the_operator_says_and_is_the_same_ever_after() {
    let (house, _) = House::open().await;
    let rita = person("248289761001", "Rita@Example.org");
    assert!(matches!(house.come(&rita, OidcStrangers::StayOut).await, OidcAdmission::Stranger));
    assert_eq!(house.users().await.len(), 1);
    let first = house.come_in(&rita, READERS).await;
    assert_eq!((first.name.as_str(), first.role), ("rita", Role::Reader));
    let again = house.come_in(&OidcPerson { name: None, ..rita.clone() }, OidcStrangers::StayOut).await;
    assert_eq!(again.user, first.user);
    assert_ne!(again.token, first.token);
    // The same subject of another issuer is somebody else, and nobody has a name that is another's.
    let other = OidcPerson { issuer: "https://other.example.org".to_owned(), ..rita };
    let other = house.come_in(&other, MEMBERS).await;
    assert_eq!((other.name.as_str(), other.role), ("rita-2", Role::Member));
    assert_ne!(other.user, first.user);
    // The address was not verified, so that the account has none.
    assert!(house.users().await[1..].iter().all(|user| user.email.is_none() && !user.has_password));
}

#[tokio::test]
async fn names_that_a_provider_makes_up_are_names_here() {
    let (house, _) = House::open().await;
    let long = "x".repeat(10_000);
    let names =
        [("\u{0}\r\n", "guest"), ("", "guest-2"), ("@", "guest-3"), ("ADA", "ada-2"), (&long, &long[..60])];
    for (subject, (told, name)) in names.into_iter().enumerate() {
        let session = house.come_in(&person(&subject.to_string(), told), READERS).await;
        assert_eq!(session.name, name, "{told:?}");
    }
    for subject in ["", "a\u{0}b", &"9".repeat(256)] {
        let told = house.tracker.sign_in_by_oidc(person(subject, "eve"), READERS, &Visitor::default()).await;
        assert!(matches!(told, Err(TrackerError::Refused(_))), "{told:?}");
    }
}

#[tokio::test]
async fn a_verified_address_is_its_members_and_never_the_owners() {
    let (house, _) = House::open().await;
    let grace = house.with_email("grace", "grace@example.org").await;
    let verified = |subject: &str, email: &str| OidcPerson {
        verified_email: Some(email.to_owned()),
        ..person(subject, "somebody")
    };
    let session = house.come_in(&verified("1", "Grace@Example.org"), OidcStrangers::StayOut).await;
    assert_eq!((session.user, session.role), (grace.id, Role::Member));
    // Who comes by her identity is she from then on, whatever address; another one with the address is not.
    assert_eq!(house.come_in(&person("1", "x"), OidcStrangers::StayOut).await.user, grace.id);
    for (subject, email) in [("2", "grace@example.org"), ("3", "ada@example.org")] {
        let told = house.come(&verified(subject, email), MEMBERS).await;
        assert!(matches!(told, OidcAdmission::LinkFirst), "{told:?}");
    }
    assert_eq!(house.users().await.len(), 2);
    // A new account has the address that was verified.
    let new = house.come_in(&verified("4", "new@example.org"), MEMBERS).await;
    let users = house.users().await;
    let new = users.iter().find(|user| user.id == new.user).expect("there");
    assert_eq!(new.email.as_deref(), Some("new@example.org"));
}

#[tokio::test]
async fn who_was_removed_stays_out_until_somebody_links_them_again() {
    let (house, owner) = House::open().await;
    let rita = person("1", "rita");
    let session = house.come_in(&rita, MEMBERS).await;
    house.tracker.remove_user(session.user).await.expect("removed");
    assert_eq!(house.who(&session.token).await, None);
    let with_email = OidcPerson { verified_email: Some("rita@example.org".to_owned()), ..rita.clone() };
    house.with_email("rita", "rita@example.org").await;
    for person in [&rita, &with_email] {
        let told = house.come(person, MEMBERS).await;
        assert!(matches!(told, OidcAdmission::Unlinked), "{told:?}");
    }
    // Whoever is signed in links what is nobody's, and nothing that is somebody's.
    house.tracker.link_oidc(owner.user, &rita).await.expect("linked");
    assert_eq!(house.come_in(&rita, OidcStrangers::StayOut).await.role, Role::Owner);
    let grace = house.with_email("grace", "grace@example.org").await;
    for (user, person) in [(grace.id, &rita), (owner.user, &person("2", "another"))] {
        let told = house.tracker.link_oidc(user, person).await;
        assert!(matches!(told, Err(TrackerError::Conflict(_))), "{told:?}");
    }
    house.tracker.link_oidc(owner.user, &rita).await.expect("it is theirs already");
}

#[tokio::test]
async fn unlinking_ends_it_and_leaves_a_way_in() {
    let (house, owner) = House::open().await;
    let who = house.who(&owner.token).await.expect("let in");
    let ada = person("1", "Ada L.");
    house.tracker.link_oidc(owner.user, &ada).await.expect("linked");
    house.come_in(&ada, OidcStrangers::StayOut).await;
    let link = house.tracker.oidc_link(&who, ISSUER).await.expect("asked").expect("linked");
    assert_eq!(
        (link.name.as_str(), link.linked_at, link.used_at),
        ("Ada L.", house.now(), Some(house.now()))
    );
    assert_eq!(house.tracker.oidc_link(&who, "https://other.example.org").await.expect("asked"), None);
    house.tracker.unlink_oidc(&who).await.expect("unlinked");
    assert_eq!(house.tracker.oidc_link(&who, ISSUER).await.expect("asked"), None);
    assert!(matches!(house.come(&ada, MEMBERS).await, OidcAdmission::Unlinked));
    // Without a password there would be no way in.
    let rita = house.come_in(&person("2", "rita"), READERS).await;
    let rita = house.who(&rita.token).await.expect("let in");
    assert!(!house.tracker.has_password(&rita).await.expect("asked"));
    let told = house.tracker.unlink_oidc(&rita).await;
    assert!(matches!(told, Err(TrackerError::Conflict(_))), "{told:?}");
    house.come_in(&person("2", "rita"), OidcStrangers::StayOut).await;
}

#[tokio::test]
async fn a_password_that_the_operator_gives_ends_what_an_intruder_may_have_linked() {
    let (house, owner) = House::open().await;
    let intruder = person("1", "mallory");
    house.tracker.link_oidc(owner.user, &intruder).await.expect("linked");
    let session = house.come_in(&intruder, OidcStrangers::StayOut).await;
    house.tracker.reset_password(owner.user, OTHER.to_owned()).await.expect("given");
    assert_eq!(house.who(&session.token).await, None);
    assert!(matches!(house.come(&intruder, MEMBERS).await, OidcAdmission::Unlinked));
}

#[tokio::test]
async fn a_sign_in_comes_back_once_within_ten_minutes_to_whichever_process() {
    let (house, owner) = House::open().await;
    let (other, visitor) = (house.another_process().await, from("192.0.2.9"));
    let begun = house.begin("/dashboard?range=1Y", Some(owner.user)).await;
    let file = std::fs::read(&house.database).expect("a file");
    for secret in [&begun.browser()[4..], &begun.state(), &begun.nonce(), &begun.verifier()] {
        assert!(!file.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()), "only a digest is kept");
    }
    let kept = OidcSignIn::of_browser(begun.browser()).expect("one of ours");
    assert_eq!(
        (kept.state(), kept.nonce(), kept.verifier()),
        (begun.state(), begun.nonce(), begun.verifier())
    );
    house.clock.advance(TimeDelta::minutes(9));
    let back = other.take_oidc(&kept, &visitor).await.expect("asked").expect("taken");
    assert_eq!((back.links, back.next.as_str()), (Some(owner.user), "/dashboard?range=1Y"));
    assert_eq!(back.begun_at, house.now() - TimeDelta::minutes(9));
    assert_eq!(house.tracker.take_oidc(&kept, &visitor).await.expect("asked"), None);

    let late = house.begin(&"/x".repeat(400), None).await;
    house.clock.advance(OIDC_SIGN_IN_FOR);
    assert_eq!(house.tracker.take_oidc(&late, &visitor).await.expect("asked"), None);
    for nothing in ["", "bwo_", &late.browser().replace("bwo_", "bws_")] {
        assert!(OidcSignIn::of_browser(nothing).is_none(), "{nothing}");
    }
}

#[tokio::test]
async fn coming_back_in_vain_costs_an_address_time_as_wrong_passwords_do() {
    let (house, _) = House::open().await;
    let visitor = from("192.0.2.66");
    for _ in 0..20 {
        let begun = house.begin("/", None).await;
        house.tracker.take_oidc(&begun, &visitor).await.expect("a turn").expect("taken");
    }
    let begun = house.begin("/", None).await;
    assert_eq!(wait_of(house.tracker.take_oidc(&begun, &visitor).await), 1);
    assert!(wait_of(house.tracker.sign_in("ada", OWNERS.to_owned(), &visitor).await) > 0);
    house.tracker.forgive_attempt(&visitor).await.expect("forgiven");
    house.tracker.take_oidc(&begun, &visitor).await.expect("a turn").expect("taken");
}

#[tokio::test]
async fn where_nobody_was_first_a_provider_lets_nobody_in() {
    let house = House::unclaimed().await;
    assert!(matches!(house.come(&person("1", "eve"), MEMBERS).await, OidcAdmission::Stranger));
    assert_eq!(house.users().await.len(), 1);
    assert!(house.tracker.is_unclaimed().await.expect("asked"));
}
