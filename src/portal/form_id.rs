//! The id that a reply's form is given when it is shown. Sent twice, the form is one reply; nobody can choose the id.

use aws_lc_rs::hmac;

use crate::domain::base32;
use crate::domain::ids::{AccountId, RecordId, ReplyId};
use crate::domain::keys::Keys;

const TAG: usize = 10;

/// The form's id: the reply's, and a keyed hash over it, its author, and the message that it answers.
pub(super) fn sign(keys: &Keys, id: ReplyId, account: &AccountId, to: RecordId) -> String {
    format!("{id}{}", base32::encode(&tag(keys, id, account, to)))
}

/// The reply that the form is for, if the form is ours, this person's and for this message.
pub(super) fn read(keys: &Keys, form: &str, account: &AccountId, to: RecordId) -> Option<ReplyId> {
    let id: ReplyId = form.get(..26)?.parse().ok()?;
    let signed = base32::decode(form.get(26..)?)?;
    bool::from(subtle::ConstantTimeEq::ct_eq(&signed[..], &tag(keys, id, account, to)[..])).then_some(id)
}

/// The reply that a program names with its own key (the Idempotency-Key field): the same key, author and message, the
/// same reply.
pub(super) fn of_key(keys: &Keys, key: &[u8], account: &AccountId, to: RecordId) -> ReplyId {
    let hash = over(keys, &[b"idempotency key", account.as_str().as_bytes(), &to.to_bytes(), key]);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_ref()[..16]);
    ReplyId::from_bytes(bytes)
}

fn tag(keys: &Keys, id: ReplyId, account: &AccountId, to: RecordId) -> [u8; TAG] {
    let hash = over(keys, &[b"reply form", account.as_str().as_bytes(), &to.to_bytes(), &id.to_bytes()]);
    let mut tag = [0; TAG];
    tag.copy_from_slice(&hash.as_ref()[..TAG]);
    tag
}

/// Over each part with its length, so that no two lists of parts look the same.
fn over(keys: &Keys, parts: &[&[u8]]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(&keys.portal);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    context.sign()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_its_authors_and_for_one_message() {
        let keys = Keys::derive(&[1; 32]);
        let (anna, bo): (AccountId, AccountId) = ("anna".parse().unwrap(), "bo".parse().unwrap());
        let (id, to) = (ReplyId::new(1, [1; 10]), RecordId::new(2, [2; 10]));
        let form = sign(&keys, id, &anna, to);
        assert_eq!(read(&keys, &form, &anna, to), Some(id));
        assert_eq!(read(&keys, &form, &bo, to), None);
        assert_eq!(read(&keys, &form, &anna, RecordId::new(3, [2; 10])), None);
        assert_eq!(read(&Keys::derive(&[2; 32]), &form, &anna, to), None);
        for broken in ["", "å", &form[1..], &form[..26], &format!("{form}0")] {
            assert_eq!(read(&keys, broken, &anna, to), None, "{broken}");
        }
    }

    #[test]
    fn a_key_names_one_reply() {
        let keys = Keys::derive(&[1; 32]);
        let anna: AccountId = "anna".parse().unwrap();
        let to = RecordId::new(2, [2; 10]);
        assert_eq!(of_key(&keys, b"a", &anna, to), of_key(&keys, b"a", &anna, to));
        assert_ne!(of_key(&keys, b"a", &anna, to), of_key(&keys, b"b", &anna, to));
        assert_ne!(of_key(&keys, b"a", &anna, to), of_key(&keys, b"a", &"bo".parse().unwrap(), to));
    }
}
