//! Files of daily prices: `date,symbol,close[,open,high,low,volume]`.

use std::collections::HashMap;

use bellwether_domain::{DailyBar, PriceBasis, Symbol, price_of_decimal};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::currency_mark::CurrencyMark;
use crate::header::{Columns, Document, Header, Vocabulary};
use crate::records::Record;
use crate::table::{Problems, Table, refuse_if_too_many};
use crate::verdict::shortened;
use crate::{Note, Reason, RejectedRow, UnreadableFile, file_text};

/// What a price file does not say itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceOptions {
    /// What the closes are stated in; `None` to rely on a line such as `# basis: as-traded` in the file.
    pub basis: Option<PriceBasis>,
    /// The day after which everything is in the future.
    pub today: NaiveDate,
}

/// The prices of a file.
#[derive(Debug, Clone)]
pub struct PriceFile {
    /// What the closes are stated in.
    pub basis: PriceBasis,
    /// The bars of each symbol, days ascending and unique; symbols in alphabetical order.
    pub series: Vec<(Symbol, Vec<DailyBar>)>,
    /// The rows that cannot be used, by line.
    pub rejected: Vec<RejectedRow>,
    /// Rows that say the same of a day as an earlier one.
    pub merged: usize,
    /// What had to be assumed, and what was not read.
    pub notes: Vec<Note>,
}

impl PriceFile {
    /// How many days of prices there are, over all symbols.
    pub fn bars(&self) -> usize {
        self.series.iter().map(|(_, bars)| bars.len()).sum()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Date,
    Symbol,
    Close,
    Open,
    High,
    Low,
    Volume,
    /// Never read; known to say what is wrong when it stands alone.
    AdjustedClose,
}

const VOCABULARY: &Vocabulary<Field> = &[
    (
        Field::Date,
        &["date", "day", "trade date", "trading date", "price date", "datetime", "timestamp", "time"],
    ),
    (Field::Symbol, &["symbol", "ticker", "ticker symbol", "stock symbol", "instrument", "security", "code"]),
    (
        Field::Close,
        &[
            "close",
            "closing price",
            "close price",
            "price close",
            "last close",
            "close last",
            "price",
            "last",
            "last price",
        ],
    ),
    (Field::Open, &["open", "opening price", "open price"]),
    (Field::High, &["high", "high price", "day high"]),
    (Field::Low, &["low", "low price", "day low"]),
    (Field::Volume, &["volume", "vol", "shares traded"]),
];

const ADJUSTED: &Vocabulary<Field> = &[(
    Field::AdjustedClose,
    &["adj close", "adjclose", "adjusted close", "adjusted closing price", "close adj"],
)];

const EXAMPLE: &str = "date,symbol,close";

/// The largest price file that is read, unpacked: some five million days.
const MAX_BYTES: usize = 128 << 20;
const MAX_ROWS: usize = 5_000_000;

/// Reads a file of daily prices, packed with gzip or not.
///
/// A zero or absent open, high or low is unknown; decimals of a volume are dropped. Of two rows that differ about a
/// day of a symbol the first counts and the second is rejected. Prices in pence and the like are converted to the
/// major unit where the cell or the column's name says so.
///
/// # Errors
/// [`UnreadableFile`] when there are no such columns, when nobody says what the closes are stated in, or when file
/// and caller contradict each other about it.
pub fn read_prices(bytes: &[u8], options: &PriceOptions) -> Result<PriceFile, UnreadableFile> {
    let file = file_text::open(bytes, MAX_BYTES)?;
    let document = Document::new(&file.text);
    let Some((header, columns)) = find_header(&document) else { return Err(why_not(document)) };
    let basis = basis(&document, header, options.basis)?;

    let prices = [Field::Close, Field::Open, Field::High, Field::Low, Field::Volume];
    let table = Table::open(&document, header, columns, Field::Date, &prices, MAX_ROWS)?;
    let mut collected = Collected::default();
    let mut rejected = table.read(|record| collected.take(&table, record, options.today))?;
    let (series, merged) = collected.finish(&table, &mut rejected)?;

    let assumed = file.assumed_windows_1252.then_some(Note::AssumedWindows1252);
    let notes = assumed.into_iter().chain(table.notes).collect();
    Ok(PriceFile { basis, series, rejected, merged, notes })
}

fn find_header<'h>(document: &'h Document<'_>) -> Option<(&'h Header, Columns<Field>)> {
    document.headers.iter().find_map(|header| {
        let columns = Columns::find(header, VOCABULARY, &[]);
        let complete = [Field::Date, Field::Symbol, Field::Close].iter().all(|field| columns.has(*field));
        complete.then_some((header, columns))
    })
}

