//! Letters on their way through real sockets: from a rule to a mailbox or a receiver, with what goes wrong in between.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bellwether_domain::{Currency, FixedClock, SharedClock};
use bellwether_tracker::{
    Channel, DeliveryState, Notification, RuleDraft, Topic, Tracker, TrackerOptions, Upstream, WorkerPlan,
};
use chrono::TimeDelta;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::*;

const SECRET: &str = "correct horse battery staple";

/// A server that answers as it is told to, and keeps what it was sent.
#[derive(Clone, Default)]
struct Receiver {
    answers: Arc<Mutex<VecDeque<String>>>,
    received: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    fn answering(answers: &[&str]) -> Self {
        let answers = answers.iter().map(|answer| (*answer).to_owned()).collect();
        Self { answers: Arc::new(Mutex::new(answers)), ..Self::default() }
    }

    fn next_answer(&self, otherwise: &str) -> String {
        self.answers.lock().expect("a lock").pop_front().unwrap_or_else(|| otherwise.to_owned())
    }

    fn keep(&self, text: String) {
        self.received.lock().expect("a lock").push(text);
    }

    fn received(&self) -> Vec<String> {
        self.received.lock().expect("a lock").clone()
    }

    async fn serve<F>(self, speak: fn(Self, TcpStream) -> F) -> SocketAddr
    where
        F: Future<Output = std::io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(speak(self.clone(), stream));
            }
        });
        address
    }
}

/// Speaks SMTP; its answers are those to a recipient.
async fn smtp(server: Receiver, stream: TcpStream) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 mail.example.org ESMTP\r\n").await?;
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 {
        let command = line.trim_end().to_ascii_uppercase();
        let answer = match command.get(..4).unwrap_or_default() {
            "EHLO" => "250 mail.example.org".to_owned(),
            "RCPT" => server.next_answer("250 ok"),
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let mut letter = String::new();
                while !letter.ends_with("\r\n.\r\n") && stream.read_line(&mut letter).await? > 0 {}
                server.keep(letter);
                "250 kept".to_owned()
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "250 ok".to_owned(),
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        line.clear();
    }
    Ok(())
}

/// Speaks HTTP; its answers are status lines with headers.
async fn http(server: Receiver, stream: TcpStream) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let (mut request, mut length) = (String::new(), 0);
    loop {
        let before = request.len();
        stream.read_line(&mut request).await?;
        let line = request[before..].trim_end().to_ascii_lowercase();
        if let Some(text) = line.strip_prefix("content-length:") {
            length = text.trim().parse().unwrap_or_default();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    server.keep(request + &String::from_utf8_lossy(&body));
    let answer = server.next_answer("200 OK");
    let answer = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes()).await
}

/// A tracker whose price of KO is 205, which one rule asks to be told.
struct World {
    tracker: Tracker,
    clock: Arc<FixedClock>,
    post: Arc<Post>,
}

impl World {
    async fn telling(settings: PostSettings, channel: Channel, destination: String) -> Self {
        let clock = Arc::new(FixedClock::at("2026-11-20T22:00:00Z".parse().expect("an instant")));
        let shared: SharedClock = Arc::<FixedClock>::clone(&clock);
        let options = TrackerOptions {
            database: "sqlite::memory:".to_owned(),
            upstream: Upstream::Nobody,
            feeds: Vec::new(),
            redis: None,
            clock: SharedClock::clone(&shared),
        };
        let tracker = Tracker::open(options).await.expect("a tracker");
        let (ko, price) = ("KO".parse().expect("a symbol"), "205".parse().expect("a price"));
        tracker.record_price(ko, None, price, Some(Currency::USD)).await.expect("a price");
        let post = Post::new(&settings, shared).expect("ways out");
        post.check(channel, &destination).expect("a destination");
        let rule = RuleDraft {
            symbol: Some("KO".parse().expect("a symbol")),
            threshold: Some("200".parse().expect("a price")),
            channel,
            destination,
            ..RuleDraft::of(Topic::PriceAbove)
        };
        tracker.add_notification_rule(rule).await.expect("a rule");
        Self { tracker, clock, post: Arc::new(post) }
    }

    /// Runs what is due: the look at the rules, and the letters.
    async fn run_due(&self) {
        let courier = Arc::<Post>::clone(&self.post);
        let plan = WorkerPlan::default().handle(Tracker::NOTIFY, 2, self.tracker.notifier(courier));
        self.tracker.worker(plan).run_due().await.expect("the queue answers");
    }

