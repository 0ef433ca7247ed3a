//! Logins, from outside: real mail programs with a password that `brevbro password create` made, over STARTTLS and over
//! TLS from the start; what ends a login, and what a guesser sees.

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use support::gateway::{Gateway, Setup, file, said};

const ANNA: &str = "anna.virtanen@konto.example";
const CLERK: &str = "clerk@esp.example";

/// An office without a server: nothing but a login proves it, and both listeners ask for one.
fn submission(over: &[(&'static str, &str)]) -> Gateway {
    let mut all = vec![("LISTENER__0__LOGIN", "required".to_owned()), ("LISTENER__1__LOGIN", "offered".to_owned())];
    all.extend(over.iter().map(|(key, value)| (*key, (*value).to_owned())));
    let gateway = Gateway::start(Setup { over: all, ..Setup::default() });
    apply(&gateway, "esp-social", "esp.example");
    apply(&gateway, "van-social", "van.example");
    gateway
}

fn apply(gateway: &Gateway, id: &str, domain: &str) {
    let office = format!(
        r#"[[office]]
        id = "{id}"
        name = {{ en = "Social Services" }}
        language = "sv"
        senders = ["{domain}"]
        trust = ["login"]
        tls = "required"
        reply_routes = ["sender"]
        "#
    );
    let path = file(gateway.folder(), &format!("{id}.toml"), office.as_bytes());
    let applied = gateway.run(&["apply", path.to_str().unwrap()]);
    assert!(applied.status.success(), "{}", said(&applied));
    // A gateway that serves looks for changes each second.
    std::thread::sleep(Duration::from_millis(1500));
}

/// A new password of the office.
fn password(gateway: &Gateway, office: &str, label: &str) -> String {
    let made = gateway.run(&["password", "create", "--office", office, "--label", label]);
    assert!(made.status.success(), "{}", said(&made));
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}

fn letter(gateway: &Gateway, id: &str, from: &str) -> PathBuf {
    let text = format!(
        "From: {from}\r\nTo: {ANNA}\r\nDate: Tue, 24 Nov 2026 10:00:00 +0200\r\nMessage-ID: <{id}@esp.example>\r\n\
         Subject: {id}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHej\r\n"
    );
    file(gateway.folder(), &format!("{id}.eml"), text.as_bytes())
}

/// The subjects in the mailbox, oldest first.
fn subjects(gateway: &Gateway) -> Vec<String> {
    let mut all: Vec<String> =
        gateway.api("anna").inbox().iter().map(|record| record["subject"].as_str().unwrap().to_owned()).collect();
    all.reverse();
    all
}

/// Python's smtplib, with a script of a test's own in which `s` is the connection and `p` the password.
fn python(gateway: &Gateway, password: &str, implicit: bool, script: &str) -> Output {
    let port = if implicit { gateway.smtps_port } else { gateway.smtp_port };
    let open = if implicit {
        format!("s = smtplib.SMTP_SSL('localhost', {port}, context=c)")
    } else {
        format!("s = smtplib.SMTP('localhost', {port}); s.starttls(context=c)")
    };
    let ca = gateway.path("ca.pem");
    let text = format!(
        "import base64, os, smtplib, ssl, sys, time\nc = ssl.create_default_context(cafile='{ca}')\n{open}\n\
         p = '{password}'\ndef plain(name, password):\n    \
         return base64.b64encode(('\\0' + name + '\\0' + password).encode()).decode()\n{script}\n"
    );
    Command::new("python3").args(["-c", &text]).current_dir(gateway.folder()).output().unwrap()
}

fn ran(output: &Output) -> String {
    assert!(output.status.success(), "{}", said(output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn smtplib_logs_in_and_sends() {
    let gateway = submission(&[]);
    let secret = password(&gateway, "esp-social", "case-system");
    assert_eq!(secret.len(), 39, "{secret}");
    for (implicit, id) in [(false, "starttls"), (true, "implicit")] {
        letter(&gateway, id, CLERK);
        let script = format!(
            "print(s.login('esp-social/case-system', p))\n\
             s.sendmail('{CLERK}', ['{ANNA}'], open('{id}.eml', 'rb').read())\n\
             print(s.docmd('AUTH', 'PLAIN'))\ns.quit()"
        );
        let said = ran(&python(&gateway, &secret, implicit, &script));
        assert!(said.contains("(235, b'2.7.0 Logged in')") && said.contains("(503, b'5.5.1"), "{said}");
    }
    assert_eq!(subjects(&gateway), ["starttls", "implicit"]);
    let raw = gateway.run(&["password", "list"]);
    let listed = ran(&raw);
    assert!(listed.contains("esp-social/case-system") && listed.contains("good"), "{listed}");
    assert!(!listed.contains("never\n"), "its use is noted: {listed}");
    // Nothing shows the password: not the list, not the log, not the database.
    let database = std::fs::read(gateway.path("data/brevbro.sqlite")).unwrap();
    assert!(!listed.contains(&secret) && !gateway.log().contains(&secret));
    assert!(!database.windows(secret.len()).any(|octets| octets == secret.as_bytes()));
}

#[test]
fn swaks_logs_in() {
    let gateway = submission(&[]);
    let secret = password(&gateway, "esp-social", "swaks");
    for (port, tls, id) in [(gateway.smtp_port, "--tls", "swaks"), (gateway.smtps_port, "--tlsc", "swaks-tlsc")] {
        let path = letter(&gateway, id, CLERK);
        let output = Command::new("swaks")
            .args(["--server", &format!("127.0.0.1:{port}"), "--from", CLERK, "--to", ANNA, tls])
            .args(["--auth", "PLAIN", "--auth-user", "esp-social/swaks", "--auth-password", &secret])
            .args(["--data", &format!("@{}", path.display())])
            .output()
            .unwrap();
        ran(&output);
    }
    assert_eq!(subjects(&gateway), ["swaks", "swaks-tlsc"]);
}

#[test]
fn curl_logs_in() {
    let gateway = submission(&[]);
    let secret = password(&gateway, "esp-social", "curl");
    for (url, id) in [
        (format!("smtp://localhost:{}", gateway.smtp_port), "curl"),
        (format!("smtps://localhost:{}", gateway.smtps_port), "curl-smtps"),
    ] {
        let path = letter(&gateway, id, CLERK);
        let output = Command::new("curl")
            .args(["--noproxy", "*", "--silent", "--show-error", "--ssl-reqd", "--cacert", &gateway.path("ca.pem")])
            .args(["--user", &format!("esp-social/curl:{secret}"), "--login-options", "AUTH=PLAIN"])
            .args(["--mail-from", CLERK, "--mail-rcpt", ANNA, "--upload-file", path.to_str().unwrap(), &url])
            .output()
            .unwrap();
        ran(&output);
    }
    assert_eq!(subjects(&gateway), ["curl", "curl-smtps"]);
}

/// msmtp with the mechanism; what it printed.
fn msmtp(gateway: &Gateway, name: &str, password: &str, mechanism: &str, implicit: bool, letter: &Path) -> Output {
    let (port, starttls) = if implicit { (gateway.smtps_port, "off") } else { (gateway.smtp_port, "on") };
    let rc = format!(
        "account default\nhost localhost\nport {port}\nfrom {CLERK}\ntls on\ntls_starttls {starttls}\n\
         tls_trust_file {}\nauth {mechanism}\nuser {name}\npassword {password}\n",
        gateway.path("ca.pem")
    );
    let rc_file = Path::new(&gateway.path("msmtprc")).to_owned();
    support::certificate::private(&rc_file, rc.as_bytes());
    Command::new("msmtp")
        .args(["--debug", "-C", rc_file.to_str().unwrap(), ANNA])
        .stdin(std::fs::File::open(letter).unwrap())
        .output()
        .unwrap()
}

#[test]
fn msmtp_proves_it_knows_the_password_and_does_not_say_it() {
    let gateway = submission(&[]);
    let secret = password(&gateway, "esp-social", "msmtp");
    for (mechanism, implicit, id) in
        [("scram-sha-256", false, "scram"), ("scram-sha-256", true, "scram-smtps"), ("plain", false, "plain")]
    {
        let path = letter(&gateway, id, CLERK);
        let said = ran(&msmtp(&gateway, "esp-social/msmtp", &secret, mechanism, implicit, &path));
        assert!(said.contains("235 2.7.0"), "{said}");
    }
    assert_eq!(subjects(&gateway), ["scram", "scram-smtps", "plain"]);
    let path = letter(&gateway, "wrong", CLERK);
    let refused = msmtp(&gateway, "esp-social/msmtp", "k7m2-k7m2", "scram-sha-256", false, &path);
    assert!(!refused.status.success() && said(&refused).contains("535 5.7.8"), "{}", said(&refused));
}

/// GNU SASL's own program: the one client at hand that binds its proof to the TLS connection (RFC 9266).
#[test]
fn gsasl_binds_its_proof_to_the_connection() {
    let gateway = submission(&[]);
    let secret = password(&gateway, "esp-social", "gsasl");
    let attempt = |password: &str, mechanism: &str| {
        Command::new("gsasl")
            .args(["--smtp", "--connect", &format!("localhost:{}", gateway.smtp_port), "--hostname", "localhost"])
            .args(["--x509-ca-file", &gateway.path("ca.pem"), "--mechanism", mechanism, "--no-client-first"])
            .args(["--authentication-id", "esp-social/gsasl", "--password", password, "--verbose"])
            // It would not prove itself unbound where it can bind.
            .args((mechanism != "SCRAM-SHA-256-PLUS").then_some("--no-cb"))
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap()
    };
    for mechanism in ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN"] {
        let said = said(&attempt(&secret, mechanism));
        assert!(said.contains("235 2.7.0") || said.contains("authenticated"), "{mechanism}: {said}");
    }
    let refused = said(&attempt("k7m2", "SCRAM-SHA-256-PLUS"));
    assert!(refused.contains("535 5.7.8"), "{refused}");
    let log = gateway.log();
    assert_eq!(log.matches("logged in").count(), 3, "{log}");
}

#[test]
fn without_a_login_there_is_nothing_to_send() {
    let gateway = submission(&[]);
    letter(&gateway, "none", CLERK);
    let script = format!(
        "print(s.ehlo(), s.mail('{CLERK}'), s.docmd('NOOP'))\n\
         import socket\nt = smtplib.SMTP('localhost', {port})\nprint(t.ehlo()[1].decode())\n\
         print(t.docmd('AUTH', 'PLAIN ' + plain('a/b', 'c')), t.mail('{CLERK}'))",
        port = gateway.smtp_port
    );
    let said = ran(&python(&gateway, "", false, &script));
    assert!(said.contains("(530, b'5.7.0 Log in first"), "{said}");
    assert!(said.contains("(538, b'5.7.11 STARTTLS first"), "{said}");
    assert_eq!(said.matches("AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN").count(), 1, "under TLS alone: {said}");
    assert!(subjects(&gateway).is_empty());
}

/// RFC 4954 §4: an answer may have 12288 octets, and no more; either way the exchange is over and the next command is one.
#[test]
fn long_answers() {
    let gateway = submission(&[]);
    let script = "s.ehlo()\nfor size in [3000, 9000, 9300, 100000]:\n    s.docmd('AUTH', 'PLAIN')\n    \
                  print(s.docmd(base64.b64encode(b'x' * size).decode())[0], s.docmd('NOOP')[0])";
    let told = ran(&python(&gateway, "", false, script));
    assert_eq!(told.lines().collect::<Vec<_>>(), ["535 250", "535 250", "500 250", "500 250"]);
}

#[test]
fn a_password_speaks_for_its_own_office_alone() {
    let gateway = submission(&[]);
    let secret = password(&gateway, "van-social", "case");
    let script = format!(
        "s.login('van-social/case', p)\nprint(s.mail('{CLERK}'), s.rcpt('{ANNA}'))\ns.rset()\n\
         print(s.mail('clerk@van.example'), s.rcpt('{ANNA}'))"
    );
    let said = ran(&python(&gateway, &secret, true, &script));
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].contains("(550, b'5.7.1"), "{said}");
    assert!(lines[1].contains("(250, b'2.1.5"), "{said}");
}

#[test]
fn a_revoked_password_ends_its_logins() {
    let gateway = submission(&[]);
    let secret = password(&gateway, "esp-social", "case");
    let binary = support::gateway::BINARY;
    let config = gateway.path("brevbro.toml");
    let script = format!(
        "import subprocess\ns.login('esp-social/case', p)\nprint(s.mail('{CLERK}'))\ns.rset()\n\
         subprocess.run(['{binary}', 'password', 'revoke', '--office', 'esp-social', '--label', 'case', '--config', \
         '{config}'], check=True, stdout=subprocess.DEVNULL)\n\
         print(s.mail('{CLERK}'), s.mail('{CLERK}'))\n\
         print(s.docmd('AUTH', 'PLAIN ' + plain('esp-social/case', p)), s.mail('{CLERK}'))"
    );
    let told = ran(&python(&gateway, &secret, false, &script));
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].starts_with("(250"), "{told}");
    assert_eq!(lines[1].matches("(530, b'5.7.0").count(), 2, "{told}");
    assert!(lines[2].contains("(535, b'5.7.8") && lines[2].contains("(530"), "{told}");
    // The name is used up, and all of it is on record.
    let again = gateway.run(&["password", "create", "--office", "esp-social", "--label", "case"]);
    assert!(!again.status.success() && said(&again).contains("has been the name"), "{}", said(&again));
    // The answer's last word leads to the event of the refusal.
    let reference = lines[2].split("Reference: ").nth(1).unwrap().split('\'').next().unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    let events = ran(&gateway.run(&["trace", "password"])) + &ran(&gateway.run(&["trace", reference]));
    for part in
        ["created login=esp-social/case", "revoked login=esp-social/case", "esp-social/case: the password was revoked"]
    {
        assert!(events.contains(part), "{part} in {events}");
    }
}

