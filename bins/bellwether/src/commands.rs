//! One file per command.

mod actions;
mod demo;
mod export;
mod import;
mod migrate;
mod prices;
mod rejects;
mod report;
mod serve;
mod sim;
mod start;
mod user;
mod vault;
mod worker;

use std::process::ExitCode;

use crate::cli::{Actions, Cli, Command, Serve};
use crate::failure::Failure;
use crate::settings::Settings;

/// Runs what the command line asks for.
pub(crate) fn run(cli: Cli) -> Result<ExitCode, Failure> {
    let settings = Settings::from_options(cli.options)?;
    let log = start::log(&settings.log)?;
    let runtime = actix_web::rt::System::new();
    runtime.block_on(async {
        match cli.command.unwrap_or(Command::Serve(Serve::default())) {
            Command::Serve(serve) => serve::run(&settings, &serve, log).await,
            Command::Worker => worker::run(&settings, log).await,
            Command::Demo(demo) => demo::run(&settings, demo, log).await,
            Command::Sim(sim) => sim::run(&settings, &sim).await,
            Command::Import(import) => import::run(&settings, import).await,
            Command::Prices(prices) => prices::run(&settings, prices).await,
            Command::Actions(Actions::Import(import)) => actions::run(&settings, import).await,
            Command::Report(report) => report::run(&settings, report).await,
            Command::User(user) => user::run(&settings, user).await,
            Command::Migrate => migrate::run(&settings).await,
            Command::Export(export) => export::run(&settings, export).await,
            Command::Backup(backup) => vault::back_up(&settings, &backup).await,
            Command::Restore(restore) => vault::restore(&settings, &restore).await,
            Command::Doctor => vault::examine(&settings).await,
        }
    })
}
