//! The headers of answers, graded by the list of the OWASP Secure Headers Project.
//!
//! Its list says which headers an answer should have, with which value, and which it should not have. What is different
//! here is so on purpose, and says why.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bellwether_tracker::Visitor;
use sha2::{Digest, Sha256};

use super::site::{PASSWORD, Site, Told, bearer};
use crate::web::access::Entry;

/// How a header is graded.
enum Grade {
    /// Exactly that.
    Is(&'static str),
    /// With each of these among what stands between semicolons or commas.
    Has(&'static [&'static str]),
}

use Grade::{Has, Is};

/// The list: name and value, on every answer.
const EVERYWHERE: &[(&str, Grade)] = &[
    // The list has 'self' for the default; nothing at all is stricter, and covers object-src. Without
    // upgrade-insecure-requests, which would break what is served by http in one's own network; no page names an
    // address with a scheme. Which scripts may run has a test of its own.
    (
        "content-security-policy",
        Has(&[
            "default-src 'none'",
            "style-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]),
    ),
    ("cross-origin-embedder-policy", Is("require-corp")),
    ("cross-origin-opener-policy", Is("same-origin")),
    ("cross-origin-resource-policy", Is("same-origin")),
    (
        "permissions-policy",
        Has(&[
            "accelerometer=()",
            "autoplay=()",
            "camera=()",
            "clipboard-read=()",
            "clipboard-write=()",
            "display-capture=()",
            "encrypted-media=()",
            "fullscreen=()",
            "gamepad=()",
            "geolocation=()",
            "gyroscope=()",
            "hid=()",
            "idle-detection=()",
            "magnetometer=()",
            "microphone=()",
            "midi=()",
            "payment=()",
            "picture-in-picture=()",
            "publickey-credentials-get=()",
            "screen-wake-lock=()",
            "serial=()",
            "sync-xhr=()",
            "usb=()",
            "web-share=()",
            "xr-spatial-tracking=()",
        ]),
    ),
    ("x-content-type-options", Is("nosniff")),
    ("x-frame-options", Is("DENY")),
    ("x-permitted-cross-domain-policies", Is("none")),
];

/// What tells an attacker by what an answer was made.
const NOWHERE: &[&str] = &[
    "server",
    "x-powered-by",
    "powered-by",
    "product",
    "x-generator",
    "x-generated-by",
    "x-framework",
    "x-aspnet-version",
    "x-php-version",
    "sourcemap",
    "x-sourcemap",
    "x-sourcefiles",
    "x-content-encoded-by",
    "x-b3-traceid",
    "x-b3-spanid",
    "x-envoy-upstream-service-time",
];

fn grade(what: &str, told: &Told) {
    for (name, grade) in EVERYWHERE {
        let value = told.header(name).unwrap_or_else(|| panic!("{what} has no {name}: {}", told.head));
        match grade {
            Is(expected) => assert_eq!(value, *expected, "{what}: {name}"),
            Has(parts) => {
                let said: Vec<&str> = value.split([';', ',']).map(str::trim).collect();
                let missing: Vec<_> = parts.iter().filter(|part| !said.contains(*part)).collect();
                assert!(missing.is_empty(), "{what}: {name} lacks {missing:?}");
                assert!(!value.contains("unsafe-") && !value.contains('*'), "{what}: {value}");
            }
        }
    }
    // The list has no-referrer. With it browsers send "Origin: null" with a form, by which those that say nothing else
    // tell our pages from others; another site is told nothing by this either.
    let referrer = told.header("referrer-policy");
    assert!(matches!(referrer, Some("same-origin" | "no-referrer")), "{what}: {referrer:?}");
    // The list has no-store, max-age=0. Pages that are made ahead are kept by the one browser, which asks each time
    // whether they still count; files that never change under their name are kept by all.
    let kept =
        told.header("cache-control").unwrap_or_else(|| panic!("{what} has no cache-control: {}", told.head));
    let is_private = kept.contains("no-store") || kept.contains("no-cache");
    assert!(is_private || what.starts_with("asset"), "{what}: {kept}");
    for name in NOWHERE {
        assert_eq!(told.header(name), None, "{what}");
    }
}

#[actix_web::test]
async fn all_answers_have_the_headers_of_owasps_list_and_none_that_tells_of_the_program() {
    let (site, owner) = Site::owned().await;
    let head = bearer(&owner.token);
    let tracker = site.state.tracker.seen_by(&owner.who);
    let (link, _) = tracker.add_share_link(owner.portfolio, "x", None).await.expect("a link");
    let page = site.get(&format!("/dashboard/{}", owner.portfolio), &head).await;
    let from = page.body.find("/assets/").expect("an asset");
    let asset = page.body[from..].split('"').next().expect("its address").to_owned();
    let id = owner.portfolio;
    let asked = [
        ("page", "GET", format!("/dashboard/{id}"), 200),
        ("page with secrets", "GET", "/account".to_owned(), 200),
        ("page of a link", "GET", format!("/shared/{link}"), 200),
        ("asset", "GET", asset, 200),
        ("no asset", "GET", "/assets/none.js".to_owned(), 404),
        ("JSON", "GET", "/api/v1/portfolio".to_owned(), 200),
        ("JSON that was made ahead", "GET", format!("/api/dashboard-holdings-data/{id}"), 200),
        ("health", "GET", "/healthz".to_owned(), 200),
        ("measures", "GET", "/metrics".to_owned(), 200),
        ("stream", "GET", "/api/v1/events".to_owned(), 200),
        ("no page", "GET", "/nothing".to_owned(), 404),
        ("no JSON", "GET", "/api/nothing".to_owned(), 404),
        ("wrong method", "DELETE", "/account".to_owned(), 405),
        ("wrong query", "GET", format!("/dashboard/{id}?as_of=x"), 400),
        ("wrong body", "POST", "/api/v1/auth/tokens".to_owned(), 400),
        ("redirect", "GET", "/".to_owned(), 303),
    ];
    for (what, method, path, status) in asked {
        let told = site.send(method, &path, &head, "").await;
        assert_eq!(told.status, status, "{what}: {told:?}");
        grade(what, &told);
    }
    grade("not let in", &site.get("/api/v1/portfolio", "").await);
    grade("led to sign in", &site.get("/account", "").await);
    let told = site.form("/account/tokens", "Sec-Fetch-Site: cross-site\r\n", "").await;
    assert_eq!(told.status, 403);
    grade("from elsewhere", &told);
    let told = site.raw(&[b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"]).await;
    assert_eq!(told.status, 421);
    grade("for another host", &told);
}

#[actix_web::test]
async fn of_inline_scripts_the_policy_lets_none_run_but_the_one_that_every_page_has_in_its_head() {
    let (site, owner) = Site::owned().await;
    let head = bearer(&owner.token);
    for path in [format!("/dashboard/{}", owner.portfolio), "/account".to_owned(), "/nothing".to_owned()] {
        let page = site.get(&path, &head).await;
        let inline: Vec<&str> = page
            .body
            .split("<script")
            .skip(1)
            .filter_map(|script| script.split("</script>").next()?.split_once('>'))
            .filter(|(attributes, _)| {
                !attributes.contains("src=") && !attributes.contains("application/json")
            })
            .map(|(_, script)| script)
            .collect();
        let [script] = inline[..] else { panic!("{path}: {inline:?}") };
        let digest = BASE64_STANDARD.encode(Sha256::digest(script));
        let policy = page.header("content-security-policy").expect("a policy");
        let scripts = policy.split(';').map(str::trim).find(|part| part.starts_with("script-src"));
        assert_eq!(scripts, Some(format!("script-src 'self' 'sha256-{digest}'").as_str()), "{path}");
    }
}

/// The list has Strict-Transport-Security with includeSubDomains; hosts below this one's name are not ours to speak for.
#[actix_web::test]
async fn by_https_browsers_are_told_to_stay_with_it_and_cookies_with_this_host() {
    let site = Site::unclaimed(Entry { is_locked: true, is_secure: true, ..Entry::default() }).await;
    site.claimed().await;
    let told = site.form("/sign-in", "", &format!("name=ada&password={PASSWORD}")).await;
    assert_eq!(told.header("strict-transport-security"), Some("max-age=31536000"));
    let set = told.header("set-cookie").expect("a cookie");
    for part in ["__Host-", "Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(set.contains(part), "{set}");
    }
    assert!(!set.contains("Domain"), "{set}");
    grade("sign-in", &told);
}

/// The list has "cache", "cookies" and "storage" for Clear-Site-Data. Cookies would be those of all hosts of the domain,
/// and what is stored is how somebody likes their pages.
#[actix_web::test]
async fn signing_out_has_the_browser_drop_its_pages_and_no_more() {
    let (site, owner) = Site::owned().await;
    let tracker = site.state.tracker.seen_by(&owner.who);
    let session = tracker.sign_in("ada", PASSWORD.to_owned(), &Visitor::default()).await.expect("in");
    let told = site.form("/sign-out", &bearer(&session.token), "").await;
    assert_eq!(told.header("clear-site-data"), Some("\"cache\""), "{told:?}");
    grade("sign-out", &told);
}
