//! What people call the kinds of transactions.

use bellwether_domain::TransactionKind;

/// A kind, and which way its amount goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KindWord {
    pub(super) kind: TransactionKind,
    pub(super) direction: Direction,
}

/// What a word says about the sign of the amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// As is usual for the kind.
    Usual,
    /// Against what is usual, whatever sign is written: interest that was charged, a fee or tax that came back.
    Reversed,
}

impl KindWord {
    pub(super) fn usual(kind: TransactionKind) -> Self {
        Self { kind, direction: Direction::Usual }
    }

    fn reversed(kind: TransactionKind) -> Self {
        Self { kind, direction: Direction::Reversed }
    }
}

/// Reads the name of a kind, whatever its case and punctuation.
pub(super) fn read_kind(text: &str) -> Option<KindWord> {
    if let Ok(kind) = text.parse() {
        return Some(KindWord::usual(kind));
    }
    let lower = text.to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let kind = match words.join(" ").as_str() {
        "buys" | "buy order" | "market buy" | "limit buy" | "stock buy" | "purchased" | "you bought"
        | "buy to open" => TransactionKind::Buy,
        "sells" | "sell order" | "market sell" | "limit sell" | "stock sell" | "you sold"
        | "sell to close" => TransactionKind::Sell,
        "dividends" | "cash div" | "cash dividends" | "dividend received" | "dividend payment"
        | "ordinary dividend" | "qualified dividend" | "qualified div" | "distribution" => {
            TransactionKind::Dividend
        }
        "reinvest shares"
        | "reinvested dividend"
        | "dividend reinvest"
        | "div reinvest"
        | "dividend reinvested" => TransactionKind::Reinvestment,
        "deposits" | "cash deposit" | "cash in" | "contribution" | "wire in" => TransactionKind::Deposit,
        "withdrawals" | "cash withdrawal" | "cash out" | "wire out" => TransactionKind::Withdrawal,
        "fees" | "commission" | "charge" | "account fee" | "custody fee" | "service fee"
        | "management fee" => TransactionKind::Fee,
        "int" | "interest income" | "interest received" | "interest earned" | "credit interest"
        | "bank interest" => TransactionKind::Interest,
        "interest charged" | "interest expense" | "debit interest" | "margin interest" => {
            return Some(KindWord::reversed(TransactionKind::Interest));
        }
        "fee refund" | "fees refund" | "fee reversal" => {
            return Some(KindWord::reversed(TransactionKind::Fee));
        }
        "separate tax" | "tax payment" => TransactionKind::Tax,
        "tax refund" | "taxes refund" | "tax reversal" => {
            return Some(KindWord::reversed(TransactionKind::Tax));
        }
        "spin offs" | "spinoffs" | "stock spin off" => TransactionKind::SpinOff,
        "mergers" | "stock merger" | "cash merger" | "stock and cash merger" => TransactionKind::Merger,
        "ticker symbol change" => TransactionKind::TickerChange,
        "splits" | "share split" | "forward split" | "reverse split" | "reverse stock split" => {
            TransactionKind::Split
        }
        "transfer shares in" | "shares in" => TransactionKind::TransferIn,
        "transfer shares out" | "shares out" => TransactionKind::TransferOut,
        spaced => spaced.parse().ok()?,
    };
    Some(KindWord::usual(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_many_names() {
        for (text, kind) in [
            ("BUY", TransactionKind::Buy),
            ("Bought", TransactionKind::Buy),
            ("sOLD", TransactionKind::Sell),
            ("Market Sell", TransactionKind::Sell),
            ("Cash Dividend", TransactionKind::Dividend),
            ("DRIP", TransactionKind::Reinvestment),
            ("Contribution", TransactionKind::Deposit),
            ("Withdraw", TransactionKind::Withdrawal),
            ("Fees", TransactionKind::Fee),
            ("Interest", TransactionKind::Interest),
            ("Reverse Split", TransactionKind::Split),
            ("Transfer In", TransactionKind::TransferIn),
            ("transfer_out", TransactionKind::TransferOut),
            ("Spin-Off", TransactionKind::SpinOff),
            ("Merger", TransactionKind::Merger),
            ("Symbol Change", TransactionKind::TickerChange),
            ("Tax", TransactionKind::Tax),
        ] {
            assert_eq!(read_kind(text), Some(KindWord::usual(kind)), "{text}");
        }
        for (text, kind) in [
            ("Margin Interest", TransactionKind::Interest),
            ("Fee refund", TransactionKind::Fee),
            ("Tax Refund", TransactionKind::Tax),
        ] {
            assert_eq!(read_kind(text), Some(KindWord::reversed(kind)), "{text}");
        }
        for text in ["", "transfer", "short", "buy sell", "exercise"] {
            assert_eq!(read_kind(text), None, "{text}");
        }
    }
}
