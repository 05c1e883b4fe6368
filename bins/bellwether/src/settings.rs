//! Options: a flag before the environment before the TOML file before the default.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use bellwether_tracker::{BackupPlan, BackupsKept, FeedSettings};
use chrono::TimeDelta;
use clap::Args;
use etcetera::{AppStrategy, AppStrategyArgs, choose_app_strategy};
use serde::Deserialize;

use crate::failure::Failure;
use crate::notifications::PostSettings;
use crate::oidc::{Create, OidcOptions, OidcSettings};
use crate::web::Proxies;

/// What flags and environment say.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// TOML file with options [default: config.toml in the platform's configuration folder, if it is there]
    #[arg(long, global = true, env = "BELLWETHER_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// SQLite file, or a postgres:// address [default: bellwether.sqlite in the platform's data folder]
    #[arg(
        long,
        global = true,
        env = "BELLWETHER_DATABASE",
        value_name = "FILE OR URL",
        hide_env_values = true
    )]
    pub(crate) database: Option<String>,
    /// Address to serve on [default: 127.0.0.1:8080]
    #[arg(long, global = true, env = "BELLWETHER_LISTEN", value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,
    /// Name under which browsers reach this server, when a proxy serves it; may be given several times. Addresses and
    /// localhost need none
    #[arg(long, global = true, env = "BELLWETHER_HOST", value_name = "NAME", value_delimiter = ',')]
    pub(crate) host: Vec<String>,
    /// Address at which browsers reach this server, such as `https://portfolio.example.org`: with https, cookies never go
    /// without it. Its name counts as --host
    #[arg(long, global = true, env = "BELLWETHER_PUBLIC_URL", value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// Proxy whose headers X-Forwarded-For, -Proto and -Host or Forwarded are believed: an address or a network such as
    /// 10.0.0.0/8; may be given several times [default: none]
    #[arg(
        long,
        global = true,
        env = "BELLWETHER_TRUSTED_PROXY",
        value_name = "ADDRESS",
        value_delimiter = ','
    )]
    pub(crate) trusted_proxy: Vec<String>,
    /// Whether people sign in; off is for one person on their own machine, where whoever reaches the address is the owner
    /// [default: required]
    #[arg(long, global = true, env = "BELLWETHER_SIGN_IN", value_name = "WHEN")]
    pub(crate) sign_in: Option<SignIn>,
    #[command(flatten)]
    pub(crate) oidc: OidcOptions,
    /// Address of the price provider, or "none" to ask nobody [default: Yahoo Finance]
    #[arg(long, global = true, env = "BELLWETHER_UPSTREAM", value_name = "URL")]
    pub(crate) upstream: Option<String>,
    /// Folder of TOML files that each describe a price source of your own [default: price-sources in the platform's
    /// configuration folder, if it is there]
    #[arg(long, global = true, env = "BELLWETHER_PRICE_SOURCES", value_name = "FOLDER")]
    pub(crate) price_sources: Option<PathBuf>,
    /// Address of a Redis server that several processes share, redis://...; REDIS_URL is understood too [default: none]
    #[arg(long, global = true, env = "BELLWETHER_REDIS", value_name = "URL", hide_env_values = true)]
    pub(crate) redis: Option<String>,
    /// The name that other programs know for it.
    #[arg(long = "redis-url", global = true, env = "REDIS_URL", hide = true, hide_env_values = true)]
    pub(crate) redis_url: Option<String>,
    /// After so many seconds at the latest another process takes over the jobs of one that vanished [default: 60]
    #[arg(long, global = true, env = "BELLWETHER_LEASE", value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub(crate) lease: Option<u32>,
    /// Mail server for notifications, as smtps://name:password@mail.example.org [default: none]
    #[arg(long, global = true, env = "BELLWETHER_SMTP", value_name = "URL", hide_env_values = true)]
    pub(crate) smtp: Option<String>,
    /// Who writes those e-mails, as "Bellwether <me@example.org>"
    #[arg(long, global = true, env = "BELLWETHER_MAIL_FROM", value_name = "SENDER")]
    pub(crate) mail_from: Option<String>,
    /// What webhooks are signed with, 16 characters at least; without it none are sent
    #[arg(
        long,
        global = true,
        env = "BELLWETHER_WEBHOOK_SECRET",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub(crate) webhook_secret: Option<String>,
    /// Name or address in a private network that webhooks may lead to; may be given several times
    #[arg(long, global = true, env = "BELLWETHER_WEBHOOK_HOST", value_name = "NAME", value_delimiter = ',')]
    pub(crate) webhook_host: Vec<String>,
    /// Folder in which a backup is made each night [default: none]
    #[arg(long, global = true, env = "BELLWETHER_BACKUP_FOLDER", value_name = "FOLDER")]
    pub(crate) backup_folder: Option<PathBuf>,
    /// How many of those backups stay: the newest of so many days, weeks and months [default: 7,4,12]
    #[arg(long, global = true, env = "BELLWETHER_BACKUP_KEEP", value_name = "DAYS,WEEKS,MONTHS")]
    pub(crate) backup_keep: Option<String>,
    /// What to log: error, warn, info, debug, or by module as in "info,bellwether_prices=debug" [default: info]
    #[arg(long, global = true, env = "BELLWETHER_LOG", value_name = "FILTER")]
    pub(crate) log: Option<String>,
}

