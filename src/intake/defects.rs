//! The defects by name. The codes are stable: the API shows them.

use crate::domain::record::Defect;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)+) => {$(
        $(#[$doc])*
        pub(super) const $name: &str = $code;
    )+};
}

codes! {
    /// The bytes have no header at all.
    NO_HEADERS = "no-headers";
    /// A header field with octets above 127 that are not UTF-8.
    HEADER_8BIT = "header-8bit";
    /// An encoded word (RFC 2047) that is none.
    ENCODED_WORD = "encoded-word-damaged";
    /// A field that may stand once stands several times; the last one holds.
    FIELD_REPEATED = "field-repeated";
    /// Nobody in From.
    FROM_MISSING = "from-missing";
    /// Several authors, or several From fields.
    FROM_SEVERAL = "from-several";
    /// Date is missing or none.
    DATE_UNREADABLE = "date-unreadable";
    /// A due date in the subject that is no date.
    DUE_UNREADABLE = "due-date-unreadable";
    /// Tags in the subject that cannot both hold.
    TAGS_CONFLICT = "tags-conflict";
    /// More parts, or deeper nesting, or a larger header than we read.
    TOO_COMPLEX = "too-complex";
    /// A multipart whose closing delimiter is missing.
    UNTERMINATED = "boundary-end-missing";
    /// A part that no delimiter ends, or a multipart without any.
    DELIMITER_MISSING = "boundary-missing";
    /// A delimiter in the middle of a line was taken for one.
    DELIMITER_MID_LINE = "boundary-in-line";
    /// A part's header does not end with a blank line.
    BLANK_LINE_MISSING = "blank-line-missing";
    /// Content-Transfer-Encoding says what nobody knows.
    ENCODING_UNKNOWN = "transfer-encoding-unknown";
    /// Damaged base64 or quoted-printable.
    ENCODING_DAMAGED = "transfer-encoding-damaged";
    /// A charset that nobody knows.
    CHARSET_UNKNOWN = "charset-unknown";
    /// Text that does not fit its charset, or has none and is not ASCII.
    CHARSET_WRONG = "charset-wrong";
    /// Control characters in the text, which were left out.
    CONTROLS = "control-characters";
    /// A body too long to be shown whole.
    BODY_TOO_LONG = "body-too-long";
    /// HTML too entangled to be shown; its text is.
    HTML_TOO_COMPLEX = "html-too-complex";
    /// Pictures and other things from the network were taken out of the HTML.
    REMOTE_CONTENT = "remote-content-removed";
    /// Scripts, forms, frames and the like were taken out of the HTML.
    ACTIVE_CONTENT = "active-content-removed";
    /// A file name that would be unsafe as written.
    FILE_NAME = "file-name-changed";
    /// What Outlook packed (TNEF, winmail.dat) is damaged; what could be read of it is shown, and it is offered as it came.
    TNEF_DAMAGED = "tnef-damaged";
    /// Outlook sent along where a file lies instead of the file.
    TNEF_ELSEWHERE = "file-not-sent";
    /// A file written into the text as uuencode that ends too early.
    UUENCODE_DAMAGED = "uuencode-damaged";
    /// The content lies elsewhere (message/external-body), and nothing was fetched.
    EXTERNAL = "external-body";
    /// One piece of a message sent in several (message/partial).
    PARTIAL = "partial";
    /// Packed more deeply, or more of it, than is opened.
    NOT_OPENED = "not-opened";
    /// A sealed part (S/MIME, OpenPGP) that could not be opened: why.
    SEALED = "sealed";
}

/// A defect of the message as a whole.
pub(super) fn whole(code: &'static str, detail: impl Into<String>) -> Defect {
    at("0", code, detail)
}

/// A defect of one part.
pub(super) fn at(part: &str, code: &'static str, detail: impl Into<String>) -> Defect {
    Defect { part: part.to_owned(), code, detail: detail.into() }
}
