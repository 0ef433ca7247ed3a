//! Windows code pages by their number, as TNEF and RTF name charsets.

use std::borrow::Cow;

use encoding_rs::Encoding;

/// UTF-8.
pub(super) const UTF_8: u32 = 65001;
/// Western, where nothing else is said.
pub(super) const WESTERN: u32 = 1252;

/// The upper half of the pages of DOS, which encoding standards for the web have not.
const DOS_437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀\
                       αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";
const DOS_850: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀\
                       ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";

/// The encoding of a page; `None`: a page of DOS, or one that nobody knows.
fn encoding(page: u32) -> Option<&'static Encoding> {
    Some(match page {
        874 => encoding_rs::WINDOWS_874,
        932 | 943 => encoding_rs::SHIFT_JIS,
        936 | 20936 => encoding_rs::GBK,
        949 | 51949 => encoding_rs::EUC_KR,
        950 => encoding_rs::BIG5,
        1200 => encoding_rs::UTF_16LE,
        1201 => encoding_rs::UTF_16BE,
        1250 => encoding_rs::WINDOWS_1250,
        1251 => encoding_rs::WINDOWS_1251,
        1253 => encoding_rs::WINDOWS_1253,
        1254 | 28599 => encoding_rs::WINDOWS_1254,
        1255 => encoding_rs::WINDOWS_1255,
        1256 => encoding_rs::WINDOWS_1256,
        1257 => encoding_rs::WINDOWS_1257,
        1258 => encoding_rs::WINDOWS_1258,
        10000 => encoding_rs::MACINTOSH,
        20866 => encoding_rs::KOI8_R,
        21866 => encoding_rs::KOI8_U,
        28592 => encoding_rs::ISO_8859_2,
        28593 => encoding_rs::ISO_8859_3,
        28594 => encoding_rs::ISO_8859_4,
        28595 => encoding_rs::ISO_8859_5,
        28596 => encoding_rs::ISO_8859_6,
        28597 => encoding_rs::ISO_8859_7,
        28598 | 38598 => encoding_rs::ISO_8859_8,
        28600 => encoding_rs::ISO_8859_10,
        28603 => encoding_rs::ISO_8859_13,
        28605 => encoding_rs::ISO_8859_15,
        50220..=50222 => encoding_rs::ISO_2022_JP,
        51932 => encoding_rs::EUC_JP,
        54936 => encoding_rs::GB18030,
        UTF_8 => encoding_rs::UTF_8,
        _ => return None,
    })
}

/// Text in this page. What does not fit becomes U+FFFD; a page that nobody knows is read as windows-1252, and what
/// claims to be ASCII too.
pub(super) fn decode(page: u32, octets: &[u8]) -> Cow<'_, str> {
    let dos = match page {
        437 | 865 => DOS_437,
        850 | 858 => DOS_850,
        _ => {
            let encoding = encoding(page).unwrap_or(encoding_rs::WINDOWS_1252);
            return encoding.decode_without_bom_handling(octets).0;
        }
    };
    let dos: Vec<char> = dos.chars().collect();
    let upper = |octet: u8| match (page, octet) {
        (865, 0x9B) => 'ø',
        (865, 0x9D) => 'Ø',
        (865, 0xAF) => '¤',
        (858, 0xD5) => '€',
        _ => dos.get(usize::from(octet & 0x7F)).copied().unwrap_or(char::REPLACEMENT_CHARACTER),
    };
    octets.iter().map(|&octet| if octet < 0x80 { char::from(octet) } else { upper(octet) }).collect()
}

/// UTF-16, little-endian; half a unit at the end is left out.
pub(super) fn utf16(octets: &[u8]) -> String {
    let whole = &octets[..octets.len() & !1];
    encoding_rs::UTF_16LE.decode_without_bom_handling(whole).0.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages() {
        for (page, octets, expected) in [
            (1252, &b"p\xe4\xe4t\xf6s \x80"[..], "päätös €"),
            (1257, b"\xe5\xf0", "åš"),
            (850, b"\x84\x94\x86 \x9b\x9d \xff", "äöå øØ \u{a0}"),
            (865, b"\x84\x94\x86 \x9b\x9d \x9c", "äöå øØ £"),
            (437, b"\xe1\x9b", "ß¢"),
            (65001, "åäö".as_bytes(), "åäö"),
            (0, b"\xe5", "å"),
            (20127, b"\xe5", "å"),
            (932, b"\x93\xfa", "日"),
        ] {
            assert_eq!(decode(page, octets), expected, "{page}");
        }
        assert_eq!(utf16(b"\xe4\0b\0c"), "äb");
        assert_eq!((DOS_437.chars().count(), DOS_850.chars().count()), (128, 128));
    }
}
