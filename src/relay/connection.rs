//! One connection to a next hop: greeting, EHLO, TLS, then commands and answers. Which commands is for `send`.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use crate::domain::office::RelayTls;
use crate::relay::fault::{Fault, Phase};
use crate::relay::settings::Settings;
use crate::relay::target::Target;
use crate::relay::tls::{Stream, Tls};
use crate::smtp::reply::{ReplyReader, ServerReply};

/// How long QUIT and the farewell to it may take: nobody waits for them.
const FAREWELL: Duration = Duration::from_secs(5);
/// After a failed write the server may have said why; what it said is here already, or on its last few metres.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What the server says that it can do (RFC 5321 §4.1.1.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // keywords stand in EHLO's answer or do not
pub(super) struct Offer {
    /// RFC 2920.
    pub(super) pipelining: bool,
    /// RFC 3030.
    pub(super) chunking: bool,
    /// RFC 6152.
    pub(super) eight_bit: bool,
    /// RFC 6531.
    pub(super) smtputf8: bool,
    /// RFC 3207.
    pub(super) starttls: bool,
    /// RFC 1870; zero where no limit is told.
    pub(super) size: Option<u64>,
}

impl Offer {
    fn read(answer: &ServerReply) -> Self {
        let mut offer = Self::default();
        for line in answer.lines.iter().skip(1) {
            let mut words = line.split_ascii_whitespace();
            match words.next().unwrap_or_default().to_ascii_uppercase().as_str() {
                "PIPELINING" => offer.pipelining = true,
                "CHUNKING" => offer.chunking = true,
                "8BITMIME" => offer.eight_bit = true,
                "SMTPUTF8" => offer.smtputf8 = true,
                "STARTTLS" => offer.starttls = true,
                // An unreadable limit is none: the server will tell.
                "SIZE" => offer.size = Some(words.next().and_then(|limit| limit.parse().ok()).unwrap_or_default()),
                _ => {}
            }
        }
        offer
    }
}

/// An open connection, EHLO said and TLS as the rule wants it.
pub(super) struct Connection {
    stream: Stream,
    input: BytesMut,
    reader: ReplyReader,
    /// Of the last EHLO: what is said before TLS counts no more after it (RFC 3207 §4.2).
    pub(super) offer: Offer,
    /// Whatever phases allow, no wait goes on after this.
    pub(super) deadline: Instant,
    /// When the server last answered.
    pub(super) answered: Instant,
    /// A transaction failed half way: RSET comes before the next.
    pub(super) half_way: bool,
    /// Messages that have gone over it.
    pub(super) messages: u32,
}

impl Connection {
    /// Connects, and makes the connection ready for a message. `deadline` bounds this and the first message.
    pub(super) async fn open(
        target: &Target,
        rule: RelayTls,
        tls: &Tls,
        settings: &Settings,
        deadline: Instant,
    ) -> Result<Self, Fault> {
        if rule == RelayTls::Clear && !target.address.ip().is_loopback() {
            return Err(Fault::Tls { cause: "clear text is for a loopback address only, and this is none" });
        }
        let limits = &settings.timeouts;
        let until = deadline.min(Instant::now() + limits.connect);
        let connect = Phase::Connect;
        let socket = match timeout_at(until, TcpStream::connect(target.address)).await {
            Ok(Ok(socket)) => socket,
            Ok(Err(fault)) => return Err(Fault::Lost { phase: connect, cause: words(&fault) }),
            Err(_) => return Err(Fault::Lost { phase: connect, cause: "no answer in time".to_owned() }),
        };
        // Each flight of commands is one write; none is to wait for the next.
        let _ = socket.set_nodelay(true);
        let mut new = Self {
            stream: Stream::Clear(socket),
            input: BytesMut::with_capacity(4096),
            reader: ReplyReader::default(),
            offer: Offer::default(),
            deadline,
            answered: Instant::now(),
            half_way: false,
            messages: 0,
        };
        if target.implicit_tls {
            new = new.encrypt(target, rule, tls, limits.command).await?;
        }
        let greeting = new.answer(Phase::Greeting, limits.greeting).await?;
        match greeting.code {
            220 => {}
            400.. => return Err(Fault::Answered { phase: Phase::Greeting, answer: greeting }),
            _ => return Err(unexpected(Phase::Greeting, &greeting)),
        }
        new.hello(settings).await?;
        if rule != RelayTls::Clear && !target.implicit_tls {
            if !new.offer.starttls {
                return Err(Fault::Tls { cause: "STARTTLS is not offered, and clear text is not allowed" });
            }
            new.write(Phase::StartTls, b"STARTTLS\r\n", limits.command).await?;
            let ready = new.answer(Phase::StartTls, limits.command).await?;
            match ready.code {
                220 => new = new.encrypt(target, rule, tls, limits.command).await?,
                400.. => return Err(Fault::Answered { phase: Phase::StartTls, answer: ready }),
                _ => return Err(unexpected(Phase::StartTls, &ready)),
            }
            new.hello(settings).await?;
        }
        Ok(new)
    }

