//! From the bytes of a file to its text: unpacking, character encodings, and what is no text at all.

use std::borrow::Cow;
use std::io::Read;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use flate2::read::MultiGzDecoder;

use crate::UnreadableFile;

/// The text of a file and what had to be assumed to get it.
pub(crate) struct FileText<'a> {
    pub(crate) text: Cow<'a, str>,
    /// It was neither valid UTF-8 nor marked as UTF-16.
    pub(crate) assumed_windows_1252: bool,
}

/// Reads the text of a file of at most `limit` bytes, packed or not.
pub(crate) fn open(bytes: &[u8], limit: usize) -> Result<FileText<'_>, UnreadableFile> {
    if bytes.len() > limit {
        return Err(too_large(limit));
    }
    let file = if bytes.starts_with(&[0x1f, 0x8b]) {
        let unpacked = unpack(bytes, limit)?;
        refuse_other_kinds(&unpacked)?;
        let (text, assumed_windows_1252) = decode(&unpacked);
        FileText { text: Cow::Owned(text.into_owned()), assumed_windows_1252 }
    } else {
        refuse_other_kinds(bytes)?;
        let (text, assumed_windows_1252) = decode(bytes);
        FileText { text, assumed_windows_1252 }
    };
    refuse_binary(&file.text)?;
    if file.text.trim().is_empty() {
        return Err(UnreadableFile::Empty);
    }
    Ok(file)
}

fn too_large(limit: usize) -> UnreadableFile {
    UnreadableFile::TooLarge { limit_mib: limit >> 20 }
}

/// Unpacks gzip, and stops as soon as the result is too large: a small file can unpack to any size.
fn unpack(bytes: &[u8], limit: usize) -> Result<Vec<u8>, UnreadableFile> {
    let mut unpacked = Vec::new();
    match MultiGzDecoder::new(bytes).take(limit as u64 + 1).read_to_end(&mut unpacked) {
        Ok(size) if size > limit => Err(too_large(limit)),
        Ok(_) => Ok(unpacked),
        Err(_damaged) => Err(UnreadableFile::DamagedArchive),
    }
}

/// UTF-8 or UTF-16 by the byte order mark, else UTF-8 if it is valid, else Windows-1252.
fn decode(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return (encoding.decode_without_bom_handling(&bytes[mark..]).0, false);
    }
    match UTF_8.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) => (text, false),
        None => (WINDOWS_1252.decode_without_bom_handling(bytes).0, true),
    }
}

/// Files that people take for a table, by their first bytes.
const OTHER_KINDS: [(&[u8], &str, &str); 6] = [
    (b"PK\x03\x04", "a workbook or a zip archive", "open it and save the sheet as \"CSV UTF-8\""),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "open it and save the sheet as \"CSV UTF-8\""),
    (b"%PDF", "a PDF document", "download the statement as CSV instead"),
    (b"\x1f\x8b", "a gzip file within a gzip file", "unpack it once"),
    (b"<!doctype html", "a web page", "sign in to the broker again and download the file anew"),
    (b"<html", "a web page", "sign in to the broker again and download the file anew"),
];

fn refuse_other_kinds(bytes: &[u8]) -> Result<(), UnreadableFile> {
    let start = bytes.trim_ascii_start();
    for (magic, what, advice) in OTHER_KINDS {
        if start.get(..magic.len()).is_some_and(|first| first.eq_ignore_ascii_case(magic)) {
            return Err(UnreadableFile::OtherKind { what, advice });
        }
    }
    Ok(())
}

/// One NUL is enough; of other control characters a few do no harm.
fn refuse_binary(text: &str) -> Result<(), UnreadableFile> {
    let bytes = text.as_bytes();
    let line_of = |at: usize| 1 + text[..at].matches('\n').count();
    if let Some(at) = bytes.iter().position(|b| *b == 0) {
        return Err(UnreadableFile::Binary { line: line_of(at) });
    }
    // A DOS end-of-file mark and form feeds occur in honest files.
    let control = |b: &u8| *b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0c | 0x1a);
    let found = bytes.iter().filter(|b| control(b)).count();
    if found > 8 && found > bytes.len() / 100 {
        let first = bytes.iter().position(control).unwrap_or_default();
        return Err(UnreadableFile::Binary { line: line_of(first) });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    const LIMIT: usize = 1 << 20;

    fn text_of(bytes: &[u8]) -> String {
        open(bytes, LIMIT).unwrap().text.into_owned()
    }

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn utf_16(text: &str, bytes_of: fn(u16) -> [u8; 2]) -> Vec<u8> {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(bytes_of).collect()
    }

    #[test]
    fn byte_order_marks_are_understood_and_gone() {
        assert_eq!(text_of("\u{feff}Ticker,Größe".as_bytes()), "Ticker,Größe");
        assert_eq!(text_of(&utf_16("Ticker,Größe", u16::to_le_bytes)), "Ticker,Größe");
        assert_eq!(text_of(&utf_16("Ticker,Größe", u16::to_be_bytes)), "Ticker,Größe");
    }

    #[test]
    fn what_is_not_utf_8_is_read_as_windows_1252() {
        let file = open(b"Ticker;Price\nAAPL;\x80 12\n", LIMIT).unwrap();
        assert_eq!(file.text, "Ticker;Price\nAAPL;€ 12\n");
        assert!(file.assumed_windows_1252);
    }

    #[test]
    fn gzip_is_unpacked_within_bounds() {
        assert_eq!(text_of(&packed(b"date,symbol,close")), "date,symbol,close");
        let bomb = packed(&vec![b'a'; LIMIT + 1]);
        assert!(bomb.len() < LIMIT / 100);
        assert_eq!(open(&bomb, LIMIT).err(), Some(UnreadableFile::TooLarge { limit_mib: 1 }));
        let mut cut = packed(b"date,symbol,close");
        cut.truncate(20);
        assert_eq!(open(&cut, LIMIT).err(), Some(UnreadableFile::DamagedArchive));
        let twice = open(&packed(&packed(b"date")), LIMIT).err();
        assert!(matches!(twice, Some(UnreadableFile::OtherKind { .. })));
    }

    #[test]
    fn files_of_another_kind_are_named() {
        for (bytes, words) in [
            (&b"PK\x03\x04rest"[..], "workbook"),
            (b"%PDF-1.7", "PDF"),
            (b"\xd0\xcf\x11\xe0\xa1", "Excel"),
            (b"\n <!DOCTYPE html><html>", "web page"),
            (b"<HTML><body>", "web page"),
        ] {
            let error = open(bytes, LIMIT).err().unwrap().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn nul_bytes_and_noise_are_refused_with_their_line() {
        assert_eq!(open(b"a,b\nc\0,d", LIMIT).err(), Some(UnreadableFile::Binary { line: 2 }));
        let noise: Vec<u8> = (1..=31).cycle().take(500).collect();
        assert!(matches!(open(&noise, LIMIT).err(), Some(UnreadableFile::Binary { .. })));
        assert!(open(b"a,b\n1,2\n\x1a", LIMIT).is_ok(), "the end mark of old systems");
    }

    #[test]
    fn nothing_is_nothing() {
        for bytes in [&b""[..], b"  \r\n\t\n", b"\xef\xbb\xbf"] {
            assert_eq!(open(bytes, LIMIT).err(), Some(UnreadableFile::Empty));
        }
    }
}
