//! Ghostfolio: `Settings > Export` as JSON.
//!
//! Each activity is read on its own, so that a faulty one spoils nothing but itself. Numbers are read from their text.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use bellwether_domain::{InvalidCurrency, QuoteUnit, TransactionDraft, TransactionKind};
use chrono::{Days, NaiveDate, NaiveDateTime, Timelike};
use rust_decimal::Decimal;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::broker::{fill_trade, judged};
use super::{Format, MAX_ROWS};
use crate::date::{DateOrder, read_date};
use crate::header::Document;
use crate::instrument::Instrument;
use crate::lines::LineCount;
use crate::number::{DecimalStyle, read_number};
use crate::verdict::{Problems, RawCells, shortened, shortened_to};
use crate::{
    Note, ReadOptions, Reason, Row, StatedCash, Statement, StatementFormat, UnreadableFile, Verdict,
};

/// An export as JSON.
pub(super) struct Ghostfolio;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Export<'a> {
    #[serde(borrow, default)]
    accounts: Parts<'a>,
    #[serde(borrow, default)]
    asset_profiles: Parts<'a>,
    #[serde(borrow)]
    activities: Parts<'a>,
}

/// So many characters of an account's name are kept.
const MAX_ACCOUNT: usize = 80;

/// The elements of a list as they stand in the file; of more than are read only one, which tells that there are more.
#[derive(Default)]
struct Parts<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Parts<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements;
        impl<'de> Visitor<'de> for Elements {
            type Value = Vec<&'de RawValue>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut parts = Vec::new();
                while let Some(part) = list.next_element()? {
                    if parts.len() <= MAX_ROWS {
                        parts.push(part);
                    }
                }
                Ok(parts)
            }
        }
        deserializer.deserialize_seq(Elements).map(Self)
    }
}

#[derive(Deserialize)]
struct Account<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow, default)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    currency: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    balance: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct AssetProfile<'a> {
    #[serde(borrow)]
    symbol: Cow<'a, str>,
    #[serde(borrow, default)]
    isin: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    name: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Activity<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    date: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    symbol: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    data_source: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    quantity: Option<&'a RawValue>,
    #[serde(borrow, default)]
    unit_price: Option<&'a RawValue>,
    #[serde(borrow, default)]
    fee: Option<&'a RawValue>,
    #[serde(borrow, default)]
    currency: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    account_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    comment: Option<Cow<'a, str>>,
}

/// What a row of the preview shows, by the names in the file.
const COLUMNS: [&str; 10] = [
    "type",
    "date",
    "symbol",
    "dataSource",
    "quantity",
    "unitPrice",
    "fee",
    "currency",
    "accountId",
    "comment",
];

impl Format for Ghostfolio {
    fn format(&self) -> StatementFormat {
        StatementFormat::Ghostfolio
    }

    fn confidence(&self, document: &Document<'_>) -> Option<u8> {
        let text = document.text.trim_start();
        let named = |name: &str| text.contains(name);
        (text.starts_with('{') && named("\"activities\""))
            .then(|| if named("\"dataSource\"") && named("\"unitPrice\"") { 100 } else { 85 })
    }

