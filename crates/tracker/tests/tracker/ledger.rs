//! Transactions entered by hand: what is taken, what is refused and why, and what can be taken back.

use bellwether_domain::{PortfolioId, TransactionId, UserId};
use bellwether_storage::Storage;
use bellwether_tracker::{
    DeletedTransaction, EditedTransaction, EnteredIndex, EnteredSettings, EnteredTransaction, LedgerChange,
    LedgerChanged, LedgerFilter, LedgerOrder, NewTransaction, Origin, PortfolioSettings, Tracker,
    TrackerError, Upstream,
};

use crate::database::{TestDatabase, clock, import, on_both};
use crate::refresh::{simulator, upstream};

const NOW: &str = "2026-11-21T12:00:00Z";

async fn tracker(database: &TestDatabase) -> (Tracker, PortfolioId) {
    let tracker = database.tracker(Upstream::Nobody, &clock(NOW)).await;
    let id = tracker.create_portfolio(PortfolioSettings::named("Main")).await.unwrap().id;
    (tracker, id)
}

fn entered(kind: &str, date: &str, symbol: &str, quantity: &str) -> NewTransaction {
    let entered = EnteredTransaction {
        kind: kind.to_owned(),
        date: date.to_owned(),
        symbol: symbol.to_owned(),
        quantity: quantity.to_owned(),
        price: "60".to_owned(),
        ..EnteredTransaction::default()
    };
    NewTransaction { entered, ..NewTransaction::default() }
}

fn adding(creates: Vec<NewTransaction>) -> LedgerChange {
    LedgerChange { creates, ..LedgerChange::default() }
}

fn deleting(ids: &[TransactionId]) -> LedgerChange {
    let deletes = ids.iter().map(|id| DeletedTransaction { id: *id, seen: None }).collect();
    LedgerChange { deletes, ..LedgerChange::default() }
}

fn editing(id: TransactionId, facts: NewTransaction) -> LedgerChange {
    LedgerChange { edits: vec![EditedTransaction { id, facts, seen: None }], ..LedgerChange::default() }
}

async fn add(tracker: &Tracker, id: PortfolioId, new: NewTransaction) -> Result<LedgerChanged, TrackerError> {
    tracker.change_ledger(id, adding(vec![new]), false).await
}

async fn ids(tracker: &Tracker, id: PortfolioId) -> Vec<TransactionId> {
    tracker.ledger(id).await.unwrap().iter().map(|booked| booked.id).collect()
}

fn conflict(refused: Result<impl std::fmt::Debug, TrackerError>) -> String {
    match refused {
        Err(TrackerError::Conflict(words)) => words.to_string(),
        other => panic!("{other:?}"),
    }
}

fn faults(refused: Result<LedgerChanged, TrackerError>) -> Vec<String> {
    match refused {
        Err(TrackerError::Invalid(faults)) => {
            faults.iter().map(|fault| format!("{:?} {}: {}", fault.part, fault.field, fault.reason)).collect()
        }
        other => panic!("{other:?}"),
    }
}

