//! Names of figures as short text, for addresses: `portfolio:total-gain`, `holding:(figure:value,symbol:KO)`.
//!
//! Objects are `(key:value,...)`, lists `!(value,...)`. A text stands as it is where that cannot be taken for anything
//! else, and in quotation marks `'...'` otherwise, with `!` before a mark or a `!` of its own. What is absent is left out.

use std::fmt::{self, Write as _};
use std::str::{Chars, FromStr};

use serde_json::{Map, Value};

use super::FigureName;
use crate::{Division, Period, RebalancingPlan, Targets};

/// Longer names are not read: those of a thousand targets are shorter.
const LONGEST: usize = 100_000;
/// No name is nested so deeply.
const DEEPEST: usize = 12;

/// A text is the name of no figure. The sentence says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFigureName {
    /// It is not written as names are.
    #[error(
        "a figure is named like portfolio:value or holding:(figure:value,symbol:KO), and this is not at character {at}"
    )]
    Syntax {
        /// How many characters could be read.
        at: usize,
    },
    /// It is, but there is no such figure.
    #[error("there is no such figure: {0}")]
    Unknown(String),
}

/// What a name may leave out, because whoever reads it knows.
#[derive(Debug, Clone, Default)]
pub struct Omitted {
    /// The period, in a name of a figure that has one.
    pub period: Option<Period>,
    /// The targets of a drift.
    pub targets: Option<Targets>,
    /// The plan of a proposal.
    pub plan: Option<RebalancingPlan>,
    /// How a portfolio is divided, by a word: `by:asset-classes`.
    pub divisions: Vec<(String, Division)>,
}

impl FigureName {
    /// The name that a text is, with what it leaves out put in.
    ///
    /// # Errors
    /// [`InvalidFigureName`].
    pub fn read(text: &str, omitted: &Omitted) -> Result<Self, InvalidFigureName> {
        let mut value = parsed(text)?;
        if let Some(fields) = fields_of(&mut value) {
            omitted.put_into(fields)?;
        }
        serde_json::from_value(value).map_err(|error| unknown(&error))
    }

    /// The text without what whoever reads it knows: what of it is `omitted`.
    pub fn brief(&self, omitted: &Omitted) -> String {
        let mut value = self.value();
        if let Some(fields) = fields_of(&mut value) {
            omitted.take_from(fields);
        }
        written(&value)
    }

    fn value(&self) -> Value {
        // Symbols, days, numbers and texts: nothing that JSON could not hold.
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// The fields behind the name's first word.
fn fields_of(value: &mut Value) -> Option<&mut Map<String, Value>> {
    value.as_object_mut()?.values_mut().next()?.as_object_mut()
}

impl Omitted {
    /// The fields that may be left out, as they are written.
    fn fields(&self) -> serde_json::Result<Vec<(&'static str, Value)>> {
        let mut fields = Vec::new();
        if let Some(period) = &self.period {
            fields.push(("period", serde_json::to_value(period)?));
        }
        if let Some(targets) = &self.targets {
            fields.push(("targets", serde_json::to_value(targets)?));
        }
        if let Some(plan) = &self.plan {
            fields.push(("plan", serde_json::to_value(plan)?));
        }
        Ok(fields)
    }

    fn put_into(&self, fields: &mut Map<String, Value>) -> Result<(), InvalidFigureName> {
        for (key, known) in self.fields().map_err(|error| unknown(&error))? {
            fields.entry(key).or_insert(known);
        }
        let by = fields.get("by").and_then(Value::as_str);
        let division = self.divisions.iter().find(|(word, _)| Some(word.as_str()) == by);
        if let Some((_, division)) = division {
            let division = serde_json::to_value(division).map_err(|error| unknown(&error))?;
            fields.insert("by".to_owned(), division);
        }
        Ok(())
    }

    fn take_from(&self, fields: &mut Map<String, Value>) {
        for (key, known) in self.fields().unwrap_or_default() {
            if fields.get(key) == Some(&known) {
                fields.remove(key);
            }
        }
        let Some(by) = fields.get("by") else { return };
        let is_it =
            |division: &Division| serde_json::to_value(division).is_ok_and(|division| division == *by);
        if let Some((word, _)) = self.divisions.iter().find(|(_, division)| is_it(division)) {
            fields.insert("by".to_owned(), Value::String(word.clone()));
        }
    }
}

fn unknown(error: &serde_json::Error) -> InvalidFigureName {
    InvalidFigureName::Unknown(error.to_string())
}

impl fmt::Display for FigureName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&written(&self.value()))
    }
}

