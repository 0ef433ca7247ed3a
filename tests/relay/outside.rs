//! Postfix's smtp-sink as the next hop: a server that nobody here wrote.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use brevbro::domain::address::Domain;
use brevbro::domain::office::{RelayRule, RelayTls, RelayTo};
use brevbro::domain::outcome::Outcome;

use crate::world::{HOST, impatient, message, relay};

const SINK: &str = "/usr/sbin/smtp-sink";

struct Sink {
    child: Child,
    address: SocketAddr,
}

impl Sink {
    /// Keeps each message in a file of the folder.
    fn start(folder: &Path, options: &[&str]) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let dump = format!("{}/message.", folder.display());
        let mut command = Command::new(SINK);
        command.args(options).args(["-d", &dump]).stderr(Stdio::null());
        // It wants to be told that it may stay what it is.
        let user = Command::new("id").arg("-un").output().unwrap().stdout;
        if user == b"root\n" {
            command.args(["-u", "root"]);
        }
        let child = command.args([&address.to_string(), "10"]).spawn().unwrap();
        let until = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(address).is_err() {
            assert!(Instant::now() < until, "smtp-sink does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { child, address }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn smtp_sink_takes_it() {
    if !Path::new(SINK).exists() {
        eprintln!("skipped: {SINK} (of Postfix) is not installed");
        return;
    }
    // As it is, without PIPELINING, without EHLO.
    for options in [&[][..], &["-p"], &["-e"]] {
        let folder = tempfile::tempdir().unwrap();
        let sink = Sink::start(folder.path(), options);
        let to = RelayTo::Host { host: Domain::parse(HOST).unwrap(), port: sink.address.port(), implicit_tls: false };
        let rule = RelayRule { to, tls: RelayTls::Clear };
        let mut settings = impatient();
        settings.timeouts.message = Duration::from_secs(5);
        let relay = relay(settings).await;
        for text in [".\r\n..\r\ny\r\n".to_owned(), "x\r\n".repeat(100_000)] {
            let outcome = relay.deliver(&message(&text), &rule).await;
            assert!(matches!(outcome, Outcome::Sent { .. }), "{options:?}: {outcome:?}");
        }
        let mut sizes = Vec::new();
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let kept = std::fs::read_to_string(file.unwrap().path()).unwrap();
            assert!(kept.contains("X-Mail-Args: <b-token@konto.example>"), "{kept:.300}");
            sizes.push(kept.matches("\nx").count());
        }
        sizes.sort_unstable();
        assert_eq!(sizes, [0, 100_000], "{options:?}");
    }
}
