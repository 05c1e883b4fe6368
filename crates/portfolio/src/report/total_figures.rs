//! How a portfolio's figures are made of those of its holdings and its cash.

use chrono::{Datelike, Months, NaiveDate};

use super::figures::{HoldingFigures, net_income, realised};
use crate::ChargeKind;
use crate::books::ExternalKind;
use crate::derivation::{About, Calculation, IncomePart, TradeCost, fraction, money};
use crate::{Books, CashBalance, Market};

/// A portfolio's figures, computed or derived. [`Totals`](super::Totals) and [`Returns`](super::Returns) say what each
/// is.
pub(crate) struct TotalFigures<C: Calculation> {
    pub(crate) holdings_value: C::Amount,
    pub(crate) cash: C::Amount,
    pub(crate) value: C::Amount,
    pub(crate) cost: C::Amount,
    pub(crate) unrealised: C::Amount,
    pub(crate) unrealised_rate: C::Real,
    pub(crate) realised: C::Amount,
    pub(crate) realised_this_year: C::Amount,
    pub(crate) income: C::Amount,
    pub(crate) income_12_months: C::Amount,
    pub(crate) charges: C::Amount,
    pub(crate) fees: C::Amount,
    pub(crate) taxes: C::Amount,
    pub(crate) cash_currency_gain: C::Amount,
    pub(crate) total_gain: C::Amount,
    pub(crate) deposits: C::Amount,
    pub(crate) inferred_deposits: C::Amount,
    pub(crate) withdrawals: C::Amount,
    pub(crate) net_deposits: C::Amount,
    pub(crate) net_transfers: C::Amount,
    pub(crate) xirr: C::Rate,
    pub(crate) simple: C::Real,
}

/// Cash of one currency, computed or derived. [`CashHolding`](super::CashHolding) says what each is.
pub(crate) struct CashFigures<C: Calculation> {
    pub(crate) balance: C::Amount,
    pub(crate) value: C::Amount,
    pub(crate) currency_gain: C::Amount,
}

/// What cash of one currency is worth, computed or derived.
pub(crate) struct CashValue<C: Calculation> {
    pub(crate) balance: C::Amount,
    pub(crate) value: C::Amount,
}

/// What a portfolio is worth, computed or derived.
pub(crate) struct TotalValue<C: Calculation> {
    pub(crate) holdings: C::Amount,
    pub(crate) cash: C::Amount,
    pub(crate) value: C::Amount,
}

impl<C: Calculation> CashValue<C> {
    pub(crate) fn new(c: &mut C, cash: &CashBalance, books: &Books, market: &Market) -> Self {
        let (base, as_of) = (books.options().base, books.as_of());
        c.about(|| Some(About::Cash(cash.currency)));
        let balance = c.balance(cash);
        let value = if cash.currency == base || cash.balance.is_zero() {
            balance.clone()
        } else {
            let rate = market.rates().on(cash.currency, base, as_of);
            let rate = c.exchange_rate((cash.currency, base), as_of, &rate);
            c.product(money(base, "Cash in base", "balance x exchange rate"), &balance, &rate)
        };
        Self { balance, value }
    }
}

impl<C: Calculation> TotalValue<C> {
    /// Of the values of holdings and of cash.
    pub(crate) fn new<'f>(
        c: &mut C,
        books: &Books,
        holdings: impl Iterator<Item = &'f C::Amount>,
        cash: impl Iterator<Item = &'f C::Amount>,
    ) -> Self
    where
        C::Amount: 'f,
    {
        let base = books.options().base;
        c.about(|| None);
        let label = money(base, "Holdings' value", "sum over the holdings");
        let holdings = c.sum_of(label, holdings, |_, value| value.clone());
        let cash = c.sum_of(money(base, "Cash", "sum over the currencies"), cash, |_, value| value.clone());
        let value = c.sum(money(base, "Portfolio value", "holdings + cash"), [&holdings, &cash]);
        Self { holdings, cash, value }
    }

    /// The money-weighted return of what crossed the border.
    pub(crate) fn xirr(&self, c: &mut C, books: &Books) -> C::Rate {
        let flows = books.external_flows().iter().map(|flow| (flow.date, flow));
        c.money_weighted(flows, C::external_flow, (books.as_of(), &self.value))
    }
}

impl<C: Calculation> CashFigures<C> {
    pub(crate) fn new(c: &mut C, cash: &CashBalance, books: &Books, market: &Market) -> Self {
        let base = books.options().base;
        let CashValue { balance, value } = CashValue::new(c, cash, books, market);
        let booked = c.booked_balance(cash);
        c.about(|| Some(About::Cash(cash.currency)));
        let label = money(base, "Currency gain of cash", "balance at the day's rate - balance as booked");
        Self { currency_gain: c.difference(label, &value, &booked), balance, value }
    }
}

