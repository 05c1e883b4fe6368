//! Instruments that people know. Names and kinds are facts; the prices that grow from these starting points are not.

use super::venue::Class;

/// A well-known instrument and how its made-up price behaves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    pub(crate) symbol: &'static str,
    pub(crate) name: &'static str,
    pub(crate) class: Class,
    /// `exchangeName` and `fullExchangeName`; empty for what the spelling says.
    pub(crate) listed: (&'static str, &'static str),
    /// Price on 4 January 2021, in the shares of that day.
    pub(crate) price: f64,
    /// Growth a year, percent.
    pub(crate) drift: f64,
    /// How far it wanders by itself, percent a year.
    pub(crate) spread: f64,
    /// How strongly it follows its market.
    pub(crate) beta: f64,
    /// Dividends a year, percent of the trend.
    pub(crate) dividend: f64,
    /// First year of trading.
    pub(crate) since: i32,
}

const NASDAQ: (&str, &str) = ("NMS", "NasdaqGS");
const NASDAQ_GM: (&str, &str) = ("NGM", "NasdaqGM");
const NYSE: (&str, &str) = ("NYQ", "NYSE");
const ARCA: (&str, &str) = ("PCX", "NYSEArca");
const AS_SPELLED: (&str, &str) = ("", "");

/// Symbol, name, exchange, price; then drift, spread, beta, dividend; then year.
type Row = (&'static str, &'static str, (&'static str, &'static str), f64, [f64; 4], i32);

