//! Unique letters that look like a clerk's: text and HTML in quoted-printable, an attachment in base64. Made from a
//! number alone, so that whoever knows the number knows the octets. No line of them begins with a dot.

use std::fmt::Write as _;

/// A stream of numbers that look like chance and are the same at every run (splitmix64).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// The stream of this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below this one.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap_or(0)
    }
}

const WORDS: [&str; 48] = [
    "beslut",
    "=C3=A4rende",
    "handl=C3=A4ggare",
    "ans=C3=B6kan",
    "bilaga",
    "kommun",
    "f=C3=B6r",
    "och",
    "att",
    "som",
    "utkomstst=C3=B6d",
    "enligt",
    "lagen",
    "om",
    "socialv=C3=A5rd",
    "ni",
    "har",
    "r=C3=A4tt",
    "inom",
    "trettio",
    "dagar",
    "p=C3=A4=C3=A4t=C3=B6s",
    "hakemus",
    "liite",
    "kunta",
    "ja",
    "ett=C3=A4",
    "joka",
    "toimeentulotuki",
    "mukaan",
    "laki",
    "teill=C3=A4",
    "on",
    "oikeus",
    "kuluessa",
    "p=C3=A4iv=C3=A4n",
    "k=C3=A4sittelij=C3=A4",
    "decision",
    "application",
    "enclosure",
    "municipality",
    "and",
    "under",
    "the",
    "act",
    "you",
    "may",
    "appeal",
];

/// Letter number `number` of the run `run`, about `size` octets with CRLF: at least 1,500.
pub fn letter(run: u64, number: u64, size: usize) -> Vec<u8> {
    let mut letter = head(run, number, size);
    let mut dice = Dice::new(run ^ number.rotate_left(32));
    base64(&mut letter, size.saturating_sub(END.len()), &mut dice);
    letter.extend_from_slice(END.as_bytes());
    letter
}

/// Its Message-ID, without brackets.
pub fn message_id(run: u64, number: u64) -> String {
    format!("{run:016x}.{number}@hel.example")
}

/// Everything before the octets of the attachment.
pub fn head(run: u64, number: u64, size: usize) -> Vec<u8> {
    let mut dice = Dice::new(run.rotate_left(17) ^ number);
    let (mut text, words) = (String::new(), size / 40);
    let mut column = 0;
    for _ in 0..words.clamp(40, 600) {
        let word = WORDS[dice.below(WORDS.len())];
        if column + word.len() > 70 {
            text.push_str("\r\n");
            column = 0;
        } else if column > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += word.len();
    }
    let mut head = String::with_capacity(size);
    let id = message_id(run, number);
    let _ = write!(
        head,
        "Date: Mon, 23 Nov 2026 10:{:02}:{:02} +0200\r\n\
         From: =?UTF-8?Q?Maija_Meik=C3=A4l=C3=A4inen?= <registry@hel.example>\r\n\
         To: anna.virtanen@konto.example\r\n\
         Subject: =?UTF-8?Q?Beslut_i_=C3=A4rende_{number}?=\r\n\
         Message-ID: <{id}>\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"=_outer\"\r\n\r\n\
         --=_outer\r\n\
         Content-Type: multipart/alternative; boundary=\"=_inner\"\r\n\r\n\
         --=_inner\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: quoted-printable\r\n\r\n\
         {text}\r\n\
         --=_inner\r\n\
         Content-Type: text/html; charset=utf-8\r\n\
         Content-Transfer-Encoding: quoted-printable\r\n\r\n\
         <html><body style=3D\"font-family:Arial\"><p>=\r\n{text}</p></body></html>\r\n\
         --=_inner--\r\n\
         --=_outer\r\n\
         Content-Type: application/pdf; name=\"beslut-{number}.pdf\"\r\n\
         Content-Disposition: attachment; filename=\"beslut-{number}.pdf\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n",
        number / 60 % 60,
        number % 60,
    );
    head.into_bytes()
}

/// What follows the octets of the attachment.
pub const END: &str = "--=_outer--\r\n";

/// Whole lines of base64 until there are `size` octets; at least one line.
pub fn base64(out: &mut Vec<u8>, size: usize, dice: &mut Dice) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    loop {
        // 76 characters are 57 octets: eight numbers hold ten characters each.
        for part in [10, 10, 10, 10, 10, 10, 10, 6] {
            let mut bits = dice.next();
            for _ in 0..part {
                out.push(ALPHABET[usize::try_from(bits & 63).unwrap_or(0)]);
                bits >>= 6;
            }
        }
        out.extend_from_slice(b"\r\n");
        if out.len() >= size {
            return;
        }
    }
}
