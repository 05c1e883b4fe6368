//! What guesses cost.

use super::*;

#[tokio::test]
async fn an_unknown_name_costs_as_many_hashes_as_a_wrong_password() {
    let (house, _) = House::open().await;
    let tracker = house.tracker.clone();
    let cost = async |name: &str, password: String| {
        let before = tracker.passwords_hashed();
        let refused = tracker.sign_in(name, password, &Visitor::default()).await;
        assert!(matches!(refused, Err(TrackerError::WrongPassword)), "{refused:?}");
        tracker.passwords_hashed() - before
    };
    assert_eq!(cost("ada", "wrong password here".to_owned()).await, 1);
    assert_eq!(cost("nobody", "wrong password here".to_owned()).await, 1);
    assert_eq!(cost("", String::new()).await, 1);
    assert_eq!(cost("a\0da", "wrong password here".to_owned()).await, 1);
    assert_eq!(cost("ada", "x".repeat(5_000)).await, 1);
}

#[tokio::test]
async fn guessing_at_an_account_costs_more_and_more_time_in_every_process() {
    let (house, _) = House::open().await;
    let other = house.another_process().await;
    for attempt in 0..5 {
        let tracker = if attempt % 2 == 0 { &house.tracker } else { &other };
        // From everywhere in the world.
        let refused =
            tracker.sign_in("ada", "a wrong guess".to_owned(), &from(&format!("198.51.100.{attempt}"))).await;
        assert!(matches!(refused, Err(TrackerError::WrongPassword)), "{refused:?}");
    }
    // Even the right password has to wait, in this process, in others and after a restart; and it is not looked at.
    let before = house.tracker.passwords_hashed();
    assert_eq!(wait_of(house.sign_in("ada", OWNERS).await), 1);
    assert_eq!(house.tracker.passwords_hashed(), before);
    let restarted = house.another_process().await;
    assert_eq!(wait_of(restarted.sign_in("ada", OWNERS.to_owned(), &from("203.0.113.9")).await), 1);
    // The next failures cost two, four and eight seconds.
    for wait in [2, 4, 8] {
        house.clock.advance(TimeDelta::minutes(1));
        let refused = house.sign_in("ada", "a wrong guess").await;
        assert!(matches!(refused, Err(TrackerError::WrongPassword)), "{refused:?}");
        assert_eq!(wait_of(house.sign_in("ada", OWNERS).await), wait);
    }
    house.clock.advance(TimeDelta::minutes(1));
    house.sign_in("ada", OWNERS).await.expect("signed in");
    // Success forgets the failures.
    let refused = house.sign_in("ada", "a wrong guess").await;
    assert!(matches!(refused, Err(TrackerError::WrongPassword)), "{refused:?}");
    house.sign_in("ada", OWNERS).await.expect("signed in");
}

#[tokio::test]
async fn guessing_at_many_accounts_from_one_address_costs_time_too() {
    let (house, _) = House::open().await;
    for attempt in 0..20 {
        let refused = house.sign_in(&format!("name{attempt}"), "a wrong guess").await;
        assert!(matches!(refused, Err(TrackerError::WrongPassword)), "{attempt}: {refused:?}");
    }
    assert_eq!(wait_of(house.sign_in("ada", OWNERS).await), 1);
    // Others are not concerned.
    house.tracker.sign_in("ada", OWNERS.to_owned(), &from("203.0.113.9")).await.expect("signed in");
}

#[tokio::test]
async fn guesses_by_name_and_by_address_count_together() {
    let (house, _) = House::open().await;
    for name in ["ada", "ada@example.org", "ada", "ADA@example.org", "ada"] {
        let refused = house.tracker.sign_in(name, "a wrong guess".to_owned(), &Visitor::default()).await;
        assert!(matches!(refused, Err(TrackerError::WrongPassword)), "{refused:?}");
    }
    for name in ["ada", "ada@example.org"] {
        let refused = house.tracker.sign_in(name, OWNERS.to_owned(), &Visitor::default()).await;
        assert_eq!(wait_of(refused), 1);
    }
}

#[tokio::test]
async fn the_operator_gives_a_lost_password_back() {
    let (house, session) = House::open().await;
    for _ in 0..5 {
        assert!(house.sign_in("ada", "a wrong guess").await.is_err());
    }
    let ada = house.tracker.user_named("ADA").await.expect("there");
    house.tracker.reset_password(ada.id, OTHER.to_owned()).await.expect("reset");
    assert_eq!(house.who(&session.token).await, None);
    house.sign_in("ada", OTHER).await.expect("signed in, without a wait");
}
