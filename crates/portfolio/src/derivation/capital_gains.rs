//! Capital gains of a period, from what shares cost or from their value at its opening.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::calculation::money;
use super::costs::Wanted;
use super::figure_name::CapitalGainsFigure;
use super::record::Record;
use super::{About, Calculation, Content, Label, Number, Operation, Side, Source};
use crate::books::{Cost, ExternalKind, PositionFlow, PositionFlowKind, Sale};
use crate::performance::capital_gains::{Parts, Valuation};
use crate::performance::subject::Member;
use crate::{Basis, CapitalGains, Figure, Period, Position, Subject, TradeCosts};

impl CapitalGainsFigure {
    fn label(self, record: &Record<'_>) -> Label {
        let of = |figure, formula| money(record.base(), figure, formula);
        match self {
            Self::Unrealised => {
                of("Unrealised gain of the period", "value less cost at the end - at the opening")
            }
            Self::UnrealisedCurrency => {
                of("Currency effect on what is held", "effect at the end - effect at the opening")
            }
            Self::Realised => of("Realised gain of the period", "sum of proceeds - cost of shares sold"),
            Self::RealisedCurrency => of("Currency effect on what was sold", "sum over the sales"),
            Self::Transferred => {
                of("Gains transferred out", "cost less market value of what came, less that of what went")
            }
            Self::Total => of("Capital gains", "unrealised + realised + transferred"),
        }
    }

    fn of(self, gains: &CapitalGains) -> Figure<Decimal> {
        match self {
            Self::Unrealised => gains.unrealised.clone(),
            Self::UnrealisedCurrency => gains.unrealised_currency.clone(),
            Self::Realised => gains.realised.clone(),
            Self::RealisedCurrency => gains.realised_currency.clone(),
            Self::Transferred => gains.transferred.clone(),
            Self::Total => gains.total(),
        }
    }
}

