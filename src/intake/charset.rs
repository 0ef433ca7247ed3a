//! Octets → text, when the label is missing, unknown, or lies.

use std::borrow::Cow;

use encoding_rs::{Encoding, ISO_2022_JP, UTF_16BE, UTF_16LE, WINDOWS_1252};
use mail_parser::{DecodeProblems, MessagePart, PartKind};

use super::defects::{CHARSET_UNKNOWN, CHARSET_WRONG};
use super::fields::clean;
use super::text::Faults;

/// How far into HTML its own word on the charset is looked for, as browsers do.
const PRESCAN: usize = 1024;

/// The text of a part whose octets these are, its transfer encoding undone.
pub(super) fn decode<'m>(part: &MessagePart<'m>, bytes: Cow<'m, [u8]>, faults: &mut Faults) -> Cow<'m, str> {
    let said = part.content_type().and_then(|t| t.attribute("charset")).unwrap_or_default().trim();
    let said = clean(said);
    let label = if said.is_empty() && matches!(part.kind(), PartKind::Html) { of_html(&bytes) } else { said };
    if let Some(encoding) = by_mark(&bytes) {
        // UTF-16 says itself what it is; whatever the label says, nothing else begins so.
        let (text, broken) = encoding.decode_with_bom_removal(&bytes);
        if broken || !label.to_ascii_lowercase().starts_with("utf-16") {
            faults.push((CHARSET_WRONG, format!("{}; read as {}", or_none(&label), encoding.name())));
        }
        return Cow::Owned(text.into_owned());
    }
    if is_loose(&label) {
        return loosely(bytes, &label, faults);
    }
    if is_western(&label) && is_utf8(&bytes) {
        faults.push((CHARSET_WRONG, format!("{label}; read as UTF-8")));
        return loosely(bytes, &label, faults);
    }
    match mail_parser::Charset::from_label(label.as_bytes()) {
        Some(charset) if charset != mail_parser::Charset::Replacement => match bytes {
            Cow::Borrowed(borrowed) => noted(charset.decode(borrowed), &label, faults),
            Cow::Owned(owned) => noted(Cow::Owned(charset.decode_owned(owned)), &label, faults),
        },
        _ => {
            faults.push((CHARSET_UNKNOWN, label.clone()));
            loosely(bytes, &label, faults)
        }
    }
}

fn noted<'m>(text: Cow<'m, str>, label: &str, faults: &mut Faults) -> Cow<'m, str> {
    if text.contains(char::REPLACEMENT_CHARACTER) {
        faults.push((CHARSET_WRONG, label.to_owned()));
    }
    text
}

/// The text as it stands, its transfer encoding undone; the problems of that are noted as well.
pub(super) fn decoded<'m>(part: &MessagePart<'m>, faults: &mut Faults) -> Cow<'m, str> {
    let (bytes, problems) = part.decoded_checked();
    faults.extend(super::text::encoding_faults(part, problems, bytes.len()));
    // Marked as base64, and it is plain: nothing of it could be read otherwise.
    let bytes = if problems.contains(DecodeProblems::MALFORMED_TRANSFER_ENCODING) && is_plain(part) {
        Cow::Borrowed(part.raw_body())
    } else {
        bytes
    };
    decode(part, bytes, faults)
}

/// Whether what is marked as base64 is nothing like it: words with blanks between.
fn is_plain(part: &MessagePart<'_>) -> bool {
    part.encoding() == mail_parser::Encoding::Base64 && {
        let body = part.raw_body();
        let count = |of: fn(&u8) -> bool| body.iter().take(4096).filter(|c| of(c)).count();
        let strange = count(|c| !c.is_ascii_alphanumeric() && !b"+/=\r\n".contains(c));
        strange * 20 > count(|_| true)
    }
}

/// Octets without any label.
pub(super) fn unlabelled<'m>(bytes: &'m [u8], faults: &mut Faults) -> Cow<'m, str> {
    loosely(Cow::Borrowed(bytes), "", faults)
}

fn or_none(label: &str) -> &str {
    if label.is_empty() { "no charset" } else { label }
}

