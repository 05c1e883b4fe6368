//! The web server: what answers which address.

mod api;
mod assets;
mod cache;
mod events;
mod health;
mod jobs;
mod methods;
mod monitoring;
mod notifications;
mod pages;
mod problem;
mod same_origin;
mod snapshot;
mod state;
mod templates;
mod view;
mod warming;

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::error::ErrorInternalServerError;
use actix_web::middleware::{DefaultHeaders, Next, NormalizePath, from_fn};
use actix_web::{App, Error, HttpServer, web};
use bellwether_tracker::Tracker;

use crate::failure::Failure;
use crate::notifications::Post;

pub(crate) use monitoring::EventLog;
pub(crate) use state::State;
pub(crate) use warming::start_worker;

/// The largest file or form that is read, in bytes.
pub(crate) const MAX_UPLOAD: usize = 32 << 20;

/// How long running requests may take to end after the signal to stop.
const FAREWELL: Duration = Duration::from_secs(20);

/// Nothing but this origin, no inline script, no frames.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

fn routes(app: &mut web::ServiceConfig) {
    assets::routes(app);
    health::routes(app);
    monitoring::routes(app);
    api::explain(app);
    api::routes(app);
    cache::routes(app);
    jobs::routes(app);
    events::routes(app);
    notifications::routes(app);
    pages::routes(app);
}

/// Binds the address at once, so that its port is known before anything is served.
pub(crate) fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    let listen = |source| Failure::Listen { address, source };
    let listener = TcpListener::bind(address).map_err(listen)?;
    listener.set_nonblocking(true).map_err(listen)?;
    Ok(listener)
}

/// What requests and jobs share.
pub(crate) fn state(tracker: Tracker, hosts: Vec<String>, log: EventLog, post: Post) -> web::Data<State> {
    web::Data::new(State::new(tracker, hosts, log).posting_by(post))
}

/// Serves until SIGTERM, after which running requests end first, or SIGINT, which breaks them off.
pub(crate) async fn serve(listener: TcpListener, state: web::Data<State>) -> Result<(), Failure> {
    let observing = tokio::spawn(monitoring::observe(state.clone()));
    let watched = state.clone();
    tokio::spawn(async move {
        signal_to_stop().await;
        // They would be waited for, and have no end of their own.
        watched.events.end();
    });
    server(listener, state)?.await?;
    observing.abort();
    Ok(())
}

fn server(listener: TcpListener, state: web::Data<State>) -> std::io::Result<Server> {
    let connected = state.clone();
    let server = HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            .wrap(from_fn(to_the_end))
            .wrap(from_fn(same_origin::guard))
            .wrap(NormalizePath::trim())
            .wrap(
                DefaultHeaders::new()
                    .add(("content-security-policy", CONTENT_POLICY))
                    .add(("x-content-type-options", "nosniff"))
                    .add(("referrer-policy", "same-origin"))
                    .add(("cross-origin-opener-policy", "same-origin"))
                    .add(("permissions-policy", "camera=(), geolocation=(), microphone=()")),
            )
            .wrap(from_fn(monitoring::measure))
            .configure(routes)
            .default_service(web::to(pages::not_found))
    })
    .on_connect(move |_, connection| connected.monitoring.requests.connected(connection))
    // Who is gone is noticed at once, not when something is next written: an open event stream is to cost nothing then.
    .h1_allow_half_closed(false)
    .shutdown_timeout(FAREWELL.as_secs())
    .listen(listener)?;
    Ok(server.run())
}

/// A request that changes something is carried out to its end, with all that follows from it, even when whoever sent
/// it is gone before.
async fn to_the_end(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if request.method().is_safe() {
        return next.call(request).await;
    }
    let carried_out = actix_web::rt::spawn(async move { next.call(request).await });
    carried_out.await.map_err(ErrorInternalServerError)?
}

/// Until the process is told to stop, which the server hears by itself.
async fn signal_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminated.recv() => return,
                _ = tokio::signal::ctrl_c() => return,
            }
        }
    }
    // Where signals cannot be heard, streams end with the process.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
