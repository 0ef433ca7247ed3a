//! What of a text is new, and what an earlier message said. Nothing is cut: the runs, put together, are the text. When in
//! doubt a line counts as new, since what is new is what must be seen.

/// What a run of lines is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The author's own words.
    Own,
    /// Quoted, and answered below or short: shown, as its answer says little without it.
    Quoted,
    /// The earlier messages: folded.
    Earlier,
    /// A signature below its delimiter: folded.
    Signature,
}

/// Lines of one kind that follow each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// What they are.
    pub part: Part,
    /// The lines, counted from 0.
    pub lines: std::ops::Range<usize>,
}

/// A quotation longer than this is folded although an answer follows.
const LONG_QUOTE: usize = 12;
/// More lines than this are no signature.
const LONG_SIGNATURE: usize = 25;
/// Lines looked at from the first of a block of header fields.
const BLOCK: usize = 5;

/// Titles between two rules that open an earlier message.
const EARLIER: &[&str] = &[
    "original message",
    "original appointment",
    "ursprungligt meddelande",
    "ursprunglig avtalad tid",
    "originalmeddelande",
    "alkuperäinen viesti",
    "alkuperäinen tapaaminen",
    "opprinnelig melding",
    "oprindelig meddelelse",
    "ursprüngliche nachricht",
];
/// Titles that open a message that is handed on: it is what the sender wants to be read.
const FORWARDED: &[&str] = &[
    "forwarded message",
    "begin forwarded message",
    "vidarebefordrat meddelande",
    "vidarebefordrat brev",
    "edelleenlähetetty viesti",
    "välitetty viesti",
    "videresendt melding",
];
const FROM: &[&str] = &["From", "Från", "Lähettäjä", "Fra", "Von"];
const SENT: &[&str] =
    &["Sent", "Date", "Skickat", "Datum", "Lähetetty", "Päivämäärä", "Päiväys", "Pvm", "Sendt", "Dato", "Gesendet"];
/// What telephones and programs add by themselves.
const ADVERTISED: &[&str] = &[
    "Sent from my ",
    "Sent from Outlook",
    "Get Outlook for ",
    "Skickat från min ",
    "Skickat från Outlook",
    "Hämta Outlook för ",
    "Lähetetty iPhonesta",
    "Lähetetty iPadista",
    "Lähetetty laitteesta",
    "Lähetetty puhelimesta",
    "Lähetetty Outlook",
    "Hanki Outlook ",
];
/// Words with which a subject says that a message is handed on.
const HANDED_ON: &[&str] = &["fw", "fwd", "vb", "vl", "vidarebefordrat", "edelleen", "wg"];

/// Whether the subject says that the message hands on another, which then is its content and no history.
#[must_use]
pub fn is_forward(subject: &str) -> bool {
    let word = subject.split_once(':').map(|(word, _)| word.trim().to_lowercase());
    word.is_some_and(|word| HANDED_ON.contains(&&*word))
}

/// Divides a text. `forwarded`: what [`is_forward`] says of its subject.
#[must_use]
pub fn runs(text: &str, forwarded: bool) -> Vec<Run> {
    let lines: Vec<&str> = text.lines().collect();
    of_lines(&lines, forwarded)
}

/// The same of lines.
pub(super) fn of_lines(lines: &[&str], forwarded: bool) -> Vec<Run> {
    let mut parts = vec![Part::Own; lines.len()];
    let blank = |n: usize| lines.get(n).is_none_or(|line| line.trim().is_empty());
    let rest = if forwarded { lines.len() } else { history(lines) };
    parts[rest..].fill(Part::Earlier);
    // Behind `>`, with the line that says whose words they are, and the blank lines between.
    let mut n = 0;
    while n < rest {
        let from = n;
        if !is_quoted(lines[n]) {
            let introduced = attribution(lines, n)
                .and_then(|length| (n + length..rest).find(|n| !blank(*n)))
                .filter(|next| is_quoted(lines[*next]));
            let Some(next) = introduced else {
                n += 1;
                continue;
            };
            n = next;
        }
        while n < rest && (is_quoted(lines[n]) || blank(n)) {
            n += 1;
        }
        parts[from..n].fill(Part::Quoted);
    }
    sign(lines, &mut parts);
    let own = |parts: &[Part], from: usize| (from..lines.len()).any(|n| parts[n] == Part::Own && !blank(n));
    if own(&parts, 0) {
        let mut answered = false;
        for run in grouped(&parts).into_iter().rev() {
            match run.part {
                Part::Own => answered |= run.lines.clone().any(|n| !blank(n)),
                Part::Quoted if !answered || run.lines.len() > LONG_QUOTE => parts[run.lines].fill(Part::Earlier),
                _ => {}
            }
        }
    } else {
        // Nothing but an earlier message: that is what there is to read.
        for part in &mut parts {
            if *part != Part::Quoted {
                *part = Part::Own;
            }
        }
    }
    grouped(&parts)
}

