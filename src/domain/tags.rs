//! Tags: what a clerk asks with a word after `+` (or `--`, for systems that cannot write plus) in the address, or in
//! square brackets in the subject. In Swedish, Finnish and English; case, diacritics and hyphens do not matter.
//!
//! ```text
//! anna.virtanen+request-2026-12-31+noreply@…       [begäran 2026-12-31] [ej svar] [dnr HEL 2026-001234]
//! ```

use jiff::civil::Date;

use super::record::{Kind, Tags};

const DECISION: &[&str] = &["decision", "beslut", "paatos"];
const NOTICE: &[&str] = &["notice", "meddelande", "tillkannagivande", "tiedoksianto"];
const REQUEST: &[&str] = &["request", "begaran", "lisatieto", "lisatietopyynto"];
const NO_REPLY: &[&str] = &["noreply", "ejsvar", "eivastausta"];
const CASE: &[&str] = &["case", "dnr", "diarienummer", "dnro", "diaarinumero", "asianumero"];
const CITIZEN: &[&str] = &["to", "till", "saaja", "vastaanottaja"];
/// May stand between the request and its date: `[begäran senast 2026-12-31]`.
const DUE: &[&str] = &["due", "by", "senast", "viimeistaan"];

/// Takes the tags off a subject: what remains is shown. Brackets that hold no tag of ours stay.
#[must_use]
pub fn subject(text: &str) -> (String, Tags) {
    let mut tags = Tags::default();
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(end) = rest.find(']') {
        let (before, after) = (&rest[..end], &rest[end + 1..]);
        match before.rfind('[') {
            Some(start) if in_brackets(&before[start + 1..], &mut tags) => {
                shown.push_str(&before[..start]);
                let seam = shown.is_empty() || shown.ends_with(char::is_whitespace);
                rest = if seam { after.trim_start() } else { after };
            }
            _ => {
                shown.push_str(&rest[..=end]);
                rest = after;
            }
        }
    }
    shown.push_str(rest);
    (shown.trim().to_owned(), tags)
}

/// Takes the tags off a local part (its meaning, unquoted): what remains is the address proper, in its own case. A tag
/// that is none of ours names the citizen; several of them are joined again with `+`, so that they name nobody.
#[must_use]
pub fn local_part(text: &str) -> (String, Tags) {
    let mut tags = Tags::default();
    let Some((base, list)) = split(text) else { return (text.to_owned(), tags) };
    for tag in list.split('+').flat_map(|t| t.split("--")).map(|t| t.trim_matches('-')).filter(|t| !t.is_empty()) {
        if !by_word(&folded(tag), &mut tags, true) {
            let citizen = tags.citizen.get_or_insert_default();
            if !citizen.is_empty() {
                citizen.push('+');
            }
            citizen.push_str(tag);
        }
    }
    (base.to_owned(), tags)
}

/// The base and the list of tags. A plus may also be part of an identity code, for people born more than a hundred
/// years ago: `120101+123A`.
fn split(text: &str) -> Option<(&str, &str)> {
    let at = |from: usize| {
        let rest = &text[from..];
        let plus = rest.find('+').map(|i| (from + i, from + i + 1));
        let hyphens = rest.find("--").map(|i| (from + i, from + i + 2));
        plus.into_iter().chain(hyphens).min()
    };
    let (mut end, mut start) = at(0)?;
    if text[end..].starts_with('+') && ends_as_identity_code(&text[..end], &text[start..]) {
        (end, start) = at(start)?;
    }
    (end > 0).then(|| (&text[..end], &text[start..]))
}

fn ends_as_identity_code(date: &str, rest: &str) -> bool {
    let number = rest.split(['+', '-']).next().unwrap_or_default().as_bytes();
    matches!(date.len(), 6 | 8)
        && date.bytes().all(|c| c.is_ascii_digit())
        && number.len() == 4
        && number[..3].iter().all(u8::is_ascii_digit)
        && number[3].is_ascii_alphanumeric()
}

