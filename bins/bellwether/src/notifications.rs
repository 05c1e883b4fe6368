//! The ways by which notifications leave the house: e-mail and webhooks.

mod mail;
mod private_networks;
mod webhook;

use async_trait::async_trait;
use bellwether_domain::SharedClock;
use bellwether_tracker::{Channel, Courier, Letter, NotDelivered};

use crate::failure::Failure;

pub(crate) use mail::Mail;
pub(crate) use webhook::Webhooks;

/// What is known of the ways out; a way that is not set up is closed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PostSettings {
    /// The mail server, as `smtps://name:password@mail.example.org`.
    pub(crate) smtp: Option<String>,
    /// Who writes the e-mails.
    pub(crate) mail_from: Option<String>,
    /// What webhooks are signed with.
    pub(crate) webhook_secret: Option<String>,
    /// Names that may lead into private networks.
    pub(crate) webhook_hosts: Vec<String>,
}

/// Takes letters to where they are to go, as far as the operator set that up.
pub(crate) struct Post {
    mail: Option<Mail>,
    webhooks: Option<Webhooks>,
}

impl Post {
    /// No way out but the page.
    pub(crate) fn closed() -> Self {
        Self { mail: None, webhooks: None }
    }

    /// The ways that these settings open.
    pub(crate) fn new(settings: &PostSettings, clock: SharedClock) -> Result<Self, Failure> {
        let mail = match (&settings.smtp, &settings.mail_from) {
            (None, None) => None,
            (Some(server), Some(from)) => Some(Mail::new(server, from)?),
            _ => {
                let words = "e-mail needs both --smtp and --mail-from";
                return Err(Failure::Settings(words.to_owned()));
            }
        };
        let webhooks = match &settings.webhook_secret {
            Some(secret) => Some(Webhooks::new(secret, settings.webhook_hosts.clone(), clock)?),
            None => None,
        };
        Ok(Self { mail, webhooks })
    }

    /// Whether a way is open.
    pub(crate) fn is_open(&self, channel: Channel) -> bool {
        match channel {
            Channel::Page => true,
            Channel::Email => self.mail.is_some(),
            Channel::Webhook => self.webhooks.is_some(),
        }
    }

    /// What is wrong with a destination, in a sentence.
    pub(crate) fn check(&self, channel: Channel, destination: &str) -> Result<(), String> {
        match channel {
            Channel::Page => Ok(()),
            Channel::Email => match &self.mail {
                Some(_) => Mail::check(destination),
                None => Err("No mail server is set up here: start the program with --smtp and --mail-from.".to_owned()),
            },
            Channel::Webhook => match &self.webhooks {
                Some(webhooks) => webhooks.check(destination),
                None => Err(
                    "Webhooks are signed and no secret is set up here: start the program with BELLWETHER_WEBHOOK_SECRET."
                        .to_owned(),
                ),
            },
        }
    }
}

#[async_trait]
impl Courier for Post {
    async fn deliver(&self, letter: &Letter) -> Result<(), NotDelivered> {
        match (letter.channel, &self.mail, &self.webhooks) {
            (Channel::Page, _, _) => Ok(()),
            (Channel::Email, Some(mail), _) => mail.deliver(letter).await,
            (Channel::Webhook, _, Some(webhooks)) => webhooks.deliver(letter).await,
            (Channel::Email, None, _) => Err(NotDelivered::later("no mail server is set up")),
            (Channel::Webhook, _, None) => Err(NotDelivered::later("no secret for webhooks is set up")),
        }
    }
}

#[cfg(test)]
mod tests;
