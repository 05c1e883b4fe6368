//! What the entries of Interactive Brokers mean.

use std::collections::HashSet;

use bellwether_domain::{Currency, Symbol, TransactionDraft, TransactionKind};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::corporate;
use super::entry::{Entry, Field, Listed, Section, Told};
use super::taxes::{TaxedTrades, join_withheld};
use crate::date::{DateOrder, read_date};
use crate::formats::broker::{fill_trade, judged};
use crate::instrument::{Instrument, home_currency, is_isin};
use crate::number::{DecimalStyle, read_number};
use crate::survey::Survey;
use crate::verdict::{Problems, shortened};
use crate::{IgnoredRow, ReadOptions, Reason, Statement, Verdict};

/// Gives each entry its verdict.
pub(super) struct Meaning<'t, 'a, 's> {
    pub(super) told: &'t Told<'a>,
    pub(super) options: &'t ReadOptions,
    pub(super) statement: &'s mut Statement,
    pub(super) order: DateOrder,
    /// More than one account is in the file, so entries name theirs.
    several_accounts: bool,
    has_executions: bool,
    /// The sections that tell their entries one by one, so that a summary of them tells nothing more.
    detailed: HashSet<Section>,
    /// The trades that tell their taxes themselves.
    taxed: TaxedTrades<'t>,
    pub(super) rounded: usize,
}

/// What is found wrong with an entry while it is read.
pub(super) struct Reading<'e, 'a> {
    pub(super) entry: &'e Entry<'a>,
    pub(super) problems: Problems,
    today: NaiveDate,
    order: DateOrder,
}

impl Reading<'_, '_> {
    /// A number; zero, with the problem noted, where it is faulty.
    pub(super) fn number(&mut self, field: Field) -> Option<Decimal> {
        let text = self.entry.given(field)?;
        match read_number(text, DecimalStyle::Point) {
            Ok(number) => Some(number.value),
            Err(reason) => {
                self.problems.add(None, reason);
                Some(Decimal::ZERO)
            }
        }
    }

    /// The day of the first of some fields that tells one.
    pub(super) fn date(&mut self, fields: &[Field]) -> NaiveDate {
        let read = match self.entry.first_of(fields) {
            Some((_, text)) => read_date(day_of(text), self.order),
            None => Err(Reason::Missing { field: "the date" }),
        };
        read.unwrap_or_else(|reason| {
            self.problems.add(None, reason);
            self.today
        })
    }

    pub(super) fn currency(&mut self, field: Field) -> Option<Currency> {
        let text = self.entry.given(field)?;
        text.parse()
            .map_err(|error: bellwether_domain::InvalidCurrency| self.problems.add(None, error.into()))
            .ok()
    }
}

/// `20260210;101502`, `2026-02-10, 10:15:02` and `2026-01-05;10:00:00 EST` without their times.
pub(super) fn day_of(text: &str) -> &str {
    let day = text.split(';').next().unwrap_or(text);
    // A comma also stands within "January 1, 2025".
    day.split_once(", ").filter(|(_, time)| time.contains(':')).map_or(day, |(day, _)| day)
}

pub(super) const TRADE_DAYS: &[Field] = &[Field::TradeDate, Field::DateTime, Field::ReportDate];
pub(super) const CASH_DAYS: &[Field] = &[Field::DateTime, Field::SettleDate, Field::ReportDate];

