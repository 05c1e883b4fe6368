//! Files that are larger, deeper or other than they look, as they come in over HTTP.

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::site::{Person, Site, Told, bearer};

/// Much longer than any of these may take, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(90);
/// Beyond the rows that were sent, which are told as they are, more than any of these is told.
const LONGEST_ANSWER: usize = 64 << 10;

const SECRET: &str = "the content of a file of this machine";

/// Uploads a file by each way there is, and says what was answered: refused, or a draft and its rows.
async fn uploaded(site: &Site, person: &Person, name: &str, file: &[u8]) -> Vec<Told> {
    let head = bearer(&person.token);
    let portfolio = person.portfolio;
    let path = format!("/api/v1/portfolios/{portfolio}/imports?name={name}");
    let begun = site.upload(&path, &head, file);
    let told = tokio::time::timeout(PATIENCE, begun).await.unwrap_or_else(|_| panic!("{name} hangs"));
    let mut all = Vec::new();
    if let Some(location) = told.header("location").map(str::to_owned) {
        for part in ["", "/rows", "/rejects.csv"] {
            let path = format!("{location}{part}");
            let asked = site.get(&path, &head);
            all.push(tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| panic!("{name} hangs")));
        }
        let committed = site.send("POST", &format!("{location}/commit"), &head, "").await;
        all.push(committed);
        site.send("DELETE", &location, &head, "").await;
    }
    all.push(told);
    let multipart = format!("{head}Content-Type: multipart/form-data; boundary=edge\r\n");
    let mut form =
        format!("--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n")
            .into_bytes();
    form.extend_from_slice(file);
    form.extend_from_slice(b"\r\n--edge--\r\n");
    for path in [format!("/portfolio/{portfolio}/import"), format!("/portfolio/{portfolio}/imports")] {
        let begin = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{multipart}Content-Length: {}\r\n\r\n",
            site.address,
            form.len()
        );
        let pieces: [&[u8]; 2] = [begin.as_bytes(), &form];
        let asked = site.raw(&pieces);
        all.push(tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| panic!("{name} hangs")));
    }
    for told in &all {
        assert!(told.status >= 200 && told.status < 500, "{name}: {told:?}");
        assert!(
            told.body.len() < LONGEST_ANSWER + 2 * file.len(),
            "{name}: {} bytes, {}",
            told.body.len(),
            told.head
        );
        assert!(!told.body.contains(SECRET) && !told.body.contains("root:"), "{name}: {told:?}");
    }
    all
}

async fn nothing_was_booked(site: &Site, person: &Person, before: usize) {
    let ledger = site.state.tracker.seen_by(&person.who).ledger(person.portfolio).await.expect("a ledger");
    assert_eq!(ledger.len(), before);
}

/// A document type in which each entity is ten times the one before: a thousand million words in all.
fn laughs() -> String {
    let entity = |level: usize| {
        let ten = format!("&l{};", level - 1).repeat(10);
        format!("<!ENTITY l{level} \"{ten}\">")
    };
    let entities: Vec<String> = (1..10).map(entity).collect();
    format!("<!DOCTYPE x [<!ENTITY l0 \"lol\">{}]>", entities.concat())
}

fn flex(types: &str, symbol: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>{types}<FlexQueryResponse queryName=\"q\" type=\"AF\"><FlexStatements count=\"1\">\
         <FlexStatement accountId=\"U1\" fromDate=\"20240101\" toDate=\"20241231\"><Trades>\
         <Trade accountId=\"U1\" currency=\"USD\" assetCategory=\"STK\" symbol=\"{symbol}\" description=\"{symbol}\" \
         tradeDate=\"20240305\" quantity=\"1\" tradePrice=\"60\" buySell=\"BUY\" levelOfDetail=\"EXECUTION\" \
         transactionID=\"1\"/></Trades></FlexStatement></FlexStatements></FlexQueryResponse>"
    )
}

