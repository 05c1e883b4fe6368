//! The numbers of a row: read, brought to one currency, and put where the kind of transaction wants them.

use bellwether_domain::{Currency, QuoteUnit, TransactionDraft, TransactionKind};
use rust_decimal::Decimal;

use super::super::columns::Field;
use super::super::kind_words::Direction;
use super::{MONEY_DECIMALS, RowReader};
use crate::Reason;
use crate::header::{Place, is_absent};
use crate::number::read_number;
use crate::records::Record;
use crate::verdict::{Problems, shortened};

/// What a cell of numbers holds.
#[derive(Clone, Copy)]
enum Given<'a> {
    /// Nothing.
    Absent,
    /// No number; the problem is noted.
    Faulty,
    /// A number.
    Figure(Figure<'a>),
}

/// A number of a row.
#[derive(Clone, Copy)]
struct Figure<'a> {
    value: Decimal,
    /// The unit that stands beside it or in the column's name.
    unit: Option<QuoteUnit>,
    column: &'a str,
}

impl<'a> Given<'a> {
    fn is_absent(self) -> bool {
        matches!(self, Self::Absent)
    }

    fn figure(self) -> Option<Figure<'a>> {
        match self {
            Self::Figure(figure) => Some(figure),
            Self::Absent | Self::Faulty => None,
        }
    }

    fn negated(self, negate: bool) -> Self {
        match self {
            Self::Figure(figure) if negate => Self::Figure(Figure { value: -figure.value, ..figure }),
            _ => self,
        }
    }

    fn is_zero(self) -> bool {
        self.figure().is_some_and(|figure| figure.value.is_zero())
    }
}

/// All numbers of a row.
pub(super) struct Figures<'a> {
    quantity: Given<'a>,
    quantity_column: Option<&'a str>,
    price: Given<'a>,
    amount: Given<'a>,
    net_amount: Given<'a>,
    fees: Vec<Given<'a>>,
    taxes: Vec<Given<'a>>,
    cash_in_lieu: Given<'a>,
    /// The unit that the row's currency column names.
    said: Option<QuoteUnit>,
    default_currency: Currency,
}

impl<'a> Figures<'a> {
    /// Reads the numbers that a transaction of the kind can have.
    pub(super) fn read(
        reader: &RowReader<'a>,
        record: &Record<'_>,
        kind: Option<TransactionKind>,
        said: Option<QuoteUnit>,
        problems: &mut Problems,
    ) -> Self {
        let columns = reader.columns;
        let quantity_place = columns.place(Field::Quantity);
        let mut one = |place: &'a Place| reader.figure(record, place, said, problems);
        let mut first = |field| columns.place(field).map_or(Given::Absent, &mut one);
        // The ratio of a split may stand in any of these.
        let (price, quantity, amount, net_amount) = match kind {
            Some(TransactionKind::Split | TransactionKind::SpinOff | TransactionKind::TickerChange) => {
                (Given::Absent, Given::Absent, Given::Absent, Given::Absent)
            }
            Some(TransactionKind::Merger) => {
                (first(Field::Price), Given::Absent, Given::Absent, Given::Absent)
            }
            _ => (first(Field::Price), first(Field::Quantity), first(Field::Amount), first(Field::NetAmount)),
        };
        let cash_in_lieu = match kind {
            Some(TransactionKind::Split | TransactionKind::SpinOff | TransactionKind::Merger) => {
                first(Field::CashInLieu)
            }
            _ => Given::Absent,
        };
        let fees =
            columns.places(Field::Fee).map(&mut one).map(|fee| fee.negated(reader.signs.fees_negative));
        let fees = fees.collect();
        let taxes =
            columns.places(Field::Tax).map(&mut one).map(|tax| tax.negated(reader.signs.taxes_negative));
        let taxes = taxes.collect();
        let quantity = without_unit(quantity, record, quantity_place, problems);
        Self {
            quantity,
            quantity_column: quantity_place.map(|place| place.name.as_str()),
            price,
            amount,
            net_amount,
            fees,
            taxes,
            cash_in_lieu,
            said,
            default_currency: reader.options.default_currency,
        }
    }

