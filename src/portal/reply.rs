//! The citizen's answer: who may write it, where it goes, and that a form sent twice is one reply. Office and thread
//! come from the record, never from the form.

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::fault::{Fault, FieldFault};
use super::form::{self, Filled};
use super::form_id;
use super::mailbox;
use super::state::PortalState;
use super::view::{ReplyForm, page};
use super::visitor::Citizen;
use crate::domain::account::{Account, AccountState};
use crate::domain::address::Mailbox;
use crate::domain::directory::Directory;
use crate::domain::ids::ReplyId;
use crate::domain::office::ReplyRoute;
use crate::domain::record::Record;
use crate::domain::reply::{CitizenReply, SentReply};
use crate::store::StoreError;

/// Why a record cannot be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closed {
    /// The office said so.
    Off,
    /// There is no address that a reply could go to.
    Nowhere,
    /// The account has not been taken into use.
    NotInUse,
}

/// The addresses that a reply to this record goes to, in the order in which they are tried.
pub(super) fn targets(directory: &Directory, account: &Account, record: &Record) -> Result<Vec<Mailbox>, Closed> {
    if account.state != AccountState::Active {
        return Err(Closed::NotInUse);
    }
    if !record.reply_allowed {
        return Err(Closed::Off);
    }
    let office = record.office.as_ref().and_then(|id| directory.office(id)).ok_or(Closed::Nowhere)?;
    let mut targets: Vec<Mailbox> = Vec::new();
    for route in &office.reply_routes {
        let target = match route {
            // The author was proved to speak for the office when the record was kept; whether it still does is asked now.
            ReplyRoute::Sender => Mailbox::parse(&record.from.address).ok().filter(|m| office.speaks_with(m)),
            ReplyRoute::Mailbox(mailbox) => Some(mailbox.clone()),
        };
        if let Some(target) = target.filter(|t| targets.iter().all(|known| known.folded() != t.folded())) {
            targets.push(target);
        }
    }
    if targets.is_empty() { Err(Closed::Nowhere) } else { Ok(targets) }
}

/// What became of a reply that was handed in.
#[derive(Debug)]
pub(super) enum Taken {
    /// It is kept and on its way; or it was before, and this is the same.
    Kept(ReplyId),
    /// The id has been used for another reply.
    Used,
}

/// Keeps a reply and sends it on its way.
pub(super) async fn keep(
    state: &PortalState,
    account: &Account,
    record: &Record,
    id: ReplyId,
    filled: &Filled,
) -> Result<Taken, Fault> {
    if let Some(known) = state.store.reply(&account.id, id).await? {
        return Ok(if is_same(state, account, &known, filled).await? { Taken::Kept(id) } else { Taken::Used });
    }
    let directory = state.directory().await?;
    let targets = targets(&directory, account, record).map_err(|_| Fault::reply_off())?;
    let reply = CitizenReply { id, to: record.id, text: filled.text.clone(), files: filled.files.clone() };
    // Of two that come at once with one id, the first is kept, and given back to both.
    let kept = match state.store.queue_reply(&account.id, reply, targets).await {
        // Closed since the page was made.
        Err(StoreError::Forbidden(_)) => return Err(Fault::reply_off()),
        kept => kept?.ok_or_else(Fault::not_found)?,
    };
    tracing::info!(reply = %id, record = %record.id, "a reply was kept");
    Ok(if is_same(state, account, &kept, filled).await? { Taken::Kept(id) } else { Taken::Used })
}

