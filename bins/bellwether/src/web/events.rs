//! `GET /api/v1/events`: what changes while a page is open, as server-sent events.

mod frame;
mod seats;
mod watch;

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use bellwether_domain::PortfolioId;
use bellwether_texts::Sentence;
use bytes::{Bytes, BytesMut};
use futures::stream;
use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;
use utoipa::{IntoParams, OpenApi};

use self::frame::{Frame, GREETING, HEARTBEAT, Wire};
use self::seats::{Seat, Seats};
use self::watch::{Joined, Reader, Watch, Watched};
use super::State;
use super::access::address_of;
use super::caller::Caller;
use super::locale::locale_of;
use super::methods::address;
use super::pages::ViewQuery;
use super::problem::Problem;
use super::same_origin;
use super::view::cells::Cells;

#[derive(OpenApi)]
#[openapi(paths(events))]
pub(super) struct Operations;

pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.service(address("/api/v1/events", "GET").route(web::get().to(events)));
}

/// Who looks at what.
#[derive(Debug, Default)]
pub(crate) struct Events {
    seats: Seats,
    watches: Mutex<HashMap<Watched, Weak<Watch>>>,
    is_over: AtomicBool,
}

impl Events {
    /// The watch of a view, begun by whoever is the first to look; `None` when the server is about to stop.
    fn watch(&self, state: &web::Data<State>, watched: Watched) -> Option<Arc<Watch>> {
        let mut watches = self.watches.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_over.load(Ordering::SeqCst) {
            return None;
        }
        if let Some(watch) = watches.get(&watched).and_then(Weak::upgrade) {
            return Some(watch);
        }
        watches.retain(|_, watch| watch.strong_count() > 0);
        let watch = Arc::new(Watch::begin(state.clone(), watched.clone()));
        watches.insert(watched, Arc::downgrade(&watch));
        Some(watch)
    }

    /// Streams that are open.
    pub(super) fn streams(&self) -> usize {
        self.seats.taken()
    }

    /// Ends all streams, for good.
    pub(super) fn end(&self) {
        let watches = self.watches.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_over.store(true, Ordering::SeqCst);
        for watch in watches.values().filter_map(Weak::upgrade) {
            watch.end();
        }
    }
}

/// What a page asks for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// Whose figures are to be sent as they change.
    #[param(value_type = Option<Uuid>)]
    portfolio: Option<PortfolioId>,
    /// The version that the page shows.
    shown: Option<String>,
    /// The last event that the page had, where it cannot send the header `Last-Event-ID`.
    after: Option<String>,
}

