//! Which part is the body and which an attachment. Every part of the message is one of: a container, body, attachment.
//! (RFC 8621 §4.1.4 says which text parts are the body.)

use mail_parser::{Message, MessagePart, PartKind};

use super::Limits;

/// The attachments, in order; an attachment's index is its place here. Parts inside a forwarded message are that
/// message's own.
pub(super) fn attachments<'m>(
    message: &'m Message<'_>,
    limits: &Limits,
) -> impl Iterator<Item = MessagePart<'m>> + use<'m> {
    let limit = limits.body_bytes;
    message.root().parts().filter(move |part| match part.kind() {
        PartKind::Multipart => part.children().len() == 0 && !part.raw_body().trim_ascii().is_empty(),
        _ => !is_body(part) || part.raw_body().len() > limit,
    })
}

/// Whether the part's text is shown.
pub(super) fn is_body(part: &MessagePart<'_>) -> bool {
    part.is_text() && (part.in_text_body() || part.in_html_body())
}

/// Whether the part says that it is a multipart and could not be divided.
pub(super) fn is_unopened(part: &MessagePart<'_>) -> bool {
    part.children().len() == 0 && part.content_type().is_some_and(|t| t.ctype() == "multipart")
}

/// Every part of the message with its number: `1.2` is the second part of the first part, `0` the message itself.
pub(super) fn numbered<'m>(message: &'m Message<'_>) -> Vec<(String, MessagePart<'m>)> {
    let mut found = Vec::new();
    let mut open = vec![(String::from("0"), message.root_part())];
    while let Some((number, part)) = open.pop() {
        let children: Vec<_> = part.children().enumerate().collect();
        for (index, child) in children.into_iter().rev() {
            let number = if number == "0" { (index + 1).to_string() } else { format!("{number}.{}", index + 1) };
            open.push((number, child));
        }
        found.push((number, part));
    }
    found
}
