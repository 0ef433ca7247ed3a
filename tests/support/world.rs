//! The world in which conversations as files are true, around the real binary.

use super::fixture;
use super::gateway::{Gateway, Setup, file, said};

/// The world that `testdata/smtp/README.md` tells of.
pub fn world() -> Gateway {
    let over = vec![
        ("NODE__NAME", "mail.konto.example".to_owned()),
        ("MAIL__MAX_MESSAGE", "1 MiB".to_owned()),
        ("MAIL__MAX_RECIPIENTS", fixture::MAX_RECIPIENTS.to_string()),
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
    let file = file(gateway.folder(), "accounts.toml", accounts.as_bytes());
    let applied = gateway.run(&["apply", file.to_str().unwrap()]);
    assert!(applied.status.success(), "{}", said(&applied));
    gateway
}
