//! Time-weighted returns, from the days on which something was gained or lost, and the falls of their index.

use bellwether_domain::Currency;
use chrono::NaiveDate;

use super::calculation::{fraction, money};
use super::record::Record;
use super::{About, Column, Label, Number, Operation, Source, Unit};
use crate::twr::day_return;
use crate::{DailySeries, Drawdown, Figure, TimeWeighted};

/// What a time-weighted return is made of.
#[derive(Clone, Copy)]
pub(super) struct Days<'s> {
    pub(super) value: &'s DailySeries,
    pub(super) held: &'s DailySeries,
    pub(super) flows: &'s Figure<DailySeries>,
    pub(super) linked: &'s Figure<TimeWeighted>,
}

const TOTAL: Label = fraction("Time-weighted return", "growth of 1 - 1");
const ANNUALISED: Label =
    fraction("Annualised time-weighted return", "(1 + time-weighted return)^(365 / days) - 1");
const DRAWDOWN: Label = fraction("Maximum drawdown", "growth at the low / growth at the high - 1");

impl Record<'_> {
    pub(super) fn time_weighted(&mut self, days: Days<'_>) -> usize {
        let linked = match days.linked {
            Ok(linked) => linked,
            Err(reason) => return self.given(TOTAL, Err(reason.clone()), Source::Unknown),
        };
        let growth = self.growth_until(days, linked, None);
        let total = self.less_one(TOTAL, growth);
        self.checked_float(total, TOTAL, &Ok(linked.total))
    }

    pub(super) fn annualised(&mut self, days: Days<'_>) -> usize {
        let total = self.time_weighted(days);
        match days.linked {
            Err(reason) => self.given(ANNUALISED, Err(reason.clone()), Source::Unknown),
            Ok(linked) => self.computed(ANNUALISED, Operation::Annualised { days: linked.days }, vec![total]),
        }
    }

    pub(super) fn max_drawdown(&mut self, days: Days<'_>, fall: &Figure<Drawdown>) -> usize {
        let (linked, fall) = match (days.linked, fall) {
            (Ok(linked), Ok(fall)) => (linked, fall),
            (Err(reason), _) | (_, Err(reason)) => {
                return self.given(DRAWDOWN, Err(reason.clone()), Source::Unknown);
            }
        };
        if fall.depth == 0.0 {
            let label = Label { formula: "it never fell", ..DRAWDOWN };
            return self.given(label, Ok(Number::Float(fall.depth)), Source::Constant);
        }
        // The start at 1 is a high too.
        let height = linked.index.at(fall.peak).filter(|height| *height > 1.0);
        let high = match height {
            Some(_) => self.growth_until(days, linked, Some(fall.peak)),
            None => self.one("Growth at the start"),
        };
        let low = self.growth_until(days, linked, Some(fall.trough));
        let part = Label::new("Growth at the low / growth at the high", "growth / growth", Unit::Number);
        let part = self.computed(part, Operation::FloatQuotient, vec![low, high]);
        let depth = self.less_one(DRAWDOWN, part);
        self.checked_float(depth, DRAWDOWN, &Ok(fall.depth))
    }

    /// Growth of 1 up to a day, or the last. Days without gain or loss are left out: their factor is 1.
    fn growth_until(&mut self, days: Days<'_>, linked: &TimeWeighted, until: Option<NaiveDate>) -> usize {
        let label = Label::new("Growth of 1", "product of (1 + day's return)", Unit::Number);
        let Ok(flows) = days.flows else { return self.one("Growth of 1") };
        let base = self.base();
        let mut returns = Vec::new();
        let first = linked.index.first_day;
        let mut before = 0.0;
        for day in first.iter_days().take(linked.index.len()) {
            if until.is_some_and(|until| day > until) {
                break;
            }
            let at = |series: &DailySeries| series.at(day).unwrap_or(0.0);
            let (value, held, flow) = (at(days.value), at(days.held), at(flows));
            if let Some(rate) = day_return(before, held, value, flow).filter(|rate| *rate != 0.0) {
                let opening = day.pred_opt().filter(|_| day > first);
                let known = [(Column::Held, held), (Column::Value, value), (Column::Flow, flow)];
                returns.push(self.returned(base, day, (opening, before), known));
                if rate <= -1.0 {
                    break;
                }
            }
            before = value;
        }
        self.with_subject(until.map(About::Day), |record| record.computed(label, Operation::Growth, returns))
    }

    fn returned(
        &mut self,
        base: Currency,
        day: NaiveDate,
        (opening, before): (Option<NaiveDate>, f64),
        known: [(Column, f64); 3],
    ) -> usize {
        self.with_subject(Some(About::Day(day)), |record| {
            let label = money(base, "Value at the close before", "");
            let before = match opening {
                Some(day) => record.daily(label, Column::Value, day, before),
                None => record.given(label, Ok(Number::Float(before)), Source::Constant),
            };
            let labels = ["Held before the day's trades", "Value at the close", "Net flow of the day"];
            let mut operands = vec![before];
            for (figure, (column, number)) in labels.into_iter().zip(known) {
                operands.push(record.daily(money(base, figure, ""), column, day, number));
            }
            let label = fraction("Day's return", "held / value before x (value + out) / (held + in) - 1");
            record.computed(label, Operation::DayReturn, operands)
        })
    }

    pub(super) fn daily(&mut self, label: Label, column: Column, day: NaiveDate, number: f64) -> usize {
        self.given(label, Ok(Number::Float(number)), Source::Daily { column, day })
    }

    pub(super) fn one(&mut self, figure: &'static str) -> usize {
        self.given(Label::new(figure, "", Unit::Number), Ok(Number::Float(1.0)), Source::Constant)
    }

    pub(super) fn less_one(&mut self, label: Label, growth: usize) -> usize {
        let one = self.one("One");
        self.computed(label, Operation::FloatDifference, vec![growth, one])
    }
}
