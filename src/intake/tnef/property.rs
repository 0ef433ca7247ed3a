//! MAPI properties, as attMsgProps, attAttachment and attRecipTable hold them (MS-OXTNEF §2.1.3.4).

use jiff::Timestamp;

use crate::intake::codepage;

/// Properties of one list. Messages have some hundreds.
const MOST: usize = 5000;

/// Sets of named properties (MS-OXPROPS §1.3.2), as the GUIDs stand in the octets.
pub(super) mod sets {
    const fn set(first: u32) -> [u8; 16] {
        let [a, b, c, d] = first.to_le_bytes();
        [a, b, c, d, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46]
    }
    pub(in crate::intake::tnef) const APPOINTMENT: [u8; 16] = set(0x0006_2002);
    pub(in crate::intake::tnef) const TASK: [u8; 16] = set(0x0006_2003);
    pub(in crate::intake::tnef) const ADDRESS: [u8; 16] = set(0x0006_2004);
    pub(in crate::intake::tnef) const COMMON: [u8; 16] = set(0x0006_2008);
    pub(in crate::intake::tnef) const MEETING: [u8; 16] =
        [0x90, 0xDA, 0xD8, 0x6E, 0x0B, 0x45, 0x1B, 0x10, 0x98, 0xDA, 0x00, 0xAA, 0x00, 0x3F, 0x13, 0x05];
}

/// What a property is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    /// By its id (MS-OXPROPS §2).
    Id(u16),
    /// By a number in a set.
    In([u8; 16], u32),
    /// By a text: none of these is looked at.
    Text,
}

