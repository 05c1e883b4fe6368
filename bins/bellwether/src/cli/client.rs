//! Commands that ask for what the API answers: of the database, or of a server.

use std::path::PathBuf;
use std::time::Duration;

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use uuid::Uuid;

use super::{Export, Report};

const ENDS: &str = "\
Exit codes: 0 done; 1 refused, or it could not be done; 2 the command line was not understood.";

const PORTFOLIO_EXAMPLES: &str = "\
Examples:
  bellwether portfolio list
  bellwether portfolio add Main --currency EUR --cost-method fifo --benchmark VOO --benchmark QQQ
  bellwether portfolio edit Main --name Savings
  bellwether portfolio list --server https://portfolio.example.org --token-file ~/.bellwether-token

Exit codes: 0 done; 1 refused, or it could not be done; 2 the command line was not understood.";

const TRANSACTION_EXAMPLES: &str = "\
Examples:
  bellwether transaction add buy --portfolio Main --date 2024-03-05 --symbol KO --quantity 10 --price 60.12
  bellwether transaction add dividend --portfolio Main --date 2024-04-01 --symbol KO --amount 4.85 --tax 0.73
  bellwether transaction add split --portfolio Main --date 2024-06-10 --symbol NVDA --ratio 10:1
  bellwether transaction list --portfolio Main --symbol KO --from 2024-01-01 --json
  bellwether transaction edit ID --quantity 12 --note \"\"
  bellwether transaction undo --portfolio Main

Exit codes: 0 done; 1 refused, or it could not be done; 2 the command line was not understood.";

#[derive(Debug, Subcommand)]
pub(crate) enum Asking {
    /// List, make, change and remove portfolios
    #[command(after_help = PORTFOLIO_EXAMPLES)]
    Portfolio {
        #[command(flatten)]
        place: Place,
        /// Print what the API answers, for programs
        #[arg(long, global = true)]
        json: bool,
        #[command(subcommand)]
        what: Portfolio,
    },
    /// List, record, change, remove and take back transactions
    #[command(after_help = TRANSACTION_EXAMPLES)]
    Transaction {
        #[command(flatten)]
        place: Place,
        /// Name or identifier of the portfolio; needed where there are several
        #[arg(long, global = true, value_name = "NAME")]
        portfolio: Option<String>,
        /// Print what the API answers, for programs
        #[arg(long, global = true)]
        json: bool,
        #[command(subcommand)]
        what: Transaction,
    },
    /// Print a portfolio's figures
    #[command(
        after_help = "Exit codes: 0 done; 1 it could not be done, or the ledger has a fault; 2 the command line was \
        not understood."
    )]
    Report {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        what: Report,
    },
    /// Print a portfolio's data as a table
    #[command(after_help = ENDS)]
    Export {
        #[command(flatten)]
        place: Place,
        #[command(subcommand)]
        what: Export,
    },
}

impl Asking {
    /// Whom to ask.
    pub(crate) fn place(&self) -> &Place {
        match self {
            Self::Portfolio { place, .. }
            | Self::Transaction { place, .. }
            | Self::Report { place, .. }
            | Self::Export { place, .. } => place,
        }
    }
}

/// Whom to ask: a server where one is named, otherwise the database.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// Ask the server at this address, such as <https://portfolio.example.org>, in the place of the database
    #[arg(long, global = true, value_name = "URL")]
    server: Option<String>,
    /// An API token of the server's account page. Others on this machine can see the command line: better give it in
    /// the environment or by --token-file
    #[arg(long, global = true, env = "BELLWETHER_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    token: Option<Token>,
    /// File with the token on its first line; counts before --token
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Send the token without encryption to another machine too, where everybody on the way can read it
    #[arg(long, global = true)]
    pub(crate) insecure: bool,
    /// For how many seconds to wait for the server
    #[arg(long, global = true, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3_600))]
    timeout: u64,
}

impl Place {
    /// The server's address.
    pub(crate) fn server(&self) -> Option<&str> {
        self.server.as_deref()
    }

    /// The token; compose files set what they leave open to nothing.
    pub(crate) fn token(&self) -> Option<&Token> {
        self.token.as_ref().filter(|token| !token.0.trim().is_empty())
    }

    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }
}

/// What lets a program in. It is never shown.
#[derive(Clone)]
pub(crate) struct Token(String);

impl Token {
    pub(crate) fn text(&self) -> &str {
        self.0.trim()
    }
}

