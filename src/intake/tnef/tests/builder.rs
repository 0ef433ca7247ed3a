//! A writer of TNEF, for tests: what Outlook and Exchange write, and what they never would.

use super::super::lzfu;
use super::super::stream::{Id, SIGNATURE, checksum};

/// A stream of attributes.
#[derive(Debug, Clone)]
pub(super) struct Tnef(pub(super) Vec<u8>);

impl Tnef {
    /// Version and code page, as every writer begins.
    pub(super) fn new(page: u32) -> Self {
        let mut bare = Self::bare();
        bare.add(Id::VERSION, &0x0001_0000_u32.to_le_bytes());
        bare.add(Id::CODE_PAGE, &[page.to_le_bytes(), 0_u32.to_le_bytes()].concat());
        bare
    }

    pub(super) fn bare() -> Self {
        Self([&SIGNATURE[..], &[0x34, 0x12]].concat())
    }

    pub(super) fn add(&mut self, id: Id, data: &[u8]) -> &mut Self {
        let of_file = matches!(
            id,
            Id::ATTACH_DATA
                | Id::ATTACH_TITLE
                | Id::ATTACH_PICTURE
                | Id::ATTACH_MODIFIED
                | Id::ATTACH_RENDERING
                | Id::ATTACH_PROPERTIES
        );
        self.0.push(if of_file { 2 } else { 1 });
        self.0.extend(id.0.to_le_bytes());
        self.0.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        self.0.extend(data);
        self.0.extend(checksum(data).to_le_bytes());
        self
    }

    /// Class and properties of the message.
    pub(super) fn message(mut self, class: &str, properties: Props) -> Self {
        self.add(Id::CLASS, &zero(class.as_bytes()));
        self.add(Id::MESSAGE_PROPERTIES, &properties.written());
        self
    }

    /// An attachment as Outlook writes it.
    pub(super) fn file(mut self, title: &[u8], data: Option<&[u8]>, properties: Props) -> Self {
        self.add(Id::ATTACH_RENDERING, &[1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x20, 0, 0x20, 0, 0, 0, 0, 0]);
        if let Some(data) = data {
            self.add(Id::ATTACH_DATA, data);
        }
        self.add(Id::ATTACH_TITLE, &zero(title));
        self.add(Id::ATTACH_MODIFIED, &moment([2026, 11, 24, 7, 12, 40, 2]));
        self.add(Id::ATTACH_PROPERTIES, &properties.written());
        self
    }

    /// A table of recipients: name, address, kind.
    pub(super) fn recipients(mut self, rows: &[(&str, &str, i32)]) -> Self {
        let mut data = u32::try_from(rows.len()).unwrap().to_le_bytes().to_vec();
        for (name, address, kind) in rows {
            let row = Props::new().long(0x0C15, *kind).text(0x3001, name).text(0x3002, "SMTP").text(0x3003, address);
            data.extend(row.written());
        }
        self.add(Id::RECIPIENTS, &data);
        self
    }
}

pub(super) fn zero(text: &[u8]) -> Vec<u8> {
    [text, &[0]].concat()
}

pub(super) fn moment(numbers: [i16; 7]) -> Vec<u8> {
    numbers.into_iter().flat_map(i16::to_le_bytes).collect()
}

/// 100 ns since 1601, of seconds since 1970.
pub(super) fn filetime(seconds: i64) -> u64 {
    u64::try_from((seconds + 11_644_473_600) * 10_000_000).unwrap()
}

/// A list of properties.
#[derive(Debug, Clone, Default)]
pub(super) struct Props {
    count: u32,
    out: Vec<u8>,
}

pub(super) type Set = [u8; 16];

impl Props {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn written(&self) -> Vec<u8> {
        [&self.count.to_le_bytes()[..], &self.out].concat()
    }

    /// A property of any type with its value as it is to stand there.
    pub(super) fn raw(mut self, kind: u16, id: u16, value: &[u8]) -> Self {
        self.count += 1;
        self.out.extend(kind.to_le_bytes());
        self.out.extend(id.to_le_bytes());
        self.out.extend(value);
        while !self.out.len().is_multiple_of(4) {
            self.out.push(0);
        }
        self
    }

    fn sized(values: &[&[u8]]) -> Vec<u8> {
        let mut out = u32::try_from(values.len()).unwrap().to_le_bytes().to_vec();
        for value in values {
            out.extend(u32::try_from(value.len()).unwrap().to_le_bytes());
            out.extend(*value);
            while !out.len().is_multiple_of(4) {
                out.push(0);
            }
        }
        out
    }

    pub(super) fn text(self, id: u16, text: &str) -> Self {
        self.raw(0x1F, id, &Self::sized(&[&utf16(text)]))
    }

    pub(super) fn ansi(self, id: u16, text: &[u8]) -> Self {
        self.raw(0x1E, id, &Self::sized(&[&zero(text)]))
    }

    pub(super) fn binary(self, id: u16, octets: &[u8]) -> Self {
        self.raw(0x0102, id, &Self::sized(&[octets]))
    }

    pub(super) fn object(self, id: u16, interface: u8, octets: &[u8]) -> Self {
        let interface = [interface, 3, 2, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46];
        self.raw(0x000D, id, &Self::sized(&[&[&interface, octets].concat()]))
    }

    pub(super) fn long(self, id: u16, value: i32) -> Self {
        self.raw(3, id, &value.to_le_bytes())
    }

    pub(super) fn flag(self, id: u16, value: bool) -> Self {
        self.raw(0xB, id, &u16::from(value).to_le_bytes())
    }

    pub(super) fn time(self, id: u16, seconds: i64) -> Self {
        self.raw(0x40, id, &filetime(seconds).to_le_bytes())
    }

