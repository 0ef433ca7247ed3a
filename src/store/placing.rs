//! A batch of messages in the open transaction: a few statements for all of them, however many they are.

use std::collections::{HashMap, HashSet};

use super::committer::Write;
use super::error::StoreError;
use super::keep::{Octets, Place, Prepared, message_key};
use super::queue;
use super::rows::{due_text, finding_words, kind_word, peer_json};
use super::signed::{self, Signed};
use super::sql::{Value, list, values};
use crate::domain::Receipt;
use crate::domain::arrival::{NewRecord, Placement};
use crate::domain::envelope::{Destination, ToCitizen};
use crate::domain::event::What;
use crate::domain::ids::{AccountId, ArrivalId, ConversationId, OfficeId, OutboxId, RecordId};
use crate::domain::status::{Class, Refusal};

/// The most values of one IN.
const MANY: usize = 500;

/// Places the messages, in order: a receipt for each, or a refusal that leaves nothing of it behind.
pub(super) async fn place(
    write: &mut Write,
    messages: &[&Prepared],
) -> Result<Vec<Result<Receipt, Refusal>>, StoreError> {
    let active = active(write, messages).await?;
    let mut threads = Threads::find(write, messages).await?;
    let refused: Vec<bool> =
        messages.iter().map(|m| to_citizens(m).any(|(_, _, to)| !active.contains(&to.account))).collect();
    let taken: Vec<&Prepared> =
        messages.iter().zip(&refused).filter(|(_, refused)| !**refused).map(|(m, _)| *m).collect();

    insert_arrivals(write, &taken).await?;
    let firsts = insert_records(write, &taken, &mut threads).await?;
    let mut receipts = Vec::with_capacity(taken.len());
    let mut surplus = Vec::new();
    for message in &taken {
        let receipt = settle(write, message, &firsts).await?;
        if receipt.arrival() != message.arrival.id {
            surplus.push(message.arrival.id);
        }
        receipts.push(receipt);
    }
    insert_notices(write, &taken, &firsts).await?;
    for surplus in surplus.chunks(MANY) {
        let text = format!("DELETE FROM arrival WHERE id IN {}", list(1, surplus.len()));
        let values = surplus.iter().map(|id| Value::from(id.to_bytes())).collect();
        write.connection.execute(sqlx::AssertSqlSafe(text), values).await?;
    }
    let mut receipts = receipts.into_iter();
    let closed = || Refusal::new(Class::AccountNotInUse, "the account was closed after RCPT");
    Ok(refused
        .into_iter()
        .map(|refused| if refused { Err(closed()) } else { receipts.next().ok_or_else(closed) })
        .collect())
}

/// The new records of a message: its places that are mailboxes.
fn records(message: &Prepared) -> impl Iterator<Item = (&Place, &NewRecord, &AccountId)> {
    message.places.iter().filter_map(|place| match (&message.arrival.placements[place.at], &place.account) {
        (Placement::Record(record), Some(account)) => Some((place, &**record, account)),
        _ => None,
    })
}

fn to_citizens(message: &Prepared) -> impl Iterator<Item = (&Place, &NewRecord, &ToCitizen)> {
    records(message).filter_map(|(place, record, _)| match record.route.destination() {
        Destination::Citizen(to) => Some((place, record, to)),
        _ => None,
    })
}

/// Which of the accounts are active now. Consent may have been withdrawn since RCPT.
async fn active(write: &mut Write, messages: &[&Prepared]) -> Result<HashSet<AccountId>, StoreError> {
    let asked: HashSet<&AccountId> =
        messages.iter().flat_map(|m| to_citizens(m)).map(|(_, _, to)| &to.account).collect();
    let asked: Vec<&AccountId> = asked.into_iter().collect();
    let mut active = HashSet::new();
    for asked in asked.chunks(MANY) {
        let text = format!("SELECT id FROM account WHERE state = 'active' AND id IN {}", list(1, asked.len()));
        let values = asked.iter().map(|id| Value::from(id.as_str())).collect();
        for row in write.connection.fetch(sqlx::AssertSqlSafe(text), values).await? {
            active.insert(super::rows::slug(&row.text(0)?)?);
        }
    }
    Ok(active)
}

/// Which conversation a message belongs to: the one whose message it answers, of the same mailbox and office.
struct Threads(HashMap<(String, AccountId, Option<OfficeId>), ConversationId>);

