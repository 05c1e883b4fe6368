//! What each address needs of whoever asks for it.

use std::collections::HashMap;
use std::sync::LazyLock;

use actix_web::http::Method;
use bellwether_tracker::SignedIn;

/// What an address needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Needs {
    /// Nothing, and nobody is asked who they are.
    Nothing,
    /// Nothing, but who was let in is known.
    Anybody,
    /// To see one's own.
    Read,
    /// To change one's own.
    Change,
    /// To look after one's own password, sessions and tokens.
    Account,
    /// To see how the installation does.
    Watch,
    /// To change what all users share.
    Operate,
    /// To show one's own to whoever has a link, for as long as one likes.
    Share,
    /// To see who may come in, and send them away.
    Administer,
    /// To let somebody in by a password that one chooses, and so to be able to come in as they.
    Entrust,
}

impl Needs {
    /// Whether somebody has it.
    pub(in crate::web) fn are_met_by(self, who: &SignedIn) -> bool {
        let is_owner = who.role == bellwether_domain::Role::Owner;
        match self {
            Self::Nothing | Self::Anybody => true,
            Self::Read => who.may_read(),
            Self::Change => who.may_change(),
            Self::Account => who.may_administer_themselves(),
            Self::Watch => is_owner && who.may_read(),
            Self::Operate => is_owner && who.may_change(),
            Self::Share => who.may_share(),
            Self::Administer => who.may_administer(),
            Self::Entrust => who.may_entrust(),
        }
    }
}

use Needs::{Account, Administer, Anybody, Change, Entrust, Nothing, Operate, Read, Share, Watch};

