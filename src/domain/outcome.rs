//! What one attempt at sending came to, and what follows from it.

use jiff::Timestamp;

use super::reply::OutboxState;
use super::schedule::Schedule;
use super::status::Status;

/// What one attempt came to. The details are for an admin: host, phase and answer, no address or content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server said 2xx after the final dot.
    Sent {
        /// Host and answer.
        detail: String,
    },
    /// Another attempt may do better: no connection, no TLS that meets the policy, a 4xx.
    Deferred {
        /// The server's answer, if it gave one.
        status: Option<Status>,
        /// Host, phase and answer.
        detail: String,
    },
    /// 5xx: this address will not take it.
    Rejected {
        /// The server's answer.
        status: Status,
        /// Host, phase and answer.
        detail: String,
    },
    /// The connection was lost after the final dot.
    Unsure {
        /// Host and what was seen.
        detail: String,
    },
}

/// What becomes of the item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Its new state.
    pub state: OutboxState,
    /// When it is tried again; `None` when it is not.
    pub next_attempt: Option<Timestamp>,
}

impl Outcome {
    /// For the admin.
    #[must_use]
    pub fn detail(&self) -> &str {
        match self {
            Self::Sent { detail }
            | Self::Deferred { detail, .. }
            | Self::Rejected { detail, .. }
            | Self::Unsure { detail } => detail,
        }
    }

    /// The server's answer, when it was not a yes.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        match self {
            Self::Deferred { status, .. } => *status,
            Self::Rejected { status, .. } => Some(*status),
            Self::Sent { .. } | Self::Unsure { .. } => None,
        }
    }

    /// What this outcome does to an item queued at `queued` whose `attempts`th attempt (from 1) ended at `now`.
    #[must_use]
    pub fn verdict(&self, schedule: &Schedule, queued: Timestamp, attempts: u32, now: Timestamp) -> Verdict {
        let again = || schedule.next(queued, attempts, now);
        match self {
            Self::Sent { .. } => Verdict { state: OutboxState::Sent, next_attempt: None },
            Self::Rejected { .. } => Verdict { state: OutboxState::Failed, next_attempt: None },
            Self::Deferred { .. } => match again() {
                Some(at) => Verdict { state: OutboxState::Waiting, next_attempt: Some(at) },
                None => Verdict { state: OutboxState::Failed, next_attempt: None },
            },
            Self::Unsure { .. } => Verdict { state: OutboxState::Unsure, next_attempt: again() },
        }
    }
}
