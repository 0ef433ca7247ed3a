//! Letters as mail programs write them, in all the ways that the standards allow: what is generated is right, so two
//! right readers must agree on it to the last octet.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use proptest::sample::select;

/// A message, or a part of one.
#[derive(Debug, Clone)]
pub enum Part {
    Leaf { media_type: &'static str, content: Content, name: Option<(String, NameForm)>, attached: bool },
    Several { subtype: &'static str, parts: Vec<Part> },
    Enclosed(Box<Letter>),
}

#[derive(Debug, Clone)]
pub enum Content {
    Text { charset: &'static str, text: String, encoding: Encoding },
    Octets(Vec<u8>),
}

#[derive(Debug, Clone, Copy)]
pub enum Encoding {
    EightBit,
    QuotedPrintable,
    Base64,
}

/// How a file's name is written.
#[derive(Debug, Clone, Copy)]
pub enum NameForm {
    /// RFC 2183; the name's letters beyond ASCII are left out.
    Plain,
    /// RFC 2231, in one piece.
    Extended,
    /// RFC 2231, in pieces that may end inside a character.
    Continued,
    /// RFC 2047, where no standard has it and every mailer does.
    EncodedWord,
}

#[derive(Debug, Clone)]
pub struct Letter {
    subject: String,
    author: String,
    readers: Vec<String>,
    folded: bool,
    body: Part,
}

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEF0123456789 .,;:?!()/-=_\"'<>@&%+åäöÅÄÖéüß§½";

fn words(most: usize) -> impl Strategy<Value = String> {
    let letters: Vec<char> = LETTERS.chars().collect();
    proptest::collection::vec(select(letters), 1..most).prop_map(|letters| {
        let text: String = letters.into_iter().collect();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() { "x".to_owned() } else { text }
    })
}

fn text() -> impl Strategy<Value = String> {
    let line = prop_oneof![4 => words(90), 1 => Just(String::new()), 1 => Just("--".to_owned()), 1 => Just(".".to_owned()),
        1 => Just("From here".to_owned()), 1 => Just("> quoted".to_owned()), 1 => Just("tab\tand  blanks".to_owned())];
    proptest::collection::vec(line, 1..8).prop_map(|lines| lines.join("\r\n"))
}

fn content(charset: &'static str) -> impl Strategy<Value = Content> {
    let encoding = select(vec![Encoding::EightBit, Encoding::QuotedPrintable, Encoding::Base64]);
    (text(), encoding).prop_map(move |(text, encoding)| Content::Text { charset, text, encoding })
}

fn leaf() -> impl Strategy<Value = Part> {
    let charset = select(vec!["utf-8", "iso-8859-1", "windows-1252", "ISO-8859-15", "macintosh"]);
    let text = (select(vec!["text/plain", "text/html", "text/csv"]), charset.prop_flat_map(content)).boxed();
    let file = (
        select(vec!["application/pdf", "image/png", "application/octet-stream"]),
        proptest::collection::vec(any::<u8>(), 0..200).prop_map(Content::Octets),
    )
        .boxed();
    let form = select(vec![NameForm::Plain, NameForm::Extended, NameForm::Continued, NameForm::EncodedWord]);
    // Python takes quotation marks and angle brackets off a name wherever they stand.
    let name = words(40).prop_map(|name| format!("a{}", name.replace(['"', '<', '>'], "")));
    let name = proptest::option::of((name, form));
    (prop_oneof![text, file], name, any::<bool>()).prop_map(|((media_type, content), name, attached)| Part::Leaf {
        media_type,
        content,
        name,
        attached,
    })
}

fn part() -> impl Strategy<Value = Part> {
    leaf().prop_recursive(3, 16, 4, |inner| {
        let subtype = select(vec!["mixed", "alternative", "related", "digested", "report"]);
        prop_oneof![
            3 => (subtype, proptest::collection::vec(inner.clone(), 1..4))
                .prop_map(|(subtype, parts)| Part::Several { subtype, parts }),
            1 => letter_of(inner).prop_map(|letter| Part::Enclosed(Box::new(letter))),
        ]
    })
}

fn letter_of(body: impl Strategy<Value = Part>) -> impl Strategy<Value = Letter> {
    (words(60), words(20), proptest::collection::vec(words(12), 0..3), any::<bool>(), body)
        .prop_map(|(subject, author, readers, folded, body)| Letter { subject, author, readers, folded, body })
}

/// Any letter.
pub fn letter() -> impl Strategy<Value = Letter> {
    letter_of(part())
}

impl Letter {
    /// As it is on the wire.
    pub fn octets(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.letter(self);
        writer.out
    }
}

#[derive(Default)]
struct Writer {
    out: Vec<u8>,
    boundaries: usize,
}

impl Writer {
    fn line(&mut self, line: &str) {
        self.out.extend_from_slice(line.as_bytes());
        self.out.extend_from_slice(b"\r\n");
    }

    fn letter(&mut self, letter: &Letter) {
        let fold = if letter.folded { "\r\n " } else { " " };
        self.line(&format!("From: {} <clerk@hel.example>", phrase(&letter.author)));
        if !letter.readers.is_empty() {
            let readers: Vec<_> =
                letter.readers.iter().map(|name| format!("{} <a@konto.example>", phrase(name))).collect();
            self.line(&format!("To: {}", readers.join(&format!(",{fold}"))));
        }
        self.line("Date: Tue, 24 Nov 2026 09:12:40 +0200");
        self.line(&format!("Subject: {}", unstructured(&letter.subject, fold)));
        self.line("MIME-Version: 1.0");
        self.part(&letter.body);
    }

    fn part(&mut self, part: &Part) {
        match part {
            Part::Leaf { media_type, content, name, attached } => {
                self.leaf(media_type, content, name.as_ref(), *attached)
            }
            Part::Several { subtype, parts } => {
                self.boundaries += 1;
                let boundary = format!("=_part {}?", self.boundaries);
                self.line(&format!("Content-Type: multipart/{subtype};\r\n\tboundary=\"{boundary}\"\r\n"));
                self.line("This is a message in several parts.");
                for part in parts {
                    self.line(&format!("--{boundary}"));
                    self.part(part);
                    self.line("");
                }
                self.line(&format!("--{boundary}--"));
            }
            Part::Enclosed(letter) => {
                self.line("Content-Type: message/rfc822\r\n");
                self.letter(letter);
            }
        }
    }

    fn leaf(&mut self, media_type: &str, content: &Content, name: Option<&(String, NameForm)>, attached: bool) {
        let (charset, octets, encoding) = match content {
            Content::Text { charset, text, encoding } => {
                (format!("; charset={charset}"), encoding_rs_of(charset, text), *encoding)
            }
            Content::Octets(octets) => (String::new(), octets.clone(), Encoding::Base64),
        };
        self.line(&format!("Content-Type: {media_type}{charset}"));
        let disposition = if attached { "attachment" } else { "inline" };
        let name = name.map(|(name, form)| parameter("filename", name, *form)).unwrap_or_default();
        self.line(&format!("Content-Disposition: {disposition}{name}"));
        let (word, octets) = match encoding {
            Encoding::EightBit => ("8bit", octets),
            Encoding::QuotedPrintable => ("quoted-printable", quoted_printable(&octets)),
            Encoding::Base64 => ("Base64", lines_of(&STANDARD.encode(octets))),
        };
        self.line(&format!("Content-Transfer-Encoding: {word}\r\n"));
        self.out.extend_from_slice(&octets);
    }
}

/// Every letter of ours is in each of the charsets, or is written as `?`.
fn encoding_rs_of(charset: &str, text: &str) -> Vec<u8> {
    let encoding = encoding_rs::Encoding::for_label(charset.as_bytes()).unwrap();
    let text: String =
        text.chars().map(|c| if encoding.encode(c.encode_utf8(&mut [0; 4])).2 { '?' } else { c }).collect();
    encoding.encode(&text).0.into_owned()
}

fn lines_of(text: &str) -> Vec<u8> {
    let lines: Vec<&[u8]> = text.as_bytes().chunks(76).collect();
    lines.join(&b"\r\n"[..])
}

fn quoted_printable(octets: &[u8]) -> Vec<u8> {
    let mut lines = Vec::new();
    let whole = octets.split(|c| *c == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    for line in whole {
        let (mut written, mut length) = (String::new(), 0);
        for (at, c) in line.iter().enumerate() {
            let last = at + 1 == line.len();
            let plain = matches!(c, b'!'..=b'<' | b'>'..=b'~') || (matches!(c, b' ' | b'\t') && !last);
            let piece = if plain { char::from(*c).to_string() } else { format!("={c:02X}") };
            if length + piece.len() > 75 {
                written.push_str("=\r\n");
                length = 0;
            }
            length += piece.len();
            written.push_str(&piece);
        }
        lines.push(written.into_bytes());
    }
    lines.join(&b"\r\n"[..])
}

fn encoded_word(text: &str) -> String {
    format!("=?utf-8?B?{}?=", STANDARD.encode(text))
}

/// Encoded words of at most 20 characters, or the text as it is.
fn unstructured(text: &str, fold: &str) -> String {
    if text.is_ascii() && !text.contains("=?") {
        return text.to_owned();
    }
    let letters: Vec<char> = text.chars().collect();
    let words: Vec<_> = letters.chunks(20).map(|piece| encoded_word(&piece.iter().collect::<String>())).collect();
    words.join(fold)
}

fn phrase(name: &str) -> String {
    if name.is_ascii() { quoted(name) } else { unstructured(name, " ") }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn percent(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut out, c| {
        let plain = c.is_ascii_alphanumeric() || b"-._~".contains(c);
        let _ = if plain { write!(out, "{}", char::from(*c)) } else { write!(out, "%{c:02X}") };
        out
    })
}

fn parameter(name: &str, value: &str, form: NameForm) -> String {
    match form {
        NameForm::Plain => {
            let ascii: String = value.chars().filter(char::is_ascii).collect();
            format!("; {name}={}", quoted(&ascii))
        }
        NameForm::Extended => format!(";\r\n {name}*=utf-8''{}", percent(value.as_bytes())),
        NameForm::Continued => {
            let pieces = value.as_bytes().chunks(7).enumerate();
            pieces.fold(String::new(), |mut out, (at, piece)| {
                let charset = if at == 0 { "utf-8''" } else { "" };
                let _ = write!(out, ";\r\n {name}*{at}*={charset}{}", percent(piece));
                out
            })
        }
        NameForm::EncodedWord => format!("; {name}=\"{}\"", unstructured(value, "\r\n ")),
    }
}
