//! Costs and gains before the fees and taxes of trades.

use super::calculation::money;
use super::costs::Wanted;
use super::record::Record;
use super::{About, Content, Label, Operation, Side};
use crate::Position;
use crate::books::Sale;

impl Record<'_> {
    /// Cost of what is held: quantity times price.
    pub(super) fn cost_before_fees(&mut self, position: &Position) -> usize {
        let label = money(self.base(), "Cost before fees", "cost - fees - taxes");
        let [cost, fees, taxes] = [
            ("Cost basis", Content::Whole),
            ("Fees in the cost", Content::Fees),
            ("Taxes in the cost", Content::Taxes),
        ]
        .map(|(figure, content)| {
            let label = money(self.base(), figure, "sum over the lots");
            let of_lots = position.lots.iter().map(|lot| self.part_of_lot(lot, label, content)).collect();
            self.of_position(position, |record| record.computed(label, Operation::Sum, of_lots))
        });
        self.of_position(position, |record| {
            let node = record.without(label, [cost, fees, taxes]);
            record.checked(node, label, &position.cost().before_fees().base)
        })
    }

    fn part_of_lot(&mut self, lot: &crate::Lot, label: Label, content: Content) -> usize {
        let about = About::Transaction { id: lot.transaction, date: lot.acquired };
        self.with_subject(Some(about), |record| {
            record.cost_of(&lot.cost, Wanted { label, side: Side::Base, content })
        })
    }

    /// Gains of all sales: quantity times price, sold less bought.
    pub(super) fn realised_before_fees(&mut self, position: &Position) -> usize {
        let gains = position.sales.iter().map(|sale| self.gain_before_fees(sale)).collect();
        let label = money(self.base(), "Realised gain before fees", "sum over the sales");
        self.of_position(position, |record| record.computed(label, Operation::Sum, gains))
    }

    fn gain_before_fees(&mut self, sale: &Sale) -> usize {
        let base = self.base();
        let label = money(base, "Gain of the sale before fees", "gain - fees - taxes");
        let about = About::Transaction { id: sale.transaction, date: sale.date };
        self.with_subject(Some(about), |record| {
            let parts = [
                ("Gain of the sale", Content::Whole),
                ("Fees in the gain", Content::Fees),
                ("Taxes in the gain", Content::Taxes),
            ];
            let parts = parts.map(|(figure, content)| {
                let of = |figure| Wanted { label: money(base, figure, ""), side: Side::Base, content };
                let proceeds = record.cost_of(&sale.proceeds, of("Proceeds"));
                let cost = record.cost_of(&sale.cost, of("Cost of shares sold"));
                let label = money(base, figure, "in the proceeds - in the cost of shares sold");
                record.computed(label, Operation::Difference, vec![proceeds, cost])
            });
            let node = record.without(label, parts);
            record.checked(node, label, &sale.gain_before_fees())
        })
    }

    /// Cost of all that is held, or gains of all sales.
    pub(super) fn before_fees(&mut self, cost: bool) -> usize {
        let books = self.books;
        let parts = books.positions().iter().map(|position| {
            if cost { self.cost_before_fees(position) } else { self.realised_before_fees(position) }
        });
        let parts = parts.collect();
        let figure = if cost { "Cost before fees" } else { "Realised gain before fees" };
        let label = money(self.base(), figure, "sum over the holdings");
        self.with_subject(None, |record| record.computed(label, Operation::Sum, parts))
    }

    /// What is left without fees, then without taxes.
    fn without(&mut self, label: Label, [whole, fees, taxes]: [usize; 3]) -> usize {
        let before_tax = Label { formula: "with tax, without fees", ..label };
        let left = self.computed(before_tax, Operation::Difference, vec![whole, fees]);
        self.computed(label, Operation::Difference, vec![left, taxes])
    }

    fn of_position<T>(&mut self, position: &Position, make: impl FnOnce(&mut Self) -> T) -> T {
        self.with_subject(Some(About::Instrument(position.symbol.clone())), make)
    }
}
