//! OpenPGP in text (RFC 9580 §6.2, §7). We have no keys: what is signed is shown without its armour, unchecked; what is
//! encrypted is found, so that the door can refuse it.

use memchr::memmem;

const SIGNED: &str = "-----BEGIN PGP SIGNED MESSAGE-----";
const SIGNATURE: &str = "-----BEGIN PGP SIGNATURE-----";
const SIGNATURE_END: &str = "-----END PGP SIGNATURE-----";
const ENCRYPTED: &str = "-----BEGIN PGP MESSAGE-----";
const ENCRYPTED_END: &str = "-----END PGP MESSAGE-----";

/// Whether these octets, undecoded, may hold an encrypted message: a quick look before a slow one. As it stands, with
/// quoted-printable's escapes in it, or at the beginning of what is in base64.
pub(super) fn may_be_encrypted(octets: &[u8]) -> bool {
    [&b"BEGIN PGP MESSAGE"[..], b"LS0tLS1CRUdJTiBQR1AgTUVTU0FHRS0tLS0t"]
        .iter()
        .any(|sign| memmem::find(octets, sign).is_some())
}

/// Whether the text has an encrypted message in it, not as a quotation.
pub(super) fn is_encrypted(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_end);
    lines.any(|line| line == ENCRYPTED) && lines.any(|line| line == ENCRYPTED_END)
}

/// Whether a file is an encrypted message.
pub(super) fn begins_encrypted(octets: &[u8]) -> bool {
    octets.trim_ascii_start().starts_with(ENCRYPTED.as_bytes())
}

/// The text without the armour of its signature, dash-escapes undone; `None`: it is not signed so. What stands around the
/// signed text stays.
pub(super) fn cleartext(text: &str) -> Option<String> {
    let mut shown = String::with_capacity(text.len());
    let mut state = State::Outside;
    let mut ended = false;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end();
        state = match state {
            State::Outside if bare == SIGNED => State::Header,
            // Hash: SHA256, until a blank line.
            State::Header if bare.is_empty() => State::Inside,
            State::Header => State::Header,
            State::Inside if bare == SIGNATURE => State::Signature,
            State::Inside => {
                shown.push_str(line.strip_prefix("- ").unwrap_or(line));
                State::Inside
            }
            State::Signature if bare == SIGNATURE_END => {
                ended = true;
                State::Outside
            }
            State::Signature => State::Signature,
            State::Outside => {
                shown.push_str(line);
                State::Outside
            }
        };
    }
    // Without its end nothing is taken away.
    (ended && matches!(state, State::Outside)).then_some(shown)
}

#[derive(Clone, Copy)]
enum State {
    Outside,
    Header,
    Inside,
    Signature,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LETTER: &str = "Obs!\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nHej,\n- - en rad\n- -----BEGIN x\n\
        -----BEGIN PGP SIGNATURE-----\n\niQEz\n=abcd\n-----END PGP SIGNATURE-----\nFot\n";

    #[test]
    fn the_armour_goes_and_the_words_stay() {
        assert_eq!(cleartext(LETTER).as_deref(), Some("Obs!\nHej,\n- en rad\n-----BEGIN x\nFot\n"));
        assert_eq!(cleartext(&LETTER[..LETTER.len() - 20]), None);
        assert_eq!(cleartext("Hej\n"), None);
        assert_eq!(cleartext(&LETTER.replace('\n', "\n> ")), None);
    }

    #[test]
    fn what_is_encrypted_is_found_and_a_quotation_is_not() {
        let letter = "-----BEGIN PGP MESSAGE-----\n\nhQEM\n-----END PGP MESSAGE-----\n";
        assert!(is_encrypted(letter) && may_be_encrypted(letter.as_bytes()) && begins_encrypted(letter.as_bytes()));
        assert!(!is_encrypted(&letter.replace("--B", "--E")));
        assert!(!is_encrypted("> -----BEGIN PGP MESSAGE-----\n> -----END PGP MESSAGE-----\n"));
        assert!(!is_encrypted("we saw -----BEGIN PGP MESSAGE----- and -----END PGP MESSAGE-----\n"));
    }

    proptest! {
        #[test]
        fn any_text(text in "(-----BEGIN PGP (SIGNED MESSAGE|SIGNATURE|MESSAGE)-----|-----END PGP SIGNATURE-----|- |Hash: x|[a-zå]|\n){0,40}") {
            let shown = cleartext(&text).unwrap_or_default();
            prop_assert!(shown.len() <= text.len());
            let _ = is_encrypted(&text);
        }
    }
}
