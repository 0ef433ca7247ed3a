//! What OpenSSL 3.0 does not write, written here: X25519, Ed25519, attributes beside a tag, forgeries. The files that it
//! does write are in `tests/smime.rs`.

use std::fs;
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey};
use aws_lc_rs::cipher::{AES_128, AES_256, EncryptingKey, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::digest;
use aws_lc_rs::rsa::{Pkcs1PublicEncryptingKey, PublicEncryptingKey};
use aws_lc_rs::signature::Ed25519KeyPair;
use proptest::prelude::*;

use super::ber::{INTEGER, OCTET_STRING, OID, SEQUENCE, SET, context, write};
use super::certificate::Certificate;
use super::{Evidence, Keyring, Opened, OwnKey, check, oid, open, pem};
use crate::domain::seal::{Shut, SignatureProblem as Problem};

const ENTITY: &[u8] = b"Content-Type: text/plain\r\n\r\nHej\r\n";

fn file(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/smime").join(name)).unwrap()
}

fn own(name: &str) -> OwnKey {
    OwnKey::read(&file(&format!("{name}.pem")), &file(&format!("{name}.key")), None).unwrap()
}

fn certificate(name: &str) -> Vec<u8> {
    pem::certificates(&file(&format!("{name}.pem"))).remove(0)
}

fn sequence(content: &[&[u8]]) -> Vec<u8> {
    write(SEQUENCE, content)
}

fn id(id: &[u8]) -> Vec<u8> {
    write(OID, &[id])
}

fn algorithm(name: &[u8], parameters: &[u8]) -> Vec<u8> {
    sequence(&[&id(name), parameters])
}

fn named(der: &[u8]) -> Vec<u8> {
    let certificate = Certificate::read(der).unwrap();
    sequence(&[certificate.issuer, &write(INTEGER, &[certificate.serial])])
}

fn info(name: &[u8], content: &[u8]) -> Vec<u8> {
    sequence(&[&id(name), &write(context(0), &[content])])
}

/// RFC 3394 §2.2.1.
fn wrapped(wrapping: &[u8], key: &[u8]) -> Vec<u8> {
    let (mut a, mut r) = ([0xa6; 8], key.to_vec());
    let many = (r.len() / 8) as u64;
    for round in 0..6 {
        for (at, block) in r.chunks_exact_mut(8).enumerate() {
            let mut both = [a, block.try_into().unwrap()].concat();
            let cipher = EncryptingKey::ecb(UnboundCipherKey::new(&AES_256, wrapping).unwrap()).unwrap();
            cipher.encrypt(&mut both).unwrap();
            let counter = (many * round + at as u64 + 1).to_be_bytes();
            a = std::array::from_fn(|n| both[n] ^ counter[n]);
            block.copy_from_slice(&both[8..]);
        }
    }
    [&a[..], &r].concat()
}

/// `AuthEnvelopedData` to an X25519 certificate (RFC 8418, RFC 5084), with an attribute beside.
fn to_x25519(attributes: &[u8], claimed: &[u8]) -> Vec<u8> {
    let (key, nonce, material) = ([5; 32], [6; 12], [8; 16]);
    let mut octets = ENTITY.to_vec();
    let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).unwrap());
    let beside = write(SET, &[attributes]);
    let tag =
        cipher.seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(beside), &mut octets).unwrap();

    let der = certificate("seal-x25519");
    let theirs = Certificate::read(&der).unwrap();
    let secret = PrivateKey::generate(&agreement::X25519).unwrap();
    let public = secret.compute_public_key().unwrap();
    let wrapping = algorithm(oid::AES256_WRAP, &[]);
    let shared = sequence(&[
        &wrapping,
        &write(context(0), &[&write(OCTET_STRING, &[&material])]),
        &write(context(2), &[&write(OCTET_STRING, &[&256u32.to_be_bytes()])]),
    ]);
    let peer = UnparsedPublicKey::new(&agreement::X25519, theirs.key.octets);
    let kek = agreement::agree(&secret, peer, (), |z| {
        Ok(digest::digest(&digest::SHA256, &[z, &1u32.to_be_bytes(), &shared].concat()).as_ref().to_vec())
    });
    let kek = kek.unwrap();
    let originator = write(context(1), &[&algorithm(oid::X25519, &[]), &write(0x03, &[&[0], public.as_ref()])]);
    let recipient = write(
        context(1),
        &[
            &[2, 1, 3],
            &write(context(0), &[&originator]),
            &write(context(1), &[&write(OCTET_STRING, &[&material])]),
            &algorithm(oid::ECDH_SHA256, &wrapping),
            &sequence(&[&sequence(&[&named(&der), &write(OCTET_STRING, &[&wrapped(&kek, &key)])])]),
        ],
    );
    let parameters = sequence(&[&write(OCTET_STRING, &[&nonce]), &[2, 1, 16]]);
    let content = sequence(&[&id(oid::DATA), &algorithm(oid::AES256_GCM, &parameters), &write(0x80, &[&octets])]);
    let beside = if claimed.is_empty() { Vec::new() } else { write(context(1), &[claimed]) };
    let data =
        sequence(&[&[2, 1, 0], &write(SET, &[&recipient]), &content, &beside, &write(OCTET_STRING, &[tag.as_ref()])]);
    info(oid::AUTH_ENVELOPED_DATA, &data)
}