/// Whether the form says what was kept before.
async fn is_same(state: &PortalState, account: &Account, known: &SentReply, filled: &Filled) -> Result<bool, Fault> {
    let sizes = |file: &crate::domain::reply::ReplyFile| (file.filename.clone(), file.bytes.len() as u64);
    let kept = known.files.iter().map(|file| (file.filename.clone(), file.size));
    if known.text != filled.text || !kept.eq(filled.files.iter().map(sizes)) {
        return Ok(false);
    }
    for (index, file) in (0_u32..).zip(&filled.files) {
        let kept = state.store.reply_file(&account.id, known.id, index).await?;
        if kept.is_none_or(|(_, octets)| octets != file.bytes) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Takes the form of the message page.
pub(super) async fn post(
    State(state): State<PortalState>,
    citizen: Citizen,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Fault> {
    let record = mailbox::find(&state, &citizen.account, &id).await?;
    let words = state.words(citizen.visitor.language);
    let filled = form::read(&state, request).await?;
    let faults = filled.faults(&state, &words);
    if !faults.is_empty() {
        let status =
            if filled.is_too_large(&state) { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::UNPROCESSABLE_ENTITY };
        return again(&state, &citizen, record, filled, status, Wrong::Fields(faults)).await;
    }
    let form = filled.form.as_deref().and_then(|form| form_id::read(&state.keys, form, &citizen.account.id, record.id));
    let Some(reply) = form else {
        return again(&state, &citizen, record, filled, StatusCode::UNPROCESSABLE_ENTITY, Wrong::Form("form-stale"))
            .await;
    };
    match keep(&state, &citizen.account, &record, reply, &filled).await? {
        Taken::Kept(reply) => Ok(Redirect::to(&format!("/messages/{}?sent={reply}", record.id)).into_response()),
        Taken::Used => again(&state, &citizen, record, filled, StatusCode::CONFLICT, Wrong::Form("form-used")).await,
    }
}

enum Wrong {
    Fields(Vec<FieldFault>),
    /// The key of the sentence.
    Form(&'static str),
}

/// The page once more, with what is wrong, and with the text.
async fn again(
    state: &PortalState,
    citizen: &Citizen,
    record: Record,
    filled: Filled,
    status: StatusCode,
    wrong: Wrong,
) -> Result<Response, Fault> {
    let words = state.words(citizen.visitor.language);
    let choose_again = filled.has_files();
    let mut form = ReplyForm { text: filled.text, choose_again, ..ReplyForm::default() };
    match wrong {
        Wrong::Fields(faults) => {
            for fault in faults {
                let place = if fault.field == "text" { &mut form.text_fault } else { &mut form.files_fault };
                place.get_or_insert(fault.detail);
            }
        }
        Wrong::Form(key) => form.notice = Some(words.one(key, "button", words.t("send-reply"))),
    }
    let page_shown = mailbox::message_page(state, citizen, record, Some(form), None).await?;
    page(status, &page_shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::RecordId;
    use crate::domain::language::{Language, Names};
    use crate::domain::office::{Office, RelayRule, RelayTls, RelayTo, SenderRule, TlsDemand};
    use crate::domain::record::{Kind, Person};

    fn directory(routes: Vec<ReplyRoute>) -> Directory {
        let office = Office {
            id: "hel".parse().unwrap(),
            name: Names::default(),
            language: Language::Sv,
            senders: vec![SenderRule::Domain(crate::domain::address::Domain::parse("hel.example").unwrap())],
            trust: Vec::new(),
            networks: Vec::new(),
            certificates: Vec::new(),
            signing_certificates: Vec::new(),
            tls: TlsDemand::Required,
            replies_allowed: true,
            kind: Kind::Message,
            reply_routes: routes,
            relay: RelayRule { to: RelayTo::Mx, tls: RelayTls::Verified },
            max_message: 1,
        };
        Directory::new(1, vec![office], Vec::new())
    }

    fn anna(state: AccountState) -> Account {
        let id = "anna".parse().unwrap();
        Account { id, name: "Anna".to_owned(), state, language: Language::Sv, notices: Vec::new() }
    }

    fn record(from: &str, reply_allowed: bool) -> Record {
        let at = jiff::Timestamp::UNIX_EPOCH;
        Record {
            id: RecordId::new(1, [0; 10]),
            account: "anna".parse().unwrap(),
            office: Some("hel".parse().unwrap()),
            conversation: crate::domain::ids::ConversationId::new(1, [0; 10]),
            kind: Kind::Message,
            case_reference: None,
            subject: String::new(),
            from: Person { name: None, address: from.to_owned() },
            date: at,
            received: at,
            due: None,
            reply_allowed,
            message_id: None,
            attachments: 0,
            size: 1,
            auto_submitted: false,
            read: None,
            addressed: String::new(),
        }
    }

    #[test]
    fn a_reply_goes_where_the_office_says() {
        let (anna, waiting) = (anna(AccountState::Active), anna(AccountState::Waiting));
        let targets = |directory: &Directory, record: &Record| targets(directory, &anna, record);
        let registry = Mailbox::parse("registry@hel.example").unwrap();
        let both = directory(vec![ReplyRoute::Sender, ReplyRoute::Mailbox(registry.clone())]);
        let clerk = Mailbox::parse("clerk@hel.example").unwrap();
        assert_eq!(targets(&both, &record("clerk@hel.example", true)), Ok(vec![clerk, registry.clone()]));
        assert_eq!(targets(&both, &record("Registry@hel.example", true)).map(|t| t.len()), Ok(1));
        assert_eq!(targets(&both, &record("clerk@gone.example", true)), Ok(vec![registry]));
        assert_eq!(targets(&both, &record("clerk@hel.example", false)), Err(Closed::Off));
        let sender = directory(vec![ReplyRoute::Sender]);
        assert_eq!(targets(&sender, &record("not an address", true)), Err(Closed::Nowhere));
        assert_eq!(super::targets(&both, &waiting, &record("clerk@hel.example", true)), Err(Closed::NotInUse));
        assert_eq!(targets(&Directory::default(), &record("clerk@hel.example", true)), Err(Closed::Nowhere));
    }
}