async fn a_purchase_by_hand_is_edited_deleted_and_put_back(database: &TestDatabase) {
    let (tracker, id) = tracker(database).await;
    let before = tracker.versions(id).await.unwrap().entered;

    let added = add(&tracker, id, entered("buy", "2024-03-05", "ko", "10")).await.unwrap();

    assert_ne!(tracker.versions(id).await.unwrap().entered, before);
    let one = added.created[0];
    let edit = editing(one, entered("buy", "2024-03-05", "KO", "12.5"));
    let edited = tracker.change_ledger(id, edit.clone(), false).await.unwrap();
    let entry = tracker.transaction(id, one).await.unwrap();
    assert_eq!(EnteredTransaction::of(&entry.transaction).quantity, "12.5");
    assert_eq!(tracker.change_ledger(id, edit, false).await.unwrap().change, None, "all was so already");
    let gone = tracker.change_ledger(id, deleting(&[one]), false).await.unwrap();
    assert!(ids(&tracker, id).await.is_empty());

    tracker.undo(id, gone.change.unwrap()).await.unwrap();
    assert_eq!(tracker.transaction(id, one).await.unwrap(), entry, "with all its facts");
    tracker.undo(id, edited.change.unwrap()).await.unwrap();
    let words: Vec<String> =
        tracker.changes(id, None, 10).await.unwrap().into_iter().map(|change| change.words).collect();
    let expected = [
        "Buy of 10 KO on 2024-03-05 changed",
        "Buy of 12.5 KO on 2024-03-05 added",
        "Buy of 12.5 KO on 2024-03-05 deleted",
        "Buy of 12.5 KO on 2024-03-05 changed",
        "Buy of 10 KO on 2024-03-05 added",
        "Portfolio Main added",
    ];
    assert_eq!(words, expected);
    let refused = tracker.undo(id, added.change.unwrap()).await;
    assert!(refused.is_ok(), "it is as that change left it: {refused:?}");
    let last = tracker.audit_records(id, None, 1).await.unwrap().remove(0);
    assert!(last.before.is_some() && last.after.is_none());
}

async fn all_faults_of_all_parts_are_told_and_nothing_is_changed(database: &TestDatabase) {
    let (tracker, id) = tracker(database).await;
    let mut wrong = entered("buy", "2026-11-22", "KO", "-1");
    wrong.entered.price = String::new();

    let good = entered("buy", "2024-03-05", "KO", "10");
    let refused = tracker.change_ledger(id, adding(vec![good, wrong]), false).await;

    let expected = [
        "Create(1) date: the date 2026-11-22 is in the future",
        "Create(1) quantity: the quantity must be greater than zero",
        "Create(1) price: a buy needs a price",
    ];
    assert_eq!(faults(refused), expected);
    assert!(ids(&tracker, id).await.is_empty());
    let many = adding(vec![entered("buy", "2024-03-05", "KO", "1"); 1_001]);
    assert!(matches!(tracker.change_ledger(id, many, false).await, Err(TrackerError::Refused(_))));
    let nobodys = TransactionId::new();
    assert!(matches!(
        tracker.change_ledger(id, deleting(&[nobodys]), false).await,
        Err(TrackerError::NotFound(_))
    ));
}

async fn a_sale_has_its_shares_whatever_is_changed_before_it(database: &TestDatabase) {
    let (tracker, id) = tracker(database).await;
    let early = faults(add(&tracker, id, entered("sell", "2024-03-05", "KO", "1")).await);
    assert!(
        early[0].starts_with("Create(0) quantity: 1 KO leave on 2024-03-05, but only 0 are held"),
        "{early:?}"
    );
    let bought = entered("buy", "2024-03-05", "KO", "10");
    let sold = entered("sell", "2024-04-05", "KO", "8");
    let both = tracker.change_ledger(id, adding(vec![sold, bought]), false).await.unwrap();
    let [sale, purchase] = both.created[..] else { panic!("{both:?}") };

    let without = conflict(tracker.change_ledger(id, deleting(&[purchase]), false).await);
    let fewer = tracker.change_ledger(id, editing(purchase, entered("buy", "2024-03-05", "KO", "7")), true);
    let fewer = conflict(fewer.await);
    let later = editing(purchase, entered("buy", "2024-05-05", "KO", "10"));
    let later = conflict(tracker.change_ledger(id, later, false).await);

    assert!(without.contains("8 KO leave on 2024-04-05, but only 0 are held"), "{without}");
    assert!(fewer.contains("8 KO leave on 2024-04-05, but only 7 are held"), "{fewer}");
    assert!(later.contains("8 KO leave on 2024-04-05"), "{later}");
    assert_eq!(ids(&tracker, id).await.len(), 2);
    tracker.change_ledger(id, deleting(&[purchase, sale]), false).await.unwrap();
    assert!(ids(&tracker, id).await.is_empty());
}