impl Threads {
    async fn find(write: &mut Write, messages: &[&Prepared]) -> Result<Self, StoreError> {
        let mut found = HashMap::new();
        let answers: HashSet<&str> = messages
            .iter()
            .filter(|m| records(m).any(|(_, record, _)| conversation_of_route(record).is_none()))
            .flat_map(|m| m.arrival.summary.answers.iter().map(String::as_str))
            .collect();
        let answers: Vec<&str> = answers.into_iter().collect();
        for answers in answers.chunks(MANY) {
            let text = format!(
                "SELECT message_id, account, office, conversation FROM record WHERE message_key IN {}",
                list(1, answers.len())
            );
            let values = answers.iter().map(|id| Value::from(message_key(id))).collect();
            for row in write.connection.fetch(sqlx::AssertSqlSafe(text), values).await? {
                // Two Message-IDs may share a key: the text decides, below.
                let Some(message_id) = row.text_option(0)? else { continue };
                let office = row.text_option(2)?.map(|office| super::rows::slug(&office)).transpose()?;
                let at = (message_id, super::rows::slug(&row.text(1)?)?, office);
                found.insert(at, ConversationId::from_bytes(row.id(3)?));
            }
        }
        // A citizen's reply is named by its outbox item.
        let ours: Vec<(&str, OutboxId)> =
            answers.iter().filter_map(|id| Some((*id, id.split('@').next()?.parse().ok()?))).collect();
        for ours in ours.chunks(MANY) {
            let text = format!(
                "SELECT o.id, r.account, r.office, r.conversation, o.message_id FROM outbox o \
                 JOIN reply r ON r.id = o.reply WHERE o.id IN {}",
                list(1, ours.len())
            );
            let values = ours.iter().map(|(_, id)| Value::from(id.to_bytes())).collect();
            for row in write.connection.fetch(sqlx::AssertSqlSafe(text), values).await? {
                let at = (row.text(4)?, super::rows::slug(&row.text(1)?)?, Some(super::rows::slug(&row.text(2)?)?));
                found.insert(at, ConversationId::from_bytes(row.id(3)?));
            }
        }
        Ok(Self(found))
    }

    /// The conversation of this record; a new one when it answers nothing that we have. Later messages of the batch
    /// may answer this one.
    fn of(&mut self, message: &Prepared, record: &NewRecord, account: &AccountId) -> ConversationId {
        let summary = &message.arrival.summary;
        let at = |id: &String| (id.clone(), account.clone(), message.office.clone());
        let conversation = conversation_of_route(record)
            .or_else(|| summary.answers.iter().find_map(|id| self.0.get(&at(id)).copied()))
            // One id serves both: they are of different kinds, and a thread's first record names it.
            .unwrap_or_else(|| ConversationId::from_bytes(record.id.to_bytes()));
        if let Some(id) = &summary.message_id {
            self.0.entry(at(id)).or_insert(conversation);
        }
        conversation
    }
}

fn conversation_of_route(record: &NewRecord) -> Option<ConversationId> {
    match record.route.destination() {
        Destination::Citizen(to) => to.conversation,
        _ => None,
    }
}

async fn insert_arrivals(write: &mut Write, messages: &[&Prepared]) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(messages.len() * 12);
    for message in messages {
        let arrival = &message.arrival;
        let (blob, raw) = match &message.octets {
            Octets::Inline(bytes) => (None, Some(bytes.to_vec())),
            Octets::Blob(name) => (Some(name.text()), None),
        };
        let answers = &arrival.summary.answers;
        rows.extend(values![
            arrival.id.to_bytes(),
            arrival.received.as_millisecond(),
            i64::try_from(arrival.raw.size()).unwrap_or(i64::MAX),
            arrival.sha256,
            arrival.reverse_path.wire(),
            message.office.as_ref().map(OfficeId::as_str),
            peer_json(&arrival.peer),
            (!answers.is_empty()).then(|| answers.join("\n")),
            blob,
            raw,
            arrival.trace.as_str(),
            message.seals.clone(),
        ]);
    }
    let head = "INSERT INTO arrival (id, received, size, sha256, reverse_path, office, peer, answers, blob, raw, trace, \
                seals) VALUES";
    write.connection.insert(head, "", 12, rows).await
}

/// The arrivals under which the records that had been kept before are kept, by the new records' ids.
type Firsts = HashMap<RecordId, ArrivalId>;

const RECORD: &str = "INSERT INTO record (id, arrival, account, office, conversation, kind, case_reference, subject, \
    from_name, from_address, date, received, due, reply_allowed, message_id, attachments, size, auto_submitted, \
    message_key, fingerprint, addressed) VALUES";

