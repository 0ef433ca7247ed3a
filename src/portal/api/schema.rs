//! The schema of [`RecordJson`](crate::intake::json::RecordJson), which knows nothing of HTTP. A test holds the two
//! together.

#![expect(dead_code, reason = "these types stand for their schemas")]

use utoipa::ToSchema;

/// One message, whole. What is not known is `null`.
#[derive(ToSchema)]
#[schema(as = Message)]
pub(in crate::portal) struct RecordSchema {
    /// Its id.
    id: String,
    /// `decision`, `notice`, `request` or `message`.
    kind: String,
    /// The office's id.
    office: Option<String>,
    /// The thread.
    conversation: String,
    /// The office's reference for the case.
    case_reference: Option<String>,
    /// Without tags.
    subject: String,
    /// The author, as proved.
    from: PersonSchema,
    /// To and Cc.
    to: Vec<PersonSchema>,
    /// When it was written.
    #[schema(format = DateTime)]
    date: String,
    /// Without brackets.
    message_id: Option<String>,
    /// Without brackets.
    in_reply_to: Option<String>,
    /// Without brackets, oldest first.
    references: Vec<String>,
    /// UTF-8 with LF.
    text: String,
    /// Sanitised: nothing in it runs or asks the network for anything. Its own pictures are addressed as attachments.
    html: Option<String>,
    /// BCP 47.
    language: Option<String>,
    /// Until when the office wants an answer.
    #[schema(format = Date)]
    due: Option<String>,
    /// Whether it may be answered.
    reply_allowed: bool,
    /// Everything that is not the body shown.
    attachments: Vec<AttachmentSchema>,
    /// Every part of the message, and what became of it.
    parts: Vec<PartSchema>,
    /// What invitations among the parts invite to.
    events: Vec<EventSchema>,
    /// Whatever was not as it should be.
    defects: Vec<DefectSchema>,
    /// Whether a machine wrote it.
    classification: ClassificationSchema,
    /// How it was encrypted; absent where it was not.
    #[schema(required = false)]
    encryption: Option<EncryptionSchema>,
    /// What its signature was worth when it came; absent where it has none.
    #[schema(required = false)]
    signature: Option<SignatureSchema>,
}

/// How a message was encrypted.
#[derive(ToSchema)]
#[schema(as = Encryption)]
pub(in crate::portal) struct EncryptionSchema {
    /// `aes-256-gcm`, `aes-128-cbc`, `des-ede3-cbc`.
    cipher: String,
    /// Whether the cipher itself tells a change.
    authenticated: bool,
}

/// What was said of a signature when the message came.
#[derive(ToSchema)]
#[schema(as = Signature)]
pub(in crate::portal) struct SignatureSchema {
    /// `valid`, `valid-unknown-signer`, `partial`, `openpgp-unchecked`, `unreadable` or `invalid`.
    state: String,
    /// Whom the certificate names.
    signer: Option<PersonSchema>,
    /// When, as the signer says.
    #[schema(format = DateTime)]
    signed: Option<String>,
    /// SHA-256 of the certificate, in hex.
    certificate: Option<String>,
    /// `"office"`, or `{"root": NAME}`.
    vouched: Option<serde_json::Value>,
    /// `unknown-issuer`, `not-of-today`, `wrong-use`, `other-address`, `weak-digest`, `weak-key`, `no-certificate`,
    /// `unsupported`, `malformed`, `content-changed` or `signature-wrong`.
    problems: Vec<String>,
}

/// A name and an address.
#[derive(ToSchema)]
#[schema(as = Person)]
pub(in crate::portal) struct PersonSchema {
    /// The display name.
    name: Option<String>,
    /// As written; in To and Cc perhaps no address.
    address: String,
}

/// A part that can be fetched.
#[derive(ToSchema)]
#[schema(as = Attachment)]
pub(in crate::portal) struct AttachmentSchema {
    /// From 0; its name in URLs.
    index: usize,
    /// Safe as a file's name.
    filename: String,
    /// `type/subtype`, as the message says.
    media_type: String,
    /// In octets, decoded.
    size: u64,
    /// Hex, of the decoded octets.
    sha256: String,
    /// `attachment` or `inline`.
    disposition: String,
    /// Without brackets.
    content_id: Option<String>,
    /// `as-it-came`, `inline` (shown in the HTML) or `damaged`.
    status: String,
}

