#!/usr/bin/env python3
"""Work out, apart from the program, what it has to report for trades.csv.

Reads trades.csv, prices.csv, splits.csv and dividends.csv beside this file and
writes expected.json; README.md has the conventions. Every figure that the
tests lean on is reached a second way in `cross_check`.

With BELLWETHER_REALDATA_DIR naming the folder of the full price file, prices
and benchmark are also compared with its closes and adjusted closes.
"""

import csv
import gzip
import json
import os
from bisect import bisect_right
from collections import defaultdict
from datetime import date, datetime
from decimal import Context, Decimal, getcontext
from pathlib import Path

# Wide enough that sums and products of the input are exact.
getcontext().prec = 60
ZERO, ONE = Decimal(0), Decimal(1)
HERE = Path(__file__).resolve().parent
AS_OF = date(2013, 3, 1)
REPORT_DAYS = [date(2005, 2, 25), date(2009, 3, 9), AS_OF]
SERIES_DAYS = [date.fromisoformat(d) for d in """
    2000-03-01 2000-06-20 2000-06-21 2001-09-14 2002-11-06 2003-02-14 2003-02-18
    2004-11-15 2005-02-25 2005-02-28 2007-10-31 2008-11-20 2009-03-09 2010-12-31
    2012-05-18 2012-09-04 2012-09-21 2013-02-28 2013-03-01""".split()]
BENCHMARK = "IBM"


# --- input ------------------------------------------------------------------

