#![no_main]

bellwether_fuzz::fuzz!(bellwether_fuzz::spark);