impl<'t, 'a, 's> Meaning<'t, 'a, 's> {
    pub(super) fn new(told: &'t Told<'a>, options: &'t ReadOptions, statement: &'s mut Statement) -> Self {
        let mut survey = Survey::default();
        let mut accounts = HashSet::new();
        for entry in &told.entries {
            for field in [Field::TradeDate, Field::DateTime, Field::SettleDate, Field::ReportDate] {
                survey.date(entry.line, day_of(entry.text(field)));
            }
            accounts.insert(entry.text(Field::Account));
        }
        let execution = |entry: &Entry<'_>| {
            entry.section == Section::Trades && is_execution(entry.text(Field::LevelOfDetail))
        };
        let orders = |entry: &Entry<'_>| {
            entry.section == Section::Trades && entry.text(Field::LevelOfDetail).eq_ignore_ascii_case("order")
        };
        // Statements tell orders, and the executions below them only on request; queries the other way around.
        let has_executions = told.entries.iter().any(execution)
            && !(statement.format == crate::StatementFormat::IbkrActivity && told.entries.iter().any(orders));
        statement.notes.extend(survey.notes(b','));
        Self {
            told,
            options,
            statement,
            order: survey.date_order(),
            several_accounts: accounts.len() > 1,
            has_executions,
            detailed: told
                .entries
                .iter()
                .filter(|entry| is_detail(entry))
                .map(|entry| entry.section)
                .collect(),
            taxed: TaxedTrades::of(told),
            rounded: 0,
        }
    }

    pub(super) fn reading<'e>(&self, entry: &'e Entry<'a>) -> Reading<'e, 'a> {
        Reading { entry, problems: Problems::default(), today: self.options.today, order: self.order }
    }

    /// The verdicts on all entries, and how many of them were rounded.
    pub(super) fn verdicts(mut self) -> (Vec<Verdict>, usize) {
        let told = self.told;
        let mut verdicts: Vec<Verdict> = told.entries.iter().map(|entry| self.verdict(entry)).collect();
        corporate::judge(&mut self, &mut verdicts);
        self.cancel_trades(&mut verdicts);
        self.take_back_dividends(&mut verdicts);
        join_withheld(told, &mut verdicts);
        (verdicts, self.rounded)
    }

    fn verdict(&mut self, entry: &Entry<'a>) -> Verdict {
        let level = entry.text(Field::LevelOfDetail).to_ascii_lowercase();
        match entry.section {
            Section::Trades => {
                if level == "order" && self.has_executions || is_execution(&level) && !self.has_executions {
                    return Verdict::Ignored(IgnoredRow::OtherSection("told by its executions or its order"));
                }
                if !matches!(level.as_str(), "" | "order" | "trade" | "execution" | "detail") {
                    return Verdict::Ignored(IgnoredRow::OtherSection(
                        "the lots that a trade closed, and totals",
                    ));
                }
                self.trade(entry)
            }
            Section::Cash | Section::TradeCosts | Section::SalesTaxes
                if level == "summary" && self.detailed.contains(&entry.section) =>
            {
                Verdict::Ignored(IgnoredRow::OtherSection("a total of entries that follow one by one"))
            }
            Section::Cash => self.cash(entry),
            Section::TradeCosts if self.taxed.contain(entry) => {
                Verdict::Ignored(IgnoredRow::WithoutEffect("a tax that its trade already tells"))
            }
            Section::TradeCosts | Section::SalesTaxes => self.tax(entry),
            // Judged together with the others of the same event.
            Section::CorporateActions => {
                Verdict::rejected(Reason::UnknownEntry { text: shortened(entry.text(Field::Description)) })
            }
            Section::Transfers => self.transfer(entry),
            Section::Positions => self.position(entry, &level),
            Section::CashReport => self.balance(entry),
        }
    }

    pub(super) fn judged(&mut self, drafts: Vec<TransactionDraft>, problems: Problems) -> Verdict {
        let (verdict, rounded) = judged(drafts, problems, self.options.today);
        self.rounded += usize::from(rounded);
        verdict
    }

    pub(super) fn account(&self, entry: &Entry<'_>) -> String {
        if self.several_accounts { entry.text(Field::Account).to_owned() } else { String::new() }
    }

    pub(super) fn draft(
        &self,
        entry: &Entry<'_>,
        kind: TransactionKind,
        date: NaiveDate,
        currency: Option<Currency>,
    ) -> TransactionDraft {
        let mut draft = TransactionDraft::new(kind, date, currency.unwrap_or(self.options.default_currency));
        draft.account = self.account(entry);
        draft
    }

    /// The instrument of an entry: as it names it, with what the file's list of instruments adds.
    pub(super) fn symbol(&self, entry: &Entry<'_>, currency: Option<Currency>) -> Result<Symbol, Reason> {
        let described = described(entry.text(Field::Description));
        let ticker = entry.given(Field::Symbol).or(described.map(|(ticker, _)| ticker)).unwrap_or_default();
        let ticker = ticker.strip_suffix(".OLD").unwrap_or(ticker);
        let listings = self.told.instruments.get(ticker).map(Vec::as_slice).unwrap_or_default();
        let listed = listing_in(listings, currency);
        let own = [Some(entry.text(Field::Isin)), described.map(|(_, isin)| isin)];
        let alike = listings.first().filter(|first| listings.iter().all(|other| other.isin == first.isin));
        let listed_isin = listed.or(alike).map(|listed| listed.isin.as_str());
        let isin =
            own.into_iter().flatten().chain(listed_isin).find(|isin| is_isin(isin)).unwrap_or_default();
        // Where two listings are in question the person is asked.
        let several = (listed.is_none() && !listings.is_empty()).then_some("-");
        let exchange =
            entry.given(Field::Exchange).or(listed.map(|listed| listed.exchange.as_str()).or(several));
        Instrument {
            isin,
            ticker,
            name: entry.text(Field::Description),
            exchange: exchange.unwrap_or_default(),
            currency,
            is_symbol: false,
        }
        .symbol(self.options)
    }

    fn trade(&mut self, entry: &Entry<'a>) -> Verdict {
        match category(entry).as_str() {
            _ if is_share(entry) => {}
            "CASH" | "FOREX" => return self.exchange(entry),
            other => return Verdict::rejected(Reason::Unsupported { what: kind_of_asset(other) }),
        }
        let mut reading = self.reading(entry);
        let date = reading.date(TRADE_DAYS);
        let currency = reading.currency(Field::Currency);
        let quantity = reading.number(Field::Quantity).unwrap_or_default();
        let sells = if quantity.is_zero() {
            entry.text(Field::BuySell).to_ascii_uppercase().starts_with("SELL")
        } else {
            quantity.is_sign_negative()
        };
        let kind = if sells { TransactionKind::Sell } else { TransactionKind::Buy };
        let mut draft = self.draft(entry, kind, date, currency);
        draft.symbol = self.symbol(entry, currency).map_err(|reason| reading.problems.add(None, reason)).ok();
        let commission = reading.number(Field::Commission).unwrap_or_default();
        let charged_in = reading.currency(Field::CommissionCurrency).unwrap_or(draft.currency);
        let fee = Some(-commission).filter(|fee| charged_in == draft.currency && *fee > Decimal::ZERO);
        let tax = reading.number(Field::Taxes).map(|taxes| -taxes).filter(|tax| *tax > Decimal::ZERO);
        let costs = fee.unwrap_or_default().checked_add(tax.unwrap_or_default());
        let price = reading.number(Field::Price);
        let proceeds = reading.number(Field::Proceeds).map(|proceeds| proceeds.abs());
        let net = proceeds.zip(costs).and_then(|(gross, costs)| {
            if sells { gross.checked_sub(costs) } else { gross.checked_add(costs) }
        });
        fill_trade(&mut draft, quantity, price, net, costs);
        (draft.fee, draft.tax) = (fee, tax);
        let mut drafts = vec![draft];
        if !commission.is_zero() && fee.is_none() {
            // In another currency, or given back.
            let mut apart = self.draft(entry, TransactionKind::Fee, date, Some(charged_in));
            apart.symbol.clone_from(&drafts[0].symbol);
            apart.amount = Some(-commission);
            drafts.push(apart);
        }
        self.judged(drafts, reading.problems)
    }

    /// One currency for another: `EUR.USD` in quantities of euros, for dollars.
    fn exchange(&mut self, entry: &Entry<'a>) -> Verdict {
        let mut reading = self.reading(entry);
        let date = reading.date(TRADE_DAYS);
        let quoted = reading.currency(Field::Currency);
        let traded: Option<Currency> =
            entry.text(Field::Symbol).split('.').next().and_then(|code| code.parse().ok());
        let (Some(quoted), Some(traded)) = (quoted, traded) else {
            let what = "which currency was exchanged for which";
            return Verdict::rejected(Reason::Untold { kind: TransactionKind::Deposit, what });
        };
        let quantity = reading.number(Field::Quantity).unwrap_or_default();
        let proceeds = reading.number(Field::Proceeds).or_else(|| {
            reading.number(Field::Price).and_then(|price| price.checked_mul(quantity)).map(|paid| -paid)
        });
        let leg = |currency, amount: Decimal| {
            let kind = if amount.is_sign_negative() {
                TransactionKind::Withdrawal
            } else {
                TransactionKind::Deposit
            };
            let mut draft = self.draft(entry, kind, date, Some(currency));
            draft.amount = Some(amount.abs());
            "Currency exchange".clone_into(&mut draft.note);
            draft
        };
        let mut drafts = vec![leg(traded, quantity), leg(quoted, proceeds.unwrap_or_default())];
        drafts.sort_by_key(|draft| draft.kind == TransactionKind::Deposit);
        let commission = reading.number(Field::Commission).filter(|commission| !commission.is_zero());
        if let Some(commission) = commission {
            let currency =
                reading.currency(Field::CommissionCurrency).unwrap_or(self.options.default_currency);
            let mut fee = self.draft(entry, TransactionKind::Fee, date, Some(currency));
            fee.amount = Some(-commission);
            "Currency exchange".clone_into(&mut fee.note);
            drafts.push(fee);
        }
        self.judged(drafts, reading.problems)
    }

    fn cash(&mut self, entry: &Entry<'a>) -> Verdict {
        use TransactionKind::{Deposit, Dividend, Fee, Interest, Tax, Withdrawal};
        let mut reading = self.reading(entry);
        let date = reading.date(CASH_DAYS);
        let currency = reading.currency(Field::Currency);
        let Some(amount) = reading.number(Field::Amount) else {
            return Verdict::rejected(Reason::Missing { field: "the amount" });
        };
        let comes = !amount.is_sign_negative();
        let word = entry.text(Field::Type);
        let (kind, signed) = match word.to_ascii_lowercase().as_str() {
            "dividends" | "payment in lieu of dividends" => (Dividend, amount),
            "withholding tax" | "871(m) withholding" => (Tax, -amount),
            "broker interest received"
            | "broker interest paid"
            | "bond interest received"
            | "bond interest paid" => (Interest, amount),
            "other fees" | "advisor fees" | "broker fees" | "commission adjustments" => (Fee, -amount),
            "deposits/withdrawals" | "deposits & withdrawals" | "deposits" | "withdrawals" => {
                (if comes { Deposit } else { Withdrawal }, amount.abs())
            }
            _ => return Verdict::rejected(Reason::UnknownEntry { text: shortened(word) }),
        };
        let mut draft = self.draft(entry, kind, date, currency);
        let description = entry.text(Field::Description);
        let names = entry.given(Field::Symbol).is_some() || described(description).is_some();
        if kind == Dividend || names && matches!(kind, Tax | Fee) {
            draft.symbol =
                self.symbol(entry, currency).map_err(|reason| reading.problems.add(None, reason)).ok();
        }
        let lower = description.to_ascii_lowercase();
        if kind != Dividend || lower.contains("return of capital") || lower.contains("in lieu") {
            draft.note = description.chars().take(200).collect();
        }
        draft.amount = Some(signed);
        if kind == Dividend && !comes {
            // A dividend taken back has no place of its own; whether the one that it takes back is here is seen later.
            let found = reading.problems.0.is_empty();
            return if found {
                Verdict::rejected(Reason::TakesBack(Dividend))
            } else {
                Verdict::Rejected(reading.problems.0)
            };
        }
        self.judged(vec![draft], reading.problems)
    }

    fn tax(&mut self, entry: &Entry<'a>) -> Verdict {
        let mut reading = self.reading(entry);
        let date = reading.date(&[Field::DateTime, Field::TradeDate, Field::ReportDate]);
        let currency = reading.currency(Field::Currency);
        let amount = reading.number(Field::Amount).or_else(|| reading.number(Field::Taxes));
        let mut draft = self.draft(entry, TransactionKind::Tax, date, currency);
        if entry.given(Field::Symbol).is_some() {
            draft.symbol =
                self.symbol(entry, currency).map_err(|reason| reading.problems.add(None, reason)).ok();
        }
        draft.amount = amount.map(|amount| -amount);
        draft.note = entry.text(Field::Description).chars().take(200).collect();
        self.judged(vec![draft], reading.problems)
    }

    fn transfer(&mut self, entry: &Entry<'a>) -> Verdict {
        use TransactionKind::{Deposit, TransferIn, TransferOut, Withdrawal};
        let mut reading = self.reading(entry);
        let date = reading.date(&[Field::DateTime, Field::ReportDate, Field::SettleDate]);
        let currency = reading.currency(Field::Currency);
        let cash = reading.number(Field::CashTransfer).filter(|cash| !cash.is_zero());
        let quantity = reading.number(Field::Quantity).filter(|quantity| !quantity.is_zero());
        let note: String =
            [entry.text(Field::Type), entry.text(Field::Direction)].join(" ").trim().to_owned();
        let mut drafts = Vec::new();
        if let Some(cash) = cash {
            let kind = if cash.is_sign_negative() { Withdrawal } else { Deposit };
            let mut draft = self.draft(entry, kind, date, currency);
            draft.amount = Some(cash.abs());
            draft.note.clone_from(&note);
            drafts.push(draft);
        }
        if let Some(quantity) = quantity {
            if !is_share(entry) {
                return Verdict::rejected(Reason::Unsupported { what: kind_of_asset(&category(entry)) });
            }
            let leaves =
                entry.text(Field::Direction).eq_ignore_ascii_case("out") || quantity.is_sign_negative();
            let kind = if leaves { TransferOut } else { TransferIn };
            let mut draft = self.draft(entry, kind, date, currency);
            draft.symbol =
                self.symbol(entry, currency).map_err(|reason| reading.problems.add(None, reason)).ok();
            draft.quantity = Some(quantity.abs());
            draft.note = note;
            if !leaves {
                draft.price = reading.number(Field::Price).filter(|price| !price.is_zero());
                if draft.price.is_none() {
                    let what = "what the shares cost where they came from";
                    reading.problems.add(None, Reason::Untold { kind, what });
                }
            }
            drafts.push(draft);
        }
        if drafts.is_empty() {
            return Verdict::Ignored(IgnoredRow::WithoutEffect("a transfer of nothing"));
        }
        self.judged(drafts, reading.problems)
    }
}

