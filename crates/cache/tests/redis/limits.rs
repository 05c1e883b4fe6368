//! Limits and a state that two processes hold together, as the server keeps them.

use std::time::Duration;

use bellwether_cache::redis::{Bucket, Limits, Taken};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::{clock, shared};

/// Of two processes.
fn two() -> Option<[Limits; 2]> {
    let name = Uuid::now_v7().to_string();
    let member = || Some(shared(&name, &clock())?.limits("yahoo"));
    Some([member()?, member()?])
}

fn at(seconds: i64) -> DateTime<Utc> {
    "2026-11-23T15:30:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(seconds)
}

fn given(taken: &Taken) -> &str {
    let Taken::Given { leave, .. } = taken else { panic!("{taken:?}") };
    leave
}

#[tokio::test]
async fn of_two_who_tell_at_once_one_has_to_look_first() {
    let Some([one, other]) = two() else { return };
    assert_eq!(one.look(at(0)).await, Ok((0, None)));
    assert_eq!(one.take(at(0), "first", 5, &[]).await, Ok(Taken::Outdated));
    assert_eq!(one.tell(at(0), None, "first", &[at(-3600), at(-3599), at(-1)]).await, Ok(true));
    assert_eq!(other.tell(at(0), None, "mine", &[at(-2)]).await, Ok(false));
    assert_eq!(other.look(at(0)).await, Ok((2, Some("first".to_owned()))));
    assert_eq!(other.tell(at(0), Some("first"), "second", &[]).await, Ok(true));
    assert_eq!(one.take(at(0), "first", 5, &[]).await, Ok(Taken::Outdated));
}

#[tokio::test]
async fn an_hour_has_so_many_calls_whoever_makes_them() {
    let Some([one, other]) = two() else { return };
    one.tell(at(0), None, "state", &[at(0)]).await.unwrap();
    given(&other.take(at(600), "state", 3, &[]).await.unwrap());
    let last = one.take(at(1200), "state", 3, &[]).await.unwrap();
    assert_eq!(other.take(at(1300), "state", 3, &[]).await, Ok(Taken::NotBefore(at(3600))));
    assert_eq!(other.take(at(1300), "state", 2, &[]).await, Ok(Taken::NotBefore(at(4200))));

    one.give(at(1300), given(&last)).await.unwrap();
    given(&other.take(at(1300), "state", 3, &[]).await.unwrap());
    assert!(matches!(other.take(at(3600), "state", 3, &[]).await, Ok(Taken::Given { calls: 3, .. })));
}

#[tokio::test]
async fn buckets_fill_up_with_time_and_lose_nothing_to_a_call_that_has_to_wait() {
    let Some([one, other]) = two() else { return };
    one.tell(at(0), None, "state", &[]).await.unwrap();
    let second = Bucket { name: "second", holds: 2, one_per: Duration::from_secs(4) };
    let hour = Bucket { name: "hour", holds: 3, one_per: Duration::from_secs(10) };
    let take = async |limits: &Limits, seconds, buckets| {
        limits.take(at(seconds), "state", 100, buckets).await.unwrap()
    };
    let (both, second_only) = ([second, hour], [second]);
    given(&take(&one, 0, &both).await);
    given(&take(&other, 0, &both).await);
    assert_eq!(take(&one, 0, &both).await, Taken::NotBefore(at(4)));
    given(&take(&one, 4, &both).await);
    // The hour gives one each ten seconds; what had to wait for it took nothing of the second's.
    for _ in 0..3 {
        assert_eq!(take(&other, 8, &both).await, Taken::NotBefore(at(10)));
    }
    given(&take(&other, 10, &both).await);
    // Half of it came back since the last but one.
    assert_eq!(take(&one, 10, &second_only).await, Taken::NotBefore(at(12)));
}

#[tokio::test]
async fn a_clock_that_is_set_back_keeps_nobody_waiting_for_longer_than_a_bucket() {
    let Some([one, _]) = two() else { return };
    one.tell(at(0), None, "state", &[]).await.unwrap();
    let bucket = [Bucket { name: "second", holds: 1, one_per: Duration::from_secs(4) }];
    given(&one.take(at(7200), "state", 100, &bucket).await.unwrap());
    assert_eq!(one.take(at(0), "state", 100, &bucket).await, Ok(Taken::NotBefore(at(4))));
    given(&one.take(at(4), "state", 100, &bucket).await.unwrap());
}
