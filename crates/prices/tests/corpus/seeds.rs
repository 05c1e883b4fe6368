//! Small answers of the simulated service, good and damaged: where fuzzing starts from.

use std::time::Duration;

use bellwether_prices::{Family, HttpTransport, Request, Response, Site, Transport};
use bellwether_yahoo_sim::{
    ClockMode, FaultAction, FaultBody, FaultRule, Omission, SimConfig, SimHandle, Simulator,
};
use chrono::{DateTime, TimeDelta, Utc};

use crate::promises::{PRESENTS, STATUSES, SUBJECTS};

/// An input, and the folder and name of its file.
pub(crate) struct Seed {
    pub(crate) folder: &'static str,
    pub(crate) name: String,
    pub(crate) input: Vec<u8>,
}

/// All seeds, the same in every run.
pub(crate) async fn seeds() -> Vec<Seed> {
    let mut service = Service::open();
    let mut seeds = Vec::new();
    service.charts(&mut seeds).await;
    service.sparks(&mut seeds).await;
    service.quotes(&mut seeds).await;
    service.searches(&mut seeds).await;
    seeds
}

struct Service {
    sim: SimHandle,
    transport: HttpTransport,
    now: DateTime<Utc>,
}

impl Service {
    fn open() -> Self {
        let now: DateTime<Utc> = PRESENTS[0].parse().expect("an instant");
        let sim = Simulator::spawn(SimConfig { clock: ClockMode::Fixed(now), ..SimConfig::default() })
            .expect("a simulator");
        let transport = HttpTransport::new(&sim.base_url()).expect("a transport");
        Self { sim, transport, now }
    }

    async fn charts(&mut self, seeds: &mut Vec<Seed>) {
        let week = self.window(9, 0);
        for (subject, (symbol, ..)) in SUBJECTS.iter().enumerate() {
            let answer = self.get(&format!("/v8/finance/chart/{symbol}?{week}"), Vec::new()).await;
            seeds.push(seed("chart", symbol, &answer, subject << 3));
        }
        let with_split = self.window(-2, -9);
        self.now += TimeDelta::days(10);
        self.sim.clock().set(self.now).expect("a clock of its own");
        for (symbol, subject) in [("ZZSPLIT1", 7), ("AAPL", 0)] {
            let path = format!("/v8/finance/chart/{symbol}?{with_split}");
            let answer = self.get(&path, Vec::new()).await;
            seeds.push(seed("chart", &format!("{symbol} later"), &answer, subject << 3));
        }
        self.now -= TimeDelta::days(10);
        self.sim.clock().set(self.now).expect("a clock of its own");
        for fault in faults() {
            let name = fault.word();
            let path = format!("/v8/finance/chart/AAPL?{week}");
            let answer = self.get(&path, vec![FaultRule::always(fault)]).await;
            seeds.push(seed("chart", name, &answer, 1));
        }
        for (name, query) in [
            ("nothing in the window", self.window(90_000, 89_990)),
            ("an interval that is none", "interval=7m&range=5d".to_owned()),
            ("a quarter a bar", "interval=3mo&range=1y".to_owned()),
        ] {
            let answer = self.get(&format!("/v8/finance/chart/AAPL?{query}"), Vec::new()).await;
            seeds.push(seed("chart", name, &answer, 0));
        }
        for symbol in ["ZZUNKNOWN1", "ZZDEAD1", "ZZHALT1"] {
            let answer = self.get(&format!("/v8/finance/chart/{symbol}?{week}"), Vec::new()).await;
            seeds.push(seed("chart", symbol, &answer, 0));
        }
    }

    async fn sparks(&mut self, seeds: &mut Vec<Seed>) {
        for (version, symbols) in [7, 8].iter().flat_map(|version| {
            ["AAPL,VOD.L", "EUR=X,CL=F", "USDEUR=X", "BTC-USD,ZZUNKNOWN1", "ZZUNKNOWN1"]
                .map(|symbols| (version, symbols))
        }) {
            let path = format!("/v{version}/finance/spark?symbols={symbols}&range=5d&interval=1d");
            let answer = self.get(&path, Vec::new()).await;
            seeds.push(seed("spark", &format!("v{version} {symbols}"), &answer, 1));
        }
        for (version, fault) in [7, 8].iter().flat_map(|version| faults().map(move |fault| (version, fault)))
        {
            let name = format!("v{version} {}", fault.word());
            let path = format!("/v{version}/finance/spark?symbols=AAPL,BHP.AX&range=5d&interval=1d");
            let answer = self.get(&path, vec![FaultRule::always(fault)]).await;
            seeds.push(seed("spark", &name, &answer, 1));
        }
        let many = vec!["AAPL"; 30].join(",");
        let answer = self.get(&format!("/v7/finance/spark?symbols={many}&range=5d"), Vec::new()).await;
        seeds.push(seed("spark", "too many", &answer, 0));
    }

