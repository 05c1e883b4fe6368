//! The web server: what answers which address.

mod access;
mod account;
mod api;
mod assets;
mod cache;
mod caller;
mod error_page;
mod events;
mod file_form;
mod filled;
mod front;
mod health;
mod imports;
mod in_process;
mod indices;
mod jobs;
mod ledger;
mod locale;
mod methods;
mod monitoring;
mod notifications;
mod pages;
mod portfolio;
mod problem;
mod provider_sign_in;
mod same_origin;
mod shared;
mod sign_in;
mod snapshot;
mod start;
mod state;
mod templates;
mod view;
mod warming;
mod weights;

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::{App, Error, HttpServer, web};
use bellwether_tracker::Tracker;

use crate::failure::Failure;
use crate::notifications::Post;

pub(crate) use access::{Entry, Proxies};
pub(crate) use in_process::InProcess;
pub(crate) use monitoring::EventLog;
pub(crate) use state::State;
pub(crate) use warming::start_worker;

/// The largest file or form that is read, in bytes.
pub(crate) const MAX_UPLOAD: usize = 32 << 20;

/// How long running requests may take to end after the signal to stop.
const FAREWELL: Duration = Duration::from_secs(20);

/// Addresses are tried in this order, each with a name in it by a regular expression: what is asked for most comes first.
fn routes(app: &mut web::ServiceConfig) {
    pages::dashboards(app);
    api::explain(app);
    api::routes(app);
    assets::routes(app);
    health::routes(app);
    monitoring::routes(app);
    api::openapi::routes(app);
    api::docs::routes(app);
    api::accounts::routes(app);
    api::portfolios::routes(app);
    api::transactions::routes(app);
    api::changes::routes(app);
    api::indices::routes(app);
    ledger::routes(app);
    indices::routes(app);
    cache::routes(app);
    jobs::routes(app);
    events::routes(app);
    notifications::routes(app);
    sign_in::routes(app);
    provider_sign_in::routes(app);
    account::routes(app);
    shared::routes(app);
    api::imports::routes(app);
    api::reconciliation::routes(app);
    imports::routes(app);
    portfolio::routes(app);
    start::routes(app);
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
pub(crate) fn state(
    tracker: Tracker,
    hosts: Vec<String>,
    log: EventLog,
    post: Post,
    entry: Entry,
) -> web::Data<State> {
    web::Data::new(State::new(tracker, hosts, log).posting_by(post).entered_by(entry))
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

/// What answers requests, whichever way they come.
fn app(
    state: web::Data<State>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(state)
        .wrap(from_fn(api::envelope::pass))
        .wrap(from_fn(api::idempotency::pass))
        .wrap(from_fn(access::guard))
        .wrap(from_fn(front::pass))
        .configure(routes)
        .default_service(web::to(pages::not_found))
}

fn server(listener: TcpListener, state: web::Data<State>) -> std::io::Result<Server> {
    server_with(listener, state, |_| {})
}

/// With more addresses than there are.
fn server_with(
    listener: TcpListener,
    state: web::Data<State>,
    more: fn(&mut web::ServiceConfig),
) -> std::io::Result<Server> {
    let connected = state.clone();
    let server = HttpServer::new(move || app(state.clone()).configure(more))
        .on_connect(move |_, connection| connected.monitoring.requests.connected(connection))
        // Who is gone is noticed at once, not when something is next written: an open event stream is to cost nothing then.
        .h1_allow_half_closed(false)
        .shutdown_timeout(FAREWELL.as_secs())
        .listen(listener)?;
    Ok(server.run())
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
