//! The markup of both generations of OFX, read in one pass.
//!
//! Version 1 is SGML, where an element with a value need not be closed; version 2 is XML without attributes. An element that
//! is followed by text has that text as its value; all others hold elements, and are closed.

use std::borrow::Cow;

use crate::UnreadableFile;
use crate::lines::LineCount;

/// No statement nests deeper.
const MAX_DEPTH: usize = 64;

/// What comes next in a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// An element that holds others.
    Open(&'a str),
    /// An element with its value.
    Value(&'a str, Cow<'a, str>),
    /// The end of an element, of which it may be the only sign that the ones within it ended too.
    Close(&'a str),
}

/// Reads tokens one by one and counts lines.
pub(super) struct Tokens<'a> {
    text: &'a str,
    offset: usize,
    lines: LineCount<'a>,
}

impl<'a> Tokens<'a> {
    /// From the first tag on; what stands before it are the names and values of a header.
    pub(super) fn new(text: &'a str) -> Self {
        let start = text.find("<OFX>").unwrap_or_default();
        Self { text, offset: start, lines: LineCount::new(text) }
    }

    /// The line on which the last token began.
    pub(super) fn line(&mut self) -> usize {
        self.lines.at(self.offset)
    }

    /// The next token; an error for a tag that does not end.
    pub(super) fn next(&mut self) -> Result<Option<Token<'a>>, UnreadableFile> {
        loop {
            let Some(open) = self.text[self.offset..].find('<') else {
                self.offset = self.text.len();
                return Ok(None);
            };
            let start = self.offset + open + 1;
            let Some(length) = self.text[start..].find('>') else {
                self.offset += open;
                return Err(broken(self.line()));
            };
            let name = self.text[start..start + length].trim();
            self.offset = start + length + 1;
            if name.starts_with(['?', '!']) || name.is_empty() {
                continue;
            }
            if let Some(name) = name.strip_prefix('/') {
                return Ok(Some(Token::Close(name.trim())));
            }
            if name.ends_with('/') {
                continue;
            }
            let rest = &self.text[self.offset..];
            let value = rest[..rest.find('<').unwrap_or(rest.len())].trim();
            return Ok(Some(if value.is_empty() {
                Token::Open(name)
            } else {
                Token::Value(name, unescaped(value))
            }));
        }
    }
}

pub(super) fn broken(line: usize) -> UnreadableFile {
    UnreadableFile::Malformed { what: "an OFX file", line }
}

/// The text with the names of its elements in capitals, where a program wrote them otherwise.
pub(super) fn with_names_in_capitals(text: &str) -> Cow<'_, str> {
    if text.contains("<OFX>") {
        return Cow::Borrowed(text);
    }
    let mut in_tag = false;
    let capital = |c: char| {
        in_tag = c == '<' || in_tag && c != '>';
        if in_tag { c.to_ascii_uppercase() } else { c }
    };
    Cow::Owned(text.chars().map(capital).collect())
}

/// The elements that are open.
#[derive(Default)]
pub(super) struct Path<'a>(Vec<&'a str>);

impl<'a> Path<'a> {
    /// Opens an element; false where no statement goes.
    pub(super) fn open(&mut self, name: &'a str) -> bool {
        self.0.push(name);
        self.0.len() <= MAX_DEPTH
    }

    /// Closes an element and all that were left open in it. Says how many are open now; `None` when it was not open.
    pub(super) fn close(&mut self, name: &str) -> Option<usize> {
        let place = self.0.iter().rposition(|open| open.eq_ignore_ascii_case(name))?;
        self.0.truncate(place);
        Some(place)
    }

    pub(super) fn depth(&self) -> usize {
        self.0.len()
    }

    pub(super) fn last(&self) -> &'a str {
        self.0.last().copied().unwrap_or_default()
    }
}

/// Resolves the entities that OFX has.
fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.as_bytes().iter().take(10).position(|b| *b == b';');
        let resolved = end.and_then(|end| Some((entity(&rest[1..end])?, end + 1)));
        let (c, length) = resolved.unwrap_or(('&', 1));
        plain.push(c);
        rest = &rest[length..];
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

fn entity(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|c| !c.is_control())?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<String> {
        let mut tokens = Tokens::new(text);
        let mut told = Vec::new();
        while let Ok(Some(token)) = tokens.next() {
            told.push(match token {
                Token::Open(name) => format!("<{name}>"),
                Token::Value(name, value) => format!("{name}={value}"),
                Token::Close(name) => format!("</{name}>"),
            });
        }
        told
    }

    #[test]
    fn both_generations_are_read() {
        let told = ["<OFX>", "<A>", "B=1 & 2", "C=x", "</A>", "</OFX>"];
        let old = "OFXHEADER:100\n\n<OFX><A><B>1 &amp; 2\n<C>x</A></OFX>";
        assert_eq!(tokens(old), told);
        let new =
            "<?xml version=\"1.0\"?><?OFX OFXHEADER=\"200\"?>\n<OFX>\n<A><B>1 &#38; 2</B><C>x</C></A></OFX>";
        let new: Vec<String> =
            tokens(new).into_iter().filter(|token| token != "</B>" && token != "</C>").collect();
        assert_eq!(new, told);
    }

    #[test]
    fn entities_that_are_none_stay_as_they_are() {
        assert_eq!(unescaped("AT&T &bogus; &#xFFFFFFFF; &#65;&"), "AT&T &bogus; &#xFFFFFFFF; A&");
    }

    #[test]
    fn what_was_left_open_ends_with_what_holds_it() {
        let mut path = Path::default();
        assert!(["OFX", "LIST", "MEMO"].into_iter().all(|name| path.open(name)));
        assert_eq!((path.close("NONE"), path.close("LIST"), path.last()), (None, Some(1), "OFX"));
    }
}
