//! A provider: where it sends people, and whom it says that it knows. Nothing that it says counts before it is checked.

use std::sync::Arc;

use bellwether_domain::SharedClock;
use bellwether_tracker::{OidcPerson, OidcReturn, OidcSignIn, OidcStrangers};
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreIdToken, CoreIdTokenClaims,
    CoreIdTokenVerifier, CoreJwsSigningAlgorithm as Algorithm, CoreProviderMetadata, CoreTokenResponse,
};
use openidconnect::{
    AuthType, AuthorizationCode, ClaimsVerificationError, CsrfToken, DiscoveryError, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, HttpRequest, Nonce, PkceCodeChallenge, PkceCodeVerifier, RequestTokenError,
    Scope, SignatureVerificationError, TokenResponse,
};
use tokio::sync::{Mutex, Semaphore};

use super::client::Client;
use super::settings::is_private;
use super::{NotTold, OidcSettings};
use crate::failure::Failure;

/// What a provider says of itself is asked for anew after that.
const KEPT_FOR: TimeDelta = TimeDelta::hours(1);
/// For a key that is not among those known it is asked again, but not more often than that.
const ASKED_AGAIN_AFTER: TimeDelta = TimeDelta::minutes(1);
/// One that did not answer is left alone for so long.
const REST: TimeDelta = TimeDelta::seconds(5);
/// So far the provider's clock may be from this one.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::minutes(5);
/// So many people are asked about at a time.
const MOST_AT_ONCE: usize = 16;
/// So much of what a provider gives as its reason is logged.
const LONGEST_REASON: usize = 300;

/// Signatures by a key that the provider alone has. Those by a secret that is shared (HS256 and its kin), and none at
/// all, are not among them.
const SIGNATURES: [Algorithm; 9] = [
    Algorithm::RsaSsaPkcs1V15Sha256,
    Algorithm::RsaSsaPkcs1V15Sha384,
    Algorithm::RsaSsaPkcs1V15Sha512,
    Algorithm::RsaSsaPssSha256,
    Algorithm::RsaSsaPssSha384,
    Algorithm::RsaSsaPssSha512,
    Algorithm::EcdsaP256Sha256,
    Algorithm::EcdsaP384Sha384,
    Algorithm::EdDsa,
];

type Discovered = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What is known of the provider.
#[derive(Default)]
struct Known {
    metadata: Option<(Arc<CoreProviderMetadata>, DateTime<Utc>)>,
    failed_at: Option<DateTime<Utc>>,
}

/// An OpenID Connect provider.
pub(crate) struct Provider {
    settings: OidcSettings,
    client: Client,
    clock: SharedClock,
    known: Mutex<Known>,
    turns: Semaphore,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Provider").field(&self.issuer()).finish()
    }
}

fn is_within(span: TimeDelta, at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    (now - at).abs() < span
}

fn short(reason: &str) -> String {
    reason.chars().filter(|sign| !sign.is_control()).take(LONGEST_REASON).collect()
}

fn unreachable(reason: &str) -> NotTold {
    NotTold::Unreachable(short(reason))
}

fn unbelievable(reason: &str) -> NotTold {
    NotTold::Unbelievable(short(reason))
}

impl Provider {
    /// Asks nobody yet.
    pub(crate) fn new(settings: OidcSettings, clock: SharedClock) -> Result<Self, Failure> {
        let client = Client::new(settings.issuer.url().scheme() == "http")?;
        let (known, turns) = (Mutex::default(), Semaphore::new(MOST_AT_ONCE));
        Ok(Self { settings, client, clock, known, turns })
    }

    /// What people know it by.
    pub(crate) fn name(&self) -> &str {
        &self.settings.name
    }

    /// What it calls itself.
    pub(crate) fn issuer(&self) -> &str {
        self.settings.issuer.as_str()
    }

    /// What becomes of those whom it knows and this installation does not.
    pub(crate) fn strangers(&self) -> OidcStrangers {
        self.settings.strangers
    }

