//! What templates and JSON answers are made of: figures turned into words and numbers, once, in one place.

pub(super) mod cells;
pub(super) mod chart;
pub(super) mod column_width;
pub(super) mod dashboard_json;
pub(super) mod dashboard_page;
pub(super) mod figure;
pub(super) mod holdings_table;
pub(super) mod metrics_json;
pub(super) mod page;
pub(super) mod ranges;
pub(super) mod reader;
pub(super) mod refusal;
