//! Why a file as a whole cannot be read.

use bellwether_domain::PriceBasis;

use crate::StatementFormat;

/// The file gives no rows at all. The text tells the person what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableFile {
    /// No bytes, or nothing but white space.
    #[error("the file is empty")]
    Empty,
    /// More bytes, after unpacking, than are read at once.
    #[error("the file is larger than {limit_mib} MiB: split it into several files")]
    TooLarge {
        /// What is accepted, in MiB.
        limit_mib: usize,
    },
    /// More rows than are read at once.
    #[error("the file has more than {limit} rows: split it into several files")]
    TooManyRows {
        /// What is accepted.
        limit: usize,
    },
    /// Hardly a row is good.
    #[error(
        "more than {limit} rows cannot be read, the first of them on line {line} ({problem}): is it the right file?"
    )]
    TooManyBadRows {
        /// How many are told one by one.
        limit: usize,
        /// The first of them, from 1.
        line: usize,
        /// What is wrong there.
        problem: String,
    },
    /// A row with an absurd number of cells.
    #[error(
        "line {line} has more than {limit} columns: this is probably no table of transactions or prices; \
         remove what is not needed"
    )]
    TooManyColumns {
        /// The physical line, from 1.
        line: usize,
        /// What is accepted.
        limit: usize,
    },
    /// Bytes that no text has, such as NUL.
    #[error(
        "line {line} contains bytes that no text file has: save the table as \"CSV UTF-8\" and try again"
    )]
    Binary {
        /// The physical line, from 1.
        line: usize,
    },
    /// Another kind of file, known by its first bytes.
    #[error("this is {what}, not a text table: {advice}")]
    OtherKind {
        /// What it is, with its article.
        what: &'static str,
        /// What to do instead.
        advice: &'static str,
    },
    /// A gzip file that cannot be unpacked.
    #[error("the gzip file is damaged or cut short: fetch or pack it again")]
    DamagedArchive,
    /// No line looks like the names of columns.
    #[error("no header line was found: the first line must name the columns, such as {example}")]
    NoHeader {
        /// A header that would do.
        example: &'static str,
    },
    /// It begins like a form that is no table, and breaks off or goes on otherwise.
    #[error("this begins like {what}, and is broken on line {line}: download the file anew")]
    Malformed {
        /// What it begins like, with its article.
        what: &'static str,
        /// The physical line, from 1.
        line: usize,
    },
    /// It was said to be of a form that it has not.
    #[error("this is no file of the form \"{wanted}\": leave the form open, or choose another")]
    NotOfForm {
        /// The form that was asked for.
        wanted: StatementFormat,
    },
    /// There is a header, but no way to read transactions from it.
    #[error(
        "line {line} names the columns {}, among which {missing} is missing: name the columns such as {example}",
        header.join(", ")
    )]
    MissingColumns {
        /// Where the header is, from 1.
        line: usize,
        /// The columns as the file names them.
        header: Vec<String>,
        /// What the nearest known form still needs.
        missing: String,
        /// A header that would do.
        example: &'static str,
    },
    /// A price file with adjusted closes alone.
    #[error(
        "line {line} names adjusted closes but no closes: adjusted closes contain dividends, which would then \
         be counted twice; give a column named close"
    )]
    AdjustedClosesOnly {
        /// Where the header is, from 1.
        line: usize,
    },
    /// A file of corporate actions that could be of splits and of dividends.
    #[error("line {line} names the columns of splits and of dividends: give them in two files")]
    SplitsAndDividends {
        /// Where the header is, from 1.
        line: usize,
    },
    /// Neither the file nor the caller says what the closes are stated in.
    #[error(
        "say whether the closes are as traded or split-adjusted, or write a first line \"# basis: as-traded\" \
         or \"# basis: split-adjusted\""
    )]
    UnknownBasis,
    /// The file names a basis that there is not.
    #[error("line {line} says {text:?}: the basis is as-traded or split-adjusted")]
    InvalidBasis {
        /// The physical line, from 1.
        line: usize,
        /// What it says.
        text: String,
    },
    /// The file contradicts the caller or itself.
    #[error("line {line} says that the closes are {found}, but they were said to be {said}")]
    ContradictoryBasis {
        /// The physical line, from 1.
        line: usize,
        /// What the line says.
        found: PriceBasis,
        /// What the caller or an earlier line says.
        said: PriceBasis,
    },
}
