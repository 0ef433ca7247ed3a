//! The PROXY protocol, spoken as load balancers speak it: who the peer is comes from listed proxies only, before TLS or
//! in clear, and never from anybody else.

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use support::client::Client;
use support::gateway::{Gateway, Setup};
use support::letters;
use support::origin::connect_from;
use support::transcript::{Connection, next_answer};
use support::wire::Wire;

const CLERK: &str = "registry@hel.example";
const ANNA: &str = "anna.virtanen@konto.example";
/// The one proxy that is listed.
const PROXY: u8 = 9;

fn gateway() -> Gateway {
    let over = vec![
        ("LISTENER__0__PROXIES", "127.0.0.9".to_owned()),
        ("LISTENER__1__PROXIES", "127.0.0.8/31, 192.0.2.0/24".to_owned()),
        ("LISTENER__0__CONNECTIONS_PER_PEER", "3".to_owned()),
        ("TIMEOUTS__HANDSHAKE", "1 s".to_owned()),
    ];
    Gateway::start(Setup { over, ..Setup::default() })
}

/// Version 1, as a balancer writes it for this peer.
fn text(peer: &str) -> Vec<u8> {
    format!("PROXY TCP4 {peer} 198.51.100.1 40000 25\r\n").into_bytes()
}

/// Version 2 of this command, family and rest.
fn binary(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
    [b"\r\n\r\n\0\r\nQUIT\n", &[0x20 | command, family][..], &length, rest].concat()
}

fn four(peer: [u8; 4]) -> Vec<u8> {
    [&peer[..], &[198, 51, 100, 1, 0x9c, 0x40, 0, 25]].concat()
}

/// A connection of the proxy that begins with these octets.
fn by_proxy(gateway: &Gateway, header: &[u8]) -> TcpStream {
    let mut stream = connect_from(PROXY, gateway.smtp_port).unwrap();
    stream.write_all(header).unwrap();
    stream
}

/// What comes until the other side closes.
fn rest(mut stream: TcpStream) -> String {
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said);
    String::from_utf8(said).unwrap()
}

/// The code of the letter that is sent over this connection.
fn send(stream: TcpStream, number: u64) -> u16 {
    let mut client = Client::over(stream).unwrap();
    client.send(CLERK, &[ANNA], &letters::letter(1, number, 1000)).unwrap().code
}

