//! Commands that ask a database or a server: the same output of either, and what is said where a server does not do it.

mod imports;

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{Server, bellwether, run, said, trades};

const PASSWORD: &str = "correct horse battery";

/// A server that asks who comes, and tokens of its owner.
struct Locked {
    server: Server,
    session: String,
}

impl Locked {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let made = run(folder.path(), &["user", "password", "owner", "--generate"]);
        let password = said(&made.stdout).trim().rsplit(' ').next().unwrap().to_owned();
        assert_ne!(password, PASSWORD, "{}", said(&made.stderr));
        let server = Server::told(folder, &["--upstream", "none", "--sign-in", "required", "serve"]);
        let body = json!({ "username": "owner", "password": password }).to_string();
        let told = server.send("POST /api/v1/auth/login HTTP/1.1\r\nContent-Type: application/json", &body);
        let session = told.json()["access_token"].as_str().unwrap().to_owned();
        Self { server, session }
    }

    fn token(&self, scopes: &[&str]) -> String {
        let body = json!({ "name": "client", "scopes": scopes }).to_string();
        let head = format!(
            "POST /api/v1/auth/tokens HTTP/1.1\r\nAuthorization: Bearer {}\r\nContent-Type: application/json",
            self.session
        );
        let told = self.server.send(&head, &body);
        told.json()["token"].as_str().unwrap_or_else(|| panic!("{}", said(&told.body))).to_owned()
    }

    fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }
}

/// The command, of a server, with a token in the environment.
fn ask(folder: &Path, url: &str, token: &str, arguments: &[&str]) -> Output {
    let mut command = bellwether(folder);
    command.env("BELLWETHER_TOKEN", token);
    command.args(arguments).args(["--server", url]).output().unwrap()
}

/// The same with each identifier replaced by which of them it is, and no instants. Trades here are of 2024.
fn alike(text: &str, known: &mut HashMap<String, usize>) -> String {
    let is_id = |word: &str| word.len() == 36 && word.matches('-').count() == 4;
    let is_day = |word: &str| word.len() == 10 && word.matches('-').count() == 2 && !word.starts_with("2024");
    let is_clock = |word: &str| word.len() == 8 && word.matches(':').count() == 2;
    let is_instant = |word: &str| word.len() >= 20 && word.ends_with('Z') && word.contains('T');
    text.split_inclusive(|sign: char| !sign.is_ascii_alphanumeric() && !"-:.".contains(sign))
        .map(|piece| {
            let word = piece.trim_end_matches(|sign: char| !sign.is_ascii_alphanumeric());
            let rest = &piece[word.len()..];
            if is_id(word) {
                let next = known.len();
                format!("#{}{rest}", known.entry(word.to_owned()).or_insert(next))
            } else if word.starts_with(|sign: char| sign.is_ascii_digit())
                && (is_instant(word) || is_clock(word) || is_day(word))
            {
                format!("then{rest}")
            } else {
                piece.to_owned()
            }
        })
        .collect()
}

/// What a command said, and how it ended.
fn told(output: &Output, known: &mut HashMap<String, usize>) -> String {
    let text = format!("{}{}{:?}", said(&output.stdout), said(&output.stderr), output.status.code());
    alike(&text, known)
}

/// A database, and a server over another one, that are told the same.
struct Both {
    near: TempDir,
    far: Locked,
    token: String,
    elsewhere: TempDir,
    of_near: HashMap<String, usize>,
    of_far: HashMap<String, usize>,
}

impl Both {
    fn new() -> Self {
        let far = Locked::new();
        Self {
            near: TempDir::new().unwrap(),
            token: far.token(&["read", "write"]),
            far,
            elsewhere: TempDir::new().unwrap(),
            of_near: HashMap::new(),
            of_far: HashMap::new(),
        }
    }

    /// With a portfolio named `Main`.
    fn with_main() -> Self {
        let mut both = Self::new();
        both.say(
            &["portfolio", "add", "Main", "--currency", "USD"],
            0,
            &["Name          Main\nCurrency      USD\n"],
        );
        both
    }

    /// What each answers, which is the same but for identifiers and times.
    fn say(&mut self, arguments: &[&str], code: i32, words: &[&str]) -> [String; 2] {
        self.say_each([arguments, arguments], code, words)
    }

