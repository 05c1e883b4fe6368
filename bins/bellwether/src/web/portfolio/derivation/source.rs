//! Where a number comes from that nothing was computed for, in words.

use bellwether_domain::Exchange;
use bellwether_portfolio::PriceOrigin;
use bellwether_portfolio::derivation::{Column, Field, Source};
use bellwether_texts::{Locale, Sentence, Value};
use bellwether_tracker::SourceShown;

/// The sentence: what it is, of which day, who told it and when that was fetched.
pub(super) fn words(locale: Locale, shown: &SourceShown) -> String {
    let mut words = locale.say(&sentence(locale, shown));
    if let Some(told_by) = &shown.told_by {
        words.push_str(", ");
        words.push_str(&locale.say(&Sentence::new("source.told_by").with("source", told_by.to_string())));
    }
    if let Some(at) = shown.fetched_at {
        let at = Value::Instant(at.with_timezone(&Exchange::NewYork.zone()));
        words.push_str(", ");
        words.push_str(&locale.say(&Sentence::new("source.fetched").with("at", at)));
    }
    words
}

fn sentence(locale: Locale, shown: &SourceShown) -> Sentence {
    match &shown.source {
        Source::Transaction { date, field, .. } => Sentence::new("source.transaction")
            .with("field", locale.text(field_key(*field)))
            .with("day", *date),
        Source::Price { symbol, day, origin, as_of, .. } => {
            let key = match origin {
                PriceOrigin::Close => "source.close",
                PriceOrigin::Quote => "source.quote",
                PriceOrigin::Booked => "source.booked",
            };
            let sentence = Sentence::new(key).with("symbol", symbol.as_str());
            match as_of {
                Some(at) => sentence.with("day", Value::Instant(at.with_timezone(&Exchange::NewYork.zone()))),
                None => sentence.with("day", *day),
            }
        }
        Source::ExchangeRate { from, to, on, quoted } => Sentence::new("source.rate")
            .with("from", from.as_str())
            .with("to", to.as_str())
            .with("day", *on)
            .with("quoted", *quoted),
        Source::Dividend { symbol, ex_date } => {
            Sentence::new("source.dividend").with("symbol", symbol.as_str()).with("day", *ex_date)
        }
        Source::Split { symbol, ex_date } => {
            Sentence::new("source.split").with("symbol", symbol.as_str()).with("day", *ex_date)
        }
        Source::Daily { column, day } => {
            Sentence::new("source.of_day").with("column", column_words(column)).with("day", *day)
        }
        Source::Series { column, from, .. } => Sentence::new("source.of_days")
            .with("column", column_words(column))
            .with("from", *from)
            .with("to", shown.last_day.unwrap_or(*from)),
        Source::Ledger => Sentence::new("source.ledger"),
        Source::Constant => Sentence::new("source.constant"),
        Source::Unknown => Sentence::new("source.unknown"),
    }
}

fn column_words(column: &Column) -> Sentence {
    match column {
        Column::Value => Sentence::new("source.column.value"),
        Column::Held => Sentence::new("source.column.held"),
        Column::Flow => Sentence::new("source.column.flow"),
        Column::Benchmark(symbol) => Sentence::new("source.column.benchmark").with("symbol", symbol.as_str()),
        Column::UnitsIn { of, .. } => Sentence::new("source.column.units").with("symbol", of.as_str()),
        Column::SharesOf(symbol) => Sentence::new("source.column.shares").with("symbol", symbol.as_str()),
    }
}

fn field_key(field: Field) -> &'static str {
    match field {
        Field::Quantity => "source.field.quantity",
        Field::Price => "source.field.price",
        Field::Fee => "source.field.fee",
        Field::Tax => "source.field.tax",
        Field::Gross => "source.field.gross",
        Field::Amount => "source.field.amount",
        Field::UnitCost => "source.field.unit_cost",
        Field::ExchangeRate => "source.field.exchange_rate",
        Field::CashPerShare => "source.field.cash_per_share",
        Field::CashInLieu => "source.field.cash_in_lieu",
        Field::CostShare => "source.field.cost_share",
    }
}
