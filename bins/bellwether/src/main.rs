//! Bellwether's one binary: the web dashboard, the command line and the price simulator.
//!
//! This package is thin. Routes, pages, options and wiring live here; what can be asked for is in
//! `bellwether-tracker`, and the arithmetic in `bellwether-portfolio`.

mod charts;
mod cli;
mod client;
mod commands;
mod failure;
mod notifications;
mod oidc;
mod settings;
mod web;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match commands::run(Cli::parse()) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("bellwether: {failure}");
            ExitCode::FAILURE
        }
    }
}
