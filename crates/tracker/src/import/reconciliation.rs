//! What a file states that should come out, beside what the ledger comes to, with the differences explained.

mod groups;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use bellwether_domain::{
    Currency, ImportId, PortfolioId, Quantity, SplitRatio, Symbol, Transaction, TransactionDraft,
    TransactionKind,
};
use bellwether_portfolio::{Books, Market};
use bellwether_texts::{Sentence, Value};
use chrono::{NaiveDate, TimeDelta};
use rust_decimal::{Decimal, RoundingStrategy};

use self::groups::{MOST_LEDGERS, Shown, grouped, together};
use super::preview::Judged;
use super::proposals::{Proposal, account_of, cannot_be_computed, dividends, exact, inferring};
use super::stated::Stated;
use crate::compute::replay;
use crate::{Tracker, TrackerError};

/// More lines than anybody compares.
const MOST_LINES: usize = 5_000;
/// So much of a share is the rounding of a statement.
const ROUNDED_SHARES: Decimal = Decimal::from_parts(1, 0, 0, false, 3);
/// So much money is the rounding of a statement.
const ROUNDED_CASH: Decimal = Decimal::from_parts(5, 0, 0, false, 2);
/// The largest number in the ratio of a split that is guessed.
const LARGEST_RATIO: i64 = 50;

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Compared {
    /// Shares of an instrument.
    Shares(Symbol),
    /// Cash in a currency.
    Cash(Currency),
}

/// One position or balance.
#[derive(Debug, Clone, PartialEq)]
pub struct ReconciliationLine {
    /// What.
    pub of: Compared,
    /// The account, as the file names it; empty for several that the ledger does not tell apart.
    pub account: String,
    /// As of the close of this day.
    pub day: NaiveDate,
    /// What the file states; nothing where it states others of the account and not this one.
    pub stated: Decimal,
    /// What the ledger comes to.
    pub ours: Decimal,
    /// What is stated less what the ledger comes to.
    pub difference: Decimal,
    /// What may be behind a difference.
    pub explanations: Vec<Sentence>,
    /// Transactions that would remove it.
    pub proposals: Vec<Proposal>,
}

/// A file beside the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct Reconciliation {
    /// Positions and balances by account and day.
    pub lines: Vec<ReconciliationLine>,
    /// What had to be assumed.
    pub notes: Vec<Sentence>,
}

impl Reconciliation {
    /// All transactions that are proposed, each once.
    pub fn proposals(&self) -> Vec<Proposal> {
        let all = self.lines.iter().flat_map(|line| &line.proposals);
        let by_id: BTreeMap<&str, &Proposal> = all.map(|proposal| (proposal.id.as_str(), proposal)).collect();
        by_id.into_values().cloned().collect()
    }
}

