//! What is remembered of one clamd.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::endpoint::Endpoint;

/// How long one that has failed is left alone: messages wait for it no more often than this, and it is found again soon
/// after it came back.
const LEFT_ALONE: Duration = Duration::from_secs(5);

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

    pub(super) fn failed(&self, now: Instant, why: String) {
        *self.down.lock().unwrap_or_else(PoisonError::into_inner) = Some(Down { until: now + LEFT_ALONE, why });
    }
}
