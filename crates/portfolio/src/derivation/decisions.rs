//! What each purchase and sale did, against not doing it and against the same money in a benchmark.

mod labels;
mod parts;

use bellwether_domain::{Symbol, TransactionId};
use rust_decimal::Decimal;

use super::figure_name::{AgeGroupFigure, DecisionsFigure, MultipleFigure, PurchaseFigure, SaleEffectFigure};
use super::record::Record;
use super::{About, Label, Number, Operation, Source, money};
use crate::books::PositionFlowKind;
use crate::decisions::purchases::bought;
use crate::decisions::sales::decided_on;
use crate::decisions::units::Units;
use crate::{Benchmark, Decisions, Figure, Position, PurchaseEffect, Reason, Sale, SaleEffect};

/// All decisions, and the portfolios that they were made in.
struct Weighed<'b> {
    decisions: Decisions,
    portfolios: Vec<Vec<Units<'b>>>,
}

impl<'b> Weighed<'b> {
    fn purchase(&self, transaction: TransactionId) -> Option<&PurchaseEffect> {
        self.decisions.purchases.iter().find(|purchase| purchase.transaction == transaction)
    }

    fn sale(&self, transaction: TransactionId) -> Option<&SaleEffect> {
        self.decisions.sales.iter().find(|sale| sale.transaction == transaction)
    }

    /// The sale, and what was sold.
    fn sold(&self, of: &SaleEffect) -> Option<(&Units<'b>, &'b Sale)> {
        let mut all = self.portfolios.iter().flatten();
        all.find_map(|units| {
            let mut sales = decided_on(units.position);
            Some((units, sales.find(|sale| sale.transaction == of.transaction)?))
        })
    }

    fn benchmark(&self) -> Option<&'b Benchmark> {
        self.portfolios.iter().flatten().find_map(|units| units.benchmarks.first())
    }
}

