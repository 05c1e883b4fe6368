//! Changes and their records in words: what was done, and how it was before and after.

use bellwether_domain::{Transaction, TransactionDraft};
use bellwether_texts::{Locale, Sentence, Value as Said};
use bellwether_tracker::{
    AuditAction, AuditRecord, AuditSubject, ChangePart, ChangeShown, EnteredTransaction, kind_words,
};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;

use crate::web::imports::form_words;

/// A fact before and after.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct FactRow {
    pub(super) name: String,
    pub(super) before: String,
    pub(super) after: String,
    pub(super) is_amount: bool,
}

/// What a change did.
pub(in crate::web::ledger) fn of_change(change: &ChangeShown, locale: Locale) -> String {
    let words = change.only.as_ref().and_then(|record| of_record(record, locale));
    words.unwrap_or_else(|| {
        let parts: Vec<String> = change.parts.iter().map(|part| of_part(part, locale)).collect();
        parts.join(", ")
    })
}

fn of_part(part: &ChangePart, locale: Locale) -> String {
    use AuditAction::{Changed, Created, Deleted};
    let key = match (part.subject, part.action) {
        (AuditSubject::Transaction, Created) => "activity.transactions_added",
        (AuditSubject::Transaction, Changed) => "activity.transactions_changed",
        (AuditSubject::Transaction, Deleted) => "activity.transactions_deleted",
        (AuditSubject::Portfolio, Created) => "activity.portfolios_added",
        (AuditSubject::Portfolio, Changed) => "activity.portfolios_changed",
        (AuditSubject::Portfolio, Deleted) => "activity.portfolios_deleted",
        (AuditSubject::Import, Created) => "activity.imports_added",
        (AuditSubject::Import, Changed) => "activity.imports_changed",
        (AuditSubject::Import, Deleted) => "activity.imports_deleted",
        (AuditSubject::TargetAllocation, Created) => "activity.targets_added",
        (AuditSubject::TargetAllocation, Changed) => "activity.targets_changed",
        (AuditSubject::TargetAllocation, Deleted) => "activity.targets_deleted",
        (AuditSubject::Index, Created) => "activity.indices_added",
        (AuditSubject::Index, Changed) => "activity.indices_changed",
        (AuditSubject::Index, Deleted) => "activity.indices_deleted",
    };
    locale.say(&Sentence::new(key).with("count", part.count))
}

/// What a record tells, by what it is about.
pub(super) fn of_record(record: &AuditRecord, locale: Locale) -> Option<String> {
    let side = record.after.as_ref().or(record.before.as_ref())?;
    let what = match record.subject {
        AuditSubject::Transaction => {
            transaction(&serde_json::from_value(side.get("transaction")?.clone()).ok()?, locale)
        }
        AuditSubject::Portfolio => named("activity.portfolio", side.get("name")?.as_str()?, locale),
        AuditSubject::Import => named("activity.import", side.get("file_name")?.as_str()?, locale),
        AuditSubject::TargetAllocation => locale.text("activity.targets"),
        AuditSubject::Index => named("activity.index", side.get("name")?.as_str()?, locale),
    };
    let key = match record.action {
        AuditAction::Created => "activity.added",
        AuditAction::Changed => "activity.changed",
        AuditAction::Deleted => "activity.deleted",
    };
    Some(locale.say(&Sentence::new(key).with("what", what)))
}

fn named(key: &'static str, name: &str, locale: Locale) -> String {
    locale.say(&Sentence::new(key).with("name", name))
}

/// `Buy of 10 KO on 5 Mar 2024`
fn transaction(transaction: &Transaction, locale: Locale) -> String {
    let draft = TransactionDraft::of(transaction);
    let kind = crate::web::imports::capital(&locale.say(&kind_words(draft.kind)));
    let size = match (draft.quantity, draft.amount) {
        (Some(quantity), _) => Some(locale.quantity(quantity)),
        (None, Some(amount)) => Some(locale.money(amount, draft.currency)),
        (None, None) => None,
    };
    let of: Vec<String> = size.into_iter().chain(draft.symbol.map(|symbol| symbol.to_string())).collect();
    let key = if of.is_empty() { "activity.transaction_alone" } else { "activity.transaction" };
    let words = Sentence::new(key).with("kind", kind).with("of", of.join(" ")).with("day", draft.date);
    locale.say(&words)
}

