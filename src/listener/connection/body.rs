//! The body of a message, from the socket into the spool: by DATA to its final dot, by BDAT chunk after chunk, in the
//! time that it may take and at the rate that it must have.

use std::io;
use std::time::Duration;

use bytes::Buf;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::{Instant, timeout_at};

use super::Connection;
use crate::domain::status::{Class, Refusal};
use crate::listener::accept::Settings;
use crate::listener::spool::{Spool, SpoolFault};
use crate::smtp::body::{ChunkReader, DataReader};

/// Read at once within a body.
const BODY_READ: usize = 32 * 1024;

/// A body being received, by DATA or by one BDAT after another.
pub(super) struct Body {
    /// None once it has failed: the rest is read and thrown away.
    pub spool: Option<Spool>,
    failed: Option<Refusal>,
    /// Octets so far, kept or not: a refusal for size names the whole.
    seen: u64,
    chunks: ChunkReader,
    pub name: String,
    began: Instant,
    /// Octets that have come, of the body or doubled dots.
    arrived: u64,
}

impl Connection {
    fn body(&mut self) -> Box<Body> {
        let limit = self.state.body_limit(&self.settings.session);
        self.body.take().unwrap_or_else(|| {
            Box::new(Body {
                spool: Some(Spool::new(limit, None)),
                failed: None,
                seen: 0,
                chunks: ChunkReader::default(),
                name: self.inbound.spool_name(),
                began: Instant::now(),
                arrived: 0,
            })
        })
    }

    /// DATA: everything up to the final dot, whatever becomes of it.
    pub(super) async fn read_data<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> io::Result<Result<u64, Refusal>> {
        let mut body = self.body();
        let mut reader = DataReader::default();
        let mut thrown_away = Vec::new();
        loop {
            if self.input.is_empty() {
                self.more(stream, body.by(&self.settings)).await?;
            }
            let sink = body.spool.as_mut().map_or(&mut thrown_away, Spool::memory);
            let before = sink.len();
            let progress = reader.read(&self.input, sink);
            body.seen += (sink.len() - before) as u64;
            body.arrived += progress.consumed as u64;
            self.input.advance(progress.consumed);
            thrown_away.clear();
            if let Some(fault) = reader.fault() {
                body.fail(fault.into());
            }
            body.settle(&self.settings).await;
            if progress.ended {
                return Ok(self.put_back(body));
            }
        }
    }

    /// BDAT: exactly `size` octets, kept or not.
    pub(super) async fn read_chunk<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        size: u64,
        last: bool,
        keep: bool,
    ) -> io::Result<Result<u64, Refusal>> {
        if !keep {
            return self.pass_over(stream, size).await.map(Ok);
        }
        let mut body = self.body();
        let mut thrown_away = Vec::new();
        body.chunks.begin(size);
        let mut left = size;
        while left > 0 {
            if self.input.is_empty() {
                self.more(stream, body.by(&self.settings)).await?;
            }
            let sink = body.spool.as_mut().map_or(&mut thrown_away, Spool::memory);
            let progress = body.chunks.read(&self.input, sink);
            self.input.advance(progress.consumed);
            thrown_away.clear();
            left -= progress.consumed as u64;
            body.seen += progress.consumed as u64;
            body.arrived += progress.consumed as u64;
            body.settle(&self.settings).await;
        }
        if last {
            body.chunks.finish();
        }
        if let Some(fault) = body.chunks.fault() {
            body.fail(fault.into());
        }
        Ok(self.put_back(body))
    }

    /// Octets of a chunk that nobody wants.
    async fn pass_over<S: AsyncRead + Unpin>(&mut self, stream: &mut S, size: u64) -> io::Result<u64> {
        let began = Instant::now();
        let mut left = size;
        while left > 0 {
            if self.input.is_empty() {
                self.more(stream, by(began, size - left, &self.settings)).await?;
            }
            let piece = self.input.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            self.input.advance(piece);
            left -= piece as u64;
        }
        Ok(0)
    }

    fn put_back(&mut self, body: Box<Body>) -> Result<u64, Refusal> {
        let result = match (&body.failed, &body.spool) {
            (None, Some(spool)) => Ok(spool.size()),
            (Some(Refusal { class: Class::TooLarge { limit, .. }, cause, .. }), _) => {
                Err(Refusal::new(Class::TooLarge { size: Some(body.seen), limit: *limit }, cause.clone()))
            }
            (Some(refusal), _) => Err(refusal.clone()),
            (None, None) => Err(Refusal::new(Class::Unavailable, "no body was spooled")),
        };
        self.body = Some(body);
        result
    }

    /// Waits for more of a body. A peer that takes too long loses the connection: there is no command to answer.
    async fn more<S: AsyncRead + Unpin>(&mut self, stream: &mut S, until: Instant) -> io::Result<()> {
        self.input.reserve(BODY_READ);
        let by = until.min(Instant::now() + self.settings.timeouts.data);
        match timeout_at(by, stream.read_buf(&mut self.input)).await?? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

impl Body {
    /// The first failure stands; what is spooled goes at once.
    fn fail(&mut self, refusal: Refusal) {
        self.spool = None;
        self.failed.get_or_insert(refusal);
    }

    /// When the next octets must have come, if they are to come in time.
    pub fn by(&self, settings: &Settings) -> Instant {
        by(self.began, self.arrived, settings)
    }

    async fn settle(&mut self, settings: &Settings) {
        if let Some(spool) = &mut self.spool
            && let Err(fault) = spool.settle(&settings.spool, &self.name).await
        {
            self.fail(refusal(fault));
        }
    }
}

/// The end of the time for a body, or of what it has earned by its rate so far, whichever is first.
fn by(began: Instant, arrived: u64, settings: &Settings) -> Instant {
    let earned = Duration::from_secs(arrived / settings.min_rate.max(1));
    began + settings.timeouts.body.min(settings.timeouts.data.saturating_add(earned))
}

pub(super) fn refusal(fault: SpoolFault) -> Refusal {
    match fault {
        SpoolFault::TooLarge { size, limit } => {
            Refusal::new(Class::TooLarge { size: Some(size), limit }, "larger than the limit of the listener")
        }
        SpoolFault::File(error) => {
            let class = match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Class::StorageFull,
                _ => Class::Unavailable,
            };
            Refusal::new(class, format!("spool file: {error}"))
        }
    }
}
