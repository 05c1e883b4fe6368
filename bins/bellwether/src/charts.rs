//! Charts drawn on the server as SVG: themable by the page's style sheet, printable, readable without script.

mod lines;
mod path;
mod scale;
mod sparkline;

pub(crate) use lines::{Axis, Line, LineChart, Shape, TradeDot};
pub(crate) use sparkline::sparkline;
