//! The program at work, as the system sees it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const BINARY: &str = env!("CARGO_BIN_EXE_bellwether");

/// A serving process; ended with the value.
pub(crate) struct Served {
    process: Child,
    pub(crate) address: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Served {
    /// Over the database in that folder.
    pub(crate) fn start(folder: &Path) -> Self {
        let mut process = Command::new(BINARY)
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "error", "--upstream", "none"])
            .args(["--database", "bellwether.sqlite"])
            .env_clear()
            .env("BELLWETHER_SIGN_IN", "off")
            .env("HOME", folder)
            .current_dir(folder)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary was built");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        let address = line.trim().rsplit('/').next().expect("an address").to_owned();
        Self { process, address }
    }

    /// Processor time that its threads have used, to the nanosecond.
    pub(crate) fn cpu(&self) -> Duration {
        let tasks = format!("/proc/{}/task", self.process.id());
        let nanos = |task: std::fs::DirEntry| -> u64 {
            let told = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            told.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0)
        };
        let tasks = std::fs::read_dir(tasks).expect("Linux");
        Duration::from_nanos(tasks.flatten().map(nanos).sum())
    }

    pub(crate) fn memory_mb(&self) -> u64 {
        self.status("VmRSS:")
    }

    pub(crate) fn peak_memory_mb(&self) -> u64 {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> u64 {
        let told = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("Linux");
        let line = told.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.split_whitespace().next().and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) / 1_024
    }
}
