//! Brevbro's reading of a message against a second one: the `email` package of Python's standard library, which shares
//! no line with it. On letters that keep to the standards both must agree to the last octet; where they differ on others,
//! the difference has a rule below, and `docs/reading.md` says why.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use brevbro::intake::{Limits, Opened, ReadOptions, safe_file_name};
use brevbro::smime::Keyring;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::Value;

#[path = "differential/letter.rs"]
mod letter;

/// Python's reading, one process for all messages.
struct Peer {
    child: Child,
    asked: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/email_oracle.py");
        let mut child = Command::new("python3")
            .args(["-W", "ignore"])
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 is installed: tests/peers/install python3");
        let (asked, answers) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, asked, answers }
    }

    fn read(&mut self, raw: &[u8]) -> Value {
        self.asked.write_all(format!("{}\n", raw.len()).as_bytes()).unwrap();
        self.asked.write_all(raw).unwrap();
        self.asked.flush().unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What two readings differ in.
#[derive(Debug)]
struct Difference {
    what: &'static str,
    ours: String,
    theirs: String,
}

type Differences = Vec<Difference>;

/// Where we differ from Python on messages that break the standards: which message, in what, and why ours stays.
const KNOWN: &[(&str, &[&str], &str)] = &[
    ("charset-latin1-is-utf8", &["text"], "a western label on UTF-8 is a lie, and seen through"),
    ("content-type-twice", &["type"], "of a field that stands twice the last holds: the one that DKIM signs"),
    ("several-authors", &["subject", "to"], "likewise; and every To is read, not the first alone"),
    ("empty", &["structure"], "octets without a header have no parts: all is text"),
    ("no-headers", &["structure"], "likewise"),
    (
        "encoded-damaged",
        &["subject", "octets"],
        "a damaged encoded word stays as it is; uuencode without data is no file",
    ),
    ("forwarded-in-base64", &["type"], "an encoded message is decoded before it is read"),
    ("nested-deep", &["structure"], "deeper than the limit"),
    ("nul", &["subject"], "a NUL is no character"),
    ("quoted-printable-damaged", &["octets"], "blanks after a soft break are padding (RFC 2045 §6.7)"),
    ("uuencode-transfer-encoding", &["octets"], "the parts of what was opened hold the octets"),
    ("openpgp-inline-signed", &["text"], "the armour of a signature is taken off the text"),
    ("openpgp-inline-signed-quoted-printable", &["text"], "likewise"),
    ("openpgp-inline-words-around", &["text"], "likewise"),
    (
        "report-postfix-several",
        &["from"],
        "a comment behind an address is the old way to write a name (RFC 5322 A.6.1)",
    ),
    ("report-postfix-words-alone", &["from"], "likewise"),
    ("smime-opaque-wrapped-message", &["subject"], "the Subject inside the seal is the one (RFC 9788)"),
    ("unwanted-script-in-encoded-message", &["type"], "an encoded message is decoded before it is read"),
];

/// Defects by which Python says itself that it could not read a part: where its header ends, or base64 that is cut short
/// or runs on into what is none.
const UNREADABLE: [&str; 4] = [
    "MissingHeaderBodySeparatorDefect",
    "InvalidBase64LengthDefect",
    "InvalidBase64PaddingDefect",
    "InvalidBase64CharactersDefect",
];

/// Why a difference is none of substance, whichever message it is in.
fn excused(difference: &Difference) -> bool {
    // Octets that their label does not cover: Python gives up on them, and we read on.
    difference.theirs.contains('\u{fffd}') && !difference.ours.contains('\u{fffd}')
}

fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn people(value: &Value) -> Vec<(Option<String>, String)> {
    let person = |person: &Value| (person[0].as_str().map(line), person[1].as_str().unwrap_or_default().to_owned());
    value.as_array().into_iter().flatten().map(person).collect()
}

/// One part, as we read it.
struct Ours {
    media_type: String,
    status: &'static str,
    octets: Option<Vec<u8>>,
    name: Option<String>,
}

fn ours(raw: &[u8]) -> (brevbro::domain::record::Content, BTreeMap<String, Ours>) {
    let opened = Opened::of(raw, &Limits::default(), &Keyring::default());
    let content = opened.content(&ReadOptions::default());
    let of = |part: &brevbro::domain::record::PartAccount| {
        let part = part.clone();
        (part.part, Ours { media_type: part.media_type, status: part.status.word(), octets: None, name: None })
    };
    let mut parts: BTreeMap<String, Ours> = content.parts.iter().map(of).collect();
    opened.leaves(|leaf| {
        let part = parts.get_mut(leaf.part).unwrap();
        part.octets = Some(leaf.octets.to_vec());
        part.name = Some(leaf.filename);
        std::ops::ControlFlow::Continue(())
    });
    (content, parts)
}

fn sha256(octets: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, octets);
    digest.as_ref().iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Text as both show it: lines, and nothing that a screen cannot show.
fn shown(text: &str) -> String {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace(['\r', '\u{c}', '\u{85}'], "\n");
    let text: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    text.trim_end().trim_start_matches('\n').to_owned()
}

fn differences(raw: &[u8], theirs: &Value) -> Differences {
    let (content, parts) = ours(raw);
    let mut found = Differences::new();
    let mut note = |what, ours: &dyn std::fmt::Debug, theirs: &dyn std::fmt::Debug| {
        found.push(Difference { what, ours: format!("{ours:?}"), theirs: format!("{theirs:?}") });
    };
    let subject = line(theirs["subject"].as_str().unwrap_or_default());
    // Tags in brackets are taken out of ours.
    if !subject.contains('[') && line(&content.subject) != subject {
        note("subject", &content.subject, &subject);
    }
    for (what, ours, theirs) in [("from", &content.from, &theirs["from"]), ("to", &content.to, &theirs["to"])] {
        let ours: Vec<_> = ours.iter().map(|p| (p.name.as_deref().map(line), p.address.clone())).collect();
        if ours != people(theirs) {
            note(what, &ours, theirs);
        }
    }
    // To Python every message/… is a message, to the RFCs only two are.
    let their_parts: Vec<&Value> = theirs["parts"].as_array().into_iter().flatten().collect();
    let is_other = |part: &&&Value| {
        part["type"]
            .as_str()
            .is_some_and(|t| t.starts_with("message/") && !matches!(t, "message/rfc822" | "message/global"))
    };
    let others: Vec<String> =
        their_parts.iter().filter(is_other).map(|p| p["part"].as_str().unwrap_or_default().to_owned()).collect();
    let in_other = |part: &&Value| {
        let number = part["part"].as_str().unwrap_or_default();
        others.iter().any(|other| other == "0" && number != "0" || number.starts_with(&format!("{other}.")))
    };
    let their_parts: Vec<&Value> = their_parts.into_iter().filter(|part| !in_other(part)).collect();
    let text = |part: &Value, key: &str| part[key].as_str().map(str::to_owned);
    let leaves: BTreeSet<String> =
        their_parts.iter().filter(|p| p["container"] == false).filter_map(|p| text(p, "part")).collect();
    // What we have unpacked is one part to them.
    let below = |number: &str| {
        leaves.iter().any(|leaf| leaf == "0" && number != "0" || number.starts_with(&format!("{leaf}.")))
    };
    let here: BTreeMap<_, _> =
        parts.iter().filter(|(number, _)| !below(number)).map(|(n, p)| (n.clone(), p.media_type.clone())).collect();
    let there: BTreeMap<_, _> = their_parts.iter().filter_map(|p| Some((text(p, "part")?, text(p, "type")?))).collect();
    if here.keys().ne(there.keys()) {
        note("structure", &here, &there);
        return found;
    }
    for part in their_parts {
        let number = text(part, "part").unwrap_or_default();
        let ours = &parts[&number];
        if Some(&ours.media_type) != there.get(&number) {
            note("type", &ours.media_type, &there.get(&number));
        }
        let (Some(octets), false) = (&ours.octets, part["container"] == true) else { continue };
        if Some(sha256(octets)) != text(part, "sha256") {
            note("octets", &String::from_utf8_lossy(octets), &part["size"]);
        }
        if let Some(name) = text(part, "name").as_deref().and_then(safe_file_name)
            && ours.name.as_ref() != Some(&name)
        {
            note("name", &ours.name, &name);
        }
        let flowed = String::from_utf8_lossy(raw).to_ascii_lowercase().contains("format=flowed");
        if let Some(said) = text(part, "text")
            && (ours.status, &*ours.media_type, flowed) == ("shown", "text/plain", false)
            && !content.text.contains(&shown(&said))
        {
            note("text", &content.text, &said);
        }
    }
    found
}

#[test]
fn letters_that_keep_to_the_standards_are_read_alike() {
    let mut peer = Peer::start();
    let mut runner = TestRunner::new(ProptestConfig::with_cases(1000));
    let peer = std::cell::RefCell::new(&mut peer);
    let read = |letter: letter::Letter| {
        let raw = letter.octets();
        let theirs = peer.borrow_mut().read(&raw);
        let found = differences(&raw, &theirs);
        prop_assert!(found.is_empty(), "{found:#?}\n{}", String::from_utf8_lossy(&raw));
        Ok(())
    };
    runner.run(&letter::letter(), read).unwrap();
}

#[test]
fn the_corpus_is_read_alike_but_for_known_differences() {
    let mut peer = Peer::start();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/mail");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "eml"));
    paths.sort();
    let mut unknown = Vec::new();
    for path in paths {
        let raw = fs::read(&path).unwrap();
        let theirs = peer.read(&raw);
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let found: Vec<_> = differences(&raw, &theirs).into_iter().filter(|d| !excused(d)).collect();
        let known = KNOWN.iter().find(|(message, ..)| *message == name).map_or(&[][..], |(_, what, _)| what);
        let whats: BTreeSet<_> = found.iter().map(|difference| difference.what).collect();
        if whats != known.iter().copied().collect() {
            unknown.push(format!("{name}: known are {known:?}, and there are {found:#?}"));
        }
    }
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
}

/// What Python can still read of a letter that was cut short, or lost a line, we can read too.
#[test]
fn nothing_that_another_reader_finds_is_lost() {
    let mut peer = Peer::start();
    let peer = std::cell::RefCell::new(&mut peer);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(1000));
    let damage = prop_oneof![
        any::<proptest::sample::Index>().prop_map(|at| (at, None)),
        any::<(proptest::sample::Index, proptest::sample::Index)>().prop_map(|(at, line)| (at, Some(line))),
    ];
    let read = |(letter, (at, line)): (letter::Letter, (proptest::sample::Index, Option<proptest::sample::Index>))| {
        let mut raw = letter.octets();
        if line.is_some() {
            let mut lines: Vec<&[u8]> = raw.split_inclusive(|c| *c == b'\n').collect();
            // Without the blank line after a header two readers may disagree on where the header ends.
            let written: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].len() > 2).collect();
            lines.remove(written[at.index(written.len())]);
            raw = lines.concat();
        } else {
            raw.truncate(at.index(raw.len()));
        }
        let theirs = peer.borrow_mut().read(&raw);
        let (content, parts) = ours(&raw);
        let leaves = theirs["parts"].as_array().into_iter().flatten().filter(|part| {
            // Of a multipart whose boundary was lost nobody knows where its parts end.
            let divided = part["type"].as_str().is_some_and(|t| !t.starts_with("multipart/"));
            let unreadable = |defect: &Value| UNREADABLE.contains(&defect.as_str().unwrap_or_default());
            let lost = part["defects"].as_array().is_some_and(|defects| defects.iter().any(unreadable));
            divided && !lost && part["size"].as_u64() > Some(0)
        });
        for part in leaves {
            // The lines at the ends may fall to either side of a lost delimiter.
            let octets = STANDARD.decode(part["octets"].as_str().unwrap()).unwrap();
            let text = octets.trim_ascii();
            // Cut within a delimiter it may be taken for one, or for text.
            let last = memchr::memrchr(b'\n', text).map_or(0, |end| end + 1);
            let whole = if text[last..].starts_with(b"--") { text[..last].trim_ascii() } else { text };
            let holds =
                |part: &Ours| part.octets.as_deref().is_some_and(|ours| memchr::memmem::find(ours, whole).is_some());
            let found = parts.values().any(holds);
            prop_assert!(found, "{part:#}\n{:#?}\n{}", content.parts, String::from_utf8_lossy(&raw));
        }
        Ok(())
    };
    runner.run(&(letter::letter(), damage), read).unwrap();
}