    fn read(&self, document: &Document<'_>, options: &ReadOptions) -> Result<Statement, UnreadableFile> {
        let export: Export<'_> = serde_json::from_str(document.text)
            .map_err(|error| UnreadableFile::Malformed { what: "a Ghostfolio export", line: error.line() })?;
        if export.activities.0.len() > MAX_ROWS {
            return Err(UnreadableFile::TooManyRows { limit: MAX_ROWS });
        }
        let mut statement = Statement::new(self.format(), self.confidence(document).unwrap_or_default());
        statement.header = COLUMNS.map(str::to_owned).to_vec();
        let mut lines = LineCount::new(document.text);
        // In the order of the file, so that its lines are counted once.
        let accounts = read_accounts(&export.accounts.0, document.text, &mut statement);
        let mut profiles = HashMap::new();
        for raw in &export.asset_profiles.0 {
            if let Ok(profile) = serde_json::from_str::<AssetProfile<'_>>(raw.get()) {
                profiles.insert(profile.symbol.clone(), profile);
            }
        }
        let mut reader =
            Reader { options, accounts, profiles, problems: Problems::default(), moved: 0, rounded: 0 };
        for raw in &export.activities.0 {
            let begin = offset_of(raw.get(), document.text);
            let (line, last_line) = (lines.at(begin), lines.at(begin + raw.get().len()));
            let (text, verdict) = if let Ok(activity) = serde_json::from_str::<Activity<'_>>(raw.get()) {
                (cells(&activity), reader.judge(&activity))
            } else {
                let text = shortened(raw.get());
                (RawCells::from_iter([raw.get()]), Verdict::rejected(Reason::UnknownEntry { text }))
            };
            statement.rows.push(Row { line, last_line, text, verdict });
        }
        if reader.moved > 0 {
            statement.notes.push(Note::MidnightsElsewhere { rows: reader.moved });
        }
        super::broker::note_rounding(&mut statement, reader.rounded);
        Ok(statement)
    }
}

/// Where a part of a text begins, in bytes.
fn offset_of(part: &str, text: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

/// The names of the accounts, whose balances go into the statement.
fn read_accounts<'a>(
    accounts: &[&'a RawValue],
    text: &'a str,
    statement: &mut Statement,
) -> HashMap<Cow<'a, str>, String> {
    let mut lines = LineCount::new(text);
    let mut names = HashMap::new();
    for raw in accounts {
        let line = lines.at(offset_of(raw.get(), text));
        let Ok(account) = serde_json::from_str::<Account<'_>>(raw.get()) else { continue };
        // Many activities share it.
        let name = shortened_to(MAX_ACCOUNT, account.name.as_deref().unwrap_or(&account.id));
        let balance = account.balance.and_then(|raw| read_number(number_text(raw), DecimalStyle::Point).ok());
        let unit = account.currency.as_deref().and_then(|code| code.parse::<QuoteUnit>().ok());
        if let (Some(balance), Some(unit)) = (balance, unit) {
            statement.cash.push(StatedCash {
                line,
                amount: unit.to_major(balance.value),
                currency: unit.currency,
                date: None,
                account: name.clone(),
            });
        }
        names.insert(account.id, name);
    }
    names
}

fn number_text(raw: &RawValue) -> &str {
    raw.get().trim().trim_matches('"')
}

fn cells(activity: &Activity<'_>) -> RawCells {
    let text = |value: &Option<Cow<'_, str>>| value.as_deref().unwrap_or_default().to_owned();
    let number = |value: Option<&RawValue>| value.map(number_text).unwrap_or_default().to_owned();
    RawCells::from(vec![
        text(&activity.kind),
        text(&activity.date),
        text(&activity.symbol),
        text(&activity.data_source),
        number(activity.quantity),
        number(activity.unit_price),
        number(activity.fee),
        text(&activity.currency),
        text(&activity.account_id),
        text(&activity.comment),
    ])
}

struct Reader<'a, 'o> {
    options: &'o ReadOptions,
    accounts: HashMap<Cow<'a, str>, String>,
    profiles: HashMap<Cow<'a, str>, AssetProfile<'a>>,
    problems: Problems,
    /// Rows whose day was midnight in a place east of Greenwich.
    moved: usize,
    rounded: usize,
}

