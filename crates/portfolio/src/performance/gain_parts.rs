//! What the gain of a period consists of.

use rust_decimal::Decimal;
use serde::Serialize;

use super::capital_gains::{Basis, CapitalGains, TradeCosts};
use super::{Subject, SubjectFlowKind};
use crate::books::{CashBook, Charge, ChargeKind, ExternalKind, Income, IncomeKind, PositionFlowKind};
use crate::exact::Exact;
use crate::figure::total;
use crate::{Figure, Market, Period};

/// The parts of a period's gain, in the base currency. They add up to it in two ways:
///
/// * `capital gains + income net - separate fees - separate taxes + cash currency gain + taxes left out`,
/// * `capital gains before costs + income gross - all fees - all taxes + cash currency gain + taxes left out`;
///
/// each with the capital gains from purchase cost or from the value at the opening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GainParts {
    /// Capital gains from purchase cost, after the fees and taxes of the trades.
    pub capital_gains: CapitalGains,
    /// Dividends and interest.
    pub income: IncomeParts,
    /// All fees of the period.
    pub fees: CostParts,
    /// All taxes of the period.
    pub taxes: CostParts,
    /// What exchange rates did to cash that belongs to the subject.
    pub cash_currency_gain: Figure<Decimal>,
    /// All taxes, where the figures are those before tax; else nothing.
    pub taxes_left_out: Figure<Decimal>,
}

/// Dividends and interest paid in a period, in the base currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IncomeParts {
    /// Dividends before tax and fee.
    pub dividends_gross: Figure<Decimal>,
    /// Dividends as they arrived.
    pub dividends_net: Figure<Decimal>,
    /// How many there were.
    pub dividend_count: usize,
    /// Interest before tax and fee; what was charged lessens it.
    pub interest_gross: Figure<Decimal>,
    /// Interest as it arrived.
    pub interest_net: Figure<Decimal>,
    /// All income before tax and fee.
    pub gross: Figure<Decimal>,
    /// All income as it arrived.
    pub net: Figure<Decimal>,
}

/// The fees, or the taxes, of a period in the base currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CostParts {
    /// Of purchases and sales: contained in cost and proceeds.
    pub of_trades: Figure<Decimal>,
    /// Withheld from income.
    pub of_income: Figure<Decimal>,
    /// Paid by themselves.
    pub separate: Figure<Decimal>,
    /// All of them.
    pub total: Figure<Decimal>,
}

impl GainParts {
    /// The parts of a subject's gain over a period; [`crate::Reason::NotYetKnown`] when it ends after the books.
    pub fn new(subject: &Subject<'_>, market: &Market, period: Period) -> Self {
        let capital_gains =
            CapitalGains::new(subject, market, period, Basis::PurchaseCost, TradeCosts::Included);
        if let Err(reason) = subject.read_to(period.to) {
            return Self::unknown(capital_gains, &reason);
        }
        let paid = subject.income_within(period);
        let in_trades = |part: fn(&crate::PositionFlow) -> &Figure<Decimal>| {
            let flows = subject.members().iter().flat_map(|member| &member.position.flows);
            let trades = flows.filter(|flow| {
                let is_trade = !matches!(flow.kind, PositionFlowKind::Dividend | PositionFlowKind::Fee);
                is_trade && period.contains(flow.date)
            });
            total(trades.map(part))
        };
        let withheld = |part: fn(&Income) -> Decimal| {
            total(&paid.iter().map(|income| income.in_base(part(income))).collect::<Vec<_>>())
        };
        let taxes = CostParts::new(
            in_trades(|flow| &flow.tax),
            withheld(|income| income.tax),
            subject.separate(ChargeKind::Tax, period),
        );
        Self {
            taxes_left_out: if subject.is_before_tax() { taxes.total.clone() } else { Ok(Decimal::ZERO) },
            fees: CostParts::new(
                in_trades(|flow| &flow.fee),
                withheld(|income| income.fee),
                subject.separate(ChargeKind::Fee, period),
            ),
            taxes,
            income: IncomeParts::new(&paid),
            cash_currency_gain: subject.cash_currency_gain(market, period),
            capital_gains,
        }
    }

    fn unknown(capital_gains: CapitalGains, reason: &crate::Reason) -> Self {
        let unknown = || Err(reason.clone());
        let costs = || CostParts::new(unknown(), unknown(), unknown());
        Self {
            capital_gains,
            income: IncomeParts::unknown(reason),
            fees: costs(),
            taxes: costs(),
            cash_currency_gain: unknown(),
            taxes_left_out: unknown(),
        }
    }

    /// The sum of the parts after costs, with these capital gains, of either basis, in the place of its own.
    ///
    /// # Errors
    /// When a part is unknown.
    pub fn sum_with(&self, capital_gains: &CapitalGains) -> Figure<Decimal> {
        let cost = |costs: &CostParts| costs.separate.clone().map(|cost| -cost);
        total([
            &capital_gains.total(),
            &self.income.net,
            &cost(&self.fees),
            &cost(&self.taxes),
            &self.cash_currency_gain,
            &self.taxes_left_out,
        ])
    }

