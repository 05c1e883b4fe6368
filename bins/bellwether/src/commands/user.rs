//! `bellwether user ...`

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;

use bellwether_domain::Role;
use bellwether_tracker::{NewUser, random_code};

use super::start;
use crate::cli::User;
use crate::failure::Failure;
use crate::settings::Settings;

/// Looks after who may sign in, without signing in: whoever may read the database file may do this.
pub(super) async fn run(settings: &Settings, user: User) -> Result<ExitCode, Failure> {
    let tracker = start::tracker(settings).await?;
    let mut out = std::io::stdout();
    match user {
        User::List => {
            for user in tracker.users().await? {
                let email = user.email.unwrap_or_default();
                let note = if user.has_password { "" } else { "no password yet" };
                writeln!(out, "{}\t{}\t{email}\t{note}", user.name, user.role)?;
            }
        }
        User::Add { name, role, email, generate } => {
            let password = password(generate)?;
            let new = NewUser { name, email, role: role.into(), password: password.clone() };
            let user = tracker.add_user(new).await?;
            writeln!(out, "{} may sign in as a {}.", user.name, user.role)?;
            tell(generate, &password)?;
        }
        User::Password { name, generate } => {
            let user = tracker.user_named(&name).await?;
            let password = password(generate)?;
            tracker.reset_password(user.id, password.clone()).await?;
            writeln!(
                out,
                "{} has another password. All sessions have ended, all tokens and links are revoked.",
                user.name
            )?;
            tell(generate, &password)?;
        }
        User::Remove { name } => {
            let user = tracker.user_named(&name).await?;
            tracker.remove_user(user.id).await?;
            writeln!(out, "{} and all that was theirs is removed.", user.name)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// From standard input, never from the command line, which others can see.
fn password(generate: bool) -> Result<String, Failure> {
    if generate {
        return Ok(random_code());
    }
    let input = std::io::stdin();
    if input.is_terminal() {
        let words = "give the password on standard input, as in: bellwether user password NAME < FILE; \
                     or have one made with --generate";
        return Err(Failure::Settings(words.to_owned()));
    }
    let mut line = String::new();
    input.lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn tell(generate: bool, password: &str) -> Result<(), Failure> {
    if generate {
        writeln!(std::io::stdout(), "The password is {password}")?;
    }
    Ok(())
}

impl From<crate::cli::RoleToAdd> for Role {
    fn from(role: crate::cli::RoleToAdd) -> Self {
        match role {
            crate::cli::RoleToAdd::Member => Self::Member,
            crate::cli::RoleToAdd::Reader => Self::Reader,
        }
    }
}
