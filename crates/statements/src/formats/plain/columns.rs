//! The columns of the plain tables and the names that they go by.

use crate::header::Vocabulary;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Symbol,
    Kind,
    Date,
    Price,
    Quantity,
    /// In all, before fee and tax.
    Amount,
    /// In all, after fee and tax.
    NetAmount,
    Fee,
    Tax,
    Ratio,
    /// What comes out of a corporate event.
    OtherSymbol,
    CostShare,
    CashInLieu,
    Acquired,
    Currency,
    Account,
    Note,
}

pub(super) const VOCABULARY: &Vocabulary<Field> = &[
    (
        Field::Symbol,
        &[
            "ticker",
            "symbol",
            "ticker symbol",
            "stock symbol",
            "stock ticker",
            "stock",
            "instrument",
            "security",
            "code",
        ],
    ),
    (
        Field::Kind,
        &[
            "type",
            "action",
            "transaction type",
            "trade type",
            "activity type",
            "transaction",
            "activity",
            "side",
            "direction",
            "buy sell",
            "kind",
            "operation",
        ],
    ),
    (
        Field::Date,
        &[
            "date",
            "trade date",
            "transaction date",
            "date of trade",
            "purchase date",
            "execution date",
            "executed at",
            "activity date",
            "run date",
            "booking date",
            "datetime",
            "date time",
            "timestamp",
            "time",
            "payment date",
            "pay date",
            "payable date",
            "settlement date",
            "settle date",
            "ex date",
        ],
    ),
    (
        Field::Price,
        &[
            "price",
            "price per share",
            "price share",
            "share price",
            "unit price",
            "price per unit",
            "cost per share",
            "trade price",
            "execution price",
            "fill price",
            "average price",
            "avg price",
        ],
    ),
    (
        Field::Quantity,
        &[
            "shares",
            "quantity",
            "qty",
            "units",
            "no of shares",
            "number of shares",
            "shares units",
            "share quantity",
            "share count",
            "filled quantity",
            "filled qty",
        ],
    ),
    (
        Field::Amount,
        &[
            "amount",
            "gross amount",
            "total amount",
            "total",
            "total value",
            "value",
            "gross",
            "dividend",
            "dividend amount",
            "dividends",
            "cash amount",
        ],
    ),
    (Field::NetAmount, &["net amount", "net", "net cash", "net value", "net total"]),
    (
        Field::Fee,
        &[
            "fee",
            "fees",
            "commission",
            "commissions",
            "comm",
            "fees comm",
            "fee commission",
            "commission fee",
            "commission fees",
            "commissions fees",
            "fees commissions",
            "fees commission",
            "brokerage",
            "charges",
            "trading fee",
            "transaction fee",
        ],
    ),
    (
        Field::Tax,
        &[
            "tax",
            "taxes",
            "tax withheld",
            "withholding tax",
            "withheld tax",
            "withholding",
            "foreign tax",
            "transaction tax",
            "stamp duty",
        ],
    ),
    (Field::Ratio, &["ratio", "split ratio", "split"]),
    (Field::OtherSymbol, &["other symbol", "new symbol", "new ticker", "other ticker", "into"]),
    (Field::CostShare, &["cost share", "share of cost", "cost allocation", "basis allocation"]),
    (Field::CashInLieu, &["cash in lieu"]),
    (Field::Acquired, &["acquired", "date acquired", "acquisition date", "original date"]),
    (Field::Currency, &["currency", "ccy", "currency code", "trade currency", "price currency"]),
    (Field::Account, &["account", "account name", "account number", "account id"]),
    (Field::Note, &["note", "notes", "comment", "comments", "memo", "remark", "remarks", "description"]),
];

/// A trade can have a commission and an exchange fee, a dividend two taxes.
pub(super) const GATHERED: &[Field] = &[Field::Fee, Field::Tax];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_belongs_to_two_fields() {
        let mut names: Vec<&str> = VOCABULARY.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
