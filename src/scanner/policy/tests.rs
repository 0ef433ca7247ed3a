use proptest::prelude::*;

use super::*;
use crate::scanner::archive::tests::made::{File as Zipped, tar, zip};

fn of_with(policy: &Policy, name: &str, octets: &[u8]) -> Option<(Unwanted, Option<String>)> {
    policy.object(name, "application/octet-stream", octets).map(|objection| (objection.why, objection.entry))
}

fn of(name: &str, octets: &[u8]) -> Option<(Unwanted, Option<String>)> {
    of_with(&Policy::default(), name, octets)
}

fn executable(entry: Option<&str>) -> Option<(Unwanted, Option<String>)> {
    Some((Unwanted::Executable, entry.map(str::to_owned)))
}

#[test]
fn by_name() {
    for name in [
        "beslut.exe",
        "BESLUT.PDF.SCR",
        "a.js",
        "a.exe.",
        "a.lnk",
        "a.settingcontent-ms",
        "a.iso",
        "ann\u{202e}fdp.exe",
        "a.vbs ",
        "a.hta",
        "setup.msi",
        "a.jar",
        "a.ps1",
        "a.bat",
    ] {
        assert_eq!(of(name, b"x"), executable(None), "{name}");
    }
    for name in ["beslut.pdf", "exe", "beslut.exe.pdf", "a.docx", "a.html", "a.eml", "a.xml", "kartta.kmz", "a.com.pdf"]
    {
        assert_eq!(of(name, b"x"), None, "{name}");
    }
    assert_eq!(of("a.docm", b"x"), Some((Unwanted::Macros, None)));
}

#[test]
fn by_content_whatever_it_is_called() {
    let program = [b"MZ\x90\0\x03".as_slice(), &[0; 100]].concat();
    assert_eq!(of("beslut.pdf", &program), executable(None));
    assert_eq!(of("beslut", b"#!/bin/sh\nexit\n"), executable(None));
    assert_eq!(of("lue-minut.txt", b"#!/bin/sh\nexit\n"), None, "a text is read");
    let text = Policy::default().object("text-1.txt", "text/plain", b"#!/bin/sh\n");
    assert_eq!(text, None);
    assert_eq!(
        Policy::default().object("a.bin", "application/x-msdownload", b"x").map(|o| o.cause),
        Some("exe".into())
    );
}

#[test]
fn inside_archives() {
    let inner = zip(&[Zipped::deflated("folder/beslut.pdf.js", b"x")]);
    assert_eq!(of("a.zip", &inner), executable(Some("beslut.pdf.js")));
    let outer = zip(&[Zipped::stored("läsmig.txt", b"x"), Zipped::stored("inner.zip", &inner)]);
    assert_eq!(of("a.zip", &outer), executable(Some("inner.zip > beslut.pdf.js")));
    assert_eq!(of("photo.jpg", &outer), executable(Some("inner.zip > beslut.pdf.js")), "whatever it is called");
    let program = [b"MZ\x90\0\x03".as_slice(), &[0; 100]].concat();
    assert_eq!(of("a.zip", &zip(&[Zipped::stored("a.pdf", &program)])), executable(Some("a.pdf")));
    assert_eq!(of("a.tar", &tar(&[("x/a.txt", b"x"), ("x/b.vbs", b"x")])), executable(Some("b.vbs")));
    assert_eq!(of("a.exe.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03..."), executable(None));
    assert_eq!(of("a.gz", b"\x1f\x8b\x08\x08\0\0\0\0\0\x03b.exe\0..."), executable(Some("b.exe")));
    assert_eq!(of("a.zip", &zip(&[Zipped::stored("Ohje.app/Contents/MacOS/Ohje", b"x")])), executable(Some("Ohje")));
    let locked = Zipped { flags: 1, ..Zipped::deflated("b.exe", b"x") };
    assert_eq!(of("a.zip", &zip(&[locked])), executable(Some("b.exe")), "names are seen under a password");
}

#[test]
fn documents_that_are_archives_are_wanted() {
    let docx = [
        Zipped::deflated("[Content_Types].xml", b"<x/>"),
        Zipped::deflated("word/document.xml", b"<x/>"),
        Zipped::stored("word/media/image1.png", b"\x89PNG"),
    ];
    assert_eq!(of("a.docx", &zip(&docx)), None);
    let asice =
        [Zipped::stored("mimetype", b"application/vnd.etsi.asic-e+zip"), Zipped::deflated("sopimus.pdf", b"%PDF")];
    assert_eq!(of("a.asice", &zip(&asice)), None);
    let book = [Zipped::stored("mimetype", b"application/epub+zip"), Zipped::deflated("OEBPS/page.js", b"x")];
    assert_eq!(of("a.epub", &zip(&book)), None);
    assert_eq!(of("a.zip", &zip(&book)), executable(Some("page.js")));
    let mut with_macros = docx.to_vec();
    with_macros.push(Zipped::deflated("word/vbaProject.bin", b"x"));
    assert_eq!(of("a.docx", &zip(&with_macros)), Some((Unwanted::Macros, None)));
    assert_eq!(
        of("a.odt", &zip(&[Zipped::deflated("Basic/Standard/Module1.xml", b"x")])),
        Some((Unwanted::Macros, None))
    );
    assert_eq!(of("a.zip", &zip(&[Zipped::deflated("basic/readme.txt", b"x")])), None);
    let inside = zip(&[Zipped::stored("a.docx", &zip(&with_macros))]);
    assert_eq!(of("a.zip", &inside), Some((Unwanted::Macros, Some("a.docx".to_owned()))));
}

