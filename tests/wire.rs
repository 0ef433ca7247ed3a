//! Every conversation in `testdata/smtp/` over TCP and TLS, against the real binary with a real store.

mod support;

use std::path::Path;

use support::gateway::{Gateway, Setup};
use support::transcript::Transcript;
use support::wire::Wire;

/// The world that `testdata/smtp/README.md` tells of.
fn world() -> Gateway {
    let over = vec![
        ("NODE__NAME", "mail.konto.example".to_owned()),
        ("MAIL__MAX_MESSAGE", "1 MiB".to_owned()),
        ("MAIL__MAX_RECIPIENTS", support::fixture::MAX_RECIPIENTS.to_string()),
    ];
    let gateway = Gateway::start(Setup { over, ..Setup::default() });
    let accounts = r#"
        [[account]]
        id = "anna"
        name = "Anna"
        state = "active"
        aliases = ["anna@konto.example"]

        [[account]]
        id = "kalle"
        name = "Kalle"
        state = "waiting"
        aliases = ["kalle@konto.example"]
    "#;
    let file = support::gateway::file(gateway.folder(), "accounts.toml", accounts.as_bytes());
    let applied = gateway.run(&["apply", file.to_str().unwrap()]);
    assert!(applied.status.success(), "{}", support::gateway::said(&applied));
    gateway
}

#[test]
fn every_transcript_over_tcp() {
    let gateway = world();
    let transcripts = Transcript::all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/smtp"));
    let mut faults = Vec::new();
    for transcript in &transcripts {
        for cut in [usize::MAX, 11] {
            if let Err(fault) = transcript.play(&mut Wire::to(&gateway, cut)) {
                faults.push(format!("in pieces of {cut}: {fault}\n    {}", transcript.why));
                break;
            }
        }
    }
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), transcripts.len(), faults.join("\n"));
}