/// What the TOML file says; the same names as the flags.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct SettingsFile {
    database: Option<String>,
    listen: Option<SocketAddr>,
    host: Vec<String>,
    public_url: Option<String>,
    trusted_proxy: Vec<String>,
    sign_in: Option<SignIn>,
    oidc_issuer: Option<String>,
    oidc_client_id: Option<String>,
    oidc_client_secret_file: Option<PathBuf>,
    oidc_name: Option<String>,
    oidc_create: Option<Create>,
    upstream: Option<String>,
    price_sources: Option<PathBuf>,
    redis: Option<String>,
    lease: Option<u32>,
    smtp: Option<String>,
    mail_from: Option<String>,
    webhook_secret: Option<String>,
    webhook_host: Vec<String>,
    backup_folder: Option<PathBuf>,
    backup_keep: Option<String>,
    log: Option<String>,
}

/// Whether people sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SignIn {
    /// They do.
    Required,
    /// Whoever reaches the address is the owner.
    Off,
}

/// Where prices are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Upstream {
    /// Yahoo Finance itself.
    Yahoo,
    /// Something that speaks its protocol, such as the simulator.
    At(String),
    /// Nobody: imported prices only.
    Nobody,
}

/// The options in force.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) database: String,
    pub(crate) listen: SocketAddr,
    /// Names besides addresses and localhost under which requests are answered.
    pub(crate) hosts: Vec<String>,
    /// Whether browsers reach it by https.
    pub(crate) is_https: bool,
    /// Proxies whose word is taken for whom they speak.
    pub(crate) proxies: Proxies,
    /// Whether people sign in.
    pub(crate) sign_in: SignIn,
    /// A provider by which they may too.
    pub(crate) oidc: Option<OidcSettings>,
    pub(crate) upstream: Upstream,
    /// Sources of the user's own.
    pub(crate) feeds: Vec<FeedSettings>,
    /// The server that processes share.
    pub(crate) redis: Option<String>,
    /// How long jobs of a process that vanished stay with it.
    pub(crate) lease: TimeDelta,
    /// By what ways notifications go out.
    pub(crate) post: PostSettings,
    /// Where backups are made each night.
    pub(crate) backups: Option<BackupPlan>,
    pub(crate) log: String,
}