impl FromStr for FigureName {
    type Err = InvalidFigureName;

    fn from_str(text: &str) -> Result<Self, InvalidFigureName> {
        Self::read(text, &Omitted::default())
    }
}

fn written(value: &Value) -> String {
    let mut text = String::with_capacity(48);
    match value {
        Value::Object(fields) => write_fields(&mut text, fields),
        other => write(&mut text, other),
    }
    text
}

fn write_fields(text: &mut String, fields: &Map<String, Value>) {
    for (at, (key, value)) in fields.iter().filter(|(_, value)| !value.is_null()).enumerate() {
        if at > 0 {
            text.push(',');
        }
        write_text(text, key);
        text.push(':');
        write(text, value);
    }
}

fn write(text: &mut String, value: &Value) {
    match value {
        Value::Null => {}
        Value::String(of) => write_text(text, of),
        // Writing to a String cannot fail.
        Value::Bool(_) | Value::Number(_) => drop(write!(text, "{value}")),
        Value::Array(items) => {
            text.push_str("!(");
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write(text, item);
            }
            text.push(')');
        }
        Value::Object(fields) => {
            text.push('(');
            write_fields(text, fields);
            text.push(')');
        }
    }
}

fn write_text(text: &mut String, of: &str) {
    if !of.is_empty() && of.chars().all(is_plain) && matches!(bare(of), Value::String(_)) {
        text.push_str(of);
        return;
    }
    text.push('\'');
    for letter in of.chars() {
        if matches!(letter, '\'' | '!') {
            text.push('!');
        }
        text.push(letter);
    }
    text.push('\'');
}

fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "-._^=&".contains(letter)
}

/// What stands without quotation marks: a number where it is one, `true` and `false`, else a text.
fn bare(word: &str) -> Value {
    match word {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => match word.parse::<i64>() {
            Ok(number) if number.to_string() == word => number.into(),
            // So that no decimal is taken for a text that it is not.
            _ if word.parse::<f64>().is_ok() => Value::Null,
            _ => Value::String(word.to_owned()),
        },
    }
}

fn parsed(text: &str) -> Result<Value, InvalidFigureName> {
    if text.len() > LONGEST {
        return Err(InvalidFigureName::Syntax { at: LONGEST });
    }
    let mut reader = Reader { text, rest: text.chars() };
    let word = reader.value(0)?;
    let value = match word {
        Value::String(key) if reader.takes(':') => Value::Object(Map::from_iter([(key, reader.value(0)?)])),
        word => word,
    };
    if reader.rest.as_str().is_empty() { Ok(value) } else { Err(reader.fault()) }
}

struct Reader<'t> {
    text: &'t str,
    rest: Chars<'t>,
}