    /// The same of what each has identifiers of its own for.
    fn say_of(&mut self, ids: &[String; 2], arguments: &[&str], code: i32, words: &[&str]) -> [String; 2] {
        let with = |id: &str| -> Vec<String> {
            arguments.iter().map(|word| if *word == "ID" { id } else { *word }.to_owned()).collect()
        };
        let (near, far) = (with(&ids[0]), with(&ids[1]));
        let near: Vec<&str> = near.iter().map(String::as_str).collect();
        let far: Vec<&str> = far.iter().map(String::as_str).collect();
        self.say_each([&near, &far], code, words)
    }

    fn say_each(&mut self, arguments: [&[&str]; 2], code: i32, words: &[&str]) -> [String; 2] {
        let near = run(self.near.path(), arguments[0]);
        let far = ask(self.elsewhere.path(), &self.far.url(), &self.token, arguments[1]);
        assert_eq!(near.status.code(), Some(code), "{arguments:?}: {}", said(&near.stderr));
        let told = told(&near, &mut self.of_near);
        assert_eq!(told, self::told(&far, &mut self.of_far), "{arguments:?}");
        for word in words {
            assert!(told.contains(word), "{arguments:?} does not say {word:?}: {told}");
        }
        [said(&near.stdout), said(&far.stdout)]
    }

    fn add(&mut self, kind: &str, facts: &[&str], code: i32, words: &[&str]) -> [String; 2] {
        self.say(&[&["transaction", "add", kind, "--portfolio", "Main"], facts].concat(), code, words)
    }
}

const PURCHASE: [&str; 8] =
    ["--date", "2024-03-05", "--symbol", "KO", "--quantity", "10.5", "--price", "60.12"];

#[test]
fn portfolios_are_the_same_of_a_database_and_of_a_server() {
    let mut both = Both::new();
    both.say(&["portfolio", "list"], 0, &["There is no portfolio yet."]);
    both.say(&["transaction", "list"], 1, &["bellwether portfolio add"]);
    let add =
        ["portfolio", "add", "Main", "--currency", "EUR", "--cost-method", "lifo", "--benchmark", "SPY"];
    both.say(&add, 0, &["Name          Main\nCurrency      EUR\nCost method   lifo\n", "SPY"]);
    both.say(&["portfolio", "add", "Main"], 1, &["\"Main\" already"]);
    let wrong = ["portfolio", "add", "Other", "--currency", "x", "--cost-method", "y"];
    both.say(&wrong, 1, &["--currency: ", "--cost-method: "]);
    let edit = ["portfolio", "edit", "Main", "--description", "Mine", "--no-benchmarks"];
    both.say(&edit, 0, &["Description   Mine"]);
    both.say(&["portfolio", "edit", "Main"], 1, &["say what to change"]);
    both.say(&["portfolio", "list"], 0, &["Name  Currency  Cost method  ID\nMain  EUR       lifo         #"]);
    both.say(&["portfolio", "list", "--json"], 0, &["\"cost_method\":\"lifo\""]);
    both.say(&["portfolio", "show", "Main", "--json"], 0, &["\"description\":\"Mine\""]);
    both.say(&["portfolio", "show", "Nobody's"], 1, &["there are \"Main\""]);

    let removed =
        both.say(&["portfolio", "remove", "Main"], 0, &["Main is removed with all that was in it."]);
    both.say(&["portfolio", "list"], 0, &["There is no portfolio yet."]);
    let [near, far] = removed.map(|text| text.trim().split("bellwether ").nth(1).unwrap().to_owned());
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let (near, far) = (words(&near), words(&far));
    let near: Vec<&str> = near.iter().map(String::as_str).collect();
    let far: Vec<&str> = far.iter().map(String::as_str).collect();
    both.say_each([&near, &far], 0, &["Taken back"]);
    both.say(&["portfolio", "list"], 0, &["Main"]);
    assert_eq!(
        std::fs::read_dir(both.elsewhere.path()).unwrap().count(),
        0,
        "a client leaves nothing behind"
    );
}

