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
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str("<p>");
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\n' => out.push_str("<br>"),
            c => out.push(c),
        }
    }
    out.push_str("</p>");
    out
}
