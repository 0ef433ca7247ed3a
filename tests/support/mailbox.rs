//! The office's mailbox, read over IMAPS by curl.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// Where it is.
pub struct Mailbox {
    /// Of 127.0.0.1.
    pub port: u16,
    /// The authority that its certificate comes from.
    pub ca: PathBuf,
}

impl Mailbox {
    fn curl(&self, path: &str, words: &[&str]) -> Vec<u8> {
        let url = format!("imaps://localhost:{}/{path}", self.port);
        let output = Command::new("curl")
            .args(["-sS", "--noproxy", "*", "-u", "office:office", "--cacert", self.ca.to_str().unwrap(), &url])
            .args(words)
            .output()
            .unwrap();
        assert!(output.status.success(), "curl {url}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// The numbers of all messages, oldest first.
    pub fn numbers(&self) -> Vec<u32> {
        let answer = self.curl("INBOX", &["-X", "UID SEARCH ALL"]);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let words = answer.trim().strip_prefix("* SEARCH").unwrap_or_default();
        words.split_ascii_whitespace().filter_map(|word| word.parse().ok()).collect()
    }

    /// The octets of one.
    pub fn message(&self, number: u32) -> Vec<u8> {
        self.curl(&format!("INBOX;UID={number}"), &[])
    }

    /// Waits until there are this many, half a minute at most, and gives the last.
    pub fn wait_for(&self, count: usize) -> Vec<u8> {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let numbers = self.numbers();
            if numbers.len() >= count {
                assert_eq!(numbers.len(), count, "more came than was sent");
                return self.message(numbers[count - 1]);
            }
            assert!(Instant::now() < end, "{} of {count} messages came", numbers.len());
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// The citizen's copy without the fields that the gateway put on top: they end with its own Received.
pub fn as_it_came(copy: &[u8]) -> &[u8] {
    let mut in_received = false;
    let mut at = 0;
    for line in copy.split_inclusive(|octet| *octet == b'\n') {
        let folded = line.starts_with(b" ") || line.starts_with(b"\t");
        if in_received && !folded {
            return &copy[at..];
        }
        in_received |= line.starts_with(b"Received: ");
        at += line.len();
    }
    panic!("no trace on top: {}", String::from_utf8_lossy(copy));
}

/// What Python's parser makes of a message.
pub fn read(message: &[u8]) -> serde_json::Value {
    use std::io::Write;
    use std::process::Stdio;
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/read_message");
    let mut reader = Command::new(path).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    reader.stdin.take().unwrap().write_all(message).unwrap();
    let output = reader.wait_with_output().unwrap();
    assert!(output.status.success(), "unreadable: {}", String::from_utf8_lossy(message));
    serde_json::from_slice(&output.stdout).unwrap()
}
