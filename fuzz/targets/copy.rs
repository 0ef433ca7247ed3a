//! Any bytes: the citizen's copy has our fields on top and the body as it came, and shows nobody else as a recipient.
//! Seeds: `testdata/mail/*.eml`.
#![no_main]

use brevbro::domain::address::Mailbox;
use brevbro::intake::{self, Limits};
use libfuzzer_sys::fuzz_target;

const TRACE: &str = "Authentication-Results: mail1.konto.example; none\r\n";

fn is_own(mailbox: &Mailbox) -> bool {
    mailbox.folded() == "anna.virtanen@konto.example"
}

fuzz_target!(|raw: &[u8]| {
    let copy = intake::copy(raw, TRACE, &is_own);
    let rest = copy.strip_prefix(TRACE.as_bytes()).expect("our fields on top");
    assert_eq!(intake::copy(rest, TRACE, &is_own), copy);
    let limits = Limits::default();
    // Where a header ends, readers of broken messages differ: what ends in an empty line, none does.
    let header = raw.windows(4).position(|four| four == b"\r\n\r\n");
    if header.is_some_and(|at| raw[..at].split(|octet| *octet == b'\n').all(|line| line.contains(&b':'))) {
        for person in intake::read(rest, &limits).to {
            let own = Mailbox::parse(person.address.trim()).is_ok_and(|mailbox| is_own(&mailbox));
            assert!(own, "{person:?}");
        }
    }
});
