//! How much of a message is read.

use mail_parser::{Message, MessageParser, MessagePart, PartFlags};

use super::tree::Tree;

/// Limits of structure. The size of the whole message is the door's concern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// MIME parts, of forwarded messages too. A scanned case file has some dozens.
    pub parts: usize,
    /// Containers inside one another, the message itself counted.
    pub depth: usize,
    /// Octets of the message's own header block.
    pub header_bytes: usize,
    /// Fields of the message's own header.
    pub header_fields: usize,
    /// Octets of one text or HTML part, as written. Beyond it only the beginning is shown, and the whole is an attachment.
    pub body_bytes: usize,
    /// Octets of all text and HTML parts together, as written. What goes beyond is an attachment.
    pub shown_bytes: usize,
    /// Encoded words (RFC 2047) in the message's own header. A letter to five hundred people has two thousand.
    pub encoded_words: usize,
    /// Octets that may come of what is packed (TNEF, S/MIME), all together. What would be more stays packed.
    pub opened_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            parts: 1000,
            depth: 32,
            header_bytes: 256 << 10,
            header_fields: 1000,
            body_bytes: 8 << 20,
            shown_bytes: 16 << 20,
            encoded_words: 4000,
            opened_bytes: 128 << 20,
        }
    }
}

impl Limits {
    /// Parses the structure. `None`: the bytes have no header field and no blank line, or are 4 GiB or more.
    pub(super) fn parse<'x>(&self, raw: &'x [u8]) -> Option<Message<'x>> {
        // A transfer-encoded message/rfc822 part is offered as it came: there is no need to look inside.
        MessageParser::new().max_parts(self.parts).max_depth(self.depth).max_encoded_nesting(0).parse(raw)
    }

    /// Why the message is beyond the limits, for an admin.
    pub(super) fn exceeded(&self, message: &Message<'_>, tree: &Tree<'_>) -> Option<String> {
        let header = message.root_part().raw_headers();
        if header.len() > self.header_bytes {
            return Some(format!("the header has {} octets; {} are read", header.len(), self.header_bytes));
        }
        let fields = message.root_part().headers().len();
        if fields > self.header_fields {
            return Some(format!("the header has {fields} fields; {} are read", self.header_fields));
        }
        let words = memchr::memmem::find_iter(header, "=?").count();
        if words > self.encoded_words {
            return Some(format!("the header has {words} encoded words; {} are read", self.encoded_words));
        }
        let reached = |part: &MessagePart<'_>| part.flags().contains(PartFlags::LIMIT_REACHED);
        // What was opened is bounded alike.
        (message.parts().any(|part| reached(&part)) || tree.nodes.iter().any(|node| reached(&node.part)))
            .then(|| format!("more than {} parts, or deeper than {}", self.parts, self.depth))
    }
}
