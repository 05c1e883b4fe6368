//! What is believed of a proxy, and of whoever only says that it is one.

use super::site::{PASSWORD, Site};
use crate::web::access::{Entry, Proxies};

fn behind_a_proxy() -> Entry {
    let proxies = Proxies::named(&["127.0.0.1".to_owned()]).expect("an address");
    Entry { is_locked: true, proxies, ..Entry::default() }
}

async fn guess(site: &Site, number: usize, from: &str) -> u16 {
    let head = format!("X-Forwarded-For: {from}\r\nContent-Type: application/json\r\n");
    let body = format!("{{\"username\": \"somebody{number}\", \"password\": \"a wrong guess\"}}");
    site.ask("POST", "/api/v1/auth/login", &head, &body).await.status
}

#[actix_web::test]
async fn guesses_are_counted_by_the_address_that_a_trusted_proxy_tells() {
    let site = Site::unclaimed(behind_a_proxy()).await;
    site.claimed().await;
    for number in 0..20 {
        // What the visitor itself put before it changes nothing.
        assert_eq!(guess(&site, number, &format!("198.51.100.{number}, 203.0.113.7")).await, 401);
    }
    assert_eq!(guess(&site, 20, "203.0.113.7").await, 429);
    assert_eq!(guess(&site, 21, "203.0.113.8").await, 401);
}

#[actix_web::test]
async fn guesses_are_counted_by_the_connections_address_where_no_proxy_is_trusted() {
    let (site, _) = Site::owned().await;
    for number in 0..20 {
        assert_eq!(guess(&site, number, &format!("203.0.113.{number}")).await, 401);
    }
    assert_eq!(guess(&site, 20, "203.0.113.99").await, 429);
}

#[actix_web::test]
async fn by_https_to_a_trusted_proxy_cookies_are_secure_and_browsers_told_to_stay_with_it() {
    let site = Site::unclaimed(behind_a_proxy()).await;
    site.claimed().await;
    let form = format!("name=ada&password={PASSWORD}");
    let told = site.form("/sign-in", "X-Forwarded-Proto: https\r\n", &form).await;
    let set = told.header("set-cookie").expect("a cookie").to_owned();
    assert!(set.starts_with("__Host-bellwether-session=bws_") && set.contains("; Secure"), "{set}");
    assert_eq!(told.header("strict-transport-security"), Some("max-age=31536000"));
    let cookie = format!("Cookie: {}\r\n", told.cookie().expect("a cookie"));
    assert_eq!(site.get("/account", &format!("{cookie}X-Forwarded-Proto: https\r\n")).await.status, 200);
    // By http the browser does not have it, and it counts for nothing.
    assert_eq!(site.get("/account", &cookie).await.status, 303);
    let told = site.form("/sign-in", "", &form).await;
    assert!(told.header("set-cookie").expect("a cookie").starts_with("bellwether-session=bws_"), "{told:?}");
    assert_eq!(told.header("strict-transport-security"), None);
    let (other, _) = Site::owned().await;
    let told = other.form("/sign-in", "X-Forwarded-Proto: https\r\n", &form).await;
    assert!(!told.header("set-cookie").expect("a cookie").contains("Secure"), "{told:?}");
}

#[actix_web::test]
async fn the_host_that_a_trusted_proxy_was_asked_for_must_be_ours_too() {
    let site = Site::unclaimed(behind_a_proxy()).await;
    let asked = async |head: &str| site.get("/sign-in", head).await.status;
    assert_eq!(asked("X-Forwarded-Host: evil.example\r\n").await, 421);
    assert_eq!(asked("Forwarded: for=203.0.113.7;host=evil.example\r\n").await, 421);
    assert_eq!(asked("X-Forwarded-Host: localhost\r\n").await, 303);
    // A page comes from here when the proxy was asked for the host that it names.
    site.claimed().await;
    let form = format!("name=ada&password={PASSWORD}");
    let from =
        |origin: &str| format!("X-Forwarded-Host: portfolio.localhost\r\nOrigin: https://{origin}\r\n");
    assert_eq!(site.form("/sign-in", &from("evil.example"), &form).await.status, 403);
    assert_eq!(site.form("/sign-in", &from("portfolio.localhost"), &form).await.status, 303);
    // Nobody else's word is taken, for better or worse.
    let (direct, _) = Site::owned().await;
    assert_eq!(direct.get("/sign-in", "X-Forwarded-Host: evil.example\r\n").await.status, 200);
    assert_eq!(direct.form("/sign-in", &from("portfolio.localhost"), &form).await.status, 403);
}