    async fn quotes(&mut self, seeds: &mut Vec<Seed>) {
        let page = Request { site: Site::Cookie, ..request("/") };
        let page = self.transport.send(&page).await.expect("a page");
        let cookie = page.cookies.iter().find_map(|cookie| cookie.split(';').next()).expect("a cookie");
        let ask = |path: &str| Request {
            family: Family::Authenticated,
            cookie: Some(cookie.to_owned()),
            ..request(path)
        };
        let crumb = self.transport.send(&ask("/v1/test/getcrumb")).await.expect("a crumb");
        let crumb = String::from_utf8(crumb.body).expect("text");
        let path = |symbols: &str| {
            format!(
                "/v7/finance/quote?symbols={symbols}&crumb={crumb}\
                 &fields=currency,regularMarketPreviousClose,exchangeDataDelayedBy"
            )
        };
        for symbols in ["AAPL,VOD.L", "EUR=X,CL=F", "USDEUR=X,BTC-USD", "BHP.AX,ZZNONE1,ZZDEAD1", ""] {
            let answer = self.transport.send(&ask(&path(symbols))).await.expect("an answer");
            seeds.push(seed("quote", symbols, &answer, 0));
        }
        let wrong = ask(&path("AAPL").replace("crumb=", "crumb=not"));
        let answer = self.transport.send(&wrong).await.expect("an answer");
        seeds.push(seed("quote", "a crumb that is none", &answer, 0));
        for fault in faults() {
            let name = fault.word();
            self.sim.set_faults(vec![FaultRule::always(fault)]);
            if let Ok(answer) = self.transport.send(&ask(&path("AAPL,VOD.L"))).await {
                seeds.push(seed("quote", name, &answer, 1));
            }
        }
        self.sim.set_faults(Vec::new());
    }

    async fn searches(&mut self, seeds: &mut Vec<Seed>) {
        for text in ["apple", "VOD.L", "gold", "zzz", ""] {
            let answer = self.get(&format!("/v1/finance/search?q={text}&quotesCount=3"), Vec::new()).await;
            seeds.push(seed("search", text, &answer, 0));
        }
        for fault in faults() {
            let name = fault.word();
            let path = "/v1/finance/search?q=vanguard&quotesCount=2";
            let answer = self.get(path, vec![FaultRule::always(fault)]).await;
            seeds.push(seed("search", name, &answer, 0));
        }
    }

    /// Days ago, of the first and the last day.
    fn window(&self, from: i64, to: i64) -> String {
        let day = |ago: i64| (self.now - TimeDelta::days(ago)).timestamp();
        format!("period1={}&period2={}&interval=1d&events=div,splits,capitalGains", day(from), day(to))
    }

    async fn get(&self, path: &str, faults: Vec<FaultRule>) -> Response {
        self.sim.set_faults(faults);
        let answer = self.transport.send(&request(path)).await.unwrap_or_default();
        self.sim.set_faults(Vec::new());
        answer
    }
}

fn request(path: &str) -> Request {
    Request::get(Family::Anonymous, path.to_owned(), Duration::from_secs(10))
}

/// What can be wrong with the bytes of an answer that arrives.
fn faults() -> impl Iterator<Item = FaultAction> {
    let statuses = [401, 404, 429, 500, 999];
    [
        FaultAction::Truncate { fraction: 0.7, short_read: false },
        FaultAction::Html200,
        FaultAction::Empty200,
        FaultAction::NullChart,
        FaultAction::StatusCode200,
        FaultAction::Omit(Omission::AllButLast),
        FaultAction::Nulls { rows: 2, fields: Vec::new() },
        FaultAction::Ragged,
        FaultAction::Unsorted,
        FaultAction::NoTimestamps,
        FaultAction::NoCurrency,
        FaultAction::Infinity,
        FaultAction::StringsForNumbers,
        FaultAction::DupLastDay,
        FaultAction::NullLastDay,
        FaultAction::RowAfterPeriod2,
        FaultAction::Glitch { factor: 100.0, rows: 2 },
        FaultAction::MissingDays { n: 2 },
        FaultAction::Alias { from: "AAPL".to_owned(), to: "MSFT".to_owned() },
        FaultAction::SwapSymbols,
        FaultAction::Bom,
        FaultAction::ClockSkew { s: 86_400 },
    ]
    .into_iter()
    .chain(statuses.map(|code| FaultAction::Status { code, body: FaultBody::Usual }))
}

fn seed(folder: &'static str, name: &str, answer: &Response, bits: usize) -> Seed {
    let place = STATUSES.iter().position(|status| *status == answer.status).unwrap_or_default();
    let mut input = vec![b'0' + place as u8, b'@' + bits as u8];
    input.extend(&answer.body);
    let name = name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    Seed { folder, name: format!("sim-{name}-{}", answer.status), input }
}
