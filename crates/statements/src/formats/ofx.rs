//! OFX and QFX of both generations: investment statements, and the cash accounts beside them.
//!
//! A transaction's total is what moved the cash, after costs. Instruments are named by numbers, whose tickers follow in a
//! list behind the statements.

mod entries;
mod markup;

use std::collections::{HashMap, HashSet};

use bellwether_domain::{Currency, Symbol, TransactionDraft, TransactionKind};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use self::entries::{COLUMNS, Entry, Told};
use super::Format;
use super::broker::{fill_trade, judged, note_rounding};
use crate::date::{DateOrder, read_date};
use crate::header::Document;
use crate::instrument::Instrument;
use crate::number::{DecimalStyle, read_number};
use crate::ratio::{ratio_of_positions, split_ratio};
use crate::verdict::{Problems, shortened};
use crate::{
    IgnoredRow, ReadOptions, Reason, Row, StatedCash, StatedPosition, Statement, StatementFormat,
    UnreadableFile, Verdict,
};

/// OFX and QFX.
pub(super) struct Ofx;

impl Format for Ofx {
    fn format(&self) -> StatementFormat {
        StatementFormat::Ofx
    }

    fn confidence(&self, document: &Document<'_>) -> Option<u8> {
        let beginning: String = document.text.chars().take(4_000).collect();
        let begins = beginning.trim_start().starts_with(['<', 'O']);
        (begins && beginning.to_ascii_uppercase().contains("<OFX>")).then_some(100)
    }

    fn read(&self, document: &Document<'_>, options: &ReadOptions) -> Result<Statement, UnreadableFile> {
        let text = markup::with_names_in_capitals(document.text);
        let told = entries::read(&text)?;
        let mut statement = Statement::new(self.format(), 100);
        statement.header = COLUMNS.iter().map(|column| (*column).to_owned()).collect();
        let mut reader = Reader::new(&told, options);
        for entry in &told.entries {
            let verdict = if entry.list == "INVPOSLIST" {
                reader.position(entry, &mut statement)
            } else {
                reader.judge(entry)
            };
            statement.rows.push(Row {
                line: entry.line,
                last_line: entry.last_line,
                text: entry.cells(told.securities.get(entry.text("UNIQUEID"))),
                verdict,
            });
        }
        reader.balances(&mut statement);
        note_rounding(&mut statement, reader.rounded);
        Ok(statement)
    }
}

/// Points stand before decimals, but banks of some countries write what their customers do.
fn style_of(number: &str) -> DecimalStyle {
    if number.contains(',') && !number.contains('.') { DecimalStyle::Comma } else { DecimalStyle::Point }
}

struct Reader<'t, 'a> {
    told: &'t Told<'a>,
    options: &'t ReadOptions,
    several_accounts: bool,
    /// Income that stands for itself beside the purchase that it paid for: day, instrument and amount, and how often.
    income: HashMap<(NaiveDate, &'t str, Decimal), usize>,
    problems: Problems,
    rounded: usize,
}

impl<'t, 'a> Reader<'t, 'a> {
    fn new(told: &'t Told<'a>, options: &'t ReadOptions) -> Self {
        let accounts: HashSet<&str> = told.entries.iter().map(|entry| entry.account.as_ref()).collect();
        let mut reader = Self {
            told,
            options,
            several_accounts: accounts.len() > 1,
            income: HashMap::new(),
            problems: Problems::default(),
            rounded: 0,
        };
        for entry in told.entries.iter().filter(|entry| entry.name == "INCOME") {
            let (date, total) = (reader.date(entry, "DTTRADE"), reader.number(entry, "TOTAL"));
            let key = (date, entry.text("UNIQUEID"), total.unwrap_or_default().abs().normalize());
            *reader.income.entry(key).or_default() += 1;
        }
        reader
    }

    fn number(&mut self, entry: &Entry<'_>, name: &str) -> Option<Decimal> {
        let text = entry.given(name)?;
        match read_number(text, style_of(text)) {
            Ok(number) => Some(number.value),
            Err(reason) => {
                self.problems.add(Some(name), reason);
                Some(Decimal::ZERO)
            }
        }
    }

