//! Bad input gets a clear answer: each test reads what a person would read.

mod support;

use std::fs;
use std::net::TcpListener;
use std::process::{Command, Output};

use support::client::Client;
use support::gateway::{Gateway, Setup, said};
use support::letters;

const CLERK: &str = "registry@hel.example";

/// It failed, and every one of these words was said.
#[track_caller]
fn refused(output: &Output, words: &[&str]) {
    let text = said(output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    for word in words {
        assert!(text.contains(word), "nothing about {word}:\n{text}");
    }
    assert!(!text.contains("panicked"), "{text}");
}

/// A configuration in which this was replaced by that.
fn with(this: &str, that: &str) -> Gateway {
    let gateway = Gateway::prepare(Setup::default());
    let text = fs::read_to_string(gateway.path("brevbro.toml")).unwrap();
    assert!(text.contains(this));
    fs::write(gateway.path("brevbro.toml"), text.replacen(this, that, 1)).unwrap();
    gateway
}

#[test]
fn an_unknown_key() {
    let gateway = with("key_file =", "keyfile =");
    for command in ["serve", "check"] {
        refused(&gateway.run(&[command]), &["brevbro.toml", "keyfile", "did you mean key_file?"]);
    }
}

#[test]
fn what_is_not_toml() {
    let gateway = with("[mail]", "[mail");
    refused(&gateway.run(&["serve"]), &["brevbro.toml", "not TOML"]);
}

#[test]
fn a_missing_certificate() {
    let gateway = Gateway::prepare(Setup::default());
    fs::remove_file(gateway.path("server.pem")).unwrap();
    refused(&gateway.run(&["serve"]), &["server.pem", "no file", "listener"]);
}

#[test]
fn a_certificate_that_is_none() {
    let gateway = Gateway::prepare(Setup::default());
    fs::write(gateway.path("server.pem"), "no certificate\n").unwrap();
    refused(&gateway.run(&["serve"]), &["server.pem", "certificate"]);
}

#[test]
fn all_faults_at_once() {
    let gateway = with("domains = [\"konto.example\"]", "domains = [\"konto example\"]\nmax_message = \"much\"");
    refused(&gateway.run(&["check"]), &["konto example", "not a domain name", "\"much\" is not a size"]);
}

#[test]
fn a_port_in_use() {
    let gateway = Gateway::prepare(Setup::default());
    let _taken = TcpListener::bind(("127.0.0.1", gateway.smtp_port)).unwrap();
    refused(&gateway.run(&["serve"]), &[&format!("127.0.0.1:{}", gateway.smtp_port), "in use"]);
}

#[test]
fn a_database_of_a_newer_version() {
    let mut gateway = Gateway::start(Setup::default());
    assert!(gateway.stop().success());
    let newer = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); \
                 c.execute('INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (99991231235959, \"from the future\", 1, x\\'00\\', 0)'); c.commit()";
    let database = gateway.path("data/brevbro.sqlite");
    assert!(Command::new("python3").args(["-c", newer, &database]).status().unwrap().success());
    refused(&gateway.run(&["serve"]), &["newer"]);
}

#[test]
fn a_database_that_is_not_there() {
    let setup = Setup { database: Some("postgres://nobody@127.0.0.1:9/none".to_owned()), ..Setup::default() };
    refused(&Gateway::prepare(setup).run(&["serve"]), &["database"]);
}

#[test]
fn an_address_that_is_none_in_a_file() {
    let gateway = Gateway::prepare(Setup::default());
    let text = fs::read_to_string(gateway.path("offices.toml")).unwrap();
    fs::write(gateway.path("offices.toml"), text.replace("anna.virtanen@konto.example", "anna virtanen@konto"))
        .unwrap();
    let applied = gateway.run(&["apply", &gateway.path("offices.toml")]);
    refused(&applied, &["offices.toml", "aliases", "not an e-mail address"]);
}

#[test]
fn an_identity_code_that_is_none_is_not_repeated() {
    let gateway = Gateway::prepare(Setup::default());
    let text = fs::read_to_string(gateway.path("offices.toml")).unwrap();
    fs::write(gateway.path("offices.toml"), text.replace("131052-308T", "131052-308U")).unwrap();
    let applied = gateway.run(&["apply", &gateway.path("offices.toml")]);
    refused(&applied, &["offices.toml", "identity", "check character"]);
    assert!(!said(&applied).contains("131052-308U"), "{}", said(&applied));
}