impl Settings {
    /// Puts the sources in their order.
    pub(crate) fn from_options(options: Options) -> Result<Self, Failure> {
        let file = match &options.config {
            Some(path) => read(path)?,
            None => match folders().map(|folders| folders.in_config_dir("config.toml")) {
                Ok(path) if path.exists() => read(&path)?,
                _ => SettingsFile::default(),
            },
        };
        let database = match options.database.or(file.database) {
            Some(database) => database,
            None => default_database()?,
        };
        let upstream = match options.upstream.or(file.upstream) {
            None => Upstream::Yahoo,
            Some(word) if word == "none" => Upstream::Nobody,
            Some(url) if url.starts_with("http://") || url.starts_with("https://") => {
                Upstream::At(url.trim_end_matches('/').to_owned())
            }
            Some(other) => {
                return Err(Failure::Settings(format!(
                    "{other:?} is no upstream: give an http:// address or \"none\""
                )));
            }
        };
        let public =
            given(options.public_url.or(file.public_url)).map(|url| PublicAddress::of(&url)).transpose()?;
        let oidc = OidcOptions {
            issuer: file.oidc_issuer,
            client_id: file.oidc_client_id,
            client_secret_file: file.oidc_client_secret_file,
            name: file.oidc_name,
            create: file.oidc_create,
        };
        let origin = public.as_ref().map(|public| public.origin.as_str());
        let oidc = OidcSettings::from_options(options.oidc.or(oidc), origin)?;
        let sign_in = options.sign_in.or(file.sign_in).unwrap_or(SignIn::Required);
        if sign_in == SignIn::Off && oidc.is_some() {
            return Err(Failure::Settings(
                "without sign-in nobody signs in by a provider: leave out --sign-in off, or --oidc-issuer"
                    .to_owned(),
            ));
        }
        let mut hosts = if options.host.is_empty() { file.host } else { options.host };
        hosts.extend(public.as_ref().map(|public| public.host.clone()));
        Ok(Self {
            database,
            listen: options.listen.or(file.listen).unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080))),
            hosts,
            proxies: Proxies::named(&first_given(options.trusted_proxy, file.trusted_proxy))
                .map_err(|error| Failure::Settings(format!("{error}")))?,
            is_https: public.is_some_and(|public| public.is_https),
            sign_in,
            oidc,
            upstream,
            redis: options
                .redis
                .or(options.redis_url)
                .or(file.redis)
                .filter(|address| !matches!(address.as_str(), "" | "none")),
            feeds: feeds(options.price_sources.or(file.price_sources))?,
            lease: TimeDelta::seconds(options.lease.or(file.lease).unwrap_or(60).clamp(1, 3_600).into()),
            post: PostSettings {
                smtp: given(options.smtp.or(file.smtp)),
                mail_from: given(options.mail_from.or(file.mail_from)),
                webhook_secret: given(options.webhook_secret.or(file.webhook_secret)),
                webhook_hosts: if options.webhook_host.is_empty() {
                    file.webhook_host
                } else {
                    options.webhook_host
                },
            },
            backups: backups(
                options.backup_folder.or(file.backup_folder),
                given(options.backup_keep.or(file.backup_keep)),
            )?,
            log: options.log.or(file.log).unwrap_or_else(|| "info".to_owned()),
        })
    }
}

fn first_given(options: Vec<String>, file: Vec<String>) -> Vec<String> {
    let given = if options.is_empty() { file } else { options };
    given.into_iter().filter(|name| !name.is_empty()).collect()
}

/// The address that browsers know.
struct PublicAddress {
    /// The name in it.
    host: String,
    is_https: bool,
    /// Without a path.
    origin: String,
}

impl PublicAddress {
    fn of(url: &str) -> Result<Self, Failure> {
        let parts = url.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https"));
        let found = parts.map(|(scheme, rest)| {
            let authority = rest.split('/').next().unwrap_or_default();
            let host = authority.split(':').next().unwrap_or_default();
            (host.to_owned(), scheme == "https", format!("{scheme}://{authority}"))
        });
        match found {
            Some((host, is_https, origin)) if !host.is_empty() => Ok(Self { host, is_https, origin }),
            _ => Err(Failure::Settings(format!(
                "{url:?} is no public address: give one such as https://portfolio.example.org"
            ))),
        }
    }
}

/// An empty folder is none, as compose files say it.
fn backups(folder: Option<PathBuf>, keep: Option<String>) -> Result<Option<BackupPlan>, Failure> {
    let keep = keep.map_or(Ok(BackupsKept::default()), |text| text.parse())?;
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
    Ok(folder.map(|folder| BackupPlan { folder, keep }))
}

