//! testssl.sh finds nothing to complain about in our TLS, by STARTTLS and from the first octet.

mod support;

use std::process::Command;

use support::gateway::{Gateway, Setup};

/// What it complains about that is not ours: begins with this, and why.
const NOT_OURS: &[(&str, &str)] = &[
    ("engine_problem", "its own OpenSSL has no GOST"),
    ("cert", "the certificate, its issuer and its revocation are the tests'"),
    ("DNS_CAArecord", "localhost has no zone"),
];

fn complaints(gateway: &Gateway, port: u16, how: &[&str]) -> Vec<String> {
    let file = gateway.path(&format!("testssl-{port}.json"));
    let output = Command::new("timeout")
        .args(["900", "testssl", "--quiet", "--color", "0", "--warnings", "off", "--ip", "127.0.0.1"])
        .args(["--add-ca", &gateway.path("ca.pem"), "--jsonfile", &file])
        .args(how)
        .arg(format!("localhost:{port}"))
        .current_dir(gateway.folder())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let found = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{error}: {said}"));
    let found: Vec<serde_json::Value> = serde_json::from_str(&found).unwrap_or_else(|error| panic!("{error}: {said}"));
    let word = |finding: &serde_json::Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let asked = |id: &str| found.iter().any(|finding| word(finding, "id") == id);
    // A run that was cut short has nothing to complain about either.
    for id in ["TLS1_2", "TLS1_3", "cipher_order", "heartbleed", "ROBOT", "LUCKY13", "RC4"] {
        assert!(asked(id), "{id} was not asked: {said}");
    }
    found
        .iter()
        .filter(|finding| !matches!(word(finding, "severity").as_str(), "OK" | "INFO" | "DEBUG"))
        .filter(|finding| !NOT_OURS.iter().any(|(id, _)| word(finding, "id").starts_with(id)))
        .map(|finding| ["severity", "id", "finding"].map(|key| word(finding, key)).join(" "))
        .collect()
}

#[test]
fn nothing_to_complain_about_in_starttls() {
    let gateway = Gateway::start(Setup::default());
    assert_eq!(complaints(&gateway, gateway.smtp_port, &["-t", "smtp"]), Vec::<String>::new());
}

#[test]
fn nothing_to_complain_about_where_tls_comes_first() {
    let gateway = Gateway::start(Setup::default());
    assert_eq!(complaints(&gateway, gateway.smtps_port, &[]), Vec::<String>::new());
}
