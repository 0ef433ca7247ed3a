//! Whether any DNS server answers at all. What nothing depends on is not waited for where none does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hickory_resolver::TokioResolver;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::rr::{Name, RecordType};
use tokio::runtime::Handle;
use tracing::{info, warn};

/// How long it is believed that nobody answers.
const BELIEVED: Duration = Duration::from_secs(30);

/// Asks in the background whether somebody answers; whoever wants to know is told at once what is known.
#[derive(Clone)]
pub(super) struct Presence(Arc<State>);

struct State {
    /// Asks without a memory.
    resolver: TokioResolver,
    /// Whether only a server counts that knows the root: without one nothing can be validated, and every answer is
    /// trouble, however fast it comes.
    root: bool,
    answers: AtomicBool,
    /// Whether the log says that nobody does.
    told: AtomicBool,
    asked: Mutex<Option<Instant>>,
}

impl Presence {
    /// Nobody answers until somebody has.
    pub fn new(resolver: TokioResolver, root: bool) -> Self {
        let (answers, told) = (AtomicBool::new(false), AtomicBool::new(false));
        let presence = Self(Arc::new(State { resolver, root, answers, told, asked: Mutex::new(None) }));
        presence.ask();
        presence
    }

    /// Whether somebody answers, as far as is known. Where nobody did, it is asked again now and then.
    pub fn is_there(&self) -> bool {
        let there = self.0.answers.load(Ordering::Relaxed);
        if !there {
            self.ask();
        }
        there
    }

    /// Somebody has answered.
    pub fn answered(&self) {
        // Read first: every look-up comes here, and a write takes the line from all other cores.
        if !self.0.answers.load(Ordering::Relaxed) {
            self.0.answers.store(true, Ordering::Relaxed);
        }
    }

    /// Nobody answered in time. That may be one slow domain: the servers themselves are asked.
    pub fn silent(&self) {
        self.ask();
    }

    fn ask(&self) {
        let Ok(runtime) = Handle::try_current() else { return };
        {
            let mut asked = self.0.asked.lock().unwrap_or_else(PoisonError::into_inner);
            if asked.is_some_and(|at| at.elapsed() < BELIEVED) {
                return;
            }
            *asked = Some(Instant::now());
        }
        let state = self.0.clone();
        runtime.spawn(async move {
            let found = state.resolver.lookup(Name::root(), RecordType::NS).await;
            let spoke = matches!(found, Err(NetError::Dns(DnsError::NoRecordsFound(_) | DnsError::ResponseCode(_))));
            match found {
                found if found.is_ok() || (spoke && !state.root) => {
                    state.answers.store(true, Ordering::Relaxed);
                    if state.told.swap(false, Ordering::Relaxed) {
                        info!("DNS answers again");
                    }
                }
                found => {
                    state.answers.store(false, Ordering::Relaxed);
                    if !state.told.swap(true, Ordering::Relaxed) {
                        let error = found.err().map(|error| error.to_string()).unwrap_or_default();
                        warn!(%error, "no DNS server answers as it should; senders that DNS must prove may have to wait");
                    }
                }
            }
        });
    }
}
