//! Who may sign in, for the operator; and when the program starts without a lock.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::json;
use tempfile::TempDir;

use crate::program::{Server, bellwether, run, said};

const PASSWORD: &str = "correct horse battery";

/// With a password on standard input.
fn with(folder: &Path, arguments: &[&str], password: &str) -> Output {
    let mut process = bellwether(folder)
        .args(["--upstream", "none", "user"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(process.stdin.take().unwrap(), "{password}").unwrap();
    process.wait_with_output().unwrap()
}

#[test]
fn the_operator_lets_people_in_gives_passwords_back_and_removes_people() {
    let folder = TempDir::new().unwrap();
    let at = folder.path();
    let added = with(at, &["add", "Grace", "--role", "reader", "--email", "g@example.org"], PASSWORD);
    assert!(added.status.success(), "{}", said(&added.stderr));
    assert_eq!(said(&added.stdout), "grace may sign in as a reader.\n");
    let weak = with(at, &["add", "eve"], "short");
    assert!(!weak.status.success() && said(&weak.stderr).contains("12 characters"), "{}", said(&weak.stderr));
    let listed = said(&run(at, &["user", "list"]).stdout);
    assert_eq!(listed, "owner\towner\t\tno password yet\ngrace\treader\tg@example.org\t\n");
    // A lost password, made anew: even the owner's, which claims the installation.
    let made = run(at, &["user", "password", "owner", "--generate"]);
    let told = said(&made.stdout);
    let generated = told.lines().last().unwrap().rsplit(' ').next().unwrap().to_owned();
    assert_eq!(generated.len(), 32, "{told}");

    let server = Server::told(folder, &["--upstream", "none", "--sign-in", "required", "serve"]);
    let login = |name: &str, password: &str| {
        let body = json!({ "username": name, "password": password }).to_string();
        server.send("POST /api/v1/auth/login HTTP/1.1\r\nContent-Type: application/json", &body)
    };
    assert_eq!(login("owner", &generated).json()["user"]["role"], "owner");
    assert_eq!(login("g@example.org", PASSWORD).json()["user"]["role"], "reader");
    server.get("/api/v1/portfolio").is_a_problem(401);
    assert_eq!(server.get("/").header("location"), Some("/sign-in"));

    let removed = run(server.folder.path(), &["user", "remove", "grace"]);
    assert!(removed.status.success(), "{}", said(&removed.stderr));
    login("grace", PASSWORD).is_a_problem(401);
    let kept = run(server.folder.path(), &["user", "remove", "owner"]);
    assert!(!kept.status.success() && said(&kept.stderr).contains("cannot be removed"));
}

#[test]
fn without_sign_in_it_serves_this_machine_only() {
    let folder = TempDir::new().unwrap();
    for others_reach_it in [
        ["--listen", "0.0.0.0:0"].as_slice(),
        &["--listen", "127.0.0.1:0", "--public-url", "https://portfolio.example.org"],
        &["--listen", "127.0.0.1:0", "--host", "nas"],
    ] {
        let refused = bellwether(folder.path())
            .args(["--upstream", "none", "--sign-in", "off"])
            .args(others_reach_it)
            .arg("serve")
            .output()
            .unwrap();
        assert!(!refused.status.success(), "{others_reach_it:?}");
        assert!(said(&refused.stderr).contains("without sign-in"), "{}", said(&refused.stderr));
    }
}

#[test]
fn where_others_could_be_first_a_code_is_printed() {
    let folder = TempDir::new().unwrap();
    let mut process = bellwether(folder.path())
        .args(["--upstream", "none", "--sign-in", "required", "--listen", "127.0.0.1:0"])
        .args(["--public-url", "https://portfolio.example.org", "serve"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let told: Vec<String> = lines.take(2).map(Result::unwrap).collect();
    process.kill().unwrap();
    process.wait().unwrap();
    let code = told[1].split_once("code=").unwrap().1.split(' ').next().unwrap();
    assert_eq!(code.len(), 32, "{told:?}");
}
