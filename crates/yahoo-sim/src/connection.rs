//! A connection that can be made to fail: cut after so many bytes, or slowed down.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// What is done to the next answer on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sabotage {
    /// Resets the connection instead of sending anything.
    ResetBefore,
    /// Sends the headers and so many bytes of the body, then resets the connection.
    ResetAfterBody(usize),
    /// Sends the headers and so many bytes of the body, then closes the connection in order.
    CloseAfterBody(usize),
    /// Sends the headers, then so many bytes of the body a second, until the body has so many.
    Drip { bytes_per_s: u32, body: usize },
}

/// What is to be done to an answer, told in parts of its body as sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Harm {
    ResetBefore,
    ResetAt(f64),
    CloseAt(f64),
    Drip(u32),
}

impl Harm {
    /// The same for a body of so many bytes.
    pub(crate) fn to_body_of(self, bytes: usize) -> Sabotage {
        let part = |fraction: f64| (bytes as f64 * fraction.clamp(0.0, 1.0)) as usize;
        match self {
            Self::ResetBefore => Sabotage::ResetBefore,
            Self::ResetAt(fraction) => Sabotage::ResetAfterBody(part(fraction)),
            Self::CloseAt(fraction) => Sabotage::CloseAfterBody(part(fraction)),
            Self::Drip(bytes_per_s) => Sabotage::Drip { bytes_per_s, body: bytes },
        }
    }
}

/// The hand of a request on the connection that it came by.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tap(Arc<Mutex<Option<Sabotage>>>);

impl Tap {
    /// Arranges for the answer to come to harm.
    pub(crate) fn arrange(&self, sabotage: Sabotage) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(sabotage);
    }

    fn arranged(&self) -> Option<Sabotage> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lift(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// The server's end of a connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    tap: Tap,
    is_http2: bool,
    /// How many of the four bytes that end the headers were written last.
    header_end: usize,
    /// Bytes of the body written since sabotage began.
    body: usize,
    pause: Option<Pin<Box<Sleep>>>,
}

/// How often a dripping connection writes.
const DRIP: Duration = Duration::from_millis(50);
const HEADER_END: &[u8; 4] = b"\r\n\r\n";

impl Connection {
    /// A connection of HTTP/1, or one of HTTP/2, whose headers are not told apart: there, all that is written counts
    /// as body.
    pub(crate) fn new(stream: TcpStream, is_http2: bool) -> Self {
        let header_end = Self::before_headers(is_http2);
        Self { stream, tap: Tap::default(), is_http2, header_end, body: 0, pause: None }
    }

    fn before_headers(is_http2: bool) -> usize {
        if is_http2 { HEADER_END.len() } else { 0 }
    }

    pub(crate) fn tap(&self) -> Tap {
        self.tap.clone()
    }

    /// How many bytes at the start of a buffer belong to the headers.
    fn header_part(&mut self, buffer: &[u8]) -> usize {
        let mut matched = self.header_end;
        for (index, byte) in buffer.iter().enumerate() {
            if matched == HEADER_END.len() {
                self.header_end = matched;
                return index;
            }
            matched = match () {
                () if *byte == HEADER_END[matched] => matched + 1,
                () if *byte == HEADER_END[0] => 1,
                () => 0,
            };
        }
        self.header_end = matched;
        buffer.len()
    }

    fn reset<T>(&mut self) -> Poll<io::Result<T>> {
        // Without lingering, closing the socket sends RST. Where the system refuses, it is closed in order.
        let _ = self.stream.set_zero_linger();
        Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
    }

    /// Writes the headers and at most `allowed` bytes of the body.
    fn write_some(&mut self, cx: &mut Context<'_>, buffer: &[u8], allowed: usize) -> Poll<io::Result<usize>> {
        let before = self.header_end;
        let headers = self.header_part(buffer);
        let wanted = (headers + allowed).min(buffer.len());
        let written = match Pin::new(&mut self.stream).poll_write(cx, &buffer[..wanted]) {
            Poll::Ready(Ok(written)) => written,
            other => {
                self.header_end = before;
                return other;
            }
        };
        if written < headers {
            self.header_end = before;
            self.header_part(&buffer[..written]);
        }
        self.body += written.saturating_sub(headers);
        Poll::Ready(Ok(written))
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match this.tap.arranged() {
            None => Pin::new(&mut this.stream).poll_write(cx, buffer),
            Some(Sabotage::ResetBefore) => this.reset(),
            Some(Sabotage::ResetAfterBody(limit)) if this.header_end == 4 && this.body >= limit => {
                this.reset()
            }
            Some(Sabotage::CloseAfterBody(limit)) if this.header_end == 4 && this.body >= limit => {
                Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
            }
            Some(Sabotage::ResetAfterBody(limit) | Sabotage::CloseAfterBody(limit)) => {
                let left = limit.saturating_sub(this.body);
                this.write_some(cx, buffer, left)
            }
            Some(Sabotage::Drip { bytes_per_s, body }) => {
                if let Some(pause) = &mut this.pause {
                    ready!(pause.as_mut().poll(cx));
                    this.pause = None;
                }
                let share = (u128::from(bytes_per_s) * DRIP.as_millis() / 1_000).max(1) as usize;
                let written = ready!(this.write_some(cx, buffer, share))?;
                if this.header_end == HEADER_END.len() && this.body >= body {
                    // The next answer on this connection is sent as usual.
                    this.tap.lift();
                    (this.header_end, this.body) = (Self::before_headers(this.is_http2), 0);
                } else {
                    this.pause = Some(Box::pin(tokio::time::sleep(DRIP)));
                }
                Poll::Ready(Ok(written))
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
