//! A part of a ledger: what somebody looks for, in an order, from a place on.

use bellwether_domain::{PortfolioId, Symbol, TransactionId, TransactionKind, UserId, epoch_day};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};

use super::LedgerEntry;
use super::read::entries_of;
use super::row::Row;
use crate::columns::{Key, micros};
use crate::connection::AnyConnection;
use crate::schema::{instruments, transactions};
use crate::{Storage, StorageError, portfolios};

diesel::define_sql_function! {
    /// Small letters.
    fn lower(text: Text) -> Text;
}

diesel::define_sql_function! {
    /// Small letters, where there are any.
    #[sql_name = "lower"]
    fn lower_where_there(text: Nullable<Text>) -> Nullable<Text>;
}

/// Where transactions came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// From a file.
    Import,
    /// Entered one by one.
    Manual,
}

/// In which order transactions are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LedgerOrder {
    /// The latest day first.
    #[default]
    Newest,
    /// The earliest day first.
    Oldest,
    /// What was entered last first.
    LastEntered,
    /// What was entered first first.
    FirstEntered,
    /// By symbol, and of each the earliest day first; what has none comes last.
    Symbol,
    /// The other way round.
    SymbolBackwards,
}

/// The place of a transaction in an order; it need not be there any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerPlace {
    /// Its instrument; `None` where it has none.
    pub symbol: Option<Symbol>,
    /// Its day.
    pub date: NaiveDate,
    /// Its place within the day.
    pub sequence: i64,
    /// When it was entered.
    pub created_at: DateTime<Utc>,
    /// Its identifier.
    pub id: TransactionId,
}

impl LedgerPlace {
    /// The place of an entry.
    pub fn of(entry: &LedgerEntry) -> Self {
        let LedgerEntry { transaction, created_at, .. } = entry;
        Self {
            symbol: transaction.booking.symbol().cloned(),
            date: transaction.date,
            sequence: transaction.sequence,
            created_at: *created_at,
            id: transaction.id,
        }
    }
}

/// What somebody looks for; all of it where nothing is said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LedgerFilter {
    /// Of this instrument, whichever of two it is.
    pub symbol: Option<Symbol>,
    /// Of this kind.
    pub kind: Option<TransactionKind>,
    /// Not before this day.
    pub from: Option<NaiveDate>,
    /// Not after this day.
    pub to: Option<NaiveDate>,
    /// With these words in the note, the symbol or the instrument's name.
    pub text: Option<String>,
    /// From there.
    pub origin: Option<Origin>,
    /// In this account.
    pub account: Option<String>,
}

/// A part of the ledger of a user's portfolio: at most `limit`, after a place where one is given.
///
/// # Errors
/// [`StorageError::NotFound`] when there is no such portfolio or it is somebody else's.
pub fn search(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    filter: &LedgerFilter,
    order: LedgerOrder,
    after: Option<LedgerPlace>,
    limit: i64,
) -> Result<Vec<LedgerEntry>, StorageError> {
    match order {
        LedgerOrder::Symbol | LedgerOrder::SymbolBackwards => {
            by_symbol(connection, user, portfolio, filter, order, after, limit)
        }
        _ => {
            portfolios::version(connection, user, portfolio)?;
            part(connection, portfolio, filter, order, &Of::All, after, limit)
        }
    }
}

/// Transactions of which instruments.
enum Of {
    All,
    None,
    One(i32),
    These(Vec<i32>),
}

