//! Broker files and tables to transactions, prices and corporate actions, with a verdict for each row.
//!
//! Files come as people have them: in any encoding, with any delimiter, with dates and numbers in the spelling of
//! any country. Nothing is guessed in silence: a row is a transaction, or is rejected with everything that is wrong
//! about it, or is said to be none; what had to be assumed for the whole file is in its notes. Nothing here reads a
//! disk, a network or the time of day, and no file, however broken, makes it panic.
//!
//! ```
//! use bellwether_domain::{Currency, TransactionKind};
//! use bellwether_statements::{ReadOptions, Verdict, read_transactions};
//!
//! let file = b"Ticker;Type;Date;Price;Shares\nAAPL;Buy;25.03.2012;1.234,50 $;10\nMSFT;Buy;soon;;5\n";
//! let today = "2013-03-01".parse()?;
//! let statement = read_transactions(file, &ReadOptions::new(Currency::USD, today))?;
//!
//! let Verdict::Transaction(purchase) = &statement.rows[0].verdict else { panic!("a good row") };
//! assert_eq!(purchase.kind, TransactionKind::Buy);
//! assert_eq!(purchase.price, Some("1234.50".parse()?));
//!
//! let Verdict::Rejected(problems) = &statement.rows[1].verdict else { panic!("a bad row") };
//! assert_eq!(statement.rows[1].line, 3);
//! assert_eq!(problems[0].to_string(), "Date: \"soon\" is not a date: write it as 2012-03-05");
//! assert_eq!(problems[1].to_string(), "Price: a buy needs a price");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod actions;
mod corrections;
mod currency_mark;
mod date;
mod file_text;
mod formats;
mod header;
mod instrument;
mod lines;
mod mapping;
mod note;
mod number;
mod prices;
mod ratio;
mod records;
mod rejects;
mod stated;
mod statement;
mod survey;
mod table;
mod ticker;
mod twins;
mod unreadable;
mod verdict;

pub use actions::{ActionsFile, read_actions};
pub use corrections::{Correction, Corrections};
pub use mapping::{
    ColumnMapping, MappedDates, MappedDecimals, MappedField, MappedKind, SignRule, SuggestedMapping,
    header_key,
};
pub use note::Note;
pub use prices::{PriceFile, PriceOptions, read_prices};
pub use rejects::{csv_line, rejects_csv};
pub use stated::{StatedCash, StatedPosition, StatedSplit};
pub use statement::{
    Detected, ReadOptions, Statement, StatementFormat, UnknownFormat, detect, read_transactions,
    suggest_mapping,
};
pub use twins::{Twins, number_twins};
pub use unreadable::UnreadableFile;
pub use verdict::{IgnoredRow, Problem, RawCells, Reason, RejectedRow, Row, Verdict};
