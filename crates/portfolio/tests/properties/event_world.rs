//! Ledgers of companies that split, spin off, merge and change their names, at prices that fit.

mod ledger;

use bellwether_domain::{
    Booking, CostMethod, Currency, PriceColumns, SplitRatio, Symbol, Transaction, TransactionId, epoch_day,
};
use bellwether_portfolio::{Books, InstrumentData, Market, Options, PriceSeries, Rates, Shorts};
use chrono::NaiveDate;
use proptest::prelude::*;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use uuid::Uuid;

use self::ledger::Ledger;
use crate::world::{SPAN, day};

/// The parent, which had two other names before; what it spins off; and a buyer, listed in euros.
pub(crate) const PARENT: usize = 0;
const SPUN_OFF: usize = 1;
const BUYER: usize = 2;
const ACCOUNTS: [&str; 2] = ["A", "B"];

/// A merger of one company into another.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Paid {
    Shares,
    /// With the part of the cost that the cash has, in per cent, where it is told.
    SharesAndCash {
        told_cost_share: Option<i64>,
    },
    Cash,
}

/// Whether fractions are paid for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum InLieu {
    Kept,
    AtTheirPrice,
    /// So many cents, whether or not there are any.
    Whatever(i64),
}

#[derive(Debug, Clone)]
pub(crate) struct EventWorld {
    pub seed: u64,
    /// Whether prices change by nothing but events.
    pub flat: bool,
    split: (u64, (i64, i64)),
    spin_off: (u64, (i64, i64), i64),
    merger: (u64, (usize, usize), Paid),
    renamed: (u64, u64),
    in_lieu: InLieu,
    acts: Vec<(u64, Act)>,
}

#[derive(Debug, Clone)]
enum Act {
    Buy {
        of: usize,
        account: usize,
        nanos: i64,
        fee: i64,
    },
    /// More than is there is owed.
    Sell {
        of: usize,
        account: usize,
        percent: i64,
        fee: i64,
        named: bool,
    },
    TransferIn {
        of: usize,
        account: usize,
        nanos: i64,
        acquired: u64,
    },
    TransferOut {
        of: usize,
        account: usize,
        percent: i64,
    },
    Move {
        of: usize,
        from: usize,
        percent: i64,
    },
    Dividend {
        of: usize,
        gross: i64,
    },
}

pub(crate) fn event_worlds(flat: bool) -> impl Strategy<Value = EventWorld> {
    let act = prop_oneof![
        6 => (0..3_usize, 0..2_usize, 1_000_000_000..90_000_000_000_i64, 0..900_i64)
            .prop_map(|(of, account, nanos, fee)| Act::Buy { of, account, nanos, fee }),
        4 => (0..3_usize, 0..2_usize, 1..121_i64, 0..90_i64, any::<bool>())
            .prop_map(|(of, account, percent, fee, named)| Act::Sell { of, account, percent, fee, named }),
        1 => (0..3_usize, 0..2_usize, 1_000_000_000..90_000_000_000_i64, 0..SPAN)
            .prop_map(|(of, account, nanos, acquired)| Act::TransferIn { of, account, nanos, acquired }),
        1 => (0..3_usize, 0..2_usize, 1..101_i64)
            .prop_map(|(of, account, percent)| Act::TransferOut { of, account, percent }),
        1 => (0..3_usize, 0..2_usize, 1..101_i64).prop_map(|(of, from, percent)| Act::Move { of, from, percent }),
        1 => (0..3_usize, 1..9_000_i64).prop_map(|(of, gross)| Act::Dividend { of, gross }),
    ];
    let split = (20..50_u64, prop::sample::select(vec![(2, 1), (3, 2), (3, 1)]));
    let spin_off = (51..80_u64, prop::sample::select(vec![(1, 2), (1, 4), (3, 8)]), 0..101_i64);
    let parties = prop::sample::select(vec![(SPUN_OFF, BUYER), (PARENT, SPUN_OFF), (PARENT, BUYER)]);
    let paid = prop_oneof![
        Just(Paid::Shares),
        prop::sample::select(vec![None, Some(0), Some(25), Some(100)])
            .prop_map(|told_cost_share| Paid::SharesAndCash { told_cost_share }),
        Just(Paid::Cash),
    ];
    let in_lieu = prop_oneof![
        Just(InLieu::Kept),
        Just(InLieu::AtTheirPrice),
        (1..9_000_i64).prop_map(InLieu::Whatever),
    ];
    // Where no event gains anything, the cash fits.
    let in_lieu = in_lieu.prop_map(move |in_lieu| match in_lieu {
        InLieu::Whatever(_) if flat => InLieu::AtTheirPrice,
        in_lieu => in_lieu,
    });
    let merger = (81..120_u64, parties, paid);
    let acts = prop::collection::vec((0..SPAN, act), 1..14);
    (any::<u64>(), split, spin_off, merger, (0..SPAN, 0..SPAN), in_lieu, acts).prop_map(
        move |(seed, split, spin_off, merger, (one, other), in_lieu, acts)| {
            let renamed = (one.min(other), one.max(other));
            EventWorld { seed, flat, split, spin_off, merger, renamed, in_lieu, acts }
        },
    )
}

