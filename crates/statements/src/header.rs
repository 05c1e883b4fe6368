//! Finding the line that names the columns, and which column is which.

use crate::corrections::CorrectedCells;
use crate::currency_mark::CurrencyMark;
use crate::records::{MAX_COLUMNS, Record, Records};
use crate::verdict::shortened_to;
use crate::{Note, UnreadableFile};

/// Delimiters in the order in which they are tried.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// A header stands within so many lines that are not blank.
const SEARCHED_RECORDS: usize = 40;

/// So many characters of a column's name are kept: it is repeated in every problem of its column.
const MAX_NAME: usize = 80;

/// The text of a table and the lines that might name its columns.
pub(crate) struct Document<'a> {
    /// The whole file, for forms that are no tables.
    pub(crate) text: &'a str,
    /// By line, and on one line in the order of [`DELIMITERS`].
    pub(crate) headers: Vec<Header>,
    too_wide: Option<UnreadableFile>,
    /// What a person put into cells below a header.
    corrected: Option<&'a CorrectedCells>,
}

/// A line that might name the columns, split at one delimiter.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    pub(crate) delimiter: u8,
    pub(crate) line: usize,
    offset: usize,
    below: (usize, usize),
    /// The names as the file spells them.
    pub(crate) names: Vec<String>,
    /// How many columns there are, those without a name at the end included.
    width: usize,
    headings: Vec<Heading>,
}

/// A column's name taken apart.
#[derive(Debug, Clone, PartialEq)]
struct Heading {
    /// Words in lower case with single spaces: `price per share`.
    words: String,
    /// The currency in parentheses: `Price (USD)`.
    unit: Option<CurrencyMark>,
}

impl<'a> Document<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let mut headers = Vec::new();
        let mut too_wide = None;
        for delimiter in DELIMITERS {
            let mut records = Records::new(text, delimiter);
            let mut record = Record::default();
            let mut searched = 0;
            while searched < SEARCHED_RECORDS && records.read(&mut record) {
                if record.is_blank() {
                    continue;
                }
                searched += 1;
                if let Err(error) = record.within_bounds() {
                    too_wide.get_or_insert(error);
                } else if names_columns(&record) {
                    headers.push(Header::of(&record, delimiter, &records));
                }
            }
        }
        headers.sort_by_key(|header: &Header| header.line);
        Self { text, headers, too_wide, corrected: None }
    }

    /// The same with other texts in some cells below the headers.
    pub(crate) fn corrected(self, cells: &'a CorrectedCells) -> Self {
        Self { corrected: Some(cells), ..self }
    }

    /// The record of a header itself.
    pub(crate) fn at(&self, header: &Header) -> Record<'a> {
        let mut record = Record::default();
        Records::new(self.text, header.delimiter).at(header.offset, header.line).read(&mut record);
        record
    }

    /// The records below a header.
    pub(crate) fn below(&self, header: &Header) -> Records<'a> {
        let (offset, line) = header.below;
        Records::new(self.text, header.delimiter).at(offset, line).corrected(self.corrected)
    }

    /// The records above a header.
    pub(crate) fn above(&self, header: &Header) -> Records<'a> {
        Records::new(&self.text[..header.offset], header.delimiter)
    }

    /// Why no header does: the best of those seen has `missing`, if any was worth the name.
    pub(crate) fn no_header(self, best: Option<(Header, String)>, example: &'static str) -> UnreadableFile {
        match (best, self.too_wide) {
            (Some((header, missing)), _) => {
                UnreadableFile::MissingColumns { line: header.line, header: header.names, missing, example }
            }
            (None, Some(error)) => error,
            (None, None) => UnreadableFile::NoHeader { example },
        }
    }
}

/// At least two names, and hardly a cell that begins like a number.
fn names_columns(record: &Record<'_>) -> bool {
    let (mut names, mut numbers) = (0, 0);
    for cell in &record.cells {
        match cell.trim_start().bytes().next() {
            None => {}
            Some(b'0'..=b'9') => numbers += 1,
            Some(_) => names += 1,
        }
    }
    names >= 2 && numbers * 2 <= names
}

impl Header {
    /// The names in a record, after which `after` goes on.
    pub(crate) fn of(record: &Record<'_>, delimiter: u8, after: &Records<'_>) -> Self {
        let cells = || record.cells.iter().take(record.filled()).map(|cell| cell.trim());
        let names = cells().map(|cell| shortened_to(MAX_NAME, cell)).collect();
        Self {
            delimiter,
            line: record.line,
            offset: record.offset,
            below: (after.offset(), after.line()),
            headings: cells().map(|cell| Heading::of(&shortened_to(4 * MAX_NAME, cell))).collect(),
            names,
            width: record.cells.len(),
        }
    }

