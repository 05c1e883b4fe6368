//! What a person should know about a file as a whole.

/// Something that had to be assumed, or was left out, while a file was read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Note {
    /// Neither valid UTF-8 nor marked as UTF-16.
    #[error("the file is not UTF-8 and was read as Windows-1252: check letters with accents")]
    AssumedWindows1252,
    /// No date tells whether day or month comes first.
    #[error(
        "{example} on line {line} could be two dates, and no other date tells which: all were read with the \
         month first"
    )]
    AmbiguousDates {
        /// The first such line, from 1.
        line: usize,
        /// The date there.
        example: String,
    },
    /// Some dates have the day first and some the month.
    #[error(
        "line {month_first_line} has the month first and line {day_first_line} the day: dates that could be \
         either were refused"
    )]
    MixedDateOrders {
        /// The first line with the month first.
        month_first_line: usize,
        /// The first line with the day first.
        day_first_line: usize,
    },
    /// No number tells whether point or comma stands before the decimals.
    #[error(
        "{example} on line {line} could be two numbers, and no other number tells which: {mark:?} was taken to \
         stand before the decimals"
    )]
    AmbiguousNumbers {
        /// The first such line, from 1.
        line: usize,
        /// The number there.
        example: String,
        /// What was taken for the decimal mark.
        mark: char,
    },
    /// Some numbers have a decimal point and some a decimal comma.
    #[error(
        "line {point_line} has a decimal point and line {comma_line} a decimal comma: numbers that could be \
         either were refused"
    )]
    MixedDecimalMarks {
        /// The first line with a decimal point.
        point_line: usize,
        /// The first line with a decimal comma.
        comma_line: usize,
    },
    /// Two columns of the same name.
    #[error("there are several columns named {name}: the first was read")]
    DoubledColumn {
        /// The name.
        name: String,
    },
    /// Columns that say nothing to this program.
    #[error("not read: {}", names.join(", "))]
    IgnoredColumns {
        /// Their names.
        names: Vec<String>,
    },
    /// Instants that are midnight somewhere east of Greenwich.
    #[error(
        "{rows} rows are of an evening in Greenwich: they were read as midnight of the day after elsewhere"
    )]
    MidnightsElsewhere {
        /// How many rows.
        rows: usize,
    },
    /// Sections of a file that tell neither transactions nor what should come out of them.
    #[error("sections that were not read: {}", names.join(", "))]
    IgnoredSections {
        /// Their names.
        names: Vec<String>,
    },
    /// Prices or amounts with more decimals than are kept.
    #[error("{rows} rows have prices or amounts with more than {decimals} decimals, which were rounded")]
    RoundedAmounts {
        /// How many rows.
        rows: usize,
        /// The decimals that are kept.
        decimals: u32,
    },
    /// Shares that came from elsewhere without their cost.
    #[error(
        "{rows} transfers of shares, the first on line {line}, do not tell what the shares had cost: it counts as \
         nothing until you enter it"
    )]
    UntoldCosts {
        /// How many rows.
        rows: usize,
        /// The first such line, from 1.
        line: usize,
    },
}
