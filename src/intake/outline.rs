//! A first walk through HTML: its text, its language, which pictures it shows, what will be taken out of it, and
//! whether it is safe to build as a tree. The walk is made with the parser that the sanitiser uses, but keeps no tree,
//! and stops when the cost grows out of proportion: some kilobytes of unclosed tags can make millions of nodes.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::rc::Rc;

use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::{Attribute, ExpandedName, LocalName, ParseOpts, QualName, local_name, ns, parse_fragment};

use super::lines::{Block, Lines, Place, space_around};

/// Elements inside one another. Word's deepest tables reach a hundred.
const DEEPEST: usize = 512;
/// Octets between two looks at the cost.
const STEP: usize = 2048;

/// What the HTML of one message may cost. Each bound was found by trying what takes longest; together they keep the
/// worst below a second or two.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    /// `<` and `&`: end tags look through all open elements. A long newsletter has some ten thousand.
    marks: usize,
    /// Elements of the tree.
    elements: usize,
    /// Comparisons of each attribute with those before it in the same tag.
    comparisons: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { marks: 100_000, elements: 100_000, comparisons: 500_000_000 }
    }
}

/// What HTML is about.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// The text, with LF and `> ` before what is quoted; without links' targets.
    pub(super) text: String,
    /// `lang` of the document.
    pub(super) language: Option<String>,
    /// Content-IDs of the pictures that it shows.
    pub(super) pictures: HashSet<String>,
    /// It would fetch something.
    pub(super) remote: bool,
    /// It would run or submit something.
    pub(super) active: bool,
    /// It would cost too much to build; `text` is only the beginning.
    pub(super) too_complex: bool,
}

/// Walks through the HTML, as long as the budget lasts.
pub(super) fn of(html: &str, budget: &mut Budget) -> Outline {
    let marks = memchr::memchr2_iter(b'<', b'&', html.as_bytes()).count();
    let Some(left) = budget.marks.checked_sub(marks) else { return beyond(html, Outline::default()) };
    budget.marks = left;
    let context = QualName::new(None, ns!(html), local_name!("div"));
    let mut parser = parse_fragment(Sink::default(), ParseOpts::default(), context, Vec::new(), false);
    let mut rest = html;
    // Places where an attribute can begin, since the parser last handed over anything.
    let mut attributes = 0;
    while !rest.is_empty() {
        let step = rest.floor_char_boundary(STEP);
        let (piece, after) = rest.split_at(step);
        let begins = |c: &u8| matches!(c, b' ' | b'\t' | b'\n' | b'\r' | b'\x0C' | b'/' | b'"' | b'\'');
        let fresh = piece.bytes().filter(|c| begins(c)).count();
        let sink = &parser.tokenizer.sink.sink;
        attributes = if sink.busy.replace(false) { fresh } else { attributes + fresh };
        let elements = sink.elements.replace(0);
        let (comparisons, deepest) = (fresh * attributes, sink.deepest.get());
        if comparisons > budget.comparisons || elements > budget.elements || deepest > DEEPEST || sink.hopeless.get() {
            return beyond(html, sink.outline.take());
        }
        budget.comparisons -= comparisons;
        budget.elements -= elements;
        parser.process(StrTendril::from_slice(piece));
        rest = after;
    }
    if parser.tokenizer.sink.sink.hopeless.get() {
        return beyond(html, Outline::default());
    }
    parser.finish()
}

/// HTML that is not walked through: its text by simpler means.
fn beyond(html: &str, outline: Outline) -> Outline {
    Outline { text: mail_parser::html_to_text(html), too_complex: true, ..outline }
}

