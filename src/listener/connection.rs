//! One connection: the socket and the session machine. Reads lines, steps the machine, performs its actions. No line
//! is fed while an answer is outstanding; replies to pipelined commands leave together (RFC 2920 §3.2).

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::accept::{Settings, TlsMode};
use super::spool::{Spool, SpoolFault, Spooled};
use super::tls::Tls;
use crate::domain::envelope::Envelope;
use crate::domain::office::{Peer, TlsFacts};
use crate::domain::status::{Class, Refusal};
use crate::inbound::Inbound;
use crate::smtp::body::{ChunkReader, DataReader};
use crate::smtp::line::LineReader;
use crate::smtp::reply::Reply;
use crate::smtp::session::{Action, Event, State};

/// Read at once while a command is awaited: most commands, and little memory for those who only wait.
const COMMAND_READ: usize = 1024;
/// Read at once within a body.
const BODY_READ: usize = 32 * 1024;

/// Serves a peer until it leaves, or is asked to.
pub(super) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    settings: Arc<Settings>,
    inbound: Arc<Inbound>,
    stop: CancellationToken,
) {
    // Replies are short and awaited; a peer whose socket fails here fails at the next read, where it is noticed.
    let _ = stream.set_nodelay(true);
    let connection = Connection {
        peer: Peer { ip: peer.ip().to_canonical(), helo: String::new(), tls: None, login: None },
        state: State::default(),
        lines: LineReader::default(),
        input: BytesMut::new(),
        output: Vec::new(),
        body: None,
        settings,
        inbound,
        stop,
    };
    if let Err(error) = connection.run(stream).await {
        // Peers that vanish are everyday life: of interest to whoever looks for it.
        debug!(%error, "connection ended");
    }
}

/// How a conversation ended.
enum Ended {
    Closed,
    StartTls,
}

struct Connection {
    peer: Peer,
    state: State,
    lines: LineReader,
    input: BytesMut,
    output: Vec<u8>,
    body: Option<Box<Body>>,
    settings: Arc<Settings>,
    inbound: Arc<Inbound>,
    stop: CancellationToken,
}

/// A body being received, by DATA or by one BDAT after another.
struct Body {
    /// None once it has failed: the rest is read and thrown away.
    spool: Option<Spool>,
    failed: Option<Refusal>,
    /// Octets so far, kept or not: a refusal for size names the whole.
    seen: u64,
    chunks: ChunkReader,
    name: String,
    until: Instant,
}

impl Connection {
    async fn run(mut self, mut stream: TcpStream) -> io::Result<()> {
        let tls = match self.settings.tls.clone() {
            TlsMode::Implicit(tls) => tls,
            TlsMode::None => return self.converse(&mut stream, Event::Opened).await.map(|_| ()),
            TlsMode::Starttls(tls) => match self.converse(&mut stream, Event::Opened).await? {
                Ended::Closed => return Ok(()),
                Ended::StartTls => tls,
            },
        };
        // In a place of its own: a connection that only waits in clear does not hold room for TLS.
        Box::pin(self.encrypted(stream, tls)).await
    }

    async fn encrypted(mut self, stream: TcpStream, tls: Tls) -> io::Result<()> {
        // What came in clear after STARTTLS was said by nobody knows whom (RFC 3207 §6, CVE-2011-0411).
        self.input = BytesMut::new();
        self.lines = LineReader::default();
        let (mut stream, facts) = timeout(self.settings.timeouts.handshake, tls.accept(stream)).await??;
        self.peer.tls = Some(facts.clone());
        let event = self.after_handshake(facts);
        self.converse(&mut stream, event).await?;
        // close_notify: a peer that has gone already does not need it.
        let _ = timeout(self.settings.timeouts.write, stream.shutdown()).await;
        Ok(())
    }

