//! Listens, answers, stops, and can be taken away and given back.

mod door;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bellwether_domain::{CorporateAction, Symbol};
use bytes::Bytes;
use chrono::NaiveDate;

use crate::ask::Ask;
use crate::clock::SimClock;
use crate::config::{Behaviour, SimConfig, SimError};
use crate::counters::{Counters, LogEntry, Mark};
use crate::faults::FaultRule;
use crate::market::{Market, Truth};
use crate::service::Service;
use door::Door;

/// A Yahoo Finance on this machine.
#[derive(Debug)]
pub struct Simulator;

impl Simulator {
    /// Starts a simulator on threads of its own; it is reachable when this returns. May be called from anywhere,
    /// with or without an async runtime.
    ///
    /// # Errors
    /// [`SimError`] when the address is not permitted or taken, or the recorded answers cannot be read.
    #[expect(clippy::needless_pass_by_value, reason = "a configuration is made for one simulator")]
    pub fn spawn(config: SimConfig) -> Result<SimHandle, SimError> {
        if !config.allow_remote && !config.listen.ip().is_loopback() {
            return Err(SimError::NotLoopback(config.listen));
        }
        let service = Arc::new(Service::new(&config)?);
        let door = Door::open(service.clone(), config.listen, config.workers.max(1))?;
        Ok(SimHandle { addr: door.address(), service, door })
    }
}

/// A running simulator. Dropping it stops it.
#[derive(Debug)]
pub struct SimHandle {
    /// Where it listens.
    pub addr: SocketAddr,
    service: Arc<Service>,
    door: Door,
}

impl SimHandle {
    /// The base of all URLs, such as `http://127.0.0.1:41234`, in the place of every Yahoo host.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Its clock.
    pub fn clock(&self) -> &SimClock {
        &self.service.clock
    }

    /// Its market.
    pub fn market(&self) -> &Market {
        &self.service.market
    }

    /// What a client ought to have stored; see [`Market::truth`].
    pub fn truth(&self, symbol: &Symbol, from: NaiveDate, to: NaiveDate, as_of: NaiveDate) -> Option<Truth> {
        self.service.market.truth(symbol, from, to, as_of)
    }

    /// Adds a split or dividend; see [`Market::plan`].
    pub fn plan(&self, action: CorporateAction) {
        self.service.market.plan(action);
    }

    /// Status and body of the answer to a GET of a path and query, without HTTP, limits and faults, and without being
    /// counted.
    pub fn answer(&self, target: &str) -> (u16, Bytes) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let answer = self.service.answer_quietly(&Ask::of_target(path, query));
        (answer.status, answer.body)
    }

    /// What it has been asked.
    pub fn counters(&self) -> Counters {
        self.service.ledger.counters(self.service.blocked_now())
    }

    /// Calls to all endpoints since the start or the last reset.
    pub fn calls(&self) -> u64 {
        self.counters().since_start.total.calls
    }

    /// Begins a new stretch of counting.
    pub fn mark(&self, name: &str) {
        use bellwether_domain::Clock;
        self.service.ledger.mark(name, self.service.clock.now());
    }

    /// The marks, oldest first.
    pub fn marks(&self) -> Vec<Mark> {
        self.service.ledger.marks()
    }

    /// Calls since the last mark of a name; `None` without one.
    pub fn calls_since(&self, name: &str) -> Option<u64> {
        self.marks().iter().rev().find(|mark| mark.name == name).map(|mark| mark.calls_since)
    }

    /// The calls with a greater number than `sequence`; of 10,000 at most, the latest.
    pub fn log_since(&self, sequence: u64) -> Vec<LogEntry> {
        self.service.ledger.log_since(sequence)
    }

    /// How it behaves.
    pub fn behaviour(&self) -> Behaviour {
        (*self.service.behaviour()).clone()
    }

    /// Behaves otherwise from now on.
    pub fn set_behaviour(&self, behaviour: Behaviour) {
        self.service.set_behaviour(behaviour);
    }

    /// Changes some of its behaviour.
    pub fn adjust(&self, change: impl FnOnce(&mut Behaviour)) {
        let mut behaviour = self.behaviour();
        change(&mut behaviour);
        self.set_behaviour(behaviour);
    }

    /// Replaces the fault plan; its calls are counted anew.
    pub fn set_faults(&self, rules: Vec<FaultRule>) {
        self.service.set_faults(rules);
    }

    /// Blocks a client: the address it comes from, or the name in its header `x-sim-client`.
    pub fn block(&self, client: &str, seconds: i64) {
        self.service.block(client, seconds);
    }

    /// Makes all crumbs invalid.
    pub fn expire_crumbs(&self) {
        self.service.expire_crumbs();
    }

    /// Forgets counters, marks, log, blocks, cookies and what faults have done; seed, clock, behaviour and rules
    /// stay.
    pub fn reset(&self) {
        self.service.reset();
    }

    /// Takes the service away: connections break and new ones are refused.
    pub async fn pause(&self) {
        self.door.close().await;
    }

    /// Gives it back on the same port.
    ///
    /// # Errors
    /// [`SimError::Listen`] when somebody else has taken the port meanwhile.
    pub fn resume(&self) -> Result<(), SimError> {
        self.door.reopen()
    }

    /// Stops it; requests in flight are cut.
    pub async fn stop(self) {
        self.door.close().await;
    }

    /// Serves until the process is interrupted or, where there is such a thing, asked to terminate; then stops.
    ///
    /// # Errors
    /// What the system says when signals cannot be listened for.
    pub async fn until_signalled(self) -> io::Result<()> {
        #[cfg(unix)]
        let told = async {
            use tokio::signal::unix::{SignalKind, signal};
            let mut terminate = signal(SignalKind::terminate())?;
            tokio::select! {
                interrupted = tokio::signal::ctrl_c() => interrupted,
                _ = terminate.recv() => Ok(()),
            }
        };
        #[cfg(not(unix))]
        let told = tokio::signal::ctrl_c();
        let told = told.await;
        self.stop().await;
        told
    }

    /// Waits until it is stopped from elsewhere, which for a program means for ever.
    pub async fn run(&self) {
        self.door.closed().await;
    }
}
