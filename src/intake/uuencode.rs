//! Files written into the text as uuencode (POSIX.1-2024, `uuencode`), as old mailers and scanners do: taken out as parts
//! of their own, with the text around them as it stood.

use mail_parser::MessagePart;

use super::defects::UUENCODE_DAMAGED;
use super::unpack::Unpacked;

/// Files in one text. What follows more stays text.
const FILES: usize = 100;

/// What stands in a text.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'t> {
    Text(&'t [u8]),
    File { name: &'t [u8], octets: Vec<u8>, whole: bool },
}

/// Whether the part's transfer encoding says so, which no standard of MIME knows.
fn is_declared(part: &MessagePart<'_>) -> bool {
    part.content_transfer_encoding().is_some_and(|encoding| {
        ["x-uuencode", "uuencode", "x-uue", "uue"].iter().any(|known| encoding.trim().eq_ignore_ascii_case(known))
    })
}

/// A cheap look: whether something may stand there.
pub(super) fn is_likely(part: &MessagePart<'_>) -> bool {
    let in_body = part.is_text() && (part.in_text_body() || part.in_html_body());
    if !in_body {
        return is_declared(part);
    }
    let body = part.raw_body();
    let begins = |text: &[u8]| text.starts_with(b"begin ") || memchr::memmem::find(text, b"\nbegin ").is_some();
    match part.encoding() {
        mail_parser::Encoding::Base64 => begins(&part.decoded()),
        _ => begins(body),
    }
}

/// Opens it, into at most about `room` octets.
pub(super) fn unpack(part: &MessagePart<'_>, room: usize) -> Unpacked {
    let closed = Unpacked { offered: true, ..Unpacked::default() };
    let text = part.decoded();
    let pieces = if text.len() <= room { pieces(&text) } else { Vec::new() };
    let files = pieces.iter().filter(|piece| matches!(piece, Piece::File { .. })).count();
    if files == 0 {
        return closed;
    }
    let broken = pieces.iter().filter(|piece| matches!(piece, Piece::File { whole: false, .. })).count();
    let entity = if is_declared(part) { one_file(part, &pieces) } else { Some(parts(part, &pieces)) };
    Unpacked {
        entity,
        faults: (broken > 0).then(|| (UUENCODE_DAMAGED, String::new())).into_iter().collect(),
        offered: broken > 0,
        ..Unpacked::default()
    }
}

/// A part that is one file: its own header, without the transfer encoding.
fn one_file(part: &MessagePart<'_>, pieces: &[Piece<'_>]) -> Option<Vec<u8>> {
    let octets = pieces.iter().find_map(|piece| match piece {
        Piece::File { octets, .. } => Some(octets),
        Piece::Text(_) => None,
    })?;
    let mut out = Vec::with_capacity(octets.len() + 1024);
    for header in part.headers().iter().filter(|h| !h.raw_name().eq_ignore_ascii_case("Content-Transfer-Encoding")) {
        out.extend_from_slice(header.raw_name().as_bytes());
        out.push(b':');
        out.extend_from_slice(header.raw_value().trim_ascii_end());
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"Content-Transfer-Encoding: binary\r\n\r\n");
    out.extend_from_slice(octets);
    Some(out)
}

