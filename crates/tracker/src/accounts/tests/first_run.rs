//! Who becomes the owner.

use super::*;

#[tokio::test]
async fn of_all_who_claim_at_once_one_is_the_owner_and_signed_in() {
    let house = House::unclaimed().await;
    assert!(house.tracker.is_unclaimed().await.expect("known"));
    let other = house.another_process().await;
    let claims = (0..6).map(|number| {
        let tracker = if number % 2 == 0 { house.tracker.clone() } else { other.clone() };
        tokio::spawn(async move {
            tracker.claim(&format!("claimant {number}"), None, OWNERS.to_owned(), &Visitor::default()).await
        })
    });
    let mut claimed = Vec::new();
    for claim in claims.collect::<Vec<_>>() {
        match claim.await.expect("no panic") {
            Ok(session) => claimed.push(session),
            Err(error) => assert!(matches!(error, TrackerError::Conflict(_)), "{error}"),
        }
    }
    let [session] = claimed.as_slice() else { panic!("{claimed:?}") };
    assert_eq!(
        house.who(&session.token).await.map(|who| (who.user, who.role)),
        Some((session.user, Role::Owner))
    );
    assert!(!other.is_unclaimed().await.expect("known"));
}

#[tokio::test]
async fn a_code_that_any_process_printed_counts_in_all_until_there_is_an_owner() {
    let house = House::unclaimed().await;
    let other = house.another_process().await;
    let codes = [
        house.tracker.draw_claim_code().await.expect("drawn").expect("a code"),
        other.draw_claim_code().await.expect("drawn").expect("a code"),
    ];
    let restarted = house.another_process().await;
    for code in &codes {
        for tracker in [&house.tracker, &other, &restarted] {
            assert!(tracker.is_claim_code(code).await.expect("known"));
        }
    }
    let [first, second] = &codes;
    for wrong in ["", &first[1..], &first.to_uppercase(), &format!("{second}0")] {
        assert!(!other.is_claim_code(wrong).await.expect("known"), "{wrong}");
    }
    let file = std::fs::read(&house.database).expect("a file");
    assert!(!file.windows(first.len()).any(|bytes| bytes == first.as_bytes()));
    other.claim("ada", None, OWNERS.to_owned(), &Visitor::default()).await.expect("claimed");
    assert!(!house.tracker.is_claim_code(first).await.expect("known"));
    assert_eq!(restarted.draw_claim_code().await.expect("known"), None);
}

#[tokio::test]
async fn whoever_claims_takes_a_name_that_nobody_has() {
    let house = House::unclaimed().await;
    house.add("Grace", Role::Member).await;
    let claim = async |name: &str| {
        house
            .tracker
            .claim(name, None, OWNERS.to_owned(), &Visitor::default())
            .await
            .map(|session| session.name)
    };
    assert!(matches!(claim("grace").await, Err(TrackerError::Refused(_))));
    assert!(house.tracker.is_unclaimed().await.expect("known"));
    assert_eq!(claim("ada").await.expect("claimed"), "ada");
}
