//! The entries of a file: transactions, positions, securities and balances.

use std::borrow::Cow;
use std::collections::HashMap;

use super::markup::{Path, Token, Tokens, broken};
use crate::UnreadableFile;
use crate::formats::MAX_ROWS;
use crate::verdict::{RawCells, shortened_to};

/// More values than any transaction has.
const MAX_VALUES: usize = 48;

/// So many characters are kept of what a file tells once and counts for many entries.
const MAX_SHARED: usize = 120;

/// What a row of the preview shows, by the names in the file.
pub(super) const COLUMNS: [&str; 16] = [
    "transaction",
    "FITID",
    "DTTRADE",
    "UNIQUEID",
    "TICKER",
    "SECNAME",
    "UNITS",
    "UNITPRICE",
    "TOTAL",
    "COMMISSION",
    "FEES",
    "TAXES",
    "WITHHOLDING",
    "CURSYM",
    "type",
    "MEMO",
];

/// A transaction or a position.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) line: usize,
    pub(super) last_line: usize,
    pub(super) name: &'a str,
    /// The list that holds it.
    pub(super) list: &'a str,
    pub(super) account: Cow<'a, str>,
    /// Of the account.
    pub(super) currency: Cow<'a, str>,
    /// The day of the statement.
    pub(super) as_of: Cow<'a, str>,
    values: Vec<(&'a str, Cow<'a, str>)>,
}

impl Entry<'_> {
    /// The value of an element, the first if there are several; empty where there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        let value = self.values.iter().find(|(known, _)| *known == name);
        value.map_or("", |(_, value)| value.trim())
    }

    pub(super) fn given(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// Its cells in the order of [`COLUMNS`].
    pub(super) fn cells(&self, security: Option<&Security>) -> RawCells {
        let first =
            |names: &[&str]| names.iter().find_map(|name| self.given(name)).unwrap_or_default().to_owned();
        COLUMNS
            .iter()
            .map(|column| match *column {
                "transaction" => self.name.to_owned(),
                "DTTRADE" => first(&["DTTRADE", "DTPOSTED", "DTPRICEASOF"]),
                "TOTAL" => first(&["TOTAL", "TRNAMT", "MKTVAL"]),
                "type" => first(&["INCOMETYPE", "TRNTYPE", "TFERACTION", "POSTYPE"]),
                "MEMO" => first(&["MEMO", "NAME"]),
                "TICKER" => security.map(|security| security.ticker.clone()).unwrap_or_default(),
                "SECNAME" => security.map(|security| security.name.clone()).unwrap_or_default(),
                name => self.text(name).to_owned(),
            })
            .collect::<Vec<String>>()
            .into()
    }
}

/// What the list of securities tells of one.
#[derive(Debug, Default)]
pub(super) struct Security {
    pub(super) ticker: String,
    pub(super) name: String,
}

/// A balance of cash.
#[derive(Debug)]
pub(super) struct Balance<'a> {
    pub(super) line: usize,
    pub(super) amount: Cow<'a, str>,
    pub(super) currency: Cow<'a, str>,
    pub(super) as_of: Cow<'a, str>,
    pub(super) account: Cow<'a, str>,
}

/// All that a file tells.
#[derive(Debug, Default)]
pub(super) struct Told<'a> {
    pub(super) entries: Vec<Entry<'a>>,
    pub(super) balances: Vec<Balance<'a>>,
    pub(super) securities: HashMap<String, Security>,
}

/// The statement that is being read.
#[derive(Default, Clone)]
struct Around<'a> {
    account: Cow<'a, str>,
    currency: Cow<'a, str>,
    as_of: Cow<'a, str>,
}

pub(super) fn read(text: &str) -> Result<Told<'_>, UnreadableFile> {
    let mut told = Told::default();
    let mut tokens = Tokens::new(text);
    let mut path = Path::default();
    let mut around = Around::default();
    // The entry that is being read, and how deep it stands.
    let mut open: Option<(usize, Entry<'_>)> = None;
    while let Some(token) = tokens.next()? {
        let line = tokens.line();
        match token {
            Token::Open(name) => {
                let list = path.last();
                if open.is_none() && holds_entries(list, name) {
                    let Around { account, currency, as_of } = around.clone();
                    let values = Vec::new();
                    let entry = Entry { line, last_line: line, name, list, account, currency, as_of, values };
                    open = Some((path.depth(), entry));
                }
                if matches!(name, "INVSTMTRS" | "STMTRS" | "CCSTMTRS") {
                    around = Around::default();
                }
                if !path.open(name) {
                    return Err(broken(line));
                }
            }
            Token::Value(name, value) => {
                if let Some((_, entry)) = &mut open {
                    // What the amounts were converted from is told by elements of the same names.
                    let original = path.last() == "ORIGCURRENCY";
                    if entry.values.len() < MAX_VALUES && !original {
                        entry.values.push((name, value));
                    }
                    continue;
                }
                match (path.last(), name) {
                    (_, "CURDEF") => around.currency = shared(value),
                    ("INVACCTFROM" | "BANKACCTFROM" | "CCACCTFROM", "ACCTID") => {
                        around.account = shared(value);
                    }
                    ("INVSTMTRS" | "LEDGERBAL", "DTASOF") => {
                        around.as_of = shared(value);
                        let dated = told.balances.last_mut().filter(|_| path.last() == "LEDGERBAL");
                        if let Some(balance) = dated {
                            balance.as_of.clone_from(&around.as_of);
                        }
                    }
                    ("INVBAL", "AVAILCASH") | ("LEDGERBAL", "BALAMT") if told.balances.len() < MAX_ROWS => {
                        let Around { account, currency, as_of } = around.clone();
                        told.balances.push(Balance { line, amount: value, currency, as_of, account });
                    }
                    _ => {}
                }
            }
            Token::Close(name) => {
                let Some(depth) = path.close(name) else { continue };
                if let Some((_, mut entry)) = open.take_if(|(at, _)| depth <= *at) {
                    entry.last_line = line;
                    take(&mut told, entry)?;
                }
            }
        }
    }
    if path.depth() > 0 {
        return Err(broken(tokens.line()));
    }
    Ok(told)
}

/// As much of a value as is kept where many entries share it.
fn shared(value: Cow<'_, str>) -> Cow<'_, str> {
    if value.len() <= MAX_SHARED { value } else { Cow::Owned(shortened_to(MAX_SHARED, &value)) }
}

/// Whether an element of a list is an entry.
fn holds_entries(list: &str, name: &str) -> bool {
    match list {
        "INVTRANLIST" | "BANKTRANLIST" => !name.starts_with("DT"),
        "INVPOSLIST" | "SECLIST" => true,
        _ => false,
    }
}

fn take<'a>(told: &mut Told<'a>, entry: Entry<'a>) -> Result<(), UnreadableFile> {
    if entry.list == "SECLIST" {
        if told.securities.len() < MAX_ROWS {
            let short = |name| shortened_to(MAX_SHARED, entry.text(name));
            let security = Security { ticker: short("TICKER"), name: short("SECNAME") };
            told.securities.insert(entry.text("UNIQUEID").to_owned(), security);
        }
        return Ok(());
    }
    if told.entries.len() == MAX_ROWS {
        return Err(UnreadableFile::TooManyRows { limit: MAX_ROWS });
    }
    told.entries.push(entry);
    Ok(())
}
