//! What shares cost or brought, in the base currency and in the currency of their listing.

mod origin;

use std::sync::Arc;

use bellwether_domain::TransactionId;
use rust_decimal::Decimal;

use crate::exact::Exact;
use crate::{Figure, Reason};

pub(crate) use origin::{CashByValue, CostOrigin, EventCash, EventPart, OpeningShares, Relisting};

/// An amount of money in two currencies, each at the rates of its bookings: the cost of shares, or the proceeds of a
/// sale.
///
/// It contains the fees and taxes of its trades and knows how much of it they are. A missing rate makes one of the
/// two currencies unknown, not the other.
#[derive(Debug, Clone)]
pub struct Cost {
    /// In the portfolio's base currency.
    pub base: Figure<Decimal>,
    /// In the currency of the instrument's prices.
    pub listed: Figure<Decimal>,
    /// Both currencies are the same, so that one amount is enough.
    is_listed_in_base: bool,
    contained: Contained,
    /// How it came about, in a replay that is to be explained.
    origin: Option<Arc<CostOrigin>>,
}

/// The amounts count, not how they came about.
impl PartialEq for Cost {
    fn eq(&self, other: &Self) -> bool {
        self.base == other.base
            && self.listed == other.listed
            && self.is_listed_in_base == other.is_listed_in_base
            && self.contained == other.contained
    }
}

impl Eq for Cost {}

/// The fees and taxes in an amount: added to a cost, and negative in proceeds. They count where the whole is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Contained {
    fees: Part,
    taxes: Part,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    base: Decimal,
    listed: Decimal,
}

/// What a booking moves, in its own currency, before and beside its charges.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Booked {
    /// With the charges: what is paid or received.
    pub(crate) net: Decimal,
    /// Its fee, negative where it lessens what is received.
    pub(crate) fee: Decimal,
    /// Its tax, likewise.
    pub(crate) tax: Decimal,
}

/// The rates of a booking.
#[derive(Debug, Clone)]
pub(crate) struct BookedRates {
    /// Base currency per unit of the booking's.
    pub(crate) to_base: Figure<Decimal>,
    /// Currency of the listing per unit of the booking's; `None` where that is the base currency.
    pub(crate) to_listed: Option<Figure<Decimal>>,
}

impl BookedRates {
    pub(crate) fn listed(&self) -> &Figure<Decimal> {
        self.to_listed.as_ref().unwrap_or(&self.to_base)
    }

    /// Base currency per unit of the listing's, as this booking has it.
    pub(crate) fn listed_to_base(&self) -> Figure<Decimal> {
        let Some(to_listed) = &self.to_listed else { return Ok(Decimal::ONE) };
        let (to_base, to_listed) = (self.to_base.clone()?, to_listed.clone()?);
        if to_listed == Decimal::ONE { Ok(to_base) } else { to_base.over(to_listed) }
    }
}

impl Part {
    const ZERO: Self = Self { base: Decimal::ZERO, listed: Decimal::ZERO };

    fn is_zero(&self) -> bool {
        self.base.is_zero() && self.listed.is_zero()
    }

    /// Both currencies are the same, or might as well be: one calculation serves both.
    fn is_the_same_twice(&self) -> bool {
        self.base.unpack() == self.listed.unpack()
    }

    fn booked(amount: Decimal, rates: &BookedRates) -> Figure<Self> {
        if amount.is_zero() {
            return Ok(Self::ZERO);
        }
        let at = |rate: &Figure<Decimal>| rate.as_ref().map_or(Ok(Decimal::ZERO), |rate| amount.times(*rate));
        let base = at(&rates.to_base)?;
        Ok(Self { base, listed: rates.to_listed.as_ref().map_or(Ok(base), at)? })
    }

    fn with(self, other: Self, operation: Operation) -> Figure<Self> {
        if other.is_zero() {
            return Ok(self);
        }
        let base = operation(self.base, other.base)?;
        let is_one_currency = self.is_the_same_twice() && other.is_the_same_twice();
        let listed = if is_one_currency { base } else { operation(self.listed, other.listed)? };
        Ok(Self { base, listed })
    }

    fn share(self, part: Decimal, whole: Decimal) -> Figure<Self> {
        if self.is_zero() {
            return Ok(self);
        }
        let base = share(self.base, part, whole)?;
        let listed = if self.is_the_same_twice() { base } else { share(self.listed, part, whole)? };
        Ok(Self { base, listed })
    }
}

type Operation = fn(Decimal, Decimal) -> Figure<Decimal>;

impl Contained {
    const NOTHING: Self = Self { fees: Part::ZERO, taxes: Part::ZERO };

    fn with(self, other: Self, operation: Operation) -> Figure<Self> {
        Ok(Self {
            fees: self.fees.with(other.fees, operation)?,
            taxes: self.taxes.with(other.taxes, operation)?,
        })
    }

