//! One connection: the socket and the session machine. Reads lines, steps the machine, performs its actions. No line
//! is fed while an answer is outstanding; replies to pipelined commands leave together (RFC 2920 §3.2).

mod body;

use std::future::poll_fn;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use self::body::{Body, refusal};
use super::accept::{Settings, TlsMode};
use super::admission::Seat;
use super::linger;
use super::spool::Spooled;
use super::tls::{self, Tls};
use crate::domain::envelope::Envelope;
use crate::domain::office::{LoginDemand, Peer};
use crate::domain::sasl::{Binding, Step};
use crate::domain::status::{Class, Refusal};
use crate::inbound::Inbound;
use crate::smtp::line::LineReader;
use crate::smtp::reply::Reply;
use crate::smtp::session::{Action, Event, State};

/// Read at once while a command is awaited: most commands, and little memory for those who only wait.
const COMMAND_READ: usize = 1024;

/// Serves a peer until it leaves, or is asked to; then its seat is free. Boxed, connection and conversation: ten thousand of
/// them wait, and a future that another one holds by value takes its room twice.
pub(super) fn serve(
    stream: TcpStream,
    ip: IpAddr,
    seat: Option<Seat>,
    settings: Arc<Settings>,
    inbound: Arc<Inbound>,
    stop: CancellationToken,
) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    // Replies are short and awaited; a peer whose socket fails here fails at the next read, where it is noticed.
    let _ = stream.set_nodelay(true);
    let connection = Box::new(Connection {
        peer: Peer { ip, helo: String::new(), tls: None, login: None },
        state: State::default(),
        lines: LineReader::default(),
        input: BytesMut::new(),
        output: Vec::new(),
        body: None,
        binding: None,
        line_by: None,
        envelope_by: Instant::now() + settings.timeouts.envelope,
        settings,
        inbound,
        stop,
        _seat: seat,
    });
    Box::pin(async move {
        if let Err(error) = connection.run(stream).await {
            // Peers that vanish are everyday life: of interest to whoever looks for it.
            debug!(%error, "connection ended");
        }
    })
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
    /// Of TLS, where a login may come.
    binding: Option<Box<Binding>>,
    /// When the line that is awaited must have come, whole; `None`: nothing is awaited yet.
    line_by: Option<Instant>,
    /// When the next body must have begun.
    envelope_by: Instant,
    settings: Arc<Settings>,
    inbound: Arc<Inbound>,
    stop: CancellationToken,
    _seat: Option<Seat>,
}

impl Connection {
    async fn run(mut self: Box<Self>, mut stream: TcpStream) -> io::Result<()> {
        let tls = match self.settings.tls.clone() {
            TlsMode::Implicit(tls) => tls,
            mode => {
                // Costs nobody time: only what has come already is noticed.
                let first = if linger::has_unread(&stream) { Event::SpokeFirst } else { Event::Opened };
                let ended = self.converse(&mut stream, first).await?;
                let (Ended::StartTls, TlsMode::Starttls(tls)) = (ended, mode) else {
                    Box::pin(linger::close(&mut stream, self.cut_short())).await;
                    return Ok(());
                };
                tls
            }
        };
        // In a place of its own: a connection that only waits in clear does not hold room for TLS.
        Box::pin(self.encrypted(stream, tls)).await
    }

    async fn encrypted(mut self: Box<Self>, stream: TcpStream, tls: Tls) -> io::Result<()> {
        // What came in clear after STARTTLS was said by nobody knows whom (RFC 3207 §6, CVE-2011-0411).
        self.input = BytesMut::new();
        self.lines = LineReader::default();
        let (mut stream, facts) = timeout(self.settings.timeouts.handshake, tls.accept(stream)).await??;
        self.peer.tls = Some(facts.clone());
        if self.settings.session.login != LoginDemand::Off {
            self.binding = tls::binding(&stream).map(Box::new);
        }
        let event = if matches!(self.settings.tls, TlsMode::Implicit(_)) {
            self.state = State::encrypted(&facts);
            if self.has_spoken(&mut stream).await { Event::SpokeFirst } else { Event::Opened }
        } else {
            Event::Encrypted(facts)
        };
        self.converse(&mut stream, event).await?;
        // close_notify: a peer that has gone already does not need it.
        let _ = timeout(self.settings.timeouts.write, stream.shutdown()).await;
        linger::close(stream.get_mut().0, self.cut_short()).await;
        Ok(())
    }