/// An empty value is none: compose files set what they leave open to nothing.
fn given(value: Option<String>) -> Option<String> {
    value.filter(|value| !value.is_empty())
}

fn read(path: &Path) -> Result<SettingsFile, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::Settings(format!("the options file {} cannot be read: {error}", path.display()))
    })?;
    toml::from_str(&text)
        .map_err(|error| Failure::Settings(format!("the options file {}: {error}", path.display())))
}

fn feeds(named: Option<PathBuf>) -> Result<Vec<FeedSettings>, Failure> {
    let folder = match named {
        Some(folder) if !folder.is_dir() => {
            let folder = folder.display();
            return Err(Failure::Settings(format!("there is no folder {folder} with price sources")));
        }
        Some(folder) => folder,
        // Without a home there is no folder to look into.
        None => match folders() {
            Ok(folders) => folders.in_config_dir("price-sources"),
            Err(_) => return Ok(Vec::new()),
        },
    };
    FeedSettings::in_folder(&folder)
        .map_err(|invalid| Failure::Settings(format!("the price source {invalid}")))
}

fn folders() -> Result<impl AppStrategy, Failure> {
    choose_app_strategy(AppStrategyArgs {
        top_level_domain: "app".to_owned(),
        author: "bellwether".to_owned(),
        app_name: "bellwether".to_owned(),
    })
    .map_err(|_homeless| {
        Failure::Settings("there is no home folder for the data: name a file with --database".to_owned())
    })
}