/// Labels that promise UTF-8 or less, or nothing.
fn is_loose(label: &str) -> bool {
    ["", "utf-8", "utf8", "us-ascii", "ascii", "ansi_x3.4-1968", "unknown-8bit", "8bit", "default"]
        .iter()
        .any(|l| label.eq_ignore_ascii_case(l))
}

/// Labels of the West, which programs put on what they have not looked at.
fn is_western(label: &str) -> bool {
    matches!(
        mail_parser::Charset::from_label(label.as_bytes()),
        Some(mail_parser::Charset::Windows1252 | mail_parser::Charset::Iso8859_15)
    )
}

/// Whether it is UTF-8 and more than ASCII. Western text is never both by chance but in a few letters.
fn is_utf8(bytes: &[u8]) -> bool {
    !bytes.is_ascii() && std::str::from_utf8(bytes).is_ok()
}

/// UTF-16 by its byte order mark.
fn by_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes {
        [0xFF, 0xFE, ..] => Some(UTF_16LE),
        [0xFE, 0xFF, ..] => Some(UTF_16BE),
        _ => None,
    }
}

/// What HTML says of itself: `<meta charset=…>`, or `content="text/html; charset=…"`.
fn of_html(bytes: &[u8]) -> String {
    let head = bytes.get(..PRESCAN).unwrap_or(bytes).to_ascii_lowercase();
    let head = String::from_utf8_lossy(&head);
    for meta in head.split("<meta").skip(1) {
        let meta = meta.split('>').next().unwrap_or_default();
        if let Some((_, value)) = meta.split_once("charset") {
            let value = value.trim_start().strip_prefix('=').unwrap_or_default();
            let value = value.trim_start().trim_start_matches(['"', '\'']);
            let end = value.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';' | '/'));
            return value.get(..end.unwrap_or(value.len())).unwrap_or_default().to_owned();
        }
    }
    String::new()
}

/// UTF-8 where it is that, or mostly; Japanese that shifts by escapes; else windows-1252, which is what unlabelled Nordic
/// mail is.
fn loosely<'m>(bytes: Cow<'m, [u8]>, label: &str, faults: &mut Faults) -> Cow<'m, str> {
    if bytes.is_ascii() && ["\u{1b}$B", "\u{1b}$@"].iter().any(|e| memchr::memmem::find(&bytes, e.as_bytes()).is_some())
    {
        let (text, _, broken) = ISO_2022_JP.decode(&bytes);
        if !broken {
            faults.push((CHARSET_WRONG, format!("{}; read as ISO-2022-JP", or_none(label))));
            return Cow::Owned(text.into_owned());
        }
    }
    let bytes = match bytes {
        Cow::Borrowed(borrowed) => match std::str::from_utf8(borrowed) {
            Ok(text) => return Cow::Borrowed(text),
            Err(_) => Cow::Borrowed(borrowed),
        },
        Cow::Owned(owned) => match String::from_utf8(owned) {
            Ok(text) => return Cow::Owned(text),
            Err(fault) => Cow::Owned(fault.into_bytes()),
        },
    };
    let lossy = String::from_utf8_lossy(&bytes);
    let (good, bad) = lossy.chars().filter(|c| !c.is_ascii()).fold((0_usize, 0_usize), |(good, bad), c| {
        if c == char::REPLACEMENT_CHARACTER { (good, bad + 1) } else { (good + 1, bad) }
    });
    if good > bad {
        faults.push((CHARSET_WRONG, format!("{bad} places are not UTF-8")));
        return Cow::Owned(mixed(&bytes));
    }
    faults.push((CHARSET_WRONG, format!("{}; read as windows-1252", or_none(label))));
    Cow::Owned(WINDOWS_1252.decode_without_bom_handling(&bytes).0.into_owned())
}

