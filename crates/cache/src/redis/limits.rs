//! Limits and a state that processes hold together.

use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Redis, RedisError, Reply};

/// Kept for so long after its last use.
const KEPT: Duration = Duration::from_secs(24 * 3_600);
/// Any such time may have only so many calls.
const WINDOW: Duration = Duration::from_secs(3_600);

/// Counts calls, each under a name of its own. All scripts begin by forgetting, so that a full server runs them too.
const FORGET: &str = "\
    local now, window = tonumber(ARGV[1]), tonumber(ARGV[2]) \
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now - window)) ";

const LOOK: &str =
    "return redis.call('ZCARD', KEYS[2]) .. ' ' .. (redis.call('HGET', KEYS[1], 'state') or '')";

const TELL: &str = "\
    if (redis.call('HGET', KEYS[1], 'state') or '') ~= ARGV[3] then return 0 end \
    redis.call('HSET', KEYS[1], 'state', ARGV[4]) \
    for i = 6, #ARGV, 2 do redis.call('ZADD', KEYS[2], ARGV[i], ARGV[i + 1]) end \
    redis.call('PEXPIRE', KEYS[1], ARGV[5]) \
    redis.call('PEXPIRE', KEYS[2], ARGV[5]) \
    return 1";

/// What is gone of each bucket comes back with time. A clock that was set back by more than clocks differ must not
/// keep it away.
const TAKE: &str = "\
    if redis.call('HGET', KEYS[1], 'state') ~= ARGV[3] then return 'outdated' end \
    local not_before, gone = now, {} \
    local calls = redis.call('ZCARD', KEYS[2]) \
    local surplus = calls - tonumber(ARGV[6]) \
    if surplus >= 0 then \
        local oldest = redis.call('ZRANGE', KEYS[2], surplus, surplus, 'WITHSCORES') \
        not_before = oldest[2] and tonumber(oldest[2]) + window or now + 1000000 \
    end \
    for i = 7, #ARGV, 3 do \
        local name, holds, one_per = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]) \
        local kept = redis.call('HMGET', KEYS[1], name .. ':gone', name .. ':at') \
        local at = tonumber(kept[2] or now) \
        if at > now + 5000000 then \
            at = now \
            redis.call('HSET', KEYS[1], name .. ':at', ARGV[1]) \
        end \
        local level = math.max(0, (tonumber(kept[1] or 0)) - math.max(0, now - at) / one_per) + 1 \
        if level - holds > 0.000001 then \
            not_before = math.max(not_before, now + math.ceil((level - holds) * one_per - 0.1)) \
        end \
        gone[name] = level \
    end \
    if not_before > now then return 'not-before ' .. string.format('%.0f', not_before) end \
    for name, level in pairs(gone) do \
        redis.call('HSET', KEYS[1], name .. ':gone', string.format('%.9f', level), name .. ':at', ARGV[1]) \
    end \
    redis.call('ZADD', KEYS[2], ARGV[1], ARGV[4]) \
    redis.call('PEXPIRE', KEYS[1], ARGV[5]) \
    redis.call('PEXPIRE', KEYS[2], ARGV[5]) \
    return 'given ' .. string.format('%.0f', calls + 1)";

const GIVE: &str = "return redis.call('ZREM', KEYS[2], ARGV[3])";

/// Limits of all processes together, with a state that they agree on. Processes must agree about the time, as their
/// clocks tell it.
#[derive(Debug, Clone)]
pub struct Limits {
    redis: Redis,
    /// The state and the buckets, and the calls of the last hour.
    keys: [String; 2],
}

/// What a call has to pass.
#[derive(Debug, Clone, Copy)]
pub struct Bucket<'a> {
    /// The same in all processes.
    pub name: &'a str,
    /// So many at once when it is full.
    pub holds: u32,
    /// One more comes in after so long.
    pub one_per: Duration,
}

/// Whether a call may go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It may.
    Given {
        /// For giving it back.
        leave: String,
        /// Calls of the last hour, this one included.
        calls: u32,
    },
    /// Not before then.
    NotBefore(DateTime<Utc>),
    /// The state is not the one that was known.
    Outdated,
}

