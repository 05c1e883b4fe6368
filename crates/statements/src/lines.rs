//! The physical lines of files that are no tables.

/// Counts the lines of a text in one pass over it.
pub(crate) struct LineCount<'a> {
    text: &'a str,
    offset: usize,
    line: usize,
}

impl<'a> LineCount<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, offset: 0, line: 1 }
    }

    /// The line, from 1, on which an offset lies; offsets come in their order.
    pub(crate) fn at(&mut self, offset: usize) -> usize {
        let offset = offset.min(self.text.len());
        let passed = self.text.as_bytes().get(self.offset..offset).unwrap_or_default();
        let breaks = passed.split(|b| *b == b'\n').count().saturating_sub(1);
        self.line += breaks;
        self.offset = self.offset.max(offset);
        self.line
    }
}
