//! The office's own mail server, as far as the demonstration needs one: takes every message over STARTTLS and puts it
//! into a folder. It shares the strict readers with the gateway, and nothing else.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::listener::tls::Tls;
use crate::smtp::body::DataReader;
use crate::smtp::line::LineReader;

/// A message that reached the office.
pub struct Delivered {
    /// MAIL's and RCPT's arguments, as said.
    pub envelope: String,
    /// The octets.
    pub bytes: Vec<u8>,
    /// Where it lies.
    pub file: PathBuf,
}

/// Listens on a free port of the loopback.
///
/// # Errors
/// When no port is to be had.
pub async fn open(tls: Tls, folder: PathBuf) -> io::Result<(SocketAddr, mpsc::UnboundedReceiver<Delivered>)> {
    tokio::fs::create_dir_all(&folder).await?;
    let socket = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = socket.local_addr()?;
    let (arrived, arrivals) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = socket.accept().await {
            let session = Session { folder: folder.clone(), arrived: arrived.clone(), input: BytesMut::new() };
            let tls = tls.clone();
            tokio::spawn(async move {
                // A client that breaks off has said so by breaking off.
                let _ = session.serve(stream, tls).await;
            });
        }
    });
    Ok((address, arrivals))
}

struct Session {
    folder: PathBuf,
    arrived: mpsc::UnboundedSender<Delivered>,
    input: BytesMut,
}

impl Session {
    async fn serve(mut self, mut stream: TcpStream, tls: Tls) -> io::Result<()> {
        say(&mut stream, "220 mail.hel.example ESMTP").await?;
        if self.converse(&mut stream, true).await? {
            self.input.clear();
            let (mut stream, _) = tls.accept(stream).await?;
            self.converse(&mut stream, false).await?;
        }
        Ok(())
    }

    /// True: the client wants TLS now.
    async fn converse<S: AsyncRead + AsyncWrite + Unpin>(&mut self, stream: &mut S, clear: bool) -> io::Result<bool> {
        let mut lines = LineReader::default();
        let mut envelope = String::new();
        loop {
            let line = loop {
                match lines.next(&mut self.input) {
                    Some(Ok(line)) => break String::from_utf8_lossy(&line).into_owned(),
                    Some(Err(_)) => say(stream, "500 5.5.2 That is no line").await?,
                    None => self.more(stream).await?,
                }
            };
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" if clear => say(stream, "250-mail.hel.example\r\n250-8BITMIME\r\n250 STARTTLS").await?,
                "EHLO" => say(stream, "250-mail.hel.example\r\n250-PIPELINING\r\n250 8BITMIME").await?,
                "STARTTLS" if clear => {
                    say(stream, "220 2.0.0 Go ahead").await?;
                    return Ok(true);
                }
                "MAIL" | "RCPT" if clear => say(stream, "530 5.7.0 STARTTLS first").await?,
                "MAIL" | "RCPT" => {
                    envelope = if verb == "MAIL" { line } else { format!("{envelope}\n{line}") };
                    say(stream, "250 2.0.0 OK").await?;
                }
                "DATA" if !envelope.is_empty() => {
                    say(stream, "354 Go on").await?;
                    let bytes = self.body(stream).await?;
                    let file = self.folder.join(format!("{}.eml", self.folder.read_dir()?.count() + 1));
                    tokio::fs::write(&file, &bytes).await?;
                    // Nobody listens any more when the demonstration is over; the file is there.
                    let _ = self.arrived.send(Delivered { envelope: std::mem::take(&mut envelope), bytes, file });
                    say(stream, "250 2.0.0 Delivered").await?;
                }
                "RSET" | "NOOP" => say(stream, "250 2.0.0 OK").await?,
                "QUIT" => {
                    say(stream, "221 2.0.0 Bye").await?;
                    return Ok(false);
                }
                _ => say(stream, "502 5.5.1 Not here").await?,
            }
        }
    }

    async fn body<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> io::Result<Vec<u8>> {
        let mut reader = DataReader::default();
        let mut bytes = Vec::new();
        loop {
            let progress = reader.read(&self.input, &mut bytes);
            self.input.advance(progress.consumed);
            if progress.ended {
                return Ok(bytes);
            }
            self.more(stream).await?;
        }
    }

    async fn more<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> io::Result<()> {
        self.input.reserve(4096);
        if stream.read_buf(&mut self.input).await? == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }
}

async fn say<S: AsyncWrite + Unpin>(stream: &mut S, reply: &str) -> io::Result<()> {
    stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
    stream.flush().await
}
