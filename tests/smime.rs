//! Sealed messages of another program's making (`testdata/smime/`, by OpenSSL): each opens or stays shut, and its signature
//! gets the verdict that it deserves.

use std::fs;
use std::path::Path;

use brevbro::domain::seal::{Seals, Shut, Signature, SignatureProblem as P, SignatureState as S, Voucher};
use brevbro::intake::{self, Limits, Opened, ReadOptions};
use brevbro::smime::{Keyring, OwnKey, Roots, Trust, judge};
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::Index;

const WORDS: &str = "Hyvä Anna,\n\npäätös asiassanne on tehty. Maksupäivä on 3.12.\n\nTerveisin\nTaina Mäkelä";

fn file(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/smime").join(name)).unwrap()
}

fn own(name: &str) -> OwnKey {
    OwnKey::read(&file(&format!("{name}.pem")), &file(&format!("{name}.key")), None).unwrap()
}

fn keyring() -> Keyring {
    Keyring::of_keys(["seal-rsa", "seal-p256", "seal-p384", "seal-p521", "seal-x25519"].map(own).into())
}

/// A month after the certificates were made.
fn arrival() -> Timestamp {
    "2027-01-01T12:00:00Z".parse().unwrap()
}

fn verdict_by(raw: &[u8], author: &str, pinned: &[[u8; 32]], roots: &Roots) -> Option<Signature> {
    let opened = Opened::of(raw, &Limits::default(), &keyring());
    let trust = Trust { roots, pinned, at: arrival(), author };
    opened.evidence().map(|evidence| judge(&evidence, &trust))
}

fn verdict(raw: &[u8]) -> Option<Signature> {
    verdict_by(raw, "taina.makela@hel.example", &[], &Roots::read(&file("root.pem")).unwrap())
}

/// What the portal reads later, with nothing but what the door kept.
fn later(raw: &[u8]) -> brevbro::domain::record::Content {
    let opened = Opened::of(raw, &Limits::default(), &keyring());
    let seals = opened.seals(verdict(raw));
    intake::read_with(raw, &Limits::default(), &ReadOptions { seals, ..ReadOptions::default() })
}

#[test]
fn signatures_of_every_kind_hold() {
    for name in ["rsa", "p256", "p384", "p521", "sha384", "sha512", "pss", "keyid", "no-attributes", "two"] {
        let raw = file(&format!("clear-{name}.eml"));
        let found = verdict(&raw).unwrap();
        assert_eq!((found.state, &found.problems[..]), (S::Valid, &[][..]), "{name}: {found:?}");
        assert_eq!(found.vouched, Some(Voucher::Root("Exempelrot för tjänster".into())));
        let signer = found.signer.unwrap();
        assert_eq!(signer.name.as_deref(), Some("Taina Mäkelä"));
        assert_eq!(signer.address, "Taina.Makela@hel.example");
        assert_eq!(found.signed.is_some(), name != "no-attributes");
        assert_eq!(found.certificate.unwrap().len(), 64);
        let content = later(&raw);
        assert_eq!(content.text.trim_end(), WORDS);
        assert!(content.attachments.is_empty(), "the signature is no attachment");
        assert_eq!(content.encryption, None);
    }
    for name in ["opaque", "opaque-indefinite"] {
        let content = later(&file(&format!("{name}.eml")));
        assert_eq!(content.text.trim_end(), WORDS, "{name}");
        assert_eq!(content.signature.unwrap().state, S::Valid, "{name}");
        assert!(content.attachments.is_empty() && content.defects.is_empty(), "{name}: {:?}", content.defects);
    }
}

#[test]
fn a_signature_is_worth_what_its_certificate_is() {
    let of = |name: &str| {
        let found = verdict(&file(&format!("clear-{name}.eml"))).unwrap();
        (found.state, found.problems)
    };
    let unknown = S::ValidUnknownSigner;
    assert_eq!(of("ended"), (unknown, vec![P::NotOfToday]));
    assert_eq!(of("tls"), (unknown, vec![P::WrongUse]));
    assert_eq!(of("encrypts"), (unknown, vec![P::WrongUse]));
    assert_eq!(of("foreign"), (unknown, vec![P::UnknownIssuer]));
    assert_eq!(of("sha1"), (unknown, vec![P::WeakDigest]));
    assert_eq!(of("weak"), (unknown, vec![P::WeakKey]));
    assert_eq!(of("no-certificate"), (S::Unreadable, vec![P::NoCertificate]));
    assert_eq!(of("changed"), (S::Invalid, vec![P::ContentChanged]));
    let raw = file("clear-rsa.eml");
    let found = verdict_by(&raw, "somebody@hel.example", &[], &Roots::read(&file("root.pem")).unwrap()).unwrap();
    assert_eq!((found.state, found.problems), (unknown, vec![P::OtherAddress]));
    let found = verdict_by(&raw, "taina.makela@hel.example", &[], &Roots::default()).unwrap();
    assert_eq!((found.state, found.problems), (unknown, vec![P::UnknownIssuer]));
}

