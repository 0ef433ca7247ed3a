//! What an archive says that it holds. Lists are read where they stand; nothing is unpacked, so that no archive costs
//! more than its size.

mod tar;
#[cfg(test)]
pub(super) mod tests;
mod zip;

/// Entries of one archive, with those of archives inside it. A case file has some hundred; looking through so many takes
/// milliseconds.
pub const ENTRIES: usize = 20_000;

/// What was read of an archive.
#[derive(Debug, Default)]
pub struct List<'a> {
    /// What it holds, as far as that was read.
    pub entries: Vec<Entry<'a>>,
    /// Why that is not all that somebody may unpack from it: for the admin.
    pub unreadable: Option<&'static str>,
    /// Names or content are under a password.
    pub encrypted: bool,
}

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    /// As written, with its folders, in UTF-8; what is not UTF-8 is replaced.
    pub name: String,
    /// Its octets, where they stand in the archive as they are.
    pub stored: Option<&'a [u8]>,
}

/// What kind of archive the octets are, or `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// ZIP, and what is made of it: documents, books, signed containers.
    Zip,
    /// A tar, not compressed.
    Tar,
    /// One file, compressed.
    Packed,
    /// Several files, under a list that is itself compressed, or of a format that is not read.
    Closed,
}

/// Looks at the octets alone. `named_zip`: the name says that it is one, so that only a program that repairs it would
/// take the octets for anything else.
#[must_use]
pub fn kind(octets: &[u8], named_zip: bool) -> Option<Kind> {
    const PACKED: &[&[u8]] =
        &[b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"\x1f\x9d", b"LZIP\x01", b"\x5d\0\0\x80\0"];
    const CLOSED: &[&[u8]] = &[b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x60\xea", b"zPQ", b"7kSt"];
    let starts = |magic: &&[u8]| octets.starts_with(magic);
    if zip::is(octets) || (named_zip && zip::has_end(octets)) {
        Some(Kind::Zip)
    } else if CLOSED.iter().any(starts) || octets.get(7..14) == Some(b"**ACE**") || is_lha(octets) {
        Some(Kind::Closed)
    } else if PACKED.iter().any(starts) {
        Some(Kind::Packed)
    } else if tar::is(octets) {
        Some(Kind::Tar)
    } else {
        None
    }
}

/// `-lh5-` behind the header's size and sum.
fn is_lha(octets: &[u8]) -> bool {
    octets.get(2..7).is_some_and(|method| method.starts_with(b"-lh") && method.ends_with(b"-"))
}

/// The list of a ZIP or a tar, `room` entries at most.
#[must_use]
pub fn list(octets: &[u8], kind: Kind, room: usize) -> List<'_> {
    match kind {
        Kind::Zip => zip::list(octets, room),
        Kind::Tar => tar::list(octets, room),
        Kind::Packed => List { entries: gzip_name(octets).into_iter().collect(), ..List::default() },
        Kind::Closed => List { unreadable: Some("a format whose list is not read"), ..List::default() },
    }
}

/// The name that a gzip file gives what is in it (RFC 1952 §2.3).
fn gzip_name(octets: &[u8]) -> Option<Entry<'_>> {
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    let flags = *octets.strip_prefix(b"\x1f\x8b\x08")?.first()?;
    let mut rest = octets.get(10..)?;
    if flags & EXTRA != 0 {
        let (length, more) = rest.split_first_chunk()?;
        rest = more.get(usize::from(u16::from_le_bytes(*length))..)?;
    }
    if flags & NAME == 0 {
        return None;
    }
    // A name is no longer than a path may be.
    let name = rest.get(..rest.len().min(4096))?.split(|c| *c == 0).next()?;
    Some(Entry { name: String::from_utf8_lossy(name).into_owned(), stored: None })
}

/// The first number behind `at`, little-endian.
fn u16_at(octets: &[u8], at: usize) -> Option<u16> {
    octets.get(at..)?.first_chunk().map(|c| u16::from_le_bytes(*c))
}

fn u32_at(octets: &[u8], at: usize) -> Option<u32> {
    octets.get(at..)?.first_chunk().map(|c| u32::from_le_bytes(*c))
}

fn u64_at(octets: &[u8], at: usize) -> Option<u64> {
    octets.get(at..)?.first_chunk().map(|c| u64::from_le_bytes(*c))
}

fn size(number: impl TryInto<usize>) -> Option<usize> {
    number.try_into().ok()
}
