//! Rich Text Format, in which Outlook packs letters: what was HTML or plain text before is taken out again
//! (MS-OXRTFEX); what was written as rich text becomes HTML: paragraphs, headings, lists, tables, links, bold and its
//! like. Sizes, colours and pictures are left out. Whatever the octets, reading ends and fails never.

mod encapsulated;
mod formatted;
mod look;
mod reader;
mod token;

use token::{Token, Tokens};

/// How far into the document it is said what it was made of. MS-OXRTFEX §2.2.3.1 says ten tokens; many write more.
const BEGINNING: usize = 60;
/// Octets that are written at most: of some RTF more can come than was read.
const LONGEST: usize = 32 << 20;

/// What a document turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rich {
    /// HTML: as it was before it was packed, or made of rich text. Not sanitised.
    Html(String),
    /// Plain text, with CRLF.
    Text(String),
}

/// Reads a document; `None`: it is no RTF.
#[must_use]
pub fn read(octets: &[u8]) -> Option<Rich> {
    let mut tokens =
        Tokens::of(octets).filter(|token| !matches!(token, Token::Text(text) if text.trim_ascii().is_empty()));
    let begins = tokens.next() == Some(Token::Open) && matches!(tokens.next(), Some(Token::Word(b"rtf", _)));
    if !begins {
        return None;
    }
    for token in tokens.take(BEGINNING) {
        match token {
            Token::Word(b"fromhtml", value) if value != Some(0) => {
                return Some(Rich::Html(encapsulated::html(octets)));
            }
            Token::Word(b"fromtext", _) => return Some(Rich::Text(encapsulated::text(octets))),
            _ => {}
        }
    }
    Some(Rich::Html(formatted::html(octets)))
}

/// Writes text into HTML.
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\0' => {}
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests;
