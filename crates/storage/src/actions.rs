//! Splits, dividends and capital gains, by the source that reports them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bellwether_domain::{
    ActionKind, CorporateAction, InstrumentId, PriceSource, SplitRatio, epoch_day, from_epoch_day,
};
use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::columns::Amount;
use crate::connection::{AnyConnection, on_either};
use crate::prices::{SourceNumbers, source_of};
use crate::schema::{corporate_actions, instruments, price_sources};
use crate::{ROWS_PER_INSERT, Storage, StorageError};

/// Actions of one instrument as one source reports them. The symbol in each action is not looked at.
///
/// A source has at most one split, one dividend and one capital gain of an instrument for each ex-date: what it tells
/// later replaces what it told before. Amounts of one kind and day are to be added up first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionBatch {
    /// Whose actions.
    pub instrument: InstrumentId,
    /// Who reports them; its basis is what amounts per share are stated in.
    pub source: PriceSource,
    /// The actions, in any order.
    pub actions: Vec<CorporateAction>,
}

/// The actions of one instrument from one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceActions {
    /// Who reports them, and what amounts per share are stated in.
    pub source: PriceSource,
    /// The actions, ascending by ex-date.
    pub actions: Vec<CorporateAction>,
}

#[derive(Debug, Clone, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = corporate_actions, treat_none_as_default_value = false)]
struct Row {
    instrument_id: i32,
    ex_date: i32,
    kind: String,
    source_id: i32,
    ratio_new: Option<Amount>,
    ratio_old: Option<Amount>,
    amount: Option<Amount>,
    currency: Option<String>,
}

/// Instrument, ex-date, kind, source.
type RowKey = (i32, i32, String, i32);

const SPLIT: &str = "split";
const CASH_DIVIDEND: &str = "cash-dividend";
const CAPITAL_GAIN: &str = "capital-gain";

impl Row {
    fn of(instrument: InstrumentId, source_id: i32, action: &CorporateAction) -> Self {
        let bare = |kind: &str| Self {
            instrument_id: instrument.0,
            ex_date: epoch_day(action.ex_date),
            kind: kind.to_owned(),
            source_id,
            ratio_new: None,
            ratio_old: None,
            amount: None,
            currency: None,
        };
        match action.kind {
            ActionKind::Split(ratio) => {
                Self { ratio_new: Some(Amount(ratio.new)), ratio_old: Some(Amount(ratio.old)), ..bare(SPLIT) }
            }
            ActionKind::CashDividend { amount, currency } => Self {
                amount: Some(Amount(amount)),
                currency: currency.map(|currency| currency.to_string()),
                ..bare(CASH_DIVIDEND)
            },
            ActionKind::CapitalGain { amount } => Self { amount: Some(Amount(amount)), ..bare(CAPITAL_GAIN) },
        }
    }

    fn key(&self) -> RowKey {
        (self.instrument_id, self.ex_date, self.kind.clone(), self.source_id)
    }

    fn kind(&self) -> Result<ActionKind, String> {
        let amount = || self.amount.map(|amount| amount.0).ok_or_else(|| "no amount".to_owned());
        match self.kind.as_str() {
            SPLIT => {
                let (new, old) = self.ratio_new.zip(self.ratio_old).ok_or("no ratio")?;
                let ratio = SplitRatio::new(new.0, old.0)
                    .ok_or_else(|| format!("a ratio of {} to {}", new.0, old.0))?;
                Ok(ActionKind::Split(ratio))
            }
            CASH_DIVIDEND => {
                let currency = self.currency.as_deref().map(str::parse).transpose();
                Ok(ActionKind::CashDividend {
                    amount: amount()?,
                    currency: currency.map_err(|error| format!("{error}"))?,
                })
            }
            CAPITAL_GAIN => Ok(ActionKind::CapitalGain { amount: amount()? }),
            unknown => Err(format!("unknown kind {unknown}")),
        }
    }
}

