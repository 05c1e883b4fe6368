//! What was sold in a year, lot by lot, as a table.

use bellwether_portfolio::{Books, Figure, HoldingPeriod, Period, TaxYearReport, tax_year};
use rust_decimal::Decimal;

use crate::TrackerError;
use crate::export::text_cell as cell;

const HEAD: &str =
    "symbol,acquired,sold,quantity,proceeds,cost,gain,fees,taxes,days_held,term,currency,unknown\n";

pub(crate) fn year_of(year: i32) -> Result<Period, TrackerError> {
    tax_year(year, 1, 1).ok().filter(|_| (1900..=9998).contains(&year)).ok_or_else(|| {
        TrackerError::refused(format!("{year} is no year of a report: give one such as 2025."))
    })
}

/// A row for each lot. An amount that is not known is empty, with its reason in the last column.
pub(crate) fn csv(books: &Books, year: i32) -> Result<String, TrackerError> {
    let refused = |reason| TrackerError::refused(format!("There is no such report: {reason}."));
    let report =
        TaxYearReport::new(&[books], year_of(year)?, HoldingPeriod::MoreThanAYear).map_err(refused)?;
    let base = books.options().base;
    let mut csv = HEAD.to_owned();
    for lot in &report.lots {
        let mut unknown = Vec::new();
        let mut amount = |name: &str, figure: &Figure<Decimal>| match figure {
            Ok(amount) => amount.normalize().to_string(),
            Err(reason) => {
                unknown.push(format!("{name}: {reason}"));
                String::new()
            }
        };
        let amounts = [
            amount("proceeds", &lot.proceeds),
            amount("cost", &lot.cost),
            amount("gain", &lot.gain),
            amount("fees", &lot.fees),
            amount("taxes", &lot.taxes),
        ];
        let term = match lot.term {
            bellwether_portfolio::Term::Short => "short",
            bellwether_portfolio::Term::Long => "long",
        };
        let head = [lot.symbol.to_string(), lot.acquired.to_string(), lot.sold.to_string()];
        let tail = [lot.days_held.to_string(), term.to_owned(), base.to_string(), unknown.join("; ")];
        let quantity = [lot.quantity.normalize().to_string()];
        let cells = head.iter().map(|text| cell(text)).chain(quantity).chain(amounts);
        let row: Vec<String> = cells.chain(tail.iter().map(|text| cell(text))).collect();
        csv.push_str(&row.join(","));
        csv.push('\n');
    }
    Ok(csv)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_are_of_this_era() {
        assert!(year_of(2025).is_ok());
        assert!([0, -5, 1899, 9999, i32::MAX].map(year_of).iter().all(Result::is_err));
    }
}
