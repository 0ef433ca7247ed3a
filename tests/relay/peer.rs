//! An SMTP server that does as a test tells it.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use brevbro::smtp::body::DataReader;
use bytes::{Buf, BytesMut};
use rustls::HandshakeKind;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What the server does when a command comes.
#[derive(Debug, Clone, Copy)]
pub enum Do {
    Say(&'static str),
    SayAndDrop(&'static str),
    Drop,
    Silence,
}

/// What was seen of the client.
#[derive(Debug, Default)]
pub struct Seen {
    pub connections: usize,
    pub resumed: usize,
    pub client_certificates: usize,
    pub reads: usize,
    pub commands: Vec<String>,
    pub messages: Vec<Vec<u8>>,
}

#[derive(Clone, Default)]
pub struct Plan {
    offer: Vec<&'static str>,
    tls: Option<TlsAcceptor>,
    implicit: bool,
    /// Verb → what to do the first, second, … time; afterwards what is usual. `GREETING`, `BODY` (the message is about
    /// to be read), `END` (the message is read), and `TAIL` (what follows the answer to STARTTLS in clear) are more.
    on: HashMap<&'static str, VecDeque<Do>>,
}

impl Plan {
    pub fn new(offer: &[&'static str]) -> Self {
        Self { offer: offer.to_vec(), ..Self::default() }
    }

    pub fn starttls(mut self, acceptor: TlsAcceptor) -> Self {
        self.tls = Some(acceptor);
        self
    }

    pub fn implicit(mut self, acceptor: TlsAcceptor) -> Self {
        self.implicit = true;
        self.starttls(acceptor)
    }

    pub fn on(mut self, verb: &'static str, what: Do) -> Self {
        self.on.entry(verb).or_default().push_back(what);
        self
    }

    pub async fn start(self) -> Peer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let plan = Arc::new(Mutex::new(self));
        let shared = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                shared.lock().unwrap().connections += 1;
                let session = Session { plan: Arc::clone(&plan), seen: Arc::clone(&shared), input: BytesMut::new() };
                tokio::spawn(session.serve(socket));
            }
        });
        Peer { address, seen }
    }
}

pub struct Peer {
    pub address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

impl Peer {
    pub fn seen<T>(&self, look: impl FnOnce(&Seen) -> T) -> T {
        look(&self.seen.lock().unwrap())
    }

    pub fn commands(&self) -> Vec<String> {
        self.seen(|seen| seen.commands.clone())
    }

    /// The verbs, in order.
    pub fn verbs(&self) -> String {
        let commands = self.commands();
        let verbs = commands.iter().filter_map(|line| line.split_ascii_whitespace().next());
        verbs.collect::<Vec<_>>().join(" ")
    }
}

trait Io: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

struct Session {
    plan: Arc<Mutex<Plan>>,
    seen: Arc<Mutex<Seen>>,
    input: BytesMut,
}

impl Session {
    async fn serve(mut self, socket: TcpStream) {
        let (acceptor, implicit) = {
            let plan = self.plan.lock().unwrap();
            (plan.tls.clone(), plan.implicit)
        };
        let mut socket = socket;
        if !implicit {
            if !self.say(&mut socket, "GREETING", "220 mx.test ESMTP\r\n").await {
                return;
            }
            if self.talk(&mut socket, acceptor.is_some()).await.is_none() {
                return;
            }
        }
        let Some(acceptor) = acceptor else { return };
        self.input.clear();
        let Ok(mut stream) = acceptor.accept(socket).await else { return };
        {
            let mut seen = self.seen.lock().unwrap();
            let (_, tls) = stream.get_ref();
            seen.resumed += usize::from(tls.handshake_kind() == Some(HandshakeKind::Resumed));
            seen.client_certificates += usize::from(tls.peer_certificates().is_some());
        }
        if implicit && !self.say(&mut stream, "GREETING", "220 mx.test ESMTP\r\n").await {
            return;
        }
        self.talk(&mut stream, false).await;
    }

