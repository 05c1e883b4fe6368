//! `bellwether sim`

use std::io::Write;
use std::process::ExitCode;

use bellwether_yahoo_sim::{Behaviour, SimConfig, Simulator};

use crate::cli::Sim;
use crate::failure::Failure;
use crate::settings::Settings;

/// Runs the simulator until interrupted.
pub(super) async fn run(settings: &Settings, sim: &Sim) -> Result<ExitCode, Failure> {
    let config = SimConfig {
        listen: settings.listen,
        allow_remote: sim.allow_remote,
        seed: sim.seed,
        clock: sim.clock.clone(),
        fixtures: sim.fixtures.clone(),
        behaviour: Behaviour { limiter: sim.preset.clone(), latency: sim.latency, ..Behaviour::default() },
        ..SimConfig::default()
    };
    let simulator = Simulator::spawn(config).map_err(|error| Failure::Simulator(error.to_string()))?;
    writeln!(std::io::stdout(), "The price simulator serves on {}", simulator.base_url())?;
    simulator.until_signalled().await?;
    Ok(ExitCode::SUCCESS)
}