impl Reader<'_> {
    fn fault(&self) -> InvalidFigureName {
        let read = self.text.len() - self.rest.as_str().len();
        InvalidFigureName::Syntax { at: self.text.get(..read).map_or(0, |read| read.chars().count()) + 1 }
    }

    fn takes(&mut self, letter: char) -> bool {
        let is_next = self.rest.as_str().starts_with(letter);
        if is_next {
            self.rest.next();
        }
        is_next
    }

    fn value(&mut self, depth: usize) -> Result<Value, InvalidFigureName> {
        if depth > DEEPEST {
            return Err(self.fault());
        }
        if self.takes('(') {
            let mut fields = Map::new();
            if self.takes(')') {
                return Ok(Value::Object(fields));
            }
            loop {
                let Value::String(key) = self.word()? else { return Err(self.fault()) };
                if !self.takes(':') {
                    return Err(self.fault());
                }
                let value = self.value(depth + 1)?;
                fields.insert(key, value);
                if self.takes(')') {
                    return Ok(Value::Object(fields));
                }
                if !self.takes(',') {
                    return Err(self.fault());
                }
            }
        }
        if self.takes('!') {
            let mut items = Vec::new();
            if !self.takes('(') {
                return Err(self.fault());
            }
            if self.takes(')') {
                return Ok(Value::Array(items));
            }
            loop {
                items.push(self.value(depth + 1)?);
                if self.takes(')') {
                    return Ok(Value::Array(items));
                }
                if !self.takes(',') {
                    return Err(self.fault());
                }
            }
        }
        self.word()
    }

    /// A text or a number.
    fn word(&mut self) -> Result<Value, InvalidFigureName> {
        if self.takes('\'') {
            let mut word = String::new();
            loop {
                match self.rest.next() {
                    Some('\'') => return Ok(Value::String(word)),
                    Some('!') => word.extend(self.rest.next()),
                    Some(letter) => word.push(letter),
                    None => return Err(self.fault()),
                }
            }
        }
        let rest = self.rest.as_str();
        let length = rest.find(|letter| !is_plain(letter)).unwrap_or(rest.len());
        let (word, left) = rest.split_at(length);
        match bare(word) {
            value if length > 0 && !value.is_null() => {
                self.rest = left.chars();
                Ok(value)
            }
            _ => Err(self.fault()),
        }
    }
}

#[cfg(test)]
mod tests {
    use bellwether_domain::TransactionId;
    use rust_decimal::Decimal;

    use super::*;
    use crate::testing::{date, decimal, symbol};
    use crate::{
        AllocationFigure, Class, Classification, ContributionFigure, ContributionSource, DriftFigure,
        Funding, HoldingFigure, PeriodFigure, PortfolioFigure, RebalancingFigure, RebalancingTerms,
        RiskBasis, RiskFigure, RollingFigure, RollingWindow,
    };

    fn targets() -> Targets {
        let classes = [(Class::named("it's 60 % !"), decimal("0.6")), (Class::Cash, decimal("0.4"))];
        Targets::new(classes).expect("targets")
    }

    fn plan() -> RebalancingPlan {
        let terms = RebalancingTerms {
            funding: Funding::CashOnly { new: Decimal::ZERO, held: decimal("100.50") },
            smallest_trade: decimal("25"),
            whole_shares: true,
        };
        RebalancingPlan { targets: targets(), vehicles: vec![(Class::named("VT"), symbol("VT"))], terms }
    }

    fn names() -> Vec<(FigureName, &'static str)> {
        let period = Period { from: date("2024-01-02"), to: date("2024-03-01") };
        let value = HoldingFigure::Value;
        let holding = |name: &str| FigureName::Holding { symbol: symbol(name), figure: value };
        let mut classes = Classification::default();
        classes.spread(symbol("VT"), [("Aktien, weltweit", decimal("0.9"))]).expect("a part");
        let of = || Some(symbol("123"));
        let basis = RiskBasis {
            benchmark: Some(symbol("VOO")),
            risk_free: decimal("0.02"),
            minimum_acceptable: None,
        };
        vec![
            (FigureName::Portfolio(PortfolioFigure::TotalGain), "portfolio:total-gain"),
            (holding("^GSPC"), "holding:(figure:value,symbol:^GSPC)"),
            (holding("BRK-B"), "holding:(figure:value,symbol:BRK-B)"),
            (holding("7203"), "holding:(figure:value,symbol:'7203')"),
            (holding("1E5"), "holding:(figure:value,symbol:'1E5')"),
            (
                FigureName::Period { of: None, period, figure: PeriodFigure::Gain },
                "period:(figure:gain,period:(from:2024-01-02,to:2024-03-01))",
            ),
            (
                FigureName::Contribution {
                    source: ContributionSource::Holding(symbol("KO")),
                    period,
                    figure: ContributionFigure::Gain,
                },
                "contribution:(figure:gain,period:(from:2024-01-02,to:2024-03-01),source:(holding:KO))",
            ),
            (
                FigureName::Risk { of: of(), period, basis, figure: RiskFigure::Beta },
                "risk:(basis:(benchmark:VOO,risk-free:'0.02'),figure:beta,of:'123',\
                 period:(from:2024-01-02,to:2024-03-01))",
            ),
            (
                FigureName::RollingReturn {
                    of: None,
                    period,
                    window: RollingWindow::Months(12),
                    figure: RollingFigure::EndingOn(date("2024-03-01")),
                },
                "rolling-return:(figure:(ending-on:2024-03-01),period:(from:2024-01-02,to:2024-03-01),\
                 window:(months:12))",
            ),
            (
                FigureName::Allocation {
                    by: Division::Classes(classes),
                    class: Class::Unclassified,
                    figure: AllocationFigure::Weight,
                },
                "allocation:(by:(classes:(VT:!(!('Aktien, weltweit','0.9')))),class:unclassified,figure:weight)",
            ),
            (
                FigureName::Drift {
                    by: Division::Holdings,
                    targets: targets(),
                    figure: DriftFigure::Misplaced,
                },
                "drift:(by:holdings,figure:misplaced,targets:!(!((named:'it!'s 60 % !!'),'0.6'),!(cash,'0.4')))",
            ),
        ]
    }