impl Record<'_> {
    pub(super) fn purchase(&mut self, transaction: TransactionId, figure: PurchaseFigure) -> usize {
        let label = figure.label(self.base());
        self.weighed(label, None, |record, weighed| {
            let effect = weighed.purchase(transaction).ok_or(Reason::NotHeld)?;
            let known = figure.of(effect)?;
            let node = record.purchase_node(weighed, effect, figure);
            Ok(record.checked_figure(node, label, Ok(known)))
        })
    }

    pub(super) fn sale_effect(&mut self, transaction: TransactionId, figure: SaleEffectFigure) -> usize {
        let label = figure.label(self.base());
        self.weighed(label, None, |record, weighed| {
            let effect = weighed.sale(transaction).ok_or(Reason::NotHeld)?;
            let known = figure.of(effect)?;
            let node = record.sale_node(weighed, effect, figure);
            Ok(record.checked_figure(node, label, Ok(known)))
        })
    }

    pub(super) fn against_benchmark(&mut self, transaction: TransactionId, benchmark: &Symbol) -> usize {
        let label = labels::against(self.base());
        self.weighed(label, Some(benchmark), |record, weighed| {
            if let Some(purchase) = weighed.purchase(transaction) {
                record.purchase_against(weighed, purchase)
            } else {
                let sale = weighed.sale(transaction).ok_or(Reason::NotHeld)?;
                record.sale_against(weighed, sale)
            }
        })
    }

    pub(super) fn decisions_on(
        &mut self,
        symbol: &Symbol,
        benchmark: Option<&Symbol>,
        figure: DecisionsFigure,
    ) -> usize {
        let label = figure.label(self.base());
        self.weighed(label, benchmark, |record, weighed| {
            let sums = weighed.decisions.by_symbol();
            let sums = sums.into_iter().find(|of| of.symbol == *symbol).ok_or(Reason::NotHeld)?;
            let is_against = benchmark.is_some();
            let (exact, against) = match figure {
                DecisionsFigure::Purchases => (sums.purchases, sums.purchases_against),
                DecisionsFigure::Sales => (sums.sales, sums.sales_against),
            };
            let known = if is_against {
                Number::Float(against.into_iter().next().unwrap_or(Err(Reason::NotHeld))?)
            } else {
                Number::Exact(exact?)
            };
            let mut parts = Vec::new();
            if figure == DecisionsFigure::Purchases {
                for of in weighed.decisions.purchases.iter().filter(|of| of.symbol == *symbol) {
                    parts.push(if is_against {
                        record.purchase_against(weighed, of)?
                    } else {
                        record.purchase_node(weighed, of, PurchaseFigure::Effect)
                    });
                }
            } else {
                for of in weighed.decisions.sales.iter().filter(|of| of.symbol == *symbol) {
                    parts.push(if is_against {
                        record.sale_against(weighed, of)?
                    } else {
                        record.sale_node(weighed, of, SaleEffectFigure::Effect)
                    });
                }
            }
            let sum = if is_against { Operation::FloatSum } else { Operation::Sum };
            let node = record.with_subject(Some(About::Instrument(symbol.clone())), |record| {
                record.computed(label, sum, parts)
            });
            Ok(record.checked_figure(node, label, Ok(known)))
        })
    }

    pub(super) fn age_group(
        &mut self,
        benchmark: &Symbol,
        age: (u32, Option<u32>),
        figure: AgeGroupFigure,
    ) -> usize {
        let label = figure.label();
        self.weighed(label, Some(benchmark), |record, weighed| {
            let mut operands = Vec::new();
            let of_age = weighed.decisions.of_age(age);
            for purchase in of_age.filter(|purchase| purchase.decided(0).is_ok()) {
                operands.push(record.purchase_against(weighed, purchase)?);
                operands.push(record.purchase_node(weighed, purchase, PurchaseFigure::Cost));
            }
            Ok(record.with_subject(None, |record| record.computed(label, figure.operation(), operands)))
        })
    }

    pub(super) fn multiple(&mut self, position: &Position, figure: MultipleFigure) -> usize {
        let (label, base) = (figure.label(self.base()), self.base());
        let about = Some(About::Instrument(position.symbol.clone()));
        self.weighed(label, None, |record, weighed| {
            let mut holdings = weighed.decisions.holdings.iter();
            let holding = holdings.find(|of| of.symbol == position.symbol).ok_or(Reason::NotHeld)?;
            let known = figure.of(holding)?;
            let node = record.with_subject(about, |record| {
                let [cost, returned] =
                    [MultipleFigure::Cost, MultipleFigure::Returned].map(|part| part.label(base));
                let [cost, returned] = match figure {
                    MultipleFigure::Cost => return record.cost_of_all(position, cost),
                    MultipleFigure::Returned => return record.returned_of(position, returned),
                    MultipleFigure::Multiple => {
                        [record.cost_of_all(position, cost), record.returned_of(position, returned)]
                    }
                };
                record.computed(label, Operation::Ratio, vec![returned, cost])
            });
            Ok(record.checked_figure(node, label, Ok(known)))
        })
    }

    fn cost_of_all(&mut self, position: &Position, label: Label) -> usize {
        let opened = position.opened.iter().filter(|lot| lot.quantity > Decimal::ZERO);
        let costs = opened.map(|lot| self.cost_of_lot(lot)).collect();
        self.computed(label, Operation::Sum, costs)
    }

    /// Market value, and what was received for what is gone.
    fn returned_of(&mut self, position: &Position, label: Label) -> usize {
        let mut parts = Vec::new();
        if position.quantity > Decimal::ZERO {
            parts.push(self.holding_value_on(position, self.books.as_of()));
        }
        for sale in position.sales.iter().filter(|sale| sale.quantity > Decimal::ZERO) {
            parts.push(self.proceeds_of(&sale.proceeds));
        }
        for flow in position.flows.iter().filter(|flow| flow.kind == PositionFlowKind::TransferOut) {
            let flow = self.flow_of(position, flow);
            let worth = money(self.base(), "Worth of what was transferred out", "flow as a positive number");
            parts.push(self.computed(worth, Operation::Negation, vec![flow]));
        }
        self.computed(label, Operation::Sum, parts)
    }

    fn purchase_node(
        &mut self,
        weighed: &Weighed<'_>,
        effect: &PurchaseEffect,
        figure: PurchaseFigure,
    ) -> usize {
        let (label, base) = (figure.label(self.base()), self.base());
        let about = About::Transaction { id: effect.transaction, date: effect.date };
        self.with_subject(Some(about), |record| {
            let mut of = |figure| record.purchase_node(weighed, effect, figure);
            match figure {
                PurchaseFigure::Cost => {
                    let lots = weighed.portfolios.iter().flatten().flat_map(|units| bought(units.position));
                    let lots = lots.filter(|lot| lot.transaction == effect.transaction);
                    let costs = lots.map(|lot| record.cost_of_lot(lot)).collect();
                    record.computed(label, Operation::Sum, costs)
                }
                PurchaseFigure::Value | PurchaseFigure::Proceeds | PurchaseFigure::Dividends => {
                    let parts = record.of_pieces(weighed, effect.transaction, figure);
                    record.computed(label, Operation::Sum, parts)
                }
                PurchaseFigure::Effect => {
                    let mut parts =
                        [PurchaseFigure::Value, PurchaseFigure::Proceeds, PurchaseFigure::Dividends]
                            .map(&mut of)
                            .to_vec();
                    let cost = of(PurchaseFigure::Cost);
                    let cost = record.computed(
                        money(base, "Deducted", "cost as a negative number"),
                        Operation::Negation,
                        vec![cost],
                    );
                    parts.push(cost);
                    record.computed(label, Operation::Sum, parts)
                }
                PurchaseFigure::Multiple => {
                    let [value, proceeds, cost] =
                        [PurchaseFigure::Value, PurchaseFigure::Proceeds, PurchaseFigure::Cost].map(&mut of);
                    let returned = money(base, "Value and proceeds", "value + proceeds");
                    let returned = record.computed(returned, Operation::Sum, vec![value, proceeds]);
                    record.computed(label, Operation::Ratio, vec![returned, cost])
                }
            }
        })
    }

    fn sale_node(&mut self, weighed: &Weighed<'_>, effect: &SaleEffect, figure: SaleEffectFigure) -> usize {
        let (label, base) = (figure.label(self.base()), self.base());
        let about = About::Transaction { id: effect.transaction, date: effect.date };
        let Some((units, sale)) = weighed.sold(effect) else {
            return self.given(label, Err(Reason::NotHeld), Source::Unknown);
        };
        self.with_subject(Some(about), |record| match figure {
            SaleEffectFigure::Proceeds => record.proceeds_of(&sale.proceeds),
            SaleEffectFigure::KeptValue => {
                let shares = record.sold_shares(units, sale);
                record.worth_of(label, units, shares)
            }
            SaleEffectFigure::DividendsMissed => {
                let shares = record.sold_shares(units, sale);
                let missed = record.missed(units, sale, shares, None);
                record.computed(label, Operation::Sum, missed.into_iter().collect())
            }
            SaleEffectFigure::Effect => {
                let deducted = money(base, "Deducted", "as a negative number");
                let proceeds = record.sale_node(weighed, effect, SaleEffectFigure::Proceeds);
                let [kept, missed] =
                    [SaleEffectFigure::KeptValue, SaleEffectFigure::DividendsMissed].map(|part| {
                        let part = record.sale_node(weighed, effect, part);
                        record.computed(deducted, Operation::Negation, vec![part])
                    });
                record.computed(label, Operation::Sum, vec![proceeds, kept, missed])
            }
        })
    }

    /// What `make` makes of all decisions, or the reason why it cannot be known.
    fn weighed(
        &mut self,
        label: Label,
        benchmark: Option<&Symbol>,
        make: impl FnOnce(&mut Self, &Weighed<'_>) -> Figure<usize>,
    ) -> usize {
        let made = self.weigh(benchmark, make);
        made.unwrap_or_else(|reason| self.given(label, Err(reason), Source::Unknown))
    }

    fn weigh(
        &mut self,
        benchmark: Option<&Symbol>,
        make: impl FnOnce(&mut Self, &Weighed<'_>) -> Figure<usize>,
    ) -> Figure<usize> {
        let (books, market) = (self.books, self.market);
        let benchmarks = match benchmark {
            Some(symbol) => vec![self.benchmark(symbol)?],
            None => Vec::new(),
        };
        let benchmarks = benchmarks.as_slice();
        let set = [books];
        let decisions = Decisions::weighed(&set, books, market, benchmarks);
        let portfolios = set.iter().map(|books| {
            books.positions().iter().map(|position| Units { position, market, books, benchmarks }).collect()
        });
        let weighed = Weighed { decisions, portfolios: portfolios.collect() };
        make(self, &weighed)
    }
}
