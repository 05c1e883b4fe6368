//! Interactive Brokers: Flex queries as XML and as CSV, and activity statements as CSV.
//!
//! All three tell the same entries under names of their own. Each is brought to [`entry::Entry`], and what an entry means is
//! said once, in [`meaning`] and the files beside it.

mod activity;
mod corporate;
mod entry;
mod flex_csv;
mod meaning;
mod stated;
mod taxes;
mod undone;
mod xml;

use self::entry::{COLUMNS, Told};
use self::meaning::Meaning;
use super::Format;
use crate::header::Document;
use crate::{Note, ReadOptions, Row, Statement, StatementFormat, UnreadableFile, Verdict};

/// A Flex query as XML.
pub(super) struct IbkrFlex;

/// An activity statement or a Flex query as CSV.
pub(super) struct IbkrActivity;

impl Format for IbkrFlex {
    fn format(&self) -> StatementFormat {
        StatementFormat::IbkrFlex
    }

    fn confidence(&self, document: &Document<'_>) -> Option<u8> {
        let text = document.text.trim_start();
        let beginning: String = text.chars().take(4_000).collect();
        (text.starts_with('<') && beginning.contains("<FlexQueryResponse")).then_some(100)
    }

    fn read(&self, document: &Document<'_>, options: &ReadOptions) -> Result<Statement, UnreadableFile> {
        Ok(statement(self.format(), 100, xml::read(document.text)?, options))
    }
}

impl Format for IbkrActivity {
    fn format(&self) -> StatementFormat {
        StatementFormat::IbkrActivity
    }

    fn confidence(&self, document: &Document<'_>) -> Option<u8> {
        if activity::is_statement(document.text) { Some(100) } else { flex_csv::confidence(document.text) }
    }

    fn read(&self, document: &Document<'_>, options: &ReadOptions) -> Result<Statement, UnreadableFile> {
        let confidence = self.confidence(document).unwrap_or_default();
        let told = if activity::is_statement(document.text) {
            activity::read(document.text)?
        } else {
            flex_csv::read(document.text)?
        };
        Ok(statement(self.format(), confidence, told, options))
    }
}

fn statement(format: StatementFormat, confidence: u8, told: Told<'_>, options: &ReadOptions) -> Statement {
    let mut statement = Statement::new(format, confidence);
    statement.header = COLUMNS.iter().map(|column| (*column).to_owned()).collect();
    let (verdicts, rounded) = Meaning::new(&told, options, &mut statement).verdicts();
    let entries = told.entries.iter().zip(verdicts);
    let read = entries.map(|(entry, verdict)| Row {
        line: entry.line,
        last_line: entry.last_line,
        text: entry.cells(),
        verdict,
    });
    let beside = told.beside.iter().map(|beside| Row {
        line: beside.line,
        last_line: beside.last_line,
        text: beside.text.clone(),
        verdict: Verdict::Ignored(beside.why),
    });
    statement.rows = read.chain(beside).collect();
    statement.rows.sort_by_key(|row| row.line);
    if !told.unread.is_empty() {
        statement.notes.push(Note::IgnoredSections { names: told.unread });
    }
    super::broker::note_rounding(&mut statement, rounded);
    statement
}