impl Redis {
    /// The limits under `key`.
    pub fn limits(&self, key: &str) -> Limits {
        let keys = [self.name(&format!("limits:{key}")), self.name(&format!("limits:{key}:calls"))];
        Limits { redis: self.clone(), keys }
    }
}

impl Limits {
    /// The calls of the hour before `now`, and the state, if there is one.
    ///
    /// # Errors
    /// [`RedisError`] when that cannot be known now.
    pub async fn look(&self, now: DateTime<Utc>) -> Result<(u32, Option<String>), RedisError> {
        let told = self.words(LOOK, now, &[]).await?;
        let unexpected = || RedisError::unexpected("EVAL");
        let (calls, state) = told.split_once(' ').ok_or_else(unexpected)?;
        let state = (!state.is_empty()).then(|| state.to_owned());
        Ok((calls.parse().ok().ok_or_else(unexpected)?, state))
    }

    /// Puts `state`, which is not empty, in place of the one that was `known`, and counts calls. False, with nothing
    /// done, when something else is there by now.
    ///
    /// # Errors
    /// [`RedisError`] when that cannot be done now.
    pub async fn tell(
        &self,
        now: DateTime<Utc>,
        known: Option<&str>,
        state: &str,
        calls: &[DateTime<Utc>],
    ) -> Result<bool, RedisError> {
        let mut arguments = vec![known.unwrap_or_default().to_owned(), state.to_owned(), millis(KEPT)];
        for at in calls {
            arguments.extend([at.timestamp_micros().to_string(), Uuid::now_v7().to_string()]);
        }
        Ok(self.run(TELL, now, &arguments).await? == Reply::Number(1))
    }

    /// Takes leave for a call at `now` from all buckets and from an hour of `calls_an_hour`, if the state is the one that
    /// was `known`.
    ///
    /// # Errors
    /// [`RedisError`] when that cannot be known now.
    pub async fn take(
        &self,
        now: DateTime<Utc>,
        known: &str,
        calls_an_hour: u32,
        buckets: &[Bucket<'_>],
    ) -> Result<Taken, RedisError> {
        let leave = Uuid::now_v7().to_string();
        let mut arguments = vec![known.to_owned(), leave.clone(), millis(KEPT), calls_an_hour.to_string()];
        for bucket in buckets {
            let one_per = bucket.one_per.as_secs_f64() * 1e6;
            arguments.extend([bucket.name.to_owned(), bucket.holds.to_string(), one_per.to_string()]);
        }
        let told = self.words(TAKE, now, &arguments).await?;
        let taken = match told.split_once(' ') {
            None if told == "outdated" => Some(Taken::Outdated),
            Some(("given", calls)) => calls.parse().ok().map(|calls| Taken::Given { leave, calls }),
            Some(("not-before", until)) => {
                until.parse().ok().and_then(DateTime::from_timestamp_micros).map(Taken::NotBefore)
            }
            _ => None,
        };
        taken.ok_or_else(|| RedisError::unexpected("EVAL"))
    }

    /// Gives leave back: the call does not count for the hour.
    ///
    /// # Errors
    /// [`RedisError`] when that cannot be done now.
    pub async fn give(&self, now: DateTime<Utc>, leave: &str) -> Result<(), RedisError> {
        self.run(GIVE, now, &[leave.to_owned()]).await.map(drop)
    }

    async fn words(&self, script: &str, now: DateTime<Utc>, more: &[String]) -> Result<String, RedisError> {
        match self.run(script, now, more).await? {
            Reply::Bytes(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            _ => Err(RedisError::unexpected("EVAL")),
        }
    }

    async fn run(&self, script: &str, now: DateTime<Utc>, more: &[String]) -> Result<Reply, RedisError> {
        let script = [FORGET, script].concat();
        let time = [now.timestamp_micros().to_string(), WINDOW.as_micros().to_string()];
        let mut request: Vec<&[u8]> = vec![b"EVAL", script.as_bytes(), b"2"];
        request.extend(self.keys.iter().chain(&time).chain(more).map(String::as_bytes));
        self.redis.ask(&request).await
    }
}

fn millis(time: Duration) -> String {
    time.as_millis().to_string()
}
