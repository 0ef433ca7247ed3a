use proptest::prelude::*;

use super::*;

#[allow(dead_code)]
#[path = "../../../tests/support/zip.rs"]
pub mod made;

use made::{File, tar, zip, zip_with};

fn names(list: &List<'_>) -> Vec<String> {
    list.entries.iter().map(|entry| entry.name.clone()).collect()
}

fn of(octets: &[u8]) -> (Option<Kind>, Vec<String>, Option<&'static str>) {
    let kind = kind(octets, false);
    let list = kind.map(|kind| list(octets, kind, ENTRIES)).unwrap_or_default();
    (kind, names(&list), list.unreadable)
}

fn good() -> Vec<u8> {
    let inner = zip(&[File::stored("inner.txt", b"inner")]);
    zip(&[
        File::stored("mimetype", b"application/x"),
        File::deflated("folder/päätös.txt", &b"text ".repeat(100)),
        File::stored("inner.zip", &inner),
    ])
}

#[test]
fn lists_are_read() {
    let made = good();
    assert_eq!(
        of(&made),
        (Some(Kind::Zip), vec!["mimetype".into(), "folder/päätös.txt".into(), "inner.zip".into()], None)
    );
    let list = list(&made, Kind::Zip, ENTRIES);
    assert_eq!(list.entries[0].stored, Some(&b"application/x"[..]));
    assert_eq!((list.entries[1].stored, list.encrypted), (None, false));
    assert_eq!(of(list.entries[2].stored.unwrap()).1, ["inner.txt"]);
    assert_eq!(of(&zip(&[])), (Some(Kind::Zip), vec![], None));
    assert_eq!(of(&zip_with(&[File::stored("a", b"x")], 1, b"a comment")).1, ["a"]);
}

#[test]
fn a_list_behind_something_else_is_read_where_the_name_says_zip() {
    for junk in [&b"junk"[..], &[0; 4000]] {
        let made = [junk, &good()].concat();
        assert_eq!(kind(&made, false), None);
        assert_eq!(kind(&made, true), Some(Kind::Zip));
        assert_eq!(
            (list(&made, Kind::Zip, ENTRIES).entries.len(), list(&made, Kind::Zip, ENTRIES).unreadable),
            (3, None)
        );
    }
    assert_eq!(kind(b"a letter", true), None);
}

#[test]
fn what_cannot_be_read_says_why() {
    let why = |octets: &[u8]| of(octets).2.unwrap_or("readable");
    let made = zip(&[File::stored("a", b"x"), File::deflated("b", b"x")]);
    assert_eq!(why(&made[..made.len() - 10]), "its end is missing");
    // The end of the zip inside is not the end of the whole.
    let made = good();
    assert_eq!(why(&made[..made.len() - 30]), "it holds a file that its list does not name");
    assert_eq!(
        why(&zip_with(&[File::stored("a", b"x")], 3, b"")),
        "its list has another number of entries than it says"
    );
    let other = File { local_name: Some(b"b.exe".to_vec()), ..File::stored("a.txt", b"x") };
    let listed = zip(&[other]);
    assert_eq!(why(&listed), "its two lists name different files");
    assert!(of(&listed).1.contains(&"b.exe".to_owned()), "both names are looked at");
    let hidden = File { listed: false, ..File::stored("b.exe", b"MZ") };
    assert_eq!(why(&zip(&[File::stored("a", b"x"), hidden.clone()])), "it holds a file that its list does not name");
    assert_eq!(why(&zip(&[hidden, File::stored("a", b"x")])), "it holds a file that its list does not name");
    // One list behind another, and two ends of which programs take one or the other.
    let one = zip(&[File::stored("a", b"x")]);
    let two = zip(&[File::stored("b", b"x")]);
    assert_eq!(why(&[one.clone(), two].concat()), "it holds a file that its list does not name");
    let nested = zip_with(&[File::stored("a", b"x")], 1, &zip(&[])[..]);
    assert_eq!(why(&nested), "it has two ends");
    // Two entries of the list lead to the same octets.
    let mut shared = zip(&[File::stored("a", b"x"), File::stored("b", b"x")]);
    let at = memchr::memmem::rfind(&shared, b"PK\x01\x02").unwrap() + 42;
    shared[at..at + 4].copy_from_slice(&0_u32.to_le_bytes());
    assert!(["files in it share octets", "its two lists name different files"].contains(&why(&shared)));
    let mut same = zip(&[File::stored("a", b"x"), File::stored("a", b"x")]);
    same[at..at + 4].copy_from_slice(&0_u32.to_le_bytes());
    assert_eq!(why(&same), "files in it share octets");
    let mut volume = one.clone();
    let end = volume.len() - 22;
    volume[end + 4] = 1;
    assert_eq!(why(&volume), "one volume of several");
    let mut far = one;
    let at = memchr::memmem::find(&far, b"PK\x01\x02").unwrap() + 20;
    far[at] = 200;
    assert_eq!(why(&far), "a file in it goes beyond its end");
    let many: Vec<File> = (0..20).map(|n| File::stored(&n.to_string(), b"")).collect();
    assert_eq!(list(&zip(&many), Kind::Zip, 10).unreadable, Some("more entries than are read"));
}