    async fn encrypt(mut self, target: &Target, rule: RelayTls, tls: &Tls, limit: Duration) -> Result<Self, Fault> {
        // Whoever can write into the clear connection could otherwise speak for the server inside TLS.
        if !self.input.is_empty() {
            let cause = "octets in clear after the answer to STARTTLS: somebody may be tampering".to_owned();
            return Err(Fault::Broken { phase: Phase::StartTls, cause });
        }
        let Stream::Clear(socket) = self.stream else { return Ok(self) };
        let until = self.deadline.min(Instant::now() + limit);
        let verified = !matches!(rule, RelayTls::Unverified | RelayTls::Clear);
        let phase = Phase::Handshake;
        self.stream = match timeout_at(until, tls.connect(socket, &target.host, verified)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(fault)) => return Err(Fault::Lost { phase, cause: fault.to_string() }),
            Err(_) => return Err(Fault::Lost { phase, cause: "no answer in time".to_owned() }),
        };
        self.reader = ReplyReader::default();
        Ok(self)
    }

    /// EHLO, or HELO to a server that does not know it (RFC 5321 §3.2).
    async fn hello(&mut self, settings: &Settings) -> Result<(), Fault> {
        let limit = settings.timeouts.command;
        self.offer = Offer::default();
        for verb in ["EHLO", "HELO"] {
            let line = format!("{verb} {}\r\n", settings.hostname.wire());
            self.write(Phase::Hello, line.as_bytes(), limit).await?;
            let answer = self.answer(Phase::Hello, limit).await?;
            match answer.code {
                250 if verb == "EHLO" => self.offer = Offer::read(&answer),
                250 => {}
                500..600 if verb == "EHLO" => continue,
                400.. => return Err(Fault::Answered { phase: Phase::Hello, answer }),
                _ => return Err(unexpected(Phase::Hello, &answer)),
            }
            break;
        }
        Ok(())
    }

    /// The next answer.
    pub(super) async fn answer(&mut self, phase: Phase, limit: Duration) -> Result<ServerReply, Fault> {
        let until = self.deadline.min(Instant::now() + limit);
        loop {
            match self.reader.next(&mut self.input) {
                Some(Ok(answer)) => {
                    self.answered = Instant::now();
                    return Ok(answer);
                }
                Some(Err(fault)) => return Err(Fault::Broken { phase, cause: format!("not an SMTP answer: {fault}") }),
                None => {}
            }
            let lost = |cause| Err(Fault::Lost { phase, cause });
            match timeout_at(until, self.stream.read(&mut self.input)).await {
                Ok(Ok(0)) => return lost("the connection was closed".to_owned()),
                Ok(Ok(_)) => {}
                Ok(Err(fault)) => return lost(words(&fault)),
                Err(_) => return lost("no answer in time".to_owned()),
            }
        }
    }

    /// Writes everything; after a failure, what the server still said is the better fault.
    pub(super) async fn write(&mut self, phase: Phase, octets: &[u8], limit: Duration) -> Result<(), Fault> {
        let until = self.deadline.min(Instant::now() + limit);
        let cause = match timeout_at(until, self.stream.write(octets)).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(fault)) => words(&fault),
            Err(_) => return Err(Fault::Lost { phase, cause: "nothing was taken in time".to_owned() }),
        };
        match self.answer(phase, LAST_WORDS).await {
            Ok(answer) if answer.code >= 400 => Err(Fault::Answered { phase, answer }),
            _ => Err(Fault::Lost { phase, cause }),
        }
    }

    /// The version of TLS, if it is under TLS.
    pub(super) fn tls_version(&self) -> Option<&'static str> {
        self.stream.tls_version()
    }

    /// Whether nothing has come since the last answer: an end or a 421 makes it useless.
    pub(super) async fn is_alive(&mut self) -> bool {
        self.input.is_empty() && timeout(Duration::ZERO, self.stream.read(&mut self.input)).await.is_err()
    }

    /// Takes leave, in its own time.
    pub(super) fn quit(mut self) {
        tokio::spawn(async move {
            let farewell = async {
                self.stream.write(b"QUIT\r\n").await?;
                self.stream.read(&mut self.input).await?;
                self.stream.shutdown().await
            };
            let _ = timeout(FAREWELL, farewell).await;
        });
    }
}

/// The system's errors by their kind, without a number; TLS says more than a kind.
fn words(fault: &io::Error) -> String {
    if fault.raw_os_error().is_some() { fault.kind().to_string() } else { fault.to_string() }
}

/// An answer that has no meaning here.
pub(super) fn unexpected(phase: Phase, answer: &ServerReply) -> Fault {
    Fault::Broken { phase, cause: format!("the answer {} has no meaning here", answer.code) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_offered() {
        let lines = ["mx greets you", "size 1000", "Pipelining", "8BITMIME", "X-STARTTLS", "CHUNKING", "SIZE"];
        let answer = ServerReply { code: 250, enhanced: None, lines: lines.iter().map(ToString::to_string).collect() };
        let offer = Offer::read(&answer);
        let want = Offer { pipelining: true, chunking: true, eight_bit: true, size: Some(0), ..Offer::default() };
        assert_eq!(offer, want);
    }
}
