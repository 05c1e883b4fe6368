//! Runs the simulator until it is told to stop.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use bellwether_yahoo_sim::{Behaviour, ClockMode, LatencyProfile, LimiterPolicy, SimConfig, Simulator};
use clap::Parser;

/// A Yahoo Finance that runs anywhere.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// Where to listen; port 0 takes any that is free.
    #[arg(long, default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// Permits an address that others can reach.
    #[arg(long)]
    allow_remote: bool,
    /// All chance follows from it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What time follows: real, an instant, an offset in seconds such as +3600, or 60x@ an instant.
    #[arg(long, default_value = "real", allow_hyphen_values = true)]
    clock: ClockMode,
    /// A folder of recorded answers with its manifest.json.
    #[arg(long)]
    fixtures: Option<PathBuf>,
    /// How much a client may ask: off, generous, folk, hostile, cloud, parallel8.
    #[arg(long, default_value = "off")]
    preset: LimiterPolicy,
    /// How long answers take: zero, home, far, sick.
    #[arg(long, default_value = "zero")]
    latency: LatencyProfile,
    /// Threads that answer.
    #[arg(long, default_value_t = 2)]
    workers: usize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let options = Options::parse();
    let config = SimConfig {
        listen: options.listen,
        allow_remote: options.allow_remote,
        seed: options.seed,
        clock: options.clock,
        fixtures: options.fixtures,
        workers: options.workers,
        behaviour: Behaviour { limiter: options.preset, latency: options.latency, ..Behaviour::default() },
        ..SimConfig::default()
    };
    let simulator = match Simulator::spawn(config) {
        Ok(simulator) => simulator,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            return ExitCode::FAILURE;
        }
    };
    // Whoever reads this waits for the address; a reader that has gone does not matter.
    let _ = writeln!(std::io::stdout(), "listening on {}", simulator.base_url());
    match simulator.until_signalled().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
