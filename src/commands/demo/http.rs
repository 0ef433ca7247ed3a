//! As much of an HTTP client as the demonstration needs to do over the API what a citizen does: one request a
//! connection, to our own server on loopback.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The API as one citizen.
pub struct Api {
    /// The portal.
    pub address: SocketAddr,
    /// A bearer token.
    pub token: String,
}

impl Api {
    /// GET, and the JSON that comes.
    ///
    /// # Errors
    /// No connection, not 2xx, or not JSON.
    pub async fn get(&self, path: &str) -> io::Result<serde_json::Value> {
        self.request("GET", path, "application/json", &[]).await
    }

    /// POST of a form with a text and a file.
    ///
    /// # Errors
    /// As [`Api::get`].
    pub async fn post(&self, path: &str, text: &str, name: &str, file: &[u8]) -> io::Result<serde_json::Value> {
        const BOUNDARY: &str = "brevbro-demo-boundary";
        let mut body = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n{text}\r\n\
             --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/pdf\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(file);
        body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        self.request("POST", path, &format!("multipart/form-data; boundary={BOUNDARY}"), &body).await
    }

    async fn request(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> io::Result<serde_json::Value> {
        let mut stream = TcpStream::connect(self.address).await?;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: {kind}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            self.address,
            self.token,
            body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").ok_or(io::ErrorKind::InvalidData)?;
        let status = head.lines().next().unwrap_or_default();
        if !status.contains(" 2") {
            return Err(io::Error::other(format!("{method} {path}: {status}: {body}")));
        }
        // Chunked or not, the JSON is what stands between the outermost braces.
        let json = body.find('{').zip(body.rfind('}')).and_then(|(from, to)| body.get(from..=to)).unwrap_or_default();
        serde_json::from_str(json).map_err(io::Error::other)
    }
}
