//! Charts drawn on the server as SVG: themable by the page's style sheet, printable, readable without script.

mod path;
mod scale;
mod sparkline;
mod value;

pub(crate) use sparkline::sparkline;
pub(crate) use value::{TradeDot, ValueChart};