#[test]
fn a_letter_to_an_x25519_certificate_opens_and_what_stands_beside_is_held() {
    let attribute = sequence(&[&id(oid::CONTENT_TYPE), &write(SET, &[&id(oid::DATA)])]);
    let keyring = Keyring::of_keys(vec![own("seal-x25519")]);
    let Opened::Decrypted { entity, encryption, key } = open(&to_x25519(&attribute, &attribute), &keyring, 1 << 20)
    else {
        panic!("it opens")
    };
    assert_eq!((entity.as_slice(), encryption.cipher, encryption.authenticated), (ENTITY, "aes-256-gcm", true));
    assert_eq!(key.key, [5; 32]);
    let other = sequence(&[&id(oid::CONTENT_TYPE), &write(SET, &[&id(oid::SIGNED_DATA)])]);
    for claimed in [&[][..], &other] {
        let shut = open(&to_x25519(&attribute, claimed), &keyring, 1 << 20);
        assert!(matches!(shut, Opened::Shut(Shut::Undecryptable)), "{shut:?}");
    }
    assert!(matches!(open(&to_x25519(&attribute, &attribute), &keyring, 9), Opened::Shut(Shut::TooLarge)));
}

/// `EnvelopedData` by RSA v1.5, in which a key of this length was put.
fn to_rsa(key: &[u8], damage: bool) -> Vec<u8> {
    let der = certificate("seal-rsa");
    let theirs = Certificate::read(&der).unwrap();
    let public = sequence(&[&algorithm(oid::RSA, &[5, 0]), &write(0x03, &[&[0], theirs.key.octets])]);
    let public = Pkcs1PublicEncryptingKey::new(PublicEncryptingKey::from_der(&public).unwrap()).unwrap();
    let mut sealed = vec![0; public.ciphertext_size()];
    let sealed = public.encrypt(key, &mut sealed).unwrap();
    sealed[40] ^= u8::from(damage);
    let mut octets = ENTITY.to_vec();
    let cipher = UnboundCipherKey::new(&AES_128, &[9; 16]).unwrap();
    let iv = PaddedBlockEncryptingKey::cbc_pkcs7(cipher).unwrap().encrypt(&mut octets).unwrap();
    let aws_lc_rs::cipher::DecryptionContext::Iv128(iv) = iv else { panic!("CBC has one") };
    let recipient =
        sequence(&[&[2, 1, 0], &named(&der), &algorithm(oid::RSA, &[5, 0]), &write(OCTET_STRING, &[sealed])]);
    let iv = write(OCTET_STRING, &[iv.as_ref()]);
    let content = sequence(&[&id(oid::DATA), &algorithm(oid::AES128_CBC, &iv), &write(0x80, &[&octets])]);
    info(oid::ENVELOPED_DATA, &sequence(&[&[2, 1, 0], &write(SET, &[&recipient]), &content]))
}

/// Padding that is wrong, a key of another length, another key: one answer, by one way (Bleichenbacher).
#[test]
fn wrong_padding_and_a_wrong_key_look_the_same() {
    let keyring = Keyring::of_keys(vec![own("seal-rsa")]);
    assert!(matches!(open(&to_rsa(&[9; 16], false), &keyring, 1 << 20), Opened::Decrypted { .. }));
    for message in [to_rsa(&[9; 16], true), to_rsa(&[9; 15], false), to_rsa(&[9; 32], false), to_rsa(&[8; 16], false)] {
        let shut = open(&message, &keyring, 1 << 20);
        assert!(matches!(shut, Opened::Shut(Shut::Undecryptable)), "{shut:?}");
    }
}

