//! A blocking SMTP client that says what a test tells it to, and shows every answer.

use std::io::{BufRead, BufReader, Error, ErrorKind, Result, Write};
use std::net::TcpStream;
use std::time::Duration;

/// An open connection.
pub struct Client {
    stream: BufReader<TcpStream>,
}

/// A server's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Of the last line.
    pub code: u16,
    /// All lines, without codes.
    pub lines: Vec<String>,
}

impl Answer {
    /// 2xx.
    pub fn is_yes(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// The lines as a person reads them.
    pub fn text(&self) -> String {
        format!("{} {}", self.code, self.lines.join(" "))
    }

    /// The same without the reference at the end of a refusal, which is another each time.
    pub fn words(&self) -> String {
        let text = self.text();
        text.split(" Reference: ").next().unwrap_or_default().to_owned()
    }
}

impl Client {
    /// Connects, reads the greeting and says EHLO.
    pub fn connect(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        stream.set_write_timeout(Some(Duration::from_secs(60)))?;
        Self::over(stream)
    }

    /// The same over a connection that is there.
    pub fn over(stream: TcpStream) -> Result<Self> {
        let mut client = Self { stream: BufReader::new(stream) };
        client.expect_yes()?;
        client.command("EHLO mail.hel.example")?;
        Ok(client)
    }

    /// One command, one answer.
    pub fn command(&mut self, line: &str) -> Result<Answer> {
        self.stream.get_mut().write_all(format!("{line}\r\n").as_bytes())?;
        self.answer()
    }

    /// One letter in one transaction, pipelined; the first answer that is a no, else the last.
    pub fn send(&mut self, from: &str, to: &[&str], letter: &[u8]) -> Result<Answer> {
        let recipients: String = to.iter().map(|to| format!("RCPT TO:<{to}>\r\n")).collect();
        self.stream.get_mut().write_all(format!("MAIL FROM:<{from}>\r\n{recipients}DATA\r\n").as_bytes())?;
        let mut no = None;
        for _ in 0..to.len() + 2 {
            let answer = self.answer()?;
            if answer.code >= 400 && no.is_none() {
                no = Some(answer);
            }
        }
        if let Some(no) = no {
            // Where some recipients were taken, DATA was too: an empty body ends it. Not what these tests do.
            return Ok(no);
        }
        self.body(letter)
    }

    /// The octets with dots doubled, the final dot, its answer.
    pub fn body(&mut self, letter: &[u8]) -> Result<Answer> {
        let mut wire = Vec::with_capacity(letter.len() + 8);
        for line in letter.split_inclusive(|octet| *octet == b'\n') {
            if line.starts_with(b".") {
                wire.push(b'.');
            }
            wire.extend_from_slice(line);
        }
        wire.extend_from_slice(b".\r\n");
        self.stream.get_mut().write_all(&wire)?;
        self.answer()
    }

    /// The next answer.
    pub fn answer(&mut self) -> Result<Answer> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let Some((code, text)) = line.trim_end().split_at_checked(3) else {
                return Err(Error::other(format!("not an answer: {line:?}")));
            };
            let code = code.parse().map_err(|_| Error::other(format!("not an answer: {line:?}")))?;
            lines.push(text.get(1..).unwrap_or_default().to_owned());
            if !text.starts_with('-') {
                return Ok(Answer { code, lines });
            }
        }
    }

    fn expect_yes(&mut self) -> Result<()> {
        let answer = self.answer()?;
        if answer.is_yes() { Ok(()) } else { Err(Error::other(answer.text())) }
    }
}
