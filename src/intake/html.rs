//! HTML that may be shown: nothing in it runs, and nothing in it asks the network for anything until a link is clicked.

use std::borrow::Cow;
use std::collections::HashMap;

use ammonia::{Builder, Url, UrlRelative};

use super::{outline, style};

/// Beside ammonia's own list: what letters are laid out with.
const MORE_TAGS: &[&str] = &["address", "big", "font", "tfoot"];
/// Maps would make links of pictures.
const FEWER_TAGS: &[&str] = &["area", "map"];
/// Their content is no text to be read.
const WITHOUT_CONTENT: &[&str] =
    &["iframe", "math", "noembed", "noframes", "noscript", "script", "style", "svg", "template", "title"];
const ATTRIBUTES: &[&str] = &[
    "align",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "color",
    "dir",
    "face",
    "height",
    "nowrap",
    "size",
    "style",
    "valign",
    "width",
];

/// Sanitises. A picture of the message itself, `cid:…`, gets the address `base` and the attachment's index; without a
/// base it stays as it is. Every other picture is taken out, its description stays.
pub(super) fn sanitised(html: &str, pictures: &HashMap<String, usize>, base: Option<&str>) -> String {
    let (pictures, base) = (pictures.clone(), base.map(str::to_owned));
    let attribute = move |element: &str, name: &str, value: &str| -> Option<Cow<'static, str>> {
        match (element, name) {
            ("img", "src") => {
                let index = pictures.get(&outline::content_id(value)?)?;
                Some(base.as_ref().map_or_else(|| value.to_owned(), |base| format!("{base}{index}")).into())
            }
            ("a", "href") => {
                let url = Url::parse(value).ok()?;
                matches!(url.scheme(), "http" | "https" | "mailto").then(|| value.trim().to_owned().into())
            }
            (_, "src" | "href" | "cite" | "background") => None,
            (_, "style") => style::filtered(value).map(Cow::Owned),
            _ => Some(value.to_owned().into()),
        }
    };
    let mut builder = Builder::default();
    builder
        .add_tags(MORE_TAGS)
        .rm_tags(FEWER_TAGS)
        .add_clean_content_tags(WITHOUT_CONTENT)
        .add_generic_attributes(ATTRIBUTES)
        .url_schemes(["http", "https", "mailto", "cid"].into())
        // Only what the filter above has made can be relative by now.
        .url_relative(UrlRelative::PassThrough)
        .link_rel(Some("noopener noreferrer nofollow"))
        .attribute_filter(move |element, name, value| attribute(element, name, value));
    builder.clean(html).to_string().trim().to_owned()
}

/// Plain text between HTML parts.
pub(super) fn of_text(text: &str) -> String {
    // Columns stand as they were written.
    let aligned = text.contains('\t') || text.contains("  ");
    let style = if aligned { " style=\"white-space:pre-wrap\"" } else { "" };
    format!("<p{style}>{}</p>", escaped(text))
}

/// Text as HTML, its line breaks kept.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\n' => out.push_str("<br>"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_base(html: &str) -> String {
        sanitised(html, &HashMap::from([("a@b".to_owned(), 3)]), Some("/m/1/attachments/"))
    }

    #[test]
    fn pictures_of_the_message_are_shown_and_no_others() {
        assert_eq!(with_base("<img src='cid:a%40b' alt=x>"), "<img src=\"/m/1/attachments/3\" alt=\"x\">");
        for other in
            ["cid:c", "https://a.example/x.png", "//a.example/x", "/m/1/attachments/3", "data:image/png;base64,AA"]
        {
            assert_eq!(with_base(&format!("<img alt=x src='{other}'>")), "<img alt=\"x\">", "{other}");
        }
    }

    #[test]
    fn links_lead_out_and_nowhere_else() {
        let rel = "rel=\"noopener noreferrer nofollow\"";
        assert_eq!(
            with_base("<a href=https://a.example/ rel=opener>x</a>"),
            format!("<a href=\"https://a.example/\" {rel}>x</a>")
        );
        for other in ["/portal/logout", "//a.example", "cid:a@b", "ftp://a.example", "\u{1}javascript:x", "#x", "tel:1"]
        {
            assert_eq!(with_base(&format!("<a href='{other}'>x</a>")), format!("<a {rel}>x</a>"), "{other}");
        }
    }

    #[test]
    fn letters_keep_their_looks() {
        let html = "<table border=\"1\"><tbody><tr><td align=\"right\" style=\"padding:2px\"><font color=\"#333\">1</font></td></tr></tbody></table>";
        assert_eq!(with_base(html), html);
        assert_eq!(with_base("<p class=MsoNormal id=x name=y>a<o:p></o:p></p>"), "<p>a</p>");
    }

    #[test]
    fn text_becomes_html() {
        assert_eq!(of_text("a<b>\n& c"), "<p>a&lt;b&gt;<br>&amp; c</p>");
    }
}
