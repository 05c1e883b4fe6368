//! `GET /v7/finance/spark` and `GET /v8/finance/spark`: closes of up to twenty symbols.

use serde::{Serialize, Serializer};

use crate::chart::{
    ChartRequest, ChartRules, Column, Distortion, Envelope, Meta, Number, Row, hinted, spark_rows,
};
use crate::market::{Listing, Moment, mix};

/// One symbol of an answer.
#[derive(Debug)]
pub(crate) struct SparkSeries<'a> {
    listing: &'a Listing,
    meta: Meta<'a>,
    rows: Vec<Row>,
    intraday: bool,
}

/// The switches of a series.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SparkRules {
    pub(crate) chart: ChartRules,
    pub(crate) distortion: Distortion,
}

/// The body of version 7.
#[derive(Debug, Serialize)]
pub(crate) struct SparkV7<'a> {
    spark: Envelope<SparkEntry<'a>>,
}

#[derive(Debug, Serialize)]
struct SparkEntry<'a> {
    symbol: &'a str,
    response: [SparkResponse<'a>; 1],
}

#[derive(Debug, Serialize)]
struct SparkResponse<'a> {
    meta: Meta<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<Vec<i64>>,
    indicators: SparkIndicators,
}

#[derive(Debug, Serialize)]
struct SparkIndicators {
    quote: [SparkCloses; 1],
}

#[derive(Debug, Default, Serialize)]
struct SparkCloses {
    #[serde(skip_serializing_if = "Option::is_none")]
    close: Option<Column>,
}

/// The body of version 8: a map of symbols.
#[derive(Debug)]
pub(crate) struct SparkV8<'a>(Vec<SparkRecord<'a>>);

impl Serialize for SparkV8<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|record| (record.symbol, record)))
    }
}

/// The record of a symbol in version 8.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SparkRecord<'a> {
    timestamp: Vec<i64>,
    symbol: &'a str,
    end: Option<i64>,
    close: Option<Column>,
    start: Option<i64>,
    previous_close: Option<Number>,
    chart_previous_close: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    full_day: Option<crate::chart::FullDay>,
    data_granularity: u32,
}

impl<'a> SparkSeries<'a> {
    /// The series of a listing at a moment; `None` where the chart would be refused.
    pub(crate) fn of(
        listing: &'a Listing,
        moment: &Moment,
        request: &ChartRequest,
        rules: SparkRules,
    ) -> Option<Self> {
        let (rows, first) = spark_rows(listing, moment, request, rules.chart, rules.distortion).ok()?;
        let mut meta = Meta::of(listing, moment, rules.chart.full_day_fields);
        meta.previous_to(listing, moment, first);
        meta.granularity = request.interval.word();
        meta.range = request.window.word();
        let intraday = !request.interval.is_daily_or_coarser();
        Some(Self { listing, meta, rows, intraday })
    }

    fn closes(&self) -> Column {
        let hint = self.listing.venue.price_hint;
        Column(self.rows.iter().map(|row| hinted(row.close, hint).0).collect())
    }

    fn stamps(&self) -> Vec<i64> {
        self.rows.iter().map(|row| row.stamp).collect()
    }

    fn entry(self) -> SparkEntry<'a> {
        let some = !self.rows.is_empty();
        let timestamp = some.then(|| self.stamps());
        let close = some.then(|| self.closes());
        let indicators = SparkIndicators { quote: [SparkCloses { close }] };
        SparkEntry {
            symbol: self.listing.symbol.as_str(),
            response: [SparkResponse { meta: self.meta, timestamp, indicators }],
        }
    }

    fn record(self) -> SparkRecord<'a> {
        let some = !self.rows.is_empty();
        SparkRecord {
            timestamp: self.stamps(),
            symbol: self.listing.symbol.as_str(),
            start: None,
            end: None,
            close: some.then(|| self.closes()),
            previous_close: self.intraday.then_some(self.meta.chart_previous_close).flatten(),
            chart_previous_close: self.meta.chart_previous_close,
            full_day: self.meta.full_day,
            data_granularity: 300,
        }
    }
}

/// The answer of version 7.
pub(crate) fn v7(series: Vec<SparkSeries<'_>>, seed: u64) -> SparkV7<'_> {
    let result = shuffled(series, seed).into_iter().map(SparkSeries::entry).collect();
    SparkV7 { spark: Envelope { result, error: () } }
}

/// The answer of version 8.
pub(crate) fn v8(series: Vec<SparkSeries<'_>>, seed: u64) -> SparkV8<'_> {
    SparkV8(shuffled(series, seed).into_iter().map(SparkSeries::record).collect())
}

/// Each symbol once, in an order that depends on the seed and on the question only.
fn shuffled(mut series: Vec<SparkSeries<'_>>, seed: u64) -> Vec<SparkSeries<'_>> {
    let count = series.len() as u64;
    series.sort_by_key(|series| (mix(seed ^ count, series.listing.seed), series.listing.symbol.as_str()));
    series.dedup_by_key(|series| series.listing.symbol.as_str());
    series
}