    /// The day of `20230105120000.000[-5:EST]`.
    fn date(&mut self, entry: &Entry<'_>, name: &str) -> NaiveDate {
        let read = match entry.given(name) {
            Some(text) => read_date(text.get(..8).unwrap_or(text), DateOrder::MonthFirst),
            None => Err(Reason::Missing { field: "the date" }),
        };
        read.unwrap_or_else(|reason| {
            self.problems.add(Some(name), reason);
            self.options.today
        })
    }

    fn currency(&mut self, entry: &Entry<'_>) -> Currency {
        let code = entry.given("CURSYM").unwrap_or(&entry.currency);
        if code.is_empty() {
            return self.options.default_currency;
        }
        code.parse().unwrap_or_else(|error: bellwether_domain::InvalidCurrency| {
            self.problems.add(Some("CURSYM"), error.into());
            self.options.default_currency
        })
    }

    fn symbol(&mut self, entry: &Entry<'_>, currency: Currency) -> Option<Symbol> {
        let number = entry.text("UNIQUEID");
        let security = self.told.securities.get(number);
        let by_ticker = entry.text("UNIQUEIDTYPE").eq_ignore_ascii_case("TICKER");
        let ticker = security.map(|security| security.ticker.as_str()).filter(|ticker| !ticker.is_empty());
        let instrument = Instrument {
            isin: number,
            ticker: ticker.unwrap_or(if by_ticker { number } else { "" }),
            name: security.map(|security| security.name.as_str()).unwrap_or_default(),
            currency: Some(currency),
            ..Instrument::default()
        };
        instrument.symbol(self.options).map_err(|reason| self.problems.add(Some("UNIQUEID"), reason)).ok()
    }

    fn account(&self, entry: &Entry<'_>) -> String {
        if self.several_accounts { entry.account.clone().into_owned() } else { String::new() }
    }

    fn judge(&mut self, entry: &'t Entry<'a>) -> Verdict {
        use TransactionKind::{Buy, Fee, Interest, Sell};
        self.problems = Problems::default();
        match entry.name {
            "BUYSTOCK" | "BUYMF" | "BUYOTHER" => self.trade(entry, Buy),
            "SELLSTOCK" | "SELLMF" | "SELLOTHER" => self.trade(entry, Sell),
            "REINVEST" => self.reinvestment(entry),
            "INCOME" | "RETOFCAP" => self.income(entry),
            "INVEXPENSE" => self.cash(entry, Fee),
            "MARGININTEREST" => self.cash(entry, Interest),
            "SPLIT" => self.split(entry),
            "TRANSFER" => self.transfer(entry),
            "INVBANKTRAN" | "STMTTRN" => self.bank(entry),
            "JRNLFUND" | "JRNLSEC" => {
                Verdict::Ignored(IgnoredRow::WithoutEffect("between two parts of the account"))
            }
            "BUYOPT" | "SELLOPT" | "CLOSUREOPT" => Verdict::rejected(Reason::Unsupported { what: "options" }),
            "BUYDEBT" | "SELLDEBT" => Verdict::rejected(Reason::Unsupported { what: "bonds and bills" }),
            other => Verdict::rejected(Reason::UnknownEntry { text: shortened(other) }),
        }
    }

    fn draft(&mut self, entry: &Entry<'_>, kind: TransactionKind) -> TransactionDraft {
        let currency = self.currency(entry);
        let day = if entry.given("DTTRADE").is_some() { "DTTRADE" } else { "DTPOSTED" };
        let mut draft = TransactionDraft::new(kind, self.date(entry, day), currency);
        draft.account = self.account(entry);
        draft
    }

    fn is(&mut self, draft: TransactionDraft) -> Verdict {
        let (verdict, rounded) = judged(vec![draft], std::mem::take(&mut self.problems), self.options.today);
        self.rounded += usize::from(rounded);
        verdict
    }

    /// Fees and taxes of a trade.
    fn costs(&mut self, entry: &Entry<'_>) -> (Decimal, Decimal) {
        let mut sum = |names: &[&str]| {
            let amounts = names.iter().filter_map(|name| self.number(entry, name));
            amounts
                .map(|amount| amount.abs())
                .try_fold(Decimal::ZERO, Decimal::checked_add)
                .unwrap_or_default()
        };
        let fees = sum(&["COMMISSION", "FEES", "LOAD", "PENALTY"]);
        (fees, sum(&["TAXES", "WITHHOLDING", "STATEWITHHOLDING"]))
    }

