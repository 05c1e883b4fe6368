//! The listening socket and the threads behind it.
//!
//! Connections are accepted here rather than by actix-server, so that faults can reach below HTTP and the service
//! can vanish from its port and come back.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_http::{HttpService, Protocol};
use actix_service::{IntoServiceFactory, Service as _, ServiceFactory, map_config};
use actix_web::dev::AppConfig;
use actix_web::{App, web};
use tokio::net::TcpStream;
use tokio::sync::{oneshot, watch};
use tokio::task::LocalSet;

use crate::config::SimError;
use crate::connection::Connection;
use crate::http;
use crate::service::Service;

/// How long an opened connection may say nothing.
const FIRST_WORD: Duration = Duration::from_secs(60);

/// The way in.
#[derive(Debug)]
pub(super) struct Door {
    service: Arc<Service>,
    address: SocketAddr,
    workers: usize,
    open: Mutex<Option<Open>>,
    state: watch::Sender<bool>,
}

#[derive(Debug)]
struct Open {
    stop: watch::Sender<bool>,
    ended: Vec<oneshot::Receiver<()>>,
}

impl Door {
    /// Listens and starts the workers.
    pub(super) fn open(service: Arc<Service>, address: SocketAddr, workers: usize) -> Result<Self, SimError> {
        let failed = |source| SimError::Listen { address, source };
        let listener = TcpListener::bind(address).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let open = start(&service, &listener, workers)?;
        Ok(Self { service, address, workers, open: Mutex::new(Some(open)), state: watch::Sender::new(true) })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops listening and cuts all connections.
    pub(super) async fn close(&self) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Open { stop, ended }) = open else { return };
        stop.send_replace(true);
        for worker in ended {
            // An error means that the worker's thread is gone already.
            let _ = worker.await;
        }
        self.state.send_replace(false);
    }

    /// Listens again at the same address.
    pub(super) fn reopen(&self) -> Result<(), SimError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.is_none() {
            let failed = |source| SimError::Listen { address: self.address, source };
            let listener = TcpListener::bind(self.address).map_err(failed)?;
            *open = Some(start(&self.service, &listener, self.workers)?);
            self.state.send_replace(true);
        }
        Ok(())
    }

    /// Waits until it is closed.
    pub(super) async fn closed(&self) {
        let mut state = self.state.subscribe();
        // An error means that the door is gone, which is closed as well.
        let _ = state.wait_for(|open| !open).await;
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        if let Some(open) = self.open.lock().unwrap_or_else(PoisonError::into_inner).take() {
            open.stop.send_replace(true);
        }
    }
}

fn start(service: &Arc<Service>, listener: &TcpListener, workers: usize) -> Result<Open, SimError> {
    listener.set_nonblocking(true).map_err(SimError::Worker)?;
    let stop = watch::Sender::new(false);
    let mut ended = Vec::with_capacity(workers);
    for number in 0..workers {
        let listener = listener.try_clone().map_err(SimError::Worker)?;
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(SimError::Worker)?;
        let (service, stopped) = (service.clone(), stop.subscribe());
        let (end, worker) = oneshot::channel();
        std::thread::Builder::new()
            .name(format!("yahoo-sim-{number}"))
            .spawn(move || {
                let connections = LocalSet::new();
                // A worker that cannot register its socket ends; the others go on.
                let _ = connections.block_on(&runtime, accept(listener, service, stopped));
                drop(connections);
                drop(runtime);
                let _ = end.send(());
            })
            .map_err(SimError::Worker)?;
        ended.push(worker);
    }
    Ok(Open { stop, ended })
}

/// Accepts connections and serves each, until told to stop.
async fn accept(
    listener: TcpListener,
    service: Arc<Service>,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let data = web::Data::from(service);
    let app = App::new().app_data(data).configure(http::configure).into_factory();
    let server = HttpService::<Connection, _, _>::build()
        .keep_alive(Duration::from_secs(75))
        .client_request_timeout(Duration::from_secs(30))
        .on_connect_ext(|connection: &Connection, data| {
            data.insert(connection.tap());
        })
        .finish(map_config(app, |()| AppConfig::default()));
    let Ok(server) = server.new_service(()).await else { return Ok(()) };
    let server = std::rc::Rc::new(server);
    loop {
        let accepted = tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => return Ok(()),
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, peer)) = accepted else {
            // Too many open files, or a client that left at once: neither concerns the next one.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let server = server.clone();
        tokio::task::spawn_local(async move {
            let _ = stream.set_nodelay(true);
            let Ok(Some(protocol)) = tokio::time::timeout(FIRST_WORD, protocol(&stream)).await else {
                return;
            };
            // How a connection ends is the client's affair, or was arranged by a fault.
            let connection = Connection::new(stream, protocol == Protocol::Http2);
            let _ = server.call((connection, protocol, Some(peer))).await;
        });
    }
}

/// What a client speaks: HTTP/2 begins with a line of its own. `None` when it left without a word.
async fn protocol(stream: &TcpStream) -> Option<Protocol> {
    let mut first = [0; 3];
    match stream.peek(&mut first).await {
        Ok(0) | Err(_) => None,
        Ok(_) if first == *b"PRI" => Some(Protocol::Http2),
        Ok(_) => Some(Protocol::Http1),
    }
}