    /// What it says of itself, and its keys. Who finds it being asked waits for the answer, also for one in vain.
    async fn metadata(&self, kept_for: TimeDelta) -> Result<Arc<CoreProviderMetadata>, NotTold> {
        let mut known = self.known.lock().await;
        let now = self.clock.now();
        if let Some((metadata, _)) = known.metadata.as_ref().filter(|(_, at)| is_within(kept_for, *at, now)) {
            return Ok(Arc::clone(metadata));
        }
        if known.failed_at.is_some_and(|at| is_within(REST, at, now)) {
            return Err(unreachable("it did not answer a moment ago"));
        }
        let ask = |request: HttpRequest| {
            let client = self.client.clone();
            async move { client.ask(request).await }
        };
        match CoreProviderMetadata::discover_async(self.settings.issuer.clone(), &ask).await {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                *known = Known { metadata: Some((Arc::clone(&metadata), self.clock.now())), failed_at: None };
                Ok(metadata)
            }
            Err(error) => {
                known.failed_at = Some(self.clock.now());
                Err(match error {
                    DiscoveryError::Request(error) => unreachable(&format!("discovery: {error}")),
                    DiscoveryError::Response(status, ..) => {
                        unreachable(&format!("discovery: it answered {status}"))
                    }
                    // What it says that it is goes into the log, for the operator to compare.
                    other => unreachable(&format!("discovery: {other}")),
                })
            }
        }
    }

    fn discovered(&self, metadata: &CoreProviderMetadata) -> Discovered {
        let (id, secret) = (self.settings.client_id.clone(), self.settings.client_secret.clone());
        let methods = metadata.token_endpoint_auth_methods_supported();
        let takes = |method| methods.is_none_or(|methods| methods.contains(&method));
        let in_body =
            !takes(CoreClientAuthMethod::ClientSecretBasic) && takes(CoreClientAuthMethod::ClientSecretPost);
        CoreClient::from_provider_metadata(metadata.clone(), id, secret)
            .set_redirect_uri(self.settings.redirect.clone())
            .set_auth_type(if in_body { AuthType::RequestBody } else { AuthType::BasicAuth })
    }

    /// Where a browser is sent to with a sign-in.
    pub(crate) async fn address(&self, sign_in: &OidcSignIn) -> Result<String, NotTold> {
        let metadata = self.metadata(KEPT_FOR).await?;
        if !is_private(metadata.authorization_endpoint().url()) {
            return Err(unreachable("its page to sign in is not by https"));
        }
        let challenge =
            PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(sign_in.verifier()));
        let (state, nonce) = (CsrfToken::new(sign_in.state()), Nonce::new(sign_in.nonce()));
        let (address, ..) = self
            .discovered(&metadata)
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || state, || nonce)
            .add_scope(Scope::new("profile".to_owned()))
            .add_scope(Scope::new("email".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        Ok(address.into())
    }

    /// Redeems the code that a browser came back with: whom the provider says that it knows.
    pub(crate) async fn person(
        &self,
        sign_in: &OidcSignIn,
        begun: &OidcReturn,
        code: String,
    ) -> Result<OidcPerson, NotTold> {
        let _turn = self.turns.try_acquire().map_err(|_full| unreachable("too many people come at once"))?;
        let metadata = self.metadata(KEPT_FOR).await?;
        let token = self.redeemed(&metadata, sign_in, code).await?;
        let id_token = token.id_token().ok_or_else(|| unbelievable("there is no ID token"))?;
        let claims = match self.checked(&metadata, sign_in, begun, id_token) {
            // It may have another key since.
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey,
            )) => {
                let metadata = self.metadata(ASKED_AGAIN_AFTER).await?;
                self.checked(&metadata, sign_in, begun, id_token)
            }
            checked => checked,
        };
        Ok(self.person_of(claims.map_err(|error| unbelievable(&error.to_string()))?))
    }

    async fn redeemed(
        &self,
        metadata: &CoreProviderMetadata,
        sign_in: &OidcSignIn,
        code: String,
    ) -> Result<CoreTokenResponse, NotTold> {
        let client = self.discovered(metadata);
        let request = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| unreachable(&format!("its address for codes: {error}")))?
            .set_pkce_verifier(PkceCodeVerifier::new(sign_in.verifier()));
        let ask = |request: HttpRequest| {
            let client = self.client.clone();
            async move { client.ask(request).await }
        };
        let told: Result<CoreTokenResponse, _> = request.request_async(&ask).await;
        told.map_err(|error| match error {
            RequestTokenError::ServerResponse(error) => unbelievable(&format!("the code: {error}")),
            RequestTokenError::Request(error) => unreachable(&format!("the code: {error}")),
            // What cannot be read may hold a token, and is not logged.
            RequestTokenError::Parse(..) => unreachable("the code: its answer cannot be read"),
            RequestTokenError::Other(error) => unreachable(&format!("the code: {error}")),
        })
    }

    /// Checks signature, issuer, audience, times and nonce.
    fn checked<'a>(
        &self,
        metadata: &CoreProviderMetadata,
        sign_in: &OidcSignIn,
        begun: &OidcReturn,
        id_token: &'a CoreIdToken,
    ) -> Result<&'a CoreIdTokenClaims, ClaimsVerificationError> {
        let now = self.clock.now();
        let (earliest, latest) = (begun.begun_at - CLOCKS_DIFFER, now + CLOCKS_DIFFER);
        // As of a public client: the secret is no key here, whatever a token says of its signature.
        let verifier = CoreIdTokenVerifier::new_public_client(
            self.settings.client_id.clone(),
            self.settings.issuer.clone(),
            metadata.jwks().clone(),
        )
        .set_allowed_algs(SIGNATURES)
        .set_time_fn(move || now)
        .set_issue_time_verifier_fn(move |at| {
            if (earliest..=latest).contains(&at) { Ok(()) } else { Err(format!("issued at {at}")) }
        });
        let claims = id_token.claims(&verifier, &Nonce::new(sign_in.nonce()))?;
        match claims.authorized_party() {
            Some(party) if *party != self.settings.client_id => {
                Err(ClaimsVerificationError::InvalidAudience("it was issued to another client".to_owned()))
            }
            _ => Ok(claims),
        }
    }

    fn person_of(&self, claims: &CoreIdTokenClaims) -> OidcPerson {
        let name = claims.preferred_username().map(|name| name.as_str().to_owned());
        let full = || claims.name().and_then(|name| name.get(None)).map(|name| name.as_str().to_owned());
        let is_verified = claims.email_verified() == Some(true);
        OidcPerson {
            issuer: self.issuer().to_owned(),
            subject: claims.subject().as_str().to_owned(),
            name: name.or_else(full),
            verified_email: claims.email().filter(|_| is_verified).map(|email| email.as_str().to_owned()),
        }
    }
}
