//! Files that were cut, mixed up or made to do harm: nothing panics, and what is taken for a transaction is one.

use bellwether_domain::TransactionId;
use proptest::prelude::*;

use super::*;

const FILES: [&[u8]; 14] = [
    include_bytes!("../trading-212/2026.csv"),
    include_bytes!("../trading-212/2022.csv"),
    include_bytes!("../degiro/account-dutch.csv"),
    include_bytes!("../degiro/account-german.csv"),
    include_bytes!("../degiro/transactions-english.csv"),
    include_bytes!("../degiro/transactions-dutch.csv"),
    include_bytes!("../portfolio-performance/german.csv"),
    include_bytes!("../wealthfolio/activities.csv"),
    include_bytes!("../ghostfolio/export.json"),
    include_bytes!("../ibkr/flex.xml"),
    include_bytes!("../ibkr/flex.csv"),
    include_bytes!("../ibkr/activity.csv"),
    include_bytes!("../ofx/investment.ofx"),
    include_bytes!("../ofx/investment-2.qfx"),
];

/// One change to a file.
#[derive(Debug, Clone)]
enum Harm {
    Cut(prop::sample::Index, usize),
    Write(prop::sample::Index, &'static str),
    Repeat(prop::sample::Index, usize),
    Swap(prop::sample::Index, prop::sample::Index),
}

fn harm() -> impl Strategy<Value = Harm> {
    let place = any::<prop::sample::Index>;
    let words = prop::sample::select(vec![
        "",
        "\"",
        "<",
        ">",
        "</",
        "&",
        "{",
        "[",
        "]",
        ",",
        ";",
        "\n",
        "\r",
        "-",
        "0",
        "9999999999999999999999999999",
        "1e-28",
        "1E40",
        "NaN",
        "-0",
        "0.0000000001",
        "1.234,56",
        "99999999",
        "20261399",
        "=1+1",
        "\u{fffd}",
        "é",
        "SELL",
        "Stock split open",
        "<STMTTRN>",
        "<SPLIT>",
        "null",
        "(",
        "@",
        " zu je ",
        "Koop",
        ":",
    ]);
    prop_oneof![
        (place(), 1..200_usize).prop_map(|(at, length)| Harm::Cut(at, length)),
        (place(), words).prop_map(|(at, word)| Harm::Write(at, word)),
        (place(), 1..400_usize).prop_map(|(at, length)| Harm::Repeat(at, length)),
        (place(), place()).prop_map(|(one, other)| Harm::Swap(one, other)),
    ]
}

fn harmed(file: &[u8], harms: &[Harm]) -> Vec<u8> {
    let mut bytes = file.to_vec();
    for harm in harms {
        if bytes.is_empty() {
            break;
        }
        match harm {
            Harm::Cut(at, length) => {
                let start = at.index(bytes.len());
                bytes.drain(start..(start + length).min(bytes.len()));
            }
            Harm::Write(at, word) => {
                let start = at.index(bytes.len());
                bytes.splice(start..start, word.bytes());
            }
            Harm::Repeat(at, length) => {
                let start = at.index(bytes.len());
                let again = bytes[start..(start + length).min(bytes.len())].to_vec();
                bytes.splice(start..start, again);
            }
            Harm::Swap(one, other) => {
                let (one, other) = (one.index(bytes.len()), other.index(bytes.len()));
                bytes.swap(one, other);
            }
        }
    }
    bytes
}

fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    let options = options(&[("IE00B3RBWM25", "VWRL.AS"), ("US0378331005", "AAPL")]);
    let Ok(statement) = read_transactions(bytes, &options) else { return Ok(()) };
    let id = TransactionId::from_uuid(uuid::Uuid::nil());
    for (row, draft) in statement.transactions() {
        prop_assert!(draft.check(id, 0, options.today).is_ok(), "line {}: {}", row.line, told(draft));
    }
    for (row, problems) in statement.rejected() {
        prop_assert!(!problems.is_empty(), "line {}", row.line);
        for problem in problems {
            prop_assert!(problem.to_string().chars().count() < 600, "line {}: {problem}", row.line);
        }
    }
    prop_assert_eq!(&statement, &read_transactions(bytes, &options).unwrap());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn harmed_files_are_read_or_refused(
        file in prop::sample::select(FILES.to_vec()),
        harms in prop::collection::vec(harm(), 1..12),
    ) {
        check(&harmed(file, &harms))?;
    }

    #[test]
    fn bytes_behind_a_beginning_are_read_or_refused(
        beginning in prop::sample::select(vec![
            &b"<OFX>"[..], b"OFXHEADER:100\n<OFX><INVTRANLIST>", b"<FlexQueryResponse>",
            b"{\"activities\":[{\"dataSource\":\"YAHOO\",\"unitPrice\":", b"Statement,Header,Field Name,Field Value\n",
            b"Action,Time,ISIN,Ticker,No. of shares,Price / share,Total\n", b"\"ClientAccountID\",\"CurrencyPrimary\"",
        ]),
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let mut file = beginning.to_vec();
        file.extend(bytes);
        check(&file)?;
    }
}

