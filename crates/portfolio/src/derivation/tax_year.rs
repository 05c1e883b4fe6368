//! Gains and income of a tax year, from the lots that it closed.

use bellwether_domain::Symbol;
use rust_decimal::Decimal;

use super::calculation::{IncomePart, money};
use super::costs::Wanted;
use super::figure_name::{TaxYearFigure, TaxYearIncomeFigure};
use super::record::Record;
use super::{About, Content, Label, Operation, Side, Source};
use crate::books::{ChargeKind, IncomeKind};
use crate::tax_year::closed_in;
use crate::{
    ClosedLot, Figure, HoldingPeriod, IncomeSums, Period, RealisedSums, Reason, TaxYearReport, Term,
};

impl TaxYearFigure {
    fn label(self, record: &Record<'_>) -> Label {
        let of = |figure, formula| money(record.base(), figure, formula);
        match self {
            Self::Proceeds => of("Proceeds", "sum over the closed lots"),
            Self::Cost => of("Cost of the closed lots", "sum over the closed lots"),
            Self::Gain => of("Realised gain", "sum of proceeds - cost"),
            Self::Gains => of("Gains", "sum over the lots with a gain"),
            Self::Losses => of("Losses", "sum over the lots with a loss"),
            Self::Fees => of("Fees of the closed lots", "in their cost and proceeds"),
            Self::Taxes => of("Taxes of the closed lots", "in their cost and proceeds"),
        }
    }

    fn of(self, sums: RealisedSums) -> Figure<Decimal> {
        match self {
            Self::Proceeds => sums.proceeds,
            Self::Cost => sums.cost,
            Self::Gain => sums.gain,
            Self::Gains => sums.gains,
            Self::Losses => sums.losses,
            Self::Fees => sums.fees,
            Self::Taxes => sums.taxes,
        }
    }
}

impl TaxYearIncomeFigure {
    fn label(self, record: &Record<'_>) -> Label {
        let of = |figure, formula| money(record.base(), figure, formula);
        match self {
            Self::Dividends => of("Dividends of the year", "before tax and fee"),
            Self::DividendsWithheld => of("Tax withheld from dividends", "sum over the payments"),
            Self::Interest => of("Interest of the year", "before tax"),
            Self::InterestWithheld => of("Tax withheld from interest", "sum over the payments"),
            Self::InterestCharged => of("Interest paid", "sum over the payments"),
            Self::Fees => of("Fees kept from income", "sum over the payments"),
            Self::SeparateTaxes => of("Other taxes", "sum over the taxes paid by themselves"),
        }
    }

    fn of(self, income: IncomeSums, taxes: Figure<Decimal>) -> Figure<Decimal> {
        match self {
            Self::Dividends => income.dividends,
            Self::DividendsWithheld => income.dividends_withheld,
            Self::Interest => income.interest,
            Self::InterestWithheld => income.interest_withheld,
            Self::InterestCharged => income.interest_charged,
            Self::Fees => income.fees,
            Self::SeparateTaxes => taxes,
        }
    }
}

