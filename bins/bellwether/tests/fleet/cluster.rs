//! A PostgreSQL of the test's own, which can be taken away and brought back.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::redis::free_port;

pub(crate) struct Cluster {
    folder: PathBuf,
    port: u16,
    settings: &'static str,
    url: String,
}

impl Cluster {
    pub(crate) fn start() -> Self {
        Self::with("")
    }

    /// With more settings, as the server's command line takes them.
    pub(crate) fn with(settings: &'static str) -> Self {
        // Not a folder of this user's alone: run by root, the server is another user's.
        let folder = std::env::temp_dir().join(format!("bellwether-fleet-{}", uuid::Uuid::now_v7().simple()));
        let mut cluster = Self { folder, port: free_port(), settings, url: String::new() };
        cluster.url = cluster.script("start");
        cluster
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    pub(crate) fn take_away(&self) {
        self.script("pause");
    }

    pub(crate) fn bring_back(&self) {
        self.script("resume");
    }

    /// What the script prints; where PostgreSQL is not installed it says so and this panics.
    fn script(&self, command: &str) -> String {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/postgres-for-tests");
        let printed = Command::new(script)
            .arg(command)
            .env("BELLWETHER_TEST_POSTGRES_DIR", &self.folder)
            .env("BELLWETHER_TEST_POSTGRES_PORT", self.port.to_string())
            .env("BELLWETHER_TEST_POSTGRES_SETTINGS", self.settings)
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(
            printed.status.success(),
            "this test needs a PostgreSQL of its own: see above for what failed"
        );
        String::from_utf8(printed.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.script("stop");
            return;
        }
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.script("stop")));
    }
}
