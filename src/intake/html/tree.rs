//! HTML as a tree, made with the parser that the sanitiser uses. Building stops when the cost grows out of proportion:
//! some kilobytes of unclosed tags can make millions of nodes.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::{Attribute, ExpandedName, LocalName, ParseOpts, QualName, local_name, ns, parse_fragment};

/// Elements inside one another. Word's deepest tables reach a hundred.
pub(super) const DEEPEST: usize = 512;
/// Octets between two looks at the cost.
const STEP: usize = 2048;

/// What the HTML of one message may cost. Each bound was found by trying what takes longest; together they keep the
/// worst below a second or two.
#[derive(Debug, Clone)]
pub(in crate::intake) struct Budget {
    /// `<` and `&`: end tags look through all open elements. A long newsletter has some ten thousand.
    pub(super) marks: usize,
    /// Elements of the tree.
    pub(super) elements: usize,
    /// Comparisons of each attribute with those before it in the same tag.
    pub(super) comparisons: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { marks: 100_000, elements: 100_000, comparisons: 500_000_000 }
    }
}

/// A node's place in its tree.
pub(super) type Id = usize;

/// All nodes; the first is the root.
#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// Attributes of `html`; those of `body` stand on an element of its own.
    pub(super) document: Vec<Attribute>,
}

#[derive(Debug)]
struct Node {
    what: What,
    parent: Option<Id>,
    first: Option<Id>,
    last: Option<Id>,
    before: Option<Id>,
    after: Option<Id>,
    depth: usize,
}

/// What a node is.
#[derive(Debug)]
pub(super) enum What {
    Element(Element),
    Text(StrTendril),
    /// The root, a comment.
    Nothing,
}

/// An element. Those of SVG and `MathML` have a name that none of HTML has.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: LocalName,
    pub(super) attributes: Vec<Attribute>,
}

impl Element {
    /// An attribute's value, white space around it taken off.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|a| &*a.name.local == name).map(|a| a.value.trim())
    }
}

/// A step of a walk in the order of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Enter(Id),
    Leave(Id),
}

impl Tree {
    fn new() -> Self {
        Self { nodes: vec![Node::new(What::Nothing)], document: Vec::new() }
    }

    pub(super) fn what(&self, id: Id) -> &What {
        self.nodes.get(id).map_or(&What::Nothing, |node| &node.what)
    }

    pub(super) fn element(&self, id: Id) -> Option<&Element> {
        match self.what(id) {
            What::Element(element) => Some(element),
            _ => None,
        }
    }

    /// The element's name; empty for what is none.
    pub(super) fn name(&self, id: Id) -> &str {
        self.element(id).map_or("", |element| &element.name)
    }

    pub(super) fn parent(&self, id: Id) -> Option<Id> {
        self.nodes.get(id)?.parent
    }

    pub(super) fn before(&self, id: Id) -> Option<Id> {
        self.nodes.get(id)?.before
    }

    pub(super) fn after(&self, id: Id) -> Option<Id> {
        self.nodes.get(id)?.after
    }

    pub(super) fn children(&self, id: Id) -> impl Iterator<Item = Id> {
        std::iter::successors(self.nodes.get(id).and_then(|node| node.first), |child| self.after(*child))
    }

    /// Every node, in no order.
    pub(super) fn ids(&self) -> std::ops::Range<Id> {
        0..self.nodes.len()
    }

    /// The step after this one in a walk below `top`; `None` after the last. To leave out what is inside an element,
    /// go on from its `Leave`.
    pub(super) fn next(&self, top: Id, step: Step) -> Option<Step> {
        match step {
            Step::Enter(id) => Some(self.nodes.get(id)?.first.map_or(Step::Leave(id), Step::Enter)),
            Step::Leave(id) if id == top => None,
            Step::Leave(id) => {
                let node = self.nodes.get(id)?;
                node.after.map(Step::Enter).or(node.parent.map(Step::Leave))
            }
        }
    }

    /// The walk below and with `top`.
    pub(super) fn walk(&self, top: Id) -> impl Iterator<Item = Step> {
        std::iter::successors(Some(Step::Enter(top)), move |step| self.next(top, *step))
    }

    fn add(&mut self, what: What) -> Id {
        self.nodes.push(Node::new(what));
        self.nodes.len() - 1
    }

    /// Takes a node out of its place.
    fn detach(&mut self, id: Id) {
        let Some(node) = self.nodes.get_mut(id) else { return };
        let (parent, before, after) = (node.parent.take(), node.before.take(), node.after.take());
        match (before, parent) {
            (Some(before), _) => self.nodes[before].after = after,
            (None, Some(parent)) => self.nodes[parent].first = after,
            (None, None) => {}
        }
        match (after, parent) {
            (Some(after), _) => self.nodes[after].before = before,
            (None, Some(parent)) => self.nodes[parent].last = before,
            (None, None) => {}
        }
    }