impl<C: Calculation> TotalFigures<C> {
    pub(crate) fn new(
        c: &mut C,
        books: &Books,
        holdings: &[HoldingFigures<C>],
        cash: &[CashFigures<C>],
    ) -> Self {
        let (base, as_of) = (books.options().base, books.as_of());
        let income = books.income();
        let year_ago = as_of.checked_sub_months(Months::new(12)).unwrap_or(NaiveDate::MIN);
        let new_year = as_of.with_ordinal(1).and_then(|day| day.pred_opt()).unwrap_or(NaiveDate::MIN);

        c.about(|| None);
        let interest = net_income(c, "Interest", books.interest(), books);
        let recent = income.iter().copied().filter(|paid| paid.date > year_ago);
        let income_12_months = net_income(c, "Income of twelve months", recent, books);
        let realised_this_year = c.sum_of(
            money(base, "Realised gain this year", "sum of the holdings' gains from sales since 1 January"),
            books.positions(),
            |c, position| realised(c, position, books, Some(new_year)),
        );
        let unnamed_charges = c.sum_of(
            money(base, "Charges of the portfolio", "sum of the fees and taxes that name no instrument"),
            books.charges(),
            C::charge,
        );
        let charged = |c: &mut C, figure, kind| {
            let named = books.positions().iter().flat_map(|position| &position.charges);
            let of_kind = named.chain(books.charges()).filter(move |charge| charge.kind == kind);
            c.sum_of(money(base, figure, "sum of the charges of this kind"), of_kind, C::charge)
        };
        let fees_charged = charged(c, "Fees of their own", ChargeKind::Fee);
        let taxes_charged = charged(c, "Taxes of their own", ChargeKind::Tax);
        let of_income = |c: &mut C, figure, part| {
            c.sum_of(
                money(base, figure, "sum of the payments' parts, in base"),
                income.iter().copied(),
                |c, paid| {
                    let (amount, rate) = (c.income(paid, part), c.income_rate(paid));
                    c.product(money(base, "Deducted from income", "amount x exchange rate"), &amount, &rate)
                },
            )
        };
        let income_fees = of_income(c, "Fees of income", IncomePart::Fee);
        let withheld = of_income(c, "Tax withheld", IncomePart::Tax);
        let of_trades = |c: &mut C, figure, which| {
            c.sum_of(money(base, figure, "sum over the trades"), books.positions(), |c, position| {
                c.trade_costs(position, which)
            })
        };
        let trade_fees = of_trades(c, "Fees of trades", TradeCost::Fees);
        let trade_taxes = of_trades(c, "Taxes of trades", TradeCost::Taxes);
        let external = |c: &mut C, figure, kinds: fn(ExternalKind) -> bool| {
            let flows = books.external_flows().iter().filter(|flow| kinds(flow.kind));
            c.sum_of(money(base, figure, "sum over the flows"), flows, C::external_flow)
        };
        let deposits = external(c, "Deposits", |kind| matches!(kind, ExternalKind::Deposit { .. }));
        let inferred =
            external(c, "Inferred deposits", |kind| kind == ExternalKind::Deposit { inferred: true });
        let withdrawn = external(c, "Withdrawals, as flows", |kind| kind == ExternalKind::Withdrawal);
        let net_transfers = external(c, "Net transfers", |kind| {
            matches!(kind, ExternalKind::TransferIn | ExternalKind::TransferOut)
        });
        let paid_in = external(c, "Paid in", |kind| {
            matches!(kind, ExternalKind::Deposit { .. } | ExternalKind::TransferIn)
        });

        c.about(|| None);
        let over_holdings = |c: &mut C, figure, of: fn(&HoldingFigures<C>) -> &C::Amount| {
            c.sum_of(money(base, figure, "sum over the holdings"), holdings, |_, holding| of(holding).clone())
        };
        let cost = over_holdings(c, "Cost basis", |holding| &holding.cost);
        let unrealised = over_holdings(c, "Unrealised gain", |holding| &holding.unrealised);
        let realised = over_holdings(c, "Realised gain", |holding| &holding.realised);
        let dividends = over_holdings(c, "Dividend income", |holding| &holding.income);
        let named_charges = over_holdings(c, "Charges of holdings", |holding| &holding.charges);
        let over_cash = |c: &mut C, figure, of: fn(&CashFigures<C>) -> &C::Amount| {
            c.sum_of(money(base, figure, "sum over the currencies"), cash, |_, cash| of(cash).clone())
        };
        let cash_currency_gain = over_cash(c, "Currency gain of cash", |cash| &cash.currency_gain);

        let holdings_values = holdings.iter().map(|holding| &holding.value);
        let whole = TotalValue::new(c, books, holdings_values, cash.iter().map(|cash| &cash.value));
        let income = c.sum(money(base, "Income", "dividends + interest"), [&dividends, &interest]);
        let charges_label = money(base, "Charges", "fees and taxes that belong to no trade");
        let charges = c.sum(charges_label, [&named_charges, &unnamed_charges]);
        let less_charges = c.negated(money(base, "Charges deducted", "- charges"), &charges);
        let total_gain = c.sum(
            money(base, "Total gain", "unrealised + realised + income - charges + currency gain of cash"),
            [&unrealised, &realised, &income, &less_charges, &cash_currency_gain],
        );
        let withdrawals =
            c.negated(money(base, "Withdrawals", "sum over the flows, as a positive number"), &withdrawn);
        Self {
            net_deposits: c.difference(
                money(base, "Net deposits", "deposits - withdrawals"),
                &deposits,
                &withdrawals,
            ),
            fees: c.sum(
                money(base, "Fees", "fees of their own + fees of trades + fees of income"),
                [&fees_charged, &trade_fees, &income_fees],
            ),
            taxes: c.sum(
                money(base, "Taxes", "taxes of their own + taxes of trades + tax withheld"),
                [&taxes_charged, &trade_taxes, &withheld],
            ),
            unrealised_rate: c.ratio(
                fraction("Unrealised return", "unrealised gain / cost"),
                &unrealised,
                &cost,
            ),
            simple: c.ratio(
                fraction("Simple return", "total gain / (deposits + transfers in)"),
                &total_gain,
                &paid_in,
            ),
            xirr: whole.xirr(c, books),
            holdings_value: whole.holdings,
            cash: whole.cash,
            value: whole.value,
            cost,
            unrealised,
            realised,
            realised_this_year,
            income,
            income_12_months,
            charges,
            cash_currency_gain,
            total_gain,
            deposits,
            inferred_deposits: inferred,
            withdrawals,
            net_transfers,
        }
    }
}