#[test]
fn a_password_is_seen() {
    let locked = File { flags: 1, ..File::deflated("a.txt", b"x") };
    assert!(list(&zip(&[locked]), Kind::Zip, ENTRIES).encrypted);
}

#[test]
fn the_other_name_of_a_file_is_on_the_list() {
    let mut extra = vec![0x75, 0x70, 10, 0, 1, 0, 0, 0, 0];
    extra.extend(b"b.exe");
    let made = zip(&[File { extra, ..File::stored("a.txt", b"x") }]);
    assert_eq!(of(&made), (Some(Kind::Zip), vec!["b.exe".into(), "a.txt".into()], None));
}

/// As of APPNOTE §4.3.14: the sizes stand in the record before, and offsets in an extra field.
#[test]
fn zip64_is_read() {
    let mut extra = vec![1, 0, 24, 0];
    for number in [1_u64, 1, 0] {
        extra.extend(number.to_le_bytes());
    }
    let mut made = zip(&[File { extra, ..File::stored("a.txt", b"x") }]);
    let central = memchr::memmem::find(&made, b"PK\x01\x02").unwrap();
    for field in [20, 24, 42] {
        made[central + field..central + field + 4].fill(0xff);
    }
    let end = made.len() - 22;
    let size = end - central;
    let mut tail = b"PK\x06\x06".to_vec();
    tail.extend(44_u64.to_le_bytes());
    tail.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for number in [1, 1, size as u64, central as u64] {
        tail.extend(number.to_le_bytes());
    }
    tail.extend(b"PK\x06\x07\0\0\0\0");
    tail.extend((end as u64).to_le_bytes());
    tail.extend(1_u32.to_le_bytes());
    let mut last = made.split_off(end);
    last[8..20].fill(0xff);
    let made = [made, tail, last].concat();
    assert_eq!(of(&made), (Some(Kind::Zip), vec!["a.txt".into()], None));
    for cut in 0..made.len() {
        let _ = of(&made[..cut]);
    }
}

#[test]
fn tars_are_read() {
    let made = tar(&[("a.txt", b"x"), ("folder/b.js", &[7; 600]), ("empty", b"")]);
    assert_eq!(of(&made), (Some(Kind::Tar), vec!["a.txt".into(), "folder/b.js".into(), "empty".into()], None));
    let mut long = tar(&[("././@LongLink", b"a/very/long/name.exe\0"), ("a/very/lo", b"x")]);
    long[156] = b'L';
    long[148..156].copy_from_slice(b"        ");
    let sum: u32 = long[..512].iter().map(|octet| u32::from(*octet)).sum();
    long[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    assert_eq!(of(&long).1, ["a/very/long/name.exe"]);
    let more = [made.clone(), tar(&[("b.exe", b"MZ")])].concat();
    assert_eq!(of(&more).2, Some("something stands behind its end"));
    assert_eq!(of(&made[..700]).2, None, "an end that is missing hides nothing");
    assert_eq!(of(&made[..1700]).2, Some("a file in it goes beyond its end"));
}

#[test]
fn others_are_known_by_their_first_octets() {
    for (begin, expected) in [
        (&b"7z\xbc\xaf\x27\x1c\0\x04"[..], Kind::Closed),
        (b"Rar!\x1a\x07\x01\0", Kind::Closed),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\x03", Kind::Packed),
        (b"BZh91AY", Kind::Packed),
        (b"\xfd7zXZ\0\0\x04", Kind::Packed),
        (b"\x24\x00-lh5-", Kind::Closed),
    ] {
        assert_eq!(kind(begin, false), Some(expected), "{begin:?}");
    }
    let named = b"\x1f\x8b\x08\x0c\0\0\0\0\0\x03\x02\0ab{name}.js\0...";
    assert_eq!(of(named).1, ["{name}.js"]);
    for none in [&b""[..], b"%PDF-1.7", b"a letter", b"PK", b"P\0\0\0", &[0; 1024]] {
        assert_eq!(kind(none, false), None);
    }
}

fn bounded(octets: &[u8]) -> Result<(), TestCaseError> {
    for kind in [Kind::Zip, Kind::Tar, Kind::Packed, Kind::Closed] {
        let list = list(octets, kind, 50);
        // A local name beside the central one, and one more in an extra field.
        prop_assert!(list.entries.len() <= 50 + 200);
        for entry in &list.entries {
            prop_assert!(entry.stored.is_none_or(|stored| stored.len() <= octets.len()));
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes(octets in proptest::collection::vec(any::<u8>(), 0..3000)) {
        bounded(&octets)?;
        let _ = (kind(&octets, true), kind(&octets, false));
    }

    /// A good one with some octets changed, and cut anywhere.
    #[test]
    fn a_damaged_one(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8), cut: prop::sample::Index, tarred: bool) {
        let mut octets = if tarred { tar(&[("a.txt", b"x"), ("b.txt", &[7; 600])]) } else { good() };
        for (at, octet) in changes {
            let at = at.index(octets.len());
            octets[at] = octet;
        }
        bounded(&octets)?;
        octets.truncate(cut.index(octets.len()));
        bounded(&octets)?;
    }
}
