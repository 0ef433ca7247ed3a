//! File names that are safe on any system.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::fields::turns_direction;

/// The longest name, in characters. Linux stops at 255 octets, Windows at 255 UTF-16 units, and paths are short.
const CHARS: usize = 150;
const OCTETS: usize = 240;
/// What counts as an extension when a long name is cut.
const EXTENSION: usize = 20;

/// Makes a file's name safe: without a path, control characters, marks that turn the direction of the text (they make
/// `gpj.exe` look like `exe.jpg`), characters or endings that Windows forbids, or the names of its devices; at most 150
/// characters, the extension kept. `None`: nothing is left.
#[must_use]
pub fn safe(name: &str) -> Option<String> {
    let name = name.rsplit(['/', '\\']).find(|part| !part.trim_matches(is_fringe).is_empty())?;
    let mut out = String::with_capacity(name.len());
    let mut gap = false;
    for c in name.chars() {
        match c {
            c if c.is_whitespace() => gap = true,
            c if c.is_control() || is_invisible(c) => {}
            c => {
                if std::mem::take(&mut gap) && !out.is_empty() {
                    out.push(' ');
                }
                out.push(if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*') { '_' } else { c });
            }
        }
    }
    let out = shortened(out.trim_matches(is_fringe), 0);
    if out.is_empty() {
        None
    } else if is_device(&out) || out.starts_with('-') {
        // A leading hyphen would be an option to many a program.
        Some(shortened(&format!("_{out}"), 0))
    } else {
        Some(out)
    }
}

/// A file's name for a part that has none: `attachment-3.pdf`.
pub(super) fn default(index: usize, media_type: &str) -> String {
    let stem = match media_type {
        "message/delivery-status" | "message/global-delivery-status" => "delivery-status",
        "message/disposition-notification" | "message/global-disposition-notification" => "read-receipt",
        "message/external-body" => "external-body",
        "message/partial" => "partial",
        "text/calendar" => "calendar",
        "text/vcard" | "text/x-vcard" | "text/directory" => "contact",
        "text/html" | "text/plain" => "text",
        "application/pgp-signature" | "application/pkcs7-signature" | "application/x-pkcs7-signature" => "signature",
        _ => "attachment",
    };
    format!("{stem}-{}.{}", index + 1, extension(media_type))
}

fn extension(media_type: &str) -> &str {
    match media_type {
        "application/pdf" => "pdf",
        "application/zip" | "application/x-zip-compressed" => "zip",
        "application/json" => "json",
        "application/xml" | "text/xml" => "xml",
        "application/rtf" | "text/rtf" => "rtf",
        "application/msword" => "doc",
        "application/vnd.ms-excel" => "xls",
        "application/vnd.ms-powerpoint" => "ppt",
        "application/vnd.ms-outlook" => "msg",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => "docx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation" => "pptx",
        "application/vnd.oasis.opendocument.text" => "odt",
        "application/vnd.oasis.opendocument.spreadsheet" => "ods",
        "application/vnd.etsi.asic-e+zip" => "asice",
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => "p7m",
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => "p7s",
        "application/pgp-signature" | "application/pgp-encrypted" => "asc",
        "application/ms-tnef" | "application/vnd.ms-tnef" => "dat",
        "audio/mpeg" => "mp3",
        "image/gif" => "gif",
        "image/heic" => "heic",
        "image/jpeg" | "image/jpg" | "image/pjpeg" => "jpg",
        "image/png" => "png",
        "image/svg+xml" => "svg",
        "image/tiff" => "tif",
        "image/webp" => "webp",
        "message/rfc822" | "message/global" => "eml",
        "text/calendar" => "ics",
        "text/csv" => "csv",
        "text/html" => "html",
        "text/vcard" | "text/x-vcard" | "text/directory" => "vcf",
        "application/mac-binhex40" => "hqx",
        "video/mp4" => "mp4",
        text if ["text/", "multipart/", "message/"].iter().any(|kind| text.starts_with(kind)) => "txt",
        _ => "bin",
    }
}

/// Names already given in one message, in lower case, each with the number to try next.
#[derive(Default)]
pub(super) struct Taken(HashMap<String, usize>);

impl Taken {
    /// The name, or `name (2).pdf` where it is taken; case does not tell two names apart.
    pub(super) fn distinct(&mut self, name: String) -> String {
        let key = name.to_lowercase();
        let Some(&(mut number)) = self.0.get(&key) else {
            self.0.insert(key, 2);
            return name;
        };
        // Ends: no more numbers can be taken than there are names.
        loop {
            let suffix = format!(" ({number})");
            let short = shortened(&name, suffix.len());
            let (stem, dot_extension) = short.split_at(short.len() - extension_of(&short));
            let candidate = format!("{}{suffix}{dot_extension}", stem.trim_end());
            number += 1;
            if let Entry::Vacant(vacant) = self.0.entry(candidate.to_lowercase()) {
                vacant.insert(2);
                self.0.insert(key, number);
                return candidate;
            }
        }
    }
}

/// The length of `.pdf` at the end, in octets.
fn extension_of(name: &str) -> usize {
    match name.rfind('.') {
        Some(dot) if dot > 0 && name.len() - dot <= EXTENSION => name.len() - dot,
        _ => 0,
    }
}

/// Cut to the longest name less `room`, before the extension.
fn shortened(name: &str, room: usize) -> String {
    let (stem, dot_extension) = name.split_at(name.len() - extension_of(name));
    let (mut chars, mut octets) = (CHARS - room, OCTETS - room);
    chars = chars.saturating_sub(dot_extension.chars().count());
    octets = octets.saturating_sub(dot_extension.len());
    let end = stem
        .char_indices()
        .take(chars)
        .map(|(at, c)| at + c.len_utf8())
        .take_while(|end| *end <= octets)
        .last()
        .unwrap_or(0);
    if end == stem.len() {
        return name.to_owned();
    }
    format!("{}{dot_extension}", stem[..end].trim_end_matches(is_fringe))
}

/// What may not stand at either end: Windows drops it, Unix hides the file.
fn is_fringe(c: char) -> bool {
    c == '.' || c.is_whitespace() || c.is_control() || is_invisible(c)
}

fn is_invisible(c: char) -> bool {
    turns_direction(c)
        || matches!(c, '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}' | '\u{2029}'
            | '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}')
}

/// The names of Windows' devices, with any extension.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    matches!(&*stem, "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$")
        || numbered
            .is_some_and(|n| matches!(n, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_safe() {
        for (name, expected) in [
            ("Beslut 2026.pdf", Some("Beslut 2026.pdf")),
            ("../../etc/passwd", Some("passwd")),
            ("C:\\a\\Päätös.pdf", Some("Päätös.pdf")),
            ("a/", Some("a")),
            ("NUL", Some("_NUL")),
            ("nul.tar.gz", Some("_nul.tar.gz")),
            ("Com¹.txt", Some("_Com¹.txt")),
            ("COMMON.txt", Some("COMMON.txt")),
            ("--help", Some("_--help")),
            (" .x. . ", Some("x")),
            ("a\r\nb\u{0}.txt", Some("a b.txt")),
            ("fdp.\u{202E}cod.exe", Some("fdp.cod.exe")),
            ("a<b>|c?.txt", Some("a_b__c_.txt")),
            ("", None),
            ("../..", None),
            ("\u{200B}", None),
        ] {
            assert_eq!(safe(name).as_deref(), expected, "{name:?}");
        }
    }

    #[test]
    fn long_names_keep_their_extension() {
        let name = safe(&format!("{}.pdf", "å".repeat(300))).unwrap();
        assert!(name.ends_with("å.pdf") && name.len() <= OCTETS && name.chars().count() <= CHARS);
        let device = safe(&format!("CON.{}.pdf", "x".repeat(300))).unwrap();
        assert!(device.starts_with("_CON.") && device.ends_with("x.pdf") && device.len() == CHARS);
    }

    #[test]
    fn names_become_distinct() {
        let mut taken = Taken::default();
        let mut give = |name: &str| taken.distinct(name.to_owned());
        assert_eq!(give("a.pdf"), "a.pdf");
        assert_eq!(give("A.PDF"), "A (2).PDF");
        assert_eq!(give("a (3).pdf"), "a (3).pdf");
        assert_eq!(give("a.pdf"), "a (4).pdf");
        assert_eq!(give("b"), "b");
        assert_eq!(give("b"), "b (2)");
        let long = "x".repeat(CHARS);
        assert_eq!(give(&long), long);
        assert_eq!(give(&long).len(), CHARS);
    }
}
