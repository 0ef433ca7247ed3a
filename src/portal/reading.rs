//! Messages are read whole, in memory, so how many octets of them are held at once is bounded: a page waits for its
//! share, and the share is given back when the page or download has been sent.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::io::ReaderStream;

use super::fault::Fault;
use super::state::Limits;
use crate::domain::record::Content;
use crate::intake::{self, ReadOptions};
use crate::store::Letter;

/// One permit stands for this many octets.
const UNIT: u64 = 1 << 10;
/// A message read is there as it came, and again decoded: text, HTML, and the part asked for.
const COPIES: u64 = 3;
/// How long a page waits for its share before it says that there is too much to do.
const PATIENCE: Duration = Duration::from_secs(20);

/// The memory for messages.
#[derive(Debug)]
pub(super) struct Reading {
    messages: Budget,
    uploads: Budget,
}

#[derive(Debug)]
struct Budget {
    permits: Arc<Semaphore>,
    all: u32,
    patience: Duration,
}

/// A share of the memory, given back when dropped.
#[derive(Debug)]
pub(super) struct Share {
    _permit: OwnedSemaphorePermit,
}

impl Budget {
    fn new(octets: u64, patience: Duration) -> Self {
        let all = u32::try_from(octets.div_ceil(UNIT)).unwrap_or(u32::MAX).max(1);
        let permits = usize::try_from(all).unwrap_or(Semaphore::MAX_PERMITS).min(Semaphore::MAX_PERMITS);
        Self { permits: Arc::new(Semaphore::new(permits)), all, patience }
    }

    /// What is larger than all there is takes all there is, and so goes alone.
    async fn take(&self, octets: u64) -> Result<Share, Fault> {
        let wanted = u32::try_from(octets.div_ceil(UNIT)).unwrap_or(u32::MAX).clamp(1, self.all);
        let permit = tokio::time::timeout(self.patience, Arc::clone(&self.permits).acquire_many_owned(wanted));
        match permit.await {
            Ok(Ok(permit)) => Ok(Share { _permit: permit }),
            _ => Err(Fault::busy()),
        }
    }
}

impl Reading {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            messages: Budget::new(limits.reading_memory, PATIENCE),
            uploads: Budget::new(limits.upload_memory, PATIENCE),
        }
    }

    /// The share for a message of this size.
    pub(super) async fn message(&self, octets: u64) -> Result<Share, Fault> {
        self.messages.take(octets.saturating_mul(COPIES)).await
    }

    /// The share for something that is handed on as it is.
    pub(super) async fn octets(&self, octets: u64) -> Result<Share, Fault> {
        self.messages.take(octets).await
    }

    /// The share for a form of this size.
    pub(super) async fn upload(&self, octets: u64) -> Result<Share, Fault> {
        self.uploads.take(octets).await
    }
}

/// Reads a message away from the threads that serve.
/// With the seals that are kept of it; whoever calls need not say them.
pub(super) async fn content(letter: Letter, options: ReadOptions) -> Result<Content, Fault> {
    let read = move || {
        let options = ReadOptions { seals: letter.seals, ..options };
        intake::read_with(&letter.raw, &intake::Limits::default(), &options)
    };
    tokio::task::spawn_blocking(read).await.map_err(|_| Fault::internal("a message could not be read"))
}

/// A body that gives its share back when it has been sent, or nobody wants it any more.
pub(super) fn body(bytes: Bytes, share: Share) -> Body {
    Body::from_stream(ReaderStream::with_capacity(Held { rest: bytes, _share: share }, 64 << 10))
}

struct Held {
    rest: Bytes,
    _share: Share,
}

impl AsyncRead for Held {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let now = self.rest.len().min(into.remaining());
        into.put_slice(&self.rest.split_to(now));
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_does_not_fit_waits_and_then_hears_that_it_is_too_much() {
        let budget = Budget::new(10 << 10, Duration::from_millis(5));
        let whole = budget.take(1 << 40).await.unwrap();
        assert!(budget.take(1).await.is_err());
        drop(whole);
        let (a, b) = (budget.take(5 << 10).await.unwrap(), budget.take(5 << 10).await.unwrap());
        assert!(budget.take(0).await.is_err());
        drop((a, b));
        assert!(budget.take(0).await.is_ok());
    }
}