def rows(name):
    with open(HERE / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def day_of(text):
    """An ISO date or an American one (month first)."""
    return datetime.strptime(text, "%m/%d/%Y" if "/" in text else "%Y-%m-%d").date()


def number(text):
    return Decimal(text.replace("$", "").replace(",", ""))


def read_trades():
    """(day, symbol, signed shares, price) by day, in file order within a day."""
    trades = []
    for row in rows("trades.csv"):
        sign = {"buy": 1, "sell": -1}[row["Type"].lower()]
        trades.append((day_of(row["Date"]), row["Ticker"],
                       sign * abs(number(row["Shares"])), number(row["Price"])))
    return sorted(trades, key=lambda trade: trade[0])


CLOSES = defaultdict(dict)
for row in rows("prices.csv"):
    CLOSES[row["symbol"]][day_of(row["date"])] = Decimal(row["close"])
DAYS = {symbol: sorted(closes) for symbol, closes in CLOSES.items()}
CALENDAR = sorted(set().union(*DAYS.values()))
SPLITS = [(day_of(r["date"]), r["symbol"], Decimal(r["new"]) / Decimal(r["old"]))
          for r in rows("splits.csv")]
DIVIDENDS = [(day_of(r["ex_date"]), r["symbol"], Decimal(r["amount"]))
             for r in rows("dividends.csv")]
TRADES = read_trades()
assert all(abs(price / CLOSES[s][d] - 1) < Decimal("0.02") for d, s, _, price in TRADES)
assert {d for d, *_ in TRADES + SPLITS + DIVIDENDS} <= set(CALENDAR)


def close(symbol, day):
    """The close of the day or, on a closed day, the last one before it."""
    days = DAYS[symbol]
    return CLOSES[symbol][days[bisect_right(days, day) - 1]]


# --- replay -----------------------------------------------------------------

class Position:
    """One security under both cost methods."""

    def __init__(self):
        self.lots = []  # FIFO: [quantity, unit cost], oldest first
        self.pool_cost = ZERO  # moving average: cost of all units held
        self.realised_fifo = self.realised_average = self.dividends = ZERO

    @property
    def quantity(self):
        return sum((quantity for quantity, _ in self.lots), ZERO)

    @property
    def fifo_cost(self):
        return sum((quantity * unit for quantity, unit in self.lots), ZERO)

    def split(self, ratio):
        self.lots = [[quantity * ratio, unit / ratio] for quantity, unit in self.lots]

    def buy(self, quantity, price):
        self.lots.append([quantity, price])
        self.pool_cost += quantity * price

    def sell(self, quantity, price):
        held, proceeds = self.quantity, quantity * price
        taken = self.pool_cost if quantity == held else self.pool_cost * quantity / held
        self.pool_cost -= taken
        self.realised_average += proceeds - taken
        self.realised_fifo += proceeds
        while quantity:
            lot = self.lots[0]
            part = min(quantity, lot[0])
            self.realised_fifo -= part * lot[1]
            quantity -= part
            lot[0] -= part
            if not lot[0]:
                self.lots.pop(0)


def booking_order(trades, positions):
    """File order, but a purchase of the day comes forward where a sale needs it."""
    waiting = list(trades)
    held = {symbol: position.quantity for symbol, position in positions.items()}
    while waiting:
        at, (_, symbol, shares, _) = 0, waiting[0]
        if held[symbol] + shares < 0:
            at = next(i for i, t in enumerate(waiting) if t[1] == symbol and t[2] > 0)
        trade = waiting.pop(at)
        held[trade[1]] += trade[2]
        yield trade


def holdings_value(positions, day):
    return sum((p.quantity * close(s, day) for s, p in positions.items() if p.lots), ZERO)


def by_day(records):
    grouped = defaultdict(list)
    for record in records:
        grouped[record[0]].append(record)
    return grouped


def replay(until):
    """Replay every trading day to `until`: splits, dividends, then bookings."""
    splits, dividends, trades = by_day(SPLITS), by_day(DIVIDENDS), by_day(TRADES)
    positions = {symbol: Position() for symbol in sorted(CLOSES)}
    cash, deposits, credited = ZERO, [], []
    series = []  # (day, value before the day's bookings, deposit, closing value, cash)
    for day in CALENDAR:
        if day < TRADES[0][0] or day > until:
            continue
        for _, symbol, ratio in splits[day]:
            positions[symbol].split(ratio)
        untouched = holdings_value(positions, day) + cash
        for _, symbol, amount in dividends[day]:
            units = positions[symbol].quantity  # as at the close before, in new units
            if units:
                credited.append((day, symbol, units, units * amount))
                positions[symbol].dividends += units * amount
                cash += units * amount
        for _, symbol, shares, price in booking_order(trades[day], positions):
            if shares > 0:
                positions[symbol].buy(shares, price)
            else:
                positions[symbol].sell(-shares, price)
            cash -= shares * price
        deposit = max(-cash, ZERO)  # what the day's own inflows leave uncovered
        if deposit:
            deposits.append((day, deposit))
            cash = ZERO
        series.append((day, untouched, deposit, holdings_value(positions, day) + cash, cash))
    return positions, cash, deposits, credited, series


# --- returns ----------------------------------------------------------------

def net_present_value(flows, rate):
    first = flows[0][0]
    return sum(amount * (ONE + rate) ** (Decimal(-(day - first).days) / 365)
               for day, amount in flows)


def xirr(deposits, day, value):
    """Deposits in, closing value out: one sign change, so one root; bisect it."""
    flows = [(d, -amount) for d, amount in deposits] + [(day, value)]
    low, high = Decimal("-0.99"), Decimal(10)
    assert net_present_value(flows, low) > 0 > net_present_value(flows, high)
    while high - low > Decimal("1e-25"):
        middle = (low + high) / 2
        if net_present_value(flows, middle) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def time_weighted(series):
    """Hold-then-trade daily returns, linked; with the deepest fall of the index."""
    index = peak = ONE
    peak_day, depth, fall, last, before = series[0][0], ZERO, None, ZERO, ZERO
    indices = []
    for day, untouched, deposit, value, _ in series:
        held = untouched / before if before else ONE
        last = held * value / (untouched + deposit) - 1
        index *= 1 + last
        indices.append((day, index))
        if index > peak:
            peak, peak_day = index, day
        if index / peak - 1 < depth:
            depth, fall = index / peak - 1, (peak_day, day, peak)
        before = value
    top_day, bottom_day, top = fall
    recovery = next((d for d, i in indices if d > bottom_day and i >= top), None)
    days = (series[-1][0] - series[0][0]).days
    return {"total": rate(index - 1), "annualised": rate(index ** (Decimal(365) / days) - 1),
            "days": days, "last_day": rate(last),
            "max_drawdown": {"rate": rate(depth), "peak": str(top_day),
                             "trough": str(bottom_day),
                             "recovery": recovery and str(recovery)}}


def benchmark_units(deposits, until):
    """Units of the benchmark: dividends reinvested first, then the day's deposit."""
    paid = {d: amount for d, symbol, amount in DIVIDENDS if symbol == BENCHMARK}
    bought, units = dict(deposits), ZERO
    assert BENCHMARK not in {s for _, s, _ in SPLITS} and set(bought) <= set(CLOSES[BENCHMARK])
    for day in DAYS[BENCHMARK]:
        if day <= until:
            price = CLOSES[BENCHMARK][day]
            units *= 1 + paid.get(day, ZERO) / price
            units += bought.get(day, ZERO) / price
    return units


# --- output -----------------------------------------------------------------

def money(amount):
    """Exact; beyond 12 decimals (quotients only) rounded to 12."""
    if amount.as_tuple().exponent < -12:
        amount = amount.quantize(Decimal("1e-12"))
    text = f"{amount:f}" if amount else "0"
    return text.rstrip("0").rstrip(".") if "." in text else text


def rate(value):
    return f"{Context(prec=15).create_decimal(value):f}"


def report(day):
    positions, cash, deposits, credited, series = replay(day)
    traded = {symbol for d, symbol, *_ in TRADES if d <= day}
    value = holdings_value(positions, day) + cash
    deposited = sum(amount for _, amount in deposits)
    holdings, totals = [], defaultdict(Decimal)
    for symbol in sorted(traded):
        held = positions[symbol]
        price, worth = close(symbol, day), held.quantity * close(symbol, day)
        figures = {
            "cost_fifo": held.fifo_cost, "cost_average": held.pool_cost, "value": worth,
            "realised_fifo": held.realised_fifo, "realised_average": held.realised_average,
            "unrealised_fifo": worth - held.fifo_cost,
            "unrealised_average": worth - held.pool_cost, "dividends": held.dividends}
        entry = {"symbol": symbol, "quantity": money(held.quantity), "close": money(price)}
        if day == AS_OF:  # nothing was booked that day: the close alone moves the value
            assert all(d != day for d, *_ in TRADES + SPLITS + DIVIDENDS)
            previous = CLOSES[symbol][DAYS[symbol][bisect_right(DAYS[symbol], day) - 2]]
            figures["day_change"] = held.quantity * (price - previous)
            entry["day_change_rate"] = rate(price / previous - 1)
        for name, amount in figures.items():
            totals[name] += amount
            entry[name] = money(amount)
        holdings.append(entry | {"weight": rate(worth / value)})
    units = benchmark_units(deposits, day)
    comparison = units * close(BENCHMARK, day)
    answer = {
        "cash": money(cash), "cash_weight": rate(cash / value), "value": money(value),
        "deposits": money(deposited), "total_gain": money(value - deposited),
        "xirr": rate(xirr(deposits, day, value)), "time_weighted": time_weighted(series),
        "holdings": holdings, "holdings_total": {k: money(v) for k, v in totals.items()},
        "benchmark": {
            "symbol": BENCHMARK, "units": money(units), "value": money(comparison),
            "gain": money(comparison - deposited),
            "portfolio_ahead_by": money(value - comparison),
            "xirr": rate(xirr(deposits, day, comparison))}}
    cross_check(day, positions, cash, deposits, credited, value, comparison, answer)
    return answer


# --- the second way ---------------------------------------------------------

def cross_check(day, positions, cash, deposits, credited, value, comparison, answer):
    """Reach the figures again without lots, pools or a day-by-day replay."""
    def factor(symbol, after, until):
        product = ONE
        for d, s, ratio in SPLITS:
            product *= ratio if s == symbol and after < d <= until else ONE
        return product

    def units(symbol, until, before=None):
        return sum((shares * factor(symbol, d, until) for d, s, shares, _ in TRADES
                    if s == symbol and (d < before if before else d <= until)), ZERO)

    tiny = Decimal("1e-40")
    paid = ZERO
    for symbol, held in positions.items():
        # A holding is the sum of its trades in the units of the day.
        assert held.quantity == units(symbol, day), symbol
        income = sum((units(symbol, d, before=d) * amount
                      for d, s, amount in DIVIDENDS if s == symbol and d <= day), ZERO)
        assert held.dividends == income, symbol
        paid += income
        # FIFO leaves the latest purchases, so count back from the last one.
        left, cost = held.quantity, ZERO
        for d, _, shares, price in reversed([t for t in TRADES if t[1] == symbol and t[0] <= day]):
            if shares > 0:
                split = factor(symbol, d, day)
                part = min(left, shares * split)
                left, cost = left - part, cost + part * price / split
        assert left == 0 and cost == held.fifo_cost, symbol
    # Cash is what came in less what went out.
    deposited = sum(amount for _, amount in deposits)
    spent = sum(shares * price for d, _, shares, price in TRADES if d <= day)
    assert cash == deposited + paid - spent and paid == sum(c[3] for c in credited)
    # The gain is the same by money put in and by its parts, for both methods.
    for realised, cost in (("realised_fifo", "fifo_cost"), ("realised_average", "pool_cost")):
        parts = sum(getattr(p, realised) + p.quantity * close(s, day) - getattr(p, cost)
                    + p.dividends for s, p in positions.items() if p.lots or p.realised_fifo)
        assert abs(parts - (value - deposited)) < tiny
    # The rates are roots, and Newton's method in floats from 10 % finds the same.
    for result, end in ((answer["xirr"], value), (answer["benchmark"]["xirr"], comparison)):
        flows = [(d, -amount) for d, amount in deposits] + [(day, end)]
        assert abs(net_present_value(flows, Decimal(result))) < Decimal("1e-8")
        years = [((d - flows[0][0]).days / 365, float(amount)) for d, amount in flows]
        guess = 0.1
        for _ in range(50):
            guess -= (sum(a * (1 + guess) ** -t for t, a in years)
                      / sum(-t * a * (1 + guess) ** (-t - 1) for t, a in years))
        assert abs(guess - float(result)) < 1e-12
    # Adjusted closes hold the reinvested dividends already.
    folder = os.environ.get("BELLWETHER_REALDATA_DIR")
    if folder:
        full = Path(folder) / "us_stocks_raw_2000_2013.csv.gz"
        adjusted = {}
        with gzip.open(full, "rt", newline="") as file:
            for row in csv.DictReader(file):
                d = day_of(row["date"])
                assert CLOSES[row["symbol"]][d] == Decimal(row["close"])
                if row["symbol"] == BENCHMARK:
                    adjusted[d] = Decimal(row["adj_close"])
        assert len(adjusted) == len(CLOSES[BENCHMARK])
        again = sum(amount * adjusted[day] / adjusted[d] for d, amount in deposits)
        assert abs(again / comparison - 1) < Decimal("1e-6")


def main():
    _, _, deposits, credited, series = replay(AS_OF)
    expected = {
        "currency": "USD", "as_of": str(AS_OF), "trades": len(TRADES),
        "deposits": [{"date": str(d), "amount": money(a)} for d, a in deposits],
        "dividends": [{"ex_date": str(d), "symbol": s, "units": money(u), "amount": money(a)}
                      for d, s, u, a in credited],
        "reports": {str(day): report(day) for day in REPORT_DAYS},
        "series": []}
    for day in SERIES_DAYS:
        _, _, _, value, cash = [entry for entry in series if entry[0] <= day][-1]
        made = [(d, a) for d, a in deposits if d <= day]
        comparison = benchmark_units(made, day) * close(BENCHMARK, day)
        expected["series"].append({
            "date": str(day), "value": money(value), "cash": money(cash),
            "deposits": money(sum(a for _, a in made)), "benchmark": money(comparison)})
    with open(HERE / "expected.json", "w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(expected, indent=1) + "\n")

    for day, result in expected["reports"].items():
        print(f"\n{day}   value {float(result['value']):,.2f}   "
              f"cash {float(result['cash']):,.2f}   deposits {float(result['deposits']):,.2f}   "
              f"gain {float(result['total_gain']):,.2f}")
        print(f"  XIRR {float(result['xirr']):.6%}   "
              f"TWR {float(result['time_weighted']['total']):.6%}, "
              f"{float(result['time_weighted']['annualised']):.6%} a year   "
              f"max drawdown {float(result['time_weighted']['max_drawdown']['rate']):.4%}")
        comparison = result["benchmark"]
        print(f"  deposits in {BENCHMARK}: value {float(comparison['value']):,.2f}   "
              f"gain {float(comparison['gain']):,.2f}   XIRR {float(comparison['xirr']):.6%}")
        columns = ["quantity", "value", "cost_fifo", "cost_average", "realised_fifo",
                   "realised_average", "unrealised_fifo", "unrealised_average", "dividends"]
        print("  " + "".join(f"{name:>19}" for name in ["symbol"] + columns))
        total = {"symbol": "total", "quantity": "nan"} | result["holdings_total"]
        for entry in result["holdings"] + [total]:
            print(f"  {entry['symbol']:>19}" + "".join(f"{float(entry[c]):>19,.4f}" for c in columns))
    print(f"\n{len(TRADES)} trades, {len(deposits)} deposits, {len(credited)} dividends credited; "
          "all cross-checks hold")


if __name__ == "__main__":
    main()
