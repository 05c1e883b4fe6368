//! What the descriptions in `Account.csv` say, in Dutch, German, English and, for the common ones, other languages.

use bellwether_domain::QuoteUnit;
use rust_decimal::Decimal;

use super::change::Change;
use crate::number::{DecimalStyle, read_number};

/// What a booking of cash is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// Paid in or out, by the sign.
    Cash,
    /// One of the two sides of an exchange of currencies.
    Exchange,
    Dividend,
    /// A dividend, or what was spent of it on new shares.
    Reinvested,
    /// Capital that a company pays back.
    CapitalReturn,
    DividendTax,
    /// Belongs to the trade of its order.
    OrderFee,
    OrderTax,
    Fee,
    Interest,
    /// Moves nothing of the whole account.
    Nothing(&'static str),
}

/// Beginnings of descriptions, in small letters, longer before shorter ones.
const BEGINNINGS: &[(&[&str], Word)] = &[
    (
        &[
            "degiro cash sweep",
            "flatex cash sweep",
            "overboeking van uw geldrekening",
            "overboeking naar uw geldrekening",
            "überweisung auf ihr geldkonto",
            "überweisung von ihrem geldkonto",
            "auszahlung von ihrem geldkonto",
            "transfer to your cash account",
            "transfer from your cash account",
            "processed flatex withdrawal",
            "verarbeitete flatex",
        ],
        Word::Nothing("between the two halves of the account"),
    ),
    (&["reservation ", "reservering "], Word::Nothing("a reservation of a deposit that is booked apart")),
    (
        &["geldmarktfonds umwandlung", "money market fund conversion", "conversie geldmarktfonds"],
        Word::Nothing("cash kept in a money market fund"),
    ),
    (&["geldmarktfonds preis", "money market fund price", "koersverandering geldmarktfonds"], Word::Interest),
    (
        &[
            "valuta creditering",
            "valuta debitering",
            "fx credit",
            "fx debit",
            "währungswechsel",
            "ingreso cambio de divisa",
            "retirada cambio de divisa",
            "crédit devise",
            "débit devise",
        ],
        Word::Exchange,
    ),
    (
        &[
            "dividendbelasting",
            "dividendensteuer",
            "dividendsteuer",
            "dividend tax",
            "retención del dividendo",
            "impôts sur dividende",
            "ritenuta sul dividendo",
        ],
        Word::DividendTax,
    ),
    (&["dividend herinvestering"], Word::Reinvested),
    (
        &["dividend", "fund distribution", "fondsausschüttung", "fondsuitkering", "ausschüttung", "coupon"],
        Word::Dividend,
    ),
    (
        &[
            "capital return",
            "return of capital",
            "kapitalrückzahlung",
            "kapitaaluitkering",
            "kapitaalsuitkering",
            "teruggave kapitaal",
        ],
        Word::CapitalReturn,
    ),
    (
        &[
            "degiro transactiekosten",
            "degiro transaktionsgebühr",
            "degiro transaction",
            "transaktionsgebühr",
            "transactiekosten",
            "transaction fee",
            "frais degiro de courtage",
            "comissões de transação",
            "costes de transacción",
            "autofx",
        ],
        Word::OrderFee,
    ),
    (
        &[
            "stamp duty",
            "london/dublin stamp",
            "hong kong stamp",
            "french transaction tax",
            "franse transactiebelasting",
            "transactiebelasting",
            "französische finanztransaktionssteuer",
            "französische transaktionssteuer",
            "spanish transaction tax",
            "spaanse transactiebelasting",
            "spanische transaktionssteuer",
            "italian financial transaction tax",
            "italiaanse transactiebelasting",
            "finanztransaktionssteuer",
            "beurstaks",
            "belgian tob",
            // On fees, which are told before it.
            "b.t.w.",
        ],
        Word::OrderTax,
    ),
    (
        &[
            "degiro aansluitingskosten",
            "aansluitingskosten",
            "degiro exchange connection",
            "exchange connection",
            "einrichtung von handelsmodalitäten",
            "adr/gdr",
            "sofort zahlungsgebühr",
            "sofort payment fee",
            "degiro corporate action",
            "kosten corporate action",
            "corporate action fee",
            "gebühr für kapitalmaßnahme",
            "kosten van derden",
            "fremdkosten",
            "courtesy",
        ],
        Word::Fee,
    ),
    (
        &[
            "flatex interest",
            "interest",
            "rente",
            "zinsen",
            "debet rente",
            "debit interest",
            "flatex zinsen",
            "inkomsten uit securities lending",
        ],
        Word::Interest,
    ),
    (
        &[
            "ideal",
            "sofort deposit",
            "sofort einzahlung",
            "soforteinzahlung",
            "flatex deposit",
            "flatex storting",
            "flatex einzahlung",
            "flatex terugstorting",
            "sepa instant terugstorting",
            "flatex withdrawal",
            "flatex auszahlung",
            "deposit",
            "storting",
            "einzahlung",
            "withdrawal",
            "terugstorting",
            "opname",
            "auszahlung",
            "ingreso",
            "retirada",
        ],
        Word::Cash,
    ),
];

