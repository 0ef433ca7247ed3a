mod builder;
mod letters;

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::domain::record::PartStatus;
use crate::intake::{Limits, read};
use builder::{Props, Tnef, encapsulated};

const ROOM: usize = 64 << 20;

fn entity(tnef: &Tnef) -> String {
    let opened = open(&tnef.0, ROOM);
    assert_eq!(opened.damage, Vec::<String>::new());
    String::from_utf8_lossy(&opened.entity.unwrap()).into_owned()
}

/// The files of the corpus are these; where a change is meant, run with `BREVBRO_EXPECT=write`.
#[test]
fn the_corpus_is_real_tnef() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/mail");
    for (name, octets) in letters::all() {
        let path = folder.join(format!("{name}.eml"));
        if std::env::var_os("BREVBRO_EXPECT").is_some_and(|v| v == "write") {
            fs::write(&path, &octets).unwrap();
        }
        assert!(fs::read(&path).unwrap_or_default() == octets, "{name}");
    }
    // And the streams alone, which the fuzz targets begin with.
    for (at, Tnef(octets)) in letters::streams().into_iter().enumerate() {
        let path = folder.join(format!("../tnef/{at}.tnef"));
        if std::env::var_os("BREVBRO_EXPECT").is_some_and(|v| v == "write") {
            fs::write(&path, &octets).unwrap();
        }
        assert!(fs::read(&path).unwrap_or_default() == octets, "{at}");
    }
}

#[test]
fn what_went_in_comes_out() {
    let entity = entity(&letters::outlook());
    assert!(entity.starts_with("Content-Type: multipart/mixed; boundary=\"=_unpacked.1=\"\r\n"), "{entity}");
    assert!(entity.contains("<b>312,40 €</b>") && entity.contains("filename=\"Beslut.pdf\""), "{entity}");
}

#[test]
fn compressed_text_is_what_it_was() {
    for text in ["", "a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", &"åäö {\\rtf1 }".repeat(1000)] {
        let packed = builder::compressed(text.as_bytes());
        let read = lzfu::expanded(&packed, 1 << 20);
        assert_eq!((read.rtf.as_slice(), read.fault), (text.as_bytes(), None));
    }
}

#[test]
fn a_boundary_stands_nowhere_in_the_content() {
    let hostile = b"--=_unpacked.1=\r\n--=_unpacked-again.1=--\r\n=_unpacked-anew";
    let tnef = Tnef::new(1252)
        .message("IPM.Note", &Props::new().text(0x1000, "text"))
        .file(b"a", Some(hostile), &Props::new())
        .file(b"b", Some(hostile), &Props::new());
    let raw = [b"From: a@hel.example\r\nContent-Type: application/ms-tnef\r\n\r\n", &tnef.0[..]].concat();
    let content = read(&raw, &Limits::default());
    assert_eq!(content.text, "text");
    let sizes: Vec<u64> = content.attachments.iter().map(|a| a.size).collect();
    assert_eq!(sizes, [hostile.len() as u64; 2]);
}

#[test]
fn messages_inside_one_another_end() {
    let mut tnef = Tnef::new(1252).message("IPM.Note", &Props::new().text(0x1000, "deepest"));
    for _ in 0..30 {
        tnef = Tnef::new(1252).message("IPM.Note", &Props::new()).file(
            b"x",
            None,
            &Props::new().long(0x3705, 5).object(0x3701, 7, &tnef.0),
        );
    }
    let opened = open(&tnef.0, ROOM);
    assert_eq!(opened.damage, ["an enclosed message that cannot be read"]);
    let entity = String::from_utf8_lossy(&opened.entity.unwrap()).into_owned();
    assert_eq!(entity.matches("message/rfc822").count(), DEEPEST - 1);
}

#[test]
fn what_is_too_much_stays_packed() {
    let opened = open(&letters::outlook().0, 100);
    assert!(opened.entity.is_none() && !opened.damage.is_empty());
    // A letter of one letter, a million times.
    let bomb = Tnef::new(1252).message("IPM.Note", &Props::new().rtf(&encapsulated(&"a".repeat(20_000))));
    let opened = open(&bomb.0, 10_000);
    assert_eq!(opened.damage, ["compressed text too long"]);
    assert!(opened.entity.unwrap().len() <= 10_000);
    let mut many = Tnef::new(1252);
    for _ in 0..2000 {
        many = many.file(b"x", Some(b"y"), &Props::new());
    }
    let opened = open(&many.0, ROOM);
    assert_eq!(opened.damage, ["more than 500 attachments"]);
    assert_eq!(String::from_utf8_lossy(&opened.entity.unwrap()).matches("filename=\"x\"").count(), 501);
}

#[test]
fn whatever_was_cut_off_the_rest_is_read() {
    for tnef in letters::streams() {
        for end in 0..tnef.0.len() {
            let opened = open(&tnef.0[..end], ROOM);
            assert!(opened.entity.is_some() || !opened.damage.is_empty(), "{end}");
            // Where its text or a file has begun there is something to show.
            assert!(opened.entity.is_some() || end < 200, "{end}");
        }
    }
}

#[test]
fn values_without_octets_take_no_time() {
    let properties = Props::new().raw(0x1001, 0x6000, &[0xFF; 4]).text(0x1000, "text");
    let tnef = Tnef::new(1252).message("IPM.Note", &properties);
    assert!(entity(&tnef).ends_with("text"));
}

#[test]
fn a_damaged_length_costs_one_attribute() {
    let (_, raw) = letters::all().into_iter().find(|(name, _)| *name == "tnef-length-hostile").unwrap();
    let content = read(&raw, &Limits::default());
    let names: Vec<&str> = content.attachments.iter().map(|a| &*a.filename).collect();
    assert_eq!(names, ["winmail.dat", "a.pdf", "b.pdf"]);
    assert!(content.parts.iter().any(|part| part.status == PartStatus::Converted));
}

#[test]
fn a_small_stack_is_enough() {
    let work = || {
        for tnef in letters::streams() {
            open(&tnef.0, ROOM);
        }
        for (_, raw) in letters::all() {
            let _ = read(&raw, &Limits::default());
        }
    };
    std::thread::Builder::new().stack_size(256 << 10).spawn(work).unwrap().join().unwrap();
}

/// One change: where, how much goes, and what comes instead.
fn change() -> impl Strategy<Value = (Index, usize, Vec<u8>)> {
    (any::<Index>(), 0..9_usize, proptest::collection::vec(any::<u8>(), 0..9))
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = open(&[&stream::SIGNATURE[..], &bytes].concat(), ROOM);
    }

    #[test]
    fn any_properties_are_read(bytes in proptest::collection::vec(prop_oneof![Just(0_u8), Just(1), Just(0x1F), any::<u8>()], 0..200)) {
        let mut tnef = Tnef::new(1252);
        tnef.add(stream::Id::MESSAGE_PROPERTIES, &bytes).add(stream::Id::ATTACH_PROPERTIES, &bytes);
        let _ = open(&tnef.0, ROOM);
    }

    #[test]
    fn damaged_ones_are_read(which: Index, changes in proptest::collection::vec(change(), 1..6)) {
        let streams = letters::streams();
        let mut octets = which.get(&streams).0.clone();
        for (at, gone, piece) in changes {
            let at = 4 + at.index(octets.len() - 3);
            octets.splice(at..(at + gone).min(octets.len()), piece);
        }
        let opened = open(&octets, ROOM);
        prop_assert!(opened.entity.is_none_or(|entity| entity.len() < 1 << 20));
    }
}
