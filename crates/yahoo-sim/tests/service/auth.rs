//! Cookie, crumb and consent.

use bellwether_yahoo_sim::{ConsentMode, Route};
use chrono::TimeDelta;

use crate::{Reply, Stage, send};

const QUOTE: &str = "/v7/finance/quote?symbols=AAPL";

fn cookie(reply: &Reply) -> String {
    let set = reply.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    let pairs: Vec<_> = set.filter_map(|cookie| cookie.split(';').next()).collect();
    assert!(!pairs.is_empty(), "no cookie");
    pairs.join("; ")
}

async fn crumb(stage: &Stage, cookie: &str) -> Reply {
    send(stage.request("/v1/test/getcrumb").header("cookie", cookie)).await.unwrap()
}

async fn quote(stage: &Stage, cookie: &str, crumb: &str) -> Reply {
    let encoded = crumb.replace('/', "%2F");
    send(stage.request(&format!("{QUOTE}&crumb={encoded}")).header("cookie", cookie)).await.unwrap()
}

fn description(reply: &Reply) -> String {
    reply.json()["finance"]["error"]["description"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn cookie_and_crumb_open_the_quote() {
    let stage = Stage::new();
    let page = stage.get("/fc/").await;
    assert_eq!(page.status, 404, "only the cookie matters");
    let cookie = cookie(&page);
    let given = crumb(&stage, &cookie).await;
    assert_eq!((given.status, given.body.len()), (200, 11));
    assert_eq!(given.header("cache-control"), Some("private, max-age=60, stale-while-revalidate=30"));
    assert_eq!(crumb(&stage, &cookie).await.body, given.body, "bound to the cookie");
    assert_eq!(quote(&stage, &cookie, &given.body).await.status, 200);
    assert_eq!(stage.sim.counters().since_start.handshakes, 2);
}

#[tokio::test]
async fn without_them_it_is_closed_with_two_different_texts() {
    let stage = Stage::new();
    let nothing = stage.get(QUOTE).await;
    assert_eq!(nothing.status, 401);
    assert_eq!(
        description(&nothing),
        "User is unable to access this feature - https://bit.ly/yahoo-finance-api-feedback"
    );
    let cookie = cookie(&stage.get("/").await);
    assert_eq!(description(&quote(&stage, &cookie, "wrong").await), "Invalid Crumb");
    let stranger = crumb(&stage, "A3=from-elsewhere").await;
    assert_eq!((stranger.status, description(&stranger).as_str()), (401, "Invalid Cookie"));
    stage.sim.adjust(|behaviour| behaviour.crumb.invalid_cookie_text = true);
    let text = crumb(&stage, "A3=from-elsewhere").await;
    assert_eq!((text.status, text.body.as_str()), (200, "Invalid Cookie"));
    let summary = stage.get("/v10/finance/quoteSummary/AAPL?modules=price").await;
    assert_eq!(summary.status, 401);
}

#[tokio::test]
async fn crumbs_expire_by_age_use_and_order() {
    let stage = Stage::new();
    let cookie = cookie(&stage.get("/consent").await);
    let first = crumb(&stage, &cookie).await.body;
    stage.sim.expire_crumbs();
    assert_eq!(description(&quote(&stage, &cookie, &first).await), "Invalid Crumb");
    let second = crumb(&stage, &cookie).await.body;
    assert_ne!(first, second);

    stage.sim.adjust(|behaviour| behaviour.crumb.ttl_s = Some(60));
    assert_eq!(quote(&stage, &cookie, &second).await.status, 200);
    stage.sim.clock().advance(TimeDelta::seconds(60)).unwrap();
    assert_eq!(quote(&stage, &cookie, &second).await.status, 401);

    stage.sim.adjust(|behaviour| behaviour.crumb.rotate_after = Some(2));
    let third = crumb(&stage, &cookie).await.body;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(quote(&stage, &cookie, &third).await.status);
    }
    assert_eq!(statuses, [200, 200, 401]);
}

#[tokio::test]
async fn a_crumb_can_be_bound_to_its_user_agent() {
    let stage = Stage::new();
    stage.sim.adjust(|behaviour| behaviour.crumb.bind_user_agent = true);
    let cookie = cookie(&stage.get("/").await);
    let crumb = crumb(&stage, &cookie).await.body.replace('/', "%2F");
    let request = stage.request(&format!("{QUOTE}&crumb={crumb}")).header("cookie", &cookie);
    assert_eq!(send(request.header("user-agent", "other/1")).await.unwrap().status, 401);
}

#[tokio::test]
async fn a_throttled_handshake_gives_words_that_are_no_crumb() {
    let stage = Stage::new();
    stage.sim.adjust(|behaviour| behaviour.crumb.throttled = true);
    let cookie = cookie(&stage.get("/").await);
    let refused = crumb(&stage, &cookie).await;
    assert_eq!((refused.status, refused.body.as_str()), (429, "Too Many Requests\r\n"));
    assert_eq!(stage.sim.counters().since_start.handshakes, 0);
}

#[tokio::test]
async fn a_consent_form_leads_to_the_cookie() {
    let stage = Stage::new();
    stage.sim.adjust(|behaviour| behaviour.consent = ConsentMode::Form);
    let page = stage.get("/quote/AAPL").await;
    assert_eq!(page.status, 307);
    let step = |reply: &Reply| reply.header("location").unwrap().replace(&stage.sim.base_url(), "");
    let entry = stage.get(&step(&page)).await;
    assert_eq!(entry.status, 302);
    let form_at = step(&entry);
    let form = stage.get(&form_at).await;
    assert!(form.status == 200 && form.body.contains("name=\"csrfToken\" value=\"csrf\""));
    let post = |fields: &'static str| {
        let request = stage.client.post(format!("{}{form_at}", stage.sim.base_url()));
        send(request.header("content-type", "application/x-www-form-urlencoded").body(fields))
    };
    assert_eq!(post("agree=agree").await.unwrap().status, 400, "without its token");
    let posted = post("csrfToken=csrf&sessionId=session&namespace=yahoo&reject=reject").await.unwrap();
    assert_eq!(posted.status, 302);
    let copy = send(stage.request(&step(&posted)).header("cookie", cookie(&posted))).await.unwrap();
    let cookies = cookie(&copy);
    assert!(
        copy.status == 302
            && ["GUC=", "A3=", "A1S=", "EuConsent=", "A1="].iter().all(|name| cookies.contains(name))
    );
    assert!(copy.header("location").unwrap().ends_with("?guccounter=1"));
    assert_eq!(crumb(&stage, &cookies).await.body.len(), 11);
    assert!(stage.sim.counters().since_start.route(Route::Consent).calls >= 4);
}

#[tokio::test]
async fn a_consent_host_may_send_straight_back() {
    let stage = Stage::new();
    stage.sim.adjust(|behaviour| behaviour.consent = ConsentMode::Bounce);
    let page = stage.get("/quote/AAPL").await;
    let bounced = stage.get(&page.header("location").unwrap().replace(&stage.sim.base_url(), "")).await;
    assert_eq!(bounced.status, 302);
    let cookies = cookie(&bounced);
    let back = bounced.header("location").unwrap().replace(&stage.sim.base_url(), "");
    let home = send(stage.request(&back).header("cookie", cookies)).await.unwrap();
    assert_eq!(home.status, 301);
    let home = home.header("location").unwrap().replace(&stage.sim.base_url(), "");
    let known = cookie(&bounced);
    assert_eq!(send(stage.request(&home).header("cookie", known)).await.unwrap().status, 200);
    assert!(stage.get("/guce/copyConsent").await.status == 404, "there is no form in this flow");
}

#[tokio::test]
async fn without_consent_the_page_itself_sets_the_cookie() {
    let stage = Stage::new();
    let page = stage.get("/quote/AAPL").await;
    assert_eq!(page.status, 200);
    assert_eq!(crumb(&stage, &cookie(&page)).await.status, 200);
}