#[test]
fn a_password_ends_by_itself() {
    let gateway = submission(&[]);
    let late =
        gateway.run(&["password", "create", "--office", "esp-social", "--label", "a", "--expires", "2020-01-01"]);
    assert!(!late.status.success() && said(&late).contains("this day is over"), "{}", said(&late));
    let nobody = gateway.run(&["password", "create", "--office", "nobody", "--label", "a"]);
    assert!(!nobody.status.success() && said(&nobody).contains("there is no office nobody"), "{}", said(&nobody));
    let made = gateway.run(&[
        "password",
        "create",
        "--office",
        "esp-social",
        "--label",
        "a",
        "--expires",
        "2099-12-31",
        "--json",
    ]);
    let made: serde_json::Value = serde_json::from_str(&ran(&made)).unwrap();
    assert_eq!(made["login"], "esp-social/a");
    assert_eq!(made["expires"], "2099-12-31T22:00:00Z", "the day's end in the portal's time zone");
}

#[test]
fn an_admin_is_told_what_a_login_would_do_and_when_it_ends() {
    let gateway = submission(&[]);
    let route = |more: &[&str]| {
        let words = [&["route", "test", "--from", CLERK, "--to", ANNA], more].concat();
        gateway.run(&words).status.success()
    };
    assert!(route(&["--login", "esp-social"]));
    assert!(!route(&["--login", "van-social"]) && !route(&[]));
    let day = brevbro::clock::Clock::system().now().checked_add(jiff::SignedDuration::from_hours(7 * 24)).unwrap();
    let day = day.strftime("%F").to_string();
    ran(&gateway.run(&["password", "create", "--office", "esp-social", "--label", "week", "--expires", &day]));
    let checked = said(&gateway.run(&["check", "--running"]));
    assert!(checked.contains("the password esp-social/week ends in "), "{checked}");
    assert!(!checked.contains("no listener offers one"), "{checked}");
    let off = gateway.path("off.toml");
    let config = std::fs::read_to_string(gateway.path("brevbro.toml")).unwrap();
    std::fs::write(&off, config).unwrap();
    let checked =
        Command::new(support::gateway::BINARY).args(["check", "--running", "--config", &off]).output().unwrap();
    assert!(said(&checked).contains("only a login proves it, and no listener offers one"), "{}", said(&checked));
}

