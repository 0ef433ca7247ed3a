//! Any bytes: the citizen's copy has our fields on top and the body as it came, shows nobody else as a recipient, and
//! holds nobody whom the message named as one, neither as it stands nor unfolded and decoded.
//! Seeds: `testdata/mail/*.eml`.
#![no_main]

use brevbro::domain::address::Mailbox;
use brevbro::intake::{self, Limits};
use libfuzzer_sys::fuzz_target;

const TRACE: &str = "Authentication-Results: mail1.konto.example; none\r\n";
/// A recipient of every message.
const OTHER: &str = "bo@konto.example";

fn is_own(mailbox: &Mailbox) -> bool {
    mailbox.folded() == "anna.virtanen@konto.example"
}

fn is_ours(mailbox: &Mailbox) -> bool {
    mailbox.domain.wire() == "konto.example"
}

fn copy(raw: &[u8]) -> Vec<u8> {
    intake::copy(raw, TRACE, &is_own, &is_ours)
}

/// Whether the address stands in a text, and not as the end of a longer one.
fn holds(text: &str, address: &str) -> bool {
    let text = text.to_lowercase();
    text.match_indices(address).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + address.len()..].chars().next();
        before.is_none_or(|c| c.is_whitespace() || "<>,;:".contains(c))
            && after.is_none_or(|c| c.is_whitespace() || "<>,;:".contains(c))
    })
}

fuzz_target!(|raw: &[u8]| {
    let made = copy(raw);
    let rest = made.strip_prefix(TRACE.as_bytes()).expect("our fields on top");
    assert_eq!(copy(rest), made);
    let limits = Limits::default();
    // Where a header ends, readers of broken messages differ: what ends in an empty line, none does.
    let header = raw.windows(4).position(|four| four == b"\r\n\r\n");
    let is_header = |at: usize| raw[..at].split(|octet| *octet == b'\n').all(|line| line.contains(&b':'));
    if header.is_some_and(is_header) {
        for person in intake::read(rest, &limits).to {
            let own = Mailbox::parse(person.address.trim()).is_ok_and(|mailbox| is_own(&mailbox));
            assert!(own, "{person:?}");
        }
    }
    let named = [format!("To: {OTHER}\r\n").as_bytes(), raw].concat();
    let made = copy(&named);
    let rest = &made[TRACE.len()..];
    let read = intake::read(&named, &limits);
    let authors: Vec<String> = read.from.iter().map(|author| author.address.to_lowercase()).collect();
    if header.is_some_and(is_header) && !authors.iter().any(|author| author.contains(OTHER)) {
        let end = rest.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(rest.len());
        let header = String::from_utf8_lossy(&rest[..end]).replace("\r\n ", " ").replace("\r\n\t", " ");
        let read = intake::read(rest, &limits);
        assert!(!holds(&header, OTHER), "{header}");
        assert!(!holds(&read.subject, OTHER), "{}", read.subject);
        assert!(!read.from.iter().any(|author| holds(author.name.as_deref().unwrap_or_default(), OTHER)));
    }
});
