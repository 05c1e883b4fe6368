//! What is wrong with a file and its rows, as sentences for people.

use bellwether_domain::{InvalidTransaction, TransactionKind};
use bellwether_statements::{IgnoredRow, Note, Reason, StatementFormat, UnreadableFile};
use bellwether_texts::{Sentence, Value};

/// Words of programs that stand within sentences, by the keys of their texts.
const PHRASES: [(&str, &str); 107] = [
    ("the date", "phrase.date"),
    ("the symbol", "phrase.symbol"),
    ("a symbol", "phrase.a_symbol"),
    ("the other symbol", "phrase.other_symbol"),
    ("the type", "phrase.type"),
    ("the quantity", "phrase.quantity"),
    ("a quantity", "phrase.a_quantity"),
    ("the price", "phrase.price"),
    ("a price", "phrase.a_price"),
    ("the amount", "phrase.amount"),
    ("an amount", "phrase.an_amount"),
    ("the fee", "phrase.fee"),
    ("fee", "phrase.a_fee"),
    ("the tax", "phrase.tax"),
    ("tax", "phrase.a_tax"),
    ("the ISIN", "phrase.isin"),
    ("a ratio of new to old shares", "phrase.a_ratio"),
    ("the share of the cost", "phrase.cost_share"),
    ("the share of the cost that moves", "phrase.cost_share"),
    ("the cash in lieu", "phrase.cash_in_lieu"),
    ("the cash per share", "phrase.cash_per_share"),
    ("the exchange rate", "phrase.exchange_rate"),
    ("the account", "phrase.account"),
    ("the note", "phrase.note"),
    ("the word that says what the row is", "phrase.entry"),
    ("options", "phrase.options"),
    ("futures", "phrase.futures"),
    ("bonds", "phrase.bonds"),
    ("bonds and bills", "phrase.bonds_and_bills"),
    ("contracts for difference", "phrase.cfds"),
    ("warrants", "phrase.warrants"),
    ("the redemption of a bond or bill", "phrase.redemption"),
    ("valuables and liabilities", "phrase.valuables"),
    ("what is neither a share nor a fund nor cash", "phrase.no_share"),
    ("what has a CUSIP and no symbol, such as a bond or a bill,", "phrase.cusip"),
    ("what part of the cost moves to the new shares", "phrase.moving_cost"),
    ("what the shares cost where they came from", "phrase.former_cost"),
    ("how many shares the dividend bought", "phrase.bought_by_dividend"),
    ("which shares these came from, and what part of their cost belongs to them", "phrase.origin"),
    ("which shares became which, and what was paid for them", "phrase.exchanged"),
    ("which symbol became which", "phrase.renamed"),
    ("which currency was exchanged for which", "phrase.currencies"),
    ("what the shares became", "phrase.became"),
    ("a total of entries that follow one by one", "phrase.total"),
    ("a section without transactions", "phrase.no_transactions"),
    ("a position, to compare with", "phrase.position"),
    ("a holding, to compare with", "phrase.position"),
    ("a balance of cash, to compare with", "phrase.balance"),
    ("the account's cash, to compare with", "phrase.balance"),
    ("the names of columns", "phrase.columns"),
    ("about the statement itself", "phrase.statement"),
    ("it moves nothing", "phrase.nothing"),
    ("a workbook or a zip archive", "phrase.workbook"),
    ("an old Excel workbook", "phrase.old_workbook"),
    ("a PDF document", "phrase.pdf"),
    ("a gzip file within a gzip file", "phrase.gzip_twice"),
    ("a web page", "phrase.web_page"),
    ("open it and save the sheet as \"CSV UTF-8\"", "phrase.save_as_csv"),
    ("download the statement as CSV instead", "phrase.download_csv"),
    ("unpack it once", "phrase.unpack"),
    ("sign in to the broker again and download the file anew", "phrase.download_anew"),
    ("a Ghostfolio export", "phrase.ghostfolio"),
    ("an OFX file", "phrase.ofx"),
    ("a Flex query", "phrase.flex"),
    ("the other symbol, or the cash per share as its price", "phrase.symbol_or_cash"),
    ("the close", "phrase.close"),
    ("crypto-currencies of this broker", "phrase.crypto"),
    ("the cancellation of an entry, which stands in the file as well,", "phrase.cancelled_entry"),
    ("whose spin-off it is, for how many shares, and which part of the cost moves", "phrase.spin_off_of"),
    ("how many shares the dividend in shares brings for each share", "phrase.shares_paid"),
    ("which split, spin-off or merger the cash in lieu belongs to", "phrase.in_lieu_of"),
    ("the same shares under another number", "phrase.other_number"),
    ("between the two halves of the account", "phrase.two_halves"),
    ("a reservation of a deposit that is booked apart", "phrase.reservation"),
    ("cash kept in a money market fund", "phrase.kept_in_fund"),
    ("a trade in another currency, of which the file mixes two currencies,", "phrase.mixed_currencies"),
    ("the cash stays in its money market fund", "phrase.stays_in_market_fund"),
    ("between two types of one account", "phrase.two_types"),
    ("the cash leaves its money market fund", "phrase.leaves_fund"),
    ("the cash goes into its money market fund", "phrase.enters_fund"),
    ("a section whose columns are not named", "phrase.nameless_columns"),
    ("about an instrument", "phrase.instrument"),
    ("what the costs of the trades already contain", "phrase.costs_contained"),
    ("how a balance of cash came about", "phrase.balance_made"),
    ("the lots that a trade closed, and totals", "phrase.closed_lots"),
    ("which of the shares that came are for which that left", "phrase.which_for_which"),
    ("which shares left", "phrase.which_left"),
    ("how many shares left", "phrase.how_many_left"),
    ("told by its executions or its order", "phrase.told_elsewhere"),
    ("a tax that its trade already tells", "phrase.tax_contained"),
    ("a transfer of nothing", "phrase.empty_transfer"),
    ("a lot of a position", "phrase.lot"),
    ("a position in what cannot be kept here", "phrase.unkept_position"),
    ("a trade that was cancelled", "phrase.cancelled_trade"),
    ("the cancellation of a trade", "phrase.cancellation"),
    ("a dividend that was taken back", "phrase.taken_back"),
    ("this takes back a dividend", "phrase.takes_back"),
    ("between two parts of the account", "phrase.two_parts"),
    ("a holding without a symbol", "phrase.nameless_holding"),
    ("the cash goes into or out of its settlement fund", "phrase.through_fund"),
    ("the cash stays in its settlement fund", "phrase.stays_in_fund"),
    ("the names of the columns of another section", "phrase.other_columns"),
    ("what the shares were exchanged for: they left without a price", "phrase.exchanged_for"),
    ("from which currency to which the cash went", "phrase.exchange_of"),
    ("what came for what left: the other half is missing", "phrase.other_half"),
    ("what this event did to the shares that were held", "phrase.event"),
    ("a column of dates", "phrase.date_column"),
];

