//! A client for `tests/load`: sends unique, real-looking letters to any SMTP server over many connections, as a large
//! mail server does (kept-open connections, PIPELINING), and says how fast each was taken.
//!
//! It prints one line of `key=value` words. Latencies run from the final dot, written, to the answer, read.

#[path = "../support/letters.rs"]
mod letters;

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use clap::Parser;
use mail_auth::crypto::{RsaKey, Sha256};
use mail_auth::dkim::DkimSigner;
use mail_auth::headers::HeaderWriter;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// Letters from this size on share the octets of their attachment, since the client must not need the memory.
const SHARED_FROM: usize = 1 << 20;

/// Sends unique letters over SMTP and measures.
#[derive(Debug, Parser)]
struct Options {
    /// The server.
    server: SocketAddr,
    /// Connections at once.
    #[arg(long, default_value_t = 20)]
    connections: usize,
    /// Letters in all.
    #[arg(long, default_value_t = 2000)]
    messages: usize,
    /// Octets of a letter.
    #[arg(long, default_value_t = 10_240)]
    size: usize,
    /// MAIL's address.
    #[arg(long, default_value = "registry@hel.example")]
    from: String,
    /// RCPT's address.
    #[arg(long, default_value = "anna.virtanen@konto.example")]
    to: String,
    /// A new connection for each letter.
    #[arg(long)]
    reconnect: bool,
    /// Letters a second in all, evenly spread; without it, as fast as they are taken.
    #[arg(long)]
    rate: Option<f64>,
    /// First number of the letters: another run must name another, or its letters are repeats.
    #[arg(long, default_value_t = 0)]
    run: u64,
    /// Opens this many connections besides, greeted and then silent, before the first letter and until the end.
    #[arg(long, default_value_t = 0)]
    idle: usize,
    /// Signs each letter (DKIM) with this RSA key: PEM, PKCS#1.
    #[arg(long)]
    sign: Option<PathBuf>,
    /// The signature's domain.
    #[arg(long, default_value = "hel.example")]
    domain: String,
    /// The signature's selector.
    #[arg(long, default_value = "s1")]
    selector: String,
    /// Waits for a line on standard input before it closes the idle connections.
    #[arg(long)]
    hold: bool,
}

/// A letter with its final dot, in two pieces so that large ones can share the second.
struct Letter {
    head: Bytes,
    tail: Bytes,
}

#[derive(Default)]
struct Tally {
    latencies: RefCell<Vec<Duration>>,
    refused: Cell<usize>,
    first_refusal: RefCell<Option<String>>,
}

fn main() -> std::io::Result<()> {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    runtime.block_on(local.run_until(measure(Rc::new(options))))
}

async fn measure(options: Rc<Options>) -> std::io::Result<()> {
    let run = if options.run == 0 { u64::from(std::process::id()) << 32 | 1 } else { options.run };
    let letters = Rc::new(letters_of(run, &options));
    let mut idle = Vec::with_capacity(options.idle);
    for _ in 0..options.idle {
        let mut server = Server::connect(options.server).await?;
        server.reply().await?;
        idle.push(server);
    }
    let tally = Rc::new(Tally::default());
    let next = Rc::new(Cell::new(0));
    let start = Instant::now();
    let senders: Vec<_> = (0..options.connections)
        .map(|_| {
            let work = send(options.clone(), letters.clone(), next.clone(), tally.clone(), start);
            tokio::task::spawn_local(work)
        })
        .collect();
    let mut broken = None;
    for sender in senders {
        if let Err(error) = sender.await? {
            broken = Some(error);
        }
    }
    report(&tally, start.elapsed(), options.idle);
    if options.hold {
        std::io::stdin().read_line(&mut String::new())?;
    }
    match broken {
        Some(error) => Err(error),
        None if tally.refused.get() > 0 => {
            let refusal = tally.first_refusal.borrow().clone().unwrap_or_default();
            Err(std::io::Error::other(format!("refused: {refusal}")))
        }
        None => Ok(()),
    }
}

/// All letters, made before the clock starts.
fn letters_of(run: u64, options: &Options) -> Vec<Letter> {
    let shared = (options.size >= SHARED_FROM).then(|| {
        let mut tail = Vec::with_capacity(options.size);
        letters::base64(&mut tail, options.size - 2000, &mut letters::Dice::new(run));
        tail.extend_from_slice(letters::END.as_bytes());
        tail.extend_from_slice(b".\r\n");
        Bytes::from(tail)
    });
    let signed = options.sign.as_deref().map(|key| signer(key, &options.domain, &options.selector));
    let one = |number: usize| match &shared {
        Some(tail) => Letter { head: letters::head(run, number as u64, 2000).into(), tail: tail.clone() },
        None => {
            let mut letter = letters::letter(run, number as u64, options.size);
            if let Some(signed) = &signed {
                letter = signed(&letter);
            }
            assert!(!letter.starts_with(b".") && !letter.windows(3).any(|w| w == b"\r\n."), "a dot to be doubled");
            letter.extend_from_slice(b".\r\n");
            Letter { head: letter.into(), tail: Bytes::new() }
        }
    };
    (0..options.messages).map(one).collect()
}