    #[test]
    fn names_are_short_texts_that_lead_back_to_them() {
        for (name, text) in names() {
            assert_eq!(name.to_string(), text);
            assert_eq!(text.parse(), Ok(name), "{text}");
        }
        let sale = FigureName::Sale { symbol: symbol("KO"), transaction: TransactionId::new() };
        let plan =
            FigureName::Rebalancing { by: Division::Holdings, plan: plan(), figure: RebalancingFigure::Cash };
        for name in [sale, plan] {
            assert_eq!(name.to_string().parse(), Ok(name));
        }
    }

    #[test]
    fn what_whoever_reads_it_knows_may_be_left_out() {
        let period = Period { from: date("2024-01-02"), to: date("2024-03-01") };
        let omitted = Omitted {
            period: Some(period),
            targets: Some(targets()),
            plan: Some(plan()),
            divisions: vec![("alone".to_owned(), Division::Holdings)],
        };
        let of_period = FigureName::Period { of: None, period, figure: PeriodFigure::Gain };
        let drift =
            FigureName::Drift { by: Division::Holdings, targets: targets(), figure: DriftFigure::Misplaced };
        let cash =
            FigureName::Rebalancing { by: Division::Holdings, plan: plan(), figure: RebalancingFigure::Cash };
        for (name, text) in [
            (of_period, "period:(figure:gain)"),
            (drift, "drift:(by:alone,figure:misplaced)"),
            (cash, "rebalancing:(by:alone,figure:cash)"),
        ] {
            assert_eq!(name.brief(&omitted), text);
            assert_eq!(FigureName::read(text, &omitted), Ok(name));
            assert!(text.parse::<FigureName>().is_err(), "{text} alone says too little");
        }
        // What is said counts.
        let said = "period:(figure:gain,period:(from:2023-01-02,to:2024-03-01))";
        assert_eq!(FigureName::read(said, &omitted).map(|name| name.to_string()).as_deref(), Ok(said));
    }

    #[test]
    fn other_texts_are_refused_with_the_place_or_the_reason() {
        for (text, at) in [("", 1), ("portfolio:", 11), ("holding:(symbol:KO", 19), ("a:b:c", 4), ("'ü", 3)]
        {
            assert_eq!(text.parse::<FigureName>(), Err(InvalidFigureName::Syntax { at }), "{text}");
        }
        let deep = format!("portfolio:{}{}", "(a:".repeat(5_000), ")".repeat(5_000));
        assert!(matches!(deep.parse::<FigureName>(), Err(InvalidFigureName::Syntax { .. })));
        for text in [
            "value",
            "portfolio:wealth",
            "holding:(figure:value)",
            "holding:(figure:value,symbol:'?')",
            "period:(figure:gain,period:(from:2024-03-01,to:2024-03-01))",
            "!(portfolio,value)",
        ] {
            assert!(matches!(text.parse::<FigureName>(), Err(InvalidFigureName::Unknown(_))), "{text}");
        }
    }
}
