//! What stands in for the provider in a build that has none.

use bellwether_domain::SharedClock;
use bellwether_tracker::{OidcPerson, OidcReturn, OidcSignIn, OidcStrangers};

use super::{NotTold, OidcOptions};
use crate::failure::Failure;

/// There are none.
#[derive(Debug, Clone)]
pub(crate) enum OidcSettings {}

impl OidcSettings {
    /// Says that this build knows no providers, where one was asked for.
    pub(crate) fn from_options(options: OidcOptions, _: Option<&str>) -> Result<Option<Self>, Failure> {
        let OidcOptions { issuer, client_id, client_secret_file, name, create } = options;
        let is_asked_for = issuer.is_some()
            || client_id.is_some()
            || client_secret_file.is_some()
            || name.is_some()
            || create.is_some();
        if is_asked_for {
            return Err(Failure::Settings(
                "this build has no sign-in by OpenID Connect: leave out --oidc-issuer and the like, or build it with \
                 --features oidc"
                    .to_owned(),
            ));
        }
        Ok(None)
    }
}

/// There is none.
#[derive(Debug)]
pub(crate) enum Provider {}

impl Provider {
    pub(crate) fn new(settings: OidcSettings, _: SharedClock) -> Result<Self, Failure> {
        match settings {}
    }

    pub(crate) fn name(&self) -> &str {
        match *self {}
    }

    pub(crate) fn issuer(&self) -> &str {
        match *self {}
    }

    pub(crate) fn strangers(&self) -> OidcStrangers {
        match *self {}
    }

    #[expect(clippy::unused_async, reason = "as the provider's")]
    pub(crate) async fn address(&self, _: &OidcSignIn) -> Result<String, NotTold> {
        match *self {}
    }

    #[expect(clippy::unused_async, reason = "as the provider's")]
    pub(crate) async fn person(
        &self,
        _: &OidcSignIn,
        _: &OidcReturn,
        _: String,
    ) -> Result<OidcPerson, NotTold> {
        match *self {}
    }
}
