//! HTML and plain text that were packed in RTF, taken out again (MS-OXRTFEX §2.2.3).

use super::reader::{Destination, Piece, Reader};
use super::{LONGEST, escape};

/// The HTML that this RTF was made of.
pub(super) fn html(rtf: &[u8]) -> String {
    let mut reader = Reader::of(rtf);
    let mut out = String::with_capacity(rtf.len().min(LONGEST) / 2);
    while let Some(piece) = reader.next() {
        if out.len() > LONGEST {
            break;
        }
        let state = &reader.state;
        let tag = state.destination == Destination::HtmlTag;
        if !tag && (state.destination != Destination::Body || state.html_rtf) {
            continue;
        }
        match piece {
            Piece::Text(text) if tag => out.push_str(&text),
            Piece::Text(text) if text == "\u{a0}" => out.push_str("&nbsp;"),
            Piece::Text(text) => escape(&text, &mut out),
            Piece::Word(b"par" | b"line", _) => out.push_str("\r\n"),
            Piece::Word(b"tab", _) => out.push('\t'),
            Piece::Word(..) | Piece::End(_) => {}
        }
    }
    out
}

/// The text that this RTF was made of, with CRLF.
pub(super) fn text(rtf: &[u8]) -> String {
    let mut reader = Reader::of(rtf);
    let mut out = String::with_capacity(rtf.len().min(LONGEST));
    while let Some(piece) = reader.next() {
        if out.len() > LONGEST {
            break;
        }
        if reader.state.destination != Destination::Body || reader.state.html_rtf {
            continue;
        }
        match piece {
            Piece::Text(text) => out.push_str(&text),
            Piece::Word(b"par" | b"line", _) => out.push_str("\r\n"),
            Piece::Word(b"tab", _) => out.push('\t'),
            Piece::Word(..) | Piece::End(_) => {}
        }
    }
    out
}