/// Stores actions and raises the price version of the instruments whose actions changed. Returns those, ascending.
///
/// # Errors
/// [`StorageError::NotFound`] when an instrument is not registered, [`StorageError::Refused`] when a source tells
/// another basis than before.
pub fn upsert(
    connection: &mut AnyConnection,
    batches: &[ActionBatch],
) -> Result<Vec<InstrumentId>, StorageError> {
    let touched: BTreeSet<InstrumentId> = batches.iter().map(|batch| batch.instrument).collect();
    crate::instruments::lock(connection, &touched)?;
    let numbers = SourceNumbers::find_or_create(connection, batches.iter().map(|batch| &batch.source))?;
    let mut told: BTreeMap<RowKey, Row> = BTreeMap::new();
    for batch in batches {
        let source = numbers.of(&batch.source)?;
        for action in &batch.actions {
            let row = Row::of(batch.instrument, source, action);
            told.insert(row.key(), row);
        }
    }
    let known: Vec<Row> = corporate_actions::table
        .filter(corporate_actions::instrument_id.eq_any(touched.iter().map(|id| id.0)))
        .select(Row::as_select())
        .load(connection)?;
    for known in known {
        let key = known.key();
        if told.get(&key) == Some(&known) {
            told.remove(&key);
        }
    }

    let changed: BTreeSet<InstrumentId> = told.values().map(|row| InstrumentId(row.instrument_id)).collect();
    let rows: Vec<Row> = told.into_values().collect();
    for rows in rows.chunks(ROWS_PER_INSERT) {
        on_either!(connection, |inner| diesel::insert_into(corporate_actions::table)
            .values(rows)
            .on_conflict((
                corporate_actions::instrument_id,
                corporate_actions::ex_date,
                corporate_actions::kind,
                corporate_actions::source_id,
            ))
            .do_update()
            .set((
                corporate_actions::ratio_new.eq(excluded(corporate_actions::ratio_new)),
                corporate_actions::ratio_old.eq(excluded(corporate_actions::ratio_old)),
                corporate_actions::amount.eq(excluded(corporate_actions::amount)),
                corporate_actions::currency.eq(excluded(corporate_actions::currency)),
            ))
            .execute(inner))?;
    }
    crate::instruments::raise_price_versions(connection, &changed)?;
    Ok(changed.into_iter().collect())
}

/// The actions of instruments by source, the most trusted source first, in one query. An instrument without actions
/// is absent.
pub fn read(
    connection: &mut AnyConnection,
    of: &[InstrumentId],
) -> Result<HashMap<InstrumentId, Vec<SourceActions>>, StorageError> {
    let rows: Vec<(Row, String, String, String)> = corporate_actions::table
        .inner_join(price_sources::table)
        .inner_join(instruments::table)
        .filter(corporate_actions::instrument_id.eq_any(of.iter().map(|id| id.0)))
        .order((
            corporate_actions::instrument_id,
            corporate_actions::source_id,
            corporate_actions::ex_date,
            corporate_actions::kind.desc(),
        ))
        .select((Row::as_select(), instruments::symbol, price_sources::name, price_sources::basis))
        .load(connection)?;
    let mut found: HashMap<InstrumentId, Vec<SourceActions>> = HashMap::new();
    let series = |row: &Row| (row.instrument_id, row.source_id);
    for rows in rows.chunk_by(|one, next| series(&one.0) == series(&next.0)) {
        let Some((first, symbol, name, basis)) = rows.first() else { continue };
        let damaged =
            |reason: String| StorageError::corrupt(format!("corporate actions of {symbol}"), reason);
        let symbol: bellwether_domain::Symbol =
            symbol.parse().map_err(|error| damaged(format!("{error}")))?;
        let mut actions = Vec::with_capacity(rows.len());
        for (row, ..) in rows {
            let kind = row.kind().map_err(&damaged)?;
            actions.push(CorporateAction {
                symbol: symbol.clone(),
                ex_date: from_epoch_day(row.ex_date),
                kind,
            });
        }
        found
            .entry(InstrumentId(first.instrument_id))
            .or_default()
            .push(SourceActions { source: source_of(name, basis)?, actions });
    }
    for sources in found.values_mut() {
        sources.sort_by_key(|actions| actions.source.rank());
    }
    Ok(found)
}

impl Storage {
    /// Stores actions and raises the price version of the instruments whose actions changed. Returns those,
    /// ascending.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when an instrument is not registered, [`StorageError::Refused`] when a source tells
    /// another basis than before.
    pub async fn write_actions(&self, batches: Vec<ActionBatch>) -> Result<Vec<InstrumentId>, StorageError> {
        self.write(move |connection| upsert(connection, &batches)).await
    }

    /// The actions of instruments by source, the most trusted source first, in one query. An instrument without
    /// actions is absent.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database is.
    pub async fn read_actions(
        &self,
        of: Vec<InstrumentId>,
    ) -> Result<HashMap<InstrumentId, Vec<SourceActions>>, StorageError> {
        self.read(move |connection| read(connection, &of)).await
    }
}
