//! Which attachments are wanted: by name, by content, and by what an archive says that it holds. Pure: octets in, a
//! verdict out; in time and memory bounded by the octets.

use std::collections::BTreeSet;

use super::archive::{self, Kind};
use super::lists::{self, ARCHIVES, MACROS, REFUSED, ZIPS};
use super::{kind, name};
use crate::domain::status::Unwanted;

/// What one archive inside another may be nested.
const DEEPEST: usize = 8;
/// Of an entry's name, in characters, in the answer to the sender.
const SHOWN: usize = 80;

/// What is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Extensions, lower case, without a dot.
    pub refused: BTreeSet<String>,
    /// Office files with macros.
    pub macros: bool,
    /// Archives and documents under a password.
    pub encrypted: bool,
    /// Archives whose list is not read, or is damaged.
    pub unreadable: bool,
}

impl Default for Policy {
    fn default() -> Self {
        let refused = REFUSED.split_ascii_whitespace().map(str::to_owned).collect();
        Self { refused, macros: true, encrypted: false, unreadable: true }
    }
}

/// A file that is not wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// What it is.
    pub why: Unwanted,
    /// Its name in the archive that holds it, made safe to show; `None`: it is the part itself.
    pub entry: Option<String>,
    /// For the admin: an extension, or what is wrong with an archive. No word of the sender's.
    pub cause: String,
}

/// A file that is looked at: a part, or what stands in an archive as it is.
struct File<'a> {
    octets: &'a [u8],
    /// Its ways in, outermost first; empty for the part.
    path: Vec<String>,
    name: String,
}

impl Policy {
    /// Looks at one part, decoded.
    #[must_use]
    pub fn object(&self, filename: &str, media_type: &str, octets: &[u8]) -> Option<Objection> {
        if let Some(extension) = by_media_type(media_type).filter(|extension| self.refuses(extension)) {
            return Some(objection(Unwanted::Executable, &[], extension));
        }
        let mut room = archive::ENTRIES;
        let mut open = vec![File { octets, path: Vec::new(), name: filename.to_owned() }];
        // A stack of what stands inside, not of calls: an archive cannot nest us to death.
        while let Some(file) = open.pop() {
            if let Some(objection) = self.look(&file, media_type, &mut room, &mut open) {
                return Some(objection);
            }
        }
        None
    }

    fn refuses(&self, extension: &str) -> bool {
        self.refused.contains(extension)
    }