    fn trade(&mut self, entry: &Entry<'a>, kind: TransactionKind) -> Verdict {
        let mut draft = self.draft(entry, kind);
        draft.symbol = self.symbol(entry, draft.currency);
        let units = self.number(entry, "UNITS").unwrap_or_default();
        let price = self.number(entry, "UNITPRICE");
        let total = self.number(entry, "TOTAL");
        let (fees, taxes) = self.costs(entry);
        fill_trade(&mut draft, units, price, total, fees.checked_add(taxes));
        draft.fee = Some(fees).filter(|fee| !fee.is_zero());
        draft.tax = Some(taxes).filter(|tax| !tax.is_zero());
        self.is(draft)
    }

    fn reinvestment(&mut self, entry: &'t Entry<'a>) -> Verdict {
        let mut draft = self.draft(entry, TransactionKind::Reinvestment);
        let total = self.number(entry, "TOTAL").map(|total| total.abs());
        let key = (draft.date, entry.text("UNIQUEID"), total.unwrap_or_default().normalize());
        if let Some(left) = self.income.get_mut(&key).filter(|left| **left > 0) {
            // The income has an entry of its own: this is what it bought.
            *left -= 1;
            return self.trade(entry, TransactionKind::Buy);
        }
        draft.symbol = self.symbol(entry, draft.currency);
        let units = self.number(entry, "UNITS").unwrap_or_default().abs();
        let (fees, taxes) = self.costs(entry);
        let gross = total.and_then(|total| total.checked_sub(fees));
        let stated = self.number(entry, "UNITPRICE");
        draft.quantity = Some(units);
        draft.price = match stated.and_then(|price| price.checked_mul(units)) {
            Some(product) if Some(product) == gross => stated,
            _ => gross.and_then(|gross| gross.checked_div(units)).map(|price| price.round_dp(12)).or(stated),
        };
        draft.amount = total.and_then(|total| total.checked_add(taxes));
        draft.fee = Some(fees).filter(|fee| !fee.is_zero());
        draft.tax = Some(taxes).filter(|tax| !tax.is_zero());
        self.is(draft)
    }

    fn income(&mut self, entry: &Entry<'a>) -> Verdict {
        let is_interest = entry.text("INCOMETYPE").eq_ignore_ascii_case("INTEREST");
        let kind = if is_interest { TransactionKind::Interest } else { TransactionKind::Dividend };
        let mut draft = self.draft(entry, kind);
        let (_, taxes) = self.costs(entry);
        let total = self.number(entry, "TOTAL");
        if !is_interest {
            draft.symbol = self.symbol(entry, draft.currency);
            if total.is_some_and(|total| total.is_sign_negative() && !total.is_zero()) {
                return Verdict::rejected(Reason::TakesBack(kind));
            }
        }
        draft.amount = total.and_then(|total| total.checked_add(taxes));
        draft.tax = Some(taxes).filter(|tax| !tax.is_zero());
        draft.note = match (entry.name, entry.text("INCOMETYPE")) {
            ("RETOFCAP", _) => "Return of capital".to_owned(),
            (_, "CGLONG" | "CGSHORT") => "Capital gains distribution".to_owned(),
            _ => String::new(),
        };
        self.is(draft)
    }

    fn cash(&mut self, entry: &Entry<'a>, kind: TransactionKind) -> Verdict {
        let mut draft = self.draft(entry, kind);
        if kind == TransactionKind::Fee && entry.given("UNIQUEID").is_some() {
            draft.symbol = self.symbol(entry, draft.currency);
        }
        let total = self.number(entry, "TOTAL");
        draft.amount = if kind == TransactionKind::Fee { total.map(|total| -total) } else { total };
        entry.text("MEMO").clone_into(&mut draft.note);
        self.is(draft)
    }

    fn split(&mut self, entry: &Entry<'a>) -> Verdict {
        let mut draft = self.draft(entry, TransactionKind::Split);
        draft.symbol = self.symbol(entry, draft.currency);
        let told = self.number(entry, "NUMERATOR").zip(self.number(entry, "DENOMINATOR"));
        let held = self.number(entry, "NEWUNITS").zip(self.number(entry, "OLDUNITS"));
        draft.ratio = told
            .and_then(|(new, old)| split_ratio(new, old))
            .or_else(|| held.and_then(|(new, old)| ratio_of_positions(new, old)));
        draft.cash_in_lieu = self.number(entry, "FRACCASH").filter(|cash| !cash.is_zero());
        self.is(draft)
    }