/// What the header that comes nearest lacks.
fn why_not(document: Document<'_>) -> UnreadableFile {
    let known = |header: &Header| Columns::find(header, VOCABULARY, &[]).known();
    let Some(header) = document.headers.iter().filter(|header| known(header) >= 2).max_by_key(|h| known(h))
    else {
        return document.no_header(None, EXAMPLE);
    };
    let columns = Columns::find(header, VOCABULARY, &[]);
    if !columns.has(Field::Close) && Columns::find(header, ADJUSTED, &[]).has(Field::AdjustedClose) {
        return UnreadableFile::AdjustedClosesOnly { line: header.line };
    }
    let needed = [(Field::Date, "date"), (Field::Symbol, "symbol"), (Field::Close, "close")];
    let missing: Vec<&str> =
        needed.iter().filter(|(field, _)| !columns.has(*field)).map(|(_, name)| *name).collect();
    let best = (header.clone(), missing.join(" and "));
    document.no_header(Some(best), EXAMPLE)
}

/// What the caller and the comments of the file agree on.
fn basis(
    document: &Document<'_>,
    header: &Header,
    mut said: Option<PriceBasis>,
) -> Result<PriceBasis, UnreadableFile> {
    let mut record = Record::default();
    for mut records in [document.above(header), document.below(header)] {
        while records.read(&mut record) {
            match (basis_of(&record)?, said) {
                (Some(found), Some(said)) if found != said => {
                    return Err(UnreadableFile::ContradictoryBasis { line: record.line, found, said });
                }
                (Some(found), _) => said = Some(found),
                (None, _) => {}
            }
        }
    }
    said.ok_or(UnreadableFile::UnknownBasis)
}

/// The basis that a comment names: `# basis: as-traded`.
fn basis_of(record: &Record<'_>) -> Result<Option<PriceBasis>, UnreadableFile> {
    let Some(comment) = record.cell(0).strip_prefix('#') else { return Ok(None) };
    let Some((key, value)) = comment.split_once([':', '=']) else { return Ok(None) };
    if !key.trim().eq_ignore_ascii_case("basis") {
        return Ok(None);
    }
    match value.parse() {
        Ok(basis) => Ok(Some(basis)),
        Err(_invalid) => {
            Err(UnreadableFile::InvalidBasis { line: record.line, text: shortened(value.trim()) })
        }
    }
}

type Series = Vec<(Symbol, Vec<DailyBar>)>;

/// Bars by symbol in the order of the file.
#[derive(Default)]
struct Collected {
    /// The series of each symbol, by each of its spellings.
    spellings: HashMap<String, usize>,
    series: Vec<(Symbol, Vec<Found>)>,
}

/// A bar and where it stands.
#[derive(Clone, Copy)]
struct Found {
    bar: DailyBar,
    line: usize,
    offset: usize,
}

impl Collected {
    fn take(
        &mut self,
        table: &Table<'_, Field>,
        record: &Record<'_>,
        today: NaiveDate,
    ) -> Result<(), Problems> {
        let mut problems = Vec::new();
        let date = table.date(record, Field::Date, &mut problems);
        if let Some(date) = date
            && date > today
        {
            problems.push(table.problem(Field::Date, Reason::Future(date)));
        }
        let series = self.series_of(table, record, &mut problems);
        let mut read = |field, name| price(table, record, field, name, &mut problems);
        let close = read(Field::Close, "the close");
        // Sources without a first price of the day write 0.
        let mut known = |field, name| match read(field, name) {
            Some(price) if !price.is_zero() => price_of_decimal(price),
            _ => f64::NAN,
        };
        let (open, high, low) =
            (known(Field::Open, "the open"), known(Field::High, "the high"), known(Field::Low, "the low"));
        if table.cell(record, Field::Close).is_none() {
            problems.push(table.problem(Field::Close, Reason::Missing { field: "the close" }));
        } else if close.is_some_and(|close| close.is_zero()) {
            problems.push(table.problem(Field::Close, Reason::NotPositive { field: "the close" }));
        }
        let volume = volume(table, record, &mut problems);
        let (Some(date), Some(series), Some(close), true) = (date, series, close, problems.is_empty()) else {
            return Err(problems);
        };
        let close = price_of_decimal(close);
        let bar = DailyBar { date, open, high, low, close, volume, provisional: false };
        self.series[series].1.push(Found { bar, line: record.line, offset: record.offset });
        Ok(())
    }

