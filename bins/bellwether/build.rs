//! Builds the interface with npm and leaves it in `OUT_DIR/web`, from where it is embedded.
//!
//! Cargo runs this only when a source of the interface changed; packages are installed only when the lock file did.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const SOURCES: [&str; 4] = ["web/src", "web/build.mjs", "web/package.json", "web/package-lock.json"];

fn main() {
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
    }
    let web = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo")).join("web");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo")).join("web");

    let lock = fs::read(web.join("package-lock.json")).expect("the lock file is part of the sources");
    let stamp = web.join("node_modules/.installed-lock.json");
    if fs::read(&stamp).ok().as_ref() != Some(&lock) {
        run(Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]), &web);
        fs::write(stamp, lock).expect("npm made the folder");
    }
    run(Command::new("node").arg("build.mjs").arg(out), &web);
}

fn run(command: &mut Command, folder: &Path) {
    let told = format!("{command:?}");
    match command.current_dir(folder).status() {
        Ok(status) if status.success() => {}
        Ok(status) => panic!("{told} failed ({status}): the interface was not built"),
        Err(error) => panic!("{told} could not be started ({error}): install Node.js 20 or later with npm"),
    }
}