fn ratio((new, old): (i64, i64)) -> SplitRatio {
    SplitRatio::new(new.into(), old.into()).unwrap()
}

pub(crate) fn currency(of: usize) -> Currency {
    if of == BUYER { Currency::EUR } else { Currency::USD }
}

impl EventWorld {
    /// What a share is worth when only events change prices, in the currency of its listing.
    fn level(&self, of: usize, on: u64) -> Decimal {
        match of {
            SPUN_OFF => Decimal::from(8),
            BUYER => Decimal::from(4),
            _ => {
                let split = ratio(self.split.1);
                let (is_split, is_spun_off) = (on >= self.split.0, on >= self.spin_off.0);
                let level = Decimal::from(96) * if is_split { split.old / split.new } else { Decimal::ONE };
                let spun_off = ratio(self.spin_off.1);
                level
                    - if is_spun_off { Decimal::from(8) * spun_off.new / spun_off.old } else { Decimal::ZERO }
            }
        }
    }

    /// The close of a day: the level, or the level that wanders by a few per cent.
    fn close(&self, of: usize, on: u64) -> f64 {
        let noise = |steps: u64| {
            let mixed = (self.seed
                ^ steps.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(of as u64 * 7919))
            .wrapping_mul(6_364_136_223_846_793_005);
            ((mixed >> 33) % 2001) as f64 / 10_000.0 - 0.1
        };
        let level = self.level(of, on).to_f64().unwrap();
        if self.flat { level } else { (level * (1.0 + noise(on)) * 10_000.0).round() / 10_000.0 }
    }

    pub(crate) fn market(&self) -> Market {
        let mut rates = Rates::new();
        let mut columns = PriceColumns::default();
        for on in 0..=SPAN {
            let wander =
                if self.flat { 0.0 } else { ((self.seed >> 7).wrapping_add(on) % 13) as f64 / 100.0 };
            columns.push(epoch_day(day(on)), 1.25 + wander);
        }
        rates.insert(Currency::EUR, Currency::USD, &columns);
        let mut market = Market::new(rates);
        for (of, name) in ["ALFA", "BETA", "GAMA"].iter().enumerate() {
            let mut columns = PriceColumns::default();
            for on in 0..=SPAN {
                columns.push(epoch_day(day(on)), self.close(of, on));
            }
            let data = InstrumentData::new(currency(of)).with_prices(PriceSeries::as_traded(columns));
            market.insert(name.parse().unwrap(), data);
        }
        market
    }

    /// The name of a company on a day.
    pub(crate) fn symbol(&self, of: usize, on: u64) -> Symbol {
        let name = match of {
            PARENT if on < self.renamed.0 => "OLD1",
            PARENT if on < self.renamed.1 => "OLD2",
            PARENT => "ALFA",
            SPUN_OFF => "BETA",
            _ => "GAMA",
        };
        name.parse().unwrap()
    }

    /// Books acts and events one by one. What is sold depends on the method, because named lots must be there.
    pub(crate) fn ledger(&self, method: CostMethod) -> Vec<Transaction> {
        let market = self.market();
        let mut ledger = Ledger { world: self, market: &market, method, bookings: self.renames() };
        let mut acts = self.acts.clone();
        acts.sort_by_key(|(on, _)| *on);
        let mut events = vec![self.split.0, self.spin_off.0, self.merger.0].into_iter().peekable();
        for (on, act) in acts {
            while let Some(due) = events.next_if(|due| *due <= on) {
                ledger.event(due);
            }
            ledger.act(on, &act);
        }
        events.for_each(|due| ledger.event(due));
        ledger.bookings
    }

    /// The same world, whose companies have their last names from the start.
    pub(crate) fn never_renamed(&self) -> Self {
        Self { renamed: (0, 0), ..self.clone() }
    }

    fn renames(&self) -> Vec<Transaction> {
        let (first, second) = self.renamed;
        let change = |on, from: &str, into: &str| {
            let booking =
                Booking::TickerChange { symbol: from.parse().unwrap(), into: into.parse().unwrap() };
            (on, booking)
        };
        let changes = [change(first, "OLD1", "OLD2"), change(second, "OLD2", "ALFA")];
        let booked = changes.into_iter().enumerate();
        booked.map(|(place, (on, booking))| transaction(place, on, booking, Currency::USD, "")).collect()
    }
}

fn transaction(place: usize, on: u64, booking: Booking, currency: Currency, account: &str) -> Transaction {
    Transaction {
        id: TransactionId::from_uuid(Uuid::from_u128(place as u128 + 1)),
        date: day(on),
        sequence: place as i64,
        booking,
        currency,
        fx_rate: None,
        account: account.to_owned(),
        note: String::new(),
    }
}

pub(crate) fn event_books(
    ledger: &[Transaction],
    market: &Market,
    method: CostMethod,
    as_of: NaiveDate,
) -> Books {
    let options = Options { method, shorts: Shorts::Allowed, ..Options::new(Currency::USD) };
    Books::replay(ledger, market, &options, as_of).unwrap()
}
