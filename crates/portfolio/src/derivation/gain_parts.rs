//! What a period's gain consists of beside capital gains: income, fees, taxes, and currency effects on cash.

use rust_decimal::Decimal;

use super::calculation::{Calculation, IncomePart, money};
use super::figure_name::GainPartFigure;
use super::record::Record;
use super::{Content, Label, Operation, Source};
use crate::books::{ChargeKind, Income, IncomeKind, PositionFlow, PositionFlowKind};
use crate::report::figures::net_payment;
use crate::{Figure, GainParts, Period, Subject};

use GainPartFigure as Part;

impl GainPartFigure {
    fn label(self, record: &Record<'_>) -> Label {
        let of = |figure, formula| money(record.base(), figure, formula);
        match self {
            Self::DividendsGross => of("Dividends before tax and fee", "sum over the payments"),
            Self::DividendsNet => of("Dividends", "sum of the payments after tax and fee"),
            Self::InterestGross => of("Interest before tax and fee", "sum over the payments"),
            Self::InterestNet => of("Interest", "sum of the payments after tax and fee"),
            Self::IncomeGross => of("Income before tax and fee", "dividends + interest"),
            Self::IncomeNet => of("Income", "dividends + interest"),
            Self::FeesOfTrades => of("Fees of trades", "sum over the trades"),
            Self::FeesOfIncome => of("Fees kept from income", "sum over the payments"),
            Self::FeesSeparate => of("Other fees", "sum over the charges"),
            Self::Fees => of("Fees", "of trades + of income + others"),
            Self::TaxesOfTrades => of("Taxes of trades", "sum over the trades"),
            Self::TaxesOfIncome => of("Taxes withheld from income", "sum over the payments"),
            Self::TaxesSeparate => of("Other taxes", "sum over the charges"),
            Self::Taxes => of("Taxes", "of trades + of income + others"),
            Self::CashCurrencyGain => of(
                "What exchange rates did to cash",
                "value at the end - value at the opening - what was booked",
            ),
        }
    }

    fn of(self, parts: GainParts) -> Figure<Decimal> {
        let (income, fees, taxes) = (parts.income, parts.fees, parts.taxes);
        match self {
            Self::DividendsGross => income.dividends_gross,
            Self::DividendsNet => income.dividends_net,
            Self::InterestGross => income.interest_gross,
            Self::InterestNet => income.interest_net,
            Self::IncomeGross => income.gross,
            Self::IncomeNet => income.net,
            Self::FeesOfTrades => fees.of_trades,
            Self::FeesOfIncome => fees.of_income,
            Self::FeesSeparate => fees.separate,
            Self::Fees => fees.total,
            Self::TaxesOfTrades => taxes.of_trades,
            Self::TaxesOfIncome => taxes.of_income,
            Self::TaxesSeparate => taxes.separate,
            Self::Taxes => taxes.total,
            Self::CashCurrencyGain => parts.cash_currency_gain,
        }
    }
}

