//! What attackers try.

use super::super::table::{Needs, TABLE};
use super::site::{PASSWORD, Site, bearer};
use crate::web::access::Entry;
use bellwether_tracker::{ImportFile, ImportTarget, PortfolioSettings};

fn cookie(token: &str) -> String {
    format!("Cookie: bellwether-session={token}\r\n")
}

#[actix_web::test]
async fn the_first_run_makes_one_owner_and_leads_everybody_there_until_then() {
    let site = Site::locked().await;
    let told = site.get("/", "").await;
    assert_eq!((told.status, told.header("location")), (303, Some("/first-run")));
    assert_eq!(site.get("/sign-in", "").await.header("location"), Some("/first-run"));
    assert_eq!(site.get("/api/v1/portfolio", "").await.status, 401);
    let claim = format!("name=Ada&email=ada%40example.org&password={PASSWORD}&again={PASSWORD}");
    let wrong = site.form("/first-run", "", &claim.replace("again=", "again=x")).await;
    assert_eq!(wrong.status, 400, "{wrong:?}");
    assert!(!wrong.body.contains(PASSWORD), "{wrong:?}");
    let told = site.form("/first-run", "", &claim).await;
    assert_eq!((told.status, told.header("location")), (303, Some("/")), "{told:?}");
    let set = told.header("set-cookie").expect("a cookie");
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax") && set.contains("Path=/"), "{set}");
    let cookie = format!("Cookie: {}\r\n", told.cookie().expect("a cookie"));
    let told = site.get("/", &cookie).await;
    assert_eq!(told.status, 200, "{told:?}");
    assert!(told.body.contains("Create a portfolio"), "{told:?}");

    let second = site.form("/first-run", "", &claim.replace("Ada", "Eve")).await;
    assert_eq!((second.status, second.header("location")), (303, Some("/sign-in")), "{second:?}");
    assert_eq!(second.header("set-cookie"), None);
}

#[actix_web::test]
async fn where_others_could_be_first_the_owner_needs_the_code() {
    let site = Site::unclaimed(Entry { is_locked: true, is_secure: true, needs_code: true }).await;
    let code = site.state.tracker.draw_claim_code().await.expect("drawn").expect("a code");
    let claim = format!("name=Ada&password={PASSWORD}&again={PASSWORD}");
    for wrong in ["", "&code=", "&code=0123456789abcdee"] {
        let told = site.form("/first-run", "", &format!("{claim}{wrong}")).await;
        assert_eq!(told.status, 400, "{told:?}");
    }
    let told = site.form("/first-run", "", &format!("{claim}&code={code}")).await;
    assert_eq!(told.status, 303, "{told:?}");
    let set = told.header("set-cookie").expect("a cookie");
    assert!(set.starts_with("__Host-bellwether-session=bws_") && set.contains("Secure"), "{set}");
}

#[actix_web::test]
async fn through_a_proxy_that_was_not_told_of_nobody_becomes_the_owner() {
    let site = Site::locked().await;
    let claim = format!("name=Eve&password={PASSWORD}&again={PASSWORD}");
    for header in ["X-Forwarded-For: 203.0.113.9", "Forwarded: for=203.0.113.9", "X-Real-IP: 203.0.113.9"] {
        let told = site.form("/first-run", &format!("{header}\r\n"), &claim).await;
        assert!(told.status == 400 && told.body.contains("--public-url"), "{header}: {told:?}");
    }
    assert!(site.state.tracker.is_unclaimed().await.expect("known"));
    assert_eq!(site.form("/first-run", "", &claim).await.status, 303);
}

#[actix_web::test]
async fn a_session_that_an_attacker_chose_is_not_taken_and_the_old_one_ends() {
    let (site, _) = Site::owned().await;
    let planted = format!("bws_{}", "a".repeat(64));
    let form = format!("name=ada&password={PASSWORD}");
    let told =
        site.form("/sign-in", &format!("Sec-Fetch-Site: same-origin\r\n{}", cookie(&planted)), &form).await;
    assert_eq!(told.status, 303, "{told:?}");
    let given = told.cookie().expect("a cookie").to_owned();
    assert!(!given.contains(&planted), "{given}");
    assert_eq!(site.get("/account", &cookie(&planted)).await.status, 303);
    let first = format!("Sec-Fetch-Site: same-origin\r\nCookie: {given}\r\n");
    assert_eq!(site.get("/account", &first).await.status, 200);
    // Signing in again rotates it.
    let again = site.form("/sign-in", &first, &form).await;
    assert_ne!(again.cookie(), Some(given.as_str()));
    assert_eq!(site.get("/account", &first).await.status, 303);
}