#[test]
fn an_address_that_is_none_in_smtp() {
    let gateway = Gateway::start(Setup::default());
    let mut client = Client::connect(gateway.smtp_port).unwrap();
    client.command(&format!("MAIL FROM:<{CLERK}>")).unwrap();
    let answer = client.command("RCPT TO:<anna virtanen@konto.example>").unwrap();
    assert!(answer.code == 501 || answer.code == 553, "{}", answer.text());
    assert!(answer.text().contains("5.1.3") || answer.text().contains("5.5.4"), "{}", answer.text());
}

#[test]
fn nobody_there_and_nobody_home() {
    let gateway = Gateway::start(Setup::default());
    let mut client = Client::connect(gateway.smtp_port).unwrap();
    client.command(&format!("MAIL FROM:<{CLERK}>")).unwrap();
    for (to, code, words) in [
        ("nobody@konto.example", "5.1.1", ["adress", "address"]),
        ("berit.nyman@konto.example", "5.2.1", ["papper", "paper"]),
        ("carl.lindqvist@konto.example", "5.2.1", ["papper", "paper"]),
        ("131052-308U@hetu.konto.example", "5.1.3", ["kontrollteck", "check character"]),
    ] {
        let answer = client.command(&format!("RCPT TO:<{to}>")).unwrap();
        assert_eq!(answer.code, 550, "{to}: {}", answer.text());
        assert!(answer.lines.iter().all(|line| line.starts_with(code)), "{to}: {}", answer.text());
        for word in words {
            assert!(answer.text().to_lowercase().contains(word), "{to}: {}", answer.text());
        }
        assert!(!answer.text().contains("131052"), "{}", answer.text());
    }
}

#[test]
fn a_stranger_learns_nothing() {
    let gateway = Gateway::start(Setup::default());
    let mut client = Client::connect(gateway.smtp_port).unwrap();
    client.command("MAIL FROM:<somebody@else.example>").unwrap();
    let answers: Vec<_> = ["anna.virtanen", "berit.nyman", "carl.lindqvist", "nobody"]
        .map(|name| client.command(&format!("RCPT TO:<{name}@konto.example>")).unwrap())
        .to_vec();
    assert_eq!(answers[0].code, 550);
    assert!(answers[0].lines[0].starts_with("5.7.1"), "{}", answers[0].text());
    assert!(answers.iter().all(|answer| answer.words() == answers[0].words()), "{answers:?}");
}

#[test]
fn a_message_an_octet_too_large() {
    const LIMIT: usize = 30 << 20;
    let over = vec![("MAIL__MAX_MESSAGE", "30 MiB".to_owned())];
    let gateway = Gateway::start(Setup { over, ..Setup::default() });
    let mut client = Client::connect(gateway.smtp_port).unwrap();
    let said = client.command(&format!("MAIL FROM:<{CLERK}> SIZE={}", LIMIT + 1)).unwrap();
    assert_eq!(said.code, 552, "{}", said.text());
    assert!(said.text().contains("5.3.4") && said.text().contains("30"), "{}", said.text());

    // And without a word on the size beforehand; a smaller one goes through on the same connection after it.
    let mut letter = letters::head(1, 1, 2000);
    let size = letter.len();
    letters::base64(&mut letter, LIMIT - letters::END.len() - 80, &mut letters::Dice::new(1));
    let fill = LIMIT - letters::END.len() - letter.len();
    letter.extend(std::iter::repeat_n(b'A', fill - 2));
    letter.extend_from_slice(b"\r\n");
    letter.extend_from_slice(letters::END.as_bytes());
    assert_eq!(letter.len(), LIMIT);
    let mut larger = letter.clone();
    larger.insert(size, b'A');
    let to = ["anna.virtanen@konto.example"];
    let refused = client.send(CLERK, &to, &larger).unwrap();
    assert_eq!(refused.code, 552, "{}", refused.text());
    assert!(refused.text().contains("5.3.4"), "{}", refused.text());
    let taken = client.send(CLERK, &to, &letter).unwrap();
    assert!(taken.is_yes(), "{}", taken.text());
    assert_eq!(gateway.api("anna").inbox().len(), 1);
}
