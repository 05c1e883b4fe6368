//! The example does what it shows, in as few lines as it promises.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::PathBuf;
use std::process::Command;

use bellwether_yahoo_sim::{SimConfig, Simulator};
use rust_decimal::Decimal;

const NAME: &str = "quotes_and_history";

/// The built example. Tests are built with the examples of their package, unless one target was named.
fn built() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let example = tests
        .ancestors()
        .nth(2)
        .unwrap()
        .join("examples")
        .join(NAME)
        .with_extension(std::env::consts::EXE_EXTENSION);
    if !example.exists() {
        let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
        let arguments = ["build", "--locked", "--offline", "--example", NAME];
        Command::new(cargo).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap();
    }
    example
}

#[test]
fn the_example_has_under_25_lines() {
    let source = format!("{}/examples/{NAME}.rs", env!("CARGO_MANIFEST_DIR"));
    assert!(std::fs::read_to_string(source).unwrap().lines().count() < 25);
}

#[test]
fn the_example_shows_prices_and_histories_of_three_symbols() {
    let simulator = Simulator::spawn(SimConfig::default()).unwrap();
    let output = Command::new(built()).arg(simulator.base_url()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Vec<&str>> = printed.lines().map(|line| line.split([' ', ':', ',']).collect()).collect();
    for (line, (symbol, currency)) in
        lines.iter().zip([("AAPL", "USD"), ("VOD.L", "GBP"), ("EURUSD=X", "USD")])
    {
        let [name, "", price, unit, "", days, "days"] = line[..] else { panic!("{printed}") };
        assert_eq!((name, unit), (symbol, currency));
        assert!(price.parse::<Decimal>().unwrap() > Decimal::ZERO);
        assert!(days.parse::<usize>().unwrap() > 400);
    }
    assert_eq!((lines.len(), simulator.calls()), (3, 4));
}