/// Each address, what seeing it needs, and what changing something by it needs.
pub(in crate::web) const TABLE: &[(&str, Needs, Needs)] = &[
    ("/assets/{name}", Nothing, Nothing),
    ("/healthz", Nothing, Nothing),
    ("/readyz", Nothing, Nothing),
    ("/sign-in", Anybody, Anybody),
    ("/sign-in/oidc", Anybody, Anybody),
    ("/sign-in/oidc/callback", Anybody, Anybody),
    ("/sign-out", Anybody, Anybody),
    ("/first-run", Anybody, Anybody),
    ("/shared/{token}", Anybody, Anybody),
    ("/api/v1/auth/login", Anybody, Anybody),
    ("/api/v1/auth/logout", Anybody, Anybody),
    // It tells nothing of the installation.
    ("/api/openapi.json", Anybody, Anybody),
    // Pages.
    ("/", Read, Change),
    ("/dashboard", Read, Change),
    ("/dashboard/{portfolio}", Read, Change),
    ("/portfolios", Change, Change),
    ("/portfolio/transactions", Read, Change),
    ("/portfolio/dividends", Read, Change),
    ("/cash-flows", Read, Change),
    ("/portfolio/import-csv", Change, Change),
    ("/portfolio/{portfolio}/holdings", Read, Change),
    ("/portfolio/{portfolio}/overview", Read, Change),
    ("/portfolio/{portfolio}/holdings/{symbol}", Read, Change),
    ("/portfolio/{portfolio}/holdings.json", Read, Change),
    ("/portfolio/{portfolio}/transactions.json", Read, Change),
    ("/portfolio/{portfolio}/income", Read, Change),
    ("/portfolio/{portfolio}/cash-flows", Read, Change),
    ("/portfolio/{portfolio}/allocation", Read, Change),
    ("/portfolio/{portfolio}/performance", Read, Change),
    ("/portfolio/{portfolio}/picks", Read, Change),
    ("/portfolio/{portfolio}/derivations/{figure}", Read, Change),
    ("/portfolio/{portfolio}/import", Change, Change),
    ("/portfolio/{portfolio}/transactions", Read, Change),
    ("/portfolio/{portfolio}/transactions/delete", Change, Change),
    ("/portfolio/{portfolio}/transactions/{transaction}", Change, Change),
    ("/portfolio/{portfolio}/transactions/{transaction}/delete", Change, Change),
    ("/portfolio/{portfolio}/activity", Read, Change),
    ("/portfolio/{portfolio}/changes/{change}/undo", Change, Change),
    ("/portfolio/{portfolio}/restore", Change, Change),
    ("/portfolio/{portfolio}/settings", Change, Change),
    ("/portfolio/{portfolio}/targets", Change, Change),
    ("/portfolio/{portfolio}/delete", Change, Change),
    ("/indices", Read, Change),
    ("/indices/{index}", Change, Change),
    ("/indices/{index}/delete", Change, Change),
    ("/indices/{index}/undo", Change, Change),
    ("/portfolio/{portfolio}/imports", Read, Change),
    ("/portfolio/{portfolio}/imports/{import}", Read, Change),
    ("/portfolio/{portfolio}/imports/{import}/mapping", Change, Change),
    ("/portfolio/{portfolio}/imports/{import}/row", Change, Change),
    ("/portfolio/{portfolio}/imports/{import}/symbols", Change, Change),
    ("/portfolio/{portfolio}/imports/{import}/commit", Change, Change),
    ("/portfolio/{portfolio}/imports/{import}/discard", Change, Change),
    ("/portfolio/{portfolio}/imports/{import}/undo", Change, Change),
    ("/portfolio/{portfolio}/imports/{import}/reconciliation", Read, Change),
    ("/portfolio/{portfolio}/proposals", Read, Change),
    ("/import-mappings/{key}/forget", Change, Change),
    ("/notifications", Read, Change),
    ("/notifications/read", Change, Change),
    ("/account", Account, Account),
    ("/account/password", Account, Account),
    ("/account/oidc/link", Account, Account),
    ("/account/oidc/unlink", Account, Account),
    ("/account/sessions/{session}/end", Account, Account),
    ("/account/sessions/end-others", Account, Account),
    ("/account/tokens", Account, Account),
    ("/account/tokens/{id}/revoke", Account, Account),
    ("/account/links", Share, Share),
    ("/account/links/{id}/revoke", Change, Change),
    ("/users", Administer, Entrust),
    ("/users/{user}/password", Entrust, Entrust),
    ("/users/{user}/remove", Administer, Administer),
    ("/monitoring", Watch, Operate),
    ("/monitoring/jobs/{job}/cancel", Operate, Operate),
    ("/metrics", Watch, Operate),
    // For programs, at the addresses that scripts know.
    ("/api/dashboard-initial-data/{portfolio}", Read, Change),
    ("/api/dashboard-holdings-data/{portfolio}", Read, Change),
    ("/api/dashboard-chart-data/{portfolio}", Read, Change),
    ("/api/chart-generator-progress/{portfolio}", Read, Change),
    ("/api/current-price/{ticker}", Read, Change),
    ("/api/etf-performance/{ticker}/{date}", Read, Change),
    ("/api/price-update-progress", Read, Change),
    ("/api/refresh-holdings/{portfolio}", Change, Change),
    ("/api/refresh-all-prices/{portfolio}", Change, Change),
    ("/api/upstream", Read, Change),
    ("/api/docs", Read, Change),
    // A price that somebody typed counts in everybody's portfolios.
    ("/api/prices", Operate, Operate),
    ("/api/prices/{ticker}/{date}", Operate, Operate),
    ("/api/cache/stats", Watch, Operate),
    ("/api/cache/clear", Operate, Operate),
    // For programs.
    ("/api/v1/portfolio", Read, Change),
    ("/api/v1/portfolios", Read, Change),
    ("/api/v1/portfolios/{portfolio}", Read, Change),
    ("/api/v1/portfolios/{portfolio}/targets", Read, Change),
    ("/api/v1/portfolios/{portfolio}/transactions", Read, Change),
    ("/api/v1/portfolios/{portfolio}/transactions/bulk", Change, Change),
    ("/api/v1/portfolios/{portfolio}/transactions/{transaction}", Read, Change),
    ("/api/v1/portfolios/{portfolio}/changes", Read, Change),
    ("/api/v1/portfolios/{portfolio}/changes/{change}/undo", Change, Change),
    ("/api/v1/portfolios/{portfolio}/restore", Change, Change),
    ("/api/v1/portfolios/{portfolio}/audit", Read, Change),
    ("/api/v1/indices", Read, Change),
    ("/api/v1/indices/{index}", Read, Change),
    ("/api/v1/indices/{index}/undo", Change, Change),
    ("/api/v1/portfolios/{portfolio}/derivations/{figure}", Read, Change),
    ("/api/v1/portfolios/{portfolio}/holdings", Read, Change),
    ("/api/v1/portfolios/{portfolio}/holdings/{symbol}", Read, Change),
    ("/api/v1/portfolios/{portfolio}/performance", Read, Change),
    ("/api/v1/portfolios/{portfolio}/picks", Read, Change),
    ("/api/v1/portfolios/{portfolio}/income", Read, Change),
    ("/api/v1/portfolios/{portfolio}/cash-flows", Read, Change),
    ("/api/v1/portfolios/{portfolio}/allocation", Read, Change),
    ("/api/v1/calculations/portfolio-metrics", Read, Change),
    ("/api/v1/allocations", Read, Change),
    ("/api/v1/events", Read, Change),
    ("/api/v1/jobs", Read, Change),
    ("/api/v1/jobs/{job}", Read, Change),
    ("/api/v1/jobs/{job}/cancel", Change, Change),
    ("/api/v1/jobs/{job}/result", Read, Change),
    ("/api/v1/portfolios/{portfolio}/report", Read, Change),
    ("/api/v1/portfolios/{portfolio}/reports", Change, Change),
    ("/api/v1/portfolios/{portfolio}/transactions.csv", Read, Change),
    ("/api/v1/portfolios/{portfolio}/cash-flows.csv", Read, Change),
    ("/api/v1/portfolios/{portfolio}/tax-years/{year}.csv", Read, Change),
    ("/api/v1/portfolios/{portfolio}/tax-years/{year}", Read, Change),
    ("/api/v1/export", Read, Change),
    ("/api/v1/export/restore", Change, Change),
    ("/api/v1/backups", Operate, Operate),
    ("/api/v1/portfolios/{portfolio}/imports", Read, Change),
    ("/api/v1/portfolios/{portfolio}/imports/{import}", Read, Change),
    ("/api/v1/portfolios/{portfolio}/imports/{import}/rows", Read, Change),
    ("/api/v1/portfolios/{portfolio}/imports/{import}/commit", Change, Change),
    ("/api/v1/portfolios/{portfolio}/imports/{import}/undo", Change, Change),
    ("/api/v1/portfolios/{portfolio}/imports/{import}/rejects.csv", Read, Change),
    ("/api/v1/portfolios/{portfolio}/imports/{import}/reconciliation", Read, Change),
    ("/api/v1/portfolios/{portfolio}/proposals", Read, Change),
    ("/api/v1/portfolios/{portfolio}/proposals/accept", Change, Change),
    ("/api/v1/import-mappings", Read, Change),
    ("/api/v1/import-mappings/{key}", Change, Change),
    ("/api/v1/notifications", Read, Change),
    ("/api/v1/notifications/read", Change, Change),
    ("/api/v1/notifications/channels", Read, Change),
    ("/api/v1/notifications/test", Change, Change),
    ("/api/v1/notifications/rules", Read, Change),
    ("/api/v1/notifications/rules/{rule}", Read, Change),
    ("/api/v1/notifications/quiet-hours", Read, Change),
    ("/api/v1/monitoring", Watch, Operate),
    ("/api/v1/monitoring/log", Watch, Operate),
    ("/api/v1/auth/me", Read, Account),
    ("/api/v1/auth/password", Account, Account),
    ("/api/v1/auth/sessions", Account, Account),
    ("/api/v1/auth/sessions/{session}", Account, Account),
    ("/api/v1/auth/tokens", Account, Account),
    ("/api/v1/auth/tokens/{id}", Account, Account),
    ("/api/v1/share-links", Read, Share),
    ("/api/v1/share-links/{id}", Change, Change),
    ("/api/v1/users", Administer, Entrust),
    ("/api/v1/users/{user}", Administer, Administer),
    ("/api/v1/users/{user}/password", Entrust, Entrust),
];