#[actix_web::test]
async fn signing_out_ends_the_session_and_empties_the_browsers_store() {
    let (site, _) = Site::owned().await;
    let cookie = site.cookie("ada").await;
    assert_eq!(site.get("/account", &cookie).await.status, 200);
    let told = site.form("/sign-out", &format!("{cookie}Sec-Fetch-Site: same-origin\r\n"), "").await;
    assert_eq!((told.status, told.header("clear-site-data")), (303, Some("\"cache\"")), "{told:?}");
    assert!(told.header("set-cookie").expect("taken").contains("Max-Age=0"), "{told:?}");
    assert_eq!(site.get("/account", &cookie).await.status, 303);
    // A GET does not sign out.
    assert_eq!(site.get("/sign-out", &cookie).await.status, 405);
}

#[actix_web::test]
async fn another_site_changes_nothing_with_the_visitors_cookie() {
    let (site, owner) = Site::owned().await;
    let cookie = site.cookie("ada").await;
    let path = "/account/tokens";
    let form = "name=evil&scopes=read+write+admin&days=";
    let other_sites = [
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\n",
        "Origin: https://evil.example\r\n",
        "Origin: null\r\n",
        // A browser that says nothing, with what it sends without asking first.
        "",
    ];
    for from in other_sites {
        let told = site.form(path, &format!("{cookie}{from}"), form).await;
        assert_eq!(told.status, 403, "{from}: {told:?}");
        let kind = format!("Content-Type: text/plain\r\n{cookie}{from}");
        let told = site.ask("POST", "/api/v1/auth/tokens", &kind, "{}").await;
        assert_eq!(told.status, 403, "{from}: {told:?}");
    }
    assert!(site.state.tracker.tokens(&owner.who).await.expect("listed").is_empty());
    let same = format!("Origin: http://{}\r\n", site.address);
    for from in ["Sec-Fetch-Site: same-origin\r\n", same.as_str()] {
        assert_eq!(site.form(path, &format!("{cookie}{from}"), form).await.status, 200, "{from}");
    }
    // Programs bring what no browser sends by itself, or say what a form cannot.
    assert_eq!(site.form(path, &bearer(&owner.token), form).await.status, 200);
    let body = "{\"name\": \"x\", \"scopes\": [\"read\"]}";
    assert_eq!(site.send("POST", "/api/v1/auth/tokens", &cookie, body).await.status, 201);
}

#[actix_web::test]
async fn guessing_is_slowed_down_and_told_when_to_come_again() {
    let (site, _) = Site::owned().await;
    let guess = "{\"username\": \"ada\", \"password\": \"a wrong guess\"}";
    for _ in 0..5 {
        let told = site.send("POST", "/api/v1/auth/login", "", guess).await;
        assert_eq!(told.status, 401, "{told:?}");
        assert_eq!(told.header("content-type"), Some("application/problem+json"));
    }
    let told = site.send("POST", "/api/v1/auth/login", "", guess).await;
    assert_eq!((told.status, told.header("retry-after")), (429, Some("1")), "{told:?}");
    let told = site.form("/sign-in", "", &format!("name=ada&password={PASSWORD}")).await;
    assert_eq!((told.status, told.header("retry-after")), (429, Some("1")), "{told:?}");
}

#[actix_web::test]
async fn a_wrong_name_and_a_wrong_password_are_told_alike() {
    let (site, _) = Site::owned().await;
    let told = async |name: &str| {
        let told = site.form("/sign-in", "", &format!("name={name}&password=wrong+password")).await;
        (told.status, told.body.replace(&format!("value=\"{name}\""), ""))
    };
    assert_eq!(told("ada").await, told("eve").await);
    let program = async |name: &str| {
        let body = format!("{{\"email\": \"{name}\", \"password\": \"wrong password\"}}");
        let told = site.send("POST", "/api/v1/auth/login", "", &body).await;
        (told.status, told.body)
    };
    assert_eq!(program("ada").await, program("eve").await);
}

