#![no_main]

bellwether_fuzz::fuzz_statement!(Schwab);
