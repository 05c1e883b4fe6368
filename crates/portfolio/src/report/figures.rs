//! How a holding's figures are made of each other.

use bellwether_domain::Currency;
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::books::{HoldingPrice, Income, Lot, Position, Sale};
use crate::derivation::{About, Calculation, IncomePart, Label, Side, Unit, fraction, money};
use crate::{Books, Figure, Market, RateOn, Reason};

/// A holding's figures, computed or derived. [`Holding`](super::Holding) says what each is.
pub(crate) struct HoldingFigures<C: Calculation> {
    pub(crate) quantity: C::Amount,
    pub(crate) price: C::Amount,
    pub(crate) exchange_rate: C::Amount,
    pub(crate) cost: C::Amount,
    pub(crate) unit_cost: C::Amount,
    pub(crate) listed_cost: C::Amount,
    pub(crate) value: C::Amount,
    pub(crate) unrealised: C::Amount,
    pub(crate) unrealised_rate: C::Real,
    pub(crate) currency_effect: C::Amount,
    pub(crate) realised: C::Amount,
    pub(crate) income: C::Amount,
    pub(crate) charges: C::Amount,
    pub(crate) total_gain: C::Amount,
    pub(crate) xirr: C::Rate,
}

/// What values a holding on the books' day.
pub(crate) struct Valued {
    pub(crate) price: Figure<HoldingPrice>,
    pub(crate) exchange_rate: Figure<RateOn>,
}

impl Valued {
    pub(crate) fn new(position: &Position, books: &Books, market: &Market) -> Self {
        let as_of = books.as_of();
        Self {
            price: position.price_on(market.instrument(&position.symbol), as_of),
            exchange_rate: market.rates().on(position.currency, books.options().base, as_of),
        }
    }
}

/// What a holding is worth, computed or derived.
pub(crate) struct HoldingValue<C: Calculation> {
    pub(crate) quantity: C::Amount,
    pub(crate) price: C::Amount,
    pub(crate) exchange_rate: C::Amount,
    pub(crate) value: C::Amount,
}

impl<C: Calculation> HoldingValue<C> {
    pub(crate) fn new(c: &mut C, position: &Position, books: &Books, valued: &Valued) -> Self {
        let (base, listed, as_of) = (books.options().base, position.currency, books.as_of());
        c.about(|| Some(About::Instrument(position.symbol.clone())));
        let quantity = c.quantity(position);
        let price = c.price(position, as_of, &valued.price);
        let exchange_rate = c.exchange_rate((listed, base), as_of, &valued.exchange_rate);
        let value_label = money(base, "Market value", "quantity x price x exchange rate");
        let value = if position.is_open() {
            let local = c.product(
                money(listed, "Market value at the listing", "quantity x price"),
                &quantity,
                &price,
            );
            c.product(value_label, &local, &exchange_rate)
        } else {
            c.constant(value_label, Decimal::ZERO)
        };
        Self { quantity, price, exchange_rate, value }
    }
}

impl<C: Calculation> HoldingFigures<C> {
    pub(crate) fn new(c: &mut C, position: &Position, books: &Books, valued: &Valued) -> Self {
        let (base, listed, as_of) = (books.options().base, position.currency, books.as_of());
        let HoldingValue { quantity, price, exchange_rate, value } =
            HoldingValue::new(c, position, books, valued);
        let cost = cost_basis(c, position, Side::Base, money(base, "Cost basis", "sum of the lots' costs"));
        let listed_label = money(listed, "Cost basis at the listing", "sum of the lots' costs");
        let listed_cost = cost_basis(c, position, Side::Listed, listed_label);
        let unrealised = c.difference(money(base, "Unrealised gain", "value - cost"), &value, &cost);
        let realised = realised(c, position, books, None);
        let income = net_income(c, "Dividend income", &position.income, books);
        let charges = c.sum_of(
            money(base, "Charges", "sum of the fees and taxes that belong to no trade"),
            &position.charges,
            C::charge,
        );
        c.about(|| Some(About::Instrument(position.symbol.clone())));
        let less_charges = c.negated(money(base, "Charges deducted", "- charges"), &charges);
        let at_todays_rate = c.product(
            money(base, "Cost basis at today's rate", "cost in the listing's currency x today's rate"),
            &listed_cost,
            &exchange_rate,
        );

        let unit_label = Label::new("Unit cost", "cost / quantity", Unit::PerShare(base));
        let rate_label = fraction("Unrealised return", "unrealised gain / cost");
        let (unit_cost, unrealised_rate) = if position.is_open() {
            (c.quotient(unit_label, &cost, &quantity), c.ratio(rate_label, &unrealised, &cost))
        } else {
            (c.unknown(unit_label, Reason::NotHeld), c.unknown_rate(rate_label, Reason::NotHeld))
        };
        Self {
            currency_effect: c.difference(
                money(base, "Currency effect", "cost at today's rate - cost as booked"),
                &at_todays_rate,
                &cost,
            ),
            total_gain: c.sum(
                money(base, "Total gain", "unrealised + realised + income - charges"),
                [&unrealised, &realised, &income, &less_charges],
            ),
            xirr: c.money_weighted(
                position.flows.iter().map(|flow| (flow.date, flow)),
                |c, flow| c.position_flow(position, flow),
                (as_of, &value),
            ),
            quantity,
            price,
            exchange_rate,
            cost,
            unit_cost,
            listed_cost,
            value,
            unrealised,
            unrealised_rate,
            realised,
            income,
            charges,
        }
    }
}