/// What a description says, if it is known.
pub(super) fn word_of(description: &str) -> Option<Word> {
    let lower = description.to_lowercase();
    let lower = lower.trim();
    let begins = |words: &[&str]| words.iter().any(|word| lower.starts_with(word));
    BEGINNINGS.iter().find(|(words, _)| begins(words)).map(|(_, word)| *word)
}

/// What a trade's description says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TradeWords {
    pub(super) event: Event,
    pub(super) sells: bool,
    pub(super) shares: Decimal,
    pub(super) price: Decimal,
    pub(super) unit: QuoteUnit,
}

/// What a trade was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// By the person, or new shares that were paid for.
    Trade,
    Change(Change),
    SpinOff,
    /// An event that is not known.
    Other,
}

fn event_of(word: &str) -> Event {
    let lower = word.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if lower.is_empty()
        || has(&["kapitalerhöhung", "capital increase", "kapitaalverhoging", "emissie", "herinvestering"])
    {
        Event::Trade
    } else if has(&["split"]) {
        Event::Change(Change::Split)
    } else if has(&["fusion", "fusie", "merger", "overname", "übernahme"]) {
        Event::Change(Change::Merger)
    } else if has(&[
        "isin",
        "productwijziging",
        "product change",
        "produktänderung",
        "produktwechsel",
        "omwisseling",
    ]) {
        Event::Change(Change::NewName)
    } else if has(&["spin"]) {
        Event::SpinOff
    } else {
        Event::Other
    }
}

const BUYS: [&str; 6] = ["koop", "kauf", "buy", "achat", "compra", "acquisto"];
const SELLS: [&str; 6] = ["verkoop", "verkauf", "sell", "vente", "venta", "vendita"];