#[actix_web::test]
async fn too_many_requests_are_told_when_to_come_again() {
    let (site, owner) = Site::owned().await;
    let mut refused = None;
    for _ in 0..400 {
        let told = site.get("/api/v1/portfolio", "").await;
        if told.status == 429 {
            refused = Some(told);
            break;
        }
        assert_eq!(told.status, 401, "{told:?}");
    }
    let refused = refused.expect("after the burst");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(refused.header("content-type"), Some("application/problem+json"));
    // Who was let in has limits of their own, and health checks none.
    assert_eq!(site.get("/api/v1/portfolio", &bearer(&owner.token)).await.status, 200);
    assert_eq!(site.get("/healthz", "").await.status, 200);
}

#[actix_web::test]
async fn guesses_at_tokens_beyond_the_rate_reach_no_database() {
    let (site, owner) = Site::owned().await;
    assert_eq!(site.get("/api/v1/portfolio", &bearer(&owner.token)).await.status, 200);
    let guess = |number: usize, prefix: &str| format!("{prefix}_{number:064x}");
    let asked = async |number: usize| {
        let told = if number % 2 == 0 {
            site.get("/api/v1/portfolio", &bearer(&guess(number, "bwt"))).await
        } else {
            site.get("/api/v1/portfolio", &cookie(&guess(number, "bws"))).await
        };
        told.status
    };
    let mut refused = 0;
    let before = site.state.tracker.database_health().reads;
    for number in 0..400 {
        match asked(number).await {
            401 => {}
            429 => refused += 1,
            other => panic!("{other}"),
        }
    }
    let reads = site.state.tracker.database_health().reads - before;
    assert!(refused > 0 && reads <= 400 - refused, "{refused} {reads}");
    // Whoever was let in lately is not kept out by them.
    assert_eq!(site.get("/api/v1/portfolio", &bearer(&owner.token)).await.status, 200);
}

#[actix_web::test]
async fn the_way_back_after_signing_in_stays_here_and_splits_no_header() {
    let (site, _) = Site::owned().await;
    let told = site.get("/portfolio/transactions?x=%0d%0aset-cookie:%20a=b", "").await;
    let location = told.header("location").expect("where").to_owned();
    assert!(location.starts_with("/sign-in?next=%2Fportfolio%2Ftransactions"), "{location}");
    let bad = [
        "https%3A%2F%2Fevil.example",
        "%2F%2Fevil.example",
        "%2F%5Cevil.example",
        "%2F%09%2Fevil.example",
        "%2F%0D%0ASet-Cookie%3A+a%3Db",
        "javascript%3Aalert(1)",
    ];
    for next in bad {
        let form = format!("name=ada&password={PASSWORD}&next={next}");
        let told = site.form("/sign-in", "", &form).await;
        assert_eq!((told.status, told.header("location")), (303, Some("/")), "{next}: {told:?}");
        assert_eq!(told.head.matches("set-cookie").count(), 1, "{next}: {told:?}");
    }
    let form = format!("name=ada&password={PASSWORD}&next=%2Fcash-flows%3Fa%3D1");
    assert_eq!(site.form("/sign-in", "", &form).await.header("location"), Some("/cash-flows?a=1"));
}

#[actix_web::test]
async fn looking_and_asking_for_options_change_nothing() {
    let (site, owner) = Site::owned().await;
    let state = async || {
        let tracker = site.state.tracker.seen_by(&owner.who);
        let ledger = tracker.ledger(owner.portfolio).await.expect("a ledger");
        format!(
            "{:?}{:?}{:?}{:?}{:?}{:?}",
            tracker.users().await.expect("users"),
            tracker.sessions(&owner.who).await.expect("sessions").len(),
            tracker.tokens(&owner.who).await.expect("tokens"),
            tracker.share_links().await.expect("links"),
            tracker.portfolios().await.expect("portfolios"),
            (ledger, tracker.targets(owner.portfolio).await.expect("targets")),
        )
    };
    let before = state().await;
    for (pattern, seeing, _) in TABLE.iter().filter(|(_, seeing, _)| *seeing != Needs::Nothing) {
        let path = pattern.replace("{portfolio}", &owner.portfolio.to_string()).replace(['{', '}'], "");
        for method in ["GET", "HEAD", "OPTIONS", "TRACE"] {
            if *pattern == "/api/v1/events" && method == "HEAD" {
                continue;
            }
            let told = site.ask(method, &path, &bearer(&owner.token), "").await;
            assert!(told.status > 0 && told.status < 500, "{method} {path} ({seeing:?}): {told:?}");
            if matches!(method, "OPTIONS" | "TRACE") {
                assert_eq!(told.status, 405, "{method} {path}: {told:?}");
            }
        }
    }
    assert_eq!(state().await, before);
}

