//! Text in header fields: RFC 2047 encoded words, quoted strings, and the choice between them and plain text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// Octets of UTF-8 to an encoded word: 60 characters with the frame, which fits beside `Subject: `.
const WORD: usize = 36;
/// Plain text up to here stands on one line with its field's name; longer text is encoded, which folds anywhere.
const PLAIN: usize = 60;

/// The text with each run of white space and control characters as one space, none at the ends, and without marks that
/// turn the direction of writing: `fdp.exe` must not look like `exe.pdf`.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().filter(|c| !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')));
    }
    line
}

/// For a field of free text, such as Subject.
pub(super) fn unstructured(text: &str) -> String {
    let line = one_line(text);
    if is_plain(&line) { line } else { encoded(&line) }
}

/// For a display name; empty for an empty one.
pub(super) fn phrase(name: &str) -> String {
    let line = one_line(name);
    match line.as_str() {
        "" => line,
        plain if is_plain(plain) => quote(plain),
        other => encoded(other),
    }
}

/// For a parameter read by programs that know no RFC 2231: a quoted string, with encoded words in it where needed.
pub(super) fn quoted(value: &str) -> String {
    let line = one_line(value);
    if is_plain(&line) { quote(&line) } else { format!("\"{}\"", encoded(&line)) }
}

fn is_plain(line: &str) -> bool {
    line.len() <= PLAIN && line.bytes().all(|c| c == b' ' || c.is_ascii_graphic()) && !line.contains("=?")
}

fn quote(plain: &str) -> String {
    let mut quoted = String::with_capacity(plain.len() + 2);
    quoted.push('"');
    for c in plain.chars() {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

/// RFC 2047 §2: no word longer than 75, each of whole characters (§5).
fn encoded(mut rest: &str) -> String {
    let mut words = String::with_capacity(rest.len() * 2);
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.floor_char_boundary(WORD));
        if !words.is_empty() {
            words.push_str("\r\n ");
        }
        words.push_str("=?utf-8?B?");
        BASE64.encode_string(word, &mut words);
        words.push_str("?=");
        rest = after;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_stays_plain_and_the_rest_is_encoded() {
        assert_eq!(unstructured("Re: Beslut"), "Re: Beslut");
        assert_eq!(unstructured("Re: Bidrag för åren"), "=?utf-8?B?UmU6IEJpZHJhZyBmw7ZyIMOlcmVu?=");
        assert_eq!(unstructured("a =?utf-8?B?eA==?="), format!("=?utf-8?B?{}?=", BASE64.encode("a =?utf-8?B?eA==?=")));
        assert_eq!(unstructured("a\r\nBcc: x\tb\u{0}"), "a Bcc: x b");
        assert_eq!(phrase("Anna \"A\" Virtanen"), "\"Anna \\\"A\\\" Virtanen\"");
        assert_eq!(unstructured("a\u{202e}b"), "ab");
        assert_eq!(phrase(" "), "");
        assert_eq!(quoted("kvitto.pdf"), "\"kvitto.pdf\"");
        assert_eq!(quoted("å.pdf"), "\"=?utf-8?B?w6UucGRm?=\"");
    }

    #[test]
    fn no_word_is_too_long_or_cuts_a_character() {
        let words = unstructured(&"å€𝄞x".repeat(300));
        for line in words.split("\r\n ") {
            assert!(line.len() <= 75);
            let inner = line.strip_prefix("=?utf-8?B?").and_then(|l| l.strip_suffix("?=")).unwrap();
            assert!(String::from_utf8(BASE64.decode(inner).unwrap()).is_ok());
        }
    }
}