fn cost_basis<C: Calculation>(c: &mut C, position: &Position, side: Side, label: Label) -> C::Amount {
    c.sum_of(label, &position.lots, |c, lot| {
        c.about(|| Some(About::Transaction { id: lot.transaction, date: lot.acquired }));
        let of_lot =
            Label { figure: "Cost of the lot", formula: "cost paid - cost of what was sold", ..label };
        c.cost(of_lot, &lot.cost, side)
    })
}

/// A lot's figures, computed or derived.
pub(crate) struct LotFigures<C: Calculation> {
    pub(crate) cost: C::Amount,
    pub(crate) value: C::Amount,
    pub(crate) unrealised: C::Amount,
}

impl<C: Calculation> LotFigures<C> {
    pub(crate) fn new(c: &mut C, (position, lot): (&Position, &Lot), books: &Books, valued: &Valued) -> Self {
        let (base, listed, as_of) = (books.options().base, position.currency, books.as_of());
        c.about(|| Some(About::Transaction { id: lot.transaction, date: lot.acquired }));
        let label = Label::new("Cost of the lot", "cost paid - cost of what was sold", Unit::Money(base));
        let cost = c.cost(label, &lot.cost, Side::Base);
        let quantity = Label::new("Shares left", "", Unit::Shares);
        let quantity = c.remaining(quantity, lot);
        let price = c.price(position, as_of, &valued.price);
        let rate = c.exchange_rate((listed, base), as_of, &valued.exchange_rate);
        let local = money(listed, "Market value at the listing", "quantity x price");
        let local = c.product(local, &quantity, &price);
        let value = c.product(
            money(base, "Market value of the lot", "quantity x price x exchange rate"),
            &local,
            &rate,
        );
        let unrealised = money(base, "Unrealised gain of the lot", "value - cost");
        Self { unrealised: c.difference(unrealised, &value, &cost), cost, value }
    }
}

/// Gains of the sales after `since`, or of all.
pub(crate) fn realised<C: Calculation>(
    c: &mut C,
    position: &Position,
    books: &Books,
    since: Option<NaiveDate>,
) -> C::Amount {
    let first = since.map_or(0, |since| position.sales.partition_point(|sale| sale.date <= since));
    let label = money(books.options().base, "Realised gain", "sum of the sales' gains");
    let sum = c.sum_of(label, position.sales.iter().skip(first), |c, sale| sale_gain(c, sale, books));
    c.about(|| Some(About::Instrument(position.symbol.clone())));
    sum
}

/// Proceeds of a sale less the cost of what it sold.
pub(crate) fn sale_gain<C: Calculation>(c: &mut C, sale: &Sale, books: &Books) -> C::Amount {
    let base = books.options().base;
    c.about(|| Some(About::Transaction { id: sale.transaction, date: sale.date }));
    let proceeds =
        c.cost(money(base, "Proceeds", "quantity x price - fee - tax, in base"), &sale.proceeds, Side::Base);
    let cost = c.cost(money(base, "Cost of shares sold", "by the cost method"), &sale.cost, Side::Base);
    c.difference(money(base, "Realised gain of the sale", "proceeds - cost of shares sold"), &proceeds, &cost)
}

/// Income after tax and fee.
pub(crate) fn net_income<'a, C: Calculation>(
    c: &mut C,
    figure: &'static str,
    income: impl IntoIterator<Item = &'a Income>,
    books: &Books,
) -> C::Amount {
    let base = books.options().base;
    let label = money(base, figure, "sum of the payments after tax and fee");
    c.sum_of(label, income, |c, paid| net_payment(c, paid, base))
}

/// One payment after tax and fee.
pub(crate) fn net_payment<C: Calculation>(c: &mut C, paid: &Income, base: Currency) -> C::Amount {
    let [gross, tax, fee] =
        [IncomePart::Gross, IncomePart::Tax, IncomePart::Fee].map(|part| c.income(paid, part));
    let after_tax = c.difference(money(paid.currency, "Income after tax", "gross - tax"), &gross, &tax);
    let net = c.difference(money(paid.currency, "Net income", "gross - tax - fee"), &after_tax, &fee);
    let rate = c.income_rate(paid);
    c.product(money(base, "Net income in base", "net income x exchange rate"), &net, &rate)
}
