//! The tree as HTML again: the elements that letters are made of, with what the style sheets say put on them. Everything
//! else is left out, its text stays. What comes out has still to pass the gate.

use std::collections::HashMap;
use std::fmt::Write;

use super::colour::{Colour, GROUND, INK, LINK};
use super::elements::{self, Written};
use super::history::Folds;
use super::link::Link;
use super::sheet::Sheet;
use super::style::Declared;
use super::text::is_unread;
use super::tree::{DEEPEST, Element, Id, Step, Tree, What};
use super::{Page, safe, symbols};
use crate::intake::fields::{language_tag, turns_direction};
use crate::intake::quotes::Part;

/// Octets of a link's words, with what is in them, that are compared with its target.
const WORDS: usize = 4096;
/// Octets of styles in one message.
const STYLES: usize = 4 << 20;

/// Where the message's own pictures are: the address for what `src` says.
pub(super) type Pictures<'p> = &'p dyn Fn(&str) -> Option<String>;

/// An element that is open.
struct Open {
    /// What closes it.
    close: String,
    text: Colour,
    ground: Colour,
    hidden: bool,
    pictorial: bool,
    /// A link, and where its words begin.
    link: Option<(Link, usize)>,
}

pub(super) struct Writer<'w> {
    tree: &'w Tree,
    sheet: Sheet,
    page: Option<&'w Page>,
    pictures: Pictures<'w>,
    folds: Folds,
    /// Folds that end with this node.
    ends: HashMap<Id, usize>,
    /// How much lower headings stand.
    lower: u8,
    styles: usize,
    open: Vec<Open>,
    out: String,
}

impl<'w> Writer<'w> {
    /// With a `page`: for that page, folded and coloured; else as the message has it.
    pub(super) fn new(tree: &'w Tree, pictures: Pictures<'w>, page: Option<&'w Page>, folds: Folds) -> Self {
        let mut sheet = Sheet::default();
        let mut highest = 6;
        for id in tree.ids() {
            if tree.name(id) == "style" {
                for child in tree.children(id) {
                    if let What::Text(css) = tree.what(child) {
                        sheet.read(css);
                    }
                }
            }
            highest = elements::level(tree.name(id)).map_or(highest, |level| highest.min(level));
        }
        let mut ends = HashMap::new();
        for (_, last) in folds.values() {
            *ends.entry(*last).or_insert(0) += 1;
        }
        let lower = if page.is_some() { 2_u8.saturating_sub(highest) } else { 0 };
        let around =
            Open { close: String::new(), text: INK, ground: GROUND, hidden: false, pictorial: false, link: None };
        Self { tree, sheet, page, pictures, folds, ends, lower, styles: 0, open: vec![around], out: String::new() }
    }

    /// All of it.
    pub(super) fn written(mut self, language: Option<&str>) -> String {
        let said = |name: &str| self.tree.document.iter().find(|a| &*a.name.local == name).map(|a| &*a.value);
        let language = said("lang").or_else(|| said("xml:lang")).and_then(language_tag).or(language.map(str::to_owned));
        let direction = said("dir").filter(|dir| is_direction(dir));
        let mut around = String::new();
        attribute_of(&mut around, "lang", language.as_deref());
        attribute_of(&mut around, "dir", direction);
        let mut step = Some(Step::Enter(0));
        while let Some(now) = step {
            step = self.tree.next(0, now);
            let goes_in = match now {
                Step::Enter(id) => self.enter(id),
                Step::Leave(id) => {
                    self.leave(id);
                    true
                }
            };
            if let (Step::Enter(id), false) = (now, goes_in) {
                self.end_folds(id);
                step = self.tree.next(0, Step::Leave(id));
            }
        }
        let out = self.out.trim();
        if around.is_empty() || out.is_empty() { out.to_owned() } else { format!("<div{around}>{out}</div>") }
    }

    /// Whether to go on inside.
    fn enter(&mut self, id: Id) -> bool {
        if let (Some(page), Some((part, _))) = (self.page, self.folds.get(&id)) {
            let (class, words) = match part {
                Part::Signature => (safe::SIGNATURE, &page.signature),
                _ => (safe::EARLIER, &page.earlier),
            };
            fold(&mut self.out, class, words);
        }
        match self.tree.what(id) {
            What::Nothing => true,
            What::Text(text) => {
                self.text(text);
                true
            }
            What::Element(element) if is_unread(&element.name) => false,
            What::Element(element) => self.enter_element(id, element),
        }
    }

