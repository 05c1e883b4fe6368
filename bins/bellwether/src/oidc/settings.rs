//! Which provider, and what its word is good for.

use std::path::Path;

use bellwether_tracker::{OidcRole, OidcStrangers};
use openidconnect::{ClientId, ClientSecret, IssuerUrl, RedirectUrl};

use super::{Create, OidcOptions};
use crate::failure::Failure;

/// Where the provider sends people back to.
const CALLBACK: &str = "/sign-in/oidc/callback";
/// A name on a button.
const LONGEST_NAME: usize = 40;

/// Which provider, and what its word is good for.
#[derive(Debug, Clone)]
pub(crate) struct OidcSettings {
    pub(super) issuer: IssuerUrl,
    pub(super) client_id: ClientId,
    pub(super) client_secret: Option<ClientSecret>,
    pub(super) redirect: RedirectUrl,
    pub(super) name: String,
    pub(super) strangers: OidcStrangers,
}

/// Whether an address may be asked: by https, or on this machine, where nobody listens between.
pub(super) fn is_private(url: &openidconnect::url::Url) -> bool {
    let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    url.scheme() == "https" || (url.scheme() == "http" && is_here)
}

fn wrong(words: String) -> Failure {
    Failure::Settings(words)
}

fn secret(path: &Path) -> Result<ClientSecret, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        wrong(format!(
            "the secret of the OpenID Connect client in {} cannot be read: {error}",
            path.display()
        ))
    })?;
    let secret = text.trim();
    if secret.is_empty() || secret.chars().any(char::is_control) {
        return Err(wrong(format!("{} holds no secret in one line", path.display())));
    }
    Ok(ClientSecret::new(secret.to_owned()))
}

impl OidcSettings {
    /// What was given, with the address at which browsers reach this server; `None` where no provider was.
    pub(crate) fn from_options(options: OidcOptions, origin: Option<&str>) -> Result<Option<Self>, Failure> {
        let Some(issuer) = options.issuer else {
            let others = options.client_id.is_some() || options.client_secret_file.is_some();
            return if others {
                Err(wrong("an OpenID Connect client needs its provider: give --oidc-issuer too".to_owned()))
            } else {
                Ok(None)
            };
        };
        let no_issuer = || {
            wrong(format!(
                "{issuer:?} is no OpenID Connect issuer: give one by https, such as https://id.example.org"
            ))
        };
        let url = IssuerUrl::new(issuer.clone()).map_err(|_no_url| no_issuer())?;
        if !is_private(url.url()) || url.url().query().is_some() || url.url().fragment().is_some() {
            return Err(no_issuer());
        }
        let Some(client_id) = options.client_id else {
            return Err(wrong("sign-in by OpenID Connect needs --oidc-client-id".to_owned()));
        };
        let Some(origin) = origin else {
            return Err(wrong(
                "sign-in by OpenID Connect needs --public-url, to which the provider sends people back"
                    .to_owned(),
            ));
        };
        let redirect = RedirectUrl::new(format!("{origin}{CALLBACK}"))
            .map_err(|error| wrong(format!("{origin:?} is no address to send people back to: {error}")))?;
        let host = url.url().host_str().unwrap_or_default().to_owned();
        let name = options.name.unwrap_or(host);
        if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
            return Err(wrong(format!(
                "the provider's name has {LONGEST_NAME} characters at most: --oidc-name"
            )));
        }
        Ok(Some(Self {
            issuer: url,
            client_id: ClientId::new(client_id),
            client_secret: options.client_secret_file.as_deref().map(secret).transpose()?,
            redirect,
            name,
            strangers: match options.create.unwrap_or(Create::None) {
                Create::None => OidcStrangers::StayOut,
                Create::Member => OidcStrangers::Become(OidcRole::Member),
                Create::Reader => OidcStrangers::Become(OidcRole::Reader),
            },
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const HERE: Option<&str> = Some("https://portfolio.example.org");

    fn options(issuer: &str) -> OidcOptions {
        OidcOptions {
            issuer: Some(issuer.to_owned()),
            client_id: Some("bellwether".to_owned()),
            ..OidcOptions::default()
        }
    }

    #[test]
    fn a_provider_has_an_issuer_by_https_a_client_and_a_way_back() {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        writeln!(file, "a secret with blanks").expect("written");
        let given = OidcOptions {
            client_secret_file: Some(file.path().to_owned()),
            create: Some(Create::Reader),
            ..options("https://id.example.org/realms/home")
        };
        let settings = OidcSettings::from_options(given, HERE).expect("fine").expect("a provider");
        assert_eq!(settings.redirect.as_str(), "https://portfolio.example.org/sign-in/oidc/callback");
        assert_eq!(settings.name, "id.example.org");
        assert_eq!(settings.client_secret.expect("read").secret(), "a secret with blanks");
        assert_eq!(settings.strangers, OidcStrangers::Become(OidcRole::Reader));
        for fine in ["http://127.0.0.1:9000", "http://localhost/dex", "http://[::1]:5556"] {
            assert!(OidcSettings::from_options(options(fine), HERE).is_ok(), "{fine}");
        }
        for bad in
            ["http://id.example.org", "id.example.org", "ftp://id.example.org", "https://id.example.org/?a=b"]
        {
            let told = OidcSettings::from_options(options(bad), HERE).expect_err(bad);
            assert!(told.to_string().contains("no OpenID Connect issuer"), "{told}");
        }
    }

    #[test]
    fn what_is_missing_is_asked_for_by_name() {
        let none = OidcSettings::from_options(OidcOptions::default(), HERE).expect("fine");
        assert!(none.is_none());
        let issuer = "https://id.example.org";
        let client =
            |client: Option<&str>| OidcOptions { client_id: client.map(str::to_owned), ..options(issuer) };
        let alone = OidcOptions { issuer: None, ..options(issuer) };
        let lost = OidcOptions { client_secret_file: Some("/nowhere/secret".into()), ..options(issuer) };
        for (given, origin, words) in [
            (client(None), HERE, "--oidc-client-id"),
            (client(Some("bellwether")), None, "--public-url"),
            (alone, HERE, "--oidc-issuer"),
            (lost, HERE, "/nowhere/secret cannot be read"),
        ] {
            let told = OidcSettings::from_options(given, origin).expect_err(words).to_string();
            assert!(told.contains(words), "{told}");
        }
    }
}
