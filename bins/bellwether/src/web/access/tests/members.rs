//! What somebody with an account may have sent from here, and hears of.

use std::time::Duration;

use bellwether_domain::Role;
use bellwether_tracker::{Event, NewUser};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::site::{PASSWORD, Person, Site, bearer};

#[actix_web::test]
async fn a_member_writes_e_mails_to_their_own_address_only() {
    let (site, owner) = Site::owned().await;
    let (email, password) = (Some("Grace@example.org".to_owned()), PASSWORD.to_owned());
    let new = NewUser { name: "grace".to_owned(), email, role: Role::Member, password };
    site.state.tracker.add_user(new).await.expect("added");
    site.add("joan", Role::Member).await;
    let grace = site.person("grace", None).await;
    let joan = site.person("joan", None).await;
    let asked = async |who: &Person, to: &str| {
        let head = bearer(&who.token);
        let body = json!({ "channel": "email", "destination": to }).to_string();
        let test = site.send("POST", "/api/v1/notifications/test", &head, &body).await;
        let rule = json!({ "kind": "refresh-finished", "channel": "email", "destination": to }).to_string();
        let rule = site.send("POST", "/api/v1/notifications/rules", &head, &rule).await;
        (test.status, rule.status, test.body)
    };
    let told = asked(&grace, "everybody@example.org").await;
    assert!(
        told.0 == 400 && told.1 == 400 && told.2.contains("your own address only: grace@example.org"),
        "{told:?}"
    );
    let told = asked(&joan, "grace@example.org").await;
    assert!(told.0 == 400 && told.1 == 400 && told.2.contains("ask the owner"), "{told:?}");
    let told = asked(&grace, "grace@example.org").await;
    assert_eq!((told.0, told.1), (202, 201), "{told:?}");
    let told = asked(&owner, "everybody@example.org").await;
    assert_eq!((told.0, told.1), (202, 201), "{told:?}");
    // Nor is a rule that goes to themselves turned to somebody else.
    let head = bearer(&grace.token);
    let rules = site.get("/api/v1/notifications/rules", &head).await.json();
    let mail = rules["rules"].as_array().expect("rules").iter().find(|rule| rule["channel"] == "email");
    let path =
        format!("/api/v1/notifications/rules/{}", mail.expect("the rule")["id"].as_str().expect("an id"));
    let other = json!({ "kind": "refresh-finished", "channel": "email", "destination": "eve@example.org" });
    assert_eq!(site.send("PUT", &path, &head, &other.to_string()).await.status, 400);
}

#[actix_web::test]
async fn without_a_portfolio_a_stream_tells_of_ones_own_jobs_only() {
    let (site, owner) = Site::owned().await;
    site.add("grace", Role::Member).await;
    let member = site.person("grace", None).await;
    for (hears, other) in [(&owner, &member), (&member, &owner)] {
        let mut stream = TcpStream::connect(site.address).await.expect("connected");
        let head = bearer(&hears.token);
        let request = format!("GET /api/v1/events HTTP/1.1\r\nHost: {}\r\n{head}\r\n", site.address);
        stream.write_all(request.as_bytes()).await.expect("asked");
        let mut told = String::new();
        read_until(&mut stream, &mut told, "text/event-stream").await;
        let mut jobs = Vec::new();
        for person in [other, hears] {
            let tracker = site.state.tracker.seen_by(&person.who);
            let id = tracker.request_warming(person.portfolio).await.expect("a job");
            let job = tracker.job(id).await.expect("there");
            tracker.bus().publish(tracker.clock().now(), Event::JobChanged(Box::new(job)));
            jobs.push(id.to_string());
        }
        read_until(&mut stream, &mut told, &jobs[1]).await;
        assert!(!told.contains(&jobs[0]) && !told.contains(&other.portfolio.to_string()), "{told}");
    }
}

async fn read_until(stream: &mut TcpStream, told: &mut String, words: &str) {
    let reading = async {
        let mut chunk = vec![0; 4_096];
        while !told.contains(words) {
            let read = stream.read(&mut chunk).await.expect("open");
            assert!(read > 0, "{told}");
            told.push_str(&String::from_utf8_lossy(
                chunk.get(..read).expect("no more than there is room for"),
            ));
        }
    };
    tokio::time::timeout(Duration::from_secs(30), reading).await.expect("told");
}