impl Record<'_> {
    pub(super) fn gain_part(&mut self, subject: &Subject<'_>, period: Period, figure: Part) -> usize {
        let label = figure.label(self);
        let known = match figure.of(GainParts::new(subject, self.market, period)) {
            Ok(known) => known,
            Err(reason) => return self.given(label, Err(reason), Source::Unknown),
        };
        let node = self.part_node(subject, period, figure);
        self.checked(node, label, &Ok(known))
    }

    fn part_node(&mut self, subject: &Subject<'_>, period: Period, figure: Part) -> usize {
        let label = figure.label(self);
        let paid = subject.income_within(period);
        let of_kind = |kind| paid.iter().copied().filter(move |income| income.kind == kind);
        let parts: Vec<usize> = match figure {
            Part::DividendsGross => self.gross_of(of_kind(IncomeKind::Dividend), IncomePart::Gross),
            Part::InterestGross => self.gross_of(of_kind(IncomeKind::Interest), IncomePart::Gross),
            Part::DividendsNet => self.net_of(of_kind(IncomeKind::Dividend)),
            Part::InterestNet => self.net_of(of_kind(IncomeKind::Interest)),
            Part::FeesOfIncome => self.gross_of(paid.iter().copied(), IncomePart::Fee),
            Part::TaxesOfIncome => self.gross_of(paid.iter().copied(), IncomePart::Tax),
            Part::FeesOfTrades => self.of_trades(subject, period, Content::Fees),
            Part::TaxesOfTrades => self.of_trades(subject, period, Content::Taxes),
            Part::FeesSeparate => self.separate(subject, period, ChargeKind::Fee),
            Part::TaxesSeparate => self.separate(subject, period, ChargeKind::Tax),
            Part::IncomeGross => [Part::DividendsGross, Part::InterestGross]
                .map(|part| self.part_node(subject, period, part))
                .to_vec(),
            Part::IncomeNet => [Part::DividendsNet, Part::InterestNet]
                .map(|part| self.part_node(subject, period, part))
                .to_vec(),
            Part::Fees => [Part::FeesOfTrades, Part::FeesOfIncome, Part::FeesSeparate]
                .map(|part| self.part_node(subject, period, part))
                .to_vec(),
            Part::Taxes => [Part::TaxesOfTrades, Part::TaxesOfIncome, Part::TaxesSeparate]
                .map(|part| self.part_node(subject, period, part))
                .to_vec(),
            Part::CashCurrencyGain => self.cash_gains(subject, period),
        };
        self.with_subject(None, |record| record.computed(label, Operation::Sum, parts))
    }

    /// One part of each payment, in the base currency.
    pub(super) fn gross_of<'i>(
        &mut self,
        paid: impl Iterator<Item = &'i Income>,
        part: IncomePart,
    ) -> Vec<usize> {
        let base = self.base();
        let mut parts = Vec::new();
        for income in paid {
            let amount = self.income(income, part);
            let rate = self.income_rate(income);
            let label = money(base, "Payment in base", "amount x exchange rate");
            parts.push(self.computed(label, Operation::Product, vec![amount, rate]));
        }
        parts
    }

    fn net_of<'i>(&mut self, paid: impl Iterator<Item = &'i Income>) -> Vec<usize> {
        let base = self.base();
        paid.map(|income| net_payment(self, income, base)).collect()
    }

    fn of_trades(&mut self, subject: &Subject<'_>, period: Period, content: Content) -> Vec<usize> {
        let flows = subject.members().iter().flat_map(|member| &member.position.flows);
        let trades = flows.filter(|flow| {
            let is_trade = !matches!(flow.kind, PositionFlowKind::Dividend | PositionFlowKind::Fee);
            is_trade && period.contains(flow.date)
        });
        let charge = |flow: &PositionFlow| {
            if content == Content::Fees { flow.fee.clone() } else { flow.tax.clone() }
        };
        let charges = trades.map(|flow| (flow, charge(flow)));
        let charges = charges.filter(|(_, amount)| *amount != Ok(Decimal::ZERO));
        charges.map(|(flow, amount)| self.charge_of(flow, content, &amount)).collect()
    }

    fn separate(&mut self, subject: &Subject<'_>, period: Period, kind: ChargeKind) -> Vec<usize> {
        let named = subject.members().iter().flat_map(|member| &member.position.charges);
        let unnamed = subject.cash().iter().flat_map(|books| books.charges());
        let charges = named.chain(unnamed);
        let charges = charges.filter(|charge| charge.kind == kind && period.contains(charge.date));
        charges.map(|charge| self.charged(charge)).collect()
    }

    /// The change of cash less what was booked, of each portfolio.
    fn cash_gains(&mut self, subject: &Subject<'_>, period: Period) -> Vec<usize> {
        let base = self.base();
        let mut gains = Vec::new();
        // A figure of one portfolio's cash: its book is the record's.
        for books in subject.cash() {
            let [after, before] = [period.to, period.from].map(|day| {
                let parts = books.cash().balances.iter().map(|balance| self.cash_value_on(balance, day));
                let parts = parts.collect();
                self.computed(money(base, "Cash", "sum over the currencies"), Operation::Sum, parts)
            });
            let change = money(base, "Change of cash", "value at the end - value at the opening");
            let change = self.computed(change, Operation::Difference, vec![after, before]);
            let entries = self.entries().iter().enumerate();
            let within = entries.filter(|(_, entry)| period.contains(entry.date));
            let booked = within.map(|(at, _)| self.movement_in_base(at)).collect();
            let booked =
                self.computed(money(base, "Cash booked", "sum of the movements"), Operation::Sum, booked);
            let label = Part::CashCurrencyGain.label(self);
            gains.push(self.computed(label, Operation::Difference, vec![change, booked]));
        }
        gains
    }
}
