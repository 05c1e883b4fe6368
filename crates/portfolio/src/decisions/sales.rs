//! The sales of one instrument.

use rust_decimal::Decimal;

use super::SaleEffect;
use super::units::{Payment, Payments, PerShare, Units, decided};
use crate::Position;
use crate::books::Sale;
use crate::exact::Exact;
use crate::figure::{finite, total};
use crate::market::splits;

pub(super) fn effects(units: &Units<'_>) -> Vec<SaleEffect> {
    let position = units.position;
    let mut sales = decided_on(position).peekable();
    if sales.peek().is_none() {
        return Vec::new();
    }
    let payments = units.payments(&dividends(units));
    sales.map(|sale| effect(sale, units, &payments)).collect()
}

/// The sales of shares that were held; not those that a corporate event forced.
pub(crate) fn decided_on(position: &Position) -> impl Iterator<Item = &Sale> {
    let is_decided = |sale: &&Sale| sale.quantity > Decimal::ZERO && !position.is_event(sale.transaction);
    position.sales.iter().filter(is_decided)
}

/// Known dividends for one share of the books' day, each on its ex-date.
pub(crate) fn dividends<'a>(units: &Units<'a>) -> Vec<PerShare<'a>> {
    let (position, as_of) = (units.position, units.as_of());
    let Some(instrument) = units.market.instrument(&position.symbol) else { return Vec::new() };
    let known = instrument.dividends().iter().filter(|dividend| dividend.ex_date <= as_of);
    known
        .map(|dividend| {
            let (currency, base) =
                (dividend.currency.unwrap_or(instrument.currency()), units.books.options().base);
            let rate = units.market.rates().on(currency, base, dividend.ex_date);
            let amount = splits::carried(dividend.amount, &position.splits, dividend.ex_date, as_of);
            let amount = amount.and_then(|amount| amount.times(rate?.rate));
            let of = Payment::Missed(dividend);
            PerShare { ex_date: dividend.ex_date, paid: dividend.ex_date, amount, of }
        })
        .collect()
}

fn effect(sale: &Sale, units: &Units<'_>, payments: &Payments) -> SaleEffect {
    let proceeds = sale.proceeds.base.clone();
    let quantity = units.of_today(sale.quantity, sale.date);
    let kept_value = quantity.clone().and_then(|quantity| units.value(quantity));
    let range = payments.between(sale.date, None);
    let dividends_missed = quantity.clone().and_then(|quantity| payments.received(&range, quantity));
    let negative = |amount: &crate::Figure<Decimal>| amount.clone().map(|amount| -amount);
    let invested = units.invested(&proceeds, sale.date).into_iter();
    let against = match &quantity {
        Ok(quantity) => invested
            .zip(payments.invested(&range, *quantity))
            .map(|(invested, missed)| {
                decided(sale.date, units.as_of())?;
                finite(invested? - missed? - kept_value.clone()?.float())
            })
            .collect(),
        Err(reason) => invested.map(|_| Err(reason.clone())).collect(),
    };
    SaleEffect {
        transaction: sale.transaction,
        symbol: units.position.symbol.clone(),
        date: sale.date,
        effect: total([&proceeds, &negative(&kept_value), &negative(&dividends_missed)]),
        proceeds,
        kept_value,
        dividends_missed,
        against,
    }
}