#[test]
fn an_offices_own_certificate_needs_nobody_elses_word() {
    let foreign = own_fingerprint("sign-foreign");
    let found = |name: &str, pin| {
        verdict_by(&file(&format!("clear-{name}.eml")), "registry@hel.example", &[pin], &Roots::default()).unwrap()
    };
    let pinned = found("foreign", foreign);
    assert_eq!((pinned.state, pinned.vouched), (S::Valid, Some(Voucher::Office)));
    assert_eq!(found("ended", own_fingerprint("sign-ended")).problems, [P::NotOfToday]);
    assert_eq!(found("rsa", foreign).state, S::ValidUnknownSigner);
}

fn own_fingerprint(name: &str) -> [u8; 32] {
    OwnKey::read(&file(&format!("{name}.pem")), &file(&format!("{name}.key")), None).unwrap().fingerprint()
}

const SEALED: [(&str, &str, bool); 19] = [
    ("rsa-cbc", "aes-256-cbc", false),
    ("aes128", "aes-128-cbc", false),
    ("aes192", "aes-192-cbc", false),
    ("3des", "des-ede3-cbc", false),
    ("gcm128", "aes-128-gcm", true),
    ("gcm256", "aes-256-gcm", true),
    ("indefinite", "aes-256-cbc", false),
    ("keyid", "aes-256-cbc", false),
    ("oaep-sha1", "aes-256-cbc", false),
    ("oaep-sha256", "aes-256-cbc", false),
    ("oaep-sha384", "aes-256-cbc", false),
    ("oaep-sha512", "aes-256-cbc", false),
    ("p256", "aes-256-cbc", false),
    ("p384", "aes-256-cbc", false),
    ("p521", "aes-256-cbc", false),
    ("p256-sha256", "aes-128-gcm", true),
    ("p256-aes192", "aes-192-cbc", false),
    ("two", "aes-256-cbc", false),
    ("signed", "aes-256-gcm", true),
];

#[test]
fn what_is_encrypted_to_us_opens_and_stays_open_without_the_key() {
    for (name, cipher, authenticated) in SEALED {
        let raw = file(&format!("sealed-{name}.eml"));
        let glance = Opened::of(&raw, &Limits::default(), &keyring()).glance();
        assert_eq!(glance.shut, None, "{name}");
        let content = later(&raw);
        assert_eq!(content.text.trim_end(), WORDS, "{name}");
        let encryption = content.encryption.unwrap();
        assert_eq!((encryption.cipher, encryption.authenticated), (cipher, authenticated), "{name}");
        assert!(content.attachments.is_empty(), "{name}");
    }
}

#[test]
fn what_is_not_for_us_stays_shut() {
    for (raw, keys) in [
        (file("sealed-other.eml"), keyring()),
        (file("sealed-rsa-cbc.eml"), Keyring::default()),
        (file("sealed-p256.eml"), Keyring::of_keys(vec![own("seal-p384")])),
    ] {
        let opened = Opened::of(&raw, &Limits::default(), &keys);
        assert_eq!(opened.glance().shut, Some(Shut::Undecryptable));
        let content = opened.content(&ReadOptions::default());
        assert_eq!(content.attachments.len(), 1, "it is offered as it came");
        assert!(content.defects.iter().any(|defect| defect.code == "sealed"));
        assert!(content.text.is_empty());
    }
}

#[test]
fn signatures_inside_and_around_encryption_count() {
    for name in ["sealed-signed", "sealed-opaque", "triple"] {
        let content = later(&file(&format!("{name}.eml")));
        assert_eq!(content.text.trim_end(), WORDS, "{name}");
        assert_eq!(content.signature.map(|s| s.state), Some(S::Valid), "{name}");
        assert!(content.encryption.is_some(), "{name}");
    }
}

#[test]
fn the_subject_inside_the_seal_is_the_one() {
    for (name, subject) in [("hp", "Päätös hakemukseenne"), ("wrapped", "Päätös kääreessä")] {
        let raw = file(&format!("sealed-{name}.eml"));
        let opened = Opened::of(&raw, &Limits::default(), &keyring());
        assert_eq!(opened.glance().subject, subject);
        let content = later(&raw);
        assert_eq!((content.subject.as_str(), content.text.trim_end()), (subject, "Teksti."));
        // From is the one that was proved.
        assert_eq!(content.from[0].address, "taina.makela@hel.example");
    }
    assert_eq!(later(&file("sealed-rsa-cbc.eml")).subject, "...");
}