#[test]
fn transactions_are_recorded_and_listed_alike_in_a_database_and_by_a_server() {
    let mut both = Both::with_main();
    both.add("buy", &[&PURCHASE[..], &["--dry-run"]].concat(), 0, &["It would be accepted."]);
    both.add("buy", &PURCHASE, 0, &["10.5  60.12", "To take that back: bellwether transaction undo #"]);
    both.add("buy", &PURCHASE, 1, &["in the ledger already", "10.5  60.12", "--anyway"]);
    both.add("buy", &[&PURCHASE[..], &["--anyway"]].concat(), 0, &[]);
    both.add("buy", &["--date", "x", "--quantity", "-"], 1, &["--date: ", "--quantity: "]);
    both.add("swap", &["--date", "2024-03-05"], 1, &["kind: "]);
    for (kind, facts) in [
        ("deposit", &["--date", "2024-01-02", "--amount", "250000.75"] as &[&str]),
        ("dividend", &["--date", "2024-04-01", "--symbol", "KO", "--amount", "4.85", "--tax", "0.73"]),
        (
            "sell",
            &["--date", "2024-04-02", "--symbol", "KO", "--quantity", "2", "--price", "61", "--fee", "1"],
        ),
        ("withdrawal", &["--date", "2024-04-03", "--amount", "10"]),
        ("fee", &["--date", "2024-04-04", "--amount", "3"]),
        ("interest", &["--date", "2024-04-05", "--amount", "4.56"]),
        ("split", &["--date", "2024-06-10", "--symbol", "KO", "--ratio", "2:1"]),
        ("transfer-in", &["--date", "2024-06-11", "--symbol", "T", "--quantity", "3", "--amount", "50"]),
        ("reinvestment", &["--date", "2024-06-12", "--symbol", "T", "--quantity", "1", "--price", "18"]),
        ("transfer-out", &["--date", "2024-06-13", "--symbol", "T", "--quantity", "1"]),
    ] {
        both.add(kind, facts, 0, &[kind]);
    }
    let mut list = |more: &[&str], code, words: &[&str]| {
        both.say(&[&["transaction", "list"], more].concat(), code, words);
    };
    list(&[], 0, &["Date        Kind", "250,000.75", "2:1"]);
    list(&["--symbol", "KO", "--kind", "sell"], 0, &["61.00  1.00"]);
    list(&["--from", "2024-06-10", "--to", "2024-06-11"], 0, &["split", "transfer-in"]);
    list(&["--search", "nothing like it"], 0, &["There is no such transaction."]);
    list(&["--kind", "swap"], 1, &["kind: "]);
    list(&["--from", "yesterday"], 2, &["--from"]);
    list(&["--json", "--limit", "2"], 0, &["transfer-out", "reinvestment"]);
    list(&["--portfolio", "Other"], 1, &["there are \"Main\""]);
}

#[test]
fn a_transaction_is_changed_removed_and_put_back_alike_in_a_database_and_by_a_server() {
    let mut both = Both::with_main();
    let made = both.add("buy", &PURCHASE, 0, &[]);
    let ids = made.map(|text| text.lines().nth(1).unwrap().rsplit(' ').next().unwrap().to_owned());
    let show = ["transaction", "show", "ID"];
    both.say_of(&ids, &show, 0, &["Quantity          10.5\nPrice             60.12\n"]);
    both.say_of(&ids, &["transaction", "show", "ID", "--json"], 0, &["\"price\":\"60.12\""]);
    both.say(&["transaction", "show", "x"], 2, &["'<ID>'"]);
    let mut edit = |more: &[&str], code, words: &[&str]| {
        both.say_of(&ids, &[&["transaction", "edit", "ID"], more].concat(), code, words);
    };
    edit(&[], 1, &["say what to change"]);
    edit(&["--quantity", "1", "--dry-run"], 0, &["It would be accepted."]);
    edit(&["--fx-rate", "much", "--dry-run"], 1, &["--fx-rate: "]);
    edit(&["--quantity", "12", "--note", "more"], 0, &["12  60.12", "more"]);
    edit(&["--note", ""], 0, &["12  60.12"]);
    edit(&["--note", ""], 0, &["Nothing is changed."]);
    let remove = ["transaction", "remove", "ID", "--portfolio", "Main"];
    both.say_of(&ids, &remove, 0, &["Buy of 12 KO on 2024-03-05 deleted.\n"]);
    both.say_of(&ids, &show, 1, &["there is no transaction"]);
    both.say(&["transaction", "undo"], 0, &["Taken back: Buy of 12 KO on 2024-03-05 deleted."]);
    both.say_of(&ids, &show, 0, &["Quantity          12\n"]);
    both.say(&["transaction", "changes", "--limit", "3"], 0, &["At ", "What", "Buy of 12 KO"]);
    both.say(&["transaction", "changes", "--json"], 0, &["\"words\":\"Portfolio Main added\""]);
}

