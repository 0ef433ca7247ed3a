//! Programs, and files that hold programs where no list can be read, known by their octets: whatever they are named.
//! Each is told by the extension that it would have.

use memchr::memmem;

/// The kind, if it is one that runs, installs or mounts.
#[must_use]
pub fn of(octets: &[u8]) -> Option<&'static str> {
    const BY_BEGIN: &[(&[u8], &str)] = &[
        (b"\x7fELF", "elf"),
        // Mach-O of 32 and 64 bits in either order of octets.
        (b"\xfe\xed\xfa\xce", "macho"),
        (b"\xfe\xed\xfa\xcf", "macho"),
        (b"\xce\xfa\xed\xfe", "macho"),
        (b"\xcf\xfa\xed\xfe", "macho"),
        // A Java class, or a Mach-O for several processors.
        (b"\xca\xfe\xba\xbe", "class"),
        (b"dex\n03", "dex"),
        // A shell link (MS-SHLLINK §2.1): the size of its header, and its class.
        (b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", "lnk"),
        (b"MSCF\0\0\0\0", "cab"),
        (b"ITSF\x03\0\0\0", "chm"),
        (b"MSWIM\0\0\0", "wim"),
        (b"vhdxfile", "vhdx"),
        (b"conectix", "vhd"),
        (b"KDMV", "vmdk"),
        // Encoded scripts of Windows.
        (b"#@~^", "vbe"),
        (b"!<arch>\ndebian", "deb"),
        (b"\xed\xab\xee\xdb", "rpm"),
        (b"xar!\0\x1c", "pkg"),
    ];
    if let Some((_, kind)) = BY_BEGIN.iter().find(|(begin, _)| octets.starts_with(begin)) {
        return Some(kind);
    }
    if is_dos(octets) {
        Some("exe")
    } else if is_script(octets) {
        Some("sh")
    } else if octets.get(0x8001..0x8006) == Some(b"CD001") || octets.get(0x8001..0x8006) == Some(b"NSR02") {
        Some("iso")
    } else if octets.len() > 512 && octets[octets.len() - 512..].starts_with(b"conectix") {
        Some("vhd")
    } else if octets.len() > 512 && octets[octets.len() - 512..].starts_with(b"koly\0\0\0\x04") {
        Some("dmg")
    } else if compound(octets).is_some_and(|storage| storage.class == Some(INSTALLER)) {
        Some("msi")
    } else {
        None
    }
}

/// `MZ`, or `ZM` as DOS took it too, before a header that leads to a newer one (Windows looks at nothing else of it), or
/// that DOS itself would run: its numbers of octets, pages and paragraphs are small. Neither a text nor chance has that.
fn is_dos(octets: &[u8]) -> bool {
    let short = |at: usize| octets.get(at..)?.first_chunk().map(|c| u16::from_le_bytes(*c));
    let newer = || {
        let at = octets.get(60..)?.first_chunk().map(|c| u32::from_le_bytes(*c))?;
        octets.get(usize::try_from(at).ok()?..)?.first_chunk::<4>()
    };
    let is_newer =
        |header: &[u8; 4]| header == b"PE\0\0" || [b"NE", b"LE", b"LX"].iter().any(|h| header.starts_with(*h));
    let is_small = |at, most| short(at).is_some_and(|number| number <= most);
    (octets.starts_with(b"MZ") || octets.starts_with(b"ZM"))
        && (newer().is_some_and(is_newer) || (is_small(2, 511) && is_small(4, 2048) && is_small(8, 1024)))
}

/// `#!` and a path: a script that names its interpreter.
fn is_script(octets: &[u8]) -> bool {
    octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets).strip_prefix(b"#!").is_some_and(|rest| {
        let line = rest.split(|c| *c == b'\n').next().unwrap_or_default();
        line.len() < 256 && line.trim_ascii_start().starts_with(b"/")
    })
}

/// What a compound file (MS-CFB) is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compound {
    /// The class of its root, where that can be read.
    class: Option<[u8; 16]>,
    /// It holds a project of Visual Basic (MS-OVBA §2.2.1).
    pub macros: bool,
    /// It holds an encrypted office document (MS-OFFCRYPTO §2.3.4.4).
    pub encrypted: bool,
}

/// The class of Windows Installer packages, 000C1084-0000-0000-C000-000000000046.
const INSTALLER: [u8; 16] = *b"\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46";
/// A directory's entry (MS-CFB §2.6.1), in octets. Sectors are multiples of it, so entries begin at multiples of it.
const ENTRY: usize = 128;