/// The fields that are signed.
const SIGNED: [&str; 7] = ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"];

/// Signs as an office's mail server does: gives a letter with its signature on top.
fn signer(key: &Path, domain: &str, selector: &str) -> impl Fn(&[u8]) -> Vec<u8> {
    let key = PrivatePkcs1KeyDer::from_pem_file(key).expect("an RSA key in PEM, PKCS#1");
    let key = RsaKey::<Sha256>::from_key_der(PrivateKeyDer::Pkcs1(key)).expect("a good RSA key");
    let signer = DkimSigner::from_key(key).domain(domain).selector(selector).headers(SIGNED);
    move |letter| {
        let mut signed = signer.sign(letter).expect("a letter that can be signed").to_header().into_bytes();
        signed.extend_from_slice(letter);
        signed
    }
}

async fn send(
    options: Rc<Options>,
    letters: Rc<Vec<Letter>>,
    next: Rc<Cell<usize>>,
    tally: Rc<Tally>,
    start: Instant,
) -> std::io::Result<()> {
    let envelope = format!("MAIL FROM:<{}>\r\nRCPT TO:<{}>\r\nDATA\r\n", options.from, options.to);
    let mut server = None;
    loop {
        let number = next.get();
        let Some(letter) = letters.get(number) else { break };
        next.set(number + 1);
        if let Some(rate) = options.rate {
            #[allow(clippy::cast_precision_loss)] // counts of letters
            let due = start + Duration::from_secs_f64(number as f64 / rate);
            tokio::time::sleep_until(due.into()).await;
        }
        let mut open = match server.take() {
            Some(open) => open,
            None => Server::greeted(options.server).await?,
        };
        match open.transact(&envelope, letter).await? {
            Ok(latency) => tally.latencies.borrow_mut().push(latency),
            Err(refusal) => {
                tally.refused.set(tally.refused.get() + 1);
                tally.first_refusal.borrow_mut().get_or_insert(refusal);
            }
        }
        if options.reconnect {
            open.quit().await?;
        } else {
            server = Some(open);
        }
    }
    match server {
        Some(open) => open.quit().await,
        None => Ok(()),
    }
}

struct Server {
    stream: BufReader<TcpStream>,
    pipelining: bool,
}

impl Server {
    async fn connect(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), pipelining: false })
    }

    async fn greeted(address: SocketAddr) -> std::io::Result<Self> {
        let mut server = Self::connect(address).await?;
        server.reply().await?;
        server.stream.write_all(b"EHLO mail.hel.example\r\n").await?;
        server.pipelining = server.reply().await?.contains("PIPELINING");
        Ok(server)
    }

    /// One whole reply, its lines as they came.
    async fn reply(&mut self) -> std::io::Result<String> {
        let mut text = String::new();
        loop {
            let from = text.len();
            if self.stream.read_line(&mut text).await? == 0 {
                return Err(std::io::Error::other(format!("connection closed after {text:?}")));
            }
            if text.as_bytes().get(from + 3) != Some(&b'-') {
                return Ok(text);
            }
        }
    }

    /// One letter: how long the final dot waited for its answer, or the first answer that was a no.
    async fn transact(&mut self, envelope: &str, letter: &Letter) -> std::io::Result<Result<Duration, String>> {
        let mut refusal = None;
        if self.pipelining {
            self.stream.write_all(envelope.as_bytes()).await?;
        }
        for command in envelope.split_inclusive('\n') {
            if !self.pipelining {
                self.stream.write_all(command.as_bytes()).await?;
            }
            let reply = self.reply().await?;
            if !reply.starts_with(['2', '3']) {
                refusal.get_or_insert(reply);
            }
        }
        if let Some(refusal) = refusal {
            return Ok(Err(refusal));
        }
        self.stream.write_all(&letter.head).await?;
        self.stream.write_all(&letter.tail).await?;
        let dot = Instant::now();
        let reply = self.reply().await?;
        Ok(if reply.starts_with('2') { Ok(dot.elapsed()) } else { Err(reply) })
    }

    async fn quit(mut self) -> std::io::Result<()> {
        self.stream.write_all(b"QUIT\r\n").await?;
        // Some servers close before they answer; the letters are through either way.
        let _ = self.stream.read_to_end(&mut Vec::new()).await;
        Ok(())
    }
}

fn report(tally: &Tally, took: Duration, idle: usize) {
    let mut latencies = tally.latencies.take();
    latencies.sort_unstable();
    let at = |share: usize| {
        let index = (latencies.len() * share / 1000).min(latencies.len().saturating_sub(1));
        latencies.get(index).map_or(0.0, Duration::as_secs_f64) * 1000.0
    };
    #[allow(clippy::cast_precision_loss)] // counts of letters
    let rate = latencies.len() as f64 / took.as_secs_f64();
    println!(
        "accepted={} refused={} idle={idle} seconds={:.3} rate={rate:.1} p50_ms={:.2} p99_ms={:.2} max_ms={:.2}",
        latencies.len(),
        tally.refused.get(),
        took.as_secs_f64(),
        at(500),
        at(990),
        at(1000),
    );
}
