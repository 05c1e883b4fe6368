//! Sums of a tax year.

use std::collections::BTreeMap;

use bellwether_domain::Symbol;
use rust_decimal::Decimal;
use serde::Serialize;

use super::{RealisedLot, Term};
use crate::exact::Exact;
use crate::{Figure, Income, IncomeKind, Reason};

/// Sums over closed lots, in the base currency. A lot with an unknown amount makes the sums of that amount unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RealisedSums {
    /// How many lots, or parts of them, were closed.
    pub lots: usize,
    /// What they brought, after fees and taxes.
    pub proceeds: Figure<Decimal>,
    /// What they cost, with fees and taxes.
    pub cost: Figure<Decimal>,
    /// Proceeds less cost.
    pub gain: Figure<Decimal>,
    /// The lots with a gain, alone.
    pub gains: Figure<Decimal>,
    /// The lots with a loss, alone; negative.
    pub losses: Figure<Decimal>,
    /// The fees in cost and proceeds.
    pub fees: Figure<Decimal>,
    /// The transaction taxes in cost and proceeds.
    pub taxes: Figure<Decimal>,
}

impl Default for RealisedSums {
    /// Of no lots.
    fn default() -> Self {
        let nothing = || Ok(Decimal::ZERO);
        Self {
            lots: 0,
            proceeds: nothing(),
            cost: nothing(),
            gain: nothing(),
            gains: nothing(),
            losses: nothing(),
            fees: nothing(),
            taxes: nothing(),
        }
    }
}

impl RealisedSums {
    pub(super) fn add(&mut self, lot: &RealisedLot) {
        self.lots += 1;
        add(&mut self.proceeds, lot.proceeds.clone());
        add(&mut self.cost, lot.cost.clone());
        add(&mut self.gain, lot.gain.clone());
        add(&mut self.gains, lot.gain.clone().map(|gain| gain.max(Decimal::ZERO)));
        add(&mut self.losses, lot.gain.clone().map(|gain| gain.min(Decimal::ZERO)));
        add(&mut self.fees, lot.fees.clone());
        add(&mut self.taxes, lot.taxes.clone());
    }
}

/// Dividends and interest, in the base currency at the rates of their days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IncomeSums {
    /// Dividends before tax and fee.
    pub dividends: Figure<Decimal>,
    /// Tax withheld from them.
    pub dividends_withheld: Figure<Decimal>,
    /// Interest received, before tax.
    pub interest: Figure<Decimal>,
    /// Tax withheld from interest.
    pub interest_withheld: Figure<Decimal>,
    /// Interest paid, as a positive number; not in `interest`.
    pub interest_charged: Figure<Decimal>,
    /// Fees that were kept from dividends.
    pub fees: Figure<Decimal>,
    /// How many of the dividends the ledger does not record: they were inferred, before any tax.
    pub inferred: usize,
}

impl Default for IncomeSums {
    /// Of no income.
    fn default() -> Self {
        let nothing = || Ok(Decimal::ZERO);
        Self {
            dividends: nothing(),
            dividends_withheld: nothing(),
            interest: nothing(),
            interest_withheld: nothing(),
            interest_charged: nothing(),
            fees: nothing(),
            inferred: 0,
        }
    }
}

impl IncomeSums {
    pub(super) fn add(&mut self, payment: &Income) {
        self.inferred += usize::from(payment.is_inferred());
        let gross = payment.in_base(payment.gross);
        match payment.kind {
            IncomeKind::Dividend => {
                add(&mut self.dividends, gross);
                add(&mut self.dividends_withheld, payment.in_base(payment.tax));
            }
            IncomeKind::Interest => {
                if payment.gross.is_sign_negative() {
                    add(&mut self.interest_charged, gross.map(|gross| -gross));
                } else {
                    add(&mut self.interest, gross);
                }
                add(&mut self.interest_withheld, payment.in_base(payment.tax));
            }
        }
        add(&mut self.fees, payment.in_base(payment.fee));
    }
}

/// One instrument's part of a tax year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SymbolSums {
    /// The instrument.
    pub symbol: Symbol,
    /// All its closed lots.
    pub realised: RealisedSums,
    /// Those held for a short time.
    pub short_term: RealisedSums,
    /// Those held for a long time.
    pub long_term: RealisedSums,
    /// Its dividends.
    pub income: IncomeSums,
    /// Taxes that name it and belong to no trade and no payment, less those that came back.
    pub taxes: Figure<Decimal>,
}

impl SymbolSums {
    /// An instrument's sums among all, new where there are none yet.
    pub(super) fn of<'a>(symbol: &Symbol, all: &'a mut BTreeMap<Symbol, Self>) -> &'a mut Self {
        all.entry(symbol.clone()).or_insert_with(|| Self::new(symbol))
    }

    fn new(symbol: &Symbol) -> Self {
        Self {
            symbol: symbol.clone(),
            realised: RealisedSums::default(),
            short_term: RealisedSums::default(),
            long_term: RealisedSums::default(),
            income: IncomeSums::default(),
            taxes: Ok(Decimal::ZERO),
        }
    }

    pub(super) fn add(&mut self, lot: &RealisedLot) {
        self.realised.add(lot);
        match lot.term {
            Term::Short => self.short_term.add(lot),
            Term::Long => self.long_term.add(lot),
        }
    }
}

pub(super) fn add(sum: &mut Figure<Decimal>, part: Figure<Decimal>) {
    let so_far = std::mem::replace(sum, Err(Reason::OutOfRange));
    *sum = match (so_far, part) {
        (Ok(so_far), Ok(part)) => so_far.plus(part),
        (Err(reason), Err(other)) => Err(reason.and(&other)),
        (Err(reason), Ok(_)) | (Ok(_), Err(reason)) => Err(reason),
    };
}
