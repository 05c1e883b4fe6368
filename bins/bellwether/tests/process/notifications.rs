//! Notifications of the real binary, over HTTP.

use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{Answer, Server, run, said, trades};

const SECRET: &str = "a secret of some length";
const ROOT: &str = "/api/v1/notifications";

fn server(folder: TempDir) -> Server {
    let told = ["--upstream", "none", "--webhook-secret", SECRET, "--webhook-host", "127.0.0.1", "serve"];
    Server::told(folder, &told)
}

fn send(server: &Server, method: &str, path: &str, body: &Value) -> Answer {
    let answer = server.send(&format!("{method} {ROOT}{path} HTTP/1.1"), &body.to_string());
    assert!(!said(&answer.body).contains(SECRET));
    answer
}

fn get(server: &Server, path: &str) -> Value {
    let answer = server.get(&format!("{ROOT}{path}"));
    assert_eq!(answer.status, 200, "{}", said(&answer.body));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.json()
}

/// Takes one request and gives its head and body.
fn receive(receiver: &TcpListener) -> (String, String) {
    let (stream, _) = receiver.accept().unwrap();
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(stream.read_line(&mut head).unwrap() > 0);
    }
    let head = head.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    stream.get_mut().write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").unwrap();
    (head, said(&body))
}

#[test]
fn a_test_reaches_a_receiver_and_the_list_says_so() {
    let server = server(TempDir::new().unwrap());
    let ways = get(&server, "/channels");
    let open: Vec<_> = ways["channels"].as_array().unwrap().iter().map(|way| &way["open"]).collect();
    assert_eq!(open, [&json!(true), &json!(false), &json!(true)], "no mail server is set up");
    send(&server, "POST", "/test", &json!({"channel": "email", "destination": "me@example.org"}))
        .is_a_problem(409);
    send(&server, "POST", "/test", &json!({"channel": "webhook", "destination": "http://10.0.0.1/"}))
        .is_a_problem(400);

    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    let hook = format!("http://{}/hook", receiver.local_addr().unwrap());
    let sent = send(&server, "POST", "/test", &json!({"channel": "webhook", "destination": hook}));
    assert_eq!(sent.status, 202, "{}", said(&sent.body));
    let (head, body) = receive(&receiver);
    assert!(head.starts_with("post /hook http/1.1\r\n"), "{head}");
    assert!(head.contains("bellwether-signature: t=") && !head.contains("location"), "{head}");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&body["kind"], &body["title"]), (&json!("test"), &json!("A test")));

    let begun = Instant::now();
    let told = loop {
        let told = get(&server, "?unread=true");
        if told["notifications"][0]["deliveries"][0]["state"] == "delivered" {
            break told;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{told}");
        std::thread::sleep(Duration::from_millis(30));
    };
    let (notification, delivery) = (&told["notifications"][0], &told["notifications"][0]["deliveries"][0]);
    assert_eq!(notification["id"], sent.json()["notification"]);
    assert_eq!((&delivery["id"], &delivery["attempts"]), (&body["delivery"], &json!(1)));
    assert_eq!((&told["unread"], &told["next"]), (&json!(1), &Value::Null));
    let read = send(&server, "POST", "/read", &json!({"ids": [notification["id"]]})).json();
    assert_eq!((&read["marked"], &read["unread"]), (&json!(1), &json!(0)));
    assert_eq!(get(&server, "?unread=true")["notifications"], json!([]));
}

#[test]
fn rules_are_made_changed_and_removed() {
    let folder = TempDir::new().unwrap();
    trades(folder.path(), 3);
    assert!(run(folder.path(), &["import", "trades.csv"]).status.success());
    let server = server(folder);
    let imported = get(&server, "");
    assert_eq!(imported["notifications"][0]["body"], "3 transactions imported into Main.");

    let first = get(&server, "/rules");
    assert_eq!(first["rules"].as_array().unwrap().len(), 8);
    let fall = |limit: &str| json!({"kind": "drawdown", "threshold": limit, "channel": "page"});
    let made = send(&server, "POST", "/rules", &fall("20"));
    assert_eq!(made.status, 201, "{}", said(&made.body));
    let path = made.header("location").unwrap().strip_prefix(ROOT).unwrap().to_owned();
    assert_eq!(get(&server, &path), made.json());
    let changed = send(&server, "PUT", &path, &fall("12.5"));
    assert_eq!((changed.status, &changed.json()["threshold"]), (200, &json!("12.5")));
    assert_eq!(send(&server, "DELETE", &path, &Value::Null).status, 204);
    send(&server, "DELETE", &path, &Value::Null).is_a_problem(404);
    send(&server, "PUT", &path, &fall("12.5")).is_a_problem(404);

    for wrong in [
        json!({"kind": "drawdown", "channel": "page"}),
        json!({"kind": "drawdown", "threshold": "100", "channel": "page"}),
        json!({"kind": "moon-phase", "channel": "page"}),
        json!({"kind": "price-above", "symbol": "NOBODY", "threshold": "1", "channel": "page"}),
        json!({"kind": "circuit-opened", "channel": "page", "user": "me"}),
        json!({"kind": "circuit-opened", "channel": "webhook", "destination": "nowhere"}),
    ] {
        send(&server, "POST", "/rules", &wrong).is_a_problem(400);
    }
    let mail = json!({"kind": "circuit-opened", "channel": "email", "destination": "me@example.org"});
    send(&server, "POST", "/rules", &mail).is_a_problem(409);
    assert_eq!(get(&server, "/rules"), first, "nothing is left of what was refused");
}

#[test]
fn quiet_hours_are_set_and_taken_back_and_nothing_is_changed_by_looking() {
    let server = server(TempDir::new().unwrap());
    let night = json!({"from": "22:00", "to": "07:00", "zone": "Europe/Berlin"});
    assert_eq!(send(&server, "PUT", "/quiet-hours", &night).json()["quiet_hours"], night);
    assert_eq!(get(&server, "/quiet-hours")["quiet_hours"], night);
    let at_home = send(&server, "PUT", "/quiet-hours", &json!({"from": "22:00", "to": "07:00"})).json();
    assert_eq!(at_home["quiet_hours"]["zone"], "America/New_York");
    let nowhere = json!({"from": "22:00", "to": "07:00", "zone": "Mars/Olympus"});
    send(&server, "PUT", "/quiet-hours", &nowhere).is_a_problem(400);
    assert_eq!(send(&server, "DELETE", "/quiet-hours", &Value::Null).status, 204);
    assert_eq!(get(&server, "/quiet-hours")["quiet_hours"], Value::Null);

    for path in ["/read", "/test"] {
        assert_eq!(server.get(&format!("{ROOT}{path}")).status, 405, "{path}");
    }
    let head = format!("POST {ROOT}/read HTTP/1.1\r\nSec-Fetch-Site: cross-site");
    assert_eq!(server.send(&head, r#"{"all": true}"#).status, 403);
}
