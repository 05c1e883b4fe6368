//! What whoever has a link sees.

use bellwether_tracker::{ImportFile, ImportTarget};

use super::site::{Site, bearer};

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
