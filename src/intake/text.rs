//! The text of a part: decoded, UTF-8, LF.

use std::borrow::Cow;

use mail_parser::{DecodeProblems, MessagePart};

use super::charset;
use super::defects::{BODY_TOO_LONG, CONTROLS, ENCODING_DAMAGED, ENCODING_UNKNOWN};

/// What was found wrong: code and detail.
pub(super) type Faults = Vec<(&'static str, String)>;

/// The text of a text or HTML part as it stands, at most `limit` octets of it.
pub(super) fn decoded<'m>(part: &MessagePart<'m>, limit: usize) -> (Cow<'m, str>, Faults) {
    let mut faults = Faults::new();
    let text = charset::decoded(part, &mut faults);
    if text.len() <= limit {
        return (text, faults);
    }
    faults.push((BODY_TOO_LONG, format!("{} octets; the first {limit} are shown", text.len())));
    (Cow::Owned(text[..text.floor_char_boundary(limit)].to_owned()), faults)
}

/// What a transfer encoding's problems are called. `decoded`: octets after it was undone.
pub(super) fn encoding_faults(part: &MessagePart<'_>, problems: DecodeProblems, decoded: usize) -> Faults {
    let mut faults = Faults::new();
    let encoding = || super::fields::clean(part.content_transfer_encoding().unwrap_or_default());
    if problems.contains(DecodeProblems::UNKNOWN_TRANSFER_ENCODING) {
        faults.push((ENCODING_UNKNOWN, encoding()));
    }
    if problems.contains(DecodeProblems::MALFORMED_TRANSFER_ENCODING) || is_cut_short(part, decoded) {
        faults.push((ENCODING_DAMAGED, encoding()));
    }
    faults
}

/// Whether base64 ends within a group: what comes after it was lost. Whole groups are three octets each, but for a last one
/// that is marked.
fn is_cut_short(part: &MessagePart<'_>, decoded: usize) -> bool {
    part.encoding() == mail_parser::Encoding::Base64
        && !decoded.is_multiple_of(3)
        && !part.raw_body().trim_ascii_end().ends_with(b"=")
}

/// Plain text for a screen: LF, no control characters, no empty lines at the ends. With `flowed` the soft line breaks of
/// format=flowed are joined.
pub(super) fn plain(part: &MessagePart<'_>, text: &str, faults: &mut Faults) -> String {
    let tidy = tidy(text, faults);
    let is = |name: &str, value: &str| {
        let said = part.content_type().and_then(|t| t.attribute(name));
        said.is_some_and(|v| v.eq_ignore_ascii_case(value))
    };
    let text = if is("format", "flowed") { flowed(&tidy, is("delsp", "yes")) } else { tidy };
    text.trim_end().trim_start_matches('\n').to_owned()
}

/// LF instead of CRLF or CR, and no control characters but tab.
pub(super) fn tidy(text: &str, faults: &mut Faults) -> String {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut out = String::with_capacity(text.len());
    let mut controls = 0_usize;
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_control() && !matches!(c, '\n' | '\t')) {
        out.push_str(&rest[..at]);
        let mut tail = rest[at..].chars();
        match tail.next() {
            Some('\r') => {
                out.push('\n');
                if tail.as_str().starts_with('\n') {
                    tail.next();
                }
            }
            Some('\u{C}' | '\u{85}') => out.push('\n'),
            _ => controls += 1,
        }
        rest = tail.as_str();
    }
    out.push_str(rest);
    if controls > 0 {
        faults.push((CONTROLS, controls.to_string()));
    }
    out
}

/// Joins soft line breaks (RFC 3676 §4). The depth of a quotation stays as so many `>`.
fn flowed(text: &str, del_sp: bool) -> String {
    let mut out = String::with_capacity(text.len());
    // The depth of the paragraph that the last line left open.
    let mut open: Option<usize> = None;
    for (number, line) in text.split('\n').enumerate() {
        let depth = line.len() - line.trim_start_matches('>').len();
        let stuffed = &line[depth..];
        let line = stuffed.strip_prefix(' ').unwrap_or(stuffed);
        let signature = line == "-- ";
        if open != Some(depth) || signature || line.is_empty() {
            // A soft break that nothing follows is none.
            if open.is_some() {
                out.truncate(out.trim_end_matches(' ').len());
            }
            if number > 0 {
                out.push('\n');
            }
            out.extend(std::iter::repeat_n('>', depth));
            // What only begins like a quotation keeps the space before it.
            if (depth > 0 && !line.is_empty()) || line.starts_with('>') {
                out.push(' ');
            }
        }
        let soft = line.ends_with(' ') && !signature;
        out.push_str(if soft && del_sp { &line[..line.len() - 1] } else { line });
        open = soft.then_some(depth);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soft_breaks_are_joined_and_quotations_kept() {
        let text = "One paragraph \nover lines.\nTwo\n\n> quoted \n> on.\n>> deeper \n> back\n-- \nAnna ";
        assert_eq!(
            flowed(text, false),
            "One paragraph over lines.\nTwo\n\n> quoted on.\n>> deeper\n> back\n-- \nAnna "
        );
        assert_eq!(flowed("Lång \ntext", true), "Långtext");
        assert_eq!(flowed(" >not quoted", false), " >not quoted");
    }

    #[test]
    fn tidy_text() {
        let mut faults = Faults::new();
        assert_eq!(tidy("\u{FEFF}a\r\nb\rc\0d\u{7}\te\u{C}f", &mut faults), "a\nb\ncd\te\nf");
        assert_eq!(faults, [(CONTROLS, "2".to_owned())]);
    }
}
