//! What the entries of American brokers mean, whatever each of them calls it: one table of rows with a word for the entry,
//! a symbol, words, quantity, price, fees, and the amount by which the cash changed.

use bellwether_domain::{Currency, Symbol, TransactionDraft, TransactionKind};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::american_symbol::american_symbol;
use super::broker::{BrokerRow, BrokerTable, Spelling, fill_trade};
use super::joining::{join_reinvestments, join_withheld};
use super::mergers::{Leg, Legs};
use crate::header::Document;
use crate::ticker::is_no_ticker;
use crate::verdict::shortened;
use crate::{IgnoredRow, ReadOptions, Reason, StatedSplit, Statement, UnreadableFile, Verdict};

/// Which column holds what.
pub(super) struct Fields<F: 'static> {
    /// The day that counts.
    pub(super) date: F,
    /// The words that say what the row is.
    pub(super) entry: F,
    pub(super) symbol: F,
    pub(super) description: F,
    pub(super) quantity: F,
    pub(super) price: F,
    pub(super) fees: &'static [F],
    /// What the row did to the cash, after fees; negative when paid.
    pub(super) amount: F,
    /// The name or number of the account.
    pub(super) account: Option<F>,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    /// A purchase or sale.
    Trade(TransactionKind),
    /// A purchase from a dividend of the same day.
    Reinvestment,
    Dividend,
    /// A tax that is withheld from a dividend, negative in the file.
    Withheld,
    /// A fee, negative in the file; of an instrument where the row names one.
    Fee,
    /// Interest, positive when received.
    Interest,
    /// Cash from or to outside, by its sign.
    Cash,
    /// Shares or cash from or to another account, by their signs.
    Transfer,
    /// The same, out of the account whatever the signs.
    TransferOut,
    /// The shares that a split brought or took.
    SplitShares,
    /// A part of a merger.
    Merger,
    /// Shares that become others of the same fund, for no cash.
    Conversion,
    /// An event of which the file tells too little.
    Untold(TransactionKind, &'static str),
    /// Something that a ledger of shares and cash cannot hold.
    Unsupported(&'static str),
    /// Moves neither shares nor cash of the account as a whole.
    NoEffect(&'static str),
    /// Not known of the broker.
    Unknown,
}

impl Entry {
    pub(super) const OPTIONS: Self = Self::Unsupported("options");
    pub(super) const CANCELLED: Self =
        Self::Unsupported("the cancellation of an entry, which stands in the file as well,");
    pub(super) const SPIN_OFF: Self = Self::Untold(
        TransactionKind::SpinOff,
        "whose spin-off it is, for how many shares, and which part of the cost moves",
    );
    pub(super) const STOCK_DIVIDEND: Self =
        Self::Untold(TransactionKind::Split, "how many shares the dividend in shares brings for each share");
    pub(super) const CASH_IN_LIEU: Self =
        Self::Untold(TransactionKind::Split, "which split, spin-off or merger the cash in lieu belongs to");
    pub(super) const TICKER_CHANGE: Self =
        Self::Untold(TransactionKind::TickerChange, "which symbol became which");
}

/// How a broker's table is read.
pub(super) struct Reading<F: 'static> {
    pub(super) fields: Fields<F>,
    /// What the row's words mean.
    pub(super) entry: fn(&BrokerRow<'_, F>) -> Entry,
    /// The part of the date's cell that is the day that counts.
    pub(super) date: fn(&str) -> &str,
    /// The symbol, where it is not as it stands in its column.
    pub(super) symbol: fn(&BrokerRow<'_, F>) -> Option<Result<Symbol, Reason>>,
}

impl<F: Copy + PartialEq> Reading<F> {
    /// Reads the table into the statement, and joins the rows that together are one transaction.
    pub(super) fn read(
        &self,
        table: &BrokerTable<'_, F>,
        document: &Document<'_>,
        statement: &mut Statement,
        options: &ReadOptions,
    ) -> Result<(), UnreadableFile> {
        let mut events = Events::default();
        let spelling = (Spelling::AMERICAN, self.fields.date);
        table.read(document, statement, spelling, options, |row| self.verdict(row, &mut events))?;
        events.join(statement, options.today);
        Ok(())
    }

    /// The verdict on a row, as far as it can be told alone.
    pub(super) fn verdict(&self, row: &mut BrokerRow<'_, F>, events: &mut Events) -> Verdict {
        use TransactionKind::{Buy, Deposit, Dividend, Fee, Interest, Tax, Withdrawal};
        row.currency = Currency::USD;
        let entry = (self.entry)(row);
        let date = match row.given(self.fields.date) {
            Some(cell) => row.date_in(self.fields.date, (self.date)(cell)),
            None => row.date(self.fields.date),
        };
        match entry {
            Entry::Trade(kind) => self.trade(row, kind, date),
            Entry::Reinvestment => {
                events.reinvested.push(row.line());
                self.trade(row, Buy, date)
            }
            Entry::Dividend => self.of_instrument(row, Dividend, date, Decimal::ONE),
            Entry::Withheld if is_no_ticker(row.text(self.fields.symbol)) => {
                self.cash(row, Tax, date, Decimal::NEGATIVE_ONE)
            }
            Entry::Withheld => {
                events.withheld.push(row.line());
                self.of_instrument(row, Tax, date, Decimal::NEGATIVE_ONE)
            }
            Entry::Fee if is_no_ticker(row.text(self.fields.symbol)) => {
                self.cash(row, Fee, date, Decimal::NEGATIVE_ONE)
            }
            Entry::Fee => self.of_instrument(row, Fee, date, Decimal::NEGATIVE_ONE),
            Entry::Interest => self.cash(row, Interest, date, Decimal::ONE),
            Entry::Cash if self.amount_is_negative(row) => {
                self.cash(row, Withdrawal, date, Decimal::NEGATIVE_ONE)
            }
            Entry::Cash => self.cash(row, Deposit, date, Decimal::ONE),
            Entry::Transfer => self.transfer(row, date, false),
            Entry::TransferOut => self.transfer(row, date, true),
            Entry::SplitShares => self.split_shares(row, date, events),
            Entry::Merger => {
                let cash = row.number(self.fields.amount);
                self.merger_leg(row, date, cash, events)
            }
            Entry::Conversion => self.merger_leg(row, date, None, events),
            Entry::Untold(kind, what) => row.rejected(self.fields.entry, Reason::Untold { kind, what }),
            Entry::Unsupported(what) => row.rejected(self.fields.entry, Reason::Unsupported { what }),
            Entry::NoEffect(why) => Verdict::Ignored(IgnoredRow::WithoutEffect(why)),
            Entry::Unknown => {
                let reason = match row.given(self.fields.entry) {
                    Some(text) => Reason::UnknownEntry { text: shortened(text) },
                    None => Reason::Missing { field: "the word that says what the row is" },
                };
                row.rejected(self.fields.entry, reason)
            }
        }
    }

    fn symbol(&self, row: &mut BrokerRow<'_, F>) -> Option<Symbol> {
        match (self.symbol)(row) {
            Some(read) => read.map_err(|reason| row.problem(self.fields.symbol, reason)).ok(),
            None => row.american_symbol(self.fields.symbol),
        }
    }

    fn amount_is_negative(&self, row: &mut BrokerRow<'_, F>) -> bool {
        row.number(self.fields.amount).is_some_and(|amount| amount.is_sign_negative())
    }

    fn trade(&self, row: &mut BrokerRow<'_, F>, kind: TransactionKind, date: NaiveDate) -> Verdict {
        let mut draft = self.draft(row, kind, date);
        draft.symbol = self.symbol(row);
        let (price, amount) = (row.number(self.fields.price), row.number(self.fields.amount));
        let fees = self.fees(row);
        match self.shares(row) {
            Some(quantity) => fill_trade(&mut draft, quantity, price, amount, fees),
            None => row.problem(self.fields.quantity, Reason::Missing { field: "the quantity" }),
        }
        row.is(vec![draft])
    }

    /// What was paid in fees, whichever sign the file gives it.
    fn fees(&self, row: &mut BrokerRow<'_, F>) -> Option<Decimal> {
        let mut sum: Option<Decimal> = None;
        for field in self.fields.fees {
            if let Some(fee) = row.number(*field) {
                sum = Some(sum.unwrap_or_default().saturating_add(fee.abs()));
            }
        }
        sum
    }

    fn draft(&self, row: &BrokerRow<'_, F>, kind: TransactionKind, date: NaiveDate) -> TransactionDraft {
        let mut draft = row.draft(kind, date);
        draft.account = self.account(row);
        draft
    }

    fn account(&self, row: &BrokerRow<'_, F>) -> String {
        self.fields.account.map(|account| row.words(account)).unwrap_or_default()
    }

    fn cash_draft(
        &self,
        row: &mut BrokerRow<'_, F>,
        kind: TransactionKind,
        date: NaiveDate,
        sign: Decimal,
    ) -> TransactionDraft {
        let mut draft = self.draft(row, kind, date);
        draft.amount = row.number(self.fields.amount).map(|amount| amount * sign);
        draft.note = row.words(self.fields.description);
        draft
    }

    fn cash(
        &self,
        row: &mut BrokerRow<'_, F>,
        kind: TransactionKind,
        date: NaiveDate,
        sign: Decimal,
    ) -> Verdict {
        let draft = self.cash_draft(row, kind, date, sign);
        row.is(vec![draft])
    }

    fn of_instrument(
        &self,
        row: &mut BrokerRow<'_, F>,
        kind: TransactionKind,
        date: NaiveDate,
        sign: Decimal,
    ) -> Verdict {
        let mut draft = self.cash_draft(row, kind, date, sign);
        draft.symbol = self.symbol(row);
        row.is(vec![draft])
    }

    /// Shares with their sign: negative too where an `S` follows the number. `None` when there are none.
    fn shares(&self, row: &mut BrokerRow<'_, F>) -> Option<Decimal> {
        let cell = row.given(self.fields.quantity)?;
        let shares = match cell.strip_suffix(['S', 's']) {
            Some(left) => -row.number_in(self.fields.quantity, left).abs(),
            None => row.number_in(self.fields.quantity, cell),
        };
        Some(shares).filter(|shares| !shares.is_zero())
    }

    fn transfer(&self, row: &mut BrokerRow<'_, F>, date: NaiveDate, out: bool) -> Verdict {
        use TransactionKind::{Deposit, TransferIn, TransferOut, Withdrawal};
        let Some(shares) = self.shares(row) else {
            if out || self.amount_is_negative(row) {
                let sign = if self.amount_is_negative(row) { Decimal::NEGATIVE_ONE } else { Decimal::ONE };
                return self.cash(row, Withdrawal, date, sign);
            }
            return self.cash(row, Deposit, date, Decimal::ONE);
        };
        let leaves = out || shares.is_sign_negative();
        let mut draft = self.draft(row, if leaves { TransferOut } else { TransferIn }, date);
        draft.symbol = self.symbol(row);
        draft.quantity = Some(shares.abs());
        if !leaves {
            draft.price = row.number(self.fields.price).filter(|price| !price.is_zero());
        }
        draft.note = row.words(self.fields.description);
        row.is(vec![draft])
    }

    fn split_shares(&self, row: &mut BrokerRow<'_, F>, date: NaiveDate, events: &mut Events) -> Verdict {
        let shares = self.shares(row);
        if row.problems.is_empty()
            && matches!(american_symbol(row.text(self.fields.symbol)), Err(Reason::Unsupported { .. }))
        {
            // The old shares of a reverse split, which have lost their symbol.
            return Verdict::Ignored(IgnoredRow::SplitShares);
        }
        let symbol = self.symbol(row);
        match (shares, symbol) {
            (None, _) => row.rejected(self.fields.quantity, Reason::Missing { field: "the quantity" }),
            (Some(shares), Some(symbol)) if row.problems.is_empty() => {
                events.splits.push(StatedSplit { line: row.line(), symbol, date, shares });
                Verdict::Ignored(IgnoredRow::SplitShares)
            }
            _ => row.is(Vec::new()),
        }
    }

    fn merger_leg(
        &self,
        row: &mut BrokerRow<'_, F>,
        date: NaiveDate,
        cash: Option<Decimal>,
        events: &mut Events,
    ) -> Verdict {
        let symbol = self.symbol(row);
        let shares = self.shares(row).unwrap_or_default();
        match symbol {
            Some(symbol) if row.problems.is_empty() => {
                let cash = cash.unwrap_or_default();
                let leg = Leg { line: row.line(), symbol, shares, cash, currency: row.currency };
                events.mergers.leg(date, self.account(row), leg)
            }
            _ => row.is(Vec::new()),
        }
    }
}

/// What of the rows has to be looked at together.
#[derive(Debug, Default)]
pub(super) struct Events {
    mergers: Legs,
    splits: Vec<StatedSplit>,
    /// Lines of purchases from dividends, rising.
    reinvested: Vec<usize>,
    /// Lines of taxes on dividends, rising.
    withheld: Vec<usize>,
}

impl Events {
    /// Joins what the rows of a statement told together.
    pub(super) fn join(self, statement: &mut Statement, today: NaiveDate) {
        self.mergers.join(&mut statement.rows, today);
        join_withheld(&mut statement.rows, &self.withheld);
        join_reinvestments(&mut statement.rows, &self.reinvested);
        statement.splits.extend(self.splits);
    }
}

/// The ticker in the last parentheses that hold one: `DIVIDEND RECEIVED APPLE INC (AAPL) (Cash)`.
pub(super) fn symbol_in_parentheses(text: &str) -> Option<&str> {
    text.rsplit('(').find_map(|part| {
        let (inside, _) = part.split_once(')')?;
        let ticker = !inside.is_empty()
            && inside.len() <= 6
            && inside.bytes().all(|b| b.is_ascii_uppercase() || matches!(b, b'.' | b'/'));
        ticker.then_some(inside)
    })
}