/// What stands in one pair of brackets. Whether it was a tag.
fn in_brackets(inner: &str, tags: &mut Tags) -> bool {
    let inner = inner.trim();
    if inner.len() > 200 {
        return false;
    }
    if by_word(&folded(inner), tags, false) {
        return true;
    }
    let Some((word, value)) = inner.split_once(|c: char| c.is_whitespace() || c == ':') else { return false };
    let (word, value) = (folded(word), value.trim_start_matches(|c: char| c.is_whitespace() || c == ':'));
    if CASE.contains(&&*word) && value.contains(|c: char| c.is_ascii_digit()) {
        tags.case_reference.get_or_insert_with(|| value.to_owned());
        return true;
    }
    // One word with the look of an address, an alias or a code: "[to be decided]" stays in the subject.
    let names = !value.contains(char::is_whitespace)
        && value.contains(|c: char| c.is_ascii_digit() || matches!(c, '@' | '.' | '-'))
        && date(value).is_none();
    if CITIZEN.contains(&&*word) && names {
        tags.citizen.get_or_insert_with(|| value.to_owned());
        return true;
    }
    false
}

/// A tag that is a word, or `request` with a date. In an address whatever follows `request-` was meant as a date
/// (`strict`); in a subject only what has a digit in it: "[request for information]" is prose.
fn by_word(tag: &str, tags: &mut Tags, strict: bool) -> bool {
    let squeezed: String = tag.chars().filter(|c| !is_gap(*c)).collect();
    let is = |words: &[&str]| words.contains(&&*squeezed);
    if is(DECISION) {
        tags.kind.get_or_insert(Kind::Decision);
    } else if is(NOTICE) {
        tags.kind.get_or_insert(Kind::Notice);
    } else if is(REQUEST) {
        tags.kind.get_or_insert(Kind::Request);
    } else if is(NO_REPLY) {
        tags.no_reply = true;
    } else if let Some(value) = after(tag, REQUEST) {
        let value = after(value, DUE).unwrap_or(value);
        let found = date(value);
        if found.is_none() && !strict && !value.contains(|c: char| c.is_ascii_digit()) {
            return false;
        }
        tags.kind.get_or_insert(Kind::Request);
        match (found, tags.due) {
            (Some(due), None) => tags.due = Some(due),
            (Some(due), Some(first)) if due == first => {}
            // Not a date, or a second and different one.
            _ => {
                tags.unreadable_due.get_or_insert_with(|| value.to_owned());
            }
        }
    } else {
        return false;
    }
    true
}

/// What follows one of the words and a gap.
fn after<'a>(tag: &'a str, words: &[&str]) -> Option<&'a str> {
    let rest = words.iter().find_map(|word| tag.strip_prefix(word).filter(|rest| rest.starts_with(is_gap)))?;
    Some(rest.trim_start_matches(is_gap))
}

fn is_gap(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '_' | ':' | '=')
}

