//! A file on its way into a ledger as programs see it.

use std::collections::BTreeMap;

use bellwether_domain::{Currency, ImportId, Symbol};
use bellwether_tracker::{
    ColumnMapping, Detected, Draft, ImportRecord, Preview, PreviewCounts, StatementFormat, Tracker,
    TrackerError,
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::web::api::conditions::Tag;
use crate::web::problem::Problem;

/// A file, before or after it came into the ledger.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct Import {
    #[schema(value_type = uuid::Uuid)]
    pub(super) id: ImportId,
    /// Whether it waits, is in the ledger, or was taken back.
    state: ImportState,
    file_name: String,
    /// The form that it is read in; null as long as nobody can tell.
    format: Option<String>,
    created_at: DateTime<Utc>,
    /// When a draft goes by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    undone_at: Option<DateTime<Utc>>,
    /// How many transactions came into the ledger, or would.
    transactions: u32,
    /// What a draft waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    draft: Option<DraftState>,
    /// What became of the rows of an import.
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<ImportedRows>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ImportState {
    Draft,
    Committed,
    Undone,
}

/// What became of the rows of an import.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct ImportedRows {
    imported: u32,
    already_there: u32,
    rejected: u32,
}

/// How a draft is read, and what it would do.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct DraftState {
    /// Whether somebody has to say what the columns hold.
    needs_mapping: bool,
    /// The forms that the file may have, the surest first.
    #[schema(value_type = Vec<Object>)]
    detected: Vec<Detected>,
    /// The mapping that is used, or null.
    #[schema(value_type = Option<Object>)]
    mapping: Option<ColumnMapping>,
    /// Whether the mapping was remembered from an earlier file.
    remembered: bool,
    /// A guess at the mapping, where one is needed.
    suggestion: Option<Suggestion>,
    /// The currency of rows that name none; null for the portfolio's.
    #[schema(value_type = Option<String>)]
    currency: Option<Currency>,
    /// The symbols that were chosen.
    #[schema(value_type = BTreeMap<String, String>)]
    symbols: BTreeMap<String, Symbol>,
    /// The places of the rows that were corrected.
    corrected: Vec<usize>,
    /// What the rows are; null as long as a mapping is needed.
    preview: Option<PreviewState>,
}

/// A guess at what the columns hold.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct Suggestion {
    header: Vec<String>,
    #[schema(value_type = Object)]
    mapping: ColumnMapping,
    /// How sure that is, in per cent.
    confidence: u8,
    /// The words in the column of kinds with what each usually means.
    #[schema(value_type = Vec<Object>)]
    kind_words: Vec<Value>,
}

/// What a draft would do to the ledger.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct PreviewState {
    confidence: u8,
    header: Vec<String>,
    counts: Counts,
    notes: Vec<String>,
    /// Instruments whose symbols have to be chosen.
    #[schema(value_type = Vec<Object>)]
    which_symbol: Vec<Value>,
    /// Whether the file states positions or cash to compare with.
    can_be_reconciled: bool,
}

/// How many rows have each status.
#[derive(Serialize, ToSchema)]
pub(in crate::web) struct Counts {
    new: usize,
    duplicate: usize,
    attention: usize,
    error: usize,
    ignored: usize,
}

impl From<PreviewCounts> for Counts {
    fn from(counts: PreviewCounts) -> Self {
        let PreviewCounts { new, duplicate, attention, error, ignored } = counts;
        Self { new, duplicate, attention, error, ignored }
    }
}

impl Import {
    pub(super) fn of_record(record: ImportRecord) -> Self {
        Self {
            id: record.id,
            state: if record.undone_at.is_some() { ImportState::Undone } else { ImportState::Committed },
            file_name: record.file_name,
            format: Some(record.format),
            created_at: record.created_at,
            expires_at: None,
            undone_at: record.undone_at,
            transactions: record.inserted,
            draft: None,
            rows: Some(ImportedRows {
                imported: record.inserted,
                already_there: record.duplicates,
                rejected: record.rejected,
            }),
        }
    }

    pub(super) fn of_draft(draft: &Draft) -> Self {
        let surest = draft.choices.format.or(draft.choices.detected.first().map(|found| found.format));
        let mapped = draft.choices.mapping.is_some().then_some(StatementFormat::Mapped);
        Self {
            id: draft.id,
            state: ImportState::Draft,
            file_name: draft.file_name.clone(),
            format: mapped.or(surest).map(|format| format.as_str().to_owned()),
            created_at: draft.created_at,
            expires_at: Some(draft.expires_at),
            undone_at: None,
            transactions: 0,
            draft: None,
            rows: None,
        }
    }

    pub(super) async fn of_draft_in_full(tracker: &Tracker, draft: Draft) -> Result<Self, TrackerError> {
        let (portfolio, id) = (draft.portfolio, draft.id);
        let preview = tracker.preview(portfolio, id).await?;
        let needs_mapping = preview.is_none();
        let suggestion = if needs_mapping { tracker.suggested_mapping(portfolio, id).await? } else { None };
        let mut import = Self::of_draft(&draft);
        let transactions = preview.as_ref().map_or(0, |preview| preview.transactions);
        import.transactions = u32::try_from(transactions).unwrap_or(u32::MAX);
        import.draft = Some(DraftState {
            needs_mapping,
            detected: draft.choices.detected,
            mapping: draft.choices.mapping,
            remembered: draft.choices.remembered,
            suggestion: suggestion.map(|guess| Suggestion {
                header: guess.header,
                mapping: guess.mapping,
                confidence: guess.confidence,
                kind_words: guess
                    .kind_words
                    .into_iter()
                    .map(|(word, kind)| json!({ "word": word, "kind": kind }))
                    .collect(),
            }),
            currency: draft.choices.currency,
            symbols: draft.choices.symbols,
            corrected: draft.choices.corrections.into_keys().collect(),
            preview: preview.as_deref().map(PreviewState::of),
        });
        Ok(import)
    }
}

impl PreviewState {
    fn of(preview: &Preview) -> Self {
        Self {
            confidence: preview.confidence(),
            header: preview.header().to_vec(),
            counts: preview.counts.into(),
            notes: preview.notes.clone(),
            which_symbol: preview
                .asked
                .iter()
                .map(|asked| {
                    json!({ "instrument": asked.instrument, "known_as": asked.known_as, "rows": asked.rows })
                })
                .collect(),
            can_be_reconciled: preview.can_be_reconciled(),
        }
    }
}

pub(super) fn tag(import: &Import) -> Result<Tag, Problem> {
    let bytes = serde_json::to_vec(import).map_err(|error| {
        tracing::error!(%error, "answer.not_written");
        Problem::Internal
    })?;
    Ok(Tag::of_bytes(&bytes))
}
