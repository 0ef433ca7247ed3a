//! The record as JSON: what `brevbro parse` prints and the API gives. The names are stable.

use serde::Serialize;

use super::{Limits, read, report};
use crate::domain::appointment::Appointment;
use crate::domain::arrival::Finding;
use crate::domain::record::{Attachment, Classification, Content, Defect, Kind, PartAccount, Person, Record};

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
}

/// What a delivery report says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportJson {
    /// `failed`, `delayed`, `delivered`, or `unreadable`.
    pub action: &'static str,
    /// Status and diagnostic, without addresses.
    pub detail: Option<String>,
}

impl From<Finding> for ReportJson {
    fn from(finding: Finding) -> Self {
        let (action, detail) = match finding {
            Finding::Failed { detail } => ("failed", Some(detail)),
            Finding::Delayed { detail } => ("delayed", Some(detail)),
            Finding::Delivered => ("delivered", None),
            Finding::Unreadable => ("unreadable", None),
        };
        Self { action, detail }
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
        }
    }

    /// What `brevbro parse` prints of a message.
    #[must_use]
    pub fn of_message(raw: &[u8], limits: &Limits) -> Self {
        let content = read(raw, limits);
        let bounce = content.classification.bounce;
        Self { report: bounce.then(|| report::finding(raw).into()), ..Self::of_content(content) }
    }
}