/// What costs far more than a page, by the method that does: files to be read, reports to be made.
pub(in crate::web) const COSTLY: &[(&str, &str)] = &[
    ("POST", "/portfolio/{portfolio}/import"),
    ("POST", "/portfolio/{portfolio}/imports"),
    ("POST", "/portfolio/{portfolio}/imports/{import}/commit"),
    ("POST", "/api/v1/portfolios/{portfolio}/imports"),
    ("POST", "/api/v1/portfolios/{portfolio}/imports/{import}/commit"),
    ("POST", "/api/v1/portfolios/{portfolio}/reports"),
    ("GET", "/api/v1/export"),
    ("POST", "/api/v1/export/restore"),
    ("POST", "/api/v1/backups"),
    ("POST", "/api/refresh-holdings/{portfolio}"),
    ("POST", "/api/refresh-all-prices/{portfolio}"),
    ("POST", "/api/v1/notifications/test"),
];

/// Whether a request costs far more than a page.
pub(in crate::web) fn is_costly(pattern: Option<&str>, method: &Method) -> bool {
    pattern.is_some_and(|pattern| COSTLY.contains(&(method.as_str(), pattern)))
}

static BY_PATTERN: LazyLock<HashMap<&str, (Needs, Needs)>> =
    LazyLock::new(|| TABLE.iter().map(|(pattern, read, change)| (*pattern, (*read, *change))).collect());

/// What a request needs, by the pattern of its address.
pub(in crate::web) fn needs(pattern: Option<&str>, is_safe: bool) -> Needs {
    // Where there is nothing, nobody but who was let in learns so.
    let Some(pattern) = pattern else { return Read };
    let (read, change) = BY_PATTERN.get(pattern).copied().unwrap_or((Administer, Administer));
    if is_safe { read } else { change }
}
