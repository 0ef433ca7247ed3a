//! Absence notes by their words, in Swedish, Finnish, English, and the neighbours' languages as far as Outlook writes them.

/// What begins the subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// What mail programs put before the subject that they answer.
    Program,
    /// A word that people use too: children are absent from school, and "semester" is many a letter's matter.
    Word,
}

/// What Outlook, Exchange, Notes, Gmail and webmail programs put in front, each with a colon.
const PROGRAMS: [&str; 23] = [
    "auto",
    "automatic reply",
    "automatic response",
    "auto reply",
    "auto-reply",
    "autoreply",
    "auto response",
    "out of office",
    "out of office autoreply",
    "out of the office",
    "automatiskt svar",
    "automatiskt meddelande",
    "autosvar",
    "frånvaromeddelande",
    "frånvarande",
    "automaattinen vastaus",
    "automaattivastaus",
    "autovastaus",
    "poissaoloilmoitus",
    "poissaoloviesti",
    "automatisk svar",
    "ikke til stede",
    "fraværende",
];
const WORDS: [&str; 18] = [
    "out of office",
    "out of the office",
    "on vacation",
    "vacation",
    "away from my mail",
    "away",
    "frånvaro",
    "frånvarande",
    "på semester",
    "semester",
    "jag är borta",
    "borta",
    "poissaolo",
    "poissa",
    "lomalla",
    "olen lomalla",
    "loma",
    "föräldraledig",
];
/// What such a note says of its writer. Whole phrases: "semester" alone is in many a letter.
const PHRASES: [&str; 50] = [
    "jag är på semester",
    "jag har semester",
    "jag är borta",
    "jag är frånvarande",
    "jag är inte på plats",
    "jag är inte anträffbar",
    "jag är på tjänsteresa",
    "jag är på resande fot",
    "jag är tjänstledig",
    "jag är föräldraledig",
    "jag är ledig",
    "jag är sjukskriven",
    "jag är bortrest",
    "jag är åter",
    "jag är tillbaka",
    "åter i tjänst",
    "jag läser inte min e-post",
    "jag har slutat",
    "olen lomalla",
    "olen vuosilomalla",
    "olen kesälomalla",
    "olen talvilomalla",
    "olen poissa",
    "olen virkamatkalla",
    "olen työmatkalla",
    "olen virkavapaalla",
    "olen vanhempainvapaalla",
    "olen perhevapaalla",
    "olen äitiyslomalla",
    "olen opintovapaalla",
    "olen sairauslomalla",
    "olen tavoitettavissa",
    "en ole tavoitettavissa",
    "palaan töihin",
    "palaan lomalta",
    "en lue sähköpostiani",
    "i am out of office",
    "i am out of the office",
    "i'm out of office",
    "i'm out of the office",
    "i am currently out of",
    "i will be out of the office",
    "i am away",
    "i'm away",
    "i am on vacation",
    "i am on holiday",
    "i am on leave",
    "i am on annual leave",
    "limited access to my e",
    "i will be back",
];

/// What the subject, in lower case, begins with. `Sv: Automatiskt svar: …` is a person's answer to one.
pub(super) fn subject(subject: &str) -> Option<Subject> {
    let subject = subject.trim();
    let begins = |word: &&str| {
        let rest = subject.strip_prefix(*word).map(str::trim_start);
        rest.is_some_and(|rest| rest.strip_prefix(':').is_some_and(|rest| !rest.trim().is_empty()))
    };
    if PROGRAMS.iter().any(begins) {
        return Some(Subject::Program);
    }
    let is_word = |word: &&str| {
        let rest = subject.strip_prefix(*word);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(|c: char| !c.is_alphanumeric()))
    };
    WORDS.iter().any(is_word).then_some(Subject::Word)
}

/// Whether the text, in lower case, says in its beginning that its writer is away.
pub(super) fn is_text(text: &str) -> bool {
    let beginning = &text[..text.floor_char_boundary(600)];
    let beginning = beginning.replace('\u{2019}', "'");
    PHRASES.iter().any(|phrase| beginning.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects() {
        for (text, wanted) in [
            ("automatiskt svar: beslut", Some(Subject::Program)),
            ("auto: kirsi laine is out of the office", Some(Subject::Program)),
            ("automatic reply : decision", Some(Subject::Program)),
            ("automaattinen vastaus:", None),
            ("automatiskt svar", None),
            ("autosvar om bilen: fråga", None),
            ("autodiagnos: resultat", None),
            ("sv: automatiskt svar: beslut", None),
            ("vs: poissa", None),
            ("frånvaro", Some(Subject::Word)),
            ("frånvaro: 3.12", Some(Subject::Word)),
            ("semester", Some(Subject::Word)),
            ("semesterersättning", None),
            ("lomallanne saapunut päätös", None),
            ("", None),
        ] {
            assert_eq!(subject(text), wanted, "{text}");
        }
    }

    #[test]
    fn texts() {
        assert!(is_text("hej! jag är på semester till måndag."));
        assert!(is_text("i\u{2019}m out of office"));
        assert!(!is_text("din semesterersättning är beviljad. loma-ajan palkka."));
        let late = format!("{} olen lomalla", "päätös ".repeat(200));
        assert!(!is_text(&late), "a letter in which it is the end");
    }
}
