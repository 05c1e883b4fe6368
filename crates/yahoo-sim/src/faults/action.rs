//! The things that go wrong.

use serde::{Deserialize, Serialize};

/// What happens to a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultAction {
    /// Accepts and never answers.
    Hang,
    /// Sends the headers at once and the body slowly.
    SlowDrip {
        /// Bytes a second.
        bytes_per_s: u32,
    },
    /// Resets the connection.
    Reset(ResetPoint),
    /// Ends the body early.
    Truncate {
        /// The part that is sent, from 0 to 1.
        fraction: f64,
        /// Announces the whole length and closes the connection instead of announcing the shorter one.
        #[serde(default)]
        short_read: bool,
    },
    /// Answers with a status.
    Status {
        /// The status.
        code: u16,
        /// What comes with it.
        #[serde(default)]
        body: FaultBody,
    },
    /// A success whose body is a page.
    #[serde(rename = "html_200")]
    Html200,
    /// A success without a body.
    #[serde(rename = "empty_200")]
    Empty200,
    /// A success with `{"chart":null}`, or the like of another family.
    NullChart,
    /// A success whose JSON has a `status_code` that says otherwise.
    #[serde(rename = "status_code_200")]
    StatusCode200,
    /// An outage: this and the following calls that the rule chooses are answered with a status.
    Burst {
        /// The status.
        code: u16,
        /// Calls that it lasts, this one included.
        #[serde(default)]
        count: Option<u64>,
        /// Seconds that it lasts, by the simulator's clock.
        #[serde(default)]
        seconds: Option<i64>,
    },
    /// Leaves symbols out of a batch.
    Omit(Omission),
    /// Null cells.
    Nulls {
        /// How many rows, spread over the answer.
        rows: usize,
        /// Which columns; all when empty.
        #[serde(default)]
        fields: Vec<String>,
    },
    /// Columns of different lengths.
    Ragged,
    /// Rows that do not ascend.
    Unsorted,
    /// Values without timestamps.
    NoTimestamps,
    /// `currency` is null.
    NoCurrency,
    /// The strings `Infinity`, `-Infinity` and `NaN` among the numbers.
    Infinity,
    /// Numbers as strings.
    StringsForNumbers,
    /// The last day twice: as settled, and as of the last trade.
    DupLastDay,
    /// The last day without values.
    NullLastDay,
    /// A row after the end of the window.
    RowAfterPeriod2,
    /// Rows that are off by a factor.
    Glitch {
        /// 100 and 0.01 are what happens.
        factor: f64,
        /// How many rows, one block.
        rows: usize,
    },
    /// Days missing inside.
    MissingDays {
        /// How many.
        n: usize,
    },
    /// The last split is announced, but prices before it are not restated.
    SplitNotApplied,
    /// Prices are restated only shortly before the last split.
    PartialSplit,
    /// Answers under another symbol.
    Alias {
        /// As asked.
        from: String,
        /// As answered.
        to: String,
    },
    /// The bodies of two symbols exchanged; a chart shows another instrument.
    SwapSymbols,
    /// Everything is from the past.
    Stale {
        /// How long ago.
        seconds: i64,
    },
    /// Headers beyond what clients take.
    HugeHeaders {
        /// How many bytes of them.
        bytes: usize,
    },
    /// A body beyond what clients take: valid, with blanks at the end.
    HugeBody {
        /// MiB.
        mb: usize,
    },
    /// A body that says it is gzip and is none.
    BadGzip,
    /// JSON that is called `text/html`.
    WrongContentType,
    /// A byte order mark before the JSON.
    Bom,
    /// The clock of the service is wrong: `date` and timestamps are shifted.
    ClockSkew {
        /// Seconds.
        s: i64,
    },
}

/// Where a connection is reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResetPoint {
    /// Instead of an answer.
    Before,
    /// When the headers are sent.
    AfterHeaders,
    /// When half of the body is sent.
    MidBody,
}

/// Which symbols a batch leaves out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Omission {
    /// These.
    Symbols(Vec<String>),
    /// A part of them, from 0 to 1, by chance.
    Fraction(f64),
    /// All but the last one.
    AllButLast,
}

/// The body of a status.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultBody {
    /// What the service sends with that status.
    #[default]
    Usual,
    /// Nothing.
    Empty,
    /// A page.
    Html,
    /// This text.
    Text(String),
    /// A recorded answer by its file name.
    Fixture(String),
}

impl FaultAction {
    /// The word for the log.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Hang => "hang",
            Self::SlowDrip { .. } => "slow_drip",
            Self::Reset(_) => "reset",
            Self::Truncate { .. } => "truncate",
            Self::Status { .. } => "status",
            Self::Html200 => "html_200",
            Self::Empty200 => "empty_200",
            Self::NullChart => "null_chart",
            Self::StatusCode200 => "status_code_200",
            Self::Burst { .. } => "burst",
            Self::Omit(_) => "omit",
            Self::Nulls { .. } => "nulls",
            Self::Ragged => "ragged",
            Self::Unsorted => "unsorted",
            Self::NoTimestamps => "no_timestamps",
            Self::NoCurrency => "no_currency",
            Self::Infinity => "infinity",
            Self::StringsForNumbers => "strings_for_numbers",
            Self::DupLastDay => "dup_last_day",
            Self::NullLastDay => "null_last_day",
            Self::RowAfterPeriod2 => "row_after_period2",
            Self::Glitch { .. } => "glitch",
            Self::MissingDays { .. } => "missing_days",
            Self::SplitNotApplied => "split_not_applied",
            Self::PartialSplit => "partial_split",
            Self::Alias { .. } => "alias",
            Self::SwapSymbols => "swap_symbols",
            Self::Stale { .. } => "stale",
            Self::HugeHeaders { .. } => "huge_headers",
            Self::HugeBody { .. } => "huge_body",
            Self::BadGzip => "bad_gzip",
            Self::WrongContentType => "wrong_content_type",
            Self::Bom => "bom",
            Self::ClockSkew { .. } => "clock_skew",
        }
    }
}
