//! What a venue's calendar consists of, and which venue has which.

use chrono::{NaiveDate, Weekday};
use chrono_tz::Tz;

use super::hours::{EarlyClose, Hours, Minutes, early_close, hours_on};
use super::rules::{Day, OneOff, Rule, named, one_off};
use super::{
    Exchange, around_the_clock, continental, hong_kong, india, johannesburg, kuwait, london, new_york,
    nordic, sydney, tel_aviv, tokyo, toronto,
};

/// The weekdays on which a venue trades.
#[derive(Debug, Clone, Copy)]
pub(super) enum Week {
    MondayToFriday,
    SundayToThursday,
    /// Sunday to Thursday before a date, Monday to Friday from then on.
    MondayToFridaySince(NaiveDate),
    EveryDay,
}

impl Week {
    fn trades_on(self, day: Day) -> bool {
        use Weekday::{Fri, Sat, Sun};
        let (sunday, friday) = match self {
            Self::MondayToFriday => (false, true),
            Self::SundayToThursday => (true, false),
            Self::MondayToFridaySince(date) => (day.date < date, day.date >= date),
            Self::EveryDay => return true,
        };
        match day.weekday {
            Sun => sunday,
            Fri => friday,
            Sat => false,
            _ => true,
        }
    }
}

/// One venue's calendar.
#[derive(Debug, Clone, Copy)]
pub(super) struct Venue {
    pub(super) zone: Tz,
    pub(super) week: Week,
    pub(super) holidays: &'static [Rule],
    /// Closures that no rule foresees, sorted by date.
    pub(super) one_offs: &'static [OneOff],
    /// Holidays of a moving calendar.
    pub(super) computed: fn(Day) -> Option<&'static str>,
    /// Newest first.
    pub(super) hours: &'static [Hours],
    pub(super) early_closes: &'static [EarlyClose],
}

/// What a calendar says about one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trading {
    Open,
    Weekend,
    Holiday(&'static str),
}

impl Venue {
    /// A venue that trades from Monday to Friday and knows no holiday.
    pub(super) const fn weekdays(zone: Tz, hours: &'static [Hours]) -> Self {
        Self {
            zone,
            week: Week::MondayToFriday,
            holidays: &[],
            one_offs: &[],
            computed: |_| None,
            hours,
            early_closes: &[],
        }
    }

    pub(super) fn trading_on(&self, date: NaiveDate) -> Trading {
        let day = Day::new(date);
        if !self.week.trades_on(day) {
            return Trading::Weekend;
        }
        let closed = one_off(self.one_offs, day)
            .or_else(|| named(self.holidays, day))
            .or_else(|| (self.computed)(day));
        closed.map_or(Trading::Open, Trading::Holiday)
    }

    /// When a trading day ends, if it ends early.
    pub(super) fn early_close(&self, date: NaiveDate) -> Option<Minutes> {
        early_close(self.early_closes, Day::new(date))
    }

    /// The hours of a full trading day.
    pub(super) fn hours(&self, date: NaiveDate) -> Option<Hours> {
        hours_on(self.hours, Day::new(date))
    }
}

impl Exchange {
    pub(super) fn venue(self) -> &'static Venue {
        match self {
            Self::NewYork => &new_york::VENUE,
            Self::London => &london::VENUE,
            Self::Xetra => &continental::XETRA,
            Self::Paris => &continental::PARIS,
            Self::Amsterdam => &continental::AMSTERDAM,
            Self::Milan => &continental::MILAN,
            Self::Zurich => &continental::ZURICH,
            Self::Copenhagen => &nordic::COPENHAGEN,
            Self::Oslo => &nordic::OSLO,
            Self::Stockholm => &nordic::STOCKHOLM,
            Self::Toronto => &toronto::VENUE,
            Self::Sydney => &sydney::VENUE,
            Self::HongKong => &hong_kong::VENUE,
            Self::Tokyo => &tokyo::VENUE,
            Self::India => &india::VENUE,
            Self::Johannesburg => &johannesburg::VENUE,
            Self::TelAviv => &tel_aviv::VENUE,
            Self::Kuwait => &kuwait::VENUE,
            Self::Currency => &around_the_clock::CURRENCY,
            Self::Crypto => &around_the_clock::CRYPTO,
            Self::Futures => &around_the_clock::FUTURES,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_that_are_searched_are_in_order() {
        for exchange in Exchange::ALL {
            let venue = exchange.venue();
            assert!(venue.one_offs.is_sorted_by(|a, b| a.0 < b.0), "{exchange}");
            assert!(venue.hours.is_sorted_by(|a, b| a.since >= b.since), "{exchange}");
            assert!(venue.early_closes.iter().all(EarlyClose::is_in_order), "{exchange}");
        }
    }

    #[test]
    fn every_venue_has_hours_on_every_trading_day_since_dates_begin() {
        for exchange in Exchange::ALL {
            let week = NaiveDate::MIN.iter_days().take(7);
            assert!(week.map(|day| exchange.venue().hours(day)).all(|hours| hours.is_some()), "{exchange}");
        }
    }
}
