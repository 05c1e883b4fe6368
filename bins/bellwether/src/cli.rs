//! The command line.

pub(crate) mod client;

use std::path::PathBuf;

use bellwether_domain::PriceBasis;
use bellwether_yahoo_sim::{ClockMode, LatencyProfile, LimiterPolicy};
use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand};
use rust_decimal::Decimal;

use crate::settings::Options;

const EXAMPLES: &str = "\
Examples:
  bellwether                                      serve the dashboard on http://127.0.0.1:8080
  bellwether demo                                 look around with made-up data, without a network
  bellwether import trades.csv --portfolio Main   read trades from a CSV file
  bellwether prices import closes.csv --basis as-traded
  bellwether prices set PRIVATE 120.50 --currency EUR
  bellwether actions import splits.csv            splits or dividends that no provider knows
  bellwether transaction add buy --portfolio Main --date 2024-03-05 --symbol KO --quantity 10 --price 60.12
  bellwether report --portfolio Main --as-of 2013-03-01
  bellwether report --portfolio Main --server https://portfolio.example.org --token-file FILE
  bellwether backup portfolio.bellwether          all data in one file

A trade file needs the columns Ticker,Type,Date,Price,Shares in any order; a dividend file Ticker,Date,Amount.

Every option can be given as a flag, as an environment variable (BELLWETHER_DATABASE, BELLWETHER_LISTEN, ...) or in a
TOML file named by --config (database = \"...\", listen = \"...\"); the first of these that is given counts.";

/// A stock portfolio tracker that you host yourself: how your portfolio does, whether an index fund bought on the
/// same days would have done better, and where each number comes from.
#[derive(Debug, Parser)]
#[command(name = "bellwether", version, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) options: Options,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the dashboard (what happens without a command)
    Serve(Serve),
    /// Run background jobs without serving; several processes may share a database
    Worker,
    /// Serve a made-up portfolio of 20 holdings over a built-in price simulator; needs no network
    Demo(Demo),
    /// Run the price simulator alone, for tests of your own
    Sim(Sim),
    /// Read trades or dividends from a CSV file into a portfolio
    Import(Import),
    /// Prices that no provider knows
    #[command(subcommand)]
    Prices(Prices),
    /// Splits and dividends that no provider knows
    #[command(subcommand)]
    Actions(Actions),
    #[command(flatten)]
    Asking(client::Asking),
    /// Who may sign in: for the operator, on the machine of the database
    #[command(subcommand)]
    User(User),
    /// Bring the database to this version's schema and say so
    Migrate,
    /// Write all data into one file, as of one moment, while others go on reading and writing
    Backup(Backup),
    /// Put a backup in the place of all data
    Restore(Restore),
    /// Look whether all data are as they must be, and say what is not
    Doctor,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Export {
    /// All that the owner entered, as JSON that "restore-json" puts back exactly
    Json,
    /// Put an export back where there is nothing yet
    RestoreJson {
        /// The file
        file: PathBuf,
    },
    /// Transactions as CSV, which "import" reads
    Transactions {
        /// Name of the portfolio
        #[arg(long)]
        portfolio: String,
    },
    /// Every movement of cash as CSV
    CashFlows {
        /// Name of the portfolio
        #[arg(long)]
        portfolio: String,
    },
    /// Gains by lot of a calendar year as CSV
    TaxYear {
        /// Name of the portfolio
        #[arg(long)]
        portfolio: String,
        /// Which
        year: i32,
        /// Print JSON, with sums and income
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The file to write; one of that name is replaced once the new one is whole
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The backup
    pub(crate) file: PathBuf,
    /// Also where there are portfolios, which are backed up beside the file first
    #[arg(long)]
    pub(crate) replace: bool,
    /// Back what is replaced up into this file instead
    #[arg(long, requires = "replace", value_name = "FILE")]
    pub(crate) old_to: Option<PathBuf>,
    /// Replace it without a backup of it, such as where it is damaged beyond that
    #[arg(long, requires = "replace", conflicts_with = "old_to")]
    pub(crate) without_old: bool,
    /// Have API tokens and share links work again, also those that were revoked since
    #[arg(long)]
    pub(crate) with_keys: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Let somebody in; the password is read from standard input
    Add {
        /// What they sign in with
        name: String,
        /// What they may do
        #[arg(long, default_value = "member")]
        role: RoleToAdd,
        /// Their address, with which they may sign in too
        #[arg(long)]
        email: Option<String>,
        /// Make a password and print it
        #[arg(long)]
        generate: bool,
    },
    /// Print everybody
    List,
    /// Give somebody another password, read from standard input, and end their sessions
    Password {
        /// Their name or address; the owner is "owner" until the first run
        name: String,
        /// Make a password and print it
        #[arg(long)]
        generate: bool,
    },
    /// Remove somebody with all their portfolios
    Remove {
        /// Their name or address
        name: String,
    },
}

/// What somebody who is added may do.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum RoleToAdd {
    /// Has portfolios of their own
    Member,
    /// Reads the owner's
    Reader,
}

#[derive(Debug, Default, Args)]
pub(crate) struct Serve {
    /// Leave background jobs to other processes: to "bellwether worker"
    #[arg(long)]
    pub(crate) no_worker: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Keep the demo's data in this file instead of a temporary one
    #[arg(long, value_name = "FILE")]
    pub(crate) keep: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Sim {
    /// Another seed gives another market
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// What time it follows: "real", an instant such as 2026-01-05T15:00:00Z, seconds ahead or behind such as +3600,
    /// or a faster clock such as 60x@2026-01-05T15:00:00Z
    #[arg(long, default_value = "real", allow_hyphen_values = true, value_name = "CLOCK")]
    pub(crate) clock: ClockMode,
    /// How much a client may ask: off, generous, folk, hostile, cloud or parallel8
    #[arg(long, default_value = "off", value_name = "NAME")]
    pub(crate) preset: LimiterPolicy,
    /// How long answers take: zero, home, far or sick
    #[arg(long, default_value = "zero", value_name = "NAME")]
    pub(crate) latency: LatencyProfile,
    /// A folder of recorded answers with its manifest.json, which go before made-up ones
    #[arg(long, value_name = "FOLDER")]
    pub(crate) fixtures: Option<PathBuf>,
    /// Serve on an address that other machines can reach
    #[arg(long)]
    pub(crate) allow_remote: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The CSV file
    pub(crate) file: PathBuf,
    /// Name of the portfolio; created when there is none of that name
    #[arg(long, default_value = "Main")]
    pub(crate) portfolio: String,
    /// Currency of the file's amounts, and of a portfolio that is created
    #[arg(long, default_value = "USD")]
    pub(crate) currency: bellwether_domain::Currency,
    /// Only say what would happen
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) place: client::Place,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Prices {
    /// Read daily prices from a CSV file with the columns date,symbol,close and, where known, open,high,low,volume
    Import(PricesImport),
    /// Record the price of one day, which counts before any other of that day
    Set(PricesSet),
    /// Take back a price that was recorded with "set"
    Remove(PricesRemove),
}

#[derive(Debug, Args)]
pub(crate) struct PricesSet {
    /// Whose price
    pub(crate) symbol: bellwether_domain::Symbol,
    /// Of one unit, as 120.50
    #[arg(value_parser = Decimal::from_str_exact, allow_negative_numbers = true)]
    pub(crate) price: Decimal,
    /// The day that it is of, as YYYY-MM-DD; today when left out
    #[arg(long)]
    pub(crate) date: Option<NaiveDate>,
    /// Its currency; the instrument's when left out
    #[arg(long)]
    pub(crate) currency: Option<bellwether_domain::Currency>,
}

#[derive(Debug, Args)]
pub(crate) struct PricesRemove {
    /// Whose price
    pub(crate) symbol: bellwether_domain::Symbol,
    /// The day that it is of, as YYYY-MM-DD
    #[arg(long)]
    pub(crate) date: NaiveDate,
}

#[derive(Debug, Args)]
pub(crate) struct PricesImport {
    /// The CSV file, plain or gzip
    pub(crate) file: PathBuf,
    /// Whether past closes are as paid on the day (as-traded), or restated for later splits (split-adjusted)
    #[arg(long)]
    pub(crate) basis: Option<PriceBasis>,
    /// Currency of the prices
    #[arg(long, default_value = "USD")]
    pub(crate) currency: bellwether_domain::Currency,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Actions {
    /// Read splits (date,symbol,new,old) or dividends per share (ex_date,symbol,amount) from a CSV file
    Import(ActionsImport),
}

#[derive(Debug, Args)]
pub(crate) struct ActionsImport {
    /// The CSV file
    pub(crate) file: PathBuf,
    /// Whether past dividends are per share as paid (as-traded), or restated for later splits (split-adjusted)
    #[arg(long, default_value = "as-traded")]
    pub(crate) basis: PriceBasis,
}

/// A symbol, or what may be the name of an index of one's own.
fn benchmark(text: &str) -> Result<String, bellwether_domain::InvalidSymbol> {
    if text.starts_with('=') {
        return Ok(text.to_owned());
    }
    text.parse::<bellwether_domain::Symbol>().map(|symbol| symbol.to_string())
}

#[derive(Debug, Args)]
#[group(skip)]
pub(crate) struct Report {
    /// Name of the portfolio
    #[arg(long)]
    pub(crate) portfolio: String,
    /// Figures at the end of this day, as YYYY-MM-DD; today when left out
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<NaiveDate>,
    /// Compare with this symbol, or index of your own as =NAME, instead of the portfolio's own benchmarks; may be given
    /// several times
    #[arg(long, value_name = "SYMBOL", value_parser = benchmark)]
    pub(crate) benchmark: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn no_option_means_two_things() {
        super::Cli::command().debug_assert();
    }
}