    async fn told(&self) -> Notification {
        self.tracker.notifications(false, None, 9).await.expect("a list").remove(0)
    }
}

fn by_mail(server: SocketAddr) -> PostSettings {
    PostSettings {
        smtp: Some(format!("smtp://{server}")),
        mail_from: Some("Bellwether <bellwether@example.org>".to_owned()),
        ..PostSettings::default()
    }
}

fn by_webhook() -> PostSettings {
    PostSettings {
        webhook_secret: Some(SECRET.to_owned()),
        webhook_hosts: vec!["127.0.0.1".to_owned()],
        ..PostSettings::default()
    }
}

#[tokio::test]
async fn a_letter_reaches_a_mailbox_that_was_full_at_first() {
    let mailbox = Receiver::answering(&["452 the mailbox is full"]);
    let server = mailbox.clone().serve(smtp).await;
    let world = World::telling(by_mail(server), Channel::Email, "me@example.org".to_owned()).await;

    world.run_due().await;
    let told = world.told().await;
    let waiting = &told.deliveries[0];
    assert_eq!(waiting.error.as_deref(), Some("the mail server answered 452"));
    assert!(mailbox.received().is_empty());
    for _ in 0..3 {
        world.clock.advance(TimeDelta::hours(1));
        world.run_due().await;
    }

    let letters = mailbox.received();
    assert_eq!(letters.len(), 1);
    let id = waiting.id;
    for line in [
        "From: Bellwether <bellwether@example.org>",
        "To: me@example.org",
        "Subject: KO rose to 205 USD",
        "Date: Fri, 20 Nov 2026 22:00:00 +0000",
        &format!("Message-ID: <{id}@example.org>"),
        "Auto-Submitted: auto-generated",
        "The target is 200 USD.",
    ] {
        assert!(letters[0].contains(&format!("{line}\r\n")), "{line} in {}", letters[0]);
    }
    let made = &world.told().await.deliveries[0];
    assert!(matches!(made.state, DeliveryState::Delivered(_)), "{made:?}");
    assert_eq!(made.attempts, 2);
}

#[tokio::test]
async fn a_mailbox_that_does_not_exist_is_not_asked_again() {
    let mailbox = Receiver::answering(&["550 no such user"]);
    let server = mailbox.clone().serve(smtp).await;
    let world = World::telling(by_mail(server), Channel::Email, "nobody@example.org".to_owned()).await;
    for _ in 0..3 {
        world.run_due().await;
        world.clock.advance(TimeDelta::hours(1));
    }
    let given_up = &world.told().await.deliveries[0];
    assert!(matches!(given_up.state, DeliveryState::Failed(_)), "{given_up:?}");
    assert_eq!((given_up.attempts, given_up.error.as_deref()), (1, Some("the mail server answered 550")));
    assert!(mailbox.received().is_empty());
}

/// As a receiver does it: the time in the header, a point and the body, under the common secret.
fn verify(request: &str) -> (i64, Value) {
    let (head, body) = request.split_once("\r\n\r\n").expect("a head and a body");
    let header = |name: &str| {
        let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}: ")));
        line.and_then(|line| line.split_once(": ")).map(|(_, value)| value.to_owned()).expect("a header")
    };
    let signature = header(webhook::SIGNATURE);
    let (time, digits) = signature.split_once(",v1=").expect("time and signature");
    let time = time.strip_prefix("t=").expect("a time");
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key");
    mac.update(format!("{time}.{body}").as_bytes());
    let sent: Vec<u8> = (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hexadecimal digits"))
        .collect();
    mac.verify_slice(&sent).expect("the signature of this body");
    let body: Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(body["delivery"], header(webhook::DELIVERY));
    (time.parse().expect("seconds"), body)
}

