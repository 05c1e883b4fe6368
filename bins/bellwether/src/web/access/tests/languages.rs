//! Who reads German is refused in German, and programs are in English.

use super::super::table::TABLE;
use super::site::{PASSWORD, Person, Site, Told, bearer};

const GERMAN: &str = "Accept-Language: de\r\n";

/// What the page that answers a form tells, as plain text.
async fn told(site: &Site, cookie: &str, language: &str, path: &str, form: &str) -> String {
    let head = format!("{cookie}{language}Origin: http://{}\r\n", site.address);
    let answer = site.form(path, &head, form).await;
    assert!((400..500).contains(&answer.status), "{path} {form}: {answer:?}");
    assert!(answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html")), "{answer:?}");
    let page = answer.body.split("<main").nth(1).expect("a page").to_owned();
    page.replace("&quot;", "\"").replace("&#x27;", "'").replace("&amp;", "&")
}

/// A form, and what is to be told of it in German and in English.
type Refusal<'a> = (&'a str, &'a [&'a str], &'a [&'a str]);

async fn tells(site: &Site, cookie: &str, path: &str, refusals: &[Refusal<'_>]) {
    for (form, german, english) in refusals {
        for (language, expected) in [(GERMAN, german), ("", english)] {
            let page = told(site, cookie, language, path, form).await;
            for words in *expected {
                assert!(page.contains(words), "{words} is not told of {form}: {page}");
            }
        }
    }
}

#[actix_web::test]
async fn what_is_wrong_with_a_transaction_stands_on_the_page_in_the_readers_language() {
    let (site, owner) = Site::owned().await;
    let cookie = site.cookie("ada").await;
    let list = format!("/portfolio/{}/transactions", owner.portfolio);
    let refusals: [Refusal<'_>; 6] = [
        (
            "kind=sell&date=5.3.2024&symbol=A?&quantity=zehn&fee=-1&currency=Dollar",
            &[
                "„5.3.2024“ ist kein Tag: als 2024-03-05 schreiben.",
                "„A?“ ist kein Tickersymbol",
                "„zehn“ ist keine Zahl: als 1234.56 schreiben.",
                "Verkauf ist unvollständig: ein Preis fehlt.",
                "Die Gebühr darf nicht negativ sein.",
                "„Dollar“ ist kein Währungscode",
            ],
            &[
                "\"5.3.2024\" is no day: write it like 2024-03-05.",
                "\"A?\" is not a ticker symbol",
                "\"zehn\" is no number: write it like 1234.56.",
                "A sell needs a price.",
                "The fee must not be negative.",
                "\"Dollar\" is not a currency code",
            ],
        ),
        (
            "kind=sell&date=2024-03-06&symbol=KO&quantity=9000.5&price=60",
            &["9.000,5 KO gehen am 06.03.2024 ab, es sind aber nur 7.313 da: den fehlenden Kauf"],
            &["9000.5 KO leave on 2024-03-06, but only 7313 are held: record the missing purchase"],
        ),
        (
            "kind=buy&date=2024-03-05&symbol=KO&quantity=7313&price=61.75",
            &["Dieselbe Buchung steht schon im Buch: Kauf von 7.313 KO am 05.03.2024."],
            &["The same transaction is in the ledger already: Buy of 7313 KO on 2024-03-05."],
        ),
        (
            "kind=buy&date=2099-03-05&symbol=KO&quantity=1.00000000001&price=6",
            &[
                "Das Datum 05.03.2099 liegt in der Zukunft.",
                "Die Stückzahl 1,00000000001 hat mehr als neun Nachkommastellen.",
            ],
            &["The date 2099-03-05 is in the future.", "1.00000000001 has more than nine decimals."],
        ),
        (
            "kind=gift&date=",
            &["„gift“ ist keine Art von Buchung", "Den Tag angeben, etwa 2024-03-05."],
            &["\"gift\" is no kind of transaction", "Say the day, such as 2024-03-05."],
        ),
        (
            "kind=sell&date=2024-03-06&symbol=KO&quantity=1&price=6&lots=x=1",
            &["„x“ bezeichnet keine Buchung."],
            &["\"x\" names no transaction."],
        ),
    ];
    tells(&site, &cookie, &list, &refusals).await;
}

async fn change_of(site: &Site, owner: &Person, body: &str) -> String {
    let path = format!("/api/v1/portfolios/{}/transactions/bulk", owner.portfolio);
    let made = site.send("POST", &path, &bearer(&owner.token), body).await;
    assert!(made.status < 300, "{made:?}");
    made.json()["change_id"].as_str().expect("a change").to_owned()
}

#[actix_web::test]
async fn what_can_no_longer_be_undone_says_why_in_the_readers_language() {
    let (site, owner) = Site::owned().await;
    let cookie = site.cookie("ada").await;
    let buy = r#"{"creates": [{"kind": "buy", "date": "2024-04-02", "symbol": "PEP", "quantity": "5", "price": "170"}]}"#;
    let sell = r#"{"creates": [{"kind": "sell", "date": "2024-04-03", "symbol": "PEP", "quantity": "5", "price": "171"}]}"#;
    let bought = change_of(&site, &owner, buy).await;
    change_of(&site, &owner, sell).await;
    let undo = format!("/portfolio/{}/changes/{bought}/undo", owner.portfolio);
    let refusals: [Refusal<'_>; 1] = [(
        "",
        &["Einer späteren Buchung würden dann Anteile fehlen: 5 PEP gehen am 03.04.2024 ab"],
        &["That would leave a later transaction without shares: 5 PEP leave on 2024-04-03"],
    )];
    tells(&site, &cookie, &undo, &refusals).await;
    // The change of the settings after which the name was changed once more.
    let path = format!("/api/v1/portfolios/{}", owner.portfolio);
    for name in ["One", "Two"] {
        let body = format!("{{\"name\": \"{name}\"}}");
        let head = format!("If-Match: *\r\n{}", bearer(&owner.token));
        let told = site.send("PATCH", &path, &head, &body).await;
        assert_eq!(told.status, 200, "{told:?}");
    }
    let changes = site.get(&format!("{path}/changes"), &bearer(&owner.token)).await.json();
    let first = changes["items"][1]["id"].as_str().expect("a change").to_owned();
    let undo = format!("/portfolio/{}/changes/{first}/undo", owner.portfolio);
    let refusals: [Refusal<'_>; 1] = [(
        "",
        &["Etwas davon wurde seither noch einmal geändert"],
        &["Some of it was changed again since; undo the later change first"],
    )];
    tells(&site, &cookie, &undo, &refusals).await;
}