    /// Where the bars of the row's symbol go.
    fn series_of(
        &mut self,
        table: &Table<'_, Field>,
        record: &Record<'_>,
        problems: &mut Problems,
    ) -> Option<usize> {
        let cell = table.cell(record, Field::Symbol).unwrap_or_default();
        if let Some(series) = self.spellings.get(cell) {
            return Some(*series);
        }
        let symbol = table.symbol(record, Field::Symbol, problems)?;
        let known = self.spellings.get(symbol.as_str()).copied();
        let series = known.unwrap_or_else(|| {
            self.spellings.insert(symbol.as_str().to_owned(), self.series.len());
            self.series.push((symbol, Vec::new()));
            self.series.len() - 1
        });
        self.spellings.insert(cell.to_owned(), series);
        Some(series)
    }

    /// Puts the days in order and settles what is said twice about one; returns how often it was the same.
    fn finish(
        self,
        table: &Table<'_, Field>,
        rejected: &mut Vec<RejectedRow>,
    ) -> Result<(Series, usize), UnreadableFile> {
        let mut merged = 0;
        let mut series = Vec::with_capacity(self.series.len());
        for (symbol, mut found) in self.series.into_iter().filter(|(_, found)| !found.is_empty()) {
            // Stable: of one day the earliest line stays first.
            found.sort_by_key(|found| found.bar.date);
            let mut bars: Vec<DailyBar> = Vec::with_capacity(found.len());
            let mut kept: Option<Found> = None;
            for next in found {
                match kept {
                    Some(first) if first.bar.date == next.bar.date => {
                        if same(&first.bar, &next.bar) {
                            merged += 1;
                        } else {
                            let problem =
                                table.problem(Field::Close, Reason::Contradicts { line: first.line });
                            rejected.push(table.reject(next.offset, next.line, problem));
                            refuse_if_too_many(rejected)?;
                        }
                    }
                    _ => {
                        bars.push(next.bar);
                        kept = Some(next);
                    }
                }
            }
            series.push((symbol, bars));
        }
        series.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        rejected.sort_by_key(|row| row.line);
        Ok((series, merged))
    }
}

/// Whether two bars of a day say the same, unknown prices included.
fn same(one: &DailyBar, other: &DailyBar) -> bool {
    let prices = |bar: &DailyBar| [bar.open, bar.high, bar.low, bar.close].map(f64::to_bits);
    prices(one) == prices(other) && one.volume == other.volume
}

/// A price in the major unit, not negative and within range.
fn price(
    table: &Table<'_, Field>,
    record: &Record<'_>,
    field: Field,
    name: &'static str,
    problems: &mut Problems,
) -> Option<Decimal> {
    const LARGEST: Decimal = Decimal::from_parts(0x4e72_a000, 0x918, 0, false, 0);
    let number = table.number(record, field, problems)?;
    let value = match number.mark {
        Some(CurrencyMark::Exactly(unit)) => unit.to_major(number.value),
        Some(CurrencyMark::Dollar) | None => number.value,
    };
    let reason = if value < Decimal::ZERO {
        Reason::NotPositive { field: name }
    } else if value > LARGEST {
        Reason::NumberOutOfRange { text: value.to_string() }
    } else {
        return Some(value);
    };
    problems.push(table.problem(field, reason));
    None
}

/// Units traded; 0 when unknown.
fn volume(table: &Table<'_, Field>, record: &Record<'_>, problems: &mut Problems) -> u64 {
    let Some(number) = table.number(record, Field::Volume, problems) else { return 0 };
    number.value.trunc().to_u64().unwrap_or_else(|| {
        let reason = Reason::NumberOutOfRange { text: number.value.to_string() };
        problems.push(table.problem(Field::Volume, reason));
        0
    })
}