#[test]
fn reports_and_exports_are_the_same_of_a_database_and_of_a_server() {
    let mut both = Both::with_main();
    both.add("buy", &PURCHASE, 0, &[]);
    let sale = ["--date", "2024-04-02", "--symbol", "KO", "--quantity", "2", "--price", "61"];
    both.add("sell", &sale, 0, &[]);
    let main = ["--portfolio", "Main"];
    let report = ["report", "--portfolio", "Main", "--as-of", "2024-12-31"];
    both.say(&report, 0, &["Main on 2024-12-31, in USD", "n/a (", "KO", "8.5"]);
    let json = [&report[..], &["--benchmark", "SPY", "--json"]].concat();
    let told: Value = serde_json::from_str(&both.say(&json, 0, &[])[1]).unwrap();
    assert_eq!(
        (&told["benchmarks"][0]["symbol"], &told["holdings"][0]["quantity"]),
        (&json!("SPY"), &json!("8.5"))
    );
    // 2 x (61 - 60.12).
    assert_eq!((&told["totals"]["realised"], &told["totals"]["value"]), (&json!("1.76"), &Value::Null));
    assert!(told["unknown"]["value"].is_string(), "{told}");
    both.say(&["report", "--portfolio", "Main", "--as-of", "2999-01-01"], 1, &["bellwether: "]);
    both.say(&["report", "--portfolio", "Other"], 1, &["\"Other\""]);
    let mut export = |what: &[&str], code, words: &[&str]| {
        both.say(&[&["export"], what, &main[..]].concat(), code, words);
    };
    export(&["transactions"], 0, &["KO,buy,2024-03-05,60.12,10.5"]);
    export(&["cash-flows"], 0, &["Date,Kind,Ticker,Amount"]);
    export(&["tax-year", "2024"], 0, &["KO,"]);
    export(&["tax-year", "2024", "--json"], 0, &["\"short_term\""]);
    export(&["tax-year", "12"], 1, &["12"]);
    let all = both.far.server.folder.path().join("mine.json");
    let exported = ask(both.elsewhere.path(), &both.far.url(), &both.token, &["export", "json"]);
    std::fs::write(&all, &exported.stdout).unwrap();
    let all = all.display().to_string();
    let restore = ["export", "restore-json", all.as_str()];
    let again = ask(both.elsewhere.path(), &both.far.url(), &both.token, &restore);
    assert_eq!(again.status.code(), Some(1), "there is something already: {}", said(&again.stderr));
    let empty = Locked::new();
    let restored = ask(both.elsewhere.path(), &empty.url(), &empty.token(&["read", "write"]), &restore);
    assert_eq!(
        said(&restored.stdout),
        "1 portfolios are restored with their history.\n",
        "{}",
        said(&restored.stderr)
    );
}

#[test]
fn long_lists_are_read_to_their_end() {
    let folder = TempDir::new().unwrap();
    trades(folder.path(), 1_203);
    assert!(run(folder.path(), &["import", "trades.csv"]).status.success());
    let server = Server::start(folder, "none");
    let url = format!("http://{}", server.address);
    for place in [&[] as &[&str], &["--server", &url]] {
        let list = |more: &[&str]| {
            let output = run(server.folder.path(), &[&["transaction", "list"], place, more].concat());
            assert!(output.status.success(), "{}", said(&output.stderr));
            said(&output.stdout)
        };
        assert_eq!(list(&[]).lines().count(), 1_204);
        let all: Vec<Value> = serde_json::from_str(&list(&["--json"])).unwrap();
        assert_eq!(all.len(), 1_203);
        let few: Vec<Value> = serde_json::from_str(&list(&["--json", "--limit", "501"])).unwrap();
        assert_eq!(few[..], all[..501]);
        let none: Vec<Value> = serde_json::from_str(&list(&["--json", "--kind", "fee"])).unwrap();
        assert!(none.is_empty());
    }
}

