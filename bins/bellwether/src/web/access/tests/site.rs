//! A served installation with an owner, a member and a reader.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::web;
use bellwether_domain::{PortfolioId, Role, SharedClock, SystemClock};
use bellwether_tracker::{
    EnteredIndex, EnteredTransaction, ImportFile, ImportTarget, LedgerChange, NewTransaction, NewUser,
    PortfolioSettings, RuleDraft, Scopes, SignedIn, Topic, Tracker, TrackerOptions, Upstream, Visitor,
};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::notifications::{Post, PostSettings};
use crate::web::access::{BodyBounds, Entry};
use crate::web::{EventLog, State};

pub(super) const PASSWORD: &str = "correct horse battery";

pub(super) struct Site {
    pub(super) state: web::Data<State>,
    pub(super) address: SocketAddr,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Told {
    fn of(told: &[u8]) -> Self {
        let text = String::from_utf8_lossy(told).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    /// The session's cookie as a browser would send it back.
    pub(super) fn cookie(&self) -> Option<&str> {
        self.header("set-cookie")?.split(';').next()
    }
}

/// Somebody with a portfolio that they see.
pub(super) struct Person {
    pub(super) token: String,
    pub(super) who: SignedIn,
    pub(super) portfolio: PortfolioId,
}

impl Site {
    pub(super) async fn unclaimed(entry: Entry) -> Self {
        Self::with("sqlite::memory:", entry, BodyBounds::default()).await
    }

    pub(super) async fn with(database: &str, entry: Entry, bodies: BodyBounds) -> Self {
        Self::with_routes(database, entry, bodies, |_| {}).await
    }

    /// With more addresses than there are.
    pub(super) async fn with_routes(
        database: &str,
        entry: Entry,
        bodies: BodyBounds,
        more: fn(&mut web::ServiceConfig),
    ) -> Self {
        let clock: SharedClock = Arc::new(SystemClock);
        let tracker = Tracker::open(TrackerOptions {
            database: database.to_owned(),
            upstream: Upstream::Nobody,
            feeds: Vec::new(),
            redis: None,
            clock: Arc::clone(&clock),
        });
        let listener = crate::web::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port");
        let address = listener.local_addr().expect("bound");
        let state = State::new(tracker.await.expect("a tracker"), Vec::new(), EventLog::default());
        // A mail server that is not there: what goes out waits.
        let post = PostSettings {
            smtp: Some("smtp://127.0.0.1:9".to_owned()),
            mail_from: Some("bellwether@example.org".to_owned()),
            webhook_secret: Some("what webhooks are signed with".to_owned()),
            ..PostSettings::default()
        };
        let state = state.posting_by(Post::new(&post, clock).expect("ways out")).entered_by(entry);
        let state = web::Data::new(State { bodies, ..state });
        let server = crate::web::server_with(listener, state.clone(), more);
        actix_web::rt::spawn(server.expect("a server"));
        Self { state, address }
    }

    pub(super) async fn locked() -> Self {
        Self::unclaimed(Entry { is_locked: true, ..Entry::default() }).await
    }

    /// With an owner, and a portfolio of theirs.
    pub(super) async fn owned() -> (Self, Person) {
        let site = Self::locked().await;
        let person = site.claimed().await;
        (site, person)
    }

    /// The owner, who was first, with a portfolio of theirs.
    pub(super) async fn claimed(&self) -> Person {
        let site = self;
        let tracker = &site.state.tracker;
        let session = tracker.claim("ada", None, PASSWORD.to_owned(), &Visitor::default()).await;
        let who = tracker.let_in(&session.expect("claimed").token).await.expect("known").expect("let in");
        let portfolio = site.portfolio_of(&who, "KO").await;
        site.person("ada", Some(portfolio)).await
    }

    async fn portfolio_of(&self, who: &SignedIn, symbol: &str) -> PortfolioId {
        let tracker = self.state.tracker.seen_by(who);
        let csv = format!("Ticker,Type,Date,Price,Shares\n{symbol},Buy,2024-03-05,61.75,7313\n");
        let file = ImportFile { name: "few.csv".to_owned(), bytes: csv.into_bytes(), currency: None };
        let new = ImportTarget::Named(PortfolioSettings::named(format!("{}'s secret plan", who.name)));
        tracker.import(new, file, false).await.expect("imported");
        let name = format!("{}'s secret plan", who.name);
        tracker.portfolio_named(&name).await.expect("there").id
    }

    /// Signs somebody in; without a portfolio of their own they get one.
    pub(super) async fn person(&self, name: &str, sees: Option<PortfolioId>) -> Person {
        let tracker = &self.state.tracker;
        let session = tracker.sign_in(name, PASSWORD.to_owned(), &Visitor::default()).await.expect("in");
        let who = tracker.let_in(&session.token).await.expect("known").expect("let in");
        let portfolio = match sees {
            Some(portfolio) => portfolio,
            None => self.portfolio_of(&who, "PEP").await,
        };
        Person { token: session.token, who, portfolio }
    }

    pub(super) async fn add(&self, name: &str, role: Role) {
        let new = NewUser { name: name.to_owned(), email: None, role, password: PASSWORD.to_owned() };
        self.state.tracker.add_user(new).await.expect("added");
    }

    pub(super) async fn token(&self, person: &Person, scopes: &str) -> Person {
        let tracker = &self.state.tracker;
        let scopes = Scopes::from_words(scopes).expect("scopes");
        let (token, _) = tracker.add_token(&person.who, "test", scopes, None).await.expect("made");
        let who = tracker.let_in(&token).await.expect("known").expect("let in");
        Person { token, who, portfolio: person.portfolio }
    }

    pub(super) async fn ask(&self, method: &str, path: &str, head: &str, body: &str) -> Told {
        let mut stream = TcpStream::connect(self.address).await.expect("connected");
        let length = if body.is_empty() && matches!(method, "GET" | "HEAD" | "OPTIONS") {
            String::new()
        } else {
            format!("Content-Length: {}\r\n", body.len())
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{length}{head}\r\n{body}",
            self.address
        );
        // A server that refuses a large body may close before it has all of it.
        let _ = stream.write_all(request.as_bytes()).await;
        let mut told = Vec::new();
        let mut chunk = vec![0; 16_384];
        loop {
            let read = stream.read(&mut chunk).await.unwrap_or(0);
            told.extend_from_slice(chunk.get(..read).expect("no more than there is room for"));
            // A stream of events has no end.
            let head =
                told.windows(4).position(|window| window == b"\r\n\r\n").and_then(|end| told.get(..end));
            let is_stream =
                head.is_some_and(|head| head.windows(17).any(|window| window == b"text/event-stream"));
            if read == 0 || is_stream {
                break;
            }
        }
        Told::of(&told)
    }

    /// Sends bytes as they are, with the connection kept open for as long as the server wants it.
    pub(super) async fn raw(&self, pieces: &[&[u8]]) -> Told {
        let mut stream = TcpStream::connect(self.address).await.expect("connected");
        for piece in pieces {
            // A server that refuses may close before it has all of it.
            if stream.write_all(piece).await.is_err() {
                break;
            }
        }
        let mut told = Vec::new();
        // Nor is all of what it said always there to read then.
        let _ = stream.read_to_end(&mut told).await;
        Told::of(&told)
    }

    /// Sends a file as it is.
    pub(super) async fn upload(&self, path: &str, head: &str, file: &[u8]) -> Told {
        let begin = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/octet-stream\r\n\
             Content-Length: {}\r\n{head}\r\n",
            self.address,
            file.len()
        );
        self.raw(&[begin.as_bytes(), file]).await
    }

    /// The status of what is answered to a beginning of which nothing more comes.
    pub(super) async fn status_of(&self, begin: &str) -> u16 {
        let mut stream = TcpStream::connect(self.address).await.expect("connected");
        stream.write_all(begin.as_bytes()).await.expect("sent");
        let mut told = vec![0; 12];
        match stream.read_exact(&mut told).await {
            Ok(_) => Told::of(&told).status,
            Err(_) => 0,
        }
    }

    /// Sends a beginning and then a letter at a time, until the server answers or closes.
    pub(super) async fn dripping(&self, begin: &str, every: std::time::Duration) -> Told {
        let mut stream = TcpStream::connect(self.address).await.expect("connected");
        stream.write_all(begin.as_bytes()).await.expect("sent");
        let (mut reading, mut writing) = stream.split();
        let mut told = Vec::new();
        let drip = async {
            while writing.write_all(b"x").await.is_ok() {
                tokio::time::sleep(every).await;
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            _ = reading.read_to_end(&mut told) => {}
            () = drip => {}
        }
        Told::of(&told)
    }

    pub(super) async fn get(&self, path: &str, head: &str) -> Told {
        self.ask("GET", path, head, "").await
    }

    pub(super) async fn form(&self, path: &str, head: &str, body: &str) -> Told {
        let head = format!("Content-Type: application/x-www-form-urlencoded\r\n{head}");
        self.ask("POST", path, &head, body).await
    }

    pub(super) async fn send(&self, method: &str, path: &str, head: &str, body: &str) -> Told {
        self.ask(method, path, &format!("Content-Type: application/json\r\n{head}"), body).await
    }

    /// A cookie of a new session.
    pub(super) async fn cookie(&self, name: &str) -> String {
        let told = self.form("/sign-in", "", &format!("name={name}&password={PASSWORD}")).await;
        assert_eq!(told.status, 303, "{told:?}");
        format!("Cookie: {}\r\n", told.cookie().expect("a cookie"))
    }

    /// Something of each kind that is somebody's own, made anew.
    pub(super) async fn objects_of(&self, person: &Person) -> Objects {
        const NAME: &str = "object";
        let tracker = self.state.tracker.seen_by(&person.who);
        for token in
            tracker.tokens(&person.who).await.expect("listed").iter().filter(|token| token.name == NAME)
        {
            tracker.revoke_token(&person.who, token.id).await.expect("revoked");
        }
        for link in tracker.share_links().await.expect("listed") {
            tracker.revoke_share_link(link.id).await.expect("revoked");
        }
        for rule in tracker.notification_rules().await.expect("listed") {
            tracker.remove_notification_rule(rule.id).await.expect("removed");
        }
        for draft in tracker.drafts(person.portfolio).await.expect("listed") {
            tracker.discard_draft(person.portfolio, draft.id, None).await.expect("discarded");
        }
        let csv = b"Ticker,Type,Date,Price,Shares\nKO,Buy,2024-03-06,61,1\n".to_vec();
        let file = ImportFile { name: "draft.csv".to_owned(), bytes: csv, currency: None };
        let import = tracker.begin_import(person.portfolio, file).await.expect("a draft").id.to_string();
        let job = tracker.request_warming(person.portfolio).await.expect("a job").to_string();
        let rule = tracker.add_notification_rule(RuleDraft::of(Topic::RefreshFinished)).await;
        let all = SignedIn { scopes: Scopes::ALL, ..person.who.clone() };
        let (_, token) = tracker.add_token(&all, NAME, Scopes::ALL, None).await.expect("a token");
        let (_, link) = tracker.add_share_link(person.portfolio, NAME, None).await.expect("a link");
        Objects {
            portfolio: person.portfolio.to_string(),
            job,
            import,
            rule: rule.expect("a rule").id.to_string(),
            token: token.id.to_string(),
            link: link.id.to_string(),
        }
    }

    /// A portfolio of somebody's that may go, with a transaction and the change that brought it.
    pub(super) async fn spare_of(&self, person: &Person) -> Spare {
        let tracker = self.state.tracker.seen_by(&person.who);
        let name = format!("spare {}", PortfolioId::new());
        let portfolio = tracker.create_portfolio(PortfolioSettings::named(name)).await.expect("made").id;
        let deposit = EnteredTransaction {
            kind: "deposit".to_owned(),
            date: "2024-03-05".to_owned(),
            amount: "500".to_owned(),
            ..EnteredTransaction::default()
        };
        let deposit = NewTransaction { entered: deposit, ..NewTransaction::default() };
        let change = LedgerChange { creates: vec![deposit], ..LedgerChange::default() };
        let changed = tracker.change_ledger(portfolio, change, false).await.expect("booked");
        let index = EnteredIndex {
            name: format!("index {portfolio}"),
            rebalancing: "never".to_owned(),
            components: vec![("VOO".to_owned(), "1".to_owned())],
            ..EnteredIndex::default()
        };
        let index = tracker.create_index(&index).await.expect("an index").id;
        Spare {
            portfolio: portfolio.to_string(),
            transaction: changed.created[0].to_string(),
            change: changed.change.expect("a change").to_string(),
            index: index.to_string(),
        }
    }

    pub(super) async fn new_session_of(&self, person: &Person) -> String {
        let tracker = &self.state.tracker;
        let visitor = Visitor::default();
        tracker.sign_in(&person.who.name, PASSWORD.to_owned(), &visitor).await.expect("signed in");
        tracker.sessions(&person.who).await.expect("listed").remove(0).id
    }
}

/// What is somebody's own.
#[derive(Debug)]
pub(super) struct Objects {
    pub(super) portfolio: String,
    pub(super) job: String,
    pub(super) import: String,
    pub(super) rule: String,
    pub(super) token: String,
    pub(super) link: String,
}

impl Objects {
    /// Of a portfolio, and else of what is not there.
    pub(super) fn none(portfolio: &str) -> Self {
        let none = || PortfolioId::new().to_string();
        Self {
            portfolio: portfolio.to_owned(),
            job: none(),
            import: none(),
            rule: none(),
            token: none(),
            link: none(),
        }
    }
}

/// What is somebody's own and may go.
#[derive(Debug)]
pub(super) struct Spare {
    pub(super) portfolio: String,
    pub(super) transaction: String,
    pub(super) change: String,
    pub(super) index: String,
}

/// The header of a program.
pub(super) fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}
