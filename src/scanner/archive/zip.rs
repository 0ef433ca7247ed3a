//! The list of a ZIP file (APPNOTE.TXT 6.3): the central directory at its end (§4.3.12), ZIP64's (§4.3.14) too, held
//! against the local headers before each file (§4.3.7). Programs differ in which of the two they believe, so a file
//! whose two lists differ, or that holds more than they name, is not readable.

use memchr::memmem;

use super::{Entry, List, size, u16_at, u32_at, u64_at};

const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";
const END64: &[u8] = b"PK\x06\x06";
const LOCATOR64: &[u8] = b"PK\x06\x07";
/// Octets of the end record without its comment, and with the longest.
const END_SIZE: usize = 22;
const END_LONGEST: usize = END_SIZE + 0xffff;
const LOCAL_SIZE: usize = 30;
const CENTRAL_SIZE: usize = 46;
/// Extra fields (§4.5): sizes beyond 32 bits, and another name that some programs prefer.
const EXTRA_ZIP64: u16 = 0x0001;
const EXTRA_UNICODE_PATH: u16 = 0x7075;

type Unreadable = &'static str;

/// Whether it begins as a ZIP file does, an empty one and the first of several volumes too.
pub(super) fn is(octets: &[u8]) -> bool {
    octets.starts_with(LOCAL) || octets.starts_with(END) || octets.starts_with(b"PK\x07\x08PK")
}

/// Whether it ends as one does, whatever stands before it: programs that open one look for its end.
pub(super) fn has_end(octets: &[u8]) -> bool {
    end(octets).is_ok()
}

/// The list, `room` entries at most.
pub(super) fn list(octets: &[u8], room: usize) -> List<'_> {
    let mut list = List::default();
    if let Err(why) = read(octets, room, &mut list) {
        list.unreadable = Some(why);
    }
    list
}

/// Where the central directory lies, as the file says.
struct Directory {
    begin: usize,
    end: usize,
    entries: u64,
    /// What stands before the first octet that offsets count from: a program that unpacks itself.
    base: usize,
}

/// One file as the central directory has it.
struct File<'a> {
    name: &'a [u8],
    flags: u16,
    method: u16,
    /// Of the local header, in the whole.
    at: usize,
    packed: usize,
}

fn read<'a>(octets: &'a [u8], room: usize, list: &mut List<'a>) -> Result<(), Unreadable> {
    let directory = directory(octets)?;
    let mut spans = Vec::new();
    let (mut at, mut count) = (directory.begin, 0_u64);
    let mut wrong = None;
    while at < directory.end {
        if list.entries.len() >= room {
            return Err("more entries than are read");
        }
        let (file, next) = central(octets, at, &directory, list).ok_or("its list is damaged")?;
        count += 1;
        at = next;
        let end = local(octets, &file, directory.begin, list).unwrap_or_else(|why| {
            wrong.get_or_insert(why);
            file.at
        });
        spans.push((file.at, end));
    }
    if let Some(wrong) = wrong {
        return Err(wrong);
    }
    // ZIP files of more than 65,535 entries without ZIP64 exist, and count on from 0.
    if count != directory.entries && (directory.entries > 0xffff || count & 0xffff != directory.entries) {
        return Err("its list has another number of entries than it says");
    }
    gaps(octets, spans, &directory)
}

/// The end record that programs find: the last one whose comment ends where the file does.
fn end(octets: &[u8]) -> Result<usize, Unreadable> {
    let from = octets.len().saturating_sub(END_LONGEST);
    let tail = octets.get(from..).unwrap_or_default();
    let (mut exact, mut within) = (Vec::new(), None);
    for at in memmem::rfind_iter(tail, END).map(|at| from + at) {
        let Some(comment) = u16_at(octets, at + 20) else { continue };
        let end = at + END_SIZE + usize::from(comment);
        if end == octets.len() {
            exact.push(at);
        } else if end < octets.len() {
            within = within.or(Some(at));
        }
    }
    match exact.as_slice() {
        [one] => Ok(*one),
        [] => within.ok_or("its end is missing"),
        _ => Err("it has two ends"),
    }
}