/// Words that stand within a sentence: in its language where they are known, else as they are.
pub(crate) fn phrase(words: &str) -> Value {
    let known = PHRASES.iter().find(|(known, _)| *known == words);
    known.map_or_else(|| Value::from(words), |(_, key)| Value::from(Sentence::new(key)))
}

/// The name of a kind of transactions.
pub fn kind_words(kind: TransactionKind) -> Sentence {
    Sentence::new(match kind {
        TransactionKind::Buy => "kind.word.buy",
        TransactionKind::Sell => "kind.word.sell",
        TransactionKind::Dividend => "kind.word.dividend",
        TransactionKind::Reinvestment => "kind.word.reinvestment",
        TransactionKind::Deposit => "kind.word.deposit",
        TransactionKind::Withdrawal => "kind.word.withdrawal",
        TransactionKind::Fee => "kind.word.fee",
        TransactionKind::Tax => "kind.word.tax",
        TransactionKind::Interest => "kind.word.interest",
        TransactionKind::Split => "kind.word.split",
        TransactionKind::SpinOff => "kind.word.spin_off",
        TransactionKind::Merger => "kind.word.merger",
        TransactionKind::TickerChange => "kind.word.ticker_change",
        TransactionKind::TransferIn => "kind.word.transfer_in",
        TransactionKind::TransferOut => "kind.word.transfer_out",
    })
}

/// Words of which only the program's language is known.
pub(super) fn verbatim(words: impl Into<String>) -> Sentence {
    Sentence::verbatim(words)
}

