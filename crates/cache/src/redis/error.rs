//! What Redis could not do.

/// Why Redis could not do what was asked. None of it is lasting: go on without.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedisError {
    /// It was not asked, because it failed a moment ago.
    #[error("Redis is left alone for a moment after a failure")]
    Resting,
    /// It cannot be reached, is starting, or did not answer in time.
    #[error("Redis is away: {0}")]
    Away(String),
    /// It answers but takes no writes: full, a replica, or unable to save.
    #[error("Redis takes no writes: {0}")]
    TakesNoWrites(String),
    /// It refused this one request, such as for a key that holds another type.
    #[error("Redis refused: {0}")]
    Refused(String),
}

impl RedisError {
    pub(super) fn unexpected(command: &str) -> Self {
        Self::Refused(format!("{command} was answered by something else"))
    }
}

/// Why a Redis server cannot be used at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnusableRedis {
    /// The address is none; the text says why, without the address, which may hold a password.
    #[error("the address of Redis cannot be used ({0}): give one like redis://127.0.0.1:6379")]
    Address(String),
    /// This program cannot speak to Redis.
    #[error(
        "this program was built without Redis: build it with the feature `redis`, or give no address of Redis"
    )]
    NotBuilt,
}
