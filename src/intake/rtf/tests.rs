use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

fn html(rtf: &str) -> String {
    match read(rtf.as_bytes()) {
        Some(Rich::Html(html)) => html,
        other => panic!("{other:?}"),
    }
}

#[test]
fn html_comes_out_as_it_went_in() {
    let rtf = r#"{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}{\f1\fmodern\fcharset238 Courier;}}
{\colortbl\red0\green0\blue0;}
{\*\generator Microsoft Exchange Server;}
{\*\htmltag19 <html>}{\*\htmltag2 \par}{\*\htmltag50 <body>}\htmlrtf \lang1035 \htmlrtf0
{\*\htmltag64 <p title="\'e4\{\}">}\htmlrtf {\htmlrtf0 P\'e4\'e4t\'f6s \u8364?{\*\htmltag84 &amp;}\htmlrtf &\htmlrtf0 {\f1 \'f8}
{\*\mhtmltag64 <p>}{\*\htmltag148 <b>}\htmlrtf {\b \htmlrtf0 nyt\tab\htmlrtf }\htmlrtf0 {\*\htmltag156 </b>}\htmlrtf\par}\htmlrtf0
{\*\htmltag72 </p>}\line a < b\~c{\*\htmltag58 </body>}}"#;
    assert_eq!(html(rtf), "<html>\r\n<body><p title=\"ä{}\">Päätös €&amp;ř<b>nyt\t</b></p>\r\na &lt; b&nbsp;c</body>");
}

#[test]
fn text_comes_out_as_it_went_in() {
    let rtf =
        br"{\rtf1\ansi\ansicpg1252\fromtext \fbidi {\fonttbl{\f0 Arial;}}\f0 Hyv\'e4\par \par <b> \{x\}\tab y\par}";
    assert_eq!(read(rtf), Some(Rich::Text("Hyvä\r\n\r\n<b> {x}\ty\r\n".to_owned())));
}

#[test]
fn rich_text_keeps_what_a_letter_needs() {
    let begin = r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss Arial;}{\f9\fnil\fcharset2 Wingdings;}}{\stylesheet{\s1 x;}}";
    for (rtf, expected) in [
        (r"a\par b", "<div>a</div>\n<div>b</div>\n"),
        (r"a\par\par b\par\par", "<div>a</div>\n<div><br></div>\n<div>b</div>\n"),
        (r"{\b x{\i y}}z", "<div><b>x</b><b><i>y</i></b>z</div>\n"),
        (r"\b x\plain y\line z", "<div><b>x</b>y<br>z</div>\n"),
        (r"\ul x\ulnone y{\v hidden}", "<div><u>x</u>y</div>\n"),
        (r"\pard\qc x\par\pard y", "<div align=\"center\">x</div>\n<div>y</div>\n"),
        (r"\outlinelevel1 x\par\pard y", "<h2>x</h2>\n<div>y</div>\n"),
        (
            r"{\pntext\f9\'b7\tab}x\par{\pntext\f9\'b7\tab}y\par z",
            "<ul>\n<li>x</li>\n<li>y</li>\n</ul>\n<div>z</div>\n",
        ),
        (r"{\listtext 3.\tab}x\par{\listtext 4.\tab}y\par", "<ol start=\"3\">\n<li>x</li>\n<li>y</li>\n</ol>\n"),
        (r"{\listtext (a)\tab}x\par", "<div>(a) x</div>\n"),
        (
            r"\trowd\intbl a\cell b\par c\cell\row\trowd\intbl d\cell\row\pard e",
            "<table border=\"1\">\n<tr><td>a</td><td>b<br>c</td></tr>\n<tr><td>d</td></tr>\n</table>\n<div>e</div>\n",
        ),
        (
            r#"{\field{\*\fldinst{HYPERLINK "https://hel.example/?a=1&b=2"}}{\fldrslt{\ul here}}}."#,
            "<div><a href=\"https://hel.example/?a=1&amp;b=2\"><u>here</u></a>.</div>\n",
        ),
        (r#"{\field{\*\fldinst HYPERLINK "javascript:x"}{\fldrslt here}}"#, "<div>here</div>\n"),
        (r"\u-10179?\u-8704?\u228\'e4\uc0\u246 o", "<div>😀äöo</div>\n"),
        (r"{\f9 J}\'80\lquote x\rquote", "<div>☺€‘x’</div>\n"),
        (r"{\pict\pngblip 89504e47}{\*\unknown x}{\info{\author y}}z<", "<div>z&lt;</div>\n"),
    ] {
        assert_eq!(html(&format!("{begin}{rtf}}}")), expected, "{rtf}");
    }
}

#[test]
fn what_is_no_rtf() {
    for other in ["", "{", "rtf", "{\\b", "<html>", "{\\rtfx}"] {
        assert_eq!(read(other.as_bytes()), None, "{other}");
    }
}

#[test]
fn deep_groups_and_long_words_end() {
    let deep = format!("{{\\rtf1 {}x{}y", "{\\b ".repeat(100_000), "}".repeat(100_000));
    assert_eq!(html(&deep), "<div><b>x</b>y</div>\n");
    let many = format!("{{\\rtf1 {}", r"{\field{\*\fldinst x}}".repeat(20_000));
    assert_eq!(html(&many), "");
}

const PIECES: &[&str] = &[
    "{",
    "}",
    "\\",
    "\\'e4",
    "\\'",
    "{\\rtf1 ",
    "\\fromhtml1 ",
    "\\fromtext ",
    "{\\*\\htmltag1 ",
    "\\htmlrtf ",
    "\\htmlrtf0 ",
    "\\u-10179?",
    "\\u228 ",
    "\\uc3 ",
    "\\uc-1 ",
    "\\bin5 ",
    "{\\fonttbl{\\f1\\fcharset128 ",
    "\\f1 ",
    "\\par ",
    "\\cell ",
    "\\row ",
    "\\intbl ",
    "{\\field{\\*\\fldinst HYPERLINK \"http://a\"}{\\fldrslt ",
    "{\\pntext 1.",
    "\\b ",
    "\\plain ",
    "x <&",
    "\\outlinelevel9 ",
    "\\ansicpg0 ",
    "\\ansicpg65001 ",
    "\\*",
];

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes);
        let _ = read(&[b"{\\rtf1 ".as_slice(), &bytes].concat());
        let _ = read(&[b"{\\rtf1\\fromhtml1 ".as_slice(), &bytes].concat());
    }

    #[test]
    fn any_pieces_are_read(pieces in proptest::collection::vec(any::<Index>(), 0..60)) {
        let rtf: String = pieces.iter().map(|i| *i.get(PIECES)).collect();
        if let Some(Rich::Html(html)) = read(format!("{{\\rtf1 {rtf}").as_bytes()) {
            prop_assert!(html.len() <= 40 * rtf.len() + 100);
        }
    }
}