#[test]
fn the_peer_is_whom_the_proxy_names() {
    let gateway = gateway();
    for (n, header) in (0..).zip([
        text("127.0.0.77"),
        binary(1, 0x11, &four([127, 0, 0, 77])),
        binary(1, 0x11, &[four([127, 0, 0, 77]), b"\x04\0\x05hello".to_vec()].concat()),
        b"PROXY TCP6 ::ffff:127.0.0.77 2001:db8::1 40000 25\r\n".to_vec(),
    ]) {
        assert_eq!(send(by_proxy(&gateway, &header), n), 250, "{}", header.escape_ascii());
    }
    for header in [text("203.0.113.7"), binary(1, 0x11, &four([203, 0, 113, 7]))] {
        assert_eq!(send(by_proxy(&gateway, &header), 99), 550, "the proxy's own address proves nothing");
    }
    let mut slow = by_proxy(&gateway, b"");
    for octet in text("127.0.0.77") {
        slow.write_all(&[octet]).unwrap();
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(send(slow, 100), 250);
}

#[test]
fn before_tls_that_comes_first() {
    let gateway = gateway();
    for (peer, code) in [("127.0.0.77", "250"), ("203.0.113.7", "550")] {
        let mut stream = connect_from(PROXY, gateway.smtps_port).unwrap();
        stream.write_all(&text(peer)).unwrap();
        let mut wire = Wire::over(&gateway, stream, usize::MAX);
        wire.handshake();
        let mut said = Vec::new();
        let mut codes = vec![next_answer(&mut said, &mut wire).unwrap().0];
        for line in ["EHLO a.example".to_owned(), format!("MAIL FROM:<{CLERK}>"), format!("RCPT TO:<{ANNA}>")] {
            wire.send(format!("{line}\r\n").as_bytes());
            codes.push(next_answer(&mut said, &mut wire).unwrap().0);
        }
        assert_eq!(codes, ["220", "250", "250", code], "{peer}");
    }
}

#[test]
fn a_health_check_is_greeted() {
    let gateway = gateway();
    for header in [b"PROXY UNKNOWN\r\n".to_vec(), binary(0, 0, b"")] {
        let mut stream = by_proxy(&gateway, &header);
        let mut greeting = [0; 4];
        stream.read_exact(&mut greeting).unwrap();
        assert_eq!(&greeting, b"220 ");
    }
}

#[test]
fn without_a_header_a_proxy_is_not_served() {
    let gateway = gateway();
    for octets in [
        &b"EHLO balancer\r\n"[..],
        b"PROXY TCP4 nobody 198.51.100.1 40000 25\r\n",
        b"PROXY UDP4 192.0.2.1 198.51.100.1 40000 25\r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.1 40000 99999\r\n",
        b"proxy tcp4 192.0.2.1 198.51.100.1 40000 25\r\n",
        b"\r\n\r\n\0\r\nQUIT\n\x31\x11\0\x0c0123456789ab",
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff",
        &[b"PROXY TCP4 ", &[b'1'; 1000][..]].concat(),
    ] {
        assert_eq!(rest(by_proxy(&gateway, octets)), "", "{}", octets.escape_ascii());
    }
    let begun = Instant::now();
    assert_eq!(rest(by_proxy(&gateway, b"PROXY TCP4 192.")), "");
    assert!(begun.elapsed() < Duration::from_secs(10), "a header has its time");
    assert!(gateway.log().contains("no PROXY header"));
}

#[test]
fn from_anybody_else_it_is_junk() {
    let gateway = gateway();
    let mut stream = connect_from(5, gateway.smtp_port).unwrap();
    stream.read_exact(&mut [0; 4]).unwrap();
    stream.write_all(&[&text("127.0.0.77")[..], b"QUIT\r\n"].concat()).unwrap();
    let said = rest(stream);
    assert!(said.contains("\r\n500 5.5.1") && said.contains("\r\n221 2.0.0"), "{said}");
}

#[test]
fn a_network_has_its_seats_behind_a_proxy_too() {
    let gateway = gateway();
    let greeted = |peer: &str| {
        let mut stream = by_proxy(&gateway, &text(peer));
        let mut code = [0; 9];
        stream.read_exact(&mut code).unwrap();
        (String::from_utf8_lossy(&code).into_owned(), stream)
    };
    let held: Vec<_> = (0..3).map(|_| greeted("203.0.113.7")).collect();
    assert!(held.iter().all(|(code, _)| code.starts_with("220")));
    assert_eq!(greeted("203.0.113.7").0, "421 4.7.0", "one too many");
    assert!(greeted("203.0.113.8").0.starts_with("220"), "another network is served");
}

#[test]
fn what_follows_the_header_before_the_greeting_is_no_smtp() {
    let gateway = gateway();
    let early = by_proxy(&gateway, &[&text("127.0.0.77")[..], b"EHLO mail.hel.example\r\nNOOP\r\n"].concat());
    let said = rest(early);
    assert!(said.starts_with("554 5.5.1") && said.lines().count() == 1, "{said}");
}

/// A client of others that speaks both versions, before STARTTLS and before TLS that comes first.
#[test]
fn swaks_through_a_proxy() {
    let gateway = gateway();
    let letter = gateway.path("letter.eml");
    std::fs::write(&letter, letters::letter(2, 1, 1000)).unwrap();
    for (version, port, tls) in [
        ("1", gateway.smtp_port, "-tls"),
        ("2", gateway.smtp_port, "-tls"),
        ("1", gateway.smtps_port, "-tlsc"),
        ("2", gateway.smtps_port, "-tlsc"),
    ] {
        let family = if version == "1" { "TCP4" } else { "AF_INET" };
        let output = Command::new("swaks")
            .args(["--server", "127.0.0.1", "--port", &port.to_string(), "--local-interface", "127.0.0.9", tls])
            .args(["--proxy-version", version, "--proxy-family", family, "--proxy-source", "127.0.0.77"])
            .args(["--proxy-source-port", "40000", "--proxy-dest", "198.51.100.1", "--proxy-dest-port", "25"])
            .args(["--from", CLERK, "--to", ANNA, "--data", &format!("@{letter}")])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "version {version}, {tls}: {text}");
    }
}