async fn what_later_sales_need_is_not_undone(database: &TestDatabase) {
    let (tracker, id) = tracker(database).await;
    let bought = add(&tracker, id, entered("buy", "2024-03-05", "KO", "10")).await.unwrap();
    let sold = add(&tracker, id, entered("sell", "2024-04-05", "KO", "8")).await.unwrap();

    let refused = conflict(tracker.undo(id, bought.change.unwrap()).await);

    assert!(refused.contains("8 KO leave on 2024-04-05"), "{refused}");
    tracker.undo(id, sold.change.unwrap()).await.unwrap();
    tracker.undo(id, bought.change.unwrap()).await.unwrap();
    assert!(ids(&tracker, id).await.is_empty());
}

async fn the_same_again_is_shown_its_twin_and_kept_where_that_is_meant(database: &TestDatabase) {
    let (tracker, id) = tracker(database).await;
    let first = add(&tracker, id, entered("buy", "2024-03-05", "KO", "10")).await.unwrap().created[0];
    let mut again = entered("buy", "2024-03-05", "KO", "10.0");
    again.entered.price.clear();
    "600".clone_into(&mut again.entered.amount);

    let Err(TrackerError::Twin(twin)) = add(&tracker, id, again.clone()).await else { panic!("no twin") };

    assert_eq!(twin.transaction.id, first, "the same price, told as an amount");
    again.accept_duplicate = true;
    let second = add(&tracker, id, again).await.unwrap().created[0];
    assert_eq!(ids(&tracker, id).await, [first, second]);
    let csv = "Ticker,Type,Date,Price,Shares\nKO,Buy,2024-03-05,60,10\n";
    assert_eq!(import(&tracker, csv, false).await.already_there, 1, "a file finds what was entered by hand");
}

async fn what_was_changed_since_it_was_seen_is_left_alone(database: &TestDatabase) {
    let (tracker, id) = tracker(database).await;
    let one = add(&tracker, id, entered("buy", "2024-03-05", "KO", "10")).await.unwrap().created[0];
    let seen = tracker.transaction(id, one).await.unwrap();
    let edit = editing(one, entered("buy", "2024-03-05", "KO", "11"));
    tracker.change_ledger(id, edit, false).await.unwrap();

    let deletes = vec![DeletedTransaction { id: one, seen: Some(seen) }];
    let late = tracker.change_ledger(id, LedgerChange { deletes, ..LedgerChange::default() }, false).await;

    assert!(matches!(late, Err(TrackerError::Overtaken)), "{late:?}");
}

async fn a_ledger_is_looked_through_in_parts(database: &TestDatabase) {
    let (tracker, id) = tracker(database).await;
    import(&tracker, "Ticker,Type,Date,Price,Shares\nKO,Buy,2024-03-05,60,10\n", false).await;
    let mut noted = entered("buy", "2024-03-07", "MSFT", "3");
    "100 % of the Bonus".clone_into(&mut noted.entered.note);
    let deposit = EnteredTransaction {
        kind: "deposit".to_owned(),
        date: "2024-03-06".to_owned(),
        amount: "500".to_owned(),
        note: "100 pounds".to_owned(),
        ..EnteredTransaction::default()
    };
    let deposit = NewTransaction { entered: deposit, ..NewTransaction::default() };
    tracker.change_ledger(id, adding(vec![noted, deposit]), false).await.unwrap();

    let found = async |filter: LedgerFilter, order| {
        let (mut days, mut after) = (Vec::new(), None);
        loop {
            let page = tracker.transactions(id, filter.clone(), order, after, 1).await.unwrap();
            days.extend(page.entries.iter().map(|entry| entry.transaction.date.to_string()[8..].to_owned()));
            after = page.next;
            if after.is_none() {
                return days.join(" ");
            }
        }
    };
    let all = LedgerFilter::default;
    let text = |text: &str| LedgerFilter { text: Some(text.to_owned()), ..all() };
    assert_eq!(found(all(), LedgerOrder::Newest).await, "07 06 05");
    assert_eq!(found(all(), LedgerOrder::Oldest).await, "05 06 07");
    let by_entry =
        (found(all(), LedgerOrder::FirstEntered).await, found(all(), LedgerOrder::LastEntered).await);
    assert!(by_entry.0.starts_with("05") && by_entry.1.ends_with("05"), "{by_entry:?}");
    let newest = LedgerOrder::Newest;
    assert_eq!(found(text("bonus"), newest).await, "07");
    assert_eq!(found(text("0 %"), newest).await, "07", "no pattern");
    assert_eq!(found(text("msf"), newest).await, "07");
    assert_eq!(found(LedgerFilter { symbol: "KO".parse().ok(), ..all() }, newest).await, "05");
    assert_eq!(found(LedgerFilter { symbol: "NONE".parse().ok(), ..all() }, newest).await, "");
    assert_eq!(found(LedgerFilter { kind: "deposit".parse().ok(), ..all() }, newest).await, "06");
    assert_eq!(found(LedgerFilter { origin: Some(Origin::Import), ..all() }, newest).await, "05");
    assert_eq!(found(LedgerFilter { origin: Some(Origin::Manual), ..all() }, newest).await, "07 06");
    let march = ("2024-03-06".parse().ok(), "2024-03-06".parse().ok());
    assert_eq!(found(LedgerFilter { from: march.0, to: march.1, ..all() }, newest).await, "06");
    let page = tracker.transactions(id, all(), newest, None, 10).await.unwrap();
    let unverified: Vec<String> = page.unverified.iter().map(ToString::to_string).collect();
    assert_eq!(unverified, ["KO", "MSFT"], "nobody was there to ask");
}

