//! Weights of instruments as forms have them: in per cent, a line for each.

use bellwether_texts::Locale;
use rust_decimal::Decimal;
use serde::Serialize;

/// Empty lines below those that are filled in.
const MORE: usize = 5;

/// An instrument with its weight, as somebody typed them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct WeightLine {
    symbol: String,
    percent: String,
}

/// The lines of a form: `symbol` and `percent`, again and again.
pub(super) fn typed(fields: &[(String, String)]) -> Vec<WeightLine> {
    let mut lines: Vec<WeightLine> = Vec::new();
    for (name, text) in fields {
        match (name.as_str(), lines.last_mut()) {
            ("symbol", _) => {
                lines.push(WeightLine { symbol: text.trim().to_owned(), ..WeightLine::default() });
            }
            ("percent", Some(line)) => text.trim().clone_into(&mut line.percent),
            _ => {}
        }
    }
    lines.retain(|line| !line.symbol.is_empty() || !line.percent.is_empty());
    lines
}

/// Weights as lines.
pub(super) fn lines<'a, S: ToString + 'a>(
    weights: impl IntoIterator<Item = (&'a S, &'a Decimal)>,
) -> Vec<WeightLine> {
    let line = |(symbol, weight): (&S, &Decimal)| WeightLine {
        symbol: symbol.to_string(),
        percent: percent(*weight),
    };
    weights.into_iter().map(line).collect()
}

/// The lines with empty ones below.
pub(super) fn with_more(mut lines: Vec<WeightLine>) -> Vec<WeightLine> {
    lines.resize(lines.len() + MORE, WeightLine::default());
    lines
}

impl WeightLine {
    /// Symbol and weight; what is no percentage stays as it was typed.
    pub(super) fn entered(&self) -> (String, String) {
        let weight = self.weight().map(|weight| weight.to_string());
        (self.symbol.to_uppercase(), weight.unwrap_or_else(|| self.percent.clone()))
    }

    pub(super) fn symbol(&self) -> &str {
        &self.symbol
    }

    pub(super) fn weight(&self) -> Option<Decimal> {
        read(&self.percent).and_then(part)
    }
}

/// A number with its decimals behind a point or a comma: none here is so large that it would have groups.
pub(super) fn read(typed: &str) -> Option<Decimal> {
    match typed.split_once(',') {
        Some((whole, decimals)) if !decimals.contains([',', '.']) && !whole.contains('.') => {
            Decimal::from_str_exact(&format!("{whole}.{decimals}")).ok()
        }
        _ => Decimal::from_str_exact(typed).ok(),
    }
}

/// The part that a percentage is; `None` where it has too many digits to be divided exactly.
pub(super) fn part(percent: Decimal) -> Option<Decimal> {
    let part = percent.checked_div(Decimal::ONE_HUNDRED)?;
    (part.checked_mul(Decimal::ONE_HUNDRED) == Some(percent)).then_some(part)
}

/// A part of at most 1 and 18 decimals as a percentage, exact.
pub(super) fn percent(part: Decimal) -> String {
    (part * Decimal::ONE_HUNDRED).normalize().to_string()
}

/// The same for reading: `12.5 %`.
pub(super) fn told(locale: Locale, part: Decimal) -> String {
    format!("{} %", locale.number(part * Decimal::ONE_HUNDRED, 16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_divided_exactly_or_stay_as_they_are() {
        let field = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let form = [
            field("name", "Mix"),
            field("symbol", " voo "),
            field("percent", "60"),
            field("symbol", ""),
            field("percent", ""),
            field("symbol", "BND"),
            field("percent", "40.5 %"),
        ];
        let lines = typed(&form);
        let entered: Vec<_> = lines.iter().map(WeightLine::entered).collect();
        let pair = |symbol: &str, weight: &str| (symbol.to_owned(), weight.to_owned());
        assert_eq!(entered, [pair("VOO", "0.60"), pair("BND", "40.5 %")]);
        assert_eq!(read("12,5"), Some(Decimal::new(125, 1)));
        assert_eq!((read("1,2,3"), read("1.2,3")), (None, None));
        assert_eq!(percent(Decimal::new(6, 1)), "60");
        assert_eq!(part(Decimal::from_str_exact("0.0000000000000000000000000001").expect("a number")), None);
    }
}
