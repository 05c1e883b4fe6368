//! Prints the table of upstream calls in `docs/PERFORMANCE.md`, as counted by a simulated service:
//! `cargo run --release -p bellwether-prices --example upstream_calls`.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a report, of code that the tests share")]

#[path = "../tests/upstream/book.rs"]
mod book;
#[path = "../tests/upstream/measured.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod measured;
#[path = "../tests/upstream/simulated_day.rs"]
mod simulated_day;

use std::time::Instant;

use bellwether_prices::upkeep::{Allowance, next_round};
use bellwether_prices::{Limits, Plan};
use chrono::TimeDelta;

use measured::{
    CLOSED, Household, Load, OPEN, an_hour_of_errors, around_a_refusal, cold_load, in_session, warm_load,
};

const SIZES: [usize; 3] = [50, 500, 5_000];

#[tokio::main(flavor = "current_thread")]
async fn main() {
    println!("| load | {} |", SIZES.map(|size| format!("{size} symbols")).join(" | "));
    println!("|---|---|---|---|");
    let mut rows: [(&str, Vec<String>); 10] = [
        ("cold", Vec::new()),
        ("warm, the market open, every price expired", Vec::new()),
        ("warm, the market closed", Vec::new()),
        ("the load that meets a 429 at its first call", Vec::new()),
        ("the next one, a minute later", Vec::new()),
        ("the first one after the rest", Vec::new()),
        ("an hour of 30 % errors, a load every five minutes: calls planned", Vec::new()),
        ("- attempts made", Vec::new()),
        ("- most attempts of a load", Vec::new()),
        ("- reads answered; by a price within its time to live", Vec::new()),
    ];
    for size in SIZES {
        let refusal = around_a_refusal(size).await;
        let errors = an_hour_of_errors(size).await;
        let sum = |of: &dyn Fn(&Load) -> u64| errors.iter().map(of).sum::<u64>();
        let reads = sum(&|load| load.reads.all());
        let share = |part: u64| 100.0 * part as f64 / reads as f64;
        let cells = [
            cold_load(size).await.calls.to_string(),
            warm_load(size, OPEN).await.calls.to_string(),
            warm_load(size, CLOSED).await.calls.to_string(),
            refusal.met.calls.to_string(),
            refusal.resting.calls.to_string(),
            refusal.after.calls.to_string(),
            sum(&|load| load.planned as u64).to_string(),
            sum(&|load| load.calls).to_string(),
            errors.iter().map(|load| load.calls).max().unwrap_or_default().to_string(),
            format!(
                "{:.0} %, {:.0} %",
                share(sum(&|load| load.reads.fresh + load.reads.stale)),
                share(sum(&|load| load.reads.fresh))
            ),
        ];
        rows.iter_mut().zip(cells).for_each(|((_, row), cell)| row.push(cell));
    }
    for (name, cells) in rows {
        println!("| {name} | {} |", cells.join(" | "));
    }

    let day = simulated_day::simulate(500, Limits::default()).await;
    println!("\n| 24 hours with {} symbols on four venues | |\n|---|---|", day.symbols);
    let line = |name: &str, value: String| println!("| {name} | {value} |");
    line("prices read", day.reads.all().to_string());
    line("- answered without waiting", format!("{:.2} %", day.reads.at_once()));
    line("- of them within their time to live", format!("{:.1} %", day.reads.percent(day.reads.fresh)));
    line(
        "- errors: two symbols that no source knows",
        format!("{:.2} %", day.reads.percent(day.reads.errors)),
    );
    line("calls for quotes", day.quote_calls.to_string());
    line("calls for closes of the day", day.close_calls.to_string());
    line("charts", day.charts.to_string());
    line("calls outside the quote cycles", day.outside_the_quote_cycles().to_string());
    let (calls, limit) = day.busiest_hour;
    line("calls of the busiest hour, of so many allowed", format!("{calls} of {limit}"));
    line("calls beyond an hour's budget", day.beyond_the_budget.to_string());
    line(
        "most symbols in a call, most calls at once",
        format!("{}, {}", day.most_symbols, day.peak_in_flight),
    );
    line("failed calls, longest address", format!("{}, {} bytes", day.failures, day.longest_url));

    // Late enough for all of them to be due again, which 5,000 symbols are every 83 minutes.
    let home = Household::warm(in_session(5_000), "2026-03-04T14:31:00Z").await;
    home.clock.advance(TimeDelta::minutes(85));
    let (kept, now) = (home.book.kept(), home.now());
    let allowance = Allowance { per_hour: 200, left: 200 };
    let (rounds, begun) = (200, Instant::now());
    let calls: usize = (0..rounds).map(|_| next_round(&kept, allowance, now).calls()).sum();
    let each = begun.elapsed() / rounds;
    println!(
        "\nplanning a round of upkeep for 5,000 symbols in session: {} µs, {} calls",
        each.as_micros(),
        calls / rounds as usize
    );
    let wanted = home.book.wanted(now);
    let begun = Instant::now();
    let calls: usize = (0..rounds).map(|_| Plan::of_load(&wanted).calls()).sum();
    println!("planning a load of them: {} µs, {calls} calls", (begun.elapsed() / rounds).as_micros());
}
