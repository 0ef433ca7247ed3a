//! ZIP files made by hand, right or wrong as a test asks. What is "compressed" is deflate's stored block, so that any
//! program unpacks it and the octets stand nowhere in one piece without a mark before them.

/// One file in it.
#[derive(Debug, Clone)]
pub struct File {
    /// In the central directory.
    pub name: Vec<u8>,
    /// Before the octets; `None`: the same.
    pub local_name: Option<Vec<u8>>,
    /// Before compression.
    pub octets: Vec<u8>,
    /// Whether it is compressed.
    pub deflate: bool,
    /// General purpose flags.
    pub flags: u16,
    /// Whether the central directory names it.
    pub listed: bool,
    /// Extra fields in the central directory.
    pub extra: Vec<u8>,
}

impl File {
    /// As it is.
    pub fn stored(name: &str, octets: &[u8]) -> Self {
        Self {
            name: name.into(),
            local_name: None,
            octets: octets.into(),
            deflate: false,
            flags: 0,
            listed: true,
            extra: Vec::new(),
        }
    }

    /// Compressed.
    pub fn deflated(name: &str, octets: &[u8]) -> Self {
        Self { deflate: true, ..Self::stored(name, octets) }
    }
}

/// The whole file.
pub fn zip(files: &[File]) -> Vec<u8> {
    zip_with(files, u16::try_from(files.iter().filter(|file| file.listed).count()).unwrap(), b"")
}

/// The same, saying that it has so many entries, with a comment at its end.
pub fn zip_with(files: &[File], entries: u16, comment: &[u8]) -> Vec<u8> {
    let (mut out, mut list) = (Vec::new(), Vec::new());
    for file in files {
        let offset = u32::try_from(out.len()).unwrap();
        let octets = if file.deflate { deflated(&file.octets) } else { file.octets.clone() };
        let common = |name: &[u8], extra: &[u8]| {
            let mut head = Vec::new();
            head.extend(file.flags.to_le_bytes());
            head.extend(if file.deflate { 8_u16 } else { 0 }.to_le_bytes());
            head.extend([0; 4]);
            head.extend(crc32(&file.octets).to_le_bytes());
            head.extend(u32::try_from(octets.len()).unwrap().to_le_bytes());
            head.extend(u32::try_from(file.octets.len()).unwrap().to_le_bytes());
            head.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
            head.extend(u16::try_from(extra.len()).unwrap().to_le_bytes());
            head
        };
        let local_name = file.local_name.as_deref().unwrap_or(&file.name);
        out.extend(b"PK\x03\x04\x14\0");
        out.extend(common(local_name, b""));
        out.extend(local_name);
        out.extend(&octets);
        if file.listed {
            list.extend(b"PK\x01\x02\x14\0\x14\0");
            list.extend(common(&file.name, &file.extra));
            list.extend([0; 10]);
            list.extend(offset.to_le_bytes());
            list.extend(&file.name);
            list.extend(&file.extra);
        }
    }
    let at = u32::try_from(out.len()).unwrap();
    out.extend(&list);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(entries.to_le_bytes());
    out.extend(entries.to_le_bytes());
    out.extend(u32::try_from(list.len()).unwrap().to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend(u16::try_from(comment.len()).unwrap().to_le_bytes());
    out.extend(comment);
    out
}

/// Deflate's stored blocks (RFC 1951 §3.2.4).
fn deflated(octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut pieces = octets.chunks(0xffff).peekable();
    if octets.is_empty() {
        out.extend([1, 0, 0, 0xff, 0xff]);
    }
    while let Some(piece) = pieces.next() {
        let length = u16::try_from(piece.len()).unwrap();
        out.push(u8::from(pieces.peek().is_none()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(piece);
    }
    out
}

fn crc32(octets: &[u8]) -> u32 {
    !octets.iter().fold(!0_u32, |mut crc, octet| {
        crc ^= u32::from(*octet);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
        crc
    })
}

/// A tar of these files, with the two empty blocks at its end.
pub fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, octets) in files {
        let mut header = [0_u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[100..108].copy_from_slice(b"0000644\0");
        header[124..136].copy_from_slice(format!("{:011o}\0", octets.len()).as_bytes());
        header[148..156].copy_from_slice(b"        ");
        header[156] = b'0';
        header[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = header.iter().map(|octet| u32::from(*octet)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        out.extend(header);
        out.extend(*octets);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}
