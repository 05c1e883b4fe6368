//! How wide the columns of the table of holdings are.

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
    pub(crate) fn of(rows: &[HoldingRow], total: &TotalRow, benchmarks: &[String]) -> Self {
        // A day that begins calmly may come to two digits before the point.
        let mut price = ColumnWidth::under("Price");
        let mut day = ColumnWidth::under("Day").fits("+12.34%").fits_bold(&total.day.shown);
        let mut quantity = ColumnWidth::under("Quantity");
        let mut average = ColumnWidth::under("Average cost");
        let mut value = ColumnWidth::under("Value").fits_bold(&total.value.shown);
        let mut weight = ColumnWidth::under("Weight").fits("12.34%").fits_bold(&total.weight.shown);
        let mut gain = ColumnWidth::under("Gain").fits_bold(&total.gain.shown).fits_small(&total.gain.more);
        let mut income = ColumnWidth::under("Income").fits_bold(&total.income.shown);
        for row in rows {
            price = price.fits_changing(&row.price.shown).fits_small(&format!("{DOT} {}", row.fresh.shown));
            day = day.fits_changing(&row.day.shown);
            quantity = quantity.fits(&row.quantity.shown);
            average = average.fits(&row.average.shown);
            value = value.fits_changing(&row.value.shown);
            weight = weight.fits_changing(&row.weight.share.shown);
            gain = gain.fits_changing(&row.gain.shown).fits_small(&row.gain.more);
            income = income.fits(&row.income.shown);
        }
        let against = benchmarks.iter().enumerate().map(|(at, name)| {
            let width = ColumnWidth::under(&format!("vs {name}"))
                .fits_bold(total.against.get(at).map_or("", |beside| &beside.shown));
            rows.iter()
                .filter_map(|row| row.against.get(at))
                .fold(width, |width, beside| width.fits(&beside.shown))
        });
        let against = against.collect();
        Self { price, day, quantity, average, value, weight, gain, income, against }
    }
}