#[actix_web::test]
async fn large_and_deep_bodies_are_refused_before_they_cost_anything() {
    let (site, owner) = Site::owned().await;
    let head = bearer(&owner.token);
    let large = format!("{{\"name\": \"{}\"}}", "x".repeat(400_000));
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let deep_value = format!("{{\"password\": {deep}}}");
    let routes = [
        ("POST", "/api/v1/auth/login"),
        ("PUT", "/api/v1/auth/password"),
        ("POST", "/api/v1/auth/tokens"),
        ("POST", "/api/v1/share-links"),
        ("POST", "/api/v1/users"),
        ("PUT", "/api/v1/allocations"),
        ("POST", "/api/v1/notifications/rules"),
        ("POST", "/api/v1/notifications/read"),
        ("PUT", "/api/v1/notifications/quiet-hours"),
        ("POST", "/api/prices"),
    ];
    for (method, path) in routes {
        for body in [&large, &deep, &deep_value] {
            let told = site.send(method, path, &head, body).await;
            // Where the server closed before all was sent there is no answer to read.
            assert!(matches!(told.status, 0 | 400 | 413), "{method} {path}: {} {}", told.status, told.body);
        }
    }
    let told = site.send("POST", "/api/v1/auth/login", "", &deep).await;
    assert_eq!(told.status, 400, "{told:?}");
    let long = format!("name=ada&password={}", "x".repeat(20_000));
    let told = site.form("/sign-in", "", &long).await;
    assert!(matches!(told.status, 400 | 413), "{told:?}");
}

#[actix_web::test]
async fn a_nul_in_a_text_is_refused_and_fails_nowhere() {
    let (site, owner) = Site::owned().await;
    let head = bearer(&owner.token);
    for path in ["/api/v1/jobs?kind=%00", "/api/v1/jobs?key=a%00b"] {
        assert_eq!(site.get(path, &head).await.status, 400, "{path}");
    }
    let form = "name=a%00b&currency=USD&cost_method=fifo";
    assert_eq!(site.form("/portfolios", &head, form).await.status, 400);
    assert_eq!(site.form("/sign-in", "", "name=a%00da&password=wrong+password").await.status, 403);
    let body = "{\"username\": \"a\\u0000da\", \"password\": \"wrong password\"}";
    assert_eq!(site.send("POST", "/api/v1/auth/login", "", body).await.status, 401);
}

#[actix_web::test]
async fn a_password_is_in_no_answer_and_a_token_in_one() {
    let (site, owner) = Site::owned().await;
    let head = bearer(&owner.token);
    let made =
        site.send("POST", "/api/v1/auth/tokens", &head, "{\"name\": \"x\", \"scopes\": [\"read\"]}").await;
    let token = made.json()["token"].as_str().expect("told once").to_owned();
    for path in ["/api/v1/auth/tokens", "/api/v1/auth/sessions", "/api/v1/users", "/account", "/users"] {
        let told = site.get(path, &head).await;
        assert_eq!((told.status, told.header("cache-control")), (200, Some("no-store")), "{path}: {told:?}");
        for secret in [token.as_str(), owner.token.as_str(), "argon2", PASSWORD] {
            assert!(!told.body.contains(secret), "{path} tells {secret}");
        }
    }
    // What is no JSON is not repeated: it may hold a password.
    let told = site.send("POST", "/api/v1/auth/login", "", "{\"password\": \"hunter2hunter2\", }").await;
    assert!(told.status == 400 && !told.body.contains("hunter2"), "{told:?}");
}

#[actix_web::test]
async fn tokens_are_no_cookies_and_a_wrong_one_is_not_made_good_by_a_cookie() {
    let (site, owner) = Site::owned().await;
    let token = site.token(&owner, "read").await;
    assert_eq!(site.get("/api/v1/portfolio", &bearer(&token.token)).await.status, 200);
    assert_eq!(site.get("/api/v1/portfolio", &cookie(&token.token)).await.status, 401);
    let session = site.cookie("ada").await;
    assert_eq!(site.get("/api/v1/portfolio", &session).await.status, 200);
    for wrong in ["Bearer bwt_wrong", "bearer", "BEARER  x", "Bearer "] {
        let head = format!("{session}Authorization: {wrong}\r\n");
        assert_eq!(site.get("/api/v1/portfolio", &head).await.status, 401, "{wrong}");
    }
    // A proxy before it may ask for a password of its own, which says nothing here.
    for other in ["Basic YWRhOng=", "x"] {
        let told = format!("Authorization: {other}\r\n");
        let path = "/api/v1/portfolio";
        assert_eq!(site.get(path, &format!("{session}{told}")).await.status, 200, "{other}");
        assert_eq!(site.get(path, &told).await.status, 401, "{other}");
        // What counts is the cookie then, with all that guards it.
        let told = format!("{session}{told}Sec-Fetch-Site: cross-site\r\n");
        assert_eq!(site.form("/account/tokens", &told, "name=evil&scopes=read").await.status, 403, "{other}");
    }
}

