//! A header field in every way in which a program or a person may read it: what no reading shows is not there.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use mail_parser::HeaderForm;

/// Base64 as it stands in fields: often without its padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// Shorter runs of base64 hold no address.
const SHORTEST: usize = 8;

/// The readings of one field, in lower case.
pub(super) struct Views {
    /// Unfolded, and from there encoded words, `%40` and `=40`, quotes, comments and white space inside addresses undone.
    pub texts: Vec<String>,
    /// Those that join what white space or parameters part: words run into one another here.
    pub joined: Vec<String>,
    /// Whether an encoded word could not be read.
    pub is_opaque: bool,
}

impl Views {
    pub(super) fn of(field: &[u8]) -> Self {
        let plain = unfolded(field);
        let (decoded, is_opaque) = decoded(&plain);
        let mut views = Self { texts: Vec::new(), joined: Vec::new(), is_opaque };
        for text in [&plain, &decoded, &unescaped(&decoded)] {
            let text = text.to_lowercase();
            for bare in [bare(&text, false), bare(&text, true)] {
                push(&mut views.texts, bare);
            }
            push(&mut views.texts, text);
        }
        for text in [from_base64(&plain), from_base64(&decoded)] {
            push(&mut views.texts, text.to_lowercase());
        }
        let squeezed = plain.replace([' ', '\t'], "");
        for text in [&unescaped(&squeezed), &squeezed, &continued(&decoded), &unescaped(&continued(&decoded))] {
            push(&mut views.joined, text.to_lowercase());
        }
        views
    }
}

fn push(texts: &mut Vec<String>, text: String) {
    if !text.is_empty() && !texts.contains(&text) {
        texts.push(text);
    }
}

/// Without line ends; what is not UTF-8 as windows-1252.
pub(super) fn unfolded(field: &[u8]) -> String {
    let text = match std::str::from_utf8(field) {
        Ok(text) => text.into(),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(field).0,
    };
    text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect()
}

/// With its encoded words (RFC 2047) decoded wherever they stand; and whether one could not be.
pub(super) fn decoded(text: &str) -> (String, bool) {
    let (mut out, mut is_opaque, mut rest, mut after_word) = (String::new(), false, text, false);
    // Behind the last end there is no word to look for.
    let last = text.rfind("?=").unwrap_or_default();
    while let Some(begin) = rest.find("=?").filter(|begin| text.len() - rest.len() + begin < last) {
        let (before, word) = rest.split_at(begin);
        // White space between two encoded words is none.
        if !(after_word && before.trim().is_empty()) {
            out.push_str(before);
        }
        let Some(end) = end_of_word(word) else {
            out.push_str("=?");
            (rest, after_word) = (&word[2..], false);
            continue;
        };
        let parsed = HeaderForm::Text.parse(&word.as_bytes()[..end]);
        let value = parsed.value();
        // In an unknown charset it is read as UTF-8: that shows where it is none.
        let is_none = |c: char| c == char::REPLACEMENT_CHARACTER || (c.is_control() && !c.is_whitespace());
        let read = value.as_text().filter(|read| !read.contains("=?") && !read.contains(is_none));
        is_opaque |= read.is_none();
        out.push_str(read.unwrap_or(&word[..end]));
        (rest, after_word) = (&word[end..], true);
    }
    out.push_str(rest);
    (out, is_opaque)
}

/// Where the encoded word at the front ends.
fn end_of_word(word: &str) -> Option<usize> {
    let charset = 2 + word[2..].find('?')?;
    let encoding = charset + 1 + word[charset + 1..].find('?')?;
    let is_word = !word[2..charset].contains(char::is_whitespace) && encoding - charset == 2;
    is_word.then(|| word[encoding + 1..].find("?=").map(|at| encoding + at + 3)).flatten()
}

/// With `%40` (RFC 3986, RFC 2231) and `=40` (RFC 6376 §2.11) undone.
fn unescaped(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        match hex {
            Some(octet) if matches!(first, b'%' | b'=') => {
                out.push(octet);
                rest = &after[2..];
            }
            _ => {
                out.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Without quotes, backslashes, and white space around dots and `@` (RFC 5322 §4.4); and without comments, if told so.
fn bare(text: &str, without_comments: bool) -> String {
    let (mut out, mut depth, mut gap) = (String::with_capacity(text.len()), 0_usize, false);
    for c in text.chars() {
        match c {
            '(' if without_comments => (depth, gap) = (depth + 1, true),
            ')' if depth > 0 => depth -= 1,
            _ if depth > 0 || matches!(c, '"' | '\\') => {}
            _ if c.is_whitespace() => gap = true,
            _ => {
                if std::mem::take(&mut gap) && !matches!(c, '@' | '.') && !out.ends_with(['@', '.']) {
                    out.push(' ');
                }
                out.push(c);
            }
        }
    }
    out
}

/// What stands in runs of base64, where it is text.
fn from_base64(text: &str) -> String {
    let runs = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/')));
    let long = runs.filter(|run| run.len() >= SHORTEST);
    let texts = long.filter_map(|run| String::from_utf8(LENIENT.decode(run).ok()?).ok());
    let shown =
        texts.filter(|text| text.contains('@') && !text.contains(|c: char| c.is_control() && !c.is_whitespace()));
    shown.collect::<Vec<_>>().join(" ")
}

/// The values that RFC 2231 §3 cuts into several parameters, in one again: `name*0=…; name*1=…`.
fn continued(text: &str) -> String {
    let mut values: BTreeMap<&str, Vec<(u32, &str)>> = BTreeMap::new();
    for (name, value) in text.split(';').skip(1).filter_map(|parameter| parameter.split_once('=')) {
        if let Some((name, section)) = name.trim().split_once('*') {
            let section = section.trim_end_matches('*').parse().unwrap_or_default();
            values.entry(name).or_default().push((section, value.trim().trim_matches('"')));
        }
    }
    let values = values.into_values().map(|mut sections| {
        sections.sort_by_key(|(section, _)| *section);
        sections.into_iter().map(|(_, value)| value).collect::<String>()
    });
    values.collect::<Vec<_>>().join(" ")
}
