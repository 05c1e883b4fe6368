//! The HTTP transport against a server that misbehaves byte by byte.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::Write;
use std::time::Duration;

use bellwether_prices::{Family, HttpTransport, Request, Response, Transport, TransportError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What becomes of a connection once the request is in.
#[derive(Clone)]
enum Then {
    Close,
    Hang,
}

/// Answers each connection with the same bytes; gives its address, and the requests that came.
async fn server(answer: Vec<u8>, then: Then) -> (String, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (requests, received) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, answer.clone(), then.clone(), requests.clone()));
        }
    });
    (address, received)
}

async fn serve(
    mut stream: TcpStream,
    answer: Vec<u8>,
    then: Then,
    requests: tokio::sync::mpsc::UnboundedSender<String>,
) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => request.push(byte),
            Err(_) => return,
        }
    }
    let _ = requests.send(String::from_utf8_lossy(&request).into_owned());
    let _ = stream.write_all(&answer).await;
    if matches!(then, Then::Hang) {
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
}

fn head(lines: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\n")
}

async fn fetch(address: &str, millis: u64) -> Result<Response, TransportError> {
    let transport = HttpTransport::new(address).unwrap();
    let request = Request::get(
        Family::Anonymous,
        "/v7/finance/spark?symbols=A,%5EB&range=1d".into(),
        Duration::from_millis(millis),
    );
    transport.send(&request).await
}

async fn answer_to(answer: Vec<u8>, then: Then, millis: u64) -> Result<Response, TransportError> {
    let (address, _requests) = server(answer, then).await;
    fetch(&address, millis).await
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn with_body(lines: &str, body: &[u8]) -> Vec<u8> {
    let mut answer = head(&format!("{lines}\r\nContent-Length: {}", body.len())).into_bytes();
    answer.extend_from_slice(body);
    answer
}

#[tokio::test]
async fn it_introduces_itself_and_leaves_the_address_as_it_is() {
    let (address, mut requests) = server(with_body("X: y", b"{}"), Then::Close).await;
    let response = fetch(&format!("{address}/q1/"), 5_000).await.unwrap();
    assert_eq!((response.status, response.body.as_slice()), (200, b"{}".as_slice()));
    let request = requests.recv().await.unwrap().to_lowercase();
    assert!(
        request.starts_with("get /q1/v7/finance/spark?symbols=a,%5eb&range=1d http/1.1\r\n"),
        "{request}"
    );
    assert!(request.contains("user-agent: mozilla/5.0 (compatible; bellwether/"), "{request}");
    assert!(request.contains("accept-encoding: gzip"), "{request}");
}

#[tokio::test]
async fn compressed_bodies_are_unpacked() {
    let body = br#"{"chart":null}"#;
    let answer = with_body("Content-Encoding: gzip", &gzip(body));
    assert_eq!(answer_to(answer, Then::Close, 5_000).await.unwrap().body, body);
}

#[tokio::test]
async fn what_is_not_compressed_as_it_says_is_broken() {
    let answer = with_body("Content-Encoding: gzip", b"no gzip at all");
    assert_eq!(answer_to(answer, Then::Close, 5_000).await, Err(TransportError::Interrupted));
}

#[tokio::test]
async fn a_body_shorter_than_announced_is_broken() {
    let answer = format!("{}{{\"chart\":", head("Content-Length: 1000")).into_bytes();
    assert_eq!(answer_to(answer, Then::Close, 5_000).await, Err(TransportError::Interrupted));
}

#[tokio::test]
async fn a_connection_closed_without_a_word_is_broken() {
    assert_eq!(answer_to(Vec::new(), Then::Close, 5_000).await, Err(TransportError::Interrupted));
}

#[tokio::test]
async fn silence_is_a_time_out() {
    assert_eq!(answer_to(Vec::new(), Then::Hang, 200).await, Err(TransportError::Timeout));
}

#[tokio::test]
async fn a_body_that_never_ends_is_a_time_out() {
    let answer = format!("{}{{", head("Content-Length: 1000")).into_bytes();
    assert_eq!(answer_to(answer, Then::Hang, 200).await, Err(TransportError::Timeout));
}

#[tokio::test]
async fn huge_answers_are_not_taken_in() {
    let announced = head("Content-Length: 99999999").into_bytes();
    assert_eq!(answer_to(announced, Then::Hang, 5_000).await, Err(TransportError::TooLarge));
    let bomb = with_body("Content-Encoding: gzip", &gzip(&vec![b' '; 9 * 1024 * 1024]));
    assert!(bomb.len() < 100_000);
    assert_eq!(answer_to(bomb, Then::Close, 5_000).await, Err(TransportError::TooLarge));
    let headers = with_body(&format!("Cookie-Policy: {}", "x".repeat(40_000)), b"{}");
    assert_eq!(answer_to(headers, Then::Close, 5_000).await, Err(TransportError::TooLarge));
}

#[tokio::test]
async fn headers_of_a_consent_page_are_bearable() {
    let answer = with_body(&format!("Content-Security-Policy: {}", "x".repeat(20_000)), b"{}");
    assert_eq!(answer_to(answer, Then::Close, 5_000).await.unwrap().status, 200);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let answer = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n".to_vec();
    assert_eq!(answer_to(answer, Then::Close, 5_000).await.unwrap().status, 302);
}

#[tokio::test]
async fn statuses_beyond_the_standard_and_wishes_for_rest_arrive() {
    let answer = b"HTTP/1.1 999 No\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n".to_vec();
    let response = answer_to(answer, Then::Close, 5_000).await.unwrap();
    assert_eq!((response.status, response.retry_after.as_deref()), (999, Some("60")));
}
