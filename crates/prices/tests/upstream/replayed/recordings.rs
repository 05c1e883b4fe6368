//! What must come of each recorded file.

/// What comes of a file.
#[derive(Debug, PartialEq)]
pub(super) enum Expected {
    /// A history of so many days after so many were set aside as suspect; the newest day, its close and currency.
    Days { told: usize, aside: usize, newest: &'static str },
    /// For each symbol asked.
    Symbols(&'static [(&'static str, Told)]),
    /// The symbols of the hits, the best first.
    Found(&'static [&'static str]),
    /// A shell without prices.
    Delisted,
    /// No such symbol.
    Unknown,
    /// No prices in these days.
    NothingInWindow,
    /// The answer contradicts itself or lacks what a price needs.
    Malformed(&'static str),
    /// The request is refused, in these words.
    Refused(&'static str),
    /// Too many calls: one was made and no other follows.
    Limited,
    /// No answer after so many calls: a status, or a success that is none.
    Outage { status: u16, calls: u64 },
    /// The answer broke off, so many times.
    Broken { calls: u64 },
    /// The login is refused after so many calls for quotes, and sparks stand in.
    SparksStandIn { quote_calls: u64 },
    /// The client has no use for it; it arrives byte for byte.
    AsRecorded,
}

use Expected::{
    AsRecorded, Broken, Days, Delisted, Found, Limited, Malformed, NothingInWindow, Outage, Refused,
    SparksStandIn, Symbols, Unknown,
};

/// What is told of a symbol.
#[derive(Debug, PartialEq)]
pub(super) enum Told {
    /// A price and its currency.
    Price(&'static str),
    /// So many closes, and the price with its currency.
    Closes(usize, &'static str),
    /// A shell without a price.
    Gone,
    /// Nothing.
    LeftOut,
    /// Not enough for a price.
    Lacking(&'static str),
}

use Told::{Closes, Gone, Lacking, LeftOut, Price};

pub(super) const EXPECTED: &[(&str, Expected)] = &[
    ("auth/flow-eu-consent-uk-2025-02.json", AsRecorded),
    ("auth/flow-fc-then-getcrumb.json", AsRecorded),
    ("auth/flow-nl-2026-08-no-form.json", AsRecorded),
    (
        "chart/0P000071W8.TO-1d-mutualfund-cad.json",
        Days { told: 1, aside: 0, newest: "2020-01-02 73.72 CAD" },
    ),
    ("chart/0P0000XTS7-1d-fund-nav.json", Days { told: 2, aside: 0, newest: "2024-09-13 11892.19 USD" }),
    ("chart/AAPL-1d-10bars-2024.json", Days { told: 10, aside: 0, newest: "2024-10-11 227.55 USD" }),
    ("chart/AAPL-1d-5bars-2021-short-meta.json", Days { told: 5, aside: 0, newest: "2021-04-23 134.32 USD" }),
    (
        "chart/AAPL-1d-5bars-close-and-adjclose-2021.json",
        Days { told: 5, aside: 0, newest: "2021-04-23 134.32 USD" },
    ),
    (
        "chart/AAPL-1d-5bars-indicators-close-2021.json",
        Days { told: 5, aside: 0, newest: "2021-04-23 134.32 USD" },
    ),
    ("chart/AAPL-1d-5bars-no-timestamps-2021.json", Malformed("values without times")),
    ("chart/AAPL-1d-live-tail-2025-10-29.json", Days { told: 127, aside: 0, newest: "2025-10-29 269.7 USD" }),
    ("chart/AAPL-1d-one-bar-2020-01-02.json", Days { told: 1, aside: 0, newest: "2020-01-02 75.0875 USD" }),
    (
        "chart/AAPL-1d-split-and-dividend-2020H2.json",
        Days { told: 49, aside: 0, newest: "2020-11-06 118.69 USD" },
    ),
    ("chart/AAPL-1h-future-window-empty-2021.json", Malformed("bars of another length than asked")),
    ("chart/AAPL-1m-weekend-empty.json", Malformed("bars of another length than asked")),
    ("chart/AAPL-1mo-dividends.json", Malformed("bars of another length than asked")),
    ("chart/AAPL-1mo-split.json", Malformed("bars of another length than asked")),
    ("chart/AAPL-5m-live-session-2026-10.json", Malformed("bars of another length than asked")),
    ("chart/AAPL-live-session-one-bar.json", Days { told: 1, aside: 0, newest: "2022-02-22 164.32 USD" }),
    ("chart/AFRAF-1d-otc.json", Days { told: 1, aside: 0, newest: "2020-01-02 11.27 USD" }),
    ("chart/AZT.OL-1d-nok.json", Days { told: 1, aside: 0, newest: "2020-01-02 4.99 NOK" }),
    ("chart/BTC-USD-1d-crypto.json", Days { told: 3, aside: 0, newest: "2020-01-03 7344.8843 USD" }),
    ("chart/CAPIO.ST-1d-delisted-shell-200.json", Delisted),
    ("chart/EURUSD=X-1d-fx.json", Days { told: 3, aside: 0, newest: "2020-01-03 1.1171438 USD" }),
    ("chart/GC=F-1d-future.json", Days { told: 1, aside: 0, newest: "2020-01-02 1524.5 USD" }),
    (
        "chart/GS2C.DE-1d-live-tail-2025-10-29.json",
        Days { told: 5, aside: 0, newest: "2025-10-29 19.948 EUR" },
    ),
    (
        "chart/IBM-1d-negative-timestamps-splits.json",
        Days { told: 10, aside: 0, newest: "2021-01-08 122.87763 USD" },
    ),
    ("chart/INR=X-1d-null-row.json", Days { told: 3, aside: 0, newest: "2017-07-13 64.365 INR" }),
    ("chart/LUCYW-1d-null-currency-no-bars.json", Malformed("no currency")),
    ("chart/MSFT-1d-1y-dividends-2021.json", Days { told: 252, aside: 0, newest: "2022-01-28 308.26 USD" }),
    (
        "chart/MSFT-1d-live-tail-2025-10-29.json",
        Days { told: 127, aside: 0, newest: "2025-10-29 541.55 USD" },
    ),
    ("chart/NVDA-1d-1y-split-2021.json", Days { told: 252, aside: 0, newest: "2022-01-28 22.84 USD" }),
    ("chart/OCDO.L-1d-gbp-pence.json", Days { told: 1, aside: 0, newest: "2020-01-02 12.595 GBP" }),
    ("chart/ORSTED.CO-1d-dkk.json", Days { told: 1, aside: 0, newest: "2020-01-02 681 DKK" }),
    ("chart/QQQ-1d-etf.json", Days { told: 1, aside: 0, newest: "2020-01-02 216.16 USD" }),
    ("chart/SPY-1d-etf-5bars-2026-02.json", Days { told: 5, aside: 0, newest: "2026-02-20 689.43 USD" }),
    ("chart/TSLA-1d-13y-no-dividends.json", Days { told: 3303, aside: 0, newest: "2023-08-11 242.65 USD" }),
    ("chart/TSLA-1d-5bars-2021.json", Days { told: 5, aside: 0, newest: "2021-01-08 293.34 USD" }),
    (
        "chart/USDEUR=X-answered-as-EUR=X-2026-10.json",
        Days { told: 1, aside: 0, newest: "2026-10-05 0.8914 EUR" },
    ),
    ("chart/VFINX-3mo-max-dividends-capitalgains.json", Malformed("bars of another length than asked")),
    ("chart/WSKT.JK-1d-stale-suspended.json", Days { told: 1, aside: 0, newest: "2020-01-02 1505 IDR" }),
    ("chart/WSU.DE-1d-xetra-3bars.json", Days { told: 3, aside: 0, newest: "2023-08-08 33.2 EUR" }),
    ("derived/chart-100x-glitch.json", Days { told: 124, aside: 3, newest: "2025-10-29 269.7 USD" }),
    ("derived/chart-5m-prepost.json", Malformed("bars of another length than asked")),
    ("derived/chart-duplicate-last-day.json", Days { told: 127, aside: 0, newest: "2025-10-29 269.7 USD" }),
    ("derived/chart-etf-dividends.json", Days { told: 252, aside: 0, newest: "2022-01-28 77.065 USD" }),
    ("derived/chart-infinity-strings.json", Days { told: 127, aside: 0, newest: "2025-10-29 269.7 USD" }),
    (
        "derived/chart-missing-optional-keys.json",
        Days { told: 127, aside: 0, newest: "2025-10-29 269.7 USD" },
    ),
    ("derived/chart-null-rows.json", Days { told: 125, aside: 0, newest: "2025-10-29 269.7 USD" }),
    (
        "derived/chart-ragged-arrays.json",
        Malformed("127 times but columns of [127, 127, 127, 126, 127, 127] values"),
    ),
    ("derived/chart-row-after-period2.json", Days { told: 5, aside: 0, newest: "2025-10-29 19.948 EUR" }),
    ("derived/chart-truncated.json", Broken { calls: 3 }),
    ("derived/chart-unsorted.json", Days { told: 127, aside: 0, newest: "2025-10-29 269.7 USD" }),
    (
        "derived/quote-batch-27-mixed.json",
        Symbols(&[
            ("AAPL", Price("244.6 USD")),
            ("QQQ", Price("538.15 USD")),
            ("0P000071W8.TO", Price("152.63 CAD")),
            ("BTC-USD", Price("96077.45 USD")),
            ("EURUSD=X", Price("1.0489877 USD")),
            ("NONEXIST", LeftOut),
            ("GC=F", Price("2910.3 USD")),
            ("^VXAPL", Price("23.77 USD")),
            ("OCDO.L", Price("3.088 GBP")),
            ("LDO.MI", Price("33.38 EUR")),
            ("ORSTED.CO", Price("299.7 DKK")),
            ("WSKT.JK", Price("202 IDR")),
            ("GOOG", Price("186.87 USD")),
            ("BRKS", Gone),
            ("ADH", Gone),
            ("ABBV", Price("192.87 USD")),
            ("AMZN", Price("228.68 USD")),
            ("APS.AX", LeftOut),
            ("AFRAF", Price("8.46 USD")),
            ("AZT.OL", Price("19.54 NOK")),
            ("BFLY", Price("4.77 USD")),
            ("BEKE", Price("20.5 USD")),
            ("CRON", Price("1.97 USD")),
            ("EPAC", Price("46.14 USD")),
            ("SPOT", Price("638.18 USD")),
            ("SOHO", Price("0.8401 USD")),
            ("ZRC-USD", Price("0.076522574 USD")),
        ]),
    ),
    (
        "derived/spark-v7-2symbols-6mo.json",
        Symbols(&[("AAPL", Closes(127, "269.7 USD")), ("MSFT", Closes(127, "541.55 USD"))]),
    ),
    (
        "derived/spark-v8-2symbols-6mo.json",
        Symbols(&[("AAPL", Closes(127, "269.7 USD")), ("MSFT", Closes(127, "541.55 USD"))]),
    ),
    (
        "derived/spark-v8-fullday-fields-2026.json",
        Symbols(&[
            ("AAPL", Closes(1, "333.92 USD")),
            ("QUIET.NS", Closes(0, "no price")),
            ("NOSUCH", LeftOut),
        ]),
    ),
    ("errors/200-empty-body.json", Outage { status: 200, calls: 3 }),
    ("errors/200-html-consent.html", Outage { status: 200, calls: 3 }),
    ("errors/429-edge-too-many-requests.txt", Limited),
    ("errors/429-too-many-requests.txt", SparksStandIn { quote_calls: 0 }),
    ("errors/500-error-report.html", Outage { status: 500, calls: 3 }),
    ("errors/503-will-be-right-back.html", Outage { status: 503, calls: 3 }),
    ("errors/999-unable-to-process.html", Limited),
    ("errors/chart-200-null-chart.json", Outage { status: 200, calls: 1 }),
    (
        "errors/chart-400-bad-interval.json",
        Refused(
            "Invalid input - interval=7m is not supported. Valid intervals: [1m, 2m, 5m, 15m, 30m, 60m, 90m, 1h, 4h, 1d, 5d, 1wk, 1mo, 3mo]",
        ),
    ),
    ("errors/chart-400-no-data-for-range.json", NothingInWindow),
    (
        "errors/chart-400-start-after-end.json",
        Refused(
            "Invalid input - start date cannot be after end date. startDate = 1761260400, endDate = 1761257839",
        ),
    ),
    ("errors/chart-404-not-found.json", Unknown),
    (
        "errors/chart-422-1m-8-days.json",
        Refused(
            "1m data not available for startTime=1752606940 and endTime=1784142940. Only 8 days worth of 1m granularity data are allowed to be fetched per request.",
        ),
    ),
    (
        "errors/chart-422-5m-60-days.json",
        Refused(
            "5m data not available for startTime=1770111238 and endTime=1770975238. The requested range must be within the last 60 days.",
        ),
    ),
    ("errors/quote-400-missing-symbols.json", SparksStandIn { quote_calls: 6 }),
    ("errors/quote-401-invalid-crumb.json", SparksStandIn { quote_calls: 2 }),
    ("errors/quote-401-no-crumb.json", SparksStandIn { quote_calls: 2 }),
    ("errors/search-400-missing-q.json", Refused("Missing required query parameter=q")),
    (
        "errors/spark-400-too-many-symbols.json",
        Refused("Number of symbols needs to be less than or equal to 20"),
    ),
    ("errors/spark-404-no-symbols.json", Unknown),
    ("quote/0P000071W8.TO-fund.json", Symbols(&[("0P000071W8.TO", Price("152.63 CAD"))])),
    ("quote/AAPL,BABA-batch.json", Symbols(&[("AAPL", Price("244.6 USD")), ("BABA", Price("124.73 USD"))])),
    ("quote/AAPL,MSFT-2025-10.json", Symbols(&[("AAPL", Price("269.7 USD")), ("MSFT", Price("541.55 USD"))])),
    (
        "quote/AAPL,MSFT-regular-2025-08.json",
        Symbols(&[("AAPL", Price("228.375 USD")), ("MSFT", Price("507.045 USD"))]),
    ),
    (
        "quote/AAPL,NONEXIST-partial-2022.json",
        Symbols(&[("AAPL", Price("160.07 USD")), ("NONEXIST", LeftOut)]),
    ),
    (
        "quote/AAPL,TSLA-batch-premarket-2022.json",
        Symbols(&[("AAPL", Price("160.07 USD")), ("TSLA", Price("764.04 USD"))]),
    ),
    ("quote/AAPL-2021-pre.json", Symbols(&[("AAPL", Price("135.37 USD"))])),
    ("quote/AAPL-closed-postmarket.json", Symbols(&[("AAPL", Price("244.6 USD"))])),
    ("quote/ADH-yhd-no-price.json", Symbols(&[("ADH", Gone)])),
    ("quote/APS.AX-empty.json", Symbols(&[("APS.AX", LeftOut)])),
    ("quote/AZT.OL-2021-postpost.json", Symbols(&[("AZT.OL", Price("69.2 NOK"))])),
    ("quote/BRKS-none.json", Symbols(&[("BRKS", Gone)])),
    ("quote/BTC-USD-crypto.json", Symbols(&[("BTC-USD", Price("96077.45 USD"))])),
    ("quote/EURUSD=X-fx.json", Symbols(&[("EURUSD=X", Price("1.0489877 USD"))])),
    ("quote/GC=F-future.json", Symbols(&[("GC=F", Price("2910.3 USD"))])),
    ("quote/GOOG-corporate-actions.json", Symbols(&[("GOOG", Price("186.87 USD"))])),
    ("quote/GS2C-2025-10.json", Symbols(&[("GS2C", LeftOut)])),
    ("quote/GS2C.DE-2025-10.json", Symbols(&[("GS2C.DE", Price("19.948 EUR"))])),
    ("quote/LDO.MI-eur.json", Symbols(&[("LDO.MI", Price("33.38 EUR"))])),
    ("quote/NONEXIST-empty-2022.json", Symbols(&[("NONEXIST", LeftOut)])),
    ("quote/OCDO.L-2021-prepre.json", Symbols(&[("OCDO.L", Price("28.08 GBP"))])),
    ("quote/OCDO.L-gbp-pence.json", Symbols(&[("OCDO.L", Price("3.088 GBP"))])),
    ("quote/ORSTED.CO-dkk.json", Symbols(&[("ORSTED.CO", Price("299.7 DKK"))])),
    ("quote/QQQ-etf-regular-2025-08.json", Symbols(&[("QQQ", Price("570.99 USD"))])),
    ("quote/QQQ-etf.json", Symbols(&[("QQQ", Price("538.15 USD"))])),
    ("quote/SI-none.json", Symbols(&[("SI", Gone)])),
    ("quote/SIMP-none.json", Symbols(&[("SIMP", Gone)])),
    ("quote/SIX-empty-renamed.json", Symbols(&[("SIX", LeftOut)])),
    ("quote/TSLA-fields-symbol,displayName.json", Symbols(&[("TSLA", Lacking("no currency"))])),
    ("quote/TSLA-fields-symbol.json", Symbols(&[("TSLA", Lacking("no currency"))])),
    ("quote/WSKT.JK-postpost.json", Symbols(&[("WSKT.JK", Price("202 IDR"))])),
    ("quote/^VXAPL-index.json", Symbols(&[("^VXAPL", Price("23.77 USD"))])),
    ("repair/4063.T-bad-split.json", Days { told: 13, aside: 9, newest: "2023-04-14 4129 JPY" }),
    ("repair/8TRA.DE-missing-div-adjust.json", Days { told: 5, aside: 0, newest: "2023-06-06 18.66 EUR" }),
    // Which of two scales is the right one, a few weeks alone cannot tell; what counts is that they are not mixed.
    ("repair/AET.L-100x.json", Days { told: 14, aside: 9, newest: "2022-06-06 0.001455 GBP" }),
    ("repair/ASAI.L-1h-unit.json", Malformed("bars of another length than asked")),
    // A special dividend on the day of the split: its fall is taken for a split that is not applied.
    ("repair/CNE.L-bad-split.json", Days { told: 4, aside: 6, newest: "2023-05-18 1.9684 GBP" }),
    ("repair/DEX.AX-bad-split.json", Days { told: 8, aside: 15, newest: "2023-05-31 0.12029 AUD" }),
    ("repair/MOB.ST-missing-split.json", Days { told: 15, aside: 1, newest: "2023-05-30 20.45 SEK" }),
    // A rights issue on the day of the correction: the jump fits neither its split nor another scale.
    ("repair/SPM.MI-bad-split.json", Days { told: 22, aside: 0, newest: "2022-06-30 2.555 EUR" }),
    ("repair/SSW.JO-100x.json", Days { told: 22, aside: 7, newest: "2023-05-31 35.01 ZAR" }),
    ("search/0P000071W8.TO.json", Found(&["0P000071W8.TO"])),
    ("search/AAPL.json", Found(&["AAPL", "AAPU"])),
    ("search/BJ0CDD2-sedol.json", Found(&["MNTN.L"])),
    (
        "search/BTC-USD.json",
        Found(&["BTC-USD", "HBTC-USD", "CBBTC32994-USD", "LBTC33652-USD", "PBTC-USD", "0P0001P539"]),
    ),
    (
        "search/Bayerische-Motoren-Werke-AG.json",
        Found(&["BMW.DE", "BMW.SG", "BAMXF", "BMWM5N.MX", "BMW3D.XC", "BMW.DU"]),
    ),
    ("search/EUR.json", Found(&["EURUSD=X", "EURHUF=X", "EURCHF=X", "GBPEUR=X", "EURRUB=X"])),
    ("search/GC=F.json", Found(&["GC=F", "0P00019HF1.SA", "0P0000V2JN.SA", "0P0000V2MI.SA"])),
    ("search/NO0010123060-isin-no-hit.json", Found(&[])),
    ("search/OCDO.L.json", Found(&["OCDO.L"])),
    ("search/QQQ.json", Found(&["QQQ", "TQQQ", "SQQQ", "QQQM", "QLD", "QID"])),
    ("search/WSKT.JK-no-quotes.json", Found(&[])),
    ("search/apple-2025-10.json", Found(&["AAPL", "APLE", "AAPL.VI", "APC.F", "AAPL.BA", "AAPI", "APC.DE"])),
    ("spark/v7-AAPL-5d-1d-2021.json", Symbols(&[("AAPL", Closes(5, "132.54 USD"))])),
    ("spark/v7-EXS2.F-1mo-1d-2018-with-adjclose.json", Symbols(&[("EXS2.F", Closes(21, "26.26 EUR"))])),
    (
        "spark/v8-3symbols-1d-1d-2026-08.json",
        Symbols(&[
            ("FPT.VN", Closes(1, "70300 VND")),
            ("VNM.VN", Closes(1, "58600 VND")),
            ("HPG.VN", Closes(1, "22000 VND")),
        ]),
    ),
    ("stream/BTC-USD-2025-01.json", AsRecorded),
    ("stream/BTC-USD-2025-10.json", AsRecorded),
    ("summary/AAPL-price.json", AsRecorded),
    ("summary/AAPL-quoteType.json", AsRecorded),
    ("summary/AAPL-summaryDetail.json", AsRecorded),
    ("summary/ADH-summaryDetail.json", AsRecorded),
    ("summary/BTC-USD-price.json", AsRecorded),
    ("summary/BTC-USD-quoteType.json", AsRecorded),
    ("summary/EURUSD=X-price.json", AsRecorded),
    ("summary/OCDO.L-price.json", AsRecorded),
    ("summary/QQQ-summaryDetail.json", AsRecorded),
];