/// What changes while a page is open, as server-sent events without an end.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    params(Asked, ViewQuery, ("last-event-id" = Option<String>, Header, description = "The last event that came, when a stream is taken up again.")),
    responses((status = 200, description = "The stream.", body = String, content_type = "text/event-stream"), (status = 404, description = "There is no such portfolio."))
)]
async fn events(
    state: web::Data<State>,
    caller: Caller,
    request: HttpRequest,
    asked: web::Query<Asked>,
    view: web::Query<ViewQuery>,
) -> Result<HttpResponse, Problem> {
    if !same_origin::is_ours(request.headers(), &state.entry.proxies.hosts(&request)) {
        return Err(Problem::Forbidden);
    }
    let Asked { portfolio, shown, after } = asked.into_inner();
    let shown = shown.filter(|shown| !shown.is_empty());
    let view = view.view()?;
    if let Some(id) = portfolio {
        caller.tracker.portfolio(id).await?;
    }
    let events = &state.events;
    let address = address_of(&request).unwrap_or(IpAddr::from([0, 0, 0, 0]));
    let seat = events.seats.take(address);
    let seat = seat.map_err(|full| Problem::Busy(full.said()))?;
    let watched = Watched { reader: Reader::of(&caller), portfolio, view, locale: locale_of(&request) };
    let Some(watch) = events.watch(&state, watched) else {
        return Err(Problem::Busy(Sentence::new("problem.told.stopping")));
    };
    if portfolio.is_none() {
        watch.knows(caller.tracker.portfolios().await?.into_iter().map(|portfolio| portfolio.id));
    }
    let last = request.headers().get("last-event-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let wire = Wire::of(state.tracker.bus().process());
    // A browser that comes back by itself names the version that the page began with: its shape is still that.
    let shown = match last {
        Some(_) => shown.as_deref().and_then(Cells::shape_within).map(str::to_owned),
        None => shown,
    };
    let viewer = Viewer::join(watch, seat, &wire, last.or(after).as_deref(), shown).known_as(caller);
    let frames = stream::unfold(viewer, |mut viewer| async move {
        let bytes = viewer.next().await?;
        Some((Ok::<Bytes, Infallible>(bytes), viewer))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // Proxies that gather an answer before they pass it on would pass nothing on.
        .insert_header(("x-accel-buffering", "no"))
        .streaming(frames))
}

/// One open stream. It holds no more than its place among the frames; dropping it frees its seat and, if it was the
/// last one, ends the watch.
#[derive(Debug)]
struct Viewer {
    watch: Arc<Watch>,
    joined: Joined,
    /// Who looks; `None` for nobody in particular.
    caller: Option<Caller>,
    _seat: Seat,
}

impl Viewer {
    fn join(watch: Arc<Watch>, seat: Seat, wire: &Wire, last: Option<&str>, shown: Option<String>) -> Self {
        let after = last.and_then(|id| wire.number(id));
        let mut joined = watch.join(after, shown);
        if last.is_some() && after.is_none() {
            joined.at_once.push(wire.resync(joined.number, "the server was started anew"));
        }
        joined.at_once.insert(0, GREETING);
        Self { watch, joined, caller: None, _seat: seat }
    }

    /// The same for somebody who was let in, for as long as they are.
    fn known_as(self, caller: Caller) -> Self {
        Self { caller: Some(caller), ..self }
    }

    async fn is_still_let_in(&self) -> bool {
        let Some(caller) = &self.caller else { return true };
        // Whether they are cannot be found out: then they were a moment ago.
        caller.tracker.is_still_let_in(&caller.who).await.unwrap_or(true)
    }

    /// What is to be sent next; `None` when the stream is over.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if !self.joined.at_once.is_empty() {
                let mut bytes = BytesMut::new();
                self.joined.at_once.drain(..).for_each(|part| bytes.extend_from_slice(&part));
                return Some(bytes.freeze());
            }
            match self.joined.coming.recv().await {
                Ok(Frame::Event { number, bytes } | Frame::Resync { number, bytes }) => {
                    self.joined.number = number;
                    return Some(bytes);
                }
                Ok(Frame::Figures { from, version, bytes }) => {
                    if let Some(bytes) = self.figures(&from, version, bytes) {
                        return Some(bytes);
                    }
                }
                Ok(Frame::Heartbeat) => return self.is_still_let_in().await.then_some(HEARTBEAT),
                // Too slow: from the events that are kept, and all figures. Which changes it had is not known any more.
                Err(RecvError::Lagged(_)) => {
                    let shape = self.joined.version.as_deref().and_then(Cells::shape_within);
                    self.joined = self.watch.join(Some(self.joined.number), shape.map(str::to_owned));
                }
                Ok(Frame::End) | Err(RecvError::Closed) => return None,
            }
        }
    }

    /// The changes, where they follow from what this page shows; else all of it, or that it has another shape.
    fn figures(&mut self, from: &str, version: String, changes: Bytes) -> Option<Bytes> {
        let shown = self.joined.version.as_deref();
        if shown == Some(&version) {
            return None;
        }
        if shown == Some(from) {
            self.joined.version = Some(version);
            return (!changes.is_empty()).then_some(changes);
        }
        let (version, all) = self.watch.all(shown)?;
        self.joined.version = Some(version);
        Some(all)
    }
}

#[cfg(test)]
mod tests;
