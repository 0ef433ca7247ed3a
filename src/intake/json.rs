//! The record as JSON: what `brevbro parse` prints and the API gives. The names are stable.

use serde::Serialize;

use super::report::{self, Action, OfRecipient, Receipt, Report, Told};
use super::{Limits, Opened, ReadOptions};
use crate::domain::appointment::Appointment;
use crate::domain::arrival::Finding;
use crate::domain::record::{Attachment, Classification, Content, Defect, Kind, PartAccount, Person, Record};
use crate::domain::seal::{Encryption, Signature};
use crate::smime::Keyring;

/// One record. What is not known is `null`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordJson {
    /// The record's id.
    pub id: Option<String>,
    /// `decision`, `notice`, `request`, `message`.
    pub kind: &'static str,
    /// The office's id.
    pub office: Option<String>,
    /// The conversation's id.
    pub conversation: Option<String>,
    /// The office's reference for the case.
    pub case_reference: Option<String>,
    /// Without tags.
    pub subject: String,
    /// The author; `null` where there is none, or several.
    pub from: Option<Person>,
    /// To and Cc.
    pub to: Vec<Person>,
    /// RFC 3339.
    pub date: Option<String>,
    /// Without brackets.
    pub message_id: Option<String>,
    /// Without brackets.
    pub in_reply_to: Option<String>,
    /// Without brackets, oldest first.
    pub references: Vec<String>,
    /// UTF-8 with LF.
    pub text: String,
    /// Sanitised.
    pub html: Option<String>,
    /// BCP 47.
    pub language: Option<String>,
    /// `2026-12-31`.
    pub due: Option<String>,
    /// Whether the citizen may answer.
    pub reply_allowed: Option<bool>,
    /// Everything that is not the body shown.
    pub attachments: Vec<Attachment>,
    /// Every part of the message, and what became of it.
    pub parts: Vec<PartAccount>,
    /// What invitations among the parts invite to: at most 20.
    pub events: Vec<Appointment>,
    /// Whatever was not as it should be.
    pub defects: Vec<Defect>,
    /// Whether a machine wrote it.
    pub classification: Classification,
    /// What a delivery report says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<ReportJson>,
    /// What a receipt says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
    /// How it was encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
    /// What its signature is worth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
}

/// What a delivery report says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportJson {
    /// The worst of all recipients: `failed`, `delayed`, `delivered`, or `unreadable`.
    pub action: &'static str,
    /// Status and diagnostic, without addresses.
    pub detail: Option<String>,
    /// `rfc3464`, or whose words it has.
    pub format: &'static str,
    /// The server that reports.
    pub reporting_mta: Option<String>,
    /// What became of it at each recipient.
    pub recipients: Vec<RecipientJson>,
    /// Of the message that it is about, without brackets.
    pub original_message_id: Option<String>,
}

/// What a delivery report says of one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecipientJson {
    /// Whom the message was for.
    pub address: Option<String>,
    /// What became of it.
    pub action: Action,
    /// `permanent`, `transient` or `success`: the class of the code, else of what became of it.
    pub class: &'static str,
    /// `5.1.1`.
    pub code: Option<String>,
    /// `550`.
    pub smtp_code: Option<u16>,
    /// The server's words, without addresses.
    pub diagnostic: Option<String>,
    /// The server that said so.
    pub remote_mta: Option<String>,
}

impl ReportJson {
    fn of(report: Report, about: &[String]) -> Self {
        let (action, detail) = match report.finding() {
            Finding::Failed { detail, .. } => ("failed", Some(detail)),
            Finding::Delayed { detail } => ("delayed", Some(detail)),
            Finding::Delivered => ("delivered", None),
            _ => ("unreadable", None),
        };
        Self {
            action,
            detail,
            format: report.format,
            reporting_mta: report.reporting_mta,
            recipients: report.recipients.into_iter().map(RecipientJson::of).collect(),
            original_message_id: about.first().cloned(),
        }
    }
}

impl RecipientJson {
    fn of(recipient: OfRecipient) -> Self {
        let class = match (recipient.status.as_deref().and_then(|status| status.as_bytes().first()), recipient.action) {
            (Some(b'5'), _) | (None, Action::Failed) => "permanent",
            (Some(b'4'), _) | (None, Action::Delayed) => "transient",
            _ => "success",
        };
        Self {
            address: recipient.address,
            action: recipient.action,
            class,
            code: recipient.status,
            smtp_code: recipient.smtp_code,
            diagnostic: recipient.diagnostic,
            remote_mta: recipient.remote_mta,
        }
    }
}

impl RecordJson {
    /// A record of a mailbox: what the row says goes before what the message says.
    #[must_use]
    pub fn of_record(content: Content, record: &Record) -> Self {
        Self {
            id: Some(record.id.to_string()),
            kind: record.kind.word(),
            office: record.office.as_ref().map(ToString::to_string),
            conversation: Some(record.conversation.to_string()),
            case_reference: record.case_reference.clone(),
            subject: record.subject.clone(),
            from: Some(record.from.clone()),
            date: Some(record.date.to_string()),
            message_id: record.message_id.clone(),
            due: record.due.map(|due| due.to_string()),
            reply_allowed: Some(record.reply_allowed),
            ..Self::of_content(content)
        }
    }

    /// A message alone.
    #[must_use]
    pub fn of_content(content: Content) -> Self {
        let tags = content.tags;
        let mut from = content.from;
        Self {
            id: None,
            kind: tags.kind.unwrap_or(Kind::Message).word(),
            office: None,
            conversation: None,
            case_reference: tags.case_reference,
            subject: content.subject,
            from: if from.len() == 1 { from.pop() } else { None },
            to: content.to,
            date: content.date.map(|date| date.to_string()),
            message_id: content.message_id,
            in_reply_to: content.in_reply_to,
            references: content.references,
            text: content.text,
            html: content.html,
            language: content.language,
            due: tags.due.map(|due| due.to_string()),
            reply_allowed: tags.no_reply.then_some(false),
            attachments: content.attachments,
            parts: content.parts,
            events: content.events,
            defects: content.defects,
            classification: content.classification,
            report: None,
            receipt: None,
            encryption: content.encryption,
            signature: content.signature,
        }
    }

    /// What `brevbro parse` prints of a message.
    #[must_use]
    pub fn of_message(raw: &[u8], limits: &Limits) -> Self {
        let opened = Opened::of(raw, limits, &Keyring::default());
        let content = opened.content(&ReadOptions::default());
        let author = content.from.first().map_or("", |person| &person.address);
        let signature = opened.signature_alone(author);
        let record = |content| Self { signature, ..Self::of_content(content) };
        if content.classification.is_letter() {
            return record(content);
        }
        let Told { about, report, receipt, .. } = report::read(raw, limits);
        let report = report.filter(|_| content.classification.bounce).map(|report| ReportJson::of(report, &about));
        Self { report, receipt, ..record(content) }
    }
}