    fn enter_element(&mut self, id: Id, element: &Element) -> bool {
        let Some(above) = self.open.last() else { return false };
        let (mut open, hidden) = (
            Open {
                close: String::new(),
                text: above.text,
                ground: above.ground,
                hidden: above.hidden,
                pictorial: above.pictorial,
                link: None,
            },
            above.hidden,
        );
        let declared = self.declared(element);
        if declared.hidden || element.get("hidden").is_some() {
            let (words, picture) = content(self.tree, id);
            if !words && !picture {
                return false;
            }
            if let Some(page) = self.page.filter(|_| !hidden && words && !elements::is_of_table(&element.name)) {
                open.hidden = true;
                fold(&mut self.out, safe::HIDDEN, &page.hidden);
                open.close.push_str("</div></details>");
            }
        }
        open.pictorial = declared.pictorial || (open.pictorial && declared.get("font-family").is_none());
        let deep = self.open.len() > DEEPEST;
        match elements::written(&element.name).filter(|_| !deep) {
            None => {
                if let Some(value) = elements::filled_in(element).filter(|_| &*element.name == "input") {
                    escape(&mut self.out, value);
                }
            }
            Some(Written::Picture) => self.picture(element, &declared),
            Some(Written::Alone(name)) => {
                let attributes = self.attributes(element, name, declared, &mut open);
                let _ = write!(self.out, "<{name}{attributes}>");
            }
            Some(Written::Whole(name)) => {
                if name == "a" {
                    open.link = element.get("href").and_then(Link::of).map(|link| (link, 0));
                }
                // What leads nowhere must not look like a link.
                let name =
                    if name == "a" && open.link.is_none() { "span" } else { elements::lowered(name, self.lower) };
                let mut attributes = self.attributes(element, name, declared, &mut open);
                if name == "table" {
                    if elements::is_layout(self.tree, id) {
                        attribute(&mut attributes, "role", "presentation");
                    } else if self.page.is_some() {
                        let _ = write!(self.out, "<div class=\"{}\" tabindex=\"0\">", safe::WIDE);
                        open.close.insert_str(0, "</div>");
                    }
                }
                if let Some((link, _)) = &open.link {
                    attribute(&mut attributes, "href", &link.href);
                }
                let _ = write!(self.out, "<{name}{attributes}>");
                open.close.insert_str(0, &format!("</{name}>"));
                if let Some((_, words)) = &mut open.link {
                    *words = self.out.len();
                }
            }
        }
        self.open.push(open);
        true
    }

    fn leave(&mut self, id: Id) {
        if self.tree.element(id).is_some()
            && self.open.len() > 1
            && let Some(open) = self.open.pop()
        {
            let target = open.link.and_then(|(link, from)| {
                let written = self.out.get(from..).unwrap_or_default();
                let words = words(&written[..written.floor_char_boundary(WORDS)]);
                let say = link.is_disguised_by(&words) || (self.page.is_some() && !link.is_said_by(&words));
                say.then_some(link.target)
            });
            self.out.push_str(&open.close);
            if let Some(target) = target {
                let _ = write!(self.out, " <span class=\"{}\">(", safe::TARGET);
                escape(&mut self.out, &target);
                self.out.push_str(")</span>");
            }
        }
        self.end_folds(id);
    }

    fn end_folds(&mut self, id: Id) {
        if self.page.is_some() {
            for _ in 0..self.ends.get(&id).copied().unwrap_or_default() {
                self.out.push_str("</div></details>");
            }
        }
    }

    fn text(&mut self, text: &str) {
        let pictorial = self.open.last().is_some_and(|open| open.pictorial);
        if pictorial {
            escape(&mut self.out, &symbols::readable(text));
        } else {
            escape(&mut self.out, text);
        }
    }

    /// What the style sheets, the old attributes and its own `style` say of an element.
    fn declared(&mut self, element: &Element) -> Declared {
        let mut declared = self.sheet.of(element);
        elements::old_attributes(element, &mut declared);
        if let Some(style) = element.get("style") {
            declared.read(style);
        }
        if &*element.name != "img" {
            declared.relax();
        }
        declared
    }

