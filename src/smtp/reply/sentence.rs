//! The sentences of refusals, from `src/texts/*/smtp.ftl`: for a clerk, who is to know what to do next.

use fluent_bundle::FluentValue;

use crate::domain::language::Language;
use crate::domain::status::{Class, Refusal};
use crate::domain::tags::{self, Said};
use crate::texts;

/// Digits of a date written in full.
const DATE_DIGITS: usize = 8;

/// In the refusal's language and then, on a line of its own, in English. In ASCII unless `utf8`.
pub fn of(refusal: &Refusal, utf8: bool) -> String {
    let mut text = one(&refusal.class, refusal.language);
    if refusal.language != Language::En {
        text.push('\n');
        text.push_str(&one(&refusal.class, Language::En));
    }
    if utf8 { text } else { ascii(&text) }
}

fn one(class: &Class, language: Language) -> String {
    let text = match class {
        Class::Malware { part } => texts::text(language, class.key(), &[("part", FluentValue::from(shown(part)))]),
        Class::Attachment { part, entry, .. } => {
            let entry = entry.as_deref().map_or_else(|| "none".to_owned(), shown);
            texts::text(language, class.key(), &[("part", shown(part).into()), ("entry", entry.into())])
        }
        Class::NotScanned { part, size, limit } => {
            let limit = limit.map_or_else(|| "unknown".to_owned(), |limit| octets(limit, false, language));
            let size = octets(*size, true, language);
            let args = [("part", shown(part).into()), ("size", size.into()), ("limit", limit.into())];
            texts::text(language, class.key(), &args)
        }
        Class::TooLarge { size, limit } => {
            // Up and down, so that the size is never shown as equal to a limit that it exceeds.
            let size = size.map_or_else(|| "unknown".to_owned(), |size| octets(size, true, language));
            let limit = octets(*limit, false, language);
            texts::text(language, class.key(), &[("size", size.into()), ("limit", limit.into())])
        }
        Class::DueDate { read, .. } => {
            let args = [("read", without_identity(read).into()), ("years", tags::YEARS_AHEAD.into())];
            texts::text(language, class.key(), &args)
        }
        Class::TagsConflict { first, second } => {
            let args = [("first", said(first, language).into()), ("second", said(second, language).into())];
            texts::text(language, class.key(), &args)
        }
        _ => texts::text(language, class.key(), &[]),
    };
    // One sentence, one line, however the file wraps it.
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A tag, as one writes it in this language.
fn said(tag: &Said, language: Language) -> String {
    match tag {
        Said::Kind(kind) => texts::text(language, &format!("tag-{}", kind.word()), &[]),
        Said::Due(date) => texts::text(language, "tag-due", &[("date", date.to_string().into())]),
        Said::Case(case) => texts::text(language, "tag-case", &[("reference", without_identity(case).into())]),
    }
}

/// Text from a tag. Answers are kept in many places on their way to the clerk, so what has the digits of an identity
/// code, more than any date, is not said back.
fn without_identity(text: &str) -> String {
    if text.chars().filter(char::is_ascii_digit).count() > DATE_DIGITS { "…".to_owned() } else { shown(text) }
}

/// A file name from a message: whatever it is, it stays within its line, and short.
fn shown(part: &str) -> String {
    let plain = |c: char| {
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}') { '?' } else { c }
    };
    part.chars().map(plain).take(80).collect()
}

/// `31.4 MiB`, with the language's decimal mark and no `.0`.
pub fn octets(octets: u64, up: bool, language: Language) -> String {
    let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1_u64 << 10)];
    let Some((unit, one)) = units.into_iter().find(|(_, one)| octets >= *one) else { return format!("{octets} B") };
    let tenths = u128::from(octets) * 10;
    let one = u128::from(one);
    let tenths = if up { tenths.div_ceil(one) } else { tenths / one };
    match tenths % 10 {
        0 => format!("{} {unit}", tenths / 10),
        tenth => format!("{}{}{tenth} {unit}", tenths / 10, if language == Language::En { '.' } else { ',' }),
    }
}

/// The nearest in ASCII, for clients that take nothing else.
fn ascii(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_ascii() => plain.push(c),
            'å' | 'ä' | 'á' | 'à' | 'â' | 'ã' => plain.push('a'),
            'Å' | 'Ä' | 'Á' | 'À' | 'Â' | 'Ã' => plain.push('A'),
            'ö' | 'ø' | 'ó' | 'ò' | 'ô' | 'õ' => plain.push('o'),
            'Ö' | 'Ø' | 'Ó' | 'Ò' | 'Ô' | 'Õ' => plain.push('O'),
            'é' | 'è' | 'ê' | 'ë' => plain.push('e'),
            'É' | 'È' | 'Ê' | 'Ë' => plain.push('E'),
            'ü' | 'ú' | 'ù' | 'û' => plain.push('u'),
            'Ü' | 'Ú' | 'Ù' | 'Û' => plain.push('U'),
            'š' => plain.push('s'),
            'ž' => plain.push('z'),
            'æ' => plain.push_str("ae"),
            'Æ' => plain.push_str("AE"),
            '–' | '—' | '‑' => plain.push('-'),
            '“' | '”' | '„' | '«' | '»' => plain.push('"'),
            '‘' | '’' => plain.push('\''),
            '…' => plain.push_str("..."),
            '\u{a0}' | '\u{202f}' => plain.push(' '),
            _ => plain.push('?'),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_for_people_and_never_equal_their_limit() {
        let size = |n, up| octets(n, up, Language::En);
        assert_eq!(size(900, true), "900 B");
        assert_eq!(size(31 << 20, true), "31 MiB");
        assert_eq!(size((30 << 20) + 1, true), "30.1 MiB");
        assert_eq!(size((30 << 20) + 1, false), "30 MiB");
        assert_eq!(octets(32_925_286, true, Language::Sv), "31,4 MiB");
        assert_eq!(size(u64::MAX, true), "17179869184 GiB");
    }

    #[test]
    fn ascii_keeps_words_readable() {
        assert_eq!(ascii("Åäö – “på”…é€\u{a0}"), "Aao - \"pa\"...e? ");
    }
}