const EQUITIES: &[Row] = &[
    ("AAPL", "Apple Inc.", NASDAQ, 129.41, [13.0, 20.0, 1.15, 0.6], 1990),
    ("MSFT", "Microsoft Corporation", NASDAQ, 217.69, [14.0, 18.0, 1.1, 1.0], 1990),
    ("NVDA", "NVIDIA Corporation", NASDAQ, 524.54, [36.0, 34.0, 1.6, 0.1], 1999),
    ("GOOGL", "Alphabet Inc.", NASDAQ, 1726.13, [13.0, 21.0, 1.1, 0.3], 2004),
    ("GOOG", "Alphabet Inc.", NASDAQ, 1728.24, [13.0, 21.0, 1.1, 0.3], 2014),
    ("AMZN", "Amazon.com, Inc.", NASDAQ, 3186.63, [8.0, 26.0, 1.25, 0.0], 1997),
    ("META", "Meta Platforms, Inc.", NASDAQ, 268.94, [14.0, 32.0, 1.25, 0.3], 2012),
    ("TSLA", "Tesla, Inc.", NASDAQ, 729.77, [6.0, 45.0, 1.8, 0.0], 2010),
    ("AVGO", "Broadcom Inc.", NASDAQ, 427.99, [22.0, 28.0, 1.3, 1.6], 2009),
    ("COST", "Costco Wholesale Corporation", NASDAQ, 380.15, [14.0, 16.0, 0.8, 0.7], 1990),
    ("PEP", "PepsiCo, Inc.", NASDAQ, 144.27, [2.0, 13.0, 0.5, 2.9], 1990),
    ("NFLX", "Netflix, Inc.", NASDAQ, 522.86, [11.0, 38.0, 1.3, 0.0], 2002),
    ("ADBE", "Adobe Inc.", NASDAQ, 485.34, [0.0, 28.0, 1.2, 0.0], 1990),
    ("INTC", "Intel Corporation", NASDAQ, 49.67, [-12.0, 32.0, 1.1, 2.0], 1990),
    ("CSCO", "Cisco Systems, Inc.", NASDAQ, 44.09, [4.0, 18.0, 0.9, 3.0], 1990),
    ("AMD", "Advanced Micro Devices, Inc.", NASDAQ, 92.3, [12.0, 42.0, 1.7, 0.0], 1990),
    ("QCOM", "QUALCOMM Incorporated", NASDAQ, 148.7, [2.0, 30.0, 1.3, 2.0], 1991),
    ("SBUX", "Starbucks Corporation", NASDAQ, 103.1, [-2.0, 22.0, 0.9, 2.2], 1992),
    ("KO", "The Coca-Cola Company", NYSE, 52.76, [4.0, 12.0, 0.5, 3.0], 1990),
    ("JNJ", "Johnson & Johnson", NYSE, 156.5, [1.0, 13.0, 0.5, 2.8], 1990),
    ("PG", "The Procter & Gamble Company", NYSE, 137.82, [3.0, 13.0, 0.5, 2.5], 1990),
    ("JPM", "JPMorgan Chase & Co.", NYSE, 125.87, [11.0, 19.0, 1.1, 2.6], 1990),
    ("V", "Visa Inc.", NYSE, 217.76, [7.0, 15.0, 0.95, 0.7], 2008),
    ("MA", "Mastercard Incorporated", NYSE, 351.45, [7.0, 16.0, 1.0, 0.5], 2006),
    ("UNH", "UnitedHealth Group Incorporated", NYSE, 349.5, [0.0, 24.0, 0.6, 1.5], 1990),
    ("HD", "The Home Depot, Inc.", NYSE, 263.99, [4.0, 18.0, 1.0, 2.3], 1990),
    ("DIS", "The Walt Disney Company", NYSE, 177.68, [-10.0, 22.0, 1.1, 0.6], 1990),
    ("XOM", "Exxon Mobil Corporation", NYSE, 41.5, [15.0, 24.0, 0.7, 4.5], 1990),
    ("CVX", "Chevron Corporation", NYSE, 84.71, [10.0, 24.0, 0.7, 4.2], 1990),
    ("WMT", "Walmart Inc.", NYSE, 146.53, [12.0, 16.0, 0.6, 1.4], 1990),
    ("MCD", "McDonald's Corporation", NYSE, 210.22, [6.0, 14.0, 0.6, 2.3], 1990),
    ("NKE", "NIKE, Inc.", NYSE, 139.17, [-14.0, 25.0, 1.0, 1.1], 1990),
    ("CAT", "Caterpillar Inc.", NYSE, 182.02, [14.0, 24.0, 1.1, 1.9], 1990),
    ("BA", "The Boeing Company", NYSE, 202.72, [-1.0, 34.0, 1.3, 0.0], 1990),
    ("GE", "General Electric Company", NYSE, 84.56, [18.0, 28.0, 1.2, 0.6], 1990),
    ("IBM", "International Business Machines Corporation", NYSE, 118.49, [12.0, 18.0, 0.7, 4.0], 1990),
    ("LLY", "Eli Lilly and Company", NYSE, 166.28, [30.0, 26.0, 0.6, 1.0], 1990),
    ("ABBV", "AbbVie Inc.", NYSE, 105.41, [11.0, 19.0, 0.5, 3.8], 2013),
    ("PFE", "Pfizer Inc.", NYSE, 36.81, [-8.0, 22.0, 0.6, 4.2], 1990),
    ("T", "AT&T Inc.", NYSE, 29.44, [-1.0, 20.0, 0.6, 5.0], 1990),
    ("VZ", "Verizon Communications Inc.", NYSE, 58.85, [-6.0, 17.0, 0.5, 5.0], 1990),
    ("BRK-B", "Berkshire Hathaway Inc.", NYSE, 228.36, [13.0, 11.0, 0.85, 0.0], 1996),
    ("CRM", "Salesforce, Inc.", NYSE, 220.31, [3.0, 28.0, 1.25, 0.4], 2004),
    ("BAC", "Bank of America Corporation", NYSE, 30.03, [8.0, 22.0, 1.2, 2.4], 1990),
    ("SAP.DE", "SAP SE", AS_SPELLED, 105.6, [14.0, 22.0, 1.0, 1.5], 1994),
    ("SIE.DE", "Siemens Aktiengesellschaft", AS_SPELLED, 119.9, [10.0, 22.0, 1.1, 2.6], 1996),
    ("ASML.AS", "ASML Holding N.V.", AS_SPELLED, 409.0, [11.0, 30.0, 1.4, 0.9], 1995),
    ("MC.PA", "LVMH Moët Hennessy - Louis Vuitton", AS_SPELLED, 508.0, [3.0, 24.0, 1.1, 1.8], 1990),
    ("VOD.L", "Vodafone Group Public Limited Company", AS_SPELLED, 123.0, [-8.0, 22.0, 0.8, 6.0], 1990),
    ("SHEL.L", "Shell plc", AS_SPELLED, 1320.0, [13.0, 22.0, 0.9, 4.0], 2005),
    ("AZN.L", "AstraZeneca PLC", AS_SPELLED, 7330.0, [9.0, 20.0, 0.6, 2.2], 1993),
    ("NESN.SW", "Nestlé S.A.", AS_SPELLED, 104.3, [-3.0, 14.0, 0.6, 2.8], 1990),
    ("NOVO-B.CO", "Novo Nordisk A/S", AS_SPELLED, 428.0, [8.0, 30.0, 0.8, 1.4], 1990),
    ("7203.T", "Toyota Motor Corporation", AS_SPELLED, 7890.0, [9.0, 22.0, 1.0, 2.8], 1990),
    ("RY.TO", "Royal Bank of Canada", AS_SPELLED, 104.3, [9.0, 13.0, 0.9, 3.9], 1990),
    ("BHP.AX", "BHP Group Limited", AS_SPELLED, 42.9, [1.0, 24.0, 1.0, 5.0], 1990),
    ("0700.HK", "Tencent Holdings Limited", AS_SPELLED, 560.0, [-2.0, 34.0, 1.2, 0.6], 2004),
];

