//! Text to records of cells, with the physical line of each.
//!
//! Differs from a strict CSV reader where real files do: blank lines are records, a carriage return alone ends a
//! line, and a quotation mark that is never closed spoils its own line instead of swallowing the rest of the file.

use std::borrow::Cow;

use crate::UnreadableFile;
use crate::corrections::CorrectedCells;

/// More cells than any statement has; the rest of such a row is not even stored.
pub(crate) const MAX_COLUMNS: usize = 256;
/// A quoted cell longer than this was not meant to be one.
const MAX_QUOTED_BYTES: usize = 1 << 16;

/// One row of cells.
#[derive(Debug, Default, Clone)]
pub(crate) struct Record<'a> {
    /// The physical line on which it begins, from 1.
    pub(crate) line: usize,
    /// The physical line on which it ends.
    pub(crate) last_line: usize,
    /// Where it begins in the text.
    pub(crate) offset: usize,
    /// The cells, unquoted; at most one more than [`MAX_COLUMNS`].
    pub(crate) cells: Vec<Cow<'a, str>>,
    /// A quotation mark is opened and never closed: quotation marks were taken literally.
    pub(crate) unclosed_quote: bool,
}

impl Record<'_> {
    /// The cell without the white space around it; empty beyond the last.
    pub(crate) fn cell(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", |cell| cell.trim())
    }

    /// Whether there is nothing in it.
    pub(crate) fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }

    /// The number of cells up to the last that has something in it.
    pub(crate) fn filled(&self) -> usize {
        self.cells.iter().rposition(|cell| !cell.trim().is_empty()).map_or(0, |last| last + 1)
    }

    /// Refuses a row that no statement has.
    pub(crate) fn within_bounds(&self) -> Result<(), UnreadableFile> {
        if self.cells.len() > MAX_COLUMNS {
            return Err(UnreadableFile::TooManyColumns { line: self.line, limit: MAX_COLUMNS });
        }
        Ok(())
    }
}

/// Reads the records of a text one by one.
#[derive(Debug, Clone)]
pub(crate) struct Records<'a> {
    text: &'a str,
    delimiter: u8,
    offset: usize,
    line: usize,
    corrected: Option<&'a CorrectedCells>,
}

impl<'a> Records<'a> {
    /// From the beginning.
    pub(crate) fn new(text: &'a str, delimiter: u8) -> Self {
        Self { text, delimiter, offset: 0, line: 1, corrected: None }
    }

    /// The same text again, from where a record begins.
    pub(crate) fn at(&self, offset: usize, line: usize) -> Self {
        Self { offset, line, ..self.clone() }
    }

    /// The same with other texts in some cells.
    pub(crate) fn corrected(self, cells: Option<&'a CorrectedCells>) -> Self {
        Self { corrected: cells, ..self }
    }

    /// Where the next record begins, in bytes.
    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    /// The line on which the next record begins.
    pub(crate) fn line(&self) -> usize {
        self.line
    }

    /// Reads the next record into `record`; false at the end.
    pub(crate) fn read(&mut self, record: &mut Record<'a>) -> bool {
        if self.offset >= self.text.len() {
            return false;
        }
        record.line = self.line;
        record.offset = self.offset;
        record.unclosed_quote = !self.read_cells(&mut record.cells, true);
        if record.unclosed_quote {
            self.read_cells(&mut record.cells, false);
        }
        if let Some(cells) = self.corrected.and_then(|corrected| corrected.get(&record.line)) {
            record.unclosed_quote = false;
            for (column, text) in cells.iter().filter(|(column, _)| **column < MAX_COLUMNS) {
                if record.cells.len() <= *column {
                    record.cells.resize(column + 1, Cow::Borrowed(""));
                }
                record.cells[*column] = Cow::Borrowed(text);
            }
        }
        // `line` already counts the break that ended the record.
        record.last_line = (self.line - 1).max(record.line);
        true
    }

    /// Reads the cells up to the end of the line; false, with nothing consumed, when a quoted cell never ends.
    fn read_cells(&mut self, cells: &mut Vec<Cow<'a, str>>, quotes: bool) -> bool {
        cells.clear();
        let bytes = self.text.as_bytes();
        let mut at = self.offset;
        let mut line = self.line;
        loop {
            let blanks = bytes[at..].iter().take_while(|b| **b == b' ').count();
            let cell = if quotes && bytes.get(at + blanks) == Some(&b'"') {
                let Some(mut quoted) = self.quoted(at + blanks + 1) else { return false };
                let end = self.cell_end(quoted.end);
                let tail = self.text[quoted.end..end].trim_end();
                if !tail.is_empty() {
                    if quoted.line_breaks > 0 {
                        return false;
                    }
                    quoted.text.to_mut().push_str(tail);
                }
                line += quoted.line_breaks;
                at = end;
                quoted.text
            } else {
                let end = self.cell_end(at);
                let cell = &self.text[at..end];
                at = end;
                Cow::Borrowed(cell)
            };
            if cells.len() <= MAX_COLUMNS {
                cells.push(cell);
            }
            match bytes.get(at) {
                Some(b) if *b == self.delimiter => at += 1,
                Some(b'\r') if bytes.get(at + 1) == Some(&b'\n') => {
                    at += 2;
                    break;
                }
                Some(_) => {
                    at += 1;
                    break;
                }
                None => break,
            }
        }
        self.offset = at;
        self.line = line + 1;
        true
    }

