//! What is remembered of one clamd.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::session::Fault;
use crate::domain::endpoint::Endpoint;

/// How long one that has failed is left alone: it is found again soon after it came back.
const LEFT_ALONE: Duration = Duration::from_secs(5);
/// The same of one that took its whole time and said nothing: messages that wait for it, and those behind them, are held
/// up no more often than this.
const LEFT_ALONE_SILENT: Duration = Duration::from_mins(1);

/// One clamd.
pub(super) struct Server {
    pub(super) endpoint: Endpoint,
    down: Mutex<Option<Down>>,
}

struct Down {
    until: Instant,
    why: String,
}

impl Server {
    pub(super) fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, down: Mutex::new(None) }
    }

    /// Why it is not asked now.
    pub(super) fn down(&self, now: Instant) -> Option<String> {
        let down = self.down.lock().unwrap_or_else(PoisonError::into_inner);
        down.as_ref().filter(|down| now < down.until).map(|down| down.why.clone())
    }

    /// Whether it answered when it was asked last, or was never asked.
    pub(super) fn is_up(&self) -> bool {
        self.down.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    pub(super) fn answered(&self) {
        *self.down.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(super) fn failed(&self, now: Instant, fault: &Fault) {
        let time = if matches!(fault, Fault::Silent) { LEFT_ALONE_SILENT } else { LEFT_ALONE };
        let down = Down { until: now + time, why: fault.to_string() };
        *self.down.lock().unwrap_or_else(PoisonError::into_inner) = Some(down);
    }
}