#[test]
fn what_nobody_can_look_into() {
    let seven = b"7z\xbc\xaf\x27\x1c\0\x04...";
    let unreadable = |entry: Option<&str>| Some((Unwanted::Unreadable, entry.map(str::to_owned)));
    assert_eq!(of("a.7z", seven), unreadable(None));
    assert_eq!(of("a.tgz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03..."), unreadable(None));
    assert_eq!(of("log.txt.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03..."), None);
    assert_eq!(of("a.zip", &zip(&[Zipped::deflated("b.7z", seven)])), unreadable(Some("b.7z")));
    assert_eq!(of("a.zip", &zip(&[Zipped::stored("b.7z", seven)])), unreadable(Some("b.7z")));
    let whole = zip(&[Zipped::deflated("a.txt", b"x")]);
    assert_eq!(of("a.zip", &whole[..whole.len() - 5]), unreadable(None));
    let open = Policy { unreadable: false, ..Policy::default() };
    assert_eq!(of_with(&open, "a.7z", seven), None);
    assert_eq!(of_with(&open, "a.zip", &zip(&[Zipped::deflated("b.7z", seven)])), None);

    let locked = zip(&[Zipped { flags: 1, ..Zipped::deflated("a.txt", b"x") }]);
    let closed = Policy { encrypted: true, ..Policy::default() };
    assert_eq!(of("a.zip", &locked), None);
    assert_eq!(of_with(&closed, "a.zip", &locked), Some((Unwanted::Encrypted, None)));
}

#[test]
fn the_list_is_the_admin_s() {
    let mut policy = Policy::default();
    policy.refused.remove("iso");
    policy.refused.insert("svg".to_owned());
    let mut image = vec![0; 0x9000];
    image[0x8001..0x8006].copy_from_slice(b"CD001");
    assert_eq!(of_with(&policy, "a.iso", &image), None, "by content too");
    assert_eq!(of_with(&policy, "a.svg", b"<svg/>"), executable(None));
    assert_eq!(of("a.bin", &image), executable(None));
}

/// Neither time nor stack is the sender's: zips in zips, and one whose list is long.
#[test]
fn a_bomb_costs_its_size() {
    let mut doll = zip(&[Zipped::stored("a.txt", b"x")]);
    for _ in 0..200 {
        doll = zip(&[Zipped::stored("a.zip", &doll)]);
    }
    let on_a_small_stack = std::thread::Builder::new().stack_size(256 << 10).spawn(move || of("a.zip", &doll)).unwrap();
    assert!(matches!(on_a_small_stack.join().unwrap(), Some((Unwanted::Unreadable, Some(_)))));
    let many: Vec<Zipped> = (0..30_000).map(|n| Zipped::stored(&n.to_string(), b"")).collect();
    assert_eq!(of("a.zip", &zip(&many)), Some((Unwanted::Unreadable, None)));
}

#[test]
fn names_are_short_and_end_as_they_end() {
    let long = format!("{}.exe", "å".repeat(500));
    let Some((_, Some(entry))) = of("a.zip", &zip(&[Zipped::stored(&long, b"x")])) else { panic!() };
    assert!(entry.chars().count() <= SHOWN && entry.ends_with("å.exe"), "{entry}");
    let Some((_, Some(entry))) = of("a.zip", &zip(&[Zipped::stored("a\r\nb\u{202e}.exe", b"x")])) else { panic!() };
    assert_eq!(entry, "a??b?.exe");
}

proptest! {
    /// Whatever the octets and names: an answer, without a word of theirs in the cause.
    #[test]
    fn any_archive(files in proptest::collection::vec((".{0,30}", proptest::collection::vec(any::<u8>(), 0..100), any::<bool>()), 0..6), name in ".{0,30}", junk in proptest::collection::vec(any::<u8>(), 0..50)) {
        let files: Vec<Zipped> = files.iter().map(|(name, octets, deflate)| {
            Zipped { deflate: *deflate, ..Zipped::stored(name, octets) }
        }).collect();
        let octets = [zip(&files), junk].concat();
        if let Some(objection) = Policy::default().object(&name, "application/zip", &octets) {
            prop_assert!(objection.cause.is_ascii() && objection.cause.len() < 100);
        }
    }
}