/// `2026-12-31`, or `31.12.2026` as it is written in Finland.
fn date(text: &str) -> Option<Date> {
    let number = |digits: &str, lengths: std::ops::RangeInclusive<usize>| {
        let plain = lengths.contains(&digits.len()) && digits.bytes().all(|c| c.is_ascii_digit());
        plain.then(|| digits.parse::<i16>().ok())?
    };
    let dotted = text.contains('.');
    let mut fields = text.split(if dotted { '.' } else { '-' });
    let (Some(a), Some(b), Some(c), None) = (fields.next(), fields.next(), fields.next(), fields.next()) else {
        return None;
    };
    let (year, month, day) = if dotted { (c, b, a) } else { (a, b, c) };
    let short = if dotted { 1..=2 } else { 2..=2 };
    let (month, day) = (number(month, short.clone())?, number(day, short)?);
    Date::new(number(year, 4..=4)?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// Lower case, without diacritics, whether composed or not.
fn folded(text: &str) -> String {
    let plain = |c: char| match c {
        'å' | 'ä' | 'á' | 'à' => 'a',
        'ö' | 'ø' => 'o',
        'é' => 'e',
        other => other,
    };
    let marks = '\u{300}'..='\u{36f}';
    text.chars().flat_map(char::to_lowercase).map(plain).filter(|c| !marks.contains(c)).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn tags() -> Tags {
        Tags::default()
    }

    #[test]
    fn tags_of_an_address() {
        let due = Some(date(2026, 12, 31));
        let request = || Tags { kind: Some(Kind::Request), ..tags() };
        for (text, base, expected) in [
            ("anna.virtanen", "anna.virtanen", tags()),
            ("Anna+decision", "Anna", Tags { kind: Some(Kind::Decision), ..tags() }),
            ("anna+PÄÄTÖS+ei-vastausta", "anna", Tags { kind: Some(Kind::Decision), no_reply: true, ..tags() }),
            ("anna--tiedoksianto--noreply", "anna", Tags { kind: Some(Kind::Notice), no_reply: true, ..tags() }),
            ("anna+begaran-2026-12-31", "anna", Tags { due, ..request() }),
            ("anna--lisatieto-31.12.2026", "anna", Tags { due, ..request() }),
            ("anna+begara\u{308}ran", "anna", Tags { citizen: Some("begara\u{308}ran".into()), ..tags() }),
            ("anna+bega\u{308}ran", "anna", request()),
            ("anna+request-2026-02-30", "anna", Tags { unreadable_due: Some("2026-02-30".into()), ..request() }),
            ("anna+request-tomorrow", "anna", Tags { unreadable_due: Some("tomorrow".into()), ..request() }),
            (
                "begaran.social+anna.virtanen",
                "begaran.social",
                Tags { citizen: Some("anna.virtanen".into()), ..tags() },
            ),
            ("social+k7m2-xq4d-9tfa", "social", Tags { citizen: Some("k7m2-xq4d-9tfa".into()), ..tags() }),
            ("social+120101+123A", "social", Tags { citizen: Some("120101+123A".into()), ..tags() }),
            ("120101+123A", "120101+123A", tags()),
            ("120101+123A+beslut", "120101+123A", Tags { kind: Some(Kind::Decision), ..tags() }),
            ("131052-308T+decision", "131052-308T", Tags { kind: Some(Kind::Decision), ..tags() }),
            ("anna+", "anna", tags()),
            ("+decision", "+decision", tags()),
            ("k7m2-xq4d-9tfa", "k7m2-xq4d-9tfa", tags()),
        ] {
            assert_eq!(local_part(text), (base.to_owned(), expected), "{text}");
        }
    }

    #[test]
    fn tags_of_a_subject() {
        let due = Some(date(2026, 12, 31));
        let request = || Tags { kind: Some(Kind::Request), ..tags() };
        for (text, shown, expected) in [
            ("Bostadsbidrag", "Bostadsbidrag", tags()),
            ("[beslut] Bostadsbidrag", "Bostadsbidrag", Tags { kind: Some(Kind::Decision), ..tags() }),
            ("Ärende [begäran 2026-12-31] A", "Ärende A", Tags { due, ..request() }),
            ("Sv: [begäran senast 2026-12-31]A", "Sv: A", Tags { due, ..request() }),
            ("[Lisätieto 31.12.2026]", "", Tags { due, ..request() }),
            (
                "[dnr HEL 2026-001234] [ej svar] X",
                "X",
                Tags { no_reply: true, case_reference: Some("HEL 2026-001234".into()), ..tags() },
            ),
            ("[till 131052-308T] X", "X", Tags { citizen: Some("131052-308T".into()), ..tags() }),
            ("[begäran 2026-13-01] X", "X", Tags { unreadable_due: Some("2026-13-01".into()), ..request() }),
            (
                "[request 2026-12-31][request 2026-12-30]",
                "",
                Tags { due, unreadable_due: Some("2026-12-30".into()), ..request() },
            ),
            ("[request for information] X", "[request for information] X", tags()),
            ("[to be decided] [EXTERN] X ] [", "[to be decided] [EXTERN] X ] [", tags()),
            ("[[notice]] X", "[] X", Tags { kind: Some(Kind::Notice), ..tags() }),
            ("[beslut 2026-12-31] X", "[beslut 2026-12-31] X", tags()),
        ] {
            assert_eq!(subject(text), (shown.to_owned(), expected), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "(\\PC|\\[|\\]|\\+|--|request|beslut |-2026-12-31){0,40}") {
            let (shown, _) = subject(&text);
            prop_assert!(shown.len() <= text.len());
            let (base, _) = local_part(&text);
            prop_assert!(text.starts_with(&base));
        }
    }
}
