//! The door over real connections: each address, each kind of caller, what is theirs and what is not.

mod attacks;
mod authorisation;
mod bodies;
mod both_databases;
mod contract;
mod downloads;
mod failing;
mod figures;
mod headers;
mod hostile_texts;
mod idempotency;
mod languages;
mod members;
mod nul_texts;
mod paths;
mod poison;
#[cfg(feature = "oidc")]
mod provider;
mod proxies;
mod scopes;
mod sharing;
mod site;
mod uploads;
