//! Scripts, line breaks, paths and other texts that mean more than they should.

use bellwether_tracker::{ImportFile, ImportTarget, PortfolioSettings};

use super::super::table::{Needs, TABLE};
use super::authorisation::path_of;
use super::site::{PASSWORD, Site, bearer};

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

/// Pages are found by the table of addresses, so that one that comes later is looked at too.
#[actix_web::test]
async fn a_script_in_every_text_is_text_on_every_page_that_there_is() {
    let (site, owner) = Site::owned().await;
    let head = bearer(&owner.token);
    let script = "<script>alert(1)</script>";
    let coded = "%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    let tracker = site.state.tracker.seen_by(&owner.who);
    // Each text that somebody can leave here: what a program calls itself, names, notes, addresses, files.
    let agent = format!("User-Agent: {script}\r\n");
    assert_eq!(site.form("/sign-in", &agent, &format!("name=ada&password={PASSWORD}")).await.status, 303);
    let forms = [
        ("/account/tokens", format!("name={coded}&scopes=read")),
        ("/account/links", format!("portfolio={}&name={coded}", owner.portfolio)),
        (
            "/users",
            format!("name={coded}&email={coded}%40example.org&role=member&password=long+enough+password"),
        ),
        ("/portfolios", format!("name={coded}&currency=USD&cost_method=fifo")),
    ];
    for (path, form) in forms {
        let told = site.form(path, &head, &form).await;
        assert!(matches!(told.status, 200 | 303), "{path}: {told:?}");
        assert!(!told.body.contains(script), "{path}: {told:?}");
    }
    let csv =
        format!("Ticker,Type,Date,Price,Shares,Notes\nKO,Buy,2024-03-05,61.75,3,{script}\n{script},,,,,\n");
    let file = ImportFile { name: format!("../../{script}.csv"), bytes: csv.into_bytes(), currency: None };
    tracker.import(ImportTarget::Portfolio(owner.portfolio), file, false).await.expect("imported");
    let objects = site.objects_of(&owner).await;
    let mut pages = 0;
    for (pattern, seeing, _) in TABLE.iter().filter(|(_, seeing, _)| *seeing != Needs::Nothing) {
        if *pattern == "/api/v1/events" {
            continue;
        }
        let path = path_of(pattern, &objects, "none", "none");
        let query = format!("range={coded}&as_of={coded}&job={coded}&next={coded}&cursor={coded}");
        for path in [path.clone(), format!("{path}?{query}")] {
            let told = site.get(&path, &head).await;
            assert!(told.status < 500, "{path} ({seeing:?}): {told:?}");
            let kind = told.header("content-type").unwrap_or_default();
            if kind.starts_with("text/html") {
                pages += 1;
                assert!(!told.body.contains("<script>alert"), "{path}: {told:?}");
            } else {
                // Browsers take it for what it says: nothing else is a page.
                assert_eq!(told.header("x-content-type-options"), Some("nosniff"), "{path}");
                assert!(!kind.contains("svg") && !kind.contains("xml"), "{path}: {kind}");
            }
        }
    }
    assert!(pages > 8, "{pages}");
    let account = site.get("/account", &head).await;
    assert!(account.body.contains("&lt;script&gt;alert(1)"), "{account:?}");
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
        "/shared/..%2f..%2fetc%2fpasswd",
        "/dashboard/..%2f..%2fetc%2fpasswd",
    ];
    for path in paths {
        let told = site.get(path, &bearer(&owner.token)).await;
        assert_eq!(told.status, 404, "{path}: {told:?}");
        assert!(!told.body.contains("[package]") && !told.body.contains("root:"), "{path}: {told:?}");
    }
}