#[test]
fn what_stands_beside_a_signed_part_is_not_signed() {
    let text = |name: &str| String::from_utf8(file(name)).unwrap();
    let raw = text("clear-rsa.eml");
    // A third part under the same boundary.
    let boundary = raw.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let end = format!("--{boundary}--");
    let third = raw.replace(&end, &format!("--{boundary}\r\nContent-Type: text/plain\r\n\r\nPay here.\r\n{end}"));
    assert_eq!(verdict(third.as_bytes()).unwrap().state, S::Partial);
    // A list's footer around it.
    let (head, body) = raw.split_once("MIME-Version").unwrap();
    let around = format!(
        "{head}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=list\r\n\r\n--list\r\nX{body}\r\n--list\r\n\
         Content-Type: text/plain\r\n\r\nThe list\r\n--list--\r\n"
    );
    let found = verdict(around.as_bytes()).unwrap();
    assert_eq!((found.state, found.problems.len()), (S::Partial, 0));
    // Enclosed in a forwarded message it says nothing of the one who forwards.
    let enclosed = format!(
        "From: a@hel.example\r\nContent-Type: multipart/mixed; boundary=list\r\n\r\n--list\r\nContent-Type: \
         message/rfc822\r\n\r\n{raw}\r\n--list--\r\n"
    );
    assert_ne!(verdict(enclosed.as_bytes()).map(|s| s.state), Some(S::Valid));
}

#[test]
fn line_ends_of_a_file_do_not_break_a_signature() {
    let raw = file("clear-rsa.eml");
    let bare: Vec<u8> = raw.iter().copied().filter(|octet| *octet != b'\r').collect();
    assert_eq!(verdict(&bare).unwrap().state, S::Valid);
}

#[test]
fn keys_that_are_of_no_use_say_why() {
    use brevbro::smime::KeyFault as F;
    let read = |certificate: &str, key: &[u8]| OwnKey::read(&file(certificate), key, None).err();
    assert_eq!(read("seal-rsa.pem", &file("seal-other.key")), Some(F::DoesNotFit));
    assert_eq!(read("seal-p256.pem", &file("seal-p384.key")), Some(F::DoesNotFit));
    assert_eq!(read("seal-rsa.pem", &file("seal-rsa.pem")), Some(F::NoKey));
    assert_eq!(read("seal-rsa.key", &file("seal-rsa.key")), Some(F::NoCertificate));
    assert_eq!(read("sign-ed25519.pem", &file("sign-ed25519.key")), Some(F::Kind));
    let locked = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIF\n-----END ENCRYPTED PRIVATE KEY-----\n";
    assert_eq!(read("seal-rsa.pem", locked), Some(F::Passphrase));
    assert!(Roots::read(&file("seal-rsa.key")).is_none() && Roots::read(b"").is_none());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Whatever is damaged of a good one: nothing fails, and nothing that was changed is called genuine.
    #[test]
    fn a_damaged_one(at in any::<Index>(), octet in any::<u8>(), which in 0..6usize) {
        let name = ["clear-rsa", "opaque-indefinite", "sealed-rsa-cbc", "sealed-gcm256", "sealed-p256", "sealed-signed"][which];
        let raw = file(&format!("{name}.eml"));
        let mut damaged = raw.clone();
        let at = at.index(damaged.len());
        damaged[at] = octet;
        let opened = Opened::of(&damaged, &Limits::default(), &keyring());
        let (glance, evidence) = opened.glance_and_evidence();
        let content = opened.content(&ReadOptions { seals: Seals::default(), ..ReadOptions::default() });
        prop_assert_eq!(glance.attachments as usize, content.attachments.len());
        let trust = Trust { roots: &Roots::read(&file("root.pem")).unwrap(), pinned: &[], at: arrival(), author: "taina.makela@hel.example" };
        if let Some(found) = evidence.map(|evidence| judge(&evidence, &trust))
            && found.state == S::Valid
        {
            prop_assert_eq!(content.text.trim_end(), WORDS);
        }
    }

    #[test]
    fn a_cut_one(at in any::<Index>(), which in 0..4usize) {
        let name = ["clear-two", "opaque-indefinite", "sealed-indefinite", "sealed-p521"][which];
        let raw = file(&format!("{name}.eml"));
        let cut = &raw[..at.index(raw.len())];
        let opened = Opened::of(cut, &Limits::default(), &keyring());
        let _ = (opened.glance_and_evidence(), opened.content(&ReadOptions::default()));
    }
}