fn grouped(parts: &[Part]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (n, part) in parts.iter().enumerate() {
        match runs.last_mut() {
            Some(run) if run.part == *part => run.lines.end = n + 1,
            _ => runs.push(Run { part: *part, lines: n..n + 1 }),
        }
    }
    runs
}

fn is_quoted(line: &str) -> bool {
    line.starts_with('>')
}

/// Marks signatures, which end where the text or a quotation begins.
fn sign(lines: &[&str], parts: &mut [Part]) {
    for run in grouped(parts).into_iter().filter(|run| run.part == Part::Own) {
        let end = run.lines.end;
        let delimiter = run.lines.clone().rev().take(LONG_SIGNATURE + 1).find(|n| matches!(lines[*n], "-- " | "--"));
        let last = run.lines.clone().rev().find(|n| !lines[*n].trim().is_empty());
        let added = last.filter(|n| ADVERTISED.iter().any(|words| lines[*n].trim().starts_with(words)));
        if let Some(from) = delimiter.or(added) {
            parts[from..end].fill(Part::Signature);
        }
    }
}

/// The first line of the earlier messages, all that follows being theirs; the number of lines if there is none.
fn history(lines: &[&str]) -> usize {
    for n in 0..lines.len() {
        match title(lines[n]) {
            Some(Title::Forwarded) => return lines.len(),
            Some(Title::Earlier) => return n,
            None => {}
        }
        if opens_block(lines, n) {
            let ruled = n.checked_sub(1).filter(|above| is_rule(lines[*above]));
            return ruled.unwrap_or(n);
        }
        if let Some(length) = attribution(lines, n) {
            let words = lines[n..n + length].concat();
            let next = (n + length..lines.len()).find(|n| !lines[*n].trim().is_empty());
            if is_dated(&words) && next.is_some_and(|next| !is_quoted(lines[next])) {
                return n;
            }
        }
    }
    lines.len()
}

enum Title {
    Earlier,
    Forwarded,
}

fn title(line: &str) -> Option<Title> {
    let line = line.trim();
    let bare = line.trim_matches(['-', '_', '=', '*', ' ', ':']);
    if bare.len() > 60 || !(line.starts_with("--") || line.starts_with("__") || line.ends_with(':')) {
        return None;
    }
    let bare = bare.to_lowercase();
    if FORWARDED.contains(&&*bare) {
        Some(Title::Forwarded)
    } else if line.ends_with("--") && EARLIER.contains(&&*bare) {
        Some(Title::Earlier)
    } else {
        None
    }
}

fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 10 && line.chars().all(|c| matches!(c, '_' | '-'))
}

/// A mail program's block of header fields: an author, then a time in one of the next lines.
fn opens_block(lines: &[&str], n: usize) -> bool {
    let field = |line: &str, names: &[&str]| {
        line.split_once(':').is_some_and(|(name, _)| names.contains(&name.trim().trim_matches('*')))
    };
    lines.get(n).is_some_and(|line| field(line, FROM))
        && lines.iter().skip(n + 1).take(BLOCK - 1).any(|line| field(line, SENT))
}

/// How many lines say whose words follow: `On … wrote:`, `Den … skrev …:`, `… kirjoitti:`.
fn attribution(lines: &[&str], n: usize) -> Option<usize> {
    let mut words = String::new();
    for (count, line) in lines.iter().skip(n).take(3).enumerate() {
        let line = line.trim();
        if line.is_empty() || is_quoted(line) || words.len() + line.len() > 300 {
            return None;
        }
        words.push_str(line);
        words.push(' ');
        if line.ends_with(':') {
            let wrote = ["wrote", "writes", "skrev", "kirjoitti", "schrieb"];
            let says = words.split([' ', ':']).any(|word| wrote.iter().any(|w| word.eq_ignore_ascii_case(w)));
            return says.then_some(count + 1);
        }
    }
    None
}

