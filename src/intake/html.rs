//! HTML of a message: read as a tree, written again so that nothing in it runs and nothing in it asks the network for
//! anything until a link is clicked. In order: [`tree`] builds it within a budget, [`text`] makes a text of it,
//! [`history`] finds what is folded, [`write`] writes it, [`safe`] is the gate that all of it passes.

use std::collections::{HashMap, HashSet};

mod colour;
mod elements;
mod history;
mod lines;
mod link;
mod safe;
mod sheet;
mod style;
mod symbols;
mod text;
mod tree;
mod write;

pub(super) use tree::Budget;

use tree::{Element, Tree};

/// Characters of a picture's address that may be a part's Content-Location.
const LOCATION: usize = 2000;

/// Words that the page of a message puts into its HTML, in the reader's language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Over folded earlier messages.
    pub earlier: String,
    /// Over a folded signature.
    pub signature: String,
    /// Over text that its author hides.
    pub hidden: String,
}

/// HTML and what it is about.
#[derive(Debug)]
pub(super) struct Document {
    /// `None`: it would cost too much to build.
    tree: Option<Tree>,
    /// Its text by simpler means, where there is no tree.
    plain: String,
    /// `lang` of the document.
    pub(super) language: Option<String>,
    /// Pictures that it shows, as [`reference`] names them.
    pub(super) pictures: HashSet<String>,
    /// It would fetch something that is no such picture.
    pub(super) remote: bool,
    /// It would run or submit something.
    pub(super) active: bool,
}

impl Document {
    /// Reads it, as long as the budget lasts; beyond it there is only a text, by simpler means.
    pub(super) fn of(html: &str, budget: &mut Budget) -> Self {
        let Some(tree) = tree::parse(html, budget) else {
            return Self {
                tree: None,
                plain: mail_parser::html_to_text(html),
                language: None,
                pictures: HashSet::new(),
                remote: false,
                active: false,
            };
        };
        let mut document = Self {
            plain: String::new(),
            language: None,
            pictures: HashSet::new(),
            remote: false,
            active: false,
            tree: None,
        };
        let lang = tree.document.iter().find(|a| &*a.name.local == "lang").map(|a| &*a.value);
        document.language = lang.and_then(super::fields::language_tag);
        let whole = Element { name: html5ever::local_name!("html"), attributes: Vec::new() };
        document.inspect(&whole, &tree.document);
        for id in tree.ids() {
            if let Some(element) = tree.element(id) {
                document.inspect(element, &element.attributes);
                if &*element.name == "style" {
                    document.remote |=
                        tree.children(id).any(|id| matches!(tree.what(id), tree::What::Text(css) if fetches(css)));
                }
            }
        }
        document.tree = Some(tree);
        document
    }

    /// The text, with LF and `> ` before what is quoted.
    pub(super) fn text(&self) -> String {
        self.tree.as_ref().map_or_else(|| self.plain.clone(), |tree| text::lines(tree, true, false).out)
    }

    /// It would cost too much to build; its text is by simpler means.
    pub(super) fn is_too_complex(&self) -> bool {
        self.tree.is_none()
    }

    /// Notes what an element would do.
    fn inspect(&mut self, element: &Element, attributes: &[html5ever::Attribute]) {
        let name = &*element.name;
        self.active |= matches!(
            name,
            "script" | "iframe" | "frame" | "object" | "embed" | "applet" | "form" | "input" | "button" | "base"
        );
        for attribute in attributes {
            let value = attribute.value.trim();
            match &*attribute.name.local {
                "src" if name == "img" => {
                    if let Some(reference) = reference(value) {
                        self.pictures.insert(reference);
                    } else {
                        self.remote |= is_remote(value);
                    }
                }
                "src" | "srcset" | "background" | "poster" | "data" | "lowsrc" | "dynsrc" => {
                    self.remote |= is_remote(value);
                }
                "href" if name == "link" => self.remote |= is_remote(value),
                "href" | "action" | "formaction" => {
                    let script = |s: &str| value.get(..s.len()).is_some_and(|v| v.eq_ignore_ascii_case(s));
                    self.active |= script("javascript:") || script("vbscript:") || script("data:");
                }
                "style" => self.remote |= fetches(value),
                "http-equiv" => self.active |= value.eq_ignore_ascii_case("refresh"),
                name => self.active |= name.starts_with("on"),
            }
        }
    }

