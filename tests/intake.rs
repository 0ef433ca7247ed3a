//! Each message in `testdata/mail/` against the record that is expected beside it. Where a change is meant, run with
//! `BREVBRO_EXPECT=write` and read the difference.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use brevbro::domain::record::PartStatus;
use brevbro::domain::seal::Seals;
use brevbro::intake::{self, Limits, Page, ReadOptions, json::RecordJson};
use proptest::prelude::*;
use proptest::sample::Index;

fn messages() -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/mail");
    let mut found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "eml"))
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    found.sort();
    assert!(found.len() > 20);
    found
}

#[test]
fn each_message_is_the_record_expected() {
    let mut wrong = Vec::new();
    for (path, raw) in messages() {
        let record = RecordJson::of_message(&raw, &Limits::default());
        let json = format!("{}\n", serde_json::to_string_pretty(&record).unwrap());
        let expect = path.with_extension("expect");
        if std::env::var_os("BREVBRO_EXPECT").is_some_and(|v| v == "write") {
            fs::write(&expect, json).unwrap();
        } else if fs::read_to_string(&expect).unwrap_or_default() != json {
            wrong.push(format!("{}:\n{json}", expect.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn both_readings_and_the_attachments_agree() {
    for (path, raw) in messages() {
        println!("{}", path.display());
        agree(&raw);
    }
}

/// Glance, whole reading and single attachments say the same of a message; text and names are fit to be shown.
fn agree(raw: &[u8]) {
    let limits = Limits::default();
    let (glance, content) = (intake::glance(raw, &limits), intake::read(raw, &limits));
    assert_eq!(glance.subject, content.subject);
    assert_eq!(glance.tags, content.tags);
    assert_eq!(glance.from, content.from);
    assert_eq!(glance.date, content.date);
    assert_eq!(glance.message_id, content.message_id);
    assert_eq!(glance.attachments as usize, content.attachments.len());
    assert_eq!(glance.classification, content.classification);
    assert_eq!(glance.too_complex.is_some(), content.defects.iter().any(|d| d.code == "too-complex"));
    for id in content.in_reply_to.iter().chain(content.references.last()) {
        assert!(glance.answers.contains(id));
    }
    for expected in content.attachments.iter().take(20) {
        let (attachment, bytes) = intake::attachment(raw, expected.index).unwrap();
        assert_eq!(&attachment, expected);
        assert_eq!(bytes.len() as u64, expected.size);
        assert_eq!(intake::safe_file_name(&expected.filename).as_ref(), Some(&expected.filename));
    }
    assert_eq!(intake::attachment(raw, content.attachments.len()), None);
    assert_eq!(intake::explain::parts(raw, &limits, Seals::default()).len(), content.parts.len());
    assert!(content.enclosed.iter().all(|at| content.text.is_char_boundary(*at)));
    for event in &content.events {
        assert!(event.attachment.is_none_or(|index| index < content.attachments.len()));
    }
    let names: HashSet<String> = content.attachments.iter().map(|a| a.filename.to_lowercase()).collect();
    assert_eq!(names.len(), content.attachments.len());
    assert!(!content.text.contains(|c: char| c.is_control() && c != '\n' && c != '\t'));
    assert!(!content.subject.contains(char::is_control));
    assert!(content.from.iter().all(|p| !p.address.contains(char::is_control)));
    let _ = intake::report::read(raw, &limits);
    for look in looks() {
        harmless(&intake::read_with(raw, &limits, &look).html.unwrap_or_default(), "");
    }
}

/// How the API gives HTML, and how the portal's page shows it.
fn looks() -> [ReadOptions; 2] {
    let inline_base = Some("/m/1/attachments/".to_owned());
    let page = Page { earlier: "Tidigare".into(), signature: "Underskrift".into(), hidden: "Dolt".into() };
    let plain = ReadOptions { inline_base, ..ReadOptions::default() };
    [plain.clone(), ReadOptions { page: Some(page), ..plain }]
}

#[test]
fn html_runs_nothing_and_fetches_nothing() {
    for (path, raw) in messages() {
        for look in looks() {
            if let Some(html) = intake::read_with(&raw, &Limits::default(), &look).html {
                harmless(&html, &path.display().to_string());
            }
        }
    }
}

/// No tag and no attribute but those that show text and the message's own pictures.
fn harmless(html: &str, name: &str) {
    for tag in html.split('<').skip(1) {
        let tag = tag.split_once('>').map_or(tag, |(tag, _)| tag).trim_start_matches('/');
        let (element, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(element.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()), "{name}: <{tag}>");
        assert!(
            !["script", "iframe", "object", "embed", "form", "input", "style", "svg", "math", "base", "meta", "link"]
                .contains(&element),
            "{name}: <{tag}>"
        );
        while let Some((attribute, after)) = rest.split_once("=\"") {
            let (value, after) = after.split_once('"').expect("an end");
            let (attribute, value) = (attribute.trim(), value.to_ascii_lowercase());
            rest = after;
            assert!(!attribute.starts_with("on") && attribute != "srcset" && attribute != "id", "{name}: <{tag}>");
            let fine = match attribute {
                "src" => value.starts_with("/m/1/attachments/") || value.starts_with("data:image/"),
                "href" => ["https://", "http://", "mailto:"].iter().any(|s| value.starts_with(s)),
                "style" => !value.contains("url(") && !value.contains('\\') && !value.contains("position"),
                "class" => ["earlier", "signature", "hidden", "target", "wide"].contains(&&*value),
                _ => true,
            };
            assert!(fine, "{name}: <{tag}>");
        }
    }
}

#[test]
fn deep_html_is_read_on_a_small_stack() {
    let deep = format!("{}text{}", "<div><b>".repeat(240), "</b></div>".repeat(240));
    let tables = "<table><tr><td>".repeat(150);
    let hidden = format!("<div style='display:none'>{}", "<blockquote type=cite>On 2026 a wrote:<p>".repeat(120));
    for html in [deep, tables, hidden, "<div>".repeat(20_000)] {
        let raw = format!("From: a@hel.example\r\nContent-Type: text/html\r\n\r\n<p>Hej</p>{html}");
        let read = move || looks().map(|look| intake::read_with(raw.as_bytes(), &Limits::default(), &look).text.len());
        let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(read).unwrap();
        assert!(thread.join().unwrap().iter().all(|length| *length >= 3));
    }
}

#[test]
fn a_forwarded_message_comes_as_it_came() {
    let raw = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/mail/forwarded-eml.eml")).unwrap();
    let (attachment, bytes) = intake::attachment(&raw, 0).unwrap();
    assert_eq!(attachment.filename, "Lausunto A_17_ työkyky.eml");
    assert_eq!(attachment.status, PartStatus::AsItCame);
    let start = raw.windows(13).position(|w| w == b"From: \"Taina ").unwrap();
    assert!(raw[start..].starts_with(&bytes));
    assert!(bytes.ends_with(b"--inner--\r\n"));
}

#[test]
fn a_message_of_too_many_parts_is_said_to_be_one() {
    let mut raw = b"From: a@hel.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n".to_vec();
    for _ in 0..1200 {
        raw.extend_from_slice(b"--b\r\nContent-Type: application/pdf\r\n\r\nx\r\n");
    }
    assert!(intake::glance(&raw, &Limits::default()).too_complex.is_some());
    agree(&raw);
    let long = format!("From: a@hel.example\r\nX: {}\r\n\r\n", "a".repeat(300 << 10));
    assert!(intake::glance(long.as_bytes(), &Limits::default()).too_complex.is_some());
}

#[test]
fn a_body_too_long_to_be_shown_is_an_attachment_too() {
    let raw = format!("From: a@hel.example\r\n\r\n{}", "en rad text\r\n".repeat(100));
    let limits = Limits { body_bytes: 100, ..Limits::default() };
    let content = intake::read(raw.as_bytes(), &limits);
    assert_eq!(content.attachments.len(), 1);
    assert_eq!(content.attachments[0].size, 1300);
    assert!(content.text.starts_with("en rad text\n") && content.text.len() < 100);
    assert!(content.defects.iter().any(|d| d.code == "body-too-long"));
}

#[test]
fn html_that_cannot_be_shown_stands_as_text_among_that_which_can() {
    let part = "--b\r\nContent-Type: text/html\r\n\r\n";
    let bomb = "<div>".repeat(2000);
    let raw = format!(
        "From: a@hel.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
         {part}<p>First\r\n{part}{bomb}<i>Second</i>\r\n--b--\r\n"
    );
    let content = intake::read(raw.as_bytes(), &Limits::default());
    assert_eq!(content.html.unwrap(), "<p>First</p>\n<p>Second</p>");
    assert_eq!(content.text, "First\n\nSecond");
}

/// Pieces that matter to a reader of messages.
const PIECES: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"--b\r\n",
    b"--b--\r\n",
    b"\r\n\r\n",
    b"=?utf-8?Q?",
    b"?=",
    b"=?",
    b"\xe4",
    b"\xff\xfe",
    b"=",
    b"Content-Type: multipart/mixed; boundary=b\r\n",
    b"Content-Type: message/rfc822\r\n",
    b"Content-Type: text/html\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"From: ",
    b"filename*0*=utf-16'",
    b"<",
    b">",
    b"\"",
    b"cid:",
    b"charset=utf-7",
    b"; format=flowed; delsp=yes",
    b"[begaran 2026-",
    b"]",
    b"<b><p>",
    b"<table>",
    b"<svg><style>",
    b"<!--",
    b"begin 644 a\n",
    b"#86%A\nend\n",
    b"BEGIN:VEVENT\n",
    b"DTSTART;TZID=Europe/Helsinki:20261203T100000\n",
    b"Content-Type: text/calendar\r\n",
    b"Content-Type: multipart/digest; boundary=b\r\n",
    b"Content-Transfer-Encoding: x-uuencode\r\n",
];

/// Pieces of HTML that change how what follows is read.
const TAGS: &[&str] = &[
    "<p>",
    "</p>",
    "<div style='color:red;background:url(x)'>",
    "</div>",
    "<b>",
    "</b>",
    "<table>",
    "<tr>",
    "<td>",
    "</table>",
    "<a href='https://a.example/'>",
    "<a href='javascript:x'>",
    "</a>",
    "<img src=x onerror=y>",
    "<img src='cid:a' alt='\">'>",
    "<svg>",
    "</svg>",
    "<math>",
    "<mtext>",
    "<mglyph>",
    "<foreignObject>",
    "<style>",
    "</style>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<noscript>",
    "</noscript>",
    "<template>",
    "</template>",
    "<title>",
    "</title>",
    "<textarea>",
    "</textarea>",
    "<xmp>",
    "<plaintext>",
    "<select>",
    "<option>",
    "<form>",
    "<input value='<b>'>",
    "<frameset>",
    "<body onload=x bgcolor=black>",
    "<html lang=fi>",
    "<blockquote type=cite>",
    "</blockquote>",
    "<details class=earlier>",
    "<summary>",
    "<div id=Signature>",
    "Från: a<br>Skickat: b<br>",
    "<style>p{margin:0}.a{color:#fff}</style>",
    "<p class=a style='display:none'>",
    "<ol start=3>",
    "<li>",
    "<pre>",
    "\n",
    "&lt;script&gt;",
    "&#0;",
    "\u{202e}",
    "text",
    "-- ",
    "<br>",
    "'",
    "\"",
    ">",
    "<",
    "/",
    "=",
    "&",
];

/// One change: where, how much of what stands there goes, and what comes instead.
fn change() -> impl Strategy<Value = (Index, usize, Vec<u8>)> {
    let piece =
        prop_oneof![any::<Index>().prop_map(|i| i.get(PIECES).to_vec()), proptest::collection::vec(any::<u8>(), 0..8),];
    (any::<Index>(), 0..40_usize, piece)
}

proptest! {
    #[test]
    fn any_bytes_are_read(raw in proptest::collection::vec(any::<u8>(), 0..400)) {
        agree(&raw);
    }

    #[test]
    fn any_pieces_are_read(pieces in proptest::collection::vec(any::<Index>(), 0..60)) {
        let raw: Vec<u8> = pieces.iter().flat_map(|i| i.get(PIECES).iter().copied()).collect();
        agree(&raw);
    }

    #[test]
    fn any_html_is_harmless(pieces in proptest::collection::vec(any::<Index>(), 0..40)) {
        let html: String = pieces.iter().map(|i| *i.get(TAGS)).collect();
        let raw = format!("From: a@hel.example\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}");
        agree(raw.as_bytes());
        // What came out is taken for the same once more.
        for look in looks() {
            let once = intake::read_with(raw.as_bytes(), &Limits::default(), &look).html.unwrap_or_default();
            let again = format!("From: a@hel.example\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{once}");
            harmless(&intake::read_with(again.as_bytes(), &Limits::default(), &look).html.unwrap_or_default(), &html);
        }
    }

    #[test]
    fn damaged_messages_are_read(which: Index, changes in proptest::collection::vec(change(), 1..8)) {
        let messages = messages();
        let mut raw = which.get(&messages).1.clone();
        for (at, gone, piece) in changes {
            let at = at.index(raw.len() + 1);
            raw.splice(at..(at + gone).min(raw.len()), piece);
        }
        agree(&raw);
    }

    #[test]
    fn any_name_becomes_safe(name in "(\\PC|[./\\\\: \u{202e}]|CON|\\.pdf){0,300}") {
        if let Some(safe) = intake::safe_file_name(&name) {
            prop_assert!(safe.chars().count() <= 150 && safe.len() <= 255);
            let forbidden = safe.contains(['/', '\\', ':', '\u{202e}']);
            prop_assert!(!forbidden);
            prop_assert!(!safe.starts_with('.') && !safe.ends_with(['.', ' ']));
            prop_assert_eq!(intake::safe_file_name(&safe), Some(safe));
        }
    }
}