impl Record<'_> {
    pub(super) fn capital_gains(
        &mut self,
        subject: &Subject<'_>,
        (period, basis, costs): (Period, Basis, TradeCosts),
        figure: CapitalGainsFigure,
    ) -> usize {
        let label = figure.label(self);
        let gains = CapitalGains::new(subject, self.market, period, basis, costs);
        let known = match figure.of(&gains) {
            Ok(known) => known,
            Err(reason) => return self.given(label, Err(reason), Source::Unknown),
        };
        let (market, base, is_explained) = (self.market, self.base(), true);
        let valuation = Valuation { market, base, period, basis, costs, is_explained };
        let node = self.gains_node(subject, &valuation, figure);
        self.checked(node, label, &Ok(known))
    }

    fn gains_node(
        &mut self,
        subject: &Subject<'_>,
        valuation: &Valuation<'_>,
        figure: CapitalGainsFigure,
    ) -> usize {
        let label = figure.label(self);
        if figure == CapitalGainsFigure::Total {
            let parts = [
                CapitalGainsFigure::Unrealised,
                CapitalGainsFigure::Realised,
                CapitalGainsFigure::Transferred,
            ]
            .map(|part| self.gains_node(subject, valuation, part));
            return self.with_subject(None, |record| record.computed(label, Operation::Sum, parts.to_vec()));
        }
        let mut parts = Vec::new();
        for member in valuation.members(subject) {
            let made = match valuation.parts(member) {
                Ok(costs) => self.moved(valuation, member, &costs, figure),
                Err(reason) => self.given(label, Err(reason), Source::Unknown),
            };
            parts.push(made);
        }
        if figure == CapitalGainsFigure::Transferred {
            return self.transferred_gains(subject, valuation, parts);
        }
        match parts[..] {
            [part] => part,
            _ => self.with_subject(None, |record| record.computed(label, Operation::Sum, parts)),
        }
    }

    /// A position's part; of what was transferred the cost.
    fn moved(
        &mut self,
        valuation: &Valuation<'_>,
        member: &Member<'_>,
        costs: &Parts<'_>,
        figure: CapitalGainsFigure,
    ) -> usize {
        let (position, Period { from, to }) = (&*member.position, valuation.period);
        let (label, base) = (figure.label(self), self.base());
        let closing = costs.closing();
        self.with_subject(Some(About::Instrument(position.symbol.clone())), |record| match figure {
            CapitalGainsFigure::Unrealised => {
                let [after, before] = [(to, &closing), (from, &costs.opening)].map(|(day, cost)| {
                    let value = record.holding_value_on(position, day);
                    let cost = record.in_money(money(base, "Cost", "of what is held"), cost, Side::Base);
                    let label = money(base, "Unrealised gain", "value - cost");
                    record.computed(label, Operation::Difference, vec![value, cost])
                });
                record.computed(label, Operation::Difference, vec![after, before])
            }
            CapitalGainsFigure::UnrealisedCurrency => {
                let [after, before] = [(to, &closing), (from, &costs.opening)]
                    .map(|(day, cost)| record.currency_effect_on(position, day, cost));
                record.computed(label, Operation::Difference, vec![after, before])
            }
            CapitalGainsFigure::Realised => {
                let mut gains: Vec<_> = costs
                    .sold
                    .iter()
                    .map(|(sale, cost)| record.gain_of(sale, &valuation.seen(&sale.proceeds), cost))
                    .collect();
                if costs.covering != Cost::ZERO {
                    let label =
                        money(base, "Cost of shares that closed others", "less what those were closed at");
                    let covering = record.in_money(label, &costs.covering, Side::Base);
                    let label = Label { formula: "as a negative number", ..label };
                    gains.push(record.computed(label, Operation::Negation, vec![covering]));
                }
                record.computed(label, Operation::Sum, gains)
            }
            CapitalGainsFigure::RealisedCurrency => {
                let effects =
                    costs.sold.iter().map(|(sale, cost)| record.currency_effect_of(position, sale, cost));
                let effects = effects.collect();
                record.computed(label, Operation::Sum, effects)
            }
            CapitalGainsFigure::Transferred | CapitalGainsFigure::Total => {
                let cost = |figure| money(base, figure, "");
                let departed =
                    record.in_money(cost("Cost of what was transferred out"), &costs.departed, Side::Base);
                let arrived =
                    record.in_money(cost("Cost of what was transferred in"), &costs.arrived, Side::Base);
                let label = money(base, "Cost transferred", "out - in");
                record.computed(label, Operation::Difference, vec![departed, arrived])
            }
        })
    }

    fn in_money(&mut self, label: Label, cost: &Cost, side: Side) -> usize {
        self.cost_of(cost, Wanted { label, side, content: Content::Whole })
    }

    fn gain_of(&mut self, sale: &Sale, proceeds: &Cost, cost: &Cost) -> usize {
        let base = self.base();
        let about = About::Transaction { id: sale.transaction, date: sale.date };
        self.with_subject(Some(about), |record| {
            let proceeds = record.in_money(money(base, "Proceeds", ""), proceeds, Side::Base);
            let cost = record.in_money(money(base, "Cost of shares sold", ""), cost, Side::Base);
            let label = money(base, "Realised gain", "proceeds - cost of shares sold");
            record.computed(label, Operation::Difference, vec![proceeds, cost])
        })
    }

    fn currency_effect_on(&mut self, position: &Position, day: NaiveDate, cost: &Cost) -> usize {
        let label = money(self.base(), "Currency effect", "cost at the listing x rate of the day - cost");
        if position.quantity_on(day).is_zero() || cost.is_listed_in_base() {
            return self.constant(Label { formula: "", ..label }, Decimal::ZERO);
        }
        let rate = self.rate_on((position.currency, self.base()), day);
        self.at_another_rate(label, position, cost, rate)
    }

    fn currency_effect_of(&mut self, position: &Position, sale: &Sale, cost: &Cost) -> usize {
        let label = money(self.base(), "Currency effect", "cost at the listing x rate of the sale - cost");
        if cost.is_listed_in_base() {
            return self.constant(Label { formula: "", ..label }, Decimal::ZERO);
        }
        let about = About::Transaction { id: sale.transaction, date: sale.date };
        self.with_subject(Some(about), |record| {
            let rate = record.rate_of_sale(position, sale);
            record.at_another_rate(label, position, cost, rate)
        })
    }

    fn at_another_rate(&mut self, label: Label, position: &Position, cost: &Cost, rate: usize) -> usize {
        let base = self.base();
        let listed = self.in_money(money(position.currency, "Cost at the listing", ""), cost, Side::Listed);
        let at_rate = money(base, "Cost at the rate", "cost at the listing x rate");
        let at_rate = self.computed(at_rate, Operation::Product, vec![listed, rate]);
        let cost = self.in_money(money(base, "Cost", ""), cost, Side::Base);
        self.computed(label, Operation::Difference, vec![at_rate, cost])
    }

    /// Base currency per unit of the listing's, as the sale was booked.
    fn rate_of_sale(&mut self, position: &Position, sale: &Sale) -> usize {
        let unit = super::Unit::ExchangeRate { from: position.currency, to: self.base() };
        let label = Label::new("Exchange rate of the sale", "rate into base / rate into the listing's", unit);
        let rate = match self.by_id.get(&sale.transaction).copied() {
            Some(booking) if booking.currency == position.currency => self.booked_rate(booking),
            Some(booking) => {
                let into_base = self.booked_rate(booking);
                let into_listed = self.rate_on((booking.currency, position.currency), booking.date);
                self.computed(label, Operation::Quotient, vec![into_base, into_listed])
            }
            None => self.rate_on((position.currency, self.base()), sale.date),
        };
        self.checked(rate, label, &sale.rate)
    }

    /// Less the cost of what went, plus what all was worth on its way, and what its transfer cost.
    fn transferred_gains(
        &mut self,
        subject: &Subject<'_>,
        valuation: &Valuation<'_>,
        costs: Vec<usize>,
    ) -> usize {
        let (base, period) = (self.base(), valuation.period);
        let mut worth = Vec::new();
        for member in subject.members() {
            for flow in member.position.flows.iter().filter(|flow| is_transfer(flow, period)) {
                worth.push((&*member.position, flow));
            }
        }
        let at_market = if subject.cash().is_empty() {
            let mut at_market = Vec::new();
            for (position, flow) in &worth {
                let amount = self.flow_of(position, flow);
                let costs = self.charges_of(flow);
                let costs = self.computed(money(base, "Fee and tax", "fee + tax"), Operation::Sum, costs);
                let label = money(base, "Market value transferred", "flow - fee - tax");
                at_market.push(self.computed(label, Operation::Difference, vec![amount, costs]));
            }
            at_market
        } else {
            let is_transfer = |kind| matches!(kind, ExternalKind::TransferIn | ExternalKind::TransferOut);
            let flows = subject.cash().iter().flat_map(|books| books.external_flows());
            let flows = flows.filter(|flow| period.contains(flow.date) && is_transfer(flow.kind));
            flows.map(|flow| self.external(flow)).collect()
        };
        let contained = match valuation.costs {
            TradeCosts::Included => worth.iter().flat_map(|(_, flow)| self.charges_of(flow)).collect(),
            TradeCosts::LeftOut => Vec::new(),
        };
        let parts = [
            ("Cost transferred", "out - in, over the holdings", costs),
            ("Market value transferred", "in - out", at_market),
            ("Fees and taxes of transfers", "sum", contained),
        ];
        self.with_subject(None, |record| {
            let parts = parts.map(|(figure, formula, parts)| {
                let sum = record.computed(money(base, figure, formula), Operation::Sum, parts);
                record.computed(money(base, figure, "as a negative number"), Operation::Negation, vec![sum])
            });
            record.computed(CapitalGainsFigure::Transferred.label(record), Operation::Sum, parts.to_vec())
        })
    }

    /// Fee and tax of a flow, where there are any.
    pub(super) fn charges_of(&mut self, flow: &PositionFlow) -> Vec<usize> {
        let parts = [(Content::Fees, &flow.fee), (Content::Taxes, &flow.tax)];
        let parts = parts.into_iter().filter(|(_, amount)| **amount != Ok(Decimal::ZERO));
        parts.map(|(content, amount)| self.charge_of(flow, content, amount)).collect()
    }

    pub(super) fn charge_of(
        &mut self,
        flow: &PositionFlow,
        content: Content,
        known: &Figure<Decimal>,
    ) -> usize {
        let (base, is_fee) = (self.base(), content == Content::Fees);
        let label = money(base, if is_fee { "Fee" } else { "Tax" }, "amount x exchange rate");
        let booked = flow.transaction.and_then(|id| self.by_id.get(&id).copied());
        let node = booked.and_then(|booking| {
            self.booked_charge(booking, Wanted { label, side: Side::Base, content }).map(|charge| {
                let is_sale =
                    matches!(self.value(charge), Ok(Number::Exact(amount)) if amount.is_sign_negative());
                if is_sale && known.as_ref().is_ok_and(Decimal::is_sign_positive) {
                    self.computed(label, Operation::Negation, vec![charge])
                } else {
                    charge
                }
            })
        });
        match node {
            Some(node) => self.checked(node, label, known),
            None => self.given(label, known.clone().map(Number::Exact), Source::Ledger),
        }
    }
}

fn is_transfer(flow: &PositionFlow, period: Period) -> bool {
    let is_transfer = matches!(flow.kind, PositionFlowKind::TransferIn | PositionFlowKind::TransferOut);
    is_transfer && period.contains(flow.date)
}
