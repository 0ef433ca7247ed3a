//! Peers that take their time, and too much of everything: each is bounded, and nobody else waits for them.

mod support;

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use support::client::Client;
use support::gateway::{Gateway, Setup};
use support::letters;
use support::origin::connect_from;

const CLERK: &str = "registry@hel.example";
const ANNA: &str = "anna.virtanen@konto.example";
/// One octet in this time: under any rate, and over any wait for a piece.
const TRICKLE: Duration = Duration::from_millis(200);
/// By then, whoever is slow is gone: the limits below, and a busy machine's delay.
const GONE: Duration = Duration::from_secs(20);

fn impatient(over: &[(&'static str, &str)]) -> Gateway {
    let short = [
        ("TIMEOUTS__COMMAND", "2 s"),
        ("TIMEOUTS__DATA", "2 s"),
        ("TIMEOUTS__ENVELOPE", "4 s"),
        ("TIMEOUTS__MESSAGE", "8 s"),
        ("TIMEOUTS__REPLY", "2 s"),
        ("TIMEOUTS__HANDSHAKE", "2 s"),
    ];
    let over = short.iter().chain(over).map(|(key, value)| (*key, (*value).to_owned())).collect();
    Gateway::start(Setup { over, ..Setup::default() })
}

/// Sends this, then this again and again at this pace, until the other side has had enough. What it said, and when it
/// had.
fn until_closed(mut stream: TcpStream, first: &str, again: &[u8], pace: Duration) -> (String, Duration) {
    let begun = Instant::now();
    let mut said = Vec::new();
    let mut hear = |stream: &mut TcpStream, wait: Duration| {
        let mut octets = [0; 4096];
        stream.set_read_timeout(Some(wait.max(Duration::from_millis(1)))).unwrap();
        match stream.read(&mut octets) {
            Ok(0) => false,
            Ok(read) => {
                said.extend_from_slice(&octets[..read]);
                true
            }
            Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    };
    hear(&mut stream, Duration::from_secs(5));
    let mut open = stream.write_all(first.as_bytes()).is_ok();
    while open {
        assert!(begun.elapsed() < GONE, "still served: {first:?} {}", again.escape_ascii());
        let _ = stream.write_all(again);
        thread::sleep(pace);
        open = hear(&mut stream, Duration::from_millis(1));
    }
    (String::from_utf8_lossy(&said).into_owned(), begun.elapsed())
}

fn envelope() -> String {
    format!("EHLO mail.hel.example\r\nMAIL FROM:<{CLERK}>\r\nRCPT TO:<{ANNA}>\r\n")
}

#[test]
fn whoever_is_slow_loses_the_connection() {
    let gateway = impatient(&[]);
    let data = envelope() + "DATA\r\nFrom: registry@hel.example\r\n\r\n";
    let cases: &[(&str, String, &[u8], Duration, &str)] = &[
        ("a command, octet by octet", "EHLO a.example\r\nMAIL FROM:<".into(), b"a", TRICKLE, "421 4.4.2"),
        ("commands for their own sake", "EHLO a.example\r\n".into(), b"NOOP\r\n", TRICKLE, "421 4.4.2"),
        ("one recipient after another", envelope(), b"RCPT TO:<x@konto.example>\r\n", TRICKLE, "421 4.4.2"),
        ("silence", String::new(), b"", TRICKLE, "421 4.4.2"),
        ("a line without end", String::new(), &[b'a'; 65536], Duration::ZERO, "421 4.7.0"),
        ("a body, octet by octet", data, b"a", TRICKLE, "354"),
        ("a chunk, octet by octet", envelope() + "BDAT 1000000\r\n", b"a", TRICKLE, "250"),
        ("chunks of one octet", envelope(), b"BDAT 1\r\na", TRICKLE, "421 4.4.2"),
        ("a chunk that nobody wants", "BDAT 1000000\r\n".into(), b"a", TRICKLE, "220"),
    ];
    thread::scope(|scope| {
        for (name, first, again, pace, last) in cases {
            let gateway = &gateway;
            scope.spawn(move || {
                let stream = connect_from(1, gateway.smtp_port).unwrap();
                let (said, after) = until_closed(stream, first, again, *pace);
                let end = said.lines().last().unwrap_or_default();
                assert!(end.starts_with(last), "{name}: {said}");
                assert!(after < GONE, "{name}: {after:?}");
            });
        }
        for port in [gateway.smtps_port, gateway.smtp_port] {
            scope.spawn(move || {
                let first = if port == gateway.smtps_port { "" } else { "STARTTLS\r\n" };
                let stream = connect_from(1, port).unwrap();
                let (said, _) = until_closed(stream, first, b"", TRICKLE);
                assert!(!said.contains("421"), "TLS that never comes: {said}");
            });
        }
    });
    assert_eq!(Client::connect(gateway.smtp_port).unwrap().command("NOOP").unwrap().code, 250);
}

#[test]
fn whoever_does_not_read_answers_loses_the_connection() {
    let gateway = impatient(&[("LIMITS__JUNK_COMMANDS", "1000000000"), ("LIMITS__COMMANDS", "1000000000")]);
    let mut stream = connect_from(1, gateway.smtp_port).unwrap();
    stream.read_exact(&mut [0; 4]).unwrap();
    let begun = Instant::now();
    stream.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
    let many = b"HELP\r\n".repeat(10_000);
    loop {
        match stream.write_all(&many) {
            Err(error) if !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => break,
            _ => assert!(begun.elapsed() < GONE, "answers pile up"),
        }
    }
    let memory = memory(&gateway);
    assert!(memory < 128 << 10, "{memory} KiB");
}

/// One network takes all the permits that it can get, in every way there is to be slow. Others are served at once.
#[test]
fn others_are_served_within_a_second() {
    const SEATS: usize = 60;
    let gateway = impatient(&[
        ("LISTENER__0__CONNECTIONS_PER_PEER", "60"),
        ("LISTENER__0__CONNECTIONS", "100"),
        ("TIMEOUTS__COMMAND", "60 s"),
        ("TIMEOUTS__DATA", "60 s"),
        ("TIMEOUTS__ENVELOPE", "60 s"),
    ]);
    let mut held: Vec<TcpStream> = (0..SEATS).map(|_| connect_from(1, gateway.smtp_port).unwrap()).collect();
    for (n, stream) in held.iter_mut().enumerate() {
        stream.read_exact(&mut [0; 4]).unwrap();
        let begin = match n % 4 {
            0 => String::new(),
            1 => "EHLO a.example\r\nMAIL FROM:<".to_owned(),
            2 => envelope() + "DATA\r\nSubject: x\r\n",
            _ => envelope() + "BDAT 1000000\r\n",
        };
        stream.write_all(begin.as_bytes()).unwrap();
    }
    let mut refused = connect_from(1, gateway.smtp_port).unwrap();
    let mut said = String::new();
    refused.read_to_string(&mut said).unwrap();
    assert!(said.starts_with("421 4.7.0"), "{said}");

    let mut slowest = Duration::ZERO;
    for n in 0..20 {
        for stream in &mut held {
            stream.write_all(b"a").unwrap();
        }
        // The attacker goes on knocking.
        let _knocks: Vec<_> = (0..20).map(|_| connect_from(1, gateway.smtp_port)).collect();
        let begun = Instant::now();
        let stream = connect_from(u8::try_from(2 + n % 5).unwrap(), gateway.smtp_port).unwrap();
        let mut client = Client::over(stream).unwrap();
        let answer = client.send(CLERK, &[ANNA], &letters::letter(3, n, 10_000)).unwrap();
        assert_eq!(answer.code, 250, "{}", answer.text());
        slowest = slowest.max(begun.elapsed());
    }
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
}

/// As many new connections a minute as the limit says, and another network's are not counted.
#[test]
fn a_network_comes_so_often_a_minute() {
    let gateway = impatient(&[("LIMITS__CONNECTS_PER_MINUTE", "30")]);
    let code = |last| {
        let mut code = [0; 9];
        connect_from(last, gateway.smtp_port).unwrap().read_exact(&mut code).unwrap();
        String::from_utf8(code.to_vec()).unwrap()
    };
    let codes: Vec<String> = (0..40).map(|_| code(1)).collect();
    assert!(codes[..30].iter().all(|code| code.starts_with("220")), "{codes:?}");
    assert!(codes.iter().any(|code| code == "421 4.7.0"), "{codes:?}");
    assert!(code(2).starts_with("220"));
}

/// No file is left to open: nobody new comes in, nobody who is in is lost, and all is as before once there are files.
#[test]
fn without_file_descriptors() {
    let gateway = impatient(&[("TIMEOUTS__COMMAND", "60 s"), ("TIMEOUTS__ENVELOPE", "60 s")]);
    let mut inside = Client::connect(gateway.smtp_port).unwrap();
    let letter = |n| letters::letter(4, n, 5000);
    assert_eq!(inside.send(CLERK, &[ANNA], &letter(0)).unwrap().code, 250);

    let open = fs::read_dir(format!("/proc/{}/fd", gateway.pid())).unwrap().count();
    limit_files(&gateway, open + 10);
    let processor = ticks(&gateway);
    let waiting: Vec<_> = (0..50).map(|_| connect_from(2, gateway.smtp_port).unwrap()).collect();
    thread::sleep(Duration::from_secs(2));
    assert!(gateway.log().contains("cannot accept connections"), "{}", gateway.log());
    assert_eq!(inside.command("NOOP").unwrap().code, 250);
    let answer = inside.send(CLERK, &[ANNA], &letter(1)).unwrap();
    assert!(matches!(answer.code, 250 | 451 | 452), "{}", answer.text());
    let used = ticks(&gateway) - processor;
    assert!(used < 100, "{used} ticks of the processor: it waits in a loop");
    let warned = gateway.log().matches("cannot accept connections").count();
    assert!(warned < 30, "{warned} lines of log");

    drop(waiting);
    let begun = Instant::now();
    let served = Client::connect(gateway.smtp_port).unwrap().send(CLERK, &[ANNA], &letter(2)).unwrap();
    assert_eq!(served.code, 250, "{}", served.text());
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    limit_files(&gateway, 1024);
    assert_eq!(inside.send(CLERK, &[ANNA], &letter(3)).unwrap().code, 250);
}

fn limit_files(gateway: &Gateway, most: usize) {
    let (pid, files) = (gateway.pid().to_string(), format!("--nofile={most}:"));
    assert!(Command::new("prlimit").args(["--pid", &pid, &files]).status().unwrap().success());
}

/// The processor's time so far, in hundredths of a second.
fn ticks(gateway: &Gateway) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", gateway.pid())).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// Resident memory in KiB.
fn memory(gateway: &Gateway) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", gateway.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}