#[actix_web::test]
async fn a_name_that_is_a_script_is_text_on_every_page() {
    let (site, owner) = Site::owned().await;
    let head = bearer(&owner.token);
    let script = "%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    let links = format!("portfolio={}&name={script}", owner.portfolio);
    let forms = [
        ("/account/tokens", format!("name={script}&scopes=read")),
        ("/account/links", links),
        ("/users", format!("name={script}&role=member&password=long+enough+password")),
    ];
    for (path, form) in forms {
        let told = site.form(path, &head, &form).await;
        assert!(matches!(told.status, 200 | 303), "{told:?}");
        let page = if path == "/users" { "/users" } else { "/account" };
        let told = site.get(page, &head).await;
        assert!(told.body.contains("&lt;script&gt;alert(1)"), "{path}: {told:?}");
        assert!(!told.body.contains("<script>alert"), "{path}");
    }
}

#[actix_web::test]
async fn a_portfolio_whose_texts_are_scripts_is_text_on_every_page() {
    let (site, owner) = Site::owned().await;
    let (script, head) = ("<script>alert(1)</script>", bearer(&owner.token));
    let tracker = site.state.tracker.seen_by(&owner.who);
    let csv =
        format!("Ticker,Type,Date,Price,Shares,Notes\nKO,Buy,2024-03-05,61.75,3,{script}\n{script},,,,,\n");
    let file = ImportFile { name: format!("{script}.csv"), bytes: csv.into_bytes(), currency: None };
    let named = ImportTarget::Named(PortfolioSettings::named(script));
    tracker.import(named, file, false).await.expect("imported");
    let id = tracker.portfolio_named(script).await.expect("there").id;
    let (token, _) = tracker.add_share_link(id, script, None).await.expect("made");
    let upload = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.csv\"\r\n\r\n\
         Ticker,Type,Date,Price,Shares\n{script},Buy,2024-03-05,1,{script}\n\r\n--edge--\r\n"
    );
    let multipart = format!("{head}Content-Type: multipart/form-data; boundary=edge\r\n");
    let mut pages = vec![
        site.ask("POST", &format!("/portfolio/{id}/import"), &multipart, &upload).await,
        site.get("/%3Cscript%3Ealert(1)%3C/script%3E", &head).await,
        site.get(&format!("/dashboard/{id}?range=%3Cscript%3Ealert(1)%3C/script%3E"), &head).await,
        site.get(&format!("/shared/{token}"), "").await,
        site.get("/sign-in?next=%2F%3Cscript%3Ealert(1)%3C/script%3E", "").await,
        site.form("/sign-in", "", "name=%3Cscript%3Ealert(1)%3C/script%3E&password=x").await,
    ];
    for path in ["/account", "/users", "/notifications", "/monitoring", "/first-run"] {
        pages.push(site.get(path, &head).await);
    }
    pages.push(site.get(&format!("/dashboard/{id}"), &head).await);
    for told in &pages {
        let kind = told.header("content-type").expect("a page");
        assert!(kind.starts_with("text/html") && told.status > 0 && told.status < 500, "{told:?}");
        assert!(!told.body.contains("<script>alert"), "{told:?}");
    }
    let dashboard = pages.last().expect("the dashboard");
    assert!(dashboard.body.contains("&lt;script&gt;alert(1)"), "{dashboard:?}");
}

#[actix_web::test]
async fn no_path_leads_to_a_file() {
    let (site, owner) = Site::owned().await;
    let paths = [
        "/assets/../Cargo.toml",
        "/assets/%2e%2e/Cargo.toml",
        "/assets/%2e%2e%2fCargo.toml",
        "/assets/..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/assets/..%5c..%5cCargo.toml",
        "/assets//etc/passwd",
        "/../../../../etc/passwd",
        "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/api/v1/jobs/..%2f..%2fetc%2fpasswd/result",
    ];
    for path in paths {
        let told = site.get(path, &bearer(&owner.token)).await;
        assert_eq!(told.status, 404, "{path}: {told:?}");
        assert!(!told.body.contains("[package]") && !told.body.contains("root:"), "{path}: {told:?}");
    }
}

