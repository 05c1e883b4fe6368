//! The columns of the value chart, and what it says in words.

use bellwether_domain::{Booking, Currency, Trade};
use bellwether_portfolio::{DailySeries, Figure};
use bellwether_texts::{Locale, Sentence, UNKNOWN, Value};
use bellwether_tracker::Figures;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;

use crate::charts::TradeDot;

/// Columns over the range on one axis; unknown values are `NaN`.
#[derive(Debug)]
pub(crate) struct ChartColumns {
    pub(crate) first: NaiveDate,
    pub(crate) value: Vec<f64>,
    pub(crate) contributed: Vec<f64>,
    /// One per benchmark of the dashboard, in its order.
    pub(crate) benchmarks: Vec<Vec<f64>>,
    /// Time-weighted return since the beginning of the range.
    pub(crate) returned: Vec<f64>,
    /// How far below the range's high so far.
    pub(crate) drawdown: Vec<f64>,
    /// The first benchmark's total return since the beginning of the range.
    pub(crate) benchmark_returned: Vec<f64>,
}

impl ChartColumns {
    /// The columns from the range's first close to the end.
    pub(crate) fn of(figures: &Figures) -> Self {
        let series = &figures.series;
        let last = series.value.day(series.value.len().saturating_sub(1));
        let first = figures.range.since.max(series.value.first_day).min(last);
        let days = usize::try_from((last - first).num_days()).unwrap_or(0) + 1;
        let column = |column: &DailySeries| -> Vec<f64> {
            first.iter_days().take(days).map(|day| column.at(day).unwrap_or(f64::NAN)).collect()
        };
        let unknown = || vec![f64::NAN; days];
        let known = |figure: &Figure<DailySeries>| figure.as_ref().map_or_else(|_| unknown(), column);
        let returned = |figure: &Figure<DailySeries>| -> Vec<f64> {
            known(figure).into_iter().map(|growth| growth - 1.0).collect()
        };
        Self {
            first,
            // A value that lacks a holding would look like a loss: a gap is drawn as a gap.
            value: if series.gap.is_none() { column(&series.value) } else { unknown() },
            contributed: series.net_contributions.as_ref().map_or_else(|_| unknown(), column),
            benchmarks: figures
                .benchmarks
                .iter()
                .map(|against| against.portfolio.as_ref().map_or_else(|_| unknown(), |c| column(&c.series)))
                .collect(),
            returned: returned(&figures.range.growth),
            drawdown: known(&figures.range.drawdown),
            benchmark_returned: figures.benchmarks.first().map_or_else(unknown, |of| returned(&of.growth)),
        }
    }

    pub(crate) fn dates(&self) -> impl Iterator<Item = NaiveDate> {
        self.first.iter_days().take(self.value.len())
    }

    /// What the chart shows, for those who do not see it.
    pub(crate) fn summary(&self, locale: Locale, currency: Currency, benchmark: Option<&str>) -> String {
        let known = |column: &[f64]| {
            let mut finite = column.iter().copied().filter(|value| value.is_finite());
            let first = finite.next()?;
            Some((first, finite.next_back().unwrap_or(first)))
        };
        let money = |value: f64| match Decimal::from_f64(value) {
            Some(amount) => Value::Money(amount.round_dp(2), currency),
            None => UNKNOWN.into(),
        };
        let Some((first, last)) = known(&self.value) else { return locale.text("chart.unknown") };
        let other = self.benchmarks.first().and_then(|column| known(column));
        let sentence = match (benchmark, other) {
            (Some(name), Some((_, other))) => {
                Sentence::new("chart.summary_beside").with("benchmark", name).with("other", money(other))
            }
            _ => Sentence::new("chart.summary"),
        };
        locale.say(&sentence.with("first", money(first)).with("day", self.first).with("last", money(last)))
    }
}

/// One dot a day with own trades.
pub(crate) fn trade_dots(locale: Locale, trades: &[bellwether_domain::Transaction]) -> Vec<TradeDot> {
    let told = |key, trade: &Trade| {
        let sentence = Sentence::new(key).with("symbol", trade.symbol.as_str());
        locale.say(&sentence.with("quantity", Value::Number(trade.quantity.get(), 9)))
    };
    let mut dots: Vec<TradeDot> = Vec::new();
    for booked in trades {
        let (words, sale) = match &booked.booking {
            Booking::Buy(trade) => (told("booked.bought", trade), false),
            Booking::Sell { trade, .. } => (told("booked.sold", trade), true),
            _ => continue,
        };
        match dots.last_mut() {
            Some(dot) if dot.date == booked.date => {
                dot.title.push_str("; ");
                dot.title.push_str(&words);
                dot.sale &= sale;
            }
            _ => dots.push(TradeDot { date: booked.date, sale, title: words }),
        }
    }
    dots
}