/// As [`search`], by symbol: instrument after instrument, so that only as much is read as the part needs.
fn by_symbol(
    connection: &mut AnyConnection,
    user: UserId,
    portfolio: PortfolioId,
    filter: &LedgerFilter,
    order: LedgerOrder,
    after: Option<LedgerPlace>,
    limit: i64,
) -> Result<Vec<LedgerEntry>, StorageError> {
    let known = crate::instruments::of_portfolio(connection, user, portfolio)?;
    let mut rest: Vec<Option<(i32, Symbol)>> =
        known.into_iter().map(|instrument| Some((instrument.id.0, instrument.symbol))).collect();
    rest.push(None);
    let key = |symbol: Option<&Symbol>| (symbol.is_none(), symbol.map(|symbol| symbol.as_str().to_owned()));
    rest.sort_by_cached_key(|one| key(one.as_ref().map(|(_, symbol)| symbol)));
    let of_one = if order == LedgerOrder::Symbol {
        LedgerOrder::Oldest
    } else {
        rest.reverse();
        LedgerOrder::Newest
    };
    let mut found = Vec::new();
    if let Some(place) = after {
        let reached = key(place.symbol.as_ref());
        let is_before = |one: &Option<(i32, Symbol)>| {
            let key = key(one.as_ref().map(|(_, symbol)| symbol));
            if order == LedgerOrder::Symbol { key < reached } else { key > reached }
        };
        rest.drain(..rest.iter().take_while(|one| is_before(one)).count());
        // Of the symbol that the part before ended with there may be more.
        if rest.first().is_some_and(|one| one.as_ref().map(|(_, symbol)| symbol) == place.symbol.as_ref()) {
            let of = rest.remove(0).map_or(Of::None, |(number, _)| Of::One(number));
            found = part(connection, portfolio, filter, of_one, &of, Some(place), limit)?;
        }
    }
    let (mut at, mut width) = (0, 1);
    loop {
        let wanted = limit.saturating_sub(i64::try_from(found.len()).unwrap_or(i64::MAX));
        let Some(first) = rest.get(at).filter(|_| wanted > 0) else { return Ok(found) };
        let numbers: Vec<i32> = rest
            .iter()
            .skip(at)
            .take(width)
            .map_while(|one| one.as_ref().map(|(number, _)| *number))
            .collect();
        at += numbers.len().max(1);
        // Where most have nothing of what is looked for, it does not take a question for each.
        if !numbers.is_empty() {
            width *= 2;
        }
        let (of, order) = match (first, numbers.len()) {
            (None, _) => (Of::None, of_one),
            (Some((number, _)), 1) => (Of::One(*number), of_one),
            _ => (Of::These(numbers), order),
        };
        found.extend(part(connection, portfolio, filter, order, &of, None, wanted)?);
    }
}

/// Symbols in the order of their letters' numbers, whatever language the database is told to sort in.
fn symbols_in_order(connection: &AnyConnection) -> SqlLiteral<Nullable<Text>> {
    sql(match connection {
        AnyConnection::Sqlite(_) => "instruments.symbol",
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) => "instruments.symbol COLLATE \"C\"",
    })
}

