//! The policy on attachments over every message of `testdata/mail`: what is named `unwanted-…` is refused for the reason
//! that its name says, and nothing else is.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use brevbro::domain::status::Unwanted::{self, Executable, Macros, Unreadable};
use brevbro::intake::{Limits, Opened};
use brevbro::scanner::policy::{Objection, Policy};
use brevbro::smime::Keyring;

/// What is refused: its reason, its part, the name in the sentence.
const UNWANTED: &[(&str, Unwanted, &str, &str)] = &[
    ("7z", Unreadable, "2", "kuvat.7z"),
    ("direction-mark", Executable, "2", "lasku_fdp.scr"),
    ("disk-image", Executable, "2", "dokument.img"),
    ("double-ending", Executable, "2", "Faktura 4711.pdf.exe"),
    ("ending-behind-blanks", Executable, "2", "Paatos.pdf .exe"),
    ("installer-named-doc", Executable, "2", "avtal.doc"),
    ("internet-shortcut", Executable, "2", "E-tjänst.url"),
    ("macro-workbook", Macros, "2", "laskuri.xlsm"),
    ("macros-named-docx", Macros, "2", "blankett.docx"),
    ("macros-word-97", Macros, "2", "blankett.doc"),
    ("program-named-pdf", Executable, "2", "Beslut.pdf"),
    ("rar", Unreadable, "2", "bilder.rar"),
    ("script-by-type", Executable, "2", "las.txt"),
    ("script-in-encoded-message", Executable, "2.1.2", "invoice.zip > invoice.vbs"),
    ("script-in-forwarded", Executable, "2.1.2", "invoice.zip > invoice.vbs"),
    ("script-in-zip", Executable, "2", "Beslut.zip > Beslut 2026.pdf.js"),
    ("shortcut-in-zip", Executable, "2", "paatos.zip > Päätös.pdf.lnk"),
    ("tar-compressed", Unreadable, "2", "dokument.tar.gz"),
    ("two-names", Executable, "2", "ritning.pdf"),
    ("zip-compressed-in-zip", Unreadable, "2", "allt.zip > inre.zip"),
    ("zip-cut-short", Unreadable, "2", "handlingar.zip"),
    ("zip-of-two-lists", Executable, "2", "beslut.zip > Beslut1.exe"),
];

/// Older messages of the corpus that hold such a thing for another reason.
const ELSEWHERE: &[&str] = &["hostile-names", "smime-not-cms", "tnef-hostile-file-names"];

/// Part, its name with the entry's, and what is said against it.
fn objection(policy: &Policy, raw: &[u8]) -> Option<(String, String, Objection)> {
    let mut found = None;
    Opened::of(raw, &Limits::default(), &Keyring::default()).leaves(|leaf| {
        let alias = || policy.object_to_name(leaf.alias.as_deref()?);
        match policy.object(&leaf.filename, &leaf.media_type, &leaf.octets).or_else(alias) {
            Some(objection) => {
                let inside = objection.entry.as_ref().map(|entry| format!(" > {entry}")).unwrap_or_default();
                found = Some((leaf.part.to_owned(), format!("{}{inside}", leaf.filename), objection));
                ControlFlow::Break(())
            }
            None => ControlFlow::Continue(()),
        }
    });
    found
}

fn messages() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/mail");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap()))
        .collect();
    found.sort();
    found
}

#[test]
fn what_is_unwanted_is_refused_and_nothing_else() {
    let policy = Policy::default();
    let mut expected = UNWANTED.iter();
    let mut wrong = Vec::new();
    for (name, raw) in messages() {
        let found = objection(&policy, &raw).map(|(part, name, objection)| (objection.why, part, name));
        match name.strip_prefix("unwanted-") {
            Some(name) => {
                let Some((_, why, part, file)) = expected.next().filter(|(expected, ..)| *expected == name) else {
                    wrong.push(format!("{name} has no line in UNWANTED, or stands out of order: {found:?}"));
                    continue;
                };
                if found != Some((*why, (*part).to_owned(), (*file).to_owned())) {
                    wrong.push(format!("{name}: {found:?}"));
                }
            }
            None if ELSEWHERE.contains(&&*name) => {}
            None => wrong.extend(found.map(|found| format!("{name} is refused: {found:?}"))),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(expected.next(), None, "a message that is not there");
}

/// With everything switched off nothing is refused; what cannot be looked into can be refused as well.
#[test]
fn what_is_refused_is_the_admin_s_to_say() {
    let open =
        Policy { refused: std::collections::BTreeSet::new(), macros: false, encrypted: false, unreadable: false };
    let closed = Policy { encrypted: true, ..Policy::default() };
    let mut under_a_password = Vec::new();
    for (name, raw) in messages() {
        assert!(objection(&open, &raw).is_none(), "{name}");
        if objection(&closed, &raw).is_some_and(|(_, _, objection)| objection.why == Unwanted::Encrypted) {
            under_a_password.push(name);
        }
    }
    assert_eq!(under_a_password, ["attached-document-password", "attached-zip-password"]);
}