/// `SignedData` by an Ed25519 certificate (RFC 8419). `attributes`: what is signed in place of the content.
fn by_ed25519(content: &[u8], attributes: Option<&[u8]>) -> Vec<u8> {
    let der = certificate("sign-ed25519");
    let key = pem::blocks(&file("sign-ed25519.key"), |_| true).remove(0).1;
    let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&key).unwrap();
    let covered = attributes.map_or(content.to_vec(), |attributes| write(SET, &[attributes]));
    let signature = key.sign(&covered);
    let digest = algorithm(oid::SHA512, &[]);
    let signer = sequence(&[
        &[2, 1, 1],
        &named(&der),
        &digest,
        &attributes.map(|attributes| write(context(0), &[attributes])).unwrap_or_default(),
        &algorithm(oid::ED25519, &[]),
        &write(OCTET_STRING, &[signature.as_ref()]),
    ]);
    let data = sequence(&[
        &[2, 1, 1],
        &write(SET, &[&digest]),
        &sequence(&[&id(oid::DATA)]),
        &write(context(0), &[&der]),
        &write(SET, &[&signer]),
    ]);
    info(oid::SIGNED_DATA, &data)
}

fn attribute(name: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[&id(name), &write(SET, &[value])])
}

fn attributes(content: &[u8]) -> Vec<u8> {
    let digest = digest::digest(&digest::SHA512, content);
    let digest = write(OCTET_STRING, &[digest.as_ref()]);
    [attribute(oid::CONTENT_TYPE, &id(oid::DATA)), attribute(oid::MESSAGE_DIGEST, &digest)].concat()
}

fn found(evidence: &Evidence) -> Result<Vec<Problem>, Problem> {
    evidence.signers[0].found.clone()
}

#[test]
fn ed25519_signs_with_attributes_and_without() {
    for attributes in [Some(attributes(ENTITY)), None] {
        let signature = by_ed25519(ENTITY, attributes.as_deref());
        assert_eq!(found(&check(&signature, Some(ENTITY), true)), Ok(Vec::new()));
        assert_eq!(found(&check(&signature, Some(b"other"), true)), Err(Problem::ContentChanged));
    }
}

/// The attributes that somebody signed, handed in as if they were the letter.
#[test]
fn attributes_are_no_content() {
    let attributes = attributes(ENTITY);
    let forged = by_ed25519(&write(SET, &[&attributes]), None);
    assert_eq!(found(&check(&forged, Some(&write(SET, &[&attributes])), true)), Err(Problem::ContentChanged));
}

#[test]
fn attributes_must_be_whole_and_single() {
    let all = attributes(ENTITY);
    let both = [&all[..], &all].concat();
    let of = |attributes: &[u8]| found(&check(&by_ed25519(ENTITY, Some(attributes)), Some(ENTITY), true));
    assert_eq!(of(&both), Err(Problem::Malformed));
    assert_eq!(of(b""), Err(Problem::Malformed));
    let digest = digest::digest(&digest::SHA512, ENTITY);
    let digest = attribute(oid::MESSAGE_DIGEST, &write(OCTET_STRING, &[digest.as_ref()]));
    assert_eq!(of(&digest), Err(Problem::Malformed), "no content type");
    let other = [attribute(oid::CONTENT_TYPE, &id(oid::SIGNED_DATA)), digest].concat();
    assert_eq!(of(&other), Err(Problem::Malformed), "another content type");
    // The certificate that it names is another one.
    let another = sequence(&[&sequence(&[&sequence(&[&write(OCTET_STRING, &[&[1; 32]])])])]);
    let names = [&all[..], &attribute(oid::SIGNING_CERTIFICATE_V2, &another)].concat();
    assert_eq!(of(&names), Err(Problem::SignatureWrong));
}

proptest! {
    #[test]
    fn any_octets(octets in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = (open(&octets, &Keyring::default(), 1 << 20), check(&octets, Some(ENTITY), true), Certificate::read(&octets).is_ok());
    }

    #[test]
    fn a_certificate_with_one_octet_changed(at in any::<prop::sample::Index>(), octet in any::<u8>()) {
        let mut der = certificate("sign-p256");
        let at = at.index(der.len());
        der[at] = octet;
        if let Ok(read) = Certificate::read(&der) {
            let person = read.person();
            prop_assert!(!person.address.contains(char::is_control));
        }
    }

    /// Cut anywhere, with the key: nothing falls, and nothing opens that is not whole.
    #[test]
    fn a_cut_letter(at in any::<prop::sample::Index>()) {
        let message = to_rsa(&[9; 16], false);
        let cut = &message[..at.index(message.len())];
        let opened = open(cut, &Keyring::of_keys(vec![own("seal-rsa")]), 1 << 20);
        prop_assert!(matches!(opened, Opened::Foreign | Opened::Shut(Shut::Undecryptable)), "{:?}", opened);
    }
}