#[actix_web::test]
async fn programs_are_refused_in_english_whatever_language_they_ask_for() {
    let (site, owner) = Site::owned().await;
    let head = format!("{GERMAN}{}", bearer(&owner.token));
    let path = format!("/api/v1/portfolios/{}/transactions", owner.portfolio);
    let sell =
        r#"{"kind": "sell", "date": "2024-03-06", "symbol": "KO", "quantity": "9000.5", "price": "60"}"#;
    let told = site.send("POST", &path, &head, sell).await;
    assert_eq!(told.status, 400, "{told:?}");
    let reason = "9000.5 KO leave on 2024-03-06, but only 7313 are held: record the missing purchase, transfer or \
                  split, or correct the quantity";
    assert_eq!(told.json()["errors"][0]["reason"], reason);
    assert_eq!(told.json()["detail"], format!("quantity: {reason}."));
    let users = r#"{"name": "grace", "password": "short", "role": "member"}"#;
    let told = site.send("POST", "/api/v1/users", &head, users).await;
    assert_eq!(told.json()["detail"], "A password needs 12 characters at least: several words do well.");
}

#[actix_web::test]
async fn refusals_of_settings_targets_and_indices_stand_on_the_page_in_the_readers_language() {
    let (site, owner) = Site::owned().await;
    let cookie = site.cookie("ada").await;
    let of_portfolio = |page: &str| format!("/portfolio/{}/{page}", owner.portfolio);
    let refusals: [Refusal<'_>; 2] = [
        (
            "name=&base_currency=Dollar&cost_method=best&dividends=no&benchmarks=%3Dnix",
            &[
                "Bitte einen Namen angeben.",
                "„Dollar“ ist kein Währungscode",
                "„best“ ist keine Methode für den Einstand",
                "Einen eigenen Index „nix“ gibt es nicht.",
            ],
            &[
                "Give it a name.",
                "\"Dollar\" is not a currency code",
                "\"best\" is no cost method",
                "There is no index \"nix\" of your own.",
            ],
        ),
        (
            "name=a%07&base_currency=USD&cost_method=fifo&dividends=infer&benchmarks=",
            &["Das enthält Zeichen, die sich nicht darstellen lassen."],
            &["It has characters that cannot be printed."],
        ),
    ];
    tells(&site, &cookie, &of_portfolio("settings"), &refusals).await;
    let refusals: [Refusal<'_>; 4] = [
        (
            "symbol=KO&percent=150",
            &["Das Zielgewicht von KO muss zwischen 0 % und 100 % liegen."],
            &["The target of KO must be between 0 % and 100 %."],
        ),
        (
            "symbol=KO&percent=much",
            &["Das Zielgewicht von KO ist keine Prozentzahl"],
            &["The target of KO is no percentage: write it like 12.5."],
        ),
        (
            "symbol=KO&percent=60.5&symbol=PEP&percent=60",
            &["Die Zielgewichte ergeben 120,5 %: Höchstens 100 % sind möglich."],
            &["The targets sum to 120.5 %: at most 100 % can be."],
        ),
        ("symbol=A%3F&percent=1", &["„A?“ ist kein Tickersymbol"], &["\"A?\" is not a ticker symbol"]),
    ];
    tells(&site, &cookie, &of_portfolio("targets"), &refusals).await;
    let refusals: [Refusal<'_>; 2] = [
        (
            "name=Mix&base_currency=USD&rebalancing=never&symbol=KO&percent=20.5",
            &["Die Gewichte ergeben 20,5 %, nicht 100 %."],
            &["The weights sum to 20.5 %, not to 100 %."],
        ),
        (
            "name=&base_currency=USD&rebalancing=never&symbol=KO&percent=x",
            &["Bitte einen Namen angeben."],
            &["Give it a name."],
        ),
    ];
    tells(&site, &cookie, "/indices", &refusals).await;
}