/// A multipart of text and files in turn.
fn parts(part: &MessagePart<'_>, pieces: &[Piece<'_>]) -> Vec<u8> {
    let boundary = boundary(pieces);
    let mut out = format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n").into_bytes();
    for piece in pieces {
        let header = match piece {
            Piece::Text(text) if text.trim_ascii().is_empty() => continue,
            Piece::Text(_) => text_type(part).into_bytes(),
            Piece::File { name, .. } => {
                let name: Vec<u8> = name.iter().copied().filter(|c| !matches!(c, b'"' | b'\\' | ..b' ')).collect();
                [
                    &b"Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\""[..],
                    &name,
                    b"\"\r\n",
                ]
                .concat()
            }
        };
        out.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        out.extend_from_slice(&header);
        out.extend_from_slice(b"Content-Transfer-Encoding: binary\r\n\r\n");
        out.extend_from_slice(match piece {
            Piece::Text(text) => text,
            Piece::File { octets, .. } => octets,
        });
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    out
}

/// The type of the text around, with what tells how to read it.
fn text_type(part: &MessagePart<'_>) -> String {
    let subtype = if matches!(part.kind(), mail_parser::PartKind::Html) { "html" } else { "plain" };
    let mut field = format!("Content-Type: text/{subtype}");
    for name in ["charset", "format", "delsp"] {
        let value = part.content_type().and_then(|t| t.attribute(name)).unwrap_or_default();
        let is_token = |c: u8| c.is_ascii_alphanumeric() || b"-_.:+".contains(&c);
        if !value.is_empty() && value.bytes().all(is_token) {
            field.push_str("; ");
            field.push_str(name);
            field.push('=');
            field.push('"');
            field.push_str(value);
            field.push('"');
        }
    }
    field.push_str("\r\n");
    field
}

/// One that no content can hold, since it is made of all of it.
fn boundary(pieces: &[Piece<'_>]) -> String {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    for piece in pieces {
        context.update(match piece {
            Piece::Text(text) => text,
            Piece::File { octets, .. } => octets,
        });
    }
    let hex = |octet: &u8| format!("{octet:02x}");
    context.finish().as_ref().iter().take(20).map(hex).collect()
}

/// The text, cut where files stand in it.
fn pieces(text: &[u8]) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut done, mut at, mut files) = (0, 0, 0);
    while at < text.len() && files < FILES {
        let next = after_line(text, at);
        if let Some(name) = name_begun(line(text, at))
            && let Some((octets, whole, end)) = file(text, next)
        {
            pieces.push(Piece::Text(text.get(done..at).unwrap_or_default()));
            pieces.push(Piece::File { name, octets, whole });
            files += 1;
            (done, at) = (end, end);
        } else {
            at = next;
        }
    }
    pieces.push(Piece::Text(text.get(done..).unwrap_or_default()));
    pieces
}

/// Where the line after the one at `at` begins.
fn after_line(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    memchr::memchr(b'\n', rest).map_or(text.len(), |end| at + end + 1)
}

/// The line at `at`, without its end.
fn line(text: &[u8], at: usize) -> &[u8] {
    let line = text.get(at..after_line(text, at)).unwrap_or_default();
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The file's name in `begin 644 name`.
fn name_begun(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"begin ")?;
    let space = rest.iter().position(|c| *c == b' ')?;
    let (mode, name) = rest.split_at(space);
    let name = name.trim_ascii();
    let is_mode = (3..=4).contains(&mode.len()) && mode.iter().all(|c| (b'0'..=b'7').contains(c));
    (is_mode && !name.is_empty()).then_some(name)
}

/// The octets of a file whose first line is at `at`, whether it is whole, and where the text goes on. `None`: no file
/// begins there.
fn file(text: &[u8], mut at: usize) -> Option<(Vec<u8>, bool, usize)> {
    let mut octets = Vec::new();
    let mut ended = false;
    while at < text.len() {
        let (line, next) = (line(text, at), after_line(text, at));
        if line.trim_ascii() == b"end" && (ended || !octets.is_empty()) {
            return Some((octets, ended, next));
        }
        // A line that the text's end cut short has lost more than blanks.
        let kept = if next == text.len() && !text.ends_with(b"\n") {
            line.len().saturating_sub(1) / 4 * 3
        } else {
            usize::MAX
        };
        match decoded(line) {
            // Lines without octets stand before the end alone.
            Some(group) if group.is_empty() => ended = true,
            Some(group) if !ended => octets.extend(group.into_iter().take(kept)),
            _ => break,
        }
        at = next;
    }
    (!octets.is_empty()).then_some((octets, false, at))
}

