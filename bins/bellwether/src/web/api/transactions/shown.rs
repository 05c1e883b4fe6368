//! A transaction as programs see it.

use bellwether_tracker::{EnteredLot, EnteredTransaction, LedgerEntry};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::web::api::answer::instant;
use crate::web::api::schema::{Amount, CurrencyCode, Instant, KindName, Ticker};

/// A transaction.
#[derive(Serialize, ToSchema)]
pub(super) struct TransactionShown {
    id: Uuid,
    #[schema(value_type = KindName)]
    kind: String,
    #[schema(value_type = String, format = Date)]
    date: String,
    #[schema(value_type = Option<Ticker>)]
    symbol: Option<String>,
    #[schema(value_type = Option<Ticker>)]
    other_symbol: Option<String>,
    #[schema(value_type = Option<Amount>)]
    quantity: Option<String>,
    #[schema(value_type = Option<Amount>)]
    price: Option<String>,
    #[schema(value_type = Option<Amount>)]
    amount: Option<String>,
    #[schema(value_type = Option<Amount>)]
    fee: Option<String>,
    #[schema(value_type = Option<Amount>)]
    tax: Option<String>,
    ratio: Option<String>,
    #[schema(value_type = Option<Amount>)]
    cost_share: Option<String>,
    #[schema(value_type = Option<Amount>)]
    cash_in_lieu: Option<String>,
    lots: Vec<LotShown>,
    #[schema(value_type = Option<String>, format = Date)]
    acquired: Option<String>,
    #[schema(value_type = CurrencyCode)]
    currency: String,
    #[schema(value_type = Option<Amount>)]
    fx_rate: Option<String>,
    account: Option<String>,
    note: Option<String>,
    /// The import that it came with.
    import_id: Option<Uuid>,
    #[schema(value_type = Instant)]
    created_at: String,
}

/// A chosen lot.
#[derive(Serialize, ToSchema)]
pub(super) struct LotShown {
    opened_by: String,
    #[schema(value_type = Amount)]
    quantity: String,
}

impl TransactionShown {
    pub(super) fn of(entry: &LedgerEntry) -> Self {
        let told = |text: String| (!text.is_empty()).then_some(text);
        let entered = EnteredTransaction::of(&entry.transaction);
        let lot = |lot: EnteredLot| LotShown { opened_by: lot.opened_by, quantity: lot.quantity };
        Self {
            id: entry.transaction.id.uuid(),
            kind: entered.kind,
            date: entered.date,
            symbol: told(entered.symbol),
            other_symbol: told(entered.other_symbol),
            quantity: told(entered.quantity),
            price: told(entered.price),
            amount: told(entered.amount),
            fee: told(entered.fee),
            tax: told(entered.tax),
            ratio: told(entered.ratio),
            cost_share: told(entered.cost_share),
            cash_in_lieu: told(entered.cash_in_lieu),
            lots: entered.lots.into_iter().map(lot).collect(),
            acquired: told(entered.acquired),
            currency: entered.currency,
            fx_rate: told(entered.fx_rate),
            account: told(entered.account),
            note: told(entered.note),
            import_id: entry.import.map(bellwether_domain::ImportId::uuid),
            created_at: instant(entry.created_at),
        }
    }
}

/// The twin of a transaction that was not recorded, for its refusal.
pub(in crate::web) fn twin(entry: &LedgerEntry) -> Value {
    serde_json::to_value(TransactionShown::of(entry)).unwrap_or_default()
}
