//! The last gate: whatever has been made of a message's HTML passes ammonia, with a list of what may be there.

use std::borrow::Cow;
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};

use super::style;

/// Elements that are written. Ammonia's own list has more.
const TAGS: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "address",
    "b",
    "bdi",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
];
/// Their content is no text to be read.
const WITHOUT_CONTENT: &[&str] =
    &["iframe", "math", "noembed", "noframes", "noscript", "script", "style", "svg", "template", "title"];
const ATTRIBUTES: &[&str] = &[
    "align",
    "border",
    "cellpadding",
    "cellspacing",
    "dir",
    "height",
    "lang",
    "role",
    "style",
    "tabindex",
    "title",
    "valign",
    "width",
];
/// Classes of our own; those of the message are gone by now.
pub(super) const EARLIER: &str = "earlier";
pub(super) const SIGNATURE: &str = "signature";
pub(super) const HIDDEN: &str = "hidden";
pub(super) const TARGET: &str = "target";
pub(super) const WIDE: &str = "wide";

static GATE: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::default();
    builder
        .tags(TAGS.iter().copied().collect())
        .clean_content_tags(WITHOUT_CONTENT.iter().copied().collect())
        .generic_attributes(ATTRIBUTES.iter().copied().collect())
        .add_tag_attributes("ol", ["start", "type", "reversed"])
        .add_tag_attributes("ul", ["type"])
        .add_tag_attributes("li", ["value"])
        .add_allowed_classes("details", [EARLIER, SIGNATURE, HIDDEN])
        .add_allowed_classes("span", [TARGET])
        .add_allowed_classes("div", [WIDE])
        .url_schemes(["http", "https", "mailto", "cid", "data"].into())
        // Only what was made here can be relative.
        .url_relative(UrlRelative::PassThrough)
        .link_rel(Some("noopener noreferrer nofollow"))
        .attribute_filter(attribute);
    builder
});

fn attribute<'v>(element: &str, name: &str, value: &'v str) -> Option<Cow<'v, str>> {
    let may = match (element, name) {
        ("img", "src") => is_own(value) || value.starts_with("cid:") || is_picture(value),
        ("a", "href") => ["http://", "https://", "mailto:"].iter().any(|scheme| value.starts_with(scheme)),
        (_, "src" | "href" | "cite") => false,
        (_, "style") => style::is_safe(value),
        (_, "role") => value == "presentation",
        (_, "tabindex") => value == "0" && element == "div",
        _ => true,
    };
    may.then_some(Cow::Borrowed(value))
}

/// Passes nothing that runs, fetches or overlays.
pub(super) fn passed(html: &str) -> String {
    GATE.clean(html).to_string()
}

/// A path on our own host, of plain characters.
fn is_own(source: &str) -> bool {
    source.starts_with('/')
        && !source.starts_with("//")
        && source.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'/' | b'-' | b'_' | b'.' | b'~'))
}

/// A picture that stands in its own address (RFC 2397). Not SVG: it is a document.
pub(super) fn is_picture(source: &str) -> bool {
    let Some((kind, octets)) = source.strip_prefix("data:image/").and_then(|rest| rest.split_once(";base64,")) else {
        return false;
    };
    matches!(kind, "png" | "jpeg" | "jpg" | "gif" | "webp" | "bmp" | "avif")
        && octets.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/' | b'=' | b'\r' | b'\n' | b' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gate_lets_nothing_else_pass() {
        for (html, left) in [
            ("<script>x</script><p onclick=x class=earlier>a", "<p>a</p>"),
            ("<img src='https://a.example/x'><img src='//a'><img src='/m/../x?y'>", "<img><img><img>"),
            ("<img src='/m/1/attachments/3' alt=x>", "<img src=\"/m/1/attachments/3\" alt=\"x\">"),
            ("<img src='data:image/svg+xml;base64,AA'><img src='data:text/html,x'>", "<img><img>"),
            (
                "<a href='/x'>a</a><a href='javascript:x'>b</a>",
                "<a rel=\"noopener noreferrer nofollow\">a</a><a rel=\"noopener noreferrer nofollow\">b</a>",
            ),
            ("<p style='background:url(x)'>a<p style='color:red;position:fixed'>b", "<p>a</p><p>b</p>"),
            ("<table role=dialog><tr><td tabindex=0>a</table>", "<table><tbody><tr><td>a</td></tr></tbody></table>"),
            ("<details class='earlier x' open id=y>a</details>", "<details class=\"earlier\">a</details>"),
            ("<svg><style>x</style></svg><math><mi>x</math>a", "a"),
            ("<form action=x><input><button>a</button></form><base href=x><meta http-equiv=refresh>", "a"),
        ] {
            assert_eq!(passed(html), left, "{html}");
        }
    }

    #[test]
    fn pictures_in_their_own_address() {
        assert!(is_picture("data:image/png;base64,iVBORw0K\r\n Ggo="));
        for other in
            ["data:image/svg+xml;base64,AA", "data:image/png,x", "data:image/png;base64,<", "data:text/html;base64,AA"]
        {
            assert!(!is_picture(other), "{other}");
        }
    }
}
