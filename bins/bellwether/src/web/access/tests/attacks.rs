//! What attackers try.

use super::super::table::{COSTLY, Needs, TABLE};
use super::authorisation::path_of;
use super::site::{Objects, PASSWORD, Site, bearer};
use crate::web::access::Entry;

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
    let site =
        Site::unclaimed(Entry { is_locked: true, is_secure: true, needs_code: true, ..Entry::default() })
            .await;
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
async fn what_costs_much_has_a_limit_of_its_own_by_user() {
    for (method, pattern) in COSTLY {
        assert!(TABLE.iter().any(|(known, ..)| known == pattern), "{method} {pattern}");
    }
    let (site, owner) = Site::owned().await;
    let tokens = [site.token(&owner, "read write").await, site.token(&owner, "write").await];
    let path = format!("/api/v1/portfolios/{}/reports", owner.portfolio);
    let mut refused = None;
    for number in 0..400 {
        let head = bearer(&tokens[number % 2].token);
        let told = site.send("POST", &path, &head, "{}").await;
        if told.status == 429 {
            refused = Some((number, told));
            break;
        }
        assert_eq!(told.status, 400, "{told:?}");
    }
    let (number, refused) = refused.expect("after the burst");
    assert!(number >= 120 && refused.header("retry-after") == Some("1"), "{number} {refused:?}");
    assert_eq!(refused.header("content-type"), Some("application/problem+json"));
    // Everything else is still served, and others are.
    assert_eq!(site.get("/api/v1/portfolio", &bearer(&tokens[0].token)).await.status, 200);
    site.add("grace", bellwether_domain::Role::Member).await;
    let member = site.person("grace", None).await;
    let path = format!("/api/v1/portfolios/{}/reports", member.portfolio);
    assert_eq!(site.send("POST", &path, &bearer(&member.token), "{}").await.status, 400);
}

#[actix_web::test]
async fn another_site_is_refused_by_every_route_that_changes_something() {
    let (site, owner) = Site::owned().await;
    let cookie = site.cookie("ada").await;
    let mut asked = 0;
    for (pattern, ..) in TABLE {
        let path = path_of(pattern, &Objects::none(&owner.portfolio.to_string()), "none", "none");
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            for from in [
                "Sec-Fetch-Site: cross-site\r\n",
                "Sec-Fetch-Site: same-site\r\n",
                "Origin: https://evil.example\r\n",
            ] {
                asked += 1;
                let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
                let told = site.ask(method, &path, &format!("{kind}{cookie}{from}"), "").await;
                assert_eq!(told.status, 403, "{method} {path} {from}: {told:?}");
            }
        }
    }
    assert!(asked > 500, "{asked}");
}

#[actix_web::test]
async fn no_text_that_somebody_chose_makes_a_header() {
    let (site, owner) = Site::owned().await;
    let head = bearer(&owner.token);
    let split = |told: &super::site::Told| {
        told.head.to_ascii_lowercase().contains("x-evil")
            || told.header("set-cookie").is_some_and(|set| set.contains("evil"))
    };
    let evil = "a%22%0d%0aX-Evil:%201%0d%0aSet-Cookie:%20evil=1";
    for (pattern, seeing, _) in TABLE {
        if *pattern == "/api/v1/events" || *seeing == Needs::Nothing {
            continue;
        }
        let pattern = pattern.split('{').next().expect("a beginning");
        for path in [
            format!("{pattern}{evil}"),
            format!("{pattern}?next={evil}&cursor={evil}&job={evil}&code={evil}"),
        ] {
            for head in [head.as_str(), ""] {
                let told = site.get(&path, head).await;
                assert!(told.status < 500 && !split(&told), "{path}: {told:?}");
            }
        }
    }
    let forms = [
        ("/portfolios", format!("name={evil}&currency=USD&cost_method=fifo")),
        ("/account/tokens", format!("name={evil}&scopes=read")),
        ("/users", format!("name={evil}&role=member&password=long+enough+password")),
        ("/sign-in", format!("name={evil}&password={evil}&next={evil}")),
        ("/first-run", format!("name={evil}&password={evil}&again={evil}&code={evil}")),
    ];
    for (path, form) in forms {
        let told = site.form(path, &head, &form).await;
        assert!(told.status > 0 && told.status < 500 && !split(&told), "{path}: {told:?}");
    }
    for host in [
        "evil.example",
        "127.0.0.1 evil.example",
        "127.0.0.1\tX-Evil: 1",
        "127.0.0.1/evil",
        "",
        "[::1",
        "a@127.0.0.1.evil.example",
    ] {
        let request = format!("GET /nothing HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{head}\r\n");
        let told = site.raw(&[request.as_bytes()]).await;
        assert!(matches!(told.status, 400 | 404 | 421) && !split(&told), "{host}: {told:?}");
        assert!(
            told.status != 404 || host.starts_with("127.0.0.1") || host.starts_with("[::1"),
            "{host}: {told:?}"
        );
        assert_eq!(told.header("location"), None);
    }
}

#[actix_web::test]
async fn guesses_at_tokens_beyond_the_rate_reach_no_database() {
    let (site, owner) = Site::owned().await;
    assert_eq!(site.get("/api/v1/portfolio", &bearer(&owner.token)).await.status, 200);
    let guess = |number: usize, prefix: &str| format!("{prefix}_{number:064x}");
    let asked = async |number: usize| {
        let told = if number.is_multiple_of(2) {
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
async fn looking_and_asking_for_options_change_nothing() {
    let (site, owner) = Site::owned().await;
    let state = async || {
        let tracker = site.state.tracker.seen_by(&owner.who);
        let ledger = tracker.ledger(owner.portfolio).await.expect("a ledger");
        format!(
            "{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}",
            tracker.notification_rules().await.expect("rules"),
            tracker.quiet_hours().await.expect("hours"),
            tracker.unread_notifications().await.expect("a number"),
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
