//! Charts drawn on the server as SVG: themable by the page's style sheet, printable, readable without script.

mod bars;
mod lines;
mod path;
mod scale;
mod sparkline;
mod treemap;

pub(crate) use bars::{Bar, Part, bars};
pub(crate) use lines::{Axis, Line, LineChart, Shape, TradeDot};
pub(crate) use sparkline::sparkline;
pub(crate) use treemap::{Tile, treemap};