/// Reads `Koop 1 @ 33,9 USD`, `Kauf 268 zu je 41,4 USD (US46222L1089)`, `Sell 4 AVIVA@496 GBX (GB00BPQY8M80)` and the same
/// behind an event, `AKTIENSPLIT: Kauf ...`. Which mark stands before the decimals is told by what the trade came to.
pub(super) fn trade_of(description: &str, amount: Option<Decimal>) -> Option<TradeWords> {
    let (event, rest) = match description.split_once(':') {
        Some((event, rest)) if !event.contains(['@', '(']) => (event.trim(), rest.trim()),
        _ => ("", description.trim()),
    };
    let (verb, rest) = rest.split_once(' ')?;
    let verb = verb.to_lowercase();
    let sells = SELLS.contains(&verb.as_str());
    if !sells && !BUYS.contains(&verb.as_str()) {
        return None;
    }
    let rest = rest.trim_start();
    let (shares, rest) = rest.split_at(rest.find([' ', '@'])?);
    let place = [" zu je ", "@", " at "].iter().filter_map(|mark| Some(rest.rfind(mark)? + mark.len())).max();
    let mut words = rest[place?..].split_whitespace();
    let (price, unit) = (words.next()?, words.next()?.parse::<QuoteUnit>().ok()?);
    let read = |text: &str, style| read_number(text, style).ok().map(|number| number.value.abs());
    let styles = [DecimalStyle::Comma, DecimalStyle::Point];
    let told = styles
        .iter()
        .flat_map(|one| styles.iter().map(move |other| (*one, *other)))
        .filter_map(|(one, other)| Some((read(shares, one)?, read(price, other)?)));
    let (shares, price) = match amount.map(|amount| amount.abs()).filter(|amount| !amount.is_zero()) {
        None => told.into_iter().next()?,
        Some(amount) => {
            let off = |(shares, price): &(Decimal, Decimal)| {
                let gross = shares.checked_mul(unit.to_major(*price))?;
                Some((gross - amount).abs())
            };
            let (best, distance) =
                told.filter_map(|told| Some((told, off(&told)?))).min_by_key(|(_, distance)| *distance)?;
            // Prices are rounded, but not by a tenth.
            if distance > amount.checked_div(Decimal::TEN)? {
                return None;
            }
            best
        }
    };
    Some(TradeWords { event: event_of(event), sells, shares, price: unit.to_major(price), unit })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trade(description: &str, amount: &str) -> Option<String> {
        let trade = trade_of(description, amount.parse().ok())?;
        let side = if trade.sells { "sell" } else { "buy" };
        Some(format!("{side} {} at {} {} {:?}", trade.shares, trade.price, trade.unit.currency, trade.event))
    }

    #[test]
    fn trades_are_read_in_each_language() {
        for (description, amount, told) in [
            ("Koop 1 @ 33,9 USD", "-33.90", "buy 1 at 33.9 USD Trade"),
            ("Verkoop 500 @ 0,039 EUR", "19.5", "sell 500 at 0.039 EUR Trade"),
            ("Kauf 268 zu je 41,4 USD (US46222L1089)", "-11095.2", "buy 268 at 41.4 USD Trade"),
            ("Verkauf 1’400 zu je 25.42 USD (US7731221062)", "35588.00", "sell 1400 at 25.42 USD Trade"),
            ("Sell 4 AVIVA@496 GBX (GB00BPQY8M80)", "19.84", "sell 4 at 4.96 GBP Trade"),
            ("Buy 1 BUY AT HOME@82,055 EUR (IE00B4L5Y983)", "-82.06", "buy 1 at 82.055 EUR Trade"),
            (
                "FUSION: Kauf 4.600 zu je 1,98 USD (US4869171078)",
                "-9108",
                "buy 4600 at 1.98 USD Change(Merger)",
            ),
            ("STOCK SPLIT: Sell 5 TESLA@400 USD (US88160R1014)", "2000", "sell 5 at 400 USD Change(Split)"),
            ("PRODUCTWIJZIGING : Koop 500 @ 0,039 EUR", "0", "buy 500 at 0.039 EUR Change(NewName)"),
            (
                "KAPITALERHÖHUNG: Kauf 20 zu je 48,73 USD (US4869171078)",
                "-974.6",
                "buy 20 at 48.73 USD Trade",
            ),
        ] {
            assert_eq!(trade(description, amount).as_deref(), Some(told), "{description}");
        }
    }

    #[test]
    fn what_is_no_trade_is_none() {
        for description in [
            "",
            "Koop",
            "Koop tien @ 5 EUR",
            "Dividend",
            "Koop 10",
            "Koop 10 @",
            "Buy @ @ @",
            "Kauf 1 zu je 5",
        ] {
            assert_eq!(trade(description, "5"), None, "{description}");
        }
        assert_eq!(trade("Koop 1.400 @ 5,00 EUR", "-1"), None, "neither 1.4 nor 1,400 shares");
    }

    #[test]
    fn known_descriptions_are_known_by_their_beginnings() {
        assert_eq!(word_of("Dividendbelasting"), Some(Word::DividendTax));
        assert_eq!(word_of("Dividende"), Some(Word::Dividend));
        assert_eq!(word_of("DEGIRO Exchange Connection Fee 2024 (Nasdaq - NDQ)"), Some(Word::Fee));
        assert_eq!(word_of("flatex Deposit"), Some(Word::Cash));
        assert_eq!(word_of("Währungswechsel (Einbuchung)"), Some(Word::Exchange));
        assert_eq!(word_of("Promotie"), None);
    }
}
