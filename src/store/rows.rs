//! Rows ↔ domain values. What a column holds that no value has is a contradiction, never a guess.

use std::fmt::Write as _;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::sql::Row;
use crate::domain::account::{Account, AccountState};
use crate::domain::address::Mailbox;
use crate::domain::arrival::Finding;
use crate::domain::ids::{AccountId, ConversationId, RecordId};
use crate::domain::office::Peer;
use crate::domain::record::{Kind, Person, Record};
use crate::domain::status::Status;

/// The mailbox of whoever runs the gateway. No citizen's account has this name.
///
/// # Panics
/// Never: the name is a slug.
#[must_use]
pub fn postmaster() -> AccountId {
    AccountId::from_str("postmaster").expect("a slug")
}

pub(super) fn contradiction(what: &str) -> StoreError {
    StoreError::Contradiction(what.to_owned())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(super) fn time(millis: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(millis).map_err(|_| contradiction("a time out of range"))
}

pub(super) fn time_option(millis: Option<i64>) -> Result<Option<Timestamp>, StoreError> {
    millis.map(time).transpose()
}

pub(super) fn slug<T: FromStr>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| contradiction("a name that is no slug"))
}

pub(super) fn kind_word(kind: Kind) -> &'static str {
    kind.word()
}

pub(super) fn kind(word: &str) -> Result<Kind, StoreError> {
    Kind::from_word(word).ok_or_else(|| contradiction("an unknown kind"))
}

pub(super) fn due_text(due: Date) -> String {
    due.to_string()
}

pub(super) fn mailbox(text: &str) -> Result<Mailbox, StoreError> {
    Mailbox::parse(text).map_err(|_| contradiction("an address that is none"))
}

/// Addresses as a JSON list.
pub(super) fn mailboxes_text(mailboxes: &[Mailbox]) -> String {
    serde_json::Value::from(mailboxes.iter().map(Mailbox::wire).collect::<Vec<_>>()).to_string()
}

pub(super) fn mailboxes(text: &str) -> Result<Vec<Mailbox>, StoreError> {
    let list: Vec<String> =
        serde_json::from_str(text).map_err(|_| contradiction("a list of addresses that is none"))?;
    list.iter().map(|text| mailbox(text)).collect()
}

/// `550 5.1.1`.
pub(super) fn status_text(status: Status) -> String {
    let (class, subject, detail) = status.enhanced;
    format!("{} {class}.{subject}.{detail}", status.code)
}

pub(super) fn status(text: &str) -> Result<Status, StoreError> {
    let read = || {
        let (code, enhanced) = text.split_once(' ')?;
        let mut numbers = enhanced.split('.').map(|number| number.parse().ok());
        let enhanced = (numbers.next()??, numbers.next()??, numbers.next()??);
        Some(Status { code: code.parse().ok()?, enhanced })
    };
    read().ok_or_else(|| contradiction("a status that is none"))
}

/// The word of a finding, and its detail.
pub(super) fn finding_words(finding: &Finding) -> (&'static str, &str) {
    match finding {
        Finding::Failed { detail, .. } => ("failed", detail),
        Finding::Delayed { detail } => ("delayed", detail),
        Finding::Delivered => ("delivered", ""),
        Finding::Receipt { disposition: "displayed" } => ("displayed", ""),
        Finding::Receipt { disposition } => ("receipt", disposition),
        Finding::Away => ("away", ""),
        Finding::Answered => ("answered", ""),
        Finding::Unreadable => ("unreadable", ""),
    }
}

/// The connection, for an admin's eyes.
#[derive(Serialize, Deserialize)]
struct PeerRow<'a> {
    ip: std::net::IpAddr,
    helo: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
}

pub(super) fn peer_json(peer: &Peer) -> String {
    let tls = peer.tls.as_ref();
    let row = PeerRow {
        ip: peer.ip,
        helo: &peer.helo,
        tls: tls.map(|tls| format!("{} {}", tls.version, tls.cipher)),
        certificate: tls.and_then(|tls| tls.certificate.as_ref()).map(|certificate| hex(&certificate.sha256)),
    };
    serde_json::to_string(&row).unwrap_or_default()
}

/// The columns of [`record`].
pub(super) const RECORD: &str = "r.id, r.account, r.office, r.conversation, r.kind, r.case_reference, r.subject, \
    r.from_name, r.from_address, r.date, r.received, r.due, r.reply_allowed, r.message_id, r.attachments, r.size, \
    r.auto_submitted, r.read_at, r.addressed";

pub(super) fn record(row: &Row) -> Result<Record, StoreError> {
    let count = |n: i64| u32::try_from(n).map_err(|_| contradiction("a count out of range"));
    Ok(Record {
        id: RecordId::from_bytes(row.id(0)?),
        account: slug(&row.text(1)?)?,
        office: row.text_option(2)?.map(|office| slug(&office)).transpose()?,
        conversation: ConversationId::from_bytes(row.id(3)?),
        kind: kind(&row.text(4)?)?,
        case_reference: row.text_option(5)?,
        subject: row.text(6)?,
        from: Person { name: row.text_option(7)?, address: row.text(8)? },
        date: time(row.int(9)?)?,
        received: time(row.int(10)?)?,
        due: row
            .text_option(11)?
            .map(|due| due.parse().map_err(|_| contradiction("a due date that is none")))
            .transpose()?,
        reply_allowed: row.int(12)? != 0,
        message_id: row.text_option(13)?,
        attachments: count(row.int(14)?)?,
        size: u64::try_from(row.int(15)?).map_err(|_| contradiction("a size out of range"))?,
        auto_submitted: row.int(16)? != 0,
        read: time_option(row.int_option(17)?)?,
        addressed: row.text(18)?,
    })
}

/// The columns of [`account`].
pub(super) const ACCOUNT: &str = "a.id, a.name, a.state, a.language, a.notices";

pub(super) fn account(row: &Row) -> Result<Account, StoreError> {
    Ok(Account {
        id: slug(&row.text(0)?)?,
        name: row.text(1)?,
        state: account_state(&row.text(2)?)?,
        language: row.text(3)?.parse().map_err(|_| contradiction("an unknown language"))?,
        notices: mailboxes(&row.text(4)?)?,
    })
}

pub(super) fn account_state(word: &str) -> Result<AccountState, StoreError> {
    [AccountState::Active, AccountState::Waiting, AccountState::Closed]
        .into_iter()
        .find(|state| state.word() == word)
        .ok_or_else(|| contradiction("an unknown account state"))
}