/// Looks at a compound file: Word, Excel and Outlook before 2007, encrypted documents, installers. `None`: it is none.
#[must_use]
pub fn compound(octets: &[u8]) -> Option<Compound> {
    if !octets.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return None;
    }
    let number = |at: usize| Some(u32::from_le_bytes(*octets.get(at..)?.first_chunk()?));
    // The first sector of the directory; sectors are counted from behind the header's.
    let root = || {
        let shift = octets.get(30).filter(|shift| (7..=16).contains(*shift))?;
        let sector = usize::try_from(number(48)?).ok()?.checked_add(1)?;
        let at = sector.checked_mul(1 << shift)?;
        octets.get(at.checked_add(80)?..).and_then(|class| class.first_chunk::<16>().copied())
    };
    Some(Compound {
        class: root(),
        macros: has_entry(octets, "_VBA_PROJECT") || has_entry(octets, "_VBA_PROJECT_CUR"),
        encrypted: has_entry(octets, "EncryptedPackage"),
    })
}

/// Whether an entry of this name stands where one may, wherever the directory's sectors lie.
fn has_entry(octets: &[u8], name: &str) -> bool {
    // UTF-16LE with the NUL that ends it.
    let mut wanted: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    wanted.extend_from_slice(&[0, 0]);
    memmem::find_iter(octets, &wanted).any(|at| at % ENTRY == 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn behind(begin: &[u8], size: usize) -> Vec<u8> {
        let mut octets = begin.to_vec();
        octets.resize(size.max(begin.len()), 0);
        octets
    }

    #[test]
    fn programs() {
        for (begin, kind) in [
            (&b"MZ\x90\0\x03"[..], "exe"),
            (b"ZM\0\0", "exe"),
            (b"\x7fELF\x02\x01\x01", "elf"),
            (b"\xcf\xfa\xed\xfe", "macho"),
            (b"\xca\xfe\xba\xbe\0\0\0\x34", "class"),
            (b"#!/bin/sh\nrm -r /\n", "sh"),
            (b"\xef\xbb\xbf#! /usr/bin/env python3\n", "sh"),
            (b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", "lnk"),
            (b"MSCF\0\0\0\0", "cab"),
            (b"#@~^", "vbe"),
        ] {
            assert_eq!(of(&behind(begin, 100)), Some(kind), "{begin:?}");
        }
        let mut image = vec![0; 0x9000];
        image[0x8001..0x8006].copy_from_slice(b"CD001");
        assert_eq!(of(&image), Some("iso"));
        let mut disk = vec![0; 2048];
        disk[1536..1544].copy_from_slice(b"conectix");
        assert_eq!(of(&disk), Some("vhd"));
    }

    #[test]
    fn letters_and_documents_are_none() {
        for octets in [
            &b""[..],
            b"MZ",
            b"MZ 1234 begin so many references of our archive, and the sentence goes on for a while.",
            b"%PDF-1.7\n",
            b"#! rubrik\n",
            b"PK\x03\x04",
            b"L\0\0\0",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        ] {
            assert_eq!(of(octets), None, "{octets:?}");
        }
    }

    /// A compound file of one directory sector, with these entries behind the root.
    pub fn compound_of(class: &[u8; 16], names: &[&str]) -> Vec<u8> {
        let mut file = behind(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 512);
        file[30] = 9;
        file[48..52].copy_from_slice(&0_u32.to_le_bytes());
        for name in std::iter::once(&"Root Entry").chain(names) {
            let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
            file.extend(behind(&name, ENTRY));
        }
        file[512 + 80..512 + 96].copy_from_slice(class);
        file
    }

    #[test]
    fn compound_files() {
        let none = [0; 16];
        assert_eq!(of(&compound_of(&INSTALLER, &[])), Some("msi"));
        assert_eq!(of(&compound_of(&none, &["WordDocument"])), None);
        let of = |names: &[&str]| compound(&compound_of(&none, names)).map(|c| (c.macros, c.encrypted));
        assert_eq!(of(&["WordDocument", "Macros", "_VBA_PROJECT"]), Some((true, false)));
        assert_eq!(of(&["Workbook", "_VBA_PROJECT_CUR"]), Some((true, false)));
        assert_eq!(of(&["EncryptionInfo", "EncryptedPackage"]), Some((false, true)));
        assert_eq!(of(&["WordDocument", "_VBA_PROJECTS"]), Some((false, false)));
        // The words in a document's own text are no entry of the directory.
        let mut letter = compound_of(&none, &["WordDocument"]);
        letter.extend(std::iter::once(0).chain("_VBA_PROJECT\0".encode_utf16().flat_map(u16::to_le_bytes)));
        assert_eq!(compound(&letter).map(|c| c.macros), Some(false));
    }

    proptest! {
        #[test]
        fn any_bytes(octets in proptest::collection::vec(any::<u8>(), 0..2000), shift: u8, sector: u32) {
            let _ = of(&octets);
            let mut file = compound_of(&[0; 16], &[]);
            file[30] = shift;
            file[48..52].copy_from_slice(&sector.to_le_bytes());
            file.extend_from_slice(&octets);
            let _ = (of(&file), compound(&file));
        }
    }
}