    /// Puts a node below a parent: before that child, or last.
    fn attach(&mut self, id: Id, parent: Id, sibling: Option<Id>) {
        self.detach(id);
        let before = match sibling {
            Some(sibling) => self.nodes[sibling].before.replace(id),
            None => self.nodes[parent].last.replace(id),
        };
        match before {
            Some(before) => self.nodes[before].after = Some(id),
            None => self.nodes[parent].first = Some(id),
        }
        let depth = self.nodes[parent].depth + 1;
        let node = &mut self.nodes[id];
        (node.parent, node.before, node.after, node.depth) = (Some(parent), before, sibling, depth);
    }

    fn attach_text(&mut self, text: &StrTendril, parent: Id, sibling: Option<Id>) {
        let before = sibling.map_or(self.nodes[parent].last, |sibling| self.nodes[sibling].before);
        if let Some(What::Text(known)) = before.map(|id| &mut self.nodes[id].what) {
            known.push_tendril(text);
            return;
        }
        let id = self.add(What::Text(text.clone()));
        self.attach(id, parent, sibling);
    }
}

impl Node {
    fn new(what: What) -> Self {
        Self { what, parent: None, first: None, last: None, before: None, after: None, depth: 0 }
    }
}

/// Builds the tree, as long as the budget lasts. `None`: it would cost too much.
pub(super) fn parse(html: &str, budget: &mut Budget) -> Option<Tree> {
    let marks = memchr::memchr2_iter(b'<', b'&', html.as_bytes()).count();
    budget.marks = budget.marks.checked_sub(marks)?;
    let context = QualName::new(None, ns!(html), local_name!("div"));
    let mut parser = parse_fragment(Sink::default(), ParseOpts::default(), context, Vec::new(), false);
    // Places where an attribute can begin, since the parser last handed over anything.
    let mut attributes = 0;
    // A fragment has no `body`; as a block its colours and language live on.
    let (head, body) = html.split_at(body_tag(html).unwrap_or(html.len()));
    for mut rest in [head, if body.is_empty() { "" } else { "<div" }, body.get(5..).unwrap_or_default()] {
        while !rest.is_empty() {
            let step = rest.floor_char_boundary(STEP);
            let (piece, after) = rest.split_at(step);
            let begins = |c: &u8| matches!(c, b' ' | b'\t' | b'\n' | b'\r' | b'\x0C' | b'/' | b'"' | b'\'');
            let fresh = piece.bytes().filter(begins).count();
            let sink = &parser.tokenizer.sink.sink;
            attributes = if sink.busy.replace(false) { fresh } else { attributes + fresh };
            let comparisons = fresh * attributes;
            budget.elements = budget.elements.checked_sub(sink.elements.replace(0))?;
            budget.comparisons = budget.comparisons.checked_sub(comparisons)?;
            if sink.deepest.get() > DEEPEST || sink.hopeless.get() {
                return None;
            }
            parser.process(StrTendril::from_slice(piece));
            rest = after;
        }
    }
    let sink = &parser.tokenizer.sink.sink;
    if sink.hopeless.get() || sink.deepest.get() > DEEPEST {
        return None;
    }
    Some(parser.finish())
}

/// Where the first `<body` with attributes stands.
fn body_tag(html: &str) -> Option<usize> {
    memchr::memchr_iter(b'<', html.as_bytes()).find(|at| {
        let tag = html.as_bytes().get(*at..at + 6).unwrap_or_default();
        tag.len() == 6 && tag[..5].eq_ignore_ascii_case(b"<body") && matches!(tag[5], b' ' | b'\t' | b'\r' | b'\n')
    })
}

/// An element or other node, as the parser holds it.
struct Made {
    id: Id,
    name: QualName,
}

type Handle = Rc<Made>;

struct Sink {
    tree: RefCell<Tree>,
    /// Elements since the last look.
    elements: Cell<usize>,
    /// It was handed something since the last look.
    busy: Cell<bool>,
    deepest: Cell<usize>,
    hopeless: Cell<bool>,
}

impl Default for Sink {
    fn default() -> Self {
        Self {
            tree: RefCell::new(Tree::new()),
            elements: Cell::default(),
            busy: Cell::default(),
            deepest: Cell::default(),
            hopeless: Cell::default(),
        }
    }
}

