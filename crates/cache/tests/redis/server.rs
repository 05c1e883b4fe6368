//! A Redis server of a test's own, on a socket in a folder of its own, to be stopped and started again.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bellwether_cache::redis::Redis;
use bellwether_domain::SharedClock;
use tempfile::TempDir;

/// Long enough for a busy machine; what does not answer at all is given up after it.
const PATIENCE: Duration = Duration::from_secs(2);

pub struct Server {
    folder: TempDir,
    process: Option<Child>,
}

impl Server {
    /// Starts one; `None` where tests have no Redis, as `TEST_REDIS_URL` tells.
    pub fn start() -> Option<Self> {
        std::env::var_os("TEST_REDIS_URL")?;
        let mut server = Self { folder: TempDir::new().unwrap(), process: None };
        server.start_again();
        Some(server)
    }

    pub fn start_again(&mut self) {
        let process = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(self.socket())
            .current_dir(self.folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        self.process = Some(process);
        for _ in 0..600 {
            if UnixStream::connect(self.socket()).is_ok() && self.say("PING") == "+PONG" {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("redis-server does not come up");
    }

    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// One command, past the client that is tested; the first line of its answer.
    pub fn say(&self, command: &str) -> String {
        let mut stream = UnixStream::connect(self.socket()).unwrap();
        writeln!(stream, "{command}\r").unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    pub fn connect(&self, clock: &Arc<impl bellwether_domain::Clock + 'static>) -> Redis {
        let address = format!("redis+unix://{}", self.socket().display());
        let clock: SharedClock = Arc::clone(clock) as _;
        Redis::connect_patiently(&address, "test", clock, PATIENCE).unwrap()
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}
