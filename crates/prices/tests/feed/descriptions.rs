//! Descriptions of sources, right and wrong.

use std::path::Path;

use bellwether_prices::FeedSettings;

use crate::server::{GERMAN, MINIMAL};

#[test]
fn a_description_that_cannot_be_used_says_what_is_wrong_and_where() {
    let change = |from: &str, to: &str| MINIMAL.replace("HOST", "https://example.org").replace(from, to);
    let csv = "csv = { date = \"date\", close = \"close\" }";
    for (settings, expected) in [
        (change("basis = \"split-adjusted\"\n", ""), "line 1: missing field `basis`"),
        (
            change("split-adjusted", "adjusted"),
            "line 3: unknown variant `adjusted`, expected `as-traded` or `split-adjusted`",
        ),
        (change("basis", "bsis"), "line 3: unknown field `bsis`"),
        (change("name = \"own\"", "name = \"yahoo\""), "line 2: \"yahoo\" cannot name a source"),
        (change("{symbol}", "{ticker}"), "line 4: {ticker} is no place"),
        (change("/{symbol}", "/all.csv"), "url: without {symbol} all symbols would have the same prices"),
        (change("America/New_York", "New York"), "line 5: "),
        (change("kind = \"equity\"\n", ""), "kind: say what the instruments are"),
        (change("kind = \"equity\"", "kind = \"share\""), "line 6: unknown variant `share`"),
        (change("currency = \"USD\"\n", ""), "currency: say the currency"),
        (change("\"USD\"", "\"dollars\""), "line 7: \"dollars\" is not a currency code"),
        (change("suffixes = [\".X\"]\n", ""), "symbols: list the symbols"),
        (change("\".X\"", "\" \""), "line 8: \" \" is no end of a symbol"),
        (change(csv, ""), "csv: say how the answers are to be read"),
        (
            change(csv, &format!("{csv}\njson = {{ date = \"$.d\", close = \"$.c\" }}")),
            "csv: an answer is [csv] or [json]",
        ),
        (change("close = \"close\"", "close = \"close\", delimiter = \"é\""), "csv.delimiter: "),
        (
            change("close = \"close\"", "close = \"close\", date_format = \"%d.%m.\""),
            "line 9: \"%d.%m.\" does not tell a whole date",
        ),
        (
            change("close = \"close\"", "close = \"close\", currency = \"c\""),
            "currency: it is told by the answers",
        ),
        (change(csv, "json = { date = \"$.d\", close = \"c\" }"), "line 9: "),
        (change(csv, "json = { close = \"$.c\" }"), "json.date: say where the dates are"),
        (change(csv, &format!("{csv}\nquote = {{ price = \"$.p\" }}")), "quote: a path leads into JSON"),
        (
            change(csv, &format!("{csv}\nquote = {{ url = \"https://example.com/{{symbol}}\" }}")),
            "quote.url: it must be at the same host",
        ),
        (
            change(
                csv,
                "json = { date = \"$.d\", close = \"$.c\" }\nquote = { price = \"$.p\", time = \"$.t\" }",
            ),
            "quote.time_format: ",
        ),
        (
            change(
                csv,
                "json = { date = \"$.d\", close = \"$.c\" }\nquote = { price = \"$.p\", time = \"$.t\", time_format = \"%Y-%m-%d\" }",
            ),
            "quote.time_format: it tells a day, but no time of day",
        ),
        (change(csv, &format!("{csv}\nlimits = {{ calls_per_hour = 0 }}")), "line 10: "),
        (
            change(csv, &format!("{csv}\nheaders = {{ \"a b\" = \"c\" }}")),
            "headers: \"a b\" is no name of a header",
        ),
        (change(csv, &format!("{csv}\nheaders = {{ Key = \"hush\\n\" }}")), "headers: the value of Key"),
        (
            change(csv, &format!("{csv}\nsymbols = [{{ symbol = \"A\" }}, {{ symbol = \"a\" }}]")),
            "symbols: A is listed twice",
        ),
        (change("]\n", "\n"), "line "),
    ] {
        let refusal = FeedSettings::from_toml(&settings).expect_err(&settings).to_string();
        assert!(refusal.starts_with(expected), "{settings}\n{refusal}");
        assert!(!refusal.contains("hush"), "{refusal}");
    }
}

#[test]
fn secrets_are_not_shown() {
    let settings = GERMAN.replace("HOST/kurse", "https://example.org/hush-hush");
    let settings = FeedSettings::from_toml(&settings).unwrap();
    let shown = format!("{settings:?} {:?}", settings.transport().unwrap());
    assert!(!shown.contains("hush"), "{shown}");
    // A mistake in the line of a secret shows where it is, not what it is.
    for mistake in [
        "headers = { Key = [\"4711\"] }",
        "headers = { Key = 4711 }",
        "headers = { Key = 4711.5 }",
        "headers = { Key = 4711-01-02 }",
        "headers = 4711",
        "headers = \"4711, expected 4711\"",
        "headers = { Key = 4711",
        "headers = { Key = 4711x }",
        "headers = { Key = \"4711 }",
        "headers = { Key = \"\\4711\" }",
        "url = \"https://me:4711@bad host/\"",
        "url = \"ftp://me:4711@example.org/\"",
        "url = \"https://me:4711@example.org/\"",
    ] {
        let refusal = FeedSettings::from_toml(mistake).unwrap_err();
        assert!(refusal.place == "line 1" && !refusal.what.is_empty(), "{refusal}");
        assert!(!refusal.to_string().contains("4711"), "{refusal}");
    }
}

#[test]
fn a_folder_holds_one_source_a_file() {
    let folder = std::env::temp_dir().join(format!("bellwether-feeds-{}", std::process::id()));
    assert_eq!(FeedSettings::in_folder(&folder).unwrap().len(), 0, "no folder, no feeds");
    std::fs::create_dir_all(&folder).unwrap();
    let settings = MINIMAL.replace("HOST", "https://example.org");
    std::fs::write(folder.join("b.toml"), &settings).unwrap();
    std::fs::write(folder.join("a.toml"), settings.replace("\"own\"", "\"other\"")).unwrap();
    std::fs::write(folder.join("notes.txt"), "no feed").unwrap();
    let names = |feeds: Vec<FeedSettings>| -> Vec<String> {
        feeds.iter().map(|feed| feed.source().name.as_str().to_owned()).collect()
    };
    assert_eq!(names(FeedSettings::in_folder(&folder).unwrap()), ["other", "own"]);
    std::fs::write(folder.join("c.toml"), &settings).unwrap();
    let refusal = FeedSettings::in_folder(&folder).unwrap_err();
    assert!(refusal.place.ends_with("c.toml") && refusal.what.contains("another source named"), "{refusal}");
    std::fs::write(folder.join("c.toml"), "name = 1").unwrap();
    let refusal = FeedSettings::in_folder(&folder).unwrap_err();
    assert!(refusal.place.ends_with("c.toml") && refusal.what.starts_with("line 1: "), "{refusal}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_examples_of_the_manual_can_be_used() {
    let manual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/OPERATIONS.md");
    let manual = std::fs::read_to_string(manual).unwrap();
    let examples: Vec<&str> = manual
        .split("```toml\n")
        .skip(1)
        .filter_map(|block| block.split("```").next())
        .filter(|block| block.contains("basis = "))
        .collect();
    assert!(examples.len() >= 2, "{}", examples.len());
    for example in examples {
        FeedSettings::from_toml(example).unwrap_or_else(|error| panic!("{error}\n{example}"));
    }
}
