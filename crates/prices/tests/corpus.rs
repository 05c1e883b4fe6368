//! Inputs that fuzzing found worth keeping, each read as the fuzz targets read it.
//!
//! The folders beside are where `scripts/fuzz` starts from; a file in one of them is an input of that target. Names in
//! words are of inputs written by hand, most of them for a fault that is mended.

#[path = "corpus/promises.rs"]
mod promises;
#[path = "corpus/seeds.rs"]
mod seeds;

use std::fs;
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(name)
}

fn read_all(name: &str, read: fn(&[u8])) {
    let folder = folder(name);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    let broken = |path: &PathBuf| {
        let input = fs::read(path).expect("an input");
        std::panic::catch_unwind(|| read(&input)).is_err()
    };
    let broken: Vec<_> = paths.into_iter().filter(broken).collect();
    assert!(broken.is_empty(), "promises are broken by {broken:#?}");
}

#[test]
fn charts_keep_their_promises() {
    read_all("chart", promises::chart);
}

#[test]
fn sparks_keep_their_promises() {
    read_all("spark", promises::spark);
}

#[test]
fn quotes_keep_their_promises() {
    read_all("quote", promises::quotes);
}

#[test]
fn searches_keep_their_promises() {
    read_all("search", promises::search);
}

/// With `BELLWETHER_SEEDS_DIR` the answers are also written there, one folder for each target.
#[tokio::test]
async fn what_the_simulator_answers_keeps_all_promises() {
    let seeds = seeds::seeds().await;
    if let Some(folder) = std::env::var_os("BELLWETHER_SEEDS_DIR") {
        for seed in &seeds {
            let folder = Path::new(&folder).join(seed.folder);
            fs::create_dir_all(&folder).expect("a folder");
            fs::write(folder.join(&seed.name), &seed.input).expect("a file");
        }
    }
    for seed in &seeds {
        let read = match seed.folder {
            "chart" => promises::chart,
            "spark" => promises::spark,
            "quote" => promises::quotes,
            _ => promises::search,
        };
        let kept = std::panic::catch_unwind(|| read(&seed.input));
        assert!(kept.is_ok(), "{} of {} breaks a promise", seed.name, seed.folder);
    }
}
