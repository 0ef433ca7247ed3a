//! The words of tags, as they are compared: lower case, without diacritics and gaps.

use crate::domain::record::Kind;

/// Words that say a kind. A request's longer forms come first: the first that fits is taken off.
const KINDS: [(Kind, &[&str]); 3] = [
    (Kind::Decision, &["decision", "beslut", "paatos"]),
    (Kind::Notice, &["notice", "meddelande", "tillkannagivande", "tiedoksianto"]),
    (
        Kind::Request,
        &[
            "requestforadditionalinformation",
            "requestforfurtherinformation",
            "request",
            "begaranomtillaggsuppgifter",
            "begaranomkomplettering",
            "begaran",
            "kompletteringsbegaran",
            "lisatietopyynto",
            "lisatieto",
            "lisaselvityspyynto",
            "selvityspyynto",
            "taydennyspyynto",
        ],
    ),
];
const NO_REPLY: &[&str] = &["noreply", "donotreply", "ejsvar", "svaraej", "eivastausta", "eivastata"];
const CASE: &[&str] = &[
    "diarienummer",
    "diaarinumero",
    "asianumero",
    "asiatunnus",
    "arendenummer",
    "casenumber",
    "journalnr",
    "asianro",
    "arendenr",
    "diarienr",
    "caseno",
    "sagsnr",
    "saksnr",
    "case",
    "dnro",
    "dnr",
];
const CITIZEN: &[&str] = &["vastaanottaja", "saaja", "till", "to"];
/// May stand before a date alone, or between the request and its date.
const DUE: &[&str] =
    &["senastden", "senast", "viimeistaan", "maaraaika", "maarapaiva", "svarsdatum", "deadline", "dueby", "due"];
/// Only between the two: alone they begin prose.
const UNTIL: &[&str] = &["until", "till", "by", "den"];

/// The kind that the text is the word for, and nothing more.
pub(super) fn kind(text: &str) -> Option<Kind> {
    KINDS.iter().find_map(|(kind, words)| (after(text, words)?.is_empty()).then_some(*kind))
}

/// A kind's word and something behind it.
pub(super) fn kind_and_more(text: &str) -> Option<(Kind, &str)> {
    KINDS.iter().find_map(|(kind, words)| Some((*kind, after(text, words)?))).filter(|(_, rest)| !rest.is_empty())
}

/// What follows a word of due dates.
pub(super) fn after_due(text: &str) -> Option<&str> {
    after(text, DUE)
}

/// What stands behind a kind, without the words that may come before a date.
pub(super) fn without_due(text: &str) -> &str {
    after(text, DUE).or_else(|| after(text, UNTIL)).unwrap_or(text)
}

/// Whether the text asks for no reply.
pub(super) fn is_no_reply(text: &str) -> bool {
    after(text, NO_REPLY).is_some_and(str::is_empty)
}

/// What follows a word for a case.
pub(super) fn after_case(text: &str) -> Option<&str> {
    after(text, CASE)
}

/// What follows a word for a citizen.
pub(super) fn after_citizen(text: &str) -> Option<&str> {
    after(text, CITIZEN)
}

/// What follows one of the words: nothing, or what stands behind a gap. Inside a word gaps do not count: `ej svar`,
/// `ej-svar`, `d.nr`.
fn after<'a>(text: &'a str, words: &[&str]) -> Option<&'a str> {
    words.iter().find_map(|word| {
        let mut wanted = word.chars().peekable();
        let mut end = 0;
        for (at, c) in text.char_indices() {
            let Some(next) = wanted.peek() else { break };
            end = at + c.len_utf8();
            if is_gap(c) || is_mark(c) || (c == '.' && at > 0) {
                continue;
            }
            let mut folds = fold(c);
            if folds.next()? != *next {
                return None;
            }
            wanted.next();
        }
        if wanted.peek().is_some() {
            return None;
        }
        let rest = text.get(end..)?.trim_start_matches(is_mark);
        let ends = matches!(rest, "" | ".") || rest.starts_with(is_gap) || rest.starts_with(". ");
        ends.then(|| rest.trim_start_matches('.').trim_start_matches(is_gap))
    })
}

/// Whether two texts say the same, but for case, diacritics and spaces.
pub(super) fn same(a: &str, b: &str) -> bool {
    let plain = |text: &str| -> String { folded(text).chars().filter(|c| !c.is_whitespace()).collect() };
    plain(a) == plain(b)
}

/// What may part the words of a tag.
pub(super) fn is_gap(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '_' | ':' | '=')
}

/// Lower case, without diacritics, whether composed or not.
pub(super) fn folded(text: &str) -> String {
    text.chars().filter(|c| !is_mark(*c)).flat_map(fold).collect()
}

fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

fn fold(c: char) -> impl Iterator<Item = char> {
    c.to_lowercase().map(|c| match c {
        'å' | 'ä' | 'á' | 'à' | 'æ' => 'a',
        'ö' | 'ø' => 'o',
        'é' => 'e',
        other => other,
    })
}
