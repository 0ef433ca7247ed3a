//! Client certificates, from outside: two at a time while one takes the other's place, none after its end, and a word in
//! time about those that end soon.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use brevbro::clock::Clock;
use jiff::ToSpan;
use rcgen::{CertificateParams, DnType, KeyPair};
use support::certificate::private;
use support::gateway::{Gateway, Setup, file, said};

const ANNA: &str = "anna.virtanen@konto.example";

/// A certificate of the office's own making, that ends in so many days: `NAME.pem` and `NAME.key`.
fn certificate(folder: &Path, name: &str, days: i64) {
    let end = Clock::system().now().checked_add((24 * days).hours()).unwrap().as_second();
    let mut params = CertificateParams::new(vec!["relay.van.example".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    let at = |second| rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(u64::try_from(second).unwrap());
    (params.not_before, params.not_after) = (at(end - 400 * 86_400), at(end));
    let key = KeyPair::generate().unwrap();
    fs::write(folder.join(format!("{name}.pem")), params.self_signed(&key).unwrap().pem()).unwrap();
    private(&folder.join(format!("{name}.key")), key.serialize_pem().as_bytes());
}

/// The office with these `certificates`, which alone prove it.
fn apply(gateway: &Gateway, certificates: &str) {
    let office = format!(
        r#"[[office]]
        id = "van-social"
        name = {{ en = "Social Services" }}
        senders = ["van.example"]
        trust = ["client-certificate"]
        certificates = [{certificates}]
        "#
    );
    let path = file(gateway.folder(), "van.toml", office.as_bytes());
    let applied = gateway.run(&["apply", path.to_str().unwrap()]);
    assert!(applied.status.success(), "{}", said(&applied));
    // A gateway that serves looks for changes each second.
    std::thread::sleep(Duration::from_millis(1500));
}

/// What RCPT says to whoever shows this certificate.
fn answer(gateway: &Gateway, shown: Option<&str>) -> u16 {
    let load = shown.map_or(String::new(), |name| format!("c.load_cert_chain('{name}.pem', '{name}.key')\n"));
    let script = format!(
        "import smtplib, ssl\nc = ssl.create_default_context(cafile='ca.pem')\n{load}\
         s = smtplib.SMTP('localhost', {})\ns.starttls(context=c)\ns.ehlo()\ns.mail('a@van.example')\n\
         print(s.rcpt('{ANNA}')[0])\ns.quit()",
        gateway.smtp_port
    );
    let output = Command::new("python3").args(["-c", &script]).current_dir(gateway.folder()).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

#[test]
fn one_takes_the_others_place() {
    let gateway = Gateway::start(Setup::default());
    for (name, days) in [("old", 200), ("new", 600), ("ended", -1)] {
        certificate(gateway.folder(), name, days);
    }
    let answers = || ["old", "new", "ended"].map(|name| answer(&gateway, Some(name)));
    apply(&gateway, r#""file:old.pem""#);
    assert_eq!(answers(), [250, 550, 550]);
    apply(&gateway, r#""file:old.pem", "file:new.pem", "file:ended.pem""#);
    assert_eq!(answers(), [250, 250, 550], "two at a time; one that has ended proves nothing, enrolled or not");
    apply(&gateway, r#""file:new.pem""#);
    assert_eq!(answers(), [550, 250, 550]);
    assert_eq!(answer(&gateway, None), 550);
    assert!(!gateway.log().contains("ends soon"), "{}", gateway.log());
}

#[test]
fn what_was_read_from_a_file_is_exported_and_applied_again() {
    let gateway = Gateway::start(Setup::default());
    certificate(gateway.folder(), "own", 200);
    apply(&gateway, r#""file:own.pem""#);
    let exported = gateway.run(&["export"]);
    let text = String::from_utf8(exported.stdout).unwrap();
    assert!(text.contains("\"sha256:") && text.contains(" until "), "{text}");
    fs::remove_file(gateway.path("own.pem")).unwrap();
    let path = file(gateway.folder(), "again.toml", text.as_bytes());
    let again = gateway.run(&["apply", path.to_str().unwrap()]);
    assert!(said(&again).contains("Nothing to change."), "{}", said(&again));
}

#[test]
fn a_certificate_that_ends_soon_is_told_of_once_a_day() {
    let mut gateway = Gateway::start(Setup::default());
    certificate(gateway.folder(), "soon", 20);
    let print = Command::new("openssl")
        .args(["x509", "-noout", "-fingerprint", "-sha256", "-in", "soon.pem"])
        .current_dir(gateway.folder())
        .output()
        .unwrap();
    let print = String::from_utf8(print.stdout).unwrap().trim().split_once('=').unwrap().1.to_owned();
    // By its fingerprint alone: its end is known when it is shown.
    apply(&gateway, &format!("\"sha256:{print}\""));
    assert!(!said(&gateway.run(&["check", "--running"])).contains("ends on"));
    let word = "an office's client certificate ends soon";
    assert_eq!(gateway.log().matches(word).count(), 0);
    for _ in 0..3 {
        assert_eq!(answer(&gateway, Some("soon")), 250);
    }
    assert_eq!(gateway.log().matches(word).count(), 1, "{}", gateway.log());
    let traced = said(&gateway.run(&["trace", "office van-social"]));
    assert!(traced.contains("ending") && traced.contains("office=van-social"), "{traced}");
    // From the file: its end is known at once, to check and to the daily look.
    apply(&gateway, "\"file:soon.pem\"");
    let checked = said(&gateway.run(&["check", "--running"]));
    assert!(checked.contains("office van-social: its certificate sha256:") && checked.contains("ends on"), "{checked}");
    gateway.stop();
    gateway.serve();
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(gateway.log().matches(word).count(), 2, "{}", gateway.log());
}