/// What a guesser is told of a name that exists, and of one that does not: the same words, after the same time.
#[test]
fn a_guesser_learns_nothing() {
    let gateway = submission(&[]);
    let secret = password(&gateway, "esp-social", "case");
    let script = "s.ehlo()\ndef challenge(name):\n    \
        code, said = s.docmd('AUTH', 'SCRAM-SHA-256 ' + base64.b64encode(('n,,n=' + name + ',r=abc').encode()).decode())\n    \
        fields = base64.b64decode(said).decode().split(',')\n    s.docmd('*')\n    \
        return code, [len(field) for field in fields], fields[1:]\n\
        a, b, c = challenge('esp-social/case'), challenge('esp-social/none'), challenge('esp-social/none')\n\
        print(a[:2] == b[:2], b[2] == c[2], a[2] != b[2])\n\
        for name in ['esp-social/case', 'esp-social/none', 'nobody/none', 'x']:\n    \
        t = time.time()\n    \
        print(s.docmd('AUTH', 'PLAIN ' + plain(name, 'k7m2')))";
    let told = ran(&python(&gateway, &secret, false, script));
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[0], "True True True", "{told}");
    assert!(lines[1].starts_with("(535, b'5.7.8"), "{told}");
    let words = |line: &str| line.split("Reference").next().unwrap().to_owned();
    assert!(lines[1..].iter().all(|line| words(line) == words(lines[1])), "{told}");
    // Each has its event, without a name that is not ours.
    let log = gateway.log();
    assert!(log.contains("esp-social/case") && !log.contains("nobody") && !log.contains("esp-social/none"), "{log}");
}

