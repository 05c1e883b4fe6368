//! A thousand random changes of a ledger by processes that are killed in between: the audit log tells the same ledger.

use std::time::Duration;

use bellwether_domain::{PortfolioId, TransactionId, UserId};
use bellwether_storage::portfolios::PortfolioSettings;
use bellwether_storage::target_allocations::{HOLDINGS, TargetAllocation};
use bellwether_storage::{Storage, StorageError, changes};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::crash::{child, hear_of, say};
use crate::database::{TestDatabase, on_both};
use crate::samples::{header, import_rows, portfolio, purchase, told};

on_both!(the_audit_log_tells_the_ledger_after_any_changes_and_kills);

/// What the child process is told to do.
pub(crate) const TASK: &str = "change again and again";

const CHANGES: usize = 1_000;

/// Numbers that look random and are the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        // Knuth's multiplier and increment for 64 bits; the high bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

/// The child: changes a ledger until it is killed.
pub(crate) async fn change_again_and_again(storage: &Storage, user: UserId, portfolio: PortfolioId) {
    let so_far = storage.changes(user, portfolio, None, 1).await.unwrap()[0].last_record;
    let mut dice = Dice(so_far.unsigned_abs());
    say("begun");
    loop {
        match one_change(storage, user, portfolio, &mut dice).await {
            // What cannot be undone, or is there already, is refused and changes nothing.
            Ok(()) | Err(StorageError::Refused(_) | StorageError::Duplicate | StorageError::NotFound) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
}

async fn one_change(
    storage: &Storage,
    user: UserId,
    id: PortfolioId,
    dice: &mut Dice,
) -> Result<(), StorageError> {
    let ticker = ["IBM", "KO", "AAPL"][dice.below(3)];
    let amounts = (dice.below(99) + 1).to_string();
    let draft = purchase("2020-05-04", ticker, &amounts, &(dice.below(300) + 1).to_string());
    let entries = storage.ledger_entries(user, id).await?;
    let any = |dice: &mut Dice| -> Option<TransactionId> {
        (!entries.is_empty()).then(|| entries[dice.below(entries.len())].transaction.id)
    };
    match dice.below(20) {
        0..=5 => {
            storage.insert_transactions(user, id, vec![told(&draft, 0)]).await?;
        }
        6..=9 => {
            if let Some(transaction) = any(dice) {
                let edited = draft.check(transaction, 3, NaiveDate::MAX).unwrap();
                storage.update_transaction(user, id, edited, draft.fingerprint()).await?;
            }
        }
        10..=11 => {
            if let (Some(one), Some(other)) = (any(dice), any(dice)) {
                storage.delete_transactions(user, id, vec![one, other]).await?;
            }
        }
        12..=13 => {
            let rows = import_rows(1_000 * u32::try_from(dice.below(50)).unwrap_or(0), 5);
            storage.commit_import(user, id, header(), rows, vec![]).await?;
        }
        14 => {
            let imports = storage.imports(user, id).await?;
            if !imports.is_empty() {
                storage.undo_import(user, id, imports[dice.below(imports.len())].id).await?;
            }
        }
        15..=17 => {
            let changes = storage.changes(user, id, None, 12).await?;
            let change = &changes[dice.below(changes.len())];
            // The first of all made the portfolio, which is to stay.
            if change.last_record > 1 && changes.len() > 1 {
                storage.undo_change(user, id, change.id).await?;
            }
        }
        18 => {
            let name = format!("Called {}", dice.below(3));
            drop(storage.change_portfolio(user, id, PortfolioSettings::named(name)).await?);
        }
        _ => {
            let weights = [(ticker.to_owned(), Decimal::ONE)].into();
            let targets = TargetAllocation { since: storage.now().date_naive(), weights };
            storage.set_target_allocation(user, id, HOLDINGS, targets).await?;
        }
    }
    Ok(())
}

async fn the_audit_log_tells_the_ledger_after_any_changes_and_kills(db: &TestDatabase) {
    let id = portfolio(db).await.id;
    let (storage, user) = (&db.storage, db.user);
    let mut dice = Dice(7);
    let mut seen = Vec::new();
    for kills in 0.. {
        // In one snapshot: a server may still be finishing what the process sent before it was killed.
        let seen_at_once = storage.snapshot(move |connection| {
            let all = changes::list(connection, user, id, None, i64::MAX)?;
            Ok((all, changes::read(connection, user, id)?, changes::replay(connection, user, id, None)?))
        });
        let (changes, read, replayed) = seen_at_once.await.unwrap();
        assert!(replayed == read, "after {kills} kills: {replayed:#?} is not {read:#?}");
        seen.push((changes[0].last_record, read));
        if changes.len() > CHANGES {
            break;
        }
        assert!(kills < 1_000, "only {} changes", changes.len());
        let mut process = child(TASK, &db.url, Some(id));
        hear_of(&mut process, "begun");
        tokio::time::sleep(Duration::from_millis(dice.below(400) as u64)).await;
        process.kill().unwrap();
        process.wait().unwrap();
    }
    for _ in 0..5 {
        let (record, then) = &seen[dice.below(seen.len())];
        assert_eq!(storage.replayed_state(user, id, Some(*record)).await.unwrap(), *then);
        storage.restore_portfolio(user, id, *record).await.unwrap();
        let now = storage.portfolio_state(user, id).await.unwrap();
        assert_eq!((&now.entries, &now.settings), (&then.entries, &then.settings));
        assert_eq!(storage.replayed_state(user, id, None).await.unwrap(), now);
    }
}
