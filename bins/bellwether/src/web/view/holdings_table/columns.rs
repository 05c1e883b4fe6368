//! How wide the columns of the table of holdings are.

use bellwether_texts::{Locale, Sentence};
use serde::Serialize;

use super::{HoldingRow, TotalRow};
use crate::web::view::column_width::{ColumnWidth, DOT};

/// The widths of all columns whose texts differ from portfolio to portfolio.
#[derive(Debug, Serialize)]
pub(crate) struct HoldingColumns {
    price: ColumnWidth,
    day: ColumnWidth,
    quantity: ColumnWidth,
    average: ColumnWidth,
    value: ColumnWidth,
    weight: ColumnWidth,
    gain: ColumnWidth,
    income: ColumnWidth,
    against: Vec<ColumnWidth>,
}

impl HoldingColumns {
    pub(crate) fn of(locale: Locale, rows: &[HoldingRow], total: &TotalRow, benchmarks: &[String]) -> Self {
        let under = |key| ColumnWidth::under(&locale.text(key));
        let point = locale.decimal_sign();
        // A day that begins calmly may come to two digits before the point.
        let mut price = under("column.price");
        let mut day = under("column.day").fits(&locale.percent_change(0.1234)).fits_bold(&total.day.shown);
        let mut quantity = under("column.quantity");
        let mut average = under("column.average_cost");
        let mut value = under("column.value").fits_bold(&total.value.shown);
        let mut weight = under("column.weight").fits(&locale.percent(0.1234)).fits_bold(&total.weight.shown);
        let mut gain = under("column.gain").fits_bold(&total.gain.shown).fits_small(&total.gain.more);
        let mut income = under("column.income").fits_bold(&total.income.shown);
        for row in rows {
            price = price
                .fits_changing(&row.price.shown, point)
                .fits_small(&format!("{DOT} {}", row.fresh.shown));
            day = day.fits_changing(&row.day.shown, point);
            quantity = quantity.fits(&row.quantity.shown);
            average = average.fits(&row.average.shown);
            value = value.fits_changing(&row.value.shown, point);
            weight = weight.fits_changing(&row.weight.share.shown, point);
            gain = gain.fits_changing(&row.gain.shown, point).fits_small(&row.gain.more);
            income = income.fits(&row.income.shown);
        }
        let against = benchmarks.iter().enumerate().map(|(at, name)| {
            let width = ColumnWidth::under(
                &locale.say(&Sentence::new("column.against").with("benchmark", name.as_str())),
            )
            .fits_bold(total.against.get(at).map_or("", |beside| &beside.shown));
            rows.iter()
                .filter_map(|row| row.against.get(at))
                .fold(width, |width, beside| width.fits(&beside.shown))
        });
        let against = against.collect();
        Self { price, day, quantity, average, value, weight, gain, income, against }
    }
}
