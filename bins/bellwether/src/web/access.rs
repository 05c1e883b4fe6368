//! The door: what each address needs, and who is let in.
//!
//! An address that is not in the table lets nobody in but the owner, and a test fails that compares the table with the
//! routes. Objects are looked for among those of the caller, so that somebody else's do not exist for them.

mod body;
mod door;
mod proxies;
mod rates;
mod table;

pub(super) use self::body::BodyBounds;
pub(crate) use self::door::Entry;
pub(super) use self::door::{address_of, cookie_of, guard, no_cookie, provider_cookie, visitor};
pub(crate) use self::proxies::Proxies;
pub(in crate::web) use self::proxies::is_port;
pub(super) use self::rates::Rates;
pub(super) use self::table::{Needs, needs};

#[cfg(test)]
mod tests;