    /// One file; what it holds as it is comes onto the stack.
    fn look<'a>(
        &self,
        file: &File<'a>,
        media_type: &str,
        room: &mut usize,
        open: &mut Vec<File<'a>>,
    ) -> Option<Objection> {
        let is_part = file.path.is_empty();
        if let Some(objection) = self.by_name(&file.name, &file.path) {
            return Some(objection);
        }
        // A text that begins like a script is read, not run: `sh` counts for what is not called a text.
        let is_text = is_part && media_type.starts_with("text/") || has(&file.name, "txt csv md log eml");
        if let Some(kind) = kind::of(file.octets).filter(|kind| self.refuses(kind) && !(*kind == "sh" && is_text)) {
            return Some(objection(Unwanted::Executable, &file.path, kind));
        }
        if let Some(compound) = kind::compound(file.octets) {
            if compound.macros && self.macros {
                return Some(objection(Unwanted::Macros, &file.path, "a project of Visual Basic"));
            }
            if compound.encrypted && self.encrypted {
                return Some(objection(Unwanted::Encrypted, &file.path, "a document under a password"));
            }
        }
        let kind = archive::kind(file.octets, has(&file.name, ZIPS))?;
        let mut list = archive::list(file.octets, kind, *room);
        *room = room.saturating_sub(list.entries.len());
        if kind == Kind::Packed {
            let inner = name::unpacked(&file.name);
            if has(&inner, ARCHIVES) {
                list.unreadable = Some("an archive that is compressed as a whole");
            }
            if let Some(objection) = self.by_name(&inner, &file.path) {
                return Some(objection);
            }
        }
        let mut packed = None;
        for entry in list.entries {
            let mut path = file.path.clone();
            path.push(shown(&entry.name));
            if let Some(objection) = self.by_entry(&entry.name, &path, &file.name) {
                return Some(objection);
            }
            match entry.stored {
                // The part itself is no entry.
                Some(octets) if path.len() <= DEEPEST => open.push(File { octets, path, name: entry.name }),
                Some(_) => list.unreadable = Some("archives inside archives, too deep"),
                None if has(&entry.name, ARCHIVES) => packed = Some(path),
                None => {}
            }
        }
        if let Some(why) = list.unreadable.filter(|_| self.unreadable) {
            return Some(objection(Unwanted::Unreadable, &file.path, why));
        }
        if list.encrypted && self.encrypted {
            return Some(objection(Unwanted::Encrypted, &file.path, "an archive under a password"));
        }
        let packed = packed.filter(|_| self.unreadable)?;
        Some(objection(Unwanted::Unreadable, &packed, "an archive that is compressed inside another"))
    }

    fn by_name(&self, name: &str, path: &[String]) -> Option<Objection> {
        let mut macros = false;
        for extension in name::extensions(name) {
            if self.refuses(&extension) {
                // Only one of the list can stand here: no word of the sender's.
                return Some(objection(Unwanted::Executable, path, &extension));
            }
            macros |= lists::has(MACROS, &extension);
        }
        (macros && self.macros).then(|| objection(Unwanted::Macros, path, "by its name"))
    }

    /// A file in an archive of this name: as any file, and what makes a document one with macros.
    fn by_entry(&self, entry: &str, path: &[String], archive: &str) -> Option<Objection> {
        let lower = entry.to_ascii_lowercase().replace('\\', "/");
        let is_office = has(archive, ZIPS) && !has(archive, "zip zipx");
        let is_macro = lower.ends_with("vbaproject.bin")
            || (is_office && (lower.starts_with("basic/") || lower.starts_with("scripts/")));
        if self.macros && is_macro {
            // The document is at fault, not the part of it that nobody sees.
            return Some(objection(
                Unwanted::Macros,
                &path[..path.len().saturating_sub(1)],
                "an office file with macros",
            ));
        }
        if lower.contains(".app/contents/macos/") && self.refuses("app") {
            return Some(objection(Unwanted::Executable, path, "app"));
        }
        // Books bring the scripts of their pages, which their reader runs or not.
        if has(archive, "epub") && has(entry, "js") {
            return None;
        }
        self.by_name(entry, path)
    }
}

/// Whether the name has an ending of this list.
fn has(name: &str, list: &str) -> bool {
    name::extensions(name).any(|extension| lists::has(list, &extension))
}

fn objection(why: Unwanted, path: &[String], cause: &str) -> Objection {
    Objection { why, entry: (!path.is_empty()).then(|| path.join(" > ")), cause: cause.to_owned() }
}

/// The name of an entry for the sender, without its folders.
fn shown(name: &str) -> String {
    let last = name.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or_default();
    let plain = |c: char| if c.is_control() || ('\u{2028}'..='\u{202E}').contains(&c) { '?' } else { c };
    let chars = last.chars().count();
    if chars <= SHOWN {
        return last.chars().map(plain).collect();
    }
    // The end says what it is.
    let tail = last.chars().skip(chars - 20).map(plain);
    last.chars().take(SHOWN - 21).map(plain).chain(['…']).chain(tail).collect()
}

/// What a media type calls a program, though its name may not.
fn by_media_type(media_type: &str) -> Option<&'static str> {
    Some(match media_type {
        "application/x-msdownload"
        | "application/x-msdos-program"
        | "application/x-dosexec"
        | "application/vnd.microsoft.portable-executable"
        | "application/x-ms-dos-executable" => "exe",
        "application/x-msi" | "application/x-ms-installer" => "msi",
        "application/x-bat" | "application/bat" => "bat",
        "application/hta" => "hta",
        "application/javascript" | "application/x-javascript" | "text/javascript" | "application/ecmascript" => "js",
        "application/java-archive" | "application/x-java-archive" => "jar",
        "application/x-ms-shortcut" | "application/x-mswinurl" => "lnk",
        "application/x-sh" | "application/x-shellscript" | "text/x-shellscript" => "sh",
        "text/vbscript" | "application/x-vbscript" => "vbs",
        "application/x-powershell" | "text/x-powershell" => "ps1",
        "application/x-iso9660-image" | "application/x-cd-image" => "iso",
        "application/vnd.android.package-archive" => "apk",
        "application/x-apple-diskimage" => "dmg",
        "application/vnd.ms-cab-compressed" => "cab",
        "application/x-elf" | "application/x-executable" => "elf",
        _ => return None,
    })
}

#[cfg(test)]
#[path = "policy/tests.rs"]
mod tests;