const FUNDS: &[Row] = &[
    ("VOO", "Vanguard S&P 500 ETF", ARCA, 338.3, [8.5, 0.3, 1.0, 1.4], 2010),
    ("SPY", "SPDR S&P 500 ETF Trust", ARCA, 368.79, [8.5, 0.3, 1.0, 1.4], 1993),
    ("VTI", "Vanguard Total Stock Market Index Fund ETF Shares", ARCA, 192.05, [8.2, 0.9, 1.02, 1.4], 2001),
    ("QQQ", "Invesco QQQ Trust", NASDAQ_GM, 309.31, [11.0, 7.0, 1.18, 0.6], 1999),
    ("IWM", "iShares Russell 2000 ETF", ARCA, 193.5, [4.0, 9.0, 1.15, 1.3], 2000),
    ("DIA", "SPDR Dow Jones Industrial Average ETF Trust", ARCA, 301.6, [7.0, 4.0, 0.9, 1.8], 1998),
    ("VEA", "Vanguard Developed Markets Index Fund ETF Shares", ARCA, 47.5, [4.5, 7.0, 0.85, 2.9], 2007),
    ("VWO", "Vanguard Emerging Markets Stock Index Fund ETF Shares", ARCA, 51.2, [1.0, 11.0, 0.8, 2.8], 2005),
    ("SCHD", "Schwab U.S. Dividend Equity ETF", ARCA, 63.4, [5.0, 7.0, 0.8, 3.3], 2011),
    ("VNQ", "Vanguard Real Estate Index Fund ETF Shares", ARCA, 83.5, [1.0, 12.0, 0.85, 3.8], 2004),
    (
        "BND",
        "Vanguard Total Bond Market Index Fund ETF Shares",
        NASDAQ_GM,
        87.9,
        [-3.0, 5.0, 0.05, 2.8],
        2007,
    ),
    ("GLD", "SPDR Gold Shares", ARCA, 182.3, [11.0, 14.0, 0.05, 0.0], 2004),
];

const OTHERS: &[(Class, Row)] = &[
    (Class::Index, ("^GSPC", "S&P 500", AS_SPELLED, 3700.65, [8.5, 0.0, 1.0, 0.0], 1990)),
    (
        Class::Index,
        ("^IXIC", "NASDAQ Composite", ("NIM", "Nasdaq GIDS"), 12698.45, [10.0, 7.0, 1.15, 0.0], 1990),
    ),
    (
        Class::Index,
        ("^DJI", "Dow Jones Industrial Average", ("DJI", "DJI"), 30223.89, [7.0, 4.0, 0.9, 0.0], 1990),
    ),
    (Class::Index, ("^FTSE", "FTSE 100", ("FGI", "FTSE Index"), 6571.88, [5.0, 0.0, 1.0, 0.0], 1990)),
    (Class::Index, ("^GDAXI", "DAX P", ("GER", "XETRA"), 13726.74, [8.0, 0.0, 1.0, 0.0], 1990)),
    (Class::Crypto, ("BTC-USD", "Bitcoin USD", AS_SPELLED, 31971.91, [22.0, 55.0, 0.0, 0.0], 2014)),
    (Class::Crypto, ("ETH-USD", "Ethereum USD", AS_SPELLED, 1040.23, [20.0, 65.0, 0.0, 0.0], 2017)),
    (Class::Future, ("GC=F", "Gold", AS_SPELLED, 1946.6, [11.0, 14.0, 0.0, 0.0], 2000)),
    (Class::Future, ("CL=F", "Crude Oil", AS_SPELLED, 47.62, [4.0, 34.0, 0.0, 0.0], 2000)),
];