    /// Puts the numbers where the draft's kind wants them, without signs where the kind gives the direction.
    pub(super) fn fill(
        mut self,
        draft: &mut TransactionDraft,
        direction: Direction,
        problems: &mut Problems,
    ) {
        use TransactionKind::{
            Buy, Deposit, Dividend, Fee, Interest, Merger, Reinvestment, Sell, SpinOff, Split, Tax,
            TickerChange, TransferIn, TransferOut, Withdrawal,
        };
        let kind = draft.kind;
        let has_total = !self.amount.is_absent() || !self.net_amount.is_absent();
        let trades = matches!(kind, Buy | Sell | Reinvestment | TransferIn);
        if trades
            && self.price.is_zero()
            && [self.amount, self.net_amount]
                .iter()
                .any(|total| total.figure().is_some_and(|figure| !figure.value.is_zero()))
        {
            // Some write a price of 0 where they mean that only the total is known.
            self.price = Given::Absent;
        }
        let moves_cash = matches!(kind, Dividend | Deposit | Withdrawal | Fee | Tax | Interest);
        let uses_price =
            if trades || kind == Merger { !self.price.is_absent() } else { moves_cash && !has_total };
        let uses_total = moves_cash || trades && (!uses_price || kind == Reinvestment);

        let mut used = Vec::with_capacity(6);
        if uses_price {
            used.push(self.price);
        }
        if uses_total {
            used.extend([self.amount, self.net_amount]);
        }
        used.extend(self.fees.iter().chain(&self.taxes));
        used.push(self.cash_in_lieu);
        let money = Money::of(&used, self.said, self.default_currency, problems);
        draft.currency = money.currency;

        let fees = money.sum(&self.fees, problems);
        let taxes = money.sum(&self.taxes, problems);
        let mut fee = fees.filter(|fee| !fee.is_zero());
        let mut tax = taxes.filter(|tax| !tax.is_zero());
        let total = if uses_total { self.total(kind, &money, fee, tax, problems) } else { None };

        match kind {
            Buy | Sell | Reinvestment | TransferIn => {
                draft.quantity = self.units(kind, problems);
                draft.price = if uses_price { money.placed(self.price) } else { None };
                let total = total.map(|total| total.abs());
                match (kind, total) {
                    (TransferIn, Some(total)) if draft.price.is_none() => {
                        draft.price = draft
                            .quantity
                            .and_then(|quantity| total.checked_div(quantity))
                            .map(|price| price.round_dp(MONEY_DECIMALS));
                    }
                    (TransferIn, _) => {}
                    (_, total) => draft.amount = total,
                }
            }
            TransferOut => draft.quantity = self.units(kind, problems),
            Dividend | Deposit | Withdrawal | Fee | Tax | Interest => {
                let mut amount = total;
                if amount.is_none() {
                    amount = self.product(&money, problems);
                }
                if amount.is_none() && kind == Fee {
                    amount = fee.take();
                }
                if amount.is_none() && kind == Tax {
                    amount = tax.take();
                }
                draft.amount = match (kind, direction) {
                    (_, Direction::Reversed) => amount.map(|amount| -amount.abs()),
                    (Withdrawal | Fee | Tax, Direction::Usual) => amount.map(|amount| amount.abs()),
                    (_, Direction::Usual) => amount,
                };
            }
            Merger => draft.price = money.placed(self.price),
            Split | SpinOff | TickerChange => {}
        }
        draft.cash_in_lieu = money.placed(self.cash_in_lieu).filter(|cash| !cash.is_zero());
        let mut keep = |value: Option<Decimal>, allowed: bool, field, column: Option<&Given<'_>>| {
            if value.is_some() && !allowed {
                let column = column.and_then(|given| given.figure()).map(|figure| figure.column);
                problems.add(column, Reason::NotForKind { kind, field });
                return None;
            }
            value
        };
        let charged = matches!(kind, Buy | Sell | Reinvestment | Dividend | TransferIn | TransferOut);
        draft.fee = keep(fee, charged, "fee", self.fees.first());
        let taxed = matches!(kind, Buy | Sell | Reinvestment | Dividend | Interest);
        draft.tax = keep(tax, taxed, "tax", self.taxes.first());
    }

    /// The number of units; negative ones say that they go away.
    fn units(&self, kind: TransactionKind, problems: &mut Problems) -> Option<Decimal> {
        match self.quantity {
            Given::Absent => None,
            Given::Faulty => Some(Decimal::ONE),
            Given::Figure(figure) if figure.value >= Decimal::ZERO => Some(figure.value),
            Given::Figure(figure) => {
                if !matches!(kind, TransactionKind::Sell | TransactionKind::TransferOut) {
                    problems.add(self.quantity_column, Reason::NegativeQuantity { kind });
                }
                Some(figure.value.abs())
            }
        }
    }

    /// The total before fee and tax, from the total itself or from what was left of it.
    fn total(
        &self,
        kind: TransactionKind,
        money: &Money,
        fee: Option<Decimal>,
        tax: Option<Decimal>,
        problems: &mut Problems,
    ) -> Option<Decimal> {
        use TransactionKind::{Buy, Dividend, Interest, Reinvestment, Sell, TransferIn};
        if !self.amount.is_absent() {
            return money.placed(self.amount);
        }
        let net = money.placed(self.net_amount)?;
        let costs = [fee, tax].into_iter().flatten().try_fold(Decimal::ZERO, Decimal::checked_add);
        let gross = costs.and_then(|costs| match kind {
            Sell => net.abs().checked_add(costs),
            Dividend | Interest => net.checked_add(costs),
            Buy | Reinvestment | TransferIn => net.abs().checked_sub(costs),
            _ => Some(net),
        });
        if gross.is_none()
            && let Some(figure) = self.net_amount.figure()
        {
            problems.add(Some(figure.column), out_of_range(figure.value));
        }
        gross
    }

    /// Price times quantity, for those who write a dividend or a deposit that way.
    fn product(&self, money: &Money, problems: &mut Problems) -> Option<Decimal> {
        if self.price.is_absent() || self.quantity.is_absent() {
            return None;
        }
        let (Some(price), Some(quantity)) = (self.price.figure(), self.quantity.figure()) else {
            return Some(Decimal::ONE);
        };
        let product = money.major(&price).checked_mul(quantity.value);
        if product.is_none() {
            problems.add(Some(price.column), out_of_range(price.value));
        }
        product
    }
}

