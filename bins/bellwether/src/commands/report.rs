//! `bellwether report`

use std::fmt::Write as _;
use std::io::Write;
use std::process::ExitCode;

use bellwether_domain::Currency;
use bellwether_texts::{Locale, UNKNOWN};
use rust_decimal::Decimal;
use serde_json::Value;

use super::asking::{id, portfolio_named, print_json, text};
use super::table::plain;
use crate::cli::Report;
use crate::client::{Client, address, asking};
use crate::failure::Failure;

/// Prints a portfolio's figures, for people or as JSON. A ledger with a fault makes the exit code 1.
pub(super) async fn run(client: &Client, report: &Report) -> Result<ExitCode, Failure> {
    let portfolio = portfolio_named(client, &report.portfolio).await?;
    let (day, symbols) = (report.as_of.map(|day| day.to_string()), report.benchmark.join(","));
    let query = [
        ("as_of", day.as_deref()),
        ("benchmark", Some(symbols.as_str()).filter(|symbols| !symbols.is_empty())),
    ];
    let place = asking(address(&["portfolios", id(&portfolio)?, "report"]), &query);
    let answer = client.get(place).await?;
    let told: Value = answer.read()?;
    if report.json {
        print_json(&answer.body)?;
    } else {
        write!(std::io::stdout(), "{}", as_text(&told))?;
    }
    Ok(if told["error"].is_null() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What a report says, in its currency.
struct Words<'a> {
    told: &'a Value,
    base: Currency,
}

fn decimal(told: &Value) -> Option<Decimal> {
    told.as_str().and_then(|text| text.parse().ok())
}

impl Words<'_> {
    fn reason(&self, name: &str) -> String {
        format!("n/a ({})", plain(text(&self.told["unknown"], name)))
    }

    fn money(&self, name: &str) -> String {
        decimal(&self.told["totals"][name])
            .map_or_else(|| self.reason(name), |amount| Locale::english().money(amount, self.base))
    }

    fn percent(&self, name: &str, part: &str) -> String {
        self.told[name][part]
            .as_f64()
            .map_or_else(|| self.reason(name), |rate| Locale::english().percent_change(rate))
    }

    fn amount(&self, told: &Value) -> String {
        decimal(told).map_or_else(|| UNKNOWN.to_owned(), |amount| Locale::english().amount(amount, self.base))
    }
}

fn as_text(told: &Value) -> String {
    let base = text(told, "currency").parse().unwrap_or(Currency::USD);
    let words = Words { told, base };
    let mut text = format!(
        "{} on {}, in {base}\n",
        plain(self::text(told, "portfolio")),
        plain(self::text(told, "as_of"))
    );
    for warning in told["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(text, "  ! {}", plain(warning));
    }
    if !told["error"].is_null() {
        return text;
    }
    let lines = [
        ("Value", words.money("value")),
        ("  of it cash", words.money("cash")),
        ("Net deposits", words.money("net_deposits")),
        ("Total gain", words.money("total_gain")),
        ("  unrealised", words.money("unrealised")),
        ("  realised", words.money("realised")),
        ("  income", words.money("income")),
        ("XIRR", words.percent("xirr", "headline")),
        ("Time-weighted", words.percent("time_weighted_return", "total")),
        ("Max. drawdown", words.percent("max_drawdown", "depth")),
    ];
    for (name, figure) in lines {
        let _ = writeln!(text, "{name:<16}{figure:>18}");
    }
    for against in told["benchmarks"].as_array().into_iter().flatten() {
        let name = if against["name"].is_null() { "symbol" } else { "name" };
        let value = against["value"].as_f64().and_then(|value| Decimal::try_from(value).ok());
        let told = match value {
            Some(value) => format!("{:>18}", Locale::english().money(value.round_dp(2), base)),
            None => format!("n/a ({})", plain(self::text(against, "unknown"))),
        };
        let _ = writeln!(text, "{:<16}{told}", format!("Same in {}", self::text(against, name)));
    }
    let _ = writeln!(
        text,
        "\n{:<8}{:>16}{:>12}{:>16}{:>16}{:>16}{:>9}",
        "", "Quantity", "Price", "Value", "Cost", "Gain", "Weight"
    );
    for held in told["holdings"].as_array().into_iter().flatten() {
        let currency = self::text(held, "currency").parse().unwrap_or(base);
        let unknown = || UNKNOWN.to_owned();
        let price =
            decimal(&held["price"]).map_or_else(unknown, |price| Locale::english().price(price, currency));
        let quantity =
            decimal(&held["quantity"]).map_or_else(unknown, |held| Locale::english().quantity(held));
        let weight = held["weight"].as_f64().map_or_else(unknown, |share| Locale::english().percent(share));
        let _ = writeln!(
            text,
            "{:<8}{quantity:>16}{price:>12}{:>16}{:>16}{:>16}{weight:>9}",
            self::text(held, "symbol"),
            words.amount(&held["value"]),
            words.amount(&held["cost"]),
            words.amount(&held["unrealised"])
        );
    }
    text
}