/// The octets of one line; `None`: it is none of such a file.
fn decoded(line: &[u8]) -> Option<Vec<u8>> {
    let line = line.trim_ascii_end();
    let Some((&count, characters)) = line.split_first() else { return Some(Vec::new()) };
    let value = |c: u8| (b' '..=b'`').contains(&c).then(|| (c - b' ') & 63);
    let count = usize::from(value(count)?);
    let needed = count.div_ceil(3) * 4;
    // Blanks at the end, which are zeros, may have been lost; one character more may be a sum that some write.
    if characters.len() > needed + 1 {
        return None;
    }
    let mut octets = Vec::with_capacity(needed);
    for group in characters.get(..needed.min(characters.len())).unwrap_or_default().chunks(4) {
        let mut bits = 0_u32;
        for at in 0..4 {
            bits = bits << 6 | u32::from(value(group.get(at).copied().unwrap_or(b' '))?);
        }
        octets.extend_from_slice(bits.to_be_bytes().get(1..).unwrap_or_default());
    }
    octets.resize(count, 0);
    Some(octets)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As `uuencode` writes it, `mark` for zero.
    fn encoded(octets: &[u8], name: &str, mark: u8) -> Vec<u8> {
        let letter = |v: u8| if v == 0 { mark } else { v + 32 };
        let mut out = format!("begin 644 {name}\r\n").into_bytes();
        for line in octets.chunks(45) {
            out.push(letter(u8::try_from(line.len()).unwrap()));
            for group in line.chunks(3) {
                let of = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
                let bits = of(0) << 16 | of(1) << 8 | of(2);
                out.extend([18, 12, 6, 0].map(|shift| letter(u8::try_from(bits >> shift & 63).unwrap())));
            }
            out.extend_from_slice(b"\r\n");
        }
        out.push(mark);
        out.extend_from_slice(b"\r\nend\r\n");
        out
    }

    fn files(text: &[u8]) -> Vec<(Vec<u8>, Vec<u8>, bool)> {
        let file = |piece| match piece {
            Piece::File { name, octets, whole } => Some((<[u8]>::to_vec(name), octets, whole)),
            Piece::Text(_) => None,
        };
        pieces(text).into_iter().filter_map(file).collect()
    }

    #[test]
    fn files_are_taken_out_and_the_text_stays() {
        let text = [&b"Hej\r\n"[..], &encoded(b"%PDF-1.7 abc", "b.pdf", b'`'), b"Kirsi\r\n"].concat();
        let whole = Piece::File { name: b"b.pdf", octets: b"%PDF-1.7 abc".to_vec(), whole: true };
        assert_eq!(pieces(&text), [Piece::Text(b"Hej\r\n"), whole, Piece::Text(b"Kirsi\r\n")]);
    }

    #[test]
    fn a_sentence_is_no_file() {
        for text in [
            "begin 644 steps\nfrom here on, and walk\n",
            "begin 644 \n",
            "begin here now\n",
            "begin 644 a\nend\n",
            "begin 644 a",
        ] {
            assert_eq!(files(text.as_bytes()), [], "{text}");
        }
    }

    #[test]
    fn what_is_cut_short_keeps_what_it_has() {
        let text = encoded(&[7; 100], "a", b'`');
        let (_, octets, whole) = files(&text[..text.len() - 40]).remove(0);
        assert!(!whole && octets.len() >= 60 && octets.iter().all(|c| *c == 7));
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(octets in proptest::collection::vec(any::<u8>(), 1..300), blanks: bool) {
            let text = encoded(&octets, "liite 1.bin", if blanks { b' ' } else { b'`' });
            prop_assert_eq!(files(&text), [(b"liite 1.bin".to_vec(), octets.clone(), true)]);
            // Blanks at the ends of lines are lost on many a way.
            let text = String::from_utf8(text).unwrap();
            let stripped: Vec<_> = text.split("\r\n").map(str::trim_end).collect();
            let read = files(stripped.join("\n").as_bytes());
            prop_assert_eq!(read.first().map(|(_, octets, _)| octets), Some(&octets));
        }

        #[test]
        fn nothing_is_lost_of_any_text(text in "(begin 644 a\n|end\n|[ -a]{0,62}\n|`\n|\r|\n){0,40}") {
            let all: usize = pieces(text.as_bytes()).iter().map(|p| match p {
                Piece::Text(t) => t.len(),
                Piece::File { .. } => 0,
            }).sum();
            prop_assert!(all <= text.len());
            if files(text.as_bytes()).is_empty() {
                prop_assert_eq!(all, text.len());
            }
        }
    }
}
