//! What a client ought to have stored: the history without any fault of the service.

use bellwether_domain::{CashDividend, DailyBar, Split, SplitRatio, Symbol, epoch_day, from_epoch_day};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::stated::{as_f32, short};
use super::{Found, Market};

/// The history of one symbol over some days, stated as on one day.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    /// The symbol, by the name under which it is answered.
    pub symbol: Symbol,
    /// As Yahoo spells it: `GBp` for pence. All amounts are in this unit.
    pub currency: String,
    /// One bar for each session with a trade, ascending.
    pub bars: Vec<TrueBar>,
    /// The splits of these days.
    pub splits: Vec<Split>,
    /// The dividends of these days, per share of the day as of which they are stated.
    pub dividends: Vec<CashDividend>,
}

/// One day of a [`Truth`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrueBar {
    /// Prices in the shares of the day as of which they are stated, as the short decimals that the service's 32-bit
    /// floats stand for.
    pub bar: DailyBar,
    /// The close as traded on the day, in the shares of the day.
    pub as_traded_close: f64,
    /// The close with all later dividends taken out, as the short decimal of its 32-bit float.
    pub adjusted_close: f64,
}

impl Market {
    /// The history of a symbol from `from` to `to`, both included, as stated at the end of `as_of`; nothing later
    /// than `as_of` is told. `None` for a symbol that is not quoted on that day.
    pub fn truth(&self, symbol: &Symbol, from: NaiveDate, to: NaiveDate, as_of: NaiveDate) -> Option<Truth> {
        let as_of_day = epoch_day(as_of);
        let Found::Listed(listing) = self.find(symbol, as_of_day) else { return None };
        let (first, last) = (epoch_day(from), epoch_day(to.min(as_of)));
        let traded = listing.traded(
            listing.sessions.on_or_after(first),
            listing.sessions.on_or_after(last.saturating_add(1)),
        );
        let stated = listing.state_all(&traded, as_of_day);
        let adjustments = listing.adjustments(traded.iter().map(|bar| bar.session), as_of_day);
        let bars = traded.iter().zip(&stated).zip(adjustments).map(|((traded, bar), adjustment)| TrueBar {
            bar: DailyBar {
                date: from_epoch_day(listing.sessions.span(bar.session).day),
                open: short(bar.open),
                high: short(bar.high),
                low: short(bar.low),
                close: short(bar.close),
                volume: bar.volume,
                provisional: false,
            },
            as_traded_close: traded.close,
            adjusted_close: short(as_f32(bar.close * adjustment)),
        });
        let within = |day: i32| (first..=last).contains(&day);
        let splits = listing.splits.iter().filter(|split| within(split.day)).filter_map(|split| {
            let ratio = SplitRatio::new(Decimal::from(split.new), Decimal::from(split.old))?;
            Some(Split { ex_date: from_epoch_day(split.day), ratio })
        });
        let dividends =
            listing.dividends.iter().filter(|dividend| within(dividend.day) && !dividend.capital_gain);
        Some(Truth {
            symbol: listing.symbol.clone(),
            currency: listing.venue.currency.to_owned(),
            bars: bars.collect(),
            splits: splits.collect(),
            dividends: dividends
                .map(|dividend| CashDividend {
                    ex_date: from_epoch_day(dividend.day),
                    amount: listing.stated_amount(dividend, as_of_day),
                    currency: None,
                })
                .collect(),
        })
    }
}
