//! The use cases of a portfolio tracker: what a user or the clock can ask for.
//!
//! [`Tracker`] composes the crates below it: it reads ledger and prices from `storage`, has `portfolio` compute, lets
//! `statements` read files, and has `prices` fetch what the freshness policy of `cache` says is due, in jobs of
//! `scheduler`. There is no HTTP and no SQL here.
//!
//! ```
//! use std::sync::Arc;
//! use bellwether_domain::SystemClock;
//! use bellwether_tracker::{ImportFile, ImportTarget, PortfolioSettings, Tracker, TrackerOptions, Upstream, View};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let tracker = Tracker::open(TrackerOptions {
//!     database: "sqlite::memory:".to_owned(),
//!     upstream: Upstream::Nobody,
//!     feeds: Vec::new(),
//!     redis: None,
//!     clock: Arc::new(SystemClock),
//! })
//! .await?;
//!
//! let file = ImportFile {
//!     name: "trades.csv".to_owned(),
//!     bytes: b"Ticker,Type,Date,Price,Shares\nAAPL,Buy,2024-03-05,170.12,10\n".to_vec(),
//!     currency: None,
//! };
//! let target = ImportTarget::Named(PortfolioSettings::named("Main"));
//! let report = tracker.import(target, file, false).await?;
//! assert_eq!(report.imported, 1);
//!
//! let main = tracker.portfolio_named("Main").await?;
//! let dashboard = tracker.dashboard(main.id, &View::default()).await?;
//! let cost = dashboard.figures?.report.totals.cost?;
//! assert_eq!(cost.to_string(), "1701.20");
//! # Ok(())
//! # }
//! ```

mod accounts;
mod compute;
mod dashboard;
mod derivations;
mod error;
mod export;
mod idempotency;
mod import;
mod indices;
mod installation;
mod job_store;
mod jobs;
mod ledger;
mod live;
mod manual_prices;
mod market_files;
mod metrics;
mod monitoring;
mod notifications;
mod portfolio_settings;
mod prices_shown;
mod reasons;
mod refresh;
mod refusals;
mod shared_limits;
mod single_purchases;
mod sources;
mod stored_market;
mod targets;
mod tracker;
mod upkeep;
mod vault;
mod versions;
pub mod views;

pub use accounts::{
    Credential, NewSession, NewUser, OIDC_SIGN_IN_FOR, OidcAdmission, OidcPerson, OidcReturn, OidcRole,
    OidcSignIn, OidcStrangers, Passwords, Scopes, Session, Shared, SignedIn, Visitor, random_code,
};
pub use dashboard::{Against, Dashboard, Figures, InstrumentShown, InvalidRange, Range, RangeChange, View};
pub use derivations::{DerivationPart, DerivationShown, NodeShown, SourceShown, benchmark_named_in};
pub use error::TrackerError;
pub use import::{
    AskedInstrument, Choices, Compared, Draft, DraftChange, DraftOutcome, ImportFile, ImportRecord,
    ImportReport, ImportTarget, Mapping, Preview, PreviewCounts, PreviewReason, PreviewRow, Proposal,
    Reconciliation, ReconciliationLine, RejectedRow, RowStatus, kind_words, unreadable,
};
pub use indices::{EnteredIndex, IndexShown};
pub use jobs::{
    BackupPlan, BackupRecord, BackupsKept, RunningWorker, WantedReport, WorkerPlan, portfolio_named_in,
};
pub use ledger::{
    ChangeShown, DeletedTransaction, EditedTransaction, EnteredLot, EnteredTransaction, FieldFault,
    LedgerChange, LedgerChanged, LedgerPage, MOST_AT_ONCE, NewTransaction, Part, SymbolStanding,
};
pub use live::{Bus, Event, Listener, Published};
pub use manual_prices::RecordedPrice;
pub use market_files::MarketFileReport;
pub use metrics::{MetricFigures, Metrics};
pub use monitoring::{DatabaseHealth, JobsHealth, KindOfJob};
pub use notifications::{
    Channel, Courier, InvalidQuietHours, Letter, NotDelivered, Notification, QuietHours, Rule, RuleDraft,
    Severity, Topic,
};
pub use portfolio_settings::EnteredSettings;
pub use prices_shown::{CurrentPrice, Lasting, PriceShown, PricesShown};
pub use reasons::{fault, reason};
pub use refresh::{RefreshProgress, RefreshStatus};
pub use refusals::{no_currency, no_kind, no_range, no_symbol};
pub use single_purchases::PurchaseShown;
pub use sources::{Upstream, UpstreamHealth};
pub use targets::{AllocationShown, TargetWeights};
pub use tracker::{Tracker, TrackerOptions};
pub use vault::{Backup, BackupRestored, RestoreWish, WhatIsThere};
pub use versions::{Versions, VersionsSeen};

pub use bellwether_prices::{FeedSettings, InvalidFeed, Sharing, SourceHealth};
pub use bellwether_scheduler::{
    Cancellation, Job, JobContext, JobError, JobFilter, JobHandler, JobId, JobState, Progress, Worker,
};
pub use bellwether_statements::{
    ColumnMapping, Correction, Detected, MappedField, MappedKind, StatementFormat, SuggestedMapping,
};
pub use bellwether_storage::api_tokens::ApiToken;
pub use bellwether_storage::audit::{AuditAction, AuditRecord, AuditSubject};
pub use bellwether_storage::changes::ChangePart;
pub use bellwether_storage::doctor::Finding;
pub use bellwether_storage::idempotency_keys::{KeptAnswer, Sent};
pub use bellwether_storage::job_files::JobFile;
pub use bellwether_storage::ledger::{LedgerEntry, LedgerFilter, LedgerOrder, LedgerPlace, Origin};
pub use bellwether_storage::notifications::{Delivery, DeliveryState};
pub use bellwether_storage::noting_changes;
pub use bellwether_storage::portfolios::{DeletedPortfolio, PortfolioSettings};
pub use bellwether_storage::share_links::ShareLink;
pub use bellwether_storage::users::User;
