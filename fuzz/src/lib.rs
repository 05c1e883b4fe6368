//! What the fuzz targets run: the promises that the readers' tests hold them to, on any bytes.

#[path = "../../crates/prices/tests/corpus/promises.rs"]
mod promises;
mod statements;
mod values;

pub use bellwether_statements::StatementFormat;
pub use statements::statement;

pub use values::change;

/// Runs a reader on what libFuzzer brings, half of it changed value by value.
#[macro_export]
macro_rules! fuzz {
    ($read:path) => {
        libfuzzer_sys::fuzz_target!(|input: &[u8]| $read(input));

        libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            let whole = if seed % 2 == 0 { $crate::change(data, size, max_size, seed / 2) } else { None };
            whole.unwrap_or_else(|| libfuzzer_sys::fuzzer_mutate(data, size, max_size))
        });
    };
}

/// Reads what libFuzzer brings as a file of one form of statements.
#[macro_export]
macro_rules! fuzz_statement {
    ($format:ident) => {
        libfuzzer_sys::fuzz_target!(|input: &[u8]| $crate::statement(
            $crate::StatementFormat::$format,
            input
        ));
    };
}

/// A chart.
pub fn chart(input: &[u8]) {
    promises::chart(input);
}

/// A spark of either shape.
pub fn spark(input: &[u8]) {
    promises::spark(input);
}

/// Quotes.
pub fn quote(input: &[u8]) {
    promises::quotes(input);
}

/// The hits of a search.
pub fn search(input: &[u8]) {
    promises::search(input);
}