/// A part of a ledger, of some instruments; one that is by symbol begins at the beginning.
fn part(
    connection: &mut AnyConnection,
    portfolio: PortfolioId,
    filter: &LedgerFilter,
    order: LedgerOrder,
    of: &Of,
    after: Option<LedgerPlace>,
    limit: i64,
) -> Result<Vec<LedgerEntry>, StorageError> {
    let mut query = transactions::table
        .left_join(instruments::table)
        .filter(transactions::portfolio_id.eq(Key(portfolio.uuid())))
        .select((Row::as_select(), instruments::symbol.nullable()))
        .into_boxed();
    match of {
        Of::All => {}
        Of::None => query = query.filter(transactions::instrument_id.is_null()),
        Of::One(number) => query = query.filter(transactions::instrument_id.eq(*number)),
        Of::These(numbers) => {
            query = query.filter(transactions::instrument_id.eq_any(numbers.clone()));
        }
    }
    if let Some(symbol) = &filter.symbol {
        let known = crate::instruments::by_symbols(connection, std::slice::from_ref(symbol))?;
        let Some(instrument) = known.get(symbol) else { return Ok(Vec::new()) };
        let number = instrument.id.0;
        query = query
            .filter(transactions::instrument_id.eq(number).or(transactions::other_instrument_id.eq(number)));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(transactions::kind.eq(kind.as_str()));
    }
    if let Some(from) = filter.from {
        query = query.filter(transactions::trade_date.ge(epoch_day(from)));
    }
    if let Some(to) = filter.to {
        query = query.filter(transactions::trade_date.le(epoch_day(to)));
    }
    if let Some(account) = &filter.account {
        query = query.filter(transactions::account.eq(account.clone()));
    }
    match filter.origin {
        Some(Origin::Import) => query = query.filter(transactions::import_id.is_not_null()),
        Some(Origin::Manual) => query = query.filter(transactions::import_id.is_null()),
        None => {}
    }
    if let Some(text) = &filter.text {
        let pattern = containing(text);
        let small = pattern.to_lowercase();
        let in_symbol = instruments::symbol.nullable().like(pattern.to_ascii_uppercase()).escape('!');
        // One back end compares without regard to case by itself, in the letters of ASCII.
        let in_note = transactions::note.like(pattern).escape('!');
        let in_small = lower(transactions::note).like(small.clone()).escape('!');
        let in_name = lower_where_there(instruments::name.nullable()).like(small).escape('!');
        query = query.filter(in_note.or(in_small).nullable().or(in_symbol).or(in_name));
    }
    if let Some(place) = after {
        let (day, at, id) = (epoch_day(place.date), micros(place.created_at), Key(place.id.uuid()));
        let (date, sequence) = (transactions::trade_date, transactions::sequence);
        let entered = transactions::created_at;
        query = match order {
            LedgerOrder::Newest | LedgerOrder::SymbolBackwards => {
                query.filter(date.lt(day).or(date.eq(day).and(
                    sequence.lt(place.sequence).or(sequence.eq(place.sequence).and(transactions::id.lt(id))),
                )))
            }
            LedgerOrder::Oldest | LedgerOrder::Symbol => query.filter(date.gt(day).or(date.eq(day).and(
                sequence.gt(place.sequence).or(sequence.eq(place.sequence).and(transactions::id.gt(id))),
            ))),
            LedgerOrder::LastEntered => {
                query.filter(entered.lt(at).or(entered.eq(at).and(transactions::id.lt(id))))
            }
            LedgerOrder::FirstEntered => {
                query.filter(entered.gt(at).or(entered.eq(at).and(transactions::id.gt(id))))
            }
        };
    }
    query = match order {
        LedgerOrder::Newest => query.order((
            transactions::trade_date.desc(),
            transactions::sequence.desc(),
            transactions::id.desc(),
        )),
        LedgerOrder::Oldest => {
            query.order((transactions::trade_date, transactions::sequence, transactions::id))
        }
        LedgerOrder::LastEntered => query.order((transactions::created_at.desc(), transactions::id.desc())),
        LedgerOrder::FirstEntered => query.order((transactions::created_at, transactions::id)),
        LedgerOrder::Symbol => query.order((
            symbols_in_order(connection),
            transactions::trade_date,
            transactions::sequence,
            transactions::id,
        )),
        LedgerOrder::SymbolBackwards => query.order((
            symbols_in_order(connection).desc(),
            transactions::trade_date.desc(),
            transactions::sequence.desc(),
            transactions::id.desc(),
        )),
    };
    let rows: Vec<(Row, Option<String>)> = query.limit(limit).load(connection)?;
    entries_of(connection, rows)
}

/// The pattern of texts with these words in them, `!` before what means something in patterns.
fn containing(words: &str) -> String {
    let mut pattern = String::with_capacity(words.len() + 2);
    pattern.push('%');
    for c in words.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

impl Storage {
    /// A part of the ledger of a user's portfolio.
    ///
    /// # Errors
    /// As [`search`].
    pub async fn ledger_page(
        &self,
        user: UserId,
        portfolio: PortfolioId,
        filter: LedgerFilter,
        order: LedgerOrder,
        after: Option<LedgerPlace>,
        limit: i64,
    ) -> Result<Vec<LedgerEntry>, StorageError> {
        self.snapshot(move |connection| search(connection, user, portfolio, &filter, order, after, limit))
            .await
    }
}
