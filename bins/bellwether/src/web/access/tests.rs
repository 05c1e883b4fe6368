//! The door over real connections: each address, each kind of caller, what is theirs and what is not.

mod attacks;
mod authorisation;
mod hostile_texts;
mod scopes;
mod sharing;
mod site;