/// What is wrong with a cell or a row.
pub(super) fn reason(reason: &Reason) -> Sentence {
    let said = Sentence::new;
    let cell = |key, text: &str| said(key).with("text", text);
    match reason {
        Reason::Missing { field } => said("row.missing").with("field", phrase(field)),
        Reason::TooManyCells { expected, found } => {
            said("row.too_many_cells").with("expected", *expected).with("found", *found)
        }
        Reason::UnclosedQuote => said("row.unclosed_quote"),
        Reason::NotADate { text } => cell("row.not_a_date", text),
        Reason::OtherDateOrder { text, first } => {
            let key = if *first == "month" { "row.not_month_first" } else { "row.not_day_first" };
            cell(key, text)
        }
        Reason::AmbiguousDate { text } => cell("row.ambiguous_date", text),
        Reason::Future(day) => said("row.future").with("day", *day),
        Reason::NotANumber { text } => cell("row.not_a_number", text),
        Reason::OtherDecimalMark { text, mark } => {
            cell("row.other_decimals", text).with("mark", mark.to_string())
        }
        Reason::AmbiguousNumber { text } => cell("row.ambiguous_number", text),
        Reason::NumberOutOfRange { text } => cell("row.out_of_range", text),
        Reason::NotPositive { field } => said("row.not_positive").with("field", phrase(field)),
        Reason::NotARatio { text } => cell("row.not_a_ratio", text),
        Reason::UnknownKind { text } => cell("row.unknown_kind", text),
        Reason::UnknownEntry { text } => cell("row.unknown_entry", text),
        Reason::Unsupported { what } => said("row.unsupported").with("what", phrase(what)),
        Reason::Untold { kind, what } => {
            said("row.untold").with("kind", kind_words(*kind)).with("what", phrase(what))
        }
        Reason::WhichSymbol { instrument, known_as } if known_as.is_empty() => {
            said("row.which_symbol").with("instrument", instrument.as_str())
        }
        Reason::WhichSymbol { instrument, known_as } => said("row.which_symbol_of")
            .with("instrument", instrument.as_str())
            .with("known", known_as.as_str()),
        Reason::TakesBack(kind) => said("row.takes_back").with("kind", kind_words(*kind)),
        Reason::Symbol(_) => said("row.no_symbol"),
        Reason::FormulaSymbol { text } => cell("row.formula", text),
        Reason::Currency(_) => said("row.no_currency"),
        Reason::OtherCurrency { row, cell } => {
            said("row.other_currency").with("row", row.as_str()).with("cell", cell.as_str())
        }
        Reason::NegativeQuantity { kind } => said("row.negative").with("kind", kind_words(*kind)),
        Reason::NotForKind { kind, field } => {
            said("row.not_for_kind").with("kind", kind_words(*kind)).with("field", phrase(field))
        }
        Reason::Contradicts { line } => said("row.contradicts").with("line", line.to_string()),
        Reason::Invalid(invalid) => faulty(invalid),
    }
}

/// What the one check of all transactions says.
pub(crate) fn faulty(invalid: &InvalidTransaction) -> Sentence {
    let said = Sentence::new;
    let of = |key, field: &str| said(key).with("field", phrase(field));
    match invalid {
        InvalidTransaction::Missing { kind, field } => of("row.needs", field).with("kind", kind_words(*kind)),
        InvalidTransaction::NotPositive { field } => of("row.not_positive", field),
        InvalidTransaction::Negative { field } => of("row.not_negative", field),
        InvalidTransaction::Zero { field } => of("row.not_zero", field),
        InvalidTransaction::OutOfRange { field } => of("row.field_out_of_range", field),
        InvalidTransaction::Unprintable { field } => of("row.unprintable", field),
        InvalidTransaction::TooLong { field, longest } => of("row.too_long", field).with("longest", *longest),
        InvalidTransaction::Future(day) => said("row.future").with("day", *day),
        InvalidTransaction::TooEarly(day) => said("row.too_early").with("day", *day),
        InvalidTransaction::CostShare(_) => said("row.cost_share"),
        InvalidTransaction::SameSymbol(symbol) => said("row.same_symbol").with("symbol", symbol.as_str()),
        InvalidTransaction::AcquiredLater { acquired, date } => {
            said("row.acquired_later").with("acquired", *acquired).with("day", *date)
        }
        InvalidTransaction::Quantity(_)
        | InvalidTransaction::LotsSum { .. }
        | InvalidTransaction::LotTwice(_) => crate::refusals::invalid(invalid),
    }
}

