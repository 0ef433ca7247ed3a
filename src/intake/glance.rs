//! The reading at the door.

use jiff::Timestamp;
use mail_parser::{HeaderName, Message};

use super::opened::Opened;
use super::tree::Tree;
use super::{Limits, classification, fields, sealed};
use crate::domain::record::{Classification, Person, Tags};
use crate::domain::seal::Shut;
use crate::domain::tags;
use crate::domain::token::MARK_FIELD;
use crate::smime::{Evidence, Keyring};

/// Marks that are looked at: one for each time round.
const MARKS: usize = 10;

/// What the door needs of a message.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Glance {
    /// Without the tags that were recognised in it.
    pub subject: String,
    /// What the subject's tags ask.
    pub tags: Tags,
    /// Every author in every From field.
    pub from: Vec<Person>,
    /// Date.
    pub date: Option<Timestamp>,
    /// Without brackets.
    pub message_id: Option<String>,
    /// In-Reply-To, then References from the newest, without brackets, at most 50.
    pub answers: Vec<String>,
    /// How many attachments.
    pub attachments: u32,
    /// Whether a machine wrote it.
    pub classification: Classification,
    /// What gateways of our kind have marked it with ([`MARK_FIELD`]): it has been sent by one, ours or another.
    pub marks: Vec<String>,
    /// How many Received fields: the servers that it has been through (RFC 5321 §6.3).
    pub hops: u32,
    /// A part is encrypted that nobody here can open: why. Such a message is refused.
    pub shut: Option<Shut>,
    /// Why it is beyond the limits, for an admin. Such a message is refused.
    pub too_complex: Option<String>,
}

/// What a message says of itself that its signatures must cover before they prove it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Stated {
    /// Everybody in To and Cc.
    pub addressed: Vec<Person>,
    /// Names of the header fields, in lower case, as often as they stand there.
    pub fields: Vec<String>,
}

/// Reads what stands around the body, for a message that must prove itself.
#[must_use]
pub fn stated(raw: &[u8], limits: &Limits) -> Stated {
    let Some(message) = limits.parse(raw) else { return Stated::default() };
    let headers = message.headers();
    let mut addressed = fields::people(headers, HeaderName::To);
    addressed.extend(fields::people(headers, HeaderName::Cc));
    let fields = headers.iter().map(|header| header.name().as_str().to_ascii_lowercase()).collect();
    Stated { addressed, fields }
}

impl Glance {
    /// Forgets what machines say of themselves: fields that anybody can add to a message that only its signature proves,
    /// and that would keep the citizen from being told of it.
    pub fn forget_machines(&mut self) {
        self.classification = Classification::default();
        self.marks.clear();
    }
}

/// Reads what the door needs. Tens of microseconds for an ordinary message: no body is decoded.
#[must_use]
pub fn glance(raw: &[u8], limits: &Limits) -> Glance {
    Opened::of(raw, limits, &Keyring::default()).glance()
}

impl Opened<'_> {
    /// What the door needs.
    #[must_use]
    pub fn glance(&self) -> Glance {
        self.look(false).0
    }

    /// The same, and what was found of the message's signature: its content is decoded for that.
    #[must_use]
    pub fn glance_and_evidence(&self) -> (Glance, Option<Evidence>) {
        self.look(true)
    }

    fn look(&self, check: bool) -> (Glance, Option<Evidence>) {
        let parsed = self.parsed();
        let Some(Some(message)) = parsed.first() else { return (Glance::default(), None) };
        let tree = Tree::of(self, &parsed);
        let glance = Glance { shut: self.shut(&tree), ..of(message, &tree, &self.limits) };
        (glance, if check { self.evidence_in(&tree) } else { None })
    }
}

pub(super) fn of(message: &Message<'_>, tree: &Tree<'_>, limits: &Limits) -> Glance {
    let headers = message.headers();
    let subject = sealed::subject(tree).unwrap_or_else(|| fields::subject(headers));
    let (subject, tags) = tags::subject(&subject);
    Glance {
        subject,
        tags,
        from: fields::people(headers, HeaderName::From),
        date: fields::date(headers),
        message_id: fields::message_id(headers),
        answers: fields::answers(headers),
        attachments: u32::try_from(tree.attachments().count()).unwrap_or(u32::MAX),
        classification: classification::of(message),
        marks: headers.all(MARK_FIELD).take(MARKS).map(fields::text).collect(),
        hops: u32::try_from(headers.all(HeaderName::Received).count()).unwrap_or(u32::MAX),
        shut: None,
        too_complex: limits.exceeded(message, tree),
    }
}