fn ofx(types: &str, memo: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>{types}<?OFX OFXHEADER=\"200\" VERSION=\"211\"?><OFX><INVSTMTMSGSRSV1><INVSTMTTRNRS>\
         <INVSTMTRS><CURDEF>USD</CURDEF><INVTRANLIST><BUYSTOCK><INVBUY><INVTRAN><FITID>1</FITID>\
         <DTTRADE>20240305</DTTRADE><MEMO>{memo}</MEMO></INVTRAN><SECID><UNIQUEID>{memo}</UNIQUEID>\
         <UNIQUEIDTYPE>TICKER</UNIQUEIDTYPE></SECID><UNITS>1</UNITS><UNITPRICE>60</UNITPRICE><TOTAL>-60</TOTAL>\
         </INVBUY></BUYSTOCK></INVTRANLIST></INVSTMTRS></INVSTMTTRNRS></INVSTMTMSGSRSV1></OFX>"
    )
}

#[actix_web::test]
async fn parts_of_a_form_without_a_name_are_left_aside() {
    let (site, owner) = Site::owned().await;
    let head = bearer(&owner.token);
    let part = |disposition: &str, content: &str| {
        format!("--edge\r\nContent-Disposition: {disposition}\r\n\r\n{content}\r\n")
    };
    let file = part(
        "form-data; name=\"file\"; filename=\"t.csv\"",
        "Ticker,Type,Date,Price,Shares\nKO,Buy,2024-03-05,60,10",
    );
    let aside = [
        part("form-data; name=\"\"", "{}"),
        part("form-data; name=\"\u{c5}\"", "{}"),
        part("form-data", "nameless"),
        part("attachment; name=\"currency\"", "USD"),
    ];
    for (kind, aside) in
        ["form-data", "related"].iter().flat_map(|kind| aside.iter().map(move |of| (kind, of)))
    {
        let head = format!("{head}Content-Type: multipart/{kind}; boundary=edge\r\n");
        for path in ["/api/v1/portfolios/{}/imports", "/portfolio/{}/imports", "/portfolio/{}/import"] {
            let path = path.replace("{}", &owner.portfolio.to_string());
            let told = site.ask("POST", &path, &head, &format!("{aside}{file}--edge--\r\n")).await;
            assert!(told.status < 500, "{kind} {aside}: {told:?}");
        }
    }
}

#[actix_web::test]
async fn entities_of_an_uploaded_document_are_neither_unfolded_nor_fetched() {
    let (site, owner) = Site::owned().await;
    let before = site.state.tracker.seen_by(&owner.who).ledger(owner.portfolio).await.expect("one").len();
    let elsewhere = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = elsewhere.local_addr().expect("bound").port();
    let mut secret = tempfile::NamedTempFile::new().expect("a file");
    secret.write_all(SECRET.as_bytes()).expect("written");
    let external = |address: &str| {
        format!(
            "<!DOCTYPE x SYSTEM \"{address}\" [<!ENTITY l9 SYSTEM \"{address}\"><!ENTITY % p SYSTEM \"{address}\">%p;]>"
        )
    };
    let types = [
        laughs(),
        external(&format!("file://{}", secret.path().display())),
        external("file:///etc/passwd"),
        external(&format!("http://127.0.0.1:{port}/x")),
        // One entity that is long, often.
        format!("<!DOCTYPE x [<!ENTITY l9 \"{}\">]>", "x".repeat(100_000)),
    ];
    for types in &types {
        for many in ["&l9;", &"&l9;".repeat(2_000)] {
            let told = uploaded(&site, &owner, "flex.xml", flex(types, many).as_bytes()).await;
            assert!(told.iter().all(|told| !told.body.contains("lollol")), "{told:?}");
            let told = uploaded(&site, &owner, "statement.ofx", ofx(types, many).as_bytes()).await;
            assert!(told.iter().all(|told| !told.body.contains("lollol")), "{told:?}");
        }
    }
    let reached = tokio::time::timeout(Duration::from_millis(200), elsewhere.accept()).await;
    assert!(reached.is_err(), "something asked for what an entity named");
    nothing_was_booked(&site, &owner, before).await;
}