/// Why a row is no transaction.
pub(super) fn ignored(why: &IgnoredRow) -> Sentence {
    let said = Sentence::new;
    match why {
        IgnoredRow::Blank => said("ignored.blank"),
        IgnoredRow::AboveHeader => said("ignored.above_header"),
        IgnoredRow::RepeatedHeader => said("ignored.repeated_header"),
        IgnoredRow::Total => said("ignored.total"),
        IgnoredRow::Comment => said("ignored.comment"),
        IgnoredRow::BesideTable => said("ignored.beside_table"),
        IgnoredRow::OtherSection(what) => said("ignored.other_section").with("what", phrase(what)),
        IgnoredRow::PartOf { line } => said("ignored.part_of").with("line", line.to_string()),
        IgnoredRow::WithoutEffect(what) => said("ignored.without_effect").with("what", phrase(what)),
        IgnoredRow::SplitShares => said("ignored.split_shares"),
        IgnoredRow::LeftOut => said("ignored.left_out"),
    }
}

/// What a person should know about a file as a whole.
pub(super) fn note(note: &Note) -> Sentence {
    let said = Sentence::new;
    let line = |line: &usize| line.to_string();
    match note {
        Note::AssumedWindows1252 => said("file.assumed_encoding"),
        Note::AmbiguousDates { line: at, example } => {
            said("file.ambiguous_dates").with("line", line(at)).with("example", example.as_str())
        }
        Note::MixedDateOrders { month_first_line, day_first_line } => {
            said("file.mixed_dates").with("month", line(month_first_line)).with("day", line(day_first_line))
        }
        Note::AmbiguousNumbers { line: at, example, mark } => said("file.ambiguous_numbers")
            .with("line", line(at))
            .with("example", example.as_str())
            .with("mark", mark.to_string()),
        Note::MixedDecimalMarks { point_line, comma_line } => {
            said("file.mixed_decimals").with("point", line(point_line)).with("comma", line(comma_line))
        }
        Note::DoubledColumn { name } => said("file.doubled_column").with("name", name.as_str()),
        Note::IgnoredColumns { names } => {
            said("file.ignored_columns").with("names", Value::Several(names.clone()))
        }
        Note::MidnightsElsewhere { rows } => said("file.midnights").with("rows", *rows),
        Note::IgnoredSections { names } => {
            said("file.ignored_sections").with("names", Value::Several(names.clone()))
        }
        Note::RoundedAmounts { rows, decimals } => {
            said("file.rounded").with("rows", *rows).with("decimals", *decimals)
        }
        Note::UntoldCosts { rows, line: at } => {
            said("file.untold_costs").with("rows", *rows).with("line", line(at))
        }
    }
}

/// Why a file as a whole cannot be read, and what to do.
pub fn unreadable(why: &UnreadableFile) -> Sentence {
    let said = Sentence::new;
    let at = |key, line: &usize| said(key).with("line", line.to_string());
    match why {
        UnreadableFile::Empty => said("file.empty"),
        UnreadableFile::TooLarge { limit_mib } => said("file.too_large").with("limit", *limit_mib),
        UnreadableFile::TooManyRows { limit } => said("file.too_many_rows").with("limit", *limit),
        UnreadableFile::TooManyBadRows { limit, line, problem } => {
            at("file.too_many_bad_rows", line).with("limit", *limit).with("problem", row_words(problem))
        }
        UnreadableFile::TooManyColumns { line, limit } => {
            at("file.too_many_columns", line).with("limit", *limit)
        }
        UnreadableFile::Binary { line } => at("file.binary", line),
        UnreadableFile::DamagedArchive => said("file.damaged_archive"),
        UnreadableFile::NoHeader { example } => said("file.no_header").with("example", *example),
        UnreadableFile::MissingColumns { line, header, missing, example } => at("file.missing_columns", line)
            .with("header", Value::Several(header.clone()))
            .with("missing", columns_in(missing))
            .with("example", *example),
        UnreadableFile::OtherKind { what, advice } => {
            said("file.other_kind").with("what", phrase(what)).with("advice", phrase(advice))
        }
        UnreadableFile::Malformed { what, line } => at("file.malformed", line).with("what", phrase(what)),
        UnreadableFile::NotOfForm { wanted } => said("file.not_of_form").with("form", form(*wanted)),
        other => verbatim(other.to_string()),
    }
}

/// Why a row is none, of which only the words in English are there.
fn row_words(words: &str) -> Value {
    Sentence::recognised(words, &["row."]).map_or_else(|| words.into(), Value::from)
}