impl Reader<'_, '_> {
    fn judge(&mut self, activity: &Activity<'_>) -> Verdict {
        use TransactionKind::{Buy, Dividend, Fee, Interest, Sell};
        self.problems = Problems::default();
        let word = activity.kind.as_deref().unwrap_or_default();
        let kind = match word {
            "BUY" => Buy,
            "SELL" => Sell,
            "DIVIDEND" => Dividend,
            "INTEREST" => Interest,
            "FEE" => Fee,
            "ITEM" | "VALUABLE" | "LIABILITY" => {
                return Verdict::rejected(Reason::Unsupported { what: "valuables and liabilities" });
            }
            _ => return Verdict::rejected(Reason::UnknownEntry { text: shortened(word) }),
        };
        let date = self.date(activity.date.as_deref().unwrap_or_default());
        let unit = self.unit(activity.currency.as_deref());
        let quantity = self.number("quantity", activity.quantity);
        let price = self.number("unitPrice", activity.unit_price).map(|price| unit.to_major(price));
        let fee = self.number("fee", activity.fee).map(|fee| unit.to_major(fee)).filter(|fee| !fee.is_zero());
        let product = price.zip(quantity).and_then(|(price, quantity)| price.checked_mul(quantity));
        let mut draft = TransactionDraft::new(kind, date, unit.currency);
        draft.account = activity
            .account_id
            .as_ref()
            .map(|id| self.accounts.get(id).cloned().unwrap_or_else(|| id.clone().into_owned()))
            .filter(|_| self.accounts.len() > 1)
            .unwrap_or_default();
        activity.comment.as_deref().unwrap_or_default().clone_into(&mut draft.note);
        match kind {
            Buy | Sell => fill_trade(&mut draft, quantity.unwrap_or_default(), price, None, fee),
            Dividend => (draft.amount, draft.fee) = (product, fee),
            Fee => draft.amount = fee.or(product),
            _ => draft.amount = product.and_then(|product| product.checked_sub(fee.unwrap_or_default())),
        }
        if matches!(kind, Buy | Sell | Dividend) {
            draft.symbol = self.symbol(activity, unit);
        }
        let (verdict, rounded) = judged(vec![draft], std::mem::take(&mut self.problems), self.options.today);
        self.rounded += usize::from(rounded);
        verdict
    }

    /// The day of an instant: what was midnight for the person is the evening before in Greenwich.
    fn date(&mut self, text: &str) -> NaiveDate {
        let instant = NaiveDateTime::parse_from_str(text.trim_end_matches('Z'), "%Y-%m-%dT%H:%M:%S%.f");
        if let Ok(instant) = instant
            && instant.hour() >= 20
            && instant.minute() == 0
            && instant.second() == 0
            && instant.nanosecond() == 0
            && let Some(next) = instant.date().checked_add_days(Days::new(1))
        {
            self.moved += 1;
            return next.min(self.options.today);
        }
        read_date(text, DateOrder::MonthFirst).unwrap_or_else(|reason| {
            self.problems.add(Some("date"), reason);
            self.options.today
        })
    }

    fn unit(&mut self, code: Option<&str>) -> QuoteUnit {
        let own = QuoteUnit { currency: self.options.default_currency, units_in_one: 1 };
        code.map_or(Ok(own), str::parse).unwrap_or_else(|error: InvalidCurrency| {
            self.problems.add(Some("currency"), error.into());
            own
        })
    }

    fn number(&mut self, name: &str, raw: Option<&RawValue>) -> Option<Decimal> {
        let text = raw.map(number_text).filter(|text| !text.is_empty() && *text != "null")?;
        match read_number(text, DecimalStyle::Point) {
            Ok(number) => Some(number.value),
            Err(reason) => {
                self.problems.add(Some(name), reason);
                None
            }
        }
    }

    fn symbol(&mut self, activity: &Activity<'_>, unit: QuoteUnit) -> Option<bellwether_domain::Symbol> {
        let ticker = activity.symbol.as_deref().unwrap_or_default();
        let profile = self.profiles.get(ticker);
        let instrument = Instrument {
            isin: profile.and_then(|profile| profile.isin.as_deref()).unwrap_or_default(),
            ticker,
            name: profile.and_then(|profile| profile.name.as_deref()).unwrap_or_default(),
            currency: Some(unit.currency),
            is_symbol: activity.data_source.as_deref() == Some("YAHOO"),
            // Other sources name exchanges in ways of their own.
            exchange: "-",
        };
        instrument.symbol(self.options).map_err(|reason| self.problems.add(Some("symbol"), reason)).ok()
    }
}
