//! One TLS library, rustls: the upstream tells them apart by their handshakes, and shuts out the system's. Features
//! of dependencies add up, so one that asks for another library would switch it on for all.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::{HashMap, HashSet, VecDeque};
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

/// Other TLS libraries, and what brings them into an HTTP client.
const OTHERS: [&str; 7] =
    ["native-tls", "tokio-native-tls", "hyper-tls", "openssl", "openssl-sys", "boring", "aws-lc-rs"];

const PROGRAM: &str = "bellwether";

/// How each of the others comes into `program`, as the names from it to the library. `graph` is what `cargo metadata`
/// prints. What only tests need is not followed.
fn ways_in(graph: &Value, program: &str) -> Result<Vec<Vec<String>>, String> {
    let name_of: HashMap<&str, &str> = list(&graph["packages"])?
        .iter()
        .filter_map(|package| Some((package["id"].as_str()?, package["name"].as_str()?)))
        .collect();
    let nodes: HashMap<&str, &Value> = list(&graph["resolve"]["nodes"])?
        .iter()
        .filter_map(|node| Some((node["id"].as_str()?, &node["deps"])))
        .collect();
    let root = nodes.keys().find(|id| name_of.get(**id) == Some(&program)).ok_or("no such program")?;

    let mut ways = Vec::new();
    let mut seen = HashSet::from([*root]);
    let mut next = VecDeque::from([(*root, vec![program.to_owned()])]);
    while let Some((id, way)) = next.pop_front() {
        for dependency in list(nodes[id])? {
            let kinds = list(&dependency["dep_kinds"])?;
            let package = dependency["pkg"].as_str().ok_or("a dependency without a package")?;
            if kinds.iter().all(|kind| kind["kind"] == "dev") || !seen.insert(package) {
                continue;
            }
            let name = *name_of.get(package).ok_or("a package without a name")?;
            let way: Vec<String> = way.iter().cloned().chain([name.to_owned()]).collect();
            if OTHERS.contains(&name) {
                ways.push(way.clone());
            }
            next.push_back((package, way));
        }
    }
    Ok(ways)
}

fn list(value: &Value) -> Result<&Vec<Value>, String> {
    value.as_array().ok_or_else(|| format!("no list: {value}"))
}

fn run(program: &str, arguments: &[&str]) -> String {
    let program = std::env::var_os(program.to_ascii_uppercase()).unwrap_or(OsString::from(program));
    let output =
        Command::new(program).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_program_with_all_features_has_no_other_tls_library() {
    let compiler = run("rustc", &["-vV"]);
    // This platform's, as the packages of others may not be at hand.
    let platform = compiler.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let all = ["metadata", "--locked", "--offline", "--format-version=1", "--all-features"];
    let graph = run("cargo", &[&all[..], &["--filter-platform", platform]].concat());
    let graph: Value = serde_json::from_str(&graph).unwrap();
    let names = list(&graph["packages"]).unwrap().iter().filter_map(|package| package["name"].as_str());
    assert!(names.clone().any(|name| name == "rustls") && names.clone().any(|name| name == "reqwest"));
    assert_eq!(ways_in(&graph, PROGRAM), Ok(Vec::new()));
}

#[test]
fn no_platform_locks_another_tls_library() {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
    let lock = std::fs::read_to_string(lock).unwrap();
    for name in OTHERS {
        assert!(!lock.contains(&format!("name = \"{name}\"")), "{name} is locked");
    }
}

/// A package's name, and its dependencies with their kinds.
type Package<'a> = (&'a str, &'a [(&'a str, Option<&'a str>)]);

fn graph(packages: &[Package<'_>]) -> Value {
    let id = |name: &str| format!("registry+https://example.org#{name}@1.0.0");
    let dependency = |dependency: &(&str, Option<&str>)| {
        let (name, kind) = dependency;
        json!({ "pkg": id(name), "dep_kinds": [{ "kind": kind, "target": null }] })
    };
    let named = packages.iter().map(|(name, _)| json!({ "id": id(name), "name": name }));
    let nodes = packages.iter().map(|(name, dependencies)| {
        let deps: Vec<Value> = dependencies.iter().map(dependency).collect();
        json!({ "id": id(name), "deps": deps })
    });
    json!({ "packages": named.collect::<Vec<_>>(), "resolve": { "nodes": nodes.collect::<Vec<_>>() } })
}

#[test]
fn another_tls_library_is_found_however_deep_and_its_way_in_is_named() {
    let made_up = graph(&[
        ("bellwether", &[("bellwether-prices", None), ("mailer", None)]),
        ("bellwether-prices", &[("reqwest", None)]),
        ("reqwest", &[("rustls", None), ("native-tls", None)]),
        ("mailer", &[("tls-at-build", Some("build"))]),
        ("tls-at-build", &[("openssl-sys", None)]),
        ("rustls", &[]),
        ("native-tls", &[("openssl-sys", None)]),
        ("openssl-sys", &[]),
    ]);
    let ways = ways_in(&made_up, "bellwether").unwrap();
    let ways: Vec<String> = ways.iter().map(|way| way.join(" > ")).collect();
    assert_eq!(
        ways,
        [
            "bellwether > bellwether-prices > reqwest > native-tls",
            "bellwether > mailer > tls-at-build > openssl-sys"
        ]
    );
}

#[test]
fn what_only_tests_need_or_another_program_is_none_of_its_business() {
    let made_up = graph(&[
        ("bellwether", &[("reqwest", None), ("browser-driver", Some("dev"))]),
        ("reqwest", &[("rustls", None)]),
        ("rustls", &[]),
        ("browser-driver", &[("native-tls", None)]),
        ("native-tls", &[]),
        ("other", &[("native-tls", None)]),
    ]);
    assert_eq!(ways_in(&made_up, "bellwether"), Ok(Vec::new()));
    assert_eq!(ways_in(&made_up, "other").map(|ways| ways.len()), Ok(1));
}

#[test]
fn a_graph_that_cannot_be_read_is_no_clean_bill() {
    assert!(ways_in(&json!({}), "bellwether").is_err());
    assert!(ways_in(&graph(&[("other", &[])]), "bellwether").is_err());
}
