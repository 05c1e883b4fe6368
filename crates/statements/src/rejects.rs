//! The rows of a file that could not be used, as a file for a spreadsheet.

use crate::number::{DecimalStyle, read_number};
use crate::{Statement, Verdict};

/// The rejected rows as they stand in the file, each with everything that is wrong about it in a last column, as CSV in
/// UTF-8 with a byte order mark. Corrected, it can be imported.
///
/// Cells that a spreadsheet would run as a formula begin with an apostrophe; numbers stay as they are.
pub fn rejects_csv(statement: &Statement) -> Vec<u8> {
    let rejected = || statement.rejected();
    let width = rejected().map(|(row, _)| row.text.len()).max().unwrap_or(0).max(statement.header.len());
    let mut csv = String::from("\u{feff}");
    let names = statement.header.iter().map(String::as_str);
    write_row(&mut csv, names, width, "Reason");
    for (row, problems) in rejected() {
        let reasons: Vec<String> = problems.iter().map(ToString::to_string).collect();
        write_row(&mut csv, row.text.iter(), width, &reasons.join("; "));
    }
    csv.into_bytes()
}

/// Cells as a line of CSV without its end, filled up to so many. Cells that a spreadsheet would run as a formula begin with
/// an apostrophe.
pub fn csv_line<'a>(cells: impl Iterator<Item = &'a str>, width: usize) -> String {
    let mut line = String::new();
    for (place, cell) in cells.chain(std::iter::repeat("")).take(width).enumerate() {
        if place > 0 {
            line.push(',');
        }
        write_cell(&mut line, cell);
    }
    line
}

fn write_row<'a>(csv: &mut String, cells: impl Iterator<Item = &'a str>, width: usize, last: &str) {
    csv.push_str(&csv_line(cells, width));
    if width > 0 {
        csv.push(',');
    }
    write_cell(csv, last);
    csv.push_str("\r\n");
}

fn write_cell(csv: &mut String, cell: &str) {
    let guard = if runs_as_formula(cell) { "'" } else { "" };
    if cell.contains(['"', ',', ';', '\t', '\n', '\r']) {
        csv.push('"');
        csv.push_str(guard);
        csv.push_str(&cell.replace('"', "\"\""));
        csv.push('"');
    } else {
        csv.push_str(guard);
        csv.push_str(cell);
    }
}

fn runs_as_formula(cell: &str) -> bool {
    let number = || {
        [DecimalStyle::Point, DecimalStyle::Comma]
            .iter()
            .any(|style| read_number(cell.trim(), *style).is_ok())
    };
    let nothing = || cell.chars().all(|c| c == '-');
    cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && !number() && !nothing()
}

impl Statement {
    /// How many rows are rejected.
    pub fn rejected_rows(&self) -> usize {
        self.rows.iter().filter(|row| matches!(row.verdict, Verdict::Rejected(_))).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_told_from_numbers() {
        for cell in ["=1+1", "+cmd|'/c calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "-A1"] {
            assert!(runs_as_formula(cell), "{cell:?}");
        }
        for cell in ["-5", "-1,234.50", "-1.234,50", "+3", "-$7.10", "--", "", "AAPL", "a=b"] {
            assert!(!runs_as_formula(cell), "{cell:?}");
        }
    }
}