fn directory(octets: &[u8]) -> Result<Directory, Unreadable> {
    const DAMAGED: Unreadable = "its end is damaged";
    let end = end(octets)?;
    let short = |at: usize| u16_at(octets, end + at).ok_or(DAMAGED);
    let long = |at: usize| u32_at(octets, end + at).ok_or(DAMAGED);
    let (disk, first, here, all) = (short(4)?, short(6)?, short(8)?, short(10)?);
    let (length, offset) = (long(12)?, long(16)?);
    let locator = end.checked_sub(20).filter(|at| octets.get(*at..).is_some_and(|rest| rest.starts_with(LOCATOR64)));
    let wants64 = [disk, first, here, all].contains(&0xffff) || [length, offset].contains(&0xffff_ffff);
    let (end, entries, length, offset) = match locator {
        Some(at) if wants64 => end64(octets, at)?,
        // 65,535 entries are possible without it.
        _ if disk != first || here != all => return Err("one volume of several"),
        _ => (end, u64::from(all), u64::from(length), u64::from(offset)),
    };
    let begin = size(length).and_then(|length| end.checked_sub(length)).ok_or(DAMAGED)?;
    let base = size(offset).and_then(|offset| begin.checked_sub(offset)).ok_or(DAMAGED)?;
    Ok(Directory { begin, end, entries, base })
}

/// What ZIP64's end record says (§4.3.14): where it stands, entries, size and offset of the directory.
fn end64(octets: &[u8], locator: usize) -> Result<(usize, u64, u64, u64), Unreadable> {
    const DAMAGED: Unreadable = "its end is damaged";
    let is_end = |at: &usize| octets.get(*at..).is_some_and(|rest| rest.starts_with(END64));
    let said = u64_at(octets, locator + 8).and_then(size).filter(is_end);
    // Behind a program that unpacks itself, offsets may count from behind the program.
    let before = locator.checked_sub(56).filter(is_end);
    let at = before.or(said).ok_or(DAMAGED)?;
    let field = |offset: usize| u64_at(octets, at + offset).ok_or(DAMAGED);
    if u32_at(octets, at + 16) != u32_at(octets, at + 20) || field(24)? != field(32)? {
        return Err("one volume of several");
    }
    Ok((at, field(32)?, field(40)?, field(48)?))
}

/// One entry of the central directory, and where the next one begins.
fn central<'a>(octets: &'a [u8], at: usize, directory: &Directory, list: &mut List<'a>) -> Option<(File<'a>, usize)> {
    let record = octets.get(at..directory.end)?;
    if !record.starts_with(CENTRAL) {
        return None;
    }
    let short = |offset| u16_at(record, offset).map(usize::from);
    let (flags, method) = (u16_at(record, 8)?, u16_at(record, 10)?);
    let (mut packed, unpacked) = (u64::from(u32_at(record, 20)?), u32_at(record, 24)?);
    let (name_length, extra_length, comment_length) = (short(28)?, short(30)?, short(32)?);
    let mut offset = u64::from(u32_at(record, 42)?);
    let name = record.get(CENTRAL_SIZE..CENTRAL_SIZE + name_length)?;
    let extra_at = CENTRAL_SIZE + name_length;
    for (id, field) in extras(record.get(extra_at..extra_at + extra_length)?) {
        match id {
            EXTRA_ZIP64 => {
                // Only those are there whose own field is full, in this order.
                let mut at = if unpacked == u32::MAX { 8 } else { 0 };
                for value in [&mut packed, &mut offset] {
                    if *value == u64::from(u32::MAX) {
                        *value = u64_at(field, at)?;
                        at += 8;
                    }
                }
            }
            // Behind a version and the sum of the plain name.
            EXTRA_UNICODE_PATH => list.entries.extend(field.get(5..).map(|name| entry(name, None))),
            _ => {}
        }
    }
    // Central directory encryption (§7) masks the names.
    list.encrypted |= flags & 0x2041 != 0 || method == 99;
    let at_local = directory.base.checked_add(size(offset)?)?;
    let next = at + extra_at + extra_length + comment_length;
    (next <= directory.end).then_some(())?;
    Some((File { name, flags, method, at: at_local, packed: size(packed)? }, next))
}

