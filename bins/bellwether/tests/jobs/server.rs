//! The binary as a process that may end at any moment, and asking it over HTTP.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bellwether_domain::PortfolioId;
use serde_json::Value;

pub(crate) struct Server {
    process: Child,
    address: String,
}

/// What came of a request.
#[derive(Debug)]
pub(crate) enum Asked {
    Answered {
        status: u16,
        head: String,
        body: Vec<u8>,
    },
    /// The process was gone before its answer.
    Broken,
}

impl Asked {
    pub(crate) fn status(&self) -> u16 {
        if let Self::Answered { status, .. } = self { *status } else { 0 }
    }

    pub(crate) fn json(&self) -> Value {
        let Self::Answered { status: 200, body, .. } = self else { panic!("{self:?}") };
        serde_json::from_slice(body).unwrap()
    }

    pub(crate) fn text(&self) -> String {
        let Self::Answered { body, .. } = self else { panic!("{self:?}") };
        String::from_utf8_lossy(body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let Self::Answered { head, .. } = self else { return None };
        head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    /// Where a form's answer leads to.
    pub(crate) fn redirect(&self) -> Option<&str> {
        if self.status() == 303 { self.header("location") } else { None }
    }
}

impl Server {
    pub(crate) fn start(database: &str, upstream: &str, lease: u32) -> Self {
        Self::told(database, upstream, &["--lease", &lease.to_string(), "serve"])
    }

    pub(crate) fn told(database: &str, upstream: &str, arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_bellwether"))
            .env_clear()
            .env("BELLWETHER_SIGN_IN", "off")
            .env("HOME", std::env::temp_dir())
            .args(["--database", database, "--upstream", upstream, "--listen", "127.0.0.1:0"])
            .args(["--log", "off"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().rsplit_once("http://").expect("it starts after every kill").1.to_owned();
        Self { process, address }
    }

    /// SIGKILL: nothing of it runs any more when this returns.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Whether this process holds the job's lease.
    pub(crate) fn holds(&self, job: &Value) -> bool {
        let ours = format!("{}-", self.process.id());
        job["worker"].as_str().is_some_and(|worker| worker.starts_with(&ours))
    }

    pub(crate) fn get(&self, path: &str) -> Asked {
        ask(&self.address, &format!("GET {path} HTTP/1.1"), b"")
    }

    /// As a program with a token.
    #[allow(dead_code, reason = "not every test that takes this file signs in")]
    pub(crate) fn get_as(&self, path: &str, token: &str) -> Asked {
        ask(&self.address, &format!("GET {path} HTTP/1.1\r\nAuthorization: Bearer {token}"), b"")
    }

    /// As a program with a token.
    #[allow(dead_code, reason = "not every test that takes this file signs in")]
    pub(crate) fn delete_as(&self, path: &str, token: &str) -> Asked {
        ask(&self.address, &format!("DELETE {path} HTTP/1.1\r\nAuthorization: Bearer {token}"), b"")
    }

    pub(crate) fn delete(&self, path: &str) -> Asked {
        ask(&self.address, &format!("DELETE {path} HTTP/1.1"), b"")
    }

    pub(crate) fn post(&self, path: &str, media_type: &str, body: &[u8]) -> Asked {
        ask(&self.address, &format!("POST {path} HTTP/1.1\r\nContent-Type: {media_type}"), body)
    }

    pub(crate) fn new_portfolio(&self, name: &str) -> PortfolioId {
        let form = format!("name={name}&currency=USD&cost_method=fifo");
        let told = self.post("/portfolios", "application/x-www-form-urlencoded", form.as_bytes());
        let location = told.redirect().unwrap_or_else(|| panic!("{told:?}"));
        location.split('/').nth(2).unwrap().parse().unwrap()
    }

    /// Sends a file to be imported, while the test goes on.
    pub(crate) fn upload_in_background(&self, id: PortfolioId, csv: &str) -> JoinHandle<Asked> {
        let body = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"trades.csv\"\r\n\r\n{csv}\r\n--edge--\r\n"
        );
        let head = format!(
            "POST /portfolio/{id}/import HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=edge"
        );
        let address = self.address.clone();
        std::thread::spawn(move || ask(&address, &head, body.as_bytes()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn ask(address: &str, head: &str, body: &[u8]) -> Asked {
    let exchange = || -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(address)?;
        let length = body.len();
        write!(stream, "{head}\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n")?;
        stream.write_all(body)?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let Ok(bytes) = exchange() else { return Asked::Broken };
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Asked::Broken };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Asked::Answered { status, head, body: bytes[end + 4..].to_vec() }
}

/// Asks until the answer is right.
pub(crate) fn until(what: &str, ask: impl Fn() -> Value, is_right: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let told = ask();
        if is_right(&told) {
            return told;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "never {what}: {told}");
        std::thread::sleep(Duration::from_millis(30));
    }
}