#[actix_web::test]
async fn refusals_of_accounts_stand_on_the_page_in_the_readers_language() {
    let (site, _) = Site::owned().await;
    let cookie = site.cookie("ada").await;
    let new = |name: &str, email: &str, password: &str| {
        format!("name={name}&email={email}&role=member&password={password}")
    };
    let long = "x1".repeat(600);
    for (form, german, english) in [
        (
            new("grace", "", "short"),
            "Ein Passwort braucht mindestens 12 Zeichen",
            "A password needs 12 characters at least",
        ),
        (
            new("grace", "", &long),
            "Ein Passwort hat höchstens 1.024 Zeichen.",
            "A password has 1024 characters at most.",
        ),
        (
            new("gr@ce", "", PASSWORD),
            "Ein Name enthält kein @ und keine Steuerzeichen.",
            "A name has no @ and no control characters.",
        ),
        (new("grace", "nowhere", PASSWORD), "Das ist keine E-Mail-Adresse.", "That is no e-mail address."),
        (
            new("ADA", "", PASSWORD),
            "Diesen Namen oder diese Adresse gibt es schon.",
            "Somebody has that name or address already.",
        ),
    ] {
        tells(&site, &cookie, "/users", &[(form.as_str(), &[german], &[english])]).await;
    }
    let refusals: [Refusal<'_>; 1] = [(
        "name=&days=30&scopes=read",
        &["Bitte einen Namen mit 1 bis 80 Zeichen angeben."],
        &["Give it a name of 1 to 80 characters."],
    )];
    tells(&site, &cookie, "/account/tokens", &refusals).await;
}

/// What a page says, without what it marks as English.
fn visible(told: &Told) -> String {
    let main = told.body.split("<main").nth(1).expect("a page");
    let mut pieces = main.split("<span lang=\"en\">");
    let begin = pieces.next().unwrap_or_default().to_owned();
    let rest = pieces.filter_map(|piece| piece.split_once("</span>")).map(|(_, after)| after);
    let page = rest.fold(begin, |page, after| page + " " + after);
    let page = page.replace("&quot;", "\"").replace("&#x27;", "'").replace("&amp;", "&");
    let words = page.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, words)| words));
    words.collect::<Vec<_>>().join(" ")
}

/// Words that English sentences have and German ones have not.
const ENGLISH: [&str; 16] = [
    "the", "is", "of", "and", "not", "that", "give", "use", "with", "cannot", "field", "expected", "there",
    "no", "it", "to",
];

fn english_in(words: &str) -> Vec<&str> {
    let words = words.split(|sign: char| !sign.is_alphanumeric());
    words.filter(|word| ENGLISH.contains(word)).collect()
}