async fn a_ledger_is_told_by_symbol_in_parts_of_any_size(database: &TestDatabase) {
    let (tracker, id) = tracker(database).await;
    // Some of them languages sort otherwise than their letters' numbers, and one has a note of its own.
    let symbols = ["KO", "^GSPC", "BRK-B", "BRKA", "EURUSD=X", "BRK.A", "A", "MSFT", "T", "VOO", "BND"];
    let mut creates: Vec<NewTransaction> =
        symbols.iter().map(|symbol| entered("buy", "2024-03-05", symbol, "1")).collect();
    creates.extend(["2024-03-07", "2024-03-06"].map(|day| entered("buy", day, "KO", "1")));
    let deposit = EnteredTransaction {
        kind: "deposit".to_owned(),
        date: "2024-03-04".to_owned(),
        amount: "500".to_owned(),
        ..EnteredTransaction::default()
    };
    creates.push(NewTransaction { entered: deposit, ..NewTransaction::default() });
    tracker.change_ledger(id, adding(creates), false).await.unwrap();
    let mut expected: Vec<String> = symbols.iter().map(|symbol| format!("{symbol} 05")).collect();
    expected.extend(["KO 06", "KO 07"].map(str::to_owned));
    expected.sort();
    expected.push(" 04".to_owned());

    let found = async |filter: LedgerFilter, order, limit| {
        let (mut told, mut after) = (Vec::new(), None);
        loop {
            let page = tracker.transactions(id, filter.clone(), order, after, limit).await.unwrap();
            told.extend(page.entries.iter().map(|entry| {
                let symbol = entry.transaction.booking.symbol().map(ToString::to_string).unwrap_or_default();
                format!("{symbol} {}", &entry.transaction.date.to_string()[8..])
            }));
            after = page.next;
            if after.is_none() {
                return told;
            }
        }
    };
    let backwards: Vec<String> = expected.iter().rev().cloned().collect();
    for limit in [1, 2, 3, 5, 50] {
        assert_eq!(found(LedgerFilter::default(), LedgerOrder::Symbol, limit).await, expected, "{limit}");
        let told = found(LedgerFilter::default(), LedgerOrder::SymbolBackwards, limit).await;
        assert_eq!(told, backwards, "{limit}");
    }
    let of_ko = LedgerFilter { symbol: "KO".parse().ok(), ..LedgerFilter::default() };
    assert_eq!(found(of_ko, LedgerOrder::Symbol, 2).await, ["KO 05", "KO 06", "KO 07"]);
    let deposits = LedgerFilter { kind: "deposit".parse().ok(), ..LedgerFilter::default() };
    assert_eq!(found(deposits, LedgerOrder::Symbol, 1).await, [" 04"]);

    // What the part before ended with may be gone, and its symbol with it.
    let first =
        tracker.transactions(id, LedgerFilter::default(), LedgerOrder::Symbol, None, 3).await.unwrap();
    let last = first.entries.last().unwrap().transaction.id;
    tracker.change_ledger(id, deleting(&[last]), false).await.unwrap();
    let next =
        tracker.transactions(id, LedgerFilter::default(), LedgerOrder::Symbol, first.next, 1).await.unwrap();
    assert_eq!(next.entries[0].transaction.booking.symbol().unwrap().as_str(), "BRK.A");
}

