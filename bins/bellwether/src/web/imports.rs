//! The way of a file into the ledger, step by step: choose it, say what its columns hold, look at each row, commit, undo.

pub(super) mod reconciliation;

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use bellwether_domain::{ImportId, PortfolioId, TransactionDraft, TransactionKind};
use bellwether_tracker::{
    ColumnMapping, Correction, Draft, DraftChange, ImportRecord, MappedField, MappedKind, Preview,
    PreviewRow, RowStatus, SuggestedMapping, TrackerError,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::api::imports::{status_of, uploaded};
use super::caller::Caller;
use super::methods::{READ, address, reading};
use super::pages::{Answer, failed, html, see_other};
use super::problem::Problem;
use super::view::page::{Page, Place};
use super::{MAX_UPLOAD, State};

/// Rows on a page.
const ROWS: usize = 50;

pub(super) fn routes(app: &mut web::ServiceConfig) {
    let post = |path| address(path, "POST");
    let long = || web::FormConfig::default().limit(MAX_UPLOAD / 32);
    app.service(
        address("/portfolio/{portfolio}/imports", "GET, HEAD, POST")
            .route(reading().to(history))
            .route(web::post().to(begin)),
    )
    .service(post("/import-mappings/{key}/forget").route(web::post().to(forget_mapping)))
    .service(address("/portfolio/{portfolio}/imports/{import}", READ).route(reading().to(show)))
    .service(
        post("/portfolio/{portfolio}/imports/{import}/mapping")
            .app_data(long())
            .route(web::post().to(map_columns)),
    )
    .service(
        post("/portfolio/{portfolio}/imports/{import}/row")
            .app_data(long())
            .route(web::post().to(correct_row)),
    )
    .service(
        post("/portfolio/{portfolio}/imports/{import}/symbols")
            .app_data(long())
            .route(web::post().to(choose_symbols)),
    )
    .service(post("/portfolio/{portfolio}/imports/{import}/commit").route(web::post().to(commit)))
    .service(post("/portfolio/{portfolio}/imports/{import}/discard").route(web::post().to(discard)))
    .service(post("/portfolio/{portfolio}/imports/{import}/undo").route(web::post().to(undo)))
    .configure(reconciliation::routes);
}

type Fields = web::Form<Vec<(String, String)>>;

fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

fn place_of(portfolio: PortfolioId, id: ImportId) -> String {
    format!("/portfolio/{portfolio}/imports/{id}")
}

async fn frame(state: &State, caller: &Caller, portfolio: PortfolioId, title: &str) -> Result<Page, Problem> {
    let portfolios = caller.tracker.portfolios().await?;
    if portfolios.iter().any(|known| known.id == portfolio) {
        Ok(Page::new(state, title, &portfolios, Some(portfolio), Place::Import))
    } else {
        Err(Problem::NotFound("There is no such portfolio.".to_owned()))
    }
}

/// A failure as a page.
async fn told(state: &State, caller: &Caller, problem: Problem) -> Answer {
    let portfolios = caller.tracker.portfolios().await.unwrap_or_default();
    Ok(failed(state, &portfolios, problem))
}

/// A page, or its failure as one.
async fn answered(state: &State, caller: &Caller, answer: Result<HttpResponse, Problem>) -> Answer {
    match answer {
        Ok(answer) => Ok(answer),
        Err(problem) => told(state, caller, problem).await,
    }
}

#[derive(Serialize)]
struct HistoryPage {
    page: Page,
    upload: String,
    drafts: Vec<DraftLine>,
    imports: Vec<ImportLine>,
    mappings: Vec<MappingLine>,
    proposals: String,
}

#[derive(Serialize)]
struct DraftLine {
    address: String,
    file: String,
    came: String,
    goes: String,
}

#[derive(Serialize)]
struct ImportLine {
    address: String,
    file: String,
    came: String,
    format: String,
    transactions: u32,
    known: u32,
    rejected: u32,
    undone: String,
}

impl ImportLine {
    fn of(portfolio: PortfolioId, import: &ImportRecord) -> Self {
        Self {
            address: place_of(portfolio, import.id),
            file: import.file_name.clone(),
            came: time(import.created_at),
            format: import.format.parse().map_or_else(
                |_| import.format.clone(),
                |known: bellwether_tracker::StatementFormat| known.to_string(),
            ),
            transactions: import.inserted,
            known: import.duplicates,
            rejected: import.rejected,
            undone: import.undone_at.map(time).unwrap_or_default(),
        }
    }
}

#[derive(Serialize)]
struct MappingLine {
    key: String,
    columns: String,
    used: String,
}

async fn history(state: web::Data<State>, caller: Caller, portfolio: web::Path<PortfolioId>) -> Answer {
    let answer = history_page(&state, &caller, *portfolio).await;
    answered(&state, &caller, answer).await
}

async fn history_page(
    state: &State,
    caller: &Caller,
    portfolio: PortfolioId,
) -> Result<HttpResponse, Problem> {
    let page = frame(state, caller, portfolio, "Imports").await?;
    let drafts = caller.tracker.drafts(portfolio).await?;
    let imports = caller.tracker.imports(portfolio).await?;
    let mappings = caller.tracker.import_mappings().await?;
    let page = HistoryPage {
        page,
        upload: format!("/portfolio/{portfolio}/import"),
        drafts: drafts
            .into_iter()
            .map(|draft| DraftLine {
                address: place_of(portfolio, draft.id),
                file: draft.file_name,
                came: time(draft.created_at),
                goes: time(draft.expires_at),
            })
            .collect(),
        imports: imports.iter().map(|import| ImportLine::of(portfolio, import)).collect(),
        mappings: mappings
            .into_iter()
            .map(|known| MappingLine {
                key: known.key,
                columns: known.header.join(", "),
                used: time(known.used_at),
            })
            .collect(),
        proposals: format!("/portfolio/{portfolio}/proposals"),
    };
    Ok(html(state.templates.render("imports.html", &page)?))
}

async fn begin(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    portfolio: web::Path<PortfolioId>,
    payload: web::Payload,
) -> Answer {
    let kept = async {
        let file = uploaded(&request, payload).await?;
        Ok::<_, Problem>(caller.tracker.begin_import(*portfolio, file).await?)
    };
    match kept.await {
        Ok(draft) => Ok(see_other(&place_of(*portfolio, draft.id))),
        Err(problem) => told(&state, &caller, problem).await,
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Seen {
    status: Option<String>,
    /// The place of the first row that is shown.
    from: Option<usize>,
    /// What was just done.
    said: Option<String>,
}

async fn show(
    state: web::Data<State>,
    caller: Caller,
    path: web::Path<(PortfolioId, ImportId)>,
    seen: web::Query<Seen>,
) -> Answer {
    let (portfolio, id) = path.into_inner();
    let answer = shown(&state, &caller, portfolio, id, &seen, None).await;
    answered(&state, &caller, answer).await
}

async fn shown(
    state: &State,
    caller: &Caller,
    portfolio: PortfolioId,
    id: ImportId,
    seen: &Seen,
    problem: Option<String>,
) -> Result<HttpResponse, Problem> {
    let tracker = &caller.tracker;
    let draft = match tracker.draft(portfolio, id).await {
        Err(TrackerError::NotFound(_)) => return result_page(state, caller, portfolio, id).await,
        found => found?,
    };
    let refused = problem.is_some();
    let (preview, problem) = match tracker.preview(portfolio, id).await {
        Ok(preview) => (preview, problem),
        Err(TrackerError::File(error)) => {
            (None, Some(problem.unwrap_or_else(|| format!("As it is to be read, {error}."))))
        }
        Err(error) => return Err(error.into()),
    };
    let page = frame(state, caller, portfolio, "Import").await?;
    let mut answer = if let Some(preview) = preview {
        let rows = RowsPage::of(page, &draft, &preview, seen, problem)?;
        html(state.templates.render("import-rows.html", &rows)?)
    } else {
        let guess = tracker.suggested_mapping(portfolio, id).await?;
        let columns = MappingPage::of(page, &draft, guess, problem);
        html(state.templates.render("import-mapping.html", &columns)?)
    };
    if refused {
        *answer.status_mut() = StatusCode::BAD_REQUEST;
    }
    Ok(answer)
}

#[derive(Serialize)]
struct ResultPage {
    page: Page,
    import: ImportLine,
    history: String,
    dashboard: String,
    rejects: String,
    reconciliation: String,
}

async fn result_page(
    state: &State,
    caller: &Caller,
    portfolio: PortfolioId,
    id: ImportId,
) -> Result<HttpResponse, Problem> {
    let import = caller.tracker.import_record(portfolio, id).await?;
    let page = ResultPage {
        page: frame(state, caller, portfolio, "Import").await?,
        import: ImportLine::of(portfolio, &import),
        history: format!("/portfolio/{portfolio}/imports"),
        dashboard: format!("/dashboard/{portfolio}"),
        rejects: format!("/api/v1/portfolios/{portfolio}/imports/{id}/rejects.csv"),
        reconciliation: format!("{}/reconciliation", place_of(portfolio, id)),
    };
    Ok(html(state.templates.render("import-result.html", &page)?))
}

#[derive(Serialize)]
struct RowsPage {
    page: Page,
    problem: Option<String>,
    notice: Option<&'static str>,
    address: String,
    file: String,
    format: String,
    confidence: u8,
    remembered: bool,
    mapped: bool,
    transactions: usize,
    notes: Vec<String>,
    statuses: Vec<StatusLink>,
    asked: Vec<Asked>,
    header: Vec<String>,
    rows: Vec<RowLine>,
    status: String,
    from: usize,
    first: usize,
    last: usize,
    total: usize,
    previous: Option<usize>,
    next: Option<usize>,
    rejects: Option<String>,
    reconciliation: Option<String>,
}

#[derive(Serialize)]
struct StatusLink {
    word: &'static str,
    name: &'static str,
    count: usize,
    here: bool,
}

#[derive(Serialize)]
struct Asked {
    instrument: String,
    known_as: String,
    rows: usize,
}

#[derive(Serialize)]
struct RowLine {
    place: usize,
    line: usize,
    status: &'static str,
    name: &'static str,
    cells: Vec<Cell>,
    text: String,
    reasons: Vec<String>,
    becomes: Vec<String>,
    corrected: bool,
    may_be_left_out: bool,
}

#[derive(Serialize)]
struct Cell {
    number: usize,
    name: String,
    text: String,
}

fn name_of(status: RowStatus) -> &'static str {
    match status {
        RowStatus::New => "new",
        RowStatus::Duplicate => "known already",
        RowStatus::Attention => "needs attention",
        RowStatus::Error => "cannot be used",
        RowStatus::Ignored => "no transaction",
    }
}

/// A transaction in a line.
pub(super) fn in_words(draft: &TransactionDraft) -> String {
    let mut words = vec![draft.date.to_string(), draft.kind.to_string()];
    words.extend(draft.quantity.map(|quantity| quantity.normalize().to_string()));
    words.extend(draft.symbol.as_ref().map(ToString::to_string));
    words.extend(draft.other_symbol.as_ref().map(|symbol| format!("into {symbol}")));
    words.extend(draft.ratio.map(|ratio| format!("{}:{}", ratio.new.normalize(), ratio.old.normalize())));
    words.extend(draft.price.map(|price| format!("at {price}")));
    words.extend(draft.amount.map(|amount| format!("of {amount}")));
    words.extend(draft.fee.map(|fee| format!("fee {fee}")));
    words.extend(draft.tax.map(|tax| format!("tax {tax}")));
    words.push(draft.currency.to_string());
    words.join(" ")
}

impl RowLine {
    fn of(row: PreviewRow, header: &[String], correction: Option<&Correction>) -> Self {
        let text = row.cells.join(" | ");
        let cells = header.iter().enumerate().map(|(number, name)| Cell {
            number,
            name: if name.is_empty() { format!("Column {}", number + 1) } else { name.clone() },
            text: row.cells.get(number).cloned().unwrap_or_default(),
        });
        Self {
            place: row.place,
            line: row.line,
            status: row.status.as_str(),
            name: name_of(row.status),
            cells: cells.collect(),
            text,
            reasons: row
                .reasons
                .into_iter()
                .map(|why| match why.column {
                    Some(column) => format!("{column}: {}", why.reason),
                    None => why.reason,
                })
                .collect(),
            becomes: row.transactions.iter().map(in_words).collect(),
            corrected: correction.is_some(),
            may_be_left_out: correction != Some(&Correction::LeaveOut) && row.status != RowStatus::Ignored,
        }
    }
}

impl RowsPage {
    fn of(
        page: Page,
        draft: &Draft,
        preview: &Preview,
        seen: &Seen,
        problem: Option<String>,
    ) -> Result<Self, Problem> {
        let status = status_of(seen.status.as_deref())?;
        let mut rows = preview.rows(status, seen.from.unwrap_or(0), ROWS + 1);
        let next = rows.get(ROWS).map(|row| row.place);
        rows.truncate(ROWS);
        let first = rows.first().map_or(0, |row| preview.rows_before(status, row.place));
        let before = preview.rows(status, 0, first);
        let previous = (first > 0).then(|| before.get(first.saturating_sub(ROWS)).map_or(0, |row| row.place));
        let counts = &preview.counts;
        let all: usize = RowStatus::ALL.iter().map(|status| counts.of(*status)).sum();
        let links = RowStatus::ALL.into_iter().map(|of| StatusLink {
            word: of.as_str(),
            name: name_of(of),
            count: counts.of(of),
            here: status == Some(of),
        });
        let everything = StatusLink { word: "", name: "all rows", count: all, here: status.is_none() };
        let address = place_of(draft.portfolio, draft.id);
        Ok(Self {
            page,
            problem,
            notice: match seen.said.as_deref() {
                Some("nothing-new") => {
                    Some("There is nothing new in the file that can be used. Nothing was changed.")
                }
                _ => None,
            },
            file: draft.file_name.clone(),
            format: preview.format(),
            confidence: preview.confidence(),
            remembered: draft.choices.remembered,
            mapped: draft.choices.mapping.is_some(),
            transactions: preview.transactions,
            notes: preview.notes.clone(),
            statuses: std::iter::once(everything).chain(links).collect(),
            asked: preview
                .asked
                .iter()
                .map(|asked| Asked {
                    instrument: asked.instrument.clone(),
                    known_as: asked.known_as.clone(),
                    rows: asked.rows,
                })
                .collect(),
            header: preview.header().to_vec(),
            first: first + usize::from(!rows.is_empty()),
            last: first + rows.len(),
            total: status.map_or(all, |status| counts.of(status)),
            rows: rows
                .into_iter()
                .map(|row| {
                    let correction = draft.choices.corrections.get(&row.place);
                    RowLine::of(row, preview.header(), correction)
                })
                .collect(),
            status: status.map(RowStatus::as_str).unwrap_or_default().to_owned(),
            from: seen.from.unwrap_or(0),
            previous,
            next,
            rejects: (counts.error > 0)
                .then(|| format!("/api/v1/portfolios/{}/imports/{}/rejects.csv", draft.portfolio, draft.id)),
            reconciliation: preview.can_be_reconciled().then(|| format!("{address}/reconciliation")),
            address,
        })
    }
}

#[derive(Serialize)]
struct MappingPage {
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
    fn of(page: Page, draft: &Draft, guess: Option<SuggestedMapping>, problem: Option<String>) -> Self {
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

/// Carries a change of a draft out and goes back to it; what is wrong about the change stands on its page.
async fn change(
    state: &State,
    caller: &Caller,
    (portfolio, id): (PortfolioId, ImportId),
    change: Result<DraftChange, Problem>,
    seen: &Seen,
) -> Answer {
    let carried_out = match change {
        Ok(change) => caller.tracker.change_draft(portfolio, id, None, change).await.map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    match carried_out {
        Ok(_) => {
            let status = seen.status.as_deref().unwrap_or_default();
            let from = seen.from.unwrap_or(0);
            Ok(see_other(&format!("{}?status={status}&from={from}", place_of(portfolio, id))))
        }
        Err(problem @ (Problem::BadRequest(_) | Problem::Invalid(_) | Problem::Conflict(_))) => {
            let answer = shown(state, caller, portfolio, id, seen, Some(problem.to_string())).await;
            answered(state, caller, answer).await
        }
        Err(problem) => told(state, caller, problem).await,
    }
}

async fn map_columns(
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

fn text_of<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
}

async fn correct_row(
    state: web::Data<State>,
    caller: Caller,
    path: web::Path<(PortfolioId, ImportId)>,
    form: Fields,
) -> Answer {
    let path = path.into_inner();
    if let Err(error) = caller.tracker.draft(path.0, path.1).await {
        return told(&state, &caller, error.into()).await;
    }
    let seen = Seen {
        status: text_of(&form, "status").map(str::to_owned),
        from: text_of(&form, "from").and_then(|from| from.parse().ok()),
        said: None,
    };
    let Some(place) = text_of(&form, "row").and_then(|row| row.parse::<usize>().ok()) else {
        return told(&state, &caller, Problem::BadRequest("The form names no row.".to_owned())).await;
    };
    let correction = match text_of(&form, "action") {
        Some("leave-out") => Some(Correction::LeaveOut),
        Some("restore") => None,
        _ => match corrected_cells(&caller, path, place, &form).await {
            Ok(cells) => (!cells.is_empty()).then_some(Correction::Cells(cells)),
            Err(problem) => return told(&state, &caller, problem).await,
        },
    };
    let wanted = DraftChange { corrections: [(place, correction)].into(), ..DraftChange::default() };
    change(&state, &caller, path, Ok(wanted), &seen).await
}

/// The cells of the form that say something else than the file.
async fn corrected_cells(
    caller: &Caller,
    (portfolio, id): (PortfolioId, ImportId),
    place: usize,
    form: &[(String, String)],
) -> Result<BTreeMap<usize, String>, Problem> {
    let preview = caller.tracker.preview(portfolio, id).await?;
    let row = preview.as_ref().and_then(|preview| preview.row(place));
    let row = row.ok_or_else(|| Problem::NotFound("There is no such row.".to_owned()))?;
    let draft = caller.tracker.draft(portfolio, id).await?;
    let before = match draft.choices.corrections.get(&place) {
        Some(Correction::Cells(cells)) => cells.clone(),
        _ => BTreeMap::new(),
    };
    let mut cells = before;
    for (name, text) in form {
        let Some(number) = name.strip_prefix("cell-").and_then(|number| number.parse::<usize>().ok()) else {
            continue;
        };
        if row.cells.get(number).map_or("", String::as_str) == text {
            continue;
        }
        cells.insert(number, text.clone());
    }
    Ok(cells)
}

async fn choose_symbols(
    state: web::Data<State>,
    caller: Caller,
    path: web::Path<(PortfolioId, ImportId)>,
    form: Fields,
) -> Answer {
    let mut symbols = BTreeMap::new();
    let mut instrument = None;
    let mut wrong = None;
    for (name, text) in form.iter() {
        match name.as_str() {
            "instrument" => instrument = Some(text.clone()),
            "symbol" => {
                let Some(instrument) = instrument.take().filter(|_| !text.trim().is_empty()) else {
                    continue;
                };
                match text.trim().to_uppercase().parse() {
                    Ok(symbol) => drop(symbols.insert(instrument, Some(symbol))),
                    Err(error) => wrong = Some(Problem::BadRequest(format!("{instrument}: {error}."))),
                }
            }
            _ => {}
        }
    }
    let wanted = wrong.map_or(Ok(DraftChange { symbols, ..DraftChange::default() }), Err);
    change(&state, &caller, path.into_inner(), wanted, &Seen::default()).await
}

async fn commit(state: web::Data<State>, caller: Caller, path: web::Path<(PortfolioId, ImportId)>) -> Answer {
    let (portfolio, id) = path.into_inner();
    match caller.tracker.commit_draft(portfolio, id, None).await {
        Ok(outcome) if outcome.import.is_some() => Ok(see_other(&place_of(portfolio, id))),
        Ok(_) => Ok(see_other(&format!("{}?said=nothing-new", place_of(portfolio, id)))),
        Err(TrackerError::Conflict(words)) => {
            let answer = shown(&state, &caller, portfolio, id, &Seen::default(), Some(words)).await;
            answered(&state, &caller, answer).await
        }
        Err(error) => told(&state, &caller, error.into()).await,
    }
}

async fn discard(
    state: web::Data<State>,
    caller: Caller,
    path: web::Path<(PortfolioId, ImportId)>,
) -> Answer {
    let (portfolio, id) = path.into_inner();
    match caller.tracker.discard_draft(portfolio, id, None).await {
        Ok(()) => Ok(see_other(&format!("/portfolio/{portfolio}/imports"))),
        Err(error) => told(&state, &caller, error.into()).await,
    }
}

async fn undo(state: web::Data<State>, caller: Caller, path: web::Path<(PortfolioId, ImportId)>) -> Answer {
    let (portfolio, id) = path.into_inner();
    match caller.tracker.undo_import(portfolio, id).await {
        Ok(_) => Ok(see_other(&place_of(portfolio, id))),
        Err(error) => told(&state, &caller, error.into()).await,
    }
}

async fn forget_mapping(state: web::Data<State>, caller: Caller, key: web::Path<String>) -> Answer {
    match caller.tracker.forget_import_mapping(&key).await {
        Ok(()) => Ok(see_other("/portfolio/import-csv")),
        Err(error) => told(&state, &caller, error.into()).await,
    }
}
