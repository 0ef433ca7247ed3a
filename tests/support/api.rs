//! The HTTP API, asked by curl.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// One account's way in, or the admin's.
#[derive(Debug, Clone)]
pub struct Api {
    /// `http://127.0.0.1:8025`.
    pub base: String,
    /// A bearer token.
    pub token: String,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Response {
    /// HTTP's.
    pub status: u16,
    /// The octets.
    pub body: Vec<u8>,
}

impl Response {
    /// As JSON; for a failure's report, as text.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("{} {}", self.status, String::from_utf8_lossy(&self.body)))
    }
}

impl Api {
    /// One request; `None`: no whole answer came.
    pub fn ask(&self, path: &str, words: &[&str]) -> Option<Response> {
        let output = Command::new("curl")
            .args(["-sS", "--noproxy", "*", "--max-time", "60", "-w", "\n%{http_code}"])
            .args(["-H", &format!("Authorization: Bearer {}", self.token)])
            .arg(format!("{}/api/v1/{path}", self.base))
            .args(words)
            .stderr(Stdio::null())
            .output()
            .unwrap();
        let at = output.stdout.iter().rposition(|octet| *octet == b'\n')?;
        let status = std::str::from_utf8(&output.stdout[at + 1..]).ok()?.parse().ok()?;
        if status == 0 || !output.status.success() {
            return None;
        }
        Some(Response { status, body: output.stdout[..at].to_vec() })
    }

    /// A GET that must succeed.
    pub fn get(&self, path: &str) -> Response {
        let response = self.ask(path, &[]).unwrap_or_else(|| panic!("no answer to {path}"));
        let body = String::from_utf8_lossy(&response.body);
        assert_eq!(response.status, 200, "{path}: {body}");
        response
    }

    /// A reply with files, as a browser's form would send it; with a key, the same again is the same reply.
    pub fn reply(&self, record: &str, key: Option<&str>, text: &str, files: &[&Path]) -> Option<Response> {
        let mut words = vec!["-F".to_owned(), format!("text={text}")];
        if let Some(key) = key {
            words.extend(["-H".to_owned(), format!("Idempotency-Key: {key}")]);
        }
        for file in files {
            words.push("-F".to_owned());
            words.push(format!("file=@{}", file.display()));
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.ask(&format!("messages/{record}/reply"), &words)
    }

    /// Everything in the inbox, newest first, page by page.
    pub fn inbox(&self) -> Vec<Value> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let mut page = self.get(&format!("messages?limit=100{cursor}")).json();
            let Value::Array(items) = page["items"].take() else { panic!("no items: {page}") };
            all.extend(items);
            match page["next"].as_str() {
                Some(next) => cursor = format!("&before={next}"),
                None => return all,
            }
        }
    }

    /// The raw messages of many records at once, over one kept-open connection, in files named by the records' ids.
    pub fn raw_into(&self, records: &[String], folder: &Path) {
        let mut config = String::new();
        for id in records {
            let _ = writeln!(config, "url = \"{}/api/v1/messages/{id}/raw\"", self.base);
            let _ = writeln!(config, "output = \"{}\"", folder.join(id).display());
        }
        let list = folder.join("list");
        std::fs::write(&list, config).unwrap();
        let status = Command::new("curl")
            .args(["-sSf", "--noproxy", "*", "-H", &format!("Authorization: Bearer {}", self.token), "-K"])
            .arg(&list)
            .status()
            .unwrap();
        assert!(status.success(), "not every raw message could be fetched");
    }
}
