//! What Interactive Brokers state beside the entries: positions, and balances of cash.

use bellwether_domain::QuoteUnit;
use chrono::NaiveDate;

use super::entry::{Entry, Field};
use super::meaning::{Meaning, day_of, is_share};
use crate::date::read_date;
use crate::{IgnoredRow, StatedCash, StatedPosition, Verdict};

impl<'a> Meaning<'_, 'a, '_> {
    pub(super) fn position(&mut self, entry: &Entry<'a>, level: &str) -> Verdict {
        if level == "lot" {
            return Verdict::Ignored(IgnoredRow::OtherSection("a lot of a position"));
        }
        let mut reading = self.reading(entry);
        let currency = reading.currency(Field::Currency).unwrap_or(self.options.default_currency);
        let quantity = reading.number(Field::Quantity);
        let (price, cost) = (reading.number(Field::Price), reading.number(Field::CostBasis));
        match (quantity, self.symbol(entry, Some(currency))) {
            (Some(quantity), Ok(symbol)) if reading.problems.0.is_empty() && is_share(entry) => {
                let position = StatedPosition {
                    line: entry.line,
                    symbol,
                    quantity,
                    price,
                    cost,
                    currency,
                    date: self.stated_on(entry),
                    account: self.account(entry),
                };
                self.statement.positions.push(position);
                Verdict::Ignored(IgnoredRow::OtherSection("a position, to compare with"))
            }
            (_, Err(reason)) if is_share(entry) => Verdict::rejected(reason),
            _ => Verdict::Ignored(IgnoredRow::OtherSection("a position in what cannot be kept here")),
        }
    }

    fn stated_on(&self, entry: &Entry<'_>) -> Option<NaiveDate> {
        let told = entry.first_of(&[Field::ReportDate, Field::ToDate]).map(|(_, text)| text);
        read_date(day_of(told.unwrap_or(&self.told.to_date)), self.order).ok()
    }

    pub(super) fn balance(&mut self, entry: &Entry<'a>) -> Verdict {
        let code = entry.text(Field::Currency);
        let mut reading = self.reading(entry);
        match (code.parse::<QuoteUnit>(), reading.number(Field::EndingCash)) {
            (Ok(unit), Some(amount)) if reading.problems.0.is_empty() => {
                let date = read_date(day_of(entry.text(Field::ToDate)), self.order).ok();
                let cash = StatedCash {
                    line: entry.line,
                    amount,
                    currency: unit.currency,
                    date: date.or_else(|| self.stated_on(entry)),
                    account: self.account(entry),
                };
                self.statement.cash.push(cash);
                Verdict::Ignored(IgnoredRow::OtherSection("a balance of cash, to compare with"))
            }
            // The sum of all currencies in the base currency.
            _ => Verdict::Ignored(IgnoredRow::Total),
        }
    }
}
