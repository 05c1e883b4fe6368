//! Rows of a statement that together are one transaction: a dividend and what it bought or what was withheld from it.

use std::collections::{HashMap, VecDeque};

use bellwether_domain::{Symbol, TransactionDraft, TransactionKind};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{IgnoredRow, Row, Verdict};

/// What an instrument did on a day in one account.
type Holding = (NaiveDate, Symbol, String);

fn holding(draft: &TransactionDraft) -> Option<Holding> {
    Some((draft.date, draft.symbol.clone()?, draft.account.clone()))
}

/// Joins each reinvestment with the dividend that paid for it: of the same account, day, instrument and amount after tax.
/// What was a dividend and a purchase for the same money is then one transaction. `reinvested` are the lines of purchases from
/// dividends, rising; those without their dividend stay purchases.
pub(crate) fn join_reinvestments(rows: &mut [Row], reinvested: &[usize]) {
    let mut dividends: HashMap<(Holding, Decimal), VecDeque<usize>> = HashMap::new();
    for (index, row) in rows.iter().enumerate() {
        if let Verdict::Transaction(draft) = &row.verdict
            && draft.kind == TransactionKind::Dividend
            && let Some((holding, received)) = holding(draft).zip(received(draft))
        {
            dividends.entry((holding, received.normalize())).or_default().push_back(index);
        }
    }
    for index in 0..rows.len() {
        let Verdict::Transaction(purchase) = &rows[index].verdict else { continue };
        let from_dividend = reinvested.binary_search(&rows[index].line).is_ok();
        let (Some(holding), true) = (holding(purchase), from_dividend) else { continue };
        let Some(spent) = cost_of(purchase) else { continue };
        let paid_for_it = dividends.get_mut(&(holding, spent.normalize()));
        let Some(dividend) = paid_for_it.and_then(VecDeque::pop_front) else { continue };
        let Some(paid) = rows[dividend].verdict.drafts().first().cloned() else { continue };
        let line = rows[index].line;
        if let Verdict::Transaction(purchase) = &mut rows[index].verdict {
            if purchase.price.is_none() {
                // What the draft's amount says from now on is the dividend.
                purchase.price = purchase.amount.zip(purchase.quantity).and_then(|(amount, quantity)| {
                    amount.checked_div(quantity).map(|price| price.round_dp(18))
                });
            }
            purchase.kind = TransactionKind::Reinvestment;
            purchase.amount = paid.amount;
            purchase.tax = paid.tax;
        }
        rows[dividend].verdict = Verdict::Ignored(IgnoredRow::PartOf { line });
    }
}

/// What a purchase took from the cash.
fn cost_of(purchase: &TransactionDraft) -> Option<Decimal> {
    let gross = match (purchase.price, purchase.amount) {
        (Some(price), _) => price.checked_mul(purchase.quantity?)?,
        (None, amount) => amount?,
    };
    gross.checked_add(purchase.fee.unwrap_or_default())?.checked_add(purchase.tax.unwrap_or_default())
}

/// What a dividend brought.
fn received(dividend: &TransactionDraft) -> Option<Decimal> {
    dividend
        .amount?
        .checked_sub(dividend.fee.unwrap_or_default())?
        .checked_sub(dividend.tax.unwrap_or_default())
}

/// Puts a tax that was withheld into the dividend of its account, day and instrument; where there is none it stays a tax.
/// `withheld` are the lines of such taxes, rising.
pub(crate) fn join_withheld(rows: &mut [Row], withheld: &[usize]) {
    let mut dividends: HashMap<Holding, usize> = HashMap::new();
    for (index, row) in rows.iter().enumerate() {
        if let Verdict::Transaction(draft) = &row.verdict
            && draft.kind == TransactionKind::Dividend
            && let Some(holding) = holding(draft)
        {
            dividends.entry(holding).or_insert(index);
        }
    }
    for index in 0..rows.len() {
        let Verdict::Transaction(tax) = &rows[index].verdict else { continue };
        let (TransactionKind::Tax, Some(holding), Some(amount)) = (tax.kind, holding(tax), tax.amount) else {
            continue;
        };
        let Some(dividend) = dividends.get(&holding).copied() else { continue };
        if withheld.binary_search(&rows[index].line).is_err() {
            continue;
        }
        let line = rows[dividend].line;
        let Verdict::Transaction(paid) = &mut rows[dividend].verdict else { continue };
        let sum = paid.tax.unwrap_or_default().checked_add(amount);
        let Some(sum) = sum.filter(|sum| *sum >= Decimal::ZERO) else { continue };
        paid.tax = Some(sum).filter(|sum| !sum.is_zero());
        rows[index].verdict = Verdict::Ignored(IgnoredRow::PartOf { line });
    }
}