    fn share(self, part: Decimal, whole: Decimal) -> Figure<Self> {
        Ok(Self { fees: self.fees.share(part, whole)?, taxes: self.taxes.share(part, whole)? })
    }
}

impl Cost {
    /// Nothing.
    pub const ZERO: Self = Self {
        base: Ok(Decimal::ZERO),
        listed: Ok(Decimal::ZERO),
        is_listed_in_base: true,
        contained: Contained::NOTHING,
        origin: None,
    };

    /// The same without the fees and taxes of the trades: quantity times price.
    #[must_use]
    pub fn before_fees(&self) -> Self {
        let before = self.minus(&self.fees()).minus(&self.taxes());
        Self { contained: Contained::NOTHING, ..before }
    }

    /// Of one unit, when it is the cost of so many; [`Reason::NotHeld`] when there are none.
    #[must_use]
    pub fn per_unit(&self, units: Decimal) -> Self {
        if units.is_zero() { Self::unknown(Reason::NotHeld) } else { self.share(Decimal::ONE, units) }
    }

    /// The fees in it. They add to a cost; in proceeds they are negative.
    #[must_use]
    pub fn fees(&self) -> Self {
        self.only(self.contained.fees, true)
    }

    /// The taxes in it. They add to a cost; in proceeds they are negative.
    #[must_use]
    pub fn taxes(&self) -> Self {
        self.only(self.contained.taxes, false)
    }

    /// What the exchange rate alone did to it: `amount in the listing's currency x rate - amount in base`, with
    /// `rate` the base currency per unit of the listing's. The rest of a gain is the price's.
    ///
    /// # Errors
    /// When one of the rates is not known.
    pub fn currency_effect(&self, rate: &Figure<Decimal>) -> Figure<Decimal> {
        if self.is_listed_in_base {
            return self.base.clone().map(|_| Decimal::ZERO);
        }
        self.listed.clone()?.times(rate.clone()?)?.minus(self.base.clone()?)
    }

    /// The same for an instrument that is listed in another currency: `rate` is that currency per unit of this one's.
    pub(crate) fn relisted(&self, rate: &Figure<Decimal>, listing: Relisting) -> Self {
        let relisted = if listing.into_base {
            let part = |part: Part| Part { listed: part.base, ..part };
            let contained = Contained { fees: part(self.contained.fees), taxes: part(self.contained.taxes) };
            Self { listed: self.base.clone(), is_listed_in_base: true, contained, ..self.clone() }
        } else {
            self.listed_at(rate)
        };
        relisted.out_of(|| CostOrigin::Relisted { of: self.clone(), listing })
    }

    fn listed_at(&self, rate: &Figure<Decimal>) -> Self {
        let at = |amount: Decimal| rate.clone().and_then(|rate| amount.times(rate));
        // Without a rate the charges in base are still known.
        let part = |part: Part| match rate {
            Ok(rate) => part.listed.times(*rate).map(|listed| Part { listed, ..part }),
            Err(_) => Ok(Part { listed: Decimal::ZERO, ..part }),
        };
        let (fees, taxes) = (part(self.contained.fees), part(self.contained.taxes));
        let contained = match (fees, taxes) {
            (Ok(fees), Ok(taxes)) => Contained { fees, taxes },
            (Err(reason), _) | (_, Err(reason)) => {
                return Self { origin: self.origin.clone(), ..Self::unknown(reason) };
            }
        };
        let listed = self.listed.clone().and_then(at);
        Self { listed, is_listed_in_base: false, contained, ..self.clone() }
    }

    /// The part that an event moves.
    pub(crate) fn moved(&self, part: EventPart) -> Self {
        let moved = self.share(part.share, Decimal::ONE);
        if part.share == Decimal::ONE {
            moved
        } else {
            moved.out_of(|| CostOrigin::Moved { of: self.clone(), part })
        }
    }

    /// With another origin, where it has one.
    fn out_of(self, origin: impl FnOnce() -> CostOrigin) -> Self {
        if self.origin.is_some() { Self { origin: Some(Arc::new(origin())), ..self } } else { self }
    }

    /// An amount at the rates of its booking.
    pub(crate) fn booked(amount: Booked, rates: &BookedRates) -> Self {
        let at = |rate: &Figure<Decimal>| rate.clone().and_then(|rate| amount.net.times(rate));
        let base = at(&rates.to_base);
        let contained = match (Part::booked(amount.fee, rates), Part::booked(amount.tax, rates)) {
            (Ok(fees), Ok(taxes)) => Contained { fees, taxes },
            (Err(reason), _) | (_, Err(reason)) => return Self::unknown(reason),
        };
        let (listed, is_listed_in_base) = match &rates.to_listed {
            Some(rate) => (at(rate), false),
            None => (base.clone(), true),
        };
        Self { base, listed, is_listed_in_base, contained, origin: None }
    }

