//! Whether what Outlook packed says only what the message says outside as well: Exchange sends the text of a letter as
//! text, and the same letter with its looks and files in `winmail.dat`.

use std::collections::HashSet;

use mail_parser::{Message, MessagePart, MessageRef, PartId, PartKind};

use super::html::{Budget, Document};
use super::text;

/// Octets and words of a text that are compared.
const OCTETS: usize = 256 << 10;
const WORDS: usize = 20_000;

/// Which views show what was packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) text: bool,
    pub(super) html: bool,
    /// The text outside that says the same, and stays out of the HTML for that.
    pub(super) instead: Option<PartId>,
}

/// Compares what is shown of the two: of the message in which part `at` stands, and of what was packed there. Where the
/// message outside has no text, or says something else, all of it is shown; where it says the same, only the HTML, and
/// that only if there is none outside.
pub(super) fn shown(outside: &Message<'_>, at: PartId, inside: &Message<'_>) -> Shown {
    let around: Vec<_> = outside.part(at).map_or_else(Vec::new, |packed| body(packed.message()));
    let (there, here) = (Words::of(&around), Words::of(&body(inside.root())));
    let instead = around.iter().find(|part| part.in_html_body() && is_plain(part)).map(MessagePart::id);
    if here.words.is_empty() || !there.words.is_empty() && here.are_said_in(&there) {
        let html = here.html && !there.html;
        return Shown { text: false, html, instead: instead.filter(|_| html) };
    }
    let instead = instead.filter(|_| here.html && there.words.is_empty());
    Shown { text: true, html: true, instead }
}

/// The text of a message, without that of those it encloses.
fn body(message: MessageRef<'_>) -> Vec<MessagePart<'_>> {
    message.parts().filter(|part| part.is_text() && (part.in_text_body() || part.in_html_body())).collect()
}

fn is_plain(part: &MessagePart<'_>) -> bool {
    part.is_text() && !matches!(part.kind(), PartKind::Html)
}

#[derive(Default)]
struct Words {
    words: HashSet<String>,
    html: bool,
}

impl Words {
    fn of(parts: &[MessagePart<'_>]) -> Self {
        let mut found = Self::default();
        let mut budget = Budget::default();
        for part in parts {
            let source = text::decoded(part, OCTETS).0;
            if is_plain(part) {
                found.add(&source);
            } else {
                found.html = true;
                found.add(&Document::of(&source, &mut budget).text());
            }
        }
        found
    }

    fn add(&mut self, text: &str) {
        for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
            if self.words.len() >= WORDS {
                break;
            }
            self.words.insert(word.to_lowercase());
        }
    }

    /// Nine words of ten: what becomes of links and lists differs a little.
    fn are_said_in(&self, other: &Self) -> bool {
        let said = self.words.iter().filter(|word| other.words.contains(*word)).count();
        said * 10 >= self.words.len() * 9
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::Limits;

    fn compared(outside: &str, inside: &str) -> (bool, bool, bool) {
        let limits = Limits::default();
        let [outside, inside] = [outside, inside].map(|entity| entity.replace('\n', "\r\n"));
        let (outside, inside) = (limits.parse(outside.as_bytes()).unwrap(), limits.parse(inside.as_bytes()).unwrap());
        let Shown { text, html, instead } = shown(&outside, 0, &inside);
        (text, html, instead.is_some())
    }

    #[test]
    fn what_is_said_twice_is_shown_once() {
        let plain = "Content-Type: text/plain\n\nBästa Anna, ditt beslut är klart.";
        let html = "Content-Type: text/html\n\n<p>Bästa <b>Anna</b>, ditt beslut är klart.";
        let other = "Content-Type: text/plain\n\nThis mail came from outside.";
        let blank = "Content-Type: text/plain\n\n \n";
        assert_eq!(compared(plain, html), (false, true, true));
        assert_eq!(compared(plain, plain), (false, false, false));
        assert_eq!(compared(html, html), (false, false, false));
        assert_eq!(compared(blank, html), (true, true, true));
        assert_eq!(compared(blank, plain), (true, true, false));
        assert_eq!(compared(other, html), (true, true, false));
        assert_eq!(compared(plain, blank), (false, false, false));
    }

    #[test]
    fn an_enclosed_message_says_nothing_for_the_message() {
        let text = "Bästa Anna, ditt beslut är klart.";
        let enclosing = format!(
            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/ms-tnef\n\nx\n--b\n\
             Content-Type: message/rfc822\n\nSubject: x\n\n{text}\n--b--\n"
        );
        let limits = Limits::default();
        let (outside, inside) = (enclosing.replace('\n', "\r\n"), format!("Content-Type: text/plain\r\n\r\n{text}"));
        let outside = limits.parse(outside.as_bytes()).unwrap();
        let inside = limits.parse(inside.as_bytes()).unwrap();
        assert!(shown(&outside, 1, &inside).text);
    }
}