/// Id and content of each extra field, as far as they are whole.
fn extras(mut octets: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let (id, length) = (u16_at(octets, 0)?, usize::from(u16_at(octets, 2)?));
        let field = octets.get(4..4 + length)?;
        octets = octets.get(4 + length..)?;
        Some((id, field))
    })
}

/// Puts the file on the list, and says where its octets end. What its local header says otherwise is on the list too.
fn local<'a>(octets: &'a [u8], file: &File<'a>, limit: usize, list: &mut List<'a>) -> Result<usize, Unreadable> {
    let stored = stored(octets, file, limit, list);
    list.entries.push(entry(file.name, stored.as_ref().ok().and_then(|(_, octets)| *octets)));
    stored.map(|(end, _)| end)
}

/// Where the octets of the file end, and the octets where they stand as they are.
fn stored<'a>(
    octets: &'a [u8],
    file: &File<'_>,
    limit: usize,
    list: &mut List<'a>,
) -> Result<(usize, Option<&'a [u8]>), Unreadable> {
    const NO_HEADER: Unreadable = "its list names a file that is not there";
    let header = octets.get(file.at..limit).filter(|header| header.starts_with(LOCAL)).ok_or(NO_HEADER)?;
    let short = |at: usize| u16_at(header, at).ok_or(NO_HEADER);
    let (flags, method) = (short(6)?, short(8)?);
    let (name_length, extra_length) = (usize::from(short(26)?), usize::from(short(28)?));
    let name = header.get(LOCAL_SIZE..LOCAL_SIZE + name_length).ok_or(NO_HEADER)?;
    list.encrypted |= flags & 0x2041 != 0;
    let begin = file.at + LOCAL_SIZE + name_length + extra_length;
    let end = begin.checked_add(file.packed).filter(|end| *end <= limit).ok_or("a file in it goes beyond its end")?;
    if !same(name, file.name) {
        list.entries.push(entry(name, None));
        return Err("its two lists name different files");
    }
    if method != file.method || (flags ^ file.flags) & 1 != 0 {
        return Err("its two lists say different things of a file");
    }
    let plain = method == 0 && flags & 1 == 0;
    Ok((end, octets.get(begin..end).filter(|_| plain)))
}

/// Old programs of Windows write one of the two with backslashes.
fn same(one: &[u8], other: &[u8]) -> bool {
    let slash = |c: &u8| if *c == b'\\' { b'/' } else { *c };
    one.len() == other.len() && one.iter().map(slash).eq(other.iter().map(slash))
}

fn entry<'a>(name: &[u8], stored: Option<&'a [u8]>) -> Entry<'a> {
    Entry { name: String::from_utf8_lossy(name).into_owned(), stored }
}

/// Files lie behind one another, with nothing between them but what describes the one before. Those that share octets
/// unpack to more than any file is large; those that no list names are there for somebody who reads no list.
fn gaps(octets: &[u8], mut spans: Vec<(usize, usize)>, directory: &Directory) -> Result<(), Unreadable> {
    spans.sort_unstable();
    let mut free = 0;
    for (begin, end) in spans.into_iter().chain([(directory.begin, directory.begin)]) {
        if begin < free {
            return Err("files in it share octets");
        }
        let between = octets.get(free..begin).unwrap_or_default();
        if memmem::find(between, LOCAL).is_some() {
            return Err("it holds a file that its list does not name");
        }
        free = end;
    }
    Ok(())
}