    /// The first delimiter or line break from `at` on, or the end.
    fn cell_end(&self, at: usize) -> usize {
        let ends = |b: &u8| *b == self.delimiter || *b == b'\n' || *b == b'\r';
        let rest = &self.text.as_bytes()[at..];
        at + rest.iter().position(ends).unwrap_or(rest.len())
    }

    /// The quoted cell whose first character is at `start`, if it ends.
    fn quoted(&self, start: usize) -> Option<Quoted<'a>> {
        let bytes = self.text.as_bytes();
        let window = &bytes[..bytes.len().min(start + MAX_QUOTED_BYTES)];
        let mut text = Cow::Borrowed("");
        let mut from = start;
        let mut line_breaks = 0;
        let mut at = start;
        loop {
            match *window.get(at)? {
                b'"' => {
                    if text.is_empty() {
                        text = Cow::Borrowed(&self.text[from..at]);
                    } else {
                        text.to_mut().push_str(&self.text[from..at]);
                    }
                    if bytes.get(at + 1) != Some(&b'"') {
                        return Some(Quoted { text, end: at + 1, line_breaks });
                    }
                    text.to_mut().push('"');
                    at += 2;
                    from = at;
                    continue;
                }
                b'\n' => line_breaks += 1,
                b'\r' if bytes.get(at + 1) != Some(&b'\n') => line_breaks += 1,
                _ => {}
            }
            at += 1;
        }
    }
}

struct Quoted<'a> {
    text: Cow<'a, str>,
    /// Just after the closing mark.
    end: usize,
    line_breaks: usize,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(text: &str, delimiter: u8) -> Vec<(usize, Vec<String>)> {
        let mut records = Records::new(text, delimiter);
        let mut record = Record::default();
        let mut rows = Vec::new();
        while records.read(&mut record) {
            rows.push((record.line, record.cells.iter().map(|c| c.clone().into_owned()).collect()));
        }
        rows
    }

    fn row(line: usize, cells: &[&str]) -> (usize, Vec<String>) {
        (line, cells.iter().map(|c| (*c).to_owned()).collect())
    }

    #[test]
    fn every_line_ending_ends_a_line() {
        for text in ["a,b\nc,d\n", "a,b\r\nc,d\r\n", "a,b\rc,d\r", "a,b\nc,d"] {
            assert_eq!(rows(text, b','), [row(1, &["a", "b"]), row(2, &["c", "d"])], "{text:?}");
        }
    }

    #[test]
    fn blank_lines_are_counted() {
        assert_eq!(rows("a\n\n\r\nb", b','), [row(1, &["a"]), row(2, &[""]), row(3, &[""]), row(4, &["b"])]);
    }

    #[test]
    fn quoted_cells_hold_delimiters_quotes_and_line_breaks() {
        let text = "x,\"1,234\r\nand \"\"more\"\"\",y\nnext, \"padded\" ,z";
        assert_eq!(
            rows(text, b','),
            [row(1, &["x", "1,234\r\nand \"more\"", "y"]), row(3, &["next", "padded", "z"])]
        );
    }

    #[test]
    fn an_unclosed_quote_spoils_its_own_line_only() {
        let text = "a,\"open,1\nb,c,2\n\"d\",e,3\n";
        let mut records = Records::new(text, b',');
        let mut record = Record::default();
        assert!(records.read(&mut record) && record.unclosed_quote);
        assert_eq!(record.cells, ["a", "\"open", "1"]);
        assert!(records.read(&mut record) && !record.unclosed_quote);
        assert!(records.read(&mut record));
        assert_eq!((record.line, record.cells.as_slice()), (3, &["d".into(), "e".into(), "3".into()][..]));
    }

    #[test]
    fn cells_beyond_the_limit_are_not_kept() {
        let text = ",".repeat(1_000_000);
        let mut records = Records::new(&text, b',');
        let mut record = Record::default();
        assert!(records.read(&mut record));
        assert!(record.cells.capacity() < 1_000);
        assert!(record.within_bounds().is_err());
    }

    proptest! {
        #[test]
        fn what_a_csv_writer_writes_is_read_back(
            table in prop::collection::vec(prop::collection::vec("[a-z0-9 ,;\"\n\r.$é-]{0,8}", 2..5), 1..12),
            delimiter in prop::sample::select(vec![b',', b';', b'\t']),
        ) {
            let mut writer = csv::WriterBuilder::new().delimiter(delimiter).flexible(true).from_writer(Vec::new());
            for cells in &table {
                writer.write_record(cells).expect("memory does not fail");
            }
            let text = String::from_utf8(writer.into_inner().expect("memory")).expect("text in, text out");
            let read: Vec<Vec<String>> = rows(&text, delimiter).into_iter().map(|(_, cells)| cells).collect();
            prop_assert_eq!(read, table);
        }

        #[test]
        fn records_cover_the_text_without_gap(text in "[a\",\n\r ]{0,60}") {
            let mut records = Records::new(&text, b',');
            let mut record = Record::default();
            let mut line = 1;
            let mut offset = 0;
            while records.read(&mut record) {
                prop_assert_eq!(record.line, line);
                prop_assert_eq!(record.offset, offset);
                prop_assert!(records.offset() > offset);
                line = record.last_line + 1;
                offset = records.offset();
            }
            prop_assert_eq!(offset, text.len());
        }
    }
}
