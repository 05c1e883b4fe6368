//! Tables for people at a terminal: columns as wide as they must be, figures to the right.

use std::fmt::Write;

/// On which side of its column a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// Rows below the names of their columns. A column in which nothing is said is left out.
pub(super) struct Table<const N: usize> {
    columns: [(&'static str, Side); N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    pub(super) fn new(columns: [(&'static str, Side); N]) -> Self {
        Self { columns, rows: Vec::new() }
    }

    pub(super) fn push(&mut self, row: [String; N]) {
        self.rows.push(row.map(|cell| plain(&cell)));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// A text as one line of which nothing steers a terminal.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect()
}

impl<const N: usize> std::fmt::Display for Table<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let length = |text: &str| text.chars().count();
        let widths: Vec<usize> = (0..N)
            .map(|at| match self.rows.iter().map(|row| length(&row[at])).max() {
                None | Some(0) => 0,
                Some(widest) => widest.max(length(self.columns[at].0)),
            })
            .collect();
        let names = self.columns.map(|(name, _)| name.to_owned());
        for row in std::iter::once(&names).chain(&self.rows) {
            let mut line = String::new();
            for (at, cell) in row.iter().enumerate().filter(|(at, _)| widths[*at] > 0) {
                let gap = if line.is_empty() { "" } else { "  " };
                let width = widths[at];
                match self.columns[at].1 {
                    Side::Left => write!(line, "{gap}{cell:<width$}")?,
                    Side::Right => write!(line, "{gap}{cell:>width$}")?,
                }
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_at_the_right_and_empty_columns_are_left_out() {
        let mut table = Table::new([
            ("Name", Side::Left),
            ("Note", Side::Left),
            ("Value", Side::Right),
            ("ID", Side::Left),
        ]);
        table.push(["Größe".to_owned(), String::new(), "1,234.50".to_owned(), "a".to_owned()]);
        table.push(["b\u{1b}[2J".to_owned(), String::new(), "2".to_owned(), String::new()]);
        assert_eq!(table.to_string(), "Name      Value  ID\nGröße  1,234.50  a\nb [2J         2\n");
    }
}
