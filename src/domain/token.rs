//! The addresses that we generate: `re-<token>` brings a clerk's answer back to its conversation, `b-<token>` brings a
//! delivery report back to its outbox item. A token is an id and a keyed hash over it, so that nobody can make one up,
//! and for a conversation also over the office, so that no other office can use it.
//!
//! The same kind of token marks every message that we send, in a field of its own: a mail server that sends one back to
//! us, with another sender, another Message-ID or in a new envelope, is found out by it.

use aws_lc_rs::hmac;

use super::base32;
use super::ids::{ConversationId, OfficeId, OutboxId};
use super::keys::Keys;

/// Octets of the hash that are kept: 80 bits, sixteen characters. Guesses go through SMTP, one RCPT each.
const TAG: usize = 10;
const CONVERSATION: &str = "re-";
const RETURN: &str = "b-";
const MARK: &str = "m-";

/// The field that marks what a gateway of this kind has sent.
pub const MARK_FIELD: &str = "Brevbro-Sent";

/// What a local part of ours says, before its signature is checked against the office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// `re-…`.
    Conversation(ConversationId, [u8; TAG]),
    /// `b-…`, its signature found good.
    Return(OutboxId),
    /// It begins like one of ours and is none: mistyped or made up.
    Broken,
}

/// The local part for answers in this conversation: 45 octets.
#[must_use]
pub fn conversation(keys: &Keys, id: ConversationId, office: &OfficeId) -> String {
    let tag = tag(keys, CONVERSATION, id.to_bytes(), office.as_str());
    format!("{CONVERSATION}{}", base32::encode(&[&id.to_bytes()[..], &tag[..]].concat()))
}

/// The local part for reports on this outbox item: 44 octets.
#[must_use]
pub fn return_path(keys: &Keys, id: OutboxId) -> String {
    let tag = tag(keys, RETURN, id.to_bytes(), "");
    format!("{RETURN}{}", base32::encode(&[&id.to_bytes()[..], &tag[..]].concat()))
}

/// The value of [`MARK_FIELD`] for this outbox item: 42 octets.
#[must_use]
pub fn mark(keys: &Keys, id: OutboxId) -> String {
    let tag = tag(keys, MARK, id.to_bytes(), "");
    base32::encode(&[&id.to_bytes()[..], &tag[..]].concat())
}

/// Which outbox item of ours a mark names. `None`: another gateway's, or made up.
#[must_use]
pub fn read_mark(keys: &Keys, text: &str) -> Option<OutboxId> {
    let (id, signed) = parts(text.trim())?;
    same(&signed, &tag(keys, MARK, id, "")).then(|| OutboxId::from_bytes(id))
}

/// Id and signature of a token's 42 characters.
fn parts(text: &str) -> Option<([u8; 16], [u8; TAG])> {
    if text.len() != 42 || text.contains('-') {
        return None;
    }
    let bytes = base32::decode(text)?;
    let (id, signed) = bytes.split_at_checked(16)?;
    Some((id.try_into().ok()?, signed.try_into().ok()?))
}

/// Reads a local part. `None`: not of this form at all.
#[must_use]
pub fn read(keys: &Keys, local: &str) -> Option<Token> {
    let lower = local.to_ascii_lowercase();
    let (prefix, text) = [CONVERSATION, RETURN].into_iter().find_map(|p| Some((p, lower.strip_prefix(p)?)))?;
    // A name such as re-gistry is somebody's alias; ours are 42 characters without hyphens.
    if text.len() != 42 || text.contains('-') {
        return None;
    }
    Some(match parts(text) {
        Some((id, signed)) if prefix == CONVERSATION => Token::Conversation(ConversationId::from_bytes(id), signed),
        Some((id, signed)) if same(&signed, &tag(keys, RETURN, id, "")) => Token::Return(OutboxId::from_bytes(id)),
        _ => Token::Broken,
    })
}

/// Whether the conversation's token was made for this office.
#[must_use]
pub fn is_for(keys: &Keys, id: ConversationId, signed: [u8; TAG], office: &OfficeId) -> bool {
    same(&signed, &tag(keys, CONVERSATION, id.to_bytes(), office.as_str()))
}

fn tag(keys: &Keys, purpose: &str, id: [u8; 16], office: &str) -> [u8; TAG] {
    let mut context = hmac::Context::with_key(&keys.addresses);
    context.update(purpose.as_bytes());
    context.update(&id);
    context.update(office.as_bytes());
    let mut tag = [0; TAG];
    tag.copy_from_slice(&context.sign().as_ref()[..TAG]);
    tag
}

fn same(a: &[u8], b: &[u8]) -> bool {
    bool::from(subtle::ConstantTimeEq::ct_eq(a, b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_serves_its_own_office_alone() {
        let keys = Keys::derive(&[1; 32]);
        let (hel, esp): (OfficeId, OfficeId) = ("hel".parse().unwrap(), "esp".parse().unwrap());
        let id = ConversationId::new(1_700_000_000_000, [9; 10]);
        let local = conversation(&keys, id, &hel);
        assert!(local.len() <= 64);
        let Some(Token::Conversation(read_id, signed)) = read(&keys, &local.to_uppercase()) else { panic!("{local}") };
        assert_eq!(read_id, id);
        assert!(is_for(&keys, id, signed, &hel));
        assert!(!is_for(&keys, id, signed, &esp));
    }

    #[test]
    fn a_mark_is_ours_or_another_gateways() {
        let keys = Keys::derive(&[1; 32]);
        let id = OutboxId::new(5, [3; 10]);
        let text = mark(&keys, id);
        assert_eq!(read_mark(&keys, &format!(" {} ", text.to_uppercase())), Some(id));
        assert_eq!(read_mark(&Keys::derive(&[2; 32]), &text), None);
        // A return path's signature, which strangers see, is none of a mark's.
        assert_eq!(read_mark(&keys, return_path(&keys, id).trim_start_matches("b-")), None);
        for none in ["", "x", "é", &"0".repeat(42), &"-".repeat(42)] {
            assert_eq!(read_mark(&keys, none), None);
        }
    }

    #[test]
    fn a_return_path_cannot_be_made_up() {
        let keys = Keys::derive(&[1; 32]);
        let id = OutboxId::new(5, [3; 10]);
        let local = return_path(&keys, id);
        assert_eq!(read(&keys, &local), Some(Token::Return(id)));
        let other = return_path(&Keys::derive(&[2; 32]), id);
        assert_eq!(read(&keys, &other), Some(Token::Broken));
        assert_eq!(read(&keys, "re-gistry"), None);
        assert_eq!(read(&keys, "anna"), None);
    }
}
