//! The facts of a transaction that a row shows, and the names of its kinds.

use bellwether_domain::{Transaction, TransactionDraft, TransactionKind};
use bellwether_texts::Locale;
use rust_decimal::Decimal;

/// What a row shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) quantity: Option<Decimal>,
    /// New to old shares.
    pub(super) ratio: Option<String>,
    pub(super) price: Option<Decimal>,
    /// Before fee and tax.
    pub(super) amount: Option<Decimal>,
    /// Fee and tax together; `None` where there is neither.
    pub(super) costs: Option<Decimal>,
}

impl Facts {
    pub(super) fn of(transaction: &Transaction) -> Self {
        let draft = TransactionDraft::of(transaction);
        let product = || draft.quantity?.checked_mul(draft.price?);
        let costs = match (draft.fee, draft.tax) {
            (Some(fee), Some(tax)) => fee.checked_add(tax),
            (fee, tax) => fee.or(tax),
        };
        Self {
            quantity: draft.quantity,
            ratio: draft.ratio.map(|ratio| format!("{}:{}", ratio.new.normalize(), ratio.old.normalize())),
            price: draft.price,
            amount: draft.amount.or_else(product),
            costs: costs.filter(|costs| !costs.is_zero()),
        }
    }
}

/// A kind in the words of a locale.
pub(super) fn name_of(kind: TransactionKind, locale: Locale) -> String {
    locale.text(match kind {
        TransactionKind::Buy => "kind.buy",
        TransactionKind::Sell => "kind.sell",
        TransactionKind::Dividend => "kind.dividend",
        TransactionKind::Reinvestment => "kind.reinvestment",
        TransactionKind::Deposit => "kind.deposit",
        TransactionKind::Withdrawal => "kind.withdrawal",
        TransactionKind::Fee => "kind.fee",
        TransactionKind::Interest => "kind.interest",
        TransactionKind::Split => "kind.split",
        TransactionKind::TransferIn => "kind.transfer_in",
        TransactionKind::TransferOut => "kind.transfer_out",
        TransactionKind::SpinOff => "kind.spin_off",
        TransactionKind::Merger => "kind.merger",
        TransactionKind::TickerChange => "kind.ticker_change",
        TransactionKind::Tax => "kind.tax",
    })
}

#[cfg(test)]
mod tests {
    use bellwether_domain::{Booking, Currency, Quantity, Trade, TransactionId};

    use super::*;

    #[test]
    fn what_a_trade_came_to_is_its_shares_by_their_price_and_fee_and_tax_stand_together() {
        let number = |text: &str| text.parse::<Decimal>().expect("a number");
        let trade = Trade {
            symbol: "KO".parse().expect("a symbol"),
            quantity: Quantity::new(number("3")).expect("a quantity"),
            price: number("60.50"),
            fee: number("1.25"),
            tax: number("0.75"),
        };
        let bought = Transaction {
            id: TransactionId::new(),
            date: "2024-03-05".parse().expect("a day"),
            sequence: 1,
            booking: Booking::Buy(trade),
            currency: Currency::USD,
            fx_rate: None,
            account: String::new(),
            note: String::new(),
        };
        let facts = Facts::of(&bought);
        assert_eq!((facts.amount, facts.costs), (Some(number("181.5")), Some(number("2"))));
        assert_eq!((facts.quantity, facts.ratio), (Some(number("3")), None));
    }
}
