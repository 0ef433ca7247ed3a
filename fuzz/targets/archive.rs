//! Any bytes as an attachment: its kind, the list of an archive, the policy. Seeds: `testdata/archives`.
#![no_main]

use brevbro::scanner::archive::{self, Kind};
use brevbro::scanner::policy::Policy;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    for kind in [Kind::Zip, Kind::Tar, Kind::Packed] {
        let list = archive::list(octets, kind, 100);
        assert!(list.entries.iter().all(|entry| entry.stored.is_none_or(|stored| stored.len() <= octets.len())));
    }
    let policy = Policy { encrypted: true, ..Policy::default() };
    for name in ["a.zip", "a.docx", "a.pdf", "a.tar.gz"] {
        if let Some(objection) = policy.object(name, "application/octet-stream", octets) {
            assert!(objection.cause.is_ascii() && objection.cause.len() < 100);
            assert!(objection.entry.is_none_or(|entry| !entry.contains(['\r', '\n'])));
        }
    }
});