/// How it was before a record and how since: what differs.
pub(super) fn facts(record: &AuditRecord, locale: Locale) -> Vec<FactRow> {
    let side = |side: &Option<Value>| match (side, record.subject) {
        (None, _) => Vec::new(),
        (Some(side), AuditSubject::Transaction) => {
            let read = side.get("transaction").cloned().and_then(|inner| serde_json::from_value(inner).ok());
            read.map_or_else(Vec::new, |transaction| facts_of(&transaction))
        }
        (Some(side), _) => {
            let mut facts = Vec::new();
            flatten("", side, &mut facts);
            facts
        }
    };
    let (before, after) = (side(&record.before), side(&record.after));
    let of = |facts: &[(String, String)], name: &str| {
        facts.iter().find(|(known, _)| known == name).map(|(_, told)| told.clone()).unwrap_or_default()
    };
    let mut names: Vec<&String> = Vec::new();
    for (name, _) in before.iter().chain(&after) {
        if !names.contains(&name) && !UNTOLD.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names
        .into_iter()
        .map(|name| (name, of(&before, name), of(&after, name)))
        .filter(|(_, before, after)| before != after)
        .map(|(name, before, after)| FactRow {
            name: fact_name(name, locale),
            before: value_words(name, &before, locale),
            after: value_words(name, &after, locale),
            is_amount: AMOUNTS.contains(&name.as_str()),
        })
        .collect()
}

/// What says nothing to people.
const UNTOLD: [&str; 8] =
    ["id", "user", "portfolio", "ledger_version", "sha256", "stated", "created_at", "demo"];
/// What is hidden with amounts.
const AMOUNTS: [&str; 6] = ["quantity", "price", "amount", "fee", "tax", "cash_in_lieu"];

/// The names of facts by those that programs know.
const NAMES: [(&str, &str); 32] = [
    ("kind", "activity.fact.kind"),
    ("date", "activity.fact.date"),
    ("symbol", "activity.fact.symbol"),
    ("other_symbol", "activity.fact.other_symbol"),
    ("quantity", "activity.fact.quantity"),
    ("price", "activity.fact.price"),
    ("amount", "activity.fact.amount"),
    ("fee", "activity.fact.fee"),
    ("tax", "activity.fact.tax"),
    ("ratio", "activity.fact.ratio"),
    ("cost_share", "activity.fact.cost_share"),
    ("cash_in_lieu", "activity.fact.cash_in_lieu"),
    ("acquired", "activity.fact.acquired"),
    ("currency", "activity.fact.currency"),
    ("fx_rate", "activity.fact.exchange_rate"),
    ("account", "activity.fact.account"),
    ("note", "activity.fact.note"),
    ("name", "activity.fact.name"),
    ("description", "activity.fact.description"),
    ("base_currency", "activity.fact.base_currency"),
    ("cost_method", "activity.fact.cost_method"),
    ("dividends", "activity.fact.dividends"),
    ("benchmarks", "activity.fact.benchmarks"),
    ("file_name", "activity.fact.file"),
    ("undone_at", "activity.fact.undone"),
    ("lots", "activity.fact.lots"),
    ("format", "activity.fact.format"),
    ("inserted", "activity.fact.inserted"),
    ("duplicates", "activity.fact.duplicates"),
    ("rejected", "activity.fact.rejected"),
    ("since", "activity.fact.since"),
    ("rebalancing", "activity.fact.rebalancing"),
];

/// Values by the words that programs know.
const VALUES: [(&str, &str, &str); 7] = [
    ("cost_method", "fifo", "activity.value.fifo"),
    ("cost_method", "lifo", "activity.value.lifo"),
    ("cost_method", "highest-cost", "activity.value.highest_cost"),
    ("cost_method", "average", "activity.value.average"),
    ("dividends", "infer", "activity.value.infer"),
    ("dividends", "recorded-only", "activity.value.recorded_only"),
    ("format", "proposals", "imports.form.proposals"),
];

fn fact_name(name: &str, locale: Locale) -> String {
    // The weights of targets and of indices are by symbol.
    if let Some(symbol) = name.strip_prefix("weights ").or_else(|| name.strip_prefix("components ")) {
        return locale.say(&Sentence::new("activity.fact.weight").with("symbol", symbol));
    }
    let known = NAMES.iter().find(|(known, _)| *known == name);
    known.map_or_else(|| name.replace('_', " "), |(_, key)| locale.text(key))
}

/// A value as people write it; words as they are.
fn value_words(name: &str, text: &str, locale: Locale) -> String {
    if name == "kind"
        && let Ok(kind) = text.parse()
    {
        return locale.say(&kind_words(kind));
    }
    let known = VALUES.iter().find(|(of, word, _)| *of == name && *word == text);
    if let Some((_, _, key)) = known {
        return locale.text(key);
    }
    if name == "format" {
        return text.parse().map_or_else(|_| text.to_owned(), |form| form_words(form, locale));
    }
    if ["account", "note", "name", "description", "file_name", "symbol", "other_symbol"].contains(&name) {
        return text.to_owned();
    }
    if let Ok(day) = text.parse::<NaiveDate>() {
        return locale.day(day);
    }
    match text.parse::<Decimal>() {
        Ok(number) => locale.say(&Sentence::new("activity.number").with("number", Said::Number(number, 12))),
        Err(_) => text.to_owned(),
    }
}

/// A transaction as it was entered: field by field.
fn facts_of(transaction: &Transaction) -> Vec<(String, String)> {
    let entered = EnteredTransaction::of(transaction);
    let lots: Vec<&str> = entered.lots.iter().map(|lot| lot.quantity.as_str()).collect();
    let fields = [
        ("kind", entered.kind),
        ("date", entered.date),
        ("symbol", entered.symbol),
        ("other_symbol", entered.other_symbol),
        ("quantity", entered.quantity),
        ("price", entered.price),
        ("amount", entered.amount),
        ("fee", entered.fee),
        ("tax", entered.tax),
        ("ratio", entered.ratio),
        ("cost_share", entered.cost_share),
        ("cash_in_lieu", entered.cash_in_lieu),
        ("lots", lots.join(" + ")),
        ("acquired", entered.acquired),
        ("currency", entered.currency),
        ("fx_rate", entered.fx_rate),
        ("account", entered.account),
        ("note", entered.note),
    ];
    let told = fields.into_iter().filter(|(_, value)| !value.is_empty());
    told.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The facts of a record by their names.
fn flatten(name: &str, value: &Value, facts: &mut Vec<(String, String)>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let name = if name.is_empty() { key.clone() } else { format!("{name} {key}") };
                flatten(&name, value, facts);
            }
        }
        Value::Null => {}
        Value::String(text) => facts.push((name.to_owned(), text.clone())),
        Value::Array(values) if values.iter().all(Value::is_string) => {
            let words: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
            facts.push((name.to_owned(), words.join(", ")));
        }
        other => facts.push((name.to_owned(), other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_tracker::AuditAction;
    use chrono::DateTime;
    use serde_json::json;

    fn renamed() -> AuditRecord {
        AuditRecord {
            id: 7,
            portfolio: None,
            user: None,
            at: DateTime::UNIX_EPOCH,
            action: AuditAction::Changed,
            subject: AuditSubject::Portfolio,
            subject_id: uuid::Uuid::nil(),
            before: Some(
                json!({"name": "Old", "base_currency": "USD", "ledger_version": 3, "benchmarks": ["VOO"]}),
            ),
            after: Some(
                json!({"name": "New", "base_currency": "USD", "ledger_version": 4, "benchmarks": ["VOO", "QQQ"]}),
            ),
            change: None,
        }
    }

    #[test]
    fn only_what_differs_is_told_and_no_version() {
        let told = facts(&renamed(), Locale::english());
        let told: Vec<_> = told.iter().map(|fact| (&*fact.name, &*fact.before, &*fact.after)).collect();
        assert_eq!(told, [("Benchmarks", "VOO", "VOO, QQQ"), ("Name", "Old", "New")]);
    }

    #[test]
    fn the_facts_of_a_record_are_named_in_the_readers_language() {
        let told = |subject, after: Value| {
            let record = AuditRecord { subject, before: None, after: Some(after), ..renamed() };
            let told = facts(&record, Locale::accepted("de"));
            told.into_iter().map(|fact| format!("{}: {}", fact.name, fact.after)).collect::<Vec<_>>()
        };
        let of_import = json!({
            "file_name": "x.csv", "format": "plain-transactions", "inserted": 2, "duplicates": 0, "rejected": 1
        });
        assert_eq!(
            told(AuditSubject::Import, of_import),
            [
                "Schon bekannt: 0",
                "Datei: x.csv",
                "Form: Tabelle mit Buchungen",
                "Importiert: 2",
                "Abgelehnt: 1"
            ]
        );
        let of_targets = json!({"since": "2026-11-20", "weights": {"KO": "0.5"}});
        assert_eq!(
            told(AuditSubject::TargetAllocation, of_targets),
            ["Seit: 20.11.2026", "Gewicht von KO: 0,5"]
        );
        let of_portfolio = json!({"cost_method": "average", "demo": true, "dividends": "recorded-only"});
        assert_eq!(
            told(AuditSubject::Portfolio, of_portfolio),
            ["Einstandsmethode: gleitender Durchschnitt", "Ungebuchte Dividenden: weggelassen"]
        );
    }

    #[test]
    fn a_record_is_told_in_the_readers_language() {
        assert_eq!(of_record(&renamed(), Locale::english()).as_deref(), Some("Portfolio New changed"));
        assert_eq!(of_record(&renamed(), Locale::accepted("de")).as_deref(), Some("Depot New geändert"));
    }
}
