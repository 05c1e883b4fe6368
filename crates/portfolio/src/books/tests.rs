//! The rules of the ledger, each with numbers worked by hand.

mod cash;
mod currency;
mod dividends;
mod event_cash;
mod event_days;
mod events;
mod faults;
mod fees;
mod lots;
mod methods;
mod shorts;
mod splits;
mod together;
mod transfers;

use bellwether_domain::{CostMethod, Currency};

use crate::testing::{Ledger, columns, date, market_with_rates, options, quoted, symbol};
use crate::{Books, InstrumentData, Options, Position, PriceSeries, Rates};

/// One position of a ledger, in dollars.
fn position_by(method: CostMethod, ledger: &Ledger, name: &str, as_of: &str) -> Position {
    let siemens = InstrumentData::new(Currency::EUR)
        .with_prices(PriceSeries::as_traded(columns(&[("2024-01-02", 100.0)])));
    let apple = quoted(&[("2024-01-02", 10.0)]);
    let market = market_with_rates(Rates::new(), [("AAPL", apple), ("SIE.DE", siemens)]);
    let options = Options { method, ..options() };
    let books = Books::replay(&ledger.0, &market, &options, date(as_of)).expect("books");
    books.position(&symbol(name)).expect("a position").clone()
}

fn siemens(ledger: &Ledger, as_of: &str) -> Position {
    position_by(CostMethod::Fifo, ledger, "SIE.DE", as_of)
}