#[test]
fn files_that_nest_without_end_are_refused() {
    for (open, count) in [("<OFX>", 200_000), ("<FlexQueryResponse><a>", 200_000)] {
        assert!(read_transactions(open.repeat(count).as_bytes(), &options(&[])).is_err());
    }
    let json = format!("{{\"activities\": {}", "[".repeat(200_000));
    assert!(read_transactions(json.as_bytes(), &options(&[])).is_err());
    let json = format!("{{\"activities\": [{}{}]}}", "[".repeat(100_000), "]".repeat(100_000));
    let statement = read(json.as_bytes(), &[]);
    assert_eq!((statement.rejected().count(), statement.rows.len()), (1, 1));
}

#[test]
fn more_entries_than_anybody_has_are_refused() {
    let many = |entry: &str, before: &str, after: &str| format!("{before}{}{after}", entry.repeat(250_001));
    let files = [
        many("1,", "{\"activities\": [", "1]}"),
        many("<X></X>", "<OFX><INVTRANLIST>", "</INVTRANLIST></OFX>"),
        many("<Trade symbol=\"A\" />", "<FlexQueryResponse>", "</FlexQueryResponse>"),
    ];
    for file in files {
        let error = read_transactions(file.as_bytes(), &options(&[])).unwrap_err().to_string();
        assert!(error.contains("more than 250000 rows"), "{error}");
    }
}

/// How many bytes of text the rows and drafts of a statement hold.
fn held(statement: &Statement) -> usize {
    let cells = |row: &bellwether_statements::Row| row.text.iter().map(str::len).sum::<usize>();
    let drafts = |row: &bellwether_statements::Row| -> usize {
        row.verdict.drafts().iter().map(|draft| draft.account.len() + draft.note.len()).sum()
    };
    statement.rows.iter().map(|row| cells(row) + drafts(row)).sum::<usize>()
        + statement.positions.iter().map(|position| position.account.len()).sum::<usize>()
        + statement.cash.iter().map(|cash| cash.account.len()).sum::<usize>()
}

#[test]
fn a_long_text_that_many_entries_share_is_not_kept_for_each() {
    let long = "&amp;".repeat(60_000);
    let quoted = "x".repeat(60_000);
    let flex_entry = r#"<CashTransaction currency="EUR" dateTime="20260603" amount="1" type="Deposits" />"#;
    let bank = "<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20230105<TRNAMT>1</STMTTRN>";
    let position = "<POSSTOCK><UNIQUEID>1<UNITS>1</POSSTOCK>";
    let deposit = "Deposits & Withdrawals,Data,EUR,2025-01-15,Wire,100\n";
    let activity = "{\"type\":\"FEE\",\"date\":\"2026-01-01\",\"fee\":1,\"currency\":\"EUR\",\"accountId\":\"a\",\"dataSource\":1,\"unitPrice\":1}";
    let files = [
        format!(
            "<FlexQueryResponse><FlexStatement toDate=\"{long}\">{}</FlexStatement></FlexQueryResponse>",
            flex_entry.repeat(1_000)
        ),
        format!(
            "<OFX><STMTRS><CURDEF>EUR<BANKACCTFROM><ACCTID>{long}</BANKACCTFROM><BANKTRANLIST>{}</BANKTRANLIST></STMTRS>\
             <STMTRS><CURDEF>EUR<BANKACCTFROM><ACCTID>{long}2</BANKACCTFROM><BANKTRANLIST>{}</BANKTRANLIST></STMTRS></OFX>",
            bank.repeat(500),
            bank.repeat(500),
        ),
        format!(
            "<OFX><INVSTMTRS><INVPOSLIST>{}</INVPOSLIST></INVSTMTRS><SECLIST><STOCKINFO><UNIQUEID>1<TICKER>{long}<SECNAME>{long}</STOCKINFO></SECLIST></OFX>",
            position.repeat(1_000)
        ),
        format!(
            "Statement,Header,Field Name,Field Value\nAccount Information,Header,Field Name,Field Value\n\
             Account Information,Data,Account,{quoted}\n\
             Deposits & Withdrawals,Header,Currency,Settle Date,Description,Amount\n{}",
            deposit.repeat(1_000)
        ),
        format!(
            "{{\"accounts\":[{{\"id\":\"a\",\"name\":\"{quoted}\"}},{{\"id\":\"b\"}}],\"activities\":[{}]}}",
            vec![activity; 1_000].join(",")
        ),
    ];
    for file in files {
        let statement = read(file.as_bytes(), &[]);
        assert!(statement.rows.len() >= 1_000, "{}", &file[..40]);
        let held = held(&statement);
        assert!(held < 2 * file.len(), "{held} bytes from {}: {}", file.len(), &file[..40]);
    }
}

#[test]
fn an_action_of_many_faulty_entries_tells_its_problems_once() {
    let entry = |number: usize| {
        format!(
            r#"<CorporateAction currency="USD" symbol="S{number}" description="A(US0000000001) MERGED(Acquisition)" dateTime="20260609" quantity="x{number}" type="TC" actionID="1" />"#
        )
    };
    let entries: String = (0..2_000).map(entry).collect();
    let file = format!("<FlexQueryResponse>{entries}</FlexQueryResponse>");
    let statement = read(file.as_bytes(), &[]);
    let problems: Vec<usize> = statement.rejected().map(|(_, problems)| problems.len()).collect();
    assert_eq!((problems.len(), problems[0]), (2_000, 16));
    assert!(problems[1..].iter().all(|problems| *problems == 1));
}
