//! Under a service manager: what it is told, what it bound before, and what its watchdog sees.

mod support;

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use support::client::Client;
use support::gateway::{BINARY, Gateway, Setup, said};
use support::peers;

/// The gateway's process, killed at the end.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Service {
    fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.0.id().to_string()]).status().unwrap().success());
    }
}

fn enrolled() -> Gateway {
    let gateway = Gateway::prepare(Setup::default());
    let applied = gateway.run(&["apply", &gateway.path("offices.toml")]);
    assert!(applied.status.success(), "{}", said(&applied));
    gateway
}

/// Starts the server as a service manager does.
fn serve(gateway: &Gateway, environment: &[(&str, &str)]) -> Service {
    let log = fs::File::create(gateway.path("log")).unwrap();
    let mut command = Command::new(BINARY);
    command.args(["serve", "--config", &gateway.path("brevbro.toml")]).current_dir(gateway.folder());
    command.envs(environment.iter().copied());
    Service(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap())
}

/// Where the manager listens.
struct Manager(UnixDatagram);

impl Manager {
    fn new(path: &Path) -> Self {
        let socket = UnixDatagram::bind(path).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        Self(socket)
    }

    /// What was told within this time, if anything.
    fn told(&self, within: Duration) -> Option<String> {
        let end = Instant::now() + within;
        let mut buffer = [0; 4096];
        while Instant::now() < end {
            if let Ok(length) = self.0.recv(&mut buffer) {
                return Some(String::from_utf8(buffer[..length].to_vec()).unwrap());
            }
        }
        None
    }

    /// Waits until this is told; everything up to it.
    #[track_caller]
    fn until(&self, word: &str) -> String {
        let mut all = String::new();
        let end = Instant::now() + Duration::from_secs(30);
        while Instant::now() < end {
            if let Some(told) = self.told(Duration::from_secs(1)) {
                all += &told;
                if told.lines().any(|line| line.starts_with(word)) {
                    return all;
                }
            }
        }
        panic!("never told {word}: {all}");
    }
}

#[test]
fn the_manager_is_told_each_turn() {
    let gateway = enrolled();
    let path = gateway.folder().join("notify");
    let manager = Manager::new(&path);
    let mut service = serve(&gateway, &[("NOTIFY_SOCKET", path.to_str().unwrap())]);
    let told = manager.until("READY=1");
    assert!(told.contains("STATUS=2 listeners, 0 connections open; certificate until "), "{told}");
    // Ready means that whoever connects is served: at once, without another try.
    let mut client = Client::connect(gateway.smtp_port).unwrap();

    service.signal("-HUP");
    let told = manager.until("RELOADING=1");
    assert!(told.contains("MONOTONIC_USEC="), "{told}");
    let told = manager.until("READY=1");
    assert!(told.contains("2 listeners, 1 connection open") && !told.contains("refused"), "{told}");

    fs::write(gateway.path("brevbro.toml"), "[node]\n").unwrap();
    service.signal("-HUP");
    manager.until("RELOADING=1");
    let told = manager.until("READY=1");
    assert!(told.contains("the last configuration was refused"), "{told}");
    assert!(client.command("NOOP").unwrap().is_yes());

    service.signal("-TERM");
    let told = manager.until("STOPPING=1");
    assert!(!told.contains("WATCHDOG"), "nobody asked for it: {told}");
    assert_eq!(client.answer().unwrap().code, 421);
    assert!(service.0.wait().unwrap().success());
}