/// One name from one network is not listened to after ten failures; the others go on, and so does a right password
/// before that, which never waits.
#[test]
fn guessing_slows_down_and_ends() {
    let gateway = submission(&[]);
    let secret = password(&gateway, "esp-social", "case");
    let other = password(&gateway, "esp-social", "other");
    let port = gateway.smtps_port;
    let script = format!(
        "import threading\nsaid = []\ndef guess():\n    \
         t = smtplib.SMTP_SSL('localhost', {port}, context=c); t.ehlo()\n    \
         said.append(t.docmd('AUTH', 'PLAIN ' + plain('esp-social/case', 'k7m2'))[0])\n\
         all = [threading.Thread(target=guess) for _ in range(10)]\n\
         [t.start() for t in all]\n[t.join() for t in all]\nprint(sorted(said))\n\
         s.ehlo()\nprint(s.docmd('AUTH', 'PLAIN ' + plain('esp-social/case', p)))\n\
         s = smtplib.SMTP_SSL('localhost', {port}, context=c)\n\
         began = time.time()\ns.login('esp-social/other', '{other}')\nprint(time.time() - began < 2)"
    );
    let began = Instant::now();
    let told = ran(&python(&gateway, &secret, true, &script));
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[0], "[535, 535, 535, 535, 535, 535, 535, 535, 535, 535]");
    assert!(began.elapsed() > Duration::from_secs(4), "the last ones waited");
    assert!(lines[1].starts_with("(421, b'4.7.0"), "{told}");
    assert_eq!(lines[2], "True", "{told}");
}

#[test]
fn a_login_in_clear_is_a_fault_of_the_configuration() {
    let gateway = Gateway::prepare(Setup {
        over: vec![("LISTENER__0__LOGIN", "offered".to_owned()), ("LISTENER__0__TLS", "none".to_owned())],
        ..Setup::default()
    });
    let checked = gateway.run(&["check"]);
    assert!(!checked.status.success());
    assert!(said(&checked).contains("a password would go over the network in clear"), "{}", said(&checked));
}
