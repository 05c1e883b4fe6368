//! Figures against cases whose answers others have set, in files of one format.
//!
//! The cases beside this file are always read; those of the folder that the environment variable
//! `BELLWETHER_GOLDEN_DIR` names are, when it is set. Every expected figure is computed through the library's public
//! interface. The last line says how many cases passed, failed and were skipped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

mod answer;
mod case;
mod compare;
mod expected;
mod figures;
mod ledger;
mod market;
mod number;
mod params;
mod world;

use std::fs;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Deserialize;
use serde_json::value::RawValue;

use self::case::Case;
use self::compare::{Remark, Verdict, judge};

/// Names a folder with further cases.
const FOLDER: &str = "BELLWETHER_GOLDEN_DIR";
/// The one test that this target is to those who list tests.
const TEST: &str = "golden_cases";

fn main() -> io::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut out = io::stdout().lock();
    if arguments.iter().any(|argument| argument == "--list") {
        if !arguments.iter().any(|argument| argument == "--ignored") {
            writeln!(out, "{TEST}: test")?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut tally = Tally::default();
    for folder in folders() {
        tally.folder(&folder, &mut out)?;
    }
    writeln!(out, "{} passed, {} failed, {} skipped", tally.passed, tally.failed, tally.skipped)?;
    Ok(if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The folders whose `cases` are read.
fn folders() -> Vec<PathBuf> {
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let named = std::env::var_os(FOLDER).filter(|name| !name.is_empty()).map(PathBuf::from);
    [Some(own), named].into_iter().flatten().collect()
}

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    skipped: usize,
}

/// Of a case that cannot be read, at least its name.
#[derive(Deserialize)]
struct Named {
    id: String,
}

impl Tally {
    fn folder(&mut self, folder: &Path, out: &mut impl Write) -> io::Result<()> {
        let files = match files(folder) {
            Ok(files) if !files.is_empty() => files,
            Ok(_) => return self.missing(folder, "has no cases", out),
            Err(error) => return self.missing(folder, &error.to_string(), out),
        };
        let mut cases = 0;
        for file in &files {
            match raw_cases(file) {
                Ok(raw) if raw.is_empty() => self.missing(file, "has no cases", out)?,
                Ok(raw) => {
                    cases += raw.len();
                    for case in raw {
                        self.case(case.get(), out)?;
                    }
                }
                Err(error) => self.missing(file, &error.to_string(), out)?,
            }
        }
        writeln!(out, "{cases} cases in {} files of {}", files.len(), folder.display())
    }

    fn missing(&mut self, path: &Path, trouble: &str, out: &mut impl Write) -> io::Result<()> {
        self.failed += 1;
        writeln!(out, "FAILED {}: {trouble}", path.display())
    }

    fn case(&mut self, text: &str, out: &mut impl Write) -> io::Result<()> {
        let (id, verdict) = match serde_json::from_str::<Case>(text) {
            Ok(case) => (case.id.clone(), judged(&case)),
            Err(error) => {
                let named = serde_json::from_str::<Named>(text);
                let id = named.map_or_else(|_| "a case without id".to_owned(), |named| named.id);
                (id, Verdict::failed(error.to_string()))
            }
        };
        for Remark { figure, words } in &verdict.failures {
            writeln!(out, "FAILED {id}: {figure}: {words}")?;
        }
        for Remark { figure, words } in &verdict.skips {
            writeln!(out, "skipped {id}: {figure}: {words}")?;
        }
        let count = if verdict.has_failed() {
            &mut self.failed
        } else if verdict.is_skipped() {
            &mut self.skipped
        } else {
            &mut self.passed
        };
        *count += 1;
        Ok(())
    }
}

/// The verdict on a case; a panic is a failure of that case alone.
fn judged(case: &Case) -> Verdict {
    catch_unwind(AssertUnwindSafe(|| judge(case))).unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().map(String::as_str);
        let words = words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("for no told reason");
        Verdict::failed(format!("panicked: {words}"))
    })
}

fn raw_cases(file: &Path) -> io::Result<Vec<Box<RawValue>>> {
    Ok(serde_json::from_slice(&fs::read(file)?)?)
}

/// The case files of a folder by name.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder.join("cases"))?;
    let mut files = entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    Ok(files)
}
