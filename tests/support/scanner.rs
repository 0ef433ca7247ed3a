//! clamd: the real one, and what a broken one does.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::peers::{clear, folder, script};

/// What clamd is told to find. In two pieces, so that no scanner takes this file for it.
pub fn eicar() -> Vec<u8> {
    [r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!$H+H*"].concat().into_bytes()
}

/// A real clamd with a database of the tests' own.
pub struct Clamd {
    folder: tempfile::TempDir,
    /// `unix:/…`.
    pub socket: String,
    /// `tcp:127.0.0.1:…`.
    pub tcp: String,
}

impl Clamd {
    /// Makes and starts it; it takes parts of 25 MiB.
    pub fn start() -> Self {
        Self::with_limit("25M")
    }

    /// The same with another limit (`StreamMaxLength`).
    pub fn with_limit(limit: &str) -> Self {
        let folder = folder("clamd");
        let place = folder.path().to_str().unwrap().to_owned();
        let printed = script("clamd", &["start", &place, limit]);
        let (socket, port) = printed.split_once(' ').unwrap();
        Self { socket: format!("unix:{socket}"), tcp: format!("tcp:127.0.0.1:{port}"), folder }
    }

    /// `kill -9`.
    pub fn stop(&self) {
        script("clamd", &["stop", self.folder.path().to_str().unwrap()]);
    }

    /// Starts it again.
    pub fn again(&self) {
        script("clamd", &["again", self.folder.path().to_str().unwrap()]);
    }
}

impl Drop for Clamd {
    fn drop(&mut self) {
        self.stop();
        clear(&self.folder);
    }
}

/// What a clamd does that is not well.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// It takes the octets, and says nothing.
    Silence,
    /// It takes a connection, and nothing more.
    Deafness,
    /// It closes at once.
    Hangup,
    /// It says this at once and closes, whatever is still sent.
    Says(&'static [u8]),
    /// It takes the octets, waits so many milliseconds, and says OK.
    Slow(u64),
}

/// A clamd that is not well, on a port of 127.0.0.1, until the test ends.
pub struct Ill {
    /// `tcp:127.0.0.1:…`.
    pub tcp: String,
    open: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    came: Arc<AtomicUsize>,
}

impl Ill {
    /// Starts it.
    pub fn start(fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let tcp = format!("tcp:{}", listener.local_addr().unwrap());
        let ill = Self { tcp, open: Arc::default(), most: Arc::default(), came: Arc::default() };
        let (open, most, came) = (ill.open.clone(), ill.most.clone(), ill.came.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (open, most, came) = (open.clone(), most.clone(), came.clone());
                std::thread::spawn(move || {
                    came.fetch_add(1, Ordering::SeqCst);
                    most.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    let _ = serve(stream.unwrap(), fault, &open);
                });
            }
        });
        ill
    }

    /// Connections so far, and the most at a time.
    pub fn connections(&self) -> (usize, usize) {
        (self.came.load(Ordering::SeqCst), self.most.load(Ordering::SeqCst))
    }
}

fn serve(mut stream: TcpStream, fault: Fault, open: &AtomicUsize) -> std::io::Result<()> {
    // Counted as closed before the last word: whoever reads that may come again at once.
    let close = || open.fetch_sub(1, Ordering::SeqCst);
    match fault {
        Fault::Hangup => close(),
        Fault::Says(words) => {
            close();
            return stream.write_all(words);
        }
        Fault::Deafness => {
            std::thread::sleep(Duration::from_secs(60));
            close()
        }
        Fault::Silence => {
            take(&mut stream)?;
            std::thread::sleep(Duration::from_secs(60));
            close()
        }
        Fault::Slow(millis) => {
            take(&mut stream)?;
            std::thread::sleep(Duration::from_millis(millis));
            close();
            return stream.write_all(b"stream: OK\0");
        }
    };
    Ok(())
}

/// The command and all pieces.
fn take(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut command = [0; 10];
    stream.read_exact(&mut command)?;
    assert_eq!(&command, b"zINSTREAM\0");
    loop {
        let mut length = [0; 4];
        stream.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length);
        if length == 0 {
            return Ok(());
        }
        std::io::copy(&mut std::io::Read::take(&mut *stream, length.into()), &mut std::io::sink())?;
    }
}