    /// The first column whose name has the same words.
    pub(crate) fn column(&self, name: &str) -> Option<usize> {
        let exact = self.names.iter().position(|known| known == name);
        let whole = Heading::words_of(&name.to_lowercase());
        exact
            .or_else(|| self.names.iter().position(|known| Heading::words_of(&known.to_lowercase()) == whole))
    }

    /// Whether a record says the same again.
    pub(crate) fn is_repeated_by(&self, record: &Record<'_>) -> bool {
        self.names.iter().enumerate().all(|(column, name)| {
            let cell = record.cell(column);
            cell.eq_ignore_ascii_case(name) || cell.len() > MAX_NAME && shortened_to(MAX_NAME, cell) == *name
        })
    }
}

impl Heading {
    fn of(name: &str) -> Self {
        let (outside, unit) = match name.find(['(', '[']) {
            Some(open) => {
                let inside = &name[open + 1..];
                let (inside, rest) = inside.split_once([')', ']']).unwrap_or((inside, ""));
                (format!("{}{rest}", &name[..open]), CurrencyMark::parse(inside.trim()))
            }
            None => (name.to_owned(), None),
        };
        Self { words: Self::words_of(&outside.to_lowercase()), unit }
    }

    fn words_of(lower: &str) -> String {
        let words: Vec<&str> =
            lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
        words.join(" ")
    }
}

/// Fields and the names that their columns go by, the best first. No name belongs to two fields.
pub(crate) type Vocabulary<F> = [(F, &'static [&'static str])];

/// Which column holds which field.
#[derive(Debug, Clone)]
pub(crate) struct Columns<F> {
    places: Vec<(F, Place)>,
    /// How many columns the header has.
    pub(crate) width: usize,
    unknown: Vec<String>,
    doubled: Vec<String>,
}

/// A column of a field.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) column: usize,
    /// As the file names it.
    pub(crate) name: String,
    /// The currency in its name.
    pub(crate) unit: Option<CurrencyMark>,
}

impl<F: Copy + PartialEq> Columns<F> {
    /// Finds the fields among the columns. Of several columns for one field the best named is taken, and all of
    /// them for the `gathered` fields.
    pub(crate) fn find(header: &Header, vocabulary: &Vocabulary<F>, gathered: &[F]) -> Self {
        let mut columns =
            Self { places: Vec::new(), width: header.width, unknown: Vec::new(), doubled: Vec::new() };
        let mut used = [false; MAX_COLUMNS];
        for (field, words) in vocabulary {
            let rank = |heading: &Heading| words.iter().position(|word| *word == heading.words);
            let mut found: Vec<(usize, usize)> = header
                .headings
                .iter()
                .enumerate()
                .filter_map(|(column, heading)| Some((rank(heading)?, column)))
                .collect();
            if !gathered.contains(field) {
                found.sort_unstable();
                if let [(best, _), (second, column), ..] = found[..]
                    && best == second
                {
                    columns.doubled.push(header.names[column].clone());
                }
                found.truncate(1);
            }
            for (_, column) in found {
                used[column] = true;
                let place =
                    Place { column, name: header.names[column].clone(), unit: header.headings[column].unit };
                columns.places.push((*field, place));
            }
        }
        let unused = header.names.iter().zip(used).filter(|(name, used)| !used && !name.is_empty());
        columns.unknown = unused.map(|(name, _)| name.clone()).collect();
        columns
    }

    /// Fields at columns that were found otherwise than by the words of their names.
    pub(crate) fn at(header: &Header, fields: Vec<(F, usize)>) -> Self {
        let name = |column: usize| header.names.get(column).cloned().unwrap_or_default();
        let unread = (0..header.names.len()).filter(|column| fields.iter().all(|(_, used)| used != column));
        let unknown = unread.map(name).filter(|name| !name.is_empty()).collect();
        let places = fields
            .into_iter()
            .map(|(field, column)| (field, Place { column, name: name(column), unit: None }))
            .collect();
        Self { places, width: header.width, unknown, doubled: Vec::new() }
    }

    /// The column of a field, the first if there are several.
    pub(crate) fn place(&self, field: F) -> Option<&Place> {
        self.places(field).next()
    }

    /// All columns of a field.
    pub(crate) fn places(&self, field: F) -> impl Iterator<Item = &Place> {
        self.places.iter().filter(move |(known, _)| *known == field).map(|(_, place)| place)
    }

