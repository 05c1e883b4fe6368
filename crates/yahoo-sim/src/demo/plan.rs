//! What the investor of the demonstration wants to own, and when.

/// One instrument of the plan.
#[derive(Debug)]
pub(super) struct Holding {
    pub(super) symbol: &'static str,
    /// The month of the first purchase.
    from: u32,
    /// Months between purchases.
    every: u32,
    /// Dollars of a purchase, before they are scaled.
    dollars: f64,
    /// The first purchase is so many times as large.
    first: f64,
    /// No purchase from that month on.
    until: u32,
    /// Months of sales, and the percentage of the shares that is sold.
    pub(super) sales: &'static [(u32, i64)],
    /// The investor wrote down the first dividends.
    pub(super) records_dividends: bool,
}

const fn holding(symbol: &'static str, from: u32, every: u32, dollars: f64) -> Holding {
    Holding { symbol, from, every, dollars, first: 2.0, until: 58, sales: &[], records_dividends: false }
}

/// What was sold entirely, then what is held: eighteen shares and two funds.
pub(super) const HOLDINGS: &[Holding] = &[
    Holding { until: 20, sales: &[(33, 100)], ..holding("INTC", 1, 8, 1_400.0) },
    Holding { first: 3.0, ..holding("VTI", 0, 2, 1_100.0) },
    Holding { first: 2.0, ..holding("VEA", 5, 7, 900.0) },
    Holding { sales: &[(41, 20)], ..holding("AAPL", 0, 6, 1_200.0) },
    holding("MSFT", 0, 6, 1_300.0),
    Holding { sales: &[(27, 25), (52, 15)], ..holding("NVDA", 2, 9, 900.0) },
    holding("GOOGL", 3, 9, 1_100.0),
    holding("AMZN", 4, 9, 1_100.0),
    Holding { sales: &[(36, 30)], ..holding("META", 7, 10, 900.0) },
    holding("AVGO", 9, 11, 800.0),
    holding("COST", 6, 10, 900.0),
    holding("JPM", 8, 9, 900.0),
    holding("V", 10, 10, 900.0),
    holding("UNH", 12, 11, 900.0),
    Holding { records_dividends: true, ..holding("JNJ", 0, 8, 1_000.0) },
    holding("PG", 1, 9, 1_000.0),
    Holding { records_dividends: true, ..holding("KO", 0, 7, 900.0) },
    holding("PEP", 14, 10, 900.0),
    Holding { sales: &[(38, 35)], ..holding("XOM", 11, 9, 900.0) },
    Holding { until: 40, ..holding("DIS", 5, 8, 1_000.0) },
    holding("HD", 13, 10, 900.0),
];

impl Holding {
    /// Whether it is bought in a month of the story.
    pub(super) fn buys_in(&self, month: u32) -> bool {
        month >= self.from && month < self.until && (month - self.from).is_multiple_of(self.every)
    }

    /// For how much it is bought in a month of the story.
    pub(super) fn dollars(&self, month: u32) -> f64 {
        if month == self.from { self.dollars * self.first } else { self.dollars }
    }
}
