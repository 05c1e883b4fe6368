//! One file per command.

mod actions;
mod asking;
mod demo;
mod export;
mod import;
mod migrate;
mod portfolio;
mod prices;
mod rejects;
mod report;
mod serve;
mod sim;
mod start;
mod table;
mod transaction;
mod user;
mod vault;
mod worker;

use std::process::ExitCode;

use crate::cli::client::Asking;
use crate::cli::{Actions, Cli, Command, Export, Serve};
use crate::client::Client;
use crate::failure::Failure;
use crate::settings::Settings;

/// Runs what the command line asks for.
pub(crate) fn run(cli: Cli) -> Result<ExitCode, Failure> {
    let runtime = actix_web::rt::System::new();
    let command = cli.command.unwrap_or(Command::Serve(Serve::default()));
    // What a server is asked needs nothing of this machine's own.
    if let Command::Asking(asking) = &command
        && let Some(server) = Client::of_server(asking.place())?
    {
        return runtime.block_on(asking::run(server, asking));
    }
    if let Command::Import(import) = &command
        && let Some(server) = Client::of_server(&import.place)?
    {
        return runtime.block_on(import::through(&server, import));
    }
    let settings = Settings::from_options(cli.options)?;
    let log = start::log(&settings.log)?;
    runtime.block_on(async {
        match command {
            Command::Serve(serve) => serve::run(&settings, &serve, log).await,
            Command::Worker => worker::run(&settings, log).await,
            Command::Demo(demo) => demo::run(&settings, demo, log).await,
            Command::Sim(sim) => sim::run(&settings, &sim).await,
            Command::Import(import) => import::run(&settings, import).await,
            Command::Prices(prices) => prices::run(&settings, prices).await,
            Command::Actions(Actions::Import(import)) => actions::run(&settings, import).await,
            Command::Asking(Asking::Export { what: Export::RestoreJson { file }, .. }) => {
                export::restore(&settings, &file).await
            }
            Command::Asking(asking) => asking::run(asking::database(&settings, log).await?, &asking).await,
            Command::User(user) => user::run(&settings, user).await,
            Command::Migrate => migrate::run(&settings).await,
            Command::Backup(backup) => vault::back_up(&settings, &backup).await,
            Command::Restore(restore) => vault::restore(&settings, &restore).await,
            Command::Doctor => vault::examine(&settings).await,
        }
    })
}
