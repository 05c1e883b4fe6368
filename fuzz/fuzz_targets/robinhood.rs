#![no_main]

bellwether_fuzz::fuzz_statement!(Robinhood);
