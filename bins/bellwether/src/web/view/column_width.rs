//! How wide the columns of a table are, told before the first row is drawn.
//!
//! A browser paints what it has of a page. If it had to find the widths of columns in the rows, cells would move
//! whenever a later row came that is longer, and again when a figure changes in place. The widths are therefore
//! estimated here, where all texts are known, and written in the table's `col` elements.

use serde::Serialize;

/// What a character takes of the width of a digit, in tenths: about the most among common system fonts.
fn tenths(character: char) -> u32 {
    match character {
        '.' | ',' | ':' | '\'' | '’' | ' ' | '\u{a0}' | '\u{202f}' | 'i' | 'j' | 'l' | 'I' => 5,
        'f' | 'r' | 't' | '(' | ')' => 7,
        'c' | 'k' | 's' | 'v' | 'x' | 'y' | 'z' | DOT => 9,
        '+' | '\u{2212}' | '-' | 'A'..='H' | 'J'..='L' | 'N'..='V' | 'X'..='Z' => 13,
        '%' | 'm' | 'w' => 15,
        'M' | 'W' => 17,
        'a'..='z' | '0'..='9' | '$' | '€' | '£' | '¥' => 10,
        _ => 20,
    }
}

/// Stands for the dot that the style draws before the age of a price.
pub(crate) const DOT: char = '\u{25cf}';

fn width(text: &str) -> u32 {
    text.chars().map(tenths).sum()
}

/// What a figure takes that may grow by a fifth while the page is open: a digit more, where that begins one.
fn width_grown(text: &str, point: &str) -> u32 {
    let digits = |part: &str| part.chars().filter(char::is_ascii_digit).count();
    let whole = text.split(point).next().unwrap_or(text);
    let turns = whole.chars().find(char::is_ascii_digit).is_some_and(|first| first >= '8');
    let comma = if digits(whole).is_multiple_of(3) { tenths(',') } else { 0 };
    width(text) + if turns { tenths('0') + comma } else { 0 }
}

/// The widest class that the style sheet has.
const WIDEST: u32 = 64;

/// The width of a column, at least that of its heading; a template gets the name of its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ColumnWidth(u32);

impl ColumnWidth {
    /// Wide enough for a heading, which is set smaller. The arrow of the column that is sorted by stands in the gap.
    pub(crate) fn under(heading: &str) -> Self {
        Self((width(heading) * 6).div_ceil(7))
    }

    /// Wide enough for a text that stays as it is.
    pub(crate) fn fits(self, text: &str) -> Self {
        Self(self.0.max(width(text)))
    }

    /// Wide enough for a figure with that decimal sign that may change while it is looked at.
    pub(crate) fn fits_changing(self, text: &str, point: &str) -> Self {
        Self(self.0.max(width_grown(text, point)))
    }

    /// Wide enough for a line of the smaller type under a figure.
    pub(crate) fn fits_small(self, text: &str) -> Self {
        Self(self.0.max((width(text) * 6).div_ceil(7)))
    }

    /// Wide enough for a figure of the total, set in bold.
    pub(crate) fn fits_bold(self, text: &str) -> Self {
        Self(self.0.max((width(text) * 11).div_ceil(10)))
    }

    /// In halves of a digit, as the classes of the style sheet count.
    fn halves(self) -> u32 {
        self.0.div_ceil(5).min(WIDEST)
    }
}

impl Serialize for ColumnWidth {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("c{}", self.halves()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(width: ColumnWidth) -> String {
        serde_json::to_string(&width).expect("a string")
    }

    #[test]
    fn a_column_is_as_wide_as_its_widest_text() {
        // Eight digits and two marks: 9 digits' widths, 18 halves.
        let column = ColumnWidth::under("Day").fits("123,456.78");
        assert_eq!(class(column), "\"c18\"");
        assert_eq!(column.fits("1.00"), column);
        assert!(column.fits_bold("123,456.78").halves() > column.halves());
    }

    #[test]
    fn a_figure_about_to_gain_a_digit_has_the_room() {
        let grown = |text| ColumnWidth::under("").fits_changing(text, ".");
        let room = |text| ColumnWidth::under("").fits(text);
        assert_eq!(grown("1,234.56"), room("1,234.56"));
        assert_eq!(grown("9,234.56"), room("10,234.56"));
        assert_eq!(grown("987.65"), room("1,087.65"));
        assert_eq!(grown("+0.95%"), room("+1.05%"));
        assert_eq!(grown("\u{2212}9.95%"), room("\u{2212}10.95%"));
    }

    #[test]
    fn no_text_asks_for_a_class_that_is_not_there() {
        assert_eq!(class(ColumnWidth::under("Value").fits(&"9".repeat(500))), "\"c64\"");
    }
}
