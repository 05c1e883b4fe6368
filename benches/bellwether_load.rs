//! The program under load, in one go: what a warm dashboard costs beside a static answer, whether health answers while
//! everything is computed anew, and what a cold start and a day's use take.
//!
//! Each server runs on this machine with two workers, and the callers beside it on the same cores: what counts is the
//! ratio of figures of one run. Parts can be named: `cold`, `warm`, `health`, `memory`, `import`.

#[path = "bellwether_load/callers.rs"]
mod callers;
#[path = "bellwether_load/imports.rs"]
mod imports;
#[path = "bellwether_load/process.rs"]
mod process;
#[path = "bellwether_load/world.rs"]
mod world;

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use actix_web::{App, HttpResponse, HttpServer, web};
use bellwether_domain::PortfolioId;
use bytes::Bytes;

use callers::{Caller, Figures, call_for};
use process::Served;

/// Connections at a time.
const CALLERS: usize = 16;
/// Rounds, in each of which every server has a turn, so that other work on the machine meets all alike.
const ROUNDS: usize = 4;
const TURN: Duration = Duration::from_secs(3);

fn main() {
    // As a test, only that it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let is_wanted = |part: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == part);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let folder_of = |size: &world::Size| {
        let folder = tempfile::tempdir().expect("a folder");
        let ids = runtime.block_on(world::fill(folder.path(), size));
        (folder, ids)
    };
    if is_wanted("cold") || is_wanted("warm") {
        let (small, ids) = folder_of(&world::SMALL);
        if is_wanted("cold") {
            cold_start(small.path(), ids[0]);
        }
        if is_wanted("warm") {
            warm(small.path(), ids[0]);
        }
    }
    if is_wanted("health") {
        let (large, ids) = folder_of(&world::LARGE);
        health_beside_work(large.path(), &ids);
    }
    if is_wanted("import") {
        for rows in [10_000, 100_000] {
            let (small, ids) = folder_of(&world::SMALL);
            imports::import(small.path(), ids[0], rows);
        }
    }
    if is_wanted("memory") {
        let (many, ids) = folder_of(&world::MANY);
        day_of_use(many.path(), &ids);
    }
}

fn say(words: &str) {
    writeln!(std::io::stdout(), "{words}").expect("standard output takes it");
}

fn cold_start(folder: &std::path::Path, id: PortfolioId) {
    say(
        "cold start, 50 holdings, 500 transactions, 5 years: ready, CPU until then, CPU of the first page, memory",
    );
    for path in [format!("/dashboard/{id}"), format!("/api/dashboard-initial-data/{id}")] {
        for _ in 0..5 {
            let began = Instant::now();
            let served = Served::start(folder);
            Caller::new(&served.address, "/healthz", "identity").ask();
            let (ready, before) = (began.elapsed(), served.cpu());
            let mut caller = Caller::new(&served.address, &path, "br");
            caller.ask();
            let first = served.cpu().saturating_sub(before);
            say(&format!("  {ready:9.1?} {before:9.1?} {first:9.1?} {:4} MB  {path}", served.memory_mb()));
        }
    }
}

fn warm(folder: &std::path::Path, id: PortfolioId) {
    let served = Served::start(folder);
    for path in [format!("/dashboard/{id}"), format!("/api/dashboard-initial-data/{id}")] {
        let mut caller = Caller::new(&served.address, &path, "br");
        let size = caller.ask();
        let plain = static_server(Bytes::from(caller.body.clone())).to_string();
        let (mut of_static, mut of_kept) = (Figures::default(), Figures::default());
        for _ in 0..ROUNDS {
            of_static.add(call_for(TURN, CALLERS, &plain, "/"));
            of_kept.add(call_for(TURN, CALLERS, &served.address, &path));
        }
        say(&format!("warm, {size} bytes of brotli, {CALLERS} connections: {path}"));
        say(&format!("  static  {of_static}"));
        say(&format!("  kept    {of_kept}"));
        say(&format!(
            "  kept to static: requests a second {:.2}, p99 {:.2}",
            of_kept.per_second() / of_static.per_second(),
            of_kept.quantile(0.99).as_secs_f64() / of_static.quantile(0.99).as_secs_f64(),
        ));
    }
}

fn health_beside_work(folder: &std::path::Path, ids: &[PortfolioId]) {
    let served = Served::start(folder);
    let (ended, computed) = (AtomicBool::new(false), std::sync::atomic::AtomicUsize::new(0));
    let ask_for_health = |seconds: u64| {
        let mut caller = Caller::new(&served.address, "/healthz", "identity");
        let mut figures = Figures::default();
        let until = Instant::now() + Duration::from_secs(seconds);
        while Instant::now() < until {
            figures.time(|| caller.ask());
            std::thread::sleep(Duration::from_millis(2));
        }
        figures
    };
    let alone = ask_for_health(3);
    let beside = std::thread::scope(|scope| {
        for id in ids {
            let (served, ended, computed) = (&served, &ended, &computed);
            scope.spawn(move || {
                // Another day each time, which nobody has computed before.
                let days = (0..).map(|n| chrono::NaiveDate::default() + chrono::Days::new(19_800 - n));
                for day in days.take_while(|_| !ended.load(Ordering::Relaxed)) {
                    let path = format!("/api/dashboard-initial-data/{id}?as_of={day}");
                    Caller::new(&served.address, &path, "identity").ask();
                    computed.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        std::thread::sleep(Duration::from_secs(1));
        let beside = ask_for_health(15);
        ended.store(true, Ordering::Relaxed);
        beside
    });
    let computed = computed.into_inner();
    say(&format!("health, with nothing else to do       {alone}"));
    say(&format!("health, beside 8 portfolios of 1,000  {beside}, {computed} dashboards computed"));
}

fn day_of_use(folder: &std::path::Path, ids: &[PortfolioId]) {
    let served = Served::start(folder);
    let began = served.memory_mb();
    let ranges = ["1D", "1M", "3M", "YTD", "1Y", "3Y", "5Y", "Max"];
    let mut asked = 0;
    // Each hour everybody looks at a few pages, some of them at days of the past.
    for hour in 0..24_usize {
        for (number, id) in ids.iter().enumerate() {
            let range = ranges[(hour + number) % ranges.len()];
            let day = chrono::NaiveDate::default() + chrono::Days::new(19_700 - (hour * 7 + number) as u64);
            for path in [
                format!("/dashboard/{id}?range={range}"),
                format!("/api/dashboard-initial-data/{id}"),
                format!("/api/dashboard-chart-data/{id}?range={range}"),
                format!("/dashboard/{id}?as_of={day}"),
            ] {
                Caller::new(&served.address, &path, "br").ask();
                asked += 1;
            }
        }
    }
    let (now, peak) = (served.memory_mb(), served.peak_memory_mb());
    say(&format!(
        "memory of 50 portfolios after {asked} pages: {began} MB at the start, {now} MB, peak {peak} MB"
    ));
}

fn static_server(body: Bytes) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = HttpServer::new(move || {
                let body = body.clone();
                App::new().route(
                    "/",
                    web::get().to(move || {
                        let body = body.clone();
                        async move { HttpResponse::Ok().content_type("text/html").body(body) }
                    }),
                )
            });
            server.workers(2).listen(listener).expect("bound").run().await
        })
    });
    address
}