async fn a_symbol_is_one_that_upstream_knows_or_the_users_own(database: &TestDatabase) {
    let clock = clock("2026-11-20T15:00:00Z");
    let simulator = simulator(&clock);
    let tracker = database.tracker(upstream(&simulator), &clock).await;
    let id = tracker.create_portfolio(PortfolioSettings::named("Main")).await.unwrap().id;

    let known = add(&tracker, id, entered("buy", "2024-03-05", "KO", "10")).await.unwrap();
    let mut made_up = entered("buy", "2024-03-05", "ZZUNKNOWN1", "10");
    let refused = faults(add(&tracker, id, made_up.clone()).await);

    assert_eq!(known.warnings, [] as [&str; 0]);
    assert!(
        refused[0].starts_with("Create(0) symbol: the source of prices knows no ZZUNKNOWN1"),
        "{refused:?}"
    );
    made_up.custom = true;
    add(&tracker, id, made_up).await.unwrap();
    let away = database.tracker(Upstream::Simulator("http://127.0.0.1:1".to_owned()), &clock).await;
    let unverified = add(&away, id, entered("buy", "2024-03-05", "PEP", "10")).await.unwrap();
    assert_eq!(
        unverified.warnings,
        ["PEP could not be verified: no source of prices has told of it yet."],
        "whoever does not answer refuses nothing"
    );
}

async fn a_portfolio_is_made_changed_deleted_and_put_back(database: &TestDatabase) {
    let (tracker, id) = tracker(database).await;
    add(&tracker, id, entered("buy", "2024-03-05", "KO", "10")).await.unwrap();
    let some = |text: &str| Some(text.to_owned());
    let wrong = EnteredSettings {
        name: some(" "),
        cost_method: some("best"),
        base_currency: some("Euros"),
        benchmarks: Some(vec!["??".to_owned()]),
        ..EnteredSettings::default()
    };
    let Err(TrackerError::Invalid(found)) = tracker.change_portfolio(id, &wrong, None).await else {
        panic!("it was taken")
    };
    let fields: Vec<&str> = found.iter().map(|fault| fault.field).collect();
    assert_eq!(fields, ["name", "base_currency", "cost_method", "benchmarks"]);

    let other = EnteredSettings { name: some("Other"), ..EnteredSettings::default() };
    tracker.make_portfolio(&other).await.unwrap();
    assert!(conflict(tracker.change_portfolio(id, &other, None).await).contains("\"Other\""));
    let lifo = EnteredSettings { cost_method: some("lifo"), ..EnteredSettings::default() };
    let seen = tracker.portfolio(id).await.unwrap().ledger_version;
    let changed = tracker.change_portfolio(id, &lifo, Some(seen)).await.unwrap();
    assert_eq!((changed.cost_method.as_str(), changed.name.as_str()), ("lifo", "Main"));
    assert!(matches!(tracker.change_portfolio(id, &other, Some(seen)).await, Err(TrackerError::Overtaken)));

    let gone = tracker.delete_portfolio(id, None).await.unwrap();
    assert!(matches!(tracker.portfolio(id).await, Err(TrackerError::NotFound(_))));
    let deleted = tracker.deleted_portfolios().await.unwrap();
    assert_eq!((deleted.len(), deleted[0].change, deleted[0].portfolio.id), (1, gone, id));
    assert!(tracker.changes(id, None, 5).await.unwrap()[0].words.contains("1 portfolio deleted"));
    tracker.undo(id, gone).await.unwrap();
    assert_eq!(ids(&tracker, id).await.len(), 1);
    assert_eq!(tracker.portfolio(id).await.unwrap().cost_method.as_str(), "lifo");
    assert!(tracker.deleted_portfolios().await.unwrap().is_empty());
    let nobodys = tracker.changes(PortfolioId::new(), None, 5).await;
    assert!(matches!(nobodys, Err(TrackerError::NotFound(_))), "{nobodys:?}");
    let stranger = tracker.acting_for(UserId::new());
    assert!(matches!(stranger.changes(id, None, 5).await, Err(TrackerError::NotFound(_))));
    assert!(matches!(stranger.undo(id, gone).await, Err(TrackerError::NotFound(_))));
}