impl Tracker {
    /// What the file of a draft or an import states, beside what the ledger comes to on its day; with the draft's own rows.
    ///
    /// # Errors
    /// [`TrackerError::NotFound`] when there is neither, [`TrackerError::Conflict`] when the ledger cannot be computed.
    pub async fn reconciliation(
        &self,
        portfolio: PortfolioId,
        id: ImportId,
    ) -> Result<Reconciliation, TrackerError> {
        let mut ledger = self.ledger(portfolio).await?;
        let (stated, rejected, came) = match self.draft_with_file(portfolio, id).await {
            Ok((draft, content)) => {
                let Judged { preview, candidate } = self.judge(&draft, content).await?;
                let known = self.storage().fingerprints(self.user(), portfolio).await?;
                let news = candidate.rows.into_iter().filter(|row| !known.contains(&row.fingerprint));
                ledger.extend(news.map(|row| row.transaction));
                (preview.stated(), preview.counts.error, draft.created_at)
            }
            Err(TrackerError::NotFound(_)) => {
                let (record, stated) = self.import_with_statement(portfolio, id).await?;
                (stated, record.rejected as usize, record.created_at)
            }
            Err(error) => return Err(error),
        };
        let settings = self.portfolio(portfolio).await?;
        let market = self.market_of_actions(&ledger).await?;
        let (options, today) = (inferring(&settings), self.today());
        let came = self.home_exchange().local_date(came);
        let mut notes = Vec::new();
        if rejected > 0 {
            notes.push(Sentence::new("imports.reconciled.rejected").with("rows", Value::exact(rejected)));
        }
        let (groups, more) = grouped(&stated, came, today, &mut notes);
        let of_file: BTreeSet<&str> = groups.keys().map(|(account, _)| account.as_str()).collect();
        let booked: HashSet<&str> = ledger.iter().map(|booked| booked.account.as_str()).collect();
        let (known, unknown): (BTreeSet<&str>, BTreeSet<&str>) =
            of_file.into_iter().partition(|account| !account.is_empty() && booked.contains(account));
        let known: BTreeSet<String> = known.into_iter().map(str::to_owned).collect();
        let unknown: BTreeSet<String> = unknown.into_iter().map(str::to_owned).collect();
        let groups = together(groups, &unknown, &mut notes);
        if more {
            notes.push(
                Sentence::new("imports.reconciled.most_ledgers").with("most", Value::exact(MOST_LEDGERS)),
            );
        }
        self.compute(move || {
            let mut lines = Vec::new();
            for ((account, day), shown) in groups {
                let is_known = known.contains(&account);
                let bookings: Vec<Transaction> = ledger
                    .iter()
                    .filter(|booked| {
                        if is_known { booked.account == account } else { !known.contains(&booked.account) }
                    })
                    .cloned()
                    .collect();
                let books =
                    replay(&bookings, &market, options, day).map_err(|error| cannot_be_computed(&error))?;
                let side = Side {
                    account,
                    is_known,
                    day,
                    books: &books,
                    ledger: &bookings,
                    market: &market,
                    stated: &stated,
                };
                lines.extend(side.lines(&shown));
                if lines.len() > MOST_LINES {
                    lines.truncate(MOST_LINES);
                    notes.push(
                        Sentence::new("imports.reconciled.most_lines").with("most", Value::exact(MOST_LINES)),
                    );
                    break;
                }
            }
            Ok(Reconciliation { lines, notes })
        })
        .await
    }
}

/// The ledger of an account as of a day, beside what is stated of it.
struct Side<'a> {
    account: String,
    /// Whether the ledger has that account; otherwise it is compared with all that is of no other account of the file.
    is_known: bool,
    day: NaiveDate,
    books: &'a Books,
    ledger: &'a [Transaction],
    market: &'a Market,
    stated: &'a Stated,
}