#[tokio::test]
async fn a_webhook_is_signed_and_tried_again_when_its_receiver_says() {
    let receiver = Receiver::answering(&["503 Service Unavailable\r\nretry-after: 90"]);
    let address = receiver.clone().serve(http).await;
    let world = World::telling(by_webhook(), Channel::Webhook, format!("http://{address}/hook?room=1")).await;

    world.run_due().await;
    world.clock.advance(TimeDelta::seconds(89));
    world.run_due().await;
    assert_eq!(receiver.received().len(), 1);
    assert_eq!(world.told().await.deliveries[0].error.as_deref(), Some("the receiver answered 503"));
    world.clock.advance(TimeDelta::seconds(1));
    world.run_due().await;
    world.clock.advance(TimeDelta::hours(2));
    world.run_due().await;

    let requests = receiver.received();
    assert_eq!(requests.len(), 2, "tried again once, and not after it arrived");
    assert!(requests[0].starts_with("POST /hook?room=1 HTTP/1.1\r\n"));
    let ((first, told), (second, again)) = (verify(&requests[0]), verify(&requests[1]));
    assert_eq!(told, again, "the same delivery");
    assert_eq!(second - first, 90, "signed when it is sent");
    assert_eq!((&told["kind"], &told["title"]), (&"price-above".into(), &"KO rose to 205 USD".into()));
    assert_eq!(told["at"], "2026-11-20T22:00:00.000Z");
    assert!(matches!(world.told().await.deliveries[0].state, DeliveryState::Delivered(_)));
}

#[tokio::test]
async fn a_webhook_follows_nobody_elsewhere() {
    let elsewhere = Receiver::default();
    let there = elsewhere.clone().serve(http).await;
    let moved = format!("307 Temporary Redirect\r\nlocation: http://{there}/");
    let receiver = Receiver::answering(&[&moved]);
    let address = receiver.clone().serve(http).await;
    let world = World::telling(by_webhook(), Channel::Webhook, format!("http://{address}/")).await;
    world.run_due().await;
    assert!(elsewhere.received().is_empty());
    let given_up = &world.told().await.deliveries[0];
    assert!(matches!(given_up.state, DeliveryState::Failed(_)), "{given_up:?}");
}

#[tokio::test]
async fn a_receiver_that_is_away_is_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let world = World::telling(by_webhook(), Channel::Webhook, format!("http://{address}/")).await;
    world.run_due().await;
    let waiting = &world.told().await.deliveries[0];
    assert_eq!(waiting.state, DeliveryState::Waiting);
    assert_eq!(waiting.error.as_deref(), Some("the receiver could not be reached"));
}

#[test]
fn what_is_not_set_up_or_no_address_is_refused_with_advice() {
    let clock: SharedClock = Arc::new(bellwether_domain::SystemClock);
    let closed = Post::closed();
    assert!(closed.check(Channel::Email, "me@example.org").is_err_and(|words| words.contains("--smtp")));
    assert!(closed.check(Channel::Webhook, "https://a.example").is_err_and(|words| words.contains("SECRET")));

    let settings = PostSettings { webhook_hosts: Vec::new(), ..by_webhook() };
    let open = Post::new(&settings, SharedClock::clone(&clock)).expect("a way out");
    for address in [
        "example.org",
        "ftp://example.org/",
        "https://me:pw@example.org/",
        "http://127.0.0.1:9/",
        "http://[::1]/",
    ] {
        assert!(open.check(Channel::Webhook, address).is_err(), "{address}");
    }
    assert_eq!(open.check(Channel::Webhook, "https://example.org/hook"), Ok(()));

    let refused = |settings: PostSettings| {
        Post::new(&settings, SharedClock::clone(&clock)).err().map(|failure| failure.to_string())
    };
    let mail = |smtp: &str, from: &str| PostSettings {
        smtp: Some(smtp.to_owned()),
        mail_from: Some(from.to_owned()),
        ..PostSettings::default()
    };
    let (sender, open_line) = ("me@example.org", "smtp://me:hunter2@mail.example.org");
    let words = refused(mail(open_line, sender)).expect("a refusal");
    assert!(words.contains("TLS") && !words.contains("hunter2"), "{words}");
    assert_eq!(refused(mail("smtps://me:hunter2@mail.example.org", sender)), None);
    assert_eq!(refused(mail("smtp://me:hunter2@mail.example.org?tls=required", sender)), None);
    assert!(refused(mail("smtps://mail.example.org", "nobody")).is_some());
    assert!(refused(PostSettings { mail_from: None, ..mail("smtps://mail.example.org", "") }).is_some());
    let short = PostSettings { webhook_secret: Some("short".to_owned()), ..PostSettings::default() };
    assert!(refused(short).is_some_and(|words| words.contains("16") && !words.contains("short\"")));
}
