//! What all rows of a file together say about its dates and numbers.
//!
//! 3/5/2012 and 1,234 are each two things. One row further down that can only be one way, such as 25/5/2012 or
//! 1,5, settles it for all of them.

use crate::Note;
use crate::date::{DateOrder, OrderHint, order_hint};
use crate::number::{DecimalStyle, StyleHint, style_hint};
use crate::verdict::shortened;

/// Counts hints while the file is read for the first time.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    month_first: Votes,
    day_first: Votes,
    either_date: Option<(usize, String)>,
    point: Votes,
    comma: Votes,
    either_number: Option<(usize, String)>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Votes {
    count: usize,
    first_line: usize,
}

impl Votes {
    fn add(&mut self, line: usize) {
        if self.count == 0 {
            self.first_line = line;
        }
        self.count += 1;
    }

    /// Whether the others are so few that they must be slips.
    fn outweigh(self, others: Self) -> bool {
        self.count > 0 && self.count >= others.count * 4
    }
}

impl Survey {
    /// Takes in a cell of dates.
    pub(crate) fn date(&mut self, line: usize, cell: &str) {
        match order_hint(cell) {
            OrderHint::None => {}
            OrderHint::MonthFirst => self.month_first.add(line),
            OrderHint::DayFirst => self.day_first.add(line),
            OrderHint::Either => {
                self.either_date.get_or_insert_with(|| (line, shortened(cell)));
            }
        }
    }

    /// Takes in a cell of numbers.
    pub(crate) fn number(&mut self, line: usize, cell: &str) {
        match style_hint(cell) {
            StyleHint::None => {}
            StyleHint::Point => self.point.add(line),
            StyleHint::Comma => self.comma.add(line),
            StyleHint::Either => {
                self.either_number.get_or_insert_with(|| (line, shortened(cell)));
            }
        }
    }

    /// The order of the file's dates: the American one when nothing tells.
    pub(crate) fn date_order(&self) -> DateOrder {
        if self.day_first.outweigh(self.month_first) {
            DateOrder::DayFirst
        } else if self.month_first.outweigh(self.day_first) || self.month_first.count == 0 {
            DateOrder::MonthFirst
        } else {
            DateOrder::Mixed
        }
    }

    /// The style of the file's numbers. When none tells, the delimiter does: where the semicolon separates cells,
    /// the comma was needed for the decimals.
    pub(crate) fn decimal_style(&self, delimiter: u8) -> DecimalStyle {
        if self.comma.outweigh(self.point) {
            DecimalStyle::Comma
        } else if self.point.outweigh(self.comma) {
            DecimalStyle::Point
        } else if self.point.count > 0 {
            DecimalStyle::Mixed
        } else if delimiter == b';' {
            DecimalStyle::Comma
        } else {
            DecimalStyle::Point
        }
    }

    /// What the person should know about choices that the file did not settle.
    pub(crate) fn notes(&self, delimiter: u8) -> Vec<Note> {
        let mut notes = Vec::new();
        if self.date_order() == DateOrder::Mixed {
            notes.push(Note::MixedDateOrders {
                month_first_line: self.month_first.first_line,
                day_first_line: self.day_first.first_line,
            });
        } else if self.month_first.count + self.day_first.count == 0
            && let Some((line, example)) = &self.either_date
        {
            notes.push(Note::AmbiguousDates { line: *line, example: example.clone() });
        }
        let style = self.decimal_style(delimiter);
        if style == DecimalStyle::Mixed {
            notes.push(Note::MixedDecimalMarks {
                point_line: self.point.first_line,
                comma_line: self.comma.first_line,
            });
        } else if self.point.count + self.comma.count == 0
            && let Some((line, example)) = &self.either_number
        {
            let mark = if style == DecimalStyle::Comma { ',' } else { '.' };
            notes.push(Note::AmbiguousNumbers { line: *line, example: example.clone(), mark });
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survey(dates: &[&str], numbers: &[&str]) -> Survey {
        let mut survey = Survey::default();
        for (index, cell) in dates.iter().enumerate() {
            survey.date(index + 2, cell);
        }
        for (index, cell) in numbers.iter().enumerate() {
            survey.number(index + 2, cell);
        }
        survey
    }

    #[test]
    fn one_clear_row_settles_all() {
        assert_eq!(survey(&["3/5/2012", "25/5/2012"], &[]).date_order(), DateOrder::DayFirst);
        assert_eq!(survey(&["3/5/2012", "5/25/2012"], &[]).date_order(), DateOrder::MonthFirst);
        assert_eq!(survey(&[], &["1,234", "1,5"]).decimal_style(b','), DecimalStyle::Comma);
        assert_eq!(survey(&[], &["1,234", "1.5"]).decimal_style(b';'), DecimalStyle::Point);
    }

    #[test]
    fn a_slip_does_not_change_a_file() {
        let dates = ["5/25/2012", "6/25/2012", "7/25/2012", "8/25/2012", "25/9/2012"];
        assert_eq!(survey(&dates, &[]).date_order(), DateOrder::MonthFirst);
        assert_eq!(survey(&dates[3..], &[]).date_order(), DateOrder::Mixed);
        assert!(matches!(
            survey(&dates[3..], &[]).notes(b',')[..],
            [Note::MixedDateOrders { month_first_line: 2, day_first_line: 3 }]
        ));
        assert_eq!(survey(&[], &["1.5", "1,5"]).decimal_style(b','), DecimalStyle::Mixed);
    }

    #[test]
    fn what_nothing_settles_is_said() {
        let open = survey(&["5/5/2012", "3/5/2012"], &["100", "1,234"]);
        assert_eq!(open.date_order(), DateOrder::MonthFirst);
        assert_eq!(open.decimal_style(b','), DecimalStyle::Point);
        assert_eq!(open.decimal_style(b';'), DecimalStyle::Comma);
        assert_eq!(
            open.notes(b','),
            [
                Note::AmbiguousDates { line: 3, example: "3/5/2012".into() },
                Note::AmbiguousNumbers { line: 3, example: "1,234".into(), mark: '.' }
            ]
        );
        assert!(survey(&["2012-03-05"], &["1.5"]).notes(b',').is_empty());
    }
}
