//! What the views of a day are made from: the ledger replayed over the stored prices.

use bellwether_domain::{Portfolio, PortfolioId, Symbol};
use bellwether_portfolio::{
    Books, Figure, FigureName, LedgerError, Market, Options, Period, PeriodFigure, PortfolioSeries,
};
use chrono::{DateTime, NaiveDate, Utc};

use crate::compute::replay;
use crate::metrics::day_ends;
use crate::stored_market::StoredMarket;
use crate::{Tracker, TrackerError, View};

/// A view, and of when it is.
#[derive(Debug)]
pub struct Viewed<T> {
    /// The portfolio.
    pub portfolio: Portfolio,
    /// The day at whose end the figures are.
    pub as_of: NaiveDate,
    /// The range begins at the close of this day.
    pub since: NaiveDate,
    /// When this was computed.
    pub computed_at: DateTime<Utc>,
    /// The day that it is.
    pub today: NaiveDate,
    /// The day of the first booking; `None` for a ledger without any by that day.
    pub first_booked: Option<NaiveDate>,
    /// When the day that it shows ends; `None` where that is over.
    pub day_ends: Option<DateTime<Utc>>,
    /// The figures.
    pub shown: T,
}

impl<T> Viewed<T> {
    /// The same with more, or less, in it.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Viewed<U> {
        let Self { portfolio, as_of, since, computed_at, today, first_booked, day_ends, shown } = self;
        Viewed { portfolio, as_of, since, computed_at, today, first_booked, day_ends, shown: make(shown) }
    }
}

/// Books, prices and series of a portfolio up to a day.
pub(super) struct Scene {
    pub(super) books: Books,
    pub(super) stored: StoredMarket,
    pub(super) series: PortfolioSeries,
    /// What it is compared with.
    pub(super) benchmarks: Vec<Symbol>,
    pub(super) as_of: NaiveDate,
    /// Whether that is today, so that what was declared for later is known.
    pub(super) is_today: bool,
    /// The range begins at the close of this day.
    pub(super) since: NaiveDate,
    /// The days of the range.
    pub(super) period: Figure<Period>,
}

impl Scene {
    pub(super) fn market(&self) -> &Market {
        &self.stored.market
    }

    /// The name of a figure of the range.
    pub(super) fn of_period(&self, figure: PeriodFigure) -> Option<FigureName> {
        let period = self.period.clone().ok()?;
        Some(FigureName::Period { of: None, period, figure })
    }
}

impl Tracker {
    /// A view of a portfolio's books and prices. Never waits for a provider.
    pub(super) async fn viewed<T: Send + 'static>(
        &self,
        id: PortfolioId,
        view: &View,
        make: impl FnOnce(&Scene) -> T + Send + 'static,
    ) -> Result<Viewed<T>, TrackerError> {
        let today = self.today();
        let as_of = self.past_day(view.as_of)?;
        let portfolio = self.portfolio(id).await?;
        let transactions = self.ledger(id).await?;
        let chosen = if view.benchmarks.is_empty() { &portfolio.benchmarks } else { &view.benchmarks };
        let benchmarks = chosen.clone();
        let first_booked = transactions.iter().map(|booked| booked.date).filter(|day| *day <= as_of).min();
        let stored = self.stored_market(&portfolio, &transactions, &benchmarks, as_of).await?;
        let (range, computed_at, options) = (view.range, self.clock().now(), Options::of(&portfolio));
        let compute = move || {
            let books = replay(&transactions, &stored.market, options, as_of)?;
            let series = PortfolioSeries::new(&books, &stored.market);
            let before_all = series.value.first_day.pred_opt().unwrap_or(series.value.first_day);
            let since = range.begins(as_of, before_all);
            let period = Period::new(since, as_of);
            let is_today = as_of == today;
            let scene = Scene { books, stored, series, benchmarks, as_of, is_today, since, period };
            Ok((scene.since, make(&scene)))
        };
        let (since, shown) =
            self.compute(compute).await.map_err(|fault: LedgerError| TrackerError::contradiction(&fault))?;
        let day_ends = day_ends(as_of, computed_at);
        Ok(Viewed { portfolio, as_of, since, computed_at, today, first_booked, day_ends, shown })
    }
}
