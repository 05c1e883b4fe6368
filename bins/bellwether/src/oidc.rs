//! Sign-in by an OpenID Connect provider, which is a feature of the build: without it nothing can be a [`Provider`].

#[cfg(not(feature = "oidc"))]
mod absent;
#[cfg(feature = "oidc")]
mod client;
#[cfg(feature = "oidc")]
mod provider;
#[cfg(feature = "oidc")]
mod settings;

use clap::{Args, ValueEnum};
use serde::Deserialize;

#[cfg(not(feature = "oidc"))]
pub(crate) use self::absent::{OidcSettings, Provider};
#[cfg(feature = "oidc")]
pub(crate) use self::provider::Provider;
#[cfg(feature = "oidc")]
pub(crate) use self::settings::OidcSettings;

/// What flags, environment or the TOML file say.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct OidcOptions {
    /// OpenID Connect provider by which people may sign in too, exactly as it calls itself, such as
    /// `https://id.example.org/realms/home`; needs --public-url [default: none]
    #[arg(
        id = "oidc_issuer",
        long = "oidc-issuer",
        global = true,
        env = "BELLWETHER_OIDC_ISSUER",
        value_name = "URL"
    )]
    pub(crate) issuer: Option<String>,
    /// What the provider knows this installation as
    #[arg(
        id = "oidc_client_id",
        long = "oidc-client-id",
        global = true,
        env = "BELLWETHER_OIDC_CLIENT_ID",
        value_name = "ID"
    )]
    pub(crate) client_id: Option<String>,
    /// File with the secret that the provider gave for it; a public client has none
    #[arg(
        id = "oidc_client_secret_file",
        long = "oidc-client-secret-file",
        global = true,
        env = "BELLWETHER_OIDC_CLIENT_SECRET_FILE",
        value_name = "FILE"
    )]
    pub(crate) client_secret_file: Option<std::path::PathBuf>,
    /// What people know the provider by [default: the name in its address]
    #[arg(
        id = "oidc_name",
        long = "oidc-name",
        global = true,
        env = "BELLWETHER_OIDC_NAME",
        value_name = "NAME"
    )]
    pub(crate) name: Option<String>,
    /// What becomes of somebody whom the provider knows and who has no account here; a reader sees all that the owner
    /// does [default: none]
    #[arg(
        id = "oidc_create",
        long = "oidc-create",
        global = true,
        env = "BELLWETHER_OIDC_CREATE",
        value_name = "ROLE"
    )]
    pub(crate) create: Option<Create>,
}

impl OidcOptions {
    /// The first that says something, for each.
    pub(crate) fn or(self, other: Self) -> Self {
        let first = |one: Option<String>, other: Option<String>| {
            one.or(other).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        Self {
            issuer: first(self.issuer, other.issuer),
            client_id: first(self.client_id, other.client_id),
            client_secret_file: self
                .client_secret_file
                .or(other.client_secret_file)
                .filter(|path| !path.as_os_str().is_empty()),
            name: first(self.name, other.name),
            create: self.create.or(other.create),
        }
    }
}

/// What becomes of strangers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Create {
    /// They stay out.
    None,
    /// They get portfolios of their own.
    Member,
    /// They see what the owner does.
    Reader,
}

/// Why a provider let nobody in.
#[derive(Debug, thiserror::Error)]
#[cfg_attr(not(feature = "oidc"), expect(dead_code, reason = "without the feature nobody is asked"))]
pub(crate) enum NotTold {
    /// It is not there, or does not speak as it should.
    #[error("{0}")]
    Unreachable(String),
    /// What it said is not to be believed.
    #[error("{0}")]
    Unbelievable(String),
}
