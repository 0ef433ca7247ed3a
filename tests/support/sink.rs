//! An office's server that remembers every message, and may lose the connection after the final dot, as real ones do.

use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

/// What came, whether or not it was answered.
#[derive(Debug, Clone)]
pub struct Came {
    /// MAIL's argument.
    pub from: String,
    /// RCPT's arguments.
    pub to: Vec<String>,
    /// Without the dots that SMTP adds.
    pub octets: Vec<u8>,
    /// Whether the final dot was answered.
    pub answered: bool,
}

/// The server; its thread ends with the process.
#[derive(Clone)]
pub struct Sink {
    /// Of 127.0.0.1.
    pub port: u16,
    came: Arc<Mutex<Vec<Came>>>,
}

impl Sink {
    /// Answers all but every `lose_every`th final dot; 0 answers all.
    pub fn start(lose_every: u32) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let sink = Self { port: listener.local_addr().unwrap().port(), came: Arc::default() };
        let (came, count) = (sink.came.clone(), Arc::new(AtomicU32::new(1)));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (came, count) = (came.clone(), count.clone());
                std::thread::spawn(move || serve(stream, &came, &count, lose_every));
            }
        });
        sink
    }

    /// Everything so far.
    pub fn came(&self) -> Vec<Came> {
        self.came.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, came: &Mutex<Vec<Came>>, count: &AtomicU32, lose_every: u32) -> Result<()> {
    let mut output = stream.try_clone()?;
    let mut input = BufReader::new(stream);
    let (mut from, mut to) = (String::new(), Vec::new());
    output.write_all(b"220 mail.hel.example ESMTP\r\n")?;
    loop {
        let mut line = String::new();
        if input.by_ref().take(2000).read_line(&mut line)? == 0 {
            return Ok(());
        }
        let line = line.trim_end();
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => {
                output.write_all(b"250-mail.hel.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")?
            }
            "MAIL" => {
                let path = line.get(10..).unwrap_or_default();
                path.split('>').next().unwrap_or_default().trim_matches(['<', ' ']).clone_into(&mut from);
                output.write_all(b"250 2.1.0 Ok\r\n")?;
            }
            "RCPT" => {
                to.push(line.get(8..).unwrap_or_default().trim_matches(['<', '>', ' ']).to_owned());
                output.write_all(b"250 2.1.5 Ok\r\n")?;
            }
            "DATA" => {
                output.write_all(b"354 Go on\r\n")?;
                let octets = body(&mut input)?;
                let number = count.fetch_add(1, Ordering::Relaxed);
                let answered = lose_every == 0 || !number.is_multiple_of(lose_every);
                came.lock().unwrap().push(Came {
                    from: std::mem::take(&mut from),
                    to: std::mem::take(&mut to),
                    octets,
                    answered,
                });
                if !answered {
                    return Ok(());
                }
                output.write_all(b"250 2.0.0 Ok\r\n")?;
            }
            "QUIT" => return output.write_all(b"221 2.0.0 Bye\r\n"),
            "RSET" => {
                to.clear();
                output.write_all(b"250 2.0.0 Ok\r\n")?;
            }
            _ => output.write_all(b"250 2.0.0 Ok\r\n")?,
        }
    }
}

fn body(input: &mut impl BufRead) -> Result<Vec<u8>> {
    let mut octets = Vec::new();
    loop {
        let from = octets.len();
        if input.read_until(b'\n', &mut octets)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let line = &octets[from..];
        if line == b".\r\n" {
            octets.truncate(from);
            return Ok(octets);
        }
        if line.starts_with(b".") {
            octets.remove(from);
        }
    }
}