/// Symbol, ex-date, new shares, old shares.
type SplitRow = (&'static str, (i32, u32, u32), u32, u32);

/// Splits of well-known instruments. NVIDIA's and Broadcom's go on in a
/// future that nobody knows, so that five years back from any day there is one.
const SPLITS: &[SplitRow] = &[
    ("AAPL", (2000, 6, 21), 2, 1),
    ("AAPL", (2005, 2, 28), 2, 1),
    ("AAPL", (2014, 6, 9), 7, 1),
    ("AAPL", (2020, 8, 31), 4, 1),
    ("MSFT", (1998, 2, 23), 2, 1),
    ("MSFT", (1999, 3, 29), 2, 1),
    ("MSFT", (2003, 2, 18), 2, 1),
    ("NVDA", (2001, 9, 17), 2, 1),
    ("NVDA", (2006, 4, 7), 2, 1),
    ("NVDA", (2007, 9, 11), 3, 2),
    ("NVDA", (2021, 7, 20), 4, 1),
    ("NVDA", (2024, 6, 10), 10, 1),
    ("NVDA", (2028, 6, 12), 4, 1),
    ("NVDA", (2032, 6, 14), 4, 1),
    ("NVDA", (2036, 6, 9), 4, 1),
    ("NVDA", (2040, 6, 11), 4, 1),
    ("NVDA", (2044, 6, 13), 4, 1),
    ("GOOGL", (2014, 4, 3), 2, 1),
    ("GOOGL", (2022, 7, 18), 20, 1),
    ("GOOG", (2022, 7, 18), 20, 1),
    ("AMZN", (1999, 9, 2), 2, 1),
    ("AMZN", (2022, 6, 6), 20, 1),
    ("TSLA", (2020, 8, 31), 5, 1),
    ("TSLA", (2022, 8, 25), 3, 1),
    ("AVGO", (2024, 7, 15), 10, 1),
    ("NFLX", (2015, 7, 15), 7, 1),
    ("WMT", (2024, 2, 26), 3, 1),
    ("KO", (1996, 5, 13), 2, 1),
    ("KO", (2012, 8, 13), 2, 1),
    ("PG", (2004, 6, 21), 2, 1),
    ("JNJ", (2001, 6, 13), 2, 1),
    ("V", (2015, 3, 19), 4, 1),
    ("MA", (2014, 1, 22), 10, 1),
    ("HD", (1999, 12, 31), 3, 2),
    ("NKE", (2015, 12, 24), 2, 1),
    ("COST", (2000, 1, 14), 2, 1),
    ("7203.T", (2021, 9, 29), 5, 1),
    ("NOVO-B.CO", (2023, 9, 13), 2, 1),
];

/// Every instrument of the tables.
pub(crate) fn all() -> impl Iterator<Item = Known> {
    let equities = EQUITIES.iter().map(|row| known(Class::Equity, row));
    let funds = FUNDS.iter().map(|row| known(Class::Etf, row));
    equities.chain(funds).chain(OTHERS.iter().map(|(class, row)| known(*class, row)))
}

/// The instrument of a symbol, if people know it.
pub(crate) fn find(symbol: &str) -> Option<Known> {
    all().find(|known| known.symbol == symbol)
}

/// The splits of a well-known instrument: date, new shares, old shares.
pub(crate) fn splits(symbol: &str) -> impl Iterator<Item = ((i32, u32, u32), u32, u32)> {
    SPLITS.iter().filter(move |(of, ..)| *of == symbol).map(|(_, date, new, old)| (*date, *new, *old))
}

fn known(class: Class, row: &Row) -> Known {
    let &(symbol, name, listed, price, [drift, spread, beta, dividend], since) = row;
    Known { symbol, name, class, listed, price, drift, spread, beta, dividend, since }
}
