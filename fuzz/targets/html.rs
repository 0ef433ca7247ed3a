//! Any bytes as the HTML of a message, in both looks: nothing comes out but what shows text and the message's own
//! pictures, and what comes out is taken for the same again. Seeds: `testdata/mail/*.eml`.
#![no_main]

use brevbro::intake::{self, Limits, Page, ReadOptions, quotes};
use libfuzzer_sys::fuzz_target;

const FORBIDDEN: &[&str] = &[
    "script", "style", "iframe", "frame", "object", "embed", "form", "input", "button", "base", "meta", "link", "svg",
    "math", "template", "noscript", "video", "audio", "source", "title", "textarea", "select",
];

fuzz_target!(|octets: &[u8]| {
    let page = Page { earlier: "Earlier".into(), signature: "Signature".into(), hidden: "Hidden".into() };
    for page in [None, Some(page)] {
        let options = ReadOptions { inline_base: Some("/a/".into()), page, ..ReadOptions::default() };
        let once = read(octets, &options);
        harmless(&once);
        // A second reading finds nothing more to take away that could do harm.
        harmless(&read(once.as_bytes(), &options));
    }
    let text = String::from_utf8_lossy(octets);
    let lines: usize = quotes::runs(&text, false).iter().map(|run| run.lines.len()).sum();
    assert_eq!(lines, text.lines().count());
});

fn read(html: &[u8], options: &ReadOptions) -> String {
    let mut raw = b"From: a@hel.example\r\nContent-Type: text/html; charset=utf-8\r\n\r\n".to_vec();
    raw.extend_from_slice(html);
    intake::read_with(&raw, &Limits::default(), options).html.unwrap_or_default()
}

fn harmless(html: &str) {
    for tag in html.split('<').skip(1) {
        let tag = tag.split_once('>').map_or(tag, |(tag, _)| tag).trim_start_matches('/');
        let (element, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(element.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()), "<{tag}>");
        assert!(!FORBIDDEN.contains(&element), "<{tag}>");
        while let Some((name, after)) = rest.split_once("=\"") {
            let (value, after) = after.split_once('"').expect("an end");
            rest = after;
            let fine = match name.trim() {
                "src" => value.starts_with("/a/") || value.starts_with("data:image/"),
                "href" => ["https://", "http://", "mailto:"].iter().any(|scheme| value.starts_with(scheme)),
                "style" => !value.contains("url") && !value.contains('\\') && !value.contains("position"),
                "class" => ["earlier", "signature", "hidden", "target", "wide"].contains(&value),
                "id" | "srcset" | "action" => false,
                name => !name.starts_with("on"),
            };
            assert!(fine, "<{tag}>");
        }
    }
}
