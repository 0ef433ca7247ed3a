//! HTTP as a browser speaks it, in few lines: version 1.0, so that an answer ends with its connection.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub fields: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// The first field of this name.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    /// `name=value` of a cookie that was set.
    pub fn cookie(&self) -> String {
        self.field("set-cookie").unwrap().split(';').next().unwrap().to_owned()
    }
}

/// A part of a form: the field's name, a file's name and type, the octets.
pub type Part<'a> = (&'a str, Option<(&'a str, &'a str)>, &'a [u8]);

/// Who asks, and with what.
#[derive(Debug, Clone)]
pub struct Client {
    address: SocketAddr,
    fields: Vec<(String, String)>,
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, fields: Vec::new() }
    }

    /// The same with one more field.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.fields.push((name.to_owned(), value.to_owned()));
        client
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, b"")
    }

    pub fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let escaped = |text: &str| -> String {
            text.bytes()
                .map(|c| if c.is_ascii_alphanumeric() { char::from(c).to_string() } else { format!("%{c:02X}") })
                .collect()
        };
        let body = fields.iter().map(|(n, v)| format!("{}={}", escaped(n), escaped(v))).collect::<Vec<_>>().join("&");
        self.with("Content-Type", "application/x-www-form-urlencoded").send("POST", path, body.as_bytes())
    }

    pub fn multipart(&self, path: &str, parts: &[Part<'_>]) -> Answer {
        let mut body = Vec::new();
        for (name, file, octets) in parts {
            let file =
                file.map_or(String::new(), |(name, kind)| format!("; filename=\"{name}\"\r\nContent-Type: {kind}"));
            body.extend_from_slice(
                format!("--limit\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").as_bytes(),
            );
            body.extend_from_slice(octets);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--limit--\r\n");
        self.with("Content-Type", "multipart/form-data; boundary=limit").send("POST", path, &body)
    }

    pub fn send(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        let mut connection = TcpStream::connect(self.address).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut head = format!("{method} {path} HTTP/1.0\r\nContent-Length: {}\r\n", body.len());
        if !self.fields.iter().any(|(name, _)| name == "Host") {
            head.push_str(&format!("Host: {}\r\n", self.address));
        }
        for (name, value) in &self.fields {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        connection.write_all(head.as_bytes()).unwrap();
        // A server that has had enough may close before all is written; what it said is read all the same.
        let _ = connection.write_all(body);
        let mut answer = Vec::new();
        let _ = connection.read_to_end(&mut answer);
        parse(&answer)
    }
}

fn parse(answer: &[u8]) -> Answer {
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").expect("an answer");
    let head = std::str::from_utf8(&answer[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let fields = lines.filter_map(|l| l.split_once(": ")).map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
    Answer { status, fields, body: answer[end + 4..].to_vec() }
}