#[test]
fn a_token_does_what_its_scopes_allow_and_is_never_shown() {
    let far = Locked::new();
    let folder = TempDir::new().unwrap();
    let (reads, url) = (far.token(&["read"]), far.url());
    let file = folder.path().join("token");
    std::fs::write(&file, format!("{reads}\n# of the account page\n")).unwrap();
    let told = |token: &str, arguments: &[&str]| {
        let output = ask(folder.path(), &url, token, arguments);
        let words = said(&output.stderr);
        assert!(!words.contains(&reads) && !words.contains("bwp_wrong"), "{words}");
        (output.status.code(), words)
    };
    assert_eq!(told(&reads, &["portfolio", "list"]).0, Some(0));
    let by_file = ["portfolio", "list", "--token-file", "token"];
    assert_eq!(told("bwp_wrong", &by_file).0, Some(0), "the file counts first");
    let (code, words) = told(&reads, &["portfolio", "add", "Main"]);
    assert_eq!(code, Some(1));
    assert!(words.contains("the token does not allow that"), "{words}");
    let (code, words) = told("bwp_wrong", &["portfolio", "list"]);
    assert_eq!(code, Some(1));
    assert!(words.contains("does not know the token"), "{words}");
    let (code, words) = told("", &["portfolio", "list"]);
    assert_eq!(code, Some(1));
    assert!(words.contains("BELLWETHER_TOKEN"), "{words}");
    let (code, words) = told("bwp_wrong\u{7}", &["portfolio", "list"]);
    assert_eq!(code, Some(1));
    assert!(words.contains("characters that no token has"), "{words}");
    std::fs::write(&file, "\n").unwrap();
    assert!(told("", &by_file).1.contains("no token on its first line"));
    assert!(told("", &["portfolio", "list", "--token-file", "none"]).1.contains("none cannot be read"));
    let help =
        bellwether(folder.path()).env("BELLWETHER_TOKEN", &reads).args(["portfolio", "--help"]).output();
    let help = said(&help.unwrap().stdout);
    assert!(help.contains("Exit codes:") && help.contains("Examples:") && !help.contains(&reads), "{help}");
}

#[test]
fn a_token_goes_to_another_machine_encrypted_or_not_at_all() {
    let folder = TempDir::new().unwrap();
    // Addresses for documentation, which nobody has.
    for url in ["http://192.0.2.1:8080", "http://portfolio.example"] {
        let refused = ask(folder.path(), url, "bwp_wrong", &["portfolio", "list", "--timeout", "1"]);
        let words = said(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{words}");
        assert!(words.contains("without encryption") && words.contains("--insecure"), "{words}");
        assert!(!words.contains("bwp_wrong"), "{words}");
    }
    for url in ["portfolio.example", "ftp://portfolio.example", "https://ada:bwp_wrong@portfolio.example"] {
        let refused = ask(folder.path(), url, "", &["portfolio", "list"]);
        let words = said(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{words}");
        assert!(words.contains("--server: ") && !words.contains("bwp_wrong"), "{words}");
    }
}

/// Whoever answers each request with this; with nothing, whoever never answers.
fn stranger(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut asked = [0; 4_096];
            let _ = stream.read(&mut asked);
            if answer.is_empty() {
                kept.push(stream);
            } else {
                stream.write_all(answer.as_bytes()).unwrap();
            }
        }
    });
    format!("http://{address}")
}

#[test]
fn a_server_that_does_not_answer_as_it_should_is_told_in_a_sentence() {
    let folder = TempDir::new().unwrap();
    let gone = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let problem = "HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json\r\nConnection: close\r\n\
        Content-Length: 41\r\n\r\n{\"detail\":\"There is nothing at /api/v1.\"}";
    let cases = [
        (gone, "nothing answers at http://127.0.0.1:"),
        (stranger(""), "did not answer within 1 s: try again, or wait longer by --timeout"),
        (
            stranger("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 4\r\n\r\nGone"),
            "an older Bellwether, or none",
        ),
        (stranger(problem), "an older Bellwether, or none"),
        (
            stranger("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 6\r\n\r\n<html>"),
            "the answer is not Bellwether's",
        ),
        (
            stranger("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 600\r\n\r\n{\"items\""),
            "broke off before its answer was whole",
        ),
        (
            stranger(
                "HTTP/1.1 301 Moved\r\nLocation: https://new.example/api\r\nConnection: close\r\n\
                 Content-Length: 0\r\n\r\n",
            ),
            "leads to https://new.example/api",
        ),
        (
            stranger("HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
            "answers 502, but not as Bellwether does",
        ),
    ];
    for (url, words) in cases {
        let output = ask(folder.path(), &url, "bwp_wrong", &["portfolio", "list", "--timeout", "1"]);
        let told = said(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains(words) && told.lines().count() == 1, "{told}");
    }
    let silent = stranger("");
    let change = ["portfolio", "add", "Main", "--timeout", "1"];
    let output = ask(folder.path(), &silent, "", &change);
    assert!(said(&output.stderr).contains("look before you try again"), "{}", said(&output.stderr));
}
