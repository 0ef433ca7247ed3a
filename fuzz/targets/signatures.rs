//! Any bytes: what is found of signatures stops nothing, takes no more signatures than are looked at, and its field is
//! one field however hostile the names in it. No DNS is there: keys are not found. Seeds: `testdata/mail/*.eml` and the
//! vectors in `testdata/authentication`.
#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use brevbro::authentication::{Authenticator, Need, Settings, results};
use brevbro::domain::address::Domain;
use brevbro::domain::authentication::{Spf, SpfIdentity, Verdict};
use libfuzzer_sys::fuzz_target;
use tokio::runtime::{Builder, Runtime};

static WORLD: LazyLock<(Runtime, Authenticator, Domain)> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let host = Domain::parse("mail1.konto.example").expect("a name");
    // Port 9 of this machine: nobody answers there.
    let nameservers = vec!["127.0.0.1:9".parse().expect("an address")];
    let settings =
        Settings { nameservers, dnssec: false, trust_anchors: None, timeout: Duration::from_millis(1), cache: 16 };
    let authenticator = runtime.block_on(async { Authenticator::new(&settings, host.clone()) }).expect("a resolver");
    (runtime, authenticator, host)
});

fuzz_target!(|raw: &[u8]| {
    let (runtime, authenticator, host) = &*WORLD;
    let spf = Spf { verdict: Verdict::None, identity: SpfIdentity::Helo, domain: None, reason: String::new() };
    let found = runtime.block_on(authenticator.message(raw.to_vec().into(), spf, Need::Evidence));
    assert!(found.signatures.len() <= 8);
    assert!(found.signatures.iter().all(|signature| signature.verdict != Verdict::Pass), "no key can be known");
    let field = results::header(host, &found);
    let body = field.strip_suffix("\r\n").expect("it ends with CRLF");
    assert!(field.starts_with("Authentication-Results: mail1.konto.example"));
    for line in body.split("\r\n").skip(1) {
        assert!(line.starts_with([' ', '\t']) && !line.trim().is_empty(), "{field:?}");
    }
    assert!(!body.replace("\r\n", "").contains(|c: char| c.is_control() && c != '\t'), "{field:?}");
});