    pub(crate) fn has(&self, field: F) -> bool {
        self.place(field).is_some()
    }

    /// Fields at the columns that somebody named for them. Names that the header has not are left out.
    pub(crate) fn chosen(header: &Header, fields: &[(F, &str)]) -> Self {
        let mut columns =
            Self { places: Vec::new(), width: header.width, unknown: Vec::new(), doubled: Vec::new() };
        let mut used = [false; MAX_COLUMNS];
        for (field, name) in fields {
            let Some(column) = header.column(name) else { continue };
            used[column] = true;
            let place =
                Place { column, name: header.names[column].clone(), unit: header.headings[column].unit };
            columns.places.push((*field, place));
        }
        let unused = header.names.iter().zip(used).filter(|(name, used)| !used && !name.is_empty());
        columns.unknown = unused.map(|(name, _)| name.clone()).collect();
        columns
    }

    /// How many different fields were found.
    pub(crate) fn known(&self) -> usize {
        self.places
            .iter()
            .enumerate()
            .filter(|(i, (f, _))| !self.places[..*i].iter().any(|(g, _)| g == f))
            .count()
    }

    /// What to say about columns that are not read.
    pub(crate) fn notes(&self) -> Vec<Note> {
        let doubled = self.doubled.iter().map(|name| Note::DoubledColumn { name: name.clone() });
        let unknown =
            (!self.unknown.is_empty()).then(|| Note::IgnoredColumns { names: self.unknown.clone() });
        doubled.chain(unknown).collect()
    }
}

/// Whether a cell is empty or stands for nothing, as exports write it.
pub(crate) fn is_absent(cell: &str) -> bool {
    matches!(cell, "" | "-" | "--" | "—" | "–")
        || ["n/a", "#n/a", "na", "nan", "null", "none"].iter().any(|word| cell.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_by_their_words() {
        let words = |name| Heading::of(name).words;
        assert_eq!(words("Trade_Date"), "trade date");
        assert_eq!(words(" PRICE/Share "), "price share");
        assert_eq!(words("Fees & Comm"), "fees comm");
        assert_eq!(words("No. of shares"), "no of shares");
        assert_eq!(words("Amount ($)"), "amount");
        assert_eq!(Heading::of("Price (EUR)").unit, CurrencyMark::parse("EUR"));
        assert_eq!(Heading::of("Price [GBX] each").words, "price each");
    }

    #[test]
    fn a_name_of_any_length_is_understood_and_kept_short() {
        let text =
            format!("Date,Price ({})\nx,y\nDate,Price ({})\n", "long ".repeat(500), "long ".repeat(500));
        let document = Document::new(&text);
        let header = &document.headers[0];
        assert_eq!(header.names[1].chars().count(), MAX_NAME + 1);
        assert!(Columns::find(header, &[(1, &["price"])], &[]).has(1));
        let (mut records, mut record) = (document.below(header), Record::default());
        assert!(records.read(&mut record) && !header.is_repeated_by(&record));
        assert!(records.read(&mut record) && header.is_repeated_by(&record));
    }

    #[test]
    fn the_header_is_found_below_other_lines_and_with_its_delimiter() {
        let document =
            Document::new("Account history\nfor: me;\n\nTicker;Date;Amount\nAAPL;2012-03-05;1,5\n");
        let header = document.headers.iter().find(|header| header.names.len() == 3).expect("it is there");
        assert_eq!((header.line, header.delimiter), (4, b';'));
        let mut record = Record::default();
        assert!(document.below(header).read(&mut record));
        assert_eq!((record.line, record.cell(0), record.cell(2)), (5, "AAPL", "1,5"));
    }

    #[test]
    fn the_better_name_wins_and_gathered_fields_keep_all() {
        let document = Document::new("Settlement Date,Trade Date,Fee,Commission,Colour,Trade date\n");
        let vocabulary: &Vocabulary<u8> =
            &[(1, &["date", "trade date", "settlement date"]), (2, &["fee", "commission"])];
        let columns = Columns::find(&document.headers[0], vocabulary, &[2]);
        assert_eq!(columns.place(1).map(|place| place.column), Some(1));
        assert_eq!(columns.places(2).count(), 2);
        assert_eq!(columns.known(), 2);
        assert_eq!(
            columns.notes(),
            [
                Note::DoubledColumn { name: "Trade date".into() },
                Note::IgnoredColumns {
                    names: vec!["Settlement Date".into(), "Colour".into(), "Trade date".into()]
                }
            ]
        );
    }
}
