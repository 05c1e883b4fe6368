//! Derivations as indented text.

use std::fmt;

use super::{About, Column, Derivation, Field, Node, Number, Source, Unit, Working};
use crate::PriceOrigin;

impl fmt::Display for Derivation {
    /// One line for each figure, its operands below it, two spaces further in. What was explained before is only
    /// named again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut explained = vec![false; self.nodes().len()];
        let mut open = vec![(self.nodes().len() - 1, 0)];
        while let Some((at, depth)) = open.pop() {
            let Some(node) = self.nodes().get(at) else { continue };
            write!(f, "{:1$}{node}", "", depth * 2)?;
            if explained[at] && !node.operands().is_empty() {
                f.write_str(" (explained above)")?;
            } else {
                open.extend(node.operands().iter().rev().map(|operand| (*operand, depth + 1)));
                explained[at] = true;
            }
            if !open.is_empty() {
                f.write_str("\n")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.figure)?;
        if let Some(subject) = &self.of {
            write!(f, " ({subject})")?;
        }
        match &self.value {
            Ok(Number::Exact(number)) => write!(f, ": {}{}", number.normalize(), self.unit)?,
            Ok(Number::Float(number)) if self.unit == Unit::Fraction => {
                write!(f, ": {:.4} %", number * 100.0)?;
            }
            Ok(Number::Float(number)) => write!(f, ": {number}{}", self.unit)?,
            Err(reason) => write!(f, ": n/a, {reason}")?,
        }
        match &self.working {
            Working::Given(Source::Unknown | Source::Constant) => Ok(()),
            Working::Given(source) => write!(f, " [{source}]"),
            Working::Computed { .. } | Working::Folded if self.formula.is_empty() => Ok(()),
            Working::Computed { .. } | Working::Folded => write!(f, " = {}", self.formula),
        }
    }
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instrument(symbol) => symbol.fmt(f),
            Self::Cash(currency) => write!(f, "{currency} cash"),
            Self::Transaction { date, .. } | Self::Day(date) => date.fmt(f),
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Money(currency) => write!(f, " {currency}"),
            Self::Shares => f.write_str(" shares"),
            Self::PerShare(currency) => write!(f, " {currency} per share"),
            Self::ExchangeRate { from, to } => write!(f, " {to} per {from}"),
            Self::Fraction | Self::Number => Ok(()),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transaction { id, date, field } => write!(f, "{field} of transaction {id} of {date}"),
            Self::Price { symbol, day, origin, source, as_of } => {
                let origin = match origin {
                    PriceOrigin::Close => "close",
                    PriceOrigin::Quote => "quote",
                    PriceOrigin::Booked => "booked price",
                };
                write!(f, "{origin} of {symbol} of {day}")?;
                if let Some(source) = source {
                    write!(f, " from {source}")?;
                }
                as_of.map_or(Ok(()), |as_of| write!(f, " as of {}", as_of.to_rfc3339()))
            }
            Self::ExchangeRate { from, to, on, quoted } => {
                write!(f, "rate of {from} in {to} for {on}, quoted {quoted}")
            }
            Self::Dividend { symbol, ex_date } => write!(f, "known dividend of {symbol} of {ex_date}"),
            Self::Split { symbol, ex_date } => write!(f, "split of {symbol} of {ex_date}"),
            Self::Daily { column, day } => write!(f, "{column} of {day}"),
            Self::Series { column, from, numbers } => {
                write!(f, "{column} of {} days from {from} on", numbers.len())
            }
            Self::Ledger => f.write_str("counted by the ledger"),
            Self::Constant => f.write_str("always the same"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value => f.write_str("value at the close"),
            Self::Held => f.write_str("what was held, at the prices"),
            Self::Flow => f.write_str("net flow"),
            Self::Benchmark(symbol) => write!(f, "growth of {symbol}"),
            Self::SharesOf(symbol) => write!(f, "shares that one of {symbol} became"),
            Self::UnitsIn { index, of } => write!(f, "units of {of} in {index}"),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Quantity => "quantity",
            Self::Price => "price",
            Self::Fee => "fee",
            Self::Tax => "tax",
            Self::Gross => "gross amount",
            Self::Amount => "amount",
            Self::UnitCost => "cost per share",
            Self::ExchangeRate => "exchange rate",
            Self::CashPerShare => "cash per share",
            Self::CashInLieu => "cash in lieu",
            Self::CostShare => "cost share",
        })
    }
}
