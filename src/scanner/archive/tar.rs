//! The list of a tar (POSIX.1-2024 pax, ustar and GNU's long names): headers of 512 octets, each before its file.

use super::{Entry, List, size};

const BLOCK: usize = 512;
/// The longest name that a header of its own may give, in octets.
const NAME: usize = 64 << 10;

/// Whether the first block is a header: its sum is right.
pub(super) fn is(octets: &[u8]) -> bool {
    octets.first_chunk::<BLOCK>().is_some_and(|header| header[0] != 0 && sum_is_right(header))
}

/// The list, `room` entries at most.
pub(super) fn list(octets: &[u8], room: usize) -> List<'_> {
    let mut list = List::default();
    if let Err(why) = read(octets, room, &mut list) {
        list.unreadable = Some(why);
    }
    list
}

fn read<'a>(octets: &'a [u8], room: usize, list: &mut List<'a>) -> Result<(), &'static str> {
    let mut rest = octets;
    let mut given: Option<String> = None;
    loop {
        // Two empty blocks, or the end of the octets, are the end.
        let Some((header, behind)) = rest.split_first_chunk::<BLOCK>() else { return Ok(()) };
        if header.iter().all(|c| *c == 0) {
            let more = behind.chunks(BLOCK).any(|block| block.iter().any(|c| *c != 0));
            return if more { Err("something stands behind its end") } else { Ok(()) };
        }
        if !sum_is_right(header) {
            return Err("its list is damaged");
        }
        let length = number(&header[124..136]).and_then(size).ok_or("its list is damaged")?;
        let content = behind.get(..length).ok_or("a file in it goes beyond its end")?;
        rest = behind.get(length.next_multiple_of(BLOCK)..).unwrap_or_default();
        match header[156] {
            // A name for the file that follows: GNU's, and pax's among other things.
            b'L' => given = Some(text(content.get(..length.min(NAME)).unwrap_or_default())),
            b'x' => given = pax_path(content).or(given),
            b'K' | b'g' => {}
            _ if list.entries.len() >= room => return Err("more entries than are read"),
            _ => {
                let name = given.take().unwrap_or_else(|| name(header));
                list.entries.push(Entry { name, stored: Some(content) });
            }
        }
    }
}

fn name(header: &[u8; BLOCK]) -> String {
    let (name, prefix) = (text(&header[..100]), text(&header[345..500]));
    let is_ustar = &header[257..262] == b"ustar";
    if is_ustar && !prefix.is_empty() { format!("{prefix}/{name}") } else { name }
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets.split(|c| *c == 0).next().unwrap_or_default()).into_owned()
}

/// `27 path=a/long/name.txt\n` among records of that kind.
fn pax_path(octets: &[u8]) -> Option<String> {
    let mut rest = octets.get(..octets.len().min(NAME))?;
    let mut path = None;
    while let Some(space) = memchr::memchr(b' ', rest.get(..rest.len().min(20))?) {
        let length: usize = std::str::from_utf8(&rest[..space]).ok()?.parse().ok()?;
        let record = rest.get(space + 1..length)?;
        if let Some(found) = record.strip_prefix(b"path=") {
            path = Some(text(found.strip_suffix(b"\n").unwrap_or(found)));
        }
        rest = &rest[length..];
    }
    path
}

/// Octal digits between blanks and NULs; or, behind a set first bit, a number of 64 bits.
fn number(field: &[u8]) -> Option<u64> {
    if field.first()? & 0x80 != 0 {
        let high = field.get(1..field.len().checked_sub(8)?)?;
        return field.last_chunk().map(|c| u64::from_be_bytes(*c)).filter(|_| high.iter().all(|c| *c == 0));
    }
    let digits = field.iter().copied().skip_while(|c| *c == b' ').take_while(|c| !matches!(c, b' ' | 0));
    digits.into_iter().try_fold(0_u64, |number, digit| match digit {
        b'0'..=b'7' => number.checked_mul(8)?.checked_add(u64::from(digit - b'0')),
        _ => None,
    })
}

/// The sum of all octets, its own field counted as blanks.
fn sum_is_right(header: &[u8; BLOCK]) -> bool {
    let sum: u64 =
        header.iter().enumerate().map(|(at, c)| u64::from(if (148..156).contains(&at) { b' ' } else { *c })).sum();
    number(&header[148..156]) == Some(sum)
}