    fn transfer(&mut self, entry: &Entry<'a>) -> Verdict {
        use TransactionKind::{TransferIn, TransferOut};
        let units = self.number(entry, "UNITS").unwrap_or_default();
        let leaves = match entry.text("TFERACTION") {
            "IN" => false,
            "OUT" => true,
            _ => units.is_sign_negative(),
        };
        let mut draft = self.draft(entry, if leaves { TransferOut } else { TransferIn });
        draft.symbol = self.symbol(entry, draft.currency);
        draft.quantity = Some(units.abs());
        if !leaves {
            let cost = self.number(entry, "AVGCOSTBASIS").filter(|cost| !cost.is_zero());
            draft.price = cost.or_else(|| self.number(entry, "UNITPRICE")).filter(|price| !price.is_zero());
            if draft.price.is_none() {
                let what = "what the shares cost where they came from";
                self.problems.add(None, Reason::Untold { kind: TransferIn, what });
            }
            if entry.given("DTPURCHASE").is_some() {
                draft.acquired = Some(self.date(entry, "DTPURCHASE"));
            }
        }
        self.is(draft)
    }

    /// Cash that moved for no instrument.
    fn bank(&mut self, entry: &Entry<'a>) -> Verdict {
        use TransactionKind::{Deposit, Fee, Interest, Withdrawal};
        let amount = self.number(entry, "TRNAMT");
        let comes = amount.is_some_and(|amount| !amount.is_sign_negative());
        let word = entry.text("TRNTYPE");
        let kind = match word {
            "INT" | "DIV" => Interest,
            "FEE" | "SRVCHG" => Fee,
            "CREDIT" | "DEBIT" | "DEP" | "ATM" | "POS" | "XFER" | "CHECK" | "PAYMENT" | "CASH"
            | "DIRECTDEP" | "DIRECTDEBIT" | "REPEATPMT" | "HOLD" | "OTHER" => {
                if comes {
                    Deposit
                } else {
                    Withdrawal
                }
            }
            _ => return Verdict::rejected(Reason::UnknownEntry { text: shortened(word) }),
        };
        let mut draft = self.draft(entry, kind);
        draft.amount = match kind {
            Interest => amount,
            Fee => amount.map(|amount| -amount),
            _ => amount.map(|amount| amount.abs()),
        };
        entry.given("MEMO").or(entry.given("NAME")).unwrap_or_default().clone_into(&mut draft.note);
        self.is(draft)
    }

    fn position(&mut self, entry: &Entry<'a>, statement: &mut Statement) -> Verdict {
        self.problems = Problems::default();
        if !matches!(entry.name, "POSSTOCK" | "POSMF" | "POSOTHER") {
            return Verdict::Ignored(IgnoredRow::OtherSection("a position in what cannot be kept here"));
        }
        let currency = self.currency(entry);
        let units = self.number(entry, "UNITS").unwrap_or_default();
        let short = entry.text("POSTYPE") == "SHORT" && !units.is_sign_negative();
        let price = self.number(entry, "UNITPRICE");
        let date = entry.given("DTPRICEASOF").or(Some(entry.as_of.as_ref()));
        let date = date.and_then(|text| read_date(text.get(..8)?, DateOrder::MonthFirst).ok());
        let Some(symbol) = self.symbol(entry, currency) else {
            return Verdict::Rejected(std::mem::take(&mut self.problems).0);
        };
        statement.positions.push(StatedPosition {
            line: entry.line,
            symbol,
            quantity: if short { -units } else { units },
            price,
            cost: None,
            currency,
            date,
            account: self.account(entry),
        });
        Verdict::Ignored(IgnoredRow::OtherSection("a position, to compare with"))
    }

    fn balances(&self, statement: &mut Statement) {
        for balance in &self.told.balances {
            let amount = read_number(balance.amount.trim(), style_of(&balance.amount));
            let currency = balance.currency.parse().ok();
            if let (Ok(amount), Some(currency)) = (amount, currency) {
                let date = balance.as_of.get(..8).and_then(|day| read_date(day, DateOrder::MonthFirst).ok());
                let account =
                    if self.several_accounts { balance.account.clone().into_owned() } else { String::new() };
                statement.cash.push(StatedCash {
                    line: balance.line,
                    amount: amount.value,
                    currency,
                    date,
                    account,
                });
            }
        }
    }
}
