//! A history as it is stated on a day: divided by the splits that have happened since.

use bellwether_domain::{ActionKind, CorporateAction, SplitRatio, from_epoch_day};
use rust_decimal::Decimal;

use super::corporate::Dividend;
use super::listing::{Listing, TradedBar};

/// A day's prices in the shares of a later day, as the 32-bit floats that Yahoo keeps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct StatedBar {
    /// The session's number.
    pub(crate) session: usize,
    pub(crate) open: f64,
    pub(crate) high: f64,
    pub(crate) low: f64,
    pub(crate) close: f64,
    pub(crate) volume: u64,
}

/// The 32-bit float nearest to a price, widened again.
pub(crate) fn as_f32(price: f64) -> f64 {
    f64::from(price as f32)
}

/// The shortest decimal of a price's 32-bit float, as the `f64` nearest to it.
pub(crate) fn short(price: f64) -> f64 {
    (price as f32).to_string().parse().unwrap_or(price)
}

impl Listing {
    /// A bar in the shares of a day.
    pub(crate) fn state(&self, bar: &TradedBar, as_of_day: i32) -> StatedBar {
        stated(bar, self.units_between(bar.session, as_of_day))
    }

    /// Bars of ascending sessions in the shares of a day.
    pub(crate) fn state_all(&self, bars: &[TradedBar], as_of_day: i32) -> Vec<StatedBar> {
        let mut splits = self.splits.iter().filter(|split| split.day <= as_of_day).peekable();
        let mut units: f64 = splits.clone().map(super::corporate::Split::factor).product();
        let mut next = |bar: &TradedBar| {
            let mut passed = false;
            while splits.peek().is_some_and(|split| split.session <= bar.session) {
                splits.next();
                passed = true;
            }
            if passed {
                // Multiplied anew rather than divided, so that the last stretch is exactly 1.
                units = splits.clone().map(super::corporate::Split::factor).product();
            }
            stated(bar, units)
        };
        bars.iter().map(&mut next).collect()
    }

    /// For each of some ascending sessions, the product of what later dividends take away, up to a day.
    pub(crate) fn adjustments(
        &self,
        sessions: impl DoubleEndedIterator<Item = usize>,
        as_of_day: i32,
    ) -> Vec<f64> {
        let mut dividends =
            self.dividends.iter().rev().skip_while(|dividend| dividend.day > as_of_day).peekable();
        let mut factor = 1.0;
        let mut next = |session: usize| {
            while let Some(dividend) = dividends.next_if(|dividend| dividend.session > session) {
                factor *= dividend.factor;
            }
            factor
        };
        let mut factors: Vec<f64> = sessions.rev().map(&mut next).collect();
        factors.reverse();
        factors
    }

    /// A dividend per share of a later day, to six decimals as Yahoo keeps it.
    pub(crate) fn stated_amount(&self, dividend: &Dividend, as_of_day: i32) -> Decimal {
        let later =
            self.splits.iter().filter(|split| split.session > dividend.session && split.day <= as_of_day);
        let stated = later.fold(dividend.amount, |amount, split| {
            amount * Decimal::from(split.old) / Decimal::from(split.new)
        });
        stated.round_dp(6).normalize()
    }

    /// All splits and dividends, as stated on their own days.
    pub(crate) fn actions(&self) -> Vec<CorporateAction> {
        let action =
            |day, kind| CorporateAction { symbol: self.symbol.clone(), ex_date: from_epoch_day(day), kind };
        let splits = self.splits.iter().filter_map(|split| {
            let ratio = SplitRatio::new(Decimal::from(split.new), Decimal::from(split.old))?;
            Some(action(split.day, ActionKind::Split(ratio)))
        });
        let payments = self.dividends.iter().map(|dividend| {
            let amount = dividend.amount;
            let kind = if dividend.capital_gain {
                ActionKind::CapitalGain { amount }
            } else {
                ActionKind::CashDividend { amount, currency: None }
            };
            action(dividend.day, kind)
        });
        let mut actions: Vec<_> = splits.chain(payments).collect();
        actions.sort_by_key(|action| action.ex_date);
        actions
    }
}

fn stated(bar: &TradedBar, units: f64) -> StatedBar {
    let price = |traded: f64| as_f32(traded / units);
    StatedBar {
        session: bar.session,
        open: price(bar.open),
        high: price(bar.high),
        low: price(bar.low),
        close: price(bar.close),
        volume: (bar.volume * units).round() as u64,
    }
}
