//! No octets panic a login, or prove a password that the client does not have; what PLAIN takes was sent.
#![no_main]

use std::num::NonZeroU32;
use std::sync::LazyLock;

use brevbro::domain::sasl::Mechanism;
use brevbro::domain::sasl::plain::Plain;
use brevbro::domain::sasl::scram::{First, Keys};
use libfuzzer_sys::fuzz_target;

static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys::derive("k7m2-xq4d", [3; 16], NonZeroU32::MIN));

fuzz_target!(|octets: &[u8]| {
    if let Ok(plain) = Plain::read(octets) {
        let whole = [b"\0", plain.name.as_bytes(), b"\0", plain.password.as_bytes()].concat();
        assert!(octets.ends_with(&whole));
    }
    // The first message up to a line end, then the last one.
    let cut = octets.iter().position(|&c| c == b'\n').unwrap_or(octets.len());
    let (first, last) = octets.split_at(cut);
    for mechanism in [Mechanism::ScramSha256, Mechanism::ScramSha256Plus] {
        for binding in [None, Some(&[7; 32])] {
            let read = First::read(first, mechanism, binding.is_some());
            let known = First::read(b"n,,n=a,r=x", Mechanism::ScramSha256, false);
            for first in [read, known].into_iter().flatten() {
                let (challenge, exchange) = first.challenge(KEYS.clone(), [1; 18]);
                assert!(challenge.is_ascii() && challenge.len() < 360);
                assert!(exchange.finish(last.get(1..).unwrap_or_default(), binding).is_err());
            }
        }
    }
});