    /// The peer was not heard out: more of what it says may be under way.
    fn cut_short(&self) -> bool {
        !self.input.is_empty() || self.lines.is_over()
    }

    /// What came together with the end of the handshake was said before our greeting.
    async fn has_spoken<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> bool {
        let mut octets = [0; 64];
        let mut buffer = ReadBuf::new(&mut octets);
        let read = poll_fn(|context| Poll::Ready(Pin::new(&mut *stream).poll_read(context, &mut buffer))).await;
        self.input.extend_from_slice(buffer.filled());
        read.is_ready() && !self.input.is_empty()
    }

    async fn converse<S>(&mut self, stream: &mut S, first: Event<'static>) -> io::Result<Ended>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        if let Some(ended) = self.step(stream, first).await? {
            return Ok(ended);
        }
        loop {
            let line = self.lines.next_within(&mut self.input, self.state.line_limit());
            if line.is_some() {
                self.line_by = None;
            }
            let ended = match line {
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
        let by = self.line_by();
        let stop = self.stop.clone();
        tokio::select! {
            read = timeout_at(by, stream.read_buf(&mut self.input)) => match read {
                Err(_) => Ok(Some(Event::TimedOut)),
                Ok(Ok(0)) => Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => read.map(|_| None),
            },
            () = stop.cancelled() => Ok(Some(Event::Stop)),
        }
    }

    /// Until when a command is awaited: a whole one, however many pieces it comes in, and in the time that envelope, or
    /// body, have in all.
    fn line_by(&mut self) -> Instant {
        let command = self.settings.timeouts.command;
        let line = *self.line_by.get_or_insert_with(|| Instant::now() + command);
        line.min(self.body.as_ref().map_or(self.envelope_by, |body| body.by(&self.settings)))
    }

    /// A message has come to its end, one way or the other: time for the next one begins.
    fn message_over(&mut self) {
        self.body = None;
        self.envelope_by = Instant::now() + self.settings.timeouts.envelope;
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
                Action::Discard => self.message_over(),
                Action::Close => next = Next::End(Ended::Closed),
                Action::StartTls => next = Next::End(Ended::StartTls),
                Action::AskSender { helo, path, size: _ } => {
                    self.peer.helo = helo;
                    let sender = Box::pin(self.inbound.sender(&self.peer, &path)).await;
                    if matches!(&sender, Err(refusal) if refusal.class == Class::LoginNeeded) {
                        self.peer.login = None;
                    }
                    next = Next::of(Event::Sender(sender));
                }
                Action::Login(attempt) => {
                    let step = self.inbound.login(&self.peer, self.binding.as_deref(), attempt);
                    let step = Box::pin(step).await;
                    if let Ok(Step::Done(login)) = &step {
                        self.peer.login = Some(login.clone());
                    }
                    next = Next::of(Event::Login(step));
                }
                Action::AskRecipient { sender, from, path } => {
                    next = Next::of(Event::Recipient(
                        Box::pin(self.inbound.recipient(&self.peer, &sender, &from, &path)).await,
                    ));
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
                    self.message_over();
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

    async fn flush<S: AsyncWrite + Unpin>(&mut self, stream: &mut S) -> io::Result<()> {
        if !self.output.is_empty() {
            let write = async {
                stream.write_all(&self.output).await?;
                stream.flush().await
            };
            timeout(self.settings.timeouts.write, write).await??;
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