#[actix_web::test]
async fn a_form_refused_on_a_german_page_names_its_fields_in_german() {
    let (site, owner) = Site::owned().await;
    let cookie = site.cookie("ada").await;
    let of_portfolio = |page: &str| format!("/portfolio/{}/{page}", owner.portfolio);
    for (page, german, english) in [
        (
            "allocation?new_cash=viel&smallest_trade=-1",
            "Neues Geld: einen Betrag wie 1000.50 angeben; Kleinstes Geschäft: einen Betrag wie 1000.50 angeben.",
            "new_cash: give an amount like 1000.50; smallest_trade: give an amount like 1000.50.",
        ),
        (
            "transactions?kind=gift&from=gestern&to=morgen&sort=nix&source=nix&symbol=A%3F&q=%07",
            "Symbol: „A?“ ist kein Tickersymbol: nur Buchstaben, Ziffern und . - ^ = & verwenden, höchstens 24; \
             Art: „gift“ ist keine Art von Buchung:",
            "symbol: \"A?\" is not a ticker symbol: use letters, digits and . - ^ = & only, at most 24 of them; \
             kind: \"gift\" is no kind of transaction:",
        ),
        (
            "transactions?from=gestern&q=%07&source=nix&sort=nix",
            "Von: einen Tag wie 2024-03-05 angeben; \
             Wörter: höchstens 200 Zeichen angeben, die sich darstellen lassen; \
             Erfasst: import oder manual angeben; \
             Reihenfolge: date, -date, entered, -entered, symbol oder -symbol angeben.",
            "from: give a day like 2024-03-05; q: give 200 characters at most that can be printed; \
             source: say import or manual; sort: say date, -date, entered, -entered, symbol or -symbol.",
        ),
        (
            "derivations/portfolio:value?depth=99&limit=0&under=x",
            "Tiefe: eine Zahl von 0 bis 20 angeben; Anzahl: eine Zahl von 1 bis 400 angeben; \
             Schritt: den „path“ eines Schritts angeben, etwa 0.3.",
            "depth: give a number from 0 to 20; limit: give a number from 1 to 400; \
             under: give the \"path\" of a step, such as 0.3.",
        ),
    ] {
        for (language, expected) in [(GERMAN, german), ("", english)] {
            let told = site.get(&of_portfolio(page), &format!("{cookie}{language}")).await;
            assert_eq!(told.status, 400, "{told:?}");
            assert!(visible(&told).contains(expected), "{page}: {}", visible(&told));
        }
    }
}

#[actix_web::test]
async fn an_address_that_cannot_be_read_is_refused_in_the_readers_language() {
    let (site, owner) = Site::owned().await;
    let cookie = site.cookie("ada").await;
    let of_portfolio = |page: &str| format!("/portfolio/{}/{page}", owner.portfolio);
    for (address, german, english) in [
        (of_portfolio("overview?range=ewig"), "„ewig“ ist kein Zeitraum:", "\"ewig\" is no range: use 1D,"),
        (
            of_portfolio("income?as_of=2999-01-01"),
            "Der 01.01.2999 kommt erst noch:",
            "2999-01-01 is still to come:",
        ),
        (
            of_portfolio("picks?as_of=gestern"),
            "Die Adresse lässt sich nicht lesen: ein Tag wird wie 2024-03-05 geschrieben",
            "Query deserialize error: input contains invalid characters.",
        ),
        (
            of_portfolio("cash-flows?range=1Y&range=3Y"),
            "„range“ steht zweimal darin.",
            "duplicate field `range`.",
        ),
        (of_portfolio("cash-flows?by=nix"), "„nix“ ist nicht bekannt, wohl aber", "unknown variant `nix`,"),
        (of_portfolio("allocation?sell=nix"), "hier gilt nur true oder false.", "was not `true` or `false`."),
        (
            of_portfolio("performance?benchmark=A%3F"),
            "nicht lesen: „A?“ ist kein Tickersymbol",
            "error: \"A?\" is not",
        ),
        (of_portfolio("holdings/A%3F"), "„A?“ ist kein Tickersymbol", "\"A?\" is not a ticker symbol"),
        (
            of_portfolio("derivations/portfolio:"),
            "Eine Zahl heißt etwa portfolio:value",
            "a figure is named like",
        ),
        (
            of_portfolio("derivations/nix:nix"),
            "Eine solche Zahl gibt es nicht: „nix“ ist nicht bekannt",
            "there is no such figure: unknown variant `nix`",
        ),
        (
            "/monitoring?level=laut".to_owned(),
            "„laut“ ist keine Stufe: info, warn oder error angeben.",
            "\"laut\" is no level: give info, warn or error.",
        ),
    ] {
        for (language, expected) in [(GERMAN, german), ("", english)] {
            let told = site.get(&address, &format!("{cookie}{language}")).await;
            assert_eq!(told.status, 400, "{address}: {told:?}");
            assert!(visible(&told).contains(expected), "{address}: {}", visible(&told));
        }
    }
    // What another program says of it stands there in its own language, and says so.
    let address = of_portfolio("activity?done=x");
    let told = site.get(&address, &format!("{cookie}{GERMAN}")).await;
    assert!(told.body.contains("das ist keine Kennung (<span lang=\"en\">"), "{told:?}");
}