fn form(form: StatementFormat) -> Value {
    match form {
        StatementFormat::PlainTransactions => Sentence::new("imports.form.transactions").into(),
        StatementFormat::PlainDividends => Sentence::new("imports.form.dividends").into(),
        StatementFormat::Mapped => Sentence::new("imports.form.mapped").into(),
        broker => broker.to_string().into(),
    }
}

/// Names of columns with `and` between them.
fn columns_in(names: &str) -> Value {
    match names.split_once(" and ") {
        Some((first, others)) => {
            let both = Sentence::new("phrase.both").with("first", phrase(first));
            both.with("second", columns_in(others)).into()
        }
        None => phrase(names),
    }
}

#[cfg(test)]
mod tests {
    use bellwether_texts::Locale;

    use super::*;

    #[test]
    fn phrases_say_in_english_what_programs_read() {
        for (words, key) in PHRASES {
            let said = Sentence::new(key).to_string();
            let is_same = said == words || PHRASES.iter().any(|(other, of)| *of == key && *other == said);
            assert!(is_same, "{words} is told as {said}");
        }
    }

    #[test]
    fn what_a_file_lacks_is_told_in_german() {
        let german = |of: &UnreadableFile| Locale::accepted("de").say(&unreadable(of));
        let (header, example) = (vec!["a".to_owned()], "a,b");
        let missing = "Ticker and a column of dates".to_owned();
        let told = german(&UnreadableFile::MissingColumns { line: 1, header, missing, example });
        assert!(told.contains("es fehlt Ticker und eine Spalte mit Daten:"), "{told}");
        let problem = "the date is missing".to_owned();
        let told = german(&UnreadableFile::TooManyBadRows { limit: 9, line: 2, problem });
        assert!(told.contains("(das Datum fehlt)"), "{told}");
    }

    #[test]
    fn reasons_say_in_english_what_programs_read() {
        let text = || "x".to_owned();
        let reasons = [
            Reason::Missing { field: "the date" },
            Reason::TooManyCells { expected: 3, found: 5 },
            Reason::UnclosedQuote,
            Reason::OtherDateOrder { text: text(), first: "month" },
            Reason::OtherDateOrder { text: text(), first: "day" },
            Reason::NotADate { text: text() },
            Reason::AmbiguousDate { text: text() },
            Reason::NotANumber { text: text() },
            Reason::AmbiguousNumber { text: text() },
            Reason::NumberOutOfRange { text: text() },
            Reason::NotARatio { text: text() },
            Reason::UnknownKind { text: text() },
            Reason::UnknownEntry { text: text() },
            Reason::Unsupported { what: "options" },
            Reason::Untold { kind: TransactionKind::Split, what: "which symbol became which" },
            Reason::WhichSymbol { instrument: text(), known_as: String::new() },
            Reason::WhichSymbol { instrument: text(), known_as: text() },
            Reason::TakesBack(TransactionKind::Buy),
            Reason::FormulaSymbol { text: text() },
            Reason::NegativeQuantity { kind: TransactionKind::Buy },
            Reason::NotForKind { kind: TransactionKind::Split, field: "fee" },
            Reason::Contradicts { line: 7 },
            Reason::Invalid(InvalidTransaction::Zero { field: "the amount" }),
            Reason::Invalid(InvalidTransaction::TooLong { field: "the note", longest: 500 }),
        ];
        for of in reasons {
            assert_eq!(reason(&of).to_string(), of.to_string());
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_told_as_programs_read_it() {
        let missing = |missing: &str| UnreadableFile::MissingColumns {
            line: 1,
            header: vec!["a".to_owned()],
            missing: missing.to_owned(),
            example: "a,b",
        };
        for of in [
            UnreadableFile::Empty,
            UnreadableFile::TooLarge { limit_mib: 64 },
            UnreadableFile::Binary { line: 3 },
            UnreadableFile::DamagedArchive,
            UnreadableFile::NoHeader { example: "a,b" },
            UnreadableFile::OtherKind { what: "a PDF document", advice: "unpack it once" },
            UnreadableFile::Malformed { what: "an OFX file", line: 4 },
            UnreadableFile::NotOfForm { wanted: StatementFormat::Ofx },
            UnreadableFile::NotOfForm { wanted: StatementFormat::PlainDividends },
            missing("a column of dates"),
            missing("Ticker and Date and Price"),
            UnreadableFile::TooManyBadRows { limit: 9, line: 2, problem: "the date is missing".to_owned() },
            UnreadableFile::UnknownBasis,
        ] {
            assert_eq!(unreadable(&of).to_string(), of.to_string());
        }
    }
}
