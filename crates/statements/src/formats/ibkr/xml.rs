//! Flex queries as XML.
//!
//! Values are in attributes, so one pass over the tags is all. Nothing is resolved but the five entities that XML itself
//! has; a document type is skipped.

use std::borrow::Cow;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::entry::{Entry, Field, MAX_SHARED, Section, Told};
use crate::UnreadableFile;
use crate::formats::MAX_ROWS;
use crate::lines::LineCount;
use crate::verdict::shortened_to;

/// More sections than there are names of.
const MAX_SECTIONS: usize = 60;
/// A query nests its elements five deep; a file that goes deeper is something else.
const MAX_DEPTH: usize = 16;

fn section_of(element: &str) -> Option<Section> {
    Some(match element {
        "Trade" | "Order" => Section::Trades,
        "CashTransaction" => Section::Cash,
        "TransactionTax" => Section::TradeCosts,
        "SalesTax" => Section::SalesTaxes,
        "CorporateAction" => Section::CorporateActions,
        "Transfer" => Section::Transfers,
        "OpenPosition" => Section::Positions,
        "CashReportCurrency" => Section::CashReport,
        _ => return None,
    })
}

/// Elements that only hold others or repeat what those tell.
fn is_known(element: &str) -> bool {
    matches!(
        element,
        "FlexQueryResponse"
            | "FlexStatements"
            | "FlexStatement"
            | "AccountInformation"
            | "Trades"
            | "CashTransactions"
            | "CorporateActions"
            | "Transfers"
            | "OpenPositions"
            | "CashReport"
            | "SecuritiesInfo"
            | "TransactionTaxes"
            | "SalesTaxes"
            | "Lot"
            | "WashSale"
            | "SymbolSummary"
            | "AssetSummary"
    )
}

pub(super) fn read(text: &str) -> Result<Told<'_>, UnreadableFile> {
    let mut told = Told::default();
    let mut reader = Reader::from_str(text);
    let mut lines = LineCount::new(text);
    let mut depth = 0_usize;
    let mut to_date = String::new();
    loop {
        let begins = lines.at(usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX));
        let event = reader.read_event();
        let broken = |line| UnreadableFile::Malformed { what: "a Flex query", line };
        let element = match event {
            Err(_) => return Err(broken(begins)),
            Ok(Event::Eof) if depth > 0 => return Err(broken(begins)),
            Ok(Event::Eof) => break,
            Ok(Event::Start(element)) => {
                depth += 1;
                element
            }
            Ok(Event::Empty(element)) => element,
            Ok(Event::End(_)) => {
                depth = depth.saturating_sub(1);
                continue;
            }
            Ok(_) => continue,
        };
        if depth > MAX_DEPTH {
            return Err(broken(begins));
        }
        let ends = lines.at(usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX));
        take(&mut told, &element, (begins, ends), &mut to_date).ok_or_else(|| broken(begins))?;
        if told.entries.len() > MAX_ROWS {
            return Err(UnreadableFile::TooManyRows { limit: MAX_ROWS });
        }
    }
    Ok(told)
}

/// Takes in one element; `None` when its attributes are no attributes.
fn take(
    told: &mut Told<'_>,
    element: &BytesStart<'_>,
    (line, last_line): (usize, usize),
    to_date: &mut String,
) -> Option<()> {
    let name = element.name();
    let name = name.as_ref();
    let Some(section) = section_of(name) else {
        match name {
            "FlexStatement" => {
                *to_date = shortened_to(MAX_SHARED, &attribute(element, "toDate")?);
            }
            "SecurityInfo" => {
                let (symbol, isin) = (attribute(element, "symbol")?, attribute(element, "isin")?);
                let exchange = attribute(element, "listingExchange")?;
                if !symbol.is_empty() {
                    told.list(&symbol, &isin, &exchange, &attribute(element, "currency")?);
                }
            }
            other if !is_known(other) && told.unread.len() < MAX_SECTIONS => {
                let shown: String = other.chars().take(60).collect();
                if !told.unread.contains(&shown) {
                    told.unread.push(shown);
                }
            }
            _ => {}
        }
        return Some(());
    };
    let mut values: Vec<(Field, Cow<'_, str>)> = Vec::new();
    for attribute in element.attributes().with_checks(false) {
        let attribute = attribute.ok()?;
        let Some(field) = Field::named(attribute.key.as_ref()) else { continue };
        let value = attribute.normalized_value(XmlVersion::default()).ok()?;
        if !value.is_empty() && values.iter().all(|(known, _)| *known != field) {
            values.push((field, Cow::Owned(value.into_owned())));
        }
    }
    if values.is_empty() {
        // Consolidated queries close their lists with an element that tells nothing.
        return Some(());
    }
    if !to_date.is_empty() && !values.iter().any(|(field, _)| *field == Field::ToDate) {
        values.push((Field::ToDate, Cow::Owned(to_date.clone())));
    }
    told.entries.push(Entry { line, last_line, section, values });
    Some(())
}

/// The value of an attribute; empty where there is none.
fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    for attribute in element.attributes().with_checks(false) {
        let attribute = attribute.ok()?;
        if attribute.key.as_ref() == name {
            return Some(attribute.normalized_value(XmlVersion::default()).ok()?.into_owned());
        }
    }
    Some(String::new())
}