    /// Sanitised; empty when it cannot be shown. A picture of the message itself gets the address `base` and the
    /// attachment's index; without a base, `cid:` and its Content-ID. Every other picture is taken out, its description
    /// stays. `language`: of the part, where the HTML itself says none.
    pub(super) fn sanitised(&self, shown: &Shown<'_>, language: Option<&str>) -> String {
        let Some(tree) = self.tree.as_ref().filter(|tree| shows_something(tree)) else { return String::new() };
        let pictures = |source: &str| {
            let reference = reference(source)?;
            let index = shown.pictures.get(&reference)?;
            match shown.base {
                Some(base) => Some(format!("{base}{index}")),
                None => reference.starts_with("cid:").then_some(reference),
            }
        };
        let folds = shown.page.map(|_| history::folds(tree, shown.forwarded)).unwrap_or_default();
        let written = write::Writer::new(tree, &pictures, shown.page, folds).written(language);
        safe::passed(&written)
    }
}

/// How HTML is to be shown.
#[derive(Debug)]
pub(super) struct Shown<'s> {
    /// Attachments by [`reference`].
    pub(super) pictures: &'s HashMap<String, usize>,
    pub(super) base: Option<&'s str>,
    /// For the page of the message: folded, and coloured for light and dark.
    pub(super) page: Option<&'s Page>,
    /// The message hands on another.
    pub(super) forwarded: bool,
}

/// What names a picture of the message: `cid:` with its Content-ID (RFC 2392), or what may be a Content-Location
/// (RFC 2557).
pub(super) fn reference(source: &str) -> Option<String> {
    let source = source.trim();
    match link::content_id(source) {
        Some(id) => Some(format!("cid:{id}")),
        None if source.is_empty() || source.len() > LOCATION => None,
        None if source.get(..5).is_some_and(|s| s.eq_ignore_ascii_case("data:")) => None,
        None => Some(source.to_owned()),
    }
}

/// Whether there is a letter or a picture at all: scanners send empty lines.
fn shows_something(tree: &Tree) -> bool {
    tree.ids().any(|id| match tree.what(id) {
        tree::What::Text(text) => text.chars().any(|c| !c.is_whitespace() && !c.is_control()),
        tree::What::Element(element) => matches!(&*element.name, "img" | "input"),
        tree::What::Nothing => false,
    })
}

fn is_remote(url: &str) -> bool {
    !url.is_empty() && !url.get(..5).is_some_and(|s| s.eq_ignore_ascii_case("data:"))
}

fn fetches(css: &str) -> bool {
    let lower = css.to_ascii_lowercase();
    lower.contains("@import") || lower.contains("url(") || lower.contains("image-set(")
}

/// Plain text between HTML parts.
pub(super) fn of_text(text: &str, language: Option<&str>) -> String {
    let mut out = String::from("<p");
    write::attribute_of(&mut out, "lang", language);
    // Columns stand as they were written.
    if text.contains('\t') || text.contains("  ") {
        out.push_str(" style=\"white-space:pre-wrap\"");
    }
    out.push('>');
    out.push_str(&escaped(text));
    out.push_str("</p>");
    out
}

/// Text as HTML, its line breaks kept.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for (n, line) in text.split('\n').enumerate() {
        out.push_str(if n > 0 { "<br>" } else { "" });
        write::escape(&mut out, line);
    }
    out
}

#[cfg(test)]
mod tests;
