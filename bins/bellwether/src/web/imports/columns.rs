//! What the columns of a table hold, where the program does not know its form.

use actix_web::web;
use bellwether_domain::{ImportId, PortfolioId, TransactionKind};
use bellwether_tracker::{ColumnMapping, Draft, DraftChange, MappedField, MappedKind, SuggestedMapping};
use serde::Serialize;

use super::choices::change;
use super::{Fields, Seen, place_of};
use crate::web::State;
use crate::web::caller::Caller;
use crate::web::pages::Answer;
use crate::web::problem::Problem;
use crate::web::view::page::Page;

#[derive(Serialize)]
pub(super) struct MappingPage {
    page: Page,
    problem: Option<String>,
    address: String,
    file: String,
    columns: Vec<String>,
    fields: Vec<FieldLine>,
    words: Vec<WordLine>,
    kinds: Vec<&'static str>,
}

#[derive(Serialize)]
struct FieldLine {
    word: String,
    name: &'static str,
    chosen: String,
}

#[derive(Serialize)]
struct WordLine {
    word: String,
    kind: String,
}

const FIELDS: [(MappedField, &str); 14] = [
    (MappedField::Date, "Date (needed)"),
    (MappedField::Kind, "Kind of transaction"),
    (MappedField::Symbol, "Ticker"),
    (MappedField::Quantity, "Number of shares"),
    (MappedField::Price, "Price of a share"),
    (MappedField::Amount, "Amount before fee and tax"),
    (MappedField::NetAmount, "Amount after fee and tax"),
    (MappedField::Fee, "Fee"),
    (MappedField::Tax, "Tax"),
    (MappedField::Currency, "Currency"),
    (MappedField::Account, "Account"),
    (MappedField::Note, "Note"),
    (MappedField::Ratio, "Ratio of a split"),
    (MappedField::OtherSymbol, "Ticker that comes out of an event"),
];

/// The word of a field or rule, as it is stored.
fn word_of(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

impl MappingPage {
    pub(super) fn of(
        page: Page,
        draft: &Draft,
        guess: Option<SuggestedMapping>,
        problem: Option<String>,
    ) -> Self {
        let (header, suggested, kind_words) = match guess {
            Some(guess) => (guess.header, guess.mapping, guess.kind_words),
            None => (Vec::new(), ColumnMapping::default(), Vec::new()),
        };
        let mapping = draft.choices.mapping.clone().unwrap_or(suggested);
        let chosen = |field| mapping.columns.get(&field).and_then(|names| names.first()).cloned();
        let words = kind_words.into_iter().map(|(word, usual)| {
            let kind = match mapping.kinds.get(&word) {
                Some(MappedKind::Kind(kind)) => kind.as_str().to_owned(),
                Some(MappedKind::LeaveOut) => "leave-out".to_owned(),
                None => usual.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
            };
            WordLine { word, kind }
        });
        Self {
            page,
            problem,
            address: place_of(draft.portfolio, draft.id),
            file: draft.file_name.clone(),
            columns: header.into_iter().filter(|name| !name.is_empty()).collect(),
            fields: FIELDS
                .into_iter()
                .map(|(field, name)| FieldLine {
                    word: word_of(&field),
                    name,
                    chosen: chosen(field).unwrap_or_default(),
                })
                .collect(),
            words: words.collect(),
            kinds: TransactionKind::ALL.iter().map(|kind| kind.as_str()).collect(),
        }
    }
}

/// What the columns hold, as the form says.
fn mapping_of(fields: &[(String, String)]) -> Result<(ColumnMapping, bool), Problem> {
    let mut mapping = ColumnMapping::default();
    let mut remember = false;
    let mut word = None;
    let unknown = |name: &str, text: &str| Problem::BadRequest(format!("{text:?} is no choice for {name}."));
    for (name, text) in fields.iter().filter(|(_, text)| !text.is_empty()) {
        if let Some(field) = name.strip_prefix("column-") {
            let known = FIELDS.iter().find(|(known, _)| word_of(known) == field);
            let (field, _) = known.ok_or_else(|| unknown("a column", field))?;
            mapping.columns.entry(*field).or_default().push(text.clone());
            continue;
        }
        let json = serde_json::Value::String(text.clone());
        match name.as_str() {
            "word" => word = Some(text.clone()),
            "means" => {
                let word = word.take().ok_or_else(|| unknown("a word", text))?;
                let means = if text == "leave-out" {
                    MappedKind::LeaveOut
                } else {
                    MappedKind::Kind(text.parse().map_err(|_no_kind| unknown("a word", text))?)
                };
                mapping.kinds.insert(word, means);
            }
            "kind" => mapping.kind = Some(text.parse().map_err(|_no_kind| unknown(name, text))?),
            "signs" => {
                mapping.signs = serde_json::from_value(json).map_err(|_no_rule| unknown(name, text))?;
            }
            "dates" => {
                mapping.dates = serde_json::from_value(json).map_err(|_no_order| unknown(name, text))?;
            }
            "decimals" => {
                mapping.decimals = serde_json::from_value(json).map_err(|_no_mark| unknown(name, text))?;
            }
            "remember" => remember = true,
            _ => {}
        }
    }
    Ok((mapping, remember))
}

pub(super) async fn map_columns(
    state: web::Data<State>,
    caller: Caller,
    path: web::Path<(PortfolioId, ImportId)>,
    form: Fields,
) -> Answer {
    // Another mapping is chosen by taking back the one that is used.
    let wanted = if form.iter().any(|(name, _)| name == "again") {
        Ok(DraftChange { mapping: Some(None), ..DraftChange::default() })
    } else {
        mapping_of(&form).map(|(mapping, remember)| DraftChange {
            mapping: Some(Some(mapping)),
            remember,
            ..DraftChange::default()
        })
    };
    change(&state, &caller, path.into_inner(), wanted, &Seen::default()).await
}