/// The Content-ID in `cid:…` (RFC 2392), percent-encoding undone.
pub(super) fn content_id(url: &str) -> Option<String> {
    let url = url.trim();
    let (scheme, id) = (url.get(..4)?, url.get(4..)?);
    if !scheme.eq_ignore_ascii_case("cid:") {
        return None;
    }
    let mut bytes = Vec::with_capacity(id.len());
    let mut rest = id.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let digit = |at: usize| tail.get(at).and_then(|c| char::from(*c).to_digit(16));
        if let (b'%', Some(high), Some(low)) = (first, digit(0), digit(1)) {
            bytes.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
            rest = &tail[2..];
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// A node, as far as the walk needs one. What it inherits is known once it has a parent.
struct Node {
    name: QualName,
    /// A picture's description.
    alt: Option<StrTendril>,
    place: Cell<Place>,
}

type Handle = Rc<Node>;

#[derive(Default)]
struct Sink {
    outline: RefCell<Outline>,
    lines: RefCell<Lines>,
    /// Elements since the last look.
    elements: Cell<usize>,
    /// Elements in all: the numbers of blocks.
    blocks: Cell<usize>,
    /// It was handed something since the last look.
    busy: Cell<bool>,
    deepest: Cell<usize>,
    hopeless: Cell<bool>,
}

impl Sink {
    fn node(name: QualName, alt: Option<StrTendril>) -> Handle {
        Rc::new(Node { name, alt, place: Cell::default() })
    }

    /// What a node is where it stands.
    fn place_below(&self, parent: &Node, node: &Node) -> Place {
        let name = &*node.name.local;
        let above = parent.place.get();
        let hidden = matches!(
            name,
            "script" | "style" | "title" | "template" | "noscript" | "noframes" | "noembed" | "iframe" | "svg" | "math"
        );
        let space = space_around(name);
        Place {
            depth: above.depth + 1,
            hidden: above.hidden || hidden,
            verbatim: above.verbatim || matches!(name, "pre" | "textarea" | "listing"),
            quotes: (above.quotes + usize::from(name == "blockquote")).min(20),
            block: if space > 0 { Block { number: self.blocks.get(), space } } else { above.block },
        }
    }

    /// Notes what an element would do.
    fn inspect(&self, name: &LocalName, attrs: &[Attribute]) {
        let mut outline = self.outline.borrow_mut();
        outline.active |= matches!(
            &**name,
            "script" | "iframe" | "frame" | "object" | "embed" | "applet" | "form" | "input" | "button" | "base"
        );
        // The parser copies a chosen option into it, as often as asked.
        if &**name == "selectedcontent" {
            self.hopeless.set(true);
        }
        for attr in attrs {
            let value = attr.value.trim();
            let attribute = &*attr.name.local;
            match attribute {
                "src" if content_id(value).is_some() => outline.pictures.extend(content_id(value)),
                "src" | "srcset" | "background" | "poster" | "data" | "lowsrc" | "dynsrc" => {
                    outline.remote |= is_remote(value);
                }
                "href" if &**name == "link" => outline.remote |= is_remote(value),
                "href" | "action" | "formaction" => {
                    let script = |s: &str| value.get(..s.len()).is_some_and(|v| v.eq_ignore_ascii_case(s));
                    outline.active |= script("javascript:") || script("vbscript:") || script("data:");
                }
                "style" => outline.remote |= fetches(value),
                "http-equiv" => outline.active |= value.eq_ignore_ascii_case("refresh"),
                _ => outline.active |= attribute.starts_with("on"),
            }
        }
    }

    fn put(&self, parent: &Node, child: NodeOrText<Handle>) {
        self.busy.set(true);
        match child {
            NodeOrText::AppendText(text) => {
                if &*parent.name.local == "style" {
                    self.outline.borrow_mut().remote |= fetches(&text);
                }
                if !parent.place.get().hidden {
                    self.lines.borrow_mut().text(&text, parent.place.get());
                }
            }
            NodeOrText::AppendNode(node) => {
                let place = self.place_below(parent, &node);
                node.place.set(place);
                self.deepest.set(self.deepest.get().max(place.depth));
                if !place.hidden {
                    self.lines.borrow_mut().begin(&node.name.local, node.alt.as_deref(), place);
                }
            }
        }
    }
}

fn is_remote(url: &str) -> bool {
    !url.is_empty() && !url.get(..5).is_some_and(|s| s.eq_ignore_ascii_case("data:"))
}

fn fetches(css: &str) -> bool {
    let lower = css.to_ascii_lowercase();
    lower.contains("@import") || lower.contains("url(") || lower.contains("image-set(")
}

impl TreeSink for Sink {
    type Handle = Handle;
    type Output = Outline;
    type ElemName<'a> = ExpandedName<'a>;

    fn finish(self) -> Outline {
        let mut outline = self.outline.into_inner();
        outline.text = self.lines.into_inner().out;
        outline
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Handle {
        Self::node(QualName::new(None, ns!(), local_name!("")), None)
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> ExpandedName<'a> {
        target.name.expanded()
    }

    fn create_element(&self, name: QualName, attrs: Vec<Attribute>, _: ElementFlags) -> Handle {
        self.busy.set(true);
        self.elements.set(self.elements.get() + 1);
        self.blocks.set(self.blocks.get() + 1);
        self.inspect(&name.local, &attrs);
        let alt = attrs.into_iter().find(|a| a.name.local == local_name!("alt")).map(|a| a.value);
        Self::node(name, alt)
    }

    fn create_comment(&self, _: StrTendril) -> Handle {
        self.busy.set(true);
        Self::node(QualName::new(None, ns!(), local_name!("")), None)
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Handle {
        self.create_comment(StrTendril::new())
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        self.put(parent, child);
    }

    fn append_based_on_parent_node(&self, element: &Handle, _: &Handle, child: NodeOrText<Handle>) {
        self.put(element, child);
    }

    fn append_before_sibling(&self, sibling: &Handle, child: NodeOrText<Handle>) {
        self.put(sibling, child);
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn get_template_contents(&self, target: &Handle) -> Handle {
        Rc::clone(target)
    }

    fn same_node(&self, x: &Handle, y: &Handle) -> bool {
        Rc::ptr_eq(x, y)
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    /// The parser hands over the attributes of `html` and `body` here.
    fn add_attrs_if_missing(&self, _: &Handle, attrs: Vec<Attribute>) {
        self.inspect(&local_name!("body"), &attrs);
        let lang = attrs.iter().find(|a| a.name.local == local_name!("lang"));
        let mut outline = self.outline.borrow_mut();
        if outline.language.is_none() {
            outline.language = lang.and_then(|a| super::fields::language_tag(&a.value));
        }
    }

    fn remove_from_parent(&self, _: &Handle) {}

    fn reparent_children(&self, _: &Handle, _: &Handle) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(html: &str) -> Outline {
        super::of(html, &mut Budget::default())
    }

    #[test]
    fn text_of_html() {
        for (html, text) in [
            ("<p>a <b>b</b>\n c</p><p>d<br>e</p>f", "a b c\n\nd\ne\n\nf"),
            ("<div>a</div><div>b</div>", "a\nb"),
            ("<blockquote>a<blockquote>b</blockquote></blockquote>c", "> a\n\n> > b\n\nc"),
            ("<ul><li>a<li>b</ul>c", "- a\n- b\nc"),
            ("<table><tr><td>a<td>b<tr><td>c</table>", "a\tb\nc"),
            ("<pre>a\n  b</pre>", "a\n  b"),
            ("a&nbsp;&amp;&#228;<img alt=x>", "a &ä [x]"),
            ("<title>t</title><style>s</style><script>j</script><svg><text>v</text></svg>a", "a"),
        ] {
            assert_eq!(of(html).text.trim_end(), text, "{html}");
        }
    }

    #[test]
    fn what_will_be_taken_out() {
        let remote = |html| of(html).remote;
        assert!(remote("<img src=https://a.example/x>"));
        assert!(remote("<p style='background:URL(x)'>"));
        assert!(remote("<style>@import 'x'</style>"));
        assert!(!remote("<img src=cid:a><a href=https://a.example/>x</a>"));
        let active = |html| of(html).active;
        assert!(active("<p onclick=x>") && active("<a href=' JavaScript:x'>") && active("<form>"));
        assert!(!active("<a href=https://a.example/>x</a>"));
    }

    #[test]
    fn html_out_of_proportion_is_not_built() {
        let small = || Budget { marks: 20_000, elements: 4000, comparisons: 2_000_000 };
        let too_complex = |html: &str| super::of(html, &mut small()).too_complex;
        let tags = |make: &dyn Fn(usize) -> String| (0..5000).map(make).collect::<String>();
        assert!(too_complex(&tags(&|_| "<div>".into())));
        assert!(too_complex(&tags(&|n| format!("<b id={n}><p>"))));
        assert!(too_complex(&tags(&|n| format!("<b id={n}><applet></b></applet><p>"))));
        assert!(too_complex(&tags(&|n| format!("<b id={n}><table><td></b></table>"))));
        assert!(too_complex(&format!("<p {}>", tags(&|n| format!("a{n} ")))));
        assert!(too_complex(&"</i>".repeat(30_000)));
        assert!(too_complex("<select><button><selectedcontent></button><option>a</select>"));
        assert!(!too_complex(&"<p>a<td><li><b>b</b>".repeat(1000)));
        assert!(!too_complex(&format!(
            "<img src='data:image/png;base64,{}'>",
            "aGVsc2lu+Z2ZvcnMgc29jaWFsdGrDpG/".repeat(1000)
        )));
    }

    #[test]
    fn the_parts_of_a_message_share_one_budget() {
        let mut budget = Budget { marks: 10, ..Budget::default() };
        assert!(!super::of("<p>a</p><p>b</p>", &mut budget).too_complex);
        assert!(!super::of("<p>a</p><p>b</p>", &mut budget).too_complex);
        let third = super::of("<p>a</p><p>b</p>", &mut budget);
        assert!(third.too_complex && third.text.contains('b'));
    }

    #[test]
    fn content_ids() {
        assert_eq!(content_id("cid:a%40b").as_deref(), Some("a@b"));
        assert_eq!(content_id(" CID:a%4").as_deref(), Some("a%4"));
        assert_eq!(content_id("https://a"), None);
        assert_eq!(content_id("å"), None);
    }
}