/// A part of the message, and what became of it.
#[derive(ToSchema)]
#[schema(as = Part)]
pub(in crate::portal) struct PartSchema {
    /// `0` the message itself, `1.2` the second part of the first part.
    part: String,
    /// `type/subtype`.
    media_type: String,
    /// `container`, `shown`, `converted`, `inline`, `held-back`, `as-it-came`, `damaged` or `enclosed`.
    status: String,
    /// Why it was held back.
    #[schema(required = false)]
    reason: Option<String>,
    /// The attachment as which it can be fetched.
    #[schema(required = false)]
    attachment: Option<usize>,
}

/// An appointment. Times are days, times without a zone, or times with one.
#[derive(ToSchema)]
#[schema(as = Event)]
pub(in crate::portal) struct EventSchema {
    /// The part that it stands in.
    part: String,
    /// The attachment to save it by.
    attachment: Option<usize>,
    /// `request`, `cancel`, `reply`, `publish`, `add`, `counter`, `declinecounter` or `refresh`.
    method: Option<String>,
    /// It is called off.
    cancelled: bool,
    /// What it is about.
    summary: Option<String>,
    /// When it begins.
    start: Option<String>,
    /// When it ends; of whole days the last one.
    end: Option<String>,
    /// Where.
    location: Option<String>,
    /// Who invites.
    organizer: Option<PersonSchema>,
    /// `daily`, `weekly`, `monthly`, `yearly` or `otherwise`.
    repeats: Option<String>,
    /// More, as written.
    description: Option<String>,
}

/// Something that is not as the standards have it.
#[derive(ToSchema)]
#[schema(as = Defect)]
pub(in crate::portal) struct DefectSchema {
    /// `1.2`: the second part of the first part; `0` for the message.
    part: String,
    /// A stable word.
    code: String,
    /// More, for a person.
    detail: String,
}

/// Whether a machine wrote it.
#[derive(ToSchema)]
#[schema(as = Classification)]
pub(in crate::portal) struct ClassificationSchema {
    /// An automatic answer or generated message.
    auto_submitted: bool,
    /// A delivery report.
    bounce: bool,
    /// From a mailing list.
    list: bool,
    /// What sort of machine's mail it is: `generated` in a mailbox; `delivery-report`, `receipt`, `absence-note`, `answer`
    /// and `report` only from `brevbro parse`.
    #[schema(required = false)]
    machine: Option<String>,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;
    use utoipa::OpenApi;

    use crate::domain::seal::{Encryption, Signature, SignatureState};
    use crate::intake;
    use crate::intake::json::RecordJson;

    fn names(value: &Value) -> BTreeSet<String> {
        value.as_object().unwrap().keys().cloned().collect()
    }

    #[test]
    fn the_schema_names_what_the_answer_has() {
        let raw = b"From: A <a@hel.example>\r\nAuto-Submitted: auto-generated\r\nTo: b@x.example\r\nTo: c@x.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n\
            --x\r\n\r\nHej\r\n--x\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VEVENT\r\nEND:VEVENT\r\n\
            --x\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nfil\r\n--x--\r\n";
        let json = serde_json::to_value(RecordJson::of_message(raw, &intake::Limits::default())).unwrap();
        let document = serde_json::to_value(super::super::Document::openapi()).unwrap();
        let schema = |name: &str| names(&document["components"]["schemas"][name]["properties"]);
        let mut all = names(&json);
        all.extend(["encryption", "signature"].map(str::to_owned));
        assert_eq!(all, schema("Message"));
        assert_eq!(names(&json["from"]), schema("Person"));
        assert_eq!(names(&json["attachments"][0]), schema("Attachment"));
        assert_eq!(names(&json["events"][0]), schema("Event"));
        assert_eq!(names(&json["defects"][0]), schema("Defect"));
        assert_eq!(names(&json["classification"]), schema("Classification"));
        let signature = Signature::plain(SignatureState::Valid, Vec::new());
        assert_eq!(names(&serde_json::to_value(signature).unwrap()), schema("Signature"));
        let encryption = Encryption { cipher: "aes-256-gcm", authenticated: true, office: None };
        assert_eq!(names(&serde_json::to_value(encryption).unwrap()), schema("Encryption"));
    }
}
