//! Names that mean another place: in addresses, and in what is uploaded.

use super::super::table::TABLE;
use super::authorisation::path_of;
use super::site::{Objects, Site, bearer};

/// Ways to say "elsewhere".
const ELSEWHERE: &[&str] = &[
    "..%2f..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "..%252f..%252fetc%252fpasswd",
    "....//....//etc/passwd",
    "..%5c..%5c..%5cCargo.toml",
    "..\\..\\Cargo.toml",
    "%2fetc%2fpasswd",
    "/etc/passwd",
    "C:%5cWindows%5cwin.ini",
    "%00",
    "app.css%00.js",
    "..%c0%af..%c0%afetc%c0%afpasswd",
    "%ff%fe",
    "file:%2f%2f%2fetc%2fpasswd",
    ".",
    "..",
    "%2e%2e",
];

fn tells_a_file(body: &str) -> bool {
    ["root:", "[package]", "[workspace]", "[fonts]"].iter().any(|mark| body.contains(mark))
}

/// Each address that takes a name, with each such name in the place of each of its names.
#[actix_web::test]
async fn a_name_in_an_address_leads_nowhere_else() {
    let (site, owner) = Site::owned().await;
    let objects = Objects::none(&owner.portfolio.to_string());
    let mut asked = 0;
    let mut token = site.token(&owner, "read write admin").await.token;
    for (pattern, ..) in TABLE.iter().filter(|(pattern, ..)| pattern.contains('{')) {
        let names = pattern.match_indices('{').map(|(at, _)| {
            let end = pattern[at..].find('}').expect("an end") + at + 1;
            (at, end)
        });
        for (begin, end) in names {
            let (before, after) = (&pattern[..begin], &pattern[end..]);
            for elsewhere in ELSEWHERE {
                if asked % 400 == 0 {
                    // The rate is by token.
                    token = site.token(&owner, "read write admin").await.token;
                }
                asked += 1;
                let before = path_of(before, &objects, "none", "none");
                let after = path_of(after, &objects, "none", "none");
                let path = format!("{before}{elsewhere}{after}");
                let told = site.get(&path, &bearer(&token)).await;
                assert!(matches!(told.status, 200 | 303 | 400 | 404 | 405), "{path}: {told:?}");
                assert!(!tells_a_file(&told.body), "{path}: {told:?}");
                // What is there is a page of ours: nothing but what some other address is.
                let is_answered = told.status == 200;
                assert!(!is_answered || !before.starts_with("/assets"), "{path}: {told:?}");
            }
        }
    }
    assert!(asked > 500, "{asked}");
}

/// A file's name is words and no place.
#[actix_web::test]
async fn the_name_of_an_uploaded_file_is_no_path() {
    let (site, owner) = Site::owned().await;
    let head = bearer(&owner.token);
    let before: Vec<_> =
        std::fs::read_dir(".").expect("here").map(|entry| entry.expect("it").path()).collect();
    let names = [
        "../../../../tmp/bellwether-evil.csv",
        "/tmp/bellwether-evil.csv",
        "..\\..\\bellwether-evil.csv",
        "C:\\bellwether-evil.csv",
        "bellwether-evil.csv\r\nX-Evil: 1",
        ".",
        "",
        "con",
    ];
    for name in names {
        let coded = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
        let path = format!("/api/v1/portfolios/{}/imports?name={coded}", owner.portfolio);
        let csv = b"Ticker,Type,Date,Price,Shares\nKO,Buy,2024-03-06,61,1\nKO,Buy,x,1,1\n";
        let told = site.upload(&path, &head, csv).await;
        assert_eq!(told.status, 201, "{name:?}: {told:?}");
        let location = told.header("location").expect("where").to_owned();
        assert!(location.starts_with(&format!("/api/v1/portfolios/{}/imports/", owner.portfolio)));
        let rejects = site.get(&format!("{location}/rejects.csv"), &head).await;
        assert_eq!(rejects.header("content-disposition"), Some("attachment; filename=\"rejects.csv\""));
        for told in [&told, &rejects] {
            assert!(told.header("x-evil").is_none(), "{name:?}: {told:?}");
        }
        assert_eq!(site.send("DELETE", &location, &head, "").await.status, 204);
    }
    let after: Vec<_> =
        std::fs::read_dir(".").expect("here").map(|entry| entry.expect("it").path()).collect();
    assert_eq!(before.len(), after.len());
    assert!(!std::path::Path::new("/tmp/bellwether-evil.csv").exists());
}

/// The folder of backups is the operator's to name; the address takes no name at all.
#[actix_web::test]
async fn no_request_names_a_backup() {
    let (site, owner) = Site::owned().await;
    let head = bearer(&owner.token);
    let bodies = ["{\"file\": \"../../evil\"}", "{\"name\": \"/tmp/evil\"}", ""];
    for body in bodies {
        let told = site.send("POST", "/api/v1/backups?file=%2ftmp%2fevil", &head, body).await;
        assert_eq!(told.status, 409, "{told:?}");
    }
    for elsewhere in ELSEWHERE {
        let told = site.get(&format!("/api/v1/backups/{elsewhere}"), &head).await;
        assert!(matches!(told.status, 200 | 400 | 404) && !tells_a_file(&told.body), "{elsewhere}: {told:?}");
    }
}