#[actix_web::test]
async fn deep_documents_are_refused_whatever_form_they_have() {
    let (site, owner) = Site::owned().await;
    let before = site.state.tracker.seen_by(&owner.who).ledger(owner.portfolio).await.expect("one").len();
    let deep = |begin: &str, end: &str, times: usize| format!("{}{}", begin.repeat(times), end.repeat(times));
    let within = |name: &str, inner: &str| format!("<{name}>{inner}</{name}>");
    let trades = |inner: &str| flex("", "KO").replace("<Trades>", &format!("<Trades>{inner}"));
    let activity =
        |inner: &str| format!("{{\"activities\": [{{\"dataSource\": \"YAHOO\", \"unitPrice\": {inner}}}]}}");
    let files = [
        ("flex.xml", trades(&deep("<a>", "</a>", 40_000))),
        ("flex.xml", trades(&"<Trade>".repeat(40_000))),
        ("flex.xml", format!("<FlexQueryResponse {}>", "a=\"1\" ".repeat(20_000))),
        ("statement.ofx", within("OFX", &deep("<INVTRANLIST>", "</INVTRANLIST>", 40_000))),
        ("statement.ofx", format!("<OFX>{}", "<BUYSTOCK>".repeat(60_000))),
        ("statement.ofx", format!("<OFX>{}", "</OFX>".repeat(60_000))),
        ("ghostfolio.json", activity(&deep("[", "]", 200_000))),
        ("ghostfolio.json", activity(&deep("{\"a\":", "}", 60_000))),
        ("ghostfolio.json", format!("{{\"activities\": {}", "[".repeat(300_000))),
        ("ghostfolio.json", format!("{}\"activities\"", "{\"activities\":".repeat(60_000))),
        ("wealthfolio.json", deep("[{\"activityType\":", "}]", 40_000)),
    ];
    for (name, file) in files {
        let told = uploaded(&site, &owner, name, file.as_bytes()).await;
        let first = told.last().expect("answers");
        assert!(first.status != 0, "{name}: {first:?}");
    }
    nothing_was_booked(&site, &owner, before).await;
    assert_eq!(site.get("/healthz", "").await.status, 200);
}

fn packed(plain: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(plain).expect("packed");
    packer.finish().expect("packed")
}

#[actix_web::test]
async fn a_packed_bomb_is_unpacked_no_further_than_a_file_may_be_long() {
    let (site, owner) = Site::owned().await;
    let before = site.state.tracker.seen_by(&owner.who).ledger(owner.portfolio).await.expect("one").len();
    let mut rows = b"Ticker,Type,Date,Price,Shares\n".to_vec();
    rows.resize(33 << 20, b'\n');
    let bomb = packed(&rows);
    let nested = packed(&bomb);
    // As many of them in one file as make gigabytes.
    let many = bomb.repeat(100);
    let zip = [b"PK\x03\x04".as_slice(), &bomb].concat();
    let cut = bomb[..bomb.len() / 2].to_vec();
    for (name, file) in [
        ("bomb.csv.gz", &bomb),
        ("nested.gz", &nested),
        ("many.gz", &many),
        ("file.zip", &zip),
        ("cut.gz", &cut),
    ] {
        for told in uploaded(&site, &owner, name, file).await {
            assert!(matches!(told.status, 400 | 413), "{name}: {told:?}");
        }
    }
    nothing_was_booked(&site, &owner, before).await;
}

/// An export that is put back and a form that is mapped are read as deep as the form of an export goes.
#[actix_web::test]
async fn deep_json_is_refused_by_whatever_reads_json() {
    let (site, owner) = Site::owned().await;
    let head = bearer(&owner.token);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let bodies = [deep.clone(), format!("{{\"portfolios\": {deep}}}"), format!("{{\"columns\": {deep}}}")];
    let portfolio = owner.portfolio;
    let routes = [
        ("POST", "/api/v1/export/restore".to_owned()),
        ("POST", "/api/v1/portfolios".to_owned()),
        ("PATCH", format!("/api/v1/portfolios/{portfolio}")),
        ("PUT", format!("/api/v1/portfolios/{portfolio}/targets")),
        ("POST", format!("/api/v1/portfolios/{portfolio}/transactions")),
        ("POST", format!("/api/v1/portfolios/{portfolio}/transactions/bulk")),
        ("POST", format!("/api/v1/portfolios/{portfolio}/restore")),
        ("POST", format!("/api/v1/portfolios/{portfolio}/reports")),
        ("POST", format!("/api/v1/portfolios/{portfolio}/proposals/accept")),
        ("POST", "/api/v1/indices".to_owned()),
        ("POST", "/api/v1/notifications/rules".to_owned()),
    ];
    for (method, path) in routes {
        for body in &bodies {
            let told = site.send(method, &path, &head, body).await;
            assert_eq!(told.status, 400, "{method} {path}: {told:?}");
            assert!(told.body.len() < 2_000, "{method} {path}: {told:?}");
        }
    }
}
