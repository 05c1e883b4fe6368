//! What the columns of a table hold, where the program does not know its form.

use actix_web::web;
use bellwether_domain::{ImportId, PortfolioId, TransactionKind};
use bellwether_texts::{Locale, Sentence, Value};
use bellwether_tracker::{
    ColumnMapping, Draft, DraftChange, MappedField, MappedKind, SuggestedMapping, kind_words,
};
use serde::Serialize;

use super::choices::change;
use super::rows::capital;
use super::{Fields, Seen, place_of};
use crate::web::State;
use crate::web::caller::Caller;
use crate::web::pages::Answer;
use crate::web::problem::Problem;
use crate::web::view::page::Page;
use crate::web::view::refusal::Said;

#[derive(Serialize)]
pub(super) struct MappingPage {
    page: Page,
    problem: Option<Said>,
    address: String,
    file: String,
    columns: Vec<String>,
    fields: Vec<FieldLine>,
    words: Vec<WordLine>,
    kinds: Vec<KindLine>,
    /// What is chosen where the file leaves doubt.
    kind: String,
    signs: String,
    dates: String,
    decimals: String,
}

#[derive(Serialize)]
struct FieldLine {
    word: String,
    name: String,
    chosen: String,
    is_needed: bool,
}

#[derive(Serialize)]
struct WordLine {
    word: String,
    kind: String,
}

#[derive(Serialize)]
struct KindLine {
    word: &'static str,
    name: String,
}

const FIELDS: [(MappedField, &str); 14] = [
    (MappedField::Date, "imports.field.date"),
    (MappedField::Kind, "imports.field.kind"),
    (MappedField::Symbol, "imports.field.symbol"),
    (MappedField::Quantity, "imports.field.quantity"),
    (MappedField::Price, "imports.field.price"),
    (MappedField::Amount, "imports.field.amount"),
    (MappedField::NetAmount, "imports.field.net_amount"),
    (MappedField::Fee, "imports.field.fee"),
    (MappedField::Tax, "imports.field.tax"),
    (MappedField::Currency, "imports.field.currency"),
    (MappedField::Account, "imports.field.account"),
    (MappedField::Note, "imports.field.note"),
    (MappedField::Ratio, "imports.field.ratio"),
    (MappedField::OtherSymbol, "imports.field.other_symbol"),
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
        seen: &Seen,
        problem: Option<Said>,
        locale: Locale,
    ) -> Self {
        let (header, suggested, kind_words_of_file) = match guess {
            Some(guess) => (guess.header, guess.mapping, guess.kind_words),
            None => (Vec::new(), ColumnMapping::default(), Vec::new()),
        };
        let chosen = seen.mapping.clone().or_else(|| draft.choices.mapping.clone());
        let mapping = chosen.unwrap_or(suggested);
        let column = |field| mapping.columns.get(&field).and_then(|names| names.first()).cloned();
        let words = kind_words_of_file.into_iter().map(|(word, usual)| {
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
                .map(|(field, key)| FieldLine {
                    word: word_of(&field),
                    name: locale.text(key),
                    chosen: column(field).unwrap_or_default(),
                    is_needed: field == MappedField::Date,
                })
                .collect(),
            words: words.collect(),
            kinds: TransactionKind::ALL
                .iter()
                .map(|kind| KindLine { word: kind.as_str(), name: capital(&locale.say(&kind_words(*kind))) })
                .collect(),
            kind: mapping.kind.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
            signs: word_of(&mapping.signs),
            dates: word_of(&mapping.dates),
            decimals: word_of(&mapping.decimals),
        }
    }
}

/// What the columns hold, as the form says.
fn mapping_of(fields: &[(String, String)]) -> Result<(ColumnMapping, bool), Problem> {
    let mut mapping = ColumnMapping::default();
    let mut remember = false;
    let mut word = None;
    let unknown = |name: &'static str, text: &str| {
        let choice = Sentence::new("refused.asked.no_choice");
        Problem::bad_request(choice.with("text", Value::quoted(text)).with("name", Sentence::new(name)))
    };
    for (name, text) in fields.iter().filter(|(_, text)| !text.is_empty()) {
        if let Some(field) = name.strip_prefix("column-") {
            let known = FIELDS.iter().find(|(known, _)| word_of(known) == field);
            let (field, _) = known.ok_or_else(|| unknown("refused.choice.column", field))?;
            mapping.columns.entry(*field).or_default().push(text.clone());
            continue;
        }
        let json = serde_json::Value::String(text.clone());
        match name.as_str() {
            "word" => word = Some(text.clone()),
            "means" => {
                let word = word.take().ok_or_else(|| unknown("refused.choice.word", text))?;
                let means = if text == "leave-out" {
                    MappedKind::LeaveOut
                } else {
                    MappedKind::Kind(text.parse().map_err(|_no_kind| unknown("refused.choice.word", text))?)
                };
                mapping.kinds.insert(word, means);
            }
            "kind" => {
                mapping.kind = Some(text.parse().map_err(|_no_kind| unknown("refused.choice.kind", text))?);
            }
            "signs" => {
                mapping.signs =
                    serde_json::from_value(json).map_err(|_no_rule| unknown("refused.choice.signs", text))?;
            }
            "dates" => {
                mapping.dates = serde_json::from_value(json)
                    .map_err(|_no_order| unknown("refused.choice.dates", text))?;
            }
            "decimals" => {
                mapping.decimals = serde_json::from_value(json)
                    .map_err(|_no_mark| unknown("refused.choice.decimals", text))?;
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
    let mut seen = Seen::default();
    // Another mapping is chosen by taking back the one that is used.
    let wanted = if form.iter().any(|(name, _)| name == "again") {
        Ok(DraftChange { mapping: Some(None), ..DraftChange::default() })
    } else {
        mapping_of(&form).map(|(mapping, remember)| {
            seen.mapping = Some(mapping.clone());
            DraftChange { mapping: Some(Some(mapping)), remember, ..DraftChange::default() }
        })
    };
    change(&state, &caller, path.into_inner(), wanted, &seen).await
}