async fn an_index_of_ones_own_is_whole_and_can_be_taken_back(database: &TestDatabase) {
    let (tracker, _) = tracker(database).await;
    let index = |weights: &[(&str, &str)], rebalancing: &str| EnteredIndex {
        name: "60/40".to_owned(),
        rebalancing: rebalancing.to_owned(),
        components: weights.iter().map(|(s, w)| ((*s).to_owned(), (*w).to_owned())).collect(),
        ..EnteredIndex::default()
    };
    let refused = async |entered: EnteredIndex| match tracker.create_index(&entered).await {
        Err(TrackerError::Invalid(faults)) => format!("{}: {}", faults[0].field, faults[0].reason),
        other => panic!("{other:?}"),
    };
    let short = refused(index(&[("VOO", "0.6"), ("BND", "0.3")], "monthly")).await;
    assert_eq!(short, "components: the weights sum to 90 %, not to 100 %");
    let twice = refused(index(&[("VOO", "0.6"), ("voo", "0.4")], "monthly")).await;
    assert!(twice.contains("VOO is named twice"), "{twice}");
    assert!(refused(index(&[("VOO", "1")], "weekly")).await.starts_with("rebalancing: say never"));
    assert!(refused(index(&[("VOO", "1")], "drift:1")).await.starts_with("rebalancing: the drift limit"));

    let whole = index(&[("VOO", "0.6"), ("BND", "0.4")], "monthly");
    let made = tracker.create_index(&whole).await.unwrap();
    assert!(conflict(tracker.create_index(&whole).await).contains("60/40"));
    let drifting = index(&[("VOO", "0.7"), ("BND", "0.3")], "drift:0.05");
    let changed = tracker.change_index(made.id, &drifting, Some(&made)).await.unwrap();
    assert_eq!(changed.components["VOO"].to_string(), "0.7");
    assert!(matches!(tracker.delete_index(made.id, Some(&made)).await, Err(TrackerError::Overtaken)));
    assert_eq!(tracker.undo_index(made.id).await.unwrap(), Some(made.clone()));
    tracker.delete_index(made.id, None).await.unwrap();
    assert_eq!(tracker.indices().await.unwrap(), []);
    assert_eq!(tracker.undo_index(made.id).await.unwrap(), Some(made.clone()));
    let stranger = tracker.acting_for(UserId::new());
    assert!(matches!(stranger.index(made.id).await, Err(TrackerError::NotFound(_))));
    assert!(matches!(stranger.undo_index(made.id).await, Err(TrackerError::NotFound(_))));
}

/// Numbers that look random and are the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        // Knuth's multiplier and increment for 64 bits; the high bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

fn any(dice: &mut Dice) -> NewTransaction {
    let kind = ["buy", "buy", "sell", "dividend", "deposit", "transfer-out"][dice.below(6)];
    let symbol = ["IBM", "KO"][dice.below(2)];
    let day = format!("2024-{:02}-{:02}", dice.below(12) + 1, dice.below(28) + 1);
    let mut new = entered(kind, &day, symbol, &(dice.below(20) + usize::from(dice.below(9) > 0)).to_string());
    new.entered.amount = if matches!(kind, "dividend" | "deposit") { "25".to_owned() } else { String::new() };
    new.accept_duplicate = dice.below(3) > 0;
    new
}