async fn insert_records(
    write: &mut Write,
    messages: &[&Prepared],
    threads: &mut Threads,
) -> Result<Firsts, StoreError> {
    let mut rows = Vec::with_capacity(messages.len() * 21);
    let mut many = 0;
    let mut firsts = Firsts::new();
    let mut signed = Signed::find(write, messages).await?;
    for message in messages {
        let (arrival, summary) = (&message.arrival, &message.arrival.summary);
        for (place, record, account) in records(message) {
            if let Some(first) = signed.first(message, account) {
                firsts.insert(record.id, first);
                continue;
            }
            signed.learn(message, account);
            let conversation = threads.of(message, record, account);
            many += 1;
            rows.extend(values![
                record.id.to_bytes(),
                arrival.id.to_bytes(),
                account.as_str(),
                message.office.as_ref().map(OfficeId::as_str),
                conversation.to_bytes(),
                kind_word(record.kind),
                record.case_reference.as_deref(),
                summary.subject.as_str(),
                summary.from.name.as_deref(),
                summary.from.address.as_str(),
                summary.date.unwrap_or(arrival.received).as_millisecond(),
                arrival.received.as_millisecond(),
                record.due.map(due_text),
                record.reply_allowed,
                summary.message_id.as_deref(),
                summary.attachments,
                i64::try_from(arrival.raw.size()).unwrap_or(i64::MAX),
                summary.classification.auto_submitted,
                message.message_key,
                place.fingerprint.to_vec(),
                record.addressed.as_str(),
            ]);
        }
    }
    let tail = "ON CONFLICT (message_key, fingerprint) DO NOTHING RETURNING 1";
    if write.connection.insert_new(RECORD, tail, 21, rows).await? < many {
        find_firsts(write, messages, &mut firsts).await?;
    }
    let new = messages
        .iter()
        .flat_map(|message| records(message).map(move |(_, record, account)| (*message, record, account)));
    let new = new.filter(|(_, record, _)| !firsts.contains_key(&record.id));
    signed::note(write, new.map(|(message, _, account)| (message, account)).collect()).await?;
    Ok(firsts)
}

/// Some had been kept before, here or earlier in the batch. They are few: one by one.
async fn find_firsts(write: &mut Write, messages: &[&Prepared], firsts: &mut Firsts) -> Result<(), StoreError> {
    for message in messages {
        for (place, record, _) in records(message) {
            if firsts.contains_key(&record.id) {
                continue;
            }
            let text = "SELECT id, arrival FROM record WHERE message_key = $1 AND fingerprint = $2";
            let values = values![message.message_key, place.fingerprint.to_vec()];
            let row = write.connection.fetch_option(text, values).await?;
            let row = row.ok_or(StoreError::Rows { what: "record", expected: 1, found: 0 })?;
            if row.id(0)? != record.id.to_bytes() {
                firsts.insert(record.id, ArrivalId::from_bytes(row.id(1)?));
            }
        }
    }
    Ok(())
}

/// The message's reports, its events, and its receipt.
async fn settle(write: &mut Write, message: &Prepared, firsts: &Firsts) -> Result<Receipt, StoreError> {
    let arrival = &message.arrival;
    let (mut new, mut first) = (false, None);
    for (_, record, _) in records(message) {
        if let Some(earlier) = firsts.get(&record.id) {
            first.get_or_insert(*earlier);
            continue;
        }
        new = true;
        let office = message.office.as_ref().map_or("-", OfficeId::as_str);
        write.note(
            What::Kept,
            &record.id,
            format!("arrival={} office={office} size={} {}", arrival.id, arrival.raw.size(), arrival.proofs),
        );
    }
    for place in &message.places {
        let Placement::Report { outbox, finding } = &arrival.placements[place.at] else { continue };
        let (word, detail) = finding_words(finding);
        let text = "INSERT INTO report (arrival, outbox, finding, message_id, message_key, fingerprint) \
                    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (message_key, fingerprint) DO NOTHING";
        let message_id = arrival.summary.message_id.as_deref();
        let (id, item, key) = (arrival.id.to_bytes(), outbox.to_bytes(), message.message_key);
        let values = values![id, item, word, message_id, key, place.fingerprint.to_vec()];
        if write.connection.execute(text, values).await? == 1 {
            new = true;
            queue::report(write, *outbox, arrival.id, finding, word, detail).await?;
            continue;
        }
        let text = "SELECT arrival FROM report WHERE message_key = $1 AND fingerprint = $2";
        let row = write.connection.fetch_option(text, values![key, place.fingerprint.to_vec()]).await?;
        let row = row.ok_or(StoreError::Rows { what: "report", expected: 1, found: 0 })?;
        first.get_or_insert(ArrivalId::from_bytes(row.id(0)?));
    }
    Ok(match first {
        Some(first) if !new => {
            write.note(What::Repeated, &first, format!("again={}", arrival.id));
            Receipt::issued(first, true)
        }
        _ => Receipt::issued(arrival.id, false),
    })
}

async fn insert_notices(write: &mut Write, messages: &[&Prepared], firsts: &Firsts) -> Result<(), StoreError> {
    let mut notices = Vec::new();
    for message in messages {
        let Some(office) = &message.office else { continue };
        for (place, record, to) in to_citizens(message) {
            if firsts.contains_key(&record.id) {
                continue;
            }
            for (id, address) in place.notices.iter().zip(&to.notices) {
                notices.push(queue::NewItem::notice(*id, record.id, office.clone(), to.language, address.clone()));
            }
        }
    }
    queue::insert(write, notices).await
}