    /// Until the end; `Some` when STARTTLS was answered with 220.
    async fn talk(&mut self, io: &mut dyn Io, starttls: bool) -> Option<()> {
        loop {
            let line = self.line(io).await?;
            let verb = line.split([' ', '\r']).next().unwrap_or_default().to_ascii_uppercase();
            self.seen.lock().unwrap().commands.push(line.trim_end().to_owned());
            let goes_on = match verb.as_str() {
                "EHLO" => {
                    let mut offer = self.plan.lock().unwrap().offer.clone();
                    if starttls {
                        offer.push("STARTTLS");
                    }
                    let mut usual = String::from("250-mx.test at your service\r\n");
                    offer.iter().for_each(|keyword| usual.push_str(&format!("250-{keyword}\r\n")));
                    usual.push_str("250 HELP\r\n");
                    self.say(io, "EHLO", &usual).await
                }
                "HELO" => self.say(io, "HELO", "250 mx.test\r\n").await,
                "STARTTLS" => {
                    let tail = match self.next("TAIL") {
                        Some(Do::Say(tail)) => tail,
                        _ => "",
                    };
                    if !self.say(io, "STARTTLS", &format!("220 2.0.0 go ahead\r\n{tail}")).await {
                        return None;
                    }
                    return Some(());
                }
                "MAIL" => self.say(io, "MAIL", "250 2.1.0 sender ok\r\n").await,
                "RCPT" => self.say(io, "RCPT", "250 2.1.5 recipient ok\r\n").await,
                "RSET" => self.say(io, "RSET", "250 2.0.0 reset\r\n").await,
                "DATA" => self.say(io, "DATA", "354 go on\r\n").await && self.data(io).await,
                "BDAT" => self.chunk(io, &line).await,
                "QUIT" => {
                    self.say(io, "QUIT", "221 2.0.0 bye\r\n").await;
                    false
                }
                _ => self.say(io, "OTHER", "500 5.5.1 what?\r\n").await,
            };
            if !goes_on {
                return None;
            }
        }
    }

    async fn data(&mut self, io: &mut dyn Io) -> bool {
        if self.seen.lock().unwrap().commands.last().is_some_and(|line| line != "DATA") {
            return true; // refused
        }
        if !self.say(io, "BODY", "").await {
            return false;
        }
        let (mut reader, mut message) = (DataReader::default(), Vec::new());
        loop {
            let progress = reader.read(&self.input, &mut message);
            self.input.advance(progress.consumed);
            if progress.ended {
                assert_eq!(reader.fault(), None, "the client wrote a lone CR or LF");
                break;
            }
            if !self.more(io).await {
                return false;
            }
        }
        self.seen.lock().unwrap().messages.push(message);
        self.say(io, "END", "250 2.0.0 queued as 1234\r\n").await
    }

    async fn chunk(&mut self, io: &mut dyn Io, line: &str) -> bool {
        if !self.say(io, "BODY", "").await {
            return false;
        }
        let size: usize = line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap();
        while self.input.len() < size {
            if !self.more(io).await {
                return false;
            }
        }
        let message = self.input.split_to(size).to_vec();
        self.seen.lock().unwrap().messages.push(message);
        self.say(io, "END", "250 2.0.0 queued as 1234\r\n").await
    }

    fn next(&self, verb: &str) -> Option<Do> {
        self.plan.lock().unwrap().on.get_mut(verb)?.pop_front()
    }

    /// Whether the session goes on.
    async fn say(&mut self, io: &mut dyn Io, verb: &str, usual: &str) -> bool {
        match self.next(verb) {
            None => io.write_all(usual.as_bytes()).await.is_ok() && io.flush().await.is_ok(),
            Some(Do::Say(text)) => io.write_all(text.as_bytes()).await.is_ok() && io.flush().await.is_ok(),
            Some(Do::SayAndDrop(text)) => {
                let _ = io.write_all(text.as_bytes()).await;
                let _ = io.flush().await;
                false
            }
            Some(Do::Drop) => false,
            Some(Do::Silence) => {
                std::future::pending::<()>().await;
                false
            }
        }
    }

    async fn line(&mut self, io: &mut dyn Io) -> Option<String> {
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.input) {
                let line = self.input.split_to(end + 1);
                assert!(line.ends_with(b"\r\n"), "a command ends in a lone LF");
                return Some(String::from_utf8(line.to_vec()).unwrap());
            }
            if !self.more(io).await {
                return None;
            }
        }
    }

    async fn more(&mut self, io: &mut dyn Io) -> bool {
        self.input.reserve(64 * 1024);
        let read = io.read_buf(&mut self.input).await.unwrap_or_default();
        self.seen.lock().unwrap().reads += 1;
        read > 0
    }
}
