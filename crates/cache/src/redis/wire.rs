//! The connections themselves.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use redis::aio::{ConnectionLike, MultiplexedConnection, PubSubSink, PubSubStream};
use redis::{AsyncConnectionConfig, Client, Cmd, ErrorKind, ServerErrorKind, Value};

use super::{RedisError, Reply, UnusableRedis};

/// One connection for all calls, opened when it is needed.
pub(super) struct Wire {
    client: Client,
    config: AsyncConnectionConfig,
    connection: Mutex<Option<MultiplexedConnection>>,
    /// One opens, the others wait for that.
    opening: tokio::sync::Mutex<()>,
}

impl Wire {
    pub(super) fn open(address: &str, patience: Duration) -> Result<Self, UnusableRedis> {
        let client =
            Client::open(address).map_err(|error| UnusableRedis::Address(error.category().to_owned()))?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(patience))
            .set_response_timeout(Some(patience));
        Ok(Self { client, config, connection: Mutex::default(), opening: tokio::sync::Mutex::default() })
    }

    pub(super) async fn ask(&self, request: &[&[u8]]) -> Result<Reply, RedisError> {
        let mut command = Cmd::new();
        for part in request {
            command.arg(*part);
        }
        let mut connection = self.connection().await.map_err(|error| failure(&error))?;
        let value = connection.req_packed_command(&command).await.map_err(|error| {
            let failure = failure(&error);
            if matches!(failure, RedisError::Away(_)) {
                self.hang_up();
            }
            failure
        })?;
        match value {
            Value::Nil => Ok(Reply::Nothing),
            Value::Int(number) => Ok(Reply::Number(number)),
            Value::BulkString(bytes) => Ok(Reply::Bytes(bytes.into())),
            Value::Okay | Value::SimpleString(_) => Ok(Reply::Done),
            Value::ServerError(error) => Err(failure(&error.into())),
            _ => Err(RedisError::Refused("an answer of another type".to_owned())),
        }
    }

    /// The next call opens a new connection.
    pub(super) fn hang_up(&self) {
        *self.connection.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(super) async fn subscribe(&self, channel: &str) -> Result<Channel, RedisError> {
        let (mut sink, messages) =
            self.client.get_async_pubsub().await.map_err(|error| failure(&error))?.split();
        sink.subscribe(channel).await.map_err(|error| failure(&error))?;
        Ok(Channel { sink, messages })
    }

    async fn connection(&self) -> Result<MultiplexedConnection, redis::RedisError> {
        if let Some(connection) = self.open_one() {
            return Ok(connection);
        }
        let _turn = self.opening.lock().await;
        if let Some(connection) = self.open_one() {
            return Ok(connection);
        }
        let connection = self.client.get_multiplexed_async_connection_with_config(&self.config).await?;
        *self.connection.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection.clone());
        Ok(connection)
    }

    fn open_one(&self) -> Option<MultiplexedConnection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A connection that listens to one channel.
pub(super) struct Channel {
    sink: PubSubSink,
    messages: PubSubStream,
}

impl Channel {
    /// `None` when the connection is lost.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        let message = self.messages.next().await?;
        Some(Bytes::copy_from_slice(message.get_payload_bytes()))
    }

    pub(super) async fn is_alive(&mut self) -> bool {
        self.sink.ping::<Value>().await.is_ok()
    }
}

impl std::fmt::Debug for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Channel")
    }
}

fn failure(error: &redis::RedisError) -> RedisError {
    let words = error.to_string();
    match error.kind() {
        ErrorKind::Server(ServerErrorKind::ReadOnly) => RedisError::TakesNoWrites(words),
        ErrorKind::Server(
            ServerErrorKind::BusyLoading | ServerErrorKind::MasterDown | ServerErrorKind::ClusterDown,
        ) => RedisError::Away(words),
        _ => match error.code() {
            Some("OOM" | "MISCONF" | "NOREPLICAS") => RedisError::TakesNoWrites(words),
            Some("NOAUTH" | "WRONGPASS" | "BUSY") | None => RedisError::Away(words),
            // Only the server gives codes: it answers, and refuses this.
            Some(_) => RedisError::Refused(words),
        },
    }
}