impl Record<'_> {
    pub(super) fn closed_in(
        &mut self,
        year: Period,
        rule: HoldingPeriod,
        (of, term): (Option<&Symbol>, Option<Term>),
        figure: TaxYearFigure,
    ) -> usize {
        let (label, set) = (figure.label(self), [self.books]);
        let known = TaxYearReport::new(&set, year, rule).and_then(|report| {
            let [all, short, long] = match of {
                None => [report.realised, report.short_term, report.long_term],
                Some(symbol) => {
                    let of = report.by_symbol.into_iter().find(|of| of.symbol == *symbol);
                    let of = of.ok_or(Reason::NotHeld)?;
                    [of.realised, of.short_term, of.long_term]
                }
            };
            figure.of(match term {
                None => all,
                Some(Term::Short) => short,
                Some(Term::Long) => long,
            })
        });
        if let Err(reason) = known {
            return self.given(label, Err(reason), Source::Unknown);
        }
        let mut parts = Vec::new();
        for (lot, closed) in closed_in(&set, year, rule) {
            let counts = of.is_none_or(|of| *of == lot.symbol) && term.is_none_or(|term| term == lot.term);
            let is_one = |of: fn(&Decimal) -> bool| lot.gain.as_ref().is_ok_and(of);
            let counts = counts
                && match figure {
                    TaxYearFigure::Gains => is_one(|gain| *gain > Decimal::ZERO),
                    TaxYearFigure::Losses => is_one(|gain| *gain < Decimal::ZERO),
                    _ => true,
                };
            if counts {
                parts.push(self.of_closed(closed, figure));
            }
        }
        let about = of.map(|symbol| About::Instrument(symbol.clone()));
        let node = self.with_subject(about, |record| record.computed(label, Operation::Sum, parts));
        self.checked(node, label, &known)
    }

    fn of_closed(&mut self, lot: &ClosedLot, figure: TaxYearFigure) -> usize {
        let base = self.base();
        let content = match figure {
            TaxYearFigure::Fees => Content::Fees,
            TaxYearFigure::Taxes => Content::Taxes,
            _ => Content::Whole,
        };
        let about = About::Transaction { id: lot.opened_by, date: lot.acquired };
        self.with_subject(Some(about), |record| {
            let mut part = |figure, of| {
                let label = money(base, figure, "");
                record.cost_of(of, Wanted { label, side: Side::Base, content })
            };
            match figure {
                TaxYearFigure::Proceeds => part("Proceeds of the lot", &lot.proceeds),
                TaxYearFigure::Cost => part("Cost of the lot", &lot.cost),
                TaxYearFigure::Fees | TaxYearFigure::Taxes => {
                    let operands =
                        vec![part("In the cost", &lot.cost), part("In the proceeds", &lot.proceeds)];
                    let label = money(
                        base,
                        "In cost and proceeds",
                        "in the cost - in the proceeds, where it is negative",
                    );
                    record.computed(label, Operation::Difference, operands)
                }
                TaxYearFigure::Gain | TaxYearFigure::Gains | TaxYearFigure::Losses => {
                    let operands =
                        vec![part("Proceeds of the lot", &lot.proceeds), part("Cost of the lot", &lot.cost)];
                    let label = money(base, "Gain of the lot", "proceeds - cost");
                    record.computed(label, Operation::Difference, operands)
                }
            }
        })
    }

    pub(super) fn income_of_year(
        &mut self,
        year: Period,
        of: Option<&Symbol>,
        figure: TaxYearIncomeFigure,
    ) -> usize {
        let (label, books) = (figure.label(self), self.books);
        let report = TaxYearReport::new(&[books], year, HoldingPeriod::MoreThanAYear);
        let known = report.and_then(|report| match of {
            None => figure.of(report.income, report.taxes),
            Some(symbol) => {
                let of = report.by_symbol.into_iter().find(|of| of.symbol == *symbol);
                let of = of.ok_or(Reason::NotHeld)?;
                figure.of(of.income, of.taxes)
            }
        });
        if let Err(reason) = known {
            return self.given(label, Err(reason), Source::Unknown);
        }
        let counts = |symbol: Option<&Symbol>| of.is_none() || of == symbol;
        let paid = books.income().into_iter();
        let paid = paid.filter(|paid| year.contains(paid.date) && counts(paid.symbol.as_ref()));
        let of_kind = |kind| paid.clone().filter(move |paid| paid.kind == kind);
        let interest = |is_charged: bool| {
            of_kind(IncomeKind::Interest).filter(move |paid| paid.gross.is_sign_negative() == is_charged)
        };
        let parts = match figure {
            TaxYearIncomeFigure::Dividends => self.gross_of(of_kind(IncomeKind::Dividend), IncomePart::Gross),
            TaxYearIncomeFigure::DividendsWithheld => {
                self.gross_of(of_kind(IncomeKind::Dividend), IncomePart::Tax)
            }
            TaxYearIncomeFigure::Interest => self.gross_of(interest(false), IncomePart::Gross),
            TaxYearIncomeFigure::InterestCharged => {
                let charged = self.gross_of(interest(true), IncomePart::Gross);
                let label = money(self.base(), "Interest paid", "as a positive number");
                let positive = |amount| self.computed(label, Operation::Negation, vec![amount]);
                charged.into_iter().map(positive).collect()
            }
            TaxYearIncomeFigure::InterestWithheld => {
                self.gross_of(of_kind(IncomeKind::Interest), IncomePart::Tax)
            }
            TaxYearIncomeFigure::Fees => self.gross_of(paid, IncomePart::Fee),
            TaxYearIncomeFigure::SeparateTaxes => {
                let named = books.positions().iter().flat_map(|position| &position.charges);
                let taxes = books.charges().iter().chain(named).filter(|charge| {
                    charge.kind == ChargeKind::Tax
                        && year.contains(charge.date)
                        && counts(charge.symbol.as_ref())
                });
                taxes.map(|tax| self.charged(tax)).collect()
            }
        };
        let about = of.map(|symbol| About::Instrument(symbol.clone()));
        let node = self.with_subject(about, |record| record.computed(label, Operation::Sum, parts));
        self.checked(node, label, &known)
    }
}
