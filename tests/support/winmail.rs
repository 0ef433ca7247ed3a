//! The least that Outlook packs.

/// Outlook's winmail.dat with this file in it (MS-OXTNEF §2.1.3).
pub fn winmail(name: &str, octets: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x9f, 0x3e, 0x22, 1, 0];
    let mut put = |level: u8, attribute: u32, octets: &[u8]| {
        stream.push(level);
        stream.extend(attribute.to_le_bytes());
        stream.extend(u32::try_from(octets.len()).unwrap().to_le_bytes());
        stream.extend(octets);
        stream.extend(octets.iter().fold(0_u16, |sum, octet| sum.wrapping_add((*octet).into())).to_le_bytes());
    };
    put(1, 0x0008_9006, &[0, 0, 1, 0]);
    put(2, 0x0006_9002, &[1, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]);
    put(2, 0x0001_8010, &[name.as_bytes(), b"\0"].concat());
    put(2, 0x0006_800f, octets);
    stream
}