/// UTF-8 with pieces of windows-1252 in it, as a form letter of one and data of the other make it.
fn mixed(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        for octet in chunk.invalid() {
            // What UTF-8 for the letters of the West begins with has lost its second half.
            let lost = matches!(octet, ..0xA0 | 0xC2 | 0xC3 | 0xFF);
            out.push(if lost { char::REPLACEMENT_CHARACTER } else { char::from(*octet) });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::Limits;
    use super::*;

    #[test]
    fn unlabelled_text_is_read_as_what_it_is() {
        let read = |bytes: &'static [u8]| unlabelled(bytes, &mut Faults::new()).into_owned();
        assert_eq!(read("päätös".as_bytes()), "päätös");
        assert_eq!(read(b"p\xe4\xe4t\xf6s \x80"), "päätös €");
        assert_eq!(read(b"\xc3\xa4\xc3\xb6\xc3\xa5 \xff \xc3"), "äöå \u{FFFD} \u{FFFD}");
        assert_eq!(read("Åå Öö: p\u{e4}".as_bytes()), "Åå Öö: pä");
        assert_eq!(read(b"\xc3\x85\xc3\xa5\xc3\x96\xc3\xb6 p\xe4\xe4t\xf6s"), "ÅåÖö päätös");
        assert_eq!(read(b"\x1b$B$3$s$K$A$O\x1b(B"), "こんにちは");
    }

    fn of(header: &str, body: &[u8]) -> (String, Vec<&'static str>) {
        let raw = [format!("{header}\r\n\r\n").as_bytes(), body].concat();
        let limits = Limits::default();
        let message = limits.parse(&raw).unwrap();
        let mut faults = Faults::new();
        let text = decoded(&message.root_part(), &mut faults).into_owned();
        (text, faults.into_iter().map(|(code, _)| code).collect())
    }

    #[test]
    fn labels_are_believed_as_far_as_they_can_be() {
        let plain = |charset: &str, body: &[u8]| of(&format!("Content-Type: text/plain; charset={charset}"), body);
        assert_eq!(plain("windows-1252", b"\x80 5 \xe5"), ("€ 5 å".to_owned(), vec![]));
        assert_eq!(plain("iso-8859-10", b"\xaf \xbf"), ("Ŋ ŋ".to_owned(), vec![]));
        assert_eq!(plain("ISO-8859-15", b"\xa4 \xa6 \xa8"), ("€ Š š".to_owned(), vec![]));
        assert_eq!(plain("iso-8859-13", b"\xe0"), ("ą".to_owned(), vec![]));
        assert_eq!(plain("utf-7", b"P+AOQA5A-t+APY-s"), ("Päätös".to_owned(), vec![]));
        assert_eq!(plain("iso-2022-jp", b"\x1b$B$\"\x1b(B"), ("あ".to_owned(), vec![]));
        assert_eq!(plain("iso-8859-1", "päätös".as_bytes()), ("päätös".to_owned(), vec![CHARSET_WRONG]));
        assert_eq!(plain("us-ascii", b"p\xe4\xe4t\xf6s"), ("päätös".to_owned(), vec![CHARSET_WRONG]));
        assert_eq!(
            plain("x-mot\"ala", b"p\xe4\xe4t\xf6s"),
            ("päätös".to_owned(), vec![CHARSET_UNKNOWN, CHARSET_WRONG])
        );
        assert_eq!(plain("iso-2022-kr", b"abc"), ("abc".to_owned(), vec![CHARSET_UNKNOWN]));
        assert_eq!(plain("us-ascii", b"\xff\xfe\xe5\0a\0"), ("åa".to_owned(), vec![CHARSET_WRONG]));
        assert_eq!(plain("utf-16", b"\xfe\xff\0\xe5"), ("å".to_owned(), vec![]));
    }

    #[test]
    fn html_may_name_its_own() {
        let html = |head: &str| of("Content-Type: text/html", &[head.as_bytes(), b"\xa4"].concat()).0;
        assert!(html("<meta charset='iso-8859-15'>").ends_with('€'));
        assert!(html("<META http-equiv=x content=\"text/html; charset=iso-8859-15\">").ends_with('€'));
        assert!(html("<meta name=charset><p>").ends_with('¤'));
    }

    #[test]
    fn what_is_marked_as_base64_and_is_plain_is_read_as_it_is() {
        let (text, faults) = of("Content-Transfer-Encoding: base64", b"Hej Anna, detta \xe4r ett brev.\r\n");
        assert_eq!(text, "Hej Anna, detta är ett brev.\r\n");
        assert_eq!(faults, [super::super::defects::ENCODING_DAMAGED, CHARSET_WRONG]);
    }
}