/// Whether an address or a year stands in it: a sentence of a letter seldom has both a «wrote:» and such.
fn is_dated(words: &str) -> bool {
    let year = |word: &str| word.len() == 4 && (word.starts_with("19") || word.starts_with("20"));
    words.contains('@') || words.split(|c: char| !c.is_ascii_digit()).any(year)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(text: &str) -> String {
        let letter = |part: Part| match part {
            Part::Own => 'o',
            Part::Quoted => 'q',
            Part::Earlier => 'e',
            Part::Signature => 's',
        };
        runs(text, false).into_iter().map(|run| letter(run.part)).collect()
    }

    #[test]
    fn what_stands_below_the_answer_is_folded() {
        for text in [
            "Svar.\n\nFrån: Anna\nSkickat: den 3 mars\nTill: Bo\n\nFrågan\n",
            "Vastaus.\n\nLähettäjä: Anna\nLähetetty: 3.3.\n\nKysymys\n",
            "Answer.\n\n-----Original Message-----\nQuestion\n",
            "Answer.\n\n________________________________\nFrom: Anna\nSent: Monday\n\nQuestion",
            "Svar.\n\nDen tis 24 nov. 2026 kl 09:12 skrev Kirsi Laine\n<kirsi@hel.example>:\n\n> Frågan\n",
            "Vastaus.\n\nti 24. marrask. 2026 klo 9.12 Kirsi Laine (kirsi@hel.example) kirjoitti:\n\n> Kysymys",
            "Vastaus.\n\nKirsi Laine <kirsi@hel.example> kirjoitti 24.11.2026 kello 9.12:\n\nKysymys\n",
            "Svar.\n\nFrom:\tBo/HEL/FI\nTo:\tAnna\nCc:\t\nDate:\t24.11.2026\nSubject:\tx\n\nFråga",
            "Svar\n\n*From:* Anna\n*Sent:* x\nFråga",
            "Svar\n\n> Fråga\n> rad två\n",
        ] {
            assert_eq!(parts(text), "oe", "{text}");
        }
    }

    #[test]
    fn what_is_answered_below_is_shown() {
        assert_eq!(parts("> Får jag\n> komma?\n\nJa, på måndag.\n\n> Vart?\n\nTill byrån.\n"), "qoqo");
        assert_eq!(parts("On 3.3.2026 Anna wrote:\n> Får jag komma?\n\nJa.\n"), "qo");
        let long = format!("{}\nSvaret står underst.\n", "> rad\n".repeat(30));
        assert_eq!(parts(&long), "eo");
        assert_eq!(parts(&format!("Hej\n\n> fråga\n\nsvar\n\n{}", "> rad\n".repeat(3))), "oqoe");
    }

    #[test]
    fn what_is_all_there_is_is_shown() {
        for text in [
            "From: Anna\nSent: Monday\nTo: Bo\n\nHello\n",
            "-----Original Message-----\nHello",
            "-- \nKirsi",
            "",
            "\n\n",
            "From: the river\nto the sea\nand back\n",
            "Läs detta.\n\n---------- Forwarded message ---------\nFrom: Anna\nDate: x\n\nBeslutet",
            "Hei\n\nKirjoitti:\nse on sana.",
            "Kuten lehti kirjoitti:\nsää on huono.\n",
        ] {
            assert!(runs(text, false).iter().all(|run| run.part == Part::Own), "{text}");
        }
        assert_eq!(parts("> all\n> of it\n"), "q");
        let handed_on = "För kännedom.\n\nFrån: Anna\nSkickat: i går\n\nBeslutet";
        assert!(is_forward("VB: Beslut") && is_forward("Fwd: x") && is_forward("VL: x") && !is_forward("VS: x"));
        assert!(runs(handed_on, true).iter().all(|run| run.part == Part::Own));
    }

    #[test]
    fn signatures_are_folded() {
        assert_eq!(parts("Hej\n-- \nKirsi\n040 123\n"), "os");
        assert_eq!(parts("Hej\n\nSkickat från min iPhone\n\n> fråga"), "ose");
        assert_eq!(parts("Med vänlig hälsning\nKirsi\n"), "o");
        assert_eq!(parts(&format!("Hej\n-- \n{}", "rad\n".repeat(40))), "o");
    }

    proptest! {
        #[test]
        fn runs_cover_every_line(text in "(> |From: |Sent: |-- \n|On 2026 wrote:|--Original Message--|[a-zå.]| |\n){0,80}") {
            let runs = runs(&text, false);
            let mut next = 0;
            for run in &runs {
                prop_assert_eq!(run.lines.start, next);
                prop_assert!(run.lines.end > next);
                next = run.lines.end;
            }
            prop_assert_eq!(next, text.lines().count());
        }
    }
}