#[actix_web::test]
async fn no_page_refuses_somebody_who_reads_german_in_english() {
    let (site, owner) = Site::owned().await;
    let head = format!("{}{GERMAN}Accept: text/html\r\n", site.cookie("ada").await);
    let portfolio = owner.portfolio.to_string();
    let queries = [
        "range=nonsense",
        "as_of=nonsense",
        "as_of=2024-01",
        "as_of=2024-99-99",
        "as_of=2999-01-01",
        "benchmark=A%3F",
        "range=1Y&range=3Y",
        "kind=nix&sort=nix&source=nix&from=x&to=x&symbol=A%3F&q=%00&account=%00",
        "depth=x",
        "depth=-1",
        "depth=99999999999999999999999",
        "new_cash=x",
        "sell=x",
        "by=nix",
        "of=nix",
        "before=x",
        "done=x",
        "from=x",
        "status=nix",
        "level=nix",
        "cursor=x",
        "job=x",
        "view=nix",
    ];
    let mut refused = 0;
    let pages = TABLE.iter().map(|(pattern, ..)| *pattern).filter(|pattern| {
        !["/api", "/assets", "/healthz", "/readyz", "/metrics"].iter().any(|begin| pattern.starts_with(begin))
    });
    for pattern in pages {
        let address = pattern.replace("{portfolio}", &portfolio).replace("{figure}", "portfolio:value");
        let address = address.replace("{symbol}", "KO").replace(['{', '}'], "");
        for query in queries {
            let told = site.get(&format!("{address}?{query}"), &head).await;
            if told.status < 400 || told.body.is_empty() {
                continue;
            }
            refused += 1;
            let words = visible(&told);
            assert_eq!(english_in(&words), Vec::<&str>::new(), "{address}?{query}: {words}");
        }
    }
    assert!(refused > 100, "only {refused} were refused");
}

#[actix_web::test]
async fn a_form_that_cannot_be_read_is_refused_in_the_readers_language() {
    let (site, owner) = Site::owned().await;
    let cookie = site.cookie("ada").await;
    let of_portfolio = |page: &str| format!("/portfolio/{}/{page}", owner.portfolio);
    let refusals: [Refusal<'_>; 1] =
        [("id=x", &["Das bezeichnet keine Buchung."], &["That names no transaction."])];
    tells(&site, &cookie, &of_portfolio("transactions/delete"), &refusals).await;
    let refusals: [Refusal<'_>; 2] = [
        (
            "name=x",
            &["Das Formular lässt sich nicht lesen: „base_currency“ fehlt."],
            &["Parse error: missing field `base_currency`."],
        ),
        (
            "name=x&name=y",
            &["Das Formular lässt sich nicht lesen: „name“ steht zweimal darin."],
            &["Parse error: duplicate field `name`."],
        ),
    ];
    tells(&site, &cookie, &of_portfolio("settings"), &refusals).await;
    let long = format!("name={}", "x".repeat(20_000));
    let refusals: [Refusal<'_>; 1] = [(
        &long,
        &["Das ist zu groß", "Hier werden höchstens 16 KiB gelesen"],
        &["That is too large", "At most 16 KiB are read here"],
    )];
    tells(&site, &cookie, &of_portfolio("settings"), &refusals).await;
    let head = format!("{cookie}{GERMAN}Origin: http://{}\r\n", site.address);
    let told = site.send("POST", &of_portfolio("settings"), &head, "{}").await;
    let expected = "mit Content-Type: application/x-www-form-urlencoded senden.";
    assert!(told.status == 415 && visible(&told).contains(expected), "{told:?}");
    let told = site.form(&of_portfolio("import"), &head, "file=x").await;
    let expected = "Das Formular lässt sich nicht lesen: <span lang=\"en\">";
    assert!(told.status == 400 && told.body.contains(expected), "{told:?}");
}
