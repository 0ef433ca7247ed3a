//! Any bytes as CMS, with keys of ours: opened, checked, judged; and as a message whose parts may be sealed, read at the
//! door and again by what the door keeps. Seeds: `testdata/smime/*.der`, `*.eml`.
#![no_main]

use std::sync::LazyLock;

use brevbro::intake::{self, Limits, Opened, ReadOptions};
use brevbro::smime::{self, Keyring, OwnKey, Roots, Trust};
use libfuzzer_sys::fuzz_target;

macro_rules! own {
    ($name:literal) => {
        OwnKey::read(
            include_bytes!(concat!("../../testdata/smime/", $name, ".pem")),
            include_bytes!(concat!("../../testdata/smime/", $name, ".key")),
            None,
        )
        .expect("ours")
    };
}

static KEYS: LazyLock<Keyring> =
    LazyLock::new(|| Keyring::of_keys(vec![own!("seal-rsa"), own!("seal-p256"), own!("seal-x25519")]));
static ROOTS: LazyLock<Roots> =
    LazyLock::new(|| Roots::read(include_bytes!("../../testdata/smime/root.pem")).expect("a root"));

const ROOM: usize = 1 << 20;

fuzz_target!(|octets: &[u8]| {
    match smime::open(octets, &KEYS, ROOM) {
        smime::Opened::Decrypted { entity, key, .. } => {
            assert!(entity.len() <= ROOM + 200);
            // What was kept opens it again, to the same.
            let again = smime::open(octets, &Keyring::of_content_keys(&[key]), ROOM);
            assert!(matches!(again, smime::Opened::Decrypted { entity: same, .. } if same == entity));
        }
        smime::Opened::Signed { entity } => assert!(entity.len() <= ROOM + 200),
        _ => {}
    }
    let trust = Trust { roots: &ROOTS, pinned: &[], at: "2027-01-01T12:00:00Z".parse().expect("a time"), author: "a@b" };
    for beside in [None, Some(&b"beside"[..])] {
        let _ = smime::judge(&smime::check(octets, beside, true), &trust);
    }
    let limits = Limits::default();
    let opened = Opened::of(octets, &limits, &KEYS);
    let (glance, evidence) = opened.glance_and_evidence();
    let seals = opened.seals(evidence.map(|evidence| smime::judge(&evidence, &trust)));
    let content = intake::read_with(octets, &limits, &ReadOptions { seals: seals.clone(), ..ReadOptions::default() });
    assert_eq!(glance.subject, content.subject);
    assert_eq!(glance.attachments as usize, content.attachments.len());
    for expected in content.attachments.iter().take(8) {
        let (attachment, _) = intake::attachment_with(octets, expected.index, &seals).expect("counted");
        assert_eq!(&attachment, expected);
    }
});
