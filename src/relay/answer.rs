//! A server's answer, as it may be shown to an admin: without addresses.

use crate::domain::address::ReversePath;
use crate::domain::reply::Composed;
use crate::domain::status::Status;
use crate::relay::fault::Phase;
use crate::smtp::reply::ServerReply;

/// Characters of an answer's text that are kept.
const LONGEST: usize = 500;

/// What must not stand in a detail: servers like to repeat whom they were told of.
pub(super) struct Struck {
    /// Local parts, in lower case.
    names: Vec<String>,
}

impl Struck {
    pub(super) fn of(message: &Composed) -> Self {
        let sender = match &message.reverse_path {
            ReversePath::Null => None,
            ReversePath::Mailbox(mailbox) => Some(mailbox),
        };
        let names = sender.into_iter().chain([&message.to]).map(|m| m.local.as_str().to_lowercase());
        // A name of one or two letters is in every other word, and says nothing.
        Self { names: names.filter(|name| name.chars().count() > 2).collect() }
    }

    /// The text with every word that is, or holds, an address or the name in one replaced by `…`, on one line.
    pub(super) fn strike(&self, text: &str) -> String {
        let mut kept = String::new();
        let mut rest = text;
        while let Some(word) = next_word(&mut rest) {
            if !kept.is_empty() {
                kept.push(' ');
            }
            let lower = word.to_lowercase();
            if word.contains('@') || self.names.iter().any(|name| lower.contains(name.as_str())) {
                kept.push('…');
            } else {
                kept.extend(word.chars().filter(|c| !c.is_control()));
            }
            if let Some((end, _)) = kept.char_indices().nth(LONGEST) {
                kept.truncate(end);
                break;
            }
        }
        kept
    }
}

/// Up to the next white space; what stands between `<` and `>` is one word with what touches it, so that a quoted local
/// part with a space in it goes as a whole.
fn next_word<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let text = rest.trim_start();
    if text.is_empty() {
        return None;
    }
    let mut inside = false;
    let end = text.char_indices().find_map(|(at, c)| {
        match c {
            '<' => inside = text[at..].contains('>'),
            '>' => inside = false,
            _ => {}
        }
        (c.is_whitespace() && !inside).then_some(at)
    });
    let (word, after) = text.split_at(end.unwrap_or(text.len()));
    *rest = after;
    Some(word)
}

/// Both codes. An enhanced code that is missing, or of another class than the basic code (RFC 2034 §4), is x.0.0.
pub(super) fn status(answer: &ServerReply) -> Status {
    let class = u8::try_from(answer.code / 100).unwrap_or(4);
    let enhanced = answer.enhanced.filter(|(of, _, _)| *of == class).unwrap_or((class, 0, 0));
    Status { code: answer.code, enhanced }
}

/// `mx.hel.example [192.0.2.1]:25, RCPT: 550 5.1.1 …: no such user here`
pub(super) fn detail(host: &str, phase: Phase, answer: &ServerReply, struck: &Struck) -> String {
    let text = struck.strike(&answer.lines.join(" "));
    match answer.enhanced {
        Some((class, subject, detail)) => {
            format!("{host}, {phase}: {} {class}.{subject}.{detail} {text}", answer.code)
        }
        None => format!("{host}, {phase}: {} {text}", answer.code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::address::Mailbox;

    #[test]
    fn no_address_is_repeated() {
        let to = Mailbox::parse("Anna.Virtanen@mail.example").unwrap();
        let struck = Struck::of(&Composed { reverse_path: ReversePath::Null, to, bytes: bytes::Bytes::new() });
        for (text, shown) in [
            ("<anna.virtanen@mail.example>: User unknown", "… User unknown"),
            ("User ANNA.VIRTANEN unknown", "User … unknown"),
            ("<\"a b\"@x.y>, gone", "… gone"),
            ("a < b and c@d.e", "a < b and …"),
            ("queued\tas\r\n 4XYZ\u{7}", "queued as 4XYZ"),
            ("", ""),
        ] {
            assert_eq!(struck.strike(text), shown);
        }
        assert_eq!(struck.strike(&"x ".repeat(2000)).chars().count(), LONGEST);
    }

    #[test]
    fn an_enhanced_code_of_another_class_is_not_believed() {
        let answer = |code, enhanced| ServerReply { code, enhanced, lines: Vec::new() };
        assert_eq!(status(&answer(550, Some((5, 1, 1)))).enhanced, (5, 1, 1));
        assert_eq!(status(&answer(450, Some((5, 1, 1)))).enhanced, (4, 0, 0));
        assert_eq!(status(&answer(554, None)).enhanced, (5, 0, 0));
    }
}