fn is_execution(level: &str) -> bool {
    level.eq_ignore_ascii_case("execution") || level.eq_ignore_ascii_case("trade")
}

fn is_detail(entry: &Entry<'_>) -> bool {
    entry.text(Field::LevelOfDetail).eq_ignore_ascii_case("detail")
}

/// The listing of a symbol that is meant: the only one, or the only one in the currency of an entry.
fn listing_in(listings: &[Listed], currency: Option<Currency>) -> Option<&Listed> {
    if let [only] = listings {
        return Some(only);
    }
    let code = currency?;
    let is_in = |listed: &&Listed| match listed.currency.as_str() {
        "" => home_currency(&listed.exchange) == Some(code.as_str()),
        told => told == code.as_str(),
    };
    let mut fitting = listings.iter().filter(is_in);
    fitting.next().filter(|_| fitting.next().is_none())
}

/// The category of an entry, in capitals and without the company that holds it: `Stocks - Held with ...`.
fn category(entry: &Entry<'_>) -> String {
    let category = entry.text(Field::AssetCategory).to_ascii_uppercase();
    category.split(" - HELD WITH ").next().unwrap_or_default().trim_end().to_owned()
}

/// Whether an entry is about a share or a fund.
pub(super) fn is_share(entry: &Entry<'_>) -> bool {
    matches!(category(entry).as_str(), "" | "STK" | "STOCKS" | "FUND" | "FUNDS" | "MUTUAL FUNDS" | "ETF")
}

/// What there is beside shares, as a reason says it.
fn kind_of_asset(category: &str) -> &'static str {
    match category {
        "OPT" | "FOP" | "IOPT" | "EQUITY AND INDEX OPTIONS" | "OPTIONS ON FUTURES" => "options",
        "FUT" | "FUTURES" => "futures",
        "BOND" | "BILL" | "BONDS" | "TREASURY BILLS" => "bonds and bills",
        "CFD" | "CFDS" | "FXCFD" => "contracts for difference",
        "WAR" | "WARRANTS" => "warrants",
        "CRYPTO" => "crypto-currencies of this broker",
        _ => "what is neither a share nor a fund nor cash",
    }
}

/// The ticker and the ISIN that a description begins with: `KO(US1912161007) CASH DIVIDEND USD 0.53 PER SHARE`.
pub(super) fn described(description: &str) -> Option<(&str, &str)> {
    let (ticker, rest) = description.split_once('(')?;
    let (isin, _) = rest.split_once(')')?;
    let ticker = ticker.trim();
    let is_number = isin.len() >= 8 && isin.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    let is_ticker = !ticker.is_empty() && ticker.len() <= 16 && is_number;
    is_ticker.then_some((ticker, isin))
}
