//! Two trackers that share a Redis hear of each other.

use std::sync::Arc;
use std::time::Duration;

use bellwether_domain::SystemClock;
use bellwether_tracker::{Event, Published, Tracker, TrackerOptions, Upstream};
use tempfile::TempDir;
use tokio::sync::broadcast::Receiver;
use tokio::time::timeout;

async fn tracker(folder: &TempDir, redis: String) -> Tracker {
    let options = TrackerOptions {
        database: folder.path().join("test.sqlite").display().to_string(),
        upstream: Upstream::Nobody,
        feeds: Vec::new(),
        redis: Some(redis),
        clock: Arc::new(SystemClock),
    };
    Tracker::open(options).await.unwrap()
}

fn logged(words: &str) -> Event {
    Event::Logged { level: "info".to_owned(), words: words.to_owned() }
}

fn tell(tracker: &Tracker, words: &str) {
    tracker.bus().publish(tracker.clock().now(), logged(words));
}

async fn next(heard: &mut Receiver<Arc<Published>>) -> Arc<Published> {
    timeout(Duration::from_secs(20), heard.recv()).await.expect("an event").unwrap()
}

#[tokio::test]
async fn what_one_process_tells_is_heard_once_in_each() {
    let Ok(redis) = std::env::var("TEST_REDIS_URL") else { return };
    let folder = TempDir::new().unwrap();
    let (here, there) = (tracker(&folder, redis.clone()).await, tracker(&folder, redis).await);
    let (mut heard_here, mut heard_there) = (here.bus().listen().coming, there.bus().listen().coming);

    // Subscriptions stand some time after they were asked for.
    let mut first = None;
    for _ in 0..200 {
        tell(&here, "are you there?");
        if let Ok(published) = timeout(Duration::from_millis(100), heard_there.recv()).await {
            first = Some(published.unwrap());
            break;
        }
    }
    assert!(first.expect("heard").is_from_elsewhere);
    tell(&here, "last");
    while next(&mut heard_there).await.event != logged("last") {}
    tell(&there, "answer");
    let mut times = 0;
    loop {
        let published = next(&mut heard_here).await;
        if published.event == logged("answer") {
            assert!(published.is_from_elsewhere);
            break;
        }
        times += usize::from(published.event == logged("last"));
    }
    assert_eq!(times, 1, "one's own events do not come back");
}

#[tokio::test]
async fn without_the_server_events_go_on_within_the_process() {
    let folder = TempDir::new().unwrap();
    if std::env::var_os("TEST_REDIS_URL").is_none() {
        return;
    }
    // Nobody listens on that port.
    let tracker = tracker(&folder, "redis://127.0.0.1:1".to_owned()).await;
    let mut heard = tracker.bus().listen().coming;
    tell(&tracker, "one");
    tell(&tracker, "two");
    assert_eq!(next(&mut heard).await.event, logged("one"));
    let second = next(&mut heard).await;
    assert_eq!((second.number, second.is_from_elsewhere), (2, false));
}
