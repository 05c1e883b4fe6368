//! Transactions for people: in a table, or one with all that is told of it.

use std::io::Write;

use bellwether_domain::Currency;
use bellwether_texts::Locale;
use rust_decimal::Decimal;
use serde_json::Value;

use super::{Side, Table, plain, text};
use crate::failure::Failure;

/// A table of transactions.
pub(super) fn table() -> Table<13> {
    Table::new([
        ("Date", Side::Left),
        ("Kind", Side::Left),
        ("Symbol", Side::Left),
        ("Quantity", Side::Right),
        ("Price", Side::Right),
        ("Amount", Side::Right),
        ("Fee", Side::Right),
        ("Tax", Side::Right),
        ("Currency", Side::Left),
        ("Ratio", Side::Right),
        ("Into", Side::Left),
        ("Note", Side::Left),
        ("ID", Side::Left),
    ])
}

/// Its row.
pub(super) fn shown(told: &Value) -> [String; 13] {
    let of = |key: &str| text(told, key).to_owned();
    let currency: Currency = text(told, "currency").parse().unwrap_or(Currency::USD);
    let figure = |key: &str, spelled: &dyn Fn(Decimal) -> String| {
        text(told, key).parse().map_or_else(|_| of(key), |figure: Decimal| spelled(figure))
    };
    let money = |key: &str| figure(key, &|amount| Locale::english().price(amount, currency));
    [
        of("date"),
        of("kind"),
        of("symbol"),
        figure("quantity", &|quantity| Locale::english().quantity(quantity)),
        money("price"),
        money("amount"),
        money("fee"),
        money("tax"),
        of("currency"),
        of("ratio"),
        of("other_symbol"),
        of("note"),
        of("id"),
    ]
}

/// The facts that are told, in the order in which somebody looks for them, with every digit.
pub(super) fn tell(told: &Value) -> Result<(), Failure> {
    let lines = [
        ("Date", "date"),
        ("Kind", "kind"),
        ("Symbol", "symbol"),
        ("Into", "other_symbol"),
        ("Quantity", "quantity"),
        ("Price", "price"),
        ("Amount", "amount"),
        ("Fee", "fee"),
        ("Tax", "tax"),
        ("Currency", "currency"),
        ("Exchange rate", "fx_rate"),
        ("Ratio", "ratio"),
        ("Part of the cost", "cost_share"),
        ("Cash in lieu", "cash_in_lieu"),
        ("Acquired", "acquired"),
        ("Account", "account"),
        ("Note", "note"),
        ("Import", "import_id"),
        ("Recorded at", "created_at"),
        ("ID", "id"),
    ];
    let mut out = std::io::stdout().lock();
    for (name, key) in lines.into_iter().filter(|(_, key)| !text(told, key).is_empty()) {
        writeln!(out, "{name:<17} {}", plain(text(told, key)))?;
    }
    for lot in told["lots"].as_array().into_iter().flatten() {
        let (quantity, opened_by) = (text(lot, "quantity"), text(lot, "opened_by"));
        writeln!(out, "{:<17} {} of {}", "Lot", plain(quantity), plain(opened_by))?;
    }
    Ok(())
}