#[test]
fn the_watchdog_is_fed_only_while_mail_can_be_kept() {
    let gateway = enrolled();
    let path = gateway.folder().join("notify");
    let manager = Manager::new(&path);
    let environment = [("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "800000")];
    let _service = serve(&gateway, &environment);
    manager.until("READY=1");
    for _ in 0..5 {
        let told = manager.told(Duration::from_millis(800)).expect("in time");
        assert!(told.contains("WATCHDOG=1"), "{told}");
    }
    // Another process holds the database's write lock: whatever is to be kept waits for it.
    let hold = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); \
                c.execute('BEGIN IMMEDIATE'); print('held', flush=True); sys.stdin.read()";
    let mut holder = Command::new("python3")
        .args(["-c", hold, &gateway.path("data/brevbro.sqlite")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut held = [0; 5];
    std::io::Read::read_exact(holder.stdout.as_mut().unwrap(), &mut held).unwrap();
    let quiet = (0..20).any(|_| manager.told(Duration::from_millis(500)).is_none());
    assert!(quiet, "fed, and nothing can be kept");
    assert_eq!(manager.told(Duration::from_secs(2)), None, "alive, and nothing can be kept");
    drop(holder.stdin.take());
    holder.wait().unwrap();
    manager.until("WATCHDOG=1");
    assert!(fs::read_to_string(gateway.path("log")).unwrap().contains("the gateway takes no mail"));
}

/// Binds, hands the sockets on as `systemd.socket(5)` does, and becomes the gateway.
const PARENT: &str = "
import os, socket, sys
names, binary, config = sys.argv[1], sys.argv[2], sys.argv[3]
for at, port in enumerate(sys.argv[4:]):
    s = socket.create_server(('127.0.0.1', int(port)))
    fd = os.dup(s.fileno())
    s.detach()
    os.dup2(fd, 100 + at)
for at in range(len(sys.argv[4:])):
    os.dup2(100 + at, 3 + at, inheritable=True)
    os.close(100 + at)
os.environ['LISTEN_PID'] = str(os.getpid())
os.environ['LISTEN_FDS'] = str(len(sys.argv[4:]))
os.environ['LISTEN_FDNAMES'] = names
sys.stdin.readline()
os.execv(binary, [binary, 'serve', '--config', config])
";

#[test]
fn sockets_that_were_bound_before() {
    let gateway = enrolled();
    let other = peers::free_port();
    // By its address, by its name though another port stands in the file, and one that nobody asks for.
    let named = peers::free_port();
    let text = fs::read_to_string(gateway.path("brevbro.toml")).unwrap();
    let text = text.replace(&format!("127.0.0.1:{}", gateway.http_port), "127.0.0.1:1");
    fs::write(gateway.path("brevbro.toml"), text).unwrap();
    let log = fs::File::create(gateway.path("log")).unwrap();
    let mut service = Service(
        Command::new("python3")
            .args(["-c", PARENT, "brevbro.socket:portal:brevbro.socket", BINARY, &gateway.path("brevbro.toml")])
            .args([gateway.smtp_port, named, other].map(|port| port.to_string()))
            .current_dir(gateway.folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap(),
    );
    // Before there is a gateway, clients wait in the queue of the socket instead of being turned away.
    let port = gateway.smtp_port;
    let end = Instant::now() + Duration::from_secs(10);
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < end, "the parent does not bind");
        std::thread::sleep(Duration::from_millis(10));
    }
    let early = std::thread::spawn(move || Client::connect(port));
    std::thread::sleep(Duration::from_millis(200));
    drop(service.0.stdin.take());
    assert!(early.join().unwrap().unwrap().command("NOOP").unwrap().is_yes());
    assert!(Client::connect(gateway.smtp_port).is_ok());
    assert!(std::net::TcpStream::connect(("127.0.0.1", named)).is_ok(), "the portal");
    let said = fs::read_to_string(gateway.path("log")).unwrap();
    assert!(said.contains("no listener of the configuration asks for") && said.contains(&other.to_string()), "{said}");

    // Inherited sockets are reloaded like others.
    let reloaded = gateway.run(&["reload"]);
    assert!(reloaded.status.success(), "{}", support::gateway::said(&reloaded));
    assert!(Client::connect(gateway.smtp_port).is_ok());
    service.signal("-TERM");
    assert!(service.0.wait().unwrap().success());
}
