//! E-mail over SMTP.

use std::time::Duration;

use bellwether_tracker::{Letter, NotDelivered};
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use reqwest::Url;

use crate::failure::Failure;

/// How long the server may take for each step.
const PATIENCE: Duration = Duration::from_secs(15);

/// Writes to people by way of a mail server.
pub(crate) struct Mail {
    server: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mail {
    /// By way of a server, as `smtps://name:password@mail.example.org` or `smtp://mail.example.org?tls=required`, in
    /// the name of `Bellwether <me@example.org>`.
    pub(super) fn new(server: &str, from: &str) -> Result<Self, Failure> {
        // Its value may hold a password: it stays unsaid.
        let invalid =
            |words: &str| Failure::Settings(format!("--smtp is no address of a mail server: {words}"));
        let url: Url =
            server.parse().map_err(|_no_url| invalid("give it as smtps://name:password@mail.example.org"))?;
        let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]" | "::1"));
        let is_sealed = url.scheme() == "smtps"
            || url.query_pairs().any(|(name, value)| name == "tls" && value == "required");
        if !url.username().is_empty() && !is_sealed && !is_here {
            return Err(invalid("a password goes over TLS only, as smtps:// or with ?tls=required"));
        }
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(server)
            .map_err(|error| invalid(&error.to_string()))?;
        let from = from.parse().map_err(|error| {
            Failure::Settings(format!(
                "--mail-from {from:?} is no sender such as \"Bellwether <me@example.org>\": {error}"
            ))
        })?;
        Ok(Self { server: builder.timeout(Some(PATIENCE)).build(), from })
    }

    /// What is wrong with somebody's address, in a sentence.
    pub(super) fn check(destination: &str) -> Result<(), String> {
        match destination.parse::<Address>() {
            Ok(_) => Ok(()),
            Err(_no_address) => Err(format!("{destination:?} is no e-mail address such as me@example.org.")),
        }
    }

    pub(super) async fn deliver(&self, letter: &Letter) -> Result<(), NotDelivered> {
        let message = self.message(letter)?;
        let Err(error) = self.server.send(message).await else { return Ok(()) };
        tracing::warn!(delivery = %letter.id, %error, "mail.not_sent");
        let words = match error.status() {
            Some(code) => format!("the mail server answered {code}"),
            None if error.is_timeout() => "the mail server did not answer in time".to_owned(),
            None => "the mail server could not be reached".to_owned(),
        };
        Err(if error.is_permanent() { NotDelivered::Never(words) } else { NotDelivered::later(words) })
    }

    fn message(&self, letter: &Letter) -> Result<Message, NotDelivered> {
        let unwritable =
            |words: String| NotDelivered::Never(format!("the e-mail cannot be written: {words}"));
        let to: Address =
            letter.destination.parse().map_err(|_no_address| unwritable("its address is none".to_owned()))?;
        // A line of its own would be a header of its own.
        let subject: String = letter.title.chars().filter(|letter| !letter.is_control()).collect();
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(subject)
            .date(letter.created_at.into())
            // The same in every attempt: a mailbox that has it already can tell.
            .message_id(Some(format!("<{}@{}>", letter.id, self.from.email.domain())))
            .header(AutoSubmitted)
            .header(ContentType::TEXT_PLAIN)
            .body(format!("{}\r\n\r\n{}\r\n", letter.title, letter.body))
            .map_err(|error| unwritable(error.to_string()))
    }
}

/// No answer from a machine is wanted (RFC 3834).
#[derive(Debug, Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}