    /// Attributes, with a space before each.
    fn attributes(&mut self, element: &Element, name: &str, mut declared: Declared, open: &mut Open) -> String {
        let mut out = String::new();
        for attr in &element.attributes {
            let (known, value) = (&*attr.name.local, attr.value.trim());
            match known {
                "lang" | "xml:lang" => {
                    if let Some(tag) = language_tag(value).filter(|_| !out.contains(" lang=")) {
                        attribute(&mut out, "lang", &tag);
                    }
                }
                "dir" if is_direction(value) => attribute(&mut out, "dir", value),
                _ if elements::keeps(name, known, value) => attribute(&mut out, known, value),
                _ => {}
            }
        }
        if self.page.is_some() {
            colours(name, &mut declared, open);
        }
        let ground = open.ground;
        let dark = self.page.is_some();
        let style = declared.written(|property, colour| match property {
            _ if !dark => colour.written(),
            _ if ground.stays_dark() => colour.written(),
            "color" => both(colour, colour.dark().readable_on(ground.dark())),
            _ => both(colour, colour.dark()),
        });
        self.styles += style.len();
        if !style.is_empty() && self.styles <= STYLES {
            attribute(&mut out, "style", &style);
        }
        out
    }

    fn picture(&mut self, element: &Element, declared: &Declared) {
        let source = element.get("src").unwrap_or_default();
        let shown = (self.pictures)(source).or_else(|| safe::is_picture(source).then(|| source.to_owned()));
        let alt = element.get("alt");
        let Some(address) = shown else {
            // What it would show is all that is left of it.
            if let Some(alt) = alt.filter(|alt| !alt.is_empty()) {
                escape(&mut self.out, &format!("[{alt}]"));
            }
            return;
        };
        let mut out = String::new();
        attribute(&mut out, "src", &address);
        attribute_of(&mut out, "alt", alt);
        for name in ["width", "height", "title"] {
            let value = element.get(name).filter(|value| elements::keeps("img", name, value));
            attribute_of(&mut out, name, value);
        }
        let style = declared.written(|_, colour| colour.written());
        if !style.is_empty() {
            attribute(&mut out, "style", &style);
        }
        let _ = write!(self.out, "<img{out}>");
    }
}

/// Settles the colours of an element: text is made readable on the ground that it stands on.
fn colours(name: &str, declared: &mut Declared, open: &mut Open) {
    let ground = declared.colour("background-color");
    let said = declared.colour("color");
    open.ground = ground.unwrap_or(open.ground);
    let text = said.unwrap_or(if name == "a" { LINK } else { open.text });
    let mut readable = text.readable_on(open.ground);
    // Nobody chose letters for this ground: the clearest.
    if readable != text && said.is_none() && name != "a" {
        readable = if open.ground.stays_dark() { GROUND } else { INK.readable_on(open.ground) };
    }
    if said.is_some() || ((ground.is_some() || name == "a") && readable != text) {
        declared.declare("color", &readable.written());
    }
    open.text = readable;
}

fn both(light: Colour, dark: Colour) -> String {
    format!("light-dark({},{})", light.written(), dark.written())
}

fn fold(out: &mut String, class: &str, words: &str) {
    let _ = write!(out, "<details class=\"{class}\"><summary>");
    escape(out, words);
    out.push_str("</summary><div>");
}

fn is_direction(value: &str) -> bool {
    ["ltr", "rtl", "auto"].iter().any(|known| value.eq_ignore_ascii_case(known))
}

/// Whether there are words, and whether there are pictures, in an element.
fn content(tree: &Tree, id: Id) -> (bool, bool) {
    let (mut words, mut picture) = (false, false);
    for step in tree.walk(id) {
        if let Step::Enter(id) = step {
            match tree.what(id) {
                What::Text(text) => words |= text.chars().any(char::is_alphanumeric),
                What::Element(element) => picture |= &*element.name == "img",
                What::Nothing => {}
            }
        }
        if words {
            break;
        }
    }
    (words, picture)
}

fn attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    for c in value.chars() {
        match c {
            '"' => out.push_str("&quot;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out.push('"');
}

pub(super) fn attribute_of(out: &mut String, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        attribute(out, name, value);
    }
}

/// Text, without the marks that turn its direction.
pub(super) fn escape(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(|c| matches!(c, '<' | '>' | '&') || turns_direction(c)) {
        out.push_str(&rest[..at]);
        let mut tail = rest[at..].chars();
        match tail.next() {
            Some('<') => out.push_str("&lt;"),
            Some('>') => out.push_str("&gt;"),
            Some('&') => out.push_str("&amp;"),
            _ => {}
        }
        rest = tail.as_str();
    }
    out.push_str(rest);
}

/// The text of what has been written.
fn words(html: &str) -> String {
    let mut out = String::new();
    for (n, piece) in html.split('<').enumerate() {
        out.push_str(if n == 0 { piece } else { piece.split_once('>').map_or("", |(_, text)| text) });
    }
    out.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}
