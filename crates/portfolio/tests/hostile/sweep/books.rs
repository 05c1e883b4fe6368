//! Books, positions, reports, and what must stay unknown in them.

use bellwether_domain::Booking;
use bellwether_portfolio::{CalendarUnit, CashSums, HeldLot, PositionSeries, Reason, Report};
use rust_decimal::Decimal;

use super::Sweep;
use crate::world::day;

impl Sweep<'_> {
    pub(crate) fn books_and_report(&mut self) {
        let (books, market, as_of) = (self.books, &self.world.market, self.books.as_of());
        let base = books.options().base;
        self.found.finite("Books", books);
        self.found.finite("Books::income", &(books.income(), books.interest(), books.charges()));
        self.found.finite("Books::external_flows", &(books.external_flows(), books.later_rates()));
        for booking in &self.world.ledger {
            let known = books.symbol_of(booking).is_some_and(|symbol| books.position(symbol).is_some());
            // A change of ticker may be of something that was never held.
            let is_change = matches!(booking.booking, Booking::TickerChange { .. });
            let named = booking.booking.symbol().is_some() && !is_change && booking.date <= as_of;
            self.found.hold(known || !named, || format!("symbol_of knows no position of {booking:?}"));
        }
        self.found.finite("PortfolioSeries", &self.series);
        let report = Report::new(books, market, &self.series);
        self.found.finite("Report", &report);
        self.found.finite("CashBook::value_on", &books.cash().value_on(as_of, market, base));
        self.found.finite("CashBook::external_flows", &books.cash().external_flows().collect::<Vec<_>>());
        for cash in &books.cash().balances {
            let balance = cash.on(as_of);
            self.found.hold(balance >= Decimal::ZERO, || format!("CashBalance::on gives {balance}"));
            self.found.finite("recorded_balance", &books.cash().recorded_balance(cash.currency));
        }
        self.found.finite("CashSums::of", &CashSums::of(books, None));
        for unit in [CalendarUnit::Month, CalendarUnit::Quarter, CalendarUnit::Year] {
            self.found.finite("CashSums::by", &CashSums::by(books, unit));
        }
        for position in books.positions() {
            self.found.finite("HeldLot", &HeldLot::of_position(position, books, market));
            let series = PositionSeries::new(position, books, market);
            self.found.finite("PositionSeries", &series);
            self.columns(&series.value);
            for on in [books.first_day().unwrap_or(as_of), as_of, day("1990-01-01"), day("2090-01-01")] {
                let price = position.price_on(market.instrument(&position.symbol), on);
                let value = position.value_on(on, market, base);
                self.found
                    .hold(value.is_err() || price.is_ok() || position.quantity_on(on).is_zero(), || {
                        format!("{} has the value {value:?} without a price on {on}", position.symbol)
                    });
                self.found.finite("Position::value_on", &(price, value, position.quantity_before(on)));
                let cost = position.cost_on(on);
                self.found.finite("Cost", &(cost.before_fees(), cost.fees(), cost.taxes()));
                let (sum, rest) = (cost.plus(&cost.fees()), cost.minus(&cost.taxes()));
                self.found.finite("Cost by unit", &(sum, rest, cost.per_unit(position.quantity)));
                let rate = market.rates().on(position.currency, base, on).map(|on| on.rate);
                self.found.finite("Cost::currency_effect", &cost.currency_effect(&rate));
                self.found.finite("Position::realised", &position.realised(Some(on)));
            }
            for income in &position.income {
                let parts = (income.net(), income.net_in_base(), income.is_inferred());
                self.found.finite("Income", &parts);
            }
            for sale in &position.sales {
                let gains =
                    (sale.gain(), sale.gain_before_fees(), sale.currency_effect(), sale.price_effect());
                self.found.finite("Sale", &gains);
                self.found.finite("Position::closed_by", &position.closed_by(sale));
            }
            for lot in &position.closed_lots {
                let gains = (lot.gain(), lot.gain_before_fees(), lot.currency_effect(), lot.price_effect());
                self.found.finite("ClosedLot", &gains);
            }
            for transfer in &position.transfers {
                self.found.finite("ShareTransfer", &transfer.cost());
            }
            for lot in &position.opened {
                self.found.finite(
                    "Position::of_lot",
                    &(position.of_lot(lot.transaction, books.options().method), lot.is_free()),
                );
            }
        }
        for holding in &report.holdings {
            self.found.hold(report.holding(&holding.symbol).is_some(), || "a holding is lost".to_owned());
            let before = (holding.is_open(), holding.is_priced_before(as_of));
            self.found.finite("Holding", &before);
        }
        self.unknown_stays_unknown(&report);
    }

    /// What rests on an unknown figure must not be known.
    fn unknown_stays_unknown(&mut self, report: &Report) {
        let (totals, returns) = (&report.totals, &report.returns);
        for holding in report.open_holdings() {
            let symbol = &holding.symbol;
            let known = holding.price.is_ok() && holding.exchange_rate.is_ok();
            let free = holding.price.as_ref().is_ok_and(|price| price.price.is_zero());
            if let Ok(value) = &holding.value {
                self.found.hold(known, || format!("{symbol} has a value without price and rate"));
                self.found.hold(free || !value.is_zero(), || format!("{symbol} is worth a silent 0"));
            } else {
                let held = [&holding.unrealised, &holding.total_gain];
                self.found
                    .hold(held.iter().all(|gain| gain.is_err()), || format!("{symbol} gains: {held:?}"));
                let rates = (&holding.xirr, &holding.weight, &holding.unrealised_rate);
                let unknown = rates.0.is_err() && rates.1.is_err() && rates.2.is_err();
                self.found.hold(unknown, || format!("{symbol} has rates without a value: {rates:?}"));
                let sums = [&totals.holdings_value, &totals.value, &totals.unrealised, &totals.total_gain];
                self.found
                    .hold(sums.iter().all(|sum| sum.is_err()), || format!("sums without {symbol}: {sums:?}"));
                // A series in binary reaches further than decimals do.
                let beyond = holding.value == Err(Reason::OutOfRange);
                let by_day = returns.time_weighted.is_err() && returns.max_drawdown.is_err();
                let unknown = returns.xirr.is_err() && returns.simple.is_err() && (beyond || by_day);
                self.found.hold(unknown, || format!("returns without {symbol}: {returns:?}"));
            }
            if holding.cost.as_ref().map_or(true, Decimal::is_zero) {
                let rate = &holding.unrealised_rate;
                self.found.hold(rate.is_err(), || format!("{symbol} has a rate of no cost: {rate:?}"));
            }
        }
        let Some(first) = self.books.first_day().filter(|first| *first <= report.as_of) else {
            let unknown = returns.xirr.is_err() && returns.time_weighted.is_err() && returns.simple.is_err();
            self.found.hold(unknown, || format!("nothing was booked, but there are returns: {returns:?}"));
            return;
        };
        let days = report.as_of.signed_duration_since(first).num_days();
        if days == 0 {
            self.found.hold(returns.xirr.is_err(), || format!("a rate of one day: {:?}", returns.xirr));
        }
        if days < 364 {
            let annual = returns.time_weighted.as_ref().map(|linked| linked.annualised.clone());
            self.found
                .hold(!matches!(annual, Ok(Ok(_))), || format!("annualised over {days} days: {annual:?}"));
        }
    }
}
