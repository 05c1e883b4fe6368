//! Charts drawn on the server as SVG: themable by the page's style sheet, printable, readable without script.

mod bars;
mod lines;
mod path;
mod sankey;
mod scale;
mod sparkline;
mod table;
mod treemap;

pub(crate) use bars::{Bar, Part, bars};
pub(crate) use lines::{Axis, Line, LineChart, Shape, TradeDot};
pub(crate) use sankey::{Flow, sankey};
pub(crate) use sparkline::sparkline;
pub(crate) use table::{ChartCell, ChartRow, ChartTable};
pub(crate) use treemap::{DEEPEST, Tile, treemap};
