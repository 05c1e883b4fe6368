//! Symbols whose trouble is known in advance, for tests. All of them are listed in New York.

use bellwether_domain::{Symbol, epoch_day};
use chrono::NaiveDate;

use super::sessions::SessionTable;

/// What a symbol is reserved for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// An ordinary symbol.
    None,
    /// `ZZUNKNOWN*`: unknown everywhere.
    Unknown,
    /// `ZZDEAD*`: a delisted shell.
    Dead,
    /// `ZZNONE*`: known to the quote endpoint, without a price.
    Nothing,
    /// `ZZHALT*`: suspended.
    Halted,
    /// `ZZNEW*`: listed lately.
    New,
    /// `ZZSPLIT*`: splits 4:1 soon.
    Split,
    /// `ZZREV*`: splits 1:10 soon.
    ReverseSplit,
    /// `ZZDIV*`: pays quarterly.
    Dividend,
    /// `ZZMOVE*`: renamed soon.
    Moving,
    /// `ZZTO*`: what `ZZMOVE*` is renamed to.
    Moved,
    /// `ZZGLITCH*`: some bars a hundred times too large.
    Glitch,
    /// `ZZTHIN*`: three days in ten without a trade.
    Thin,
    /// `ZZRATIO*`: always 100, nobody trades.
    Flat,
}

/// Sessions from the epoch to a suspension.
pub(crate) const HALTED: i32 = -120;
/// Sessions from the epoch to a first day of trading.
pub(crate) const LISTED: i32 = -30;
/// Sessions from the epoch to the forward split.
pub(crate) const SPLIT: i32 = 5;
/// Sessions from the epoch to the reverse split.
pub(crate) const REVERSE_SPLIT: i32 = 6;
/// Sessions from the epoch to the new name.
pub(crate) const RENAMED: i32 = 10;
/// Sessions from the epoch to a delisting.
pub(crate) const DELISTED: i32 = -400;

const ROLES: [(&str, Role); 13] = [
    ("UNKNOWN", Role::Unknown),
    ("DEAD", Role::Dead),
    ("NONE", Role::Nothing),
    ("HALT", Role::Halted),
    ("NEW", Role::New),
    ("SPLIT", Role::Split),
    ("REV", Role::ReverseSplit),
    ("DIV", Role::Dividend),
    ("MOVE", Role::Moving),
    ("TO", Role::Moved),
    ("GLITCH", Role::Glitch),
    ("THIN", Role::Thin),
    ("RATIO", Role::Flat),
];

/// What a symbol is reserved for.
pub(crate) fn role(symbol: &Symbol) -> Role {
    let Some(rest) = symbol.as_str().strip_prefix("ZZ") else { return Role::None };
    ROLES.iter().find(|(word, _)| rest.starts_with(word)).map_or(Role::None, |(_, role)| *role)
}

/// The name whose history a renamed symbol carries on.
pub(crate) fn former_name(symbol: &Symbol) -> Option<String> {
    symbol.as_str().strip_prefix("ZZTO").map(|rest| format!("ZZMOVE{rest}"))
}

/// The session at a distance from the first one on or after the epoch.
pub(crate) fn session(epoch: NaiveDate, sessions: &SessionTable, distance: i32) -> usize {
    sessions.on_or_after(epoch_day(epoch)).saturating_add_signed(distance as isize)
}
