//! The range and the day that a page looks at, as links and as part of an address.

use std::fmt::Write as _;

use bellwether_domain::PortfolioId;
use bellwether_texts::Locale;
use bellwether_tracker::{Range, View};
use chrono::{Datelike, NaiveDate};
use serde::Serialize;

/// So many calendar years are offered.
const YEARS: i32 = 6;

/// Links to the same page for other ranges and days.
#[derive(Debug, Serialize)]
pub(crate) struct RangeBar {
    /// The page without a query.
    address: String,
    links: Vec<RangeLink>,
    years: Vec<RangeLink>,
    /// The first and the last day as a form takes them; empty for what the address leaves open.
    from: String,
    to: String,
    /// The latest day that can be looked at.
    today: NaiveDate,
    /// Whether no link stands for what is looked at.
    is_chosen: bool,
    /// The benchmark that the address names, kept by the form.
    benchmark: String,
    /// What else the address says, kept by the form as well.
    kept: Vec<(&'static str, String)>,
}

#[derive(Debug, Serialize)]
struct RangeLink {
    name: String,
    address: String,
    here: bool,
}

impl RangeBar {
    /// The links of the page at `address`, of a portfolio that began on `first` where that is known.
    pub(crate) fn new(
        locale: Locale,
        address: String,
        view: &View,
        today: NaiveDate,
        first: Option<NaiveDate>,
    ) -> Self {
        let named = |range: Range| RangeLink {
            name: locale.text(key(range)),
            address: format!("{address}{}", query(view, range)),
            here: range == view.range && view.as_of.is_none(),
        };
        let since = first.map_or(today.year(), |day| day.year()).max(today.year() - YEARS);
        let year = |year: i32| {
            let last = NaiveDate::from_ymd_opt(year, 12, 31)?;
            let of_year = View { as_of: Some(last), range: Range::YearToDate, ..view.clone() };
            Some(RangeLink {
                name: year.to_string(),
                address: format!("{address}{}", query(&of_year, of_year.range)),
                here: *view == of_year,
            })
        };
        let links: Vec<_> = Range::NAMED.into_iter().map(named).collect();
        let years: Vec<_> = (since..today.year()).rev().filter_map(year).collect();
        Self {
            is_chosen: !links.iter().chain(&years).any(|link| link.here),
            links,
            years,
            from: match view.range {
                Range::Since(day) => day.to_string(),
                _ => String::new(),
            },
            to: view.as_of.map(|day| day.to_string()).unwrap_or_default(),
            today,
            benchmark: view.benchmarks.first().map(ToString::to_string).unwrap_or_default(),
            address,
            kept: Vec::new(),
        }
    }

    /// The same, keeping what the address says beside the view.
    pub(crate) fn keeping(mut self, kept: Vec<(&'static str, String)>) -> Self {
        for link in self.links.iter_mut().chain(&mut self.years) {
            for (name, value) in &kept {
                let _ = write!(link.address, "&{name}={}", segment(value));
            }
        }
        Self { kept, ..self }
    }
}

fn key(range: Range) -> &'static str {
    match range {
        Range::Day => "range.day",
        Range::Week => "range.week",
        Range::Month => "range.month",
        Range::Quarter => "range.quarter",
        Range::YearToDate => "range.year_to_date",
        Range::Year => "range.year",
        Range::ThreeYears => "range.three_years",
        Range::FiveYears => "range.five_years",
        Range::Max => "range.max",
        Range::Since(_) => "range.chosen",
    }
}

/// The query that keeps a view in an address.
pub(crate) fn query(view: &View, range: Range) -> String {
    let mut query = format!("?range={range}");
    if let Some(day) = view.as_of {
        // Writing to a String cannot fail, here and below.
        let _ = write!(query, "&as_of={day}");
    }
    for benchmark in &view.benchmarks {
        let _ = write!(query, "&benchmark={}", segment(benchmark.as_str()));
    }
    query
}

/// Where the derivations of a view's figures are, up to the figure's name, and what follows upon that.
pub(crate) fn derivations(portfolio: PortfolioId, view: &View) -> (String, String) {
    (format!("/portfolio/{portfolio}/derivations/"), query(view, view.range))
}

/// A text as a part of an address.
pub(crate) fn segment(text: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b':')
        .remove(b',')
        .remove(b'(')
        .remove(b')')
        .remove(b'!');
    percent_encoding::utf8_percent_encode(text, KEPT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn bar(view: &View) -> RangeBar {
        let first = Some(day("2024-03-05"));
        RangeBar::new(Locale::english(), "/p".to_owned(), view, day("2026-11-20"), first)
    }

    #[test]
    fn a_year_is_seen_at_its_end_since_its_beginning() {
        let bar = bar(&View::default());
        let years: Vec<_> =
            bar.years.iter().map(|year| (year.name.as_str(), year.address.as_str())).collect();
        assert_eq!(
            years,
            [("2025", "/p?range=YTD&as_of=2025-12-31"), ("2024", "/p?range=YTD&as_of=2024-12-31")]
        );
    }

    #[test]
    fn one_link_says_where_one_is_or_the_form_does() {
        let here = |view: &View| {
            let bar = bar(view);
            let links = bar.links.into_iter().chain(bar.years).filter(|link| link.here);
            (links.map(|link| link.name).collect::<Vec<_>>(), bar.is_chosen)
        };
        assert_eq!(here(&View::default()), (vec!["1Y".to_owned()], false));
        let of_year = View { as_of: Some(day("2025-12-31")), range: Range::YearToDate, ..View::default() };
        assert_eq!(here(&of_year), (vec!["2025".to_owned()], false));
        let chosen = View { range: Range::Since(day("2025-03-01")), ..View::default() };
        assert_eq!(here(&chosen), (Vec::new(), true));
    }

    #[test]
    fn another_range_keeps_what_else_the_address_says() {
        let bar = bar(&View::default()).keeping(vec![("q", "a b".to_owned())]);
        let addresses = bar.links.iter().chain(&bar.years).map(|link| &link.address);
        assert!(
            addresses.clone().count() > 9 && addresses.clone().all(|address| address.ends_with("&q=a%20b"))
        );
        assert_eq!(bar.kept, [("q", "a b".to_owned())]);
    }

    #[test]
    fn what_a_symbol_has_in_it_stays_within_its_value() {
        let view = View { benchmarks: vec!["^GSPC".parse().expect("a symbol")], ..View::default() };
        assert_eq!(query(&view, Range::Max), "?range=Max&benchmark=%5EGSPC");
    }
}