    /// The HTML, or RTF, compressed.
    pub(super) fn rtf(self, rtf: &[u8]) -> Self {
        self.binary(0x1009, &compressed(rtf))
    }

    fn named(self, kind: u16, set: Set, number: u32, value: &[u8]) -> Self {
        let name = [&set[..], &0_u32.to_le_bytes(), &number.to_le_bytes()].concat();
        self.raw(kind, 0x8001, &[&name, value].concat())
    }

    pub(super) fn named_text(self, set: Set, number: u32, text: &str) -> Self {
        self.named(0x1F, set, number, &Self::sized(&[&utf16(text)]))
    }

    pub(super) fn named_binary(self, set: Set, number: u32, octets: &[u8]) -> Self {
        self.named(0x0102, set, number, &Self::sized(&[octets]))
    }

    pub(super) fn named_time(self, set: Set, number: u32, seconds: i64) -> Self {
        self.named(0x40, set, number, &filetime(seconds).to_le_bytes())
    }

    pub(super) fn named_flag(self, set: Set, number: u32, value: bool) -> Self {
        self.named(0xB, set, number, &u16::from(value).to_le_bytes())
    }

    /// A property with a text for a name, of several texts: Outlook's categories.
    pub(super) fn keywords(self, words: &[&str]) -> Self {
        let set = [0x29, 3, 2, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46];
        let name = utf16("Keywords");
        let mut value =
            [&set[..], &1_u32.to_le_bytes(), &u32::try_from(name.len()).unwrap().to_le_bytes(), &name].concat();
        while !value.len().is_multiple_of(4) {
            value.push(0);
        }
        let words: Vec<Vec<u8>> = words.iter().map(|word| utf16(word)).collect();
        value.extend(Self::sized(&words.iter().map(|word| &word[..]).collect::<Vec<_>>()));
        self.raw(0x101F, 0x8002, &value)
    }
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

/// Compresses as MS-OXRTFCP §2.2.3 says: the longest match in what was written before.
pub(super) fn compressed(rtf: &[u8]) -> Vec<u8> {
    let preloaded = lzfu::PRELOADED;
    let all = [preloaded, rtf].concat();
    let (mut out, mut run, mut flags, mut bits) = (Vec::new(), Vec::new(), 0_u8, 0);
    let mut at = preloaded.len();
    loop {
        let from = (at + 17).saturating_sub(4096);
        let mut best = (0, 0);
        for start in from..at {
            let length = (0..17).take_while(|i| at + i < all.len() && all[start + i] == all[at + i]).count();
            if length > best.1 {
                best = (start, length);
            }
        }
        let end = at >= all.len();
        if end || best.1 >= 2 {
            let (offset, length) = if end { (at % 4096, 2) } else { (best.0 % 4096, best.1) };
            let word = u16::try_from(offset << 4 | (length - 2)).unwrap();
            run.extend(word.to_be_bytes());
            flags |= 1 << bits;
            at += length;
        } else {
            run.push(all[at]);
            at += 1;
        }
        bits += 1;
        if bits == 8 || end {
            out.push(std::mem::take(&mut flags));
            out.append(&mut run);
            bits = 0;
        }
        if end {
            break;
        }
    }
    let length = |count: usize| u32::try_from(count).unwrap().to_le_bytes();
    let header = [length(out.len() + 12), length(rtf.len()), *b"LZFu", lzfu::crc32(&out).to_le_bytes()].concat();
    [header, out].concat()
}

/// HTML packed in RTF as Exchange does (MS-OXRTFEX §2.2.2).
pub(super) fn encapsulated(html: &str) -> Vec<u8> {
    let mut out = br"{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}{\f1\fmodern Courier New;}}
{\colortbl\red0\green0\blue0;}
\uc1\pard\plain\deftab360 \f0\fs24 "
        .to_vec();
    let escaped = |text: &str| {
        let mut out = String::new();
        for c in text.chars() {
            match c {
                '{' | '}' | '\\' => out.extend(['\\', c]),
                '\n' => out.push_str("\\par\r\n"),
                '\r' => {}
                c if c.is_ascii() => out.push(c),
                c if u32::from(c) < 256 => out.push_str(&format!("\\'{:02x}", u32::from(c))),
                c => c.encode_utf16(&mut [0; 2]).iter().for_each(|u| out.push_str(&format!("\\u{}?", u.cast_signed()))),
            }
        }
        out
    };
    let mut rest = html;
    while !rest.is_empty() {
        if rest.starts_with('<') {
            let (tag, more) = rest.split_at(rest.find('>').map_or(rest.len(), |at| at + 1));
            out.extend(format!("{{\\*\\htmltag64 {}}}", escaped(tag)).bytes());
            if tag == "<b>" || tag == "<strong>" {
                out.extend(b"\\htmlrtf {\\b \\htmlrtf0 ");
            } else if tag == "</b>" || tag == "</strong>" {
                out.extend(b"\\htmlrtf }\\htmlrtf0 ");
            } else if tag == "</p>" || tag == "<br>" {
                out.extend(b"\\htmlrtf\\par\r\n\\htmlrtf0 ");
            }
            rest = more;
        } else if rest.starts_with('&') {
            let (entity, more) = rest.split_at(rest.find(';').map_or(rest.len(), |at| at + 1));
            out.extend(format!("{{\\*\\htmltag84 {entity}}}\\htmlrtf ~\\htmlrtf0 ").bytes());
            rest = more;
        } else {
            let (text, more) = rest.split_at(rest.find(['<', '&']).unwrap_or(rest.len()));
            out.extend(escaped(text).bytes());
            rest = more;
        }
    }
    out.extend(b"}");
    out
}