#[actix_web::test]
async fn a_shared_portfolio_tells_no_amount_and_its_link_opens_nothing_else() {
    let (site, owner) = Site::owned().await;
    // 7,313 shares bought at 61.75 USD for 451,577.75 and worth 453,406 at 62.
    let price = "62".parse().expect("a price");
    let (symbol, usd) = ("KO".parse().expect("a symbol"), "USD".parse().ok());
    site.state.tracker.record_price(symbol, None, price, usd).await.expect("recorded");
    let body = format!("{{\"portfolio\": \"{}\", \"name\": \"for Grace\"}}", owner.portfolio);
    let made = site.send("POST", "/api/v1/share-links", &bearer(&owner.token), &body).await;
    assert_eq!(made.status, 201, "{made:?}");
    let path = made.json()["path"].as_str().expect("a path").to_owned();
    let told = site.get(&path, "").await;
    assert_eq!(told.status, 200, "{told:?}");
    assert!(
        told.body.contains("KO") && told.body.contains("+0.40%") && told.body.contains("100.00%"),
        "{told:?}"
    );
    for amount in ["7,313", "7313", "451,", "451577", "453,", "453406", "61.75", "62.00", "$"] {
        assert!(!told.body.contains(amount), "it tells {amount}: {}", told.body);
    }
    assert_eq!(told.header("referrer-policy"), Some("no-referrer"));
    let shown = told.body.split("<main").nth(1).expect("a page");
    assert!(!shown.contains("title=\""), "nothing on hover: {shown}");
    assert_eq!(told.header("x-robots-tag"), Some("noindex"));
    let token = path.rsplit('/').next().expect("a token");
    assert_eq!(site.get("/api/v1/portfolio", &bearer(token)).await.status, 401);
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    let path_of_link = format!("/api/v1/share-links/{id}");
    assert_eq!(site.ask("DELETE", &path_of_link, &bearer(&owner.token), "").await.status, 204);
    assert_eq!(site.get(&path, "").await.status, 404);
}

#[actix_web::test]
async fn a_shared_portfolio_does_not_say_why_a_figure_is_unknown() {
    let (site, owner) = Site::owned().await;
    let tracker = site.state.tracker.seen_by(&owner.who);
    // Of KO, whose price nobody knows, and of MSFT.
    let csv = "Ticker,Type,Date,Price,Shares\nMSFT,Buy,2024-03-05,400,7313\n".as_bytes().to_vec();
    let file = ImportFile { name: "more.csv".to_owned(), bytes: csv, currency: None };
    tracker.import(ImportTarget::Portfolio(owner.portfolio), file, false).await.expect("imported");
    let (token, _) = tracker.add_share_link(owner.portfolio, "for Grace", None).await.expect("made");
    let told = site.get(&format!("/shared/{token}"), "").await;
    assert_eq!(told.status, 200, "{told:?}");
    let shown = told.body.split("<main").nth(1).expect("a page");
    for secret in ["title=\"", "7313", "7,313", "no price", "61.75", "400"] {
        assert!(!shown.contains(secret), "it tells {secret}: {shown}");
    }
}

#[actix_web::test]
async fn warm_pages_cost_no_query_for_whoever_looks() {
    let (site, owner) = Site::owned().await;
    let path = format!("/dashboard/{}", owner.portfolio);
    let head = bearer(&owner.token);
    assert_eq!(site.get(&path, &head).await.status, 200);
    let reads = || site.state.tracker.database_health().reads;
    let before = reads();
    for _ in 0..20 {
        assert_eq!(site.get(&path, &head).await.status, 200);
    }
    // Twenty requests take less than five seconds, after which whoever asks is looked up again.
    assert!(reads() - before <= 5, "{}", reads() - before);
}

#[actix_web::test]
async fn without_sign_in_whoever_reaches_it_is_the_owner() {
    let site = Site::unclaimed(Entry::default()).await;
    assert_eq!(site.get("/", "").await.status, 200);
    assert_eq!(site.get("/monitoring", "").await.status, 200);
    assert_eq!(site.get("/sign-in?next=%2Fmonitoring", "").await.header("location"), Some("/monitoring"));
    let told = site.get("/account", "").await;
    assert!(told.status == 200 && told.body.contains("no sign-in"), "{told:?}");
}