    fn after_handshake(&self, facts: TlsFacts) -> Event<'static> {
        match self.settings.tls {
            TlsMode::Implicit(_) => Event::Opened,
            TlsMode::None | TlsMode::Starttls(_) => Event::Encrypted(facts),
        }
    }

    async fn converse<S>(&mut self, stream: &mut S, first: Event<'static>) -> io::Result<Ended>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        if let Some(ended) = self.step(stream, first).await? {
            return Ok(ended);
        }
        loop {
            let ended = match self.lines.next(&mut self.input) {
                Some(Ok(line)) => self.step(stream, Event::Line(Ok(&line))).await?,
                Some(Err(fault)) => self.step(stream, Event::Line(Err(fault))).await?,
                None => match self.await_command(stream).await? {
                    Some(event) => self.step(stream, event).await?,
                    None => None,
                },
            };
            if let Some(ended) = ended {
                return Ok(ended);
            }
        }
    }

    /// Waits for octets; or says what came instead of them.
    async fn await_command<S>(&mut self, stream: &mut S) -> io::Result<Option<Event<'static>>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        self.flush(stream).await?;
        if self.input.is_empty() && self.input.capacity() > 2 * COMMAND_READ {
            self.input = BytesMut::new();
        }
        self.input.reserve(COMMAND_READ);
        let stop = self.stop.clone();
        tokio::select! {
            read = timeout(self.settings.timeouts.command, stream.read_buf(&mut self.input)) => match read {
                Err(_) => Ok(Some(Event::TimedOut)),
                Ok(Ok(0)) => Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => read.map(|_| None),
            },
            () = stop.cancelled() => Ok(Some(Event::Stop)),
        }
    }

    /// Steps the machine with this event, and with each answer that its actions ask for.
    async fn step<S>(&mut self, stream: &mut S, event: Event<'_>) -> io::Result<Option<Ended>>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let mut answer = self.perform(stream, event).await?;
        loop {
            match answer {
                Next::Event(event) => answer = self.perform(stream, *event).await?,
                Next::Line => return Ok(None),
                Next::End(ended) => {
                    self.flush(stream).await?;
                    return Ok(Some(ended));
                }
            }
        }
    }

    async fn perform<S>(&mut self, stream: &mut S, event: Event<'_>) -> io::Result<Next>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let (state, actions) = std::mem::take(&mut self.state).step(event, &self.settings.session);
        self.state = state;
        let mut next = Next::Line;
        for action in actions {
            match action {
                Action::Reply(reply) => self.say(reply),
                Action::Discard => self.body = None,
                Action::Close => next = Next::End(Ended::Closed),
                Action::StartTls => next = Next::End(Ended::StartTls),
                Action::AskSender { helo, path, size: _ } => {
                    self.peer.helo = helo;
                    next = Next::of(Event::Sender(Box::pin(self.inbound.sender(&self.peer, &path)).await));
                }
                Action::AskRecipient { sender, from, path } => {
                    next = Next::of(Event::Recipient(Box::pin(self.inbound.recipient(&sender, &from, &path)).await));
                }
                Action::ReadData => {
                    self.flush(stream).await?;
                    next = Next::of(Event::Body(Box::pin(self.read_data(stream)).await?));
                }
                Action::ReadChunk { size, last, keep } => {
                    self.flush(stream).await?;
                    next = Next::of(Event::Body(Box::pin(self.read_chunk(stream, size, last, keep)).await?));
                }
                Action::Keep(envelope) => {
                    next = Next::of(Event::Kept(Box::pin(self.keep(&envelope)).await));
                }
            }
        }
        Ok(next)
    }

    /// Each refusal is an event, and its answer says by which reference it is found.
    fn say(&mut self, reply: Reply) {
        let noted = reply.refusal().map(|(refusal, occasion)| {
            self.inbound.refusals.note(self.settings.address, &self.peer, refusal, occasion)
        });
        match noted {
            Some(reference) => reply.with_reference(reference).write_to(&mut self.output),
            None => reply.write_to(&mut self.output),
        }
    }

    /// Hands the body to the way in. The answer is awaited even when the peer has gone: what is kept is kept.
    async fn keep(&mut self, envelope: &Envelope) -> Result<crate::domain::Receipt, Refusal> {
        let Some(Body { spool: Some(spool), name, .. }) = self.body.take().map(|body| *body) else {
            return Err(Refusal::new(Class::Unavailable, "no body was spooled"));
        };
        let Spooled { raw, sha256, .. } = &spool.finish(&self.settings.spool, &name).await.map_err(refusal)?;
        self.inbound.keep(&self.peer, envelope, raw.clone(), *sha256).await
    }

    fn body(&mut self) -> Box<Body> {
        let limit = self.state.body_limit(&self.settings.session);
        self.body.take().unwrap_or_else(|| {
            Box::new(Body {
                spool: Some(Spool::new(limit, None)),
                failed: None,
                seen: 0,
                chunks: ChunkReader::default(),
                name: self.inbound.spool_name(),
                until: Instant::now() + self.settings.timeouts.body,
            })
        })
    }

    /// DATA: everything up to the final dot, whatever becomes of it.
    async fn read_data<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> io::Result<Result<u64, Refusal>> {
        let mut body = self.body();
        let mut reader = DataReader::default();
        let mut thrown_away = Vec::new();
        loop {
            if self.input.is_empty() {
                self.more(stream, body.until).await?;
            }
            let sink = body.spool.as_mut().map_or(&mut thrown_away, Spool::memory);
            let before = sink.len();
            let progress = reader.read(&self.input, sink);
            body.seen += (sink.len() - before) as u64;
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
    async fn read_chunk<S: AsyncRead + Unpin>(
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
                self.more(stream, body.until).await?;
            }
            let sink = body.spool.as_mut().map_or(&mut thrown_away, Spool::memory);
            let progress = body.chunks.read(&self.input, sink);
            self.input.advance(progress.consumed);
            thrown_away.clear();
            left -= progress.consumed as u64;
            body.seen += progress.consumed as u64;
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
        let until = Instant::now() + self.settings.timeouts.body;
        let mut left = size;
        while left > 0 {
            if self.input.is_empty() {
                self.more(stream, until).await?;
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

    async fn flush<S: AsyncWrite + Unpin>(&mut self, stream: &mut S) -> io::Result<()> {
        if !self.output.is_empty() {
            let write = async {
                stream.write_all(&self.output).await?;
                stream.flush().await
            };
            timeout(self.settings.timeouts.write.max(Duration::from_secs(1)), write).await??;
            self.output.clear();
        }
        Ok(())
    }
}

/// What follows an event.
enum Next {
    Event(Box<Event<'static>>),
    Line,
    End(Ended),
}

impl Next {
    fn of(event: Event<'static>) -> Self {
        Self::Event(Box::new(event))
    }
}

impl Body {
    /// The first failure stands; what is spooled goes at once.
    fn fail(&mut self, refusal: Refusal) {
        self.spool = None;
        self.failed.get_or_insert(refusal);
    }

    async fn settle(&mut self, settings: &Settings) {
        if let Some(spool) = &mut self.spool
            && let Err(fault) = spool.settle(&settings.spool, &self.name).await
        {
            self.fail(refusal(fault));
        }
    }
}

fn refusal(fault: SpoolFault) -> Refusal {
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