/// What it says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value<'t> {
    /// Integers and booleans.
    Number(i64),
    /// 100 ns since 1601.
    Time(u64),
    /// In the message's code page.
    Ansi(&'t [u8]),
    /// UTF-16, little-endian.
    Unicode(&'t [u8]),
    Binary(&'t [u8]),
    /// An interface's id and its data.
    Object([u8; 16], &'t [u8]),
    /// What no letter needs.
    Other,
}

/// A list of properties. Of several with one name the first holds.
#[derive(Debug, Clone, Default)]
pub(super) struct Properties<'t> {
    list: Vec<(Name, Value<'t>)>,
    /// In which its `Ansi` stand.
    page: u32,
}

impl<'t> Properties<'t> {
    /// Reads a list, and leaves the octets behind it. The flag tells whether it was whole.
    pub(super) fn read(octets: &mut &'t [u8], page: u32) -> (Self, bool) {
        let mut properties = Self { list: Vec::new(), page };
        let Some(count) = number32(octets) else { return (properties, false) };
        for _ in 0..count {
            if properties.list.len() >= MOST {
                return (properties, false);
            }
            let (read, whole) = property(octets);
            properties.list.extend(read);
            if !whole {
                return (properties, false);
            }
        }
        (properties, true)
    }

    /// Adds those of another list; what is here already holds.
    pub(super) fn append(&mut self, mut other: Self) {
        self.list.append(&mut other.list);
        self.list.truncate(2 * MOST);
    }

    /// The page in which text without one stands.
    pub(super) fn set_page(&mut self, page: u32) {
        self.page = page;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn get(&self, name: Name) -> Option<Value<'t>> {
        self.list.iter().find(|(n, _)| *n == name).map(|(_, value)| *value)
    }

    /// A text, without the zeros at its end; `None`: there is none, or it is blank.
    pub(super) fn text(&self, name: Name) -> Option<String> {
        let mut values = self.list.iter().filter(|(n, _)| *n == name).map(|(_, value)| *value);
        values
            .find_map(|value| match value {
                Value::Ansi(octets) => Some(codepage::decode(self.page, octets).into_owned()),
                Value::Unicode(octets) => Some(codepage::utf16(octets)),
                _ => None,
            })
            .map(|text| text.trim_end_matches('\0').to_owned())
            .filter(|text| !text.trim().is_empty())
    }

    /// A text of one line: what follows a zero is left out.
    pub(super) fn line(&self, name: Name) -> Option<String> {
        let text = self.text(name)?;
        let line = text.split('\0').next().unwrap_or_default().trim();
        (!line.is_empty()).then(|| line.to_owned())
    }

    pub(super) fn number(&self, name: Name) -> Option<i64> {
        match self.get(name)? {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    pub(super) fn is_set(&self, name: Name) -> bool {
        self.number(name).is_some_and(|number| number != 0)
    }

    pub(super) fn binary(&self, name: Name) -> Option<&'t [u8]> {
        self.list.iter().find_map(|(n, value)| match value {
            Value::Binary(octets) if *n == name => Some(*octets),
            _ => None,
        })
    }

    pub(super) fn object(&self, name: Name) -> Option<([u8; 16], &'t [u8])> {
        self.list.iter().find_map(|(n, value)| match value {
            Value::Object(interface, octets) if *n == name => Some((*interface, *octets)),
            _ => None,
        })
    }

    /// A time; `None` too where it says "none" (MS-OXOCAL §2.2.1).
    pub(super) fn time(&self, name: Name) -> Option<Timestamp> {
        match self.get(name)? {
            Value::Time(time) => filetime(time),
            _ => None,
        }
    }
}

/// 100 ns since 1601, as a time of this era.
fn filetime(time: u64) -> Option<Timestamp> {
    const EPOCH: i64 = 11_644_473_600;
    let seconds = i64::try_from(time / 10_000_000).ok()? - EPOCH;
    // The year 4501 stands for "none".
    Timestamp::from_second(seconds).ok().filter(|_| (0..79_000_000_000).contains(&seconds))
}

fn take<'t>(octets: &mut &'t [u8], count: usize) -> Option<&'t [u8]> {
    let (taken, rest) = octets.split_at_checked(count)?;
    *octets = rest;
    Some(taken)
}

pub(super) fn number32(octets: &mut &[u8]) -> Option<u32> {
    let taken = take(octets, 4)?;
    taken.first_chunk().map(|chunk| u32::from_le_bytes(*chunk))
}

fn chunk16(octets: &mut &[u8]) -> Option<[u8; 16]> {
    take(octets, 16)?.first_chunk().copied()
}

/// Some octets and the padding behind them; fewer where the list ends before, and then the flag is down.
fn padded<'t>(octets: &mut &'t [u8], count: usize) -> (&'t [u8], bool) {
    let Some(taken) = take(octets, count) else { return (std::mem::take(octets), false) };
    let padding = (4 - count % 4) % 4;
    // Some writers leave out the last padding.
    take(octets, padding.min(octets.len()));
    (taken, true)
}

/// One property; the flag tells whether it was whole.
fn property<'t>(octets: &mut &'t [u8]) -> (Option<(Name, Value<'t>)>, bool) {
    let Some(tag) = number32(octets) else { return (None, false) };
    let [a, b, c, d] = tag.to_le_bytes();
    let (kind, id) = (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
    let name = if id < 0x8000 { Some(Name::Id(id)) } else { named(octets) };
    let Some(name) = name else { return (None, false) };
    let (value, whole) = values(octets, kind);
    (value.map(|value| (name, value)), whole)
}

fn named(octets: &mut &[u8]) -> Option<Name> {
    let set = chunk16(octets)?;
    let kind = number32(octets)?;
    let number = number32(octets)?;
    if kind == 0 {
        return Some(Name::In(set, number));
    }
    let (_, whole) = padded(octets, usize::try_from(number).ok()?);
    whole.then_some(Name::Text)
}

/// Of a property with several values the first.
fn values<'t>(octets: &mut &'t [u8], kind: u16) -> (Option<Value<'t>>, bool) {
    const SEVERAL: u16 = 0x1000;
    let single = kind & !SEVERAL;
    let sized = matches!(single, 0x000D | 0x001E | 0x001F | 0x0102);
    let count = if sized || kind & SEVERAL != 0 { number32(octets) } else { Some(1) };
    let Some(count) = count else { return (None, false) };
    let mut first = None;
    for _ in 0..count {
        // Values of no octets would be as many as the count says: four thousand million.
        if !sized && size(single) == Some(0) {
            break;
        }
        let (value, whole) = if sized { variable(octets, single) } else { fixed(octets, single) };
        first = first.or(value);
        if !whole {
            return (first, false);
        }
    }
    (first.or(Some(Value::Other)), true)
}

fn variable<'t>(octets: &mut &'t [u8], kind: u16) -> (Option<Value<'t>>, bool) {
    let Some(size) = number32(octets) else { return (None, false) };
    let (data, whole) = padded(octets, usize::try_from(size).unwrap_or(usize::MAX));
    let value = match kind {
        0x001E => Some(Value::Ansi(data)),
        0x001F => Some(Value::Unicode(data)),
        0x0102 => Some(Value::Binary(data)),
        _ => data.split_first_chunk().map(|(interface, data)| Value::Object(*interface, data)),
    };
    (value, whole)
}

/// The length that a type has (MS-OXCDATA §2.11.1); `None`: nobody knows it, and so where the next begins.
fn size(kind: u16) -> Option<usize> {
    Some(match kind {
        0x0000 | 0x0001 => 0,
        0x0002 | 0x000B => 2,
        0x0003 | 0x0004 | 0x000A => 4,
        0x0005 | 0x0006 | 0x0007 | 0x0014 | 0x0040 => 8,
        0x0048 => 16,
        _ => return None,
    })
}

/// What has its length from its type, padded to four octets.
fn fixed<'t>(octets: &mut &'t [u8], kind: u16) -> (Option<Value<'t>>, bool) {
    let Some(size) = size(kind) else { return (None, false) };
    let (data, whole) = padded(octets, size);
    if !whole {
        return (None, false);
    }
    let number = || {
        let mut eight = [0; 8];
        eight.iter_mut().zip(data).for_each(|(to, from)| *to = *from);
        u64::from_le_bytes(eight)
    };
    let value = match kind {
        0x0002 => Value::Number(i64::from(u16::try_from(number()).unwrap_or_default().cast_signed())),
        0x0003 => Value::Number(i64::from(u32::try_from(number()).unwrap_or_default().cast_signed())),
        0x000B => Value::Number(i64::from(number() & 0xFF != 0)),
        0x0014 => Value::Number(number().cast_signed()),
        0x0040 => Value::Time(number()),
        _ => Value::Other,
    };
    (Some(value), true)
}