impl Side<'_> {
    fn lines(&self, shown: &Shown) -> Vec<ReconciliationLine> {
        let mut lines = Vec::new();
        if !shown.shares.is_empty() {
            let held = self.books.positions().iter().filter(|position| !position.quantity.is_zero());
            let symbols: BTreeSet<&Symbol> =
                shown.shares.keys().chain(held.map(|position| &position.symbol)).collect();
            for symbol in symbols {
                let stated = shown.shares.get(symbol).copied();
                lines.push(self.shares(symbol, stated));
            }
        }
        lines.extend(shown.cash.iter().filter_map(|(currency, stated)| self.cash(*currency, *stated)));
        lines
    }

    fn line(&self, of: Compared, stated: Decimal, ours: Decimal) -> ReconciliationLine {
        ReconciliationLine {
            of,
            account: self.account.clone(),
            day: self.day,
            stated: stated.normalize(),
            ours: ours.normalize(),
            difference: stated.saturating_sub(ours).normalize(),
            explanations: Vec::new(),
            proposals: Vec::new(),
        }
    }

    /// A draft for an account that the ledger has: that of the instrument's bookings where the file's is not one.
    fn draft(
        &self,
        kind: TransactionKind,
        date: NaiveDate,
        currency: Currency,
        symbol: Option<&Symbol>,
    ) -> TransactionDraft {
        let account = match symbol {
            _ if self.is_known => self.account.clone(),
            Some(symbol) => account_of(self.ledger, symbol),
            None => String::new(),
        };
        TransactionDraft { account, symbol: symbol.cloned(), ..TransactionDraft::new(kind, date, currency) }
    }

    fn shares(
        &self,
        symbol: &Symbol,
        told: Option<(Decimal, Option<Decimal>, Currency)>,
    ) -> ReconciliationLine {
        let position = self.books.position(symbol);
        let ours = position.map_or(Decimal::ZERO, |position| position.quantity);
        let currency = told.map(|(_, _, currency)| currency).or(position.map(|position| position.currency));
        let (stated, cost) = told.map_or((Decimal::ZERO, None), |(stated, cost, _)| (stated, cost));
        let mut line = self.line(Compared::Shares(symbol.clone()), stated, ours);
        let (difference, Some(currency)) = (line.difference, currency) else { return line };
        if difference.is_zero() {
            return line;
        }
        if difference.abs() <= ROUNDED_SHARES {
            line.explanations.push(Sentence::new("imports.reconciled.rounded_shares"));
            return line;
        }
        if let Some((ratio, day)) = self.split_between(symbol, ours, stated) {
            line.explanations.push(
                Sentence::new("imports.reconciled.split")
                    .with("new", Value::exact(ratio.new))
                    .with("old", Value::exact(ratio.old)),
            );
            if stated.abs() > ours.abs() || ratio.new < ratio.old {
                let draft = TransactionDraft {
                    ratio: Some(ratio),
                    ..self.draft(TransactionKind::Split, day, currency, Some(symbol))
                };
                line.proposals.push(Proposal::new(draft, Sentence::new("imports.reconciled.counts_split")));
                return line;
            }
        }
        let first = self.ledger.iter().filter(|booked| booked.booking.symbols().any(|of| of == symbol));
        let first = first.map(|booked| booked.date).min();
        if difference > Decimal::ZERO {
            let file_begins = self.stated.days.map(|(first, _)| first);
            let begins = first.into_iter().chain(file_begins).min().unwrap_or(self.day).min(self.day);
            let day = (begins - TimeDelta::days(1)).min(self.day);
            line.explanations.push(match first {
                None => Sentence::new("imports.reconciled.unknown").with("symbol", symbol.as_str()),
                Some(first) => Sentence::new("imports.reconciled.came")
                    .with("symbol", symbol.as_str())
                    .with("day", Value::Date(first)),
            });
            let of_lacking = cost.filter(|_| ours.is_zero()).and_then(|cost| cost.checked_div(difference));
            let draft = TransactionDraft {
                quantity: Some(countable(difference)),
                price: of_lacking.map(|price| price.round_dp(6).normalize()),
                ..self.draft(TransactionKind::TransferIn, day, currency, Some(symbol))
            };
            let reason = if of_lacking.is_some() {
                Sentence::new("imports.reconciled.lacking_at_cost")
            } else {
                Sentence::new("imports.reconciled.lacking")
            };
            line.proposals.push(Proposal::new(draft, reason));
        } else if ours > Decimal::ZERO && stated >= Decimal::ZERO {
            line.explanations.push(Sentence::new("imports.reconciled.left"));
            let draft = TransactionDraft {
                quantity: Some(countable(-difference)),
                ..self.draft(TransactionKind::TransferOut, self.day, currency, Some(symbol))
            };
            line.proposals.push(Proposal::new(draft, Sentence::new("imports.reconciled.still_held")));
        }
        line
    }

    /// A split that makes one of the quantities of the other, and its day.
    fn split_between(
        &self,
        symbol: &Symbol,
        ours: Decimal,
        stated: Decimal,
    ) -> Option<(SplitRatio, NaiveDate)> {
        let is_it = |ratio: SplitRatio| {
            let made = ours.checked_mul(ratio.new).and_then(|made| made.checked_div(ratio.old));
            let back = stated.checked_mul(ratio.new).and_then(|made| made.checked_div(ratio.old));
            made.is_some_and(|made| made.saturating_sub(stated).abs() <= ROUNDED_SHARES)
                || back.is_some_and(|back| back.saturating_sub(ours).abs() <= ROUNDED_SHARES)
        };
        if ours.is_zero() || stated.is_zero() {
            return None;
        }
        let told = self.stated.splits.iter().find(|split| split.symbol == *symbol);
        if let Some(told) = told {
            let before = stated.checked_sub(told.shares).filter(|before| !before.is_zero())?;
            let ratio = simple_ratio(stated.checked_div(before)?)?;
            return is_it(ratio).then_some((ratio, told.date));
        }
        let known = self.market.instrument(symbol).map(bellwether_portfolio::InstrumentData::splits);
        let known = known.unwrap_or_default().iter().find(|split| is_it(split.ratio));
        if let Some(split) = known {
            return Some((split.ratio, split.ex_date));
        }
        let ratio = simple_ratio(stated.checked_div(ours)?).filter(|ratio| ratio.new != ratio.old)?;
        // Any two numbers have a ratio: only those that splits usually have are taken for one.
        let is_usual = ratio.old == Decimal::ONE || ratio.new == Decimal::ONE;
        (is_usual && is_it(ratio)).then_some((ratio, self.day))
    }

    fn cash(&self, currency: Currency, stated: Decimal) -> Option<ReconciliationLine> {
        let with_inferred = self.books.cash().recorded_balance(currency).ok()?;
        let lacking: Vec<Proposal> = dividends(self.books, self.ledger)
            .into_iter()
            .filter(|proposal| proposal.transaction.currency == currency)
            .collect();
        let unrecorded: Decimal = lacking
            .iter()
            .filter_map(|proposal| proposal.transaction.amount)
            .fold(Decimal::ZERO, Decimal::saturating_add);
        let mut line = self.line(Compared::Cash(currency), stated, with_inferred.saturating_sub(unrecorded));
        let difference = line.difference;
        if difference.is_zero() {
            return Some(line);
        }
        if difference.abs() <= ROUNDED_CASH {
            line.explanations.push(Sentence::new("imports.reconciled.rounded"));
            return Some(line);
        }
        if !lacking.is_empty() && difference.saturating_sub(unrecorded).abs() <= ROUNDED_CASH {
            line.explanations.push(Sentence::new("imports.reconciled.dividends"));
            line.proposals = lacking;
            return Some(line);
        }
        if !lacking.is_empty() {
            line.explanations.push(
                Sentence::new("imports.reconciled.some_dividends")
                    .with("amount", Value::Exact(unrecorded))
                    .with("currency", currency.as_str()),
            );
        }
        let records_cash = self.ledger.iter().any(|booked| {
            matches!(
                TransactionDraft::of(booked).kind,
                TransactionKind::Deposit | TransactionKind::Withdrawal
            )
        });
        let is_small =
            difference.abs() <= Decimal::ONE_HUNDRED && difference.abs() <= stated.abs() / Decimal::from(20);
        let (kind, amount, key) = if difference < Decimal::ZERO && records_cash && is_small {
            line.explanations.push(Sentence::new("imports.reconciled.fee"));
            (TransactionKind::Fee, -difference, "imports.reconciled.as_fee")
        } else {
            line.explanations.push(if records_cash {
                Sentence::new("imports.reconciled.deposit")
            } else {
                Sentence::new("imports.reconciled.no_deposits")
            });
            if difference > Decimal::ZERO {
                (TransactionKind::Deposit, difference, "imports.reconciled.cash_lacking")
            } else {
                (TransactionKind::Withdrawal, -difference, "imports.reconciled.cash_left")
            }
        };
        let draft =
            TransactionDraft { amount: Some(exact(amount)), ..self.draft(kind, self.day, currency, None) };
        line.proposals.push(Proposal::new(draft, Sentence::new(key)));
        Some(line)
    }
}

/// A quantity that a ledger can have, no larger than what it is of: what splits leave has more decimals.
fn countable(quantity: Decimal) -> Decimal {
    quantity.round_dp_with_strategy(Quantity::DECIMALS, RoundingStrategy::ToZero).normalize()
}

/// A ratio of small whole numbers.
fn simple_ratio(factor: Decimal) -> Option<SplitRatio> {
    (1..=LARGEST_RATIO).find_map(|old| {
        let new = factor.checked_mul(Decimal::from(old))?;
        let whole = new.round();
        let is_whole = (new - whole).abs() <= Decimal::from_parts(1, 0, 0, false, 4) && whole >= Decimal::ONE;
        (is_whole && whole <= Decimal::from(LARGEST_RATIO))
            .then(|| SplitRatio::new(whole, Decimal::from(old)))?
    })
}