fn default_database() -> Result<String, Failure> {
    let folder = folders()?.data_dir();
    std::fs::create_dir_all(&folder).map_err(|error| {
        Failure::Settings(format!("the data folder {} cannot be made: {error}", folder.display()))
    })?;
    Ok(folder.join("bellwether.sqlite").display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn options(config: Option<PathBuf>) -> Options {
        Options {
            config,
            database: None,
            listen: None,
            host: Vec::new(),
            public_url: None,
            trusted_proxy: Vec::new(),
            sign_in: None,
            oidc: OidcOptions::default(),
            upstream: None,
            price_sources: None,
            redis: None,
            redis_url: None,
            lease: None,
            smtp: None,
            mail_from: None,
            webhook_secret: None,
            webhook_host: Vec::new(),
            backup_folder: None,
            backup_keep: None,
            log: None,
        }
    }

    #[test]
    fn a_flag_counts_before_the_file_and_the_file_before_the_default() {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        write!(file, "database = \"from-file.sqlite\"\nlisten = \"127.0.0.1:9000\"").expect("written");
        let given =
            Options { database: Some("flag.sqlite".to_owned()), ..options(Some(file.path().to_owned())) };

        let settings = Settings::from_options(given).expect("settings");

        assert_eq!(settings.database, "flag.sqlite");
        assert_eq!(settings.listen.port(), 9000);
        assert_eq!((settings.upstream, settings.log.as_str()), (Upstream::Yahoo, "info"));
    }

    #[test]
    fn redis_has_a_name_of_ours_and_one_that_others_know() {
        let chosen = |ours: Option<&str>, others: Option<&str>| {
            let mut given = options(None);
            given.database = Some("x".to_owned());
            (given.redis, given.redis_url) = (ours.map(str::to_owned), others.map(str::to_owned));
            Settings::from_options(given).expect("settings").redis
        };
        assert_eq!(chosen(Some("redis://ours"), Some("redis://theirs")).as_deref(), Some("redis://ours"));
        assert_eq!(chosen(None, Some("redis://theirs")).as_deref(), Some("redis://theirs"));
        assert_eq!(chosen(Some("none"), Some("redis://theirs")), None);
        assert_eq!(chosen(None, None), None);
    }

    #[test]
    fn ways_out_are_named_by_flags_or_the_file_and_an_empty_one_is_none() {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        write!(file, "database = \"x\"\nwebhook_secret = \"from the file, long\"\nwebhook_host = [\"nas\"]")
            .expect("written");
        let mut given = options(Some(file.path().to_owned()));
        (given.smtp, given.mail_from) = (Some("smtps://mail.example.org".to_owned()), Some(String::new()));
        let post = Settings::from_options(given).expect("settings").post;
        let expected = PostSettings {
            smtp: Some("smtps://mail.example.org".to_owned()),
            mail_from: None,
            webhook_secret: Some("from the file, long".to_owned()),
            webhook_hosts: vec!["nas".to_owned()],
        };
        assert_eq!(post, expected);
    }

    #[test]
    fn people_sign_in_unless_told_otherwise_and_https_is_known_by_the_public_address() {
        let of = |url: Option<&str>| {
            let mut given = options(None);
            (given.database, given.public_url) = (Some("x".to_owned()), url.map(str::to_owned));
            Settings::from_options(given)
                .map(|settings| (settings.sign_in, settings.hosts, settings.is_https))
        };
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(of(None).ok(), Some((SignIn::Required, names(&[]), false)));
        let public = of(Some("https://portfolio.example.org:8443/x"));
        assert_eq!(public.ok(), Some((SignIn::Required, names(&["portfolio.example.org"]), true)));
        assert_eq!(of(Some("http://nas")).ok(), Some((SignIn::Required, names(&["nas"]), false)));
        for wrong in ["portfolio.example.org", "ftp://x", "https://"] {
            assert!(of(Some(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn proxies_are_trusted_by_name_only_and_a_wrong_one_is_named() {
        let of = |names: &[&str]| {
            let mut given = options(None);
            given.database = Some("x".to_owned());
            given.trusted_proxy = names.iter().map(|name| (*name).to_owned()).collect();
            Settings::from_options(given).map(|settings| settings.proxies.is_empty())
        };
        assert_eq!((of(&[]).ok(), of(&[""]).ok()), (Some(true), Some(true)));
        assert_eq!(of(&["10.0.0.0/8", "::1"]).ok(), Some(false));
        assert!(of(&["nginx"]).is_err_and(|failure| failure.to_string().contains("nginx")));
    }

    #[test]
    fn a_misspelt_option_is_named() {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        write!(file, "databse = \"x\"").expect("written");

        let refused = Settings::from_options(options(Some(file.path().to_owned())));

        assert!(refused.is_err_and(|failure| failure.to_string().contains("databse")));
    }

    #[test]
    fn an_upstream_is_an_address_or_nobody() {
        let upstream = |word: &str| {
            let mut given = options(None);
            (given.database, given.upstream) = (Some("x".to_owned()), Some(word.to_owned()));
            Settings::from_options(given).map(|settings| settings.upstream)
        };
        assert_eq!(upstream("none").ok(), Some(Upstream::Nobody));
        assert_eq!(upstream("http://127.0.0.1:1/").ok(), Some(Upstream::At("http://127.0.0.1:1".to_owned())));
        assert!(upstream("yahoo").is_err());
    }

    fn with_provider() -> Options {
        let oidc = OidcOptions {
            issuer: Some("https://id.example.org".to_owned()),
            client_id: Some("bellwether".to_owned()),
            ..OidcOptions::default()
        };
        Options { oidc, public_url: Some("https://portfolio.example.org:8443/".to_owned()), ..options(None) }
    }

    #[cfg(feature = "oidc")]
    #[test]
    fn a_provider_is_for_those_who_sign_in() {
        let settings = Settings::from_options(with_provider()).expect("settings");
        assert!(settings.oidc.is_some() && settings.is_https);
        assert_eq!(settings.hosts, ["portfolio.example.org"]);
        let open = Options { sign_in: Some(SignIn::Off), ..with_provider() };
        let told = Settings::from_options(open).expect_err("nobody signs in").to_string();
        assert!(told.contains("--oidc-issuer"), "{told}");
    }

    #[cfg(not(feature = "oidc"))]
    #[test]
    fn a_build_without_providers_says_so() {
        let told = Settings::from_options(with_provider()).expect_err("it has none").to_string();
        assert!(told.contains("this build has no sign-in by OpenID Connect"), "{told}");
    }
}