impl<'a> RowReader<'a> {
    fn figure(
        &self,
        record: &Record<'_>,
        place: &'a Place,
        said: Option<QuoteUnit>,
        problems: &mut Problems,
    ) -> Given<'a> {
        let cell = record.cell(place.column);
        if is_absent(cell) {
            return Given::Absent;
        }
        match read_number(cell, self.style) {
            Ok(number) => {
                let said = said.map(|unit| unit.currency);
                let mark = number.mark.or(place.unit);
                Given::Figure(Figure {
                    value: number.value,
                    unit: mark.map(|mark| mark.unit(said, self.options.default_currency)),
                    column: &place.name,
                })
            }
            Err(reason) => {
                problems.add(Some(&place.name), reason);
                Given::Faulty
            }
        }
    }
}

/// A number of shares has no currency.
fn without_unit<'a>(
    quantity: Given<'a>,
    record: &Record<'_>,
    place: Option<&Place>,
    problems: &mut Problems,
) -> Given<'a> {
    match (quantity, place) {
        (Given::Figure(Figure { unit: Some(_), column, .. }), Some(place)) => {
            problems.add(Some(column), Reason::NotANumber { text: shortened(record.cell(place.column)) });
            Given::Faulty
        }
        _ => quantity,
    }
}

fn out_of_range(value: Decimal) -> Reason {
    Reason::NumberOutOfRange { text: value.to_string() }
}

/// The currency of a row, and what its numbers are in it.
struct Money {
    currency: Currency,
    /// What a number without a mark is in.
    unmarked: QuoteUnit,
}

impl Money {
    /// The currency that the row's own column names, or else the first mark, or else the default.
    fn of(used: &[Given<'_>], said: Option<QuoteUnit>, default: Currency, problems: &mut Problems) -> Self {
        let marked = || used.iter().find_map(|given| given.figure()?.unit);
        let currency = said.or_else(marked).map_or(default, |unit| unit.currency);
        for figure in used.iter().filter_map(|given| given.figure()) {
            if let Some(unit) = figure.unit
                && unit.currency != currency
            {
                let reason = Reason::OtherCurrency { row: currency, cell: unit.currency };
                problems.add(Some(figure.column), reason);
            }
        }
        Self { currency, unmarked: said.unwrap_or(QuoteUnit { currency, units_in_one: 1 }) }
    }

    fn major(&self, figure: &Figure<'_>) -> Decimal {
        figure.unit.unwrap_or(self.unmarked).to_major(figure.value)
    }

    /// The number, or one for a faulty cell, so that it is not called missing as well.
    fn placed(&self, given: Given<'_>) -> Option<Decimal> {
        match given {
            Given::Absent => None,
            Given::Faulty => Some(Decimal::ONE),
            Given::Figure(figure) => Some(self.major(&figure)),
        }
    }

    fn sum(&self, parts: &[Given<'_>], problems: &mut Problems) -> Option<Decimal> {
        let mut sum: Option<Decimal> = None;
        for figure in parts.iter().filter_map(|given| given.figure()) {
            match sum.unwrap_or_default().checked_add(self.major(&figure)) {
                Some(more) => sum = Some(more),
                None => problems.add(Some(figure.column), out_of_range(figure.value)),
            }
        }
        sum
    }
}