impl From<String> for Token {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Portfolio {
    /// All of them, oldest first
    List,
    /// One
    Show {
        /// Its name or identifier
        name: String,
    },
    /// Make one
    Add {
        /// What it is to be called
        name: String,
        #[command(flatten)]
        settings: Box<Settings>,
    },
    /// Change settings of one: those that are named
    Edit {
        /// Its name or identifier
        name: String,
        /// What it is to be called
        #[arg(long = "name", id = "new_name", value_name = "NAME")]
        new_name: Option<String>,
        #[command(flatten)]
        settings: Box<Settings>,
    },
    /// Remove one with its transactions; the answer says how to take that back
    Remove {
        /// Its name or identifier
        name: String,
    },
}

/// A portfolio's settings. What is left out is as it was, or as new portfolios have it.
#[derive(Debug, Args)]
pub(crate) struct Settings {
    /// Words about it; "" for none
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
    /// Its currency, such as EUR
    #[arg(long, value_name = "CODE")]
    pub(crate) currency: Option<String>,
    /// Which lots a sale takes: fifo, lifo, highest-cost or average
    #[arg(long, value_name = "METHOD")]
    pub(crate) cost_method: Option<String>,
    /// Whether dividends count that the ledger does not have: infer or recorded-only
    #[arg(long, value_name = "WHICH")]
    pub(crate) dividends: Option<String>,
    /// Compare with this symbol, or index of your own as =NAME; may be given several times
    #[arg(long, value_name = "SYMBOL")]
    pub(crate) benchmark: Vec<String>,
    /// Compare with nothing
    #[arg(long, conflicts_with = "benchmark")]
    pub(crate) no_benchmarks: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Transaction {
    /// Those that are looked for, newest first
    List(Filter),
    /// One
    Show {
        /// Its identifier
        id: Uuid,
    },
    /// Record one
    Add {
        /// buy, sell, dividend, reinvestment, deposit, withdrawal, fee, tax, interest, split, spin-off, merger,
        /// ticker-change, transfer-in or transfer-out
        kind: String,
        #[command(flatten)]
        facts: Box<Facts>,
        #[command(flatten)]
        how: How,
    },
    /// Change facts of one: those that are named; "" takes one away
    Edit {
        /// Its identifier
        id: Uuid,
        /// Another kind
        #[arg(long)]
        kind: Option<String>,
        #[command(flatten)]
        facts: Box<Facts>,
        #[command(flatten)]
        how: How,
    },
    /// Remove one; the answer says how to take that back
    Remove {
        /// Its identifier
        id: Uuid,
    },
    /// Take a change back; the last one unless told. Done twice, it takes the taking back back
    Undo {
        /// The change's identifier, as "changes" prints it
        change: Option<Uuid>,
    },
    /// What was changed, newest first
    Changes {
        /// So many at most
        #[arg(long, default_value_t = 20, value_name = "COUNT")]
        limit: usize,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Filter {
    /// Of this instrument
    #[arg(long)]
    pub(crate) symbol: Option<String>,
    /// Of this kind
    #[arg(long)]
    pub(crate) kind: Option<String>,
    /// Not before this day, as YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<NaiveDate>,
    /// Not after this day, as YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    pub(crate) to: Option<NaiveDate>,
    /// With these words in note or symbol
    #[arg(long, value_name = "WORDS")]
    pub(crate) search: Option<String>,
    /// So many at most; all unless told
    #[arg(long, value_name = "COUNT")]
    pub(crate) limit: Option<usize>,
}

/// Facts of a transaction, as texts: whoever records it judges them.
#[derive(Debug, Args)]
pub(crate) struct Facts {
    /// The day, as YYYY-MM-DD
    #[arg(long)]
    pub(crate) date: Option<String>,
    /// The instrument
    #[arg(long)]
    pub(crate) symbol: Option<String>,
    /// What comes out of a spin-off, merger or ticker change
    #[arg(long, value_name = "SYMBOL")]
    pub(crate) other_symbol: Option<String>,
    /// Shares, in the units of the day
    #[arg(long, alias = "shares", allow_hyphen_values = true)]
    pub(crate) quantity: Option<String>,
    /// Per share
    #[arg(long, allow_hyphen_values = true)]
    pub(crate) price: Option<String>,
    /// In all, before fee and tax
    #[arg(long, allow_hyphen_values = true)]
    pub(crate) amount: Option<String>,
    /// Fee
    #[arg(long, allow_hyphen_values = true)]
    pub(crate) fee: Option<String>,
    /// Tax
    #[arg(long, allow_hyphen_values = true)]
    pub(crate) tax: Option<String>,
    /// New to old shares, such as 4:1
    #[arg(long)]
    pub(crate) ratio: Option<String>,
    /// Part of the cost that goes with what comes out, 0 to 1
    #[arg(long, value_name = "PART")]
    pub(crate) cost_share: Option<String>,
    /// Paid for the fraction of a share
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) cash_in_lieu: Option<String>,
    /// A lot that leaves, as the identifier of what opened it and so many of its shares; may be given several times
    #[arg(long, value_name = "ID=QUANTITY")]
    pub(crate) lot: Vec<String>,
    /// The day on which transferred shares were first acquired
    #[arg(long, value_name = "DATE")]
    pub(crate) acquired: Option<String>,
    /// Of the amounts; the portfolio's unless told
    #[arg(long, value_name = "CODE")]
    pub(crate) currency: Option<String>,
    /// The portfolio's currency per unit of this one
    #[arg(long, value_name = "RATE")]
    pub(crate) fx_rate: Option<String>,
    /// The account at a broker
    #[arg(long)]
    pub(crate) account: Option<String>,
    /// Words
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    /// Its symbols are your own, which no source of prices knows
    #[arg(long)]
    pub(crate) custom: bool,
}

#[derive(Debug, Args)]
pub(crate) struct How {
    /// Also where the same transaction is there already
    #[arg(long)]
    pub(crate) anyway: bool,
    /// Only say whether it would be accepted
    #[arg(long)]
    pub(crate) dry_run: bool,
}