    /// The sum of the parts before costs, less all costs, with capital gains whose trade costs are left out.
    ///
    /// # Errors
    /// When a part is unknown.
    pub fn sum_before_costs_with(&self, capital_gains: &CapitalGains) -> Figure<Decimal> {
        let cost = |costs: &CostParts| costs.total.clone().map(|cost| -cost);
        total([
            &capital_gains.total(),
            &self.income.gross,
            &cost(&self.fees),
            &cost(&self.taxes),
            &self.cash_currency_gain,
            &self.taxes_left_out,
        ])
    }
}

impl IncomeParts {
    fn new(paid: &[&Income]) -> Self {
        let sum = |kind: IncomeKind, amount: fn(&Income) -> Figure<Decimal>| {
            let of_kind = paid.iter().filter(|income| income.kind == kind);
            total(&of_kind.map(|income| amount(income)).collect::<Vec<_>>())
        };
        let gross = |income: &Income| income.in_base(income.gross);
        let (dividends, interest) = (IncomeKind::Dividend, IncomeKind::Interest);
        let (dividends_gross, dividends_net) = (sum(dividends, gross), sum(dividends, Income::net_in_base));
        let (interest_gross, interest_net) = (sum(interest, gross), sum(interest, Income::net_in_base));
        Self {
            gross: total([&dividends_gross, &interest_gross]),
            net: total([&dividends_net, &interest_net]),
            dividend_count: paid.iter().filter(|income| income.kind == dividends).count(),
            dividends_gross,
            dividends_net,
            interest_gross,
            interest_net,
        }
    }

    fn unknown(reason: &crate::Reason) -> Self {
        let unknown = || Err(reason.clone());
        Self {
            dividends_gross: unknown(),
            dividends_net: unknown(),
            dividend_count: 0,
            interest_gross: unknown(),
            interest_net: unknown(),
            gross: unknown(),
            net: unknown(),
        }
    }
}

impl CostParts {
    fn new(of_trades: Figure<Decimal>, of_income: Figure<Decimal>, separate: Figure<Decimal>) -> Self {
        Self { total: total([&of_trades, &of_income, &separate]), of_trades, of_income, separate }
    }
}

impl Subject<'_> {
    /// Dividends and interest paid in a period.
    pub(crate) fn income_within(&self, period: Period) -> Vec<&Income> {
        let dividends = self.members().iter().flat_map(|member| &member.position.income);
        let interest = self.cash().iter().flat_map(|books| books.interest());
        dividends.chain(interest).filter(|income| period.contains(income.date)).collect()
    }

    fn separate(&self, kind: ChargeKind, period: Period) -> Figure<Decimal> {
        let named = self.members().iter().flat_map(|member| &member.position.charges);
        let unnamed = self.cash().iter().flat_map(|books| books.charges());
        let charges = named
            .chain(unnamed)
            .filter(|charge: &&Charge| charge.kind == kind && period.contains(charge.date));
        total(charges.map(|charge| &charge.base))
    }

    /// What exchange rates did to cash: the change of its value less what was booked.
    fn cash_currency_gain(&self, market: &Market, period: Period) -> Figure<Decimal> {
        let gains: Vec<_> = self
            .cash()
            .iter()
            .map(|books| {
                let value = |day| books.cash().value_on(day, market, self.base());
                let change = value(period.to)?.minus(value(period.from)?)?;
                change.minus(booked_within(books.cash(), period)?)
            })
            .collect();
        total(&gains)
    }

    /// Fees and taxes of the transfers of a period, which the cost of what came in contains.
    pub(super) fn transfer_costs_within(&self, period: Period) -> Figure<Decimal> {
        let flows = self.members().iter().flat_map(|member| &member.position.flows);
        let transfers = flows.filter(|flow| {
            let is_transfer =
                matches!(flow.kind, PositionFlowKind::TransferIn | PositionFlowKind::TransferOut);
            is_transfer && period.contains(flow.date)
        });
        total(transfers.flat_map(|flow| [&flow.fee, &flow.tax]))
    }

    /// Shares that were transferred in less those transferred out, at market value.
    pub(super) fn transfers_within(&self, period: Period) -> Figure<Decimal> {
        let is_transfer = |kind| match kind {
            SubjectFlowKind::Portfolio(kind) => {
                matches!(kind, ExternalKind::TransferIn | ExternalKind::TransferOut)
            }
            SubjectFlowKind::Holding(kind) => {
                matches!(kind, PositionFlowKind::TransferIn | PositionFlowKind::TransferOut)
            }
            SubjectFlowKind::Tax => false,
        };
        let flows = self.flows_within(period).iter().filter(|flow| is_transfer(flow.kind));
        let at_market: Vec<_> = flows.map(|flow| flow.amount.clone()?.minus(flow.costs.clone()?)).collect();
        total(&at_market)
    }
}

/// What cash came and went in a period, at the rates of the bookings.
fn booked_within(cash: &CashBook, period: Period) -> Figure<Decimal> {
    let start = cash.entries.partition_point(|entry| entry.date <= period.from);
    let end = cash.entries.partition_point(|entry| entry.date <= period.to);
    total(cash.entries.get(start..end).unwrap_or_default().iter().map(|entry| &entry.base))
}
