#!/usr/bin/env python3
"""Risk figures of AAPL, IBM and MSFT by packages that share nothing with the program.

Reads prices.csv, splits.csv and dividends.csv beside this file and writes
risk_expected.json. Needs Python 3.11 with

    empyrical-reloaded 0.7.1, quantstats 0.0.86, ffn 1.4.1,
    pandas 3.1.1, numpy 2.4.6, scipy 1.17.1

in an environment of its own (python3 -m venv, pip install). The packages work
out every statistic; this file prepares the daily returns and names the
conventions that differ. Where two packages have a figure they must agree.

With BELLWETHER_REALDATA_DIR naming the folder of the full price file, the
returns are also compared with the ratios of its adjusted closes.
"""

import json
import os
from math import isclose, sqrt
from pathlib import Path

import empyrical
import ffn
import numpy as np
import pandas as pd
import quantstats.stats as quantstats
from scipy.stats import pearsonr

HERE = Path(__file__).resolve().parent
YEAR = 252
RISK_FREE = 0.02
# Each beside one of the others as its benchmark.
BENCHMARKS = {"AAPL": "IBM", "IBM": "MSFT", "MSFT": "IBM"}
# The opening close and the last day.
PERIODS = [("2000-03-01", "2013-03-01"), ("2007-12-31", "2009-12-31")]


def total_returns(symbol):
    """Daily returns, dividends reinvested at the close of the ex-date, by trading day."""
    prices = pd.read_csv(HERE / "prices.csv", parse_dates=["date"])
    close = prices[prices.symbol == symbol].set_index("date").close.sort_index()
    splits = pd.read_csv(HERE / "splits.csv", parse_dates=["date"]).query("symbol == @symbol").set_index("date")
    paid = pd.read_csv(HERE / "dividends.csv", parse_dates=["ex_date"]).query("symbol == @symbol")
    paid = paid.set_index("ex_date").amount.reindex(close.index, fill_value=0.0)
    ratio = (splits.new / splits.old).reindex(close.index, fill_value=1.0)
    returns = ((close + paid) * ratio / close.shift(1) - 1.0).iloc[1:]
    compare_with_adjusted_closes(symbol, returns)
    return close.index[0], returns


def compare_with_adjusted_closes(symbol, returns):
    folder = os.environ.get("BELLWETHER_REALDATA_DIR")
    if folder is None:
        return
    full = pd.read_csv(Path(folder) / "us_stocks_raw_2000_2013.csv.gz", parse_dates=["date"])
    adjusted = full[full.symbol == symbol].set_index("date").adj_close.sort_index()
    growth = (1.0 + returns).cumprod()
    apart = (growth / (adjusted / adjusted.iloc[0]).iloc[1:] - 1.0).abs().max()
    assert apart < 1e-6, (symbol, apart)


def agree(figure, other):
    assert isclose(figure, other, rel_tol=1e-9, abs_tol=1e-12), (figure, other)
    return float(figure)


def deepest_fall(opening, returns):
    """Depth by empyrical and ffn; the days by ffn's drawdown series."""
    wealth = pd.concat([pd.Series([1.0], index=[opening]), (1.0 + returns).cumprod()])
    below = ffn.to_drawdown_series(wealth)
    trough = below.idxmin()
    peak = wealth[:trough].idxmax()
    after = wealth[trough:]
    recovered = after[after >= wealth[peak]]
    day = lambda stamp: stamp.date().isoformat()
    return {
        "depth": agree(empyrical.max_drawdown(returns), below.min()),
        "peak": day(peak),
        "trough": day(trough),
        "recovered": day(recovered.index[0]) if len(recovered) else None,
        "current": float(below.iloc[-1]),
    }


def alpha(returns, benchmark, daily_rate):
    """Jensen's alpha times 252: empyrical compounds that of a day over the year, which is undone here."""
    compounded = empyrical.alpha(returns, benchmark, risk_free=daily_rate, annualization=YEAR)
    return float(((1.0 + compounded) ** (1.0 / YEAR) - 1.0) * YEAR)


def figures(opening, returns, benchmark):
    daily_rate = (1.0 + RISK_FREE) ** (1.0 / YEAR) - 1.0
    fall = deepest_fall(opening, returns)
    total = float(empyrical.cum_returns_final(returns))
    days = (returns.index[-1] - opening).days
    active = returns - benchmark
    # quantstats divides the squares by n - 1 and starts at the first return.
    ulcer = quantstats.ulcer_index(pd.concat([pd.Series([0.0], index=[opening]), returns]))
    return {
        "returns": len(returns),
        "total_return": total,
        "volatility": agree(empyrical.annual_volatility(returns), quantstats.volatility(returns, YEAR)),
        "sharpe_ratio": agree(empyrical.sharpe_ratio(returns), quantstats.sharpe(returns, 0.0, YEAR)),
        "sharpe_ratio_above_rate": agree(
            empyrical.sharpe_ratio(returns, risk_free=daily_rate), quantstats.sharpe(returns, RISK_FREE, YEAR)
        ),
        "downside_deviation": float(empyrical.downside_risk(returns)),
        "downside_deviation_below_rate": float(empyrical.downside_risk(returns, required_return=daily_rate)),
        "sortino_ratio": agree(empyrical.sortino_ratio(returns), quantstats.sortino(returns, 0.0, YEAR)),
        "sortino_ratio_above_rate": float(empyrical.sortino_ratio(returns, required_return=daily_rate)),
        "max_drawdown": fall,
        "ulcer_index": float(ulcer),
        # By the product's convention: the annual return over actual days / 365.
        "calmar_ratio": float(((1.0 + total) ** (365.0 / days) - 1.0) / -fall["depth"]),
        # By empyrical's: over n / 252.
        "calmar_ratio_by_count": float(empyrical.calmar_ratio(returns)),
        "beta": agree(empyrical.beta(returns, benchmark), np.polyfit(benchmark, returns, 1)[0]),
        "beta_above_rate": float(empyrical.beta(returns, benchmark, risk_free=daily_rate)),
        "alpha": alpha(returns, benchmark, 0.0),
        "alpha_above_rate": alpha(returns, benchmark, daily_rate),
        "correlation": float(pearsonr(returns, benchmark).statistic),
        "tracking_error": float(empyrical.annual_volatility(active)),
    }


def by_calendar(returns, span):
    totals = empyrical.aggregate_returns(returns, span)
    label = lambda key: f"{key[0]}-{key[1]:02}" if isinstance(key, tuple) else str(key)
    return {label(key): float(value) for key, value in totals.items()}


def main():
    series = {symbol: total_returns(symbol) for symbol in BENCHMARKS}
    expected = {"risk_free": RISK_FREE, "symbols": {}}
    for symbol, against in BENCHMARKS.items():
        _, returns = series[symbol]
        periods = []
        for start, end in PERIODS:
            opening = pd.Timestamp(start)
            part = returns[(returns.index > opening) & (returns.index <= end)]
            market = series[against][1].reindex(part.index)
            assert not market.isna().any()
            periods.append({"from": start, "to": end, **figures(opening, part, market)})
        expected["symbols"][symbol] = {
            "benchmark": against,
            "periods": periods,
            "monthly": by_calendar(returns, "monthly"),
            "quarterly": by_calendar(returns, "quarterly"),
            "yearly": by_calendar(returns, "yearly"),
        }
    with open(HERE / "risk_expected.json", "w", encoding="utf-8") as file:
        json.dump(expected, file, indent=1)
        file.write("\n")
    print({symbol: of["periods"][0]["sharpe_ratio"] for symbol, of in expected["symbols"].items()})


if __name__ == "__main__":
    main()