impl Sink {
    fn nothing(&self) -> Handle {
        self.busy.set(true);
        Rc::new(Made {
            id: self.tree.borrow_mut().add(What::Nothing),
            name: QualName::new(None, ns!(), local_name!("")),
        })
    }

    fn put(&self, parent: Id, sibling: Option<Id>, child: NodeOrText<Handle>) {
        self.busy.set(true);
        let mut tree = self.tree.borrow_mut();
        match child {
            NodeOrText::AppendText(text) => tree.attach_text(&text, parent, sibling),
            NodeOrText::AppendNode(node) => {
                tree.attach(node.id, parent, sibling);
                self.deepest.set(self.deepest.get().max(tree.nodes[node.id].depth));
            }
        }
    }
}

impl TreeSink for Sink {
    type Handle = Handle;
    type Output = Tree;
    type ElemName<'a> = ExpandedName<'a>;

    fn finish(self) -> Tree {
        self.tree.into_inner()
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Handle {
        Rc::new(Made { id: 0, name: QualName::new(None, ns!(), local_name!("")) })
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> ExpandedName<'a> {
        target.name.expanded()
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> Handle {
        self.busy.set(true);
        self.elements.set(self.elements.get() + 1);
        // The parser copies a chosen option into it, as often as asked.
        if &*name.local == "selectedcontent" {
            self.hopeless.set(true);
        }
        let foreign = name.ns != ns!(html);
        let local = if foreign { local_name!("svg") } else { name.local.clone() };
        let element = Element { name: local, attributes };
        Rc::new(Made { id: self.tree.borrow_mut().add(What::Element(element)), name })
    }

    fn create_comment(&self, _: StrTendril) -> Handle {
        self.nothing()
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Handle {
        self.nothing()
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        self.put(parent.id, None, child);
    }

    fn append_based_on_parent_node(&self, element: &Handle, previous: &Handle, child: NodeOrText<Handle>) {
        let placed = self.tree.borrow().parent(element.id);
        match placed {
            Some(parent) => self.put(parent, Some(element.id), child),
            None => self.put(previous.id, None, child),
        }
    }

    fn append_before_sibling(&self, sibling: &Handle, child: NodeOrText<Handle>) {
        let placed = self.tree.borrow().parent(sibling.id);
        if let Some(parent) = placed {
            self.put(parent, Some(sibling.id), child);
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn get_template_contents(&self, target: &Handle) -> Handle {
        Rc::clone(target)
    }

    fn same_node(&self, x: &Handle, y: &Handle) -> bool {
        Rc::ptr_eq(x, y)
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    /// The parser hands over the attributes of `html` here.
    fn add_attrs_if_missing(&self, _: &Handle, attributes: Vec<Attribute>) {
        let mut tree = self.tree.borrow_mut();
        for attribute in attributes {
            if !tree.document.iter().any(|known| known.name == attribute.name) {
                tree.document.push(attribute);
            }
        }
    }

    fn remove_from_parent(&self, target: &Handle) {
        self.tree.borrow_mut().detach(target.id);
    }

    fn reparent_children(&self, node: &Handle, new_parent: &Handle) {
        let mut tree = self.tree.borrow_mut();
        while let Some(child) = tree.nodes[node.id].first {
            tree.attach(child, new_parent.id, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_out_of_proportion_is_not_built() {
        let small = || Budget { marks: 20_000, elements: 4000, comparisons: 2_000_000 };
        let too_complex = |html: &str| parse(html, &mut small()).is_none();
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
        assert!(parse("<p>a</p><p>b</p>", &mut budget).is_some());
        assert!(parse("<p>a</p><p>b</p>", &mut budget).is_some());
        assert!(parse("<p>a</p><p>b</p>", &mut budget).is_none());
    }

    #[test]
    fn what_the_parser_moves_stands_where_it_belongs() {
        let order = |html: &str| -> String {
            let tree = parse(html, &mut Budget::default()).unwrap();
            let enters = tree.walk(0).filter_map(|step| match step {
                Step::Enter(id) => Some(match tree.what(id) {
                    What::Text(text) => text.to_string(),
                    _ => format!("<{}>", tree.name(id)),
                }),
                Step::Leave(_) => None,
            });
            enters.skip(2).collect()
        };
        assert_eq!(order("<table>a<tr><td>b"), "a<table><tbody><tr><td>b");
        assert_eq!(order("<b>a<p>b</b>c"), "<b>a<p><b>bc");
        assert_eq!(order("<p>a<svg><p>b"), "<p>a<svg><p>b");
        assert_eq!(order("<html lang=fi><BODY bgcolor=red>a</body>b"), "<div>ab");
    }
}
