//! What a file's name makes a system do with it.

use std::borrow::Cow;

/// The extensions under which a name may be opened, lower case, without a dot: the one that it has, and those that it
/// gets on systems that end a name at a NUL or a colon. What Windows drops from the end (dots, spaces) and what cannot
/// be seen does not hide one.
pub fn extensions(name: &str) -> impl Iterator<Item = String> {
    let last = name.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or_default();
    let cut = [last, before(last, '\0'), before(last, ':')];
    cut.into_iter().filter_map(extension)
}

fn before(name: &str, end: char) -> &str {
    name.split(end).next().unwrap_or_default()
}

fn extension(name: &str) -> Option<String> {
    let seen: String = name.chars().filter(|c| !c.is_control() && !is_unseen(*c)).collect();
    let seen = seen.trim_end_matches(|c: char| c == '.' || c.is_whitespace());
    let (_, extension) = seen.rsplit_once('.')?;
    // Of an extension that is longer than any system knows, only that it is none of those.
    (!extension.is_empty() && extension.len() <= 40).then(|| extension.trim().to_ascii_lowercase())
}

/// Marks without a width, and those that turn the direction of what follows: `fdp.exe` reads as `exe.pdf` behind one.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// The name without the ending that its packing gave it: `a.tar` of `a.tar.gz`, `a.tar` of `a.tgz`.
#[must_use]
pub fn unpacked(name: &str) -> Cow<'_, str> {
    match name.rsplit_once('.') {
        Some((stem, end)) => match &*end.to_ascii_lowercase() {
            "gz" | "bz2" | "xz" | "z" | "zst" | "lz" | "lzma" | "br" => Cow::Borrowed(stem),
            "tgz" | "tbz" | "tbz2" | "txz" | "tzst" | "taz" => Cow::Owned(format!("{stem}.tar")),
            _ => Cow::Borrowed(name),
        },
        None => Cow::Borrowed(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_name_is_opened_as() {
        for (name, expected) in [
            ("beslut.pdf", "pdf"),
            ("BESLUT.PDF.EXE", "exe"),
            ("a.exe. . ", "exe"),
            ("a.exe\u{a0}", "exe"),
            ("folder.exe/readme.txt", "txt"),
            ("a\\b.js", "js"),
            ("ann\u{202E}fdp.exe", "exe"),
            ("a.e\u{200B}xe", "exe"),
            ("a.sc\u{1}r", "scr"),
            ("a.exe\0.pdf", "exe"),
            ("a.exe::$DATA", "exe"),
            ("a.pdf          .exe", "exe"),
            (".exe", "exe"),
        ] {
            assert!(extensions(name).any(|extension| extension == expected), "{name:?}");
        }
        for name in ["exe", "", "a.", "a/b.c/exe", "Paatos exe"] {
            assert_eq!(extensions(name).find(|e| e == "exe"), None, "{name:?}");
        }
    }

    #[test]
    fn what_is_inside_a_packed_file() {
        for (name, expected) in
            [("a.exe.gz", "a.exe"), ("a.TGZ", "a.tar"), ("a.tar.xz", "a.tar"), ("a.pdf", "a.pdf"), ("gz", "gz")]
        {
            assert_eq!(unpacked(name), expected);
        }
    }
}