    /// The same, to be explained by a transaction.
    pub(crate) fn booked_by(self, transaction: TransactionId) -> Self {
        Self { origin: Some(Arc::new(CostOrigin::Booked(transaction))), ..self }
    }

    /// The same, to be explained by what an event paid.
    pub(crate) fn paid_by(self, cash: EventCash) -> Self {
        Self { origin: Some(Arc::new(CostOrigin::Event(cash))), ..self }
    }

    /// The same, to be explained by what shares were worth.
    pub(crate) fn worth_of(self, shares: OpeningShares) -> Self {
        Self { origin: Some(Arc::new(CostOrigin::Opening(shares))), ..self }
    }

    /// Whether the listing is in the base currency, so that no rate can do anything to it.
    pub(crate) fn is_listed_in_base(&self) -> bool {
        self.is_listed_in_base
    }

    /// How it came about, in a replay that is to be explained.
    pub(crate) fn origin(&self) -> Option<&Arc<CostOrigin>> {
        self.origin.as_ref()
    }

    /// Both together. What is unknown of one is unknown of the sum.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        self.with(other, Exact::plus).made_of(self, other, CostOrigin::Sum)
    }

    /// The difference, such as the gain of a sale: proceeds less cost.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        self.with(other, Exact::minus).made_of(self, other, CostOrigin::Difference)
    }

    /// With its origin, where one of the operands has one.
    fn made_of(mut self, left: &Self, right: &Self, operation: fn(Self, Self) -> CostOrigin) -> Self {
        if left.origin.is_some() || right.origin.is_some() {
            self.origin = Some(Arc::new(operation(left.clone(), right.clone())));
        }
        self
    }

    pub(crate) fn negated(&self) -> Self {
        Self::ZERO.minus(self)
    }

    /// The share of `part` units in a cost of `whole` units.
    pub(crate) fn share(&self, part: Decimal, whole: Decimal) -> Self {
        if part == whole {
            return self.clone();
        }
        let contained = match self.contained.share(part, whole) {
            Ok(contained) => contained,
            Err(reason) => return Self::unknown(reason),
        };
        let of = |amount: &Figure<Decimal>| amount.clone().and_then(|amount| share(amount, part, whole));
        let base = of(&self.base);
        let listed = if self.is_listed_in_base { base.clone() } else { of(&self.listed) };
        let origin =
            self.origin.is_some().then(|| Arc::new(CostOrigin::Share { of: self.clone(), part, whole }));
        Self { base, listed, is_listed_in_base: self.is_listed_in_base, contained, origin }
    }

    pub(crate) fn unknown(reason: Reason) -> Self {
        Self { base: Err(reason.clone()), listed: Err(reason), ..Self::ZERO }
    }

    fn only(&self, part: Part, is_fees: bool) -> Self {
        let contained = || Arc::new(CostOrigin::Contained { of: self.clone(), is_fees });
        Self {
            base: self.base.clone().map(|_| part.base),
            listed: self.listed.clone().map(|_| part.listed),
            is_listed_in_base: self.is_listed_in_base,
            contained: Contained::NOTHING,
            origin: self.origin.is_some().then(contained),
        }
    }

    fn with(&self, other: &Self, operation: Operation) -> Self {
        let contained = match self.contained.with(other.contained, operation) {
            Ok(contained) => contained,
            Err(reason) => return Self::unknown(reason),
        };
        let join = |a: &Figure<Decimal>, b: &Figure<Decimal>| match (a, b) {
            (Ok(a), Ok(b)) => operation(*a, *b),
            (Err(reason), Err(other)) => Err(reason.clone().and(other)),
            (Err(reason), Ok(_)) | (Ok(_), Err(reason)) => Err(reason.clone()),
        };
        let base = join(&self.base, &other.base);
        let is_listed_in_base = self.is_listed_in_base && other.is_listed_in_base;
        let listed = if is_listed_in_base { base.clone() } else { join(&self.listed, &other.listed) };
        Self { base, listed, is_listed_in_base, contained, origin: None }
    }
}

/// `amount x part / whole`: the product first, which is exact, so that thirds are rounded once.
///
/// Where the product has more decimals than there can be, parts and whole are counted in the parts' smallest unit: a
/// tiny amount for a tiny quantity would round to nothing before it is divided.
pub(crate) fn share(amount: Decimal, part: Decimal, whole: Decimal) -> Figure<Decimal> {
    if amount.scale() + part.scale() > Decimal::MAX_SCALE {
        let unit = Decimal::from_i128_with_scale(1, part.scale());
        let in_units = part.over(unit).and_then(|units| amount.times(units)?.over(whole.over(unit)?));
        if in_units.is_ok() {
            return in_units;
        }
    }
    match amount.times(part) {
        Ok(product) => product.over(whole),
        Err(_) => amount.over(whole)?.times(part),
    }
}