async fn one_change(tracker: &Tracker, id: PortfolioId, dice: &mut Dice) -> Result<(), TrackerError> {
    let known = ids(tracker, id).await;
    let one = |dice: &mut Dice| known.get(dice.below(known.len().max(1))).copied();
    match dice.below(16) {
        0..=5 => drop(add(tracker, id, any(dice)).await?),
        6..=8 => {
            let Some(edited) = one(dice) else { return Ok(()) };
            let facts = any(dice);
            tracker.change_ledger(id, editing(edited, facts), false).await?;
        }
        9..=10 => {
            let deletes: Vec<TransactionId> = one(dice).into_iter().collect();
            tracker.change_ledger(id, deleting(&deletes), false).await?;
        }
        11 => {
            let mut change = adding(vec![any(dice), any(dice)]);
            change.deletes = one(dice).into_iter().map(|id| DeletedTransaction { id, seen: None }).collect();
            tracker.change_ledger(id, change, false).await?;
        }
        12..=13 => {
            let changes = tracker.changes(id, None, 10).await?;
            let change = &changes[dice.below(changes.len())];
            // The first of all made the portfolio, which is to stay.
            if change.record > 1 {
                tracker.undo(id, change.id).await?;
            }
        }
        14 => {
            let name = Some(format!("Called {}", dice.below(3)));
            let settings = EnteredSettings { name, ..EnteredSettings::default() };
            tracker.change_portfolio(id, &settings, None).await?;
        }
        _ => {
            let records = tracker.audit_records(id, None, 30).await?;
            tracker.restore(id, records[dice.below(records.len())].id).await?;
        }
    }
    Ok(())
}

/// What was refused is not in the log, what was done is, and no sale ever lacks its shares.
async fn the_audit_log_tells_the_ledger_after_any_use(database: &TestDatabase) {
    let (tracker, id) = tracker(database).await;
    let storage: Storage = database.storage(&clock(NOW)).await;
    let user = tracker.user();
    let mut dice = Dice(11);
    let (mut done, mut refused) = (0, 0);
    for step in 0..300 {
        let before = storage.portfolio_state(user, id).await.unwrap();
        let outcome = one_change(&tracker, id, &mut dice).await;
        let after = storage.portfolio_state(user, id).await.unwrap();
        match outcome {
            Ok(()) => done += 1,
            Err(
                TrackerError::Invalid(_)
                | TrackerError::Twin(_)
                | TrackerError::Conflict(_)
                | TrackerError::NotFound(_),
            ) => {
                refused += 1;
                assert_eq!(before, after, "step {step} was refused");
            }
            Err(error) => panic!("step {step}: {error:?}"),
        }
        if step % 20 == 0 || step == 299 {
            assert_eq!(storage.replayed_state(user, id, None).await.unwrap(), after, "step {step}");
        }
    }
    assert!(done > 100 && refused > 50, "{done} done, {refused} refused");
    // A purchase at the end meets the whole ledger's check.
    let enough = add(&tracker, id, entered("buy", "2025-06-02", "IBM", "1")).await;
    assert!(enough.is_ok(), "{enough:?}");
}

on_both!(
    a_purchase_by_hand_is_edited_deleted_and_put_back,
    all_faults_of_all_parts_are_told_and_nothing_is_changed,
    a_sale_has_its_shares_whatever_is_changed_before_it,
    what_later_sales_need_is_not_undone,
    the_same_again_is_shown_its_twin_and_kept_where_that_is_meant,
    what_was_changed_since_it_was_seen_is_left_alone,
    a_ledger_is_looked_through_in_parts,
    a_ledger_is_told_by_symbol_in_parts_of_any_size,
    a_symbol_is_one_that_upstream_knows_or_the_users_own,
    a_portfolio_is_made_changed_deleted_and_put_back,
    an_index_of_ones_own_is_whole_and_can_be_taken_back,
    the_audit_log_tells_the_ledger_after_any_use,
);
