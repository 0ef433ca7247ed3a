//! Connections that are open, shared by all deliveries to one target under one rule.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::domain::office::RelayTls;
use crate::relay::connection::Connection;
use crate::relay::settings::Limits;
use crate::relay::target::Target;

/// One way to one host. The rule is part of it: a connection made under a weaker one is never taken for a stronger.
pub(super) type Way = (Target, RelayTls);

/// All ways.
pub(super) struct Pool {
    limits: Limits,
    hosts: Mutex<HashMap<Way, Arc<Host>>>,
}

struct Host {
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
    /// When no connection could be made, and why.
    down: Mutex<Option<(Instant, String)>>,
}

/// Deliveries that wait for a host that is down take the last one's word for it, so that they do not wait one after the
/// other while mail for other hosts waits behind them. Short, so that an admin who has put it right need not wait.
const DOWN: Duration = Duration::from_secs(5);

/// Leave to hold one connection to a host.
pub(super) struct Slot {
    host: Arc<Host>,
    limits: Limits,
    _permit: OwnedSemaphorePermit,
}

impl Pool {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, hosts: Mutex::default() }
    }

    /// Waits until fewer connections than the limit are in use.
    pub(super) async fn slot(&self, way: Way) -> Option<Slot> {
        let host = Arc::clone(lock(&self.hosts).entry(way).or_insert_with(|| {
            Arc::new(Host {
                permits: Arc::new(Semaphore::new(self.limits.connections_per_target.max(1))),
                idle: Mutex::default(),
                down: Mutex::default(),
            })
        }));
        let permit = Arc::clone(&host.permits).acquire_owned().await.ok()?;
        Some(Slot { host, limits: self.limits.clone(), _permit: permit })
    }

    /// Closes what has been idle for too long (`all`: everything), and forgets hosts that nobody uses.
    pub(super) fn sweep(&self, all: bool) {
        let mut old = Vec::new();
        lock(&self.hosts).retain(|_, host| {
            let mut idle = lock(&host.idle);
            old.extend(idle.extract_if(.., |c| all || c.answered.elapsed() >= self.limits.idle));
            !idle.is_empty() || Arc::strong_count(host) > 1
        });
        old.into_iter().for_each(Connection::quit);
    }
}

impl Slot {
    /// A connection that was used before, and is not known to be dead. `deadline` bounds the next message.
    pub(super) async fn idle(&self, deadline: Instant) -> Option<Connection> {
        loop {
            // The one used last: the others grow old and are closed.
            let mut connection = lock(&self.host.idle).pop()?;
            if connection.answered.elapsed() < self.limits.idle && connection.is_alive().await {
                connection.deadline = deadline;
                return Some(connection);
            }
            connection.quit();
        }
    }

    /// Why the last connection could not be made, if that was just now.
    pub(super) fn down(&self) -> Option<String> {
        lock(&self.host.down).as_ref().filter(|(at, _)| at.elapsed() < DOWN).map(|(_, cause)| cause.clone())
    }

    /// No connection could be made.
    pub(super) fn set_down(&self, cause: String) {
        *lock(&self.host.down) = Some((Instant::now(), cause));
    }

    /// Keeps a connection for the next message, if it has not carried its share.
    pub(super) fn keep(&self, connection: Connection) {
        if connection.messages < self.limits.messages_per_connection {
            lock(&self.host.idle).push(connection);
        } else {
            connection.quit();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
