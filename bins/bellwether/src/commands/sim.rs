//! `bellwether sim`

use std::io::Write;
use std::process::ExitCode;

use bellwether_yahoo_sim::{SimConfig, Simulator};

use crate::cli::Sim;
use crate::failure::Failure;
use crate::settings::Settings;

/// Runs the simulator until interrupted.
pub(super) async fn run(settings: &Settings, sim: &Sim) -> Result<ExitCode, Failure> {
    let config = SimConfig { listen: settings.listen, seed: sim.seed, ..SimConfig::default() };
    let simulator = Simulator::spawn(config).map_err(|error| Failure::Simulator(error.to_string()))?;
    writeln!(std::io::stdout(), "The price simulator serves on {}", simulator.base_url())?;
    tokio::signal::ctrl_c().await?;
    simulator.stop().await;
    Ok(ExitCode::SUCCESS)
}
